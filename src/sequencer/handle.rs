//! The sequencer as others see it: hand in a statement, wait, take home the receipt; or have private content erased.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ERASED_MAX, ErasedPiece};
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::signed::{SignedStatement, StatementError, StatementNote};
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::delivering::Post;
use crate::sequencer::pool::{Answer, Outcome, Place, Pool, Turned};
use crate::sequencer::state::{Halt, Pause, State};
use crate::store::contract::{PrivateContent, ReadError, ReadLedger};
use crate::store::joining;
use crate::store::reading::receipts;
use crate::store::refusal::{ErasureRefusal, Refusal};

/// Shortest and longest time that a depositor who finds the pool full is asked to stay away, in milliseconds. Drawn at
/// random between them, so that those turned away together do not come back together.
const RETRY_AFTER_MS: (u64, u64) = (500, 3_000);

/// How long a confirmation waits for the thread that watches the clock, which looks five times a second.
const CONFIRMATION: Duration = Duration::from_secs(5);

/// A deposit on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposited {
    /// The receipt.
    pub receipt: Receipt,
    /// False when the statement was on the chain already: the receipt is the one it got then.
    pub fresh: bool,
}

/// Why a deposit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositError {
    /// The statement's signatures. Mend it.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The private metadata is not what the statement commits to, or the statement commits to none. Mend it.
    #[error("the private metadata is not what the statement's `meta` line commits to")]
    PrivateMismatch,
    /// The chain's rules. Mend it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The pool is full. Send the same statement again.
    #[error("too many deposits are waiting; send the same statement again in {retry_after_ms} ms")]
    Busy {
        /// How long to stay away, in milliseconds, jittered.
        retry_after_ms: u64,
    },
    /// Sealing is paused: the clock, or a resource of the machine. It resumes by itself once that is right again; send the
    /// same statement again.
    #[error("deposits are paused: {0}")]
    Paused(Pause),
    /// Sealing has stopped. An operator must act; send the same statement again later.
    #[error("deposits are stopped: {0}")]
    Stopped(String),
    /// The node is going down. Send the same statement again later.
    #[error("the node is shutting down")]
    ShuttingDown,
    /// The ledger could not be read. Nothing was written.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// An erasure on the chain. The bytes are gone for good only after `KeepPrivate::purge`, and nobody is told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Place of the `erased` notice.
    pub notice: LeafIndex,
    /// The act that was sealed with it, if one was given. Not fresh when the same erasure with the same act was asked for
    /// before.
    pub act: Option<Deposited>,
}

/// Why nothing was erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// No pieces, or more than one notice may name.
    #[error("{count} pieces are to be erased; one notice names 1 to {ERASED_MAX}")]
    PieceCount {
        /// How many.
        count: usize,
    },
    /// A piece was never held, or is erased already.
    #[error(transparent)]
    Refused(#[from] ErasureRefusal),
    /// The act is on the chain already, without this erasure: an erasure and its act are sealed together.
    #[error("the act is on the chain already, at {index}, without this erasure")]
    ActExists {
        /// Its place.
        index: LeafIndex,
    },
    /// What also keeps a deposit from being made: the act's own faults, a full pool, stopped writing, shutdown.
    #[error(transparent)]
    Deposit(#[from] DepositError),
}

impl EraseError {
    /// The stable code; `None` for [`EraseError::Deposit`], whose codes are a deposit's.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::PieceCount { .. } => Some("piece_count"),
            Self::Refused(refusal) => Some(refusal.code()),
            Self::ActExists { .. } => Some("act_exists"),
            Self::Deposit(_) => None,
        }
    }
}

/// How the sequencer fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `Err` with the reason when nothing is sealed.
    pub writing: Result<(), Halt>,
    /// For how long the oldest deposit has waited whose block is being stored, or that no thread has taken yet.
    pub oldest: Option<Duration>,
    /// How many blocks were rebuilt since the start because the store rejected one of their deposits. Admission rejects such
    /// a deposit by itself, so this stays 0.
    pub rebuilds: u64,
    /// Deposits waiting or being sealed.
    pub waiting: usize,
    /// Most that may.
    pub capacity: usize,
}

/// A handle; clones share one sequencer.
#[derive(Clone)]
pub struct Sequencer {
    pool: Pool,
    store: Arc<dyn ReadLedger>,
    state: Arc<State>,
    post: Arc<Post>,
}

impl fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequencer").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl Sequencer {
    pub(in crate::sequencer) fn new(
        pool: Pool,
        store: Arc<dyn ReadLedger>,
        state: Arc<State>,
        post: Arc<Post>,
    ) -> Self {
        Self { pool, store, state, post }
    }

    /// Deposits a statement with its private metadata, if it brings any: as [`Self::deposit_with`].
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit(
        &self,
        statement: StatementNote,
        private: Option<PrivateMetadata>,
    ) -> Result<Deposited, DepositError> {
        self.deposit_with(statement, private.map(PrivateContent::from).unwrap_or_default()).await
    }

    /// Deposits a statement: checks its signatures, waits until its block is durable and its checkpoint signed.
    ///
    /// Sending the same statement again is always safe and answers the same receipt. Private content is taken the first
    /// time only.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit_with(
        &self,
        statement: StatementNote,
        private: PrivateContent,
    ) -> Result<Deposited, DepositError> {
        fits(&statement, &private)?;
        let place = self.pool.enter().map_err(turned)?;
        self.deposit_at(place, statement, private).await
    }

    /// As [`Self::deposit`], but where the pool is full, waits for a place up to `patience`.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit_patiently(
        &self,
        statement: StatementNote,
        private: Option<PrivateMetadata>,
        patience: Duration,
    ) -> Result<Deposited, DepositError> {
        let private = private.map(PrivateContent::from).unwrap_or_default();
        fits(&statement, &private)?;
        let place = self.pool.enter_within(patience).await.map_err(turned)?;
        self.deposit_at(place, statement, private).await
    }

    async fn deposit_at(
        &self,
        place: Place,
        statement: StatementNote,
        private: PrivateContent,
    ) -> Result<Deposited, DepositError> {
        // About 40 µs of arithmetic on the caller's worker thread: cheaper than a hand-over to another.
        let statement = statement.verify()?;
        self.wait(place, statement, private).await
    }

    /// Likewise a statement whose signatures are checked already.
    ///
    /// # Errors
    ///
    /// [`DepositError`], never [`DepositError::Statement`].
    pub async fn deposit_checked(
        &self,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> Result<Deposited, DepositError> {
        fits(statement.note(), &private)?;
        let place = self.pool.enter().map_err(turned)?;
        self.wait(place, statement, private).await
    }

    /// As [`Self::deposit_checked`], but where the pool is full, waits for a place up to `patience`.
    ///
    /// # Errors
    ///
    /// As [`Self::deposit_checked`].
    pub async fn deposit_checked_patiently(
        &self,
        statement: SignedStatement,
        private: PrivateContent,
        patience: Duration,
    ) -> Result<Deposited, DepositError> {
        fits(statement.note(), &private)?;
        let place = self.pool.enter_within(patience).await.map_err(turned)?;
        self.wait(place, statement, private).await
    }

    async fn wait(
        &self,
        place: Place,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> Result<Deposited, DepositError> {
        self.post.opens();
        let answered = self.pool.wait(place, statement, private).map_err(turned)?;
        let answer = answered.await.map_err(|_| self.halted_because())?;
        self.receipt(answer).await
    }

    /// Erases private content: seals in one block an `erased` notice, signed by the ledger key, with the tombstones and,
    /// if given, the deposit `with`, the act that orders or carries out the erasure. All of it or nothing. Waits as a
    /// deposit does; the pieces may come in any order.
    ///
    /// The same erasure with the same act again answers what it answered the first time. Without an act, what is erased
    /// already is refused, naming its notice.
    ///
    /// # Errors
    ///
    /// [`EraseError`]: nothing was erased, unless it is [`DepositError::Stopped`], as with a deposit.
    pub async fn erase(
        &self,
        mut pieces: Vec<ErasedPiece>,
        with: Option<(StatementNote, PrivateContent)>,
    ) -> Result<Erased, EraseError> {
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.is_empty() || pieces.len() > ERASED_MAX {
            return Err(EraseError::PieceCount { count: pieces.len() });
        }
        if let Some((statement, private)) = &with {
            fits(statement, private)?;
        }
        let place = self.pool.enter().map_err(turned)?;
        let act = match with {
            Some((statement, private)) => Some((statement.verify().map_err(DepositError::from)?, private)),
            None => None,
        };
        let told = self.pool.wait_to_erase(place, pieces, act).map_err(turned)?;
        let outcome = told.await.map_err(|_| self.halted_because())?;
        match outcome {
            Outcome::Sealed { notice, act: None } => Ok(Erased { notice, act: None }),
            Outcome::Sealed { notice, act: Some(act) } => Ok(Erased { notice, act: Some(self.receipt(act).await?) }),
            Outcome::ActExists(index) => Err(EraseError::ActExists { index }),
            Outcome::Refused(refusal) => Err(refusal.into()),
            // None of these is a receipt.
            Outcome::Failed(answer) => match self.receipt(answer).await {
                Err(error) => Err(error.into()),
                Ok(deposited) => Err(EraseError::ActExists { index: deposited.receipt.index }),
            },
        }
    }

    async fn receipt(&self, answer: Answer) -> Result<Deposited, DepositError> {
        match answer {
            Answer::Sealed { sealed, position, fresh } => {
                let block = &sealed.block;
                let leaf = block.leaves.get(position).zip(block.tree.inclusion(position));
                let (leaf, entry_path) = leaf.ok_or_else(|| DepositError::Stopped("no such leaf".into()))?;
                let receipt = Receipt {
                    entry: String::from_utf8(leaf.bytes.clone())
                        .map_err(|_| DepositError::Stopped("an entry is text".into()))?,
                    index: LeafIndex(block.header.first.0 + position as u64),
                    header: sealed.header_text.clone(),
                    entry_path,
                    header_path: sealed.header_path.clone(),
                    previous_path: sealed.previous_path.clone(),
                    key_notices: Vec::new(),
                    checkpoint: sealed.checkpoint.clone(),
                    time_tokens: Vec::new(),
                };
                Ok(Deposited { receipt, fresh })
            }
            Answer::Exists(index) => {
                let store = Arc::clone(&self.store);
                let receipt = tokio::task::spawn_blocking(move || receipts::receipt(&*store, index)).await;
                let receipt = receipt.map_err(|e| ReadError::Unavailable(e.to_string()))??;
                Ok(Deposited { receipt, fresh: false })
            }
            Answer::Refused(refusal) => Err(refusal.into()),
            Answer::Halted(halt) => Err(halt.into()),
            Answer::Unreadable(error) => Err(error.into()),
        }
    }

    /// How the sequencer fares.
    #[must_use]
    pub fn health(&self) -> Health {
        let oldest = self.pool.oldest(self.state.storing_since());
        let (waiting, capacity) = (self.pool.waiting(), self.pool.capacity());
        Health { writing: self.state.writing(), oldest, rebuilds: self.state.rebuilds(), waiting, capacity }
    }

    /// Takes the wall clock as right because the operator says so, where sealing is paused since it ran ahead. The time, and
    /// by how many milliseconds it was ahead. It is written to the node's log, and not on the chain, whose formats have no
    /// place for it: the chain shows only that its times never decrease.
    ///
    /// # Errors
    ///
    /// [`ConfirmError`].
    pub async fn confirm_clock(&self) -> Result<(Timestamp, u64), ConfirmError> {
        match self.state.writing() {
            Err(Halt::Paused(Pause::Clock(_))) => {}
            _ => return Err(ConfirmError::NotPaused),
        }
        let answered = timeout(CONFIRMATION, self.state.confirm_clock()).await;
        match answered {
            Ok(Ok(accepted)) => Ok(accepted?),
            // The clock became right meanwhile, or the node is going down.
            Ok(Err(_)) | Err(_) => Err(ConfirmError::NotPaused),
        }
    }

    fn halted_because(&self) -> DepositError {
        let ended = || Halt::Stopped("the sealing thread has ended".into());
        self.state.writing().err().unwrap_or_else(ended).into()
    }
}

impl From<Halt> for DepositError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Paused(pause) => Self::Paused(pause),
            Halt::Stopped(reason) => Self::Stopped(reason),
        }
    }
}

/// Why the clock was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// Sealing is not paused for the clock.
    #[error("deposits are not paused for the clock: there is nothing to confirm")]
    NotPaused,
    /// A clock behind the last block cannot be confirmed, since times never decrease. Set it right.
    #[error(transparent)]
    Clock(#[from] ClockFault),
}

impl ConfirmError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPaused => "clock_not_paused",
            Self::Clock(fault) => fault.code(),
        }
    }
}

/// Nothing at all fits every statement.
fn fits(statement: &StatementNote, private: &PrivateContent) -> Result<(), DepositError> {
    let fits = private.is_empty() || joining::fits(statement.statement().meta, private);
    if fits { Ok(()) } else { Err(DepositError::PrivateMismatch) }
}

fn turned(turned: Turned) -> DepositError {
    match turned {
        Turned::Full => DepositError::Busy { retry_after_ms: retry_after_ms() },
        Turned::Closed => DepositError::ShuttingDown,
    }
}

fn retry_after_ms() -> u64 {
    let (shortest, longest) = RETRY_AFTER_MS;
    shortest + getrandom::u64().unwrap_or(shortest) % (longest - shortest)
}
