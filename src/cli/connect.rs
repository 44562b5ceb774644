//! Connects to a node, and checks the identity of its ledger.
//!
//! `deposit` pins the ledger's key on first use and reports it, as ssh does with a host. `verify` never pins a key
//! ([`crate::cli::trust_store`]).

use crate::cli::config::Config;
use crate::cli::exit::CliError;
use crate::cli::key_following;
use crate::cli::policy_file::policy_path;
use crate::cli::screen::{Screen, WARNING};
use crate::cli::trust_store::{self, TrustStore};
use crate::cli::user_trust::UserTrust;
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::trust::Trust;

/// The default node.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:7654";

/// The option for the node.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerArgs {
    /// Address of the node | 节点地址
    // Global, so that it may also follow a command of `case`.
    #[arg(long, value_name = "URL", env = "TIEZHENG_SERVER", default_value = DEFAULT_SERVER, global = true)]
    pub server: String,
}

impl ServerArgs {
    /// A client of that node.
    ///
    /// # Errors
    ///
    /// [`CliError`] for an invalid address.
    pub fn client(&self) -> Result<LedgerClient, CliError> {
        LedgerClient::new(&self.server).map_err(CliError::from)
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let en = error.to_string();
        match error {
            ClientError::BadAddress { address, reason } => {
                Self::usage("bad_address", format!("“{address}”不是节点地址：{}", reason.zh), en)
            }
            ClientError::Unreachable { url, reason } => {
                let zh = format!("节点未应答：{url}：{}。节点是否已启动？（tiezheng serve）", reason.zh);
                Self::unable("unreachable", zh, format!("{en}. Is the node running? (tiezheng serve)"))
            }
            ClientError::Problem { code, status, title_zh, detail_zh, .. } => {
                // A node of another version may give no Chinese text.
                let said = match (title_zh.as_str(), detail_zh.as_str()) {
                    ("", "") => "未予办理".to_owned(),
                    (title, "") => title.to_owned(),
                    ("", detail) => detail.to_owned(),
                    (title, detail) if title == detail => title.to_owned(),
                    (title, detail) => format!("{title}：{detail}"),
                };
                let zh = format!("节点答复：{said}（{code}，HTTP {status}）");
                let en = format!("the node answers: {en}");
                // 4xx is a negative result; 5xx means that the node could not perform the request.
                let code = code.to_string();
                if status < 500 { Self::finding(code, zh, en) } else { Self::unable(code, zh, en) }
            }
            ClientError::Malformed { what, .. } => {
                let zh = format!("{what} 的应答无法识别。该地址可能不是铁证节点，或版本不同，请核对地址");
                Self::unable("malformed_answer", zh, format!("{en}. Check that the address is that of a node"))
            }
            ClientError::Unwritable { path, error } => Self::io(&path, &error),
        }
    }
}

/// The identity of a ledger, as its node presents it.
#[derive(Debug, Clone)]
pub struct LedgerIdentity {
    /// Its key, which signed the checkpoint of the node. The key's name is the ledger's origin.
    pub key: VerifierKey,
    /// A test ledger.
    pub is_test: bool,
}

/// Gets the identity of a node's ledger, and checks that the key signed its checkpoint.
///
/// # Errors
///
/// [`CliError`]: unreachable, or not a ledger.
pub async fn identify_ledger(client: &LedgerClient) -> Result<LedgerIdentity, CliError> {
    let claimed = client.ledger().await?;
    let malformed = |reason: String| ClientError::Malformed { what: client.address().to_owned(), reason };
    let key = VerifierKey::parse(&claimed.key).map_err(|error| malformed(error.to_string()))?;
    let checkpoint = SignedCheckpoint::parse(claimed.checkpoint.as_bytes());
    let signed = checkpoint.and_then(|checkpoint| checkpoint.verified_by(std::slice::from_ref(&key)).map(|_| ()));
    signed.map_err(|error| malformed(format!("its checkpoint: {error}")))?;
    Ok(LedgerIdentity { key, is_test: claimed.mode == "test" })
}

/// Checks that the ledger has not changed since it was pinned; pins nothing. Called before a "not found" is reported, which is meaningless
/// if another ledger answered.
///
/// # Errors
///
/// [`CliError`]: as [`identify_ledger`]; or the ledger's key is another than the pinned one.
pub async fn require_known_ledger(
    client: &LedgerClient,
    trust: &UserTrust,
    config: &Config,
    screen: &Screen,
) -> Result<(), CliError> {
    let identity = identify_ledger(client).await?;
    if key_following::follow_rotation(client, config, &identity.key, screen).await? {
        return Ok(());
    }
    trust.require_unchanged(&identity.key, client.address(), config)
}

/// Warns if a number that was not found cannot be of this ledger: a test number on a live ledger, or the reverse.
///
/// # Errors
///
/// [`CliError`]: as [`identify_ledger`].
pub async fn warn_of_other_mode(client: &LedgerClient, number: DepositNumber, screen: &Screen) -> anyhow::Result<()> {
    let is_test = identify_ledger(client).await?.is_test;
    if is_test == number.is_test() {
        return Ok(());
    }
    let (zh, en) = if is_test {
        (
            "所查节点是测试账本，其编号均以 T 开头，而该编号不以 T 开头。请核对编号，或用 --server 指定正式账本的节点",
            "the node that was asked serves a test ledger, whose numbers begin with T; this one does not. Check the number, or \
             name a node of the live ledger with --server",
        )
    } else {
        (
            "以 T 开头的编号属于测试账本，而所查节点是正式账本。请核对编号，或用 --server 指定测试账本的节点",
            "a number that begins with T is of a test ledger, and the node that was asked serves a live one. Check the number, \
             or name a node of the test ledger with --server",
        )
    };
    Ok(screen.aside(screen.paint(WARNING, screen.pick(zh, en)))?)
}

/// Gets the identity of the ledger, and pins its key on first use.
///
/// # Errors
///
/// [`CliError`]: as [`identify_ledger`]; or the ledger's key is another than the pinned one.
pub async fn identify_and_pin(
    client: &LedgerClient,
    config: &Config,
    screen: &Screen,
) -> anyhow::Result<(LedgerIdentity, Trust)> {
    let identity = identify_ledger(client).await?;
    key_following::follow_rotation(client, config, &identity.key, screen).await?;
    if trust_store::pin(config, &identity.key, Some(client.address()))? {
        let path = policy_path(&config.policies()?, identity.key.name());
        let heed = screen.paint(
            WARNING,
            screen.pick("首次连接此账本，已固定其密钥：", "First contact with this ledger; its key is now pinned:"),
        );
        screen.aside(heed)?;
        screen.aside(format!("  {}", identity.key))?;
        let ask = screen.pick(
            "  请与运营者公布的密钥核对。若不一致：tiezheng trust remove",
            "  Compare it with what the operator publishes. If it differs: tiezheng trust remove",
        );
        screen.aside(format!("{ask} '{}'", identity.key))?;
        screen.aside(format!("  ({})", path.display()))?;
    }
    Ok((identity, TrustStore::of(config)?.trust()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::ExitStatus;
    use crate::wire::bilingual::Bilingual;

    #[test]
    fn a_refusal_is_a_finding_and_a_fault_is_not() {
        let problem = |status| ClientError::Problem {
            code: "x".to_owned().into(),
            status,
            title_zh: "繁忙".into(),
            detail: "d".into(),
            detail_zh: "请稍后重试".into(),
        };
        let reason = || Bilingual::new("原因", "r");
        let unreachable = ClientError::Unreachable { url: "u".into(), reason: reason() };
        let address = ClientError::BadAddress { address: "a".into(), reason: reason() };
        let statuses = [problem(404), problem(503), unreachable, address].map(|error| CliError::from(error).status);
        assert_eq!(statuses, [ExitStatus::Finding, ExitStatus::Unable, ExitStatus::Unable, ExitStatus::Usage]);
    }
}
