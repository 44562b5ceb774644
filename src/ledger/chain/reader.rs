//! Reads blocks from the leaves of an existing log, as a mirror receives them, and checks that they continue a known tip.
//!
//! ```
//! use tiezheng::ledger::chain::Tip;
//! use tiezheng::ledger::chain::reader::{BlockError, BlockReader};
//! use tiezheng::ledger::key::Name;
//! use tiezheng::ledger::merkle::shape::LeafIndex;
//!
//! let mut reader = BlockReader::new(&Tip::before_genesis(Name::parse("example.org/ledger").unwrap()));
//! let error = reader.read(b"tiezheng entry v9\n".to_vec()).unwrap_err();
//! assert!(matches!(error, BlockError::Malformed { index: LeafIndex(0), .. }));
//! ```
//!
//! Checked: every record parses and is not longer than the format allows; it belongs to this ledger; times never decrease; a
//! deposit number has the Beijing date of its record; the first leaf, and no other, is the genesis notice, signed by the key
//! that it names; and each header has exactly the height, previous hash, first index, count and root that follow from the tip
//! and the leaves before it.
//!
//! Not checked here, because it needs more than the tip: that the tree is the tree of a signed checkpoint (compare
//! [`Block::tip`] with it), the depositors' signatures
//! ([`StatementNote::verify`](crate::ledger::statement::signed::StatementNote::verify)), the signatures of later
//! notices, and the uniqueness of numbers and statements (`store`, `audit`).

use std::mem;

use crate::ledger::block::{BlockHeader, HeaderDifference};
use crate::ledger::chain::{Block, BlockBuilder, Tip};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::leaf::{LEAF_MAX, Leaf, LeafError};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::{NoticeKind, SignedNotice};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::time::Timestamp;

/// Why the leaves are not the next block of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The record at `index` does not parse.
    #[error("leaf {index}: {source}")]
    Malformed {
        /// Index of the record.
        index: LeafIndex,
        /// The error of the parser.
        source: LeafError,
    },
    /// The record at `index` is longer than [`LEAF_MAX`].
    #[error("leaf {index}: {length} bytes are more than {LEAF_MAX}")]
    TooLong {
        /// Index of the record.
        index: LeafIndex,
        /// Its length in bytes.
        length: usize,
    },
    /// The entry or notice at `index` was made for another ledger.
    #[error("leaf {index}: belongs to the ledger {found}, expected {expected}")]
    OtherLedger {
        /// Index of the record.
        index: LeafIndex,
        /// The ledger that it names.
        found: Name,
        /// The ledger that is read.
        expected: Name,
    },
    /// The record at `index` has an earlier time than the previous record.
    #[error("leaf {index}: its time {time} is before {last}, the time of the leaf before")]
    TimeDecreases {
        /// Index of the record.
        index: LeafIndex,
        /// Time of the record.
        time: Timestamp,
        /// Time of the previous leaf.
        last: Timestamp,
    },
    /// The deposit number of the entry at `index` has another date than the entry.
    #[error("leaf {index}: the date of the deposit number {number} is not that of {received}, Beijing time")]
    NumberDate {
        /// Index of the entry.
        index: LeafIndex,
        /// Its deposit number.
        number: DepositNumber,
        /// When it was received.
        received: Timestamp,
    },
    /// The first leaf of the ledger is not a genesis notice signed by the key that it names.
    #[error("leaf 0: expected a genesis notice, signed by the key that it names")]
    NoGenesis,
    /// A genesis notice at another index than 0.
    #[error("leaf {index}: a genesis notice is valid only at index 0")]
    SecondGenesis {
        /// Index of the notice.
        index: LeafIndex,
    },
    /// The block header at `index` is not the one that seals the leaves before it.
    #[error("block header at leaf {index}: {difference}")]
    Header {
        /// Index of the header.
        index: LeafIndex,
        /// The first field that differs.
        difference: HeaderDifference,
    },
    /// Leaves follow after the header.
    #[error("{count} more leaves after the block header at leaf {header}")]
    AfterHeader {
        /// Index of the header.
        header: LeafIndex,
        /// Number of leaves that follow.
        count: usize,
    },
    /// The leaves end without a block header.
    #[error("the block is incomplete: {count} leaves and no block header at leaf {next}")]
    NoHeader {
        /// Index at which a header, or another leaf, should follow.
        next: LeafIndex,
        /// Number of leaves read.
        count: usize,
    },
}

/// Reads the one block that follows `tip`: its entries and notices, then its header.
///
/// # Errors
///
/// [`BlockError`].
pub fn read_block(tip: &Tip, leaves: Vec<Vec<u8>>) -> Result<Block, BlockError> {
    let mut reader = BlockReader::new(tip);
    let mut leaves = leaves.into_iter();
    while let Some(bytes) = leaves.next() {
        let Some(block) = reader.read(bytes)? else { continue };
        return match leaves.len() {
            0 => Ok(block),
            count => Err(BlockError::AfterHeader { header: block.header.index(), count }),
        };
    }
    Err(BlockError::NoHeader { next: reader.next_index(), count: reader.unsealed() })
}

/// Reads leaf after leaf of a log, and yields a block at each header.
#[derive(Debug)]
pub struct BlockReader {
    builder: BlockBuilder,
    keys: KeyCache,
}

impl BlockReader {
    /// Starts with the leaf that follows `tip`.
    #[must_use]
    pub fn new(tip: &Tip) -> Self {
        Self { builder: BlockBuilder::new(tip), keys: KeyCache::new() }
    }

    /// Index of the leaf that [`Self::read`] expects next.
    #[must_use]
    pub fn next_index(&self) -> LeafIndex {
        self.builder.next_index()
    }

    /// Number of leaves read since the last header. Callers that read from an untrusted source bound it.
    #[must_use]
    pub const fn unsealed(&self) -> usize {
        self.builder.len()
    }

    /// Size and Merkle root of the tree with the leaves read so far, for comparison with a signed checkpoint.
    #[must_use]
    pub fn tree(&self) -> (TreeSize, Digest) {
        (self.builder.frontier.size(), self.builder.frontier.root())
    }

    /// Reads the next leaf. Returns the complete block if the leaf is a header.
    ///
    /// # Errors
    ///
    /// [`BlockError`]; the reader is unchanged and still expects this leaf.
    pub fn read(&mut self, bytes: Vec<u8>) -> Result<Option<Block>, BlockError> {
        let index = self.next_index();
        if bytes.len() > LEAF_MAX {
            return Err(BlockError::TooLong { index, length: bytes.len() });
        }
        let leaf =
            Leaf::parse_with(&bytes, &mut self.keys).map_err(|source| BlockError::Malformed { index, source })?;
        let (time, last) = (leaf.time(), self.builder.last_time());
        if time < last {
            return Err(BlockError::TimeDecreases { index, time, last });
        }
        match leaf {
            Leaf::Entry(entry) => {
                self.check_entry(&entry)?;
                self.builder.append(bytes, Some(entry), time);
            }
            Leaf::Notice(notice) => {
                self.check_notice(&notice)?;
                self.builder.append(bytes, None, time);
            }
            Leaf::Block(header) => return self.seal(header, bytes).map(Some),
        }
        Ok(None)
    }

    fn check_entry(&self, entry: &Entry) -> Result<(), BlockError> {
        let index = self.next_index();
        self.require_own_ledger(&entry.statement.statement().ledger)?;
        if index.0 == 0 {
            return Err(BlockError::NoGenesis);
        }
        if !entry.number.has_date_of(entry.received) {
            return Err(BlockError::NumberDate { index, number: entry.number, received: entry.received });
        }
        Ok(())
    }

    fn check_notice(&self, signed: &SignedNotice) -> Result<(), BlockError> {
        let index = self.next_index();
        self.require_own_ledger(&signed.notice().ledger)?;
        match (index.0, matches!(signed.notice().kind, NoticeKind::Genesis { .. })) {
            (0, is_genesis) if !is_genesis || !signed.signed_by_its_key() => Err(BlockError::NoGenesis),
            (1.., true) => Err(BlockError::SecondGenesis { index }),
            _ => Ok(()),
        }
    }

    fn require_own_ledger(&self, found: &Name) -> Result<(), BlockError> {
        let expected = &self.builder.base.origin;
        if found == expected {
            return Ok(());
        }
        Err(BlockError::OtherLedger { index: self.next_index(), found: found.clone(), expected: expected.clone() })
    }

    fn seal(&mut self, header: BlockHeader, bytes: Vec<u8>) -> Result<Block, BlockError> {
        let index = self.next_index();
        let tree = self.builder.tree();
        let expected = self.builder.header(&tree, header.time);
        if let Some(difference) = header.differences(&expected).into_iter().next() {
            return Err(BlockError::Header { index, difference });
        }
        // `finish` consumes the builder; the builder of the next block replaces the placeholder below.
        let placeholder = BlockBuilder::new(&Tip::before_genesis(header.ledger.clone()));
        let block = mem::replace(&mut self.builder, placeholder).finish(tree, header, bytes);
        self.builder = BlockBuilder::new(&block.tip);
        Ok(block)
    }
}

#[cfg(test)]
mod tests;
