//! An append-only file, whose valid length and checksum are in a document of the same folder.
//!
//! # Invariants
//!
//! The document is written after the file was flushed, so the stored length is never larger than the file. Bytes behind it, which
//! a crash has left, are cut off.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::monitor::state_dir::StateError;

/// Length and checksum of the valid part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidPrefix {
    length: u64,
    sha256: String,
}

impl Default for ValidPrefix {
    fn default() -> Self {
        Self { length: 0, sha256: hex::encode(Context::new(&SHA256).finish()) }
    }
}

/// An append-only file.
pub struct AppendLog {
    path: PathBuf,
    file: File,
    length: u64,
    digest: Context,
}

impl AppendLog {
    /// Opens the file, creates it where it is missing, and cuts off the bytes behind `valid`. Calls `read` with the valid bytes.
    ///
    /// # Errors
    ///
    /// [`StateError`]; [`StateError::Damaged`] if the valid bytes do not have the checksum.
    pub fn open(path: &Path, valid: &ValidPrefix, read: &mut dyn FnMut(&[u8])) -> Result<Self, StateError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let mut file = file.map_err(StateError::io(path))?;
        let (mut digest, mut left) = (Context::new(&SHA256), valid.length);
        let mut bytes = vec![0; 1 << 16];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let room = bytes.get_mut(..most).unwrap_or_default();
            let count = file.read(room).map_err(StateError::io(path))?;
            let part = room.get(..count).unwrap_or_default();
            if part.is_empty() {
                return Err(StateError::damaged(path, "it is too short"));
            }
            digest.update(part);
            read(part);
            left -= part.len() as u64;
        }
        if hex::encode(digest.clone().finish()) != valid.sha256 {
            return Err(StateError::damaged(path, "its checksum does not fit"));
        }
        let cut = file.set_len(valid.length).and_then(|()| file.seek(SeekFrom::Start(valid.length)));
        cut.map_err(StateError::io(path))?;
        Ok(Self { path: path.to_owned(), file, length: valid.length, digest })
    }

    /// Appends bytes, without flushing them.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        self.file.write_all(bytes).map_err(StateError::io(&self.path))?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Flushes the file. Returns its length and checksum.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn flush(&mut self) -> Result<ValidPrefix, StateError> {
        self.file.sync_data().map_err(StateError::io(&self.path))?;
        Ok(ValidPrefix { length: self.length, sha256: hex::encode(self.digest.clone().finish()) })
    }

    /// Reads `into.len()` bytes at `offset`.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), StateError> {
        self.file.read_exact_at(into, offset).map_err(StateError::io(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_the_mark_is_cut_off_and_what_is_before_must_fit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = AppendLog::open(&path, &ValidPrefix::default(), &mut |_| {}).unwrap();
        log.append(b"one").unwrap();
        let valid = log.flush().unwrap();
        log.append(b"two").unwrap();
        drop(log);
        let mut seen = Vec::new();
        let mut log = AppendLog::open(&path, &valid, &mut |part| seen.extend_from_slice(part)).unwrap();
        assert_eq!(seen, b"one");
        log.append(b"three").unwrap();
        let valid = log.flush().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"onethree");
        std::fs::write(&path, b"oNethree").unwrap();
        assert!(matches!(AppendLog::open(&path, &valid, &mut |_| {}), Err(StateError::Damaged { .. })));
        std::fs::write(&path, b"one").unwrap();
        assert!(matches!(AppendLog::open(&path, &valid, &mut |_| {}), Err(StateError::Damaged { .. })));
    }
}
