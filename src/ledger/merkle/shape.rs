//! Index arithmetic of the RFC 6962 tree: the leaves under a node, and the subtrees whose hashes are in a proof.
//!
//! RFC 6962 §2.1 splits `n > 1` leaves after the largest power of two smaller than `n`. So the left side of a split is a
//! *complete* subtree over a power of two of leaves, and its hash never changes. A complete subtree is a [`Node`], identified
//! by its height above the leaves and its number from the left. Seven leaves:
//!
//! ```text
//! level 2      ┌── 0 ──┐
//! level 1    ┌ 0 ┐   ┌ 1 ┐   ┌ 2 ┐
//! level 0    0   1   2   3   4   5   6        root = node(node₂.₀, node(node₁.₂, leaf 6))
//! ```
//!
//! Each hash of a proof is that of a [`Span`]: a complete subtree or, on the right edge only, several of decreasing height.
//!
//! ```
//! use tiezheng::ledger::merkle::shape::{LeafIndex, Node, TreeSize, consistency_path, inclusion_path};
//!
//! // PATH(0, D[7]): leaf 1, leaves 2-3, leaves 4-6; the last span consists of two complete subtrees.
//! let path = inclusion_path(LeafIndex(0), TreeSize(7)).unwrap();
//! assert_eq!(path.iter().map(|span| span.leaves()).collect::<Vec<_>>(), [1..2, 2..4, 4..7]);
//! assert_eq!(path[2].nodes().collect::<Vec<_>>(), [Node { level: 1, index: 2 }, Node { level: 0, index: 6 }]);
//!
//! // PROOF(3, D[7])
//! let path = consistency_path(TreeSize(3), TreeSize(7)).unwrap();
//! assert_eq!(path.iter().map(|span| span.leaves()).collect::<Vec<_>>(), [2..3, 3..4, 0..2, 4..7]);
//! ```
//!
//! No function panics for any `u64`. Not here: hashes (`proof`) and tiles (`tile`).

use std::fmt;
use std::ops::Range;

/// The index of a leaf in the tree, from 0 (the `m` of RFC 6962 §2.1.1). At most 2^63 − 2, so that the size of the tree is a
/// [`TreeSize`]; parsers enforce this limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIndex(pub u64);

/// The number of leaves of a tree (the `n` of RFC 6962 §2.1). At most [`TreeSize::MAX`]; parsers enforce this limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize(pub u64);

impl LeafIndex {
    /// The size of the smallest tree that contains this leaf: one more than its index.
    #[must_use]
    pub const fn size_after(self) -> TreeSize {
        TreeSize(self.0.saturating_add(1))
    }
}

impl TreeSize {
    /// The tree without leaves, whose root is SHA-256 of the empty input (RFC 6962 §2.1).
    pub const EMPTY: Self = Self(0);

    /// 2^63 − 1: the largest size that fits in a signed 64-bit integer, which some readers of checkpoints use.
    pub const MAX: Self = Self((1 << 63) - 1);

    /// Whether a tree of this size has a leaf at `index`.
    #[must_use]
    pub const fn contains(self, index: LeafIndex) -> bool {
        index.0 < self.0
    }

    /// Whether the tree has no leaf.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The index of the last leaf; `None` in the empty tree.
    #[must_use]
    pub fn last_index(self) -> Option<LeafIndex> {
        self.0.checked_sub(1).map(LeafIndex)
    }

    /// The index of the next leaf to be appended.
    #[must_use]
    pub const fn next_index(self) -> LeafIndex {
        LeafIndex(self.0)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A complete subtree: the leaves `index · 2^level .. (index + 1) · 2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Height over the leaves, 0 (a leaf) to 63.
    pub level: u8,
    /// Number from the left among the complete subtrees of this level, from 0.
    pub index: u64,
}

/// A range of leaves whose hash `MTH(D[start:end])` is part of a tree or a proof (RFC 6962 §2.1). Never empty, and `start`
/// is a multiple of the smallest power of two that is not smaller than the number of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// All leaves of a tree, whose hash is the root; `None` for the empty tree.
    #[must_use]
    pub const fn whole(size: TreeSize) -> Option<Self> {
        if size.is_empty() { None } else { Some(Self { start: 0, end: size.0 }) }
    }

    /// The indexes of the leaves.
    #[must_use]
    pub const fn leaves(self) -> Range<u64> {
        self.start..self.end
    }

    /// The complete subtrees of which the span consists, left to right, each lower than the one before. Their hashes, combined
    /// from the right, give the hash of the span: `node(a, node(b, c))`.
    #[must_use]
    pub fn nodes(self) -> impl DoubleEndedIterator<Item = Node> {
        // The start is aligned, so every set bit of the width is one subtree, and it ends where `end` does once the
        // bits below are cleared.
        let width = self.end - self.start;
        (0..64_u8)
            .rev()
            .filter(move |level| (width >> level) & 1 == 1)
            .map(move |level| Node { level, index: (self.end >> level) - 1 })
    }
}

/// The spans whose hashes an inclusion proof contains, from the leaf's sibling up to the child of the root: `PATH(m, D[n])` of
/// RFC 6962 §2.1.1. `None` if the tree has no such leaf.
#[must_use]
pub fn inclusion_path(index: LeafIndex, size: TreeSize) -> Option<Vec<Span>> {
    if !size.contains(index) {
        return None;
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size.0);
    while end - start > 1 {
        let middle = split(start, end);
        if index.0 < middle {
            path.push(Span { start: middle, end });
            end = middle;
        } else {
            path.push(Span { start, end: middle });
            start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The spans whose hashes a consistency proof contains, bottom up: `PROOF(m, D[n])` of RFC 6962 §2.1.2. Empty if the sizes
/// are equal. `None` unless `0 < old ≤ new`: every tree extends the empty one, and none extends a larger one.
#[must_use]
pub fn consistency_path(old: TreeSize, new: TreeSize) -> Option<Vec<Span>> {
    if old.is_empty() || old > new {
        return None;
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, new.0);
    while end != old.0 {
        let middle = split(start, end);
        if old.0 <= middle {
            path.push(Span { start: middle, end });
            end = middle;
        } else {
            path.push(Span { start, end: middle });
            start = middle;
        }
    }
    // At start 0 the subtree is the whole old tree, whose root the verifier has already (flag `b` of the RFC).
    if start != 0 {
        path.push(Span { start, end });
    }
    path.reverse();
    Some(path)
}

/// Where RFC 6962 splits `start..end`, which has at least two leaves: after the largest power of two smaller than
/// their number.
const fn split(start: u64, end: u64) -> u64 {
    start + (1 << (end - start - 1).ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(node: Node) -> Range<u64> {
        node.index << node.level..(node.index + 1) << node.level
    }

    #[test]
    fn nodes_tile_their_span_and_shrink() {
        for size in 1..=300 {
            let mut spans = vec![Span::whole(TreeSize(size)).unwrap()];
            for index in 0..size {
                spans.extend(inclusion_path(LeafIndex(index), TreeSize(size)).unwrap());
            }
            for span in spans {
                let nodes: Vec<_> = span.nodes().collect();
                let mut at = span.leaves().start;
                for node in &nodes {
                    assert_eq!(leaves(*node).start, at, "{span:?}");
                    at = leaves(*node).end;
                }
                assert_eq!(at, span.leaves().end);
                assert!(nodes.is_sorted_by(|a, b| a.level > b.level), "{nodes:?}");
            }
        }
    }

    #[test]
    fn paths_exist_exactly_inside_the_tree() {
        assert_eq!(inclusion_path(LeafIndex(0), TreeSize::EMPTY), None);
        assert_eq!(inclusion_path(LeafIndex(7), TreeSize(7)), None);
        assert_eq!(inclusion_path(LeafIndex(0), TreeSize(1)), Some(vec![]));
        assert_eq!(consistency_path(TreeSize::EMPTY, TreeSize(7)), None);
        assert_eq!(consistency_path(TreeSize(8), TreeSize(7)), None);
        assert_eq!(consistency_path(TreeSize(7), TreeSize(7)), Some(vec![]));
        assert_eq!(Span::whole(TreeSize::EMPTY), None);
    }

    #[test]
    fn the_largest_numbers_are_harmless() {
        for size in [TreeSize::MAX, TreeSize(1 << 63), TreeSize(u64::MAX)] {
            let last = size.last_index().unwrap();
            assert!(inclusion_path(last, size).unwrap().len() <= 64);
            assert_eq!(Span::whole(size).unwrap().nodes().count(), size.0.count_ones() as usize);
            assert!(consistency_path(TreeSize(size.0 - 1), size).unwrap().len() <= 65);
        }
        assert_eq!(inclusion_path(LeafIndex(0), TreeSize::MAX).unwrap().len(), 63);
        assert_eq!(LeafIndex(u64::MAX).size_after(), TreeSize(u64::MAX));
    }

    #[test]
    fn sizes_and_indexes_convert_by_name() {
        assert_eq!(LeafIndex(4).size_after(), TreeSize(5));
        assert_eq!(TreeSize(5).last_index(), Some(LeafIndex(4)));
        assert_eq!(TreeSize(5).next_index(), LeafIndex(5));
        assert_eq!(TreeSize::EMPTY.last_index(), None);
        assert!(TreeSize(5).contains(LeafIndex(4)) && !TreeSize(5).contains(LeafIndex(5)));
        assert_eq!(format!("{} {:>3}", LeafIndex(4), TreeSize(5)), "4   5");
    }
}
