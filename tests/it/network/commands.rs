//! The operator's commands to a running node.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::process::{LiveNode, program};

fn command(arguments: &[&str], data: &Path) -> (Option<i32>, Value) {
    let said =
        program().arg("--json").args(arguments).env("TIEZHENG_CONFIG", data.with_extension("config")).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    (said.status.code(), serde_json::from_str(&text).unwrap_or_else(|_| panic!("{said:?}")))
}

fn deposit(node: &LiveNode, file: &Path, data: &Path) -> (Option<i32>, Value) {
    command(&["deposit", "--server", &node.url, file.to_str().unwrap()], data)
}

#[test]
fn a_running_node_is_backed_up_and_the_backup_is_a_whole_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let (data, target) = (folder.path().join("ledger"), folder.path().join("backup"));
    let node = LiveNode::start(&data, &["--test"]);
    for n in 0..3 {
        let file = folder.path().join(format!("evidence-{n}.txt"));
        fs::write(&file, format!("evidence {n}")).unwrap();
        assert_eq!(deposit(&node, &file, &data).0, Some(0));
    }
    let (data_text, target_text) = (data.to_str().unwrap(), target.to_str().unwrap());
    let (code, backup) = command(&["backup", data_text, "--to", target_text], &data);
    assert_eq!(code, Some(0), "{backup}");
    assert!(!data.join(".tiezheng-snapshot").exists());
    // The node goes on, and the copy does not change with it.
    let file = folder.path().join("later.txt");
    fs::write(&file, "later").unwrap();
    assert_eq!(deposit(&node, &file, &data).0, Some(0));
    let curl =
        std::process::Command::new("curl").args(["-s", "--noproxy", "*", &format!("{}/metrics", node.url)]).output();
    let metrics = String::from_utf8(curl.unwrap().stdout).unwrap();
    let at = metrics.lines().find_map(|line| line.strip_prefix("tiezheng_last_backup_timestamp_seconds "));
    assert!(at.unwrap().parse::<f64>().unwrap() > 1_700_000_000.0, "{at:?}");
    node.stop();
    let (code, audit) = command(&["audit", target_text], &data);
    assert_eq!((code, &audit["clean"], &audit["entries"]), (Some(0), &Value::Bool(true), &Value::from(3)), "{audit}");
    assert_eq!(audit["size"], backup["size"]);
    assert!(fs::read_to_string(data.join("last-backup")).unwrap().trim().parse::<u64>().unwrap() > 1_700_000_000_000);
    // It is restored as any other.
    let restored = folder.path().join("restored");
    let (code, _) = command(&["restore", target_text, "--data", restored.to_str().unwrap()], &data);
    assert_eq!(code, Some(0));
    LiveNode::start(&restored, &[]).stop();
}

#[test]
fn a_backup_beside_deposits_holds_every_block_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let node = LiveNode::start(&data, &["--test"]);
    let url = node.url.clone();
    let load = std::thread::spawn(move || {
        let mut load = program();
        load.args(["--json", "load", "--server", &url, "--rounds", "1", "--deposits", "4000"]);
        load.args(["--connections", "32", "--no-ceilings"]).output().unwrap().status.success()
    });
    let mut sizes = Vec::new();
    for n in 0..4 {
        let target = folder.path().join(format!("backup-{n}"));
        let (code, backup) = command(&["backup", data.to_str().unwrap(), "--to", target.to_str().unwrap()], &data);
        assert_eq!(code, Some(0), "{backup}");
        sizes.push(backup["size"].as_u64().unwrap());
        let (code, audit) = command(&["audit", "--no-signatures", target.to_str().unwrap()], &data);
        assert_eq!((code, &audit["clean"]), (Some(0), &Value::Bool(true)), "{audit}");
    }
    assert!(load.join().unwrap());
    assert!(sizes.is_sorted(), "{sizes:?}");
    node.stop();
}

#[test]
fn the_policy_changes_at_once_and_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("ledger"), folder.path().join("evidence.txt"));
    fs::write(&file, "evidence").unwrap();
    let data_text = data.to_str().unwrap();
    let node = LiveNode::start(&data, &["--test"]);
    assert_eq!(fs::metadata(data.join("control.sock")).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, status) = command(&["control", "--data", data_text, "status"], &data);
    assert_eq!((code, &status["deposits"], &status["writing"]), (Some(0), &"open".into(), &true.into()), "{status}");
    let (code, changed) = command(&["control", "--data", data_text, "deposits", "accounts"], &data);
    assert_eq!(
        (code, &changed["deposits"], &changed["deposits_before"]),
        (Some(0), &"accounts".into(), &"open".into())
    );
    let (code, refused) = deposit(&node, &file, &data);
    assert_ne!(code, Some(0));
    assert!(refused.to_string().contains("deposit_by_token_only"), "{refused}");
    // There is no certificate to reload, which is said.
    let (code, refused) = command(&["control", "--data", data_text, "reload"], &data);
    assert_eq!((code, &refused["error"]["code"]), (Some(2), &"tls_not_configured".into()), "{refused}");
    node.stop();
    let (code, refused) = command(&["control", "--data", data_text, "status"], &data);
    assert_eq!((code, &refused["error"]["code"]), (Some(2), &"no_node".into()), "{refused}");
    let again = LiveNode::start(&data, &[]);
    assert_eq!(again.document["deposits"], "accounts");
    again.stop();
}
