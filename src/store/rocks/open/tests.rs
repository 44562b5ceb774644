//! Tests of failures between the read-only inspection and the recovery of the database.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::ledger::block::Height;
use crate::ledger::chain::{PendingLeaf as Pending, next};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::key::Signer;
use crate::ledger::notice::{Mode, Notice, NoticeKind};
use crate::ledger::time::Timestamp;
use crate::store::traits::LogReader as _;

/// A ledger of one block, all of it in RocksDB's write-ahead log.
fn founded() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::new(&root.path().join("ledger"));
    let origin = Name::parse("example.org/ledger").unwrap();
    let signer = Signer::new(origin.clone(), &[1; 32]).unwrap();
    let store = RocksStore::create(folder.path(), &origin, &Options::default()).unwrap();
    let received = Timestamp::parse("2026-11-22T08:30:00.000Z").unwrap();
    let kind =
        NoticeKind::Genesis { mode: Mode::Test, key: signer.verifier().clone(), next: signer.verifier().commitment() };
    let notice = Notice { ledger: origin.clone(), received, kind }.sign(&[&signer]).unwrap();
    let block = next(&store.tip().unwrap(), vec![Pending::Notice(notice)], received).unwrap();
    store.append(&block, &[], &[]).unwrap();
    let checkpoint = Checkpoint { origin, size: block.tip.size(), root: block.tip.frontier.root() };
    let checkpoint = checkpoint.sign(&signer).unwrap();
    let published = Published { checkpoint, height: Height(0), block_hash: block.hash, block_time: received };
    store.publish(published).unwrap();
    drop(store);
    (root, folder)
}

fn files(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.path().to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { drop(found.insert(path.clone(), fs::read(&path).unwrap())) }
        }
    }
    found
}

/// Truncates the write-ahead log to `percent` of its length, as if a read of it ended early.
fn cut_log(folder: &Folder, percent: usize) {
    for entry in fs::read_dir(folder.database()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "log") {
            let bytes = fs::read(&path).unwrap();
            // A new file: the safety copy is a hard link to the old one.
            fs::remove_file(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() * percent / 100]).unwrap();
        }
    }
}

#[test]
fn a_log_that_is_read_in_part_during_recovery_is_not_lost() {
    let (_root, folder) = founded();
    for kept in [0, 10, 90] {
        let before = files(&folder);
        let lock = folder.lock().unwrap();
        let opened = open_locked(&folder, &Options::default(), Arc::new(lock), || cut_log(&folder, kept));
        assert!(matches!(opened.err(), Some(OpenError::Recovery { .. })), "{kept}");
        assert_eq!(files(&folder), before, "{kept}: the files are as they were");
    }
    let store = RocksStore::open(folder.path(), &Options::default()).unwrap();
    assert_eq!(store.published().unwrap().size().0, 2);
}

/// A crash in the middle of the recovery, and the node started again.
#[test]
fn a_recovery_that_a_crash_cut_off_begins_again_from_the_same_files() {
    let (_root, folder) = founded();
    for cut in [false, true] {
        let lock = folder.lock().unwrap();
        drop(lock);
        folder.make_safety_copy().unwrap();
        cut_log(&folder, if cut { 0 } else { 100 });
        if cut {
            // RocksDB has replayed the truncated log and deleted it.
            drop(Engine::open(&folder.database(), &Options::default(), Access::ReadWrite).unwrap());
        }
        let audit = RocksStore::open_read_only(folder.path(), &Options::default()).unwrap();
        assert_eq!(audit.published().unwrap().size().0, 2);
        drop(audit);
        let store = RocksStore::open(folder.path(), &Options::default()).unwrap();
        assert_eq!((store.published().unwrap().size().0, store.tip().unwrap().size().0), (2, 2));
        drop(store);
        assert_eq!(folder.valid_database().unwrap(), folder.database());
    }
}
