//! Forwards the read traits of a store that wraps another reader, so that each wrapper writes only what it does
//! differently.

use std::ops::Range;

use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::traits::annotations::{AnnotatedCheckpoint, AnnotationReader, ProofLevel};
use crate::store::traits::index::{DepositPlace, Index, LinkPosition};
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::private::{PrivatePiece, PrivateReader};
use crate::store::traits::store_error::ReadError;

/// A store that wraps a reader. Blanket implementations make it an [`Index`] and an [`AnnotationReader`], which forward every
/// call to that reader.
pub trait Delegate: Send + Sync {
    /// Calls `read` with the wrapped reader. `method` is the name of the trait method that is forwarded.
    ///
    /// # Errors
    /// Those of `read`; [`ReadError::Unavailable`] while the store has no reader, for example after a failed reopening.
    fn delegate<T>(
        &self,
        method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError>;

    /// Whether [`Index::index_rows`] of the wrapped reader is also valid for this store; if not, this store answers `None`.
    fn has_index_rows(&self) -> bool {
        true
    }
}

impl<D: Delegate> Index for D {
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        self.delegate("find_block", |reader| reader.find_block(height))
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        self.delegate("find_number", |reader| reader.find_number(number))
    }

    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        self.delegate("find_statements", |reader| reader.find_statements(ids))
    }

    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.delegate("find_record", |reader| reader.find_record(hash))
    }

    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        self.delegate("find_digest", |reader| reader.find_digest(algorithm, digest, within, limit))
    }

    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        self.delegate("find_subject", |reader| reader.find_subject(subject, sequence))
    }

    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        self.delegate("subject_length", |reader| reader.subject_length(subject))
    }

    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        self.delegate("links_to", |reader| reader.links_to(target, from, limit))
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.delegate("labelled", |reader| reader.labelled(label, from, limit))
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.delegate("labelled_before", |reader| reader.labelled_before(label, before, limit))
    }

    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        self.delegate("key_notices", |reader| reader.key_notices())
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        if !self.has_index_rows() {
            return Ok(None);
        }
        self.delegate("index_rows", |reader| reader.index_rows())
    }
}

impl<D: Delegate> AnnotationReader for D {
    fn annotations_version(&self) -> Option<u64> {
        self.delegate("annotations_version", |reader| Ok(reader.annotations_version())).ok().flatten()
    }

    fn annotated(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        self.delegate("annotated", |reader| reader.annotated(size))
    }

    fn last_annotated(&self, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        self.delegate("last_annotated", |reader| reader.last_annotated(until))
    }

    fn first_reached(&self, level: ProofLevel, from: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        self.delegate("first_reached", |reader| reader.first_reached(level, from))
    }

    fn last_reached(&self, level: ProofLevel, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        self.delegate("last_reached", |reader| reader.last_reached(level, until))
    }
}

/// A store that forwards reads of private content as well. A blanket implementation makes it a [`PrivateReader`].
pub trait DelegatePrivate: Delegate {}

impl<D: DelegatePrivate> PrivateReader for D {
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        self.delegate("private_of", |reader| reader.private_of(index, committed))
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError> {
        self.delegate("annex", |reader| reader.annex(index, commitment))
    }
}
