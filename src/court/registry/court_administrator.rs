//! What a court administrator (法院管理员) may do: grant and revoke the roles of its court, and the acts of the court's service counter.
//!
//! # Invariants
//!
//! The role gives no access to cases, and alone no way to get it: who holds it cannot grant itself a role, needs a second person for
//! a role of somebody else ([`role_grants`](crate::court::registry)), links no login of anybody, and does not appoint other court
//! administrators.

use std::collections::BTreeSet;

use crate::court::acts::Act;
use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::court::registry::{Account, Registry};
use crate::court::words::{IdentityMethod, Role, Scope};

impl Account {
    /// Whether it is a court administrator of this court.
    #[must_use]
    pub fn administers(&self, court: &CourtCode) -> bool {
        self.holds(Role::CourtAdministrator, Some(court))
    }

    /// Whether this court administrator grants and revokes a role at a court.
    #[must_use]
    pub fn grants_role(&self, role: Role, court: Option<&CourtCode>) -> bool {
        role.acts_in_cases() && court.is_some_and(|court| self.administers(court))
    }

    /// Whether this court administrator sees the account: staff of its court, and accounts without any role, which come to the counter
    /// or are to be staff.
    #[must_use]
    pub fn administers_account(&self, account: &Self) -> bool {
        let of_court =
            |(_, court): &(Role, Option<CourtCode>)| court.as_ref().is_some_and(|court| self.administers(court));
        account.roles.is_empty() || account.roles.iter().any(of_court)
    }

    /// Whether this court administrator manages the login of the account: all its roles are roles of the court that give access to
    /// cases. With the login of another account, its holder would have rights outside of the court.
    #[must_use]
    pub fn administers_login(&self, account: &Self) -> bool {
        let own = |(role, court): &(Role, Option<CourtCode>)| self.grants_role(*role, court.as_ref());
        !account.roles.is_empty() && account.roles.iter().all(own)
    }
}

impl Registry {
    /// Whether a court administrator may do this now.
    pub(in crate::court::registry) fn court_administrator_may(
        &self,
        by: AccountId,
        actor: &Account,
        act: &Act,
    ) -> bool {
        if !actor.roles.iter().any(|(held, _)| *held == Role::CourtAdministrator) {
            return false;
        }
        let sees = |id| self.accounts.get(&id).is_none_or(|account| actor.administers_account(account));
        match act {
            Act::Grant(act) => act.account != by && actor.grants_role(act.role, act.court.as_ref()),
            Act::EndGrant(act) => actor.grants_role(act.role, act.court.as_ref()),
            Act::CheckIdentity(check) => sees(check.account) && self.counter_may(by, act),
            Act::OpenAccount(_) | Act::IssueToken(_) => self.counter_may(by, act),
            Act::EndLoginLink(act) => actor.administers(&act.court),
            _ => false,
        }
    }

    /// The acts of a court's service counter: opening an account, recording an identity check, issuing a token.
    pub(in crate::court::registry) fn counter_may(&self, by: AccountId, act: &Act) -> bool {
        // The first token of an account that the actor opened, and no other: with another token the actor could act as the
        // account's holder.
        let plain = |id: AccountId| {
            let account = self.accounts.get(&id).filter(|account| account.roles.is_empty());
            let has_a_token = self.tokens.has_any(id);
            account.is_some_and(|account| account.opened_by == by) && !has_a_token
        };
        match act {
            Act::OpenAccount(_) => true,
            // No account records a check of its own identity, and staff are checked at their own court.
            Act::CheckIdentity(check) => {
                let courts = |id: AccountId| -> BTreeSet<&CourtCode> {
                    let roles = self.accounts.get(&id).into_iter().flat_map(|account| &account.roles);
                    roles.filter_map(|(_, court)| court.as_ref()).collect()
                };
                let (own, theirs) = (courts(by), courts(check.account));
                let is_offline = check.identity.method == IdentityMethod::CourtOffline;
                is_offline && check.account != by && (theirs.is_empty() || !own.is_disjoint(&theirs))
            }
            // Not for an account with a role: with its token the actor could act as the operator. Nor with scopes for
            // roles: the account may get a role later, and the actor may have kept the token.
            Act::IssueToken(act) => {
                let of_anybody = |scope: &Scope| matches!(scope, Scope::Deposit | Scope::Read | Scope::Case);
                plain(act.account) && act.scope.iter().all(of_anybody)
            }
            _ => false,
        }
    }
}
