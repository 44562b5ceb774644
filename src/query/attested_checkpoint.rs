//! Selects the checkpoint of a receipt: the one with the highest proof level for a block.
//!
//! ```text
//! the smallest checkpoint that covers the block and is timestamped
//!     else the smallest that is witnessed
//!     else the published one, with the cosignatures that it has so far
//! ```
//!
//! # Invariants
//!
//! The proven level of a block never decreases. The node records each level in the order of sizes: never for a
//! checkpoint if a larger one has it already. So the selected checkpoint for a level stays the same.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::note::{NoteSignature, SIGNATURES_MAX};
use crate::ledger::time::Timestamp;
use crate::ledger::time_token::verification::stated_time;
use crate::query::records;
use crate::store::traits::{AnnotatedCheckpoint, AnnotationKind, LedgerReader, ProofLevel, ReadError, damaged};

/// A published checkpoint with its cosignatures and timestamp tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedCheckpoint {
    /// The checkpoint, with the ledger's signatures only.
    pub checkpoint: SignedCheckpoint,
    /// The level that it has reached; `None` if it is signed by the ledger only, or by too few witnesses.
    pub level: Option<ProofLevel>,
    /// The cosignatures, at most one per key, in the order in which they were stored.
    pub cosignatures: Vec<NoteSignature>,
    /// The note with the ledger's signatures, then the cosignatures.
    pub note: String,
    /// The timestamp tokens in base64, in the order in which they were stored.
    pub time_tokens: Vec<String>,
    /// The earliest time in a token.
    pub time: Option<Timestamp>,
}

impl AttestedCheckpoint {
    /// The number of leaves that the checkpoint covers.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size
    }

    /// A checkpoint without annotations.
    #[must_use]
    pub fn sealed(checkpoint: SignedCheckpoint) -> Self {
        let note = checkpoint.note().to_string();
        Self { checkpoint, level: None, cosignatures: Vec::new(), note, time_tokens: Vec::new(), time: None }
    }

    fn of(annotated: AnnotatedCheckpoint, level: Option<ProofLevel>) -> Result<Self, ReadError> {
        let cosignatures = cosignatures(&annotated)?;
        let time = annotated.of_kind(AnnotationKind::TimestampToken).filter_map(stated_time).min();
        let time_tokens = annotated.of_kind(AnnotationKind::TimestampToken);
        let time_tokens = time_tokens.map(|token| BASE64_STANDARD.encode(token)).collect();
        let checkpoint = annotated.checkpoint;
        let mut note = checkpoint.note().to_string();
        let most = SIGNATURES_MAX.saturating_sub(checkpoint.note().signatures().len());
        for line in cosignatures.iter().take(most) {
            // Writing to a String cannot fail.
            let _ = writeln!(note, "{line}");
        }
        Ok(Self { checkpoint, level, cosignatures, note, time_tokens, time })
    }
}

/// The cosignatures of a checkpoint, at most one per key: the first that was stored.
///
/// # Errors
///
/// [`ReadError::Damaged`] for one that is not a signature line.
pub fn cosignatures(annotated: &AnnotatedCheckpoint) -> Result<Vec<NoteSignature>, ReadError> {
    let size = annotated.checkpoint.checkpoint().size;
    let mut found: Vec<NoteSignature> = Vec::new();
    for bytes in annotated.of_kind(AnnotationKind::Cosignature) {
        let line = std::str::from_utf8(bytes).ok().and_then(NoteSignature::parse);
        let line = line.ok_or_else(|| damaged("cosignature", size, "not a signature line"))?;
        if !found.iter().any(|known| (&known.name, known.id) == (&line.name, line.id)) {
            found.push(line);
        }
    }
    Ok(found)
}

/// The newest timestamped checkpoint that does not contain the leaf at `index`.
///
/// # Errors
///
/// [`ReadError`].
pub fn stamped_before<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
) -> Result<Option<AttestedCheckpoint>, ReadError> {
    let level = ProofLevel::Timestamped;
    let Some(size) = store.last_reached(level, TreeSize(index.0))? else { return Ok(None) };
    AttestedCheckpoint::of(annotated_of(store, size)?, Some(level)).map(Some)
}

/// The checkpoint for a receipt of a block whose header is the last leaf of the tree of `end` leaves.
///
/// # Errors
///
/// [`ReadError`].
pub fn of_block<R: LedgerReader + ?Sized>(store: &R, end: TreeSize) -> Result<AttestedCheckpoint, ReadError> {
    for level in [ProofLevel::Timestamped, ProofLevel::Witnessed] {
        if let Some(size) = store.first_reached(level, end)? {
            return AttestedCheckpoint::of(annotated_of(store, size)?, Some(level));
        }
    }
    of_published(store)
}

/// The checkpoint of `size` leaves, which is recorded as witnessed, with its cosignatures.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] if it is not stored.
pub fn of_witnessed<R: LedgerReader + ?Sized>(store: &R, size: TreeSize) -> Result<AttestedCheckpoint, ReadError> {
    AttestedCheckpoint::of(annotated_of(store, size)?, Some(ProofLevel::Witnessed))
}

fn annotated_of<R: LedgerReader + ?Sized>(store: &R, size: TreeSize) -> Result<AnnotatedCheckpoint, ReadError> {
    store.annotated(size)?.ok_or_else(|| damaged("checkpoint", size, "its note is missing"))
}

/// The published checkpoint with the cosignatures that it has so far.
///
/// # Errors
///
/// [`ReadError`].
pub fn of_published<R: LedgerReader + ?Sized>(store: &R) -> Result<AttestedCheckpoint, ReadError> {
    let published = records::published(store)?;
    match store.annotated(published.size())? {
        Some(annotated) => AttestedCheckpoint::of(annotated, None),
        None => Ok(AttestedCheckpoint::sealed(published.checkpoint.clone())),
    }
}
