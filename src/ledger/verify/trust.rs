//! What a verifier trusts: ledger keys that the user pinned. Never a key that came with a receipt.

use crate::ledger::key::{Name, VerifierKey};

/// Pinned ledger keys. A ledger's key bears its origin as its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<VerifierKey>,
}

impl Trust {
    /// Trusts exactly `keys`.
    #[must_use]
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self { keys }
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
