//! Whether deposits are sealed, and why not.
//!
//! ```text
//! sealing ◀──────▶ paused (clock, shortage, unreadable)
//!    └──────▶ stopped ◀──────┘
//! ```
//!
//! # Invariants
//!
//! Stopped is final and keeps its first reason: no clock and no recovery leads out of it, only a restart.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::ledger::time::Timestamp;
use crate::sequencer::clock::ClockFault;
use crate::store::contract::{AppendError, ReadError};
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::shortage::Shortage;

/// Why nothing is sealed for now. Sealing resumes by itself once the reason is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// The clock may not be sealed with.
    Clock(ClockFault),
    /// A resource of the machine ran out.
    Short {
        /// The resource.
        shortage: Shortage,
        /// The failed operation, for the operator only: it names folders.
        detail: String,
    },
    /// The store could not be read before a write; nothing was written. For the operator only.
    Unreadable(String),
}

impl Halt {
    /// Whether a block that was made before may still be stored: its times were checked when it was made.
    pub(in crate::sequencer) const fn is_for_the_clock(&self) -> bool {
        matches!(self, Self::Paused(Pause::Clock(_)))
    }
}

impl Pause {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Clock(fault) => fault.code(),
            Self::Short { shortage, .. } => shortage.code(),
            Self::Unreadable(_) => "unavailable",
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(fault) => fault.fmt(f),
            Self::Short { shortage, detail } => write!(f, "{shortage} ({detail})"),
            Self::Unreadable(reason) => write!(f, "the ledger cannot be read: {reason}"),
        }
    }
}

/// Why nothing is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// For now.
    Paused(Pause),
    /// Until a restart: what is stored is unknown or wrong. The reason, for the operator only.
    Stopped(String),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(pause) => pause.fmt(f),
            Self::Stopped(reason) => f.write_str(reason),
        }
    }
}

/// The operator's word that the wall clock is right, on its way to the thread that watches it.
#[derive(Debug)]
pub(in crate::sequencer) struct Confirmation(oneshot::Sender<Result<(Timestamp, u64), ClockFault>>);

impl Confirmation {
    pub(in crate::sequencer) fn answer(self, accepted: Result<(Timestamp, u64), ClockFault>) {
        // A client that has hung up finds the outcome in the health page.
        let _ = self.0.send(accepted);
    }
}

/// What others may see of the sealing threads.
#[derive(Debug)]
pub struct State {
    writing: Mutex<Result<(), Halt>>,
    confirmation: Mutex<Option<Confirmation>>,
    rebuilds: AtomicU64,
    /// When the oldest deposit of the block that is being stored and signed came in, on the monotonic clock.
    storing_since: Mutex<Option<Duration>>,
}

impl State {
    /// Sealing.
    #[must_use]
    pub const fn sealing() -> Self {
        Self {
            writing: Mutex::new(Ok(())),
            confirmation: Mutex::new(None),
            rebuilds: AtomicU64::new(0),
            storing_since: Mutex::new(None),
        }
    }

    /// Whether deposits are sealed.
    ///
    /// # Errors
    ///
    /// [`Halt`]: why not.
    pub fn writing(&self) -> Result<(), Halt> {
        self.lock().clone()
    }

    // Held for one assignment, so a panicked thread leaves nothing half done behind it.
    fn lock(&self) -> MutexGuard<'_, Result<(), Halt>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses sealing, unless it is stopped; why nothing is sealed now.
    pub(in crate::sequencer) fn pause(&self, pause: Pause) -> Halt {
        let mut writing = self.lock();
        if let Err(halt @ Halt::Stopped(_)) = &*writing {
            return halt.clone();
        }
        let halt = Halt::Paused(pause);
        *writing = Err(halt.clone());
        halt
    }

    /// Stops sealing for good; why, which is the first reason there was.
    pub(in crate::sequencer) fn stop(&self, reason: String) -> Halt {
        let mut writing = self.lock();
        if let Err(halt @ Halt::Stopped(_)) = &*writing {
            return halt.clone();
        }
        let halt = Halt::Stopped(reason);
        *writing = Err(halt.clone());
        halt
    }

    /// Ends a pause that `ended` recognises; a stop never ends, nor does a pause for another reason.
    pub(in crate::sequencer) fn resume(&self, ended: impl Fn(&Pause) -> bool) {
        let mut writing = self.lock();
        if matches!(&*writing, Err(Halt::Paused(pause)) if ended(pause)) {
            *writing = Ok(());
        }
    }

    /// What a failed seal means for those that follow.
    pub(in crate::sequencer) fn ended_by(&self, stop: Stop) -> Halt {
        let halt = match stop {
            Stop::Paused(pause) => self.pause(pause),
            Stop::Fatal(reason) => self.stop(reason),
            Stop::Erasure(refusal) => self.stop(refusal.to_string()),
            Stop::Refused(refusal) => self.stop(refusal.to_string()),
        };
        match &halt {
            Halt::Paused(pause) => tracing::warn!(code = pause.code(), reason = %pause, "deposits are paused"),
            Halt::Stopped(reason) => tracing::error!(reason, "deposits are stopped until a restart"),
        }
        halt
    }

    pub(in crate::sequencer) fn count_rebuild(&self) {
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("tiezheng_block_rebuilds_total").increment(1);
    }

    /// How many blocks were rebuilt since the start because the store rejected one of their deposits.
    pub(in crate::sequencer) fn rebuilds(&self) -> u64 {
        self.rebuilds.load(Ordering::Relaxed)
    }

    /// Hands in the operator's word that the clock is right; the answer comes while sealing is paused for the clock.
    pub(in crate::sequencer) fn confirm_clock(&self) -> oneshot::Receiver<Result<(Timestamp, u64), ClockFault>> {
        let (answer, answered) = oneshot::channel();
        *self.confirmation.lock().unwrap_or_else(PoisonError::into_inner) = Some(Confirmation(answer));
        answered
    }

    pub(in crate::sequencer) fn take_confirmation(&self) -> Option<Confirmation> {
        self.confirmation.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that a block is being stored whose oldest deposit came in at `since`; `None` once it is stored and signed.
    pub(in crate::sequencer) fn storing(&self, since: Option<Duration>) {
        *self.storing_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// When the oldest deposit came in whose block is being stored and signed.
    pub(in crate::sequencer) fn storing_since(&self) -> Option<Duration> {
        *self.storing_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a block was not sealed.
#[derive(Debug)]
pub(in crate::sequencer) enum Stop {
    /// For good: what is stored is unknown or wrong.
    Fatal(String),
    /// For now: recovery tells what is stored.
    Paused(Pause),
    /// Not at all: what was to be erased is not there, and nothing was stored.
    Erasure(ErasureRefusal),
    /// Not as it is: one of its deposits may not enter, and nothing was stored.
    Refused(Refusal),
}

/// Only shortages, and reads that failed before anything was written, end by themselves. After all else the process and the
/// store no longer agree on what the chain is.
impl From<AppendError> for Stop {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused { refusal, .. } => Self::Refused(refusal),
            AppendError::Erasure(refusal) if refusal != ErasureRefusal::NoticeMismatch => Self::Erasure(refusal),
            AppendError::Short { shortage, detail } => Self::Paused(Pause::Short { shortage, detail }),
            AppendError::Read(ReadError::Unavailable(reason)) => Self::Paused(unreadable(reason)),
            error => Self::Fatal(error.to_string()),
        }
    }
}

/// A pause for a read that failed.
pub(in crate::sequencer) fn unreadable(reason: String) -> Pause {
    match Shortage::in_message(&reason) {
        Some(shortage) => Pause::Short { shortage, detail: reason },
        None => Pause::Unreadable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Pause {
        Pause::Clock(ClockFault::Regressed { now: Timestamp::EPOCH, last: Timestamp::EPOCH })
    }

    fn full() -> Pause {
        Pause::Short { shortage: Shortage::DiskSpace, detail: String::new() }
    }

    #[test]
    fn nothing_leads_out_of_a_stop_and_its_first_reason_stays() {
        let state = State::sealing();
        let stopped = Halt::Stopped("the flush failed".into());
        assert_eq!(state.stop("the flush failed".into()), stopped);
        assert_eq!(state.pause(clock()), stopped);
        assert_eq!(state.stop("another reason".into()), stopped);
        state.resume(|_| true);
        assert_eq!(state.writing(), Err(stopped));
    }

    #[test]
    fn a_pause_ends_by_its_own_reason_only() {
        let state = State::sealing();
        state.pause(full());
        state.resume(|pause| matches!(pause, Pause::Clock(_)));
        assert_eq!(state.writing(), Err(Halt::Paused(full())));
        state.resume(|pause| matches!(pause, Pause::Short { .. }));
        assert_eq!(state.writing(), Ok(()));
    }

    #[test]
    fn a_failed_append_pauses_only_where_recovery_can_tell_what_is_stored() {
        let paused = |error: AppendError| matches!(Stop::from(error), Stop::Paused(_));
        for shortage in Shortage::ALL {
            assert!(paused(AppendError::Short { shortage, detail: String::new() }));
        }
        assert!(paused(AppendError::Read(ReadError::Unavailable("Input/output error".into()))));
        assert!(!paused(AppendError::Unknown("While fdatasync: x: No space left on device".into())));
        let damaged = ReadError::Damaged { what: "leaf", at: String::new(), reason: String::new() };
        assert!(!paused(AppendError::Read(damaged)));
    }
}
