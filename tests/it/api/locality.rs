//! Deposits come from this machine; everybody may read.

use reqwest::header::{CONTENT_TYPE, HOST};

use crate::support::depositor::note;
use crate::support::house::{House, Plan, request};

#[tokio::test]
async fn a_forwarded_deposit_is_not_local() {
    let house = House::in_memory(Plan::default()).await;
    for (path, media_type) in [("/v1/deposits", "application/json"), ("/v1/deposits/batch", "application/x-ndjson")] {
        for (name, value) in [
            ("forwarded", "for=192.0.2.1"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", "192.0.2.1"),
            ("via", "1.1 proxy"),
            (HOST.as_str(), "evidence.example"),
        ] {
            let forwarded = house.client.post(house.url(path)).header(CONTENT_TYPE, media_type).header(name, value);
            let answer = house.send(forwarded.body(request(&note(1)))).await;
            assert_eq!(answer.problem(), (403, "not_local".into()), "{name}");
        }
    }
    assert_eq!(house.store.published().unwrap().size().0, 2, "only genesis");
}

#[tokio::test]
async fn everybody_may_read_and_verify() {
    let house = House::in_memory(Plan::default()).await;
    let number = House::number(&house.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}");
    let forwarded = house.client.get(house.url(&path)).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(house.send(forwarded).await.status, 200);
    let verifying = house.client.post(house.url(&format!("{path}/verification"))).header(HOST, "evidence.example");
    let verifying = verifying.header(CONTENT_TYPE, "application/octet-stream").body("file 1");
    assert_eq!(house.send(verifying).await.status, 200);
}

#[tokio::test]
async fn other_sites_may_read_but_never_deposit() {
    let house = House::in_memory(Plan::default()).await;
    let answer = house.get("/v1/ledger").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let answer = house.post_deposit(&note(1)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (201, ""));
    let preflight = house.client.request(reqwest::Method::OPTIONS, house.url("/v1/deposits"));
    let preflight = house.send(preflight.header("access-control-request-method", "POST")).await;
    assert_eq!(preflight.problem(), (405, "method_not_allowed".into()));
    assert_eq!(preflight.header("access-control-allow-methods"), "");
}
