//! The states of erasures, as the background job and the requests share them.
//!
//! # Invariants
//!
//! Only what a crash may lose lies here: how far the pass under way has come. That an erasure is not confirmed is durable in
//! the store.

use std::collections::BTreeSet;
use std::mem::discriminant;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::ledger::notice::ErasedPiece;
use crate::ledger::time::Timestamp;
use crate::store::contract::keeping::PurgeStage;

/// How far an erasure has come. In each state the content is already unreadable through this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureState {
    /// The block with the act, the notice and the tombstones is sealed; the pass that removes the bytes has not begun.
    Tombstoned,
    /// The files that hold the bytes are being rewritten.
    Compacting,
    /// All files of the data folder are being searched for the bytes.
    Searching {
        /// Bytes searched.
        done: u64,
        /// Bytes of all files.
        total: u64,
    },
    /// No file of this node holds the bytes any more.
    Confirmed {
        /// Since when; `None` where a crash came between the end of the pass and this record.
        at: Option<Timestamp>,
    },
    /// The last pass failed. The node tries again by itself.
    Failed {
        /// The stable code of the reason.
        code: &'static str,
        /// The reason.
        reason: String,
    },
}

impl ErasureState {
    /// Whether waiting longer makes no sense for a client: confirmed, or failed for now.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Confirmed { .. } | Self::Failed { .. })
    }
}

/// The pass under way, or the last one if it failed.
#[derive(Debug, Clone, Default)]
pub(in crate::filing) struct Pass {
    pieces: Arc<BTreeSet<ErasedPiece>>,
    stage: Option<PurgeStage>,
    failed: Option<(&'static str, String)>,
}

/// What requests and the job share.
#[derive(Debug, Default)]
pub struct ErasureProgress {
    pass: watch::Sender<Pass>,
    requested: Notify,
}

impl ErasureProgress {
    /// Says that there are pieces to be erased, or that a failed pass is to be tried again now.
    pub(in crate::filing) fn request(&self) {
        self.requested.notify_one();
    }

    /// A pass over these pieces begins.
    pub(in crate::filing) fn begin(&self, pieces: &[ErasedPiece]) {
        self.pass.send_replace(Pass { pieces: Arc::new(pieces.iter().copied().collect()), ..Pass::default() });
    }

    /// The pass has come to this stage.
    pub(in crate::filing) fn reach(&self, stage: PurgeStage) {
        self.pass.send_if_modified(|pass| {
            let is_another = pass.stage.map(|stage| discriminant(&stage)) != Some(discriminant(&stage));
            pass.stage = Some(stage);
            // How far a search has come wakes nobody up: that is read by who asks.
            is_another
        });
    }

    /// The pass failed for this reason.
    pub(in crate::filing) fn fail(&self, code: &'static str, reason: String) {
        self.pass.send_modify(|pass| (pass.stage, pass.failed) = (None, Some((code, reason))));
    }

    /// Waits until there are pieces to be erased.
    pub(in crate::filing) async fn requested(&self) {
        self.requested.notified().await;
    }

    /// Told of each change of a state.
    pub(in crate::filing) fn changes(&self) -> watch::Receiver<Pass> {
        self.pass.subscribe()
    }

    /// The pass is over.
    pub(in crate::filing) fn end(&self) {
        self.pass.send_replace(Pass::default());
    }

    /// The state of an erasure of which these pieces are pending.
    pub(in crate::filing) fn state_of(&self, pending: &[ErasedPiece]) -> ErasureState {
        let pass = self.pass.borrow();
        if !pending.iter().any(|piece| pass.pieces.contains(piece)) {
            return ErasureState::Tombstoned;
        }
        match (&pass.failed, pass.stage) {
            (Some((code, reason)), _) => ErasureState::Failed { code, reason: reason.clone() },
            (None, Some(PurgeStage::Searching { done, total })) => ErasureState::Searching { done, total },
            (None, Some(PurgeStage::Compacting)) => ErasureState::Compacting,
            (None, None) => ErasureState::Tombstoned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::shape::LeafIndex;
    use crate::ledger::notice::Piece;

    const fn piece(index: u64) -> ErasedPiece {
        ErasedPiece { index: LeafIndex(index), piece: Piece::Metadata }
    }

    #[test]
    fn an_erasure_has_the_state_of_the_pass_that_it_is_part_of() {
        let jobs = ErasureProgress::default();
        assert_eq!(jobs.state_of(&[piece(1)]), ErasureState::Tombstoned);
        jobs.begin(&[piece(1), piece(2)]);
        assert_eq!(jobs.state_of(&[piece(1)]), ErasureState::Tombstoned);
        jobs.reach(PurgeStage::Compacting);
        assert_eq!(jobs.state_of(&[piece(2)]), ErasureState::Compacting);
        jobs.reach(PurgeStage::Searching { done: 1, total: 2 });
        assert_eq!(jobs.state_of(&[piece(1)]), ErasureState::Searching { done: 1, total: 2 });
        // Requested after the pass began: part of the next one.
        assert_eq!(jobs.state_of(&[piece(3)]), ErasureState::Tombstoned);
        jobs.fail("still_held", "`db/1.sst` still holds it".into());
        let ErasureState::Failed { code, reason } = jobs.state_of(&[piece(1)]) else { panic!("it failed") };
        assert!(code == "still_held" && reason.contains("db/1.sst"), "{code} {reason}");
        assert_eq!(jobs.state_of(&[piece(3)]), ErasureState::Tombstoned);
        jobs.begin(&[piece(1), piece(2), piece(3)]);
        assert_eq!(jobs.state_of(&[piece(1)]), ErasureState::Tombstoned);
    }
}
