//! Fast path for replies: sends the outcomes of a block's deposits from a task of the clients' runtime.
//!
//! Sending an outcome wakes the client's task. From a thread outside of the runtime, each wake-up takes the runtime's lock and
//! often a system call; from a task of the same runtime it takes neither. So the sequencer thread hands all outcomes of a
//! block to one task, and wakes only that.
//!
//! This module is only an optimisation: without it, [`ReplyDispatcher::send`] would resolve each deposit in a loop. To measure
//! that, set `BATCH_MIN` to `usize::MAX`.
//!
//! # Invariants
//!
//! Every outcome is sent. A batch sends its outcomes when its last owner drops it: the task, or the sequencer
//! thread if there is no task (yet, or any more). The task waits for batches only, so no reply waits for another client. A
//! runtime must not be shut down while clients wait in it.

use std::sync::OnceLock;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::sequencer::request::{DepositOutcome, PendingDeposit};

/// Smaller batches are sent by the sequencer thread itself, because the detour costs more than it saves.
const BATCH_MIN: usize = 4;

/// The outcomes of one block; sent when dropped.
#[derive(Debug)]
struct ReplyBatch(Vec<(PendingDeposit, DepositOutcome)>);

impl Drop for ReplyBatch {
    fn drop(&mut self) {
        for (deposit, outcome) in self.0.drain(..) {
            deposit.resolve(outcome);
        }
    }
}

/// Sends outcomes to clients.
#[derive(Debug, Default)]
pub struct ReplyDispatcher(OnceLock<UnboundedSender<ReplyBatch>>);

impl ReplyDispatcher {
    /// Starts the task within the caller's runtime, unless it was started before or the runtime is single-threaded.
    pub fn start(&self) {
        if self.0.get().is_some() {
            return;
        }
        // A single-threaded runtime runs only while somebody blocks on it, and other clients may wait meanwhile.
        let runtime = Handle::try_current().ok();
        let Some(runtime) = runtime.filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread) else {
            return;
        };
        self.0.get_or_init(|| {
            // Bounded by the permits of the request queue.
            let (sender, mut batches) = unbounded_channel();
            runtime.spawn(async move { while batches.recv().await.is_some() {} });
            sender
        });
    }

    /// Sends the outcomes of a block.
    pub fn send(&self, outcomes: Vec<(PendingDeposit, DepositOutcome)>) {
        let batch = ReplyBatch(outcomes);
        if batch.0.len() >= BATCH_MIN
            && let Some(sender) = self.0.get()
        {
            // If the runtime has ended, the batch comes back as an error and is dropped here, which sends it.
            let _ = sender.send(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot::Receiver;

    use super::*;
    use crate::ledger::merkle::shape::LeafIndex;
    use crate::ledger::time::Timestamp;
    use crate::sequencer::clock::ManualClock;
    use crate::sequencer::queue::RequestQueue;
    use crate::sequencer::request::Request;
    use crate::sequencer::testing::statement;
    use crate::store::traits::PrivateContent;

    /// Ten pending deposits with the outcomes to be sent.
    fn ten() -> (RequestQueue, Vec<Receiver<DepositOutcome>>, Vec<(PendingDeposit, DepositOutcome)>) {
        let (queue, inbox) = RequestQueue::new(10, Arc::new(ManualClock::at(Timestamp::EPOCH)));
        let push = |n| queue.push_deposit(queue.try_acquire().unwrap(), statement(n), PrivateContent::default());
        let receivers = (0..10).map(|n| push(n).unwrap()).collect();
        let requests = inbox.update(|state| std::mem::take(&mut state.requests));
        let outcomes = (0..).zip(requests).map(|(n, request)| match request {
            Request::Deposit(deposit) => (*deposit, DepositOutcome::Exists(LeafIndex(n))),
            Request::Erase(_) => panic!("no erasure was queued"),
        });
        let outcomes = outcomes.collect();
        (queue, receivers, outcomes)
    }

    fn all_are_resolved(queue: &RequestQueue, receivers: Vec<Receiver<DepositOutcome>>) {
        for (n, receiver) in (0..).zip(receivers) {
            assert!(matches!(receiver.blocking_recv(), Ok(DepositOutcome::Exists(LeafIndex(index))) if index == n));
        }
        assert!(queue.is_empty(), "a permit is still held");
    }

    #[test]
    fn without_a_task_the_calling_thread_sends_the_outcomes() {
        let (queue, receivers, outcomes) = ten();
        ReplyDispatcher::default().send(outcomes);
        all_are_resolved(&queue, receivers);
        // Started outside of a runtime, and in a single-threaded one.
        let (queue, receivers, outcomes) = ten();
        let dispatcher = ReplyDispatcher::default();
        dispatcher.start();
        let single = tokio::runtime::Builder::new_current_thread().build().unwrap();
        single.block_on(async { dispatcher.start() });
        dispatcher.send(outcomes);
        all_are_resolved(&queue, receivers);
    }

    #[test]
    fn outcomes_are_sent_within_the_runtime_and_after_its_end() {
        let dispatcher = Arc::new(ReplyDispatcher::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async { dispatcher.start() });
        let (queue, receivers, outcomes) = ten();
        dispatcher.send(outcomes);
        all_are_resolved(&queue, receivers);
        drop(runtime);
        let (queue, receivers, outcomes) = ten();
        dispatcher.send(outcomes);
        all_are_resolved(&queue, receivers);
    }

    #[test]
    fn a_disconnected_client_delays_no_other() {
        let (queue, mut receivers, outcomes) = ten();
        drop(receivers.remove(0));
        ReplyDispatcher::default().send(outcomes);
        assert!(receivers.into_iter().all(|receiver| receiver.blocking_recv().is_ok()));
        assert!(queue.is_empty());
    }
}
