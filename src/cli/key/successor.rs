//! The private key of the ledger key's successor, in a file that is not the node's: `--next-key-out`.
//!
//! # Invariants
//!
//! The file is created with mode 0600 and never replaced. It is durable before the ledger commits to the key, so that the ledger
//! never commits to a key without a file. The next command uses a file that an interrupted one has left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::case_key;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::key::new::of_ledger;
use crate::ledger::key::{Name, Signer};

/// Whether a file at `path` would lie in `folder`, links resolved. Neither need exist.
///
/// # Errors
///
/// [`CliError`]: a path cannot be read.
pub fn is_inside(path: &Path, folder: &Path) -> Result<bool, CliError> {
    let parent = durable::folder_of(path);
    Ok(resolved(parent)?.starts_with(resolved(folder)?))
}

fn resolved(path: &Path) -> Result<PathBuf, CliError> {
    let whole = std::path::absolute(path).map_err(|error| CliError::io(path, &error))?;
    let existing = whole.ancestors().find(|part| part.exists()).unwrap_or(&whole);
    let rest = whole.strip_prefix(existing).unwrap_or(Path::new(""));
    let existing = fs::canonicalize(existing).map_err(|error| CliError::io(path, &error))?;
    Ok(existing.join(rest))
}

/// Checks that the successor's key of a live ledger would not be stored next to the ledger's own, and that its folder exists.
///
/// # Errors
///
/// [`CliError`].
pub fn check_place(path: &Path, data: &Path, is_live: bool) -> Result<(), CliError> {
    if is_live && is_inside(path, data)? {
        let (file, dir) = (path.display(), data.display());
        let en = format!(
            "{file} is in {dir}, next to the ledger key: a copy of that folder would have both. Choose a place elsewhere for \
             --next-key-out"
        );
        let zh =
            format!("{file} 位于 {dir}，与账本密钥同处：取得该文件夹者将同时取得两者。请为 --next-key-out 另选位置");
        return Err(CliError::usage("next_key_beside_ledger", zh, en));
    }
    let folder = durable::folder_of(path);
    // The folder of a new test ledger, which keeps the key itself, may not exist yet.
    if folder != data {
        fs::metadata(folder).map_err(|error| CliError::io(folder, &error))?;
    }
    Ok(())
}

/// The key in the file, of the ledger `origin`; `None` if there is no such file.
///
/// # Errors
///
/// [`CliError`]: it cannot be read, may be read by others, or holds another key.
pub fn read(path: &Path, origin: &Name) -> Result<Option<Signer>, CliError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::io(path, &error)),
        Ok(_) => {}
    }
    let key = case_key::read(path)?;
    if key.verifier().name() == origin {
        return Ok(Some(key));
    }
    let (file, found) = (path.display(), key.verifier().name());
    let en = format!(
        "{file} holds a key of `{found}`, not of the ledger `{origin}`; it was not replaced. Choose another file"
    );
    let zh = format!("{file} 中是“{found}”的密钥，不是账本“{origin}”的，未覆盖。请换一个文件");
    Err(CliError::unable("key_of_another_ledger", zh, en))
}

/// A new key of the ledger `origin` in the new file `path`.
///
/// # Errors
///
/// [`CliError`]: the file exists, or cannot be written.
pub fn create(path: &Path, origin: &Name) -> Result<Signer, CliError> {
    let key = of_ledger(origin.as_str())?;
    case_key::write(path, &key).map_err(|error| CliError::io(path, &error))?;
    Ok(key)
}
