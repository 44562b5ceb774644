//! Timeouts of the server. Time passes only while a test waits for the server to act.

use std::time::Duration;

use tiezheng::http::options::Options;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};
use crate::support::waiting::Timers;

/// How time passes.
const STEP: Duration = Duration::from_secs(1);
const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn connect(node: &TestNode) -> TcpStream {
    TcpStream::connect(node.address()).await.unwrap()
}

/// All that comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a close, too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

/// One answer to `LIVE`, of which the end is known.
async fn live(stream: &mut TcpStream) {
    stream.write_all(LIVE).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"}\n") {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "closed");
    }
    assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn half_a_head_does_not_hold_a_connection() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for head in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut stream = connect(&node).await;
        stream.write_all(head).await.unwrap();
        let said = timers.passing(STEP, rest(&mut stream)).await;
        assert!(!said.contains(" 200 "), "{said}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut stream = connect(&node).await;
    live(&mut stream).await;
    assert_eq!(timers.passing(STEP, rest(&mut stream)).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_timeout() {
    let timers = Timers::stop();
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    for (path, media_type) in [
        ("/v1/deposits".to_owned(), "application/json"),
        ("/v1/deposits/batch".into(), "application/x-ndjson"),
        (format!("/v1/deposits/{number}/verification"), "application/octet-stream"),
        (format!("/v1/deposits/{number}/verification"), "application/json"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {media_type}\r\ncontent-length: 10\r\n\r\nfile"
        );
        let mut stream = connect(&node).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let said = timers.passing(STEP, rest(&mut stream)).await;
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("body_timeout"), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_deposits_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut stream = connect(&node).await;
    // A chunk whose size is none.
    let broken = b"POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n";
    stream.write_all(broken).await.unwrap();
    let said = rest(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("body_broken"), "{said}");
    assert_eq!(node.store.published().unwrap().size().0, 2);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_is_free() {
    let mut plan = NodeConfig::default();
    plan.http.connections = 1;
    let node = TestNode::in_memory(plan).await;
    let mut first = connect(&node).await;
    live(&mut first).await;
    let mut second = connect(&node).await;
    second.write_all(LIVE).await.unwrap();
    live(&mut first).await;
    assert_eq!(second.try_read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it waits");
    drop(first);
    let mut one = [0];
    second.read_exact(&mut one).await.unwrap();
    assert_eq!(&one, b"H");
}

#[tokio::test]
async fn what_is_in_flight_at_shutdown_is_finished() {
    let mut node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let mut stream = connect(&node).await;
    // The interim answer shows that the handler is reading the body.
    let head = format!(
        "POST /v1/deposits/{number}/verification HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: 6\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut idle = connect(&node).await;
    live(&mut idle).await;
    let server = node.begin_shutdown();
    assert_eq!(rest(&mut idle).await, "", "idle ones are closed at once");
    stream.write_all(b"file 1").await.unwrap();
    let said = rest(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 200 ") && said.contains("consistent_with_reservation"), "{said}");
    server.await.unwrap().unwrap();
    TcpStream::connect(node.address()).await.unwrap_err();
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let timers = Timers::stop();
    // Shorter than the time that the body has.
    let http = Options { shutdown: Duration::from_secs(10), ..Options::default() };
    let mut node = TestNode::in_memory(NodeConfig { http, ..NodeConfig::default() }).await;
    let mut stream = connect(&node).await;
    stream.write_all(b"POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n").await.unwrap();
    timers.passing(STEP, node.begin_shutdown()).await.unwrap().unwrap();
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut stream = connect(&node).await;
    let line = format!("x-many: {}\r\n", "x".repeat(1_000));
    let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}", line.repeat(200)).as_bytes()).await;
    let said = rest(&mut stream).await;
    assert!(!said.contains(" 200 "), "{said}");
    let mut stream = connect(&node).await;
    live(&mut stream).await;
}
