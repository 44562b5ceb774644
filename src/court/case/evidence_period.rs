//! The evidence period of a case: maps acts to events of the period.

use crate::court::acts::Act;
use crate::court::calendar::Day;
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::period::{EvidencePeriod, PeriodEvent};
use crate::court::values::Capacity;

/// The event of the period in an act; `None` for other acts.
#[must_use]
pub fn event(act: &Act) -> Option<PeriodEvent> {
    Some(match act {
        Act::SetPeriod(set) => PeriodEvent::Set { basis: set.basis, start: set.start, days: set.days },
        Act::SuspendPeriod(act) => PeriodEvent::Suspended { on: act.on },
        Act::ResumePeriod(act) => PeriodEvent::Resumed { on: act.on },
        Act::ExtendPeriod(act) => PeriodEvent::Extended { days: act.days },
        Act::ResetPeriod(act) => PeriodEvent::Reset { basis: act.basis, start: act.start, days: act.days },
        Act::ExchangeEvidence(act) => PeriodEvent::ExchangeDay { day: act.day },
        _ => return None,
    })
}

/// Checks that a party's jurisdiction objection is dated on the day of the act.
///
/// # Errors
///
/// [`Refusal::NotToday`].
pub fn require_current_day(document: &Document, event: &PeriodEvent, position: ActPosition) -> Result<(), Refusal> {
    match (document.capacity, event) {
        (Capacity::Holding(_) | Capacity::Platform, _) => Ok(()),
        (_, PeriodEvent::Suspended { on }) if *on != Day::of(position.at) => Err(Refusal::NotToday),
        _ => Ok(()),
    }
}

/// Applies an event to the period.
///
/// # Errors
///
/// [`Refusal::Period`].
pub fn apply_event(file: &mut CaseFile, event: &PeriodEvent) -> Result<(), Refusal> {
    // `set` replaces the default of the filing; other events change the current period.
    let begins = matches!(event, PeriodEvent::Set { .. });
    let mut period = if begins { EvidencePeriod::default() } else { file.period.clone() };
    period.apply(event)?;
    file.period = period;
    Ok(())
}
