//! A case as it is opened, listed and shown. All accounts that may see it get the same document.
//!
//! Not here: its items (`item`), its people (`people`), its evidence period (`period`).

use serde::{Deserialize, Serialize};

use crate::court::case::state::{CaseFile, HeldContent, Hold, Text};
use crate::court::values::Capacity;
use crate::court::words::TransferKind;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::course::CourseJson;
use crate::wire::court::deadlines::{DeadlinesJson, Now, WindowJson};
use crate::wire::court::item::ImportJson;
use crate::wire::court::people::{AgentJson, CapacityJson, PartyJson, TextJson, party_label};
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// A case to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCaseRequest {
    /// The court's code.
    #[schema(example = "粤0192")]
    pub court: String,
    /// The kind of proceeding.
    #[schema(example = "civil-first")]
    pub kind: String,
    /// By which procedure.
    #[schema(example = "ordinary")]
    pub procedure: String,
    /// The role of the party that brings it.
    #[schema(example = "plaintiff")]
    pub role: String,
    /// The kind of that party.
    #[schema(example = "natural-person")]
    pub subject: String,
    /// `principal`, `agent`, `statutory-agent` or `court`.
    #[schema(example = "principal")]
    pub filer: String,
    /// An agent's authority: `general` or `special`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The party's name.
    #[schema(example = "张三")]
    pub name: String,
    /// 案由.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 诉讼请求、事实和理由.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// 授权委托书: its number or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// The party's account, where the filer is not the party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The acts of 民诉法 art. 62 (2) that the power of attorney names: `admit`, `waive`, `change`, `settle`, `counterclaim`, `appeal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special: Vec<String>,
    /// The further instances that it names: `first`, `second`, `retrial`, `enforcement`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
    /// 监护关系证明, of a statutory agent: its number or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
}

/// An association code to be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "party": 2, "party_uses": 1, "agent_uses": 2, "days": 30 }))]
pub struct CodeRequest {
    /// For which party.
    pub party: u32,
    /// How often the party itself may use it: 0 or 1.
    pub party_uses: u32,
    /// How often its agents may use it: 0 to 2.
    pub agent_uses: u32,
    /// For how many days.
    pub days: u64,
}

/// 关联案件.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssociationRequest {
    /// 关联码, in any form that people type.
    #[schema(example = "7K2M-X9QT-3D5W")]
    pub code: String,
    /// `principal`, `agent` or `statutory-agent`.
    #[schema(example = "principal")]
    pub filer: String,
    /// An agent's authority: `general` or `special`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// An agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 授权委托书: its number or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// The further instances that it names: `first`, `second`, `retrial`, `enforcement`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
    /// 监护关系证明, of a statutory agent: its number or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
}

/// The case to which a case was transferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// `second-instance`, `suit` or `retrial`.
    #[schema(example = "suit")]
    pub transfer: String,
    /// The receiving court.
    #[schema(example = "粤0192")]
    pub court: String,
    /// The kind of the new proceeding.
    #[schema(example = "civil-first")]
    pub kind: String,
    /// By which procedure.
    #[schema(example = "ordinary")]
    pub procedure: String,
    /// The party that brings it there; by default the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brought_by: Option<u32>,
}

/// A case in a list: no texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseBriefJson {
    /// Its id.
    pub case: String,
    /// 案件代号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The court.
    pub court: String,
    /// The kind of proceeding.
    pub kind: CodedText,
    /// Its stage.
    pub stage: CodedText,
    /// 案号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The capacities in which the requesting account may act.
    pub your_capacities: Vec<CapacityJson>,
    /// When it was opened, Beijing time.
    pub opened_at: String,
    /// How many items it has.
    pub items: usize,
    /// Of the periods that run, the one that ends first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<WindowJson>,
    /// 案由 and the parties; only in a list with texts.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub texts: Option<CaseBriefTextsJson>,
}

/// The texts of a case in a list. The access is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseBriefTextsJson {
    /// 案由; null if there is none, or it is erased.
    pub title: Option<String>,
    /// Role and name of each party.
    pub parties: Vec<Bilingual>,
}

/// Cases, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CasesJson {
    /// A page of them. It may have fewer cases than the limit although others follow.
    pub items: Vec<CaseBriefJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// A case before or after this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TransferJson {
    /// The case.
    pub case: String,
    /// How it was continued.
    pub transfer: CodedText,
}

/// An association code, without the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IssuedCodeJson {
    /// Its number in the case.
    pub code: u32,
    /// For which party.
    pub party: u32,
    /// Uses left for the party.
    pub party_uses: u32,
    /// Uses left for its agents.
    pub agent_uses: u32,
    /// Until when it is accepted, Beijing time.
    pub expires_at: String,
}

/// An erasure that a court ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErasureOrderJson {
    /// Private content of this deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// Private content of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// When, Beijing time.
    pub at: String,
}

/// A hold in force: the court suspended the erasure of this content until it releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HoldJson {
    /// Private content of this deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// Private content of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why; null once erased.
    pub reason: TextJson,
    /// Account of the person who suspended it for the court.
    pub by: String,
    /// In which capacity.
    pub capacity: CapacityJson,
    /// When, Beijing time.
    pub at: String,
}

/// The acts that an account may do now in one of its capacities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CanJson {
    /// The capacity.
    #[serde(flatten)]
    pub capacity: CapacityJson,
    /// Kinds of acts.
    pub acts: Vec<String>,
}

/// A case / 案件.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseJson {
    /// The facts that lists show too.
    #[serde(flatten)]
    pub brief: CaseFactsJson,
    /// 案由; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<TextJson>,
    /// 诉讼请求、事实和理由; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<TextJson>,
    /// Reason of the last return, rejection or refusal; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// Dossier, panel, decisions, appeals, objections, hand-overs.
    pub course: CourseJson,
    /// The parties.
    pub parties: Vec<PartyJson>,
    /// The agents, former ones too.
    pub agents: Vec<AgentJson>,
    /// Association codes.
    pub codes: Vec<IssuedCodeJson>,
    /// The evidence.
    pub items: Vec<ImportJson>,
    /// How many items the case has.
    pub items_total: usize,
    /// The `cursor` of the next page of items; null on the last one.
    pub next_cursor: Option<String>,
    /// Its periods.
    #[serde(flatten)]
    pub deadlines: DeadlinesJson,
    /// The erasures that the court ordered.
    pub erasure_orders: Vec<ErasureOrderJson>,
    /// Erasures that the court has suspended.
    pub holds: Vec<HoldJson>,
    /// The acts that the requesting account may do now.
    pub can: Vec<CanJson>,
    /// The act in the case's access log that recorded this access.
    pub access_sequence: u64,
}

/// The facts of a case without its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseFactsJson {
    /// Its id.
    pub case: String,
    /// 案件代号: a short name that is accepted wherever the id is; absent for cases of the first rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The version of the rules by which the case is replayed: the one in force when it was opened.
    pub rules: u32,
    /// The court.
    pub court: String,
    /// The kind of proceeding.
    pub kind: CodedText,
    /// By which procedure.
    pub procedure: CodedText,
    /// Its stage.
    pub stage: CodedText,
    /// 案号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// When it was opened, Beijing time.
    pub opened_at: String,
    /// When it was submitted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<String>,
    /// 立案.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<String>,
    /// Account of the judge it is assigned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// Deposit number of the judgment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgment: Option<String>,
    /// The case that this one continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TransferJson>,
    /// Cases that continue this one.
    pub passed_on: Vec<TransferJson>,
    /// Sequence of its last act.
    pub last_sequence: u64,
}

impl CaseBriefJson {
    /// A case in a list.
    #[must_use]
    pub fn of(file: &CaseFile, capacities: &[Capacity], now: Now<'_>) -> Self {
        let CaseFactsJson { case, reference, court, kind, stage, number, opened_at, .. } = CaseFactsJson::of(file);
        let your_capacities = capacities.iter().map(|capacity| CapacityJson::of(file, *capacity)).collect();
        let items = file.items.size();
        let due = file.due(now.at, now.calendar).first().map(|first| WindowJson::of(first, now.calendar));
        Self { case, reference, court, kind, stage, number, your_capacities, opened_at, items, due, texts: None }
    }

    /// As [`Self::of`], with 案由 and the parties.
    #[must_use]
    pub fn with_texts(file: &CaseFile, capacities: &[Capacity], now: Now<'_>, texts: &Texts) -> Self {
        let title = file.title.and_then(|title| TextJson::of(title, texts).0);
        let parties = file.parties.keys().map(|number| party_label(file, *number, texts)).collect();
        Self { texts: Some(CaseBriefTextsJson { title, parties }), ..Self::of(file, capacities, now) }
    }
}

impl CaseFactsJson {
    /// The content of `file` without texts.
    #[must_use]
    pub fn of(file: &CaseFile) -> Self {
        let transfer = |(case, transfer): &(crate::court::ids::CaseId, TransferKind)| TransferJson {
            case: case.to_string(),
            transfer: coded(transfer.word(), Bilingual::of(|language| transfer.label(language))),
        };
        let time = |time: Option<Timestamp>| time.map(beijing_time);
        Self {
            case: file.id.to_string(),
            reference: file.reference().map(|reference| reference.to_string()),
            rules: file.rules.number(),
            court: file.court.to_string(),
            kind: coded(file.kind.word(), Bilingual::of(|language| file.kind.label(language))),
            procedure: coded(file.procedure.word(), Bilingual::of(|language| file.procedure.label(language))),
            stage: coded(file.stage.word(), Bilingual::of(|language| file.stage.label(language))),
            number: file.number.as_ref().map(ToString::to_string),
            opened_at: beijing_time(file.opened.at),
            submitted_at: time(file.submitted),
            filed_at: time(file.filed),
            judge: file.judge.map(|judge| judge.to_string()),
            judgment: file.judgment.as_ref().map(DepositNumber::to_string),
            from: file.from.as_ref().map(transfer),
            passed_on: file.passed_on.iter().map(transfer).collect(),
            last_sequence: file.last.sequence,
        }
    }
}

/// The parts of a case's own document besides its items, its period and its viewer.
#[must_use]
pub fn erasure_orders(file: &CaseFile) -> Vec<ErasureOrderJson> {
    let order = |order: &crate::court::case::state::ErasureOrder| ErasureOrderJson {
        deposit_number: order.deposit.as_ref().map(DepositNumber::to_string),
        account: order.account.map(|account| account.to_string()),
        at: beijing_time(order.position.at),
    };
    file.orders.iter().map(order).collect()
}

impl HoldJson {
    fn of(file: &CaseFile, content: HeldContent, hold: &Hold, texts: &Texts) -> Self {
        let (deposit_number, account) = match content {
            HeldContent::Deposit(number) => (Some(number.to_string()), None),
            HeldContent::Account(account) => (None, Some(account.to_string())),
        };
        Self {
            deposit_number,
            account,
            reason: TextJson::of(hold.reason, texts),
            by: hold.by.to_string(),
            capacity: CapacityJson::named(file, hold.by, hold.capacity, texts),
            at: beijing_time(hold.position.at),
        }
    }
}

impl CaseJson {
    /// A case with its texts, for an account with these capacities.
    #[must_use]
    pub fn of(
        file: &CaseFile,
        texts: &Texts,
        items: Vec<ImportJson>,
        deadlines: DeadlinesJson,
        can: Vec<CanJson>,
        access_sequence: u64,
    ) -> Self {
        let shown = items.last().map_or(0, |item| item.item);
        let all = file.items.last().map_or(0, |(number, _)| number.0);
        let text = |text: Option<Text>| text.map(|text| TextJson::of(text, texts));
        let code = |(number, code): (&crate::court::ids::CodeNumber, &crate::court::case::state::AssociationCode)| {
            IssuedCodeJson {
                code: number.0,
                party: code.party.0,
                party_uses: code.party_uses,
                agent_uses: code.agent_uses,
                expires_at: beijing_time(code.expires),
            }
        };
        Self {
            brief: CaseFactsJson::of(file),
            title: text(file.title),
            claims: text(file.claims),
            reason: text(file.reason),
            course: CourseJson::of(file, texts),
            parties: file.parties.iter().map(|(number, party)| PartyJson::of(*number, party, texts)).collect(),
            agents: file.agents.iter().map(|(number, agent)| AgentJson::of(*number, agent, texts)).collect(),
            codes: file.codes.iter().map(code).collect(),
            items_total: file.items.size(),
            next_cursor: (shown > 0 && shown < all).then(|| shown.to_string()),
            items,
            deadlines,
            erasure_orders: erasure_orders(file),
            holds: file.holds.iter().map(|(content, hold)| HoldJson::of(file, *content, hold, texts)).collect(),
            can,
            access_sequence,
        }
    }
}
