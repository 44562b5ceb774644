//! Logins at an identity provider that need a one-time code of this platform before a session begins. In memory: a restart ends them.
//!
//! # Invariants
//!
//! One login of an account waits for its code: the next one replaces it. It opens nothing without the code, and ends after
//! [`LIFETIME`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::court::ids::AccountId;
use crate::filing::sessions::{ProviderOrigin, SessionId};
use crate::ledger::hash::Digest;
use crate::ledger::time::Timestamp;

/// Milliseconds for which a login waits for its code.
pub const LIFETIME: u64 = 10 * 60 * 1000;

/// A login that waits for its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filing) struct UnfinishedLogin {
    /// The account that it opens.
    pub(in crate::filing) account: AccountId,
    /// The link by which it opens it.
    pub(in crate::filing) origin: ProviderOrigin,
    since: Timestamp,
    /// The hash of the id that its browser has.
    hash: Digest,
}

/// All logins that wait for their codes.
#[derive(Debug, Default)]
pub(in crate::filing) struct UnfinishedLogins(Mutex<HashMap<AccountId, UnfinishedLogin>>);

impl UnfinishedLogins {
    fn all(&self) -> MutexGuard<'_, HashMap<AccountId, UnfinishedLogin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a login, whose browser is given `id`.
    pub(in crate::filing) fn begin(&self, id: &SessionId, account: AccountId, origin: ProviderOrigin, now: Timestamp) {
        self.all().insert(account, UnfinishedLogin { account, origin, since: now, hash: id.hash() });
    }

    /// The login whose browser has this id.
    pub(in crate::filing) fn find(&self, id: &SessionId, now: Timestamp) -> Option<UnfinishedLogin> {
        let hash = id.hash();
        let is_open = |one: &&UnfinishedLogin| {
            now.as_millis().saturating_sub(one.since.as_millis()) < LIFETIME && one.hash == hash
        };
        self.all().values().find(is_open).cloned()
    }

    /// Ends a login.
    pub(in crate::filing) fn end(&self, login: &UnfinishedLogin) {
        let mut all = self.all();
        if all.get(&login.account) == Some(login) {
            all.remove(&login.account);
        }
    }
}
