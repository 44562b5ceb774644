//! The notice: a record of the operator, signed by the ledger key.
//!
//! ```text
//! tiezheng notice v1
//! ledger <origin>
//! received <time>
//! kind genesis | key | erased
//! mode live | test                            genesis only
//! key <vkey>                                  genesis, key: the ledger key from here on; its name is the origin
//! next <64 hex>                               genesis, key: SHA-256 of the successor's vkey
//! content <leaf index> metadata               erased, 1..256 lines: the text that the deposit's `meta` line commits to
//! content <leaf index> <64 hex>               erased: or the annex with this commitment
//! (blank line)
//! — <origin> <base64>                         by the new key; a `key` notice also by the previous key, unless it is lost;
//!                                             an `erased` notice by the current key
//! ```
//!
//! The leaf at index 0 is the genesis notice. A `key` notice introduces the successor that the notice before it committed to,
//! so the whole key history follows from the first leaf.
//!
//! An `erased` notice records that private content, which is stored outside the chain, was erased permanently. Its lines are
//! sorted by leaf index, `metadata` before annexes, annexes by their bytes, without repetition. The commitments stay on the
//! chain.
//!
//! Unknown kinds are rejected.

use std::fmt;

use crate::ledger::entry::read_time;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::keyword::{CONTENT, KEY, KIND, LEDGER, MODE, NEXT, RECEIVED};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::text::{Fault, Fields, TextError, decimal_value, hex_value};
use crate::ledger::time::Timestamp;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng notice v1";
/// Maximum number of pieces in one `erased` notice.
pub const ERASED_MAX: usize = 256;
const ORDER: &[&str] = &[LEDGER, RECEIVED, KIND, MODE, KEY, NEXT, CONTENT];

/// Whether a ledger is a real ledger or a test ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A real ledger.
    Live,
    /// A test ledger: its deposit numbers begin with `T`.
    Test,
}

impl Mode {
    /// The value of the line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Whether deposit numbers begin with `T`.
    #[must_use]
    pub const fn is_test(self) -> bool {
        matches!(self, Self::Test)
    }
}

/// A piece of a deposit's private content. `Metadata` sorts before every annex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// The text that the deposit's `meta` line commits to.
    Metadata,
    /// An annex, by its own commitment.
    Annex(Digest),
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata => f.write_str("metadata"),
            Self::Annex(commitment) => fmt::Display::fmt(commitment, f),
        }
    }
}

/// A piece of private content of one deposit, as an `erased` notice names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErasedPiece {
    /// Index of the deposit's entry.
    pub index: LeafIndex,
    /// The piece.
    pub piece: Piece,
}

impl fmt::Display for ErasedPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.index.0, self.piece)
    }
}

/// The kind of a notice, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// The first leaf.
    Genesis {
        /// Live or test; this never changes.
        mode: Mode,
        /// The first ledger key.
        key: VerifierKey,
        /// SHA-256 of the next ledger key's vkey.
        next: Digest,
    },
    /// A new ledger key.
    Key {
        /// The ledger key from here on.
        key: VerifierKey,
        /// SHA-256 of the next ledger key's vkey.
        next: Digest,
    },
    /// Private content was erased permanently.
    Erased {
        /// The pieces: 1 to [`ERASED_MAX`], sorted, without repetition.
        pieces: Vec<ErasedPiece>,
    },
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The ledger's origin.
    pub ledger: Name,
    /// When the sequencer received it.
    pub received: Timestamp,
    /// Its kind and content.
    pub kind: NoticeKind,
}

impl Notice {
    /// The ledger key that it introduces; `None` for an `erased` notice.
    #[must_use]
    pub const fn key(&self) -> Option<&VerifierKey> {
        match &self.kind {
            NoticeKind::Genesis { key, .. } | NoticeKind::Key { key, .. } => Some(key),
            NoticeKind::Erased { .. } => None,
        }
    }

    /// The commitment to the next ledger key; `None` for an `erased` notice.
    #[must_use]
    pub const fn next(&self) -> Option<&Digest> {
        match &self.kind {
            NoticeKind::Genesis { next, .. } | NoticeKind::Key { next, .. } => Some(next),
            NoticeKind::Erased { .. } => None,
        }
    }

    /// The erased pieces; empty for other kinds.
    #[must_use]
    pub fn erased(&self) -> &[ErasedPiece] {
        match &self.kind {
            NoticeKind::Erased { pieces } => pieces,
            NoticeKind::Genesis { .. } | NoticeKind::Key { .. } => &[],
        }
    }

    /// The signed text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { ledger, received, kind } = self;
        let kind = match kind {
            NoticeKind::Genesis { mode, key, next } => {
                format!("genesis\n{MODE} {}\n{KEY} {key}\n{NEXT} {next}", mode.word())
            }
            NoticeKind::Key { key, next } => format!("key\n{KEY} {key}\n{NEXT} {next}"),
            NoticeKind::Erased { pieces } => {
                let lines = pieces.iter().map(|piece| format!("\n{CONTENT} {piece}"));
                format!("erased{}", lines.collect::<String>())
            }
        };
        format!("{FIRST_LINE}\n{LEDGER} {ledger}\n{RECEIVED} {received}\n{KIND} {kind}\n")
    }

    /// Signs the notice: a genesis notice with its key, a `key` notice with its key and the previous key unless that is
    /// lost, an `erased` notice with the current key.
    ///
    /// # Errors
    ///
    /// [`NoteError`] without a signer.
    pub fn sign(&self, signers: &[&Signer]) -> Result<SignedNotice, NoteError> {
        let note = Note::sign(self.to_text(), signers)?;
        Ok(SignedNotice { notice: self.clone(), note })
    }

    fn parse(text: &str) -> Result<Self, TextError> {
        let mut fields = Fields::open(text, FIRST_LINE, ORDER)?;
        let ledger = fields.required(LEDGER)?;
        let ledger =
            Name::parse(ledger).ok_or_else(|| fields.fault(Fault::BadValue { name: LEDGER, expected: "an origin" }))?;
        let received = read_time(&mut fields, RECEIVED)?;
        let kind = match fields.required(KIND)? {
            "genesis" => {
                let mode = match fields.required(MODE)? {
                    "live" => Mode::Live,
                    "test" => Mode::Test,
                    _ => return Err(fields.fault(Fault::BadValue { name: MODE, expected: "live or test" })),
                };
                let (key, next) = read_keys(&mut fields, &ledger)?;
                NoticeKind::Genesis { mode, key, next }
            }
            "key" => {
                let (key, next) = read_keys(&mut fields, &ledger)?;
                NoticeKind::Key { key, next }
            }
            "erased" => NoticeKind::Erased { pieces: read_pieces(&mut fields)? },
            _ => return Err(fields.fault(Fault::BadValue { name: KIND, expected: "genesis, key or erased" })),
        };
        fields.finish()?;
        Ok(Self { ledger, received, kind })
    }
}

fn read_keys(fields: &mut Fields<'_>, ledger: &Name) -> Result<(VerifierKey, Digest), TextError> {
    let key = fields.required(KEY)?;
    let key = VerifierKey::parse(key)
        .ok()
        .filter(|parsed| parsed.name() == ledger && parsed.to_string() == key)
        .ok_or_else(|| fields.fault(Fault::BadValue { name: KEY, expected: "a vkey named as the ledger" }))?;
    let next = fields.required(NEXT)?;
    let next = Digest(hex_value(NEXT, next).map_err(|fault| fields.fault(fault))?);
    Ok((key, next))
}

fn read_pieces(fields: &mut Fields<'_>) -> Result<Vec<ErasedPiece>, TextError> {
    let mut pieces: Vec<ErasedPiece> = Vec::new();
    let mut line = Some(fields.required(CONTENT)?);
    while let Some(value) = line {
        let piece = read_piece(value).map_err(|fault| fields.fault(fault))?;
        if pieces.last().is_some_and(|before| *before >= piece) {
            return Err(fields.fault(Fault::NotSorted { name: CONTENT }));
        }
        if pieces.len() == ERASED_MAX {
            return Err(fields.fault(Fault::TooMany { name: CONTENT, limit: ERASED_MAX }));
        }
        pieces.push(piece);
        line = fields.optional(CONTENT);
    }
    Ok(pieces)
}

fn read_piece(value: &str) -> Result<ErasedPiece, Fault> {
    let bad = Fault::BadValue { name: CONTENT, expected: "a leaf index, then `metadata` or a commitment" };
    let (index, piece) = value.split_once(' ').ok_or(bad)?;
    let index = LeafIndex(decimal_value(CONTENT, index)?);
    let piece = match piece {
        "metadata" => Piece::Metadata,
        annex => Piece::Annex(Digest(hex_value(CONTENT, annex)?)),
    };
    Ok(ErasedPiece { index, piece })
}

/// A notice with its signatures, not verified. [`SignedNotice::signed_by_its_key`] verifies a genesis notice,
/// [`SignedNotice::succeeds`] a `key` notice, [`SignedNotice::signed_by`] an `erased` notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNotice {
    notice: Notice,
    note: Note,
}

impl SignedNotice {
    /// Parses a notice, without verifying its signatures.
    ///
    /// # Errors
    ///
    /// [`NoteError`]. In a ledger that means a damaged or forged record.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        let notice = Notice::parse(note.text())?;
        Ok(Self { notice, note })
    }

    /// The content.
    #[must_use]
    pub const fn notice(&self) -> &Notice {
        &self.notice
    }

    /// The note with its signatures.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Whether the key that it introduces signed it; false for an `erased` notice.
    #[must_use]
    pub fn signed_by_its_key(&self) -> bool {
        self.notice.key().is_some_and(|key| self.signed_by(key))
    }

    /// Whether `key` signed it.
    #[must_use]
    pub fn signed_by(&self, key: &VerifierKey) -> bool {
        self.note.verified_by(std::slice::from_ref(key)).is_ok()
    }

    /// Whether this is a valid `key` notice after `before`, a genesis or `key` notice: `before` commits to its key, and
    /// that key signed it. A signature of the previous key may be missing, but must verify if it is present.
    #[must_use]
    pub fn succeeds(&self, before: &Notice) -> bool {
        let NoticeKind::Key { key: own, .. } = &self.notice.kind else { return false };
        let Some((old, next)) = before.key().zip(before.next()) else { return false };
        let keys = [own.clone(), old.clone()];
        self.notice.ledger == before.ledger
            && own.commitment() == *next
            && self.note.verified_by(&keys).is_ok_and(|signed| signed.contains(&own))
    }
}

impl fmt::Display for SignedNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, f)
    }
}

#[cfg(test)]
mod tests;
