//! `POST /v1/deposits/{number}/verification`.

use serde_json::{Value, json};
use sha2::Digest as _;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::text::{Link, LinkKind};

use crate::support::depositor::{content, note, statement_with};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const FILE: &str = "application/octet-stream";

async fn node_with_file() -> (TestNode, String) {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    (node, number)
}

fn conclusion(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["conclusion"]["code"].clone()
}

fn outcome(report: &Value, step: &str) -> Value {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|s| s["code"] == step).unwrap()["outcome"]["code"].clone()
}

#[tokio::test]
async fn the_file_itself_is_consistent_with_reservation() {
    let (node, number) = node_with_file().await;
    let answer = node.post(&format!("/v1/deposits/{number}/verification"), FILE, "file 1").await;
    assert_eq!(conclusion(&answer), "consistent_with_reservation");
    let report = answer.json();
    let reservations: Vec<_> = report["reservations"].as_array().unwrap().iter().map(|r| r["code"].clone()).collect();
    assert_eq!(reservations, ["single_operator", "no_independent_time", "test_ledger"]);
    for step in ["number_check", "original_digest", "in_block", "block_hash", "previous_block", "signatures"] {
        assert_eq!(outcome(&report, step), "passed", "{step}");
    }
    assert_eq!(report["deposit"]["deposit_number"], number);
    assert!(report["limits"]["zh"].as_str().unwrap().contains("本报告仅说明"));
}

#[tokio::test]
async fn what_is_found_is_a_report_and_no_error() {
    let (node, number) = node_with_file().await;
    let verify = async |number: &str, body: &str| {
        conclusion(&node.post(&format!("/v1/deposits/{number}/verification"), FILE, body.to_owned()).await)
    };
    assert_eq!(verify(&number, "file 2").await, "mismatch");
    assert_eq!(verify(&number, "").await, "mismatch");
    assert_eq!(verify("20261122-0K7M-X9QT-3D5W-C3", "file 1").await, "not_found");
    let half = statement_with(1, 2, |s| s.content = Some(Content { sm3: content(b"other").sm3, ..content(b"file 1") }));
    let contradictory = TestNode::number(&node.deposit(half.note()).await);
    assert_eq!(verify(&contradictory, "file 1").await, "contradictory");
    let links = vec![Link { kind: LinkKind::Withdraws, number: DepositNumber::parse(&number).unwrap() }];
    node.deposit(statement_with(1, 3, |statement| statement.links = links).note()).await;
    let answer = node.post(&format!("/v1/deposits/{number}/verification"), FILE, "file 1").await;
    assert!(answer.text().contains("存证已被撤回"), "{}", answer.text());
}

#[tokio::test]
async fn a_digest_never_says_more_than_digest_equal() {
    let (node, number) = node_with_file().await;
    let path = format!("/v1/deposits/{number}/verification");
    let ask = async |algorithm: &str, value: &str| {
        node.post(&path, "application/json", json!({ "algorithm": algorithm, "value": value }).to_string()).await
    };
    let sm3 = content(b"file 1").sm3.unwrap().to_string();
    let equal = ask("sm3", &sm3).await;
    assert_eq!(conclusion(&equal), "record_only");
    assert!(equal.text().contains("equal"));
    assert_eq!(conclusion(&ask("sha-256", &sm3).await), "mismatch");
    assert_eq!(ask("md5", &sm3).await.problem(), (400, "unknown_algorithm".into()));
    assert_eq!(ask("sm3", &sm3.to_uppercase()).await.problem(), (400, "upper_case_hex".into()));
    assert_eq!(ask("sm3", &sm3[1..]).await.problem(), (400, "wrong_length".into()));
    for body in ["{}".to_owned(), json!({ "algorithm": "sm3", "value": sm3, "salt": "" }).to_string()] {
        assert_eq!(node.post(&path, "application/json", body).await.problem(), (400, "unexpected_json".into()));
    }
    assert_eq!(node.post(&path, "application/json", " ".repeat(1_025)).await.problem(), (413, "body_too_large".into()));
    assert_eq!(node.post(&path, "text/plain", "file 1").await.problem(), (415, "unsupported_media_type".into()));
}

#[tokio::test]
async fn a_salted_record_needs_its_salt() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let salted = Content {
        form: Form::Salted,
        sha256: Some(Digest(sha2::Sha256::new_with_prefix([7; 32]).chain_update(b"yes").finalize().into())),
        sm3: None,
    };
    let statement = statement_with(1, 1, |statement| statement.content = Some(salted));
    let number = TestNode::number(&node.deposit(statement.note()).await);
    let path = format!("/v1/deposits/{number}/verification");
    assert_eq!(conclusion(&node.post(&path, FILE, "yes").await), "unable");
    let salt = "07".repeat(32);
    let by_query = node.post(&format!("{path}?salt={salt}"), FILE, "yes").await;
    assert_eq!(conclusion(&by_query), "consistent_with_reservation");
    let by_header = node.client.post(node.url(&path)).header("content-type", FILE).header("x-salt", &salt).body("no");
    assert_eq!(conclusion(&node.send(by_header).await), "mismatch");
    assert_eq!(node.post(&format!("{path}?salt=07"), FILE, "yes").await.problem(), (400, "bad_salt".into()));
    assert_eq!(node.post(&format!("{path}?sald={salt}"), FILE, "yes").await.problem(), (400, "bad_query".into()));
}

#[tokio::test]
async fn a_large_file_streams_through_and_one_too_large_is_refused() {
    let mut plan = NodeConfig::default();
    plan.http.file_max = 32 << 20;
    let node = TestNode::in_memory(plan).await;
    let large = vec![7; 32 << 20];
    let statement = statement_with(1, 1, |statement| statement.content = Some(content(&large)));
    let path = format!("/v1/deposits/{}/verification", TestNode::number(&node.deposit(statement.note()).await));
    assert_eq!(conclusion(&node.post(&path, FILE, large.clone()).await), "consistent_with_reservation");
    // Chunked: its length is not announced.
    let parts = |count: usize| {
        let parts = (0..count).map(|_| Ok::<_, std::io::Error>(vec![7_u8; 1 << 20]));
        reqwest::Body::wrap_stream(futures_util::stream::iter(parts))
    };
    assert_eq!(conclusion(&node.post(&path, FILE, parts(32)).await), "consistent_with_reservation");
    let mistyped = node.post("/v1/deposits/X/verification", FILE, "x").await;
    assert_eq!(mistyped.problem(), (400, "mistyped_number".into()));
    let announced = node.client.post(node.url(&path)).header("content-type", FILE).header("expect", "100-continue");
    let refused = node.send(announced.body(vec![7; (32 << 20) + 1])).await;
    assert_eq!(refused.problem(), (413, "body_too_large".into()));
}
