//! Copies of a public log: many blocks that are appended at once are the blocks that are appended one by one.

use tiezheng::ledger::block::Height;
use tiezheng::ledger::chain::Block;
use tiezheng::ledger::chain::reader::BlockReader;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::refusal::Refusal;
use tiezheng::store::traits::{AppendError, Index as _, LedgerReader, LogReader as _, LogStore, PrivateReader as _};

use crate::support::chain::{
    Draft, append, append_with, block_on, erase, everywhere, found, links_to, metadata_at, number, private,
    published_of, seal,
};
use crate::support::stores::Bench;

/// A log with everything by which a block depends on the block before: a digest said again, links, a stream, an erasure.
fn log_of<S: LogStore + ?Sized>(store: &S) -> Vec<Block> {
    found(store);
    let held = [(0, private(1))].into();
    let block = append_with(store, vec![Draft::nth(1).meta(&private(1)).waiting(1)], &held).unwrap();
    store.publish(published_of(&block)).unwrap();
    seal(store, vec![Draft::nth(2).subject(7, 1).waiting(2), Draft::nth(1).nonce(1).waiting(3)]);
    seal(store, vec![Draft::nth(3).subject(7, 2).link(LinkKind::Supplements, number(2)).waiting(4)]);
    erase(store, &[metadata_at(2)]);
    for n in 5..40 {
        let again = Draft::nth(n / 2).nonce_of(n).link(LinkKind::Refers, number(n - 1)).waiting(n);
        seal(store, vec![again, Draft::nth(1_000 + n).subject(7, n - 2).waiting(100 + n)]);
    }
    let mut reader = BlockReader::new(&tiezheng::ledger::chain::Tip::before_genesis(store.tip().unwrap().origin));
    let leaves = store.leaves(LeafIndex(0), store.tip().unwrap().size().0).unwrap();
    leaves.into_iter().filter_map(|leaf| reader.read(leaf).unwrap()).collect()
}

/// What the index says of this log.
fn said<S: LedgerReader + ?Sized>(store: &S) -> impl PartialEq + std::fmt::Debug + use<S> {
    let size = store.published().unwrap().size().0;
    let places: Vec<_> = (1..140).map(|n| store.find_number(&number(n)).unwrap()).collect();
    let of = |n: u64| sha256(format!("evidence {n}").as_bytes());
    let found = |n| store.find_digest(HashAlgorithm::Sha256, &of(n), everywhere(), 99).unwrap();
    let digests: Vec<_> = (1..40).map(found).collect();
    let links: Vec<_> = (0..size).map(|index| links_to(store, index, 99).unwrap()).collect();
    let blocks: Vec<_> = (0..40).map(|height| store.find_block(Height(height)).unwrap()).collect();
    let stream = store.subject_length(&Digest([7; 32])).unwrap();
    let leaves = store.leaves(LeafIndex(0), size).unwrap();
    let records: Vec<_> =
        leaves.iter().map(|leaf| store.find_record(&tiezheng::ledger::hash::leaf_hash(leaf)).unwrap()).collect();
    (places, digests, links, blocks, stream, leaves, records, store.private(LeafIndex(2)).unwrap())
}

pub(super) fn many_blocks_are_copied_as_one_by_one<B: Bench>() {
    let origin = B::begin();
    let blocks = log_of(origin.store());
    let published = origin.store().published().unwrap();
    let (mut one, mut many) = (B::begin(), B::begin());
    blocks.iter().for_each(|block| one.store().append_copy(block).unwrap());
    // In pieces of several sizes, one of which is a block.
    let (mut rest, mut length) = (blocks.as_slice(), 1);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        many.store().append_copies(piece).unwrap();
        (rest, length) = (after, length * 2);
    }
    many.store().append_copies(&[]).unwrap();
    for store in [one.store(), many.store()] {
        store.publish((*published).clone()).unwrap();
    }
    for _ in 0..2 {
        let expected = said(one.store());
        assert_eq!(said(many.store()), expected);
        assert_eq!(many.store().tip().unwrap().root(), published.checkpoint.checkpoint().root);
        one.reopen();
        many.reopen();
    }
    let all = B::begin();
    all.store().append_copies(&blocks).unwrap();
    all.store().publish((*published).clone()).unwrap();
    assert_eq!(said(all.store()), said(one.store()));
}

pub(super) fn of_many_blocks_those_before_a_refused_one_are_copied<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    append(bench.store(), vec![Draft::nth(1).waiting(1)]).unwrap();
    let tip = bench.store().tip().unwrap();
    let first = block_on(&tip, vec![Draft::nth(2).waiting(2)]);
    let second = block_on(&first.tip, vec![Draft::nth(3).waiting(3)]);
    let fine = Draft::nth(4).waiting(4);
    let refusals = [
        // A statement of the chain, one of the same call, numbers of both, a stream with a gap.
        (Draft::nth(1).waiting(9), Refusal::StatementExists),
        (Draft::nth(2).waiting(9), Refusal::StatementExists),
        (Draft::nth(9).waiting(1), Refusal::NumberTaken),
        (Draft::nth(9).waiting(3), Refusal::NumberTaken),
        (Draft::nth(9).subject(7, 2).waiting(9), Refusal::SubjectSequence { expected: 1, found: 2 }),
    ];
    let mut copied = false;
    for (bad, refusal) in refusals {
        let third = block_on(&second.tip, vec![fine.clone(), bad]);
        let fourth = block_on(&third.tip, vec![Draft::nth(5).waiting(5)]);
        let blocks = [first.clone(), second.clone(), third, fourth];
        let blocks = if copied { &blocks[2..] } else { &blocks[..] };
        let error = bench.store().append_copies(blocks).unwrap_err();
        assert_eq!(error, AppendError::Refused { position: 1, refusal });
        assert_eq!(bench.store().tip().unwrap().size(), second.tip.size());
        copied = true;
    }
    let error = bench.store().append_copies(&[first, second.clone()]).unwrap_err();
    assert!(matches!(error, AppendError::TipMoved { .. }), "{error}");
    bench.store().append_copies(&[block_on(&second.tip, vec![fine])]).unwrap();
}
