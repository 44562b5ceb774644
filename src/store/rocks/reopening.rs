//! A ledger in RocksDB that can be opened anew within the process: recovery after a shortage without a restart.
//!
//! RocksDB refuses every write after one has failed (`error_handler.cc`: no file descriptors while it writes a file in the
//! background is already a fatal error), and what the disk holds is known only to an opening. So recovery here *is* an
//! opening: the database is closed, and opened by the same functions as at a start, with the same comparisons.
//!
//! ```text
//! open ──(a write failed)──▶ open, reads only ──recover──▶ closed ──▶ open
//!                                   ▲                         │ the resource is still missing
//!                                   └──────recover─────── read-only
//! ```
//!
//! # Invariants
//!
//! One database is open at a time: an opening for writing deletes files that an older one may still read. The folder's lock
//! is held throughout. While the database is being opened anew new reads wait; a read of what lies in memory does not, it
//! answers that it found nothing there. A read that takes longer than [`PATIENCE`] defers the recovery, never the reverse.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};
use std::time::Duration;

use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::store::rocks::folder::{Folder, Lock};
use crate::store::rocks::open::{open_locked, read_locked};
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::snapshot::SnapshotError;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning::Options;
use crate::store::shortage::Shortage;
use crate::store::traits::private_store::{CompletedErasures, ErasureError, ErasureStage};
use crate::store::traits::{
    Annotation, Annotations, AppendError, CursorStore, Delegate, DelegatePrivate, LedgerReader, LogReader, LogStore,
    PrivateContent, PrivateStore, ProofLevel, Published, ReadError,
};

/// How often it looks whether the readers of the moment are done, and how long it waits in between: half a second.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);
/// How long readers of the moment are waited for.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// A ledger in RocksDB, for reading and growing, that recovers from shortages.
pub struct ReopeningStore {
    current: RwLock<Current>,
    /// As the store published it last: asked for on threads that may not wait.
    published: RwLock<Option<Arc<Published>>>,
    /// Held while erased content is purged: that takes too long to be waited for.
    purging: Mutex<()>,
    folder: Folder,
    options: Options,
    lock: Arc<Lock>,
}

enum Current {
    Open(Arc<RocksStore>),
    /// Opening it for writing failed, reading works.
    ReadOnly(Arc<RocksReader>, AppendError),
    /// Neither works; why.
    Closed(AppendError),
}

impl ReopeningStore {
    /// Takes over a store that was opened with `options`.
    #[must_use]
    pub fn new(store: RocksStore, options: Options) -> Self {
        let (lock, folder, published) = (store.lock(), store.folder.clone(), RwLock::new(store.published()));
        let current = RwLock::new(Current::Open(Arc::new(store)));
        Self { current, published, purging: Mutex::default(), folder, options, lock }
    }

    /// Leaves the folder in order, as [`RocksStore::finish`] does.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; [`AppendError::Short`] also where the store has not recovered from a shortage.
    pub fn finish(&self) -> Result<(), AppendError> {
        self.store()?.finish()
    }

    /// [`RocksStore::snapshot`].
    ///
    /// # Errors
    ///
    /// [`SnapshotError`].
    pub fn snapshot(&self, target: &Path) -> Result<(), SnapshotError> {
        self.store()?.snapshot(target)
    }

    fn store(&self) -> Result<Arc<RocksStore>, AppendError> {
        match &*self.current.read().unwrap_or_else(PoisonError::into_inner) {
            Current::Open(store) => Ok(Arc::clone(store)),
            Current::ReadOnly(_, error) | Current::Closed(error) => Err(error.clone()),
        }
    }

    fn readable_store(&self) -> Result<Arc<RocksStore>, ReadError> {
        self.store().map_err(|error| ReadError::Unavailable(error.to_string()))
    }

    /// After a write that failed for `shortage`.
    fn reopen(&self, shortage: Shortage) -> Result<(), AppendError> {
        let busy = |detail: &str| AppendError::Short { shortage, detail: detail.to_owned() };
        let Ok(_no_purge) = self.purging.try_lock() else { return Err(busy("erased content is being purged")) };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let closed = Current::Closed(busy("the database is being opened anew"));
        match std::mem::replace(&mut *current, closed) {
            Current::Open(store) => {
                if let Err(store) = close(store) {
                    *current = Current::Open(store);
                    return Err(busy("a read takes long"));
                }
            }
            Current::ReadOnly(reader, error) => {
                if let Err(reader) = close(reader) {
                    *current = Current::ReadOnly(reader, error);
                    return Err(busy("a read takes long"));
                }
            }
            Current::Closed(_) => {}
        }
        match open_locked(&self.folder, &self.options, Arc::clone(&self.lock), || {}) {
            Ok(store) => {
                *self.published.write().unwrap_or_else(PoisonError::into_inner) = store.published();
                *current = Current::Open(Arc::new(store));
                tracing::info!("the database was opened anew");
                Ok(())
            }
            Err(error) => {
                let error = not_opened(&error);
                tracing::warn!(%error, "the database was not opened anew");
                *current = match read_locked(&self.folder, &self.options, Arc::clone(&self.lock)) {
                    Ok(reader) => Current::ReadOnly(Arc::new(reader), error.clone()),
                    Err(_) => Current::Closed(error.clone()),
                };
                Err(error)
            }
        }
    }
}

/// Closes what is open once nobody else reads it; gives it back if somebody does for too long.
fn close<T>(mut open: Arc<T>) -> Result<(), Arc<T>> {
    for _ in 0..LOOKS {
        match Arc::try_unwrap(open) {
            Ok(last) => {
                drop(last);
                return Ok(());
            }
            Err(shared) => open = shared,
        }
        std::thread::sleep(PAUSE);
    }
    Err(open)
}

fn not_opened(error: &OpenError) -> AppendError {
    let text = error.to_string();
    match Shortage::in_message(&text) {
        Some(shortage) => AppendError::Short { shortage, detail: text },
        None => AppendError::Unknown(text),
    }
}

impl LogStore for ReopeningStore {
    fn tip(&self) -> Result<Tip, ReadError> {
        self.readable_store()?.tip()
    }

    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError> {
        self.store()?.append(block, private, erasures)
    }

    fn append_copy(&self, block: &Block) -> Result<(), AppendError> {
        self.store()?.append_copy(block)
    }

    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.readable_store()?.appended_leaves(first, count)
    }

    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError> {
        self.readable_store()?.appended_tile(level, index)
    }

    fn ready_to_append(&self) -> Result<(), AppendError> {
        self.store()?.ready_to_append()
    }

    fn recover(&self) -> Result<(), AppendError> {
        // An opening takes both, and the database that is open serves reads as long as it is not closed.
        let has_both = self.folder.has_room().and_then(|()| self.folder.has_descriptors());
        has_both.map_err(|error| not_opened(&OpenError::from(error)))?;
        match self.ready_to_append() {
            Err(AppendError::Short { shortage, .. }) => self.reopen(shortage),
            ready => ready,
        }
    }

    fn publish(&self, published: Published) -> Result<(), AppendError> {
        let store = self.store()?;
        store.publish(published)?;
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = store.published();
        Ok(())
    }
}

impl Delegate for ReopeningStore {
    fn delegate<T>(
        &self,
        _method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        // A clone and not the guard: a thread that reads within a read would wait for itself.
        let reader: Arc<dyn LedgerReader> = match &*self.current.read().unwrap_or_else(PoisonError::into_inner) {
            Current::Open(store) => Arc::clone(store) as Arc<dyn LedgerReader>,
            Current::ReadOnly(reader, _) => Arc::clone(reader) as Arc<dyn LedgerReader>,
            Current::Closed(error) => return Err(ReadError::Unavailable(error.to_string())),
        };
        read(&*reader)
    }
}

impl DelegatePrivate for ReopeningStore {}

impl LedgerReader for ReopeningStore {
    fn try_read_cached(&self, read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        let current = match self.current.try_read() {
            Ok(current) => current,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let Current::Open(store) = &*current else { return false };
        let store = Arc::clone(store);
        drop(current);
        store.try_read_cached(read)
    }
}

impl LogReader for ReopeningStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.delegate("leaves", |reader| reader.leaves(first, count))
    }

    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        self.delegate("leaf", |reader| reader.leaf(index))
    }

    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.delegate("scan", |reader| reader.scan(first, count, visit))
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.delegate("tile_hashes", |reader| reader.tile_hashes(level, first, count))
    }
}

impl PrivateStore for ReopeningStore {
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        self.readable_store()?.pending_erasures()
    }

    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        self.readable_store()?.is_erasure_pending(piece)
    }

    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError> {
        let _purging = self.purging.lock().unwrap_or_else(PoisonError::into_inner);
        self.store()?.complete_erasures(pieces, watch)
    }
}

impl CursorStore for ReopeningStore {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.readable_store()?.cursor(name)
    }

    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.store()?.set_cursor(name, position)
    }
}

impl Annotations for ReopeningStore {
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError> {
        self.store()?.annotate(checkpoint, annotations, reached)
    }
}
