//! The one pure step that grows the chain: a tip, what waits, and the time make the next block.
//!
//! [`next`] makes it in one go; a [`Draft`] takes in leaf after leaf while others are still on their way, and is sealed
//! when it is their block's turn. Both make the same block.
//!
//! # Invariants
//!
//! Times in leaf order never decrease: a clock behind the tip is refused here, whoever asks. A block is never empty. The
//! step changes nothing: the caller stores the block and then moves its tip to [`Block::tip`].
//!
//! Not here: reading the clock (`sequencer/clock`), drawing numbers (`sequencer/admission`), storing (`store`).

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

/// Where the chain ends: all that the next block needs to know.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The ledger's origin.
    pub origin: Name,
    /// Height the next block gets.
    pub next_height: Height,
    /// Leaf hash of the last header; zeros before the first.
    pub last_block: Digest,
    /// The last header's time.
    pub last_time: Timestamp,
    /// The tree so far. Shared, because whoever reads beside the writer keeps the edge it began with.
    pub frontier: Arc<Frontier>,
}

impl Tip {
    /// Before the first block.
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

    /// How many leaves.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        self.frontier.size()
    }

    /// RFC 6962 root over them.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }
}

/// What waits to be sealed.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "notices are few, and nothing keeps many of these")]
pub enum Waiting {
    /// A deposit and the number drawn for it.
    Deposit {
        /// 存证编号.
        number: DepositNumber,
        /// The depositor's statement.
        statement: SignedStatement,
    },
    /// The operator's word.
    Notice(SignedNotice),
}

/// A leaf of a new block.
#[derive(Debug, Clone)]
pub struct NewLeaf {
    /// The record's bytes.
    pub bytes: Vec<u8>,
    /// Its leaf hash.
    pub hash: Digest,
    /// The deposit it is; `None` for a notice.
    pub entry: Option<Entry>,
}

/// The next block, complete and unstored.
#[derive(Debug, Clone)]
pub struct Block {
    /// The sealed leaves, from `header.first` on.
    pub leaves: Vec<NewLeaf>,
    /// The tree over them, whose root the header bears.
    pub tree: ListTree,
    /// The header.
    pub header: BlockHeader,
    /// The header's bytes.
    pub header_bytes: Vec<u8>,
    /// 区块哈希.
    pub hash: Digest,
    /// Tiles that became full, lowest level first.
    pub full_tiles: Vec<FullTile>,
    /// Size before this block.
    pub base: TreeSize,
    /// Where the chain ends once this block is stored.
    pub tip: Tip,
}

/// Why no block was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The time is behind the tip's: fix the clock.
    #[error("the clock shows {now}, {behind_ms} ms before the last block's {last}")]
    ClockRegressed {
        /// The time given.
        now: Timestamp,
        /// The last block's, or that of the leaf before.
        last: Timestamp,
        /// By how much, in milliseconds.
        behind_ms: u64,
    },
    /// Nothing waits: a programmer's error, since blocks are made of what waits.
    #[error("nothing to seal")]
    Empty,
    /// A record longer than the format holds; admission limits keep this from happening.
    #[error("a record of {length} bytes is longer than {LEAF_MAX}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Makes the block that follows `tip`: all of `waiting`, in its order, received and sealed at `now`.
///
/// # Errors
///
/// [`ChainError`]; nothing has changed.
pub fn next(tip: &Tip, waiting: Vec<Waiting>, now: Timestamp) -> Result<Block, ChainError> {
    let mut draft = Draft::on(tip);
    for one in waiting {
        draft.add(one, now)?;
    }
    draft.seal(now)
}

/// A block in the making.
#[derive(Debug, Clone)]
pub struct Draft {
    base: Tip,
    leaves: Vec<NewLeaf>,
    /// Of the last leaf, or the tip.
    last_time: Timestamp,
    frontier: Frontier,
    full_tiles: Vec<FullTile>,
}

impl Draft {
    /// An empty one, to follow `tip`.
    #[must_use]
    pub fn on(tip: &Tip) -> Self {
        Self {
            base: tip.clone(),
            leaves: Vec::new(),
            last_time: tip.last_time,
            frontier: Frontier::clone(&tip.frontier),
            full_tiles: Vec::new(),
        }
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// The time of its last leaf, or of the tip that it follows: the next may not be before it.
    #[must_use]
    pub const fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// Takes in one more leaf, received at `now`; its place.
    ///
    /// # Errors
    ///
    /// [`ChainError`], never [`ChainError::Empty`]; the draft is as it was.
    pub fn add(&mut self, waiting: Waiting, now: Timestamp) -> Result<LeafIndex, ChainError> {
        self.not_before(now)?;
        let leaf = new_leaf(waiting, now)?;
        let index = self.frontier.size().next_index();
        self.last_time = now;
        self.frontier.append(leaf.hash, &mut self.full_tiles);
        self.leaves.push(leaf);
        Ok(index)
    }

    /// Seals it at `now`.
    ///
    /// # Errors
    ///
    /// [`ChainError`], never [`ChainError::TooLong`]; the draft is gone.
    pub fn seal(mut self, now: Timestamp) -> Result<Block, ChainError> {
        self.not_before(now)?;
        if self.leaves.is_empty() {
            return Err(ChainError::Empty);
        }
        let tree = ListTree::over(self.leaves.iter().map(|leaf| leaf.hash).collect());
        let base = self.base.size();
        let header = BlockHeader {
            ledger: self.base.origin.clone(),
            height: self.base.next_height,
            previous: self.base.last_block,
            time: now,
            first: LeafIndex(base.0),
            count: self.leaves.len() as u64,
            root: tree.root(),
        };
        let header_bytes = header.to_string().into_bytes();
        let hash = leaf_hash(&header_bytes);
        self.frontier.append(hash, &mut self.full_tiles);
        let tip = Tip {
            origin: self.base.origin,
            next_height: Height(header.height.0 + 1),
            last_block: hash,
            last_time: now,
            frontier: Arc::new(self.frontier),
        };
        let Self { leaves, full_tiles, .. } = self;
        Ok(Block { leaves, tree, header, header_bytes, hash, full_tiles, base, tip })
    }

    fn not_before(&self, now: Timestamp) -> Result<(), ChainError> {
        let last = self.last_time;
        if now < last {
            let behind_ms = last.as_millis() - now.as_millis();
            return Err(ChainError::ClockRegressed { now, last, behind_ms });
        }
        Ok(())
    }
}

fn new_leaf(waiting: Waiting, received: Timestamp) -> Result<NewLeaf, ChainError> {
    let (bytes, entry) = match waiting {
        Waiting::Deposit { number, statement } => {
            let entry = Entry { number, received, statement: statement.into_note() };
            (entry.to_string().into_bytes(), Some(entry))
        }
        Waiting::Notice(notice) => (notice.to_string().into_bytes(), None),
    };
    if bytes.len() > LEAF_MAX {
        return Err(ChainError::TooLong { length: bytes.len() });
    }
    Ok(NewLeaf { hash: leaf_hash(&bytes), bytes, entry })
}

impl Block {
    /// The proof that a leaf of this block, its header, or the last leaf before it stands in the tree that ends with this
    /// block, made of what is in memory. `None` for any other leaf, and for the one before when a tile ended with it: ask
    /// the store.
    #[must_use]
    pub fn inclusion(&self, index: LeafIndex) -> Option<InclusionProof> {
        prove::inclusion(self, index, self.tip.size()).ok()
    }
}

/// The tiles of the right edge: those that this block made full, and those that are not.
impl HashReader for Block {
    type Error = NotOfThisBlock;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, NotOfThisBlock> {
        let width = u64::from(TILE_WIDTH);
        let (tile, offset) = (first / width, usize::try_from(first % width).unwrap_or(usize::MAX));
        let items = if tile == items_at(level, self.tip.size()) / width {
            self.tip.frontier.partial(level)
        } else {
            let full = self.full_tiles.iter().find(|full| (full.level, full.index) == (level, tile));
            full.map_or(&[][..], |full| &full.hashes)
        };
        items.get(offset..).and_then(|rest| rest.get(..usize::from(count))).map(<[_]>::to_vec).ok_or(NotOfThisBlock)
    }
}

/// A tile that lies left of what a block changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this tile was full before the block")]
pub struct NotOfThisBlock;

#[cfg(test)]
mod tests;
