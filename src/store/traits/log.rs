//! The log, for reading: the only source of truth. Everything public can be rebuilt from it.
//!
//! A store holds an **appended** chain and, durably beside it, the **published** checkpoint: the last one that was signed. The
//! appended chain is never shorter than the published one, and longer only between an append and its signature. [`LogReader`] is
//! bounded by the published size: what is not signed is not shown.
//!
//! Any number of readers, at any time, on any thread. A reader sees either nothing or all of a published block, and never waits for
//! the writer's disk. All calls block.

use std::sync::Arc;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::time::Timestamp;
use crate::store::traits::store_error::{ReadError, damaged};

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
