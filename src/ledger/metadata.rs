//! Private metadata: what stays off the chain under a salted commitment.
//!
//! ```text
//! commitment = SHA-256(0x02 ‖ salt (32 bytes) ‖ text)
//! ```
//!
//! The text that a statement's `meta` line commits to is canonical JSON (RFC 8785) with at least `name` (证据名称), or, of
//! a court act, the text of the act. An *annex* is a further piece of the same form under a salt and a commitment of its
//! own; what it holds is between those who wrote it. Without the salt nobody can guess the name from the
//! commitment; without the vault's row the commitment says nothing at all, so erasing the row erases the person.
//!
//! ```
//! use tiezheng::ledger::metadata::commitment;
//! assert_eq!(
//!     commitment(&[7; 32], r#"{"name":"合同"}"#.as_bytes()).to_string(),
//!     "cfd551abfcd165e24b9ea7814d91e455919344566cfd4b3492ec451fcdad5129"
//! );
//! ```
//!
//! Not here: whether the JSON is canonical (`wire`), where it lies (`store`).

use sha2::{Digest as _, Sha256};

use crate::ledger::hash::Digest;

/// Length of a salt in bytes.
pub const SALT_LEN: usize = 32;
/// Most bytes of metadata a deposit may bring: 16 KiB.
pub const METADATA_MAX: usize = 16 * 1024;

/// Salt and text of one piece, as they lie in the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateMetadata {
    /// 32 random bytes that nobody can guess.
    pub salt: [u8; SALT_LEN],
    /// Canonical JSON, or the text of a court act.
    pub json: String,
}

impl PrivateMetadata {
    /// What the statement's `meta` line says of it; the name of an annex.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        commitment(&self.salt, self.json.as_bytes())
    }
}

impl std::fmt::Debug for PrivateMetadata {
    /// Never its content: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateMetadata({} bytes)", self.json.len())
    }
}

/// The commitment to `json` under `salt`. The prefix 0x02 keeps it apart from the hashes of leaves and nodes.
#[must_use]
pub fn commitment(salt: &[u8; SALT_LEN], json: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([2]).chain_update(salt).chain_update(json).finalize().into())
}
