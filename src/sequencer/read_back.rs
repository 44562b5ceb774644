//! The read-back verifier: reads appended leaves and tiles, and recomputes all hashes by a second implementation before
//! signing.
//!
//! # Invariants
//!
//! A checkpoint is signed only after its leaves were read back from the store and hashed again **by other code**. This
//! module uses another SHA-256 (ring's, while the ledger uses sha2's), and computes block and tile roots by their
//! recursive definition (RFC 6962 §2.1). It keeps its own frontier of the tree, and compares each full tile. If memory
//! flips a bit, the store has a wrong row, or one implementation has a bug, the results differ, and nothing is signed.
//!
//! Recovery after a crash and normal operation call the same [`ReadBackVerifier::verify`].

use ring::digest::{Context, SHA256};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::Tip;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::time::Timestamp;
use crate::sequencer::lifecycle::{DurableTip, VerifiedTip};
use crate::store::traits::{LogStore, ReadError};

/// How the stored bytes differ from the data to sign. Writing stops; restore from a mirror or backup, never delete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadBackError {
    /// The store cannot be read.
    #[error("cannot read back: {0}")]
    Read(#[from] ReadError),
    /// The stored leaves are not complete blocks that follow the verified chain.
    #[error("read-back at leaf {index}: {reason}")]
    Leaf {
        /// The leaf.
        index: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A stored tile does not have the hashes of the leaves.
    #[error("read-back of tile {level}/{index}: the stored hashes are not those of the leaves")]
    Tile {
        /// Its level.
        level: u8,
        /// Its index.
        index: u64,
    },
    /// The root of the stored leaves is not the one to be signed.
    #[error("read-back: the stored leaves have the root {found}, not {expected}")]
    Root {
        /// The root that this module computed.
        found: Digest,
        /// The root that `ledger::merkle` computed.
        expected: Digest,
    },
}

/// Verifies the chain as it grows. Keeps its own right edge of the tree that it has verified.
#[derive(Debug)]
pub struct ReadBackVerifier {
    edge: RightEdge,
    size: u64,
    origin: Name,
    last: LastBlock,
}

/// The last block that was read back.
#[derive(Debug, Clone, Copy)]
struct LastBlock {
    height: Height,
    hash: Digest,
    time: Timestamp,
}

impl ReadBackVerifier {
    /// Continues after `published`, which was verified before it was signed.
    #[must_use]
    pub fn after(published: &Tip) -> Self {
        Self {
            edge: RightEdge::of(published),
            size: published.size().0,
            origin: published.origin.clone(),
            last: LastBlock {
                height: Height(published.next_height.0.wrapping_sub(1)),
                hash: published.last_block,
                time: published.last_time,
            },
        }
    }

    /// Reads back the leaves appended between the verified chain and `durable`, and recomputes their hashes.
    ///
    /// # Errors
    ///
    /// [`ReadBackError`]: `durable` must not be signed. The verifier is unusable afterwards.
    pub fn verify<S: LogStore + ?Sized>(
        &mut self,
        store: &S,
        durable: &DurableTip,
    ) -> Result<VerifiedTip, ReadBackError> {
        let tip = durable.tip();
        let mut block = Vec::new();
        // At most one block in normal operation, so its leaves fit in memory.
        let leaves = store.appended_leaves(LeafIndex(self.size), tip.size().0 - self.size)?;
        for bytes in &leaves {
            let hash = leaf(bytes);
            self.edge.push(store, hash)?;
            if bytes.starts_with(crate::ledger::block::FIRST_LINE.as_bytes()) {
                self.last = self.check_header(bytes, hash, &block)?;
                block.clear();
            } else {
                block.push(hash);
            }
            self.size += 1;
        }
        let complete = self.size == tip.size().0 && block.is_empty() && self.last.hash == tip.last_block;
        if !complete || self.last.height.0.wrapping_add(1) != tip.next_height.0 {
            let reason = "the stored leaves do not end in the expected block header";
            return Err(ReadBackError::Leaf { index: self.size, reason });
        }
        let (found, expected) = (self.edge.root(), tip.root());
        if found != expected {
            return Err(ReadBackError::Root { found, expected });
        }
        Ok(VerifiedTip::new(tip, self.last.height, self.last.hash, self.last.time))
    }

    /// Checks the header at the current position against `leaves`, the hashes read since the last header.
    fn check_header(&self, bytes: &[u8], hash: Digest, leaves: &[Digest]) -> Result<LastBlock, ReadBackError> {
        let wrong = |reason| ReadBackError::Leaf { index: self.size, reason };
        let header = BlockHeader::parse(bytes).map_err(|_| wrong("malformed block header"))?;
        let follows = header.ledger == self.origin
            && header.height.0 == self.last.height.0.wrapping_add(1)
            && header.previous == self.last.hash
            && header.time >= self.last.time
            && header.index().0 == self.size
            && header.count == leaves.len() as u64
            && header.root == mth(leaves);
        if !follows {
            return Err(wrong("the block header does not follow the last block, or is not the header of these leaves"));
        }
        Ok(LastBlock { height: header.height, hash, time: header.time })
    }
}

/// The right edge of the tree: the partial tile of each level. A second implementation of `ledger::merkle::frontier`.
#[derive(Debug)]
struct RightEdge(Vec<PartialTile>);

/// The tile of one level that is not full yet.
#[derive(Debug)]
struct PartialTile {
    hashes: Vec<Digest>,
    /// The complete subtrees of the hashes, left to right: number of hashes and root.
    subtrees: Vec<(usize, Digest)>,
    /// The index of the tile in its level.
    index: u64,
}

impl PartialTile {
    fn push(&mut self, item: Digest) {
        self.hashes.push(item);
        let mut last = (1, item);
        while let Some((items, root)) = self.subtrees.pop_if(|(items, _)| *items == last.0) {
            last = (items * 2, node(&root, &last.1));
        }
        self.subtrees.push(last);
    }
}

impl RightEdge {
    fn of(tip: &Tip) -> Self {
        let mut levels = Vec::new();
        let mut items = tip.size().0;
        for level in 0..8 {
            items /= u64::from(TILE_WIDTH);
            let mut partial = PartialTile { hashes: Vec::new(), subtrees: Vec::new(), index: items };
            tip.frontier.partial(level).iter().for_each(|item| partial.push(*item));
            levels.push(partial);
        }
        Self(levels)
    }

    /// Adds a leaf, and compares each tile that becomes full with the stored one.
    fn push<S: LogStore + ?Sized>(&mut self, store: &S, leaf: Digest) -> Result<(), ReadBackError> {
        let mut item = leaf;
        for (level, partial) in (0_u8..).zip(&mut self.0) {
            partial.push(item);
            if partial.hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            item = mth(&partial.hashes);
            let stored = store.appended_tile(level, partial.index)?;
            if stored.hashes != partial.hashes || stored.root != item {
                return Err(ReadBackError::Tile { level, index: partial.index });
            }
            partial.hashes.clear();
            partial.subtrees.clear();
            partial.index += 1;
        }
        Ok(())
    }

    /// The root of the tree. The subtrees of a lower level are smaller and further right, so they are combined from the last
    /// subtree of the lowest level upwards.
    fn root(&self) -> Digest {
        let subtrees = self.0.iter().flat_map(|partial| partial.subtrees.iter().rev());
        let root = subtrees.map(|(_, root)| *root).reduce(|right, left| node(&left, &right));
        root.unwrap_or_else(|| hash(&[]))
    }
}

/// The Merkle tree hash by its recursive definition (RFC 6962 §2.1).
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
    use crate::ledger::chain::{self, PendingLeaf};
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::merkle::frontier::Frontier;
    use crate::ledger::merkle::list::root_of;
    use crate::ledger::number::DepositNumber;
    use crate::query::key_history::key_history;
    use crate::sequencer::collector::NextStep;
    use crate::sequencer::testing::{TestLedger, ledger_key, noon, statement};

    #[test]
    fn both_implementations_agree_on_every_small_tree() {
        let leaves: Vec<Digest> = (0..600_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for size in 0..leaves.len() {
            assert_eq!(mth(&leaves[..size]), root_of(&leaves[..size]), "{size}");
        }
        assert_eq!(leaf(b"x"), leaf_hash(b"x"));
    }

    #[test]
    fn both_right_edges_have_the_same_root_at_every_size() {
        let mut tip = Tip::before_genesis(Name::parse("example.org/ledger").unwrap());
        let (mut frontier, mut full) = (Frontier::new(), Vec::new());
        let mut edge = RightEdge::of(&tip);
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
                partial.subtrees.clear();
            }
            assert_eq!(edge.root(), frontier.root(), "{n}");
        }
        tip.frontier = std::sync::Arc::new(frontier);
        assert_eq!(RightEdge::of(&tip).root(), tip.root());
    }

    /// Verifies the tip of one ledger against the store of another with a different block 1.
    #[test]
    fn a_tip_that_the_store_does_not_hold_is_not_verified() {
        let block = |n| {
            let ledger = TestLedger::new();
            let number = DepositNumber::draw(true, noon().beijing_date(), n).unwrap();
            let leaf = PendingLeaf::Deposit { number, statement: statement(1) };
            let tip = ledger.committer.tip().clone();
            let block = chain::next(&tip, vec![leaf], noon()).unwrap();
            let durable = DurableTip::append(&*ledger.store, &block, &[], &[]).unwrap();
            (ledger, tip, durable)
        };
        let drawable: Vec<_> =
            (0..).filter(|n| DepositNumber::draw(true, noon().beijing_date(), *n).is_some()).take(2).collect();
        let ((ledger, before, durable), (_, _, other)) = (block(drawable[0]), block(drawable[1]));
        let history = key_history(&*ledger.store).unwrap();
        let verify = |durable| ReadBackVerifier::after(&before).verify(&*ledger.store, durable);
        let signed = verify(&durable).unwrap().sign(&ledger_key().into(), &history).unwrap();
        assert!(matches!(verify(&other), Err(ReadBackError::Leaf { .. })));
        signed.publish(&*ledger.store).unwrap();
    }

    /// The verified chain is not the one that the store continues.
    #[test]
    fn a_block_that_does_not_follow_the_verified_chain_is_not_verified() {
        let mut ledger = TestLedger::new();
        let _outcome = ledger.push(statement(1));
        let before = ledger.committer.tip().clone();
        let step = ledger.collector.next(&ledger.inbox, &*ledger.store, &ledger.state);
        let NextStep::Commit(pending) = step else { panic!("no block") };
        let durable = DurableTip::append(&*ledger.store, &pending.block, &[], &[]).unwrap();
        let later = Timestamp::from_millis(before.last_time.as_millis() + 3_600_000).unwrap();
        for wrong in [
            Tip { last_block: Digest([1; 32]), ..before.clone() },
            Tip { next_height: Height(before.next_height.0 + 1), ..before.clone() },
            Tip { origin: Name::parse("example.org/other").unwrap(), ..before.clone() },
            Tip { last_time: later, ..before.clone() },
        ] {
            let verified = ReadBackVerifier::after(&wrong).verify(&*ledger.store, &durable);
            assert!(matches!(verified, Err(ReadBackError::Leaf { .. })), "{verified:?}");
        }
        let frontier = std::sync::Arc::new({
            let (mut frontier, mut full) = (Frontier::new(), Vec::new());
            (0..before.size().0).for_each(|_| frontier.append(Digest([1; 32]), &mut full));
            frontier
        });
        let wrong = ReadBackVerifier::after(&Tip { frontier, ..before.clone() }).verify(&*ledger.store, &durable);
        assert!(matches!(wrong, Err(ReadBackError::Root { .. })), "{wrong:?}");
        ReadBackVerifier::after(&before).verify(&*ledger.store, &durable).unwrap();
    }
}
