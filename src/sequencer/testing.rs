//! Fixtures for the unit tests of the sequencer: an empty ledger in memory, statements, queued deposits.

use std::sync::Arc;

use tokio::sync::oneshot::Receiver;

use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::notice::Mode;
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{Statement, Subject};
use crate::ledger::time::Timestamp;
use crate::query::key_history::key_history;
use crate::sequencer::admission::NumberSource;
use crate::sequencer::clock::{ClockGuard, ManualClock};
use crate::sequencer::collector::Collector;
use crate::sequencer::committer::Committer;
use crate::sequencer::queue::{Inbox, RequestQueue};
use crate::sequencer::request::{DepositOutcome, PendingDeposit, Request};
use crate::sequencer::start::{Genesis, Options, start};
use crate::sequencer::state::SequencerState;
use crate::store::memory::MemoryStore;
use crate::store::traits::{LogStore as _, PrivateContent};

pub(in crate::sequencer) fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

pub(in crate::sequencer) fn ledger_key() -> Signer {
    Signer::new(origin(), &[7; 32]).unwrap()
}

pub(in crate::sequencer) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

/// Statement `n`, signed by depositor 1.
pub(in crate::sequencer) fn statement(n: u32) -> SignedStatement {
    statement_in(n, 1, None)
}

/// Statement `n`, signed by `depositor`, in the stream of `subject`.
pub(in crate::sequencer) fn statement_in(n: u32, depositor: u8, subject: Option<Subject>) -> SignedStatement {
    let signer = Signer::of_depositor(&[depositor; 32]).unwrap();
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&n.to_be_bytes());
    let statement = Statement {
        ledger: origin(),
        content: Some(Content { form: Form::Plain { size: 1 }, sha256: Some(Digest(digest)), sm3: None }),
        manifest: None,
        media_type: None,
        meta: None,
        subject,
        links: Vec::new(),
        on_behalf: None,
        nonce: [1; 16],
        keys: vec![signer.verifier().clone()],
    };
    SignedStatement::sign(statement, &[signer]).unwrap()
}

/// The subject 5 at `sequence`, as a statement has it.
#[expect(clippy::unnecessary_wraps, reason = "statements have a subject or none")]
pub(in crate::sequencer) fn subject(sequence: u64) -> Option<Subject> {
    Some(Subject { id: Digest([5; 32]), sequence })
}

/// Queues a deposit without private content.
pub(in crate::sequencer) fn push(queue: &RequestQueue, statement: SignedStatement) -> Receiver<DepositOutcome> {
    queue.push_deposit(queue.try_acquire().unwrap(), statement, PrivateContent::default()).unwrap()
}

/// A new ledger in memory with the parts of its sequencer, which no thread runs.
pub(in crate::sequencer) struct TestLedger {
    pub(in crate::sequencer) store: Arc<MemoryStore>,
    pub(in crate::sequencer) clock: ManualClock,
    pub(in crate::sequencer) state: Arc<SequencerState>,
    pub(in crate::sequencer) queue: RequestQueue,
    pub(in crate::sequencer) inbox: Arc<Inbox>,
    pub(in crate::sequencer) collector: Collector<ManualClock>,
    pub(in crate::sequencer) committer: Committer<MemoryStore>,
}

impl TestLedger {
    pub(in crate::sequencer) fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new(origin())), ManualClock::at(noon()));
        let successor = Signer::new(origin(), &[8; 32]).unwrap().verifier().clone();
        let genesis = Genesis { mode: Mode::Test, successor };
        let options = Options::default();
        let (_, running) = start(Arc::clone(&store), ledger_key(), Some(&genesis), clock.share(), &options).unwrap();
        running.shutdown();
        let tip = store.tip().unwrap();
        let (queue, inbox) = RequestQueue::new(10_000, Arc::new(clock.share()));
        let guard = ClockGuard::new(clock.share(), tip.last_time, false).unwrap();
        let collector = Collector::new(guard, tip.clone(), NumberSource::new(true));
        let keys = (ledger_key().into(), key_history(&*store).unwrap());
        let committer = Committer::new(Arc::clone(&store), keys, tip, Arc::new(clock.share()));
        let state = Arc::new(SequencerState::writing_now());
        Self { store, clock, state, queue, inbox, collector, committer }
    }

    /// Queues a deposit.
    pub(in crate::sequencer) fn push(&self, statement: SignedStatement) -> Receiver<DepositOutcome> {
        push(&self.queue, statement)
    }

    /// A pending deposit that is not in the queue.
    pub(in crate::sequencer) fn deposit(
        &self,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> (PendingDeposit, Receiver<DepositOutcome>) {
        let outcome = self.queue.push_deposit(self.queue.try_acquire().unwrap(), statement, private).unwrap();
        match self.inbox.update(|state| state.requests.pop_back()) {
            Some(Request::Deposit(deposit)) => (*deposit, outcome),
            other => panic!("a deposit was queued, not {other:?}"),
        }
    }
}
