//! Where deposits wait: a bounded queue with one ticket each.
//!
//! # Invariants
//!
//! At most `capacity` deposits are waiting or being sealed at any time: a ticket holds its place from admission to
//! answer. Whoever was admitted gets an answer, also at shutdown; whoever finds the pool full is told at once.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::ledger::chain::Block;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::statement::signed::SignedStatement;
use crate::sequencer::clock::Clock;
use crate::sequencer::state::Halt;
use crate::store::contract::{PrivateContent, ReadError};
use crate::store::refusal::{ErasureRefusal, Refusal};

/// A block on the chain, with what all its receipts share.
#[derive(Debug)]
pub struct SealedBlock {
    /// The block.
    pub block: Block,
    /// The header's text.
    pub header_text: String,
    /// From the header to the checkpoint's root.
    pub header_path: InclusionProof,
    /// From the previous header to the checkpoint's root.
    pub previous_path: InclusionProof,
    /// The checkpoint note.
    pub checkpoint: String,
}

/// How the wait ended.
#[derive(Debug)]
pub enum Answer {
    /// Sealed in this block.
    Sealed {
        /// The block, shared by all who wait for it.
        sealed: Arc<SealedBlock>,
        /// Which of its leaves, from 0.
        position: usize,
        /// Whether this ticket brought the statement; false for one that came twice in one batch.
        fresh: bool,
    },
    /// The statement is on the chain already.
    Exists(LeafIndex),
    /// It may not enter.
    Refused(Refusal),
    /// Nothing is sealed; why.
    Halted(Halt),
    /// The ledger could not be read; nothing was written.
    Unreadable(ReadError),
}

/// A deposit that waits.
#[derive(Debug)]
pub struct Ticket {
    /// The depositor's statement, its signatures checked.
    pub statement: SignedStatement,
    /// Private content, as the statement commits to it.
    pub private: PrivateContent,
    /// When it came in, on the monotonic clock.
    pub since: Duration,
    answer: oneshot::Sender<Answer>,
    /// The place in the pool; given back when the ticket is answered.
    _place: OwnedSemaphorePermit,
}

impl Ticket {
    /// Answers the ticket. A depositor who has hung up in the meantime finds the same receipt by asking again.
    pub fn answer(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

/// How an erasure ended.
#[derive(Debug)]
pub enum Outcome {
    /// Sealed: the tombstones, the notice, the act.
    Sealed {
        /// Place of the `erased` notice.
        notice: LeafIndex,
        /// The act, sealed in the same block; [`Answer::Sealed`] or, when it was asked for again, [`Answer::Exists`].
        act: Option<Answer>,
    },
    /// The act is on the chain already, without this erasure. Nothing is erased.
    ActExists(LeafIndex),
    /// What is to be erased is not there to be erased. Nothing is.
    Refused(ErasureRefusal),
    /// Nothing is erased, for the reason for which no deposit would be made.
    Failed(Answer),
}

/// An erasure that waits.
#[derive(Debug)]
pub struct Erasure {
    /// What is to be erased: sorted, each once.
    pub pieces: Vec<ErasedPiece>,
    /// The deposit to be sealed with it, its signatures checked.
    pub act: Option<(SignedStatement, PrivateContent)>,
    /// When it came in, on the monotonic clock.
    pub since: Duration,
    outcome: oneshot::Sender<Outcome>,
    /// The place in the pool.
    _place: OwnedSemaphorePermit,
}

impl Erasure {
    /// Answers whoever asked for it.
    pub fn answer(self, outcome: Outcome) {
        let _ = self.outcome.send(outcome);
    }
}

/// What the sealing threads take from the queue.
#[derive(Debug)]
pub enum Message {
    /// A deposit.
    Deposit(Box<Ticket>),
    /// An erasure, which gets a block of its own.
    Erase(Box<Erasure>),
}

impl Message {
    /// When it came in, on the monotonic clock.
    #[must_use]
    pub const fn since(&self) -> Duration {
        match self {
            Self::Deposit(ticket) => ticket.since,
            Self::Erase(erasure) => erasure.since,
        }
    }

    /// Answers it: nothing is sealed.
    pub fn halted(self, halt: &Halt) {
        match self {
            Self::Deposit(ticket) => ticket.answer(Answer::Halted(halt.clone())),
            Self::Erase(erasure) => erasure.answer(Outcome::Failed(Answer::Halted(halt.clone()))),
        }
    }
}

/// The pool's entrance.
#[derive(Clone)]
pub struct Pool {
    places: Arc<Semaphore>,
    capacity: usize,
    inbox: Arc<Inbox>,
    closed: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

/// Why a deposit was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// The pool is full: come again later.
    Full,
    /// The node is going down: come again elsewhere or later.
    Closed,
}

/// A place in the pool, taken before the signatures are checked so that no flood can queue for that either.
#[derive(Debug)]
pub struct Place(OwnedSemaphorePermit);

impl Pool {
    /// A pool of `capacity` places, whose `clock` says when something came in, and its exit.
    #[must_use]
    pub fn new(capacity: usize, clock: Arc<dyn Clock>) -> (Self, Arc<Inbox>) {
        let inbox = Arc::new(Inbox::default());
        let places = Arc::new(Semaphore::new(capacity));
        (Self { places, capacity, inbox: Arc::clone(&inbox), closed: Arc::default(), clock }, inbox)
    }

    /// Takes a place.
    ///
    /// # Errors
    ///
    /// [`Turned`], at once.
    pub fn enter(&self) -> Result<Place, Turned> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Turned::Closed);
        }
        Arc::clone(&self.places).try_acquire_owned().map(Place).map_err(|_| Turned::Full)
    }

    /// Takes a place, waiting for one up to `patience`.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub async fn enter_within(&self, patience: Duration) -> Result<Place, Turned> {
        match self.enter() {
            Err(Turned::Full) => {}
            entered => return entered,
        }
        let place = timeout(patience, Arc::clone(&self.places).acquire_owned()).await.map_err(|_| Turned::Full)?;
        // Meanwhile the node may have begun to go down.
        let open = !self.closed.load(Ordering::Acquire);
        place.ok().filter(|_| open).map(Place).ok_or(Turned::Closed)
    }

    /// Queues a deposit; its answer comes through the receiver.
    ///
    /// # Errors
    ///
    /// [`Turned::Closed`].
    pub fn wait(
        &self,
        place: Place,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> Result<oneshot::Receiver<Answer>, Turned> {
        let (answer, answered) = oneshot::channel();
        let since = self.clock.monotonic();
        let ticket = Ticket { statement, private, since, answer, _place: place.0 };
        self.inbox.push(Message::Deposit(Box::new(ticket)))?;
        Ok(answered)
    }

    /// Queues an erasure; its outcome comes through the receiver.
    ///
    /// # Errors
    ///
    /// [`Turned::Closed`].
    pub fn wait_to_erase(
        &self,
        place: Place,
        pieces: Vec<ErasedPiece>,
        act: Option<(SignedStatement, PrivateContent)>,
    ) -> Result<oneshot::Receiver<Outcome>, Turned> {
        let (outcome, told) = oneshot::channel();
        let since = self.clock.monotonic();
        let erasure = Erasure { pieces, act, since, outcome, _place: place.0 };
        self.inbox.push(Message::Erase(Box::new(erasure)))?;
        Ok(told)
    }

    /// Admits nobody any more and asks the sealing threads to end once the queue is empty.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.inbox.change(|state| state.closed = true);
    }

    /// How many wait or are being sealed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.capacity.saturating_sub(self.places.available_permits())
    }

    /// How many may.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// For how long the oldest of those has waited that came in at `storing`, or that no thread has taken yet.
    #[must_use]
    pub fn oldest(&self, storing: Option<Duration>) -> Option<Duration> {
        let untaken = self.inbox.state().messages.front().map(Message::since);
        let since = storing.into_iter().chain(untaken).min()?;
        Some(self.clock.monotonic().saturating_sub(since))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("capacity", &self.capacity)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

/// The pool's exit: what has come in, and how the sealing goes. One thread at a time waits here.
#[derive(Debug, Default)]
pub struct Inbox {
    state: Mutex<Arrivals>,
    stirred: Condvar,
}

/// What the waiting thread looks at.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// What has come in and was not taken yet. Bounded by the places in the pool.
    pub messages: VecDeque<Message>,
    /// A block is being stored and signed.
    pub sealing: bool,
    /// The thread that seals asks for a turn with nothing else under way: the block before was rejected and must be rebuilt,
    /// or the store must recover.
    pub rework: bool,
    /// Nothing more will come in.
    pub closed: bool,
    /// A thread waits, and must be woken once so many messages are there.
    parked: Option<usize>,
}

impl Inbox {
    // The state is changed by single steps, so a panicked thread leaves nothing half done behind it.
    fn state(&self) -> MutexGuard<'_, Arrivals> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: Message) -> Result<(), Turned> {
        let mut state = self.state();
        if state.closed {
            return Err(Turned::Closed);
        }
        state.messages.push_back(message);
        let arrived = state.messages.len();
        self.wake(state, arrived);
        Ok(())
    }

    /// Changes the state and wakes whoever waits for it.
    pub fn change<T>(&self, change: impl FnOnce(&mut Arrivals) -> T) -> T {
        let mut state = self.state();
        let changed = change(&mut state);
        self.wake(state, usize::MAX);
        changed
    }

    /// Waking takes a call of the kernel and a switch of threads: only where somebody sleeps, and would not sleep on.
    fn wake(&self, mut state: MutexGuard<'_, Arrivals>, arrived: usize) {
        if state.parked.take_if(|wanted| arrived >= *wanted).is_some() {
            drop(state);
            self.stirred.notify_one();
        }
    }

    /// Waits until `enough`, or until `patience` is over; answers what `look` makes of the state, and whether it was
    /// enough. Messages are no reason to wake before there are `worth_waking` of them.
    pub fn wait_until<T>(
        &self,
        patience: Option<Duration>,
        worth_waking: usize,
        enough: impl Fn(&Arrivals) -> bool,
        look: impl FnOnce(&mut Arrivals) -> T,
    ) -> (T, bool) {
        let mut state = self.state();
        loop {
            if enough(&state) {
                return (look(&mut state), true);
            }
            state.parked = Some(worth_waking);
            state = match patience {
                None => self.stirred.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let waited = self.stirred.wait_timeout(state, patience);
                    let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && !enough(&state) {
                        state.parked = None;
                        return (look(&mut state), false);
                    }
                    state
                }
            };
            state.parked = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::ledger::time::Timestamp;
    use crate::sequencer::clock::ManualClock;

    /// A wait that nobody ends would hang here.
    #[test]
    fn messages_wake_whoever_waits_once_there_are_enough() {
        let (pool, inbox) = Pool::new(8, Arc::new(ManualClock::at(Timestamp::EPOCH)));
        let wait = |wanted: usize| {
            let inbox = Arc::clone(&inbox);
            let enough = move |state: &Arrivals| state.messages.len() >= wanted || state.closed;
            thread::spawn(move || inbox.wait_until(None, wanted, enough, |state| state.messages.drain(..).count()))
        };
        let push = || pool.wait_to_erase(pool.enter().unwrap(), Vec::new(), None).unwrap();
        for many in [1, 2, 3] {
            let waiting = wait(many);
            let _told: Vec<_> = (0..many).map(|_| push()).collect();
            assert_eq!(waiting.join().unwrap(), (many, true));
        }
        // Too few to be woken for; what is told besides wakes at once.
        let waiting = wait(5);
        let _told = push();
        pool.close();
        assert_eq!(waiting.join().unwrap(), (1, true));
    }

    #[test]
    fn patience_has_an_end() {
        let (pool, inbox) = Pool::new(8, Arc::new(ManualClock::at(Timestamp::EPOCH)));
        let _told = pool.wait_to_erase(pool.enter().unwrap(), Vec::new(), None).unwrap();
        let patience = Some(Duration::from_millis(1));
        let waited = inbox.wait_until(patience, 2, |state| state.messages.len() >= 2, |state| state.messages.len());
        assert_eq!(waited, (1, false));
    }
}
