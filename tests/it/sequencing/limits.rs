//! A store on disk without free file descriptors: deposits are rejected with the code, and written again once some are free.
//!
//! The limit is the process's, so the test runs itself in a process of its own.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tiezheng::ledger::notice::Mode;
use tiezheng::sequencer::clock::SystemClock;
use tiezheng::sequencer::handle::DepositError;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::rocks::reopening::ReopeningStore;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::LogReader as _;

use super::{audit, prove, runtime};
use crate::support::depositor::{ledger_key, note, origin, successor};
use crate::support::stores::small;

const NAME: &str = "sequencing::limits::without_file_descriptors_deposits_are_rejected_and_then_written_again";
const INSIDE: &str = "TIEZHENG_TEST_OWN_PROCESS";

#[test]
fn without_file_descriptors_deposits_are_rejected_and_then_written_again() {
    if std::env::var_os(INSIDE).is_some() {
        run();
        return;
    }
    let test = std::env::current_exe().unwrap();
    let output = Command::new(test).args(["--exact", NAME, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "the test was not run: {said}");
}

fn run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let store = RocksStore::create(&path, &origin(), &small()).unwrap();
    let store = Arc::new(ReopeningStore::new(store, small()));
    let genesis = Genesis { mode: Mode::Test, successor: successor() };
    let options = Options { queue_capacity: 1_000, clock_gap_confirmed: false };
    let clock = SystemClock::new();
    let (sequencer, running) = start(Arc::clone(&store), ledger_key(), Some(&genesis), clock, &options).unwrap();
    let runtime = runtime();
    let put = |n| runtime.block_on(sequencer.deposit(note(n), None));
    let first = put(0).unwrap();
    let before = getrlimit(Resource::Nofile);
    let open = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    setrlimit(Resource::Nofile, Rlimit { current: Some(open - 1), maximum: before.maximum }).unwrap();
    // Until RocksDB opens a file.
    let mut n = 1;
    let error = loop {
        match put(n) {
            Ok(_) => n += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, DepositError::Paused(pause) if pause.code().as_str() == "too_many_open_files"), "{error}");
    for _ in 0..3 {
        let error = put(n).unwrap_err();
        assert!(
            matches!(&error, DepositError::Paused(pause) if pause.code().as_str() == "too_many_open_files"),
            "{error}"
        );
    }
    setrlimit(Resource::Nofile, before).unwrap();
    let again = loop {
        match put(n) {
            Ok(deposited) => break deposited,
            Err(DepositError::Paused(_)) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    };
    prove(&first.receipt);
    prove(&again.receipt);
    for more in n + 1..n + 50 {
        prove(&put(more).unwrap().receipt);
    }
    assert_eq!(put(0).unwrap().receipt.entry, first.receipt.entry);
    running.shutdown();
    assert!(store.published().is_some());
    audit(&*store, n + 50);
}
