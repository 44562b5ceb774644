//! Positions of consumers of the ledger, such as webhooks. Mutable, and no evidence.

use crate::ledger::hash::Digest;
use crate::store::traits::store_error::{AppendError, ReadError};

/// Keeps one number per consumer.
pub trait CursorStore: Send + Sync {
    /// The position of the consumer of this name; `None` when it was never set.
    ///
    /// # Errors
    /// [`ReadError`].
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError>;

    /// Sets a position. After a power cut the position before it may be returned: consumers must accept repetitions.
    ///
    /// # Errors
    /// [`AppendError`].
    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError>;
}
