//! Private metadata: text stored outside the chain, with a salted commitment to it on the chain.
//!
//! ```text
//! commitment = SHA-256(0x02 ‖ salt (32 bytes) ‖ text)
//! ```
//!
//! The text that a statement's `meta` line commits to is canonical JSON (RFC 8785) with at least `name` (证据名称), or the text
//! of a court act. An *annex* is a further text with its own salt and commitment. The salt prevents guessing the text from the
//! commitment. Once text and salt are erased from the private store, the commitment reveals nothing.
//!
//! ```
//! use tiezheng::ledger::metadata::commitment;
//! assert_eq!(
//!     commitment(&[7; 32], r#"{"name":"合同"}"#.as_bytes()).to_string(),
//!     "cfd551abfcd165e24b9ea7814d91e455919344566cfd4b3492ec451fcdad5129"
//! );
//! ```
//!
//! Not here: whether the JSON is canonical (`wire`), the private store (`store`).

use sha2::{Digest as _, Sha256};

use crate::ledger::hash::Digest;

/// Length of a salt in bytes.
pub const SALT_LEN: usize = 32;
/// Maximum length of a deposit's metadata in bytes.
pub const METADATA_MAX: usize = 16 * 1024;

/// A private text with its salt, as stored in the private store.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateMetadata {
    /// 32 random bytes.
    pub salt: [u8; SALT_LEN],
    /// Canonical JSON, or the text of a court act.
    pub json: String,
}

impl PrivateMetadata {
    /// The commitment: in the statement's `meta` line, or the id of an annex.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        commitment(&self.salt, self.json.as_bytes())
    }
}

impl std::fmt::Debug for PrivateMetadata {
    /// Without the content, since debug output may end up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateMetadata({} bytes)", self.json.len())
    }
}

/// The commitment to `json` under `salt`. The prefix 0x02 separates it from the hashes of leaves and nodes.
#[must_use]
pub fn commitment(salt: &[u8; SALT_LEN], json: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([2]).chain_update(salt).chain_update(json).finalize().into())
}
