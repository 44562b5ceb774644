//! A disk that stalls: the health page reports the age of the oldest unpublished deposit.

use std::sync::Arc;
use std::time::Duration;

use super::{audit, memory, prove, runtime, start_on};
use crate::support::depositor::note;
use crate::support::faulty_store::FaultyStore;

#[test]
fn the_oldest_pending_deposit_has_an_age_while_the_disk_stalls_and_none_afterwards() {
    let (memory, clock) = memory();
    let store = Arc::new(FaultyStore::over(Arc::clone(&memory)));
    let (sequencer, running) = start_on(&store, &clock, 10);
    let runtime = runtime();
    assert_eq!(sequencer.health().oldest, None);
    let stalled = store.gate.lock().unwrap();
    let depositing = {
        let sequencer = sequencer.clone();
        runtime.spawn(async move { sequencer.deposit(note(1), None).await })
    };
    while sequencer.health().oldest.is_none() {
        std::thread::yield_now();
    }
    clock.shift(24_000, Duration::from_secs(24));
    assert_eq!(sequencer.health().oldest, Some(Duration::from_secs(24)));
    drop(stalled);
    prove(&runtime.block_on(depositing).unwrap().unwrap().receipt);
    while sequencer.health().oldest.is_some() {
        std::thread::yield_now();
    }
    running.shutdown();
    audit(&*memory, 1);
}
