//! Typed write batch: rows that are written atomically.
//!
//! Not here: writing them (`engine`).

use rocksdb::{ColumnFamily, DB, WriteBatch};

use crate::store::rocks::format::ToDisk;
use crate::store::rocks::schema::Table;
use crate::store::traits::ReadError;

/// A table's column family.
pub(super) fn family<'d>(db: &'d DB, name: &'static str) -> Result<&'d ColumnFamily, ReadError> {
    db.cf_handle(name).ok_or_else(|| ReadError::Damaged {
        what: name,
        at: "the whole column family".into(),
        reason: "it is missing".into(),
    })
}

/// Rows that `Engine::commit` writes atomically.
#[must_use = "rows are written by Engine::commit"]
pub struct Batch<'e> {
    db: &'e DB,
    pub(super) rows: WriteBatch,
    /// The table of the last row, with its column family.
    last: Option<(&'static str, &'e ColumnFamily)>,
}

impl<'e> Batch<'e> {
    /// An empty batch.
    pub(super) fn of(db: &'e DB) -> Self {
        Self { db, rows: WriteBatch::default(), last: None }
    }

    /// The table's column family, cached for further rows of the same table.
    fn family(&mut self, name: &'static str) -> Result<&'e ColumnFamily, ReadError> {
        match self.last {
            Some((last, family)) if std::ptr::eq(last, name) => Ok(family),
            _ => {
                let family = family(self.db, name)?;
                self.last = Some((name, family));
                Ok(family)
            }
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the table is missing.
    pub fn put<K: ToDisk, V: ToDisk>(&mut self, table: &Table<K, V>, key: &K, value: &V) -> Result<(), ReadError> {
        self.put_encoded(table, key, value.to_disk().as_ref())
    }

    /// Adds a row whose value is encoded already.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the table is missing.
    pub fn put_encoded<K: ToDisk, V>(&mut self, table: &Table<K, V>, key: &K, value: &[u8]) -> Result<(), ReadError> {
        let family = self.family(table.name)?;
        self.rows.put_cf(family, key.to_disk(), value);
        Ok(())
    }

    /// Removes a row.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the table is missing.
    pub fn remove<K: ToDisk, V>(&mut self, table: &Table<K, V>, key: &K) -> Result<(), ReadError> {
        let family = self.family(table.name)?;
        self.rows.delete_cf(family, key.to_disk());
        Ok(())
    }
}
