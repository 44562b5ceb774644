//! Writes that fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::shortage::Shortage;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{AppendError, LogStore};

use crate::support::chain::{append, found, notice, published_of};
use crate::support::depositor::origin;
use crate::support::stores::small;

const FOLDER: &str = "TIEZHENG_TEST_FOLDER";

/// In a process whose files may not grow past 4 MiB, a write to the log fails in the middle. Linux lets nobody limit a
/// process's own files later on, so the shell does it before this test starts itself once more.
#[test]
fn after_a_failed_write_there_is_no_other_until_reopened() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write_until_it_fails(&PathBuf::from(folder));
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ledger");
    let script = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" --exact opening::writing::after_a_failed_write_there_is_no_other_until_reopened --nocapture";
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(std::env::current_exe().unwrap()).env(FOLDER, &folder);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.join("failed").exists(), "the child did not get so far");

    // The opening looks what is there: what was published, and nothing by halves.
    let store = RocksStore::open(&folder, &small()).unwrap();
    let (tip, published) = (store.tip().unwrap(), store.published().unwrap());
    assert!(tip.size() >= published.size());
    append(&store, vec![PendingLeaf::Notice(notice(9_999_999))]).unwrap();
}

fn write_until_it_fails(folder: &Path) {
    // Memtables so large that the log must hold everything.
    let options = tiezheng::store::rocks::tuning::Options::default();
    let store = RocksStore::create(folder, &origin(), &options).unwrap();
    found(&store);
    let error = (0..100_u64).find_map(|n| {
        let waiting = (1_000 * n..1_000 * (n + 1)).map(|n| PendingLeaf::Notice(notice(n))).collect();
        match append(&store, waiting) {
            Ok(block) => store.publish(published_of(&block)).err(),
            Err(error) => Some(error),
        }
    });
    let short = matches!(error, Some(AppendError::Short { shortage: Shortage::DiskSpace, .. }));
    assert!(short, "{error:?}");
    let (tip, published) = (store.tip().unwrap(), store.published().unwrap());
    assert_eq!(tip.size(), published.size(), "the failed block is not shown");
    for _ in 0..2 {
        let again = append(&store, vec![PendingLeaf::Notice(notice(9_999_999))]);
        assert_eq!(again.err(), error);
    }
    assert_eq!(store.publish((*published).clone()).err(), error);
    // Reading goes on.
    store.leaves(tip.frontier.size().last_index().unwrap(), 1).unwrap();
    std::fs::write(folder.join("failed"), "").unwrap();
}
