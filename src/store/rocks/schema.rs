//! The tables: each column family's name, key and value, bound together once, so that a writer and a reader of a row
//! cannot disagree.
//!
//! Not here: how keys and values are spelled (`format`), how RocksDB is set up for each shape (`engine`).

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

/// Every record of the chain, by its place.
pub const LEAVES: Table<LeafIndex, Record> = Table::new("leaves");
/// Full tiles of the tree, each with its root.
pub const TILES: Table<TileKey, StoredTile> = Table::new("tiles");
/// Places of block headers, by height.
pub const BLOCKS: Table<Height, LeafIndex> = Table::new("blocks");
/// Places of deposits and of the headers of their blocks, by number.
pub const NUMBERS: Table<DepositNumber, DepositPlace> = Table::new("numbers");
/// Places of deposits, by statement id.
pub const STATEMENTS: Table<Digest, LeafIndex> = Table::new("statements");
/// Places of all leaves, by leaf hash.
pub const RECORDS: Table<Digest, LeafIndex> = Table::new("records");
/// Deposits of each digest, the earliest first.
pub const DIGESTS: Table<DigestKey, Empty> = Table::new("digests");
/// Places of deposits, by subject and sequence.
pub const SUBJECTS: Table<SubjectKey, LeafIndex> = Table::new("subjects");
/// Links, by what they lead to.
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
/// What is erased and may still lie in a file.
pub const PENDING_ERASURES: Table<ErasedPiece, Fingerprint> = Table::new("purges");
/// How far followers have come. No part of the ledger.
pub const CURSORS: Table<Digest, u64> = Table::new("bookmarks");
/// What the database says of itself.
pub const META: Table<About, Vec<u8>> = Table::new("meta");

/// How a table is written and asked, which decides how RocksDB keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text in the order of its keys.
    Text,
    /// Private text in the order of its keys, never compressed: a search of the files for its bytes finds them.
    Private,
    /// Random bytes of eight kilobytes, nearly in the order of their keys.
    Tiles,
    /// Short rows in the order of their keys.
    Ordered,
    /// Short rows in random order, asked for one by one.
    Random(LookupPattern),
    /// Short rows in random order, asked for by the first so many bytes of their key.
    Prefixed(usize, LookupPattern),
}

/// What a table is mostly asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupPattern {
    /// What it has.
    MostlyHits,
    /// What it does not have: each deposit asks whether it is new.
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
