//! Locks: one node, or any number of audits.

use tiezheng::store::contract::ReadLedger;
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::store::RocksStore;

use super::{SAMPLE, files, sample};
use crate::support::depositor::origin;
use crate::support::stores::small;

#[test]
fn a_node_keeps_everyone_else_out() {
    let (_root, folder) = sample();
    let node = RocksStore::open(&folder, &small()).unwrap();
    assert!(matches!(RocksStore::open(&folder, &small()), Err(OpenError::InUse)));
    assert!(matches!(RocksStore::open_read_only(&folder, &small()), Err(OpenError::InUse)));
    assert!(matches!(RocksStore::open_or_create(&folder, &origin(), &small()), Err(OpenError::InUse)));
    drop(node);
    RocksStore::open(&folder, &small()).unwrap();
}

#[test]
fn audits_share_a_folder_and_change_nothing_in_it() {
    let (_root, folder) = sample();
    let before = files(&folder);
    let last = SAMPLE.blocks.last().unwrap();
    {
        let audits = [(); 2].map(|()| RocksStore::open_read_only(&folder, &small()).unwrap());
        assert!(matches!(RocksStore::open(&folder, &small()), Err(OpenError::InUse)));
        for audit in &audits {
            let published = audit.published().unwrap();
            assert_eq!(published.block_hash, last.hash);
            assert_eq!(audit.leaf(last.header.index()).unwrap(), last.header_bytes);
            let counts = audit.count_rows().unwrap();
            assert!(counts.contains(&("leaves", published.size().0)) && counts.contains(&("numbers", 1500)));
        }
    }
    assert_eq!(files(&folder), before);
}

#[test]
fn a_copy_without_a_lock_can_be_audited() {
    let (_root, folder) = sample();
    std::fs::remove_file(folder.join("lock")).unwrap();
    let before = files(&folder);
    RocksStore::open_read_only(&folder, &small()).unwrap();
    assert_eq!(files(&folder), before);
    // A node takes it anew.
    RocksStore::open(&folder, &small()).unwrap();
    assert!(folder.join("lock").exists());
}

/// The folder's own inode is locked too.
#[test]
fn removing_the_lock_file_lets_nobody_in() {
    let (_root, folder) = sample();
    let node = RocksStore::open(&folder, &small()).unwrap();
    std::fs::remove_file(folder.join("lock")).unwrap();
    assert!(matches!(RocksStore::open(&folder, &small()), Err(OpenError::InUse)));
    assert!(matches!(RocksStore::open_read_only(&folder, &small()), Err(OpenError::InUse)));
    assert!(!folder.join("lock").exists(), "a refused opening makes no file");
    drop(node);
    RocksStore::open(&folder, &small()).unwrap();
}
