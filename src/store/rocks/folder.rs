//! A ledger's folder: the names in it, its locks, and what it takes to make a name durable.
//!
//! ```text
//! lock          empty; flock: exclusive for the node that runs here, shared for audits. So is the folder itself
//! mark          the checkpoint file: the last signed checkpoint (see `mark`)
//! db/           the RocksDB database
//! ledger.key    the ledger's private key, mode 0600    ┐ written by the node once the
//! next.key      its successor's, mode 0600             ┘ folder exists, never before
//! .tiezheng-…   work in progress of this program: see `CREATING`, `SAFETY_COPY`, `DISCARDED`
//! ```
//!
//! # Invariants
//!
//! Both locks are taken: removing the file `lock` under a running node does not let a second node in, because the lock of
//! the folder's own inode stays. The file is kept for file systems on which a folder cannot be locked.
//!
//! The program removes only names that nobody else gives: they begin with `.tiezheng-`. Each name is a file or a folder of
//! its own: a symbolic link would make the ledger depend on, or write to, what lies outside of the folder.
//!
//! Not here: what is in the files (`mark`, `engine`), whether it fits together (`open`).

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::regular::{self, NotRegular};
use crate::store::account_files::{ACCOUNTS, INVENTORY, SESSIONS};
use crate::store::rocks::checkpoint_file::NEW_MARK;

/// The folder with a snapshot of a running node's ledger, while a backup is made of it.
pub const SNAPSHOT: &str = ".tiezheng-snapshot";
/// The socket on which a running node takes commands of its operator.
pub const CONTROL_SOCKET: &str = "control.sock";
/// The file that a backup of a running node locks.
pub const BACKUP_LOCK: &str = "backup.lock";
/// The file with the time of the last backup.
pub const LAST_BACKUP: &str = "last-backup";

/// A database that is being created.
const NEW_DATABASE: &str = ".tiezheng-new-db";
/// The database's files as they were before RocksDB recovered its log (`safety_copy`).
pub(super) const SAFETY_COPY: &str = ".tiezheng-safety-copy";
/// The same, not complete yet.
pub(super) const NEW_SAFETY_COPY: &str = ".tiezheng-new-safety-copy";
/// A folder that is being removed.
pub(super) const DISCARDED: &str = ".tiezheng-discarded";
/// A backup that is being copied into the folder.
pub const RESTORING: &str = ".tiezheng-restoring";
/// The same, complete and checked, while its parts are given their names.
pub const RESTORED: &str = ".tiezheng-restored";
/// Names that are a ledger's own.
const OWN: [&str; 10] =
    ["lock", "mark", "db", NEW_MARK, NEW_DATABASE, SAFETY_COPY, NEW_SAFETY_COPY, DISCARDED, RESTORING, RESTORED];
/// Keys: where one is, a ledger was.
pub const KEYS: [&str; 4] = ["ledger.key", "previous.key", "rotation.key", "next.key"];
/// What a node keeps beside its ledger: the platform's key, originals in custody, what it keeps of accounts.
pub const BESIDE: [&str; 5] = ["platform.key", "originals", ACCOUNTS, INVENTORY, SESSIONS];
/// Of all these, the folders.
const FOLDERS: [&str; 12] = [
    "db",
    NEW_DATABASE,
    SAFETY_COPY,
    NEW_SAFETY_COPY,
    DISCARDED,
    RESTORING,
    RESTORED,
    "originals",
    ACCOUNTS,
    ENROLLED_KEYS,
    CREDENTIALS,
    SESSIONS,
];
/// Within the folder of account files.
const ENROLLED_KEYS: &str = "accounts/keys";
const CREDENTIALS: &str = "accounts/credentials";
/// Most bytes of the disk that are kept in reserve.
const RESERVE_MAX: u64 = 256 << 20;
/// Descriptors that must be free before a database is closed to be opened anew: those that it holds become free then, too.
const SPARE_DESCRIPTORS: usize = 32;
/// Names that may stand in a folder before a ledger does.
const HARMLESS: [&str; 8] =
    ["README.md", ".gitignore", ".gitkeep", "lost+found", SNAPSHOT, CONTROL_SOCKET, BACKUP_LOCK, LAST_BACKUP];

/// A folder, by its path.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// The locks of a folder, held until this is dropped.
#[derive(Debug)]
pub struct Lock(Vec<File>);

impl Drop for Lock {
    /// Closing alone would not do: a process that is just being started somewhere in this one holds a copy of the
    /// descriptor, and the lock with it, until it runs its own program.
    fn drop(&mut self) {
        for file in &self.0 {
            let _ = file.unlock();
        }
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

    /// The checkpoint file.
    #[must_use]
    pub fn checkpoint_file(&self) -> PathBuf {
        self.0.join("mark")
    }

    /// A checkpoint file that is being written for the first time.
    #[must_use]
    pub fn new_checkpoint_file(&self) -> PathBuf {
        self.0.join(NEW_MARK)
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("db")
    }

    /// A database that is being created.
    #[must_use]
    pub fn new_database(&self) -> PathBuf {
        self.0.join(NEW_DATABASE)
    }

    /// Whether one of `names` is there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn has_any(&self, names: &[&str]) -> io::Result<bool> {
        for name in names {
            match fs::symlink_metadata(self.0.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                found => return found.map(|_| true),
            }
        }
        Ok(false)
    }

    /// The first of `names` that is there; of folders, only if they hold something.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn first_of<'n>(&self, names: &[&'n str]) -> io::Result<Option<&'n str>> {
        for name in names {
            let path = self.0.join(name);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(found) if found.is_dir() && fs::read_dir(&path)?.next().is_none() => {}
                Ok(_) => return Ok(Some(name)),
            }
        }
        Ok(None)
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

    /// The first of the folder's own names, the files of its database included, that is not a file or a folder of its own;
    /// what it is instead, `None` for a file.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn wrong_kind(&self) -> io::Result<Option<(String, Option<NotRegular>)>> {
        for name in OWN.iter().chain(&KEYS).chain(&BESIDE).chain(&[ENROLLED_KEYS, CREDENTIALS]) {
            let kind = match fs::symlink_metadata(self.0.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => NotRegular::of(found?.file_type()),
            };
            let wanted = if FOLDERS.contains(name) { Some(NotRegular::Folder) } else { None };
            if kind != wanted {
                return Ok(Some(((*name).to_owned(), kind)));
            }
        }
        for name in ["db", SAFETY_COPY] {
            let entries = match fs::read_dir(self.0.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let kind = NotRegular::of(entry.file_type()?);
                if kind.is_some_and(|kind| kind != NotRegular::Folder) {
                    return Ok(Some((format!("{name}/{}", entry.file_name().to_string_lossy()), kind)));
                }
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

    /// Lets the folder's owner alone read it, and the database's folder in it; whether others could before. Files that
    /// were written earlier keep their modes: nobody else reaches them through these folders.
    ///
    /// # Errors
    ///
    /// The disk's; [`io::ErrorKind::PermissionDenied`] when the folder belongs to another user.
    pub fn restrict(&self) -> io::Result<bool> {
        let mut was_open = false;
        for path in [self.0.clone(), self.database()] {
            let mode = match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?.mode(),
            };
            if mode & 0o077 != 0 {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o700))?;
                was_open = true;
            }
        }
        Ok(was_open)
    }

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Whether the disk of the folder has more space left than is kept in reserve: then neither a block nor what RocksDB
    /// writes beside it runs out of space. The reserve is a sixteenth of the disk, at most 256 MiB.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::StorageFull`] when it has not; the system's.
    pub fn has_room(&self) -> io::Result<()> {
        let disk = rustix::fs::statvfs(&self.0)?;
        let (free, whole) = (disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize));
        let reserve = (whole / 16).min(RESERVE_MAX);
        if free >= reserve {
            return Ok(());
        }
        let full = io::Error::from(rustix::io::Errno::NOSPC);
        Err(io::Error::new(
            full.kind(),
            format!("{free} of {whole} bytes are free, {reserve} are kept in reserve: {full}"),
        ))
    }

    /// Whether the process may open some more files.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn has_descriptors(&self) -> io::Result<()> {
        let opened = (0..SPARE_DESCRIPTORS).map(|_| File::open(&self.0));
        opened.collect::<io::Result<Vec<_>>>().map(drop)
    }

    /// Locks the folder for a node.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn lock(&self) -> Result<Lock, LockError> {
        let mut lock = Lock(Vec::new());
        let folder = File::open(&self.0)?;
        if lock_folder(|| folder.try_lock())? {
            lock.0.push(folder);
        }
        let file = regular::open_own_or_create(&self.0.join("lock"))?;
        patiently(|| file.try_lock())?;
        lock.0.push(file);
        Ok(lock)
    }

    /// Locks the folder against a node, without writing: other readers may come. A copy of a folder has no file `lock`.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn lock_shared(&self) -> Result<Lock, LockError> {
        let mut lock = Lock(Vec::new());
        let folder = match File::open(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(lock),
            folder => folder?,
        };
        if lock_folder(|| folder.try_lock_shared())? {
            lock.0.push(folder);
        }
        match regular::open_own(&self.0.join("lock")) {
            Ok(file) => {
                patiently(|| file.try_lock_shared())?;
                lock.0.push(file);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(lock)
    }
}

/// Locks the folder's own inode; `false` where the file system has no locks for folders (some network file systems).
fn lock_folder(lock: impl Fn() -> Result<(), TryLockError>) -> Result<bool, LockError> {
    match patiently(lock) {
        Ok(()) => Ok(true),
        Err(LockError::Disk(error)) if error.raw_os_error().is_some_and(|code| NO_FOLDER_LOCKS.contains(&code)) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// EBADF, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP.
const NO_FOLDER_LOCKS: [i32; 5] = [9, 22, 37, 38, 95];

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
