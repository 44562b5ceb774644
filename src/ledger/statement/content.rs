//! The digests of an original in a statement, and the comparison of a file with them.
//!
//! ```text
//! sha-256 <64 hex>            plain: the digests of the original, and its size in bytes (>= 1)
//! sm3 <64 hex>
//! size <bytes>
//!
//! salted-sha-256 <64 hex>     salted: H(32-byte salt ‖ original) and no size, for evidence so short that its digest
//! salted-sm3 <64 hex>         could be guessed
//! ```
//!
//! # Invariants
//!
//! At least one digest; MD5 and SHA-1 are not supported, and the digests of the empty input are rejected. The
//! algorithm is named, never guessed from a length. A file matches only if **every** digest and the size agree; if only
//! some do, the record contradicts itself ([`Comparison::Contradictory`]).

use std::fmt;

use crate::ledger::hash::Digest;
use crate::ledger::keyword;
use crate::ledger::text::Fault;

/// A hash algorithm for originals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905-2016).
    Sm3,
}

impl HashAlgorithm {
    /// Both, in the order of a statement's lines.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sm3];

    /// The name in records, documents and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => keyword::SHA_256,
            Self::Sm3 => keyword::SM3,
        }
    }

    /// The name of the statement's line for this algorithm.
    #[must_use]
    pub const fn line(self, salted: bool) -> &'static str {
        match (self, salted) {
            (_, false) => self.name(),
            (Self::Sha256, true) => keyword::SALTED_SHA_256,
            (Self::Sm3, true) => keyword::SALTED_SM3,
        }
    }

    /// Parses [`Self::name`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == text)
    }

    /// The digest of the empty input, which statements must not contain.
    #[must_use]
    pub const fn of_empty_input(self) -> Digest {
        Digest(match self {
            Self::Sha256 => [
                0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
                0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
            ],
            Self::Sm3 => [
                0x1a, 0xb2, 0x1d, 0x83, 0x55, 0xcf, 0xa1, 0x7f, 0x8e, 0x61, 0x19, 0x48, 0x31, 0xe8, 0x1a, 0x8f, 0x22,
                0xbe, 0xc8, 0xc7, 0x28, 0xfe, 0xfb, 0x74, 0x7e, 0xd0, 0x35, 0xeb, 0x50, 0x82, 0xaa, 0x2b,
            ],
        })
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the digests are computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Digests of the original itself, with its size in bytes.
    Plain {
        /// Bytes of the original, at least 1.
        size: u64,
    },
    /// Digests of a 32-byte salt followed by the original.
    Salted,
}

/// The digests of one original: at least one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Plain or salted.
    pub form: Form,
    /// SHA-256, if given.
    pub sha256: Option<Digest>,
    /// SM3, if given.
    pub sm3: Option<Digest>,
}

/// Size and both digests of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDigests {
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of the file, or of salt and file.
    pub sha256: Digest,
    /// SM3 of the file, or of salt and file.
    pub sm3: Digest,
}

impl FileDigests {
    /// The digest by `algorithm`.
    #[must_use]
    pub const fn digest(&self, algorithm: HashAlgorithm) -> Digest {
        match algorithm {
            HashAlgorithm::Sha256 => self.sha256,
            HashAlgorithm::Sm3 => self.sm3,
        }
    }
}

/// Result of comparing a file with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Every digest and the size agree.
    Match,
    /// No digest agrees: the file is another one, or was changed.
    Mismatch,
    /// Some agree and some do not: no file has all of these digests, so the record contradicts itself.
    Contradictory,
}

impl Content {
    /// Checks the digests and the size by themselves.
    ///
    /// # Errors
    ///
    /// [`Fault::MissingLine`] without a digest, [`Fault::WeakDigest`] for the digest of the empty input,
    /// [`Fault::BadValue`] for size 0.
    pub fn check(&self) -> Result<(), Fault> {
        if self.digests().next().is_none() {
            return Err(Fault::MissingLine { name: keyword::SHA_256 });
        }
        if self.form == (Form::Plain { size: 0 }) {
            return Err(Fault::BadValue { name: keyword::SIZE, expected: "at least 1" });
        }
        match self.digests().find(|(algorithm, digest)| *digest == algorithm.of_empty_input()) {
            Some((algorithm, _)) => {
                Err(Fault::WeakDigest { name: algorithm.name(), reason: "this is the digest of the empty input" })
            }
            None => Ok(()),
        }
    }

    /// The digests present, SHA-256 first.
    pub fn digests(&self) -> impl Iterator<Item = (HashAlgorithm, Digest)> + use<> {
        let pairs = [(HashAlgorithm::Sha256, self.sha256), (HashAlgorithm::Sm3, self.sm3)];
        pairs.into_iter().filter_map(|(algorithm, digest)| Some((algorithm, digest?)))
    }

    /// Whether the digests are salted.
    #[must_use]
    pub fn is_salted(&self) -> bool {
        self.form == Form::Salted
    }

    /// Compares a file with every digest and the size.
    #[must_use]
    pub fn compare(&self, file: &FileDigests) -> Comparison {
        let same = self.digests().filter(|(algorithm, digest)| file.digest(*algorithm) == *digest).count();
        let all = self.digests().count();
        let size_agrees = match self.form {
            Form::Plain { size } => size == file.size,
            Form::Salted => true,
        };
        match same {
            0 => Comparison::Mismatch,
            _ if same == all && size_agrees => Comparison::Match,
            _ => Comparison::Contradictory,
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;

    fn measured(bytes: &[u8]) -> FileDigests {
        FileDigests {
            size: bytes.len() as u64,
            sha256: Digest(sha2::Sha256::digest(bytes).into()),
            sm3: Digest(sm3::Sm3::digest(bytes).into()),
        }
    }

    fn content(bytes: &[u8]) -> Content {
        let m = measured(bytes);
        Content { form: Form::Plain { size: m.size }, sha256: Some(m.sha256), sm3: Some(m.sm3) }
    }

    #[test]
    fn the_digests_of_the_empty_input_are_rejected() {
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(algorithm.of_empty_input(), measured(b"").digest(algorithm));
        }
        for (sha256, sm3) in [(true, false), (false, true)] {
            let weak = Content {
                sha256: sha256.then(|| measured(b"").sha256),
                sm3: sm3.then(|| measured(b"").sm3),
                ..content(b"x")
            };
            assert_eq!(weak.check().unwrap_err().code().as_str(), "weak_digest");
        }
        assert_eq!(
            Content { form: Form::Plain { size: 0 }, ..content(b"x") }.check().unwrap_err().code().as_str(),
            "bad_value"
        );
        assert_eq!(
            Content { sha256: None, sm3: None, ..content(b"x") }.check().unwrap_err().code().as_str(),
            "missing_line"
        );
    }

    #[test]
    fn a_file_must_match_every_digest_and_the_size() {
        let (record, file) = (content(b"contract"), measured(b"contract"));
        assert_eq!(record.compare(&file), Comparison::Match);
        assert_eq!(record.compare(&measured(b"contracT")), Comparison::Mismatch);
        let other = measured(b"other");
        let contradictory = [
            Content { sm3: Some(other.sm3), ..record },
            Content { sha256: Some(other.sha256), ..record },
            Content { form: Form::Plain { size: 9 }, ..record },
        ];
        for record in contradictory {
            assert_eq!(record.compare(&file), Comparison::Contradictory);
        }
        assert_eq!(Content { sm3: None, ..record }.compare(&file), Comparison::Match);
        assert_eq!(Content { form: Form::Salted, ..record }.compare(&file), Comparison::Match);
    }
}
