//! What a case file holds.
//!
//! # Invariants
//!
//! Everything follows from the acts and their times alone. Texts are held as commitments with the place where they lie, so
//! that erasing one changes nothing here.

use std::collections::{BTreeMap, BTreeSet};

use rpds::RedBlackTreeMapSync;

use crate::court::acts::Import;
use crate::court::case::refusal::Refusal;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AccountId, AgentNumber, AnnexId, CaseId, CodeNumber, ItemNumber, PartyNumber};
use crate::court::period::EvidencePeriod;
use crate::court::permission::{CaseRelation, Side};
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{
    Authority, CaseKind, Divergence, Ground, Opinion, PartyRole, Phase, Procedure, Stage, SubjectKind, TransferKind,
};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// Where and when an act was put on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActPosition {
    /// Place of its entry.
    pub index: LeafIndex,
    /// Its sequence in the case's stream, from 1.
    pub sequence: u64,
    /// 交易提交时间 of its entry.
    pub at: Timestamp,
}

/// A text that lies in an annex of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Its commitment.
    pub annex: AnnexId,
    /// The entry beside which it lies.
    pub index: LeafIndex,
}

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What it is called.
    pub role: PartyRole,
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
    /// On which side it stands.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self.role {
            PartyRole::ThirdParty => Side::Third,
            role if role.brings_the_case() => Side::Bringing,
            _ => Side::Answering,
        }
    }
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// For whom.
    pub party: PartyNumber,
    /// The account.
    pub account: AccountId,
    /// How far the agent may go.
    pub authority: Authority,
    /// How the agent was identified.
    pub identity: Option<IdentityCheck>,
    /// The name.
    pub name: Option<Text>,
    /// 授权委托书.
    pub power: Option<Text>,
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
    /// Until when it is taken.
    pub expires: Timestamp,
}

/// A verification of an item, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Where it stands.
    pub position: ActPosition,
    /// Who.
    pub by: AccountId,
    /// In which capacity.
    pub capacity: Capacity,
    /// What was found.
    pub found: crate::court::acts::Verify,
}

/// One version of a party's reply to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyVersion {
    /// Where it stands.
    pub position: ActPosition,
    /// Who wrote it.
    pub by: AccountId,
    /// 真实性.
    pub authenticity: Option<Opinion>,
    /// 合法性.
    pub legality: Option<Opinion>,
    /// 关联性.
    pub relevance: Option<Opinion>,
    /// What objections rest on.
    pub grounds: Vec<Ground>,
    /// 证明力有无、大小.
    pub probative_value: Option<Text>,
    /// The reason.
    pub reason: Option<Text>,
}

/// An item of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The import, with its frozen snapshot.
    pub import: Import,
    /// Where it stands.
    pub position: ActPosition,
    /// Who imported it.
    pub by: AccountId,
    /// In which capacity.
    pub capacity: Capacity,
    /// Where the case stood.
    pub stage: Stage,
    /// When it was imported first, in this case or in the one it came from.
    pub first_imported_at: Timestamp,
    /// 证据名称, as last stated by the importer.
    pub name: Text,
    /// 证据内容, likewise.
    pub content: Text,
    /// Imported after the evidence period had ended: accepted and marked.
    pub late: bool,
    /// Filed with the complaint and submitted: neither edited nor withdrawn.
    pub locked: bool,
    /// When it was withdrawn.
    pub withdrawn: Option<Timestamp>,
    /// The item that replaces it.
    pub replaced_by: Option<ItemNumber>,
    /// Whether the party that offered it in a mediation lets it be used in a suit.
    pub consented: bool,
    /// All verifications, by whomever.
    pub verifications: Vec<Verification>,
    /// Alarms.
    pub divergences: Vec<(ActPosition, Divergence)>,
    /// Replies by party, all versions.
    pub replies: BTreeMap<PartyNumber, Vec<ReplyVersion>>,
}

impl Item {
    /// Whether it is relied on still.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.withdrawn.is_none() && self.replaced_by.is_none()
    }
}

/// What a court ordered erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureOrder {
    /// Where it stands.
    pub position: ActPosition,
    /// Private content of a deposit.
    pub deposit: Option<DepositNumber>,
    /// Private content of an account.
    pub account: Option<AccountId>,
    /// Whether a hold of this case on that content ended by it.
    pub ended_hold: bool,
}

/// What an erasure order, a hold or its release is about: content of exactly one deposit or of exactly one account.
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
    /// Where the act stands.
    pub position: ActPosition,
    /// The account of the court that did it.
    pub by: AccountId,
    /// In which capacity.
    pub capacity: Capacity,
    /// Its reason.
    pub reason: Text,
}

/// An act on the chain that had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IneffectiveAct {
    /// Where it stands.
    pub position: ActPosition,
    /// Why.
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
    /// The court.
    pub court: CourtCode,
    /// What kind of proceeding.
    pub kind: CaseKind,
    /// By which procedure.
    pub procedure: Procedure,
    /// Where it stands.
    pub stage: Stage,
    /// 案号, once it has one.
    pub number: Option<CaseNumber>,
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
    /// All annexes of its acts, and the entry beside which each lies.
    pub annexes: RedBlackTreeMapSync<AnnexId, LeafIndex>,
    /// The evidence period.
    pub period: EvidencePeriod,
    /// What the court ordered erased.
    pub orders: Vec<ErasureOrder>,
    /// Holds in force.
    pub holds: BTreeMap<HeldContent, Hold>,
    /// Acts without effect.
    pub ineffective_acts: Vec<IneffectiveAct>,
}

/// The number after the last of `numbers`.
pub(in crate::court::case) fn next<K: Copy + Ord, V>(numbers: &BTreeMap<K, V>, value: impl Fn(K) -> u32) -> u32 {
    numbers.last_key_value().map_or(1, |(last, _)| value(*last).saturating_add(1))
}

impl CaseFile {
    /// Whether it is over: nothing more is adduced.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(
            self.stage,
            Stage::Judged | Stage::Discontinued | Stage::Closed | Stage::Rejected | Stage::Refused | Stage::Withdrawn
        )
    }

    /// Whether this deposit is an item of the case, or this account takes part in it. Neither: its texts as a whole.
    #[must_use]
    pub fn concerns(&self, deposit: Option<DepositNumber>, account: Option<AccountId>) -> bool {
        let item = |deposit| self.items.values().any(|item| item.import.deposit == deposit);
        let takes_part = |account| {
            self.parties.values().any(|party| party.account == Some(account))
                || self.agents.values().any(|agent| agent.account == account)
        };
        deposit.is_none_or(item) && account.is_none_or(takes_part)
    }

    /// The accounts that take or took part in it, as a party or as an agent.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        let parties = self.parties.values().filter_map(|party| party.account);
        parties.chain(self.agents.values().map(|agent| agent.account)).collect()
    }

    /// Whether it was handed on in this way before.
    #[must_use]
    pub fn was_transferred(&self, passage: TransferKind) -> bool {
        self.passed_on.iter().any(|(_, gone)| *gone == passage)
    }

    /// In which phase an import falls now.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        if self.stage.is_with_the_filer() { Phase::Filing } else { Phase::Supplementary }
    }

    /// In which capacities this account stands in the case by itself, without a role.
    #[must_use]
    pub fn capacities_of(&self, account: AccountId) -> Vec<Capacity> {
        let parties = self.parties.iter().filter(|(_, party)| party.account == Some(account));
        let agents = self.agents.iter().filter(|(_, agent)| agent.account == account && agent.ended.is_none());
        parties
            .map(|(number, _)| Capacity::Party(*number))
            .chain(agents.map(|(number, _)| Capacity::Agent(*number)))
            .collect()
    }

    /// How somebody stands who acts in this capacity; `None` when the capacity is not theirs. Roles are taken as stated:
    /// whether they are held is known outside the case.
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
            Capacity::Holding(role) => Some(CaseRelation::Holding(role)),
            Capacity::Oneself => Some(CaseRelation::Unrelated),
            Capacity::Platform => Some(CaseRelation::Platform),
        }
    }

    /// The party that somebody in this capacity speaks for.
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
