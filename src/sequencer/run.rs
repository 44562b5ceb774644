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

use crate::sequencer::clock::Clock;
use crate::sequencer::collecting::{Collecting, Made, Next};
use crate::sequencer::pool::{Answer, Inbox};
use crate::sequencer::sealing::Sealing;
use crate::sequencer::state::State;
use crate::store::contract::AppendLedger;

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
            match next {
                Next::End => {
                    tracing::debug!(size = sealing.tip.size().0, "a sealing thread ended");
                    return;
                }
                Next::Erasure(erasure) => {
                    if let Some(made) = self.once_more(&mut collecting, &mut sealing, None) {
                        sealing.seal(made, &self.state, true);
                    }
                    self.erase(&mut collecting, &mut sealing, *erasure);
                }
                Next::TurnedBack => {
                    let made = self.once_more(&mut collecting, &mut sealing, None);
                    self.begin();
                    drop(collecting);
                    if let Some(made) = made {
                        sealing.seal(made, &self.state, true);
                    }
                    self.end(&sealing);
                }
                Next::Block(made) => {
                    let looked_at = !sealing.turned_back.is_empty();
                    let made = if looked_at {
                        self.once_more(&mut collecting, &mut sealing, Some(*made))
                    } else {
                        Some(*made)
                    };
                    self.begin();
                    drop(collecting);
                    if let Some(made) = made {
                        sealing.seal(made, &self.state, looked_at);
                    }
                    self.end(&sealing);
                }
            }
        }
    }

    fn begin(&self) {
        self.inbox.change(|arrivals| {
            arrivals.sealing = true;
            arrivals.turned_back = false;
        });
    }

    fn end(&self, sealing: &Sealing<S>) {
        self.inbox.change(|arrivals| {
            arrivals.sealing = false;
            arrivals.turned_back = !sealing.turned_back.is_empty();
        });
    }

    /// What was turned back, and what was made to follow it, as one block of what may enter.
    fn once_more(&self, collecting: &mut Collecting<C>, sealing: &mut Sealing<S>, made: Option<Made>) -> Option<Made> {
        let mut tickets = std::mem::take(&mut sealing.turned_back);
        tickets.extend(made.into_iter().flat_map(Made::into_tickets));
        if tickets.is_empty() {
            return None;
        }
        if let Err(reason) = self.state.writing() {
            for ticket in tickets {
                ticket.answer(Answer::Stopped(reason.clone()));
            }
            return None;
        }
        let made = collecting.once_more(&sealing.tip, tickets, &*self.store, &self.state);
        made.unwrap_or_else(|reason| {
            collecting.stop(&self.inbox, &self.state, &reason);
            None
        })
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
        state.set(Err("a sealing thread died".into()));
        // Whoever loses the ticket is told why by the state.
        let left = inbox.change(|arrivals| {
            arrivals.closed = true;
            arrivals.sealing = false;
            std::mem::take(&mut arrivals.messages)
        });
        drop(left);
    }
}
