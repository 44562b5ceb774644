//! `POST /v1/deposits/batch`.

use serde_json::{Value, json};

use crate::support::depositor::note;
use crate::support::house::{Answer, House, Plan, request};

const NDJSON: &str = "application/x-ndjson";

async fn post(house: &House, lines: &[String]) -> Answer {
    house.post("/v1/deposits/batch", NDJSON, lines.concat()).await
}

fn verdicts(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, NDJSON), "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_line_gets_its_verdict_in_order_and_bad_ones_harm_nobody() {
    let house = House::start().await;
    let known = House::number(&house.deposit(&note(3)).await);
    let mut lines: Vec<String> = (0..20).map(|n| request(&note(n))).collect();
    lines[5] = "{\n".into();
    lines[6] = "\n".into();
    lines[7] = format!("{}\n", json!({ "statement": "hello" }));
    lines[8] = lines[4].clone();
    let verdicts = verdicts(&post(&house, &lines).await);
    assert_eq!(verdicts.len(), 20);
    for (i, verdict) in verdicts.iter().enumerate() {
        assert_eq!(verdict["line"], i + 1);
        match i {
            5 | 6 => {
                assert_eq!(verdict["status"], 400);
                assert_eq!(verdict["problem"]["code"], "malformed_json");
            }
            7 => assert_eq!(verdict["problem"]["code"], "missing_signature"),
            3 => {
                assert_eq!(verdict["status"], 200);
                assert!(verdict["receipt"]["entry"].as_str().unwrap().contains(&known));
            }
            // Twice in one batch: whichever came first is fresh.
            4 | 8 => assert_eq!(verdict["receipt"]["entry"], verdicts[4]["receipt"]["entry"]),
            _ => assert_eq!(verdict["status"], 201, "{verdict}"),
        }
        assert_eq!(verdict.get("receipt").is_some(), verdict.get("problem").is_none());
    }
    assert_eq!(verdicts[4]["status"].as_u64().unwrap() + verdicts[8]["status"].as_u64().unwrap(), 401);
}

#[tokio::test]
async fn an_empty_batch_is_answered_by_nothing() {
    let house = House::in_memory(Plan::default()).await;
    assert_eq!(verdicts(&post(&house, &[]).await).len(), 0);
    assert_eq!(verdicts(&post(&house, &["\n".into()]).await).len(), 0);
}

#[tokio::test]
async fn a_batch_beyond_its_limits_deposits_nothing() {
    let house = House::in_memory(Plan::default()).await;
    let before = house.store.published().unwrap().size();
    let lines = vec![request(&note(1)); 1_001];
    let answer = post(&house, &lines).await;
    assert_eq!(answer.problem(), (413, "batch_too_long".into()));
    assert_eq!(answer.json()["limit"], 1_000);
    let answer = post(&house, &["x".repeat((16 << 20) + 1)]).await;
    assert_eq!(answer.problem(), (413, "body_too_large".into()));
    let answer = house.post("/v1/deposits/batch", "application/json", request(&note(1))).await;
    assert_eq!(answer.problem(), (415, "unsupported_media_type".into()));
    assert_eq!(house.store.published().unwrap().size(), before);
}

#[tokio::test]
async fn the_longest_batch_is_taken() {
    let house = House::in_memory(Plan::default()).await;
    let lines: Vec<String> = (0..1_000).map(|n| request(&note(n))).collect();
    let verdicts = verdicts(&post(&house, &lines).await);
    assert!(verdicts.len() == 1_000 && verdicts.iter().all(|verdict| verdict["status"] == 201));
}
