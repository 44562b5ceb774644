//! Position and time of an act on the chain, and the private texts of its annexes.

use crate::court::ids::AnnexId;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;

/// Position and time of an act on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActPosition {
    /// Index of its entry.
    pub index: LeafIndex,
    /// Its sequence in the case's stream, from 1.
    pub sequence: u64,
    /// 交易提交时间 of its entry.
    pub at: Timestamp,
}

/// A private text, in an annex of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Its commitment.
    pub annex: AnnexId,
    /// Index of the entry that it belongs to.
    pub index: LeafIndex,
}

impl ActPosition {
    /// The text of an annex of this act.
    #[must_use]
    pub const fn text(self, annex: AnnexId) -> Text {
        Text { annex, index: self.index }
    }
}
