//! RocksDB, spoken to in typed rows: how it is set up, read, and written in one batch.
//!
//! # Invariants
//!
//! Checksums are verified on every read from disk, and bytes that do not decode are damage. Memory is bounded by
//! [`Options`] however large the ledger grows: indexes and filters of files live in the one shared block cache.
//! A batch is fsynced before [`Engine::commit`] returns.
//!
//! Not here: what the rows mean (`store`), whether the folder may be opened at all (`open`).

use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBPinnableSlice,
    DBRecoveryMode, Direction, ErrorKind, IteratorMode, LogLevel, ReadOptions, SliceTransform, WriteBatch,
    WriteOptions,
};

use crate::store::contract::{AppendError, ReadError};
use crate::store::rocks::format::{FromDisk, ToDisk};
use crate::store::rocks::schema::{Shape, TABLES, Table};

/// How much of the machine the database may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the cache that all tables share for blocks, indexes and filters. Default 64 MiB.
    pub block_cache_bytes: usize,
    /// Bytes of rows that wait in memory to be written out as files. Default 64 MiB.
    pub memtable_bytes: usize,
    /// Most files held open. Default 512, which is enough for 20 million deposits.
    pub open_files: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_cache_bytes: 64 << 20, memtable_bytes: 64 << 20, open_files: 512 }
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
}

/// An open database.
pub struct Engine {
    db: DB,
}

/// Rows to be written all at once.
#[must_use = "rows are written by Engine::commit"]
#[derive(Default)]
pub struct Batch(Vec<(&'static str, Vec<u8>, Vec<u8>)>);

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
