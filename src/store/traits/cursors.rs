//! Positions of consumers of the ledger, such as webhooks. Mutable, and not evidence.

use crate::ledger::hash::Digest;
use crate::store::traits::store_error::{AppendError, ReadError};

/// Stores one position per consumer.
pub trait CursorStore: Send + Sync {
    /// The position of the consumer of this name; `None` when it was never set.
    ///
    /// # Errors
    /// [`ReadError`].
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError>;

    /// Sets a position. After a power cut, the previous position may be returned: consumers must accept repetitions.
    ///
    /// # Errors
    /// [`AppendError`].
    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError>;
}
