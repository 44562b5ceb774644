//! What clients and operators are told while deposits are paused, and how a clock is confirmed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::shortage::Shortage;

use crate::support::depositor::{note, origin};
use crate::support::faulty::FaultyStore;
use crate::support::house::{House, Plan};
use crate::support::people::People;

#[tokio::test]
async fn each_shortage_is_a_problem_with_a_time_to_retry_and_ends_by_itself() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let house = House::over(Arc::clone(&store), Plan::default()).await;
    let number = House::number(&house.deposit(&note(0)).await);
    for (n, shortage) in (1..).zip(Shortage::ALL) {
        store.lack(Some(shortage));
        let rejected = house.post_deposit(&note(n)).await;
        assert_eq!(rejected.problem(), (503, shortage.code().into()));
        assert_eq!(rejected.header("retry-after"), "5");
        assert!(!rejected.text().contains("on purpose"), "what the disk answered is for the operator");
        let ready = house.get("/health/ready").await;
        assert_eq!(ready.problem(), (503, shortage.code().into()));
        assert!(ready.text().contains("on purpose"), "{}", ready.text());
        assert_eq!(house.get(&format!("/v1/deposits/{number}")).await.status, 200, "reading goes on");
        assert!(house.get("/metrics").await.text().contains("tiezheng_writing 0"));
        store.lack(None);
        while house.get("/health/ready").await.status != 200 {
            tokio::task::yield_now().await;
        }
        house.deposit(&note(n)).await;
    }
}

#[tokio::test]
async fn a_clock_is_confirmed_by_the_operator_only_and_only_while_it_pauses_deposits() {
    let house = House::in_memory(Plan::default()).await;
    let people = People::of(&house).await;
    let person = people.person("张三").await;
    let confirm = |token: String| {
        let house = &house;
        async move { house.as_(&token).post("/v1/operator/clock", &json!({})).await }
    };
    assert_eq!(confirm(people.operator.token.clone()).await.problem(), (409, "clock_not_paused".into()));
    house.clock.shift(90_000, Duration::ZERO);
    let rejected = house.post_deposit(&note(1)).await;
    assert_eq!((rejected.problem(), rejected.header("retry-after")), ((503, "clock_jumped".into()), "5"));
    assert_eq!(house.get("/health/ready").await.problem(), (503, "clock_jumped".into()));
    assert_eq!(confirm(person.token.clone()).await.problem(), (403, "not_permitted".into()));
    assert_eq!(confirm("tzt_nonsense".into()).await.problem(), (401, "unauthenticated".into()));
    let confirmed = confirm(people.operator.token.clone()).await;
    assert_eq!((confirmed.status, confirmed.json()["ahead_ms"].as_u64()), (200, Some(90_000)), "{}", confirmed.text());
    house.deposit(&note(1)).await;
    house.clock.shift(-90_000, Duration::ZERO);
    assert_eq!(house.post_deposit(&note(2)).await.problem(), (503, "clock_regressed".into()));
    assert_eq!(confirm(people.operator.token.clone()).await.problem(), (503, "clock_regressed".into()));
    house.clock.shift(90_000, Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_disk_makes_the_node_not_ready() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let house = House::over(Arc::clone(&store), Plan::default()).await;
    house.deposit(&note(1)).await;
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
    let (client, url) = (house.client.clone(), house.url("/v1/deposits"));
    let body = crate::support::house::request(&note(2));
    let depositing = tokio::spawn(async move {
        client.post(url).header("content-type", "application/json").body(body).send().await.unwrap().status()
    });
    while house.sequencer.health().oldest.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.get("/health/ready").await.status, 200);
    house.clock.shift(9_000, Duration::from_secs(9));
    let ready = house.get("/health/ready").await;
    assert_eq!(ready.problem(), (503, "write_stalled".into()));
    assert!(ready.text().contains("9000 ms"), "{}", ready.text());
    assert!(house.get("/metrics").await.text().contains("tiezheng_oldest_pending_seconds 9"));
    release.send(()).unwrap();
    assert_eq!(depositing.await.unwrap(), 201);
    stalling.join().unwrap();
    while house.sequencer.health().oldest.is_some() {
        tokio::task::yield_now().await;
    }
    let ready = house.get("/health/ready").await;
    assert_eq!((ready.status, ready.json()["oldest_pending_ms"].as_u64()), (200, Some(0)));
}
