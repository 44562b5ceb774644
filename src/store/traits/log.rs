//! Read access to the log: the append-only sequence of leaves and its Merkle tree (RFC 6962 §2.1).
//!
//! The log is the only source of truth: all public data can be rebuilt from it. A store holds an **appended** chain and a
//! durable **published** checkpoint, the last one that the sequencer signed. The appended chain is never shorter than the
//! published one. It is longer only between an append and the publication of its checkpoint. [`LogReader`] is bounded by
//! the published size: it returns no leaf that a signed checkpoint does not cover.
//!
//! # Concurrency
//!
//! Any number of threads may read at any time. A reader sees a published block in full or not at all, and is not blocked by
//! the writer's disk I/O. All calls block the calling thread: async callers use `query::service`.

use std::sync::Arc;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::time::Timestamp;
use crate::store::traits::store_error::{ReadError, damaged};

/// The last signed checkpoint, and the block whose header is the last leaf of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The checkpoint. Its size bounds all reads.
    pub checkpoint: SignedCheckpoint,
    /// Height of the last block in the tree.
    pub height: Height,
    /// Hash of that block: the leaf hash of its header.
    pub block_hash: Digest,
    /// Time in that block's header.
    pub block_time: Timestamp,
}

impl Published {
    /// Combines a checkpoint with the last block of its tree. `header` is the last leaf of the tree; `None` if it is not a
    /// block header of this ledger at that index.
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

    /// The number of leaves that the checkpoint covers.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size
    }
}

/// Reads the log, bounded by the published size. Implemented for a data folder, a store in memory, and another node over
/// HTTP.
///
/// [`LogReader::leaves`] and [`LogReader::leaf`] verify each record against its leaf hash in the tree, and fail with
/// [`ReadError::Damaged`] if it differs.
pub trait LogReader: Send + Sync {
    /// The last signed checkpoint; `None` before the genesis block is signed. Its size never decreases.
    fn published(&self) -> Option<Arc<Published>>;

    /// The leaves `first .. first+count`, each hashed and compared with the tree. All of them are held in memory: keep
    /// `count` small.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// One leaf, hashed and compared with the tree.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        self.leaves(index, 1)?.pop().ok_or_else(|| damaged("leaf", index, "missing"))
    }

    /// Calls `visit` with each of the leaves `first .. first+count` in order, without verifying them: for callers that hash
    /// the leaves themselves. Implementations should stream; this default implementation reads all leaves into memory.
    /// After an error, `visit` may have been called for some of the leaves.
    ///
    /// # Errors
    /// [`ReadError`], also when a leaf is missing.
    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.leaves(first, count)?.iter().for_each(|leaf| visit(leaf));
        Ok(())
    }

    /// Hashes from one tile (C2SP tlog-tiles), as `ledger::merkle::tile::HashReader` requests them: `count` consecutive
    /// items of tile level `level`, beginning with item number `first`. All items are in the same tile and complete at the
    /// published size.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError>;
}
