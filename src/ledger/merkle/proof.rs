//! Inclusion and consistency proofs and their verification (RFC 6962 §2.1, RFC 9162 §2.1).
//!
//! An *inclusion proof* shows that a leaf is at an index of the tree with a given root; a *consistency proof* shows
//! that one tree is the beginning of another, with nothing changed or reordered. Both are lists of node hashes, bottom
//! up, and a verifier needs only the list, the numbers and the roots:
//!
//! ```
//! use tiezheng::ledger::hash::{Digest, leaf_hash, node_hash};
//! use tiezheng::ledger::merkle::proof::{InclusionProof, verify_inclusion};
//! use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
//!
//! // The RFC's tree of three: root = node(node(a, b), c). Leaf 2 was promoted a level, so its proof is one hash.
//! let (a, b, c) = (leaf_hash(b""), leaf_hash(&[0x00]), leaf_hash(&[0x10]));
//! let root = Digest::from_hex("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77").unwrap();
//! let proof = InclusionProof::from_hashes(vec![node_hash(&a, &b)]).unwrap();
//! assert_eq!(verify_inclusion(LeafIndex(2), TreeSize(3), &c, &proof, &root), Ok(()));
//! assert!(verify_inclusion(LeafIndex(1), TreeSize(3), &c, &proof, &root).is_err());
//! ```
//!
//! **What a proof does not show.** A root does not determine the number of leaves: some proofs verify for several sizes
//! under one root. Take size and root from the same signed checkpoint, never one of them from the prover.
//!
//! Not here: how proofs are built (`prove` from tiles, `list` in memory), which root to trust (`checkpoint`, `verify`),
//! and the rule of the witness protocol that anything is consistent with the empty tree (`witness`): here the empty
//! tree has no proof.

use crate::ledger::hash::{Digest, node_hash};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};

/// Maximum number of hashes in a proof. For a tree of [`TreeSize::MAX`] leaves, an inclusion proof has 63, a
/// consistency proof 64.
pub const MAX_PROOF_HASHES: usize = 64;

/// `PATH(m, D[n])` of RFC 6962 §2.1.1: the hashes from the leaf's sibling up to the child of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof(pub(super) Vec<Digest>);

/// `PROOF(m, D[n])` of RFC 6962 §2.1.2, bottom up. By default without hashes: the proof from a tree to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsistencyProof(pub(super) Vec<Digest>);

impl InclusionProof {
    /// A proof of these hashes, not verified.
    ///
    /// # Errors
    /// [`ProofError::TooLong`] over [`MAX_PROOF_HASHES`] hashes.
    pub fn from_hashes(hashes: Vec<Digest>) -> Result<Self, ProofError> {
        limited(hashes).map(Self)
    }

    /// The hashes, the leaf's sibling first.
    #[must_use]
    pub fn hashes(&self) -> &[Digest] {
        &self.0
    }
}

impl ConsistencyProof {
    /// A proof of these hashes, not verified.
    ///
    /// # Errors
    /// [`ProofError::TooLong`] over [`MAX_PROOF_HASHES`] hashes.
    pub fn from_hashes(hashes: Vec<Digest>) -> Result<Self, ProofError> {
        limited(hashes).map(Self)
    }

    /// The hashes, bottom up.
    #[must_use]
    pub fn hashes(&self) -> &[Digest] {
        &self.0
    }
}

fn limited(hashes: Vec<Digest>) -> Result<Vec<Digest>, ProofError> {
    if hashes.len() > MAX_PROOF_HASHES { Err(ProofError::TooLong) } else { Ok(hashes) }
}

/// Why a proof does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no leaf at that index.
    #[error("no leaf {index} in a tree of {size} leaves")]
    IndexOutside {
        /// The index to be proven.
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
    /// The proof has more hashes than the sizes allow.
    #[error("proof has more hashes than the tree has levels for")]
    TooLong,
    /// The proof ends before it reaches the root.
    #[error("proof ends below the root")]
    TooShort,
    /// The proof leads to another root.
    #[error("proof leads to the root {computed}, not to {expected}")]
    RootDiffers {
        /// The root computed from leaf and proof.
        computed: Digest,
        /// The expected root; for a consistency proof, that of the new tree.
        expected: Digest,
    },
    /// The consistency proof starts from another tree than the old one.
    #[error("proof starts from a tree with the root {computed}, not {expected}")]
    OldRootDiffers {
        /// The old root computed from the proof.
        computed: Digest,
        /// The root of the old tree.
        expected: Digest,
    },
}

/// Verifies that the leaf with hash `leaf` is at `index` of the tree of `size` leaves with that `root` (RFC 9162
/// §2.1.3.2).
///
/// # Errors
/// [`ProofError`] if the tree has no such leaf, or the proof has a wrong length or leads to another root.
pub fn verify_inclusion(
    index: LeafIndex,
    size: TreeSize,
    leaf: &Digest,
    proof: &InclusionProof,
    root: &Digest,
) -> Result<(), ProofError> {
    same_root(root_from_inclusion(index, size, leaf, proof)?, root)
}

/// The root computed from leaf and proof (RFC 9162 §2.1.3.2). It proves nothing until the caller compares it with a
/// trusted root.
///
/// # Errors
/// [`ProofError`] if the tree has no such leaf, or the proof has a wrong length.
pub fn root_from_inclusion(
    index: LeafIndex,
    size: TreeSize,
    leaf: &Digest,
    proof: &InclusionProof,
) -> Result<Digest, ProofError> {
    let Some(last) = size.last_index().filter(|last| index <= *last) else {
        return Err(ProofError::IndexOutside { index, size });
    };
    let mut climb = PathPosition { node: index.0, last: last.0 };
    let mut root = *leaf;
    for hash in &proof.0 {
        root = match climb.step()? {
            Side::Left => node_hash(hash, &root),
            Side::Right => node_hash(&root, hash),
        };
    }
    climb.finish()?;
    Ok(root)
}

/// One step of a path: a sibling's hash, and the hash of the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStep {
    /// The hash of the proof.
    pub sibling: Digest,
    /// Whether it is on the left.
    pub is_left: bool,
    /// The hash of the node above both.
    pub result: Digest,
}

/// The steps of [`root_from_inclusion`], the leaf's first. The parent of the last step is the root; without steps, the
/// leaf is the root.
///
/// # Errors
/// As [`root_from_inclusion`].
pub fn inclusion_steps(
    index: LeafIndex,
    size: TreeSize,
    leaf: &Digest,
    proof: &InclusionProof,
) -> Result<Vec<PathStep>, ProofError> {
    root_from_inclusion(index, size, leaf, proof)?;
    let last = size.last_index().map_or(0, |last| last.0);
    let (mut climb, mut node) = (PathPosition { node: index.0, last }, *leaf);
    let step = |sibling: &Digest| {
        let is_left = matches!(climb.step()?, Side::Left);
        node = if is_left { node_hash(sibling, &node) } else { node_hash(&node, sibling) };
        Ok(PathStep { sibling: *sibling, is_left, result: node })
    };
    proof.0.iter().map(step).collect()
}

/// Verifies that the tree of `new` leaves begins with all those of the tree of `old` leaves (RFC 9162 §2.1.4.2).
/// Trees of the same size are consistent if they are the same and the proof is empty.
///
/// # Errors
/// [`ProofError`] unless `0 < old ≤ new`, or if the proof has a wrong length or leads to other roots.
pub fn verify_consistency(
    old: TreeSize,
    old_root: &Digest,
    new: TreeSize,
    new_root: &Digest,
    proof: &ConsistencyProof,
) -> Result<(), ProofError> {
    let (Some(last_old), Some(last_new), true) = (old.last_index(), new.last_index(), old <= new) else {
        return Err(ProofError::SizesOutOfOrder { old, new });
    };
    if old == new {
        return if proof.0.is_empty() { same_root(*old_root, new_root) } else { Err(ProofError::TooLong) };
    }
    // Both roots are computed from the largest complete subtree that ends the old tree. If that is the whole old tree,
    // the verifier already has its hash, and the proof omits it.
    let mut climb = PathPosition { node: last_old.0, last: last_new.0 };
    climb.skip(last_old.0.trailing_ones());
    let mut hashes = proof.0.iter();
    let seed = if old.0.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let mut from_old = *seed.ok_or(ProofError::TooShort)?;
    let mut from_new = from_old;
    for hash in hashes {
        match climb.step()? {
            Side::Left => {
                from_old = node_hash(hash, &from_old);
                from_new = node_hash(hash, &from_new);
            }
            Side::Right => from_new = node_hash(&from_new, hash),
        }
    }
    climb.finish()?;
    if from_old != *old_root {
        return Err(ProofError::OldRootDiffers { computed: from_old, expected: *old_root });
    }
    same_root(from_new, new_root)
}

fn same_root(computed: Digest, expected: &Digest) -> Result<(), ProofError> {
    if computed == *expected { Ok(()) } else { Err(ProofError::RootDiffers { computed, expected: *expected }) }
}

/// The side of the path on which the next hash of a proof is.
enum Side {
    Left,
    Right,
}

/// A position on the path from a node up to the root: the index of the node, and of the last node of its level (`fn`
/// and `sn` of RFC 9162).
struct PathPosition {
    node: u64,
    last: u64,
}

impl PathPosition {
    /// Moves up to the parent of the next sibling, and returns the side of the sibling.
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::TooLong);
        }
        let side = if self.node % 2 == 1 || self.node == self.last {
            // The last node of an odd number has no sibling: it was promoted, unhashed, until it became a right child.
            self.skip(self.node.trailing_zeros());
            Side::Left
        } else {
            Side::Right
        };
        self.skip(1);
        Ok(side)
    }

    fn skip(&mut self, levels: u32) {
        self.node >>= levels;
        self.last >>= levels;
    }

    fn finish(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::TooShort) }
    }
}

#[cfg(test)]
mod tests;
