//! The sequencer in process: statements already checked, many tasks that each wait for their receipt, RocksDB below.
//!
//! One JSON line a round, in the format of the other programs under `benches/rivals`, for comparison. `DEPOSITS` a round (default
//! 200,000), `ROUNDS` (5), `TASKS` (1,024), `BENCH_DIR` for the ledger (a temporary folder). Every receipt is kept, and every
//! hundredth is verified after the measurement. In the end the leaves of the whole ledger are counted.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench speaks on standard output, and stops when something is not there"
)]

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{PresentedEvidence, Question, verify};
use tiezheng::load::deposits::make;
use tiezheng::load::latency::Latency;
use tiezheng::sequencer::clock::SystemClock;
use tiezheng::sequencer::handle::Sequencer;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::PrivateContent;
use tiezheng::wire::deposit::DepositRequest;
use tokio::time::Instant;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn setting(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn statements(ledger: &Name, count: usize) -> Vec<SignedStatement> {
    let requests = make(ledger, 16, count).expect("signed statements");
    let read = |bytes: &Vec<u8>| {
        let request = DepositRequest::parse(bytes).expect("a request");
        request.read().expect("a statement").0.verify().expect("a good signature")
    };
    let half = requests.len() / 2;
    std::thread::scope(|scope| {
        let (first, second) = requests.split_at(half);
        let other = scope.spawn(move || second.iter().map(read).collect::<Vec<_>>());
        let mut all: Vec<_> = first.iter().map(read).collect();
        all.extend(other.join().expect("a worker"));
        all
    })
}

/// One round: rate and times, and the receipts.
async fn round(
    sequencer: &Sequencer,
    statements: Vec<SignedStatement>,
    tasks: usize,
) -> (Duration, Latency, Vec<Receipt>) {
    let (statements, next) = (Arc::new(statements), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let (statements, next, sequencer) = (Arc::clone(&statements), Arc::clone(&next), sequencer.clone());
            tokio::spawn(async move {
                let (mut times, mut receipts) = (Latency::default(), Vec::new());
                while let Some(statement) = statements.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let since = Instant::now();
                    let deposited =
                        sequencer.deposit_verified(statement.clone(), PrivateContent::default(), Duration::ZERO).await;
                    times.record(since.elapsed());
                    receipts.push(deposited.expect("a receipt").receipt);
                }
                (times, receipts)
            })
        })
        .collect();
    let (mut times, mut receipts) = (Latency::default(), Vec::new());
    for task in running {
        let (more, got) = task.await.expect("a task");
        times.add(&more);
        receipts.extend(got);
    }
    (begun.elapsed(), times, receipts)
}

fn main() {
    let (deposits, rounds, tasks) = (setting("DEPOSITS", 200_000), setting("ROUNDS", 5), setting("TASKS", 1_024));
    let folder = env::var_os("BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
    let name = Name::parse("bench.example/ledger").expect("a name");
    let store = RocksStore::create(&folder.path().join("ledger"), &name, &tuning::Options::default());
    let store = Arc::new(store.expect("a new ledger"));
    let signer = Signer::new(name.clone(), &[1; 32]).expect("a key");
    let trust = Trust::new(vec![signer.verifier().clone()]);
    let successor = Signer::new(name.clone(), &[2; 32]).expect("a key").verifier().clone();
    let genesis = Genesis { mode: Mode::Test, successor };
    let options = Options { queue_capacity: tasks.max(4_096), ..Options::default() };
    let (sequencer, running) =
        start(Arc::clone(&store), signer, Some(&genesis), SystemClock::new(), &options).expect("a sequencer");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for _ in 0..rounds {
        let height = store.published().expect("a checkpoint").height.0;
        let (took, times, receipts) = runtime.block_on(round(&sequencer, statements(&name, deposits), tasks));
        assert_eq!(receipts.len(), deposits);
        for receipt in receipts.iter().step_by(100) {
            let presented = PresentedEvidence::Nothing;
            let question = Question { presented, ..Question::about(receipt, &trust) };
            assert_eq!(verify(&question).conclusion, Conclusion::RecordOnly);
        }
        let blocks = store.published().expect("a checkpoint").height.0 - height;
        let line = json!({
            "system": "tiezheng",
            "setting": format!("in process, {tasks} tasks, each waits for its receipt"),
            "entries": deposits,
            "per_second": deposits as f64 / took.as_secs_f64(),
            "p50_ms": times.within_ms(0.5),
            "p99_ms": times.within_ms(0.99),
            "notes": format!("{:.0} deposits a block; receipt with proofs in hand", deposits as f64 / blocks as f64),
        });
        println!("{line}");
    }
    let published = store.published().expect("a checkpoint");
    assert_eq!(published.size().0, (deposits * rounds) as u64 + 1 + published.height.0 + 1);
    running.shutdown();
}
