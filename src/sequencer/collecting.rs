//! One half of the sequencer's work: taking in deposits, numbering and stamping them, and growing the next block.
//!
//! While the other half stores and signs a block, this one is already hashing the next. A block is closed when the other
//! half is free and it pays: at once when little comes in, and under load after as much as comes within three milliseconds,
//! since a block costs the same whether it holds ten deposits or a hundred.
//!
//! # Invariants
//!
//! Nothing is taken in while the clock is bad. Whether a deposit may enter is for the append to say; here only what is on
//! the chain already is answered at once.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::chain::{Block, Draft, Tip, Waiting};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admitting::{Chain, Randomness, draw};
use crate::sequencer::clock::{Clock, Guard};
use crate::sequencer::pool::{Answer, Arrivals, Erasure, Inbox, Message, Outcome, Ticket};
use crate::sequencer::state::State;
use crate::store::admission::Admitted;
use crate::store::contract::ReadLedger;

/// Most deposits of one block: 4,096 of 16 KiB each are 64 MiB, the most a block holds in memory.
pub const BATCH_MAX: usize = 4_096;
/// How often a clock that was refused is looked at again.
const CLOCK_RETRY: Duration = Duration::from_millis(200);
/// Under load a block follows the one before by no less.
const LINGER: Duration = Duration::from_millis(3);
/// When nothing has come in for so long, all who are there are waiting: more patience would only cost them time.
const QUIET: Duration = Duration::from_micros(500);
/// A block of fewer deposits is no load.
const FEW: usize = 8;
/// So many that wait are worth a switch of threads.
const WORTH_WAKING: usize = 32;

/// What is done next.
pub(in crate::sequencer) enum Next {
    /// Store and sign this block.
    Block(Box<Made>),
    /// Seal an erasure. Nothing else is under way.
    Erasure(Box<Erasure>),
    /// Look one by one at what was turned back.
    TurnedBack,
    /// Nothing more will come.
    End,
}

/// A block, and who waits for it.
pub(in crate::sequencer) struct Made {
    pub(in crate::sequencer) block: Block,
    /// In the order of the block's leaves.
    pub(in crate::sequencer) tickets: Vec<Ticket>,
    /// Tickets whose statement is already in this block, with its position.
    pub(in crate::sequencer) doubles: Vec<(usize, Ticket)>,
}

impl Made {
    pub(in crate::sequencer) fn answer_all(self, answer: impl Fn() -> Answer) {
        self.into_tickets().for_each(|ticket| ticket.answer(answer()));
    }

    /// All who wait.
    pub(in crate::sequencer) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        self.tickets.into_iter().chain(self.doubles.into_iter().map(|(_, ticket)| ticket))
    }
}

/// A block in the making.
struct Growing {
    draft: Draft,
    tickets: Vec<Ticket>,
    doubles: Vec<(usize, Ticket)>,
    /// Where each statement stands.
    ahead: HashMap<Digest, usize>,
}

impl Growing {
    fn on(tip: &Tip) -> Self {
        Self { draft: Draft::on(tip), tickets: Vec::new(), doubles: Vec::new(), ahead: HashMap::new() }
    }

    /// The ticket, unless its statement is here already.
    fn unless_here(&mut self, ticket: Ticket) -> Option<Ticket> {
        match self.ahead.get(&ticket.statement.id()) {
            Some(position) => {
                self.doubles.push((*position, ticket));
                None
            }
            None => Some(ticket),
        }
    }

    fn add(&mut self, ticket: Ticket, number: DepositNumber, now: Timestamp) {
        let waiting = Waiting::Deposit { number, statement: ticket.statement.clone() };
        match self.draft.add(waiting, now) {
            Ok(_) => {
                self.ahead.insert(ticket.statement.id(), self.tickets.len());
                self.tickets.push(ticket);
            }
            // The clock was checked against this draft, and admission bounds the length.
            Err(error) => ticket.answer(Answer::Stopped(error.to_string())),
        }
    }

    fn answer_all(self, answer: impl Fn() -> Answer) {
        let doubles = self.doubles.into_iter().map(|(_, ticket)| ticket);
        self.tickets.into_iter().chain(doubles).for_each(|ticket| ticket.answer(answer()));
    }
}

/// All that collecting knows.
pub(in crate::sequencer) struct Collecting<C> {
    pub(in crate::sequencer) clock: Guard<C>,
    /// What the next block follows: the last one made, whether or not it is stored yet.
    pub(in crate::sequencer) tip: Tip,
    pub(in crate::sequencer) test: bool,
    growing: Option<Growing>,
    /// Taken from the inbox and not looked at yet.
    taken: VecDeque<Message>,
    /// When the last block was made, and how many deposits it has.
    last_made: Instant,
    last_count: usize,
    randomness: Randomness,
    /// Whether the inbox was emptied since the sealing was done.
    looked: bool,
}

impl<C: Clock> Collecting<C> {
    pub(in crate::sequencer) fn new(clock: Guard<C>, tip: Tip, test: bool) -> Self {
        let (taken, last_made, randomness) = (VecDeque::new(), Instant::now(), Randomness::default());
        Self { clock, tip, test, growing: None, taken, last_made, last_count: 0, randomness, looked: false }
    }

    /// Takes in what comes until there is something to be done.
    pub(in crate::sequencer) fn next<S: ReadLedger>(&mut self, inbox: &Inbox, store: &S, state: &State) -> Next {
        loop {
            let full = match self.take_in(store, state) {
                Ok(full) => full,
                Err(reason) => {
                    self.stop(inbox, state, &reason);
                    continue;
                }
            };
            if self.growing.is_none() {
                if let Some(next) = self.wait_for_anything(inbox) {
                    return next;
                }
            } else if self.is_ripe(inbox, full) {
                match self.close(state) {
                    Ok(Some(made)) => return Next::Block(Box::new(made)),
                    Ok(None) => {}
                    Err(reason) => self.stop(inbox, state, &reason),
                }
            }
        }
    }

    /// Looks at what was taken, as far as the block holds it; whether it is full. `Err` when the clock is bad.
    fn take_in<S: ReadLedger>(&mut self, store: &S, state: &State) -> Result<bool, String> {
        loop {
            if self.growing.as_ref().is_some_and(|growing| growing.tickets.len() >= BATCH_MAX) {
                return Ok(true);
            }
            match self.taken.front() {
                None => return Ok(false),
                // It gets a block of its own, after this one.
                Some(Message::Erase(_)) => return Ok(true),
                Some(Message::Deposit(_)) => {}
            }
            let Some(Message::Deposit(ticket)) = self.taken.pop_front() else { return Ok(false) };
            if let Err(reason) = state.writing() {
                ticket.answer(Answer::Stopped(reason));
                continue;
            }
            let last = self.growing.as_ref().map_or(self.tip.last_time, |growing| growing.draft.last_time());
            match self.now(last, state) {
                Ok(now) => self.enter(*ticket, now, store),
                Err(reason) => {
                    ticket.answer(Answer::Stopped(reason.clone()));
                    return Err(reason);
                }
            }
        }
    }

    fn enter<S: ReadLedger>(&mut self, ticket: Ticket, now: Timestamp, store: &S) {
        let tip = &self.tip;
        let growing = self.growing.get_or_insert_with(|| Growing::on(tip));
        let Some(ticket) = growing.unless_here(ticket) else { return };
        let answer = match store.find_statement(&ticket.statement.id()) {
            Ok(Some(index)) => Answer::Exists(index),
            Err(error) => Answer::Unreadable(error),
            // That it is free, the append looks.
            Ok(None) => match draw(self.test, now, &mut self.randomness, |_| Ok(Ok(()))) {
                Ok(number) => return growing.add(ticket, number, now),
                Err(answer) => answer,
            },
        };
        ticket.answer(answer);
        if growing.tickets.is_empty() {
            self.growing = None;
        }
    }

    /// Waits for whatever comes; `None` when it was deposits.
    fn wait_for_anything(&mut self, inbox: &Inbox) -> Option<Next> {
        match self.taken.pop_front() {
            Some(Message::Erase(erasure)) => return Some(Next::Erasure(erasure)),
            Some(message) => {
                self.taken.push_front(message);
                return None;
            }
            None => {}
        }
        let taken = &mut self.taken;
        let (next, _) = inbox.wait_until(
            None,
            1,
            |state| !state.sealing && (state.closed || state.turned_back) || !state.messages.is_empty(),
            |state| {
                taken.append(&mut state.messages);
                match (state.turned_back, state.sealing) {
                    (true, false) => Some(Next::TurnedBack),
                    _ if taken.is_empty() => Some(Next::End),
                    _ => None,
                }
            },
        );
        next
    }

    /// Whether the block is to be closed now; takes in what came meanwhile.
    ///
    /// Whoever comes does not wake this thread: under load that would cost a switch of threads each. It looks when the
    /// sealing is done, when there is work for a while, and every now and then.
    fn is_ripe(&mut self, inbox: &Inbox, full: bool) -> bool {
        let room = if full { 0 } else { usize::MAX };
        let taken = &mut self.taken;
        let mut take = |state: &mut Arrivals| {
            let come = state.messages.len().min(room);
            taken.extend(state.messages.drain(..come));
            (state.sealing, come > 0)
        };
        let enough = |state: &Arrivals| !state.sealing || state.messages.len().min(room) >= WORTH_WAKING;
        let rest = LINGER.saturating_sub(self.last_made.elapsed());
        let due = self.looked && rest.is_zero();
        let ((sealing, more), _) = inbox.wait_until(None, WORTH_WAKING, enough, |state| {
            // Whoever still comes is in time for the next block.
            if due && !state.sealing { (false, false) } else { take(state) }
        });
        self.looked = !sealing;
        if sealing || more {
            return false;
        }
        if full || self.last_count < FEW || rest.is_zero() {
            return true;
        }
        let enough = |state: &Arrivals| state.closed || state.turned_back || state.messages.len() >= WORTH_WAKING;
        let ((_, more), _) = inbox.wait_until(Some(rest.min(QUIET)), WORTH_WAKING, enough, &mut take);
        !more
    }

    /// Closes the block; `None` when all that was in it is answered already.
    fn close(&mut self, state: &State) -> Result<Option<Made>, String> {
        let Some(growing) = self.growing.take() else { return Ok(None) };
        let now = match self.now(growing.draft.last_time(), state) {
            Ok(now) => now,
            Err(reason) => {
                growing.answer_all(|| Answer::Stopped(reason.clone()));
                return Err(reason);
            }
        };
        let Growing { draft, tickets, doubles, .. } = growing;
        (self.last_made, self.last_count, self.looked) = (Instant::now(), tickets.len(), false);
        match draft.seal(now) {
            Ok(block) => {
                self.clock.sealed();
                self.tip = block.tip.clone();
                Ok(Some(Made { block, tickets, doubles }))
            }
            Err(error) => {
                // The clock was checked, and nothing is closed that is empty.
                let all = tickets.into_iter().chain(doubles.into_iter().map(|(_, ticket)| ticket));
                all.for_each(|ticket| ticket.answer(Answer::Stopped(error.to_string())));
                Ok(None)
            }
        }
    }

    /// Makes a block on `tip` of deposits that were turned back, each held against the rules by itself. Nothing else is
    /// under way, so what enters here is not turned back again. `None` when none may enter, `Err` when the clock is bad;
    /// who is not in the block is answered.
    pub(in crate::sequencer) fn once_more<S: ReadLedger>(
        &mut self,
        tip: &Tip,
        tickets: Vec<Ticket>,
        store: &S,
        state: &State,
    ) -> Result<Option<Made>, String> {
        self.tip = tip.clone();
        let now = match self.now(tip.last_time, state) {
            Ok(now) => now,
            Err(reason) => {
                for ticket in tickets {
                    ticket.answer(Answer::Stopped(reason.clone()));
                }
                return Err(reason);
            }
        };
        self.growing = self.admit(tip, tickets, now, store);
        self.close(state)
    }

    fn admit<S: ReadLedger>(&mut self, tip: &Tip, tickets: Vec<Ticket>, now: Timestamp, store: &S) -> Option<Growing> {
        let mut growing = Growing::on(tip);
        let mut admitted = Admitted::new();
        for ticket in tickets {
            let Some(ticket) = growing.unless_here(ticket) else { continue };
            let id = ticket.statement.id();
            let answer = match store.find_statement(&id) {
                Ok(Some(index)) => Answer::Exists(index),
                Err(error) => Answer::Unreadable(error),
                Ok(None) => {
                    let numbered = draw(self.test, now, &mut self.randomness, |number| {
                        admitted.admit(&Chain(store), tip.origin.as_str(), number, ticket.statement.note())
                    });
                    match numbered {
                        Ok(number) => {
                            growing.add(ticket, number, now);
                            continue;
                        }
                        Err(answer) => answer,
                    }
                }
            };
            ticket.answer(answer);
        }
        (!growing.tickets.is_empty()).then_some(growing)
    }

    /// The time for the next leaf, or why there is none.
    pub(in crate::sequencer) fn now(&mut self, last: Timestamp, state: &State) -> Result<Timestamp, String> {
        self.clock.check(last).map_err(|fault| {
            // Whoever is told that deposits are stopped must find the node saying so, too: state first.
            state.set(Err(fault.to_string()));
            fault.to_string()
        })
    }

    /// Turns everybody away until the clock is good again, or nothing more will come.
    pub(in crate::sequencer) fn stop(&mut self, inbox: &Inbox, state: &State, reason: &str) {
        tracing::error!(reason, "deposits are stopped until the clock is good again");
        let mut reason = reason.to_owned();
        if let Some(growing) = self.growing.take() {
            growing.answer_all(|| Answer::Stopped(reason.clone()));
        }
        loop {
            let taken = &mut self.taken;
            let closed = inbox.change(|state| {
                taken.append(&mut state.messages);
                state.closed
            });
            for message in self.taken.drain(..) {
                match message {
                    Message::Deposit(ticket) => ticket.answer(Answer::Stopped(reason.clone())),
                    Message::Erase(erasure) => erasure.answer(Outcome::Failed(Answer::Stopped(reason.clone()))),
                }
            }
            if closed {
                return;
            }
            std::thread::sleep(CLOCK_RETRY);
            match self.clock.check(self.tip.last_time) {
                Ok(_) => {
                    tracing::info!("the clock is good again");
                    state.set(Ok(()));
                    return;
                }
                Err(fault) => reason = fault.to_string(),
            }
            state.set(Err(reason.clone()));
        }
    }
}
