//! Attacks on pages: markup in every field, forms of other sites, open redirects, stolen and chosen sessions, missing rights.

use reqwest::header::SET_COOKIE;

use super::accounts::operator_browser;
use crate::support::accounts::People;
use crate::support::browser::{Browser, PASSWORD, location, registration};
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

/// Texts that break pages which do not escape.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><svg/onload=alert(1)>",
    "{{7*7}}${7*7}",
    "\u{202e}gnp.exe\u{200b}",
    DECEPTIVE,
    "=HYPERLINK(\"http://evil.example\")",
];

/// A sum that is read as another one, and characters that are not seen.
pub(super) const DECEPTIVE: &str = "款\u{202e}0001\u{202c}元\u{2066}\u{2069}\u{200b}\u{200f}\u{3164}\u{115f}\u{1160}";

/// The page without what its form fields contain: that is sent back as it is, and stands in a box of its own.
fn without_field_values(page: &str) -> String {
    let mut rest = page;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("<input ") {
        kept.push_str(before);
        let (field, after) = after.split_once('>').unwrap();
        let parts: Vec<&str> = field.split("value=\"").collect();
        kept.push_str(parts.first().unwrap());
        kept.push_str(parts.get(1).and_then(|value| value.split_once('"')).map_or("", |(_, attributes)| attributes));
        rest = after;
    }
    kept.push_str(rest);
    let mut parts = kept.split("<textarea");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |page, part| page + part.split_once("</textarea>").unwrap().1)
}

/// Checks that the page has no character that reorders or hides text, outside of form fields.
pub(super) fn assert_not_deceptive(page: &str, of: &str) {
    let page = &without_field_values(page);
    let is_deceptive = |c: char| {
        matches!(c,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{3164}' | '\u{115f}' | '\u{1160}')
    };
    let found = page.find(is_deceptive);
    let around =
        found.map(|at| page[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect::<String>());
    assert_eq!(around, None, "{of}");
}

fn assert_harmless(page: &str, text: &str) {
    assert_not_deceptive(page, text);
    for raw in ["<script>alert", "<img src=x", "<svg/onload"] {
        if text.contains(raw) {
            assert!(!page.contains(raw), "{text} is on the page as it is");
        }
    }
    assert!(!page.contains("' onmouseover='"), "an attribute was broken");
    assert!(!page.contains(">49<"), "evaluated");
}

#[tokio::test]
async fn no_field_becomes_markup() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    for (n, text) in HOSTILE.into_iter().enumerate() {
        let mut browser = Browser::new(&node);
        let query = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for path in [
            format!("/search?q={query}"),
            format!("/?x={query}"),
            format!("/login?next={query}"),
            format!("/register?kind={query}"),
            format!("/{query}"),
            format!("/d/{query}"),
            format!("/blocks/{query}"),
            format!("/problems/{query}"),
            format!("/chain?cursor={query}"),
            format!("/admin?q={query}"),
        ] {
            let page = browser.get(&path).await;
            assert!(page.status < 500, "{path}");
            assert_harmless(page.text(), text);
        }
        for field in ["name", "login", "new-password", "kind", "consent"] {
            let form = registration("x").map(|(name, value)| (name, if name == field { text } else { value }));
            let page = browser.post("/register", &form).await;
            assert!(page.status < 500, "{field}");
            assert_harmless(page.text(), text);
        }
        assert_harmless(
            browser.post("/login", &[("login", text), ("password", text), ("next", text)]).await.text(),
            text,
        );
        // Texts that are accepted: the name, and what a legal person states.
        let login = format!("legal{n}");
        let mut form = registration(&login).to_vec();
        form[0].1 = "organisation";
        form[1].1 = text;
        form.extend([("organisation-code", text), ("agent", text)]);
        let mut owner = Browser::new(&node);
        let registered = owner.post("/register", &form).await;
        if registered.status != 303 {
            assert!(registered.text().contains("不得含控制字符"), "{text}: {}", registered.text());
            continue;
        }
        let account = owner.account().await;
        assert_harmless(owner.get("/account").await.text(), text);
        assert_harmless(staff.get(&format!("/admin/accounts/{account}")).await.text(), text);
        assert_harmless(staff.post(&format!("/admin/accounts/{account}/texts"), &[]).await.text(), text);
        assert_harmless(staff.get(&format!("/admin?q={query}")).await.text(), text);
        let done = owner.get(&format!("/account?done={query}")).await;
        assert_harmless(done.text(), text);
    }
    let long = "长".repeat(10_000);
    let form = registration("long").map(|(name, value)| (name, if name == "name" { long.as_str() } else { value }));
    let refused = Browser::new(&node).post("/register", &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text().len());
    let rare = registration("rare").map(|(name, value)| (name, if name == "name" { "𪚥㐀" } else { value }));
    assert_eq!(Browser::new(&node).post("/register", &rare).await.status, 303);
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let own = node.url("");
    for origin in [Some("https://evil.example"), Some("null"), None, Some(&*format!("{own}.evil.example"))] {
        for (path, form) in [
            ("/logout", vec![]),
            ("/account/sessions", vec![]),
            ("/account/closing", vec![("closing-password", PASSWORD)]),
            ("/login", vec![("login", "owner"), ("password", PASSWORD)]),
            ("/register", registration("other").to_vec()),
        ] {
            let answer = owner.post_from(path, &form, origin).await;
            assert!(answer.status == 403 && answer.text().contains("并非由本网站页面提交"), "{path} {origin:?}");
        }
    }
    assert_eq!(owner.get("/account").await.status, 200);
    // Nothing is changed by following a link.
    for path in ["/logout", "/account/closing", "/account/export"] {
        assert_eq!(owner.get(path).await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn a_login_leads_to_this_site_only() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    Browser::new(&node).register("owner").await;
    for (next, leads) in [
        ("/chain", "/chain"),
        ("//evil.example", "/account"),
        ("/\\evil.example", "/account"),
        ("https://evil.example/", "/account"),
        ("javascript:alert(1)", "/account"),
        ("/\r\nSet-Cookie: a=b", "/account"),
    ] {
        let form = [("login", "owner"), ("password", PASSWORD), ("next", next)];
        let answer = Browser::new(&node).post("/login", &form).await;
        assert_eq!(location(&answer), leads, "{next:?}");
    }
}

#[tokio::test]
async fn a_session_is_never_one_that_was_known_before() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    let answer = owner.register("owner").await;
    let cookie =
        answer.headers.get_all(SET_COOKIE).iter().find_map(|one| one.to_str().unwrap().strip_prefix("__Host-session="));
    let flags = cookie.unwrap().split_once(';').unwrap().1;
    assert_eq!(flags, " Path=/; Secure; HttpOnly; SameSite=Lax");
    // Fixation: an id that an attacker chose, or another visitor's, is not kept over a login.
    let attackers = "ab".repeat(32);
    let mut victim = Browser::new(&node);
    victim.cookies.insert("__Host-session".into(), attackers.clone());
    assert_eq!(victim.get("/account").await.status, 303);
    victim.log_in("owner", PASSWORD, "").await;
    assert_ne!(victim.session().unwrap(), attackers);
    let before = victim.session().unwrap();
    victim.log_in("owner", PASSWORD, "").await;
    assert_ne!(victim.session().unwrap(), before);
    let mut thief = Browser::new(&node);
    thief.cookies.insert("__Host-session".into(), before);
    assert_eq!(thief.get("/account").await.status, 303, "the old id ended with the login");
    // A cookie under another name, or twice, is none.
    thief.cookies.insert("session".into(), victim.session().unwrap());
    assert_eq!(thief.get("/account").await.status, 303);
}

#[tokio::test]
async fn cookies_open_pages_and_tokens_open_the_api_and_neither_the_other() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    for path in ["/v1/me", "/v1/cases"] {
        assert_eq!(staff.get(path).await.problem().1, "unauthenticated", "{path}");
    }
    let by_token = people.by_operator().get("/account").await;
    assert!(by_token.text().contains("/login") && !by_token.text().contains("operator</dd>"), "a token opens no page");
}

#[tokio::test]
async fn each_page_is_for_those_who_may_see_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let (mut staff, mut person, mut visitor) =
        (operator_browser(&node, &people).await, Browser::new(&node), Browser::new(&node));
    person.register("person").await;
    let (account, other) = (person.account().await, staff.account().await);
    for path in ["/", "/chain", "/docs", "/problems", "/privacy", "/login", "/register", &format!("/d/{number}")] {
        assert!([200, 303].contains(&visitor.get(path).await.status), "{path}");
    }
    let admin = format!("/admin/accounts/{account}");
    for path in ["/account", "/account/second-factor", "/admin", &admin] {
        assert!(location(&visitor.get(path).await).starts_with("/login?next="), "{path}");
    }
    for action in
        ["role", "role-revocation", "identity", "unlocking", "second-factor", "closing", "reset-code", "texts"]
    {
        for target in [&account, &other] {
            let path = format!("/admin/accounts/{target}/{action}");
            let form = [("role", "operator"), ("level", "high"), ("seen", "yes"), ("sure", "yes")];
            assert_eq!(location(&visitor.post(&path, &form).await), "/login?next=%2Faccount");
            let refused = person.post(&path, &form).await;
            assert_eq!(refused.status, 404, "{path}: {}", refused.text());
        }
    }
    for path in ["/admin", &admin, &format!("/admin/accounts/{}", "00".repeat(32))] {
        assert_eq!(person.get(path).await.status, 404, "not found, whether or not it exists: {path}");
    }
    assert_eq!(staff.get(&format!("/admin/accounts/{}", "00".repeat(32))).await.status, 404);
    assert!(person.get("/").await.text().contains("我的账号") && !person.get("/").await.text().contains("/admin"));
}
