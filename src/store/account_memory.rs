//! [`AccountStore`] in memory: for tests, and for nodes without persistent storage.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ledger::hash::Digest;
use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

/// Account documents in memory.
#[derive(Debug, Default)]
pub struct MemoryAccounts(Mutex<BTreeMap<AccountDocument, String>>);

impl MemoryAccounts {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<AccountDocument, String>> {
        // Ignores poisoning: each change is one call on the map, so a panic leaves no partial change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AccountStore for MemoryAccounts {
    fn read(&self, document: AccountDocument) -> Result<Option<String>, AccountStoreError> {
        Ok(self.documents().get(&document).cloned())
    }

    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError> {
        self.documents().insert(document, text.to_owned());
        Ok(())
    }

    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError> {
        self.documents().remove(&document);
        Ok(())
    }

    fn accounts_with(&self, kind: DocumentKind) -> Result<Vec<Digest>, AccountStoreError> {
        let account = |document: &AccountDocument| match document {
            AccountDocument::EnrolledKeys(account)
            | AccountDocument::Credentials(account)
            | AccountDocument::Sessions(account) => Some(*account).filter(|account| kind.of(*account) == *document),
            AccountDocument::DepositPolicy | AccountDocument::PendingRevocations => None,
        };
        Ok(self.documents().keys().filter_map(account).collect())
    }
}
