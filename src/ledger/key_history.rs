//! The key history of a ledger: the ledger key that was valid at each height, and the keys that a verifier may trust.
//!
//! ```text
//! leaf 0       genesis   key K0, next = SHA-256(K1)     signed by K0
//! leaf 5,120   key       key K1, next = SHA-256(K2)     signed by K1, and by K0 unless K0 is lost
//!
//! size of the tree    1 …… 5,120 │ 5,121 ……
//! must sign                   K0 │ K1
//! may sign too                   │ K0
//! ```
//!
//! # Invariants
//!
//! A [`KeyHistory`] begins with the genesis notice at leaf 0. Each later notice has a higher index, names the same
//! ledger, introduces exactly the key to which the previous notice committed, and is signed by that key. A signature of
//! the previous key may be missing, because that key may be lost, but must verify if it is present. No key occurs
//! twice. So one genesis notice has one possible sequence of keys, unless a holder of a key signs two different notices
//! with it.
//!
//! # Which key signs a checkpoint
//!
//! A checkpoint of `size` leaves contains the leaves below `size`. The last notice among them names the key that must
//! sign it. The previous key may sign as well, so that verifiers without the notice can verify the checkpoint. **An
//! older key alone is not accepted for a tree that contains the notice of its successor**
//! ([`KeyHistoryError::RetiredKey`]): a thief of the old key cannot continue the ledger after the rotation for a
//! verifier that knows the notice.
//!
//! # Keys that a verifier may trust
//!
//! Trust goes forward only, from a pinned key along the commitments ([`KeyHistory::extends_pinned`]):
//!
//! - **A verifier that pins only the old key** accepts its checkpoints, and those of every successor in the notices. It
//!   cannot detect a rotation by itself: a thief of the old key can withhold the notices, or write another history with
//!   another successor. Only witnesses, or stored notices, protect against this.
//! - **A verifier that pins only the new key** accepts its checkpoints and those of its successors. A checkpoint that
//!   only the old key signed is not accepted, although the notices name that key: a thief of that key could backdate a
//!   checkpoint to a size below the rotation. A proof that such a tree is the beginning of a tree that the new key
//!   signed is enough; the old signature is then not needed.
//! - **A verifier that pins several keys** accepts successors only in a history that contains all of them. A history
//!   that continues an older pinned key without a newer pinned one is a forgery with the older key.
//! - **The successor's key is as dangerous as the ledger key**: a notice that it alone signed is valid, because the
//!   previous key may be lost. A thief of it can write another history for every verifier that has not stored the true
//!   one. Witnesses protect these verifiers.
//! - **A verifier that stored a history which follows from a pinned key** accepts each of its keys for the sizes of its
//!   period. It accepts another history only if one continues the other ([`KeyHistory::agrees_with`]).
//!
//! Specification: the `genesis` and `key` notices of [`notice`](crate::ledger::notice); c2sp.org/signed-note for signatures.

use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::proof::verify_inclusion;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{Mode, NoticeKind, SignedNotice};
use crate::ledger::receipt::KeyNotice;
use crate::ledger::time::Timestamp;

/// A ledger key with the notice that introduced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPeriod {
    /// The key.
    pub key: VerifierKey,
    /// Index of its notice. It signs the checkpoints of trees that are larger than this.
    pub index: LeafIndex,
    /// When the notice was recorded.
    pub received: Timestamp,
    /// SHA-256 of the vkey of its successor.
    pub next: Digest,
    /// Whether the previous key signed the notice, too; false for genesis, and if that key was lost.
    pub signed_by_previous: bool,
}

/// The ledger keys of one ledger since genesis, each verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHistory {
    mode: Mode,
    first: KeyPeriod,
    later: Vec<KeyPeriod>,
}

/// The keys that may sign at one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedKeys<'h> {
    /// The key that must sign.
    pub current: &'h KeyPeriod,
    /// The previous key, which may sign as well.
    pub previous: Option<&'h KeyPeriod>,
}

/// The keys of a history that verifiably signed a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointSigners<'h> {
    /// The key that was valid at this height.
    pub current: &'h KeyPeriod,
    /// The previous key, if it signed as well.
    pub previous: Option<&'h KeyPeriod>,
    /// Index of the notice that later introduced the successor, if the history contains one.
    pub replaced_at: Option<LeafIndex>,
}

/// The keys of a history that follow from pinned keys.
#[derive(Debug, Clone, Copy)]
pub struct TrustedHistory<'h> {
    history: &'h KeyHistory,
    /// Position of the first trusted key.
    from: usize,
    /// Position of the last trusted key.
    until: usize,
}

/// Why notices are not a key history, or why a checkpoint does not verify with one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyHistoryError {
    /// There is no notice.
    #[error("the key history contains no notice")]
    Empty,
    /// A notice does not parse.
    #[error("the notice at leaf {index}: {source}")]
    Malformed {
        /// Its index.
        index: LeafIndex,
        /// What is wrong with it.
        source: NoteError,
    },
    /// The first notice is not a genesis notice at leaf 0 that its own key signed.
    #[error("leaf {index}: the key history does not begin with a genesis notice at leaf 0 that its own key signed")]
    NoGenesis {
        /// The index given for the first notice.
        index: LeafIndex,
    },
    /// A later notice is not a `key` notice.
    #[error("the notice at leaf {index} introduces no ledger key")]
    NoKey {
        /// Its index.
        index: LeafIndex,
    },
    /// The index of a notice is not higher than the index of the previous notice.
    #[error("the notice at leaf {index} does not follow the one at leaf {after}")]
    OutOfOrder {
        /// Its index.
        index: LeafIndex,
        /// Index of the previous notice.
        after: LeafIndex,
    },
    /// A notice or a checkpoint belongs to another ledger.
    #[error("it belongs to the ledger {found}, expected {expected}")]
    OtherLedger {
        /// The ledger that it names.
        found: Name,
        /// The ledger of the history.
        expected: Name,
    },
    /// A notice introduces another key than the key to which the previous notice committed.
    #[error("the notice at leaf {index} introduces a key to which the notice at leaf {committed_at} did not commit")]
    NotTheSuccessor {
        /// Its index.
        index: LeafIndex,
        /// Index of the previous notice.
        committed_at: LeafIndex,
    },
    /// A notice introduces a key that the ledger has used before.
    #[error("the notice at leaf {index} introduces a key that this ledger had before")]
    ReusedKey {
        /// Its index.
        index: LeafIndex,
    },
    /// The new key did not sign its notice, or a signature in the name of the new or the old key is forged.
    #[error("the notice at leaf {index} is not validly signed: {source}")]
    Signature {
        /// Its index.
        index: LeafIndex,
        /// What is wrong with the signatures.
        source: NoteError,
    },
    /// A notice is not a leaf of the checkpoint's tree.
    #[error("the notice at leaf {index} is not proven to be in the tree of the checkpoint")]
    NotInTree {
        /// The index given for it.
        index: LeafIndex,
    },
    /// A retired key alone signed a tree that contains the notice of its successor.
    #[error("only the ledger key {key} signed it, which was replaced at leaf {replaced_at}")]
    RetiredKey {
        /// The key that signed.
        key: Box<VerifierKey>,
        /// Index of the notice that introduced its successor.
        replaced_at: LeafIndex,
    },
    /// The key that is valid at this height did not sign the checkpoint, or its signature or that of the previous key
    /// is forged.
    #[error("the ledger key {key}, valid at this size, did not sign it: {source}")]
    NotSigned {
        /// The key that must sign.
        key: Box<VerifierKey>,
        /// What is wrong with the signatures.
        source: NoteError,
    },
    /// The key that is valid at this height does not follow from a pinned key.
    #[error("the ledger key {key}, valid at this size, does not follow from a pinned key")]
    NotPinned {
        /// The key that must sign.
        key: Box<VerifierKey>,
    },
}

impl KeyHistoryError {
    /// The stable code, as reports show it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoGenesis { .. } => "no_genesis",
            Self::Malformed { .. } => "malformed_notice",
            Self::NoKey { .. } => "no_key_notice",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::OtherLedger { .. } => "other_ledger",
            Self::NotTheSuccessor { .. } => "not_the_successor",
            Self::ReusedKey { .. } => "reused_key",
            Self::Signature { .. } => "notice_signature",
            Self::NotInTree { .. } => "notice_not_in_tree",
            Self::RetiredKey { .. } => "retired_key",
            Self::NotSigned { source: NoteError::UnknownKey, .. } => "key_did_not_sign",
            Self::NotSigned { .. } => "forged_signature",
            Self::NotPinned { .. } => "key_not_pinned",
        }
    }
}

impl KeyHistory {
    /// The history of a ledger with its genesis notice only.
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError::NoGenesis`], [`KeyHistoryError::Signature`].
    pub fn begin(genesis: &SignedNotice) -> Result<Self, KeyHistoryError> {
        let (index, notice) = (LeafIndex(0), genesis.notice());
        let NoticeKind::Genesis { mode, key, next } = &notice.kind else {
            return Err(KeyHistoryError::NoGenesis { index });
        };
        let signed = genesis.note().verified_by(std::slice::from_ref(key));
        signed.map_err(|source| KeyHistoryError::Signature { index, source })?;
        let first =
            KeyPeriod { key: key.clone(), index, received: notice.received, next: *next, signed_by_previous: false };
        Ok(Self { mode: *mode, first, later: Vec::new() })
    }

    /// Adds the next `key` notice, which is the leaf at `index`.
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError`]; the history is unchanged.
    pub fn follow(&mut self, index: LeafIndex, signed: &SignedNotice) -> Result<(), KeyHistoryError> {
        let (notice, before) = (signed.notice(), self.current());
        let NoticeKind::Key { key, next } = &notice.kind else { return Err(KeyHistoryError::NoKey { index }) };
        if notice.ledger != *self.origin() {
            return Err(self.other_ledger(&notice.ledger));
        }
        if index <= before.index {
            return Err(KeyHistoryError::OutOfOrder { index, after: before.index });
        }
        if key.commitment() != before.next {
            return Err(KeyHistoryError::NotTheSuccessor { index, committed_at: before.index });
        }
        if self.position(key).is_some() {
            return Err(KeyHistoryError::ReusedKey { index });
        }
        let keys = [key.clone(), before.key.clone()];
        let by = signed.note().verified_by(&keys).map_err(|source| KeyHistoryError::Signature { index, source })?;
        if !by.contains(&key) {
            return Err(KeyHistoryError::Signature { index, source: NoteError::UnknownKey });
        }
        let period = KeyPeriod {
            key: key.clone(),
            index,
            received: notice.received,
            next: *next,
            signed_by_previous: by.contains(&&before.key),
        };
        self.later.push(period);
        Ok(())
    }

    /// The history in these notices, each with its index. Whether they are in a tree is not checked; see [`Self::proven`].
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError`].
    pub fn of_notices<'n>(notices: impl IntoIterator<Item = (LeafIndex, &'n str)>) -> Result<Self, KeyHistoryError> {
        let parse = |(index, text): (LeafIndex, &str)| {
            let parsed = SignedNotice::parse(text.as_bytes());
            parsed.map(|notice| (index, notice)).map_err(|source| KeyHistoryError::Malformed { index, source })
        };
        let mut notices = notices.into_iter().map(parse);
        let (index, genesis) = notices.next().ok_or(KeyHistoryError::Empty)??;
        if index.0 != 0 {
            return Err(KeyHistoryError::NoGenesis { index });
        }
        let mut history = Self::begin(&genesis)?;
        for notice in notices {
            let (index, notice) = notice?;
            history.follow(index, &notice)?;
        }
        Ok(history)
    }

    /// The history in the notices of a receipt or of a node's answer, each of them proven to be a leaf of the tree of
    /// `checkpoint`. Its signatures are not verified here; see [`Self::verify`] and [`TrustedHistory::verify`].
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError`].
    pub fn proven(notices: &[KeyNotice], checkpoint: &Checkpoint) -> Result<Self, KeyHistoryError> {
        for KeyNotice { index, text, path } in notices {
            verify_inclusion(*index, checkpoint.size, &leaf_hash(text.as_bytes()), path, &checkpoint.root)
                .map_err(|_| KeyHistoryError::NotInTree { index: *index })?;
        }
        let history = Self::of_notices(notices.iter().map(|notice| (notice.index, notice.text.as_str())))?;
        if checkpoint.origin != *history.origin() {
            return Err(history.other_ledger(&checkpoint.origin));
        }
        Ok(history)
    }

    /// The ledger.
    #[must_use]
    pub const fn origin(&self) -> &Name {
        self.first.key.name()
    }

    /// Live or test, as the genesis notice says.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// All keys, in their order.
    #[must_use]
    pub fn periods(&self) -> impl DoubleEndedIterator<Item = &KeyPeriod> + Clone {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// Number of keys; at least 1.
    #[must_use]
    pub const fn key_count(&self) -> usize {
        self.later.len() + 1
    }

    /// Whether the ledger has more than its first key.
    #[must_use]
    pub const fn has_rotated(&self) -> bool {
        !self.later.is_empty()
    }

    /// The last key.
    #[must_use]
    pub fn current(&self) -> &KeyPeriod {
        self.later.last().unwrap_or(&self.first)
    }

    /// The key before the last key.
    #[must_use]
    pub fn previous(&self) -> Option<&KeyPeriod> {
        self.periods().rev().nth(1)
    }

    /// The key that must sign a notice at this index. A notice that introduces a key is the first leaf at which that
    /// key is in force.
    #[must_use]
    pub fn key_at(&self, index: LeafIndex) -> &KeyPeriod {
        self.periods().rev().find(|period| period.index <= index).unwrap_or(&self.first)
    }

    /// The keys that may sign the checkpoint of a tree of `size` leaves.
    #[must_use]
    pub fn keys_accepted_at(&self, size: TreeSize) -> AcceptedKeys<'_> {
        let mut contained = self.periods().rev().skip_while(|period| period.index.0 >= size.0);
        AcceptedKeys { current: contained.next().unwrap_or(&self.first), previous: contained.next() }
    }

    /// Verifies that the key that is valid at its height signed `checkpoint`. Use [`TrustedHistory::verify`] for a
    /// history that is not trusted yet.
    ///
    /// # Errors
    ///
    /// [`KeyHistoryError::OtherLedger`], [`KeyHistoryError::RetiredKey`], [`KeyHistoryError::NotSigned`].
    pub fn verify(&self, checkpoint: &SignedCheckpoint) -> Result<CheckpointSigners<'_>, KeyHistoryError> {
        let Checkpoint { origin, size, .. } = checkpoint.checkpoint();
        if origin != self.origin() {
            return Err(self.other_ledger(origin));
        }
        let AcceptedKeys { current, previous } = self.keys_accepted_at(*size);
        let not_signed = |source| KeyHistoryError::NotSigned { key: Box::new(current.key.clone()), source };
        let known: Vec<_> = [Some(current), previous].into_iter().flatten().map(|period| period.key.clone()).collect();
        let signed = match checkpoint.note().verified_by(&known) {
            Ok(signed) => signed,
            Err(NoteError::UnknownKey) => Vec::new(),
            Err(error) => return Err(not_signed(error)),
        };
        if !signed.contains(&&current.key) {
            return Err(self.retired(checkpoint, current).unwrap_or_else(|| not_signed(NoteError::UnknownKey)));
        }
        let previous = previous.filter(|period| signed.contains(&&period.key));
        Ok(CheckpointSigners { current, previous, replaced_at: self.replaced_at(current) })
    }

    /// The newest key before `current` that signed `checkpoint`.
    fn retired(&self, checkpoint: &SignedCheckpoint, current: &KeyPeriod) -> Option<KeyHistoryError> {
        let signed = |key: &VerifierKey| checkpoint.verified_by(std::slice::from_ref(key)).is_ok();
        let older = self.periods().rev().filter(|period| period.index < current.index);
        let period = older.into_iter().find(|period| signed(&period.key))?;
        Some(KeyHistoryError::RetiredKey { key: Box::new(period.key.clone()), replaced_at: self.replaced_at(period)? })
    }

    /// Index of the notice that introduced the successor of this key.
    #[must_use]
    pub fn replaced_at(&self, period: &KeyPeriod) -> Option<LeafIndex> {
        self.later.iter().find(|later| later.index > period.index).map(|later| later.index)
    }

    /// Whether one of the two histories continues the other.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.mode == other.mode && self.periods().zip(other.periods()).all(|(ours, theirs)| ours == theirs)
    }

    /// The keys of this history that a verifier who pinned `pinned` may trust: from the first pinned key on, forward along the
    /// commitments. `None` if none of them is pinned. If `pinned` has a key of this ledger that is not in the history, nothing
    /// after the last pinned key is trusted.
    #[must_use]
    pub fn extends_pinned(&self, pinned: &[VerifierKey]) -> Option<TrustedHistory<'_>> {
        let own = || pinned.iter().filter(|key| key.name() == self.origin());
        let places = || own().filter_map(|key| self.position(key));
        let (from, last) = (places().min()?, places().max()?);
        let has_all = own().all(|key| self.position(key).is_some());
        let until = if has_all { self.later.len() } else { last };
        Some(TrustedHistory { history: self, from, until })
    }

    /// All keys of this history, for a history that follows from a pinned key and that the verifier stored.
    #[must_use]
    pub const fn trusted(&self) -> TrustedHistory<'_> {
        TrustedHistory { history: self, from: 0, until: self.later.len() }
    }

    fn position(&self, key: &VerifierKey) -> Option<usize> {
        self.periods().position(|period| period.key == *key)
    }

    fn other_ledger(&self, found: &Name) -> KeyHistoryError {
        KeyHistoryError::OtherLedger { found: found.clone(), expected: self.origin().clone() }
    }
}

impl<'h> TrustedHistory<'h> {
    /// The whole history. Its keys before the first pinned key are not trusted.
    #[must_use]
    pub const fn history(&self) -> &'h KeyHistory {
        self.history
    }

    /// The last trusted key.
    #[must_use]
    pub fn current(&self) -> &'h KeyPeriod {
        self.history.periods().nth(self.until).unwrap_or(&self.history.first)
    }

    /// Verifies that the key that is valid at its height signed `checkpoint`, and that this key is trusted.
    ///
    /// # Errors
    ///
    /// As [`KeyHistory::verify`], and [`KeyHistoryError::NotPinned`].
    pub fn verify(&self, checkpoint: &SignedCheckpoint) -> Result<CheckpointSigners<'h>, KeyHistoryError> {
        let key = &self.history.keys_accepted_at(checkpoint.checkpoint().size).current.key;
        let position = self.history.position(key).unwrap_or(usize::MAX);
        if !(self.from..=self.until).contains(&position) {
            return Err(KeyHistoryError::NotPinned { key: Box::new(key.clone()) });
        }
        self.history.verify(checkpoint)
    }
}

/// The key that a verifier with the pins `pinned` should pin after it received `history`: the last key that follows
/// from a pinned key. `None` if no key follows, or if that key is pinned already.
#[must_use]
pub fn follow<'h>(pinned: &[VerifierKey], history: &'h KeyHistory) -> Option<&'h VerifierKey> {
    let key = &history.extends_pinned(pinned)?.current().key;
    (!pinned.contains(key)).then_some(key)
}

#[cfg(test)]
mod tests;
