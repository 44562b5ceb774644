//! The folder in which an audit or a monitor stores its state.
//!
//! # Invariants
//!
//! One process uses the folder at a time. A document is replaced in one step: after a crash it is the complete old or new one. It
//! has a checksum of its own. A checksum that does not fit is an error, never an empty state: a silently lost state would hide a
//! rollback.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::placing::make_folders;
use crate::files::regular;
use crate::ledger::hash::sha256;

const LOCK: &str = "lock";
/// Longest document in bytes.
const DOCUMENT_MAX: u64 = 64 << 20;
const CHECKSUM: &str = "sha-256 ";

/// Why a state cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Another process uses the folder.
    #[error("{}: another process uses this state", .path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file does not have its checksum, or is not of this format.
    #[error("{}: damaged, {reason}. Move the folder away to begin again: the stored state of the ledger is then lost", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl StateError {
    /// The file or folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::InUse { path } | Self::Damaged { path, .. } => path,
        }
    }

    pub(in crate::monitor) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |error| Self::Io { path, error }
    }

    pub(in crate::monitor) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}

/// The folder of a state.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Opens the folder, and creates it where it is missing.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`], [`StateError::InUse`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        make_folders(path, 0o700).map_err(StateError::io(path))?;
        let name = path.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
        let lock = lock.map_err(StateError::io(&name))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(StateError::Io { path: name, error }),
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
        }
    }

    /// The path of a file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The document `name`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateError> {
        let path = self.file(name);
        let file = match regular::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(StateError::io(&path))?,
        };
        let mut text = String::new();
        file.take(DOCUMENT_MAX).read_to_string(&mut text).map_err(StateError::io(&path))?;
        let checked = text.split_once('\n').and_then(|(json, sum)| {
            let expected = format!("{CHECKSUM}{}\n", sha256(json.as_bytes()));
            (sum == expected).then_some(json)
        });
        let json = checked.ok_or_else(|| StateError::damaged(&path, "its checksum does not fit"))?;
        serde_json::from_str(json).map(Some).map_err(|error| StateError::damaged(&path, error.to_string()))
    }

    /// Replaces the document `name`, durably.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`]; the old document is unchanged.
    pub fn store(&self, name: &str, document: &impl Serialize) -> Result<(), StateError> {
        let path = self.file(name);
        let json = serde_json::to_string(document).map_err(|error| StateError::damaged(&path, error.to_string()))?;
        let text = format!("{json}\n{CHECKSUM}{}\n", sha256(json.as_bytes()));
        replace(&path, text.as_bytes()).map_err(StateError::io(&path))
    }
}

/// Replaces a file, durably.
pub(in crate::monitor) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    write_synced(&draft, bytes)?;
    fs::rename(&draft, path)?;
    sync_folder_of(path)
}

/// Writes a file of mode 0600 and flushes it.
pub(in crate::monitor) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Flushes the parent folder of `path`.
pub(in crate::monitor) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_back_and_a_damaged_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(&folder.path().join("state")).unwrap();
        assert_eq!(state.load::<Vec<u64>>("list").unwrap(), None);
        state.store("list", &vec![1, 2]).unwrap();
        state.store("list", &vec![1, 2, 3]).unwrap();
        assert_eq!(state.load::<Vec<u64>>("list").unwrap(), Some(vec![1, 2, 3]));
        let altered = fs::read_to_string(state.file("list")).unwrap().replace("[1,2,3]", "[1,2,4]");
        fs::write(state.file("list"), altered).unwrap();
        assert!(matches!(state.load::<Vec<u64>>("list"), Err(StateError::Damaged { .. })));
    }

    #[test]
    fn two_processes_cannot_use_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateDir::open(folder.path()).unwrap();
        assert!(matches!(StateDir::open(folder.path()), Err(StateError::InUse { .. })));
        drop(first);
        assert!(StateDir::open(folder.path()).is_ok());
    }
}
