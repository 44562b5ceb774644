//! What the court decided on items of evidence, periods, claims and the procedure: the records of a case file.
//!
//! Not here: the rules by which they are made (`late_evidence`, `deadlines`, `claims`).

use crate::court::act_position::{ActPosition, Text};
use crate::court::calendar::Day;
use crate::court::ids::{AccountId, PartyNumber};
use crate::court::values::HandedIn;
use crate::court::window::{Subject, WindowKind};
use crate::court::words::{AdmissionDecision, ClaimChange, LatenessDecision, Procedure};
use crate::ledger::number::DepositNumber;

/// A reason that a party stated for the lateness of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatenessReason {
    /// Position of the act.
    pub position: ActPosition,
    /// Who entered it.
    pub by: AccountId,
    /// The reason.
    pub reason: Text,
    /// Posted or handed in before.
    pub handed_in: Option<HandedIn>,
}

/// A decision on a late item (民诉法 art. 68).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatenessRecord {
    /// Position of the act.
    pub position: ActPosition,
    /// The judge.
    pub by: AccountId,
    /// What follows.
    pub decision: LatenessDecision,
    /// The fine, in yuan.
    pub fine: Option<u64>,
    /// The decision's document.
    pub document: Option<DepositNumber>,
    /// The reason.
    pub reason: Option<Text>,
}

/// A decision on the admission of an item (证据规定 art. 97).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionRecord {
    /// Position of the act.
    pub position: ActPosition,
    /// The judge.
    pub by: AccountId,
    /// The decision.
    pub decision: AdmissionDecision,
    /// The document that states it.
    pub document: Option<DepositNumber>,
    /// The reason.
    pub reason: Option<Text>,
}

/// What was decided on an item of evidence. Later entries take the place of earlier ones, which stay visible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemDecisions {
    /// 责令说明理由.
    pub reasons_required: Vec<ActPosition>,
    /// 说明理由.
    pub reasons: Vec<LatenessReason>,
    /// What follows of the lateness.
    pub lateness: Vec<LatenessRecord>,
    /// 采信决定.
    pub admission: Vec<AdmissionRecord>,
}

impl ItemDecisions {
    /// The private texts in them.
    pub fn texts(&self) -> impl Iterator<Item = Text> {
        let reasons = self.reasons.iter().map(|one| one.reason);
        let lateness = self.lateness.iter().filter_map(|one| one.reason);
        reasons.chain(lateness).chain(self.admission.iter().filter_map(|one| one.reason))
    }
}

/// An application for the deferral of a period (民诉法 art. 86).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deferral {
    /// Position of the act.
    pub position: ActPosition,
    /// The party that applied.
    pub party: PartyNumber,
    /// The kind of the period.
    pub window: WindowKind,
    /// What the period is about, whether or not the act named it; `None` for one that is about nothing.
    pub about: Option<Subject>,
    /// The day on which the obstacle ended.
    pub obstacle_ended: Day,
    /// Whether it was made more than ten days after that.
    pub late: bool,
    /// The reason.
    pub reason: Text,
    /// The decision: the new last day, or `None` where the application was dismissed.
    pub decision: Option<DeferralDecision>,
}

/// The decision on an application for a deferral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeferralDecision {
    /// Position of the act.
    pub position: ActPosition,
    /// The new last day; `None`: dismissed.
    pub last: Option<Day>,
    /// The reason.
    pub reason: Option<Text>,
}

/// A change of the claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimsRecord {
    /// Position of the act.
    pub position: ActPosition,
    /// The party.
    pub party: PartyNumber,
    /// How the claims changed; `None` for a counterclaim.
    pub change: Option<ClaimChange>,
    /// The claims.
    pub claims: Text,
    /// The document that states them.
    pub document: Option<DepositNumber>,
    /// Posted or handed in before.
    pub handed_in: Option<HandedIn>,
}

/// A conversion of the procedure (民诉法 art. 170).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// Position of the act.
    pub position: ActPosition,
    /// The procedure before.
    pub from: Procedure,
    /// The procedure after.
    pub to: Procedure,
    /// The ruling.
    pub document: Option<DepositNumber>,
}
