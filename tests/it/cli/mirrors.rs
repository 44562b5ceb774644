//! A mirror beside a node: look-up, verification, receipts and audits go on when the node is gone.

use std::process::Command;

use serde_json::Value;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::cosignature::{CosignerKey, cosignatures};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::key::VerifierKey;

use crate::cli::workspace::{Workspace, ran};
use crate::support::depositor::note_for;
use crate::support::process::{LiveNode, http_client, program};
use crate::support::test_node::request;

/// Starts a mirror of the ledger with this key whose node is at `url`.
fn mirror(workspace: &Workspace, key: &str, url: &str) -> LiveNode {
    let mut command = program();
    command.args(["--json", "witness", "--mirror", "--listen", "127.0.0.1:0", "--stop-with-stdin"]);
    command.args(["--name", "mirror.example.org", "--organisation", "示例鉴定中心", "--kind", "appraisal"]);
    command.arg("--data").arg(workspace.top().join("mirror")).args(["--ledger", &format!("{key} {url}")]);
    LiveNode::of(command)
}

/// The same depositor, who asks another server.
fn asks(workspace: &Workspace, server: &str) -> Command {
    let mut command = workspace.command();
    command.env("TIEZHENG_SERVER", server).arg("--json");
    command
}

async fn json(url: &str) -> Value {
    serde_json::from_str(&http_client().get(url).send().await.unwrap().text().await.unwrap()).unwrap()
}

async fn note(url: &str) -> (SignedCheckpoint, String) {
    let text = http_client().get(url).send().await.unwrap().text().await.unwrap();
    (SignedCheckpoint::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")), text)
}

/// Returns once the mirror holds `size` leaves.
async fn holds(mirror: &str, size: u64) {
    loop {
        let described = json(&format!("{mirror}/v1/witness")).await;
        assert_eq!(described["ledgers"][0]["stopped"], Value::Null);
        if described["ledgers"][0]["held"].as_u64() >= Some(size) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_operator_is_gone_a_mirror_answers() {
    let mut workspace = Workspace::new();
    workspace.file("contract.pdf", "a contract");
    let number = workspace.deposit("contract.pdf", &[]).number();
    let operator = workspace.url().to_owned();
    let ledger = json(&format!("{operator}/v1/ledger")).await;
    let (origin, key) = (ledger["origin"].as_str().unwrap(), ledger["key"].as_str().unwrap());
    let lines: Vec<String> = (0..1_000).map(|n| request(&note_for(origin, n))).collect();
    let batch = http_client().post(format!("{operator}/v1/deposits/batch")).body(lines.concat());
    let verdicts = batch.header("content-type", "application/x-ndjson").send().await.unwrap().text().await.unwrap();
    assert_eq!(verdicts.lines().count(), 1_000);
    let published = note(&format!("{operator}/log/checkpoint")).await.0;
    let size = published.checkpoint().size.0;
    assert!(size > 1_000);

    let mirror = mirror(&workspace, key, &operator);
    assert_eq!(mirror.document["mirror"], true);
    // It yields the processor to what else runs on its machine.
    let nice = |process: &str| -> i32 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap()
    };
    assert_eq!(nice(&mirror.id().to_string()), (nice("self") + 10).min(19));
    holds(&mirror.url, size).await;
    // The node asks for a cosignature.
    let submit = http_client().post(format!("{}/add-checkpoint", mirror.url));
    let answer = submit.body(format!("old 0\n\n{}", published.note())).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let own = CosignerKey::parse(mirror.document["key"].as_str().unwrap()).unwrap();
    let id = sha256(origin.as_bytes());
    for path in ["/log/checkpoint".to_owned(), format!("/{id}/checkpoint"), format!("/{id}/log/checkpoint")] {
        let (checkpoint, text) = note(&format!("{}{path}", mirror.url)).await;
        assert!(checkpoint.verified_by(&[VerifierKey::parse(key).unwrap()]).is_ok(), "{path}");
        assert_eq!(cosignatures(&checkpoint, [&own]).unwrap().len(), 1, "{path}: {text}");
        assert_eq!(checkpoint.checkpoint(), published.checkpoint());
    }

    // The operator disappears.
    workspace.kill_node();
    for server in [mirror.url.clone(), format!("{}/{id}", mirror.url)] {
        let run = |arguments: &[&str]| {
            let mut command = asks(&workspace, &server);
            command.args(arguments);
            ran(command)
        };
        let facts = run(&["lookup", &number]).ends(0).document();
        assert!(facts.to_string().contains(&number), "{facts}");
        run(&["verify", "contract.pdf"]).ends(0);
        let audited = run(&["audit", &server]).ends(0).document();
        assert_eq!((&audited["clean"], &audited["entries"]), (&true.into(), &1_001.into()));
        workspace.file("late.pdf", "too late");
        let refused = run(&["deposit", "late.pdf"]).ends(1);
        assert_eq!(refused.error(), "read_only", "{refused:?}");
        // The paths of a log (c2sp.org/tlog-mirror).
        let tile = http_client().get(format!("{}/{id}/tile/0/000", mirror.url)).send().await.unwrap();
        assert_eq!((tile.status().as_u16(), tile.bytes().await.unwrap().len()), (200, 256 * 32));
    }
    // Also after a restart without the operator.
    mirror.stop();
    let mirror = self::mirror(&workspace, key, &operator);
    let mut command = asks(&workspace, &mirror.url);
    command.args(["lookup", &number]);
    ran(command).ends(0);
    assert_eq!(json(&format!("{}/v1/witness", mirror.url)).await["ledgers"][0]["size"], size);
    mirror.stop();
}
