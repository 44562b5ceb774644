//! Resumable position of an audit of the log: the state that the checks of the next leaf depend on.
//!
//! # Invariants
//!
//! A position is only valid for a tree that begins with the leaves of its frontier. A caller that resumes a stored
//! position proves that first (`monitor::position_store`). Index rows and cases are not part of a position.

use std::collections::HashMap;

use crate::audit::report::{AuditReport, Finding};
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::{KeyHistory, KeyHistoryError};
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{Mode, SignedNotice};
use crate::ledger::time::Timestamp;

/// A stream of entries (`subject`): its last sequence, and the keys that own it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The last sequence.
    pub last: u64,
    /// The keys of its first entry.
    pub owners: Vec<VerifierKey>,
}

/// All streams by their id.
pub type Streams = HashMap<Digest, Stream>;

/// A notice that introduced a ledger key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNoticeRecord {
    /// The notice's index.
    pub index: LeafIndex,
    /// The notice.
    pub notice: SignedNotice,
}

/// The end of the chain so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainPosition {
    /// Height of the next block.
    pub next_height: Height,
    /// Hash of the last block header.
    pub last_block: Digest,
    /// Time of the last leaf.
    pub last_time: Timestamp,
    /// Hashes of the leaves since the last block header.
    pub unsealed: Vec<Digest>,
    /// The genesis notice, and the notices that changed the key.
    pub key_notices: Vec<KeyNoticeRecord>,
}

/// Coverage and findings so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCounts {
    /// Live or test.
    pub mode: Option<Mode>,
    /// Number of deposits.
    pub entries: u64,
    /// Number of notices.
    pub notices: u64,
    /// Number of block headers.
    pub blocks: u64,
    /// Number of verified depositors' signatures.
    pub signatures: u64,
    /// Number of compared tiles.
    pub tiles: u64,
    /// The listed findings.
    pub findings: Vec<Finding>,
    /// Number of all findings.
    pub findings_total: u64,
}

/// The position of an audit of the log, without its streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPosition {
    /// The frontier of the tree over the leaves so far.
    pub frontier: Frontier,
    /// The end of the chain.
    pub chain: ChainPosition,
    /// Coverage and findings.
    pub counts: AuditCounts,
}

/// The position and the streams from which an audit is resumed.
#[derive(Debug, Clone)]
pub struct AuditStart {
    /// The position.
    pub position: AuditPosition,
    /// All streams so far.
    pub streams: Streams,
}

impl Default for AuditPosition {
    fn default() -> Self {
        let chain = ChainPosition {
            next_height: Height(0),
            last_block: Digest::ZERO,
            last_time: Timestamp::EPOCH,
            unsealed: Vec::new(),
            key_notices: Vec::new(),
        };
        Self { frontier: Frontier::new(), chain, counts: AuditCounts::default() }
    }
}

impl Default for AuditStart {
    /// Before the first leaf.
    fn default() -> Self {
        Self { position: AuditPosition::default(), streams: Streams::new() }
    }
}

impl ChainPosition {
    /// The ledger's keys so far; `None` before the genesis notice.
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError`]: the notices are not a valid key history. The audit has reported it.
    pub fn key_history(&self) -> Result<Option<KeyHistory>, KeyHistoryError> {
        if self.key_notices.is_empty() {
            return Ok(None);
        }
        let notices = self.key_notices.iter().map(|record| (record.index, record.notice.note().as_str()));
        KeyHistory::of_notices(notices).map(Some)
    }

    /// The ledger's origin; `None` before the genesis notice.
    #[must_use]
    pub fn origin(&self) -> Option<&Name> {
        self.key_notices.first().map(|record| &record.notice.notice().ledger)
    }
}

impl AuditCounts {
    /// The counts of `report`.
    #[must_use]
    pub fn of(report: &AuditReport) -> Self {
        Self {
            mode: report.mode,
            entries: report.entries,
            notices: report.notices,
            blocks: report.blocks,
            signatures: report.signatures,
            tiles: report.tiles,
            findings: report.findings.clone(),
            findings_total: report.findings_total,
        }
    }

    /// `report` with these counts.
    pub(in crate::audit) fn report(self, report: AuditReport) -> AuditReport {
        let Self { mode, entries, notices, blocks, signatures, tiles, findings, findings_total } = self;
        AuditReport { mode, entries, notices, blocks, signatures, tiles, findings, findings_total, ..report }
    }
}
