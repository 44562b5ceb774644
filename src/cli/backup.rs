//! `backup`: copies the ledger of a stopped or running node, and checks the copy.
//!
//! Of a running node, which holds its database locked, the copy is made from a snapshot that the node takes (`node_snapshot`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use crate::cli::case_key::random_bytes;
use crate::cli::control::ControlClient;
use crate::cli::copy_report::CopyReport;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::folder_copy::{check, checkpoint_rows, copy_without_successor, must_be_apart, size_of};
use crate::cli::open_errors::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::files::regular;
use crate::sequencer::clock::{Clock as _, SystemClock};
use crate::store::factory::{BACKUP_LOCK, Folder, LAST_BACKUP, OpenError, SNAPSHOT};

const EXAMPLES: &str = "\
Example:
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

A running node is asked through its control socket for a snapshot, which is copied and then
removed; deposits wait for less than a second, and erasures until the backup has ended. The
copy is written under another name beside the target, fsynced, opened read-only and compared
with its checkpoint file before it gets its own name. Each original in custody is compared
with its record by presence, name and size, and not decrypted: `tiezheng audit` on the copy
does that. The key files are compared with the ledger; the output says which of them are in
the copy. Keep it as safe as the node: it holds private content and the originals with the
keys that open them. A copy that was cut off stays beside the target as .tiezheng-backup-…,
and may be removed.
|
示例：
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

节点运行中时，经控制套接字取得快照后复制，完成后移除快照；存证暂停不足一秒，删除待备份结束后进行。
副本先以临时名称写在目标旁，落盘后以只读方式打开并与检查点文件核对，然后才改为正式名称。托管原文仅
核对是否存在、名称与大小；如需解密核对，请对备份运行 tiezheng audit。各密钥文件均与账本核对，并说明
是否含于备份。备份含非公开内容及托管原文与其密钥，请与节点同等保管。中断的副本以 .tiezheng-backup-…
为名留在目标旁，可以删除。";

/// Copy the ledger of a stopped or running node, and check the copy | 备份并核对副本，节点无须停止
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// The ledger's folder | 账本文件夹
    dir: PathBuf,
    /// The new folder for the copy | 备份文件夹
    #[arg(long, value_name = "DEST")]
    to: PathBuf,
}

/// Runs it.
///
/// # Errors
///
/// The node refuses, the destination exists, or one of them cannot be read or written. The copy is removed then.
pub async fn run(args: &BackupArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    if args.to.symlink_metadata().is_ok() {
        let en = format!("{} is there already; a backup never overwrites", args.to.display());
        return Err(
            CliError::unable("destination_exists", format!("{} 已存在，备份不会覆盖", args.to.display()), en).into()
        );
    }
    let parent = durable::folder_of(&args.to);
    fs::metadata(parent).map_err(|error| CliError::io(parent, &error))?;
    must_be_apart(&args.dir, &args.to)?;
    let status = match ControlClient::of(&args.dir)? {
        None => {
            // A shared lock until the copy is done: no node can start, other readers can.
            let lock = Folder::new(&args.dir).lock_shared();
            let _lock = lock.map_err(|error| cannot_open(&args.dir, &OpenError::from(error)))?;
            copy_from(&args.dir, args, screen)?
        }
        Some(node) => {
            let _lock = lock_for_backup(&args.dir)?;
            node.send(Method::POST, "/snapshot", String::new()).await?;
            let folder = args.dir.join(SNAPSHOT);
            let copied = tokio::task::block_in_place(|| copy_from(&folder, args, screen));
            let removed = node.send(Method::DELETE, "/snapshot", String::new()).await;
            let status = copied?;
            if let Err(error) = removed {
                let (zh, en) = (
                    format!("快照未能移除，将由下次备份或启动移除：{}", error.zh),
                    format!("the snapshot was not removed; the next backup or start removes it: {}", error.en),
                );
                screen.aside(screen.pick(&zh, &en))?;
            }
            status
        }
    };
    if status == ExitStatus::Good {
        record_time(&args.dir, screen)?;
    }
    Ok(status)
}

/// Locks the folder against another backup, which would replace this one's snapshot. The lock is released when the file is dropped.
fn lock_for_backup(dir: &Path) -> Result<File, CliError> {
    let path = dir.join(BACKUP_LOCK);
    let file = regular::open_own_or_create(&path).map_err(|error| CliError::io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let dir = dir.display();
            let en = format!("another backup of {dir} is being made; try again when it has ended");
            Err(CliError::unable("backup_running", format!("{dir} 正在进行另一次备份，请待其结束后重试"), en))
        }
        Err(TryLockError::Error(error)) => Err(CliError::io(&path, &error)),
    }
}

/// The folder of the originals: of the snapshot, or of the ledger itself where they are on another file system.
fn originals_of(dir: &Path, args: &BackupArgs) -> PathBuf {
    let own = dir.join(ORIGINALS);
    if own.exists() { own } else { args.dir.join(ORIGINALS) }
}

/// Records the time of the backup in the ledger's folder, for the node's metrics.
fn record_time(dir: &Path, screen: &Screen) -> anyhow::Result<()> {
    let now = SystemClock::new().read().wall.as_millis();
    // The folder may belong to another user: a new name, which follows no link, and the node must be able to read the file.
    let draft = dir.join(format!("{}{LAST_BACKUP}-{}", durable::OWN_MARK, hex::encode(random_bytes::<8>()?)));
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).open(&draft);
    let written = opened.and_then(|mut file| {
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
        file.write_all(format!("{now}\n").as_bytes())?;
        fs::rename(&draft, dir.join(LAST_BACKUP))
    });
    if let Err(error) = written {
        let (zh, en) = (
            format!("备份时间未能记入 {}：{error}", dir.display()),
            format!("the time of the backup was not recorded in {}: {error}", dir.display()),
        );
        screen.aside(screen.pick(&zh, &en))?;
    }
    Ok(())
}

/// Copies the ledger in `dir`, which nothing writes to.
fn copy_from(dir: &Path, args: &BackupArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let originals = originals_of(dir, args);
    let size = size_of(dir, &originals)?;
    let (_, original) = check(dir)?;
    let draft = draft_beside(&args.to)?;
    let progress = Progress::of_bytes(screen, size);
    let copied = copy_without_successor((dir, &originals), &draft, &|bytes| progress.add(bytes)).and_then(|()| {
        let (store, copied) = check(&draft)?;
        if copied != original {
            let en = "the copy ends elsewhere than the original: something else writes to the folder";
            return Err(CliError::finding("copy_differs", "备份与原件不一致：有其他程序在写入", en));
        }
        let report = CopyReport::of(&draft, &store)?;
        drop(store);
        durable::rename_new_durably(&draft, &args.to).map_err(|error| CliError::io(&args.to, &error))?;
        Ok((copied, report))
    });
    drop(progress);
    let (copied, report) = copied.inspect_err(|_| {
        // The draft has a random name of this program. If its removal fails, it is harmless.
        let _ = fs::remove_dir_all(&draft);
    })?;
    let mut document = json!({
        "backup": args.to.to_string_lossy(),
        "bytes": size,
        "ledger": copied.checkpoint.checkpoint().origin.as_str(),
        "size": copied.size().0,
        "block_height": copied.height.0,
        "checkpoint": copied.checkpoint.note().to_string(),
    });
    document.as_object_mut().into_iter().for_each(|document| document.extend(report.fields()));
    screen.document(&document)?;
    let word = screen.pick("已备份，数据库已与检查点核对：", "copied, the database compared with its checkpoint:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.to.display()))?;
    screen.table(&checkpoint_rows(&copied))?;
    report.show(screen)?;
    let parts = report.private_parts(screen);
    let (zh, en) = (
        format!("备份含：{parts}。请与节点同等保管。"),
        format!("the copy holds {parts}: keep it as safe as the node"),
    );
    screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
    Ok(report.exit_status())
}

/// A new random name in the target's folder.
fn draft_beside(to: &Path) -> Result<PathBuf, CliError> {
    let random = hex::encode(random_bytes::<8>()?);
    Ok(durable::folder_of(to).join(format!("{}backup-{random}", durable::OWN_MARK)))
}
