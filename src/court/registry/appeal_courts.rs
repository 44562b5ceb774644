//! Court pairs: which court hears appeals from which, from a day on, and the source that says so. Configuration, since the
//! jurisdiction of courts changes by decree: for instance by 法释〔2025〕14号 for the internet courts.

use std::collections::BTreeMap;

use crate::court::act_position::{ActPosition, Text};
use crate::court::acts::{EndAppealCourt, SetAppealCourt};
use crate::court::calendar::Day;
use crate::court::case_number::CourtCode;
use crate::error_code::ErrorCode;

/// A court that hears the appeals from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealCourt {
    /// The court that hears them.
    pub hears: CourtCode,
    /// The first day.
    pub from: Day,
    /// The first day on which it no longer does.
    pub until: Option<Day>,
    /// The source.
    pub source: Text,
}

impl AppealCourt {
    /// Whether it is in force on `day`.
    #[must_use]
    pub fn is_in_force(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Why an act upon the list is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The pair is in force already.
    #[error("that court hears appeals from this one already: end the pair first")]
    Exists,
    /// There is no such pair in force from an earlier day.
    #[error("that court is not on the list as hearing appeals from this one before that day")]
    Missing,
    /// A court does not hear appeals from itself.
    #[error("a court does not hear appeals from itself")]
    SameCourt,
}

impl PairError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Exists => ErrorCode::CourtPairExists,
            Self::Missing => ErrorCode::NoCourtPair,
            Self::SameCourt => ErrorCode::SameCourt,
        }
    }
}

/// The list of court pairs, by the court of first instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppealCourts(BTreeMap<CourtCode, Vec<AppealCourt>>);

impl AppealCourts {
    /// The courts that hear or heard appeals from `court`, in the order of their entry.
    #[must_use]
    pub fn of(&self, court: &CourtCode) -> &[AppealCourt] {
        self.0.get(court).map_or(&[], Vec::as_slice)
    }

    /// Whether `hears` hears appeals from `court` on `day`.
    #[must_use]
    pub fn hears(&self, court: &CourtCode, hears: &CourtCode, day: Day) -> bool {
        self.of(court).iter().any(|pair| pair.hears == *hears && pair.is_in_force(day))
    }

    /// Adds a pair.
    ///
    /// # Errors
    ///
    /// [`PairError`].
    pub fn set(&mut self, act: &SetAppealCourt, position: ActPosition) -> Result<(), PairError> {
        if act.court == act.hears {
            return Err(PairError::SameCourt);
        }
        let overlaps = |pair: &AppealCourt| pair.hears == act.hears && pair.until.is_none_or(|until| act.from < until);
        if self.of(&act.court).iter().any(overlaps) {
            return Err(PairError::Exists);
        }
        let (hears, source) = (act.hears.clone(), position.text(act.source));
        self.0.entry(act.court.clone()).or_default().push(AppealCourt { hears, from: act.from, until: None, source });
        Ok(())
    }

    /// Ends a pair from a day on.
    ///
    /// # Errors
    ///
    /// [`PairError::Missing`].
    pub fn end(&mut self, act: &EndAppealCourt) -> Result<(), PairError> {
        let pairs = self.0.get_mut(&act.court).into_iter().flatten();
        let mut open = pairs.filter(|pair| pair.hears == act.hears && pair.until.is_none() && pair.from < act.from);
        open.next().ok_or(PairError::Missing)?.until = Some(act.from);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::ids::AnnexId;
    use crate::ledger::hash::Digest;
    use crate::ledger::merkle::shape::LeafIndex;
    use crate::ledger::time::Timestamp;

    fn court(code: &str) -> CourtCode {
        CourtCode::parse(code).unwrap()
    }

    /// 法释〔2025〕14号 moved kinds of cases from a day on: a pair begins and ends on days, and its source stays on record.
    #[test]
    fn a_pair_is_in_force_from_its_first_day_until_the_day_before_its_end() {
        let (day, source) = (|text| Day::parse(text).unwrap(), AnnexId(Digest([1; 32])));
        let position =
            ActPosition { index: LeafIndex(1), sequence: 1, at: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap() };
        let (first, second) = (court("粤0192"), court("粤01"));
        let set = |from| SetAppealCourt { court: first.clone(), hears: second.clone(), from: day(from), source };
        let end = |from| EndAppealCourt { court: first.clone(), hears: second.clone(), from: day(from), source };
        let mut list = AppealCourts::default();
        assert_eq!(list.end(&end("2026-01-01")), Err(PairError::Missing));
        list.set(&set("2025-11-01"), position).unwrap();
        assert_eq!(list.set(&set("2026-01-01"), position), Err(PairError::Exists));
        assert_eq!(list.end(&end("2025-11-01")), Err(PairError::Missing));
        list.end(&end("2026-12-01")).unwrap();
        let hears = |text| list.hears(&first, &second, day(text));
        assert_eq!(["2025-10-31", "2025-11-01", "2026-11-30", "2026-12-01"].map(hears), [false, true, true, false]);
        assert!(!list.hears(&second, &first, day("2026-01-01")));
        let mut again = list.clone();
        again.set(&set("2026-12-01"), position).unwrap();
        assert!(again.hears(&first, &second, day("2026-12-01")));
        let own = SetAppealCourt { hears: first.clone(), ..set("2026-01-01") };
        assert_eq!(list.set(&own, position), Err(PairError::SameCourt));
    }
}
