//! Reader of a ledger in RocksDB: for a node, beside its writer, and for audits of a folder that no node has open.
//!
//! # Invariants
//!
//! Readers are never blocked by the writer's disk I/O. They share two pointers with it, tip and published checkpoint,
//! which the writer replaces after its I/O has finished.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::ledger::block::Height;
use crate::ledger::chain::Tip;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::HashReader as _;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::bounds::{items_within, leaf_within, leaves_within, piece_hashes_to, size_of};
use crate::store::rocks::counting;
use crate::store::rocks::engine::{Engine, RawRow};
use crate::store::rocks::folder::Lock;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{AnnexKey, LabelKey, LinkKey, PrivateRow, SubjectKey, ToDisk as _};
use crate::store::rocks::index_buffer::{IndexBuffer, IndexLookup};
use crate::store::rocks::key_notices;
use crate::store::rocks::scan;
use crate::store::rocks::schema::{
    ANNEXES, BLOCKS, LABELS, LINK_TARGETS, LINKS, META, PENDING_ERASURES, PRIVATE, SUBJECTS, TABLES,
};
use crate::store::rocks::tree::Tree;
use crate::store::traits::damaged;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{
    DepositPlace, Index, LedgerReader, LinkPosition, LogReader, PrivatePiece, PrivateReader, Published, ReadError,
};

/// A ledger in RocksDB, for reading.
pub struct RocksReader {
    pub(super) engine: Engine,
    // The last field, so that the lock is released after the database is closed.
    shared: Arc<Shared>,
}

struct Shared {
    tip: RwLock<Arc<Tip>>,
    published: RwLock<Option<Arc<Published>>>,
    buffer: IndexBuffer,
    /// Changed after each write of annotations.
    annotations_version: AtomicU64,
    lock: Arc<Lock>,
}

/// Source of the versions of annotations, shared by all databases of the process: a reopened database does not repeat a
/// version.
static VERSIONS: AtomicU64 = AtomicU64::new(0);

impl RocksReader {
    pub(super) fn new(
        engine: Engine,
        tip: Tip,
        published: Option<Published>,
        buffer: IndexBuffer,
        lock: Arc<Lock>,
    ) -> Self {
        let (tip, published) = (RwLock::new(Arc::new(tip)), RwLock::new(published.map(Arc::new)));
        let annotations_version = AtomicU64::new(VERSIONS.fetch_add(1, Ordering::Relaxed));
        Self { engine, shared: Arc::new(Shared { tip, published, buffer, annotations_version, lock }) }
    }

    /// The version of the annotations.
    pub(super) fn version_of_annotations(&self) -> u64 {
        self.shared.annotations_version.load(Ordering::Acquire)
    }

    /// Changes the version of the annotations, after they were written.
    pub(super) fn change_version_of_annotations(&self) {
        self.shared.annotations_version.store(VERSIONS.fetch_add(1, Ordering::Relaxed), Ordering::Release);
    }

    /// The buffered index rows.
    pub(super) fn buffer(&self) -> &IndexBuffer {
        &self.shared.buffer
    }

    pub(super) fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.shared.lock)
    }

    pub(super) fn index(&self) -> IndexLookup<'_> {
        IndexLookup { engine: &self.engine, buffer: self.buffer() }
    }

    // Ignores poisoning: each lock is held for one assignment of a pointer, so a panic leaves no partial change.
    pub(super) fn tip(&self) -> Arc<Tip> {
        Arc::clone(&self.shared.tip.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_tip(&self, tip: Tip) {
        *self.shared.tip.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tip);
    }

    pub(super) fn set_published(&self, published: Published) {
        *self.shared.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(published));
    }

    /// Every row of every table as stored, also of unpublished leaves: for tests and for counting.
    pub fn rows(&self) -> impl Iterator<Item = Result<RawRow, ReadError>> {
        self.engine.rows()
    }

    /// Number of rows of each table, in the order of the tables, including unpublished and buffered rows. Reads all
    /// rows.
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
        for (table, missing) in self.buffer().missing(&self.engine)? {
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

    /// The recorded public key of the platform; `None` before it is created.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn platform_key(&self) -> Result<Option<String>, ReadError> {
        let Some(bytes) = self.engine.get(&META, &About::Platform)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|error| damaged("meta", "platform", error.to_string()))
    }

    /// Whether any deposit has a label, which means that the ledger contains acts of the platform.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn has_labels(&self) -> Result<bool, ReadError> {
        Ok(self.engine.all(&LABELS)?.next().transpose()?.is_some())
    }

    /// Leaf indexes of the notices that erased private content. Reads all private content.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn erasures(&self) -> Result<BTreeSet<LeafIndex>, ReadError> {
        let mut notices = BTreeSet::new();
        let metadata = self.engine.all(&PRIVATE)?.map(|row| row.map(|(_, row)| row));
        let annexes = self.engine.all(&ANNEXES)?.map(|row| row.map(|(_, row)| row));
        for row in metadata.chain(annexes) {
            if let PrivateRow::Erased(notice) = row? {
                notices.insert(notice);
            }
        }
        Ok(notices)
    }

    /// Number of erased pieces whose bytes may still be in a file.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn pending_erasures(&self) -> Result<u64, ReadError> {
        self.engine.all(&PENDING_ERASURES)?.try_fold(0, |count, row| row.map(|_| count + 1))
    }

    fn size(&self) -> TreeSize {
        size_of(self.published().as_deref())
    }

    fn visible(&self, index: Option<LeafIndex>) -> Option<LeafIndex> {
        index.filter(|index| self.size().contains(*index))
    }
}

impl LedgerReader for RocksReader {
    fn try_read_cached(&self, read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        let cached = Self { engine: self.engine.in_memory(), shared: Arc::clone(&self.shared) };
        read(&cached);
        !cached.engine.missed()
    }
}

impl LogReader for RocksReader {
    fn published(&self) -> Option<Arc<Published>> {
        self.shared.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        leaves_within(first, count, self.size())?;
        let tip = self.tip();
        Tree { engine: &self.engine, frontier: &tip.frontier }.leaves(first, count)
    }

    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        leaf_within(index, self.size())?;
        let tip = self.tip();
        Tree { engine: &self.engine, frontier: &tip.frontier }.leaf(index)
    }

    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        leaves_within(first, count, self.size())?;
        scan::leaves(&self.engine, first, count, visit)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        items_within(level, first, count, self.size())?;
        let tip = self.tip();
        if count == 0 {
            Ok(Vec::new())
        } else {
            Tree { engine: &self.engine, frontier: &tip.frontier }.hashes(level, first, count)
        }
    }
}

impl Index for RocksReader {
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        let Some(published) = self.published().filter(|published| height <= published.height) else { return Ok(None) };
        let row = self.engine.get(&BLOCKS, &height)?;
        let row = row.filter(|index| published.size().contains(*index));
        row.map(Some).ok_or_else(|| damaged("block", height, "the row is missing"))
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        let size = self.size();
        Ok(self.index().number(number)?.filter(|place| size.contains(place.index)))
    }

    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        let size = self.size();
        let found = self.index().statements(ids)?;
        Ok(found.into_iter().map(|index| index.filter(|index| size.contains(*index))).collect())
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
        if !self.engine.has(&LINK_TARGETS, &target)? {
            return Ok(Vec::new());
        }
        let first = LinkKey { target, position: from };
        let rows = self.engine.prefixed_since(&LINKS, &target.to_disk(), &first)?;
        let links = rows.map(|row| row.map(|(key, _)| key.position));
        // At most one block is not published yet, so few rows are skipped.
        links.filter(|link| link.as_ref().map_or(true, |link| size.contains(link.source))).take(limit).collect()
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let size = self.size();
        let rows = self.engine.prefixed_since(&LABELS, &label.0, &LabelKey { label: *label, index: from })?;
        let places = rows.map(|row| row.map(|(key, _)| key.index));
        places.take_while(|place| place.as_ref().map_or(true, |index| size.contains(*index))).take(limit).collect()
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let end = LeafIndex(self.size().0.min(before.0));
        let rows = self.engine.prefixed_before(&LABELS, &label.0, &LabelKey { label: *label, index: end })?;
        rows.map(|row| row.map(|(key, _)| key.index)).take(limit).collect()
    }

    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        let size = self.size();
        Ok(key_notices::read(&self.engine)?.into_iter().filter(|index| size.contains(*index)).collect())
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        counting::index_rows(&self.engine, self.buffer(), self.size()).map(Some)
    }
}

impl PrivateReader for RocksReader {
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        leaf_within(index, self.size())?;
        let Some(committed) = committed else { return Ok(PrivatePiece::None) };
        match self.engine.get(&PRIVATE, &index)? {
            Some(PrivateRow::NotSubmitted) => Ok(PrivatePiece::None),
            Some(PrivateRow::Held(held)) => piece_hashes_to(PRIVATE.name, index, held, committed),
            Some(PrivateRow::Erased(notice)) => Ok(PrivatePiece::Erased(notice)),
            None => Err(damaged(PRIVATE.name, index, "the row is missing")),
        }
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError> {
        leaf_within(index, self.size())?;
        match self.engine.get(&ANNEXES, &AnnexKey { index, commitment: *commitment })? {
            None => Ok(PrivatePiece::None),
            Some(PrivateRow::Held(held)) => piece_hashes_to(ANNEXES.name, index, held, commitment),
            Some(PrivateRow::Erased(notice)) => Ok(PrivatePiece::Erased(notice)),
            Some(PrivateRow::NotSubmitted) => {
                Err(damaged(ANNEXES.name, index, "the row has a value that this table does not use"))
            }
        }
    }
}
