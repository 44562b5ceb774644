//! Concurrent requests: valid and invalid deposits in one block, erasures between deposits, a shutdown under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::notice::{ErasedPiece, Piece};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::signed::StatementNote;
use tiezheng::ledger::statement::text::{Link, LinkKind, Subject};
use tiezheng::sequencer::handle::{DepositError, DepositReply, Sequencer};
use tiezheng::sequencer::start::RunningSequencer;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{LedgerReader, PrivatePiece};

use super::{audit, memory, prove, runtime, start_on};
use crate::support::depositor::{note, statement_with};
use crate::support::faulty_store::FaultyStore;

fn piece(n: u64) -> PrivateMetadata {
    PrivateMetadata { salt: [9; 32], json: format!(r#"{{"name":"证据 {n}"}}"#) }
}

fn begin() -> (Arc<MemoryStore>, Sequencer, RunningSequencer) {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 5_000);
    (store, sequencer, running)
}

/// Sends all deposits concurrently. The outcomes, in the order of the deposits.
fn all_at_once(
    runtime: &tokio::runtime::Runtime,
    sequencer: &Sequencer,
    deposits: Vec<(StatementNote, Option<PrivateMetadata>)>,
) -> Vec<Result<DepositReply, DepositError>> {
    runtime.block_on(async {
        let put = |(statement, private)| {
            let sequencer = sequencer.clone();
            tokio::spawn(async move { sequencer.deposit(statement, private).await })
        };
        let tasks: Vec<_> = deposits.into_iter().map(put).collect();
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    })
}

#[test]
fn invalid_deposits_are_rejected_and_all_others_get_receipts() {
    let (store, sequencer, running) = begin();
    let runtime = runtime();
    let nowhere = DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap();
    let unknown_link = |n| statement_with(1, n, |s| s.links = vec![Link { kind: LinkKind::Refers, number: nowhere }]);
    let skipped_sequence = |n| statement_with(1, n, |s| s.subject = Some(Subject { id: Digest([5; 32]), sequence: 7 }));
    let mut entries = 0;
    for round in 0..20_u64 {
        let deposits: Vec<_> = (0..150)
            .map(|place| {
                let n = 1_000 * round + place;
                let statement = match place % 10 {
                    3 => unknown_link(n).note().clone(),
                    7 => skipped_sequence(n).note().clone(),
                    // The statement of the previous deposit.
                    5 => note(n - 1),
                    8 => statement_with(1, n, |s| s.meta = Some(piece(n).commitment())).note().clone(),
                    _ => note(n),
                };
                (statement, (place % 10 == 8).then(|| piece(n)))
            })
            .collect();
        let outcomes = all_at_once(&runtime, &sequencer, deposits);
        for (place, outcome) in outcomes.iter().enumerate() {
            match (place % 10, outcome) {
                (3, Err(DepositError::Refused(refusal))) => assert_eq!(refusal.code().as_str(), "link_unknown"),
                (7, Err(DepositError::Refused(refusal))) => assert_eq!(refusal.code().as_str(), "subject_sequence"),
                (5, Ok(double)) => {
                    let first = outcomes[place - 1].as_ref().unwrap();
                    assert_eq!(double.receipt.entry, first.receipt.entry);
                    assert_eq!(u8::from(double.fresh) + u8::from(first.fresh), 1);
                }
                (8, Ok(deposited)) => {
                    let held = store.private(deposited.receipt.index).unwrap();
                    assert_eq!(held, PrivatePiece::Held(piece(1_000 * round + place as u64)));
                }
                (_, Ok(deposited)) => drop(prove(&deposited.receipt)),
                (_, Err(error)) => panic!("{place}: {error}"),
            }
        }
        entries += outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(|deposited| deposited.fresh)).count();
    }
    assert_eq!(sequencer.health().rebuilds, 0, "an invalid deposit costs the others nothing");
    running.shutdown();
    audit(&*store, entries as u64);
    assert_eq!(entries, 20 * 15 * 7);
}

#[test]
fn a_shutdown_under_load_leaves_no_client_without_an_answer() {
    for round in 0..20 {
        let (store, sequencer, running) = begin();
        let (runtime, answered) = (runtime(), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let (sequencer, answered) = (sequencer.clone(), Arc::clone(&answered));
                runtime.spawn(async move {
                    let outcome = sequencer.deposit(note(n), None).await;
                    answered.fetch_add(1, Ordering::SeqCst);
                    outcome
                })
            })
            .collect();
        // After a different number of deposits in each round.
        while answered.load(Ordering::SeqCst) < 10 * round {
            std::thread::yield_now();
        }
        running.shutdown();
        let mut sealed = 0;
        for task in tasks {
            match runtime.block_on(task).unwrap() {
                Ok(_) => sealed += 1,
                Err(error) => assert_eq!(error, DepositError::ShuttingDown),
            }
        }
        audit(&*store, sealed);
    }
}

#[test]
fn erasures_between_deposits_affect_no_deposit() {
    let (store, sequencer, running) = begin();
    let runtime = runtime();
    let committing =
        |n| (statement_with(1, n, |s| s.meta = Some(piece(n).commitment())).note().clone(), Some(piece(n)));
    let first = all_at_once(&runtime, &sequencer, (0..20).map(committing).collect());
    let places: Vec<_> = first.into_iter().map(|deposited| deposited.unwrap().receipt.index).collect();
    runtime.block_on(async {
        let erasing = places.iter().map(|place| {
            let (sequencer, index) = (sequencer.clone(), *place);
            tokio::spawn(
                async move { sequencer.erase(vec![ErasedPiece { index, piece: Piece::Metadata }], None).await },
            )
        });
        let erasing: Vec<_> = erasing.collect();
        let depositing: Vec<_> = (100..300)
            .map(|n| {
                let sequencer = sequencer.clone();
                tokio::spawn(async move { sequencer.deposit(note(n), None).await })
            })
            .collect();
        for task in erasing {
            task.await.unwrap().unwrap();
        }
        for task in depositing {
            prove(&task.await.unwrap().unwrap().receipt);
        }
    });
    assert!(places.iter().all(|place| matches!(store.private(*place).unwrap(), PrivatePiece::Erased(_))));
    running.shutdown();
    audit(&*store, 220);
}

/// Admission rejects everything that the append would reject, so no block is rebuilt. The unit tests of the collector cover
/// the block that is being committed.
#[test]
fn deposits_that_depend_on_each_other_need_no_rebuild() {
    let (memory, clock) = memory();
    let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
    let (sequencer, running) = start_on(&store, &clock, 5_000);
    let runtime = runtime();
    let subject = |sequence| Some(Subject { id: Digest([6; 32]), sequence });
    let put = |statement: StatementNote| {
        let sequencer = sequencer.clone();
        runtime.spawn(async move { sequencer.deposit(statement, None).await })
    };
    let code = |outcome: Result<DepositReply, DepositError>| match outcome.unwrap_err() {
        DepositError::Refused(refusal) => refusal.code().as_str(),
        error => panic!("{error}"),
    };
    for round in 0..30_u64 {
        // Appends wait while this is held.
        let gate = store.gate.lock().unwrap();
        let n = 100 * round;
        let first = put(statement_with(1, n, |s| s.subject = subject(2 * round + 1)).note().clone());
        while sequencer.health().oldest.is_none() {
            std::thread::yield_now();
        }
        let second = put(statement_with(1, n + 1, |s| s.subject = subject(2 * round + 2)).note().clone());
        let twice = put(statement_with(1, n, |s| s.subject = subject(2 * round + 1)).note().clone());
        drop(gate);
        let first = runtime.block_on(first).unwrap().unwrap();
        assert!(first.fresh);
        assert!(runtime.block_on(second).unwrap().unwrap().fresh);
        let twice = runtime.block_on(twice).unwrap().unwrap();
        assert_eq!((twice.fresh, &twice.receipt.entry), (false, &first.receipt.entry));
        let stranger = put(statement_with(2, n + 2, |s| s.subject = subject(2 * round + 3)).note().clone());
        assert_eq!(code(runtime.block_on(stranger).unwrap()), "subject_not_yours");
        let skipped = put(statement_with(1, n + 3, |s| s.subject = subject(2 * round + 4)).note().clone());
        assert_eq!(code(runtime.block_on(skipped).unwrap()), "subject_sequence");
    }
    assert_eq!(sequencer.health().rebuilds, 0);
    running.shutdown();
    audit(&*memory, 60);
}
