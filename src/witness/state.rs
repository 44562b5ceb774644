//! The state that a witness stores for one ledger: its keys, and the latest checkpoint that the witness cosigned.
//!
//! ```text
//! tiezheng witness state v1
//! ledger <origin>
//! key <vkey> <size>            1..: from trees of this size on, this key signs; the first is the pinned one, from 0
//!                              (blank line; from here on only if a checkpoint was cosigned)
//! <the checkpoint, with the ledger's signatures and the witness's own>
//! sha-256 <64 hex>             over all before
//! ```
//!
//! # Invariants
//!
//! The checkpoint has only signatures that the witness verified or made. Printing a parsed state gives the same bytes. Parsing
//! rejects a flipped bit or a truncated end.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::text::decimal_value;
use crate::ledger::time::Timestamp;

const FIRST_LINE: &str = "tiezheng witness state v1";

/// A key of a ledger, and the size of the first tree that it alone signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFrom {
    /// The key.
    pub key: VerifierKey,
    /// Checkpoints of this size and above need its signature.
    pub from: TreeSize,
}

/// The latest checkpoint that the witness cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestCheckpoint {
    /// The checkpoint with the ledger's signatures and the witness's own.
    pub signed: SignedCheckpoint,
    /// The time in the witness's signature.
    pub time: Timestamp,
}

impl LatestCheckpoint {
    /// The checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        self.signed.checkpoint()
    }
}

/// The state of a witness for one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerState {
    /// The ledger.
    pub origin: Name,
    /// Its keys, the pinned one first, in the order of their sizes.
    pub keys: Vec<KeyFrom>,
    /// The latest checkpoint; `None` if none was cosigned yet.
    pub latest: Option<Arc<LatestCheckpoint>>,
}

/// Why bytes are not a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The checksum at the end is missing or of other bytes.
    #[error("its checksum does not match: it was cut off or altered")]
    Checksum,
    /// The checksum is right, and the content is not a state of this ledger.
    #[error("{0}")]
    Content(String),
    /// The checkpoint is not cosigned by this witness's key.
    #[error("its checkpoint is not cosigned by this witness's key")]
    NotOurs,
}

impl LedgerState {
    /// The state of a ledger that was never cosigned.
    #[must_use]
    pub fn new(pinned: VerifierKey) -> Self {
        let origin = pinned.name().clone();
        Self { origin, keys: vec![KeyFrom { key: pinned, from: TreeSize::EMPTY }], latest: None }
    }

    /// The size of the latest checkpoint; 0 if there is none.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        self.latest.as_ref().map_or(TreeSize::EMPTY, |latest| latest.checkpoint().size)
    }

    /// The key that must sign a checkpoint of this size.
    #[must_use]
    pub fn key_at(&self, size: TreeSize) -> Option<&VerifierKey> {
        self.keys.iter().rev().find(|known| known.from <= size).map(|known| &known.key)
    }

    /// All keys, for a note that several of them signed.
    #[must_use]
    pub fn all_keys(&self) -> Vec<VerifierKey> {
        self.keys.iter().map(|known| known.key.clone()).collect()
    }

    /// Parses [`Self::to_bytes`] of the witness with the key `own`.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn parse(bytes: &[u8], own: &CosignerKey) -> Result<Self, StateError> {
        let bad = |what: &str| StateError::Content(what.to_owned());
        let text = with_checksum(bytes).ok_or(StateError::Checksum)?;
        let (head, note) = text.split_once("\n\n").map_or((text, None), |(head, note)| (head, Some(note)));
        let mut lines = head.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(bad("it is not a state of a witness, or of a later version"));
        }
        let origin = lines.next().and_then(|line| Name::parse(line.strip_prefix("ledger ")?));
        let origin = origin.ok_or_else(|| bad("it names no ledger"))?;
        let keys: Option<Vec<KeyFrom>> = lines.map(key_line).collect();
        let keys = keys.filter(|keys| !keys.is_empty()).ok_or_else(|| bad("its keys are malformed"))?;
        let latest = note.map(|note| latest(note, &origin, own)).transpose()?.map(Arc::new);
        let state = Self { origin, keys, latest };
        let is_sound = state.keys.iter().all(|known| *known.key.name() == state.origin)
            && state.keys.first().is_some_and(|pinned| pinned.from.is_empty())
            && state.keys.is_sorted_by_key(|known| known.from);
        if is_sound && state.to_bytes() == bytes { Ok(state) } else { Err(bad("its lines are not what was written")) }
    }

    /// The bytes of the state's file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        checksummed(self.to_string())
    }
}

impl fmt::Display for LedgerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nledger {}", self.origin)?;
        for KeyFrom { key, from } in &self.keys {
            writeln!(f, "key {key} {from}")?;
        }
        match &self.latest {
            Some(latest) => write!(f, "\n{}", latest.signed.note()),
            None => Ok(()),
        }
    }
}

/// Whether one of these signature lines is under the ledger's name, and of a key that `state` does not have.
#[must_use]
pub fn names_unknown_key<'l>(mut lines: impl Iterator<Item = &'l NoteSignature>, state: &LedgerState) -> bool {
    let is_known = |line: &NoteSignature| state.keys.iter().any(|known| known.key.id() == line.id);
    lines.any(|line| line.name == state.origin && !is_known(line))
}

fn key_line(line: &str) -> Option<KeyFrom> {
    let (key, from) = line.strip_prefix("key ")?.split_once(' ')?;
    let from = TreeSize(decimal_value("key", from).ok()?);
    Some(KeyFrom { key: VerifierKey::parse(key).ok()?, from })
}

fn latest(note: &str, origin: &Name, own: &CosignerKey) -> Result<LatestCheckpoint, StateError> {
    let signed = SignedCheckpoint::parse(note.as_bytes()).map_err(|error| StateError::Content(error.to_string()))?;
    if signed.checkpoint().origin != *origin {
        return Err(StateError::Content("its checkpoint is of another ledger".into()));
    }
    let line = signed.note().signatures().iter().find(|line| own.is_named_by(line)).ok_or(StateError::NotOurs)?;
    let time = own.verify(line, signed.note().text()).map_err(|_| StateError::NotOurs)?.time;
    Ok(LatestCheckpoint { signed, time })
}

/// `text` and the line with its checksum.
#[must_use]
pub fn checksummed(mut text: String) -> Vec<u8> {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "sha-256 {}", sha256(text.clone().as_bytes()));
    text.into_bytes()
}

/// The text before the line with its checksum; `None` if that is not there or of other bytes.
#[must_use]
pub fn with_checksum(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let cut = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (content, last) = text.split_at_checked(cut)?;
    let sum = Digest::from_hex(last.trim_end_matches('\n').strip_prefix("sha-256 ")?)?;
    (sha256(content.as_bytes()) == sum).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::key::Signer;

    fn signer(seed: u8) -> Signer {
        Signer::new(Name::parse("example.org/log").unwrap(), &[seed; 32]).unwrap()
    }

    fn witness() -> Cosigner {
        Cosigner::new(Name::parse("witness.example.org").unwrap(), &[7; 32]).unwrap()
    }

    fn cosigned() -> LedgerState {
        let checkpoint =
            Checkpoint { origin: signer(1).verifier().name().clone(), size: TreeSize(9), root: Digest([9; 32]) };
        let time = Timestamp::from_millis(1_767_139_200_000).unwrap();
        let line = witness().cosign(&checkpoint, time);
        let note = format!("{}{line}\n", checkpoint.sign(&signer(1)).unwrap().note());
        let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        let mut state = LedgerState::new(signer(1).verifier().clone());
        state.keys.push(KeyFrom { key: signer(2).verifier().clone(), from: TreeSize(12) });
        state.latest = Some(Arc::new(LatestCheckpoint { signed, time }));
        state
    }

    #[test]
    fn what_was_written_is_read_again() {
        let own = witness().key().clone();
        for state in [LedgerState::new(signer(1).verifier().clone()), cosigned()] {
            assert_eq!(LedgerState::parse(&state.to_bytes(), &own).unwrap(), state);
        }
        let state = cosigned();
        assert_eq!(state.size(), TreeSize(9));
        assert_eq!(state.key_at(TreeSize(11)), Some(signer(1).verifier()));
        assert_eq!(state.key_at(TreeSize(12)), Some(signer(2).verifier()));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let (own, bytes) = (witness().key().clone(), cosigned().to_bytes());
        for at in 0..bytes.len() {
            assert!(LedgerState::parse(&bytes[..at], &own).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(LedgerState::parse(&flipped, &own).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn a_state_of_another_witness_or_ledger_is_refused() {
        let other = Cosigner::new(Name::parse("witness.example.org").unwrap(), &[8; 32]).unwrap();
        assert_eq!(LedgerState::parse(&cosigned().to_bytes(), other.key()), Err(StateError::NotOurs));
        let resealed = |from: &str, to: &str| {
            let text = cosigned().to_string().replacen(from, to, 1);
            LedgerState::parse(&checksummed(text), witness().key())
        };
        assert!(resealed("ledger example.org/log", "ledger example.org/other").is_err());
        assert!(resealed("state v1", "state v2").is_err());
        assert!(resealed(" 12\n", " 0\n\n").is_err());
    }
}
