//! SHA-256 and SM3 of one input, computed together in one pass over it: the digests of a file in a statement.
//!
//! ```
//! use tiezheng::ledger::digests::DigestPair;
//! let mut pair = DigestPair::new();
//! pair.update(b"a");
//! pair.update(b"bc");
//! let digests = pair.finish();
//! assert_eq!(digests.size, 3);
//! assert_eq!(digests.sm3.to_string(), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
//! ```
//!
//! A salt is hashed before the input and is not counted in its size. SM3 (GB/T 32905-2016) takes about 4 ms a megabyte, four
//! times as long as SHA-256: hash large input on a thread that may block.
//!
//! Not here: reading files (`cli`), the digests of the chain's own records ([`hash`](crate::ledger::hash)).

use sha2::Digest as _;

use crate::ledger::hash::Digest;
use crate::ledger::metadata::{PrivateMetadata, SALT_LEN};
use crate::ledger::statement::content::{Content, FileDigests, Form};

/// Both digests of one input, not finished yet.
#[derive(Debug, Clone, Default)]
pub struct DigestPair {
    size: u64,
    sha256: sha2::Sha256,
    sm3: sm3::Sm3,
}

impl DigestPair {
    /// For an input without a salt.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For an input with `salt` before it.
    #[must_use]
    pub fn salted(salt: &[u8; SALT_LEN]) -> Self {
        Self { size: 0, sha256: sha2::Sha256::new_with_prefix(salt), sm3: sm3::Sm3::new_with_prefix(salt) }
    }

    /// For an input with `salt` before it if a salt is given.
    #[must_use]
    pub fn with_salt(salt: Option<&[u8; SALT_LEN]>) -> Self {
        salt.map_or_else(Self::new, Self::salted)
    }

    /// Adds the next bytes of the input.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        self.sha256.update(bytes);
        self.sm3.update(bytes);
    }

    /// Number of added bytes, without the salt.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The digests, and the size of the input without the salt.
    #[must_use]
    pub fn finish(self) -> FileDigests {
        FileDigests {
            size: self.size,
            sha256: Digest(self.sha256.finalize().into()),
            sm3: Digest(self.sm3.finalize().into()),
        }
    }
}

/// Both salted digests of a private text, as in the statement that commits to it.
#[must_use]
pub fn salted_content(text: &PrivateMetadata) -> Content {
    let mut pair = DigestPair::salted(&text.salt);
    pair.update(text.json.as_bytes());
    let FileDigests { sha256, sm3, .. } = pair.finish();
    Content { form: Form::Salted, sha256: Some(sha256), sm3: Some(sm3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_is_hashed_first_and_not_counted() {
        let salt = [7; SALT_LEN];
        let whole = [&salt[..], b"contract"].concat();
        for parts in [&[&b"contract"[..]][..], &[b"con", b"", b"tract"]] {
            let mut pair = DigestPair::salted(&salt);
            for part in parts {
                pair.update(part);
            }
            assert_eq!(pair.size(), 8);
            let digests = pair.finish();
            assert_eq!(digests.size, 8);
            assert_eq!(digests.sha256.0.as_slice(), sha2::Sha256::digest(&whole).as_slice());
            assert_eq!(digests.sm3.0.as_slice(), sm3::Sm3::digest(&whole).as_slice());
        }
    }

    #[test]
    fn a_private_text_has_the_digests_of_salt_and_text() {
        let text = PrivateMetadata { salt: [7; SALT_LEN], json: "contract".into() };
        let mut pair = DigestPair::with_salt(None);
        pair.update(&[&[7; SALT_LEN][..], b"contract"].concat());
        let plain = pair.finish();
        let content = salted_content(&text);
        assert!(content.is_salted());
        assert_eq!((content.sha256, content.sm3), (Some(plain.sha256), Some(plain.sm3)));
    }
}
