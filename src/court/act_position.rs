//! Position and time of an act on the chain.

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
