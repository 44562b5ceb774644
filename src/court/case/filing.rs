//! Rules of filing and of the stages of a case, from the draft to the judgment.

use std::collections::BTreeMap;

use rpds::RedBlackTreeMapSync;

use crate::court::acts::{Describe, Open};
use crate::court::calendar::Day;
use crate::court::case::authority::{Appointment, set};
use crate::court::case::course::Course;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::service::book::ServiceBook;
use crate::court::case::session_records::SessionRecords;
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::{ActPosition, Agent, CaseFile, Item, Party, Text};
use crate::court::case_number::CaseNumber;
use crate::court::document::Document;
use crate::court::ids::{AgentNumber, AnnexId, CaseId, ItemNumber, PartyNumber};
use crate::court::period::by_party::{NoticeTerms, PartyPeriods, default_terms};
use crate::court::period::{EvidencePeriod, PeriodEvent};
use crate::court::permission::Side;
use crate::court::values::{Capacity, Filer, IdentityCheck};
use crate::court::windows::Windows;
use crate::court::words::{Authority, CaseKind, IdentityLevel, Phase, Role, Stage};

/// Whether the real name is known, which is required to sue, to answer and to import.
#[must_use]
pub const fn is_identified(identity: Option<&IdentityCheck>) -> bool {
    matches!(identity, Some(check) if !matches!(check.level, IdentityLevel::Basic))
}

/// Checks that the actor is the filer that the act names.
fn require_filer(document: &Document, act: &Open) -> Result<(), Refusal> {
    let by_court = matches!(document.capacity, Capacity::Holding(Role::Clerk | Role::TrialSupport));
    let stated = match act.filer {
        Filer::Principal => document.capacity == Capacity::Party(PartyNumber(1)),
        Filer::Agent | Filer::StatutoryAgent => document.capacity == Capacity::Agent(AgentNumber(1)),
        Filer::Court => by_court,
    };
    // By a hand-over the parties keep their numbers, and the first need not be the one that brings the case.
    let by_hand_over = act.hand_over.is_some() && act.filer == Filer::Court;
    if act.hand_over.is_some() && (!by_hand_over || act.from.is_none() || act.transfer.is_none()) {
        return Err(Refusal::OutOfOrder);
    }
    if !stated
        || !(act.role.brings_the_case() || by_hand_over)
        || (act.filer == Filer::Principal && act.account.is_some())
    {
        return Err(Refusal::OutOfOrder);
    }
    if act.filer != Filer::Court && !is_identified(act.identity.as_ref()) {
        return Err(Refusal::IdentityRequired);
    }
    // Only the court opens a case that continues another.
    if act.filer != Filer::Court && act.from.is_some() {
        return Err(Refusal::OutOfOrder);
    }
    // An agent is not the party itself.
    if act.filer != Filer::Court && act.account == Some(document.by) {
        return Err(Refusal::AlreadyInTheCase);
    }
    Ok(())
}

/// The authority of the agent who opens the case; `None` if no agent does.
fn filing_authority(act: &Open) -> Option<Authority> {
    match act.filer {
        Filer::Agent => Some(act.authority.unwrap_or(Authority::General)),
        Filer::StatutoryAgent => Some(Authority::Statutory),
        Filer::Principal | Filer::Court => None,
    }
}

/// The agent who opens the case, if an agent does.
fn filing_agent(document: &Document, act: &Open, position: ActPosition) -> BTreeMap<AgentNumber, Agent> {
    let Some(authority) = filing_authority(act) else { return BTreeMap::new() };
    let agent = Agent {
        party: PartyNumber(1),
        account: document.by,
        authority,
        special: set(&act.special),
        instances: set(&act.instance),
        identity: act.identity,
        name: None,
        power: act.power.map(|annex| position.text(annex)),
        relationship: act.relationship.map(|annex| position.text(annex)),
        ended: None,
    };
    BTreeMap::from([(AgentNumber(1), agent)])
}

/// Opens a case.
///
/// # Errors
///
/// [`Refusal`].
pub fn open(id: CaseId, document: &Document, act: &Open, position: ActPosition) -> Result<CaseFile, Refusal> {
    let text = |annex: AnnexId| Text { annex, index: position.index };
    let first = PartyNumber(1);
    require_filer(document, act)?;
    let rules = act.rules.unwrap_or(RulesVersion::V1);
    if let Some(authority) = filing_authority(act) {
        let (power, special, relationship) = (act.power, act.special.as_slice(), act.relationship);
        Appointment { authority, power, special, relationship, subject: act.subject }.check(rules)?;
        // Only a statutory agent files as one: the filer says whether the party can act itself.
        if (authority == Authority::Statutory) != (act.filer == Filer::StatutoryAgent) {
            return Err(Refusal::OutOfOrder);
        }
    }
    let own = act.filer == Filer::Principal;
    let party = Party {
        role: act.role,
        former_role: act.former_role,
        subject: act.subject,
        account: if own { Some(document.by) } else { act.account },
        identity: if own { act.identity } else { None },
        name: text(act.name),
        notices_confirmed: None,
        service_confirmed: None,
        service_address: None,
    };
    Ok(CaseFile {
        id,
        last: position,
        opened: position,
        opened_by: document.by,
        rules,
        court: act.court.clone(),
        kind: act.kind,
        procedure: act.procedure,
        stage: Stage::Draft,
        number: None,
        former_numbers: Vec::new(),
        title: act.title.map(text),
        claims: act.claims.map(text),
        from: act.from.zip(act.transfer),
        passed_on: Vec::new(),
        submitted: None,
        filed: None,
        judge: None,
        judgment: None,
        reason: None,
        parties: BTreeMap::from([(first, party)]),
        agents: filing_agent(document, act, position),
        codes: BTreeMap::new(),
        items: RedBlackTreeMapSync::default(),
        annexes: RedBlackTreeMapSync::default(),
        period: EvidencePeriod::default(),
        periods: PartyPeriods::default(),
        windows: Windows::default(),
        deferrals: Vec::new(),
        claim_changes: Vec::new(),
        conversions: Vec::new(),
        records: SessionRecords::default(),
        orders: Vec::new(),
        holds: BTreeMap::new(),
        service: ServiceBook::default(),
        course: Course { incoming: act.hand_over, ..Course::default() },
        ineffective_acts: Vec::new(),
    })
}

/// Replaces the claims.
pub fn describe(file: &mut CaseFile, act: &Describe, position: ActPosition) {
    let text = |annex: AnnexId| Text { annex, index: position.index };
    file.title = act.title.map(text).or(file.title);
    file.claims = act.claims.map(text).or(file.claims);
}

/// Requires of a suit what its submission rests on: the confirmed notices, where a party files it itself, and a defendant (民诉法
/// art. 122 (2)). Cases of version 1 asked for neither.
fn require_submittable(file: &CaseFile, document: &Document) -> Result<(), Refusal> {
    let is_suit =
        matches!(file.kind, CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::PrivateProsecution);
    if file.rules < RulesVersion::V2 || !is_suit {
        return Ok(());
    }
    let confirmed =
        file.parties.values().any(|party| party.side() == Side::Bringing && party.notices_confirmed.is_some());
    // The court explains the notices to a party that comes in person.
    if !confirmed && !matches!(document.capacity, Capacity::Holding(_)) {
        return Err(SessionRefusal::NoticesNeeded.into());
    }
    if file.parties.values().any(|party| party.side() == Side::Answering) {
        Ok(())
    } else {
        Err(SessionRefusal::DefendantNeeded.into())
    }
}

/// 提交: what was imported so far is locked.
///
/// # Errors
///
/// [`SessionRefusal::NoticesNeeded`], [`SessionRefusal::DefendantNeeded`].
pub fn submit(file: &mut CaseFile, document: &Document, position: ActPosition) -> Result<(), Refusal> {
    require_submittable(file, document)?;
    file.stage = Stage::UnderReview;
    file.submitted = Some(position.at);
    file.reason = None;
    let to_lock =
        |(number, item): (&ItemNumber, &Item)| (item.import.phase == Phase::Filing && !item.locked).then_some(*number);
    for number in file.items.iter().filter_map(to_lock).collect::<Vec<_>>() {
        if let Some(item) = file.items.get_mut(&number) {
            item.locked = true;
        }
    }
    Ok(())
}

/// Changes the stage of the case.
pub fn set_stage(file: &mut CaseFile, stage: Stage, reason: Option<AnnexId>, position: ActPosition) {
    file.stage = stage;
    file.reason = reason.map(|annex| Text { annex, index: position.index });
}

/// 立案. In a case of version 1 the evidence period begins with it, by the court's default; from version 2 on it begins with the service
/// of the notice.
///
/// # Errors
///
/// [`Refusal`].
pub fn file_case(file: &mut CaseFile, number: Option<&CaseNumber>, position: ActPosition) -> Result<(), Refusal> {
    let mut period = EvidencePeriod::default();
    if file.rules < RulesVersion::V2 {
        let NoticeTerms { basis, days } = default_terms(file.procedure);
        period.apply(&PeriodEvent::Set { basis, start: Day::of(position.at), days })?;
    }
    if let Some(number) = number {
        bind_number(file, number)?;
    }
    file.period = period;
    file.stage = Stage::AwaitingAssignment;
    file.filed = Some(position.at);
    Ok(())
}

/// 登记案号; another number than the one before corrects it. The record keeps both.
///
/// # Errors
///
/// [`Refusal::OtherCourt`].
pub fn bind_number(file: &mut CaseFile, number: &CaseNumber) -> Result<(), Refusal> {
    if *number.court() != file.court {
        return Err(Refusal::OtherCourt);
    }
    if let Some(former) = file.number.replace(number.clone()).filter(|former| former != number) {
        file.former_numbers.push(former);
    }
    Ok(())
}
