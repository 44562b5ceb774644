//! The ledger keys that a verifier trusts, and the check that one of them signed a checkpoint. A key in a receipt is
//! trusted only if it follows from a pinned key, by the rules of [`key_history`](crate::ledger::key_history).

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::{CheckpointSigners, KeyHistory, KeyHistoryError};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::note::NoteError;
use crate::ledger::receipt::KeyNotice;

/// The source of the keys of a [`Trust`]. The report states it, because a node that verifies with its own key proves
/// less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeySource {
    /// The user pinned them.
    #[default]
    Pinned,
    /// The ledger key of the node that verifies.
    OwnNode,
    /// The list of ledgers that a court accepts.
    CourtList,
}

/// Pinned ledger keys and stored key histories. The name of a ledger's key is the ledger's origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<VerifierKey>,
    histories: Vec<KeyHistory>,
    source: KeySource,
}

/// A trusted ledger key that signed a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSignature {
    /// The key.
    pub key: VerifierKey,
    /// Index of the notice that introduced it; `None` if no key history is known.
    pub since: Option<LeafIndex>,
    /// Index of the notice that introduced its successor, if one is known.
    pub replaced_at: Option<LeafIndex>,
    /// The previous key, if it signed as well.
    pub previous: Option<VerifierKey>,
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// No trusted key signed it. This is no evidence against the checkpoint.
    #[error("not signed by a trusted key")]
    UnknownKey,
    /// A signature in the name of a pinned key does not verify.
    #[error(transparent)]
    Signature(NoteError),
    /// The key notices do not verify, or the key that is valid at this size did not sign.
    #[error(transparent)]
    History(#[from] KeyHistoryError),
    /// The key notices contradict the stored key history: two histories of one ledger exist.
    #[error("the key notices contradict the key history that is known of this ledger")]
    OtherHistory,
}

impl TrustError {
    /// The stable code, as reports show it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown_key",
            Self::Signature(_) => "forged_signature",
            Self::History(error) => error.code(),
            Self::OtherHistory => "other_key_history",
        }
    }
}

impl Trust {
    /// Trust in exactly `keys`.
    #[must_use]
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self { keys, histories: Vec::new(), source: KeySource::Pinned }
    }

    /// The same keys, with another source.
    #[must_use]
    pub fn from_source(self, source: KeySource) -> Self {
        Self { source, ..self }
    }

    /// Adds a key history that follows from a pinned key and that the verifier stored, or that of the node's own
    /// ledger. Each of its keys is trusted for the sizes of its period, and a history that contradicts it is rejected.
    #[must_use]
    pub fn with_history(mut self, history: KeyHistory) -> Self {
        self.histories.retain(|known| known.origin() != history.origin());
        self.histories.push(history);
        self
    }

    /// The source of the keys.
    #[must_use]
    pub const fn source(&self) -> KeySource {
        self.source
    }

    /// The keys pinned for `origin`.
    #[must_use]
    pub fn keys_of(&self, origin: &Name) -> Vec<VerifierKey> {
        self.keys.iter().filter(|key| key.name() == origin).cloned().collect()
    }

    /// All pinned keys.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The stored key history of `origin`.
    #[must_use]
    pub fn history_of(&self, origin: &Name) -> Option<&KeyHistory> {
        self.histories.iter().find(|history| history.origin() == origin)
    }

    /// The trusted key that validly signed `checkpoint`. `notices` are the key notices in the same receipt or response,
    /// if any: they must be leaves of its tree.
    ///
    /// # Errors
    ///
    /// [`TrustError`].
    pub fn verify(&self, checkpoint: &SignedCheckpoint, notices: &[KeyNotice]) -> Result<LedgerSignature, TrustError> {
        let origin = &checkpoint.checkpoint().origin;
        let (pinned, stored) = (self.keys_of(origin), self.history_of(origin));
        if pinned.is_empty() && stored.is_none() {
            return Err(TrustError::UnknownKey);
        }
        let shown = match notices {
            [] => None,
            notices => Some(KeyHistory::proven(notices, checkpoint.checkpoint())?),
        };
        let trusted = match (stored, &shown) {
            (Some(stored), Some(shown)) if !stored.agrees_with(shown) => return Err(TrustError::OtherHistory),
            (Some(stored), Some(shown)) if shown.key_count() > stored.key_count() => shown.trusted(),
            (Some(stored), _) => stored.trusted(),
            (None, Some(shown)) => shown.extends_pinned(&pinned).ok_or(TrustError::UnknownKey)?,
            (None, None) => return signed_by_pinned(checkpoint, &pinned),
        };
        match trusted.verify(checkpoint) {
            Ok(signers) => Ok(signers.into()),
            Err(KeyHistoryError::NotPinned { .. }) => Err(TrustError::UnknownKey),
            // A key that the user pinned and that the stored history does not contain yet. Notices in the same receipt
            // must end with the key that signed.
            Err(KeyHistoryError::NotSigned { source: NoteError::UnknownKey, .. }) if shown.is_none() => {
                let is_known = |key: &VerifierKey| trusted.history().periods().any(|period| period.key == *key);
                let others: Vec<_> = pinned.into_iter().filter(|key| !is_known(key)).collect();
                signed_by_pinned(checkpoint, &others)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The trusted keys of one ledger, and a key history from a receipt or a node that follows from them. Unlike the
/// notices of [`Trust::verify`], the history is not bound to one checkpoint: it serves for any checkpoint of the
/// ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerTrust {
    trust: Trust,
    origin: Name,
    shown: Option<KeyHistory>,
}

impl LedgerTrust {
    /// The keys of `origin` in `trust`.
    #[must_use]
    pub const fn new(trust: Trust, origin: Name) -> Self {
        Self { trust, origin, shown: None }
    }

    /// Adds a key history that was proven in a checkpoint's tree, if it contains a trusted key and continues the known
    /// history.
    pub fn add_shown(&mut self, history: KeyHistory) {
        let known = self.shown.as_ref().or_else(|| self.trust.history_of(&self.origin));
        let follows = match known {
            Some(known) => known.agrees_with(&history) && history.key_count() > known.key_count(),
            None => history.extends_pinned(&self.trust.keys_of(&self.origin)).is_some(),
        };
        if follows && *history.origin() == self.origin {
            self.shown = Some(history);
        }
    }

    /// The trusted key that validly signed `checkpoint`.
    ///
    /// # Errors
    ///
    /// [`TrustError`].
    pub fn verify(&self, checkpoint: &SignedCheckpoint) -> Result<LedgerSignature, TrustError> {
        if checkpoint.checkpoint().origin != self.origin {
            return Err(TrustError::UnknownKey);
        }
        let Some(shown) = &self.shown else { return self.trust.verify(checkpoint, &[]) };
        let trusted = match self.trust.history_of(&self.origin) {
            Some(_) => shown.trusted(),
            None => shown.extends_pinned(&self.trust.keys_of(&self.origin)).ok_or(TrustError::UnknownKey)?,
        };
        match trusted.verify(checkpoint) {
            Ok(signers) => Ok(signers.into()),
            Err(KeyHistoryError::NotPinned { .. }) => Err(TrustError::UnknownKey),
            // A pinned key that is newer than the given history.
            Err(KeyHistoryError::NotSigned { source: NoteError::UnknownKey, .. }) => self.trust.verify(checkpoint, &[]),
            Err(error) => Err(error.into()),
        }
    }
}

fn signed_by_pinned(checkpoint: &SignedCheckpoint, pinned: &[VerifierKey]) -> Result<LedgerSignature, TrustError> {
    match checkpoint.verified_by(pinned) {
        Ok(key) => Ok(LedgerSignature { key: key.clone(), since: None, replaced_at: None, previous: None }),
        Err(NoteError::UnknownKey) => Err(TrustError::UnknownKey),
        Err(error) => Err(TrustError::Signature(error)),
    }
}

impl From<CheckpointSigners<'_>> for LedgerSignature {
    fn from(CheckpointSigners { current, previous, replaced_at }: CheckpointSigners<'_>) -> Self {
        Self {
            key: current.key.clone(),
            since: Some(current.index),
            replaced_at,
            previous: previous.map(|period| period.key.clone()),
        }
    }
}
