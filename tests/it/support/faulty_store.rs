//! A store that fails on demand: at a chosen step, before or after it persisted.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tiezheng::ledger::chain::{Block, Tip};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::frontier::FullTile;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::shortage::Shortage;
use tiezheng::store::traits::private_store::{CompletedErasures, ErasureError, ErasureStage};
use tiezheng::store::traits::{
    AppendError, CursorStore, Delegate, DelegatePrivate, LedgerReader, LogReader, LogStore, PrivateContent,
    PrivateStore, Published, ReadError,
};

/// A fault, which occurs once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    AppendBefore,
    AppendAfter,
    /// The block is appended, and nothing can be read back for lack of descriptors.
    ReadBackShort,
    /// The checkpoint file cannot be written for lack of space.
    PublishShort,
    /// The checks before the append cannot read the disk.
    AppendUnreadable,
    ReadBackFails,
    ReadBackFlipsABit,
    PublishBefore,
    PublishAfter,
    ErasureStillHeld,
    /// The append panics before anything is stored.
    AppendPanics,
}

/// The faults of one append, each with whether the ledger has grown after it.
pub(crate) const OF_AN_APPEND: [(Fault, bool); 6] = [
    (Fault::AppendBefore, false),
    (Fault::AppendAfter, true),
    (Fault::ReadBackFails, true),
    (Fault::ReadBackFlipsABit, true),
    (Fault::PublishBefore, true),
    (Fault::PublishAfter, true),
];

/// A memory store with one fault armed at a time.
pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    /// The fault, and the number of its steps that succeed before.
    fault: Mutex<Option<(Fault, usize)>>,
    /// The resource that is short at present.
    lacks: Mutex<Option<Shortage>>,
    /// The number of recoveries that were requested.
    recoveries: AtomicUsize,
    /// Appends wait while this is held.
    pub(crate) gate: Mutex<()>,
}

impl FaultyStore {
    pub(crate) fn over(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            fault: Mutex::new(None),
            lacks: Mutex::new(None),
            recoveries: AtomicUsize::new(0),
            gate: Mutex::new(()),
        }
    }

    pub(crate) fn arm(&self, fault: Fault) {
        self.arm_after(0, fault);
    }

    /// Lets `good` steps of its kind succeed first.
    pub(crate) fn arm_after(&self, good: usize, fault: Fault) {
        *self.fault.lock().unwrap() = Some((fault, good));
    }

    /// Sets the resource that is short, or none.
    pub(crate) fn lack(&self, shortage: Option<Shortage>) {
        *self.lacks.lock().unwrap() = shortage;
    }

    /// The number of recoveries that were requested.
    pub(crate) fn recoveries(&self) -> usize {
        self.recoveries.load(Ordering::SeqCst)
    }

    fn has_all(&self) -> Result<(), AppendError> {
        match *self.lacks.lock().unwrap() {
            Some(shortage) => Err(AppendError::Short { shortage, detail: "on purpose".into() }),
            None => Ok(()),
        }
    }

    /// Whether a fault is still armed.
    pub(crate) fn is_armed(&self) -> bool {
        self.fault.lock().unwrap().is_some()
    }

    /// Whether `fault` is armed for this step; disarms it.
    fn strikes(&self, fault: Fault) -> bool {
        let mut armed = self.fault.lock().unwrap();
        match armed.as_mut() {
            Some((which, 0)) if *which == fault => {
                *armed = None;
                true
            }
            Some((which, good)) if *which == fault => {
                *good -= 1;
                false
            }
            _ => false,
        }
    }
}

fn unknown() -> AppendError {
    AppendError::Unknown("fault on purpose".into())
}

impl Delegate for FaultyStore {
    fn delegate<T>(
        &self,
        _method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read(&*self.inner)
    }
}

impl DelegatePrivate for FaultyStore {}

impl LedgerReader for FaultyStore {}

impl LogReader for FaultyStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.inner.published()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.inner.leaves(first, count)
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.inner.tile_hashes(level, first, count)
    }
}

impl LogStore for FaultyStore {
    fn tip(&self) -> Result<Tip, ReadError> {
        self.inner.tip()
    }

    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError> {
        if self.strikes(Fault::AppendBefore) {
            return Err(unknown());
        }
        assert!(!self.strikes(Fault::AppendPanics), "fault on purpose");
        if self.strikes(Fault::AppendUnreadable) {
            return Err(AppendError::Read(ReadError::Unavailable("fault on purpose".into())));
        }
        self.has_all()?;
        drop(self.gate.lock().unwrap());
        self.inner.append(block, private, erasures)?;
        if self.strikes(Fault::AppendAfter) { Err(unknown()) } else { Ok(()) }
    }

    fn append_copy(&self, block: &Block) -> Result<(), AppendError> {
        self.inner.append_copy(block)
    }

    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        if self.strikes(Fault::ReadBackShort) {
            return Err(ReadError::Unavailable("While open a file for random read: 7.sst: Too many open files".into()));
        }
        if self.strikes(Fault::ReadBackFails) {
            return Err(ReadError::Unavailable("fault on purpose".into()));
        }
        let mut leaves = self.inner.appended_leaves(first, count)?;
        if self.strikes(Fault::ReadBackFlipsABit) {
            leaves[0][60] ^= 1;
        }
        Ok(leaves)
    }

    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError> {
        self.inner.appended_tile(level, index)
    }

    fn recover(&self) -> Result<(), AppendError> {
        self.recoveries.fetch_add(1, Ordering::SeqCst);
        self.has_all()
    }

    fn publish(&self, published: Published) -> Result<(), AppendError> {
        if self.strikes(Fault::PublishShort) {
            return Err(AppendError::Short { shortage: Shortage::DiskSpace, detail: "on purpose".into() });
        }
        if self.strikes(Fault::PublishBefore) {
            return Err(unknown());
        }
        self.inner.publish(published)?;
        if self.strikes(Fault::PublishAfter) { Err(unknown()) } else { Ok(()) }
    }
}

/// Private content is stored by the inner store.
impl PrivateStore for FaultyStore {
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        self.inner.pending_erasures()
    }

    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        self.inner.is_erasure_pending(piece)
    }

    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError> {
        if self.strikes(Fault::ErasureStillHeld) {
            return Err(ErasureError::StillHeld { file: "db/000001.sst".into() });
        }
        self.inner.complete_erasures(pieces, watch)
    }
}

impl CursorStore for FaultyStore {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.inner.cursor(name)
    }

    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.inner.set_cursor(name, position)
    }
}
