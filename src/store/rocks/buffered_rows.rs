//! The rows of one index buffer: found by key, and taken out in an order that suits RocksDB.
//!
//! A hash table finds a row, and takes a new one, in a third of the time of a sorted map. RocksDB inserts rows quickly if
//! each is near the one before it. So the keys are also collected by a byte of theirs that is nearly random, and each
//! collection is sorted when its turn comes: a few hundred keys at a time, and never the whole buffer at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::index_entries::LeafEntries;
use crate::store::rocks::format::DigestKey;
use crate::store::traits::DepositPlace;

/// Keys that are nearly random.
pub trait RandomKey: Copy + Ord {
    /// Which of 256 collections the key belongs to. Of keys of the same kind, made on the same day, those of a smaller collection are
    /// smaller.
    fn collection(&self) -> u8;
}

impl RandomKey for Digest {
    fn collection(&self) -> u8 {
        self.0[0]
    }
}

impl RandomKey for DepositNumber {
    fn collection(&self) -> u8 {
        // The first eight of its sixty random bits.
        let [_, _, _, _, first, second, ..] = self.to_key();
        first << 4 | second >> 4
    }
}

impl RandomKey for DigestKey {
    fn collection(&self) -> u8 {
        self.digest.collection()
    }
}

/// Keys by their collections.
#[derive(Debug)]
pub struct CollectedKeys<K>(Vec<Vec<K>>);

impl<K> Default for CollectedKeys<K> {
    fn default() -> Self {
        Self((0..=u8::MAX).map(|_| Vec::new()).collect())
    }
}

impl<K: RandomKey> CollectedKeys<K> {
    fn add(&mut self, key: K) {
        if let Some(collection) = self.0.get_mut(usize::from(key.collection())) {
            collection.push(key);
        }
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.0.iter().flatten()
    }
}

/// Takes each key once: the collections in order, each sorted.
#[derive(Debug)]
pub struct SortedKeys<K> {
    next_collection: usize,
    /// The current collection, the greatest key first.
    rest: Vec<K>,
}

impl<K> Default for SortedKeys<K> {
    fn default() -> Self {
        Self { next_collection: 0, rest: Vec::new() }
    }
}

impl<K: RandomKey> SortedKeys<K> {
    /// The next of these keys, which are the same in each call; `None` after the last.
    pub fn next_of(&mut self, keys: &CollectedKeys<K>) -> Option<K> {
        loop {
            if let Some(key) = self.rest.pop() {
                return Some(key);
            }
            self.rest.extend_from_slice(keys.0.get(self.next_collection)?);
            self.rest.sort_unstable_by(|one, other| other.cmp(one));
            self.next_collection += 1;
        }
    }

    /// Whether [`Self::next_of`] would return a key.
    pub fn has_more(&self, keys: &CollectedKeys<K>) -> bool {
        let mut later = keys.0.iter().skip(self.next_collection);
        !self.rest.is_empty() || later.any(|collection| !collection.is_empty())
    }
}

/// The buffered rows of a table with one row for each key.
#[derive(Debug)]
pub struct BufferedTable<K, V> {
    rows: HashMap<K, V>,
    keys: CollectedKeys<K>,
}

impl<K, V> Default for BufferedTable<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::default(), keys: CollectedKeys::default() }
    }
}

impl<K: RandomKey + Hash, V: Copy> BufferedTable<K, V> {
    fn insert(&mut self, key: K, value: V) {
        if self.rows.insert(key, value).is_none() {
            self.keys.add(key);
        }
    }

    fn extend(&mut self, rows: &[(K, V)]) {
        rows.iter().for_each(|(key, value)| self.insert(*key, *value));
    }

    /// The value of the row with this key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.rows.get(key).copied()
    }

    /// Keys of all rows.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.rows.keys()
    }

    /// Keys of the rows whose value satisfies `wanted`.
    pub fn keys_where(&self, wanted: impl Fn(&V) -> bool) -> impl Iterator<Item = &K> {
        self.rows.iter().filter(move |(_, value)| wanted(value)).map(|(key, _)| key)
    }

    /// The next row after those that `taken` has returned.
    pub fn next_row(&self, taken: &mut SortedKeys<K>) -> Option<(K, V)> {
        let key = taken.next_of(&self.keys)?;
        Some((key, *self.rows.get(&key)?))
    }

    /// Whether there is a row after those that `taken` has returned.
    #[must_use]
    pub fn has_more(&self, taken: &SortedKeys<K>) -> bool {
        taken.has_more(&self.keys)
    }
}

/// Deposits with a digest, in the order of the log. Nearly always there is one, for which nothing is allocated.
#[derive(Debug)]
struct Occurrences {
    first: LeafIndex,
    later: Vec<LeafIndex>,
}

/// The buffered rows of `DIGESTS`: a digest has a row for each deposit with it.
#[derive(Debug, Default)]
pub struct BufferedDigests {
    found: HashMap<(HashAlgorithm, Digest), Occurrences>,
    /// The keys of all rows.
    pub keys: CollectedKeys<DigestKey>,
}

impl BufferedDigests {
    fn insert(&mut self, algorithm: HashAlgorithm, digest: Digest, index: LeafIndex) {
        match self.found.entry((algorithm, digest)) {
            Entry::Vacant(entry) => {
                entry.insert(Occurrences { first: index, later: Vec::new() });
            }
            Entry::Occupied(mut entry) => entry.get_mut().later.push(index),
        }
        self.keys.add(DigestKey { algorithm, digest, index });
    }

    /// Leaf indexes of the deposits with this digest, the earliest first.
    pub fn indexes(&self, algorithm: HashAlgorithm, digest: &Digest) -> impl Iterator<Item = LeafIndex> + use<'_> {
        let found = self.found.get(&(algorithm, *digest));
        found.into_iter().flat_map(|found| std::iter::once(found.first).chain(found.later.iter().copied()))
    }

    /// Whether a deposit before `end` has this digest.
    #[must_use]
    pub fn has(&self, algorithm: HashAlgorithm, digest: &Digest, end: LeafIndex) -> bool {
        self.found.get(&(algorithm, *digest)).is_some_and(|found| found.first < end)
    }
}

/// The rows of consecutive leaves.
#[derive(Debug)]
pub struct BufferedRows {
    /// Rows of `NUMBERS`.
    pub numbers: BufferedTable<DepositNumber, DepositPlace>,
    /// Rows of `STATEMENTS`.
    pub statements: BufferedTable<Digest, LeafIndex>,
    /// Rows of `RECORDS`.
    pub records: BufferedTable<Digest, LeafIndex>,
    /// Rows of `DIGESTS`.
    pub digests: BufferedDigests,
    /// The number of leaves.
    pub leaves: u64,
    /// Size of the tree after the last of these leaves.
    pub end: TreeSize,
}

impl Default for BufferedRows {
    fn default() -> Self {
        let (numbers, statements, records, digests) = Default::default();
        Self { numbers, statements, records, digests, leaves: 0, end: TreeSize(0) }
    }
}

impl BufferedRows {
    /// Adds rows of `NUMBERS`.
    pub fn add_numbers(&mut self, rows: &LeafEntries) {
        self.numbers.extend(&rows.numbers);
    }

    /// Adds rows of `STATEMENTS`.
    pub fn add_statements(&mut self, rows: &LeafEntries) {
        self.statements.extend(&rows.statements);
    }

    /// Adds rows of `RECORDS`.
    pub fn add_records(&mut self, rows: &LeafEntries) {
        self.records.extend(&rows.records);
    }

    /// Adds rows of `DIGESTS`, and that the rows of `leaves` more leaves are complete, after which the tree has the size `end`.
    pub fn add_digests(&mut self, rows: &LeafEntries, leaves: u64, end: TreeSize) {
        rows.digests.iter().for_each(|(algorithm, digest, index)| self.digests.insert(*algorithm, *digest, *index));
        self.leaves += leaves;
        self.end = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::sha256;

    fn digest(n: u32) -> Digest {
        sha256(&n.to_be_bytes())
    }

    #[test]
    fn each_row_is_taken_once_and_digests_in_the_order_of_their_keys() {
        let mut table = BufferedTable::default();
        (0..1_000).for_each(|n| table.insert(digest(n), LeafIndex(0)));
        // A row that is there already gets the new value, and is not taken twice.
        (0..1_000).for_each(|n| table.insert(digest(n), LeafIndex(u64::from(n))));
        let mut taken = SortedKeys::default();
        let mut rows = Vec::new();
        while table.has_more(&taken) {
            rows.push(table.next_row(&mut taken).unwrap());
        }
        assert_eq!(table.next_row(&mut taken), None);
        let mut expected: Vec<_> = (0..1_000).map(|n| (digest(n), LeafIndex(u64::from(n)))).collect();
        expected.sort_unstable();
        assert_eq!(rows, expected);
        assert_eq!((table.get(&digest(999)), table.get(&digest(1_000))), (Some(LeafIndex(999)), None));
        let late = table.keys_where(|index| index.0 >= 990).count();
        assert_eq!((table.keys().count(), late), (1_000, 10));
    }

    /// The numbers of one day, whose keys begin with the same bytes, are spread over all collections in the order of their keys.
    #[test]
    fn collections_of_numbers_follow_their_keys() {
        // Not every draw is a number.
        let number = |n: u64| (0..).find_map(|low| DepositNumber::draw(false, 20_261_201, n << 52 | low)).unwrap();
        let collections: Vec<_> = (0..256).map(|n| number(n).collection()).collect();
        assert_eq!(collections, (0..=u8::MAX).collect::<Vec<_>>());
        let mut keys: Vec<_> = (0..256).map(|n| number(n).to_key()).collect();
        assert!(keys.is_sorted());
        keys.dedup();
        assert_eq!(keys.len(), 256);
    }

    #[test]
    fn deposits_of_a_digest_come_in_the_order_of_the_log() {
        let mut digests = BufferedDigests::default();
        for (n, index) in [(1, 5), (2, 6), (1, 7), (1, 9)] {
            digests.insert(HashAlgorithm::Sha256, digest(n), LeafIndex(index));
        }
        digests.insert(HashAlgorithm::Sm3, digest(1), LeafIndex(5));
        let indexes = |algorithm, n| digests.indexes(algorithm, &digest(n)).map(|index| index.0).collect::<Vec<_>>();
        assert_eq!(indexes(HashAlgorithm::Sha256, 1), [5, 7, 9]);
        assert_eq!(indexes(HashAlgorithm::Sm3, 1), [5]);
        assert!(indexes(HashAlgorithm::Sm3, 2).is_empty());
        let has = |n, end| digests.has(HashAlgorithm::Sha256, &digest(n), LeafIndex(end));
        assert_eq!((has(1, 5), has(1, 6), has(2, 6), has(3, 10)), (false, true, false, false));
        assert_eq!(digests.keys.iter().count(), 5);
    }
}
