//! The rows by which leaves are found wait in memory, and are written in the order of their keys.
//!
//! Their keys are random, five a deposit. Each put to its place among all the others, one by one, was half of what an
//! append cost. Here the rows of some ten thousand deposits gather first; then they are written in one pass in their
//! order, a few with every block, while the next gather:
//!
//! ```text
//! append ─▶ young: gather ──(enough, and nothing old is left)──▶ old: a few rows with every block ─▶ the tables
//! ```
//!
//! # Invariants
//!
//! A row can be made again from its one leaf, so none has to be durable; what must be is the knowledge from which leaf on
//! rows may be missing. It is written in the same batch as the first such leaf (`unindexed` in the table `meta`), moved on
//! in the same batch as the last old row, and gone when nothing waits: a folder at rest has every row in its table.
//!
//! Whoever looks for a row looks here and in the table ([`Index`]); it is in at least one of them.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::keys::KeyCache;
use crate::store::bounds::damaged;
use crate::store::contract::index_rows::IndexRows;
use crate::store::contract::{AppendError, ReadError};
use crate::store::rocks::batch::Batch;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{DigestKey, Empty, FromDisk, ToDisk};
use crate::store::rocks::schema::{DIGESTS, META, NUMBERS, RECORDS, STATEMENTS, Table};
use crate::store::rocks::tree::Tree;
use crate::store::rows::Finding;

/// Rows of one batch when all are written out.
const AT_ONCE: usize = 4_096;
/// Leaves that are read at a time to make their rows again.
const READ_AT_ONCE: u64 = 4_096;

/// The rows of some leaves.
#[derive(Debug)]
struct Rows {
    numbers: BTreeMap<DepositNumber, LeafIndex>,
    statements: BTreeMap<Digest, LeafIndex>,
    records: BTreeMap<Digest, LeafIndex>,
    #[expect(clippy::zero_sized_map_values, reason = "key and value, as in the other tables")]
    digests: BTreeMap<DigestKey, Empty>,
    leaves: u64,
    /// Where the leaves end.
    end: TreeSize,
}

impl Default for Rows {
    fn default() -> Self {
        let (numbers, statements, records, digests) = Default::default();
        Self { numbers, statements, records, digests, leaves: 0, end: TreeSize(0) }
    }
}

#[derive(Debug, Default)]
struct Shared {
    young: Rows,
    old: Arc<Rows>,
}

/// All rows that wait.
#[derive(Debug, Default)]
pub struct Waiting(RwLock<Shared>);

impl Waiting {
    /// The rows that may be missing in the tables of a database whose tree has this edge, made again from its leaves.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] names a leaf that is not what the tree holds.
    pub fn made_again(engine: &Engine, edge: &Frontier) -> Result<Self, ReadError> {
        let waiting = Self::default();
        let Some(LeafIndex(first)) = unindexed(engine)? else { return Ok(waiting) };
        let (tree, size, mut keys) = (Tree { engine, edge }, edge.size(), KeyCache::new());
        let index = Index { engine, waiting: &waiting };
        for first in (first..size.0).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX)) {
            let count = READ_AT_ONCE.min(size.0 - first);
            let mut finding = Finding::default();
            for (place, bytes) in (first..).map(LeafIndex).zip(tree.leaves(LeafIndex(first), count)?) {
                let leaf = Leaf::parse_with(&bytes, &mut keys);
                let hash = leaf_hash(&bytes);
                match leaf.map_err(|error| damaged("leaf", place, error.to_string()))? {
                    Leaf::Entry(entry) => finding.add(place, hash, &entry),
                    // The same notice may stand twice: the first row is in the table, waits, or is among these.
                    Leaf::Notice(_) if finding.records.iter().any(|(other, _)| *other == hash) => {}
                    Leaf::Notice(_) if index.record(&hash)?.is_some() => {}
                    Leaf::Block(_) | Leaf::Notice(_) => finding.records.push((hash, place)),
                }
            }
            waiting.add(&finding, count, TreeSize(first + count));
        }
        Ok(waiting)
    }

    // Rows are only ever added whole, so a panicked thread leaves nothing half done behind it.
    fn shared(&self) -> RwLockReadGuard<'_, Shared> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds the rows of as many leaves, which end before `end`. Readers get a turn in between.
    pub fn add(&self, rows: &Finding, leaves: u64, end: TreeSize) {
        self.change(|shared| shared.young.numbers.extend(rows.numbers.iter().copied()));
        self.change(|shared| shared.young.statements.extend(rows.statements.iter().copied()));
        self.change(|shared| shared.young.records.extend(rows.records.iter().copied()));
        let digest = |&(algorithm, digest, index)| (DigestKey { algorithm, digest, index }, Empty);
        self.change(|shared| {
            shared.young.digests.extend(rows.digests.iter().map(digest));
            shared.young.leaves += leaves;
            shared.young.end = end;
        });
    }

    /// What is young becomes old, which is written already.
    fn age(&self) -> Arc<Rows> {
        self.change(|shared| {
            shared.old = Arc::new(std::mem::take(&mut shared.young));
            Arc::clone(&shared.old)
        })
    }

    fn forget_old(&self) {
        // Freed outside the lock.
        let _old = self.change(|shared| std::mem::take(&mut shared.old));
    }

    /// How many rows of each table wait that it does not have yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn missing(&self, engine: &Engine) -> Result<[(&'static str, u64); 4], ReadError> {
        let shared = self.shared();
        let (mut numbers, mut statements, mut records, mut digests) = (0, 0, 0, 0);
        for rows in [&*shared.old, &shared.young] {
            numbers += missing_of(engine, &NUMBERS, rows.numbers.keys())?;
            statements += missing_of(engine, &STATEMENTS, rows.statements.keys())?;
            records += missing_of(engine, &RECORDS, rows.records.keys())?;
            digests += missing_of(engine, &DIGESTS, rows.digests.keys())?;
        }
        Ok([(NUMBERS.name, numbers), (STATEMENTS.name, statements), (RECORDS.name, records), (DIGESTS.name, digests)])
    }
}

impl Waiting {
    /// How many rows of leaves of a tree of `size` wait that the tables do not have yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn missing_below(&self, engine: &Engine, size: TreeSize) -> Result<IndexRows, ReadError> {
        let shared = self.shared();
        let mut missing = IndexRows::default();
        for rows in [&*shared.old, &shared.young] {
            missing.numbers += missing_of(engine, &NUMBERS, below(&rows.numbers, size))?;
            missing.statements += missing_of(engine, &STATEMENTS, below(&rows.statements, size))?;
            missing.records += missing_of(engine, &RECORDS, below(&rows.records, size))?;
            let digests = rows.digests.keys().filter(|key| size.contains(key.index));
            missing.digests += missing_of(engine, &DIGESTS, digests)?;
        }
        Ok(missing)
    }
}

fn below<K>(rows: &BTreeMap<K, LeafIndex>, size: TreeSize) -> impl Iterator<Item = &K> {
    rows.iter().filter(move |(_, index)| size.contains(**index)).map(|(key, _)| key)
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

/// From which leaf on rows may be missing in the tables; `None` when none may.
///
/// # Errors
///
/// [`ReadError`].
pub fn unindexed(engine: &Engine) -> Result<Option<LeafIndex>, ReadError> {
    let Some(bytes) = engine.get(&META, &About::Unindexed)? else { return Ok(None) };
    let index = LeafIndex::from_disk(&bytes).ok_or_else(|| damaged("meta", "unindexed", "it is no index"))?;
    Ok(Some(index))
}

/// Where leaves are found: among the rows that wait and in the tables.
#[derive(Clone, Copy)]
pub struct Index<'a> {
    /// The tables.
    pub engine: &'a Engine,
    /// The rows.
    pub waiting: &'a Waiting,
}

impl Index<'_> {
    /// The deposit of a number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        self.find(&NUMBERS, number, |rows| &rows.numbers)
    }

    /// The deposit of a statement.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.find(&STATEMENTS, id, |rows| &rows.statements)
    }

    /// The leaf of a hash.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.find(&RECORDS, hash, |rows| &rows.records)
    }

    fn find<K: ToDisk + Ord>(
        &self,
        table: &Table<K, LeafIndex>,
        key: &K,
        rows: impl Fn(&Rows) -> &BTreeMap<K, LeafIndex>,
    ) -> Result<Option<LeafIndex>, ReadError> {
        let waits = {
            let shared = self.waiting.shared();
            rows(&shared.young).get(key).or_else(|| rows(&shared.old).get(key)).copied()
        };
        // A row that ceases to wait meanwhile is in its table already.
        if waits.is_some() { Ok(waits) } else { self.engine.get(table, key) }
    }

    /// The first deposits of a digest in the range `within`, at most `limit`, in their order.
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
            let shared = self.waiting.shared();
            let rows = [&*shared.old, &shared.young].into_iter();
            // Old rows stand before young ones, so these are the first of both.
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

/// One pass over old rows.
#[derive(Debug)]
struct Pass {
    rows: Arc<Rows>,
    number: Option<DepositNumber>,
    statement: Option<Digest>,
    record: Option<Digest>,
    digest: Option<DigestKey>,
}

impl Pass {
    fn over(rows: Arc<Rows>) -> Self {
        Self { rows, number: None, statement: None, record: None, digest: None }
    }

    /// Adds the next rows to `batch`, of deposits' digests twice as many; whether these were the last.
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

/// How far the writing of what waits has come. After a batch that failed it means nothing.
#[derive(Debug)]
pub struct Progress {
    /// Leaves whose rows gather.
    gathered: u64,
    pass: Option<Pass>,
    /// As `unindexed` on disk, once the batch that was added to is written.
    unindexed: Option<LeafIndex>,
}

impl Progress {
    /// Of a database just opened, where rows of so many leaves are to gather.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn of(engine: &Engine, gathered: u64) -> Result<Self, ReadError> {
        Ok(Self { gathered, pass: None, unindexed: unindexed(engine)? })
    }

    /// Adds to the `batch` of a block what is due with it: as many old rows as the block has leaves, and some.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when a table is not there.
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

    /// After that batch is written: the block's own rows wait from now on.
    pub fn written(&mut self, waiting: &Waiting, rows: &Finding, leaves: u64, end: TreeSize) {
        if self.pass.is_none() {
            waiting.forget_old();
        }
        waiting.add(rows, leaves, end);
        if self.pass.is_none() && waiting.shared().young.leaves >= self.gathered {
            self.pass = Some(Pass::over(waiting.age()));
        }
    }

    /// Writes out all that waits, durably.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn write_out(&mut self, engine: &Engine, waiting: &Waiting) -> Result<(), AppendError> {
        if self.unindexed.is_none() {
            return Ok(());
        }
        for pass in [self.pass.take(), None] {
            let mut pass = pass.unwrap_or_else(|| Pass::over(waiting.age()));
            let mut last = false;
            while !last {
                let mut batch = engine.batch();
                last = pass.put(&mut batch, AT_ONCE)?;
                engine.commit_lazily(batch)?;
            }
            waiting.forget_old();
        }
        let mut batch = engine.batch();
        batch.remove(&META, &About::Unindexed)?;
        engine.commit(batch)?;
        self.unindexed = None;
        Ok(())
    }
}
