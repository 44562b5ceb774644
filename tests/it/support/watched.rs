//! A store that counts what it is asked, and answers another leaf where a test says so.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::store::traits::private::{CompletedErasures, ErasureError, ErasureStage};
use tiezheng::store::traits::{
    AppendError, CursorStore, Delegate, DelegatePrivate, LedgerReader, LogReader, PrivateStore, Published, ReadError,
};

/// Called at each stage of a purge, after the purge has told its caller.
type OnPurge = dyn Fn(ErasureStage) + Send + Sync;

/// A store that is watched.
pub(crate) struct Watched {
    inner: Arc<dyn FilingStore>,
    on_purge: Mutex<Option<Arc<OnPurge>>>,
    asked: Mutex<BTreeMap<&'static str, usize>>,
    /// Answered instead of what stands there.
    other: Mutex<BTreeMap<LeafIndex, Vec<u8>>>,
}

impl Watched {
    pub(crate) fn over(inner: Arc<dyn FilingStore>) -> Self {
        Self { inner, on_purge: Mutex::default(), asked: Mutex::default(), other: Mutex::default() }
    }

    /// Calls `hook` at each stage of a purge, on the purge's own thread.
    pub(crate) fn on_purge(&self, hook: impl Fn(ErasureStage) + Send + Sync + 'static) {
        *self.on_purge.lock().unwrap() = Some(Arc::new(hook));
    }

    /// How often it was asked what, since the last time.
    pub(crate) fn asked(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Answers `bytes` for this leaf from now on.
    pub(crate) fn forge(&self, index: LeafIndex, bytes: Vec<u8>) {
        self.other.lock().unwrap().insert(index, bytes);
    }

    /// Answers what stands there again.
    pub(crate) fn mend(&self) {
        self.other.lock().unwrap().clear();
    }

    fn inner(&self, what: &'static str) -> &dyn FilingStore {
        *self.asked.lock().unwrap().entry(what).or_default() += 1;
        &*self.inner
    }
}

impl Delegate for Watched {
    fn delegate<T>(
        &self,
        method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read(self.inner(method))
    }
}

impl DelegatePrivate for Watched {}

impl LedgerReader for Watched {}

impl LogReader for Watched {
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
}

impl PrivateStore for Watched {
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
        let hook = self.on_purge.lock().unwrap().clone();
        self.inner("complete_erasures").complete_erasures(pieces, &mut |stage| {
            let watched = watch(stage);
            if let Some(hook) = &hook {
                hook(stage);
            }
            watched
        })
    }
}

impl CursorStore for Watched {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.inner("cursor").cursor(name)
    }
    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.inner("set_cursor").set_cursor(name, position)
    }
}
