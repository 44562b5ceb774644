//! Digest and signature algorithms of timestamp tokens, accepted and refused.
//!
//! | use | accepted |
//! |---|---|
//! | imprint | SHA-256, SM3 |
//! | digest of the CMS message | SHA-256, SHA-384, SHA-512 |
//! | signature | RSA PKCS #1 v1.5 and RSA-PSS with keys of 2,048 to 8,192 bits, ECDSA on P-256 and P-384, Ed25519 |
//!
//! SHA-1 and MD5 are refused as weak. SM2 signatures are not supported, since no maintained library verifies them in certificates.

use std::fmt;

use der::Tag;
use der::asn1::ObjectIdentifier;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use sm3::Sm3;

use super::fields::{DerError, Fields, encode, encode_all};

/// SHA-256 (RFC 5754).
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// SHA-384.
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
/// SHA-512.
const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// SM3 (GB/T 33560).
const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");
/// Algorithms that are no longer collision resistant, and their names.
const WEAK: [(ObjectIdentifier, &str); 8] = [
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.26"), "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.2.5"), "MD5"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "SHA-1 with RSA"),
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), "SHA-1 with RSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "MD5 with RSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"), "MD2 with RSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "SHA-1 with ECDSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"), "SHA-1 with DSA"),
];

/// An algorithm that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// It is no longer collision resistant.
    #[error("{name} is too weak to prove anything")]
    Weak {
        /// Its name.
        name: String,
    },
    /// This program does not support it.
    #[error("the algorithm {oid} is not supported here")]
    Unsupported {
        /// Its object identifier.
        oid: String,
    },
}

impl AlgorithmError {
    /// The refusal of the algorithm with this object identifier.
    #[must_use]
    pub(super) fn refuse(oid: ObjectIdentifier) -> Self {
        match WEAK.iter().find(|(weak, _)| *weak == oid) {
            Some((_, name)) => Self::Weak { name: (*name).to_owned() },
            None => Self::Unsupported { oid: oid.to_string() },
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Weak { .. } => "time_token_algorithm_weak",
            Self::Unsupported { .. } => "time_token_algorithm_unsupported",
        }
    }
}

/// The digest algorithm of an imprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImprintAlgorithm {
    /// SHA-256.
    Sha256,
    /// SM3 (GB/T 32905-2016).
    Sm3,
}

impl ImprintAlgorithm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sm3];

    /// The name in records and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sm3 => "sm3",
        }
    }

    /// The algorithm with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The digest of `parts`, one after the other.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> [u8; 32] {
        match self {
            Self::Sha256 => parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into(),
            Self::Sm3 => parts.iter().fold(Sm3::new(), Sm3::chain_update).finalize().into(),
        }
    }

    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => SHA_256,
            Self::Sm3 => SM3,
        }
    }

    /// The `AlgorithmIdentifier`. Its parameters are NULL, which every authority accepts.
    pub(super) fn identifier(self) -> Result<Vec<u8>, DerError> {
        let oid = encode(Tag::ObjectIdentifier, self.oid().as_bytes())?;
        encode_all(Tag::Sequence, &[&oid, &encode(Tag::Null, &[])?])
    }

    /// The algorithm that an `AlgorithmIdentifier` names.
    pub(super) fn from_identifier(identifier: &Identifier<'_>) -> Result<Self, AlgorithmError> {
        let known = Self::ALL.into_iter().find(|algorithm| algorithm.oid() == identifier.oid);
        known.filter(|_| identifier.has_no_parameters()).ok_or_else(|| AlgorithmError::refuse(identifier.oid))
    }
}

impl fmt::Display for ImprintAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The digest algorithm of a CMS message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageDigest {
    Sha256,
    Sha384,
    Sha512,
}

impl MessageDigest {
    pub(super) fn from_identifier(identifier: &Identifier<'_>) -> Result<Self, AlgorithmError> {
        let known = match identifier.oid {
            SHA_256 => Some(Self::Sha256),
            SHA_384 => Some(Self::Sha384),
            SHA_512 => Some(Self::Sha512),
            _ => None,
        };
        known.filter(|_| identifier.has_no_parameters()).ok_or_else(|| AlgorithmError::refuse(identifier.oid))
    }

    /// Whether `digest` is the digest of `bytes`.
    pub(super) fn is_of(self, bytes: &[u8], digest: &[u8]) -> bool {
        match self {
            Self::Sha256 => Sha256::digest(bytes).as_slice() == digest,
            Self::Sha384 => Sha384::digest(bytes).as_slice() == digest,
            Self::Sha512 => Sha512::digest(bytes).as_slice() == digest,
        }
    }
}

/// An `AlgorithmIdentifier` (RFC 5280 section 4.1.1.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Identifier<'a> {
    pub(super) oid: ObjectIdentifier,
    /// Object identifier and parameters, as encoded.
    pub(super) content: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> Identifier<'a> {
    /// Reads it from the content of its sequence.
    pub(super) fn read(content: &'a [u8]) -> Result<Self, DerError> {
        let mut fields = Fields::new(content, "AlgorithmIdentifier")?;
        let oid = fields.oid()?;
        let parameters = if fields.is_finished() { &[][..] } else { fields.encoded()? };
        fields.finish()?;
        Ok(Self { oid, content, parameters })
    }

    /// Whether the parameters are absent or NULL. RFC 5754 section 2 requires that both are accepted.
    pub(super) fn has_no_parameters(&self) -> bool {
        matches!(self.parameters, [] | [5, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        let hex_of = |algorithm: ImprintAlgorithm| hex::encode(algorithm.digest(&[b"a", b"bc"]));
        assert_eq!(
            hex_of(ImprintAlgorithm::Sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hex_of(ImprintAlgorithm::Sm3), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }

    #[test]
    fn an_identifier_reads_as_it_was_written() {
        for algorithm in ImprintAlgorithm::ALL {
            let der = algorithm.identifier().unwrap();
            assert_eq!(ImprintAlgorithm::from_identifier(&Identifier::read(&der[2..]).unwrap()), Ok(algorithm));
            assert_eq!(ImprintAlgorithm::parse(algorithm.name()), Some(algorithm));
        }
        let sha_256 = ImprintAlgorithm::Sha256.identifier().unwrap();
        assert_eq!(hex::encode(&sha_256), "300d06096086480165030402010500");
        // Absent parameters, and parameters other than NULL.
        let without = &sha_256[2..sha_256.len() - 2];
        assert!(ImprintAlgorithm::from_identifier(&Identifier::read(without).unwrap()).is_ok());
        let with = [without, &[2, 1, 1]].concat();
        assert!(ImprintAlgorithm::from_identifier(&Identifier::read(&with).unwrap()).is_err());
    }

    #[test]
    fn weak_algorithms_are_named() {
        let refused = |oid: &str| AlgorithmError::refuse(ObjectIdentifier::new(oid).unwrap());
        assert_eq!(refused("1.3.14.3.2.26").code(), "time_token_algorithm_weak");
        assert_eq!(refused("1.2.840.113549.2.5").to_string(), "MD5 is too weak to prove anything");
        assert_eq!(refused("1.2.3").code(), "time_token_algorithm_unsupported");
    }
}
