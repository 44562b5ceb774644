//! Sequential checks: compares each leaf with the leaves before it: links, times, numbers, streams, acts.
//!
//! Not here: checks of a single leaf and its index rows (`leaves`, `rows`), which run in parallel before.

use std::collections::{HashMap, HashSet};

use crate::audit::cases::Cases;
use crate::audit::leaves::{Deposit, ExaminedLeaf, LeafContent, LeafFault};
use crate::audit::position::{ChainPosition, KeyNoticeRecord, Stream, Streams};
use crate::audit::report::{AuditReport, CourtReport, Fault, Finding, Findings, ServiceCoverage};
use crate::audit::rows::Rows;
use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::keyword;
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Mode, NoticeKind, Piece, SignedNotice};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{LedgerReader, PrivatePiece};

/// The state of the checks after the leaves so far.
pub(in crate::audit) struct ChainChecker<'a, R: ?Sized> {
    store: &'a R,
    origin: &'a Name,
    indexes: bool,
    /// Leaf hashes since the last header.
    unsealed: Vec<Digest>,
    /// Deposits since the last header, with the header that the rows of their numbers name.
    named_headers: Vec<(DepositNumber, LeafIndex)>,
    next_height: Height,
    last_block: Digest,
    last_time: Timestamp,
    /// The ledger keys so far.
    history: Option<KeyHistory>,
    /// The genesis notice and the notices that changed the key.
    key_notices: Vec<KeyNoticeRecord>,
    /// The `key` notices so far, valid or not.
    key_notice_indexes: Vec<LeafIndex>,
    /// Last sequence and owners of every stream so far.
    subjects: Streams,
    /// Streams that grew since the last call of [`Self::take_changes`]; `None` if the caller does not need them.
    changed: Option<HashSet<Digest>>,
    /// The replayed acts so far.
    cases: Cases,
    /// The number of rows in each index that the leaves so far require; `None` after a leaf that could not be read.
    expected_rows: Option<IndexRows>,
    /// Hashes of notices: equal notices have one row.
    notices: HashSet<Digest>,
}

impl<'a, R: LedgerReader + ?Sized> ChainChecker<'a, R> {
    pub(in crate::audit) fn new(store: &'a R, origin: &'a Name, indexes: bool) -> Self {
        Self {
            store,
            origin,
            indexes,
            unsealed: Vec::new(),
            named_headers: Vec::new(),
            next_height: Height(0),
            last_block: Digest::ZERO,
            last_time: Timestamp::EPOCH,
            history: None,
            key_notices: Vec::new(),
            key_notice_indexes: Vec::new(),
            subjects: HashMap::new(),
            changed: None,
            cases: Cases::default(),
            expected_rows: Some(IndexRows::default()),
            notices: HashSet::new(),
        }
    }

    /// Continues after the leaves of `position`, without index rows and cases. The caller has checked that the tree
    /// still begins with those leaves.
    pub(in crate::audit) fn resume(store: &'a R, origin: &'a Name, position: ChainPosition, streams: Streams) -> Self {
        // The notices were a valid history when they were stored.
        let history = position.key_history().ok().flatten();
        let ChainPosition { next_height, last_block, last_time, unsealed, key_notices } = position;
        Self {
            unsealed,
            next_height,
            last_block,
            last_time,
            history,
            key_notices,
            key_notice_indexes: Vec::new(),
            subjects: streams,
            changed: Some(HashSet::new()),
            ..Self::new(store, origin, false)
        }
    }

    /// The state that the checks of the next leaf depend on, without the streams.
    pub(in crate::audit) fn position(&self) -> ChainPosition {
        ChainPosition {
            next_height: self.next_height,
            last_block: self.last_block,
            last_time: self.last_time,
            unsealed: self.unsealed.clone(),
            key_notices: self.key_notices.clone(),
        }
    }

    /// The streams that grew since the last call, for a checker from [`Self::resume`].
    pub(in crate::audit) fn take_changes(&mut self) -> Vec<(Digest, Stream)> {
        let changed = self.changed.as_mut().map(std::mem::take).unwrap_or_default();
        changed.into_iter().filter_map(|id| Some((id, self.subjects.get(&id)?.clone()))).collect()
    }

    /// The number of rows in each index that the checked leaves require; `None` if a leaf could not be read.
    pub(in crate::audit) const fn expected_rows(&self) -> Option<IndexRows> {
        self.expected_rows
    }

    fn add_rows(&mut self, rows: IndexRows) {
        if let Some(expected_rows) = &mut self.expected_rows {
            *expected_rows += rows;
        }
    }

    /// Computes the periods of all cases.
    pub(in crate::audit) fn compute_periods(&self, report: &mut CourtReport) {
        self.cases.compute_periods(report);
    }

    /// The number of rows that the label index must have; `None` if it is not known.
    pub(in crate::audit) const fn label_rows(&self) -> Option<u64> {
        self.cases.label_rows()
    }

    /// The coverage of service of documents in all cases.
    pub(in crate::audit) fn service_coverage(&self) -> ServiceCoverage {
        self.cases.service_coverage()
    }

    /// Counts the hand-overs that are open, or accepted but not taken over.
    pub(in crate::audit) fn count_open_hand_overs(&self, report: &mut CourtReport) {
        self.cases.count_open_hand_overs(report);
    }

    /// The ledger keys since genesis; `None` without a valid genesis notice.
    pub(in crate::audit) const fn key_history(&self) -> Option<&KeyHistory> {
        self.history.as_ref()
    }

    /// The `key` notices, valid or not.
    pub(in crate::audit) fn key_notice_indexes(&self) -> &[LeafIndex] {
        &self.key_notice_indexes
    }

    /// Height of the last header.
    pub(in crate::audit) fn last_height(&self) -> Height {
        Height(self.next_height.0.saturating_sub(1))
    }

    /// Whether the walk ended immediately after a header.
    pub(in crate::audit) fn ended_in_header(&self) -> bool {
        self.unsealed.is_empty()
    }

    /// Checks `leaf` against the leaves before it.
    pub(in crate::audit) fn check(&mut self, leaf: ExaminedLeaf, report: &mut AuditReport) {
        let ExaminedLeaf { index, hash, leaf } = leaf;
        let (mut findings, mut number) = (Vec::new(), None);
        let mut is_header = false;
        match leaf {
            Ok(seen) => {
                if let Some(time) = seen.time() {
                    if time < self.last_time {
                        findings.push((Fault::TimeOrder, format!("{time} after {}", self.last_time)));
                    }
                    self.last_time = self.last_time.max(time);
                }
                match seen {
                    LeafContent::Unparsed => report.entries += 1,
                    LeafContent::Deposit(deposit) => {
                        number = Some(deposit.number);
                        self.deposit(index, *deposit, report, &mut findings);
                    }
                    LeafContent::Notice(notice) => self.notice((index, &hash), &notice, report, &mut findings),
                    LeafContent::Block(header) => {
                        is_header = true;
                        self.header((index, &hash), &header, report, &mut findings);
                    }
                }
            }
            Err(unfit) => {
                self.expected_rows = None;
                findings.push(match unfit {
                    LeafFault::Damaged(why) => (Fault::Damaged, why),
                    LeafFault::Malformed(why) => (Fault::Malformed, why),
                });
                if self.is_header(index) {
                    // The next header links to the hash in the tree, so the walk can continue.
                    is_header = true;
                    self.pass_header(self.next_height, hash);
                }
            }
        }
        let height = if is_header { self.last_height() } else { self.next_height };
        for (fault, detail) in findings {
            report.find(Finding { fault, index: Some(index), height: Some(height), number, detail });
        }
        if !is_header {
            self.unsealed.push(hash);
        }
    }

    /// Whether the store's index has the header of the current block at `index`, for a header that cannot be read.
    fn is_header(&self, index: LeafIndex) -> bool {
        self.store.find_block(self.next_height) == Ok(Some(index))
    }

    fn pass_header(&mut self, height: Height, hash: Digest) {
        self.unsealed.clear();
        self.named_headers.clear();
        self.next_height = Height(height.0 + 1);
        self.last_block = hash;
    }

    fn header(
        &mut self,
        (index, hash): (LeafIndex, &Digest),
        header: &BlockHeader,
        report: &mut AuditReport,
        findings: &mut Findings,
    ) {
        report.blocks += 1;
        self.add_rows(IndexRows::HEADER);
        let count = self.unsealed.len() as u64;
        let expected = BlockHeader {
            ledger: self.origin.clone(),
            height: self.next_height,
            previous: self.last_block,
            time: header.time,
            first: LeafIndex(index.0 - count),
            count,
            root: root_of(&self.unsealed),
        };
        for difference in header.differences(&expected) {
            let fault = match difference.field {
                keyword::LEDGER => Fault::OtherLedger,
                keyword::HEIGHT | keyword::PREVIOUS => Fault::BlockLink,
                _ => Fault::BlockRoot,
            };
            findings.push((fault, difference.to_string()));
        }
        for (number, named) in self.named_headers.drain(..).filter(|(_, named)| *named != index) {
            findings.push((Fault::Index, format!("number {number}: its row names {named} as its block header")));
        }
        self.pass_header(header.height, *hash);
        if self.indexes {
            let mut rows = Rows::of(self.store, index);
            rows.row("block", &header.height, self.store.find_block(header.height));
            rows.record(hash);
            report.index_rows += rows.count;
            findings.append(&mut rows.findings);
        }
    }

    fn notice(
        &mut self,
        (index, hash): (LeafIndex, &Digest),
        signed: &SignedNotice,
        report: &mut AuditReport,
        findings: &mut Findings,
    ) {
        report.notices += 1;
        // Equal notices have one row, which refers to the first of them.
        let is_first = self.notices.insert(*hash);
        if is_first {
            self.add_rows(IndexRows::NOTICE);
        }
        let notice = signed.notice();
        if notice.ledger != *self.origin {
            findings.push((Fault::OtherLedger, notice.ledger.to_string()));
        }
        if matches!(notice.kind, NoticeKind::Key { .. }) {
            self.key_notice_indexes.push(index);
        }
        let valid = match (&notice.kind, &mut self.history) {
            (NoticeKind::Genesis { mode, .. }, history @ None) if index.0 == 0 => {
                report.mode = Some(*mode);
                let begun = KeyHistory::begin(signed);
                begun.map(|begun| *history = Some(begun)).map_err(|error| error.to_string())
            }
            (NoticeKind::Key { .. }, Some(history)) => history.follow(index, signed).map_err(|error| error.to_string()),
            (NoticeKind::Erased { .. }, Some(history)) if signed.signed_by(&history.current().key) => Ok(()),
            _ => Err("this notice is not allowed here, or is not signed by the key in force".to_owned()),
        };
        if self.indexes {
            self.tombstones(index, notice.erased(), findings);
            findings.extend(self.cases.check_holds(self.store, notice.erased(), &report.court));
        }
        if valid.is_ok() && notice.key().is_some() {
            self.key_notices.push(KeyNoticeRecord { index, notice: signed.clone() });
        }
        findings.extend(valid.err().map(|detail| (Fault::NoticeSignature, detail)));
        if self.indexes && is_first {
            let mut rows = Rows::of(self.store, index);
            rows.record(hash);
            report.index_rows += rows.count;
            findings.append(&mut rows.findings);
        }
    }

    /// Checks that the pieces in an `erased` notice are erased, with tombstones that refer to this notice.
    fn tombstones(&self, at: LeafIndex, pieces: &[ErasedPiece], findings: &mut Findings) {
        for piece in pieces {
            let found = match piece.piece {
                Piece::Metadata => self.store.private(piece.index),
                Piece::Annex(commitment) => self.store.annex(piece.index, &commitment),
            };
            let detail = match found {
                Ok(PrivatePiece::Erased(notice)) if notice == at && piece.index < at => continue,
                Ok(PrivatePiece::Erased(notice)) => format!("{piece} is erased by the notice at {notice}"),
                Ok(PrivatePiece::Held(_)) => format!("{piece} is not erased"),
                Ok(PrivatePiece::None) => format!("{piece} has no tombstone"),
                Err(error) => error.to_string(),
            };
            findings.push((Fault::Erasure, detail));
        }
    }

    fn deposit(&mut self, index: LeafIndex, deposit: Deposit, report: &mut AuditReport, findings: &mut Findings) {
        let Deposit { number, received, whole, mut own, mut of_rows, rows, header, expected_rows } = deposit;
        self.named_headers.extend(header.map(|header| (number, header)));
        report.entries += 1;
        self.add_rows(expected_rows);
        findings.append(&mut own);
        let test = report.mode.is_some_and(Mode::is_test);
        if !number.has_date_of(received) || number.is_test() != test {
            findings.push((Fault::Number, format!("{number} on a record received {received}")));
        }
        if let Some((entry, _)) = whole.as_deref() {
            self.subject(entry, findings);
        }
        report.index_rows += rows;
        findings.append(&mut of_rows);
        if let Some((entry, Some(private))) = whole.as_deref() {
            self.cases.check(self.store, (index, entry), private, &mut report.court, findings);
        }
    }

    fn subject(&mut self, entry: &Entry, findings: &mut Findings) {
        let statement = entry.statement.statement();
        let Some(subject) = statement.subject else { return };
        let new = || Stream { last: 0, owners: statement.keys.clone() };
        let Stream { last, owners } = self.subjects.entry(subject.id).or_insert_with(new);
        let own = owners.iter().any(|owner| statement.keys.contains(owner));
        if subject.sequence != *last + 1 || !own {
            findings.push((Fault::Subject, format!("sequence {} after {last}, by an owner: {own}", subject.sequence)));
        }
        *last = (*last).max(subject.sequence);
        if let Some(changed) = &mut self.changed {
            changed.insert(subject.id);
        }
    }
}
