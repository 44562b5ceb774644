//! The threads of the sequencer: the writer thread, which makes all decisions, and the commit thread, which waits for
//! the disk.
//!
//! ```text
//! writer          collect block 2 ─▶ send ──────▶ collect block 3 ─▶ send ──────▶ …
//! commit thread   commit block 1 ──▶ commit block 2 ────────────────▶ commit block 3 …
//! ```
//!
//! The `Committer` moves between the two through channels of capacity 1, so only one thread can write at a time, and the
//! compiler checks it. While the commit thread has the committer, the writer collects the next block. Everything that must
//! not overlap a commit (rebuilding rejected blocks, erasures, recovery) is done by the writer while it has the committer.
//!
//! Under low load the writer commits a block itself: sending it to the commit thread would cost each deposit two
//! context switches.
//!
//! # Invariants
//!
//! Blocks are committed in the order in which they were completed. A block follows the previous one, whether or not that is
//! committed yet; if that one is rejected, both are, and their deposits are rebuilt with no commit in progress. Every queued
//! request gets an outcome, also if a thread panics: writing stops then.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, mem};

use crate::sequencer::clock::Clock;
use crate::sequencer::collector::{Arrival, Collector, LOAD_MIN, NextStep};
use crate::sequencer::committer::Committer;
use crate::sequencer::open_block::PendingBlock;
use crate::sequencer::queue::Inbox;
use crate::sequencer::state::{CommitError, Halt, SequencerState, StopReason};
use crate::store::traits::LogStore;

/// If no request arrives, the time between two attempts to recover.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(1);
/// The time after an attempt to recover before a request leads to another one.
const RECOVERY_INTERVAL_MIN: Duration = Duration::from_millis(250);

/// A block that is sent to the commit thread.
struct CommitJob<S: ?Sized> {
    committer: Committer<S>,
    pending: PendingBlock,
    /// Whether the block was built by [`Collector::rebuild`].
    rebuilt: bool,
}

/// The writer thread's data.
pub(in crate::sequencer) struct Writer<S: ?Sized, C> {
    inbox: Arc<Inbox>,
    state: Arc<SequencerState>,
    store: Arc<S>,
    collector: Collector<C>,
    /// `None` while the commit thread has it.
    committer: Option<Committer<S>>,
    jobs: SyncSender<CommitJob<S>>,
    /// Returns the committer after each job.
    returned: Receiver<Committer<S>>,
}

/// Starts the writer and the commit thread.
///
/// # Errors
///
/// The operating system started fewer than two threads. None is left running.
pub(in crate::sequencer) fn spawn<S: LogStore + ?Sized + 'static, C: Clock>(
    inbox: Arc<Inbox>,
    state: Arc<SequencerState>,
    store: Arc<S>,
    collector: Collector<C>,
    committer: Committer<S>,
) -> io::Result<Vec<JoinHandle<()>>> {
    let (jobs, received) = sync_channel(1);
    let (sender, returned) = sync_channel(1);
    let commit_thread = {
        let (inbox, state) = (Arc::clone(&inbox), Arc::clone(&state));
        let run = move || run_commits(&received, &sender, &inbox, &state);
        thread::Builder::new().name("commit".into()).spawn(run)?
    };
    let writer = Writer { inbox, state, store, collector, committer: Some(committer), jobs, returned };
    // On failure the closure is dropped with the sender of jobs, which ends the commit thread.
    let writer = thread::Builder::new().name("sequencer".into()).spawn(move || writer.run())?;
    Ok(vec![writer, commit_thread])
}

/// The commit thread: commits each block and returns the committer.
fn run_commits<S: LogStore + ?Sized>(
    jobs: &Receiver<CommitJob<S>>,
    returned: &SyncSender<Committer<S>>,
    inbox: &Inbox,
    state: &SequencerState,
) {
    let _guard = PanicGuard { inbox, state };
    while let Ok(CommitJob { mut committer, pending, rebuilt }) = jobs.recv() {
        committer.commit(pending, state, rebuilt);
        let needs_repair = committer.needs_repair();
        if returned.send(committer).is_err() {
            return;
        }
        inbox.update(|state| (state.committing, state.needs_repair) = (false, needs_repair));
    }
}

impl<S: LogStore + ?Sized, C: Clock> Writer<S, C> {
    /// Collects blocks and has them committed until no further requests come.
    fn run(mut self) {
        let (inbox, state) = (Arc::clone(&self.inbox), Arc::clone(&self.state));
        let _guard = PanicGuard { inbox: &inbox, state: &state };
        loop {
            let step = self.collector.next(&self.inbox, &*self.store, &self.state);
            // The collector returns a step only when no commit is in progress. Fails if the commit thread panicked.
            let committer = self.committer.take().map_or_else(|| self.returned.recv().ok(), Some);
            let Some(mut committer) = committer else { return };
            if matches!(step, NextStep::End) {
                return;
            }
            match self.prepare(step, &mut committer) {
                Some((pending, rebuilt)) if pending.deposits.leaves.len() >= LOAD_MIN => {
                    self.inbox.update(|state| (state.committing, state.needs_repair) = (true, false));
                    if self.jobs.send(CommitJob { committer, pending, rebuilt }).is_err() {
                        return;
                    }
                    continue;
                }
                Some((pending, rebuilt)) => committer.commit(pending, &self.state, rebuilt),
                None => {}
            }
            let needs_repair = committer.needs_repair();
            self.inbox.update(|state| state.needs_repair = needs_repair);
            self.committer = Some(committer);
        }
    }

    /// Performs the part of a step that must not overlap a commit. Returns the block to commit, if any, and whether it
    /// was rebuilt.
    fn prepare(&mut self, step: NextStep, committer: &mut Committer<S>) -> Option<(PendingBlock, bool)> {
        if let Some(cause) = committer.recovery_cause().cloned() {
            halt_step(step, &self.state.pause(cause));
            self.recover(committer);
            return None;
        }
        let pending = match step {
            NextStep::Commit(pending) => Some(*pending),
            NextStep::ResolveDuplicates(deposits) => {
                committer.resolve_duplicates(deposits);
                None
            }
            NextStep::Erase(erasure) => {
                if let Some(rebuilt) = self.rebuild(committer, None) {
                    committer.commit(rebuilt, &self.state, true);
                }
                committer.erase(&mut self.collector, &self.inbox, &self.state, *erasure);
                None
            }
            NextStep::CheckReadiness => {
                self.check_readiness(committer);
                None
            }
            NextStep::Repair | NextStep::End => None,
        };
        if !committer.has_rejected() {
            return pending.map(|pending| (pending, false));
        }
        self.rebuild(committer, pending).map(|rebuilt| (rebuilt, true))
    }

    /// Checks on an idle node whether it could write, so that its health page shows a problem before a client is
    /// rejected.
    fn check_readiness(&mut self, committer: &mut Committer<S>) {
        if self.state.writing().is_err() {
            return;
        }
        if let Err(error) = committer.check_ready() {
            committer.halt_after(error, &self.state);
        } else if let Err(halt) = self.collector.now(committer.tip().last_time, &self.state) {
            self.collector.wait_for_clock(&self.inbox, &self.state, halt);
        }
    }

    /// Attempts to recover until an attempt succeeds, no further requests come, or writing stops. Requests that arrive
    /// meanwhile are rejected. A request that arrives [`RECOVERY_INTERVAL_MIN`] after the last attempt triggers another one,
    /// and is accepted if that succeeds.
    fn recover(&mut self, committer: &mut Committer<S>) {
        let Self { inbox, state, collector, .. } = self;
        let mut attempted_at = collector.clock.monotonic();
        while let Some(cause) = committer.recovery_cause().cloned() {
            let halt = state.pause(cause);
            collector.halt_all(inbox, &halt);
            committer.take_rejected().into_iter().for_each(|deposit| deposit.halt(&halt));
            if matches!(halt, Halt::Stopped(_)) {
                committer.give_up_recovery();
                return;
            }
            match collector.wait_for_request(inbox, RECOVERY_INTERVAL) {
                Arrival::Closed => {
                    collector.halt_all(inbox, &halt);
                    committer.give_up_recovery();
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
                    state.resume(|_| true);
                }
                Err(CommitError::Paused(cause)) => committer.set_recovery_cause(cause),
                Err(error) => {
                    committer.halt_after(error, state);
                }
            }
        }
    }

    /// Builds one block from the deposits of rejected blocks and of `pending`, which follows them.
    fn rebuild(&mut self, committer: &mut Committer<S>, pending: Option<PendingBlock>) -> Option<PendingBlock> {
        let mut deposits = committer.take_rejected();
        deposits.extend(pending.into_iter().flat_map(|pending| pending.deposits.into_all()));
        if deposits.is_empty() {
            return None;
        }
        if let Err(halt) = self.state.writing() {
            for deposit in deposits {
                deposit.halt(&halt);
            }
            return None;
        }
        self.state.count_rebuild();
        let rebuilt = self.collector.rebuild(committer.tip(), deposits, &*self.store, &self.state);
        rebuilt.unwrap_or_else(|halt| {
            self.collector.wait_for_clock(&self.inbox, &self.state, halt);
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
        if !thread::panicking() {
            return;
        }
        self.state.stop(StopReason::ThreadEnded);
        // Dropped requests end their clients' waits; the handle then reports the state.
        let dropped = self.inbox.update(|state| {
            (state.closed, state.committing) = (true, false);
            mem::take(&mut state.requests)
        });
        drop(dropped);
    }
}
