//! Reads a stretch of leaves and examines each by itself: bytes, hash, form, signatures, the rows that lead to it.
//!
//! # Invariants
//!
//! Every leaf is hashed once and held against the tree's tile, all of them before any is believed. A stretch in which one
//! does not fit, or that cannot be read whole, is read again leaf by leaf, so that damage is pinned to the records it hit.
//!
//! Only what its followers need is kept of a deposit: all else is dropped where it was read.

use crate::audit::report::{Fault, Findings};
use crate::audit::rows::Rows;
use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::fast_entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::notice::SignedNotice;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::time::Timestamp;
use crate::store::contract::index_rows::IndexRows;
use crate::store::contract::{Private, ReadLedger};

/// Leaves of one stretch: 4 tiles.
pub(in crate::audit) const STRETCH: u64 = 4 * TILE_WIDTH as u64;

/// A leaf after it was looked at by itself.
pub(in crate::audit) struct ExaminedLeaf {
    pub(in crate::audit) index: LeafIndex,
    /// Computed from the bytes, or, for damaged bytes, what the tree holds.
    pub(in crate::audit) hash: Digest,
    pub(in crate::audit) leaf: Result<LeafContent, LeafFault>,
}

/// What is kept of a leaf.
pub(in crate::audit) enum LeafContent {
    Deposit(Deposit),
    Notice(Box<SignedNotice>),
    Block(Box<BlockHeader>),
}

impl LeafContent {
    pub(in crate::audit) fn time(&self) -> Timestamp {
        match self {
            Self::Deposit(deposit) => deposit.received,
            Self::Notice(notice) => notice.notice().received,
            Self::Block(header) => header.time,
        }
    }
}

/// What is kept of a deposit.
pub(in crate::audit) struct Deposit {
    pub(in crate::audit) number: DepositNumber,
    pub(in crate::audit) received: Timestamp,
    /// All of it, and what lies off the chain where that was asked for and could be read: of a deposit in a stream or for an
    /// account, and of one that may be an act.
    pub(in crate::audit) whole: Option<Box<(Entry, Option<Private>)>>,
    /// What is wrong with the entry by itself.
    pub(in crate::audit) own: Findings,
    /// What is wrong beside it.
    pub(in crate::audit) beside: Findings,
    /// Index rows looked up.
    pub(in crate::audit) rows: u64,
    /// The rows that it has in each index.
    pub(in crate::audit) yields: IndexRows,
}

impl Deposit {
    /// One of which nothing but number and time is needed.
    fn plain(number: DepositNumber, received: Timestamp) -> Self {
        let yields = IndexRows::default();
        Self { number, received, whole: None, own: Vec::new(), beside: Vec::new(), rows: 0, yields }
    }
}

/// Why a leaf is none.
pub(in crate::audit) enum LeafFault {
    Damaged(String),
    Malformed(String),
}

/// Examines leaves of one ledger; any number may, each with keys of its own.
pub(in crate::audit) struct Examiner<'a, R: ?Sized> {
    pub(in crate::audit) store: &'a R,
    pub(in crate::audit) origin: &'a Name,
    pub(in crate::audit) signatures: bool,
    pub(in crate::audit) indexes: bool,
    pub(in crate::audit) keys: KeyCache,
}

impl<R: ReadLedger + ?Sized> Examiner<'_, R> {
    /// Reads and examines `first .. first+count`. What cannot be read is `LeafFault::Damaged`.
    pub(in crate::audit) fn examine(&mut self, first: LeafIndex, count: u64) -> Vec<ExaminedLeaf> {
        self.whole(first, count)
            .unwrap_or_else(|| (first.0..first.0 + count).map(|index| self.alone(LeafIndex(index))).collect())
    }

    /// The stretch, if it can be read and every leaf hashes to what the tree holds.
    fn whole(&mut self, first: LeafIndex, count: u64) -> Option<Vec<ExaminedLeaf>> {
        let store = self.store;
        let mut examined = Vec::with_capacity(usize::try_from(count).ok()?);
        let mut next = first.0;
        let scanned = store.scan(first, count, &mut |bytes| {
            examined.push(self.look(LeafIndex(next), bytes));
            next += 1;
        });
        let fits = scanned.is_ok() && next == first.0 + count && self.are_in_the_tree(first, &examined);
        fits.then_some(examined)
    }

    fn are_in_the_tree(&self, first: LeafIndex, examined: &[ExaminedLeaf]) -> bool {
        // Stretches begin where a tile begins.
        let tiles = (first.0..).step_by(TILE_WIDTH.into()).zip(examined.chunks(TILE_WIDTH.into()));
        tiles.into_iter().all(|(first, tile)| {
            let held = u16::try_from(tile.len()).ok().and_then(|count| self.store.tile_hashes(0, first, count).ok());
            held.is_some_and(|held| tile.iter().map(|leaf| leaf.hash).eq(held))
        })
    }

    /// One leaf, as the store lets it pass.
    fn alone(&mut self, index: LeafIndex) -> ExaminedLeaf {
        match self.store.leaf(index) {
            Ok(bytes) => self.look(index, &bytes),
            Err(error) => {
                let (hash, leaf) = (held_hash(self.store, index), Err(LeafFault::Damaged(error.to_string())));
                ExaminedLeaf { index, hash, leaf }
            }
        }
    }

    fn look(&mut self, index: LeafIndex, bytes: &[u8]) -> ExaminedLeaf {
        let hash = leaf_hash(bytes);
        if !self.signatures
            && !self.indexes
            && let Some(head) = fast_entry::parse_common(bytes, self.origin, &mut self.keys)
        {
            return ExaminedLeaf {
                index,
                hash,
                leaf: Ok(LeafContent::Deposit(Deposit::plain(head.number, head.received))),
            };
        }
        let leaf = match Leaf::parse_with(bytes, &mut self.keys) {
            Ok(Leaf::Entry(entry)) => Ok(LeafContent::Deposit(self.deposit(index, &hash, entry))),
            Ok(Leaf::Notice(notice)) => Ok(LeafContent::Notice(Box::new(notice))),
            Ok(Leaf::Block(header)) => Ok(LeafContent::Block(Box::new(header))),
            Err(error) => Err(LeafFault::Malformed(error.to_string())),
        };
        ExaminedLeaf { index, hash, leaf }
    }

    fn deposit(&self, index: LeafIndex, hash: &Digest, entry: Entry) -> Deposit {
        let statement = entry.statement.statement();
        let mut own = Findings::new();
        if statement.ledger != *self.origin {
            own.push((Fault::OtherLedger, statement.ledger.to_string()));
        }
        let forged = if self.signatures { entry.statement.forged_key() } else { None };
        own.extend(forged.map(|key| (Fault::DepositorSignature, key)));
        let mut rows = Rows::of(self.store, index);
        let private = if self.indexes { rows.deposit(hash, &entry) } else { None };
        let of_an_account = statement.subject.is_some() || statement.on_behalf.is_some();
        let needed = of_an_account || matches!(private, Some(Private::Held(_)));
        let yields = IndexRows::of_entry(&entry);
        Deposit {
            number: entry.number,
            received: entry.received,
            whole: needed.then(|| Box::new((entry, private))),
            own,
            beside: rows.findings,
            rows: rows.count,
            yields,
        }
    }
}

/// What the tree holds for a leaf that cannot be read, so that the walk can go on behind it; zeros where the tree is
/// damaged too, which the comparison of tiles and root then finds.
fn held_hash<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Digest {
    store.tile_hashes(0, index.0, 1).ok().and_then(|mut hashes| hashes.pop()).unwrap_or(Digest::ZERO)
}
