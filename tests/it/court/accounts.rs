//! Accounts, roles, tokens, lists: no account gets permissions or information beyond its own.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap};
use serde_json::{Value, json};
use tiezheng::filing::secret::BearerToken;
use tiezheng::ledger::merkle::shape::LeafIndex;

use crate::support::accounts::{COURT, PLAIN, People};
use crate::support::depositor::ledger_key;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

/// Headers that do not depend on when it was asked.
fn lasting(answer: &Answer) -> HeaderMap {
    let mut headers = answer.headers.clone();
    headers.remove("date");
    headers
}

fn code(answer: &Answer) -> (u16, String) {
    answer.problem()
}

/// All that the chain shows to everybody.
fn on_the_chain(node: &TestNode) -> String {
    let size = node.store.published().unwrap().size().0;
    let leaves = node.store.leaves(LeafIndex(0), size).unwrap();
    leaves.iter().map(|leaf| String::from_utf8(leaf.clone()).unwrap()).collect()
}

#[tokio::test]
async fn bad_tokens_are_all_told_alike() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let path = format!("/v1/accounts/{account}/tokens");
    let short = people.by_operator().create(&path, &json!({ "scopes": ["read"], "days": 1 })).await;
    let revoked = people.token(&account, PLAIN).await;
    let of_short = node.session(short["token"].as_str().unwrap());
    assert_eq!(of_short.get("/v1/me").await.status, 200);
    assert_eq!(people.by(&revoked).get("/v1/me").await.status, 200);
    let gone = format!("/v1/tokens/{}/revocation", revoked.token_id);
    assert_eq!(people.by_operator().post(&gone, &json!({})).await.status, 200);
    // To the millisecond.
    node.clock.shift(DAY_MS - 1, Duration::from_hours(24));
    assert_eq!(of_short.get("/v1/me").await.status, 200);
    node.clock.shift(1, Duration::from_millis(1));

    let unknown = BearerToken::new().unwrap();
    let (id, secret) = revoked.token.rsplit_once('_').unwrap();
    let other_secret = format!("{id}_{}", secret.chars().rev().collect::<String>());
    let bad = [
        format!("Bearer {}", short["token"].as_str().unwrap()),
        format!("Bearer {}", revoked.token),
        format!("Bearer {}", unknown.text()),
        format!("Bearer {other_secret}"),
        "Bearer nonsense".into(),
        "Bearer ".into(),
        format!("Basic {}", people.operator.token),
        people.operator.token.clone(),
        String::new(),
    ];
    for path in ["/v1/me", "/v1/calendars", "/v1/feed?court=x", &format!("/v1/accounts/{account}")] {
        let mut seen: Option<(HeaderMap, Vec<u8>)> = None;
        for presented in &bad {
            let answer = node.send(node.client.get(node.url(path)).header(AUTHORIZATION, presented)).await;
            assert_eq!(code(&answer), (401, "unauthenticated".into()), "{presented}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            let told = (lasting(&answer), answer.bytes.clone());
            assert_eq!(*seen.get_or_insert_with(|| told.clone()), told, "{presented}");
        }
        let without = node.get(path).await;
        assert_eq!(seen.unwrap(), (lasting(&without), without.bytes));
    }
    // Before the body is looked at.
    assert_eq!(code(&node.post("/v1/accounts", "text/plain", "x").await), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn what_is_not_yours_is_like_what_is_not_there() {
    let node = node().await;
    let people = People::of(&node).await;
    let (one, other) = (people.person("张三").await, people.person("李四").await);
    let unknown = "0".repeat(64);
    let size = node.store.published().unwrap().size();
    for tail in ["", "/access-log"] {
        let look = async |account: &str| people.by(&one).get(&format!("/v1/accounts/{account}{tail}")).await;
        let answers = [look(&other.account).await, look(&unknown).await, look("nonsense").await];
        for answer in &answers {
            assert_eq!(code(answer), (404, "not_found".into()));
            assert_eq!((lasting(answer), &answer.bytes), (lasting(&answers[0]), &answers[0].bytes));
        }
        assert_eq!(look(&one.account).await.status, 200);
    }
    for id in [&other.token_id, &unknown] {
        let answer = people.by(&one).post(&format!("/v1/tokens/{id}/revocation"), &json!({})).await;
        assert_eq!(code(&answer), (404, "not_found".into()));
    }
    let acts = [
        ("identity-checks", json!({ "method": "face", "level": "high" })),
        ("roles", json!({ "role": "operator" })),
        ("roles/revocation", json!({ "role": "lawyer" })),
        ("tokens", json!({ "scopes": ["read"], "days": 1 })),
    ];
    for account in [&other.account, &unknown] {
        for (what, body) in &acts {
            let answer = people.by(&one).post(&format!("/v1/accounts/{account}/{what}"), body).await;
            assert_eq!(code(&answer), (403, "not_permitted".into()), "{what}");
        }
    }
    // Of all this only the one look at oneself is on the chain: an entry and its block.
    assert_eq!(node.store.published().unwrap().size().0, size.0 + 2);
}

#[tokio::test]
async fn a_look_is_on_record_and_shows_no_secret() {
    let node = node().await;
    let people = People::of(&node).await;
    let clerk = people.clerk().await;
    let account =
        people.by(&clerk).create("/v1/accounts", &json!({ "subject": "natural-person", "name": "王五" })).await;
    let account = account["account"].as_str().unwrap();
    let path = format!("/v1/accounts/{account}");
    let check = json!({
        "method": "court-offline",
        "level": "high",
        "at": "2026-11-22T19:00:00.000+08:00",
        "reference": "窗口三号柜第八册",
    });
    let act = people.by(&clerk).create(&format!("{path}/identity-checks"), &check).await;
    assert_eq!((act["act"].as_str(), act["stream"].as_str()), (Some("check-identity"), Some("registry")));
    assert_eq!(act["label"]["zh"], "实名核验");
    // A clerk records what he saw and nothing else, nothing to come, and not for others what they did.
    for (method, at, expected) in [
        ("face", "2026-11-22T19:00:00.000+08:00", (403, "not_permitted")),
        ("court-offline", "2026-11-22T20:00:00.001+08:00", (400, "bad_value")),
        ("court-offline", "yesterday", (400, "bad_value")),
        ("guess", "2026-11-22T19:00:00.000+08:00", (400, "bad_value")),
    ] {
        let check = json!({ "method": method, "level": "high", "at": at });
        let answer = people.by(&clerk).post(&format!("{path}/identity-checks"), &check).await;
        assert_eq!(code(&answer), (expected.0, expected.1.to_owned()), "{method} {at}");
    }
    let token = people.by(&clerk).post(&format!("{path}/tokens"), &json!({ "scopes": PLAIN, "days": 30 })).await;
    assert_eq!((token.status, token.header(CACHE_CONTROL.as_str())), (201, "no-store"));
    let token = token.json();
    assert_eq!(token["expires_at"], "2026-12-22T20:00:00.000+08:00");

    for (by, sequence, capacity) in [
        (clerk.token.as_str(), 1, "clerk"),
        (&people.operator.token, 2, "operator"),
        (token["token"].as_str().unwrap(), 3, "oneself"),
    ] {
        let before = node.store.published().unwrap().size();
        let answer = node.session(by).get(&path).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let seen = answer.json();
        assert_eq!((seen["name"].as_str(), &seen["access_sequence"]), (Some("王五"), &json!(sequence)));
        assert_eq!(seen["identities"][0]["reference"], "窗口三号柜第八册");
        assert_eq!(seen["identities"][0]["at"], "2026-11-22T19:00:00.000+08:00");
        assert_eq!(seen["tokens"][0]["id"], token["id"]);
        let secret = token["token"].as_str().unwrap();
        let hash = BearerToken::parse(secret).unwrap().hash().to_string();
        assert!(!answer.text().contains(&hash) && !answer.text().contains(secret));
        assert!(node.store.published().unwrap().size() > before);
        let log = people.by_operator().get(&format!("{path}/access-log?cursor={}", sequence - 1)).await.json();
        assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
        assert_eq!((&log["items"][0]["sequence"], &log["next_cursor"]), (&json!(sequence), &json!(null)));
        assert_eq!(log["items"][0]["capacity"], capacity);
        assert_eq!(log["items"][0]["shown"], "account");
    }
    let chain = on_the_chain(&node);
    assert!(!chain.contains("王五") && !chain.contains("窗口") && !chain.contains("tzt_"));
    // Auditors see who looked, and not what at.
    let auditor = people.holding("审计", "auditor").await;
    let log = people.by(&auditor).get(&format!("{path}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 3);
    assert_eq!(code(&people.by(&auditor).get(&path).await), (404, "not_found".into()));
}

#[tokio::test]
async fn nobody_gives_himself_more_than_he_has() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let path = format!("/v1/accounts/{account}/tokens");
    let reader = people.token(&account, &["read"]).await;
    let ask = async |scopes: Value, days: u64| {
        people.by(&reader).post(&path, &json!({ "scopes": scopes, "days": days })).await
    };
    for more in ["case", "deposit", "court", "manage", "feed"] {
        assert_eq!(code(&ask(json!(["read", more]), 1).await), (400, "bad_value".into()), "{more}");
    }
    assert_eq!(code(&ask(json!(["everything"]), 1).await), (400, "bad_value".into()));
    assert_eq!(code(&ask(json!([]), 1).await), (400, "bad_value".into()));
    assert_eq!(code(&ask(json!(["read"]), 0).await), (400, "bad_value".into()));
    assert_eq!(code(&ask(json!(["read"]), 31).await), (400, "bad_value".into()), "it would live longer");
    assert_eq!(code(&ask(json!(["read"]), u64::MAX >> 11).await), (400, "bad_value".into()));
    let again = ask(json!(["read"]), 30).await;
    assert_eq!(again.status, 201, "{}", again.text());
    let mine = node.session(again.json()["token"].as_str().unwrap()).get("/v1/me").await.json();
    assert_eq!((&mine["account"], &mine["scopes"]), (&json!(account), &json!(["read"])));
    // A token for deposits shows nobody's name, not even one's own.
    let depositing = people.token(&account, &["deposit"]).await;
    let refused = people.by(&depositing).get(&format!("/v1/accounts/{account}")).await;
    assert_eq!(code(&refused), (403, "scope_needed".into()));
}

#[tokio::test]
async fn a_token_without_manage_is_no_operator() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "另一管理员").await;
    people.grant(&account, "operator", None).await;
    let weak = people.token(&account, &["read", "deposit", "case", "court", "feed"]).await;
    let victim = people.person("张三").await;
    for (path, body) in [
        ("/v1/accounts".to_owned(), json!({ "subject": "natural-person" })),
        (format!("/v1/accounts/{}/roles", victim.account), json!({ "role": "lawyer" })),
        (format!("/v1/accounts/{}/tokens", victim.account), json!({ "scopes": ["read"], "days": 1 })),
        (format!("/v1/tokens/{}/revocation", victim.token_id), json!({})),
        ("/v1/calendars".to_owned(), json!({ "year": 2027, "holidays": [], "working_days": [] })),
        (format!("/v1/courts/{COURT}/webhooks"), json!({ "url": "https://court.example/" })),
    ] {
        // A role is there, the scope is not: that is what is told.
        assert_eq!(code(&people.by(&weak).post(&path, &body).await), (403, "scope_needed".into()), "{path}");
    }
    let seen = people.by(&weak).get(&format!("/v1/accounts/{}", victim.account)).await;
    assert_eq!(code(&seen), (403, "scope_needed".into()));
    let more = json!({ "scopes": ["manage"], "days": 1 });
    let more = people.by(&weak).post(&format!("/v1/accounts/{account}/tokens"), &more).await;
    assert_eq!(code(&more), (400, "bad_value".into()));
}

#[tokio::test]
async fn a_clerk_gives_out_what_anybody_may_have() {
    let node = node().await;
    let people = People::of(&node).await;
    let (clerk, judge, other) = (people.clerk().await, people.judge().await, people.person("张三").await);
    let opened = people.by(&clerk).create("/v1/accounts", &json!({ "subject": "natural-person" })).await;
    let person = opened["account"].as_str().unwrap().to_owned();
    let issue = async |account: &str, scopes: &[&str]| {
        let path = format!("/v1/accounts/{account}/tokens");
        people.by(&clerk).post(&path, &json!({ "scopes": scopes, "days": 1 })).await
    };
    for scope in ["court", "manage", "feed"] {
        assert_eq!(code(&issue(&person, &[scope]).await), (403, "not_permitted".into()), "{scope}");
    }
    assert_eq!(issue(&person, PLAIN).await.status, 201);
    // A second one, or one for whom somebody else opened an account, would be a way to act as them.
    assert_eq!(code(&issue(&person, PLAIN).await), (403, "not_permitted".into()));
    assert_eq!(code(&issue(&other.account, PLAIN).await), (403, "not_permitted".into()));
    assert_eq!(code(&issue(&judge.account, PLAIN).await), (403, "not_permitted".into()));
    assert_eq!(code(&issue(&people.operator.account, PLAIN).await), (403, "not_permitted".into()));
    let role = json!({ "role": "judge", "court": COURT });
    let granted = people.by(&clerk).post(&format!("/v1/accounts/{}/roles", clerk.account), &role).await;
    assert_eq!(code(&granted), (403, "not_permitted".into()));
}

#[tokio::test]
async fn a_role_taken_back_is_gone_at_once() {
    let node = node().await;
    let people = People::of(&node).await;
    let clerk = people.clerk().await;
    let open = async || people.by(&clerk).post("/v1/accounts", &json!({ "subject": "legal-person" })).await;
    assert_eq!(open().await.status, 201);
    let me = people.by(&clerk).get("/v1/me").await.json();
    assert_eq!(me["roles"], json!([{ "role": "clerk", "court": COURT, "label": { "zh": "书记员", "en": "clerk" } }]));
    assert_eq!(me["identity"]["level"], "high");
    let role = json!({ "role": "clerk", "court": COURT });
    let path = format!("/v1/accounts/{}/roles/revocation", clerk.account);
    let other = json!({ "role": "clerk", "court": "京04" });
    assert_eq!(code(&people.by_operator().post(&path, &other).await), (404, "no_such_grant".into()));
    assert_eq!(people.by_operator().post(&path, &role).await.status, 200);
    assert_eq!(code(&open().await), (403, "not_permitted".into()));
    assert_eq!(people.by(&clerk).get("/v1/me").await.json()["roles"], json!([]));
    assert_eq!(code(&people.by_operator().post(&path, &role).await), (404, "no_such_grant".into()));
    for mismatch in [json!({ "role": "clerk" }), json!({ "role": "operator", "court": COURT })] {
        let answer = people.by_operator().post(&format!("/v1/accounts/{}/roles", clerk.account), &mismatch).await;
        assert_eq!(code(&answer), (422, "court_mismatch".into()));
    }
}

#[tokio::test]
async fn a_stolen_token_is_ended_by_its_owner() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let (stolen, kept) = (people.token(&account, PLAIN).await, people.token(&account, &["read"]).await);
    let path = format!("/v1/tokens/{}/revocation", stolen.token_id);
    let revoked = people.by(&kept).post(&path, &json!({})).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(code(&people.by(&stolen).get("/v1/me").await), (401, "unauthenticated".into()));
    assert_eq!(people.by(&kept).get("/v1/me").await.status, 200);
    let listed = people.by(&kept).get(&format!("/v1/accounts/{account}")).await.json();
    let listed = listed["tokens"].as_array().unwrap();
    let known = listed.iter().find(|token| token["id"] == json!(stolen.token_id)).unwrap();
    assert_eq!((&known["revoked_at"], &known["accepted"]), (&revoked.json()["act"]["at"], &json!(false)));
}

#[tokio::test]
async fn the_same_request_is_one_act() {
    let node = node().await;
    let people = People::of(&node).await;
    let body = json!({ "subject": "natural-person", "name": "张三" });
    for bad in [String::new(), "a b".into(), "x".repeat(129)] {
        let answer = people.by_operator().keyed(&bad).post("/v1/accounts", &body).await;
        assert_eq!(code(&answer), (400, "bad_idempotency_key".into()), "{bad}");
    }
    let send = async |body: &Value| people.by_operator().keyed("open-1").post("/v1/accounts", body).await;
    let (first, second) = (send(&body).await, send(&body).await);
    assert_eq!((first.status, second.status), (201, 200));
    let (mut first, mut second) = (first.json(), second.json());
    assert_eq!((first["act"]["fresh"].take(), second["act"]["fresh"].take()), (json!(true), json!(false)));
    assert_eq!(first, second);
    let other = json!({ "subject": "natural-person", "name": "李四" });
    assert_eq!(code(&send(&other).await), (409, "request_reused".into()));
    // Another sender may use the same key; and without one each request is its own.
    let clerk = people.clerk().await;
    assert_eq!(people.by(&clerk).keyed("open-1").post("/v1/accounts", &body).await.status, 201);
    let plain = people.by_operator().create("/v1/accounts", &body).await;
    assert_ne!(plain["account"], first["account"]);
    // The answer is the chain's: its id is the leaf hash of the entry that its number finds.
    let facts = node.get(&format!("/v1/deposits/{}", first["act"]["deposit_number"].as_str().unwrap())).await.json();
    assert_eq!((&facts["tx_id"], &facts["index"]), (&first["act"]["tx_id"], &first["act"]["index"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_asked_for_twice_is_shown_once() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let (path, body) = (format!("/v1/accounts/{account}/tokens"), json!({ "scopes": ["read"], "days": 1 }));
    let ask = || async { people.by_operator().keyed("t").post(&path, &body).await };
    // Connections first, so that all ask at once.
    join_all((0..8).map(|_| async { people.by_operator().get("/v1/me").await })).await;
    let answers = join_all((0..8).map(|_| ask())).await;
    let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(good.len(), 1);
    let again = ask().await;
    for repeated in answers.iter().filter(|answer| answer.status != 201).chain([&again]) {
        let json = repeated.json();
        assert_eq!((repeated.status, &json["id"], json.get("token")), (200, &good[0].json()["id"], None));
    }
    assert_eq!(node.session(good[0].json()["token"].as_str().unwrap()).get("/v1/me").await.status, 200);
    let listed = people.by_operator().get(&format!("/v1/accounts/{account}")).await.json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_court_keeps_its_own_list_of_ledgers() {
    let node = node().await;
    let people = People::of(&node).await;
    let (clerk, person) = (people.clerk().await, people.person("张三").await);
    let key = json!({ "key": ledger_key().verifier().to_string() });
    let (ours, theirs) = (format!("/v1/courts/{COURT}/ledgers"), "/v1/courts/京04/ledgers".to_owned());
    assert_eq!(people.by(&clerk).post(&ours, &key).await.status, 201);
    assert_eq!(code(&people.by(&clerk).post(&theirs, &key).await), (403, "not_permitted".into()));
    assert_eq!(code(&people.by(&person).post(&ours, &key).await), (403, "not_permitted".into()));
    assert_eq!(code(&people.by(&clerk).post(&ours, &json!({ "key": "x" })).await), (400, "bad_value".into()));
    assert_eq!(code(&people.by(&clerk).post("/v1/courts/x/ledgers", &key).await), (400, "bad_value".into()));
    let listed = people.by(&person).get(&ours).await.json();
    assert_eq!(listed["items"], json!([{ "ledger": "test.example/ledger", "key": key["key"] }]));
    assert_eq!(people.by(&person).get(&theirs).await.json()["items"], json!([]));
    assert_eq!(people.by(&clerk).post(&format!("{ours}/removal"), &key).await.status, 200);
    assert_eq!(people.by(&person).get(&ours).await.json()["items"], json!([]));
    assert_eq!(code(&people.by(&clerk).post(&format!("{ours}/removal"), &key).await), (404, "not_listed".into()));
}

#[tokio::test]
async fn a_year_is_loaded_by_the_operator() {
    let node = node().await;
    let people = People::of(&node).await;
    let clerk = people.of_court("书记员", "clerk", COURT).await;
    let year = json!({ "year": 2027, "holidays": ["2027-01-01", "2026-12-31"], "working_days": ["2027-01-09"] });
    assert_eq!(people.by(&clerk).get("/v1/calendars").await.json()["items"], json!([]));
    assert_eq!(code(&people.by(&clerk).post("/v1/calendars", &year).await), (403, "not_permitted".into()));
    for (bad, expected) in [
        (json!({ "year": 2027, "holidays": ["2028-01-01"], "working_days": [] }), (422, "calendar_other_year")),
        (json!({ "year": 2027, "holidays": [], "working_days": ["2027-01-01"] }), (422, "calendar_not_weekend")),
        (json!({ "year": 70_000, "holidays": [], "working_days": [] }), (422, "calendar_year")),
        (json!({ "year": 2027, "holidays": ["2027-1-1"], "working_days": [] }), (400, "bad_value")),
        (json!({ "year": 2027, "holidays": [] }), (400, "unexpected_json")),
        (json!({ "year": 2027, "holidays": [], "working_days": [], "more": 1 }), (400, "unexpected_json")),
    ] {
        let answer = people.by_operator().post("/v1/calendars", &bad).await;
        assert_eq!(code(&answer), (expected.0, expected.1.to_owned()), "{bad}");
    }
    assert_eq!(people.by_operator().post("/v1/calendars", &year).await.status, 201);
    assert_eq!(people.by(&clerk).get("/v1/calendars").await.json()["items"], json!([2027]));
}
