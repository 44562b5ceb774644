//! Row counts of the indexes of a store: as stored, and as they follow from the log.
//!
//! # Invariants
//!
//! If every row that follows from the log is found, and the counts are equal, then an index contains these rows and no
//! others. Labels are not on the chain; they follow from the acts, and the audit counts them when it reads the acts.
//! Not counted: private content and annexes.

use crate::ledger::entry::Entry;
use crate::ledger::statement::content::Content;

/// The number of rows of each index, for the leaves of a tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexRows {
    /// Block headers by height.
    pub blocks: u64,
    /// Deposits by number.
    pub numbers: u64,
    /// Deposits by statement id.
    pub statements: u64,
    /// Leaves by hash; equal notices have one row.
    pub records: u64,
    /// Deposits by digest.
    pub digests: u64,
    /// Deposits by subject and sequence.
    pub subjects: u64,
    /// Links by the linked deposit.
    pub links: u64,
    /// Acts and deposits of the filing flow by label.
    pub labels: u64,
}

impl IndexRows {
    /// The rows of a deposit.
    #[must_use]
    pub fn of_entry(entry: &Entry) -> Self {
        let statement = entry.statement.statement();
        Self {
            blocks: 0,
            numbers: 1,
            statements: 1,
            records: 1,
            digests: statement.content.iter().flat_map(Content::digests).count() as u64,
            subjects: u64::from(statement.subject.is_some()),
            links: statement.links.len() as u64,
            labels: 0,
        }
    }

    /// The rows of a notice that has no equal before it.
    pub const NOTICE: Self = Self { records: 1, ..Self::NONE };
    /// The rows of a block header.
    pub const HEADER: Self = Self { blocks: 1, records: 1, ..Self::NONE };
    const NONE: Self =
        Self { blocks: 0, numbers: 0, statements: 0, records: 0, digests: 0, subjects: 0, links: 0, labels: 0 };

    /// Each index by name.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("blocks", self.blocks),
            ("numbers", self.numbers),
            ("statements", self.statements),
            ("records", self.records),
            ("digests", self.digests),
            ("subjects", self.subjects),
            ("links", self.links),
            ("labels", self.labels),
        ]
    }
}

impl std::ops::AddAssign for IndexRows {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.numbers += other.numbers;
        self.statements += other.statements;
        self.records += other.records;
        self.digests += other.digests;
        self.subjects += other.subjects;
        self.links += other.links;
        self.labels += other.labels;
    }
}
