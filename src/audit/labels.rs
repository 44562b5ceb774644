//! Audit of the label index: recomputes the labels of acts and deposits from the chain.
//!
//! # Invariants
//!
//! Every label of an act must have a row, and the index must have no other rows. The labels of a case act without effect were computed
//! from the state at its decision, which the chain does not show: rows are then looked up but no longer counted.

use crate::audit::report::{CourtReport, Fault, Findings};
use crate::court::acts::Act;
use crate::court::case::labels::{CaseBefore, labels_of};
use crate::court::case::state::CaseFile;
use crate::court::document::{Document, Stream};
use crate::court::ids::AccountId;
use crate::court::labels;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::traits::LedgerReader;

/// The labels of the leaves so far.
#[derive(Debug, Default)]
pub(in crate::audit) struct Labels {
    count: u64,
    /// Whether some labels cannot be computed.
    is_incomplete: bool,
    /// The platform's key, which signs acts.
    platform: Option<VerifierKey>,
}

impl Labels {
    /// The number of rows that the index must have; `None` if it is not known. Before the first act, the platform's key
    /// is not known.
    pub(in crate::audit) const fn rows(&self) -> Option<u64> {
        if self.is_incomplete || self.platform.is_none() { None } else { Some(self.count) }
    }

    /// Records an act whose labels cannot be computed.
    pub(in crate::audit) const fn set_incomplete(&mut self) {
        self.is_incomplete = true;
    }

    /// Records the key of an act's statement. The first act is the platform's.
    pub(in crate::audit) fn signed_by(&mut self, keys: &[VerifierKey]) {
        if self.platform.is_none() {
            self.platform = keys.first().cloned();
        }
    }

    /// Checks the labels of a deposit on behalf of an account.
    pub(in crate::audit) fn deposit<R: LedgerReader + ?Sized>(
        &mut self,
        store: &R,
        (at, entry): (LeafIndex, &Entry),
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let statement = entry.statement.statement();
        let is_by_platform = matches!(statement.keys.as_slice(), [key] if Some(key) == self.platform.as_ref());
        if let (Some(account), None, true) = (statement.on_behalf, statement.subject, is_by_platform) {
            look_up(store, at, &[labels::deposits_of(AccountId(account))], report, findings);
            self.count += labels::ON_BEHALF_LABELS;
        }
    }

    /// Checks the labels of an act; `file` is its case after it, if it had an effect.
    pub(in crate::audit) fn act<R: LedgerReader + ?Sized>(
        &mut self,
        store: &R,
        at: LeafIndex,
        (document, file, before): (&Document, Option<&CaseFile>, Option<&CaseBefore>),
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let mut expected = match (&document.act, document.stream, file) {
            (_, Stream::Case, Some(file)) => labels_of(file, document, before),
            (_, Stream::Case, None) => {
                self.set_incomplete();
                Vec::new()
            }
            (Act::TakeCustody(act), ..) => labels::of_custody(document.by, act.deposit, act.case),
            _ => Vec::new(),
        };
        expected.extend(document.request.map(labels::request));
        expected.sort_unstable();
        expected.dedup();
        look_up(store, at, &expected, report, findings);
        self.count += expected.len() as u64;
    }
}

fn look_up<R: LedgerReader + ?Sized>(
    store: &R,
    at: LeafIndex,
    expected: &[Digest],
    report: &mut CourtReport,
    findings: &mut Findings,
) {
    for label in expected {
        report.labels += 1;
        if !store.labelled(label, at, 1).is_ok_and(|found| found == [at]) {
            findings.push((Fault::Index, format!("label {label}: no row leads here")));
        }
    }
}
