//! Erasures: notice, tombstones and act in one block, or nothing.

use std::sync::Arc;

use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::notice::{ErasedPiece, Piece};
use tiezheng::ledger::statement::signed::StatementNote;
use tiezheng::ledger::statement::text::Subject;
use tiezheng::query::records;
use tiezheng::sequencer::handle::{DepositError, EraseError, ErasureReply, Sequencer};
use tiezheng::store::refusal::{ErasureRefusal, Refusal};
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::PrivateReader as _;
use tiezheng::store::traits::{LedgerReader, LogStore, PrivateContent, PrivatePiece};

use super::{audit, memory, prove, runtime, start_on};
use crate::support::depositor::{ledger_key, note, statement_with};
use crate::support::faulty_store::{FaultyStore, OF_AN_APPEND};

fn piece(n: u8) -> PrivateMetadata {
    PrivateMetadata { salt: [n; 32], json: format!(r#"{{"name":"证据 {n}"}}"#) }
}

/// Statement `n` that commits to piece `n`, in the stream 5 at `sequence` if one is given.
fn committing(n: u8, sequence: Option<u64>) -> StatementNote {
    let statement = statement_with(1, n.into(), |statement| {
        statement.meta = Some(piece(n).commitment());
        statement.subject = sequence.map(|sequence| Subject { id: Digest([5; 32]), sequence });
    });
    statement.note().clone()
}

fn content(n: u8) -> PrivateContent {
    PrivateContent { annexes: vec![piece(n + 100)], labels: vec![Digest([n | 0x80; 32])], ..piece(n).into() }
}

fn metadata(index: LeafIndex) -> ErasedPiece {
    ErasedPiece { index, piece: Piece::Metadata }
}

fn annex(index: LeafIndex, n: u8) -> ErasedPiece {
    ErasedPiece { index, piece: Piece::Annex(piece(n + 100).commitment()) }
}

/// Deposits piece `n` with its annex and label; where it stands.
async fn put(sequencer: &Sequencer, n: u8) -> LeafIndex {
    sequencer.deposit_with(committing(n, None), content(n)).await.unwrap().receipt.index
}

/// The notice at `index` names these pieces and is signed by the ledger key.
fn notice_names(store: &dyn LedgerReader, index: LeafIndex, pieces: &[ErasedPiece]) {
    let Leaf::Notice(signed) = records::leaf(store, index).unwrap() else { panic!("no notice") };
    assert_eq!(signed.notice().erased(), pieces);
    assert!(signed.signed_by(ledger_key().verifier()));
}

#[test]
fn deposits_bring_annexes_and_labels() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let at = runtime.block_on(put(&sequencer, 1));
    assert_eq!(store.private(at), Ok(PrivatePiece::Held(piece(1))));
    assert_eq!(store.annex(at, &piece(101).commitment()), Ok(PrivatePiece::Held(piece(101))));
    assert_eq!(store.labelled(&Digest([0x81; 32]), LeafIndex(0), 9), Ok(vec![at]));
    // Not without a `meta` line, and not the metadata of another statement.
    let mismatch = Err(DepositError::PrivateMismatch);
    let bare = PrivateContent { metadata: None, ..content(2) };
    assert_eq!(runtime.block_on(sequencer.deposit_with(note(2), bare)), mismatch);
    assert_eq!(runtime.block_on(sequencer.deposit_with(committing(2, None), content(3))), mismatch);
    running.shutdown();
    audit(&*store, 1);
}

#[test]
fn an_erasure_is_one_block_with_a_signed_notice() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let (one, two) = (runtime.block_on(put(&sequencer, 1)), runtime.block_on(put(&sequencer, 2)));
    let height = store.published().unwrap().height.0;
    let pieces = [metadata(one), annex(one, 1)];
    // In any order, and with a duplicate.
    let asked = vec![pieces[1], pieces[0], pieces[1]];
    let ErasureReply { notice, act } = runtime.block_on(sequencer.erase(asked.clone(), None)).unwrap();
    assert_eq!(act, None);
    assert_eq!(store.published().unwrap().height.0, height + 1);
    notice_names(&*store, notice, &pieces);
    assert_eq!(store.private(one), Ok(PrivatePiece::Erased(notice)));
    assert_eq!(store.annex(one, &piece(101).commitment()), Ok(PrivatePiece::Erased(notice)));
    assert_eq!(store.private(two), Ok(PrivatePiece::Held(piece(2))));
    let again = runtime.block_on(sequencer.erase(asked, None)).unwrap_err();
    assert_eq!(again, EraseError::Refused(ErasureRefusal::ErasedAlready { piece: pieces[0], notice }));
    // The statement still yields its receipt, and restores nothing.
    let same = runtime.block_on(sequencer.deposit_with(committing(1, None), content(1))).unwrap();
    assert_eq!((same.fresh, same.receipt.index), (false, one));
    assert_eq!(store.private(one), Ok(PrivatePiece::Erased(notice)));
    prove(&same.receipt);
    running.shutdown();
    audit(&*store, 2);
}

#[test]
fn an_act_is_sealed_with_its_erasure_and_the_same_act_again_answers_the_same() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let one = runtime.block_on(put(&sequencer, 1));
    let height = store.published().unwrap().height.0;
    let ask = |pieces: Vec<ErasedPiece>| {
        runtime.block_on(sequencer.erase(pieces, Some((committing(9, Some(1)), content(9)))))
    };
    let erased = ask(vec![metadata(one)]).unwrap();
    let act = erased.act.clone().unwrap();
    assert!(act.fresh);
    assert_eq!(store.published().unwrap().height.0, height + 1);
    assert_eq!(
        (act.receipt.index.0 + 1, records::sealing_block(&*store, erased.notice).unwrap().count),
        (erased.notice.0, 2)
    );
    prove(&act.receipt);
    notice_names(&*store, erased.notice, &[metadata(one)]);
    assert_eq!(store.private(one), Ok(PrivatePiece::Erased(erased.notice)));
    assert_eq!(store.private(act.receipt.index), Ok(PrivatePiece::Held(piece(9))));
    assert_eq!(store.labelled(&Digest([0x89; 32]), LeafIndex(0), 9), Ok(vec![act.receipt.index]));
    let again = ask(vec![metadata(one)]).unwrap();
    let act_again = again.act.unwrap();
    assert_eq!((again.notice, act_again.fresh, &act_again.receipt.entry), (erased.notice, false, &act.receipt.entry));
    // The act exists, but did not erase this.
    let exists = EraseError::ActExists { index: act.receipt.index };
    assert_eq!(ask(vec![annex(one, 1)]).unwrap_err(), exists);
    assert_eq!(ask(vec![metadata(one), annex(one, 1)]).unwrap_err(), exists);
    assert_eq!(store.annex(one, &piece(101).commitment()), Ok(PrivatePiece::Held(piece(101))));
    running.shutdown();
    audit(&*store, 2);
}

#[test]
fn a_refused_act_or_piece_erases_nothing_and_seals_nothing() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let one = runtime.block_on(put(&sequencer, 1));
    let size = store.published().unwrap().size();
    let ask = |pieces: Vec<ErasedPiece>, act| runtime.block_on(sequencer.erase(pieces, act)).unwrap_err();
    let conflict = ask(vec![metadata(one)], Some((committing(9, Some(2)), content(9))));
    let EraseError::Deposit(DepositError::Refused(refusal)) = conflict else { panic!("{conflict}") };
    assert_eq!(refusal, Refusal::SubjectSequence { expected: 1, found: 2 });
    let other = ask(vec![metadata(one)], Some((committing(9, Some(1)), content(8))));
    assert_eq!(other, EraseError::Deposit(DepositError::PrivateMismatch));
    // The act and one piece are valid, the other piece is not.
    let never = annex(one, 9);
    let mixed = ask(vec![metadata(one), never], Some((committing(9, Some(1)), content(9))));
    assert_eq!(mixed, EraseError::Refused(ErasureRefusal::NeverHeld { piece: never }));
    let beyond = ask(vec![metadata(LeafIndex(u64::MAX >> 1))], None);
    assert!(matches!(beyond, EraseError::Refused(ErasureRefusal::NeverHeld { .. })), "{beyond}");
    assert_eq!(ask(vec![], None), EraseError::PieceCount { count: 0 });
    let many = (0..257).map(|index| metadata(LeafIndex(index))).collect();
    assert_eq!(ask(many, None), EraseError::PieceCount { count: 257 });
    assert_eq!(store.published().unwrap().size(), size);
    assert_eq!(store.private(one), Ok(PrivatePiece::Held(piece(1))));
    assert_eq!(sequencer.health().writing, Ok(()));
    // The same act with valid pieces is written.
    let act = Some((committing(9, Some(1)), content(9)));
    assert!(runtime.block_on(sequencer.erase(vec![metadata(one)], act)).unwrap().act.unwrap().fresh);
    running.shutdown();
    let closed = runtime.block_on(sequencer.erase(vec![annex(one, 1)], None)).unwrap_err();
    assert_eq!(closed, EraseError::Deposit(DepositError::ShuttingDown));
    audit(&*store, 2);
}

/// The act of an erasure continues a stream like any other deposit.
#[test]
fn a_stream_goes_on_after_the_act_of_an_erasure() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let put = |n: u8, sequence| {
        runtime.block_on(sequencer.deposit_with(committing(n, Some(sequence)), content(n))).unwrap().receipt.index
    };
    let first = put(1, 1);
    let act = Some((committing(2, Some(2)), content(2)));
    runtime.block_on(sequencer.erase(vec![metadata(first)], act)).unwrap();
    put(3, 3);
    assert_eq!(store.subject_length(&Digest([5; 32])), Ok(3));
    running.shutdown();
    audit(&*store, 3);
}

/// The fault table of a deposit, for an erasure with its act: after a restart all of it is stored, or nothing.
#[test]
fn each_fault_leaves_an_erasure_complete_or_not_made() {
    for (fault, grown) in OF_AN_APPEND {
        let (memory, clock) = memory();
        let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
        let runtime = runtime();
        let (sequencer, running) = start_on(&store, &clock, 10);
        let one = runtime.block_on(put(&sequencer, 1));
        let size = memory.tip().unwrap().size();
        let act = || Some((committing(9, Some(1)), content(9)));
        store.arm(fault);
        let error = runtime.block_on(sequencer.erase(vec![metadata(one)], act())).unwrap_err();
        assert!(matches!(error, EraseError::Deposit(DepositError::Stopped(_))), "{fault:?}: {error}");
        assert_eq!(memory.tip().unwrap().size() > size, grown, "{fault:?}");
        let later = runtime.block_on(sequencer.erase(vec![annex(one, 1)], None)).unwrap_err();
        assert!(matches!(later, EraseError::Deposit(DepositError::Stopped(_))), "{fault:?}: writing must stay stopped");
        running.shutdown();

        let (sequencer, running) = start_on(&memory, &clock, 10);
        assert_eq!(matches!(memory.private(one), Ok(PrivatePiece::Erased(_))), grown, "{fault:?}");
        let again = runtime.block_on(sequencer.erase(vec![metadata(one)], act())).unwrap();
        assert_eq!(again.act.unwrap().fresh, !grown, "{fault:?}");
        notice_names(&*memory, again.notice, &[metadata(one)]);
        running.shutdown();
        audit(&*memory, 2);
    }
}
