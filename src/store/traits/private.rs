//! Read access to private content: stored off the chain, each piece under a salted commitment, and erasable.
//!
//! [`LogStore::append`](crate::store::traits::LogStore::append) writes private content in the same atomic step as its block.
//!
//! Not here: who may read private content (`filing`).

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::store::traits::store_error::ReadError;

/// One piece of private content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivatePiece {
    /// The store has it.
    Held(PrivateMetadata),
    /// It was never submitted.
    None,
    /// It is erased; the leaf index of the `erased` notice.
    Erased(LeafIndex),
}

/// Content that is submitted with a deposit and stored off the chain. Only for a statement with a `meta` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrivateContent {
    /// The metadata that the `meta` line commits to; `None` when the depositor does not submit it.
    pub metadata: Option<PrivateMetadata>,
    /// Further pieces, each with its own salt, and read by its commitment. The chain does not name them; a caller can
    /// name their commitments in the metadata.
    pub annexes: Vec<PrivateMetadata>,
    /// Opaque index keys for look-ups of the deposit. The store does not know their meaning.
    pub labels: Vec<Digest>,
}

impl PrivateContent {
    /// Whether there is nothing to store.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.metadata.is_none() && self.annexes.is_empty() && self.labels.is_empty()
    }
}

impl From<PrivateMetadata> for PrivateContent {
    fn from(metadata: PrivateMetadata) -> Self {
        Self { metadata: Some(metadata), ..Self::default() }
    }
}

/// Reads private content.
pub trait PrivateReader: Send + Sync {
    /// The metadata of the deposit at `index`, hashed and compared with `committed`: the commitment in the deposit's
    /// `meta` line, which the caller has read. The caller decides who may see the content.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Damaged`] also when a row is missing.
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError>;

    /// The annex of the deposit at `index` with this commitment, hashed and compared with it. A missing row cannot be
    /// distinguished from an annex that was never submitted, because the chain names no annexes.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError>;
}
