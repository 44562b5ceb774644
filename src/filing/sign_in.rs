//! Registration, login, and the actor of a session.
//!
//! # Invariants
//!
//! A login that fails answers the same for an unknown name, a wrong password, a wrong or used one-time code, a closed and a locked
//! account, after the same work: one hash computation. A login begins a new session and ends the one that the browser had.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::acts::{Act, OpenAccount};
use crate::court::ids::{AccountId, TokenId};
use crate::court::registry::Account;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope, SubjectKind};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::credentials::{Credentials, STATED_MAX, StatedField, login_name};
use crate::filing::filing_error::FilingError;
use crate::filing::password_rules::check_new;
use crate::filing::secret::{random_request_id, tagged_hash};
use crate::filing::service::FilingService;
use crate::filing::sessions::{NewSession, Session, SessionId};
use crate::ledger::hash::Digest;
use crate::ledger::text::{Lines, forbidden_character};

/// What somebody registers with.
#[derive(Debug, Clone)]
pub struct Registration<'a> {
    /// The login name.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// Natural or legal person.
    pub subject: SubjectKind,
    /// The name of the person, which is private content of the ledger.
    pub name: &'a str,
    /// What else is stated.
    pub stated: Vec<(StatedField, &'a str)>,
}

/// A login.
#[derive(Debug, Clone, Copy)]
pub struct LoginAttempt<'a> {
    /// The login name, as it was typed.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// The one-time code; empty for an account without a second factor.
    pub code: &'a str,
    /// How the browser describes itself.
    pub browser: &'a str,
}

/// What the rights of sessions depend on beside their accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// Whether staff need a second factor: on a live ledger.
    pub second_factor_for_staff: bool,
    /// Whether an account without an identity check deposits: if anybody may deposit.
    pub unverified_may_deposit: bool,
}

/// The holder of a session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The actor, whose rights the session limits.
    pub actor: Actor,
    /// The session.
    pub session: Session,
    /// How the account logs in.
    pub credentials: Arc<Credentials>,
    /// Whether rights of a role are missing because the login had no second factor.
    pub lacks_second_factor: bool,
}

/// Whether the account acts for a court, the operator or auditors.
#[must_use]
pub fn is_staff(account: &Account) -> bool {
    account.roles.iter().any(|(role, _)| role.is_of_a_court() || matches!(role, Role::Operator | Role::Auditor))
}

/// Whether a session may go on: one that a link began ends with the link, and with the last role at the court.
fn is_still_opened_by(account: &Account, session: &Session) -> bool {
    let Some(origin) = &session.origin else { return true };
    let link = account.login_links.get(&origin.court);
    account.has_role_at(&origin.court) && link.is_some_and(|link| link.since.sequence == origin.link)
}

/// The roles that manage accounts, in the order in which one account uses them.
pub const MANAGING_ROLES: [Role; 4] = [Role::Operator, Role::CourtAdministrator, Role::Clerk, Role::TrialSupport];

/// The first of the roles that manage accounts which the account holds.
#[must_use]
pub fn managing_role(account: &Account) -> Option<Role> {
    MANAGING_ROLES.into_iter().find(|role| account.roles.iter().any(|(held, _)| held == role))
}

/// The key of a login name for locks and failures.
pub(in crate::filing) fn login_key(login: &str) -> Digest {
    tagged_hash("login name", login.as_bytes())
}

impl FilingService {
    /// Opens an account with a login name and a password. The platform opens it on the ledger, and nobody has checked who it is.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginTaken`], [`FilingError::WeakPassword`], [`FilingError::BadValue`]; those of `Self::append`.
    pub async fn register(&self, registration: &Registration<'_>) -> Result<AccountId, FilingError> {
        let login = login_name(registration.login)?;
        check_new(registration.password, &login).map_err(FilingError::WeakPassword)?;
        let stated = registration.stated.iter().map(|(field, text)| stated(*field, text));
        let stated = stated.collect::<Result<Vec<_>, _>>()?;
        Annexes::new().add("name", registration.name)?;
        let _turn = self.locks.lock(login_key(&login)).await;
        if self.credentials.find(&login).is_some() {
            return Err(FilingError::LoginTaken);
        }
        let password = self.passwords.hash(registration.password).await?;
        let account = AccountId(random_request_id()?.0);
        let context = RequestContext { request: random_request_id()?, body: account.0, capacity: None };
        let open = |annexes: &mut Annexes| {
            let name = Some(annexes.add("name", registration.name)?);
            Ok(Act::OpenAccount(OpenAccount { account, subject: registration.subject, name }))
        };
        self.write_registry(self.platform_account(), &[Capacity::Platform], &context, open).await?;
        let new = Credentials {
            login,
            password,
            since: self.now(),
            set_by: None,
            second_factor: None,
            last_step: None,
            proposed_factor: None,
            reset: None,
            stated,
        };
        self.credentials.change(account, |_| Ok(Some(new))).await?;
        tracing::info!(%account, "an account was registered");
        Ok(account)
    }

    /// Logs in, and ends the session that the browser had before.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginRefused`] for every reason; [`FilingError::Accounts`].
    pub async fn log_in(
        &self,
        attempt: LoginAttempt<'_>,
        before: Option<&SessionId>,
    ) -> Result<(AccountId, SessionId), FilingError> {
        // A name that nobody can have is treated as one that nobody has.
        let login = login_name(attempt.login).unwrap_or_default();
        let key = login_key(&login);
        let _turn = self.locks.lock(key).await;
        let now = self.now();
        let found = self.credentials.find(&login);
        let hash = found.as_ref().map(|(_, credentials)| credentials.password.as_str());
        let is_right = self.passwords.verify(attempt.password, hash).await?;
        let is_locked = self.lockout.is_locked(key, now);
        let found = found.filter(|(account, _)| is_right && !is_locked && self.registry().is_open(*account));
        let accepted = match found {
            Some((account, credentials)) => {
                self.accept_code(account, &credentials, attempt.code).await?.map(|factor| (account, factor))
            }
            None => None,
        };
        let Some((account, second_factor)) = accepted else {
            self.lockout.failed(key, now);
            return Err(FilingError::LoginRefused);
        };
        self.lockout.clear(key);
        if let Some(old) = before.and_then(|before| self.sessions.touch(before, now)) {
            self.sessions.end(old.account, now, |session| session.hash == old.hash).await?;
        }
        let id = self
            .sessions
            .begin(account, NewSession { second_factor, origin: None, browser: attempt.browser }, now)
            .await?;
        tracing::info!(%account, second_factor, "a session began");
        Ok((account, id))
    }

    /// Whether a login has a second factor; `None` if the one-time code is needed and not good.
    async fn accept_code(
        &self,
        account: AccountId,
        credentials: &Credentials,
        code: &str,
    ) -> Result<Option<bool>, FilingError> {
        if credentials.second_factor.is_none() {
            return Ok(Some(false));
        }
        Ok(self.use_code(account, code).await?.then_some(true))
    }

    /// Uses up a one-time code of the account's second factor; whether it was good.
    pub(in crate::filing) async fn use_code(&self, account: AccountId, code: &str) -> Result<bool, FilingError> {
        let (now, mut accepted) = (self.now(), false);
        let change = |before: Option<&Credentials>| {
            let step = before.and_then(|before| before.second_factor.as_ref()?.accept(code, now, before.last_step));
            accepted = step.is_some();
            Ok(step.and(before).map(|before| Credentials { last_step: step, ..before.clone() }))
        };
        self.credentials.change(account, change).await?;
        Ok(accepted)
    }

    /// The scopes of a session of the account, after a login with all that its roles need.
    pub(in crate::filing) fn session_scopes(&self, account: &Account, rules: SessionRules) -> BTreeSet<Scope> {
        let mut scopes = BTreeSet::from([Scope::Read, Scope::Case]);
        let is_known =
            account.identity().is_some() || !account.roles.is_empty() || account.opened_by != self.platform_account();
        if is_known || rules.unverified_may_deposit {
            scopes.insert(Scope::Deposit);
        }
        if account.roles.iter().any(|(role, _)| role.acts_in_cases()) {
            scopes.insert(Scope::Court);
        }
        if managing_role(account).is_some() {
            scopes.insert(Scope::Manage);
        }
        scopes
    }

    /// The holder of a session, if it has not ended. This counts as a request of the session.
    #[must_use]
    pub fn session_actor(&self, id: &SessionId, rules: SessionRules) -> Option<SignedIn> {
        let session = self.sessions.touch(id, self.now())?;
        let registry = self.registry();
        let account = registry.accounts.get(&session.account).filter(|account| account.closed.is_none())?.clone();
        if !is_still_opened_by(&account, &session) {
            return None;
        }
        let credentials = self.credentials.of(session.account)?;
        let mut scopes = self.session_scopes(&account, rules);
        let lacks_second_factor = is_staff(&account) && rules.second_factor_for_staff && !session.second_factor;
        if lacks_second_factor {
            scopes.retain(|scope| !matches!(scope, Scope::Court | Scope::Manage));
        }
        // No token has the hash of a session id for its id.
        let actor = Actor {
            id: session.account,
            token: TokenId(tagged_hash("session of account", session.account.0.to_string().as_bytes())),
            session: Some(session.hash),
            account,
            scopes,
        };
        Some(SignedIn { actor, session, credentials, lacks_second_factor })
    }
}

fn stated(field: StatedField, text: &str) -> Result<(StatedField, String), FilingError> {
    let text = text.trim();
    let bad = |reason: &str, zh: &str| Err(FilingError::bad(field.word(), reason, zh));
    if text.is_empty() || text.chars().count() > STATED_MAX {
        return bad("1 to 200 characters", "应为 1 至 200 个字符");
    }
    if forbidden_character(text, Lines::One).is_some() {
        return bad("control characters are not allowed", "不得含有控制字符");
    }
    Ok((field, text.to_owned()))
}
