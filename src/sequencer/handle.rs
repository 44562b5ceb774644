//! The sequencer as others see it: hand in a statement, wait, take home the receipt.

use std::fmt;
use std::sync::Arc;

use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::signed::{StatementError, StatementNote};
use crate::sequencer::pool::{Answer, Pool, Turned};
use crate::sequencer::run::State;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading;
use crate::store::refusal::Refusal;

/// Shortest and longest time that a depositor who finds the pool full is asked to stay away, in milliseconds. Drawn at
/// random between them, so that those turned away together do not come back together.
const RETRY_AFTER_MS: (u64, u64) = (500, 3_000);

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
    /// Sealing has stopped: clock or disk. An operator must act; send the same statement again later.
    #[error("deposits are stopped: {0}")]
    Stopped(String),
    /// The node is going down. Send the same statement again later.
    #[error("the node is shutting down")]
    ShuttingDown,
    /// The ledger could not be read. Nothing was written.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// How the sequencer fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `Err` with the reason when sealing has stopped.
    pub writing: Result<(), String>,
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
}

impl fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequencer").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl Sequencer {
    pub(in crate::sequencer) fn new(pool: Pool, store: Arc<dyn ReadLedger>, state: Arc<State>) -> Self {
        Self { pool, store, state }
    }

    /// Deposits a statement: checks its signatures, waits until its block is durable and its checkpoint signed.
    ///
    /// Sending the same statement again is always safe and answers the same receipt.
    ///
    /// # Errors
    ///
    /// [`DepositError`]; each variant says what to do.
    pub async fn deposit(
        &self,
        statement: StatementNote,
        private: Option<PrivateMetadata>,
    ) -> Result<Deposited, DepositError> {
        if let Some(private) = &private
            && statement.statement().meta != Some(private.commitment())
        {
            return Err(DepositError::PrivateMismatch);
        }
        let place = self.pool.enter().map_err(turned)?;
        // About 40 µs of arithmetic on the caller's worker thread: cheaper than a hand-over to another.
        let statement = statement.verify()?;
        let answered = self.pool.wait(place, statement, private).map_err(turned)?;
        let answer = answered.await.map_err(|_| DepositError::Stopped(self.stopped_because()))?;
        self.receipt(answer).await
    }

    async fn receipt(&self, answer: Answer) -> Result<Deposited, DepositError> {
        match answer {
            Answer::Sealed { block, entry, index, path, fresh } => {
                let receipt = Receipt {
                    entry,
                    index,
                    header: block.header_text.clone(),
                    entry_path: path,
                    header_path: block.header_path.clone(),
                    previous_path: block.previous_path.clone(),
                    key_notices: Vec::new(),
                    checkpoint: block.checkpoint.clone(),
                    time_tokens: Vec::new(),
                };
                Ok(Deposited { receipt, fresh })
            }
            Answer::Exists(index) => {
                let store = Arc::clone(&self.store);
                let receipt = tokio::task::spawn_blocking(move || reading::receipt(&*store, index)).await;
                let receipt = receipt.map_err(|e| ReadError::Unavailable(e.to_string()))??;
                Ok(Deposited { receipt, fresh: false })
            }
            Answer::Refused(refusal) => Err(refusal.into()),
            Answer::Stopped(reason) => Err(DepositError::Stopped(reason)),
            Answer::Unreadable(error) => Err(error.into()),
        }
    }

    /// How the sequencer fares.
    #[must_use]
    pub fn health(&self) -> Health {
        Health { writing: self.state.writing(), waiting: self.pool.waiting(), capacity: self.pool.capacity() }
    }

    fn stopped_because(&self) -> String {
        self.state.writing().err().unwrap_or_else(|| "the sealing thread has ended".into())
    }
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
