//! Many leaves and many concurrent readers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::merkle::proof::{verify_consistency, verify_inclusion};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::store::contract::{AppendLedger, ReadLedger};
use tiezheng::store::reading;

use crate::support::chain::{Draft, found, notice, number, seal};
use crate::support::stores::Bench;

/// Enough leaves for a full tile of level 1, in blocks that cross up to 100 tiles; deposits among cheap notices.
pub(super) fn seventy_thousand_leaves_are_all_proven<B: Bench>() {
    let mut bench = B::begin();
    let mut sizes = vec![(found(bench.store()).tip.size(), bench.store().tip().unwrap().root())];
    let mut n = 0;
    for count in [1, 254, 255, 256, 257, 1_000, 25_600, 30_000, 12_500] {
        let waiting = (n..n + count).map(|n| match n % 50 {
            0 => Draft::nth(n).waiting(n),
            _ => PendingLeaf::Notice(notice(n)),
        });
        let block = seal(bench.store(), waiting.collect());
        sizes.push((block.tip.size(), block.tip.root()));
        n += count;
    }
    bench.reopen();
    let store = bench.store();
    let (size, root) = *sizes.last().unwrap();
    assert!(size.0 > 70_000);
    assert_eq!(store.published().unwrap().checkpoint.checkpoint().root, root);
    for (old, old_root) in &sizes {
        assert_eq!(reading::root(store, *old).unwrap(), *old_root);
        let proof = reading::consistency(store, *old, size).unwrap();
        assert_eq!(verify_consistency(*old, old_root, size, &root, &proof), Ok(()));
    }
    let edges = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, size.0 - 1];
    for index in edges.into_iter().chain((0..size.0).step_by(997)).map(LeafIndex) {
        let leaf = leaf_hash(&store.leaf(index).unwrap());
        let proof = reading::inclusion(store, index, size).unwrap();
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
    }
    for n in (0..n).step_by(50) {
        let index = store.find_number(&number(n)).unwrap().unwrap();
        assert_eq!(reading::entry(store, index).unwrap().number, number(n));
    }
}

pub(super) fn readers_beside_the_writer_see_whole_blocks_only<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let (store, done) = (bench.store(), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = TreeSize(0);
                while !done.load(Ordering::Relaxed) {
                    last = read_everything(store, last);
                }
            });
        }
        // Many small blocks, so that partial tiles become full under the readers' eyes again and again.
        for n in 0..400 {
            let deposits = [Draft::nth(2 * n).subject(7, 2 * n + 1), Draft::nth(2 * n + 1).subject(7, 2 * n + 2)];
            seal(store, (2 * n..).zip(deposits).map(|(n, draft)| draft.waiting(n)).collect());
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(store.published().unwrap().size(), TreeSize(2 + 3 * 400));
}

/// All that a published checkpoint promises is there at once. Gives its size, which never shrinks.
fn read_everything<S: ReadLedger>(store: &S, last: TreeSize) -> TreeSize {
    let published = store.published().unwrap();
    let size = published.size();
    assert!(size >= last);
    assert_eq!(reading::root(store, size).unwrap(), published.checkpoint.checkpoint().root);
    let header = store.find_block(published.height).unwrap().unwrap();
    assert_eq!(header.size_after(), size);
    let first = size.0.saturating_sub(300);
    let leaves = store.leaves(LeafIndex(first), size.0 - first).unwrap();
    assert_eq!(leaf_hash(leaves.last().unwrap()), published.block_hash);
    let sealed = leaves.iter().rev().nth(1).unwrap();
    if let Ok(Leaf::Entry(entry)) = Leaf::parse(sealed) {
        let index = LeafIndex(size.0 - 2);
        assert_eq!(store.find_number(&entry.number).unwrap(), Some(index));
        let subject = entry.statement.statement().subject.unwrap();
        assert_eq!(store.find_subject(&subject.id, subject.sequence).unwrap(), Some(index));
        assert!(store.subject_length(&subject.id).unwrap() >= subject.sequence);
    }
    size
}
