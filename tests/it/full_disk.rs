//! A node whose disk is full: strace makes the writes of the database fail, for as long as it is attached.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::depositor::note_for;
use crate::support::process::{Node, http_client, program};
use crate::support::test_node::request;

/// Every write to the files of the database that there are or may come fails with this error.
struct Failing(Child);

impl Failing {
    fn writes(node: u32, data: &Path, error: &str) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-e", "trace=write", "-e", &format!("inject=write:error={error}")]);
        for path in database_files(data) {
            strace.arg("-P").arg(path);
        }
        strace.args(["-p", &node.to_string()]).stderr(Stdio::piped());
        let mut child = strace.spawn().expect("this test needs strace: .ci/setup.sh test installs it");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let attached = lines.any(|line| line.unwrap().contains("attached"));
        assert!(attached, "strace may not attach to a process of the same user: is ptrace forbidden here?");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    /// There is room again.
    fn end(mut self) {
        rustix::process::kill_process(pid(&self.0), rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap();
    }
}

fn pid(child: &Child) -> rustix::process::Pid {
    rustix::process::Pid::from_child(child)
}

/// Logs and tables by the names that RocksDB gives them: those there are and the next hundred.
fn database_files(data: &Path) -> Vec<PathBuf> {
    let db = data.join("db");
    let number = |name: &str| name.split_once('.').and_then(|(number, _)| number.parse::<u64>().ok());
    let names = fs::read_dir(&db).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let last = names.filter_map(|name| number(&name)).max().unwrap();
    (1..last + 100).flat_map(|n| ["log", "sst"].map(|kind| db.join(format!("{n:06}.{kind}")))).collect()
}

async fn deposit(node: &Node, origin: &str, n: u64) -> (u16, Value) {
    let deposit = http_client().post(format!("{}/v1/deposits", node.url)).header("content-type", "application/json");
    let answer = deposit.body(request(&note_for(origin, n))).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn get(node: &Node, path: &str) -> (u16, Value) {
    let answer = http_client().get(format!("{}{path}", node.url)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_are_rejected_reading_goes_on_and_room_ends_it_without_a_restart() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let node = Node::start(&data, &[]);
    let origin = get(&node, "/v1/ledger").await.1["origin"].as_str().unwrap().to_owned();
    let (status, first) = deposit(&node, &origin, 1).await;
    assert_eq!(status, 201);
    let number = first["entry"].as_str().unwrap().lines().nth(1).unwrap().strip_prefix("number ").unwrap().to_owned();

    for (round, error) in [(0_u64, "ENOSPC"), (1, "EDQUOT")] {
        let full = Failing::writes(node.id(), &data, error);
        for _ in 0..3 {
            let (status, problem) = deposit(&node, &origin, 10 + round).await;
            assert_eq!((status, &problem["code"]), (503, &"disk_full".into()), "{problem}");
            assert_eq!(get(&node, &format!("/v1/deposits/{number}")).await.0, 200, "reading goes on");
        }
        let (status, problem) = get(&node, "/health/ready").await;
        assert_eq!((status, &problem["code"]), (503, &"disk_full".into()), "{problem}");
        // Long enough that recovery was tried with the disk still full.
        let attempts = || async {
            let metrics = http_client().get(format!("{}/metrics", node.url)).send().await.unwrap();
            let text = metrics.text().await.unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("tiezheng_recovery_attempts_total "));
            line.map_or(0, |count| count.parse::<u64>().unwrap())
        };
        let before = attempts().await;
        while attempts().await < before + 2 {
            assert_eq!(get(&node, &format!("/v1/deposits/{number}")).await.0, 200, "reading goes on");
        }
        full.end();
        let again = loop {
            match deposit(&node, &origin, 10 + round).await {
                (503, _) => tokio::task::yield_now().await,
                answered => break answered,
            }
        };
        assert!([200, 201].contains(&again.0), "{again:?}");
        assert_eq!(deposit(&node, &origin, 20 + round).await.0, 201);
        assert_eq!(get(&node, "/health/ready").await.0, 200);
        assert_eq!(get(&node, &format!("/v1/deposits/{number}")).await.0, 200);
    }
    node.stop();
    let audit =
        program().arg("audit").arg(&data).env("TIEZHENG_CONFIG", scratch.path().join("config")).output().unwrap();
    assert!(
        audit.status.success(),
        "{}{}",
        String::from_utf8_lossy(&audit.stdout),
        String::from_utf8_lossy(&audit.stderr)
    );
}
