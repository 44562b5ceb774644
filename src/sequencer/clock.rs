//! The clock of the chain: the only module that reads the system clock, and the guard that rejects wrong times.
//!
//! # Invariants
//!
//! A time that [`ClockGuard::check`] accepts is not before the last block's, and has not advanced more than [`TOLERANCE`]
//! further than the monotonic clock since the last block. A time that has is rejected with a stable code, never corrected.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

use crate::error_code::ErrorCode;
use crate::ledger::time::Timestamp;

/// How far the wall clock may be behind the last block (the guard waits then), or ahead of the monotonic clock.
pub const TOLERANCE: Duration = Duration::from_secs(1);
/// The longest time between the last block and a start that needs no confirmation by the operator.
pub const START_GAP: Duration = Duration::from_hours(24);

/// The values of both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub wall: Timestamp,
    /// Time since an arbitrary moment; cannot be set. Includes the time that the machine was suspended, because the wall
    /// clock advances meanwhile.
    pub monotonic: Duration,
}

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// Reads both clocks.
    fn read(&self) -> Reading;
    /// Reads the monotonic clock alone.
    fn monotonic(&self) -> Duration {
        self.read().monotonic
    }
    /// Blocks the calling thread for `duration`.
    fn wait(&self, duration: Duration);
}

impl<C: Clock> Clock for Arc<C> {
    fn read(&self) -> Reading {
        C::read(self)
    }

    fn monotonic(&self) -> Duration {
        C::monotonic(self)
    }

    fn wait(&self, duration: Duration) {
        C::wait(self, duration);
    }
}

/// The operating system's clocks: `CLOCK_REALTIME`, and `CLOCK_BOOTTIME`, which is `CLOCK_MONOTONIC` plus the time that the
/// machine was suspended.
#[derive(Debug, Default)]
pub struct SystemClock {
    _private: (),
}

impl SystemClock {
    /// The operating system's clocks.
    #[must_use]
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the module that reads the system clock")]
    fn read(&self) -> Reading {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        Reading { wall: Timestamp::from_millis(millis).unwrap_or(Timestamp::EPOCH), monotonic: self.monotonic() }
    }

    fn monotonic(&self) -> Duration {
        let now = clock_gettime(ClockId::Boottime);
        let (seconds, nanos) = (u64::try_from(now.tv_sec), u32::try_from(now.tv_nsec));
        Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
    }

    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A clock for tests, which set it. Waiting advances both clocks.
#[derive(Debug)]
pub struct ManualClock(Arc<Mutex<Reading>>);

impl ManualClock {
    /// A clock that shows `wall`.
    #[must_use]
    pub fn at(wall: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Reading { wall, monotonic: Duration::ZERO })))
    }

    /// A second handle of the same clock.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Moves the wall clock by `millis` milliseconds, and the monotonic clock by `monotonic`.
    pub fn shift(&self, millis: i64, monotonic: Duration) {
        self.change(|reading| {
            let moved = reading.wall.as_millis().saturating_add_signed(millis);
            reading.wall = Timestamp::from_millis(moved).unwrap_or(reading.wall);
            reading.monotonic += monotonic;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Clock for ManualClock {
    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wait(&self, duration: Duration) {
        self.shift(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX), duration);
    }
}

/// Why the wall clock is wrong. Writing pauses until it is right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    /// Behind the last block by more than [`TOLERANCE`]. Correct the clock.
    #[error("clock_regressed: the clock shows {now}, the last block is of {last}")]
    Regressed {
        /// The wall clock.
        now: Timestamp,
        /// The last block's time.
        last: Timestamp,
    },
    /// Ahead of the monotonic clock by more than [`TOLERANCE`]. Correct the clock; or, if it is right now and was wrong before,
    /// confirm it ([`ClockGuard::accept`]).
    #[error("clock_jumped: the clock shows {now}, {ahead_ms} ms more than has passed since the last block")]
    Jumped {
        /// The wall clock.
        now: Timestamp,
        /// By how much it is ahead, in milliseconds.
        ahead_ms: u64,
    },
    /// At a start, more than [`START_GAP`] after the last block. Confirm that the clock is right.
    #[error("clock_gap: the clock shows {now}, the last block is of {last}; confirm that the clock is right")]
    Gap {
        /// The wall clock.
        now: Timestamp,
        /// The last block's time.
        last: Timestamp,
    },
}

impl ClockFault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Regressed { .. } => ErrorCode::ClockRegressed,
            // A gap is found at the start only, before anything is answered.
            Self::Jumped { .. } | Self::Gap { .. } => ErrorCode::ClockJumped,
        }
    }
}

/// Checks the wall clock against the chain and against the monotonic clock.
#[derive(Debug)]
pub struct ClockGuard<C> {
    clock: C,
    /// The clocks when the last block was completed, or at the start. Jumps are measured from here.
    anchor: Reading,
    waited: Duration,
}

impl<C: Clock> ClockGuard<C> {
    /// A guard of `clock` for a chain whose last block has the time `last`.
    ///
    /// # Errors
    ///
    /// [`ClockFault::Gap`] unless `gap_confirmed`; [`ClockFault::Regressed`].
    pub fn new(clock: C, last: Timestamp, gap_confirmed: bool) -> Result<Self, ClockFault> {
        let anchor = clock.read();
        let gap = anchor.wall.as_millis().saturating_sub(last.as_millis());
        let has_blocks = last > Timestamp::EPOCH;
        if has_blocks && !gap_confirmed && u128::from(gap) > START_GAP.as_millis() {
            return Err(ClockFault::Gap { now: anchor.wall, last });
        }
        let mut guard = Self { clock, anchor, waited: Duration::ZERO };
        guard.check(last)?;
        Ok(guard)
    }

    /// The time for the next leaf, which follows one of time `last`. If the clock is behind that by up to [`TOLERANCE`], waits.
    ///
    /// # Errors
    ///
    /// [`ClockFault`]: nothing may be written now.
    pub fn check(&mut self, last: Timestamp) -> Result<Timestamp, ClockFault> {
        let mut reading = self.clock.read();
        let behind = Duration::from_millis(last.as_millis().saturating_sub(reading.wall.as_millis()));
        if behind > TOLERANCE {
            return Err(ClockFault::Regressed { now: reading.wall, last });
        }
        if !behind.is_zero() {
            self.clock.wait(behind);
            self.waited += behind;
            reading = self.clock.read();
        }
        let wall = Duration::from_millis(reading.wall.as_millis().saturating_sub(self.anchor.wall.as_millis()));
        let passed = reading.monotonic.saturating_sub(self.anchor.monotonic);
        let ahead = wall.saturating_sub(passed);
        if ahead > TOLERANCE {
            let ahead_ms = u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX);
            return Err(ClockFault::Jumped { now: reading.wall, ahead_ms });
        }
        if reading.wall < last {
            return Err(ClockFault::Regressed { now: reading.wall, last });
        }
        Ok(reading.wall)
    }

    /// A block was completed: jumps are measured from now on.
    pub fn block_completed(&mut self) {
        self.anchor = self.clock.read();
    }

    /// Accepts the wall clock because the operator confirms it: jumps are measured from now on. `last` is the last block's
    /// time. Returns the time, and by how many milliseconds it was ahead.
    ///
    /// # Errors
    ///
    /// [`ClockFault::Regressed`]: a time before the last block's is never accepted, because times never decrease.
    pub fn accept(&mut self, last: Timestamp) -> Result<(Timestamp, u64), ClockFault> {
        let ahead_ms = match self.check(last) {
            Err(ClockFault::Jumped { ahead_ms, .. }) => ahead_ms,
            Err(fault) => return Err(fault),
            Ok(now) => return Ok((now, 0)),
        };
        self.anchor = self.clock.read();
        Ok((self.check(last)?, ahead_ms))
    }

    /// The monotonic clock.
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// How long [`Self::check`] has waited in total.
    pub const fn waited(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn noon() -> Timestamp {
        at("2026-11-22T12:00:00.000Z")
    }

    #[test]
    fn the_guard_waits_while_the_clock_is_slightly_behind() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        clock.shift(-700, Duration::ZERO);
        assert_eq!(guard.check(noon()), Ok(noon()));
        assert_eq!(guard.waited(), Duration::from_millis(700));
    }

    #[test]
    fn a_clock_that_is_set_back_is_rejected_until_it_is_right_again() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        clock.shift(-1_001, Duration::ZERO);
        assert!(matches!(guard.check(noon()), Err(ClockFault::Regressed { .. })));
        clock.shift(1_001, Duration::from_secs(5));
        assert_eq!(guard.check(noon()), Ok(noon()));
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_rejected_until_it_is_right_again() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        clock.shift(60_000, Duration::from_mins(1));
        assert!(guard.check(noon()).is_ok());
        clock.shift(61_001, Duration::from_mins(1));
        assert!(matches!(guard.check(noon()), Err(ClockFault::Jumped { ahead_ms: 1_001, .. })));
        clock.shift(-1_001, Duration::ZERO);
        assert!(guard.check(noon()).is_ok());
    }

    #[test]
    fn a_confirmed_jump_is_accepted_unless_it_is_behind_the_chain() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        clock.shift(3_600_000, Duration::ZERO);
        assert!(matches!(guard.check(noon()), Err(ClockFault::Jumped { .. })));
        assert_eq!(guard.accept(noon()), Ok((at("2026-11-22T13:00:00.000Z"), 3_600_000)));
        assert!(guard.check(noon()).is_ok());
        clock.shift(1_001, Duration::ZERO);
        assert!(matches!(guard.check(noon()), Err(ClockFault::Jumped { ahead_ms: 1_001, .. })));
        clock.shift(-7_200_000, Duration::ZERO);
        assert!(matches!(guard.accept(noon()), Err(ClockFault::Regressed { .. })));
    }

    #[test]
    fn time_suspended_counts() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        clock.shift(36_000_000, Duration::from_hours(10));
        assert!(guard.check(noon()).is_ok());
        // `SystemClock` reads the kernel's clock that includes it.
        let boottime = clock_gettime(ClockId::Boottime).tv_sec;
        assert!((boottime..=boottime + 60).contains(&i64::try_from(SystemClock::new().monotonic().as_secs()).unwrap()));
    }

    #[test]
    fn jumps_are_measured_from_the_last_block() {
        let clock = ManualClock::at(noon());
        let mut guard = ClockGuard::new(clock.share(), noon(), false).unwrap();
        for _ in 0..10 {
            clock.shift(900, Duration::ZERO);
            assert!(guard.check(noon()).is_ok());
            guard.block_completed();
        }
        clock.shift(1_100, Duration::ZERO);
        assert!(guard.check(noon()).is_err());
    }

    #[test]
    fn a_long_gap_at_the_start_needs_confirmation() {
        let last = at("2026-11-21T11:59:59.999Z");
        assert!(matches!(ClockGuard::new(ManualClock::at(noon()), last, false), Err(ClockFault::Gap { .. })));
        assert!(ClockGuard::new(ManualClock::at(noon()), last, true).is_ok());
        assert!(ClockGuard::new(ManualClock::at(noon()), at("2026-11-21T12:00:00.000Z"), false).is_ok());
        assert!(ClockGuard::new(ManualClock::at(noon()), Timestamp::EPOCH, false).is_ok(), "a new ledger has no gap");
        let early = ClockGuard::new(ManualClock::at(noon()), at("2026-11-22T12:00:02.000Z"), true);
        assert!(matches!(early, Err(ClockFault::Regressed { .. })));
    }
}
