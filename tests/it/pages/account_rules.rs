//! Accounts, each rule by itself: what counts as a failed login, which sessions end, what a reset code and a second factor are good for.

use std::time::Duration;

use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::filing::sessions::SessionId;
use tiezheng::ledger::notice::Mode;

use super::accounts::{operator_browser, pass, secret_of};
use crate::support::accounts::{COURT, OF_THE_COURT, People};
use crate::support::browser::{Browser, PASSWORD, activate, location, registration};
use crate::support::test_node::{NodeConfig, TestNode};

const NEXT: &str = "another sentence";

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

async fn logs_in(node: &TestNode, login: &str, password: &str) -> bool {
    Browser::new(node).log_in(login, password, "").await.status == 303
}

/// Whether a session opens the page of the account.
async fn is_open(node: &TestNode, session: &str) -> bool {
    let mut browser = Browser::new(node);
    browser.cookies.insert("__Host-session".into(), session.to_owned());
    browser.get("/account").await.status == 200
}

async fn change_password(browser: &mut Browser<'_>, current: &str, new: &str) -> u16 {
    let form = [("current-password", current), ("new-password", new), ("new-password-again", new)];
    browser.post("/account/password", &form).await.status
}

async fn reset(node: &TestNode, login: &str, code: &str, new: &str) -> u16 {
    let form = [("login", login), ("code", code), ("new-password", new), ("new-password-again", new)];
    Browser::new(node).post("/reset", &form).await.status
}

/// A reset code for the account, issued in this browser.
async fn reset_code(staff: &mut Browser<'_>, account: &str) -> String {
    let issued = staff.post(&format!("/admin/accounts/{account}/reset-code"), &[]).await;
    let before = "id=\"reset-code\" translate=\"no\">";
    let at = issued.text().find(before).unwrap_or_else(|| panic!("{}", issued.text())) + before.len();
    issued.text()[at..at + 14].to_owned()
}

#[tokio::test]
async fn a_login_clears_the_failures_before_it() {
    let node = node().await;
    Browser::new(&node).register("owner").await;
    for _ in 0..2 {
        for _ in 0..5 {
            assert!(!logs_in(&node, "owner", "wrong password").await);
        }
        assert!(logs_in(&node, "owner", PASSWORD).await);
    }
}

#[tokio::test]
async fn a_login_ends_the_session_that_the_browser_had_and_no_other() {
    let node = node().await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let first = browser.session().unwrap();
    let mut elsewhere = Browser::new(&node);
    elsewhere.log_in("owner", PASSWORD, "").await;
    browser.log_in("owner", PASSWORD, "").await;
    assert!(!is_open(&node, &first).await, "the old cookie");
    assert_eq!((elsewhere.get("/account").await.status, browser.get("/account").await.status), (200, 200));
}

#[tokio::test]
async fn one_session_is_ended_by_its_name() {
    let node = node().await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let mut others = [Browser::new(&node), Browser::new(&node)];
    for other in &mut others {
        other.log_in("owner", PASSWORD, "").await;
    }
    let page = browser.get("/account").await;
    let field = "name=\"session\" value=\"";
    let names = page.text().match_indices(field).map(|(at, _)| page.text()[at + field.len()..][..16].to_owned());
    let names: Vec<String> = names.collect();
    assert_eq!(names.len(), 3, "{}", page.text());
    let own = SessionId::parse(&browser.session().unwrap()).unwrap().hash().to_string();
    let other = names.iter().find(|name| !own.starts_with(name.as_str())).unwrap();
    let unknown = [("session", "0123456789abcdef")];
    assert!(browser.post("/account/sessions", &unknown).await.status >= 400);
    assert_eq!(browser.post("/account/sessions", &[("session", other)]).await.status, 303);
    let mut open = 0;
    for other in &others {
        open += u32::from(is_open(&node, &other.session().unwrap()).await);
    }
    assert_eq!((open, browser.get("/account").await.status), (1, 200));
}

#[tokio::test]
async fn a_changed_password_is_a_good_one_and_ends_the_session_in_which_it_was_changed() {
    let node = node().await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let first = browser.session().unwrap();
    assert_eq!(change_password(&mut browser, PASSWORD, "short").await, 422);
    assert_eq!(change_password(&mut browser, PASSWORD, "owner owner owner").await, 422);
    assert_eq!(change_password(&mut browser, PASSWORD, NEXT).await, 303);
    assert!(!is_open(&node, &first).await && browser.get("/account").await.status == 200);
}

#[tokio::test]
async fn wrong_passwords_of_a_session_and_wrong_reset_codes_lock_the_name_too() {
    let node = node().await;
    for by_session in [true, false] {
        let login = if by_session { "one" } else { "two" };
        let mut browser = Browser::new(&node);
        browser.register(login).await;
        for _ in 0..6 {
            let refused = if by_session {
                change_password(&mut browser, "wrong password", NEXT).await
            } else {
                reset(&node, login, "0000-0000-0000", NEXT).await
            };
            assert_eq!(refused, 422);
        }
        assert!(!logs_in(&node, login, PASSWORD).await, "{login}");
        assert_eq!(change_password(&mut browser, PASSWORD, NEXT).await, 422, "the right one, while locked");
        pass(&node, Duration::from_mins(15));
        assert_eq!(change_password(&mut browser, PASSWORD, NEXT).await, 303);
    }
}

#[tokio::test]
async fn a_reset_code_is_good_for_a_day_until_the_password_is_changed_and_not_while_the_name_is_locked() {
    let node = node().await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let code = reset_code(&mut staff, &account).await;
    assert_eq!(change_password(&mut person, PASSWORD, NEXT).await, 303);
    assert_eq!(reset(&node, "person", &code, "a third sentence").await, 422, "the owner has the password");

    let code = reset_code(&mut staff, &account).await;
    for _ in 0..6 {
        assert!(!logs_in(&node, "person", "wrong password").await);
    }
    assert_eq!(reset(&node, "person", &code, "a third sentence").await, 422, "locked");
    pass(&node, Duration::from_mins(15));
    for _ in 0..5 {
        assert!(!logs_in(&node, "person", "wrong password").await);
    }
    assert_eq!(reset(&node, "person", &code, "a third sentence").await, 303);
    assert!(!logs_in(&node, "person", "wrong password").await, "the failures before were cleared");
    assert!(logs_in(&node, "person", "a third sentence").await);

    staff.log_in("operator", PASSWORD, "").await;
    let code = reset_code(&mut staff, &account).await;
    pass(&node, Duration::from_hours(24));
    assert_eq!(reset(&node, "person", &code, "a fourth sentence").await, 422, "expired");
}

/// For an account with a role, a code of the operator counts, and, beside a second factor, that of the administrator of its court.
#[tokio::test]
async fn staff_resets_its_password_by_a_code_of_the_operator_or_of_its_administrator() {
    let node = node().await;
    let people = People::of(&node).await;
    let (administrator, clerk) = (people.of_court("管理员", "court-administrator", COURT).await, people.clerk().await);
    activate(&mut Browser::new(&node), &clerk.token, "clerk").await;
    activate(&mut Browser::new(&node), &administrator.token, "desk").await;
    let mut desk = Browser::new(&node);
    desk.log_in("desk", PASSWORD, "").await;
    let mut operator = operator_browser(&node, &people).await;
    let code = reset_code(&mut operator, &clerk.account).await;
    assert_eq!(reset(&node, "clerk", &code, NEXT).await, 303);

    let mut own = Browser::new(&node);
    assert_eq!(own.log_in("clerk", NEXT, "").await.status, 303);
    let secret = secret_of(own.get("/account/second-factor").await.text());
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", NEXT), ("code", code.as_str())];
    assert_eq!(own.post("/account/second-factor", &confirm).await.status, 303);
    let code = reset_code(&mut desk, &clerk.account).await;
    assert_eq!(reset(&node, "clerk", &code, "a third sentence").await, 303);
    assert!(!logs_in(&node, "clerk", "a third sentence").await, "without a one-time code");
    pass(&node, Duration::from_secs(30));
    let code = secret.code_at(node.filing.now()).unwrap();
    assert_eq!(Browser::new(&node).log_in("clerk", "a third sentence", &code).await.status, 303);
    // A code that was issued beside the second factor is good for nothing once that is removed.
    let code = reset_code(&mut desk, &clerk.account).await;
    let removed = operator.post(&format!("/admin/accounts/{}/second-factor", clerk.account), &[]).await;
    assert_eq!(removed.status, 303, "{}", removed.text());
    assert_eq!(reset(&node, "clerk", &code, "a fourth sentence").await, 422);
}

#[tokio::test]
async fn a_first_password_is_a_good_one_and_gives_an_administrator_no_other_role() {
    let node = node().await;
    let people = People::of(&node).await;
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let first = async |token: &str, password: &str| {
        let form = [("token", token), ("login", "desk"), ("new-password", password), ("new-password-again", password)];
        Browser::new(&node).post("/activate", &form).await.status
    };
    let manages = people.token(&administrator.account, &["manage"]).await;
    assert_eq!(first(&manages.token, "short").await, 422);
    // As a clerk as well, the account gets the scopes of a clerk: the token must have them.
    people.grant(&administrator.account, "clerk", Some(COURT)).await;
    assert_eq!(first(&manages.token, PASSWORD).await, 422);
    let all = people.token(&administrator.account, OF_THE_COURT).await;
    assert_eq!(first(&all.token, PASSWORD).await, 303);
}

#[tokio::test]
async fn a_refused_registration_leaves_nothing_on_the_ledger() {
    let node = node().await;
    Browser::new(&node).register("taken").await;
    let before = node.filing.registry().length;
    assert_eq!(Browser::new(&node).post("/register", &registration("taken")).await.status, 422);
    assert_eq!(node.filing.registry().length, before);
}

#[tokio::test]
async fn a_second_factor_that_another_session_proposed_is_not_confirmed() {
    let node = node().await;
    let (mut one, mut two) = (Browser::new(&node), Browser::new(&node));
    one.register("owner").await;
    two.log_in("owner", PASSWORD, "").await;
    let secret = secret_of(one.get("/account/second-factor").await.text());
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(two.post("/account/second-factor", &confirm).await.status, 422);
    // The refusal proposed a secret to the other session.
    let secret = secret_of(one.get("/account/second-factor").await.text());
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(one.post("/account/second-factor", &confirm).await.status, 303);
    assert_eq!(two.get("/account").await.status, 303, "the session without the second factor has ended");
}

/// The operator removes the second factor of a lost device; the sessions that had it end.
#[tokio::test]
async fn who_loses_the_second_factor_logs_in_anew() {
    let node = node().await;
    let people = People::of(&node).await;
    let mut staff = operator_browser(&node, &people).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let secret = secret_of(person.get("/account/second-factor").await.text());
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(person.post("/account/second-factor", &confirm).await.status, 303);
    assert!(!logs_in(&node, "person", PASSWORD).await, "without a code");
    let removed = staff.post(&format!("/admin/accounts/{account}/second-factor"), &[]).await;
    assert_eq!(removed.status, 303, "{}", removed.text());
    assert_eq!(person.get("/account").await.status, 303);
    assert!(logs_in(&node, "person", PASSWORD).await);
}

/// On a live ledger: the second factor is one of the session, for all staff and for nobody else.
#[tokio::test]
async fn a_session_of_staff_has_the_rights_of_its_roles_by_its_second_factor() {
    let node = TestNode::in_memory(NodeConfig { mode: Mode::Live, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let mut judge = Browser::new(&node);
    activate(&mut judge, &people.judge().await.token, "judge").await;
    judge.log_in("judge", PASSWORD, "").await;
    let has_court_scope =
        async |browser: &mut Browser<'_>| browser.get("/account").await.text().contains("scope-court");
    assert!(!has_court_scope(&mut judge).await);
    assert_eq!(change_password(&mut judge, PASSWORD, NEXT).await, 303);
    assert!(!has_court_scope(&mut judge).await, "a change of the password is no second factor");
    let secret = secret_of(judge.get("/account/second-factor").await.text());
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", NEXT), ("code", code.as_str())];
    assert_eq!(judge.post("/account/second-factor", &confirm).await.status, 303);
    assert!(has_court_scope(&mut judge).await);
    assert_eq!(change_password(&mut judge, NEXT, "a third sentence").await, 303);
    assert!(has_court_scope(&mut judge).await, "nor does it take the second factor away");
}

/// Where only known accounts deposit, an account is known by an identity check, by a role, or because a court opened it.
#[tokio::test]
async fn an_account_that_nobody_knows_does_not_deposit_where_the_operator_wants_accounts() {
    let node = TestNode::in_memory(NodeConfig { deposits: DepositPolicy::Accounts, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let deposits =
        async |browser: &mut Browser<'_>| browser.get("/account").await.text().contains("id=\"scope-deposit\"");
    for way in ["identity", "role"] {
        let mut browser = Browser::new(&node);
        browser.register(way).await;
        assert!(!deposits(&mut browser).await);
        let account = browser.account().await;
        match way {
            "identity" => people.identify(&account, "substantial").await,
            _ => people.grant(&account, "lawyer", None).await,
        }
        assert!(deposits(&mut browser).await, "{way}");
    }
    let opened = people.unidentified("李四").await;
    let mut browser = Browser::new(&node);
    activate(&mut browser, &opened.token, "opened").await;
    assert_eq!(location(&browser.log_in("opened", PASSWORD, "").await), "/account");
    assert!(deposits(&mut browser).await, "opened by the operator");
}

/// Whoever finds a browser open gets no token, which outlives the session.
#[tokio::test]
async fn a_token_is_issued_on_the_page_with_the_password_and_the_one_time_code() {
    let node = node().await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let asked = [("scope", "read"), ("token-days", "30")];
    for password in [None, Some("wrong password")] {
        let form: Vec<_> = asked.into_iter().chain(password.map(|one| ("token-password", one))).collect();
        let refused = browser.post("/account/tokens", &form).await;
        assert!(refused.status == 422 && refused.text().contains("id=\"token-password-error\""), "{}", refused.text());
    }
    let secret = secret_of(browser.get("/account/second-factor").await.text());
    let code = || secret.code_at(node.filing.now()).unwrap();
    let set_up = [("password", PASSWORD), ("code", &*code())];
    assert_eq!(browser.post("/account/second-factor", &set_up).await.status, 303);
    let with_password = [asked[0], asked[1], ("token-password", PASSWORD)];
    let refused = browser.post("/account/tokens", &with_password).await;
    assert!(refused.status == 422 && refused.text().contains("id=\"token-code-error\""), "{}", refused.text());
    pass(&node, Duration::from_secs(30));
    let complete = [with_password[0], with_password[1], with_password[2], ("token-code", &*code())];
    let issued = browser.post("/account/tokens", &complete).await;
    assert!(issued.status == 200 && issued.text().contains("tzt_"), "{}", issued.text());
}

#[tokio::test]
async fn a_second_factor_is_replaced_only_with_a_code_of_the_one_in_use() {
    let node = node().await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let first = secret_of(browser.get("/account/second-factor").await.text());
    let code = first.code_at(node.filing.now()).unwrap();
    let form = [("password", PASSWORD), ("code", &*code)];
    assert_eq!(browser.post("/account/second-factor", &form).await.status, 303);
    pass(&node, Duration::from_secs(30));
    let second = secret_of(browser.get("/account/second-factor").await.text());
    let (old, new) = (first.code_at(node.filing.now()).unwrap(), second.code_at(node.filing.now()).unwrap());
    for current in ["", "000000", &*new] {
        let form = [("password", PASSWORD), ("current-code", current), ("code", &*new)];
        let refused = browser.post("/account/second-factor", &form).await;
        assert!(refused.status == 422 && refused.text().contains("id=\"current-code-error\""), "{}", refused.text());
    }
    let form = [("password", PASSWORD), ("current-code", &*old), ("code", &*new)];
    assert_eq!(browser.post("/account/second-factor", &form).await.status, 303);
    pass(&node, Duration::from_secs(30));
    let codes = [first, second].map(|secret| secret.code_at(node.filing.now()).unwrap());
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, &codes[0]).await.status, 401);
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, &codes[1]).await.status, 303);
}

/// Names that look the same would let a role, or a reset code, go to somebody else.
#[tokio::test]
async fn a_login_name_has_no_letters_that_look_like_others() {
    let node = node().await;
    Browser::new(&node).register("zhang.san").await;
    for deceptive in
        ["zhang.san\u{3164}", "zhang.san\u{115f}", "zh\u{430}ng.san", "zhang.san\u{200b}", "zhang.s\u{e0}n"]
    {
        let form: Vec<_> = registration("x").into_iter().filter(|(name, _)| *name != "login").collect();
        let form: Vec<_> = form.into_iter().chain([("login", deceptive)]).collect();
        let refused = Browser::new(&node).post("/register", &form).await;
        assert!(refused.status == 422, "{deceptive:?}: {}", refused.status);
    }
    Browser::new(&node).register("张三𠮷").await;
}

/// A stolen token erases the login, and sets a password of its own.
#[tokio::test]
async fn an_erasure_gives_no_token_a_new_password() {
    let node = node().await;
    let people = People::of(&node).await;
    let clerk = people.clerk().await;
    let erase = |account: &str| serde_json::json!({ "account": account });
    let of_clerk = people.by(&clerk).post("/v1/erasures", &erase(&clerk.account)).await;
    assert_eq!(of_clerk.status, 403, "an account with a role: {}", of_clerk.text());
    let person = people.person("张三").await;
    activate(&mut Browser::new(&node), &person.token, "zhang").await;
    let with_login = people.by(&person).post("/v1/erasures", &erase(&person.account)).await;
    assert_eq!((with_login.status, with_login.json()["code"].as_str().unwrap()), (403, "sign_in_needed"));
    assert!(logs_in(&node, "zhang", PASSWORD).await);
    // The operator erases it. The token is still good, and sets no password.
    let erased = people.by_operator().post("/v1/erasures", &erase(&person.account)).await;
    assert!(erased.status == 201 || erased.status == 202, "{}", erased.text());
    for _ in 0..500 {
        if !logs_in(&node, "zhang", PASSWORD).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!logs_in(&node, "zhang", PASSWORD).await);
    assert_eq!(people.by(&person).get("/v1/me").await.status, 200);
    let form = [("token", &*person.token), ("login", "thief"), ("new-password", NEXT), ("new-password-again", NEXT)];
    assert_eq!(Browser::new(&node).post("/activate", &form).await.status, 403);
    assert!(!logs_in(&node, "thief", NEXT).await);
    // Without a login, the holder of the token erases its own content.
    let plain = people.person("李四").await;
    let own = people.by(&plain).post("/v1/erasures", &erase(&plain.account)).await;
    assert!(own.status == 201 || own.status == 202, "{}", own.text());
}

/// A clerk opens an account for a colleague and keeps its token: with it the clerk sets the password, and would act as the colleague.
#[tokio::test]
async fn whoever_opened_an_account_does_not_know_its_password_when_it_gets_a_role() {
    let node = node().await;
    let people = People::of(&node).await;
    let (clerk, other) = (people.clerk().await, people.of_court("窗口人员", "clerk", COURT).await);
    let administrator = people.of_court("管理员", "court-administrator", COURT).await;
    let opening = serde_json::json!({ "subject": "natural-person", "name": "新法官" });
    let account = people.by(&clerk).create("/v1/accounts", &opening).await["account"].as_str().unwrap().to_owned();
    let scopes = serde_json::json!({ "scopes": ["read", "case", "deposit"], "days": 30 });
    let issued = people.by(&clerk).create(&format!("/v1/accounts/{account}/tokens"), &scopes).await;
    let token = issued["token"].as_str().unwrap();
    activate(&mut Browser::new(&node), token, "new.judge").await;
    let check = serde_json::json!({ "method": "court-offline", "level": "high" });
    people.by(&other).create(&format!("/v1/accounts/{account}/identity-checks"), &check).await;
    let roles = format!("/v1/accounts/{account}/roles");
    let judge = serde_json::json!({ "role": "judge", "court": COURT });
    for by in [people.by_operator(), people.by(&administrator)] {
        let refused = by.post(&roles, &judge).await;
        assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (403, "own_password_needed"));
    }
    // An account without a password: the kept token accepts a role, and sets a password if the role needs no further scopes.
    let unset = people.by(&clerk).create("/v1/accounts", &opening).await["account"].as_str().unwrap().to_owned();
    people.by(&clerk).create(&format!("/v1/accounts/{unset}/tokens"), &scopes).await;
    for role in [serde_json::json!({ "role": "lawyer" }), judge.clone()] {
        let refused = people.by_operator().post(&format!("/v1/accounts/{unset}/roles"), &role).await;
        assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (403, "own_password_needed"), "{role}");
    }
    // Somebody else at the counter issues a reset code, and the holder sets a password.
    let mut counter = Browser::new(&node);
    activate(&mut counter, &other.token, "other").await;
    assert_eq!(counter.log_in("other", PASSWORD, "").await.status, 303);
    let code = reset_code(&mut counter, &account).await;
    assert_eq!(reset(&node, "new.judge", &code, NEXT).await, 303);
    // The kept token would act as a judge: the holder revokes it first, and with it those that were issued with it.
    let refused = people.by(&administrator).post(&roles, &judge).await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (403, "foreign_token"));
    let own = serde_json::json!({ "scopes": ["read"], "days": 1 });
    let derived = node.session(token).create(&format!("/v1/accounts/{account}/tokens"), &own).await;
    let mut holder = Browser::new(&node);
    assert_eq!(holder.log_in("new.judge", NEXT, "").await.status, 303);
    let revoked = holder.post("/account/token-revocation", &[("token", issued["id"].as_str().unwrap())]).await;
    assert_eq!(revoked.status, 303, "{}", revoked.text());
    for token in [token, derived["token"].as_str().unwrap()] {
        assert_eq!(node.session(token).get("/v1/cases").await.status, 401);
    }
    assert_eq!(people.by(&administrator).post(&roles, &judge).await.status, 201);
    // Whoever resets the password after the grant does not accept it for the holder.
    let again = reset_code(&mut counter, &account).await;
    assert_eq!(reset(&node, "new.judge", &again, "a third sentence").await, 303);
    let mut other = Browser::new(&node);
    assert_eq!(other.log_in("new.judge", "a third sentence", "").await.status, 303);
    let form = [("role", "judge"), ("court", COURT)];
    let refused = other.post("/account/role", &form).await;
    assert!(refused.status == 403 && refused.text().contains("own_password_needed"), "{}", refused.text());
    // A change by the holder is no reset, and what is granted after the reset is accepted.
    pass(&node, Duration::from_secs(1));
    assert_eq!(people.by(&administrator).post(&roles, &judge).await.status, 201);
    assert_eq!(change_password(&mut other, "a third sentence", NEXT).await, 303);
    assert_eq!(location(&other.post("/account/role", &form).await), "/account?done=role");
}

#[tokio::test]
async fn an_identity_is_checked_by_another_person_of_the_own_court_and_entered_soon() {
    let node = node().await;
    let people = People::of(&node).await;
    let (clerk, judge) = (people.clerk().await, people.of_court("法官", "judge", "京0491").await);
    let person = people.unidentified("张三").await;
    let check = |at: Option<&str>| {
        let mut check = serde_json::json!({ "method": "court-offline", "level": "high" });
        if let Some(at) = at {
            check["at"] = at.into();
        }
        check
    };
    let checks = |account: &str| format!("/v1/accounts/{account}/identity-checks");
    for account in [&clerk.account, &judge.account] {
        assert_eq!(people.by(&clerk).post(&checks(account), &check(None)).await.status, 403, "{account}");
    }
    let path = checks(&person.account);
    let old = people.by(&clerk).post(&path, &check(Some("2020-01-01T00:00:00.000+08:00"))).await;
    assert_eq!((old.status, old.json()["code"].as_str().unwrap()), (400, "bad_value"), "{}", old.text());
    assert_eq!(people.by(&clerk).post(&path, &check(None)).await.status, 201);
}
