//! Removal of objects, and the sweep of unreferenced ones.
//!
//! # Invariants
//!
//! When [`EncryptedObjectStore::remove`] has returned, the removal of the object's file is durable. Disk blocks,
//! snapshots and backups may contain the ciphertext for longer; it cannot be decrypted once the caller has destroyed
//! the key.

use std::error::Error;

use crate::custody::object::ObjectId;
use crate::custody::store::EncryptedObjectStore;

/// Why an object is not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// The store is unavailable. Whether the object was removed is not known: remove it again.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

/// Why a sweep ended early. The remaining objects were not checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The store is unavailable.
    #[error("custody is unavailable: {0}")]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl From<object_store::Error> for SweepError {
    fn from(error: object_store::Error) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl EncryptedObjectStore {
    /// Removes an object durably. A missing object is not an error.
    ///
    /// # Errors
    ///
    /// [`RemoveError`].
    pub async fn remove(&self, object: ObjectId) -> Result<(), RemoveError> {
        self.storage().remove(&object).await.map_err(|error| RemoveError::Unavailable(Box::new(error)))?;
        self.space().release(&object);
        Ok(())
    }

    /// Removes every object that is not `known`, and drafts that a crash has left; returns their number.
    ///
    /// **Only at the start, before the first upload**, with all objects that acts refer to: an upload in progress is not known yet and
    /// would be removed. Files with other names are left.
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
                    tracing::info!(%object, "removed an object that no record refers to");
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
