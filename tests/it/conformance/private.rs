//! Private content.

use std::collections::BTreeMap;

use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::store::refusal::Refusal;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::PrivateReader as _;
use tiezheng::store::traits::{AppendError, LedgerReader, LogStore, PrivatePiece, ReadError};

use crate::support::chain::{Draft, append_with, block_on, found, number, private, published_of};
use crate::support::stores::Bench;

pub(super) fn private_content_is_kept_beside_its_deposit<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    let deposits = vec![
        Draft::nth(1).meta(&private(1)).waiting(1),
        Draft::nth(2).waiting(2),
        // Its depositor keeps it.
        Draft::nth(3).meta(&private(3)).waiting(3),
        Draft::nth(4).meta(&private(4)).waiting(4),
    ];
    let held = BTreeMap::from([(0, private(1)), (3, private(4))]);
    let block = append_with(bench.store(), deposits, &held).unwrap();
    assert!(matches!(bench.store().private(LeafIndex(2)), Err(ReadError::Beyond { .. })));
    bench.store().publish(published_of(&block)).unwrap();
    for _ in 0..2 {
        let store = bench.store();
        let all: Vec<_> = (0..7).map(|at| store.private(LeafIndex(at)).unwrap()).collect();
        let (one, four) = (PrivatePiece::Held(private(1)), PrivatePiece::Held(private(4)));
        // Genesis and its header, four deposits, their header.
        assert_eq!(
            all,
            [
                PrivatePiece::None,
                PrivatePiece::None,
                one,
                PrivatePiece::None,
                PrivatePiece::None,
                four,
                PrivatePiece::None
            ]
        );
        assert!(matches!(store.private(LeafIndex(7)), Err(ReadError::Beyond { asked: 8, .. })));
        let metas = [None, None, Some(private(1)), None, Some(private(3)), Some(private(4)), None];
        for ((at, meta), read) in (0..).zip(metas).zip(&all) {
            let committed = meta.map(|meta| meta.commitment());
            assert_eq!(store.private_of(LeafIndex(at), committed.as_ref()).as_ref(), Ok(read));
        }
        assert!(matches!(store.private_of(LeafIndex(7), None), Err(ReadError::Beyond { asked: 8, .. })));
        bench.reopen();
    }
}

pub(super) fn private_content_that_is_not_committed_to_is_refused<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let tip = bench.store().tip().unwrap();
    let deposits = vec![Draft::nth(1).waiting(1), Draft::nth(2).meta(&private(2)).waiting(2)];
    let block = block_on(&tip, deposits);
    let refused = |position| Err(AppendError::Refused { position, refusal: Refusal::PrivateMismatch });
    let at = LeafIndex;
    // Other content, another salt, no `meta` line, the header, before and behind the block, twice.
    assert_eq!(bench.store().append(&block, &[(at(3), private(3).into())], &[]), refused(1));
    let mut salted = private(2);
    salted.salt[0] ^= 1;
    assert_eq!(bench.store().append(&block, &[(at(3), salted.into())], &[]), refused(1));
    assert_eq!(bench.store().append(&block, &[(at(2), private(2).into())], &[]), refused(0));
    assert_eq!(bench.store().append(&block, &[(at(4), private(2).into())], &[]), refused(2));
    assert_eq!(bench.store().append(&block, &[(at(0), private(2).into())], &[]), refused(usize::MAX));
    assert!(bench.store().append(&block, &[(at(u64::MAX), private(2).into())], &[]).is_err());
    assert_eq!(
        bench.store().append(&block, &[(at(3), private(2).into()), (at(3), private(2).into())], &[]),
        refused(1)
    );
    assert_eq!(bench.store().tip().unwrap().size(), tip.size());
    assert_eq!(bench.store().append(&block, &[(at(3), private(2).into())], &[]), Ok(()));
    bench.store().publish(published_of(&block)).unwrap();
    assert_eq!(bench.store().index_of_number(&number(2)), Ok(Some(at(3))));
}
