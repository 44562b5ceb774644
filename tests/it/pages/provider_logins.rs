//! Login with the identity provider of a court: whose account it opens, and who is kept out.

use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::filing::one_time_code::CodeSecret;
use tiezheng::ledger::notice::Mode;

use super::accounts::{activate, operator_browser};
use crate::support::accounts::{COURT, People, Person};
use crate::support::browser::{Browser, PASSWORD, location};
use crate::support::identity_provider::IdentityProvider;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const BEGIN: &str = "/login/oidc/%E7%B2%A40192";

/// A node with an identity provider for [`COURT`].
async fn node(mode: Mode) -> (TestNode, IdentityProvider) {
    let provider = IdentityProvider::start().await;
    let node = TestNode::in_memory(NodeConfig { mode, oidc: provider.logins(), ..NodeConfig::default() }).await;
    (node, provider)
}

fn parameter(address: &str, name: &str) -> String {
    let url = reqwest::Url::parse(address).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// Begins a login: the address of the answer that the provider would send the browser to.
async fn begin(
    node: &TestNode,
    provider: &IdentityProvider,
    browser: &mut Browser<'_>,
    subject: &str,
    changed: &Value,
) -> String {
    let begun = browser.get(&format!("{BEGIN}?next=/cases")).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let address = location(&begun);
    assert_eq!(parameter(address, "redirect_uri"), "http://127.0.0.1:7654/login/oidc/callback");
    provider.says(subject, &parameter(address, "nonce"), node.filing.now().as_millis() / 1000, changed);
    format!("/login/oidc/callback?code=c&state={}", parameter(address, "state"))
}

async fn log_in(
    node: &TestNode,
    provider: &IdentityProvider,
    browser: &mut Browser<'_>,
    subject: &str,
    changed: &Value,
) -> Answer {
    let callback = begin(node, provider, browser, subject, changed).await;
    browser.get(&callback).await
}

/// A clerk with a login name, whom the operator has linked to this subject.
async fn linked_clerk(node: &TestNode, people: &People<'_>, subject: &str) -> Person {
    let clerk = people.clerk().await;
    activate(&mut Browser::new(node), &clerk.token, "clerk").await;
    let link = json!({ "court": COURT, "subject": subject });
    people.by_operator().create(&format!("/v1/accounts/{}/login-links", clerk.account), &link).await;
    clerk
}

#[tokio::test]
async fn a_login_without_an_account_says_what_to_do_and_a_linked_one_opens_it() {
    let (node, provider) = node(Mode::Test).await;
    let people = People::of(&node).await;
    let clerk = people.clerk().await;
    activate(&mut Browser::new(&node), &clerk.token, "clerk").await;
    let mut browser = Browser::new(&node);
    let page = browser.get("/login?next=/cases").await;
    assert!(
        page.text().contains("法院统一身份认证") && page.text().contains("/login/oidc/%E7%B2%A40192?next=%2Fcases")
    );
    let unlinked = log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    assert!(unlinked.status == 403 && unlinked.text().contains("zhang.san"), "{}", unlinked.text());
    assert!(unlinked.text().contains("尚未关联账号") && browser.session().is_none());
    assert_eq!(unlinked.header("cache-control"), "no-store");

    let mut operator = operator_browser(&node, &people).await;
    let path = format!("/admin/accounts/{}", clerk.account);
    assert!(operator.get(&path).await.text().contains("关联登录标识"));
    let (form, length) = ([("link-court", COURT), ("subject", "zhang.san")], node.filing.registry().length);
    assert_eq!(operator.post(&format!("{path}/login-link"), &form).await.status, 303);
    assert_eq!(node.filing.registry().length, length + 1, "on the ledger");
    let entered = log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    assert_eq!((entered.status, location(&entered)), (303, "/cases"), "{}", entered.text());
    assert_eq!(browser.account().await, clerk.account);
    let page = browser.get("/account").await;
    assert!(page.text().contains("统一身份认证") && !page.text().contains("zhang.san"), "the subject is private");
    let export = browser.post("/account/export", &[]).await.json();
    assert!(export["login_links"][0]["subject"].as_str().unwrap().ends_with("\nzhang.san"), "{export}");
    // A second login ends the session that the browser had.
    let before = browser.session().unwrap();
    log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    assert_ne!(browser.session().unwrap(), before);
    let mut old = Browser::new(&node);
    old.cookies.insert("__Host-session".into(), before);
    assert_eq!(old.get("/account").await.status, 303);
    // Without the role, or without the link, it opens nothing.
    let role = json!({ "role": "clerk", "court": COURT });
    people.by_operator().post(&format!("/v1/accounts/{}/roles/revocation", clerk.account), &role).await;
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 403);
    people.grant(&clerk.account, "judge", Some(COURT)).await;
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 303);
    assert_eq!(operator.post(&format!("{path}/login-link-end"), &[("link-court", COURT)]).await.status, 303);
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 403);
}

#[tokio::test]
async fn a_login_ends_only_where_it_began_and_once() {
    let (node, provider) = node(Mode::Test).await;
    let people = People::of(&node).await;
    linked_clerk(&node, &people, "zhang.san").await;
    let mut browser = Browser::new(&node);
    let callback = begin(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    // The answer to an attacker's login, opened in another browser (login CSRF), which ends it for both.
    let mut victim = Browser::new(&node);
    let refused = victim.get(&callback).await;
    assert!(refused.status == 400 && victim.session().is_none() && refused.text().contains("并非由本浏览器发起"));
    assert_eq!(browser.get(&callback).await.status, 400);
    // Replayed.
    let callback = begin(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    let login = browser.cookies["__Host-login"].clone();
    assert_eq!(browser.get(&callback).await.status, 303);
    assert!(!browser.cookies.contains_key("__Host-login"));
    browser.cookies.insert("__Host-login".into(), login);
    assert_eq!(browser.get(&callback).await.status, 400);
    // Too late.
    let callback = begin(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    node.clock.shift(600_000, Duration::from_mins(10));
    assert_eq!(browser.get(&callback).await.status, 400);
    for (changed, code) in [
        (json!({ "aud": "other" }), "id_token_rejected"),
        (json!({ "nonce": "other" }), "id_token_rejected"),
        (json!({ "exp": 1 }), "id_token_rejected"),
        (json!({ "iss": "https://evil.example" }), "id_token_rejected"),
    ] {
        let mut fresh = Browser::new(&node);
        let refused = log_in(&node, &provider, &mut fresh, "zhang.san", &changed).await;
        assert!(refused.status == 403 && refused.text().contains(code), "{changed}: {}", refused.text());
        assert!(fresh.session().is_none());
    }
    let mut fresh = Browser::new(&node);
    let callback = begin(&node, &provider, &mut fresh, "zhang.san", &json!({})).await;
    let denied = fresh.get(&callback.replace("code=c", "error=access_denied")).await;
    assert!(denied.status == 403 && denied.text().contains("provider_denied"), "{}", denied.text());
    // No other site begins a login, and no login ends on another site.
    let cross = node.client.get(node.url(BEGIN)).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(cross.status(), 403);
    let begun = fresh.get(&format!("{BEGIN}?next=https://evil.example/")).await;
    let address = location(&begun);
    provider.says("zhang.san", &parameter(address, "nonce"), node.filing.now().as_millis() / 1000, &json!({}));
    let entered = fresh.get(&format!("/login/oidc/callback?code=c&state={}", parameter(address, "state"))).await;
    assert_eq!(location(&entered), "/account");
    for unknown in ["/login/oidc/%E4%BA%AC0491", "/login/oidc/nonsense"] {
        assert_eq!(fresh.get(unknown).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn who_may_link_a_login() {
    let (node, provider) = node(Mode::Test).await;
    let people = People::of(&node).await;
    let clerk = linked_clerk(&node, &people, "zhang.san").await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let elsewhere = people.of_court("管理员", "court-administrator", "京0491").await;
    let (judge, person) = (people.judge().await, people.person("李四").await);
    let link = async |by: &Person, account: &str, subject: &str| {
        let body = json!({ "court": COURT, "subject": subject });
        people.by(by).post(&format!("/v1/accounts/{account}/login-links"), &body).await
    };
    for by in [&clerk, &judge, &person, &elsewhere] {
        assert_eq!(link(by, &judge.account, "judge").await.problem(), (403, "not_permitted".into()));
    }
    assert_eq!(link(&administrator, &judge.account, "zhang.san").await.problem(), (409, "login_linked".into()));
    assert_eq!(link(&administrator, &person.account, "li").await.problem(), (403, "not_permitted".into()));
    assert_eq!(link(&people.operator, &person.account, "li").await.problem(), (422, "no_role_at_court".into()));
    assert_eq!(link(&administrator, &people.operator.account, "li").await.problem(), (403, "not_permitted".into()));
    for bad in ["", " x", "a\nb", &"x".repeat(256), "张三"] {
        assert_eq!(link(&administrator, &judge.account, bad).await.problem(), (400, "bad_value".into()), "{bad}");
    }
    assert_eq!(link(&administrator, &judge.account, "judge").await.status, 201);
    assert_eq!(link(&administrator, &administrator.account, "administrator").await.status, 201, "its own");
    // Linked, but it has no login name: it has set no password yet.
    let mut browser = Browser::new(&node);
    assert_eq!(log_in(&node, &provider, &mut browser, "judge", &json!({})).await.status, 403);
    activate(&mut Browser::new(&node), &judge.token, "judge").await;
    assert_eq!(log_in(&node, &provider, &mut browser, "judge", &json!({})).await.status, 303);
    let no_provider = json!({ "court": "京0491", "subject": "x" });
    let path = format!("/v1/accounts/{}/login-links", judge.account);
    assert_eq!(people.by_operator().post(&path, &no_provider).await.problem(), (404, "no_login_provider".into()));
    let end = async |by: &Person, court: &str| {
        people.by(by).post(&format!("{path}/removal"), &json!({ "court": court })).await
    };
    assert_eq!(end(&judge, COURT).await.problem(), (403, "not_permitted".into()));
    assert_eq!(end(&administrator, COURT).await.status, 200);
    assert_eq!(end(&administrator, COURT).await.problem(), (404, "no_such_login_link".into()));
    // A closed account is opened by nothing.
    people
        .by_operator()
        .post(&format!("/v1/accounts/{}/roles", clerk.account), &json!({ "role": "clerk", "court": COURT }))
        .await;
    let mut operator = operator_browser(&node, &people).await;
    let closed = operator.post(&format!("/admin/accounts/{}/closing", clerk.account), &[("sure", "yes")]).await;
    assert_eq!(closed.status, 303);
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 403);
}

#[tokio::test]
async fn on_a_live_ledger_staff_needs_two_factors_here_too() {
    let (node, provider) = node(Mode::Live).await;
    let people = People::of(&node).await;
    linked_clerk(&node, &people, "zhang.san").await;
    let mut browser = Browser::new(&node);
    log_in(&node, &provider, &mut browser, "zhang.san", &json!({ "amr": ["pwd"] })).await;
    assert_eq!(browser.get("/admin").await.status, 403, "one factor");
    assert_eq!(location(&browser.get("/login/one-time-code").await), "/account/second-factor", "none is set up yet");
    let mut two = Browser::new(&node);
    log_in(&node, &provider, &mut two, "zhang.san", &json!({ "amr": ["pwd", "otp"] })).await;
    assert_eq!(two.get("/admin").await.status, 200, "the provider says that it used two");
    // With a second factor of this platform the session is completed here.
    let page = browser.get("/account/second-factor").await;
    let at = page.text().find("secret=").unwrap() + "secret=".len();
    let secret = CodeSecret::parse(&page.text()[at..at + 32]).unwrap();
    let code = || secret.code_at(node.filing.now()).unwrap();
    let form = [("password", PASSWORD), ("code", &*code())];
    assert_eq!(browser.post("/account/second-factor", &form).await.status, 303);
    let mut later = Browser::new(&node);
    log_in(&node, &provider, &mut later, "zhang.san", &json!({})).await;
    assert!(later.get("/account").await.text().contains("/login/one-time-code"));
    assert!(later.get("/login/one-time-code?next=/admin").await.text().contains("value=\"/admin\""));
    assert_eq!(later.post("/login/one-time-code", &[("code", &*code())]).await.status, 422, "a used code");
    node.clock.shift(30_000, Duration::from_secs(30));
    let before = later.session();
    let entered = later.post("/login/one-time-code", &[("code", &*code()), ("next", "//evil.example")]).await;
    assert_eq!((entered.status, location(&entered)), (303, "/account"));
    assert_ne!(later.session(), before);
    assert_eq!(later.get("/admin").await.status, 200);
    for _ in 0..6 {
        log_in(&node, &provider, &mut two, "zhang.san", &json!({})).await;
        assert_eq!(two.post("/login/one-time-code", &[("code", "000000")]).await.status, 422);
    }
    node.clock.shift(30_000, Duration::from_secs(30));
    assert_eq!(two.post("/login/one-time-code", &[("code", &*code())]).await.status, 422, "locked");
}
