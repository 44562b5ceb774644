//! 电子送达凭证 (art. 31 (3)): stated by the platform when a service takes effect, as an act of the case, so that it is a record of
//! the ledger. It has the force of a 送达回证.
//!
//! # Invariants
//!
//! A certificate states what the record says at its position, and nothing else. A later report that changes the effect makes a further
//! version.

use crate::court::act_position::ActPosition;
use crate::court::acts::CertifyService;
use crate::court::calendar::Calendar;
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::{ServiceBook, ServiceRecord};
use crate::court::case::service::sending::record;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::state::CaseFile;
use crate::court::ids::ServiceNumber;
use crate::court::service_words::{ServiceMode, ServiceStep};

/// The certificate that is due for a record: `None` as long as it has no effect, for service on paper or by announcement, and if the
/// last certificate states the effect already.
#[must_use]
pub fn due(
    book: &ServiceBook,
    service: ServiceNumber,
    record: &ServiceRecord,
    calendar: &Calendar,
) -> Option<CertifyService> {
    if record.mode() != ServiceMode::Electronic {
        return None;
    }
    let effect = book.effect(record, calendar)?;
    let last = record.certificates.last().map(|(certificate, _)| certificate);
    let attempt = record.attempts.get(&effect.attempt)?;
    // A confirmation after the effect changes nothing.
    let is_stated = last.is_some_and(|last| {
        (last.basis, last.effective, last.sent) == (effect.basis, effect.at, attempt.sent.position.at)
    });
    if is_stated {
        return None;
    }
    let address = attempt.sent.act.address.and_then(|number| book.addresses.get(&number));
    let read = [ServiceStep::Read, ServiceStep::Downloaded].into_iter().filter_map(|step| attempt.first(step)).min();
    Some(CertifyService {
        service,
        version: u32::try_from(record.certificates.len()).unwrap_or(u32::MAX).saturating_add(1),
        party: record.party(),
        kind: record.kind(),
        document: record.document(),
        data_hash: record.begun.act.data_hash.clone(),
        channel: attempt.channel(),
        address: address.map(|address| address.entered.act.masked.clone()),
        sent: attempt.sent.position.at,
        arrived: attempt.first(ServiceStep::Arrived),
        read,
        confirmed: attempt.first(ServiceStep::Replied),
        basis: effect.basis,
        effective: effect.at,
    })
}

/// All certificates that are due in a case.
#[must_use]
pub fn all_due(book: &ServiceBook, calendar: &Calendar) -> Vec<CertifyService> {
    book.records.iter().filter_map(|(number, record)| due(book, *number, record, calendar)).collect()
}

/// Records a certificate.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`]; [`ServiceError::CertificateDiffers`] unless it is exactly the one that is due.
pub fn certify(
    file: &mut CaseFile,
    act: &CertifyService,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let found = file.service.records.get(&act.service).ok_or(ServiceError::NoSuchService(act.service))?;
    if due(&file.service, act.service, found, calendar).as_ref() != Some(act) {
        return Err(ServiceError::CertificateDiffers.into());
    }
    record(&mut file.service, act.service)?.certificates.push((act.clone(), position));
    Ok(())
}
