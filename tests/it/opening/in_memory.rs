//! Checks the contents of mapped memory.

use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::store::contract::ReadLedger;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning::Options;

use super::{SAMPLE, sample};
use crate::support::depositor::origin;

#[test]
fn what_does_not_lie_in_memory_is_not_waited_for() {
    let (_root, folder) = sample();
    // A cache that holds what was read.
    let store = RocksStore::open(&folder, &Options::default()).unwrap();
    let block = &SAMPLE.blocks[3];
    let (leaf, index) = (&block.leaves[7], LeafIndex(block.base.0 + 7));
    let number = leaf.entry.as_ref().unwrap().number;
    let ask = |store: &dyn ReadLedger| (store.find_number(&number), store.leaf(index));
    let expected = (Ok(Some(index)), Ok(leaf.bytes.clone()));
    let look = || {
        let mut seen = None;
        let all_there = store.look_in_memory(&mut |memory| seen = Some(ask(memory)));
        (all_there, seen.unwrap())
    };
    let (all_there, seen) = look();
    assert!(!all_there && seen != expected, "nothing was read from its files yet: {seen:?}");
    assert_eq!(ask(&store), expected);
    assert_eq!(look(), (true, expected), "now it was");
}

/// Of a file that is not even open RocksDB might say that a row is there, and give an empty one.
#[test]
fn a_file_that_is_not_open_is_no_answer() {
    let (_root, folder) = sample();
    let few = Options { open_files: 20, ..Options::default() };
    let store = RocksStore::open(&folder, &few).unwrap();
    let mut missed = 0;
    for block in &SAMPLE.blocks {
        for (index, leaf) in (block.base.0..).map(LeafIndex).zip(&block.leaves) {
            let number = leaf.entry.as_ref().map(|entry| entry.number);
            let ask = |store: &dyn ReadLedger| (number.map(|number| store.find_number(&number)), store.leaf(index));
            let mut seen = None;
            if store.look_in_memory(&mut |memory| seen = Some(ask(memory))) {
                assert_eq!(seen, Some((number.map(|_| Ok(Some(index))), Ok(leaf.bytes.clone()))));
            } else {
                missed += 1;
            }
        }
    }
    assert!(missed > 1_000, "{missed}");
}

#[test]
fn of_a_store_in_memory_all_is_there() {
    let store = MemoryStore::new(origin());
    let mut seen = 0;
    assert!(store.look_in_memory(&mut |memory| seen += usize::from(memory.published().is_none())));
    assert_eq!(seen, 1);
}
