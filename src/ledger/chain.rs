//! The one pure step that grows the chain: a tip, what waits, and the time make the next block.
//!
//! # Invariants
//!
//! Times in leaf order never decrease: a clock behind the tip is refused here, whoever asks. A block is never empty. The
//! step changes nothing: the caller stores the block and then moves its tip to [`Block::tip`].
//!
//! Not here: reading the clock (`sequencer/clock`), drawing numbers (`sequencer/run`), storing (`store`).

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::leaf::LEAF_MAX;
use crate::ledger::merkle::frontier::{Frontier, FullTile};
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
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
    /// The tree so far.
    pub frontier: Frontier,
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
            frontier: Frontier::new(),
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
        /// The last block's.
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
    if now < tip.last_time {
        let behind_ms = tip.last_time.as_millis() - now.as_millis();
        return Err(ChainError::ClockRegressed { now, last: tip.last_time, behind_ms });
    }
    if waiting.is_empty() {
        return Err(ChainError::Empty);
    }
    let leaves = waiting.into_iter().map(|waiting| new_leaf(waiting, now)).collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<Digest> = leaves.iter().map(|leaf| leaf.hash).collect();
    let base = tip.size();
    let header = BlockHeader {
        ledger: tip.origin.clone(),
        height: tip.next_height,
        previous: tip.last_block,
        time: now,
        first: LeafIndex(base.0),
        count: hashes.len() as u64,
        root: root_of(&hashes),
    };
    let header_bytes = header.to_string().into_bytes();
    let hash = leaf_hash(&header_bytes);
    let mut frontier = tip.frontier.clone();
    let mut full_tiles = Vec::new();
    for leaf in hashes.into_iter().chain([hash]) {
        frontier.append(leaf, &mut full_tiles);
    }
    let next_height = Height(tip.next_height.0 + 1);
    let tip = Tip { origin: tip.origin.clone(), next_height, last_block: hash, last_time: now, frontier };
    Ok(Block { leaves, header, header_bytes, hash, full_tiles, base, tip })
}

fn new_leaf(waiting: Waiting, received: Timestamp) -> Result<NewLeaf, ChainError> {
    let (bytes, entry) = match waiting {
        Waiting::Deposit { number, statement } => {
            let entry = Entry { number, received, statement: statement.note().clone() };
            (entry.to_string().into_bytes(), Some(entry))
        }
        Waiting::Notice(notice) => (notice.to_string().into_bytes(), None),
    };
    if bytes.len() > LEAF_MAX {
        return Err(ChainError::TooLong { length: bytes.len() });
    }
    Ok(NewLeaf { hash: leaf_hash(&bytes), bytes, entry })
}
