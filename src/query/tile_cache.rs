//! Cache of hashed tiles above the leaf level, which are in the inclusion paths of many leaves.
//!
//! A cached tile includes all its subtree roots, so that building a proof from it needs no hashing. A tile of level 0
//! is in the paths of its own leaves only, and is not cached.
//!
//! # Invariants
//!
//! Complete subtrees never change, and only these are requested. A tile at the right edge grows, so its width is part
//! of the cache key.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::merkle::tile::{HashReader, Items, TILE_WIDTH, Tile, width_at};
use crate::store::traits::{LedgerReader, ReadError};

/// Capacity in tiles of 16 KiB: all tiles above 33 million leaves, in 8 MiB.
const TILES: usize = 512;

/// Tiles of one ledger with all their subtree roots.
#[derive(Debug)]
pub struct TileCache(Cache<Tile, Arc<ListTree>>);

impl Default for TileCache {
    fn default() -> Self {
        Self(Cache::new(TILES))
    }
}

impl TileCache {
    /// The tree of `size` leaves, which `store` has published, read through this cache.
    pub fn of<'a, R: LedgerReader + ?Sized>(&'a self, store: &'a R, size: TreeSize) -> CachedTree<'a, R> {
        CachedTree { cache: self, store, size }
    }

    /// The subtrees of `tile`, whose hashes `read` reads if it is not cached.
    fn subtrees(
        &self,
        tile: Tile,
        read: impl FnOnce() -> Result<Vec<Digest>, ReadError>,
    ) -> Result<Arc<ListTree>, ReadError> {
        if let Some(tree) = self.0.get(&tile) {
            return Ok(tree);
        }
        let tree = Arc::new(ListTree::over(read()?));
        self.0.insert(tile, Arc::clone(&tree));
        Ok(tree)
    }
}

/// A tree that is read through a cache.
pub struct CachedTree<'a, R: ?Sized> {
    cache: &'a TileCache,
    store: &'a R,
    size: TreeSize,
}

impl<R: LedgerReader + ?Sized> HashReader for CachedTree<'_, R> {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.store.tile_hashes(level, first, count)
    }

    fn root_over(&self, items: Items) -> Result<Option<Digest>, ReadError> {
        let Items { level, tile: index, offset, count } = items;
        if level == 0 {
            return Ok(None);
        }
        let tile = Tile { level, index, width: width_at(level, index, self.size) };
        let first = index * u64::from(TILE_WIDTH);
        let tree = self.cache.subtrees(tile, || self.hashes(level, first, tile.width))?;
        Ok(tree.complete(count.ilog2(), usize::from(offset / count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::leaf_hash;

    fn tile(level: u8, index: u64, width: u16) -> Tile {
        Tile { level, index, width }
    }

    fn hashes(seed: u16, width: u16) -> Vec<Digest> {
        (0..width).map(|n| leaf_hash(&(seed + n).to_be_bytes())).collect()
    }

    #[test]
    fn a_tile_is_read_once_for_each_width() {
        let cache = TileCache::default();
        let read = |tile: Tile, seed| cache.subtrees(tile, || Ok(hashes(seed, tile.width))).map(|tree| tree.root());
        let cached = |tile| cache.subtrees(tile, || Err(ReadError::WouldBlock)).map(|tree| tree.root());
        for one in [tile(1, 3, 256), tile(2, 3, 256), tile(1, 4, 9)] {
            let root = read(one, u16::from(one.level)).unwrap();
            assert_eq!(cached(one), Ok(root));
        }
        for other in [tile(1, 4, 10), tile(1, 5, 256), tile(3, 3, 256)] {
            assert_eq!(cached(other), Err(ReadError::WouldBlock), "{other:?}");
        }
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = TileCache::default();
        for index in 0..4 * TILES as u64 {
            cache.subtrees(tile(1, index, 1), || Ok(hashes(1, 1))).unwrap();
        }
        assert!(cache.0.len() <= TILES, "{}", cache.0.len());
    }
}
