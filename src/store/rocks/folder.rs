//! A ledger's folder: the names in it, its lock, and what it takes to make a name durable.
//!
//! ```text
//! lock          empty; held exclusively by the node that runs here, shared by audits
//! mark          the last signed checkpoint (see `mark`)
//! db/           the RocksDB database
//! ledger.key    the ledger's private key, mode 0600    ┐ written by the node once the
//! next.key      its successor's, mode 0600             ┘ folder exists, never before
//! mark.new, db.new/      what a creation that was cut off leaves behind; the next one begins them anew
//! ```
//!
//! Not here: what is in the files (`mark`, `engine`), whether it fits together (`open`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names that are a ledger's own.
const OWN: [&str; 5] = ["lock", "mark", "mark.new", "db", "db.new"];
/// Keys: where one is, a ledger was.
pub const KEYS: [&str; 2] = ["ledger.key", "next.key"];
/// What a node keeps beside its ledger: the platform's key, originals in custody.
pub const BESIDE: [&str; 2] = ["platform.key", "originals"];
/// Names that may stand in a folder before a ledger does.
const HARMLESS: [&str; 4] = ["README.md", ".gitignore", ".gitkeep", "lost+found"];

/// A folder, by its path.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// The lock of a folder, held until it is dropped.
#[derive(Debug)]
pub struct Lock(Option<File>);

impl Drop for Lock {
    /// Closing alone would not do: a process that is just being started somewhere in this one holds a copy of the
    /// descriptor, and the lock with it, until it runs its own program.
    fn drop(&mut self) {
        let _ = self.0.as_ref().map(File::unlock);
    }
}

/// Why a folder is not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another process holds the lock")]
    Held,
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Folder {
    /// The folder at `path`, there or not.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The mark.
    #[must_use]
    pub fn mark(&self) -> PathBuf {
        self.0.join("mark")
    }

    /// A mark that is being written for the first time.
    #[must_use]
    pub fn new_mark(&self) -> PathBuf {
        self.0.join("mark.new")
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("db")
    }

    /// A database that is being created.
    #[must_use]
    pub fn new_database(&self) -> PathBuf {
        self.0.join("db.new")
    }

    /// Which of `names` are there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn has_any(&self, names: &[&str]) -> io::Result<bool> {
        for name in names {
            if self.0.join(name).try_exists()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A name that does not belong in a folder where a ledger is to begin.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn stranger(&self) -> io::Result<Option<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let known = OWN.iter().chain(&KEYS).chain(&BESIDE).chain(&HARMLESS).any(|known| *known == name);
            if !known {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Makes the folder, durably, if it is not there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn make(&self) -> io::Result<()> {
        let missing: Vec<&Path> = self.0.ancestors().take_while(|path| !path.exists()).collect();
        // Nobody else on the machine may read it: the vault holds what is private.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        for made in missing {
            let above = made.parent().filter(|above| !above.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Locks the folder for a node.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn lock(&self) -> Result<Lock, LockError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.0.join("lock"))?;
        patiently(|| file.try_lock())?;
        Ok(Lock(Some(file)))
    }

    /// Locks the folder against a node, without writing: other readers may come. A copy of a folder has no lock, and no
    /// node runs on it.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn lock_shared(&self) -> Result<Lock, LockError> {
        match File::open(self.0.join("lock")) {
            Ok(file) => {
                patiently(|| file.try_lock_shared())?;
                Ok(Lock(Some(file)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lock(None)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tries for a second. A lock may outlive its holder for a moment: a process that is being started elsewhere holds copies
/// of all open files until it runs its own program.
fn patiently(lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), LockError> {
    for _ in 0..100 {
        match lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            other => return held(other),
        }
    }
    held(lock())
}

fn held(locked: Result<(), TryLockError>) -> Result<(), LockError> {
    locked.map_err(|error| match error {
        TryLockError::WouldBlock => LockError::Held,
        TryLockError::Error(error) => LockError::Disk(error),
    })
}
