//! Several organisations, each a process with a folder and a key of its own: an operator, witnesses, mirrors, timestamp authorities.
//! Attacks and failures of one, and who of the others detects them.

mod authorities;
mod operators;
mod organisations;
mod snapshots;
mod witnesses;

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::query::proofs;
use tiezheng::store::traits::LedgerReader;

use crate::support::process::{LiveNode, http_client, program};
use crate::support::waiting::eventually;

/// Starts the witness of an organisation in `data`, for the ledger with this key whose node is at `url`.
fn organisation(data: &Path, key: &str, url: &str, more: &[&str]) -> LiveNode {
    let mut command = program();
    command.args(["--json", "witness", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]).arg(data).args(more);
    command.args(["--ledger", &format!("{key} {url}")]).env("TIEZHENG_CONFIG", data.with_extension("config"));
    LiveNode::of(command)
}

/// A new test ledger in `data`, which is stopped again. Returns its key.
fn create(data: &Path) -> String {
    let node = LiveNode::start(data, &["--test", "--origin", "test.example/ledger"]);
    let key = node.document["key"].as_str().unwrap().to_owned();
    node.stop();
    key
}

/// The key of a witness.
fn key_of(witness: &LiveNode) -> &str {
    witness.document["key"].as_str().unwrap()
}

async fn json(url: &str) -> Value {
    let text = http_client().get(url).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url}: {text}"))
}

async fn text(url: &str) -> String {
    http_client().get(url).send().await.unwrap().text().await.unwrap()
}

/// What the witness at `url` says of its only ledger.
async fn followed(url: &str) -> Value {
    json(&format!("{url}/v1/witness")).await["ledgers"][0].clone()
}

/// The latest checkpoint that the witness at `url` has cosigned.
async fn latest(url: &str) -> SignedCheckpoint {
    let note = text(&format!("{url}/{}/checkpoint", sha256(b"test.example/ledger"))).await;
    SignedCheckpoint::parse(note.as_bytes()).unwrap_or_else(|error| panic!("{error}: {note}"))
}

/// Submits `note` with a proof by `tree` from `old` on. Returns status and text.
async fn submit(url: &str, tree: &dyn LedgerReader, old: u64, note: &str) -> (u16, String) {
    let new = SignedCheckpoint::parse(note.as_bytes()).unwrap().checkpoint().size.min(tree.published().unwrap().size());
    let lines: String = if old == 0 || old >= new.0 {
        String::new()
    } else {
        let proof = proofs::consistency(tree, TreeSize(old), new).unwrap();
        proof.hashes().iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes()) + "\n").collect()
    };
    let body = format!("old {old}\n{lines}\n{note}");
    let answer = http_client().post(format!("{url}/add-checkpoint")).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The witnesses that the node at `url` asks, once `is_so`.
async fn listed(url: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let listed = json(&format!("{url}/v1/ledger/witnesses")).await;
        is_so(&listed).then_some(listed)
    })
    .await
}

/// Whether all that is published has its quorum.
fn is_witnessed(listed: &Value) -> bool {
    listed["size"].is_u64() && listed["witnessed_size"] == listed["size"]
}

/// The codes of the findings of an audit.
fn findings(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}
