//! Parallel checks: reads ranges of leaves and checks each leaf by itself: bytes, hash, format, signatures, index rows.
//!
//! # Invariants
//!
//! Every leaf of a range is hashed once and compared with the tree's tiles before any leaf of the range is used. A
//! range with a mismatch, or one that cannot be read as a whole, is read again leaf by leaf, to locate the damage.
//!
//! Of a deposit only the data for the sequential checks is kept; an audit of the structure does not parse deposits at all. The roots of
//! full tiles are computed here, on all cores.

use crate::audit::report::{Fault, Findings};
use crate::audit::rows::Rows;
use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::notice::SignedNotice;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::time::Timestamp;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{LedgerReader, PrivatePiece};

/// Leaves per range: 4 tiles.
pub(in crate::audit) const RANGE: u64 = 4 * TILE_WIDTH as u64;

/// Consecutive leaves of one tile of level 0, in order.
pub(in crate::audit) struct ExaminedTile {
    pub(in crate::audit) leaves: Vec<ExaminedLeaf>,
    /// The tile and its root, if the leaves fill it.
    pub(in crate::audit) full: Option<FullTile>,
}

impl ExaminedTile {
    fn of(leaves: Vec<ExaminedLeaf>) -> Self {
        let first = leaves.first().map_or(0, |leaf| leaf.index.0);
        let full = (leaves.len() == usize::from(TILE_WIDTH)).then(|| {
            let hashes = hashes_of(&leaves);
            FullTile { level: 0, index: first / u64::from(TILE_WIDTH), root: root_of(&hashes), hashes }
        });
        Self { leaves, full }
    }
}

fn hashes_of(leaves: &[ExaminedLeaf]) -> Vec<Digest> {
    leaves.iter().map(|leaf| leaf.hash).collect()
}

/// A leaf after the checks of this module.
pub(in crate::audit) struct ExaminedLeaf {
    pub(in crate::audit) index: LeafIndex,
    /// The hash of the bytes; for damaged bytes, the hash in the tree.
    pub(in crate::audit) hash: Digest,
    pub(in crate::audit) leaf: Result<LeafContent, LeafFault>,
}

/// The data of a leaf for the sequential checks.
pub(in crate::audit) enum LeafContent {
    /// A deposit that an audit of the structure does not parse.
    Unparsed,
    Deposit(Box<Deposit>),
    Notice(Box<SignedNotice>),
    Block(Box<BlockHeader>),
}

impl LeafContent {
    pub(in crate::audit) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Unparsed => None,
            Self::Deposit(deposit) => Some(deposit.received),
            Self::Notice(notice) => Some(notice.notice().received),
            Self::Block(header) => Some(header.time),
        }
    }
}

/// The data of a deposit for the sequential checks.
pub(in crate::audit) struct Deposit {
    pub(in crate::audit) number: DepositNumber,
    pub(in crate::audit) received: Timestamp,
    /// The entry and its private content, if it could be read: only for a deposit in a stream, on behalf of an account, or that may be
    /// an act.
    pub(in crate::audit) whole: Option<Box<(Entry, Option<PrivatePiece>)>>,
    /// Faults of the entry itself.
    pub(in crate::audit) own: Findings,
    /// Faults of its index rows and private content.
    pub(in crate::audit) of_rows: Findings,
    /// Index rows looked up.
    pub(in crate::audit) rows: u64,
    /// The block header that the row of its number names.
    pub(in crate::audit) header: Option<LeafIndex>,
    /// The number of rows that it requires in each index.
    pub(in crate::audit) expected_rows: IndexRows,
}

/// Why a leaf is invalid.
pub(in crate::audit) enum LeafFault {
    Damaged(String),
    Malformed(String),
}

/// Checks leaves of one ledger. Several may run in parallel, each with its own cache of keys.
pub(in crate::audit) struct Examiner<'a, R: ?Sized> {
    pub(in crate::audit) store: &'a R,
    pub(in crate::audit) origin: &'a Name,
    /// Whether deposits are left unparsed.
    pub(in crate::audit) structure_only: bool,
    pub(in crate::audit) signatures: bool,
    pub(in crate::audit) indexes: bool,
    pub(in crate::audit) keys: KeyCache,
    /// Called with every deposit that parses.
    pub(in crate::audit) inspect: Option<&'a Inspect<'a>>,
}

/// Inspects a deposit: its index, its bytes and the entry. Called on several threads, in no order, and twice for a leaf
/// that is read twice.
pub type Inspect<'a> = dyn Fn(LeafIndex, &[u8], &Entry) + Sync + 'a;

impl<R: LedgerReader + ?Sized> Examiner<'_, R> {
    /// Reads and checks the leaves `first .. first+count`. Unreadable leaves are `LeafFault::Damaged`.
    pub(in crate::audit) fn examine(&mut self, first: LeafIndex, count: u64) -> Vec<ExaminedTile> {
        if let Some(tiles) = self.examine_range(first, count) {
            return tiles.into_iter().map(ExaminedTile::of).collect();
        }
        let mut tiles = Tiles::default();
        for index in (first.0..first.0 + count).map(LeafIndex) {
            tiles.push(self.examine_one(index));
        }
        tiles.0.into_iter().map(ExaminedTile::of).collect()
    }

    /// The range by tiles, if it can be read and every leaf has the hash in the tree.
    fn examine_range(&mut self, first: LeafIndex, count: u64) -> Option<Vec<Vec<ExaminedLeaf>>> {
        let (store, mut tiles, mut next) = (self.store, Tiles::default(), first.0);
        let scanned = store.scan(first, count, &mut |bytes| {
            tiles.push(self.parse(LeafIndex(next), bytes));
            next += 1;
        });
        let is_whole = scanned.is_ok() && next == first.0 + count;
        (is_whole && tiles.0.iter().all(|tile| self.is_in_the_tree(tile))).then_some(tiles.0)
    }

    /// Whether the tree contains these leaves of one tile.
    fn is_in_the_tree(&self, leaves: &[ExaminedLeaf]) -> bool {
        let Some(first) = leaves.first() else { return true };
        let held = u16::try_from(leaves.len()).ok();
        let held = held.and_then(|count| self.store.tile_hashes(0, first.index.0, count).ok());
        held.is_some_and(|held| leaves.iter().map(|leaf| leaf.hash).eq(held))
    }

    /// One leaf, read by itself.
    fn examine_one(&mut self, index: LeafIndex) -> ExaminedLeaf {
        match self.store.leaf(index) {
            Ok(bytes) => self.parse(index, &bytes),
            Err(error) => {
                let (hash, leaf) = (hash_in_tree(self.store, index), Err(LeafFault::Damaged(error.to_string())));
                ExaminedLeaf { index, hash, leaf }
            }
        }
    }

    fn parse(&mut self, index: LeafIndex, bytes: &[u8]) -> ExaminedLeaf {
        let hash = leaf_hash(bytes);
        if self.structure_only && Leaf::is_entry(bytes) {
            return ExaminedLeaf { index, hash, leaf: Ok(LeafContent::Unparsed) };
        }
        let leaf = match Leaf::parse_with(bytes, &mut self.keys) {
            Ok(Leaf::Entry(entry)) => {
                if let Some(inspect) = self.inspect {
                    inspect(index, bytes, &entry);
                }
                Ok(LeafContent::Deposit(Box::new(self.deposit(index, &hash, entry))))
            }
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
        let needed = of_an_account || matches!(private, Some(PrivatePiece::Held(_)));
        let expected_rows = IndexRows::of_entry(&entry);
        Deposit {
            number: entry.number,
            received: entry.received,
            whole: needed.then(|| Box::new((entry, private))),
            own,
            of_rows: rows.findings,
            rows: rows.count,
            header: rows.header,
            expected_rows,
        }
    }
}

/// Leaves by tiles of level 0, in order.
#[derive(Default)]
struct Tiles(Vec<Vec<ExaminedLeaf>>);

impl Tiles {
    fn push(&mut self, leaf: ExaminedLeaf) {
        match self.0.last_mut() {
            // The first range of a resumed audit may begin within a tile.
            Some(tile) if !leaf.index.0.is_multiple_of(u64::from(TILE_WIDTH)) => tile.push(leaf),
            _ => {
                let mut tile = Vec::with_capacity(TILE_WIDTH.into());
                tile.push(leaf);
                self.0.push(tile);
            }
        }
    }
}

/// The hash in the tree of a leaf that cannot be read, so that the walk can continue. Zeros if the tree is damaged too:
/// the comparison of tiles and root finds that.
fn hash_in_tree<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Digest {
    store.tile_hashes(0, index.0, 1).ok().and_then(|mut hashes| hashes.pop()).unwrap_or(Digest::ZERO)
}
