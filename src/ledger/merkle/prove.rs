//! Builds proofs and roots of the whole tree from its tiles (RFC 6962 §2.1, C2SP tlog-tiles).
//!
//! A proof at any size, present or past, consists of complete subtrees, whose hashes never change; each comes from one
//! tile, and the tiles come from a [`HashReader`]. So a node, a mirror and an auditor with a copy build the same proof.
//!
//! ```
//! use std::convert::Infallible;
//! use tiezheng::ledger::hash::{Digest, leaf_hash};
//! use tiezheng::ledger::merkle::proof::verify_consistency;
//! use tiezheng::ledger::merkle::prove::{consistency, root};
//! use tiezheng::ledger::merkle::shape::TreeSize;
//! use tiezheng::ledger::merkle::tile::HashReader;
//!
//! /// A log so small that its one partial tile is its leaf hashes.
//! struct Leaves(Vec<Digest>);
//!
//! impl HashReader for Leaves {
//!     type Error = Infallible;
//!     fn hashes(&self, _level: u8, first: u64, count: u16) -> Result<Vec<Digest>, Infallible> {
//!         Ok(self.0.iter().skip(first as usize).take(count.into()).copied().collect())
//!     }
//! }
//!
//! let log = Leaves((0..100).map(|n| leaf_hash(&[n])).collect());
//! let (old, new) = (TreeSize(40), TreeSize(100));
//! let proof = consistency(&log, old, new).unwrap();
//! let (old_root, new_root) = (root(&log, old).unwrap(), root(&log, new).unwrap());
//! assert_eq!(verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
//! ```
//!
//! It reads at most two tiles of each level, each once, and none beyond the given size. It does not check the hashes: a
//! proof from damaged tiles does not verify (`proof`); `audit` finds the damage.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::{join, root_of};
use crate::ledger::merkle::proof::{ConsistencyProof, InclusionProof};
use crate::ledger::merkle::shape::{LeafIndex, Node, Span, TreeSize, consistency_path, inclusion_path};
use crate::ledger::merkle::tile::{HashReader, Items, TILE_WIDTH, width_at};

/// Why a proof could not be built.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError<E> {
    /// The tree has no leaf at that index.
    #[error("no leaf {index} in a tree of {size} leaves")]
    IndexOutside {
        /// The requested index.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
    },
    /// The old tree is empty or larger than the new one, so no proof exists.
    #[error("no proof leads from a tree of {old} leaves to one of {new}")]
    SizesOutOfOrder {
        /// The size of the old tree.
        old: TreeSize,
        /// The size of the new tree.
        new: TreeSize,
    },
    /// A tile could not be read.
    #[error("cannot read hashes of tile {index} of level {level}")]
    Read {
        /// The tile level.
        level: u8,
        /// The number of the tile.
        index: u64,
        /// The error of the reader.
        source: E,
    },
    /// The reader returned more or fewer hashes than requested.
    #[error("tile {index} of level {level} came with {found} hashes instead of {expected}")]
    WrongWidth {
        /// The tile level.
        level: u8,
        /// The number of the tile.
        index: u64,
        /// Number of requested hashes.
        expected: u16,
        /// Number of returned hashes.
        found: usize,
    },
}

/// Builds the proof that leaf `index` is in the tree of `size` leaves (RFC 6962 §2.1.1). Reads at most two tiles a
/// level, each once.
///
/// # Errors
/// [`BuildError`] if the tree has no such leaf or a tile cannot be read.
pub fn inclusion<R: HashReader>(
    reader: &R,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, BuildError<R::Error>> {
    let path = inclusion_path(index, size).ok_or(BuildError::IndexOutside { index, size })?;
    Tiles::new(reader, size).hashes(path).map(InclusionProof)
}

/// Builds the proofs of several leaves of one tree. Tiles and hashes that they share are read and computed once.
///
/// # Errors
/// As [`inclusion`].
pub fn inclusions<R: HashReader, const N: usize>(
    reader: &R,
    indexes: [LeafIndex; N],
    size: TreeSize,
) -> Result<[InclusionProof; N], BuildError<R::Error>> {
    let mut tiles = Tiles::new(reader, size);
    let mut proofs = [const { InclusionProof(Vec::new()) }; N];
    for (proof, index) in proofs.iter_mut().zip(indexes) {
        let path = inclusion_path(index, size).ok_or(BuildError::IndexOutside { index, size })?;
        *proof = tiles.hashes(path).map(InclusionProof)?;
    }
    Ok(proofs)
}

/// Builds the proof that the tree of `old` leaves is the beginning of that of `new` leaves (RFC 6962 §2.1.2). Reads at
/// most two tiles a level, each once.
///
/// # Errors
/// [`BuildError`] unless `0 < old ≤ new`, or if a tile cannot be read.
pub fn consistency<R: HashReader>(
    reader: &R,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, BuildError<R::Error>> {
    let path = consistency_path(old, new).ok_or(BuildError::SizesOutOfOrder { old, new })?;
    Tiles::new(reader, new).hashes(path).map(ConsistencyProof)
}

/// The root of the tree of `size` leaves (RFC 6962 §2.1). Reads its partial tiles.
///
/// # Errors
/// [`BuildError`] if a tile cannot be read.
pub fn root<R: HashReader>(reader: &R, size: TreeSize) -> Result<Digest, BuildError<R::Error>> {
    let mut tiles = Tiles::new(reader, size);
    Span::whole(size).map_or_else(|| Ok(join(&[])), |span| tiles.span(span))
}

/// The tiles of one tree, each read whole and once: a proof needs nearly all hashes of every tile it touches.
struct Tiles<'r, R> {
    reader: &'r R,
    size: TreeSize,
    read: BTreeMap<(u8, u64), Vec<Digest>>,
    /// Subtrees hashed so far: the high ones are in the path of nearly every leaf.
    hashed: BTreeMap<(u8, u64), Digest>,
}

impl<'r, R: HashReader> Tiles<'r, R> {
    fn new(reader: &'r R, size: TreeSize) -> Self {
        Self { reader, size, read: BTreeMap::new(), hashed: BTreeMap::new() }
    }

    fn hashes(&mut self, path: Vec<Span>) -> Result<Vec<Digest>, BuildError<R::Error>> {
        path.into_iter().map(|span| self.span(span)).collect()
    }

    fn span(&mut self, span: Span) -> Result<Digest, BuildError<R::Error>> {
        let row: Result<Vec<_>, _> = span.nodes().map(|node| self.node(node)).collect();
        row.map(|row| join(&row))
    }

    fn node(&mut self, node: Node) -> Result<Digest, BuildError<R::Error>> {
        if let Some(hash) = self.hashed.get(&(node.level, node.index)) {
            return Ok(*hash);
        }
        let items = Items::under(node);
        let (level, index) = (items.level, items.tile);
        let known = self.reader.root_over(items).map_err(|source| BuildError::Read { level, index, source })?;
        let hash = known.map_or_else(|| self.items(items).map(root_of), Ok)?;
        self.hashed.insert((node.level, node.index), hash);
        Ok(hash)
    }

    fn items(&mut self, items: Items) -> Result<&[Digest], BuildError<R::Error>> {
        let Items { level, tile: index, offset, count } = items;
        let expected = width_at(level, index, self.size);
        let wrong_width = |found| BuildError::WrongWidth { level, index, expected, found };
        let tile = match self.read.entry((level, index)) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(unread) => {
                let hashes = self.reader.hashes(level, index * u64::from(TILE_WIDTH), expected);
                let hashes = hashes.map_err(|source| BuildError::Read { level, index, source })?;
                if hashes.len() != usize::from(expected) {
                    return Err(wrong_width(hashes.len()));
                }
                unread.insert(hashes)
            }
        };
        let (offset, count) = (usize::from(offset), usize::from(count));
        tile.get(offset..offset + count).ok_or_else(|| wrong_width(tile.len()))
    }
}

#[cfg(test)]
mod tests;
