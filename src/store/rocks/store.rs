//! A ledger in RocksDB with its one writer: blocks in one fsynced batch each, then the mark.
//!
//! # Invariants
//!
//! After a failed write the store is closed for writing until it is opened anew: what the disk holds is known only after
//! the opening has looked (fsync gives no second chance: pages that failed once may be dropped as if written). Reading
//! goes on. `reopening` opens it anew within the process, after shortages only.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::ledger::block::Height;
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::bounds::{damaged, items_within, leaves_within};
use crate::store::contract::index_rows::IndexRows;
use crate::store::contract::{
    AppendError, AppendLedger, LinkPosition, Private, PrivateContent, Published, ReadError, ReadLedger,
};
use crate::store::joining;
use crate::store::packing::pack;
use crate::store::rocks::appended::{AppendedChain, row};
use crate::store::rocks::batch::Batch;
use crate::store::rocks::engine::{Engine, RawRow};
use crate::store::rocks::failing::{failed_mark, failed_write};
use crate::store::rocks::folder::{Folder, Lock};
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{
    AnnexKey, Empty, Fingerprint, LabelKey, LinkKey, StoredTile, SubjectKey, TileKey, VaultRow,
};
use crate::store::rocks::manifest::{Extent, ManifestWatch};
use crate::store::rocks::mark::{MarkError, MarkFile};
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::schema::{
    ANNEXES, BLOCKS, BOOKMARKS, LABELS, LEAVES, LINKS, META, PURGES, SUBJECTS, TILES, VAULT,
};
use crate::store::rocks::tree::{Tree, leaves, stored_tile};
use crate::store::rocks::waiting::Progress;
use crate::store::rows::Rows;

/// A ledger in RocksDB, for reading and growing.
pub struct RocksStore {
    pub(super) reader: RocksReader,
    writer: Mutex<Writer>,
    /// Held by the one purge at a time.
    pub(super) purging: Mutex<()>,
    /// The ledger's folder.
    pub(super) folder: Folder,
}

pub(super) struct Writer {
    mark: MarkFile,
    progress: Progress,
    manifest: ManifestWatch,
    /// What the checkpoint file says of the MANIFEST since this opening.
    recorded: Option<Extent>,
    /// The write that failed, after which there is no other.
    failed: Option<AppendError>,
}

impl RocksStore {
    pub(super) fn new(
        reader: RocksReader,
        mark: MarkFile,
        progress: Progress,
        manifest: ManifestWatch,
        folder: Folder,
    ) -> Self {
        let writer = Mutex::new(Writer { mark, progress, manifest, recorded: None, failed: None });
        Self { reader, writer, purging: Mutex::new(()), folder }
    }

    /// Every row of every table as it lies on disk, published or not, once all that waits is written out: for snapshots
    /// and for counting.
    pub fn rows(&self) -> impl Iterator<Item = Result<RawRow, ReadError>> {
        let failed = self.write_out().err().map(|error| Err(ReadError::Unavailable(error.to_string())));
        failed.into_iter().chain(self.reader.rows())
    }

    /// Writes out the index rows that wait, durably: as a clean end does.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn write_out(&self) -> Result<(), AppendError> {
        let mut writer = self.writer()?;
        let written = writer.progress.write_out(&self.reader.engine, self.reader.waiting());
        written.map_err(|error| writer.fails(error))
    }

    /// The platform's public key as it was recorded; `None` when none was made yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn platform_key(&self) -> Result<Option<String>, ReadError> {
        self.reader.platform_key()
    }

    /// Records the platform's public key, durably, so that no other key can take its place.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn record_platform_key(&self, key: &str) -> Result<(), AppendError> {
        let mut batch = self.reader.engine.batch();
        batch.put(&META, &About::Platform, &key.as_bytes().to_vec())?;
        self.write_beside(batch, true)
    }

    /// Leaves the folder in order: index rows written out, background work ended, the MANIFEST's length recorded. Dropping
    /// the store does the same, but tells nobody when it fails.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; also that of an earlier write, after which nothing is written any more.
    pub fn finish(&self) -> Result<(), AppendError> {
        self.write_out()?;
        self.reader.engine.rest();
        self.record_manifest()
    }

    /// Records in the checkpoint file how long the MANIFEST is, if it has grown since.
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

    /// How many rows each table has, published or not, once all that waits is written out. Reads all of them.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn count_rows(&self) -> Result<Vec<(&'static str, u64)>, ReadError> {
        self.write_out().map_err(|error| ReadError::Unavailable(error.to_string()))?;
        self.reader.count_rows()
    }

    /// Brings the database to the size that it has at rest. Takes as long as it takes to write all of it anew.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn compact(&self) -> Result<(), ReadError> {
        self.write_out().map_err(|error| ReadError::Unavailable(error.to_string()))?;
        self.reader.engine.compact()
    }

    /// Writes rows beside the chain, one writer at a time; fsynced or not.
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

    pub(super) fn remember(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        let mut batch = self.reader.engine.batch();
        batch.put(&BOOKMARKS, name, &position)?;
        self.write_beside(batch, false)
    }

    /// The folder's lock, which stays locked for as long as anybody holds this.
    pub(super) fn lock(&self) -> Arc<Lock> {
        self.reader.lock()
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, AppendError> {
        let Ok(writer) = self.writer.lock() else {
            return Err(AppendError::Unknown("a thread died while it was writing".into()));
        };
        match &writer.failed {
            Some(failed) => Err(failed.clone()),
            None => Ok(writer),
        }
    }
}

impl Drop for RocksStore {
    fn drop(&mut self) {
        // Index rows that are not written now are rebuilt from the leaves at the next opening.
        if let Err(error) = self.finish() {
            tracing::warn!(%error, "the ledger was not closed in order; the next start recovers it");
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
        self.mark.write(checkpoint, Some(extent)).map_err(|error| match error {
            MarkError::Write(error) => self.fails(failed_mark(&error)),
            MarkError::Disk(_) => self.fails(AppendError::Unknown(format!("mark: {error}"))),
            MarkError::TooLong { .. } => AppendError::Read(ReadError::Unavailable(error.to_string())),
        })?;
        self.recorded = Some(extent);
        Ok(())
    }
}

fn put_all(batch: &mut Batch<'_>, block: &Block, rows: &Rows<'_>) -> Result<(), ReadError> {
    let leaves = block.leaves.iter().map(|leaf| &leaf.bytes).chain([&block.header_bytes]);
    let mut row = Vec::new();
    for (index, bytes) in (block.base.0..).zip(leaves) {
        pack(bytes, &mut row);
        batch.put_spelled(&LEAVES, &LeafIndex(index), &row)?;
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
    }
    for (index, held) in &rows.vault {
        let row = held.map_or(VaultRow::NeverBrought, |held| VaultRow::Held(held.clone()));
        batch.put(&VAULT, index, &row)?;
    }
    for (index, commitment, held) in &rows.annexes {
        let key = AnnexKey { index: *index, commitment: *commitment };
        batch.put(&ANNEXES, &key, &VaultRow::Held((*held).clone()))?;
    }
    for &(label, index) in &rows.labels {
        batch.put(&LABELS, &LabelKey { label, index }, &Empty)?;
    }
    Ok(())
}

/// Tombstones over what is erased, and what the purge has to look for.
fn put_erased(batch: &mut Batch<'_>, engine: &Engine, rows: &Rows<'_>) -> Result<(), ReadError> {
    for (piece, notice) in &rows.erased {
        let Some(VaultRow::Held(held)) = row(engine, piece)? else {
            return Err(damaged("vault", piece, "the row was there a moment ago"));
        };
        batch.put(&PURGES, piece, &Fingerprint::of(&held.salt))?;
        let tombstone = VaultRow::Erased(*notice);
        match piece.piece {
            Piece::Metadata => batch.put(&VAULT, &piece.index, &tombstone)?,
            Piece::Annex(commitment) => {
                batch.put(&ANNEXES, &AnnexKey { index: piece.index, commitment }, &tombstone)?;
            }
        }
    }
    Ok(())
}

impl AppendLedger for RocksStore {
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
        joining::check(&tip, &chain, block, private, erasures)?;
        let mut batch = engine.batch();
        let rows = Rows::of(block, private, &chain)?;
        put_all(&mut batch, block, &rows)?;
        put_erased(&mut batch, engine, &rows)?;
        let leaves = block.tip.size().0 - block.base.0;
        let due = writer.progress.put_due(&mut batch, LeafIndex(block.base.0), leaves);
        due.map_err(|error| writer.fails(error.into()))?;
        engine.commit(batch).map_err(|error| writer.fails(error))?;
        writer.progress.written(self.reader.waiting(), &rows.finding, leaves, block.tip.size());
        self.reader.set_tip(block.tip.clone());
        Ok(())
    }

    fn ready_to_append(&self) -> Result<(), AppendError> {
        drop(self.writer()?);
        self.folder.has_room().map_err(|error| failed_write(error.to_string()))
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
        let tree = Tree { engine: &self.reader.engine, edge: &tip.frontier };
        let before = self.reader.published();
        let (root, leaf) = (|size| tree.root(size), |index| tree.leaf(index));
        joining::check_published(before.as_deref(), &published, &tip, root, leaf)?;
        writer.record(&published.checkpoint)?;
        self.reader.set_published(published);
        Ok(())
    }
}

/// As the reader answers.
impl ReadLedger for RocksStore {
    fn look_in_memory(&self, look: &mut dyn FnMut(&dyn ReadLedger)) -> bool {
        self.reader.look_in_memory(look)
    }

    fn published(&self) -> Option<Arc<Published>> {
        self.reader.published()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.reader.leaves(first, count)
    }

    fn scan(&self, first: LeafIndex, count: u64, see: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.reader.scan(first, count, see)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.reader.tile_hashes(level, first, count)
    }

    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        self.reader.find_block(height)
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        self.reader.find_number(number)
    }

    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.reader.find_statement(id)
    }

    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        self.reader.find_record(hash)
    }

    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        self.reader.find_digest(algorithm, digest, within, limit)
    }

    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        self.reader.find_subject(subject, sequence)
    }

    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        self.reader.subject_length(subject)
    }

    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        self.reader.links_to(target, from, limit)
    }

    fn private(&self, index: LeafIndex) -> Result<Private, ReadError> {
        self.reader.private(index)
    }

    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<Private, ReadError> {
        self.reader.private_of(index, committed)
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError> {
        self.reader.annex(index, commitment)
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.reader.labelled(label, from, limit)
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        self.reader.index_rows()
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.reader.labelled_before(label, before, limit)
    }
}
