//! The folder that a restore writes into.
//!
//! ```text
//! .tiezheng-restoring     the copy while it is made
//! .tiezheng-restored      complete and checked; its parts are renamed into the folder, the checkpoint file last
//! ```
//!
//! # Invariants
//!
//! Until the last rename no other command opens the folder, and the same restore continues after a kill at any moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::backups::list::Backup;
use crate::cli::backups::walk::PARTS;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::open_errors::cannot_open;
use crate::files::regular;
use crate::ledger::hash::sha256;
use crate::store::factory::{BESIDE, Folder, FolderLock, KEYS, OpenError, RESTORED, RESTORING};

/// The checkpoint file's name in a ledger's folder.
const CHECKPOINT_FILE: &str = "mark";
/// Upper bound of its size in bytes.
const MARK_MAX: usize = 1 << 20;

/// The folder that is restored into, locked.
#[derive(Debug)]
pub struct Destination<'a> {
    /// The folder.
    pub data: &'a Path,
    /// Where the copy is made.
    pub draft: PathBuf,
    complete: PathBuf,
    lock: FolderLock,
}

impl<'a> Destination<'a> {
    /// Makes the folder, if it is not there, and locks it.
    ///
    /// # Errors
    ///
    /// [`CliError`]: another process has it, or it cannot be written.
    pub fn lock(data: &'a Path) -> Result<Self, CliError> {
        let folder = Folder::new(data);
        let io = |error: io::Error| CliError::io(data, &error);
        folder.make().map_err(io)?;
        let lock = folder.lock();
        let lock = lock.map_err(|error| cannot_open(data, &OpenError::from(error)))?;
        folder.restrict().map_err(io)?;
        let (draft, complete) = (data.join(RESTORING), data.join(RESTORED));
        for (path, name) in [(&draft, RESTORING), (&complete, RESTORED)] {
            if path.is_symlink() {
                return Err(cannot_open(data, &OpenError::UnknownName { name: name.into() }));
            }
        }
        Ok(Self { data, draft, complete, lock })
    }

    /// Whether an earlier restore has completed its copy, and was interrupted while it renamed the parts.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn is_complete(&self) -> Result<bool, CliError> {
        self.complete.try_exists().map_err(|error| CliError::io(self.data, &error))
    }

    /// Checks that the folder has neither parts of a ledger nor foreign files.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn must_be_empty(&self) -> Result<(), CliError> {
        must_be_empty(&Folder::new(self.data))
    }

    /// Records that the copy is complete: from now on its parts are only renamed.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn draft_is_complete(&self) -> Result<(), CliError> {
        durable::rename_new_durably(&self.draft, &self.complete).map_err(|error| CliError::io(self.data, &error))
    }

    /// Gives the parts of the complete copy their names, and unlocks the folder.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the same restore continues.
    pub fn put_in_place(self) -> Result<(), CliError> {
        put_in_place(&self.complete, self.data)?;
        drop(self.lock);
        Ok(())
    }

    /// Removes an incomplete copy of an earlier restore.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn remove_draft(&self) -> Result<(), CliError> {
        remove(&self.draft)
    }

    /// Checks that the complete copy of an interrupted restore is of the backup in the folder `backup`.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it is of another one, or cannot be read.
    pub fn must_be_of(&self, backup: &Path) -> Result<(), CliError> {
        let original = read(&backup.join(CHECKPOINT_FILE))?;
        self.must_have_checkpoint_file(|copied| copied == original, backup)
    }

    /// Checks that the complete copy of an interrupted restore is of the archive at `archive`, whose list is `list`.
    ///
    /// # Errors
    ///
    /// As [`Self::must_be_of`].
    pub fn must_be_of_archive(&self, list: &Backup, archive: &Path) -> Result<(), CliError> {
        let original = list.files.get(CHECKPOINT_FILE).map(|file| file.sha256.as_str());
        self.must_have_checkpoint_file(|copied| Some(sha256(copied).to_string().as_str()) == original, archive)
    }

    /// The checkpoint file says which state of which ledger a copy is. It is renamed last, so it is in the copy until then.
    fn must_have_checkpoint_file(&self, is_of: impl FnOnce(&[u8]) -> bool, backup: &Path) -> Result<(), CliError> {
        let copied = self.complete.join(CHECKPOINT_FILE);
        let copied = if copied.exists() { copied } else { self.data.join(CHECKPOINT_FILE) };
        if is_of(&read(&copied)?) { Ok(()) } else { Err(of_another_backup(&self.complete, backup)) }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    regular::read_own(path, MARK_MAX).map_err(|error| CliError::io(path, &error))
}

fn of_another_backup(complete: &Path, backup: &Path) -> CliError {
    let (copied, backup) = (complete.display(), backup.display());
    let en = format!(
        "{copied} holds another backup than {backup}, of a restore that was cut off: run the restore of that backup again, or restore into another folder"
    );
    let zh = format!(
        "{copied} 来自此前中断的另一次恢复，与 {backup} 不是同一备份：请重新运行该备份的恢复，或恢复到其他文件夹"
    );
    CliError::finding("copy_differs", zh, en)
}

fn must_be_empty(folder: &Folder) -> Result<(), CliError> {
    let io = |error: io::Error| CliError::io(folder.path(), &error);
    let unknown = folder.unknown_name().map_err(io)?;
    if let Some(name) = unknown {
        return Err(cannot_open(folder.path(), &OpenError::UnknownName { name }));
    }
    let own = [&["db", "mark"][..], &KEYS, &BESIDE].concat();
    let taken = folder.has_any(&own).map_err(io)?;
    if taken { Err(cannot_open(folder.path(), &OpenError::Exists)) } else { Ok(()) }
}

fn remove(folder: &Path) -> Result<(), CliError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CliError::io(folder, &error)),
        _ => Ok(()),
    }
}

/// Renames each part: last the checkpoint file, without which the folder is rejected.
fn put_in_place(complete: &Path, data: &Path) -> Result<(), CliError> {
    for part in PARTS {
        let (from, to) = (complete.join(part), data.join(part));
        match durable::rename_new_durably(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(CliError::io(&to, &error)),
            _ => {}
        }
    }
    fs::remove_dir(complete)
        .and_then(|()| durable::sync_folder_of(complete))
        .map_err(|error| CliError::io(complete, &error))
}
