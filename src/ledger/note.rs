//! Signed notes (c2sp.org/signed-note v1.0.0): a text and signatures over it.
//!
//! ```text
//! <text, UTF-8, one or more lines, ends with LF>
//! LF
//! — <key name> <base64(key id (4) ‖ signature)> LF       one or more; U+2014, one space
//! ```
//!
//! The signed message is the text with its final LF, without the blank line. The text may contain blank lines: the *last* one
//! separates it from the signatures. A verifier ignores signatures of unknown keys; a signature under a known key must verify.
//!
//! # Invariants
//!
//! A note is printed byte for byte as it was parsed, and base64 is canonical. Parsing verifies nothing:
//! [`Note::verified_by`] does.
//!
//! ```
//! use tiezheng::ledger::{key::VerifierKey, note::Note};
//! let key = VerifierKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
//! let text = "If you think cryptography is the answer to your problem,\n\
//!             then you don't know what your problem is.\n\
//!             \n\
//!             — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
//! let note = Note::parse(text.as_bytes()).unwrap();
//! assert_eq!(note.verified_by(std::slice::from_ref(&key)).unwrap(), [&key]);
//! assert_eq!(note.to_string(), text);
//! ```

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::error_code::ErrorCode;
use crate::ledger::key::{KeyId, Name, SIGNATURE_LEN, Signer, VerifierKey};
use crate::ledger::keyword::SIGNATURE;
use crate::ledger::text::{Fault, TextError, last_blank_line, plain_text};

/// Maximum number of signatures of a note: Go's `sumdb/note` rejects more than 100.
pub const SIGNATURES_MAX: usize = 100;
/// Maximum length of a signature blob in bytes, key id included: post-quantum signatures take 2,428.
const BLOB_MAX: usize = 8 * 1024;
/// Characters of an Ed25519 signature with its key id.
const ED25519_BASE64: usize = (4 + SIGNATURE_LEN).div_ceil(3) * 4;

/// One signature line, of a known or unknown key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: Name,
    /// The key id.
    pub id: KeyId,
    /// The bytes after the key id: for Ed25519, the signature.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// Parses a signature line without its final LF; `None` for any other text.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        plain_text(line.as_bytes()).ok().and_then(parse_signature)
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGNATURE}{} {}", self.name, BASE64_STANDARD.encode([self.id.as_slice(), &self.bytes].concat()))
    }
}

/// A text with its signatures, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The whole note, byte for byte.
    whole: Box<str>,
    /// Offset of the blank line after the text.
    cut: usize,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are not a note, or why a note does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Not text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No blank line, no text, or no signature lines after the blank line.
    #[error("no signature block")]
    NoSignatures,
    /// More than [`SIGNATURES_MAX`].
    #[error("more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A line after the blank line that is not a signature line.
    #[error("malformed signature line {line}")]
    MalformedSignature {
        /// Line number in the note, from 1.
        line: usize,
    },
    /// A signature under a known key that does not verify: the note is forged or damaged.
    #[error("the signature of `{name}` does not verify")]
    BadSignature {
        /// The key's name.
        name: Name,
    },
    /// No signature under any known key.
    #[error("not signed by a known key")]
    UnknownKey,
}

impl NoteError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Text(error) => error.fault.code(),
            Self::NoSignatures => ErrorCode::MissingSignature,
            Self::TooManySignatures => ErrorCode::TooManySignatures,
            Self::MalformedSignature { .. } => ErrorCode::MalformedSignature,
            // A statement contains its own keys, so `UnknownKey` never reaches a client.
            Self::BadSignature { .. } | Self::UnknownKey => ErrorCode::BadSignature,
        }
    }
}

impl Note {
    /// Signs `text` with each signer, in their order.
    ///
    /// # Errors
    ///
    /// [`NoteError::Text`] if the text contains control characters or does not end with LF; [`NoteError::NoSignatures`]
    /// without text or signer.
    pub fn sign(text: String, signers: &[&Signer]) -> Result<Self, NoteError> {
        plain_text(text.as_bytes())?;
        check_end(&text)?;
        let signatures = signers.iter().map(|signer| NoteSignature {
            name: signer.verifier().name().clone(),
            id: signer.verifier().id(),
            bytes: signer.sign(text.as_bytes()).to_vec(),
        });
        let signatures: Vec<_> = signatures.collect();
        if signatures.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        let (cut, mut whole) = (text.len(), text);
        whole.push('\n');
        for signature in &signatures {
            // Writing to a String cannot fail.
            let _ = writeln!(whole, "{signature}");
        }
        Ok(Self { whole: whole.into(), cut, signatures })
    }

    /// Parses a note, without verifying signatures.
    ///
    /// # Errors
    ///
    /// Any [`NoteError`] but [`NoteError::BadSignature`] and [`NoteError::UnknownKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        Self::read(plain_text(bytes)?)
    }

    /// Parses a note from text that [`plain_text`] has checked.
    pub(in crate::ledger) fn read(whole: &str) -> Result<Self, NoteError> {
        let cut = last_blank_line(whole).ok_or(NoteError::NoSignatures)?;
        let (text, block) = whole.split_at(cut);
        check_end(text)?;
        let block = block.strip_prefix('\n').unwrap_or(block);
        let line_of = |position: usize| text.matches('\n').count() + 2 + position;
        let body = block.strip_suffix('\n').ok_or_else(|| TextError {
            line: line_of(block.matches('\n').count()),
            fault: Fault::MissingFinalNewline,
        })?;
        let mut signatures = Vec::with_capacity(1);
        for (i, line) in body.split('\n').enumerate() {
            if i == SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(parse_signature(line).ok_or_else(|| NoteError::MalformedSignature { line: line_of(i) })?);
        }
        Ok(Self { cut: text.len(), whole: whole.into(), signatures })
    }

    /// The signed text, final LF included.
    #[must_use]
    pub fn text(&self) -> &str {
        self.whole.get(..self.cut).unwrap_or_default()
    }

    /// The whole note, byte for byte.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.whole
    }

    /// The signature lines, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The keys among `known` that signed this note. Lines of unknown keys are ignored; repeated lines of a key count once.
    ///
    /// # Errors
    ///
    /// [`NoteError::BadSignature`] if a known key's line does not verify, even if other lines verify;
    /// [`NoteError::UnknownKey`] if none of `known` signed.
    pub fn verified_by<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut verified: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            let Some(key) = known.iter().find(|key| *key.name() == line.name && key.id() == line.id) else { continue };
            if verified.contains(&key) {
                continue;
            }
            let good = <&[u8; SIGNATURE_LEN]>::try_from(line.bytes.as_slice())
                .is_ok_and(|signature| key.public().verify(self.text().as_bytes(), signature));
            if !good {
                return Err(NoteError::BadSignature { name: line.name.clone() });
            }
            verified.push(key);
        }
        if verified.is_empty() { Err(NoteError::UnknownKey) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

/// A note's text is not empty and ends with LF.
fn check_end(text: &str) -> Result<(), NoteError> {
    if text.is_empty() || text == "\n" {
        return Err(NoteError::NoSignatures);
    }
    if text.ends_with('\n') {
        return Ok(());
    }
    Err(TextError { line: text.matches('\n').count() + 1, fault: Fault::MissingFinalNewline }.into())
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, base64) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
    let name = Name::parse(name)?;
    if base64.len() == ED25519_BASE64 {
        // Ed25519 signatures are decoded without an allocation.
        let mut decoded = [0; ED25519_BASE64 / 4 * 3];
        let length = BASE64_STANDARD.decode_slice(base64, &mut decoded).ok()?;
        return blob_of(name, decoded.get(..length)?);
    }
    if base64.len() > BLOB_MAX / 3 * 4 {
        return None;
    }
    blob_of(name, &BASE64_STANDARD.decode(base64).ok()?)
}

fn blob_of(name: Name, blob: &[u8]) -> Option<NoteSignature> {
    let (id, bytes) = blob.split_first_chunk::<4>()?;
    (!bytes.is_empty()).then(|| NoteSignature { name, id: *id, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peter() -> Signer {
        let seed = crate::ledger::hash::lower_hex("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173");
        Signer::new(Name::parse("PeterNeumann").unwrap(), &seed.unwrap()).unwrap()
    }

    #[test]
    fn the_c2sp_example_verifies() {
        let key = VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
        let note = Note::parse(
            "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.verified_by(&[key]).unwrap().len(), 1);
    }

    #[test]
    fn signing_is_deterministic_and_byte_exact() {
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let note = Note::sign(text.into(), &[&peter()]).unwrap();
        assert_eq!(
            note.signatures()[0].to_string(),
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        );
    }

    #[test]
    fn a_note_is_cut_at_its_last_blank_line() {
        let note = Note::sign("a\n\nb\n".into(), &[&peter()]).unwrap();
        let again = Note::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(again, note);
        assert_eq!(again.text(), "a\n\nb\n");
    }

    #[test]
    fn unknown_signatures_are_skipped_and_bad_known_ones_refuse_the_note() {
        let note = Note::sign("text\n".into(), &[&peter()]).unwrap();
        let key = peter().verifier().clone();
        let stranger = "— stranger AAAAAAEC\n";
        let with_stranger = Note::parse(format!("{note}{stranger}").as_bytes()).unwrap();
        assert_eq!(with_stranger.verified_by(std::slice::from_ref(&key)).unwrap(), [&key]);
        let only_stranger = Note::parse(format!("text\n\n{stranger}").as_bytes()).unwrap();
        assert_eq!(only_stranger.verified_by(std::slice::from_ref(&key)).unwrap_err(), NoteError::UnknownKey);
        let forged = Note::parse(note.to_string().replace("text", "next").as_bytes()).unwrap();
        assert_eq!(forged.verified_by(std::slice::from_ref(&key)).unwrap_err().code().as_str(), "bad_signature");
        let twice = Note::parse(format!("{note}{}\n", note.signatures()[0]).as_bytes()).unwrap();
        assert_eq!(twice.verified_by(&[key]).unwrap().len(), 1);
    }

    #[test]
    fn malformed_notes_are_rejected() {
        let line = "— a AAAAAAEC\n";
        let code = |text: String| Note::parse(text.as_bytes()).unwrap_err().code().as_str();
        assert_eq!(code("text\n".into()), "missing_signature");
        assert_eq!(code(format!("\n{line}")), "missing_signature");
        assert_eq!(code(format!("\n\n{line}")), "missing_signature");
        assert_eq!(code("text\n\n".into()), "missing_final_newline");
        assert_eq!(code("text\n\n— a AAAAAAEC".into()), "missing_final_newline");
        assert_eq!(code("te\rxt\n\n— a AAAAAAEC\n".into()), "control_character");
        for bad in [
            "- a AAAAAAEC",
            "— a  AAAAAAEC",
            "— a+b AAAAAAEC",
            "— a AAAA",
            "— a AAAAAAED=",
            "—  AAAAAAEC",
            "— a AAAAAAF=",
            "x",
        ] {
            assert_eq!(code(format!("text\n\n{bad}\n")), "malformed_signature", "{bad}");
        }
        assert_eq!(code(format!("text\n\n{}", line.repeat(101))), "too_many_signatures");
        assert!(Note::parse(format!("text\n\n{}", line.repeat(100)).as_bytes()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn sign_then_parse_gives_the_same_note(text in "[^\\p{Cc}]{1,40}") {
            let note = Note::sign(format!("{text}\n"), &[&peter()]).unwrap();
            proptest::prop_assert_eq!(Note::parse(note.to_string().as_bytes()).unwrap(), note);
        }

        #[test]
        fn what_is_read_is_printed_back(tail in "(— [a-z]{1,3} [A-Za-z0-9+/]{8}\n|[ -~]{0,10}\n){1,3}") {
            let bytes = format!("text\n\n{tail}");
            if let Ok(note) = Note::parse(bytes.as_bytes()) {
                proptest::prop_assert_eq!(note.to_string(), bytes);
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Note::parse(&bytes);
        }
    }
}
