//! The reasons to reject an act of decisions, appeals and hand-overs.

use crate::court::course_words::{HandOverState, SpecialPower};
use crate::court::ids::{AppealNumber, HandOverNumber};
use crate::court::words::TransferKind;
use crate::error_code::ErrorCode;
use crate::ledger::number::DepositNumber;

/// Why such an act is rejected. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CourseRefusal {
    /// 民诉法 art. 62 (1).
    #[error("an agent needs a power of attorney: name it in `power`")]
    PowerOfAttorneyNeeded,
    /// 民诉法 art. 62 (2).
    #[error("special authority names its acts in `special`, such as `appeal`, and general authority names none")]
    PowersNotNamed,
    /// 民诉法 art. 62 (2).
    #[error("the agent's power of attorney does not name `{0}`: name it in a new one")]
    PowerNotNamed(SpecialPower),
    /// Only the assigned judge or the panel decides.
    #[error("only the judge to whom the case is assigned, or a member of the panel, decides it")]
    NotAssigned,
    /// A decision is a document.
    #[error("name the deposit number of the document of the decision in `document`")]
    DocumentNeeded,
    /// Each document is one decision.
    #[error("the document {0} is recorded as a decision of this case already")]
    DecisionRecorded(DepositNumber),
    /// 民诉法 art. 40.
    #[error("a panel has an odd number of members, at least three, each named once")]
    PanelNotOdd,
    /// 民诉法 art. 41 (3) and (4).
    #[error("the case is heard anew, and this judge heard it before: name members who did not")]
    FormerPanel,
    /// 民诉法 art. 41 (3) and (4).
    #[error("the case is heard anew by a panel: form it first (`form-panel`)")]
    PanelNeeded,
    /// 民诉法 art. 47 (1) 1 and (4).
    #[error(
        "this account is or was a party or agent of the case, so it does not act for the court in it: another member of the court \
         does"
    )]
    Recused,
    /// The reverse of 民诉法 art. 47 (1) 1.
    #[error(
        "this account has acted for the court in the case, so it does not act for a party in it: another account does"
    )]
    ActedForCourt,
    /// 民诉法 art. 60: the authority rests on the relationship.
    #[error(
        "a statutory agent names the document of the relationship in `relationship`, with neither `power` nor `special`; \
         any other agent leaves `relationship` out"
    )]
    RelationshipNeeded,
    /// 民诉法 art. 60.
    #[error("only a natural person has a statutory agent: an organisation acts through its legal representative")]
    NoStatutoryAgent,
    /// 民诉法 art. 60.
    #[error("an appointed agent records no statutory agent, and only the court ends a statutory agency")]
    StatutoryAgency,
    /// 民诉法 art. 60.
    #[error("the party has a statutory agent, who acts for it")]
    ThroughStatutoryAgent,
    /// This case has another act for it.
    #[error("in this case use `{0}` for it")]
    OtherAct(&'static str),
    /// The court has not ruled on the last application, or has granted it.
    #[error("an application is recorded already, and the court rules on it")]
    WithdrawalPending,
    /// No application or objection is pending.
    #[error("no such application or objection is pending: there is nothing to rule on")]
    NothingToRuleOn,
    /// 民诉法 art. 37.
    #[error(
        "the case came by a transfer of jurisdiction, so the court must not transfer it again: it asks the higher court"
    )]
    TransferredBefore,
    /// 民诉法 art. 177.
    #[error("only a court of second instance does this")]
    NotSecondInstance,
    /// 民诉法 art. 177 (2).
    #[error("the case was remanded once, so it is not remanded again: decide the appeal")]
    RemandedBefore,
    /// 民诉法 arts. 177 (1), 178.
    #[error(
        "an appeal against a judgment is decided by a judgment or remanded, one against a ruling is decided by a ruling that upholds, sets aside or directs"
    )]
    DecisionForm,
    /// 民诉法 art. 157: what is still ruled on after the end of the instance.
    #[error("the instance has ended: only clerical errors are corrected, and preservation is ruled on")]
    InstanceEnded,
    /// There is no such appeal.
    #[error("there is no appeal {0} in this case")]
    NoSuchAppeal(AppealNumber),
    /// An appeal names the decision appealed.
    #[error("{0} is not the document of a decision of this case: name that of the judgment or ruling")]
    NoSuchDecision(DepositNumber),
    /// 民诉法 arts. 157, 164, 165.
    #[error(
        "there is no appeal against this decision: appeals are against judgments, and rulings of art. 157 (2), of a first instance other than small claims"
    )]
    NoAppeal,
    /// Once per party and decision.
    #[error("the party has appealed against this decision already")]
    AppealedBefore,
    /// An appeal is against somebody.
    #[error("name the parties appealed against in `against`, other than the appellant")]
    AppealAgainstNobody,
    /// 民诉法 art. 180.
    #[error("the party has no appeal that it could withdraw here")]
    NothingToWithdraw,
    /// There is no such hand-over.
    #[error("there is no hand-over {0} of this case")]
    NoSuchHandOver(HandOverNumber),
    /// While a hand-over is open, the dossier does not change.
    #[error("the dossier was sent with hand-over {0}: wait until the receiving court accepts or returns it")]
    HandedOver(HandOverNumber),
    /// Pages and deposit of a document.
    #[error(
        "a document has at least one page; one of the main volume that is not on paper only names its deposit number, any other none"
    )]
    DocumentIncomplete,
    /// A hand-over goes to another court.
    #[error("the dossier is at this court: name another one")]
    SameCourt,
    /// The manifest is another.
    #[error("the manifest is not that of the dossier: compute it again, or report the difference")]
    DossierDiffers,
    /// There is no difference to report.
    #[error("the manifest is that which was sent: accept the dossier, or return it with a reason")]
    ManifestEqual,
    /// 在线诉讼规则 art. 35 (2).
    #[error("{0} documents are on paper only: convert them, or say in `on_paper` that as many follow on paper")]
    OnPaper(u32),
    /// A dossier goes back to the court that sent it.
    #[error("the case did not come from that court by a hand-over")]
    NotTheOrigin,
    /// 民诉法 art. 174.
    #[error("there is no appeal against this decision that is to be sent")]
    NotAppealed,
    /// Each kind of hand-over has its ground.
    #[error(
        "the case is not to be handed over as `{0}` on this basis: the ruling, the end of the instance or the parties are missing"
    )]
    NoGround(TransferKind),
    /// 民诉法 arts. 157, 171.
    #[error("an appeal against the decision is not decided")]
    AppealPending,
    /// The decision is not in force: not served on every party, or its period to appeal has not passed.
    #[error("the decision is not in force: it has not been served on every party, or can still be appealed")]
    NotInForce,
    /// The hand-over is in another state.
    #[error("not permitted while the hand-over is `{0}`")]
    HandOverState(HandOverState),
    /// The dossier was not there.
    #[error("the case did not go to that case on appeal")]
    NotPassedOn,
    /// 证据规定 art. 51 (2), 民诉法 art. 68.
    #[error("say in `reason` why the evidence was not offered in the first instance")]
    ReasonNeeded,
    /// Until it is taken over, only the steps of the hand-over act upon the case.
    #[error("the court is taking the case over: send the acceptance again to complete it")]
    BeingTakenOver,
}

impl CourseRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::PowerOfAttorneyNeeded => ErrorCode::PowerOfAttorneyNeeded,
            Self::PowersNotNamed => ErrorCode::PowersNotNamed,
            Self::PowerNotNamed(_) => ErrorCode::SpecialAuthorityNeeded,
            Self::NotAssigned => ErrorCode::NotAssigned,
            Self::DocumentNeeded => ErrorCode::DocumentNeeded,
            Self::DecisionRecorded(_) => ErrorCode::DecisionRecorded,
            Self::PanelNotOdd => ErrorCode::PanelNotOdd,
            Self::FormerPanel => ErrorCode::FormerPanel,
            Self::PanelNeeded => ErrorCode::PanelNeeded,
            Self::Recused | Self::ActedForCourt => ErrorCode::Recused,
            Self::RelationshipNeeded => ErrorCode::RelationshipNeeded,
            Self::NoStatutoryAgent => ErrorCode::NoStatutoryAgent,
            Self::StatutoryAgency => ErrorCode::StatutoryAgency,
            Self::ThroughStatutoryAgent => ErrorCode::ThroughStatutoryAgent,
            Self::OtherAct(_) => ErrorCode::OtherAct,
            Self::WithdrawalPending => ErrorCode::WithdrawalPending,
            Self::NothingToRuleOn => ErrorCode::NothingToRuleOn,
            Self::TransferredBefore => ErrorCode::TransferredBefore,
            Self::NotSecondInstance => ErrorCode::NotSecondInstance,
            Self::RemandedBefore => ErrorCode::RemandedBefore,
            Self::DecisionForm => ErrorCode::DecisionForm,
            Self::InstanceEnded => ErrorCode::InstanceEnded,
            Self::NoSuchAppeal(_) => ErrorCode::NoSuchAppeal,
            Self::NoSuchDecision(_) => ErrorCode::NoSuchDecision,
            Self::NoAppeal => ErrorCode::NoAppeal,
            Self::AppealedBefore => ErrorCode::AppealedBefore,
            Self::AppealAgainstNobody => ErrorCode::AppealAgainstNobody,
            Self::NothingToWithdraw => ErrorCode::NothingToWithdraw,
            Self::NoSuchHandOver(_) => ErrorCode::NoSuchHandOver,
            Self::HandedOver(_) => ErrorCode::HandedOver,
            Self::DocumentIncomplete => ErrorCode::DocumentIncomplete,
            Self::SameCourt => ErrorCode::SameCourt,
            Self::DossierDiffers => ErrorCode::DossierDiffers,
            Self::ManifestEqual => ErrorCode::ManifestEqual,
            Self::OnPaper(_) => ErrorCode::OnPaper,
            Self::NotTheOrigin => ErrorCode::NotTheOrigin,
            Self::NotAppealed => ErrorCode::NotAppealed,
            Self::NoGround(_) => ErrorCode::NoGround,
            Self::AppealPending => ErrorCode::AppealPending,
            Self::NotInForce => ErrorCode::DecisionNotInForce,
            Self::HandOverState(_) => ErrorCode::HandOverState,
            Self::NotPassedOn => ErrorCode::NotPassedOn,
            Self::ReasonNeeded => ErrorCode::ReasonNeeded,
            Self::BeingTakenOver => ErrorCode::BeingTakenOver,
        }
    }
}
