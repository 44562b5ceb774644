//! How often somebody may try a wrong association code: sixty bits are not guessed, and nobody is let try.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::court::ids::AccountId;
use crate::ledger::time::Timestamp;

/// Wrong codes in an [`HOUR`].
const MOST: usize = 10;
/// In milliseconds.
const HOUR: u64 = 60 * 60 * 1000;
/// Accounts remembered.
const ACCOUNTS: usize = 10_000;

/// Wrong codes by account.
#[derive(Debug, Default)]
pub struct CodeAttempts(Mutex<HashMap<AccountId, Vec<Timestamp>>>);

impl CodeAttempts {
    /// Whether this account may try once more. Counted at once, so that many tries at the same time are many.
    #[must_use]
    pub fn may_try(&self, account: AccountId, now: Timestamp) -> bool {
        let mut code_attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if code_attempts.len() >= ACCOUNTS {
            code_attempts.retain(|_, times| times.last().is_some_and(|t| now.as_millis().saturating_sub(t.as_millis()) < HOUR));
        }
        let times = code_attempts.entry(account).or_default();
        times.retain(|time| now.as_millis().saturating_sub(time.as_millis()) < HOUR);
        let may = times.len() < MOST;
        if may {
            times.push(now);
        }
        may
    }

    /// The code was right after all: it does not count.
    pub fn succeeded(&self, account: AccountId) {
        if let Some(times) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&account) {
            times.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::Digest;

    #[test]
    fn after_ten_wrong_codes_an_hour_must_pass() {
        let (code_attempts, account) = (CodeAttempts::default(), AccountId(Digest([1; 32])));
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        for wrong in 0..10 {
            assert!(code_attempts.may_try(account, at(wrong)));
        }
        assert!(!code_attempts.may_try(account, at(10)));
        assert!(code_attempts.may_try(AccountId(Digest([2; 32])), at(10)));
        code_attempts.succeeded(account);
        assert!(code_attempts.may_try(account, at(10)) && !code_attempts.may_try(account, at(10)));
        assert!(code_attempts.may_try(account, at(HOUR + 5)));
    }
}
