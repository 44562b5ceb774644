//! `serve --policy`: wrong policies, and a node whose folder is an older copy.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::key::VerifierKey;
use tiezheng::ledger::time_token::verification::verify as time_token;
use tiezheng::wire::receipt;

use crate::cli::workspace::Workspace;
use crate::opening::copy;
use crate::support::fake_witness::FakeWitness;
use crate::support::process::{LiveNode, http_client};
use crate::support::tsa::TestAuthority;
use crate::support::waiting::eventually;

/// How far the witnesses have cosigned, once it is the published size.
async fn witnessed(node: &LiveNode) -> u64 {
    let client = http_client();
    eventually("the quorum", async || {
        let listed = client.get(format!("{}/v1/ledger/witnesses", node.url)).send().await.unwrap();
        let listed: Value = listed.json().await.unwrap();
        listed["witnessed_size"].as_u64().filter(|size| Some(*size) == listed["size"].as_u64())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_folder_was_rolled_back_signs_nothing() {
    let workspace = Workspace::alone();
    let (chain, before) = (workspace.top().join("chain"), workspace.top().join("before"));
    let data = chain.to_str().unwrap().to_owned();
    let first = LiveNode::start(&chain, &["--test"]);
    let key = VerifierKey::parse(first.document["key"].as_str().unwrap()).unwrap();
    first.stop();
    let witness = FakeWitness::start(1, &key).await;
    workspace.file("policy", format!("log {key}\n{}quorum w\n", witness.line("w")));
    let policy = workspace.path("policy").to_str().unwrap().to_owned();
    let more = ["--policy", &policy, "--require-witnesses-at-start"];
    let second = LiveNode::start(&chain, &more);
    let old = witnessed(&second).await;
    second.stop();
    copy(&chain, &before);
    // A complete folder may start again, and goes on.
    let third = LiveNode::start(&chain, &more);
    workspace.file("a", "a");
    workspace.run(&["deposit", "a", "--server", &third.url]).ends(0);
    let new = witnessed(&third).await;
    assert!(new > old && witness.size() == new);
    third.stop();
    fs::remove_dir_all(&chain).unwrap();
    copy(&before, &chain);
    let listen = ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--policy", &policy];
    let refused = workspace.run(&listen).ends(1);
    assert_eq!(refused.error(), "rolled_back");
    assert_eq!(witness.size(), new);
    for (lang, said) in [("en", format!("has only {old}")), ("zh", format!("仅有 {old} 条"))] {
        let text = workspace.say(lang, &listen).ends(1).stderr;
        assert!(text.contains(&said), "{text}");
    }
}

fn serve<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--data", data, "--listen", "127.0.0.1:0"], more].concat()
}

#[test]
fn a_policy_that_a_node_cannot_use_is_refused_with_its_line() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    let data = chain.to_str().unwrap().to_owned();
    let first = LiveNode::start(&chain, &["--test"]);
    let key = first.document["key"].as_str().unwrap().to_owned();
    first.stop();
    for (text, en, zh) in [
        (format!("log {key}\n"), "line 2: the quorum line is missing", "第 2 行：缺少 quorum 行"),
        (format!("log {key}\nwitness w x\nquorum none\n"), "line 2", "第 2 行：密钥有误"),
        ("quorum none\n".to_owned(), "no `log` line has the key", "没有任何 log 行"),
    ] {
        workspace.file("policy", &text);
        let arguments = serve(&data, &["--policy", "policy"]);
        assert_eq!(workspace.run(&arguments).ends(64).error(), "bad_policy");
        for (lang, said) in [("en", en), ("zh", zh)] {
            let told = workspace.say(lang, &arguments).ends(64).stderr;
            assert!(told.contains(said), "{told}");
        }
    }
    workspace.file("policy", format!("log {key}\nquorum none\n"));
    for more in [&["--ack", "witnessed"][..], &["--policy", "policy", "--ack", "witnessed"]] {
        assert_eq!(workspace.run(&serve(&data, more)).ends(64).error(), "bad_setting");
    }
    assert_eq!(workspace.run(&serve(&data, &["--policy", "absent"])).ends(2).error(), "io");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witnessed_checkpoint_is_timestamped_and_receipts_carry_the_token() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    let first = LiveNode::start(&chain, &["--test"]);
    let key = VerifierKey::parse(first.document["key"].as_str().unwrap()).unwrap();
    first.stop();
    let (witness, authority) = (FakeWitness::start(1, &key).await, TestAuthority::start());
    workspace.file("policy", format!("log {key}\n{}quorum w\n", witness.line("w")));
    let policy = workspace.path("policy").to_str().unwrap().to_owned();
    let (url, ca) = (authority.url(), authority.ca_file().to_str().unwrap().to_owned());
    let node = LiveNode::start(&chain, &["--policy", &policy, "--tsa", &url, "--tsa-ca", &ca, "--tsa-interval", "1"]);
    workspace.file("a", "a");
    let number = workspace.run(&["deposit", "a", "--server", &node.url]).ends(0).number();
    let client = http_client();
    let proof = eventually("a timestamp", async || {
        let found = client.get(format!("{}/v1/deposits/{number}", node.url)).send().await.unwrap();
        let proof = found.json::<Value>().await.unwrap()["proof"].clone();
        (proof["level"] == "timestamped").then_some(proof)
    })
    .await;
    assert_eq!((&proof["quorum_reached"], proof["time"].is_string()), (&true.into(), true), "{proof}");
    // The node's own verification counts by its own policy.
    let own = client.post(format!("{}/v1/deposits/{number}/verification", node.url));
    let own = own.header("content-type", "application/octet-stream").body("a").send().await.unwrap();
    let own: Value = own.json().await.unwrap();
    assert_eq!(own["witnesses"]["quorum_reached"], true, "{own}");
    assert_eq!((&own["witnesses"]["policy_of"], own["trusted_time"].is_object()), (&"node".into(), true), "{own}");
    let receipt = client.get(format!("{}/v1/deposits/{number}/receipt", node.url)).send().await.unwrap();
    let receipt = receipt::parse(&receipt.bytes().await.unwrap()).unwrap();
    let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
    let [token] = receipt.time_tokens.as_slice() else { panic!("{:?}", receipt.time_tokens) };
    let token = BASE64_STANDARD.decode(token).unwrap();
    time_token(&token, checkpoint.note().text().as_bytes(), &authority.trust()).unwrap();
    assert_eq!(checkpoint.note().signatures().len(), 2, "the stamped checkpoint has its quorum");
    let metrics = client.get(format!("{}/metrics", node.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("tiezheng_timestamp_failing{authority=") && metrics.contains("outcome=\"stamped\""));
    node.stop();
    let data = chain.to_str().unwrap();
    assert_eq!(workspace.run(&serve(data, &["--tsa", &url])).ends(64).error(), "bad_setting");
    assert_eq!(workspace.run(&serve(data, &["--tsa", &url, "--tsa-ca", &policy])).ends(64).error(), "bad_certificates");
}
