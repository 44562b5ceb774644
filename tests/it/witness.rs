//! The witness as a process: the protocol, its folder, crashes.

mod crashes;
mod exchange;
mod folder;
mod mirroring;
mod rotation;

use std::path::Path;

use crate::support::process::{LiveNode, http_client, program};

/// Starts a witness in `data` that follows the ledgers `VKEY URL`.
fn start(data: &Path, ledgers: &[&str], more: &[&str]) -> LiveNode {
    LiveNode::of(command(data, ledgers, more))
}

fn command(data: &Path, ledgers: &[&str], more: &[&str]) -> std::process::Command {
    let mut command = program();
    command.args(["--json", "witness", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"]).arg(data).args(more);
    command.args(ledgers.iter().flat_map(|ledger| ["--ledger", ledger]));
    command.env("TIEZHENG_CONFIG", data.with_extension("config"));
    command
}

/// Status, media type and text of the answer to a submission.
async fn submit(url: &str, body: String) -> (u16, String, String) {
    let answer = http_client().post(format!("{url}/add-checkpoint")).body(body).send().await.unwrap();
    answered(answer).await
}

async fn get(url: &str) -> (u16, String, String) {
    answered(http_client().get(url).send().await.unwrap()).await
}

async fn answered(answer: reqwest::Response) -> (u16, String, String) {
    let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), media_type, answer.text().await.unwrap())
}
