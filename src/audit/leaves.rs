//! Reads ranges of leaves and checks each leaf by itself: bytes, hash, format, signatures, index rows.
//!
//! # Invariants
//!
//! Every leaf of a range is hashed once and compared with the tree's tiles before any is used. A range with a mismatch, or one that
//! cannot be read as a whole, is read again leaf by leaf, to locate the damage.
//!
//! Of a deposit only the data for the sequential checks is kept.

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
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{LedgerReader, PrivatePiece};

/// Leaves per range: 4 tiles.
pub(in crate::audit) const RANGE: u64 = 4 * TILE_WIDTH as u64;

/// A leaf after the checks of this module.
pub(in crate::audit) struct ExaminedLeaf {
    pub(in crate::audit) index: LeafIndex,
    /// The hash of the bytes; for damaged bytes the hash in the tree.
    pub(in crate::audit) hash: Digest,
    pub(in crate::audit) leaf: Result<LeafContent, LeafFault>,
}

/// The data of a leaf for the sequential checks.
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

impl Deposit {
    /// A deposit of which only number and time are needed.
    fn plain(number: DepositNumber, received: Timestamp) -> Self {
        let expected_rows = IndexRows::default();
        Self {
            number,
            received,
            whole: None,
            own: Vec::new(),
            of_rows: Vec::new(),
            rows: 0,
            header: None,
            expected_rows,
        }
    }
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
    pub(in crate::audit) signatures: bool,
    pub(in crate::audit) indexes: bool,
    pub(in crate::audit) keys: KeyCache,
    /// Called with every deposit that parses.
    pub(in crate::audit) inspect: Option<&'a Inspect<'a>>,
}

/// Looks at a deposit: its index, its bytes and the entry. Called on several threads, in no order, and again for a leaf that is
/// read again.
pub type Inspect<'a> = dyn Fn(LeafIndex, &[u8], &Entry) + Sync + 'a;

impl<R: LedgerReader + ?Sized> Examiner<'_, R> {
    /// Reads and checks the leaves `first .. first+count`. Unreadable leaves are `LeafFault::Damaged`.
    pub(in crate::audit) fn examine(&mut self, first: LeafIndex, count: u64) -> Vec<ExaminedLeaf> {
        self.examine_range(first, count)
            .unwrap_or_else(|| (first.0..first.0 + count).map(|index| self.examine_one(LeafIndex(index))).collect())
    }

    /// The range, if it can be read and every leaf has the hash in the tree.
    fn examine_range(&mut self, first: LeafIndex, count: u64) -> Option<Vec<ExaminedLeaf>> {
        let store = self.store;
        let mut examined = Vec::with_capacity(usize::try_from(count).ok()?);
        let mut next = first.0;
        let scanned = store.scan(first, count, &mut |bytes| {
            examined.push(self.parse(LeafIndex(next), bytes));
            next += 1;
        });
        let fits = scanned.is_ok() && next == first.0 + count && self.are_in_the_tree(first, &examined);
        fits.then_some(examined)
    }

    fn are_in_the_tree(&self, first: LeafIndex, examined: &[ExaminedLeaf]) -> bool {
        // A range that an audit goes on with may begin within a tile.
        let in_first = usize::from(TILE_WIDTH) - usize::try_from(first.0 % u64::from(TILE_WIDTH)).unwrap_or(0);
        let (begun, whole) = examined.split_at(examined.len().min(in_first));
        let tiles = std::iter::once(begun).chain(whole.chunks(TILE_WIDTH.into()));
        tiles.filter(|tile| !tile.is_empty()).all(|tile| {
            let at = tile.first().map_or(first.0, |leaf| leaf.index.0);
            let held = u16::try_from(tile.len()).ok().and_then(|count| self.store.tile_hashes(0, at, count).ok());
            held.is_some_and(|held| tile.iter().map(|leaf| leaf.hash).eq(held))
        })
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
        if !self.signatures
            && !self.indexes
            && self.inspect.is_none()
            && let Some(head) = fast_entry::parse_common(bytes, self.origin, &mut self.keys)
        {
            return ExaminedLeaf {
                index,
                hash,
                leaf: Ok(LeafContent::Deposit(Deposit::plain(head.number, head.received))),
            };
        }
        let leaf = match Leaf::parse_with(bytes, &mut self.keys) {
            Ok(Leaf::Entry(entry)) => {
                if let Some(inspect) = self.inspect {
                    inspect(index, bytes, &entry);
                }
                Ok(LeafContent::Deposit(self.deposit(index, &hash, entry)))
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

/// The hash in the tree of a leaf that cannot be read, so that the walk can continue; zeros if the tree is damaged too, which the
/// comparison of tiles and root finds.
fn hash_in_tree<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Digest {
    store.tile_hashes(0, index.0, 1).ok().and_then(|mut hashes| hashes.pop()).unwrap_or(Digest::ZERO)
}
