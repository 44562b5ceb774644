//! A resource of the machine that runs out pauses writing with its code. Once it is available again, writing resumes without
//! a restart, through recovery: nothing is lost, duplicated or signed without read-back.

use std::sync::Arc;
use std::time::Duration;

use tiezheng::ledger::notice::{ErasedPiece, Piece};
use tiezheng::sequencer::handle::{DepositError, EraseError, Sequencer};
use tiezheng::sequencer::start::RunningSequencer;
use tiezheng::sequencer::state::{Halt, Pause};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::shortage::Shortage;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::LogStore;

use super::{audit, memory, prove, runtime, start_on};
use crate::support::depositor::note;
use crate::support::faulty_store::{Fault, FaultyStore};

fn begin() -> (Arc<MemoryStore>, Arc<FaultyStore>, Sequencer, RunningSequencer) {
    let (memory, clock) = memory();
    let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
    let (sequencer, running) = start_on(&store, &clock, 1_000);
    (memory, store, sequencer, running)
}

fn paused(error: DepositError) -> &'static str {
    match error {
        DepositError::Paused(pause) => pause.code().as_str(),
        error => panic!("{error}"),
    }
}

#[test]
fn each_shortage_pauses_by_its_code_and_ends_without_a_restart() {
    for shortage in Shortage::ALL {
        let (memory, store, sequencer, running) = begin();
        let runtime = runtime();
        let first = runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
        let size = memory.tip().unwrap().size();
        store.lack(Some(shortage));
        for _ in 0..3 {
            let error = runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err();
            assert_eq!(paused(error), shortage.code().as_str());
        }
        let writing = sequencer.health().writing;
        assert!(matches!(writing, Err(Halt::Paused(Pause::Short { shortage: found, .. })) if found == shortage));
        assert_eq!(memory.tip().unwrap().size(), size, "nothing is written meanwhile");
        // Reads still work.
        assert!(memory.find_statement(&note(1).id()).unwrap().is_some());
        store.lack(None);
        while sequencer.health().writing.is_err() {
            std::thread::yield_now();
        }
        let second = runtime.block_on(sequencer.deposit(note(2), None)).unwrap();
        assert!(second.fresh);
        prove(&first.receipt);
        prove(&second.receipt);
        running.shutdown();
        audit(&*memory, 2);
    }
}

/// Whichever step fails, the same statement is one entry with one receipt.
#[test]
fn recovery_publishes_a_block_that_was_appended_before_the_shortage() {
    for (fault, grown) in [(Fault::ReadBackShort, true), (Fault::PublishShort, true), (Fault::AppendUnreadable, false)]
    {
        let (memory, store, sequencer, running) = begin();
        let runtime = runtime();
        runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
        store.arm(fault);
        let error = runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err();
        assert!(matches!(error, DepositError::Paused(_)), "{fault:?}: {error}");
        while sequencer.health().writing.is_err() {
            std::thread::yield_now();
        }
        let again = runtime.block_on(sequencer.deposit(note(2), None)).unwrap();
        assert_eq!(again.fresh, !grown, "{fault:?}");
        prove(&again.receipt);
        assert_eq!(store.recoveries(), 1, "{fault:?}");
        running.shutdown();
        audit(&*memory, 2);
    }
}

#[test]
fn under_load_every_client_is_answered_and_every_acknowledged_deposit_is_stored() {
    let (memory, clock) = memory();
    let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
    let (sequencer, running) = start_on(&store, &clock, 1_000);
    let runtime = runtime();
    let mut written = 0;
    for round in 0..6_u64 {
        // Long enough for the first request of a round to trigger a recovery.
        clock.shift(1_000, Duration::from_secs(1));
        store.lack((round % 2 == 1).then_some(Shortage::FileDescriptors));
        let put = |n| {
            let sequencer = sequencer.clone();
            runtime.spawn(async move { sequencer.deposit(note(n), None).await })
        };
        let tasks: Vec<_> = (0..200).map(|n| put(1_000 * round + n)).collect();
        for task in tasks {
            match runtime.block_on(task).unwrap() {
                Ok(deposited) => {
                    prove(&deposited.receipt);
                    written += 1;
                }
                Err(error) => assert_eq!(paused(error), "too_many_open_files"),
            }
        }
        assert_eq!(written, 200 * (round / 2 + 1), "a round without a shortage writes all of its deposits");
    }
    running.shutdown();
    audit(&*memory, written);
}

#[test]
fn during_a_shortage_erasures_are_rejected_and_a_shutdown_answers_every_client() {
    let (memory, store, sequencer, running) = begin();
    let runtime = runtime();
    let first = runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
    store.lack(Some(Shortage::DiskSpace));
    let piece = ErasedPiece { index: first.receipt.index, piece: Piece::Metadata };
    let rejected = |error| matches!(error, EraseError::Deposit(DepositError::Paused(_)) | EraseError::Refused(_));
    assert!(rejected(runtime.block_on(sequencer.erase(vec![piece], None)).unwrap_err()));
    assert_eq!(paused(runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err()), "disk_full");
    assert!(rejected(runtime.block_on(sequencer.erase(vec![piece], None)).unwrap_err()));
    let task = runtime.spawn(async move { sequencer.deposit(note(3), None).await });
    running.shutdown();
    let error = runtime.block_on(task).unwrap().unwrap_err();
    assert!(matches!(error, DepositError::Paused(_) | DepositError::ShuttingDown), "{error}");
    audit(&*memory, 1);
}

/// Recovery that fails for another reason than a shortage stops writing.
#[test]
fn a_read_back_that_disagrees_during_recovery_stops_writing() {
    let (memory, store, sequencer, running) = begin();
    let runtime = runtime();
    runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
    store.arm(Fault::PublishShort);
    runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err();
    store.arm(Fault::ReadBackFlipsABit);
    while matches!(sequencer.health().writing, Err(Halt::Paused(_))) {
        std::thread::yield_now();
    }
    let stopped = sequencer.health().writing;
    // If recovery came first, it succeeded, and the fault hits the next block.
    let next = runtime.block_on(sequencer.deposit(note(3), None)).unwrap_err();
    assert!(matches!(next, DepositError::Stopped(_)), "{stopped:?} {next}");
    assert!(matches!(sequencer.health().writing, Err(Halt::Stopped(_))));
    running.shutdown();
    assert!(memory.published().is_some());
}
