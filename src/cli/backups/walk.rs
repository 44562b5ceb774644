//! Walks over the parts of a ledger's folder that a copy holds.
//!
//! # Invariants
//!
//! Only regular files and folders are copied. A symbolic link would make the copy depend on, or disclose, files outside of the folder; a
//! pipe would block.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::cli::filing_service::{ORIGINALS, PLATFORM_KEY};
use crate::store::account_files::{ACCOUNTS, INVENTORY};
use crate::store::factory::Folder;

/// The database.
const DATABASE: &str = "db";
/// The successor's private key: kept apart, so no backup holds it. A restore takes it over from a backup of an earlier version.
pub const NEXT_KEY: &str = "next.key";
/// The parts of a ledger's folder that are copied, all but the lock.
pub const PARTS: [&str; 9] =
    [DATABASE, ORIGINALS, ACCOUNTS, INVENTORY, "ledger.key", "previous.key", NEXT_KEY, PLATFORM_KEY, "mark"];

/// A ledger's folder, and the folder of its originals, which may be elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// The originals.
    pub originals: &'a Path,
    /// The parts to copy, of [`PARTS`].
    pub parts: &'a [&'static str],
}

/// Where a copy is written to. Paths are relative to the ledger's folder; a folder comes before what it holds.
pub trait CopyTarget {
    /// Begins a folder.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it is there already, or cannot be written.
    fn begin_folder(&mut self, path: &Path) -> Result<(), CliError>;

    /// Copies the file `from`.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it cannot be read or written.
    fn file(&mut self, from: &Path, path: &Path) -> Result<(), CliError>;

    /// Ends a folder: everything that it holds was copied.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it cannot be written.
    fn end_folder(&mut self, path: &Path) -> Result<(), CliError>;
}

impl<'a> Source<'a> {
    /// A copy of the whole folder, for a restore.
    #[must_use]
    pub const fn whole(folder: &'a Path, originals: &'a Path) -> Self {
        Self { folder, originals, parts: &PARTS }
    }

    /// Copies everything to `target`.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn copy_to(&self, target: &mut dyn CopyTarget) -> Result<(), CliError> {
        for (part, path, metadata) in self.present()? {
            copy_one(&path, &metadata, Path::new(part), target)?;
        }
        Ok(())
    }

    /// Size of a copy in bytes.
    ///
    /// # Errors
    ///
    /// [`CliError`]: something cannot be read, or is neither a file nor a folder. Nothing was copied.
    pub fn size(&self) -> Result<u64, CliError> {
        let mut total = 0;
        for (_, path, metadata) in self.present()? {
            total += size_inside(&path, &metadata)?;
        }
        Ok(total)
    }

    /// The existing parts and their paths. After an interrupted opening the database is in its safety copy.
    fn present(&self) -> Result<Vec<(&'static str, PathBuf, Metadata)>, CliError> {
        let mut found = Vec::new();
        for part in self.parts {
            let path = match *part {
                DATABASE => {
                    let database = Folder::new(self.folder).valid_database();
                    database.map_err(|error| CliError::io(self.folder, &error))?
                }
                ORIGINALS => self.originals.to_owned(),
                part => self.folder.join(part),
            };
            match fs::symlink_metadata(&path) {
                Ok(metadata) => found.push((*part, path, metadata)),
                // Keys are optional; the check finds other missing parts.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(CliError::io(&path, &error)),
            }
        }
        Ok(found)
    }
}

fn size_inside(path: &Path, metadata: &Metadata) -> Result<u64, CliError> {
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    if !metadata.is_dir() {
        return Err(not_regular(path));
    }
    let mut total = 0;
    for entry in entries(path)? {
        let metadata = fs::symlink_metadata(&entry).map_err(|error| CliError::io(&entry, &error))?;
        total += size_inside(&entry, &metadata)?;
    }
    Ok(total)
}

/// In the order of their names, so that two copies of the same folder have the same order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries: Vec<PathBuf> = entries.map_err(|error| CliError::io(folder, &error))?;
    entries.sort_unstable();
    Ok(entries)
}

fn not_regular(path: &Path) -> CliError {
    let path = path.display();
    let en = format!(
        "{path} is a symbolic link or a special file: a ledger's folder and its backups hold files and folders only. \
         Put the file itself there; nothing was copied"
    );
    CliError::unable(
        "not_a_file",
        format!("{path} 是符号链接或特殊文件：账本文件夹及其备份只含普通文件和文件夹。请将文件本身放入；未作任何复制"),
        en,
    )
}

fn copy_one(from: &Path, metadata: &Metadata, path: &Path, target: &mut dyn CopyTarget) -> Result<(), CliError> {
    if metadata.is_file() {
        return target.file(from, path);
    }
    if !metadata.is_dir() {
        return Err(not_regular(from));
    }
    target.begin_folder(path)?;
    for entry in entries(from)? {
        let metadata = fs::symlink_metadata(&entry).map_err(|error| CliError::io(&entry, &error))?;
        copy_one(&entry, &metadata, &path.join(entry.file_name().unwrap_or_default()), target)?;
    }
    target.end_folder(path)
}
