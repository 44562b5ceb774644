//! The deposit policy is the operator's on every route, independent of the content of a request; rate limits of deposits.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::http::admission::DepositLimits;
use tiezheng::http::client_address::NetworkList;
use tiezheng::http::options::Options;
use tiezheng::http::rate_limit::{Limit, Rate};
use tiezheng::ledger::statement::signed::SignedStatement;

use crate::support::accounts::People;
use crate::support::depositor::{depositor, note, statement_with};
use crate::support::test_node::{NodeConfig, TestNode, request};

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

async fn under(deposits: DepositPolicy) -> TestNode {
    TestNode::in_memory(NodeConfig { deposits, ..NodeConfig::default() }).await
}

/// So many, and no more while a test runs.
fn only(burst: u32) -> Limit {
    Limit::Rate(Rate { interval: Duration::from_hours(24), burst: NonZeroU32::new(burst).unwrap() })
}

/// The same statement on each route on which statements arrive.
fn ways(node: &TestNode, statement: &SignedStatement) -> [RequestBuilder; 2] {
    [("/v1/deposits", JSON), ("/v1/deposits/batch", LINES)].map(|(path, media_type)| {
        let body = request(statement.note());
        node.client.post(node.url(path)).header(CONTENT_TYPE, media_type).body(body)
    })
}

/// Status and code of one deposit: of the answer, or of its only line.
async fn outcome(node: &TestNode, request: RequestBuilder) -> (u64, String) {
    let answer = node.send(request).await;
    let json = answer.json();
    let line = json.get("line").is_some();
    let status = if line { json["status"].as_u64().unwrap() } else { u64::from(answer.status) };
    let problem = if line { &json["problem"] } else { &json };
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u64, code: &str) -> (u64, String) {
    (status, code.to_owned())
}

/// Ways in which a request says where it comes from, or whose it is.
const CLAIMS: &[(&str, &str)] = &[
    ("forwarded", "for=127.0.0.1"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-for", "192.0.2.1"),
    ("x-real-ip", "127.0.0.1"),
    ("via", "1.1 proxy"),
    ("host", "localhost"),
    ("host", "evidence.example"),
    ("origin", "http://localhost"),
    ("origin", "https://evil.example"),
    ("authorization", "Bearer nonsense"),
];

#[tokio::test]
async fn no_claim_of_a_request_changes_what_the_policy_says() {
    let node = under(DepositPolicy::Accounts).await;
    let statement = statement_with(1, 1, |_| {});
    for (name, value) in CLAIMS {
        for way in ways(&node, &statement) {
            let answer = outcome(&node, way.header(*name, *value)).await;
            assert_eq!(answer, refused(403, "deposit_by_token_only"), "{name}: {value}");
        }
    }
    assert_eq!(node.store.published().unwrap().size().0, 2, "only genesis");
    let node = under(DepositPolicy::Enrolled).await;
    for (name, value) in CLAIMS {
        for way in ways(&node, &statement) {
            let answer = outcome(&node, way.header(*name, *value)).await;
            assert_eq!(answer, refused(403, "key_not_enrolled"), "{name}: {value}");
        }
    }
    assert_eq!(node.store.published().unwrap().size().0, 2, "only genesis");
    let node = under(DepositPolicy::Open).await;
    for (n, (name, value)) in (0..).zip(CLAIMS) {
        for way in ways(&node, &statement_with(1, n, |_| {})) {
            let (status, _) = outcome(&node, way.header(*name, *value)).await;
            assert!([200, 201].contains(&status), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn the_ledger_says_who_may_deposit() {
    for policy in DepositPolicy::ALL {
        let node = under(policy).await;
        assert_eq!(node.get("/v1/ledger").await.json()["deposits"], policy.word());
    }
}

#[tokio::test]
async fn everybody_may_read_and_verify() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}");
    let forwarded = node.client.get(node.url(&path)).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(node.send(forwarded).await.status, 200);
    let verifying = node.client.post(node.url(&format!("{path}/verification"))).header(HOST, "evidence.example");
    let verifying = verifying.header(CONTENT_TYPE, "application/octet-stream").body("file 1");
    assert_eq!(node.send(verifying).await.status, 200);
}

#[tokio::test]
async fn pages_of_other_sites_may_read_and_get_no_leave_to_deposit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let answer = node.get("/v1/ledger").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let answer = node.post_deposit(&note(1)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (201, ""));
    for path in ["/v1/deposits", "/v1/deposits/batch", "/v1/entrusted-deposits", "/v1/accounts/me/keys"] {
        let preflight = node.client.request(reqwest::Method::OPTIONS, node.url(path));
        let preflight =
            preflight.header("origin", "https://evil.example").header("access-control-request-method", "POST");
        let preflight = node.send(preflight).await;
        assert_eq!(preflight.problem(), (405, "method_not_allowed".into()));
        assert_eq!(preflight.header("access-control-allow-methods"), "");
        // What a page may send without asking first is not taken.
        let plain = node.post(path, "text/plain", request(&note(2))).await;
        assert!([401, 415].contains(&plain.status), "{path}");
    }
}

#[tokio::test]
async fn deposits_by_token_are_accepted_under_every_policy() {
    for policy in DepositPolicy::ALL {
        let node = under(policy).await;
        let people = People::of(&node).await;
        let person = people.person("张三").await;
        let body = json!({ "sha_256": "ab".repeat(32), "sm3": "cd".repeat(32), "size": 5, "name": "聊天记录" });
        let answer = people.by(&person).post("/v1/entrusted-deposits", &body).await;
        assert_eq!(answer.status, 201, "{policy}: {}", answer.text());
    }
}

#[tokio::test]
async fn under_enrolled_a_statement_needs_one_enrolled_key_that_signed_it() {
    let node = under(DepositPolicy::Enrolled).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let key = depositor(1).verifier().to_string();
    people.by(&person).create("/v1/accounts/me/keys", &json!({ "key": key })).await;
    for (n, way) in (0..).zip(ways(&node, &statement_with(1, 1, |_| {}))) {
        assert_eq!(outcome(&node, way).await.0, if n == 0 { 201 } else { 200 });
    }
    for way in ways(&node, &statement_with(2, 1, |_| {})) {
        assert_eq!(outcome(&node, way).await, refused(403, "key_not_enrolled"));
    }
    // Naming the key without its signature opens nothing.
    let text = statement_with(1, 2, |_| {}).note().as_str().replace("size 6", "size 7");
    let answer = node.post("/v1/deposits", JSON, json!({ "statement": text }).to_string()).await;
    assert_eq!(answer.problem(), (400, "bad_signature".into()));
    let removed = format!("/v1/accounts/me/keys/{}", depositor(1).verifier().name());
    assert_eq!(node.send(people.by(&person).request(reqwest::Method::DELETE, &removed)).await.status, 204);
    for way in ways(&node, &statement_with(1, 3, |_| {})) {
        assert_eq!(outcome(&node, way).await, refused(403, "key_not_enrolled"));
    }
}

#[tokio::test]
async fn an_address_has_a_limit_that_every_request_and_line_counts_towards() {
    let limits = DepositLimits { per_address: only(4), ..DepositLimits::none() };
    let node = TestNode::in_memory(NodeConfig { limits, ..NodeConfig::default() }).await;
    assert_eq!(node.post_deposit(&note(1)).await.status, 201);
    assert_eq!(node.post("/v1/deposits", JSON, "{}").await.status, 400, "a bad request counts as well");
    let lines = format!("{}{{}}\n{}", request(&note(2)), request(&note(3)));
    let answer = node.post("/v1/deposits/batch", LINES, lines).await;
    let statuses: Vec<u64> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 400, 429]);
    let limited = node.post_deposit(&note(3)).await;
    assert_eq!(limited.problem(), (429, "rate_limited".into()));
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    // Reading is no deposit.
    assert_eq!(node.get("/v1/ledger").await.status, 200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit_and_no_other_peer_is_believed() {
    let limits = DepositLimits { per_address: only(1), ..DepositLimits::none() };
    let trusted = NetworkList::new(vec!["127.0.0.1".parse().unwrap()]);
    for (proxies, second) in [(trusted, 201), (NetworkList::default(), 429)] {
        let http = Options { trusted_proxies: proxies, ..Options::default() };
        let node = TestNode::in_memory(NodeConfig { http, limits, ..NodeConfig::default() }).await;
        let from = async |n: u64, client: &str| {
            let [single, _] = ways(&node, &statement_with(1, n, |_| {}));
            outcome(&node, single.header("x-forwarded-for", client)).await.0
        };
        assert_eq!(from(1, "192.0.2.1").await, 201);
        assert_eq!(from(2, "192.0.2.1").await, 429);
        // What the client itself wrote stands to the left, and changes nothing.
        assert_eq!(from(3, "203.0.113.5, 192.0.2.1").await, 429);
        assert_eq!(from(4, "192.0.2.2").await, second);
        assert_eq!(from(5, "2001:db8:1:2::1").await, second);
        assert_eq!(from(6, "2001:db8:1:2:3::1").await, 429, "the same /64");
    }
}

#[tokio::test]
async fn a_key_has_a_limit_of_new_statements_that_nobody_else_uses_up() {
    let limits = DepositLimits { per_key: only(3), ..DepositLimits::none() };
    let node = TestNode::in_memory(NodeConfig { limits, ..NodeConfig::default() }).await;
    let send = async |statement: &SignedStatement| {
        let [single, _] = ways(&node, statement);
        outcome(&node, single).await
    };
    assert_eq!(send(&statement_with(1, 1, |_| {})).await.0, 201);
    // A stranger sends what is public again, and names the key without its signature.
    for _ in 0..5 {
        assert_eq!(send(&statement_with(1, 1, |_| {})).await.0, 200);
        let text = statement_with(1, 9, |_| {}).note().as_str().replace("size 6", "size 7");
        let answer = node.post("/v1/deposits", JSON, json!({ "statement": text }).to_string()).await;
        assert_eq!(answer.problem(), (400, "bad_signature".into()));
    }
    for way in ways(&node, &statement_with(1, 2, |_| {})) {
        assert!([200, 201].contains(&outcome(&node, way).await.0));
    }
    assert_eq!(send(&statement_with(1, 3, |_| {})).await.0, 201);
    for way in ways(&node, &statement_with(1, 4, |_| {})) {
        assert_eq!(outcome(&node, way).await, refused(429, "rate_limited"));
    }
    assert_eq!(send(&statement_with(2, 1, |_| {})).await.0, 201, "another key");
}

#[tokio::test]
async fn a_stranger_who_enrols_a_key_does_not_use_up_its_owners_limit() {
    let limits = DepositLimits { per_account: only(2), ..DepositLimits::none() };
    let node =
        TestNode::in_memory(NodeConfig { limits, deposits: DepositPolicy::Enrolled, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let (owner, stranger) = (people.person("张三").await, people.person("李四").await);
    let enrol = async |person, who: u8| {
        let body = json!({ "key": depositor(who).verifier().to_string() });
        people.by(person).create("/v1/accounts/me/keys", &body).await
    };
    enrol(&stranger, 1).await;
    enrol(&stranger, 2).await;
    enrol(&owner, 1).await;
    let send = async |who, n| {
        let [single, _] = ways(&node, &statement_with(who, n, |_| {}));
        outcome(&node, single).await
    };
    assert_eq!((send(2, 1).await.0, send(2, 2).await.0), (201, 201));
    assert_eq!(send(2, 3).await, refused(429, "rate_limited"));
    assert_eq!((send(1, 1).await.0, send(1, 2).await.0), (201, 201));
    assert_eq!(send(1, 3).await, refused(429, "rate_limited"));
}

#[tokio::test]
async fn a_repeated_statement_is_answered_with_its_receipt_while_the_limit_is_used_up() {
    let limits = DepositLimits { per_key: only(1), per_address: only(9), ..DepositLimits::none() };
    let node = TestNode::in_memory(NodeConfig { limits, ..NodeConfig::default() }).await;
    let first = node.post_deposit(statement_with(1, 1, |_| {}).note()).await;
    assert_eq!(first.status, 201);
    for way in ways(&node, &statement_with(1, 2, |_| {})) {
        assert_eq!(outcome(&node, way).await, refused(429, "rate_limited"));
    }
    let again = node.post_deposit(statement_with(1, 1, |_| {}).note()).await;
    assert_eq!((again.status, &again.json()["entry"]), (200, &first.json()["entry"]));
    for way in ways(&node, &statement_with(1, 1, |_| {})) {
        assert_eq!(outcome(&node, way).await.0, 200);
    }
    // Without the signatures it is nobody's statement.
    let text = statement_with(1, 1, |_| {}).note().as_str().replace("size 6", "size 7");
    let answer = node.post("/v1/deposits", JSON, json!({ "statement": text }).to_string()).await;
    assert_eq!(answer.problem(), (400, "bad_signature".into()));
    // The limit of the address counts it: here are the eighth, the ninth and the tenth request.
    let statement = statement_with(1, 1, |_| {});
    let statuses = [0, 1, 2].map(|_| node.post_deposit(statement.note()));
    let statuses = futures_util::future::join_all(statuses).await;
    assert_eq!(statuses.iter().filter(|answer| answer.status == 200).count(), 2);
    assert_eq!(statuses.iter().filter(|answer| answer.status == 429).count(), 1);
}

#[tokio::test]
async fn a_key_that_two_accounts_enrolled_has_one_limit() {
    let limits = DepositLimits { per_key: only(3), per_account: only(3), ..DepositLimits::none() };
    let node =
        TestNode::in_memory(NodeConfig { limits, deposits: DepositPolicy::Enrolled, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let body = |who: u8| json!({ "key": depositor(who).verifier().to_string() });
    for name in ["张三", "李四"] {
        let person = people.person(name).await;
        people.by(&person).create("/v1/accounts/me/keys", &body(1)).await;
        if name == "李四" {
            people.by(&person).create("/v1/accounts/me/keys", &body(2)).await;
        }
    }
    let send =
        async |who, n| outcome(&node, ways(&node, &statement_with(who, n, |_| {})).into_iter().next().unwrap()).await;
    for n in 1..=3 {
        assert_eq!(send(1, n).await.0, 201, "{n}");
    }
    assert_eq!(send(1, 4).await, refused(429, "rate_limited"));
    // What the key was refused was charged to neither account.
    for n in 1..=3 {
        assert_eq!(send(2, n).await.0, 201, "{n}");
    }
}
