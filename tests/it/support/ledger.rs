//! A ledger in memory, written by the real sequencer.

use std::sync::Arc;

use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::time::Timestamp;
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::memory::MemoryStore;

use crate::support::depositor::{ledger_key, note, origin, successor};

/// Most deposits of a block of [`grow`].
const ROUND: usize = 30;

/// A test ledger of `deposits` deposits in many blocks, and the receipts that were returned first.
pub(crate) fn grow(deposits: u64) -> (Arc<MemoryStore>, Vec<Receipt>) {
    let store = Arc::new(MemoryStore::new(origin()));
    let clock = ManualClock::at(Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap());
    let genesis = Genesis { mode: Mode::Test, successor: successor() };
    let (sequencer, running) =
        start(Arc::clone(&store), ledger_key(), Some(&genesis), clock, &Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let mut receipts = Vec::new();
    let numbers: Vec<u64> = (0..deposits).collect();
    // In rounds, so that no block has more deposits than a round, however fast the machine is.
    for round in numbers.chunks(ROUND) {
        let deposit = |n: &u64| {
            let (sequencer, n) = (sequencer.clone(), *n);
            runtime.spawn(async move { sequencer.deposit(note(n), None).await.unwrap().receipt })
        };
        let tasks: Vec<_> = round.iter().map(deposit).collect();
        receipts.extend(tasks.into_iter().map(|task| runtime.block_on(task).unwrap()));
    }
    running.shutdown();
    (store, receipts)
}
