//! The files that rows lie in: which there are, and writing them anew.
//!
//! Not here: when that is needed (`erasure`), files that RocksDB has let go of.

use rocksdb::{BottommostLevelCompaction, CompactOptions, WriteBatch};

use crate::store::rocks::engine::Engine;
use crate::store::rocks::schema::TABLES;
use crate::store::traits::ReadError;

/// Longest key of any table in bytes.
const KEY_MAX: usize = 64;

/// A file of rows that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFile {
    /// Its name in the database's folder.
    pub name: String,
    /// The table whose rows it holds.
    pub table: String,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl LiveFile {
    /// Whether a row of this table and key may lie in it.
    #[must_use]
    pub fn covers(&self, table: &str, key: &[u8]) -> bool {
        self.table == table && (self.first.as_slice()..=self.last.as_slice()).contains(&key)
    }
}

impl Engine {
    /// Writes all rows in memory to files.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unavailable`] when the disk fails; [`ReadError::Damaged`] when a table is not there.
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
    /// [`ReadError::Unavailable`] when the disk fails; [`ReadError::Damaged`] when the table is not there.
    pub fn clear(&self, table: &'static str) -> Result<(), ReadError> {
        let family = self.family(table)?;
        let mut rows = WriteBatch::default();
        rows.delete_range_cf(family, &[][..], &[u8::MAX; KEY_MAX + 1][..]);
        self.db.write(rows).map_err(|error| ReadError::Unavailable(error.into_string()))?;
        // At once, or every later read would pass over the deleted rows.
        self.db.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }

    /// Rewrites every file in which the row of this key may lie, down to the last level: of several values of one row
    /// only the newest is left.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the table is not there. RocksDB does not say whether it did: look at [`Self::live`].
    pub fn rewrite(&self, table: &'static str, key: &[u8]) -> Result<(), ReadError> {
        let mut whole = CompactOptions::default();
        whole.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        self.db.compact_range_cf_opt(self.family(table)?, Some(key), Some(key), &whole);
        Ok(())
    }

    /// Brings all tables to rest: everything written out, merged and compressed, as it will be one day anyway.
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

    /// The files of rows in use.
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
