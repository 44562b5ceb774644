//! The decision about a submitted checkpoint (c2sp.org/tlog-witness): pure, without files and clock.
//!
//! | status | when |
//! |---|---|
//! | 400 | malformed, with extension lines, or `old` is larger than the checkpoint |
//! | 403 | the ledger's key did not sign it, or a line in its name does not verify |
//! | 404 | the witness does not follow this ledger |
//! | 409 | `old` is not the size of the latest checkpoint; the answer is that size |
//! | 422 | the proof does not hold, or is not empty where nothing is to be proven, or the root of an empty tree is another |
//!
//! # Invariants
//!
//! An accepted checkpoint is signed by the key that the witness knows for the ledger at that size, and extends the latest
//! checkpoint. Lines that the witness cannot verify are dropped, also those in its own name, which any submitter can write.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error_code::ErrorCode;
use crate::ledger::add_checkpoint::{AddCheckpointRequest, RequestError};
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::keyword::SIGNATURE;
use crate::ledger::merkle::proof::{ProofError, verify_consistency};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::{NoteError, NoteSignature};
use crate::ledger::time::Timestamp;
use crate::witness::bounds::BoundsError;
use crate::witness::state::{LedgerState, names_unknown_key};

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The body is no submission.
    #[error("malformed request: {0}")]
    Request(#[from] RequestError),
    /// The checkpoint is malformed.
    #[error("malformed checkpoint: {0}")]
    Checkpoint(NoteError),
    /// `old` is larger than the checkpoint.
    #[error("old size {old} is larger than the checkpoint's {size}")]
    OldBeyond {
        /// `old`.
        old: TreeSize,
        /// The checkpoint's size.
        size: TreeSize,
    },
    /// The witness does not follow the ledger.
    #[error("this witness does not follow the ledger `{0}`")]
    UnknownLedger(String),
    /// The key that must sign checkpoints of this size did not, or a line of a known key does not verify.
    #[error("{0}")]
    NotTrusted(NoteError),
    /// The latest checkpoint has another size.
    #[error("the latest cosigned checkpoint has size {size}")]
    OtherSize {
        /// Its size.
        size: TreeSize,
    },
    /// The checkpoint does not extend the latest one.
    #[error("the checkpoint is not proven to extend the latest cosigned one: {0}")]
    Inconsistent(ProofError),
    /// The root of an empty tree is SHA-256 of nothing.
    #[error("size 0 with a root that is not that of an empty tree")]
    NotEmpty,
    /// The witness's clock is behind its last cosignature.
    #[error("the clock of this witness shows {now}, its last cosignature is of {last}")]
    ClockBehind {
        /// The clock.
        now: Timestamp,
        /// The last cosignature.
        last: Timestamp,
    },
    /// A mirror: it does not hold the leaves yet.
    #[error("this mirror holds {held} of {size} leaves")]
    NotHeld {
        /// What it holds.
        held: TreeSize,
        /// The checkpoint's size.
        size: TreeSize,
    },
    /// A mirror: its copy has another root at this size.
    #[error("the copy of this mirror has another root at size {size}")]
    CopyDiffers {
        /// The size.
        size: TreeSize,
    },
    /// A mirror: the tree does not end in a block header.
    #[error("the tree of size {size} does not end in a block header")]
    NoHeader {
        /// The size.
        size: TreeSize,
    },
    /// A mirror: a block has a time that it does not accept.
    #[error(transparent)]
    BlockTime(#[from] BoundsError),
    /// The state was not written, or the copy not read. Nothing was signed.
    #[error("{0}")]
    Storage(String),
    /// The witness found that its own state, or the ledger, is not what it signed before; only its operator can resolve this.
    #[error("this witness has stopped cosigning this ledger: {0}")]
    Stopped(String),
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Request(_) | Self::Checkpoint(_) | Self::OldBeyond { .. } => ErrorCode::BadAddCheckpoint,
            Self::UnknownLedger(_) => ErrorCode::UnknownLog,
            Self::NotTrusted(_) => ErrorCode::CheckpointNotTrusted,
            Self::OtherSize { .. } => ErrorCode::OldSizeDiffers,
            Self::Inconsistent(_) | Self::NotEmpty | Self::CopyDiffers { .. } | Self::NoHeader { .. } => {
                ErrorCode::InconsistentCheckpoint
            }
            Self::ClockBehind { .. } => ErrorCode::WitnessClockBehind,
            Self::NotHeld { .. } => ErrorCode::LeavesNotHeld,
            Self::BlockTime(_) => ErrorCode::BlockTimeOutOfBounds,
            Self::Storage(_) => ErrorCode::Unavailable,
            Self::Stopped(_) => ErrorCode::CosigningStopped,
        }
    }
}

/// A submission whose form is right: `old`, the proof, the checkpoint and its text.
#[derive(Debug, Clone)]
pub struct Submission<'b> {
    request: AddCheckpointRequest<'b>,
    checkpoint: Checkpoint,
}

/// A checkpoint with the signatures that were verified, all of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The ledger's signature lines, one of each key.
    pub signatures: Vec<NoteSignature>,
}

impl VerifiedCheckpoint {
    /// Verifies the ledger's signatures on `signed` by the keys of `state`. Other lines are dropped.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotTrusted`].
    pub fn of(signed: &SignedCheckpoint, state: &LedgerState) -> Result<Self, Rejection> {
        let (keys, checkpoint) = (state.all_keys(), signed.checkpoint().clone());
        let verified = signed.note().verified_by(&keys).map_err(Rejection::NotTrusted)?;
        // The first line of each key is the one that was verified.
        let lines = signed.note().signatures();
        let of = |key: &VerifierKey| lines.iter().find(|line| line.name == *key.name() && line.id == key.id()).cloned();
        let verified = Self { checkpoint, signatures: verified.into_iter().filter_map(of).collect() };
        verified.require_key_of(state)?;
        Ok(verified)
    }

    /// Checks the signature of the key that must sign trees of its size.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotTrusted`].
    pub fn require_key_of(&self, state: &LedgerState) -> Result<(), Rejection> {
        let needed = state.key_at(self.checkpoint.size);
        let signed =
            |key: &VerifierKey| self.signatures.iter().any(|line| line.name == *key.name() && line.id == key.id());
        if needed.is_some_and(signed) { Ok(()) } else { Err(Rejection::NotTrusted(NoteError::UnknownKey)) }
    }
}

impl<'b> Submission<'b> {
    /// Parses a body as far as the ledger's name.
    ///
    /// # Errors
    ///
    /// [`Rejection::Request`], [`Rejection::Checkpoint`], [`Rejection::OldBeyond`].
    pub fn parse(body: &'b [u8]) -> Result<Self, Rejection> {
        let request = AddCheckpointRequest::parse(body)?;
        // Only the text is parsed: the answer to a malformed signature line depends on the key that it names.
        let cut = request.note.rfind("\n\n").ok_or(Rejection::Checkpoint(NoteError::NoSignatures))?;
        let text = request.note.get(..=cut).unwrap_or_default();
        let checkpoint = Checkpoint::parse(text).map_err(|error| Rejection::Checkpoint(error.into()))?;
        Ok(Self { request, checkpoint })
    }

    /// The ledger that the checkpoint names.
    #[must_use]
    pub const fn origin(&self) -> &Name {
        &self.checkpoint.origin
    }

    /// The checkpoint, not verified.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Whether a signature is under the ledger's name, and of a key that `state` does not have: perhaps the ledger has a new one.
    #[must_use]
    pub fn names_unknown_key(&self, state: &LedgerState) -> bool {
        SignedCheckpoint::parse(self.request.note.as_bytes())
            .is_ok_and(|signed| names_unknown_key(signed.note().signatures().iter(), state))
    }

    /// Verifies the ledger's signatures by the keys of `state`, which is of this ledger.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotTrusted`], [`Rejection::Checkpoint`].
    pub fn verify(&self, state: &LedgerState) -> Result<VerifiedCheckpoint, Rejection> {
        let keys = state.all_keys();
        let signed = SignedCheckpoint::parse(self.request.note.as_bytes()).map_err(|error| {
            let NoteError::MalformedSignature { line } = error else { return Rejection::Checkpoint(error) };
            let malformed = self.request.note.lines().nth(line - 1).unwrap_or_default();
            named_key(malformed, &keys).map_or(Rejection::Checkpoint(error), |key| {
                Rejection::NotTrusted(NoteError::BadSignature { name: key.name().clone() })
            })
        })?;
        VerifiedCheckpoint::of(&signed, state)
    }

    /// Decides whether the checkpoint extends the latest one of `state`.
    ///
    /// # Errors
    ///
    /// [`Rejection::OldBeyond`], [`Rejection::OtherSize`], [`Rejection::Inconsistent`], [`Rejection::NotEmpty`].
    pub fn extends(&self, state: &LedgerState) -> Result<(), Rejection> {
        let (old, new, proof) = (self.request.old, &self.checkpoint, &self.request.proof);
        if old > new.size {
            return Err(Rejection::OldBeyond { old, size: new.size });
        }
        if old != state.size() {
            return Err(Rejection::OtherSize { size: state.size() });
        }
        if new.size.is_empty() && new.root != sha256(b"") {
            return Err(Rejection::NotEmpty);
        }
        if old.is_empty() {
            // Every tree extends the empty one, and there is nothing to prove.
            return if proof.hashes().is_empty() { Ok(()) } else { Err(Rejection::Inconsistent(ProofError::TooLong)) };
        }
        // `old` is not 0, so there is a latest checkpoint.
        let Some(latest) = &state.latest else { return Err(Rejection::OtherSize { size: state.size() }) };
        let old_root = &latest.checkpoint().root;
        verify_consistency(old, old_root, new.size, &new.root, proof).map_err(Rejection::Inconsistent)
    }
}

/// The key among `keys` whose name and key id a malformed signature line has. Trailing bits and padding are ignored here: other
/// programs write base64 that is not canonical, and a line that names a known key is answered 403.
fn named_key<'k>(line: &str, keys: &'k [VerifierKey]) -> Option<&'k VerifierKey> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let (name, base64) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
    let blob = GeneralPurpose::new(&STANDARD, config).decode(base64).ok()?;
    keys.iter().find(|key| key.name().as_str() == name && blob.starts_with(&key.id()))
}

#[cfg(test)]
mod tests;
