//! Conversion of RocksDB errors to the errors of the storage traits.

use std::io;

use rocksdb::ErrorKind;

use crate::store::shortage::Shortage;
use crate::store::traits::{AppendError, ReadError};

/// The error for bytes that do not decode as a row of their table.
#[must_use]
pub fn malformed(table: &'static str, key: &[u8]) -> ReadError {
    ReadError::Damaged {
        what: table,
        at: hex::encode(key),
        reason: "the row's bytes are not a row of this table".into(),
    }
}

/// Whether an error of RocksDB shows that the database is damaged. All others come from the environment (no
/// descriptors, memory, space or permission; an I/O error), and the database may be intact.
#[must_use]
pub fn shows_damage(error: &rocksdb::Error) -> bool {
    let text = error.as_ref();
    // A file of the database is missing. The C interface reports ENOENT in no other way.
    if text.contains("No such file") {
        return true;
    }
    match error.kind() {
        // RocksDB reports some failed system calls as corruption ("Can't access /000012.sst: IO error: …").
        ErrorKind::Corruption => !text.contains("IO error"),
        ErrorKind::NotFound
        | ErrorKind::NotSupported
        | ErrorKind::InvalidArgument
        | ErrorKind::ColumnFamilyDropped
        | ErrorKind::MergeInProgress => true,
        _ => false,
    }
}

/// The error for a failed read.
#[must_use]
pub fn cannot_read(table: &'static str, key: &[u8], error: &rocksdb::Error) -> ReadError {
    if shows_damage(error) {
        ReadError::Damaged { what: table, at: hex::encode(key), reason: error.to_string() }
    } else {
        ReadError::Unavailable(error.to_string())
    }
}

/// The error for a failed write. After a shortage, the write-ahead log contains the batch not at all or truncated, and
/// the next opening drops a truncated batch. After a failed flush, whatever its reason, only a restart can determine
/// the outcome.
#[must_use]
pub fn failed_write(error: String) -> AppendError {
    match Shortage::in_message(&error) {
        Some(shortage) => AppendError::Short { shortage, detail: error },
        None => AppendError::Unknown(error),
    }
}

/// The error for a failed write to the checkpoint file, before its flush.
#[must_use]
pub fn failed_checkpoint_write(error: &io::Error) -> AppendError {
    let detail = format!("the checkpoint file: {error}");
    match Shortage::of(error) {
        Some(shortage) => AppendError::Short { shortage, detail },
        None => AppendError::Unknown(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_an_unknown_outcome() {
        let full =
            |text: &str| matches!(failed_write(text.into()), AppendError::Short { shortage: Shortage::DiskSpace, .. });
        assert!(full(
            "IO error: No space left on device: While appending to file: db/000004.log: No space left on device"
        ));
        assert!(full("IO error: Disk quota exceeded: While appending to file: db/000004.log: Disk quota exceeded"));
        assert!(!full("IO error: No space left on device: While fdatasync: db/000004.log: No space left on device"));
        assert!(!full("IO error: Input/output error: While appending to file: db/000004.log: Input/output error"));
    }
}
