//! Results of identity checks that the holders of their accounts have not confirmed. In memory: after a restart the provider sends
//! its result again, or the holder begins a new check.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::court::acts::CheckIdentity;
use crate::court::ids::{RequestId, TokenId};
use crate::ledger::hash::Digest;

/// A result that its holder has not confirmed.
#[derive(Debug, Clone)]
pub(in crate::filing) struct UnconfirmedResult {
    /// The act that records it, without its reference.
    pub(in crate::filing) check: CheckIdentity,
    /// Under what the provider finds it.
    pub(in crate::filing) reference: Option<String>,
    /// The request id of the act: the check.
    pub(in crate::filing) request: RequestId,
    /// Digest of what the result says.
    pub(in crate::filing) body: Digest,
    /// What the browser of the person brings that the provider has checked.
    pub(in crate::filing) code: String,
}

/// All results that are not confirmed, by their checks. An account has one open check, so they are no more than accounts.
#[derive(Debug, Default)]
pub(in crate::filing) struct UnconfirmedResults(Mutex<HashMap<TokenId, UnconfirmedResult>>);

impl UnconfirmedResults {
    fn all(&self) -> MutexGuard<'_, HashMap<TokenId, UnconfirmedResult>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The result of a check.
    pub(in crate::filing) fn get(&self, verification: TokenId) -> Option<UnconfirmedResult> {
        self.all().get(&verification).cloned()
    }

    /// Adds a result, and drops those for which `is_open` is false.
    pub(in crate::filing) fn insert(
        &self,
        verification: TokenId,
        result: UnconfirmedResult,
        is_open: impl Fn(&TokenId) -> bool,
    ) {
        let mut all = self.all();
        all.retain(|verification, _| is_open(verification));
        all.insert(verification, result);
    }

    /// Removes the result of a check.
    pub(in crate::filing) fn remove(&self, verification: TokenId) {
        self.all().remove(&verification);
    }
}
