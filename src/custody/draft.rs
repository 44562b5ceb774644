//! Draft of an object: an object that is being written, visible once complete and removed otherwise.
//!
//! # Invariants
//!
//! An object is not visible before [`Draft::complete`] has returned it. Dropping a [`Draft`], or a [`CompletedObject`] that was not
//! kept, removes what was written: at once while the runtime runs, otherwise by the next sweep. Completion runs in a task of its
//! own, so that a cancelled caller leaves no complete object behind.

use object_store::{MultipartUpload, Result};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::bytes::BytesMut;

use crate::custody::object::ObjectId;
use crate::custody::storage::Storage;

/// An object that is not visible yet.
pub(super) struct Draft {
    storage: Storage,
    object: ObjectId,
    /// `None` once it is being completed or aborted.
    upload: Option<Box<dyn MultipartUpload>>,
    buffered: BytesMut,
    part: usize,
}

/// A complete and durable object, removed when dropped unless the caller keeps it.
pub(super) struct CompletedObject {
    storage: Storage,
    object: ObjectId,
    is_kept: bool,
}

impl Draft {
    /// Begins `object`, written in parts of `part` bytes.
    pub(super) async fn begin(storage: &Storage, object: ObjectId, part: usize) -> Result<Self> {
        let upload = storage.begin(&object).await?;
        Ok(Self { storage: storage.clone(), object, upload: Some(upload), buffered: BytesMut::new(), part })
    }

    /// Writes more bytes. All parts but the last have the same size, as some stores require.
    pub(super) async fn write(&mut self, sealed: &[u8]) -> Result<()> {
        self.buffered.extend_from_slice(sealed);
        while self.buffered.len() >= self.part {
            let part = self.buffered.split_to(self.part);
            self.put(part).await?;
        }
        Ok(())
    }

    /// Completes it: durable when this returns.
    pub(super) async fn complete(mut self) -> Result<CompletedObject> {
        if !self.buffered.is_empty() {
            let rest = self.buffered.split();
            if let Err(error) = self.put(rest).await {
                self.discard().await;
                return Err(error);
            }
        }
        let Some(upload) = self.upload.take() else { return Err(upload_ended()) };
        let (sender, receiver) = oneshot::channel();
        // If the caller was cancelled, `CompletedObject` is dropped, which removes the object.
        tokio::spawn(finish(self.storage.clone(), self.object, upload, sender));
        receiver.await.unwrap_or_else(|_| Err(upload_ended()))
    }

    /// Removes it.
    pub(super) async fn discard(mut self) {
        if let Some(upload) = self.upload.take() {
            abort(&self.storage, &self.object, upload).await;
        }
    }

    async fn put(&mut self, part: BytesMut) -> Result<()> {
        match &mut self.upload {
            Some(upload) => upload.put_part(part.freeze().into()).await,
            None => Err(upload_ended()),
        }
    }
}

async fn finish(
    storage: Storage,
    object: ObjectId,
    mut upload: Box<dyn MultipartUpload>,
    sender: oneshot::Sender<Result<CompletedObject>>,
) {
    let completed = match upload.complete().await {
        Ok(_) => storage.settle(&object).await,
        Err(error) => Err(error),
    };
    let completed = match completed {
        Ok(()) => Ok(CompletedObject { storage, object, is_kept: false }),
        Err(error) => {
            abort(&storage, &object, upload).await;
            Err(error)
        }
    };
    drop(sender.send(completed));
}

/// Aborts an upload and removes its object: after a failure halfway, aborting may leave the draft or even the object.
async fn abort(storage: &Storage, object: &ObjectId, mut upload: Box<dyn MultipartUpload>) {
    if let Err(error) = upload.abort().await {
        tracing::debug!(%object, %error, "an upload was not aborted");
    }
    erase(storage, object).await;
}

async fn erase(storage: &Storage, object: &ObjectId) {
    if let Err(error) = storage.erase(object).await {
        tracing::warn!(%object, %error, "cannot remove an incomplete object; the next start removes it");
    }
}

fn upload_ended() -> object_store::Error {
    object_store::Error::Generic { store: "custody", source: "the upload has ended already".into() }
}

impl CompletedObject {
    /// Keeps the object; the caller is responsible for it from now on.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let (storage, object) = (self.storage.clone(), self.object);
            runtime.spawn(async move { abort(&storage, &object, upload).await });
        }
    }
}

impl Drop for CompletedObject {
    fn drop(&mut self) {
        if !self.is_kept
            && let Ok(runtime) = Handle::try_current()
        {
            let (storage, object) = (self.storage.clone(), self.object);
            runtime.spawn(async move { erase(&storage, &object).await });
        }
    }
}
