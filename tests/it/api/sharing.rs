//! Per-client limits of shared resources: connections, memory for bodies, slots for files and batches.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode, request};
use crate::support::waiting::Timers;

/// Longer than time passes in any test.
const LONG: Duration = Duration::from_hours(1_000);
/// How time passes, and what ends first.
const SHORT: Duration = Duration::from_millis(50);
const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A plan in which nothing ends by the passing of time.
fn patient() -> NodeConfig {
    let mut plan = NodeConfig::default();
    let http = &mut plan.http;
    (http.header_timeout, http.body_timeout, http.place_timeout, http.stalled_after) = (LONG, LONG, LONG, LONG);
    (http.batch_progress, http.anonymous_time) = (LONG, LONG);
    plan
}

async fn connect(node: &TestNode) -> TcpStream {
    TcpStream::connect(node.address()).await.unwrap()
}

/// The first line of the answer, and the code if it is a problem. Empty if the server closes without one.
async fn answer(stream: &mut TcpStream) -> (String, String) {
    let mut text = Vec::new();
    while !text.ends_with(b"}\n") {
        match stream.read_buf(&mut text).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let text = String::from_utf8(text).unwrap();
    let code = text.split("/problems/").nth(1).map_or("", |rest| rest.split('"').next().unwrap());
    (text.lines().next().unwrap_or_default().to_owned(), code.to_owned())
}

/// A request whose body is a byte short of what it announces.
async fn stalled(node: &TestNode, path: &str, media_type: &str, length: usize) -> TcpStream {
    let mut stream = connect(node).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
    );
    // The server may close the connection at any time. No more than what socket buffers hold is sent.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&vec![b'x'; (length - 1).min(60_000)]).await;
    stream
}

#[tokio::test]
async fn a_client_with_too_many_connections_is_answered_503() {
    let mut plan = patient();
    (plan.http.connections, plan.http.connections_per_client) = (10, 2);
    let node = TestNode::in_memory(plan).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&node).await;
        stream.write_all(LIVE).await.unwrap();
        assert_eq!(answer(&mut stream).await.0, "HTTP/1.1 200 OK");
        held.push(stream);
    }
    let mut third = connect(&node).await;
    let refused = answer(&mut third).await;
    assert_eq!(refused, ("HTTP/1.1 503 Service Unavailable".into(), "too_many_connections".into()));
    assert_eq!(third.read(&mut [0]).await.unwrap(), 0, "it is closed");
    // The others are served as before; once one is closed, there is room again.
    held[0].write_all(LIVE).await.unwrap();
    assert_eq!(answer(&mut held[0]).await.0, "HTTP/1.1 200 OK");
    held.pop();
    loop {
        let mut next = connect(&node).await;
        let _ = next.write_all(LIVE).await;
        if answer(&mut next).await.0 == "HTTP/1.1 200 OK" {
            return;
        }
    }
}

#[tokio::test]
async fn connections_that_wait_for_their_client_make_room_for_others() {
    let timers = Timers::stop();
    for (most, of_one_client) in [(4, 4), (10, 4)] {
        let mut plan = patient();
        (plan.http.connections, plan.http.connections_per_client) = (most, of_one_client);
        plan.http.stalled_after = Duration::ZERO;
        let node = TestNode::in_memory(plan).await;
        let mut held = Vec::new();
        for n in 0..40 {
            held.push(stalled(&node, "/v1/deposits", "application/json", 60_000 + n).await);
        }
        assert_eq!(timers.passing(SHORT, node.post_deposit(&note(1))).await.status, 201);
        assert_eq!(timers.passing(SHORT, node.get("/health/ready")).await.status, 200);
    }
}

#[tokio::test]
async fn incomplete_bodies_hold_a_bounded_amount_of_memory() {
    let timers = Timers::stop();
    let mut plan = patient();
    (plan.http.body_memory, plan.http.body_memory_per_client) = (1 << 20, 256 << 10);
    plan.http.place_timeout = SHORT;
    let node = TestNode::in_memory(plan).await;
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..10 {
        let (mut stream, ended) = (stalled(&node, "/v1/deposits", "application/json", 60_000).await, ended.clone());
        tokio::spawn(async move {
            let end = answer(&mut stream).await;
            let _ = ended.send(end);
        });
    }
    // Of 256 KiB, four bodies of 60 kB have a share and are waited for. The others are turned away.
    for _ in 0..6 {
        let end = timers.passing(SHORT, ends.recv()).await.unwrap();
        assert_eq!(end, ("HTTP/1.1 503 Service Unavailable".into(), "busy".into()));
    }
    // A body that comes at once needs no share.
    assert_eq!(node.post_deposit(&note(1)).await.status, 201);
    assert!(ends.try_recv().is_err());
}

#[tokio::test]
async fn endless_files_of_one_client_leave_deposits_and_other_clients_alone() {
    let timers = Timers::stop();
    let mut plan = patient();
    (plan.http.files, plan.http.files_per_client) = (4, 2);
    plan.http.place_timeout = SHORT;
    let node = TestNode::in_memory(plan).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}/verification");
    let octets = "application/octet-stream";
    // The places are taken once the server has read from both. A file that took a place before made one of them wait too long.
    loop {
        let _endless = [stalled(&node, &path, octets, 1 << 30).await, stalled(&node, &path, octets, 1 << 30).await];
        let answer = timers.passing(SHORT, node.post(&path, octets, "file 1")).await;
        if answer.status != 503 {
            continue;
        }
        assert_eq!(answer.problem().1, "busy");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(node.post_deposit(&note(2)).await.status, 201);
        // A digest is no file.
        let digest =
            r#"{"algorithm":"sha-256","value":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
        assert_eq!(node.post(&path, "application/json", digest).await.status, 200);
        break;
    }
}

#[tokio::test]
async fn a_file_of_somebody_unknown_has_its_time() {
    let timers = Timers::stop();
    let mut plan = patient();
    plan.http.anonymous_time = SHORT;
    let node = TestNode::in_memory(plan).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}/verification");
    let mut stream = stalled(&node, &path, "application/octet-stream", 100).await;
    let answered = timers.passing(SHORT, answer(&mut stream)).await;
    assert_eq!(answered, ("HTTP/1.1 408 Request Timeout".into(), "body_timeout".into()));
}

#[tokio::test]
async fn a_file_that_comes_too_slowly_is_cut_off_however_steadily_it_comes() {
    let timers = Timers::stop();
    let mut plan = patient();
    (plan.http.body_timeout, plan.http.slowest) = (SHORT, 1 << 40);
    let node = TestNode::in_memory(plan).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let head = format!(
        "POST /v1/deposits/{number}/verification HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000000000\r\n\r\n"
    );
    let mut stream = connect(&node).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    // A byte now and then, for ever. The pauses are of the stopped timers.
    let sending = async {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let mut text = Vec::new();
    let reading =
        async { while !text.ends_with(b"}\n") && reading.read_buf(&mut text).await.is_ok_and(|count| count > 0) {} };
    // The answer may still be on its way when the node takes no more.
    let mut reading = std::pin::pin!(reading);
    let ended = async {
        tokio::select! { () = sending => reading.await, () = &mut reading => {} }
    };
    timers.passing(Duration::from_millis(1), ended).await;
    assert!(text.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&text));
}

/// A batch of one client that brings `lines` and nothing more.
async fn batch(node: &TestNode, lines: &str) -> TcpStream {
    let mut stream = connect(node).await;
    let head = "POST /v1/deposits/batch HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}{:x}\r\n{lines}\r\n", lines.len()).as_bytes()).await.unwrap();
    stream
}

async fn all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_batch_without_deposits_gives_its_place_to_one_that_waits() {
    let timers = Timers::stop();
    let deposit = request(&note(1));
    for (lines, verdicts) in [("{}\n", 2), ("\n\n", 3), (deposit.as_str(), 2)] {
        let mut plan = patient();
        (plan.http.batches, plan.http.batches_per_client, plan.http.batch_progress) = (1, 1, SHORT);
        let node = TestNode::in_memory(plan).await;
        let mut first = batch(&node, lines).await;
        let mut head = [0; 15];
        first.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        let other = node.post("/v1/deposits/batch", "application/x-ndjson", request(&note(2)));
        let other = timers.passing(SHORT, other).await;
        assert!(other.text().starts_with("{\"line\":1,\"status\":201"), "{}", other.text());
        let rest = all(&mut first).await;
        assert_eq!(rest.matches("{\"line\":").count(), verdicts, "{rest}");
        assert!(rest.contains("batch_stalled"), "{rest}");
    }
}

#[tokio::test]
async fn lines_that_are_rejected_do_not_keep_a_batch_alive() {
    let timers = Timers::stop();
    let mut plan = patient();
    plan.http.body_timeout = SHORT;
    let node = TestNode::in_memory(plan).await;
    let stream = batch(&node, "{}\n").await;
    let (mut reading, mut writing) = stream.into_split();
    let mut text = Vec::new();
    let verdicts = |text: &[u8]| text.windows(8).filter(|part| part == b"{\"line\":").count();
    // The next line is sent once the verdict on the one before has come, until the node ends the batch.
    let mut sent = 1;
    let conversation = async {
        while reading.read_buf(&mut text).await.is_ok_and(|count| count > 0) {
            if verdicts(&text) >= sent {
                // On the stopped timers.
                tokio::time::sleep(Duration::from_millis(10)).await;
                sent += usize::from(writing.write_all(b"3\r\n{}\n\r\n").await.is_ok());
            }
        }
    };
    timers.passing(Duration::from_millis(1), conversation).await;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("body_timeout"), "{text}");
}
