//! The format of an encrypted object, version 1.
//!
//! ```text
//! tiezheng custody v1⏎                      header, 85 bytes: kind and version,
//! <64 hex: the object's name>⏎              and the object
//! <segment 0> <segment 1> … <segment n>     each: ciphertext as long as its plaintext, then a tag of 16 bytes
//! ```
//!
//! The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár ("Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance", CRYPTO 2015), laid out as age does. The plaintext is cut into segments of 65,536
//! bytes; the last has 1 to 65,536. Each is sealed with AES-256-GCM (NIST SP 800-38D) under
//!
//! - the object's key, which encrypts only this object;
//! - the nonce `segment number (88 bits, big-endian, from 0) ‖ 0x01 if it is the last segment, else 0x00`;
//! - the header as associated data.
//!
//! # Invariants
//!
//! A nonce is never used twice under one key. A segment can be decrypted only at its own position in its own object,
//! and the last segment only as the last. Decryption detects segments that were changed, swapped, left out, truncated
//! or appended. There is no empty segment, and no object of an empty original.
//!
//! Not here: the original's digests (`encryptor`). They show that the plaintext is the deposited one; a tag shows only that a holder
//! of the key encrypted these bytes.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::custody::object::{ObjectId, ObjectKey};

/// Bytes of plaintext in every segment but the last.
pub const SEGMENT: usize = 64 * 1024;
/// Bytes that sealing adds to a segment.
pub const TAG: usize = 16;
/// Bytes of a sealed segment, except the last.
pub const SEALED_SEGMENT: usize = SEGMENT + TAG;
/// Bytes of the header.
pub const HEADER: usize = MAGIC.len() + 2 * 32 + 1;

const MAGIC: &str = "tiezheng custody v1\n";

/// The first bytes of an object.
#[must_use]
pub fn header(object: &ObjectId) -> String {
    format!("{MAGIC}{object}\n")
}

/// Number of segments of an original of `size` bytes.
#[must_use]
pub const fn segments(size: u64) -> u64 {
    size.div_ceil(SEGMENT as u64)
}

/// Offset of a segment in an object; `None` on overflow.
#[must_use]
pub fn offset(segment: u64) -> Option<u64> {
    segment.checked_mul(SEALED_SEGMENT as u64)?.checked_add(HEADER as u64)
}

/// Size of the object of an original of `size` bytes; `None` on overflow.
#[must_use]
pub fn sealed_size(size: u64) -> Option<u64> {
    segments(size).checked_mul(TAG as u64)?.checked_add(size)?.checked_add(HEADER as u64)
}

/// AES-256-GCM rejected the key or the segment. The lengths used here do not cause it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("AES-256-GCM rejected the key or the segment")]
pub struct SealError;

/// Encrypts and decrypts the segments of one object.
// ring offers no way to wipe its expanded copy of the key.
#[derive(Debug)]
pub struct Cipher {
    key: LessSafeKey,
    header: String,
}

impl Cipher {
    /// The cipher of `object` under `key`.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub fn new(object: &ObjectId, key: &ObjectKey) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| SealError)?;
        Ok(Self { key: LessSafeKey::new(key), header: header(object) })
    }

    /// The first bytes of the object.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        self.header.as_bytes()
    }

    /// Appends a segment to `sealed`. Never the same `segment` twice under one key.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub fn seal(&self, segment: u64, is_last: bool, plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), SealError> {
        let from = sealed.len();
        sealed.extend_from_slice(plain);
        let text = sealed.get_mut(from..).unwrap_or_default();
        let tag = self.key.seal_in_place_separate_tag(nonce(segment, is_last), Aad::from(self.header()), text);
        sealed.extend_from_slice(tag.map_err(|_| SealError)?.as_ref());
        Ok(())
    }

    /// Decrypts consecutive segments from `first` on; `ends` if they include the last one.
    ///
    /// # Errors
    ///
    /// The number of the first segment that fails authentication. Nothing is returned then.
    pub fn open(&self, first: u64, ends: bool, mut sealed: Vec<u8>) -> Result<Vec<u8>, u64> {
        let count = sealed.len().div_ceil(SEALED_SEGMENT);
        let mut opened = Vec::with_capacity(sealed.len());
        for (at, (segment, text)) in (first..).zip(sealed.chunks_mut(SEALED_SEGMENT)).enumerate() {
            let nonce = nonce(segment, ends && at + 1 == count);
            match self.key.open_in_place(nonce, Aad::from(self.header()), text) {
                Ok(plain) => opened.extend_from_slice(plain),
                Err(_) => return Err(segment),
            }
        }
        Ok(opened)
    }
}

fn nonce(segment: u64, is_last: bool) -> Nonce {
    let [_, _, _, _, nonce @ ..] = (u128::from(segment) << 8 | u128::from(is_last)).to_be_bytes();
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests;
