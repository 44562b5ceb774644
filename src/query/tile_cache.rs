//! TileCache that were hashed: those high up stand in the path of nearly every leaf.
//!
//! Of a tile above the leaves the whole inside is remembered, so that a proof takes from it what it needs and hashes
//! nothing. A tile of leaves is in the path of its own leaves only, and is not remembered.
//!
//! # Invariants
//!
//! Complete subtrees never change, and only such are asked for. A tile at the right edge grows: it is remembered with its
//! width, and hashed again when it has another.

use std::sync::{Arc, PoisonError, RwLock};

use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::merkle::tile::{HashReader, Items, TILE_WIDTH, Tile, width_at};
use crate::store::traits::{LedgerReader, ReadError};

/// Tiles remembered, 16 KiB each: all those above 33 million leaves, in 8 MiB. Of larger ledgers those that were asked
/// for last.
const PLACES: usize = 512;

/// Insides of tiles of one ledger, each at the one place that it may have.
#[derive(Debug)]
pub struct TileCache(Box<[RwLock<Option<Inside>>]>);

#[derive(Debug, Clone)]
struct Inside {
    tile: Tile,
    tree: Arc<ListTree>,
}

impl Default for TileCache {
    fn default() -> Self {
        Self((0..PLACES).map(|_| RwLock::default()).collect())
    }
}

impl TileCache {
    /// The tree of `size` leaves, which `store` has published, with what is remembered of it.
    pub fn of<'a, R: LedgerReader + ?Sized>(&'a self, store: &'a R, size: TreeSize) -> Remembered<'a, R> {
        Remembered { subtrees: self, store, size }
    }

    /// The inside of `tile`, read by `read` where it is not remembered.
    fn inside(
        &self,
        tile: Tile,
        read: impl FnOnce() -> Result<Vec<Digest>, ReadError>,
    ) -> Result<Arc<ListTree>, ReadError> {
        // The lowest level, which has most tiles, fills the places in its order; the others begin before it.
        let place = tile.index.wrapping_sub(u64::from(tile.level) * 7) % PLACES as u64;
        let Some(place) = usize::try_from(place).ok().and_then(|place| self.0.get(place)) else {
            return read().map(|hashes| Arc::new(ListTree::over(hashes)));
        };
        // Changed as a whole, so a panicked thread leaves nothing half done behind it.
        let known = place.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(inside) = known.filter(|inside| inside.tile == tile) {
            return Ok(inside.tree);
        }
        let tree = Arc::new(ListTree::over(read()?));
        *place.write().unwrap_or_else(PoisonError::into_inner) = Some(Inside { tile, tree: Arc::clone(&tree) });
        Ok(tree)
    }
}

/// A tree, read from a store, and what is remembered of it.
pub struct Remembered<'a, R: ?Sized> {
    subtrees: &'a TileCache,
    store: &'a R,
    size: TreeSize,
}

impl<R: LedgerReader + ?Sized> HashReader for Remembered<'_, R> {
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
        let tree = self.subtrees.inside(tile, || self.hashes(level, first, tile.width))?;
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
    fn a_tile_is_read_once_as_long_as_it_is_the_same() {
        let subtrees = TileCache::default();
        let read = |tile: Tile, seed| subtrees.inside(tile, || Ok(hashes(seed, tile.width))).map(|tree| tree.root());
        let known = |tile| subtrees.inside(tile, || Err(ReadError::WouldBlock)).map(|tree| tree.root());
        for one in [tile(1, 3, 256), tile(2, 3, 256), tile(1, 4, 9)] {
            let root = read(one, u16::from(one.level)).unwrap();
            assert_eq!(known(one), Ok(root));
        }
        // Another width, another tile, and another that has the same place.
        assert_eq!(known(tile(1, 4, 10)), Err(ReadError::WouldBlock));
        assert_eq!(known(tile(1, 5, 256)), Err(ReadError::WouldBlock));
        read(tile(1, 3 + PLACES as u64, 256), 77).unwrap();
        assert_eq!(known(tile(1, 3, 256)), Err(ReadError::WouldBlock));
        assert!(known(tile(2, 3, 256)).is_ok());
    }
}
