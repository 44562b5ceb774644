//! Tiles (C2SP tlog-tiles): the tree as immutable files of 256 hashes, and entry bundles of 256 entries.
//!
//! Item `i` of tile level `L` is the root of the `i`-th complete subtree of `256^L` leaves; tile number `N` contains
//! the items `256·N ..`. At level 0 items are leaf hashes; above it, each item is the root of one full tile below.
//! Tiles on the right edge are partial, and have no item in the level above.
//!
//! ```text
//! tile/<L>/<N>          full: 256 hashes, 8,192 bytes          L  0 to 63, decimal
//! tile/<L>/<N>.p/<W>    partial: the first W hashes            N  decimal in groups of three, all but the last with an x
//! tile/entries/<N>      full: 256 entries, each a              W  1 to 255, decimal
//! tile/entries/<N>.p/<W>  u16 big-endian length and its bytes
//! ```
//!
//! ```
//! use tiezheng::ledger::merkle::shape::TreeSize;
//! use tiezheng::ledger::merkle::tile::{Tile, encode_bundle, new_tiles};
//!
//! let tile = Tile { level: 0, index: 1_234_067, width: 89 };
//! assert_eq!(tile.path(), "tile/0/x001/x234/067.p/89");
//! assert_eq!(Tile::parse("tile/0/x001/x234/067.p/89"), Ok(tile));
//!
//! let grown: Vec<String> = new_tiles(TreeSize(255), TreeSize(257)).map(Tile::path).collect();
//! assert_eq!(grown, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
//!
//! let entries: [&[u8]; 3] = [b"one", b"two", b"three"];
//! assert_eq!(encode_bundle(entries).unwrap(), b"\x00\x03one\x00\x03two\x00\x05three");
//! ```
//!
//! Every value has one canonical form: printing a parsed value gives the same bytes.
//!
//! Not here: where tiles are stored (`store`), compression and caching (`http`).

use std::fmt::Display;
use std::str::FromStr;

use crate::ledger::hash::{DIGEST_LEN, Digest};
use crate::ledger::merkle::shape::{Node, TreeSize};

/// Levels of the tree in one tile level.
pub const TILE_HEIGHT: u8 = 8;

/// Number of hashes in a full tile, and of entries in a full bundle: 2^[`TILE_HEIGHT`].
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;

/// Number of tile levels of the largest tree: 256^8 is more than [`TreeSize::MAX`].
pub const TILE_LEVELS: u8 = 8;

/// The highest tile level that a path can name, far above the levels of a real tree.
pub const MAX_TILE_LEVEL: u8 = 63;

/// The highest tile number that a path can name: six groups of three digits. Real trees stay below 2^55.
pub const MAX_TILE_INDEX: u64 = 999_999_999_999_999_999;

/// One hash tile, full or partial, by its coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Tile level, 0 (leaf hashes) to [`MAX_TILE_LEVEL`].
    pub level: u8,
    /// Number from the left within the level, 0 to [`MAX_TILE_INDEX`].
    pub index: u64,
    /// Number of hashes, 1 to [`TILE_WIDTH`]; a full tile has [`TILE_WIDTH`].
    pub width: u16,
}

/// One bundle of entries, full or partial: the entries whose leaf hashes are in the tile of level 0 with the same
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryBundle {
    /// Number from the left, 0 to [`MAX_TILE_INDEX`].
    pub index: u64,
    /// Number of entries, 1 to [`TILE_WIDTH`]; a full bundle has [`TILE_WIDTH`].
    pub width: u16,
}

/// Why a text is not the path of a tile or bundle. The HTTP layer answers 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilePathError {
    /// The path lacks the required prefix.
    #[error("path does not begin with `{expected}`")]
    Prefix {
        /// The required prefix.
        expected: &'static str,
    },
    /// The level is not a canonical decimal from 0 to 63.
    #[error("tile level is not a number from 0 to {MAX_TILE_LEVEL}")]
    Level,
    /// The number is not in groups of three digits.
    #[error("the tile number is not in the form `x001/x234/067`")]
    Index,
    /// The width after `.p/` is not a canonical decimal from 1 to 255.
    #[error("partial width is not a number from 1 to 255")]
    Width,
}

impl Tile {
    /// The path under the log's prefix, such as `tile/0/x001/x234/067.p/89` (tlog-tiles, "Merkle Tree").
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, place(self.index, self.width))
    }

    /// Reads exactly what [`Tile::path`] prints.
    ///
    /// # Errors
    /// [`TilePathError`] for the leftmost invalid part of the path.
    pub fn parse(path: &str) -> Result<Self, TilePathError> {
        let rest = path.strip_prefix("tile/").ok_or(TilePathError::Prefix { expected: "tile/" })?;
        let (level, rest) = rest.split_once('/').ok_or(TilePathError::Level)?;
        let level = decimal(level).filter(|level| *level <= MAX_TILE_LEVEL).ok_or(TilePathError::Level)?;
        let (index, width) = parse_place(rest)?;
        Ok(Self { level, index, width })
    }

    /// Whether the tile is full, so that it never changes.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }
}

impl EntryBundle {
    /// The path under the log's prefix, such as `tile/entries/x001/x234/067.p/89` (tlog-tiles, "Log Entries").
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/entries/{}", place(self.index, self.width))
    }

    /// Reads exactly what [`EntryBundle::path`] prints.
    ///
    /// # Errors
    /// [`TilePathError`] for the leftmost invalid part of the path.
    pub fn parse(path: &str) -> Result<Self, TilePathError> {
        let rest = path.strip_prefix("tile/entries/").ok_or(TilePathError::Prefix { expected: "tile/entries/" })?;
        let (index, width) = parse_place(rest)?;
        Ok(Self { index, width })
    }

    /// Whether the bundle is full, so that it never changes.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }
}

/// Prints number and width: `<N>[.p/<W>]`.
fn place(index: u64, width: u16) -> String {
    let number = index_path(index);
    if width == TILE_WIDTH { number } else { format!("{number}.p/{width}") }
}

/// Parses what [`place`] prints.
fn parse_place(text: &str) -> Result<(u64, u16), TilePathError> {
    let (number, width) = match text.split_once(".p/") {
        Some((number, width)) => {
            let width = decimal(width).filter(|width| (1..TILE_WIDTH).contains(width));
            (number, width.ok_or(TilePathError::Width)?)
        }
        None => (text, TILE_WIDTH),
    };
    Ok((parse_index(number).ok_or(TilePathError::Index)?, width))
}

/// A tile number in groups of three digits: `x001/x234/067`.
fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut thousands = index / 1000;
    while thousands > 0 {
        path = format!("x{:03}/{path}", thousands % 1000);
        thousands /= 1000;
    }
    path
}

/// Parses leniently, then accepts only the canonical form: [`index_path`] must print the same text.
fn parse_index(text: &str) -> Option<u64> {
    let mut index: u64 = 0;
    for group in text.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        index = index.checked_mul(1000)?.checked_add(digits.parse::<u16>().ok()?.into())?;
    }
    (index <= MAX_TILE_INDEX && index_path(index) == text).then_some(index)
}

/// A canonical decimal: no sign, no leading zeros.
fn decimal<T: FromStr + Display>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}

/// Number of items of tile level `level` in a tree of `size` leaves: `size / 256^level`, rounded down.
#[must_use]
pub fn items_at(level: u8, size: TreeSize) -> u64 {
    size.0.checked_shr(u32::from(TILE_HEIGHT) * u32::from(level)).unwrap_or(0)
}

/// The width of tile `index` of `level` in a tree of `size` leaves, 0 to [`TILE_WIDTH`]; 0 means that the tile does not
/// exist.
#[must_use]
pub fn width_at(level: u8, index: u64, size: TreeSize) -> u16 {
    let before = index.saturating_mul(TILE_WIDTH.into());
    let width = items_at(level, size).saturating_sub(before);
    u16::try_from(width).map_or(TILE_WIDTH, |width| width.min(TILE_WIDTH))
}

/// The number of hashes in the partial tile of `level` in a tree of `size` leaves, 0 to 255; 0 means that the tile does
/// not exist.
#[must_use]
pub fn partial_width(level: u8, size: TreeSize) -> u16 {
    // The remainder by 256 is the lowest byte.
    let [remainder, ..] = items_at(level, size).to_le_bytes();
    remainder.into()
}

/// The tiles that a log must write when it grows from `old` to `new` leaves: from level 0 up, left to right, each once
/// and with its width at `new` (`NewTiles` of Go's `tlog`). Empty if the tree does not grow.
pub fn new_tiles(old: TreeSize, new: TreeSize) -> impl Iterator<Item = Tile> {
    (0..TILE_LEVELS).filter(move |level| items_at(*level, old) < items_at(*level, new)).flat_map(move |level| {
        (items_at(level, old) / u64::from(TILE_WIDTH)..)
            .map(move |index| Tile { level, index, width: width_at(level, index, new) })
            .take_while(|tile| tile.width > 0)
    })
}

/// Consecutive items of one tile that make up a complete subtree, whose hash is computed from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Items {
    /// Tile level, 0 to 7.
    pub level: u8,
    /// Number of the tile within its level.
    pub tile: u64,
    /// The first item, counted from 0 within the tile.
    pub offset: u8,
    /// Number of items, a power of two from 1 to 128.
    pub count: u8,
}

impl Items {
    /// The items from which the hash of `node` is computed: those of the nearest tile level at or below it.
    #[must_use]
    pub const fn under(node: Node) -> Self {
        let height = node.level % TILE_HEIGHT;
        let first = node.index << height;
        let [offset, ..] = first.to_le_bytes();
        Self { level: node.level / TILE_HEIGHT, tile: first >> TILE_HEIGHT, offset, count: 1 << height }
    }
}

/// Source of item hashes: memory, a database or a remote log. Proofs are built through this trait only.
pub trait HashReader {
    /// Why hashes could not be read.
    type Error;

    /// Reads `count` consecutive items of tile level `level`, beginning with item number `first`. Item `i` of level `L`
    /// is the root of the `i`-th complete subtree of `256^L` leaves. The requested items are always within one tile,
    /// and within the tree of the proof. Callers reject a result of another length.
    ///
    /// # Errors
    /// The reader's error: the hashes could not be read.
    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, Self::Error>;

    /// The root of the subtree over `items`, if the reader has it cached. For `None` the caller reads and hashes the items.
    ///
    /// # Errors
    /// The reader's error.
    fn root_over(&self, _items: Items) -> Result<Option<Digest>, Self::Error> {
        Ok(None)
    }
}

/// The bytes of a tile: its hashes, 32 bytes each, without separators.
#[must_use]
pub fn encode_hashes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the bytes of a tile; `None` unless they are exactly `width` hashes of 32 bytes.
#[must_use]
pub fn decode_hashes(bytes: &[u8], width: u16) -> Option<Vec<Digest>> {
    let (hashes, rest) = bytes.as_chunks::<DIGEST_LEN>();
    (rest.is_empty() && hashes.len() == usize::from(width)).then(|| hashes.iter().copied().map(Digest).collect())
}

/// Why entries cannot be encoded as a bundle, or bytes are not a bundle. Entries are numbered from 0 within the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry's length does not fit into 16 bits. The admission limit rejects such entries earlier.
    #[error("entry {number} of the bundle is {length} bytes long, more than {}", u16::MAX)]
    EntryTooLong {
        /// Which entry.
        number: u16,
        /// Its length in bytes.
        length: usize,
    },
    /// There are more than [`TILE_WIDTH`] entries, so they need several bundles.
    #[error("more than {TILE_WIDTH} entries in one bundle")]
    TooMany,
    /// The bytes end before the entry does.
    #[error("bundle ends within entry {number}")]
    CutOff {
        /// Which entry.
        number: u16,
    },
    /// Further bytes follow the last entry.
    #[error("{length} bytes left over after the last entry of the bundle")]
    LeftOver {
        /// Number of these bytes.
        length: usize,
    },
}

/// The bytes of a bundle: for each entry its length as a big-endian `u16`, then its bytes (tlog-tiles, "Log Entries").
///
/// # Errors
/// [`BundleError::EntryTooLong`] over 65,535 bytes, [`BundleError::TooMany`] over 256 entries.
pub fn encode_bundle<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    for (number, entry) in (0..).zip(entries) {
        if number == TILE_WIDTH {
            return Err(BundleError::TooMany);
        }
        let length = u16::try_from(entry.len());
        let length = length.map_err(|_| BundleError::EntryTooLong { number, length: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of exactly `width` entries, in order, without copying them.
///
/// # Errors
/// [`BundleError::CutOff`] if there are fewer, [`BundleError::LeftOver`] if anything follows them.
pub fn decode_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(width.into());
    for number in 0..width {
        let (length, after) = rest.split_first_chunk().ok_or(BundleError::CutOff { number })?;
        let length = u16::from_be_bytes(*length).into();
        let (entry, after) = after.split_at_checked(length).ok_or(BundleError::CutOff { number })?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(BundleError::LeftOver { length: rest.len() }) }
}

#[cfg(test)]
mod tests;
