//! Blocks, leaves and the ledger itself.

use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::merkle::shape::LeafIndex;

use crate::support::depositor::{ledger_key, note, origin, successor};
use crate::support::test_node::{NodeConfig, TestNode};

async fn node_with(deposits: u64) -> TestNode {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for n in 0..deposits {
        node.deposit(&note(n)).await;
    }
    node
}

const IMMUTABLE: &str = "public, max-age=604800, immutable";

#[tokio::test]
async fn a_leaf_is_its_bytes() {
    let node = TestNode::start().await;
    let receipt = node.deposit(&note(1)).await;
    for index in 0..4 {
        let answer = node.get(&format!("/v1/leaves/{index}")).await;
        assert_eq!(answer.bytes, node.store.leaf(LeafIndex(index)).unwrap());
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.header("cache-control"), IMMUTABLE);
    }
    assert_eq!(node.get("/v1/leaves/2").await.text(), receipt.entry);
    assert_eq!(node.get("/v1/leaves/4").await.problem(), (404, "not_found".into()));
    for bad in ["x", "-1", "+1", "1.0", "99999999999999999999"] {
        assert_eq!(node.get(&format!("/v1/leaves/{bad}")).await.problem(), (400, "bad_path".into()), "{bad}");
    }
    assert_eq!(node.get("/v1/leaves/9007199254740991").await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_block_shows_its_header_and_hash() {
    let node = node_with(1).await;
    let answer = node.get("/v1/blocks/1").await;
    let block = answer.json();
    assert_eq!(answer.header("cache-control"), IMMUTABLE);
    assert_eq!(block["block_hash"], leaf_hash(block["text"].as_str().unwrap().as_bytes()).to_string());
    assert_eq!(
        (block["first"].as_u64(), block["count"].as_u64(), block["index"].as_u64()),
        (Some(2), Some(1), Some(3))
    );
    let genesis = node.get("/v1/blocks/0").await.json();
    assert_eq!(block["prev_block_hash"], genesis["block_hash"]);
    assert_eq!(genesis["prev_block_hash"], "0".repeat(64));
    assert_eq!(node.get("/v1/blocks/2").await.problem(), (404, "not_found".into()));
    assert_eq!(node.get("/v1/blocks/1x").await.problem(), (400, "bad_path".into()));
}

#[tokio::test]
async fn pages_of_blocks_join_without_gap_or_overlap() {
    let node = node_with(9).await;
    let (mut heights, mut path) = (Vec::new(), "/v1/blocks?limit=4".to_owned());
    loop {
        let page = node.get(&path).await.json();
        heights.extend(page["items"].as_array().unwrap().iter().map(|block| block["block_height"].as_u64().unwrap()));
        let Some(before) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/blocks?limit=4&cursor={before}");
    }
    assert_eq!(heights, (0..=9).rev().collect::<Vec<u64>>());
    assert_eq!(node.get("/v1/blocks?cursor=0").await.json()["items"].as_array().unwrap().len(), 0);
    let beyond = node.get("/v1/blocks?cursor=9007199254740991&limit=1").await.json();
    assert_eq!(beyond["items"][0]["block_height"], 9);
    for bad in ["limit=0", "limit=201", "limit=x", "before=1"] {
        assert_eq!(node.get(&format!("/v1/blocks?{bad}")).await.problem(), (400, "bad_query".into()), "{bad}");
    }
    assert_eq!(node.get("/v1/blocks?cursor=-1").await.problem(), (400, "bad_cursor".into()));
}

#[tokio::test]
async fn the_ledger_says_who_it_is_and_how_far_it_has_come() {
    let node = node_with(2).await;
    let ledger = node.get("/v1/ledger").await.json();
    assert_eq!(ledger["origin"], origin().to_string());
    assert_eq!(ledger["mode"], "test");
    assert_eq!(ledger["key"], ledger_key().verifier().to_string());
    assert_eq!(ledger["next"], successor().commitment().to_string());
    assert_eq!((ledger["size"].as_u64(), ledger["block_height"].as_u64()), (Some(6), Some(2)));
    let published = node.store.published().unwrap();
    assert_eq!(ledger["root"], published.checkpoint.checkpoint().root.to_string());
    assert_eq!(ledger["block_hash"], published.block_hash.to_string());
    assert_eq!(ledger["checkpoint"], published.checkpoint.note().to_string());
}
