//! Who may deposit: the operator's decision, recorded with the ledger and never inferred from a request.
//!
//! Not here: how requests are held to it (`http/admission`), which keys are enrolled (`enrolment`).

use std::fmt;
use std::str::FromStr;

use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError};

const HEAD: &str = "tiezheng deposit policy v1";

/// Who may deposit. Deposits by token are accepted under each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepositPolicy {
    /// Anybody, with a statement that its own keys signed.
    Open,
    /// Depositors that sign with a key that an account has enrolled.
    Enrolled,
    /// Accounts only, by token.
    Accounts,
}

/// A word that names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no deposit policy: open, enrolled or accounts")]
pub struct PolicyError(String);

impl DepositPolicy {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::Open, Self::Enrolled, Self::Accounts];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Enrolled => "enrolled",
            Self::Accounts => "accounts",
        }
    }

    /// The policy that was recorded; `None` where none was.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a record that is not understood is damaged, never taken for none.
    pub fn recorded(store: &dyn AccountStore) -> Result<Option<Self>, AccountStoreError> {
        let Some(text) = store.read(AccountDocument::DepositPolicy)? else { return Ok(None) };
        let policy = Self::ALL.into_iter().find(|policy| policy.record_text() == text);
        policy.map(Some).ok_or_else(|| AccountStoreError::Damaged {
            document: "the recorded deposit policy".into(),
            reason: format!("it is not `{HEAD}` with open, enrolled or accounts"),
        })
    }

    /// Records the policy, durably, in the place of another.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`].
    pub fn record(self, store: &dyn AccountStore) -> Result<(), AccountStoreError> {
        store.replace(AccountDocument::DepositPolicy, &self.record_text())
    }

    fn record_text(self) -> String {
        format!("{HEAD}\npolicy {self}\n")
    }
}

impl fmt::Display for DepositPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for DepositPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let policy = Self::ALL.into_iter().find(|policy| policy.word() == text);
        policy.ok_or_else(|| PolicyError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::account_memory::MemoryAccounts;

    #[test]
    fn what_is_recorded_is_read_and_nothing_else_is_taken_for_a_policy() {
        let store = MemoryAccounts::default();
        assert_eq!(DepositPolicy::recorded(&store), Ok(None));
        for policy in DepositPolicy::ALL {
            policy.record(&store).unwrap();
            assert_eq!(DepositPolicy::recorded(&store), Ok(Some(policy)));
            assert_eq!(policy.word().parse(), Ok(policy));
        }
        for text in
            ["", "open\n", "tiezheng deposit policy v2\npolicy open\n", "tiezheng deposit policy v1\npolicy any\n"]
        {
            store.replace(AccountDocument::DepositPolicy, text).unwrap();
            assert!(DepositPolicy::recorded(&store).is_err(), "{text:?}");
        }
        assert!("Open".parse::<DepositPolicy>().is_err() && "".parse::<DepositPolicy>().is_err());
    }
}
