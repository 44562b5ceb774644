//! `contradiction`: verifies a file with two contradicting checkpoints, offline.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::auditor::read_policy;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::public_key::read_key;
use crate::cli::screen::{BAD, HEADING, Screen};
use crate::client::contradiction::{CONTRADICTION_MAX, Contradiction, ContradictionError, ContradictionSigners};
use crate::files::regular;

const EXAMPLES: &str = "\
Examples:
  tiezheng contradiction contradiction-1200-1250.txt --policy ledger.policy
  tiezheng contradiction contradiction-1200-1250.txt --key 'example.org/ledger+c74f20a3+ARpc…'

The file has two checkpoints of one ledger, and where they differ in size a proof. If the same key
signed both, and they cannot be of one append-only history, its holder has shown two histories.
Nobody else is asked. Exit code 1: the contradiction is proven; 2: the file proves none.
|
示例：
  tiezheng contradiction contradiction-1200-1250.txt --policy ledger.policy
  tiezheng contradiction contradiction-1200-1250.txt --key 'example.org/ledger+c74f20a3+ARpc…'

文件内有同一账本的两个检查点，大小不同时另有证明。若同一密钥签署了两者，而两者不可能属于同一段只增
不减的历史，则该密钥的持有人出示过两段历史。核验时不联网。退出码 1：矛盾成立；2：该文件不能证明矛盾。";

/// Verify two contradicting checkpoints of one ledger, offline | 离线核验同一账本的两个矛盾检查点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ContradictionArgs {
    /// The file, as `audit --compare`, `monitor` and `consistency` write it | 矛盾证据文件
    file: PathBuf,
    /// The policy with the keys of the ledger and of witnesses | 信任策略文件
    #[arg(long, value_name = "FILE", required_unless_present = "key")]
    policy: Option<PathBuf>,
    /// The ledger's key | 账本密钥
    #[arg(long, value_name = "VKEY", conflicts_with = "policy")]
    key: Option<String>,
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]: the file cannot be read, or proves no contradiction.
pub fn run(args: &ContradictionArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let (mut keys, mut witnesses) = (Vec::new(), Vec::new());
    if let Some(path) = &args.policy {
        let policy = read_policy(path)?;
        keys.extend(policy.logs().iter().map(|log| log.key.clone()));
        witnesses.extend(policy.witnesses().iter().map(|witness| witness.key.clone()));
    }
    keys.extend(args.key.as_deref().map(read_key).transpose()?);
    let bytes = regular::read(&args.file, CONTRADICTION_MAX).map_err(|error| CliError::io(&args.file, &error))?;
    let proven = Contradiction::parse(&bytes).and_then(|found| found.verify(&keys, &witnesses).map(|by| (found, by)));
    let (found, by) = proven.map_err(|error| unproven(&args.file, &error))?;
    show(screen, &found, &by)?;
    Ok(ExitStatus::Finding)
}

fn unproven(path: &Path, error: &ContradictionError) -> CliError {
    let file = path.display();
    CliError::unable("no_contradiction", format!("{file}：{}", error.chinese()), format!("{file}: {error}"))
}

fn show(screen: &Screen, found: &Contradiction, by: &ContradictionSigners) -> anyhow::Result<()> {
    let (smaller, larger) = (found.smaller().checkpoint(), found.larger().checkpoint());
    let keys: Vec<String> = by.ledger_keys.iter().map(ToString::to_string).collect();
    let witnesses: Vec<String> = by.witnesses.iter().map(ToString::to_string).collect();
    screen.document(&json!({
        "ledger": by.origin.as_str(),
        "contradiction": true,
        "sizes": [smaller.size.0, larger.size.0],
        "roots": [smaller.root.to_string(), larger.root.to_string()],
        "ledger_keys": keys,
        "witnesses": witnesses,
    }))?;
    let title = screen.pick("矛盾成立：该账本出示过两段历史", "proven: two histories of this ledger were signed");
    screen.line(screen.paint(HEADING, screen.paint(BAD, title).as_str()))?;
    let row = |zh: &str, en: &str, value: String| vec![zh.to_owned(), en.to_owned(), value];
    let mut rows = vec![
        row("链标识", "ledger", by.origin.to_string()),
        row("检查点", "checkpoint", format!("{} {}", smaller.size, smaller.root)),
        row("检查点", "checkpoint", format!("{} {}", larger.size, larger.root)),
    ];
    rows.extend(keys.into_iter().map(|key| row("均由该账本密钥签署", "both signed by the ledger key", key)));
    rows.extend(witnesses.into_iter().map(|name| row("均由该见证节点签署", "both cosigned by", name)));
    Ok(screen.table(&rows)?)
}
