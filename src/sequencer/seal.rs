//! Sign only what is safe: the read-back of what is stored, and the signature under it.
//!
//! # Invariants
//!
//! Nothing is signed that was not read back from the store and hashed anew **by a second code path**: another SHA-256
//! (ring's, where the ledger uses sha2's), block and tile roots by their recursive definition, and a right edge of its own
//! that never looks at the ledger's, tiles filled and compared one by one. A flipped bit in memory, a wrong row, a bug in
//! one of the two paths: they disagree, and nothing is signed.
//!
//! Recovery after a crash and the normal path call the same [`ReadBack::then_sign`].

use ring::digest::{Context, SHA256};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::Tip;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::merkle::shape::LeafIndex;
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

/// The chain as far as it was read back and signed: where the second code path stands.
#[derive(Debug)]
pub struct ReadBack {
    tree: Tree,
    size: u64,
    origin: Name,
    last: Last,
}

/// The block that the tree ends in, as it was read back.
#[derive(Debug, Clone, Copy)]
struct Last {
    height: Height,
    hash: Digest,
    time: Timestamp,
}

impl ReadBack {
    /// Where `signed` ends: everything before was read back already.
    #[must_use]
    pub fn from(signed: &Tip) -> Self {
        Self {
            tree: Tree::of(signed),
            size: signed.size().0,
            origin: signed.origin.clone(),
            last: Last {
                height: Height(signed.next_height.0.wrapping_sub(1)),
                hash: signed.last_block,
                time: signed.last_time,
            },
        }
    }

    /// Reads back what stands between here and `to`, hashes it anew, and signs the checkpoint of `to`.
    ///
    /// # Errors
    ///
    /// [`Disagreement`]: nothing was signed, and nothing may be any more: this value is of no use after it.
    pub fn then_sign<S: AppendLedger + ?Sized>(
        &mut self,
        store: &S,
        signer: &Signer,
        to: &Tip,
    ) -> Result<Published, Disagreement> {
        self.read(store, to)?;
        let checkpoint = Checkpoint { origin: to.origin.clone(), size: to.size(), root: to.root() };
        Ok(Published {
            checkpoint: checkpoint.sign(signer)?,
            height: self.last.height,
            block_hash: self.last.hash,
            block_time: self.last.time,
        })
    }

    fn read<S: AppendLedger + ?Sized>(&mut self, store: &S, to: &Tip) -> Result<(), Disagreement> {
        let mut sealed = Vec::new();
        // One block at most stands there in normal operation, so this holds one block's leaves in memory.
        let leaves = store.appended_leaves(LeafIndex(self.size), to.size().0 - self.size)?;
        for bytes in &leaves {
            let hash = leaf(bytes);
            self.tree.push(store, hash)?;
            if bytes.starts_with(crate::ledger::block::FIRST_LINE.as_bytes()) {
                self.last = header_follows(bytes, hash, &sealed, &self.last, self.size, &self.origin)?;
                sealed.clear();
            } else {
                sealed.push(hash);
            }
            self.size += 1;
        }
        let complete = self.size == to.size().0 && sealed.is_empty() && self.last.hash == to.last_block;
        if !complete || self.last.height.0.wrapping_add(1) != to.next_height.0 {
            let reason = "the stored leaves do not end in the expected block header";
            return Err(Disagreement::Leaf { index: self.size, reason });
        }
        let (found, expected) = (self.tree.root(), to.root());
        if found == expected { Ok(()) } else { Err(Disagreement::Root { found, expected }) }
    }
}

/// Holds a header against the leaves read before it and the block before that.
fn header_follows(
    bytes: &[u8],
    hash: Digest,
    sealed: &[Digest],
    before: &Last,
    index: u64,
    origin: &Name,
) -> Result<Last, Disagreement> {
    let wrong = |reason| Disagreement::Leaf { index, reason };
    let header = BlockHeader::parse(bytes).map_err(|_| wrong("malformed block header"))?;
    let good = header.ledger == *origin
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
#[derive(Debug)]
struct Tree(Vec<Partial>);

/// The tile of one level that is being filled.
#[derive(Debug)]
struct Partial {
    hashes: Vec<Digest>,
    /// The complete subtrees over them, left to right: how many items each spans, and its root.
    complete: Vec<(usize, Digest)>,
    number: u64,
}

impl Partial {
    fn push(&mut self, item: Digest) {
        self.hashes.push(item);
        let mut last = (1, item);
        while let Some((items, root)) = self.complete.pop_if(|(items, _)| *items == last.0) {
            last = (items * 2, node(&root, &last.1));
        }
        self.complete.push(last);
    }
}

impl Tree {
    fn of(tip: &Tip) -> Self {
        let mut levels = Vec::new();
        let mut items = tip.size().0;
        for level in 0..8 {
            items /= u64::from(TILE_WIDTH);
            let mut partial = Partial { hashes: Vec::new(), complete: Vec::new(), number: items };
            tip.frontier.partial(level).iter().for_each(|item| partial.push(*item));
            levels.push(partial);
        }
        Self(levels)
    }

    /// Adds a leaf; compares each tile that this fills with the stored one.
    fn push<S: AppendLedger + ?Sized>(&mut self, store: &S, leaf: Digest) -> Result<(), Disagreement> {
        let mut item = leaf;
        for (level, partial) in (0_u8..).zip(&mut self.0) {
            partial.push(item);
            if partial.hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            item = mth(&partial.hashes);
            let stored = store.appended_tile(level, partial.number)?;
            if stored.hashes != partial.hashes || stored.root != item {
                return Err(Disagreement::Tile { level, index: partial.number });
            }
            partial.hashes.clear();
            partial.complete.clear();
            partial.number += 1;
        }
        Ok(())
    }

    /// Items of one level are complete subtrees of one size, and what is below them is smaller: so the root is folded
    /// from the lowest level's last subtree up.
    fn root(&self) -> Digest {
        let subtrees = self.0.iter().flat_map(|partial| partial.complete.iter().rev());
        let root = subtrees.map(|(_, root)| *root).reduce(|right, left| node(&left, &right));
        root.unwrap_or_else(|| hash(&[]))
    }
}

/// The Merkle tree hash by its definition (RFC 6962 §2.1).
fn mth(items: &[Digest]) -> Digest {
    match items {
        [] => hash(&[]),
        [one] => *one,
        _ => {
            let (left, right) = items.split_at(items.len().next_power_of_two() / 2);
            node(&mth(left), &mth(right))
        }
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    hash(&[&[1], left.as_bytes(), right.as_bytes()])
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
    use crate::ledger::merkle::frontier::Frontier;
    use crate::ledger::merkle::list::root_of;

    #[test]
    fn both_paths_agree_on_every_small_tree() {
        let leaves: Vec<Digest> = (0..600_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for size in 0..leaves.len() {
            assert_eq!(mth(&leaves[..size]), root_of(&leaves[..size]), "{size}");
        }
        assert_eq!(leaf(b"x"), leaf_hash(b"x"));
    }

    #[test]
    fn the_second_edge_has_the_root_of_the_first_at_every_size() {
        let mut tip = Tip::before_genesis(Name::parse("example.org/ledger").unwrap());
        let (mut frontier, mut full) = (Frontier::new(), Vec::new());
        let mut edge = Tree::of(&tip);
        for n in 0..70_000_u32 {
            frontier.append(leaf_hash(&n.to_be_bytes()), &mut full);
            let mut item = leaf_hash(&n.to_be_bytes());
            for partial in &mut edge.0 {
                partial.push(item);
                if partial.hashes.len() < 256 {
                    break;
                }
                item = mth(&partial.hashes);
                partial.hashes.clear();
                partial.complete.clear();
            }
            assert_eq!(edge.root(), frontier.root(), "{n}");
        }
        tip.frontier = std::sync::Arc::new(frontier);
        assert_eq!(Tree::of(&tip).root(), tip.root());
    }
}
