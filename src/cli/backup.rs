//! `backup`: copies a stopped node's ledger, and checks the copy.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::case_key::random_bytes;
use crate::cli::copy_report::CopyReport;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::folder_copy::{check, checkpoint_rows, copy, must_be_apart, size_of};
use crate::cli::open_errors::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::store::factory::{Folder, OpenError};

const EXAMPLES: &str = "\
Example:
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

The node must be stopped. The copy is written under another name beside the target, fsynced,
opened read-only and compared with its checkpoint file before it gets its own name; each
original in custody is compared with its record by presence, name and size, and not decrypted:
`tiezheng audit` on the copy does that. The key files are compared with the ledger; the
output says which of them are in the copy. Keep it as safe as the node: it holds private
content and the originals with the keys that open them. A copy that was cut off stays beside
the target as .tiezheng-backup-…, and may be removed.
|
示例：
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

节点须已停止。副本先以临时名称写在目标旁，落盘后以只读方式打开并与检查点文件核对，然后才改为正式
名称。托管原文仅核对是否存在、名称与大小；如需解密核对，请对备份运行 tiezheng audit。各密钥文件均
与账本核对，并说明是否含于备份。备份含非公开内容及托管原文与其密钥，请与节点同等保管。中断的副本以
.tiezheng-backup-… 为名留在目标旁，可以删除。";

/// Copy a stopped node's ledger, and check the copy | 备份（节点须已停止）
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
/// The node is running, the destination exists, or one of them cannot be read or written. The copy is removed then.
pub fn run(args: &BackupArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    if args.to.symlink_metadata().is_ok() {
        let en = format!("{} is there already; a backup never overwrites", args.to.display());
        return Err(
            CliError::unable("destination_exists", format!("{} 已存在，备份不会覆盖", args.to.display()), en).into()
        );
    }
    // A shared lock until the copy is done: no node can start, other readers can.
    let lock = Folder::new(&args.dir).lock_shared();
    let _lock = lock.map_err(|error| cannot_open(&args.dir, &OpenError::from(error)))?;
    must_be_apart(&args.dir, &args.to)?;
    let size = size_of(&args.dir)?;
    let (_, original) = check(&args.dir)?;
    let draft = draft_beside(&args.to)?;
    let progress = Progress::of_bytes(screen, size);
    let copied = copy(&args.dir, &draft, &|bytes| progress.add(bytes)).and_then(|()| {
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
