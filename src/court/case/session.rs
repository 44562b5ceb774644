//! Applies the acts of appointments, hearings, transcripts, confirmation rounds and mediations.

use crate::court::acts::Act;
use crate::court::calendar::Calendar;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::case::{appointments, hearings, mediation, mediation_material, round, transcripts};
use crate::court::document::Document;

/// Applies an act, if it is one of these. A rejected act changes nothing.
pub(in crate::court::case) fn apply(
    file: &mut CaseFile,
    document: &Document,
    position: ActPosition,
    calendar: &Calendar,
) -> Option<Result<(), Refusal>> {
    Some(match &document.act {
        Act::Appoint(act) => appointments::appoint(file, act.role, act.account, position.at),
        Act::EndAppointment(act) => appointments::end_appointment(file, act.role, act.account),
        // It changes the stage, so it is applied with the acts that do.
        Act::EndHearing(_) => match file.rules.require(RulesVersion::V2) {
            Ok(()) => return None,
            Err(older) => Err(older.into()),
        },
        Act::JoinSession(act) => hearings::join(file, document, act, position),
        Act::LeaveSession(act) => hearings::leave(file, document, act.activity, position),
        Act::AddRecording(act) => hearings::add_recording(file, document, act, position),
        Act::CloseRecording(act) => hearings::close_recording(file, document, act, position),
        Act::OpenTranscript(act) => transcripts::open(file, document, act, position),
        Act::AddTranscriptVersion(act) => transcripts::add_version(file, document, act, position),
        Act::RequestCorrection(act) => transcripts::request_correction(file, document, act, position, calendar),
        Act::DecideCorrection(act) => transcripts::decide_correction(file, document, act, position),
        Act::FinaliseTranscript(act) => transcripts::finalise(file, document, act.transcript, position, calendar),
        Act::OpenRound(act) => round::open(file, document, act, position, calendar),
        Act::Confirm(act) => round::confirm(file, document, act, position, calendar),
        Act::WithdrawConfirmation(act) => round::withdraw(file, document, act, position),
        Act::RecordRefusal(act) => round::refuse(file, document, act, position),
        Act::AgreeMediation(_) => mediation::agree(file, document, position),
        Act::AcceptMediation(_) => mediation::accept(file, document, position),
        Act::ProlongMediation(act) => mediation::prolong(file, document, act, position, calendar),
        Act::DraftAgreement(act) => mediation::draft(file, document, act, position),
        Act::AgreeSigning(act) => mediation::agree_signing(file, document, act.agreement, position),
        Act::EndMediation(act) => mediation::end(file, document, act, position, calendar),
        Act::ApplyWayOut(act) => mediation::apply_way_out(file, document, act, position, calendar),
        Act::IssueMediationDocument(act) => {
            mediation::issue_document(file, document, act.agreement, act.document, position)
        }
        Act::Consent(act) => mediation_material::consent(file, document, act.item),
        Act::ForwardItem(act) => mediation_material::forward(file, document, act.item),
        _ => return None,
    })
}
