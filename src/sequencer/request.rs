//! Requests to the sequencer, from the queue to their outcome: deposits and erasures.
//!
//! # Invariants
//!
//! A request holds its queue permit until it is dropped, so the number of requests in the sequencer is bounded. Every
//! request that was queued gets exactly one outcome; if its client has disconnected, the outcome is dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::statement::signed::SignedStatement;
use crate::sequencer::lifecycle::PublishedBlock;
use crate::sequencer::state::Halt;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::traits::{PrivateContent, ReadError};

/// The outcome of a deposit request.
#[derive(Debug)]
pub enum DepositOutcome {
    /// The statement is a leaf of this published block.
    Published {
        /// The block, shared by all its deposits.
        block: Arc<PublishedBlock>,
        /// Position of the leaf in the block, from 0.
        position: usize,
        /// Whether this request created the leaf; false for a second request with the same statement.
        fresh: bool,
    },
    /// The statement was in the ledger before, at this leaf.
    Exists(LeafIndex),
    /// The statement violates a rule of the ledger.
    Rejected(Refusal),
    /// The sequencer is paused or stopped.
    Halted(Halt),
    /// The ledger could not be read; nothing was written.
    Unreadable(ReadError),
}

/// The permit that a request holds while it is queued or being processed. Dropping it releases it.
#[derive(Debug)]
pub struct QueuePermit {
    _permit: OwnedSemaphorePermit,
}

impl QueuePermit {
    pub(in crate::sequencer) const fn new(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit }
    }
}

/// A deposit request without an outcome yet.
#[derive(Debug)]
pub struct PendingDeposit {
    /// The depositor's statement, its signatures checked.
    pub statement: SignedStatement,
    /// Private content, as the statement commits to it.
    pub private: PrivateContent,
    /// When the request was queued, on the monotonic clock.
    pub queued_at: Duration,
    outcome: oneshot::Sender<DepositOutcome>,
    _permit: QueuePermit,
}

impl PendingDeposit {
    pub(in crate::sequencer) fn new(
        statement: SignedStatement,
        private: PrivateContent,
        queued_at: Duration,
        permit: QueuePermit,
    ) -> (Self, oneshot::Receiver<DepositOutcome>) {
        let (outcome, receiver) = oneshot::channel();
        (Self { statement, private, queued_at, outcome, _permit: permit }, receiver)
    }

    /// Sends the outcome to the client and releases the queue permit.
    pub fn resolve(self, outcome: DepositOutcome) {
        // A client that has disconnected gets the same receipt when it sends the statement again.
        let _ = self.outcome.send(outcome);
    }

    /// Resolves the request with the reason why nothing is written.
    pub fn halt(self, halt: &Halt) {
        self.resolve(DepositOutcome::Halted(halt.clone()));
    }
}

/// The outcome of an erasure request.
#[derive(Debug)]
pub enum ErasureOutcome {
    /// Tombstones, notice and act are in one published block.
    Published {
        /// Leaf of the `erased` notice.
        notice: LeafIndex,
        /// The act in the same block: [`DepositOutcome::Published`], or [`DepositOutcome::Exists`] for a repeated request.
        act: Option<DepositOutcome>,
    },
    /// The act is in the ledger already, in a block without this erasure. Nothing was erased.
    ActExists(LeafIndex),
    /// A piece cannot be erased. Nothing was erased.
    Rejected(ErasureRefusal),
    /// Nothing was erased, for a reason that also applies to deposits.
    Failed(DepositOutcome),
}

/// An erasure request without an outcome yet.
#[derive(Debug)]
pub struct PendingErasure {
    /// The pieces to erase: sorted, without duplicates.
    pub pieces: Vec<ErasedPiece>,
    /// The deposit to be written in the same block, its signatures checked.
    pub act: Option<(SignedStatement, PrivateContent)>,
    /// When the request was queued, on the monotonic clock.
    pub queued_at: Duration,
    outcome: oneshot::Sender<ErasureOutcome>,
    _permit: QueuePermit,
}

impl PendingErasure {
    pub(in crate::sequencer) fn new(
        pieces: Vec<ErasedPiece>,
        act: Option<(SignedStatement, PrivateContent)>,
        queued_at: Duration,
        permit: QueuePermit,
    ) -> (Self, oneshot::Receiver<ErasureOutcome>) {
        let (outcome, receiver) = oneshot::channel();
        (Self { pieces, act, queued_at, outcome, _permit: permit }, receiver)
    }

    /// Sends the outcome to the client and releases the queue permit.
    pub fn resolve(self, outcome: ErasureOutcome) {
        // A client that has disconnected gets the same outcome when it repeats the request.
        let _ = self.outcome.send(outcome);
    }

    /// Resolves the request with the reason why nothing is written.
    pub fn halt(self, halt: &Halt) {
        self.resolve(ErasureOutcome::Failed(DepositOutcome::Halted(halt.clone())));
    }
}

/// An entry of the queue.
#[derive(Debug)]
pub enum Request {
    /// A deposit.
    Deposit(Box<PendingDeposit>),
    /// An erasure; it gets a block of its own.
    Erase(Box<PendingErasure>),
}

impl Request {
    /// When the request was queued, on the monotonic clock.
    #[must_use]
    pub const fn queued_at(&self) -> Duration {
        match self {
            Self::Deposit(deposit) => deposit.queued_at,
            Self::Erase(erasure) => erasure.queued_at,
        }
    }

    /// Resolves the request with the reason why nothing is written.
    pub fn halt(self, halt: &Halt) {
        match self {
            Self::Deposit(deposit) => deposit.halt(halt),
            Self::Erase(erasure) => erasure.halt(halt),
        }
    }
}
