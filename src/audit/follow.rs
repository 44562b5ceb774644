//! Holds each leaf against what came before it: links, times, numbers, streams, and the index rows that lead to it.

use std::collections::HashMap;

use crate::audit::cases::Cases;
use crate::audit::leaves::{Examined, Unfit};
use crate::audit::report::{AuditReport, Fault, Finding, Findings};
use crate::audit::vault::is_named;
use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Notice, NoticeKind, Piece, SignedNotice};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::store::contract::{Private, ReadError, ReadLedger};
use crate::store::reading;

/// What the walk remembers of the leaves behind it.
pub(in crate::audit) struct Follower<'a, R: ?Sized> {
    store: &'a R,
    origin: &'a Name,
    indexes: bool,
    /// Leaf hashes since the last header.
    unsealed: Vec<Digest>,
    next_height: Height,
    last_block: Digest,
    last_time: Timestamp,
    /// The notice whose key is in force.
    notice: Option<Notice>,
    /// Last sequence and owners of every stream met so far.
    subjects: HashMap<Digest, (u64, Vec<VerifierKey>)>,
    /// What the acts of cases met so far have come to.
    cases: Cases,
}

impl<'a, R: ReadLedger + ?Sized> Follower<'a, R> {
    pub(in crate::audit) fn new(store: &'a R, origin: &'a Name, indexes: bool) -> Self {
        Self {
            store,
            origin,
            indexes,
            unsealed: Vec::new(),
            next_height: Height(0),
            last_block: Digest::ZERO,
            last_time: Timestamp::EPOCH,
            notice: None,
            subjects: HashMap::new(),
            cases: Cases::default(),
        }
    }

    /// The key in force at the end of the walk.
    pub(in crate::audit) fn key(&self) -> Option<&VerifierKey> {
        self.notice.as_ref().and_then(Notice::key)
    }

    /// Height of the last header met.
    pub(in crate::audit) fn last_height(&self) -> Height {
        Height(self.next_height.0.saturating_sub(1))
    }

    /// Whether the walk ended right behind a header.
    pub(in crate::audit) fn ended_in_header(&self) -> bool {
        self.unsealed.is_empty()
    }

    /// Holds `leaf` against what came before.
    pub(in crate::audit) fn follow(&mut self, leaf: &Examined, report: &mut AuditReport) {
        let mut findings = Vec::new();
        match &leaf.leaf {
            Ok(parsed) => {
                if parsed.time() < self.last_time {
                    findings.push((Fault::TimeOrder, format!("{} after {}", parsed.time(), self.last_time)));
                }
                self.last_time = self.last_time.max(parsed.time());
                match parsed {
                    Leaf::Entry(entry) => self.entry(leaf, entry, report, &mut findings),
                    Leaf::Notice(notice) => self.notice(leaf, notice, report, &mut findings),
                    Leaf::Block(header) => self.header(leaf, header, report, &mut findings),
                }
            }
            Err(Unfit::Damaged(why)) => findings.push((Fault::Damaged, why.clone())),
            Err(Unfit::Malformed(why)) => findings.push((Fault::Malformed, why.clone())),
        }
        let lost = leaf.leaf.is_err() && self.stood_here(leaf.index);
        if lost {
            // The tree still holds its hash, to which the next header is linked: the walk goes on behind it.
            self.pass_header(self.next_height, leaf.hash);
        }
        let is_header = lost || matches!(leaf.leaf, Ok(Leaf::Block(_)));
        let height = if is_header { self.last_height() } else { self.next_height };
        let number = match &leaf.leaf {
            Ok(Leaf::Entry(entry)) => Some(entry.number),
            _ => None,
        };
        for (fault, detail) in findings {
            report.find(Finding { fault, index: Some(leaf.index), height: Some(height), number, detail });
        }
        if !is_header {
            self.unsealed.push(leaf.hash);
        }
    }

    /// Whether the header of the block being walked stands at `index`, by what the store's index says: for a header that
    /// cannot be read.
    fn stood_here(&self, index: LeafIndex) -> bool {
        self.store.find_block(self.next_height) == Ok(Some(index))
    }

    fn pass_header(&mut self, height: Height, hash: Digest) {
        self.unsealed.clear();
        self.next_height = Height(height.0 + 1);
        self.last_block = hash;
    }

    fn header(&mut self, leaf: &Examined, header: &BlockHeader, report: &mut AuditReport, findings: &mut Findings) {
        report.blocks += 1;
        if header.ledger != *self.origin {
            findings.push((Fault::OtherLedger, header.ledger.to_string()));
        }
        if header.height != self.next_height || header.previous != self.last_block {
            let found = format!("height {} previous {}", header.height, header.previous);
            findings.push((
                Fault::BlockLink,
                format!("{found}, expected height {} previous {}", self.next_height, self.last_block),
            ));
        }
        let first = leaf.index.0 - self.unsealed.len() as u64;
        if header.first.0 != first || header.count != self.unsealed.len() as u64 || header.index() != leaf.index {
            findings.push((
                Fault::BlockRoot,
                format!("seals {}+{}, expected {first}+{}", header.first, header.count, self.unsealed.len()),
            ));
        } else if header.root != root_of(&self.unsealed) {
            findings.push((Fault::BlockRoot, format!("root {}, computed {}", header.root, root_of(&self.unsealed))));
        }
        self.pass_header(header.height, leaf.hash);
        self.row(report, findings, "block", &header.height, leaf.index, |store| store.find_block(header.height));
        self.row(report, findings, "record", &leaf.hash, leaf.index, |store| store.find_record(&leaf.hash));
    }

    fn notice(&mut self, leaf: &Examined, signed: &SignedNotice, report: &mut AuditReport, findings: &mut Findings) {
        report.notices += 1;
        let notice = signed.notice();
        if notice.ledger != *self.origin {
            findings.push((Fault::OtherLedger, notice.ledger.to_string()));
        }
        let good = match (&notice.kind, &self.notice) {
            (NoticeKind::Genesis { mode, .. }, None) => {
                report.mode = Some(*mode);
                leaf.index.0 == 0 && signed.signed_by_its_key()
            }
            (NoticeKind::Key { .. }, Some(before)) => signed.succeeds(before),
            (NoticeKind::Erased { .. }, Some(_)) => self.key().is_some_and(|key| signed.signed_by(key)),
            _ => false,
        };
        if self.indexes {
            self.tombstones(leaf.index, notice.erased(), findings);
        }
        if good {
            if notice.key().is_some() {
                self.notice = Some(notice.clone());
            }
        } else {
            findings.push((Fault::NoticeSignature, "not signed by its key, or not the one committed to".into()));
        }
        self.row(report, findings, "record", &leaf.hash, leaf.index, |store| store.find_record(&leaf.hash));
    }

    /// What an `erased` notice names must be gone, and by this notice.
    fn tombstones(&self, at: LeafIndex, pieces: &[ErasedPiece], findings: &mut Findings) {
        for piece in pieces {
            let found = match piece.piece {
                Piece::Metadata => self.store.private(piece.index),
                Piece::Annex(commitment) => self.store.annex(piece.index, &commitment),
            };
            let detail = match found {
                Ok(Private::Erased(notice)) if notice == at && piece.index < at => continue,
                Ok(Private::Erased(notice)) => format!("{piece} is erased by the notice at {notice}"),
                Ok(Private::Held(_)) => format!("{piece} is held"),
                Ok(Private::None) => format!("{piece} was never held"),
                Err(error) => error.to_string(),
            };
            findings.push((Fault::Erasure, detail));
        }
    }

    fn entry(&mut self, leaf: &Examined, entry: &Entry, report: &mut AuditReport, findings: &mut Findings) {
        report.entries += 1;
        let statement = entry.statement.statement();
        if statement.ledger != *self.origin {
            findings.push((Fault::OtherLedger, statement.ledger.to_string()));
        }
        if let Some(key) = &leaf.forged {
            findings.push((Fault::DepositorSignature, key.clone()));
        }
        let test = report.mode.is_some_and(crate::ledger::notice::Mode::is_test);
        if entry.number.date() != entry.received.beijing_date() || entry.number.is_test() != test {
            findings.push((Fault::Number, format!("{} on a record received {}", entry.number, entry.received)));
        }
        self.subject(entry, findings);
        if self.indexes {
            self.links(leaf.index, entry, findings);
            self.entry_rows(leaf, entry, report, findings);
            let private = self.store.private(leaf.index);
            self.metadata(leaf.index, &private, statement.meta, findings);
            if let Ok(private) = &private {
                self.cases.follow(self.store, (leaf.index, entry), private, &mut report.court, findings);
            }
        }
    }

    fn subject(&mut self, entry: &Entry, findings: &mut Findings) {
        let statement = entry.statement.statement();
        let Some(subject) = statement.subject else { return };
        let (last, owners) = self.subjects.entry(subject.id).or_insert_with(|| (0, statement.keys.clone()));
        let own = owners.iter().any(|owner| statement.keys.contains(owner));
        if subject.sequence != *last + 1 || !own {
            findings.push((Fault::Subject, format!("sequence {} after {last}, by an owner: {own}", subject.sequence)));
        }
        *last = (*last).max(subject.sequence);
    }

    fn links(&self, index: LeafIndex, entry: &Entry, findings: &mut Findings) {
        let statement = entry.statement.statement();
        for link in &statement.links {
            let target = self.target(&link.number);
            let good = target.is_ok_and(|target| {
                target.is_some_and(|(at, target)| {
                    let target = target.statement.statement();
                    let own = target.keys.iter().any(|key| statement.keys.contains(key))
                        && target.on_behalf == statement.on_behalf;
                    at < index && (own || !link.kind.needs_ownership())
                })
            });
            if !good {
                findings.push((Fault::Link, format!("{} {}", link.kind.word(), link.number)));
            }
        }
    }

    fn target(&self, number: &DepositNumber) -> Result<Option<(LeafIndex, Entry)>, ReadError> {
        let Some(index) = self.store.find_number(number)? else { return Ok(None) };
        reading::entry(self.store, index).map(|entry| Some((index, entry)))
    }

    fn entry_rows(&self, leaf: &Examined, entry: &Entry, report: &mut AuditReport, findings: &mut Findings) {
        let (at, statement) = (leaf.index, entry.statement.statement());
        self.row(report, findings, "number", &entry.number, at, |store| store.find_number(&entry.number));
        let id = entry.statement.id();
        self.row(report, findings, "statement", &id, at, |store| store.find_statement(&id));
        self.row(report, findings, "record", &leaf.hash, at, |store| store.find_record(&leaf.hash));
        if let Some(subject) = statement.subject {
            let sequence = subject.sequence;
            self.row(report, findings, "subject", &subject.id, at, |store| store.find_subject(&subject.id, sequence));
        }
        for (algorithm, digest) in
            statement.content.iter().flat_map(super::super::ledger::statement::content::Content::digests)
        {
            report.index_rows += 1;
            let found = self.store.find_digest(algorithm, &digest, usize::MAX);
            if !found.is_ok_and(|found| found.contains(&at)) {
                findings.push((Fault::Index, format!("digest {algorithm} {digest}: no row leads here")));
            }
        }
    }

    fn metadata(
        &self,
        at: LeafIndex,
        private: &Result<Private, ReadError>,
        committed: Option<Digest>,
        findings: &mut Findings,
    ) {
        match private {
            Ok(Private::Held(private)) if Some(private.commitment()) != committed => {
                findings.push((Fault::Private, "not what the statement commits to".into()));
            }
            Ok(Private::Erased(notice)) => {
                let piece = ErasedPiece { index: at, piece: Piece::Metadata };
                match is_named(self.store, piece, *notice) {
                    Ok(true) => {}
                    Ok(false) => findings.push((Fault::Erasure, format!("the leaf at {notice} does not name it"))),
                    Err(error) => findings.push((Fault::Erasure, error.to_string())),
                }
            }
            Ok(_) => {}
            Err(error) => findings.push((Fault::Private, error.to_string())),
        }
    }

    /// An index row must lead to this leaf.
    fn row(
        &self,
        report: &mut AuditReport,
        findings: &mut Findings,
        what: &str,
        key: &dyn std::fmt::Display,
        at: LeafIndex,
        find: impl FnOnce(&R) -> Result<Option<LeafIndex>, ReadError>,
    ) {
        if !self.indexes {
            return;
        }
        report.index_rows += 1;
        match find(self.store) {
            Ok(Some(found)) if found == at => {}
            Ok(Some(found)) if what == "number" || what == "statement" => {
                findings.push((Fault::Twice, format!("{what} {key} leads to entry {found}")));
            }
            Ok(Some(found)) => findings.push((Fault::Index, format!("{what} {key} leads to {found}"))),
            Ok(None) => findings.push((Fault::Index, format!("{what} {key}: the row is missing"))),
            Err(error) => findings.push((Fault::Index, format!("{what} {key}: {error}"))),
        }
    }
}
