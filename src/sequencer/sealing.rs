//! The other half of the sequencer's work: storing a block, signing it, answering whoever waits for it.
//!
//! # Invariants
//!
//! A ticket is answered `Sealed` only after its block is durable, read back, signed and marked. After an append or mark
//! whose outcome is unknown, or a read-back that disagrees, nothing is ever written again by this process: a restart
//! reads what is there. After a shortage nothing is written before `Sealing::recover` has done what a restart does.

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::chain::{Block, Tip};
use crate::ledger::key::Signer;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::sequencer::collecting::Made;
use crate::sequencer::delivering::Post;
use crate::sequencer::pool::{Answer, SealedBlock, Ticket};

use crate::sequencer::clock::Clock;
use crate::sequencer::recovery::{StartError, sign_what_is_appended};
use crate::sequencer::seal::{Disagreement, ReadBack};
use crate::sequencer::state::{Halt, Pause, State, Stop, unreadable};
use crate::store::contract::{AppendLedger, PrivateContent, ReadError};
use crate::store::reading;
use crate::store::shortage::Shortage;

/// A block takes some milliseconds. One that takes this long is logged: the disk stalls.
const SLOW: Duration = Duration::from_secs(1);

/// All that sealing knows.
pub(in crate::sequencer) struct Sealing<S> {
    pub(in crate::sequencer) store: Arc<S>,
    pub(in crate::sequencer) signer: Signer,
    /// The end of the chain as it is stored and signed.
    pub(in crate::sequencer) tip: Tip,
    pub(in crate::sequencer) read_back: ReadBack,
    pub(in crate::sequencer) post: Arc<Post>,
    /// Deposits of a block that the store refused, in their order.
    pub(in crate::sequencer) turned_back: Vec<Ticket>,
    /// Why a seal failed after which the store must recover before the next one.
    pub(in crate::sequencer) to_recover: Option<Pause>,
    /// Measures how long writes take.
    pub(in crate::sequencer) clock: Arc<dyn Clock>,
}

impl<S: AppendLedger> Sealing<S> {
    /// Seals a block and answers it. Where one of its deposits may not enter, all of them are turned back instead, unless
    /// each was `looked_at` before.
    pub(in crate::sequencer) fn seal(&mut self, made: Made, state: &State, looked_at: bool) {
        if let Some(halt) = state.writing().err().filter(|halt| !halt.is_for_the_clock()) {
            made.answer_all(|| Answer::Halted(halt.clone()));
            return;
        }
        let Made { block, mut tickets, doubles, repeats } = made;
        self.answer_repeats(repeats);
        if block.base != self.tip.size() {
            // It was made to follow one that was turned back.
            self.turn_back(tickets, doubles);
            return;
        }
        let mut private = take_private(&mut tickets, &block);
        state.storing(tickets.iter().map(|ticket| ticket.since).min());
        let stored = self.store_and_sign(block, &private, &[]);
        state.storing(None);
        match stored {
            Ok(sealed) => {
                metrics::histogram!("tiezheng_block_deposits").record(u32::try_from(tickets.len()).unwrap_or(u32::MAX));
                let answer = |position, fresh| Answer::Sealed { sealed: Arc::clone(&sealed), position, fresh };
                let again = doubles.into_iter().map(|(position, ticket)| (ticket, answer(position, false)));
                let fresh = (0..).zip(tickets).map(|(position, ticket)| (ticket, answer(position, true)));
                self.post.take(again.chain(fresh).collect());
            }
            Err(Stop::Refused(_)) if !looked_at => {
                give_back(&mut tickets, &mut private, self.tip.size().next_index());
                self.turn_back(tickets, doubles);
            }
            Err(stop) => {
                let halt = self.ended_by(stop, state);
                let doubles = doubles.into_iter().map(|(_, ticket)| ticket);
                tickets.into_iter().chain(doubles).for_each(|ticket| ticket.answer(Answer::Halted(halt.clone())));
            }
        }
    }

    /// What a failed seal means for those that follow.
    pub(in crate::sequencer) fn ended_by(&mut self, stop: Stop, state: &State) -> Halt {
        let halt = state.ended_by(stop);
        if let Halt::Paused(pause) = &halt {
            self.to_recover = Some(pause.clone());
        }
        halt
    }

    /// Does what a start does, on the store as it is after a failure: opens it anew if a write failed, reads its tip, and
    /// reads back and signs what is appended and not signed.
    pub(in crate::sequencer) fn recover(&mut self) -> Result<(), Stop> {
        self.store.recover()?;
        sign_what_is_appended(&*self.store, &self.signer)?;
        let tip = self.store.tip().map_err(StartError::from)?;
        self.read_back = ReadBack::from(&tip);
        self.tip = tip;
        self.to_recover = None;
        Ok(())
    }

    /// Answers tickets whose statement was in the block before: it is on the chain now, or that block was rejected.
    pub(in crate::sequencer) fn answer_repeats(&mut self, repeats: Vec<Ticket>) {
        for ticket in repeats {
            match self.store.find_statement(&ticket.statement.id()) {
                Ok(Some(index)) => ticket.answer(Answer::Exists(index)),
                Ok(None) => self.turned_back.push(ticket),
                Err(error) => ticket.answer(Answer::Unreadable(error)),
            }
        }
    }

    fn turn_back(&mut self, tickets: Vec<Ticket>, doubles: Vec<(usize, Ticket)>) {
        self.turned_back.extend(tickets.into_iter().chain(doubles.into_iter().map(|(_, ticket)| ticket)));
    }

    /// The path of a block: append, read back, sign, mark.
    pub(in crate::sequencer) fn store_and_sign(
        &mut self,
        block: Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<Arc<SealedBlock>, Stop> {
        let begun = self.clock.monotonic();
        self.store.ready_to_append()?;
        self.store.append(&block, private, erasures)?;
        let appended = self.clock.monotonic();
        let published = self.read_back.then_sign(&*self.store, &self.signer, &block.tip).map_err(StartError::from)?;
        let checkpoint = published.checkpoint.note().to_string();
        self.store.publish(published)?;
        let (append, publish) = (appended.saturating_sub(begun), self.clock.monotonic().saturating_sub(appended));
        metrics::histogram!("tiezheng_append_seconds").record(append);
        metrics::histogram!("tiezheng_seal_seconds").record(publish);
        if append + publish > SLOW {
            let (append_ms, publish_ms) = (append.as_millis(), publish.as_millis());
            tracing::warn!(append_ms, publish_ms, "the disk was slow to store and sign a block");
        }
        self.tip = block.tip.clone();
        let previous = LeafIndex(block.header.first.0.saturating_sub(1));
        let (header_path, previous_path) = (self.path(&block, block.header.index())?, self.path(&block, previous)?);
        let header_text = String::from_utf8_lossy(&block.header_bytes).into_owned();
        Ok(Arc::new(SealedBlock { block, header_text, header_path, previous_path, checkpoint }))
    }

    /// From memory; of one block in 256 the store has to be asked.
    fn path(&self, block: &Block, index: LeafIndex) -> Result<InclusionProof, Stop> {
        let asked = || reading::inclusion(&*self.store, index, block.tip.size());
        block.inclusion(index).map_or_else(asked, Ok).map_err(|error| StartError::from(error).into())
    }
}

/// What keeps a start from succeeding, in a node that runs. A read-back that failed for lack of a resource says nothing about
/// what is stored; any other failed read-back does.
impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Append(error) => error.into(),
            StartError::Read(ReadError::Unavailable(reason)) => Self::Paused(unreadable(reason)),
            StartError::Disagreement(Disagreement::Read(ReadError::Unavailable(reason)))
                if Shortage::in_message(&reason).is_some() =>
            {
                Self::Paused(unreadable(reason))
            }
            error => Self::Fatal(error.to_string()),
        }
    }
}

/// Private content of the deposits, by the places they will have.
fn take_private(tickets: &mut [Ticket], block: &Block) -> Vec<(LeafIndex, PrivateContent)> {
    let places = (block.base.0..).map(LeafIndex).zip(tickets);
    let brought = places.filter(|(_, ticket)| !ticket.private.is_empty());
    brought.map(|(index, ticket)| (index, std::mem::take(&mut ticket.private))).collect()
}

/// The reverse, for a block that would have begun at `first`.
fn give_back(tickets: &mut [Ticket], private: &mut Vec<(LeafIndex, PrivateContent)>, first: LeafIndex) {
    for (index, content) in private.drain(..) {
        let position = usize::try_from(index.0 - first.0).unwrap_or(usize::MAX);
        if let Some(ticket) = tickets.get_mut(position) {
            ticket.private = content;
        }
    }
}
