//! The Merkle root over a manifest's items and their inclusion paths, computed chunk by chunk.
//!
//! The leaves are split into chunks of [`CHUNK`], a power of two. Each chunk is a complete subtree of the RFC 6962 tree, the
//! last one its right edge, so the tree over the chunks' roots is the tree over the leaves. Threads hash [`Chunk`]s in any
//! order; a [`ManifestTree`] takes them in the order of the leaves.
//!
//! ```
//! use tiezheng::ledger::hash::{Digest, leaf_hash};
//! use tiezheng::ledger::manifest::tree::{Chunk, ManifestTree};
//!
//! let leaf = |line: &str| leaf_hash(line.as_bytes());
//! let leaves = [
//!     leaf("item v1 sha-256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 size 1 \
//!         name 0e18981a90e57127eb41fd1338e03e0b95662d668ffddb3c16589e67fd0e5c1d"),
//!     leaf("item v1 sm3 c5652a74048064db9b41a0d868763892f6256ee1ea947310cc0cefa15e5c6e70 size 1 \
//!         name 62c6042f7d5944d52e192ef11e285af8cdc5cba48177b47ce0349212194eb4a6"),
//!     leaf("item v1 sha-256 cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf \
//!         sm3 b4465e2bbd1958bf783e1f96d439ab35113334ab80d5e2f49661d67f7e602500 size 8 \
//!         name 2fa228b2fc4ac4fd26cf52bf81519879e9aeacb978bd1460a771c50c0e3494b3"),
//! ];
//! let mut tree = ManifestTree::new();
//! tree.push(Chunk::over(&leaves).unwrap()).unwrap();
//! // Computed with sha256sum and xxd: node(node(leaf 0, leaf 1), leaf 2).
//! let root = "d441d8afe91eae03fbcdcd22d1067da6e69341e1e7def204766b1cd2bfc20639";
//! assert_eq!(tree.root().unwrap().root.to_string(), root);
//! ```
//!
//! # Invariants
//!
//! It takes 32 bytes of memory for each chunk, 8 KiB for a million items. Root and paths are those of `merkle::list` over all
//! leaves.
//!
//! Not here: the content of leaves (`item`), threads (`cli`).

use crate::ledger::hash::Digest;
use crate::ledger::merkle::list::{inclusion_in, root_of};
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::text::ManifestRoot;

/// Leaves of a chunk: enough to make the transfer between threads cheap, few enough for a core's cache.
pub const CHUNK: usize = 4096;

/// The root over a chunk of leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    count: usize,
    root: Digest,
}

impl Chunk {
    /// The chunk of `leaves`, given as hashes; `None` unless there are 1 to [`CHUNK`].
    #[must_use]
    pub fn over(leaves: &[Digest]) -> Option<Self> {
        let count = leaves.len();
        (1..=CHUNK).contains(&count).then(|| Self { count, root: root_of(leaves) })
    }
}

/// A chunk was appended after a chunk that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only the last chunk of a manifest may have fewer than {CHUNK} items")]
pub struct ChunkAfterPartial;

/// The Merkle tree over chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestTree {
    roots: Vec<Digest>,
    /// Leaves of the last chunk.
    last: usize,
}

impl ManifestTree {
    /// The tree without chunks.
    #[must_use]
    pub const fn new() -> Self {
        Self { roots: Vec::new(), last: CHUNK }
    }

    /// Appends the next chunk.
    ///
    /// # Errors
    ///
    /// [`ChunkAfterPartial`].
    pub fn push(&mut self, chunk: Chunk) -> Result<(), ChunkAfterPartial> {
        if !self.roots.is_empty() && self.last != CHUNK {
            return Err(ChunkAfterPartial);
        }
        self.roots.push(chunk.root);
        self.last = chunk.count;
        Ok(())
    }

    /// Number of items.
    #[must_use]
    pub fn count(&self) -> u64 {
        let whole = self.roots.len().saturating_sub(1) as u64;
        if self.roots.is_empty() { 0 } else { whole * CHUNK as u64 + self.last as u64 }
    }

    /// The content of a statement's `manifest` line; `None` without items.
    #[must_use]
    pub fn root(&self) -> Option<ManifestRoot> {
        (!self.roots.is_empty()).then(|| ManifestRoot { root: root_of(&self.roots), count: self.count() })
    }

    /// The inclusion path of the item at `index`, whose chunk has these `leaves`. `None` if there is no such item, or the
    /// leaves are those of another chunk.
    #[must_use]
    pub fn path(&self, index: LeafIndex, leaves: &[Digest]) -> Option<InclusionProof> {
        let index = usize::try_from(index.0).ok()?;
        let (chunk, within) = (index / CHUNK, index % CHUNK);
        if self.roots.get(chunk) != Some(&Chunk::over(leaves)?.root) {
            return None;
        }
        let below = inclusion_in(leaves, within)?;
        let above = inclusion_in(&self.roots, chunk)?;
        InclusionProof::from_hashes([below.hashes(), above.hashes()].concat()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::merkle::proof::verify_inclusion;
    use crate::ledger::merkle::shape::TreeSize;

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn tree(leaves: &[Digest]) -> ManifestTree {
        let mut tree = ManifestTree::new();
        for chunk in leaves.chunks(CHUNK) {
            tree.push(Chunk::over(chunk).unwrap()).unwrap();
        }
        tree
    }

    #[test]
    fn chunks_make_the_tree_over_all_leaves() {
        for count in [1, 2, 3, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 7, 5 * CHUNK + 3] {
            let leaves = leaves(count);
            let tree = tree(&leaves);
            let root = tree.root().unwrap();
            assert_eq!((root.root, root.count), (root_of(&leaves), count as u64), "{count}");
            for index in [0, 1, count / 2, CHUNK - 1, CHUNK, 2 * CHUNK + 5, count - 1] {
                let chunk = leaves.chunks(CHUNK).nth(index / CHUNK).unwrap_or_default();
                let at = LeafIndex(index as u64);
                let path = tree.path(at, chunk);
                assert_eq!(path, inclusion_in(&leaves, index), "{index} of {count}");
                if let Some(path) = path {
                    verify_inclusion(at, TreeSize(root.count), &leaves[index], &path, &root.root).unwrap();
                }
            }
        }
    }

    #[test]
    fn only_the_last_chunk_may_be_partial() {
        let leaves = leaves(CHUNK + 1);
        assert_eq!(Chunk::over(&[]), None);
        assert_eq!(Chunk::over(&leaves), None);
        let mut tree = ManifestTree::new();
        assert_eq!((tree.root(), tree.count()), (None, 0));
        tree.push(Chunk::over(&leaves[..5]).unwrap()).unwrap();
        assert_eq!(tree.push(Chunk::over(&leaves[5..7]).unwrap()), Err(ChunkAfterPartial));
        assert_eq!(tree.count(), 5);
    }

    #[test]
    fn a_path_wants_the_items_own_chunk() {
        let leaves = leaves(CHUNK + 9);
        let tree = tree(&leaves);
        assert_eq!(tree.path(LeafIndex(CHUNK as u64), &leaves[..CHUNK]), None);
        assert_eq!(tree.path(LeafIndex(CHUNK as u64), &leaves[CHUNK..CHUNK + 8]), None);
        assert_eq!(tree.path(LeafIndex(CHUNK as u64 + 9), &leaves[CHUNK..]), None);
        assert!(tree.path(LeafIndex(CHUNK as u64 + 8), &leaves[CHUNK..]).is_some());
    }
}
