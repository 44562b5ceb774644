//! The index rows of some leaves, while they wait.

use std::collections::HashMap;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::rocks::format::DigestKey;

/// The rows of some leaves.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) numbers: HashMap<DepositNumber, LeafIndex>,
    pub(super) statements: HashMap<Digest, LeafIndex>,
    pub(super) records: HashMap<Digest, LeafIndex>,
    /// The first deposit of each digest, and further ones.
    pub(super) digests: HashMap<(HashAlgorithm, Digest), (LeafIndex, Vec<LeafIndex>)>,
    pub(super) leaves: u64,
    /// Where the leaves end.
    pub(super) end: TreeSize,
}

impl Default for Rows {
    fn default() -> Self {
        let (numbers, statements, records, digests) = Default::default();
        Self { numbers, statements, records, digests, leaves: 0, end: TreeSize(0) }
    }
}

impl Rows {
    /// None yet, with room for as many as `others`: no table grows while depositors wait.
    pub(super) fn with_room_for(others: &Self) -> Self {
        Self {
            numbers: HashMap::with_capacity(others.numbers.len()),
            statements: HashMap::with_capacity(others.statements.len()),
            records: HashMap::with_capacity(others.records.len()),
            digests: HashMap::with_capacity(others.digests.len()),
            leaves: 0,
            end: TreeSize(0),
        }
    }

    /// Adds deposits' digests.
    pub(super) fn add_digests(&mut self, rows: &[(HashAlgorithm, Digest, LeafIndex)]) {
        for (algorithm, digest, index) in rows {
            let others = |(_, others): &mut (LeafIndex, Vec<LeafIndex>)| others.push(*index);
            let row = self.digests.entry((*algorithm, *digest));
            row.and_modify(others).or_insert_with(|| (*index, Vec::new()));
        }
    }

    /// The keys of all digests' rows, in no order.
    pub(super) fn digest_keys(&self) -> impl Iterator<Item = DigestKey> {
        self.digests.iter().flat_map(|(&(algorithm, digest), (first, others))| {
            let places = std::iter::once(first).chain(others);
            places.map(move |index| DigestKey { algorithm, digest, index: *index })
        })
    }
}
