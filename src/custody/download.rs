//! Download of an original: decrypted as a stream.
//!
//! # Invariants
//!
//! No byte is returned before its segment is authenticated. Length, header and first part are checked before the stream is
//! returned, so that a wrong key or a truncated object is an error and not an interrupted transfer. A stream that ends without an
//! error has returned the whole original.

use std::error::Error;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio_util::bytes::Bytes;

use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::sealing::{Cipher, HEADER, SEALED_SEGMENT, offset, sealed_size, segments};
use crate::custody::store::EncryptedObjectStore;
use crate::error_code::ErrorCode;

/// Why an original cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such object.
    #[error("the original is missing")]
    Missing,
    /// The header belongs to another object, or is damaged.
    #[error("the original is damaged: its header belongs to another object or is damaged")]
    DamagedHeader,
    /// The object was changed, or key or size are those of another object.
    #[error("the original is damaged: segment {segment}, counted from 0")]
    Damaged {
        /// The first segment that is missing, superfluous, or fails authentication.
        segment: u64,
    },
    /// The store is unavailable.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl OpenError {
    /// The stable code.
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
    /// Opens the original of `size` bytes in `object`. If the object is removed meanwhile, the stream ends with
    /// [`OpenError::Missing`].
    ///
    /// # Errors
    ///
    /// [`OpenError`], also as the last item of the stream.
    pub async fn open(
        &self,
        object: ObjectId,
        key: &ObjectKey,
        size: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, OpenError>>, OpenError> {
        let cipher = Arc::new(Cipher::new(&object, key).map_err(OpenError::unavailable)?);
        let found = self.storage().size(&object).await?;
        let end = sealed_size(size).filter(|end| *end == found && size > 0);
        let Some(end) = end else {
            let whole = found.saturating_sub(HEADER as u64) / SEALED_SEGMENT as u64;
            return Err(OpenError::Damaged { segment: whole.min(segments(size)) });
        };
        if self.storage().read(&object, 0..HEADER as u64).await? != cipher.header() {
            return Err(OpenError::DamagedHeader);
        }
        let mut download = Download { originals: self.clone(), object, cipher, next: 0, count: segments(size), end };
        let first = download.part().await?;
        let rest = stream::try_unfold(download, async |mut download| {
            if download.next == download.count {
                return Ok(None);
            }
            Ok(Some((download.part().await?, download)))
        });
        Ok(stream::iter([Ok(first)]).chain(rest).boxed())
    }
}

/// An original that is being read.
struct Download {
    originals: EncryptedObjectStore,
    object: ObjectId,
    cipher: Arc<Cipher>,
    /// The next segment.
    next: u64,
    /// Number of segments.
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
