//! Index rows that wait to be written: found wherever they are, made again after a crash, all in their tables at rest.

use std::path::{Path, PathBuf};
use std::process::Command;

use rocksdb::{DB, Options as RocksOptions};
use tiezheng::ledger::chain::Block;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::schema::TABLES;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::{LedgerReader, ReadError};

use super::copy;
use crate::support::chain::{Draft, everywhere, found, notice, seal};
use crate::support::depositor::origin;
use crate::support::stores::{on_disk, small};

const FOLDER: &str = "TIEZHENG_TEST_FOLDER";
const BLOCKS: &str = "TIEZHENG_TEST_BLOCKS";
const A_BLOCK: u64 = 20;

/// So many blocks of twenty deposits after the first; every fifth has a notice too, always the same.
fn grow(store: &RocksStore, blocks: u64, mut each: impl FnMut(&[Block])) -> Vec<Block> {
    let mut all = vec![found(store)];
    for n in 0..blocks {
        let deposits = n * A_BLOCK..(n + 1) * A_BLOCK;
        let again = (n % 5 == 0).then(|| tiezheng::ledger::chain::PendingLeaf::Notice(notice(7)));
        all.push(seal(store, deposits.map(|n| Draft::nth(n).waiting(n)).chain(again).collect()));
        each(&all);
    }
    all
}

/// Every leaf is found by everything that leads to it.
fn all_found(store: &dyn LedgerReader, blocks: &[Block]) {
    let mut same_notice = None;
    for block in blocks {
        assert_eq!(store.find_record(&block.hash), Ok(Some(block.header.index())));
        for (index, leaf) in (block.base.0..).map(LeafIndex).zip(&block.leaves) {
            let Some(entry) = &leaf.entry else {
                let first = if index.0 == 0 { index } else { *same_notice.get_or_insert(index) };
                assert_eq!(store.find_record(&leaf.hash), Ok(Some(first)), "a notice said twice: the first");
                continue;
            };
            assert_eq!(store.find_record(&leaf.hash), Ok(Some(index)));
            assert_eq!(store.index_of_number(&entry.number), Ok(Some(index)));
            assert_eq!(store.find_statement(&entry.statement.id()), Ok(Some(index)));
            for (algorithm, digest) in entry.statement.statement().content.unwrap().digests() {
                let found = store.find_digest(algorithm, &digest, everywhere(), 1_000).unwrap();
                assert!(found.is_sorted() && found.contains(&index), "{found:?}");
                let alone = store.find_digest(algorithm, &digest, index..LeafIndex(index.0 + 1), 9);
                assert_eq!(alone, Ok(vec![index]));
            }
        }
    }
}

fn counted(counts: &[(&'static str, u64)], table: &str) -> u64 {
    counts.iter().find(|(name, _)| *name == table).unwrap().1
}

#[test]
fn rows_are_found_while_they_wait_and_while_they_are_written() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ledger");
    let store = RocksStore::create(&folder, &origin(), &small()).unwrap();
    let blocks = grow(&store, 25, |blocks| all_found(&store, blocks));
    drop(store);
    assert_eq!(on_disk(&folder, "numbers"), 25 * A_BLOCK);
    // Format, origin and key notices.
    assert_eq!(on_disk(&folder, "meta"), 3, "at rest nothing waits");
    all_found(&RocksStore::open(&folder, &small()).unwrap(), &blocks);
}

/// Another that opens it and dies at once: what one crash left does not wait for the next.
fn opened_and_crashed(folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "opening::waiting::rows_that_a_crash_took_are_made_again", "--nocapture"]);
    let output = child.env(FOLDER, folder).env(BLOCKS, "0").output().unwrap();
    assert!(!output.status.success() && folder.join("opened").exists(), "the child did not get so far: {output:?}");
    std::fs::remove_file(folder.join("opened")).unwrap();
}

/// A process that grows a ledger and dies.
fn crashed(root: &Path, blocks: u64) -> PathBuf {
    let folder = root.join(format!("ledger-{blocks}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "opening::waiting::rows_that_a_crash_took_are_made_again", "--nocapture"]);
    let output = child.env(FOLDER, &folder).env(BLOCKS, blocks.to_string()).output().unwrap();
    assert!(!output.status.success() && folder.join("grown").exists(), "the child did not get so far: {output:?}");
    std::fs::remove_file(folder.join("grown")).unwrap();
    folder
}

#[test]
fn rows_that_a_crash_took_are_made_again() {
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        if std::env::var(BLOCKS).unwrap() == "0" {
            let _store = RocksStore::open(&folder, &small()).unwrap();
            std::fs::write(folder.join("opened"), "").unwrap();
            std::process::abort();
        }
        let store = RocksStore::create(&folder, &origin(), &small()).unwrap();
        grow(&store, std::env::var(BLOCKS).unwrap().parse().unwrap(), |_| {});
        std::fs::write(folder.join("grown"), "").unwrap();
        std::process::abort();
    }
    let root = tempfile::tempdir().unwrap();
    let twin = RocksStore::create(&root.path().join("twin"), &origin(), &small()).unwrap();
    let blocks = grow(&twin, 14, |_| {});
    // Some gathered; a first pass in the middle; a first over and a second begun.
    for many in [1, 4, 6, 7, 9, 14_u64] {
        let folder = crashed(root.path(), many);
        let (deposits, blocks) = (many * A_BLOCK, &blocks[..=usize::try_from(many).unwrap()]);
        let before = on_disk(&folder, "numbers");
        assert!(before < deposits, "{many}: nothing waited");
        let audit = RocksStore::open_read_only(&folder, &small()).unwrap();
        all_found(&audit, blocks);
        let counts = audit.count_rows().unwrap();
        assert_eq!((counted(&counts, "numbers"), counted(&counts, "statements")), (deposits, deposits));
        let leaves: u64 = blocks.iter().map(|block| block.leaves.len() as u64 + 1).sum();
        let twice = many.div_ceil(5) - 1;
        assert_eq!((counted(&counts, "records"), counted(&counts, "digests")), (leaves - twice, 2 * deposits));
        drop(audit);
        assert_eq!(on_disk(&folder, "numbers"), before, "an audit writes nothing");
        opened_and_crashed(&folder);
        assert_eq!((on_disk(&folder, "numbers"), on_disk(&folder, "meta")), (deposits, 3), "{many}: written at once");
        let store = RocksStore::open(&folder, &small()).unwrap();
        all_found(&store, blocks);
        let next = Draft::nth(1_000).waiting(1_000);
        let next = seal(&store, vec![next]);
        all_found(&store, &[blocks, &[next]].concat());
        drop(store);
        assert_eq!(on_disk(&folder, "numbers"), deposits + 1);
        assert_eq!(on_disk(&folder, "meta"), 3);
    }
}

#[test]
fn a_damaged_leaf_whose_rows_are_to_be_made_again_is_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = crashed(root.path(), 14);
    // In a full tile, so that the opening does not read it for the tree's edge.
    let damaged = {
        let tables = TABLES.iter().map(|(name, _)| (*name, RocksOptions::default()));
        let mut options = RocksOptions::default();
        options.set_track_and_verify_wals_in_manifest(true);
        let db = DB::open_cf_with_opts(&options, folder.join("db"), tables).unwrap();
        let first = db.get_cf(db.cf_handle("meta").unwrap(), "unindexed").unwrap().unwrap();
        let first = u64::from_be_bytes(first.try_into().unwrap());
        assert!((1..250).contains(&first), "{first}");
        let (leaves, at) = (db.cf_handle("leaves").unwrap(), (first + 1).to_be_bytes());
        let mut leaf = db.get_cf(leaves, at).unwrap().unwrap();
        leaf[40] ^= 1;
        db.put_cf(leaves, at, leaf).unwrap();
        (first + 1).to_string()
    };
    let again = root.path().join("again");
    copy(&folder, &again);
    for opened in
        [RocksStore::open(&folder, &small()).map(|_| ()), RocksStore::open_read_only(&again, &small()).map(|_| ())]
    {
        let error = opened.unwrap_err();
        let named = |error: &ReadError| matches!(error, ReadError::Damaged { what: "leaf", at, .. } if *at == damaged);
        assert!(matches!(&error, OpenError::RecordDamaged(error) if named(error)), "{error:?}");
    }
}
