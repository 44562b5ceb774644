//! Every failure is a problem response with a code.

use std::sync::Arc;

use reqwest::Method;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::store::contract::ReadLedger;
use tiezheng::store::memory::MemoryStore;

use crate::support::depositor::{note, origin};
use crate::support::ledger::grow;
use crate::support::operator::Operator;
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for path in ["/v2", "/v1", "/v1/", "/v1/deposits/", "/v1/deposits/a/b", "/%ff", "//", "/v1/leaves/"] {
        assert_eq!(node.get(path).await.problem(), (404, "no_such_route".into()), "{path}");
    }
    for (method, path, allowed) in [
        (Method::GET, "/v1/deposits", "POST"),
        (Method::DELETE, "/v1/deposits/20261122-0K7M-X9QT-3D5W-C3", "GET"),
        (Method::PUT, "/v1/ledger", "GET"),
        (Method::PATCH, "/openapi.json", "GET"),
    ] {
        let answer = node.send(node.client.request(method, node.url(path))).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".into()), "{path}");
        assert!(answer.header("allow").contains(allowed), "{answer:?}");
    }
}

async fn node_reading(operator: Operator) -> TestNode {
    TestNode::in_memory(NodeConfig { reader: Some(Arc::new(operator)), ..NodeConfig::default() }).await
}

/// A ledger of some deposits that an operator may spoil, the index of its first one, and that one's number.
async fn spoiled(spoil: impl FnOnce(&mut Operator, usize)) -> (TestNode, usize, String) {
    let (store, receipts) = tokio::task::spawn_blocking(|| grow(3)).await.unwrap();
    let mut operator = Operator::of(&*store);
    let index = usize::try_from(receipts[0].index.0).unwrap();
    spoil(&mut operator, index);
    (node_reading(operator).await, index, TestNode::number(&receipts[0]))
}

#[tokio::test]
async fn damaged_data_is_named_and_not_served() {
    let (node, index, number) = spoiled(|operator, index| operator.unreadable.push(index as u64)).await;
    for path in [
        format!("/v1/leaves/{index}"),
        format!("/v1/deposits/{number}"),
        format!("/v1/deposits/{number}/receipt"),
        format!("/v1/proofs/inclusion?index={index}"),
        format!("/log/tile/entries/000.p/{}", index + 1),
    ] {
        let answer = node.get(&path).await;
        assert_eq!(answer.problem(), (500, "damaged".into()), "{path}");
        assert!(!answer.text().contains("tiezheng entry"));
    }
    assert_eq!(node.get("/v1/leaves/0").await.status, 200, "the others are served");
}

#[tokio::test]
async fn a_panic_is_internal_and_the_node_lives_on() {
    let (node, _, _) = spoiled(|operator, _| operator.tiles = Some(vec![])).await;
    let answer = node.get("/log/tile/0/000.p/1").await;
    assert_eq!(answer.problem(), (500, "internal".into()));
    assert!(!answer.text().contains("range"), "what panicked is for the log: {}", answer.text());
    assert_eq!(node.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn a_reader_without_a_checkpoint_is_unavailable() {
    let empty: Arc<dyn ReadLedger> = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::in_memory(NodeConfig { reader: Some(empty), ..NodeConfig::default() }).await;
    for path in ["/v1/ledger", "/v1/blocks", "/v1/leaves/0", "/log/checkpoint", "/log/tile/0/000.p/1", "/health/ready"]
    {
        assert_eq!(node.get(path).await.problem(), (503, "unavailable".into()), "{path}");
    }
}

#[tokio::test]
async fn reads_are_bounded_by_the_published_size() {
    let (store, _) = tokio::task::spawn_blocking(|| grow(3)).await.unwrap();
    let whole = store.published().unwrap().size().0;
    let mut operator = Operator::of(&*store);
    operator.leaves.push(b"not published yet".to_vec());
    let node = node_reading(operator).await;
    assert_eq!(node.get(&format!("/v1/leaves/{}", whole - 1)).await.status, 200);
    let last = LeafIndex(whole);
    for path in [
        format!("/v1/leaves/{last}"),
        format!("/v1/proofs/inclusion?index={last}"),
        format!("/v1/proofs/consistency?old=1&new={}", whole + 1),
        format!("/log/tile/0/000.p/{}", whole + 1),
        format!("/log/tile/entries/000.p/{}", whole + 1),
    ] {
        assert_eq!(node.get(&path).await.problem(), (404, "not_found".into()), "{path}");
    }
    node.deposit(&note(1)).await;
}
