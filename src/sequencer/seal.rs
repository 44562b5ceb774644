//! Sign only what is safe: the read-back of what is stored, and the signature under it.
//!
//! # Invariants
//!
//! Nothing is signed that was not read back from the store and hashed anew **by a second code path**: another SHA-256
//! (ring's, where the ledger uses sha2's), the Merkle tree by its recursive definition (where the ledger keeps a
//! frontier), tiles filled and compared one by one. A flipped bit in memory, a wrong row, a bug in one of the two paths:
//! they disagree, and nothing is signed.
//!
//! Recovery after a crash and the normal path call the same [`read_back_and_sign`].

use ring::digest::{Context, SHA256};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::Tip;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key::Signer;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::note::NoteError;
use crate::ledger::time::Timestamp;
use crate::store::contract::{AppendLedger, Published, ReadError};

/// What the two paths do not agree on. Writing stops; restore from a mirror or backup, never delete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The store cannot be read.
    #[error("cannot read back: {0}")]
    Read(#[from] ReadError),
    /// The stored leaves do not make up whole blocks that follow the tip.
    #[error("read-back at leaf {index}: {reason}")]
    Leaf {
        /// The leaf.
        index: u64,
        /// What does not fit.
        reason: &'static str,
    },
    /// A stored tile is not what the leaves hash to.
    #[error("read-back of tile {level}/{index}: not what the leaves hash to")]
    Tile {
        /// Its level.
        level: u8,
        /// Its number.
        index: u64,
    },
    /// The root over what is stored is not the one to be signed.
    #[error("read-back: the stored leaves have the root {found}, not {expected}")]
    Root {
        /// What the second path computed.
        found: Digest,
        /// What the first path computed.
        expected: Digest,
    },
    /// The signature could not be made.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Reads back what stands between `from` and `to`, hashes it anew, and signs the checkpoint of `to`.
///
/// # Errors
///
/// [`Disagreement`]: nothing was signed.
pub fn read_back_and_sign<S: AppendLedger + ?Sized>(
    store: &S,
    signer: &Signer,
    from: &Tip,
    to: &Tip,
) -> Result<Published, Disagreement> {
    let last = read_back(store, from, to)?;
    let checkpoint = Checkpoint { origin: to.origin.clone(), size: to.size(), root: to.root() };
    Ok(Published {
        checkpoint: checkpoint.sign(signer)?,
        height: last.height,
        block_hash: last.hash,
        block_time: last.time,
    })
}

/// The block that `to` ends in, as it was read back.
struct Last {
    height: Height,
    hash: Digest,
    time: Timestamp,
}

fn read_back<S: AppendLedger + ?Sized>(store: &S, from: &Tip, to: &Tip) -> Result<Last, Disagreement> {
    let mut tree = Tree::of(from);
    let (mut sealed, mut index) = (Vec::new(), from.size().0);
    let mut before =
        Last { height: Height(from.next_height.0.wrapping_sub(1)), hash: from.last_block, time: from.last_time };
    // One block at most stands there in normal operation, so this holds one block's leaves in memory.
    let leaves = store.appended_leaves(from.frontier.size().next_index(), to.size().0 - from.size().0)?;
    for bytes in &leaves {
        let hash = leaf(bytes);
        tree.push(store, hash)?;
        if bytes.starts_with(crate::ledger::block::FIRST_LINE.as_bytes()) {
            before = header_follows(bytes, hash, &sealed, &before, index, from)?;
            sealed.clear();
        } else {
            sealed.push(hash);
        }
        index += 1;
    }
    let complete = index == to.size().0 && sealed.is_empty() && before.hash == to.last_block;
    if !complete || before.height.0.wrapping_add(1) != to.next_height.0 {
        return Err(Disagreement::Leaf { index, reason: "the stored leaves do not end in the expected block header" });
    }
    let (found, expected) = (tree.root(), to.root());
    if found == expected { Ok(before) } else { Err(Disagreement::Root { found, expected }) }
}

/// Holds a header against the leaves read before it and the block before that.
fn header_follows(
    bytes: &[u8],
    hash: Digest,
    sealed: &[Digest],
    before: &Last,
    index: u64,
    from: &Tip,
) -> Result<Last, Disagreement> {
    let wrong = |reason| Disagreement::Leaf { index, reason };
    let header = BlockHeader::parse(bytes).map_err(|_| wrong("malformed block header"))?;
    let good = header.ledger == from.origin
        && header.height.0 == before.height.0.wrapping_add(1)
        && header.previous == before.hash
        && header.time >= before.time
        && header.index().0 == index
        && header.count == sealed.len() as u64
        && header.root == mth(sealed);
    if good {
        Ok(Last { height: header.height, hash, time: header.time })
    } else {
        Err(wrong("the block header does not fit"))
    }
}

/// The right edge, kept a second way: the partial tile of each level.
struct Tree {
    levels: Vec<Vec<Digest>>,
    /// Number of the tile being filled, by level.
    filling: Vec<u64>,
}

impl Tree {
    fn of(tip: &Tip) -> Self {
        let (mut levels, mut filling) = (Vec::new(), Vec::new());
        let mut items = tip.size().0;
        for level in 0..8 {
            levels.push(tip.frontier.partial(level).to_vec());
            items /= u64::from(TILE_WIDTH);
            filling.push(items);
        }
        Self { levels, filling }
    }

    /// Adds a leaf; compares each tile that this fills with the stored one.
    fn push<S: AppendLedger + ?Sized>(&mut self, store: &S, leaf: Digest) -> Result<(), Disagreement> {
        let mut item = leaf;
        for (level, (hashes, number)) in (0_u8..).zip(self.levels.iter_mut().zip(&mut self.filling)) {
            hashes.push(item);
            if hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            item = mth(hashes);
            let stored = store.appended_tile(level, *number)?;
            if stored.hashes != *hashes || stored.root != item {
                return Err(Disagreement::Tile { level, index: *number });
            }
            hashes.clear();
            *number += 1;
        }
        Ok(())
    }

    /// Items of one level are complete subtrees of one size, and what is below them is smaller: so the root is the
    /// definition's over the items followed by the root of the levels below.
    fn root(&self) -> Digest {
        let mut below: Option<Digest> = None;
        for hashes in &self.levels {
            let items: Vec<Digest> = hashes.iter().copied().chain(below).collect();
            below = if items.is_empty() { None } else { Some(mth(&items)) };
        }
        below.unwrap_or_else(|| hash(&[]))
    }
}

/// The Merkle tree hash by its definition (RFC 6962 §2.1).
fn mth(items: &[Digest]) -> Digest {
    match items {
        [] => hash(&[]),
        [one] => *one,
        _ => {
            let (left, right) = items.split_at(items.len().next_power_of_two() / 2);
            hash(&[&[1], mth(left).as_bytes(), mth(right).as_bytes()])
        }
    }
}

fn leaf(bytes: &[u8]) -> Digest {
    hash(&[&[0], bytes])
}

fn hash(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = Digest::ZERO;
    digest.0.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::merkle::list::root_of;

    #[test]
    fn both_paths_agree_on_every_small_tree() {
        let leaves: Vec<Digest> = (0..600_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for size in 0..leaves.len() {
            assert_eq!(mth(&leaves[..size]), root_of(&leaves[..size]), "{size}");
        }
        assert_eq!(leaf(b"x"), leaf_hash(b"x"));
    }
}
