//! Under what a block is found: the rows that every store's indexes get from it, and no others.
//!
//! # Invariants
//!
//! The rows follow from the leaves alone (and, of private content, from what came with them), so an auditor can make them
//! again and count them. Plain and salted digests share one index: the entry itself says which it is.

use std::collections::{HashMap, HashSet};

use crate::ledger::block::Height;
use crate::ledger::chain::Block;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ErasedPiece, SignedNotice};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::text::Statement;
use crate::store::bounds::damaged;
use crate::store::contract::{LinkPosition, PrivateContent, ReadError};

/// The rows of one block.
#[derive(Debug, Clone)]
pub struct Rows<'b> {
    /// The header, by height.
    pub block: (Height, LeafIndex),
    /// By what people find the leaves.
    pub finding: Finding,
    /// Deposits, by subject and sequence.
    pub subjects: Vec<(Digest, u64, LeafIndex)>,
    /// Links: the deposit that is linked to, and the position among the links to it.
    pub links: Vec<(LeafIndex, LinkPosition)>,
    /// Private content of every deposit with a `meta` line; `None` when its depositor kept it.
    pub vault: Vec<(LeafIndex, Option<&'b PrivateMetadata>)>,
    /// Further pieces of private content, by their deposit and commitment.
    pub annexes: Vec<(LeafIndex, Digest, &'b PrivateMetadata)>,
    /// Deposits, by label.
    pub labels: Vec<(Digest, LeafIndex)>,
    /// Tombstones of earlier deposits' private content, each with the place of the notice that names it.
    pub erased: Vec<(ErasedPiece, LeafIndex)>,
}

/// The rows by which leaves are found: each follows from its one leaf alone.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// Every leaf, by its hash; of a notice that is on the chain already, the earliest stays.
    pub records: Vec<(Digest, LeafIndex)>,
    /// Deposits, by number.
    pub numbers: Vec<(DepositNumber, LeafIndex)>,
    /// Deposits, by statement id.
    pub statements: Vec<(Digest, LeafIndex)>,
    /// Deposits, by each digest of their original.
    pub digests: Vec<(HashAlgorithm, Digest, LeafIndex)>,
}

impl Finding {
    fn with_room_for(leaves: usize) -> Self {
        Self {
            records: Vec::with_capacity(leaves + 1),
            numbers: Vec::with_capacity(leaves),
            statements: Vec::with_capacity(leaves),
            digests: Vec::with_capacity(2 * leaves),
        }
    }

    /// Adds the rows of a deposit.
    pub fn add(&mut self, index: LeafIndex, hash: Digest, entry: &Entry) {
        self.records.push((hash, index));
        self.numbers.push((entry.number, index));
        self.statements.push((entry.statement.id(), index));
        let digests = entry.statement.statement().content.iter().flat_map(Content::digests);
        self.digests.extend(digests.map(|(algorithm, digest)| (algorithm, digest, index)));
    }
}

/// The line that every `erased` notice has, and no entry at a line's beginning.
const ERASED_LINE: &[u8] = b"\nkind erased\n";

/// The `erased` notices of a block, by their place.
///
/// # Errors
///
/// [`ReadError::Damaged`]: a leaf that should be one and does not parse.
pub fn erased_notices(block: &Block) -> Result<Vec<(LeafIndex, Vec<ErasedPiece>)>, ReadError> {
    let leaves = (block.base.0..).map(LeafIndex).zip(&block.leaves);
    // Reading every notice would check its key's point: that costs more than all else in a block of them.
    let erased = leaves.filter(|(_, leaf)| {
        leaf.entry.is_none() && leaf.bytes.windows(ERASED_LINE.len()).any(|window| window == ERASED_LINE)
    });
    erased
        .map(|(index, leaf)| match SignedNotice::parse(&leaf.bytes) {
            Ok(signed) => Ok((index, signed.notice().erased().to_vec())),
            Err(error) => Err(damaged("leaf", index, error.to_string())),
        })
        .collect()
}

/// What the rows of a block need to know of the chain before it.
pub trait Places {
    /// Where the deposit of this number stands.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn place_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError>;

    /// Whether a leaf of this hash is on the chain.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError>;
}

impl<'b> Rows<'b> {
    /// The rows of `block`, whose deposits are admitted.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: the chain could not be read.
    pub fn of(
        block: &Block,
        private: &'b [(LeafIndex, PrivateContent)],
        chain: &impl Places,
    ) -> Result<Self, ReadError> {
        let header = block.header.index();
        let held: HashMap<LeafIndex, &PrivateContent> = private.iter().map(|(index, held)| (*index, held)).collect();
        let erased = erased_notices(block)?.into_iter();
        let mut own: HashMap<DepositNumber, LeafIndex> = HashMap::new();
        let mut notices: HashSet<Digest> = HashSet::new();
        let mut rows = Self {
            block: (block.header.height, header),
            finding: Finding::with_room_for(block.leaves.len()),
            subjects: Vec::new(),
            links: Vec::new(),
            vault: Vec::new(),
            annexes: Vec::new(),
            labels: Vec::new(),
            erased: erased.flat_map(|(at, pieces)| pieces.into_iter().map(move |piece| (piece, at))).collect(),
        };
        for (index, leaf) in (block.base.0..).map(LeafIndex).zip(&block.leaves) {
            let Some(entry) = &leaf.entry else {
                // Only an entry's hash is unique by its number; the operator may say the same thing twice.
                if notices.insert(leaf.hash) && !chain.has_record(&leaf.hash)? {
                    rows.finding.records.push((leaf.hash, index));
                }
                continue;
            };
            rows.finding.add(index, leaf.hash, entry);
            rows.statement(entry.statement.statement(), index, &held);
            rows.link(entry.statement.statement(), index, &own, chain)?;
            own.insert(entry.number, index);
        }
        rows.finding.records.push((block.hash, header));
        Ok(rows)
    }

    fn statement(&mut self, statement: &Statement, index: LeafIndex, held: &HashMap<LeafIndex, &'b PrivateContent>) {
        self.subjects.extend(statement.subject.map(|subject| (subject.id, subject.sequence, index)));
        if statement.meta.is_none() {
            return;
        }
        let held = held.get(&index).copied();
        self.vault.push((index, held.and_then(|held| held.metadata.as_ref())));
        let annexes = held.into_iter().flat_map(|held| &held.annexes);
        self.annexes.extend(annexes.map(|annex| (index, annex.commitment(), annex)));
        self.labels.extend(held.into_iter().flat_map(|held| &held.labels).map(|label| (*label, index)));
    }

    fn link(
        &mut self,
        statement: &Statement,
        index: LeafIndex,
        own: &HashMap<DepositNumber, LeafIndex>,
        chain: &impl Places,
    ) -> Result<(), ReadError> {
        for link in &statement.links {
            let target = match own.get(&link.number) {
                Some(target) => Some(*target),
                None => chain.place_of(&link.number)?,
            };
            let target = target.ok_or_else(|| damaged("number", link.number, "the row was there a moment ago"))?;
            self.links.push((target, LinkPosition { kind: link.kind, source: index }));
        }
        Ok(())
    }
}
