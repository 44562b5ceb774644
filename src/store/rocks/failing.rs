//! What RocksDB's failures mean, in the contract's words.

use rocksdb::ErrorKind;

use crate::store::contract::{AppendError, ReadError};

/// Bytes that are no row of the table they lie in.
#[must_use]
pub fn malformed(table: &'static str, key: &[u8]) -> ReadError {
    ReadError::Damaged {
        what: table,
        at: hex::encode(key),
        reason: "the row's bytes are not a row of this table".into(),
    }
}

/// Whether an error of RocksDB shows that the database is damaged. All others come from the environment (no descriptors,
/// memory, space or permission; an I/O error), and the database may be sound.
#[must_use]
pub fn shows_damage(error: &rocksdb::Error) -> bool {
    let text = error.as_ref();
    // A file that the database names and that is not there. The C interface gives no other sign of ENOENT.
    if text.contains("No such file") {
        return true;
    }
    match error.kind() {
        // RocksDB calls some failed system calls corruption ("Can't access /000012.sst: IO error: …").
        ErrorKind::Corruption => !text.contains("IO error"),
        ErrorKind::NotFound
        | ErrorKind::NotSupported
        | ErrorKind::InvalidArgument
        | ErrorKind::ColumnFamilyDropped
        | ErrorKind::MergeInProgress => true,
        _ => false,
    }
}

/// What a failed read means.
#[must_use]
pub fn cannot_read(table: &'static str, key: &[u8], error: &rocksdb::Error) -> ReadError {
    if shows_damage(error) {
        ReadError::Damaged { what: table, at: hex::encode(key), reason: error.to_string() }
    } else {
        ReadError::Unavailable(error.to_string())
    }
}

/// What a failed write left behind. Without room a batch is cut off in the log, and a cut off batch is dropped by the
/// next opening; but when it is the fsync that found no room, the batch may be whole.
#[must_use]
pub fn failed_write(error: String) -> AppendError {
    let no_room = ["No space left on device", "Disk quota exceeded"].iter().any(|words| error.contains(words));
    if no_room && !error.contains("sync") { AppendError::Full(error) } else { AppendError::Unknown(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_an_unknown_outcome() {
        let full = |text: &str| matches!(failed_write(text.into()), AppendError::Full(_));
        assert!(full(
            "IO error: No space left on device: While appending to file: db/000004.log: No space left on device"
        ));
        assert!(full("IO error: Disk quota exceeded: While appending to file: db/000004.log: Disk quota exceeded"));
        assert!(!full("IO error: No space left on device: While fdatasync: db/000004.log: No space left on device"));
        assert!(!full("IO error: Input/output error: While appending to file: db/000004.log: Input/output error"));
    }
}
