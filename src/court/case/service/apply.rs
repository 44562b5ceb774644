//! Applies an act of service, and brings the windows of the case in line with its records.

use crate::court::act_position::ActPosition;
use crate::court::acts::Act;
use crate::court::calendar::Calendar;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::service::window_updates::update_windows;
use crate::court::case::service::{answers, certificate, consent, sending};
use crate::court::case::state::CaseFile;
use crate::court::document::Document;

/// Applies an act of service. Cases of version 1 have none.
///
/// # Errors
///
/// [`Refusal`]; then nothing has changed.
pub(in crate::court::case) fn apply(
    file: &mut CaseFile,
    document: &Document,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let before = (file.service.clone(), file.windows.clone(), file.periods.clone());
    let applied = act(file, document, position, calendar).and_then(|()| update_windows(file, position, calendar));
    if applied.is_err() {
        (file.service, file.windows, file.periods) = before;
    }
    applied
}

fn act(file: &mut CaseFile, document: &Document, position: ActPosition, calendar: &Calendar) -> Result<(), Refusal> {
    match &document.act {
        Act::ConsentService(act) => consent::consent(file, document, act, position),
        Act::ServiceAddress(act) => consent::register(file, document, act, position),
        Act::EndServiceAddress(act) => consent::end_address(file, document, act, position),
        Act::NameReceiver(act) => consent::name_receiver(file, document, act),
        Act::Serve(act) => sending::serve(file, document, act, position),
        Act::SendService(act) => sending::send(file, document, act, position),
        Act::ReportService(act) => sending::report(file, document, act, position),
        Act::ConfirmReceipt(act) => answers::confirm(file, document, act, position),
        Act::RequestPaper(act) => answers::request_paper(file, document, act, position),
        Act::ObjectService(act) => answers::object(file, document, act, position),
        Act::DecideService(act) => answers::decide(file, act, position),
        Act::DetermineService(act) => answers::determine(file, act, position, calendar),
        Act::CertifyService(act) => certificate::certify(file, act, position, calendar),
        _ => Err(Refusal::NotOfACase),
    }
}
