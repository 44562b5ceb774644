//! One round of the collector: the published checkpoint that all witnesses are asked to cosign.
//!
//! All witnesses get the same checkpoint, because a quorum is counted by checkpoint. A round lasts until the quorum is reached,
//! or every witness has answered or failed; a slow witness joins the round that is current when its request ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;

/// The shortest time from one round to the next.
pub(in crate::cosigning) const INTERVAL: Duration = Duration::from_secs(1);

/// A checkpoint that all witnesses are asked to cosign.
#[derive(Debug)]
pub(in crate::cosigning) struct Round {
    checkpoint: Arc<SignedCheckpoint>,
    begun: Instant,
    /// The witnesses that have cosigned it, by their number.
    cosigned: BTreeSet<usize>,
    /// Those that have failed and not cosigned since.
    failed: BTreeSet<usize>,
    /// Whether the quorum is reached, and stored.
    reached: bool,
}

impl Round {
    pub(in crate::cosigning) fn new(checkpoint: Arc<SignedCheckpoint>, begun: Instant) -> Self {
        Self { checkpoint, begun, cosigned: BTreeSet::new(), failed: BTreeSet::new(), reached: false }
    }

    pub(in crate::cosigning) const fn checkpoint(&self) -> &Arc<SignedCheckpoint> {
        &self.checkpoint
    }

    pub(in crate::cosigning) fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size
    }

    /// Records that these witnesses have cosigned, and whether they are a quorum.
    pub(in crate::cosigning) fn set_cosigned(&mut self, witnesses: impl IntoIterator<Item = usize>, reached: bool) {
        self.cosigned.extend(witnesses);
        self.reached |= reached;
    }

    pub(in crate::cosigning) fn set_failed(&mut self, witness: usize) {
        self.failed.insert(witness);
    }

    /// Whether the witness has not cosigned.
    pub(in crate::cosigning) fn lacks(&self, witness: usize) -> bool {
        !self.cosigned.contains(&witness)
    }

    /// Whether a round with a newer checkpoint may begin. `is_skipped` tells which of the `witnesses` get no request now, because
    /// they failed shortly before or have a later checkpoint.
    pub(in crate::cosigning) fn may_end(
        &self,
        now: Instant,
        witnesses: usize,
        is_skipped: impl Fn(usize) -> bool,
    ) -> bool {
        let is_settled = |at: usize| !self.lacks(at) || self.failed.contains(&at) || is_skipped(at);
        now >= self.begun + INTERVAL && (self.reached || (0..witnesses).all(is_settled))
    }

    /// When the next round may begin at the earliest.
    pub(in crate::cosigning) fn earliest_end(&self) -> Instant {
        self.begun + INTERVAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::Digest;
    use crate::ledger::testing::{ledger_key, origin};

    #[test]
    fn a_round_ends_with_its_quorum_or_when_nobody_is_left_to_ask_and_not_within_a_second() {
        let checkpoint = Checkpoint { origin: origin(), size: TreeSize(5), root: Digest([1; 32]) };
        let begun = Instant::now();
        let mut round = Round::new(Arc::new(checkpoint.sign(&ledger_key()).unwrap()), begun);
        let (early, late) = (begun + INTERVAL / 2, begun + INTERVAL);
        let ends = |round: &Round, skipped: &[usize]| round.may_end(late, 3, |at| skipped.contains(&at));
        assert!(!ends(&round, &[0, 1]) && ends(&round, &[0, 1, 2]));
        round.set_cosigned([0], false);
        round.set_failed(1);
        assert!(!ends(&round, &[]) && ends(&round, &[2]));
        // One that has failed may still cosign.
        assert!(round.lacks(1) && !round.lacks(0));
        round.set_cosigned([1], true);
        assert!(ends(&round, &[]) && !round.may_end(early, 3, |_| true));
    }
}
