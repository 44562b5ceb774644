//! Write access to the log, for its single writer: append a block, read it back, publish its checkpoint.
//!
//! The sequencer calls, for each block: [`LogStore::ready_to_append`], [`LogStore::append`], the read-back functions, and,
//! after it has signed the checkpoint, [`LogStore::publish`].
//!
//! # Atomicity and durability
//!
//! [`LogStore::append`] stores a whole block (leaves, full tiles, index rows, private content) or nothing. When it returns `Ok`,
//! the block survives a power cut. When [`LogStore::publish`] returns `Ok`, so does the checkpoint.
//!
//! # Concurrency
//!
//! The sequencer is the single writer. All calls block the calling thread.

use crate::ledger::chain::{Block, Tip};
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::log::Published;
use crate::store::traits::private::PrivateContent;
use crate::store::traits::store_error::{AppendError, ReadError};

/// A ledger that its single writer can append to.
pub trait LogStore: LedgerReader {
    /// The end of the appended chain, which may not be published yet.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tip(&self) -> Result<Tip, ReadError>;

    /// Appends `block`, stores the private content of its deposits (`private`, by leaf index), and overwrites the pieces
    /// `erasures` of earlier deposits by tombstones. Before it writes anything, the store itself checks that:
    ///
    /// - the block follows the current tip;
    /// - no statement id and no number occurs twice on the chain;
    /// - each subject's stream has no gaps, and an owner of the stream continues it;
    /// - linked deposits exist, and belong to the linking depositor where the kind of link requires it;
    /// - private content matches the commitment in the `meta` line of its deposit;
    /// - `erasures` are exactly the pieces that the block's only `erased` notice names, and each of them is stored.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError>;

    /// Appends a block that was read from the public log of another copy of the ledger, as a mirror or a restore does. It
    /// is checked as in [`Self::append`], with two differences: there is no private content, and the pieces that its
    /// `erased` notice names need not be stored here, since a public log has none. A piece that is stored is erased as in
    /// [`Self::append`]; every other one gets a tombstone, if it belongs to an earlier deposit with a `meta` line.
    ///
    /// The block is durable when [`Self::publish`] has returned for a checkpoint that covers it. After a crash before
    /// that, the appended chain may end at an earlier block.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append_copy(&self, block: &Block) -> Result<(), AppendError>;

    /// The appended leaves `first .. first+count` as stored, also beyond the published size, and not verified: for the
    /// read-back before signing, in which the sequencer hashes them itself.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// A full tile as stored, also beyond the published size, and not verified. [`FullTile::root`] is the stored root, not
    /// a computed one.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError>;

    /// Checks that an append may be attempted: no earlier write has failed, and the disk has free space. The sequencer
    /// calls it before each block, so it must be cheap.
    ///
    /// # Errors
    /// [`AppendError::Short`]: call [`Self::recover`] before the next append. [`AppendError::Unknown`]: stop writing.
    fn ready_to_append(&self) -> Result<(), AppendError> {
        Ok(())
    }

    /// Makes the store ready to append after [`AppendError::Short`]. If a write has failed, the store is closed and opened
    /// again as at process start, and its tip is read from the disk. The failed write may turn out to have succeeded: then
    /// the appended chain includes its block, or the published checkpoint is the one of the failed publication. The store
    /// is closed after reads in progress have finished; new reads block until it is open again.
    ///
    /// # Errors
    /// [`AppendError::Short`]: the resource is still exhausted; reads continue, try again later. Any other error: stop
    /// writing.
    fn recover(&self) -> Result<(), AppendError> {
        self.ready_to_append()
    }

    /// Stores `published` durably as the last checkpoint, and then raises the bound of all reads to its size. The size
    /// never decreases.
    ///
    /// # Errors
    /// [`AppendError::Unknown`]: stop writing at once. [`AppendError::Short`]: call [`Self::recover`].
    /// [`AppendError::TipMoved`] when it is not larger than the current checkpoint, or larger than the appended chain.
    fn publish(&self, published: Published) -> Result<(), AppendError>;
}
