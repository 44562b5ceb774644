//! Cached reads agree with the store.

use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::ledger::verify::history::{ClaimStatus, EarlierDeposit, History, LaterLink, Listed};
use tiezheng::query::attested_checkpoint::AttestedCheckpoint;
use tiezheng::query::block_cache::BlockCache;
use tiezheng::query::deposit_cache::DepositCache;
use tiezheng::query::history;
use tiezheng::query::receipts::{receipt, receipt_under};
use tiezheng::query::records;
use tiezheng::store::traits::LogReader as _;

use crate::support::chain::{Draft, found, number, seal};
use crate::support::stores::Bench;

pub(super) fn a_deposit_found_again_says_what_it_said<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    found(store);
    seal(store, vec![Draft::of(b"one file").waiting(1)]);
    seal(store, vec![Draft::of(b"one file").nonce(2).waiting(2), Draft::nth(3).waiting(3)]);
    let recent = DepositCache::default();
    let look = || {
        let found = recent.find(store, number(2)).unwrap().unwrap();
        let entry = records::entry_of(found.place.index, &found.bytes).unwrap();
        let history = recent.history(store, &found, &entry).unwrap();
        assert_eq!(store.leaf(found.place.index), Ok(found.bytes.clone()));
        assert_eq!(found.hash, leaf_hash(&found.bytes));
        assert_eq!(Ok(&history), history::history(store, found.place, &entry).as_ref());
        (found.place.index, entry, history)
    };
    let first = look();
    let earlier = Listed::complete(vec![EarlierDeposit { number: number(1), status: ClaimStatus::Verified }]);
    let expected = History { earlier, ..History::empty() };
    assert_eq!(first.2, expected);
    assert_eq!(look(), first);
    // What later deposits say of it is heard, though it is remembered; what stood before it stays.
    seal(store, vec![Draft::of(b"one file").nonce(4).link(LinkKind::Refers, number(2)).waiting(4)]);
    let third = look();
    assert_eq!((&third.0, &third.1), (&first.0, &first.1));
    let link = LaterLink { kind: LinkKind::Refers, number: number(4), status: ClaimStatus::Verified, standing: None };
    assert_eq!(third.2, History { references: Listed::complete(vec![link]), ..expected });
    assert_eq!(look(), third);
    // What is not there is not remembered as missing.
    assert!(recent.find(store, number(5)).unwrap().is_none());
    seal(store, vec![Draft::nth(5).waiting(5)]);
    assert!(recent.find(store, number(5)).unwrap().is_some());
}

pub(super) fn receipts_of_a_remembered_block_are_those_of_the_store<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    found(store);
    seal(store, (1..4).map(|n| Draft::nth(n).waiting(n)).collect());
    let (recent, blocks) = (DepositCache::default(), BlockCache::default());
    // Under each checkpoint twice: the second time from memory. The last makes a tile full, and another level.
    for more in [0_u64, 1, 2, 300] {
        if more > 0 {
            let file = |n: u64| [more.to_be_bytes(), n.to_be_bytes()].concat();
            seal(store, (0..more).map(|n| Draft::of(&file(n)).waiting(more << 10 | n)).collect());
        }
        for n in [1, 2, 3, 1, 2, 3] {
            let found = recent.find(store, number(n)).unwrap().unwrap();
            let tip = AttestedCheckpoint::sealed(store.published().unwrap().checkpoint.clone());
            let block = blocks.sealing(store, found.place).unwrap();
            let remembered = receipt_under(store, (found.place.index, found.bytes), &block, &tip, Vec::new());
            assert_eq!(remembered, receipt(store, found.place.index));
        }
    }
}
