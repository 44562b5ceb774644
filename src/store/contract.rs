//! What a store promises, in the ledger's own words.
//!
//! # Two sizes
//!
//! A store holds an **appended** chain and, durably beside it, the **published** checkpoint: the last one that was
//! signed. The appended chain is never shorter than the published one, and longer only between an append and its
//! signature. All of [`ReadLedger`] is bounded by the published size: what is not signed is not shown.
//!
//! # Atomicity and durability
//!
//! [`AppendLedger::append`] stores a whole block (leaves, full tiles, index rows, private content) or nothing. When it
//! returns `Ok`, the block survives a power cut. [`AppendLedger::publish`] likewise: when it returns, the checkpoint is
//! the durable mark that every later opening is held against.
//!
//! # Private content
//!
//! Pieces lie off the chain, each under a salted commitment. An erasure overwrites a piece by a tombstone that leads to
//! the `erased` notice of the same block: final, in the one atomic append, and in force from then on, published or not
//! (what is gone cannot be shown until its notice is signed). The disk may hold the overwritten bytes for a while:
//! only [`keeping::KeepPrivate::purge`] makes sure that they are gone, and an erasure is confirmed to nobody before.
//!
//! # Concurrency
//!
//! One writer: the sequencer. Readers may be any number, at any time, on any thread; they never wait for the writer's
//! disk and see either nothing or all of a published block. All calls block; async callers bring a thread of their own.
//!
//! # Damage
//!
//! A record whose bytes do not hash to what the tree holds is never served: [`ReadError::Damaged`]. A row that must be
//! there and is not is damage too, never "not found".
//!
//! Not here: what the bytes mean (`ledger`), who may read private content (`filing`).

pub mod accounts;
pub mod index_rows;
pub mod keeping;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::ledger::block::Height;
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::frontier::FullTile;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::time::Timestamp;
use crate::store::contract::index_rows::IndexRows;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::shortage::Shortage;

/// The last signed checkpoint and the block it ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The checkpoint. Its size bounds all reads.
    pub checkpoint: SignedCheckpoint,
    /// Height of the block that the tree ends in.
    pub height: Height,
    /// That block's hash.
    pub block_hash: Digest,
    /// That block's time.
    pub block_time: Timestamp,
}

impl Published {
    /// The published size.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size
    }
}

/// Why a read failed. None of these means "not there": that is `Ok(None)`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Asked beyond the published size: a programmer's error inside, a 404 outside.
    #[error("{asked} is beyond the published size {size}")]
    Beyond {
        /// The index or size asked for.
        asked: u64,
        /// The published size.
        size: TreeSize,
    },
    /// Stored bytes are missing or do not hash to what the tree holds. Restore from a mirror or backup.
    #[error("damaged {what} at {at}: {reason}")]
    Damaged {
        /// What kind of row: `leaf`, `tile`, `block`, `number`, …
        what: &'static str,
        /// Its key, for people.
        at: String,
        /// What does not fit.
        reason: String,
    },
    /// A look at what lies in memory asked for something else. Look at the store itself.
    #[error("it does not lie in memory")]
    NotInMemory,
    /// The disk or the connection failed. Try again later.
    #[error("cannot read: {0}")]
    Unavailable(String),
}

/// Why an append did not happen, or may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The block does not follow the stored tip. Nothing was stored: make it anew on the present tip.
    #[error("the block follows size {base}, the chain has {size}")]
    TipMoved {
        /// The size the block was made for.
        base: TreeSize,
        /// The size of the chain.
        size: TreeSize,
    },
    /// A deposit in the block may not enter. Nothing was stored: seal the others without it.
    #[error("deposit {position} of the block is refused: {refusal}")]
    Refused {
        /// Which leaf of the block, from 0.
        position: usize,
        /// Why.
        refusal: Refusal,
    },
    /// What is to be erased is not there to be erased. Nothing was stored.
    #[error("nothing is erased: {0}")]
    Erasure(#[from] ErasureRefusal),
    /// The checks before the write could not be made. Nothing was stored.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A resource of the machine ran out, before the write or during it. Nothing is appended any more until
    /// [`AppendLedger::recover`] has succeeded, which tells what is stored.
    #[error("{shortage}: {detail}")]
    Short {
        /// The resource.
        shortage: Shortage,
        /// The failed operation, for the operator.
        detail: String,
    },
    /// The outcome is unknown: a failed fsync, or a write that failed for any reason but a shortage. Stop writing at once;
    /// only a restart tells what is stored.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
}

/// One piece of private content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Private {
    /// It is kept.
    Held(PrivateMetadata),
    /// The deposit never brought it.
    None,
    /// It is gone for good; the place of the notice that says so.
    Erased(LeafIndex),
}

/// What a deposit brings along that stays off the chain. Only for a statement with a `meta` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrivateContent {
    /// What the `meta` line commits to; `None` when its depositor keeps it.
    pub metadata: Option<PrivateMetadata>,
    /// Further pieces, each under a salt and a commitment of its own, by which it is asked for. The chain does not name
    /// them: whoever needs that names their commitments in the metadata.
    pub annexes: Vec<PrivateMetadata>,
    /// Opaque words under which whoever knows them finds the deposit. The store knows nothing of their meaning.
    pub labels: Vec<Digest>,
}

impl PrivateContent {
    /// Whether there is nothing to keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.metadata.is_none() && self.annexes.is_empty() && self.labels.is_empty()
    }
}

impl From<PrivateMetadata> for PrivateContent {
    fn from(metadata: PrivateMetadata) -> Self {
        Self { metadata: Some(metadata), ..Self::default() }
    }
}

/// A position in the list of links to one deposit. The list is ordered by kind ([`LinkKind::BY_PRIORITY`]: the owner's links
/// before `refers`, withdrawals first), and within a kind by the place of the linking deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkPosition {
    /// What the linking deposit says.
    pub kind: LinkKind,
    /// Where it stands.
    pub source: LeafIndex,
}

impl LinkPosition {
    /// Before all links.
    pub const FIRST: Self = Self { kind: LinkKind::Withdraws, source: LeafIndex(0) };
    /// Before all `refers` links, after those of the owner.
    pub const FIRST_REFERENCE: Self = Self { kind: LinkKind::Refers, source: LeafIndex(0) };
}

impl Ord for LinkPosition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind.priority().cmp(&other.kind.priority()).then(self.source.cmp(&other.source))
    }
}

impl PartialOrd for LinkPosition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reading a ledger, bounded by the published size.
pub trait ReadLedger: Send + Sync {
    /// The last signed checkpoint; `None` before the genesis block is signed. It only ever grows.
    fn published(&self) -> Option<Arc<Published>>;

    /// The leaves `first .. first+count`, re-hashed against the tree. Keep `count` small: they are held in memory.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// Shows `see` each of the leaves `first .. first+count` in its turn, as it stands in the store, held against nothing:
    /// for whoever hashes them himself and knows what to do about one that does not fit. Keeps nothing in memory, and
    /// holds no lock meanwhile. After an error `see` may have seen some of them.
    ///
    /// # Errors
    /// [`ReadError`], also for a leaf that is missing.
    fn scan(&self, first: LeafIndex, count: u64, see: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.leaves(first, count)?.iter().for_each(|leaf| see(leaf));
        Ok(())
    }

    /// Items of a tile, as `ledger::merkle::tile::HashReader` asks for them: `count` consecutive items of tile level
    /// `level` from item number `first`, all within one tile, all complete at the published size.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError>;

    /// Place of the header of the block at `height`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError>;

    /// The deposit of this number.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_number(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError>;

    /// The deposit of this statement id.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_statement(&self, id: &Digest) -> Result<Option<LeafIndex>, ReadError>;

    /// The record of this leaf hash: an entry by 交易id, a header by 区块哈希, or a notice.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError>;

    /// Deposits of this plain or salted digest that stand in the range `within`, the earliest first, at most `limit`. The
    /// cost grows with `limit`, not with the number of deposits of the digest.
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_digest(
        &self,
        algorithm: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        limit: usize,
    ) -> Result<Vec<LeafIndex>, ReadError>;

    /// The entry of a subject's stream at `sequence` (from 1).
    ///
    /// # Errors
    /// [`ReadError`].
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError>;

    /// The last sequence of a subject's stream; 0 when there is none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn subject_length(&self, subject: &Digest) -> Result<u64, ReadError>;

    /// Links to the deposit at `target` from the position `from` on, in the order of [`LinkPosition`], at most `limit`. The
    /// cost grows with `limit`, not with the number of links.
    ///
    /// # Errors
    /// [`ReadError`].
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError>;

    /// What the `meta` line of the deposit at `index` commits to, re-hashed against it. The caller decides who may see it.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Damaged`] also when a row is missing.
    fn private(&self, index: LeafIndex) -> Result<Private, ReadError>;

    /// The same, for whoever has just read in the deposit itself what it commits to, if to anything.
    ///
    /// # Errors
    /// As [`Self::private`].
    fn private_of(&self, index: LeafIndex, _committed: Option<&Digest>) -> Result<Private, ReadError> {
        self.private(index)
    }

    /// The annex of the deposit at `index` with this commitment, re-hashed against it, likewise. A row that is missing
    /// cannot be told from an annex that was never brought: the chain names none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError>;

    /// Deposits under this label from `from` on, the earliest first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled(&self, label: &Digest, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Deposits under this label at places before `before`, the last first, at most `limit`. Reads `limit` rows at most.
    ///
    /// # Errors
    /// [`ReadError`].
    fn labelled_before(&self, label: &Digest, before: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, ReadError>;

    /// Deposits under this label, the last first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn last_labelled(&self, label: &Digest, limit: usize) -> Result<Vec<LeafIndex>, ReadError> {
        self.labelled_before(label, LeafIndex(u64::MAX), limit)
    }

    /// How many rows each index has for the leaves below the published size; `None` where the reader has no indexes of its
    /// own. Reads all of them.
    ///
    /// # Errors
    /// [`ReadError`].
    fn index_rows(&self) -> Result<Option<IndexRows>, ReadError> {
        Ok(None)
    }

    /// Shows `look` what of this store can be read without waiting for a disk. Whether all that it asked for lay there:
    /// else what it found counts for nothing, and it has to look at the store itself.
    fn look_in_memory(&self, _look: &mut dyn FnMut(&dyn ReadLedger)) -> bool {
        false
    }

    /// One leaf, re-hashed against the tree.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        let none =
            || ReadError::Damaged { what: "leaf", at: index.to_string(), reason: "the store answered none".into() };
        self.leaves(index, 1)?.pop().ok_or_else(none)
    }
}

/// Growing a ledger. Only the sequencer holds this.
pub trait AppendLedger: ReadLedger {
    /// The end of the appended chain, published or not.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tip(&self) -> Result<Tip, ReadError>;

    /// Stores `block` on the tip it was made for, with the private content of its deposits by their place, and erases
    /// the pieces `erasures` of earlier deposits. Enforces, itself and before writing: the tip; each statement id and
    /// number once; subjects without gaps and by their owners; links to deposits that exist and, where the kind asks for
    /// it, are the depositor's own; private content where a `meta` line stands, and as it says; erasures exactly as the
    /// one `erased` notice of the block names them, of what is held.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append(
        &self,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<(), AppendError>;

    /// Appended leaves `first .. first+count` as they stand in the store, read afresh, published or not, without
    /// comparing them with anything: for the read-back before signing, which does its own hashing.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError>;

    /// A full tile as it stands in the store, published or not, likewise; `root` is the stored one.
    ///
    /// # Errors
    /// [`ReadError`].
    fn appended_tile(&self, level: u8, index: u64) -> Result<FullTile, ReadError>;

    /// Whether an append may be attempted: no earlier write has failed, and the disk has room. Asked before each block, so
    /// it must be cheap.
    ///
    /// # Errors
    /// [`AppendError::Short`]: call [`Self::recover`] before the next append. [`AppendError::Unknown`]: stop writing.
    fn ready_to_append(&self) -> Result<(), AppendError> {
        Ok(())
    }

    /// Makes the store ready to append after [`AppendError::Short`]. If a write failed, the store is opened anew by the
    /// functions that open it at a start, and its tip is then what the disk holds; the appended chain may have grown by the
    /// block of the failed write, and the published checkpoint by the one of a failed publication. Readers of the moment
    /// finish first, new ones wait.
    ///
    /// # Errors
    /// [`AppendError::Short`]: the resource is still missing, reading goes on, try again later. Anything else: stop writing.
    fn recover(&self) -> Result<(), AppendError> {
        self.ready_to_append()
    }

    /// Makes `published` the durable mark and the bound of all reads. Never replaces a larger one.
    ///
    /// # Errors
    /// [`AppendError::Unknown`]: stop writing at once. [`AppendError::Short`]: as after an append.
    /// [`AppendError::TipMoved`] when it is not larger than the one in force, or larger than the appended chain.
    fn publish(&self, published: Published) -> Result<(), AppendError>;
}
