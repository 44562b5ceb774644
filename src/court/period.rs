//! The evidence period, 举证期限: what the court did to it, and until when evidence is in time.
//!
//! A period is a fold of [`PeriodEvent`]s over [`EvidencePeriod`]: set, suspended, extended, set anew, ended by the
//! exchange of evidence. Articles without a name are those of 最高人民法院关于民事诉讼证据的若干规定 (2019).
//!
//! # How days are counted
//!
//! - The starting day does not count (民事诉讼法 art. 85): `start` 1 March and 15 days make 16 March the last day. After
//!   service by public announcement the period runs from the day after the announcement period (art. 55 (5)): `start` is
//!   that period's last day.
//! - A period ends at 24:00 北京时间 of its last day. If that is a day off, it moves to the first working day after it.
//!   The days are counted first and the last day is moved once, at the end.
//! - Suspension (art. 55 (1): 自驳回管辖权异议的裁定生效之日起恢复计算): the day on which the jurisdiction objection is raised
//!   and all days after it stop counting, up to and with the day on which the ruling takes effect, which is a starting day
//!   as above. What remained runs on from the day after. At least one day remains: a last day that had been moved off a
//!   holiday is not used up while the period still runs. An objection raised after the end suspends nothing, even if the
//!   period is extended later.
//! - Extension (art. 54) lengthens the period for all parties. Days are added to the count, not to a moved last day.
//! - The day of the exchange of evidence ends the period (art. 56: 证据交换之日举证期限届满), be it earlier or later than
//!   the counted end. The court chose it for something that happens on it, so it is not moved off a day off. A later
//!   extension defers it by as much (same article), and so does a suspension; then it is a counted day like any other.
//! - A reset forgets what was before, a suspension too: new parties, remand, changed claims (art. 55 (2) to (4)), another
//!   period for rebuttal or for curing defects (art. 51), another court.
//!
//! What comes late is accepted and marked late; whether it is admitted is the judge's decision.
//!
//! Not here: which act brings which event, who may do it, and wording for screens.

pub mod basis;
pub mod by_party;

use crate::court::calendar::{Calendar, Day};
use crate::court::period::basis::{Basis, LengthError};
use crate::court::words::Procedure;
use crate::error_code::ErrorCode;
use crate::ledger::time::Timestamp;

/// What happens to a period. All days are days in Beijing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodEvent {
    /// The first period is set.
    Set {
        /// What its length rests on.
        basis: Basis,
        /// The day before the first day that counts.
        start: Day,
        /// How many days count.
        days: u32,
    },
    /// A jurisdiction objection was raised (art. 55 (1)).
    Suspended {
        /// The day on which it was raised: the first that does not count.
        on: Day,
    },
    /// The ruling that dismisses the objection took effect.
    Resumed {
        /// The day on which it took effect: the last that does not count.
        on: Day,
    },
    /// Extended to a day that the court named (art. 54).
    ExtendedTo {
        /// The new last day.
        last: Day,
    },
    /// Extended by some days (art. 54).
    Extended {
        /// How many more days count, 1 to [`basis::LONGEST_DAYS`].
        days: u32,
    },
    /// A new period takes the place of the old one.
    Reset {
        /// What its length rests on.
        basis: Basis,
        /// The day before the first day that counts.
        start: Day,
        /// How many days count.
        days: u32,
    },
    /// Evidence is exchanged on this day, and the period ends with it (art. 56).
    ExchangeDay {
        /// The day of the exchange.
        day: Day,
    },
}

impl PeriodEvent {
    /// The word that records use.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set",
            Self::Suspended { .. } => "suspended",
            Self::Resumed { .. } => "resumed",
            Self::ExtendedTo { .. } => "extended-to",
            Self::Extended { .. } => "extended",
            Self::Reset { .. } => "reset",
            Self::ExchangeDay { .. } => "exchange-day",
        }
    }
}

/// Why an event was refused. The period is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Nothing was set yet.
    #[error("no evidence period was set yet")]
    NotSet,
    /// It was set before: a later one is a reset.
    #[error("the evidence period was set already; set it anew by a reset")]
    AlreadySet,
    /// Not as many days as the basis, or an extension, may have.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The period is suspended, so it cannot be suspended again, and has no last day that could be named.
    #[error("the evidence period is suspended")]
    Suspended,
    /// The period is not suspended, so it cannot be resumed.
    #[error("the evidence period is not suspended")]
    NotSuspended,
    /// Suspended before the day on which it was last resumed, or resumed before the day on which it was suspended.
    #[error("{day} lies before {earliest}, where the event before it left off")]
    OutOfOrder {
        /// The day given.
        day: Day,
        /// The earliest possible.
        earliest: Day,
    },
    /// An extension that ends no later than the period did.
    #[error("the extension to {day} is none: the period runs to {last}")]
    NotLater {
        /// The day given.
        day: Day,
        /// The last day as it was.
        last: Day,
    },
    /// An exchange day on or before the last day that does not count: the start, or the day of resumption.
    #[error("the exchange day {day} is not after {before}")]
    ExchangeTooEarly {
        /// The day given.
        day: Day,
        /// The last day that does not count.
        before: Day,
    },
    /// The basis belongs to another procedure, or to a period that is set anew.
    #[error("a period by {} cannot rest on `{}` here", .procedure, .basis.word())]
    BasisNotForProcedure {
        /// The basis given.
        basis: Basis,
        /// The procedure of the case.
        procedure: Procedure,
    },
    /// A period that would be over before it is set.
    #[error("the period would have ended on {last}, before it is set")]
    InThePast {
        /// Its last day.
        last: Day,
    },
    /// The day of the service of a notice is of one party.
    #[error("name the party on which the notice was served on that day")]
    NeedsParty,
    /// A period that is set anew needs its ground.
    #[error("say on which ground the period is set anew")]
    NeedsGround,
    /// The period begins on a day that is not given.
    #[error("say on which day the period starts")]
    NeedsStart,
    /// The period would reach the end of the year 9999.
    #[error("the period would not end before the year 9999 does")]
    OutOfRange,
}

impl PeriodError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotSet => ErrorCode::PeriodNotSet,
            Self::AlreadySet => ErrorCode::PeriodAlreadySet,
            Self::Length(error) => error.code(),
            Self::Suspended => ErrorCode::PeriodSuspended,
            Self::NotSuspended => ErrorCode::PeriodNotSuspended,
            Self::OutOfOrder { .. } => ErrorCode::PeriodOutOfOrder,
            Self::NotLater { .. } => ErrorCode::PeriodNotLater,
            Self::ExchangeTooEarly { .. } => ErrorCode::PeriodExchangeTooEarly,
            Self::BasisNotForProcedure { .. } => ErrorCode::PeriodBasis,
            Self::InThePast { .. } => ErrorCode::PeriodInThePast,
            Self::NeedsParty => ErrorCode::PeriodNeedsParty,
            Self::NeedsGround => ErrorCode::PeriodNeedsGround,
            Self::NeedsStart => ErrorCode::PeriodNeedsStart,
            Self::OutOfRange => ErrorCode::PeriodOutOfRange,
        }
    }
}

/// Until when evidence is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// No period was set.
    NotSet,
    /// The period does not run.
    Suspended {
        /// How many days will count once it runs again, at least 1.
        remaining_days: u32,
    },
    /// The period ends, or has ended.
    Ends {
        /// Its last day.
        last: Day,
        /// 24:00 of that day in Beijing: the first moment that is late.
        at: Timestamp,
        /// The last day as counted, where that was a day off.
        moved_from: Option<Day>,
    },
}

/// An evidence period: the events that made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidencePeriod {
    events: Vec<PeriodEvent>,
    /// Where the events lead if no day is a day off: enough to tell which event may follow.
    plain: Option<Count>,
    /// Set while an objection is pending, whether or not it was raised in time.
    suspended_on: Option<Day>,
    /// The last day on which the period was resumed.
    resumed_on: Option<Day>,
}

impl EvidencePeriod {
    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[PeriodEvent] {
        &self.events
    }

    /// Takes the next event.
    ///
    /// # Errors
    ///
    /// [`PeriodError`]; then nothing has changed.
    pub fn apply(&mut self, event: &PeriodEvent) -> Result<(), PeriodError> {
        self.check(event)?;
        let plain = Count::next(self.plain, event, |day| day);
        if plain.is_some_and(|count| count.last == Day::LAST) {
            return Err(PeriodError::OutOfRange);
        }
        self.plain = plain;
        match *event {
            PeriodEvent::Set { .. } | PeriodEvent::Reset { .. } => (self.suspended_on, self.resumed_on) = (None, None),
            PeriodEvent::Suspended { on } => self.suspended_on = Some(on),
            PeriodEvent::Resumed { on } => (self.suspended_on, self.resumed_on) = (None, Some(on)),
            PeriodEvent::Extended { .. } | PeriodEvent::ExtendedTo { .. } | PeriodEvent::ExchangeDay { .. } => {}
        }
        self.events.push(*event);
        Ok(())
    }

    fn check(&self, event: &PeriodEvent) -> Result<(), PeriodError> {
        let count = match (self.plain, event) {
            (None, PeriodEvent::Set { basis, days, .. }) | (Some(_), PeriodEvent::Reset { basis, days, .. }) => {
                basis.check(*days)?;
                return Ok(());
            }
            (None, _) => return Err(PeriodError::NotSet),
            (Some(count), _) => count,
        };
        let in_order = |day, earliest| match earliest {
            Some(earliest) if day < earliest => Err(PeriodError::OutOfOrder { day, earliest }),
            _ => Ok(()),
        };
        match *event {
            PeriodEvent::Set { .. } => Err(PeriodError::AlreadySet),
            PeriodEvent::Reset { .. } => Ok(()),
            PeriodEvent::Resumed { .. } if self.suspended_on.is_none() => Err(PeriodError::NotSuspended),
            PeriodEvent::Resumed { on } => in_order(on, self.suspended_on),
            // Days can be promised for later while the period does not run.
            PeriodEvent::Extended { days } => Ok(Basis::Discretion.check(days).map(|_| ())?),
            _ if self.suspended_on.is_some() => Err(PeriodError::Suspended),
            PeriodEvent::Suspended { on } => in_order(on, self.resumed_on),
            PeriodEvent::ExtendedTo { last } if last <= count.last => {
                Err(PeriodError::NotLater { day: last, last: count.last })
            }
            PeriodEvent::ExtendedTo { .. } => Ok(()),
            PeriodEvent::ExchangeDay { day } => {
                let before = self.resumed_on.map_or(count.start, |on| on.max(count.start));
                if day > before { Ok(()) } else { Err(PeriodError::ExchangeTooEarly { day, before }) }
            }
        }
    }

    /// Until when evidence is in time, after all events so far.
    ///
    /// Days are clamped to the end of the year 9999. Where `calendar` does not cover the year of the last day, a holiday
    /// may be missing: see [`Calendar::covers`].
    #[must_use]
    pub fn state(&self, calendar: &Calendar) -> Deadline {
        let rest = |day| calendar.first_working_day_from(day);
        let count = self.events.iter().fold(None, |count, event| Count::next(count, event, rest));
        let Some(count) = count else { return Deadline::NotSet };
        if let Pause::Since(from) = count.pause {
            return Deadline::Suspended { remaining_days: from.days_until(count.last) + 1 };
        }
        let last = count.end(rest);
        Deadline::Ends { last, at: last.end(), moved_from: (last != count.last).then_some(count.last) }
    }

    /// Whether what came at `at` came late, after all events so far. Nothing is late while no period is set or the
    /// period is suspended; 24:00 sharp is late.
    #[must_use]
    pub fn is_late(&self, at: Timestamp, calendar: &Calendar) -> bool {
        matches!(self.state(calendar), Deadline::Ends { at: end, .. } if at >= end)
    }

    /// Whether a period is set and has not ended at `at`. A suspended period is open; one that has not begun is too.
    #[must_use]
    pub fn is_open(&self, at: Timestamp, calendar: &Calendar) -> bool {
        self.plain.is_some() && !self.is_late(at, calendar)
    }
}

/// Whether days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// They do.
    Not,
    /// From this day on they do not.
    Since(Day),
    /// An objection is pending that was raised after the end, so nothing is left to suspend.
    TooLate,
}

/// Where the events lead under one calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    start: Day,
    /// The first day that counts, or counts again. Never after `last`.
    first: Day,
    /// The last day as counted, not moved off a day off.
    last: Day,
    /// Whether `last` is the day of an exchange, as the court named it.
    exchange: bool,
    pause: Pause,
}

impl Count {
    /// One event further. Total, so that the one place that refuses events is [`EvidencePeriod::apply`].
    fn next(count: Option<Self>, event: &PeriodEvent, rest: impl Fn(Day) -> Day) -> Option<Self> {
        if let PeriodEvent::Set { start, days, .. } | PeriodEvent::Reset { start, days, .. } = *event {
            let (first, last) = (later(start, 1), later(start, days));
            return Some(Self { start, first, last, exchange: false, pause: Pause::Not });
        }
        let count = count?;
        let end = count.end(rest);
        Some(match *event {
            PeriodEvent::Suspended { on } if on > end => Self { pause: Pause::TooLate, ..count },
            // After `last`, but before the end: `last` was moved, and is not used up.
            PeriodEvent::Suspended { on } => Self { pause: Pause::Since(on.min(count.last).max(count.first)), ..count },
            PeriodEvent::Resumed { on } => match count.pause {
                Pause::Since(from) if on >= from => {
                    let last = later(count.last, from.days_until(on) + 1);
                    Self { first: later(on, 1), last, exchange: false, pause: Pause::Not, ..count }
                }
                _ => Self { pause: Pause::Not, ..count },
            },
            PeriodEvent::Extended { days } => Self { last: later(count.last, days), exchange: false, ..count },
            PeriodEvent::ExtendedTo { last } if last > count.last => Self { last, exchange: false, ..count },
            PeriodEvent::ExchangeDay { day } => Self { last: day, exchange: true, ..count },
            _ => count,
        })
    }

    /// The day at whose 24:00 the period ends; `rest` moves a day off days off.
    fn end(&self, rest: impl Fn(Day) -> Day) -> Day {
        if self.exchange { self.last } else { rest(self.last) }
    }
}

fn later(day: Day, days: u32) -> Day {
    day.plus(days).unwrap_or(Day::LAST)
}

#[cfg(test)]
mod tests;
