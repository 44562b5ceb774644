//! What the operator does on the pages of the administration; and whether each function of the API for operators has a page.

use std::collections::BTreeSet;
use std::time::Duration;

use tiezheng::sequencer::state::StopReason;

use super::accounts::operator_browser;
use crate::support::accounts::{COURT, People};
use crate::support::browser::{Browser, PASSWORD, activate, location};
use crate::support::depositor::{ledger_key, note};
use crate::support::described::document;
use crate::support::page_list::listed_pages;
use crate::support::test_node::{NodeConfig, TestNode};

/// Functions for operators and counters, and the page that offers each; or why none does.
const FUNCTIONS: &[(&str, &str)] = &[
    ("GET /v1/me", "/account"),
    ("POST /v1/accounts", "/admin"),
    ("GET /v1/accounts/me/keys", "/account"),
    ("POST /v1/accounts/me/keys", "/account"),
    ("DELETE /v1/accounts/me/keys/{name}", "/account"),
    ("GET /v1/accounts/{account}", "/admin/accounts/{id}"),
    ("GET /v1/accounts/{account}/access-log", "/admin/accounts/{id}/log"),
    ("POST /v1/accounts/{account}/identity-checks", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/roles", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/roles/revocation", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/roles/acceptance", "/account"),
    ("POST /v1/accounts/{account}/identity-verifications/{id}/confirmation", "/account"),
    ("POST /v1/accounts/{account}/tokens", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/reset-codes", "/admin/accounts/{id}"),
    ("DELETE /v1/accounts/{account}/login-lock", "/admin/accounts/{id}"),
    ("POST /v1/tokens/{id}/revocation", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/login-links", "/admin/accounts/{id}"),
    ("POST /v1/accounts/{account}/login-links/removal", "/admin/accounts/{id}"),
    ("GET /v1/identity-providers", "/admin/identity"),
    ("POST /v1/identity-providers", "/admin/identity"),
    ("POST /v1/identity-providers/{id}/removal", "/admin/identity"),
    ("POST /v1/accounts/{account}/identity-verifications", "/account"),
    ("POST /v1/identity-providers/{id}/results", "none: providers sign their results"),
    ("GET /v1/courts/{court}/ledgers", "/admin/courts"),
    ("POST /v1/courts/{court}/ledgers", "/admin/courts"),
    ("POST /v1/courts/{court}/ledgers/removal", "/admin/courts"),
    ("GET /v1/courts/{court}/appeal-courts", "/admin/courts"),
    ("POST /v1/courts/{court}/appeal-courts", "/admin/courts"),
    ("POST /v1/courts/{court}/appeal-courts/removal", "/admin/courts"),
    ("GET /v1/courts/{court}/webhooks", "/admin/courts"),
    ("POST /v1/courts/{court}/webhooks", "/admin/courts"),
    ("POST /v1/webhooks/{id}/removal", "/admin/courts"),
    ("GET /v1/courts/{court}/gateways", "/admin/courts"),
    ("POST /v1/courts/{court}/gateways", "/admin/courts"),
    ("POST /v1/gateways/{id}/removal", "/admin/courts"),
    ("GET /v1/calendars", "/admin/calendar"),
    ("POST /v1/calendars", "/admin/calendar"),
    ("POST /v1/operator/clock", "/admin/node"),
    ("GET /health/ready", "/admin/node"),
    ("POST /v1/erasures", "/admin/erasures"),
    ("GET /v1/erasures/{id}", "/admin/erasures"),
    ("GET /v1/feed", "none: programs of courts follow events"),
    ("POST /v1/gateway/{id}/reports", "none: gateways sign their reports"),
    ("GET /health/live", "none: supervisors of processes ask whether it answers"),
    ("GET /metrics", "none: monitoring systems collect them"),
];

/// Whether an operation is of the administration, by its group or its path.
fn is_of_the_administration(tag: &str, path: &str) -> bool {
    ["accounts", "feed", "operation"].contains(&tag) || path.contains("gateway") || path.contains("erasures")
}

#[test]
fn every_function_for_operators_has_a_page() {
    let pages: BTreeSet<String> = listed_pages().into_iter().map(|page| page.route).collect();
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if is_of_the_administration(operation["tags"][0].as_str().unwrap(), path) {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let known: BTreeSet<String> = FUNCTIONS.iter().map(|(function, _)| (*function).to_owned()).collect();
    assert_eq!(
        described.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "give each a page, or say why not"
    );
    assert_eq!(known.difference(&described).collect::<Vec<_>>(), Vec::<&String>::new(), "no longer described");
    for (function, page) in FUNCTIONS {
        assert!(page.starts_with("none: ") || pages.contains(*page), "{function}: {page} is not on the list of pages");
    }
}

#[tokio::test]
async fn the_lists_of_a_court_are_kept_on_a_page() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let address = format!("/admin/courts?court={COURT}");
    let by_api = |path: String| {
        let session = people.by_operator();
        async move { session.get(&path).await.json() }
    };
    let key = ledger_key().verifier().to_string();
    for (action, field, value, says) in [
        ("ledger", "key", "nonsense", "请正确填写“账本公钥”"),
        ("appeal-court", "hears", "x", "请正确填写“上诉法院代字”"),
        ("webhook", "url", "ftp://court.example", "不向该地址推送事件"),
    ] {
        let refused = staff.post(&format!("/admin/courts/{action}"), &[("court", COURT), (field, value)]).await;
        assert!(refused.status == 422 && refused.text().contains("error-summary"), "{action}: {}", refused.text());
        assert!(refused.text().contains(says) || action == "webhook", "{action}: {}", refused.text());
    }
    let listed = staff.post("/admin/courts/ledger", &[("court", COURT), ("key", &key)]).await;
    assert!(location(&listed).ends_with("done=ledger"));
    assert!(staff.get(&address).await.text().contains(&key));
    let items = by_api(format!("/v1/courts/{COURT}/ledgers")).await;
    assert_eq!(items["items"][0]["key"], key.as_str(), "the page and the API show the same");
    assert_eq!(staff.post("/admin/courts/ledger-removal", &[("court", COURT), ("key", &key)]).await.status, 303);
    let pair = [("court", COURT), ("hears", "粤01"), ("from", "2025-11-01"), ("source", "法释〔2025〕14号")];
    assert_eq!(staff.post("/admin/courts/appeal-court", &pair).await.status, 303);
    let page = staff.get(&address).await;
    assert!(page.text().contains("粤01") && page.text().contains("法释〔2025〕14号"), "{}", page.text());
    let end = [("court", COURT), ("hears", "粤01"), ("from", "2027-01-01"), ("source", "x")];
    assert_eq!(staff.post("/admin/courts/appeal-court-end", &end).await.status, 303);
    assert!(staff.get(&address).await.text().contains("2027-01-01"));
    for kind in ["webhook", "gateway"] {
        let made =
            staff.post(&format!("/admin/courts/{kind}"), &[("court", COURT), ("url", "http://127.0.0.1:9999/x")]).await;
        assert!(made.status == 200 && made.text().contains("id=\"secret\""), "{kind}: {}", made.text());
        let list = by_api(format!("/v1/courts/{COURT}/{kind}s")).await;
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        let page = staff.get(&address).await;
        assert!(page.text().contains(&id) && !page.text().contains("id=\"secret\""), "{kind}: shown once");
        let removal = format!("/admin/courts/{kind}-removal");
        assert_eq!(staff.post(&removal, &[("court", COURT), ("id", &id)]).await.status, 303);
        assert!(!staff.get(&address).await.text().contains(&id), "{kind}");
    }
    let nowhere = staff.get("/admin/courts?court=x").await;
    assert!(nowhere.status == 422 && nowhere.text().contains("法院代字有误"));
}

#[tokio::test]
async fn holidays_accounts_tokens_and_erasures_are_managed_on_pages() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let wrong = staff.post("/admin/calendar", &[("year", "2027"), ("holidays", "2027-01-01\n2027-1-2")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("请正确填写“节假日”"), "{}", wrong.text());
    assert!(wrong.text().contains("2027-1-2"), "what was entered stays");
    let days = [("year", "2027"), ("holidays", "2027-01-01\r\n2027-01-02、2027-01-03"), ("working_days", "")];
    assert_eq!(location(&staff.post("/admin/calendar", &days).await), "/admin/calendar?done=loaded");
    assert_eq!(people.by_operator().get("/v1/calendars").await.json()["items"], serde_json::json!([2027]));

    let opened = staff.post("/admin/accounts", &[("subject", "natural-person"), ("name", "王五")]).await;
    let account = location(&opened).strip_suffix("?done=opened").unwrap().to_owned();
    let issued = staff
        .post(&format!("{account}/tokens"), &[("scope", "case"), ("scope", "deposit"), ("token-days", "30")])
        .await;
    let text = issued.text();
    let at = text.find("id=\"new-token\" translate=\"no\">").expect(text) + "id=\"new-token\" translate=\"no\">".len();
    let token = text[at..].split('<').next().unwrap().to_owned();
    assert_eq!(node.session(&token).get("/v1/me").await.status, 200);
    assert_eq!(staff.post(&format!("{account}/tokens"), &[("token-days", "30")]).await.status, 422, "no scope");
    let shown = staff.post(&format!("{account}/texts"), &[]).await;
    let at = shown.text().find("name=\"token\" value=\"").unwrap_or_else(|| panic!("{}", shown.text()))
        + "name=\"token\" value=\"".len();
    let id = shown.text()[at..at + 64].to_owned();
    assert_eq!(staff.post(&format!("{account}/token-revocation"), &[("token", &id)]).await.status, 303);
    assert_eq!(node.session(&token).get("/v1/me").await.status, 401);
    assert!(staff.get(&format!("{account}/log")).await.text().contains("<td>1</td>"), "the look is in the log");

    let id = account.rsplit('/').next().unwrap().to_owned();
    assert_eq!(staff.post("/admin/erasures", &[("account", &id)]).await.status, 422, "not confirmed");
    let both = [("account", id.as_str()), ("deposit_number", "x"), ("sure", "yes")];
    assert_eq!(staff.post("/admin/erasures", &both).await.status, 422);
    let erased = staff.post("/admin/erasures", &[("account", &id), ("sure", "yes")]).await;
    let followed = location(&erased).to_owned();
    assert!(staff.get(&followed).await.text().contains("公告记录序号"));
    assert_eq!(staff.get("/admin/erasures?id=T20261122-0K7M-X9QT-3D5W-MP").await.status, 422);
}

#[tokio::test]
async fn a_jumped_clock_is_confirmed_on_the_page_of_the_node() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    assert!(staff.get("/admin/node").await.text().contains("正常写入"));
    let needless = staff.post("/admin/node/clock", &[]).await;
    assert!(needless.status == 422 && needless.text().contains("存证未因时钟而暂停"), "{}", needless.text());
    node.clock.shift(3_600_000, Duration::ZERO);
    let _ = node.post_deposit(&note(7)).await;
    let paused = staff.get("/admin/node").await;
    assert!(
        paused.text().contains("clock_jumped") && paused.text().contains("确认时钟无误并恢复存证"),
        "{}",
        paused.text()
    );
    assert_eq!(location(&staff.post("/admin/node/clock", &[]).await), "/admin/node?done=clock");
    assert!(staff.get("/admin/node").await.text().contains("正常写入"));
}

#[tokio::test]
async fn why_writing_has_stopped_is_told_to_the_operator_in_the_nodes_own_words() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut operator = operator_browser(&node, &people).await;
    let clerk = people.clerk().await;
    let mut counter = Browser::new(&node);
    activate(&mut counter, &clerk.token, "clerk").await;
    counter.log_in("clerk", PASSWORD, "").await;
    let reason = StopReason::Recovery("/srv/tiezheng/data: no such folder".into());
    node.sequencer.stop(reason);
    for (browser, sees) in [(&mut operator, true), (&mut counter, false)] {
        let page = browser.get("/admin/node").await;
        assert!(page.status == 200 && page.text().contains("writing_stopped"), "{}", page.text());
        assert_eq!(page.text().contains("/srv/tiezheng/data"), sees);
    }
}

#[tokio::test]
async fn only_managers_open_the_administration() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    for page in listed_pages().into_iter().filter(|page| page.who == "operator") {
        let path = page.path.unwrap().replace("{account}", &account);
        assert_eq!(person.get(&path).await.status, 404, "{path}");
        assert_eq!(Browser::new(&node).get(&path).await.status, 303, "{path}");
    }
    for path in ["/admin/accounts", "/admin/courts/ledger", "/admin/calendar", "/admin/erasures", "/admin/node/clock"] {
        assert_eq!(person.post(path, &[("court", COURT)]).await.status, 404, "{path}");
        assert_eq!(person.post_from(path, &[], Some("https://evil.example")).await.status, 403, "{path}");
    }
}
