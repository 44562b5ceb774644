//! The permission table: which acts are permitted to whom in which stage of a case. The tests are generated from it.
//!
//! What no row allows is denied. Rows refer to the actor's relation to the case; whether the item, party or agent of an act is the
//! actor's own is checked when the act is applied.

mod documents;
mod rule;
mod session;

use crate::court::acts::ActKind;
pub use crate::court::permission::documents::{
    keeps_documents, keeps_mediation_papers, sees_mediation, sees_papers_of_the_court,
};
use crate::court::permission::rule::{COURT, PARTIES, Rule};
pub use crate::court::permission::rule::{CaseRelation, Side};
use crate::court::words::{Role, Stage};
use crate::error_code::ErrorCode;

/// Why an act is not permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeniedReason {
    /// Not in this role, at no stage.
    #[error("not permitted for this role")]
    NotPermitted,
    /// In this role, but not now.
    #[error("not permitted at this stage of the case")]
    WrongStage,
}

impl DeniedReason {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotPermitted => ErrorCode::NotPermitted,
            Self::WrongStage => ErrorCode::WrongStage,
        }
    }
}

const BRINGING: &[CaseRelation] = &[CaseRelation::Party(Side::Bringing), CaseRelation::Agent(Side::Bringing)];
const ANSWERING: &[CaseRelation] = &[CaseRelation::Party(Side::Answering), CaseRelation::Agent(Side::Answering)];
const OFFICE: &[CaseRelation] = &[
    CaseRelation::Holding(Role::Clerk),
    CaseRelation::Holding(Role::JudgeAssistant),
    CaseRelation::Holding(Role::TrialSupport),
];
const EXPERTS: &[CaseRelation] = &[
    CaseRelation::Holding(Role::AppraisalInstitution),
    CaseRelation::Holding(Role::Notary),
    CaseRelation::Holding(Role::TrialSupport),
    CaseRelation::Holding(Role::PeoplesAssessor),
    CaseRelation::Holding(Role::Expert),
    CaseRelation::Holding(Role::Supervisor),
];
const JUDGE: &[CaseRelation] = &[CaseRelation::Holding(Role::Judge)];

/// Staff of the court that a dossier is handed over to.
const RECEIVING: &[CaseRelation] = &[CaseRelation::Receiving(Role::Clerk), CaseRelation::Receiving(Role::TrialSupport)];
const CLERKS: &[CaseRelation] = &[CaseRelation::Holding(Role::Clerk), CaseRelation::Holding(Role::TrialSupport)];

const FILER: &[Stage] = &[Stage::Draft, Stage::ToSupplement];
const PENDING: &[Stage] = &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing];
/// The period to appeal runs after the judgment, and decisions on evidence are stated in it.
const AFTER_FILING: &[Stage] = &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing, Stage::Judged];
const OPEN: &[Stage] = &[
    Stage::Draft,
    Stage::ToSupplement,
    Stage::UnderReview,
    Stage::Approved,
    Stage::AwaitingAssignment,
    Stage::Assigned,
    Stage::InHearing,
];
/// All stages after the submission.
const SUBMITTED: &[Stage] = &[
    Stage::UnderReview,
    Stage::ToSupplement,
    Stage::Approved,
    Stage::Rejected,
    Stage::Refused,
    Stage::AwaitingAssignment,
    Stage::Assigned,
    Stage::InHearing,
    Stage::Judged,
    Stage::Discontinued,
    Stage::Closed,
];

/// All rows.
fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().chain(session::TABLE)
}

/// The stages in which a judge decides.
const HEARD: &[Stage] = &[Stage::Assigned, Stage::InHearing];
/// The stages in which a judge rules: after the end of the instance on few subjects.
const RULED: &[Stage] = &[Stage::Assigned, Stage::InHearing, Stage::Judged, Stage::Discontinued, Stage::Closed];
/// The stages in which there can be a decision that is appealed.
const APPEALED: &[Stage] =
    &[Stage::Refused, Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing, Stage::Judged, Stage::Closed];
/// The stages in which a period may be deferred: also while a period to appeal from the end of the instance may run.
const DEFERRED: &[Stage] = APPEALED;
/// Of them, those in which the instance has ended: by a judgment, a refusal to file, or a ruling that dismisses the suit.
const ENDED_WITH_APPEAL: &[Stage] = &[Stage::Refused, Stage::Judged, Stage::Closed];
/// The stages in which a dossier goes to another court.
const DECIDED: &[Stage] = &[
    Stage::Refused,
    Stage::AwaitingAssignment,
    Stage::Assigned,
    Stage::InHearing,
    Stage::Judged,
    Stage::Discontinued,
    Stage::Closed,
];

const TABLE: &[Rule] = &[
    // Filing.
    Rule {
        acts: &[ActKind::Describe, ActKind::AddParty, ActKind::RestateParty, ActKind::AddAgent, ActKind::Submit],
        who: BRINGING,
        when: FILER,
    },
    Rule { acts: &[ActKind::ConfirmNotice], who: BRINGING, when: FILER },
    Rule { acts: &[ActKind::ConfirmService], who: PARTIES, when: PENDING },
    // The court files for parties who come in person, and corrects filings.
    Rule {
        acts: &[
            ActKind::Describe,
            ActKind::AddParty,
            ActKind::RestateParty,
            ActKind::AddAgent,
            ActKind::Submit,
            ActKind::Import,
        ],
        who: &[CaseRelation::Holding(Role::Clerk), CaseRelation::Holding(Role::TrialSupport)],
        when: FILER,
    },
    Rule { acts: &[ActKind::ReturnFiling, ActKind::Approve, ActKind::Reject], who: COURT, when: &[Stage::UnderReview] },
    Rule { acts: &[ActKind::Refuse], who: COURT, when: &[Stage::UnderReview, Stage::Approved] },
    Rule {
        acts: &[ActKind::WithdrawFiling],
        who: BRINGING,
        when: &[Stage::Draft, Stage::ToSupplement, Stage::UnderReview, Stage::Approved],
    },
    Rule { acts: &[ActKind::FileCase], who: COURT, when: &[Stage::Approved] },
    Rule {
        acts: &[ActKind::BindNumber],
        who: COURT,
        when: &[Stage::Approved, Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing],
    },
    // People.
    Rule { acts: &[ActKind::AddParty, ActKind::RestateParty], who: COURT, when: PENDING },
    // Also while an appeal is open: a party appoints an agent for it, and one who was not associated joins to appeal (民诉法 arts. 61, 62, 171).
    Rule { acts: &[ActKind::AddAgent, ActKind::EndAgent], who: PARTIES, when: APPEALED },
    Rule {
        acts: &[ActKind::AddAgent, ActKind::EndAgent, ActKind::IssueCode, ActKind::EndAssociation],
        who: OFFICE,
        when: APPEALED,
    },
    Rule { acts: &[ActKind::EndAgent], who: PARTIES, when: OPEN },
    Rule { acts: &[ActKind::Associate], who: &[CaseRelation::Unrelated], when: APPEALED },
    // The course of the case.
    Rule { acts: &[ActKind::Assign], who: OFFICE, when: &[Stage::AwaitingAssignment, Stage::Assigned] },
    Rule { acts: &[ActKind::BeginHearing], who: COURT, when: &[Stage::Assigned] },
    Rule { acts: &[ActKind::AdjournHearing], who: COURT, when: &[Stage::InHearing] },
    Rule { acts: &[ActKind::Judge], who: JUDGE, when: &[Stage::Assigned, Stage::InHearing] },
    Rule { acts: &[ActKind::WithdrawSuit], who: BRINGING, when: PENDING },
    Rule {
        acts: &[ActKind::Close],
        who: COURT,
        when: &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing, Stage::Judged],
    },
    // Also permitted to the account that opens the new case.
    Rule {
        acts: &[ActKind::PassOn],
        who: &[CaseRelation::Holding(Role::Clerk), CaseRelation::Holding(Role::TrialSupport)],
        when: &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing, Stage::Judged, Stage::Closed],
    },
    // Evidence.
    Rule { acts: &[ActKind::Import, ActKind::Restate, ActKind::WithdrawItem], who: BRINGING, when: FILER },
    Rule { acts: &[ActKind::Import, ActKind::Restate, ActKind::WithdrawItem], who: PARTIES, when: PENDING },
    Rule {
        acts: &[ActKind::Import],
        who: &[CaseRelation::Holding(Role::Clerk), CaseRelation::Holding(Role::TrialSupport)],
        when: PENDING,
    },
    Rule { acts: &[ActKind::ReceiveItem], who: OFFICE, when: SUBMITTED },
    Rule { acts: &[ActKind::Verify], who: BRINGING, when: Stage::ALL },
    Rule { acts: &[ActKind::Verify, ActKind::Consent], who: PARTIES, when: SUBMITTED },
    Rule { acts: &[ActKind::Verify], who: COURT, when: SUBMITTED },
    Rule { acts: &[ActKind::Verify], who: EXPERTS, when: SUBMITTED },
    Rule { acts: &[ActKind::Reply], who: PARTIES, when: PENDING },
    Rule { acts: &[ActKind::Diverge], who: &[CaseRelation::Platform], when: Stage::ALL },
    // The evidence period.
    Rule {
        acts: &[
            ActKind::SetPeriod,
            ActKind::SuspendPeriod,
            ActKind::ResumePeriod,
            ActKind::ExtendPeriod,
            ActKind::ResetPeriod,
            ActKind::ExchangeEvidence,
        ],
        who: COURT,
        when: PENDING,
    },
    Rule { acts: &[ActKind::SuspendPeriod], who: ANSWERING, when: PENDING },
    Rule {
        acts: &[ActKind::AllowRebuttal, ActKind::OpenReplies, ActKind::DecideDeferral, ActKind::RequireReason],
        who: COURT,
        when: PENDING,
    },
    Rule { acts: &[ActKind::ApplyDeferral], who: PARTIES, when: DEFERRED },
    Rule { acts: &[ActKind::ApplyDeferral], who: COURT, when: DEFERRED },
    Rule { acts: &[ActKind::DecideDeferral], who: COURT, when: ENDED_WITH_APPEAL },
    // Late evidence and the court's decisions on items.
    Rule { acts: &[ActKind::ExplainLateness], who: PARTIES, when: PENDING },
    Rule { acts: &[ActKind::ExplainLateness], who: OFFICE, when: PENDING },
    Rule { acts: &[ActKind::DecideLateness, ActKind::DecideAdmission], who: JUDGE, when: AFTER_FILING },
    // Claims and procedure.
    Rule { acts: &[ActKind::ChangeClaims], who: BRINGING, when: PENDING },
    Rule { acts: &[ActKind::Counterclaim], who: ANSWERING, when: PENDING },
    Rule { acts: &[ActKind::ChangeClaims, ActKind::Counterclaim], who: OFFICE, when: PENDING },
    Rule { acts: &[ActKind::ConvertProcedure], who: JUDGE, when: PENDING },
    // Service.
    Rule {
        acts: &[ActKind::ConsentService, ActKind::ServiceAddress, ActKind::EndServiceAddress],
        who: BRINGING,
        when: FILER,
    },
    Rule {
        acts: &[ActKind::ConsentService, ActKind::ServiceAddress, ActKind::EndServiceAddress],
        who: PARTIES,
        when: SUBMITTED,
    },
    Rule {
        acts: &[ActKind::NameReceiver, ActKind::ConfirmReceipt, ActKind::RequestPaper, ActKind::ObjectService],
        who: PARTIES,
        when: SUBMITTED,
    },
    Rule {
        acts: &[
            ActKind::ConsentService,
            ActKind::ServiceAddress,
            ActKind::EndServiceAddress,
            ActKind::Serve,
            ActKind::SendService,
            ActKind::ReportService,
        ],
        who: OFFICE,
        when: SUBMITTED,
    },
    Rule { acts: &[ActKind::DecideService, ActKind::DetermineService], who: JUDGE, when: SUBMITTED },
    Rule { acts: &[ActKind::ReportService, ActKind::CertifyService], who: &[CaseRelation::Platform], when: Stage::ALL },
    // The dossier, decisions, appeals.
    Rule { acts: &[ActKind::FileDocument], who: OFFICE, when: SUBMITTED },
    Rule { acts: &[ActKind::FormPanel], who: OFFICE, when: HEARD },
    Rule { acts: &[ActKind::Rule], who: JUDGE, when: RULED },
    // Later ones too, which are recorded without effect.
    Rule { acts: &[ActKind::ObjectJurisdiction], who: ANSWERING, when: PENDING },
    Rule { acts: &[ActKind::Answer], who: PARTIES, when: APPEALED },
    Rule { acts: &[ActKind::Answer], who: OFFICE, when: APPEALED },
    Rule { acts: &[ActKind::Appeal, ActKind::WithdrawAppeal], who: PARTIES, when: APPEALED },
    Rule { acts: &[ActKind::Appeal, ActKind::WithdrawAppeal], who: OFFICE, when: APPEALED },
    // Hand-overs.
    Rule { acts: &[ActKind::SendHandOver], who: OFFICE, when: DECIDED },
    Rule {
        acts: &[ActKind::ReceiveHandOver, ActKind::AcceptHandOver, ActKind::ReportDifference, ActKind::ReturnHandOver],
        who: RECEIVING,
        when: DECIDED,
    },
    Rule { acts: &[ActKind::TakeOver], who: CLERKS, when: &[Stage::Draft] },
    Rule { acts: &[ActKind::TakeBack], who: CLERKS, when: DECIDED },
    // Erasure. A hold outlives the proceeding, so it can be released in every stage.
    Rule { acts: &[ActKind::OrderErasure, ActKind::Erase], who: JUDGE, when: SUBMITTED },
    Rule { acts: &[ActKind::Hold], who: COURT, when: SUBMITTED },
    Rule { acts: &[ActKind::Release], who: COURT, when: Stage::ALL },
];

/// Checks whether the table permits an act.
///
/// # Errors
///
/// [`DeniedReason`]. PERMISSIONS.md lists the capacities and stages that permit it.
pub fn permit(relation: CaseRelation, act: ActKind, stage: Stage) -> Result<(), DeniedReason> {
    let mut denied = DeniedReason::NotPermitted;
    for rule in rules().filter(|rule| rule.acts.contains(&act) && rule.who.contains(&relation)) {
        if rule.when.contains(&stage) {
            return Ok(());
        }
        denied = DeniedReason::WrongStage;
    }
    Err(denied)
}

/// The acts in the table.
#[must_use]
pub fn acts_of_a_case() -> Vec<ActKind> {
    let known = |act: &ActKind| rules().any(|rule| rule.acts.contains(act));
    ActKind::ALL.iter().copied().filter(known).collect()
}

/// Whether an actor with this relation may see the case in this stage.
#[must_use]
pub const fn may_see(relation: CaseRelation, stage: Stage) -> bool {
    match relation {
        CaseRelation::Party(Side::Bringing) | CaseRelation::Agent(Side::Bringing) | CaseRelation::Platform => true,
        CaseRelation::Party(_) | CaseRelation::Agent(_) => !matches!(stage, Stage::Draft),
        CaseRelation::Holding(role) => role.acts_in_cases(),
        CaseRelation::Receiving(role) => role.handles_cases(),
        CaseRelation::Unrelated => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_law_and_the_manual_say_of_it() {
        let (party, opponent) = (CaseRelation::Party(Side::Bringing), CaseRelation::Party(Side::Answering));
        let (clerk, judge) = (CaseRelation::Holding(Role::Clerk), CaseRelation::Holding(Role::Judge));
        assert_eq!(permit(party, ActKind::Import, Stage::Draft), Ok(()));
        assert_eq!(permit(opponent, ActKind::Import, Stage::Draft), Err(DeniedReason::WrongStage));
        assert_eq!(permit(opponent, ActKind::Import, Stage::Assigned), Ok(()));
        assert_eq!(permit(party, ActKind::Import, Stage::UnderReview), Err(DeniedReason::WrongStage));
        assert_eq!(permit(party, ActKind::Judge, Stage::InHearing), Err(DeniedReason::NotPermitted));
        assert_eq!(permit(clerk, ActKind::Judge, Stage::InHearing), Err(DeniedReason::NotPermitted));
        assert_eq!(permit(judge, ActKind::Judge, Stage::InHearing), Ok(()));
        for stage in Stage::ALL {
            for act in acts_of_a_case() {
                let outside = [Role::Operator, Role::Auditor, Role::Lawyer, Role::OtherAgent, Role::Archivist];
                for role in outside.into_iter().chain([Role::LegalRepresentative, Role::StatutoryAgent]) {
                    assert!(permit(CaseRelation::Holding(role), act, *stage).is_err(), "{role} {act} {stage}");
                }
            }
        }
    }

    #[test]
    fn every_act_of_a_case_is_for_somebody() {
        for act in acts_of_a_case() {
            let can = CaseRelation::all()
                .into_iter()
                .any(|who| Stage::ALL.iter().any(|stage| permit(who, act, *stage).is_ok()));
            assert!(can, "{act}");
        }
    }
}
