//! Acknowledged data is on the disk: it survives not only a kill, which keeps the page cache, but a power cut.
//!
//! Each test traces the program's system calls and checks that the required flushes stand before what they make true. It
//! then takes each of those flushes out of the trace and checks that its absence is found: a removed flush fails the test.

mod account_files;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};

use crate::support::custodian::open_original_for;
use crate::support::depositor::note_for;
use crate::support::process::{http_client, program};
use crate::support::test_node::request;
use crate::support::trace::{Event, Trace, traced};

/// A node under strace, which ends when its standard input does.
struct TracedNode {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
    data: PathBuf,
    log: PathBuf,
}

impl TracedNode {
    fn start(scratch: &Path, more: &[&str]) -> Self {
        let (data, log) = (scratch.join("data"), scratch.join("node.strace"));
        let mut serve = program();
        serve.args(["serve", "--test", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]).arg(&data).args(more);
        serve.env("TIEZHENG_CONFIG", scratch.join("node-config"));
        let mut child = traced(&serve, &log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need strace: .ci/setup.sh test installs it");
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            let at = line.find("http://127.0.0.1:")?;
            Some(line[at..].split_whitespace().next().unwrap().trim_end_matches('/').to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, stdin, url: url.expect("the node says where it listens"), data, log }
    }

    /// Ends it; what it did.
    fn stop(mut self) -> (Trace, PathBuf) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
        (Trace::read(&self.log), self.data)
    }
}

/// Whether an event is a step.
type Matches<'a> = &'a dyn Fn(&Event) -> bool;

/// What is missing before each answer `201`: the write of the block to the log, its flush, the write of the checkpoint file,
/// its flush, in this order and since the answer before.
fn missing_before_answers(trace: &Trace, data: &Path) -> Vec<String> {
    let steps: [(&str, Matches<'_>); 4] = [
        ("write to the log", &|event| matches!(event, Event::Write(path) if is_log(path, data))),
        ("flush of the log", &|event| matches!(event, Event::Flush(path) if is_log(path, data))),
        ("write to the checkpoint file", &|event| matches!(event, Event::Write(path) if *path == data.join("mark"))),
        ("flush of the checkpoint file", &|event| matches!(event, Event::Flush(path) if *path == data.join("mark"))),
    ];
    let mut missing = Vec::new();
    let (mut done, mut answers) = (0, 0);
    for event in &trace.0 {
        if matches!(event, Event::Send(text) if text.starts_with("HTTP/1.1 201")) {
            answers += 1;
            missing.extend(steps[done..].iter().map(|(step, _)| format!("answer {answers}: no {step} before it")));
            done = 0;
        } else if done < steps.len() && steps[done].1(event) {
            done += 1;
        }
    }
    assert!(answers > 0, "no deposit was answered");
    missing
}

fn is_log(path: &Path, data: &Path) -> bool {
    path.starts_with(data.join("db")) && path.extension().is_some_and(|extension| extension == "log")
}

#[tokio::test]
async fn an_answered_deposit_is_flushed_with_its_checkpoint_and_a_new_ledger_with_its_keys() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().to_owned();
    let node = tokio::task::spawn_blocking(move || TracedNode::start(&path, &[])).await.unwrap();
    let client = http_client();
    let ledger: serde_json::Value =
        client.get(format!("{}/v1/ledger", node.url)).send().await.unwrap().json().await.unwrap();
    let origin = ledger["origin"].as_str().unwrap();
    for n in 0..5 {
        let deposit = client.post(format!("{}/v1/deposits", node.url)).header("content-type", "application/json");
        let answer = deposit.body(request(&note_for(origin, n))).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }
    let (trace, data) = tokio::task::spawn_blocking(|| node.stop()).await.unwrap();

    assert_eq!(missing_before_answers(&trace, &data), Vec::<String>::new());
    assert_ne!(missing_before_answers(&trace.without(|path| is_log(path, &data)), &data), Vec::<String>::new());
    let without_mark = trace.without(|path| path == data.join("mark"));
    assert_ne!(missing_before_answers(&without_mark, &data), Vec::<String>::new());

    // A ledger is announced only once its names are durable: the checkpoint file, the database, the keys.
    let created = trace.until("listening on");
    assert_eq!(created.names_at_risk(scratch.path()), Vec::<String>::new());
    for name in ["mark", "db", "ledger.key", "next.key"] {
        let named = |event: &Event| matches!(event, Event::Name(_, to) if *to == data.join(name));
        assert!(created.0.iter().any(named), "{name} got its name in one step");
    }
    let drafts = created.0.iter().filter_map(|event| match event {
        // The safety copy of a recovery may be lost: what it is a copy of is still there.
        Event::Name(_, to) if to.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tiezheng-")) => {
            None
        }
        Event::Name(from, to) if to.parent() == Some(&data) && to != &data.join("db") => Some(from.clone()),
        _ => None,
    });
    for lost in drafts.chain([data.clone()]) {
        let broken = created.without(|path| path == lost);
        assert_ne!(broken.names_at_risk(scratch.path()), Vec::<String>::new(), "{} unflushed", lost.display());
    }
    assert!(created.flushed().contains(scratch.path()), "the folder above has the ledger's name");
}

#[tokio::test]
async fn an_original_is_in_custody_only_once_its_object_and_both_folders_are_flushed() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, token) = (scratch.path().to_owned(), scratch.path().join("operator.token"));
    let more = ["--operator-token".to_owned(), token.to_str().unwrap().to_owned()];
    let node = tokio::task::spawn_blocking(move || TracedNode::start(&path, &more.each_ref().map(String::as_str)));
    let node = node.await.unwrap();
    open_original_for(&http_client(), &node.url, &token, &vec![7; 200_000]).await;
    let (trace, data) = tokio::task::spawn_blocking(|| node.stop()).await.unwrap();
    let originals = data.join("originals");

    let before = trace.until_last("HTTP/1.1 201");
    assert_eq!(before.names_at_risk(scratch.path()), Vec::<String>::new());
    let named = before.0.iter().find_map(|event| match event {
        Event::Name(from, to) if to.starts_with(&originals) => Some((from.clone(), to.parent().unwrap().to_owned())),
        _ => None,
    });
    let (draft, shelf) = named.unwrap_or_else(|| panic!("no object got a name: {before:?}"));
    assert!(before.0.contains(&Event::Folder(shelf.clone())), "the object's folder is new");
    for lost in [draft, shelf, originals] {
        let broken = before.without(|path| path == lost);
        assert_ne!(broken.names_at_risk(scratch.path()), Vec::<String>::new(), "{} unflushed", lost.display());
    }
    // The act that says so is on the chain, and flushed like every deposit.
    assert_eq!(missing_before_answers(&trace, &data), Vec::<String>::new());
}

#[test]
fn the_command_line_flushes_a_statement_before_it_is_sent_and_a_receipt_before_it_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let node = crate::support::process::Node::start(&scratch.path().join("data"), &[]);
    let folder = scratch.path().join("evidence");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("contract.txt");
    std::fs::File::create(&file).unwrap().write_all(b"a contract").unwrap();
    let log = scratch.path().join("deposit.strace");
    let mut deposit = program();
    deposit.args(["--lang", "en", "deposit", "--server", &node.url]).arg(&file);
    deposit.env("TIEZHENG_CONFIG", scratch.path().join("config"));
    let output = traced(&deposit, &log).output().expect("these tests need strace: .ci/setup.sh test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = Trace::read(&log);
    for (moment, name) in [("POST /v1/deposits", "statement"), ("deposited", "receipt")] {
        let before = trace.until(moment);
        assert_eq!(before.names_at_risk(scratch.path()), Vec::<String>::new(), "before {moment:?}");
        let named = before.0.iter().find_map(|event| match event {
            Event::Name(from, to) if to.parent() == Some(&folder) && to.to_string_lossy().contains(name) => {
                Some(from.clone())
            }
            _ => None,
        });
        let draft = named.unwrap_or_else(|| panic!("no {name} was named before {moment:?}: {before:?}"));
        for lost in [&draft, &folder] {
            let broken = before.without(|path| path == lost);
            assert_ne!(broken.names_at_risk(scratch.path()), Vec::<String>::new(), "{} unflushed", lost.display());
        }
    }
}
