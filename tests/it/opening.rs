//! Opening and creating a folder: a rejection names its cause and leaves every byte unchanged.

mod checkpoint_file;
mod creating;
mod damage;
mod erasing;
mod in_memory;
mod index_rows;
mod locking;
mod manifest;
mod rebuilding;
mod waiting;
mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tiezheng::ledger::chain::Block;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::store::rocks::store::RocksStore;

use crate::support::chain::{Draft, found, seal};
use crate::support::depositor::origin;
use crate::support::stores::small;

/// Every file of a folder, by its path in it, with its digest.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Digest> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), sha256(&fs::read(&path).unwrap()));
            }
        }
    }
    found
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::write(&target, fs::read(&path).unwrap()).unwrap() }
    }
}

/// A ledger at rest, and how it was halfway.
struct Sample {
    _root: tempfile::TempDir,
    folder: PathBuf,
    halfway: PathBuf,
    /// All its blocks.
    blocks: Vec<Block>,
    /// How many of them it had halfway.
    half: usize,
    /// Bytes of the log up to its last block; index rows come behind.
    logged: usize,
}

/// 1,500 deposits in 32 blocks: some written out to files and compacted, some only in the log. The second half was
/// written after reopening.
static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let root = tempfile::tempdir().unwrap();
    let (folder, halfway) = (root.path().join("ledger"), root.path().join("halfway"));
    let store = RocksStore::create(&folder, &origin(), &small()).unwrap();
    let mut blocks = vec![found(&store)];
    let mut grow = |store: &RocksStore, from: u64| {
        for n in (from..from + 750).step_by(50) {
            blocks.push(seal(store, (n..n + 50).map(|n| Draft::nth(n).subject(7, n + 1).waiting(n)).collect()));
        }
        blocks.len()
    };
    let half = grow(&store, 0);
    drop(store);
    copy(&folder, &halfway);
    let store = RocksStore::open(&folder, &small()).unwrap();
    grow(&store, 750);
    let log = database_files(&folder, ".log").pop().unwrap();
    let logged = fs::read(&log).unwrap().len();
    drop(store);
    assert!(fs::read(&log).unwrap().len() > logged);
    Sample { _root: root, folder, halfway, blocks, half, logged }
});

/// A copy of the sample, to be damaged.
fn sample() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ledger");
    copy(&SAMPLE.folder, &folder);
    (root, folder)
}

/// Files of the database whose names end so.
fn database_files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder.join("db")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = all.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    found.sort();
    found
}
