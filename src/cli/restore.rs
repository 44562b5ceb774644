//! `restore`: puts a backup in the place of a lost ledger.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::folder_copy::{check, copy, size_of, told};
use crate::cli::office::{ORIGINALS, PLATFORM_KEY};
use crate::cli::opening::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, HEED, Screen};
use crate::store::rocks::folder::{BESIDE, Folder, KEYS};
use crate::store::rocks::open::OpenError;

const EXAMPLES: &str = "\
Example | 示例:
  tiezheng restore /mnt/backup/2026-11-22 --data chain-data

Into an empty folder only. A backup that is older than the last receipt given out is a
rollback: what was deposited since is lost from this ledger, and the receipts of it prove
that. Restore the newest copy there is, and tell depositors and auditors.
只恢复到空文件夹。若备份早于最后一份已发出的回执，即为回退：其后的存证将丢失，且回执可以证明。";

/// Put a backup in the place of a lost ledger | 从备份恢复
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The backup | 备份文件夹
    backup: PathBuf,
    /// The empty folder to restore into | 恢复到此空文件夹
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Where the copy stands until it is checked. Inside the folder: that may be a file system of its own.
const DRAFT: &str = "restoring";
/// The mark last: without it the folder is refused, so a restore that is cut off is never taken for a ledger.
const ORDER: [&str; 6] = ["db", ORIGINALS, "ledger.key", "next.key", PLATFORM_KEY, "mark"];

/// Runs it.
///
/// # Errors
///
/// The folder is not empty, the backup is no whole ledger, or either cannot be read or written.
pub fn run(args: &RestoreArgs, screen: &Screen) -> anyhow::Result<Ending> {
    check(&args.backup)?;
    let folder = Folder::new(&args.data);
    folder.make().map_err(|error| Complaint::io(&args.data, &error))?;
    let lock = folder.lock();
    let _lock = lock.map_err(|error| cannot_open(&args.data, &OpenError::from(error)))?;
    let draft = args.data.join(DRAFT);
    // What a restore before left unfinished was never a ledger.
    if let Err(error) = fs::remove_dir_all(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(Complaint::io(&draft, &error).into());
    }
    must_be_empty(&folder)?;
    let size = size_of(&args.backup).map_err(|error| Complaint::io(&args.backup, &error))?;
    let progress = Progress::of_bytes(screen, size);
    copy(&args.backup, &draft, &|bytes| progress.add(bytes))?;
    drop(progress);
    let restored = check(&draft)?;
    put_in_place(&draft, &args.data)?;
    screen.document(&json!({
        "data": args.data.to_string_lossy(),
        "bytes": size,
        "ledger": restored.checkpoint.checkpoint().origin.as_str(),
        "size": restored.size().0,
        "block_height": restored.height.0,
        "checkpoint": restored.checkpoint.note().to_string(),
    }))?;
    let word = screen.pick("已恢复并核对：", "restored and checked:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.data.display()))?;
    screen.table(&told(&restored))?;
    let text = screen.pick(
        "请与最后一份已发出的回执比较：若其记录数更大，则此次恢复是回退，其后的存证已丢失，请告知存证人与审计人员。",
        "Compare it with the last receipt given out: if that speaks of more records, this is a rollback. What was deposited \
         since is lost from this ledger, and its receipts prove it: tell depositors and auditors.",
    );
    screen.line(screen.paint(HEED, text))?;
    Ok(Ending::Good)
}

fn must_be_empty(folder: &Folder) -> Result<(), Complaint> {
    let io = |error: io::Error| Complaint::io(folder.path(), &error);
    let stranger = folder.stranger().map_err(io)?;
    if let Some(name) = stranger {
        return Err(cannot_open(folder.path(), &OpenError::Stranger { name }));
    }
    let own = [["db", "mark"], KEYS, BESIDE].concat();
    let taken = folder.has_any(&own).map_err(io)?;
    if taken { Err(cannot_open(folder.path(), &OpenError::Exists)) } else { Ok(()) }
}

fn put_in_place(draft: &Path, data: &Path) -> Result<(), Complaint> {
    for part in ORDER {
        let (from, to) = (draft.join(part), data.join(part));
        match durable::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Complaint::io(&to, &error)),
            _ => {}
        }
    }
    fs::remove_dir(draft).map_err(|error| Complaint::io(draft, &error))
}
