//! The snapshot of a running node's folder, from which `backup` copies.
//!
//! ```text
//! DATA/.tiezheng-snapshot/
//! ├── db, mark                                  taken between two blocks
//! ├── originals/…, ledger.key, platform.key …   hard links
//! └── accounts/…                                copies
//! ```
//!
//! # Invariants
//!
//! The snapshot has the layout of a ledger's folder, and is opened and checked as one. It lies in the ledger's folder, so that an
//! erasure is not confirmed while a file of the snapshot holds the erased content. A node that finds a snapshot at its start
//! removes it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::cli::filing_service::{ORIGINALS, PLATFORM_KEY};
use crate::cli::node_keys::{LEDGER_KEY, PREVIOUS_KEY};
use crate::store::account_files::{ACCOUNTS, INVENTORY};
use crate::store::factory::{NodeStore, SNAPSHOT};

/// Makes the snapshot of the node on `data`, and returns its folder. An earlier one is replaced.
///
/// # Errors
///
/// Why it was not made. Files written so far are removed.
pub fn make(data: &Path, store: &NodeStore) -> Result<PathBuf, String> {
    remove(data).map_err(|error| error.to_string())?;
    let folder = data.join(SNAPSHOT);
    fill(data, &folder, store).inspect_err(|_| {
        if let Err(error) = remove(data) {
            tracing::warn!(%error, "an incomplete snapshot is still there; the next one replaces it");
        }
    })?;
    Ok(folder)
}

/// Removes the snapshot, if there is one.
///
/// # Errors
///
/// A file cannot be removed.
pub fn remove(data: &Path) -> io::Result<()> {
    match fs::remove_dir_all(data.join(SNAPSHOT)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn fill(data: &Path, folder: &Path, store: &NodeStore) -> Result<(), String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| format!("{path}: {error}")
    };
    make_folder(folder).map_err(failed(folder))?;
    // Before and after the database: the first pass has an original that is removed meanwhile, the second one that is added.
    let originals = data.join(ORIGINALS);
    let link_originals = || link_originals(&originals, &folder.join(ORIGINALS)).map_err(failed(&originals));
    link_originals()?;
    store.snapshot(folder).map_err(|error| error.to_string())?;
    link_originals()?;
    for name in [LEDGER_KEY, PREVIOUS_KEY, PLATFORM_KEY] {
        place(&data.join(name), &folder.join(name), link).map_err(failed(&data.join(name)))?;
    }
    // The inventory first: a file that is added meanwhile is in the copy and not listed, never the reverse. Account files are
    // replaced by renaming, so a copy is one version of each.
    place(&data.join(INVENTORY), &folder.join(INVENTORY), copy).map_err(failed(&data.join(INVENTORY)))?;
    let accounts = data.join(ACCOUNTS);
    place_all(&accounts, &folder.join(ACCOUNTS), copy).map_err(failed(&accounts))
}

fn make_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Links the originals. If they are on another file system, or the file system has no hard links, the snapshot has none. Then the
/// backup copies them from their folder, since a copy in the ledger's folder might fill its disk.
fn link_originals(originals: &Path, target: &Path) -> io::Result<()> {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, Unsupported};
    match place_all(originals, target, |from, to| fs::hard_link(from, to)) {
        Err(error) if matches!(error.kind(), CrossesDevices | PermissionDenied | Unsupported) => {
            fs::remove_dir_all(target)
        }
        placed => placed,
    }
}

/// How a file is put into the snapshot.
type Place = fn(&Path, &Path) -> io::Result<()>;

fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        // A file system without hard links.
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            copy(from, to)
        }
        linked => linked,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// Places one file; one that is not there, or was placed before, is left out.
fn place(from: &Path, to: &Path, how: Place) -> io::Result<()> {
    match how(from, to) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => Ok(()),
        placed => placed,
    }
}

/// Places the files of a folder and of its subfolders.
fn place_all(from: &Path, to: &Path, how: Place) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    make_folder(to)?;
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            place_all(&from, &to, how)?;
        } else if kind.is_file() {
            place(&from, &to, how)?;
        }
    }
    Ok(())
}
