//! `index rebuild`: derives the index of a stopped node's ledger again from its log.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::cli::descriptors::database_options;
use crate::cli::exit::ExitStatus;
use crate::cli::open_errors::cannot_open;
use crate::cli::progress::Progress;
use crate::cli::screen::{GOOD, Screen};
use crate::store::factory;

const EXAMPLES: &str = "\
Example:
  tiezheng index rebuild chain-data

The node must be stopped. Make a backup first. The index says where records are found; everything
in it except the labels of the filing flow follows from the log. It is deleted and derived again
from the log, every record of which is compared with the Merkle tree. Use it when `tiezheng audit`
reports index rows that are missing or wrong, and for a ledger that an earlier program has written.
The log, private content, keys and originals are not changed. If it is interrupted, run it again:
until then no node opens the ledger.
|
示例：
  tiezheng index rebuild chain-data

节点须已停止，并请先行备份。索引记载各条记录所在位置；除立案流程的标签外，其内容均可由账本记录推出。
本命令删除索引并由账本记录重新生成，同时将每条记录与默克尔树核对。适用于 tiezheng audit 报告索引缺失
或有误，以及账本由较早版本程序写入的情形。账本记录、非公开内容、密钥及托管原文均不改动。如被中断，
请重新运行；完成之前节点不会打开该账本。";

/// Maintain the index of a stopped node's ledger | 维护账本索引（节点须已停止）
#[derive(Debug, Clone, clap::Args)]
pub struct IndexArgs {
    #[command(subcommand)]
    command: IndexCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum IndexCommand {
    Rebuild(RebuildArgs),
}

/// Derive the index again from the log | 由账本记录重建索引
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
struct RebuildArgs {
    /// The ledger's folder | 账本文件夹
    dir: PathBuf,
}

/// Runs it.
///
/// # Errors
///
/// The node is running, the log is damaged, or the folder cannot be read or written.
pub fn run(args: &IndexArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let IndexCommand::Rebuild(RebuildArgs { dir }) = &args.command;
    let progress = Progress::of_items(screen, 0, screen.pick("条记录", "records"));
    let rebuilt = factory::rebuild_index(dir, &database_options(), &mut |done, all| progress.set(done, all));
    drop(progress);
    let records = rebuilt.map_err(|error| cannot_open(dir, &error))?;
    screen.document(&json!({ "index_rebuilt": dir.to_string_lossy(), "records": records }))?;
    let word = screen.pick("索引已重建，记录数：", "index rebuilt; records: ");
    screen.line(format!("{}{records}", screen.paint(GOOD, word)))?;
    Ok(ExitStatus::Good)
}
