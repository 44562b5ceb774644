//! The log: the only source of truth. Everything public can be rebuilt from it.
//!
//! A store holds an **appended** chain and, durably beside it, the **published** checkpoint: the last one that was signed. The
//! appended chain is never shorter than the published one, and longer only between an append and its signature. [`LogReader`] is
//! bounded by the published size: what is not signed is not shown.
//!
//! # Atomicity and durability
//!
//! [`LogStore::append`] stores a whole block (leaves, full tiles, index rows, private content) or nothing. When it returns `Ok`,
//! the block survives a power cut. When [`LogStore::publish`] returns `Ok`, so does the checkpoint.
//!
//! # Concurrency
//!
//! One writer: the sequencer. Any number of readers, at any time, on any thread. A reader sees either nothing or all of a
//! published block, and never waits for the writer's disk. All calls block.

use std::sync::Arc;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::ErasedPiece;
use crate::ledger::time::Timestamp;
use crate::store::bounds::damaged;
use crate::store::traits::error::{AppendError, ReadError};
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::private::PrivateContent;

/// The last signed checkpoint and the block it ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The checkpoint. Its size bounds all reads.
    pub checkpoint: SignedCheckpoint,
    /// Height of the block that the tree ends in.
    pub height: Height,
    /// That block's hash.
    pub block_hash: Digest,
    /// That block's time.
    pub block_time: Timestamp,
}

impl Published {
    /// A checkpoint with the block that its tree ends in; `None` unless `header`, the last leaf of the tree, is that block's header.
    #[must_use]
    pub fn of(checkpoint: SignedCheckpoint, header: &[u8]) -> Option<Self> {
        let parsed = BlockHeader::parse(header).ok()?;
        let signed = checkpoint.checkpoint();
        let is_last = parsed.index().size_after() == signed.size && parsed.ledger == signed.origin;
        is_last.then(|| Self {
            height: parsed.height,
            block_hash: leaf_hash(header),
            block_time: parsed.time,
            checkpoint,
        })
    }

    /// The published size.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size
    }
}

/// Reads the log, bounded by the published size. A folder, a store in memory, or another node over HTTP.
///
/// A record whose bytes do not hash to what the tree holds is never returned: [`ReadError::Damaged`].
pub trait LogReader: Send + Sync {
    /// The last signed checkpoint; `None` before the genesis block is signed. It only ever grows.
    fn published(&self) -> Option<Arc<Published>>;

    /// The leaves `first .. first+count`, re-hashed and compared with the tree. Keep `count` small: they are held in memory.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// One leaf, likewise.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        self.leaves(index, 1)?.pop().ok_or_else(|| damaged("leaf", index, "missing"))
    }

    /// Calls `visit` with each of the leaves `first .. first+count` in order, as stored, compared with nothing: for callers that
    /// hash the leaves themselves. Keeps no leaf in memory and holds no lock. After an error `visit` may have seen some of them.
    ///
    /// # Errors
    /// [`ReadError`], also for a leaf that is missing.
    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.leaves(first, count)?.iter().for_each(|leaf| visit(leaf));
        Ok(())
    }

    /// Items of a tile, as `ledger::merkle::tile::HashReader` requests them: `count` consecutive items of tile level `level`
    /// from item number `first`, all within one tile, all complete at the published size.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError>;
}

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
