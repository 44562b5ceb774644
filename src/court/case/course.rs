//! The course of a case beside its filing and its evidence: dossier, panel, decisions, appeals, objections to jurisdiction, hand-overs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::court::act_position::{ActPosition, Text};
use crate::court::calendar::Day;
use crate::court::case_number::CourtCode;
use crate::court::course_words::{
    AppealOutcome, DocumentForm, FiledWith, HandOverState, JurisdictionGround, ObjectionEffect, RetrialGround,
    RulingKind, Timeliness, Volume,
};
use crate::court::ids::{AccountId, AppealNumber, CaseId, DocumentNumber, HandOverNumber, PartyNumber};
use crate::court::service_words::DocumentKind;
use crate::court::words::TransferKind;
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::ManifestRoot;

/// A document of the dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierDocument {
    /// Position of the act.
    pub position: ActPosition,
    /// Its volume.
    pub volume: Volume,
    /// Its form.
    pub form: DocumentForm,
    /// How many pages.
    pub pages: u32,
    /// Its deposit, in the main volume.
    pub deposit: Option<DepositNumber>,
    /// The digests of that deposit.
    pub data_hash: Vec<(HashAlgorithm, Digest)>,
    /// Its name; in the second volume with deposit number and digests. Parties do not see it there.
    pub entry: Text,
}

/// The kind of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecisionKind {
    /// 判决.
    Judgment,
    /// 不予立案裁定 (民诉法 art. 126).
    RefusedFiling,
    /// Another ruling.
    Ruling(RulingKind),
}

impl DecisionKind {
    /// The word that manifests and answers use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Judgment => "judgment",
            Self::RefusedFiling => "refused-filing",
            Self::Ruling(kind) => kind.word(),
        }
    }

    /// Days of the appeal period, from service: 15 for a judgment, 10 for a ruling (民诉法 art. 171); `None` where there is no appeal.
    #[must_use]
    pub const fn appeal_days(self) -> Option<u32> {
        match self {
            Self::Judgment => Some(15),
            Self::RefusedFiling => Some(10),
            Self::Ruling(kind) if kind.can_be_appealed() => Some(10),
            Self::Ruling(_) => None,
        }
    }
}

/// A decision of the court.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Position of the act.
    pub position: ActPosition,
    /// Who acted.
    pub by: AccountId,
    /// Its kind.
    pub kind: DecisionKind,
    /// The deposit of its document.
    pub document: DepositNumber,
}

/// An application to withdraw the suit (民诉法 art. 148) or an appeal (art. 180).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithdrawalRequest {
    /// Position of the act.
    pub position: ActPosition,
    /// For which party.
    pub party: PartyNumber,
    /// Whether the court allowed it; `None` until it has ruled.
    pub allowed: Option<bool>,
}

/// An appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that acted.
    pub by: AccountId,
    /// The appellant.
    pub party: PartyNumber,
    /// The document of the decision appealed.
    pub decision: DepositNumber,
    /// The deposit of the petition.
    pub petition: DepositNumber,
    /// The parties appealed against.
    pub against: BTreeSet<PartyNumber>,
    /// Where it was filed.
    pub filed_with: FiledWith,
    /// The day on which it was filed or mailed.
    pub filed_on: Day,
    /// Whether that day is in the period.
    pub timeliness: Timeliness,
    /// The answers.
    pub answers: BTreeMap<PartyNumber, AnswerRecord>,
    /// The application to withdraw it.
    pub withdrawal: Option<WithdrawalRequest>,
    /// The hand-over that it went with, once that was accepted.
    pub handed_over: Option<HandOverNumber>,
}

impl Appeal {
    /// Whether it is to be sent to the court of second instance.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.handed_over.is_none()
    }
}

/// An answer to the suit or to an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerRecord {
    /// Position of the act.
    pub position: ActPosition,
    /// The deposit of its document.
    pub document: DepositNumber,
}

/// An objection to jurisdiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JurisdictionObjection {
    /// Position of the act.
    pub position: ActPosition,
    /// The party that raised it.
    pub party: PartyNumber,
    /// What it alleges.
    pub ground: Option<JurisdictionGround>,
    /// Its effect.
    pub effect: ObjectionEffect,
    /// The reason.
    pub reason: Text,
}

/// A hand-over of the dossier to another court, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Its kind.
    pub kind: TransferKind,
    /// The receiving court.
    pub to: CourtCode,
    /// The document that it is based on.
    pub basis: DepositNumber,
    /// The parties that apply for the retrial.
    pub parties: BTreeSet<PartyNumber>,
    /// The main volume.
    pub manifest: ManifestRoot,
    /// The second volume, which only courts see.
    pub second_volume: Option<ManifestRoot>,
    /// Documents that follow on paper.
    pub on_paper: u32,
    /// The result of the second instance, where the dossier goes back.
    pub outcome: Option<AppealOutcome>,
    /// The ground of a retrial.
    pub ground: Option<RetrialGround>,
    /// The lines of the manifest of the main volume.
    pub lines: Arc<[String]>,
    /// Those of the second volume.
    pub second_lines: Arc<[String]>,
    /// Its state.
    pub state: HandOverState,
    /// When it was sent.
    pub sent: ActPosition,
    /// When its receipt was recorded.
    pub received: Option<ActPosition>,
    /// When it was accepted, reported as different, or returned.
    pub ended: Option<ActPosition>,
    /// The differences, or the reason of the return.
    pub reason: Option<Text>,
    /// The case that it is continued in, by its acceptance.
    pub case: Option<CaseId>,
}

/// The hand-over by which a case came to its court.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The case there.
    pub case: CaseId,
    /// Its number there.
    pub hand_over: HandOverNumber,
    /// The court that sent it.
    pub court: CourtCode,
    /// The kind of the hand-over.
    pub kind: TransferKind,
    /// The manifest that was accepted.
    pub manifest: ManifestRoot,
    /// In a second instance: whether a judgment or a ruling was appealed.
    pub appealed: Option<DocumentKind>,
    /// The hand-over by which the case there had come to its court.
    pub came_by: Option<TransferKind>,
    /// When it was taken over.
    pub position: ActPosition,
}

/// A dossier that came back from the court of second instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedDossier {
    /// Position of the act.
    pub position: ActPosition,
    /// The case that it came back from.
    pub case: CaseId,
    /// The number of the hand-over there.
    pub hand_over: HandOverNumber,
    /// The manifest that was accepted.
    pub manifest: ManifestRoot,
    /// The decision of the second instance.
    pub document: DepositNumber,
    /// Its result.
    pub outcome: AppealOutcome,
}

/// The course of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// Documents of the dossier.
    pub documents: BTreeMap<DocumentNumber, DossierDocument>,
    /// The panel: all of its members.
    pub panel: BTreeSet<AccountId>,
    /// The judges and members of the panel who heard the case in the instances before, in a case that came by a hand-over.
    pub former_judges: BTreeSet<AccountId>,
    /// Accounts that are or were a party or agent by their own act, or by an entry of the court.
    pub participants: BTreeSet<AccountId>,
    /// Those of the cases before, in a case that came by a hand-over.
    pub former_participants: BTreeSet<AccountId>,
    /// Accounts that have acted for a court.
    pub acted_for_court: BTreeSet<AccountId>,
    /// Decisions in their order.
    pub decisions: Vec<Decision>,
    /// The last application to withdraw the suit.
    pub withdrawal: Option<WithdrawalRequest>,
    /// In a second instance: applications to withdraw appeals, the last of each appellant.
    pub appeal_withdrawals: BTreeMap<PartyNumber, WithdrawalRequest>,
    /// Appeals against its decisions.
    pub appeals: BTreeMap<AppealNumber, Appeal>,
    /// Answers to the suit, the first of each party.
    pub answers: BTreeMap<PartyNumber, AnswerRecord>,
    /// Objections to jurisdiction in their order.
    pub objections: Vec<JurisdictionObjection>,
    /// Hand-overs to other courts.
    pub hand_overs: BTreeMap<HandOverNumber, HandOver>,
    /// While the court takes it over: the hand-over that it comes by.
    pub incoming: Option<HandOverNumber>,
    /// The hand-over that it came by.
    pub origin: Option<Origin>,
    /// Dossiers that came back.
    pub returned: Vec<ReturnedDossier>,
}

impl Course {
    /// The decision with this document.
    #[must_use]
    pub fn decision(&self, document: DepositNumber) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.document == document)
    }

    /// The hand-over that is neither accepted nor returned.
    #[must_use]
    pub fn open_hand_over(&self) -> Option<(HandOverNumber, &HandOver)> {
        self.hand_overs.iter().find(|(_, one)| one.state.is_open()).map(|(number, one)| (*number, one))
    }

    /// Whether the dossier is with a court that has accepted it.
    #[must_use]
    pub fn was_accepted_by(&self, court: &CourtCode) -> bool {
        self.hand_overs.values().any(|one| one.state == HandOverState::Accepted && one.to == *court)
    }

    /// The appeals against the decision with this document that are to be sent.
    pub fn open_appeals(&self, decision: DepositNumber) -> impl Iterator<Item = &Appeal> {
        self.appeals.values().filter(move |appeal| appeal.decision == decision && appeal.is_open())
    }
}
