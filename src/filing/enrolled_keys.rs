//! The enrolled keys of all accounts: in memory, and as one durable document per account.
//!
//! Not here: who may enrol a key, and when an enrolment is in effect (`enrolment`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Mutex;

use crate::court::ids::{AccountId, TokenId};
use crate::court::line_value::LineValue as _;
use crate::filing::blocking::on_blocking_thread;
use crate::filing::filing_error::FilingError;
use crate::ledger::hash::Digest;
use crate::ledger::key::{PublicKey, VerifierKey};
use crate::ledger::time::Timestamp;
use crate::store::contract::accounts::{AccountDocument, AccountStore, AccountStoreError};

const HEAD: &str = "tiezheng enrolled keys v1";

/// A key that an account has enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledKey {
    /// The key.
    pub key: VerifierKey,
    /// When it was enrolled.
    pub since: Timestamp,
    /// The token with which it was enrolled. Its revocation ends the enrolment.
    pub by: TokenId,
}

/// The enrolled keys of all accounts.
pub(in crate::filing) struct EnrolledKeys {
    store: Arc<dyn AccountStore>,
    keys: RwLock<Keys>,
    /// Held while a document is being written.
    pub(in crate::filing) writing: Mutex<()>,
}

#[derive(Default)]
struct Keys {
    of_account: BTreeMap<AccountId, Vec<EnrolledKey>>,
    by_key: HashMap<[u8; 32], Vec<(AccountId, TokenId)>>,
}

impl Keys {
    /// Replaces the keys of an account.
    fn replace(&mut self, account: AccountId, keys: Vec<EnrolledKey>) {
        for key in self.of_account.remove(&account).unwrap_or_default() {
            let public = key.key.public().as_bytes();
            if let Some(accounts) = self.by_key.get_mut(public) {
                accounts.retain(|(of, _)| *of != account);
                if accounts.is_empty() {
                    self.by_key.remove(public);
                }
            }
        }
        for key in &keys {
            self.by_key.entry(*key.key.public().as_bytes()).or_default().push((account, key.by));
        }
        if !keys.is_empty() {
            self.of_account.insert(account, keys);
        }
    }
}

impl EnrolledKeys {
    /// Reads all documents.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a document of a later version counts as damaged.
    pub(in crate::filing) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
        let mut keys = Keys::default();
        for account in store.accounts_with_keys()? {
            let Some(text) = store.read(AccountDocument::EnrolledKeys(account))? else { continue };
            let read = parse(&text).ok_or_else(|| AccountStoreError::Damaged {
                document: format!("the list of enrolled keys of account {account}"),
                reason: format!("it is not `{HEAD}`"),
            })?;
            keys.replace(AccountId(account), read);
        }
        Ok(Self { store, keys: RwLock::new(keys), writing: Mutex::default() })
    }

    /// The accounts that enrolled a key, each with the token used.
    pub(in crate::filing) fn accounts_of(&self, key: &PublicKey) -> Vec<(AccountId, TokenId)> {
        self.keys().by_key.get(key.as_bytes()).cloned().unwrap_or_default()
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        // Keys are replaced account by account, so a panicked thread leaves a consistent map.
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// All keys of an account, whether or not they are in effect.
    pub(in crate::filing) fn of_account(&self, account: AccountId) -> Vec<EnrolledKey> {
        self.keys().of_account.get(&account).cloned().unwrap_or_default()
    }

    /// Replaces the keys of an account durably. The caller holds `writing`.
    pub(in crate::filing) async fn write(&self, account: AccountId, keys: Vec<EnrolledKey>) -> Result<(), FilingError> {
        let (store, document) = (Arc::clone(&self.store), AccountDocument::EnrolledKeys(account.0));
        let text = print(&keys);
        let is_empty = keys.is_empty();
        let write = move || if is_empty { store.remove(document) } else { store.replace(document, &text) };
        on_blocking_thread(write).await??;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).replace(account, keys);
        Ok(())
    }
}

fn print(keys: &[EnrolledKey]) -> String {
    let lines = keys.iter().map(|EnrolledKey { key, since, by }| format!("key {key} {since} {by}\n"));
    [format!("{HEAD}\n")].into_iter().chain(lines).collect()
}

fn parse(text: &str) -> Option<Vec<EnrolledKey>> {
    text.strip_prefix(HEAD)?.strip_prefix('\n')?.lines().map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<EnrolledKey> {
    let mut fields = line.strip_prefix("key ")?.split(' ');
    let (key, since, by) = (fields.next()?, fields.next()?, fields.next()?);
    let key = VerifierKey::parse(key).ok()?;
    let by = TokenId(Digest::parse(by)?);
    fields.next().is_none().then_some(EnrolledKey { key, since: Timestamp::parse(since)?, by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::Signer;

    #[test]
    fn a_list_reads_back_and_no_other_text_does() {
        let key = |seed| Signer::of_depositor(&[seed; 32]).unwrap().verifier().clone();
        let since = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        let keys: Vec<EnrolledKey> =
            (1..4).map(|seed| EnrolledKey { key: key(seed), since, by: TokenId(Digest([seed; 32])) }).collect();
        let text = print(&keys);
        assert_eq!(parse(&text), Some(keys));
        assert_eq!(parse(&print(&[])), Some(vec![]));
        for bad in [
            "",
            "tiezheng enrolled keys v2\n",
            &text.replace("key ", "key  "),
            &text.replace('Z', ""),
            &format!("{text}x\n"),
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
