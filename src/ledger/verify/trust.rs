//! What a verifier trusts: ledger keys that the user pinned. Never a key that came with a receipt.

use crate::ledger::key::{Name, VerifierKey};

/// Where the keys of a [`Trust`] come from. A report says so: a node that verifies by its own key vouches for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeySource {
    /// The verifier pinned them.
    #[default]
    Pinned,
    /// The ledger key of the very node that verifies.
    OwnNode,
    /// The list of ledgers that a court accepts.
    CourtList,
}

/// Pinned ledger keys. A ledger's key bears its origin as its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<VerifierKey>,
    source: KeySource,
}

impl Trust {
    /// Trusts exactly `keys`.
    #[must_use]
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self { keys, source: KeySource::Pinned }
    }

    /// The same keys, from this source.
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
