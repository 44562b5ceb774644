//! Rules of service records, attempts and the steps that are reported of them.

use crate::court::act_position::ActPosition;
use crate::court::acts::{ReportService, SendService, Serve};
use crate::court::calendar::Day;
use crate::court::case::evidence_period::has_evidence_periods;
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::{Attempt, AttemptConsent, ServiceBook, ServiceRecord, StepReport};
use crate::court::case::service::consent::acted;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::state::CaseFile;
use crate::court::document::Document;
use crate::court::ids::ServiceNumber;
use crate::court::period::basis::Basis;
use crate::court::period::by_party::NoticeTerms;
use crate::court::service_words::{
    AddressSource, Channel, ConsentForm, ConsentScope, DocumentKind, Reporter, ServiceMode, ServiceStep,
};
use crate::court::values::Capacity;

/// Most service records of a case.
pub const RECORDS_MAX: u32 = 10_000;
/// Most attempts of a record.
pub const ATTEMPTS_MAX: u32 = 100;
/// Longest period that a served document states, in days.
const DAYS_MAX: u32 = 366;

/// The record `number`.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`].
pub(in crate::court::case::service) fn record(
    book: &mut ServiceBook,
    number: ServiceNumber,
) -> Result<&mut ServiceRecord, ServiceError> {
    book.records.get_mut(&number).ok_or(ServiceError::NoSuchService(number))
}

/// Whether a document of this kind states so many days. For the complaint, the judgment and the appeal, 30 days are those of a party
/// without domicile in the country (民诉法 arts. 285, 286). A ruling with days is one that can be appealed (民诉法 art. 157).
fn days_fit(kind: DocumentKind, days: Option<u32>) -> bool {
    match (kind, days) {
        (DocumentKind::EvidenceNotice, Some(days)) => (1..=DAYS_MAX).contains(&days),
        (DocumentKind::EvidenceNotice, None) => false,
        (_, None) => true,
        (DocumentKind::ComplaintCopy | DocumentKind::AppealCopy | DocumentKind::Judgment, Some(days)) => {
            matches!(days, 15 | 30)
        }
        (DocumentKind::Ruling, Some(days)) => matches!(days, 10 | 30),
        (DocumentKind::AssociationNotice, Some(days)) => (1..=30).contains(&days),
        (_, Some(_)) => false,
    }
}

/// Begins a service record.
///
/// # Errors
///
/// [`Refusal::NotNext`], [`Refusal::NoSuchParty`]; [`ServiceError::WrongDays`]; [`ServiceError::ProofNeeded`] for an announcement
/// without its reason (民诉法 art. 95); [`ServiceError::WrongChannel`] for a mediation statement by announcement;
/// [`ServiceError::NotBeside`].
pub fn serve(file: &mut CaseFile, document: &Document, act: &Serve, position: ActPosition) -> Result<(), Refusal> {
    let next = file.service.next_service();
    if act.service != next || next.0 > RECORDS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    if !file.parties.contains_key(&act.party) {
        return Err(Refusal::NoSuchParty(act.party));
    }
    if !days_fit(act.kind, act.days) {
        return Err(ServiceError::WrongDays.into());
    }
    if let (DocumentKind::EvidenceNotice, Some(days)) = (act.kind, act.days)
        && has_evidence_periods(file.kind)
        && file.periods.terms(act.party).is_none()
    {
        // The notice states the terms, unless the court has set them (证据规定 arts. 50 and 51).
        NoticeTerms { basis: Basis::of_procedure(file.procedure), days }.check(file.procedure, None)?;
    }
    if act.mode == ServiceMode::Announcement {
        if act.kind == DocumentKind::MediationStatement {
            return Err(ServiceError::WrongChannel.into());
        }
        act.reason.ok_or(ServiceError::ProofNeeded)?;
    }
    let begun = ServiceRecord::new(acted(document, act.clone(), position));
    if let Some(beside) = act.beside {
        let other = file.service.records.get(&beside).ok_or(ServiceError::NoSuchService(beside))?;
        if !begun.is_beside(other) || begun.mode() == other.mode() {
            return Err(ServiceError::NotBeside.into());
        }
    }
    file.service.records.insert_mut(act.service, begun);
    Ok(())
}

/// The consent on which an attempt rests (art. 29).
fn consent_of(
    book: &ServiceBook,
    record: &ServiceRecord,
    act: &SendService,
    position: ActPosition,
) -> Result<AttemptConsent, ServiceError> {
    if record.mode() != ServiceMode::Electronic {
        return Ok(AttemptConsent::NotNeeded);
    }
    let (party, scope) = (record.party(), record.kind().scope());
    if book.has_refused(party, scope, position.at) {
        return Err(ServiceError::ConsentRefused);
    }
    if let Some(agreed) = book.answer(party, scope, position.at) {
        return Ok(AttemptConsent::Given(agreed.act.form));
    }
    if scope == ConsentScope::Decisions {
        // Judgments, rulings and mediation statements need their own consent.
        return Err(ServiceError::ConsentMissing);
    }
    let source = act.address.and_then(|number| book.addresses.get(&number)).map(|one| one.entered.act.source);
    Ok(match source {
        Some(AddressSource::Given | AddressSource::Confirmed) => AttemptConsent::Given(ConsentForm::AddressGiven),
        _ => AttemptConsent::None,
    })
}

/// Checks the address of an attempt, and returns its source.
fn check_address(
    file: &CaseFile,
    record: &ServiceRecord,
    act: &SendService,
) -> Result<Option<AddressSource>, ServiceError> {
    let Some(kind) = act.channel.address() else {
        // A party without an account has no place on the platform to which anything arrives.
        let reachable = act.channel != Channel::Platform
            || file.parties.get(&record.party()).is_some_and(|party| party.account.is_some());
        return if reachable && act.address.is_none() { Ok(None) } else { Err(ServiceError::WrongChannel) };
    };
    let number = act.address.ok_or(ServiceError::WrongChannel)?;
    let address = file.service.addresses.get(&number).ok_or(ServiceError::NoSuchAddress(number))?;
    if address.until.is_some() || address.entered.act.party != record.party() {
        return Err(ServiceError::AddressNotInForce(number));
    }
    if address.entered.act.kind == kind {
        Ok(Some(address.entered.act.source))
    } else {
        Err(ServiceError::WrongChannel)
    }
}

/// Sends a document over one channel. On the litigation platform it has arrived with this act: the platform is the recipient's system.
///
/// # Errors
///
/// [`Refusal::NotNext`]; [`ServiceError`].
pub fn send(file: &mut CaseFile, document: &Document, act: &SendService, position: ActPosition) -> Result<(), Refusal> {
    let record = file.service.records.get(&act.service).ok_or(ServiceError::NoSuchService(act.service))?;
    let next = record.next_attempt();
    if act.attempt != next || next.0 > ATTEMPTS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    let left_mediation = record.kind() == DocumentKind::MediationStatement && act.channel == Channel::Left;
    if act.channel.mode() != record.mode() || left_mediation {
        return Err(ServiceError::WrongChannel.into());
    }
    let is_announced = act.channel == Channel::Announcement;
    let today = Day::of(position.at);
    if is_announced != act.published.is_some() || act.published.is_some_and(|day| day > today) {
        return Err(ServiceError::ReportTime.into());
    }
    let source = check_address(file, record, act)?;
    let consent = consent_of(&file.service, record, act, position)?;
    let arrived = (act.channel == Channel::Platform).then_some(StepReport {
        step: ServiceStep::Arrived,
        reporter: Reporter::Platform,
        at: position.at,
        cause: None,
        own_act: None,
        position,
    });
    let attempt = Attempt {
        sent: acted(document, act.clone(), position),
        source,
        consent,
        steps: arrived.into_iter().collect(),
        ineffective: false,
    };
    record_mut(file, act.service)?.attempts.insert(act.attempt, attempt);
    Ok(())
}

fn record_mut(file: &mut CaseFile, number: ServiceNumber) -> Result<&mut ServiceRecord, ServiceError> {
    record(&mut file.service, number)
}

/// Whether this capacity may report this step of this channel as this reporter.
fn may_report(capacity: Capacity, act: &ReportService, channel: Channel) -> bool {
    let reporter = match capacity {
        Capacity::Platform => matches!(act.reporter, Reporter::Gateway | Reporter::Platform),
        Capacity::Holding(_) => act.reporter == Reporter::Staff,
        _ => false,
    };
    let step = match (channel.mode(), act.step) {
        (ServiceMode::Announcement, _) => false,
        (ServiceMode::Paper, step) => matches!(step, ServiceStep::Sent | ServiceStep::Arrived | ServiceStep::Failed),
        // The recipient's own act in the case is stated by the court.
        (ServiceMode::Electronic, ServiceStep::Responded) => act.reporter == Reporter::Staff,
        (ServiceMode::Electronic, _) => true,
    };
    let cause = act.cause.is_none() || act.step == ServiceStep::Failed;
    reporter && step && cause && (act.own_act.is_some() == (act.step == ServiceStep::Responded))
}

/// Records a reported step. A report that comes late counts with the time that it states.
///
/// # Errors
///
/// [`ServiceError::NoSuchService`], [`ServiceError::NoSuchAttempt`], [`ServiceError::WrongReport`], [`ServiceError::ReportTime`],
/// [`ServiceError::Reported`].
pub fn report(
    file: &mut CaseFile,
    document: &Document,
    act: &ReportService,
    position: ActPosition,
) -> Result<(), Refusal> {
    let own_act = act.own_act.and_then(|sequence| file.service.own_acts.get(&sequence).copied());
    let record = record_mut(file, act.service)?;
    let party = record.party();
    let attempt = record.attempts.get_mut(&act.attempt).ok_or(ServiceError::NoSuchAttempt(act.attempt))?;
    if !may_report(document.capacity, act, attempt.channel()) {
        return Err(ServiceError::WrongReport.into());
    }
    if act.step == ServiceStep::Responded && own_act != Some((party, act.at)) {
        return Err(ServiceError::WrongReport.into());
    }
    if act.at < attempt.sent.position.at || act.at > position.at {
        return Err(ServiceError::ReportTime.into());
    }
    let known = |report: &StepReport| report.step == act.step && report.reporter == act.reporter;
    if attempt.steps.iter().any(known) {
        return Err(ServiceError::Reported.into());
    }
    attempt.steps.push(StepReport {
        step: act.step,
        reporter: act.reporter,
        at: act.at,
        cause: act.cause.clone(),
        own_act: act.own_act,
        position,
    });
    Ok(())
}
