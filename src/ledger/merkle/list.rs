//! The Merkle tree over a list of hashes in memory: the tree of one block, and the inside of a tile (RFC 6962 §2.1).
//!
//! It is computed level by level: pairs are hashed, and an unpaired last hash moves up unchanged. This gives the tree that the
//! RFC defines by splitting from the top, because the unpaired hash is always the root of the incomplete right edge.
//!
//! ```
//! use tiezheng::ledger::hash::{leaf_hash, node_hash};
//! use tiezheng::ledger::merkle::list::{inclusion_in, root_of};
//!
//! let [a, b, c] = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
//! assert_eq!(root_of(&[a, b, c]), node_hash(&node_hash(&a, &b), &c));
//! assert_eq!(inclusion_in(&[a, b, c], 0).unwrap().hashes(), [b, c]);
//! ```
//!
//! A root takes `n − 1` hash computations, and all proofs together no more. Not here: trees larger than memory (`frontier`
//! appends to them, `prove` reads them).

use std::iter;

use crate::ledger::hash::{Digest, node_hash, sha256};
use crate::ledger::merkle::proof::InclusionProof;

/// The root over `leaves`, given as hashes: `MTH(D[n])` of RFC 6962 §2.1. Without leaves it is SHA-256 of the empty
/// input.
#[must_use]
pub fn root_of(leaves: &[Digest]) -> Digest {
    if leaves.len() <= 2 {
        return join(leaves);
    }
    let mut level = parents(leaves);
    while level.len() > 2 {
        level = parents(&level);
    }
    join(&level)
}

/// The proof that leaf `index` is in the tree over `leaves`: `PATH(m, D[n])` of RFC 6962 §2.1.1. `None` if there is no
/// such leaf.
#[must_use]
pub fn inclusion_in(leaves: &[Digest], index: usize) -> Option<InclusionProof> {
    (index < leaves.len()).then(|| path(leaves, &levels_over(leaves), index))
}

/// The proofs of all `leaves`, in their order, as from [`inclusion_in`], with every hash computed once.
#[must_use]
pub fn inclusion_many(leaves: &[Digest]) -> Vec<InclusionProof> {
    let levels = levels_over(leaves);
    (0..leaves.len()).map(|index| path(leaves, &levels, index)).collect()
}

/// The tree over a list with all its levels: root and proofs need no further hashing.
#[derive(Debug, Clone)]
pub struct ListTree {
    leaves: Vec<Digest>,
    levels: Vec<Vec<Digest>>,
}

impl ListTree {
    /// The tree over `leaves`, given as hashes.
    #[must_use]
    pub fn over(leaves: Vec<Digest>) -> Self {
        let levels = levels_over(&leaves);
        Self { leaves, levels }
    }

    /// The root, equal to [`root_of`].
    #[must_use]
    pub fn root(&self) -> Digest {
        self.levels.last().and_then(|top| top.first()).map_or_else(|| join(&self.leaves), |root| *root)
    }

    /// The hash of a leaf.
    #[must_use]
    pub fn leaf(&self, index: usize) -> Option<Digest> {
        self.leaves.get(index).copied()
    }

    /// The root over the complete subtree number `index` among the subtrees with `2^height` leaves; `None` if it does
    /// not exist.
    #[must_use]
    pub fn complete(&self, height: u32, index: usize) -> Option<Digest> {
        let end = index.checked_add(1)?.checked_mul(1_usize.checked_shl(height)?)?;
        if end > self.leaves.len() {
            return None;
        }
        match height.checked_sub(1) {
            None => self.leaf(index),
            Some(above) => self.levels.get(usize::try_from(above).ok()?)?.get(index).copied(),
        }
    }

    /// The proof of the leaf at `index`, equal to [`inclusion_in`].
    #[must_use]
    pub fn inclusion(&self, index: usize) -> Option<InclusionProof> {
        (index < self.leaves.len()).then(|| path(&self.leaves, &self.levels, index))
    }
}

/// The root over adjacent complete subtrees, each lower than the one before, as those of a [`Span`](super::shape::Span): folded
/// from the right. Without subtrees, the root of the empty tree.
pub(super) fn join(row: &[Digest]) -> Digest {
    let joined = row.iter().copied().rev().reduce(|right, left| node_hash(&left, &right));
    joined.unwrap_or_else(|| sha256(&[]))
}

/// The levels of the tree above its `leaves`, the root last; none over a single leaf.
fn levels_over(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    let first = (leaves.len() > 1).then(|| parents(leaves));
    iter::successors(first, |level| (level.len() > 1).then(|| parents(level))).collect()
}

/// The next level up.
fn parents(level: &[Digest]) -> Vec<Digest> {
    let (pairs, lone) = level.as_chunks();
    pairs.iter().map(|[left, right]| node_hash(left, right)).chain(lone.iter().copied()).collect()
}

/// The siblings on the path from leaf `index` to the root. An unpaired hash and the root have none.
fn path(leaves: &[Digest], levels: &[Vec<Digest>], index: usize) -> InclusionProof {
    let mut hashes = Vec::with_capacity(levels.len());
    let levels = iter::once(leaves).chain(levels.iter().map(Vec::as_slice));
    hashes.extend((0..).zip(levels).filter_map(|(height, level): (u32, _)| level.get((index >> height) ^ 1)));
    InclusionProof(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::naive;

    #[test]
    fn lists_agree_with_the_definition() {
        for size in 0..=300 {
            let leaves = naive::leaves(size);
            assert_eq!(root_of(&leaves), naive::mth(&leaves), "size {size}");
            let proofs = inclusion_many(&leaves);
            let tree = ListTree::over(leaves.clone());
            assert_eq!(tree.root(), root_of(&leaves));
            assert_eq!((0..size).map(|index| tree.inclusion(index).unwrap()).collect::<Vec<_>>(), proofs);
            assert_eq!(tree.inclusion(size), None);
            for (height, width) in (0..9).map(|height| (height, 1 << height)) {
                for (index, leaves) in leaves.chunks_exact(width).enumerate() {
                    assert_eq!(tree.complete(height, index), Some(root_of(leaves)));
                }
                assert_eq!(tree.complete(height, size / width), None);
            }
            assert_eq!(proofs.len(), leaves.len());
            for (index, proof) in proofs.iter().enumerate() {
                assert_eq!(proof.hashes(), naive::path(index, &leaves), "leaf {index} of {size}");
                if size % 50 < 3 {
                    assert_eq!(inclusion_in(&leaves, index).as_ref(), Some(proof));
                }
            }
            assert_eq!(inclusion_in(&leaves, leaves.len()), None);
        }
    }

    #[test]
    fn rows_join_from_the_right() {
        let [a, b, c] = [0, 1, 2].map(naive::leaf);
        assert_eq!(join(&[a, b, c]), node_hash(&a, &node_hash(&b, &c)));
        assert_eq!(join(&[]), sha256(b""));
    }
}
