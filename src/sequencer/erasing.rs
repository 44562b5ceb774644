//! Sealing an erasure: the `erased` notice, the tombstones and the act that orders or carries it out, in one block.
//!
//! # Invariants
//!
//! The block takes the path of every other: appended, read back, signed, marked, then answered. An act that may not enter
//! keeps all of it from happening, and so does a piece that is not there to be erased. Nothing else is under way.
//!
//! Not here: whether the erasure is ordered rightly (`desk`), making sure that the bytes are gone (`store`).

use crate::ledger::chain::{self, PendingLeaf};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Notice, NoticeKind, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admitting::{Chain, Randomness, draw};
use crate::sequencer::clock::Clock;
use crate::sequencer::collecting::Collecting;
use crate::sequencer::pool::{Answer, Erasure, Outcome};
use crate::sequencer::run::Hands;
use crate::sequencer::sealing::Sealing;
use crate::sequencer::state::Stop;
use crate::store::admission::Admitted;
use crate::store::contract::{AppendLedger, Private, ReadError};
use crate::store::reading;

impl<S: AppendLedger, C: Clock> Hands<S, C> {
    /// Seals one erasure and answers it. On a stop it has been answered, too.
    pub(in crate::sequencer) fn erase(
        &self,
        collecting: &mut Collecting<C>,
        sealing: &mut Sealing<S>,
        erasure: Erasure,
    ) {
        if let Err(halt) = self.state.writing() {
            erasure.answer(Outcome::Failed(Answer::Halted(halt)));
            return;
        }
        let now = match collecting.now(sealing.tip.last_time, &self.state) {
            Ok(now) => now,
            Err(halt) => {
                erasure.answer(Outcome::Failed(Answer::Halted(halt.clone())));
                collecting.wait_for_clock(&self.inbox, &self.state, halt);
                return;
            }
        };
        let number = match sealing.admit_act(&erasure, now, collecting.test) {
            Ok(number) => number,
            Err(outcome) => {
                erasure.answer(outcome);
                return;
            }
        };
        self.state.storing(Some(erasure.since));
        let sealed = sealing.seal_erasure(&erasure, number, now);
        self.state.storing(None);
        let outcome = match sealed {
            Ok(outcome) => {
                collecting.clock.sealed();
                collecting.tip = sealing.tip.clone();
                outcome
            }
            Err(Stop::Erasure(refusal)) => {
                tracing::warn!(%refusal, "nothing was erased");
                Outcome::Refused(refusal)
            }
            Err(stop) => Outcome::Failed(Answer::Halted(sealing.ended_by(stop, &self.state))),
        };
        erasure.answer(outcome);
    }
}

impl<S: AppendLedger> Sealing<S> {
    /// The number under which the act enters; `None` without one.
    fn admit_act(&self, erasure: &Erasure, now: Timestamp, test: bool) -> Result<Option<DepositNumber>, Outcome> {
        let Some((statement, _)) = &erasure.act else { return Ok(None) };
        let id = statement.id();
        let unreadable = |error| Outcome::Failed(Answer::Unreadable(error));
        if let Some(index) = self.store.find_statement(&id).map_err(unreadable)? {
            let before = self.sealed_before(&erasure.pieces, index).map_err(unreadable)?;
            return Err(match before {
                Some(notice) => Outcome::Sealed { notice, act: Some(Answer::Exists(index)) },
                None => Outcome::ActExists(index),
            });
        }
        let chain = Chain(&*self.store);
        let mut admitted = Admitted::new();
        let numbered = draw(test, now, &mut Randomness::default(), |number| {
            admitted.admit(&chain, self.tip.origin.as_str(), number, statement.note())
        });
        numbered.map(Some).map_err(Outcome::Failed)
    }

    /// The notice that erased exactly these pieces in the block of the deposit at `act`.
    fn sealed_before(&self, pieces: &[ErasedPiece], act: LeafIndex) -> Result<Option<LeafIndex>, ReadError> {
        let store = &*self.store;
        let Some(first) = pieces.first() else { return Ok(None) };
        let standing = match first.piece {
            Piece::Metadata => store.private(first.index),
            Piece::Annex(commitment) => store.annex(first.index, &commitment),
        };
        let notice = match standing {
            Ok(Private::Erased(notice)) => notice,
            Ok(_) | Err(ReadError::Beyond { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Leaf::Notice(signed) = reading::leaf(store, notice)? else { return Ok(None) };
        let same = signed.notice().erased() == pieces && reading::sealing_block(store, notice)?.seals(act);
        Ok(same.then_some(notice))
    }

    /// The act stands first, the notice behind it.
    fn seal_erasure(
        &mut self,
        erasure: &Erasure,
        number: Option<DepositNumber>,
        now: Timestamp,
    ) -> Result<Outcome, Stop> {
        let notice = Notice {
            ledger: self.tip.origin.clone(),
            received: now,
            kind: NoticeKind::Erased { pieces: erasure.pieces.clone() },
        };
        let notice = notice.sign(&[&self.signer]).map_err(|error| Stop::Fatal(error.to_string()))?;
        let first = LeafIndex(self.tip.size().0);
        let (mut waiting, mut private) = (Vec::new(), Vec::new());
        if let Some(((statement, content), number)) = erasure.act.as_ref().zip(number) {
            waiting.push(PendingLeaf::Deposit { number, statement: statement.clone() });
            if !content.is_empty() {
                private.push((first, content.clone()));
            }
        }
        waiting.push(PendingLeaf::Notice(notice));
        let block = chain::next(&self.tip, waiting, now).map_err(|error| Stop::Fatal(error.to_string()))?;
        let sealed = self.store_and_sign(block, &private, &erasure.pieces)?;
        let act = number.is_some().then_some(Answer::Sealed { sealed, position: 0, fresh: true });
        Ok(Outcome::Sealed { notice: LeafIndex(first.0 + u64::from(number.is_some())), act })
    }
}
