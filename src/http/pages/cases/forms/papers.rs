//! The document that a form is about: what is confirmed, acknowledged, objected to or appealed against.

use crate::court::acts::ActKind;
use crate::court::case::service::book::ServiceRecord;
use crate::court::case::session_records::Paper;
use crate::court::case::state::CaseFile;
use crate::court::ids::{AgreementNumber, RoundNumber, ServiceNumber, TranscriptNumber};
use crate::court::line_value::LineValue as _;
use crate::http::pages::form::Form;
use crate::ledger::number::DepositNumber;

/// The deposit of a version of a paper; the last one without a number.
fn version(file: &CaseFile, paper: Paper, version: Option<u32>) -> Option<DepositNumber> {
    let versions = file.records.versions(paper);
    let found = match version {
        None => versions.last(),
        Some(number) => versions.get(usize::try_from(number).ok()?.checked_sub(1)?),
    };
    found.map(|one| one.document.number)
}

/// The document that an act is about, by what was chosen in its form. Whether the actor may see it is not decided here.
#[must_use]
pub fn paper_of_form(kind: ActKind, given: &Form, file: &CaseFile) -> Option<DepositNumber> {
    let transcript = || TranscriptNumber::parse(given.text("transcript")).map(Paper::Transcript);
    let agreement = || AgreementNumber::parse(given.text("agreement")).map(Paper::Agreement);
    match kind {
        ActKind::Confirm | ActKind::WithdrawConfirmation | ActKind::RecordRefusal => {
            let round = file.records.rounds.get(&RoundNumber::parse(given.text("round"))?)?;
            version(file, round.paper, Some(round.version))
        }
        ActKind::RequestCorrection | ActKind::DecideCorrection | ActKind::FinaliseTranscript => {
            version(file, transcript()?, None)
        }
        ActKind::AgreeSigning | ActKind::ApplyWayOut | ActKind::IssueMediationDocument => {
            version(file, agreement()?, None)
        }
        ActKind::OpenRound => version(file, transcript().or_else(agreement)?, None),
        ActKind::ConfirmReceipt | ActKind::RequestPaper | ActKind::ObjectService | ActKind::DecideService => {
            let service = ServiceNumber::parse(given.text("service"))?;
            file.service.records.get(&service).map(ServiceRecord::document)
        }
        ActKind::Appeal => DepositNumber::parse(given.text("decision")).ok(),
        _ => None,
    }
}
