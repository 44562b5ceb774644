//! Bodies in a content coding are rejected on every route that takes a body, and never read as they are.

use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::support::accounts::People;
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode, request};

#[tokio::test]
async fn an_encoded_body_is_rejected_on_every_route() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let published = node.store.published().unwrap().size();
    let (json, octets, lines) = ("application/json", "application/octet-stream", "application/x-ndjson");
    let deposit = request(&note(2));
    for (method, path, media_type, body) in [
        (Method::POST, "/v1/deposits".to_owned(), json, deposit.as_str()),
        (Method::POST, "/v1/deposits/batch".into(), lines, deposit.as_str()),
        (Method::POST, format!("/v1/deposits/{number}/verification"), octets, "file 1"),
        (Method::POST, format!("/v1/deposits/{number}/verification"), json, "{}"),
        (Method::PUT, format!("/v1/deposits/{number}/original"), octets, "file 1"),
        (Method::POST, "/v1/cases".into(), json, "{}"),
        (Method::POST, "/v1/entrusted-deposits".into(), json, "{}"),
        (Method::POST, "/v1/erasures".into(), json, "{}"),
        (Method::POST, format!("/v1/cases/{}/items/1/verification", "0".repeat(64)), octets, "file 1"),
    ] {
        for coding in ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity, gzip", "aes128gcm"] {
            let sent = people.by(&alice).request(method.clone(), &path);
            let sent = sent.header(CONTENT_TYPE, media_type).header(CONTENT_ENCODING, coding).body(body.to_owned());
            let answer = node.send(sent).await;
            assert_eq!(answer.problem(), (415, "unsupported_content_encoding".into()), "{path} {coding}");
            assert_eq!(answer.header("accept-encoding"), "identity");
        }
    }
    assert_eq!(node.store.published().unwrap().size(), published);
    // `identity` is no coding.
    let sent = node.client.post(node.url(&format!("/v1/deposits/{number}/verification")));
    let sent = sent.header(CONTENT_TYPE, octets).header(CONTENT_ENCODING, "identity").body("file 1");
    assert_eq!(node.send(sent).await.json()["conclusion"]["code"], "consistent_with_reservation");
}

#[tokio::test]
async fn a_body_in_parts_or_in_another_transfer_coding_is_rejected() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = node.url(&format!("/v1/deposits/{number}/verification"));
    let sent = node.client.post(&path).header(CONTENT_TYPE, "application/octet-stream");
    let answer = node.send(sent.header("content-range", "bytes 0-5/6").body("file 1")).await;
    assert_eq!(answer.problem(), (400, "partial_body".into()));
    let head = format!(
        "POST /v1/deposits/{number}/verification HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: gzip, chunked\r\n\r\n6\r\nfile 1\r\n0\r\n\r\n"
    );
    let address = node.address();
    let answer = tokio::task::spawn_blocking(move || crate::support::raw::send_then_read(address, &head, b""));
    let answer = answer.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.code()), (501, "unsupported_transfer_encoding"));
}
