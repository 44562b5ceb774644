//! Reading a ledger in RocksDB: by the node beside its writer, and by an audit of a folder at rest.
//!
//! # Invariants
//!
//! Readers never wait for the writer's disk: what they share with it are two pointers, changed after the disk is done.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use crate::ledger::block::Height;
use crate::ledger::chain::Tip;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::HashReader as _;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::bounds::{damaged, items_within, leaf_within, leaves_within, piece_hashes_to, size_of};
use crate::store::contract::index_rows::IndexRows;
use crate::store::contract::{LinkPosition, Private, Published, ReadError, ReadLedger};
use crate::store::rocks::counting;
use crate::store::rocks::engine::{Engine, RawRow};
use crate::store::rocks::folder::Lock;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{AnnexKey, LabelKey, LinkKey, SubjectKey, ToDisk as _, VaultRow};
use crate::store::rocks::scan;
use crate::store::rocks::schema::{ANNEXES, BLOCKS, LABELS, LINKS, META, SUBJECTS, TABLES, VAULT};
use crate::store::rocks::tree::Tree;
use crate::store::rocks::waiting::{Index, Waiting};

/// A ledger in RocksDB, for reading.
pub struct RocksReader {
    pub(super) engine: Engine,
    // Last, so that the lock is let go when the database is closed.
    shared: Arc<Shared>,
}

struct Shared {
    tip: RwLock<Arc<Tip>>,
    published: RwLock<Option<Arc<Published>>>,
    waiting: Waiting,
    lock: Arc<Lock>,
}

impl RocksReader {
    pub(super) fn new(
        engine: Engine,
        tip: Tip,
        published: Option<Published>,
        waiting: Waiting,
        lock: Arc<Lock>,
    ) -> Self {
        let (tip, published) = (RwLock::new(Arc::new(tip)), RwLock::new(published.map(Arc::new)));
        Self { engine, shared: Arc::new(Shared { tip, published, waiting, lock }) }
    }

    /// The index rows that wait to be written.
    pub(super) fn waiting(&self) -> &Waiting {
        &self.shared.waiting
    }

    pub(super) fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.shared.lock)
    }

    pub(super) fn index(&self) -> Index<'_> {
        Index { engine: &self.engine, waiting: self.waiting() }
    }

    // A lock is held for one assignment of a pointer, so a panicked thread leaves nothing half done behind it.
    pub(super) fn tip(&self) -> Arc<Tip> {
        Arc::clone(&self.shared.tip.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_tip(&self, tip: Tip) {
        *self.shared.tip.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tip);
    }

    pub(super) fn set_published(&self, published: Published) {
        *self.shared.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(published));
    }

    /// Every row of every table as it lies on disk, published or not: for snapshots and for counting.
    pub fn rows(&self) -> impl Iterator<Item = Result<RawRow, ReadError>> {
        self.engine.rows()
    }

    /// How many rows each table has, published or not, in the order of the tables; those that wait are counted with them.
    /// Reads all of them.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn count_rows(&self) -> Result<Vec<(&'static str, u64)>, ReadError> {
        let mut counts: Vec<(&'static str, u64)> = TABLES.iter().map(|(name, _)| (*name, 0)).collect();
        for row in self.rows() {
            let table = row?.table;
            if let Some((_, count)) = counts.iter_mut().find(|(name, _)| *name == table) {
                *count += 1;
            }
        }
        for (table, missing) in self.waiting().missing(&self.engine)? {
            if let Some((_, count)) = counts.iter_mut().find(|(name, _)| *name == table) {
                *count += missing;
            }
        }
        Ok(counts)
    }

    /// The ledger's name.
    #[must_use]
    pub fn origin(&self) -> Name {
        self.tip().origin.clone()
    }

    /// The platform's public key as it was recorded; `None` when none was made yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn platform_key(&self) -> Result<Option<String>, ReadError> {
        let Some(bytes) = self.engine.get(&META, &About::Platform)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|error| damaged("meta", "platform", error.to_string()))
    }

    /// Whether any deposit has a label: whether there are acts of the platform.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn has_labels(&self) -> Result<bool, ReadError> {
        Ok(self.engine.all(&LABELS)?.next().transpose()?.is_some())
    }

    fn size(&self) -> TreeSize {
        size_of(self.published().as_deref())
    }

    fn visible(&self, index: Option<LeafIndex>) -> Option<LeafIndex> {
        index.filter(|index| self.size().contains(*index))
    }
}

impl ReadLedger for RocksReader {
    fn look_in_memory(&self, look: &mut dyn FnMut(&dyn ReadLedger)) -> bool {
        let memory = Self { engine: self.engine.in_memory(), shared: Arc::clone(&self.shared) };
        look(&memory);
        !memory.engine.missed()
    }

    fn published(&self) -> Option<Arc<Published>> {
        self.shared.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        leaves_within(first, count, self.size())?;
        let tip = self.tip();
        let tree = Tree { engine: &self.engine, edge: &tip.frontier };
        if count == 1 { tree.leaf(first).map(|leaf| vec![leaf]) } else { tree.leaves(first, count) }
    }

    fn scan(&self, first: LeafIndex, count: u64, see: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        leaves_within(first, count, self.size())?;
        scan::leaves(&self.engine, first, count, see)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        items_within(level, first, count, self.size())?;
        let tip = self.tip();
        if count == 0 {
            Ok(Vec::new())
        } else {
            Tree { engine: &self.engine, edge: &tip.frontier }.hashes(level, first, count)
        }
    }

    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        let Some(published) = self.published().filter(|published| height <= published.height) else { return Ok(None) };
        let row = self.engine.get(&BLOCKS, &height)?;
        let row = row.filter(|index| published.size().contains(*index));
        row.map(Some).ok_or_else(|| damaged("block", height, "the row is missing"))
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.visible(self.index().number(number)?))
    }

    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.visible(self.index().statement(id)?))
    }

    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.visible(self.index().record(hash)?))
    }

    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        let end = LeafIndex(within.end.0.min(self.size().0).max(within.start.0));
        self.index().digest(algorithm, digest, within.start..end, limit)
    }

    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        let row = self.engine.get(&SUBJECTS, &SubjectKey { subject: *subject, sequence })?;
        if row.is_none() && (1..=self.subject_length(subject)?).contains(&sequence) {
            return Err(damaged("subject", format!("{subject} {sequence}"), "the row is missing"));
        }
        Ok(self.visible(row))
    }

    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        let size = self.size();
        for row in self.engine.prefixed_from_last(&SUBJECTS, &subject.0, 8)? {
            let (key, index) = row?;
            if size.contains(index) {
                return Ok(key.sequence);
            }
        }
        Ok(0)
    }

    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        let size = self.size();
        leaf_within(target, size)?;
        let first = LinkKey { target, position: from };
        let rows = self.engine.prefixed_since(&LINKS, &target.to_disk(), &first)?;
        let links = rows.map(|row| row.map(|(key, _)| key.position));
        // At most one block is not published yet, so few rows are passed over.
        links.filter(|link| link.as_ref().map_or(true, |link| size.contains(link.source))).take(limit).collect()
    }

    fn private(&self, index: LeafIndex) -> Result<Private, ReadError> {
        let bytes = self.leaf(index)?;
        let committed = match Leaf::parse(&bytes) {
            Ok(Leaf::Entry(entry)) => entry.statement.statement().meta,
            Ok(Leaf::Notice(_) | Leaf::Block(_)) => None,
            Err(error) => return Err(damaged("leaf", index, error.to_string())),
        };
        self.private_of(index, committed.as_ref())
    }

    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<Private, ReadError> {
        leaf_within(index, self.size())?;
        let Some(committed) = committed else { return Ok(Private::None) };
        match self.engine.get(&VAULT, &index)? {
            Some(VaultRow::NeverBrought) => Ok(Private::None),
            Some(VaultRow::Held(held)) => piece_hashes_to("vault", index, held, committed),
            Some(VaultRow::Erased(notice)) => Ok(Private::Erased(notice)),
            None => Err(damaged("vault", index, "the row is missing")),
        }
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError> {
        leaf_within(index, self.size())?;
        match self.engine.get(&ANNEXES, &AnnexKey { index, commitment: *commitment })? {
            None => Ok(Private::None),
            Some(VaultRow::Held(held)) => piece_hashes_to("annexes", index, held, commitment),
            Some(VaultRow::Erased(notice)) => Ok(Private::Erased(notice)),
            Some(VaultRow::NeverBrought) => Err(damaged("annexes", index, "no row of this table says so")),
        }
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let size = self.size();
        let rows = self.engine.prefixed_since(&LABELS, &label.0, &LabelKey { label: *label, index: from })?;
        let places = rows.map(|row| row.map(|(key, _)| key.index));
        places.take_while(|place| place.as_ref().map_or(true, |index| size.contains(*index))).take(limit).collect()
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        counting::index_rows(&self.engine, self.waiting(), self.size()).map(Some)
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let end = LeafIndex(self.size().0.min(before.0));
        let rows = self.engine.prefixed_before(&LABELS, &label.0, &LabelKey { label: *label, index: end })?;
        rows.map(|row| row.map(|(key, _)| key.index)).take(limit).collect()
    }
}
