//! What holders of sessions do with their own accounts: password, second factor, sessions, closing; and what staff does for
//! accounts: reset codes, unlocking.

use std::collections::BTreeSet;

use tokio::sync::OwnedMutexGuard;

use crate::court::acts::{Act, CloseAccount};
use crate::court::ids::AccountId;
use crate::court::registry::{Account, Registry};
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::filing::access::AccessTarget;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::credentials::{Credentials, PasswordIssuer, ProposedFactor, ResetCode, login_name};
use crate::filing::filing_error::FilingError;
use crate::filing::one_time_code::CodeSecret;
use crate::filing::password_rules::check_new;
use crate::filing::secret::{code_hash, new_code, random_request_id};
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::sessions::{NewSession, Session, SessionId};
use crate::filing::sign_in::{MANAGING_ROLES, SessionRules, SignedIn, login_key};
use crate::ledger::time::Timestamp;

/// Days for which a reset code is good.
pub const RESET_DAYS: u64 = 1;

/// Which accounts the holder of an account manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// None.
    None,
    /// Those of its court's staff, and those without a role: a court administrator without a further role.
    OneCourt,
    /// It sees all; what it may change depends on its role.
    All,
}

impl Management {
    /// That of an account.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let managing = account.roles.iter().map(|(role, _)| *role).filter(|role| MANAGING_ROLES.contains(role));
        managing.fold(Self::None, |before, role| match (before, role) {
            (Self::None | Self::OneCourt, Role::CourtAdministrator) => Self::OneCourt,
            _ => Self::All,
        })
    }
}

/// An account as those who manage accounts see it: no private content of the ledger.
#[derive(Debug, Clone)]
pub struct ManagedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its login name, and what was stated at registration; `None` for an account that has only tokens.
    pub credentials: Option<std::sync::Arc<Credentials>>,
    /// Its entry in the registry.
    pub account: Account,
    /// Whether logins are locked.
    pub is_locked: bool,
}

/// A reset code that was issued.
#[derive(Debug)]
pub struct IssuedResetCode {
    /// The code; only its hash is kept.
    pub code: String,
    /// Until when it is good.
    pub expires: Timestamp,
    /// The access record.
    pub access: RecordedAct,
}

/// Whether a code of `by` still counts for `account`: the account may have got a role since, and only an operator or the administrator
/// of its court resets the password of one with a role.
fn may_reset(registry: &Registry, account: AccountId, (by, has_factor): (AccountId, bool)) -> bool {
    let Some(target) = registry.accounts.get(&account).filter(|target| !target.roles.is_empty()) else { return true };
    let may = |by: &Account| by.holds(Role::Operator, None) || (has_factor && by.administers_login(target));
    registry.accounts.get(&by).is_some_and(may)
}

impl FilingService {
    /// Sets a password for an account that has a token: the account keeps its id. The token must have every scope that a session
    /// of this account gets, so that nobody gains rights by the password. That of an operator needs `manage` only, with which an
    /// operator issues a token of any scope.
    ///
    /// # Errors
    ///
    /// [`FilingError::Unauthenticated`], [`FilingError::Scope`]; [`FilingError::LoginTaken`], also if the account has a password;
    /// [`FilingError::WeakPassword`].
    pub async fn set_first_password(
        &self,
        token: &str,
        (login, password): (&str, &str),
        rules: SessionRules,
    ) -> Result<AccountId, FilingError> {
        let actor = self.authenticate(token)?;
        let mut needed = self.session_scopes(&actor.account, rules);
        let administers = actor.account.roles.iter().any(|(role, _)| *role == Role::CourtAdministrator);
        if actor.account.holds(Role::Operator, None) || (administers && actor.account.courts().is_empty()) {
            needed = BTreeSet::from([Scope::Manage]);
        }
        needed.into_iter().try_for_each(|scope| actor.require_scope(scope))?;
        if self.is_erased(&actor.account).await? {
            // The erasure removed the password that the account may have had. A token that is still valid must not set another.
            return Err(FilingError::NotPermitted);
        }
        let login = login_name(login)?;
        check_new(password, &login).map_err(FilingError::WeakPassword)?;
        let _turn = self.locks.lock(login_key(&login)).await;
        let password = self.passwords.hash(password).await?;
        let since = self.now();
        let set_by = Some(PasswordIssuer { account: actor.account.opened_by, at: since });
        let set = |before: Option<&Credentials>| match before {
            Some(_) => Err(FilingError::LoginTaken),
            None => Ok(Some(Credentials {
                login,
                password,
                since,
                set_by,
                second_factor: None,
                last_step: None,
                proposed_factor: None,
                reset: None,
                stated: Vec::new(),
            })),
        };
        self.credentials.change(actor.id, set).await?;
        tracing::info!(account = %actor.id, "an account with a token has set a password");
        Ok(actor.id)
    }

    /// Changes the password. All sessions of the account end, and a new one begins.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongPassword`], which counts as a failed login; [`FilingError::WeakPassword`].
    pub async fn change_password(&self, who: &SignedIn, current: &str, new: &str) -> Result<SessionId, FilingError> {
        // Held until the sessions have ended: a login with the old password that began before must not end after them.
        let _turn = self.require_password(who, current).await?;
        check_new(new, &who.credentials.login).map_err(FilingError::WeakPassword)?;
        let (password, since) = (self.passwords.hash(new).await?, self.now());
        let put = |before: Option<&Credentials>| {
            let before = before.ok_or(FilingError::NotFound)?;
            Ok(Some(Credentials { password, since, reset: None, proposed_factor: None, ..before.clone() }))
        };
        self.credentials.change(who.actor.id, put).await?;
        tracing::info!(account = %who.actor.id, "the password was changed, all sessions ended");
        self.renew_session(who, who.session.second_factor).await
    }

    /// Requires the present password of the session's account. Returns the lock of its logins, which keeps the password as it is
    /// until it is dropped.
    async fn require_password(&self, who: &SignedIn, password: &str) -> Result<OwnedMutexGuard<()>, FilingError> {
        let (key, now) = (login_key(&who.credentials.login), self.now());
        let turn = self.locks.lock(key).await;
        // Another request may have changed the password since this one began.
        let credentials = self.credentials.of(who.actor.id);
        let hash = credentials.as_ref().map(|credentials| credentials.password.as_str());
        let is_right = self.passwords.verify(password, hash).await?;
        if is_right && !self.lockout.is_locked(key, now) {
            return Ok(turn);
        }
        self.lockout.failed(key, now);
        Err(FilingError::WrongPassword)
    }

    /// Requires the present password and, where the account has a second factor, its one-time code: the holder is at the browser.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongPassword`], [`FilingError::WrongOneTimeCode`], which count as failed logins.
    pub async fn require_holder(&self, who: &SignedIn, password: &str, code: &str) -> Result<(), FilingError> {
        let _turn = self.require_password(who, password).await?;
        let has_factor = self.credentials.of(who.actor.id).is_some_and(|one| one.second_factor.is_some());
        if has_factor && !self.use_code(who.actor.id, code).await? {
            self.lockout.failed(login_key(&who.credentials.login), self.now());
            return Err(FilingError::WrongOneTimeCode);
        }
        Ok(())
    }

    /// Ends all sessions of the account, and begins a new one for this browser.
    pub(in crate::filing) async fn renew_session(
        &self,
        who: &SignedIn,
        second_factor: bool,
    ) -> Result<SessionId, FilingError> {
        let now = self.now();
        self.sessions.end(who.actor.id, now, |_| true).await?;
        let (origin, browser) = (who.session.origin.clone(), who.session.browser.as_str());
        self.sessions.begin(who.actor.id, NewSession { second_factor, origin, browser }, now).await
    }

    /// The sessions of the account, the latest first.
    #[must_use]
    pub fn own_sessions(&self, who: &SignedIn) -> Vec<Session> {
        self.sessions.of_account(who.actor.id, self.now())
    }

    /// Ends sessions of the account: one by its name, or with `None` all but this one.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]; [`FilingError::Accounts`].
    pub async fn end_sessions(&self, who: &SignedIn, name: Option<&str>) -> Result<(), FilingError> {
        let own = who.session.hash;
        let ends = |session: &Session| name.map_or(session.hash != own, |name| session.name() == name);
        let ended = self.sessions.end(who.actor.id, self.now(), ends).await?;
        if ended == 0 && name.is_some() { Err(FilingError::NotFound) } else { Ok(()) }
    }

    /// Proposes a second factor, which counts once it was confirmed. A proposal that this session made stays; those of other
    /// sessions and of an earlier password have ended.
    ///
    /// # Errors
    ///
    /// [`FilingError::Accounts`].
    pub async fn propose_second_factor(&self, who: &SignedIn) -> Result<CodeSecret, FilingError> {
        let mut secret = CodeSecret::new()?;
        let propose = |before: Option<&Credentials>| {
            if let Some(open) = before.and_then(|before| before.proposed_in(who.session.hash)) {
                secret = open.clone();
                return Ok(None);
            }
            let proposed_factor = Some(ProposedFactor { secret: secret.clone(), session: who.session.hash });
            Ok(before.map(|before| Credentials { proposed_factor, ..before.clone() }))
        };
        self.credentials.change(who.actor.id, propose).await?;
        Ok(secret)
    }

    /// Confirms the proposed second factor by its code; one in use is replaced only with a code of its own, `current`. All sessions end, and a
    /// new one with the second factor begins.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongPassword`]; [`FilingError::CurrentCodeNeeded`]; [`FilingError::WrongOneTimeCode`].
    pub async fn confirm_second_factor(
        &self,
        who: &SignedIn,
        password: &str,
        (current, code): (&str, &str),
    ) -> Result<SessionId, FilingError> {
        // Held until the sessions have ended: a login without the second factor must not end after them.
        let _turn = self.require_password(who, password).await?;
        let has_factor = self.credentials.of(who.actor.id).is_some_and(|one| one.second_factor.is_some());
        if has_factor && !self.use_code(who.actor.id, current).await? {
            self.lockout.failed(login_key(&who.credentials.login), self.now());
            return Err(FilingError::CurrentCodeNeeded);
        }
        let now = self.now();
        let confirm = |before: Option<&Credentials>| {
            let before = before.ok_or(FilingError::NotFound)?;
            let proposed = before.proposed_in(who.session.hash);
            let step = proposed.and_then(|secret| secret.accept(code, now, None));
            let last_step = Some(step.ok_or(FilingError::WrongOneTimeCode)?);
            let second_factor = proposed.cloned();
            Ok(Some(Credentials { second_factor, proposed_factor: None, last_step, ..before.clone() }))
        };
        self.credentials.change(who.actor.id, confirm).await?;
        tracing::info!(account = %who.actor.id, "a second factor was set up");
        self.renew_session(who, true).await
    }

    /// Closes the holder's own account: its roles, tokens, keys, sessions and password end. What it did stays on the chain.
    ///
    /// # Errors
    ///
    /// [`FilingError::WrongPassword`]; [`FilingError::Registry`] for an account with a role.
    pub async fn close_own_account(&self, who: &SignedIn, password: &str) -> Result<RecordedAct, FilingError> {
        let _turn = self.require_password(who, password).await?;
        self.close_account(&who.actor, who.actor.id).await
    }

    /// Closes an account, as its holder or as the operator.
    ///
    /// # Errors
    ///
    /// [`FilingError::Registry`]; [`FilingError::Accounts`] if the account is closed and its password could not be removed, which
    /// opens nothing any more.
    pub async fn close_account(&self, actor: &Actor, account: AccountId) -> Result<RecordedAct, FilingError> {
        let context = RequestContext { request: random_request_id()?, body: account.0, capacity: None };
        let close = Act::CloseAccount(CloseAccount { account });
        let recorded = self.change_registry(actor, &context, |_| Ok(close.clone())).await?;
        self.sessions.end(account, self.now(), |_| true).await?;
        self.forget_keys(account).await?;
        self.credentials.remove(account).await?;
        tracing::info!(%account, by = %actor.id, "an account was closed");
        Ok(recorded)
    }

    /// Sets a new password by a reset code. All sessions of the account end.
    ///
    /// # Errors
    ///
    /// [`FilingError::LoginRefused`] for every reason but a weak password; [`FilingError::WeakPassword`].
    pub async fn reset_password(&self, login: &str, code: &str, new: &str) -> Result<(), FilingError> {
        let login = login_name(login).unwrap_or_default();
        check_new(new, &login).map_err(FilingError::WeakPassword)?;
        let key = login_key(&login);
        let _turn = self.locks.lock(key).await;
        let now = self.now();
        // The same work for every name.
        let password = self.passwords.hash(new).await?;
        let registry = self.registry();
        let found = self.credentials.find(&login).filter(|(account, credentials)| {
            let reset = credentials.reset.as_ref();
            let is_good = |reset: &ResetCode| {
                let is_same = reset.hash == code_hash(code) && now < reset.expires;
                is_same && may_reset(&registry, *account, (reset.by, credentials.second_factor.is_some()))
            };
            reset.is_some_and(is_good) && !self.lockout.is_locked(key, now) && registry.is_open(*account)
        });
        let Some((account, _)) = found else {
            self.lockout.failed(key, now);
            return Err(FilingError::LoginRefused);
        };
        let put = |before: Option<&Credentials>| {
            let before = before.ok_or(FilingError::LoginRefused)?;
            let account = before.reset.as_ref().ok_or(FilingError::LoginRefused)?.by;
            let set_by = Some(PasswordIssuer { account, at: now });
            let before = before.clone();
            Ok(Some(Credentials { password, since: now, set_by, reset: None, proposed_factor: None, ..before }))
        };
        self.credentials.change(account, put).await?;
        self.sessions.end(account, now, |_| true).await?;
        self.lockout.clear(key);
        tracing::info!(%account, "a password was reset by a code, all sessions ended");
        Ok(())
    }

    /// The capacity in which the actor manages the login of `account`: the operator that of every account, a court administrator that
    /// of its court's staff, a clerk or trial support staff that of accounts without a role.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], [`FilingError::NotPermitted`], [`FilingError::Scope`].
    pub fn capacity_over(&self, actor: &Actor, account: AccountId) -> Result<Capacity, FilingError> {
        let registry = self.registry();
        let target = registry.accounts.get(&account).ok_or(FilingError::NotFound)?;
        self.require_manager(actor)?;
        let holds = |role: Role| actor.account.roles.iter().any(|(held, _)| *held == role);
        let manages = |role: &Role| match role {
            Role::Operator => true,
            Role::CourtAdministrator => actor.account.administers_login(target),
            _ => target.roles.is_empty(),
        };
        let role =
            MANAGING_ROLES.into_iter().filter(|role| holds(*role)).find(manages).ok_or(FilingError::NotPermitted)?;
        Ok(Capacity::Holding(role))
    }

    /// Issues a code with which the account sets a new password. Recorded on the chain, in the access log of the account, first. A court
    /// administrator issues one only for an account with a second factor in use, so that the code alone gives nobody a role.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], [`FilingError::NotPermitted`], [`FilingError::Scope`], [`FilingError::NoPassword`],
    /// [`FilingError::NoSecondFactor`]; those of `Self::append`.
    pub async fn issue_reset_code(&self, actor: &Actor, account: AccountId) -> Result<IssuedResetCode, FilingError> {
        let capacity = self.capacity_over(actor, account)?;
        let credentials = self.credentials.of(account).ok_or(FilingError::NoPassword)?;
        if capacity == Capacity::Holding(Role::CourtAdministrator) && credentials.second_factor.is_none() {
            return Err(FilingError::NoSecondFactor);
        }
        let access = self.record_access(actor, capacity, AccessTarget::Account(account)).await?;
        let code = new_code()?;
        let expires =
            self.now().after_days(RESET_DAYS).ok_or_else(|| FilingError::bad("days", "too many", "天数过多"))?;
        let reset = ResetCode { hash: code_hash(&code), expires, by: actor.id };
        let issue = |before: Option<&Credentials>| {
            Ok(before.map(|before| Credentials { reset: Some(reset), ..before.clone() }))
        };
        self.credentials.change(account, issue).await?;
        tracing::info!(%account, by = %actor.id, "a reset code was issued");
        Ok(IssuedResetCode { code, expires, access })
    }

    /// Ends the lock of an account's login.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], [`FilingError::NotPermitted`], [`FilingError::Scope`], [`FilingError::NoPassword`].
    pub fn unlock(&self, actor: &Actor, account: AccountId) -> Result<(), FilingError> {
        self.capacity_over(actor, account)?;
        let credentials = self.credentials.of(account).ok_or(FilingError::NoPassword)?;
        self.lockout.clear(login_key(&credentials.login));
        tracing::info!(%account, by = %actor.id, "an account was unlocked");
        Ok(())
    }

    /// Removes the second factor of an account whose device is lost; the operator only. All its sessions end.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], [`FilingError::NotPermitted`], [`FilingError::Scope`]; those of `Self::append`.
    pub async fn remove_second_factor(&self, actor: &Actor, account: AccountId) -> Result<(), FilingError> {
        let capacity = self.capacity_over(actor, account)?;
        if capacity != Capacity::Holding(Role::Operator) {
            return Err(FilingError::NotPermitted);
        }
        self.record_access(actor, capacity, AccessTarget::Account(account)).await?;
        let credentials = self.credentials.of(account).ok_or(FilingError::NotFound)?;
        let _turn = self.locks.lock(login_key(&credentials.login)).await;
        let remove = |before: Option<&Credentials>| {
            Ok(before.map(|before| Credentials { second_factor: None, proposed_factor: None, ..before.clone() }))
        };
        self.credentials.change(account, remove).await?;
        self.sessions.end(account, self.now(), |_| true).await?;
        tracing::info!(%account, by = %actor.id, "a second factor was removed");
        Ok(())
    }

    /// Requires a role that manages accounts.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] without one; [`FilingError::Scope`].
    pub fn require_manager(&self, actor: &Actor) -> Result<(), FilingError> {
        if Management::of(&actor.account) == Management::None {
            return Err(FilingError::NotFound);
        }
        actor.require_scope(Scope::Manage)
    }

    /// One account, as those who manage accounts see it.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] also without a role that manages this account; [`FilingError::Scope`].
    pub fn managed_account(&self, actor: &Actor, id: AccountId) -> Result<ManagedAccount, FilingError> {
        self.require_manager(actor)?;
        self.managed(actor, &self.registry(), id).ok_or(FilingError::NotFound)
    }

    fn managed(&self, actor: &Actor, registry: &Registry, id: AccountId) -> Option<ManagedAccount> {
        let sees_all = Management::of(&actor.account) == Management::All;
        let account =
            registry.accounts.get(&id).filter(|account| sees_all || actor.account.administers_account(account))?;
        let mut credentials = self.credentials.of(id);
        if !sees_all && account.roles.is_empty() {
            // 个人信息保护法 art. 6: what somebody who is not of the court stated at registration is not needed.
            credentials =
                credentials.map(|one| std::sync::Arc::new(Credentials { stated: Vec::new(), ..(*one).clone() }));
        }
        let locked = |one: &Credentials| self.lockout.is_locked(login_key(&one.login), self.now());
        let is_locked = credentials.as_deref().is_some_and(locked);
        Some(ManagedAccount { id, account: account.clone(), credentials, is_locked })
    }

    /// The accounts whose login name or id matches `query`, as those who manage them see them: by login name, then those without. A court
    /// administrator without a further role sees staff of its court, and an account without a role by its exact login name or id.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] without a role that manages accounts; [`FilingError::Scope`].
    pub fn managed_accounts(&self, actor: &Actor, query: &str) -> Result<Vec<ManagedAccount>, FilingError> {
        self.require_manager(actor)?;
        let registry = self.registry();
        let (sees_all, folded) = (Management::of(&actor.account) == Management::All, query.trim().to_lowercase());
        let exact = login_name(query).ok();
        let is_sought = |one: &ManagedAccount| {
            let (login, id) = (one.credentials.as_ref().map(|one| one.login.as_str()), one.id.to_string());
            if sees_all || !one.account.roles.is_empty() {
                return login.is_some_and(|login| login.contains(&folded)) || id.starts_with(&folded);
            }
            (exact.is_some() && login == exact.as_deref()) || id == folded
        };
        let with_login: Vec<AccountId> = self.credentials.list().into_iter().map(|(id, _)| id).collect();
        let others = registry.accounts.keys().copied().filter(|id| self.credentials.of(*id).is_none());
        Ok(with_login
            .iter()
            .copied()
            .chain(others)
            .filter_map(|id| self.managed(actor, &registry, id))
            .filter(is_sought)
            .collect())
    }

    /// Removes password, sessions and statements of an account whose private content is erased.
    ///
    /// # Errors
    ///
    /// [`FilingError::Accounts`].
    pub(in crate::filing) async fn forget_login(&self, account: AccountId) -> Result<(), FilingError> {
        self.sessions.end(account, self.now(), |_| true).await?;
        self.credentials.remove(account).await
    }
}
