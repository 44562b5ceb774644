//! The log, for its single writer.
//!
//! # Atomicity and durability
//!
//! [`LogStore::append`] stores a whole block (leaves, full tiles, index rows, private content) or nothing. When it returns `Ok`,
//! the block survives a power cut. When [`LogStore::publish`] returns `Ok`, so does the checkpoint.
//!
//! # Concurrency
//!
//! One writer: the sequencer. All calls block.

use crate::ledger::chain::{Block, Tip};
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::log::Published;
use crate::store::traits::private::PrivateContent;
use crate::store::traits::store_error::{AppendError, ReadError};

/// The log with its single writer.
pub trait LogStore: LedgerReader {
    /// The end of the appended chain, published or not.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tip(&self) -> Result<Tip, ReadError>;

    /// Stores `block` on the tip it was made for, with the private content of its deposits by their place, and erases
    /// the pieces `erasures` of earlier deposits. Enforces, itself and before writing: the tip; each statement id and
    /// number once; subjects without gaps and by their owners; links to deposits that exist and, where the kind asks for
    /// it, are the depositor's own; private content where a `meta` line stands, and as it says; erasures exactly as the
    /// one `erased` notice of the block names them, of what is held.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError>;

    /// Appended leaves `first .. first+count` as they stand in the store, read afresh, published or not, without
    /// comparing them with anything: for the read-back before signing, which does its own hashing.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// A full tile as it stands in the store, published or not, likewise; `root` is the stored one.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError>;

    /// Whether an append may be attempted: no earlier write has failed, and the disk has room. Asked before each block, so
    /// it must be cheap.
    ///
    /// # Errors
    /// [`AppendError::Short`]: call [`Self::recover`] before the next append. [`AppendError::Unknown`]: stop writing.
    fn ready_to_append(&self) -> Result<(), AppendError> {
        Ok(())
    }

    /// Makes the store ready to append after [`AppendError::Short`]. If a write failed, the store is opened anew by the
    /// functions that open it at a start, and its tip is then what the disk holds; the appended chain may have grown by the
    /// block of the failed write, and the published checkpoint by the one of a failed publication. Readers of the moment
    /// finish first, new ones wait.
    ///
    /// # Errors
    /// [`AppendError::Short`]: the resource is still missing, reading goes on, try again later. Anything else: stop writing.
    fn recover(&self) -> Result<(), AppendError> {
        self.ready_to_append()
    }

    /// Makes `published` the durable checkpoint and the bound of all reads. Never replaces a larger one.
    ///
    /// # Errors
    /// [`AppendError::Unknown`]: stop writing at once. [`AppendError::Short`]: as after an append.
    /// [`AppendError::TipMoved`] when it is not larger than the one in force, or larger than the appended chain.
    fn publish(&self, published: Published) -> Result<(), AppendError>;
}
