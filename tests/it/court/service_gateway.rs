//! The gateway of a court: messages out, reports in, over real HTTP.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::store::memory::MemoryStore;

use crate::support::accounts::{COURT, People};
use crate::support::depositor::origin;
use crate::support::serving::{Serving, minutes};
use crate::support::test_node::{Answer, NodeConfig, TestNode};
use crate::support::waiting::{Timers, until};

/// A message that the gateway received.
#[derive(Debug, Clone)]
struct Received {
    headers: HeaderMap,
    body: String,
}

/// A gateway, and how it answers: as scripted, then 204.
#[derive(Clone, Default)]
struct GatewayServer {
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<u16>>>,
}

impl GatewayServer {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(receive).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/messages")
    }

    fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<Received> {
        until("the messages", || self.all().len() >= count).await;
        self.all()
    }
}

async fn receive(State(server): State<GatewayServer>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    server.received.lock().unwrap().push(Received { headers, body });
    let status = server.script.lock().unwrap().pop_front().unwrap_or(204);
    StatusCode::from_u16(status).unwrap()
}

fn signature(secret: &str, id: &str, timestamp: u64, body: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let tag = ring::hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn assert_signed(&self, secret: &str) {
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp").parse().unwrap());
        assert_eq!(self.header("webhook-signature"), signature(secret, id, timestamp, &self.body));
    }
}

/// A registered gateway.
struct Registered {
    id: String,
    secret: String,
}

impl Registered {
    async fn at(people: &People<'_>, url: &str) -> Self {
        let path = format!("/v1/courts/{COURT}/gateways");
        let made = people.by_operator().create(&path, &json!({ "url": url })).await;
        Self { id: made["id"].as_str().unwrap().to_owned(), secret: made["secret"].as_str().unwrap().to_owned() }
    }

    async fn remove(&self, people: &People<'_>) {
        let answer = people.by_operator().post(&format!("/v1/gateways/{}/removal", self.id), &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn call(&self, node: &TestNode, id: &str, timestamp: u64, signature: &str, body: &str) -> Answer {
        let request = node.client.post(node.url(&format!("/v1/gateway/{}/reports", self.id)));
        let request = request.header(CONTENT_TYPE, "application/json").header("webhook-id", id);
        let request = request.header("webhook-timestamp", timestamp).header("webhook-signature", signature);
        node.send(request.body(body.to_owned())).await
    }

    async fn report(&self, node: &TestNode, id: &str, message: &str, status: &str, at: &str) -> Answer {
        let body = json!({ "message": message, "status": status, "at": at }).to_string();
        let timestamp = node.filing.now().as_millis() / 1000;
        self.call(node, id, timestamp, &signature(&self.secret, id, timestamp, &body), &body).await
    }
}

fn now(node: &TestNode) -> String {
    node.filing.now().to_string()
}

#[tokio::test]
async fn a_message_is_sent_signed_with_the_clear_address_and_again_until_taken() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let server = GatewayServer::default();
    let gateway = Registered::at(&people, &server.listen().await).await;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "summons").await;
    server.script.lock().unwrap().extend([500, 503]);
    serving.send(&node, 1, "sms", Some(1)).await;
    let received = timers.passing(Duration::from_millis(1), server.until(3)).await;
    for one in &received {
        one.assert_signed(&gateway.secret);
        assert_eq!(one.header("webhook-id"), received[0].header("webhook-id"));
        assert_eq!(one.body, received[0].body);
    }
    let message = received[0].json();
    assert_eq!(
        (&message["address"], &message["channel"], &message["court"]),
        (&json!("13812345678"), &json!("sms"), &json!(COURT))
    );
    assert_eq!(message["document_kind"]["zh"], "传票");
    assert!(!received[0].body.contains("李四"), "a message names nobody");
    // The address was read once for this message, and that is on record.
    let log = node.session(&serving.suit.clerk.token).get(&serving.suit.path("/access-log")).await.json();
    let shown = log["items"].as_array().unwrap().iter().filter(|one| one.to_string().contains("service-address"));
    assert_eq!(shown.count(), 1, "{log}");
}

#[tokio::test]
async fn reports_move_the_service_and_the_same_report_twice_is_one() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let server = GatewayServer::default();
    let gateway = Registered::at(&people, &server.listen().await).await;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "complaint-copy").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    let message = server.until(1).await[0].json()["message"].as_str().unwrap().to_owned();
    minutes(&node, 2);
    let arrived = now(&node);
    minutes(&node, 10);
    assert_eq!(gateway.report(&node, "r1", &message, "sent", &arrived).await.status, 200);
    assert_eq!(serving.basis(&node, 1).await, "");
    let one = gateway.report(&node, "r2", &message, "arrived", &arrived).await;
    assert_eq!(one.json()["recorded"], true);
    let again = gateway.report(&node, "r2", &message, "arrived", &arrived).await;
    assert_eq!(again.json()["deposit_number"], one.json()["deposit_number"]);
    let other_id = gateway.report(&node, "r3", &message, "arrived", &arrived).await;
    assert_eq!((other_id.status, &other_id.json()["recorded"]), (200, &json!(false)));
    let other_time = gateway.report(&node, "r4", &message, "arrived", &now(&node)).await;
    assert_eq!(other_time.problem(), (409, "service_reported".into()));
    let reused = gateway.report(&node, "r2", &message, "read", &arrived).await;
    assert_eq!(reused.problem(), (409, "request_reused".into()));
    let record = serving.record(&node, 1).await;
    assert_eq!(record["effect"]["basis"]["code"], "arrival");
    assert!(record["effect"]["at"].as_str().unwrap().starts_with("2026-11-22T20:02:0"), "{record}");
    assert_eq!(record["attempts"][0]["steps"][1]["reporter"]["zh"], "发送通道");
    assert_eq!((&record["certificates"], record["attempts"][0]["steps"].as_array().unwrap().len()), (&json!(1), 2));
    let certificate = serving.certificate(&node, &serving.suit.clerk, 1).await.json();
    assert_eq!(certificate["masked_address"], "138****5678");
}

#[tokio::test]
async fn a_report_without_the_right_signature_time_or_message_changes_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let server = GatewayServer::default();
    let gateway = Registered::at(&people, &server.listen().await).await;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "summons").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    let message = server.until(1).await[0].json()["message"].as_str().unwrap().to_owned();
    let body = json!({ "message": message, "status": "arrived", "at": now(&node) }).to_string();
    let seconds = node.filing.now().as_millis() / 1000;
    let good = |at: u64| signature(&gateway.secret, "r1", at, &body);
    for (id, at, signed) in [
        ("r1", seconds, "v1,AAAA".to_owned()),
        ("r2", seconds, good(seconds)),
        ("r1", seconds + 1, good(seconds)),
        // A replay: signed, and no longer now.
        ("r1", seconds - 301, good(seconds - 301)),
        ("r1", seconds + 301, good(seconds + 301)),
        ("", seconds, signature(&gateway.secret, "", seconds, &body)),
    ] {
        let answer = gateway.call(&node, id, at, &signed, &body).await;
        assert_eq!(answer.problem(), (403, "bad_gateway_signature".into()), "{id} {at}");
    }
    let unknown = Registered { id: "0".repeat(64), secret: gateway.secret.clone() };
    assert_eq!(
        unknown.report(&node, "r1", &message, "arrived", &now(&node)).await.problem(),
        (404, "no_such_gateway".into())
    );
    let nothing = gateway.report(&node, "r5", &"1".repeat(64), "arrived", &now(&node)).await;
    assert_eq!(nothing.problem(), (404, "not_found".into()));
    for (status, at, code) in [
        ("delivered", now(&node), (400, "bad_value")),
        ("responded", now(&node), (422, "service_report_wrong")),
        ("arrived", "2027-01-01T00:00:00.000Z".to_owned(), (422, "service_report_time")),
        ("arrived", "2026-11-22T00:00:00.000Z".to_owned(), (422, "service_report_time")),
        ("arrived", "soon".to_owned(), (400, "bad_value")),
    ] {
        let answer = gateway.report(&node, &format!("x-{status}-{at}"), &message, status, &at).await;
        assert_eq!(answer.problem(), (code.0, code.1.to_owned()), "{status} {at}");
    }
    assert_eq!(serving.record(&node, 1).await["attempts"][0]["steps"], json!([]));
}

#[tokio::test]
async fn a_message_is_sent_once_although_the_node_restarts() {
    let store = Arc::new(MemoryStore::new(origin()));
    let mut node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let server = GatewayServer::default();
    Registered::at(&people, &server.listen().await).await;
    serving.given_mobile(&node).await;
    for (service, kind) in [(1, "summons"), (2, "hearing-notice")] {
        serving.serve(&node, "electronic", kind).await;
        serving.send(&node, service, "sms", Some(1)).await;
    }
    server.until(2).await;
    node.begin_shutdown().await.unwrap().unwrap();
    drop(node);
    let node = TestNode::over(store, NodeConfig::default()).await;
    serving.serve(&node, "electronic", "decision").await;
    serving.send(&node, 3, "sms", Some(1)).await;
    until("the third message", || server.all().iter().any(|one| one.json()["document_kind"]["code"] == "decision"))
        .await;
    let kinds: Vec<Value> = server.all().iter().map(|one| one.json()["document_kind"]["code"].clone()).collect();
    // Whether the second had been remembered when the node ended, nobody knows.
    assert_eq!(kinds.iter().filter(|kind| **kind == "summons").count(), 1, "{kinds:?}");
    let ids = |kind: &str| -> std::collections::BTreeSet<String> {
        let of = |one: &&Received| one.json()["document_kind"]["code"] == kind;
        server.all().iter().filter(of).map(|one| one.header("webhook-id").to_owned()).collect()
    };
    assert_eq!(ids("hearing-notice").len(), 1, "the same message has the same id");
}

#[tokio::test]
async fn another_gateway_of_the_court_continues_where_the_former_ended() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    serving.given_mobile(&node).await;
    let send = async |service: u32, kind: &str| {
        serving.serve(&node, "electronic", kind).await;
        serving.send(&node, service, "sms", Some(1)).await;
    };
    // It takes no message.
    let broken = GatewayServer::default();
    broken.script.lock().unwrap().extend([500; 1_000]);
    let first = Registered::at(&people, &broken.listen().await).await;
    send(1, "summons").await;
    timers.passing(Duration::from_millis(1), broken.until(2)).await;
    first.remove(&people).await;
    // Recorded while the court has no gateway.
    send(2, "hearing-notice").await;
    let server = GatewayServer::default();
    let second = Registered::at(&people, &server.listen().await).await;
    timers.passing(Duration::from_millis(1), server.until(2)).await;
    second.remove(&people).await;
    let last = GatewayServer::default();
    let _third = Registered::at(&people, &last.listen().await).await;
    send(3, "decision").await;
    timers.passing(Duration::from_millis(1), last.until(1)).await;
    let kinds = |server: &GatewayServer| -> Vec<Value> {
        server.all().iter().map(|one| one.json()["document_kind"]["code"].clone()).collect()
    };
    assert_eq!(
        (kinds(&server), kinds(&last)),
        (vec![json!("summons"), json!("hearing-notice")], vec![json!("decision")])
    );
}

#[tokio::test]
async fn a_court_has_one_gateway_and_only_some_may_choose_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let support = people.of_court("辅助人员", "trial-support", COURT).await;
    let elsewhere = people.of_court("辅助人员", "trial-support", "京0491").await;
    let path = format!("/v1/courts/{COURT}/gateways");
    let url = json!({ "url": "https://gateway.example/messages" });
    for who in [&clerk, &judge, &elsewhere] {
        assert_eq!(people.by(who).post(&path, &url).await.problem(), (403, "not_permitted".into()));
    }
    for bad in ["http://gateway.example/", "https://10.0.0.1/", "x"] {
        assert!(people.by(&support).post(&path, &json!({ "url": bad })).await.status >= 400, "{bad}");
    }
    let made = people.by(&support).create(&path, &url).await;
    assert_eq!(people.by_operator().post(&path, &url).await.problem(), (409, "gateway_exists".into()));
    let listed = people.by(&judge).get(&path).await;
    assert_eq!(listed.json()["items"][0]["id"], made["id"]);
    assert!(!listed.text().contains("gateway.example") && !listed.text().contains("whsec_"));
    let removal = format!("/v1/gateways/{}/removal", made["id"].as_str().unwrap());
    assert_eq!(people.by(&clerk).post(&removal, &json!({})).await.problem(), (403, "not_permitted".into()));
    assert_eq!(people.by(&support).post(&removal, &json!({})).await.status, 200);
    assert_eq!(people.by_operator().post(&removal, &json!({})).await.problem(), (404, "no_such_gateway".into()));
}
