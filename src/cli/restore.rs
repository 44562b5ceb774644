//! `restore`: restores a ledger from a backup.
//!
//! ```text
//! copy    backup ─▶ .tiezheng-restoring     fsynced, opened read-only and compared with its checkpoint file
//! name    .tiezheng-restoring ─▶ .tiezheng-restored, its parts ─▶ the folder, the checkpoint file last
//! ```
//!
//! # Invariants
//!
//! After a kill at any moment the same command continues: before the first rename it copies again, afterwards it renames the
//! remaining parts. Until it is complete, no other command opens the folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::copy_report::CopyReport;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::folder_copy::{PARTS, check, checkpoint_rows, copy, must_be_apart, size_of};
use crate::cli::open_errors::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::files::regular;
use crate::store::factory::{BESIDE, Folder, KEYS, OpenError, RESTORED, RESTORING};
use crate::store::traits::Published;

const EXAMPLES: &str = "\
Example:
  tiezheng restore /mnt/backup/2026-11-22 --data chain-data

Into an empty folder only. A restore that was cut off goes on when it is run again. A backup
that is older than the last receipt given out is a rollback: what was deposited since is lost
from this ledger, and the receipts of it prove that. Restore the newest copy there is, and
tell depositors and auditors. The key files are compared with the ledger first; originals are
compared by presence, name and size, and not decrypted: `tiezheng audit` does that.
|
示例：
  tiezheng restore /mnt/backup/2026-11-22 --data chain-data

只恢复到空文件夹；中断后重新运行即可继续。若备份早于最后一份已发出的回执，即为回退：其后的存证将
丢失，且回执可以证明。请恢复最新的备份，并告知存证人和审计人员。恢复前先将各密钥文件与账本核对；
托管原文仅核对是否存在、名称与大小，不解密，如需解密核对，请运行 tiezheng audit。";

/// The checkpoint file's name in a ledger's folder.
const CHECKPOINT_FILE: &str = "mark";
/// Upper bound of its size in bytes.
const MARK_MAX: usize = 1 << 20;

/// Restore a lost ledger from a backup | 从备份恢复
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The backup | 备份文件夹
    backup: PathBuf,
    /// The empty folder to restore into | 恢复到此空文件夹
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Runs it.
///
/// # Errors
///
/// The folder is not empty, the backup is not a complete ledger, or either cannot be read or written.
pub fn run(args: &RestoreArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    must_be_apart(&args.backup, &args.data)?;
    let size = size_of(&args.backup, &args.backup.join(ORIGINALS))?;
    let (store, expected) = check(&args.backup)?;
    // Before anything is written: with a key that is not the ledger's, the node would never start.
    if let Some(wrong) = CopyReport::of(&args.backup, &store)?.wrong_key() {
        return Err(key_in_backup(wrong).into());
    }
    drop(store);
    let folder = Folder::new(&args.data);
    let io = |error: io::Error| CliError::io(&args.data, &error);
    folder.make().map_err(io)?;
    let lock = folder.lock();
    let lock = lock.map_err(|error| cannot_open(&args.data, &OpenError::from(error)))?;
    folder.restrict().map_err(io)?;
    let (draft, complete) = (args.data.join(RESTORING), args.data.join(RESTORED));
    for (path, name) in [(&draft, RESTORING), (&complete, RESTORED)] {
        if path.is_symlink() {
            return Err(cannot_open(&args.data, &OpenError::Stranger { name: name.into() }).into());
        }
    }
    if !complete.try_exists().map_err(io)? {
        must_be_empty(&folder)?;
        // An incomplete copy of an earlier restore is not a ledger. No other program uses this name.
        remove(&draft)?;
        let progress = Progress::of_bytes(screen, size);
        copy((&args.backup, &args.backup.join(ORIGINALS)), &draft, &|bytes| progress.add(bytes))?;
        drop(progress);
        must_be_the_same(&check(&draft)?.1, &expected, &draft)?;
        durable::rename_new_durably(&draft, &complete).map_err(io)?;
    }
    must_be_of(&complete, &args.backup)?;
    put_in_place(&complete, &args.data)?;
    drop(lock);
    let (store, restored) = check(&args.data)?;
    must_be_the_same(&restored, &expected, &args.data)?;
    let report = CopyReport::of(&args.data, &store)?;
    drop(store);
    let mut document = json!({
        "data": args.data.to_string_lossy(),
        "bytes": size,
        "ledger": restored.checkpoint.checkpoint().origin.as_str(),
        "size": restored.size().0,
        "block_height": restored.height.0,
        "checkpoint": restored.checkpoint.note().to_string(),
    });
    document.as_object_mut().into_iter().for_each(|document| document.extend(report.fields()));
    screen.document(&document)?;
    let word = screen.pick("已恢复，数据库已与检查点核对：", "restored, the database compared with its checkpoint:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.data.display()))?;
    screen.table(&checkpoint_rows(&restored))?;
    report.show(screen)?;
    let text = screen.pick(
        "请与最后一份已发出的回执比较：若其记录数更大，则此次恢复是回退，其后的存证已丢失，请告知存证人与审计人员。",
        "Compare it with the last receipt given out: if that speaks of more records, this is a rollback. What was deposited \
         since is lost from this ledger, and its receipts prove it: tell depositors and auditors.",
    );
    screen.line(screen.paint(WARNING, text))?;
    Ok(report.exit_status())
}

/// The error of a key in a backup that is not the ledger's.
fn key_in_backup(wrong: &CliError) -> CliError {
    wrong.clone().with_line(
        "未恢复任何内容。也可先将该密钥文件移出备份再恢复，并在启动前将正确的密钥放入恢复后的文件夹",
        "nothing was restored. The key file may also be moved out of the backup: then put the right one into the restored folder before the start",
    )
}

/// Checks that the copy of an interrupted restore is of this backup. The checkpoint file is renamed last, so it is present
/// until then.
fn must_be_of(complete: &Path, backup: &Path) -> Result<(), CliError> {
    let copied = complete.join(CHECKPOINT_FILE);
    if !copied.exists() {
        return Ok(());
    }
    let original = backup.join(CHECKPOINT_FILE);
    let read = |path: &Path| regular::read_own(path, MARK_MAX).map_err(|error| CliError::io(path, &error));
    if read(&copied)? == read(&original)? {
        return Ok(());
    }
    let (copied, backup) = (complete.display(), backup.display());
    let en = format!(
        "{copied} holds another backup than {backup}, of a restore that was cut off: run the restore of that backup again, or restore into another folder"
    );
    let zh = format!(
        "{copied} 来自此前中断的另一次恢复，与 {backup} 不是同一备份：请重新运行该备份的恢复，或恢复到其他文件夹"
    );
    Err(CliError::finding("copy_differs", zh, en))
}

fn must_be_empty(folder: &Folder) -> Result<(), CliError> {
    let io = |error: io::Error| CliError::io(folder.path(), &error);
    let stranger = folder.stranger().map_err(io)?;
    if let Some(name) = stranger {
        return Err(cannot_open(folder.path(), &OpenError::Stranger { name }));
    }
    let own = [&["db", "mark"][..], &KEYS, &BESIDE].concat();
    let taken = folder.has_any(&own).map_err(io)?;
    if taken { Err(cannot_open(folder.path(), &OpenError::Exists)) } else { Ok(()) }
}

/// Checks that the copy has the backup's checkpoint; it has not if an interrupted restore was of another backup.
fn must_be_the_same(found: &Published, expected: &Published, folder: &Path) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    let (dir, found, expected) = (folder.display(), found.size(), expected.size());
    let en = format!(
        "{dir} holds another ledger state ({found} records) than this backup ({expected}): an earlier restore was of another backup, or the backup was changed meanwhile. Restore into another folder"
    );
    let zh = format!(
        "{dir} 中的账本（{found} 条记录）与此备份（{expected} 条）不一致：此前中断的恢复来自另一备份，或备份同时被更改。请恢复到其他文件夹"
    );
    Err(CliError::finding("copy_differs", zh, en))
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
