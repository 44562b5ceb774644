//! Tests of the committer: publication, and the deposits of rejected blocks.

use super::*;
use crate::ledger::metadata::PrivateMetadata;
use crate::query::receipts;
use crate::sequencer::admission::NumberSource;
use crate::sequencer::open_block::{OpenBlock, PreviousBlock};
use crate::sequencer::testing::{TestLedger, noon, statement, statement_in, subject};
use crate::store::traits::LogReader as _;

/// A complete block of one deposit, admitted against `previous`.
fn pending(ledger: &TestLedger, deposit: PendingDeposit, previous: &PreviousBlock) -> (PendingBlock, PreviousBlock) {
    let mut open = OpenBlock::new(ledger.committer.tip(), false);
    open.add(deposit, noon(), &*ledger.store, previous, &mut NumberSource::new(true));
    open.complete(noon()).unwrap()
}

/// A block that the store rejects: it continues a stream whose first deposit was never stored.
fn invalid(
    ledger: &TestLedger,
    private: PrivateContent,
) -> (PendingBlock, tokio::sync::oneshot::Receiver<DepositOutcome>) {
    let (first, _) = ledger.deposit(statement_in(1, 1, subject(1)), PrivateContent::default());
    let (_, previous) = pending(ledger, first, &PreviousBlock::default());
    let (second, outcome) = ledger.deposit(statement_in(2, 1, subject(2)), private);
    (pending(ledger, second, &previous).0, outcome)
}

#[test]
fn a_committed_deposit_gets_a_receipt_of_the_published_block() {
    let mut ledger = TestLedger::new();
    let (deposit, outcome) = ledger.deposit(statement(1), PrivateContent::default());
    let (block, _) = pending(&ledger, deposit, &PreviousBlock::default());
    let size = block.block.tip.size();
    ledger.committer.commit(block, &ledger.state, false);
    let Ok(DepositOutcome::Published { block, position: 0, fresh: true }) = outcome.blocking_recv() else {
        panic!("it is not published");
    };
    assert_eq!(ledger.store.published().unwrap().size(), size);
    let receipt = block.receipt(0).unwrap();
    assert_eq!(receipt, receipts::receipt(&*ledger.store, receipt.index).unwrap());
    assert_eq!(block.receipt(1), None);
    assert!(!ledger.committer.needs_repair());
    assert_eq!(ledger.state.committing_since(), None);
}

#[test]
fn deposits_of_a_rejected_block_and_of_the_one_after_it_are_kept_with_their_private_content() {
    let mut ledger = TestLedger::new();
    let content = PrivateContent { labels: vec![crate::ledger::hash::Digest([3; 32])], ..PrivateContent::default() };
    let (block, _outcome) = invalid(&ledger, content.clone());
    let size = ledger.committer.tip().size();
    // The block that was built on the rejected one.
    let mut after = OpenBlock::new(&block.block.tip, false);
    let (deposit, _kept) = ledger.deposit(statement(9), PrivateContent::default());
    after.add(deposit, noon(), &*ledger.store, &PreviousBlock::default(), &mut NumberSource::new(true));
    let (after, _) = after.complete(noon()).unwrap();
    ledger.committer.commit(block, &ledger.state, false);
    ledger.committer.commit(after, &ledger.state, false);
    assert!(ledger.committer.needs_repair());
    assert_eq!(ledger.committer.tip().size(), size, "nothing was stored");
    assert_eq!(ledger.state.writing(), Ok(()));
    let rejected = ledger.committer.take_rejected();
    let ids: Vec<_> = rejected.iter().map(|deposit| deposit.statement.id()).collect();
    assert_eq!(ids, [statement_in(2, 1, subject(2)).id(), statement(9).id()]);
    assert_eq!(rejected[0].private, content);
    assert!(!ledger.committer.needs_repair());
}

#[test]
fn a_rebuilt_block_leaves_out_what_the_store_rejects() {
    let mut ledger = TestLedger::new();
    let (block, invalid) = invalid(&ledger, PrivateContent::default());
    let (valid, outcome) = ledger.deposit(statement(9), PrivateContent::default());
    ledger.committer.commit(block, &ledger.state, false);
    let mut deposits = ledger.committer.take_rejected();
    deposits.push(valid);
    let tip = ledger.committer.tip().clone();
    let rebuilt = ledger.collector.rebuild(&tip, deposits, &*ledger.store, &ledger.state).unwrap().unwrap();
    ledger.committer.commit(rebuilt, &ledger.state, true);
    let rejected = invalid.blocking_recv();
    assert!(matches!(rejected, Ok(DepositOutcome::Rejected(refusal)) if refusal.code().as_str() == "subject_sequence"));
    assert!(matches!(outcome.blocking_recv(), Ok(DepositOutcome::Published { position: 0, fresh: true, .. })));
}

#[test]
fn a_rebuilt_block_that_the_store_rejects_stops_writing() {
    let mut ledger = TestLedger::new();
    let (block, outcome) = invalid(&ledger, PrivateContent::default());
    ledger.committer.commit(block, &ledger.state, true);
    let outcome = outcome.blocking_recv();
    assert!(matches!(outcome, Ok(DepositOutcome::Halted(halt)) if halt.code() == "admission_inconsistent"));
    assert!(matches!(ledger.state.writing(), Err(Halt::Stopped(StopReason::Inconsistent(_)))));
    assert!(!ledger.committer.needs_repair());
}

#[test]
fn a_stopped_sequencer_stores_nothing_and_a_clock_pause_does_not_hold_back_a_complete_block() {
    let mut ledger = TestLedger::new();
    let size = ledger.committer.tip().size();
    let (deposit, outcome) = ledger.deposit(statement(1), PrivateContent::default());
    let (block, _) = pending(&ledger, deposit, &PreviousBlock::default());
    let fault = crate::sequencer::clock::ClockFault::Jumped { now: noon(), ahead_ms: 1_001 };
    ledger.state.pause(Pause::Clock(fault));
    ledger.committer.commit(block, &ledger.state, false);
    assert!(matches!(outcome.blocking_recv(), Ok(DepositOutcome::Published { .. })));
    let (deposit, outcome) = ledger.deposit(statement(2), PrivateContent::default());
    let (block, _) = pending(&ledger, deposit, &PreviousBlock::default());
    ledger.state.stop(StopReason::ThreadEnded);
    let grown = ledger.committer.tip().size();
    ledger.committer.commit(block, &ledger.state, false);
    assert!(matches!(outcome.blocking_recv(), Ok(DepositOutcome::Halted(Halt::Stopped(_)))));
    assert_eq!((grown > size, ledger.store.tip().unwrap().size()), (true, grown));
}

#[test]
fn duplicates_of_the_previous_block_get_its_receipt_or_are_rebuilt() {
    let mut ledger = TestLedger::new();
    let (deposit, _outcome) = ledger.deposit(statement(1), PrivateContent::default());
    let (block, _) = pending(&ledger, deposit, &PreviousBlock::default());
    let leaf = LeafIndex(block.block.base.0);
    ledger.committer.commit(block, &ledger.state, false);
    let (published, outcome) = ledger.deposit(statement(1), PrivateContent::default());
    let (lost, _kept) = ledger.deposit(statement(2), PrivateContent::default());
    ledger.committer.resolve_duplicates(vec![published, lost]);
    assert!(matches!(outcome.blocking_recv(), Ok(DepositOutcome::Exists(index)) if index == leaf));
    assert_eq!(ledger.committer.take_rejected().len(), 1);
}

#[test]
fn private_content_goes_back_to_the_deposits_it_was_taken_from() {
    let ledger = TestLedger::new();
    let piece = PrivateMetadata { salt: [9; 32], json: "{}".into() };
    let (mut deposits, mut outcomes) = (Vec::new(), Vec::new());
    for (n, content) in [(1, PrivateContent::default()), (2, piece.clone().into()), (3, piece.into())] {
        let (deposit, outcome) = ledger.deposit(statement(n), content);
        deposits.push(deposit);
        outcomes.push(outcome);
    }
    let before: Vec<_> = deposits.iter().map(|deposit| deposit.private.clone()).collect();
    let (filler, _outcome) = ledger.deposit(statement(4), PrivateContent::default());
    let block = pending(&ledger, filler, &PreviousBlock::default()).0.block;
    let mut private = take_private(&mut deposits, &block);
    let first = block.base.0;
    assert_eq!(private.iter().map(|(index, _)| index.0 - first).collect::<Vec<_>>(), [1, 2]);
    assert!(deposits.iter().all(|deposit| deposit.private.is_empty()));
    return_private(&mut deposits, &mut private, LeafIndex(first));
    assert_eq!(deposits.iter().map(|deposit| deposit.private.clone()).collect::<Vec<_>>(), before);
}
