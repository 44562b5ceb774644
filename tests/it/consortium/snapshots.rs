//! The whole machine of an operator or of a witness, restored from an old copy.

use std::fs;

use super::*;
use crate::cli::workspace::Workspace;
use crate::opening::copy;
use crate::support::relay::Relay;

/// An operator whose witness is a process of its own, each behind an address that stays.
struct Pair {
    workspace: Workspace,
    policy: String,
    at_operator: Relay,
    at_witness: Relay,
    key: String,
}

impl Pair {
    async fn new() -> Self {
        let workspace = Workspace::alone();
        // All that the operator's machine holds is in one folder.
        fs::create_dir(workspace.top().join("machine")).unwrap();
        let key = create(&workspace.top().join("machine/chain"));
        let (at_operator, at_witness) = (Relay::start().await, Relay::start().await);
        let mut pair = Self { workspace, policy: String::new(), at_operator, at_witness, key };
        let witness = pair.witness();
        let text = format!("log {}\nwitness w {} {}\nquorum w\n", pair.key, key_of(&witness), pair.at_witness.url);
        witness.stop();
        pair.policy = pair.workspace.file("policy", text).display().to_string();
        pair
    }

    fn witness(&self) -> LiveNode {
        let data = self.workspace.top().join("witness");
        let witness = organisation(&data, &self.key, &self.at_operator.url, &["--name", "w.example"]);
        self.at_witness.lead_to(&witness.url);
        witness
    }

    fn node(&self) -> LiveNode {
        let node = LiveNode::start(&self.workspace.top().join("machine/chain"), &["--policy", &self.policy]);
        self.at_operator.lead_to(&node.url);
        node
    }

    /// Deposits a new file, and waits for its quorum. Returns the number.
    async fn deposit(&self, node: &LiveNode, name: &str) -> String {
        self.workspace.file(name, name);
        let number = self.workspace.run(&["deposit", name, "--server", &node.url]).ends(0).number();
        listed(&node.url, "the quorum", is_witnessed).await;
        number
    }

    /// Replaces a folder by its old copy.
    fn restore(&self, name: &str, from: &str) {
        fs::remove_dir_all(self.workspace.top().join(name)).unwrap();
        copy(&self.workspace.top().join(from), &self.workspace.top().join(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_whole_machine_restored_from_a_snapshot_signs_nothing_that_a_witness_contradicts() {
    let pair = Pair::new().await;
    let (workspace, witness) = (&pair.workspace, pair.witness());
    let node = pair.node();
    pair.deposit(&node, "a").await;
    node.stop();
    copy(&workspace.top().join("machine"), &workspace.top().join("yesterday"));
    let node = pair.node();
    let lost = pair.deposit(&node, "b").await;
    let size = followed(&witness.url).await["size"].clone();
    node.stop();
    pair.restore("machine", "yesterday");
    let chain = workspace.top().join("machine/chain");
    let start = ["serve", "--data", chain.to_str().unwrap(), "--listen", "127.0.0.1:0", "--policy", &pair.policy];
    assert_eq!(workspace.run(&start).ends(1).error(), "rolled_back");
    assert_eq!(followed(&witness.url).await["size"], size);

    // If no witness can be asked, the node starts with a warning. Of what it signs nothing is witnessed, and when the witness is there
    // again, the node stops.
    pair.at_witness.cut();
    let node = pair.node();
    workspace.file("c", "c");
    workspace.run(&["deposit", "c", "--server", &node.url]).ends(0);
    let gone = workspace.run(&["lookup", &lost, "--server", &node.url]).ends(1);
    assert!(gone.stdout.contains("not_found"), "{gone:?}");
    // Who has the receipt finds the rollback without a witness.
    let verified = workspace.run(&["verify", "b", "--server", &node.url]).ends(1).document();
    assert_eq!(verified["conclusion"]["code"], "chain_fault", "{verified}");
    pair.at_witness.lead_to(&witness.url);
    let stopped = eventually("writing is stopped", async || {
        let answer = http_client().get(format!("{}/health/ready", node.url)).send().await.unwrap();
        (answer.status() == 503).then_some(answer.text().await.unwrap())
    })
    .await;
    assert!(stopped.contains("writing_stopped") && stopped.contains("is not of its history"), "{stopped}");
    workspace.file("d", "d");
    assert_eq!(workspace.run(&["deposit", "d", "--server", &node.url]).ends(2).error(), "writing_stopped");
    assert_eq!(followed(&witness.url).await["size"], size, "the witness has cosigned nothing of the second history");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_restored_from_an_old_copy_cosigns_nothing_and_stops_no_ledger() {
    let pair = Pair::new().await;
    let witness = pair.witness();
    let node = pair.node();
    pair.deposit(&node, "a").await;
    witness.stop();
    copy(&pair.workspace.top().join("witness"), &pair.workspace.top().join("yesterday"));
    let witness = pair.witness();
    pair.deposit(&node, "b").await;
    let size = followed(&witness.url).await["size"].clone();
    witness.stop();
    copy(&pair.workspace.top().join("witness"), &pair.workspace.top().join("newest"));
    pair.restore("witness", "yesterday");
    // While it is away, the ledger goes on: the newest checkpoint has no cosignature.
    pair.workspace.file("away", "away");
    pair.workspace.run(&["deposit", "away", "--server", &node.url]).ends(0);
    let listed_now = json(&format!("{}/v1/ledger/witnesses", node.url)).await;
    assert!(listed_now["size"].as_u64() > listed_now["witnessed_size"].as_u64(), "{listed_now}");
    let newest = text(&format!("{}/log/checkpoint", node.url)).await;
    assert!(!newest.contains("— w.example "), "{newest}");
    for shown in [&listed_now["witnessed_checkpoint"], &listed_now["items"][0]["last_checkpoint"]] {
        assert!(shown.as_str().unwrap().contains("— w.example "), "{listed_now}");
    }
    // The node shows it a cosignature of its own that it does not know.
    let witness = pair.witness();
    let old = followed(&witness.url).await;
    assert!(old["stopped"].as_str().unwrap().contains("restored from an older copy"), "{old}");
    assert!(old["size"].as_u64() < size.as_u64());
    let ready = http_client().get(format!("{}/health/ready", witness.url)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let metrics = text(&format!("{}/metrics", witness.url)).await;
    assert!(metrics.contains("tiezheng_witness_stopped{ledger=\"test.example/ledger\"} 1"), "{metrics}");
    // The ledger goes on without it, and says so.
    pair.workspace.file("c", "c");
    let number = pair.workspace.run(&["deposit", "c", "--server", &node.url]).ends(0).number();
    let shown = listed(&node.url, "the witness fails", |listed| listed["items"][0]["state"] == "failing").await;
    assert_eq!(shown["items"][0]["error"], "unavailable", "{shown}");
    let proof = json(&format!("{}/v1/deposits/{number}", node.url)).await["proof"].clone();
    assert_eq!((&proof["level"], &proof["quorum_reached"]), (&"sealed".into(), &false.into()));
    // The newest copy cosigns again, and older deposits are witnessed by it.
    witness.stop();
    pair.restore("witness", "newest");
    let witness = pair.witness();
    listed(&node.url, "the quorum", is_witnessed).await;
    assert_eq!(followed(&witness.url).await["stopped"], Value::Null);
    let proof = json(&format!("{}/v1/deposits/{number}", node.url)).await["proof"].clone();
    assert_eq!(proof["level"], "witnessed");
    node.stop();
}
