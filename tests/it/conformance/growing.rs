//! Appending, publishing, reopening.

use tiezheng::ledger::block::Height;
use tiezheng::ledger::chain::reader::BlockReader;
use tiezheng::ledger::chain::{Tip, next};
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::Name;
use tiezheng::ledger::merkle::frontier::Frontier;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{AppendError, LogStore, Published, ReadError};

use crate::support::chain::{Draft, append, block_on, found, genesis, number, published_of, seal, second};
use crate::support::depositor::{ledger_key, origin};
use crate::support::stores::Bench;

/// Two tips are the same when all that the next block is made of is the same.
fn same_tip(a: &Tip, b: &Tip) {
    assert_eq!(
        (&a.origin, a.next_height, a.last_block, a.last_time),
        (&b.origin, b.next_height, b.last_block, b.last_time)
    );
    assert_eq!(a.frontier, b.frontier);
}

pub(super) fn a_new_ledger_has_nothing_to_show<B: Bench>() {
    let mut bench = B::begin();
    for _ in 0..2 {
        let store = bench.store();
        assert_eq!(store.published(), None);
        same_tip(&store.tip().unwrap(), &Tip::before_genesis(origin()));
        assert_eq!(store.find_block(Height(0)), Ok(None));
        assert_eq!(store.index_of_number(&number(1)), Ok(None));
        assert_eq!(store.leaves(LeafIndex(0), 0), Ok(vec![]));
        assert_eq!(store.leaf(LeafIndex(0)), Err(ReadError::Beyond { asked: 1, size: TreeSize(0) }));
        assert_eq!(store.tile_hashes(0, 0, 1), Err(ReadError::Beyond { asked: 1, size: TreeSize(0) }));
        bench.reopen();
    }
}

pub(super) fn a_block_is_invisible_until_it_is_published<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    let block = append(store, vec![genesis()]).unwrap();
    assert_eq!(store.published(), None);
    assert_eq!(store.find_block(Height(0)), Ok(None));
    assert_eq!(store.find_record(&block.hash), Ok(None));
    assert!(matches!(store.leaf(LeafIndex(0)), Err(ReadError::Beyond { .. })));
    assert_eq!(store.appended_leaves(LeafIndex(1), 1), Ok(vec![block.header_bytes.clone()]));

    store.publish(published_of(&block)).unwrap();
    assert_eq!(*store.published().unwrap(), published_of(&block));
    assert_eq!(store.find_block(Height(0)), Ok(Some(LeafIndex(1))));
    assert_eq!(store.find_record(&block.hash), Ok(Some(LeafIndex(1))));
    assert_eq!(store.leaf(LeafIndex(1)), Ok(block.header_bytes));
}

pub(super) fn every_block_survives_reopening<B: Bench>() {
    let mut bench = B::begin();
    let mut blocks = vec![found(bench.store())];
    // Sizes around a tile's edge, and one block that completes two tiles.
    for (from, count) in [(0, 1), (1, 250), (251, 1), (252, 1), (253, 3), (256, 600), (856, 1)] {
        bench.reopen();
        blocks.push(seal(bench.store(), (from..from + count).map(|n| Draft::nth(n).waiting(n)).collect()));
        bench.reopen();
        let (store, last) = (bench.store(), blocks.last().unwrap());
        assert_eq!(*store.published().unwrap(), published_of(last));
        same_tip(&store.tip().unwrap(), &last.tip);
        for block in &blocks {
            assert_eq!(store.find_block(block.header.height), Ok(Some(block.header.index())));
            let leaves = store.leaves(block.header.first, block.header.count + 1).unwrap();
            assert!(leaves.iter().eq(block.leaves.iter().map(|leaf| &leaf.bytes).chain([&block.header_bytes])));
        }
    }
}

pub(super) fn an_unpublished_block_survives_reopening_and_stays_invisible<B: Bench>() {
    let mut bench = B::begin();
    let first = found(bench.store());
    let second = append(bench.store(), vec![Draft::nth(1).waiting(1)]).unwrap();
    bench.reopen();
    let store = bench.store();
    assert_eq!(*store.published().unwrap(), published_of(&first));
    same_tip(&store.tip().unwrap(), &second.tip);
    assert_eq!(store.index_of_number(&number(1)), Ok(None));
    assert!(matches!(store.leaf(LeafIndex(2)), Err(ReadError::Beyond { .. })));
    assert_eq!(store.appended_leaves(LeafIndex(2), 1).unwrap()[0], second.leaves[0].bytes);
    // Recovery signs it, and goes on.
    store.publish(published_of(&second)).unwrap();
    assert_eq!(store.index_of_number(&number(1)), Ok(Some(LeafIndex(2))));
    seal(store, vec![Draft::nth(2).waiting(2)]);
}

pub(super) fn the_tip_is_what_the_block_said<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let mut frontier = Frontier::new();
    for n in 0..5 {
        let block = seal(bench.store(), (0..100).map(|k| Draft::nth(100 * n + k).waiting(100 * n + k)).collect());
        same_tip(&bench.store().tip().unwrap(), &block.tip);
    }
    let size = bench.store().published().unwrap().size();
    let mut full = Vec::new();
    for leaf in bench.store().leaves(LeafIndex(0), size.0).unwrap() {
        frontier.append(leaf_hash(&leaf), &mut full);
    }
    assert_eq!(*bench.store().tip().unwrap().frontier, frontier);
    for tile in full {
        assert_eq!(bench.store().appended_tile(tile.level, tile.index), Ok(tile));
    }
}

/// A mirror: all that it receives are the leaves of the other ledger, in pieces that do not end where blocks end.
pub(super) fn blocks_read_from_the_leaves_of_another_store_make_the_same_ledger<B: Bench>() {
    let (source, mirror) = (B::begin(), B::begin());
    let mut blocks = vec![found(source.store())];
    for (from, count) in [(0, 3), (3, 300), (303, 1)] {
        blocks.push(seal(source.store(), (from..from + count).map(|n| Draft::nth(n).waiting(n)).collect()));
    }
    let size = source.store().published().unwrap().size().0;
    let mut reader = BlockReader::new(&mirror.store().tip().unwrap());
    for first in (0..size).step_by(7) {
        for bytes in source.store().leaves(LeafIndex(first), 7.min(size - first)).unwrap() {
            let Some(block) = reader.read(bytes).unwrap() else { continue };
            mirror.store().append(&block, &[], &[]).unwrap();
            mirror.store().publish(published_of(&block)).unwrap();
        }
    }
    assert_eq!(mirror.store().published(), source.store().published());
    same_tip(&mirror.store().tip().unwrap(), &source.store().tip().unwrap());
    assert_eq!(mirror.store().leaves(LeafIndex(0), size), source.store().leaves(LeafIndex(0), size));
    for n in [0, 2, 250, 303] {
        assert_eq!(mirror.store().index_of_number(&number(n)), source.store().index_of_number(&number(n)));
    }
    let last = blocks.last().unwrap();
    assert_eq!(mirror.store().find_record(&last.hash), Ok(Some(last.header.index())));
}

pub(super) fn a_block_for_another_tip_is_refused<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    let before = store.tip().unwrap();
    found(store);
    let after = store.tip().unwrap();
    let block = |tip: &Tip| block_on(tip, vec![Draft::nth(1).waiting(1)]);
    let moved = |base| Err(AppendError::TipMoved { base: TreeSize(base), size: TreeSize(2) });
    assert_eq!(store.append(&block(&before), &[], &[]), moved(0));

    // Right size, but another block before it, another height, another ledger.
    let strange = [
        Tip { last_block: Digest([7; 32]), ..after.clone() },
        Tip { next_height: Height(2), ..after.clone() },
        Tip { origin: Name::parse("other.example").unwrap(), ..after.clone() },
    ];
    for tip in &strange {
        assert_eq!(store.append(&block(tip), &[], &[]), moved(2));
    }
    same_tip(&store.tip().unwrap(), &after);
    // Twice the same block.
    let good = block(&after);
    assert_eq!(store.append(&good, &[], &[]), Ok(()));
    assert_eq!(store.append(&good, &[], &[]), Err(AppendError::TipMoved { base: TreeSize(2), size: TreeSize(4) }));
}

pub(super) fn publishing_never_goes_back_and_never_ahead<B: Bench>() {
    let mut bench = B::begin();
    let first = found(bench.store());
    let middle = append(bench.store(), vec![Draft::nth(1).waiting(1)]).unwrap();
    let last = append(bench.store(), vec![Draft::nth(2).waiting(2)]).unwrap();
    let ahead = block_on(&last.tip, vec![Draft::nth(3).waiting(3)]);
    let refused = |base: u64| Err(AppendError::TipMoved { base: TreeSize(base), size: TreeSize(6) });
    assert_eq!(bench.store().publish(published_of(&ahead)), refused(8));
    assert_eq!(bench.store().publish(published_of(&first)), refused(2));
    // A checkpoint of an earlier block is larger than the one in force: allowed.
    assert_eq!(bench.store().publish(published_of(&middle)), Ok(()));
    bench.reopen();
    assert_eq!(*bench.store().published().unwrap(), published_of(&middle));
    assert_eq!(bench.store().index_of_number(&number(2)), Ok(None));
    assert_eq!(bench.store().publish(published_of(&last)), Ok(()));
    for old in [&first, &middle, &last] {
        assert!(matches!(bench.store().publish(published_of(old)), Err(AppendError::TipMoved { .. })));
    }
    bench.reopen();
    assert_eq!(*bench.store().published().unwrap(), published_of(&last));
}

pub(super) fn nothing_is_published_that_the_chain_does_not_say<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    let first = found(store);
    let middle = append(store, vec![Draft::nth(1).waiting(1), Draft::nth(2).waiting(2)]).unwrap();
    let last = append(store, vec![Draft::nth(3).waiting(3)]).unwrap();
    let signed = |size, root| Checkpoint { origin: origin(), size, root }.sign(&ledger_key()).unwrap();
    let right = published_of(&last);
    let twin = next(&middle.tip, vec![Draft::nth(4).waiting(4)], second(2)).unwrap();
    let wrong = [
        Published { checkpoint: signed(TreeSize(7), Digest([1; 32])), ..right.clone() },
        Published { checkpoint: signed(TreeSize(5), Digest([1; 32])), ..published_of(&middle) },
        // A root that is right, at a size that does not end in a block header.
        Published { checkpoint: signed(TreeSize(1), first.leaves[0].hash), ..published_of(&first) },
        Published { height: Height(9), ..right.clone() },
        Published { block_hash: Digest([1; 32]), ..right.clone() },
        Published { block_time: second(9), ..right.clone() },
        published_of(&twin),
    ];
    for published in wrong {
        assert!(store.publish(published.clone()).is_err(), "{published:?}");
        assert_eq!(*store.published().unwrap(), published_of(&first));
    }
    assert_eq!(store.publish(right), Ok(()));
}
