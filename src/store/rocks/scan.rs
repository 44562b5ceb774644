//! Leaves by the stretch, for whoever reads the whole ledger: read ahead, one at a time, and kept in no cache.
//!
//! # Invariants
//!
//! RocksDB's own checksums are verified as on every read. No leaf is left out: a hole is damage.
//!
//! Not here: whether a leaf hashes to what the tree holds (`tree`, or whoever scans).

use rocksdb::ReadOptions;

use crate::ledger::merkle::shape::LeafIndex;
use crate::store::record_codec::unpack;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::engine_error::cannot_read;
use crate::store::rocks::format::{FromDisk as _, ToDisk as _};
use crate::store::rocks::schema::LEAVES;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// Bytes that one read of a file fetches: some hundred leaves' worth of blocks.
const READ_AHEAD: usize = 256 * 1024;

/// Shows `see` the leaves `first .. first+count` as they stand on disk, held against nothing.
///
/// # Errors
///
/// [`ReadError::Damaged`] when one is missing or its block is damaged.
pub fn leaves(engine: &Engine, first: LeafIndex, count: u64, see: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
    let end = first.0.saturating_add(count);
    let mut reads = ReadOptions::default();
    reads.set_iterate_lower_bound(first.to_disk());
    reads.set_iterate_upper_bound(LeafIndex(end).to_disk());
    reads.set_readahead_size(READ_AHEAD);
    reads.fill_cache(false);
    let mut rows = engine.db.raw_iterator_cf_opt(engine.family(LEAVES.name)?, reads);
    rows.seek_to_first();
    let mut leaf = Vec::new();
    for expected in (first.0..end).map(LeafIndex) {
        match rows.item() {
            Some((key, row)) if LeafIndex::from_disk(key) == Some(expected) => {
                unpack(row, &mut leaf);
                see(&leaf);
            }
            _ => {
                let at = expected.to_disk();
                rows.status().map_err(|error| cannot_read(LEAVES.name, &at, &error))?;
                return Err(damaged("leaf", expected, "missing"));
            }
        }
        rows.next();
    }
    Ok(())
}
