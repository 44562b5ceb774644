//! A truncated MANIFEST: rejected, or no record is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::store::contract::PrivateContent;
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::store::RocksStore;

use super::{copy, files, sample};
use crate::support::chain::{Draft, append_erasing, found, published_of};
use crate::support::depositor::origin;
use crate::support::stores::small;
use tiezheng::store::contract::AppendLedger as _;

const FOLDER: &str = "TIEZHENG_TEST_FOLDER";
const BLOCKS: &str = "TIEZHENG_TEST_BLOCKS";

fn manifest(folder: &Path) -> PathBuf {
    let current = fs::read_to_string(folder.join("db/CURRENT")).unwrap();
    folder.join("db").join(current.trim())
}

fn cut(folder: &Path, length: usize) {
    let path = manifest(folder);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..length]).unwrap();
}

/// Where the records of a MANIFEST end: a header of seven bytes with the length in bytes 4 and 5, in blocks of 32 KiB.
fn record_ends(bytes: &[u8]) -> Vec<usize> {
    let (mut ends, mut at) = (Vec::new(), 0);
    while at + 7 <= bytes.len() {
        let left = 32_768 - at % 32_768;
        if left < 7 {
            at += left;
            continue;
        }
        at += 7 + usize::from(bytes[at + 4]) + 256 * usize::from(bytes[at + 5]);
        ends.push(at);
    }
    ends
}

#[test]
fn of_a_ledger_that_was_closed_no_byte_of_the_manifest_may_be_missing() {
    let (_root, whole) = sample();
    let bytes = fs::read(manifest(&whole)).unwrap();
    let ends = record_ends(&bytes);
    assert_eq!(ends.last(), Some(&bytes.len()));
    let fixed = [1, 300, 600, 900].map(|less| bytes.len() - less);
    for length in ends.iter().rev().skip(1).take(12).copied().chain(fixed) {
        let (_root, folder) = sample();
        cut(&folder, length);
        let before = files(&folder);
        let refused = RocksStore::open(&folder, &small()).err();
        assert!(refused.as_ref().is_some_and(OpenError::is_damage), "{length}: {refused:?}");
        assert_eq!(files(&folder), before, "{length}: it was changed");
        let refused = RocksStore::open_read_only(&folder, &small()).err();
        assert!(refused.as_ref().is_some_and(OpenError::is_damage), "{length}: {refused:?}");
    }
}

/// Deposits with private content and annexes, in blocks of 50.
fn grow(store: &RocksStore, blocks: std::ops::Range<u64>) {
    let piece =
        |n: u64| PrivateMetadata { salt: sha256(&n.to_be_bytes()).0, json: format!("私有 {n} {}", "x".repeat(300)) };
    for block in blocks {
        let deposits = 50 * block..50 * (block + 1);
        let waiting =
            deposits.clone().map(|n| Draft::nth(n).meta(&piece(2 * n)).subject(7, n + 1).waiting(n)).collect();
        let content = |n: u64| PrivateContent {
            metadata: Some(piece(2 * n)),
            annexes: vec![piece(2 * n + 1)],
            labels: vec![sha256(&n.to_le_bytes())],
        };
        let held: BTreeMap<u64, _> = deposits.map(|n| (n - 50 * block, content(n))).collect();
        let block = append_erasing(store, waiting, &held, &[]).unwrap();
        store.publish(published_of(&block)).unwrap();
    }
}

/// Of a ledger that was killed, the end of the MANIFEST may be younger than the checkpoint file. Then the logs hold what
/// the lost records named, or the folder is refused.
#[test]
fn of_a_ledger_that_was_killed_nothing_is_lost_unnoticed() {
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        let blocks: u64 = std::env::var(BLOCKS).unwrap().parse().unwrap();
        let store = RocksStore::create(&folder, &origin(), &small()).unwrap();
        found(&store);
        grow(&store, 0..10);
        drop(store);
        let store = RocksStore::open(&folder, &small()).unwrap();
        grow(&store, 10..10 + blocks);
        std::process::abort();
    }
    let root = tempfile::tempdir().unwrap();
    for blocks in [0_u64, 1, 7, 23] {
        let whole = root.path().join(format!("ledger-{blocks}"));
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "opening::manifest::of_a_ledger_that_was_killed_nothing_is_lost_unnoticed",
            "--nocapture",
        ]);
        let output = child.env(FOLDER, &whole).env(BLOCKS, blocks.to_string()).output().unwrap();
        assert!(!output.status.success() && whole.join("db").is_dir(), "{output:?}");
        // Without `meta`, where a row says whether index rows wait.
        let counted = |mut rows: Vec<(&'static str, u64)>| {
            rows.retain(|(table, _)| *table != "meta");
            rows
        };
        let rows = counted(RocksStore::open_read_only(&whole, &small()).unwrap().count_rows().unwrap());
        let bytes = fs::read(manifest(&whole)).unwrap();
        let fixed = [300, 600, 900].map(|less| bytes.len().saturating_sub(less));
        let mut refused = 0;
        for length in record_ends(&bytes).iter().rev().skip(1).take(40).copied().chain(fixed) {
            let folder = root.path().join("cut");
            let _ = fs::remove_dir_all(&folder);
            copy(&whole, &folder);
            cut(&folder, length);
            let before = files(&folder);
            match RocksStore::open(&folder, &small()) {
                Ok(store) => {
                    assert_eq!(counted(store.count_rows().unwrap()), rows, "{blocks} {length}: rows are missing");
                    assert!(walk(&store, &Options::default(), |_| {}).unwrap().is_clean(), "{blocks} {length}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.is_damage(), "{blocks} {length}: {error:?}");
                    assert_eq!(files(&folder), before, "{blocks} {length}: it was changed");
                }
            }
        }
        assert!(refused > 0, "{blocks}");
        // Uncut it opens.
        assert_eq!(counted(RocksStore::open(&whole, &small()).unwrap().count_rows().unwrap()), rows);
    }
}
