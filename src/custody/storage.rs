//! Access to the underlying `object_store`, and to its folder on a local disk if there is one.
//!
//! # Invariants
//!
//! In a local folder, an upload after `settle` and a removal are durable when the call returns. Other stores define
//! their own durability.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt as _, Result};
use tokio::sync::Semaphore;
use tokio_util::bytes::Bytes;

use crate::custody::folder::Folder;
use crate::custody::object::{ObjectId, subfolder_name};

/// Maximum number of concurrent reads; each opens a file.
const READS: usize = 64;

/// A store of objects.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    store: Arc<dyn ObjectStore>,
    folder: Option<Folder>,
    reads: Arc<Semaphore>,
}

impl Storage {
    pub(super) fn new(store: Arc<dyn ObjectStore>, folder: Option<Folder>) -> Self {
        Self { store, folder, reads: Arc::new(Semaphore::new(READS)) }
    }

    /// Begins an object, which is not visible before it is completed.
    pub(super) async fn begin(&self, object: &ObjectId) -> Result<Box<dyn MultipartUpload>> {
        self.on_disk(*object, Folder::make_subfolder).await?;
        self.store.put_multipart(&object.location()).await
    }

    /// Restricts a completed object to its owner.
    pub(super) async fn settle(&self, object: &ObjectId) -> Result<()> {
        self.on_disk(*object, Folder::restrict).await
    }

    /// Size of an object in bytes.
    pub(super) async fn size(&self, object: &ObjectId) -> Result<u64> {
        Ok(self.store.head(&object.location()).await?.size)
    }

    pub(super) async fn read(&self, object: &ObjectId, range: Range<u64>) -> Result<Bytes> {
        // The semaphore is never closed.
        let _permit = self.reads.acquire().await;
        self.store.get_range(&object.location(), range).await
    }

    /// Removes a complete object. A missing object is not an error.
    pub(super) async fn remove(&self, object: &ObjectId) -> Result<()> {
        match self.store.delete(&object.location()).await {
            Ok(()) | Err(Error::NotFound { .. }) => self.on_disk(*object, Folder::sync).await,
            Err(error) => Err(error),
        }
    }

    /// Removes an object and its drafts.
    pub(super) async fn erase(&self, object: &ObjectId) -> Result<()> {
        match self.folder {
            Some(_) => self.on_disk(*object, Folder::erase).await,
            None => self.remove(object).await,
        }
    }

    /// The objects of a subfolder, including drafts if the store lists them.
    pub(super) async fn in_subfolder(&self, number: u8) -> Result<Vec<ObjectId>> {
        if let Some(folder) = self.folder.clone() {
            return blocking(move || folder.in_subfolder(number)).await;
        }
        let listed = self.store.list(Some(&Path::from(subfolder_name(number))));
        let found = listed.try_filter_map(async |meta| {
            let object = meta.location.filename().and_then(ObjectId::parse);
            Ok(object.filter(|object| object.location() == meta.location))
        });
        found.try_collect().await
    }

    async fn on_disk(&self, object: ObjectId, work: fn(&Folder, &ObjectId) -> io::Result<()>) -> Result<()> {
        match self.folder.clone() {
            Some(folder) => blocking(move || work(&folder, &object)).await,
            None => Ok(()),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await?;
    done.map_err(|error| Error::Generic { store: "folder", source: Box::new(error) })
}
