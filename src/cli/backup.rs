//! `backup`: copies the ledger of a stopped or running node, and checks the copy.
//!
//! Of a running node, which holds its database locked, the copy is made from a snapshot that the node takes (`node_snapshot`). A second
//! backup to the same target is incremental (`backups::folder_target`); with recipients, it is an encrypted archive (`backups::archive`).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::backups::archive::{self, ArchiveTarget};
use crate::cli::backups::folder_target::{EarlierCopy, FileCount, FolderTarget};
use crate::cli::backups::generations::{self, EarlierReport};
use crate::cli::backups::list::{Backup, BackupList};
use crate::cli::backups::walk::{NEXT_KEY, PARTS, Source};
use crate::cli::case_key::random_bytes;
use crate::cli::control::ControlClient;
use crate::cli::copy_report::CopyReport;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::folder_copy::{check, checkpoint_rows, must_be_apart};
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::cli::progress::Progress;
use crate::cli::screen::{BAD, GOOD, Screen, WARNING};
use crate::cli::values::at_least_one;
use crate::custody::age::keys::Recipient;
use crate::files::regular;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::{Clock as _, SystemClock};
use crate::store::factory::{BACKUP_LOCK, Folder, LAST_BACKUP, OpenError, SNAPSHOT};
use crate::store::traits::Published;

const EXAMPLES: &str = "\
Examples:
  tiezheng backup chain-data --to /mnt/backup/ledger
  tiezheng backup chain-data --to /mnt/backup/ledger --keep 14
  tiezheng backup chain-data --to /mnt/backup/2026-11-22.age --recipient age1…

A running node is asked through its control socket for a snapshot, which is copied and then
removed; deposits wait for less than a second, and erasures until the backup has ended. The
copy is written under another name beside the target, fsynced, opened read-only and compared
with its checkpoint file before it gets the target's name.

A second backup to the same target is incremental: files that have not changed (SHA-256 of
both sides) are hard links to those of the copy before, which is renamed TARGET.TIME. --keep N
removes all but the N latest copies. What is erased in the ledger stays in copies from before
the erasure: the output names them.

With --recipient, the target is one encrypted file, always of everything. `age-keygen` (Debian
package age) makes the key; keep it apart, without it nobody reads the backup.

Each original in custody is compared with its record by presence, name and size, and not
decrypted: `tiezheng audit` on the copy does that. The key files are compared with the ledger;
next.key is never copied. Keep a copy as safe as the node: it holds private content and the
originals with the keys that open them. A copy that was cut off stays beside the target as
.tiezheng-backup-…, and may be removed.
|
示例：
  tiezheng backup chain-data --to /mnt/backup/ledger
  tiezheng backup chain-data --to /mnt/backup/ledger --keep 14
  tiezheng backup chain-data --to /mnt/backup/2026-11-22.age --recipient age1…

节点运行中时，经控制套接字取得快照后复制，完成后移除快照；存证暂停不足一秒，删除待备份结束后进行。
副本先以临时名称写在目标旁，落盘后以只读方式打开并与检查点文件核对，然后才改为正式名称。

对同一目标再次备份为增量备份：未改变的文件（双方 SHA-256 相同）以硬链接沿用上一份副本，上一份副本
改名为“目标.时间”。--keep N 只保留最近 N 份。账本中已删除的内容仍在删除之前的副本中，输出会逐一列出。

使用 --recipient 时，目标为单个加密文件，每次均为完整备份。密钥由 age-keygen（Debian 软件包 age）生成，
请另行保管：没有它任何人都无法读取备份。

托管原文仅核对是否存在、名称与大小；如需解密核对，请对备份运行 tiezheng audit。各密钥文件均与账本
核对；next.key 从不复制。备份含非公开内容及托管原文与其密钥，请与节点同等保管。中断的副本以
.tiezheng-backup-… 为名留在目标旁，可以删除。";

/// Copy the ledger of a stopped or running node, and check the copy | 备份并核对副本，节点无须停止
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// The ledger's folder | 账本文件夹
    dir: PathBuf,
    /// The folder for the copy: new, or an earlier backup of this ledger. With --recipient, the new archive file | 备份文件夹：新建，或此账本的上一次备份；使用 --recipient 时为新的归档文件
    #[arg(long, value_name = "DEST")]
    to: PathBuf,
    /// Keep the N latest copies, this one included, and remove older ones | 只保留最近 N 份副本（含本次）
    #[arg(long, value_name = "N", value_parser = at_least_one(), conflicts_with = "recipient")]
    keep: Option<usize>,
    /// Encrypt to this age key (age1…); may be repeated | 加密给此 age 公钥，可重复
    #[arg(long, value_name = "AGE_KEY", value_parser = archive::read_recipient)]
    recipient: Vec<Recipient>,
}

/// Runs it.
///
/// # Errors
///
/// The node refuses, the destination is not a backup of this ledger, or one of them cannot be read or written. Then the copy is
/// removed.
pub async fn run(args: &BackupArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let replaced = replaced(args)?;
    let parent = durable::folder_of(&args.to);
    fs::metadata(parent).map_err(|error| CliError::io(parent, &error))?;
    must_be_apart(&args.dir, &args.to)?;
    let copy = |dir: &Path| match args.recipient.as_slice() {
        [] => copy_folder(dir, args, replaced, screen),
        recipients => write_archive(dir, args, recipients, screen),
    };
    let status = match ControlClient::of(&args.dir)? {
        None => {
            // A shared lock until the copy is done: no node can start, other readers can.
            let lock = Folder::new(&args.dir).lock_shared();
            let _lock = lock.map_err(|error| cannot_open(&args.dir, &OpenError::from(error)))?;
            copy(&args.dir)?
        }
        Some(node) => {
            let _lock = lock_for_backup(&args.dir)?;
            node.send(Method::POST, "/snapshot", String::new()).await?;
            let folder = args.dir.join(SNAPSHOT);
            let copied = tokio::task::block_in_place(|| copy(&folder));
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

/// The backup at the target; `None` if there is none.
fn replaced(args: &BackupArgs) -> Result<Option<EarlierCopy>, CliError> {
    let Ok(metadata) = args.to.symlink_metadata() else { return Ok(None) };
    let list = if metadata.is_dir() && args.recipient.is_empty() { Backup::read(&args.to)? } else { None };
    let Some(list) = list else {
        let to = args.to.display();
        let en = format!(
            "{to} is there already, and is not a backup with a list of its files: a backup never overwrites. Choose another target"
        );
        let zh = format!("{to} 已存在，且不是带清单的备份：备份不会覆盖。请选择其他位置");
        return Err(CliError::unable("destination_exists", zh, en));
    };
    Ok(Some(EarlierCopy { folder: args.to.clone(), list }))
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

/// The source of a copy.
struct BackupSource<'a> {
    source: Source<'a>,
    size: u64,
    published: Published,
    made: Timestamp,
}

/// All parts but the successor's key.
fn parts() -> Vec<&'static str> {
    PARTS.into_iter().filter(|part| *part != NEXT_KEY).collect()
}

/// Copies the ledger in `dir`, which nothing writes to, into a folder.
fn copy_folder(
    dir: &Path,
    args: &BackupArgs,
    replaced: Option<EarlierCopy>,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let (originals, parts) = (originals_of(dir, args), parts());
    let source = Source { folder: dir, originals: &originals, parts: &parts };
    let (store, published) = check(dir)?;
    let origin = published.checkpoint.checkpoint().origin.clone();
    let mut earlier = generations::earlier_copies(&args.to, &origin)?;
    if let Some(replaced) = replaced {
        generations::must_precede(&replaced.list.checkpoint, &args.to, &store)?;
        earlier.insert(0, replaced);
    } else if let Some(latest) = earlier.first() {
        // An interrupted backup has renamed the earlier copy, and nothing is at the target.
        generations::must_precede(&latest.list.checkpoint, &latest.folder, &store)?;
    }
    drop(store);
    let original = BackupSource { source, size: source.size()?, published: Published::clone(&published), made: now() };
    let draft = generations::draft_beside(&args.to)?;
    let copied = make_copy(&original, &draft, earlier.first(), screen).and_then(|copied| {
        generations::put_in_place(&draft, &args.to, earlier.first())?;
        Ok(copied)
    });
    let copied = copied.inspect_err(|_| {
        // The draft has a random name of this program. If its removal fails, it is harmless.
        let _ = fs::remove_dir_all(&draft);
    })?;
    let mut earlier = generations::earlier_copies(&args.to, &origin)?;
    let removed = match args.keep {
        Some(keep) => generations::remove_older(&mut earlier, &args.to, keep)?,
        None => Vec::new(),
    };
    let earlier: Vec<EarlierReport> = earlier.iter().map(|copy| EarlierReport::of(copy, &copied.erasures)).collect();
    let mut document = document(args, &original, &copied.report);
    extend(
        &mut document,
        json!({
            "copied": { "files": copied.written.files, "bytes": copied.written.bytes },
            "reused": { "files": copied.reused.files, "bytes": copied.reused.bytes },
            "damaged_earlier": copied.damaged,
            "earlier_copies": earlier.iter().map(EarlierReport::json).collect::<Vec<_>>(),
            "removed": removed.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
            "erasures_pending": copied.pending,
        }),
    );
    screen.document(&document)?;
    let word = screen.pick("已备份，数据库已与检查点核对：", "copied, the database compared with its checkpoint: ");
    screen.line(format!("{}{}", screen.paint(GOOD, word), args.to.display()))?;
    screen.table(&checkpoint_rows(&original.published))?;
    copied.show(screen)?;
    for (zh, en) in earlier.iter().map(EarlierReport::text) {
        screen.line(screen.pick(&zh, &en))?;
    }
    if earlier.iter().any(|copy| copy.erasures_since > 0) {
        let text = screen.pick(
            "删除请求未及于上述较早的副本：请以 --keep 移除，或自行删除。",
            "An erasure is not complete as long as those copies exist: remove them, with --keep or by hand.",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    for path in &removed {
        let (zh, en) = (format!("已移除较早的副本：{}", path.display()), format!("removed: {}", path.display()));
        screen.line(screen.pick(&zh, &en))?;
    }
    finish(&copied.report, screen)
}

/// A checked copy.
struct CheckedCopy {
    report: CopyReport,
    written: FileCount,
    reused: FileCount,
    damaged: Vec<String>,
    /// The notices of all erasures in the ledger; empty where there is no earlier copy.
    erasures: BTreeSet<LeafIndex>,
    /// Erased pieces whose bytes the copy may hold.
    pending: u64,
}

impl CheckedCopy {
    fn show(&self, screen: &Screen) -> anyhow::Result<()> {
        let Self { written, reused, damaged, pending, .. } = self;
        let zh = format!(
            "复制 {} 个文件（{} 字节），沿用 {} 个文件（{} 字节）",
            written.files, written.bytes, reused.files, reused.bytes
        );
        let en = format!(
            "{} files ({} bytes) copied, {} files ({} bytes) reused from the copy before",
            written.files, written.bytes, reused.files, reused.bytes
        );
        screen.line(screen.pick(&zh, &en))?;
        for path in damaged {
            let zh = format!("上一份副本中的 {path} 已损坏，已重新复制。请检查备份所在磁盘");
            let en = format!("{path} of the copy before is damaged and was copied again: check the disk of the backup");
            screen.line(screen.paint(BAD, screen.pick(&zh, &en)))?;
        }
        if *pending > 0 {
            let zh =
                format!("{pending} 项内容的删除尚未完成，此副本中可能仍有：请在删除完成后再备份一次，并移除此副本");
            let en = format!(
                "the erasure of {pending} pieces is not complete, so this copy may hold them: make another backup after it, and remove this one"
            );
            screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
        }
        Ok(())
    }
}

fn make_copy(
    original: &BackupSource<'_>,
    draft: &Path,
    earlier: Option<&EarlierCopy>,
    screen: &Screen,
) -> Result<CheckedCopy, CliError> {
    let progress = Progress::of_bytes(screen, original.size);
    let advance = |bytes| progress.add(bytes);
    let mut target = FolderTarget::new(draft, earlier, &advance)?;
    original.source.copy_to(&mut target)?;
    let (written, reused, damaged) = (target.copied, target.reused, std::mem::take(&mut target.damaged));
    let files = std::mem::take(&mut target.files);
    BackupList::new(original.made, &original.published, files).write(draft)?;
    target.sync()?;
    let (store, published) = check(draft)?;
    if *published != original.published {
        return Err(differs());
    }
    let erasures = if earlier.is_some() { store.erasures() } else { Ok(BTreeSet::new()) };
    let erasures = erasures.map_err(|error| unreadable(&error))?;
    let pending = store.pending_erasures().map_err(|error| unreadable(&error))?;
    let report = CopyReport::of(draft, &store)?;
    Ok(CheckedCopy { report, written, reused, damaged, erasures, pending })
}

fn differs() -> CliError {
    let en = "the copy ends elsewhere than the original: something else writes to the folder";
    CliError::finding("copy_differs", "备份与原件不一致：有其他程序在写入", en)
}

/// Writes the ledger in `dir`, which nothing writes to, into an encrypted archive.
fn write_archive(
    dir: &Path,
    args: &BackupArgs,
    recipients: &[Recipient],
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let (originals, parts) = (originals_of(dir, args), parts());
    let source = Source { folder: dir, originals: &originals, parts: &parts };
    let (store, published) = check(dir)?;
    let report = CopyReport::with_originals(dir, &originals, &store)?.without_successor();
    let pending = store.pending_erasures().map_err(|error| unreadable(&error))?;
    drop(store);
    let original = BackupSource { source, size: source.size()?, published: Published::clone(&published), made: now() };
    let draft = generations::draft_beside(&args.to)?;
    let written = make_archive(&original, &draft, recipients, screen).and_then(|copied| {
        durable::rename_new_durably(&draft, &args.to).map_err(|error| CliError::io(&args.to, &error))?;
        Ok(copied)
    });
    let copied = written.inspect_err(|_| archive::discard(&draft))?;
    let mut document = document(args, &original, &report);
    let recipients: Vec<String> = recipients.iter().map(ToString::to_string).collect();
    extend(
        &mut document,
        json!({
            "encrypted": true,
            "recipients": recipients,
            "copied": { "files": copied.files, "bytes": copied.bytes },
            "erasures_pending": pending,
        }),
    );
    screen.document(&document)?;
    let word = screen.pick("已加密备份：", "encrypted backup: ");
    screen.line(format!("{}{}", screen.paint(GOOD, word), args.to.display()))?;
    screen.table(&checkpoint_rows(&original.published))?;
    for recipient in recipients {
        screen.line(format!("{} {recipient}", screen.pick("接收方", "recipient")))?;
    }
    let text = screen.pick(
        "账本在加密前已核对；归档本身未解密核对：请以接收方私钥演练恢复（tiezheng restore --identity）。",
        "The ledger was checked before it was encrypted. The archive was not decrypted: try a restore with the recipient's key (tiezheng restore --identity).",
    );
    screen.line(screen.paint(WARNING, text))?;
    finish(&report, screen)
}

fn make_archive(
    original: &BackupSource<'_>,
    draft: &Path,
    recipients: &[Recipient],
    screen: &Screen,
) -> Result<FileCount, CliError> {
    let progress = Progress::of_bytes(screen, original.size);
    let advance = |bytes| progress.add(bytes);
    let mut target = ArchiveTarget::new(draft, recipients, &advance)?;
    original.source.copy_to(&mut target)?;
    let (copied, files) = (target.copied, std::mem::take(&mut target.files));
    target.finish(&BackupList::new(original.made, &original.published, files))?;
    // The archived state must be the one that was checked before.
    if *check(original.source.folder)?.1 == original.published { Ok(copied) } else { Err(differs()) }
}

fn now() -> Timestamp {
    SystemClock::new().read().wall
}

/// The fields of the JSON document of every backup.
fn document(args: &BackupArgs, original: &BackupSource<'_>, report: &CopyReport) -> Value {
    let published = &original.published;
    let mut document = json!({
        "backup": args.to.to_string_lossy(),
        "made": original.made.to_string(),
        "bytes": original.size,
        "ledger": published.checkpoint.checkpoint().origin.as_str(),
        "size": published.size().0,
        "block_height": published.height.0,
        "checkpoint": published.checkpoint.note().to_string(),
    });
    document.as_object_mut().into_iter().for_each(|document| document.extend(report.fields()));
    document
}

fn extend(document: &mut Value, more: Value) {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
}

/// Prints the end of the report of every backup.
fn finish(report: &CopyReport, screen: &Screen) -> anyhow::Result<ExitStatus> {
    report.show(screen)?;
    let parts = report.private_parts(screen);
    let (zh, en) = (
        format!("备份含：{parts}。请与节点同等保管。"),
        format!("the copy holds {parts}: keep it as safe as the node"),
    );
    screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
    Ok(report.exit_status())
}
