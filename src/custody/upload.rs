//! Upload of an original: hashed and encrypted as a stream, durable when the call returns.
//!
//! # Invariants
//!
//! An object that [`EncryptedObjectStore::keep`] has returned survives a power cut. On an error, and when the future is
//! dropped, no object remains. One part is hashed, encrypted and written while the next arrives: at most two parts of
//! 256 KiB and a frame of the original are in memory, and at most three parts of the object.

use std::error::Error;
use std::io;
use std::pin::{Pin, pin};

use futures_util::future::try_join;
use futures_util::stream::Fuse;
use futures_util::{Stream, StreamExt as _};
use tokio_util::bytes::Bytes;

use crate::custody::draft::{CompletedObject, Draft};
use crate::custody::encryptor::Encryptor;
use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::sealing::{SEGMENT, SealError};
use crate::custody::store::EncryptedObjectStore;
use crate::error_code::ErrorCode;
use crate::ledger::statement::content::FileDigests;

/// Bytes of an original per hashing and encryption step.
const PART: u64 = 4 * SEGMENT as u64;

/// A stored original.
#[derive(Debug)]
pub struct StoredObject {
    /// The object that contains it.
    pub object: ObjectId,
    /// The only key of the object. If it is lost, the original is lost.
    pub key: ObjectKey,
    /// Size and digests of the original, computed while it arrived.
    pub measured: FileDigests,
}

/// Why an original was not stored. No object remains.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// It is empty: the digest of the empty input is not evidence of anything.
    #[error("the original is empty")]
    Empty,
    /// It is larger than the limit.
    #[error("the original is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The stream failed with this error, which can be downcast.
    #[error("the original did not arrive: {0}")]
    Stream(Box<dyn Error + Send + Sync>),
    /// The disk or a quota is full.
    #[error("there is no space for the original: {0}")]
    DiskFull(Box<dyn Error + Send + Sync>),
    /// The store is unavailable.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl KeepError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::EmptyOriginal,
            Self::TooLarge { .. } => ErrorCode::BodyTooLarge,
            Self::Stream(_) => ErrorCode::BodyBroken,
            Self::DiskFull(_) => ErrorCode::DiskFull,
            Self::Unavailable(_) => ErrorCode::Unavailable,
        }
    }

    fn unavailable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<object_store::Error> for KeepError {
    fn from(error: object_store::Error) -> Self {
        if is_full(&error) { Self::DiskFull(Box::new(error)) } else { Self::unavailable(error) }
    }
}

/// Whether a full disk or quota caused the error.
fn is_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
            return matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge);
        }
        cause = error.source();
    }
    false
}

impl EncryptedObjectStore {
    /// Stores an original of 1 to `limit` bytes under a new name and a new key.
    ///
    /// The caller is responsible for the [`StoredObject`]: it stores name, key and size durably, or removes the object.
    ///
    /// # Errors
    ///
    /// [`KeepError`]. An error of the stream is inside [`KeepError::Stream`].
    pub async fn keep<S, E>(&self, stream: S, limit: u64) -> Result<StoredObject, KeepError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let stream = pin!(stream.fuse());
        let mut upload = Upload { stream, size: 0, limit };
        let first = upload.part().await?;
        if first.is_empty() {
            return Err(KeepError::Empty);
        }
        let object = ObjectId::random().map_err(KeepError::unavailable)?;
        let key = ObjectKey::random().map_err(KeepError::unavailable)?;
        let encryptor = Encryptor::new(&object, &key).map_err(KeepError::unavailable)?;
        let mut draft = Draft::begin(self.storage(), object, self.part_bytes()).await?;
        let measured = match self.fill(&mut draft, encryptor, upload, first).await {
            Ok(measured) => measured,
            Err(error) => {
                draft.discard().await;
                return Err(error);
            }
        };
        draft.complete().await.map(CompletedObject::keep)?;
        Ok(StoredObject { object, key, measured })
    }

    async fn fill<S, E>(
        &self,
        draft: &mut Draft,
        mut encryptor: Encryptor,
        mut upload: Upload<'_, S>,
        mut frames: Vec<Bytes>,
    ) -> Result<FileDigests, KeepError>
    where
        S: Stream<Item = Result<Bytes, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        while !frames.is_empty() {
            let write = async {
                let (encryptor, sealed) = self.seal(encryptor, frames).await?;
                draft.write(&sealed).await?;
                Ok(encryptor)
            };
            (frames, encryptor) = try_join(upload.part(), write).await?;
        }
        let finished = self.work(move || encryptor.finish()).await.map_err(KeepError::unavailable)?;
        let (end, measured) = finished.map_err(KeepError::unavailable)?;
        draft.write(&end).await?;
        Ok(measured)
    }

    async fn seal(&self, mut encryptor: Encryptor, frames: Vec<Bytes>) -> Result<(Encryptor, Vec<u8>), KeepError> {
        let sealing = self.work(move || {
            encryptor.update(&frames)?;
            let sealed = encryptor.take_ciphertext();
            Ok((encryptor, sealed))
        });
        sealing.await.map_err(KeepError::unavailable)?.map_err(|error: SealError| KeepError::unavailable(error))
    }
}

/// An original that is being received.
struct Upload<'a, S> {
    stream: Pin<&'a mut Fuse<S>>,
    size: u64,
    limit: u64,
}

impl<S, E> Upload<'_, S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// The next [`PART`] bytes or some more, or the rest; empty at the end.
    async fn part(&mut self) -> Result<Vec<Bytes>, KeepError> {
        let (mut frames, before) = (Vec::new(), self.size);
        while self.size - before < PART {
            let Some(frame) = self.stream.next().await else { break };
            let frame = frame.map_err(|error| KeepError::Stream(error.into()))?;
            self.size = self.size.saturating_add(frame.len() as u64);
            if self.size > self.limit {
                return Err(KeepError::TooLarge { limit: self.limit });
            }
            if !frame.is_empty() {
                frames.push(frame);
            }
        }
        Ok(frames)
    }
}
