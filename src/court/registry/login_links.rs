//! Logins at the identity provider of a court that open accounts of its staff.
//!
//! # Invariants
//!
//! An account has at most one login at the provider of a court, and a role at that court when it is linked. The holder of the account
//! makes the link, or the operator; a court administrator can end it. A link is never replaced: it is ended first. It opens the account
//! only while the account holds a role there; the filing service sees to that.

use crate::court::acts::Act;
use crate::court::case::state::{ActPosition, Text};
use crate::court::case_number::CourtCode;
use crate::court::registry::entries::LoginLink;
use crate::court::registry::{Account, Registry, RegistryError};

impl Account {
    /// Whether it holds a role at the court, that of a court administrator too.
    #[must_use]
    pub fn has_role_at(&self, court: &CourtCode) -> bool {
        self.roles.iter().any(|(_, of)| of.as_ref() == Some(court))
    }
}

impl Registry {
    /// Applies the link of a login, or its end.
    pub(in crate::court::registry) fn apply_login_link(
        &mut self,
        act: &Act,
        position: ActPosition,
    ) -> Result<(), RegistryError> {
        match act {
            Act::LinkLogin(act) => {
                let account = self.account(act.account)?;
                if !account.has_role_at(&act.court) {
                    return Err(RegistryError::NoRoleAtCourt);
                }
                let subject = Text { annex: act.subject, index: position.index };
                if account.login_links.contains_key(&act.court) {
                    return Err(RegistryError::LoginLinkExists);
                }
                account.login_links.insert(act.court.clone(), LoginLink { subject, since: position });
                account.login_links_changed = Some(position);
            }
            Act::EndLoginLink(act) => {
                let account = self.account(act.account)?;
                let ended = account.login_links.remove(&act.court).ok_or(RegistryError::NoSuchLoginLink)?;
                account.former_subjects.push(ended.subject);
                account.login_links_changed = Some(position);
            }
            _ => return Err(RegistryError::NotOfTheRegistry),
        }
        Ok(())
    }
}
