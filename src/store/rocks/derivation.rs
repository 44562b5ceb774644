//! Derives index entries again from the log: after a crash, and when the index is rebuilt.
//!
//! # Invariants
//!
//! Each leaf was compared with the tree before it is parsed. The entries are those that the append of the block has made.

use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::hash::leaf_hash;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::statement::keys::KeyCache;
use crate::store::index_entries::{ChainIndex, LeafEntries};
use crate::store::rocks::tree::Tree;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// Leaves that are read at a time.
const READ_AT_ONCE: u64 = 4_096;

/// The index entries of a block, derived again from the log.
pub struct DerivedBlock {
    /// Entries under which its leaves are found.
    pub entries: LeafEntries,
    /// Its deposits.
    pub deposits: Vec<(LeafIndex, Entry)>,
    /// Its header.
    pub header: BlockHeader,
    /// How many leaves it has, the header included.
    pub leaves: u64,
    /// Where they end.
    pub end: TreeSize,
}

/// Derives the index entries of all blocks of `tree` from the leaf `first` on, where a block must begin. `chain` finds the
/// entries of the blocks before the one that is derived.
///
/// # Errors
///
/// [`ReadError`], also that of `visit`.
pub fn derive(
    tree: &Tree<'_>,
    first: LeafIndex,
    chain: &impl ChainIndex,
    mut visit: impl FnMut(DerivedBlock) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let (size, mut keys) = (tree.edge.size(), KeyCache::new());
    let (mut block_start, mut notices, mut deposits) = (first, Vec::new(), Vec::new());
    for first in (first.0..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
        let count = READ_AT_ONCE.min(size.0 - first);
        for (index, bytes) in (first..).map(LeafIndex).zip(tree.leaves(LeafIndex(first), count)?) {
            let leaf = Leaf::parse_with(&bytes, &mut keys);
            let hash = leaf_hash(&bytes);
            match leaf.map_err(|error| damaged("leaf", index, error.to_string()))? {
                Leaf::Entry(entry) => deposits.push((index, hash, entry)),
                // An equal notice has one row, that of the first.
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
                    visit(DerivedBlock { entries, deposits, header, leaves: end.0 - block_start.0, end })?;
                    block_start = LeafIndex(end.0);
                }
            }
        }
    }
    if block_start.0 == size.0 { Ok(()) } else { Err(damaged("leaf", block_start, "no block header follows")) }
}
