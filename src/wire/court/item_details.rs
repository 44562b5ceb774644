//! The details of an item beside the chain's facts: the importer's statements for the list of evidence, the court's receipt,
//! versions, verifications, and pending objections.

use serde::{Deserialize, Serialize};

use crate::court::case::objections::{Objection, ObjectionSubject, pending};
use crate::court::case::state::{CaseFile, Item, ItemReceipt, Text, Verification};
use crate::court::ids::ItemNumber;
use crate::ledger::hash::Digest;
use crate::ledger::statement::content::HashAlgorithm;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::people::{CapacityJson, CheckedJson, TextJson, checked, party_label};
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// 收据 (民诉法 art. 69): the court received the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemReceiptJson {
    /// 经办人.
    pub handler: CapacityJson,
    /// Account of the handler.
    pub by: String,
    /// 收到时间, Beijing time.
    pub at: String,
    /// 原件或者复制件.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<CodedText>,
    /// 份数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// 页数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
}

/// The last verification of an original by the court, or by parties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OriginalCheckJson {
    /// `not_verified`, `agrees`, `differs` or `unable`. A finding against the item stays until a later verification answers it.
    pub result: CodedText,
    /// Who verified it last with this result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifier: Option<CapacityJson>,
    /// When, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A pending objection, and the burden of proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ObjectionJson {
    /// The item.
    pub item: u32,
    /// The party that objects.
    pub by: u32,
    /// Its label: role and name.
    pub by_text: Bilingual,
    /// The party that offers the item.
    pub offered_by: u32,
    /// Its label: role and name.
    pub offered_by_text: Bilingual,
    /// The version of the reply that raises it.
    pub reply_version: u32,
    /// The ground, or the property that is disputed.
    pub subject: CodedText,
    /// The burden of proof from which the rules start.
    pub burden: CodedText,
    /// Since when, Beijing time.
    pub since: String,
}

/// The details of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemDetailsJson {
    /// The party that offers it: role and name.
    pub party_text: Bilingual,
    /// Its version: 1 as imported, one more with each restatement.
    pub item_version: u32,
    /// 质证后修改: it was restated after another party had replied to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restated_after_reply: Option<Bilingual>,
    /// 来源; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<TextJson>,
    /// 证明对象; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<TextJson>,
    /// 原件或者复制件.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<CodedText>,
    /// 份数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// 页数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// The identity check of the importer at the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_at_import: Option<CheckedJson>,
    /// `before_filing`, `after_filing` or `not_filed`: the deposit, compared with 立案.
    pub deposited: CodedText,
    /// 法院核验.
    pub court_verification: OriginalCheckJson,
    /// 当事人自行核验.
    pub party_verification: OriginalCheckJson,
    /// 收据.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_given: Option<ItemReceiptJson>,
    /// `equal`, `different` or `not_recorded`: the digest of the file in the court's dossier, compared with the deposit's.
    pub dossier: CodedText,
    /// The objections that are pending.
    pub objections: Vec<ObjectionJson>,
}

fn receipt(file: &CaseFile, given: &ItemReceipt, texts: &Texts) -> ItemReceiptJson {
    let form = given.act.form;
    ItemReceiptJson {
        handler: CapacityJson::named(file, given.by, given.capacity, texts),
        by: given.by.to_string(),
        at: beijing_time(given.position.at),
        form: form.map(|form| coded(form.word(), Bilingual::of(|language| form.label(language)))),
        copies: given.act.copies,
        pages: given.act.pages,
    }
}

/// The last verification among those that `counts`, a finding against the item before all others.
fn original_check(
    file: &CaseFile,
    item: &Item,
    texts: &Texts,
    counts: impl Fn(&Verification) -> bool,
) -> OriginalCheckJson {
    let all: Vec<&Verification> = item.verifications.iter().filter(|one| counts(one)).collect();
    let last_agreement = all.iter().rposition(|one| one.agrees());
    let last_finding = all.iter().rposition(|one| one.is_adverse());
    // An agreement answers an earlier finding of the same group only.
    let shown = match (last_finding, last_agreement) {
        (Some(finding), Some(agreement)) if finding < agreement => Some(agreement),
        (finding, agreement) => finding.or(agreement),
    };
    let shown = shown.or_else(|| all.len().checked_sub(1)).and_then(|at| all.get(at).copied());
    let (code, zh, en) = match shown {
        None => ("not_verified", "未核验", "not verified"),
        Some(one) if one.agrees() => ("agrees", "一致", "agrees"),
        Some(one) if one.is_adverse() => ("differs", "不一致", "differs"),
        Some(_) => ("unable", "未能比对原文", "no original could be compared"),
    };
    OriginalCheckJson {
        result: coded(code, Bilingual::new(zh, en)),
        verifier: shown.map(|one| CapacityJson::named(file, one.by, one.capacity, texts)),
        at: shown.map(|one| beijing_time(one.position.at)),
    }
}

fn dossier(item: &Item) -> CodedText {
    let recorded = item.receipt.as_ref().map_or(&[][..], |receipt| &receipt.act.dossier_hash);
    let of = |list: &[(HashAlgorithm, Digest)], algorithm| {
        list.iter().find(|(one, _)| *one == algorithm).map(|(_, digest)| *digest)
    };
    let compared: Vec<bool> = recorded
        .iter()
        .filter_map(|(algorithm, digest)| Some(of(&item.import.data_hash, *algorithm)? == *digest))
        .collect();
    let (code, zh, en) = if compared.is_empty() {
        ("not_recorded", "卷宗文件的摘要未登记", "the digest of the file in the dossier is not recorded")
    } else if compared.iter().all(|equal| *equal) {
        ("equal", "与卷宗文件的摘要一致", "equal to the digest of the file in the dossier")
    } else {
        ("different", "与卷宗文件的摘要不一致", "different from the digest of the file in the dossier")
    };
    coded(code, Bilingual::new(zh, en))
}

fn deposited(file: &CaseFile, item: &Item) -> CodedText {
    let (code, zh, en) = match file.filed {
        None => ("not_filed", "案件尚未立案", "the case is not filed yet"),
        Some(filed) if item.import.tx_submitted_at < filed => {
            ("before_filing", "存证早于立案", "deposited before the case was filed")
        }
        Some(_) => ("after_filing", "存证晚于立案", "deposited after the case was filed"),
    };
    coded(code, Bilingual::new(zh, en))
}

impl ObjectionJson {
    /// A pending objection.
    #[must_use]
    pub fn of(file: &CaseFile, objection: &Objection<'_>, texts: &Texts) -> Self {
        let burden = objection.subject.burden();
        let subject = match objection.subject {
            ObjectionSubject::Ground(ground) => coded(ground.word(), Bilingual::of(|language| ground.label(language))),
            ObjectionSubject::Property(property) => {
                coded(property.word(), Bilingual::of(|language| property.label(language)))
            }
        };
        Self {
            item: objection.item.0,
            by: objection.by.0,
            by_text: party_label(file, objection.by, texts),
            offered_by: objection.offered_by.0,
            offered_by_text: party_label(file, objection.offered_by, texts),
            reply_version: objection.version,
            subject,
            burden: coded(burden.word(), Bilingual::of(|language| burden.label(language))),
            since: beijing_time(objection.reply.position.at),
        }
    }
}

impl ItemDetailsJson {
    /// The details of an item.
    #[must_use]
    pub fn of(file: &CaseFile, number: ItemNumber, item: &Item, texts: &Texts) -> Self {
        let text = |text: Option<Text>| text.map(|text| TextJson::of(text, texts));
        let form = item.details.form;
        let version = item.version();
        Self {
            party_text: party_label(file, item.import.party, texts),
            item_version: version,
            restated_after_reply: item.is_restated_after_reply().then(|| {
                Bilingual::new(
                    format!("质证后修改（现为第 {version} 版）"),
                    format!("restated after a reply (version {version} now)"),
                )
            }),
            source: text(item.details.source),
            proves: text(item.details.proves),
            form: form.map(|form| coded(form.word(), Bilingual::of(|language| form.label(language)))),
            copies: item.details.copies,
            pages: item.details.pages,
            identity_at_import: item.import.identity.as_ref().map(checked),
            deposited: deposited(file, item),
            court_verification: original_check(file, item, texts, Verification::is_by_the_court),
            party_verification: original_check(file, item, texts, |one| !one.is_by_the_court()),
            receipt_given: item.receipt.as_ref().map(|given| receipt(file, given, texts)),
            dossier: dossier(item),
            objections: pending(number, item).iter().map(|one| ObjectionJson::of(file, one, texts)).collect(),
        }
    }
}
