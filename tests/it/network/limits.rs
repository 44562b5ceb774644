//! Limits of requests and connections, by client address.

use std::net::{IpAddr, SocketAddr};

use crate::support::process::{LiveNode, program};

/// A client with this address of its own.
fn client_of(address: &str) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address: IpAddr = address.parse().unwrap();
    reqwest::Client::builder().no_proxy().local_address(address).build().unwrap()
}

fn node(folder: &std::path::Path, variables: &[(&str, &str)]) -> LiveNode {
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command.arg(folder.join("ledger")).envs(variables.iter().copied()).env("TIEZHENG_CONFIG", folder.join("config"));
    LiveNode::of(command)
}

async fn statuses(client: &reqwest::Client, url: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        let answer = client.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        if status == 429 {
            assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
            assert!(answer.text().await.unwrap().contains("rate_limited"));
        }
        statuses.push(status);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_over_its_limit_is_told_to_wait_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path(), &[("TIEZHENG_NODE_REQUESTS_LIMIT_PER_ADDRESS", "1/20")]);
    let url = format!("{}/v1/ledger", node.url);
    let (one, other) = (client_of("127.0.0.2"), client_of("127.0.0.3"));
    let of_one = statuses(&one, &url, 200).await;
    assert_eq!(of_one.iter().filter(|status| **status == 200).count(), 20);
    assert!(of_one[20..].iter().all(|status| *status == 429));
    assert_eq!(statuses(&other, &url, 10).await, [200; 10]);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_has_a_limit_of_its_own_on_the_fast_path_and_on_the_router() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    std::fs::write(&file, "[requests.routes]\n\"GET /v1/search\" = \"1/2\"\n\"GET /v1/deposits/{number}\" = \"1/3\"\n")
        .unwrap();
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command
        .arg(folder.path().join("ledger"))
        .arg("--config")
        .arg(&file)
        .env("TIEZHENG_CONFIG", folder.path().join("config"));
    let node = LiveNode::of(command);
    let client = client_of("127.0.0.2");
    let of = async |path: &str| statuses(&client, &format!("{}{path}", node.url), 5).await;
    assert_eq!(of("/v1/deposits/T20261122-0K7M-X9QT-3D5W-MP").await, [404, 404, 404, 429, 429]);
    assert_eq!(of("/v1/search?q=20261122").await[2..], [429; 3]);
    assert_eq!(of("/v1/ledger").await, [200; 5]);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn monitoring_is_served_during_a_flood_and_metrics_to_the_named_networks_only() {
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("TIEZHENG_NODE_REQUESTS_LIMIT_PER_ADDRESS", "1/2"), ("TIEZHENG_NODE_REQUESTS_MONITORING", "127.0.0.9")];
    let node = node(folder.path(), &variables);
    let (monitor, other) = (client_of("127.0.0.9"), client_of("127.0.0.2"));
    let url = |path: &str| format!("{}{path}", node.url);
    assert_eq!(statuses(&other, &url("/health/ready"), 10).await, [200; 10]);
    assert_eq!(statuses(&other, &url("/metrics"), 3).await, [403, 403, 429]);
    let answer = monitor.get(url("/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let metrics = answer.text().await.unwrap();
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"tiezheng_http_requests_total"), "{names:?}");
    for name in names {
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} has no HELP text");
    }
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_limit_over_all_its_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    let mut command = program();
    command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]);
    command
        .arg(folder.path().join("ledger"))
        .arg("--operator-token")
        .arg(&token)
        .env("TIEZHENG_CONFIG", folder.path().join("config"));
    command.env("TIEZHENG_NODE_REQUESTS_LIMIT_PER_ACCOUNT", "1/4");
    let node = LiveNode::of(command);
    let token = std::fs::read_to_string(token).unwrap();
    let mut statuses = Vec::new();
    for n in 2..8 {
        let request = client_of(&format!("127.0.0.{n}")).get(format!("{}/v1/accounts/me", node.url));
        statuses.push(request.bearer_auth(token.trim()).send().await.unwrap().status().as_u16());
    }
    // There is no such page; the limit comes first.
    assert_eq!(statuses, [404, 404, 404, 404, 429, 429]);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_no_more_connections_than_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path(), &[("TIEZHENG_NODE_HTTP_CONNECTIONS_PER_ADDRESS", "3")]);
    let address: SocketAddr = node.url.strip_prefix("http://").unwrap().parse().unwrap();
    let connect = async || {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        socket.connect(address).await.unwrap()
    };
    let held = [connect().await, connect().await, connect().await];
    let mut refused = connect().await;
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut refused, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("too_many_connections"), "{answer}");
    assert_eq!(client_of("127.0.0.3").get(format!("{}/health/live", node.url)).send().await.unwrap().status(), 200);
    drop(held);
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_ignores_its_limit_is_disconnected_for_a_time_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path(), &[("TIEZHENG_NODE_REQUESTS_LIMIT_PER_ADDRESS", "6000/2")]);
    let url = format!("{}/v1/ledger", node.url);
    let (flooder, other) = (client_of("127.0.0.2"), client_of("127.0.0.3"));
    // 202 answers are due at once, and then 50 rejections a second: far fewer than 50 concurrent requests ask for. A round that lasts
    // longer than the disconnection, on a busy machine, is followed by another.
    let mut answered = 0;
    let mut flood = async || {
        loop {
            let round = futures_util::future::join_all((0..50).map(|_| flooder.get(&url).send())).await;
            answered += round.iter().filter(|answer| answer.is_ok()).count();
            if round.iter().any(Result::is_err) {
                return answered;
            }
            assert!(answered < 1_000_000, "the flood is answered without end");
        }
    };
    let first = flood().await;
    assert!(first > 150, "{first}");
    // New connections are closed, too.
    while flooder.get(&url).send().await.is_ok() {
        flood().await;
    }
    assert_eq!(statuses(&other, &url, 2).await, [200; 2]);
    while flooder.get(&url).send().await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    node.stop();
}
