//! `trust`: which ledger keys this user trusts.

use serde_json::json;

use crate::cli::config::Config;
use crate::cli::connect::identify_ledger;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::public_key::{no_private_key, read_key};
use crate::cli::screen::{FAINT, Screen, WARNING};
use crate::cli::trust_store::{self, TrustStore};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::key::VerifierKey;

const EXAMPLES: &str = "\
Examples:
  tiezheng trust list
  tiezheng trust add 'example.org/ledger+c74f20a3+ARpc…' https://ledger.example.org
  tiezheng trust fetch https://ledger.example.org
  tiezheng trust remove example.org/ledger

A verification is worth what its ledger key is worth: take the key from the operator's
publication, from a judgment, from paper, and compare it.
|
示例：
  tiezheng trust list
  tiezheng trust add 'example.org/ledger+c74f20a3+ARpc…' https://ledger.example.org
  tiezheng trust fetch https://ledger.example.org
  tiezheng trust remove example.org/ledger

核验结论的可信程度取决于账本密钥：请从运营者公告、裁判文书等可靠来源取得密钥，并逐字核对。";

/// The ledger keys that you trust | 管理受信任的账本密钥
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TrustArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// List them | 列出
    List,
    /// Pin a key that you have from a source you trust | 固定密钥
    Add {
        /// The ledger's key, a vkey | 账本密钥
        vkey: String,
        /// The address of its node | 节点地址
        url: Option<String>,
    },
    /// Ask a node for its ledger's key and pin it: compare it yourself | 从节点取得密钥并固定，请自行核对
    Fetch {
        /// The address of the node | 节点地址
        url: String,
    },
    /// Trust a ledger no longer, named by vkey, origin or address | 取消信任
    Remove {
        /// A vkey, an origin or an address | 密钥、账本标识或地址
        ledger: String,
    },
}

/// Runs it.
///
/// # Errors
///
/// Usage, an unreachable node, a key that conflicts with a pinned one.
pub async fn run(args: &TrustArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    match &args.action {
        Action::List => list(config, screen),
        Action::Add { vkey, url } => {
            let key = read_key(vkey)?;
            // The normalized form of the address, as used for connections.
            let client = url.as_deref().map(LedgerClient::new).transpose().map_err(CliError::from)?;
            add(&key, client.as_ref().map(LedgerClient::address), config, screen)
        }
        Action::Fetch { url } => {
            let client = LedgerClient::new(url).map_err(CliError::from)?;
            let met = identify_ledger(&client).await?;
            let text = screen.pick(
                "密钥来自节点自身；请与运营者公布的密钥核对。",
                "This key is the node's own word; compare it with what the operator publishes.",
            );
            screen.aside(screen.paint(WARNING, text))?;
            add(&met.key, Some(client.address()), config, screen)
        }
        Action::Remove { ledger } => {
            no_private_key(ledger)?;
            remove(ledger, config, screen)
        }
    }
}

fn list(config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let path = config.trust_policy()?;
    let pinned = TrustStore::load(&path)?;
    let ledgers: Vec<_> = pinned.logs().map(|log| document(&log.key, log.url.as_deref())).collect();
    screen.document(&json!({ "file": path.to_string_lossy(), "ledgers": ledgers }))?;
    for log in pinned.logs() {
        screen.line(log.key.to_string())?;
        if let Some(url) = &log.url {
            screen.line(format!("  {url}"))?;
        }
    }
    if ledgers.is_empty() {
        screen.line(screen.pick(
            "尚未固定任何账本密钥：tiezheng trust add 公钥",
            "no ledger key is pinned yet: tiezheng trust add VKEY",
        ))?;
    }
    screen.line(screen.paint(FAINT, &path.to_string_lossy()))?;
    Ok(ExitStatus::Good)
}

fn add(key: &VerifierKey, url: Option<&str>, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let is_new = trust_store::pin(&config.trust_policy()?, key, url)?;
    let mut told = document(key, url);
    if let Some(fields) = told.as_object_mut() {
        fields.insert("new".into(), is_new.into());
    }
    screen.document(&told)?;
    let word =
        if is_new { screen.pick("已固定", "pinned") } else { screen.pick("此前已固定", "already pinned") };
    screen.line(format!("{word}  {key}"))?;
    Ok(ExitStatus::Good)
}

fn remove(ledger: &str, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let removed = trust_store::update(&config.trust_policy()?, |pinned| Ok(pinned.remove(ledger)))?;
    if removed == 0 {
        let en =
            format!("no pinned ledger has the key, origin or address `{ledger}`. `tiezheng trust list` shows them");
        let zh = format!("没有固定过“{ledger}”。已固定的密钥见 tiezheng trust list");
        return Err(CliError::finding("not_pinned", zh, en).into());
    }
    screen.document(&json!({ "removed": removed }))?;
    screen.line(format!("{}  {ledger}", screen.pick("已取消信任", "no longer trusted")))?;
    Ok(ExitStatus::Good)
}

fn document(key: &VerifierKey, url: Option<&str>) -> serde_json::Value {
    json!({ "origin": key.name().as_str(), "key": key.to_string(), "url": url })
}
