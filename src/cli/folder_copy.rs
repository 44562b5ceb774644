//! Copies a ledger's folder durably, and checks the copy.
//!
//! # Invariants
//!
//! Only regular files and folders are copied. A symbolic link would make the copy depend on, or disclose, files outside of the folder; a
//! pipe would block.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::descriptors::database_options;
use crate::cli::exit::CliError;
use crate::cli::filing_service::{ORIGINALS, PLATFORM_KEY};
use crate::cli::node_keys::{LEDGER_KEY, NEXT_KEY, PREVIOUS_KEY};
use crate::cli::open_errors::cannot_open;
use crate::files::regular;
use crate::store::account_files::{ACCOUNTS, INVENTORY};
use crate::store::factory::{self, Folder, FolderReader};
use crate::store::traits::{LogReader as _, Published};

/// The database.
const DATABASE: &str = "db";
/// The parts of a ledger's folder that are copied, all but the lock.
pub const PARTS: [&str; 9] =
    [DATABASE, ORIGINALS, ACCOUNTS, INVENTORY, LEDGER_KEY, PREVIOUS_KEY, NEXT_KEY, PLATFORM_KEY, "mark"];
const PIECE: usize = 1024 * 1024;
/// Mode of folders in a copy: all of it is private.
const FOLDER_MODE: u32 = 0o700;
/// Mode of files in a copy.
const FILE_MODE: u32 = 0o600;

/// The existing parts and their paths, the originals in a folder of their own. After an interrupted opening the database is in its
/// safety copy.
fn parts(folder: &Path, originals: &Path) -> Result<Vec<(&'static str, PathBuf, Metadata)>, CliError> {
    let mut found = Vec::new();
    for part in PARTS {
        let path = match part {
            DATABASE => Folder::new(folder).valid_database().map_err(|error| CliError::io(folder, &error))?,
            ORIGINALS => originals.to_owned(),
            part => folder.join(part),
        };
        match fs::symlink_metadata(&path) {
            Ok(metadata) => found.push((part, path, metadata)),
            // Keys are optional; the check finds other missing parts.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(CliError::io(&path, &error)),
        }
    }
    Ok(found)
}

/// Checks that neither folder is inside the other: a copy into its own source would not end, and a copy inside a ledger would keep
/// content that is erased later.
///
/// # Errors
///
/// [`CliError`]: it is, or a folder cannot be read. Nothing was written.
pub fn must_be_apart(source: &Path, target: &Path) -> Result<(), CliError> {
    let (from, to) = (resolved(source)?, resolved(target)?);
    if !from.starts_with(&to) && !to.starts_with(&from) {
        return Ok(());
    }
    let (source, target) = (source.display(), target.display());
    let en =
        format!("{target} and {source} lie inside each other: choose a target outside of the folder that is copied");
    let zh = format!("{target} 与 {source} 互相包含：请选择被复制文件夹之外的位置");
    Err(CliError::unable("destination_inside", zh, en))
}

/// The path without links; its end need not exist.
fn resolved(path: &Path) -> Result<PathBuf, CliError> {
    let whole = std::path::absolute(path).map_err(|error| CliError::io(path, &error))?;
    let existing = whole.ancestors().find(|part| part.exists()).unwrap_or(&whole);
    let rest = whole.strip_prefix(existing).unwrap_or(Path::new(""));
    let existing = fs::canonicalize(existing).map_err(|error| CliError::io(path, &error))?;
    Ok(existing.join(rest))
}

/// Size of a copy in bytes, with the originals of `originals`.
///
/// # Errors
///
/// [`CliError`]: something cannot be read, or is neither a file nor a folder. Nothing was copied.
pub fn size_of(from: &Path, originals: &Path) -> Result<u64, CliError> {
    let mut total = 0;
    for (_, path, metadata) in parts(from, originals)? {
        total += size_inside(&path, &metadata)?;
    }
    Ok(total)
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

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    entries.map_err(|error| CliError::io(folder, &error))
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

/// Copies a ledger's folder, and the originals of a folder of their own, to the new folder `to`, and fsyncs everything. Calls `copied` with the size of every piece.
///
/// # Errors
///
/// [`CliError`]: `to` exists, or one of them cannot be read or written.
pub fn copy(folders: (&Path, &Path), to: &Path, copied: &dyn Fn(u64)) -> Result<(), CliError> {
    copy_but(&[], folders, to, copied)
}

/// As [`copy`], without the private key of the successor: a backup must not hold the ledger key together with the key that
/// replaces it if the backup is stolen.
///
/// # Errors
///
/// As [`copy`].
pub fn copy_without_successor(folders: (&Path, &Path), to: &Path, copied: &dyn Fn(u64)) -> Result<(), CliError> {
    copy_but(&[NEXT_KEY], folders, to, copied)
}

fn copy_but(
    left_out: &[&str],
    (from, originals): (&Path, &Path),
    to: &Path,
    copied: &dyn Fn(u64),
) -> Result<(), CliError> {
    DirBuilder::new().mode(FOLDER_MODE).create(to).map_err(|error| CliError::io(to, &error))?;
    for (part, path, metadata) in parts(from, originals)?.into_iter().filter(|(part, ..)| !left_out.contains(part)) {
        copy_one(&path, &metadata, &to.join(part), copied)?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(|error| CliError::io(to, &error))
}

fn copy_one(from: &Path, metadata: &Metadata, to: &Path, copied: &dyn Fn(u64)) -> Result<(), CliError> {
    if metadata.is_file() {
        return copy_file(from, to, copied);
    }
    if !metadata.is_dir() {
        return Err(not_regular(from));
    }
    let written = |error: io::Error| CliError::io(to, &error);
    DirBuilder::new().mode(FOLDER_MODE).create(to).map_err(written)?;
    for entry in entries(from)? {
        let metadata = fs::symlink_metadata(&entry).map_err(|error| CliError::io(&entry, &error))?;
        copy_one(&entry, &metadata, &to.join(entry.file_name().unwrap_or_default()), copied)?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(written)
}

/// Each error names the file that could not be read or written.
fn copy_file(from: &Path, to: &Path, copied: &dyn Fn(u64)) -> Result<(), CliError> {
    let (read, written) = (|error| CliError::io(from, &error), |error| CliError::io(to, &error));
    let mut source = regular::open_own(from).map_err(read)?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(to).map_err(written)?;
    let mut piece = vec![0; PIECE];
    loop {
        let count = source.read(&mut piece).map_err(read)?;
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        target.write_all(bytes).map_err(written)?;
        copied(count as u64);
    }
    target.sync_all().map_err(written)
}

/// Opens a copy read-only, which compares its database with its checkpoint file. Returns the ledger and its last checkpoint.
///
/// # Errors
///
/// [`CliError`]: the copy is not a complete ledger.
pub fn check(copy: &Path) -> Result<(FolderReader, Arc<Published>), CliError> {
    let store = factory::open_read_only(copy, &database_options()).map_err(|error| cannot_open(copy, &error))?;
    let published = store.published().ok_or_else(|| {
        let en = format!("{}: nothing was signed yet", copy.display());
        CliError::unable("nothing_signed", format!("{}：尚无已签名的内容", copy.display()), en)
    })?;
    Ok((store, published))
}

/// How far a ledger has come, for people.
#[must_use]
pub fn checkpoint_rows(published: &Published) -> Vec<Vec<String>> {
    let row = |zh: &str, en: &str, value: String| vec![zh.to_owned(), en.to_owned(), value];
    vec![
        row("链标识", "ledger", published.checkpoint.checkpoint().origin.to_string()),
        row("记录数", "records", published.size().to_string()),
        row("区块高度", "block height", published.height.to_string()),
        row("区块生成时间", "block generation time", format!("{} 北京时间", published.block_time.beijing())),
    ]
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn sample(from: &Path) {
        for folder in ["db", "originals/07"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        for (name, bytes) in [
            ("db/000007.sst", "rows"),
            ("originals/07/object", "sealed"),
            ("ledger.key", "k"),
            ("next.key", "n"),
            ("platform.key", "p"),
            ("mark", "m"),
            ("lock", ""),
            ("notes.txt", "mine"),
        ] {
            fs::write(from.join(name), bytes).unwrap();
        }
    }

    #[test]
    fn a_copy_holds_all_that_a_restore_needs_and_nothing_else() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        sample(&from);
        fs::set_permissions(from.join("platform.key"), fs::Permissions::from_mode(0o644)).unwrap();
        let copied = std::cell::Cell::new(0);
        copy((&from, &from.join(ORIGINALS)), &to, &|bytes| copied.set(copied.get() + bytes)).unwrap();
        assert_eq!((copied.get(), size_of(&from, &from.join(ORIGINALS)).unwrap()), (14, 14));
        for (name, bytes) in [("originals/07/object", "sealed"), ("platform.key", "p"), ("db/000007.sst", "rows")] {
            assert_eq!(fs::read_to_string(to.join(name)).unwrap(), bytes, "{name}");
        }
        let mode = |name: &str| fs::metadata(to.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("originals/07"), mode("db"), mode("platform.key")), (0o700, 0o700, 0o600));
        assert!(!to.join("lock").exists() && !to.join("notes.txt").exists());
    }

    #[test]
    fn links_and_special_files_are_refused_before_anything_is_copied() {
        for name in ["platform.key", "originals", "mark", "db", "db/000008.sst", "originals/07/other"] {
            let scratch = tempfile::tempdir().unwrap();
            let (from, outside) = (scratch.path().join("from"), scratch.path().join("outside"));
            sample(&from);
            fs::create_dir(&outside).unwrap();
            let path = from.join(name);
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
            symlink(&outside, &path).unwrap();
            let refused = size_of(&from, &from.join(ORIGINALS)).unwrap_err();
            assert_eq!(refused.code, "not_a_file", "{name}");
            assert!(refused.en.contains(name), "{}", refused.en);
            let refused = copy((&from, &from.join(ORIGINALS)), &scratch.path().join("to"), &|_| {}).unwrap_err();
            assert_eq!(refused.code, "not_a_file", "{name}");
        }
    }

    #[test]
    fn an_error_names_the_file_that_failed() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        fs::write(&from, "bytes").unwrap();
        fs::write(&to, "there").unwrap();
        assert!(copy_file(&from, &to, &|_| {}).unwrap_err().en.starts_with(&*to.to_string_lossy()));
        assert!(copy_file(&to.join("none"), &to, &|_| {}).unwrap_err().en.contains("none"));
    }
}
