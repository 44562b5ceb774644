//! The collector: takes requests from the inbox, adds deposits to the open block, and decides when the block is complete.
//!
//! Group commit: while one block is being committed, the collector builds the next. It completes a block when no commit
//! is in progress: at once under low load; under load `BLOCK_INTERVAL` after the previous block, or earlier if no more
//! requests arrive. A commit costs the same for ten deposits as for a hundred.
//!
//! # Invariants
//!
//! The collector adds no deposit while the clock is wrong (`clock`). It checks each deposit against the published chain, the
//! block that is being committed and the open block. So the append accepts the block, unless a random deposit number is taken
//! already (`admission`).

use std::collections::VecDeque;
use std::time::Duration;

use crate::ledger::chain::Tip;
use crate::ledger::time::Timestamp;
use crate::sequencer::admission::NumberSource;
use crate::sequencer::clock::{Clock, ClockGuard};
use crate::sequencer::open_block::{OpenBlock, PendingBlock, PreviousBlock};
use crate::sequencer::queue::{Inbox, InboxState};
use crate::sequencer::request::{PendingDeposit, PendingErasure, Request};
use crate::sequencer::state::{Halt, Pause, SequencerState, StopReason};
use crate::store::traits::LedgerReader;

/// Maximum number of deposits in one block: 4,096 of at most 16 KiB each are 64 MiB in memory.
pub const BLOCK_MAX: usize = 4_096;
/// How often an idle node checks whether its store could append a block.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How often the collector reads the clock again while deposits are paused because the clock is wrong.
const CLOCK_RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// Under load, the shortest time between the completion of two blocks.
const BLOCK_INTERVAL: Duration = Duration::from_millis(3);
/// If no request arrives for this long, all active clients are presumably waiting for receipts: the block is completed
/// early.
const QUIET_INTERVAL: Duration = Duration::from_micros(500);
/// A block of fewer deposits counts as low load.
pub(in crate::sequencer) const LOAD_MIN: usize = 8;
/// The number of queued requests that wakes the writer thread while a block is being committed.
const WAKE_AT: usize = 32;

/// What the writer thread does next.
pub(in crate::sequencer) enum NextStep {
    /// Commit this block.
    Commit(Box<PendingBlock>),
    /// Commit this erasure. No commit is in progress.
    Erase(Box<PendingErasure>),
    /// Resolve these duplicates of the previous block, whose commit has ended. There is no new block.
    ResolveDuplicates(Vec<PendingDeposit>),
    /// Rebuild a block from rejected deposits, or recover the store. No commit is in progress.
    Repair,
    /// No request arrived for [`IDLE_CHECK_INTERVAL`]: check whether the store could append a block. No commit is in progress.
    CheckReadiness,
    /// Shut down: no further requests will come.
    End,
}

/// How a wait for a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sequencer) enum Arrival {
    /// A request arrived.
    Request,
    /// No request arrived in time.
    TimedOut,
    /// No further requests will come.
    Closed,
}

/// Collects requests into blocks.
pub(in crate::sequencer) struct Collector<C> {
    pub(in crate::sequencer) clock: ClockGuard<C>,
    pub(in crate::sequencer) numbers: NumberSource,
    /// The end of the chain after the last complete block, published or not. The next block follows it.
    tip: Tip,
    /// The block that is being built; `None` if there are no deposits for it yet.
    open: Option<OpenBlock>,
    /// Data of the last complete block for admission. That block may not be in the store yet.
    previous: PreviousBlock,
    /// Requests that the collector has taken from the inbox and not processed yet.
    taken: VecDeque<Request>,
    /// When the last block was completed, on the monotonic clock.
    completed_at: Duration,
    /// Number of deposits in the last block.
    last_len: usize,
    /// Whether the collector has emptied the inbox since the last commit ended.
    emptied: bool,
}

impl<C: Clock> Collector<C> {
    pub(in crate::sequencer) fn new(clock: ClockGuard<C>, tip: Tip, numbers: NumberSource) -> Self {
        Self {
            completed_at: clock.monotonic(),
            clock,
            numbers,
            tip,
            open: None,
            previous: PreviousBlock::default(),
            taken: VecDeque::new(),
            last_len: 0,
            emptied: false,
        }
    }

    /// Processes requests until the writer thread must take another step, and returns that step.
    pub(in crate::sequencer) fn next<S: LedgerReader + ?Sized>(
        &mut self,
        inbox: &Inbox,
        store: &S,
        state: &SequencerState,
    ) -> NextStep {
        loop {
            let full = match self.process_taken(store, state) {
                Ok(full) => full,
                Err(halt) => {
                    self.wait_for_clock(inbox, state, halt);
                    continue;
                }
            };
            if self.open.is_none() {
                if let Some(step) = self.wait_for_step(inbox) {
                    return step;
                }
            } else if self.is_due(inbox, full) {
                // Without leaves, the block holds only duplicates of the previous block.
                if let Some(open) = self.open.take_if(|open| open.len() == 0) {
                    return NextStep::ResolveDuplicates(open.into_deposits().duplicates_of_previous);
                }
                match self.complete(state) {
                    Ok(Some(pending)) => return NextStep::Commit(Box::new(pending)),
                    Ok(None) => {}
                    Err(halt) => self.wait_for_clock(inbox, state, halt),
                }
            }
        }
    }

    /// Processes the taken requests until the open block is full. Returns whether the block must be completed before the next
    /// request can be processed.
    ///
    /// # Errors
    ///
    /// [`Halt`]: the clock is wrong.
    fn process_taken<S: LedgerReader + ?Sized>(&mut self, store: &S, state: &SequencerState) -> Result<bool, Halt> {
        loop {
            if self.open.as_ref().is_some_and(|open| open.len() >= BLOCK_MAX) {
                return Ok(true);
            }
            let deposit = match self.taken.pop_front() {
                None => return Ok(false),
                Some(Request::Deposit(deposit)) => deposit,
                // An erasure gets a block of its own, after the open one.
                Some(erasure @ Request::Erase(_)) => {
                    self.taken.push_front(erasure);
                    return Ok(true);
                }
            };
            if let Err(halt) = state.writing() {
                deposit.halt(&halt);
                continue;
            }
            let last = self.open.as_ref().map_or(self.tip.last_time, OpenBlock::last_time);
            match self.now(last, state) {
                Ok(now) => self.add(*deposit, now, store),
                Err(halt) => {
                    deposit.halt(&halt);
                    return Err(halt);
                }
            }
        }
    }

    /// Adds a deposit to the open block; opens one if there is none.
    fn add<S: LedgerReader + ?Sized>(&mut self, deposit: PendingDeposit, now: Timestamp, store: &S) {
        let tip = &self.tip;
        let open = self.open.get_or_insert_with(|| OpenBlock::new(tip, false));
        open.add(deposit, now, store, &self.previous, &mut self.numbers);
        if open.has_no_deposits() {
            self.open = None;
        }
    }

    /// Waits while no block is open. Returns `None` if deposits arrived.
    fn wait_for_step(&mut self, inbox: &Inbox) -> Option<NextStep> {
        match self.taken.pop_front() {
            Some(Request::Erase(erasure)) => return Some(NextStep::Erase(erasure)),
            Some(deposit) => {
                self.taken.push_front(deposit);
                return None;
            }
            None => {}
        }
        let taken = &mut self.taken;
        let ready = |state: &InboxState| {
            !state.committing && (state.closed || state.needs_repair) || !state.requests.is_empty()
        };
        let (step, _) = inbox.wait_until(Some(IDLE_CHECK_INTERVAL), 1, ready, |state| {
            taken.append(&mut state.requests);
            if state.committing {
                return None;
            }
            if state.needs_repair {
                return Some(NextStep::Repair);
            }
            if !taken.is_empty() {
                return None;
            }
            Some(if state.closed { NextStep::End } else { NextStep::CheckReadiness })
        });
        step
    }

    /// Whether to complete the open block now. If not, takes the requests that arrived meanwhile, unless the block is `full`.
    ///
    /// A single request does not wake this thread: under load that would cost a context switch per request. The thread checks
    /// the inbox when a commit has ended, when [`WAKE_AT`] requests are queued, and after [`QUIET_INTERVAL`].
    fn is_due(&mut self, inbox: &Inbox, full: bool) -> bool {
        let limit = if full { 0 } else { usize::MAX };
        let taken = &mut self.taken;
        let mut take = |state: &mut InboxState| {
            let arrived = state.requests.len().min(limit);
            taken.extend(state.requests.drain(..arrived));
            (state.committing, arrived > 0)
        };
        let rest = BLOCK_INTERVAL.saturating_sub(self.clock.monotonic().saturating_sub(self.completed_at));
        let due = self.emptied && rest.is_zero();
        let ready = |state: &InboxState| !state.committing || state.requests.len().min(limit) >= WAKE_AT;
        let ((committing, more), _) = inbox.wait_until(None, WAKE_AT, ready, |state| {
            // Requests that arrive now go into the next block.
            if due && !state.committing { (false, false) } else { take(state) }
        });
        self.emptied = !committing;
        if committing || more {
            return false;
        }
        if full || self.last_len < LOAD_MIN || rest.is_zero() {
            return true;
        }
        let ready = |state: &InboxState| state.closed || state.needs_repair || state.requests.len() >= WAKE_AT;
        let ((_, more), _) = inbox.wait_until(Some(rest.min(QUIET_INTERVAL)), WAKE_AT, ready, &mut take);
        !more
    }

    /// Completes the open block. Returns `None` if no block is open, or if building failed and its deposits have their outcome.
    ///
    /// # Errors
    ///
    /// [`Halt`]: the clock is wrong. The deposits have their outcome.
    fn complete(&mut self, state: &SequencerState) -> Result<Option<PendingBlock>, Halt> {
        let Some(open) = self.open.take() else { return Ok(None) };
        let now = match self.now(open.last_time(), state) {
            Ok(now) => now,
            Err(halt) => {
                open.into_deposits().halt(&halt);
                return Err(halt);
            }
        };
        (self.completed_at, self.last_len, self.emptied) = (self.clock.monotonic(), open.len(), false);
        match open.complete(now) {
            Ok((pending, previous)) => {
                self.clock.block_completed();
                self.tip = pending.block.tip.clone();
                self.previous = previous;
                Ok(Some(pending))
            }
            Err((error, deposits)) => {
                deposits.halt(&Halt::Stopped(StopReason::Build(error)));
                Ok(None)
            }
        }
    }

    /// Builds a block on `tip` from deposits of rejected blocks. Returns `None` if none of them is admitted. Requires that no
    /// commit is in progress: each deposit is then checked against the whole chain, so the append accepts the block.
    ///
    /// # Errors
    ///
    /// [`Halt`]: the clock is wrong. The deposits have their outcome.
    pub(in crate::sequencer) fn rebuild<S: LedgerReader + ?Sized>(
        &mut self,
        tip: &Tip,
        deposits: Vec<PendingDeposit>,
        store: &S,
        state: &SequencerState,
    ) -> Result<Option<PendingBlock>, Halt> {
        self.follow(tip);
        let now = match self.now(tip.last_time, state) {
            Ok(now) => now,
            Err(halt) => {
                for deposit in deposits {
                    deposit.halt(&halt);
                }
                return Err(halt);
            }
        };
        let mut open = OpenBlock::new(tip, true);
        for deposit in deposits {
            open.add(deposit, now, store, &self.previous, &mut self.numbers);
        }
        self.open = (open.len() > 0).then_some(open);
        self.complete(state)
    }

    /// The time of the next leaf; `last` is the time of the previous leaf.
    ///
    /// # Errors
    ///
    /// [`Halt`]: the clock is wrong; writing is paused.
    pub(in crate::sequencer) fn now(&mut self, last: Timestamp, state: &SequencerState) -> Result<Timestamp, Halt> {
        // The state changes first: a client that is rejected and then reads the state must see the pause.
        self.clock.check(last).map_err(|fault| state.pause(Pause::Clock(fault)))
    }

    /// Rejects the deposits of the open block and all requests with `halt`, because writing is paused or stopped.
    pub(in crate::sequencer) fn halt_all(&mut self, inbox: &Inbox, halt: &Halt) {
        if let Some(open) = self.open.take() {
            open.into_deposits().halt(halt);
        }
        self.taken.append(&mut inbox.update(|state| std::mem::take(&mut state.requests)));
        self.taken.drain(..).for_each(|request| request.halt(halt));
    }

    /// Waits for requests for at most `max_wait`, and takes them.
    pub(in crate::sequencer) fn wait_for_request(&mut self, inbox: &Inbox, max_wait: Duration) -> Arrival {
        let taken = &mut self.taken;
        let ready = |state: &InboxState| state.closed || !state.requests.is_empty();
        let (closed, arrived) = inbox.wait_until(Some(max_wait), 1, ready, |state| {
            taken.append(&mut state.requests);
            state.closed
        });
        match (closed, arrived) {
            (true, _) => Arrival::Closed,
            (false, true) => Arrival::Request,
            (false, false) => Arrival::TimedOut,
        }
    }

    /// Lets the next block follow `tip`, which is published. Requires that no block is open.
    pub(in crate::sequencer) fn follow(&mut self, tip: &Tip) {
        self.tip = tip.clone();
        self.previous = PreviousBlock::default();
        self.emptied = false;
    }

    /// Rejects all requests until the clock is right again, the operator confirms it, or the queue is closed.
    pub(in crate::sequencer) fn wait_for_clock(&mut self, inbox: &Inbox, state: &SequencerState, mut halt: Halt) {
        tracing::error!(reason = %halt, "deposits are paused until the clock is right again");
        loop {
            self.halt_all(inbox, &halt);
            if !state.writing().is_err_and(|halt| halt.is_clock_pause()) {
                // Stopped, or paused for another reason: the next deposit checks the clock again.
                break;
            }
            if self.wait_for_request(inbox, CLOCK_RETRY_INTERVAL) == Arrival::Closed {
                self.halt_all(inbox, &halt);
                break;
            }
            let confirmation =
                state.take_clock_confirmation().map(|sender| (sender, self.clock.accept(self.tip.last_time)));
            let checked = self.clock.check(self.tip.last_time);
            match checked {
                Ok(_) => state.resume(|pause| matches!(pause, Pause::Clock(_))),
                Err(fault) => halt = state.pause(Pause::Clock(fault)),
            }
            // After the state is set: an operator who gets the result and then reads the state must see that writing has
            // resumed.
            if let Some((sender, accepted)) = confirmation {
                if let Ok((now, ahead_ms)) = accepted {
                    tracing::warn!(%now, ahead_ms, "the operator confirmed the clock");
                }
                // If the client has disconnected, the operator reads the result on the health page.
                let _ = sender.send(accepted);
            }
            if checked.is_ok() {
                tracing::info!("the clock is right again");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
