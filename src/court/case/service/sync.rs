//! Begins the windows and evidence periods that follow from service, and moves or ends them when the effect changes.
//!
//! # Invariants
//!
//! After each act of service, the windows that service began are those that follow from the records: a later report that moves an
//! effect restarts its windows, and an upheld objection closes them. Windows that other acts began are left alone.

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeal_periods::copies_served;
use crate::court::case::evidence_period::{has_evidence_periods, notice_served};
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::WindowId;
use crate::court::case::service::windows::ServiceWindow;
use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::period::basis::Basis;
use crate::court::period::by_party::{NoticeTerms, PeriodOrder};
use crate::court::permission::Side;
use crate::court::service_words::{DocumentKind, ServicePeriod};
use crate::court::time_limits;
use crate::court::window::{Length, Start, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::{CaseKind, Procedure};

/// The windows that a period of this kind is in this case: none where the case knows no such period.
fn window_kinds(file: &CaseFile, id: WindowId) -> &'static [WindowKind] {
    let party = file.parties.get(&id.party);
    let answers = party.is_some_and(|party| party.side() != Side::Bringing);
    let is_associated = party.is_some_and(|party| party.account.is_some());
    match (id.period, file.kind) {
        (ServicePeriod::Answer, CaseKind::CivilFirst) if answers => {
            &[WindowKind::Answer, WindowKind::JurisdictionObjection]
        }
        (ServicePeriod::Answer, CaseKind::AdministrativeFirst) if answers => &[WindowKind::AdministrativeEvidence],
        // 民诉法 art. 165: no appeal in small claims.
        (ServicePeriod::Appeal, CaseKind::CivilFirst) if file.procedure != Procedure::SmallClaims => match id.kind {
            DocumentKind::Judgment => &[WindowKind::AppealJudgment],
            _ => &[WindowKind::AppealRuling],
        },
        (ServicePeriod::AppealAnswer, _) => &[WindowKind::AnswerToAppeal],
        // A party that takes part already has nothing to associate.
        (ServicePeriod::Association, _) if !is_associated => &[WindowKind::Association],
        _ => &[],
    }
}

fn key(kind: WindowKind, id: WindowId) -> WindowKey {
    let key = WindowKey::of(kind, id.party);
    match id.period {
        ServicePeriod::Appeal | ServicePeriod::AppealAnswer => key.about(Subject::Document(id.document)),
        _ => key,
    }
}

/// The evidence period of a party begins with the terms of the notice, if the court has set no others.
fn begin_evidence(
    file: &mut CaseFile,
    party: PartyNumber,
    (start, days): (Day, u32),
    position: ActPosition,
) -> Result<(), Refusal> {
    if !has_evidence_periods(file.kind) {
        return Ok(());
    }
    if file.periods.terms(party).is_none() {
        let terms = NoticeTerms { basis: Basis::of_procedure(file.procedure), days };
        // A notice whose days do not fit the procedure was refused when it was entered; the procedure may have changed since.
        if terms.check(file.procedure, None).is_ok() {
            file.periods.set(PeriodOrder { party: Some(party), terms, start: None }, file.procedure, position)?;
        }
    }
    notice_served(file, party, start, position)
}

fn begin(file: &mut CaseFile, window: &ServiceWindow, position: ActPosition) -> Result<(), Refusal> {
    if window.id.period == ServicePeriod::Evidence {
        file.periods.unserve(window.id.party);
        return begin_evidence(file, window.id.party, (window.start, window.days), position);
    }
    for kind in window_kinds(file, window.id) {
        let Some(limit) = time_limits::limit(*kind, Some(&file.court), window.start) else { continue };
        let key = key(*kind, window.id);
        // A second document of the kind begins no second period, as long as the first one is not closed.
        let moved = file.service.begun.contains_key(&window.id);
        if !moved && file.windows.unclosed(key).is_some_and(|known| known.begun.is_some()) {
            continue;
        }
        let length = window.stated.map_or(limit.length, Length::days);
        let mut fresh = Window::new(*kind, Some(window.id.party), length, limit.source())?;
        fresh.begin(position, Start::Day(window.start))?;
        file.windows.replace(key, fresh, position)?;
    }
    Ok(())
}

/// Brings the windows of a case in line with its service records.
///
/// # Errors
///
/// [`Refusal::Window`], [`Refusal::Period`]: the case has the maximum number of windows, or a period would not end before the year 9999.
pub(in crate::court::case) fn sync(
    file: &mut CaseFile,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let derived = file.service.windows(&file.court, calendar);
    let known: Vec<WindowId> = file.service.begun.keys().copied().collect();
    for id in known.into_iter().filter(|id| !derived.iter().any(|window| window.id == *id)) {
        file.service.begun.remove(&id);
        if id.period == ServicePeriod::Evidence {
            file.periods.unserve(id.party);
        }
        for kind in window_kinds(file, id) {
            file.windows.close(key(*kind, id), position);
        }
    }
    for window in &derived {
        if file.service.begun.get(&window.id) != Some(&window.start) {
            begin(file, window, position)?;
            file.service.begun.insert(window.id, window.start);
        }
    }
    copies_served(file, position, calendar);
    Ok(())
}
