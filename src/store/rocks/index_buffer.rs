//! In-memory write buffer for the rows of the four index tables with random keys: `NUMBERS`, `STATEMENTS`, `RECORDS`,
//! `DIGESTS`.
//!
//! A deposit has about five such rows, and inserting them into RocksDB one by one was half the cost of an append. Instead,
//! rows of some ten thousand deposits collect in the active buffer. A full buffer is frozen and flushed in key order, a few
//! rows with each later block:
//!
//! ```text
//! append ─▶ active ──(full, and no flush in progress)──▶ flushing ──(a few rows with each block)──▶ tables
//! ```
//!
//! # Invariants
//!
//! Every row can be derived again from the log, so buffered rows are not durable. Durable is the index of the first leaf
//! whose rows may be missing in the tables: the row `unindexed` of the table `meta`. It is written in the same batch as
//! that leaf, advanced in the same batch as the last row of a frozen buffer, and removed when the buffer is empty. After a
//! crash, the rows from that leaf on are derived again ([`IndexBuffer::rebuilt`]). After a clean shutdown, the tables are
//! complete.
//!
//! A look-up reads the buffer first and then the table ([`IndexLookup`]). A row leaves the buffer only after it is in its
//! table, so this order finds it at any time.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::ledger::hash::Digest;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::index_entries::{ChainIndex, LeafEntries};
use crate::store::rocks::batch::Batch;
use crate::store::rocks::derivation::derive;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{DigestKey, Empty, FromDisk, ToDisk};
use crate::store::rocks::schema::{DIGESTS, META, NUMBERS, RECORDS, STATEMENTS, Table};
use crate::store::rocks::tree::Tree;
use crate::store::traits::damaged;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{AppendError, DepositPlace, ReadError};

/// Rows of each table in one batch when the whole buffer is flushed; of `DIGESTS` twice as many.
const AT_ONCE: usize = 4_096;

/// The rows of consecutive leaves, sorted by key.
#[derive(Debug)]
struct BufferedRows {
    numbers: BTreeMap<DepositNumber, DepositPlace>,
    statements: BTreeMap<Digest, LeafIndex>,
    records: BTreeMap<Digest, LeafIndex>,
    #[expect(clippy::zero_sized_map_values, reason = "key and value, as in the other tables")]
    digests: BTreeMap<DigestKey, Empty>,
    /// First bytes of all these digests: most look-ups are for a digest that is not here, and a set answers faster than the map.
    digest_tags: HashSet<u64>,
    leaves: u64,
    /// Size of the tree after the last of these leaves.
    end: TreeSize,
}

impl Default for BufferedRows {
    fn default() -> Self {
        let (numbers, statements, records, digests, digest_tags) = Default::default();
        Self { numbers, statements, records, digests, digest_tags, leaves: 0, end: TreeSize(0) }
    }
}

impl BufferedRows {
    fn has_digest(&self, range: &Range<DigestKey>) -> bool {
        self.digest_tags.contains(&tag(&range.start.digest)) && self.digests.range(range.clone()).next().is_some()
    }
}

/// The first bytes of a digest.
fn tag(digest: &Digest) -> u64 {
    digest.0.first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

#[derive(Debug, Default)]
struct Shared {
    active: BufferedRows,
    flushing: Arc<BufferedRows>,
}

/// The write buffer. One writer; any number of readers.
#[derive(Debug, Default)]
pub struct IndexBuffer(RwLock<Shared>);

impl IndexBuffer {
    /// Creates the buffer when a database is opened, and derives again from the log the rows that may be missing in the
    /// tables. `frontier` is the right edge of the database's tree.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] when the hash of a leaf differs from the tree.
    pub fn rebuilt(engine: &Engine, frontier: &Frontier) -> Result<Self, ReadError> {
        let buffer = Self::default();
        let Some(first) = unindexed(engine)? else { return Ok(buffer) };
        let index = IndexLookup { engine, buffer: &buffer };
        derive(&Tree { engine, frontier }, first, &index, |block| {
            buffer.add(&block.entries, block.leaves, block.end);
            Ok(())
        })?;
        Ok(buffer)
    }

    // Ignores poisoning: a thread that panics cannot leave a row half written.
    fn shared(&self) -> RwLockReadGuard<'_, Shared> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds the rows of the next `leaves` leaves, after which the tree has the size `end`. Releases the lock between
    /// tables, so that readers are not blocked for long. Readers are bounded by the published size and do not use rows of
    /// an unpublished block.
    pub fn add(&self, rows: &LeafEntries, leaves: u64, end: TreeSize) {
        self.change(|shared| shared.active.numbers.extend(rows.numbers.iter().copied()));
        self.change(|shared| shared.active.statements.extend(rows.statements.iter().copied()));
        self.change(|shared| shared.active.records.extend(rows.records.iter().copied()));
        let digest = |&(algorithm, digest, index)| (DigestKey { algorithm, digest, index }, Empty);
        self.change(|shared| {
            shared.active.digests.extend(rows.digests.iter().map(digest));
            shared.active.digest_tags.extend(rows.digests.iter().map(|(_, digest, _)| tag(digest)));
            shared.active.leaves += leaves;
            shared.active.end = end;
        });
    }

    /// Freezes the active buffer: makes it the one to flush, and starts an empty active buffer. The previous frozen buffer
    /// must be flushed.
    fn freeze(&self) -> Arc<BufferedRows> {
        self.change(|shared| {
            shared.flushing = Arc::new(std::mem::take(&mut shared.active));
            Arc::clone(&shared.flushing)
        })
    }

    fn forget_flushing(&self) {
        // Dropped after the lock is released: freeing the rows takes time.
        let _old = self.change(|shared| std::mem::take(&mut shared.flushing));
    }

    /// For each table: its name, and the number of buffered rows that are not in the table yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn missing(&self, engine: &Engine) -> Result<[(&'static str, u64); 4], ReadError> {
        let shared = self.shared();
        let (mut numbers, mut statements, mut records, mut digests) = (0, 0, 0, 0);
        for rows in [&*shared.flushing, &shared.active] {
            numbers += missing_of(engine, &NUMBERS, rows.numbers.keys())?;
            statements += missing_of(engine, &STATEMENTS, rows.statements.keys())?;
            records += missing_of(engine, &RECORDS, rows.records.keys())?;
            digests += missing_of(engine, &DIGESTS, rows.digests.keys())?;
        }
        Ok([(NUMBERS.name, numbers), (STATEMENTS.name, statements), (RECORDS.name, records), (DIGESTS.name, digests)])
    }
}

impl Shared {
    fn get<K: Ord, V: Copy>(&self, key: &K, rows: impl Fn(&BufferedRows) -> &BTreeMap<K, V>) -> Option<V> {
        rows(&self.active).get(key).or_else(|| rows(&self.flushing).get(key)).copied()
    }
}

impl IndexBuffer {
    /// The number of buffered rows of leaves below `size` that are not in the tables yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn missing_below(&self, engine: &Engine, size: TreeSize) -> Result<IndexRows, ReadError> {
        let shared = self.shared();
        let mut missing = IndexRows::default();
        for rows in [&*shared.flushing, &shared.active] {
            missing.numbers += missing_of(engine, &NUMBERS, below(&rows.numbers, size, |place| place.index))?;
            missing.statements += missing_of(engine, &STATEMENTS, below(&rows.statements, size, |index| *index))?;
            missing.records += missing_of(engine, &RECORDS, below(&rows.records, size, |index| *index))?;
            let digests = rows.digests.keys().filter(|key| size.contains(key.index));
            missing.digests += missing_of(engine, &DIGESTS, digests)?;
        }
        Ok(missing)
    }
}

fn below<K, V>(rows: &BTreeMap<K, V>, size: TreeSize, index: fn(&V) -> LeafIndex) -> impl Iterator<Item = &K> {
    rows.iter().filter(move |(_, value)| size.contains(index(value))).map(|(key, _)| key)
}

fn missing_of<'k, K: ToDisk + 'k, V>(
    engine: &Engine,
    table: &Table<K, V>,
    keys: impl Iterator<Item = &'k K>,
) -> Result<u64, ReadError> {
    let mut missing = 0;
    for key in keys {
        missing += u64::from(!engine.has(table, key)?);
    }
    Ok(missing)
}

/// The first leaf whose rows may be missing in the tables, as recorded in the database; `None` when the tables are
/// complete.
///
/// # Errors
///
/// [`ReadError`].
pub fn unindexed(engine: &Engine) -> Result<Option<LeafIndex>, ReadError> {
    let Some(bytes) = engine.get(&META, &About::Unindexed)? else { return Ok(None) };
    let index = LeafIndex::from_disk(&bytes).ok_or_else(|| damaged("meta", "unindexed", "it is no index"))?;
    Ok(Some(index))
}

/// Look-ups in the buffer and the tables together.
#[derive(Clone, Copy)]
pub struct IndexLookup<'a> {
    /// The tables.
    pub engine: &'a Engine,
    /// The buffered rows.
    pub buffer: &'a IndexBuffer,
}

impl IndexLookup<'_> {
    /// Positions of the deposits with these numbers, in the order of `numbers`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn numbers(&self, numbers: &[DepositNumber]) -> Result<Vec<Option<DepositPlace>>, ReadError> {
        self.find(&NUMBERS, numbers, |rows| &rows.numbers)
    }

    /// Leaf indexes of the deposits with these statement ids, in the order of `ids`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        self.find(&STATEMENTS, ids, |rows| &rows.statements)
    }

    /// Position of the deposit with this number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        self.find_one(&NUMBERS, number, |rows| &rows.numbers)
    }

    /// Index of the leaf with this leaf hash.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.find_one(&RECORDS, hash, |rows| &rows.records)
    }

    fn find_one<K: ToDisk + Ord, V: FromDisk + Copy>(
        &self,
        table: &Table<K, V>,
        key: &K,
        rows: impl Fn(&BufferedRows) -> &BTreeMap<K, V>,
    ) -> Result<Option<V>, ReadError> {
        // Buffer first: if the writer removes the row after this read, it is in its table already.
        let buffered = self.buffer.shared().get(key, rows);
        if buffered.is_some() { Ok(buffered) } else { self.engine.get(table, key) }
    }

    fn find<K: ToDisk + Ord + Copy, V: FromDisk + Copy>(
        &self,
        table: &Table<K, V>,
        keys: &[K],
        rows: impl Fn(&BufferedRows) -> &BTreeMap<K, V>,
    ) -> Result<Vec<Option<V>>, ReadError> {
        if let [key] = keys {
            return Ok(vec![self.find_one(table, key, rows)?]);
        }
        let mut found: Vec<Option<V>> = {
            let shared = self.buffer.shared();
            keys.iter().map(|key| shared.get(key, &rows)).collect()
        };
        let missing: Vec<K> =
            keys.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(key, _)| *key).collect();
        let mut stored = self.engine.get_many(table, &missing)?.into_iter();
        found.iter_mut().filter(|found| found.is_none()).for_each(|found| *found = stored.next().flatten());
        Ok(found)
    }

    /// Leaf indexes, in the range `within`, of deposits with this digest: the earliest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        let key = |index| DigestKey { algorithm, digest: *digest, index };
        let (first, end) = (key(within.start), key(within.end));
        if first >= end {
            return Ok(Vec::new());
        }
        let mut found: Vec<LeafIndex> = {
            let shared = self.buffer.shared();
            let rows = [&*shared.flushing, &shared.active].into_iter();
            // All frozen rows belong to earlier leaves than the active ones, so these are the earliest of both.
            rows.flat_map(|rows| rows.digests.range(first..end)).map(|(key, _)| key.index).take(limit).collect()
        };
        let rows = self.engine.prefixed_since(&DIGESTS, &DigestKey::prefix(algorithm, digest), &first)?;
        for row in rows.take(limit) {
            let index = row?.0.index;
            if index >= within.end {
                break;
            }
            found.push(index);
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }
}

impl ChainIndex for IndexLookup<'_> {
    fn index_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.number(number)?.map(|place| place.index))
    }

    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError> {
        Ok(self.record(hash)?.is_some())
    }

    fn has_digests(&self, digests: &[(HashAlgorithm, Digest)], end: LeafIndex) -> Result<Vec<bool>, ReadError> {
        let key = |algorithm, digest, index| DigestKey { algorithm, digest, index };
        let range = |(algorithm, digest): &(HashAlgorithm, Digest)| {
            key(*algorithm, *digest, LeafIndex(0))..key(*algorithm, *digest, end)
        };
        let ranges: Vec<_> = digests.iter().map(range).collect();
        let mut found: Vec<bool> = {
            let shared = self.buffer.shared();
            let has = |range: &Range<DigestKey>| shared.active.has_digest(range) || shared.flushing.has_digest(range);
            ranges.iter().map(has).collect()
        };
        let missing: Vec<_> =
            ranges.into_iter().zip(&found).filter(|(_, found)| !**found).map(|(range, _)| range).collect();
        let mut stored = self.engine.has_any(&DIGESTS, &missing)?.into_iter();
        found.iter_mut().filter(|found| !**found).for_each(|found| *found = stored.next().unwrap_or(false));
        Ok(found)
    }
}

/// An incremental flush of a frozen buffer: for each table, the last key that was written.
#[derive(Debug)]
struct FlushPass {
    rows: Arc<BufferedRows>,
    number: Option<DepositNumber>,
    statement: Option<Digest>,
    record: Option<Digest>,
    digest: Option<DigestKey>,
}

impl FlushPass {
    fn over(rows: Arc<BufferedRows>) -> Self {
        Self { rows, number: None, statement: None, record: None, digest: None }
    }

    /// Adds the next `count` rows of each table to `batch`, of `DIGESTS` twice as many. Returns whether the flush is
    /// complete.
    fn put(&mut self, batch: &mut Batch<'_>, count: usize) -> Result<bool, ReadError> {
        let rows = &self.rows;
        let numbers = put_next(batch, &NUMBERS, &rows.numbers, &mut self.number, count)?;
        let statements = put_next(batch, &STATEMENTS, &rows.statements, &mut self.statement, count)?;
        let records = put_next(batch, &RECORDS, &rows.records, &mut self.record, count)?;
        let digests = put_next(batch, &DIGESTS, &rows.digests, &mut self.digest, 2 * count)?;
        Ok(numbers && statements && records && digests)
    }
}

fn put_next<K: ToDisk + Ord + Copy, V: ToDisk>(
    batch: &mut Batch<'_>,
    table: &Table<K, V>,
    rows: &BTreeMap<K, V>,
    last: &mut Option<K>,
    count: usize,
) -> Result<bool, ReadError> {
    let mut rest = rows.range((last.map_or(Unbounded, Excluded), Unbounded));
    for (key, value) in rest.by_ref().take(count) {
        batch.put(table, key, value)?;
        *last = Some(*key);
    }
    Ok(rest.next().is_none())
}

/// The writer's state of flushing. After a batch has failed, it no longer matches the database and must not be used.
#[derive(Debug)]
pub struct Progress {
    /// Number of leaves at which the active buffer is full.
    capacity: u64,
    pass: Option<FlushPass>,
    /// The value of `unindexed` in the database once the current batch is written.
    unindexed: Option<LeafIndex>,
}

impl Progress {
    /// The state for a database that was just opened. The active buffer is full at the rows of `capacity` leaves.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn of(engine: &Engine, capacity: u64) -> Result<Self, ReadError> {
        Ok(Self { capacity, pass: None, unindexed: unindexed(engine)? })
    }

    /// Adds frozen rows to the `batch` of a block, which begins at leaf `first` and has `leaves` leaves: per table as many
    /// rows as the block has leaves and a quarter more, so that the flush is complete before the active buffer is full
    /// again.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when a table is missing.
    pub fn put_due(&mut self, batch: &mut Batch<'_>, first: LeafIndex, leaves: u64) -> Result<(), ReadError> {
        if self.unindexed.is_none() {
            self.begin(batch, first)?;
        }
        let Some(pass) = &mut self.pass else { return Ok(()) };
        let leaves = usize::try_from(leaves).unwrap_or(usize::MAX / 4);
        if pass.put(batch, leaves + leaves / 4 + 8)? {
            let next = LeafIndex(pass.rows.end.0);
            self.begin(batch, next)?;
            self.pass = None;
        }
        Ok(())
    }

    fn begin(&mut self, batch: &mut Batch<'_>, first: LeafIndex) -> Result<(), ReadError> {
        batch.put(&META, &About::Unindexed, &first.to_disk().to_vec())?;
        self.unindexed = Some(first);
        Ok(())
    }

    /// Call this after the batch is written: adds the block's own rows to the buffer, and freezes the buffer when it is
    /// full.
    pub fn written(&mut self, buffer: &IndexBuffer, rows: &LeafEntries, leaves: u64, end: TreeSize) {
        if self.pass.is_none() {
            buffer.forget_flushing();
        }
        buffer.add(rows, leaves, end);
        if self.pass.is_none() && buffer.shared().active.leaves >= self.capacity {
            self.pass = Some(FlushPass::over(buffer.freeze()));
        }
    }

    /// Flushes both buffers to the tables durably, and removes `unindexed`.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn flush_index(&mut self, engine: &Engine, buffer: &IndexBuffer) -> Result<(), AppendError> {
        if self.unindexed.is_none() {
            return Ok(());
        }
        for pass in [self.pass.take(), None] {
            let mut pass = pass.unwrap_or_else(|| FlushPass::over(buffer.freeze()));
            let mut last = false;
            while !last {
                let mut batch = engine.batch();
                last = pass.put(&mut batch, AT_ONCE)?;
                engine.commit_lazily(batch)?;
            }
            buffer.forget_flushing();
        }
        let mut batch = engine.batch();
        batch.remove(&META, &About::Unindexed)?;
        engine.commit(batch)?;
        self.unindexed = None;
        Ok(())
    }
}
