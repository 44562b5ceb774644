//! Annotations of checkpoints: what others attest of them after publication. Append-only, and not part of the log.
//!
//! A checkpoint that has an annotation is kept with its note, because the log itself keeps only the newest one. So a receipt
//! can use the checkpoint that was cosigned or timestamped, also when the ledger has grown since.

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::traits::store_error::{AppendError, ReadError};

/// What kind of attestation an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotationKind {
    /// A signature line of a C2SP cosignature/v1, without its final LF.
    Cosignature,
    /// A DER-encoded RFC 3161 timestamp token over the checkpoint note's text.
    TimestampToken,
}

impl AnnotationKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Cosignature, Self::TimestampToken];
}

/// An attestation of a published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Annotation {
    /// Its kind.
    pub kind: AnnotationKind,
    /// Its bytes, which the caller has verified.
    pub bytes: Vec<u8>,
}

/// How far a checkpoint is proven, in the order in which it happens. The node that keeps the annotations decides it by its own
/// policy; a verifier decides it again by the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofLevel {
    /// The quorum of witnesses has cosigned it.
    Witnessed,
    /// It has its quorum, if one is required, and a timestamp token.
    Timestamped,
}

impl ProofLevel {
    /// All levels.
    pub const ALL: [Self; 2] = [Self::Witnessed, Self::Timestamped];
}

/// A checkpoint with its annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotatedCheckpoint {
    /// The checkpoint, with the ledger's signatures only.
    pub checkpoint: SignedCheckpoint,
    /// Its annotations, in the order in which they were added.
    pub annotations: Vec<Annotation>,
}

impl AnnotatedCheckpoint {
    /// The bytes of the annotations of a kind, in their order.
    pub fn of_kind(&self, kind: AnnotationKind) -> impl Iterator<Item = &[u8]> {
        self.annotations.iter().filter(move |one| one.kind == kind).map(|one| one.bytes.as_slice())
    }
}

/// Reads annotations by checkpoint. A reader that keeps none answers that there are none.
pub trait AnnotationReader: Send + Sync {
    /// A number that changes with each [`Annotations::annotate`], before the call returns. What was read while it was the same is still
    /// so. `None` if that is not known.
    fn annotations_version(&self) -> Option<u64> {
        None
    }

    /// The checkpoint of this size with its annotations; `None` if it has none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annotated(&self, _size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        Ok(None)
    }

    /// The size of the largest checkpoint of at most `until` leaves that has annotations.
    ///
    /// # Errors
    /// [`ReadError`].
    fn last_annotated(&self, _until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(None)
    }

    /// The size of the smallest checkpoint of at least `from` leaves that has reached `level`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn first_reached(&self, _level: ProofLevel, _from: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(None)
    }

    /// The size of the largest checkpoint of at most `until` leaves that has reached `level`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn last_reached(&self, _level: ProofLevel, _until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(None)
    }
}

/// Keeps annotations by checkpoint. Many writers and readers at any time, on any thread.
pub trait Annotations: AnnotationReader {
    /// Adds annotations to a published checkpoint, and records the levels that it has reached with them. All of it is one
    /// atomic and durable write. What is there already is not added again. The first call for a size keeps the note.
    ///
    /// # Errors
    /// [`AppendError::Read`] with [`ReadError::Beyond`] for a size that is not published, and with [`ReadError::Damaged`] if
    /// another root is kept for this size. Otherwise as for an append. Nothing was stored.
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError>;
}
