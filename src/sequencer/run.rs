//! The one thread that seals: takes a batch, makes the block, stores it, signs it, answers.
//!
//! While a block is being fsynced the next batch collects in the pool; nothing waits when the node is idle, and batches
//! fill by themselves under load.
//!
//! # Invariants
//!
//! A ticket is answered `Sealed` only after its block is durable, read back, signed and marked. After an append or mark
//! whose outcome is unknown, or a read-back that disagrees, nothing is ever written again by this process: a restart
//! reads what is there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;

use crate::ledger::chain::{self, Block, ChainError, Tip, Waiting};
use crate::ledger::hash::Digest;
use crate::ledger::key::Signer;
use crate::ledger::merkle::list::inclusion_many;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admitting::{Chain, draw};
use crate::sequencer::clock::{Clock, Guard};
use crate::sequencer::pool::{Answer, Erasure, Message, Outcome, SealedBlock, Ticket};
use crate::sequencer::seal::read_back_and_sign;
use crate::store::admission::Admitted;
use crate::store::contract::{AppendError, AppendLedger, PrivateContent, ReadError};
use crate::store::reading;
use crate::store::refusal::ErasureRefusal;

/// Most deposits of one block: 4,096 of 16 KiB each are 64 MiB, the most a block holds in memory.
pub const BATCH_MAX: usize = 4_096;
/// How often a clock that was refused is looked at again.
const CLOCK_RETRY: Duration = Duration::from_millis(200);
/// What others may see of the sealing thread.
#[derive(Debug)]
pub struct State(Mutex<Result<(), String>>);

impl State {
    /// Sealing.
    #[must_use]
    pub const fn sealing() -> Self {
        Self(Mutex::new(Ok(())))
    }

    /// `Err` with the reason when sealing has stopped.
    ///
    /// # Errors
    ///
    /// The reason, for people.
    pub fn writing(&self) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::sequencer) fn set(&self, writing: Result<(), String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = writing;
    }
}

/// Why a block was not sealed.
pub(in crate::sequencer) enum Stop {
    /// For now: the clock. Look again.
    Clock(String),
    /// For good: what is stored is unknown or wrong.
    Fatal(String),
    /// Not at all: what was to be erased is not there, and nothing was stored.
    Erasure(ErasureRefusal),
}

/// Everything the sealing thread owns.
pub(in crate::sequencer) struct Run<S, C> {
    pub(in crate::sequencer) store: Arc<S>,
    pub(in crate::sequencer) signer: Signer,
    pub(in crate::sequencer) clock: Guard<C>,
    pub(in crate::sequencer) tip: Tip,
    pub(in crate::sequencer) test: bool,
    pub(in crate::sequencer) state: Arc<State>,
}

/// A batch after admission: what goes into the block, and who waits for what.
#[derive(Default)]
struct Batch {
    tickets: Vec<Ticket>,
    numbers: Vec<DepositNumber>,
    /// Tickets whose statement is already in this batch, with its position.
    doubles: Vec<(usize, Ticket)>,
}

impl<S: AppendLedger, C: Clock> Run<S, C> {
    /// Seals until shutdown; answers everyone who was admitted.
    pub(in crate::sequencer) fn seal_all(mut self, mut queue: UnboundedReceiver<Message>) {
        let mut more = true;
        while more {
            let taken = next_batch(&mut queue);
            more = taken.more;
            if !taken.tickets.is_empty() {
                let sealed = self.seal(taken.tickets);
                more = self.goes_on(sealed, &mut queue) && more;
            }
            if let Some(erasure) = taken.erasure {
                let sealed = self.erase(*erasure);
                more = self.goes_on(sealed, &mut queue) && more;
            }
        }
        tracing::info!(size = self.tip.size().0, "sealing thread ended");
    }

    /// What follows from a stop; false at shutdown.
    fn goes_on(&mut self, sealed: Result<(), Stop>, queue: &mut UnboundedReceiver<Message>) -> bool {
        match sealed {
            Ok(()) => true,
            Err(Stop::Clock(reason)) => {
                tracing::error!(reason, "deposits are stopped until the clock is good again");
                self.wait_for_the_clock(queue)
            }
            Err(Stop::Fatal(reason)) => {
                tracing::error!(reason, "deposits are stopped until a restart");
                true
            }
            Err(Stop::Erasure(refusal)) => {
                tracing::warn!(%refusal, "nothing was erased");
                true
            }
        }
    }

    /// Turns deposits away until the clock is good again; false at shutdown.
    fn wait_for_the_clock(&mut self, queue: &mut UnboundedReceiver<Message>) -> bool {
        loop {
            std::thread::sleep(CLOCK_RETRY);
            let reason = match self.clock.check(self.tip.last_time) {
                Ok(_) => {
                    tracing::info!("the clock is good again");
                    self.state.set(Ok(()));
                    return true;
                }
                Err(fault) => fault.to_string(),
            };
            self.state.set(Err(reason.clone()));
            while let Ok(message) = queue.try_recv() {
                match message {
                    Message::Deposit(ticket) => ticket.answer(Answer::Stopped(reason.clone())),
                    Message::Erase(erasure) => erasure.answer(Outcome::Failed(Answer::Stopped(reason.clone()))),
                    Message::Shutdown => return false,
                }
            }
        }
    }

    /// Seals one batch and answers it. On a stop all of it has been answered, too.
    fn seal(&mut self, tickets: Vec<Ticket>) -> Result<(), Stop> {
        if let Err(reason) = self.state.writing() {
            answer_all(tickets, || Answer::Stopped(reason.clone()));
            return Ok(());
        }
        let now = match self.now() {
            Ok(now) => now,
            Err(reason) => {
                answer_all(tickets, || Answer::Stopped(reason.clone()));
                return Err(Stop::Clock(reason));
            }
        };
        let batch = self.admit(tickets, now);
        if batch.tickets.is_empty() {
            return Ok(());
        }
        match self.store_and_sign(batch.waiting(), &batch.private(&self.tip), &[], now) {
            Ok((block, shared)) => {
                metrics::histogram!("tiezheng_block_deposits")
                    .record(u32::try_from(batch.tickets.len()).unwrap_or(u32::MAX));
                answer_sealed(batch, &block, &shared);
                Ok(())
            }
            Err(stop) => {
                let reason = self.stops(&stop);
                batch.answer_all(|| Answer::Stopped(reason.clone()));
                Err(Stop::Fatal(reason))
            }
        }
    }

    /// The time for the next block, or why there is none.
    pub(in crate::sequencer) fn now(&mut self) -> Result<Timestamp, String> {
        self.clock.check(self.tip.last_time).map_err(|fault| {
            // Whoever is told that deposits are stopped must find the node saying so, too: state first.
            self.state.set(Err(fault.to_string()));
            fault.to_string()
        })
    }

    /// Writing stops; the reason.
    pub(in crate::sequencer) fn stops(&self, stop: &Stop) -> String {
        let reason = match stop {
            Stop::Clock(reason) | Stop::Fatal(reason) => reason.clone(),
            Stop::Erasure(refusal) => refusal.to_string(),
        };
        self.state.set(Err(reason.clone()));
        reason
    }

    /// Draws a number for each deposit and applies the rules; answers those that do not enter.
    fn admit(&self, tickets: Vec<Ticket>, now: Timestamp) -> Batch {
        let chain = Chain(&*self.store);
        let ledger = self.tip.origin.as_str();
        let mut batch = Batch::default();
        let mut admitted = Admitted::new();
        let mut ahead: HashMap<Digest, usize> = HashMap::with_capacity(tickets.len());
        for ticket in tickets {
            let id = ticket.statement.id();
            if let Some(position) = ahead.get(&id) {
                batch.doubles.push((*position, ticket));
                continue;
            }
            let answer = match self.store.find_statement(&id) {
                Ok(Some(index)) => Answer::Exists(index),
                Err(error) => Answer::Unreadable(error),
                Ok(None) => {
                    let numbered = draw(self.test, now, |number| {
                        admitted.admit(&chain, ledger, number, id, ticket.statement.statement())
                    });
                    match numbered {
                        Ok(number) => {
                            ahead.insert(id, batch.tickets.len());
                            batch.numbers.push(number);
                            batch.tickets.push(ticket);
                            continue;
                        }
                        Err(answer) => answer,
                    }
                }
            };
            ticket.answer(answer);
        }
        batch
    }

    /// The path of a block: make, append, read back, sign, mark.
    pub(in crate::sequencer) fn store_and_sign(
        &mut self,
        waiting: Vec<Waiting>,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
        now: Timestamp,
    ) -> Result<(Block, Arc<SealedBlock>), Stop> {
        let block = chain::next(&self.tip, waiting, now).map_err(|error| match error {
            ChainError::ClockRegressed { .. } => Stop::Clock(error.to_string()),
            _ => Stop::Fatal(error.to_string()),
        })?;
        let begun = self.clock.monotonic();
        self.store.append(&block, private, erasures).map_err(fatal)?;
        let appended = self.clock.monotonic();
        let published = read_back_and_sign(&*self.store, &self.signer, &self.tip, &block.tip)
            .map_err(|error| Stop::Fatal(error.to_string()))?;
        let checkpoint = published.checkpoint.note().to_string();
        self.store.publish(published).map_err(fatal)?;
        metrics::histogram!("tiezheng_append_seconds").record(appended.saturating_sub(begun));
        metrics::histogram!("tiezheng_seal_seconds").record(self.clock.monotonic().saturating_sub(appended));
        metrics::gauge!("tiezheng_clock_waited_seconds").set(self.clock.waited().as_secs_f64());
        self.tip = block.tip.clone();
        self.clock.sealed();
        let shared = self.shared(&block, checkpoint).map_err(|error| Stop::Fatal(error.to_string()))?;
        Ok((block, Arc::new(shared)))
    }

    /// What all receipts of the block share.
    fn shared(&self, block: &Block, checkpoint: String) -> Result<SealedBlock, ReadError> {
        let size = block.tip.size();
        let previous = LeafIndex(block.header.first.0.saturating_sub(1));
        Ok(SealedBlock {
            header_text: String::from_utf8_lossy(&block.header_bytes).into_owned(),
            header_path: reading::inclusion(&*self.store, block.header.index(), size)?,
            previous_path: reading::inclusion(&*self.store, previous, size)?,
            header: block.header.clone(),
            checkpoint,
        })
    }
}

impl Batch {
    fn waiting(&self) -> Vec<Waiting> {
        let pairs = self.tickets.iter().zip(&self.numbers);
        pairs
            .map(|(ticket, number)| Waiting::Deposit { number: *number, statement: ticket.statement.clone() })
            .collect()
    }

    /// Private content of the deposits, as they will stand behind `tip`.
    fn private(&self, tip: &Tip) -> Vec<(LeafIndex, PrivateContent)> {
        let places = (tip.size().0..).map(LeafIndex).zip(&self.tickets);
        let brought = places.filter(|(_, ticket)| !ticket.private.is_empty());
        brought.map(|(index, ticket)| (index, ticket.private.clone())).collect()
    }

    fn answer_all(self, answer: impl Fn() -> Answer) {
        self.tickets.into_iter().for_each(|ticket| ticket.answer(answer()));
        self.doubles.into_iter().for_each(|(_, ticket)| ticket.answer(answer()));
    }
}

/// What was taken from the queue at once.
struct Taken {
    tickets: Vec<Ticket>,
    /// Came after the tickets; what came after it is still in the queue.
    erasure: Option<Box<Erasure>>,
    more: bool,
}

/// Waits for a deposit, then takes what else is there, up to an erasure. No more once the shutdown message came: what was
/// admitted before it is in this batch or was in an earlier one.
fn next_batch(queue: &mut UnboundedReceiver<Message>) -> Taken {
    let mut tickets = Vec::new();
    let mut next = queue.blocking_recv();
    loop {
        match next {
            Some(Message::Deposit(ticket)) => tickets.push(*ticket),
            Some(Message::Erase(erasure)) => return Taken { tickets, erasure: Some(erasure), more: true },
            Some(Message::Shutdown) => queue.close(),
            None => return Taken { tickets, erasure: None, more: false },
        }
        if tickets.len() == BATCH_MAX {
            return Taken { tickets, erasure: None, more: true };
        }
        match queue.try_recv() {
            Ok(message) => next = Some(message),
            Err(TryRecvError::Empty) => return Taken { tickets, erasure: None, more: true },
            Err(TryRecvError::Disconnected) => return Taken { tickets, erasure: None, more: false },
        }
    }
}

fn answer_all(tickets: Vec<Ticket>, answer: impl Fn() -> Answer) {
    for ticket in tickets {
        ticket.answer(answer());
    }
}

fn answer_sealed(batch: Batch, block: &Block, shared: &Arc<SealedBlock>) {
    let hashes: Vec<Digest> = block.leaves.iter().map(|leaf| leaf.hash).collect();
    let paths = inclusion_many(&hashes);
    for (position, ticket) in batch.doubles {
        if let Some(path) = paths.get(position) {
            ticket.answer(sealed(block, shared, position, path, false));
        }
    }
    for (position, (ticket, path)) in batch.tickets.into_iter().zip(&paths).enumerate() {
        ticket.answer(sealed(block, shared, position, path, true));
    }
}

/// The answer to whoever brought the deposit at `position` of the block.
pub(in crate::sequencer) fn sealed(
    block: &Block,
    shared: &Arc<SealedBlock>,
    position: usize,
    path: &InclusionProof,
    fresh: bool,
) -> Answer {
    let entry = block.leaves.get(position).map(|leaf| String::from_utf8_lossy(&leaf.bytes).into_owned());
    Answer::Sealed {
        block: Arc::clone(shared),
        entry: entry.unwrap_or_default(),
        index: LeafIndex(block.header.first.0 + position as u64),
        path: path.clone(),
        fresh,
    }
}

/// Every failed append stops sealing: also those after which nothing was stored mean that this process and the store
/// no longer agree on what the chain is. Only what may be erased is for the store alone to say.
fn fatal(error: AppendError) -> Stop {
    match error {
        AppendError::Erasure(refusal) if refusal != ErasureRefusal::NoticeMismatch => Stop::Erasure(refusal),
        error => Stop::Fatal(error.to_string()),
    }
}
