//! A response sent before the whole request was read reaches a client that is still sending.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::depositor::note;
use crate::support::raw::{RawAnswer, send_then_read};
use crate::support::test_node::{NodeConfig, TestNode};

/// More than all socket buffers hold.
const LARGE: usize = 60_000_000;

async fn sent(address: SocketAddr, head: String, body: usize) -> std::io::Result<RawAnswer> {
    tokio::task::spawn_blocking(move || send_then_read(address, &head, &vec![b'x'; body])).await.unwrap()
}

fn head(line: &str, more: &str, length: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{more}{length}\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_end_of_the_body_is_received() {
    let mut plan = NodeConfig::default();
    // Nothing here depends on it: it bounds how long the test takes if the client is not heard to the end.
    plan.http.linger.idle = Duration::from_secs(10);
    let node = TestNode::in_memory(plan).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let (json, octets) = ("Content-Type: application/json\r\n", "Content-Type: application/octet-stream\r\n");
    let gzip = format!("{octets}Content-Encoding: gzip\r\n");
    let unknown = "/v1/deposits/20261122-0K7M-X9QT-3D5W-C3";
    for (line, more, status, code) in [
        (format!("POST {unknown}/verification"), octets, 200, ""),
        (
            format!("POST /v1/deposits/{number}/verification"),
            "Content-Type: text/plain\r\n",
            415,
            "unsupported_media_type",
        ),
        (format!("POST /v1/deposits/{number}/verification"), gzip.as_str(), 415, "unsupported_content_encoding"),
        ("POST /v1/deposits/1/verification".into(), octets, 400, "mistyped_number"),
        (format!("PUT /v1/deposits/{number}/original"), octets, 401, "unauthenticated"),
        ("POST /v1/accounts".into(), json, 401, "unauthenticated"),
        ("POST /v1/deposits".into(), json, 413, "body_too_large"),
        ("POST /v1/deposits".into(), "", 415, "unsupported_media_type"),
        ("POST /v1/deposits/batch".into(), json, 415, "unsupported_media_type"),
        ("POST /nowhere".into(), octets, 404, "no_such_route"),
        ("PUT /v1/ledger".into(), octets, 405, "method_not_allowed"),
        ("GET /v1/ledger".into(), octets, 200, ""),
    ] {
        let length = format!("Content-Length: {LARGE}");
        let answer = sent(node.address(), head(&line, more, &length), LARGE).await;
        let answer = answer.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!((answer.status, answer.code()), (status, code), "{line}");
        assert!(answer.text.to_ascii_lowercase().contains("connection: close"), "{line}: {}", answer.text);
    }
    // A body whose length is not announced, and what the parser itself rejects.
    let chunk = format!("Transfer-Encoding: chunked\r\n\r\n{LARGE:x}");
    let answer = sent(node.address(), head("POST /nowhere", octets, &chunk).replace("\r\n\r\n\r\n", "\r\n\r\n"), LARGE);
    assert_eq!(answer.await.unwrap().code(), "no_such_route");
    let endless = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "x".repeat(LARGE));
    assert_eq!(sent(node.address(), endless, 0).await.unwrap().status, 431);
    let garbage = sent(node.address(), "garbage\r\n\r\n".into(), LARGE).await.unwrap();
    assert_eq!(garbage.status, 400);
}

/// A handler that reads only a part of the body does not leave the next request in the rest of it.
#[tokio::test]
async fn a_connection_whose_body_was_not_read_carries_no_other_request() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let smuggled = "GET /v1/ledger HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(10_000);
    let length = format!("Content-Length: {}", smuggled.len());
    let (address, head) = (node.address(), head("POST /nowhere", "", &length));
    let answer = tokio::task::spawn_blocking(move || send_then_read(address, &head, smuggled.as_bytes()));
    let answer = answer.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.code()), (404, "no_such_route"));
    assert!(!answer.text.contains("block_height"));
}
