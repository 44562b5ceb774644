//! `key retire`: ends the signatures of the ledger key before the last rotation, and removes its private key.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::control::ControlClient;
use crate::cli::descriptors::database_options;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::key_files;
use crate::cli::node_keys::NodeKeys;
use crate::cli::open_errors::cannot_open;
use crate::cli::screen::{GOOD, Screen};
use crate::store::factory;

const EXAMPLES: &str = "\
Examples:
  tiezheng key retire --data /var/lib/tiezheng

After `tiezheng key rotate` the old key signs as well for at most 30 days. This ends it at once: when every witness has followed,
or when the old key was stolen. The node may be running. DATA/previous.key is removed; remove its copies, too.
|
示例：
  tiezheng key retire --data /var/lib/tiezheng

tiezheng key rotate 之后，旧密钥同时签名至多 30 天。各见证节点均已跟进，或旧密钥已失窃时，用本命令立即终止。节点可在运行中。
DATA/previous.key 将被删除；其副本也请一并销毁。";

/// Stop signing with the ledger key before the last rotation | 停用前一账本密钥
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RetireArgs {
    /// The ledger's folder | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data")]
    data: PathBuf,
}

/// Runs it.
///
/// # Errors
///
/// The folder holds no ledger or cannot be written, or the node refuses.
pub async fn run(args: &RetireArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let removed = match ControlClient::of(&args.data)? {
        Some(client) => {
            let answer = client.send(reqwest::Method::DELETE, "/previous-key", String::new()).await?;
            answer.get("removed").and_then(Value::as_bool).unwrap_or(false)
        }
        None => retire_in(args)?,
    };
    screen.document(&json!({ "retired": removed }))?;
    let word = if removed {
        screen.pick(
            "前一账本密钥已停用，其私钥文件已删除",
            "the previous ledger key no longer signs; its private key was removed",
        )
    } else {
        screen.pick("没有仍在签名的前一账本密钥", "there is no previous ledger key that still signs")
    };
    screen.line(screen.paint(GOOD, word))?;
    Ok(ExitStatus::Good)
}

/// In the folder of a stopped node, which stays locked meanwhile.
fn retire_in(args: &RetireArgs) -> Result<bool, CliError> {
    let data = &args.data;
    let reader = factory::open_read_only(data, &database_options()).map_err(|error| cannot_open(data, &error))?;
    let keys = NodeKeys::read(data)?;
    keys.check(&reader)?;
    let removed = if keys.previous.is_some() { key_files::retire(data)? } else { false };
    drop(reader);
    Ok(removed)
}
