//! Rules of what the recipient does upon a service, and of the court's decisions on it.

use crate::court::act_position::{ActPosition, Text};
use crate::court::acts::{ConfirmReceipt, DecideService, DetermineService, ObjectService, RequestPaper};
use crate::court::calendar::Calendar;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::{Confirmation, ServiceObjection, StepReport};
use crate::court::case::service::sending::record;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::state::{Agent, CaseFile};
use crate::court::document::Document;
use crate::court::ids::{AnnexId, ServiceNumber};
use crate::court::service_words::{DocumentKind, Reporter, ServiceMode, ServiceOutcome, ServiceStep};
use crate::court::values::Capacity;

/// Requires that the actor is the recipient or its agent.
fn require_recipient(file: &CaseFile, document: &Document, service: ServiceNumber) -> Result<(), Refusal> {
    let found = file.service.records.get(&service).ok_or(ServiceError::NoSuchService(service))?;
    speaks_for(file, document.capacity, found.party())
}

const fn confirmation(document: &Document, position: ActPosition) -> Confirmation {
    Confirmation { position, by: document.by, capacity: document.capacity }
}

/// 【送达确认】【判决书确认送达】: the document was received. It says nothing about its content.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`Refusal::NotYours`]; [`ServiceError::PartyItself`] for a mediation statement;
/// [`ServiceError::NotSent`], [`ServiceError::Reported`]; [`ServiceError::WrongReport`] for service on paper, which the court records.
pub fn confirm(
    file: &mut CaseFile,
    document: &Document,
    act: &ConfirmReceipt,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_recipient(file, document, act.service)?;
    let is_named = match document.capacity {
        Capacity::Agent(agent) => {
            let is_statutory = file.agents.get(&agent).is_some_and(Agent::is_statutory);
            is_statutory || file.service.receivers.contains(&agent)
        }
        _ => true,
    };
    let found = record(&mut file.service, act.service)?;
    if found.kind() == DocumentKind::MediationStatement && !is_named {
        return Err(ServiceError::PartyItself.into());
    }
    if found.mode() != ServiceMode::Electronic {
        return Err(ServiceError::WrongReport.into());
    }
    let (_, attempt) =
        found.attempts.iter_mut().rev().find(|(_, attempt)| !attempt.ineffective).ok_or(ServiceError::NotSent)?;
    let known = |report: &StepReport| report.step == ServiceStep::Replied && report.reporter == Reporter::Recipient;
    if attempt.steps.iter().any(known) {
        return Err(ServiceError::Reported.into());
    }
    attempt.steps.push(StepReport {
        step: ServiceStep::Replied,
        reporter: Reporter::Recipient,
        at: position.at,
        cause: None,
        own_act: Some(position.sequence),
        position,
    });
    found.confirmations.push(confirmation(document, position));
    Ok(())
}

/// 民诉法 art. 90: the recipient asks for the document on paper.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`Refusal::NotYours`].
pub fn request_paper(
    file: &mut CaseFile,
    document: &Document,
    act: &RequestPaper,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_recipient(file, document, act.service)?;
    record(&mut file.service, act.service)?.paper_requests.push(confirmation(document, position));
    Ok(())
}

/// The recipient objects to a service.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`Refusal::NotYours`], [`ServiceError::NotSent`], [`ServiceError::Objected`].
pub fn object(
    file: &mut CaseFile,
    document: &Document,
    act: &ObjectService,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_recipient(file, document, act.service)?;
    let found = record(&mut file.service, act.service)?;
    if found.attempts.values().all(|attempt| attempt.ineffective) {
        return Err(ServiceError::NotSent.into());
    }
    if found.is_objected() {
        return Err(ServiceError::Objected.into());
    }
    found.objections.push(ServiceObjection {
        position,
        by: document.by,
        capacity: document.capacity,
        ground: act.ground,
        reason: act.reason.map(|annex: AnnexId| Text { annex, index: position.index }),
        decision: None,
    });
    Ok(())
}

/// The court decides on the pending objection. If it is upheld, no attempt that was sent before the objection has an effect.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`ServiceError::NotObjected`].
pub fn decide(file: &mut CaseFile, act: &DecideService, position: ActPosition) -> Result<(), Refusal> {
    let found = record(&mut file.service, act.service)?;
    let pending = found.objections.last_mut().filter(|objection| objection.decision.is_none());
    let objection = pending.ok_or(ServiceError::NotObjected)?;
    let reason = act.reason.map(|annex: AnnexId| Text { annex, index: position.index });
    objection.decision = Some((act.outcome, reason, position));
    if act.outcome == ServiceOutcome::Upheld {
        let before = objection.position.sequence;
        for attempt in found.attempts.values_mut().filter(|one| one.sent.position.sequence < before) {
            attempt.ineffective = true;
        }
    }
    Ok(())
}

/// The court states which of several records of a document counts.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`ServiceError::NotEffective`]; [`ServiceError::NotBeside`] if there is no other.
pub fn determine(
    file: &mut CaseFile,
    act: &DetermineService,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let found = file.service.records.get(&act.service).ok_or(ServiceError::NoSuchService(act.service))?;
    if file.service.effect(found, calendar).is_none() {
        return Err(ServiceError::NotEffective.into());
    }
    let beside = |number: &ServiceNumber| {
        file.service.records.get(number).is_some_and(|other| *number != act.service && other.is_beside(found))
    };
    let others: Vec<ServiceNumber> = file.service.records.keys().copied().filter(beside).collect();
    if others.is_empty() {
        return Err(ServiceError::NotBeside.into());
    }
    for number in others {
        record(&mut file.service, number)?.counts = None;
    }
    record(&mut file.service, act.service)?.counts = Some(position);
    Ok(())
}
