//! `timestamp now` and `timestamp renew`, the renewal that a node does by itself, and what a verification makes of them.

use serde_json::Value;

use crate::cli::workspace::Workspace;
use crate::support::process::{LiveNode, http_client};
use crate::support::tsa::TestAuthority;
use crate::support::waiting::eventually;

async fn json(url: String) -> Value {
    http_client().get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_stamped_on_demand_and_renewed_before_it_becomes_weak() {
    let (workspace, authority) = (Workspace::alone(), TestAuthority::start());
    let (chain, ca) = (workspace.top().join("chain"), authority.ca_file().to_str().unwrap().to_owned());
    let data = chain.to_str().unwrap().to_owned();
    let timestamp = |more: &[&str]| workspace.run(&[&["timestamp"][..], more, &["--data", &data]].concat());
    let with = |url: &str| {
        let more = ["--tsa", url, "--tsa-ca", &ca, "--tsa-interval", "720h", "--tsa-renew-before", "3650"];
        LiveNode::start(&chain, &[&["--test"][..], &more].concat())
    };
    assert_eq!(timestamp(&["now"]).ends(2).error(), "no_node");
    // An RSA key of 2,048 bits, which is too short from 2031 on. No other authority can help, so nothing is renewed.
    let node = with(&authority.url());
    let before = timestamp(&["now"]).ends(0).document();
    workspace.file("a", "a");
    let number = workspace.run(&["deposit", "a", "--server", &node.url]).ends(0).number();
    let after = timestamp(&["now"]).ends(0).document();
    assert!(before["size"].as_u64() < after["size"].as_u64(), "{before} {after}");
    assert!(after["authorities"][0]["time"].is_string(), "{after}");
    let earlier = json(format!("{}/v1/deposits/{number}/earlier-timestamp", node.url)).await;
    assert_eq!(earlier["size"], before["size"]);
    let (key, url) = (node.document["key"].as_str().unwrap().to_owned(), node.url.clone());
    let verify = |url: &str, code| {
        let arguments = ["verify", "a", "--number", &number, "--server", url, "--key", &key, "--tsa-ca", &ca];
        workspace.run(&arguments).ends(code).document()
    };
    let report = verify(&url, 0);
    assert!(report["trusted_time"]["not_contained_at"]["time"].is_string(), "{report}");
    assert!(report["trusted_time"]["not_later_than"].is_string(), "{report}");
    // The node's own verification trusts its authority.
    let client = http_client();
    let own = client.post(format!("{url}/v1/deposits/{number}/verification"));
    let own = own.header("content-type", "application/octet-stream").body("a").send().await.unwrap();
    let own: Value = own.json().await.unwrap();
    assert!(own["trusted_time"]["not_later_than"].is_string(), "{own}");
    // The pages of the node verify by the same certificates.
    let published = json(format!("{url}/v1/ledger/timestamp-authorities")).await;
    let certificate = published["items"][0]["certificate"].as_str().unwrap();
    assert!(std::fs::read_to_string(&ca).unwrap().contains(certificate.trim_end()), "{published}");
    assert_eq!(published["items"].as_array().unwrap().len(), 1);
    let refused = timestamp(&["renew", "--within", "3650"]).ends(2).document();
    assert_eq!((&refused["examined"], &refused["renewed"]), (&2.into(), &0.into()), "{refused}");
    node.stop();
    // Another authority's key is long enough: the node renews by itself.
    let node = with(&authority.url_of("ecdsa"));
    let receipt = format!("{}/v1/deposits/{number}/receipt", node.url);
    let tokens = eventually("a renewal", async || {
        let receipt = json(receipt.clone()).await;
        let tokens = receipt["time_tokens"].as_array().unwrap().len();
        (tokens > 1).then_some(tokens)
    })
    .await;
    assert_eq!(tokens, 2);
    let report = verify(&node.url, 0);
    assert_eq!(report["trusted_time"]["tokens"].as_array().unwrap().len(), 2, "{report}");
    let done = timestamp(&["renew", "--within", "3650"]).ends(0).document();
    assert_eq!((&done["examined"], &done["needed"]), (&2.into(), &0.into()), "{done}");
    // Its certificate ends in 2049. A token that holds no longer is not stored.
    let none = timestamp(&["renew", "--within", "36500"]).ends(2).document();
    assert_eq!((&none["needed"], &none["renewed"]), (&2.into(), &0.into()), "{none}");
    assert_eq!(json(receipt).await["time_tokens"].as_array().unwrap().len(), 2);
    node.stop();
}

#[test]
fn a_node_without_an_authority_says_so() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    let node = LiveNode::start(&chain, &["--test"]);
    let ran = workspace.run(&["timestamp", "now", "--data", chain.to_str().unwrap()]).ends(2);
    assert_eq!(ran.error(), "no_timestamp_authority");
    node.stop();
}
