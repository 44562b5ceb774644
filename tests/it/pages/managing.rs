//! What the operator and a court's counter do for accounts, and who may not.

use tiezheng::ledger::notice::Mode;

use super::accounts::operator_browser;
use crate::support::accounts::People;
use crate::support::browser::{Browser, PASSWORD, activate, location};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn roles_and_identity_checks_are_acts_on_the_ledger() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    assert!(staff.get("/admin").await.text().contains("person"));
    let at = |action: &str| format!("/admin/accounts/{account}/{action}");
    let length = || node.filing.registry().length;
    let before = length();
    let unseen = staff.post(&at("identity"), &[("level", "high")]).await;
    assert!(unseen.status == 422 && unseen.text().contains("请确认已当面核对证件原件"));
    let seen = [("level", "high"), ("seen", "yes"), ("reference", "档案 1")];
    assert_eq!(location(&staff.post(&at("identity"), &seen).await), format!("/admin/accounts/{account}?done=identity"));
    let without_court = staff.post(&at("role"), &[("role", "clerk"), ("court", "")]).await;
    assert_eq!(without_court.status, 422);
    assert_eq!(staff.post(&at("role"), &[("role", "clerk"), ("court", "粤0192")]).await.status, 303);
    assert_eq!(length(), before + 2, "one act each, none for what was refused");
    assert!(person.get("/account").await.text().contains("书记员 粤0192"));
    let revoke = [("role", "clerk"), ("court", "粤0192")];
    assert_eq!(staff.post(&at("role-revocation"), &revoke).await.status, 303);
    assert!(!person.get("/account").await.text().contains("书记员 粤0192"));
    // The name is private: shown after the access was recorded.
    assert!(!staff.get(&format!("/admin/accounts/{account}")).await.text().contains("张三"));
    let shown = staff.post(&at("texts"), &[]).await;
    assert!(shown.text().contains("<bdi>张三</bdi>") && shown.text().contains("序号 1"), "{}", shown.text());
    assert_eq!(staff.post(&at("closing"), &[]).await.status, 422, "not confirmed");
    assert_eq!(staff.post(&at("closing"), &[("sure", "yes")]).await.status, 303);
    assert_eq!(person.get("/account").await.status, 303, "the session of a closed account has ended");
}

async fn ask_for_reset(browser: &mut Browser<'_>, form: [(&'static str, String); 4]) -> u16 {
    browser.post("/reset", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await.status
}

#[tokio::test]
async fn a_reset_code_is_good_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let clerk = people.clerk().await;
    let mut counter = Browser::new(&node);
    activate(&mut counter, &clerk.token, "clerk").await;
    counter.log_in("clerk", PASSWORD, "").await;
    let issued = counter.post(&format!("/admin/accounts/{account}/reset-code"), &[]).await;
    let text = issued.text();
    let at = text.find("id=\"reset-code\" translate=\"no\">").unwrap() + "id=\"reset-code\" translate=\"no\">".len();
    let code = text[at..at + 14].to_owned();
    let log = people.by_operator().get(&format!("/v1/accounts/{account}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "on the chain, for the account's holder to see");
    let reset = |login: &'static str, code: &str| {
        let fields = [
            ("login", login),
            ("code", code),
            ("new-password", "the second sentence"),
            ("new-password-again", "the second sentence"),
        ];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    for (login, wrong) in [("person", "0000-0000-0000"), ("nobody", code.as_str()), ("clerk", code.as_str())] {
        let before = node.filing.passwords.computed();
        assert_eq!(ask_for_reset(&mut Browser::new(&node), reset(login, wrong)).await, 422);
        assert_eq!(node.filing.passwords.computed() - before, 1, "the same work");
    }
    let typed = code.to_lowercase().replace('-', " ");
    // Not once the account has a role: the clerk who knows the code would have it too.
    people.grant(&account, "lawyer", None).await;
    assert_eq!(ask_for_reset(&mut Browser::new(&node), reset("person", &typed)).await, 422);
    let end = serde_json::json!({ "role": "lawyer" });
    let ended = people.by_operator().post(&format!("/v1/accounts/{account}/roles/revocation"), &end).await;
    assert!(ended.status < 300, "{}", ended.text());
    assert_eq!(ask_for_reset(&mut Browser::new(&node), reset("person", &typed)).await, 303);
    assert_eq!(ask_for_reset(&mut Browser::new(&node), reset("person", &code)).await, 422, "used");
    assert_eq!(person.get("/account").await.status, 303, "all sessions ended");
    assert_eq!(person.log_in("person", PASSWORD, "").await.status, 401);
    assert_eq!(person.log_in("person", "the second sentence", "").await.status, 303);
    // A clerk has no power over accounts with a role.
    let target = counter.account().await;
    for action in ["reset-code", "unlocking", "second-factor"] {
        let refused = counter.post(&format!("/admin/accounts/{target}/{action}"), &[]).await;
        assert_eq!(refused.status, 422, "{action}: {}", refused.text());
    }
    let operator = people.operator.account.clone();
    let refused = counter.post(&format!("/admin/accounts/{operator}/role"), &[("role", "operator")]).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn on_a_live_ledger_staff_needs_a_second_factor() {
    let node = TestNode::in_memory(NodeConfig { mode: Mode::Live, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let refused = staff.get("/admin").await;
    assert!(refused.status == 403 && refused.text().contains("须以双重验证登录"), "{}", refused.text());
    assert!(!staff.get("/").await.text().contains("测试账本"), "no banner on a live ledger");
    let page = staff.get("/account/second-factor").await;
    let at = page.text().find("secret=").unwrap() + "secret=".len();
    let secret = tiezheng::filing::one_time_code::CodeSecret::parse(&page.text()[at..at + 32]).unwrap();
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirmed = staff.post("/account/second-factor", &[("password", PASSWORD), ("code", &code)]).await;
    assert_eq!(confirmed.status, 303);
    assert_eq!(staff.get("/admin").await.status, 200);
}
