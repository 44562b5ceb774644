//! Flush, compaction and list of the SST files of the database.
//!
//! Not here: when they are needed (`erasure`); SST files that are no longer live.

use rocksdb::{BottommostLevelCompaction, CompactOptions, WriteBatch};

use crate::store::rocks::engine::Engine;
use crate::store::rocks::schema::TABLES;
use crate::store::traits::ReadError;

/// Longest key of any table in bytes.
const KEY_MAX: usize = 64;

/// A live SST file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFile {
    /// Its name in the database's folder.
    pub name: String,
    /// The table whose rows it contains.
    pub table: String,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl LiveFile {
    /// Whether it may contain a row of this table with this key.
    #[must_use]
    pub fn covers(&self, table: &str, key: &[u8]) -> bool {
        self.table == table && (self.first.as_slice()..=self.last.as_slice()).contains(&key)
    }
}

impl Engine {
    /// Flushes the memtables of all tables to SST files.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unavailable`] when the disk fails; [`ReadError::Damaged`] when a table is missing.
    pub fn flush(&self) -> Result<(), ReadError> {
        for (name, _) in TABLES {
            let flushed = self.db.flush_cf(self.family(name)?);
            flushed.map_err(|error| ReadError::Unavailable(error.into_string()))?;
        }
        Ok(())
    }

    /// Deletes all rows of a table.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unavailable`] when the disk fails; [`ReadError::Damaged`] when the table is missing.
    pub fn clear(&self, table: &'static str) -> Result<(), ReadError> {
        let family = self.family(table)?;
        let mut rows = WriteBatch::default();
        rows.delete_range_cf(family, &[][..], &[u8::MAX; KEY_MAX + 1][..]);
        self.db.write(rows).map_err(|error| ReadError::Unavailable(error.into_string()))?;
        // Compacts now, because every later read would have to skip the deleted rows.
        self.db.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }

    /// Compacts every SST file that may contain the row of this key, down to the last level. Only the newest value of
    /// the row remains.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the table is missing. RocksDB does not report whether it succeeded: check
    /// [`Self::live`].
    pub fn rewrite(&self, table: &'static str, key: &[u8]) -> Result<(), ReadError> {
        let mut whole = CompactOptions::default();
        whole.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        self.db.compact_range_cf_opt(self.family(table)?, Some(key), Some(key), &whole);
        Ok(())
    }

    /// Flushes and fully compacts all tables, so that the database has its final size.
    ///
    /// # Errors
    ///
    /// As [`Self::flush`].
    pub fn compact(&self) -> Result<(), ReadError> {
        self.flush()?;
        let mut whole = CompactOptions::default();
        whole.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        for (name, _) in TABLES {
            self.db.compact_range_cf_opt(self.family(name)?, None::<&[u8]>, None::<&[u8]>, &whole);
        }
        Ok(())
    }

    /// The live SST files.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unavailable`].
    pub fn live(&self) -> Result<Vec<LiveFile>, ReadError> {
        let files = self.db.live_files().map_err(|error| ReadError::Unavailable(error.into_string()))?;
        let file = |file: rocksdb::LiveFile| LiveFile {
            name: file.name.trim_start_matches('/').to_owned(),
            table: file.column_family_name,
            first: file.start_key.unwrap_or_default(),
            last: file.end_key.unwrap_or_default(),
        };
        Ok(files.into_iter().map(file).collect())
    }
}
