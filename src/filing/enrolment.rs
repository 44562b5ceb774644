//! Keys that accounts have enrolled: under the deposit policy `enrolled`, statements signed by one of them are accepted.
//!
//! An enrolment is a permission that an account gives to a key; it does not claim that the key is the account's. It is off the
//! chain, visible to its own account only, and the answer does not depend on other accounts with the same key. Therefore no proof
//! of possession is needed: an account that enrols another person's key lets that person deposit within the account's limit, and
//! can neither sign as that person, nor take the key from another account, nor see who else enrolled it.
//!
//! # Invariants
//!
//! An enrolment is durable before it is acknowledged. It ends when it is removed, when the account is erased, and when the token
//! with which it was made is revoked, so that revoking a stolen token also ends its enrolments. It does not end when that token
//! expires.

use crate::court::ids::{AccountId, TokenId};
use crate::court::words::Scope;
use crate::filing::actor::Actor;
use crate::filing::enrolled_keys::EnrolledKey;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::ledger::key::{PublicKey, VerifierKey};

/// Most enrolled keys of one account. A depositor may use a key per case.
pub const KEYS_MAX: usize = 1_000;

/// Parses a key that may be enrolled: Ed25519, not weak, under its derived name.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn depositor_key(text: &str) -> Result<VerifierKey, FilingError> {
    let key = VerifierKey::parse(text).map_err(|error| FilingError::bad("key", error.to_string(), "公钥格式不正确"))?;
    // A statement can name a key in its canonical form only.
    if key.is_of_depositor() && key.to_string() == text {
        return Ok(key);
    }
    Err(FilingError::bad(
        "key",
        "not a depositor's key, whose name is `k-` and 16 hex digits of its hash",
        "不是存证人公钥，其名称应为 k- 加哈希值前 16 位十六进制数字",
    ))
}

impl FilingService {
    /// The keys that the actor's account has enrolled and that are in effect, the earliest first.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`].
    pub fn enrolled_keys(&self, actor: &Actor) -> Result<Vec<EnrolledKey>, FilingError> {
        actor.require_scope(Scope::Deposit)?;
        Ok(self.keys_in_effect(actor.id))
    }

    fn keys_in_effect(&self, account: AccountId) -> Vec<EnrolledKey> {
        let registry = self.registry();
        let mut keys = self.enrolment.of_account(account);
        keys.retain(|key| !self.revocations.is_revoked(&registry.tokens, key.by));
        keys
    }

    /// Enrols a key for the actor's account; `true` if it is new.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::TooManyKeys`]; [`FilingError::Accounts`]: nothing was changed.
    pub async fn enrol_key(&self, actor: &Actor, key: VerifierKey) -> Result<(EnrolledKey, bool), FilingError> {
        actor.require_scope(Scope::Deposit)?;
        let _turn = self.enrolment.writing.lock().await;
        let mut keys = self.keys_in_effect(actor.id);
        if let Some(known) = keys.iter().find(|known| known.key == key) {
            return Ok((known.clone(), false));
        }
        if keys.len() >= KEYS_MAX {
            return Err(FilingError::TooManyKeys { limit: KEYS_MAX });
        }
        let enrolled = EnrolledKey { key, since: self.now(), by: actor.token };
        keys.push(enrolled.clone());
        self.enrolment.write(actor.id, keys).await?;
        tracing::info!(key = %enrolled.key.name(), account = %actor.id, "a key was enrolled");
        Ok((enrolled, true))
    }

    /// Ends the enrolment of a key of the actor's account, by the key's name.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`]; [`FilingError::NotFound`] where the account has not enrolled it; [`FilingError::Accounts`]:
    /// nothing was changed.
    pub async fn remove_key(&self, actor: &Actor, name: &str) -> Result<(), FilingError> {
        actor.require_scope(Scope::Deposit)?;
        let _turn = self.enrolment.writing.lock().await;
        let mut keys = self.keys_in_effect(actor.id);
        let before = keys.len();
        keys.retain(|key| key.key.name().as_str() != name);
        if keys.len() == before {
            return Err(FilingError::NotFound);
        }
        self.enrolment.write(actor.id, keys).await?;
        tracing::info!(account = %actor.id, "the enrolment of a key was ended");
        Ok(())
    }

    /// Removes all keys of an erased account durably.
    ///
    /// # Errors
    ///
    /// [`FilingError::Accounts`]: nothing was changed.
    pub(in crate::filing) async fn forget_keys(&self, account: AccountId) -> Result<(), FilingError> {
        let _turn = self.enrolment.writing.lock().await;
        self.enrolment.write(account, Vec::new()).await
    }

    /// The accounts that have enrolled this key and whose enrolment is in effect.
    #[must_use]
    pub fn accounts_of_key(&self, key: &PublicKey) -> Vec<AccountId> {
        let known = self.enrolment.accounts_of(key);
        if known.is_empty() {
            return Vec::new();
        }
        let registry = self.registry();
        let in_effect = |(_, by): &(AccountId, TokenId)| !self.revocations.is_revoked(&registry.tokens, *by);
        known.into_iter().filter(in_effect).map(|(account, _)| account).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::{Name, Signer};

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
