//! How commands reach a node, and which ledger they believe to have reached.
//!
//! On first contact a depositor pins the ledger's key and is told so, as ssh does with a host; whoever verifies pins
//! nothing on the way ([`crate::cli::pinned`]).

use crate::cli::config::Config;
use crate::cli::ending::Complaint;
use crate::cli::pinned::{self, Pinned};
use crate::cli::screen::{HEED, Screen};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::verify::trust::Trust;

/// The node that is asked where none is named.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:7654";

/// Which node to ask.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerArgs {
    /// Address of the node | 节点地址
    #[arg(long, value_name = "URL", env = "TIEZHENG_SERVER", default_value = DEFAULT_SERVER)]
    pub server: String,
}

impl ServerArgs {
    /// A client of that node.
    ///
    /// # Errors
    ///
    /// [`Complaint`] for what is no address.
    pub fn client(&self) -> Result<LedgerClient, Complaint> {
        LedgerClient::new(&self.server).map_err(Complaint::from)
    }
}

impl From<ClientError> for Complaint {
    fn from(error: ClientError) -> Self {
        let en = error.to_string();
        match error {
            ClientError::BadAddress { address, reason } => {
                Self::usage("bad_address", format!("“{address}”不是节点地址：{reason}"), en)
            }
            ClientError::Unreachable { url, reason } => {
                let zh = format!("无法连接 {url}：{reason}。节点是否已启动？（tiezheng serve）");
                Self::unable("unreachable", zh, format!("{en}. Is the node running? (tiezheng serve)"))
            }
            ClientError::Problem { code, status, title_zh, detail } => {
                let zh = format!("节点答复：{title_zh}：{detail}（{code}，HTTP {status}）");
                let en = format!("the node answers: {en}");
                // 4xx: the node looked, and it is not to be; 5xx: it could not.
                if status < 500 { Self::finding(code, zh, en) } else { Self::unable(code, zh, en) }
            }
            ClientError::Malformed { what, reason } => {
                Self::unable("malformed_answer", format!("{what} 的应答无法识别：{reason}"), en)
            }
        }
    }
}

/// A ledger as it presents itself.
#[derive(Debug, Clone)]
pub struct Met {
    /// Its key, by which it signed the checkpoint it showed. The key's name is the ledger's origin.
    pub key: VerifierKey,
    /// A test ledger.
    pub is_test: bool,
}

/// Asks a node for its ledger and checks that it holds the key it names.
///
/// # Errors
///
/// [`Complaint`]: unreachable, or no ledger.
pub async fn meet(client: &LedgerClient) -> Result<Met, Complaint> {
    let told = client.ledger().await?;
    let malformed = |reason: String| ClientError::Malformed { what: client.address().to_owned(), reason };
    let key = VerifierKey::parse(&told.key).map_err(|error| malformed(error.to_string()))?;
    let checkpoint = SignedCheckpoint::parse(told.checkpoint.as_bytes());
    let signed = checkpoint.and_then(|checkpoint| checkpoint.verified_by(std::slice::from_ref(&key)).map(|_| ()));
    signed.map_err(|error| malformed(format!("its checkpoint: {error}")))?;
    Ok(Met { key, is_test: told.mode == "test" })
}

/// Meets the ledger and complains when it is another than was met there before; pins nothing. For a "no" by which a ledger
/// that was set up anew would be taken for the one that is trusted.
///
/// # Errors
///
/// [`Complaint`]: as [`meet`]; or the ledger's key is another than the pinned one.
pub async fn meet_again(client: &LedgerClient, config: &Config) -> Result<(), Complaint> {
    let met = meet(client).await?;
    pinned::unchanged(config, &met.key, Some(client.address()))
}

/// Meets the ledger and pins its key if it was never met.
///
/// # Errors
///
/// [`Complaint`]: as [`meet`]; or the ledger's key is another than the pinned one.
pub async fn meet_and_pin(client: &LedgerClient, config: &Config, screen: &Screen) -> anyhow::Result<(Met, Trust)> {
    let met = meet(client).await?;
    let path = config.trust_policy()?;
    if pinned::pin(&path, &met.key, Some(client.address()))? {
        let heed = screen.paint(
            HEED,
            screen.pick("首次连接此账本，已固定其密钥：", "First contact with this ledger; its key is now pinned:"),
        );
        screen.aside(heed)?;
        screen.aside(format!("  {}", met.key))?;
        let ask = screen.pick(
            "  请与运营者公布的密钥核对。若不一致：tiezheng trust remove",
            "  Compare it with what the operator publishes. If it differs: tiezheng trust remove",
        );
        screen.aside(format!("{ask} '{}'", met.key))?;
        screen.aside(format!("  ({})", path.display()))?;
    }
    Ok((met, Pinned::load(&path)?.trust()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ending::Ending;

    #[test]
    fn a_refusal_is_a_finding_and_a_fault_is_not() {
        let problem =
            |status| ClientError::Problem { code: "x".into(), status, title_zh: "繁忙".into(), detail: "d".into() };
        let unreachable = ClientError::Unreachable { url: "u".into(), reason: "r".into() };
        let address = ClientError::BadAddress { address: "a".into(), reason: "r".into() };
        let endings = [problem(404), problem(503), unreachable, address].map(|error| Complaint::from(error).ending);
        assert_eq!(endings, [Ending::Finding, Ending::CouldNotLook, Ending::CouldNotLook, Ending::Usage]);
    }
}
