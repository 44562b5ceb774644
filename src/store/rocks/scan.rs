//! Sequential scan of leaves, for readers of the whole ledger: with read-ahead, one leaf at a time, without filling the block cache.
//!
//! # Invariants
//!
//! RocksDB verifies its checksums as on every read. A missing leaf is reported as damage.
//!
//! Not here: comparing a leaf's hash with the tree (`tree`, or the caller of a scan).

use rocksdb::ReadOptions;

use crate::ledger::merkle::shape::LeafIndex;
use crate::store::record_codec::unpack;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::engine_error::cannot_read;
use crate::store::rocks::format::{FromDisk as _, ToDisk as _};
use crate::store::rocks::schema::LEAVES;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// Read-ahead size in bytes: the blocks of some hundred leaves.
const READ_AHEAD: usize = 256 * 1024;

/// Calls `visit` with each of the leaves `first .. first+count` as stored, not verified.
///
/// # Errors
///
/// [`ReadError::Damaged`] when one is missing or its block is damaged.
pub fn leaves(engine: &Engine, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
    let end = first.0.saturating_add(count);
    let family = engine.family(LEAVES.name)?;
    // Loads the compression dictionary of the file into the block cache. Otherwise an iterator that does not fill the
    // cache reads and prepares its 64 KiB again for every block.
    engine
        .db
        .get_pinned_cf(family, first.to_disk())
        .map_err(|error| cannot_read(LEAVES.name, &first.to_disk(), &error))?;
    let mut reads = ReadOptions::default();
    reads.set_iterate_lower_bound(first.to_disk());
    reads.set_iterate_upper_bound(LeafIndex(end).to_disk());
    reads.set_readahead_size(READ_AHEAD);
    reads.fill_cache(false);
    let mut rows = engine.db.raw_iterator_cf_opt(family, reads);
    rows.seek_to_first();
    let mut leaf = Vec::new();
    for expected in (first.0..end).map(LeafIndex) {
        match rows.item() {
            Some((key, row)) if LeafIndex::from_disk(key) == Some(expected) => {
                unpack(row, &mut leaf);
                visit(&leaf);
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
