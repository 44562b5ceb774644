//! Removing originals, and what nobody answers for.
//!
//! # Invariants
//!
//! When [`EncryptedObjectStore::remove`] has returned, the object has no name on the disk any more, and after a power cut it still has
//! none. Blocks of a disk, its snapshots and backups may hold the ciphertext for longer: it is unreadable once the key is
//! destroyed, which is up to whoever keeps the key.

use std::error::Error;

use crate::custody::object::ObjectId;
use crate::custody::store::EncryptedObjectStore;

/// Why an object is not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// Custody cannot work now. The object may be there or not: remove it again.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

/// Why a sweep ended early. What it had not come to is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// Custody cannot work now.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl From<object_store::Error> for SweepError {
    fn from(error: object_store::Error) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl EncryptedObjectStore {
    /// Removes an object for good. One that is not there is removed.
    ///
    /// # Errors
    ///
    /// [`RemoveError`].
    pub async fn remove(&self, object: ObjectId) -> Result<(), RemoveError> {
        self.storage().remove(&object).await.map_err(|error| RemoveError::Unavailable(Box::new(error)))?;
        self.space().release(&object);
        Ok(())
    }

    /// Removes every object that is not `known`, and what a crash has left of others; answers how many.
    ///
    /// **Only at the start, before anything is taken in**, and with everything that is known: an original that is being
    /// taken in is not known yet, and one that is forgotten here is gone. Files with names that no originals gives are left.
    ///
    /// # Errors
    ///
    /// [`SweepError`].
    pub async fn sweep(&self, known: impl Fn(&ObjectId) -> bool) -> Result<u64, SweepError> {
        let mut removed = 0;
        for subfolder in 0..=u8::MAX {
            for object in self.storage().in_subfolder(subfolder).await? {
                if !known(&object) {
                    self.storage().erase(&object).await?;
                    tracing::info!(%object, "removed an object that nobody answers for");
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
