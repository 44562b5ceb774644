//! Rate limit on wrong association codes, per account. Codes have 60 bits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::court::ids::AccountId;
use crate::ledger::time::Timestamp;

/// Wrong codes allowed per [`HOUR`].
const MOST: usize = 10;
/// An hour in milliseconds.
const HOUR: u64 = 60 * 60 * 1000;
/// Number of accounts above which expired entries are removed.
const ACCOUNTS: usize = 10_000;

/// The times of recent wrong codes, by account.
#[derive(Debug, Default)]
pub struct CodeAttempts(Mutex<HashMap<AccountId, Vec<Timestamp>>>);

impl CodeAttempts {
    /// Counts an attempt if the limit allows it; whether it does. Concurrent attempts count separately.
    #[must_use]
    pub fn try_begin(&self, account: AccountId, now: Timestamp) -> bool {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= ACCOUNTS {
            attempts
                .retain(|_, times| times.last().is_some_and(|t| now.as_millis().saturating_sub(t.as_millis()) < HOUR));
        }
        let times = attempts.entry(account).or_default();
        times.retain(|time| now.as_millis().saturating_sub(time.as_millis()) < HOUR);
        let may = times.len() < MOST;
        if may {
            times.push(now);
        }
        may
    }

    /// Removes the last attempt, because its code was right.
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
        let (attempts, account) = (CodeAttempts::default(), AccountId(Digest([1; 32])));
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        for wrong in 0..10 {
            assert!(attempts.try_begin(account, at(wrong)));
        }
        assert!(!attempts.try_begin(account, at(10)));
        assert!(attempts.try_begin(AccountId(Digest([2; 32])), at(10)));
        attempts.succeeded(account);
        assert!(attempts.try_begin(account, at(10)) && !attempts.try_begin(account, at(10)));
        assert!(attempts.try_begin(account, at(HOUR + 5)));
    }

    fn account(n: u16) -> AccountId {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&n.to_be_bytes());
        AccountId(Digest(id))
    }

    #[test]
    fn each_attempt_counts_for_an_hour_of_its_own() {
        let attempts = CodeAttempts::default();
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        // One every six minutes: the limit is reached with the tenth, and the first ends when the eleventh comes.
        for n in 0..20 {
            assert!(attempts.try_begin(account(1), at(n * HOUR / 10)), "{n}");
        }
        assert!(!attempts.try_begin(account(1), at(2 * HOUR - 1)));
        // A caller without an attempt has none to release.
        attempts.succeeded(account(2));
        assert!(!attempts.try_begin(account(1), at(2 * HOUR - 1)));
    }

    #[test]
    fn of_many_accounts_those_without_a_recent_attempt_are_forgotten() {
        let attempts = CodeAttempts::default();
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        let known = || attempts.0.lock().unwrap().len();
        for n in 0..10_000 {
            assert!(attempts.try_begin(account(n), at(u64::from(n))));
        }
        assert_eq!(known(), ACCOUNTS);
        // The first five thousand have none any more.
        assert!(attempts.try_begin(account(20_000), at(HOUR + 4_999)));
        assert_eq!(known(), 5_001);
    }
}
