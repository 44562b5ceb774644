//! Webhooks are registered for public addresses, and for networks that the operator allows.

use serde_json::json;

use crate::support::accounts::{COURT, People};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_unless_the_operator_allows_its_network() {
    let node = TestNode::in_memory(NodeConfig { webhook_networks: vec![], ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let path = format!("/v1/courts/{COURT}/webhooks");
    for url in [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://localhost:8443/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://0/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://224.0.0.1/",
        "https://1.1.1.1:22/",
    ] {
        let answer = people.by_operator().post(&path, &json!({ "url": url })).await;
        assert_eq!(answer.problem(), (422, "webhook_address_refused".into()), "{url}");
    }
    // A user who may not register one learns nothing about addresses.
    let alice = people.person("张三").await;
    let answer = people.by(&alice).post(&path, &json!({ "url": "https://10.0.0.1/" })).await;
    assert_eq!(answer.problem().0, 403);
    people.by_operator().create(&path, &json!({ "url": "https://1.1.1.1/hook" })).await;
    drop(node);

    let allowed = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    let node = TestNode::in_memory(NodeConfig { webhook_networks: allowed, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    for url in ["https://10.0.0.1/", "https://[fd00::1]:8443/", "https://[::ffff:10.0.0.1]/"] {
        people.by_operator().create(&path, &json!({ "url": url })).await;
    }
    let answer = people.by_operator().post(&path, &json!({ "url": "http://127.0.0.1:9/" })).await;
    assert_eq!(answer.problem(), (422, "webhook_address_refused".into()));
}
