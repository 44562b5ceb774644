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
