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

use crate::ledger::chain::{self, Block, ChainError, Tip, Waiting};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::merkle::list::inclusion_many;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::{DepositNumber, RANDOM_BITS};
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::{Clock, Guard};
use crate::sequencer::pool::{Answer, Message, SealedBlock, Ticket};
use crate::sequencer::seal::read_back_and_sign;
use crate::store::admission::{Admitted, Appended};
use crate::store::contract::{AppendError, AppendLedger, ReadError, ReadLedger};
use crate::store::reading;
use crate::store::refusal::Refusal;

/// Most deposits of one block: 4,096 of 16 KiB each are 64 MiB, the most a block holds in memory.
pub const BATCH_MAX: usize = 4_096;
/// How often a clock that was refused is looked at again.
const CLOCK_RETRY: Duration = Duration::from_millis(200);
/// Draws before a number is given up on. One in five draws has unreadable check characters; sixty bits a day never run
/// out, so more than a few dozen draws mean a broken source of randomness.
const DRAWS_MAX: usize = 1_000;

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

    fn set(&self, writing: Result<(), String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = writing;
    }
}

/// Why a batch was not sealed.
enum Stop {
    /// For now: the clock. Look again.
    Clock(String),
    /// For good: what is stored is unknown or wrong.
    Fatal(String),
}

/// The published chain, as the rules of admission ask of it. Between blocks it is all that is appended.
struct Chain<'a, S>(&'a S);

impl<S: ReadLedger> Appended for Chain<'_, S> {
    fn has_statement(&self, id: &Digest) -> Result<bool, ReadError> {
        Ok(self.0.find_statement(id)?.is_some())
    }

    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.0.find_number(number)?.map(|index| reading::entry(self.0, index)).transpose()
    }

    fn has_number(&self, number: &DepositNumber) -> Result<bool, ReadError> {
        Ok(self.0.find_number(number)?.is_some())
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let Some(first) = self.0.find_subject(subject, 1)? else { return Ok((0, Vec::new())) };
        let owners = reading::entry(self.0, first)?.statement.statement().keys.clone();
        Ok((self.0.subject_length(subject)?, owners))
    }
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
            let (tickets, again) = next_batch(&mut queue);
            more = again;
            if tickets.is_empty() {
                continue;
            }
            match self.state.writing() {
                Ok(()) => {}
                Err(reason) => {
                    answer_all(tickets, || Answer::Stopped(reason.clone()));
                    continue;
                }
            }
            match self.seal(tickets) {
                Ok(()) => {}
                Err(Stop::Clock(reason)) => {
                    tracing::error!(reason, "deposits are stopped until the clock is good again");
                    more = self.wait_for_the_clock(&mut queue) && more;
                }
                Err(Stop::Fatal(reason)) => tracing::error!(reason, "deposits are stopped until a restart"),
            }
        }
        tracing::info!(size = self.tip.size().0, "sealing thread ended");
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
                    Message::Shutdown => return false,
                }
            }
        }
    }

    /// Seals one batch and answers it. On a stop all of it has been answered, too.
    fn seal(&mut self, tickets: Vec<Ticket>) -> Result<(), Stop> {
        let now = match self.clock.check(self.tip.last_time) {
            Ok(now) => now,
            Err(fault) => {
                // Whoever is told that deposits are stopped must find the node saying so, too: state first.
                self.state.set(Err(fault.to_string()));
                answer_all(tickets, || Answer::Stopped(fault.to_string()));
                return Err(Stop::Clock(fault.to_string()));
            }
        };
        let batch = self.admit(tickets, now);
        if batch.tickets.is_empty() {
            return Ok(());
        }
        match self.store_and_sign(&batch, now) {
            Ok((block, shared)) => {
                metrics::histogram!("tiezheng_block_deposits")
                    .record(u32::try_from(batch.tickets.len()).unwrap_or(u32::MAX));
                answer_sealed(batch, &block, &shared);
                Ok(())
            }
            Err(Stop::Clock(reason) | Stop::Fatal(reason)) => {
                self.state.set(Err(reason.clone()));
                batch.answer_all(|| Answer::Stopped(reason.clone()));
                Err(Stop::Fatal(reason))
            }
        }
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
    fn store_and_sign(&mut self, batch: &Batch, now: Timestamp) -> Result<(Block, Arc<SealedBlock>), Stop> {
        let pairs = batch.tickets.iter().zip(&batch.numbers);
        let waiting =
            pairs.map(|(ticket, number)| Waiting::Deposit { number: *number, statement: ticket.statement.clone() });
        let block = chain::next(&self.tip, waiting.collect(), now).map_err(|error| match error {
            ChainError::ClockRegressed { .. } => Stop::Clock(error.to_string()),
            _ => Stop::Fatal(error.to_string()),
        })?;
        let private: Vec<_> = (block.header.first.0..)
            .zip(&batch.tickets)
            .filter_map(|(index, ticket)| Some((LeafIndex(index), ticket.private.clone()?)))
            .collect();
        let begun = self.clock.monotonic();
        self.store.append(&block, &private).map_err(|error| fatal(&error))?;
        let appended = self.clock.monotonic();
        let published = read_back_and_sign(&*self.store, &self.signer, &self.tip, &block.tip)
            .map_err(|error| Stop::Fatal(error.to_string()))?;
        let checkpoint = published.checkpoint.note().to_string();
        self.store.publish(published).map_err(|error| fatal(&error))?;
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
    fn answer_all(self, answer: impl Fn() -> Answer) {
        self.tickets.into_iter().for_each(|ticket| ticket.answer(answer()));
        self.doubles.into_iter().for_each(|(_, ticket)| ticket.answer(answer()));
    }
}

/// Waits for a deposit, then takes what else is there. False once the shutdown message came: what was admitted before
/// it is in this batch or was in an earlier one.
fn next_batch(queue: &mut UnboundedReceiver<Message>) -> (Vec<Ticket>, bool) {
    let mut tickets = Vec::new();
    let mut next = queue.blocking_recv();
    loop {
        match next {
            Some(Message::Deposit(ticket)) => tickets.push(*ticket),
            Some(Message::Shutdown) => queue.close(),
            None => return (tickets, false),
        }
        if tickets.len() == BATCH_MAX {
            return (tickets, true);
        }
        match queue.try_recv() {
            Ok(message) => next = Some(message),
            Err(tokio::sync::mpsc::error::TryRecvError::Empty) => return (tickets, true),
            Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return (tickets, false),
        }
    }
}

/// Draws numbers until one is readable and free.
fn draw(
    test: bool,
    now: Timestamp,
    mut admit: impl FnMut(DepositNumber) -> Result<Result<(), Refusal>, ReadError>,
) -> Result<DepositNumber, Answer> {
    for _ in 0..DRAWS_MAX {
        let random = match getrandom::u64() {
            Ok(random) => random >> (u64::BITS - RANDOM_BITS),
            Err(error) => return Err(Answer::Stopped(format!("no randomness: {error}"))),
        };
        let Some(number) = DepositNumber::draw(test, now.beijing_date(), random) else { continue };
        match admit(number) {
            Ok(Ok(())) => return Ok(number),
            Ok(Err(Refusal::NumberTaken)) => {}
            Ok(Err(refusal)) => return Err(Answer::Refused(refusal)),
            Err(error) => return Err(Answer::Unreadable(error)),
        }
    }
    Err(Answer::Stopped("no free number was drawn: the source of randomness is broken".into()))
}

fn answer_all(tickets: Vec<Ticket>, answer: impl Fn() -> Answer) {
    for ticket in tickets {
        ticket.answer(answer());
    }
}

fn answer_sealed(batch: Batch, block: &Block, shared: &Arc<SealedBlock>) {
    let hashes: Vec<Digest> = block.leaves.iter().map(|leaf| leaf.hash).collect();
    let paths = inclusion_many(&hashes);
    let answer = |position: usize, path: &InclusionProof, fresh| Answer::Sealed {
        block: Arc::clone(shared),
        entry: block
            .leaves
            .get(position)
            .map_or_else(String::new, |leaf| String::from_utf8_lossy(&leaf.bytes).into_owned()),
        index: LeafIndex(block.header.first.0 + position as u64),
        path: path.clone(),
        fresh,
    };
    for (position, ticket) in batch.doubles {
        if let Some(path) = paths.get(position) {
            ticket.answer(answer(position, path, false));
        }
    }
    for (position, (ticket, path)) in batch.tickets.into_iter().zip(&paths).enumerate() {
        ticket.answer(answer(position, path, true));
    }
}

/// Every failed append stops sealing: also those after which nothing was stored mean that this process and the store
/// no longer agree on what the chain is.
fn fatal(error: &AppendError) -> Stop {
    Stop::Fatal(error.to_string())
}
