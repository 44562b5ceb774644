//! Limits of originals in custody: per account, in total, and by free disk space.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tiezheng::custody::space::Limits;
use tiezheng::store::memory::MemoryStore;

use super::deposits_on_behalf::deposit_on_behalf;
use super::erasing::erased;
use super::originals::{give, objects};
use crate::support::accounts::People;
use crate::support::depositor::{note, origin};
use crate::support::test_node::{NodeConfig, TestNode};

fn plan(per_owner: u64, total: u64) -> NodeConfig {
    NodeConfig { originals: Limits { per_owner, total, reserved: 0 }, ..NodeConfig::default() }
}

fn original(mark: u8, len: usize) -> Vec<u8> {
    vec![mark; len]
}

#[tokio::test]
async fn an_account_and_all_of_them_have_quotas_and_erasing_frees_them() {
    let node = TestNode::in_memory(plan(1_000, 1_500)).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let mut numbers = Vec::new();
    for (mark, len, status, code) in [
        (1, 600, 201, ""),
        (2, 401, 413, "account_quota_exceeded"),
        (3, 400, 201, ""),
        (4, 1, 413, "account_quota_exceeded"),
    ] {
        let number = deposit_on_behalf(&people, &alice, &original(mark, len), "合同").await;
        let given = give(&people.by(&alice), &node, &number, &original(mark, len)).await;
        assert_eq!(given.status, status, "{mark}: {}", given.text());
        if !code.is_empty() {
            assert_eq!(given.problem().1, code);
        }
        numbers.push(number);
    }
    let of_bob = deposit_on_behalf(&people, &bob, &original(5, 501), "录音").await;
    assert_eq!(give(&people.by(&bob), &node, &of_bob, &original(5, 501)).await.problem(), (507, "custody_full".into()));
    assert_eq!(objects(&node).len(), 2);
    // What is erased takes no room any more.
    erased(&people.by(&alice), &json!({ "deposit_number": numbers[0] })).await;
    assert_eq!(give(&people.by(&bob), &node, &of_bob, &original(5, 501)).await.status, 201);
    assert_eq!(give(&people.by(&alice), &node, &numbers[1], &original(2, 401)).await.status, 201);
}

#[tokio::test]
async fn what_does_not_agree_or_is_cut_off_takes_no_room() {
    let node = TestNode::in_memory(plan(1_000, 1_000)).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, &original(1, 1_000), "合同").await;
    for _ in 0..3 {
        let wrong = give(&people.by(&alice), &node, &number, &original(2, 1_000)).await;
        assert_eq!(wrong.problem().1, "custody_mismatch");
        let long = give(&people.by(&alice), &node, &number, &original(1, 1_001)).await;
        assert_eq!(long.problem().1, "custody_mismatch");
    }
    assert_eq!(give(&people.by(&alice), &node, &number, &original(1, 1_000)).await.status, 201);
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_as_it_comes() {
    let node = TestNode::in_memory(plan(1_000, 10_000)).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let (salt, file) = ([9_u8; 32], original(1, 5_000));
    let salted = [salt.as_slice(), &file].concat();
    let request = json!({
        "sha_256": hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&salted)), "salt": hex::encode(salt), "name": "短信",
    });
    let made = people.by(&alice).create("/v1/entrusted-deposits", &request).await;
    let path = format!("/v1/deposits/{}/original", made["deposit_number"].as_str().unwrap());
    let frames = file.chunks(500).map(|frame| Ok::<_, std::convert::Infallible>(frame.to_vec())).collect::<Vec<_>>();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(frames));
    let sent = people.by(&alice).request(Method::PUT, &path).header(CONTENT_TYPE, "application/octet-stream");
    let answer = node.send(sent.header("x-salt", hex::encode(salt)).body(body)).await;
    assert_eq!(answer.problem(), (413, "account_quota_exceeded".into()));
    assert!(objects(&node).is_empty());
}

#[tokio::test]
async fn quotas_hold_after_a_restart() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), plan(1_000, 10_000)).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, &original(1, 600), "合同").await;
    assert_eq!(give(&people.by(&alice), &node, &number, &original(1, 600)).await.status, 201);
    drop(node);
    let node = TestNode::over(store, plan(1_000, 10_000)).await;
    let number = {
        let request = json!({ "sha_256": "1".repeat(64), "size": 401, "name": "录音" });
        node.session(&alice.token).create("/v1/entrusted-deposits", &request).await["deposit_number"].clone()
    };
    let refused = give(&node.session(&alice.token), &node, number.as_str().unwrap(), &original(2, 401)).await;
    assert_eq!(refused.problem(), (413, "account_quota_exceeded".into()));
}

#[tokio::test]
async fn originals_leave_the_reserved_space_to_everything_else() {
    let limits = Limits { reserved: u64::MAX, ..Limits::NONE };
    let node = TestNode::in_memory(NodeConfig { originals: limits, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let refused = give(&people.by(&alice), &node, &number, b"contract").await;
    assert_eq!(refused.problem(), (507, "custody_full".into()));
    assert_eq!(node.post_deposit(&note(1)).await.status, 201);
    erased(&people.by(&alice), &json!({ "deposit_number": number })).await;
}
