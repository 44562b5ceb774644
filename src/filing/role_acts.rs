//! Roles of accounts: granting one, and accepting one that was granted.
//!
//! # Invariants
//!
//! An account gets no role while another person can act as it. The person who opens an account at the counter issues the token with which
//! the first password is set, and may have kept a copy; the person who issues a reset code may know the password. A change of the password
//! by the holder does not end this: the person who set the first one could have changed it as well. Operators are exempt, since they issue
//! tokens for every account.

use crate::court::acts::{AcceptRole, Act, Grant};
use crate::court::ids::AccountId;
use crate::court::registry::Account;
use crate::court::words::Role;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::credentials::PasswordIssuer;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};

impl FilingService {
    /// Accepts a role that a court administrator has granted to the actor's account. With a password, the holder does it in a session. A
    /// password that was set with a reset code after the grant accepts nothing: the person who issued the code could accept for the holder.
    ///
    /// # Errors
    ///
    /// [`FilingError::SignInNeeded`]; [`FilingError::OwnPasswordNeeded`]; [`FilingError::ForeignToken`]; those of
    /// [`Self::change_registry`].
    pub async fn accept_role(
        &self,
        actor: &Actor,
        context: &RequestContext,
        act: AcceptRole,
    ) -> Result<RecordedAct, FilingError> {
        if self.credentials.of(actor.id).is_some() && actor.session.is_none() {
            return Err(FilingError::SignInNeeded);
        }
        let offer = actor.account.offered_roles.get(&(act.role, act.court.clone())).copied();
        self.require_own_login((actor.id, &actor.account), |issuer| {
            let is_later = offer.is_some_and(|offer| issuer.at >= offer.at);
            is_later
                || issuer.account == actor.account.opened_by
                || offer.is_some_and(|offer| offer.by == issuer.account)
        })?;
        let accept = Act::AcceptRole(act);
        self.change_registry(actor, context, |_| Ok(accept.clone())).await
    }

    /// Grants a role. Accounts that already have a role are checked too: for some roles the first token has enough scopes to set a password
    /// after the grant.
    ///
    /// # Errors
    ///
    /// [`FilingError::OwnPasswordNeeded`]; [`FilingError::ForeignToken`]; those of [`Self::change_registry`].
    pub async fn grant_role(
        &self,
        actor: &Actor,
        context: &RequestContext,
        grant: Grant,
    ) -> Result<RecordedAct, FilingError> {
        let registry = self.registry();
        // The registry rejects a court administrator who opened the account, with an error of its own. An operator is exempt.
        let target = registry.accounts.get(&grant.account).filter(|target| target.opened_by != actor.id);
        if let Some(target) = target {
            let knows = |issuer: PasswordIssuer| [target.opened_by, actor.id].contains(&issuer.account);
            self.require_own_login((grant.account, target), knows)?;
        }
        let grant = Act::Grant(grant);
        self.change_registry(actor, context, |_| Ok(grant.clone())).await
    }

    /// Checks that no other person can act as the account: `knows` tells whether the person whose token or code set the password counts. An
    /// account without a password counts as known to the person who opened it and issued its first token.
    fn require_own_login(
        &self,
        (id, account): (AccountId, &Account),
        knows: impl Fn(PasswordIssuer) -> bool,
    ) -> Result<(), FilingError> {
        let registry = self.registry();
        let is_operator = |id: AccountId| registry.accounts.get(&id).is_none_or(|by| by.holds(Role::Operator, None));
        let unset = PasswordIssuer { account: account.opened_by, at: account.opened.at };
        let issuer = self.credentials.of(id).map_or(Some(unset), |one| one.set_by);
        if issuer.is_some_and(|issuer| knows(issuer) && !is_operator(issuer.account)) {
            return Err(FilingError::OwnPasswordNeeded);
        }
        // Revoking a root ends all tokens that were issued with it.
        let mut foreign = registry.tokens.roots(id).filter(|(_, by)| *by != id && *by != self.platform_account());
        if foreign.any(|(token, by)| self.accepts(&registry, token) && !is_operator(by)) {
            return Err(FilingError::ForeignToken);
        }
        Ok(())
    }
}
