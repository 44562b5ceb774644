//! Rejected writes leave nothing behind.

use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::contract::{AppendError, AppendLedger, ReadLedger};
use tiezheng::store::refusal::Refusal;

use crate::support::chain::{Draft, append, everywhere, found, links_to, notice, number, seal};
use crate::support::stores::Bench;
use tiezheng::ledger::chain::PendingLeaf;

/// Deposit 1 by depositor 1; deposit 2 begins subject 7; deposit 3 is on behalf of account 5.
fn begun<B: Bench>() -> B {
    let bench = B::begin();
    found(bench.store());
    let subject = Draft::nth(2).subject(7, 1);
    seal(bench.store(), vec![Draft::nth(1).waiting(1), subject.waiting(2), Draft::nth(3).on_behalf(5).waiting(3)]);
    bench
}

/// What must be refused on the ledger of [`begun`], under the number 50 or as said.
fn refused() -> Vec<(Draft, u64, Refusal)> {
    let draft = || Draft::nth(50);
    let mut all = vec![
        (Draft::nth(1), 50, Refusal::StatementExists),
        (draft(), 1, Refusal::NumberTaken),
        (
            draft().ledger("other.example"),
            50,
            Refusal::WrongLedger { found: "other.example".into(), expected: "test.example/ledger".into() },
        ),
        (draft().subject(7, 1), 50, Refusal::SubjectSequence { expected: 2, found: 1 }),
        (draft().subject(7, 3), 50, Refusal::SubjectSequence { expected: 2, found: 3 }),
        (draft().subject(8, 2), 50, Refusal::SubjectSequence { expected: 1, found: 2 }),
        (draft().by(2).subject(7, 2), 50, Refusal::SubjectNotYours),
        // A stranger does not even learn how far the stream has come.
        (draft().by(2).subject(7, 9), 50, Refusal::SubjectNotYours),
    ];
    for kind in LinkKind::ALL {
        all.push((draft().link(kind, number(60)), 50, Refusal::LinkUnknown { number: number(60) }));
        // A deposit cannot link to itself.
        all.push((draft().link(kind, number(50)), 50, Refusal::LinkUnknown { number: number(50) }));
        if kind.needs_ownership() {
            let not_yours = Refusal::LinkNotYours { number: number(1) };
            all.push((draft().by(2).link(kind, number(1)), 50, not_yours.clone()));
            all.push((draft().on_behalf(5).link(kind, number(1)), 50, not_yours));
            all.push((draft().link(kind, number(3)), 50, Refusal::LinkNotYours { number: number(3) }));
        }
    }
    all
}

pub(super) fn every_refusal_has_its_name_and_position<B: Bench>() {
    let bench = begun::<B>();
    for (draft, n, refusal) in refused() {
        // A good deposit and a notice before it, a good deposit after it.
        let before = vec![Draft::nth(40).waiting(40), PendingLeaf::Notice(notice(1))];
        let block = [before, vec![draft.waiting(n), Draft::nth(41).waiting(41)]].concat();
        assert_eq!(append(bench.store(), block).unwrap_err(), AppendError::Refused { position: 2, refusal });
    }
    // Each of them alone was the fault: the good ones still enter.
    seal(bench.store(), vec![Draft::nth(40).waiting(40), Draft::nth(50).waiting(50), Draft::nth(41).waiting(41)]);
}

pub(super) fn a_refused_block_leaves_nothing<B: Bench>() {
    let mut bench = begun::<B>();
    let tip = bench.store().tip().unwrap();
    let subject = Draft::nth(40).subject(9, 1).link(LinkKind::Refers, number(1)).sign();
    let digest = subject.statement().content.unwrap().sha256.unwrap();
    let good = PendingLeaf::Deposit { number: number(40), statement: subject.clone() };
    assert!(append(bench.store(), vec![good.clone(), Draft::nth(1).waiting(41)]).is_err());
    for _ in 0..2 {
        let store = bench.store();
        assert_eq!((store.tip().unwrap().size(), store.tip().unwrap().root()), (tip.size(), tip.root()));
        assert_eq!(store.find_number(&number(40)), Ok(None));
        assert!(store.appended_leaves(LeafIndex(tip.size().0), 1).is_err());
        bench.reopen();
    }
    // Nothing of it stands in the way of the same deposit, and nothing of it is found twice.
    let block = seal(bench.store(), vec![good]);
    let (store, at) = (bench.store(), block.header.first);
    assert_eq!(store.find_statement(&subject.id()), Ok(Some(at)));
    assert_eq!(
        store.find_digest(tiezheng::ledger::statement::content::HashAlgorithm::Sha256, &digest, everywhere(), 9),
        Ok(vec![at])
    );
    assert_eq!(links_to(store, 2, 9), Ok(vec![(LinkKind::Refers, at)]));
    assert_eq!(store.subject_length(&tiezheng::ledger::hash::Digest([9; 32])), Ok(1));
}

pub(super) fn the_same_rules_hold_inside_one_block<B: Bench>() {
    let bench = begun::<B>();
    let cases = [
        (vec![Draft::nth(50).waiting(50), Draft::nth(50).waiting(51)], Refusal::StatementExists),
        (vec![Draft::nth(50).waiting(50), Draft::nth(51).waiting(50)], Refusal::NumberTaken),
        (
            vec![Draft::nth(50).subject(9, 1).waiting(50), Draft::nth(51).subject(9, 1).waiting(51)],
            Refusal::SubjectSequence { expected: 2, found: 1 },
        ),
        (
            vec![Draft::nth(50).subject(9, 1).waiting(50), Draft::nth(51).by(2).subject(9, 2).waiting(51)],
            Refusal::SubjectNotYours,
        ),
        (
            vec![Draft::nth(50).waiting(50), Draft::nth(51).by(2).link(LinkKind::Corrects, number(50)).waiting(51)],
            Refusal::LinkNotYours { number: number(50) },
        ),
    ];
    for (block, refusal) in cases {
        assert_eq!(append(bench.store(), block).unwrap_err(), AppendError::Refused { position: 1, refusal });
    }
    // The target must come first, also inside a block.
    let backwards = vec![Draft::nth(51).link(LinkKind::Refers, number(50)).waiting(51), Draft::nth(50).waiting(50)];
    let refusal = Refusal::LinkUnknown { number: number(50) };
    assert_eq!(append(bench.store(), backwards).unwrap_err(), AppendError::Refused { position: 0, refusal });
    let stream = (1..4).map(|n| Draft::nth(60 + n).subject(9, n).waiting(60 + n));
    let linked = Draft::nth(70).link(LinkKind::Corrects, number(61)).link(LinkKind::Refers, number(63));
    let block = seal(bench.store(), stream.chain([linked.waiting(70)]).collect());
    let first = block.header.first.0;
    assert_eq!(links_to(bench.store(), first, 9), Ok(vec![(LinkKind::Corrects, LeafIndex(first + 3))]));
    assert_eq!(links_to(bench.store(), first + 2, 9), Ok(vec![(LinkKind::Refers, LeafIndex(first + 3))]));
}

pub(super) fn ownership_is_by_key_and_account<B: Bench>() {
    let bench = begun::<B>();
    // Any one shared key will do, and strangers may refer.
    seal(
        bench.store(),
        vec![
            Draft::nth(50).by(2).and_by(1).link(LinkKind::Corrects, number(1)).waiting(50),
            Draft::nth(51).on_behalf(5).link(LinkKind::Withdraws, number(3)).waiting(51),
            Draft::nth(52).by(9).link(LinkKind::Refers, number(1)).waiting(52),
            Draft::nth(53).by(3).and_by(1).subject(7, 2).waiting(53),
        ],
    );
    // The keys of sequence 1 own a stream, not those that joined later.
    let refused = append(bench.store(), vec![Draft::nth(54).by(3).subject(7, 3).waiting(54)]).unwrap_err();
    assert_eq!(refused, AppendError::Refused { position: 0, refusal: Refusal::SubjectNotYours });
}
