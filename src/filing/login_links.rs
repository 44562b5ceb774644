//! Logins at the identity provider of a court: which account each opens, and the sessions that they begin.
//!
//! # Invariants
//!
//! A login opens an account that a manager of accounts has linked to it, and only while the account holds a role at the court: who
//! leaves the court loses this way in with the last role. No account is opened, and no role granted, by what a provider says.

use crate::court::acts::{Act, EndLoginLink, LinkLogin};
use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::court::registry::RegistryError;
use crate::court::words::{Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::sessions::SessionId;
use crate::filing::sign_in::{SignedIn, login_key};
use crate::filing::streams::text;

/// Longest subject in characters (OpenID Connect Core section 2).
const SUBJECT_MAX: usize = 255;

/// A login at the identity provider of a court.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderLogin<'a> {
    /// The court.
    pub court: &'a CourtCode,
    /// The provider.
    pub issuer: &'a str,
    /// Its permanent name for the person.
    pub subject: &'a str,
}

impl ProviderLogin<'_> {
    /// The annex of a link.
    fn to_text(self) -> String {
        format!("{}\n{}", self.issuer, self.subject)
    }
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

    /// Links an account to a login at the identity provider of a court. For the operator and the court's administrator.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`], [`FilingError::LoginLinked`]; those of [`Self::change_registry`].
    pub async fn link_login(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        login: ProviderLogin<'_>,
    ) -> Result<RecordedAct, FilingError> {
        Self::require_linker(actor, login.court)?;
        let is_visible = login.subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let is_trimmed = !login.subject.is_empty() && login.subject.trim() == login.subject;
        if !is_visible || !is_trimmed || login.subject.len() > SUBJECT_MAX {
            return Err(FilingError::bad("subject", "1 to 255 visible ASCII characters, as the provider has it"));
        }
        // Two links of one login at once would be two accounts for it, and open neither.
        let _turn = self.locks.lock(login_key(&login.to_text())).await;
        if self.accounts_of_login(login).await?.iter().any(|other| *other != account) {
            return Err(FilingError::LoginLinked);
        }
        let linked = self.change_registry(actor, context, |annexes| {
            let subject = annexes.add("subject", &login.to_text())?;
            Ok(Act::LinkLogin(LinkLogin { account, court: login.court.clone(), subject }))
        });
        let recorded = linked.await?;
        tracing::info!(%account, court = %login.court, by = %actor.id, "an account was linked to a login of an identity provider");
        Ok(recorded)
    }

    /// Ends the link of an account. Sessions that it began go on: the account's holder, or closing the account, ends them.
    ///
    /// # Errors
    ///
    /// Those of [`Self::change_registry`].
    pub async fn end_login_link(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        court: &CourtCode,
    ) -> Result<RecordedAct, FilingError> {
        Self::require_linker(actor, court)?;
        let end = Act::EndLoginLink(EndLoginLink { account, court: court.clone() });
        let recorded = self.change_registry(actor, context, |_| Ok(end.clone())).await?;
        tracing::info!(%account, %court, by = %actor.id, "the link of an account to an identity provider was ended");
        Ok(recorded)
    }

    /// Whether a login is linked is told to those only who may link one.
    fn require_linker(actor: &Actor, court: &CourtCode) -> Result<(), FilingError> {
        if !actor.account.holds(Role::Operator, None) && !actor.account.administers(court) {
            return Err(FilingError::Registry(RegistryError::NotPermitted));
        }
        actor.require_scope(Scope::Manage)
    }

    /// Begins a session of the account that a login opens, and ends the session that the browser had before.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginNotLinked`]; [`FilingError::Accounts`].
    pub async fn log_in_at_provider(
        &self,
        login: ProviderLogin<'_>,
        (second_factor, browser): (bool, &str),
        before: Option<&SessionId>,
    ) -> Result<(AccountId, SessionId), FilingError> {
        let found = self.accounts_of_login(login).await?;
        let [account] = found[..] else { return Err(FilingError::LoginNotLinked) };
        let registry = self.registry();
        let is_staff = registry.accounts.get(&account).is_some_and(|account| account.has_role_at(login.court));
        if !is_staff || self.credentials.of(account).is_none() {
            return Err(FilingError::LoginNotLinked);
        }
        let now = self.now();
        if let Some(old) = before.and_then(|before| self.sessions.touch(before, now)) {
            self.sessions.end(old.account, now, |session| session.hash == old.hash).await?;
        }
        let id = self.sessions.begin(account, second_factor, browser, now).await?;
        tracing::info!(%account, second_factor, court = %login.court, "a session began by an identity provider");
        Ok((account, id))
    }

    /// Adds the second factor to a session that began without it. The session ends, and a new one begins.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongOneTimeCode`], which counts as a failed login, also while the login is locked; [`FilingError::Accounts`].
    pub async fn add_second_factor(&self, who: &SignedIn, code: &str) -> Result<SessionId, FilingError> {
        let (key, now) = (login_key(&who.credentials.login), self.now());
        let _turn = self.locks.lock(key).await;
        if self.lockout.is_locked(key, now) || !self.use_code(who.actor.id, code).await? {
            self.lockout.failed(key, now);
            return Err(FilingError::WrongOneTimeCode);
        }
        self.lockout.clear(key);
        self.sessions.end(who.actor.id, now, |session| session.hash == who.session.hash).await?;
        self.sessions.begin(who.actor.id, true, &who.session.browser, now).await
    }
}
