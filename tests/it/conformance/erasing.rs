//! Annexes, labels, erasures, bookmarks.

use std::collections::BTreeMap;

use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::chain::reader::BlockReader;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::store::refusal::{ErasureRefusal, Refusal};
use tiezheng::store::traits::CursorStore as _;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::PrivateReader as _;
use tiezheng::store::traits::private_store::{CompletedErasures, PrivateStore};
use tiezheng::store::traits::{AppendError, LedgerReader, LogStore, PrivateContent, PrivatePiece, ReadError};

use crate::support::chain::{
    Draft, annex_at, append_erasing, append_with, block_on, erase, erased, found, metadata_at, notice, private,
    published_of, seal,
};
use crate::support::stores::Bench;

/// Other bytes than any salt here, which a purge looks for.
fn label(n: u8) -> Digest {
    Digest([n | 0x80; 32])
}

/// Metadata `n`, the annexes and the labels of these numbers.
fn content(n: u8, annexes: &[u8], labels: &[u8]) -> PrivateContent {
    PrivateContent {
        metadata: Some(private(n)),
        annexes: annexes.iter().map(|n| private(*n)).collect(),
        labels: labels.iter().map(|n| label(*n)).collect(),
    }
}

/// Genesis at 0; deposits at 2 (metadata 1, annexes 11 and 12, labels 1 and 2), 3 (no `meta` line), 4 (metadata kept by
/// its depositor, annex 11, label 2); their header at 5.
fn three<B: Bench>(bench: &B) {
    found(bench.store());
    let deposits = vec![
        Draft::nth(1).meta(&private(1)).waiting(1),
        Draft::nth(2).waiting(2),
        Draft::nth(3).meta(&private(3)).waiting(3),
    ];
    let kept = PrivateContent { metadata: None, ..content(3, &[11], &[2]) };
    let held = BTreeMap::from([(0, content(1, &[11, 12], &[1, 2])), (2, kept)]);
    let block = append_erasing(bench.store(), deposits, &held, &[]).unwrap();
    // What is not signed is not shown.
    assert!(matches!(bench.store().annex(LeafIndex(2), &private(11).commitment()), Err(ReadError::Beyond { .. })));
    assert_eq!(bench.store().labelled(&label(2), LeafIndex(0), 9), Ok(vec![]));
    assert_eq!(bench.store().last_labelled(&label(2), 9), Ok(vec![]));
    bench.store().publish(published_of(&block)).unwrap();
}

pub(super) fn annexes_are_kept_under_their_deposit_and_commitment<B: Bench>() {
    let mut bench = B::begin();
    three(&bench);
    for _ in 0..2 {
        let annex = |at, n| bench.store().annex(LeafIndex(at), &private(n).commitment()).unwrap();
        assert_eq!(annex(2, 11), PrivatePiece::Held(private(11)));
        assert_eq!(annex(2, 12), PrivatePiece::Held(private(12)));
        assert_eq!(annex(4, 11), PrivatePiece::Held(private(11)));
        // Another's, the metadata, a deposit without any.
        assert_eq!([annex(4, 12), annex(2, 1), annex(3, 11), annex(5, 11)], [const { PrivatePiece::None }; 4]);
        assert_eq!(bench.store().private(LeafIndex(4)), Ok(PrivatePiece::None));
        assert!(matches!(
            bench.store().annex(LeafIndex(6), &private(11).commitment()),
            Err(ReadError::Beyond { asked: 7, .. })
        ));
        bench.reopen();
    }
}

pub(super) fn labels_lead_to_their_deposits_both_ways<B: Bench>() {
    let mut bench = B::begin();
    three(&bench);
    for n in 0..40 {
        let held = BTreeMap::from([(0, content(n, &[], &[2, 3]))]);
        let deposit = Draft::nth(100 + u64::from(n)).meta(&private(n)).waiting(100 + u64::from(n));
        let block = append_erasing(bench.store(), vec![deposit], &held, &[]).unwrap();
        bench.store().publish(published_of(&block)).unwrap();
    }
    let ahead = BTreeMap::from([(0, content(50, &[], &[2]))]);
    append_erasing(bench.store(), vec![Draft::nth(50).meta(&private(50)).waiting(50)], &ahead, &[]).unwrap();
    let later: Vec<LeafIndex> = (0..40).map(|n| LeafIndex(6 + 2 * n)).collect();
    let all: Vec<LeafIndex> = [LeafIndex(2), LeafIndex(4)].into_iter().chain(later.clone()).collect();
    for _ in 0..2 {
        let store = bench.store();
        let since = |n, from, limit| store.labelled(&label(n), LeafIndex(from), limit).unwrap();
        assert_eq!(since(1, 0, 9), [LeafIndex(2)]);
        assert_eq!(since(2, 0, 99), all);
        assert_eq!(since(3, 0, 99), later);
        assert_eq!(since(4, 0, 99), []);
        assert_eq!(since(2, 0, 3), all[..3]);
        assert_eq!(since(2, 4, 2), all[1..3]);
        assert_eq!(since(2, 5, 1), all[2..3]);
        assert_eq!(since(2, 84, 9), all[41..]);
        // The last is not published yet.
        assert_eq!(since(2, 85, 9), []);
        assert_eq!(since(2, u64::MAX, 9), []);
        assert_eq!(since(2, 0, 0), []);
        let last = |n, limit| store.last_labelled(&label(n), limit).unwrap();
        assert_eq!(last(2, 99), all.iter().copied().rev().collect::<Vec<_>>());
        assert_eq!(last(2, 2), [all[41], all[40]]);
        assert_eq!((last(1, 9), last(4, 9)), (vec![LeafIndex(2)], vec![]));
        let before = |n, end, limit| store.labelled_before(&label(n), LeafIndex(end), limit).unwrap();
        assert_eq!(before(2, 4, 9), [LeafIndex(2)]);
        assert_eq!(before(2, 5, 9), [LeafIndex(4), LeafIndex(2)]);
        assert_eq!(before(2, 84, 2), [all[40], all[39]]);
        assert_eq!((before(2, 2, 9), before(2, 0, 9), before(4, 50, 9)), (vec![], vec![], vec![]));
        // The last one is appended and not published yet.
        assert_eq!(before(2, u64::MAX, 1), [all[41]]);
        bench.reopen();
    }
}

pub(super) fn annexes_and_labels_need_a_meta_line<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let tip = bench.store().tip().unwrap();
    let block = block_on(&tip, vec![Draft::nth(1).waiting(1), Draft::nth(2).meta(&private(2)).waiting(2)]);
    let refused = |position| Err(AppendError::Refused { position, refusal: Refusal::PrivateMismatch });
    let bare = |annexes: &[u8], labels: &[u8]| PrivateContent { metadata: None, ..content(1, annexes, labels) };
    let append = |at, content| bench.store().append(&block, &[(LeafIndex(at), content)], &[]);
    assert_eq!(append(2, bare(&[11], &[])), refused(0));
    assert_eq!(append(2, bare(&[], &[1])), refused(0));
    assert_eq!(append(3, content(1, &[11], &[])), refused(1));
    // The same annex twice.
    assert_eq!(append(3, content(2, &[11, 11], &[])), refused(1));
    assert_eq!(bench.store().tip().unwrap().size(), tip.size());
    assert_eq!(append(3, bare(&[11], &[1])), Ok(()));
}

pub(super) fn what_is_erased_stays_erased_and_all_else_is_held<B: Bench>() {
    let mut bench = B::begin();
    three(&bench);
    let pieces = [metadata_at(2), annex_at(2, &private(12))];
    let pieces = {
        let mut sorted = pieces;
        sorted.sort_unstable();
        sorted
    };
    let block = append_erasing(bench.store(), vec![erased(&pieces)], &BTreeMap::new(), &pieces).unwrap();
    let at = LeafIndex(6);
    // In force at once: what is gone cannot be shown, signed or not.
    assert_eq!(bench.store().private(LeafIndex(2)), Ok(PrivatePiece::Erased(at)));
    bench.store().publish(published_of(&block)).unwrap();
    for round in 0..3 {
        let store = bench.store();
        let annex = |at, n| store.annex(LeafIndex(at), &private(n).commitment()).unwrap();
        assert_eq!(store.private(LeafIndex(2)), Ok(PrivatePiece::Erased(at)));
        assert_eq!(annex(2, 12), PrivatePiece::Erased(at));
        assert_eq!((annex(2, 11), annex(4, 11)), (PrivatePiece::Held(private(11)), PrivatePiece::Held(private(11))));
        assert_eq!(store.labelled(&label(1), LeafIndex(0), 9), Ok(vec![LeafIndex(2)]));
        match round {
            0 => assert_eq!(store.pending_erasures(), Ok(pieces.to_vec())),
            1 => assert_eq!(store.complete_all_erasures(), Ok(CompletedErasures { pieces: pieces.to_vec() })),
            _ => assert_eq!(
                (store.pending_erasures(), store.complete_all_erasures()),
                (Ok(vec![]), Ok(CompletedErasures::default()))
            ),
        }
        bench.reopen();
    }
    seal(bench.store(), vec![Draft::nth(9).waiting(9)]);
}

pub(super) fn a_copy_of_the_public_log_has_tombstones_and_no_content<B: Bench>() {
    let (origin, mut bench) = (B::begin(), B::begin());
    three(&origin);
    let annex = annex_at(2, &private(12));
    let mut pieces = [metadata_at(2), annex];
    pieces.sort_unstable();
    erase(origin.store(), &pieces);
    seal(origin.store(), vec![Draft::nth(9).waiting(9)]);
    let published = origin.store().published().unwrap();
    let mut reader = BlockReader::new(&bench.store().tip().unwrap());
    for leaf in origin.store().leaves(LeafIndex(0), published.size().0).unwrap() {
        if let Some(block) = reader.read(leaf).unwrap() {
            bench.store().append_copy(&block).unwrap();
            assert!(matches!(bench.store().append_copy(&block), Err(AppendError::TipMoved { .. })));
        }
    }
    bench.store().publish((*published).clone()).unwrap();
    for _ in 0..2 {
        let store = bench.store();
        assert_eq!(store.published().unwrap(), published);
        assert_eq!(store.tip().unwrap().root(), origin.store().tip().unwrap().root());
        assert_eq!(store.private(LeafIndex(2)), Ok(PrivatePiece::Erased(LeafIndex(6))));
        let annex = |n| store.annex(LeafIndex(2), &private(n).commitment()).unwrap();
        assert_eq!((annex(12), annex(11)), (PrivatePiece::Erased(LeafIndex(6)), PrivatePiece::None));
        assert_eq!(store.private(LeafIndex(4)), Ok(PrivatePiece::None));
        // There is nothing to search the files for.
        assert_eq!(store.pending_erasures(), Ok(vec![]));
        bench.reopen();
    }
    // The rules of an append hold for a copy.
    let tip = bench.store().tip().unwrap();
    let again = block_on(&tip, vec![Draft::nth(9).waiting(20)]);
    assert!(matches!(bench.store().append_copy(&again), Err(AppendError::Refused { position: 0, .. })));
    let refused =
        |pieces: &[ErasedPiece]| bench.store().append_copy(&block_on(&tip, vec![erased(pieces)])).unwrap_err();
    let never = |piece| AppendError::Erasure(ErasureRefusal::NeverHeld { piece });
    // A deposit without a `meta` line, a header, a leaf that is not there yet.
    for index in [3, 5, tip.size().0] {
        assert_eq!(refused(&[metadata_at(index)]), never(metadata_at(index)), "{index}");
    }
    let (piece, notice) = (metadata_at(2), LeafIndex(6));
    assert_eq!(refused(&[piece]), AppendError::Erasure(ErasureRefusal::ErasedAlready { piece, notice }));
    assert_eq!(bench.store().tip().unwrap().size(), tip.size());
}

pub(super) fn a_refused_erasure_changes_nothing<B: Bench>() {
    let mut bench = B::begin();
    three(&bench);
    erase(bench.store(), &[annex_at(2, &private(12))]);
    bench.store().complete_all_erasures().unwrap();
    let tip = bench.store().tip().unwrap();
    let deposit = || Draft::nth(9).meta(&private(9)).waiting(9);
    let try_to = |waiting: Vec<PendingLeaf>, erasures: &[ErasedPiece]| match bench
        .store()
        .append(&block_on(&tip, waiting), &[], erasures)
        .unwrap_err()
    {
        AppendError::Erasure(refusal) => refusal,
        error => panic!("{error}"),
    };
    let named = |pieces: &[ErasedPiece]| try_to(vec![deposit(), erased(pieces)], pieces);
    let (held, other) = (metadata_at(2), annex_at(4, &private(11)));
    let never = |piece| ErasureRefusal::NeverHeld { piece };
    for piece in [
        metadata_at(1),
        metadata_at(3),
        metadata_at(4),
        // In the same block: the deposit at 8 brings nothing, the leaf at 9 is the notice itself.
        metadata_at(8),
        metadata_at(9),
        metadata_at(77),
        annex_at(2, &private(1)),
        annex_at(4, &private(12)),
    ] {
        assert_eq!(named(&[piece]), never(piece));
        let both = {
            let mut both = [held, piece];
            both.sort_unstable();
            both
        };
        assert_eq!(named(&both), never(piece));
    }
    let (piece, notice_at) = (annex_at(2, &private(12)), LeafIndex(6));
    assert_eq!(named(&[piece]), ErasureRefusal::ErasedAlready { piece, notice: notice_at });
    // Without a notice, with another, with two, the notice alone, in another order, twice.
    let mismatch = ErasureRefusal::NoticeMismatch;
    assert_eq!(try_to(vec![deposit()], &[held]), mismatch);
    assert_eq!(try_to(vec![PendingLeaf::Notice(notice(1))], &[held]), mismatch);
    assert_eq!(try_to(vec![erased(&[other])], &[held]), mismatch);
    assert_eq!(try_to(vec![erased(&[held, other])], &[held]), mismatch);
    assert_eq!(try_to(vec![erased(&[held]), erased(&[held])], &[held]), mismatch);
    assert_eq!(try_to(vec![erased(&[held])], &[]), mismatch);
    assert_eq!(try_to(vec![erased(&[held, other])], &[other, held]), mismatch);
    for _ in 0..2 {
        assert_eq!(bench.store().tip().unwrap().size(), tip.size());
        assert_eq!(bench.store().private(LeafIndex(2)), Ok(PrivatePiece::Held(private(1))));
        assert_eq!(bench.store().annex(LeafIndex(4), &private(11).commitment()), Ok(PrivatePiece::Held(private(11))));
        assert_eq!(bench.store().pending_erasures(), Ok(vec![]));
        bench.reopen();
    }
    let block = append_erasing(bench.store(), vec![erased(&[held, other])], &BTreeMap::new(), &[held, other]).unwrap();
    bench.store().publish(published_of(&block)).unwrap();
    assert_eq!(bench.store().private(LeafIndex(2)), Ok(PrivatePiece::Erased(LeafIndex(8))));
}

pub(super) fn an_erasure_and_its_act_are_one_block<B: Bench>() {
    let bench = B::begin();
    three(&bench);
    let act = || Draft::nth(9).subject(7, 2).meta(&private(9)).waiting(9);
    let held = BTreeMap::from([(0, content(9, &[], &[5]))]);
    let pieces = [metadata_at(2)];
    // The act may not enter: nothing is erased.
    let refused = append_erasing(bench.store(), vec![act(), erased(&pieces)], &held, &pieces).unwrap_err();
    assert!(matches!(refused, AppendError::Refused { position: 0, refusal: Refusal::SubjectSequence { .. } }));
    assert_eq!(bench.store().private(LeafIndex(2)), Ok(PrivatePiece::Held(private(1))));
    append_with(bench.store(), vec![Draft::nth(8).subject(7, 1).waiting(8)], &BTreeMap::new()).unwrap();
    let block = append_erasing(bench.store(), vec![act(), erased(&pieces)], &held, &pieces).unwrap();
    bench.store().publish(published_of(&block)).unwrap();
    assert_eq!(bench.store().private(LeafIndex(8)), Ok(PrivatePiece::Held(private(9))));
    assert_eq!(bench.store().private(LeafIndex(2)), Ok(PrivatePiece::Erased(LeafIndex(9))));
    assert_eq!(bench.store().labelled(&label(5), LeafIndex(0), 9), Ok(vec![LeafIndex(8)]));
}

pub(super) fn cursors_are_kept_by_name<B: Bench>() {
    let mut bench = B::begin();
    assert_eq!(bench.store().cursor(&label(1)), Ok(None));
    bench.store().set_cursor(&label(1), 7).unwrap();
    bench.store().set_cursor(&label(2), u64::MAX).unwrap();
    bench.store().set_cursor(&label(1), 8).unwrap();
    for _ in 0..2 {
        let all = [1, 2, 3].map(|n| bench.store().cursor(&label(n)).unwrap());
        assert_eq!(all, [Some(8), Some(u64::MAX), None]);
        bench.reopen();
    }
}
