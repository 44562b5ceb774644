//! The log of requests.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::support::depositor::{note, origin};
use crate::support::process::{LiveNode, http_client, program};
use crate::support::test_node::request;

/// A node that logs JSON into `folder`/log.
fn node(folder: &std::path::Path) -> LiveNode {
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command.arg(folder.join("ledger")).arg("--operator-token").arg(folder.join("token"));
    command.env("TIEZHENG_CONFIG", folder.join("config")).env("TIEZHENG_NODE_LOG_FORMAT", "json");
    command.env("TIEZHENG_NODE_LOG_FOLDER", folder.join("log")).env("RUST_LOG", "info,tiezheng=trace,request=trace");
    LiveNode::of(command)
}

fn lines(folder: &std::path::Path) -> Vec<String> {
    let files = fs::read_dir(folder.join("log")).unwrap().map(|file| file.unwrap().path());
    files
        .flat_map(|file| BufReader::new(fs::File::open(file).unwrap()).lines().map(Result::unwrap).collect::<Vec<_>>())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_line_with_its_route_and_never_with_what_was_sent() {
    const MARKER: &str = "MARKER4711";
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path());
    let token = fs::read_to_string(folder.path().join("token")).unwrap();
    let (client, url) = (http_client(), node.url.clone());
    let mut ids = Vec::new();
    let mut send = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        ids.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
        let _ = answer.bytes().await;
    };
    // In the path, the query, a header, a token, a body, a file, and the host.
    send(client.get(format!("{url}/{MARKER}"))).await;
    send(client.get(format!("{url}/v1/deposits/{MARKER}"))).await;
    send(client.get(format!("{url}/v1/search?q={MARKER}"))).await;
    send(client.get(format!("{url}/v1/ledger")).header("x-request-id", MARKER).header("user-agent", MARKER)).await;
    send(client.get(format!("{url}/v1/accounts/me")).bearer_auth(MARKER)).await;
    send(client.get(format!("{url}/v1/accounts/me")).bearer_auth(token.trim())).await;
    send(client.post(format!("{url}/v1/deposits")).header("content-type", "application/json").body(MARKER)).await;
    send(client.post(format!("{url}/v1/deposits/batch")).header("content-type", "application/x-ndjson").body(MARKER))
        .await;
    send(
        client
            .post(format!("{url}/v1/entrusted-deposits"))
            .bearer_auth(token.trim())
            .header("content-type", "application/json")
            .body(format!("{{\"name\":\"{MARKER}\"}}")),
    )
    .await;
    send(client.get(format!("{url}/v1/ledger")).header("host", format!("{MARKER}.example"))).await;
    send(
        client
            .get(format!("{url}/v1/ledger"))
            .header("idempotency-key", MARKER)
            .header("referer", format!("https://{MARKER}/")),
    )
    .await;
    node.stop();
    let log = lines(folder.path());
    let with_marker: Vec<_> = log.iter().filter(|line| line.to_lowercase().contains(&MARKER.to_lowercase())).collect();
    assert!(with_marker.is_empty(), "{with_marker:#?}");
    assert!(!log.iter().any(|line| line.contains(token.trim())));
    let parsed: Vec<Value> =
        log.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let requests: Vec<_> = parsed.iter().filter(|line| line["target"] == "request").collect();
    for id in &ids {
        let line =
            requests.iter().find(|line| line["id"] == id.as_str()).unwrap_or_else(|| panic!("{id}: {requests:#?}"));
        assert_eq!(line["client"], "127.0.0.1");
        assert!(
            line["ms"].is_number() && line["bytes"].is_u64() && line["status"].is_u64() && line["route"].is_string(),
            "{line}"
        );
    }
    assert_eq!(ids.len(), requests.len());
    let routes: Vec<_> = requests.iter().map(|line| line["route"].as_str().unwrap()).collect();
    for route in ["none", "/v1/deposits/{number}", "/v1/search", "/v1/ledger", "/v1/deposits", "/v1/deposits/batch"] {
        assert!(routes.contains(&route), "{route}: {routes:?}");
    }
    for message in ["starting", "listening", "stopped"] {
        assert!(parsed.iter().any(|line| line["message"] == message), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_failed_and_slow_requests_are_logged_if_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command
        .arg(folder.path().join("ledger"))
        .env("TIEZHENG_NODE_LOG_REQUESTS", "errors")
        .env("TIEZHENG_NODE_LOG_SLOW_MS", "600000")
        .env_remove("RUST_LOG")
        .stderr(Stdio::null());
    command
        .env("TIEZHENG_CONFIG", folder.path().join("config"))
        .env("TIEZHENG_NODE_LOG_FOLDER", folder.path().join("log"));
    let node = LiveNode::of(command);
    let client = http_client();
    for path in ["/v1/ledger", "/v1/nothing"] {
        client.get(format!("{}{path}", node.url)).send().await.unwrap();
    }
    node.stop();
    let log = lines(folder.path());
    let requests: Vec<_> = log.iter().filter(|line| line.contains("request: ") || line.contains(" request ")).collect();
    assert!(requests.len() == 1 && requests[0].contains("status=404"), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_client_is_gone_has_a_line_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command.arg(folder.path().join("ledger")).args(["--origin", origin().as_str()]).env_remove("RUST_LOG");
    command.env("TIEZHENG_CONFIG", folder.path().join("config"));
    command.env("TIEZHENG_NODE_LOG_FOLDER", folder.path().join("log"));
    let node = LiveNode::of(command);
    let address = node.url.strip_prefix("http://").unwrap().to_owned();
    // A deposit waits for its block, so its client is gone before the answer, sooner or later.
    let mut sent = 0;
    let has_line = || lines(folder.path()).iter().any(|line| line.contains("route=\"/v1/deposits\" status=499"));
    while !has_line() {
        assert!(sent < 1_000, "{:#?}", lines(folder.path()));
        sent += 1;
        let body = request(&note(sent));
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        drop(stream);
    }
    node.stop();
}
