//! Receipts of a mediation document (调解书): with the last of them the agreement is in force (民诉法 art. 100 (3)).
//!
//! It goes to the party itself, which a statutory agent represents in this too, or to the receiver that it named; the rules of service see to that (`service`). Arrival in a system
//! is not enough: the party signs for it.

use crate::court::acts::Act;
use crate::court::calendar::Calendar;
use crate::court::case::hearings::actor;
use crate::court::case::session_records::{Actor, Agreement};
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::{PartyNumber, ServiceNumber};
use crate::court::service_words::{DocumentKind, ServiceMode};
use crate::ledger::number::DepositNumber;

/// A party has received a document itself: if it is the mediation document of an agreement, that party has it.
pub(in crate::court::case) fn received(
    file: &mut CaseFile,
    party: PartyNumber,
    deposit: DepositNumber,
    receipt: Actor,
) {
    if file.is_party_itself(receipt.capacity, party) {
        record(file, party, deposit, receipt);
    }
}

fn record(file: &mut CaseFile, party: PartyNumber, deposit: DepositNumber, receipt: Actor) {
    let of_it = |one: &&mut Agreement| one.ended.is_none() && one.document.is_some_and(|(_, number)| number == deposit);
    if let Some(agreement) = file.records.agreements.values_mut().find(of_it) {
        agreement.received.entry(party).or_insert(receipt);
    }
}

/// An objection to a service was upheld: a receipt that rests on no effective service is none.
fn forget_ineffective(file: &mut CaseFile, service: ServiceNumber, calendar: &Calendar) {
    let Some(found) = file.service.records.get(&service) else { return };
    let (party, kind, deposit) = (found.party(), found.kind(), found.document());
    let is_served = file.service.served(party, kind, calendar).iter().any(|one| one.document == deposit);
    if kind != DocumentKind::MediationStatement || is_served {
        return;
    }
    for agreement in file.records.agreements.values_mut() {
        if agreement.document.is_some_and(|(_, number)| number == deposit) {
            agreement.received.remove(&party);
        }
    }
}

/// Follows an act of service that had an effect: a confirmed receipt, the signed return of a service on paper, or the decision on an
/// objection.
pub(in crate::court::case) fn follow_service(
    file: &mut CaseFile,
    document: &Document,
    position: ActPosition,
    calendar: &Calendar,
) {
    let (service, is_paper) = match &document.act {
        Act::ConfirmReceipt(act) => (act.service, false),
        Act::ReportService(act) => (act.service, true),
        Act::DecideService(act) => return forget_ineffective(file, act.service, calendar),
        _ => return,
    };
    let Some(found) = file.service.records.get(&service) else { return };
    if found.kind() != DocumentKind::MediationStatement || (found.mode() == ServiceMode::Paper) != is_paper {
        return;
    }
    let (party, deposit) = (found.party(), found.begun.act.document);
    if !is_paper || file.service.effect_of(service, calendar).is_some() {
        record(file, party, deposit, actor(document, position));
    }
}
