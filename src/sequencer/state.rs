//! State of the sequencer: whether it writes deposits, and the reason if it does not.
//!
//! ```text
//! writing ◀──────▶ paused (clock, shortage, unreadable)
//!    └──────▶ stopped ◀──────┘
//! ```
//!
//! # Invariants
//!
//! Stopped is final and keeps its first reason: only a restart ends it. A pause ends by itself once its cause is gone.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error_code::ErrorCode;
use crate::ledger::chain::ChainError;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::ledger_keys::SignError;
use crate::sequencer::read_back::ReadBackError;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::shortage::Shortage;
use crate::store::traits::{AppendError, ReadError};

/// Why writing is paused. It resumes by itself once the cause is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// The clock is wrong.
    Clock(ClockFault),
    /// A resource of the machine ran out.
    Short {
        /// The resource.
        shortage: Shortage,
        /// The failed operation, for the operator only: it names folders.
        detail: String,
    },
    /// The store could not be read before a write; nothing was written. The error, for the operator only.
    Unreadable(String),
}

impl Pause {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Clock(fault) => fault.code(),
            Self::Short { shortage, .. } => shortage.code(),
            Self::Unreadable(_) => ErrorCode::Unavailable,
        }
    }

    /// A failed read of the store, which may have failed for lack of a resource. The store reports that as text only.
    pub(in crate::sequencer) fn unreadable(detail: String) -> Self {
        match Shortage::in_message(&detail) {
            Some(shortage) => Self::Short { shortage, detail },
            None => Self::Unreadable(detail),
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(fault) => fault.fmt(f),
            Self::Short { shortage, detail } => write!(f, "{shortage} ({detail})"),
            Self::Unreadable(detail) => write!(f, "the ledger cannot be read: {detail}"),
        }
    }
}

/// Why writing is stopped until a restart. For the operator only: the texts name folders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StopReason {
    /// A write failed, or its outcome is unknown.
    #[error(transparent)]
    Write(AppendError),
    /// The stored bytes differ from the data to sign.
    #[error(transparent)]
    ReadBack(ReadBackError),
    /// The store holds damaged records.
    #[error(transparent)]
    Read(ReadError),
    /// Recovery found a ledger that it cannot continue.
    #[error("recovery failed: {0}")]
    Recovery(String),
    /// The store rejects a deposit that admission accepted while no commit was in progress.
    #[error("the store rejects a deposit that admission accepts: {0}")]
    Inconsistent(Refusal),
    /// The store rejects an erasure whose notice the sequencer has built.
    #[error(transparent)]
    Erasure(ErasureRefusal),
    /// The next block could not be built.
    #[error("the next block cannot be built: {0}")]
    Build(ChainError),
    /// The ledger key cannot sign.
    #[error("the ledger key cannot sign: {0}")]
    Sign(SignError),
    /// The operating system supplies no random bytes.
    #[error("the operating system supplies no random bytes: {0}")]
    Randomness(String),
    /// No free deposit number was drawn: the random bytes are not random.
    #[error("no free deposit number was drawn; the source of randomness is broken")]
    NumbersExhausted,
    /// A published block has no receipt for one of its leaves.
    #[error("leaf {position} of the published block has no receipt")]
    NoReceipt {
        /// The leaf's position in its block.
        position: usize,
    },
    /// Another history is signed with the ledger's key: the disk was rolled back, or another party has the key.
    #[error(
        "the witness `{witness}` has a checkpoint of {size} leaves that is signed with this ledger's key and is not of its history, of which {published} leaves are published: the disk was rolled back, or somebody else signs with the key"
    )]
    ForeignCheckpoint {
        /// Name of the witness.
        witness: String,
        /// The size of its checkpoint.
        size: u64,
        /// The published size.
        published: u64,
    },
    /// A sequencer thread panicked or ended.
    #[error("a sequencer thread has ended")]
    ThreadEnded,
}

impl StopReason {
    /// The stable code, for log lines. Clients get `writing_stopped` for each of them.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Write(_) => "write_failed",
            Self::ReadBack(_) => "read_back_failed",
            Self::Read(_) => "read_failed",
            Self::Recovery(_) => "recovery_failed",
            Self::Inconsistent(_) => "admission_inconsistent",
            Self::Erasure(_) => "erasure_inconsistent",
            Self::Build(_) => "block_not_built",
            Self::Sign(_) => "signing_failed",
            Self::Randomness(_) => "no_randomness",
            Self::NumbersExhausted => "numbers_exhausted",
            Self::NoReceipt { .. } => "no_receipt",
            Self::ForeignCheckpoint { .. } => "foreign_checkpoint",
            Self::ThreadEnded => "thread_ended",
        }
    }
}

/// Why the sequencer writes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// Temporarily.
    Paused(Pause),
    /// Until a restart: the stored data is unknown or wrong.
    Stopped(StopReason),
}

impl Halt {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Paused(pause) => pause.code().as_str(),
            Self::Stopped(reason) => reason.code(),
        }
    }

    /// Short title in Chinese.
    #[must_use]
    pub const fn title_zh(&self) -> &'static str {
        match self {
            Self::Paused(pause) => pause.code().title_zh(),
            Self::Stopped(_) => ErrorCode::WritingStopped.title_zh(),
        }
    }

    /// Whether the clock is the cause. A complete block may still be stored then, because its times were checked
    /// before.
    pub(in crate::sequencer) const fn is_clock_pause(&self) -> bool {
        matches!(self, Self::Paused(Pause::Clock(_)))
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(pause) => pause.fmt(f),
            Self::Stopped(reason) => reason.fmt(f),
        }
    }
}

/// The result of the operator's confirmation that the wall clock is right: the time, and by how many milliseconds it was
/// ahead of the monotonic clock.
pub(in crate::sequencer) type ClockConfirmation = Result<(Timestamp, u64), ClockFault>;

/// The state of the sequencer threads, shared with the handles.
#[derive(Debug)]
pub struct SequencerState {
    writing: Mutex<Result<(), Halt>>,
    /// A confirmation that the thread that watches the clock has not processed yet.
    clock_confirmation: Mutex<Option<oneshot::Sender<ClockConfirmation>>>,
    rebuilds: AtomicU64,
    /// When the oldest request of the block that is being committed was queued, on the monotonic clock.
    committing_since: Mutex<Option<Duration>>,
}

impl SequencerState {
    /// The initial state: writing.
    #[must_use]
    pub const fn writing_now() -> Self {
        Self {
            writing: Mutex::new(Ok(())),
            clock_confirmation: Mutex::new(None),
            rebuilds: AtomicU64::new(0),
            committing_since: Mutex::new(None),
        }
    }

    /// Whether deposits are written.
    ///
    /// # Errors
    ///
    /// [`Halt`]: why not.
    pub fn writing(&self) -> Result<(), Halt> {
        lock(&self.writing).clone()
    }

    /// Pauses writing, unless it is stopped. Returns the reason that is now in force.
    pub(in crate::sequencer) fn pause(&self, pause: Pause) -> Halt {
        self.halt(Halt::Paused(pause))
    }

    /// Stops writing until a restart. Returns the reason that is now in force: the first one.
    pub(in crate::sequencer) fn stop(&self, reason: StopReason) -> Halt {
        self.halt(Halt::Stopped(reason))
    }

    fn halt(&self, halt: Halt) -> Halt {
        let mut writing = lock(&self.writing);
        if let Err(first @ Halt::Stopped(_)) = &*writing {
            return first.clone();
        }
        if writing.is_ok() {
            // A confirmation that came too late for an earlier pause must not confirm this one. It is dropped before the pause is visible.
            drop(self.take_clock_confirmation());
        }
        *writing = Err(halt.clone());
        halt
    }

    /// Ends a pause for which `is_over` is true. Never ends a stop.
    pub(in crate::sequencer) fn resume(&self, is_over: impl Fn(&Pause) -> bool) {
        let mut writing = lock(&self.writing);
        if matches!(&*writing, Err(Halt::Paused(pause)) if is_over(pause)) {
            *writing = Ok(());
        }
    }

    /// Pauses or stops writing because of a failed commit. Returns the reason that is now in force.
    pub(in crate::sequencer) fn halt_after(&self, error: CommitError) -> Halt {
        let halt = match error {
            CommitError::Paused(pause) => self.pause(pause),
            CommitError::Fatal(reason) => self.stop(reason),
            CommitError::Erasure(refusal) => self.stop(StopReason::Erasure(refusal)),
            CommitError::Rejected(refusal) => self.stop(StopReason::Inconsistent(refusal)),
        };
        match &halt {
            Halt::Paused(pause) => tracing::warn!(code = %pause.code(), reason = %pause, "deposits are paused"),
            Halt::Stopped(reason) => {
                tracing::error!(code = reason.code(), %reason, "deposits are stopped until a restart");
            }
        }
        halt
    }

    pub(in crate::sequencer) fn count_rebuild(&self) {
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("tiezheng_block_rebuilds_total").increment(1);
    }

    /// Number of blocks rebuilt since the start because the store rejected one of their deposits.
    pub(in crate::sequencer) fn rebuilds(&self) -> u64 {
        self.rebuilds.load(Ordering::Relaxed)
    }

    /// Submits the operator's confirmation of the wall clock. The receiver gets a result only while writing is paused because of the clock;
    /// otherwise the sender is dropped when the next pause begins.
    pub(in crate::sequencer) fn confirm_clock(&self) -> oneshot::Receiver<ClockConfirmation> {
        let (sender, receiver) = oneshot::channel();
        *lock(&self.clock_confirmation) = Some(sender);
        receiver
    }

    /// The confirmation that was submitted, for the thread that watches the clock.
    pub(in crate::sequencer) fn take_clock_confirmation(&self) -> Option<oneshot::Sender<ClockConfirmation>> {
        lock(&self.clock_confirmation).take()
    }

    /// Records that a block is being committed whose oldest request was queued at `since`; `None` when it is published.
    pub(in crate::sequencer) fn set_committing_since(&self, since: Option<Duration>) {
        *lock(&self.committing_since) = since;
    }

    /// When the oldest request of the block that is being committed was queued, on the monotonic clock.
    pub(in crate::sequencer) fn committing_since(&self) -> Option<Duration> {
        *lock(&self.committing_since)
    }
}

// Each lock is held for one assignment, so the value is valid even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a block was not committed.
#[derive(Debug)]
pub(in crate::sequencer) enum CommitError {
    /// Writing stops: the stored data is unknown or wrong.
    Fatal(StopReason),
    /// Writing pauses: recovery determines what is stored.
    Paused(Pause),
    /// A piece cannot be erased. Nothing was stored.
    Erasure(ErasureRefusal),
    /// A deposit of the block violates a rule. Nothing was stored.
    Rejected(Refusal),
}

/// Only shortages, and reads that failed before anything was written, are temporary. After any other failure, the
/// content of the store is unknown.
impl From<AppendError> for CommitError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused { refusal, .. } => Self::Rejected(refusal),
            AppendError::Erasure(refusal) if refusal != ErasureRefusal::NoticeMismatch => Self::Erasure(refusal),
            AppendError::Short { shortage, detail } => Self::Paused(Pause::Short { shortage, detail }),
            AppendError::Read(error @ ReadError::Unavailable(_)) => error.into(),
            error => Self::Fatal(StopReason::Write(error)),
        }
    }
}

impl From<ReadError> for CommitError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(detail) => Self::Paused(Pause::unreadable(detail)),
            error => Self::Fatal(StopReason::Read(error)),
        }
    }
}

/// A read-back that failed for lack of a resource is not evidence of wrong data. Any other failed read-back is.
impl From<ReadBackError> for CommitError {
    fn from(error: ReadBackError) -> Self {
        if let ReadBackError::Read(ReadError::Unavailable(detail)) = &error
            && let pause @ Pause::Short { .. } = Pause::unreadable(detail.clone())
        {
            return Self::Paused(pause);
        }
        Self::Fatal(StopReason::ReadBack(error))
    }
}

impl From<SignError> for CommitError {
    fn from(error: SignError) -> Self {
        Self::Fatal(StopReason::Sign(error))
    }
}

impl From<ChainError> for CommitError {
    fn from(error: ChainError) -> Self {
        Self::Fatal(StopReason::Build(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::NoteError;

    fn clock() -> Pause {
        Pause::Clock(ClockFault::Regressed { now: Timestamp::EPOCH, last: Timestamp::EPOCH })
    }

    fn full() -> Pause {
        Pause::Short { shortage: Shortage::DiskSpace, detail: String::new() }
    }

    fn unknown() -> StopReason {
        StopReason::Write(AppendError::Unknown("While fdatasync: x: No space left on device".into()))
    }

    #[test]
    fn a_stop_is_final_and_keeps_its_first_reason() {
        let state = SequencerState::writing_now();
        let stopped = Halt::Stopped(unknown());
        assert_eq!(state.stop(unknown()), stopped);
        assert_eq!(state.pause(clock()), stopped);
        assert_eq!(state.stop(StopReason::ThreadEnded), stopped);
        state.resume(|_| true);
        assert_eq!(state.writing(), Err(stopped));
    }

    #[test]
    fn a_pause_ends_by_its_own_cause_only() {
        let state = SequencerState::writing_now();
        state.pause(full());
        state.resume(|pause| matches!(pause, Pause::Clock(_)));
        assert_eq!(state.writing(), Err(Halt::Paused(full())));
        state.resume(|pause| matches!(pause, Pause::Short { .. }));
        assert_eq!(state.writing(), Ok(()));
    }

    #[test]
    fn a_failed_append_pauses_only_where_recovery_can_find_out_what_is_stored() {
        let paused = |error: AppendError| matches!(CommitError::from(error), CommitError::Paused(_));
        for shortage in Shortage::ALL {
            assert!(paused(AppendError::Short { shortage, detail: String::new() }));
        }
        assert!(paused(AppendError::Read(ReadError::Unavailable("Input/output error".into()))));
        assert!(!paused(AppendError::Unknown("While fdatasync: x: No space left on device".into())));
        let damaged = ReadError::Damaged { what: "leaf", at: String::new(), reason: String::new() };
        assert!(!paused(AppendError::Read(damaged)));
    }

    #[test]
    fn a_failed_read_back_pauses_for_a_shortage_only() {
        let read_back = |detail: &str| CommitError::from(ReadBackError::Read(ReadError::Unavailable(detail.into())));
        let files = read_back("While open a file for random read: 7.sst: Too many open files");
        assert!(matches!(files, CommitError::Paused(Pause::Short { shortage: Shortage::FileDescriptors, .. })));
        assert!(matches!(read_back("Input/output error"), CommitError::Fatal(StopReason::ReadBack(_))));
        let tile = ReadBackError::Tile { level: 0, index: 0 };
        assert!(matches!(CommitError::from(tile), CommitError::Fatal(StopReason::ReadBack(_))));
    }

    #[test]
    fn a_failed_commit_halts_by_its_code() {
        let code = |error: CommitError| SequencerState::writing_now().halt_after(error).code();
        assert_eq!(code(CommitError::Paused(full())), "disk_full");
        assert_eq!(code(CommitError::Paused(clock())), "clock_regressed");
        assert_eq!(code(AppendError::Unknown(String::new()).into()), "write_failed");
        assert_eq!(code(CommitError::Rejected(Refusal::NumberTaken)), "admission_inconsistent");
        assert_eq!(code(CommitError::Erasure(ErasureRefusal::NoticeMismatch)), "erasure_inconsistent");
        assert_eq!(code(SignError::from(NoteError::NoSignatures).into()), "signing_failed");
    }

    #[test]
    fn a_clock_confirmation_is_taken_once() {
        let state = SequencerState::writing_now();
        assert!(state.take_clock_confirmation().is_none());
        let receiver = state.confirm_clock();
        state.take_clock_confirmation().unwrap().send(Ok((Timestamp::EPOCH, 7))).unwrap();
        assert_eq!(receiver.blocking_recv(), Ok(Ok((Timestamp::EPOCH, 7))));
        assert!(state.take_clock_confirmation().is_none());
    }
}
