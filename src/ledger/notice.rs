//! The notice: what the operator puts on record, signed by the ledger key.
//!
//! ```text
//! tiezheng notice v1
//! ledger <origin>
//! received <time>
//! kind genesis | key | erased
//! mode live | test                            genesis only
//! key <vkey>                                  genesis, key: the ledger key from here on; its name is the origin
//! next <64 hex>                               genesis, key: SHA-256 of the successor's vkey
//! content <leaf index> metadata               erased, 1..256 lines: what the `meta` line of that deposit commits to
//! content <leaf index> <64 hex>               erased, likewise: the annex of this commitment
//! (blank line)
//! — <origin> <base64>                         by that key; a `key` notice also by the one before, unless it is lost;
//!                                             an `erased` notice by the key in force
//! ```
//!
//! Index 0 is the genesis notice. A `key` notice brings in the successor that the notice before it committed to, so the
//! whole key history hangs on the first leaf.
//!
//! An `erased` notice says that private content which was held off the chain is gone for good. Its lines are sorted by
//! leaf index, `metadata` before annexes, annexes by their bytes, and each stands once. The chain itself loses nothing:
//! the commitments stay.
//!
//! Kinds that later parts need (`fact-sheet`, `freeze`) are refused by name until those parts exist.

use std::fmt;

use crate::ledger::entry::read_time;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::text::{Fault, Fields, TextError, decimal_value, hex_value};
use crate::ledger::time::Timestamp;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng notice v1";
/// Most pieces that one `erased` notice names.
pub const ERASED_MAX: usize = 256;
const ORDER: &[&str] = &["ledger", "received", "kind", "mode", "key", "next", "content"];

/// Whether a ledger's numbers and pages may be taken for real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A real ledger.
    Live,
    /// For trying things out: its numbers begin with `T`.
    Test,
}

impl Mode {
    /// The word in the line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Whether numbers begin with `T`.
    #[must_use]
    pub const fn is_test(self) -> bool {
        matches!(self, Self::Test)
    }
}

/// Which piece of a deposit's private content. `Metadata` sorts before every annex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// What its `meta` line commits to.
    Metadata,
    /// A further piece, by its own commitment.
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
    /// The deposit.
    pub index: LeafIndex,
    /// Which of its pieces.
    pub piece: Piece,
}

impl fmt::Display for ErasedPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.index.0, self.piece)
    }
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// The first leaf.
    Genesis {
        /// Live or test, for good.
        mode: Mode,
        /// The first ledger key.
        key: VerifierKey,
        /// SHA-256 of the vkey that will succeed it.
        next: Digest,
    },
    /// A new ledger key.
    Key {
        /// The ledger key from here on.
        key: VerifierKey,
        /// SHA-256 of the vkey that will succeed it.
        next: Digest,
    },
    /// Private content that is gone for good.
    Erased {
        /// Which: 1 to [`ERASED_MAX`], sorted, each once.
        pieces: Vec<ErasedPiece>,
    },
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The ledger's origin.
    pub ledger: Name,
    /// When the operator put it on record.
    pub received: Timestamp,
    /// What it says.
    pub kind: NoticeKind,
}

impl Notice {
    /// The ledger key that it brings in; `None` for a notice that brings in none.
    #[must_use]
    pub const fn key(&self) -> Option<&VerifierKey> {
        match &self.kind {
            NoticeKind::Genesis { key, .. } | NoticeKind::Key { key, .. } => Some(key),
            NoticeKind::Erased { .. } => None,
        }
    }

    /// The commitment to that key's successor.
    #[must_use]
    pub const fn next(&self) -> Option<&Digest> {
        match &self.kind {
            NoticeKind::Genesis { next, .. } | NoticeKind::Key { next, .. } => Some(next),
            NoticeKind::Erased { .. } => None,
        }
    }

    /// The pieces that it says are erased; none for another kind.
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
            NoticeKind::Genesis { mode, key, next } => format!("genesis\nmode {}\nkey {key}\nnext {next}", mode.word()),
            NoticeKind::Key { key, next } => format!("key\nkey {key}\nnext {next}"),
            NoticeKind::Erased { pieces } => {
                let lines = pieces.iter().map(|piece| format!("\ncontent {piece}"));
                format!("erased{}", lines.collect::<String>())
            }
        };
        format!("{FIRST_LINE}\nledger {ledger}\nreceived {received}\nkind {kind}\n")
    }

    /// Signs it: with the key it names and, for a `key` notice, with the one before it where that is not lost; an
    /// `erased` notice with the key in force.
    ///
    /// # Errors
    ///
    /// [`NoteError`] never, with values of these types; it is passed up rather than hidden.
    pub fn sign(&self, signers: &[&Signer]) -> Result<SignedNotice, NoteError> {
        let note = Note::sign(self.to_text(), signers)?;
        Ok(SignedNotice { notice: self.clone(), note })
    }

    fn parse(text: &str) -> Result<Self, TextError> {
        let mut fields = Fields::open(text, FIRST_LINE, ORDER)?;
        let ledger = fields.required("ledger")?;
        let ledger = Name::parse(ledger)
            .ok_or_else(|| fields.fault(Fault::BadValue { name: "ledger", expected: "an origin" }))?;
        let received = read_time(&mut fields, "received")?;
        let kind = match fields.required("kind")? {
            "genesis" => {
                let mode = match fields.required("mode")? {
                    "live" => Mode::Live,
                    "test" => Mode::Test,
                    _ => return Err(fields.fault(Fault::BadValue { name: "mode", expected: "live or test" })),
                };
                let (key, next) = read_keys(&mut fields, &ledger)?;
                NoticeKind::Genesis { mode, key, next }
            }
            "key" => {
                let (key, next) = read_keys(&mut fields, &ledger)?;
                NoticeKind::Key { key, next }
            }
            "erased" => NoticeKind::Erased { pieces: read_pieces(&mut fields)? },
            _ => return Err(fields.fault(Fault::BadValue { name: "kind", expected: "genesis, key or erased" })),
        };
        fields.finish()?;
        Ok(Self { ledger, received, kind })
    }
}

fn read_keys(fields: &mut Fields<'_>, ledger: &Name) -> Result<(VerifierKey, Digest), TextError> {
    let key = fields.required("key")?;
    let key = VerifierKey::parse(key)
        .ok()
        .filter(|parsed| parsed.name() == ledger && parsed.to_string() == key)
        .ok_or_else(|| fields.fault(Fault::BadValue { name: "key", expected: "a vkey named as the ledger" }))?;
    let next = fields.required("next")?;
    let next = Digest(hex_value("next", next).map_err(|fault| fields.fault(fault))?);
    Ok((key, next))
}

fn read_pieces(fields: &mut Fields<'_>) -> Result<Vec<ErasedPiece>, TextError> {
    let mut pieces: Vec<ErasedPiece> = Vec::new();
    let mut line = Some(fields.required("content")?);
    while let Some(value) = line {
        let piece = read_piece(value).map_err(|fault| fields.fault(fault))?;
        if pieces.last().is_some_and(|before| *before >= piece) {
            return Err(fields.fault(Fault::NotSorted { name: "content" }));
        }
        if pieces.len() == ERASED_MAX {
            return Err(fields.fault(Fault::TooMany { name: "content", limit: ERASED_MAX }));
        }
        pieces.push(piece);
        line = fields.optional("content");
    }
    Ok(pieces)
}

fn read_piece(value: &str) -> Result<ErasedPiece, Fault> {
    let bad = Fault::BadValue { name: "content", expected: "a leaf index, then `metadata` or a commitment" };
    let (index, piece) = value.split_once(' ').ok_or(bad)?;
    let index = LeafIndex(decimal_value("content", index)?);
    let piece = match piece {
        "metadata" => Piece::Metadata,
        annex => Piece::Annex(Digest(hex_value("content", annex)?)),
    };
    Ok(ErasedPiece { index, piece })
}

/// A notice with its signatures, as read: [`SignedNotice::succeeds`], [`SignedNotice::signed_by_its_key`] and
/// [`SignedNotice::signed_by`] say whether to believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNotice {
    notice: Notice,
    note: Note,
}

impl SignedNotice {
    /// Reads a notice. Nothing is verified yet.
    ///
    /// # Errors
    ///
    /// [`NoteError`]: on a chain, a damaged or forged record.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        let notice = Notice::parse(note.text())?;
        Ok(Self { notice, note })
    }

    /// What it says.
    #[must_use]
    pub const fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Whether the key it names signed it: all that a genesis notice needs. False for a notice that names none.
    #[must_use]
    pub fn signed_by_its_key(&self) -> bool {
        self.notice.key().is_some_and(|key| self.signed_by(key))
    }

    /// Whether `key` signed it: all that an `erased` notice needs, where `key` is the one in force.
    #[must_use]
    pub fn signed_by(&self, key: &VerifierKey) -> bool {
        self.note.verified_by(std::slice::from_ref(key)).is_ok()
    }

    /// Whether this `key` notice rightly follows `before`, a genesis or `key` notice: its key is the one committed to, and
    /// signed it; and if it bears a signature of the old key at all, that verifies too.
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
