//! Audit of one deposit against the store: its index rows, the deposits that it links to, its private content.
//!
//! # Invariants
//!
//! Each deposit is checked independently of the leaves before it, so the checks run on any thread in any order.
//!
//! Not here: the order of numbers, streams and times (`chain_checks`), the effect of acts on cases (`cases`).

use std::fmt::Display;

use crate::audit::private_store::is_named;
use crate::audit::report::{Fault, Findings};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::Content;
use crate::ledger::statement::ownership::may_link;
use crate::query::records;
use crate::store::traits::{LedgerReader, LinkPosition, PrivatePiece, ReadError};

/// The index rows of one leaf, and their faults.
pub(in crate::audit) struct Rows<'a, R: ?Sized> {
    store: &'a R,
    at: LeafIndex,
    /// Number of rows looked up.
    pub(in crate::audit) count: u64,
    /// The block header that the row of the deposit's number names.
    pub(in crate::audit) header: Option<LeafIndex>,
    /// The faults.
    pub(in crate::audit) findings: Findings,
}

impl<'a, R: LedgerReader + ?Sized> Rows<'a, R> {
    pub(in crate::audit) const fn of(store: &'a R, at: LeafIndex) -> Self {
        Self { store, at, count: 0, header: None, findings: Vec::new() }
    }

    /// Checks a deposit. Returns its private content, if it could be read.
    pub(in crate::audit) fn deposit(&mut self, hash: &Digest, entry: &Entry) -> Option<PrivatePiece> {
        self.links(entry);
        self.entry(hash, entry);
        let committed = entry.statement.statement().meta;
        let private = self.store.private_of(self.at, committed.as_ref());
        self.private(&private, committed);
        private.ok()
    }

    fn links(&mut self, entry: &Entry) {
        let statement = entry.statement.statement();
        for link in &statement.links {
            self.count += 1;
            let position = LinkPosition { kind: link.kind, source: self.at };
            let target = self.target(&link.number).ok().flatten();
            let Some((at, _)) = target
                .filter(|(at, target)| *at < self.at && may_link(link.kind, statement, target.statement.statement()))
            else {
                self.findings.push((Fault::Link, format!("{} {}", link.kind.word(), link.number)));
                continue;
            };
            // Without this row, a look-up of the linked deposit would not show the link.
            if self.store.links_to(at, position, 1).is_ok_and(|found| found == [position]) {
                continue;
            }
            self.findings.push((Fault::Index, format!("link {} {}: no row leads here", link.kind.word(), link.number)));
        }
    }

    fn target(&self, number: &DepositNumber) -> Result<Option<(LeafIndex, Entry)>, ReadError> {
        let Some(index) = self.store.index_of_number(number)? else { return Ok(None) };
        records::entry(self.store, index).map(|entry| Some((index, entry)))
    }

    fn entry(&mut self, hash: &Digest, entry: &Entry) {
        let (store, statement) = (self.store, entry.statement.statement());
        let place = store.find_number(&entry.number);
        self.row("number", &entry.number, place.clone().map(|place| place.map(|place| place.index)));
        let place = place.ok().flatten();
        self.header = place.map(|place| place.header);
        let id = entry.statement.id();
        self.row("statement", &id, store.find_statement(&id));
        self.record(hash);
        if let Some(subject) = statement.subject {
            self.row("subject", &subject.id, store.find_subject(&subject.id, subject.sequence));
        }
        let own = self.at..LeafIndex(self.at.0.saturating_add(1));
        let mut has_earlier = false;
        for (algorithm, digest) in statement.content.iter().flat_map(Content::digests) {
            self.count += 1;
            let find = |within| store.find_digest(algorithm, &digest, within, 1);
            let first = find(LeafIndex(0)..own.end).ok().and_then(|found| found.first().copied());
            has_earlier |= first.is_some_and(|first| first < self.at);
            if first != Some(self.at) && !find(own.clone()).is_ok_and(|found| found == [self.at]) {
                self.findings.push((Fault::Index, format!("digest {algorithm} {digest}: no row leads here")));
            }
        }
        // With a wrong row, a look-up would omit the earlier deposits.
        if place.is_some_and(|place| place.has_earlier != has_earlier) {
            let detail = format!("number {}: its row is wrong about earlier deposits of its digests", entry.number);
            self.findings.push((Fault::Index, detail));
        }
    }

    fn private(&mut self, private: &Result<PrivatePiece, ReadError>, committed: Option<Digest>) {
        match private {
            Ok(PrivatePiece::Held(private)) if Some(private.commitment()) != committed => {
                self.findings.push((Fault::Private, "not what the statement commits to".into()));
            }
            Ok(PrivatePiece::Erased(notice)) => {
                let piece = ErasedPiece { index: self.at, piece: Piece::Metadata };
                match is_named(self.store, piece, *notice) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.findings.push((Fault::Erasure, format!("the leaf at {notice} does not name it")));
                    }
                    Err(error) => self.findings.push((Fault::Erasure, error.to_string())),
                }
            }
            Ok(_) => {}
            Err(error) => self.findings.push((Fault::Private, error.to_string())),
        }
    }

    /// Checks the row of a leaf's hash.
    pub(in crate::audit) fn record(&mut self, hash: &Digest) {
        self.row("record", hash, self.store.find_record(hash));
    }

    /// Checks that an index row refers to this leaf.
    pub(in crate::audit) fn row(&mut self, what: &str, key: &dyn Display, found: Result<Option<LeafIndex>, ReadError>) {
        self.count += 1;
        let finding = match found {
            Ok(Some(found)) if found == self.at => return,
            Ok(Some(found)) if what == "number" || what == "statement" => {
                (Fault::Twice, format!("{what} {key} leads to entry {found}"))
            }
            Ok(Some(found)) => (Fault::Index, format!("{what} {key} leads to {found}")),
            Ok(None) => (Fault::Index, format!("{what} {key}: the row is missing")),
            Err(error) => (Fault::Index, format!("{what} {key}: {error}")),
        };
        self.findings.push(finding);
    }
}
