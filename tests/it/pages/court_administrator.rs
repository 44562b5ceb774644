//! The court administrator: manages the staff of its own court, and sees no cases.

use serde_json::json;
use tiezheng::filing::one_time_code::CodeSecret;

use super::accounts::operator_browser;
use crate::support::accounts::{COURT, OF_THE_COURT, PLAIN, People, Person};
use crate::support::browser::{Browser, PASSWORD, activate, registration};
use crate::support::test_node::{NodeConfig, TestNode};

/// A browser in which the holder of a token has set a password and is logged in.
async fn browser<'n>(node: &'n TestNode, person: &Person, login: &str) -> Browser<'n> {
    let mut browser = Browser::new(node);
    activate(&mut browser, &person.token, login).await;
    assert_eq!(browser.log_in(login, PASSWORD, "").await.status, 303);
    browser
}

#[tokio::test]
async fn it_finds_the_staff_of_its_court_and_others_by_their_exact_names() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let elsewhere = people.of_court("法官", "judge", "京0491").await;
    let mut desk = browser(&node, &administrator, "desk").await;
    activate(&mut Browser::new(&node), &elsewhere.token, "judge.elsewhere").await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;

    let list = desk.get("/admin").await.text().to_owned();
    assert!(list.contains("desk") && !list.contains(&account), "staff of its own court only: {list}");
    for (query, is_found) in
        [("perso", false), ("person", true), ("Person", true), (&*account, true), (&account[..8], false)]
    {
        assert_eq!(desk.get(&format!("/admin?q={query}")).await.text().contains(&account), is_found, "{query}");
    }
    assert!(!list.contains("judge.elsewhere") && !list.contains("/admin/courts") && !list.contains("/admin/node"));
    // What somebody stated at registration is shown to the operator, and not to the administrator of a court (个人信息保护法 art. 6).
    let mut form: Vec<_> = registration("lawyer").into_iter().filter(|(name, _)| *name != "kind").collect();
    form.extend([("kind", "lawyer"), ("licence-number", "14401201910000000"), ("law-firm", "某某律师事务所")]);
    let mut lawyer = Browser::new(&node);
    assert_eq!(lawyer.post("/register", &form).await.status, 303);
    let path = format!("/admin/accounts/{}", lawyer.account().await);
    let seen = [desk.get(&path).await, operator_browser(&node, &people).await.get(&path).await];
    assert!(seen.iter().all(|page| page.text().contains("lawyer")));
    assert_eq!(seen.map(|page| page.text().contains("14401201910000000")), [false, true]);
    for page in ["courts", "calendar", "erasures", "identity", "node"] {
        assert_eq!(desk.get(&format!("/admin/{page}")).await.status, 404, "{page}");
    }
    for path in [
        format!("/admin/accounts/{}", elsewhere.account),
        format!("/admin/accounts/{}", people.operator.account),
        format!("/admin/accounts/{account}/log"),
    ] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
    let page = desk.get(&format!("/admin/accounts/{account}")).await.text().to_owned();
    assert!(page.contains("授予角色") && page.contains("<option value=\"judge\">") && page.contains(COURT));
    for missing in ["value=\"operator\"", "value=\"court-administrator\"", "/closing", "/reset-code", "/log\""] {
        assert!(!page.contains(missing), "{missing}: {page}");
    }
}

#[tokio::test]
async fn it_appoints_the_staff_of_its_court_and_each_grant_is_on_the_ledger() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let elsewhere = people.of_court("法官", "judge", "京0491").await;
    let mut desk = browser(&node, &administrator, "desk").await;
    let mut judge = browser(&node, &elsewhere, "judge.elsewhere").await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let at = |account: &str, action: &str| format!("/admin/accounts/{account}/{action}");
    let length = || node.filing.registry().length;
    let before = length();
    let role = |role: &'static str, court: &'static str| [("role", role), ("court", court)];
    let alone = desk.post(&at(&account, "role"), &role("judge", COURT)).await;
    assert!(
        alone.status == 422 && alone.text().contains("另一人"),
        "nobody has checked the identity: {}",
        alone.text()
    );
    people.identify(&account, "high").await;
    assert_eq!(desk.post(&at(&account, "role"), &role("judge", COURT)).await.status, 303);
    assert_eq!(length(), before + 2);
    let page = desk.get(&format!("/admin/accounts/{account}")).await;
    assert!(page.text().contains("待本人接受") && !page.text().contains("/reset-code"), "{}", page.text());
    assert!(person.get("/account").await.text().contains("待接受的角色"));
    let accepted = person.post("/account/role", &role("judge", COURT)).await;
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    assert!(!person.get("/account").await.text().contains("待接受的角色"));
    for (of, role) in [
        (account.as_str(), role("judge", "京0491")),
        (&account, role("operator", "")),
        (&account, role("court-administrator", COURT)),
        (&administrator.account, role("judge", COURT)),
    ] {
        assert_eq!(desk.post(&at(of, "role"), &role).await.status, 422, "{of} {role:?}");
    }
    let seen = [("level", "high"), ("seen", "yes")];
    assert_eq!(desk.post(&at(&account, "identity"), &seen).await.status, 303);
    let of_others = desk.post(&at(&elsewhere.account, "identity"), &seen).await;
    assert_eq!(of_others.status, 404);
    assert_eq!(length(), before + 4, "nothing of what was refused");
    let shown = desk.post(&at(&account, "texts"), &[]).await;
    assert!(shown.text().contains("<bdi>张三</bdi>"));
    assert_eq!(desk.post(&at(&elsewhere.account, "texts"), &[]).await.status, 404);
    assert_eq!(desk.post(&at(&account, "role-revocation"), &role("judge", COURT)).await.status, 303);
    assert_eq!(desk.post(&at(&account, "closing"), &[("sure", "yes")]).await.status, 422);
    // Who is no administrator any more manages nothing.
    let mut operator = operator_browser(&node, &people).await;
    let revoke = role("court-administrator", COURT);
    assert_eq!(operator.post(&at(&administrator.account, "role-revocation"), &revoke).await.status, 303);
    assert_eq!(desk.get("/admin").await.status, 404);
    assert_eq!(judge.get("/admin").await.status, 404, "a judge manages no accounts");
}

#[tokio::test]
async fn it_resets_and_unlocks_the_logins_of_its_staff_and_no_others() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let second = people.of_court("管理员", "court-administrator", COURT).await;
    let (clerk, elsewhere) = (people.clerk().await, people.of_court("法官", "judge", "京0491").await);
    let mut desk = browser(&node, &administrator, "desk").await;
    for (person, login) in
        [(&second, "second"), (&clerk, "clerk"), (&elsewhere, "elsewhere"), (&people.operator, "operator")]
    {
        activate(&mut Browser::new(&node), &person.token, login).await;
    }
    let mut person = Browser::new(&node);
    person.register("person").await;
    let roleless = person.account().await;
    for _ in 0..6 {
        assert_eq!(Browser::new(&node).log_in("clerk", "wrong password", "").await.status, 401);
    }
    let at = |account: &str, action: &str| format!("/admin/accounts/{account}/{action}");
    assert!(desk.get(&format!("/admin/accounts/{}", clerk.account)).await.text().contains("登录已锁定"));
    assert_eq!(desk.post(&at(&clerk.account, "unlocking"), &[]).await.status, 303);
    assert_eq!(Browser::new(&node).log_in("clerk", PASSWORD, "").await.status, 303);
    // Without a second factor the code alone would be the clerk's role.
    let refused = desk.post(&at(&clerk.account, "reset-code"), &[]).await;
    assert!(refused.status == 422 && !refused.text().contains("id=\"reset-code\""), "{}", refused.text());
    let mut own = Browser::new(&node);
    own.log_in("clerk", PASSWORD, "").await;
    let page = own.get("/account/second-factor").await;
    let from = page.text().find("secret=").unwrap() + "secret=".len();
    let secret = CodeSecret::parse(&page.text()[from..from + 32]).unwrap();
    let code = secret.code_at(node.filing.now()).unwrap();
    assert_eq!(own.post("/account/second-factor", &[("password", PASSWORD), ("code", &*code)]).await.status, 303);
    assert!(desk.post(&at(&clerk.account, "reset-code"), &[]).await.text().contains("id=\"reset-code\""));
    let log = people.by_operator().get(&format!("/v1/accounts/{}/access-log", clerk.account)).await.json();
    assert_eq!(log["items"][0]["capacity"], "court-administrator", "{log}");
    let others = [&second.account, &administrator.account, &roleless, &elsewhere.account, &people.operator.account];
    for account in others {
        for action in ["reset-code", "unlocking", "second-factor"] {
            let refused = desk.post(&at(account, action), &[]).await;
            assert!(matches!(refused.status, 404 | 422), "{account} {action}: {}", refused.status);
        }
    }
    assert_eq!(desk.post(&at(&clerk.account, "second-factor"), &[]).await.status, 422, "the operator removes it");
    // A role at another court, or outside of courts, makes the login more than the court's.
    people.grant(&clerk.account, "auditor", None).await;
    assert_eq!(desk.post(&at(&clerk.account, "reset-code"), &[]).await.status, 422);
}

#[tokio::test]
async fn it_sees_no_cases() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let filer = people.person("张三").await;
    let body = json!({
        "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
        "subject": "natural-person", "filer": "principal", "name": "张三",
    });
    let opened = people.by(&filer).create("/v1/cases", &body).await;
    let case = opened["case"].as_str().unwrap();
    for tail in ["", "/access-log", "/record"] {
        let seen = people.by(&administrator).get(&format!("/v1/cases/{case}{tail}")).await;
        assert_eq!(seen.status, 404, "{tail}");
    }
    let list = people.by(&administrator).get("/v1/cases").await;
    assert_eq!(list.json()["items"], json!([]), "{}", list.text());
    let feed = people.by(&administrator).get(&format!("/v1/feed?court={COURT}")).await;
    assert_eq!(feed.problem(), (404, "not_found".into()));
    let gateways = people.by(&administrator).get(&format!("/v1/courts/{COURT}/gateways")).await;
    assert_eq!(gateways.problem(), (403, "not_permitted".into()));
    let acting = people.by(&administrator).acting("court-administrator");
    let act = acting.post(&format!("/v1/cases/{case}/acts"), &json!({ "act": "submit" })).await;
    assert_eq!(act.problem(), (404, "not_found".into()));
    let mut desk = browser(&node, &administrator, "desk").await;
    assert_eq!(desk.get(&format!("/cases/{case}")).await.status, 404);
    assert!(!desk.get("/cases").await.text().contains(case));
}

/// By the API, as programs and the command line do.
#[tokio::test]
async fn its_token_needs_manage_and_grants_what_its_session_does() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let person = people.unidentified("李四").await;
    let path = format!("/v1/accounts/{}/roles", person.account);
    let clerk = json!({ "role": "clerk", "court": COURT });
    let weak = people.token(&administrator.account, &["read", "court"]).await;
    assert_eq!(people.by(&weak).post(&path, &clerk).await.problem(), (403, "scope_needed".into()));
    let alone = people.by(&administrator).post(&path, &clerk).await;
    assert_eq!(alone.problem(), (403, "second_person_needed".into()), "nobody has checked the identity");
    people.identify(&person.account, "high").await;
    let granted = people.by(&administrator).create(&path, &clerk).await;
    assert_eq!(granted["act"], "grant");
    let offered = people.by(&person).get("/v1/me").await.json();
    assert_eq!((&offered["roles"], &offered["offered_roles"][0]["role"]), (&json!([]), &json!("clerk")));
    let accept = format!("{path}/acceptance");
    assert_eq!(people.by(&administrator).post(&accept, &clerk).await.problem(), (403, "not_permitted".into()));
    assert_eq!(people.by(&person).create(&accept, &clerk).await["act"], "accept-role");
    assert_eq!(people.by(&person).post(&accept, &clerk).await.problem(), (404, "no_such_grant".into()));
    let revoked = people.by(&administrator).post(&format!("{path}/revocation"), &clerk).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    for other in [json!({ "role": "clerk", "court": "京0491" }), json!({ "role": "auditor" })] {
        assert_eq!(people.by(&administrator).post(&path, &other).await.problem(), (403, "not_permitted".into()));
    }
    // The counter: opens an account and issues its first token.
    let opened = people.by(&administrator).create("/v1/accounts", &json!({ "subject": "natural-person" })).await;
    let tokens = format!("/v1/accounts/{}/tokens", opened["account"].as_str().unwrap());
    let issued = people.by(&administrator).post(&tokens, &json!({ "scopes": PLAIN, "days": 1 })).await;
    assert_eq!(issued.status, 201, "{}", issued.text());
    // The administrator that opened it grants it no role, also if another person has checked the identity.
    let own = opened["account"].as_str().unwrap();
    people.identify(own, "high").await;
    let judge = json!({ "role": "judge", "court": COURT });
    let refused = people.by(&administrator).post(&format!("/v1/accounts/{own}/roles"), &judge).await;
    assert_eq!(refused.problem(), (403, "second_person_needed".into()));
    let of_court = people.by(&administrator).post(&tokens, &json!({ "scopes": OF_THE_COURT, "days": 1 })).await;
    assert_eq!(of_court.problem(), (403, "not_permitted".into()));
    let token = people.token(&administrator.account, &["manage"]).await;
    activate(&mut Browser::new(&node), &token.token, "administrator").await;
}
