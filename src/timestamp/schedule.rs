//! When to ask a timestamp authority for its next token. One schedule per authority, so that a failing one delays no other.
//!
//! A token is due if a newer checkpoint than the last stamped one can be stamped and the interval has passed. After a failure the authority is
//! asked again after 30 s, then after twice as long each time, up to an hour, or when it said. Nothing here is stored: after a start, tell
//! the schedule which checkpoint was stamped last.
//!
//! ```
//! use std::time::Duration;
//! use tiezheng::ledger::merkle::shape::TreeSize;
//! use tiezheng::ledger::time::Timestamp;
//! use tiezheng::timestamp::schedule::{Due, Schedule};
//! let at = |seconds: u64| Timestamp::from_millis(1_795_309_451_000 + seconds * 1000).unwrap();
//! let mut schedule = Schedule::new(Duration::from_mins(10));
//! assert_eq!(schedule.due(TreeSize(8), at(0)), Due::Now);
//! schedule.stamped(TreeSize(8), at(2));
//! assert_eq!(schedule.due(TreeSize(8), at(700)), Due::NothingNew);
//! assert_eq!(schedule.due(TreeSize(9), at(3)), Due::At(at(602)));
//! ```

use std::time::Duration;

use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;

/// The usual interval between two tokens of an authority.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(10);
/// The wait after the first failure. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// Longest wait after a failure, also if the authority asks for more.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Whether to ask an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// Not before this time.
    At(Timestamp),
    /// Not until there is a newer checkpoint.
    NothingNew,
}

/// The schedule of one authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    interval: Duration,
    /// The last stamped checkpoint, and when it was stamped.
    last: Option<(TreeSize, Timestamp)>,
    /// Failures since then, and when the last one was.
    failures: u32,
    /// When the last failure was, and how long to wait since.
    wait: Option<(Timestamp, Duration)>,
}

impl Schedule {
    /// A schedule of an authority that has stamped nothing yet.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self { interval, last: None, failures: 0, wait: None }
    }

    /// Whether to ask for a token for the checkpoint of size `newest`, the newest that can be stamped.
    #[must_use]
    pub fn due(&self, newest: TreeSize, now: Timestamp) -> Due {
        if self.last.is_some_and(|(size, _)| newest.0 <= size.0) {
            return Due::NothingNew;
        }
        let after_token = self.last.map(|(_, time)| (time, self.interval));
        // After a failure its wait replaces the interval, which has passed already.
        match self.wait.or(after_token) {
            // The clock was set back: do not wait for it.
            Some((since, _)) if now < since => Due::Now,
            Some((since, wait)) if now < later(since, wait) => Due::At(later(since, wait)),
            _ => Due::Now,
        }
    }

    /// Records that the checkpoint of this size was stamped, also on demand, or before the node started.
    pub fn stamped(&mut self, size: TreeSize, now: Timestamp) {
        if self.last.is_none_or(|(last, _)| last.0 <= size.0) {
            self.last = Some((size, now));
        }
        (self.failures, self.wait) = (0, None);
    }

    /// Records a failed request. `retry_after` is the wait for which the authority asked.
    pub fn failed(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
        self.failures = self.failures.saturating_add(1);
        self.wait = Some((now, doubled.max(retry_after.unwrap_or_default()).min(LONGEST_WAIT)));
    }

    /// How many requests have failed since the last token.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// The size of the checkpoint that was stamped last, and when.
    #[must_use]
    pub const fn last(&self) -> Option<(TreeSize, Timestamp)> {
        self.last
    }
}

/// The time `wait` after `time`.
pub(super) fn later(time: Timestamp, wait: Duration) -> Timestamp {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_millis(time.as_millis().saturating_add(millis)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000_000 + seconds * 1000).unwrap()
    }

    #[test]
    fn a_newer_checkpoint_is_due_when_the_interval_has_passed() {
        let mut schedule = Schedule::new(DEFAULT_INTERVAL);
        schedule.stamped(TreeSize(8), at(0));
        assert_eq!(schedule.due(TreeSize(9), at(599)), Due::At(at(600)));
        assert_eq!(schedule.due(TreeSize(9), at(600)), Due::Now);
        assert_eq!(schedule.due(TreeSize(8), at(600)), Due::NothingNew);
        assert_eq!(schedule.due(TreeSize(7), at(600)), Due::NothingNew);
        // An older one that is stamped on demand changes nothing.
        schedule.stamped(TreeSize(3), at(100));
        assert_eq!(schedule.last(), Some((TreeSize(8), at(0))));
    }

    #[test]
    fn waits_after_failures_double_up_to_an_hour() {
        let mut schedule = Schedule::new(DEFAULT_INTERVAL);
        for (failure, wait) in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600].into_iter().enumerate() {
            schedule.failed(at(0), None);
            assert_eq!(schedule.due(TreeSize(1), at(wait - 1)), Due::At(at(wait)), "{failure}");
            assert_eq!(schedule.due(TreeSize(1), at(wait)), Due::Now, "{failure}");
        }
        assert_eq!(schedule.failures(), 9);
        schedule.stamped(TreeSize(1), at(0));
        assert_eq!((schedule.failures(), schedule.due(TreeSize(2), at(0))), (0, Due::At(at(600))));
    }

    #[test]
    fn the_authority_can_ask_for_a_longer_wait_but_not_for_any() {
        let mut schedule = Schedule::new(DEFAULT_INTERVAL);
        schedule.failed(at(0), Some(Duration::from_mins(2)));
        assert_eq!(schedule.due(TreeSize(1), at(0)), Due::At(at(120)));
        schedule.failed(at(0), Some(Duration::from_secs(1)));
        assert_eq!(schedule.due(TreeSize(1), at(0)), Due::At(at(60)));
        schedule.failed(at(0), Some(Duration::MAX));
        assert_eq!(schedule.due(TreeSize(1), at(0)), Due::At(at(3600)));
    }

    #[test]
    fn a_clock_that_was_set_back_delays_nothing() {
        let mut schedule = Schedule::new(DEFAULT_INTERVAL);
        schedule.stamped(TreeSize(1), at(100_000));
        assert_eq!(schedule.due(TreeSize(2), at(0)), Due::Now);
        schedule.failed(at(100_000), None);
        assert_eq!(schedule.due(TreeSize(2), at(0)), Due::Now);
    }

    #[test]
    fn no_time_is_beyond_the_last() {
        let mut schedule = Schedule::new(Duration::MAX);
        schedule.stamped(TreeSize(1), Timestamp::MAX);
        assert_eq!(schedule.due(TreeSize(2), at(0)), Due::Now);
        assert_eq!(schedule.due(TreeSize(2), Timestamp::MAX), Due::Now);
    }
}
