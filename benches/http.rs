//! The HTTP path, over loopback: deposits, look-ups and receipts on 32 kept connections. Every answer is asserted.
//!
//! `BENCH_DIR` for the ledger (a temporary folder). For a node in a separate process, with ceilings: `tiezheng load`.

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::http::admission::DepositLimits;
use tiezheng::http::app_state::AppState;
use tiezheng::http::listener::Listener;
use tiezheng::http::options::Options as HttpOptions;
use tiezheng::http::server::serve;
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::notice::Mode;
use tiezheng::load::deposits::make;
use tiezheng::load::traffic::{Call, LoopMode, Traffic, send};
use tiezheng::query::service::QueryService;
use tiezheng::sequencer::clock::SystemClock;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::wire::receipt::parse;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 32;
const DEPOSITS: usize = 10_000;
/// A step through the numbers that meets all of them.
const STEP: usize = 7_919;

fn name() -> Name {
    Name::parse("bench.example/http").expect("a name")
}

/// A node that listens; it ends with the process.
async fn node(folder: &std::path::Path) -> SocketAddr {
    let [signer, successor] = [1, 2].map(|seed| Signer::new(name(), &[seed; 32]).expect("a key"));
    let store = RocksStore::create(&folder.join("ledger"), &name(), &tuning::Options::default());
    let store = Arc::new(store.expect("a new ledger"));
    let genesis = Genesis { mode: Mode::Test, successor: successor.verifier().clone() };
    let (sequencer, running) =
        start(Arc::clone(&store), signer, Some(&genesis), SystemClock::new(), &Options::default()).expect("a ledger");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let _running = running;
        let node = AppState::new(Arc::new(QueryService::new(store, 16)), sequencer, HttpOptions::default());
        serve(
            vec![Listener::plain(listener)],
            node.with_admission(DepositPolicy::Open, &DepositLimits::none()),
            std::future::pending(),
        )
        .await
    });
    address
}

fn answered(runtime: &Runtime, address: SocketAddr, calls: Vec<Call>, status: u16) -> Traffic {
    let traffic = runtime.block_on(send(address, calls.into(), CONNECTIONS, LoopMode::Closed)).expect("answers");
    for answer in &traffic.answers {
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    }
    traffic
}

fn deposits(count: usize) -> Vec<Call> {
    let requests = make(&name(), 16, count).expect("signed statements");
    let call = |body: Vec<u8>| Call { path: "/v1/deposits".into(), body: Some((body.into(), "application/json")) };
    requests.into_iter().map(call).collect()
}

fn http(criterion: &mut Criterion) {
    let folder = env::var_os("BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
    let runtime = Runtime::new().expect("a runtime");
    let address = runtime.block_on(node(folder.path()));
    let made = answered(&runtime, address, deposits(DEPOSITS), 201);
    let number = |body: &[u8]| {
        let receipt = parse(body).expect("a receipt");
        receipt.entry.lines().nth(1).and_then(|line| line.strip_prefix("number ")).expect("a number").to_owned()
    };
    let numbers: Vec<String> = made.answers.iter().map(|answer| number(&answer.body)).collect();
    let mut group = criterion.benchmark_group("http");
    group.sample_size(10).measurement_time(Duration::from_secs(8)).throughput(Throughput::Elements(1));
    group.bench_function("deposit, 32 connections", |bencher| {
        bencher.iter_custom(|count| {
            let calls = deposits(usize::try_from(count).expect("a count"));
            answered(&runtime, address, calls, 201).took
        });
    });
    for (what, end) in [("look-up", ""), ("receipt", "/receipt")] {
        let mut at = 0;
        let mut another = || {
            at = (at + STEP) % numbers.len();
            let number = numbers.get(at).expect("a number");
            Call { path: format!("/v1/deposits/{number}{end}").into(), body: None }
        };
        group.bench_function(format!("{what}, 32 connections"), |bencher| {
            bencher.iter_custom(|count| {
                let calls: Vec<Call> = (0..count).map(|_| another()).collect();
                let traffic = answered(&runtime, address, calls.clone(), 200);
                let names = |call: &Call, body: &[u8]| {
                    let number = call.path.split('/').nth(3).expect("a number").as_bytes();
                    body.windows(number.len()).any(|part| part == number)
                };
                for answer in traffic.answers.iter().step_by(100) {
                    assert!(calls.get(answer.call).is_some_and(|call| names(call, &answer.body)));
                }
                traffic.took
            });
        });
    }
    group.finish();
}

criterion_group!(benches, http);
criterion_main!(benches);
