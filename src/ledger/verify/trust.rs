//! The ledger keys that a verifier trusts. A key that came with a receipt is never among them.

use crate::ledger::key::{Name, VerifierKey};

/// Where the keys of a [`Trust`] come from. The report states it, because a node that verifies with its own key proves less.
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

/// Pinned ledger keys. The name of a ledger's key is the ledger's origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<VerifierKey>,
    source: KeySource,
}

impl Trust {
    /// Trust in exactly `keys`.
    #[must_use]
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self { keys, source: KeySource::Pinned }
    }

    /// The same keys, with another source.
    #[must_use]
    pub fn from_source(self, source: KeySource) -> Self {
        Self { source, ..self }
    }

    /// Where the keys come from.
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
}
