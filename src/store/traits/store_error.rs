//! Errors of reads and appends.

use std::fmt::Display;

use crate::ledger::merkle::shape::TreeSize;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::shortage::Shortage;

/// Why a read failed. None of these means "not found": that is `Ok(None)`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The index or size is beyond the published size.
    #[error("{asked} is beyond the published size {size}")]
    Beyond {
        /// The index or size asked for.
        asked: u64,
        /// The published size.
        size: TreeSize,
    },
    /// Stored bytes are missing, or their hash differs from the tree. Restore from a mirror or backup.
    #[error("damaged {what} at {at}: {reason}")]
    Damaged {
        /// What kind of row: `leaf`, `tile`, `block`, `number`, …
        what: &'static str,
        /// Its key, for display.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A read of cached data needs the disk. Read again without [`try_read_cached`].
    ///
    /// [`try_read_cached`]: crate::store::traits::LedgerReader::try_read_cached
    #[error("not cached")]
    WouldBlock,
    /// A remote reader has only the published log: no index, no private content.
    #[error("a node does not publish this over HTTP")]
    NotPublished,
    /// The disk or the connection failed. Try again later.
    #[error("cannot read: {0}")]
    Unavailable(String),
}

/// Creates a [`ReadError::Damaged`].
pub fn damaged(what: &'static str, at: impl Display, reason: impl Into<String>) -> ReadError {
    ReadError::Damaged { what, at: format!("{at}"), reason: reason.into() }
}

/// Why an append did not happen, or may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The block does not follow the stored tip. Nothing was stored: rebuild the block on the current tip.
    #[error("the block follows size {base}, the chain has {size}")]
    TipMoved {
        /// The size that the block follows.
        base: TreeSize,
        /// The size of the chain.
        size: TreeSize,
    },
    /// A deposit in the block is not admissible. Nothing was stored: rebuild the block without it.
    #[error("deposit {position} of the block is refused: {refusal}")]
    Refused {
        /// Position of the deposit's leaf in the block, from 0.
        position: usize,
        /// Why.
        refusal: Refusal,
    },
    /// A piece cannot be erased. Nothing was stored.
    #[error("nothing is erased: {0}")]
    Erasure(#[from] ErasureRefusal),
    /// A read for the checks before the write failed. Nothing was stored.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A resource of the machine ran out, before the write or during it. The store rejects appends until
    /// [`LogStore::recover`](crate::store::traits::LogStore::recover) has succeeded, which determines what is stored.
    #[error("{shortage}: {detail}")]
    Short {
        /// The resource.
        shortage: Shortage,
        /// The failed operation, for the operator.
        detail: String,
    },
    /// The outcome is unknown: a failed fsync, or a write that failed for any reason but a shortage. Stop writing at
    /// once; only a restart determines what is stored.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
}
