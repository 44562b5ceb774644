//! A store that counts its reads, and returns another leaf if a test requests it.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use tiezheng::ledger::block::Height;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::store::contract::keeping::{KeepPrivate, PurgeError, PurgeStage, Purged};
use tiezheng::store::contract::{AppendError, LinkPosition, Private, Published, ReadError, ReadLedger};

/// Called at each stage of a purge, after the purge has told its caller.
type OnPurge = dyn Fn(PurgeStage) + Send + Sync;

/// A store that is watched.
pub(crate) struct CountingStore {
    inner: Arc<dyn KeepPrivate>,
    on_purge: Mutex<Option<Arc<OnPurge>>>,
    reads: Mutex<BTreeMap<&'static str, usize>>,
    /// Answered instead of what stands there.
    other: Mutex<BTreeMap<LeafIndex, Vec<u8>>>,
}

impl CountingStore {
    pub(crate) fn over(inner: Arc<dyn KeepPrivate>) -> Self {
        Self { inner, on_purge: Mutex::default(), reads: Mutex::default(), other: Mutex::default() }
    }

    /// Calls `hook` at each stage of a purge, on the purge's own thread.
    pub(crate) fn on_purge(&self, hook: impl Fn(PurgeStage) + Send + Sync + 'static) {
        *self.on_purge.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Returns the reads by kind since the last call.
    pub(crate) fn take_reads(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut self.reads.lock().unwrap())
    }

    /// Answers `bytes` for this leaf from now on.
    pub(crate) fn forge(&self, index: LeafIndex, bytes: Vec<u8>) {
        self.other.lock().unwrap().insert(index, bytes);
    }

    /// Undoes all forgeries.
    pub(crate) fn mend(&self) {
        self.other.lock().unwrap().clear();
    }

    fn inner(&self, what: &'static str) -> &dyn KeepPrivate {
        *self.reads.lock().unwrap().entry(what).or_default() += 1;
        &*self.inner
    }
}

impl ReadLedger for CountingStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.inner("published").published()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut leaves = self.inner("leaves").leaves(first, count)?;
        for (index, bytes) in self.other.lock().unwrap().range(first..LeafIndex(first.0 + count)) {
            leaves[usize::try_from(index.0 - first.0).unwrap()].clone_from(bytes);
        }
        Ok(leaves)
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.inner("tile_hashes").tile_hashes(level, first, count)
    }
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_block").find_block(height)
    }
    fn find_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_number").find_number(number)
    }
    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_statement").find_statement(id)
    }
    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_record").find_record(hash)
    }
    fn find_digest(
        &self,
        a: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        self.inner("find_digest").find_digest(a, digest, within, limit)
    }
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_subject").find_subject(subject, sequence)
    }
    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        self.inner("subject_length").subject_length(subject)
    }
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        self.inner("links_to").links_to(target, from, limit)
    }
    fn private(&self, index: LeafIndex) -> Result<Private, ReadError> {
        self.inner("private").private(index)
    }
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError> {
        self.inner("annex").annex(index, commitment)
    }
    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.inner("labelled").labelled(label, from, limit)
    }
    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.inner("labelled_before").labelled_before(label, before, limit)
    }
}

impl KeepPrivate for CountingStore {
    fn unpurged(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        self.inner("unpurged").unpurged()
    }
    fn is_unpurged(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        self.inner("is_unpurged").is_unpurged(piece)
    }
    fn purge_pieces(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(PurgeStage) -> ControlFlow<()>,
    ) -> Result<Purged, PurgeError> {
        let hook = self.on_purge.lock().unwrap().clone();
        self.inner("purge_pieces").purge_pieces(pieces, &mut |stage| {
            let watched = watch(stage);
            if let Some(hook) = &hook {
                hook(stage);
            }
            watched
        })
    }
    fn bookmark(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.inner("bookmark").bookmark(name)
    }
    fn set_bookmark(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.inner("set_bookmark").set_bookmark(name, position)
    }
}
