//! The record of a case as a court reads it (案件记录): each act as a sentence with date, actor and capacity.
//!
//! Not here: the documents that the chain committed to (`act::CaseActJson`). A sentence adds nothing to them but names.

use serde::{Deserialize, Serialize};

use crate::court::acts::{Act, ActKind, Reply, Verify};
use crate::court::calendar::Day;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::{AnnexId, PartyNumber};
use crate::court::words::{CaseKind, Opinion};
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::people::{CapacityJson, actor_label, party_label, staff_name};
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// One act of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordEntryJson {
    /// Its place in the case, from 1.
    pub sequence: u64,
    /// When it went on the chain, Beijing time.
    pub at: String,
    /// The actor: name and capacity.
    pub actor: CapacityJson,
    /// The account of the actor.
    pub by: String,
    /// The kind of act.
    pub act: CodedText,
    /// The act as a sentence.
    pub sentence: Bilingual,
    /// 存证编号 of the act itself.
    pub deposit_number: String,
    /// Why it had no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ineffective: Option<CodedText>,
}

/// The record of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseRecordJson {
    /// A page of it, in order.
    pub items: Vec<RecordEntryJson>,
    /// The `cursor` of the next page: the last sequence of this one. Null on the last page.
    pub next_cursor: Option<String>,
    /// The act in the case's access log that recorded this access.
    pub access_sequence: u64,
}

/// The label of an act in a case of this kind: what is submitted depends on the proceeding.
#[must_use]
pub fn act_label_in(kind: CaseKind, act: ActKind) -> Bilingual {
    match (act, kind) {
        (ActKind::Submit, CaseKind::CivilSecond | CaseKind::AdministrativeSecond) => {
            Bilingual::new("提交上诉状", "submit the appeal petition")
        }
        (ActKind::Submit, CaseKind::Mediation) => {
            Bilingual::new("提交调解申请", "submit the application for mediation")
        }
        (ActKind::Submit, CaseKind::CivilFirst | CaseKind::AdministrativeFirst) => {
            Bilingual::new("提交起诉状", "submit the complaint")
        }
        (ActKind::Submit, CaseKind::PrivateProsecution) => {
            Bilingual::new("提交自诉状", "submit the private prosecution")
        }
        (ActKind::Submit, _) => Bilingual::new("提交申请书", "submit the application"),
        (ActKind::WithdrawSuit, CaseKind::CivilSecond | CaseKind::AdministrativeSecond) => {
            Bilingual::new("申请撤回上诉", "apply to withdraw the appeal")
        }
        (act, _) => Bilingual::of(|language| act.label(language)),
    }
}

/// The word for the conclusion of a recorded verification.
fn conclusion(found: &Verify) -> Bilingual {
    let (zh, en) = match found.conclusion.0.as_str() {
        "consistent" => ("一致", "consistent"),
        "consistent_with_reservation" => ("一致，附保留", "consistent, with reservations"),
        "mismatch" => ("不一致", "mismatch"),
        "record_only" => ("仅查询链上记录，未比对原文", "record looked up only, no original compared"),
        "contradictory" => ("记录自身存在矛盾", "the record contradicts itself"),
        "chain_fault" => ("链上数据自身校验未通过", "the chain's own data does not verify"),
        "not_found" => ("尚未存证", "not deposited"),
        _ => ("未能完成", "not completed"),
    };
    Bilingual::new(zh, en)
}

fn opinions(reply: &Reply) -> Bilingual {
    let listed = [
        ("真实性", "authenticity", reply.authenticity),
        ("合法性", "legality", reply.legality),
        ("关联性", "relevance", reply.relevance),
    ];
    let said = |language: Language| {
        let one = |(zh, en, opinion): &(&str, &str, Option<Opinion>)| {
            let name = if language == Language::Chinese { zh } else { en };
            opinion.map(|opinion| format!("{name} {}", opinion.label(language)))
        };
        let parts: Vec<String> = listed.iter().filter_map(one).collect();
        parts.join(if language == Language::Chinese { "，" } else { ", " })
    };
    Bilingual::of(said)
}

/// A party with the name that an act gave it, which may have been corrected since.
fn named_party(file: &CaseFile, party: PartyNumber, name: Option<AnnexId>, texts: &Texts) -> Bilingual {
    let stated = name.and_then(|annex| texts.get(&annex).cloned().flatten());
    match (stated, file.parties.get(&party)) {
        (Some(name), Some(party)) => Bilingual::of(|language| format!("{} {name}", party.role.label(language))),
        _ => party_label(file, party, texts),
    }
}

/// The content of an act beside its label, if it has any.
fn details(file: &CaseFile, act: &Act, texts: &Texts) -> Option<Bilingual> {
    Some(match act {
        Act::AddParty(act) => named_party(file, act.party, Some(act.name), texts),
        Act::RestateParty(act) => named_party(file, act.party, act.name, texts),
        Act::EndAssociation(act) => party_label(file, act.party, texts),
        Act::Associate(act) => party_label(file, file.codes.get(&act.code)?.party, texts),
        Act::IssueCode(act) => {
            let Bilingual { zh, en } = file.codes.get(&act.code).map(|code| party_label(file, code.party, texts))?;
            Bilingual::new(format!("供{zh}及其代理人使用"), format!("for {en} and its agents"))
        }
        Act::AddAgent(act) => {
            let Bilingual { zh, en } = party_label(file, act.party, texts);
            Bilingual::new(
                format!("代理{zh}，{}", act.authority.label(Language::Chinese)),
                format!("for {en}, {}", act.authority.label(Language::English)),
            )
        }
        Act::FileCase(act) => {
            let number = act.number.as_ref()?.to_string();
            Bilingual::new(format!("案号{number}"), format!("case number {number}"))
        }
        Act::BindNumber(act) => Bilingual::new(act.number.to_string(), act.number.to_string()),
        Act::Assign(act) => {
            let judge = act.judge?;
            let name = texts.get(&staff_name(judge)).cloned().flatten()?;
            Bilingual::new(format!("承办法官 {name}"), format!("judge {name}"))
        }
        Act::Judge(act) => {
            let number = act.document?;
            Bilingual::new(format!("裁判文书存证编号 {number}"), format!("deposit number of the document {number}"))
        }
        Act::PassOn(act) => Bilingual::of(|language| act.transfer.label(language)),
        Act::Import(act) => {
            let Bilingual { zh, en } = party_label(file, act.party, texts);
            Bilingual::new(
                format!("{zh}提交证据{}，存证编号 {}", act.item, act.deposit),
                format!("item {} of {en}, deposit number {}", act.item, act.deposit),
            )
        }
        Act::Restate(act) => of_item(act.item.0),
        Act::WithdrawItem(act) => of_item(act.item.0),
        Act::ReceiveItem(act) => of_item(act.item.0),
        Act::Consent(act) => of_item(act.item.0),
        Act::Diverge(act) => Bilingual::of(|language| format!("{} {}", act.item, act.what.label(language))),
        Act::Verify(act) => {
            let Bilingual { zh, en } = conclusion(act);
            Bilingual::new(format!("证据{}，结论：{zh}", act.item), format!("item {}, conclusion: {en}", act.item))
        }
        Act::Reply(act) => {
            let Bilingual { zh, en } = opinions(act);
            let (of_zh, of_en) = act
                .item_version
                .map_or_else(Default::default, |version| (format!("第{version}版"), format!(" version {version}")));
            Bilingual::new(
                format!("就证据{}{of_zh}（第{}次）：{zh}", act.item, act.version),
                format!("to item {}{of_en} (reply {}): {en}", act.item, act.version),
            )
        }
        Act::SetPeriod(act) => period(act.days, act.start),
        Act::ResetPeriod(act) => period(act.days, act.start),
        Act::ExtendPeriod(act) => Bilingual::new(format!("{}日", act.days), format!("{} days", act.days)),
        _ => return None,
    })
}

/// The length of a period, and the day from which it counts where the act names one.
fn period(days: u32, start: Option<Day>) -> Bilingual {
    match start {
        Some(start) => Bilingual::new(format!("{days}日，自{start}起算"), format!("{days} days from {start}")),
        None => Bilingual::new(format!("{days}日，自送达起算"), format!("{days} days from service")),
    }
}

fn of_item(item: u32) -> Bilingual {
    Bilingual::new(format!("证据{item}"), format!("item {item}"))
}

/// An act as a sentence: actor, act, details.
#[must_use]
pub fn sentence(file: &CaseFile, document: &Document, texts: &Texts) -> Bilingual {
    let actor = actor_label(file, document.by, document.capacity, texts);
    let label = act_label_in(file.kind, document.act.kind());
    match details(file, &document.act, texts) {
        Some(more) => Bilingual::new(
            format!("{}{}：{}。", actor.zh, label.zh, more.zh),
            format!("{}: {}: {}.", actor.en, label.en, more.en),
        ),
        None => Bilingual::new(format!("{}{}。", actor.zh, label.zh), format!("{}: {}.", actor.en, label.en)),
    }
}

impl RecordEntryJson {
    /// An act of a case.
    #[must_use]
    pub fn of(
        file: &CaseFile,
        document: &Document,
        (number, position): (DepositNumber, &ActPosition),
        ineffective: Option<CodedText>,
        texts: &Texts,
    ) -> Self {
        let kind = document.act.kind();
        let label = act_label_in(file.kind, kind);
        Self {
            sequence: position.sequence,
            at: beijing_time(position.at),
            actor: CapacityJson::named(file, document.by, document.capacity, texts),
            by: document.by.to_string(),
            act: CodedText { code: kind.word().into(), zh: label.zh, en: label.en },
            sentence: sentence(file, document, texts),
            deposit_number: number.to_string(),
            ineffective,
        }
    }
}
