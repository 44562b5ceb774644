//! Store in memory, for tests and auditors.
//!
//! It keeps every promise of the traits except durability. It returns the same bytes as every other store
//! (`tests/it/conformance.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::ledger::block::Height;
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::prove;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::HashReader;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::admission::{AppendedState, ChainState};
use crate::store::append_checks::{self, PieceState, PieceStates};
use crate::store::bounds::{items_within, leaf_hashes_to, leaf_within, leaves_within, piece_hashes_to, size_of};
use crate::store::index_entries::{ChainIndex, IndexEntries};
use crate::store::traits::damaged;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::private_store::{CompletedErasures, ErasureError, ErasureStage};
use crate::store::traits::{
    AnnotatedCheckpoint, Annotation, AnnotationReader, Annotations, AppendError, CursorStore, DepositPlace, Index,
    LedgerReader, LinkPosition, LogReader, LogStore, PrivateContent, PrivatePiece, PrivateReader, PrivateStore,
    ProofLevel, Published, ReadError,
};

/// A ledger in memory.
#[derive(Debug)]
pub struct MemoryStore(RwLock<Contents>);

/// The contents of the store.
#[derive(Debug)]
struct Contents {
    tip: Tip,
    published: Option<Arc<Published>>,
    leaves: Vec<Vec<u8>>,
    tiles: HashMap<(u8, u64), FullTile>,
    blocks: Vec<LeafIndex>,
    records: HashMap<Digest, LeafIndex>,
    numbers: HashMap<DepositNumber, DepositPlace>,
    statements: HashMap<Digest, LeafIndex>,
    digests: BTreeSet<(HashAlgorithm, Digest, LeafIndex)>,
    subjects: BTreeMap<(Digest, u64), LeafIndex>,
    links: BTreeSet<(LeafIndex, LinkPosition)>,
    key_notices: Vec<LeafIndex>,
    /// Pieces of private content that were submitted or erased.
    pieces: HashMap<ErasedPiece, PrivatePiece>,
    labels: BTreeSet<(Digest, LeafIndex)>,
    /// Pieces whose erasure is not completed yet.
    pending_erasures: BTreeSet<ErasedPiece>,
    cursors: HashMap<Digest, u64>,
    annotated: BTreeMap<TreeSize, AnnotatedCheckpoint>,
    /// Checkpoints by the proof level that they have reached.
    levels: BTreeSet<(ProofLevel, TreeSize)>,
}

impl MemoryStore {
    /// An empty ledger of this origin.
    #[must_use]
    pub fn new(origin: Name) -> Self {
        Self(RwLock::new(Contents {
            tip: Tip::before_genesis(origin),
            published: None,
            leaves: Vec::new(),
            tiles: HashMap::new(),
            blocks: Vec::new(),
            records: HashMap::new(),
            numbers: HashMap::new(),
            statements: HashMap::new(),
            digests: BTreeSet::new(),
            subjects: BTreeMap::new(),
            links: BTreeSet::new(),
            key_notices: Vec::new(),
            pieces: HashMap::new(),
            labels: BTreeSet::new(),
            pending_erasures: BTreeSet::new(),
            cursors: HashMap::new(),
            annotated: BTreeMap::new(),
            levels: BTreeSet::new(),
        }))
    }

    // Ignores poisoning: the steps of a change cannot panic halfway, so a panicked thread leaves no partial change.
    fn contents(&self) -> RwLockReadGuard<'_, Contents> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn contents_mut(&self) -> RwLockWriteGuard<'_, Contents> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads of the whole appended chain, including an unpublished block.
impl Contents {
    fn size(&self) -> TreeSize {
        size_of(self.published.as_deref())
    }

    fn visible(&self, index: Option<&LeafIndex>) -> Option<LeafIndex> {
        index.copied().filter(|index| self.size().contains(*index))
    }

    fn bytes(&self, first: LeafIndex, count: u64) -> Vec<Vec<u8>> {
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        self.leaves.iter().skip(place(first.0)).take(place(count)).cloned().collect()
    }

    fn item(&self, level: u8, number: u64) -> Option<&Digest> {
        let (tile, offset) = items_within(level, number, 1, self.tip.size()).ok()?;
        match self.tiles.get(&(level, tile)) {
            Some(full) => full.hashes.get(offset),
            None => self.tip.frontier.partial(level).get(offset),
        }
    }

    /// Adds a block that has passed the checks.
    fn add(&mut self, block: &Block, private: &[(LeafIndex, PrivateContent)]) -> Result<(), AppendError> {
        let rows = IndexEntries::of(block, private, &*self)?;
        self.leaves.extend(block.leaves.iter().map(|leaf| &leaf.bytes).chain([&block.header_bytes]).cloned());
        self.tiles.extend(block.full_tiles.iter().map(|tile| ((tile.level, tile.index), tile.clone())));
        self.blocks.push(rows.block.1);
        self.records.extend(rows.leaf_entries.records);
        self.numbers.extend(rows.leaf_entries.numbers);
        self.statements.extend(rows.leaf_entries.statements);
        self.digests.extend(rows.leaf_entries.digests);
        self.subjects.extend(rows.subjects.into_iter().map(|(id, sequence, index)| ((id, sequence), index)));
        self.links.extend(rows.links);
        let metadata = rows.private.into_iter().filter_map(|(index, held)| Some((index, Piece::Metadata, held?)));
        let annexes = rows.annexes.into_iter().map(|(index, name, held)| (index, Piece::Annex(name), held));
        let held = metadata.chain(annexes);
        self.pieces
            .extend(held.map(|(index, piece, held)| (ErasedPiece { index, piece }, PrivatePiece::Held(held.clone()))));
        self.labels.extend(rows.labels);
        // A piece that was never stored needs no physical erasure.
        let held = rows.erased.iter().map(|(piece, _)| *piece).filter(|piece| self.pieces.contains_key(piece));
        let pending: Vec<ErasedPiece> = held.collect();
        self.pending_erasures.extend(pending);
        self.pieces.extend(rows.erased.into_iter().map(|(piece, notice)| (piece, PrivatePiece::Erased(notice))));
        self.key_notices.extend(rows.key_notices);
        self.tip = block.tip.clone();
        Ok(())
    }

    fn entry(&self, index: LeafIndex) -> Result<Entry, ReadError> {
        let bytes = self.bytes(index, 1).pop().ok_or_else(|| damaged("leaf", index, "missing"))?;
        Entry::parse(&bytes).map_err(|error| damaged("leaf", index, error.to_string()))
    }
}

impl HashReader for Contents {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let items = (first..).take(count.into()).map(|number| self.item(level, number).copied());
        items.collect::<Option<_>>().ok_or_else(|| damaged("tile", format!("{level}/{}", first / 256), "missing"))
    }
}

impl ChainState for Contents {
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.numbers.get(number).map(|place| self.entry(place.index)).transpose()
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let last = self.subjects.range((*subject, 0)..=(*subject, u64::MAX)).next_back();
        let Some((&(_, last), _)) = last else { return Ok((0, Vec::new())) };
        let first = self.subjects.get(&(*subject, 1)).ok_or_else(|| damaged("subject", subject, "has no beginning"))?;
        Ok((last, self.entry(*first)?.statement.statement().keys.clone()))
    }
}

impl AppendedState for Contents {
    fn known_statements(&self, ids: &[Digest]) -> Result<Vec<bool>, ReadError> {
        Ok(ids.iter().map(|id| self.statements.contains_key(id)).collect())
    }

    fn known_numbers(&self, numbers: &[DepositNumber]) -> Result<Vec<bool>, ReadError> {
        Ok(numbers.iter().map(|number| self.numbers.contains_key(number)).collect())
    }
}

impl ChainIndex for Contents {
    fn index_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.numbers.get(number).map(|place| place.index))
    }

    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError> {
        Ok(self.records.contains_key(hash))
    }

    fn has_digests(&self, digests: &[(HashAlgorithm, Digest)], end: LeafIndex) -> Result<Vec<bool>, ReadError> {
        let first = |(algorithm, digest): &(HashAlgorithm, Digest)| (*algorithm, *digest, LeafIndex(0));
        let has = |key: &(HashAlgorithm, Digest)| self.digests.range(first(key)..(key.0, key.1, end)).next().is_some();
        Ok(digests.iter().map(has).collect())
    }
}

impl PieceStates for Contents {
    fn state(&self, piece: &ErasedPiece) -> Result<PieceState, ReadError> {
        Ok(match self.pieces.get(piece) {
            Some(PrivatePiece::Held(_)) => PieceState::Held,
            Some(PrivatePiece::Erased(notice)) => PieceState::Erased(*notice),
            Some(PrivatePiece::None) | None => PieceState::Never,
        })
    }

    fn has_commitment(&self, index: LeafIndex) -> Result<bool, ReadError> {
        let bytes = self.bytes(index, 1).pop().ok_or_else(|| damaged("leaf", index, "missing"))?;
        Ok(Entry::parse(&bytes).is_ok_and(|entry| entry.statement.statement().meta.is_some()))
    }
}

impl LedgerReader for MemoryStore {
    fn try_read_cached(&self, read: &mut dyn FnMut(&dyn LedgerReader)) -> bool {
        read(self);
        true
    }
}

impl LogReader for MemoryStore {
    fn published(&self) -> Option<Arc<Published>> {
        self.contents().published.clone()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let contents = self.contents();
        leaves_within(first, count, contents.size())?;
        let leaves = contents.bytes(first, count);
        for (index, bytes) in (first.0..).zip(&leaves) {
            leaf_hashes_to(LeafIndex(index), bytes, contents.item(0, index))?;
        }
        Ok(leaves)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let contents = self.contents();
        items_within(level, first, count, contents.size())?;
        contents.hashes(level, first, count)
    }
}

impl Index for MemoryStore {
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        let contents = self.contents();
        Ok(contents.visible(usize::try_from(height.0).ok().and_then(|height| contents.blocks.get(height))))
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        let contents = self.contents();
        Ok(contents.numbers.get(number).copied().filter(|place| contents.size().contains(place.index)))
    }

    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        let contents = self.contents();
        Ok(ids.iter().map(|id| contents.visible(contents.statements.get(id))).collect())
    }

    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        let contents = self.contents();
        Ok(contents.visible(contents.records.get(hash)))
    }

    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        let contents = self.contents();
        let end = LeafIndex(within.end.0.min(contents.size().0).max(within.start.0));
        let rows = contents.digests.range((algorithm, *digest, within.start)..(algorithm, *digest, end));
        Ok(rows.map(|(_, _, index)| *index).take(limit).collect())
    }

    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        let contents = self.contents();
        Ok(contents.visible(contents.subjects.get(&(*subject, sequence))))
    }

    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        let contents = self.contents();
        let mut rows = contents.subjects.range((*subject, 0)..=(*subject, u64::MAX)).rev();
        Ok(rows.find(|(_, index)| contents.size().contains(**index)).map_or(0, |((_, sequence), _)| *sequence))
    }

    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        let contents = self.contents();
        leaf_within(target, contents.size())?;
        let rows = contents.links.range((target, from)..).take_while(|(to, _)| *to == target).map(|(_, link)| *link);
        Ok(rows.filter(|link| contents.size().contains(link.source)).take(limit).collect())
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let contents = self.contents();
        let end = LeafIndex(contents.size().0.max(from.0));
        Ok(contents.labels.range((*label, from)..(*label, end)).map(|(_, index)| *index).take(limit).collect())
    }

    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        let contents = self.contents();
        Ok(contents.key_notices.iter().filter(|index| contents.size().contains(**index)).copied().collect())
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        Ok(Some(self.count_index_rows()))
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let contents = self.contents();
        let end = LeafIndex(contents.size().0.min(before.0));
        let rows = contents.labels.range((*label, LeafIndex(0))..(*label, end));
        Ok(rows.rev().map(|(_, index)| *index).take(limit).collect())
    }
}

impl PrivateReader for MemoryStore {
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        let contents = self.contents();
        leaf_within(index, contents.size())?;
        let piece = contents.pieces.get(&ErasedPiece { index, piece: Piece::Metadata }).filter(|_| committed.is_some());
        match (piece, committed) {
            (Some(PrivatePiece::Held(held)), Some(committed)) => {
                piece_hashes_to("private", index, held.clone(), committed)
            }
            (other, _) => Ok(other.cloned().unwrap_or(PrivatePiece::None)),
        }
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError> {
        let contents = self.contents();
        leaf_within(index, contents.size())?;
        match contents.pieces.get(&ErasedPiece { index, piece: Piece::Annex(*commitment) }) {
            Some(PrivatePiece::Held(held)) => piece_hashes_to("annexes", index, held.clone(), commitment),
            other => Ok(other.cloned().unwrap_or(PrivatePiece::None)),
        }
    }
}

impl MemoryStore {
    /// Number of rows of the published leaves in each index.
    fn count_index_rows(&self) -> IndexRows {
        let contents = self.contents();
        let size = contents.size();
        let below = |places: &mut dyn Iterator<Item = LeafIndex>| places.filter(|at| size.contains(*at)).count() as u64;
        IndexRows {
            blocks: below(&mut contents.blocks.iter().copied()),
            numbers: below(&mut contents.numbers.values().map(|place| place.index)),
            statements: below(&mut contents.statements.values().copied()),
            records: below(&mut contents.records.values().copied()),
            digests: below(&mut contents.digests.iter().map(|(_, _, at)| *at)),
            subjects: below(&mut contents.subjects.values().copied()),
            links: below(&mut contents.links.iter().map(|(_, link)| link.source)),
            labels: below(&mut contents.labels.iter().map(|(_, at)| *at)),
        }
    }
}

impl LogStore for MemoryStore {
    fn tip(&self) -> Result<Tip, ReadError> {
        Ok(self.contents().tip.clone())
    }

    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError> {
        let mut contents = self.contents_mut();
        append_checks::check(&contents.tip, &*contents, block, private, erasures)?;
        contents.add(block, private)
    }

    fn append_copy(&self, block: &Block) -> Result<(), AppendError> {
        let mut contents = self.contents_mut();
        append_checks::check_copy(&contents.tip, &*contents, block)?;
        contents.add(block, &[])
    }

    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let contents = self.contents();
        leaves_within(first, count, contents.tip.size())?;
        Ok(contents.bytes(first, count))
    }

    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError> {
        let contents = self.contents();
        items_within(level, index.saturating_mul(256), 256, contents.tip.size())?;
        let tile = contents.tiles.get(&(level, index)).cloned();
        tile.ok_or_else(|| damaged("tile", format!("{level}/{index}"), "missing"))
    }

    fn publish(&self, published: Published) -> Result<(), AppendError> {
        let mut contents = self.contents_mut();
        let root = |size| prove::root(&*contents, size).map_err(|error| damaged("tile", size, error.to_string()));
        let leaf = |index| contents.bytes(index, 1).pop().ok_or_else(|| damaged("leaf", index, "missing"));
        append_checks::check_published(contents.published.as_deref(), &published, &contents.tip, root, leaf)?;
        contents.published = Some(Arc::new(published));
        Ok(())
    }
}

/// In memory, an erased piece is removed at once.
impl PrivateStore for MemoryStore {
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        Ok(self.contents().pending_erasures.iter().copied().collect())
    }

    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        Ok(self.contents().pending_erasures.contains(piece))
    }

    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError> {
        if watch(ErasureStage::Compacting).is_break() {
            return Err(ErasureError::Interrupted);
        }
        let mut contents = self.contents_mut();
        let mut pieces: Vec<ErasedPiece> =
            pieces.iter().filter(|piece| contents.pending_erasures.remove(*piece)).copied().collect();
        pieces.sort_unstable();
        Ok(CompletedErasures { pieces })
    }
}

impl CursorStore for MemoryStore {
    fn cursor(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        Ok(self.contents().cursors.get(name).copied())
    }

    fn set_cursor(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.contents_mut().cursors.insert(*name, position);
        Ok(())
    }
}

impl Annotations for MemoryStore {
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError> {
        let mut contents = self.contents_mut();
        let (size, published) = (checkpoint.checkpoint().size, contents.size());
        append_checks::check_annotated(
            checkpoint,
            contents.annotated.get(&size).map(|known| &known.checkpoint),
            published,
        )?;
        let first = || AnnotatedCheckpoint { checkpoint: checkpoint.clone(), annotations: Vec::new() };
        let known = &mut contents.annotated.entry(size).or_insert_with(first).annotations;
        let added: Vec<_> = annotations.iter().filter(|one| !known.contains(one)).cloned().collect();
        known.extend(added);
        contents.levels.extend(reached.iter().map(|level| (*level, size)));
        Ok(())
    }
}

impl AnnotationReader for MemoryStore {
    fn annotated(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        Ok(self.contents().annotated.get(&size).cloned())
    }

    fn last_annotated(&self, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(self.contents().annotated.range(..=until).next_back().map(|(size, _)| *size))
    }

    fn first_reached(&self, level: ProofLevel, from: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(self.contents().levels.range((level, from)..=(level, TreeSize::MAX)).next().map(|(_, size)| *size))
    }

    fn last_reached(&self, level: ProofLevel, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        Ok(self.contents().levels.range((level, TreeSize(0))..=(level, until)).next_back().map(|(_, size)| *size))
    }
}
