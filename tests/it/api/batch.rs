//! `POST /v1/deposits/batch`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::depositor::note;
use crate::support::test_node::{Answer, NodeConfig, TestNode, request};
use crate::support::waiting::Timers;

const NDJSON: &str = "application/x-ndjson";
/// How time passes where a test lets it.
const STEP: Duration = Duration::from_secs(1);

async fn post(node: &TestNode, lines: &[String]) -> Answer {
    node.post("/v1/deposits/batch", NDJSON, lines.concat()).await
}

fn verdicts(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, NDJSON), "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_line_gets_its_verdict_in_order_and_bad_ones_harm_nobody() {
    let node = TestNode::start().await;
    let known = TestNode::number(&node.deposit(&note(3)).await);
    let mut lines: Vec<String> = (0..20).map(|n| request(&note(n))).collect();
    lines[5] = "{\n".into();
    lines[6] = "\n".into();
    lines[7] = format!("{}\n", json!({ "statement": "hello" }));
    lines[8] = lines[4].clone();
    let verdicts = verdicts(&post(&node, &lines).await);
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

/// Status, and the problem's code if there is one.
fn outcome(verdict: &Value) -> (u64, &str) {
    (verdict["status"].as_u64().unwrap(), verdict["problem"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn an_empty_batch_is_answered_by_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    assert_eq!(verdicts(&post(&node, &[]).await).len(), 0);
    let empty_line = verdicts(&post(&node, &["\n".into()]).await);
    assert_eq!(empty_line.iter().map(outcome).collect::<Vec<_>>(), [(400, "malformed_json")]);
    let answer = node.post("/v1/deposits/batch", "application/json", request(&note(1))).await;
    assert_eq!(answer.problem(), (415, "unsupported_media_type".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_lines_are_answered_in_order_and_sent_again_get_the_same_receipts() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let bad = |n: u64| n % 7 == 3;
    let lines: Vec<String> =
        (0..5_000).map(|n| if bad(n) { format!("{{\"no\":{n}}}\n") } else { request(&note(n)) }).collect();
    let first = verdicts(&post(&node, &lines).await);
    let second = verdicts(&post(&node, &lines).await);
    assert_eq!((first.len(), second.len()), (5_000, 5_000));
    for (n, (first, second)) in (0..).zip(first.iter().zip(&second)) {
        assert_eq!((&first["line"], &second["line"]), (&json!(n + 1), &json!(n + 1)));
        if bad(n) {
            assert_eq!((outcome(first), outcome(second)), ((400, "unexpected_json"), (400, "unexpected_json")));
            continue;
        }
        assert_eq!((outcome(first), outcome(second)), ((201, ""), (200, "")));
        let nonce = format!("nonce {n:016x}");
        assert!(first["receipt"]["entry"].as_str().unwrap().contains(&nonce), "{n}: {first}");
        for lasting in ["entry", "index", "header", "entry_path"] {
            assert_eq!(first["receipt"][lasting], second["receipt"][lasting]);
        }
    }
    let deposits = (0..5_000).filter(|n| !bad(*n)).count() as u64;
    let blocks = node.store.published().unwrap().height.0;
    assert_eq!(node.store.published().unwrap().size().0, 2 + deposits + blocks);
    assert!(blocks < deposits, "they share blocks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_smaller_than_the_batch_makes_it_wait_and_gives_up_no_line() {
    let node = TestNode::in_memory(NodeConfig { pool: 8, ..NodeConfig::default() }).await;
    let lines: Vec<String> = (0..500).map(|n| request(&note(n))).collect();
    let verdicts = verdicts(&post(&node, &lines).await);
    assert_eq!(verdicts.iter().filter(|verdict| verdict["status"] == 201).count(), 500);
}

#[tokio::test]
async fn a_line_waits_for_a_place_and_a_batch_for_its_turn_but_not_for_ever() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig { pool: 0, ..NodeConfig::default() }).await;
    let lines = [request(&note(1)), "{\n".into(), request(&note(2))];
    let verdicts = verdicts(&timers.passing(STEP, post(&node, &lines)).await);
    assert_eq!(
        verdicts.iter().map(outcome).collect::<Vec<_>>(),
        [(503, "busy"), (400, "malformed_json"), (503, "busy")]
    );
    // Which line it is the verdict says; there is no other line in it.
    let problem = &verdicts[1]["problem"];
    assert_eq!((&verdicts[1]["line"], problem.get("line")), (&json!(2), None), "{problem}");
    assert!(problem["detail"].as_str().unwrap().ends_with(" at column 1"), "{problem}");
    let mut plan = NodeConfig::default();
    plan.http.batches = 0;
    let node = TestNode::in_memory(plan).await;
    let answer = timers.passing(STEP, post(&node, &lines)).await;
    assert_eq!((answer.problem(), answer.header("retry-after")), ((503, "busy".into()), "1"));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_passed_over_and_the_others_are_kept() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let good = |n| request(&note(n));
    let padded = |line: String, length: usize| format!("{}{}\n", line.trim_end(), " ".repeat(length - line.len() + 1));
    let (longest, longer) = (padded(good(2), 64 * 1024), padded(good(3), 64 * 1024 + 1));
    let endless = format!("{}\n", "x".repeat(3 << 20));
    let answer = post(&node, &[good(1), longest, longer, good(4), endless, good(5)]).await;
    let verdicts = verdicts(&answer);
    let too_long = (413, "body_too_large");
    assert_eq!(
        verdicts.iter().map(outcome).collect::<Vec<_>>(),
        [(201, ""), (201, ""), too_long, (201, ""), too_long, (201, "")]
    );
    assert_eq!(verdicts[2]["problem"]["limit"], 64 * 1024);
}

#[tokio::test]
async fn what_pauses_writing_is_told_line_by_line() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    node.clock.shift(-60_000, Duration::ZERO);
    let lines = [request(&note(1)), request(&note(2))];
    let stopped = verdicts(&post(&node, &lines).await);
    assert_eq!(stopped.iter().map(outcome).collect::<Vec<_>>(), [(503, "clock_regressed"); 2]);
    node.stop_sequencer();
    let gone = verdicts(&post(&node, &lines).await);
    assert_eq!(gone.iter().map(outcome).collect::<Vec<_>>(), [(503, "shutting_down"); 2]);
}

/// A batch that is sent as the test goes on.
struct Conversation(BufReader<TcpStream>);

impl Conversation {
    async fn begin(node: &TestNode) -> Self {
        let mut stream = TcpStream::connect(node.address()).await.unwrap();
        let head = "POST /v1/deposits/batch HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    async fn say(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.0.get_mut().write_all(chunk.as_bytes()).await.unwrap();
    }

    /// The next verdict; none once the server has ended.
    async fn hear(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            // A reset is an end, too.
            if self.0.read_line(&mut line).await.unwrap_or(0) == 0 {
                return None;
            }
            if line.starts_with("{\"line\"") {
                return Some(serde_json::from_str(&line).unwrap());
            }
        }
    }

    async fn hears(&mut self, line: u64, expected: (u64, &str)) {
        let verdict = self.hear().await.unwrap();
        assert_eq!((verdict["line"].as_u64().unwrap(), outcome(&verdict)), (line, expected), "{verdict}");
    }
}

#[tokio::test]
async fn verdicts_come_while_lines_are_still_being_sent() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut batch = Conversation::begin(&node).await;
    for line in 1..=5 {
        batch.say(&request(&note(line))).await;
        batch.hears(line, (201, "")).await;
    }
    // The last one without its LF.
    batch.say(request(&note(6)).trim_end()).await;
    batch.say("").await;
    batch.hears(6, (201, "")).await;
    assert_eq!(batch.hear().await, None);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_answered_as_far_as_it_came_in_whole_lines() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut batch = Conversation::begin(&node).await;
    let half = request(&note(3));
    batch.say(&[request(&note(1)), request(&note(2)), half[..100].into()].concat()).await;
    batch.hears(1, (201, "")).await;
    batch.hears(2, (201, "")).await;
    // A chunk whose size is none.
    batch.0.get_mut().write_all(b"xyz\r\n").await.unwrap();
    batch.hears(3, (400, "body_broken")).await;
    assert_eq!(batch.hear().await, None);
    // A client that disconnects in the middle leaves what came before.
    let mut batch = Conversation::begin(&node).await;
    batch.say(&[request(&note(4)), half].concat()[..half_of(4)]).await;
    batch.hears(1, (201, "")).await;
    drop(batch);
    assert_eq!(node.post_deposit(&note(4)).await.status, 200);
    assert_eq!(node.post_deposit(&note(3)).await.status, 201, "half a line was no deposit");
}

/// The length of request `n` and some bytes more.
fn half_of(n: u64) -> usize {
    request(&note(n)).len() + 100
}

#[tokio::test]
async fn a_client_that_falls_silent_is_cut_off_and_told_so() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut batch = Conversation::begin(&node).await;
    batch.say(&format!("{}{{", request(&note(1)))).await;
    batch.hears(1, (201, "")).await;
    timers.passing(STEP, batch.hears(2, (408, "body_timeout"))).await;
    assert_eq!(batch.hear().await, None);
}

#[tokio::test]
async fn at_shutdown_what_was_read_is_answered_and_no_more_is_read() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    let mut batch = Conversation::begin(&node).await;
    batch.say(&request(&note(1))).await;
    batch.hears(1, (201, "")).await;
    let server = node.begin_shutdown();
    batch.hears(2, (503, "shutting_down")).await;
    assert_eq!(batch.hear().await, None);
    server.await.unwrap().unwrap();
}
