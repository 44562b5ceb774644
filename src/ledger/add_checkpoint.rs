//! The body of `POST /add-checkpoint` (c2sp.org/tlog-witness): the size of the last checkpoint that the witness cosigned, a
//! consistency proof from there, and the checkpoint.
//!
//! ```text
//! old <size> LF
//! <base64 of a hash> LF          0 to 63 lines
//! LF
//! <the signed checkpoint, to the end>
//! ```
//!
//! # Invariants
//!
//! Decimals and base64 have one canonical form each, so printing a parsed body gives the same bytes. Nothing is
//! verified here.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::ConsistencyProof;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::text::{decimal_value, plain_text};

/// Maximum length of a body in bytes: room for a hundred Ed25519 signatures with the longest name; more than a hundred
/// times the usual length.
pub const BODY_MAX: usize = 128 * 1024;
/// Maximum number of lines of a proof.
pub const PROOF_LINES_MAX: usize = 63;

/// A parsed request. Only its form was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpointRequest<'b> {
    /// The size of the last checkpoint that the witness cosigned, as known to its client.
    pub old: TreeSize,
    /// Proof from that tree to the tree of the checkpoint.
    pub proof: ConsistencyProof,
    /// The signed checkpoint, not parsed.
    pub note: &'b str,
}

/// Why a body is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// More than [`BODY_MAX`] bytes.
    #[error("more than {BODY_MAX} bytes")]
    TooLong,
    /// Not UTF-8, or with control characters.
    #[error("not plain text with line feeds")]
    NotText,
    /// The first line is not `old` and a decimal without leading zeros.
    #[error("the first line is not `old` and a size")]
    BadOldSize,
    /// More than [`PROOF_LINES_MAX`].
    #[error("the proof has more than {PROOF_LINES_MAX} lines")]
    ProofTooLong,
    /// A line of the proof is not the base64 of 32 bytes.
    #[error("line {line} is not the base64 of a hash")]
    BadHash {
        /// The line number, from 1.
        line: usize,
    },
    /// No empty line ends the proof.
    #[error("no empty line between proof and checkpoint")]
    MissingCheckpoint,
}

impl<'b> AddCheckpointRequest<'b> {
    /// Parses a body.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn parse(body: &'b [u8]) -> Result<Self, RequestError> {
        if body.len() > BODY_MAX {
            return Err(RequestError::TooLong);
        }
        let text = plain_text(body).map_err(|_| RequestError::NotText)?;
        let (first, mut rest) = text.split_once('\n').ok_or(RequestError::BadOldSize)?;
        let old = first.strip_prefix("old ").and_then(|old| decimal_value("old", old).ok());
        let old = TreeSize(old.ok_or(RequestError::BadOldSize)?);
        let mut hashes = Vec::new();
        loop {
            let (line, following) = rest.split_once('\n').ok_or(RequestError::MissingCheckpoint)?;
            rest = following;
            if line.is_empty() {
                break;
            }
            if hashes.len() == PROOF_LINES_MAX {
                return Err(RequestError::ProofTooLong);
            }
            hashes.push(hash(line).ok_or(RequestError::BadHash { line: hashes.len() + 2 })?);
        }
        let proof = ConsistencyProof::from_hashes(hashes).map_err(|_| RequestError::ProofTooLong)?;
        Ok(Self { old, proof, note: rest })
    }
}

impl fmt::Display for AddCheckpointRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.hashes().iter().try_for_each(|hash| writeln!(f, "{}", BASE64_STANDARD.encode(hash.as_bytes())))?;
        write!(f, "\n{}", self.note)
    }
}

fn hash(line: &str) -> Option<Digest> {
    // Checked before decoding, so that a line costs no more memory than a hash.
    let bytes = (line.len() == 44).then(|| BASE64_STANDARD.decode(line).ok())??;
    Digest::from_slice(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn refused(body: &str) -> RequestError {
        AddCheckpointRequest::parse(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_submission_is_cut_at_the_first_empty_line() {
        let body = format!("old 1\n{HASH}\n{HASH}\n\norigin\n2\nroot\n\n— a b\n");
        let parsed = AddCheckpointRequest::parse(body.as_bytes()).unwrap();
        assert_eq!((parsed.old, parsed.proof.hashes().len()), (TreeSize(1), 2));
        assert_eq!(parsed.note, "origin\n2\nroot\n\n— a b\n");
        assert_eq!(parsed.to_string(), body);
        assert_eq!(AddCheckpointRequest::parse(b"old 0\n\n").unwrap().note, "");
    }

    #[test]
    fn each_malformation_has_its_error() {
        for first in ["old 007", "old +0", "old -1", "old ", "old", "old 1 ", "OLD 1", "1", "old 9223372036854775808"] {
            assert_eq!(refused(&format!("{first}\n\nnote\n")), RequestError::BadOldSize, "{first}");
        }
        assert_eq!(refused(""), RequestError::BadOldSize);
        assert_eq!(refused("old 1"), RequestError::BadOldSize);
        assert_eq!(refused("old 1\n"), RequestError::MissingCheckpoint);
        assert_eq!(refused(&format!("old 1\n{HASH}\n")), RequestError::MissingCheckpoint);
        assert_eq!(refused("old 1\r\n\nnote\n"), RequestError::NotText);
        assert_eq!(AddCheckpointRequest::parse(b"old 1\n\n\xff\n"), Err(RequestError::NotText));
        // 31 bytes, non-zero trailing bits, and text that is not base64.
        for bad in ["KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", &HASH.replace("AA=", "AB="), "*"] {
            assert_eq!(refused(&format!("old 1\n{HASH}\n{bad}\n\nnote\n")), RequestError::BadHash { line: 3 });
        }
    }

    #[test]
    fn the_length_of_proof_and_body_is_limited() {
        let proof = |lines: usize| format!("old 1\n{}\nnote\n", format!("{HASH}\n").repeat(lines));
        assert!(AddCheckpointRequest::parse(proof(63).as_bytes()).is_ok());
        assert_eq!(refused(&proof(64)), RequestError::ProofTooLong);
        assert_eq!(refused(&format!("old 1\n\n{}\n", "a".repeat(BODY_MAX))), RequestError::TooLong);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(body: Vec<u8>, text: String) {
            if let Ok(parsed) = AddCheckpointRequest::parse(&body) {
                proptest::prop_assert_eq!(parsed.to_string().into_bytes(), body);
            }
            let _ = AddCheckpointRequest::parse(format!("old 1\n{text}").as_bytes());
        }
    }
}
