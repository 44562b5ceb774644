//! Two hands that take turns: while one stores and signs a block, the other takes in deposits and makes the next.
//!
//! ```text
//! hand 1   collect ─▶ seal ─────────────────▶ collect ─────────▶ seal ───…
//! hand 2   (waits)    collect ─▶ (seal is free) seal ─────────▶ collect …
//! ```
//!
//! Both are the same loop over two locks, and take the second before they let go of the first: so blocks are sealed in the
//! order in which they were made. On an idle node one hand does both without handing anything over.
//!
//! # Invariants
//!
//! A block is made to follow the one before it, whether or not that is stored yet. If that one is refused, both are turned
//! back and their deposits looked at one by one, with nothing else under way. Whoever was admitted is answered, also when a
//! hand dies: then nothing is sealed any more, and the node says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::sequencer::clock::Clock;
use crate::sequencer::collecting::{Collecting, Made, Next};
use crate::sequencer::pool::{Answer, Inbox, Message};
use crate::sequencer::sealing::Sealing;
use crate::sequencer::state::{Halt, State, Stop};
use crate::store::contract::AppendLedger;

/// How long after the last attempt to recover the next one comes by itself.
const ATTEMPT_IDLE: Duration = Duration::from_secs(1);
/// How long after it a request leads to another one.
const ATTEMPT_ASKED: Duration = Duration::from_millis(250);

/// What both hands work on.
pub(in crate::sequencer) struct Hands<S, C> {
    pub(in crate::sequencer) inbox: Arc<Inbox>,
    pub(in crate::sequencer) collecting: Mutex<Collecting<C>>,
    pub(in crate::sequencer) sealing: Mutex<Sealing<S>>,
    pub(in crate::sequencer) store: Arc<S>,
    pub(in crate::sequencer) state: Arc<State>,
}

impl<S: AppendLedger, C: Clock> Hands<S, C> {
    /// Collects and seals in turn until nothing more will come.
    pub(in crate::sequencer) fn work(&self) {
        let _end = End(self);
        // A lock that a dead hand left behind is not taken up: what it was in the middle of is unknown.
        while let Ok(mut collecting) = self.collecting.lock() {
            let next = collecting.next(&self.inbox, &*self.store, &self.state);
            let Ok(mut sealing) = self.sealing.lock() else { return };
            if let Some(pause) = sealing.to_recover.clone()
                && !matches!(next, Next::End)
            {
                reject(next, &self.state.pause(pause));
                self.recover(&mut collecting, &mut sealing);
                continue;
            }
            let made = match next {
                Next::End => {
                    tracing::debug!(size = sealing.tip.size().0, "a sealing thread ended");
                    return;
                }
                Next::Idle => {
                    self.look(&mut collecting, &mut sealing);
                    continue;
                }
                Next::Erasure(erasure) => {
                    if let Some(made) = self.once_more(&mut collecting, &mut sealing, None) {
                        sealing.seal(made, &self.state, true);
                    }
                    self.erase(&mut collecting, &mut sealing, *erasure);
                    if sealing.to_recover.is_some() {
                        self.recover(&mut collecting, &mut sealing);
                    }
                    continue;
                }
                Next::Repeats(repeats) => {
                    sealing.answer_repeats(repeats);
                    if sealing.turned_back.is_empty() {
                        continue;
                    }
                    None
                }
                Next::Rework => None,
                Next::Block(made) => Some(*made),
            };
            let looked_at = made.is_none() || !sealing.turned_back.is_empty();
            let made = if looked_at { self.once_more(&mut collecting, &mut sealing, made) } else { made };
            self.begin();
            drop(collecting);
            if let Some(made) = made {
                sealing.seal(made, &self.state, looked_at);
            }
            self.end(&sealing);
        }
    }

    fn begin(&self) {
        self.inbox.change(|arrivals| {
            arrivals.sealing = true;
            arrivals.rework = false;
        });
    }

    fn end(&self, sealing: &Sealing<S>) {
        self.inbox.change(|arrivals| {
            arrivals.sealing = false;
            arrivals.rework = !sealing.turned_back.is_empty() || sealing.to_recover.is_some();
        });
    }

    /// An idle node finds out by itself that it could not seal, so that its health page says so before a client is rejected.
    fn look(&self, collecting: &mut Collecting<C>, sealing: &mut Sealing<S>) {
        if self.state.writing().is_err() {
            return;
        }
        if let Err(error) = self.store.ready_to_append() {
            sealing.ended_by(error.into(), &self.state);
            self.recover(collecting, sealing);
        } else if let Err(halt) = collecting.now(sealing.tip.last_time, &self.state) {
            collecting.wait_for_clock(&self.inbox, &self.state, halt);
        }
    }

    /// Tries to recover until it succeeds, nothing more will come in, or what it finds stops sealing for good. Rejects what
    /// comes in meanwhile; a request that comes some time after the last attempt is another attempt, and enters if that one
    /// succeeds. Nothing else is under way.
    fn recover(&self, collecting: &mut Collecting<C>, sealing: &mut Sealing<S>) {
        self.inbox.change(|arrivals| arrivals.rework = false);
        let mut tried = Instant::now();
        while let Some(pause) = sealing.to_recover.clone() {
            let halt = self.state.pause(pause);
            collecting.give_up(&self.inbox, &halt);
            reject(Next::Repeats(std::mem::take(&mut sealing.turned_back)), &halt);
            if matches!(halt, Halt::Stopped(_)) {
                sealing.to_recover = None;
                return;
            }
            let closed = collecting.wait_up_to(&self.inbox, ATTEMPT_IDLE.saturating_sub(tried.elapsed()));
            if closed {
                collecting.give_up(&self.inbox, &halt);
                return;
            }
            if tried.elapsed() < ATTEMPT_ASKED {
                continue;
            }
            tried = Instant::now();
            metrics::counter!("tiezheng_recovery_attempts_total").increment(1);
            match sealing.recover() {
                Ok(()) => {
                    tracing::info!(size = sealing.tip.size().0, "deposits are sealed again");
                    collecting.follow(&sealing.tip);
                    self.state.resume(|_| true);
                }
                Err(Stop::Paused(pause)) => sealing.to_recover = Some(pause),
                Err(stop) => {
                    sealing.ended_by(stop, &self.state);
                }
            }
        }
    }

    /// What was turned back, and what was made to follow it, as one block of what may enter.
    fn once_more(&self, collecting: &mut Collecting<C>, sealing: &mut Sealing<S>, made: Option<Made>) -> Option<Made> {
        let mut tickets = std::mem::take(&mut sealing.turned_back);
        tickets.extend(made.into_iter().flat_map(Made::into_tickets));
        if tickets.is_empty() {
            return None;
        }
        if let Err(halt) = self.state.writing() {
            for ticket in tickets {
                ticket.answer(Answer::Halted(halt.clone()));
            }
            return None;
        }
        self.state.count_rebuild();
        let made = collecting.once_more(&sealing.tip, tickets, &*self.store, &self.state);
        made.unwrap_or_else(|halt| {
            collecting.wait_for_clock(&self.inbox, &self.state, halt);
            None
        })
    }
}

/// Answers what cannot be sealed now.
fn reject(next: Next, halt: &Halt) {
    match next {
        Next::Block(made) => made.answer_all(|| Answer::Halted(halt.clone())),
        Next::Erasure(erasure) => Message::Erase(erasure).halted(halt),
        Next::Repeats(tickets) => {
            for ticket in tickets {
                Message::Deposit(Box::new(ticket)).halted(halt);
            }
        }
        Next::Rework | Next::Idle | Next::End => {}
    }
}

/// A hand's last act, also when it dies: then nobody may be left waiting.
struct End<'a, S, C>(&'a Hands<S, C>);

impl<S, C> Drop for End<'_, S, C> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let Hands { inbox, state, .. } = self.0;
        state.stop("a sealing thread panicked".into());
        // Whoever loses the ticket is told why by the state.
        let left = inbox.change(|arrivals| {
            arrivals.closed = true;
            arrivals.sealing = false;
            std::mem::take(&mut arrivals.messages)
        });
        drop(left);
    }
}
