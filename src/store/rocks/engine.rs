//! RocksDB, spoken to in typed rows: opened, read, and written a batch at a time.
//!
//! # Invariants
//!
//! Checksums are verified on every read from disk, and bytes that do not decode are damage, never a panic. A batch is
//! written whole or not at all, and fsynced before [`Engine::commit`] returns.
//!
//! Not here: settings (`tuning`), what the rows mean (`store`), whether the folder may be opened at all (`open`).

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rocksdb::{
    ColumnFamily, DB, DBPinnableSlice, Direction, ErrorKind, IteratorMode, ReadOptions, ReadTier, WriteOptions,
};

use crate::store::rocks::batch::{Batch, family};
use crate::store::rocks::engine_error::{cannot_read, failed_write, malformed, shows_damage};
use crate::store::rocks::format::{FromDisk, ToDisk};
use crate::store::rocks::schema::{LEAVES, TABLES, Table};
use crate::store::rocks::tuning::{self, Options};
use crate::store::traits::{AppendError, ReadError};

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It is damaged: a missing or cut off file, a checksum that does not fit, no such database.
    #[error("{0}")]
    Damaged(String),
    /// The environment: no descriptors, memory, space or permission, or an I/O error. The database may be sound.
    #[error("{0}")]
    Environment(String),
}

impl From<rocksdb::Error> for EngineError {
    fn from(error: rocksdb::Error) -> Self {
        if shows_damage(&error) { Self::Damaged(error.into_string()) } else { Self::Environment(error.into_string()) }
    }
}

/// How to open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Create it; it must not exist.
    Create,
    /// Change nothing on disk: not even RocksDB's own log.
    ReadOnly,
    /// The normal way.
    ReadWrite,
    /// To rebuild the index: tables that are missing are created.
    Rebuild,
}

/// An open database.
pub struct Engine {
    pub(super) db: Arc<DB>,
    /// How to read, where not from the disk.
    memory: Option<Memory>,
}

struct Memory {
    reads: ReadOptions,
    missed: AtomicBool,
}

/// One row as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The table.
    pub table: &'static str,
    /// The key's bytes.
    pub key: Vec<u8>,
    /// The value's bytes.
    pub value: Vec<u8>,
}

impl Engine {
    /// Opens the database at `path`. Read-only, tables that it does not have are left out.
    ///
    /// # Errors
    ///
    /// [`EngineError`], in RocksDB's own words.
    pub fn open(path: &Path, options: &Options, access: Access) -> Result<Self, EngineError> {
        let mut database = tuning::database(options, access == Access::Create);
        database.create_missing_column_families(matches!(access, Access::Create | Access::Rebuild));
        let tables = tuning::tables(options);
        let db = match access {
            Access::Create | Access::ReadWrite | Access::Rebuild => DB::open_cf_descriptors(&database, path, tables),
            Access::ReadOnly => {
                let there = DB::list_cf(&database, path)?;
                let tables = tables.into_iter().filter(|table| there.iter().any(|name| name == table.name()));
                DB::open_cf_descriptors_read_only(&database, path, tables, false)
            }
        }?;
        let engine = Self { db: Arc::new(db), memory: None };
        if access != Access::ReadOnly
            && let Some(leaves) = engine.db.cf_handle(LEAVES.name)
        {
            // No function of the library sets all three.
            engine.db.set_options_cf(leaves, &[tuning::LEAVES_COMPRESSION])?;
        }
        engine.holds_its_files(path)?;
        Ok(engine)
    }

    /// RocksDB looks at a file only once it reads from it, unless it may hold all of them open. A database open for writing
    /// rewrites files at once, so one that is gone is missing only if it is still named afterwards.
    fn holds_its_files(&self, path: &Path) -> Result<(), EngineError> {
        for file in self.db.live_files()? {
            let name = file.name.trim_start_matches('/');
            let fault = match fs::metadata(path.join(name)) {
                Ok(found) if found.len() == file.size as u64 => continue,
                Ok(found) => EngineError::Damaged(format!("{name} has {} bytes instead of {}", found.len(), file.size)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    EngineError::Damaged(format!("{name}: {error}"))
                }
                Err(error) => EngineError::Environment(format!("{name}: {error}")),
            };
            if self.db.live_files()?.iter().any(|still| still.name == file.name) {
                return Err(fault);
            }
        }
        Ok(())
    }

    /// The number of the last change that was read from tables and log.
    #[must_use]
    pub fn last_change(&self) -> u64 {
        self.db.latest_sequence_number()
    }

    /// Ends flushes and compactions, so that the MANIFEST grows no more.
    pub fn rest(&self) {
        self.db.cancel_all_background_work(true);
    }

    /// The same database, of which only what lies in memory is read; for all else, see [`Self::missed`].
    #[must_use]
    pub fn in_memory(&self) -> Self {
        let mut reads = ReadOptions::default();
        reads.set_read_tier(ReadTier::BlockCache);
        Self { db: Arc::clone(&self.db), memory: Some(Memory { reads, missed: AtomicBool::new(false) }) }
    }

    /// Whether something that was asked for does not lie in memory.
    #[must_use]
    pub fn missed(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.missed.load(Ordering::Relaxed))
    }

    fn cannot_read(&self, table: &'static str, key: &[u8], error: &rocksdb::Error) -> ReadError {
        if let Some(memory) = self.memory.as_ref().filter(|_| error.kind() == ErrorKind::Incomplete) {
            memory.missed.store(true, Ordering::Relaxed);
            return ReadError::WouldBlock;
        }
        cannot_read(table, key, error)
    }

    /// Names of tables that the database should have and has not.
    #[must_use]
    pub fn missing_tables(&self) -> Vec<&'static str> {
        TABLES.iter().map(|(name, _)| *name).filter(|name| self.db.cf_handle(name).is_none()).collect()
    }

    pub(super) fn family(&self, name: &'static str) -> Result<&ColumnFamily, ReadError> {
        family(&self.db, name)
    }

    fn pinned<K: ToDisk, V>(&self, table: &Table<K, V>, key: &K) -> Result<Option<DBPinnableSlice<'_>>, ReadError> {
        let family = self.family(table.name)?;
        let key = key.to_disk();
        let pinned = match &self.memory {
            None => self.db.get_pinned_cf(family, &key),
            Some(memory) => self.db.get_pinned_cf_opt(family, &key, &memory.reads),
        };
        pinned.map_err(|error| self.cannot_read(table.name, key.as_ref(), &error))
    }

    /// The value of a row.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn get<K: ToDisk, V: FromDisk>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, ReadError> {
        self.get_part(table, key, V::from_disk)
    }

    /// What `read` makes of a row's bytes: for whoever wants only a part of them.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] when `read` makes nothing of them.
    pub fn get_part<K: ToDisk, V, T>(
        &self,
        table: &Table<K, V>,
        key: &K,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        let Some(bytes) = self.pinned(table, key)? else { return Ok(None) };
        read(&bytes).map(Some).ok_or_else(|| malformed(table.name, key.to_disk().as_ref()))
    }

    /// Whether a row is there.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn has<K: ToDisk, V>(&self, table: &Table<K, V>, key: &K) -> Result<bool, ReadError> {
        self.pinned(table, key).map(|bytes| bytes.is_some())
    }

    /// The values of rows, in the order of `keys`, in one request.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn get_many<K: ToDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        keys: &[K],
    ) -> Result<Vec<Option<V>>, ReadError> {
        let family = self.family(table.name)?;
        let spelled: Vec<_> = keys.iter().map(ToDisk::to_disk).collect();
        let values = match &self.memory {
            None => self.db.batched_multi_get_cf(family, &spelled, false),
            Some(memory) => self.db.batched_multi_get_cf_opt(family, &spelled, false, &memory.reads),
        };
        let read = |(value, key): (Result<Option<DBPinnableSlice<'_>>, _>, &K::Bytes<'_>)| {
            let value = value.map_err(|error| self.cannot_read(table.name, key.as_ref(), &error))?;
            value.map(|bytes| V::from_disk(&bytes).ok_or_else(|| malformed(table.name, key.as_ref()))).transpose()
        };
        values.into_iter().zip(&spelled).map(read).collect()
    }

    /// Whether a row has a key within each of `ranges`, in their order. Both keys of a range have the same prefix. One iterator
    /// serves all: to create one costs more than to move it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn has_any<K: ToDisk, V>(&self, table: &Table<K, V>, ranges: &[Range<K>]) -> Result<Vec<bool>, ReadError> {
        let mut reads = ReadOptions::default();
        reads.set_prefix_same_as_start(true);
        let mut rows = self.db.raw_iterator_cf_opt(self.family(table.name)?, reads);
        let has = |range: &Range<K>| {
            let start = range.start.to_disk();
            rows.seek(&start);
            match rows.key() {
                Some(key) => Ok(key < range.end.to_disk().as_ref()),
                None => rows.status().map(|()| false).map_err(|error| cannot_read(table.name, start.as_ref(), &error)),
            }
        };
        ranges.iter().map(has).collect()
    }

    /// The rows whose keys begin with `prefix`, in the order of their keys. For tables asked by exactly that prefix.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn prefixed<K: FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let mut reads = within(prefix, after(prefix));
        reads.set_prefix_same_as_start(true);
        self.iterate(table, reads, IteratorMode::From(prefix, Direction::Forward))
    }

    /// Likewise those from key `first` on, which begins with `prefix`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn prefixed_since<K: ToDisk + FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        prefix: &[u8],
        first: &K,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let mut reads = within(prefix, after(prefix));
        reads.set_prefix_same_as_start(true);
        self.iterate(table, reads, IteratorMode::From(first.to_disk().as_ref(), Direction::Forward))
    }

    /// All rows of a table that is kept in the order of its keys.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn all<K: FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let mut reads = ReadOptions::default();
        reads.fill_cache(false);
        self.iterate(table, reads, IteratorMode::Start)
    }

    /// Likewise from the last on. `longest` is how many bytes a key has after the prefix, at most.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn prefixed_from_last<K: FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        prefix: &[u8],
        longest: usize,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let mut reads = within(prefix, after(prefix));
        reads.set_prefix_same_as_start(true);
        let last = [prefix, &vec![u8::MAX; longest]].concat();
        self.iterate(table, reads, IteratorMode::From(&last, Direction::Reverse))
    }

    /// The rows whose keys begin with `prefix` and stand before key `end`, which begins with it too, from the last on.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn prefixed_before<K: ToDisk + FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        prefix: &[u8],
        end: &K,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let mut reads = within(prefix, Some(end.to_disk().as_ref().to_vec()));
        reads.set_prefix_same_as_start(true);
        self.iterate(table, reads, IteratorMode::From(end.to_disk().as_ref(), Direction::Reverse))
    }

    /// The rows from key `first` to before key `end`, in their order.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn range<K: ToDisk + FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        first: &K,
        end: &K,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let reads = within(first.to_disk().as_ref(), Some(end.to_disk().as_ref().to_vec()));
        self.iterate(table, reads, IteratorMode::Start)
    }

    /// The last row of a table that is kept in the order of its keys.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn last<K: FromDisk, V: FromDisk>(&self, table: &Table<K, V>) -> Result<Option<(K, V)>, ReadError> {
        self.iterate(table, ReadOptions::default(), IteratorMode::End)?.next().transpose()
    }

    fn iterate<K: FromDisk, V: FromDisk>(
        &self,
        table: &Table<K, V>,
        mut reads: ReadOptions,
        mode: IteratorMode<'_>,
    ) -> Result<impl Iterator<Item = Result<(K, V), ReadError>> + use<'_, K, V>, ReadError> {
        let name = table.name;
        if self.memory.is_some() {
            reads.set_read_tier(ReadTier::BlockCache);
        }
        Ok(self.db.iterator_cf_opt(self.family(name)?, reads, mode).map(move |row| {
            let (key, value) = row.map_err(|error| self.cannot_read(name, b"", &error))?;
            K::from_disk(&key).zip(V::from_disk(&value)).ok_or_else(|| malformed(name, &key))
        }))
    }

    /// Every row of every table, in the order of [`TABLES`] and of their keys, as it lies on disk.
    pub fn rows(&self) -> impl Iterator<Item = Result<RawRow, ReadError>> {
        TABLES.iter().flat_map(|(name, _)| {
            let mut reads = ReadOptions::default();
            reads.set_total_order_seek(true);
            reads.fill_cache(false);
            let rows = self.family(name).map(|family| self.db.iterator_cf_opt(family, reads, IteratorMode::Start));
            let (rows, failure) = match rows {
                Ok(rows) => (Some(rows), None),
                Err(error) => (None, Some(Err(error))),
            };
            let rows = rows.into_iter().flatten().map(move |row| match row {
                Ok((key, value)) => Ok(RawRow { table: name, key: key.into(), value: value.into() }),
                Err(error) => Err(cannot_read(name, b"", &error)),
            });
            failure.into_iter().chain(rows)
        })
    }

    /// No rows yet.
    pub fn batch(&self) -> Batch<'_> {
        Batch::of(&self.db)
    }

    /// Writes the rows of `batch`, all of them, and fsyncs them.
    ///
    /// # Errors
    ///
    /// [`AppendError::Short`] when a resource ran out, else [`AppendError::Unknown`].
    pub fn commit(&self, batch: Batch<'_>) -> Result<(), AppendError> {
        let mut durable = WriteOptions::default();
        durable.set_sync(true);
        self.db.write_opt(batch.rows, &durable).map_err(|error| failed_write(error.into_string()))
    }

    /// Writes the rows of `batch`, all of them. A crash of the machine may take them back.
    ///
    /// # Errors
    ///
    /// As [`Engine::commit`].
    pub fn commit_lazily(&self, batch: Batch<'_>) -> Result<(), AppendError> {
        self.db.write(batch.rows).map_err(|error| failed_write(error.into_string()))
    }
}

/// The least key after all that begin with `prefix`.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix.get(..=kept)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

fn within(first: &[u8], end: Option<Vec<u8>>) -> ReadOptions {
    let mut reads = ReadOptions::default();
    reads.set_iterate_lower_bound(first);
    if let Some(end) = end {
        reads.set_iterate_upper_bound(end);
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_after_a_prefix_is_the_least_that_does_not_begin_with_it() {
        assert_eq!(after(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after(&[1, 255]), Some(vec![2]));
        assert_eq!(after(&[255, 255]), None);
        assert_eq!(after(&[]), None);
    }
}
