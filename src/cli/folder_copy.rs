//! Copies of a ledger's folder, durable and checked before they get their name.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::cli::ending::Complaint;
use crate::cli::office::{ORIGINALS, PLATFORM_KEY};
use crate::cli::opening::cannot_open;
use crate::store::contract::{Published, ReadLedger as _};
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning::Options;

/// What a ledger's folder holds that is to be copied; the lock is no part of a copy.
const PARTS: [&str; 6] = ["db", ORIGINALS, "ledger.key", "next.key", PLATFORM_KEY, "mark"];
const PIECE: usize = 1024 * 1024;

/// Bytes of what a copy will hold.
///
/// # Errors
///
/// The folder cannot be read.
pub fn size_of(from: &Path) -> io::Result<u64> {
    let mut total = 0;
    for part in PARTS {
        let path = from.join(part);
        total += match fs::metadata(&path) {
            Ok(found) if found.is_dir() => size_inside(&path)?,
            Ok(found) => found.len(),
            Err(_) => 0,
        };
    }
    Ok(total)
}

fn size_inside(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() { size_inside(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(total)
}

/// Copies a ledger's folder into the new folder `to`, and fsyncs everything. `copied` hears of every piece.
///
/// # Errors
///
/// [`Complaint`]: `to` is there already, or either cannot be read or written.
pub fn copy(from: &Path, to: &Path, copied: &dyn Fn(u64)) -> Result<(), Complaint> {
    DirBuilder::new().mode(0o700).create(to).map_err(|error| Complaint::io(to, &error))?;
    for part in PARTS {
        let (from, to) = (from.join(part), to.join(part));
        let done = match fs::metadata(&from) {
            Ok(found) if found.is_dir() => copy_folder(&from, &to, copied),
            Ok(_) => copy_file(&from, &to, copied),
            // A copy need not hold the keys; whether what it must hold is there, the check tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        done.map_err(|error| Complaint::io(&from, &error))?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(|error| Complaint::io(to, &error))
}

fn copy_folder(from: &Path, to: &Path, copied: &dyn Fn(u64)) -> io::Result<()> {
    // The folders of originals are for their owner only.
    DirBuilder::new().mode(fs::metadata(from)?.permissions().mode() & 0o777).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to, copied)?;
        } else if kind.is_file() {
            copy_file(&entry.path(), &to, copied)?;
        }
    }
    File::open(to)?.sync_all()
}

fn copy_file(from: &Path, to: &Path, copied: &dyn Fn(u64)) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mode = source.metadata()?.permissions().mode() & 0o777;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
    let mut piece = vec![0; PIECE];
    loop {
        let count = source.read(&mut piece)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        target.write_all(read)?;
        copied(count as u64);
    }
    target.sync_all()
}

/// Opens a copy read-only, which holds its database against its mark; what it has signed last.
///
/// # Errors
///
/// [`Complaint`]: the copy is no whole ledger.
pub fn check(copy: &Path) -> Result<std::sync::Arc<Published>, Complaint> {
    let store = RocksStore::open_read_only(copy, &Options::default()).map_err(|error| cannot_open(copy, &error))?;
    store.published().ok_or_else(|| {
        let en = format!("{}: nothing was signed yet", copy.display());
        Complaint::unable("nothing_signed", format!("{}：尚无已签名的内容", copy.display()), en)
    })
}

/// How far a ledger has come, for people.
#[must_use]
pub fn told(published: &Published) -> Vec<Vec<String>> {
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
    use super::*;

    #[test]
    fn a_copy_holds_all_that_a_restore_needs_and_nothing_else() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        let shelf = from.join("originals/07");
        for folder in ["db", "originals/07"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        fs::set_permissions(&shelf, fs::Permissions::from_mode(0o700)).unwrap();
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
        let copied = std::cell::Cell::new(0);
        copy(&from, &to, &|bytes| copied.set(copied.get() + bytes)).unwrap();
        assert_eq!((copied.get(), size_of(&from).unwrap()), (14, 14));
        for (name, bytes) in [("originals/07/object", "sealed"), ("platform.key", "p"), ("db/000007.sst", "rows")] {
            assert_eq!(fs::read_to_string(to.join(name)).unwrap(), bytes, "{name}");
        }
        assert_eq!(fs::metadata(to.join("originals/07")).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!to.join("lock").exists() && !to.join("notes.txt").exists());
    }
}
