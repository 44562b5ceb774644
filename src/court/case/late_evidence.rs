//! Late evidence, and the court's decisions on items.
//!
//! Lateness follows the period as it stands (证据规定 arts. 54 and 55), so an extension makes an item timely. What follows of it is the
//! court's decision: 民诉法 art. 68 (责令说明理由; 不予采纳; 采纳并训诫、罚款). That lateness for an objective reason, or to which the
//! other side does not object, is deemed in time, and the bounds of refusal, are in 民诉法解释 arts. 101 and 102, whose text was not read
//! again: the court's decision is recorded as it is, and only its order is checked.
//!
//! Not here: the periods (`evidence_period`), windows (`deadlines`).

use crate::court::acts::{DecideAdmission, DecideLateness, ExplainLateness, RequireReason};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::decisions::{AdmissionRecord, LatenessReason, LatenessRecord};
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile, Item};
use crate::court::document::Document;
use crate::court::ids::ItemNumber;
use crate::court::legal_figures::fine_bounds;
use crate::court::values::{Capacity, HandedIn};
use crate::court::window::{Length, Source, Start, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::{Collected, LatenessDecision, Phase, SubjectKind};
use crate::ledger::time::Timestamp;

/// Whether an item is late, as the periods stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// It is not.
    InTime,
    /// It was late, and the court deemed it in time.
    DeemedInTime(ActPosition),
    /// It is.
    Late,
}

impl Lateness {
    /// Whether it is late.
    #[must_use]
    pub const fn is_late(self) -> bool {
        matches!(self, Self::Late)
    }
}

impl CaseFile {
    /// Whether an item is late, as the periods stand.
    #[must_use]
    pub fn lateness(&self, item: &Item, calendar: &Calendar) -> Lateness {
        if !self.came_late(item, calendar) {
            return Lateness::InTime;
        }
        match item.decisions.lateness.last() {
            Some(last) if last.decision == LatenessDecision::InTime => Lateness::DeemedInTime(last.position),
            _ => Lateness::Late,
        }
    }

    /// The same, before any decision of the court.
    fn came_late(&self, item: &Item, calendar: &Calendar) -> bool {
        let import = &item.import;
        if self.rules < RulesVersion::V2 {
            return item.late;
        }
        match import.carried {
            Some(carried) => carried.late,
            None => import.phase != Phase::Filing && self.offered_late(item, calendar),
        }
    }

    /// Whether a supplementary item is late as the periods stand when it is imported.
    #[must_use]
    pub(in crate::court::case) fn is_late_at_import(&self, item: &Item, calendar: &Calendar) -> bool {
        if self.rules < RulesVersion::V2 {
            return self.period.is_late(item.position.at, calendar);
        }
        self.offered_late(item, calendar)
    }

    fn offered_late(&self, item: &Item, calendar: &Calendar) -> bool {
        if item.import.collected.is_some() {
            return false;
        }
        // A document that was posted or handed in on the last day is in time (民诉法 art. 85 (4)).
        let handed_in = item.import.handed_in.map(|handed_in| handed_in.on.start());
        let at = handed_in.map_or(item.position.at, |start| start.min(item.position.at));
        self.is_over_for(item, at, calendar)
    }

    /// Whether the period for an item is over at `at`: the period for its rebuttal or cure where there is one, else its party's.
    #[must_use]
    pub fn is_over_for(&self, item: &Item, at: Timestamp, calendar: &Calendar) -> bool {
        if self.rules < RulesVersion::V2 {
            return self.period.is_late(at, calendar);
        }
        let party = item.import.party;
        let key = |about| WindowKey::of(WindowKind::Rebuttal, party).about(Subject::Item(about));
        let window = item.import.purpose.and_then(|purpose| self.windows.get(key(purpose.item)));
        let allowed = window.is_some_and(|window| window.begun.is_some() && window.is_in_time(at, None, calendar));
        !allowed && self.periods.is_late(party, at, calendar)
    }
}

/// Checks the day of posting or handing in: the court states it of an act that it enters, and it is not after the entry.
///
/// # Errors
///
/// [`Refusal::CourtOnly`], [`Refusal::NotYet`].
pub(in crate::court::case) fn check_handed_in(
    document: &Document,
    handed_in: Option<HandedIn>,
    position: ActPosition,
) -> Result<(), Refusal> {
    let Some(handed_in) = handed_in else { return Ok(()) };
    if !matches!(document.capacity, Capacity::Holding(_)) {
        return Err(Refusal::CourtOnly);
    }
    if handed_in.on > Day::of(position.at) { Err(Refusal::NotYet) } else { Ok(()) }
}

fn late_item<'f>(file: &'f CaseFile, number: ItemNumber, calendar: &Calendar) -> Result<&'f Item, Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let item = file.items.get(&number).ok_or(Refusal::NoSuchItem(number))?;
    if !item.is_active() {
        return Err(Refusal::ItemWithdrawn);
    }
    if !file.came_late(item, calendar) {
        return Err(Refusal::NotLate(number));
    }
    Ok(item)
}

fn changed(file: &mut CaseFile, number: ItemNumber) -> Result<&mut Item, Refusal> {
    file.items.get_mut(&number).ok_or(Refusal::NoSuchItem(number))
}

/// 责令说明理由 (民诉法 art. 68), with a period for it where the court sets one.
///
/// # Errors
///
/// [`Refusal::NotLate`] and others.
pub(in crate::court::case) fn require_reason(
    file: &mut CaseFile,
    act: &RequireReason,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let party = late_item(file, act.item, calendar)?.import.party;
    let key = WindowKey::of(WindowKind::LatenessReason, party).about(Subject::Item(act.item));
    if let Some(days) = act.days {
        let source = Source::Court(position);
        let mut window = Window::new(key.kind, key.party, Length::days(days), source)?;
        window.begin(position, Start::Moment(position.at))?;
        file.windows.replace(key, window, position)?;
    }
    changed(file, act.item)?.decisions.reasons_required.push(position);
    Ok(())
}

/// 说明理由: by the party of the item, or by the court for it.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn explain_lateness(
    file: &mut CaseFile,
    document: &Document,
    act: &ExplainLateness,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let party = late_item(file, act.item, calendar)?.import.party;
    speaks_for(file, document.capacity, party)?;
    check_handed_in(document, act.handed_in, position)?;
    let key = WindowKey::of(WindowKind::LatenessReason, party).about(Subject::Item(act.item));
    file.windows.close(key, position);
    let (by, reason, handed_in) = (document.by, position.text(act.reason), act.handed_in);
    changed(file, act.item)?.decisions.reasons.push(LatenessReason { position, by, reason, handed_in });
    Ok(())
}

/// What follows of the lateness (民诉法 art. 68). Evidence is refused, and a party admonished or fined, only after it was told to state
/// its reason.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn decide_lateness(
    file: &mut CaseFile,
    document: &Document,
    act: &DecideLateness,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let item = late_item(file, act.item, calendar)?;
    let heard = !item.decisions.reasons_required.is_empty() || !item.decisions.reasons.is_empty();
    let adverse =
        matches!(act.decision, LatenessDecision::NotAdmitted | LatenessDecision::Admonished | LatenessDecision::Fined);
    if adverse && !heard {
        return Err(Refusal::ReasonNotRequired);
    }
    match (act.decision, act.fine) {
        (LatenessDecision::Fined, Some(fine)) => {
            let subject = file.parties.get(&item.import.party).map_or(SubjectKind::LegalPerson, |party| party.subject);
            let bounds = fine_bounds(subject, Day::of(position.at)).ok_or(Refusal::FineMismatch)?;
            if fine < bounds.least || fine > bounds.most {
                return Err(Refusal::Fine { least: bounds.least, most: bounds.most });
            }
        }
        (LatenessDecision::Fined, None) | (_, Some(_)) => {
            return Err(Refusal::FineMismatch);
        }
        (_, None) => {}
    }
    let record = LatenessRecord {
        position,
        by: document.by,
        decision: act.decision,
        fine: act.fine,
        document: act.document,
        reason: act.reason.map(|annex| position.text(annex)),
    };
    changed(file, act.item)?.decisions.lateness.push(record);
    Ok(())
}

/// 采信决定 (证据规定 art. 97), also of a withdrawn item: a withdrawn item is not adopted.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn decide_admission(
    file: &mut CaseFile,
    document: &Document,
    act: &DecideAdmission,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let item = changed(file, act.item)?;
    if !item.is_active() {
        return Err(Refusal::ItemWithdrawn);
    }
    item.decisions.admission.push(AdmissionRecord {
        position,
        by: document.by,
        decision: act.decision,
        document: act.document,
        reason: act.reason.map(|annex| position.text(annex)),
    });
    Ok(())
}

/// Whether an item belongs to no party, so that every party may reply to it.
#[must_use]
pub(in crate::court::case) fn is_of_the_court(item: &Item) -> bool {
    item.import.collected.is_some_and(Collected::belongs_to_no_party)
}
