//! The sequencer: receipts, rejections, a full queue, a shutdown, and each fault of a write.

mod clocks;
mod erasing;
mod limits;
mod shortages;
mod stalling;
mod together;

use std::sync::Arc;
use std::time::Duration;

use tiezheng::audit::walk::{self, walk};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::statement::text::{Link, LinkKind, Subject};
use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{Question, verify};
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::sequencer::handle::{DepositError, Sequencer};
use tiezheng::sequencer::recovery::StartError;
use tiezheng::sequencer::start::{Genesis, Options, RunningSequencer, start};
use tiezheng::sequencer::state::{Halt, StopReason};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LedgerReader, LogStore};

use crate::support::depositor::{ledger_key, note, origin, statement_with, successor};
use crate::support::faulty_store::{Fault, FaultyStore, OF_AN_APPEND};

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

fn start_on<S: LogStore + 'static>(
    store: &Arc<S>,
    clock: &ManualClock,
    queue_capacity: usize,
) -> (Sequencer, RunningSequencer) {
    let genesis = Genesis { mode: Mode::Test, successor: successor() };
    let options = Options { queue_capacity, clock_gap_confirmed: false };
    start(Arc::clone(store), ledger_key(), Some(&genesis), clock.share(), &options).unwrap()
}

fn memory() -> (Arc<MemoryStore>, ManualClock) {
    (Arc::new(MemoryStore::new(origin())), ManualClock::at(noon()))
}

/// Audits the whole ledger: no findings, and this number of entries.
fn audit(store: &impl LedgerReader, entries: u64) {
    let options = walk::Options { pinned: Some(ledger_key().verifier().clone()), ..walk::Options::default() };
    let report = walk(store, &options, |_| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!(report.entries, entries);
}

fn prove(receipt: &Receipt) -> DepositNumber {
    let trust = Trust::new(vec![ledger_key().verifier().clone()]);
    let question = Question::about(receipt, &trust);
    let report = verify(&question);
    assert_eq!(report.conclusion, Conclusion::RecordOnly, "{report:#?}");
    report.number.unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn every_deposit_gets_a_receipt_that_proves_itself() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 100);
    runtime().block_on(async {
        for n in 0..20 {
            let deposited = sequencer.deposit(note(n), None).await.unwrap();
            assert!(deposited.fresh);
            assert!(prove(&deposited.receipt).is_test());
        }
    });
    running.shutdown();
    audit(&*store, 20);
}

#[test]
fn the_same_statement_a_hundred_times_at_once_before_during_and_after_a_restart_is_one_entry() {
    let (store, clock) = memory();
    let runtime = runtime();
    let mut receipts = Vec::new();
    let mut fresh = 0;
    for _ in 0..2 {
        let (sequencer, running) = start_on(&store, &clock, 1_000);
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let sequencer = sequencer.clone();
                runtime.spawn(async move { sequencer.deposit(note(7), None).await })
            })
            .collect();
        // Some tasks may find the node shutting down.
        running.shutdown();
        for task in tasks {
            match runtime.block_on(task).unwrap() {
                Ok(deposited) => {
                    fresh += usize::from(deposited.fresh);
                    receipts.push(deposited.receipt);
                }
                Err(error) => assert_eq!(error, DepositError::ShuttingDown),
            }
        }
    }
    let (sequencer, running) = start_on(&store, &clock, 1_000);
    let again = runtime.block_on(sequencer.deposit(note(7), None)).unwrap();
    running.shutdown();
    fresh += usize::from(again.fresh);
    receipts.push(again.receipt);
    assert_eq!(fresh, 1);
    let first = &receipts[0];
    assert!(receipts.iter().all(|r| (&r.entry, r.index, &r.header, &r.entry_path)
        == (&first.entry, first.index, &first.header, &first.entry_path)));
    audit(&*store, 1);
}

#[test]
fn two_thousand_clients_of_a_queue_of_a_thousand_all_get_a_receipt() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 1_000);
    let runtime = runtime();
    let tasks: Vec<_> = (0..2_000)
        .map(|n| {
            let sequencer = sequencer.clone();
            let note = note(n);
            runtime.spawn(async move {
                loop {
                    match sequencer.deposit(note.clone(), None).await {
                        Ok(deposited) => return deposited,
                        Err(DepositError::Busy { retry_after_ms }) => {
                            assert!((500..3_000).contains(&retry_after_ms));
                            tokio::task::yield_now().await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    let answers: Vec<_> = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
    assert!(answers.iter().all(|deposited| deposited.fresh));
    assert!(sequencer.health().waiting <= 1_000);
    running.shutdown();
    audit(&*store, 2_000);
}

#[test]
fn a_full_queue_rejects_at_once() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 0);
    let error = runtime().block_on(sequencer.deposit(note(1), None)).unwrap_err();
    assert!(matches!(error, DepositError::Busy { .. }));
    running.shutdown();
    audit(&*store, 0);
}

#[test]
fn after_a_shutdown_deposits_are_rejected() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    running.shutdown();
    assert_eq!(runtime().block_on(sequencer.deposit(note(1), None)).unwrap_err(), DepositError::ShuttingDown);
}

#[test]
fn a_start_with_another_key_or_a_long_gap_is_refused() {
    let (store, clock) = memory();
    let (_, running) = start_on(&store, &clock, 10);
    running.shutdown();
    let other = tiezheng::ledger::key::Signer::new(origin(), &[9; 32]).unwrap();
    let options = Options { queue_capacity: 10, clock_gap_confirmed: false };
    let refused = start(Arc::clone(&store), other, None, clock.share(), &options);
    assert!(matches!(refused, Err(StartError::OtherKey { .. })));
    clock.shift(25 * 3_600_000, Duration::ZERO);
    let refused = start(Arc::clone(&store), ledger_key(), None, clock.share(), &options);
    assert!(matches!(refused, Err(StartError::Clock(_))));
    let confirmed = Options { clock_gap_confirmed: true, ..options };
    let (_, running) = start(Arc::clone(&store), ledger_key(), None, clock.share(), &confirmed).unwrap();
    running.shutdown();
    let empty = Arc::new(MemoryStore::new(origin()));
    assert!(matches!(start(empty, ledger_key(), None, clock.share(), &confirmed), Err(StartError::Empty)));
}

#[test]
fn refusals_leave_no_trace_and_have_their_codes() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let put = |statement: &tiezheng::ledger::statement::signed::SignedStatement| {
        runtime.block_on(sequencer.deposit(statement.note().clone(), None))
    };
    let subject = |sequence| Some(Subject { id: Digest([5; 32]), sequence });
    let first = put(&statement_with(1, 1, |s| s.subject = subject(1))).unwrap();
    let number = prove(&first.receipt);
    let code = |statement| match put(&statement).unwrap_err() {
        DepositError::Refused(refusal) => refusal.code().as_str(),
        error => panic!("{error}"),
    };
    let link = |kind| move |s: &mut tiezheng::ledger::statement::text::Statement| s.links = vec![Link { kind, number }];
    assert_eq!(code(statement_with(1, 2, |s| s.subject = subject(3))), "subject_sequence");
    assert_eq!(code(statement_with(1, 2, |s| s.subject = subject(1))), "subject_sequence");
    assert_eq!(code(statement_with(2, 2, |s| s.subject = subject(2))), "subject_not_yours");
    for kind in [LinkKind::Corrects, LinkKind::Replaces, LinkKind::Supplements, LinkKind::Withdraws] {
        assert_eq!(code(statement_with(2, 2, link(kind))), "link_not_yours");
    }
    let account = |s: &mut tiezheng::ledger::statement::text::Statement| s.on_behalf = Some(Digest([8; 32]));
    assert_eq!(
        code(statement_with(1, 2, |s| {
            link(LinkKind::Withdraws)(s);
            account(s);
        })),
        "link_not_yours"
    );
    let nowhere = DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap();
    assert_eq!(
        code(statement_with(1, 2, |s| s.links = vec![Link { kind: LinkKind::Refers, number: nowhere }])),
        "link_unknown"
    );
    let elsewhere = tiezheng::ledger::key::Name::parse("elsewhere.example").unwrap();
    assert_eq!(code(statement_with(1, 2, |s| s.ledger = elsewhere)), "wrong_ledger");
    put(&statement_with(2, 2, link(LinkKind::Refers))).unwrap();
    put(&statement_with(1, 3, |s| {
        link(LinkKind::Withdraws)(s);
        s.subject = subject(2);
    }))
    .unwrap();
    running.shutdown();
    audit(&*store, 3);
}

/// The fault table. After each row: did the ledger grow, and does a restart answer the same statement with a receipt?
#[test]
fn each_fault_stops_writing_loses_nothing_and_signs_nothing_unsafe() {
    for (fault, grown) in OF_AN_APPEND {
        let (memory, clock) = memory();
        let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
        let runtime = runtime();
        let (sequencer, running) = start_on(&store, &clock, 10);
        let before = runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
        let (size, signed) = (memory.tip().unwrap().size(), memory.published().unwrap().size());
        store.arm(fault);
        let error = runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err();
        assert!(matches!(error, DepositError::Stopped(_)), "{fault:?}: {error}");
        // A clock that is wrong and right again does not end a stop.
        clock.shift(-60_000, Duration::ZERO);
        let meanwhile = runtime.block_on(sequencer.deposit(note(4), None)).unwrap_err();
        assert!(matches!(meanwhile, DepositError::Stopped(_)), "{fault:?}: {meanwhile}");
        clock.shift(60_000, Duration::ZERO);
        assert_eq!(memory.tip().unwrap().size() > size, grown, "{fault:?}");
        assert_eq!(memory.published().unwrap().size() > signed, fault == Fault::PublishAfter, "{fault:?}");
        let later = runtime.block_on(sequencer.deposit(note(3), None)).unwrap_err();
        assert!(matches!(later, DepositError::Stopped(_)), "{fault:?}: writing must stay stopped");
        assert!(sequencer.health().writing.is_err());
        running.shutdown();

        let (sequencer, running) = start_on(&memory, &clock, 10);
        let again = runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
        assert_eq!((again.fresh, &again.receipt.entry), (false, &before.receipt.entry), "{fault:?}");
        let second = runtime.block_on(sequencer.deposit(note(2), None)).unwrap();
        assert_eq!(second.fresh, !grown, "{fault:?}");
        prove(&second.receipt);
        running.shutdown();
        audit(&*memory, 2);
    }
}

/// Whether the block is one deposit or many: every client gets an answer, and a restart continues.
#[test]
fn a_panic_of_a_thread_stops_writing_and_leaves_no_client_waiting() {
    for deposits in [1, 200] {
        let (memory, clock) = memory();
        let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
        let runtime = runtime();
        let (sequencer, running) = start_on(&store, &clock, 1_000);
        store.arm(Fault::AppendPanics);
        let put = |n| {
            let sequencer = sequencer.clone();
            runtime.spawn(async move { sequencer.deposit(note(n), None).await })
        };
        let tasks: Vec<_> = (0..deposits).map(put).collect();
        for task in tasks {
            let error = runtime.block_on(task).unwrap().unwrap_err();
            assert_eq!(error, DepositError::Stopped(StopReason::ThreadEnded));
        }
        assert_eq!(sequencer.health().writing, Err(Halt::Stopped(StopReason::ThreadEnded)));
        // Hangs if a permit is not released.
        while sequencer.health().waiting > 0 {
            std::thread::yield_now();
        }
        running.shutdown();
        let (sequencer, running) = start_on(&memory, &clock, 10);
        assert!(runtime.block_on(sequencer.deposit(note(1), None)).unwrap().fresh);
        running.shutdown();
        audit(&*memory, 1);
    }
}
