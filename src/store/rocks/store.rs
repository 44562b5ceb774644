//! Read-write store in RocksDB. A block is one fsynced batch; publication writes the checkpoint file.
//!
//! # Invariants
//!
//! After a failed write, the store rejects all writes until it is reopened, because only opening determines what the
//! disk contains. An fsync is never retried: after a failure, the kernel may have dropped the dirty pages and marked
//! them clean. Reads continue. `reopening` reopens the store within the process, after shortages only.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::store::append_checks;
use crate::store::bounds::{items_within, leaves_within, size_of};
use crate::store::index_entries::IndexEntries;
use crate::store::record_codec::pack;
use crate::store::rocks::appended::{AppendedChain, row};
use crate::store::rocks::batch::Batch;
use crate::store::rocks::checkpoint_file::{CheckpointFile, CheckpointWriteError};
use crate::store::rocks::engine::{Engine, RawRow};
use crate::store::rocks::engine_error::{failed_checkpoint_write, failed_write};
use crate::store::rocks::folder::{Folder, Lock};
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::annotation::{AnnotationKey, AnnotationRow, LevelKey};
use crate::store::rocks::format::{
    AnnexKey, Empty, Fingerprint, LabelKey, LinkKey, PrivateRow, StoredTile, SubjectKey, TileKey,
};
use crate::store::rocks::index_buffer::Progress;
use crate::store::rocks::key_notices;
use crate::store::rocks::manifest::{Extent, ManifestWatch};
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::schema::{
    ANNEXES, ANNOTATIONS, BLOCKS, CHECKPOINT_LEVELS, CURSORS, LABELS, LEAVES, LINK_TARGETS, LINKS, META,
    PENDING_ERASURES, PRIVATE, SUBJECTS, TILES,
};
use crate::store::rocks::tree::{Tree, leaves, stored_tile};
use crate::store::traits::damaged;
use crate::store::traits::{
    Annotation, AnnotationReader as _, Annotations, AppendError, CursorStore, Delegate, DelegatePrivate, LedgerReader,
    LogReader, LogStore, PrivateContent, ProofLevel, Published, ReadError,
};

/// A ledger in RocksDB, for reading and appending.
pub struct RocksStore {
    pub(super) reader: RocksReader,
    writer: Mutex<Writer>,
    /// Held while annotations are numbered and written. It is not the writer's lock, so that an append does not wait
    /// for their fsync; RocksDB commits both as one group.
    annotating: Mutex<()>,
    /// Serializes erasures.
    pub(super) erasing: Mutex<()>,
    /// The data folder.
    pub(super) folder: Folder,
}

pub(super) struct Writer {
    checkpoint_file: CheckpointFile,
    progress: Progress,
    manifest: ManifestWatch,
    /// The extent of the MANIFEST that was last recorded in the checkpoint file since this opening.
    recorded: Option<Extent>,
    /// Whether blocks were written without fsync since the last publication.
    unsynced: bool,
    /// The error of the first failed write, after which all writes are rejected.
    failed: Option<AppendError>,
}

impl RocksStore {
    pub(super) fn new(
        reader: RocksReader,
        checkpoint_file: CheckpointFile,
        progress: Progress,
        manifest: ManifestWatch,
        folder: Folder,
    ) -> Self {
        let writer =
            Mutex::new(Writer { checkpoint_file, progress, manifest, recorded: None, unsynced: false, failed: None });
        Self { reader, writer, annotating: Mutex::new(()), erasing: Mutex::new(()), folder }
    }

    /// Flushes the index buffer, and returns every row of every table as stored, also of unpublished leaves: for tests
    /// and for counting.
    pub fn rows(&self) -> impl Iterator<Item = Result<RawRow, ReadError>> {
        let failed = self.flush_index().err().map(|error| Err(ReadError::Unavailable(error.to_string())));
        failed.into_iter().chain(self.reader.rows())
    }

    /// Flushes the index buffer durably, as a clean shutdown does.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn flush_index(&self) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let written = writer.progress.flush_index(&self.reader.engine, self.reader.buffer());
        written.map_err(|error| writer.fails(error))
    }

    /// The recorded public key of the platform; `None` before it is created.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn platform_key(&self) -> Result<Option<String>, ReadError> {
        self.reader.platform_key()
    }

    /// Records the platform's public key durably, so that it cannot be replaced by another key.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn record_platform_key(&self, key: &str) -> Result<(), AppendError> {
        let mut batch = self.reader.engine.batch();
        batch.put(&META, &About::Platform, &key.as_bytes().to_vec())?;
        self.write_beside(batch, true)
    }

    /// Prepares a clean shutdown: flushes the index buffer, stops background work, and records the length of the
    /// MANIFEST. Dropping the store does the same, but only logs an error.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; also the error of an earlier failed write, after which all writes are rejected.
    pub fn finish(&self) -> Result<(), AppendError> {
        self.flush_index()?;
        self.reader.engine.stop_background_work();
        self.record_manifest()
    }

    /// Records the length of the MANIFEST in the checkpoint file, if it has changed.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub(super) fn record_manifest(&self) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let Some(published) = self.reader.published() else { return Ok(()) };
        let extent = writer.manifest.extent();
        if writer.recorded == Some(extent) {
            return Ok(());
        }
        writer.record(&published.checkpoint)
    }

    /// Flushes the index buffer, and returns the number of rows of each table, including unpublished rows. Reads all
    /// rows.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn count_rows(&self) -> Result<Vec<(&'static str, u64)>, ReadError> {
        self.flush_index().map_err(|error| ReadError::Unavailable(error.to_string()))?;
        self.reader.count_rows()
    }

    /// Fully compacts the database, so that it has its final size. Rewrites all of it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn compact(&self) -> Result<(), ReadError> {
        self.flush_index().map_err(|error| ReadError::Unavailable(error.to_string()))?;
        self.reader.engine.compact()
    }

    /// Writes rows that are not part of the chain, under the writer's lock; fsynced if `durably`.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub(super) fn write_beside(&self, batch: Batch<'_>, durably: bool) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let engine = &self.reader.engine;
        let written = if durably { engine.commit(batch) } else { engine.commit_lazily(batch) };
        written.map_err(|error| writer.fails(error))
    }

    /// The folder's lock, which is released when its last clone is dropped.
    pub(super) fn lock(&self) -> Arc<Lock> {
        self.reader.lock()
    }

    /// Calls `work` while no block is appended and no checkpoint is published.
    ///
    /// # Errors
    ///
    /// [`AppendError`] after a write that failed.
    pub(super) fn between_blocks<T>(&self, work: impl FnOnce(&Engine) -> T) -> Result<T, AppendError> {
        let _writer = self.writer()?;
        Ok(work(&self.reader.engine))
    }

    /// Writes a block that has passed the checks in one atomic batch, fsynced if `durably`.
    fn write_block(
        &self,
        writer: &mut Writer,
        (chain, block, private): (&AppendedChain<'_>, &Block, &[(LeafIndex, PrivateContent)]),
        durably: bool,
    ) -> Result<(), AppendError> {
        let engine = &self.reader.engine;
        let mut batch = engine.batch();
        let rows = IndexEntries::of(block, private, &chain.index)?;
        put_all(&mut batch, block, &rows)?;
        put_erased(&mut batch, engine, &rows)?;
        key_notices::put(&mut batch, engine, &rows.key_notices)?;
        let leaves = block.tip.size().0 - block.base.0;
        let due = writer.progress.put_due(&mut batch, LeafIndex(block.base.0), leaves);
        due.map_err(|error| writer.fails(error.into()))?;
        let written = if durably { engine.commit(batch) } else { engine.commit_lazily(batch) };
        written.map_err(|error| writer.fails(error))?;
        writer.progress.written(self.reader.buffer(), &rows.leaf_entries, leaves, block.tip.size());
        self.reader.set_tip(block.tip.clone());
        Ok(())
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, AppendError> {
        let Ok(writer) = self.writer.lock() else { return Err(panicked_while_writing()) };
        match &writer.failed {
            Some(failed) => Err(failed.clone()),
            None => Ok(writer),
        }
    }
}

fn panicked_while_writing() -> AppendError {
    AppendError::Unknown("a thread panicked during a write".into())
}

impl Drop for RocksStore {
    fn drop(&mut self) {
        // Index rows that are not written now are rebuilt from the leaves at the next opening.
        if let Err(error) = self.finish() {
            tracing::warn!(%error, "the ledger was not shut down cleanly; the next start recovers it");
        }
    }
}

impl Writer {
    fn fails(&mut self, error: AppendError) -> AppendError {
        self.failed = Some(error.clone());
        error
    }

    /// Writes the checkpoint file.
    fn record(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), AppendError> {
        let extent = self.manifest.extent();
        self.checkpoint_file.write(checkpoint, Some(extent)).map_err(|error| match error {
            CheckpointWriteError::Write(error) => self.fails(failed_checkpoint_write(&error)),
            CheckpointWriteError::Disk(_) => self.fails(AppendError::Unknown(format!("the checkpoint file: {error}"))),
            CheckpointWriteError::TooLong { .. } => AppendError::Read(ReadError::Unavailable(error.to_string())),
        })?;
        self.recorded = Some(extent);
        Ok(())
    }
}

fn put_all(batch: &mut Batch<'_>, block: &Block, rows: &IndexEntries<'_>) -> Result<(), ReadError> {
    let leaves = block.leaves.iter().map(|leaf| &leaf.bytes).chain([&block.header_bytes]);
    let mut row = Vec::new();
    for (index, bytes) in (block.base.0..).zip(leaves) {
        pack(bytes, &mut row);
        batch.put_encoded(&LEAVES, &LeafIndex(index), &row)?;
    }
    for FullTile { level, index, hashes, root } in &block.full_tiles {
        let tile = StoredTile { root: *root, hashes: hashes.clone() };
        batch.put(&TILES, &TileKey { level: *level, index: *index }, &tile)?;
    }
    let (height, header) = &rows.block;
    batch.put(&BLOCKS, height, header)?;
    for &(subject, sequence, index) in &rows.subjects {
        batch.put(&SUBJECTS, &SubjectKey { subject, sequence }, &index)?;
    }
    for &(target, position) in &rows.links {
        batch.put(&LINKS, &LinkKey { target, position }, &Empty)?;
        batch.put(&LINK_TARGETS, &target, &Empty)?;
    }
    for (index, held) in &rows.private {
        let row = held.map_or(PrivateRow::NotSubmitted, |held| PrivateRow::Held(held.clone()));
        batch.put(&PRIVATE, index, &row)?;
    }
    for (index, commitment, held) in &rows.annexes {
        let key = AnnexKey { index: *index, commitment: *commitment };
        batch.put(&ANNEXES, &key, &PrivateRow::Held((*held).clone()))?;
    }
    for &(label, index) in &rows.labels {
        batch.put(&LABELS, &LabelKey { label, index }, &Empty)?;
    }
    Ok(())
}

/// Overwrites erased pieces by tombstones, and adds the fingerprints of their salts to the pending erasures. A piece
/// may be missing only in a copy of a public log; the append checks have verified that.
fn put_erased(batch: &mut Batch<'_>, engine: &Engine, rows: &IndexEntries<'_>) -> Result<(), ReadError> {
    for (piece, notice) in &rows.erased {
        match row(engine, piece)? {
            Some(PrivateRow::Held(held)) => batch.put(&PENDING_ERASURES, piece, &Fingerprint::of(&held.salt))?,
            Some(PrivateRow::Erased(_)) => {
                return Err(damaged(PRIVATE.name, piece, "the append checks found no tombstone in this row"));
            }
            Some(PrivateRow::NotSubmitted) | None => {}
        }
        let tombstone = PrivateRow::Erased(*notice);
        match piece.piece {
            Piece::Metadata => batch.put(&PRIVATE, &piece.index, &tombstone)?,
            Piece::Annex(commitment) => {
                batch.put(&ANNEXES, &AnnexKey { index: piece.index, commitment }, &tombstone)?;
            }
        }
    }
    Ok(())
}

impl LogStore for RocksStore {
    fn tip(&self) -> Result<Tip, ReadError> {
        Ok((*self.reader.tip()).clone())
    }

    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let (engine, tip) = (&self.reader.engine, self.reader.tip());
        let chain = AppendedChain { engine, index: self.reader.index(), tip: &tip };
        append_checks::check(&tip, &chain, block, private, erasures)?;
        self.write_block(&mut writer, (&chain, block, private), true)
    }

    fn append_copy(&self, block: &Block) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let (engine, tip) = (&self.reader.engine, self.reader.tip());
        let chain = AppendedChain { engine, index: self.reader.index(), tip: &tip };
        append_checks::check_copy(&tip, &chain, block)?;
        self.write_block(&mut writer, (&chain, block, &[]), false)?;
        writer.unsynced = true;
        Ok(())
    }

    fn ready_to_append(&self) -> Result<(), AppendError> {
        drop(self.writer()?);
        self.folder.check_space().map_err(|error| failed_write(error.to_string()))
    }

    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        leaves_within(first, count, self.reader.tip().size())?;
        leaves(&self.reader.engine, first, count)
    }

    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError> {
        let first = index.saturating_mul(TILE_WIDTH.into());
        items_within(level, first, TILE_WIDTH, self.reader.tip().size())?;
        let StoredTile { root, hashes } = stored_tile(&self.reader.engine, level, index)?;
        Ok(FullTile { level, index, hashes, root })
    }

    fn publish(&self, published: Published) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let tip = self.reader.tip();
        let tree = Tree { engine: &self.reader.engine, frontier: &tip.frontier };
        let before = self.reader.published();
        let (root, leaf) = (|size| tree.root(size), |index| tree.leaf(index));
        append_checks::check_published(before.as_deref(), &published, &tip, root, leaf)?;
        if writer.unsynced {
            // The checkpoint file must never be ahead of the database.
            self.reader.engine.sync().map_err(|error| writer.fails(error))?;
            writer.unsynced = false;
        }
        writer.record(&published.checkpoint)?;
        self.reader.set_published(published);
        Ok(())
    }
}

impl Delegate for RocksStore {
    fn delegate<T>(
        &self,
        _method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read(&self.reader)
    }
}

impl DelegatePrivate for RocksStore {}

impl LedgerReader for RocksStore {
    fn try_read_cached(&self, read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        self.reader.try_read_cached(read)
    }
}

impl LogReader for RocksStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.reader.published()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.reader.leaves(first, count)
    }

    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        self.reader.leaf(index)
    }

    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.reader.scan(first, count, visit)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.reader.tile_hashes(level, first, count)
    }
}

impl CursorStore for RocksStore {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        self.reader.engine.get(&CURSORS, name)
    }

    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        let mut batch = self.reader.engine.batch();
        batch.put(&CURSORS, name, &position)?;
        self.write_beside(batch, false)
    }
}

impl Annotations for RocksStore {
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError> {
        // One lock for reading and writing: otherwise two writers could take the same number.
        let Ok(_annotating) = self.annotating.lock() else { return Err(panicked_while_writing()) };
        // Fails after an earlier failed write.
        drop(self.writer()?);
        let size = checkpoint.checkpoint().size;
        let known = self.annotated(size)?;
        let note = known.as_ref().map(|known| &known.checkpoint);
        append_checks::check_annotated(checkpoint, note, size_of(self.published().as_deref()))?;
        let mut batch = self.reader.engine.batch();
        let is_first = note.is_none();
        let mut rows = known.map_or_else(Vec::new, |known| known.annotations);
        if is_first {
            let row = AnnotationRow::Note(checkpoint.note().to_string());
            batch.put(&ANNOTATIONS, &AnnotationKey { size, number: 0 }, &row)?;
        }
        for annotation in annotations {
            if !rows.contains(annotation) {
                rows.push(annotation.clone());
                // The note has number 0.
                let number = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                let row = AnnotationRow::Annotation(annotation.clone());
                batch.put(&ANNOTATIONS, &AnnotationKey { size, number }, &row)?;
            }
        }
        for level in reached {
            batch.put(&CHECKPOINT_LEVELS, &LevelKey { level: *level, size }, &Empty)?;
        }
        self.reader.engine.commit(batch).map_err(|error| match self.writer() {
            Ok(mut writer) => writer.fails(error),
            Err(earlier) => earlier,
        })?;
        self.reader.change_version_of_annotations();
        Ok(())
    }
}
