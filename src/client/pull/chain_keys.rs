//! The ledger keys that the notices of a chain name, while it is pulled.
//!
//! # Invariants
//!
//! A notice is accepted as an audit accepts it: genesis and `key` notices as [`KeyHistory`] does, an `erased` notice if the key in
//! force signed it.

use crate::client::pull::pull_error::PullError;
use crate::ledger::key::VerifierKey;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{FIRST_LINE, Mode, NoticeKind, SignedNotice};
use crate::store::traits::{LogStore, damaged};

/// Leaves that are read at a time.
const READ_AT_ONCE: u64 = 4_096;

/// The key history of a chain; none before the genesis notice.
#[derive(Debug, Clone, Default)]
pub struct ChainKeys(Option<KeyHistory>);

impl ChainKeys {
    /// Reads the notices of the appended chain in `store`, whose blocks were checked when they were appended. Reads all leaves.
    ///
    /// # Errors
    ///
    /// [`PullError`].
    pub fn of(store: &dyn LogStore) -> Result<Self, PullError> {
        let (mut keys, size) = (Self::default(), store.tip()?.size());
        for first in (0..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
            let leaves = store.appended_leaves(LeafIndex(first), READ_AT_ONCE.min(size.0 - first))?;
            for (index, bytes) in (first..).map(LeafIndex).zip(leaves) {
                if bytes.starts_with(FIRST_LINE.as_bytes()) {
                    let signed = SignedNotice::parse(&bytes);
                    let signed = signed.map_err(|error| damaged("leaf", index, error.to_string()))?;
                    keys.accept(index, &signed)?;
                }
            }
        }
        Ok(keys)
    }

    /// The history; `None` before the genesis notice.
    #[must_use]
    pub const fn history(&self) -> Option<&KeyHistory> {
        self.0.as_ref()
    }

    /// The key in force; `None` before the genesis notice.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.history().map(|history| &history.current().key)
    }

    /// Whether the ledger is a test ledger.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.history().map(KeyHistory::mode).is_some_and(Mode::is_test)
    }

    /// Accepts the notice at `index`, the next one of the chain.
    ///
    /// # Errors
    ///
    /// [`PullError::Notice`]; the history is unchanged.
    pub fn accept(&mut self, index: LeafIndex, signed: &SignedNotice) -> Result<(), PullError> {
        let is_valid = match (&signed.notice().kind, &mut self.0) {
            (NoticeKind::Genesis { .. }, before @ None) if index.0 == 0 => {
                *before = KeyHistory::begin(signed).ok();
                before.is_some()
            }
            (NoticeKind::Key { .. }, Some(history)) => history.follow(index, signed).is_ok(),
            (NoticeKind::Erased { .. }, Some(history)) => signed.signed_by(&history.current().key),
            _ => false,
        };
        if is_valid { Ok(()) } else { Err(PullError::Notice { index }) }
    }
}
