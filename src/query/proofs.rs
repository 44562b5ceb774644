//! Merkle proofs over a published ledger: inclusion, consistency, roots.

use crate::ledger::block::BlockHeader;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::proof::{ConsistencyProof, InclusionProof};
use crate::ledger::merkle::prove::{self, BuildError};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{HashReader, TILE_WIDTH};
use crate::ledger::receipt::TlogProof;
use crate::query::attested_checkpoint::AttestedCheckpoint;
use crate::query::records::published;
use crate::store::traits::damaged;
use crate::store::traits::{LedgerReader, ReadError};

/// Reads the tiles of a store for building proofs.
pub(in crate::query) struct Tiles<'a, R: ?Sized>(pub(in crate::query) &'a R);

impl<R: LedgerReader + ?Sized> HashReader for Tiles<'_, R> {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.0.tile_hashes(level, first, count)
    }
}

fn built<T>(result: Result<T, BuildError<ReadError>>, size: TreeSize) -> Result<T, ReadError> {
    result.map_err(|error| match error {
        BuildError::Read { source, .. } => source,
        BuildError::IndexOutside { index, size } => ReadError::Beyond { asked: index.0, size },
        BuildError::SizesOutOfOrder { new, .. } => ReadError::Beyond { asked: new.0, size },
        BuildError::WrongWidth { level, index, .. } => {
            damaged("tile", format!("{level}/{index}"), "the store returned another number of hashes")
        }
    })
}

/// Path from leaf `index` to the root at `size`.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Beyond`] for an index or size that is not published.
pub fn inclusion<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, ReadError> {
    within(store, size)?;
    inclusion_in(&Tiles(store), index, size)
}

/// As [`inclusion`], with hashes from `tree`, the published tree of `size` leaves.
pub(in crate::query) fn inclusion_in(
    tree: &impl HashReader<Error = ReadError>,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, ReadError> {
    built(prove::inclusion(tree, index, size), size)
}

/// Proof that the tree of size `old` is a prefix of that of size `new`.
///
/// # Errors
///
/// As [`inclusion`]; also when `old` is 0 or larger than `new`.
pub fn consistency<R: LedgerReader + ?Sized>(
    store: &R,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, ReadError> {
    within(store, new)?;
    built(prove::consistency(&Tiles(store), old, new), new)
}

/// The root at `size`.
///
/// # Errors
///
/// As [`inclusion`].
pub fn root<R: LedgerReader + ?Sized>(store: &R, size: TreeSize) -> Result<Digest, ReadError> {
    within(store, size)?;
    built(prove::root(&Tiles(store), size), size)
}

fn within<R: LedgerReader + ?Sized>(store: &R, size: TreeSize) -> Result<(), ReadError> {
    let published = published(store)?.size();
    if size <= published { Ok(()) } else { Err(ReadError::Beyond { asked: size.0, size: published }) }
}

/// The tree over the leaves of a block. Reads their hashes from the ledger's tree, not the leaves.
pub(in crate::query) fn tree_of<R: LedgerReader + ?Sized>(
    store: &R,
    header: &BlockHeader,
) -> Result<ListTree, ReadError> {
    let tree = ListTree::over(leaf_hashes(store, header.first, header.count)?);
    if tree.root() == header.root {
        Ok(tree)
    } else {
        Err(damaged("block", header.height, "its leaves in the tree do not have the root of its header"))
    }
}

/// The paths from a block's header and from the leaf before the block to the root at `size`, with hashes from `tree`.
pub(in crate::query) fn ends<R: LedgerReader + ?Sized>(
    store: &R,
    tree: &impl HashReader<Error = ReadError>,
    header: &BlockHeader,
    size: TreeSize,
) -> Result<[InclusionProof; 2], ReadError> {
    let before = header.first.0.checked_sub(1);
    let before = before.ok_or_else(|| damaged("block", header.height, "the first block has no leaf before it"))?;
    within(store, size)?;
    built(prove::inclusions(tree, [header.index(), LeafIndex(before)], size), size)
}

/// Hashes of the leaves `first .. first+count`, read from the tree.
fn leaf_hashes<R: LedgerReader + ?Sized>(store: &R, first: LeafIndex, count: u64) -> Result<Vec<Digest>, ReadError> {
    let (mut hashes, mut at, end) = (Vec::new(), first.0, first.0 + count);
    while at < end {
        let in_tile = u64::from(TILE_WIDTH) - at % u64::from(TILE_WIDTH);
        let count = in_tile.min(end - at);
        hashes.extend(store.tile_hashes(0, at, u16::try_from(count).unwrap_or(TILE_WIDTH))?);
        at += count;
    }
    Ok(hashes)
}

/// The deposit at `index` as a tlog-proof under `checkpoint`.
///
/// # Errors
///
/// [`ReadError`].
pub fn tlog_proof<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    checkpoint: &AttestedCheckpoint,
) -> Result<TlogProof, ReadError> {
    let entry = String::from_utf8(store.leaf(index)?).map_err(|_| damaged("leaf", index, "not UTF-8"))?;
    let path = inclusion(store, index, checkpoint.size())?;
    Ok(TlogProof { entry, index, path, checkpoint: checkpoint.note.clone() })
}
