//! Days in Beijing, and which of them are days off.
//!
//! A [`Day`] runs from 00:00 to 24:00 北京时间, eight hours ahead of UTC in every year, and is written `2026-11-22`. A
//! [`Calendar`] knows the days off: Saturdays, Sundays and statutory holidays (法定节假日), but not the make-up working days
//! (调休上班日). The State Council announces holidays and make-up days year by year, so they are data that is loaded.
//!
//! 民事诉讼法 art. 85 moves the last day of a period off a 法定休假日. The term is read as every non-working
//! day: the weekly rest days (国务院关于职工工作时间的规定 art. 7) and the statutory holidays.
//!
//! ```
//! use tiezheng::court::calendar::{Calendar, Day, YearPlan};
//! let day = |text| Day::parse(text).unwrap();
//! let plan = YearPlan { year: 2024, holidays: vec![day("2024-10-01")], working_days: vec![day("2024-09-29")] };
//! let calendar = Calendar::new(vec![plan]).unwrap();
//! assert_eq!(calendar.first_working_day_from(day("2024-10-01")), day("2024-10-02"));
//! assert!(!calendar.is_day_off(day("2024-09-29")), "a Sunday, and a make-up working day");
//! assert!(calendar.covers(2024) && !calendar.covers(2025));
//! ```
//!
//! Not here: reading a file of holidays, the time of day (`ledger/time`).

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use crate::error_code::ErrorCode;
use crate::ledger::time::Timestamp;

/// Milliseconds in a day.
const DAY_MILLIS: u64 = 86_400_000;
/// How far Beijing is ahead of UTC, in milliseconds.
const BEIJING_MILLIS: u64 = 8 * 3_600_000;
/// Day number 0.
const EPOCH: Date = Date::constant(1970, 1, 1);
/// Last millisecond of a [`Timestamp`], 06:00 in Beijing on the last day.
const LAST_MILLIS: u64 = 253_402_207_200_000;

/// A civil day in Beijing, from 1970-01-01 to 9999-12-31, Gregorian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// The first day, 1970-01-01.
    pub const FIRST: Self = Self(0);
    /// The last day, 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The day of this year, month (1 to 12) and day of the month; `None` if there is none in 1970 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        u32::try_from(EPOCH.until(date).ok()?.get_days()).ok().map(Self)
    }

    /// The day in Beijing at `time`.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let number = (time.as_millis() + BEIJING_MILLIS) / DAY_MILLIS;
        u32::try_from(number).map_or(Self::LAST, Self)
    }

    /// Reads the one spelling, `2026-11-22`; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        let parsed = Self::new(year, month, parts.next()?.parse().ok()?)?;
        // Numbers have more spellings than one: signs, missing and surplus zeros.
        (parsed.to_string() == text).then_some(parsed)
    }

    /// The year, 1970 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.date().year().unsigned_abs()
    }

    /// The weekday as ISO 8601 counts: 1 is Monday, 7 is Sunday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        match self.0 % 7 {
            0 => 4,
            1 => 5,
            2 => 6,
            3 => 7,
            4 => 1,
            5 => 2,
            _ => 3,
        }
    }

    /// 00:00 of this day in Beijing. The first day of all begins before the first [`Timestamp`], so it answers that one.
    #[must_use]
    pub fn start(self) -> Timestamp {
        beijing_midnight(u64::from(self.0))
    }

    /// 24:00 of this day, which is 00:00 of the next: the first moment that is no longer this day. The last day of all
    /// ends after the last [`Timestamp`], so it answers that one.
    #[must_use]
    pub fn end(self) -> Timestamp {
        beijing_midnight(u64::from(self.0) + 1)
    }

    /// The day `days` days later; `None` past the year 9999.
    #[must_use]
    pub fn plus(self, days: u32) -> Option<Self> {
        self.0.checked_add(days).map(Self).filter(|day| *day <= Self::LAST)
    }

    /// The day of the same number `months` months later, or the last day of that month if it has none; `None` past the year 9999.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Option<Self> {
        let span = jiff::Span::new().try_months(i64::from(months)).ok()?;
        let date = self.date().checked_add(span).ok()?;
        u32::try_from(EPOCH.until(date).ok()?.get_days()).ok().map(Self)
    }

    /// How many days later `other` is; 0 if it is not later.
    #[must_use]
    pub const fn days_until(self, other: Self) -> u32 {
        other.0.saturating_sub(self.0)
    }

    fn date(self) -> Date {
        let days = i64::from(self.0);
        EPOCH.checked_add(jiff::SignedDuration::from_hours(days * 24)).unwrap_or(Date::MAX)
    }
}

/// 00:00 in Beijing at the beginning of day `number`, within what a [`Timestamp`] can hold.
fn beijing_midnight(number: u64) -> Timestamp {
    let millis = (number * DAY_MILLIS).saturating_sub(BEIJING_MILLIS).min(LAST_MILLIS);
    Timestamp::from_millis(millis).unwrap_or(Timestamp::EPOCH)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Longest run of days off that a calendar may have. The longest so far, in early 2020, had 17 in some provinces.
pub const LONGEST_REST: u32 = 31;

/// What the State Council announced for one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearPlan {
    /// The year, 1970 to 9999.
    pub year: u16,
    /// Statutory holidays and the days off around them, on whatever weekday: of this year, or of the December before,
    /// where the days around New Year's Day belong to the same announcement.
    pub holidays: Vec<Day>,
    /// Make-up working days: Saturdays and Sundays of the same range on which people work.
    pub working_days: Vec<Day>,
}

/// Why a calendar was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The year is not 1970 to 9999.
    #[error("the year {year} is not between 1970 and 9999")]
    Year {
        /// The year given.
        year: u16,
    },
    /// Two plans for one year.
    #[error("there are two plans for {year}")]
    RepeatedYear {
        /// The year.
        year: u16,
    },
    /// A day neither of the year of its plan nor of the December before.
    #[error("{day} does not belong to the plan for {year}")]
    OtherYear {
        /// The year of the plan.
        year: u16,
        /// The day.
        day: Day,
    },
    /// A day that is listed twice, also if once in each list.
    #[error("{day} stands twice")]
    RepeatedDay {
        /// The day.
        day: Day,
    },
    /// A make-up working day from Monday to Friday.
    #[error("the make-up working day {day} is no Saturday or Sunday")]
    NotWeekend {
        /// The day.
        day: Day,
    },
    /// More than [`LONGEST_REST`] days off in a row.
    #[error("more than {LONGEST_REST} days off in a row around {day}")]
    RestTooLong {
        /// A holiday of that run.
        day: Day,
    },
}

impl CalendarError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Year { .. } => ErrorCode::CalendarYear,
            Self::RepeatedYear { .. } => ErrorCode::CalendarRepeatedYear,
            Self::OtherYear { .. } => ErrorCode::CalendarOtherYear,
            Self::RepeatedDay { .. } => ErrorCode::CalendarRepeatedDay,
            Self::NotWeekend { .. } => ErrorCode::CalendarNotWeekend,
            Self::RestTooLong { .. } => ErrorCode::CalendarRestTooLong,
        }
    }
}

/// Which days are days off. The default knows weekends only, and covers no year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeSet<u16>,
    holidays: BTreeSet<Day>,
    working_days: BTreeSet<Day>,
}

impl Calendar {
    /// Joins the plans of some years.
    ///
    /// # Errors
    ///
    /// [`CalendarError`]: what is wrong with the first plan that is wrong, or a run of more than [`LONGEST_REST`] days
    /// off. A calendar that was accepted always has a working day within that many days.
    pub fn new(plans: Vec<YearPlan>) -> Result<Self, CalendarError> {
        let mut calendar = Self::default();
        for plan in plans {
            calendar.add(&plan)?;
        }
        for &day in &calendar.holidays {
            // A run may begin with the weekend before its first holiday.
            let has_no_end = |back| {
                let from = Day(day.0.saturating_sub(back));
                from.plus(LONGEST_REST).is_some() && calendar.is_day_off(calendar.first_working_day_from(from))
            };
            if (0..=2).any(has_no_end) {
                return Err(CalendarError::RestTooLong { day });
            }
        }
        Ok(calendar)
    }

    fn add(&mut self, plan: &YearPlan) -> Result<(), CalendarError> {
        let year = plan.year;
        let last = Day::new(year, 12, 31).ok_or(CalendarError::Year { year })?;
        let first = Day::new(year - 1, 12, 1).unwrap_or(Day::FIRST);
        if !self.years.insert(year) {
            return Err(CalendarError::RepeatedYear { year });
        }
        for &day in plan.holidays.iter().chain(&plan.working_days) {
            if day < first || day > last {
                return Err(CalendarError::OtherYear { year, day });
            }
        }
        for &day in &plan.holidays {
            if self.working_days.contains(&day) || !self.holidays.insert(day) {
                return Err(CalendarError::RepeatedDay { day });
            }
        }
        for &day in &plan.working_days {
            if day.weekday() < 6 {
                return Err(CalendarError::NotWeekend { day });
            }
            if self.holidays.contains(&day) || !self.working_days.insert(day) {
                return Err(CalendarError::RepeatedDay { day });
            }
        }
        Ok(())
    }

    /// Whether this is a day off: a holiday, or a Saturday or Sunday that is no make-up working day.
    #[must_use]
    pub fn is_day_off(&self, day: Day) -> bool {
        self.holidays.contains(&day) || (day.weekday() >= 6 && !self.working_days.contains(&day))
    }

    /// This day, or the first after it that is no day off; the last day of 9999 where that year ends with days off.
    #[must_use]
    pub fn first_working_day_from(&self, day: Day) -> Day {
        let days = (0..=LONGEST_REST).map_while(|days| day.plus(days));
        days.clone().find(|day| !self.is_day_off(*day)).or(days.last()).unwrap_or(day)
    }

    /// Whether the plan of this year was loaded. Where it was not, only weekends are days off, and answers with a computed
    /// day state this. The last days of December may also depend on the plan of the next year.
    #[must_use]
    pub fn covers(&self, year: u16) -> bool {
        self.years.contains(&year)
    }
}

#[cfg(test)]
mod tests;
