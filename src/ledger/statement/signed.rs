//! The statement as a signed note (C2SP signed-note), and its id.
//!
//! ```text
//! <the statement's text, see `text`>
//! (blank line)
//! — <key name> <base64(key id ‖ Ed25519 signature)>      one per `key` line, in their order
//! ```
//!
//! The **statement id** is SHA-256 of the signed message (the text with its final LF): the idempotency key of a
//! deposit. It does not cover the signatures, so the same statement signed again is not a second deposit.
//!
//! # Invariants
//!
//! A [`StatementNote`] is well-formed, but its signatures are not verified. [`StatementNote::verify`] turns it into a
//! [`SignedStatement`]. The sequencer accepts only a [`SignedStatement`] as an entry.
//!
//! ```
//! use tiezheng::ledger::statement::signed::StatementNote;
//! let text = "tiezheng statement v1\n\
//!             ledger example.org/ledger\n\
//!             sha-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n\
//!             sm3 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n\
//!             size 3\n\
//!             type text/plain\n\
//!             nonce 000102030405060708090a0b0c0d0e0f\n\
//!             key k-e38c22b4ffb0fb2e+DUMMY\n";
//! // The last line is not a vkey.
//! let error = StatementNote::parse(format!("{text}\n— k-e38c22b4ffb0fb2e AAAAAAAA\n").as_bytes()).unwrap_err();
//! assert_eq!(error.code().as_str(), "bad_value");
//! assert_eq!(error.to_string(), "line 8: bad value of `key`: a vkey `name+id+base64`");
//! ```

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::error_code::ErrorCode;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::key::{PublicKey, SIGNATURE_LEN, Signer};
use crate::ledger::note::{Note, NoteError};
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::statement::text::Statement;
use crate::ledger::text::TextError;

/// Why bytes are not a valid signed statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// A line of the statement is invalid.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The note is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not exactly one signature line per `key` line, in their order.
    #[error(
        "expected one signature per key line, in their order: {expected} keys, {found} signatures, number {position} does not fit"
    )]
    SignatureOrder {
        /// Number of `key` lines.
        expected: usize,
        /// Number of signature lines.
        found: usize,
        /// Position of the first signature that is missing, superfluous or by another key, from 1.
        position: usize,
    },
    /// A signature does not verify.
    #[error("the signature of `{name}` does not verify")]
    BadSignature {
        /// The key's name.
        name: String,
    },
}

impl StatementError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Text(error) => error.fault.code(),
            Self::Note(error) => error.code(),
            Self::SignatureOrder { expected, found, .. } if *found < *expected => ErrorCode::MissingSignature,
            Self::SignatureOrder { .. } => ErrorCode::UnexpectedSignature,
            Self::BadSignature { .. } => ErrorCode::BadSignature,
        }
    }
}

/// A well-formed statement with its signatures, not verified. Clones share memory.
#[derive(Clone)]
pub struct StatementNote(Arc<Parsed>);

/// The shared content of a [`StatementNote`]: the note and its parsed text.
struct Parsed {
    statement: Statement,
    /// The statement id, computed at first use.
    id: OnceLock<Digest>,
    note: Note,
}

/// Compares the notes only: equal notes have equal statements and ids.
impl PartialEq for StatementNote {
    fn eq(&self, other: &Self) -> bool {
        self.0.note == other.0.note
    }
}

impl Eq for StatementNote {}

impl StatementNote {
    /// Parses a statement note, without verifying its signatures.
    ///
    /// # Errors
    ///
    /// [`StatementError`], except `BadSignature`.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::parse_with(bytes, &mut KeyCache::none())
    }

    /// As [`Self::parse`], with a cache of parsed keys for callers that parse many statements.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn parse_with(bytes: &[u8], keys: &mut KeyCache) -> Result<Self, StatementError> {
        Self::read(Note::parse(bytes)?, keys)
    }

    /// Parses the statement in a parsed note, and checks that each `key` line has its signature line.
    pub(in crate::ledger) fn read(note: Note, keys: &mut KeyCache) -> Result<Self, StatementError> {
        let statement = Statement::parse_with(note.text(), keys)?;
        let (expected, found) = (statement.keys.len(), note.signatures().len());
        let fits = |position: usize| match (statement.keys.get(position), note.signatures().get(position)) {
            (Some(key), Some(line)) => {
                *key.name() == line.name && key.id() == line.id && line.bytes.len() == SIGNATURE_LEN
            }
            _ => false,
        };
        match (0..expected.max(found)).find(|position| !fits(*position)) {
            Some(at) => Err(StatementError::SignatureOrder { expected, found, position: at + 1 }),
            None => Ok(Self(Arc::new(Parsed { statement, id: OnceLock::new(), note }))),
        }
    }

    /// Verifies every signature. Accepts exactly what ed25519-dalek's `verify_strict` accepts.
    ///
    /// # Errors
    ///
    /// [`StatementError::BadSignature`].
    pub fn verify(self) -> Result<SignedStatement, StatementError> {
        // The sequencer needs the id. Computing it here keeps that work off the sequencer's thread.
        let _ = self.id();
        match self.forged_key() {
            None => Ok(SignedStatement(self)),
            Some(name) => Err(StatementError::BadSignature { name }),
        }
    }

    /// Name of the first key whose signature does not verify; `None` if all verify.
    #[must_use]
    pub fn forged_key(&self) -> Option<String> {
        self.first_forged(PublicKey::verify)
    }

    /// As [`Self::forged_key`], with ed25519-dalek's own `verify_strict`: the baseline in benchmarks.
    #[must_use]
    pub fn strictly_forged_key(&self) -> Option<String> {
        self.first_forged(PublicKey::verify_strict)
    }

    /// Name of the first key for which `verify` rejects the signature.
    fn first_forged(&self, verify: impl Fn(&PublicKey, &[u8], &[u8; SIGNATURE_LEN]) -> bool) -> Option<String> {
        let Parsed { statement, note, .. } = &*self.0;
        let message = note.text().as_bytes();
        let mut pairs = statement.keys.iter().zip(note.signatures());
        let forged = pairs.find(|(key, line)| {
            let signature = <&[u8; SIGNATURE_LEN]>::try_from(line.bytes.as_slice());
            !signature.is_ok_and(|signature| verify(key.public(), message, signature))
        });
        forged.map(|(key, _)| key.name().to_string())
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.0.statement
    }

    /// The statement id: SHA-256 of the signed message, which is the idempotency key of a deposit.
    #[must_use]
    pub fn id(&self) -> Digest {
        *self.0.id.get_or_init(|| sha256(self.0.note.text().as_bytes()))
    }

    /// The note, byte for byte.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.note.as_str()
    }
}

impl fmt::Display for StatementNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for StatementNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatementNote({})", self.id())
    }
}

/// A statement whose signatures all verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement(StatementNote);

impl SignedStatement {
    /// Sorts the links and keys of a statement, signs it with its keys, and verifies the signatures.
    ///
    /// # Errors
    ///
    /// [`StatementError`] if the statement is not well-formed, or if `signers` are not exactly its keys.
    pub fn sign(statement: Statement, signers: &[Signer]) -> Result<Self, StatementError> {
        Self::sign_unproven(statement, signers)?.0.verify()
    }

    /// As [`Self::sign`], without verifying the new signatures: for programs that sign millions of statements.
    ///
    /// # Errors
    ///
    /// As [`Self::sign`].
    pub fn sign_unproven(mut statement: Statement, signers: &[Signer]) -> Result<Self, StatementError> {
        statement.links.sort_by_key(|link| (link.kind.word(), link.number.to_string()));
        statement.keys.sort_by_key(ToString::to_string);
        let mut ordered: Vec<&Signer> = signers.iter().collect();
        ordered.sort_by_key(|signer| signer.verifier().to_string());
        let note = Note::sign(statement.to_text(), &ordered)?;
        StatementNote::parse(note.as_str().as_bytes()).map(Self)
    }

    /// The note with its signatures.
    #[must_use]
    pub const fn note(&self) -> &StatementNote {
        &self.0
    }

    /// The note with its signatures, without a copy.
    #[must_use]
    pub fn into_note(self) -> StatementNote {
        self.0
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        self.0.statement()
    }

    /// The statement id: SHA-256 of the signed message, which is the idempotency key of a deposit.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.0.id()
    }
}

#[cfg(test)]
mod tests;
