//! BlockCache that were read: a block never changes, and what is asked for together was often sealed together.
//!
//! # Invariants
//!
//! Only what a store gave as sealing a published leaf is remembered, and only hashes that make up the header's root: so what
//! is remembered is what the store would say again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::ledger::block::BlockHeader;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::query::proofs;
use crate::query::records;
use crate::query::tile_cache::TileCache;
use crate::store::traits::{DepositPlace, LedgerReader, Published, ReadError};

/// Most headers remembered, each with two paths: some 9 MiB.
const HEADERS: usize = 4_096;
/// Most leaves whose blocks' trees are remembered, 64 bytes each.
const LEAVES: u64 = 1 << 17;

/// A block that was read.
#[derive(Debug)]
pub struct CachedBlock {
    /// Its header.
    pub header: BlockHeader,
    /// The header's text.
    pub text: String,
    /// 区块哈希.
    pub hash: Digest,
    /// What is remembered of the ledger's tree, if anything is.
    subtrees: Option<Arc<TileCache>>,
    /// The tree over its leaves, once somebody asked for it.
    tree: OnceLock<ListTree>,
    /// The paths of the header and of the leaf before the block to the root at a size, the last that was asked for.
    paths: Mutex<Option<(TreeSize, [InclusionProof; 2])>>,
}

impl CachedBlock {
    /// Of a header that was read.
    #[must_use]
    pub fn of(header: BlockHeader) -> Self {
        Self::within(header, None)
    }

    fn within(header: BlockHeader, subtrees: Option<Arc<TileCache>>) -> Self {
        let text = header.to_string();
        let hash = header.hash();
        Self { header, text, hash, subtrees, tree: OnceLock::new(), paths: Mutex::default() }
    }

    /// The tree over its leaves.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`] when the tree of the ledger holds other leaves than the block sealed.
    pub fn tree<R: LedgerReader + ?Sized>(&self, store: &R) -> Result<&ListTree, ReadError> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = proofs::tree_of(store, &self.header)?;
        Ok(self.tree.get_or_init(|| tree))
    }

    /// The paths from its header, and from the leaf before its first, to the root under `tip`, which is published.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] for the first block, which has no leaf before it.
    pub fn paths<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        tip: &Published,
    ) -> Result<[InclusionProof; 2], ReadError> {
        // Changed as a whole, so a panicked thread leaves nothing half done behind it.
        let known = self.paths.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, paths)) = known.filter(|(size, _)| *size == tip.size()) {
            return Ok(paths);
        }
        let paths = match &self.subtrees {
            Some(subtrees) => proofs::ends(store, &subtrees.of(store, tip.size()), &self.header, tip)?,
            None => proofs::ends(store, &proofs::Tiles(store), &self.header, tip)?,
        };
        *self.paths.lock().unwrap_or_else(PoisonError::into_inner) = Some((tip.size(), paths.clone()));
        Ok(paths)
    }
}

/// BlockCache of one ledger, by the place of their header.
#[derive(Debug, Default)]
pub struct BlockCache {
    remembered: RwLock<Remembered>,
    subtrees: Arc<TileCache>,
}

#[derive(Debug, Default)]
struct Remembered {
    blocks: BTreeMap<LeafIndex, Arc<CachedBlock>>,
    leaves: u64,
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
        // The map is changed by whole blocks, so a panicked thread leaves nothing half done behind it.
        let known = {
            let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
            remembered.blocks.get(&place.header).map(Arc::clone)
        };
        if let Some(block) = known.filter(|block| block.header.seals(place.index)) {
            return Ok(block);
        }
        let header = records::header_of(store, place)?;
        let block = Arc::new(CachedBlock::within(header, Some(Arc::clone(&self.subtrees))));
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.blocks.get(&block.header.index()) {
            // Another thread was quicker.
            return Ok(Arc::clone(known));
        }
        remembered.leaves += block.header.count;
        if remembered.blocks.len() >= HEADERS || remembered.leaves > LEAVES {
            *remembered = Remembered { blocks: BTreeMap::new(), leaves: block.header.count };
        }
        remembered.blocks.insert(block.header.index(), Arc::clone(&block));
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
        let remembered = Remembered { blocks: [(header.index(), Arc::clone(&known))].into(), leaves: 3 };
        let blocks = BlockCache { remembered: RwLock::new(remembered), subtrees: Arc::default() };
        let place = |index| DepositPlace { index: LeafIndex(index), header: header.index(), has_earlier: false };
        for index in 5..8 {
            assert_eq!(blocks.sealing(&store, place(index)).map(|block| block.header.clone()), Ok(header.clone()));
        }
        // The store has nothing: it was asked.
        for index in [0, 4, 8, 9] {
            assert!(blocks.sealing(&store, place(index)).is_err(), "{index}");
        }
        assert!(known.tree(&store).is_err());
    }
}
