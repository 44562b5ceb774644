//! The checkpoint (c2sp.org/tlog-checkpoint v1.0.0): origin, size and root of the whole tree, signed by the ledger key.
//!
//! ```text
//! <origin>
//! <size, decimal>
//! <base64 of the root>
//! (blank line)
//! — <origin> <base64>
//! ```
//!
//! Extension lines are not used, since witnesses reject them. The last leaf of a checkpoint's tree is a block header,
//! and each checkpoint is consistent with all earlier ones.
//!
//! ```
//! use tiezheng::ledger::checkpoint::Checkpoint;
//! let text = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";
//! let checkpoint = Checkpoint::parse(text).unwrap();
//! assert_eq!(checkpoint.size.0, 15);
//! assert_eq!(checkpoint.to_text(), text);
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::text::{Fault, TextError, decimal_value};

/// Origin, size and root of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity.
    pub origin: Name,
    /// Number of leaves.
    pub size: TreeSize,
    /// Merkle root over them (RFC 6962 §2.1).
    pub root: Digest,
}

impl Checkpoint {
    /// The signed text.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root.as_bytes()))
    }

    /// Parses exactly three lines.
    ///
    /// # Errors
    ///
    /// [`TextError`]; an extension line is [`Fault::UnknownLine`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let at = |line, fault| TextError { line, fault };
        let body = text.strip_suffix('\n').ok_or_else(|| at(1, Fault::MissingFinalNewline))?;
        let mut lines = body.split('\n');
        let origin = lines
            .next()
            .and_then(Name::parse)
            .ok_or_else(|| at(1, Fault::BadValue { name: "origin", expected: "an origin" }))?;
        let size = lines.next().ok_or_else(|| at(2, Fault::MissingLine { name: "size" }))?;
        let size = TreeSize(decimal_value("size", size).map_err(|fault| at(2, fault))?);
        let root = lines.next().ok_or_else(|| at(3, Fault::MissingLine { name: "root" }))?;
        let root = BASE64_STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| Digest::from_slice(&bytes))
            .ok_or_else(|| at(3, Fault::BadValue { name: "root", expected: "base64 of 32 bytes" }))?;
        match lines.next() {
            None => Ok(Self { origin, size, root }),
            Some(line) => Err(at(4, Fault::UnknownLine { name: line.chars().take(40).collect() })),
        }
    }

    /// Signs it with the ledger key.
    ///
    /// # Errors
    ///
    /// None in practice: the text of a checkpoint is a valid note text.
    pub fn sign(self, signer: &Signer) -> Result<SignedCheckpoint, NoteError> {
        self.sign_with(&[signer])
    }

    /// Signs it with each of `signers`, in their order: the ledger key and, for some time after a rotation, the
    /// previous key.
    ///
    /// # Errors
    ///
    /// [`NoteError::NoSignatures`] without a signer.
    pub fn sign_with(self, signers: &[&Signer]) -> Result<SignedCheckpoint, NoteError> {
        let note = Note::sign(self.to_text(), signers)?;
        Ok(SignedCheckpoint { checkpoint: self, note })
    }
}

/// A checkpoint with its signatures, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Parses a checkpoint note, without verifying signatures.
    ///
    /// # Errors
    ///
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// The signed checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with its signatures.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// The key among `keys` that signed it and belongs to the ledger that it names.
    ///
    /// # Errors
    ///
    /// [`NoteError::UnknownKey`], [`NoteError::BadSignature`].
    pub fn verified_by<'k>(&self, keys: &'k [VerifierKey]) -> Result<&'k VerifierKey, NoteError> {
        let signed = self.note.verified_by(keys)?;
        signed.into_iter().find(|key| *key.name() == self.checkpoint.origin).ok_or(NoteError::UnknownKey)
    }

    /// The same checkpoint with the signatures of the ledger's keys among `keys` only, each once and verified: without
    /// the lines of witnesses and unknown keys.
    ///
    /// # Errors
    ///
    /// As [`Self::verified_by`].
    pub fn with_signatures_of(&self, keys: &[VerifierKey]) -> Result<Self, NoteError> {
        let mut signed = self.note.verified_by(keys)?;
        signed.retain(|key| *key.name() == self.checkpoint.origin);
        let line_of = |key: &&VerifierKey| {
            self.note.signatures().iter().find(|line| line.name == *key.name() && line.id == key.id())
        };
        let lines: Vec<String> = signed.iter().filter_map(line_of).map(|line| format!("{line}\n")).collect();
        if lines.is_empty() {
            return Err(NoteError::UnknownKey);
        }
        let note = Note::parse(format!("{}\n{}", self.note.text(), lines.concat()).as_bytes())?;
        Ok(Self { checkpoint: self.checkpoint.clone(), note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";

    #[test]
    fn tesseras_golden_checkpoint_signs_byte_identically() {
        let blob = BASE64_STANDARD.decode("AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg").unwrap();
        let signer =
            Signer::new(Name::parse("example.com/log/testdata").unwrap(), blob[1..].try_into().unwrap()).unwrap();
        assert_eq!(
            signer.verifier().to_string(),
            "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
        );
        let read = SignedCheckpoint::parse(GOLDEN.as_bytes()).unwrap();
        assert_eq!(read.checkpoint().clone().sign(&signer).unwrap(), read);
        assert_eq!(read.note().to_string(), GOLDEN);
        assert!(read.verified_by(&[signer.verifier().clone()]).is_ok());
    }

    #[test]
    fn the_real_go_checkpoint_verifies_only_for_its_own_origin() {
        let key = VerifierKey::parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
        let text = "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n";
        let note = Note::parse(text.as_bytes()).unwrap();
        assert_eq!(note.verified_by(std::slice::from_ref(&key)).unwrap().len(), 1);
        // Its origin contains spaces, which the grammar of origins rejects.
        assert!(SignedCheckpoint::parse(text.as_bytes()).is_err());
    }

    #[test]
    fn the_sigsum_checkpoint_signs_byte_identically() {
        let mut seed = [0; 32];
        seed[0] = 0x11;
        let name = "sigsum.org/v1/tree/e796172b92befd62d9dc67e41c2f5bc9d3100a3023b20b1ca40288dd1c679e69";
        let signer = Signer::new(Name::parse(name).unwrap(), &seed).unwrap();
        let text = format!("{name}\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
        let checkpoint = Checkpoint::parse(&text).unwrap().sign(&signer).unwrap();
        assert!(checkpoint.note().to_string().ends_with(
            " gJ2ho0n8F8olcerUF1FFdv235A/5as/coWrpLrtE7ovMeP5whgwouYExowG/lTznxu6OUGjjt5yJQ6bXtTcf718MqAQ=\n"
        ));
    }

    #[test]
    fn each_violation_has_its_code() {
        let root = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=";
        let code = |text: String| Checkpoint::parse(&text).unwrap_err().fault.code().as_str();
        assert_eq!(code(format!("\n15\n{root}\n")), "bad_value");
        for size in ["0x0f", "18446744073709551616", "007", "+1", ""] {
            assert_eq!(code(format!("o\n{size}\n{root}\n")), "bad_value", "{size}");
        }
        assert_eq!(code("o\n15\nAAAA\n".into()), "bad_value");
        assert_eq!(code(format!("o\n15\n{root}\nextension\n")), "unknown_line");
        assert_eq!(code(format!("o\n15\n{root}\n\n")), "unknown_line");
        assert_eq!(code(format!("o\n15\n{root}")), "missing_final_newline");
        assert_eq!(code("o\n15\n".into()), "missing_line");
    }

    #[test]
    fn foreign_signature_lines_are_left_out() {
        let name = Name::parse("example.com/log/testdata").unwrap();
        let signer = Signer::new(name, &[7; 32]).unwrap();
        let keys = [signer.verifier().clone()];
        let ours = SignedCheckpoint::parse(GOLDEN.as_bytes()).unwrap().checkpoint().clone().sign(&signer).unwrap();
        let both = format!("{}— witness.example AAAAAAEC\n{}\n", ours.note(), ours.note().signatures()[0]);
        let both = SignedCheckpoint::parse(both.as_bytes()).unwrap();
        assert_eq!(both.with_signatures_of(&keys).unwrap(), ours);
        let golden = SignedCheckpoint::parse(GOLDEN.as_bytes()).unwrap();
        assert_eq!(golden.with_signatures_of(&keys).unwrap_err(), NoteError::UnknownKey);
        let forged = ours.note().to_string().replace("\n15\n", "\n16\n");
        let forged = SignedCheckpoint::parse(forged.as_bytes()).unwrap();
        assert!(matches!(forged.with_signatures_of(&keys), Err(NoteError::BadSignature { .. })));
    }

    #[test]
    fn another_ledgers_key_does_not_verify_ours() {
        let signer = Signer::new(Name::parse("other").unwrap(), &[1; 32]).unwrap();
        let ours = Checkpoint { origin: Name::parse("ours").unwrap(), size: TreeSize(1), root: Digest::ZERO };
        let ours = ours.sign(&signer).unwrap();
        assert_eq!(ours.verified_by(&[signer.verifier().clone()]).unwrap_err(), NoteError::UnknownKey);
    }

    proptest::proptest! {
        #[test]
        fn print_then_parse_gives_the_same_checkpoint(size in 0..=TreeSize::MAX.0, root: [u8; 32]) {
            let checkpoint = Checkpoint { origin: Name::parse("o/1").unwrap(), size: TreeSize(size), root: Digest(root) };
            proptest::prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()).unwrap(), checkpoint);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Checkpoint::parse(&text);
            let _ = SignedCheckpoint::parse(text.as_bytes());
        }
    }
}
