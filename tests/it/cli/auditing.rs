//! `audit` of a running node, and `index rebuild` of a stopped one.

use std::path::Path;

use serde_json::Value;
use tiezheng::ledger::cosignature::Cosigner;
use tiezheng::ledger::key::Name;
use tiezheng::ledger::time::Timestamp;
use tiezheng::store::traits::LogReader as _;

use crate::cli::workspace::Workspace;
use crate::support::depositor::ledger_key;
use crate::support::operator::Operator;
use crate::support::process::program;
use crate::support::served_log::ServedLog;

/// Runs the program in `folder`. Returns its exit code and the documents that it prints.
fn run_in(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = program().arg("--json").args(arguments).current_dir(folder).env("TIEZHENG_CONFIG", folder).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn a_log_is_audited_with_a_policy_and_an_audit_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Operator::of(&*crate::support::ledger::grow(300).0);
    let is_header = |index: &usize| whole.leaves[*index].starts_with(b"tiezheng block");
    let last = (0..200).rfind(is_header).unwrap();
    let mut first = Operator::of(&whole);
    first.leaves.truncate(last + 1);
    first.sign(&ledger_key());
    let log = ServedLog::of(&first);
    let witness = Cosigner::new(Name::parse("court.example").unwrap(), &[5; 32]).unwrap();
    let policy = format!("log {}\nwitness court {}\nquorum court\n", ledger_key().verifier(), witness.key());
    std::fs::write(folder.path().join("policy"), policy).unwrap();
    let audit = ["audit", &log.url, "--policy", "policy", "--state", "state"];
    let (code, documents) = run_in(folder.path(), &audit);
    assert_eq!((code, documents[0]["findings"][0]["code"].as_str()), (Some(1), Some("quorum")), "{documents:?}");
    assert_eq!(documents[0]["cosignatures"]["collected"], 0);
    log.show(&whole);
    let checkpoint = whole.published().unwrap().checkpoint.clone();
    let line = witness.cosign(checkpoint.checkpoint(), Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap());
    log.set_checkpoint(Some(format!("{}{line}\n", checkpoint.note())));
    let (code, documents) = run_in(folder.path(), &audit);
    assert_eq!((code, &documents[0]["resumed_at"]), (Some(0), &(last + 1).into()), "{documents:?}");
    assert_eq!(
        (&documents[0]["entries"], &documents[0]["cosignatures"]["quorum_reached"]),
        (&300.into(), &true.into())
    );
    // The same state against another history that the ledger's key signed.
    let mut other = Operator::of(&whole);
    other.rewrite(other.deposit(3), "size ", "size 1");
    other.reseal_honestly();
    log.show(&other);
    let (code, documents) = run_in(folder.path(), &audit);
    assert_eq!(code, Some(1));
    let codes: Vec<_> = documents[0]["findings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert!(codes.contains(&"fork".into()), "{codes:?}");
}

#[test]
fn operator_and_mirror_are_compared_and_a_contradiction_is_verified_offline() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Operator::of(&*crate::support::ledger::grow(300).0);
    let (log, mirror) = (ServedLog::of(&whole), ServedLog::of(&whole));
    std::fs::write(folder.path().join("policy"), format!("log {}\nquorum none\n", ledger_key().verifier())).unwrap();
    let audit = ["audit", &log.url, "--policy", "policy", "--compare", &mirror.url];
    let (code, documents) = run_in(folder.path(), &audit);
    assert_eq!(code, Some(0), "{documents:?}");
    assert_eq!(documents[0]["compared"].as_array().unwrap().len(), 2);
    let mut other = Operator::of(&whole);
    other.rewrite(other.deposit(3), "size ", "size 1");
    let is_header = |index: &usize| other.leaves[*index].starts_with(b"tiezheng block");
    let last = (0..200).rfind(is_header).unwrap();
    other.leaves.truncate(last + 1);
    other.reseal_honestly();
    mirror.show(&other);
    let (code, documents) = run_in(folder.path(), &audit);
    assert_eq!(code, Some(1), "{documents:?}");
    let file = documents[0]["contradiction_file"].as_str().unwrap();
    assert_eq!(file, format!("contradiction-{}-{}.txt", other.leaves.len(), whole.leaves.len()));
    let (code, documents) = run_in(folder.path(), &["contradiction", file, "--policy", "policy"]);
    assert_eq!((code, &documents[0]["contradiction"]), (Some(1), &true.into()), "{documents:?}");
    // Nothing is replaced.
    run_in(folder.path(), &audit);
    assert!(folder.path().join(file.replace(".txt", "-2.txt")).exists());
    std::fs::write(folder.path().join("none"), "tiezheng contradiction v1\n").unwrap();
    assert_eq!(run_in(folder.path(), &["contradiction", "none", "--policy", "policy"]).0, Some(2));
}

#[test]
fn a_monitor_runs_one_round_and_its_exit_code_says_what_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Operator::of(&*crate::support::ledger::grow(300).0);
    let log = ServedLog::of(&whole);
    std::fs::write(folder.path().join("policy"), format!("log {}\nquorum none\n", ledger_key().verifier())).unwrap();
    let url = log.url.clone();
    let monitor = ["monitor", &url, "--policy", "policy", "--state", "state", "--once", "--stale-after", "3650d"];
    let with_metrics = [monitor.as_slice(), &["--metrics-file", "metrics.prom"]].concat();
    let (code, documents) = run_in(folder.path(), &with_metrics);
    assert_eq!((code, &documents[0]["round"]["audited"]), (Some(0), &whole.leaves.len().into()), "{documents:?}");
    let metrics = std::fs::read_to_string(folder.path().join("metrics.prom")).unwrap();
    assert!(metrics.contains("tiezheng_monitor_open_alarms{kind=\"fork\"} 0"), "{metrics}");
    let mut other = Operator::of(&whole);
    other.rewrite(other.deposit(3), "size ", "size 1");
    other.reseal_honestly();
    log.show(&other);
    for raised in [1, 0] {
        let (code, documents) = run_in(folder.path(), &monitor);
        let alarms = documents.iter().filter(|document| document["kind"] == "fork").count();
        assert_eq!((code, alarms), (Some(1), raised), "{documents:?}");
    }
    drop(log);
    assert_eq!(run_in(folder.path(), &monitor).0, Some(2));
    let watch = [monitor.as_slice(), &["--watch", "digest", "x"]].concat();
    assert_eq!(run_in(folder.path(), &watch).0, Some(64));
}

#[test]
fn a_running_node_is_audited_and_after_that_its_folder() {
    let mut workspace = Workspace::new();
    for name in ["a", "b", "c"] {
        workspace.file(name, name);
        workspace.deposit(name, &[]);
    }
    let url = workspace.url().to_owned();
    let audited = workspace.run(&["audit", &url]).ends(0).document();
    assert_eq!((&audited["clean"], &audited["entries"], &audited["index_rows"]), (&true.into(), &3.into(), &0.into()));
    for (lang, told) in [("zh", "未核对：索引"), ("en", "not checked: index rows")] {
        let ran = workspace.say(lang, &["audit", &url]).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    assert_eq!(workspace.stop_and_count(), 3);
    assert_eq!(workspace.run(&["audit", &url]).ends(2).error(), "unreachable");
    assert_eq!(workspace.run(&["audit", "http://"]).ends(64).error(), "bad_address");
}

#[test]
fn the_index_of_a_stopped_node_is_rebuilt() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    let data = workspace.top().join("chain").to_str().unwrap().to_owned();
    let rebuild = ["index", "rebuild", &data];
    assert_eq!(workspace.run(&rebuild).ends(2).error(), "ledger_in_use");
    workspace.stop_and_count();
    let rebuilt = workspace.run(&rebuild).ends(0).document();
    assert!(rebuilt["records"].as_u64() > Some(3), "{rebuilt}");
    for (lang, told) in [("zh", "索引已重建"), ("en", "index rebuilt")] {
        let ran = workspace.say(lang, &rebuild).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    workspace.start_over(&workspace.top().join("chain").clone());
    assert_eq!(workspace.run(&["lookup", &number]).ends(0).document()["deposit_number"], number.as_str());
    assert_eq!(workspace.run(&["index", "rebuild", "nowhere"]).ends(2).error(), "no_ledger");
}
