//! The secondary index: maps numbers, hashes, digests, subjects, links and labels to leaf indexes of the log.
//!
//! The index is derived from the log, and `tiezheng index rebuild` rebuilds it. The exception is labels: they are part of
//! the private content, which is stored outside the log, and a rebuild keeps them.
//!
//! # Invariants
//!
//! Every look-up is bounded by the published size: it returns no leaf at or beyond it. `None` means "not found". Where a
//! row must exist and does not, the look-up fails with [`ReadError::Damaged`].

use std::cmp::Ordering;
use std::ops::Range;

use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::LinkKind;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::store_error::ReadError;

/// Sort key in the list of links to one deposit, the target. The list is ordered by kind ([`LinkKind::BY_PRIORITY`]:
/// withdrawals first, then the owner's other links, `refers` last), and within a kind by the leaf index of the linking
/// deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkPosition {
    /// The kind of link that the linking deposit states.
    pub kind: LinkKind,
    /// Leaf index of the linking deposit.
    pub source: LeafIndex,
}

impl LinkPosition {
    /// The start of the list.
    pub const FIRST: Self = Self { kind: LinkKind::Withdraws, source: LeafIndex(0) };
    /// The start of the `refers` links: after all links of the owner.
    pub const FIRST_REFERENCE: Self = Self { kind: LinkKind::Refers, source: LeafIndex(0) };
}

impl Ord for LinkPosition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind.priority().cmp(&other.kind.priority()).then(self.source.cmp(&other.source))
    }
}

impl PartialOrd for LinkPosition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The position of a deposit in the log, and the facts about it that are final once its block is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositPlace {
    /// Index of the deposit's leaf.
    pub index: LeafIndex,
    /// Index of the header leaf of the deposit's block.
    pub header: LeafIndex,
    /// Whether an earlier deposit on the chain has one of the deposit's digests.
    pub has_earlier: bool,
}

/// Look-ups of leaf indexes by the keys of the index.
pub trait Index: Send + Sync {
    /// Index of the header of the block at `height`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError>;

    /// Position of the deposit with this number.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError>;

    /// Leaf index of the deposit with this number.
    ///
    /// # Errors
    /// [`ReadError`].
    fn index_of_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.find_number(number)?.map(|place| place.index))
    }

    /// Leaf indexes of the deposits with these statement ids, in the order of `ids`, in one request to the storage engine.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError>;

    /// Leaf index of the deposit with this statement id.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.find_statements(std::slice::from_ref(id))?.pop().flatten())
    }

    /// Index of the leaf with this leaf hash: an entry by 交易id, a header by 区块哈希, or a notice.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError>;

    /// Leaf indexes, in the range `within`, of deposits with this plain or salted digest: the earliest first, at most
    /// `limit`. The cost grows with `limit`, not with the number of deposits of the digest.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError>;

    /// Leaf index of the deposit at position `sequence` (from 1) of a subject's stream.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError>;

    /// The highest sequence in a subject's stream; 0 when the stream has no deposit.
    ///
    /// # Errors
    /// [`ReadError`].
    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError>;

    /// Links to the deposit at `target`, starting at the position `from`, in the order of [`LinkPosition`], at most
    /// `limit`. The cost grows with `limit`, not with the number of links.
    ///
    /// # Errors
    /// [`ReadError`].
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError>;

    /// Leaf indexes of deposits with this label, at or after `from`: the earliest first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Leaf indexes of deposits with this label, before `before`: the latest first, at most `limit`. Reads at most `limit`
    /// rows.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Leaf indexes of deposits with this label: the latest first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn last_labelled(&self, label: &Digest, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.labelled_before(label, LeafIndex(u64::MAX), limit)
    }

    /// Leaf indexes of the `key` notices, the earliest first. The genesis notice, at leaf 0, is not among them. There are as many
    /// as the ledger key was rotated.
    ///
    /// # Errors
    /// [`ReadError`].
    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError>;

    /// The number of rows of each index for the leaves below the published size; `None` for a reader without indexes of its
    /// own. Scans all rows: for audits.
    ///
    /// # Errors
    /// [`ReadError`].
    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        Ok(None)
    }
}
