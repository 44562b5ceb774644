//! Rebuilding of the index: the rows are those that the appends made, whatever the index was before.

use rocksdb::{DB, Options as RocksOptions};
use tiezheng::audit::report::Fault;
use tiezheng::audit::walk::{Options as AuditOptions, walk};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::rocks::engine::{Access, Engine, RawRow};
use tiezheng::store::rocks::format::about::About;
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::rebuild::rebuild;
use tiezheng::store::rocks::schema::{META, STATEMENTS, TABLES};
use tiezheng::store::traits::{CursorStore as _, LogReader as _};

use crate::opening::damage::tamper;
use crate::opening::{copy, files};
use crate::support::chain::{Draft, found, notice, number, seal};
use crate::support::stores::{Bench, Rocks, small};

/// A ledger of more than one full tile, at rest, with rows in every derived table; and those rows.
fn ledger() -> (Rocks, Vec<RawRow>) {
    let mut bench = Rocks::begin();
    let store = bench.store();
    found(store);
    for n in 0..60 {
        let again = tiezheng::ledger::chain::PendingLeaf::Notice(notice(7));
        let file = Draft::of(b"one file").nonce_of(1_000 + n).waiting(1_000 + n);
        let mut leaves = vec![Draft::nth(n).subject(7, n + 1).waiting(n), again, file];
        if n > 0 {
            leaves.push(Draft::nth(2_000 + n).link(LinkKind::Refers, number(n - 1)).waiting(2_000 + n));
        }
        seal(store, leaves);
    }
    store.set_cursor(&Digest([1; 32]), 17).unwrap();
    bench.reopen();
    let rows = bench.store().rows().map(Result::unwrap).collect();
    bench.close();
    (bench, rows)
}

/// Opens the database without the program's checks.
fn engine(bench: &Rocks) -> Engine {
    Engine::open(&bench.folder().join("db"), &small(), Access::ReadWrite).unwrap()
}

/// Rebuilds, and compares all rows of all tables with what they were.
fn restores(bench: &mut Rocks, rows: &[RawRow]) {
    let mut seen = Vec::new();
    let records = rebuild(&bench.folder(), &small(), &mut |done, all| seen.push((done, all))).unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&(records, records)), "{seen:?}");
    bench.reopen();
    assert_eq!(bench.store().published().unwrap().size().0, records);
    assert_eq!(bench.store().rows().map(Result::unwrap).collect::<Vec<_>>(), rows);
    // The fixtures' notices are unsigned and early; nothing is wrong with the index.
    let report = walk(bench.store(), &AuditOptions::default(), |_| {}).unwrap();
    let wrong: Vec<_> = report.findings.iter().filter(|finding| finding.fault == Fault::Index).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_index_is_deleted_and_derived_again() {
    let (mut bench, rows) = ledger();
    let derived: Vec<&str> =
        TABLES.iter().map(|(name, _)| *name).filter(|name| rows.iter().any(|row| row.table == *name)).collect();
    let expected = [
        "leaves",
        "blocks",
        "numbers",
        "statements",
        "records",
        "digests",
        "subjects",
        "links",
        "link_targets",
        "bookmarks",
    ];
    assert!(expected.iter().all(|name| derived.contains(name)), "{derived:?}");
    // A row that leads elsewhere, and one that nothing yields.
    let damaged = engine(&bench);
    let mut batch = damaged.batch();
    batch.put(&STATEMENTS, &Draft::nth(3).subject(7, 4).sign().id(), &LeafIndex(2)).unwrap();
    batch.put(&STATEMENTS, &Digest([9; 32]), &LeafIndex(2)).unwrap();
    damaged.commit(batch).unwrap();
    drop(damaged);
    restores(&mut bench, &rows);
}

#[test]
fn a_ledger_of_the_format_before_is_opened_after_a_rebuild_only() {
    let (mut bench, rows) = ledger();
    let older = engine(&bench);
    let mut batch = older.batch();
    batch.put(&META, &About::Format, &4_u32.to_be_bytes().to_vec()).unwrap();
    older.commit(batch).unwrap();
    drop(older);
    let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let mut db = DB::open_cf(&RocksOptions::default(), bench.folder().join("db"), names).unwrap();
    db.drop_cf("link_targets").unwrap();
    db.drop_cf("annotations").unwrap();
    drop(db);
    assert!(matches!(bench.try_open(), Err(OpenError::OlderFormat { found: 4 })));
    restores(&mut bench, &rows);
}

#[test]
fn an_interrupted_rebuild_is_run_again_before_the_ledger_is_opened() {
    let (mut bench, rows) = ledger();
    let interrupted = engine(&bench);
    let mut batch = interrupted.batch();
    batch.put(&META, &About::Rebuilding, &Vec::new()).unwrap();
    interrupted.commit(batch).unwrap();
    interrupted.clear("numbers").unwrap();
    interrupted.clear("digests").unwrap();
    drop(interrupted);
    assert!(matches!(bench.try_open(), Err(OpenError::IndexIncomplete)));
    restores(&mut bench, &rows);
}

#[test]
fn a_log_that_does_not_agree_with_its_checkpoint_is_left_as_it_is() {
    let (bench, _) = ledger();
    let other = ledger().0;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mixed");
    copy(&bench.folder(), &folder);
    std::fs::remove_dir_all(folder.join("db")).unwrap();
    // The same ledger with one block less.
    let shorter = Rocks::begin();
    found(shorter.store());
    let from = shorter.folder();
    drop(shorter.store().finish());
    copy(&from.join("db"), &folder.join("db"));
    drop((other, shorter));
    let before = files(&folder);
    let refused = rebuild(&folder, &small(), &mut |_, _| panic!("nothing is rebuilt"));
    assert!(matches!(refused, Err(OpenError::Behind { .. } | OpenError::ManifestCutOff { .. })), "{refused:?}");
    assert_eq!(files(&folder), before);
}

#[test]
fn a_damaged_leaf_is_found_before_the_index_is_deleted() {
    let (mut bench, _) = ledger();
    tamper(&bench.folder(), |db| {
        let (leaves, key) = (db.cf_handle("leaves").unwrap(), 5_u64.to_be_bytes());
        let mut leaf = db.get_cf(leaves, key).unwrap().unwrap();
        *leaf.last_mut().unwrap() ^= 1;
        db.put_cf(leaves, key, leaf).unwrap();
    });
    bench.reopen();
    let before: Vec<_> = bench.store().rows().map(Result::unwrap).collect();
    bench.close();
    let refused = rebuild(&bench.folder(), &small(), &mut |_, _| panic!("nothing is rebuilt"));
    assert!(matches!(refused, Err(OpenError::RecordDamaged(_))), "{refused:?}");
    bench.reopen();
    assert_eq!(bench.store().rows().map(Result::unwrap).collect::<Vec<_>>(), before);
}
