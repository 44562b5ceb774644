//! The other half of the sequencer's work: storing a block, signing it, answering whoever waits for it.
//!
//! # Invariants
//!
//! A ticket is answered `Sealed` only after its block is durable, read back, signed and marked. After an append or mark
//! whose outcome is unknown, or a read-back that disagrees, nothing is ever written again by this process: a restart
//! reads what is there.

use std::sync::Arc;

use tokio::time::Instant;

use crate::ledger::chain::{Block, Tip};
use crate::ledger::key::Signer;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::sequencer::collecting::Made;
use crate::sequencer::delivering::Post;
use crate::sequencer::pool::{Answer, SealedBlock, Ticket};

use crate::sequencer::seal::ReadBack;
use crate::sequencer::state::{State, Stop};
use crate::store::contract::{AppendError, AppendLedger, PrivateContent};
use crate::store::reading;
use crate::store::refusal::ErasureRefusal;

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
}

impl<S: AppendLedger> Sealing<S> {
    /// Seals a block and answers it. Where one of its deposits may not enter, all of them are turned back instead, unless
    /// each was `looked_at` before.
    pub(in crate::sequencer) fn seal(&mut self, made: Made, state: &State, looked_at: bool) {
        if let Err(reason) = state.writing() {
            made.answer_all(|| Answer::Stopped(reason.clone()));
            return;
        }
        let Made { block, mut tickets, doubles } = made;
        if block.base != self.tip.size() {
            // It was made to follow one that was turned back.
            self.turn_back(tickets, doubles);
            return;
        }
        let mut private = take_private(&mut tickets, &block);
        match self.store_and_sign(block, &private, &[]) {
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
                let reason = state.stops(&stop);
                tracing::error!(reason, "deposits are stopped until a restart");
                let doubles = doubles.into_iter().map(|(_, ticket)| ticket);
                tickets.into_iter().chain(doubles).for_each(|ticket| ticket.answer(Answer::Stopped(reason.clone())));
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
        let begun = Instant::now();
        self.store.append(&block, private, erasures).map_err(stopped)?;
        let appended = Instant::now();
        let published = self
            .read_back
            .then_sign(&*self.store, &self.signer, &block.tip)
            .map_err(|error| Stop::Fatal(error.to_string()))?;
        let checkpoint = published.checkpoint.note().to_string();
        self.store.publish(published).map_err(fatal)?;
        metrics::histogram!("tiezheng_append_seconds").record(appended.saturating_duration_since(begun));
        metrics::histogram!("tiezheng_seal_seconds").record(appended.elapsed());
        self.tip = block.tip.clone();
        let previous = LeafIndex(block.header.first.0.saturating_sub(1));
        let (header_path, previous_path) = (self.path(&block, block.header.index())?, self.path(&block, previous)?);
        let header_text = String::from_utf8_lossy(&block.header_bytes).into_owned();
        Ok(Arc::new(SealedBlock { block, header_text, header_path, previous_path, checkpoint }))
    }

    /// From memory; of one block in 256 the store has to be asked.
    fn path(&self, block: &Block, index: LeafIndex) -> Result<InclusionProof, Stop> {
        let asked = || reading::inclusion(&*self.store, index, block.tip.size());
        block.inclusion(index).map_or_else(asked, Ok).map_err(|error| Stop::Fatal(error.to_string()))
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

fn stopped(error: AppendError) -> Stop {
    match error {
        AppendError::Refused { refusal, .. } => Stop::Refused(refusal),
        error => fatal(error),
    }
}

/// Every other failure stops sealing: also those after which nothing was stored mean that this process and the store no
/// longer agree on what the chain is. Only what may be erased is for the store alone to say.
fn fatal(error: AppendError) -> Stop {
    match error {
        AppendError::Erasure(refusal) if refusal != ErasureRefusal::NoticeMismatch => Stop::Erasure(refusal),
        error => Stop::Fatal(error.to_string()),
    }
}
