//! The encrypted object store for originals in custody.
//!
//! Its operations are in `upload`, `download` and `removing`. It is cheap to clone; clones share one limit on concurrent hashing
//! and encryption.
//!
//! # Invariants
//!
//! Hashing, encryption and decryption never run on an async worker. Only a few segments of an original are in memory,
//! whatever its size.

use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio::sync::Semaphore;

use crate::custody::folder::Folder;
use crate::custody::sealing::SEALED_SEGMENT;
use crate::custody::space::{Limits, Space};
use crate::custody::storage::Storage;

/// Segments per write and read in a folder.
const FOLDER_PART: usize = 4;
/// Segments per write and read in other stores: 8 MiB, since most require parts of at least 5 MiB.
const PART: usize = 128;

/// Stores originals encrypted. See [`crate::custody`].
#[derive(Debug, Clone)]
pub struct EncryptedObjectStore {
    storage: Storage,
    /// Segments per write and read.
    part: usize,
    /// One permit per processor.
    permits: Arc<Semaphore>,
    space: Space,
}

/// Why a folder cannot be used as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It can neither be opened nor created.
    #[error("the folder for originals cannot be used: {0}")]
    Disk(#[from] io::Error),
    /// `object_store` cannot represent its path.
    #[error("the folder for originals cannot be used: {0}")]
    Path(#[from] object_store::Error),
}

/// The blocking pool accepts no work, because the runtime is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the runtime is shutting down")]
pub(super) struct ShuttingDown;

impl EncryptedObjectStore {
    /// A store in a folder, which is created if it is missing (mode 0700). Blocks; to be called at the start.
    ///
    /// # Errors
    ///
    /// [`FolderError`].
    pub fn in_folder(path: &Path) -> Result<Self, FolderError> {
        let folder = Folder::create(path)?;
        let store = LocalFileSystem::new_with_prefix(folder.path())?.with_fsync(true);
        let space = Space::new(Limits::for_disk(folder.path())?, Some(folder.path()));
        Ok(Self::of(Storage::new(Arc::new(store), Some(folder)), FOLDER_PART, space))
    }

    /// Sets the limits on space. To be called before the first upload.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        let space = self.space.within(limits);
        Self { space, ..self }
    }

    /// The used space and its limits.
    #[must_use]
    pub const fn space(&self) -> &Space {
        &self.space
    }

    /// Stores originals in any object store, which determines durability and access to the files. If it does not list uploads that a
    /// crash interrupted, [`EncryptedObjectStore::sweep`] cannot remove them: let the store expire them.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self::of(Storage::new(store, None), PART, Space::new(Limits::NONE, None))
    }

    fn of(storage: Storage, part: usize, space: Space) -> Self {
        let permits = available_parallelism().map_or(1, NonZero::get);
        Self { storage, part, permits: Arc::new(Semaphore::new(permits)), space }
    }

    pub(super) const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Segments per write and read.
    pub(super) const fn part(&self) -> usize {
        self.part
    }

    /// Bytes of such a part.
    pub(super) const fn part_bytes(&self) -> usize {
        self.part * SEALED_SEGMENT
    }

    /// Runs CPU-bound work on the blocking pool, with one permit per processor.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ShuttingDown> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| ShuttingDown)?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| ShuttingDown)
    }
}
