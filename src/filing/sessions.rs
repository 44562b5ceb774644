//! Sessions of browsers: opaque random ids, of which only hashes are kept.
//!
//! # Invariants
//!
//! A session is durable before its id is sent. It ends [`IDLE`] after its last request, and [`LIFETIME`] after its login at the
//! latest. An ended session is removed before its end is acknowledged. The documents are in no backup: a restore ends all sessions.
//! After a restart a session counts as used last at its login.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{random, tagged_hash};
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::time::Timestamp;
use crate::query::blocking::on_blocking_thread;
use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

// Version 1 did not say how a session began: its sessions have ended.
const HEAD: &str = "tiezheng sessions v2";
/// Milliseconds without a request after which a session ends.
pub const IDLE: u64 = 2 * 60 * 60 * 1000;
/// Milliseconds after the login at which a session ends.
pub const LIFETIME: u64 = 12 * 60 * 60 * 1000;
/// Most sessions of an account. A login beyond that ends the oldest.
pub const SESSIONS_MAX: usize = 20;
/// Most characters of the browser's own description.
const BROWSER_MAX: usize = 120;

/// The id of a session, which only its browser has.
pub struct SessionId(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId(…)")
    }
}

impl SessionId {
    /// A new id.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoRandomness`].
    pub(in crate::filing) fn new() -> Result<Self, FilingError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// Parses what a cookie says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Zeroizing::new(lower_hex(text)?)))
    }

    /// The value of the cookie.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(*self.0))
    }

    /// What is kept of it. 256 random bits need no slow hash.
    #[must_use]
    pub fn hash(&self) -> Digest {
        tagged_hash("session", &*self.0)
    }
}

/// The link of an account by which a login at an identity provider began a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOrigin {
    /// The court of the provider.
    pub court: CourtCode,
    /// The act that made the link: its sequence in the registry.
    pub link: u64,
}

/// How a session begins.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Whether the login had a second factor.
    pub second_factor: bool,
    /// The link by which it began; `None` after a login with the password.
    pub origin: Option<ProviderOrigin>,
    /// How the browser describes itself.
    pub browser: &'a str,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of its id.
    pub hash: Digest,
    /// Its account.
    pub account: AccountId,
    /// When it began.
    pub since: Timestamp,
    /// Its last request.
    pub last: Timestamp,
    /// Whether the login had a second factor.
    pub second_factor: bool,
    /// The link by which it began; `None` after a login with the password. It ends with the link.
    pub origin: Option<ProviderOrigin>,
    /// How the browser describes itself.
    pub browser: String,
}

impl Session {
    /// The name under which its account sees it. It opens nothing.
    #[must_use]
    pub fn name(&self) -> String {
        self.hash.to_string().get(..16).unwrap_or_default().to_owned()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let after = |since: Timestamp| now.as_millis().saturating_sub(since.as_millis());
        after(self.since) >= LIFETIME || after(self.last) >= IDLE
    }

    fn print(&self) -> String {
        let factor = if self.second_factor { "second-factor" } else { "one-factor" };
        let origin = match &self.origin {
            Some(origin) => format!("{}:{}", origin.court, origin.link),
            None => "password".to_owned(),
        };
        format!("session {} {} {factor} {origin} {}\n", self.hash, self.since, self.browser)
    }

    fn parse(account: AccountId, line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix("session ")?.splitn(5, ' ');
        let (hash, since, factor) = (fields.next()?, fields.next()?, fields.next()?);
        let (origin, browser) = (fields.next()?, fields.next()?);
        let since = Timestamp::parse(since)?;
        let second_factor = match factor {
            "second-factor" => true,
            "one-factor" => false,
            _ => return None,
        };
        let origin = match origin {
            "password" => None,
            origin => {
                let (court, link) = origin.rsplit_once(':')?;
                Some(ProviderOrigin { court: CourtCode::parse(court).ok()?, link: link.parse().ok()? })
            }
        };
        let hash = Digest(lower_hex(hash)?);
        Some(Self { hash, account, since, last: since, second_factor, origin, browser: browser.to_owned() })
    }
}

/// The sessions of all accounts.
pub(in crate::filing) struct SessionStore {
    store: Arc<dyn AccountStore>,
    all: RwLock<HashMap<Digest, Session>>,
    /// Held while a document is being written.
    writing: Mutex<()>,
}

impl SessionStore {
    /// Reads all documents. Sessions that cannot be read have ended.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]: the folder cannot be read.
    pub(in crate::filing) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
        let mut all = HashMap::new();
        for account in store.accounts_with(DocumentKind::Sessions)? {
            let text = match store.read(AccountDocument::Sessions(account)) {
                Ok(text) => text.unwrap_or_default(),
                Err(error) => {
                    tracing::warn!(%error, "sessions could not be read: their holders must log in again");
                    continue;
                }
            };
            let lines = text.strip_prefix(HEAD).unwrap_or_default().lines();
            for session in lines.filter_map(|line| Session::parse(AccountId(account), line)) {
                all.insert(session.hash, session);
            }
        }
        Ok(Self { store, all: RwLock::new(all), writing: Mutex::default() })
    }

    /// Begins a session.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoRandomness`]; [`FilingError::Accounts`]: nothing was changed.
    pub(in crate::filing) async fn begin(
        &self,
        account: AccountId,
        new: NewSession<'_>,
        now: Timestamp,
    ) -> Result<SessionId, FilingError> {
        let id = SessionId::new()?;
        let browser = new.browser.chars().filter(|c| !c.is_control()).take(BROWSER_MAX).collect();
        let (second_factor, origin) = (new.second_factor, new.origin);
        let session = Session { hash: id.hash(), account, since: now, last: now, second_factor, origin, browser };
        self.change(account, now, |sessions| {
            sessions.push(session);
            sessions.sort_by_key(|session| session.last);
            let excess = sessions.len().saturating_sub(SESSIONS_MAX);
            sessions.drain(..excess);
        })
        .await?;
        Ok(id)
    }

    /// The session of an id, if it has not ended; this counts as a request.
    pub(in crate::filing) fn touch(&self, id: &SessionId, now: Timestamp) -> Option<Session> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let session = all.get_mut(&id.hash()).filter(|session| !session.is_over(now))?;
        session.last = session.last.max(now);
        Some(session.clone())
    }

    /// The sessions of an account that have not ended, the latest first.
    pub(in crate::filing) fn of_account(&self, account: AccountId, now: Timestamp) -> Vec<Session> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let own = all.values().filter(|session| session.account == account && !session.is_over(now));
        let mut own: Vec<Session> = own.cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.last));
        own
    }

    /// Ends the sessions of an account for which `ends` is true. Returns how many.
    ///
    /// # Errors
    ///
    /// [`FilingError::Accounts`]: they have ended until the process ends; do it again.
    pub(in crate::filing) async fn end(
        &self,
        account: AccountId,
        now: Timestamp,
        ends: impl Fn(&Session) -> bool,
    ) -> Result<usize, FilingError> {
        let mut ended = 0;
        self.change(account, now, |sessions| {
            let before = sessions.len();
            sessions.retain(|session| !ends(session));
            ended = before - sessions.len();
        })
        .await?;
        Ok(ended)
    }

    async fn change(
        &self,
        account: AccountId,
        now: Timestamp,
        change: impl FnOnce(&mut Vec<Session>),
    ) -> Result<(), FilingError> {
        let _writing = self.writing.lock().await;
        let before = self.of_account(account, now);
        let mut after = before.clone();
        change(&mut after);
        // What ends has ended at once, whatever the disk says.
        {
            let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
            all.retain(|hash, session| session.account != account || after.iter().any(|kept| kept.hash == *hash));
        }
        let (store, document) = (Arc::clone(&self.store), AccountDocument::Sessions(account.0));
        let lines = after.iter().map(Session::print);
        let text: String = [format!("{HEAD}\n")].into_iter().chain(lines).collect();
        let is_empty = after.is_empty();
        on_blocking_thread(move || if is_empty { store.remove(document) } else { store.replace(document, &text) })
            .await??;
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        for session in after {
            all.entry(session.hash).or_insert(session);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::account_memory::MemoryAccounts;

    const ONE: AccountId = AccountId(Digest([1; 32]));

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + millis).unwrap()
    }

    fn by_provider(browser: &str) -> NewSession<'_> {
        let origin = ProviderOrigin { court: CourtCode::parse("粤0192").unwrap(), link: 17 };
        NewSession { second_factor: true, origin: Some(origin), browser }
    }

    fn by_password(browser: &str) -> NewSession<'_> {
        NewSession { second_factor: false, origin: None, browser }
    }

    #[tokio::test]
    async fn a_session_survives_a_restart_and_its_id_is_kept_nowhere() {
        let files: Arc<dyn AccountStore> = Arc::new(MemoryAccounts::default());
        let store = SessionStore::open(Arc::clone(&files)).unwrap();
        let id = store.begin(ONE, by_provider("Firefox\n evil"), at(0)).await.unwrap();
        let text = files.read(AccountDocument::Sessions(ONE.0)).unwrap().unwrap();
        assert!(!text.contains(id.text().as_str()) && text.lines().count() == 2, "{text}");
        let again = SessionStore::open(Arc::clone(&files)).unwrap();
        let session = again.touch(&SessionId::parse(&id.text()).unwrap(), at(1)).unwrap();
        assert_eq!((session.account, session.second_factor, session.browser.as_str()), (ONE, true, "Firefox evil"));
        assert_eq!(session.origin, by_provider("").origin);
        assert!(again.touch(&SessionId::new().unwrap(), at(1)).is_none());
        assert_eq!(again.end(ONE, at(2), |_| true).await.unwrap(), 1);
        assert!(again.touch(&id, at(2)).is_none());
        assert_eq!(files.read(AccountDocument::Sessions(ONE.0)).unwrap(), None);
    }

    #[tokio::test]
    async fn a_session_ends_unused_and_ends_anyway() {
        let store = SessionStore::open(Arc::new(MemoryAccounts::default())).unwrap();
        let id = store.begin(ONE, by_password(""), at(0)).await.unwrap();
        assert!(store.touch(&id, at(IDLE - 1)).is_some());
        assert!(store.touch(&id, at(2 * IDLE - 2)).is_some(), "used in between");
        assert!(store.touch(&id, at(3 * IDLE - 2)).is_none(), "unused for two hours");
        let id = store.begin(ONE, by_password(""), at(0)).await.unwrap();
        for n in 0..12 {
            assert!(store.touch(&id, at(n * LIFETIME / 12)).is_some(), "{n}");
        }
        assert!(store.touch(&id, at(LIFETIME)).is_none(), "twelve hours after the login");
    }

    #[tokio::test]
    async fn the_session_that_was_used_last_outlives_one_that_began_later() {
        let store = SessionStore::open(Arc::new(MemoryAccounts::default())).unwrap();
        let mut ids = Vec::new();
        for n in 0..SESSIONS_MAX {
            ids.push(store.begin(ONE, by_password(""), at(n as u64)).await.unwrap());
        }
        assert!(store.touch(&ids[0], at(50)).is_some());
        store.begin(ONE, by_password(""), at(60)).await.unwrap();
        assert!(store.touch(&ids[0], at(100)).is_some() && store.touch(&ids[1], at(100)).is_none());
    }

    #[tokio::test]
    async fn a_session_with_an_unknown_factor_has_ended() {
        let files: Arc<dyn AccountStore> = Arc::new(MemoryAccounts::default());
        let store = SessionStore::open(Arc::clone(&files)).unwrap();
        let id = store.begin(ONE, NewSession { second_factor: true, ..by_password("") }, at(0)).await.unwrap();
        let document = AccountDocument::Sessions(ONE.0);
        let text = files.read(document).unwrap().unwrap().replace("second-factor", "voice");
        files.replace(document, &text).unwrap();
        assert!(SessionStore::open(files).unwrap().touch(&id, at(1)).is_none());
    }

    #[tokio::test]
    async fn the_oldest_session_makes_place_for_the_newest() {
        let store = SessionStore::open(Arc::new(MemoryAccounts::default())).unwrap();
        let mut ids = Vec::new();
        for n in 0..=SESSIONS_MAX {
            ids.push(store.begin(ONE, by_password(""), at(n as u64)).await.unwrap());
        }
        assert!(store.touch(&ids[0], at(100)).is_none() && store.touch(&ids[1], at(100)).is_some());
        assert_eq!(store.of_account(ONE, at(100)).len(), SESSIONS_MAX);
    }
}
