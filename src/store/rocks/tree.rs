//! The stored Merkle tree: full tiles come from their table, partial tiles from the frontier (the right edge) in
//! memory.
//!
//! # Invariants
//!
//! Every full tile below a frontier is stored: the writer replaces the frontier only after it has written the rows. A
//! reader uses one frontier from beginning to end. If a tile becomes full meanwhile, the reader still gets its items
//! from that frontier.

use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::prove::{self, BuildError};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{HashReader, TILE_LEVELS, TILE_WIDTH, items_at, partial_width};
use crate::store::bounds::leaf_hashes_to;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::record::Record;
use crate::store::rocks::format::{StoredTile, TileKey};
use crate::store::rocks::schema::{LEAVES, TILES};
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

const WIDTH: u64 = TILE_WIDTH as u64;

/// The stored tree up to a frontier.
pub struct Tree<'a> {
    /// The database with the full tiles and the leaves.
    pub engine: &'a Engine,
    /// The right edge of the tree: its size and the hashes of its partial tiles.
    pub frontier: &'a Frontier,
}

impl Tree<'_> {
    /// The leaves `first .. first+count`, each hashed and compared with its tile. All must be below the size of the
    /// frontier.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let leaves = leaves(self.engine, first, count)?;
        let mut hashes = Vec::new().into_iter();
        for (index, bytes) in (first.0..).zip(&leaves) {
            if hashes.len() == 0 {
                let in_tile = (WIDTH - index % WIDTH).min(first.0 + count - index);
                hashes = self.hashes(0, index, u16::try_from(in_tile).unwrap_or(TILE_WIDTH))?.into_iter();
            }
            leaf_hashes_to(LeafIndex(index), bytes, hashes.next().as_ref())?;
        }
        Ok(leaves)
    }

    /// One leaf, hashed and compared with its tile.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        let missing = || damaged("leaf", index, "missing");
        let Record(bytes) = self.engine.get(&LEAVES, &index)?.ok_or_else(missing)?;
        leaf_hashes_to(index, &bytes, self.hashes(0, index.0, 1)?.first())?;
        Ok(bytes)
    }

    /// The Merkle root at `size`, which must not exceed the size of the frontier.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn root(&self, size: TreeSize) -> Result<Digest, ReadError> {
        prove::root(self, size).map_err(|error| match error {
            BuildError::Read { source, .. } => source,
            other => damaged("tile", size, other.to_string()),
        })
    }
}

impl HashReader for Tree<'_> {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let (tile, offset) = (first / WIDTH, usize::try_from(first % WIDTH).unwrap_or(usize::MAX));
        let end = offset + usize::from(count);
        let partial = tile == items_at(level, self.frontier.size()) / WIDTH;
        let items = if partial {
            self.frontier.partial(level).get(offset..end).map(<[_]>::to_vec)
        } else {
            let read = |bytes: &[u8]| StoredTile::part(bytes, offset..end);
            let items = self.engine.get_part(&TILES, &TileKey { level, index: tile }, read)?;
            Some(items.ok_or_else(|| missing_tile(level, tile))?)
        };
        let items = items.filter(|items| items.len() == usize::from(count));
        items.ok_or_else(|| damaged("tile", format!("{level}/{tile}"), "it has no such items"))
    }
}

/// The leaves `first .. first+count` as stored, not verified.
///
/// # Errors
///
/// [`ReadError::Damaged`] when one is missing.
pub fn leaves(engine: &Engine, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
    let end = LeafIndex(first.0.saturating_add(count));
    let mut leaves = Vec::new();
    for (expected, row) in (first.0..).zip(engine.range(&LEAVES, &first, &end)?) {
        let (index, Record(bytes)) = row?;
        if index.0 != expected {
            return Err(damaged("leaf", expected, "missing"));
        }
        leaves.push(bytes);
    }
    let next = first.0.saturating_add(leaves.len() as u64);
    if next == end.0 { Ok(leaves) } else { Err(damaged("leaf", next, "missing")) }
}

/// A full tile as stored, not verified.
///
/// # Errors
///
/// [`ReadError::Damaged`] when it is missing.
pub fn stored_tile(engine: &Engine, level: u8, index: u64) -> Result<StoredTile, ReadError> {
    engine.get(&TILES, &TileKey { level, index })?.ok_or_else(|| missing_tile(level, index))
}

fn missing_tile(level: u8, index: u64) -> ReadError {
    damaged("tile", format!("{level}/{index}"), "missing")
}

/// Restores the frontier of the tree with `size` leaves from the database. Reads at most 255 leaves, and 255 tiles for
/// each level. Each tile is hashed and compared with its stored root.
///
/// # Errors
///
/// [`ReadError`].
pub fn frontier(engine: &Engine, size: TreeSize) -> Result<Frontier, ReadError> {
    let width = u64::from(partial_width(0, size));
    let leaves = leaves(engine, LeafIndex(size.0 - width), width)?;
    let mut partial = vec![leaves.iter().map(|bytes| leaf_hash(bytes)).collect::<Vec<_>>()];
    for level in 1..TILE_LEVELS {
        let end = items_at(level, size);
        let first = end - u64::from(partial_width(level, size));
        partial.push((first..end).map(|item| root_of_tile(engine, level - 1, item)).collect::<Result<_, _>>()?);
    }
    Frontier::restore(size, partial).map_err(|error| damaged("tile", size, error.to_string()))
}

fn root_of_tile(engine: &Engine, level: u8, index: u64) -> Result<Digest, ReadError> {
    let StoredTile { root, hashes } = stored_tile(engine, level, index)?;
    if root_of(&hashes) == root {
        Ok(root)
    } else {
        Err(damaged("tile", format!("{level}/{index}"), "its hashes do not have the stored root"))
    }
}
