//! File descriptors: the limit is raised at the start, and connections never use those that the database needs.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use tiezheng::ledger::key::Name;

use crate::support::depositor::statement_with;
use crate::support::process::{Node, http_client, program};

/// The program, started by a shell that sets limits first.
fn limited(limits: &str, data: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit {limits} && exec \"$0\" \"$@\"")).arg(program().get_program());
    command.args(["serve", "--test", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.env("TIEZHENG_CONFIG", data.with_extension("config"));
    command
}

#[test]
fn with_too_few_descriptors_a_node_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for language in ["zh", "en"] {
        let ended = limited("-n 200", &data).args(["--lang", language]).stdin(Stdio::null()).output().unwrap();
        assert_eq!(ended.status.code(), Some(2));
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains("200") && said.contains("ulimit -n 768"), "{said}");
    }
    assert!(!data.exists(), "nothing was created");
}

#[test]
fn the_soft_limit_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::of(limited("-n 2000 && ulimit -Sn 256", &folder.path().join("data")));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", node.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["2000", "2000"]);
}

/// More connections than the node has descriptors, each with a byte of a body: writing goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_connections_beyond_the_limit_do_not_stop_writing() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::of(limited("-n 900", &folder.path().join("data")));
    let address: SocketAddr = node.url.strip_prefix("http://").unwrap().parse().unwrap();
    let client = http_client();
    let get = async |path: &str| client.get(format!("{}{path}", node.url)).send().await;
    let checkpoint = get("/log/checkpoint").await.unwrap().text().await.unwrap();
    let ledger = Name::parse(checkpoint.lines().next().unwrap()).unwrap();
    let mut stalled = VecDeque::new();
    for n in 0..300 {
        if let Ok(mut stream) = TcpStream::connect(address) {
            let head = "POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
            let _ = stream.write_all(head.as_bytes());
            stalled.push_back(stream);
        }
        if n % 30 == 0 {
            let statement = statement_with(1, n, |statement| statement.ledger = ledger.clone());
            let body = json!({ "statement": statement.note().to_string() });
            loop {
                // Turned away while all of this address's connections are fresh; then one that stalls makes room.
                match client.post(format!("{}/v1/deposits", node.url)).json(&body).send().await {
                    Ok(answer) if answer.status() == 201 || answer.status() == 200 => break,
                    Ok(answer) => assert_eq!(answer.status(), 503),
                    Err(_) => {}
                }
                // The node ends the connection that has stalled longest: its end is what there is to wait for.
                if let Some(mut oldest) = stalled.pop_front() {
                    let _ = oldest.read_to_end(&mut Vec::new());
                }
            }
        }
    }
    drop(stalled);
    loop {
        if let Ok(answer) = get("/health/ready").await {
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(!text.contains("writing_stopped"), "{text}");
            if status == 200 {
                break;
            }
        }
    }
    node.stop();
}
