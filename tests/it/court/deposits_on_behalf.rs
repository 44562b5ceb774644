//! Deposits on behalf of an account: signed by the platform, which names itself and the account.

use serde_json::{Value, json};
use sha2::Digest as _;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{Question, verify};
use tiezheng::wire::{json as strict, receipt};

use crate::support::accounts::{People, Person};
use crate::support::depositor::{content, ledger_key, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

/// Asks for a deposit of `original` under this name.
pub(super) fn request(original: &[u8], name: &str) -> Value {
    let content = content(original);
    json!({
        "sha_256": content.sha256.unwrap().to_string(),
        "sm3": content.sm3.unwrap().to_string(),
        "size": original.len(),
        "name": name,
    })
}

/// The number of a deposit of `original` that the platform makes for `person`.
pub(super) async fn deposit_on_behalf(people: &People<'_>, person: &Person, original: &[u8], name: &str) -> String {
    let made = people.by(person).create("/v1/entrusted-deposits", &request(original, name)).await;
    made["deposit_number"].as_str().unwrap().to_owned()
}

/// The receipt in an answer holds offline, under the pinned key.
pub(super) fn holds(json: &Value) {
    let receipt = receipt::parse(strict::pretty(json).as_bytes()).unwrap();
    let trust = Trust::new(vec![ledger_key().verifier().clone()]);
    let question = Question::about(&receipt, &trust);
    assert_eq!(verify(&question).conclusion, Conclusion::RecordOnly);
}

#[tokio::test]
async fn the_platform_signs_and_says_so() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let made = people.by(&alice).create("/v1/entrusted-deposits", &request(b"contract", "合同")).await;
    holds(&made["receipt"]);
    assert_eq!((made["fresh"].as_bool(), &made["warnings"]), (Some(true), &json!([])));
    let number = made["deposit_number"].as_str().unwrap();
    let facts = node.get(&format!("/v1/deposits/{number}")).await.json();
    assert_eq!(facts["signed_by"]["code"], "platform");
    assert_eq!(facts["signed_by"]["zh"], "平台代为签名");
    assert_eq!(facts["on_behalf"], alice.account);
    assert_eq!(facts["size"], 8);

    // Anybody can write anybody's account into a statement of his own: that makes nobody its owner.
    let forged = statement_with(1, 1, |statement| {
        statement.on_behalf = Some(Digest(hex::decode(&alice.account).unwrap().try_into().unwrap()));
    });
    let forged = TestNode::number(&node.deposit(forged.note()).await);
    let facts = node.get(&format!("/v1/deposits/{forged}")).await.json();
    assert_eq!(facts["signed_by"]["code"], "depositor");
    let path = format!("/v1/deposits/{forged}/private");
    assert_eq!(people.by(&alice).get(&path).await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn the_same_request_is_one_deposit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let post =
        async |person: &Person, body: &Value| people.by(person).keyed("one").post("/v1/entrusted-deposits", body).await;
    let first = post(&alice, &request(b"contract", "合同")).await;
    assert_eq!(first.status, 201, "{}", first.text());
    // Also when the account has been identified anew meanwhile.
    people.identify(&alice.account, "high").await;
    let again = post(&alice, &request(b"contract", "合同")).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.json()["deposit_number"], first.json()["deposit_number"]);
    assert_eq!(again.json()["receipt"]["entry"], first.json()["receipt"]["entry"]);
    assert_eq!(post(&alice, &request(b"contract", "协议")).await.problem(), (409, "request_reused".into()));
    // Another's key is another key.
    let other = post(&bob, &request(b"contract", "合同")).await;
    assert_eq!(other.status, 201);
    assert_ne!(other.json()["deposit_number"], first.json()["deposit_number"]);
}

#[tokio::test]
async fn links_are_for_ones_own_deposits() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let first = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let linked = |kind: &str| {
        let mut request = request(b"contract, mended", "合同（更正）");
        request["links"] = json!([{ "kind": kind, "deposit_number": first }]);
        request
    };
    people.by(&alice).create("/v1/entrusted-deposits", &linked("corrects")).await;
    let facts = node.get(&format!("/v1/deposits/{first}")).await.json();
    assert_eq!(facts["later_links"]["items"][0]["kind"], "corrects");
    let refused = people.by(&bob).post("/v1/entrusted-deposits", &linked("corrects")).await;
    assert_eq!(refused.problem(), (403, "link_not_yours".into()));
    people.by(&bob).create("/v1/entrusted-deposits", &linked("refers")).await;
}

#[tokio::test]
async fn private_content_is_for_its_owner_and_each_look_is_on_record() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let mut asked = request(b"contract", "与 13800138000 的合同");
    asked["evidence_class"] = "files".into();
    asked["provenance"] = json!({ "source": "本人手机" });
    let made = people.by(&alice).create("/v1/entrusted-deposits", &asked).await;
    assert_eq!(made["warnings"][0]["code"], "looks_like_mobile_number");
    let number = made["deposit_number"].as_str().unwrap();
    let path = format!("/v1/deposits/{number}/private");
    let seen = people.by(&alice).get(&path).await.json();
    assert_eq!(seen["metadata"]["name"], "与 13800138000 的合同");
    assert_eq!(seen["metadata"]["provenance"]["source"], "本人手机");
    assert_eq!(seen["metadata"]["identity"]["level"], "substantial");
    // What was shown is what the chain commits to.
    let salt = hex::decode(seen["salt"].as_str().unwrap()).unwrap();
    let committed = [&[2], salt.as_slice(), seen["canonical"].as_str().unwrap().as_bytes()].concat();
    let meta = format!("\nmeta {}\n", hex::encode(sha2::Sha256::digest(committed)));
    assert!(made["receipt"]["entry"].as_str().unwrap().contains(&meta));

    assert_eq!(people.by(&bob).get(&path).await.problem(), (404, "not_found".into()));
    assert_eq!(node.get(&path).await.problem(), (401, "unauthenticated".into()));
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    assert_eq!((&log["items"][0]["shown"], &log["items"][0]["by"]), (&"deposit".into(), &alice.account.clone().into()));
    let auditor = people.holding("审计", "auditor").await;
    assert_eq!(people.by(&auditor).get(&format!("/v1/deposits/{number}/access-log")).await.json(), log);
    let denied = people.by(&bob).get(&format!("/v1/deposits/{number}/access-log")).await;
    assert_eq!(denied.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_list_shows_ones_own_the_latest_first() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    for n in 0..52 {
        deposit_on_behalf(&people, &alice, format!("file {n}").as_bytes(), &format!("证据 {n}")).await;
        deposit_on_behalf(&people, &bob, format!("other {n}").as_bytes(), "他人").await;
    }
    let names = |page: &Value| -> Vec<String> {
        let deposits = page["items"].as_array().unwrap();
        deposits.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let page = people.by(&alice).get("/v1/entrusted-deposits").await.json();
    assert_eq!(names(&page), (2..52).rev().map(|n| format!("证据 {n}")).collect::<Vec<_>>());
    assert!(page["access_sequence"].as_u64().is_some());
    let before = page["next_cursor"].as_str().unwrap();
    let rest = people.by(&alice).get(&format!("/v1/entrusted-deposits?cursor={before}")).await.json();
    assert_eq!(names(&rest), ["证据 1", "证据 0"]);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn what_is_no_deposit_is_said() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let code = async |change: fn(&mut Value)| {
        let mut asked = request(b"contract", "合同");
        change(&mut asked);
        people.by(&alice).post("/v1/entrusted-deposits", &asked).await.problem()
    };
    assert_eq!(code(|asked| asked["name"] = " ".into()).await, (400, "metadata_without_name".into()));
    assert_eq!(code(|asked| asked["sm3"] = "00".into()).await, (400, "wrong_length".into()));
    assert_eq!(code(|asked| asked["nonce"] = "00".into()).await, (400, "unexpected_json".into()));
    assert_eq!(code(|asked| asked["media_type"] = "x".into()).await, (400, "bad_value".into()));
    let account = people.account("natural-person", "无权限").await;
    let reader = people.token(&account, &["read"]).await;
    let denied = people.by(&reader).post("/v1/entrusted-deposits", &request(b"contract", "合同")).await;
    assert_eq!(denied.problem(), (403, "scope_needed".into()));
}
