//! Private content, for reading: kept off the chain, each piece under a salted commitment, and erasable.
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
    /// It is kept.
    Held(PrivateMetadata),
    /// The deposit never brought it.
    None,
    /// It is gone for good; the place of the notice that says so.
    Erased(LeafIndex),
}

/// What a deposit brings along that stays off the chain. Only for a statement with a `meta` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrivateContent {
    /// What the `meta` line commits to; `None` when its depositor keeps it.
    pub metadata: Option<PrivateMetadata>,
    /// Further pieces, each under a salt and a commitment of its own, by which it is asked for. The chain does not name
    /// them: a caller that needs that names their commitments in the metadata.
    pub annexes: Vec<PrivateMetadata>,
    /// Opaque index keys under which the deposit is found. The store does not know their meaning.
    pub labels: Vec<Digest>,
}

impl PrivateContent {
    /// Whether there is nothing to keep.
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
    /// What the `meta` line of the deposit at `index` commits to, re-hashed and compared with `committed`, the commitment that
    /// the caller has read in the deposit, if it has one. The caller decides who may see the content.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Damaged`] also when a row is missing.
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError>;

    /// The annex of the deposit at `index` with this commitment, re-hashed and compared with it. A missing row cannot be told
    /// from an annex that was never submitted: the chain names none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError>;
}
