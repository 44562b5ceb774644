//! Commits an erasure: the `erased` notice, the tombstones, and the act that orders or carries it out, in one block.
//!
//! # Invariants
//!
//! The block goes through the same states as any other. If the act is not admitted, or one piece cannot be erased, nothing
//! is stored. No other commit is in progress.
//!
//! Not here: whether the erasure is permitted (the filing service), erasing the bytes from the disk (the store).

use std::collections::HashSet;

use crate::ledger::chain::{self, PendingLeaf};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Notice, NoticeKind, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::query::records;
use crate::sequencer::admission::{NumberCheck, NumberSource, admit};
use crate::sequencer::clock::Clock;
use crate::sequencer::collector::Collector;
use crate::sequencer::committer::Committer;
use crate::sequencer::ledger_keys::SignError;
use crate::sequencer::queue::Inbox;
use crate::sequencer::request::{DepositOutcome, ErasureOutcome, PendingErasure};
use crate::sequencer::state::{CommitError, SequencerState};
use crate::store::admission::Streams;
use crate::store::traits::{LedgerReader, LogStore, PrivatePiece, ReadError};

impl<S: LogStore + ?Sized> Committer<S> {
    /// Commits one erasure and resolves it.
    pub(in crate::sequencer) fn erase<C: Clock>(
        &mut self,
        collector: &mut Collector<C>,
        inbox: &Inbox,
        state: &SequencerState,
        erasure: PendingErasure,
    ) {
        if let Err(halt) = state.writing() {
            erasure.halt(&halt);
            return;
        }
        let now = match collector.now(self.tip().last_time, state) {
            Ok(now) => now,
            Err(halt) => {
                erasure.halt(&halt);
                collector.wait_for_clock(inbox, state, halt);
                return;
            }
        };
        let number = match self.admit_act(&erasure, &mut collector.numbers, now) {
            Ok(number) => number,
            Err(outcome) => {
                erasure.resolve(outcome);
                return;
            }
        };
        state.set_committing_since(Some(erasure.queued_at));
        let committed = self.commit_erasure(&erasure, number, now);
        state.set_committing_since(None);
        let outcome = match committed {
            Ok(outcome) => {
                collector.clock.block_completed();
                collector.follow(self.tip());
                outcome
            }
            Err(CommitError::Erasure(refusal)) => {
                tracing::warn!(%refusal, "nothing was erased");
                ErasureOutcome::Rejected(refusal)
            }
            Err(error) => ErasureOutcome::Failed(DepositOutcome::Halted(self.halt_after(error, state))),
        };
        erasure.resolve(outcome);
    }

    /// Admits the act and draws its number. `None` if the erasure has no act.
    ///
    /// # Errors
    ///
    /// The outcome of the erasure.
    fn admit_act(
        &self,
        erasure: &PendingErasure,
        numbers: &mut NumberSource,
        now: Timestamp,
    ) -> Result<Option<DepositNumber>, ErasureOutcome> {
        let Some((statement, _)) = &erasure.act else { return Ok(None) };
        let (mut streams, mut drawn) = (Streams::default(), HashSet::new());
        let streams = (&mut streams, &Streams::default());
        let numbers = (numbers, NumberCheck::Check(&mut drawn));
        match admit(self.store(), self.tip().origin.as_str(), statement, streams, numbers, now) {
            Ok(number) => Ok(Some(number)),
            Err(DepositOutcome::Exists(act)) => match notice_with(self.store(), &erasure.pieces, act) {
                Ok(Some(notice)) => Err(ErasureOutcome::Published { notice, act: Some(DepositOutcome::Exists(act)) }),
                Ok(None) => Err(ErasureOutcome::ActExists(act)),
                Err(error) => Err(ErasureOutcome::Failed(DepositOutcome::Unreadable(error))),
            },
            Err(outcome) => Err(ErasureOutcome::Failed(outcome)),
        }
    }

    /// The act is the first leaf of the block, the notice the next.
    fn commit_erasure(
        &mut self,
        erasure: &PendingErasure,
        number: Option<DepositNumber>,
        now: Timestamp,
    ) -> Result<ErasureOutcome, CommitError> {
        let notice = Notice {
            ledger: self.tip().origin.clone(),
            received: now,
            kind: NoticeKind::Erased { pieces: erasure.pieces.clone() },
        };
        let notice = notice.sign(&[self.signer()?]).map_err(SignError::from)?;
        let first = self.tip().size().next_index();
        let (mut leaves, mut private) = (Vec::new(), Vec::new());
        if let Some(((statement, content), number)) = erasure.act.as_ref().zip(number) {
            leaves.push(PendingLeaf::Deposit { number, statement: statement.clone() });
            if !content.is_empty() {
                private.push((first, content.clone()));
            }
        }
        let notice_index = LeafIndex(first.0 + leaves.len() as u64);
        leaves.push(PendingLeaf::Notice(notice));
        let block = chain::next(self.tip(), leaves, now)?;
        let block = self.publish(block, &private, &erasure.pieces)?;
        let act = number.map(|_| DepositOutcome::Published { block, position: 0, fresh: true });
        Ok(ErasureOutcome::Published { notice: notice_index, act })
    }
}

/// The notice that erased exactly `pieces` in the block of the deposit at `act`.
fn notice_with<S: LedgerReader + ?Sized>(
    store: &S,
    pieces: &[ErasedPiece],
    act: LeafIndex,
) -> Result<Option<LeafIndex>, ReadError> {
    let Some(first) = pieces.first() else { return Ok(None) };
    let content = match first.piece {
        Piece::Metadata => store.private(first.index),
        Piece::Annex(commitment) => store.annex(first.index, &commitment),
    };
    let notice = match content {
        Ok(PrivatePiece::Erased(notice)) => notice,
        Ok(_) | Err(ReadError::Beyond { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Leaf::Notice(signed) = records::leaf(store, notice)? else { return Ok(None) };
    let same = signed.notice().erased() == pieces && records::sealing_block(store, notice)?.seals(act);
    Ok(same.then_some(notice))
}
