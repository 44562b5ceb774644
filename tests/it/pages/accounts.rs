//! Accounts and sessions: registration, login, password, second factor, tokens, closing.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures_util::FutureExt as _;
use tiezheng::court::registry::tokens::ROOTS_MAX;
use tiezheng::filing::filing_error::FilingError;
use tiezheng::filing::one_time_code::CodeSecret;
use tiezheng::filing::sessions::{IDLE, LIFETIME, SessionId};
use tiezheng::filing::sign_in::{LoginAttempt, SessionRules};
use tiezheng::ledger::hash::Digest;
use tiezheng::store::account_memory::MemoryAccounts;
use tiezheng::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};
use tokio::sync::oneshot;

use crate::support::accounts::People;
use crate::support::browser::{Browser, PASSWORD, activate, location, registration};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn three_kinds_of_owners_register_and_are_logged_in() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut person = Browser::new(&node);
    assert_eq!(location(&person.register("zhang.san").await), "/account?done=registered");
    let page = person.get("/account").await;
    assert!(page.status == 200 && page.text().contains("zhang.san") && page.text().contains("自然人"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(person.get("/").await.header("cache-control"), "no-store", "every page shows who is logged in");
    assert!(!page.text().contains("张三"), "a name is shown only after the access was recorded");

    let mut firm = Browser::new(&node);
    let mut form = registration("firm").to_vec();
    form[0].1 = "organisation";
    let refused = firm.post("/register", &form).await;
    assert!(refused.status == 422 && refused.text().contains("请输入统一社会信用代码"), "{}", refused.text());
    form.extend([("organisation-code", "91440101MA5XXXXXXX"), ("agent", "李四")]);
    assert_eq!(firm.post("/register", &form).await.status, 303);
    assert!(firm.get("/account").await.text().contains("法人"));
    let mut lawyer = Browser::new(&node);
    let mut form = registration("lawyer").to_vec();
    form[0].1 = "lawyer";
    form.extend([("licence-number", "14401201910000000"), ("law-firm", "某某律师事务所")]);
    assert_eq!(lawyer.post("/register", &form).await.status, 303);
    let export = lawyer.post("/account/export", &[]).await;
    let data = export.json();
    assert_eq!((data["name"].as_str(), data["login"].as_str()), (Some("张三"), Some("lawyer")));
    assert_eq!(data["stated"][1]["text"], "某某律师事务所");
    assert_eq!(data["access_sequence"], 1, "recorded first");
    assert!(!export.text().contains("argon2"));
}

#[tokio::test]
async fn what_is_wrong_with_a_registration_is_said_beside_its_field() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    browser.register("taken").await;
    let mut other = Browser::new(&node);
    for (field, value, says) in [
        ("login", "ＴＡＫＥＮ", "该登录名已被使用"),
        ("login", "a b", "登录名须为"),
        ("login", "", "请输入登录名"),
        ("name", "", "请输入姓名"),
        ("name", "张\u{1b}三", "不得含控制字符"),
        ("new-password", "short", "两次输入的密码不一致"),
        ("consent", "", "个人信息保护告知"),
    ] {
        let form = registration("fresh").map(|(name, before)| (name, if name == field { value } else { before }));
        let refused = other.post("/register", &form).await;
        assert!(refused.status == 422 && refused.text().contains(says), "{field} {value}: {}", refused.text());
        assert!(
            refused
                .text()
                .contains(&format!("href=\"#{}\"", if field == "new-password" { "new-password-again" } else { field })),
            "{field}"
        );
        assert!(other.session().is_none());
    }
    for (weak, says) in [
        ("short", "密码过短"),
        ("my fresh password", "密码容易被猜到，或者包含登录名"),
        ("aaaaaaaaaaaa", "密码容易被猜到"),
    ] {
        let form =
            registration("fresh").map(|(name, before)| (name, if name.starts_with("new-") { weak } else { before }));
        assert!(other.post("/register", &form).await.text().contains(says), "{weak}");
    }
}

#[tokio::test]
async fn a_failed_login_says_and_costs_the_same_whatever_was_wrong() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let mut answers = Vec::new();
    for (login, password) in [("owner", "wrong password"), ("nobody", PASSWORD), ("", ""), ("a b", "x"), ("owner", "")]
    {
        let mut browser = Browser::new(&node);
        let before = node.filing.passwords.computed();
        let answer = browser.log_in(login, password, "").await;
        assert_eq!(node.filing.passwords.computed() - before, 1, "{login}: one hash computation");
        assert!(answer.status == 401 && browser.session().is_none());
        let text = answer.text().replace(&format!("name=\"login\" value=\"{login}\""), "name=\"login\" value=\"\"");
        answers.push(text);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "no answer tells which part was wrong");
    let before = node.filing.passwords.computed();
    assert_eq!(location(&Browser::new(&node).log_in("ＯＷＮＥＲ", PASSWORD, "").await), "/account");
    assert_eq!(node.filing.passwords.computed() - before, 1);
}

#[tokio::test]
async fn wrong_passwords_lock_a_name_and_staff_unlocks_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let account = owner.account().await;
    for _ in 0..6 {
        assert_eq!(Browser::new(&node).log_in("owner", "wrong password", "").await.status, 401);
    }
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, "").await.status, 401, "the right one, while locked");
    assert_eq!(owner.get("/account").await.status, 200, "sessions go on");
    let mut staff = operator_browser(&node, &people).await;
    let page = staff.get(&format!("/admin/accounts/{account}")).await;
    assert!(page.text().contains("登录已锁定"));
    assert_eq!(staff.post(&format!("/admin/accounts/{account}/unlocking"), &[]).await.status, 303);
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, "").await.status, 303);
    for _ in 0..6 {
        Browser::new(&node).log_in("owner", "wrong password", "").await;
    }
    pass(&node, Duration::from_mins(15));
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, "").await.status, 303, "the lock ends by itself");
}

/// Lets time pass.
pub(super) fn pass(node: &TestNode, time: Duration) {
    node.clock.shift(i64::try_from(time.as_millis()).unwrap(), time);
}

/// A browser in which the operator has set a password and is logged in.
pub(super) async fn operator_browser<'n>(node: &'n TestNode, people: &People<'n>) -> Browser<'n> {
    let mut browser = Browser::new(node);
    activate(&mut browser, &people.operator.token, "operator").await;
    assert_eq!(browser.log_in("operator", PASSWORD, "").await.status, 303);
    browser
}

#[tokio::test]
async fn an_account_with_a_token_keeps_its_id_and_its_token() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    let mut browser = Browser::new(&node);
    activate(&mut browser, &person.token, "zhang").await;
    browser.log_in("zhang", PASSWORD, "").await;
    assert_eq!(browser.account().await, person.account);
    assert_eq!(people.by(&person).get("/v1/me").await.status, 200);
    // Not again, not with a token that has fewer rights than a session, not with a wrong one.
    let reader = people.token(&person.account, &["read"]).await;
    let other = people.unidentified("李四").await;
    let weak = people.token(&other.account, &["read", "deposit"]).await;
    for (token, code) in [
        (&person.token, "该登录名已被使用"),
        (&reader.token, "令牌的权限范围不足"),
        (&weak.token, "令牌的权限范围不足"),
        (&"tzt_no".to_owned(), "令牌"),
    ] {
        let form = [
            ("token", token.as_str()),
            ("login", "other"),
            ("new-password", PASSWORD),
            ("new-password-again", PASSWORD),
        ];
        let refused = Browser::new(&node).post("/activate", &form).await;
        assert!(refused.status == 422 && refused.text().contains(code), "{}", refused.text());
    }
}

#[tokio::test]
async fn a_password_gives_nobody_more_than_the_token_had() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let of_a_session = ["read", "case", "deposit", "court"];
    for (who, lacks) in [(&clerk, "manage"), (&clerk, "case"), (&judge, "court"), (&judge, "deposit")] {
        let scopes: Vec<&str> = of_a_session.into_iter().chain(["manage"]).filter(|one| *one != lacks).collect();
        let token = people.token(&who.account, &scopes).await.token;
        let form = [
            ("token", token.as_str()),
            ("login", "staff"),
            ("new-password", PASSWORD),
            ("new-password-again", PASSWORD),
        ];
        let refused = Browser::new(&node).post("/activate", &form).await;
        assert!(refused.status == 422 && refused.text().contains("令牌的权限范围不足"), "without {lacks}");
    }
    // A judge manages no accounts, so neither token nor session has that scope.
    let token = people.token(&judge.account, &of_a_session).await.token;
    let mut browser = Browser::new(&node);
    activate(&mut browser, &token, "judge").await;
    browser.log_in("judge", PASSWORD, "").await;
    let page = browser.get("/account").await;
    assert!(page.text().contains("id=\"scope-court\"") && !page.text().contains("id=\"scope-manage\""));
}

/// Accounts whose next write of credentials waits until it is released.
#[derive(Default)]
struct SlowAccounts {
    inner: MemoryAccounts,
    gate: Mutex<Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>>,
}

impl SlowAccounts {
    /// The next write of credentials says that it has begun, and goes on once the sender is dropped.
    fn hold_next(&self) -> (oneshot::Receiver<()>, mpsc::Sender<()>) {
        let ((begun, waits), (release, released)) = (oneshot::channel(), mpsc::channel());
        *self.gate.lock().unwrap() = Some((begun, released));
        (waits, release)
    }
}

impl AccountStore for SlowAccounts {
    fn read(&self, document: AccountDocument) -> Result<Option<String>, AccountStoreError> {
        self.inner.read(document)
    }

    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError> {
        let held = match document {
            AccountDocument::Credentials(_) => self.gate.lock().unwrap().take(),
            _ => None,
        };
        if let Some((begun, released)) = held {
            begun.send(()).unwrap();
            let _ = released.recv();
        }
        self.inner.replace(document, text)
    }

    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError> {
        self.inner.remove(document)
    }

    fn accounts_with(&self, kind: DocumentKind) -> Result<Vec<Digest>, AccountStoreError> {
        self.inner.accounts_with(kind)
    }
}

/// The secret that a page for a second factor shows.
pub(super) fn secret_of(page: &str) -> CodeSecret {
    let at = page.find("secret=").unwrap() + "secret=".len();
    CodeSecret::parse(&page[at..at + 32]).unwrap()
}

#[tokio::test]
async fn a_login_that_begins_before_a_change_does_not_outlive_it() {
    for sets_second_factor in [false, true] {
        let accounts = Arc::new(SlowAccounts::default());
        let config = NodeConfig { accounts: Arc::clone(&accounts) as _, ..NodeConfig::default() };
        let node = TestNode::in_memory(config).await;
        let mut browser = Browser::new(&node);
        browser.register("owner").await;
        let code = secret_of(browser.get("/account/second-factor").await.text()).code_at(node.filing.now()).unwrap();
        let id = SessionId::parse(&browser.session().unwrap()).unwrap();
        let rules = SessionRules { second_factor_for_staff: false, unverified_may_deposit: true };
        let who = node.filing.session_actor(&id, rules).unwrap();
        let (begun, release) = accounts.hold_next();
        let filing = Arc::clone(&node.filing);
        let change = tokio::spawn(async move {
            if sets_second_factor {
                filing.confirm_second_factor(&who, PASSWORD, ("", &code)).await.map(|_| ())
            } else {
                filing.change_password(&who, PASSWORD, "another sentence").await.map(|_| ())
            }
        });
        begun.await.unwrap();
        let attempt = LoginAttempt { login: "owner", password: PASSWORD, code: "", browser: "" };
        let mut login = Box::pin(node.filing.log_in(attempt, None));
        assert!(login.as_mut().now_or_never().is_none());
        drop(release);
        change.await.unwrap().unwrap();
        assert!(matches!(login.await, Err(FilingError::LoginRefused)), "second factor: {sets_second_factor}");
    }
}

#[tokio::test]
async fn a_password_is_changed_by_the_one_that_is_good_now() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let id = SessionId::parse(&browser.session().unwrap()).unwrap();
    let rules = SessionRules { second_factor_for_staff: false, unverified_may_deposit: true };
    let who = node.filing.session_actor(&id, rules).unwrap();
    node.filing.change_password(&who, PASSWORD, "another sentence").await.unwrap();
    // A request that began before, with the old password.
    let late = node.filing.change_password(&who, PASSWORD, "a third sentence").await;
    assert!(matches!(late, Err(FilingError::WrongPassword)));
}

#[tokio::test]
async fn a_proposed_second_factor_is_of_one_session_and_ends_with_the_password() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut one, mut two) = (Browser::new(&node), Browser::new(&node));
    one.register("owner").await;
    two.log_in("owner", PASSWORD, "").await;
    let secret = secret_of(one.get("/account/second-factor").await.text());
    assert_eq!(secret_of(one.get("/account/second-factor").await.text()), secret, "the same on the same page");
    assert_ne!(secret_of(two.get("/account/second-factor").await.text()), secret, "another session");
    let secret = secret_of(one.get("/account/second-factor").await.text());
    let change = [
        ("current-password", PASSWORD),
        ("new-password", "another sentence"),
        ("new-password-again", "another sentence"),
    ];
    assert_eq!(location(&one.post("/account/password", &change).await), "/account?done=password");
    let code = secret.code_at(node.filing.now()).unwrap();
    let confirm = [("password", "another sentence"), ("code", code.as_str())];
    assert_eq!(one.post("/account/second-factor", &confirm).await.status, 422, "proposed before the change");
    assert_ne!(secret_of(one.get("/account/second-factor").await.text()), secret);
}

#[tokio::test]
async fn a_token_that_cannot_be_issued_is_explained_beside_the_form() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let form = [("scope", "read"), ("token-days", "1"), ("token-password", PASSWORD)];
    for _ in 0..ROOTS_MAX {
        assert_eq!(browser.post("/account/tokens", &form).await.status, 200);
    }
    let refused = browser.post("/account/tokens", &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("id=\"token-days-error\""), "{}", refused.text());
}

#[tokio::test]
async fn sessions_are_listed_ended_and_expire() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut one = Browser::new(&node);
    one.register("owner").await;
    let mut two = Browser::new(&node);
    two.log_in("owner", PASSWORD, "").await;
    let page = two.get("/account").await;
    assert_eq!(page.text().matches("action=\"/account/sessions\"").count(), 3, "two sessions, and all others at once");
    assert_eq!(two.post("/account/sessions", &[]).await.status, 303);
    assert_eq!(
        (location(&one.get("/account").await), two.get("/account").await.status),
        ("/login?next=%2Faccount&done=expired", 200)
    );
    // Signing out ends the session at the node, not only in the browser.
    let stolen = two.session().unwrap();
    assert_eq!(location(&two.post("/logout", &[]).await), "/login?done=out");
    assert!(two.session().is_none());
    two.cookies.insert("__Host-session".into(), stolen);
    assert_eq!(two.get("/account").await.status, 303);
    // Unused for two hours; and twelve hours after the login in any case.
    one.log_in("owner", PASSWORD, "").await;
    pass(&node, Duration::from_millis(IDLE));
    assert_eq!(one.get("/account").await.status, 303);
    one.log_in("owner", PASSWORD, "").await;
    for _ in 0..11 {
        pass(&node, Duration::from_millis(LIFETIME / 12));
        assert_eq!(one.get("/account").await.status, 200);
    }
    pass(&node, Duration::from_millis(LIFETIME / 12));
    assert_eq!(one.get("/account").await.status, 303);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut one, mut two) = (Browser::new(&node), Browser::new(&node));
    one.register("owner").await;
    two.log_in("owner", PASSWORD, "").await;
    let change = |current: &'static str| {
        [
            ("current-password", current),
            ("new-password", "another sentence"),
            ("new-password-again", "another sentence"),
        ]
    };
    let refused = one.post("/account/password", &change("wrong password")).await;
    assert!(refused.status == 422 && refused.text().contains("当前密码不正确"));
    let before = one.session();
    assert_eq!(location(&one.post("/account/password", &change(PASSWORD)).await), "/account?done=password");
    assert!(
        one.session() != before && one.get("/account").await.status == 200 && two.get("/account").await.status == 303
    );
    assert_eq!(two.log_in("owner", PASSWORD, "").await.status, 401);
    assert_eq!(two.log_in("owner", "another sentence", "").await.status, 303);
}

async fn confirm_second_factor(browser: &mut Browser<'_>, form: [(&'static str, String); 2]) -> u16 {
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    browser.post("/account/second-factor", &form).await.status
}

#[tokio::test]
async fn a_one_time_code_counts_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let page = browser.get("/account/second-factor").await;
    let secret = secret_of(page.text());
    let code = || secret.code_at(node.filing.now()).unwrap();
    let confirm = |password: &'static str, code: String| [("password", password.to_owned()), ("code", code)];
    assert_eq!(confirm_second_factor(&mut browser, confirm("wrong password", code())).await, 422);
    assert_eq!(confirm_second_factor(&mut browser, confirm(PASSWORD, "000000".into())).await, 422);
    let used = code();
    assert_eq!(confirm_second_factor(&mut browser, confirm(PASSWORD, used.clone())).await, 303);
    assert!(browser.get("/account").await.text().contains("双重验证"));
    let mut other = Browser::new(&node);
    assert_eq!(other.log_in("owner", PASSWORD, "").await.status, 401, "without a code");
    assert_eq!(other.log_in("owner", PASSWORD, &used).await.status, 401, "the code that was used to confirm");
    pass(&node, Duration::from_secs(30));
    let next = code();
    assert_eq!(other.log_in("owner", "wrong password", &next).await.status, 401);
    assert_eq!(other.log_in("owner", PASSWORD, &next).await.status, 303, "a wrong password uses up no code");
    assert_eq!(Browser::new(&node).log_in("owner", PASSWORD, &next).await.status, 401, "replayed");
}

#[tokio::test]
async fn a_closed_account_opens_nothing_and_its_record_stays() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    let asked = [("scope", "read"), ("scope", "case"), ("token-days", "30"), ("token-password", PASSWORD)];
    let issued = browser.post("/account/tokens", &asked).await;
    let text = issued.text();
    let at = text.find("tzt_").unwrap_or_else(|| panic!("{text}"));
    let token = text[at..at + 101].to_owned();
    assert_eq!(node.session(&token).get("/v1/me").await.status, 200);
    let too_much = browser.post("/account/tokens", &[("scope", "court"), asked[2], asked[3]]).await;
    assert_eq!(too_much.status, 422, "no scope that the session lacks");
    let refused = browser.post("/account/closing", &[("closing-password", "wrong password")]).await;
    assert_eq!(refused.status, 422);
    let closed = browser.post("/account/closing", &[("closing-password", PASSWORD)]).await;
    assert_eq!(location(&closed), "/login?done=closed");
    assert_eq!(node.session(&token).get("/v1/me").await.problem().1, "unauthenticated");
    assert_eq!(browser.log_in("owner", PASSWORD, "").await.status, 401);
    assert_eq!(Browser::new(&node).post("/register", &registration("owner")).await.status, 303, "the name is free");
}

#[tokio::test]
async fn logins_survive_a_restart_of_the_node() {
    let accounts = Arc::new(MemoryAccounts::default());
    let config = || NodeConfig { accounts: accounts.clone(), ..NodeConfig::default() };
    let node = TestNode::in_memory(config()).await;
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    // The same account files beside another ledger: its accounts are not there, so nobody is logged in.
    let other = TestNode::in_memory(config()).await;
    let mut elsewhere = Browser::new(&other);
    elsewhere.cookies = browser.cookies.clone();
    assert_eq!(elsewhere.get("/account").await.status, 303);
    assert_eq!(elsewhere.log_in("owner", PASSWORD, "").await.status, 401);
    assert_eq!(browser.get("/account").await.status, 200);
}
