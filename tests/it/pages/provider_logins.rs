//! Login with the identity provider of a court: whose account it opens, and who is kept out.

use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::filing::one_time_code::CodeSecret;
use tiezheng::ledger::notice::Mode;

use super::accounts::operator_browser;
use crate::support::accounts::{COURT, People, Person};
use crate::support::browser::{Browser, PASSWORD, activate, location};
use crate::support::identity_provider::IdentityProvider;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const BEGIN: &str = "/login/oidc/%E7%B2%A40192";
const CALLBACK: &str = "/login/oidc/%E7%B2%A40192/callback";

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
    assert_eq!(parameter(address, "redirect_uri"), format!("http://127.0.0.1:7654{CALLBACK}"));
    provider.says(subject, &parameter(address, "nonce"), node.filing.now().as_millis() / 1000, changed);
    format!("{CALLBACK}?code=c&state={}", parameter(address, "state"))
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

/// A browser in which the holder of a login name is signed in with the password.
async fn own_browser<'n>(node: &'n TestNode, login: &str) -> Browser<'n> {
    let mut browser = Browser::new(node);
    assert_eq!(browser.log_in(login, PASSWORD, "").await.status, 303);
    browser
}

/// Begins a link on the page of the account: the address of the answer that the provider would send the browser to.
async fn begin_link(
    node: &TestNode,
    provider: &IdentityProvider,
    browser: &mut Browser<'_>,
    subject: &str,
    code: &str,
) -> String {
    let form = [("link-court", COURT), ("link-password", PASSWORD), ("link-code", code)];
    let begun = browser.post("/account/login-link", &form).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let text = begun.text().replace("&amp;", "&").replace("&#38;", "&");
    let at = text.find("id=\"begin-link\" href=\"").unwrap() + "id=\"begin-link\" href=\"".len();
    let address = text[at..].split('"').next().unwrap();
    assert_eq!(parameter(address, "prompt"), "login", "who sits at the computer proves it now");
    provider.says(subject, &parameter(address, "nonce"), node.filing.now().as_millis() / 1000, &json!({}));
    format!("{CALLBACK}?code=c&state={}", parameter(address, "state"))
}

/// Links the account of a browser to the login with this subject.
async fn link(node: &TestNode, provider: &IdentityProvider, browser: &mut Browser<'_>, subject: &str) {
    let callback = begin_link(node, provider, browser, subject, "").await;
    let linked = browser.get(&callback).await;
    assert_eq!((linked.status, location(&linked)), (303, "/account?done=login-link"), "{}", linked.text());
}

/// The name of the only cookie of a login that has begun.
fn login_cookie(browser: &Browser<'_>) -> Option<String> {
    let mut names = browser.cookies.keys().filter(|name| name.starts_with("__Host-login-")).map(ToString::to_string);
    let name = names.next();
    assert_eq!(names.next(), None);
    name
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
    assert!(unlinked.status == 403 && unlinked.text().contains("尚未关联账号"), "{}", unlinked.text());
    assert!(browser.session().is_none());
    assert_eq!(unlinked.header("cache-control"), "no-store");

    let mut operator = operator_browser(&node, &people).await;
    let path = format!("/admin/accounts/{}", clerk.account);
    link(&node, &provider, &mut own_browser(&node, "clerk").await, "zhang.san").await;
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
    assert_eq!(
        browser.get("/account").await.status,
        303,
        "the session that the link began has ended with the last role"
    );
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 403);
    people.grant(&clerk.account, "judge", Some(COURT)).await;
    assert_eq!(log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await.status, 303);
    assert_eq!(browser.get("/account").await.status, 200);
    assert_eq!(operator.post(&format!("{path}/login-link-end"), &[("link-court", COURT)]).await.status, 303);
    assert_eq!(browser.get("/account").await.status, 303, "all sessions have ended with the link");
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
    let name = login_cookie(&browser).unwrap();
    let login = browser.cookies[name.as_str()].clone();
    assert_eq!(browser.get(&callback).await.status, 303);
    assert_eq!(login_cookie(&browser), None);
    browser.cookies.insert(name, login);
    assert_eq!(browser.get(&callback).await.status, 400);
    assert_eq!(login_cookie(&browser), None, "removed after a failure, too");
    // Two tabs: each login has a cookie of its own. An answer at the address of another court ends it (mix-up).
    let first = begin(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    let second = begin(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    let mixed = first.replace("%E7%B2%A40192", "%E4%BA%AC0491");
    assert_eq!(browser.get(&mixed).await.status, 400);
    assert_eq!(browser.get(&second).await.status, 303);
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
    let entered = fresh.get(&format!("{CALLBACK}?code=c&state={}", parameter(address, "state"))).await;
    assert_eq!(location(&entered), "/account");
    for unknown in ["/login/oidc/%E4%BA%AC0491", "/login/oidc/nonsense"] {
        assert_eq!(fresh.get(unknown).await.status, 404, "{unknown}");
    }
}

/// An administrator replaces the link of a judge by its own login, or makes one for a party's account.
#[tokio::test]
async fn nobody_but_the_holder_and_the_operator_links_a_login() {
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
    for by in [&clerk, &judge, &person, &elsewhere, &administrator] {
        for of in [&judge.account, &person.account, &clerk.account, &by.account] {
            assert_eq!(link(by, of, "own").await.problem(), (403, "not_permitted".into()));
        }
    }
    let operator = &people.operator;
    assert_eq!(link(operator, &judge.account, "zhang.san").await.problem(), (409, "login_linked".into()));
    assert_eq!(link(operator, &clerk.account, "other").await.problem(), (409, "login_link_exists".into()));
    assert_eq!(link(operator, &person.account, "li").await.problem(), (422, "no_role_at_court".into()));
    for bad in ["", " x", "a\nb", &"x".repeat(256), "张三"] {
        assert_eq!(link(operator, &judge.account, bad).await.problem(), (400, "bad_value".into()), "{bad}");
    }
    assert_eq!(link(operator, &judge.account, "judge").await.status, 201);
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

/// The secret of a second factor that is set up in this browser.
async fn set_up_factor(node: &TestNode, browser: &mut Browser<'_>) -> CodeSecret {
    let page = browser.get("/account/second-factor").await;
    let at = page.text().find("secret=").unwrap() + "secret=".len();
    let secret = CodeSecret::parse(&page.text()[at..at + 32]).unwrap();
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirmed = browser.post("/account/second-factor", &[("password", PASSWORD), ("code", &*code)]).await;
    assert_eq!(confirmed.status, 303);
    node.clock.shift(30_000, Duration::from_secs(30));
    secret
}

#[tokio::test]
async fn the_holder_links_a_login_with_the_password_and_proves_it_in_the_same_session() {
    let (node, provider) = node(Mode::Test).await;
    let people = People::of(&node).await;
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    for (person, login) in [(&clerk, "clerk"), (&judge, "judge")] {
        activate(&mut Browser::new(&node), &person.token, login).await;
    }
    let (mut desk, mut other) = (own_browser(&node, "clerk").await, own_browser(&node, "clerk").await);
    let wrong = desk.post("/account/login-link", &[("link-court", COURT), ("link-password", "wrong password")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("当前密码不正确") && login_cookie(&desk).is_none());
    // The answer to an attacker's link, opened in the browser of a judge who is signed in: nothing is linked.
    let callback = begin_link(&node, &provider, &mut desk, "attacker", "").await;
    let mut bench = own_browser(&node, "judge").await;
    let cookie = login_cookie(&desk).unwrap();
    bench.cookies.insert(cookie.clone(), desk.cookies[cookie.as_str()].clone());
    assert_eq!(bench.get(&callback).await.status, 400);
    let length = node.filing.registry().length;
    let callback = begin_link(&node, &provider, &mut desk, "zhang.san", "").await;
    let before = desk.session();
    assert_eq!(location(&desk.get(&callback).await), "/account?done=login-link");
    assert_eq!(node.filing.registry().length, length + 1, "on the ledger");
    assert_ne!(desk.session(), before);
    assert_eq!(other.get("/account").await.status, 303, "all other sessions have ended");
    assert!(desk.get("/account").await.text().contains("统一身份认证关联有变更"));
    // A login that is linked already, and an account that is.
    let callback = begin_link(&node, &provider, &mut bench, "zhang.san", "").await;
    let linked = bench.get(&callback).await;
    assert!(linked.status == 409 && linked.text().contains("login_linked"), "{}", linked.text());
    assert!(!desk.get("/account").await.text().contains("id=\"link-court\""), "no second link");
    let callback = begin_link(&node, &provider, &mut desk, "other", "").await;
    let exists = desk.get(&callback).await;
    assert!(exists.status == 409 && exists.text().contains("login_link_exists"), "{}", exists.text());
    let ended = desk.post("/account/login-link-end", &[("link-court", COURT)]).await;
    assert_eq!((ended.status, location(&ended)), (303, "/login?done=unlinked"));
    assert_eq!(desk.get("/account").await.status, 303);
    // With a second factor, its code is asked for.
    let mut desk = own_browser(&node, "clerk").await;
    let secret = set_up_factor(&node, &mut desk).await;
    let form = [("link-court", COURT), ("link-password", PASSWORD), ("link-code", "000000")];
    assert_eq!(desk.post("/account/login-link", &form).await.status, 422);
    let code = secret.code_at(node.filing.now()).unwrap();
    begin_link(&node, &provider, &mut desk, "zhang.san", &code).await;
    // Wrong codes beside the right password count as failed logins.
    for _ in 0..6 {
        assert_eq!(desk.post("/account/login-link", &form).await.status, 422);
    }
    node.clock.shift(30_000, Duration::from_secs(30));
    let code = secret.code_at(node.filing.now()).unwrap();
    let form = [("link-court", COURT), ("link-password", PASSWORD), ("link-code", &*code)];
    assert_eq!(desk.post("/account/login-link", &form).await.status, 422, "locked");
}

/// Who has one factor of a login at the provider has no session of an account with a second one.
#[tokio::test]
async fn a_login_with_one_factor_needs_the_one_time_code_of_the_account() {
    let (node, provider) = node(Mode::Live).await;
    let people = People::of(&node).await;
    linked_clerk(&node, &people, "zhang.san").await;
    let mut browser = Browser::new(&node);
    log_in(&node, &provider, &mut browser, "zhang.san", &json!({ "amr": ["pwd"] })).await;
    assert_eq!(browser.get("/admin").await.status, 403, "one factor, and the account has none yet");
    let mut two = Browser::new(&node);
    log_in(&node, &provider, &mut two, "zhang.san", &json!({ "amr": ["pwd", "otp"] })).await;
    assert_eq!(two.get("/admin").await.status, 200, "a trusted provider says that it used two");
    let secret = set_up_factor(&node, &mut browser).await;
    let code = || secret.code_at(node.filing.now()).unwrap();
    let mut later = Browser::new(&node);
    assert_eq!(location(&later.get("/login/one-time-code").await), "/login", "no login waits");
    let begun = log_in(&node, &provider, &mut later, "zhang.san", &json!({})).await;
    assert_eq!((begun.status, location(&begun)), (303, "/login/one-time-code?next=%2Fcases"));
    assert!(later.session().is_none(), "no session before the code");
    assert_eq!(later.get("/account").await.status, 303);
    assert!(later.get("/login/one-time-code?next=/admin").await.text().contains("value=\"/admin\""));
    assert_eq!(later.post("/login/one-time-code", &[("code", "000000")]).await.status, 422);
    let good = code();
    let entered = later.post("/login/one-time-code", &[("code", &*good), ("next", "//evil.example")]).await;
    assert_eq!((entered.status, location(&entered)), (303, "/account"));
    assert_eq!(later.get("/admin").await.status, 200);
    assert_eq!(location(&later.post("/login/one-time-code", &[("code", &*good)]).await), "/login", "it has ended");
    // A used code, a login that waits too long, one whose link has ended.
    log_in(&node, &provider, &mut two, "zhang.san", &json!({})).await;
    assert_eq!(two.post("/login/one-time-code", &[("code", &*good)]).await.status, 422);
    node.clock.shift(600_000, Duration::from_mins(10));
    assert_eq!(location(&two.post("/login/one-time-code", &[("code", &*code())]).await), "/login");
    for _ in 0..6 {
        log_in(&node, &provider, &mut two, "zhang.san", &json!({})).await;
        assert_eq!(two.post("/login/one-time-code", &[("code", "000000")]).await.status, 422);
    }
    node.clock.shift(30_000, Duration::from_secs(30));
    assert_eq!(two.post("/login/one-time-code", &[("code", &*code())]).await.status, 422, "locked");
}

/// The next person at a shared computer is not logged in by the session at the provider.
#[tokio::test]
async fn after_a_logout_the_provider_is_to_ask_again() {
    let (node, provider) = node(Mode::Test).await;
    let people = People::of(&node).await;
    linked_clerk(&node, &people, "zhang.san").await;
    let mut browser = Browser::new(&node);
    let has_prompt = |answer: &Answer| location(answer).contains("prompt=login");
    assert!(!has_prompt(&browser.get(BEGIN).await));
    log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    let out = browser.post("/logout", &[]).await;
    assert_eq!(location(&out), "/login?done=out&court=%E7%B2%A40192");
    let page = browser.get(location(&out)).await;
    assert!(
        page.text().contains("id=\"provider-logout\" href=\"/login/oidc/%E7%B2%A40192/logout\""),
        "{}",
        page.text()
    );
    let sent = browser.get("/login/oidc/%E7%B2%A40192/logout").await;
    assert!(sent.status == 303 && location(&sent).ends_with("/end?client_id=tiezheng"), "{}", location(&sent));
    assert!(has_prompt(&browser.get(BEGIN).await));
    log_in(&node, &provider, &mut browser, "zhang.san", &json!({})).await;
    assert!(!has_prompt(&browser.get(BEGIN).await), "forgotten with the next login");
}
