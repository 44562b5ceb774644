//! The frontier of a growing tree: the hashes at its right edge, which are needed to append leaves.
//!
//! A [`Frontier`] contains two representations. The *peaks* are the roots of the complete subtrees that make up the
//! tree (RFC 6962 §2.1), one for each set bit of its size; folding them gives the root. The *partial tiles* are the
//! hashes that are not in a full tile yet (C2SP tlog-tiles): at most 255 on each of at most eight levels.
//!
//! ```
//! use tiezheng::ledger::hash::leaf_hash;
//! use tiezheng::ledger::merkle::frontier::Frontier;
//! use tiezheng::ledger::merkle::shape::TreeSize;
//!
//! let mut frontier = Frontier::new();
//! let mut completed = Vec::new();
//! for record in 0..300 {
//!     frontier.append(leaf_hash(format!("record {record}").as_bytes()), &mut completed);
//! }
//! assert_eq!(frontier.size(), TreeSize(300));
//! assert_eq!(frontier.root().to_string(), "830df5c90aea65909c10e3ebcd7f9ba72de727a4209e04ca9fc1b59b48badae5");
//! assert_eq!(completed[0].tile().path(), "tile/0/000");
//! assert_eq!((frontier.partial(0).len(), frontier.partial(1)), (44, &[completed[0].root][..]));
//! ```
//!
//! # Invariants
//! One node hash per leaf on average, never the same pair twice, because the root of a full tile is also a peak.
//! `restore` of the partial tiles returns an equal frontier.
//!
//! Not here: hashing of records (`hash`), storing full tiles (`store`), proofs (`proof`).

use std::mem;

use crate::ledger::hash::{Digest, node_hash};
use crate::ledger::merkle::list::{join, root_of};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::merkle::tile::{TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH, Tile, partial_width};

/// The frontier of a tree. A clone copies at most 64 KiB, some 16 KiB for a tree of a hundred million leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, left to right: one for each set bit of `size`, the highest first.
    peaks: Vec<Digest>,
    /// The partial tile of each level, 0 to 255 hashes.
    tiles: [Vec<Digest>; TILE_LEVELS as usize],
}

/// A full tile, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTile {
    /// Tile level, 0 to 6.
    pub level: u8,
    /// Number from the left within the level.
    pub index: u64,
    /// Its items, exactly 256.
    pub hashes: Vec<Digest>,
    /// The root over its items, which is item `index` of the level above.
    pub root: Digest,
}

impl FullTile {
    /// Its coordinates.
    #[must_use]
    pub const fn tile(&self) -> Tile {
        Tile { level: self.level, index: self.index, width: TILE_WIDTH }
    }
}

/// Why partial tiles do not form a frontier of the given size: they are damaged, or belong to a tree of another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The size is over [`TreeSize::MAX`].
    #[error("a tree of {size} leaves is larger than {}", TreeSize::MAX)]
    TooLarge {
        /// The given size.
        size: TreeSize,
    },
    /// There are more partial tiles than a tree can have levels.
    #[error("{levels} levels of partial tiles, where no tree has more than {TILE_LEVELS}")]
    TooManyLevels {
        /// The number found.
        levels: usize,
    },
    /// A partial tile does not have the width that follows from the size.
    #[error("partial tile of level {level} has {found} hashes, where a tree of {size} leaves has {expected}")]
    WrongWidth {
        /// The given size.
        size: TreeSize,
        /// The tile level.
        level: u8,
        /// The required number of hashes, 0 to 255.
        expected: u16,
        /// The number found.
        found: usize,
    },
}

impl Frontier {
    /// The frontier of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new(), tiles: [const { Vec::new() }; TILE_LEVELS as usize] }
    }

    /// Rebuilds the frontier of a tree of `size` leaves from its partial tiles, level 0 first: level `L` has `(size /
    /// 256^L) mod 256` hashes. Levels left out at the end count as empty. The hashes are not verified: compare
    /// [`Frontier::root`] with a trusted root.
    ///
    /// # Errors
    /// [`RestoreError`] if the size is too large or a tile has another width; a full tile is never partial.
    pub fn restore(size: TreeSize, partial_tiles: Vec<Vec<Digest>>) -> Result<Self, RestoreError> {
        if size > TreeSize::MAX {
            return Err(RestoreError::TooLarge { size });
        }
        let levels = partial_tiles.len();
        if levels > usize::from(TILE_LEVELS) {
            return Err(RestoreError::TooManyLevels { levels });
        }
        let mut tiles = Self::new().tiles;
        for (tile, given) in tiles.iter_mut().zip(partial_tiles) {
            *tile = given;
        }
        for (level, tile) in (0..).zip(&tiles) {
            let (expected, found) = (partial_width(level, size), tile.len());
            if found != usize::from(expected) {
                return Err(RestoreError::WrongWidth { size, level, expected, found });
            }
        }
        let mut peaks = Vec::new();
        for tile in tiles.iter().rev() {
            let mut rest = tile.as_slice();
            while let Some(height) = rest.len().checked_ilog2() {
                let (complete, after) = rest.split_at(1 << height);
                peaks.push(root_of(complete));
                rest = after;
            }
        }
        Ok(Self { size: size.0, peaks, tiles })
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// The roots of the complete subtrees that make up the tree, left to right: one for each set bit of the size.
    #[must_use]
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// The hashes of the partial tile of `level`, 0 to 255; none above the top of the tree.
    #[must_use]
    pub fn partial(&self, level: u8) -> &[Digest] {
        self.tiles.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The root of the tree (RFC 6962 §2.1), computed with one hash per peak.
    #[must_use]
    pub fn root(&self) -> Digest {
        join(&self.peaks)
    }

    /// Appends a leaf by its hash, and pushes each tile that it completes onto `completed`, from level 0 up. The caller
    /// must stop before [`TreeSize::MAX`], which 100,000 leaves a second reach after some three million years.
    pub fn append(&mut self, leaf_hash: Digest, completed: &mut Vec<FullTile>) {
        self.push(0, leaf_hash, completed);
        self.size += 1;
    }

    /// Appends the 256 leaves of a full tile of level 0, and pushes it and each tile that it completes onto
    /// `completed`. The caller has computed the root from the hashes, perhaps on another core. The result equals
    /// appending the hashes one by one, which is done if the tree does not end at a multiple of 256 leaves.
    pub fn append_tile(&mut self, tile: FullTile, completed: &mut Vec<FullTile>) {
        if tile.hashes.len() != usize::from(TILE_WIDTH) || !self.size.is_multiple_of(u64::from(TILE_WIDTH)) {
            tile.hashes.into_iter().for_each(|hash| self.append(hash, completed));
            return;
        }
        let root = tile.root;
        completed.push(FullTile { level: 0, index: self.size >> TILE_HEIGHT, ..tile });
        self.push(1, root, completed);
        self.size += u64::from(TILE_WIDTH);
    }

    /// Appends an item to the partial tile of `level`. The levels below have no partial tiles.
    fn push(&mut self, level: u8, item: Digest, completed: &mut Vec<FullTile>) {
        let mut hash = item;
        for (level, tile) in (0..).zip(&mut self.tiles).skip(level.into()) {
            tile.push(hash);
            // As in binary counting: the item joins one peak for each trailing zero of the new number of items.
            let kept = self.peaks.len() - tile.len().trailing_zeros() as usize;
            for left in self.peaks.drain(kept..).rev() {
                hash = node_hash(&left, &hash);
            }
            if tile.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let hashes = mem::replace(tile, Vec::with_capacity(TILE_WIDTH.into()));
            let index = self.size >> (TILE_HEIGHT * (level + 1));
            completed.push(FullTile { level, index, hashes, root: hash });
        }
        self.peaks.push(hash);
    }
}

#[cfg(test)]
mod tests;
