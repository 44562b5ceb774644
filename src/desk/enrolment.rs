//! Keys that accounts have enrolled: under the deposit policy `enrolled`, statements signed by one of them are accepted.
//!
//! An enrolment is a permission that an account gives a key, and it says nothing about whose key it is. It is kept off the
//! chain, shown to its own account only, and answered alike whether or not another account has enrolled the same key.
//! Therefore no proof of possession is asked for: who enrols a stranger's key lets the stranger deposit on their own limit,
//! and can neither sign for the stranger, nor take the key from another account, nor see who else enrolled it.
//!
//! # Invariants
//!
//! An enrolment is durable before it is answered. It ends when it is removed, and when the token with which it was made is
//! revoked: nothing that a stolen token did outlives its revocation. It does not end when that token expires.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Mutex;

use crate::court::ids::{AccountId, TokenId};
use crate::court::line::Line as _;
use crate::court::words::Scope;
use crate::desk::actor::Actor;
use crate::desk::declined::DeskError;
use crate::desk::office::Desk;
use crate::ledger::hash::Digest;
use crate::ledger::key::{PublicKey, VerifierKey};
use crate::ledger::time::Timestamp;
use crate::store::contract::accounts::{AccountDocument, AccountStore, AccountStoreError};

/// Most keys of one account: one for each of its cases.
pub const KEYS_MAX: usize = 1_000;
const HEAD: &str = "tiezheng enrolled keys v1";

/// A key that an account has enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledKey {
    /// The key.
    pub key: VerifierKey,
    /// When it was enrolled.
    pub since: Timestamp,
    /// With which token: when that is revoked, the enrolment ends.
    pub by: TokenId,
}

/// The enrolled keys of all accounts.
pub(in crate::desk) struct Enrolment {
    store: Arc<dyn AccountStore>,
    keys: RwLock<Keys>,
    /// Held while a document is being written.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Keys {
    of_account: BTreeMap<AccountId, Vec<EnrolledKey>>,
    by_key: HashMap<[u8; 32], Vec<(AccountId, TokenId)>>,
}

impl Keys {
    /// Puts these in the place of what the account had.
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

impl Enrolment {
    /// Reads all documents.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a document of a later version is damaged for this one.
    pub(in crate::desk) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
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

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        // Replaced by whole accounts: what a panicked thread left behind is rebuilt at the next start.
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_account(&self, account: AccountId) -> Vec<EnrolledKey> {
        self.keys().of_account.get(&account).cloned().unwrap_or_default()
    }

    async fn write(&self, account: AccountId, keys: Vec<EnrolledKey>) -> Result<(), DeskError> {
        let (store, document) = (Arc::clone(&self.store), AccountDocument::EnrolledKeys(account.0));
        let text = print(&keys);
        let is_empty = keys.is_empty();
        let write = move || if is_empty { store.remove(document) } else { store.replace(document, &text) };
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|error| DeskError::Thread(error.to_string()))??;
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

/// Reads a key that may be enrolled: Ed25519, not weak, under the name that follows from it.
///
/// # Errors
///
/// [`DeskError::BadValue`].
pub fn depositor_key(text: &str) -> Result<VerifierKey, DeskError> {
    let key = VerifierKey::parse(text).map_err(|error| DeskError::bad("key", error.to_string()))?;
    // A second spelling of the same key is no key that a statement can name.
    if key.is_of_depositor() && key.to_string() == text {
        return Ok(key);
    }
    Err(DeskError::bad("key", "not a depositor's key, whose name is `k-` and 16 hex digits of its hash"))
}

impl Desk {
    /// The keys that the actor's account has enrolled and that are in effect, the earliest first.
    ///
    /// # Errors
    ///
    /// [`DeskError::Scope`].
    pub fn enrolled_keys(&self, actor: &Actor) -> Result<Vec<EnrolledKey>, DeskError> {
        actor.needs(Scope::Deposit)?;
        Ok(self.keys_in_effect(actor.id))
    }

    fn keys_in_effect(&self, account: AccountId) -> Vec<EnrolledKey> {
        let registry = self.registry();
        let mut keys = self.enrolment.of_account(account);
        keys.retain(|key| !self.revocations.revoke(&registry.tokens, key.by));
        keys
    }

    /// Enrols a key for the actor's account; whether it was not enrolled before.
    ///
    /// # Errors
    ///
    /// [`DeskError::Scope`], [`DeskError::TooManyKeys`]; [`DeskError::Accounts`]: nothing was changed.
    pub async fn enrol_key(&self, actor: &Actor, key: VerifierKey) -> Result<(EnrolledKey, bool), DeskError> {
        actor.needs(Scope::Deposit)?;
        let _turn = self.enrolment.writing.lock().await;
        let mut keys = self.keys_in_effect(actor.id);
        if let Some(known) = keys.iter().find(|known| known.key == key) {
            return Ok((known.clone(), false));
        }
        if keys.len() >= KEYS_MAX {
            return Err(DeskError::TooManyKeys);
        }
        let enrolled = EnrolledKey { key, since: self.now(), by: actor.token };
        keys.push(enrolled.clone());
        self.enrolment.write(actor.id, keys).await?;
        Ok((enrolled, true))
    }

    /// Ends the enrolment of a key of the actor's account, by the key's name.
    ///
    /// # Errors
    ///
    /// [`DeskError::Scope`]; [`DeskError::NotFound`] where the account has not enrolled it; [`DeskError::Accounts`]:
    /// nothing was changed.
    pub async fn remove_key(&self, actor: &Actor, name: &str) -> Result<(), DeskError> {
        actor.needs(Scope::Deposit)?;
        let _turn = self.enrolment.writing.lock().await;
        let mut keys = self.keys_in_effect(actor.id);
        let before = keys.len();
        keys.retain(|key| key.key.name().as_str() != name);
        if keys.len() == before {
            return Err(DeskError::NotFound);
        }
        self.enrolment.write(actor.id, keys).await
    }

    /// The accounts for which this key may deposit.
    #[must_use]
    pub fn accounts_of_key(&self, key: &PublicKey) -> Vec<AccountId> {
        let known = self.enrolment.keys().by_key.get(key.as_bytes()).cloned().unwrap_or_default();
        if known.is_empty() {
            return Vec::new();
        }
        let registry = self.registry();
        let in_effect = |(_, by): &(AccountId, TokenId)| !self.revocations.revoke(&registry.tokens, *by);
        known.into_iter().filter(in_effect).map(|(account, _)| account).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::{Name, Signer};

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

    #[test]
    fn only_keys_that_a_statement_can_name_are_enrolled() {
        let key = Signer::of_depositor(&[1; 32]).unwrap().verifier().clone();
        assert_eq!(depositor_key(&key.to_string()).unwrap(), key);
        let named = VerifierKey::new(Name::parse("ledger.example").unwrap(), key.public().clone());
        let weak = format!("k-0123456789abcdef+00000000+{}", "A".repeat(44));
        for bad in ["", "k-1", &named.to_string(), &weak, &format!(" {key}"), &key.to_string().replace('k', "K")] {
            assert!(depositor_key(bad).is_err(), "{bad}");
        }
    }
}
