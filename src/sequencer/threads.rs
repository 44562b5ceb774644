//! The sequencer threads: two equal threads that take turns. While one commits a block, the other collects the next.
//!
//! ```text
//! thread 1   collect ─▶ commit ───────────────▶ collect ───────────▶ commit ───…
//! thread 2   (waits)    collect ─▶ (lock is free) commit ──────────▶ collect …
//! ```
//!
//! Both run the same loop over two locks, the collector's and the committer's. A thread acquires the second before it
//! releases the first, so blocks are committed in the order in which they were completed. On an idle node one thread does
//! both without a context switch.
//!
//! # Invariants
//!
//! A block follows the previous one, whether or not that is committed yet. If that one is rejected, both are, and their
//! deposits are rebuilt with no commit in progress. Every queued request gets an outcome, also if a thread panics: writing
//! stops then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::sequencer::clock::Clock;
use crate::sequencer::collector::{Arrival, Collector, NextStep};
use crate::sequencer::committer::Committer;
use crate::sequencer::open_block::PendingBlock;
use crate::sequencer::queue::Inbox;
use crate::sequencer::state::{CommitError, Halt, SequencerState, StopReason};
use crate::store::contract::AppendLedger;

/// If no request arrives, the time between two attempts to recover.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(1);
/// The time after an attempt to recover before a request leads to another one.
const RECOVERY_INTERVAL_MIN: Duration = Duration::from_millis(250);

/// What the sequencer threads share.
pub(in crate::sequencer) struct SequencerThreads<S: ?Sized, C> {
    pub(in crate::sequencer) inbox: Arc<Inbox>,
    pub(in crate::sequencer) collector: Mutex<Collector<C>>,
    pub(in crate::sequencer) committer: Mutex<Committer<S>>,
    pub(in crate::sequencer) store: Arc<S>,
    pub(in crate::sequencer) state: Arc<SequencerState>,
}

impl<S: AppendLedger + ?Sized, C: Clock> SequencerThreads<S, C> {
    /// Collects and commits in turn until no further requests come. Each thread runs this.
    pub(in crate::sequencer) fn run(&self) {
        let _guard = PanicGuard { inbox: &self.inbox, state: &self.state };
        // If a lock is poisoned, the other thread panicked and its work is in an unknown state.
        while let Ok(mut collector) = self.collector.lock() {
            let step = collector.next(&self.inbox, &*self.store, &self.state);
            let Ok(mut committer) = self.committer.lock() else { return };
            if let Some(cause) = committer.recovery_cause().cloned()
                && !matches!(step, NextStep::End)
            {
                halt_step(step, &self.state.pause(cause));
                self.recover(&mut collector, &mut committer);
                continue;
            }
            let pending = match step {
                NextStep::End => return,
                NextStep::CheckReadiness => {
                    self.check_readiness(&mut collector, &mut committer);
                    continue;
                }
                NextStep::Erase(erasure) => {
                    if let Some(rebuilt) = self.rebuild(&mut collector, &mut committer, None) {
                        committer.commit(rebuilt, &self.state, true);
                    }
                    committer.erase(&mut collector, &self.inbox, &self.state, *erasure);
                    if committer.recovery_cause().is_some() {
                        self.recover(&mut collector, &mut committer);
                    }
                    continue;
                }
                NextStep::ResolveDuplicates(deposits) => {
                    committer.resolve_duplicates(deposits);
                    None
                }
                NextStep::Repair => None,
                NextStep::Commit(pending) => Some(*pending),
            };
            let rebuild = committer.needs_repair();
            let pending = if rebuild { self.rebuild(&mut collector, &mut committer, pending) } else { pending };
            self.inbox.update(|state| (state.committing, state.needs_repair) = (true, false));
            drop(collector);
            if let Some(pending) = pending {
                committer.commit(pending, &self.state, rebuild);
            }
            let needs_repair = committer.needs_repair();
            self.inbox.update(|state| (state.committing, state.needs_repair) = (false, needs_repair));
        }
    }

    /// Finds out on an idle node whether it could write, so that its health page says so before a client is rejected.
    fn check_readiness(&self, collector: &mut Collector<C>, committer: &mut Committer<S>) {
        if self.state.writing().is_err() {
            return;
        }
        if let Err(error) = self.store.ready_to_append() {
            committer.halt_after(error.into(), &self.state);
            self.recover(collector, committer);
        } else if let Err(halt) = collector.now(committer.tip().last_time, &self.state) {
            collector.wait_for_clock(&self.inbox, &self.state, halt);
        }
    }

    /// Attempts to recover until an attempt succeeds, no further requests come, or writing stops. Requests that arrive
    /// meanwhile are rejected. A request that arrives [`RECOVERY_INTERVAL_MIN`] after the last attempt triggers another one,
    /// and is accepted if that succeeds. No commit is in progress.
    fn recover(&self, collector: &mut Collector<C>, committer: &mut Committer<S>) {
        self.inbox.update(|state| state.needs_repair = false);
        let mut attempted_at = collector.clock.monotonic();
        while let Some(cause) = committer.recovery_cause().cloned() {
            let halt = self.state.pause(cause);
            collector.halt_all(&self.inbox, &halt);
            committer.take_rejected().into_iter().for_each(|deposit| deposit.halt(&halt));
            if matches!(halt, Halt::Stopped(_)) {
                committer.give_up_recovery();
                return;
            }
            match collector.wait_for_request(&self.inbox, RECOVERY_INTERVAL) {
                Arrival::Closed => {
                    collector.halt_all(&self.inbox, &halt);
                    return;
                }
                Arrival::Request
                    if collector.clock.monotonic().saturating_sub(attempted_at) < RECOVERY_INTERVAL_MIN =>
                {
                    continue;
                }
                Arrival::Request | Arrival::TimedOut => {}
            }
            attempted_at = collector.clock.monotonic();
            metrics::counter!("tiezheng_recovery_attempts_total").increment(1);
            match committer.recover() {
                Ok(()) => {
                    tracing::info!(size = committer.tip().size().0, "deposits are written again");
                    collector.follow(committer.tip());
                    self.state.resume(|_| true);
                }
                Err(CommitError::Paused(cause)) => committer.set_recovery_cause(cause),
                Err(error) => {
                    committer.halt_after(error, &self.state);
                }
            }
        }
    }

    /// Builds one block from the deposits of rejected blocks and of `pending`, which follows them.
    fn rebuild(
        &self,
        collector: &mut Collector<C>,
        committer: &mut Committer<S>,
        pending: Option<PendingBlock>,
    ) -> Option<PendingBlock> {
        let mut deposits = committer.take_rejected();
        deposits.extend(pending.into_iter().flat_map(|pending| pending.deposits.into_all()));
        if deposits.is_empty() {
            return None;
        }
        if let Err(halt) = self.state.writing() {
            deposits.into_iter().for_each(|deposit| deposit.halt(&halt));
            return None;
        }
        self.state.count_rebuild();
        let rebuilt = collector.rebuild(committer.tip(), deposits, &*self.store, &self.state);
        rebuilt.unwrap_or_else(|halt| {
            collector.wait_for_clock(&self.inbox, &self.state, halt);
            None
        })
    }
}

/// Resolves the requests of a step that is not taken.
fn halt_step(step: NextStep, halt: &Halt) {
    match step {
        NextStep::Commit(pending) => pending.deposits.halt(halt),
        NextStep::Erase(erasure) => erasure.halt(halt),
        NextStep::ResolveDuplicates(deposits) => deposits.into_iter().for_each(|deposit| deposit.halt(halt)),
        NextStep::Repair | NextStep::CheckReadiness | NextStep::End => {}
    }
}

/// Stops writing and closes the inbox if its thread panics, so that no client waits forever.
struct PanicGuard<'a> {
    inbox: &'a Inbox,
    state: &'a SequencerState,
}

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        self.state.stop(StopReason::ThreadEnded);
        // Dropped requests end their clients' waits; the handle then reports the state.
        let dropped = self.inbox.update(|state| {
            (state.closed, state.committing) = (true, false);
            std::mem::take(&mut state.requests)
        });
        drop(dropped);
    }
}
