//! Derives the index entries of each block from the log: after a crash (`index_buffer`), and to rebuild the index
//! (`rebuild`).
//!
//! # Invariants
//!
//! Each leaf is compared with the tree before it is parsed. The derived entries equal those of
//! `index_entries::IndexEntries::of`, which the append of the block used.

use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::hash::leaf_hash;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::statement::keys::KeyCache;
use crate::store::index_entries::{ChainIndex, LeafEntries, is_key_notice};
use crate::store::rocks::tree::Tree;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// Number of leaves that are read at a time.
const READ_AT_ONCE: u64 = 4_096;

/// A block of the log with its derived index entries.
pub struct DerivedBlock {
    /// Its leaf entries.
    pub entries: LeafEntries,
    /// Its deposits by leaf index, from which the caller derives subjects and links.
    pub deposits: Vec<(LeafIndex, Entry)>,
    /// Its `key` notices.
    pub key_notices: Vec<LeafIndex>,
    /// Its header.
    pub header: BlockHeader,
    /// Number of its leaves, the header included.
    pub leaves: u64,
    /// Size of the tree after the block.
    pub end: TreeSize,
}

/// Reads and parses all leaves of `tree`, of which the last must be a block header, without deriving anything.
///
/// # Errors
///
/// [`ReadError`], as [`derive()`].
pub fn check_leaves(tree: &Tree<'_>) -> Result<(), ReadError> {
    let (size, mut keys, mut ends_in_header) = (tree.frontier.size(), KeyCache::new(), true);
    for first in (0..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
        let count = READ_AT_ONCE.min(size.0 - first);
        for (index, bytes) in (first..).map(LeafIndex).zip(tree.leaves(LeafIndex(first), count)?) {
            let leaf = Leaf::parse_with(&bytes, &mut keys);
            let leaf = leaf.map_err(|error| damaged("leaf", index, error.to_string()))?;
            ends_in_header = matches!(leaf, Leaf::Block(_));
        }
    }
    if ends_in_header { Ok(()) } else { Err(damaged("leaf", size.0 - 1, "it is not a block header")) }
}

/// Calls `visit` with each block of `tree`, in order, from the leaf `first` on, at which a block must begin. `chain` must
/// find the entries of all earlier blocks: `visit` must store the entries of each block before it returns.
///
/// # Errors
///
/// [`ReadError`], also an error that `visit` returns. [`ReadError::Damaged`] when the last leaf is not a block header.
pub fn derive(
    tree: &Tree<'_>,
    first: LeafIndex,
    chain: &impl ChainIndex,
    mut visit: impl FnMut(DerivedBlock) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let (size, mut keys) = (tree.frontier.size(), KeyCache::new());
    let (mut block_start, mut notices, mut deposits, mut key_notices) = (first, Vec::new(), Vec::new(), Vec::new());
    for first in (first.0..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
        let count = READ_AT_ONCE.min(size.0 - first);
        for (index, bytes) in (first..).map(LeafIndex).zip(tree.leaves(LeafIndex(first), count)?) {
            let leaf = Leaf::parse_with(&bytes, &mut keys);
            let hash = leaf_hash(&bytes);
            if let Ok(Leaf::Notice(notice)) = &leaf {
                key_notices.extend(is_key_notice(notice).then_some(index));
            }
            match leaf.map_err(|error| damaged("leaf", index, error.to_string()))? {
                Leaf::Entry(entry) => deposits.push((index, hash, entry)),
                // Of identical notices only the first has an entry.
                Leaf::Notice(_) if notices.iter().any(|(other, _)| *other == hash) || chain.has_record(&hash)? => {}
                Leaf::Notice(_) => notices.push((hash, index)),
                Leaf::Block(header) => {
                    let mut entries = LeafEntries { records: std::mem::take(&mut notices), ..LeafEntries::default() };
                    for (place, hash, entry) in &deposits {
                        entries.add((*place, index), *hash, entry);
                    }
                    entries.records.push((hash, index));
                    entries.mark_repeated_digests(chain)?;
                    let deposits =
                        std::mem::take(&mut deposits).into_iter().map(|(at, _, entry)| (at, entry)).collect();
                    let end = index.size_after();
                    let key_notices = std::mem::take(&mut key_notices);
                    let leaves = end.0 - block_start.0;
                    visit(DerivedBlock { entries, deposits, key_notices, header, leaves, end })?;
                    block_start = LeafIndex(end.0);
                }
            }
        }
    }
    if block_start.0 == size.0 { Ok(()) } else { Err(damaged("leaf", block_start, "no block header follows")) }
}
