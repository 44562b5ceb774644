//! The rows of the permission table for hearings, transcripts, confirmation rounds and mediation.

use crate::court::acts::ActKind;
use crate::court::permission::rule::{COURT, CaseRelation, PARTIES, Rule, Side};
use crate::court::words::{Role, Stage};

const MEDIATORS: &[CaseRelation] =
    &[CaseRelation::Holding(Role::Mediator), CaseRelation::Holding(Role::MediationOrganisation)];
/// Those who keep transcripts and agreements; a mediator those of a mediation only.
const KEEPERS: &[CaseRelation] = &[
    CaseRelation::Holding(Role::Clerk),
    CaseRelation::Holding(Role::Judge),
    CaseRelation::Holding(Role::JudgeAssistant),
    CaseRelation::Holding(Role::Mediator),
    CaseRelation::Holding(Role::MediationOrganisation),
];
/// Those who may be on the list of a round with an account of their own.
const SIGNERS: &[CaseRelation] = &[
    CaseRelation::Party(Side::Bringing),
    CaseRelation::Agent(Side::Bringing),
    CaseRelation::Party(Side::Answering),
    CaseRelation::Agent(Side::Answering),
    CaseRelation::Party(Side::Third),
    CaseRelation::Agent(Side::Third),
    CaseRelation::Holding(Role::Clerk),
    CaseRelation::Holding(Role::Judge),
    CaseRelation::Holding(Role::JudgeAssistant),
    CaseRelation::Holding(Role::Mediator),
    CaseRelation::Holding(Role::MediationOrganisation),
    CaseRelation::Holding(Role::PeoplesAssessor),
    CaseRelation::Holding(Role::Expert),
    CaseRelation::Holding(Role::AppraisalInstitution),
];
const RECORDERS: &[CaseRelation] = &[
    CaseRelation::Holding(Role::Clerk),
    CaseRelation::Holding(Role::Judge),
    CaseRelation::Holding(Role::JudgeAssistant),
    CaseRelation::Holding(Role::TrialSupport),
];

const PENDING: &[Stage] = &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing];
/// Recordings and transcripts are completed after the case has ended, too.
const FILED: &[Stage] =
    &[Stage::AwaitingAssignment, Stage::Assigned, Stage::InHearing, Stage::Judged, Stage::Discontinued, Stage::Closed];
/// A mediation may come before the filing, and its agreement is acted upon after it.
const SUBMITTED: &[Stage] = &[
    Stage::UnderReview,
    Stage::Approved,
    Stage::AwaitingAssignment,
    Stage::Assigned,
    Stage::InHearing,
    Stage::Judged,
    Stage::Discontinued,
    Stage::Closed,
];

pub(in crate::court::permission) const TABLE: &[Rule] = &[
    Rule { acts: &[ActKind::Appoint, ActKind::EndAppointment], who: COURT, when: Stage::ALL },
    Rule { acts: &[ActKind::EndHearing], who: COURT, when: &[Stage::InHearing] },
    Rule { acts: &[ActKind::JoinSession, ActKind::LeaveSession], who: PARTIES, when: PENDING },
    Rule {
        acts: &[ActKind::JoinSession, ActKind::LeaveSession],
        who: &[CaseRelation::Holding(Role::Expert)],
        when: PENDING,
    },
    Rule { acts: &[ActKind::AddRecording, ActKind::CloseRecording], who: RECORDERS, when: FILED },
    Rule {
        acts: &[
            ActKind::OpenTranscript,
            ActKind::AddTranscriptVersion,
            ActKind::DecideCorrection,
            ActKind::FinaliseTranscript,
            ActKind::OpenRound,
            ActKind::DraftAgreement,
            ActKind::EndMediation,
        ],
        who: KEEPERS,
        when: SUBMITTED,
    },
    Rule { acts: &[ActKind::RequestCorrection], who: PARTIES, when: SUBMITTED },
    Rule {
        acts: &[ActKind::RequestCorrection],
        who: &[CaseRelation::Holding(Role::Expert), CaseRelation::Holding(Role::AppraisalInstitution)],
        when: SUBMITTED,
    },
    Rule { acts: &[ActKind::Confirm, ActKind::WithdrawConfirmation], who: SIGNERS, when: SUBMITTED },
    Rule { acts: &[ActKind::RecordRefusal], who: PARTIES, when: SUBMITTED },
    Rule { acts: &[ActKind::RecordRefusal], who: KEEPERS, when: SUBMITTED },
    Rule { acts: &[ActKind::AcceptMediation], who: MEDIATORS, when: SUBMITTED },
    Rule {
        acts: &[
            ActKind::AgreeMediation,
            ActKind::ProlongMediation,
            ActKind::AgreeSigning,
            ActKind::ApplyWayOut,
            ActKind::ForwardItem,
        ],
        who: PARTIES,
        when: SUBMITTED,
    },
    Rule { acts: &[ActKind::IssueMediationDocument], who: COURT, when: SUBMITTED },
];
