//! Revocation of tokens: everything created with a stolen token is revoked with it, at once, and cannot be delayed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::court::ids::TokenId;
use tiezheng::court::registry::tokens::CHILDREN_MAX;
use tiezheng::ledger::hash::Digest;
use tiezheng::store::account_memory::MemoryAccounts;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

use crate::support::accounts::{PLAIN, People, Person};
use crate::support::depositor::origin;
use crate::support::test_node::{Answer, NodeConfig, TestNode};
use crate::support::waiting::{Timers, until};

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

/// A token that `parent` issues for its own account.
async fn child(node: &TestNode, parent: &Person) -> Person {
    let path = format!("/v1/accounts/{}/tokens", parent.account);
    let issued = node.session(&parent.token).create(&path, &json!({ "scopes": ["read"], "days": 1 })).await;
    Person {
        account: parent.account.clone(),
        token: issued["token"].as_str().unwrap().into(),
        token_id: issued["id"].as_str().unwrap().into(),
    }
}

async fn revoke(node: &TestNode, by: &str, token: &Person, body: Value) -> Answer {
    node.session(by).post(&format!("/v1/tokens/{}/revocation", token.token_id), &body).await
}

async fn is_accepted(node: &TestNode, person: &Person) -> bool {
    node.session(&person.token).get("/v1/me").await.status == 200
}

/// The owner's first token, one that was stolen, and what the thief made of it.
async fn theft(node: &TestNode) -> (Person, Person, Person, Person) {
    let people = People::of(node).await;
    let account = people.account("natural-person", "张三").await;
    let owner = people.token(&account, PLAIN).await;
    let stolen = child(node, &owner).await;
    let made = child(node, &stolen).await;
    (people.operator.clone(), owner, stolen, made)
}

#[tokio::test]
async fn revoking_a_token_ends_all_that_it_issued() {
    let node = node().await;
    let (_, owner, stolen, made) = theft(&node).await;
    let sibling = child(&node, &owner).await;
    let answer = revoke(&node, &owner.token, &stolen, json!({})).await;
    assert_eq!(answer.status, 200);
    let json = answer.json();
    let mut ended: Vec<&str> = json["ended"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    ended.sort_unstable();
    let mut expected = [stolen.token_id.as_str(), made.token_id.as_str()];
    expected.sort_unstable();
    assert_eq!((ended, &json["left"], &json["state"]), (expected.to_vec(), &json!([]), &json!("recorded")));
    for (person, good) in [(&owner, true), (&stolen, false), (&made, false), (&sibling, true)] {
        assert_eq!(is_accepted(&node, person).await, good);
    }
    let path = format!("/v1/accounts/{}/tokens", owner.account);
    let more = node.session(&made.token).post(&path, &json!({ "scopes": ["read"], "days": 1 })).await;
    assert_eq!(more.problem(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn a_child_can_neither_revoke_its_parent_nor_its_siblings() {
    let node = node().await;
    let (_, owner, stolen, made) = theft(&node).await;
    let sibling = child(&node, &owner).await;
    for target in [&owner, &sibling] {
        let answer = revoke(&node, &stolen.token, target, json!({})).await;
        assert_eq!(answer.problem(), (404, "not_found".into()));
    }
    assert_eq!(revoke(&node, &made.token, &stolen, json!({})).await.problem(), (404, "not_found".into()));
    assert_eq!(revoke(&node, &stolen.token, &made, json!({})).await.status, 200);
    assert_eq!(revoke(&node, &stolen.token, &stolen, json!({})).await.status, 200, "a token may end itself");
    assert!(is_accepted(&node, &owner).await && is_accepted(&node, &sibling).await);
}

#[tokio::test]
async fn a_flood_of_children_locks_out_nobody() {
    let node = node().await;
    let (operator, owner, stolen, _) = theft(&node).await;
    let path = format!("/v1/accounts/{}/tokens", owner.account);
    let ask = json!({ "scopes": ["read"], "days": 1 });
    let mut last = None;
    for _ in 0..=CHILDREN_MAX {
        last = Some(node.session(&stolen.token).post(&path, &ask).await);
    }
    assert_eq!(last.unwrap().problem(), (409, "too_many_tokens".into()));
    assert_eq!(node.session(&owner.token).post(&path, &ask).await.status, 201, "the owner still issues");
    assert_eq!(node.session(&operator.token).post(&path, &ask).await.status, 201, "and the operator");
    assert_eq!(revoke(&node, &operator.token, &stolen, json!({})).await.status, 200);
    assert!(!is_accepted(&node, &stolen).await && is_accepted(&node, &owner).await);
    child(&node, &owner).await;
}

#[tokio::test]
async fn an_operators_token_takes_what_it_issued_with_it_unless_that_is_kept() {
    for (body, kept) in [(json!({}), false), (json!({ "keep_issued": true }), true)] {
        let node = node().await;
        let (operator, owner, _, made) = theft(&node).await;
        let own = child(&node, &operator).await;
        let second = People::of(&node).await.operator;
        let answer = revoke(&node, &second.token, &operator, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["left"].as_array().unwrap().len(), if kept { 3 } else { 0 });
        for (person, good) in [(&operator, false), (&own, false), (&owner, kept), (&made, kept)] {
            assert_eq!(is_accepted(&node, person).await, good);
        }
    }
}

fn pending(accounts: &dyn AccountStore, token: &Person) -> bool {
    let text = accounts.read(AccountDocument::PendingRevocations).unwrap().unwrap_or_default();
    text.contains(&token.token_id)
}

#[tokio::test]
async fn a_revocation_takes_effect_while_the_clock_stops_sealing_and_its_act_follows() {
    let (accounts, timers) = (Arc::new(MemoryAccounts::default()), Timers::stop());
    let node = TestNode::in_memory(NodeConfig { accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() }).await;
    let (_, owner, stolen, made) = theft(&node).await;
    node.clock.shift(-5_000, Duration::ZERO);
    let answer = revoke(&node, &owner.token, &stolen, json!({})).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let json = answer.json();
    assert_eq!(
        (&json["state"], json.get("act"), json["ended"].as_array().unwrap().len()),
        (&json!("pending"), None, 2)
    );
    assert!(!is_accepted(&node, &stolen).await && !is_accepted(&node, &made).await);
    assert!(is_accepted(&node, &owner).await && pending(&*accounts, &stolen));
    let id = TokenId(Digest::from_hex(&stolen.token_id).unwrap());
    assert!(node.filing.registry().tokens.get(id).unwrap().revoked.is_none(), "not on the chain yet");

    node.clock.shift(5_000, Duration::from_secs(5));
    // The node tries again by itself.
    timers.passing(Duration::from_secs(1), until("the revocation is sealed", || !pending(&*accounts, &stolen))).await;
    assert!(node.filing.registry().tokens.get(id).unwrap().revoked.is_some());
    assert!(!is_accepted(&node, &made).await);
}

#[tokio::test]
async fn a_revocation_takes_effect_when_writing_has_ended_for_good() {
    let accounts = Arc::new(MemoryAccounts::default());
    let mut node =
        TestNode::in_memory(NodeConfig { accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() }).await;
    let (operator, owner, stolen, made) = theft(&node).await;
    node.stop_sequencer();
    assert_eq!(revoke(&node, &owner.token, &stolen, json!({})).await.status, 202);
    assert!(!is_accepted(&node, &stolen).await && !is_accepted(&node, &made).await && pending(&*accounts, &stolen));
    // The operator can always act.
    assert_eq!(revoke(&node, &operator.token, &owner, json!({})).await.status, 202);
    assert!(!is_accepted(&node, &owner).await);
}

#[tokio::test]
async fn a_pending_revocation_survives_a_restart_and_is_sealed_then() {
    let (accounts, store) = (Arc::new(MemoryAccounts::default()), Arc::new(MemoryStore::new(origin())));
    let plan = || NodeConfig { accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() };
    let mut node = TestNode::over(Arc::clone(&store), plan()).await;
    let (_, owner, stolen, made) = theft(&node).await;
    node.stop_sequencer();
    assert_eq!(revoke(&node, &owner.token, &stolen, json!({})).await.status, 202);
    drop(node);
    let node = TestNode::over(store, plan()).await;
    assert!(!is_accepted(&node, &stolen).await && !is_accepted(&node, &made).await);
    until("the revocation is sealed", || !pending(&*accounts, &stolen)).await;
    let id = TokenId(Digest::from_hex(&stolen.token_id).unwrap());
    assert!(node.filing.registry().tokens.get(id).unwrap().revoked.is_some());
    assert!(is_accepted(&node, &owner).await);
}

/// An account store whose disk is full.
#[derive(Default)]
struct FullDisk {
    accounts: MemoryAccounts,
    full: AtomicBool,
}

impl AccountStore for FullDisk {
    fn read(&self, document: AccountDocument) -> Result<Option<String>, AccountStoreError> {
        self.accounts.read(document)
    }

    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(AccountStoreError::Disk { document: "x".into(), reason: "no space left".into() });
        }
        self.accounts.replace(document, text)
    }

    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError> {
        self.accounts.remove(document)
    }

    fn accounts_with(&self, kind: DocumentKind) -> Result<Vec<Digest>, AccountStoreError> {
        self.accounts.accounts_with(kind)
    }
}

#[tokio::test]
async fn a_full_disk_stops_no_revocation_and_is_told_where_nothing_recorded_it() {
    let accounts = Arc::new(FullDisk::default());
    let mut node =
        TestNode::in_memory(NodeConfig { accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() }).await;
    let (_, owner, stolen, made) = theft(&node).await;
    accounts.full.store(true, Ordering::Relaxed);
    // The chain records it.
    assert_eq!(revoke(&node, &owner.token, &made, json!({})).await.status, 200);
    node.stop_sequencer();
    // Nothing does; in effect it is all the same, and sent again it is recorded.
    let answer = revoke(&node, &owner.token, &stolen, json!({})).await;
    assert_eq!(answer.problem(), (503, "not_durable".into()));
    assert!(!is_accepted(&node, &stolen).await);
    accounts.full.store(false, Ordering::Relaxed);
    assert_eq!(revoke(&node, &owner.token, &stolen, json!({})).await.status, 202);
    assert!(pending(&*accounts, &stolen));
}

#[tokio::test]
async fn a_reused_idempotency_key_revokes_nothing() {
    let node = node().await;
    let (_, owner, stolen, made) = theft(&node).await;
    let send = async |token: &Person| {
        let path = format!("/v1/tokens/{}/revocation", token.token_id);
        node.session(&owner.token).keyed("once").post(&path, &json!({})).await
    };
    assert_eq!(send(&made).await.status, 200);
    assert_eq!(send(&made).await.status, 200, "the same request again");
    assert_eq!(send(&stolen).await.problem(), (409, "request_reused".into()));
    assert!(is_accepted(&node, &stolen).await);
}

#[tokio::test]
async fn a_repeated_request_for_a_token_is_answered_without_it() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let owner = people.token(&account, PLAIN).await;
    let path = format!("/v1/accounts/{account}/tokens");
    let issue = async |days: u64| {
        node.session(&owner.token).keyed("once").post(&path, &json!({ "scopes": ["read"], "days": days })).await
    };
    let first = issue(29).await;
    assert_eq!(first.status, 201);
    // Later the token that asks would end before the one that is asked for, which changes nothing.
    node.clock.shift(2 * 86_400_000, Duration::from_hours(48));
    let again = issue(29).await;
    assert_eq!(again.status, 200, "{}", again.text());
    let (first, again) = (first.json(), again.json());
    assert!(first["token"].is_string() && again.get("token").is_none());
    assert_eq!((&again["id"], &again["expires_at"]), (&first["id"], &first["expires_at"]));
    assert_eq!(again["act"]["deposit_number"], first["act"]["deposit_number"]);
    assert_eq!(issue(28).await.problem(), (409, "request_reused".into()));
    let of_owner = people.by_operator().get(&format!("/v1/accounts/{account}")).await.json();
    assert_eq!(of_owner["tokens"].as_array().unwrap().len(), 2, "{of_owner}");
}
