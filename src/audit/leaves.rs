//! Reads a stretch of leaves and examines each by itself, on all cores: bytes, hash, form, signatures.
//!
//! A stretch that cannot be read whole is read leaf by leaf, so that damage is pinned to the records it hit.

use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::store::contract::ReadLedger;

/// Leaves of one stretch: 16 tiles.
pub(in crate::audit) const STRETCH: u64 = 16 * TILE_WIDTH as u64;

/// A leaf after it was looked at by itself.
pub(in crate::audit) struct Examined {
    pub(in crate::audit) index: LeafIndex,
    /// Computed from the bytes, or, for damaged bytes, what the tree holds.
    pub(in crate::audit) hash: Digest,
    pub(in crate::audit) leaf: Result<Leaf, Unfit>,
    /// The key of the first depositor's signature that does not verify.
    pub(in crate::audit) forged: Option<String>,
}

/// Why a leaf is none.
pub(in crate::audit) enum Unfit {
    Damaged(String),
    Malformed(String),
}

/// Reads and examines `first .. first+count`. What cannot be read is `Unfit::Damaged`.
pub(in crate::audit) fn examine<R: ReadLedger + ?Sized>(
    store: &R,
    first: LeafIndex,
    count: u64,
    signatures: bool,
) -> Vec<Examined> {
    let read = read(store, first, count);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = read.len().div_ceil(workers).max(1);
    let mut examined = Vec::with_capacity(read.len());
    std::thread::scope(|scope| {
        let tasks: Vec<_> = read
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(|one| look(one, signatures)).collect::<Vec<_>>()))
            .collect();
        for task in tasks {
            match task.join() {
                Ok(part) => examined.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    for one in &mut examined {
        if matches!(one.leaf, Err(Unfit::Damaged(_))) {
            one.hash = held_hash(store, one.index);
        }
    }
    examined
}

/// Each leaf's bytes, or why there are none.
type Read = (LeafIndex, Result<Vec<u8>, String>);

fn read<R: ReadLedger + ?Sized>(store: &R, first: LeafIndex, count: u64) -> Vec<Read> {
    let whole = store.leaves(first, count).ok().filter(|leaves| leaves.len() as u64 == count);
    let indexes = (first.0..first.0 + count).map(LeafIndex);
    match whole {
        Some(leaves) => indexes.zip(leaves.into_iter().map(Ok)).collect(),
        None => indexes.map(|index| (index, store.leaf(index).map_err(|error| error.to_string()))).collect(),
    }
}

fn look((index, bytes): &Read, signatures: bool) -> Examined {
    let (hash, leaf) = match bytes {
        Ok(bytes) => (leaf_hash(bytes), Leaf::parse(bytes).map_err(|error| Unfit::Malformed(error.to_string()))),
        Err(error) => (Digest::ZERO, Err(Unfit::Damaged(error.clone()))),
    };
    let forged = match &leaf {
        Ok(Leaf::Entry(entry)) if signatures => entry.statement.forged_key(),
        _ => None,
    };
    Examined { index: *index, hash, leaf, forged }
}

/// What the tree holds for a leaf that cannot be read, so that the walk can go on behind it; zeros where the tree is
/// damaged too, which the comparison of tiles and root then finds.
fn held_hash<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Digest {
    store.tile_hashes(0, index.0, 1).ok().and_then(|mut hashes| hashes.pop()).unwrap_or(Digest::ZERO)
}
