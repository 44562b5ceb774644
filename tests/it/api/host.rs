//! Exactly one host a request, on every route, as a raw connection sends it (RFC 9112 section 3.2).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode, request};

/// What a node answers to these bytes: the status, and the code if it is a problem.
async fn raw(node: &TestNode, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(node.address()).await.unwrap();
    let length = body.len();
    let text = format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let code = answer.split("/problems/").nth(1).map_or("", |rest| rest.split('"').next().unwrap());
    (status, code.to_owned())
}

fn bad() -> (u16, String) {
    (400, "bad_host".into())
}

#[tokio::test]
async fn a_request_without_exactly_one_valid_host_is_rejected_on_every_route() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let size = node.store.published().unwrap().size();
    let deposit = request(&note(2));
    let json = "\r\nContent-Type: application/json";
    let lines = "\r\nContent-Type: application/x-ndjson";
    for (line, more, body) in [
        ("POST /v1/deposits", json, deposit.as_str()),
        ("POST /v1/deposits/batch", lines, deposit.as_str()),
        ("POST http://localhost/v1/deposits", json, deposit.as_str()),
        (&format!("GET /v1/deposits/{number}"), "", ""),
        (&format!("GET /v1/deposits/{number}/receipt"), "", ""),
        ("GET /v1/ledger", "", ""),
        ("GET /v1/me", "", ""),
        ("POST /v1/accounts", json, "{}"),
        ("GET /log/checkpoint", "", ""),
        ("GET /health/live", "", ""),
        ("GET /metrics", "", ""),
        ("GET /", "", ""),
        ("GET /nowhere", "", ""),
        ("OPTIONS *", "", ""),
    ] {
        for hosts in [
            "",
            "\r\nHost: localhost\r\nHost: localhost",
            "\r\nHost: localhost\r\nX-A: 1\r\nhost: evidence.example",
            "\r\nHost: ",
            "\r\nHost: local host",
            "\r\nHost: user@localhost",
            "\r\nHost: localhost:port",
            "\r\nHost: localhost, evidence.example",
            "\r\nHost: http://localhost",
        ] {
            assert_eq!(raw(&node, &format!("{line} HTTP/1.1{hosts}{more}"), body).await, bad(), "{line} {hosts:?}");
        }
        let twice = format!("{line} HTTP/1.0\r\nHost: localhost\r\nHost: localhost{more}");
        assert_eq!(raw(&node, &twice, body).await, bad(), "{line}");
    }
    assert_eq!(node.store.published().unwrap().size(), size, "nothing was deposited");
}

#[tokio::test]
async fn an_absolute_target_is_taken_and_its_host_stands_for_the_field() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let ask = async |head: &str| raw(&node, head, "").await;
    assert_eq!(ask("GET http://evidence.example/v1/ledger HTTP/1.1\r\nHost: other.example").await.0, 200);
    assert_eq!(ask("GET http://u@evidence.example/v1/ledger HTTP/1.1\r\nHost: evidence.example").await, bad());
    let misdirected = ask("GET https://evidence.example/v1/ledger HTTP/1.1\r\nHost: evidence.example").await;
    assert_eq!(misdirected, (421, "misdirected".into()));
    // HTTP/1.0 knew no Host field.
    assert_eq!(ask("GET /v1/ledger HTTP/1.0").await.0, 200);
}
