//! The enrolled keys of all accounts: in memory, and as one durable document per account.
//!
//! Not here: who may enrol a key, and when an enrolment is in effect (`enrolment`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Mutex;

use crate::court::ids::{AccountId, TokenId};
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::ledger::hash::Digest;
use crate::ledger::key::{PublicKey, VerifierKey};
use crate::ledger::time::Timestamp;
use crate::query::blocking::on_blocking_thread;
use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

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
        for account in store.accounts_with(DocumentKind::EnrolledKeys)? {
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
    use crate::store::account_memory::MemoryAccounts;

    fn enrolled(seed: u8) -> EnrolledKey {
        let key = Signer::of_depositor(&[seed; 32]).unwrap().verifier().clone();
        let since = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        EnrolledKey { key, since, by: TokenId(Digest([seed; 32])) }
    }

    fn account(n: u8) -> AccountId {
        AccountId(Digest([n; 32]))
    }

    #[test]
    fn a_list_reads_back_and_no_other_text_does() {
        let keys: Vec<EnrolledKey> = (1..4).map(enrolled).collect();
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

    #[tokio::test]
    async fn a_key_belongs_to_the_accounts_that_have_enrolled_it_now() {
        let store = Arc::new(MemoryAccounts::default());
        let keys = EnrolledKeys::open(Arc::clone(&store) as Arc<dyn AccountStore>).unwrap();
        let [one, two] = [1, 2].map(enrolled);
        let of = |keys: &EnrolledKeys, key: &EnrolledKey| -> Vec<AccountId> {
            keys.accounts_of(key.key.public()).into_iter().map(|(account, _)| account).collect()
        };
        keys.write(account(1), vec![one.clone(), two.clone()]).await.unwrap();
        keys.write(account(2), vec![one.clone()]).await.unwrap();
        assert_eq!((of(&keys, &one), of(&keys, &two)), (vec![account(1), account(2)], vec![account(1)]));
        // What takes the place of a list ends what was in it, of this account only.
        keys.write(account(1), vec![two.clone()]).await.unwrap();
        assert_eq!((of(&keys, &one), of(&keys, &two)), (vec![account(2)], vec![account(1)]));
        let again = EnrolledKeys::open(Arc::clone(&store) as Arc<dyn AccountStore>).unwrap();
        assert_eq!((of(&again, &one), of(&again, &two)), (vec![account(2)], vec![account(1)]));
        assert_eq!(again.of_account(account(1)), std::slice::from_ref(&two));
        // An empty list has no document.
        keys.write(account(1), Vec::new()).await.unwrap();
        assert_eq!((of(&keys, &two), keys.of_account(account(1))), (vec![], vec![]));
        assert_eq!(store.accounts_with(DocumentKind::EnrolledKeys), Ok(vec![account(2).0]));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_damage_and_names_its_account() {
        let store = Arc::new(MemoryAccounts::default());
        let document = AccountDocument::EnrolledKeys(account(3).0);
        store.replace(document, &print(&[enrolled(1)]).replace("v1", "v2")).unwrap();
        let Err(AccountStoreError::Damaged { document, .. }) = EnrolledKeys::open(store) else { panic!("it was read") };
        assert!(document.contains(&account(3).to_string()), "{document}");
    }
}
