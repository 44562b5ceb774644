//! Read access to a complete ledger: the log, its index, the private content and the annotations of checkpoints.

use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::traits::annotations::AnnotationReader;
use crate::store::traits::index::Index;
use crate::store::traits::log::LogReader;
use crate::store::traits::private::{PrivatePiece, PrivateReader};
use crate::store::traits::store_error::ReadError;
use crate::store::traits::store_error::damaged;

/// A reader of the log, the index, the private content and the annotations of one ledger.
pub trait LedgerReader: LogReader + Index + PrivateReader + AnnotationReader {
    /// Calls `read` with a reader that answers from memory only and never blocks on disk I/O. A read of anything else fails
    /// with [`ReadError::WouldBlock`].
    ///
    /// Returns whether every read was answered from memory. If it returns `false`, `read` may not have been called, or its
    /// result is incomplete: the caller discards it and reads again on a thread that may block. This default implementation
    /// has no cache.
    fn try_read_cached(&self, _read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        false
    }

    /// [`PrivateReader::private_of`] for callers that have not read the deposit: reads it, for the commitment in its `meta`
    /// line.
    ///
    /// # Errors
    /// [`ReadError`].
    fn private(&self, index: LeafIndex) -> Result<PrivatePiece, ReadError> {
        let leaf = Leaf::parse(&self.leaf(index)?).map_err(|error| damaged("leaf", index, error.to_string()))?;
        let committed = match leaf {
            Leaf::Entry(entry) => entry.statement.statement().meta,
            Leaf::Notice(_) | Leaf::Block(_) => None,
        };
        self.private_of(index, committed.as_ref())
    }
}
