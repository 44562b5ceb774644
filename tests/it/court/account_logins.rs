//! Reset codes and unlocking by token: who may, for whom, and that they do what the pages do.

use reqwest::Method;
use serde_json::json;

use crate::support::accounts::{COURT, People, Person};
use crate::support::browser::{Browser, PASSWORD, activate};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const NEW: &str = "another long sentence of mine";

async fn reset(people: &People<'_>, by: &Person, account: &str) -> Answer {
    people.by(by).post(&format!("/v1/accounts/{account}/reset-codes"), &json!({})).await
}

async fn unlock(people: &People<'_>, by: &Person, account: &str) -> Answer {
    let request = people.by(by).request(Method::DELETE, &format!("/v1/accounts/{account}/login-lock"));
    people.node.send(request).await
}

#[tokio::test]
async fn a_reset_code_by_token_sets_a_new_password_and_is_recorded_first() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let clerk = people.clerk().await;
    let first = reset(&people, &clerk, &account).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let second = reset(&people, &clerk, &account).await.json();
    assert_eq!((&second["account"], &second["access_sequence"]), (&json!(account), &json!(2)));
    let log = people.by_operator().get(&format!("/v1/accounts/{account}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
    assert!(!log.to_string().contains(second["code"].as_str().unwrap()));
    // Of two codes the later one counts.
    for (code, status) in [(first.json()["code"].clone(), 422), (second["code"].clone(), 303)] {
        let code = code.as_str().unwrap();
        let form = [("login", "person"), ("code", code), ("new-password", NEW), ("new-password-again", NEW)];
        assert_eq!(person.post("/reset", &form).await.status, status);
    }
    assert_eq!(person.log_in("person", NEW, "").await.status, 303);
}

#[tokio::test]
async fn a_login_is_unlocked_by_token() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let clerk = people.clerk().await;
    for _ in 0..6 {
        assert_eq!(person.log_in("person", "a wrong password", "").await.status, 401);
    }
    assert_eq!(person.log_in("person", PASSWORD, "").await.status, 401, "locked");
    let before = node.filing.registry().length;
    assert_eq!(unlock(&people, &clerk, &account).await.status, 204);
    assert_eq!(person.log_in("person", PASSWORD, "").await.status, 303);
    assert_eq!(unlock(&people, &clerk, &account).await.status, 204, "it is no error if it is not locked");
    assert_eq!(node.filing.registry().length, before, "nothing is put on the chain");
}

/// The rules of the pages: the operator for all, a court administrator for the staff of its court, the counter for accounts without a
/// role; nobody else.
#[tokio::test]
async fn only_those_who_manage_the_account_do_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut plain = Browser::new(&node);
    plain.register("plain").await;
    let plain = plain.account().await;
    let (clerk, judge, stranger) = (people.clerk().await, people.judge().await, people.person("王五").await);
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let elsewhere = people.of_court("外院法官", "judge", "京0491").await;
    // The staff have passwords too.
    for (who, login) in [(&judge, "judge"), (&elsewhere, "judge.2")] {
        activate(&mut Browser::new(&node), &who.token, login).await;
    }
    let without_manage = people.token(&clerk.account, &["read", "case", "court"]).await;
    let operator = &people.operator;
    for (who, by, account, expected) in [
        ("the operator, of anybody", operator, &plain, ""),
        ("the operator, of staff", operator, &judge.account, ""),
        ("a clerk, without a role", &clerk, &plain, ""),
        ("a clerk, of staff", &clerk, &judge.account, "not_permitted"),
        ("an administrator, of its staff", &administrator, &judge.account, ""),
        ("an administrator, of another court", &administrator, &elsewhere.account, "not_permitted"),
        ("an administrator, without a role", &administrator, &plain, "not_permitted"),
        ("a judge", &judge, &plain, "not_found"),
        ("a party", &stranger, &plain, "not_found"),
        ("oneself", &stranger, &stranger.account, "not_found"),
        ("without `manage`", &without_manage, &plain, "scope_needed"),
        ("no such account", operator, &"ab".repeat(32), "not_found"),
        ("no id", operator, &"abc".to_owned(), "not_found"),
        ("without a password", operator, &stranger.account, "no_password"),
    ] {
        for (what, answer) in
            [("reset", reset(&people, by, account).await), ("unlock", unlock(&people, by, account).await)]
        {
            let code = if answer.status < 300 { String::new() } else { answer.problem().1 };
            // An administrator's code alone must not open an account of staff.
            let is_bare = what == "reset" && who == "an administrator, of its staff";
            let expected = if is_bare { "no_second_factor" } else { expected };
            assert_eq!(code, expected, "{who}: {what}: {}", answer.status);
        }
    }
    let nobody = node.post(&format!("/v1/accounts/{plain}/reset-codes"), "application/json", "{}").await;
    assert_eq!(nobody.problem(), (401, "unauthenticated".into()));
}
