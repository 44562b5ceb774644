//! A whole ledger, for reading: log, index and private content.

use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::traits::index::Index;
use crate::store::traits::log::LogReader;
use crate::store::traits::private::{Private, PrivateReader};
use crate::store::traits::store_error::ReadError;
use crate::store::traits::store_error::damaged;

/// Reads a ledger.
pub trait LedgerReader: LogReader + Index + PrivateReader {
    /// Calls `read` with a reader of what can be read without waiting for a disk. Whether all that it asked for was cached: if
    /// not, its result is meaningless, and the caller reads again on a thread that may block.
    fn try_read_cached(&self, _read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        false
    }

    /// [`PrivateReader::private_of`] for callers that have not read the deposit.
    ///
    /// # Errors
    /// [`ReadError`].
    fn private(&self, index: LeafIndex) -> Result<Private, ReadError> {
        let leaf = Leaf::parse(&self.leaf(index)?).map_err(|error| damaged("leaf", index, error.to_string()))?;
        let committed = match leaf {
            Leaf::Entry(entry) => entry.statement.statement().meta,
            Leaf::Notice(_) | Leaf::Block(_) => None,
        };
        self.private_of(index, committed.as_ref())
    }
}
