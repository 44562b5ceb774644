//! Bounds checks of reads, and hash checks of leaves and private content, shared by all stores.
//!
//! # Invariants
//!
//! Pure arithmetic and hashing, without I/O. No argument causes a panic.

use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{TILE_WIDTH, items_at};
use crate::ledger::metadata::PrivateMetadata;
use crate::store::traits::{PrivatePiece, Published, ReadError, damaged};

/// The size that bounds all reads; 0 before anything is published.
#[must_use]
pub fn size_of(published: Option<&Published>) -> TreeSize {
    published.map_or(TreeSize::EMPTY, Published::size)
}

/// Checks that the leaves `first .. first+count` are in a tree of `size` leaves.
///
/// # Errors
///
/// [`ReadError::Beyond`], with the smallest size of a tree that contains them.
pub fn leaves_within(first: LeafIndex, count: u64, size: TreeSize) -> Result<(), ReadError> {
    let asked = first.0.saturating_add(count);
    if asked <= size.0 { Ok(()) } else { Err(ReadError::Beyond { asked, size }) }
}

/// Checks that the leaf at `index` is in a tree of `size` leaves.
///
/// # Errors
///
/// [`ReadError::Beyond`].
pub fn leaf_within(index: LeafIndex, size: TreeSize) -> Result<(), ReadError> {
    leaves_within(index, 1, size)
}

/// Position of `count` items of tile level `level`, beginning with item number `first`: the index of their tile, and
/// the offset of the first item in it.
///
/// # Errors
///
/// [`ReadError::Beyond`] unless all are complete in a tree of `size` leaves; [`ReadError::Unavailable`] when they span
/// two tiles.
pub fn items_within(level: u8, first: u64, count: u16, size: TreeSize) -> Result<(u64, usize), ReadError> {
    let asked = first.saturating_add(count.into());
    if asked > items_at(level, size) {
        return Err(ReadError::Beyond { asked, size });
    }
    let (tile, offset) = (first / u64::from(TILE_WIDTH), first % u64::from(TILE_WIDTH));
    if offset + u64::from(count) > u64::from(TILE_WIDTH) {
        return Err(ReadError::Unavailable(format!("{count} items from {first} of level {level} span two tiles")));
    }
    Ok((tile, usize::try_from(offset).unwrap_or(usize::MAX)))
}

/// Compares the hash of a leaf's bytes with its hash in the tree.
///
/// # Errors
///
/// [`ReadError::Damaged`].
pub fn leaf_hashes_to(index: LeafIndex, bytes: &[u8], expected: Option<&Digest>) -> Result<(), ReadError> {
    let found = leaf_hash(bytes);
    match expected {
        Some(expected) if found == *expected => Ok(()),
        Some(expected) => Err(damaged("leaf", index, format!("it hashes to {found}, the tree holds {expected}"))),
        None => Err(damaged("leaf", index, "the tree has no hash of it")),
    }
}

/// Compares a piece of private content with its commitment.
///
/// # Errors
///
/// [`ReadError::Damaged`].
pub fn piece_hashes_to(
    table: &'static str,
    index: LeafIndex,
    held: PrivateMetadata,
    committed: &Digest,
) -> Result<PrivatePiece, ReadError> {
    let fits = held.commitment() == *committed;
    if fits { Ok(PrivatePiece::Held(held)) } else { Err(damaged(table, index, "it does not match its commitment")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_at_their_edges_and_for_any_number() {
        let size = TreeSize(300);
        assert_eq!(leaves_within(LeafIndex(299), 1, size), Ok(()));
        assert_eq!(leaves_within(LeafIndex(300), 0, size), Ok(()));
        assert_eq!(leaves_within(LeafIndex(299), 2, size), Err(ReadError::Beyond { asked: 301, size }));
        assert!(leaves_within(LeafIndex(u64::MAX), u64::MAX, size).is_err());
        assert!(leaf_within(LeafIndex(u64::MAX), TreeSize::MAX).is_err());
        assert_eq!(items_within(0, 256, 44, size), Ok((1, 0)));
        assert_eq!(items_within(1, 0, 1, size), Ok((0, 0)));
        assert_eq!(items_within(0, 255, 1, size), Ok((0, 255)));
        assert_eq!(items_within(0, 256, 45, size), Err(ReadError::Beyond { asked: 301, size }));
        assert!(matches!(items_within(0, 255, 2, size), Err(ReadError::Unavailable(_))));
        assert!(items_within(255, 0, 1, size).is_err());
        assert!(items_within(0, u64::MAX, u16::MAX, TreeSize::MAX).is_err());
    }

    #[test]
    fn another_leaf_is_damage() {
        let hash = leaf_hash(b"a");
        assert_eq!(leaf_hashes_to(LeafIndex(0), b"a", Some(&hash)), Ok(()));
        assert!(matches!(leaf_hashes_to(LeafIndex(0), b"b", Some(&hash)), Err(ReadError::Damaged { .. })));
        assert!(matches!(leaf_hashes_to(LeafIndex(0), b"a", None), Err(ReadError::Damaged { .. })));
    }
}
