//! Sealing an erasure: the `erased` notice, the tombstones and the act that orders or carries it out, in one block.
//!
//! # Invariants
//!
//! The block takes the path of every other: appended, read back, signed, marked, then answered. An act that may not enter
//! keeps all of it from happening, and so does a piece that is not there to be erased.
//!
//! Not here: whether the erasure is ordered rightly (`desk`), making sure that the bytes are gone (`store`).

use crate::ledger::chain::Waiting;
use crate::ledger::hash::Digest;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::list::inclusion_many;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Notice, NoticeKind, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admitting::{Chain, draw};
use crate::sequencer::clock::Clock;
use crate::sequencer::pool::{Answer, Erasure, Outcome};
use crate::sequencer::run::{Run, Stop, sealed};
use crate::store::admission::Admitted;
use crate::store::contract::{AppendLedger, Private, ReadError};
use crate::store::reading;

impl<S: AppendLedger, C: Clock> Run<S, C> {
    /// Seals one erasure and answers it. On a stop it has been answered, too.
    pub(in crate::sequencer) fn erase(&mut self, erasure: Erasure) -> Result<(), Stop> {
        if let Err(reason) = self.state.writing() {
            erasure.answer(Outcome::Failed(Answer::Stopped(reason)));
            return Ok(());
        }
        let now = match self.now() {
            Ok(now) => now,
            Err(reason) => {
                erasure.answer(Outcome::Failed(Answer::Stopped(reason.clone())));
                return Err(Stop::Clock(reason));
            }
        };
        let number = match self.admit_act(&erasure, now) {
            Ok(number) => number,
            Err(outcome) => {
                erasure.answer(outcome);
                return Ok(());
            }
        };
        match self.seal_erasure(&erasure, number, now) {
            Ok(outcome) => {
                erasure.answer(outcome);
                Ok(())
            }
            Err(Stop::Erasure(refusal)) => {
                erasure.answer(Outcome::Refused(refusal.clone()));
                Err(Stop::Erasure(refusal))
            }
            Err(stop) => {
                let reason = self.stops(&stop);
                erasure.answer(Outcome::Failed(Answer::Stopped(reason.clone())));
                Err(Stop::Fatal(reason))
            }
        }
    }

    /// The number under which the act enters; `None` without one.
    fn admit_act(&self, erasure: &Erasure, now: Timestamp) -> Result<Option<DepositNumber>, Outcome> {
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
        let numbered = draw(self.test, now, |number| {
            admitted.admit(&chain, self.tip.origin.as_str(), number, id, statement.statement())
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
            waiting.push(Waiting::Deposit { number, statement: statement.clone() });
            if !content.is_empty() {
                private.push((first, content.clone()));
            }
        }
        waiting.push(Waiting::Notice(notice));
        let (block, shared) = self.store_and_sign(waiting, &private, &erasure.pieces, now)?;
        let hashes: Vec<Digest> = block.leaves.iter().map(|leaf| leaf.hash).collect();
        let path = inclusion_many(&hashes).into_iter().next();
        let act = path.filter(|_| number.is_some()).map(|path| sealed(&block, &shared, 0, &path, true));
        Ok(Outcome::Sealed { notice: LeafIndex(first.0 + u64::from(number.is_some())), act })
    }
}
