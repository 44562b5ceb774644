//! The index: where records are found. Derived from the log, and rebuilt from it by `tiezheng index rebuild`.
//!
//! All look-ups are bounded by the published size. `None` means "not there"; a row that must be there and is missing is
//! [`ReadError::Damaged`]. Labels are not derived from the log but from the private content beside it.

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

/// A position in the list of links to one deposit. The list is ordered by kind ([`LinkKind::BY_PRIORITY`]: the owner's links
/// before `refers`, withdrawals first), and within a kind by the place of the linking deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkPosition {
    /// What the linking deposit says.
    pub kind: LinkKind,
    /// Where it stands.
    pub source: LeafIndex,
}

impl LinkPosition {
    /// Before all links.
    pub const FIRST: Self = Self { kind: LinkKind::Withdraws, source: LeafIndex(0) };
    /// Before all `refers` links, after those of the owner.
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

/// Where a deposit stands, with what cannot change after its block was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositPlace {
    /// Index of its leaf.
    pub index: LeafIndex,
    /// Index of the header of its block.
    pub header: LeafIndex,
    /// Whether an earlier deposit has one of its digests.
    pub has_earlier: bool,
}

/// Finds records.
pub trait Index: Send + Sync {
    /// Index of the header of the block at `height`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError>;

    /// The deposit of this number.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError>;

    /// Index of the deposit of this number.
    ///
    /// # Errors
    /// [`ReadError`].
    fn index_of_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.find_number(number)?.map(|place| place.index))
    }

    /// The deposits of these statement ids, in their order, in one request to the storage engine.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError>;

    /// The deposit of this statement id.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.find_statements(std::slice::from_ref(id))?.pop().flatten())
    }

    /// The record of this leaf hash: an entry by 交易id, a header by 区块哈希, or a notice.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError>;

    /// Deposits of this plain or salted digest within the range, the earliest first, at most `limit`. The cost grows with
    /// `limit`, not with the number of deposits of the digest.
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

    /// The entry of a subject's stream at `sequence` (from 1).
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError>;

    /// The last sequence of a subject's stream; 0 when there is none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError>;

    /// Links to the deposit at `target` from the position `from` on, in the order of [`LinkPosition`], at most `limit`. The
    /// cost grows with `limit`, not with the number of links.
    ///
    /// # Errors
    /// [`ReadError`].
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError>;

    /// Deposits under this label from `from` on, the earliest first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Deposits under this label before `before`, the last first, at most `limit`. Reads at most `limit` rows.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Deposits under this label, the last first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn last_labelled(&self, label: &Digest, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.labelled_before(label, LeafIndex(u64::MAX), limit)
    }

    /// The number of rows of each index for the leaves below the published size; `None` for a reader without indexes of its own.
    /// Reads all rows.
    ///
    /// # Errors
    /// [`ReadError`].
    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        Ok(None)
    }
}
