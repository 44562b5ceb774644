//! `POST /v1/deposits`.

use serde_json::json;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::text::{Link, LinkKind, Subject};
use tiezheng::wire::metadata::private;
use tiezheng::wire::{deposit::DepositRequest, json as wire, receipt};

use crate::support::depositor::{note, statement_with};
use crate::support::test_node::{NodeConfig, TestNode, request};

#[tokio::test]
async fn a_fresh_deposit_is_201_and_again_200_with_the_same_receipt() {
    let node = TestNode::start().await;
    let first = node.post_deposit(&note(1)).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!(first.header("cache-control"), "no-store");
    let taken = receipt::parse(&first.bytes).unwrap();
    assert_eq!(receipt::print(&taken).into_bytes(), first.bytes, "the answer is the receipt file");
    let number = TestNode::number(&taken);
    assert!(number.starts_with('T'), "a test ledger");
    assert_eq!(first.header("location"), format!("/v1/deposits/{number}"));
    let again = node.post_deposit(&note(1)).await;
    assert_eq!(again.status, 200);
    let again = receipt::parse(&again.bytes).unwrap();
    assert_eq!((&again.entry, again.index, &again.header), (&taken.entry, taken.index, &taken.header));
    assert_eq!(node.get(&format!("/v1/deposits/{number}/receipt")).await.bytes, receipt::print(&again).into_bytes());
}

#[tokio::test]
async fn private_metadata_is_kept_off_the_chain() {
    let node = TestNode::start().await;
    let held = private(&"07".repeat(32), &json!({ "name": "借款合同" })).unwrap();
    let statement = statement_with(1, 1, |statement| statement.meta = Some(held.commitment()));
    let body = wire::line(&DepositRequest::new(statement.note(), Some(&held)).unwrap());
    let answer = node.post("/v1/deposits", "application/json; charset=utf-8", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(!answer.text().contains("借款合同"));
    let taken = receipt::parse(&answer.bytes).unwrap();
    assert_eq!(node.store.private(taken.index).unwrap(), tiezheng::store::traits::PrivatePiece::Held(held));
}

#[tokio::test]
async fn what_is_no_deposit_is_refused_by_code_and_changes_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let size = || node.store.published().unwrap().size();
    let before = size();
    let good = note(1).to_string();
    let unknown = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
    let links = vec![Link { kind: LinkKind::Refers, number: unknown }];
    let linked = statement_with(1, 2, |statement| statement.links = links).note().to_string();
    let subject = Some(Subject { id: Digest([9; 32]), sequence: 2 });
    let skipping = statement_with(1, 3, |statement| statement.subject = subject).note().to_string();
    let elsewhere = statement_with(1, 4, |s| s.ledger = "other.example".parse_name()).note().to_string();
    let salt = "07".repeat(32);
    let forged = good.replace("size 6", "size 7");
    for (status, code, body) in [
        (400, "malformed_json", String::new()),
        (400, "malformed_json", "{".into()),
        (400, "malformed_json", format!("{} x", request(&note(1)))),
        (400, "unexpected_json", "[]".into()),
        (400, "unexpected_json", json!({ "statement": good, "extra": 1 }).to_string()),
        (400, "unexpected_json", "{\"statement\":\"\",\"statement\":\"\"}".into()),
        (413, "body_too_large", " ".repeat(64 * 1024 + 1)),
        (413, "statement_too_long", json!({ "statement": "x".repeat(16 * 1024 + 1) }).to_string()),
        (400, "bad_signature", json!({ "statement": forged }).to_string()),
        (400, "unknown_version", json!({ "statement": good.replace("statement v1", "statement v2") }).to_string()),
        (
            400,
            "private_missing_meta",
            json!({ "statement": good, "private": { "salt": salt, "metadata": { "name": "x" } } }).to_string(),
        ),
        (422, "link_unknown", json!({ "statement": linked }).to_string()),
        (409, "subject_sequence", json!({ "statement": skipping }).to_string()),
        (422, "wrong_ledger", json!({ "statement": elsewhere }).to_string()),
    ] {
        let answer = node.post("/v1/deposits", "application/json", body).await;
        assert_eq!(answer.problem(), (status, code.into()), "{}", answer.text());
    }
    let answer = node
        .post("/v1/deposits", "application/json", json!({ "statement": good.replace("nonce", "nonse") }).to_string())
        .await;
    assert_eq!((answer.json()["code"].clone(), answer.json()["line"].clone()), (json!("unknown_line"), json!(6)));
    for media_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = node.post("/v1/deposits", media_type, request(&note(1))).await;
        assert_eq!(answer.problem(), (415, "unsupported_media_type".into()), "else any web page could deposit");
    }
    assert_eq!(size(), before);
}

trait ParseName {
    fn parse_name(&self) -> tiezheng::ledger::key::Name;
}

impl ParseName for str {
    fn parse_name(&self) -> tiezheng::ledger::key::Name {
        tiezheng::ledger::key::Name::parse(self).unwrap()
    }
}

#[tokio::test]
async fn anothers_links_and_subjects_are_forbidden() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let subject = |sequence| Some(Subject { id: Digest([9; 32]), sequence });
    let own = statement_with(1, 1, |statement| statement.subject = subject(1));
    let number = DepositNumber::parse(&TestNode::number(&node.deposit(own.note()).await)).unwrap();
    let links = vec![Link { kind: LinkKind::Withdraws, number }];
    let stranger = statement_with(2, 2, |statement| statement.links = links);
    assert_eq!(node.post_deposit(stranger.note()).await.problem(), (403, "link_not_yours".into()));
    let stranger = statement_with(2, 3, |statement| statement.subject = subject(2));
    assert_eq!(node.post_deposit(stranger.note()).await.problem(), (403, "subject_not_yours".into()));
}

#[tokio::test]
async fn a_full_pool_is_busy_and_says_when_to_return() {
    let node = TestNode::in_memory(NodeConfig { pool: 0, ..NodeConfig::default() }).await;
    let answer = node.post_deposit(&note(1)).await;
    assert_eq!(answer.problem(), (503, "busy".into()));
    assert!((1..=3).contains(&answer.header("retry-after").parse::<u32>().unwrap()), "{answer:?}");
}

#[tokio::test]
async fn deposits_at_once_share_blocks_and_all_get_receipts() {
    let node = TestNode::start().await;
    let notes: Vec<_> = (0..50).map(note).collect();
    let receipts = futures_util::future::join_all(notes.iter().map(|note| node.deposit(note))).await;
    let numbers: std::collections::BTreeSet<_> = receipts.iter().map(TestNode::number).collect();
    assert_eq!(numbers.len(), 50);
}
