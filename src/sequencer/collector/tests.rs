//! Tests of the collector: contents and timing of blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot::Receiver;

use super::*;
use crate::sequencer::clock::{ManualClock, Reading};
use crate::sequencer::request::DepositOutcome;
use crate::sequencer::state::ClockConfirmation;
use crate::sequencer::testing::{TestLedger, push, statement, statement_in, subject};
use crate::store::refusal::Refusal;
use crate::store::traits::LogStore as _;

fn next(ledger: &mut TestLedger) -> NextStep {
    ledger.collector.next(&ledger.inbox, &*ledger.store, &ledger.state)
}

fn block(step: NextStep) -> PendingBlock {
    match step {
        NextStep::Commit(pending) => *pending,
        NextStep::Erase(_) => panic!("erase"),
        NextStep::ResolveDuplicates(deposits) => panic!("duplicates: {deposits:?}"),
        NextStep::Repair | NextStep::CheckReadiness | NextStep::End => panic!("no block"),
    }
}

#[test]
fn a_statement_that_is_queued_twice_is_one_leaf() {
    let mut ledger = TestLedger::new();
    let _outcomes = [1, 2, 1].map(|n| ledger.push(statement(n)));
    let pending = block(next(&mut ledger));
    assert_eq!((pending.block.leaves.len(), pending.deposits.leaves.len()), (2, 2));
    assert!(
        matches!(pending.deposits.duplicates.as_slice(), [(0, double)] if double.statement.id() == statement(1).id())
    );
    assert!(pending.deposits.duplicates_of_previous.is_empty());
}

#[test]
fn a_statement_of_the_previous_block_waits_for_its_commit() {
    let mut ledger = TestLedger::new();
    let _first = ledger.push(statement(1));
    let first = block(next(&mut ledger));
    // Nothing is committed yet. A duplicate alone makes no block; with another deposit it is kept beside the new block.
    let _again = ledger.push(statement(1));
    let NextStep::ResolveDuplicates(deposits) = next(&mut ledger) else { panic!("no duplicate") };
    assert_eq!(deposits.len(), 1);
    let _both = [ledger.push(statement(1)), ledger.push(statement(2))];
    let second = block(next(&mut ledger));
    assert_eq!(second.block.base, first.block.tip.size());
    assert_eq!((second.deposits.leaves.len(), second.deposits.duplicates_of_previous.len()), (1, 1));
}

#[test]
fn streams_are_continued_after_a_block_that_is_not_committed() {
    let mut ledger = TestLedger::new();
    let _first = ledger.push(statement_in(1, 1, subject(1)));
    block(next(&mut ledger));
    let _second = ledger.push(statement_in(2, 1, subject(2)));
    let skipped = ledger.push(statement_in(3, 1, subject(4)));
    let other_depositor = ledger.push(statement_in(4, 2, subject(3)));
    assert_eq!(block(next(&mut ledger)).block.leaves.len(), 1);
    let expected = Refusal::SubjectSequence { expected: 3, found: 4 };
    assert!(matches!(skipped.blocking_recv(), Ok(DepositOutcome::Rejected(found)) if found == expected));
    let rejected = other_depositor.blocking_recv();
    assert!(matches!(rejected, Ok(DepositOutcome::Rejected(Refusal::SubjectNotYours))));
}

#[test]
fn an_erasure_is_a_step_of_its_own_in_the_order_of_the_queue() {
    let mut ledger = TestLedger::new();
    let _before = ledger.push(statement(1));
    let erasure = ledger.queue.push_erasure(ledger.queue.try_acquire().unwrap(), Vec::new(), None);
    let _after = (erasure, ledger.push(statement(2)));
    assert_eq!(block(next(&mut ledger)).deposits.leaves[0].statement.id(), statement(1).id());
    assert!(matches!(next(&mut ledger), NextStep::Erase(_)));
    assert_eq!(block(next(&mut ledger)).deposits.leaves[0].statement.id(), statement(2).id());
}

#[test]
fn a_block_holds_at_most_its_maximum_and_the_next_one_the_rest() {
    let mut ledger = TestLedger::new();
    let _outcomes: Vec<_> = (0..).take(BLOCK_MAX + 1).map(|n| ledger.push(statement(n))).collect();
    assert_eq!(block(next(&mut ledger)).block.leaves.len(), BLOCK_MAX);
    assert_eq!(block(next(&mut ledger)).block.leaves.len(), 1);
}

#[test]
fn a_block_collects_deposits_until_the_commit_in_progress_ends() {
    let mut ledger = TestLedger::new();
    ledger.inbox.update(|state| state.committing = true);
    let _first = ledger.push(statement(0));
    let (queue, inbox) = (ledger.queue.clone(), Arc::clone(&ledger.inbox));
    let collecting = std::thread::spawn(move || block(next(&mut ledger)));
    // The thread takes the first deposits before the last ones are queued; a block completed too early lacks those.
    while inbox.update(|state| !state.requests.is_empty()) {
        std::thread::yield_now();
    }
    let _more: Vec<_> = (1..4).map(|n| push(&queue, statement(n))).collect();
    inbox.update(|state| state.committing = false);
    assert_eq!(collecting.join().unwrap().block.leaves.len(), 4);
}

#[test]
fn repair_comes_before_deposits_and_the_end_after_them() {
    let mut ledger = TestLedger::new();
    let _deposit = ledger.push(statement(1));
    ledger.inbox.update(|state| state.needs_repair = true);
    ledger.queue.close();
    assert!(matches!(next(&mut ledger), NextStep::Repair));
    ledger.inbox.update(|state| state.needs_repair = false);
    block(next(&mut ledger));
    assert!(matches!(next(&mut ledger), NextStep::End));
}

#[test]
fn a_wrong_clock_rejects_deposits_until_it_is_right_again() {
    let mut ledger = TestLedger::new();
    ledger.clock.shift(-5_000, Duration::ZERO);
    let rejected = ledger.push(statement(1));
    let (clock, state) = (ledger.clock.share(), Arc::clone(&ledger.state));
    let (queue, inbox) = (ledger.queue.clone(), Arc::clone(&ledger.inbox));
    let collecting = std::thread::spawn(move || {
        loop {
            if let NextStep::Commit(pending) = next(&mut ledger) {
                return pending;
            }
        }
    });
    let outcome = rejected.blocking_recv().unwrap();
    assert!(matches!(outcome, DepositOutcome::Halted(halt) if halt.code() == "clock_regressed"));
    clock.shift(5_000, Duration::ZERO);
    // Hangs if writing does not resume by itself.
    while state.writing().is_err() {
        std::thread::yield_now();
    }
    let _outcome = push(&queue, statement(2));
    assert_eq!(collecting.join().unwrap().block.leaves.len(), 1);
    assert!(inbox.update(|state| state.requests.is_empty()));
}

/// A clock that, whenever it is read, also checks whether the operator has the result of a confirmation while writing is paused.
struct ObservingClock {
    clock: ManualClock,
    state: Arc<SequencerState>,
    result: Arc<Mutex<Option<Receiver<ClockConfirmation>>>>,
    told_while_paused: Arc<AtomicBool>,
}

impl Clock for ObservingClock {
    fn read(&self) -> Reading {
        let told = self.result.lock().unwrap().as_mut().is_some_and(|result| result.try_recv().is_ok());
        if told && self.state.writing().is_err() {
            self.told_while_paused.store(true, Ordering::Relaxed);
        }
        self.clock.read()
    }

    fn wait(&self, duration: Duration) {
        self.clock.wait(duration);
    }
}

#[test]
fn writing_has_resumed_when_the_operator_gets_the_result_of_a_confirmation() {
    let TestLedger { clock, state, inbox, store, .. } = TestLedger::new();
    let (result, told_while_paused) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
    let observing = ObservingClock {
        clock: clock.share(),
        state: Arc::clone(&state),
        result: Arc::clone(&result),
        told_while_paused: Arc::clone(&told_while_paused),
    };
    let tip = store.tip().unwrap();
    let guard = ClockGuard::new(observing, tip.last_time, false).unwrap();
    let mut collector = Collector::new(guard, tip.clone(), NumberSource::new(true));
    // Writing is not paused: this confirmation is too late for an earlier pause, and must not confirm the next one.
    let late = state.confirm_clock();
    clock.shift(3_600_000, Duration::ZERO);
    let fault = collector.clock.check(tip.last_time).unwrap_err();
    let halt = state.pause(Pause::Clock(fault));
    let (waiting_state, waiting_inbox) = (Arc::clone(&state), Arc::clone(&inbox));
    let waiting = std::thread::spawn(move || collector.wait_for_clock(&waiting_inbox, &waiting_state, halt));
    assert!(late.blocking_recv().is_err(), "a late confirmation was accepted");
    assert!(state.writing().is_err());
    {
        // The clock is not read before the test holds the receiver.
        let mut result = result.lock().unwrap();
        *result = Some(state.confirm_clock());
    }
    // Hangs if the confirmation is not accepted.
    waiting.join().unwrap();
    assert!(state.writing().is_ok());
    assert!(!told_while_paused.load(Ordering::Relaxed));
    let told = result.lock().unwrap().as_mut().unwrap().try_recv();
    assert!(matches!(told, Ok(Ok((_, ahead_ms))) if ahead_ms >= 3_600_000), "{told:?}");
}
