//! The bounded queue of deposit and erasure requests: [`RequestQueue`] is the producer side, used by HTTP handlers; [`Inbox`]
//! is the consumer side, used by the sequencer threads.
//!
//! # Invariants
//!
//! At most `capacity` requests are queued or being processed at any time: each holds a [`QueuePermit`] until it has an
//! outcome. Every queued request gets an outcome, also during shutdown. If no permit is free, the queue rejects the request
//! ([`AdmissionError::Full`]): this is the backpressure of the write path.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::ledger::notice::ErasedPiece;
use crate::ledger::statement::signed::SignedStatement;
use crate::sequencer::clock::Clock;
use crate::sequencer::request::{DepositOutcome, ErasureOutcome, PendingDeposit, PendingErasure, QueuePermit, Request};
use crate::store::traits::PrivateContent;

/// The producer side of the queue. Clones share one queue.
#[derive(Clone)]
pub struct RequestQueue {
    permits: Arc<Semaphore>,
    capacity: usize,
    inbox: Arc<Inbox>,
    closed: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

/// Why a request was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// No permit is free. Retry later.
    #[error("the request queue is full")]
    Full,
    /// The node is shutting down.
    #[error("the node is shutting down")]
    Closed,
}

impl RequestQueue {
    /// A queue with `capacity` permits, and its inbox. `clock` supplies the time at which a request is queued.
    #[must_use]
    pub fn new(capacity: usize, clock: Arc<dyn Clock>) -> (Self, Arc<Inbox>) {
        let inbox = Arc::new(Inbox::default());
        let permits = Arc::new(Semaphore::new(capacity));
        (Self { permits, capacity, inbox: Arc::clone(&inbox), closed: Arc::default(), clock }, inbox)
    }

    /// Acquires a permit without waiting. Callers do this before they verify signatures, so that the permits bound this work,
    /// too.
    ///
    /// # Errors
    ///
    /// [`AdmissionError`].
    pub fn try_acquire(&self) -> Result<QueuePermit, AdmissionError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(AdmissionError::Closed);
        }
        Arc::clone(&self.permits).try_acquire_owned().map(QueuePermit::new).map_err(|_| AdmissionError::Full)
    }

    /// Acquires a permit, waiting for one for at most `max_wait`.
    ///
    /// # Errors
    ///
    /// [`AdmissionError`].
    pub async fn acquire_within(&self, max_wait: Duration) -> Result<QueuePermit, AdmissionError> {
        match self.try_acquire() {
            Err(AdmissionError::Full) if !max_wait.is_zero() => {}
            acquired => return acquired,
        }
        let acquired = timeout(max_wait, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = acquired.map_err(|_| AdmissionError::Full)?;
        // A shutdown may have begun during the wait.
        let open = !self.closed.load(Ordering::Acquire);
        permit.ok().filter(|_| open).map(QueuePermit::new).ok_or(AdmissionError::Closed)
    }

    /// Queues a deposit. The returned receiver yields its outcome.
    ///
    /// # Errors
    ///
    /// [`AdmissionError::Closed`].
    pub fn push_deposit(
        &self,
        permit: QueuePermit,
        statement: SignedStatement,
        private: PrivateContent,
    ) -> Result<oneshot::Receiver<DepositOutcome>, AdmissionError> {
        let (deposit, outcome) = PendingDeposit::new(statement, private, self.clock.monotonic(), permit);
        self.inbox.push(Request::Deposit(Box::new(deposit)))?;
        Ok(outcome)
    }

    /// Queues an erasure of `pieces`, with the act that orders it, if any. The returned receiver yields its outcome.
    ///
    /// # Errors
    ///
    /// [`AdmissionError::Closed`].
    pub fn push_erasure(
        &self,
        permit: QueuePermit,
        pieces: Vec<ErasedPiece>,
        act: Option<(SignedStatement, PrivateContent)>,
    ) -> Result<oneshot::Receiver<ErasureOutcome>, AdmissionError> {
        let (erasure, outcome) = PendingErasure::new(pieces, act, self.clock.monotonic(), permit);
        self.inbox.push(Request::Erase(Box::new(erasure)))?;
        Ok(outcome)
    }

    /// Rejects all further requests. The sequencer threads end when the queue is empty.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.inbox.update(|state| state.closed = true);
    }

    /// Number of requests that are queued or being processed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.capacity.saturating_sub(self.permits.available_permits())
    }

    /// Whether no request is queued or being processed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest value that [`Self::len`] can have.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The age of the oldest request that no sequencer thread has taken yet. `committing` is the time at which the oldest
    /// request of the block that is being committed was queued; that request counts, too.
    #[must_use]
    pub fn oldest_age(&self, committing: Option<Duration>) -> Option<Duration> {
        let first = self.inbox.state().requests.front().map(Request::queued_at);
        let queued_at = committing.into_iter().chain(first).min()?;
        Some(self.clock.monotonic().saturating_sub(queued_at))
    }
}

impl fmt::Debug for RequestQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestQueue")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The consumer side of the queue: the queued requests, and the flags by which the sequencer threads signal each other. Only
/// the writer thread waits on it.
#[derive(Debug, Default)]
pub struct Inbox {
    state: Mutex<InboxState>,
    changed: Condvar,
}

/// The state on which the writer thread waits.
#[derive(Debug, Default)]
pub struct InboxState {
    /// Requests that no thread has taken yet. The permits bound their number.
    pub requests: VecDeque<Request>,
    /// Whether a block is being committed.
    pub committing: bool,
    /// Whether the last commit left work to do while no commit is in progress: rejected deposits, or a recovery.
    pub needs_repair: bool,
    /// Whether the queue is closed: no further requests will come.
    pub closed: bool,
    /// Number of queued requests that wakes the waiting thread; `None` if no thread waits.
    wake_at: Option<usize>,
}

impl Inbox {
    // Each update is complete before the lock is released, so the state is valid even if a thread panicked.
    fn state(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request, and wakes the writer thread if enough requests are queued.
    fn push(&self, request: Request) -> Result<(), AdmissionError> {
        let mut state = self.state();
        if state.closed {
            return Err(AdmissionError::Closed);
        }
        state.requests.push_back(request);
        let queued = state.requests.len();
        self.wake(state, queued);
        Ok(())
    }

    /// Updates the state and wakes the waiting thread.
    pub fn update<T>(&self, update: impl FnOnce(&mut InboxState) -> T) -> T {
        let mut state = self.state();
        let updated = update(&mut state);
        self.wake(state, usize::MAX);
        updated
    }

    /// Wakes the writer thread if it waits for at most `queued` requests. A wake-up costs a system call and a context switch.
    fn wake(&self, mut state: MutexGuard<'_, InboxState>, queued: usize) {
        if state.wake_at.take_if(|wake_at| queued >= *wake_at).is_some() {
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Waits until `ready` returns true, for at most `max_wait`. Then calls `take`; returns its result and whether the state
    /// was ready. New requests wake the thread only when `wake_at` of them are queued; [`Self::update`] always wakes it.
    pub fn wait_until<T>(
        &self,
        max_wait: Option<Duration>,
        wake_at: usize,
        ready: impl Fn(&InboxState) -> bool,
        take: impl FnOnce(&mut InboxState) -> T,
    ) -> (T, bool) {
        let mut state = self.state();
        loop {
            if ready(&state) {
                return (take(&mut state), true);
            }
            state.wake_at = Some(wake_at);
            state = match max_wait {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(max_wait) => {
                    let waited = self.changed.wait_timeout(state, max_wait);
                    let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && !ready(&state) {
                        state.wake_at = None;
                        return (take(&mut state), false);
                    }
                    state
                }
            };
            state.wake_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::ledger::time::Timestamp;
    use crate::sequencer::clock::ManualClock;

    fn queue(capacity: usize) -> (RequestQueue, Arc<Inbox>, ManualClock) {
        let clock = ManualClock::at(Timestamp::EPOCH);
        let (queue, inbox) = RequestQueue::new(capacity, Arc::new(clock.share()));
        (queue, inbox, clock)
    }

    fn push(queue: &RequestQueue) -> oneshot::Receiver<ErasureOutcome> {
        queue.push_erasure(queue.try_acquire().unwrap(), Vec::new(), None).unwrap()
    }

    /// Hangs if a wake-up is missing.
    #[test]
    fn the_waiting_thread_is_woken_once_enough_requests_are_queued() {
        let (queue, inbox, _) = queue(8);
        let wait = |wake_at: usize| {
            let inbox = Arc::clone(&inbox);
            let ready = move |state: &InboxState| state.requests.len() >= wake_at || state.closed;
            thread::spawn(move || inbox.wait_until(None, wake_at, ready, |state| state.requests.drain(..).count()))
        };
        for requests in [1, 2, 3] {
            let waiting = wait(requests);
            let _outcomes: Vec<_> = (0..requests).map(|_| push(&queue)).collect();
            assert_eq!(waiting.join().unwrap(), (requests, true));
        }
        // Too few requests; another change of the state wakes the thread at once.
        let waiting = wait(5);
        let _outcome = push(&queue);
        queue.close();
        assert_eq!(waiting.join().unwrap(), (1, true));
    }

    #[test]
    fn a_wait_ends_after_its_maximum() {
        let (queue, inbox, _) = queue(8);
        let _outcome = push(&queue);
        let max_wait = Some(Duration::from_millis(1));
        let waited = inbox.wait_until(max_wait, 2, |state| state.requests.len() >= 2, |state| state.requests.len());
        assert_eq!(waited, (1, false));
    }

    #[test]
    fn a_request_holds_its_permit_until_it_has_an_outcome() {
        let (queue, inbox, _) = queue(1);
        let outcome = push(&queue);
        assert_eq!((queue.len(), queue.try_acquire().unwrap_err()), (1, AdmissionError::Full));
        let request = inbox.update(|state| state.requests.pop_front()).unwrap();
        assert_eq!((queue.len(), queue.is_empty()), (1, false), "a request that was taken still holds its permit");
        let Request::Erase(erasure) = request else { panic!("an erasure was queued") };
        erasure.resolve(ErasureOutcome::ActExists(crate::ledger::merkle::shape::LeafIndex(7)));
        assert!(matches!(outcome.blocking_recv(), Ok(ErasureOutcome::ActExists(index)) if index.0 == 7));
        assert!(queue.is_empty());
        drop(queue.try_acquire().unwrap());
    }

    #[test]
    fn a_closed_queue_rejects_requests_with_and_without_a_permit() {
        let (queue, inbox, _) = queue(2);
        let permit = queue.try_acquire().unwrap();
        queue.close();
        assert_eq!(queue.try_acquire().unwrap_err(), AdmissionError::Closed);
        assert_eq!(queue.push_erasure(permit, Vec::new(), None).unwrap_err(), AdmissionError::Closed);
        assert!(queue.is_empty(), "the permit of the rejected request is free again");
        assert!(inbox.update(|state| state.requests.is_empty()));
    }

    #[tokio::test]
    async fn a_permit_is_awaited_until_one_is_free_the_time_is_over_or_the_queue_is_closed() {
        let (queue, inbox, _) = queue(1);
        let _outcome = push(&queue);
        assert_eq!(queue.acquire_within(Duration::from_millis(1)).await.unwrap_err(), AdmissionError::Full);
        let max_wait = Duration::from_mins(10);
        // The permit becomes free during the wait.
        let (acquired, ()) = tokio::join!(queue.acquire_within(max_wait), async {
            drop(inbox.update(|state| state.requests.pop_front()));
        });
        let held = acquired.unwrap();
        // It becomes free only because the node shuts down.
        let (acquired, ()) = tokio::join!(queue.acquire_within(max_wait), async {
            queue.close();
            drop(held);
        });
        assert_eq!(acquired.unwrap_err(), AdmissionError::Closed);
    }

    #[test]
    fn the_oldest_age_covers_queued_and_committing_requests() {
        let (queue, inbox, clock) = queue(4);
        assert_eq!(queue.oldest_age(None), None);
        clock.shift(1_000, Duration::from_secs(1));
        let _first = push(&queue);
        clock.shift(2_000, Duration::from_secs(2));
        let _second = push(&queue);
        assert_eq!(queue.oldest_age(None), Some(Duration::from_secs(2)));
        assert_eq!(queue.oldest_age(Some(Duration::ZERO)), Some(Duration::from_secs(3)));
        inbox.update(|state| state.requests.clear());
        assert_eq!(queue.oldest_age(None), None);
        assert_eq!(queue.oldest_age(Some(Duration::from_secs(2))), Some(Duration::from_secs(1)));
    }
}
