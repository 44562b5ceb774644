//! Integers that some JSON parsers would round are rejected in every request.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::text::{ManifestRoot, Statement, Subject};

use crate::support::accounts::{COURT, People};
use crate::support::depositor::{content, statement_with};
use crate::support::test_node::{NodeConfig, TestNode, request};

const LARGEST: u64 = (1 << 53) - 1;
const TOO_LARGE: u64 = LARGEST + 2;

fn too_large() -> (u16, String) {
    (400, "integer_too_large".into())
}

#[tokio::test]
async fn a_statement_signed_elsewhere_is_rejected_for_what_json_cannot_show() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let size = node.store.published().unwrap().size();
    let sized = |size| Content { form: Form::Plain { size }, ..content(b"x") };
    let changes: [fn(&mut Statement, Content); 3] = [
        |statement, sized| statement.content = Some(sized),
        |statement, _| statement.subject = Some(Subject { id: Digest([1; 32]), sequence: TOO_LARGE }),
        |statement, _| statement.manifest = Some(ManifestRoot { root: Digest([2; 32]), count: TOO_LARGE }),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let statement = statement_with(1, n as u64, |statement| change(statement, sized(TOO_LARGE)));
        assert_eq!(node.post_deposit(statement.note()).await.problem(), too_large());
        let line = request(statement.note());
        let answer = node.post("/v1/deposits/batch", "application/x-ndjson", line).await;
        assert!(answer.text().contains("integer_too_large"), "{}", answer.text());
    }
    assert_eq!(node.store.published().unwrap().size(), size);
    let largest = statement_with(1, 9, |statement| statement.content = Some(sized(LARGEST)));
    let number = TestNode::number(&node.deposit(largest.note()).await);
    let shown = node.get(&format!("/v1/deposits/{number}")).await;
    assert!(shown.text().contains("\"size\": 9007199254740991"), "{}", shown.text());
}

#[tokio::test]
async fn every_route_that_takes_json_or_a_query_rejects_them() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, clerk) = (people.person("张三").await, people.clerk().await);
    let tokens = format!("/v1/accounts/{}/tokens", alice.account);
    let codes = format!("/v1/cases/{}/codes", "0".repeat(64));
    let entrusted = "/v1/entrusted-deposits";
    for (path, body) in [
        (entrusted, format!(r#"{{"sha_256":"{}","size":{TOO_LARGE},"name":"x"}}"#, "1".repeat(64))),
        (entrusted, format!(r#"{{"sha_256":"{}","size":99999999999999999999,"name":"x"}}"#, "1".repeat(64))),
        (&tokens, format!(r#"{{"scopes":["read"],"days":{TOO_LARGE}}}"#)),
        (&codes, format!(r#"{{"party":1,"party_uses":1,"agent_uses":0,"days":{TOO_LARGE}}}"#)),
    ] {
        let sent = people.by_operator().request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body);
        assert_eq!(node.send(sent).await.problem(), too_large(), "{path}");
    }
    for path in [
        format!("/v1/blocks?limit={TOO_LARGE}"),
        format!("/v1/proofs/consistency?old={TOO_LARGE}"),
        format!("/v1/proofs/consistency?old=1&new={TOO_LARGE}"),
        format!("/v1/proofs/inclusion?index={TOO_LARGE}"),
    ] {
        assert_eq!(node.get(&path).await.problem(), too_large(), "{path}");
    }
    let feed = people.by(&clerk).get(&format!("/v1/feed?court={COURT}&wait={TOO_LARGE}")).await;
    assert_eq!(feed.problem(), too_large());
    let feed = people.by(&clerk).get(&format!("/v1/feed?court={COURT}&cursor={TOO_LARGE}")).await;
    assert_eq!(feed.problem(), (400, "bad_cursor".into()));
    assert_eq!(node.get(&format!("/v1/blocks/{TOO_LARGE}")).await.problem(), (400, "bad_path".into()));
}
