//! A wrong clock pauses writing with its code; a clock that is right again, or confirmed, resumes it.

use std::time::Duration;

use tiezheng::sequencer::clock::ClockFault;
use tiezheng::sequencer::handle::{ConfirmError, DepositError, Sequencer};
use tiezheng::sequencer::state::{Halt, Pause};

use super::{audit, memory, noon, prove, runtime, start_on};
use crate::support::depositor::note;

fn paused(error: DepositError) -> &'static str {
    match error {
        DepositError::Paused(pause) => pause.code().as_str(),
        error => panic!("{error}"),
    }
}

/// Returns once deposits are written; hangs if they never are.
fn wait_until_writing(sequencer: &Sequencer) {
    while sequencer.health().writing.is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_wrong_clock_pauses_deposits_with_its_code_until_it_is_right_again() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
    for (shift, name) in [(-5_000, "clock_regressed"), (5_000, "clock_jumped"), (1_500, "clock_jumped")] {
        clock.shift(shift, Duration::ZERO);
        let error = runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err();
        assert_eq!(paused(error), name);
        assert!(matches!(sequencer.health().writing, Err(Halt::Paused(Pause::Clock(_)))));
        // A time server corrects the clock: writing resumes without a confirmation and without a request.
        clock.shift(-shift, Duration::ZERO);
        wait_until_writing(&sequencer);
    }
    assert!(runtime.block_on(sequencer.deposit(note(2), None)).unwrap().fresh);
    running.shutdown();
    audit(&*store, 2);
}

#[test]
fn time_suspended_is_no_jump() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
    clock.shift(36_000_000, Duration::from_hours(10));
    assert!(runtime.block_on(sequencer.deposit(note(2), None)).unwrap().fresh);
    running.shutdown();
    audit(&*store, 2);
}

#[test]
fn a_jump_is_confirmed_by_the_operator_and_a_clock_behind_the_chain_is_not() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    let first = runtime.block_on(sequencer.deposit(note(1), None)).unwrap();
    assert_eq!(runtime.block_on(sequencer.confirm_clock()), Err(ConfirmError::NotPaused));
    // A virtual machine was paused for an hour, and its monotonic clock did not advance.
    clock.shift(3_600_000, Duration::ZERO);
    assert_eq!(paused(runtime.block_on(sequencer.deposit(note(2), None)).unwrap_err()), "clock_jumped");
    let (now, ahead_ms) = runtime.block_on(sequencer.confirm_clock()).unwrap();
    assert_eq!((now.as_millis() - noon().as_millis(), ahead_ms), (3_600_000, 3_600_000));
    wait_until_writing(&sequencer);
    let second = runtime.block_on(sequencer.deposit(note(2), None)).unwrap();
    prove(&first.receipt);
    prove(&second.receipt);

    clock.shift(-3_600_000, Duration::ZERO);
    assert_eq!(paused(runtime.block_on(sequencer.deposit(note(3), None)).unwrap_err()), "clock_regressed");
    let refused = runtime.block_on(sequencer.confirm_clock()).unwrap_err();
    assert!(matches!(refused, ConfirmError::Clock(ClockFault::Regressed { .. })), "{refused}");
    assert_eq!(paused(runtime.block_on(sequencer.deposit(note(3), None)).unwrap_err()), "clock_regressed");
    running.shutdown();
    audit(&*store, 2);
}

#[test]
fn an_idle_node_reports_a_wrong_clock_before_a_deposit_is_rejected() {
    let (store, clock) = memory();
    let (sequencer, running) = start_on(&store, &clock, 10);
    clock.shift(60_000, Duration::ZERO);
    while sequencer.health().writing.is_ok() {
        std::thread::yield_now();
    }
    clock.shift(-60_000, Duration::ZERO);
    wait_until_writing(&sequencer);
    running.shutdown();
    audit(&*store, 0);
}
