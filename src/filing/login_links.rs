//! Logins at the identity provider of a court: which account each opens, and the sessions that they begin.
//!
//! # Invariants
//!
//! A login opens an account whose holder has linked it, signed in with the password and the second factor, and proven at the provider
//! in the same browser; or which the operator has linked. It opens the account only while that holds a role at the court: who leaves
//! the court loses this way in, and the sessions that it began, with the last role. A second factor of the account is asked for unless
//! the provider has proven one. No account is opened, and no role granted, by what a provider says.

use crate::court::acts::{Act, EndGrant, EndLoginLink, LinkLogin};
use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::court::registry::{Account, RegistryError};
use crate::court::subject::Subject;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::secret::random_request_id;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::sessions::{NewSession, ProviderOrigin, Session, SessionId};
use crate::filing::sign_in::{SignedIn, login_key};
use crate::filing::streams::text;
use crate::filing::unfinished_logins::UnfinishedLogin;
use crate::ledger::hash::sha256;

/// A login at the identity provider of a court.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderLogin<'a> {
    /// The court.
    pub court: &'a CourtCode,
    /// The provider.
    pub issuer: &'a str,
    /// Its permanent name for the person.
    pub subject: &'a Subject,
}

impl ProviderLogin<'_> {
    /// The annex of a link.
    fn to_text(self) -> String {
        format!("{}\n{}", self.issuer, self.subject)
    }
}

/// What a login at an identity provider began.
#[derive(Debug)]
pub enum BegunSession {
    /// A session.
    Session(SessionId),
    /// Nothing before a one-time code is entered: the id of the login that waits for it.
    NeedsCode(SessionId),
}

/// The link by which a login at the provider of a court opens the account now.
fn origin_of(account: &Account, court: &CourtCode) -> Option<ProviderOrigin> {
    let link = account.login_links.get(court).filter(|_| account.closed.is_none() && account.has_role_at(court))?;
    Some(ProviderOrigin { court: court.clone(), link: link.since.sequence })
}

impl FilingService {
    /// The accounts that a login opens: linked to it, open, with a role at the court and a login name.
    async fn accounts_of_login(&self, login: ProviderLogin<'_>) -> Result<Vec<AccountId>, FilingError> {
        let registry = self.registry();
        let open = registry.accounts.iter().filter(|(_, account)| account.closed.is_none());
        let links: Vec<_> =
            open.filter_map(|(id, account)| Some((*id, account.login_links.get(login.court)?.subject))).collect();
        let wanted = login.to_text();
        self.read(move |store| {
            let mut found = Vec::new();
            for (account, subject) in links {
                if text(store, &subject)?.is_some_and(|text| text == wanted) {
                    found.push(account);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Links an account to a login at the identity provider of a court, by a subject that the operator states. All sessions of the
    /// account end.
    ///
    /// # Errors
    ///
    /// [`RegistryError::NotPermitted`], [`FilingError::LoginLinked`]; those of [`Self::change_registry`].
    pub async fn link_login(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        login: ProviderLogin<'_>,
    ) -> Result<RecordedAct, FilingError> {
        if !actor.account.holds(Role::Operator, None) {
            return Err(FilingError::Registry(RegistryError::NotPermitted));
        }
        actor.require_scope(Scope::Manage)?;
        let recorded = self.record_link((actor.id, Capacity::Holding(Role::Operator)), context, account, login).await?;
        self.sessions.end(account, self.now(), |_| true).await?;
        Ok(recorded)
    }

    /// Links the holder's own account to the login that the holder has just proven at the identity provider. All sessions of the account
    /// end, and a new one begins for this browser.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginLinked`]; [`FilingError::Registry`]: no role at the court, or a link; those of `Self::append`.
    pub async fn link_own_login(&self, who: &SignedIn, login: ProviderLogin<'_>) -> Result<SessionId, FilingError> {
        let body = sha256(login.to_text().as_bytes());
        let context = RequestContext { request: random_request_id()?, body, capacity: None };
        self.record_link((who.actor.id, Capacity::Oneself), &context, who.actor.id, login).await?;
        self.renew_session(who, who.session.second_factor).await
    }

    async fn record_link(
        &self,
        (by, capacity): (AccountId, Capacity),
        context: &RequestContext,
        account: AccountId,
        login: ProviderLogin<'_>,
    ) -> Result<RecordedAct, FilingError> {
        // Two links of one login at once would be two accounts for it, and open neither.
        let _turn = self.locks.lock(login_key(&login.to_text())).await;
        if self.accounts_of_login(login).await?.iter().any(|other| *other != account) {
            return Err(FilingError::LoginLinked);
        }
        let capacities = [capacity];
        let linked = self.write_registry(by, &capacities, context, |annexes| {
            let subject = annexes.add("subject", &login.to_text())?;
            Ok(Act::LinkLogin(LinkLogin { account, court: login.court.clone(), subject }))
        });
        let recorded = linked.await?;
        tracing::info!(%account, court = %login.court, %by, "an account was linked to a login of an identity provider");
        Ok(recorded)
    }

    /// Ends the link of an account, and all its sessions. For its holder in a session, for the operator, and for the administrator of the
    /// court.
    ///
    /// # Errors
    ///
    /// [`RegistryError::NotPermitted`]; those of [`Self::change_registry`].
    pub async fn end_login_link(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        court: &CourtCode,
    ) -> Result<RecordedAct, FilingError> {
        let is_own = account == actor.id && actor.session.is_some();
        if !is_own {
            // Only accounts that may end the link learn whether there is one.
            if !actor.account.holds(Role::Operator, None) && !actor.account.administers(court) {
                return Err(FilingError::Registry(RegistryError::NotPermitted));
            }
            actor.require_scope(Scope::Manage)?;
        }
        let end = Act::EndLoginLink(EndLoginLink { account, court: court.clone() });
        let recorded = self.change_registry(actor, context, |_| Ok(end.clone())).await?;
        self.sessions.end(account, self.now(), |_| true).await?;
        tracing::info!(%account, %court, by = %actor.id, "the link of an account to an identity provider was ended");
        Ok(recorded)
    }

    /// Ends the sessions that a link began, after an act that has ended the account's last role at the court.
    pub(in crate::filing) async fn end_sessions_of_former_staff(&self, act: &Act) -> Result<(), FilingError> {
        let Act::EndGrant(EndGrant { account, court: Some(court), .. }) = act else { return Ok(()) };
        if self.registry().accounts.get(account).is_none_or(|account| account.has_role_at(court)) {
            return Ok(());
        }
        let is_of_court = |session: &Session| session.origin.as_ref().is_some_and(|origin| origin.court == *court);
        self.sessions.end(*account, self.now(), is_of_court).await.map(drop)
    }

    /// Ends the session that a browser had before a login.
    async fn end_former_session(&self, before: Option<&SessionId>) -> Result<(), FilingError> {
        let now = self.now();
        if let Some(old) = before.and_then(|before| self.sessions.touch(before, now)) {
            self.sessions.end(old.account, now, |session| session.hash == old.hash).await?;
        }
        Ok(())
    }

    /// Begins a session of the account that a login opens, and ends the session that the browser had before. If the account has a second
    /// factor and the provider has proven none, the session begins with [`Self::finish_login`] only.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginNotLinked`]; [`FilingError::Accounts`].
    pub async fn log_in_at_provider(
        &self,
        login: ProviderLogin<'_>,
        (second_factor, browser): (bool, &str),
        before: Option<&SessionId>,
    ) -> Result<BegunSession, FilingError> {
        let found = self.accounts_of_login(login).await?;
        let [account] = found[..] else { return Err(FilingError::LoginNotLinked) };
        let registry = self.registry();
        let origin = registry.accounts.get(&account).and_then(|account| origin_of(account, login.court));
        let credentials = self.credentials.of(account);
        let (Some(origin), Some(credentials)) = (origin, credentials) else { return Err(FilingError::LoginNotLinked) };
        self.end_former_session(before).await?;
        if credentials.second_factor.is_some() && !second_factor {
            let id = SessionId::new()?;
            self.unfinished_logins.begin(&id, account, origin, self.now());
            return Ok(BegunSession::NeedsCode(id));
        }
        let new = NewSession { second_factor, origin: Some(origin), browser };
        let id = self.sessions.begin(account, new, self.now()).await?;
        tracing::info!(%account, second_factor, court = %login.court, "a session began by an identity provider");
        Ok(BegunSession::Session(id))
    }

    /// Whether a login waits for its one-time code.
    #[must_use]
    pub fn needs_code(&self, login: &SessionId) -> bool {
        self.unfinished_logins.find(login, self.now()).is_some()
    }

    /// Begins the session of a login at an identity provider that waits for a one-time code.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongOneTimeCode`], which counts as a failed login, also while the login is locked; [`FilingError::LoginNotLinked`]
    /// if no login waits, or its link has ended; [`FilingError::Accounts`].
    pub async fn finish_login(
        &self,
        login: &SessionId,
        (code, browser): (&str, &str),
        before: Option<&SessionId>,
    ) -> Result<SessionId, FilingError> {
        let waiting = self.unfinished_logins.find(login, self.now()).ok_or(FilingError::LoginNotLinked)?;
        let UnfinishedLogin { account, .. } = waiting;
        let credentials = self.credentials.of(account).ok_or(FilingError::LoginNotLinked)?;
        let key = login_key(&credentials.login);
        let _turn = self.locks.lock(key).await;
        let now = self.now();
        if self.lockout.is_locked(key, now) || !self.use_code(account, code).await? {
            self.lockout.failed(key, now);
            return Err(FilingError::WrongOneTimeCode);
        }
        self.lockout.clear(key);
        self.unfinished_logins.end(&waiting);
        let registry = self.registry();
        let origin = registry.accounts.get(&account).and_then(|account| origin_of(account, &waiting.origin.court));
        let origin = origin.filter(|origin| *origin == waiting.origin).ok_or(FilingError::LoginNotLinked)?;
        self.end_former_session(before).await?;
        tracing::info!(%account, court = %origin.court, "a session began by an identity provider and a one-time code");
        self.sessions.begin(account, NewSession { second_factor: true, origin: Some(origin), browser }, now).await
    }
}
