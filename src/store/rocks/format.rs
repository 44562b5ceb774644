//! Disk format: the byte encoding of every key and value. `chain-data/README.md` documents it; a changed byte needs a
//! new format version there and here.
//!
//! # Invariants
//!
//! Numbers in keys are big-endian, so that rows sort by number. Each value has exactly one encoding. Decoding other
//! bytes returns `None`, which callers report as damage; it never panics.

pub mod about;
pub mod annotation;
pub mod record;

use crate::ledger::block::Height;
use crate::ledger::hash::{DIGEST_LEN, Digest, sha256};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{TILE_WIDTH, decode_hashes};
use crate::ledger::metadata::{PrivateMetadata, SALT_LEN};
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::LinkKind;
use crate::store::traits::{DepositPlace, LinkPosition};

/// The format version that this program writes, and the newest that it reads.
///
/// Increase it when a program of the previous version would misread the database: another encoding of a row, a new
/// required column family. Do not increase it for settings (compression, filters, caches): RocksDB records those
/// itself. A node never changes the format of a ledger that it opens; the operator converts it with `tiezheng index
/// rebuild`.
///
/// | version | since | what |
/// |---|---|---|
/// | 1 | never released | the first |
/// | 2 | never released | tombstones in `vault`; the column families `annexes`, `labels`, `purges`, `bookmarks`; `unindexed` |
/// | 3 | never released | rows of `leaves` packed |
/// | 4 | never released | keys of `links` ordered by kind |
/// | 5 | 0.1.0 | rows of `numbers` name the block header and whether a digest was deposited before; `link_targets` |
/// | 6 | 0.1.0 | `annotations` with the checkpoint's note, `checkpoint_levels` |
pub const FORMAT_VERSION: u32 = 6;

/// The oldest format that `tiezheng index rebuild` converts to the current one: it derives the index again from the
/// log.
pub const OLDEST_REBUILT_VERSION: u32 = 4;

/// Encoding of a key or value.
pub trait ToDisk {
    /// The encoded bytes.
    type Bytes<'a>: AsRef<[u8]>
    where
        Self: 'a;

    /// Encodes the value.
    fn to_disk(&self) -> Self::Bytes<'_>;
}

/// Decoding of a key or value.
pub trait FromDisk: Sized {
    /// Decodes bytes that [`ToDisk`] has written; `None` for any other bytes.
    fn from_disk(bytes: &[u8]) -> Option<Self>;
}

/// Concatenates parts whose lengths add up to `N`.
fn joined<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(parts.iter().copied().flatten()) {
        *to = *from;
    }
    bytes
}

macro_rules! fixed {
    ($kind:ty, $length:literal, |$this:ident| $encoded:expr) => {
        impl ToDisk for $kind {
            type Bytes<'a> = [u8; $length];

            fn to_disk(&self) -> [u8; $length] {
                let $this = self;
                $encoded
            }
        }
    };
}

fixed!(LeafIndex, 8, |index| index.0.to_be_bytes());
fixed!(Height, 8, |height| height.0.to_be_bytes());
fixed!(DepositNumber, 12, |number| number.to_key());
fixed!(Digest, 32, |digest| digest.0);
fixed!(u64, 8, |number| number.to_be_bytes());

impl FromDisk for LeafIndex {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_be_bytes).map(Self)
    }
}

impl FromDisk for Height {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_be_bytes).map(Self)
    }
}

/// Appends `value` as LEB128: seven bits a byte, the lowest first, the high bit set on all bytes but the last.
fn put_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while let Some(low) = u8::try_from(value & 0x7f).ok().filter(|_| value > 0x7f) {
        bytes.push(low | 0x80);
        value >>= 7;
    }
    bytes.extend(u8::try_from(value));
}

/// Reads a varint from the front of `bytes`; `None` if it overflows or is not the shortest encoding.
fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        value |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        if byte & 0x80 == 0 {
            return (*byte != 0 || shift == 0).then_some(value);
        }
    }
    None
}

/// Value of a row of `numbers`, two varints: the deposit's index; then twice the distance to its block header, plus 1
/// if an earlier deposit has one of its digests.
impl ToDisk for DepositPlace {
    type Bytes<'a> = Vec<u8>;

    fn to_disk(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8);
        put_varint(self.index.0, &mut bytes);
        put_varint((self.header.0 - self.index.0) * 2 + u64::from(self.has_earlier), &mut bytes);
        bytes
    }
}

impl FromDisk for DepositPlace {
    fn from_disk(mut bytes: &[u8]) -> Option<Self> {
        let index = take_varint(&mut bytes)?;
        let rest = take_varint(&mut bytes)?;
        let header = index.checked_add(rest / 2).filter(|header| *header > index && bytes.is_empty())?;
        Some(Self { index: LeafIndex(index), header: LeafIndex(header), has_earlier: rest % 2 == 1 })
    }
}

/// Key of a tile: level, then index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileKey {
    /// Tile level.
    pub level: u8,
    /// Index within the level, from the left.
    pub index: u64,
}

fixed!(TileKey, 9, |key| joined(&[&[key.level], &key.index.to_be_bytes()]));

/// A full tile: its root, then its 256 hashes. The root comes first, so that the level above reads only 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTile {
    /// The root over the hashes.
    pub root: Digest,
    /// Its hashes, exactly 256.
    pub hashes: Vec<Digest>,
}

impl ToDisk for StoredTile {
    type Bytes<'a> = Vec<u8>;

    fn to_disk(&self) -> Vec<u8> {
        [self.root].iter().chain(&self.hashes).flat_map(|hash| hash.0).collect()
    }
}

impl StoredTile {
    /// Decodes some hashes of a stored tile without the others.
    #[must_use]
    pub fn part(bytes: &[u8], places: std::ops::Range<usize>) -> Option<Vec<Digest>> {
        if bytes.len() != DIGEST_LEN * (1 + usize::from(TILE_WIDTH)) {
            return None;
        }
        let (_root, hashes) = bytes.split_at_checked(DIGEST_LEN)?;
        hashes.chunks(DIGEST_LEN).skip(places.start).take(places.len()).map(Digest::from_slice).collect()
    }
}

impl FromDisk for StoredTile {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (root, hashes) = bytes.split_at_checked(DIGEST_LEN)?;
        Some(Self { root: Digest::from_slice(root)?, hashes: decode_hashes(hashes, TILE_WIDTH)? })
    }
}

/// Key of a row of `digests`: algorithm (1 SHA-256, 2 SM3; plain and salted alike), digest, leaf index of the deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestKey {
    /// The algorithm.
    pub algorithm: HashAlgorithm,
    /// The digest.
    pub digest: Digest,
    /// The deposit.
    pub index: LeafIndex,
}

/// Length of the key prefix that all rows of one digest share.
pub const DIGEST_PREFIX: usize = 1 + DIGEST_LEN;

impl DigestKey {
    /// The key prefix of all rows of one digest.
    #[must_use]
    pub fn prefix(algorithm: HashAlgorithm, digest: &Digest) -> [u8; DIGEST_PREFIX] {
        joined(&[&[algorithm_byte(algorithm)], &digest.0])
    }
}

fixed!(DigestKey, 41, |key| joined(&[&[algorithm_byte(key.algorithm)], &key.digest.0, &key.index.0.to_be_bytes()]));

impl FromDisk for DigestKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let (digest, index) = rest.split_at_checked(DIGEST_LEN)?;
        let algorithm = HashAlgorithm::ALL.into_iter().find(|algorithm| algorithm_byte(*algorithm) == *first)?;
        Some(Self { algorithm, digest: Digest::from_slice(digest)?, index: LeafIndex::from_disk(index)? })
    }
}

const fn algorithm_byte(algorithm: HashAlgorithm) -> u8 {
    match algorithm {
        HashAlgorithm::Sha256 => 1,
        HashAlgorithm::Sm3 => 2,
    }
}

/// Key of a row of `subjects`: subject, then sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectKey {
    /// The subject.
    pub subject: Digest,
    /// The sequence in the subject's stream, from 1.
    pub sequence: u64,
}

fixed!(SubjectKey, 40, |key| joined(&[&key.subject.0, &key.sequence.to_be_bytes()]));

impl FromDisk for SubjectKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (subject, sequence) = bytes.split_at_checked(DIGEST_LEN)?;
        let sequence = u64::from_be_bytes(sequence.try_into().ok()?);
        Some(Self { subject: Digest::from_slice(subject)?, sequence })
    }
}

/// Key of a row of `links`: the linked deposit, then the position among the links to it: kind (1 `withdraws`, 2
/// `replaces`, 3 `corrects`, 4 `supplements`, 5 `refers`), then the linking deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkKey {
    /// The linked deposit.
    pub target: LeafIndex,
    /// The kind of link and the linking deposit.
    pub position: LinkPosition,
}

fixed!(LinkKey, 17, |key| joined(&[
    &key.target.to_disk(),
    &[key.position.kind.priority()],
    &key.position.source.to_disk()
]));

impl FromDisk for LinkKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (target, rest) = bytes.split_at_checked(8)?;
        let (kind, source) = rest.split_first()?;
        let kind = LinkKind::ALL.into_iter().find(|known| *kind == known.priority())?;
        let position = LinkPosition { kind, source: LeafIndex::from_disk(source)? };
        Some(Self { target: LeafIndex::from_disk(target)?, position })
    }
}

/// Value of the tables of private content: `vault` has a row for each deposit with a `meta` line, `annexes` for each
/// annex. In `annexes` the first variant does not occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateRow {
    /// Byte 0: the depositor did not submit the private content.
    NotSubmitted,
    /// Byte 1, 32 bytes of salt, the JSON text.
    Held(PrivateMetadata),
    /// Byte 2, the leaf index of the `erased` notice. Final.
    Erased(LeafIndex),
}

impl ToDisk for PrivateRow {
    type Bytes<'a> = Vec<u8>;

    fn to_disk(&self) -> Vec<u8> {
        match self {
            Self::NotSubmitted => vec![0],
            Self::Held(held) => [&[1], held.salt.as_slice(), held.json.as_bytes()].concat(),
            Self::Erased(notice) => [&[2], notice.to_disk().as_slice()].concat(),
        }
    }
}

impl FromDisk for PrivateRow {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (0, []) => Some(Self::NotSubmitted),
            (1, rest) => {
                let (salt, json) = rest.split_at_checked(SALT_LEN)?;
                let json = String::from_utf8(json.to_vec()).ok()?;
                Some(Self::Held(PrivateMetadata { salt: salt.try_into().ok()?, json }))
            }
            (2, rest) => LeafIndex::from_disk(rest).map(Self::Erased),
            _ => None,
        }
    }
}

/// Key of an annex: its deposit, then its commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnexKey {
    /// The deposit.
    pub index: LeafIndex,
    /// The commitment of the annex.
    pub commitment: Digest,
}

fixed!(AnnexKey, 40, |key| joined(&[&key.index.to_disk(), &key.commitment.0]));

impl FromDisk for AnnexKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (index, commitment) = bytes.split_at_checked(8)?;
        Some(Self { index: LeafIndex::from_disk(index)?, commitment: Digest::from_slice(commitment)? })
    }
}

/// Key of a row of `labels`: label, then deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelKey {
    /// The label.
    pub label: Digest,
    /// The deposit.
    pub index: LeafIndex,
}

fixed!(LabelKey, 40, |key| joined(&[&key.label.0, &key.index.to_disk()]));

impl FromDisk for LabelKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (label, index) = bytes.split_at_checked(DIGEST_LEN)?;
        Some(Self { label: Digest::from_slice(label)?, index: LeafIndex::from_disk(index)? })
    }
}

/// Key of a pending erasure: deposit, then byte 0, or byte 1 and the annex's commitment.
impl ToDisk for ErasedPiece {
    type Bytes<'a> = Vec<u8>;

    fn to_disk(&self) -> Vec<u8> {
        let index = self.index.to_disk();
        match &self.piece {
            Piece::Metadata => [index.as_slice(), &[0]].concat(),
            Piece::Annex(commitment) => [index.as_slice(), &[1], &commitment.0].concat(),
        }
    }
}

impl FromDisk for ErasedPiece {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (index, rest) = bytes.split_at_checked(8)?;
        let piece = match rest.split_first()? {
            (0, []) => Piece::Metadata,
            (1, commitment) => Piece::Annex(Digest::from_slice(commitment)?),
            _ => return None,
        };
        Some(Self { index: LeafIndex::from_disk(index)?, piece })
    }
}

/// Fingerprint of the salt of an erased piece: its first four bytes, then its SHA-256. It recognizes the salt in a file
/// without storing it. The 28 unknown bytes cannot be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// The salt's first bytes.
    pub hint: [u8; 4],
    /// SHA-256 of the salt.
    pub digest: Digest,
}

impl Fingerprint {
    /// The fingerprint of `salt`.
    #[must_use]
    pub fn of(salt: &[u8; SALT_LEN]) -> Self {
        let [a, b, c, d, ..] = *salt;
        Self { hint: [a, b, c, d], digest: sha256(salt) }
    }
}

fixed!(Fingerprint, 36, |print| joined(&[&print.hint, &print.digest.0]));

impl FromDisk for Fingerprint {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (hint, digest) = bytes.split_first_chunk()?;
        Some(Self { hint: *hint, digest: Digest::from_slice(digest)? })
    }
}

impl FromDisk for u64 {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl FromDisk for Digest {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes)
    }
}

/// The empty value of a row whose information is all in its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty;

fixed!(Empty, 0, |_empty| []);

impl FromDisk for Empty {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(Self)
    }
}

/// Raw bytes, unchanged.
impl ToDisk for Vec<u8> {
    type Bytes<'a> = &'a [u8];

    fn to_disk(&self) -> &[u8] {
        self
    }
}

impl FromDisk for Vec<u8> {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests;
