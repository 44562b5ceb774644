//! `backup`: a checked copy of a stopped node's ledger.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::case_key::random_bytes;
use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::folder_copy::{check, copy, must_be_apart, rename_new, size_of, told};
use crate::cli::office::ORIGINALS;
use crate::cli::opening::{cannot_open, unreadable};
use crate::cli::originals_check::sizes_of_originals;
use crate::cli::progress::Progress;
use crate::cli::screen::{BAD, GOOD, HEED, Screen};
use crate::store::rocks::folder::Folder;
use crate::store::rocks::open_error::OpenError;

const EXAMPLES: &str = "\
Example:
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

The node must be stopped. The copy is written under another name beside the target, fsynced,
opened read-only and compared with its checkpoint file before it gets its own name; each
original in custody is compared with its record by presence, name and size, and not decrypted:
`tiezheng audit` on the copy does that. The copy holds the private keys (the platform's too)
and the originals with the keys that open them: keep it as safe as the node. A copy that was
cut off stays beside the target as .tiezheng-backup-…, and may be removed.
|
示例：
  tiezheng backup chain-data --to /mnt/backup/2026-11-22

节点须已停止。副本先以临时名称写在目标旁，落盘后以只读方式打开并与检查点文件核对，然后才改为正式
名称。托管原文仅核对是否存在、名称与大小；如需解密核对，请对备份运行 tiezheng audit。备份含私钥
（包括平台私钥）及托管原文与其密钥，请与节点同等保管。中断的副本以 .tiezheng-backup-… 为名留在
目标旁，可以删除。";

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
/// The node is running, the destination is there, or either cannot be read or written. Nothing is left of the copy.
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
    must_be_apart(&args.dir, &args.to)?;
    let size = size_of(&args.dir)?;
    let (_, original) = check(&args.dir)?;
    let draft = draft_beside(&args.to)?;
    let progress = Progress::of_bytes(screen, size);
    let copied = copy(&args.dir, &draft, &|bytes| progress.add(bytes)).and_then(|()| {
        let (store, copied) = check(&draft)?;
        if copied != original {
            let en = "the copy ends elsewhere than the original: something else writes to the folder";
            return Err(Complaint::finding("copy_differs", "备份与原件不一致：有其他程序在写入", en));
        }
        let originals = sizes_of_originals(&store, &draft.join(ORIGINALS)).map_err(|error| unreadable(&error))?;
        drop(store);
        rename_new(&draft, &args.to).map_err(|error| Complaint::io(&args.to, &error))?;
        Ok((copied, originals))
    });
    drop(progress);
    let (copied, originals) = copied.inspect_err(|_| {
        // This program made it, under a name that it drew. If it stays, it is in nobody's way.
        let _ = fs::remove_dir_all(&draft);
    })?;
    screen.document(&json!({
        "backup": args.to.to_string_lossy(),
        "bytes": size,
        "ledger": copied.checkpoint.checkpoint().origin.as_str(),
        "size": copied.size().0,
        "block_height": copied.height.0,
        "checkpoint": copied.checkpoint.note().to_string(),
        "originals": originals.kept,
        "originals_faults": originals.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "originals_decrypted": false,
    }))?;
    let word = screen.pick("已备份，数据库已与检查点核对：", "copied, the database compared with its checkpoint:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.to.display()))?;
    screen.table(&told(&copied))?;
    for fault in &originals.faults {
        let word = screen.pick("托管原文有问题", "an original in custody");
        screen.line(format!("{}  {fault}", screen.paint(BAD, word)))?;
    }
    let (good, kept) = (originals.kept - originals.faults.len() as u64, originals.kept);
    let zh = format!("托管原文：{kept} 件中 {good} 件存在且大小相符；未解密核对内容（请对备份运行 audit）");
    let en = format!(
        "originals in custody: {good} of {kept} are there in their size; their content was not decrypted (run `audit` on the copy)"
    );
    screen.line(screen.pick(&zh, &en))?;
    let text = screen.pick(
        "备份含账本与平台的私钥、私有信息及其原文，请与节点同等保管。",
        "It holds the ledger's and the platform's private keys, private content and the originals: keep it as safe as the node.",
    );
    screen.line(screen.paint(HEED, text))?;
    Ok(if originals.faults.is_empty() { Ending::Good } else { Ending::Finding })
}

/// A name in the target's folder that nobody else has.
fn draft_beside(to: &Path) -> Result<PathBuf, Complaint> {
    let random = hex::encode(random_bytes::<8>()?);
    Ok(durable::folder_of(to).join(format!("{}backup-{random}", durable::OWN_MARK)))
}
