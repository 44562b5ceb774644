//! Lockout after wrong passwords, by login name, whether or not an account has it.
//!
//! # Invariants
//!
//! After [`ATTEMPTS`] failures, each within [`WINDOW`] of the one before, every login under the name fails for [`WINDOW`], with the
//! right password too. So guessing costs a quarter of an hour for every few passwords. The work is the same for names that nobody
//! has. Locks are in memory: a restart ends them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ledger::hash::Digest;
use crate::ledger::time::Timestamp;

/// Failures that lock.
pub const ATTEMPTS: u32 = 6;
/// Milliseconds after which a failure no longer counts, and for which a name is locked.
pub const WINDOW: u64 = 15 * 60 * 1000;
/// Names above which those without recent failures are dropped.
const NAMES: usize = 100_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn is_recent(self, now: Timestamp) -> bool {
        now.as_millis().saturating_sub(self.last.as_millis()) < WINDOW
    }
}

/// Recent failures, by the hash of the login name.
#[derive(Debug, Default)]
pub struct Lockout(Mutex<HashMap<Digest, Failures>>);

impl Lockout {
    fn names(&self) -> MutexGuard<'_, HashMap<Digest, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the name is locked.
    #[must_use]
    pub fn is_locked(&self, name: Digest, now: Timestamp) -> bool {
        self.names().get(&name).is_some_and(|failures| failures.count >= ATTEMPTS && failures.is_recent(now))
    }

    /// Counts a failure. While the name is locked, more of them do not prolong the lock.
    pub fn failed(&self, name: Digest, now: Timestamp) {
        let mut names = self.names();
        if names.len() >= NAMES {
            names.retain(|_, failures| failures.is_recent(now));
        }
        let failures = names.entry(name).or_insert(Failures { count: 0, last: now });
        if !failures.is_recent(now) {
            *failures = Failures { count: 0, last: now };
        }
        if failures.count < ATTEMPTS {
            *failures = Failures { count: failures.count + 1, last: now };
        }
    }

    /// Forgets all failures of a name: after a login, or because it is unlocked.
    pub fn clear(&self, name: Digest) {
        self.names().remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_locked_for_a_while_and_attempts_do_not_prolong_it() {
        let (lockout, name, other) = (Lockout::default(), Digest([1; 32]), Digest([2; 32]));
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        for n in 0..u64::from(ATTEMPTS) {
            assert!(!lockout.is_locked(name, at(n)));
            lockout.failed(name, at(n));
        }
        assert!(lockout.is_locked(name, at(10)) && !lockout.is_locked(other, at(10)));
        lockout.failed(name, at(WINDOW - 1));
        assert!(!lockout.is_locked(name, at(WINDOW + 10)));
        lockout.failed(name, at(WINDOW + 10));
        assert!(!lockout.is_locked(name, at(WINDOW + 10)), "counted anew");
        for n in 0..10 {
            lockout.failed(name, at(WINDOW + 20 + n));
        }
        assert!(lockout.is_locked(name, at(WINDOW + 40)));
        lockout.clear(name);
        assert!(!lockout.is_locked(name, at(WINDOW + 40)));
    }

    #[test]
    fn a_failure_counts_until_none_follows_it_for_a_quarter_of_an_hour() {
        let (lockout, name) = (Lockout::default(), Digest([1; 32]));
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        for n in 0..u64::from(ATTEMPTS) {
            assert!(!lockout.is_locked(name, at(n * (WINDOW - 1))));
            lockout.failed(name, at(n * (WINDOW - 1)));
        }
        let last = u64::from(ATTEMPTS - 1) * (WINDOW - 1);
        assert!(lockout.is_locked(name, at(last + WINDOW - 1)) && !lockout.is_locked(name, at(last + WINDOW)));
    }

    #[test]
    fn of_many_names_those_without_a_recent_failure_are_dropped() {
        let lockout = Lockout::default();
        let at = |millis| Timestamp::from_millis(1_790_000_000_000 + millis).unwrap();
        let name = |n: usize| {
            let mut name = [0; 32];
            name[..8].copy_from_slice(&n.to_be_bytes());
            Digest(name)
        };
        for n in 0..NAMES {
            lockout.failed(name(n), at(u64::from(n >= NAMES / 4)));
        }
        lockout.failed(name(NAMES), at(WINDOW));
        assert_eq!(lockout.names().len(), NAMES - NAMES / 4 + 1, "the first quarter ended a millisecond ago");
    }
}
