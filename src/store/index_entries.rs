//! Index entries of a block: the complete set of index rows that an append of the block adds, the same for every store.
//!
//! # Invariants
//!
//! The entries are a function of the log. Exceptions are the entries of private content, annexes and labels, which depend
//! on what was submitted with a deposit. So an auditor can derive the entries again and compare their number with the
//! store's. Plain and salted digests share one index; the deposit's record says which kind it is.

use std::collections::{HashMap, HashSet};

use crate::ledger::block::Height;
use crate::ledger::chain::Block;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ErasedPiece, NoticeKind, SignedNotice};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::text::Statement;
use crate::store::traits::damaged;
use crate::store::traits::{DepositPlace, LinkPosition, PrivateContent, ReadError};

/// The entries of one block.
#[derive(Debug, Clone)]
pub struct IndexEntries<'b> {
    /// The block's height, and the leaf index of its header.
    pub block: (Height, LeafIndex),
    /// The entries that map the keys of leaves to their indexes.
    pub leaf_entries: LeafEntries,
    /// Deposits by subject and sequence.
    pub subjects: Vec<(Digest, u64, LeafIndex)>,
    /// Links: the leaf index of the linked deposit (the target), and the position in the list of links to it.
    pub links: Vec<(LeafIndex, LinkPosition)>,
    /// Private content of every deposit with a `meta` line; `None` when the depositor did not submit it.
    pub private: Vec<(LeafIndex, Option<&'b PrivateMetadata>)>,
    /// Annexes (further pieces of private content) by deposit and commitment.
    pub annexes: Vec<(LeafIndex, Digest, &'b PrivateMetadata)>,
    /// Deposits by label.
    pub labels: Vec<(Digest, LeafIndex)>,
    /// Tombstones for private content of earlier deposits, each with the leaf index of the `erased` notice that names the
    /// piece.
    pub erased: Vec<(ErasedPiece, LeafIndex)>,
    /// The `key` notices: how a reader finds the key history of the ledger.
    pub key_notices: Vec<LeafIndex>,
}

/// The entries that map the keys of leaves (hash, number, statement id, digest) to leaf indexes.
#[derive(Debug, Clone, Default)]
pub struct LeafEntries {
    /// Leaves by leaf hash. Of identical notices only the first has an entry.
    pub records: Vec<(Digest, LeafIndex)>,
    /// Deposits by number.
    pub numbers: Vec<(DepositNumber, DepositPlace)>,
    /// Deposits by statement id.
    pub statements: Vec<(Digest, LeafIndex)>,
    /// Deposits by each digest of their content.
    pub digests: Vec<(HashAlgorithm, Digest, LeafIndex)>,
}

impl LeafEntries {
    /// An empty set with capacity for the entries of `leaves` leaves and a header.
    #[must_use]
    pub fn with_capacity(leaves: usize) -> Self {
        Self {
            records: Vec::with_capacity(leaves + 1),
            numbers: Vec::with_capacity(leaves),
            statements: Vec::with_capacity(leaves),
            digests: Vec::with_capacity(2 * leaves),
        }
    }

    /// Adds the entries of the deposit at leaf index `index`, in the block that the header at leaf index `header` seals.
    /// `hash` is its leaf hash. [`DepositPlace::has_earlier`] is set later, by [`Self::mark_repeated_digests`].
    pub fn add(&mut self, (index, header): (LeafIndex, LeafIndex), hash: Digest, entry: &Entry) {
        self.records.push((hash, index));
        self.numbers.push((entry.number, DepositPlace { index, header, has_earlier: false }));
        self.statements.push((entry.statement.id(), index));
        let digests = entry.statement.statement().content.iter().flat_map(Content::digests);
        self.digests.extend(digests.map(|(algorithm, digest)| (algorithm, digest, index)));
    }

    /// Sets [`DepositPlace::has_earlier`] of all deposits in this set. They must be consecutive: every deposit of the chain
    /// from the first to the last of them, in the order of the chain. `chain` is searched for earlier deposits only.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn mark_repeated_digests(&mut self, chain: &impl ChainIndex) -> Result<(), ReadError> {
        let Some(first) = self.numbers.first().map(|(_, place)| place.index) else { return Ok(()) };
        let digests: Vec<_> = self.digests.iter().map(|(algorithm, digest, _)| (*algorithm, *digest)).collect();
        let on_chain = chain.has_digests(&digests, first)?;
        let mut seen = HashMap::with_capacity(digests.len());
        let mut repeated = HashSet::new();
        for ((algorithm, digest, index), on_chain) in self.digests.iter().zip(on_chain) {
            // A deposit may state the same digest twice, as plain and as salted: it is not its own predecessor.
            let earlier = *seen.entry((*algorithm, *digest)).or_insert(*index);
            if on_chain || earlier != *index {
                repeated.insert(*index);
            }
        }
        if !repeated.is_empty() {
            self.numbers.iter_mut().for_each(|(_, place)| place.has_earlier = repeated.contains(&place.index));
        }
        Ok(())
    }
}

/// The line that identifies an `erased` notice.
const ERASED_LINE: &[u8] = b"\nkind erased\n";
/// The line that identifies a `key` notice.
const KEY_LINE: &[u8] = b"\nkind key\n";

/// The `erased` notices of a block: their leaf indexes, and the pieces that they name.
///
/// # Errors
///
/// [`ReadError::Damaged`] when a leaf contains the line of an `erased` notice, but does not parse as a notice.
pub fn erased_notices(block: &Block) -> Result<Vec<(LeafIndex, Vec<ErasedPiece>)>, ReadError> {
    let erased =
        notices_with(block, ERASED_LINE).map(|found| found.map(|(at, one)| (at, one.notice().erased().to_vec())));
    erased.collect()
}

/// Leaf indexes of the `key` notices of a block.
///
/// # Errors
///
/// As [`erased_notices`].
fn key_notices(block: &Block) -> Result<Vec<LeafIndex>, ReadError> {
    let keys = notices_with(block, KEY_LINE).map(|found| found.map(|(at, signed)| (at, is_key_notice(&signed))));
    keys.filter_map(|found| found.map(|(at, is_key)| is_key.then_some(at)).transpose()).collect()
}

/// Whether it is a `key` notice.
#[must_use]
pub const fn is_key_notice(signed: &SignedNotice) -> bool {
    matches!(signed.notice().kind, NoticeKind::Key { .. })
}

/// The notices of a block that contain `line`. Searches the bytes first: parsing a notice decompresses the curve point of its key,
/// the largest cost in a block of notices.
fn notices_with<'b>(
    block: &'b Block,
    line: &'static [u8],
) -> impl Iterator<Item = Result<(LeafIndex, SignedNotice), ReadError>> + 'b {
    let leaves = (block.base.0..).map(LeafIndex).zip(&block.leaves);
    let found = leaves
        .filter(move |(_, leaf)| leaf.entry.is_none() && leaf.bytes.windows(line.len()).any(|window| window == line));
    found.map(|(index, leaf)| match SignedNotice::parse(&leaf.bytes) {
        Ok(signed) => Ok((index, signed)),
        Err(error) => Err(damaged("leaf", index, error.to_string())),
    })
}

/// Look-ups in the chain before the block, which [`IndexEntries::of`] needs.
pub trait ChainIndex {
    /// Leaf index of the deposit with this number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn index_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError>;

    /// Whether the chain contains a leaf with this leaf hash.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError>;

    /// For each of `digests`, in order: whether a deposit before leaf index `end` has it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_digests(&self, digests: &[(HashAlgorithm, Digest)], end: LeafIndex) -> Result<Vec<bool>, ReadError>;
}

impl<'b> IndexEntries<'b> {
    /// Derives the entries of `block`, which must have passed the append checks. `private` is the private content submitted
    /// with its deposits, by leaf index.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the chain could not be read.
    pub fn of(
        block: &Block,
        private: &'b [(LeafIndex, PrivateContent)],
        chain: &impl ChainIndex,
    ) -> Result<Self, ReadError> {
        let header = block.header.index();
        let held: HashMap<LeafIndex, &PrivateContent> = private.iter().map(|(index, held)| (*index, held)).collect();
        let erased = erased_notices(block)?.into_iter();
        let mut own: HashMap<DepositNumber, LeafIndex> = HashMap::new();
        let mut notices: HashSet<Digest> = HashSet::new();
        let mut rows = Self {
            block: (block.header.height, header),
            leaf_entries: LeafEntries::with_capacity(block.leaves.len()),
            subjects: Vec::new(),
            links: Vec::new(),
            private: Vec::new(),
            annexes: Vec::new(),
            labels: Vec::new(),
            key_notices: key_notices(block)?,
            erased: erased.flat_map(|(at, pieces)| pieces.into_iter().map(move |piece| (piece, at))).collect(),
        };
        for (index, leaf) in (block.base.0..).map(LeafIndex).zip(&block.leaves) {
            let Some(entry) = &leaf.entry else {
                // The number makes each entry's hash unique. Notices may be identical: then only the first gets an entry.
                if notices.insert(leaf.hash) && !chain.has_record(&leaf.hash)? {
                    rows.leaf_entries.records.push((leaf.hash, index));
                }
                continue;
            };
            rows.leaf_entries.add((index, header), leaf.hash, entry);
            rows.statement(entry.statement.statement(), index, &held);
            rows.link(entry.statement.statement(), index, &own, chain)?;
            own.insert(entry.number, index);
        }
        rows.leaf_entries.records.push((block.hash, header));
        rows.leaf_entries.mark_repeated_digests(chain)?;
        Ok(rows)
    }

    fn statement(&mut self, statement: &Statement, index: LeafIndex, held: &HashMap<LeafIndex, &'b PrivateContent>) {
        self.subjects.extend(statement.subject.map(|subject| (subject.id, subject.sequence, index)));
        if statement.meta.is_none() {
            return;
        }
        let held = held.get(&index).copied();
        self.private.push((index, held.and_then(|held| held.metadata.as_ref())));
        let annexes = held.into_iter().flat_map(|held| &held.annexes);
        self.annexes.extend(annexes.map(|annex| (index, annex.commitment(), annex)));
        self.labels.extend(held.into_iter().flat_map(|held| &held.labels).map(|label| (*label, index)));
    }

    fn link(
        &mut self,
        statement: &Statement,
        index: LeafIndex,
        own: &HashMap<DepositNumber, LeafIndex>,
        chain: &impl ChainIndex,
    ) -> Result<(), ReadError> {
        for link in &statement.links {
            let target = match own.get(&link.number) {
                Some(target) => Some(*target),
                None => chain.index_of(&link.number)?,
            };
            let target =
                target.ok_or_else(|| damaged("number", link.number, "the row existed during the append checks"))?;
            self.links.push((target, LinkPosition { kind: link.kind, source: index }));
        }
        Ok(())
    }
}
