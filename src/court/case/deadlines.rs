//! Windows of a case: those that the court opens, those that begin with service, deferral (民诉法 art. 86), and the list of what is due.
//!
//! Not here: counting (`court::window`), the evidence period (`evidence_period`).

use std::collections::BTreeSet;

use crate::court::acts::{AllowRebuttal, ApplyDeferral, DecideDeferral, OpenReplies};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeal_periods::copies_served;
use crate::court::case::appeals::refresh_timeliness;
use crate::court::case::decisions::{Deferral, DeferralDecision};
use crate::court::case::evidence_period::has_evidence_periods;
use crate::court::case::late_evidence::check_handed_in;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::PartyNumber;
use crate::court::legal_figures::counting_is_unconfirmed;
use crate::court::period::by_party::PartyPeriod;
use crate::court::period::{Deadline, PeriodError, PeriodEvent};
use crate::court::time_limits;
use crate::court::window::{
    Length, Source, Start, Subject, Window, WindowEnd, WindowError, WindowEvent, WindowKind, WindowState,
};
use crate::court::windows::WindowKey;
use crate::ledger::time::Timestamp;

fn require_party(file: &CaseFile, party: PartyNumber) -> Result<(), Refusal> {
    if file.parties.contains_key(&party) { Ok(()) } else { Err(Refusal::NoSuchParty(party)) }
}

/// A window that the court opens, begun.
fn opened(
    (kind, party): (WindowKind, PartyNumber),
    days: u32,
    start: Option<Day>,
    position: ActPosition,
) -> Result<Window, WindowError> {
    let mut window = Window::new(kind, Some(party), Length::days(days), Source::Court(position))?;
    window.begin(position, start.map_or(Start::Moment(position.at), Start::Day))?;
    match window.end(&Calendar::default()) {
        Some(WindowEnd { at, last: Some(last), .. }) if at <= position.at => {
            Err(WindowError::Period(PeriodError::InThePast { last }))
        }
        _ => Ok(window),
    }
}

/// 证据规定 art. 51 (3): a period for one party to rebut or to cure one item. The evidence periods stay as they are.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn allow_rebuttal(
    file: &mut CaseFile,
    act: &AllowRebuttal,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    require_party(file, act.party)?;
    if !has_evidence_periods(file.kind) {
        return Err(Refusal::NoEvidencePeriod);
    }
    if !file.items.contains_key(&act.item) {
        return Err(Refusal::NoSuchItem(act.item));
    }
    let key = WindowKey::of(WindowKind::Rebuttal, act.party).about(Subject::Item(act.item));
    let window = opened((key.kind, act.party), act.days, act.start, position)?;
    Ok(file.windows.replace(key, window, position)?)
}

/// 在线诉讼规则 art. 14: the parties, or one of them, reply at different times within a period.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn open_replies(
    file: &mut CaseFile,
    act: &OpenReplies,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let parties: Vec<PartyNumber> = match act.party {
        Some(party) => vec![party],
        None => file.parties.keys().copied().collect(),
    };
    let mut windows = file.windows.clone();
    for party in parties {
        require_party(file, party)?;
        let window = opened((WindowKind::Replies, party), act.days, act.start, position)?;
        windows.replace(WindowKey::of(WindowKind::Replies, party), window, position)?;
    }
    file.windows = windows;
    Ok(())
}

/// What the period is about that an application means: the only one of its kind, or the one that the application names.
fn meant(
    file: &CaseFile,
    (kind, party): (WindowKind, PartyNumber),
    named: Option<Subject>,
) -> Result<Option<Subject>, Refusal> {
    if kind == WindowKind::Evidence {
        let has_begun = file.periods.of(party).is_some_and(PartyPeriod::has_begun);
        return match named {
            _ if !has_begun => Err(WindowError::NotBegun.into()),
            Some(_) => Err(Refusal::NoSuchWindow(kind)),
            None => Ok(None),
        };
    }
    let mut begun = file.windows.begun_of(kind, party).map(|window| window.subject);
    match named {
        Some(about) if begun.any(|subject| subject == Some(about)) => Ok(named),
        Some(_) => Err(Refusal::NoSuchWindow(kind)),
        None => match (begun.next(), begun.next()) {
            (None, _) => Err(WindowError::NotBegun.into()),
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(Refusal::WindowNotNamed(kind)),
        },
    }
}

/// The position of the application that is pending about this period.
fn pending(file: &CaseFile, (kind, party): (WindowKind, PartyNumber), about: Option<Subject>) -> Option<usize> {
    let is_pending = |one: &Deferral| one.party == party && one.window == kind && one.decision.is_none();
    file.deferrals.iter().rposition(|one| is_pending(one) && one.about == about)
}

/// The position of the application on which a decision is made: the only one that is pending for the kind, or the one that it names.
fn decided(
    file: &CaseFile,
    (kind, party): (WindowKind, PartyNumber),
    named: Option<Subject>,
) -> Result<usize, Refusal> {
    let is_pending = |one: &Deferral| one.party == party && one.window == kind && one.decision.is_none();
    if named.is_some() {
        return pending(file, (kind, party), named).ok_or(Refusal::NoApplication);
    }
    let mut all = file.deferrals.iter().enumerate().filter(|(_, one)| is_pending(one)).map(|(at, _)| at);
    match (all.next(), all.next()) {
        (None, _) => Err(Refusal::NoApplication),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Refusal::WindowNotNamed(kind)),
    }
}

/// 申请顺延期限 (民诉法 art. 86): within ten days after the obstacle has ended. A later application is recorded and marked. A party with
/// several periods of the kind, such as those to appeal from two rulings, names the one that it means.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn apply_deferral(
    file: &mut CaseFile,
    document: &Document,
    act: &ApplyDeferral,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    speaks_for(file, document.capacity, act.party)?;
    check_handed_in(document, act.handed_in, position)?;
    if !act.window.may_be_deferred() {
        return Err(Refusal::Window(WindowError::NotForKind(act.window)));
    }
    let about = meant(file, (act.window, act.party), act.about)?;
    if pending(file, (act.window, act.party), about).is_some() {
        return Err(Refusal::AlreadyApplied);
    }
    if act.obstacle_ended > Day::of(position.at) {
        return Err(Refusal::NotYet);
    }
    let limit = time_limits::limit(WindowKind::Obstacle, Some(&file.court), act.obstacle_ended);
    let late = limit.is_some_and(|limit| {
        let ten_days = Window::new(WindowKind::Obstacle, Some(act.party), limit.length, limit.source());
        ten_days.is_ok_and(|mut window| {
            let begun = window.begin(position, Start::Day(act.obstacle_ended));
            let handed_in = act.handed_in.map(|handed_in| handed_in.on);
            begun.is_ok() && !window.is_in_time(position.at, handed_in, calendar)
        })
    });
    file.deferrals.push(Deferral {
        position,
        party: act.party,
        window: act.window,
        about,
        obstacle_ended: act.obstacle_ended,
        late,
        reason: position.text(act.reason),
        decision: None,
    });
    Ok(())
}

/// The decision on an application: it moves the last day of the period that the application is about, or is dismissed.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn decide_deferral(
    file: &mut CaseFile,
    act: &DecideDeferral,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let at = decided(file, (act.window, act.party), act.about)?;
    let about = file.deferrals.get(at).and_then(|one| one.about);
    if let Some(last) = act.last {
        if last < Day::of(position.at) {
            return Err(Refusal::NotYet);
        }
        if act.window == WindowKind::Evidence {
            file.periods.defer(act.party, last, position)?;
        } else {
            let key = WindowKey { kind: act.window, party: Some(act.party), subject: about };
            let before = file.windows.clone();
            file.windows.apply(key, position, WindowEvent::Deferred { last })?;
            // The dossier is due after the last period to answer an appeal.
            copies_served(file, position, calendar).inspect_err(|_| file.windows = before)?;
            refresh_timeliness(file, calendar);
        }
    }
    let reason = act.reason.map(|annex| position.text(annex));
    if let Some(deferral) = file.deferrals.get_mut(at) {
        deferral.decision = Some(DeferralDecision { position, last: act.last, reason });
    }
    Ok(())
}

/// How one period of a case stands: a window, or the evidence period of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its kind.
    pub kind: WindowKind,
    /// Whose it is.
    pub party: Option<PartyNumber>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// The act that began it, and from when it is counted.
    pub begun: Option<(ActPosition, Start)>,
    /// Its length.
    pub length: Option<Length>,
    /// What its length rests on.
    pub source: Option<Source>,
    /// How it stands.
    pub state: WindowState,
}

impl Standing {
    /// Whether its length, or the rule by which its unit is counted, rests on a source that was not read again.
    #[must_use]
    pub fn is_unconfirmed(&self) -> bool {
        matches!(self.source, Some(Source::Law { unconfirmed: true, .. }))
            || self.length.is_some_and(|length| counting_is_unconfirmed(length.unit))
    }

    /// Its end; `None` while it has not begun, is suspended or is closed.
    #[must_use]
    pub const fn end(&self) -> Option<WindowEnd> {
        match self.state {
            WindowState::Running(end) | WindowState::Ended(end) => Some(end),
            _ => None,
        }
    }

    fn of_window(window: &Window, now: Timestamp, calendar: &Calendar) -> Self {
        Self {
            kind: window.kind,
            party: window.party,
            subject: window.subject,
            begun: window.begun,
            length: Some(window.length),
            source: Some(window.source.clone()),
            state: window.state(now, calendar),
        }
    }

    fn of_evidence(file: &CaseFile, party: PartyNumber, now: Timestamp, calendar: &Calendar) -> Self {
        let period = file.periods.of(party);
        let terms = file.periods.terms(party);
        let begun = period.filter(|period| period.has_begun()).and_then(|period| {
            period.history().iter().rev().find_map(|record| match record.event {
                PeriodEvent::Set { start, .. } => Some((record.position, Start::Day(start))),
                _ => None,
            })
        });
        let state = match file.periods.deadline(party, calendar) {
            Deadline::NotSet => WindowState::NotBegun,
            Deadline::Suspended { remaining_days } => WindowState::Suspended { remaining_days },
            Deadline::Ends { last, at, moved_from } => {
                let end = WindowEnd { at, last: Some(last), moved_from };
                if now >= at { WindowState::Ended(end) } else { WindowState::Running(end) }
            }
        };
        Self {
            kind: WindowKind::Evidence,
            party: Some(party),
            subject: None,
            begun,
            length: terms.map(|terms| Length::days(terms.days)),
            source: begun.map(|(position, _)| Source::Court(position)),
            state,
        }
    }
}

impl CaseFile {
    /// The parties that have an evidence period of their own, or will have one once the notice is served on them.
    #[must_use]
    pub fn parties_with_periods(&self) -> BTreeSet<PartyNumber> {
        if self.rules < RulesVersion::V2 || !has_evidence_periods(self.kind) || self.filed.is_none() {
            return BTreeSet::new();
        }
        self.parties.keys().copied().collect()
    }

    /// How all periods of the case stand at `now`: the evidence period of each party, then the windows in their order.
    #[must_use]
    pub fn standings(&self, now: Timestamp, calendar: &Calendar) -> Vec<Standing> {
        let evidence = self.parties_with_periods().into_iter();
        let evidence = evidence.map(|party| Standing::of_evidence(self, party, now, calendar));
        evidence.chain(self.windows.iter().map(|window| Standing::of_window(window, now, calendar))).collect()
    }

    /// What is due at `now`: the periods that run, the earliest end first; suspended ones have no end and come last.
    #[must_use]
    pub fn due(&self, now: Timestamp, calendar: &Calendar) -> Vec<Standing> {
        let mut due = self.standings(now, calendar);
        due.retain(|one| matches!(one.state, WindowState::Running(_) | WindowState::Suspended { .. }));
        due.sort_by_key(|one| one.end().map_or(Timestamp::MAX, |end| end.at));
        due
    }

    /// Whether a reply of a party at `at` came after the period that the court opened for replies at different times.
    #[must_use]
    pub fn is_late_reply(&self, party: PartyNumber, at: Timestamp, calendar: &Calendar) -> bool {
        // The window that was open last when the reply was made: one that the court opened afterwards does not cure a late reply.
        let key = WindowKey::of(WindowKind::Replies, party);
        self.windows.begun_by(key, at).is_some_and(|window| !window.is_in_time(at, None, calendar))
    }
}
