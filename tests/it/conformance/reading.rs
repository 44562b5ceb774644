//! Leaves and tiles.

use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LogStore, ReadError};

use crate::support::chain::{Draft, append, found, seal};
use crate::support::stores::Bench;

pub(super) fn reads_beyond_the_published_size_are_refused<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    seal(bench.store(), (0..296).map(|n| Draft::nth(n).waiting(n)).collect());
    // The appended chain is longer, up to two full tiles.
    append(bench.store(), (296..600).map(|n| Draft::nth(n).waiting(n)).collect()).unwrap();
    let (store, size) = (bench.store(), TreeSize(299));
    assert_eq!(store.published().unwrap().size(), size);
    let beyond = |asked| ReadError::Beyond { asked, size };

    assert_eq!(store.leaves(LeafIndex(0), 299).unwrap().len(), 299);
    assert_eq!(store.leaves(LeafIndex(0), 300), Err(beyond(300)));
    assert_eq!(store.leaves(LeafIndex(299), 1), Err(beyond(300)));
    assert_eq!(store.leaves(LeafIndex(299), 0), Ok(vec![]));
    assert!(store.leaves(LeafIndex(u64::MAX), u64::MAX).is_err());
    assert_eq!(store.scan(LeafIndex(0), 300, &mut |_| {}), Err(beyond(300)));
    assert!(store.scan(LeafIndex(u64::MAX), u64::MAX, &mut |_| {}).is_err());

    assert_eq!(store.tile_hashes(0, 256, 43).unwrap().len(), 43);
    assert_eq!(store.tile_hashes(0, 256, 44), Err(beyond(300)));
    assert_eq!(store.tile_hashes(1, 0, 1).unwrap().len(), 1);
    assert_eq!(store.tile_hashes(1, 0, 2), Err(beyond(2)));
    assert_eq!(store.tile_hashes(2, 0, 1), Err(beyond(1)));
    assert_eq!(store.tile_hashes(8, 0, 1), Err(beyond(1)));
    assert_eq!(store.tile_hashes(255, 0, 1), Err(beyond(1)));
    assert_eq!(store.tile_hashes(0, 0, 0), Ok(vec![]));
    assert!(store.tile_hashes(0, 200, 99).is_err(), "items of two tiles");
    assert!(store.tile_hashes(0, u64::MAX, u16::MAX).is_err());

    // The sequencer sees all of it.
    assert_eq!(store.appended_leaves(LeafIndex(0), 604).unwrap().len(), 604);
    assert!(matches!(store.appended_leaves(LeafIndex(0), 605), Err(ReadError::Beyond { .. })));
    assert_eq!(store.appended_tile(0, 1).unwrap().hashes.len(), 256);
    assert!(matches!(store.appended_tile(0, 2), Err(ReadError::Beyond { .. })));
    assert!(matches!(store.appended_tile(1, 0), Err(ReadError::Beyond { .. })));
    assert!(store.appended_tile(0, u64::MAX).is_err());
}

pub(super) fn leaves_and_tiles_read_back_as_they_were_appended<B: Bench>() {
    let mut bench = B::begin();
    let mut blocks = vec![found(bench.store())];
    for from in [0, 400, 800] {
        blocks.push(seal(bench.store(), (from..from + 400).map(|n| Draft::nth(n).waiting(n)).collect()));
    }
    let bytes = |block: &tiezheng::ledger::chain::Block| {
        let leaves = block.leaves.iter().map(|leaf| leaf.bytes.clone());
        leaves.chain([block.header_bytes.clone()]).collect::<Vec<_>>()
    };
    let all: Vec<Vec<u8>> = blocks.iter().flat_map(bytes).collect();
    let hashes: Vec<_> = all.iter().map(|leaf| leaf_hash(leaf)).collect();
    for _ in 0..2 {
        let store = bench.store();
        // Ranges that begin and end on both sides of tile edges.
        for first in [0, 1, 255, 256, 257, 511, 1000, 1204] {
            for count in [1, 2, 255, 256, 257, 600] {
                let end = first + count;
                let leaves = store.leaves(LeafIndex(first as u64), count as u64);
                assert_eq!(leaves.ok().as_deref(), all.get(first..end), "{first} and {count} more");
                let mut seen = Vec::new();
                let scanned = store.scan(LeafIndex(first as u64), count as u64, &mut |leaf| seen.push(leaf.to_vec()));
                assert_eq!(scanned.ok().map(|()| seen.as_slice()), all.get(first..end), "{first} and {count} more");
            }
        }
        for (tile, expected) in hashes.chunks(256).enumerate() {
            let first = 256 * tile as u64;
            assert_eq!(store.tile_hashes(0, first, u16::try_from(expected.len()).unwrap()).unwrap(), expected);
            if expected.len() == 256 {
                assert_eq!(store.tile_hashes(1, tile as u64, 1).unwrap(), [root_of(expected)]);
                let stored = store.appended_tile(0, tile as u64).unwrap();
                assert_eq!((stored.hashes.as_slice(), stored.root), (expected, root_of(expected)));
            }
        }
        bench.reopen();
    }
}

/// The same tile is read while it is partial at the tip, and while it is full there but partial at the published size.
pub(super) fn every_width_of_a_partial_tile_can_be_read<B: Bench>() {
    let bench = B::begin();
    let mut hashes = Vec::new();
    let mut waiting = vec![crate::support::chain::genesis()];
    for n in 0..260 {
        let block = append(bench.store(), waiting).unwrap();
        hashes.extend(block.leaves.iter().map(|leaf| leaf.hash).chain([block.hash]));
        bench.store().publish(crate::support::chain::published_of(&block)).unwrap();
        waiting = vec![Draft::nth(n).waiting(n)];
        for (tile, expected) in (0..).zip(hashes.chunks(256)).skip((hashes.len() - 1) / 256) {
            let width = u16::try_from(expected.len()).unwrap();
            assert_eq!(bench.store().tile_hashes(0, 256 * tile, width).unwrap(), expected);
            assert_eq!(
                bench.store().tile_hashes(0, 256 * tile + u64::from(width) - 1, 1).unwrap(),
                expected[expected.len() - 1..]
            );
        }
    }
}
