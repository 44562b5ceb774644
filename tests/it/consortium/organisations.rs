//! Three organisations under load: one is killed and started again, one is disconnected, one is malicious.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::{Signer, VerifierKey};
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::ledger::policy::Policy;
use tiezheng::wire::receipt;
use tokio::task::JoinHandle;

use super::*;
use crate::cli::workspace::{Workspace, ran};
use crate::support::depositor::{note, origin};
use crate::support::fake_witness::{Behaviour, FakeWitness};
use crate::support::relay::Relay;
use crate::support::test_node::{TestNode, request};

/// Deposits without a pause, each of which must be acknowledged.
struct Load {
    made: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    running: JoinHandle<Vec<String>>,
}

impl Load {
    fn on(url: &str) -> Self {
        let (made, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (url, count, ends) = (format!("{url}/v1/deposits"), Arc::clone(&made), Arc::clone(&is_over));
        let running = tokio::spawn(async move {
            let (client, mut numbers) = (http_client(), Vec::new());
            while !ends.load(Ordering::Relaxed) {
                let body = request(&note(numbers.len() as u64));
                let sent = client.post(&url).header("content-type", "application/json").body(body).send();
                let answer = sent.await.unwrap();
                let (status, bytes) = (answer.status().as_u16(), answer.bytes().await.unwrap());
                assert_eq!(status, 201, "{}", String::from_utf8_lossy(&bytes));
                numbers.push(TestNode::number(&receipt::parse(&bytes).unwrap()));
                count.store(numbers.len(), Ordering::Relaxed);
                // Leaves the two processors something for the others.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            numbers
        });
        Self { made, is_over, running }
    }

    /// Returns when so many more deposits were acknowledged.
    async fn goes_on(&self) {
        let before = self.made.load(Ordering::Relaxed);
        eventually("deposits", async || {
            tokio::time::sleep(Duration::from_millis(5)).await;
            (self.made.load(Ordering::Relaxed) >= before + 20 || self.running.is_finished()).then_some(())
        })
        .await;
    }

    /// Ends it. Returns all numbers.
    async fn end(self) -> Vec<String> {
        self.is_over.store(true, Ordering::Relaxed);
        self.running.await.unwrap()
    }
}

/// A larger checkpoint that somebody else signed in the ledger's name.
fn of_a_stranger() -> SignedCheckpoint {
    let signer = Signer::new(origin(), &[66; 32]).unwrap();
    Checkpoint { origin: origin(), size: TreeSize(1 << 40), root: Digest([3; 32]) }.sign(&signer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_are_enough_whatever_the_third_does() {
    let workspace = Workspace::alone();
    let (chain, court) = (workspace.top().join("chain"), workspace.top().join("court"));
    let key = create(&chain);
    let [at_operator, at_court, at_notary] = [Relay::start().await, Relay::start().await, Relay::start().await];
    let court_options = ["--name", "court.example", "--organisation", "示例互联网法院", "--kind", "court"];
    let notary_options = ["--name", "notary.example", "--organisation", "示例公证处", "--kind", "notary", "--mirror"];
    let first = organisation(&court, &key, &at_operator.url, &court_options);
    let notary = organisation(&workspace.top().join("notary"), &key, &at_operator.url, &notary_options);
    at_court.lead_to(&first.url);
    at_notary.lead_to(&notary.url);
    let malicious = FakeWitness::start(3, &VerifierKey::parse(&key).unwrap()).await;
    malicious.behave(Behaviour::Garbage);
    malicious.hold(Some(of_a_stranger()));
    let text = format!(
        "log {key} {}\nwitness court {} {}\nwitness notary {} {}\n{}group members 2 court notary third\nquorum members\n",
        at_operator.url,
        key_of(&first),
        at_court.url,
        key_of(&notary),
        at_notary.url,
        malicious.line("third"),
    );
    let policy = workspace.file("members.policy", &text);
    let policy = policy.to_str().unwrap();
    let node = LiveNode::start(&chain, &["--policy", policy]);
    at_operator.lead_to(&node.url);
    let load = Load::on(&node.url);
    let state = |at: usize, is: &'static str| move |listed: &Value| listed["items"][at]["state"] == is;
    listed(&node.url, "the court cosigns", state(0, "cosigning")).await;
    listed(&node.url, "the notary cosigns", state(1, "cosigning")).await;
    let third = listed(&node.url, "the third lies", state(2, "failing")).await;
    assert_eq!(third["items"][2]["error"], "malformed_answer");
    load.goes_on().await;

    // The court's machine loses its power.
    drop(first);
    listed(&node.url, "the court is gone", state(0, "failing")).await;
    malicious.behave(Behaviour::OtherCheckpoint);
    load.goes_on().await;
    let again = organisation(&court, &key, &at_operator.url, &[]);
    assert_eq!(key_of(&again), text.split_whitespace().skip_while(|word| *word != "court").nth(1).unwrap());
    at_court.lead_to(&again.url);
    listed(&node.url, "the court cosigns again", state(0, "cosigning")).await;

    // The notary office's line is cut.
    at_notary.cut();
    listed(&node.url, "the notary is gone", state(1, "failing")).await;
    load.goes_on().await;
    at_notary.lead_to(&notary.url);
    listed(&node.url, "the notary cosigns again", state(1, "cosigning")).await;
    let third = listed(&node.url, "the third lies on", |listed| listed["items"][2]["error"] == "bad_cosignature").await;
    assert_eq!(third["items"][2]["last_size"], Value::Null);
    load.goes_on().await;
    let numbers = load.end().await;
    listed(&node.url, "the quorum", is_witnessed).await;
    all_receipts_say_two_of_three(&node.url, &numbers, &Policy::parse(&text).unwrap()).await;
    all_audits_pass(&workspace, &node.url, &at_notary.url, numbers.len()).await;
    a_monitor_accuses_the_third_alone(&workspace, &node.url);
    let metrics = super::text(&format!("{}/metrics", node.url)).await;
    for line in ["cosigning{witness=\"court\"} 1", "cosigning{witness=\"notary\"} 1", "cosigning{witness=\"third\"} 0"]
    {
        assert!(metrics.contains(&format!("tiezheng_witness_{line}")), "{line}\n{metrics}");
    }
    node.stop();
    let folder = ["audit".as_ref(), chain.as_os_str(), "--policy".as_ref(), policy.as_ref()];
    assert_eq!(workspace.run(&folder).ends(0).document()["entries"], numbers.len());

    a_copy_passes_without_the_operator(&workspace, &at_notary.url, &numbers);
}

/// The mirror's copy passes with the cosignatures that both honest members have, and answers look-ups.
fn a_copy_passes_without_the_operator(workspace: &Workspace, mirror: &str, numbers: &[String]) {
    let audited = workspace.run(&["audit", mirror, "--policy", "members.policy"]).ends(0).document();
    assert_eq!((&audited["entries"], &audited["cosignatures"]["collected"]), (&numbers.len().into(), &2.into()));
    let mut look_up = workspace.command();
    look_up.args(["--json", "lookup", &numbers[0]]).env("TIEZHENG_SERVER", mirror);
    assert!(ran(look_up).ends(0).stdout.contains(&numbers[0]));
}

/// Each receipt has the cosignatures of two of the three.
async fn all_receipts_say_two_of_three(node: &str, numbers: &[String], policy: &Policy) {
    for number in numbers {
        let proof = json(&format!("{node}/v1/deposits/{number}")).await["proof"].clone();
        assert_eq!((&proof["level"], &proof["quorum_reached"]), (&"witnessed".into(), &true.into()), "{proof}");
        assert_eq!((&proof["cosignatures"], &proof["witnesses"]), (&2.into(), &3.into()), "{proof}");
        let own = super::text(&format!("{node}/v1/deposits/{number}/receipt")).await;
        let own = receipt::parse(own.as_bytes()).unwrap();
        let checkpoint = SignedCheckpoint::parse(own.checkpoint.as_bytes()).unwrap();
        let state = policy.evaluate(&checkpoint).unwrap();
        assert!(state.reached && state.cosignatures.len() == 2, "{}", own.checkpoint);
    }
}

/// Anybody audits the operator's node and the mirror, and compares them.
async fn all_audits_pass(workspace: &Workspace, node: &str, mirror: &str, deposits: usize) {
    eventually("the mirror has everything", async || {
        let followed = followed(mirror).await;
        (followed["held"] == followed["published"] && followed["size"] == followed["held"]).then_some(())
    })
    .await;
    for (url, other) in [(node, mirror), (mirror, node)] {
        let arguments = ["audit", url, "--policy", "members.policy", "--compare", other];
        let audited = workspace.run(&arguments).ends(0).document();
        assert_eq!((&audited["clean"], &audited["entries"]), (&true.into(), &deposits.into()), "{audited}");
        let quorum = &audited["cosignatures"];
        assert_eq!((&quorum["collected"], &quorum["witnesses"]), (&2.into(), &3.into()), "{quorum}");
        assert_eq!((&quorum["quorum_reached"], quorum["witnessed_size"].is_u64()), (&true.into(), true));
        assert_eq!(audited["compared"].as_array().unwrap().len(), 2);
    }
    let said = workspace.say("zh", &["audit", mirror, "--policy", "members.policy"]).ends(0).stdout;
    assert!(said.contains("见证：2 / 3，策略要求 2，已达到"), "{said}");
}

fn a_monitor_accuses_the_third_alone(workspace: &Workspace, node: &str) {
    let monitor = ["monitor", node, "--policy", "members.policy", "--state", "monitor", "--once"];
    let alarms = workspace.run(&monitor).ends(1).documents();
    let raised: Vec<_> = alarms.iter().filter(|document| document["kind"].is_string()).collect();
    let [alarm] = raised.as_slice() else { panic!("{alarms:?}") };
    assert_eq!((&alarm["kind"], &alarm["subject"]), (&"bad_signature".into(), &"third".into()), "{alarm}");
}
