//! The JSON of a look-up response: the seven chain facts of a deposit, with the names and the order of the Guangzhou Internet
//! Court's manual.
//!
//! A look-up verifies no original, and every response contains a notice that says so. Times are Beijing time with their offset.

use serde::{Deserialize, Serialize};

use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::statement::content::Form;
use crate::ledger::statement::text::{LinkKind, ManifestRoot};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::history::History;
use crate::ledger::verify::report::{Conclusion, Report};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;
use crate::wire::history::{HistoryJson, link_label};

/// The value of `status`, the same for every deposit: the node acknowledges a deposit only after its block is sealed.
pub const SEALED: &str = "sealed";

/// The seven facts: field name, Chinese label, English label.
pub const LABELS: [(&str, &str, &str); 7] = [
    ("tx_id", "交易id", "transaction id"),
    ("block_hash", "区块哈希", "block hash"),
    ("block_height", "区块高度", "block height"),
    ("prev_block_hash", "前一区块哈希", "previous block hash"),
    ("data_hash", "数据的哈希值", "data hash"),
    ("tx_submitted_at", "交易提交时间", "transaction submission time"),
    ("block_generated_at", "区块生成时间", "block generation time"),
];

/// A digest with its algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DigestJson {
    /// `sm3` or `sha-256`.
    #[schema(example = "sm3")]
    pub algorithm: String,
    /// 64 hex digits.
    #[schema(example = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    pub value: String,
}

/// One of the seven facts, for screens and documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactJson {
    /// Name of the field that has the same value.
    #[schema(example = "tx_id")]
    pub name: String,
    /// Its name in the manual.
    pub label: Bilingual,
    /// The value as text.
    pub value: String,
}

/// The manifest of a deposit: many items under one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ManifestJson {
    /// RFC 6962 root over the item lines, 64 hex digits.
    #[schema(example = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    pub root: String,
    /// Number of items.
    pub count: u64,
}

impl From<ManifestRoot> for ManifestJson {
    fn from(manifest: ManifestRoot) -> Self {
        Self { root: manifest.root.to_string(), count: manifest.count }
    }
}

/// A link to an earlier deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkJson {
    /// `corrects`, `refers`, `replaces`, `supplements` or `withdraws`. All but `refers` need an owner of the earlier deposit.
    #[schema(example = "supplements")]
    pub kind: String,
    /// The label of the kind.
    pub label: Bilingual,
    /// Number of the earlier deposit.
    pub deposit_number: String,
}

/// The chain facts of a deposit / 区块链存证信息.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChainFactsJson {
    /// 存证编号.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub deposit_number: String,
    /// The ledger's origin / 链标识.
    #[schema(example = "example.org/ledger")]
    pub ledger: String,
    /// 交易id: leaf hash of the entry.
    pub tx_id: String,
    /// 区块哈希: leaf hash of the block header.
    pub block_hash: String,
    /// 区块高度.
    pub block_height: u64,
    /// 前一区块哈希.
    pub prev_block_hash: String,
    /// 数据的哈希值, SM3 first. Empty for a deposit of a manifest only.
    pub data_hash: Vec<DigestJson>,
    /// Whether the digests are salted.
    pub salted: bool,
    /// 清单: the manifest of the deposit, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestJson>,
    /// 交易提交时间, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub tx_submitted_at: String,
    /// 区块生成时间, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub block_generated_at: String,
    /// The seven facts in the order of the manual.
    pub facts: Vec<FactJson>,
}

/// Who signed a deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignerJson {
    /// `depositor`, or `platform` for a deposit made by token.
    #[schema(example = "depositor")]
    pub code: String,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
}

impl SignerJson {
    /// 存证人自行签名.
    #[must_use]
    pub fn depositor() -> Self {
        Self { code: "depositor".into(), text: Bilingual::new("存证人自行签名", "signed by the depositor") }
    }

    /// 平台代为签名.
    #[must_use]
    pub fn platform() -> Self {
        Self {
            code: "platform".into(),
            text: Bilingual::new("平台代为签名", "signed by the platform on behalf of an account"),
        }
    }
}

/// How far a deposit is proven, as the node knows it. A verifier decides it again by the user's own policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProofJson {
    /// `sealed`: the ledger's own signature; `witnessed`: the quorum of witnesses has cosigned; `timestamped`: and a timestamp
    /// authority attests the time / 已上链、已见证、已取得可信时间戳.
    #[schema(example = "witnessed")]
    pub level: String,
    /// How many witnesses of the node's quorum have cosigned the checkpoint of the receipt: k of "k of n".
    pub cosignatures: usize,
    /// How many witnesses can count towards the quorum: n. `null` on a node without a witness policy.
    pub witnesses: Option<usize>,
    /// Whether the cosignatures are a quorum by the node's policy.
    pub quorum_reached: bool,
    /// 可信时间: the earliest time that a timestamp token attests, Beijing time.
    pub time: Option<String>,
}

/// The same, as the node has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofView {
    /// The level.
    pub level: &'static str,
    /// k.
    pub cosignatures: usize,
    /// n.
    pub witnesses: Option<usize>,
    /// Whether the quorum is reached.
    pub quorum_reached: bool,
    /// The earliest time of a timestamp token.
    pub time: Option<Timestamp>,
}

impl From<ProofView> for ProofJson {
    fn from(view: ProofView) -> Self {
        Self {
            level: view.level.into(),
            cosignatures: view.cosignatures,
            witnesses: view.witnesses,
            quorum_reached: view.quorum_reached,
            time: view.time.map(beijing_time),
        }
    }
}

/// The answer to a look-up by deposit number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DepositJson {
    /// `sealed`: on the chain, under a signed checkpoint.
    #[schema(example = "sealed")]
    pub status: String,
    /// 已上链.
    pub status_text: Bilingual,
    /// Index of the entry in the tree.
    pub index: u64,
    /// The chain facts.
    #[serde(flatten)]
    pub chain: ChainFactsJson,
    /// Size of the original in bytes; absent for salted digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Media type, as the depositor claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Who signed it.
    pub signed_by: SignerJson,
    /// The opaque account in the statement. It is confirmed only if `signed_by` is the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<String>,
    /// Links to earlier deposits.
    pub links: Vec<LinkJson>,
    /// How other deposits relate to it.
    #[serde(flatten)]
    pub history: HistoryJson,
    /// How far it is proven, as the node says; a verifier decides it by the user's own policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofJson>,
    /// Whether the deposit is on a test ledger, which proves nothing.
    pub test: bool,
    /// The notice that this was a look-up, and no original was verified.
    pub notice: Bilingual,
}

/// A time in answers: 北京时间 with its offset (RFC 3339).
#[must_use]
pub fn beijing_time(time: Timestamp) -> String {
    let mut text = time.beijing();
    // A space separates date and time.
    text.replace_range(10..11, "T");
    text.push_str("+08:00");
    text
}

/// The notice in every look-up response: the node looked up the record and verified no original.
#[must_use]
pub fn look_up_notice() -> Bilingual {
    let report = Report { conclusion: Conclusion::RecordOnly, ..Report::not_found(None) };
    Bilingual::of(|language| wording::conclusion(&report, language))
}

fn link(kind: LinkKind, number: DepositNumber) -> LinkJson {
    LinkJson { kind: kind.word().into(), label: link_label(kind), deposit_number: number.to_string() }
}

impl From<&Facts> for ChainFactsJson {
    fn from(facts: &Facts) -> Self {
        let mut json = Self {
            deposit_number: facts.number.to_string(),
            ledger: facts.ledger.to_string(),
            tx_id: facts.tx_id.to_string(),
            block_hash: facts.block_hash.to_string(),
            block_height: facts.block_height.0,
            prev_block_hash: facts.prev_block_hash.to_string(),
            data_hash: facts
                .data_hash
                .iter()
                .map(|(algorithm, digest)| DigestJson { algorithm: algorithm.to_string(), value: digest.to_string() })
                .collect(),
            salted: facts.salted,
            manifest: facts.manifest.map(ManifestJson::from),
            tx_submitted_at: beijing_time(facts.tx_submitted_at),
            block_generated_at: beijing_time(facts.block_generated_at),
            facts: Vec::new(),
        };
        json.facts = json.listed();
        json
    }
}

impl ChainFactsJson {
    /// The value of `facts`: the seven facts as label and text, derived from the other fields.
    fn listed(&self) -> Vec<FactJson> {
        let mut digests: Vec<_> = self.data_hash.iter().map(|d| format!("{} {}", d.algorithm, d.value)).collect();
        digests.extend(self.manifest.as_ref().map(|manifest| format!("manifest {} {}", manifest.root, manifest.count)));
        let values = [
            self.tx_id.clone(),
            self.block_hash.clone(),
            self.block_height.to_string(),
            self.prev_block_hash.clone(),
            digests.join("\n"),
            self.tx_submitted_at.clone(),
            self.block_generated_at.clone(),
        ];
        let fact = |((name, zh, en), value): ((&str, &str, &str), String)| FactJson {
            name: name.into(),
            label: Bilingual::new(zh, en),
            value,
        };
        LABELS.into_iter().zip(values).map(fact).collect()
    }
}

impl DepositJson {
    /// The response for the deposit at `index`, signed by the depositor, not by the platform.
    #[must_use]
    pub fn of(index: LeafIndex, entry: &Entry, header: &BlockHeader, history: &History) -> Self {
        let facts = Facts::of(entry, header);
        Self::from(&DepositView { index, entry, facts: &facts, history, by_platform: false, proof: None })
    }
}

/// The inputs of a look-up response, as the node has read them from the ledger.
#[derive(Debug, Clone, Copy)]
pub struct DepositView<'a> {
    /// Index of the entry in the tree.
    pub index: LeafIndex,
    /// The entry.
    pub entry: &'a Entry,
    /// The facts derived from the entry and the header of its block.
    pub facts: &'a Facts,
    /// How other deposits relate to it.
    pub history: &'a History,
    /// Whether the platform signed it, on behalf of an account.
    pub by_platform: bool,
    /// How far it is proven, where the node says it.
    pub proof: Option<ProofView>,
}

impl From<&DepositView<'_>> for DepositJson {
    fn from(view: &DepositView<'_>) -> Self {
        let DepositView { index, entry, facts, history, by_platform, proof } = *view;
        let statement = entry.statement.statement();
        let size = statement.content.and_then(|content| match content.form {
            Form::Plain { size } => Some(size),
            Form::Salted => None,
        });
        Self {
            status: SEALED.into(),
            status_text: Bilingual::new("已上链", "sealed"),
            index: index.0,
            chain: ChainFactsJson::from(facts),
            size,
            media_type: statement.media_type.map(|media_type| media_type.as_str().into()),
            signed_by: if by_platform { SignerJson::platform() } else { SignerJson::depositor() },
            on_behalf: statement.on_behalf.map(|account| account.to_string()),
            links: statement.links.iter().map(|l| link(l.kind, l.number)).collect(),
            history: HistoryJson::from(history),
            proof: proof.map(ProofJson::from),
            test: entry.number.is_test(),
            notice: look_up_notice(),
        }
    }
}

#[cfg(test)]
mod tests;
