//! The data folder of a ledger: the names in it, its locks, and the fsyncs that make names durable.
//!
//! ```text
//! lock          empty; flock, also taken on the folder itself: exclusive for the node, shared for audits
//! mark          the checkpoint file: the last signed checkpoint (see `checkpoint_file`)
//! db/           the RocksDB database
//! ledger.key    the ledger's private key, mode 0600    ┐ written by the node once the
//! next.key      its successor's, mode 0600             ┘ folder exists, never before
//! .tiezheng-…   work in progress of this program: see `NEW_DATABASE`, `SAFETY_COPY`, `DISCARDED`, `RESTORING`
//! ```
//!
//! # Invariants
//!
//! Both locks are taken: if the file `lock` is removed under a running node, the lock on the folder's inode still
//! excludes a second node. The file serves file systems on which a folder cannot be locked.
//!
//! The program removes only names of its own, which begin with `.tiezheng-`. Each name is a regular file or a folder:
//! through a symbolic link the ledger would depend on, or write to, files outside the data folder.
//!
//! Not here: the content of the files (`checkpoint_file`, `engine`), comparing them with each other (`open`).

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::regular::{self, NotRegular};
use crate::store::account_files::{ACCOUNTS, INVENTORY, SESSIONS};
use crate::store::rocks::checkpoint_file::NEW_CHECKPOINT_FILE;

/// The folder with a snapshot of a running node's ledger, while a backup is made of it.
pub const SNAPSHOT: &str = ".tiezheng-snapshot";
/// The socket on which a running node accepts commands of its operator.
pub const CONTROL_SOCKET: &str = "control.sock";
/// The file that a backup of a running node locks.
pub const BACKUP_LOCK: &str = "backup.lock";
/// The file with the time of the last backup.
pub const LAST_BACKUP: &str = "last-backup";

/// A database that is being created.
const NEW_DATABASE: &str = ".tiezheng-new-db";
/// The database's files as they were before RocksDB recovered its log (`safety_copy`).
pub(super) const SAFETY_COPY: &str = ".tiezheng-safety-copy";
/// A safety copy that is not complete yet.
pub(super) const NEW_SAFETY_COPY: &str = ".tiezheng-new-safety-copy";
/// A folder that is being removed.
pub(super) const DISCARDED: &str = ".tiezheng-discarded";
/// A backup that is being copied into the folder.
pub const RESTORING: &str = ".tiezheng-restoring";
/// A backup that is complete and checked, while its parts are renamed to their final names.
pub const RESTORED: &str = ".tiezheng-restored";
/// Names of a ledger's own files and folders.
const OWN: [&str; 10] = [
    "lock",
    "mark",
    "db",
    NEW_CHECKPOINT_FILE,
    NEW_DATABASE,
    SAFETY_COPY,
    NEW_SAFETY_COPY,
    DISCARDED,
    RESTORING,
    RESTORED,
];
/// Key files. They exist only in a folder that contains, or contained, a ledger.
pub const KEYS: [&str; 4] = ["ledger.key", "previous.key", "rotation.key", "next.key"];
/// Files and folders of the node beside the ledger: the platform's key, originals in custody, account files.
pub const BESIDE: [&str; 5] = ["platform.key", "originals", ACCOUNTS, INVENTORY, SESSIONS];
/// The names above that are folders.
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
/// Maximum number of bytes of the disk that are kept in reserve.
const RESERVE_MAX: u64 = 256 << 20;
/// File descriptors that must be free before a database is closed to be reopened. Closing it frees its own as well.
const SPARE_DESCRIPTORS: usize = 32;
/// Names that may exist in a folder in which a ledger is created.
const ALLOWED: [&str; 8] =
    ["README.md", ".gitignore", ".gitkeep", "lost+found", SNAPSHOT, CONTROL_SOCKET, BACKUP_LOCK, LAST_BACKUP];

/// A data folder, by its path.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// The locks of a folder, held until this is dropped.
#[derive(Debug)]
pub struct Lock(Vec<File>);

impl Drop for Lock {
    /// Unlocks explicitly, because closing is not enough: a child process that is being started holds a copy of the
    /// descriptor, and so the lock, until its `exec`.
    fn drop(&mut self) {
        for file in &self.0 {
            let _ = file.unlock();
        }
    }
}

/// Why a folder is not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another process holds the lock")]
    Held,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Folder {
    /// The folder at `path`, which need not exist.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Path of the checkpoint file.
    #[must_use]
    pub fn checkpoint_file(&self) -> PathBuf {
        self.0.join("mark")
    }

    /// Path of a checkpoint file that is being created.
    #[must_use]
    pub fn new_checkpoint_file(&self) -> PathBuf {
        self.0.join(NEW_CHECKPOINT_FILE)
    }

    /// Path of the database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("db")
    }

    /// Path of a database that is being created.
    #[must_use]
    pub fn new_database(&self) -> PathBuf {
        self.0.join(NEW_DATABASE)
    }

    /// Whether one of `names` exists.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn has_any(&self, names: &[&str]) -> io::Result<bool> {
        for name in names {
            match fs::symlink_metadata(self.0.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                found => return found.map(|_| true),
            }
        }
        Ok(false)
    }

    /// The first of `names` that exists. Ignores empty folders.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
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

    /// A name that must not exist in a folder in which a ledger is created.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn unknown_name(&self) -> io::Result<Option<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let known = OWN.iter().chain(&KEYS).chain(&BESIDE).chain(&ALLOWED).any(|known| *known == name);
            if !known {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The first of the ledger's names, including the files of its database, that is not a regular file or folder as it
    /// should be. Also returns the kind that was found, `None` for a regular file.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
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

    /// Creates the folder durably, unless it exists.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn make(&self) -> io::Result<()> {
        let missing: Vec<&Path> = self.0.ancestors().take_while(|path| !path.exists()).collect();
        // Other users of the machine must not read it: the database contains private content.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        for created in missing {
            let above = created.parent().filter(|above| !above.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    /// Restricts the modes of the data folder and of the database's folder to their owner. Returns whether other users
    /// had access before. Files in them keep their modes: other users cannot reach them through these folders.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk; [`io::ErrorKind::PermissionDenied`] when the folder belongs to another user.
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

    /// Fsyncs the folder, which makes the names in it durable.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Checks that the disk has more free space than the reserve, which suffices for a block and for RocksDB's
    /// background writes. The reserve is a sixteenth of the disk, at most 256 MiB.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::StorageFull`] when it has less; another error of the system.
    pub fn check_space(&self) -> io::Result<()> {
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

    /// Checks that the process can open `SPARE_DESCRIPTORS` more files.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn check_descriptors(&self) -> io::Result<()> {
        let opened = (0..SPARE_DESCRIPTORS).map(|_| File::open(&self.0));
        opened.collect::<io::Result<Vec<_>>>().map(drop)
    }

    /// Takes the exclusive lock of the folder, for a node.
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
        retry_for_a_second(|| file.try_lock())?;
        lock.0.push(file);
        Ok(lock)
    }

    /// Takes the shared lock of the folder, without writing: it excludes nodes, not other readers. The file `lock` may
    /// be missing, as in a copy of a folder.
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
                retry_for_a_second(|| file.try_lock_shared())?;
                lock.0.push(file);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(lock)
    }
}

/// Locks the folder's inode; `false` when the file system cannot lock folders (some network file systems).
fn lock_folder(lock: impl Fn() -> Result<(), TryLockError>) -> Result<bool, LockError> {
    match retry_for_a_second(lock) {
        Ok(()) => Ok(true),
        Err(LockError::Disk(error)) if error.raw_os_error().is_some_and(|code| NO_FOLDER_LOCKS.contains(&code)) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// EBADF, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP.
const NO_FOLDER_LOCKS: [i32; 5] = [9, 22, 37, 38, 95];

/// Retries for a second. A lock may outlive its holder briefly: a child process that is being started holds copies of
/// all open files until its `exec`.
fn retry_for_a_second(lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), LockError> {
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
