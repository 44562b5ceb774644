//! `GET /v1/search`.

use serde_json::{Value, json};
use tiezheng::ledger::hash::leaf_hash;

use crate::support::depositor::{content, note, statement, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

async fn search(node: &TestNode, query: &str) -> Vec<Value> {
    let url = reqwest::Url::parse_with_params(&node.url("/v1/search"), [("q", query)]).unwrap();
    let answer = node.send(node.client.get(url)).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn one_box_finds_everything_people_copy() {
    let node = TestNode::start().await;
    let receipt = node.deposit(&note(1)).await;
    let number = TestNode::number(&receipt);
    let deposit = json!([{ "kind": "deposit", "deposit_number": number, "index": receipt.index.0, "href": format!("/v1/deposits/{number}") }]);
    let sm3 = content(b"file 1").sm3.unwrap().to_string();
    let tx_id = leaf_hash(receipt.entry.as_bytes()).to_string();
    for query in [&number, &number.to_lowercase(), &sm3, &sm3.to_uppercase(), &tx_id, &statement(1).id().to_string()] {
        assert_eq!(json!(search(&node, query).await), deposit, "{query}");
    }
    let block = json!([{ "kind": "block", "block_height": 1, "index": receipt.index.0 + 1, "href": "/v1/blocks/1" }]);
    let block_hash = leaf_hash(receipt.header.as_bytes()).to_string();
    for query in ["1", "１", &block_hash] {
        assert_eq!(json!(search(&node, query).await), block, "{query}");
    }
    let genesis = leaf_hash(&node.store.leaf(tiezheng::ledger::merkle::shape::LeafIndex(0)).unwrap()).to_string();
    assert_eq!(search(&node, &genesis).await, [json!({ "kind": "notice", "index": 0, "href": "/v1/leaves/0" })]);
    for absent in ["99", "20261122-0K7M-X9QT-3D5W-C3", &"ab".repeat(32)] {
        assert_eq!(search(&node, absent).await, [Value::Null; 0]);
    }
}

#[tokio::test]
async fn all_deposits_of_a_digest_are_found_the_earliest_first() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut numbers = Vec::new();
    for n in 0..5 {
        let same = statement_with(1, n, |statement| statement.content = Some(content(b"same")));
        numbers.push(TestNode::number(&node.deposit(same.note()).await));
    }
    let hits = search(&node, &content(b"same").sha256.unwrap().to_string()).await;
    assert_eq!(hits.iter().map(|hit| hit["deposit_number"].clone()).collect::<Vec<_>>(), numbers);
}

#[tokio::test]
async fn what_is_no_query_is_told() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let code = async |path: &str| node.get(path).await.problem();
    assert_eq!(code("/v1/search?q=20261122-0K7M-X9QT-3D5V-C3").await, (400, "mistyped_number".into()));
    assert_eq!(code("/v1/search?q=hello").await, (400, "unrecognised_query".into()));
    assert_eq!(code("/v1/search").await, (400, "bad_query".into()));
    assert_eq!(code("/v1/search?q=1&q=2").await, (400, "bad_query".into()));
    assert_eq!(code("/v1/search?q=1&x=2").await, (400, "bad_query".into()));
}
