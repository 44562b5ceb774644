//! Roles of accounts: granting one, and accepting one that was granted.
//!
//! # Invariants
//!
//! An account gets no role while another person may know its password. The person who opens an account at the counter issues the token
//! with which the first password is set, and may have kept a copy. The same is true of the person who issues a reset code.

use crate::court::acts::{AcceptRole, Act, Grant};
use crate::court::ids::AccountId;
use crate::court::registry::Account;
use crate::court::words::Role;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};

impl FilingService {
    /// Accepts a role that a court administrator has granted to the actor's account. With a password, the holder does it in a session.
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
        let granted_by = actor.account.offered_roles.get(&(act.role, act.court.clone())).copied();
        if self.may_act_as(&[Some(actor.account.opened_by), granted_by], actor.id, &actor.account) {
            return Err(FilingError::OwnPasswordNeeded);
        }
        let accept = Act::AcceptRole(act);
        self.change_registry(actor, context, |_| Ok(accept.clone())).await
    }

    /// Grants a role. The check applies to accounts that already have a role, too: some roles need no further scopes, so the first token
    /// was enough to set a password after such a role was granted.
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
        // Nobody grants a role to an account that the same person opened: the registry rejects it.
        let target = registry.accounts.get(&grant.account).filter(|target| target.opened_by != actor.id);
        if target
            .is_some_and(|target| self.may_act_as(&[Some(target.opened_by), Some(actor.id)], grant.account, target))
        {
            return Err(FilingError::OwnPasswordNeeded);
        }
        let grant = Act::Grant(grant);
        self.change_registry(actor, context, |_| Ok(grant.clone())).await
    }

    /// Whether one of these persons issued what signs in to the account: the reset code with which its password was set, or the first token,
    /// which the person who opened the account issues and which sets the password. Operators are exempt, since they issue tokens for every
    /// account.
    fn may_act_as(&self, persons: &[Option<AccountId>], id: AccountId, account: &Account) -> bool {
        let set_by = self.credentials.of(id).map_or(Some(account.opened_by), |one| one.set_by);
        let issuer = set_by.filter(|by| persons.contains(&Some(*by)));
        let registry = self.registry();
        issuer.and_then(|by| registry.accounts.get(&by)).is_some_and(|by| !by.holds(Role::Operator, None))
    }
}
