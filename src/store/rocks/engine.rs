//! Typed wrapper of RocksDB: opens the database, reads rows of typed tables (column families), and writes atomic batches.
//!
//! # Invariants
//!
//! RocksDB verifies checksums on every read from disk. Bytes that do not decode are reported as damage and never cause a
//! panic. A batch is written completely or not at all, and it is fsynced before [`Engine::commit`] returns.
//!
//! Not here: RocksDB's settings (`tuning`), the meaning of the rows (`store`), the checks of the folder before opening
//! (`open`).

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rocksdb::checkpoint::Checkpoint;
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
    /// The database is damaged or missing: a file is missing or truncated, or a checksum does not match.
    #[error("{0}")]
    Damaged(String),
    /// The environment failed: no file descriptors, memory, disk space or permission, or an I/O error. The database may be
    /// intact.
    #[error("{0}")]
    Environment(String),
}

impl From<rocksdb::Error> for EngineError {
    fn from(error: rocksdb::Error) -> Self {
        if shows_damage(&error) { Self::Damaged(error.into_string()) } else { Self::Environment(error.into_string()) }
    }
}

/// How [`Engine::open`] opens the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Create it; it must not exist.
    Create,
    /// Change no file, not even RocksDB's info log.
    ReadOnly,
    /// Open an existing database for reading and writing.
    ReadWrite,
    /// As `ReadWrite`, and create missing tables: to rebuild the index.
    Rebuild,
}

/// An open database.
pub struct Engine {
    pub(super) db: Arc<DB>,
    /// Present in a handle that reads from memory only; see [`Self::in_memory`].
    memory: Option<Memory>,
}

struct Memory {
    reads: ReadOptions,
    missed: AtomicBool,
}

/// One row as stored: undecoded bytes.
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
    /// Opens the database at `path`. With [`Access::ReadOnly`], missing tables are ignored: see [`Self::missing_tables`].
    ///
    /// # Errors
    ///
    /// [`EngineError`], with RocksDB's message.
    pub fn open(path: &Path, options: &Options, access: Access) -> Result<Self, EngineError> {
        let mut database = tuning::database(options, access == Access::Create);
        database.create_missing_column_families(matches!(access, Access::Create | Access::Rebuild));
        let tables = tuning::tables(options);
        let db = match access {
            Access::Create | Access::ReadWrite | Access::Rebuild => DB::open_cf_descriptors(&database, path, tables),
            Access::ReadOnly => {
                let existing = DB::list_cf(&database, path)?;
                let tables = tables.into_iter().filter(|table| existing.iter().any(|name| name == table.name()));
                DB::open_cf_descriptors_read_only(&database, path, tables, false)
            }
        }?;
        let engine = Self { db: Arc::new(db), memory: None };
        if access != Access::ReadOnly
            && let Some(leaves) = engine.db.cf_handle(LEAVES.name)
        {
            // Set by name: the library has no function that sets all three compression options.
            engine.db.set_options_cf(leaves, &[tuning::LEAVES_COMPRESSION])?;
        }
        engine.check_live_files(path)?;
        Ok(engine)
    }

    /// Checks that every live file exists and has its recorded length. RocksDB opens a file only at its first read, unless
    /// it may keep all files open. In a database open for writing, a compaction may delete a file during this check: a
    /// missing file counts only if it is still live afterwards.
    fn check_live_files(&self, path: &Path) -> Result<(), EngineError> {
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

    /// RocksDB's latest sequence number: of the last write that it has recovered from the tables and the write-ahead log.
    #[must_use]
    pub fn last_change(&self) -> u64 {
        self.db.latest_sequence_number()
    }

    /// Writes a consistent copy of the database into the new folder `path`, with its write-ahead log instead of a flush. Its files
    /// are hard links where the file system allows it.
    ///
    /// # Errors
    ///
    /// The error of RocksDB.
    pub fn snapshot(&self, path: &Path) -> Result<(), rocksdb::Error> {
        Checkpoint::new(&*self.db)?.create_checkpoint_with_log_size(path, u64::MAX)
    }

    /// Stops background flushes and compactions and waits for their end, so that the MANIFEST no longer grows.
    pub fn stop_background_work(&self) {
        self.db.cancel_all_background_work(true);
    }

    /// A second handle of the same database that reads from memory only (memtables and block cache). A read that needs the
    /// disk fails with [`ReadError::WouldBlock`], and sets [`Self::missed`]. [`Self::has_any`] and [`Self::rows`] are not
    /// restricted.
    #[must_use]
    pub fn in_memory(&self) -> Self {
        let mut reads = ReadOptions::default();
        reads.set_read_tier(ReadTier::BlockCache);
        Self { db: Arc::clone(&self.db), memory: Some(Memory { reads, missed: AtomicBool::new(false) }) }
    }

    /// Whether a read of this handle has failed because the data was not in memory.
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

    /// Names of tables of the schema that the database does not have.
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

    /// Decodes a row with `read`: for callers that need only a part of the value.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] when `read` returns `None`.
    pub fn get_part<K: ToDisk, V, T>(
        &self,
        table: &Table<K, V>,
        key: &K,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        let Some(bytes) = self.pinned(table, key)? else { return Ok(None) };
        read(&bytes).map(Some).ok_or_else(|| malformed(table.name, key.to_disk().as_ref()))
    }

    /// Whether a row with this key exists.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn has<K: ToDisk, V>(&self, table: &Table<K, V>, key: &K) -> Result<bool, ReadError> {
        self.pinned(table, key).map(|bytes| bytes.is_some())
    }

    /// The values of rows, in the order of `keys`, in one request (RocksDB `MultiGet`).
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
        let encoded: Vec<_> = keys.iter().map(ToDisk::to_disk).collect();
        let values = match &self.memory {
            None => self.db.batched_multi_get_cf(family, &encoded, false),
            Some(memory) => self.db.batched_multi_get_cf_opt(family, &encoded, false, &memory.reads),
        };
        let read = |(value, key): (Result<Option<DBPinnableSlice<'_>>, _>, &K::Bytes<'_>)| {
            let value = value.map_err(|error| self.cannot_read(table.name, key.as_ref(), &error))?;
            value.map(|bytes| V::from_disk(&bytes).ok_or_else(|| malformed(table.name, key.as_ref()))).transpose()
        };
        values.into_iter().zip(&encoded).map(read).collect()
    }

    /// For each of `ranges`, in order: whether the table has a row with a key in it. Both keys of a range must have the
    /// same prefix. One iterator serves all ranges: creating an iterator costs more than a seek.
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

    /// The rows whose keys begin with `prefix`, in key order. `prefix` must have the length of the table's prefix
    /// extractor.
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

    /// As [`Self::prefixed`], starting at the key `first`, which must begin with `prefix`.
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

    /// All rows of a table that is ordered by key (not by hash prefix), without filling the block cache.
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

    /// As [`Self::prefixed`], in reverse key order. Keys must have at most `longest` bytes after the prefix.
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

    /// The rows whose keys begin with `prefix` and are less than `end`, in reverse key order. `end` must begin with
    /// `prefix`.
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

    /// The rows whose keys are at least `first` and less than `end`, in key order.
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

    /// The row with the greatest key, of a table that is ordered by key (not by hash prefix).
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

    /// Every row of every table as stored, in the order of [`TABLES`] and by key.
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

    /// A new, empty batch.
    pub fn batch(&self) -> Batch<'_> {
        Batch::of(&self.db)
    }

    /// Writes `batch` atomically, and fsyncs the write-ahead log.
    ///
    /// # Errors
    ///
    /// [`AppendError::Short`] when a resource ran out, else [`AppendError::Unknown`].
    pub fn commit(&self, batch: Batch<'_>) -> Result<(), AppendError> {
        let mut durable = WriteOptions::default();
        durable.set_sync(true);
        self.db.write_opt(batch.rows, &durable).map_err(|error| failed_write(error.into_string()))
    }

    /// Writes `batch` atomically without fsync: a crash of the machine may lose it.
    ///
    /// # Errors
    ///
    /// As [`Engine::commit`].
    pub fn commit_lazily(&self, batch: Batch<'_>) -> Result<(), AppendError> {
        self.db.write(batch.rows).map_err(|error| failed_write(error.into_string()))
    }

    /// Makes all batches durable that were written without fsync.
    ///
    /// # Errors
    ///
    /// As [`Engine::commit`].
    pub fn sync(&self) -> Result<(), AppendError> {
        self.db.flush_wal(true).map_err(|error| failed_write(error.into_string()))
    }
}

/// The least key that is greater than all keys with `prefix`; `None` when there is none.
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
