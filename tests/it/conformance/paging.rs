//! Histories of any length: reads are bounded, truncation is reported, and all of it can be read in pages.

use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::ledger::verify::history::{ClaimStatus, LaterLink, LinkStanding, Total};
use tiezheng::store::contract::{LinkPosition, ReadLedger};
use tiezheng::store::reading::{self, history};

use crate::support::chain::{Draft, found, number, seal};
use crate::support::stores::Bench;

/// How many links of others, and how many later deposits of the same digest.
const MANY: u64 = 1_100;

pub(super) fn long_histories_are_counted_up_to_a_bound_and_read_in_pages<B: Bench>() {
    let bench = B::begin();
    let store = bench.store();
    found(store);
    let again = |n: u64| Draft::of(b"one file").nonce_of(n);
    seal(store, vec![again(0).waiting(1)]);
    let strangers = |n: u64| again(n).by(2).link(LinkKind::Refers, number(1)).waiting(n);
    seal(store, (100..100 + MANY).map(strangers).collect());
    seal(store, vec![again(2).link(LinkKind::Withdraws, number(1)).waiting(2)]);

    let at_least = Total { count: 1_000, exact: false };
    let own = reading::entry(store, LeafIndex(2)).unwrap();
    let first = history::history(store, LeafIndex(2)).unwrap();
    let withdrawal = LaterLink {
        kind: LinkKind::Withdraws,
        number: number(2),
        status: ClaimStatus::Verified,
        standing: Some(LinkStanding::InForce),
    };
    assert_eq!(first.owner_links.items, [withdrawal]);
    assert!(first.owner_links_are_known() && first.owner_said(&[LinkKind::Withdraws]));
    assert_eq!((first.references.items.len(), first.references.total), (history::OTHERS_LISTED, at_least));
    assert!(!first.references.is_complete());
    let (mut from, mut listed) = (LinkPosition::FIRST_REFERENCE, Vec::new());
    loop {
        let page = history::links_page(store, LeafIndex(2), &own, from, 77).unwrap();
        assert_eq!(page.total, at_least);
        listed.extend(page.items.iter().map(|link| link.number));
        let Some(cursor) = page.next_cursor else { break };
        from = history::read_link_cursor(&cursor, false).unwrap();
    }
    assert_eq!(listed, (100..100 + MANY).map(number).collect::<Vec<_>>());

    // The last deposit of the digest has as many before it as there are.
    let last = store.find_number(&number(2)).unwrap().unwrap();
    let own = reading::entry(store, last).unwrap();
    let known = history::history_of(store, last, &own).unwrap();
    assert_eq!((known.earlier.items.len(), known.earlier.total), (history::OTHERS_LISTED, at_least));
    assert!(!known.earlier_deposits_are_known());
    let (mut from, mut listed) = (LeafIndex(0), Vec::new());
    loop {
        let page = history::earlier_deposits(store, last, &own, from, 99).unwrap();
        assert_eq!(page.total, at_least);
        listed.extend(page.items.iter().map(|earlier| earlier.number));
        let Some(cursor) = page.next_cursor else { break };
        from = history::read_place_cursor(&cursor).unwrap();
    }
    assert_eq!(listed, [1].into_iter().chain(100..100 + MANY).map(number).collect::<Vec<_>>());
    // The first has none, however many came later.
    assert_eq!(first.earlier.total, Total { count: 0, exact: true });
}
