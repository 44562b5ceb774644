//! Responses to clients and operators while deposits are paused, and confirmation of a clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::shortage::Shortage;

use crate::support::accounts::People;
use crate::support::depositor::{note, origin};
use crate::support::faulty_store::FaultyStore;
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn each_shortage_is_a_problem_with_a_time_to_retry_and_ends_by_itself() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(0)).await);
    for (n, shortage) in (1..).zip(Shortage::ALL) {
        store.lack(Some(shortage));
        let rejected = node.post_deposit(&note(n)).await;
        assert_eq!(rejected.problem(), (503, shortage.code().to_string()));
        assert_eq!(rejected.header("retry-after"), "5");
        assert!(!rejected.text().contains("on purpose"), "what the disk answered is for the operator");
        let ready = node.get("/health/ready").await;
        assert_eq!(ready.problem(), (503, shortage.code().to_string()));
        assert!(ready.text().contains("on purpose"), "{}", ready.text());
        assert_eq!(node.get(&format!("/v1/deposits/{number}")).await.status, 200, "reading goes on");
        assert!(node.get("/metrics").await.text().contains("tiezheng_writing 0"));
        store.lack(None);
        while node.get("/health/ready").await.status != 200 {
            tokio::task::yield_now().await;
        }
        node.deposit(&note(n)).await;
    }
}

#[tokio::test]
async fn a_clock_is_confirmed_by_the_operator_only_and_only_while_it_pauses_deposits() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let confirm = |token: String| {
        let node = &node;
        async move { node.session(&token).post("/v1/operator/clock", &json!({})).await }
    };
    assert_eq!(confirm(people.operator.token.clone()).await.problem(), (409, "clock_not_paused".into()));
    node.clock.shift(90_000, Duration::ZERO);
    let rejected = node.post_deposit(&note(1)).await;
    assert_eq!((rejected.problem(), rejected.header("retry-after")), ((503, "clock_jumped".into()), "5"));
    assert_eq!(node.get("/health/ready").await.problem(), (503, "clock_jumped".into()));
    assert_eq!(confirm(person.token.clone()).await.problem(), (403, "not_permitted".into()));
    assert_eq!(confirm("tzt_nonsense".into()).await.problem(), (401, "unauthenticated".into()));
    let confirmed = confirm(people.operator.token.clone()).await;
    assert_eq!((confirmed.status, confirmed.json()["ahead_ms"].as_u64()), (200, Some(90_000)), "{}", confirmed.text());
    node.deposit(&note(1)).await;
    node.clock.shift(-90_000, Duration::ZERO);
    assert_eq!(node.post_deposit(&note(2)).await.problem(), (503, "clock_regressed".into()));
    assert_eq!(confirm(people.operator.token.clone()).await.problem(), (503, "clock_regressed".into()));
    node.clock.shift(90_000, Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_disk_makes_the_node_not_ready() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (stalled, is_stalled) = tokio::sync::oneshot::channel();
    let stalling = std::thread::spawn({
        let store = Arc::clone(&store);
        move || {
            let _gate = store.gate.lock().unwrap();
            stalled.send(()).unwrap();
            released.recv().unwrap();
        }
    });
    is_stalled.await.unwrap();
    let (client, url) = (node.client.clone(), node.url("/v1/deposits"));
    let body = crate::support::test_node::request(&note(2));
    let depositing = tokio::spawn(async move {
        client.post(url).header("content-type", "application/json").body(body).send().await.unwrap().status()
    });
    while node.sequencer.health().oldest.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.get("/health/ready").await.status, 200);
    node.clock.shift(9_000, Duration::from_secs(9));
    let ready = node.get("/health/ready").await;
    assert_eq!(ready.problem(), (503, "write_stalled".into()));
    assert!(ready.text().contains("9000 ms"), "{}", ready.text());
    assert!(node.get("/metrics").await.text().contains("tiezheng_oldest_pending_seconds 9"));
    release.send(()).unwrap();
    assert_eq!(depositing.await.unwrap(), 201);
    stalling.join().unwrap();
    while node.sequencer.health().oldest.is_some() {
        tokio::task::yield_now().await;
    }
    let ready = node.get("/health/ready").await;
    assert_eq!((ready.status, ready.json()["oldest_pending_ms"].as_u64()), (200, Some(0)));
}
