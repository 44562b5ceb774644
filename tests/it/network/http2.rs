//! HTTP/2 over TLS: many requests on one connection, and clients that do not take their answers.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::certificates::Authority;
use crate::support::process::{LiveNode, program};

type Connection = h2::client::Connection<tokio_rustls::client::TlsStream<TcpStream>, bytes::Bytes>;
type Sender = h2::client::SendRequest<bytes::Bytes>;

fn node(folder: &std::path::Path, authority: &Authority, variables: &[(&str, &str)]) -> LiveNode {
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command.arg(folder.join("ledger")).args(authority.issue("node").options());
    command.envs(variables.iter().copied()).env("TIEZHENG_CONFIG", folder.join("config"));
    LiveNode::of(command)
}

async fn connect(node: &LiveNode, authority: &Authority, window: u32) -> (Sender, Connection) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.root()).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(node.url.strip_prefix("https://").unwrap()).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(window).initial_connection_window_size(1 << 24).handshake(stream).await.unwrap()
}

fn get(node: &LiveNode, path: &str) -> http::Request<()> {
    http::Request::get(format!("{}{path}", node.url)).body(()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_many_requests_and_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let node = node(folder.path(), &authority, &[]);
    let (mut sender, connection) = connect(&node, &authority, 1 << 20).await;
    let driver = tokio::spawn(connection);
    // With the first answer the client learns how many requests the node takes at a time.
    sender = sender.ready().await.unwrap();
    assert_eq!(sender.send_request(get(&node, "/v1/ledger"), true).unwrap().0.await.unwrap().status(), 200);
    let mut answers = Vec::new();
    for n in 0..300 {
        sender = sender.ready().await.unwrap();
        let post = n % 3 == 0;
        let request = if post {
            http::Request::post(format!("{}/v1/deposits", node.url))
                .header("content-type", "application/json")
                .body(())
                .unwrap()
        } else {
            get(&node, "/v1/ledger")
        };
        let (answer, mut body) = sender.send_request(request, !post).unwrap();
        if post {
            body.send_data(bytes::Bytes::from_static(b"no statement"), true).unwrap();
        }
        answers.push((post, answer));
    }
    for (post, answer) in answers {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), if post { 400 } else { 200 });
        assert!(!answer.headers().contains_key("connection"));
    }
    drop(sender);
    driver.await.unwrap().unwrap();
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answer_and_an_idle_one_are_disconnected() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let limits = [("WRITE", "1"), ("HEADER", "2"), ("SHUTDOWN", "2")];
    let limits = limits.map(|(name, seconds)| (format!("TIEZHENG_NODE_HTTP_{name}_TIMEOUT"), seconds));
    let limits = limits.each_ref().map(|(name, seconds)| (name.as_str(), *seconds));
    let node = node(folder.path(), &authority, &limits);
    // Without a window the body of an answer is never sent, while the socket stays writable.
    let (sender, connection) = connect(&node, &authority, 0).await;
    let driver = tokio::spawn(connection);
    let (answer, _) = sender.ready().await.unwrap().send_request(get(&node, "/v1/ledger"), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let ended = tokio::time::timeout(Duration::from_mins(1), driver).await;
    assert!(ended.is_ok(), "the node has not closed the connection of a client that takes nothing");
    // Other requests of the connection do not help the one that is not taken.
    let (mut sender, connection) = connect(&node, &authority, 0).await;
    let driver = tokio::spawn(connection);
    let (answer, _) = sender.send_request(get(&node, "/v1/ledger"), true).unwrap();
    let answer = answer.await.unwrap();
    let head = || http::Request::head(format!("{}/health/live", node.url)).body(()).unwrap();
    let busy = async {
        let mut count = 0;
        while let Ok(mut ready) = sender.clone().ready().await {
            let Ok((answer, _)) = ready.send_request(head(), true) else { break };
            if answer.await.is_err() {
                break;
            }
            count += 1;
            assert!(count < 10_000_000, "the answer that nobody takes is forgotten");
        }
    };
    tokio::time::timeout(Duration::from_mins(1), busy).await.unwrap();
    drop((answer, sender, driver));
    // With a window of a byte, hyper hands out the last piece of the answer: then the connection is idle.
    let (sender, connection) = connect(&node, &authority, 1).await;
    let driver = tokio::spawn(connection);
    let (answer, _) = sender.ready().await.unwrap().send_request(get(&node, "/v1/ledger"), true).unwrap();
    let answer = answer.await.unwrap();
    let ended = tokio::time::timeout(Duration::from_mins(1), driver).await;
    assert!(ended.is_ok(), "the node has not closed the connection of a client with a window of a byte");
    drop(answer);
    // An idle connection is closed in order: the client is told by GOAWAY.
    let (sender, connection) = connect(&node, &authority, 1 << 20).await;
    let ended = tokio::time::timeout(Duration::from_mins(1), connection).await;
    assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
    drop(sender);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_take_part_in_closing_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let limits = [("TIEZHENG_NODE_HTTP_HEADER_TIMEOUT", "1"), ("TIEZHENG_NODE_HTTP_SHUTDOWN_TIMEOUT", "1")];
    let node = node(folder.path(), &authority, &limits);
    // Once it has its answer, this client reads and sends nothing more: no acknowledgement of the node's GOAWAY.
    let (sender, mut connection) = connect(&node, &authority, 1 << 20).await;
    let (answer, _) = sender.ready().await.unwrap().send_request(get(&node, "/v1/ledger"), true).unwrap();
    let status = tokio::select! {
        answer = answer => answer.unwrap().status(),
        ended = &mut connection => panic!("{ended:?}"),
    };
    assert_eq!(status, 200);
    let open = || {
        let mut curl = std::process::Command::new("curl");
        curl.args(["-s", "--noproxy", "*", "--http1.1", "--cacert"]).arg(authority.root());
        let curl = curl.arg(format!("{}/metrics", node.url)).output().unwrap();
        let metrics = String::from_utf8(curl.stdout).unwrap();
        let open = metrics.lines().find_map(|line| line.strip_prefix("tiezheng_connections ")?.parse::<f64>().ok());
        open.unwrap()
    };
    // The connection of the question itself is the one that is left.
    crate::support::waiting::until("one connection", || open() < 1.5).await;
    drop(connection);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_too_many_fields_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let node = node(folder.path(), &authority, &[]);
    let (sender, connection) = connect(&node, &authority, 1 << 20).await;
    let driver = tokio::spawn(connection);
    let mut sender = sender.ready().await.unwrap();
    let with_fields = |count: usize| {
        let mut request = get(&node, "/v1/ledger");
        for _ in 0..count {
            request.headers_mut().append("x-repeated", http::HeaderValue::from_static("x"));
        }
        request
    };
    for (count, status) in [(50, 200), (300, 431)] {
        let (answer, _) = sender.send_request(with_fields(count), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), status, "{count}");
    }
    drop((sender, driver));
    node.stop();
}
