//! The case file: the state of a case.
//!
//! # Invariants
//!
//! The state depends only on the acts and their times. Private texts are referred to by commitment and index, so erasing one does not
//! change the state.

use std::collections::{BTreeMap, BTreeSet};

use rpds::RedBlackTreeMapSync;

pub use crate::court::act_position::{ActPosition, Text};
use crate::court::acts::Import;
use crate::court::case::course::Course;
use crate::court::case::decisions::{ClaimsRecord, Conversion, Deferral, ItemDecisions};
use crate::court::case::reference::CaseReference;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::service::book::ServiceBook;
use crate::court::case::session_records::SessionRecords;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::course_words::{Instance, SpecialPower};
use crate::court::ids::{AccountId, AgentNumber, AnnexId, CaseId, CodeNumber, ItemNumber, PartyNumber};
use crate::court::period::EvidencePeriod;
use crate::court::period::by_party::PartyPeriods;
use crate::court::permission::{CaseRelation, Side};
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::windows::Windows;
use crate::court::words::{
    Authority, CaseKind, Divergence, Ground, ItemForm, Opinion, PartyRole, Phase, Procedure, Stage, SubjectKind,
    TransferKind,
};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its role.
    pub role: PartyRole,
    /// 原审地位: its role in the instance before.
    pub former_role: Option<PartyRole>,
    /// Person or organisation.
    pub subject: SubjectKind,
    /// Its account, once it is associated.
    pub account: Option<AccountId>,
    /// How it was identified.
    pub identity: Option<IdentityCheck>,
    /// Its name.
    pub name: Text,
    /// 确认诉前须知: when the notices before filing were confirmed.
    pub notices_confirmed: Option<Timestamp>,
    /// 送达确认: when service was confirmed last.
    pub service_confirmed: Option<Timestamp>,
    /// Where further documents may be sent.
    pub service_address: Option<Text>,
}

impl Party {
    /// Its side.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self.role {
            PartyRole::ThirdParty
            | PartyRole::OriginalPlaintiff
            | PartyRole::OriginalDefendant
            | PartyRole::OriginalThirdParty => Side::Third,
            role if role.brings_the_case() => Side::Bringing,
            _ => Side::Answering,
        }
    }
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The party that it represents.
    pub party: PartyNumber,
    /// The account.
    pub account: AccountId,
    /// Its authority.
    pub authority: Authority,
    /// The acts of art. 62 (2) that its power of attorney names.
    pub special: BTreeSet<SpecialPower>,
    /// The further instances that its power of attorney names.
    pub instances: BTreeSet<Instance>,
    /// How the agent was identified.
    pub identity: Option<IdentityCheck>,
    /// The name.
    pub name: Option<Text>,
    /// 授权委托书.
    pub power: Option<Text>,
    /// 监护关系证明, of a statutory agent.
    pub relationship: Option<Text>,
    /// When the agency ended.
    pub ended: Option<Timestamp>,
}

/// An association code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociationCode {
    /// For which party.
    pub party: PartyNumber,
    /// Digest of the code.
    pub hash: Digest,
    /// Uses left for the party itself.
    pub party_uses: u32,
    /// Uses left for its agents.
    pub agent_uses: u32,
    /// When it expires.
    pub expires: Timestamp,
}

/// A verification of an item, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that acted.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// Its act, with the result.
    pub found: crate::court::acts::Verify,
}

/// One version of a party's reply to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyVersion {
    /// Position of the act.
    pub position: ActPosition,
    /// Who wrote it.
    pub by: AccountId,
    /// The version of the item that it answers, if it names one.
    pub item_version: Option<u32>,
    /// 真实性.
    pub authenticity: Option<Opinion>,
    /// 合法性.
    pub legality: Option<Opinion>,
    /// 关联性.
    pub relevance: Option<Opinion>,
    /// The grounds of objections.
    pub grounds: Vec<Ground>,
    /// 证明力有无、大小.
    pub probative_value: Option<Text>,
    /// The reason.
    pub reason: Option<Text>,
}

/// What the importer states of an item for the list of evidence (证据规定 art. 19).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemDetails {
    /// 来源.
    pub source: Option<Text>,
    /// 证明对象.
    pub proves: Option<Text>,
    /// Original or copy.
    pub form: Option<ItemForm>,
    /// 份数.
    pub copies: Option<u32>,
    /// 页数.
    pub pages: Option<u32>,
}

/// 收据 (民诉法 art. 69): the court received the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemReceipt {
    /// Position of the act.
    pub position: ActPosition,
    /// 经办人.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// What was received.
    pub act: crate::court::acts::ReceiveItem,
}

/// An item of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The import, with its frozen snapshot.
    pub import: Import,
    /// Position of the act.
    pub position: ActPosition,
    /// Who imported it.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// The stage of the case at the import.
    pub stage: Stage,
    /// Time of its first import, in this case or an earlier one.
    pub first_imported_at: Timestamp,
    /// 证据名称, as last stated by the importer.
    pub name: Text,
    /// 证据内容, likewise.
    pub content: Text,
    /// Whether it was late as the period stood at the import. Of a case of version 1 that is final; from version 2 on,
    /// [`CaseFile::lateness`] follows the period as it stands.
    /// 来源, 证明对象, original or copy, likewise.
    pub details: ItemDetails,
    /// When it was restated: its version is one more than their number.
    pub restated: Vec<ActPosition>,
    /// The receipt that the court gave for it last.
    pub receipt: Option<ItemReceipt>,
    /// Whether it was imported after the end of the evidence period.
    pub late: bool,
    /// Why it was not offered earlier: in second instance, why not in first instance.
    pub reason: Option<Text>,
    /// Whether it can no longer be edited or withdrawn, because it was submitted with the complaint.
    pub locked: bool,
    /// When it was withdrawn.
    pub withdrawn: Option<Timestamp>,
    /// The item that replaces it.
    pub replaced_by: Option<ItemNumber>,
    /// The parties that consented to its use in a suit, for an item of a mediation.
    pub consents: BTreeSet<PartyNumber>,
    /// Whether the party that offered it in a mediation lets it go on into the suit.
    pub forwarded: bool,
    /// All verifications.
    pub verifications: Vec<Verification>,
    /// Recorded divergences.
    pub divergences: Vec<(ActPosition, Divergence)>,
    /// Replies by party, all versions.
    pub replies: BTreeMap<PartyNumber, Vec<ReplyVersion>>,
    /// What the court decided on it, and what its party stated of its lateness.
    pub decisions: ItemDecisions,
}

impl Item {
    /// Whether it is neither withdrawn nor replaced.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.withdrawn.is_none() && self.replaced_by.is_none()
    }

    /// Its version: 1 as imported, one more with each restatement.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.restated.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The version that a reply answers: the one that it names, or the one that stood when it was written.
    #[must_use]
    pub fn version_answered(&self, reply: &ReplyVersion) -> u32 {
        let before = |restated: &&ActPosition| restated.sequence < reply.position.sequence;
        let at_the_time = u32::try_from(self.restated.iter().filter(before).count()).unwrap_or(u32::MAX);
        reply.item_version.unwrap_or(at_the_time.saturating_add(1))
    }

    /// 质证后修改: whether it was restated after an opponent had replied to it.
    #[must_use]
    pub fn is_restated_after_reply(&self) -> bool {
        let version = self.version();
        self.replies.values().flatten().any(|reply| self.version_answered(reply) < version)
    }
}

/// An erasure order of the court.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureOrder {
    /// Position of the act.
    pub position: ActPosition,
    /// Private content of a deposit.
    pub deposit: Option<DepositNumber>,
    /// Private content of an account.
    pub account: Option<AccountId>,
    /// Whether it ended a hold of this case on that content.
    pub ended_hold: bool,
}

/// The content that an erasure order, a hold or a release is about: of exactly one deposit or account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldContent {
    /// Private metadata and the original of a deposit of this ledger.
    Deposit(DepositNumber),
    /// Private content of an account.
    Account(AccountId),
}

/// A hold in force: the court suspended an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that acted for the court.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// Its reason.
    pub reason: Text,
}

/// An act on the chain that had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IneffectiveAct {
    /// Position of the act.
    pub position: ActPosition,
    /// The reason.
    pub reason: Refusal,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its id.
    pub id: CaseId,
    /// Its last act.
    pub last: ActPosition,
    /// When it was opened.
    pub opened: ActPosition,
    /// Who opened it.
    pub opened_by: AccountId,
    /// The version of its rules.
    pub rules: RulesVersion,
    /// The court.
    pub court: CourtCode,
    /// The kind of proceeding.
    pub kind: CaseKind,
    /// The procedure.
    pub procedure: Procedure,
    /// The stage.
    pub stage: Stage,
    /// 案号, once it has one.
    pub number: Option<CaseNumber>,
    /// Numbers that were wrong and have been corrected.
    pub former_numbers: Vec<CaseNumber>,
    /// 案由.
    pub title: Option<Text>,
    /// 诉讼请求、事实和理由.
    pub claims: Option<Text>,
    /// The case that this one continues.
    pub from: Option<(CaseId, TransferKind)>,
    /// Cases that continue this one.
    pub passed_on: Vec<(CaseId, TransferKind)>,
    /// When it was submitted last.
    pub submitted: Option<Timestamp>,
    /// When it was filed.
    pub filed: Option<Timestamp>,
    /// The judge it is assigned to.
    pub judge: Option<AccountId>,
    /// The judgment.
    pub judgment: Option<DepositNumber>,
    /// Reason of the last return, rejection or refusal.
    pub reason: Option<Text>,
    /// Parties.
    pub parties: BTreeMap<PartyNumber, Party>,
    /// Agents.
    pub agents: BTreeMap<AgentNumber, Agent>,
    /// Association codes.
    pub codes: BTreeMap<CodeNumber, AssociationCode>,
    /// Items of evidence. A persistent map: the state after an act shares all items with the state before, except those
    /// that the act changed.
    pub items: RedBlackTreeMapSync<ItemNumber, Item>,
    /// All annexes of its acts, each with the index of its entry.
    pub annexes: RedBlackTreeMapSync<AnnexId, LeafIndex>,
    /// The evidence period of a case of version 1.
    pub period: EvidencePeriod,
    /// The evidence periods of the parties, from version 2 on.
    pub periods: PartyPeriods,
    /// The windows, 期限窗.
    pub windows: Windows,
    /// Applications for the deferral of a period.
    pub deferrals: Vec<Deferral>,
    /// Changed claims and counterclaims.
    pub claim_changes: Vec<ClaimsRecord>,
    /// Conversions of the procedure.
    pub conversions: Vec<Conversion>,
    /// Appointments, hearings, transcripts, mediation agreements and their confirmation rounds.
    pub records: SessionRecords,
    /// Erasure orders.
    pub orders: Vec<ErasureOrder>,
    /// Holds in force.
    pub holds: BTreeMap<HeldContent, Hold>,
    /// Consents to electronic service, addresses, and all service of documents.
    pub service: ServiceBook,
    /// Dossier, panel, decisions, appeals, objections, hand-overs.
    pub course: Course,
    /// Acts without effect.
    pub ineffective_acts: Vec<IneffectiveAct>,
}

/// The number after the last of `numbers`.
pub(in crate::court::case) fn next<K: Copy + Ord, V>(numbers: &BTreeMap<K, V>, value: impl Fn(K) -> u32) -> u32 {
    numbers.last_key_value().map_or(1, |(last, _)| value(*last).saturating_add(1))
}

impl CaseFile {
    /// 案件代号; cases of the first rules are found by their id and number only.
    #[must_use]
    pub fn reference(&self) -> Option<CaseReference> {
        (self.rules >= RulesVersion::V2).then(|| CaseReference::of(self.id))
    }

    /// Whether it has ended, so that no more evidence is accepted.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(
            self.stage,
            Stage::Judged | Stage::Discontinued | Stage::Closed | Stage::Rejected | Stage::Refused | Stage::Withdrawn
        )
    }

    /// Whether it was transferred in this way before.
    #[must_use]
    pub fn was_transferred(&self, transfer: TransferKind) -> bool {
        self.passed_on.iter().any(|(_, gone)| *gone == transfer)
    }

    /// The phase of an import now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.stage.is_with_the_filer() {
            Phase::Filing
        } else if self.rules >= RulesVersion::V2 && self.is_second_instance() {
            Phase::SecondInstance
        } else {
            Phase::Supplementary
        }
    }

    /// Whether it is an appeal proceeding.
    #[must_use]
    pub const fn is_second_instance(&self) -> bool {
        matches!(self.kind, CaseKind::CivilSecond | CaseKind::AdministrativeSecond)
    }

    /// The capacities of an account in the case, without its roles.
    #[must_use]
    pub fn capacities_of(&self, account: AccountId) -> Vec<Capacity> {
        let parties = self.parties.iter().filter(|(_, party)| party.account == Some(account));
        let agents = self.agents.iter().filter(|(_, agent)| agent.account == account && agent.ended.is_none());
        parties
            .map(|(number, _)| Capacity::Party(*number))
            .chain(agents.map(|(number, _)| Capacity::Agent(*number)))
            .collect()
    }

    /// The relation of an account in this capacity to the case; `None` if it does not have the capacity, or was not appointed
    /// where its role needs that, or is recused. Whether it holds the role is not checked here, since the case does not know.
    #[must_use]
    pub fn relation(&self, by: AccountId, capacity: Capacity) -> Option<CaseRelation> {
        match capacity {
            Capacity::Party(number) => {
                let party = self.parties.get(&number).filter(|party| party.account == Some(by))?;
                Some(CaseRelation::Party(party.side()))
            }
            Capacity::Agent(number) => {
                let agent = self.agents.get(&number).filter(|agent| agent.account == by && agent.ended.is_none())?;
                Some(CaseRelation::Agent(self.parties.get(&agent.party)?.side()))
            }
            Capacity::Holding(_) | Capacity::Receiving(_) if self.is_recused(by) => None,
            Capacity::Holding(role) if role.needs_appointment() && !self.records.is_appointed(role, by) => None,
            Capacity::Holding(role) => Some(CaseRelation::Holding(role)),
            Capacity::Receiving(role) => role.handles_cases().then_some(CaseRelation::Receiving(role)),
            Capacity::Oneself => Some(CaseRelation::Unrelated),
            Capacity::Platform => Some(CaseRelation::Platform),
        }
    }

    /// The party that this capacity represents.
    #[must_use]
    pub fn party_of(&self, capacity: Capacity) -> Option<PartyNumber> {
        match capacity {
            Capacity::Party(number) => Some(number),
            Capacity::Agent(number) => self.agents.get(&number).map(|agent| agent.party),
            _ => None,
        }
    }

    /// The next item's number.
    #[must_use]
    pub fn next_item(&self) -> ItemNumber {
        ItemNumber(self.items.last().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }

    /// The next party's number.
    #[must_use]
    pub fn next_party(&self) -> PartyNumber {
        PartyNumber(next(&self.parties, |number| number.0))
    }

    /// The next agent's number.
    #[must_use]
    pub fn next_agent(&self) -> AgentNumber {
        AgentNumber(next(&self.agents, |number| number.0))
    }

    /// The next association code's number.
    #[must_use]
    pub fn next_code(&self) -> CodeNumber {
        CodeNumber(next(&self.codes, |number| number.0))
    }
}
