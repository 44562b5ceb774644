//! Audits the leaves that the operator has added since the last round, and looks for watched values in them.
//!
//! # Invariants
//!
//! The stored position never passes a finding or a watched deposit whose alarm is not durable. It passes no leaf that is missing or
//! altered, and at the end only a tree whose root is the signed one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use crate::audit::position::{AuditCounts, AuditPosition, AuditStart};
use crate::audit::report::{AuditReport, Fault};
use crate::audit::walk::{Options, WalkPart, walk_on};
use crate::client::http_log::HttpLogReader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::proof::verify_consistency;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::checkpoints::failed;
use crate::monitor::evidence;
use crate::monitor::position_store::{PositionStore, StoredPosition};
use crate::monitor::round::Round;
use crate::monitor::state_dir::StateError;
use crate::monitor::watch::Watched;
use crate::query::attested_checkpoint::AttestedCheckpoint;
use crate::query::proofs;
use crate::store::traits::{LedgerReader, LogReader as _, ReadError};

/// Leaves after which the position is stored.
pub const STORE_EVERY: u64 = 65_536;

/// Whether the tree of `checkpoint` begins with the leaves of `position`, by a proof from the tiles of `reader`.
///
/// # Errors
///
/// [`ReadError`].
pub fn is_beginning(
    reader: &dyn LedgerReader,
    position: &AuditPosition,
    checkpoint: &SignedCheckpoint,
) -> Result<bool, ReadError> {
    let (size, root) = (position.frontier.size(), position.frontier.root());
    let signed = checkpoint.checkpoint();
    if size.is_empty() || size > signed.size {
        return Ok(size.is_empty());
    }
    if size == signed.size {
        return Ok(root == signed.root);
    }
    let proof = proofs::consistency(reader, size, signed.size)?;
    Ok(verify_consistency(size, &root, signed.size, &signed.root, &proof).is_ok())
}

/// The stored position from which the audit of `checkpoint` can continue: that of the audit under way, else of the last completed
/// one. `Ok(None)` if positions are stored and the tree begins with neither.
///
/// # Errors
///
/// [`StateError`]; the inner [`ReadError`] if tiles cannot be read.
pub fn start_of(
    positions: &mut PositionStore,
    reader: &dyn LedgerReader,
    checkpoint: &SignedCheckpoint,
) -> Result<Result<Option<AuditStart>, ReadError>, StateError> {
    let mut is_stored = false;
    for load in [PositionStore::load_part, PositionStore::load_whole] {
        let Some(StoredPosition { start, .. }) = load(positions)? else { continue };
        is_stored = true;
        match is_beginning(reader, &start.position, checkpoint) {
            Ok(true) => return Ok(Ok(Some(start))),
            Ok(false) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
    if is_stored { Ok(Ok(None)) } else { Ok(Ok(Some(positions.begin()?))) }
}

/// A deposit with watched values.
struct Hit {
    values: Vec<String>,
    bytes: Vec<u8>,
}

/// The audit of new leaves.
pub(in crate::monitor) struct NewLeaves<'a> {
    pub(in crate::monitor) reader: &'a HttpLogReader,
    pub(in crate::monitor) checkpoint: &'a SignedCheckpoint,
    pub(in crate::monitor) watched: &'a [Watched],
}

/// The result of the audit of new leaves.
#[derive(Debug, Clone, Default)]
pub(in crate::monitor) struct NewLeavesResult {
    /// Leaves audited in this round.
    pub(in crate::monitor) leaves: u64,
    /// All leaves that were audited.
    pub(in crate::monitor) size: u64,
    /// The keys of the ledger.
    pub(in crate::monitor) keys: Option<KeyHistory>,
}

impl NewLeaves<'_> {
    /// Audits the new leaves. Blocks the thread.
    pub(in crate::monitor) fn audit(
        &self,
        round: &mut Round<'_>,
        positions: &mut PositionStore,
    ) -> Result<NewLeavesResult, StateError> {
        let start = match start_of(positions, self.reader, self.checkpoint)? {
            Ok(Some(start)) => start,
            Ok(None) => {
                let detail = "the tree does not begin with the leaves that were audited before";
                let alarm = Alarm::new(AlarmKind::AlteredLeaf, "tiles", detail);
                round.raise(&alarm.with("checkpoint", self.checkpoint.note().as_str()))?;
                return Ok(NewLeavesResult::default());
            }
            Err(error) => return self.unread(round, &error).map(|()| NewLeavesResult::default()),
        };
        let (first, until) = (start.position.frontier.size(), self.checkpoint.checkpoint().size);
        if first == until {
            let keys = start.position.chain.key_history().ok().flatten();
            return Ok(NewLeavesResult { leaves: 0, size: until.0, keys });
        }
        let hits = Mutex::new(BTreeMap::new());
        let inspect = |index: LeafIndex, bytes: &[u8], entry: &Entry| self.inspect(&hits, index, bytes, entry);
        let inspect = Some(&inspect as &(dyn Fn(LeafIndex, &[u8], &Entry) + Sync)).filter(|_| !self.watched.is_empty());
        let (mut last, mut error) = (None, None);
        let mut next = first.0 + STORE_EVERY;
        let options = Options { pinned: None, indexes: false, ..Options::default() };
        let walked = walk_on(self.reader, &options, start, inspect, &mut |part| {
            let is_last = part.size() == until;
            let stored = self.store_part(round, positions, part, (&hits, is_last, &mut next));
            match stored {
                Ok(position) => last = position.or_else(|| last.take()),
                Err(failure) => {
                    error = Some(failure);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        if let Some(error) = error {
            return Err(error);
        }
        let report = match walked {
            Ok(report) => report,
            Err(error) => return self.unread(round, &error).map(|()| NewLeavesResult::default()),
        };
        self.conclude(round, positions, &report, last, &hits, first)
    }

    fn inspect(&self, hits: &Mutex<BTreeMap<u64, Hit>>, index: LeafIndex, bytes: &[u8], entry: &Entry) {
        let values: Vec<String> =
            self.watched.iter().filter(|watched| watched.is_in(entry)).map(ToString::to_string).collect();
        if !values.is_empty() {
            let hit = Hit { values, bytes: bytes.to_vec() };
            hits.lock().unwrap_or_else(PoisonError::into_inner).insert(index.0, hit);
        }
    }

    /// Records a part, and stores the position from time to time. Returns the position at the end.
    fn store_part(
        &self,
        round: &mut Round<'_>,
        positions: &mut PositionStore,
        part: &mut dyn WalkPart,
        (hits, is_last, next): (&Mutex<BTreeMap<u64, Hit>>, bool, &mut u64),
    ) -> Result<Option<AuditPosition>, StateError> {
        let changes = part.take_changes();
        positions.record(part.full_tiles(), &changes)?;
        if !is_last && part.size().0 < *next {
            return Ok(None);
        }
        *next = part.size().0 + STORE_EVERY;
        let position = part.position();
        if position.counts.findings_total == 0 && !is_last {
            self.raise_hits(round, hits, part.size())?;
            positions.store_part(&position, self.checkpoint)?;
        }
        Ok(Some(position))
    }

    /// Raises the alarms of the findings and of watched deposits, and stores the position if the tree is the signed one.
    fn conclude(
        &self,
        round: &mut Round<'_>,
        positions: &mut PositionStore,
        report: &AuditReport,
        last: Option<AuditPosition>,
        hits: &Mutex<BTreeMap<u64, Hit>>,
        first: TreeSize,
    ) -> Result<NewLeavesResult, StateError> {
        for finding in &report.findings {
            let subject =
                finding.index.map_or_else(|| finding.fault.code().to_owned(), |index| format!("leaf {index}"));
            let mut alarm = Alarm::new(AlarmKind::of_fault(finding.fault), subject, finding.to_string());
            alarm.evidence = evidence::of_finding(self.reader, self.checkpoint, finding);
            round.raise(&alarm)?;
        }
        let is_altered = |fault| matches!(fault, Fault::Damaged | Fault::Tile | Fault::TreeRoot | Fault::Checkpoint);
        let is_whole = !report.findings.iter().any(|finding| is_altered(finding.fault));
        let until = self.checkpoint.checkpoint().size;
        let Some(mut position) = last.filter(|last| is_whole && last.frontier.size() == until) else {
            return Ok(NewLeavesResult::default());
        };
        self.raise_hits(round, hits, until)?;
        // The findings were raised as alarms, so they are not stored.
        position.counts = AuditCounts { findings: Vec::new(), findings_total: 0, ..position.counts };
        positions.store_whole(&position, self.checkpoint)?;
        let added = |subject: &str| subject.strip_prefix("leaf ").and_then(|index| index.parse().ok());
        let is_good = |subject: &str| added(subject).map_or(subject != "re-hash", |index: u64| index >= first.0);
        round.clear(AlarmKind::AlteredLeaf, &is_good)?;
        let keys = position.chain.key_history().ok().flatten();
        Ok(NewLeavesResult { leaves: until.0 - first.0, size: until.0, keys })
    }

    /// Raises the alarms of the watched deposits before `until`.
    fn raise_hits(
        &self,
        round: &mut Round<'_>,
        hits: &Mutex<BTreeMap<u64, Hit>>,
        until: TreeSize,
    ) -> Result<(), StateError> {
        let before = {
            let mut hits = hits.lock().unwrap_or_else(PoisonError::into_inner);
            let after = hits.split_off(&until.0);
            std::mem::replace(&mut *hits, after)
        };
        for (index, Hit { values, bytes }) in before {
            let detail = format!("entry {index}: {}", values.join(", "));
            let mut alarm = Alarm::new(AlarmKind::Watch, format!("leaf {index}"), detail).with("leaf", bytes);
            let checkpoint = self.reader.published().map(|published| published.checkpoint.clone());
            let checkpoint = checkpoint.map(AttestedCheckpoint::sealed);
            if let Some(checkpoint) = checkpoint
                && let Ok(proof) = proofs::tlog_proof(self.reader, LeafIndex(index), &checkpoint)
            {
                alarm = alarm.with("proof.tlog-proof", proof.to_string());
            }
            round.raise(&alarm)?;
        }
        Ok(())
    }

    fn unread(&self, round: &mut Round<'_>, error: &ReadError) -> Result<(), StateError> {
        let alarm = match self.reader.failure() {
            Some(failure) => failed(failure, "a file of the log"),
            None => Alarm::new(AlarmKind::AlteredLeaf, "tiles", error.to_string()),
        };
        let size = self.reader.published().map_or(0, |published| published.size().0);
        round.raise(&alarm.with("checkpoint", self.checkpoint.note().as_str()).with("size.txt", format!("{size}\n")))
    }
}
