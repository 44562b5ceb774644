//! Proofs for all tree sizes, verified like a client does.

use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::proof::{verify_consistency, verify_inclusion};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::store::reading;
use tiezheng::wire::ledger::{ConsistencyJson, InclusionJson};

use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

async fn node() -> (TestNode, u64) {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for n in 0..6 {
        node.deposit(&note(n)).await;
    }
    let size = node.store.published().unwrap().size().0;
    (node, size)
}

#[tokio::test]
async fn every_leaf_is_proven_in_every_tree_that_holds_it() {
    let (node, published) = node().await;
    for size in 1..=published {
        let root = reading::root(&*node.store, TreeSize(size)).unwrap();
        for index in 0..size {
            let answer = node.get(&format!("/v1/proofs/inclusion?index={index}&size={size}")).await;
            assert_eq!(answer.header("cache-control"), "public, max-age=604800, immutable");
            let proof: InclusionJson = serde_json::from_slice(&answer.bytes).unwrap();
            let leaf = Digest::from_hex(&proof.leaf_hash).unwrap();
            assert_eq!(proof.root, root.to_string());
            verify_inclusion(LeafIndex(index), TreeSize(size), &leaf, &proof.proof().unwrap(), &root).unwrap();
        }
    }
    let latest = node.get("/v1/proofs/inclusion?index=0").await;
    assert_eq!((latest.json()["size"].as_u64(), latest.header("cache-control")), (Some(published), "public, no-cache"));
}

#[tokio::test]
async fn every_tree_is_proven_to_begin_every_later_one() {
    let (node, published) = node().await;
    for new in 1..=published {
        for old in 1..=new {
            let answer = node.get(&format!("/v1/proofs/consistency?old={old}&new={new}")).await;
            let proof: ConsistencyJson = serde_json::from_slice(&answer.bytes).unwrap();
            let root = |text: &str| Digest::from_hex(text).unwrap();
            let (old_root, new_root) = (root(&proof.old_root), root(&proof.new_root));
            verify_consistency(TreeSize(old), &old_root, TreeSize(new), &new_root, &proof.proof().unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn what_cannot_be_proven_is_told() {
    let (node, published) = node().await;
    let code = async |path: String| node.get(&format!("/v1/proofs/{path}")).await.problem();
    let beyond = published + 1;
    for path in [
        format!("inclusion?index={published}"),
        format!("inclusion?index=0&size={beyond}"),
        format!("consistency?old=1&new={beyond}"),
        format!("consistency?old={beyond}"),
    ] {
        assert_eq!(code(path).await, (404, "not_found".into()));
    }
    for path in [
        "inclusion",
        "inclusion?index=2&size=2",
        "inclusion?index=x",
        "inclusion?index=0&size=0",
        "consistency?old=0",
        "consistency?old=3&new=2",
        "consistency?new=2",
    ] {
        assert_eq!(code(path.into()).await, (400, "bad_query".into()), "{path}");
    }
}
