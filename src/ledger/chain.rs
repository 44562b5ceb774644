//! Blocks: built from pending deposits and notices, or read from the bytes of leaves received from elsewhere.
//!
//! A [`BlockBuilder`] is used by the writer: it takes pending leaves one by one, gives each its index, and seals them under
//! a header. [`next`] does the same in one call. A [`reader::BlockReader`] is used by mirrors, recovery tools and tests: it
//! parses the leaves of an existing log and checks them. Both start from a [`Tip`] and yield the same [`Block`].
//!
//! # Invariants
//!
//! Times in leaf order never decrease: a time before the tip's is rejected. A block seals at least one leaf. Nothing here
//! changes the tip: the caller stores the block and continues from [`Block::tip`].
//!
//! Not here: reading the clock (`sequencer/clock`), drawing numbers (`sequencer/admission`), storing and index checks (`store`).

use std::sync::Arc;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::leaf::LEAF_MAX;
use crate::ledger::merkle::frontier::{Frontier, FullTile};
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::prove;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{HashReader, TILE_WIDTH, items_at};
use crate::ledger::notice::SignedNotice;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::time::Timestamp;

pub mod reader;

/// The end of the chain: everything about earlier blocks that the next block depends on.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The ledger's origin.
    pub origin: Name,
    /// Height of the next block.
    pub next_height: Height,
    /// Leaf hash of the last block header (区块哈希); zeros before the first block.
    pub last_block: Digest,
    /// Time of the last block header; the next leaf's time must not be earlier.
    pub last_time: Timestamp,
    /// The frontier of the Merkle tree over all leaves so far. Shared: a clone of a tip stays valid after the writer
    /// appends more leaves.
    pub frontier: Arc<Frontier>,
}

impl Tip {
    /// The tip of a ledger without any leaf.
    #[must_use]
    pub fn before_genesis(origin: Name) -> Self {
        Self {
            origin,
            next_height: Height(0),
            last_block: Digest::ZERO,
            last_time: Timestamp::EPOCH,
            frontier: Arc::new(Frontier::new()),
        }
    }

    /// Number of leaves, headers included.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        self.frontier.size()
    }

    /// Merkle root over all leaves (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }
}

/// A deposit or notice that is not in a block yet.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "notices are few, and nothing keeps many of these")]
pub enum PendingLeaf {
    /// A deposit and the number drawn for it.
    Deposit {
        /// 存证编号.
        number: DepositNumber,
        /// The depositor's statement.
        statement: SignedStatement,
    },
    /// A notice of the operator.
    Notice(SignedNotice),
}

/// An entry or notice in a block.
#[derive(Debug, Clone)]
pub struct BlockLeaf {
    /// The record, byte for byte.
    pub bytes: Vec<u8>,
    /// Its leaf hash (RFC 6962 §2.1).
    pub hash: Digest,
    /// The parsed entry; `None` for a notice.
    pub entry: Option<Entry>,
}

/// A complete block: what a store appends in one step.
#[derive(Debug, Clone)]
pub struct Block {
    /// The sealed entries and notices, from index `header.first` on.
    pub leaves: Vec<BlockLeaf>,
    /// The Merkle tree over them; its root is `header.root`.
    pub tree: ListTree,
    /// The header.
    pub header: BlockHeader,
    /// The header, byte for byte.
    pub header_bytes: Vec<u8>,
    /// 区块哈希: leaf hash of the header.
    pub hash: Digest,
    /// Tiles that this block completes, in the order in which they become full.
    pub full_tiles: Vec<FullTile>,
    /// Size of the tree before this block.
    pub base: TreeSize,
    /// The end of the chain after this block.
    pub tip: Tip,
}

/// Why no block was built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The given time is before the time of the last leaf or block: the clock is wrong.
    #[error("the clock shows {now}, {behind_ms} ms before the last block's {last}")]
    ClockRegressed {
        /// The given time.
        now: Timestamp,
        /// Time of the previous leaf, or of the last block.
        last: Timestamp,
        /// The difference in milliseconds.
        behind_ms: u64,
    },
    /// The block has no leaf. Callers add a leaf before they seal.
    #[error("a block without a deposit or notice cannot be sealed")]
    Empty,
    /// A record is longer than [`LEAF_MAX`]. Admission limits prevent this.
    #[error("a record of {length} bytes is longer than {LEAF_MAX}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Builds the block that follows `tip`: all of `pending` in its order, received and sealed at `now`.
///
/// # Errors
///
/// [`ChainError`].
pub fn next(tip: &Tip, pending: Vec<PendingLeaf>, now: Timestamp) -> Result<Block, ChainError> {
    let mut builder = BlockBuilder::new(tip);
    for leaf in pending {
        builder.add(leaf, now)?;
    }
    builder.seal(now)
}

/// A block under construction.
#[derive(Debug, Clone)]
pub struct BlockBuilder {
    /// The tip that the block follows.
    base: Tip,
    leaves: Vec<BlockLeaf>,
    /// Time of the last leaf added, or of the tip.
    last_time: Timestamp,
    /// The frontier of the tree with the leaves added so far.
    frontier: Frontier,
    full_tiles: Vec<FullTile>,
}

impl BlockBuilder {
    /// An empty block that follows `tip`.
    #[must_use]
    pub fn new(tip: &Tip) -> Self {
        Self {
            base: tip.clone(),
            leaves: Vec::new(),
            last_time: tip.last_time,
            frontier: Frontier::clone(&tip.frontier),
            full_tiles: Vec::new(),
        }
    }

    /// Number of leaves added.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether no leaf was added yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Time of the last leaf added, or of the tip: the earliest time that [`Self::add`] and [`Self::seal`] accept.
    #[must_use]
    pub const fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// Adds a leaf that was received at `now`, and returns its index.
    ///
    /// # Errors
    ///
    /// [`ChainError::ClockRegressed`], [`ChainError::TooLong`]; the builder is unchanged.
    pub fn add(&mut self, pending: PendingLeaf, now: Timestamp) -> Result<LeafIndex, ChainError> {
        self.require_not_before(now)?;
        let (bytes, entry) = record_of(pending, now);
        if bytes.len() > LEAF_MAX {
            return Err(ChainError::TooLong { length: bytes.len() });
        }
        Ok(self.append(bytes, entry, now))
    }

    /// Seals the block at `now`.
    ///
    /// # Errors
    ///
    /// [`ChainError::ClockRegressed`], [`ChainError::Empty`].
    pub fn seal(self, now: Timestamp) -> Result<Block, ChainError> {
        self.require_not_before(now)?;
        if self.leaves.is_empty() {
            return Err(ChainError::Empty);
        }
        let tree = self.tree();
        let header = self.header(&tree, now);
        let header_bytes = header.to_string().into_bytes();
        Ok(self.finish(tree, header, header_bytes))
    }

    /// The index that the next leaf gets.
    fn next_index(&self) -> LeafIndex {
        self.frontier.size().next_index()
    }

    /// Appends a record of the given time without checks.
    fn append(&mut self, bytes: Vec<u8>, entry: Option<Entry>, time: Timestamp) -> LeafIndex {
        let index = self.next_index();
        let hash = leaf_hash(&bytes);
        self.last_time = time;
        self.frontier.append(hash, &mut self.full_tiles);
        self.leaves.push(BlockLeaf { bytes, hash, entry });
        index
    }

    /// The Merkle tree over the leaves added so far.
    fn tree(&self) -> ListTree {
        ListTree::over(self.leaves.iter().map(|leaf| leaf.hash).collect())
    }

    /// The only header that may seal these leaves at `time`.
    fn header(&self, tree: &ListTree, time: Timestamp) -> BlockHeader {
        BlockHeader {
            ledger: self.base.origin.clone(),
            height: self.base.next_height,
            previous: self.base.last_block,
            time,
            first: self.base.size().next_index(),
            count: self.leaves.len() as u64,
            root: tree.root(),
        }
    }

    /// The block under `header`, whose bytes are `header_bytes`.
    fn finish(mut self, tree: ListTree, header: BlockHeader, header_bytes: Vec<u8>) -> Block {
        let hash = leaf_hash(&header_bytes);
        self.frontier.append(hash, &mut self.full_tiles);
        let base = self.base.size();
        let tip = Tip {
            origin: self.base.origin,
            next_height: Height(header.height.0 + 1),
            last_block: hash,
            last_time: header.time,
            frontier: Arc::new(self.frontier),
        };
        let Self { leaves, full_tiles, .. } = self;
        Block { leaves, tree, header, header_bytes, hash, full_tiles, base, tip }
    }

    fn require_not_before(&self, now: Timestamp) -> Result<(), ChainError> {
        let last = self.last_time;
        if now < last {
            let behind_ms = last.as_millis() - now.as_millis();
            return Err(ChainError::ClockRegressed { now, last, behind_ms });
        }
        Ok(())
    }
}

/// The record of a pending leaf that was received at `now`, and the entry if it is a deposit.
fn record_of(pending: PendingLeaf, received: Timestamp) -> (Vec<u8>, Option<Entry>) {
    match pending {
        PendingLeaf::Deposit { number, statement } => {
            let entry = Entry { number, received, statement: statement.into_note() };
            (entry.to_string().into_bytes(), Some(entry))
        }
        PendingLeaf::Notice(notice) => (notice.to_string().into_bytes(), None),
    }
}

impl Block {
    /// Inclusion proof of the leaf at `index` in the tree that ends with this block, computed from memory alone. It covers
    /// the leaves of this block, its header, and the last leaf before it.
    ///
    /// `None` for any other leaf, and for the last leaf before the block if its tile was already full: read the proof
    /// from the store.
    #[must_use]
    pub fn inclusion(&self, index: LeafIndex) -> Option<InclusionProof> {
        prove::inclusion(self, index, self.tip.size()).ok()
    }
}

/// The tiles that this block completed, and the partial tiles at the right edge of the tree.
impl HashReader for Block {
    type Error = TileNotInBlock;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, TileNotInBlock> {
        let width = u64::from(TILE_WIDTH);
        let (tile, offset) = (first / width, usize::try_from(first % width).unwrap_or(usize::MAX));
        let items = if tile == items_at(level, self.tip.size()) / width {
            self.tip.frontier.partial(level)
        } else {
            let full = self.full_tiles.iter().find(|full| (full.level, full.index) == (level, tile));
            full.map_or(&[][..], |full| &full.hashes)
        };
        items.get(offset..).and_then(|rest| rest.get(..usize::from(count))).map(<[_]>::to_vec).ok_or(TileNotInBlock)
    }
}

/// The tile was full before this block, so the block does not contain its hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tile was full before this block")]
pub struct TileNotInBlock;

#[cfg(test)]
mod tests;
