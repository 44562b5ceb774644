//! Requests for acts about periods, late evidence, decisions on items, claims and the procedure.

use crate::court::acts::{
    Act, AllowRebuttal, ApplyDeferral, ChangeClaims, ConvertProcedure, Counterclaim, DecideAdmission, DecideDeferral,
    DecideLateness, ExchangeEvidence, ExplainLateness, OpenReplies, RequireReason, ResetPeriod, ResumePeriod,
    SetPeriod, SuspendPeriod,
};
use crate::court::ids::{ItemNumber, PartyNumber};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::field_values::{read, read_some};
use crate::wire::court::act::ActRequest;

/// The act of a request about a period; `None` for other requests.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub(in crate::http) fn period_act(request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::SetPeriod { basis, start, days, party } => Act::SetPeriod(SetPeriod {
            basis: read("basis", basis)?,
            start: read_some("start", start.as_ref())?,
            days: *days,
            party: party.map(PartyNumber),
        }),
        ActRequest::ResetPeriod { basis, start, days, party, ground } => Act::ResetPeriod(ResetPeriod {
            basis: read("basis", basis)?,
            start: read_some("start", start.as_ref())?,
            days: *days,
            party: party.map(PartyNumber),
            ground: read_some("ground", ground.as_ref())?,
        }),
        ActRequest::SuspendPeriod { on } => Act::SuspendPeriod(SuspendPeriod { on: read("on", on)? }),
        ActRequest::ResumePeriod { on } => Act::ResumePeriod(ResumePeriod { on: read("on", on)? }),
        ActRequest::ExchangeEvidence { day } => Act::ExchangeEvidence(ExchangeEvidence { day: read("day", day)? }),
        ActRequest::AllowRebuttal { party, item, days, start } => Act::AllowRebuttal(AllowRebuttal {
            party: PartyNumber(*party),
            item: ItemNumber(*item),
            days: *days,
            start: read_some("start", start.as_ref())?,
        }),
        ActRequest::OpenReplies { days, start, party } => Act::OpenReplies(OpenReplies {
            days: *days,
            start: read_some("start", start.as_ref())?,
            party: party.map(PartyNumber),
        }),
        ActRequest::ConvertProcedure { procedure, document } => Act::ConvertProcedure(ConvertProcedure {
            procedure: read("procedure", procedure)?,
            document: read_some("document", document.as_ref())?,
        }),
        _ => return Ok(None),
    }))
}

/// The party of the actor, or the one that the court names.
fn party_of(own: Option<PartyNumber>, named: Option<u32>) -> Result<PartyNumber, FilingError> {
    named
        .map(PartyNumber)
        .or(own)
        .ok_or_else(|| FilingError::bad("party", "name the party for which it is entered", "请选择为哪一方当事人录入"))
}

/// The act of a request about late evidence, a decision of the court, a deferral or claims; `None` for other requests. `own` is the
/// party of the actor.
///
/// # Errors
///
/// [`FilingError::BadValue`], and those of an annex.
pub(in crate::http) fn decision_act(
    own: Option<PartyNumber>,
    annexes: &mut Annexes,
    request: &ActRequest,
) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::ApplyDeferral { window, obstacle_ended, reason, party, handed_in, about } => {
            Act::ApplyDeferral(ApplyDeferral {
                party: party_of(own, *party)?,
                window: read("window", window)?,
                obstacle_ended: read("obstacle_ended", obstacle_ended)?,
                reason: annexes.add("reason", reason)?,
                handed_in: read_some("handed_in", handed_in.as_ref())?,
                about: read_some("about", about.as_ref())?,
            })
        }
        ActRequest::DecideDeferral { party, window, last, reason, about } => Act::DecideDeferral(DecideDeferral {
            party: PartyNumber(*party),
            window: read("window", window)?,
            last: read_some("last", last.as_ref())?,
            reason: annexes.add_some("reason", reason.as_deref())?,
            about: read_some("about", about.as_ref())?,
        }),
        ActRequest::RequireReason { item, days } => {
            Act::RequireReason(RequireReason { item: ItemNumber(*item), days: *days })
        }
        ActRequest::ExplainLateness { item, reason, handed_in } => Act::ExplainLateness(ExplainLateness {
            item: ItemNumber(*item),
            reason: annexes.add("reason", reason)?,
            handed_in: read_some("handed_in", handed_in.as_ref())?,
        }),
        ActRequest::DecideLateness { item, decision, fine, document, reason } => Act::DecideLateness(DecideLateness {
            item: ItemNumber(*item),
            decision: read("decision", decision)?,
            fine: *fine,
            document: read_some("document", document.as_ref())?,
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        ActRequest::DecideAdmission { item, decision, document, reason } => Act::DecideAdmission(DecideAdmission {
            item: ItemNumber(*item),
            decision: read("decision", decision)?,
            document: read_some("document", document.as_ref())?,
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        ActRequest::ChangeClaims { change, claims, document, party, handed_in } => Act::ChangeClaims(ChangeClaims {
            party: party_of(own, *party)?,
            change: read("change", change)?,
            claims: annexes.add("claims", claims)?,
            document: read_some("document", document.as_ref())?,
            handed_in: read_some("handed_in", handed_in.as_ref())?,
        }),
        ActRequest::Counterclaim { claims, document, party, handed_in } => Act::Counterclaim(Counterclaim {
            party: party_of(own, *party)?,
            claims: annexes.add("claims", claims)?,
            document: read_some("document", document.as_ref())?,
            handed_in: read_some("handed_in", handed_in.as_ref())?,
        }),
        _ => return Ok(None),
    }))
}
