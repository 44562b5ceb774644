//! A store that counts its reads and the rows that it returns, and returns another leaf if a test requests it.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::block::Height;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::store::traits::private_store::{CompletedErasures, ErasureError, ErasureStage};
use tiezheng::store::traits::{
    AnnotationReader, AppendError, CursorStore, DepositPlace, Index, LedgerReader, LinkPosition, LogReader,
    PrivatePiece, PrivateReader, PrivateStore, Published, ReadError,
};

/// Called at each stage of an erasure, after the caller's own callback.
type OnErasure = dyn Fn(ErasureStage) + Send + Sync;

/// A store with counted reads.
pub(crate) struct CountingStore {
    inner: Arc<dyn FilingStore>,
    on_erasure: Mutex<Option<Arc<OnErasure>>>,
    reads: Mutex<BTreeMap<&'static str, usize>>,
    /// Leaves that are returned instead of the stored ones.
    other: Mutex<BTreeMap<LeafIndex, Vec<u8>>>,
}

impl CountingStore {
    pub(crate) fn over(inner: Arc<dyn FilingStore>) -> Self {
        Self { inner, on_erasure: Mutex::default(), reads: Mutex::default(), other: Mutex::default() }
    }

    /// Calls `hook` at each stage of an erasure, on the thread of the erasure.
    pub(crate) fn on_erasure(&self, hook: impl Fn(ErasureStage) + Send + Sync + 'static) {
        *self.on_erasure.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Returns the reads by kind since the last call, and the rows that they returned.
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

    fn inner(&self, what: &'static str) -> &dyn FilingStore {
        self.count(what, 1);
        &*self.inner
    }

    fn count(&self, what: &'static str, many: usize) {
        *self.reads.lock().unwrap().entry(what).or_default() += many;
    }

    fn counted<T>(&self, rows: Result<Vec<T>, ReadError>) -> Result<Vec<T>, ReadError> {
        self.count("rows", rows.as_ref().map_or(0, Vec::len));
        rows
    }
}

impl LedgerReader for CountingStore {}

impl LogReader for CountingStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.inner("published").published()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut leaves = self.counted(self.inner("leaves").leaves(first, count))?;
        for (index, bytes) in self.other.lock().unwrap().range(first..LeafIndex(first.0 + count)) {
            leaves[usize::try_from(index.0 - first.0).unwrap()].clone_from(bytes);
        }
        Ok(leaves)
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.counted(self.inner("tile_hashes").tile_hashes(level, first, count))
    }
}

impl Index for CountingStore {
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_block").find_block(height)
    }
    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        self.inner("find_number").find_number(number)
    }
    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        self.counted(self.inner("find_statements").find_statements(ids))
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
        self.counted(self.inner("find_digest").find_digest(a, digest, within, limit))
    }
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        self.inner("find_subject").find_subject(subject, sequence)
    }
    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        self.inner("subject_length").subject_length(subject)
    }
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        self.counted(self.inner("links_to").links_to(target, from, limit))
    }
    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        self.inner("key_notices").key_notices()
    }
    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.counted(self.inner("labelled").labelled(label, from, limit))
    }
    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.counted(self.inner("labelled_before").labelled_before(label, before, limit))
    }
}

impl AnnotationReader for CountingStore {}

impl PrivateReader for CountingStore {
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        self.inner("private_of").private_of(index, committed)
    }
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError> {
        self.inner("annex").annex(index, commitment)
    }
}

impl PrivateStore for CountingStore {
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        self.inner("pending_erasures").pending_erasures()
    }
    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        self.inner("is_erasure_pending").is_erasure_pending(piece)
    }
    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError> {
        let hook = self.on_erasure.lock().unwrap().clone();
        self.inner("complete_erasures").complete_erasures(pieces, &mut |stage| {
            let watched = watch(stage);
            if let Some(hook) = &hook {
                hook(stage);
            }
            watched
        })
    }
}

impl CursorStore for CountingStore {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.inner("cursor").cursor(name)
    }
    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.inner("set_cursor").set_cursor(name, position)
    }
}
