//! A receipt proves more with time, and never less.

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::receipt::{Receipt, TlogProof};
use tiezheng::store::traits::{Annotation, AnnotationKind, Annotations as _, LogReader as _, ProofLevel};
use tiezheng::wire::receipt;

use super::{Witnessed, policy, witnesses};
use crate::support::depositor::{ledger_key, note};
use crate::support::fake_witness::Behaviour;
use crate::support::test_node::TestNode;
use crate::support::waiting::eventually;

/// The receipt as the node gives it now.
async fn fetched(node: &TestNode, number: &str) -> Receipt {
    receipt::parse(&node.get(&format!("/v1/deposits/{number}/receipt")).await.bytes).unwrap()
}

/// The level and the number of cosignatures that a look-up says, once `is_so`.
async fn proof_once(node: &TestNode, number: &str, is_so: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    eventually("the level of proof", async || {
        let proof = node.get(&format!("/v1/deposits/{number}")).await.json()["proof"].clone();
        is_so(&proof).then_some(proof)
    })
    .await
}

fn same_but_for_the_proof(one: &Receipt, other: &Receipt) {
    assert_eq!((&one.entry, one.index, &one.header), (&other.entry, other.index, &other.header));
    assert_eq!(one.entry_path, other.entry_path);
}

#[tokio::test]
async fn receipts_progress_from_sealed_to_witnessed() {
    let witnesses: [_; 3] = witnesses().await;
    let policy = policy(&witnesses, "group q 2 w1 w2 w3\nquorum q\n");
    let Witnessed { node, store, _stop } = Witnessed::start(policy.clone(), None).await;
    let first = node.deposit(&note(1)).await;
    assert_eq!(SignedCheckpoint::parse(first.checkpoint.as_bytes()).unwrap().note().signatures().len(), 1);
    let number = TestNode::number(&first);
    let proof = proof_once(&node, &number, |proof| proof["level"] == "witnessed").await;
    assert_eq!((&proof["witnesses"], &proof["quorum_reached"]), (&3.into(), &true.into()));
    let witnessed = fetched(&node, &number).await;
    same_but_for_the_proof(&first, &witnessed);
    let checkpoint = SignedCheckpoint::parse(witnessed.checkpoint.as_bytes()).unwrap();
    assert!(checkpoint.verified_by(&[ledger_key().verifier().clone()]).is_ok());
    let state = policy.policy().evaluate(&checkpoint).unwrap();
    assert!(state.reached && state.cosignatures.len() >= 2 && state.witnesses == 3);
    // Later deposits change neither the checkpoint nor the paths of this receipt.
    let size = checkpoint.checkpoint().size;
    for n in 2..5 {
        let number = TestNode::number(&node.deposit(&note(n)).await);
        proof_once(&node, &number, |proof| proof["level"] == "witnessed").await;
    }
    let again = fetched(&node, &number).await;
    assert_eq!((&again.header_path, &again.previous_path), (&witnessed.header_path, &witnessed.previous_path));
    assert_eq!(SignedCheckpoint::parse(again.checkpoint.as_bytes()).unwrap().checkpoint(), checkpoint.checkpoint());
    assert!(again.checkpoint.starts_with(&witnessed.checkpoint), "cosignatures are only added");
    // The tlog-proof has the cosigned checkpoint too, and a repeated statement gets the same receipt.
    let request = node.client.get(node.url(&format!("/v1/deposits/{number}/receipt"))).header("accept", "text/plain");
    let tlog_proof = TlogProof::parse(node.send(request).await.text()).unwrap();
    assert_eq!(tlog_proof.checkpoint, again.checkpoint);
    tlog_proof.proves(&first, &[ledger_key().verifier().clone()]).unwrap();
    assert_eq!(node.deposit(&note(1)).await, again);
    // A timestamp token takes precedence, and is in the receipt.
    let token = Annotation { kind: AnnotationKind::TimestampToken, bytes: b"token".to_vec() };
    let later = store.published().unwrap().checkpoint.clone();
    assert!(later.checkpoint().size > size);
    store.annotate(&later, &[token], &[ProofLevel::Timestamped]).unwrap();
    let stamped = fetched(&node, &number).await;
    assert_eq!(stamped.time_tokens, ["dG9rZW4="]);
    same_but_for_the_proof(&first, &stamped);
    proof_once(&node, &number, |proof| proof["level"] == "timestamped").await;
}

#[tokio::test]
async fn groups_count_and_a_witness_that_comes_back_completes_the_quorum() {
    let witnesses: [_; 3] = witnesses().await;
    witnesses[2].behave(Behaviour::Down);
    let policy = policy(&witnesses, "group a any w1 w2\ngroup q all a w3\nquorum q\n");
    let Witnessed { node, _stop, .. } = Witnessed::start(policy, None).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let proof = proof_once(&node, &number, |proof| proof["cosignatures"] == 2).await;
    assert_eq!(proof["level"], "sealed");
    assert_eq!((&proof["witnesses"], &proof["quorum_reached"]), (&3.into(), &false.into()));
    let listed = eventually("the failing witness is listed", async || {
        let listed = node.get("/v1/ledger/witnesses").await.json();
        (listed["items"][2]["state"] == "failing").then_some(listed)
    })
    .await;
    assert_eq!(listed["items"][2]["error"], "unavailable");
    assert_eq!(
        listed["quorum"],
        serde_json::json!({ "required": 2, "rule": "2/2 (1/2 (w1, w2), w3)", "witnesses": 3 })
    );
    assert_eq!(listed["witnessed_size"], serde_json::Value::Null);
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["host"]), (&"cosigning".into(), &"127.0.0.1".into()));
    assert_eq!(listed["items"][0]["lag"], 0);
    witnesses[2].behave(Behaviour::Honest);
    let proof = proof_once(&node, &number, |proof| proof["level"] == "witnessed").await;
    assert_eq!((&proof["cosignatures"], &proof["quorum_reached"]), (&3.into(), &true.into()));
    let metrics = node.get("/metrics").await;
    for line in ["tiezheng_witness_cosigning{witness=\"w3\"} 1", "tiezheng_witnesses_required 2"] {
        assert!(metrics.text().contains(line), "{line}");
    }
}
