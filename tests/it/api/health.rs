//! Health and metrics.

use std::sync::Arc;

use tiezheng::store::memory::MemoryStore;

use crate::support::depositor::{note, origin};
use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn a_healthy_node_is_live_and_ready() {
    let node = TestNode::start().await;
    assert_eq!(node.get("/health/live").await.json()["status"], "live");
    let ready = node.get("/health/ready").await;
    assert_eq!((ready.status, ready.header("cache-control")), (200, "no-store"));
    assert_eq!((ready.json()["status"].as_str(), ready.json()["capacity"].as_u64()), (Some("ready"), Some(1_000)));
    assert_eq!(ready.json()["waiting"], node.sequencer.health().waiting);
}

#[tokio::test]
async fn when_sealing_stops_the_reason_is_told_and_reading_goes_on() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    store.arm(Fault::AppendBefore);
    assert_eq!(node.post_deposit(&note(2)).await.problem(), (503, "writing_stopped".into()));
    let ready = node.get("/health/ready").await;
    assert_eq!(ready.problem(), (503, "writing_stopped".into()));
    assert!(ready.json()["detail"].as_str().unwrap().contains("fault on purpose"), "{}", ready.text());
    assert_eq!(node.get("/health/live").await.status, 200);
    assert_eq!(node.get(&format!("/v1/deposits/{number}")).await.status, 200);
    assert!(node.get("/metrics").await.text().contains("tiezheng_writing 0"));
}

#[tokio::test]
async fn a_node_going_down_says_so() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    node.stop_sequencer();
    assert_eq!(node.post_deposit(&note(1)).await.problem(), (503, "shutting_down".into()));
}

#[tokio::test]
async fn metrics_count_what_happened_and_name_nobody() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    node.get(&format!("/v1/deposits/{number}")).await;
    node.get("/no/such/path").await;
    let metrics = node.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    for line in [
        "tiezheng_deposits_total{outcome=\"fresh\"}",
        "route=\"/v1/deposits/{number}\"",
        "route=\"none\"",
        "tiezheng_http_request_seconds_bucket",
        "tiezheng_deposit_seconds_count",
        "tiezheng_pool_capacity",
        "tiezheng_ledger_size",
    ] {
        assert!(metrics.text().contains(line), "{line} is missing:\n{}", metrics.text());
    }
    assert!(!metrics.text().contains(&number));
}
