//! Begins the windows and evidence periods that follow from service, and moves or ends them when the effect changes.
//!
//! # Invariants
//!
//! - After each act of service and each decision, the windows that service began are those that follow from the records: a later report that moves an
//!   effect moves their beginning, and what the court decided on them stays; an upheld objection closes them, and another document of
//!   the kind that was served as well begins them anew.
//! - A second document of a kind begins no second period while the first one is not closed. An evidence period is set anew by the court
//!   on a ground of the law only (证据规定 art. 55).
//! - Windows and periods that other acts began are left alone.

use std::collections::BTreeSet;

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeal_periods::copies_served;
use crate::court::case::appeals::refresh_timeliness;
use crate::court::case::course::DecisionKind;
use crate::court::case::evidence_period::{has_evidence_periods, notice_served};
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::{BegunPeriod, WindowId};
use crate::court::case::service::windows::ServiceWindow;
use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::period::Deadline;
use crate::court::period::basis::Basis;
use crate::court::period::by_party::{NoticeTerms, PartyPeriod, PeriodOrder};
use crate::court::permission::Side;
use crate::court::service_words::{DocumentKind, ServicePeriod};
use crate::court::time_limits;
use crate::court::window::{Length, Start, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::CaseKind;

/// The window of an appeal against a served decision: none where no appeal lies. A decision that is not recorded yet is taken by the kind
/// of its document: a judgment, or a ruling whose service states the days of an appeal.
fn appeal_kinds(file: &CaseFile, id: WindowId, stated: Option<u32>) -> &'static [WindowKind] {
    let is_judgment = match file.course.decision(id.document) {
        Some(_) => match file.require_appeal(id.document) {
            Ok(kind) => kind == DecisionKind::Judgment,
            Err(_) => return &[],
        },
        None if !file.decides_with_appeal() => return &[],
        None if id.kind == DocumentKind::Judgment => true,
        None if stated.is_some() => false,
        None => return &[],
    };
    if is_judgment { &[WindowKind::AppealJudgment] } else { &[WindowKind::AppealRuling] }
}

/// The windows that a period of this kind is in this case: none where the case knows no such period.
fn window_kinds(file: &CaseFile, id: WindowId, stated: Option<u32>) -> &'static [WindowKind] {
    let party = file.parties.get(&id.party);
    let side = party.map(crate::court::case::state::Party::side);
    let is_associated = party.is_some_and(|party| party.account.is_some());
    match (id.period, file.kind) {
        // Only the side that answers objects to jurisdiction.
        (ServicePeriod::Answer, CaseKind::CivilFirst) => match side {
            Some(Side::Answering) => &[WindowKind::Answer, WindowKind::JurisdictionObjection],
            Some(Side::Third) => &[WindowKind::Answer],
            _ => &[],
        },
        (ServicePeriod::Answer, CaseKind::AdministrativeFirst) if side == Some(Side::Answering) => {
            &[WindowKind::AdministrativeEvidence, WindowKind::JurisdictionObjection]
        }
        (ServicePeriod::Appeal, _) => appeal_kinds(file, id, stated),
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

/// Whether the evidence period of the party is the one that this service began, and not one that the court set since.
fn owns_evidence(file: &CaseFile, party: PartyNumber, begun: &BegunPeriod) -> bool {
    begun.began_evidence && file.periods.of(party).and_then(PartyPeriod::start) == Some(begun.start)
}

/// The evidence period of a party begins with the terms of the notice, if the court has set no others. Returns whether this service began
/// the period.
fn begin_evidence(
    file: &mut CaseFile,
    window: &ServiceWindow,
    moved: Option<&BegunPeriod>,
    position: ActPosition,
) -> Result<bool, Refusal> {
    if !has_evidence_periods(file.kind) {
        return Ok(false);
    }
    let (party, start, days) = (window.id.party, window.start, window.days);
    if let Some(begun) = moved.filter(|begun| owns_evidence(file, party, begun)) {
        // What the court set of the length stays, unless the record that counts now states another number of days.
        let days = window.stated.filter(|days| begun.stated != Some(*days));
        file.periods.move_start(party, (start, days), position)?;
        return Ok(true);
    }
    if file.periods.of(party).is_some_and(PartyPeriod::has_begun) {
        return Ok(false);
    }
    if file.periods.terms(party).is_none() {
        let terms = NoticeTerms { basis: Basis::of_procedure(file.procedure), days };
        // A notice whose days do not fit the procedure was refused when it was entered; the procedure may have changed since.
        if terms.check(file.procedure, None).is_ok() {
            file.periods.set(PeriodOrder { party: Some(party), terms, start: None }, file.procedure, position)?;
        }
    }
    notice_served(file, party, start, position)?;
    Ok(true)
}

/// Begins the windows of a service, or moves the beginning of those that it `moved` has begun before.
fn begin(
    file: &mut CaseFile,
    window: &ServiceWindow,
    moved: Option<&BegunPeriod>,
    position: ActPosition,
) -> Result<BegunPeriod, Refusal> {
    let kinds = window_kinds(file, window.id, window.stated);
    let (start, stated) = (window.start, window.stated);
    let mut begun = BegunPeriod { start, stated, kinds, opened: Vec::new(), began_evidence: false };
    if window.id.period == ServicePeriod::Evidence {
        begun.began_evidence = begin_evidence(file, window, moved, position)?;
        return Ok(begun);
    }
    // A decision that was recorded since may have no appeal, or one of another length.
    for key in moved.iter().flat_map(|begun| &begun.opened).filter(|key| !kinds.contains(&key.kind)) {
        file.windows.close(*key, position);
    }
    for kind in kinds {
        let limit = time_limits::limit_in(file.kind, *kind, &file.court, window.start);
        let Some(limit) = limit else { continue };
        let key = key(*kind, window.id);
        let is_own = moved.is_some_and(|begun| begun.opened.contains(&key));
        let before = file.windows.unclosed(key).filter(|known| known.begun.is_some());
        if before.is_some() && !is_own {
            continue;
        }
        let decided = before.map(|known| known.events.clone()).unwrap_or_default();
        let length = window.stated.map_or(limit.length, Length::days);
        let mut fresh = Window::new(*kind, Some(window.id.party), length, limit.source())?;
        fresh.begin(position, Start::Day(window.start))?;
        for (by, event) in decided {
            // A deferral to a day before the moved end changes nothing.
            let _ = fresh.apply(by, event);
        }
        file.windows.replace(key, fresh, position)?;
        begun.opened.push(key);
    }
    Ok(begun)
}

/// Ends what a service had begun, which has no effect any more. Other documents of the kind may begin it anew.
fn end(file: &mut CaseFile, id: WindowId, begun: &BegunPeriod, position: ActPosition) {
    if owns_evidence(file, id.party, begun) {
        file.periods.unserve(id.party);
    }
    for key in &begun.opened {
        file.windows.close(*key, position);
    }
    let waits = |other: &WindowId, one: &BegunPeriod| {
        (other.period, other.party) == (id.period, id.party) && one.opened.is_empty() && !one.began_evidence
    };
    file.service.begun.retain(|other, one| !waits(other, one));
}

/// Brings the windows of a case in line with its service records.
///
/// # Errors
///
/// [`Refusal::Window`], [`Refusal::Period`]: the case has the maximum number of windows, or a period would not end before the year 9999.
pub(in crate::court::case) fn update_windows(
    file: &mut CaseFile,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let mut derived = file.service.windows(&file.court, calendar);
    derived.sort_by_key(|window| window.start);
    let current: BTreeSet<WindowId> = derived.iter().map(|window| window.id).collect();
    let ended: Vec<WindowId> = file.service.begun.keys().filter(|id| !current.contains(id)).copied().collect();
    for id in ended {
        if let Some(begun) = file.service.begun.remove(&id) {
            end(file, id, &begun, position);
        }
    }
    for window in &derived {
        let before = file.service.begun.get(&window.id).cloned();
        let kinds = window_kinds(file, window.id, window.stated);
        if before.as_ref().map(BegunPeriod::terms) != Some((window.start, window.stated, kinds)) {
            let begun = begin(file, window, before.as_ref(), position)?;
            file.service.begun.insert(window.id, begun);
        }
    }
    copies_served(file, position, calendar)?;
    refresh_timeliness(file, calendar);
    Ok(())
}

impl CaseFile {
    /// The periods of this case that service began, by party and document: those of a document that begins none in such a case, as a
    /// decision without appeal, left out.
    #[must_use]
    pub fn service_windows(&self, calendar: &Calendar) -> Vec<ServiceWindow> {
        let counts = |window: &ServiceWindow| match window.id.period {
            ServicePeriod::Evidence => has_evidence_periods(self.kind),
            ServicePeriod::Association => true,
            _ => !window_kinds(self, window.id, window.stated).is_empty(),
        };
        let mut windows = self.service.windows(&self.court, calendar);
        windows.retain(counts);
        windows
    }

    /// The current last day of a period that service began, with extensions and deferrals. `None` while an evidence period is suspended. Of a
    /// closed window, the last day by the service alone.
    #[must_use]
    pub fn last_day_of(&self, window: &ServiceWindow, calendar: &Calendar) -> Option<Day> {
        let id = window.id;
        if id.period == ServicePeriod::Evidence {
            return match self.periods.deadline(id.party, calendar) {
                Deadline::Ends { last, .. } => Some(last),
                Deadline::Suspended { .. } => None,
                Deadline::NotSet => Some(window.last),
            };
        }
        // The first kind is the period that the service names; the period to object to jurisdiction runs beside it.
        let kind = window_kinds(self, id, window.stated).first();
        let last = kind.and_then(|kind| self.windows.unclosed(key(*kind, id))?.end(calendar)?.last);
        last.or(Some(window.last))
    }
}
