//! The private ledger keys of a node, and the rules that select the signing keys.
//!
//! # Invariants
//!
//! The key history selects the signing key, never the name of a file: a checkpoint is signed by the key that is in
//! force at its size. The previous key signs as well, for verifiers who have not followed the rotation yet, until one
//! of these:
//!
//! - [`PreviousKey::retire`] was called: by the operator's command, or because every witness has followed;
//! - the last block is more than [`BOTH_SIGN_MS`] later than the rotation, by the times in the ledger;
//! - its private key is not available, because it is lost or was destroyed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteError;
use crate::ledger::time::Timestamp;

/// Maximum time after a rotation during which both keys sign, in milliseconds: 30 days.
pub const BOTH_SIGN_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Why a checkpoint or notice was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key that must sign is not among the given ones.
    #[error("the ledger key in force is {needed}, but only {given} is available")]
    MissingKey {
        /// The key in force.
        needed: Box<VerifierKey>,
        /// The given keys.
        given: String,
    },
    /// The text cannot be signed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Switch that ends signing with the previous key. Clones share the state.
#[derive(Debug, Clone, Default)]
pub struct PreviousKey(Arc<AtomicBool>);

impl PreviousKey {
    /// From the next checkpoint on, only the current key signs. This cannot be undone while the node runs.
    pub fn retire(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`Self::retire`] was called.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The available private ledger keys: at least one, in any order.
#[derive(Debug)]
pub struct LedgerKeys {
    first: Signer,
    others: Vec<Signer>,
    previous: PreviousKey,
}

impl From<Signer> for LedgerKeys {
    fn from(first: Signer) -> Self {
        Self::new(first, Vec::new())
    }
}

impl LedgerKeys {
    /// Creates the set of these keys.
    #[must_use]
    pub fn new(first: Signer, others: Vec<Signer>) -> Self {
        Self { first, others, previous: PreviousKey::default() }
    }

    /// The first key: that of a new ledger.
    #[must_use]
    pub const fn first(&self) -> &Signer {
        &self.first
    }

    /// A clone of the switch that ends signing with the previous key.
    #[must_use]
    pub fn previous_key(&self) -> PreviousKey {
        self.previous.clone()
    }

    /// The private key that belongs to `key`.
    #[must_use]
    pub fn find(&self, key: &VerifierKey) -> Option<&Signer> {
        std::iter::once(&self.first).chain(&self.others).find(|signer| signer.verifier() == key)
    }

    /// The private key that is in force at the end of `history`.
    ///
    /// # Errors
    ///
    /// [`SignError::MissingKey`].
    pub fn current(&self, history: &KeyHistory) -> Result<&Signer, SignError> {
        self.required(&history.current().key)
    }

    fn required(&self, needed: &VerifierKey) -> Result<&Signer, SignError> {
        self.find(needed).ok_or_else(|| self.missing(needed))
    }

    /// The error if `needed` is not among these keys.
    #[must_use]
    pub fn missing(&self, needed: &VerifierKey) -> SignError {
        let given = std::iter::once(&self.first).chain(&self.others).map(|signer| signer.verifier().to_string());
        SignError::MissingKey { needed: Box::new(needed.clone()), given: given.collect::<Vec<_>>().join(", ") }
    }

    /// The keys that sign the checkpoint of a tree of `size` leaves whose last block has this `time`: the key in force,
    /// then the previous key while both sign.
    ///
    /// # Errors
    ///
    /// [`SignError::MissingKey`].
    pub fn signing(&self, history: &KeyHistory, size: TreeSize, time: Timestamp) -> Result<Vec<&Signer>, SignError> {
        let accepted = history.keys_accepted_at(size);
        let mut signers = vec![self.required(&accepted.current.key)?];
        let is_due = time.as_millis().saturating_sub(accepted.current.received.as_millis()) <= BOTH_SIGN_MS;
        let previous = accepted.previous.filter(|_| is_due && !self.previous.is_retired());
        signers.extend(previous.and_then(|period| self.find(&period.key)));
        Ok(signers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::Name;
    use crate::ledger::merkle::shape::LeafIndex;
    use crate::ledger::notice::{Mode, Notice, NoticeKind};

    fn key(seed: u8) -> Signer {
        Signer::new(Name::parse("example.org/ledger").unwrap(), &[seed; 32]).unwrap()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_795_309_451_000 + millis).unwrap()
    }

    /// Key 1, and key 2 from leaf 10 on.
    fn history() -> KeyHistory {
        let notice = |kind| Notice { ledger: key(1).verifier().name().clone(), received: at(0), kind };
        let (first, second) = (key(1).verifier().clone(), key(2).verifier().clone());
        let next = |seed| key(seed).verifier().commitment();
        let genesis = notice(NoticeKind::Genesis { mode: Mode::Live, key: first, next: next(2) });
        let mut history = KeyHistory::begin(&genesis.sign(&[&key(1)]).unwrap()).unwrap();
        let rotation = notice(NoticeKind::Key { key: second, next: next(3) }).sign(&[&key(2), &key(1)]).unwrap();
        history.follow(LeafIndex(10), &rotation).unwrap();
        history
    }

    fn signing(keys: &LedgerKeys, size: u64, time: Timestamp) -> Vec<VerifierKey> {
        let signers = keys.signing(&history(), TreeSize(size), time).unwrap();
        signers.into_iter().map(|signer| signer.verifier().clone()).collect()
    }

    #[test]
    fn both_keys_sign_for_thirty_days_at_most() {
        let keys = LedgerKeys::new(key(1), vec![key(2)]);
        let [old, new] = [1, 2].map(|seed| key(seed).verifier().clone());
        assert_eq!(signing(&keys, 10, at(0)), std::slice::from_ref(&old));
        assert_eq!(signing(&keys, 11, at(0)), [new.clone(), old.clone()]);
        assert_eq!(signing(&keys, 500, at(BOTH_SIGN_MS)), [new.clone(), old]);
        assert_eq!(signing(&keys, 501, at(BOTH_SIGN_MS + 1)), std::slice::from_ref(&new));
        keys.previous_key().retire();
        assert_eq!(signing(&keys, 11, at(0)), std::slice::from_ref(&new));
        assert_eq!(signing(&LedgerKeys::from(key(2)), 11, at(0)), [new], "the old key is lost");
    }

    #[test]
    fn without_the_key_in_force_nothing_is_signed() {
        let only_old = LedgerKeys::from(key(1));
        assert!(matches!(only_old.signing(&history(), TreeSize(11), at(0)), Err(SignError::MissingKey { .. })));
        assert!(only_old.current(&history()).is_err());
    }
}
