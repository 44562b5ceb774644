//! The originals: where originals in custody lie.
//!
//! What it does is beside it: it takes in (`keeping`), gives out (`opening`), removes and sweeps (`removing`). It is
//! cheap to clone; clones share one limit of how many originals are hashed and sealed at the same time.
//!
//! # Invariants
//!
//! Hashing, sealing and opening never run on a worker thread of the runtime. Of an original no more than a few segments
//! are held in memory, however large it is.

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

/// Segments that are written and read in one go in a folder.
const FOLDER_PART: usize = 4;
/// Likewise in any other store: 8 MiB, since most want parts of 5 MiB or more.
const PART: usize = 128;

/// Keeps originals under lock and key. See [`crate::custody`].
#[derive(Debug, Clone)]
pub struct EncryptedObjectStore {
    storage: Storage,
    /// Segments that are written and read in one go.
    part: usize,
    /// One place for each processor.
    places: Arc<Semaphore>,
    space: Space,
}

/// Why there is no originals in a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It can be neither found nor made.
    #[error("the folder for originals cannot be used: {0}")]
    Disk(#[from] io::Error),
    /// Its path is none that `object_store` can spell.
    #[error("the folder for originals cannot be used: {0}")]
    Path(#[from] object_store::Error),
}

/// No work can be done off the worker threads: the runtime is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the runtime is shutting down")]
pub(super) struct ShuttingDown;

impl EncryptedObjectStore {
    /// Keeps originals in a folder, which is made if it is not there (mode 0700). Blocks: for the start.
    ///
    /// # Errors
    ///
    /// [`FolderError`].
    pub fn in_folder(path: &Path) -> Result<Self, FolderError> {
        let folder = Folder::make(path)?;
        let store = LocalFileSystem::new_with_prefix(folder.path())?.with_fsync(true);
        let space = Space::new(Limits::for_disk(folder.path())?, Some(folder.path()));
        Ok(Self::of(Storage::new(Arc::new(store), Some(folder)), FOLDER_PART, space))
    }

    /// With other limits of how much room originals may take. Before anything is taken in.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        let space = self.space.within(limits);
        Self { space, ..self }
    }

    /// How much room originals take and may take.
    #[must_use]
    pub const fn space(&self) -> &Space {
        &self.space
    }

    /// Keeps originals in any store. How durable they are, and who may read the files, is the store's matter. An upload
    /// that a crash cut off is not seen by [`EncryptedObjectStore::sweep`] where the store does not list it: let the store expire those.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self::of(Storage::new(store, None), PART, Space::new(Limits::NONE, None))
    }

    fn of(storage: Storage, part: usize, space: Space) -> Self {
        let places = available_parallelism().map_or(1, NonZero::get);
        Self { storage, part, places: Arc::new(Semaphore::new(places)), space }
    }

    pub(super) const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Segments that are written and read in one go.
    pub(super) const fn part(&self) -> usize {
        self.part
    }

    /// Bytes of such a part.
    pub(super) const fn part_bytes(&self) -> usize {
        self.part * SEALED_SEGMENT
    }

    /// Does what takes a processor on a thread that may block, when there is one free.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ShuttingDown> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| ShuttingDown)?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|_| ShuttingDown)
    }
}
