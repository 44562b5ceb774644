//! Counts the rows of each index, for an audit: scans all tables once, in key order, without filling the block cache.
//!
//! # Invariants
//!
//! A row that is both in the buffer and in its table is counted once. Rows of unpublished leaves are not counted.

use rocksdb::{IteratorMode, ReadOptions};

use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::store::rocks::engine::Engine;
use crate::store::rocks::engine_error::{cannot_read, malformed};
use crate::store::rocks::format::{DigestKey, FromDisk as _, LabelKey, LinkKey};
use crate::store::rocks::index_buffer::IndexBuffer;
use crate::store::rocks::schema::{BLOCKS, DIGESTS, LABELS, LINKS, NUMBERS, RECORDS, STATEMENTS, SUBJECTS};
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{DepositPlace, ReadError};

/// Read-ahead size in bytes.
const READ_AHEAD: usize = 1024 * 1024;

/// Decodes the leaf index of a row from its key and value.
type PlaceOf = fn(&[u8], &[u8]) -> Option<LeafIndex>;

fn by_number(_: &[u8], value: &[u8]) -> Option<LeafIndex> {
    DepositPlace::from_disk(value).map(|place| place.index)
}

fn by_value(_: &[u8], value: &[u8]) -> Option<LeafIndex> {
    LeafIndex::from_disk(value)
}

fn by_digest(key: &[u8], _: &[u8]) -> Option<LeafIndex> {
    DigestKey::from_disk(key).map(|key| key.index)
}

fn by_link(key: &[u8], _: &[u8]) -> Option<LeafIndex> {
    LinkKey::from_disk(key).map(|key| key.position.source)
}

fn by_label(key: &[u8], _: &[u8]) -> Option<LeafIndex> {
    LabelKey::from_disk(key).map(|key| key.index)
}

fn count(engine: &Engine, table: &'static str, size: TreeSize, place_of: PlaceOf) -> Result<u64, ReadError> {
    let mut reads = ReadOptions::default();
    reads.set_total_order_seek(true);
    reads.fill_cache(false);
    reads.set_readahead_size(READ_AHEAD);
    let mut count = 0;
    for row in engine.db.iterator_cf_opt(engine.family(table)?, reads, IteratorMode::Start) {
        let (key, value) = row.map_err(|error| cannot_read(table, b"", &error))?;
        let place = place_of(&key, &value).ok_or_else(|| malformed(table, &key))?;
        count += u64::from(size.contains(place));
    }
    Ok(count)
}

/// Number of rows in each index, for the leaves of a tree of `size`, in the tables and in the buffer.
///
/// # Errors
///
/// [`ReadError`].
pub fn index_rows(engine: &Engine, buffer: &IndexBuffer, size: TreeSize) -> Result<IndexRows, ReadError> {
    let rows = |table, place_of| count(engine, table, size, place_of);
    let mut counted = IndexRows {
        blocks: rows(BLOCKS.name, by_value)?,
        numbers: rows(NUMBERS.name, by_number)?,
        statements: rows(STATEMENTS.name, by_value)?,
        records: rows(RECORDS.name, by_value)?,
        digests: rows(DIGESTS.name, by_digest)?,
        subjects: rows(SUBJECTS.name, by_value)?,
        links: rows(LINKS.name, by_link)?,
        labels: rows(LABELS.name, by_label)?,
    };
    counted += buffer.missing_below(engine, size)?;
    Ok(counted)
}
