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

/// What a failed read means.
#[must_use]
pub fn cannot_read(table: &'static str, key: &[u8], error: &rocksdb::Error) -> ReadError {
    // A file that was there when the database was opened and is gone now is damage, not a passing trouble.
    let damaged = error.kind() == ErrorKind::Corruption || error.as_ref().contains("No such file");
    if damaged {
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
