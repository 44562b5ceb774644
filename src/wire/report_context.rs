//! When, by whom, with which program and at which node a verification was made: the context of a report.

use serde::{Deserialize, Serialize};

use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::beijing_time;

/// Who verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerifierJson {
    /// `command_line`, `anonymous` or `account`.
    #[schema(example = "account")]
    pub code: String,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The account's capacity in the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
}

impl VerifierJson {
    fn unnamed(code: &str, zh: &str, en: &str) -> Self {
        Self { code: code.into(), zh: zh.into(), en: en.into(), account: None, capacity: None }
    }

    /// The user of the command line.
    #[must_use]
    pub fn command_line() -> Self {
        Self::unnamed("command_line", "命令行用户，身份未核实", "command-line user, identity not checked")
    }

    /// The sender of a request without a token.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::unnamed("anonymous", "匿名请求", "anonymous request")
    }

    /// An account of the platform; `label` is its role, its capacity in the case or its kind.
    #[must_use]
    pub fn account(account: &str, capacity: Option<String>, label: Bilingual) -> Self {
        Self { code: "account".into(), zh: label.zh, en: label.en, account: Some(account.into()), capacity }
    }
}

/// The node that was queried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportNodeJson {
    /// The ledger's origin, as far as it is known / 链标识.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
    /// The address of the node; absent offline, and in a report by the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether no node was queried, or none answered.
    pub offline: bool,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
}

impl ReportNodeJson {
    /// No node was queried, or none answered.
    #[must_use]
    pub fn offline(ledger: Option<String>) -> Self {
        let text = match &ledger {
            Some(ledger) => Bilingual::new(format!("离线（账本 {ledger}）"), format!("offline (ledger {ledger})")),
            None => Bilingual::new("离线", "offline"),
        };
        Self { ledger, address: None, offline: true, text }
    }

    /// No node answered at `address`.
    #[must_use]
    pub fn unanswered(ledger: Option<String>, address: &str) -> Self {
        let text = Bilingual::new(format!("{address} 无应答"), format!("{address} did not answer"));
        Self { ledger, address: None, offline: true, text }
    }

    /// The node at `address` answered, and serves another ledger than `ledger`, or one that is not trusted.
    #[must_use]
    pub fn of_another_ledger(ledger: Option<String>, address: &str) -> Self {
        let named = ledger.clone().unwrap_or_else(|| "—".into());
        let text = Bilingual::new(
            format!("{address}（不是账本 {named} 的节点，或其密钥不受信任）"),
            format!("{address} (not a node of ledger {named}, or its key is not trusted)"),
        );
        Self { ledger, address: Some(address.into()), offline: false, text }
    }

    /// The node at `address` was queried.
    #[must_use]
    pub fn queried(ledger: Option<String>, address: &str) -> Self {
        let text = match &ledger {
            Some(ledger) => {
                Bilingual::new(format!("{address}（账本 {ledger}）"), format!("{address} (ledger {ledger})"))
            }
            None => Bilingual::new(address, address),
        };
        Self { ledger, address: Some(address.into()), offline: false, text }
    }

    /// The node of this ledger made the report itself.
    #[must_use]
    pub fn own(ledger: &str) -> Self {
        let text = Bilingual::new(format!("账本 {ledger} 的节点"), format!("the node of ledger {ledger}"));
        Self { ledger: Some(ledger.into()), address: None, offline: false, text }
    }
}

/// Time, verifier, program and node of a verification: part of every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportContext {
    /// 核验时间, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub verified_at: String,
    /// 核验人.
    pub verifier: VerifierJson,
    /// Name and version of the program.
    #[schema(example = "tiezheng 0.1.0")]
    pub program: String,
    /// The node that was queried.
    pub node: ReportNodeJson,
}

impl ReportContext {
    /// The context of a verification by this program at `at`.
    #[must_use]
    pub fn new(at: Timestamp, verifier: VerifierJson, node: ReportNodeJson) -> Self {
        let program = concat!("tiezheng ", env!("CARGO_PKG_VERSION")).to_owned();
        Self { verified_at: beijing_time(at), verifier, program, node }
    }
}
