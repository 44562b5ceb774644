//! Output that cannot be written, on a full disk or into a closed pipe, never stops a node.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use crate::support::depositor::note_for;
use crate::support::process::{http_client, program};
use crate::support::test_node::request;

#[tokio::test]
async fn a_node_whose_log_and_output_cannot_be_written_seals_deposits_and_counts_the_lines() {
    let scratch = tempfile::tempdir().unwrap();
    // Every write to it fails for lack of space.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = program()
        .args(["serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"])
        .arg(scratch.path().join("data"))
        .env("TIEZHENG_CONFIG", scratch.path().join("config"))
        .env("RUST_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(full)
        .spawn()
        .unwrap();
    // The pipe is closed after the first lines.
    let url = {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.find_map(|line| {
            let line = line.unwrap();
            let at = line.find("http://127.0.0.1:")?;
            Some(line[at..].split_whitespace().next().unwrap().trim_end_matches('/').to_owned())
        })
    };
    let url = url.expect("the node says where it listens");
    let client = http_client();
    let ledger: serde_json::Value = client.get(format!("{url}/v1/ledger")).send().await.unwrap().json().await.unwrap();
    for n in 0..20 {
        let body = request(&note_for(ledger["origin"].as_str().unwrap(), n));
        let deposit = client.post(format!("{url}/v1/deposits")).header("content-type", "application/json").body(body);
        assert_eq!(deposit.send().await.unwrap().status(), 201);
    }
    loop {
        // What is no request leaves a line in the log.
        let mut stranger = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stranger.write_all(b"no request\r\n\r\n").unwrap();
        let _ = stranger.read_to_end(&mut Vec::new());
        let metrics = client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
        let dropped = metrics.lines().find_map(|line| line.strip_prefix("tiezheng_log_lines_dropped_total "));
        if dropped.is_some_and(|count| count.parse::<u64>().unwrap() > 0) {
            break;
        }
    }
    drop(child.stdin.take());
    let ended = tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}
