//! `backup`: a checked copy of a stopped node's ledger.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::folder_copy::{check, copy, size_of, told};
use crate::cli::opening::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, HEED, Screen};
use crate::store::rocks::folder::Folder;
use crate::store::rocks::open::OpenError;

const EXAMPLES: &str = "\
Example | 示例:
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

The node must be stopped. The copy is written under another name, fsynced, opened read-only
and held against its mark before it gets its own. It holds the private keys (the platform's
too) and the originals in custody with the keys that open them: keep it as safe as the node.
备份含私钥，请与节点同等保管。";

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
/// The node is running, the destination is there, or either cannot be read or written.
pub fn run(args: &BackupArgs, screen: &Screen) -> anyhow::Result<Ending> {
    if args.to.symlink_metadata().is_ok() {
        let en = format!("{} is there already; a backup never overwrites", args.to.display());
        return Err(
            Complaint::unable("destination_exists", format!("{} 已存在，备份不会覆盖", args.to.display()), en).into()
        );
    }
    // Held until the copy is done: no node may start meanwhile, other readers may come.
    let lock = Folder::new(&args.dir).lock_shared();
    let _lock = lock.map_err(|error| cannot_open(&args.dir, &OpenError::from(error)))?;
    let original = check(&args.dir)?;
    let mut draft = args.to.clone().into_os_string();
    draft.push(".tmp");
    let draft = PathBuf::from(draft);
    let size = size_of(&args.dir).map_err(|error| Complaint::io(&args.dir, &error))?;
    let progress = Progress::of_bytes(screen, size);
    if let Err(error) = fs::remove_dir_all(&draft)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Complaint::io(&draft, &error).into());
    }
    copy(&args.dir, &draft, &|bytes| progress.add(bytes))?;
    drop(progress);
    let copied = check(&draft)?;
    if copied != original {
        let en = "the copy ends elsewhere than the original: something else writes to the folder";
        return Err(Complaint::finding("copy_differs", "备份与原件不一致：有其他程序在写入", en).into());
    }
    durable::rename(&draft, &args.to).map_err(|error| Complaint::io(&args.to, &error))?;
    screen.document(&json!({
        "backup": args.to.to_string_lossy(),
        "bytes": size,
        "ledger": copied.checkpoint.checkpoint().origin.as_str(),
        "size": copied.size().0,
        "block_height": copied.height.0,
        "checkpoint": copied.checkpoint.note().to_string(),
    }))?;
    let word = screen.pick("已备份并核对：", "copied and checked:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.to.display()))?;
    screen.table(&told(&copied))?;
    let text = screen.pick(
        "备份含账本与平台的私钥、私有信息及其原文，请与节点同等保管。",
        "It holds the ledger's and the platform's private keys, private content and the originals: keep it as safe as the node.",
    );
    screen.line(screen.paint(HEED, text))?;
    Ok(Ending::Good)
}
