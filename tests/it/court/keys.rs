//! Depositor keys of accounts: unique, durable, and revoked with the stolen token that enrolled them.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::filing::enrolment::KEYS_MAX;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::store::account_files::AccountFiles;
use tiezheng::store::account_memory::MemoryAccounts;
use tiezheng::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

use crate::support::accounts::{People, Person};
use crate::support::depositor::{depositor, statement_with};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const PATH: &str = "/v1/accounts/me/keys";

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig { deposits: DepositPolicy::Enrolled, ..NodeConfig::default() }).await
}

fn body(who: u8) -> Value {
    json!({ "key": depositor(who).verifier().to_string() })
}

fn name(who: u8) -> String {
    depositor(who).verifier().name().to_string()
}

async fn listed(people: &People<'_>, person: &Person) -> Vec<String> {
    let answer = people.by(person).get(PATH).await.json();
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn remove(people: &People<'_>, person: &Person, who: u8) -> Answer {
    people.node.send(people.by(person).request(Method::DELETE, &format!("{PATH}/{}", name(who)))).await
}

async fn deposits(node: &TestNode, who: u8, n: u64) -> u16 {
    node.post_deposit(statement_with(who, n, |_| {}).note()).await.status
}

#[tokio::test]
async fn an_account_sees_and_changes_its_own_keys_only() {
    let node = node().await;
    let people = People::of(&node).await;
    let (one, other) = (people.person("张三").await, people.person("李四").await);
    let size = node.store.published().unwrap().size();
    let first = people.by(&one).post(PATH, &body(1)).await;
    assert_eq!((first.status, first.header("location")), (201, format!("{PATH}/{}", name(1)).as_str()));
    assert_eq!(first.json()["key"], body(1)["key"]);
    let again = people.by(&one).post(PATH, &body(1)).await;
    assert_eq!((again.status, again.json()), (200, first.json()));
    // The same answer as to an account that asks for a key which nobody has enrolled.
    let shared = people.by(&other).post(PATH, &body(1)).await;
    assert_eq!((shared.status, &shared.json()["name"]), (201, &json!(name(1))));
    people.by(&other).create(PATH, &body(2)).await;
    assert_eq!(listed(&people, &one).await, [name(1)]);
    assert_eq!(listed(&people, &other).await, [name(1), name(2)]);
    assert_eq!(remove(&people, &one, 2).await.problem(), (404, "not_found".into()));
    assert_eq!(remove(&people, &one, 3).await.problem(), (404, "not_found".into()));
    assert_eq!(remove(&people, &one, 1).await.status, 204);
    assert_eq!((listed(&people, &one).await, listed(&people, &other).await.len()), (vec![], 2));
    assert_eq!(deposits(&node, 1, 1).await, 201, "the other account has it still");
    assert_eq!(node.store.published().unwrap().size().0, size.0 + 2, "of all this only the deposit is on the chain");
}

#[tokio::test]
async fn keys_need_a_token_for_deposits() {
    let node = node().await;
    let people = People::of(&node).await;
    let account = people.account("natural-person", "张三").await;
    let reader = people.token(&account, &["read", "case"]).await;
    assert_eq!(people.by(&reader).post(PATH, &body(1)).await.problem(), (403, "scope_needed".into()));
    assert_eq!(people.by(&reader).get(PATH).await.problem(), (403, "scope_needed".into()));
    assert_eq!(remove(&people, &reader, 1).await.problem(), (403, "scope_needed".into()));
    let nobody = node.client.delete(node.url(&format!("{PATH}/{}", name(1))));
    assert_eq!(node.send(nobody).await.problem(), (401, "unauthenticated".into()));
    assert_eq!(node.get(PATH).await.problem(), (401, "unauthenticated".into()));
    assert_eq!(node.post(PATH, "application/json", "{}").await.problem(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn only_keys_that_can_sign_a_statement_are_enrolled() {
    let node = node().await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let good = depositor(1).verifier().to_string();
    let named = Signer::new(Name::parse("ledger.example").unwrap(), &[7; 32]).unwrap().verifier().to_string();
    let small_order = "k-0000000000000000+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for bad in ["", "nonsense", &named, small_order, &format!("{good}\n"), &good.replacen('k', "K", 1), &good[1..]] {
        let answer = people.by(&person).post(PATH, &json!({ "key": bad })).await;
        assert_eq!(answer.problem(), (400, "bad_value".into()), "{bad}");
    }
    for bad in [json!({}), json!({ "key": 1 }), json!({ "key": good, "account": person.account })] {
        assert_eq!(people.by(&person).post(PATH, &bad).await.problem(), (400, "unexpected_json".into()), "{bad}");
    }
    assert!(listed(&people, &person).await.is_empty());
}

#[tokio::test]
async fn a_key_that_a_stolen_token_enrolled_is_gone_with_the_token() {
    let node = node().await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    people.by(&person).create(PATH, &body(1)).await;
    // The thief holds a child of the owner's token, and makes another of it.
    let path = format!("/v1/accounts/{}/tokens", person.account);
    let stolen = people.by(&person).create(&path, &json!({ "scopes": ["deposit"], "days": 1 })).await;
    let thief = node.session(stolen["token"].as_str().unwrap());
    let more = thief.create(&path, &json!({ "scopes": ["deposit"], "days": 1 })).await;
    node.session(more["token"].as_str().unwrap()).create(PATH, &body(2)).await;
    assert_eq!(deposits(&node, 2, 1).await, 201);
    let revocation = format!("/v1/tokens/{}/revocation", stolen["id"].as_str().unwrap());
    assert_eq!(people.by(&person).post(&revocation, &json!({})).await.status, 200);
    assert_eq!(deposits(&node, 2, 2).await, 403);
    assert_eq!(deposits(&node, 1, 1).await, 201);
    assert_eq!(listed(&people, &person).await, [name(1)]);
    // A token that expires was not stolen: what it enrolled stays.
    node.clock.shift(31 * 86_400_000, std::time::Duration::from_hours(31 * 24));
    assert_eq!(deposits(&node, 1, 2).await, 201);
}

#[tokio::test]
async fn an_account_has_so_many_keys_and_no_more() {
    let accounts = Arc::new(MemoryAccounts::default());
    let plan =
        NodeConfig { deposits: DepositPolicy::Enrolled, accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() };
    let node = TestNode::in_memory(plan).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let seed = |n: usize| std::array::from_fn::<u8, 32, _>(|i| n.to_le_bytes().get(i).copied().unwrap_or(9));
    for n in 0..KEYS_MAX {
        let key = Signer::of_depositor(&seed(n)).unwrap().verifier().to_string();
        people.by(&person).create(PATH, &json!({ "key": key })).await;
    }
    assert_eq!(people.by(&person).post(PATH, &body(1)).await.problem(), (409, "too_many_keys".into()));
    let first = Signer::of_depositor(&seed(0)).unwrap().verifier().name().to_string();
    let removed = people.by(&person).request(Method::DELETE, &format!("{PATH}/{first}"));
    assert_eq!(node.send(removed).await.status, 204);
    people.by(&person).create(PATH, &body(1)).await;
}

#[tokio::test]
async fn an_enrolment_is_there_after_a_restart_and_damage_is_no_empty_list() {
    let data = tempfile::tempdir().unwrap();
    let accounts = Arc::new(AccountFiles::in_ledger(data.path()));
    let plan = || NodeConfig {
        deposits: DepositPolicy::Enrolled,
        accounts: Arc::clone(&accounts) as _,
        ..NodeConfig::default()
    };
    let node = TestNode::in_memory(plan()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    people.by(&person).create(PATH, &body(1)).await;
    let file = data.path().join("accounts/keys").join(&person.account);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(body(1)["key"].as_str().unwrap()), "{text}");
    let account = Digest::from_hex(&person.account).unwrap();
    let document = AccountDocument::EnrolledKeys(account);
    assert!(accounts.read(document).unwrap().is_some());
    std::fs::write(&file, text.replace("key k-", "key K-")).unwrap();
    assert!(matches!(accounts.read(document), Err(AccountStoreError::Damaged { .. })));
}

#[tokio::test]
async fn erasing_an_account_ends_its_enrolments_for_good() {
    let accounts = Arc::new(MemoryAccounts::default());
    let plan = || NodeConfig { deposits: DepositPolicy::Enrolled, accounts: accounts.clone(), ..NodeConfig::default() };
    let node = TestNode::in_memory(plan()).await;
    let people = People::of(&node).await;
    let (gone, stays) = (people.person("张三").await, people.person("李四").await);
    people.by(&gone).create(PATH, &body(1)).await;
    people.by(&stays).create(PATH, &body(2)).await;
    assert_eq!((deposits(&node, 1, 1).await, deposits(&node, 2, 1).await), (201, 201));
    super::erasing::erased(&people.by_operator(), &json!({ "account": gone.account })).await;
    assert_eq!((deposits(&node, 1, 2).await, deposits(&node, 2, 2).await), (403, 201));
    assert_eq!((listed(&people, &gone).await, listed(&people, &stays).await), (vec![], vec![name(2)]));
    let kept = accounts.accounts_with(DocumentKind::EnrolledKeys).unwrap();
    assert_eq!(kept.iter().map(ToString::to_string).collect::<Vec<_>>(), [stays.account.as_str()], "durably");
}
