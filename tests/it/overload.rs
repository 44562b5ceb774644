//! Two thousand concurrent depositors on a pool of a thousand: each gets an answer, and memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiezheng::ledger::key::Name;
use tokio::sync::Barrier;

use crate::support::depositor::statement_with;
use crate::support::process::{Node, http_client};

const DEPOSITORS: u64 = 2_000;
/// What a node may hold in memory under this load, in KiB. A bound, not a measurement: the node's caches and write
/// buffers alone may take 128 MiB.
const MEMORY_KIB: u64 = 400 * 1024;

/// Sends until the statement is on the chain; how often it was turned away.
async fn deposit(client: reqwest::Client, url: String, ledger: Name, n: u64, start: Arc<Barrier>) -> u64 {
    let statement = statement_with(1, n, |s| s.ledger = ledger);
    let body = json!({ "statement": statement.note().to_string() });
    start.wait().await;
    let mut turned_away = 0;
    loop {
        let answer = client.post(format!("{url}/v1/deposits")).json(&body).send().await.unwrap();
        match answer.status().as_u16() {
            201 => return turned_away,
            503 => {
                let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                assert!((1..=3).contains(&seconds));
                turned_away += 1;
                tokio::time::sleep(Duration::from_millis(20 + n % 50)).await;
            }
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_depositors_at_once_all_get_an_answer_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(&folder.path().join("data"), &["--pool", "1000"]);
    let client = http_client();
    let checkpoint = client.get(format!("{}/log/checkpoint", node.url)).send().await.unwrap().text().await.unwrap();
    let ledger = Name::parse(checkpoint.lines().next().unwrap()).unwrap();
    let start = Arc::new(Barrier::new(usize::try_from(DEPOSITORS).unwrap()));
    let tasks: Vec<_> = (0..DEPOSITORS)
        .map(|n| tokio::spawn(deposit(client.clone(), node.url.clone(), ledger.clone(), n, Arc::clone(&start))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let most = node.most_memory_kib();
    assert!(most < MEMORY_KIB, "the node took {most} KiB");
    node.stop();
}
