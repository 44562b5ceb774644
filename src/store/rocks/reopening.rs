//! Store that reopens its RocksDB database within the process, to recover from a resource shortage without a restart.
//!
//! After a failed write, RocksDB refuses every other write (`error_handler.cc`: lack of file descriptors during a
//! background write is a fatal error). Only opening the database determines what the disk contains. So the store
//! recovers by closing the database, and opening it with the same functions and checks as at a start.
//!
//! ```text
//! open ──(a write failed)──▶ open, reads only ──recover──▶ closed ──▶ open
//!                                   ▲                         │ the resource is still missing
//!                                   └──────recover─────── read-only
//! ```
//!
//! # Invariants
//!
//! At most one database is open at a time, because opening for writing deletes files that an older instance may still
//! read. The folder's lock is held throughout. While the database is being reopened, new reads block. A read from the
//! cache does not block: it reports a miss. A read that takes longer than [`READERS_TIMEOUT`] defers the recovery; the
//! recovery never interrupts a read.

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

/// How often the recovery checks whether all current readers have finished.
const POLLS: u32 = 50;
/// Pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long the recovery waits for current readers: all checks together.
pub const READERS_TIMEOUT: Duration = Duration::from_millis(500);

/// A ledger in RocksDB, for reading and appending, that recovers from shortages.
pub struct ReopeningStore {
    current: RwLock<Current>,
    /// The last published checkpoint, for threads that must not block on `current`.
    published: RwLock<Option<Arc<Published>>>,
    /// Held during an erasure. The recovery does not wait for it, because an erasure takes long.
    erasing: Mutex<()>,
    folder: Folder,
    options: Options,
    lock: Arc<Lock>,
}

enum Current {
    Open(Arc<RocksStore>),
    /// The database could not be opened for writing, only for reading.
    ReadOnly(Arc<RocksReader>, AppendError),
    /// The database could not be opened at all.
    Closed(AppendError),
}

impl ReopeningStore {
    /// Wraps a store that was opened with `options`.
    #[must_use]
    pub fn new(store: RocksStore, options: Options) -> Self {
        let (lock, folder, published) = (store.lock(), store.folder.clone(), RwLock::new(store.published()));
        let current = RwLock::new(Current::Open(Arc::new(store)));
        Self { current, published, erasing: Mutex::default(), folder, options, lock }
    }

    /// As [`RocksStore::finish`].
    ///
    /// # Errors
    ///
    /// [`AppendError`]; [`AppendError::Short`] also when the store has not recovered from a shortage.
    pub fn finish(&self) -> Result<(), AppendError> {
        self.store()?.finish()
    }

    /// As [`RocksStore::snapshot`].
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

    /// Reopens the database after a write that failed because of `shortage`.
    fn reopen(&self, shortage: Shortage) -> Result<(), AppendError> {
        let busy = |detail: &str| AppendError::Short { shortage, detail: detail.to_owned() };
        let Ok(_no_erasure) = self.erasing.try_lock() else { return Err(busy("an erasure is in progress")) };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let closed = Current::Closed(busy("the database is being reopened"));
        match std::mem::replace(&mut *current, closed) {
            Current::Open(store) => {
                if let Err(store) = close(store) {
                    *current = Current::Open(store);
                    return Err(busy("a read is still in progress"));
                }
            }
            Current::ReadOnly(reader, error) => {
                if let Err(reader) = close(reader) {
                    *current = Current::ReadOnly(reader, error);
                    return Err(busy("a read is still in progress"));
                }
            }
            Current::Closed(_) => {}
        }
        match open_locked(&self.folder, &self.options, Arc::clone(&self.lock), || {}) {
            Ok(store) => {
                *self.published.write().unwrap_or_else(PoisonError::into_inner) = store.published();
                *current = Current::Open(Arc::new(store));
                tracing::info!("the database was reopened");
                Ok(())
            }
            Err(error) => {
                let error = not_opened(&error);
                tracing::warn!(%error, "the database could not be reopened");
                *current = match read_locked(&self.folder, &self.options, Arc::clone(&self.lock)) {
                    Ok(reader) => Current::ReadOnly(Arc::new(reader), error.clone()),
                    Err(_) => Current::Closed(error.clone()),
                };
                Err(error)
            }
        }
    }
}

/// Closes a store or reader once no other thread uses it. Returns it if a thread still does after [`READERS_TIMEOUT`].
fn close<T>(mut open: Arc<T>) -> Result<(), Arc<T>> {
    for _ in 0..POLLS {
        match Arc::try_unwrap(open) {
            Ok(last) => {
                drop(last);
                return Ok(());
            }
            Err(shared) => open = shared,
        }
        std::thread::sleep(POLL_INTERVAL);
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
        // Checked first, because opening needs both, and the open database serves reads until it is closed.
        let available = self.folder.check_space().and_then(|()| self.folder.check_descriptors());
        available.map_err(|error| not_opened(&OpenError::from(error)))?;
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
        // Clones the reader instead of holding the guard: a nested read of the same thread could deadlock.
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
        let _erasing = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
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
