//! Annotations of checkpoints: what others attest of them after publication. Append-only, and not part of the log.

use crate::ledger::merkle::shape::TreeSize;
use crate::store::traits::store_error::{AppendError, ReadError};

/// What kind of attestation an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotationKind {
    /// A signature line of a C2SP cosignature/v1.
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

/// Keeps annotations by checkpoint. Many writers and readers at any time, on any thread.
pub trait Annotations: Send + Sync {
    /// Adds an annotation to the checkpoint of this size, durably. An annotation that is already there is not added again.
    ///
    /// # Errors
    /// [`AppendError::Read`] with [`ReadError::Beyond`] for a size that is not published: nothing was stored. Otherwise as for an
    /// append.
    fn annotate(&self, size: TreeSize, annotation: &Annotation) -> Result<(), AppendError>;

    /// The annotations of the checkpoint of this size, in the order in which they were added.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annotations(&self, size: TreeSize) -> Result<Vec<Annotation>, ReadError>;
}
