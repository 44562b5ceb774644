//! SIGKILL at random moments under concurrent load: acknowledged deposits exist, none twice, and the audit passes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::key::Name;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::wire::receipt;

use crate::support::depositor::statement_with;
use crate::support::process::{Node, http_client};

const ROUNDS: u64 = 50;
const DEPOSITORS: usize = 8;

/// What the world knows of the ledger: the receipts it was given, by statement; and how many statements it has sent.
#[derive(Default)]
struct World {
    receipts: Mutex<HashMap<u64, Receipt>>,
    sent: AtomicU64,
}

/// Sends statement `n`; `None` when the node died before it answered.
async fn send(client: &reqwest::Client, url: &str, ledger: &Name, n: u64) -> Option<(bool, Receipt)> {
    let statement = statement_with(u8::try_from(n % 5).unwrap(), n, |s| s.ledger = ledger.clone());
    let body = json!({ "statement": statement.note().to_string() });
    let response = client.post(format!("{url}/v1/deposits")).json(&body).send().await.ok()?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await.ok()?;
    assert!(status == 200 || status == 201, "{status}: {}", String::from_utf8_lossy(&bytes));
    Some((status == 201, receipt::parse(&bytes).unwrap()))
}

/// The part of a receipt that may never change.
fn lasting(receipt: &Receipt) -> impl PartialEq + std::fmt::Debug + '_ {
    (&receipt.entry, receipt.index, &receipt.header, &receipt.entry_path)
}

/// Deposits without end, until the node is gone. One statement in three is sent again at once.
async fn load(world: Arc<World>, url: String, ledger: Name) {
    let client = http_client();
    loop {
        let n = world.sent.fetch_add(1, Ordering::Relaxed);
        let Some((fresh, receipt)) = send(&client, &url, &ledger, n).await else { return };
        assert!(fresh, "statement {n} was new");
        world.receipts.lock().unwrap().insert(n, receipt.clone());
        if n.is_multiple_of(3) {
            let Some((fresh, again)) = send(&client, &url, &ledger, n).await else { return };
            assert!(!fresh);
            assert_eq!(lasting(&again), lasting(&receipt));
        }
    }
}

async fn ledger_of(url: &str) -> Name {
    let text = http_client().get(format!("{url}/log/checkpoint")).send().await.unwrap().text().await.unwrap();
    Name::parse(text.lines().next().unwrap()).unwrap()
}

/// Asks again for a sample of what was sent so far: answered before means the same receipt.
async fn ask_again(world: &World, url: &str, ledger: &Name, from: u64, step: u64) {
    let client = http_client();
    let sent = world.sent.load(Ordering::Relaxed);
    for n in (from..sent).step_by(usize::try_from(step).unwrap()) {
        let (fresh, again) = send(&client, url, ledger, n).await.expect("the node is up");
        let before = world.receipts.lock().unwrap().insert(n, again.clone());
        if let Some(before) = before {
            assert!(!fresh, "statement {n} was acknowledged before");
            assert_eq!(lasting(&again), lasting(&before));
        }
    }
}

async fn round(world: &Arc<World>, data: &Path, seed: u64) {
    let node = Node::start(data, &[]);
    let ledger = ledger_of(&node.url).await;
    ask_again(world, &node.url, &ledger, seed % 7, 41).await;
    let tasks: Vec<_> =
        (0..DEPOSITORS).map(|_| tokio::spawn(load(Arc::clone(world), node.url.clone(), ledger.clone()))).collect();
    // Spread by a fixed multiplier: early and late moments alike, the same ones in every run.
    tokio::time::sleep(Duration::from_micros(seed.wrapping_mul(2_654_435_761) % 200_000)).await;
    node.kill();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_deposits_survive_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let world = Arc::new(World::default());
    for seed in 0..ROUNDS {
        round(&world, &data, seed).await;
    }
    let node = Node::start(&data, &[]);
    let ledger = ledger_of(&node.url).await;
    ask_again(&world, &node.url, &ledger, 0, 1).await;
    node.stop();

    let store = RocksStore::open_read_only(&data, &tuning::Options::default()).unwrap();
    let report = walk(&store, &Options::default(), |_| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
    let sent = world.sent.load(Ordering::Relaxed);
    assert_eq!(report.entries, sent, "every statement sent stands there once");
    assert!(sent > ROUNDS * 10, "the rounds were long enough to mean something: {sent}");
}
