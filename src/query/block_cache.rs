//! Cache of block headers, with the trees over their leaves. A block never changes, and deposits of one block are often
//! requested together. Without the cache, a receipt takes four times the CPU time (measured 2026-11-30).
//!
//! # Invariants
//!
//! The cache contains only headers that a store returned for published leaves, and only leaf hashes that have the
//! header's root. The store would return the same data again.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::ledger::block::BlockHeader;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::query::proofs;
use crate::query::records;
use crate::query::tile_cache::TileCache;
use crate::store::traits::{DepositPlace, LedgerReader, ReadError};

/// Number of blocks for which the cache allocates its table.
const BLOCKS: usize = 4_096;
/// Capacity of the cache in leaves, 64 bytes each with their tree: some 17 MiB.
const WEIGHT: u64 = (1 << 17) + 32 * BLOCKS as u64;

/// The header of a block, with data derived from it and from the tree.
#[derive(Debug)]
pub struct CachedBlock {
    /// Its header.
    pub header: BlockHeader,
    /// The header's text.
    pub text: String,
    /// 区块哈希.
    pub hash: Digest,
    /// The cached tiles of the ledger's tree, if there is a cache.
    tiles: Option<Arc<TileCache>>,
    /// The tree over its leaves, computed at the first receipt.
    tree: OnceLock<ListTree>,
    /// The paths of the header and of the leaf before the block to the root at the last requested size.
    paths: Mutex<Option<(TreeSize, [InclusionProof; 2])>>,
}

impl CachedBlock {
    /// Wraps a header that the caller has read.
    #[must_use]
    pub fn of(header: BlockHeader) -> Self {
        Self::within(header, None)
    }

    fn within(header: BlockHeader, tiles: Option<Arc<TileCache>>) -> Self {
        let text = header.to_string();
        let hash = header.hash();
        Self { header, text, hash, tiles, tree: OnceLock::new(), paths: Mutex::default() }
    }

    /// The tree over its leaves.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the leaf hashes in the ledger's tree do not have the header's root.
    pub fn tree<R: LedgerReader + ?Sized>(&self, store: &R) -> Result<&ListTree, ReadError> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = proofs::tree_of(store, &self.header)?;
        Ok(self.tree.get_or_init(|| tree))
    }

    /// The paths from its header, and from the leaf before its first, to the root at `size`, which is published.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] for the first block, which has no leaf before it.
    pub fn paths<R: LedgerReader + ?Sized>(&self, store: &R, size: TreeSize) -> Result<[InclusionProof; 2], ReadError> {
        // Ignores poisoning: the value is replaced in one assignment, so a panic leaves a consistent one.
        let known = self.paths.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, paths)) = known.filter(|(known, _)| *known == size) {
            return Ok(paths);
        }
        let paths = match &self.tiles {
            Some(tiles) => proofs::ends(store, &tiles.of(store, size), &self.header, size)?,
            None => proofs::ends(store, &proofs::Tiles(store), &self.header, size)?,
        };
        *self.paths.lock().unwrap_or_else(PoisonError::into_inner) = Some((size, paths.clone()));
        Ok(paths)
    }
}

/// The weight of a block is the memory of its tree, in leaves. A header and two paths take as much as some 32 leaves.
#[derive(Debug, Clone, Copy)]
struct BlockWeight;

impl Weighter<LeafIndex, Arc<CachedBlock>> for BlockWeight {
    fn weight(&self, _: &LeafIndex, block: &Arc<CachedBlock>) -> u64 {
        32 + block.header.count
    }
}

/// Blocks of one ledger, by the index of their header.
#[derive(Debug)]
pub struct BlockCache {
    blocks: Cache<LeafIndex, Arc<CachedBlock>, BlockWeight>,
    tiles: Arc<TileCache>,
}

impl Default for BlockCache {
    fn default() -> Self {
        Self { blocks: Cache::with_weighter(BLOCKS, WEIGHT, BlockWeight), tiles: Arc::default() }
    }
}

impl BlockCache {
    /// The block of the deposit at `place`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn sealing<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        place: DepositPlace,
    ) -> Result<Arc<CachedBlock>, ReadError> {
        if let Some(block) = self.blocks.get(&place.header).filter(|block| block.header.seals(place.index)) {
            return Ok(block);
        }
        let header = records::header_of(store, place)?;
        let block = Arc::new(CachedBlock::within(header, Some(Arc::clone(&self.tiles))));
        self.blocks.insert(place.header, Arc::clone(&block));
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::block::Height;
    use crate::ledger::key::Name;
    use crate::ledger::time::Timestamp;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_header_answers_for_the_leaves_that_it_seals_and_no_others() {
        let ledger = Name::parse("example.org/ledger").unwrap();
        let store = MemoryStore::new(ledger.clone());
        let header = BlockHeader {
            ledger,
            height: Height(2),
            previous: Digest([1; 32]),
            first: LeafIndex(5),
            count: 3,
            root: Digest([2; 32]),
            time: Timestamp::EPOCH,
        };
        let known = Arc::new(CachedBlock::of(header.clone()));
        let blocks = BlockCache::default();
        blocks.blocks.insert(header.index(), Arc::clone(&known));
        let place = |index| DepositPlace { index: LeafIndex(index), header: header.index(), has_earlier: false };
        for index in 5..8 {
            assert_eq!(blocks.sealing(&store, place(index)).map(|block| block.header.clone()), Ok(header.clone()));
        }
        // The empty store was queried, and fails.
        for index in [0, 4, 8, 9] {
            assert!(blocks.sealing(&store, place(index)).is_err(), "{index}");
        }
        assert!(known.tree(&store).is_err());
    }
}
