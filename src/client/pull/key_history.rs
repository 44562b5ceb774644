//! The ledger key in force at the end of a local copy, as the notices of the chain say.
//!
//! # Invariants
//!
//! A notice is accepted as an audit accepts it: the genesis notice signed by its key, a `key` notice by the successor to which
//! the notice before it committed, an `erased` notice by the key in force.

use crate::client::pull::pull_error::PullError;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{FIRST_LINE, Mode, Notice, NoticeKind, SignedNotice};
use crate::store::traits::{LogStore, damaged};

/// Leaves that are read at a time.
const READ_AT_ONCE: u64 = 4_096;

/// What the notices so far have established.
#[derive(Debug, Clone, Default)]
pub struct KeyHistory {
    mode: Option<Mode>,
    /// The notice whose key is in force.
    current: Option<Notice>,
}

impl KeyHistory {
    /// Reads the notices of the appended chain in `store`, whose blocks were checked when they were appended. Reads all leaves.
    ///
    /// # Errors
    ///
    /// [`PullError`].
    pub fn of(store: &dyn LogStore) -> Result<Self, PullError> {
        let (mut history, size) = (Self::default(), store.tip()?.size());
        for first in (0..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
            let leaves = store.appended_leaves(LeafIndex(first), READ_AT_ONCE.min(size.0 - first))?;
            for (index, bytes) in (first..).map(LeafIndex).zip(leaves) {
                if bytes.starts_with(FIRST_LINE.as_bytes()) {
                    let signed = SignedNotice::parse(&bytes);
                    let signed = signed.map_err(|error| damaged("leaf", index, error.to_string()))?;
                    history.accept(index, &signed)?;
                }
            }
        }
        Ok(history)
    }

    /// The key in force; `None` before the genesis notice.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.current.as_ref().and_then(Notice::key)
    }

    /// Whether the ledger is a test ledger.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.mode.is_some_and(Mode::is_test)
    }

    /// Accepts the notice at `index`, the next one of the chain.
    ///
    /// # Errors
    ///
    /// [`PullError::Notice`]; the history is unchanged.
    pub fn accept(&mut self, index: LeafIndex, signed: &SignedNotice) -> Result<(), PullError> {
        let notice = signed.notice();
        let is_valid = match (&notice.kind, &self.current) {
            (NoticeKind::Genesis { .. }, None) => index.0 == 0 && signed.signed_by_its_key(),
            (NoticeKind::Key { .. }, Some(before)) => signed.succeeds(before),
            (NoticeKind::Erased { .. }, Some(_)) => self.key().is_some_and(|key| signed.signed_by(key)),
            _ => false,
        };
        if !is_valid {
            return Err(PullError::Notice { index });
        }
        if let NoticeKind::Genesis { mode, .. } = &notice.kind {
            self.mode = Some(*mode);
        }
        if notice.key().is_some() {
            self.current = Some(notice.clone());
        }
        Ok(())
    }
}
