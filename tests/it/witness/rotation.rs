//! A ledger key is replaced while a witness follows the ledger: both as processes.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tiezheng::client::ledger_client::LedgerClient;
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::{Signer, VerifierKey};
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{Question, verify};
use tiezheng::wire::deposit::DepositRequest;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::support::depositor::note_for;
use crate::support::process::{LiveNode, http_client, program};
use crate::support::waiting::eventually;
use crate::witness::{get, start, submit};

/// A fixed address for a node that listens on another port after each start.
struct Relay {
    url: String,
    target: Arc<Mutex<String>>,
}

impl Relay {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Arc::new(Mutex::new("127.0.0.1:9".to_owned()));
        let shared = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let to = shared.lock().unwrap().clone();
                tokio::spawn(async move {
                    if let Ok(mut node) = TcpStream::connect(to).await {
                        // Either side may end it.
                        let _ = copy_bidirectional(&mut client, &mut node).await;
                    }
                });
            }
        });
        Self { url, target }
    }

    fn lead_to(&self, node: &LiveNode) {
        node.url.trim_start_matches("http://").clone_into(&mut self.target.lock().unwrap());
    }
}

/// Deposits note `n` and returns its receipt.
async fn deposit(node: &LiveNode, n: u64) -> tiezheng::ledger::receipt::Receipt {
    let client = LedgerClient::new(&node.url).unwrap();
    let request =
        DepositRequest { statement: note_for(node.document["ledger"].as_str().unwrap(), n).to_string(), private: None };
    client.deposit(&serde_json::to_vec(&request).unwrap()).await.unwrap().0
}

/// The node's checkpoint, once every witness of the quorum has cosigned it.
async fn witnessed(node: &LiveNode) -> SignedCheckpoint {
    let client = http_client();
    eventually("the quorum", async || {
        let listed = client.get(format!("{}/v1/ledger/witnesses", node.url)).send().await.unwrap();
        let listed: Value = listed.json().await.unwrap();
        (listed["witnessed_size"].as_u64()? == listed["size"].as_u64()?).then_some(())
    })
    .await;
    let (_, _, text) = get(&format!("{}/log/checkpoint", node.url)).await;
    SignedCheckpoint::parse(text.as_bytes()).unwrap()
}

fn is_signed_by(checkpoint: &SignedCheckpoint, key: &VerifierKey) -> bool {
    checkpoint.verified_by(std::slice::from_ref(key)).is_ok()
}

async fn a_witness_follows_a_rotation(more: &[&str]) {
    let root = tempfile::tempdir().unwrap();
    let (chain, folder) = (root.path().join("chain"), root.path().join("witness"));
    let first = LiveNode::start(&chain, &["--test"]);
    let old = VerifierKey::parse(first.document["key"].as_str().unwrap()).unwrap();
    first.stop();
    let relay = Relay::start().await;
    let witness = start(&folder, &[&format!("{old} {}", relay.url)], &[&["--name", "w.example"], more].concat());
    let policy = root.path().join("policy");
    let line = format!("witness w {} {}", witness.document["key"].as_str().unwrap(), witness.url);
    fs::write(&policy, format!("log {old}\n{line}\nquorum w\n")).unwrap();
    let with_policy = ["--policy", policy.to_str().unwrap()];
    let node = LiveNode::start(&chain, &with_policy);
    relay.lead_to(&node);
    deposit(&node, 1).await;
    witnessed(&node).await;
    node.stop();
    let mut rotate = program();
    rotate.args(["--json", "key", "rotate", "--data"]).arg(&chain).arg("--next-key").arg(chain.join("next.key"));
    let rotated = rotate.arg("--next-key-out").arg(root.path().join("after.key")).output().unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    let stolen = Signer::parse(fs::read_to_string(chain.join("previous.key")).unwrap().trim()).unwrap();
    let node = LiveNode::start(&chain, &with_policy);
    relay.lead_to(&node);
    let new = VerifierKey::parse(node.document["key"].as_str().unwrap()).unwrap();
    assert_ne!(old, new);
    // The witness goes on; and since it accepts the new key alone, the old one soon signs no more.
    let mut n = 2;
    let checkpoint = eventually("the end of the old key's signatures", async || {
        let receipt = deposit(&node, n).await;
        n += 1;
        let report = verify(&Question::about(&receipt, &Trust::new(vec![old.clone()])));
        assert_eq!(report.conclusion, Conclusion::RecordOnly, "{report:?}");
        let checkpoint = witnessed(&node).await;
        assert!(is_signed_by(&checkpoint, &new));
        (!is_signed_by(&checkpoint, &old)).then_some(checkpoint)
    })
    .await;
    // The private key that nobody needs any more does not stay on the disk.
    eventually("the file of the old key is removed", async || (!chain.join("previous.key").exists()).then_some(()))
        .await;
    // A copy of it is not accepted any more.
    let size = checkpoint.checkpoint().size;
    let forged = Checkpoint { size: TreeSize(size.0 + 1), root: Digest([7; 32]), ..checkpoint.checkpoint().clone() };
    let forged = forged.sign(&stolen).unwrap();
    let (status, _, said) = submit(&witness.url, format!("old {size}\n\n{}", forged.note())).await;
    assert_eq!(status, 403, "{said}");
    witness.stop();
    // What the witness has followed is on its disk: it may be started with either key, and with no other.
    for key in [&old, &new] {
        start(&folder, &[&format!("{key} {}", relay.url)], more).stop();
    }
    let stranger = Signer::new(new.name().clone(), &[9; 32]).unwrap();
    let refused = super::command(&folder, &[&format!("{} {}", stranger.verifier(), relay.url)], more).output().unwrap();
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_goes_on_cosigning_after_a_rotation() {
    a_witness_follows_a_rotation(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_goes_on_cosigning_after_a_rotation() {
    a_witness_follows_a_rotation(&["--mirror"]).await;
}
