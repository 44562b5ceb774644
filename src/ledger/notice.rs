//! The notice: what the operator puts on record, signed by the ledger key.
//!
//! ```text
//! tiezheng notice v1
//! ledger <origin>
//! received <time>
//! kind genesis | key
//! mode live | test                            genesis only
//! key <vkey>                                  the ledger key from here on; its name is the origin
//! next <64 hex>                               SHA-256 of the successor's vkey
//! (blank line)
//! — <origin> <base64>                         by that key; a `key` notice also by the one before, unless it is lost
//! ```
//!
//! Index 0 is the genesis notice. A `key` notice brings in the successor that the notice before it committed to, so the
//! whole key history hangs on the first leaf.
//!
//! Kinds that later parts need (`fact-sheet`, `erased`, `freeze`) are refused by name until those parts exist.

use std::fmt;

use crate::ledger::entry::read_time;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::note::{Note, NoteError};
use crate::ledger::text::{Fault, Fields, TextError, hex_value};
use crate::ledger::time::Timestamp;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng notice v1";
const ORDER: &[&str] = &["ledger", "received", "kind", "mode", "key", "next"];

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

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// The first leaf.
    Genesis {
        /// Live or test, for good.
        mode: Mode,
    },
    /// A new ledger key.
    Key,
}

/// A notice. `key` and `next` are the ledger key from here on and the commitment to its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The ledger's origin.
    pub ledger: Name,
    /// When the operator put it on record.
    pub received: Timestamp,
    /// What it says.
    pub kind: NoticeKind,
    /// The ledger key from here on.
    pub key: VerifierKey,
    /// SHA-256 of the vkey that will succeed it.
    pub next: Digest,
}

impl Notice {
    /// The signed text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { ledger, received, kind, key, next } = self;
        let kind = match kind {
            NoticeKind::Genesis { mode } => format!("genesis\nmode {}", mode.word()),
            NoticeKind::Key => "key".into(),
        };
        format!("{FIRST_LINE}\nledger {ledger}\nreceived {received}\nkind {kind}\nkey {key}\nnext {next}\n")
    }

    /// Signs it: with the key it names and, for a `key` notice, with the one before it where that is not lost.
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
            "genesis" => match fields.required("mode")? {
                "live" => NoticeKind::Genesis { mode: Mode::Live },
                "test" => NoticeKind::Genesis { mode: Mode::Test },
                _ => return Err(fields.fault(Fault::BadValue { name: "mode", expected: "live or test" })),
            },
            "key" => NoticeKind::Key,
            _ => return Err(fields.fault(Fault::BadValue { name: "kind", expected: "genesis or key" })),
        };
        let key = fields.required("key")?;
        let key =
            VerifierKey::parse(key)
                .ok()
                .filter(|parsed| *parsed.name() == ledger && parsed.to_string() == key)
                .ok_or_else(|| fields.fault(Fault::BadValue { name: "key", expected: "a vkey named as the ledger" }))?;
        let next = fields.required("next")?;
        let next = Digest(hex_value("next", next).map_err(|fault| fields.fault(fault))?);
        fields.finish()?;
        Ok(Self { ledger, received, kind, key, next })
    }
}

/// A notice with its signatures, as read: [`SignedNotice::succeeds`] and [`SignedNotice::signed_by_its_key`] say whether
/// to believe it.
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

    /// Whether the key it names signed it: all that a genesis notice needs.
    #[must_use]
    pub fn signed_by_its_key(&self) -> bool {
        self.note.verified_by(std::slice::from_ref(&self.notice.key)).is_ok()
    }

    /// Whether this `key` notice rightly follows `before`: its key is the one committed to, and signed it; and if it
    /// bears a signature of the old key at all, that verifies too.
    #[must_use]
    pub fn succeeds(&self, before: &Notice) -> bool {
        let keys = [self.notice.key.clone(), before.key.clone()];
        let own = &self.notice.key;
        self.notice.kind == NoticeKind::Key
            && self.notice.ledger == before.ledger
            && own.commitment() == before.next
            && self.note.verified_by(&keys).is_ok_and(|signed| signed.contains(&own))
    }
}

impl fmt::Display for SignedNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::new(Name::parse("example.org/ledger").unwrap(), &[seed; 32]).unwrap()
    }

    fn genesis() -> Notice {
        Notice {
            ledger: Name::parse("example.org/ledger").unwrap(),
            received: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
            kind: NoticeKind::Genesis { mode: Mode::Live },
            key: signer(1).verifier().clone(),
            next: signer(2).verifier().commitment(),
        }
    }

    fn rotation() -> Notice {
        Notice {
            kind: NoticeKind::Key,
            key: signer(2).verifier().clone(),
            next: signer(3).verifier().commitment(),
            ..genesis()
        }
    }

    #[test]
    fn notices_read_back_byte_for_byte() {
        for notice in [genesis().sign(&[&signer(1)]).unwrap(), rotation().sign(&[&signer(2), &signer(1)]).unwrap()] {
            assert_eq!(SignedNotice::parse(notice.to_string().as_bytes()).unwrap(), notice);
        }
        assert!(genesis().sign(&[&signer(1)]).unwrap().signed_by_its_key());
        assert!(!genesis().sign(&[&signer(2)]).unwrap().signed_by_its_key());
    }

    #[test]
    fn only_the_committed_key_succeeds() {
        let both = rotation().sign(&[&signer(2), &signer(1)]).unwrap();
        assert!(both.succeeds(&genesis()));
        assert!(rotation().sign(&[&signer(2)]).unwrap().succeeds(&genesis()), "the old key may be lost");
        assert!(!rotation().sign(&[&signer(1)]).unwrap().succeeds(&genesis()), "the new key must sign");
        let uninvited = Notice { key: signer(3).verifier().clone(), ..rotation() };
        assert!(!uninvited.sign(&[&signer(3), &signer(1)]).unwrap().succeeds(&genesis()));
        assert!(!genesis().sign(&[&signer(1)]).unwrap().succeeds(&genesis()));
        let forged = SignedNotice::parse(both.to_string().replace("11.123Z", "12.123Z").as_bytes()).unwrap();
        assert!(!forged.succeeds(&genesis()));
    }

    #[test]
    fn departures_are_refused_by_name() {
        let text = genesis().sign(&[&signer(1)]).unwrap().to_string();
        let code =
            |from: &str, to: &str| SignedNotice::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code();
        assert_eq!(code("notice v1", "notice v2"), "unknown_version");
        assert_eq!(code("kind genesis", "kind freeze"), "bad_value");
        assert_eq!(code("mode live", "mode real"), "bad_value");
        assert_eq!(code("mode live\n", ""), "missing_line");
        assert_eq!(code("ledger example.org/ledger", "ledger example.org/other"), "bad_value");
        assert_eq!(code("next ", "next A"), "wrong_length");
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_printed_back(at: proptest::sample::Index, byte: u8) {
            let mut bytes = genesis().sign(&[&signer(1)]).unwrap().to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(notice) = SignedNotice::parse(&bytes) {
                proptest::prop_assert_eq!(notice.to_string().into_bytes(), bytes);
                let _ = notice.signed_by_its_key();
            }
        }
    }
}
