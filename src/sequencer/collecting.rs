//! One half of the sequencer's work: taking in deposits, numbering and stamping them, and growing the next block.
//!
//! While the other half stores and signs a block, this one is already hashing the next. A block is closed when the other
//! half is free and it pays: at once when little comes in, and under load after as much as comes within three milliseconds,
//! since a block costs the same whether it holds ten deposits or a hundred.
//!
//! # Invariants
//!
//! Nothing is taken in while the clock is bad. A deposit that the append would reject is rejected here, by the same rules,
//! against the chain and the two blocks that are not on it yet: so it never costs the others of its block a rebuild. Only
//! that its number is free is left to the append: numbers are drawn at random, and no deposit can make two equal.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::chain::{Block, BlockBuilder, PendingLeaf, Tip};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admitting::{Chain, Randomness, draw};
use crate::sequencer::clock::{Clock, Guard};
use crate::sequencer::pool::{Answer, Arrivals, Erasure, Inbox, Message, Ticket};
use crate::sequencer::state::{Halt, Pause, State};
use crate::store::admission::{Admitted, Streams};
use crate::store::contract::ReadLedger;

/// Most deposits of one block: 4,096 of 16 KiB each are 64 MiB, the most a block holds in memory.
pub const BATCH_MAX: usize = 4_096;
/// How long an idle node waits before it looks whether it could seal a deposit.
const IDLE: Duration = Duration::from_secs(1);
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
    /// Answer these: their statement is in the block before, once that is sealed.
    Repeats(Vec<Ticket>),
    /// Rebuild what was rejected, or recover, as the sealing asks for.
    Rework,
    /// Nothing came in for a while: look whether a deposit could be sealed.
    Idle,
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
    /// Tickets whose statement is in the block before, which is not on the chain yet.
    pub(in crate::sequencer) repeats: Vec<Ticket>,
}

impl Made {
    pub(in crate::sequencer) fn answer_all(self, answer: impl Fn() -> Answer) {
        self.into_tickets().for_each(|ticket| ticket.answer(answer()));
    }

    /// All who wait.
    pub(in crate::sequencer) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        let doubles = self.doubles.into_iter().map(|(_, ticket)| ticket);
        self.tickets.into_iter().chain(doubles).chain(self.repeats)
    }
}

/// A block in the making.
struct Growing {
    draft: BlockBuilder,
    tickets: Vec<Ticket>,
    doubles: Vec<(usize, Ticket)>,
    repeats: Vec<Ticket>,
    /// Where each statement stands.
    ahead: HashMap<Digest, usize>,
    streams: Streams,
}

/// What admission must know of the last block that was made: it may not be on the chain yet.
#[derive(Default)]
struct Before {
    statements: HashMap<Digest, usize>,
    streams: Streams,
}

impl Growing {
    fn on(tip: &Tip) -> Self {
        let (tickets, doubles, repeats, ahead) = Default::default();
        Self { draft: BlockBuilder::new(tip), tickets, doubles, repeats, ahead, streams: Streams::default() }
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
        let waiting = PendingLeaf::Deposit { number, statement: ticket.statement.clone() };
        match self.draft.add(waiting, now) {
            Ok(_) => {
                self.ahead.insert(ticket.statement.id(), self.tickets.len());
                self.tickets.push(ticket);
            }
            // The clock was checked against this draft, and admission bounds the length.
            Err(error) => ticket.answer(Answer::Halted(Halt::Stopped(error.to_string()))),
        }
    }

    fn answer_all(self, answer: impl Fn() -> Answer) {
        let doubles = self.doubles.into_iter().map(|(_, ticket)| ticket);
        self.tickets.into_iter().chain(doubles).chain(self.repeats).for_each(|ticket| ticket.answer(answer()));
    }
}

/// All that collecting knows.
pub(in crate::sequencer) struct Collecting<C> {
    pub(in crate::sequencer) clock: Guard<C>,
    /// What the next block follows: the last one made, whether or not it is stored yet.
    pub(in crate::sequencer) tip: Tip,
    pub(in crate::sequencer) test: bool,
    growing: Option<Growing>,
    before: Before,
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
        let before = Before::default();
        Self { clock, tip, test, growing: None, before, taken, last_made, last_count: 0, randomness, looked: false }
    }

    /// Takes in what comes until there is something to be done.
    pub(in crate::sequencer) fn next<S: ReadLedger>(&mut self, inbox: &Inbox, store: &S, state: &State) -> Next {
        loop {
            let full = match self.take_in(store, state) {
                Ok(full) => full,
                Err(halt) => {
                    self.wait_for_clock(inbox, state, halt);
                    continue;
                }
            };
            if self.growing.is_none() {
                if let Some(next) = self.wait_for_anything(inbox) {
                    return next;
                }
            } else if self.is_ripe(inbox, full) {
                if let Some(growing) = self.growing.take_if(|growing| growing.tickets.is_empty()) {
                    return Next::Repeats(growing.repeats);
                }
                match self.close(state) {
                    Ok(Some(made)) => return Next::Block(Box::new(made)),
                    Ok(None) => {}
                    Err(halt) => self.wait_for_clock(inbox, state, halt),
                }
            }
        }
    }

    /// Looks at what was taken, as far as the block holds it; whether it is full. `Err` when the clock is bad.
    fn take_in<S: ReadLedger>(&mut self, store: &S, state: &State) -> Result<bool, Halt> {
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
            if let Err(halt) = state.writing() {
                ticket.answer(Answer::Halted(halt));
                continue;
            }
            let last = self.growing.as_ref().map_or(self.tip.last_time, |growing| growing.draft.last_time());
            match self.now(last, state) {
                Ok(now) => self.enter(*ticket, now, store),
                Err(halt) => {
                    ticket.answer(Answer::Halted(halt.clone()));
                    return Err(halt);
                }
            }
        }
    }

    fn enter<S: ReadLedger>(&mut self, ticket: Ticket, now: Timestamp, store: &S) {
        let tip = &self.tip;
        let growing = self.growing.get_or_insert_with(|| Growing::on(tip));
        let Some(ticket) = growing.unless_here(ticket) else { return };
        let id = ticket.statement.id();
        if self.before.statements.contains_key(&id) {
            growing.repeats.push(ticket);
            return;
        }
        let answer = match store.find_statement(&id) {
            Ok(Some(index)) => Answer::Exists(index),
            Err(error) => Answer::Unreadable(error),
            Ok(None) => {
                let statement = ticket.statement.note().statement();
                let (chain, ledger) = (Chain(store), self.tip.origin.as_str());
                match growing.streams.admit(&chain, ledger, &self.before.streams, statement) {
                    Ok(Ok(())) => match draw(self.test, now, &mut self.randomness, |_| Ok(Ok(()))) {
                        Ok(number) => return growing.add(ticket, number, now),
                        Err(answer) => answer,
                    },
                    Ok(Err(refusal)) => Answer::Refused(refusal),
                    Err(error) => Answer::Unreadable(error),
                }
            }
        };
        ticket.answer(answer);
        if growing.tickets.is_empty() && growing.repeats.is_empty() {
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
        let ready = |state: &Arrivals| !state.sealing && (state.closed || state.rework) || !state.messages.is_empty();
        let (next, _) = inbox.wait_until(Some(IDLE), 1, ready, |state| {
            taken.append(&mut state.messages);
            match (state.rework, state.sealing) {
                (true, false) => Some(Next::Rework),
                _ if !taken.is_empty() => None,
                (_, false) if state.closed => Some(Next::End),
                (_, false) => Some(Next::Idle),
                (_, true) => None,
            }
        });
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
        let enough = |state: &Arrivals| state.closed || state.rework || state.messages.len() >= WORTH_WAKING;
        let ((_, more), _) = inbox.wait_until(Some(rest.min(QUIET)), WORTH_WAKING, enough, &mut take);
        !more
    }

    /// Closes the block; `None` when all that was in it is answered already.
    fn close(&mut self, state: &State) -> Result<Option<Made>, Halt> {
        let Some(growing) = self.growing.take() else { return Ok(None) };
        let now = match self.now(growing.draft.last_time(), state) {
            Ok(now) => now,
            Err(halt) => {
                growing.answer_all(|| Answer::Halted(halt.clone()));
                return Err(halt);
            }
        };
        let Growing { draft, tickets, doubles, repeats, ahead, streams } = growing;
        (self.last_made, self.last_count, self.looked) = (Instant::now(), tickets.len(), false);
        match draft.seal(now) {
            Ok(block) => {
                self.clock.sealed();
                self.tip = block.tip.clone();
                self.before = Before { statements: ahead, streams };
                Ok(Some(Made { block, tickets, doubles, repeats }))
            }
            Err(error) => {
                // The clock was checked, and nothing is closed that is empty.
                let all = tickets.into_iter().chain(doubles.into_iter().map(|(_, ticket)| ticket)).chain(repeats);
                all.for_each(|ticket| ticket.answer(Answer::Halted(Halt::Stopped(error.to_string()))));
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
    ) -> Result<Option<Made>, Halt> {
        self.follow(tip);
        let now = match self.now(tip.last_time, state) {
            Ok(now) => now,
            Err(halt) => {
                for ticket in tickets {
                    ticket.answer(Answer::Halted(halt.clone()));
                }
                return Err(halt);
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
    pub(in crate::sequencer) fn now(&mut self, last: Timestamp, state: &State) -> Result<Timestamp, Halt> {
        // State first: a client that is told that deposits are paused must find the node saying so, too.
        self.clock.check(last).map_err(|fault| state.pause(Pause::Clock(fault)))
    }

    /// Answers all that came in, and the block in the making, that nothing is sealed.
    pub(in crate::sequencer) fn give_up(&mut self, inbox: &Inbox, halt: &Halt) {
        if let Some(growing) = self.growing.take() {
            growing.answer_all(|| Answer::Halted(halt.clone()));
        }
        self.taken.append(&mut inbox.change(|state| std::mem::take(&mut state.messages)));
        self.taken.drain(..).for_each(|message| message.halted(halt));
    }

    /// Waits up to `patience` for something to come in, and takes it; whether nothing more will come.
    pub(in crate::sequencer) fn wait_up_to(&mut self, inbox: &Inbox, patience: Duration) -> bool {
        let taken = &mut self.taken;
        let enough = |state: &Arrivals| state.closed || !state.messages.is_empty();
        let (closed, _) = inbox.wait_until(Some(patience), 1, enough, |state| {
            taken.append(&mut state.messages);
            state.closed
        });
        closed
    }

    /// Follows `tip`, with nothing in the making.
    pub(in crate::sequencer) fn follow(&mut self, tip: &Tip) {
        self.tip = tip.clone();
        self.before = Before::default();
        self.looked = false;
    }

    /// Rejects all deposits until the clock is right again, or confirmed, or nothing more will come.
    pub(in crate::sequencer) fn wait_for_clock(&mut self, inbox: &Inbox, state: &State, mut halt: Halt) {
        tracing::error!(reason = %halt, "deposits are paused until the clock is right again");
        loop {
            self.give_up(inbox, &halt);
            if !matches!(state.writing(), Err(Halt::Paused(Pause::Clock(_)))) {
                // Stopped, or to be recovered: the clock is looked at again with the next deposit.
                break;
            }
            if self.wait_up_to(inbox, CLOCK_RETRY) {
                self.give_up(inbox, &halt);
                break;
            }
            if let Some(confirmation) = state.take_confirmation() {
                let accepted = self.clock.accept(self.tip.last_time);
                if let Ok((now, ahead_ms)) = accepted {
                    tracing::warn!(%now, ahead_ms, "the operator confirmed the clock");
                }
                confirmation.answer(accepted);
            }
            match self.clock.check(self.tip.last_time) {
                Ok(_) => {
                    tracing::info!("the clock is right again");
                    state.resume(|pause| matches!(pause, Pause::Clock(_)));
                    return;
                }
                Err(fault) => halt = state.pause(Pause::Clock(fault)),
            }
        }
    }
}
