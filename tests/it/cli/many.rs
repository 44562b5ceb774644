//! `deposit` of many files: in batches, in order, and interrupted at any point.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::cli::workspace::Workspace;
use crate::support::process::{Node, program};

const STATEMENT: &str = ".tiezheng-statement";
const RECEIPT: &str = ".tiezheng-receipt.json";

fn told(documents: &[Value], name: &str) -> Vec<String> {
    documents.iter().map(|document| document[name].as_str().unwrap_or("-").to_owned()).collect()
}

/// The papers in a folder that end so, with their bytes.
fn papers(folder: &Path, suffix: &str) -> BTreeMap<String, Vec<u8>> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let papers = names.filter(|name| name.ends_with(suffix));
    papers.map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

#[test]
fn of_many_files_each_has_its_own_outcome_in_order() {
    let mut workspace = Workspace::new();
    for i in 0..60 {
        workspace.file(format!("in/{i:02}"), format!("file {i}"));
    }
    let first = workspace.run(&["deposit", "-r", "in"]).ends(0).documents();
    // A file without its receipt, one that changed, one whose statement is damaged, one that is of another record, and
    // one that is new.
    let at = |name: &str, suffix: &str| workspace.path(format!("in/{name}{suffix}"));
    fs::remove_file(at("10", RECEIPT)).unwrap();
    fs::write(at("20", ""), "another file").unwrap();
    fs::write(at("30", STATEMENT), "{}").unwrap();
    fs::copy(at("41", RECEIPT), at("40", RECEIPT)).unwrap();
    for suffix in [STATEMENT, RECEIPT] {
        fs::remove_file(at("50", suffix)).unwrap();
    }
    let again = workspace.run(&["deposit", "-r", "in"]).ends(2).documents();
    assert_eq!(told(&again, "file"), told(&first, "file"));
    let errors: Vec<_> = again.iter().map(|document| document["error"]["code"].as_str().unwrap_or("-")).collect();
    for (i, ((first, again), error)) in first.iter().zip(&again).zip(errors).enumerate() {
        let expected = match i {
            20 => ("failed", "changed_since"),
            30 => ("failed", "statement_file_damaged"),
            40 => ("failed", "history_rewritten"),
            50 => ("deposited", "-"),
            _ => ("already_deposited", "-"),
        };
        assert_eq!((again["status"].as_str().unwrap(), error), expected, "file {i}");
        assert_eq!(first["deposit"] == again["deposit"], expected.0 == "already_deposited", "file {i}");
    }
    assert_eq!(papers(&workspace.path("in"), RECEIPT).len(), 60);
    assert_eq!(workspace.stop_and_count(), 61);
}

#[test]
fn a_ledger_that_refuses_many_is_heard_for_each_and_leaves_the_way_free() {
    let mut workspace = Workspace::new();
    workspace.file("mine", "mine");
    let link = format!("withdraws={}", workspace.deposit("mine", &[]).number());
    for i in 0..20 {
        workspace.file(format!("in/{i:02}"), format!("file {i}"));
    }
    let refused = workspace.run(&["deposit", "-r", "in", "--case", "other", "--link", &link]).ends(1).documents();
    assert!(refused.len() == 20 && refused.iter().all(|document| document["error"]["code"] == "link_not_yours"));
    assert_eq!(fs::read_dir(workspace.path("in")).unwrap().count(), 20, "no statement stands in the way");
    workspace.run(&["deposit", "-r", "in", "--case", "other"]).ends(0);
    assert_eq!(workspace.stop_and_count(), 21);
}

#[test]
fn a_small_pool_takes_many_files() {
    let mut workspace = Workspace::with(&["--pool", "4"]);
    for i in 0..200 {
        workspace.file(format!("in/{i:03}"), format!("file {i}"));
    }
    let documents = workspace.run(&["deposit", "-r", "in"]).ends(0).documents();
    assert!(documents.len() == 200 && documents.iter().all(|document| document["status"] == "deposited"));
    assert_eq!(workspace.stop_and_count(), 200);
}

/// Begins to deposit the folder `in` below `top`.
fn depositing(top: &Path, url: &str) -> Child {
    let mut command = program();
    command.args(["--json", "deposit", "-r", "in"]).current_dir(top);
    command.env("TIEZHENG_CONFIG", top.join("config")).env("TIEZHENG_SERVER", url);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn interrupted_and_repeated_the_same_statements_get_their_receipts() {
    const FILES: usize = 300;
    let top = tempfile::tempdir().unwrap();
    let (data, folder) = (top.path().join("data"), top.path().join("in"));
    fs::create_dir(&folder).unwrap();
    for i in 0..FILES {
        fs::write(folder.join(format!("{i:03}")), format!("file {i}")).unwrap();
    }
    let node = Node::start(&data, &[]);
    // First the depositor is killed, then the node.
    let mut command = depositing(top.path(), &node.url);
    while papers(&folder, STATEMENT).is_empty() {}
    command.kill().unwrap();
    command.wait().unwrap();
    let first = papers(&folder, STATEMENT);
    let mut command = depositing(top.path(), &node.url);
    while papers(&folder, RECEIPT).is_empty() && command.try_wait().unwrap().is_none() {}
    node.kill();
    command.wait().unwrap();
    let (second, receipts) = (papers(&folder, STATEMENT), papers(&folder, RECEIPT));
    let node = Node::start(&data, &[]);
    assert!(depositing(top.path(), &node.url).wait().unwrap().success());
    let (last, kept) = (papers(&folder, STATEMENT), papers(&folder, RECEIPT));
    assert_eq!((last.len(), kept.len()), (FILES, FILES));
    for earlier in [first, second] {
        assert!(earlier.iter().all(|(name, bytes)| last[name] == *bytes), "a statement was made anew");
    }
    let entry = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["entry"].clone();
    assert!(receipts.iter().all(|(name, bytes)| entry(&kept[name]) == entry(bytes)));
    node.stop();
    let audit = Command::new(env!("CARGO_BIN_EXE_tiezheng")).args(["--json", "audit"]).arg(&data).output().unwrap();
    let audited: Value = serde_json::from_slice(&audit.stdout).unwrap();
    assert_eq!(audited["entries"], FILES);
}
