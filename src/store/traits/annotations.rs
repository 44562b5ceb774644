//! Annotations of checkpoints: attestations of witnesses and timestamp authorities after publication. Append-only, and
//! not part of the log.
//!
//! An annotated checkpoint is stored with its note, because the log itself stores only the newest one. So a receipt can
//! use the checkpoint that was cosigned or timestamped, also when the ledger has grown since.

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::traits::store_error::{AppendError, ReadError};

/// The kind of attestation in an annotation.
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

/// Level of proof of a checkpoint, in the order in which levels are reached. The node determines it by its own policy;
/// a verifier determines it again by the user's.
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

/// Reads annotations by checkpoint. The default implementation has none.
pub trait AnnotationReader: Send + Sync {
    /// A version number that changes with each [`Annotations::annotate`] before the call returns. While it is
    /// unchanged, earlier reads are still valid. `None` if the reader has no version.
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

/// Stores annotations by checkpoint. Any number of threads may read and write at any time.
pub trait Annotations: AnnotationReader {
    /// Adds annotations to a published checkpoint, and records the levels that it has reached with them. All of it is
    /// one atomic and durable write. Annotations that are stored already are not added again. The first call for a size
    /// stores the note.
    ///
    /// # Errors
    /// [`AppendError::Read`] with [`ReadError::Beyond`] for a size that is not published, and with
    /// [`ReadError::Damaged`] if another root is stored for this size. Otherwise as for an append. Nothing was stored.
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError>;
}
