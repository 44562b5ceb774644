//! Roles of accounts: granted, offered and accepted, taken back.
//!
//! # Invariants
//!
//! A court administrator alone gives nobody access to cases. Somebody else has recorded an identity check of the account, somebody
//! else has opened it, and its holder accepts the first role at a court: so an administrator neither makes an account for itself
//! under another name, nor turns the account of a party into one whose login it manages.

use crate::court::acts::{Act, Grant};
use crate::court::document::Document;
use crate::court::ids::AccountId;
use crate::court::registry::{Account, Registry, RegistryError, RoleOffer};
use crate::court::values::Capacity;
use crate::court::words::Role;
use crate::ledger::time::Timestamp;

impl Registry {
    /// Applies a grant, its acceptance, or its end.
    pub(in crate::court::registry) fn apply_role_act(
        &mut self,
        document: &Document,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        match &document.act {
            Act::Grant(act) => {
                if act.role.is_of_a_court() != act.court.is_some() {
                    return Err(RegistryError::CourtMismatch);
                }
                let by_administrator = document.capacity == Capacity::Holding(Role::CourtAdministrator);
                if by_administrator {
                    self.check_second_person(document.by, act)?;
                }
                let account = self.account(act.account)?;
                let is_staff = act.court.as_ref().is_some_and(|court| account.has_role_at(court));
                let granted = (act.role, act.court.clone());
                if by_administrator && !is_staff {
                    account.offered_roles.insert(granted, RoleOffer { by: document.by, at });
                } else {
                    account.offered_roles.remove(&granted);
                    account.roles.insert(granted);
                }
            }
            Act::AcceptRole(act) => {
                let offered = (act.role, act.court.clone());
                let by = self.account(act.account)?.offered_roles.get(&offered).map(|offer| offer.by);
                let by = by.and_then(|by| self.accounts.get(&by));
                // Who granted it must still be able to.
                if !by.is_some_and(|by| by.grants_role(act.role, act.court.as_ref())) {
                    return Err(RegistryError::NoSuchGrant);
                }
                let account = self.account(act.account)?;
                account.offered_roles.remove(&offered);
                account.roles.insert(offered);
            }
            Act::EndGrant(act) => {
                let account = self.account(act.account)?;
                let ended = (act.role, act.court.clone());
                let was_offered = account.offered_roles.remove(&ended).is_some();
                if !account.roles.remove(&ended) && !was_offered {
                    return Err(RegistryError::NoSuchGrant);
                }
            }
            _ => return Err(RegistryError::NotOfTheRegistry),
        }
        Ok(())
    }

    /// Checks that the court administrator `by` has not opened the account, and that another person of its court, or an operator, has
    /// checked the identity of its holder. A provider's check does not count: the administrator may be the holder.
    fn check_second_person(&self, by: AccountId, grant: &Grant) -> Result<(), RegistryError> {
        let account = self.accounts.get(&grant.account).ok_or(RegistryError::NoSuchAccount)?;
        let is_of_the_court = |checker: &Account| {
            checker.holds(Role::Operator, None) || grant.court.as_ref().is_some_and(|court| checker.has_role_at(court))
        };
        let checkers = account.identified_by.iter().filter(|other| **other != by);
        let is_identified = checkers.filter_map(|other| self.accounts.get(other)).any(is_of_the_court);
        if account.opened_by != by && is_identified { Ok(()) } else { Err(RegistryError::SecondPersonNeeded) }
    }
}
