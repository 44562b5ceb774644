//! The tables of the database: name, key type and value type of each column family, in one place for writers and
//! readers.
//!
//! Not here: the encoding of keys and values (`format`), RocksDB's settings for each shape (`tuning`).

use std::marker::PhantomData;

use crate::ledger::block::Height;
use crate::ledger::hash::{DIGEST_LEN, Digest};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::number::DepositNumber;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::annotation::{AnnotationKey, AnnotationRow, LevelKey};
use crate::store::rocks::format::record::Record;
use crate::store::rocks::format::{
    AnnexKey, DIGEST_PREFIX, DigestKey, Empty, Fingerprint, LabelKey, LinkKey, PrivateRow, StoredTile, SubjectKey,
    TileKey,
};
use crate::store::traits::DepositPlace;

/// A column family with the types of its keys and values.
pub struct Table<K, V> {
    /// The column family's name.
    pub name: &'static str,
    row: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Table<K, V> {
    const fn new(name: &'static str) -> Self {
        Self { name, row: PhantomData }
    }
}

/// Every record of the chain, by its leaf index.
pub const LEAVES: Table<LeafIndex, Record> = Table::new("leaves");
/// Full tiles of the tree, each with its root.
pub const TILES: Table<TileKey, StoredTile> = Table::new("tiles");
/// Leaf indexes of block headers, by height.
pub const BLOCKS: Table<Height, LeafIndex> = Table::new("blocks");
/// Leaf indexes of deposits and of the headers of their blocks, by number.
pub const NUMBERS: Table<DepositNumber, DepositPlace> = Table::new("numbers");
/// Leaf indexes of deposits, by statement id.
pub const STATEMENTS: Table<Digest, LeafIndex> = Table::new("statements");
/// Leaf indexes of all leaves, by leaf hash.
pub const RECORDS: Table<Digest, LeafIndex> = Table::new("records");
/// Deposits of each digest, the earliest first.
pub const DIGESTS: Table<DigestKey, Empty> = Table::new("digests");
/// Leaf indexes of deposits, by subject and sequence.
pub const SUBJECTS: Table<SubjectKey, LeafIndex> = Table::new("subjects");
/// Links, by the linked deposit.
pub const LINKS: Table<LinkKey, Empty> = Table::new("links");
/// Deposits that later deposits link to, so that a look-up of any other deposit reads no row of `links`.
pub const LINK_TARGETS: Table<LeafIndex, Empty> = Table::new("link_targets");
/// Checkpoints that have annotations, and the annotations.
pub const ANNOTATIONS: Table<AnnotationKey, AnnotationRow> = Table::new("annotations");
/// Checkpoints by the level of proof that they have reached.
pub const CHECKPOINT_LEVELS: Table<LevelKey, Empty> = Table::new("checkpoint_levels");
/// Private content, off the chain: a row for every deposit with a `meta` line.
pub const PRIVATE: Table<LeafIndex, PrivateRow> = Table::new("vault");
/// Annexes, off the chain: further pieces of private content, by their deposit and commitment.
pub const ANNEXES: Table<AnnexKey, PrivateRow> = Table::new("annexes");
/// Deposits under each label, the earliest first.
pub const LABELS: Table<LabelKey, Empty> = Table::new("labels");
/// Erased pieces whose bytes may still be in a file.
pub const PENDING_ERASURES: Table<ErasedPiece, Fingerprint> = Table::new("purges");
/// Positions of consumers of the ledger. Not part of the ledger.
pub const CURSORS: Table<Digest, u64> = Table::new("bookmarks");
/// Facts about the database itself.
pub const META: Table<About, Vec<u8>> = Table::new("meta");

/// Access pattern of a table, which determines RocksDB's settings for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text, written in key order.
    Text,
    /// Private text, written in key order and never compressed, so that a search of the files finds its bytes.
    Private,
    /// Random bytes of eight kilobytes, written nearly in key order.
    Tiles,
    /// Short rows, written in key order.
    Ordered,
    /// Short rows with random keys, read one by one.
    Random(LookupPattern),
    /// Short rows with random keys, read by a key prefix of this many bytes.
    Prefixed(usize, LookupPattern),
}

/// Whether most look-ups in a table find a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupPattern {
    /// Most look-ups find a row.
    MostlyHits,
    /// Most look-ups find none: admission checks that each deposit is new.
    MostlyMisses,
}

use LookupPattern::{MostlyHits, MostlyMisses};

/// All tables.
pub const TABLES: [(&str, Shape); 18] = [
    (LEAVES.name, Shape::Text),
    (TILES.name, Shape::Tiles),
    (BLOCKS.name, Shape::Ordered),
    (NUMBERS.name, Shape::Random(MostlyMisses)),
    (STATEMENTS.name, Shape::Random(MostlyMisses)),
    (RECORDS.name, Shape::Random(MostlyHits)),
    (DIGESTS.name, Shape::Prefixed(DIGEST_PREFIX, MostlyMisses)),
    (SUBJECTS.name, Shape::Prefixed(DIGEST_LEN, MostlyMisses)),
    (LINKS.name, Shape::Prefixed(8, MostlyMisses)),
    (LINK_TARGETS.name, Shape::Random(MostlyMisses)),
    (ANNOTATIONS.name, Shape::Ordered),
    (CHECKPOINT_LEVELS.name, Shape::Ordered),
    (PRIVATE.name, Shape::Private),
    (ANNEXES.name, Shape::Private),
    (LABELS.name, Shape::Prefixed(DIGEST_LEN, MostlyMisses)),
    (PENDING_ERASURES.name, Shape::Ordered),
    (CURSORS.name, Shape::Ordered),
    (META.name, Shape::Ordered),
];
