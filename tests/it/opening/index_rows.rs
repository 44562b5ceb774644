//! Index rows are counted against the log: an audit finds rows that no leaf yields, which no look-up of a deposit would meet.

use tiezheng::audit::report::Fault;
use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::store::rocks::batch::Batch;
use tiezheng::store::rocks::engine::{Access, Engine};
use tiezheng::store::rocks::format::{DigestKey, Empty, SubjectKey};
use tiezheng::store::rocks::schema::{DIGESTS, STATEMENTS, SUBJECTS};
use tiezheng::store::traits::Index as _;

use crate::support::chain::{Draft, found, seal};
use crate::support::stores::{Bench, Rocks, small};

/// What is wrong, in words.
fn findings(bench: &Rocks) -> Vec<(Fault, String)> {
    let report = walk(bench.store(), &Options::default(), |_| {}).unwrap();
    report.findings.into_iter().map(|finding| (finding.fault, finding.detail)).collect()
}

/// Changes rows of the ledger at rest, behind its back, and opens it again.
fn alter(bench: &mut Rocks, change: impl FnOnce(&mut Batch<'_>)) {
    bench.close();
    let engine = Engine::open(&bench.folder().join("db"), &small(), Access::ReadWrite).unwrap();
    let mut batch = engine.batch();
    change(&mut batch);
    engine.commit(batch).unwrap();
    drop(engine);
    bench.reopen();
}

fn digest_row(digest: Digest, index: u64) -> DigestKey {
    DigestKey { algorithm: HashAlgorithm::Sha256, digest, index: LeafIndex(index) }
}

#[test]
fn a_row_that_no_leaf_yields_is_found() {
    let mut bench = Rocks::begin();
    found(bench.store());
    for n in 0..5 {
        seal(bench.store(), vec![Draft::nth(2 * n).waiting(2 * n), Draft::nth(2 * n + 1).waiting(2 * n + 1)]);
    }
    // While rows wait in memory, and once all are in their tables.
    assert_eq!(findings(&bench), []);
    let yields = bench.store().index_rows().unwrap().unwrap();
    bench.reopen();
    assert_eq!(findings(&bench), []);
    assert_eq!(bench.store().index_rows(), Ok(Some(yields)));
    alter(&mut bench, |batch| {
        batch.put(&DIGESTS, &digest_row(Digest([7; 32]), 2), &Empty).unwrap();
        batch.put(&STATEMENTS, &Digest([7; 32]), &LeafIndex(2)).unwrap();
        batch.put(&SUBJECTS, &SubjectKey { subject: Digest([7; 32]), sequence: 1 }, &LeafIndex(2)).unwrap();
    });
    let found = findings(&bench);
    assert!(found.iter().all(|(fault, _)| *fault == Fault::Index), "{found:?}");
    let named: Vec<bool> = ["`statements`", "`digests`", "`subjects`"]
        .map(|index| found.iter().any(|(_, detail)| detail.contains(index)))
        .into();
    assert_eq!((found.len(), named), (3, vec![true; 3]), "{found:?}");
}

/// The number of rows stays the same: only the look-up of the deposit's own digest shows it.
#[test]
fn a_row_of_a_digest_that_leads_to_another_leaf_is_found() {
    let mut bench = Rocks::begin();
    found(bench.store());
    for n in 0..3 {
        seal(bench.store(), vec![Draft::nth(2 * n).waiting(2 * n), Draft::nth(2 * n + 1).waiting(2 * n + 1)]);
    }
    let digest = sha256(b"evidence 0");
    alter(&mut bench, |batch| {
        batch.remove(&DIGESTS, &digest_row(digest, 2)).unwrap();
        batch.put(&DIGESTS, &digest_row(digest, 3), &Empty).unwrap();
    });
    assert_eq!(findings(&bench), [(Fault::Index, format!("digest sha-256 {digest}: no row leads here"))]);
}
