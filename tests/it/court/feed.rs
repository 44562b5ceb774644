//! The event feed and its webhooks: every event of the court's cases, in order, and of no other court.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tiezheng::court::acts::{Act, ActKind, Submit, WithdrawFiling};
use tiezheng::court::ids::CaseId;

use crate::support::accounts::{COURT, OF_THE_COURT, People, Person};
use crate::support::draft_case::{complete, draft_case, new_request};
use crate::support::test_node::{NodeConfig, TestNode};
use crate::support::waiting::{Timers, until};

/// A case of `person`, submitted to `court`: one event.
async fn submit(node: &TestNode, person: &Person, court: &str) -> CaseId {
    let (actor, case) = draft_case(node, person, court, None).await;
    complete(node, &actor, case).await;
    let request = new_request();
    let made = node.filing.act(&actor, case, &request, ActKind::Submit, |_, _, _| Ok(Act::Submit(Submit {})));
    made.await.unwrap();
    case
}

/// Another event of it.
async fn withdraw(node: &TestNode, person: &Person, case: CaseId) {
    let actor = node.filing.authenticate(&person.token).unwrap();
    let (request, kind) = (new_request(), ActKind::WithdrawFiling);
    let made = node.filing.act(&actor, case, &request, kind, |_, _, _| Ok(Act::WithdrawFiling(WithdrawFiling {})));
    made.await.unwrap();
}

fn path(after: u64, wait: u64) -> String {
    format!("/v1/feed?court={COURT}&cursor={after}&wait={wait}")
}

#[tokio::test]
async fn each_event_is_told_once_in_order_and_without_texts() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (judge, person) = (people.judge().await, people.person("张三").await);
    let feed = async |after: u64| people.by(&judge).get(&path(after, 0)).await;
    assert_eq!(feed(0).await.json(), json!({ "items": [], "next_cursor": "0" }));
    assert_eq!(feed(9_000_000_000).await.json(), json!({ "items": [], "next_cursor": "9000000000" }));
    let first = submit(&node, &person, COURT).await;
    submit(&node, &person, "京04").await;
    withdraw(&node, &person, first).await;
    let answer = feed(0).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text().contains("张三"));
    let told = answer.json();
    let events = told["items"].as_array().unwrap();
    let acts: Vec<&Value> = events.iter().map(|event| &event["act"]).collect();
    assert_eq!(acts, ["submit", "withdraw-filing"]);
    for (event, sequence) in events.iter().zip([4, 5]) {
        assert_eq!((&event["court"], &event["case"]), (&json!(COURT), &json!(first.to_string())));
        assert_eq!((&event["sequence"], &event["by"]), (&json!(sequence), &json!(person.account)));
    }
    assert_eq!(events[0]["label"], json!({ "zh": "提交起诉状", "en": "submit" }));
    let cursor = |n: usize| events[n]["cursor"].as_u64().unwrap();
    assert!(cursor(0) < cursor(1));
    assert_eq!(told["next_cursor"], cursor(1).to_string());
    let page = people.by(&judge).get(&format!("{}&limit=1", path(0, 0))).await.json();
    assert_eq!(page, json!({ "items": [events[0]], "next_cursor": cursor(0).to_string() }));
    let rest = feed(cursor(0)).await.json();
    assert_eq!(rest["items"].as_array().unwrap().as_slice(), &events[1..]);
    assert_eq!(feed(cursor(1)).await.json(), json!({ "items": [], "next_cursor": cursor(1).to_string() }));
}

#[tokio::test]
async fn only_the_court_is_told() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (judge, person) = (people.judge().await, people.person("张三").await);
    submit(&node, &person, COURT).await;
    let feed = people.token(&person.account, &["feed"]).await;
    for (who, path, expected) in [
        (&judge, "/v1/feed?court=京04".to_owned(), (404, "not_found")),
        (&judge, "/v1/feed?court=京".to_owned(), (404, "not_found")),
        (&feed, path(0, 0), (404, "not_found")),
        (&person, path(0, 0), (403, "scope_needed")),
        (&judge, path(0, 61), (400, "bad_query")),
        (&judge, "/v1/feed?court=x".to_owned(), (400, "bad_value")),
        (&judge, "/v1/feed".to_owned(), (400, "bad_query")),
        (&judge, format!("{}&more=1", path(0, 0)), (400, "bad_query")),
    ] {
        assert_eq!(people.by(who).get(&path).await.problem(), (expected.0, expected.1.to_owned()), "{path}");
    }
    let reading = people.token(&judge.account, &["read", "court", "manage"]).await;
    assert_eq!(people.by(&reading).get(&path(0, 0)).await.problem(), (403, "scope_needed".into()));
    let encoded = "/v1/feed?court=%E7%B2%A40192";
    assert_eq!(people.by(&judge).get(encoded).await.json()["items"].as_array().unwrap().len(), 1);
}

/// Returns once `count` requests wait for events, beside the delivery of webhooks, which always does.
async fn until_waiting(node: &TestNode, count: usize) {
    until("the requests wait", || node.filing.event_subscribers() > count).await;
}

#[tokio::test]
async fn a_waiting_client_is_told_when_it_happens() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (judge, person) = (people.judge().await, people.person("张三").await);
    let (told, case) = tokio::join!(async { people.by(&judge).get(&path(0, 60)).await.json() }, async {
        until_waiting(&node, 1).await;
        // Of another court: nobody here is told.
        submit(&node, &person, "京04").await;
        submit(&node, &person, COURT).await
    });
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    assert_eq!(told["items"][0]["case"], case.to_string());
}

#[tokio::test]
async fn a_client_that_loses_role_or_token_while_waiting_is_told_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (judge, person) = (people.judge().await, people.person("张三").await);
    let other = people.token(&judge.account, OF_THE_COURT).await;
    let wait = async |who: &Person| people.by(who).get(&path(0, 60)).await;
    let (waiting, stolen, ()) = tokio::join!(wait(&judge), wait(&other), async {
        until_waiting(&node, 2).await;
        let gone = format!("/v1/tokens/{}/revocation", other.token_id);
        assert_eq!(people.by_operator().post(&gone, &json!({})).await.status, 200);
        let role = json!({ "role": "judge", "court": COURT });
        let gone = format!("/v1/accounts/{}/roles/revocation", judge.account);
        assert_eq!(people.by_operator().post(&gone, &role).await.status, 200);
        submit(&node, &person, COURT).await;
    });
    assert_eq!(waiting.problem(), (404, "not_found".into()));
    assert_eq!(stolen.problem(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn a_waiting_client_does_not_delay_the_shutdown() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let judge = people.judge().await;
    let request = people.by(&judge).request(reqwest::Method::GET, &path(7, 60));
    let waiting = tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() });
    until_waiting(&node, 1).await;
    node.begin_shutdown().await.unwrap().unwrap();
    // A request that had not ended by itself would have been cut off.
    assert_eq!(waiting.await.unwrap(), json!({ "items": [], "next_cursor": "7" }));
}

/// A call that a court's system received.
#[derive(Debug, Clone)]
struct Call {
    path: String,
    headers: HeaderMap,
    body: String,
}

/// A court's system, and how it answers: as scripted, then 204.
#[derive(Clone, Default)]
struct System {
    calls: Arc<Mutex<Vec<Call>>>,
    script: Arc<Mutex<VecDeque<u16>>>,
}

impl System {
    /// Begins to listen; under which address.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(receive).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    fn at(&self, path: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.path == path).cloned().collect()
    }

    /// Waits until `count` calls came in at `path`.
    async fn until(&self, path: &str, count: usize) -> Vec<Call> {
        until(path, || self.at(path).len() >= count).await;
        self.at(path)
    }
}

async fn receive(
    State(system): State<System>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    let body = String::from_utf8(body.to_vec()).unwrap();
    system.calls.lock().unwrap().push(Call { path: uri.path().into(), headers, body });
    let status = system.script.lock().unwrap().pop_front().unwrap_or(204);
    (StatusCode::from_u16(status).unwrap(), [("location", "/elsewhere")])
}

impl Call {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    fn cursor(&self) -> u64 {
        serde_json::from_str::<Value>(&self.body).unwrap()["cursor"].as_u64().unwrap()
    }

    fn assert_signed(&self, secret: &str) {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(key.len(), 32);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let tag = STANDARD.decode(self.header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
        ring::hmac::verify(&key, signed.as_bytes(), &tag).unwrap();
    }
}

async fn hook(people: &People<'_>, url: &str) -> Value {
    people.by_operator().create(&format!("/v1/courts/{COURT}/webhooks"), &json!({ "url": url })).await
}

#[tokio::test]
async fn events_are_delivered_signed_in_order_and_again_until_taken() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (judge, person) = (people.judge().await, people.person("张三").await);
    let system = System::default();
    let address = system.listen().await;
    // What happened before is not told.
    submit(&node, &person, COURT).await;
    let hooked = hook(&people, &format!("{address}/hook")).await;
    system.script.lock().unwrap().extend([302, 500]);
    let case = submit(&node, &person, COURT).await;
    submit(&node, &person, "京04").await;
    withdraw(&node, &person, case).await;
    // In steps far shorter than a call may take.
    let calls = timers.passing(Duration::from_millis(1), system.until("/hook", 4)).await;
    assert_eq!(system.at("/elsewhere").len(), 0);
    let feed = people.by(&judge).get(&path(0, 0)).await.json();
    let events = &feed["items"].as_array().unwrap()[1..];
    let told: Vec<Value> = calls.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
    assert_eq!(told, [&events[0], &events[0], &events[0], &events[1]].map(Clone::clone));
    for call in &calls {
        call.assert_signed(hooked["secret"].as_str().unwrap());
        assert_eq!(call.header("content-type"), "application/json");
        let seconds: u64 = call.header("webhook-timestamp").parse().unwrap();
        assert_eq!(seconds, node.filing.now().as_millis() / 1000);
    }
    let ids: Vec<&str> = calls.iter().map(|call| call.header("webhook-id")).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3]);
}

#[tokio::test]
async fn a_hook_that_is_removed_is_not_called_any_more() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let system = System::default();
    let address = system.listen().await;
    let (one, two) = (hook(&people, &format!("{address}/one")).await, hook(&people, &format!("{address}/two")).await);
    assert_ne!(one["secret"], two["secret"]);
    submit(&node, &person, COURT).await;
    for path in ["/one", "/two"] {
        assert_eq!(system.until(path, 1).await.len(), 1);
    }
    let removal = format!("/v1/webhooks/{}/removal", one["id"].as_str().unwrap());
    assert_eq!(people.by_operator().post(&removal, &json!({})).await.status, 200);
    assert_eq!(people.by_operator().post(&removal, &json!({})).await.problem(), (404, "no_such_hook".into()));
    submit(&node, &person, COURT).await;
    submit(&node, &person, COURT).await;
    assert_eq!(system.until("/two", 3).await.len(), 3);
    assert_eq!(system.at("/one").len(), 1);
    let listed = people.by_operator().get(&format!("/v1/courts/{COURT}/webhooks")).await;
    let ids: Vec<Value> = listed.json()["items"].as_array().unwrap().iter().map(|hook| hook["id"].clone()).collect();
    assert_eq!(ids, [two["id"].clone()]);
    assert!(!listed.text().contains("127.0.0.1") && !listed.text().contains("whsec_"));
}

#[tokio::test]
async fn delivery_goes_on_where_it_ended() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let system = System::default();
    let address = system.listen().await;
    hook(&people, &format!("{address}/hook")).await;
    let case = submit(&node, &person, COURT).await;
    withdraw(&node, &person, case).await;
    let before = system.until("/hook", 2).await;
    node.begin_shutdown().await.unwrap().unwrap();
    submit(&node, &person, COURT).await;
    assert_eq!(system.at("/hook").len(), 2, "nobody delivers any more");
    let again = tokio::spawn(Arc::clone(&node.filing).deliver_webhooks(std::future::pending()));
    // The second event was sent when the first had been remembered; whether it was itself by then, nobody knows.
    let mut calls = system.until("/hook", 3).await;
    if calls[2].cursor() == before[1].cursor() {
        calls = system.until("/hook", 4).await;
    }
    assert!(calls[calls.len() - 1].cursor() > before[1].cursor());
    assert_eq!(calls.iter().filter(|call| call.cursor() == before[0].cursor()).count(), 1);
    again.abort();
}

#[tokio::test]
async fn webhooks_are_the_operators_and_their_secret_is_shown_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let judge = people.judge().await;
    let path = format!("/v1/courts/{COURT}/webhooks");
    let url = json!({ "url": "https://court.example/hook" });
    assert_eq!(people.by(&judge).post(&path, &url).await.problem(), (403, "not_permitted".into()));
    assert_eq!(people.by(&judge).get(&path).await.problem(), (403, "not_permitted".into()));
    for bad in ["http://court.example/", "https://a:b@court.example/", "ftp://127.0.0.1/", "x"] {
        let answer = people.by_operator().post(&path, &json!({ "url": bad })).await;
        assert_eq!(answer.problem(), (400, "bad_value".into()), "{bad}");
    }
    let register = async || people.by_operator().keyed("hook").post(&path, &url).await;
    let (first, second) = (register().await, register().await);
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert!(first.json()["secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(second.json().get("secret").is_none());
    let unknown = format!("/v1/webhooks/{}/removal", "0".repeat(64));
    assert_eq!(people.by(&judge).post(&unknown, &json!({})).await.problem(), (403, "not_permitted".into()));
}
