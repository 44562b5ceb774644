//! Tests of blocks built in one call and leaf by leaf, and of the proofs that a block computes itself.

use super::*;
use crate::ledger::key::Signer;
use crate::ledger::merkle::list::{inclusion_in, root_of};
use crate::ledger::notice::{Mode, Notice, NoticeKind};

fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_309_451_000 + millis).unwrap()
}

/// A notice that differs from others by its time.
fn notice(millis: u64) -> PendingLeaf {
    let signer = Signer::new(origin(), &[1; 32]).unwrap();
    let (key, next) = (signer.verifier().clone(), signer.verifier().commitment());
    let kind = NoticeKind::Genesis { mode: Mode::Test, key, next };
    let notice = Notice { ledger: origin(), received: at(millis), kind };
    PendingLeaf::Notice(notice.sign(&[&signer]).unwrap())
}

/// Blocks of many sizes in a row, among them some that fill several tiles at once.
fn chain() -> Vec<Block> {
    let mut tip = Tip::before_genesis(origin());
    let mut blocks = Vec::new();
    for (n, count) in [1, 1, 2, 7, 120, 118, 255, 256, 257, 700, 1, 63, 1].into_iter().enumerate() {
        let now = at(n as u64);
        let block = next(&tip, (0..count).map(|i| notice(i % 5)).collect(), now).unwrap();
        tip = block.tip.clone();
        blocks.push(block);
    }
    blocks
}

#[test]
fn a_block_proves_its_leaves_its_header_and_the_leaf_before_it() {
    let mut all: Vec<Digest> = Vec::new();
    for block in chain() {
        let first = all.len();
        all.extend(block.leaves.iter().map(|leaf| leaf.hash).chain([block.hash]));
        assert_eq!(block.tip.root(), root_of(&all));
        assert_eq!(block.header.root, root_of(&all[first..all.len() - 1]));
        for index in first.saturating_sub(1)..all.len() {
            let proof = block.inclusion(LeafIndex(index as u64));
            if index < first && first.is_multiple_of(256) {
                assert_eq!(proof, None, "its tile was full before");
                continue;
            }
            assert_eq!(proof, inclusion_in(&all, index), "leaf {index} of {}", all.len());
        }
        assert_eq!(block.inclusion(LeafIndex(all.len() as u64)), None);
    }
}

#[test]
fn building_leaf_by_leaf_gives_the_same_block() {
    let mut tip = Tip::before_genesis(origin());
    for block in chain() {
        let mut builder = BlockBuilder::new(&tip);
        for (place, leaf) in block.leaves.iter().enumerate() {
            let notice = SignedNotice::parse(&leaf.bytes).unwrap();
            let index = builder.add(PendingLeaf::Notice(notice), block.header.time);
            assert_eq!(index, Ok(LeafIndex(block.base.0 + place as u64)));
        }
        let same = builder.seal(block.header.time).unwrap();
        assert_eq!((&same.header_bytes, same.tip.root()), (&block.header_bytes, block.tip.root()));
        assert_eq!(same.full_tiles, block.full_tiles);
        tip = block.tip;
    }
}

#[test]
fn time_never_decreases_within_a_block() {
    let mut builder = BlockBuilder::new(&Tip::before_genesis(origin()));
    builder.add(notice(0), at(5)).unwrap();
    assert!(matches!(builder.add(notice(1), at(4)), Err(ChainError::ClockRegressed { behind_ms: 1, .. })));
    assert_eq!(builder.len(), 1);
    assert!(matches!(builder.clone().seal(at(4)), Err(ChainError::ClockRegressed { .. })));
    assert!(builder.seal(at(5)).is_ok());
    assert_eq!(BlockBuilder::new(&Tip::before_genesis(origin())).seal(at(0)).unwrap_err(), ChainError::Empty);
}
