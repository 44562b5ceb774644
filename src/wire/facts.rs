//! What a look-up says of a deposit: the seven facts, in the words and the order of the Guangzhou manual.
//!
//! Looking up is not verifying: every answer bears the notice that says so. Times are shown as 北京时间, with their offset.

use std::sync::LazyLock;

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
use crate::wire::history::{self, HistoryJson, link_label};
use crate::wire::pretty::Pretty;

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

/// A manifest: many items under one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ManifestJson {
    /// RFC 6962 root over the item lines, 64 hex digits.
    #[schema(example = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    pub root: String,
    /// How many items.
    pub count: u64,
}

impl From<ManifestRoot> for ManifestJson {
    fn from(manifest: ManifestRoot) -> Self {
        Self { root: manifest.root.to_string(), count: manifest.count }
    }
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
    /// 清单: the manifest that the deposit bears, if it bears one.
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
    /// What this deposit says of earlier ones.
    pub links: Vec<LinkJson>,
    /// What other deposits have to do with it.
    #[serde(flatten)]
    pub history: HistoryJson,
    /// A test ledger: its numbers prove nothing to anybody.
    pub test: bool,
    /// That this was a look-up, and no original was verified.
    pub notice: Bilingual,
}

/// A time as every answer shows it: 北京时间 with its offset.
#[must_use]
pub fn beijing_time(time: Timestamp) -> String {
    let mut text = time.beijing();
    // The one space is between date and time.
    text.replace_range(10..11, "T");
    text.push_str("+08:00");
    text
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
            links: statement.links.iter().map(|l| link(l.kind, l.number)).collect(),
            history: HistoryJson::from(history),
            test: entry.number.is_test(),
            notice: look_up_notice(),
        }
    }
}

/// What a look-up shows.
#[derive(Debug, Clone, Copy)]
pub struct DepositView<'a> {
    /// Place of the entry.
    pub index: LeafIndex,
    /// The entry.
    pub entry: &'a Entry,
    /// What follows from it and the header that seals it.
    pub facts: &'a Facts,
    /// What other deposits say of it.
    pub history: &'a History,
    /// Whether the platform signed it, on behalf of an account.
    pub by_platform: bool,
}

/// Most look-ups are no longer.
const TYPICAL: usize = 3_072;

/// The [`DepositJson`] of a look-up as text, by hand: it is what courts ask for all day.
#[must_use]
pub fn print(shown: &DepositView<'_>) -> String {
    static NOTICE: LazyLock<Bilingual> = LazyLock::new(look_up_notice);
    let DepositView { index, entry, facts, history, by_platform } = *shown;
    let statement = entry.statement.statement();
    Pretty::object(TYPICAL, |json| {
        json.plain("status", SEALED);
        json.inner("status_text", |json| both(json, "已上链", "sealed"));
        json.bare("index", index.0);
        print_facts(json, facts);
        if let Some(Form::Plain { size }) = statement.content.map(|content| content.form) {
            json.bare("size", size);
        }
        if let Some(media_type) = statement.media_type {
            json.plain("media_type", media_type.as_str());
        }
        let signer = if by_platform { SignerJson::platform() } else { SignerJson::depositor() };
        json.inner("signed_by", |json| {
            json.plain("code", &signer.code);
            both(json, &signer.text.zh, &signer.text.en);
        });
        if let Some(account) = statement.on_behalf {
            json.shown("on_behalf", account);
        }
        json.list("links", &statement.links, |json, of| print_link(json, of.kind, of.number));
        history::print(json, history);
        json.bare("test", entry.number.is_test());
        json.inner("notice", |json| both(json, &NOTICE.zh, &NOTICE.en));
    })
}

fn both(json: &mut Pretty, zh: &str, en: &str) {
    json.plain("zh", zh);
    json.plain("en", en);
}

fn print_link(json: &mut Pretty, kind: LinkKind, number: DepositNumber) {
    let label = link_label(kind);
    json.plain("kind", kind.word());
    json.inner("label", |json| both(json, &label.zh, &label.en));
    json.shown("deposit_number", number);
}

fn print_facts(json: &mut Pretty, facts: &Facts) {
    let (tx_id, block_hash) = (facts.tx_id.to_string(), facts.block_hash.to_string());
    let (height, previous) = (facts.block_height.0.to_string(), facts.prev_block_hash.to_string());
    let (submitted, generated) = (beijing_time(facts.tx_submitted_at), beijing_time(facts.block_generated_at));
    json.shown("deposit_number", facts.number);
    json.string("ledger", facts.ledger.as_str());
    json.plain("tx_id", &tx_id);
    json.plain("block_hash", &block_hash);
    json.bare("block_height", &height);
    json.plain("prev_block_hash", &previous);
    let digests: Vec<_> =
        facts.data_hash.iter().map(|(algorithm, digest)| (algorithm.name(), digest.to_string())).collect();
    json.list("data_hash", &digests, |json, (algorithm, digest)| {
        json.plain("algorithm", algorithm);
        json.plain("value", digest);
    });
    json.bare("salted", facts.salted);
    if let Some(manifest) = facts.manifest {
        json.inner("manifest", |json| {
            json.shown("root", manifest.root);
            json.bare("count", manifest.count);
        });
    }
    json.plain("tx_submitted_at", &submitted);
    json.plain("block_generated_at", &generated);
    let mut digests: Vec<_> = digests.iter().map(|(algorithm, digest)| [algorithm, " ", digest].concat()).collect();
    digests.extend(facts.manifest.map(|ManifestRoot { root, count }| format!("manifest {root} {count}")));
    let values = [tx_id, block_hash, height, previous, digests.join("\n"), submitted, generated];
    json.list("facts", LABELS.into_iter().zip(&values), |json, ((name, zh, en), value)| {
        json.plain("name", name);
        json.inner("label", |json| both(json, zh, en));
        json.string("value", value);
    });
}

#[cfg(test)]
mod tests;
