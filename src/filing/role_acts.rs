//! Roles of accounts: granting one, and accepting one that was granted.
//!
//! # Invariants
//!
//! Nobody gets a role by a password that somebody else knows. Whoever opens an account at the counter hands out the token with which its
//! first password is set, and may have kept it; whoever issues a reset code, likewise.

use crate::court::acts::{AcceptRole, Act, Grant};
use crate::court::ids::AccountId;
use crate::court::words::Role;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};

impl FilingService {
    /// Accepts a role that a court administrator has granted to the actor's account. With a password, the holder does it in a session, and the
    /// password must not come from somebody who could then act as the holder.
    ///
    /// # Errors
    ///
    /// [`FilingError::SignInNeeded`]; [`FilingError::OwnPasswordNeeded`]; those of [`Self::change_registry`].
    pub async fn accept_role(
        &self,
        actor: &Actor,
        context: &RequestContext,
        act: AcceptRole,
    ) -> Result<RecordedAct, FilingError> {
        if self.credentials.of(actor.id).is_some() && actor.session.is_none() {
            return Err(FilingError::SignInNeeded);
        }
        let offered = actor.account.offered_roles.get(&(act.role, act.court.clone())).copied();
        if self.may_know_password(actor.id, &[Some(actor.account.opened_by), offered]) {
            return Err(FilingError::OwnPasswordNeeded);
        }
        let accept = Act::AcceptRole(act);
        self.change_registry(actor, context, |_| Ok(accept.clone())).await
    }

    /// Grants a role. Nobody else may know the password of an account that gets its first role.
    ///
    /// # Errors
    ///
    /// [`FilingError::OwnPasswordNeeded`]; those of [`Self::change_registry`].
    pub async fn grant_role(
        &self,
        actor: &Actor,
        context: &RequestContext,
        grant: Grant,
    ) -> Result<RecordedAct, FilingError> {
        let registry = self.registry();
        let target = registry.accounts.get(&grant.account).filter(|target| target.roles.is_empty());
        let opener = target.map(|target| target.opened_by).filter(|opener| *opener != actor.id);
        if self.may_know_password(grant.account, &[opener]) {
            return Err(FilingError::OwnPasswordNeeded);
        }
        let grant = Act::Grant(grant);
        self.change_registry(actor, context, |_| Ok(grant.clone())).await
    }

    /// Whether one of these persons handed out what the account's password was set with. An operator needs no password to act as anybody.
    fn may_know_password(&self, account: AccountId, persons: &[Option<AccountId>]) -> bool {
        let set_by = self.credentials.of(account).and_then(|one| one.set_by).filter(|by| persons.contains(&Some(*by)));
        let registry = self.registry();
        let by = set_by.and_then(|by| registry.accounts.get(&by));
        by.is_some_and(|by| !by.holds(Role::Operator, None))
    }
}
