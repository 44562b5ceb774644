//! The client side of the sequencer: deposit a statement and await its receipt, erase private content, read the state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::error_code::ErrorCode;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ERASED_MAX, ErasedPiece};
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::signed::{SignedStatement, StatementError, StatementNote};
use crate::ledger::time::Timestamp;
use crate::query::receipts;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::queue::{AdmissionError, RequestQueue};
use crate::sequencer::request::{DepositOutcome, ErasureOutcome, QueuePermit};
use crate::sequencer::state::{Halt, Pause, SequencerState, StopReason};
use crate::store::append_checks;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::traits::{LedgerReader, PrivateContent, ReadError};

/// The range of the retry delay that is suggested when the queue is full, in milliseconds. The delay is random, so that
/// clients that were rejected together do not return together.
const RETRY_AFTER_MS: (u64, u64) = (500, 3_000);

/// How long a clock confirmation waits for the thread that watches the clock, which reads it five times a second.
const CONFIRMATION_MAX: Duration = Duration::from_secs(5);

/// The reply to a deposit request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositReply {
    /// The receipt.
    pub receipt: Receipt,
    /// False if the statement was in the ledger already: the receipt is then the one of the first request.
    pub fresh: bool,
}

/// Why a deposit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositError {
    /// The statement's signatures are wrong. Correct it.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The private metadata does not match the statement's commitment, or the statement has none. Correct it.
    #[error("the private metadata is not what the statement's `meta` line commits to")]
    PrivateMismatch,
    /// The statement violates a rule of the ledger. Correct it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The queue is full. Send the same statement again.
    #[error("too many deposits are waiting; send the same statement again in {retry_after_ms} ms")]
    Busy {
        /// When to retry, in milliseconds from now; random.
        retry_after_ms: u64,
    },
    /// Writing is paused: the clock, or a resource of the machine. It resumes by itself once the cause is gone. Send the same
    /// statement again.
    #[error("deposits are paused: {0}")]
    Paused(Pause),
    /// Writing is stopped until an operator acts. Send the same statement again later.
    #[error("deposits are stopped: {0}")]
    Stopped(StopReason),
    /// The node is shutting down. Send the same statement again later.
    #[error("the node is shutting down")]
    ShuttingDown,
    /// The ledger could not be read. Nothing was written.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<Halt> for DepositError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Paused(pause) => Self::Paused(pause),
            Halt::Stopped(reason) => Self::Stopped(reason),
        }
    }
}

impl From<AdmissionError> for DepositError {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Full => Self::Busy { retry_after_ms: retry_after_ms() },
            AdmissionError::Closed => Self::ShuttingDown,
        }
    }
}

/// The reply to an erasure request. The bytes are erased only after `PrivateStore::complete_erasures`; the erasure must
/// not be confirmed to any client before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureReply {
    /// Leaf of the `erased` notice.
    pub notice: LeafIndex,
    /// The act in the same block, if one was given. Not fresh if the same erasure with the same act was requested before.
    pub act: Option<DepositReply>,
}

/// Why nothing was erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// No pieces, or more than one notice may name.
    #[error("{count} pieces are to be erased; one notice names 1 to {ERASED_MAX}")]
    PieceCount {
        /// The number of pieces.
        count: usize,
    },
    /// A piece was never stored, or is erased already.
    #[error(transparent)]
    Refused(#[from] ErasureRefusal),
    /// The act is in the ledger already, without this erasure. An erasure and its act are written together.
    #[error("the act is on the chain already, at {index}, without this erasure")]
    ActExists {
        /// The act's leaf.
        index: LeafIndex,
    },
    /// A reason that also applies to deposits: the act is invalid, the queue is full, writing is paused or stopped.
    #[error(transparent)]
    Deposit(#[from] DepositError),
}

impl EraseError {
    /// The stable code; `None` for [`EraseError::Deposit`], whose codes are those of a deposit.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::PieceCount { .. } | Self::ActExists { .. } => Some(ErrorCode::Internal),
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Deposit(_) => None,
        }
    }
}

/// Why the clock was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// Writing is not paused because of the clock.
    #[error("deposits are not paused for the clock: there is nothing to confirm")]
    NotPaused,
    /// A clock behind the last block cannot be confirmed, because times never decrease. Correct it.
    #[error(transparent)]
    Clock(#[from] ClockFault),
}

impl ConfirmError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotPaused => ErrorCode::ClockNotPaused,
            Self::Clock(fault) => fault.code(),
        }
    }
}

/// The sequencer's state for the health page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `Err` with the reason if nothing is written.
    pub writing: Result<(), Halt>,
    /// The age of the oldest request that is being committed, or that no thread has taken yet.
    pub oldest: Option<Duration>,
    /// Number of blocks rebuilt since the start because the store rejected one of their deposits. Admission rejects
    /// such deposits, so this stays 0.
    pub rebuilds: u64,
    /// Requests queued or being processed.
    pub waiting: usize,
    /// The largest value that `waiting` can have.
    pub capacity: usize,
}

/// A handle of a running sequencer. Clones share it.
#[derive(Clone)]
pub struct Sequencer {
    queue: RequestQueue,
    store: Arc<dyn LedgerReader>,
    state: Arc<SequencerState>,
}

impl fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequencer").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Sequencer {
    pub(in crate::sequencer) fn new(
        queue: RequestQueue,
        store: Arc<dyn LedgerReader>,
        state: Arc<SequencerState>,
    ) -> Self {
        Self { queue, store, state }
    }

    /// Deposits a statement with its private metadata, if any. As [`Self::deposit_within`] without waiting for a permit.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit(
        &self,
        statement: StatementNote,
        private: Option<PrivateMetadata>,
    ) -> Result<DepositReply, DepositError> {
        self.deposit_with(statement, private.map(PrivateContent::from).unwrap_or_default()).await
    }

    /// Deposits a statement with its private content. As [`Self::deposit_within`] without waiting for a permit.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit_with(
        &self,
        statement: StatementNote,
        private: PrivateContent,
    ) -> Result<DepositReply, DepositError> {
        self.deposit_within(statement, private, Duration::ZERO).await
    }

    /// Deposits a statement: verifies its signatures, and waits until its block is published. If the queue is full, waits for
    /// a permit for at most `max_wait`.
    ///
    /// Sending the same statement again is always safe and yields the same receipt. Private content is stored by the first
    /// request only.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit_within(
        &self,
        statement: StatementNote,
        private: PrivateContent,
        max_wait: Duration,
    ) -> Result<DepositReply, DepositError> {
        check_private(&statement, &private)?;
        let permit = self.queue.acquire_within(max_wait).await?;
        // About 40 µs of computation on the async worker: cheaper than moving it to another thread.
        let statement = statement.verify()?;
        self.submit(permit, statement, private).await
    }

    /// As [`Self::deposit_within`], for a statement whose signatures are verified already.
    ///
    /// # Errors
    ///
    /// [`DepositError`], except [`DepositError::Statement`].
    pub async fn deposit_verified(
        &self,
        statement: SignedStatement,
        private: PrivateContent,
        max_wait: Duration,
    ) -> Result<DepositReply, DepositError> {
        check_private(statement.note(), &private)?;
        let permit = self.queue.acquire_within(max_wait).await?;
        self.submit(permit, statement, private).await
    }

    async fn submit(
        &self,
        permit: QueuePermit,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> Result<DepositReply, DepositError> {
        let outcome = self.queue.push_deposit(permit, statement, private).map_err(|error| self.not_queued(error))?;
        let outcome = outcome.await.map_err(|_| self.thread_ended())?;
        self.reply(outcome).await
    }

    /// Erases private content: writes in one block an `erased` notice, signed by the ledger key, the tombstones, and
    /// `act` if given: the deposit that orders or carries out the erasure. The write is atomic. Waits as a deposit
    /// does. The pieces may be in any order.
    ///
    /// A repeated request with the same act yields the same reply. Without an act, a piece that is erased already is an error
    /// that names its notice.
    ///
    /// # Errors
    ///
    /// [`EraseError`]: nothing was erased, except after [`DepositError::Stopped`], where that is unknown.
    pub async fn erase(
        &self,
        mut pieces: Vec<ErasedPiece>,
        act: Option<(StatementNote, PrivateContent)>,
    ) -> Result<ErasureReply, EraseError> {
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.is_empty() || pieces.len() > ERASED_MAX {
            return Err(EraseError::PieceCount { count: pieces.len() });
        }
        if let Some((statement, private)) = &act {
            check_private(statement, private)?;
        }
        let permit = self.queue.try_acquire().map_err(DepositError::from)?;
        let act = match act {
            Some((statement, private)) => Some((statement.verify().map_err(DepositError::from)?, private)),
            None => None,
        };
        let outcome = self.queue.push_erasure(permit, pieces, act).map_err(|error| self.not_queued(error))?;
        match outcome.await.map_err(|_| self.thread_ended())? {
            ErasureOutcome::Published { notice, act: None } => Ok(ErasureReply { notice, act: None }),
            ErasureOutcome::Published { notice, act: Some(act) } => {
                Ok(ErasureReply { notice, act: Some(self.reply(act).await?) })
            }
            ErasureOutcome::ActExists(index) => Err(EraseError::ActExists { index }),
            ErasureOutcome::Rejected(refusal) => Err(refusal.into()),
            ErasureOutcome::Failed(outcome) => match self.reply(outcome).await {
                Err(error) => Err(error.into()),
                // Unreachable: a failed erasure has no receipt.
                Ok(reply) => Err(EraseError::ActExists { index: reply.receipt.index }),
            },
        }
    }

    async fn reply(&self, outcome: DepositOutcome) -> Result<DepositReply, DepositError> {
        match outcome {
            DepositOutcome::Published { block, position, fresh } => {
                let receipt = block.receipt(position);
                let receipt = receipt.ok_or(DepositError::Stopped(StopReason::NoReceipt { position }))?;
                Ok(DepositReply { receipt, fresh })
            }
            DepositOutcome::Exists(index) => {
                let store = Arc::clone(&self.store);
                let receipt = tokio::task::spawn_blocking(move || receipts::receipt(&*store, index)).await;
                let receipt = receipt.map_err(|e| ReadError::Unavailable(e.to_string()))??;
                Ok(DepositReply { receipt, fresh: false })
            }
            DepositOutcome::Rejected(refusal) => Err(refusal.into()),
            DepositOutcome::Halted(halt) => Err(halt.into()),
            DepositOutcome::Unreadable(error) => Err(error.into()),
        }
    }

    /// The sequencer's state.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            writing: self.state.writing(),
            oldest: self.queue.oldest_age(self.state.committing_since()),
            rebuilds: self.state.rebuilds(),
            waiting: self.queue.len(),
            capacity: self.queue.capacity(),
        }
    }

    /// Stops writing until a restart, at the request of another part of the node. The block that is being committed is
    /// completed.
    pub fn stop(&self, reason: StopReason) {
        tracing::error!(code = reason.code(), %reason, "deposits are stopped until a restart");
        self.state.stop(reason);
    }

    /// Accepts the wall clock because the operator confirms it, while writing is paused because it was ahead. Returns the
    /// time, and by how many milliseconds it was ahead. The confirmation is logged; the ledger's formats have no record for
    /// it.
    ///
    /// # Errors
    ///
    /// [`ConfirmError`].
    pub async fn confirm_clock(&self) -> Result<(Timestamp, u64), ConfirmError> {
        if !self.state.writing().is_err_and(|halt| halt.is_clock_pause()) {
            return Err(ConfirmError::NotPaused);
        }
        match timeout(CONFIRMATION_MAX, self.state.confirm_clock()).await {
            Ok(Ok(accepted)) => Ok(accepted?),
            // The clock became right meanwhile, or the node is shutting down.
            Ok(Err(_)) | Err(_) => Err(ConfirmError::NotPaused),
        }
    }

    /// Why a request was not queued: the queue is also closed if a thread panicked.
    fn not_queued(&self, error: AdmissionError) -> DepositError {
        match self.state.writing() {
            Err(halt @ Halt::Stopped(_)) => halt.into(),
            Ok(()) | Err(Halt::Paused(_)) => error.into(),
        }
    }

    /// A request was dropped without an outcome: a thread panicked. Its guard stops writing only after it has dropped
    /// the request, so the state is set here, too: a client that gets this error and then reads the state must see the
    /// stop.
    fn thread_ended(&self) -> DepositError {
        self.state.stop(StopReason::ThreadEnded).into()
    }
}

/// Checks that the statement commits to `private`. No content is valid for every statement.
fn check_private(statement: &StatementNote, private: &PrivateContent) -> Result<(), DepositError> {
    let valid = private.is_empty() || append_checks::matches_commitment(statement.statement().meta, private);
    if valid { Ok(()) } else { Err(DepositError::PrivateMismatch) }
}

fn retry_after_ms() -> u64 {
    let (shortest, longest) = RETRY_AFTER_MS;
    shortest + getrandom::u64().unwrap_or(shortest) % (longest - shortest)
}
