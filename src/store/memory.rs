//! A ledger in memory, for tests and auditors.
//!
//! It keeps every promise of the contract but one: nothing outlives the process. Its answers are those of every other
//! store, byte for byte; one suite holds them to it (`tests/it/conformance.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::ledger::block::Height;
use crate::ledger::chain::{Block, Tip};
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
use crate::store::admission::Appended;
use crate::store::bounds::{
    damaged, items_within, leaf_hashes_to, leaf_within, leaves_within, piece_hashes_to, size_of,
};
use crate::store::contract::index_rows::IndexRows;
use crate::store::contract::keeping::{KeepPrivate, PurgeError, PurgeStage, Purged};
use crate::store::contract::{
    AppendError, AppendLedger, LinkPosition, Private, PrivateContent, Published, ReadError, ReadLedger,
};
use crate::store::joining::{self, Pieces, Standing};
use crate::store::rows::{Places, Rows};

/// A ledger in memory.
#[derive(Debug)]
pub struct MemoryStore(RwLock<Kept>);

/// All that is kept.
#[derive(Debug)]
struct Kept {
    tip: Tip,
    published: Option<Arc<Published>>,
    leaves: Vec<Vec<u8>>,
    tiles: HashMap<(u8, u64), FullTile>,
    blocks: Vec<LeafIndex>,
    records: HashMap<Digest, LeafIndex>,
    numbers: HashMap<DepositNumber, LeafIndex>,
    statements: HashMap<Digest, LeafIndex>,
    digests: BTreeSet<(HashAlgorithm, Digest, LeafIndex)>,
    subjects: BTreeMap<(Digest, u64), LeafIndex>,
    links: BTreeSet<(LeafIndex, LinkPosition)>,
    /// Private content, once it came: held or erased.
    pieces: HashMap<ErasedPiece, Private>,
    labels: BTreeSet<(Digest, LeafIndex)>,
    /// What is erased and not yet purged.
    unpurged: BTreeSet<ErasedPiece>,
    bookmarks: HashMap<Digest, u64>,
}

impl MemoryStore {
    /// An empty ledger of this origin.
    #[must_use]
    pub fn new(origin: Name) -> Self {
        Self(RwLock::new(Kept {
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
            pieces: HashMap::new(),
            labels: BTreeSet::new(),
            unpurged: BTreeSet::new(),
            bookmarks: HashMap::new(),
        }))
    }

    // Every change is made of steps that cannot panic halfway, so what a panicked thread leaves behind is whole.
    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_mut(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole appended chain, published or not.
impl Kept {
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

    fn entry(&self, index: LeafIndex) -> Result<Entry, ReadError> {
        let bytes = self.bytes(index, 1).pop().ok_or_else(|| damaged("leaf", index, "missing"))?;
        Entry::parse(&bytes).map_err(|error| damaged("leaf", index, error.to_string()))
    }
}

impl HashReader for Kept {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let items = (first..).take(count.into()).map(|number| self.item(level, number).copied());
        items.collect::<Option<_>>().ok_or_else(|| damaged("tile", format!("{level}/{}", first / 256), "missing"))
    }
}

impl Appended for Kept {
    fn has_statement(&self, id: &Digest) -> Result<bool, ReadError> {
        Ok(self.statements.contains_key(id))
    }

    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.numbers.get(number).map(|index| self.entry(*index)).transpose()
    }

    fn has_number(&self, number: &DepositNumber) -> Result<bool, ReadError> {
        Ok(self.numbers.contains_key(number))
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let last = self.subjects.range((*subject, 0)..=(*subject, u64::MAX)).next_back();
        let Some((&(_, last), _)) = last else { return Ok((0, Vec::new())) };
        let first = self.subjects.get(&(*subject, 1)).ok_or_else(|| damaged("subject", subject, "has no beginning"))?;
        Ok((last, self.entry(*first)?.statement.statement().keys.clone()))
    }
}

impl Places for Kept {
    fn place_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.numbers.get(number).copied())
    }

    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError> {
        Ok(self.records.contains_key(hash))
    }
}

impl Pieces for Kept {
    fn standing(&self, piece: &ErasedPiece) -> Result<Standing, ReadError> {
        Ok(match self.pieces.get(piece) {
            Some(Private::Held(_)) => Standing::Held,
            Some(Private::Erased(notice)) => Standing::Erased(*notice),
            Some(Private::None) | None => Standing::Never,
        })
    }
}

impl ReadLedger for MemoryStore {
    fn look_in_memory(&self, look: &mut dyn FnMut(&dyn ReadLedger)) -> bool {
        look(self);
        true
    }

    fn published(&self) -> Option<Arc<Published>> {
        self.kept().published.clone()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let kept = self.kept();
        leaves_within(first, count, kept.size())?;
        let leaves = kept.bytes(first, count);
        for (index, bytes) in (first.0..).zip(&leaves) {
            leaf_hashes_to(LeafIndex(index), bytes, kept.item(0, index))?;
        }
        Ok(leaves)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let kept = self.kept();
        items_within(level, first, count, kept.size())?;
        kept.hashes(level, first, count)
    }

    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        let kept = self.kept();
        Ok(kept.visible(usize::try_from(height.0).ok().and_then(|height| kept.blocks.get(height))))
    }

    fn find_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        let kept = self.kept();
        Ok(kept.visible(kept.numbers.get(number)))
    }

    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        let kept = self.kept();
        Ok(kept.visible(kept.statements.get(id)))
    }

    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        let kept = self.kept();
        Ok(kept.visible(kept.records.get(hash)))
    }

    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        let kept = self.kept();
        let end = LeafIndex(within.end.0.min(kept.size().0).max(within.start.0));
        let rows = kept.digests.range((algorithm, *digest, within.start)..(algorithm, *digest, end));
        Ok(rows.map(|(_, _, index)| *index).take(limit).collect())
    }

    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        let kept = self.kept();
        Ok(kept.visible(kept.subjects.get(&(*subject, sequence))))
    }

    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError> {
        let kept = self.kept();
        let mut rows = kept.subjects.range((*subject, 0)..=(*subject, u64::MAX)).rev();
        Ok(rows.find(|(_, index)| kept.size().contains(**index)).map_or(0, |((_, sequence), _)| *sequence))
    }

    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        let kept = self.kept();
        leaf_within(target, kept.size())?;
        let rows = kept.links.range((target, from)..).take_while(|(to, _)| *to == target).map(|(_, link)| *link);
        Ok(rows.filter(|link| kept.size().contains(link.source)).take(limit).collect())
    }

    fn private(&self, index: LeafIndex) -> Result<Private, ReadError> {
        let kept = self.kept();
        leaf_within(index, kept.size())?;
        match kept.pieces.get(&ErasedPiece { index, piece: Piece::Metadata }) {
            Some(Private::Held(held)) => {
                let committed = kept.entry(index)?.statement.statement().meta;
                let committed = committed.ok_or_else(|| damaged("vault", index, "the deposit has no `meta` line"))?;
                piece_hashes_to("vault", index, held.clone(), &committed)
            }
            other => Ok(other.cloned().unwrap_or(Private::None)),
        }
    }

    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError> {
        let kept = self.kept();
        leaf_within(index, kept.size())?;
        match kept.pieces.get(&ErasedPiece { index, piece: Piece::Annex(*commitment) }) {
            Some(Private::Held(held)) => piece_hashes_to("annexes", index, held.clone(), commitment),
            other => Ok(other.cloned().unwrap_or(Private::None)),
        }
    }

    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let kept = self.kept();
        let end = LeafIndex(kept.size().0.max(from.0));
        Ok(kept.labels.range((*label, from)..(*label, end)).map(|(_, index)| *index).take(limit).collect())
    }

    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        Ok(Some(self.count_index_rows()))
    }

    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        let kept = self.kept();
        let end = LeafIndex(kept.size().0.min(before.0));
        let rows = kept.labels.range((*label, LeafIndex(0))..(*label, end));
        Ok(rows.rev().map(|(_, index)| *index).take(limit).collect())
    }
}

impl MemoryStore {
    /// The rows that the published leaves have in each index.
    fn count_index_rows(&self) -> IndexRows {
        let kept = self.kept();
        let size = kept.size();
        let below = |places: &mut dyn Iterator<Item = LeafIndex>| places.filter(|at| size.contains(*at)).count() as u64;
        IndexRows {
            blocks: below(&mut kept.blocks.iter().copied()),
            numbers: below(&mut kept.numbers.values().copied()),
            statements: below(&mut kept.statements.values().copied()),
            records: below(&mut kept.records.values().copied()),
            digests: below(&mut kept.digests.iter().map(|(_, _, at)| *at)),
            subjects: below(&mut kept.subjects.values().copied()),
            links: below(&mut kept.links.iter().map(|(_, link)| link.source)),
            labels: below(&mut kept.labels.iter().map(|(_, at)| *at)),
        }
    }
}

impl AppendLedger for MemoryStore {
    fn tip(&self) -> Result<Tip, ReadError> {
        Ok(self.kept().tip.clone())
    }

    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError> {
        let mut kept = self.kept_mut();
        joining::check(&kept.tip, &*kept, block, private, erasures)?;
        let rows = Rows::of(block, private, &*kept)?;
        kept.leaves.extend(block.leaves.iter().map(|leaf| &leaf.bytes).chain([&block.header_bytes]).cloned());
        kept.tiles.extend(block.full_tiles.iter().map(|tile| ((tile.level, tile.index), tile.clone())));
        kept.blocks.push(rows.block.1);
        kept.records.extend(rows.finding.records);
        kept.numbers.extend(rows.finding.numbers);
        kept.statements.extend(rows.finding.statements);
        kept.digests.extend(rows.finding.digests);
        kept.subjects.extend(rows.subjects.into_iter().map(|(id, sequence, index)| ((id, sequence), index)));
        kept.links.extend(rows.links);
        let metadata = rows.vault.into_iter().filter_map(|(index, held)| Some((index, Piece::Metadata, held?)));
        let annexes = rows.annexes.into_iter().map(|(index, name, held)| (index, Piece::Annex(name), held));
        let held = metadata.chain(annexes);
        kept.pieces
            .extend(held.map(|(index, piece, held)| (ErasedPiece { index, piece }, Private::Held(held.clone()))));
        kept.labels.extend(rows.labels);
        kept.pieces.extend(rows.erased.into_iter().map(|(piece, notice)| (piece, Private::Erased(notice))));
        kept.unpurged.extend(erasures);
        kept.tip = block.tip.clone();
        Ok(())
    }

    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let kept = self.kept();
        leaves_within(first, count, kept.tip.size())?;
        Ok(kept.bytes(first, count))
    }

    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError> {
        let kept = self.kept();
        items_within(level, index.saturating_mul(256), 256, kept.tip.size())?;
        let tile = kept.tiles.get(&(level, index)).cloned();
        tile.ok_or_else(|| damaged("tile", format!("{level}/{index}"), "missing"))
    }

    fn publish(&self, published: Published) -> Result<(), AppendError> {
        let mut kept = self.kept_mut();
        let root = |size| prove::root(&*kept, size).map_err(|error| damaged("tile", size, error.to_string()));
        let leaf = |index| kept.bytes(index, 1).pop().ok_or_else(|| damaged("leaf", index, "missing"));
        joining::check_published(kept.published.as_deref(), &published, &kept.tip, root, leaf)?;
        kept.published = Some(Arc::new(published));
        Ok(())
    }
}

/// What is erased here is gone at once.
impl KeepPrivate for MemoryStore {
    fn unpurged(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        Ok(self.kept().unpurged.iter().copied().collect())
    }

    fn is_unpurged(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        Ok(self.kept().unpurged.contains(piece))
    }

    fn purge_pieces(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(PurgeStage) -> ControlFlow<()>,
    ) -> Result<Purged, PurgeError> {
        if watch(PurgeStage::Compacting).is_break() {
            return Err(PurgeError::Interrupted);
        }
        let mut kept = self.kept_mut();
        let mut pieces: Vec<ErasedPiece> =
            pieces.iter().filter(|piece| kept.unpurged.remove(*piece)).copied().collect();
        pieces.sort_unstable();
        Ok(Purged { pieces })
    }

    fn bookmark(&self, name: &Digest) -> Result<Option<u64>, ReadError> {
        Ok(self.kept().bookmarks.get(name).copied())
    }

    fn set_bookmark(&self, name: &Digest, position: u64) -> Result<(), AppendError> {
        self.kept_mut().bookmarks.insert(*name, position);
        Ok(())
    }
}
