//! Timestamp authorities that lie, fail, or are not trusted any more, as a node meets them: nothing of theirs is stored, and deposits go on.

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::time_token::verification::verify;
use tiezheng::wire::receipt;

use super::*;
use crate::cli::workspace::Workspace;
use crate::support::tsa::TestAuthority;

/// What an authority does, and the outcome that the node counts.
const FAULTS: [(&str, &str); 9] = [
    ("lies_about_time", "timestamp_time_implausible"),
    ("lies_ahead", "timestamp_time_implausible"),
    ("garbage", "timestamp_response_malformed"),
    ("other_digest", "time_token_imprint_mismatch"),
    ("wrong_nonce", "time_token_nonce_mismatch"),
    ("expired", "time_token_certificate_expired"),
    ("revoked", "time_token_certificate_revoked"),
    ("busy", "timestamp_http_status"),
    ("slow", "timestamp_timeout"),
];

/// The receipt of a deposit: its checkpoint and its tokens.
async fn attested(node: &LiveNode, number: &str) -> (SignedCheckpoint, Vec<String>) {
    let own = text(&format!("{}/v1/deposits/{number}/receipt", node.url)).await;
    let own = receipt::parse(own.as_bytes()).unwrap();
    (SignedCheckpoint::parse(own.checkpoint.as_bytes()).unwrap(), own.time_tokens)
}

fn serve(chain: &Path, authority: &TestAuthority, modes: &[&str]) -> LiveNode {
    let (ca, list) = (authority.ca_file(), authority.list_file());
    let mut arguments = vec!["--tsa-crl".to_owned(), list.to_str().unwrap().to_owned()];
    arguments.extend(["--tsa-interval".to_owned(), "1".to_owned()]);
    for mode in modes {
        arguments.extend(["--tsa".to_owned(), authority.url_of(mode)]);
        arguments.extend(["--tsa-ca".to_owned(), ca.to_str().unwrap().to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    LiveNode::start(chain, &arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bad_authority_sends_is_not_stored_and_deposits_go_on() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    create(&chain);
    let authority = TestAuthority::start();
    let modes = FAULTS.map(|(mode, _)| mode);
    let node = serve(&chain, &authority, &modes);
    workspace.file("first", "first");
    let number = workspace.run(&["deposit", "first", "--server", &node.url]).ends(0).number();
    let counted = |metrics: &str, mode: &str, outcome: &str| {
        let url = authority.url_of(mode);
        let mut lines = metrics.lines().filter(|line| line.starts_with("tiezheng_timestamp_requests_total{"));
        lines.any(|line| line.contains(&format!("authority=\"{url}\"")) && line.contains(outcome))
    };
    let metrics = eventually("all faults are counted", async || {
        // Nobody waits for an authority.
        let metrics = text(&format!("{}/metrics", node.url)).await;
        FAULTS.iter().all(|(mode, outcome)| counted(&metrics, mode, outcome)).then_some(metrics)
    })
    .await;
    for mode in modes {
        let failing = format!("tiezheng_timestamp_failing{{authority=\"{}\"}} 1", authority.url_of(mode));
        assert!(metrics.contains(&failing), "{failing}\n{metrics}");
    }
    assert!(!metrics.contains("outcome=\"stamped\""), "{metrics}");
    workspace.file("second", "second");
    let second = workspace.run(&["deposit", "second", "--server", &node.url]).ends(0).number();
    for number in [&number, &second] {
        assert_eq!(attested(&node, number).await.1, [""; 0]);
        let proof = json(&format!("{}/v1/deposits/{number}", node.url)).await["proof"].clone();
        assert_eq!((&proof["level"], &proof["time"]), (&"sealed".into(), &Value::Null), "{proof}");
    }
    node.stop();

    // Beside them an honest one is enough, and its token is the only one.
    let node = serve(&chain, &authority, &[&modes[..8], &["honest"]].concat());
    workspace.file("third", "third");
    let third = workspace.run(&["deposit", "third", "--server", &node.url]).ends(0).number();
    eventually("a timestamp", async || {
        let proof = json(&format!("{}/v1/deposits/{third}", node.url)).await["proof"].clone();
        (proof["level"] == "timestamped").then_some(())
    })
    .await;
    let (checkpoint, tokens) = attested(&node, &third).await;
    let [token] = tokens.as_slice() else { panic!("{tokens:?}") };
    let token = BASE64_STANDARD.decode(token).unwrap();
    verify(&token, checkpoint.note().text().as_bytes(), &authority.trust_with_list()).unwrap();
    node.stop();
    let audited = workspace.run(&["audit".as_ref(), chain.as_os_str()]).ends(0).document();
    assert_eq!(audited["entries"], 3);
}
