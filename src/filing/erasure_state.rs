//! The progress of the erasure pass, shared by the background job and the requests that read it.
//!
//! # Invariants
//!
//! Only the progress of the current pass is here, and a crash may lose it. Which erasures are not confirmed is durable in the
//! store.

use std::collections::BTreeSet;
use std::mem::discriminant;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::ledger::notice::ErasedPiece;
use crate::ledger::time::Timestamp;
use crate::store::traits::private_store::ErasureStage;

/// The state of an erasure. In each state the content is already unreadable through this program.
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
        /// Since when; `None` if a crash prevented the record of the time.
        at: Option<Timestamp>,
    },
    /// The last pass failed. The node retries it.
    Failed {
        /// The stable code of the reason.
        code: &'static str,
        /// The reason.
        reason: String,
    },
}

impl ErasureState {
    /// Whether a client should stop waiting: confirmed, or failed for now.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Confirmed { .. } | Self::Failed { .. })
    }
}

/// The current pass, or the last one if it failed.
#[derive(Debug, Clone, Default)]
pub(in crate::filing) struct Pass {
    pieces: Arc<BTreeSet<ErasedPiece>>,
    stage: Option<ErasureStage>,
    failed: Option<(&'static str, String)>,
}

/// The progress of the background job, and the signal that wakes it.
#[derive(Debug, Default)]
pub struct ErasureProgress {
    pass: watch::Sender<Pass>,
    requested: Notify,
}

impl ErasureProgress {
    /// Wakes the job: there are new pieces, or a failed pass is to be retried now.
    pub(in crate::filing) fn request(&self) {
        self.requested.notify_one();
    }

    /// Begins a pass over these pieces.
    pub(in crate::filing) fn begin(&self, pieces: &[ErasedPiece]) {
        self.pass.send_replace(Pass { pieces: Arc::new(pieces.iter().copied().collect()), ..Pass::default() });
    }

    /// Sets the stage of the pass.
    pub(in crate::filing) fn set_stage(&self, stage: ErasureStage) {
        self.pass.send_if_modified(|pass| {
            let is_another = pass.stage.map(|stage| discriminant(&stage)) != Some(discriminant(&stage));
            pass.stage = Some(stage);
            // Progress within the search does not wake the waiting requests.
            is_another
        });
    }

    /// Ends the pass with an error.
    pub(in crate::filing) fn fail(&self, code: &'static str, reason: String) {
        self.pass.send_modify(|pass| (pass.stage, pass.failed) = (None, Some((code, reason))));
    }

    /// Waits for [`Self::request`].
    pub(in crate::filing) async fn wait_for_request(&self) {
        self.requested.notified().await;
    }

    /// Receives each change of the pass.
    pub(in crate::filing) fn subscribe(&self) -> watch::Receiver<Pass> {
        self.pass.subscribe()
    }

    /// Ends the pass successfully.
    pub(in crate::filing) fn end(&self) {
        self.pass.send_replace(Pass::default());
    }

    /// The state of an erasure with these pending pieces.
    pub(in crate::filing) fn state_of(&self, pending: &[ErasedPiece]) -> ErasureState {
        let pass = self.pass.borrow();
        if !pending.iter().any(|piece| pass.pieces.contains(piece)) {
            return ErasureState::Tombstoned;
        }
        match (&pass.failed, pass.stage) {
            (Some((code, reason)), _) => ErasureState::Failed { code, reason: reason.clone() },
            (None, Some(ErasureStage::Searching { done, total })) => ErasureState::Searching { done, total },
            (None, Some(ErasureStage::Compacting)) => ErasureState::Compacting,
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
        let progress = ErasureProgress::default();
        assert_eq!(progress.state_of(&[piece(1)]), ErasureState::Tombstoned);
        progress.begin(&[piece(1), piece(2)]);
        assert_eq!(progress.state_of(&[piece(1)]), ErasureState::Tombstoned);
        progress.set_stage(ErasureStage::Compacting);
        assert_eq!(progress.state_of(&[piece(2)]), ErasureState::Compacting);
        progress.set_stage(ErasureStage::Searching { done: 1, total: 2 });
        assert_eq!(progress.state_of(&[piece(1)]), ErasureState::Searching { done: 1, total: 2 });
        // Requested after the pass began: part of the next one.
        assert_eq!(progress.state_of(&[piece(3)]), ErasureState::Tombstoned);
        progress.fail("still_held", "`db/1.sst` still holds it".into());
        let ErasureState::Failed { code, reason } = progress.state_of(&[piece(1)]) else { panic!("it failed") };
        assert!(code == "still_held" && reason.contains("db/1.sst"), "{code} {reason}");
        assert_eq!(progress.state_of(&[piece(3)]), ErasureState::Tombstoned);
        progress.begin(&[piece(1), piece(2), piece(3)]);
        assert_eq!(progress.state_of(&[piece(1)]), ErasureState::Tombstoned);
    }

    #[test]
    fn each_change_of_a_state_is_told_and_the_progress_of_a_search_is_not() {
        let jobs = ErasureProgress::default();
        let mut changes = jobs.subscribe();
        let mut told = || {
            let told = changes.has_changed().unwrap();
            changes.borrow_and_update();
            told
        };
        jobs.begin(&[piece(1)]);
        assert!(told());
        jobs.set_stage(ErasureStage::Compacting);
        assert!(told());
        jobs.set_stage(ErasureStage::Searching { done: 0, total: 2 });
        assert!(told());
        jobs.set_stage(ErasureStage::Searching { done: 1, total: 2 });
        assert!(!told());
        assert_eq!(
            jobs.state_of(&[piece(1)]),
            ErasureState::Searching { done: 1, total: 2 },
            "the progress of a search"
        );
        jobs.fail("still_held", String::new());
        assert!(told());
        jobs.end();
        assert!(told());
    }

    #[test]
    fn a_request_that_comes_while_nobody_waits_is_not_lost() {
        use futures_util::FutureExt as _;
        let jobs = ErasureProgress::default();
        assert!(jobs.wait_for_request().now_or_never().is_none());
        jobs.request();
        jobs.request();
        assert!(jobs.wait_for_request().now_or_never().is_some());
        assert!(jobs.wait_for_request().now_or_never().is_none(), "one pass takes both");
    }
}
