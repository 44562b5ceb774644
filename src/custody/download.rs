//! Giving an original out again: decrypted as it streams.
//!
//! # Invariants
//!
//! No byte leaves before its segment has been authenticated. The object's length, its header and its first part have been
//! checked before the stream is given out, so that a wrong key or a missing end is an error and not a transfer that breaks
//! off. A stream that ends without an error has given out the whole original.

use std::error::Error;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio_util::bytes::Bytes;

use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::sealing::{Cipher, HEADER, SEALED_SEGMENT, offset, sealed_size, segments};
use crate::custody::store::EncryptedObjectStore;
use crate::error_code::ErrorCode;

/// Why an original is not given out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such object.
    #[error("the original is missing")]
    Missing,
    /// The object does not begin as this object does.
    #[error("the original is damaged: its header is not its own")]
    DamagedHeader,
    /// The object is not what was sealed, or the key or the size is another's.
    #[error("the original is damaged: segment {segment}, counted from 0")]
    Damaged {
        /// The first segment that is missing, too much, or does not open.
        segment: u64,
    },
    /// Custody cannot work now.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl OpenError {
    /// Stable, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Missing | Self::DamagedHeader | Self::Damaged { .. } => ErrorCode::Damaged,
            Self::Unavailable(_) => ErrorCode::Unavailable,
        }
    }

    fn unavailable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<object_store::Error> for OpenError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) { Self::Missing } else { Self::unavailable(error) }
    }
}

impl EncryptedObjectStore {
    /// Opens the original of `size` bytes that lies in `object`. An object that is removed meanwhile ends the stream with
    /// [`OpenError::Missing`].
    ///
    /// # Errors
    ///
    /// [`OpenError`], here and from the stream, which ends with it.
    pub async fn open(
        &self,
        object: ObjectId,
        key: &ObjectKey,
        size: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, OpenError>>, OpenError> {
        let cipher = Arc::new(Cipher::new(&object, key).map_err(OpenError::unavailable)?);
        let there = self.storage().size(&object).await?;
        let end = sealed_size(size).filter(|end| *end == there && size > 0);
        let Some(end) = end else {
            let whole = there.saturating_sub(HEADER as u64) / SEALED_SEGMENT as u64;
            return Err(OpenError::Damaged { segment: whole.min(segments(size)) });
        };
        if self.storage().read(&object, 0..HEADER as u64).await? != cipher.header() {
            return Err(OpenError::DamagedHeader);
        }
        let mut leaving = Download { originals: self.clone(), object, cipher, next: 0, count: segments(size), end };
        let first = leaving.part().await?;
        let rest = stream::try_unfold(leaving, async |mut leaving| {
            if leaving.next == leaving.count {
                return Ok(None);
            }
            Ok(Some((leaving.part().await?, leaving)))
        });
        Ok(stream::iter([Ok(first)]).chain(rest).boxed())
    }
}

/// An original that is being given out.
struct Download {
    originals: EncryptedObjectStore,
    object: ObjectId,
    cipher: Arc<Cipher>,
    /// The segment to give out next.
    next: u64,
    /// How many segments there are.
    count: u64,
    /// Bytes of the object.
    end: u64,
}

impl Download {
    async fn part(&mut self) -> Result<Bytes, OpenError> {
        let first = self.next;
        let next = first.saturating_add(self.originals.part() as u64).min(self.count);
        let is_end = next == self.count;
        let from = offset(first).unwrap_or(self.end);
        let to = if is_end { self.end } else { offset(next).unwrap_or(self.end) };
        let sealed = self.originals.storage().read(&self.object, from..to).await?;
        if sealed.len() as u64 != to - from {
            return Err(OpenError::Damaged { segment: first + sealed.len() as u64 / SEALED_SEGMENT as u64 });
        }
        let cipher = Arc::clone(&self.cipher);
        let opening = self.originals.work(move || cipher.open(first, is_end, sealed.into()));
        let opened = opening.await.map_err(OpenError::unavailable)?;
        self.next = next;
        opened.map(Bytes::from).map_err(|segment| OpenError::Damaged { segment })
    }
}
