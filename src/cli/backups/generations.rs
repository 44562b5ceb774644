//! The earlier copies beside the latest backup of a ledger, and the erasures since they were made.
//!
//! ```text
//! /mnt/backup/ledger                          the latest copy: a complete ledger's folder
//! /mnt/backup/ledger.20261129T010000.000Z     an earlier one, named after the time at which it was made
//! ```
//!
//! # Invariants
//!
//! A new copy is complete, checked and fsynced under a name of its own before the one before is renamed, and nothing is removed before
//! the new one has its name: at each moment a complete copy is there. Only folders with this name, a readable list and the same ledger are
//! taken for earlier copies.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::backups::folder_target::EarlierCopy;
use crate::cli::backups::list::Backup;
use crate::cli::case_key::random_bytes;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::open_errors::unreadable;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;
use crate::query::proofs;
use crate::store::factory::FolderReader;
use crate::store::traits::LogReader as _;

/// A new random name beside `to`.
///
/// # Errors
///
/// [`CliError`]: the system has no randomness.
pub fn draft_beside(to: &Path) -> Result<PathBuf, CliError> {
    let random = hex::encode(random_bytes::<8>()?);
    Ok(durable::folder_of(to).join(format!("{}backup-{random}", durable::OWN_MARK)))
}

/// The name of an earlier copy of `to` that was made at `made`.
fn earlier_name(to: &Path, made: Timestamp) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(made.to_string().replace(['-', ':'], ""));
    to.with_file_name(name)
}

/// The earlier copies of `to` of the ledger `origin`, the latest first.
///
/// # Errors
///
/// [`CliError`]: the folder that they are in cannot be read.
pub fn earlier_copies(to: &Path, origin: &Name) -> Result<Vec<EarlierCopy>, CliError> {
    let parent = durable::folder_of(to);
    let mut copies = copies_of(to).map_err(|error| CliError::io(parent, &error))?;
    copies.retain(|copy| copy.list.checkpoint.checkpoint().origin == *origin);
    Ok(copies)
}

/// All earlier copies of `to`, the latest first.
fn copies_of(to: &Path) -> io::Result<Vec<EarlierCopy>> {
    let (parent, mut start) = (durable::folder_of(to), to.file_name().unwrap_or_default().as_bytes().to_vec());
    start.push(b'.');
    let mut copies = Vec::new();
    for entry in fs::read_dir(parent)? {
        let name = entry?.file_name();
        let folder = to.with_file_name(&name);
        if !name.as_bytes().starts_with(&start) || folder.is_symlink() {
            continue;
        }
        // A copy with a damaged list does not count: it is neither reused nor removed.
        let Ok(Some(list)) = Backup::read(&folder) else { continue };
        if earlier_name(to, list.made).file_name() == Some(&name) {
            copies.push(EarlierCopy { folder, list });
        }
    }
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.list.made));
    Ok(copies)
}

/// The newest copy of which an interrupted backup left only an earlier name, where there is nothing at `to`.
#[must_use]
pub fn left_behind(to: &Path) -> Option<PathBuf> {
    let copies = copies_of(to).unwrap_or_default();
    copies.into_iter().next().map(|copy| copy.folder)
}

/// Checks that the copy with the checkpoint `earlier` is an earlier state of the ledger in `store`.
///
/// # Errors
///
/// [`CliError`]: it is a later one, or of another ledger or history; or the ledger cannot be read.
pub fn must_precede(earlier: &SignedCheckpoint, to: &Path, store: &FolderReader) -> Result<(), CliError> {
    let (before, to) = (earlier.checkpoint(), to.display());
    let Some(published) = store.published() else { return Ok(()) };
    let now = published.checkpoint.checkpoint();
    if before.origin != now.origin {
        let en =
            format!("{to} is a backup of the ledger {}, not of {}: choose another target", before.origin, now.origin);
        let zh = format!("{to} 是账本 {} 的备份，而非 {} 的备份：请选择其他位置", before.origin, now.origin);
        return Err(CliError::unable("destination_exists", zh, en));
    }
    if before.size > now.size {
        let (before, now) = (before.size, now.size);
        let en = format!(
            "{to} has {before} records, more than this ledger's {now}: the ledger was rolled back. Keep that backup, restore it, or choose another target"
        );
        let zh =
            format!("{to} 有 {before} 条记录，多于此账本的 {now} 条：账本已被回退。请保留并恢复该备份，或选择其他位置");
        return Err(CliError::finding("backup_ahead", zh, en));
    }
    let root = proofs::root(store, before.size).map_err(|error| unreadable(&error))?;
    if root == before.root {
        return Ok(());
    }
    let size = before.size;
    let en = format!(
        "{to} has another history of this ledger: its first {size} records differ. Keep both, and find out why"
    );
    let zh = format!("{to} 中是此账本的另一份历史：前 {size} 条记录不同。请保留两者并查明原因");
    Err(CliError::finding("history_differs", zh, en))
}

/// Gives the complete copy `draft` the name `to`. The backup that has that name gets the name of an earlier copy.
///
/// # Errors
///
/// [`CliError`]; at each moment one of the two names is that of a complete copy.
pub fn put_in_place(draft: &Path, to: &Path, replaced: Option<&EarlierCopy>) -> Result<(), CliError> {
    if let Some(replaced) = replaced.filter(|replaced| replaced.folder == to) {
        let earlier = earlier_name(to, replaced.list.made);
        durable::rename_new_durably(to, &earlier).map_err(|error| CliError::io(&earlier, &error))?;
    }
    durable::rename_new_durably(draft, to).map_err(|error| CliError::io(to, &error))
}

/// An earlier copy, as the report shows it.
#[derive(Debug)]
pub struct EarlierReport {
    folder: PathBuf,
    made: Timestamp,
    records: u64,
    /// Erasures of the ledger that it does not have.
    pub erasures_since: usize,
}

impl EarlierReport {
    /// The report on `copy`, given the notices of all erasures.
    #[must_use]
    pub fn of(copy: &EarlierCopy, erasures: &BTreeSet<LeafIndex>) -> Self {
        let size = copy.list.checkpoint.checkpoint().size;
        let erasures_since = erasures.iter().filter(|notice| !size.contains(**notice)).count();
        Self { folder: copy.folder.clone(), made: copy.list.made, records: size.0, erasures_since }
    }

    /// The JSON of one.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "backup": self.folder.to_string_lossy(),
            "made": self.made.to_string(),
            "size": self.records,
            "erasures_since": self.erasures_since,
        })
    }

    /// The text in Chinese and English.
    #[must_use]
    pub fn text(&self) -> (String, String) {
        let Self { folder, made, records, erasures_since } = self;
        let folder = folder.display();
        match erasures_since {
            0 => (
                format!("较早的备份 {folder}：{records} 条记录，备份于北京时间 {}", made.beijing()),
                format!("earlier copy {folder}: {records} records, made {made}"),
            ),
            count => (
                format!(
                    "较早的备份 {folder}：早于 {count} 次删除，仍含已删除的非公开内容（{records} 条记录，备份于北京时间 {}）",
                    made.beijing()
                ),
                format!(
                    "earlier copy {folder}: made before {count} erasures, so it still holds the erased content ({records} records, made {made})"
                ),
            ),
        }
    }
}

/// Removes all but the `keep` latest copies, the one at the target included. Returns the paths of the removed ones.
///
/// # Errors
///
/// [`CliError`]: one cannot be removed.
pub fn remove_older(copies: &mut Vec<EarlierCopy>, to: &Path, keep: usize) -> Result<Vec<PathBuf>, CliError> {
    let older = copies.split_off(keep.saturating_sub(1).min(copies.len()));
    let mut removed = Vec::new();
    for EarlierCopy { folder, .. } in older {
        // Renamed first: a partly removed copy must not be taken for a backup.
        let going = draft_beside(to)?;
        let io = |error| CliError::io(&folder, &error);
        durable::rename_new_durably(&folder, &going).map_err(io)?;
        fs::remove_dir_all(&going).map_err(|error| CliError::io(&going, &error))?;
        removed.push(folder);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_copy_is_named_after_its_time() {
        let made = Timestamp::parse("2026-11-29T01:02:03.004Z").unwrap();
        assert_eq!(earlier_name(Path::new("/b/ledger"), made), Path::new("/b/ledger.20261129T010203.004Z"));
    }
}
