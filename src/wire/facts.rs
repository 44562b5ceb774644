//! What a look-up says of a deposit: the seven facts, in the words and the order of the Guangzhou manual.
//!
//! Looking up is not verifying: every answer bears the notice that says so. Times are shown as 北京时间, with their offset.

use serde::{Deserialize, Serialize};

use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::statement::content::Form;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::report::{Conclusion, Report};
use crate::ledger::verify::verifier::History;
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;

/// The only status there is: nothing is acknowledged before it is sealed.
pub const SEALED: &str = "sealed";

/// The seven facts: field name, 中文, English.
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

/// One of the seven facts, for screens and paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactJson {
    /// The field it repeats.
    #[schema(example = "tx_id")]
    pub name: String,
    /// What the manual calls it.
    pub label: Bilingual,
    /// The value as text.
    pub value: String,
}

/// A link between deposits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkJson {
    /// `corrects`, `refers`, `replaces`, `supplements` or `withdraws`. All but `refers` only its depositor can say.
    #[schema(example = "supplements")]
    pub kind: String,
    /// The word for people.
    pub label: Bilingual,
    /// The other deposit.
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
    /// 数据的哈希值, SM3 first. Empty for a bare manifest.
    pub data_hash: Vec<DigestJson>,
    /// Whether those are digests of a salt and the data.
    pub salted: bool,
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
    /// The words for people.
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

/// What the chain says of a deposit number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DepositJson {
    /// `sealed`: on the chain, under a signed checkpoint.
    #[schema(example = "sealed")]
    pub status: String,
    /// 已上链.
    pub status_text: Bilingual,
    /// Place of the entry in the tree.
    pub index: u64,
    /// The chain facts.
    #[serde(flatten)]
    pub chain: ChainFactsJson,
    /// Bytes of the original, where the statement says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Media type, in the depositor's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Who signed it.
    pub signed_by: SignerJson,
    /// The opaque account that the statement names. Whose words that is, `signed_by` says: only the platform knows accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<String>,
    /// Earlier deposits of the same digest, the earliest first.
    pub earlier_deposits: Vec<String>,
    /// What this deposit says of earlier ones.
    pub links: Vec<LinkJson>,
    /// What later deposits say of this one.
    pub later_links: Vec<LinkJson>,
    /// A test ledger: its numbers prove nothing to anybody.
    pub test: bool,
    /// That this was a look-up, and no original was verified.
    pub notice: Bilingual,
}

/// A time as every answer shows it: 北京时间 with its offset.
#[must_use]
pub fn beijing_time(time: Timestamp) -> String {
    format!("{}+08:00", time.beijing().replacen(' ', "T", 1))
}

/// The word for a kind of link.
#[must_use]
pub fn link_label(kind: LinkKind) -> Bilingual {
    let (zh, en) = match kind {
        LinkKind::Corrects => ("更正", "corrects"),
        LinkKind::Refers => ("提及", "refers to"),
        LinkKind::Replaces => ("替换", "replaces"),
        LinkKind::Supplements => ("补充", "supplements"),
        LinkKind::Withdraws => ("撤回", "withdraws"),
    };
    Bilingual::new(zh, en)
}

/// "Only the record was looked up; no original was verified."
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
            tx_submitted_at: beijing_time(facts.tx_submitted_at),
            block_generated_at: beijing_time(facts.block_generated_at),
            facts: Vec::new(),
        };
        json.facts = json.listed();
        json
    }
}

impl ChainFactsJson {
    fn listed(&self) -> Vec<FactJson> {
        let digests: Vec<_> = self.data_hash.iter().map(|d| format!("{} {}", d.algorithm, d.value)).collect();
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
    /// What the chain says of the deposit at `index`, and what other deposits say of it.
    #[must_use]
    pub fn of(index: LeafIndex, entry: &Entry, header: &BlockHeader, history: &History) -> Self {
        let statement = entry.statement.statement();
        let size = statement.content.and_then(|content| match content.form {
            Form::Plain { size } => Some(size),
            Form::Salted => None,
        });
        Self {
            status: SEALED.into(),
            status_text: Bilingual::new("已上链", "sealed"),
            index: index.0,
            chain: ChainFactsJson::from(&Facts::of(entry, header)),
            size,
            media_type: statement.media_type.map(|media_type| media_type.as_str().into()),
            signed_by: SignerJson::depositor(),
            on_behalf: statement.on_behalf.map(|account| account.to_string()),
            earlier_deposits: history.earlier.iter().map(DepositNumber::to_string).collect(),
            links: statement.links.iter().map(|l| link(l.kind, l.number)).collect(),
            later_links: history.later.iter().map(|(kind, number)| link(*kind, *number)).collect(),
            test: entry.number.is_test(),
            notice: look_up_notice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::block::Height;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::Name;
    use crate::ledger::statement::content::HashAlgorithm;

    #[test]
    fn the_seven_facts_stand_in_the_manuals_order_and_words() {
        let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        let facts = Facts {
            ledger: Name::parse("example.org/ledger").unwrap(),
            number: DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap(),
            tx_id: Digest([1; 32]),
            block_hash: Digest([2; 32]),
            block_height: Height(7),
            prev_block_hash: Digest([3; 32]),
            data_hash: vec![(HashAlgorithm::Sm3, Digest([4; 32])), (HashAlgorithm::Sha256, Digest([5; 32]))],
            salted: false,
            tx_submitted_at: time,
            block_generated_at: time,
        };
        let json = ChainFactsJson::from(&facts);
        let labels: Vec<_> = json.facts.iter().map(|fact| fact.label.zh.as_str()).collect();
        assert_eq!(
            labels,
            ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"]
        );
        assert_eq!(json.data_hash[0].algorithm, "sm3");
        assert_eq!(json.tx_submitted_at, "2026-11-22T09:04:11.123+08:00");
        let value = serde_json::to_value(&json).unwrap();
        for fact in &json.facts {
            assert!(value.get(&fact.name).is_some(), "{} is a field too", fact.name);
        }
        assert_eq!(look_up_notice().zh, "本次仅查询链上记录，未核验原文。");
    }
}
