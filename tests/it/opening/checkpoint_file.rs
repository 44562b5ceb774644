//! A checkpoint file with a damaged slot, and file names that are not the program's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tiezheng::store::rocks::checkpoint_file::{CheckpointFile, CheckpointState};
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::LogReader as _;

use super::damage::{flip, refused};
use super::{SAMPLE, copy, database_files, sample};
use crate::support::chain::published_of;
use crate::support::stores::small;

/// Slot 0 holds the last checkpoint, slot 1 the one of halfway.
fn mark_of_halfway_and_the_end(folder: &Path) {
    let path = folder.join("mark");
    fs::remove_file(&path).unwrap();
    CheckpointFile::write_new(&path).unwrap();
    let mut file = CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap();
    for block in [&SAMPLE.blocks[0], &SAMPLE.blocks[SAMPLE.half - 1], SAMPLE.blocks.last().unwrap()] {
        file.write(&published_of(block).checkpoint, None).unwrap();
    }
}

fn database_of_halfway(folder: &Path) {
    fs::remove_dir_all(folder.join("db")).unwrap();
    copy(&SAMPLE.halfway.join("db"), &folder.join("db"));
}

/// The slot of the last checkpoint is damaged, and the database ends exactly where the other slot says.
#[test]
fn a_database_that_was_cut_off_to_the_older_slot_is_refused_however_the_newer_one_is_damaged() {
    let behind = |e: &OpenError| {
        let last = SAMPLE.blocks.last().unwrap().tip.size();
        matches!(e, OpenError::Behind { marked, .. } if *marked == last)
    };
    let unknown = |e: &OpenError| matches!(e, OpenError::CheckpointSlotDamaged { slot: 0, .. });
    for (name, places, readable) in [
        ("note", vec![1_030], true),
        ("first head", vec![20], true),
        ("second head and note", vec![540, 1_100], true),
        ("both heads", vec![20, 540], false),
        ("all", (0..2_000).collect(), false),
    ] {
        let damage = |folder: &Path| {
            mark_of_halfway_and_the_end(folder);
            for at in &places {
                flip(&folder.join("mark"), *at);
            }
        };
        let is_right: fn(&OpenError) -> bool = if readable { behind } else { unknown };
        refused(name, is_right, |folder| {
            damage(folder);
            database_of_halfway(folder);
        });
        if !readable {
            refused(name, unknown, damage);
            continue;
        }
        // With the whole database the node signs again. Until then the mark still says how far it reached.
        let (_root, folder) = sample();
        damage(&folder);
        drop(RocksStore::open(&folder, &small()).unwrap());
        let store = RocksStore::open(&folder, &small()).unwrap();
        assert_eq!(store.published().unwrap().size(), SAMPLE.blocks[SAMPLE.half - 1].tip.size(), "{name}");
        drop(store);
        database_of_halfway(&folder);
        assert!(behind(&RocksStore::open(&folder, &small()).err().unwrap()), "{name}");
    }
}

#[test]
fn a_name_in_the_folder_that_is_a_link_or_a_special_file_is_refused() {
    let not_own = |e: &OpenError| matches!(e, OpenError::WrongKind { .. }) && !e.is_damage();
    for name in ["mark", "lock", "ledger.key", "next.key", "platform.key", "inventory", "db", "originals", "accounts"] {
        refused(name, not_own, |folder| {
            let (path, outside) = (folder.join(name), folder.parent().unwrap().join("outside"));
            if path.exists() {
                fs::rename(&path, &outside).unwrap();
            } else {
                fs::write(&outside, "").unwrap();
            }
            symlink(&outside, &path).unwrap();
        });
    }
    refused("folder", not_own, |folder| fs::create_dir(folder.join("platform.key")).unwrap());
    refused("file", not_own, |folder| fs::write(folder.join("originals"), "").unwrap());
    // What cannot be read to compare it.
    let (_root, folder) = sample();
    symlink("/nowhere", folder.join("accounts")).unwrap();
    assert!(not_own(&RocksStore::open(&folder, &small()).err().unwrap()));
    fs::remove_file(folder.join("accounts")).unwrap();
    mknodat(CWD, folder.join("ledger.key"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    assert!(not_own(&RocksStore::open_read_only(&folder, &small()).err().unwrap()));
    refused("table", not_own, |folder| {
        let (path, outside) = (database_files(folder, ".sst").pop().unwrap(), folder.parent().unwrap().join("outside"));
        fs::rename(&path, &outside).unwrap();
        symlink(&outside, &path).unwrap();
    });
}
