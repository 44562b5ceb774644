//! How accounts log in: login name, password hash, second factor, reset code, and what the owner stated at registration.
//!
//! Private and off the ledger: one durable document per account, and an index of login names in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use unicode_normalization::UnicodeNormalization as _;

use crate::court::ids::AccountId;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::filing::one_time_code::CodeSecret;
use crate::ledger::hash::Digest;
use crate::ledger::text::half_width;
use crate::ledger::time::Timestamp;
use crate::query::blocking::on_blocking_thread;
use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

const HEAD: &str = "tiezheng credentials v1";
/// Fewest and most characters of a login name.
pub const LOGIN_MIN: usize = 3;
/// Most characters of a login name.
pub const LOGIN_MAX: usize = 40;
/// Most characters of a statement at registration.
pub const STATED_MAX: usize = 200;

/// A code with which an account sets a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetCode {
    /// Hash of the code.
    pub hash: Digest,
    /// When it expires.
    pub expires: Timestamp,
    /// Who issued it.
    pub by: AccountId,
}

/// A second factor that is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFactor {
    /// Its secret.
    pub secret: CodeSecret,
    /// The session to which it was shown. It counts in no other, and ends with it.
    pub session: Digest,
}

/// The person whose token or reset code set a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordIssuer {
    /// The account of the person.
    pub account: AccountId,
    /// When the password was set with it.
    pub at: Timestamp,
}

/// How an account logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The login name, normalized.
    pub login: String,
    /// The password hash as a PHC string.
    pub password: String,
    /// When the password was set.
    pub since: Timestamp,
    /// Who issued the token or the reset code with which the password was set, and may know it. A change by the holder keeps it. `None` for a
    /// password that was set at the registration.
    pub set_by: Option<PasswordIssuer>,
    /// The second factor in use.
    pub second_factor: Option<CodeSecret>,
    /// The step of the one-time code that was accepted last.
    pub last_step: Option<u64>,
    /// A second factor that is not confirmed yet.
    pub proposed_factor: Option<ProposedFactor>,
    /// The reset code that is good now.
    pub reset: Option<ResetCode>,
    /// What the owner stated at registration and nobody has checked: field and text.
    pub stated: Vec<(StatedField, String)>,
}

/// What an owner states at registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatedField {
    /// 统一社会信用代码.
    OrganisationCode,
    /// 经办人: who acts for a legal person.
    Agent,
    /// 律师执业证号.
    LicenceNumber,
    /// 律师事务所.
    LawFirm,
}

impl StatedField {
    /// All.
    pub const ALL: [Self; 4] = [Self::OrganisationCode, Self::Agent, Self::LicenceNumber, Self::LawFirm];

    /// The name in documents and forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OrganisationCode => "organisation-code",
            Self::Agent => "agent",
            Self::LicenceNumber => "licence-number",
            Self::LawFirm => "law-firm",
        }
    }

    /// The label in Chinese and English.
    #[must_use]
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::OrganisationCode => ("统一社会信用代码", "unified social credit code"),
            Self::Agent => ("经办人姓名", "name of the person acting"),
            Self::LicenceNumber => ("律师执业证号", "lawyer's licence number"),
            Self::LawFirm => ("律师事务所", "law firm"),
        }
    }
}

/// The normalized form of a login name, the same for full-width and half-width, upper and lower case.
///
/// # Errors
///
/// [`FilingError::BadValue`] for a length or a character that is not allowed.
pub fn login_name(typed: &str) -> Result<String, FilingError> {
    let login: String = typed.trim().nfkc().map(half_width).collect::<String>().to_lowercase();
    let length = login.chars().count();
    if !(LOGIN_MIN..=LOGIN_MAX).contains(&length) {
        return Err(FilingError::bad(
            "login",
            format!("{LOGIN_MIN} to {LOGIN_MAX} characters"),
            format!("应为 {LOGIN_MIN} 至 {LOGIN_MAX} 个字符"),
        ));
    }
    if !login.chars().all(|c| c.is_ascii_alphanumeric() || is_han(c) || "._-@+".contains(c)) {
        return Err(FilingError::bad(
            "login",
            "Latin letters, Chinese characters, digits and . _ - @ + only",
            "仅限汉字、拉丁字母、数字和 . _ - @ +",
        ));
    }
    Ok(login)
}

/// Han characters. Letters of other scripts look like Latin ones, and some are shown as nothing: so two names would look the same.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

impl Credentials {
    /// The second factor that was proposed in a session.
    pub(in crate::filing) fn proposed_in(&self, session: Digest) -> Option<&CodeSecret> {
        self.proposed_factor.as_ref().filter(|proposed| proposed.session == session).map(|proposed| &proposed.secret)
    }

    fn print(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{HEAD}\nlogin {}\npassword {} {}\n", self.login, self.since, self.password);
        // Writing to a String cannot fail.
        if let Some(PasswordIssuer { account, at }) = &self.set_by {
            let _ = writeln!(text, "set-by {account} {at}");
        }
        if let Some(secret) = &self.second_factor {
            let _ = writeln!(text, "second-factor {}", secret.text());
        }
        if let Some(step) = self.last_step {
            let _ = writeln!(text, "last-step {step}");
        }
        if let Some(ProposedFactor { secret, session }) = &self.proposed_factor {
            let _ = writeln!(text, "proposed-factor {} {session}", secret.text());
        }
        if let Some(ResetCode { hash, expires, by }) = &self.reset {
            let _ = writeln!(text, "reset {hash} {expires} {by}");
        }
        for (field, stated) in &self.stated {
            let _ = writeln!(text, "stated {} {stated}", field.word());
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(HEAD)?.strip_prefix('\n')?.lines();
        let login = lines.next()?.strip_prefix("login ")?.to_owned();
        let (since, password) = lines.next()?.strip_prefix("password ")?.split_once(' ')?;
        let mut read = Self {
            login,
            password: password.to_owned(),
            since: Timestamp::parse(since)?,
            set_by: None,
            second_factor: None,
            last_step: None,
            proposed_factor: None,
            reset: None,
            stated: Vec::new(),
        };
        let mut ended = String::new();
        for line in lines {
            let (name, value) = line.split_once(' ')?;
            match name {
                "set-by" => {
                    let (account, at) = value.split_once(' ')?;
                    let (account, at) = (AccountId(Digest::parse(account)?), Timestamp::parse(at)?);
                    read.set_by = Some(PasswordIssuer { account, at });
                }
                "second-factor" => read.second_factor = Some(CodeSecret::parse(value)?),
                "last-step" => read.last_step = Some(value.parse().ok()?),
                "proposed-factor" => match value.split_once(' ') {
                    Some((secret, session)) => {
                        let (secret, session) = (CodeSecret::parse(secret)?, Digest::parse(session)?);
                        read.proposed_factor = Some(ProposedFactor { secret, session });
                    }
                    // Earlier versions wrote no session: the proposal has ended.
                    None => ended = format!("{line}\n"),
                },
                "reset" => read.reset = Some(reset(value)?),
                "stated" => {
                    let (field, stated) = value.split_once(' ')?;
                    let field = StatedField::ALL.into_iter().find(|known| known.word() == field)?;
                    read.stated.push((field, stated.to_owned()));
                }
                _ => return None,
            }
        }
        (read.print() == text.replacen(&ended, "", 1)).then_some(read)
    }
}

fn reset(value: &str) -> Option<ResetCode> {
    let mut fields = value.split(' ');
    let (hash, expires, by) = (fields.next()?, fields.next()?, fields.next()?);
    let code = ResetCode {
        hash: Digest::parse(hash)?,
        expires: Timestamp::parse(expires)?,
        by: AccountId(Digest::parse(by)?),
    };
    fields.next().is_none().then_some(code)
}

/// The credentials of all accounts.
pub(in crate::filing) struct CredentialStore {
    store: Arc<dyn AccountStore>,
    all: RwLock<Index>,
    /// Held while a document is being changed.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Index {
    of_account: HashMap<AccountId, Arc<Credentials>>,
    by_login: HashMap<String, AccountId>,
}

impl Index {
    fn insert(&mut self, account: AccountId, credentials: Arc<Credentials>) {
        if let Some(before) = self.of_account.remove(&account) {
            self.by_login.remove(&before.login);
        }
        self.by_login.insert(credentials.login.clone(), account);
        self.of_account.insert(account, credentials);
    }
}

impl CredentialStore {
    /// Reads all documents.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a document of a later version counts as damaged.
    pub(in crate::filing) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
        let mut all = Index::default();
        for account in store.accounts_with(DocumentKind::Credentials)? {
            let Some(text) = store.read(AccountDocument::Credentials(account))? else { continue };
            let read = Credentials::parse(&text).ok_or_else(|| AccountStoreError::Damaged {
                document: format!("the credentials of account {account}"),
                reason: format!("it is not `{HEAD}`"),
            })?;
            all.insert(AccountId(account), Arc::new(read));
        }
        Ok(Self { store, all: RwLock::new(all), writing: Mutex::default() })
    }

    /// The credentials of an account.
    pub(in crate::filing) fn of(&self, account: AccountId) -> Option<Arc<Credentials>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).of_account.get(&account).cloned()
    }

    /// The account with a login name, and its credentials.
    pub(in crate::filing) fn find(&self, login: &str) -> Option<(AccountId, Arc<Credentials>)> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let account = *all.by_login.get(login)?;
        all.of_account.get(&account).map(|credentials| (account, Arc::clone(credentials)))
    }

    /// All accounts with credentials, by login name.
    pub(in crate::filing) fn list(&self) -> Vec<(AccountId, Arc<Credentials>)> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> = all.of_account.iter().map(|(id, one)| (*id, Arc::clone(one))).collect();
        list.sort_by(|(_, one), (_, other)| one.login.cmp(&other.login));
        list
    }

    /// Changes the credentials of an account durably: `change` gets the present ones. With `None`, nothing is changed.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginTaken`]; [`FilingError::Accounts`]: nothing was changed. Those of `change`.
    pub(in crate::filing) async fn change(
        &self,
        account: AccountId,
        change: impl FnOnce(Option<&Credentials>) -> Result<Option<Credentials>, FilingError>,
    ) -> Result<(), FilingError> {
        let _writing = self.writing.lock().await;
        let before = self.of(account);
        let Some(after) = change(before.as_deref())? else { return Ok(()) };
        if self.find(&after.login).is_some_and(|(other, _)| other != account) {
            return Err(FilingError::LoginTaken);
        }
        let (store, document, text) = (Arc::clone(&self.store), AccountDocument::Credentials(account.0), after.print());
        on_blocking_thread(move || store.replace(document, &text)).await??;
        self.all.write().unwrap_or_else(PoisonError::into_inner).insert(account, Arc::new(after));
        Ok(())
    }

    /// Removes the credentials of an account durably.
    ///
    /// # Errors
    ///
    /// [`FilingError::Accounts`]: nothing was changed.
    pub(in crate::filing) async fn remove(&self, account: AccountId) -> Result<(), FilingError> {
        let _writing = self.writing.lock().await;
        let (store, document) = (Arc::clone(&self.store), AccountDocument::Credentials(account.0));
        on_blocking_thread(move || store.remove(document)).await??;
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = all.of_account.remove(&account) {
            all.by_login.remove(&before.login);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::account_memory::MemoryAccounts;

    fn credentials(login: &str) -> Credentials {
        let at = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        Credentials {
            login: login.into(),
            password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(),
            since: at,
            set_by: Some(PasswordIssuer { account: AccountId(Digest([4; 32])), at }),
            second_factor: Some(CodeSecret::new().unwrap()),
            last_step: Some(7),
            proposed_factor: Some(ProposedFactor { secret: CodeSecret::new().unwrap(), session: Digest([3; 32]) }),
            reset: Some(ResetCode { hash: Digest([1; 32]), expires: at, by: AccountId(Digest([2; 32])) }),
            stated: vec![(StatedField::Agent, "李 四".into()), (StatedField::OrganisationCode, "91440101MA5".into())],
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is_read() {
        let full = credentials("zhang");
        assert_eq!(Credentials::parse(&full.print()), Some(full.clone()));
        let plain = Credentials {
            second_factor: None,
            last_step: None,
            proposed_factor: None,
            reset: None,
            stated: vec![],
            ..full.clone()
        };
        assert_eq!(Credentials::parse(&plain.print()), Some(plain));
        let text = full.print();
        // As earlier versions wrote it: the proposal has ended.
        let secret = full.proposed_factor.as_ref().unwrap().secret.text().to_owned();
        let old = text.replace(&format!("{secret} {}", Digest([3; 32])), &secret);
        assert_eq!(Credentials::parse(&old), Some(Credentials { proposed_factor: None, ..full.clone() }));
        for bad in [
            String::new(),
            text.replace("v1", "v2"),
            text.replace(&format!("{secret} "), &format!("{secret} 0")),
            format!("{text}more x\n"),
            text.replace("last-step 7", "last-step 07"),
            text.replace("agent", "age"),
        ] {
            assert_eq!(Credentials::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_login_name_is_the_same_however_it_is_typed() {
        assert_eq!(login_name(" ＺhangSan@Court.Example ").unwrap(), "zhangsan@court.example");
        assert_eq!(login_name("张三丰").unwrap(), "张三丰");
        for bad in ["", "ab", &"a".repeat(41), "a b c", "abc\u{202e}", "a<b>c", "abc\n", "a/b/c"] {
            assert!(login_name(bad).is_err() || bad == "abc\n", "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_login_name_belongs_to_one_account_and_survives_a_restart() {
        let files: Arc<dyn AccountStore> = Arc::new(MemoryAccounts::default());
        let store = CredentialStore::open(Arc::clone(&files)).unwrap();
        let [one, two] = [1, 2].map(|n| AccountId(Digest([n; 32])));
        store.change(one, |_| Ok(Some(credentials("zhang")))).await.unwrap();
        let taken = store.change(two, |_| Ok(Some(credentials("zhang")))).await;
        assert!(matches!(taken, Err(FilingError::LoginTaken)));
        store
            .change(one, |before| Ok(before.map(|before| Credentials { login: "li".into(), ..before.clone() })))
            .await
            .unwrap();
        let again = CredentialStore::open(Arc::clone(&files)).unwrap();
        assert_eq!(again.find("li").unwrap().0, one);
        assert!(again.find("zhang").is_none() && again.of(two).is_none());
        again.remove(one).await.unwrap();
        assert!(again.find("li").is_none() && CredentialStore::open(files).unwrap().list().is_empty());
    }
}
