//! SHA-256 digests, and the leaf and node hashes of RFC 6962 §2.1.
//!
//! ```text
//! leaf(x)    = SHA-256(0x00 ‖ x)         a record's id: 交易id of an entry, 区块哈希 of a block header
//! node(l, r) = SHA-256(0x01 ‖ l ‖ r)     an inner node of the Merkle tree
//! ```
//!
//! The prefixes separate leaves from nodes (protection against second preimages). A record's id can be recomputed with
//! standard tools: `(printf '\0'; cat record.txt) | sha256sum`.
//!
//! ```
//! use tiezheng::ledger::hash::{leaf_hash, node_hash};
//! let empty = leaf_hash(b"");
//! assert_eq!(empty.to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
//! let two = node_hash(&empty, &leaf_hash(&[0]));
//! assert_eq!(two.to_string(), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
//! ```
//!
//! Not here: SHA-256 and SM3 of depositors' files ([`digests`](super::digests)).

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Length of a SHA-256 digest in bytes.
pub const DIGEST_LEN: usize = 32;

/// A 32-byte digest of a record, a tree node, a statement or a file. Printed and parsed as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; DIGEST_LEN]);

impl Digest {
    /// 64 zeros: the 前一区块哈希 of the first block.
    pub const ZERO: Self = Self([0; DIGEST_LEN]);

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; DIGEST_LEN] {
        &self.0
    }

    /// Parses exactly 64 lower-case hex digits; `None` for anything else, upper case included.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    /// From exactly 32 bytes; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Parses exactly `2 * N` lower-case hex digits; `None` for anything else.
#[must_use]
pub fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    let mut seen = 0;
    // Without branches: parsing a large manifest reads hundreds of millions of these digits.
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (half_byte(*high), half_byte(*low));
        seen |= high | low;
        *byte = (high << 4) | (low & 15);
    }
    (seen < 16).then_some(bytes)
}

/// The value of a lower-case hex digit, and 255 for anything else.
const fn half_byte(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => u8::MAX,
    }
}

/// The two lower-case hex digits of each byte. Without branches: an audit prints hundreds of them for every record.
#[must_use]
pub fn hex_digits<const N: usize>(bytes: &[u8; N]) -> [[u8; 2]; N] {
    // Wrapping, so that the compiler handles many bytes at once: a check for overflow would be a branch.
    let digit = |half: u8| half.wrapping_add(if half < 10 { b'0' } else { b'a' - 10 });
    bytes.map(|byte| [digit(byte >> 4), digit(byte & 15)])
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(hex_digits(&self.0).as_flattened()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The hash of a leaf (RFC 6962 §2.1): the id of the record.
#[must_use]
pub fn leaf_hash(record: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(record).finalize().into())
}

/// The hash of an inner node (RFC 6962 §2.1).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 1 + 2 * DIGEST_LEN];
    let (l, r) = bytes.split_at_mut(1 + DIGEST_LEN);
    if let Some(l) = l.get_mut(1..) {
        l.copy_from_slice(&left.0);
    }
    r.copy_from_slice(&right.0);
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6962_vectors_hold() {
        assert_eq!(sha256(b"").to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(
            leaf_hash(&[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f
            ])
            .to_string(),
            "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1"
        );
    }

    #[test]
    fn only_lower_case_hex_is_parsed() {
        let text = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(Digest::from_hex(text).unwrap().to_string(), text);
        assert_eq!(Digest::from_hex(&text.to_uppercase()), None);
        assert_eq!(Digest::from_hex(&text[..62]), None);
        assert_eq!(Digest::from_hex(&format!("{text}00")), None);
        assert_eq!(Digest::from_hex(&text.replace('6', "g")), None);
        assert_eq!(Digest::from_hex(&text.replacen("6e", "é", 1)), None);
        for byte in 0..=u8::MAX {
            assert_eq!(lower_hex::<1>(&hex::encode([byte])), Some([byte]));
            assert_eq!(hex_digits(&[byte]).as_flattened(), hex::encode([byte]).as_bytes());
            let foreign = !matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            for pair in [[byte, b'7'], [b'7', byte]] {
                let read = std::str::from_utf8(&pair).ok().and_then(lower_hex::<1>);
                assert_eq!(read.is_none(), foreign, "{pair:?}");
            }
        }
    }
}
