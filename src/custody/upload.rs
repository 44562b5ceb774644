//! Taking an original in: streamed, measured, sealed, durable.
//!
//! # Invariants
//!
//! What [`EncryptedObjectStore::keep`] has returned survives a power cut. On any error, and when the future is dropped, nothing stays
//! behind. While one part is being hashed, sealed and written, the next arrives: at most two parts of 256 KiB and a frame
//! are held of the original, and of the object at most three of the parts in which it is written.

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

/// How much of an original is hashed and sealed in one go.
const PART: u64 = 4 * SEGMENT as u64;

/// An original in custody.
#[derive(Debug)]
pub struct StoredObject {
    /// The object that holds it.
    pub object: ObjectId,
    /// The only key that opens the object. Nobody else has it: lost, the original is lost.
    pub key: ObjectKey,
    /// What was computed over the original on arrival.
    pub measured: FileDigests,
}

/// Why an original is not in custody. Nothing of it was left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// It has no bytes, and the digests of nothing prove nothing.
    #[error("the original is empty")]
    Empty,
    /// It is larger than allowed.
    #[error("the original is larger than {limit} bytes")]
    TooLarge {
        /// Most bytes allowed.
        limit: u64,
    },
    /// It stopped arriving; with what the stream said, for `downcast`.
    #[error("the original did not arrive: {0}")]
    Stream(Box<dyn Error + Send + Sync>),
    /// There is no room for it.
    #[error("there is no room for the original: {0}")]
    DiskFull(Box<dyn Error + Send + Sync>),
    /// Custody cannot work now.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl KeepError {
    /// Stable, for machines.
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

/// Whether a disk or a quota is what ended it.
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
    /// Takes an original of 1 to `limit` bytes into custody, under a new name and a new key.
    ///
    /// Whoever is given a [`StoredObject`] answers for it: keeps name, key and size durably, or removes the object again.
    ///
    /// # Errors
    ///
    /// [`KeepError`]. An error of the stream is handed back inside [`KeepError::Stream`].
    pub async fn keep<S, E>(&self, stream: S, limit: u64) -> Result<StoredObject, KeepError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let stream = pin!(stream.fuse());
        let mut arriving = Upload { stream, size: 0, limit };
        let first = arriving.part().await?;
        if first.is_empty() {
            return Err(KeepError::Empty);
        }
        let object = ObjectId::random().map_err(KeepError::unavailable)?;
        let key = ObjectKey::random().map_err(KeepError::unavailable)?;
        let encryptor = Encryptor::new(&object, &key).map_err(KeepError::unavailable)?;
        let mut draft = Draft::begin(self.storage(), object, self.part_bytes()).await?;
        let measured = match self.fill(&mut draft, encryptor, arriving, first).await {
            Ok(measured) => measured,
            Err(error) => {
                draft.discard().await;
                return Err(error);
            }
        };
        draft.place().await.map(CompletedObject::take)?;
        Ok(StoredObject { object, key, measured })
    }

    async fn fill<S, E>(
        &self,
        draft: &mut Draft,
        mut encryptor: Encryptor,
        mut arriving: Upload<'_, S>,
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
            (frames, encryptor) = try_join(arriving.part(), write).await?;
        }
        let finished = self.work(move || encryptor.finish()).await.map_err(KeepError::unavailable)?;
        let (end, measured) = finished.map_err(KeepError::unavailable)?;
        draft.write(&end).await?;
        Ok(measured)
    }

    async fn seal(&self, mut encryptor: Encryptor, frames: Vec<Bytes>) -> Result<(Encryptor, Vec<u8>), KeepError> {
        let sealing = self.work(move || {
            encryptor.take(&frames)?;
            let sealed = encryptor.sealed();
            Ok((encryptor, sealed))
        });
        sealing.await.map_err(KeepError::unavailable)?.map_err(|error: SealError| KeepError::unavailable(error))
    }
}

/// An original that is arriving.
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
    /// The next [`PART`] bytes or some more, or what is left; nothing at the end.
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
