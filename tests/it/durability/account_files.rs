//! Durability of acknowledged data outside the chain: enrolled keys, revocations, originals; and copies of a ledger.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::TracedNode;
use crate::support::depositor::{content, depositor};
use crate::support::process::{http_client, program};
use crate::support::trace::{Event, Trace, traced};

/// Changes within the folders that a power cut could take back, at each answer that says that a request was carried out.
fn at_risk_at_answers(trace: &Trace, folders: &[PathBuf]) -> Vec<String> {
    let mut at_risk = Vec::new();
    for (end, event) in trace.0.iter().enumerate() {
        if matches!(event, Event::Send(text) if text.starts_with("HTTP/1.1 20")) {
            let before = Trace(trace.0[..end].to_vec());
            at_risk.extend(folders.iter().flat_map(|folder| at_risk_in(&before, folder)));
        }
    }
    at_risk
}

fn at_risk_in(trace: &Trace, folder: &Path) -> Vec<String> {
    [trace.names_at_risk(folder), trace.changes_at_risk(folder)].concat()
}

/// The files and folders within `folder` that were flushed.
fn flushed_in(trace: &Trace, folder: &Path) -> Vec<PathBuf> {
    trace.flushed().into_iter().filter(|path| path.starts_with(folder)).collect()
}

/// The operator of a node, whose token is good for all that is asked here.
struct Operator {
    client: Client,
    url: String,
    token: String,
}

impl Operator {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn ask(&self, request: RequestBuilder, status: u16) -> Value {
        let answer = request.send().await.unwrap();
        let (found, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(found, status, "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.ask(request.body(body.to_string()), status).await
    }
}

#[tokio::test]
async fn keys_revocations_and_originals_are_flushed_before_they_are_acknowledged() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().to_owned();
    let token = scratch.path().join("operator.token");
    let (option, file) = ("--operator-token".to_owned(), token.to_str().unwrap().to_owned());
    let node = tokio::task::spawn_blocking(move || TracedNode::start(&path, &[&option, &file])).await.unwrap();
    let token = std::fs::read_to_string(token).unwrap().trim().to_owned();
    let by = Operator { client: http_client(), url: node.url.clone(), token };

    let me = by.ask(by.request(Method::GET, "/v1/me"), 200).await;
    let account = me["account"].as_str().unwrap();
    let key = depositor(1).verifier().clone();
    by.post("/v1/accounts/me/keys", json!({ "key": key.to_string() }), 201).await;
    by.ask(by.request(Method::DELETE, &format!("/v1/accounts/me/keys/{}", key.name())), 204).await;
    let tokens = format!("/v1/accounts/{account}/tokens");
    let issued = by.post(&tokens, json!({ "scopes": ["read"], "days": 1 }), 201).await;
    by.post(&format!("/v1/tokens/{}/revocation", issued["id"].as_str().unwrap()), json!({}), 200).await;
    let original = b"an original".repeat(1_000);
    let sha256 = content(&original).sha256.unwrap().to_string();
    let asked = json!({ "sha_256": sha256, "size": original.len(), "name": "合同" });
    let made = by.post("/v1/entrusted-deposits", asked, 201).await;
    let number = made["deposit_number"].as_str().unwrap();
    let upload = by.request(Method::PUT, &format!("/v1/deposits/{number}/original"));
    by.ask(upload.header("content-type", "application/octet-stream").body(original), 201).await;
    let (trace, data) = tokio::task::spawn_blocking(|| node.stop()).await.unwrap();

    let folders = [data.join("accounts"), data.join("originals")];
    assert_eq!(at_risk_at_answers(&trace, &folders), Vec::<String>::new());
    for folder in &folders {
        let flushed = flushed_in(&trace, folder);
        assert!(flushed.len() > 1, "{} and what is in it: {flushed:?}", folder.display());
        for lost in flushed {
            let broken = trace.without(|path| path == lost);
            assert_ne!(at_risk_at_answers(&broken, &folders), Vec::<String>::new(), "{} unflushed", lost.display());
        }
    }
}

/// Runs the program, which must end well; what it did.
fn run_traced(mut command: Command, scratch: &Path) -> Trace {
    command.env("TIEZHENG_CONFIG", scratch.join("config"));
    let log = scratch.join("copy.strace");
    let output = traced(&command, &log).output().expect("these tests need strace: .ci/setup.sh test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Trace::read(&log)
}

#[test]
fn a_backup_and_a_restore_are_flushed_before_they_are_announced() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    crate::support::process::Node::start(&data, &[]).stop();
    let (copies, restored) = (scratch.path().join("copies"), scratch.path().join("restored"));
    std::fs::create_dir(&copies).unwrap();
    let backup = copies.join("backup");
    let mut copying = program();
    copying.args(["--lang", "en", "backup"]).arg(&data).arg("--to").arg(&backup);
    let mut restoring = program();
    restoring.args(["--lang", "en", "restore"]).arg(&backup).arg("--data").arg(&restored);
    for (command, folder, announcement) in
        [(copying, &copies, "copied, the database"), (restoring, &restored, "restored, the database compared")]
    {
        let before = run_traced(command, scratch.path()).until(announcement);
        assert_eq!(at_risk_in(&before, folder), Vec::<String>::new(), "{announcement}");
        if folder == &restored {
            let mut names = before.0.iter().filter_map(|event| match event {
                Event::Name(_, to) if to.parent() == Some(folder.as_path()) => to.file_name(),
                _ => None,
            });
            assert_eq!(names.next_back(), Some("mark".as_ref()), "without the checkpoint file no ledger is opened");
        }
        // RocksDB's lock and an empty folder have no content that could be lost.
        let flushed: Vec<_> = flushed_in(&before, folder)
            .into_iter()
            .filter(|path| !path.ends_with("LOCK") && !path.ends_with("originals"))
            .collect();
        let holds = |name: &str| flushed.iter().any(|path| path.ends_with(name));
        assert!(["db", "db/CURRENT", "mark", "ledger.key"].into_iter().all(holds), "{announcement}: {flushed:?}");
        for lost in flushed {
            let broken = before.without(|path| path == lost);
            assert_ne!(at_risk_in(&broken, folder), Vec::<String>::new(), "{} unflushed", lost.display());
        }
    }
}
