//! Deposits that are acknowledged by the quorum.

use std::time::Duration;

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::wire::receipt;

use super::{Witnessed, policy, witnesses};
use crate::support::depositor::note;
use crate::support::fake_witness::Behaviour;
use crate::support::waiting::eventually;

#[tokio::test]
async fn a_deposit_without_its_quorum_is_on_the_chain_and_the_same_statement_gets_its_receipt() {
    let witnesses: [_; 2] = witnesses().await;
    witnesses[1].behave(Behaviour::Down);
    let policy = policy(&witnesses, "group q all w1 w2\nquorum q\n");
    let wait = Some(Duration::from_millis(300));
    let Witnessed { node, _stop, .. } = Witnessed::start(policy.clone(), wait).await;
    // The first cosignature comes in its own time.
    let problem = eventually("one cosignature of two", async || {
        let answer = node.post_deposit(&note(1)).await;
        assert_eq!(answer.problem(), (504, "quorum_timeout".into()));
        let problem = answer.json();
        (problem["collected"] == 1).then_some(problem)
    })
    .await;
    assert_eq!(problem["required"], 2);
    let number = problem["number"].as_str().unwrap().to_owned();
    let found = node.get(&format!("/v1/deposits/{number}")).await;
    assert_eq!((found.status, &found.json()["proof"]["level"]), (200, &"sealed".into()));
    witnesses[1].behave(Behaviour::Honest);
    let answer = eventually("the quorum", async || {
        let answer = node.post_deposit(&note(1)).await;
        if answer.status == 504 { None } else { Some(answer) }
    })
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let acknowledged = receipt::parse(&answer.bytes).unwrap();
    assert!(acknowledged.entry.contains(&number));
    let checkpoint = SignedCheckpoint::parse(acknowledged.checkpoint.as_bytes()).unwrap();
    assert!(policy.policy().evaluate(&checkpoint).unwrap().reached);
}

#[tokio::test]
async fn a_new_deposit_is_acknowledged_with_its_quorum() {
    let witnesses: [_; 1] = witnesses().await;
    let policy = policy(&witnesses, "quorum w1\n");
    let Witnessed { node, _stop, .. } = Witnessed::start(policy.clone(), Some(Duration::from_mins(2))).await;
    for n in 1..3 {
        let answer = node.post_deposit(&note(n)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let checkpoint = receipt::parse(&answer.bytes).unwrap().checkpoint;
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes()).unwrap();
        assert!(policy.policy().evaluate(&checkpoint).unwrap().reached);
    }
}
