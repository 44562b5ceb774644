//! A suit in which documents are served.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::accounts::{People, Person};
use crate::support::depositor::{content, statement_with};
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{Answer, TestNode};

/// A suit with an assigned judge and an associated defendant.
pub(crate) struct Serving {
    pub(crate) suit: Proceeding,
}

/// A file that is deposited: its number.
pub(crate) async fn deposited(node: &TestNode, file: &[u8]) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 20);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let statement = statement_with(1, next, |statement| statement.content = Some(content(file)));
    TestNode::number(&node.deposit(statement.note()).await)
}

/// Lets this number of minutes pass.
pub(crate) fn minutes(node: &TestNode, count: u32) {
    let millis = i64::from(count) * 60_000;
    node.clock.shift(millis, Duration::from_secs(u64::from(count) * 60));
}

impl Serving {
    pub(crate) async fn begin(people: &People<'_>) -> Self {
        let suit = Proceeding::suit(people).await;
        suit.file(people.node).await;
        Self { suit }
    }

    /// An act of service.
    pub(crate) async fn try_act(&self, node: &TestNode, who: &Person, body: Value) -> Answer {
        node.session(&who.token).post(&self.suit.path("/service"), &body).await
    }

    /// One that must be accepted.
    pub(crate) async fn act(&self, node: &TestNode, who: &Person, body: Value) -> Value {
        let answer = self.try_act(node, who, body.clone()).await;
        assert_eq!(answer.status, 201, "{body}: {}", answer.text());
        answer.json()
    }

    /// One that must be rejected: the error code.
    pub(crate) async fn refused(&self, node: &TestNode, who: &Person, body: Value) -> String {
        let answer = self.try_act(node, who, body.clone()).await;
        assert!(answer.status >= 400, "{body}: {}", answer.text());
        answer.problem().1
    }

    /// The service records, as `who` sees them.
    pub(crate) async fn view(&self, node: &TestNode, who: &Person) -> Value {
        let answer = node.session(&who.token).get(&self.suit.path("/service")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// A service record as the clerk sees it.
    pub(crate) async fn record(&self, node: &TestNode, service: usize) -> Value {
        self.view(node, &self.suit.clerk).await["items"][service - 1].clone()
    }

    /// The basis of its effect; empty while there is none.
    pub(crate) async fn basis(&self, node: &TestNode, service: usize) -> String {
        let record = self.record(node, service).await;
        record["effect"]["basis"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The last certificate.
    pub(crate) async fn certificate(&self, node: &TestNode, who: &Person, service: usize) -> Answer {
        node.session(&who.token).get(&self.suit.path(&format!("/service/{service}/certificate"))).await
    }

    /// The defendant agrees to electronic service.
    pub(crate) async fn consent(&self, node: &TestNode, scope: &str, answer: &str) {
        let shown = "ab".repeat(32);
        let body = json!({
            "act": "consent-service", "scope": scope, "answer": answer, "form": "explicit", "ticked": "preset", "shown": shown,
        });
        self.act(node, &self.suit.answering, body).await;
    }

    /// The defendant gives its mobile number.
    pub(crate) async fn given_mobile(&self, node: &TestNode) {
        let body = json!({ "act": "service-address", "kind": "mobile", "value": "13812345678", "source": "given" });
        self.act(node, &self.suit.answering, body).await;
    }

    /// The court finds one.
    pub(crate) async fn found_mobile(&self, node: &TestNode) {
        let body = json!({
            "act": "service-address", "party": 2, "kind": "mobile", "value": "13900001111", "source": "found",
            "active": "2026-11-20",
        });
        self.act(node, &self.suit.clerk, body).await;
    }

    /// A record of a document for the defendant: its deposit number.
    pub(crate) async fn serve(&self, node: &TestNode, mode: &str, kind: &str) -> String {
        let document = deposited(node, format!("{kind} {mode}").as_bytes()).await;
        let mut body = json!({ "act": "serve", "party": 2, "mode": mode, "kind": kind, "document": document });
        if kind == "evidence-notice" {
            body["days"] = json!(20);
        }
        if mode == "announcement" {
            body["reason"] = json!("下落不明");
        }
        self.act(node, &self.suit.clerk, body).await;
        document
    }

    /// Sends it.
    pub(crate) async fn send(&self, node: &TestNode, service: u32, channel: &str, address: Option<u32>) -> Value {
        let body = json!({ "act": "send-service", "service": service, "channel": channel, "address": address });
        self.act(node, &self.suit.clerk, body).await
    }

    /// Court staff report a step of the first attempt.
    pub(crate) async fn report(&self, node: &TestNode, service: u32, step: &str) -> Value {
        let body = json!({ "act": "report-service", "service": service, "attempt": 1, "step": step });
        self.act(node, &self.suit.clerk, body).await
    }
}
