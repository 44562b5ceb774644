//! The people of a court, for lists to choose from: accounts with roles of the court, with their names; and accounts by login name.
//!
//! Those who act for a court are public officers; their names are part of what the record of a case shows.

use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::court::registry::RegistryError;
use crate::court::words::Role;
use crate::filing::credentials::login_name;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::text;

/// Somebody with a role of a court.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourtStaff {
    /// The account.
    pub account: AccountId,
    /// The role.
    pub role: Role,
    /// The name; `None` if there is none, or it is erased.
    pub name: Option<String>,
    /// The login name; `None` for an account that has none.
    pub login: Option<String>,
}

impl FilingService {
    /// The account with a login name.
    ///
    /// # Errors
    ///
    /// [`RegistryError::NoSuchAccount`], also for a text that is no login name.
    pub fn account_of_login(&self, typed: &str) -> Result<AccountId, FilingError> {
        let found = login_name(typed).ok().and_then(|login| self.credentials.find(&login));
        found.map(|(account, _)| account).ok_or(FilingError::Registry(RegistryError::NoSuchAccount))
    }

    /// The accounts with roles of a court that give access to cases, by role and name. Closed accounts have none.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn staff_of(&self, court: &CourtCode) -> Result<Vec<CourtStaff>, FilingError> {
        let registry = self.registry();
        let holders = registry.accounts.iter().filter(|(_, account)| account.closed.is_none());
        let roles = holders.flat_map(|(id, account)| account.roles.iter().map(move |held| (*id, account, held)));
        let of_court = roles.filter(|(_, _, (role, of))| role.acts_in_cases() && of.as_ref() == Some(court));
        let holders: Vec<_> = of_court.map(|(id, account, (role, _))| (id, *role, account.name)).collect();
        let named = self.read(move |store| {
            let mut named = Vec::with_capacity(holders.len());
            for (account, role, name) in holders {
                let name = name.map(|name| text(store, &name)).transpose()?.flatten();
                named.push((account, role, name));
            }
            Ok(named)
        });
        let login = |account| self.credentials.of(account).map(|credentials| credentials.login.clone());
        let staff = named.await?.into_iter();
        let mut staff: Vec<CourtStaff> =
            staff.map(|(account, role, name)| CourtStaff { account, role, name, login: login(account) }).collect();
        staff.sort_by(|one, other| (one.role, &one.name, one.account).cmp(&(other.role, &other.name, other.account)));
        Ok(staff)
    }

    /// The courts that have staff for cases on this platform.
    #[must_use]
    pub fn courts(&self) -> Vec<CourtCode> {
        let registry = self.registry();
        let roles = registry.accounts.values().filter(|account| account.closed.is_none());
        let courts: std::collections::BTreeSet<CourtCode> =
            roles.flat_map(|account| account.courts()).cloned().collect();
        courts.into_iter().collect()
    }
}
