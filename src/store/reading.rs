//! What can be derived through the contract alone: receipts, proofs, histories. The same for every store.

pub mod blocks;
pub mod history;
pub mod receipts;
pub mod recent;
pub mod subtrees;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::keyword::{self, concat_text};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::list::ListTree;
use crate::ledger::merkle::proof::{ConsistencyProof, InclusionProof};
use crate::ledger::merkle::prove::{self, BuildError};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{HashReader, TILE_WIDTH};
use crate::ledger::notice::{Notice, NoticeKind};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::{Facts, KeyNotice, TlogProof};
use crate::ledger::statement::keys::KeyCache;
use crate::store::bounds::damaged;
use crate::store::contract::{Published, ReadError, ReadLedger};

/// Tiles of a store, as proofs are built from them.
struct Tiles<'a, R: ?Sized>(&'a R);

impl<R: ReadLedger + ?Sized> HashReader for Tiles<'_, R> {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.0.tile_hashes(level, first, count)
    }
}

fn built<T>(result: Result<T, BuildError<ReadError>>, size: TreeSize) -> Result<T, ReadError> {
    result.map_err(|error| match error {
        BuildError::Read { source, .. } => source,
        BuildError::IndexOutside { index, size } => ReadError::Beyond { asked: index.0, size },
        BuildError::SizesOutOfOrder { new, .. } => ReadError::Beyond { asked: new.0, size },
        BuildError::WrongWidth { level, index, .. } => {
            damaged("tile", format!("{level}/{index}"), "the store answered another width")
        }
    })
}

/// The published checkpoint, or an error where there is none yet.
///
/// # Errors
///
/// [`ReadError::Unavailable`] before genesis is signed.
pub fn published<R: ReadLedger + ?Sized>(store: &R) -> Result<Arc<Published>, ReadError> {
    store.published().ok_or_else(|| ReadError::Unavailable("the ledger has no signed checkpoint yet".into()))
}

/// Path from leaf `index` to the root at `size`.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Beyond`] for an index or size that is not published.
pub fn inclusion<R: ReadLedger + ?Sized>(
    store: &R,
    index: LeafIndex,
    size: TreeSize,
) -> Result<InclusionProof, ReadError> {
    within(store, size)?;
    built(prove::inclusion(&Tiles(store), index, size), size)
}

/// Proof that the tree of size `old` is a prefix of that of size `new`.
///
/// # Errors
///
/// As [`inclusion`]; also when `old` is 0 or larger than `new`.
pub fn consistency<R: ReadLedger + ?Sized>(
    store: &R,
    old: TreeSize,
    new: TreeSize,
) -> Result<ConsistencyProof, ReadError> {
    within(store, new)?;
    built(prove::consistency(&Tiles(store), old, new), new)
}

/// The root at `size`.
///
/// # Errors
///
/// As [`inclusion`].
pub fn root<R: ReadLedger + ?Sized>(store: &R, size: TreeSize) -> Result<Digest, ReadError> {
    within(store, size)?;
    built(prove::root(&Tiles(store), size), size)
}

fn within<R: ReadLedger + ?Sized>(store: &R, size: TreeSize) -> Result<(), ReadError> {
    let published = published(store)?.size();
    if size <= published { Ok(()) } else { Err(ReadError::Beyond { asked: size.0, size: published }) }
}

/// Keys of deposits that were read before: few sign most, and to read one costs as much as all else. Some for all threads,
/// of which there may be many.
static KEYS: LazyLock<[Mutex<KeyCache>; 4]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::new(KeyCache::new())));

thread_local! {
    /// Which of them this thread uses.
    static SHARE: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

/// Reads something with the keys that were read before. A panicked thread leaves such behind, too.
fn with_keys<T>(read: impl FnOnce(&mut KeyCache) -> T) -> T {
    let [first, ..] = &*KEYS;
    let share = KEYS.get(SHARE.with(|share| share % KEYS.len())).unwrap_or(first);
    read(&mut share.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A parsed leaf.
///
/// # Errors
///
/// [`ReadError`].
pub fn leaf<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Result<Leaf, ReadError> {
    let bytes = store.leaf(index)?;
    with_keys(|keys| Leaf::parse_with(&bytes, keys)).map_err(|error| damaged("leaf", index, error.to_string()))
}

/// The entry that was found at `index` as these bytes.
///
/// # Errors
///
/// [`ReadError::Damaged`] when they are none.
pub fn entry_of(index: LeafIndex, bytes: &[u8]) -> Result<Entry, ReadError> {
    with_keys(|keys| Entry::parse_with(bytes, keys)).map_err(|error| damaged("leaf", index, error.to_string()))
}

/// The entry at `index`.
///
/// # Errors
///
/// [`ReadError::Damaged`] when another kind of leaf stands there: an index row led astray.
pub fn entry<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Result<Entry, ReadError> {
    match leaf(store, index)? {
        Leaf::Entry(entry) => Ok(entry),
        _ => Err(damaged("leaf", index, "expected an entry")),
    }
}

/// The deposit of `number`, its place and its bytes; `None` when there is none.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when the index leads to another deposit.
pub fn find<R: ReadLedger + ?Sized>(
    store: &R,
    number: DepositNumber,
) -> Result<Option<(LeafIndex, Vec<u8>)>, ReadError> {
    let Some(index) = store.find_number(&number)? else { return Ok(None) };
    let bytes = store.leaf(index)?;
    if says_number(&bytes, number) {
        return Ok(Some((index, bytes)));
    }
    // Reading all of it says what else it is.
    let other = entry_of(index, &bytes)?.number;
    Err(damaged("number", number, format!("leads to the deposit {other}")))
}

/// The deposit of `number`, read: its place and its entry; `None` when there is none.
///
/// # Errors
///
/// As [`find`].
pub fn find_entry<R: ReadLedger + ?Sized>(
    store: &R,
    number: DepositNumber,
) -> Result<Option<(LeafIndex, Entry)>, ReadError> {
    let Some((index, bytes)) = find(store, number)? else { return Ok(None) };
    Ok(Some((index, entry_of(index, &bytes)?)))
}

/// Whether the second line of an entry says this number.
fn says_number(bytes: &[u8], number: DepositNumber) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let said = lines.nth(1).and_then(|line| line.strip_prefix(concat_text!(keyword::NUMBER, " ").as_bytes()));
    said == Some(number.to_string().as_bytes())
}

/// The header of the block at `height`; `None` above the tip.
///
/// # Errors
///
/// [`ReadError`].
pub fn block<R: ReadLedger + ?Sized>(store: &R, height: Height) -> Result<Option<BlockHeader>, ReadError> {
    let Some(index) = store.find_block(height)? else { return Ok(None) };
    match leaf(store, index)? {
        Leaf::Block(header) if header.height == height && header.index() == index => Ok(Some(header)),
        _ => Err(damaged("block", height, "the row leads to another leaf")),
    }
}

/// The header that seals the leaf at `index`: the first with `index` before it.
///
/// # Errors
///
/// [`ReadError`].
pub fn sealing_block<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Result<BlockHeader, ReadError> {
    let tip = published(store)?;
    let (mut low, mut high) = (0, tip.height.0);
    let (mut before, mut behind) = (0, tip.size().0.saturating_sub(1));
    // Header places grow with the height, and mostly evenly: every other step guesses, so that a few reads are enough; the
    // ones between halve, so that no ledger takes many.
    let mut guesses = true;
    while low < high {
        let middle = if guesses { guess((low, before), (high, behind), index.0) } else { low + (high - low) / 2 };
        guesses = !guesses;
        let place = store.find_block(Height(middle))?;
        let place = place.ok_or_else(|| damaged("block", middle, "the row is missing"))?;
        if place < index { (low, before) = (middle + 1, place.0) } else { (high, behind) = (middle, place.0) }
    }
    let header = block(store, Height(low))?.ok_or_else(|| damaged("block", low, "the row is missing"))?;
    if header.seals(index) { Ok(header) } else { Err(damaged("block", low, "does not seal its leaves")) }
}

/// The height whose header would stand at `index` if headers stood evenly between two; at least the lower, below the
/// higher.
fn guess((low, before): (u64, u64), (high, behind): (u64, u64), index: u64) -> u64 {
    let (way, whole) = (u128::from(index.saturating_sub(before)), u128::from(behind.saturating_sub(before).max(1)));
    let steps = way * u128::from(high - low) / whole;
    low.saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)).min(high - 1)
}

/// The tree over the leaves of a block. The ledger's tree holds their hashes, so none of them has to be read.
fn tree_of<R: ReadLedger + ?Sized>(store: &R, header: &BlockHeader) -> Result<ListTree, ReadError> {
    let tree = ListTree::over(leaf_hashes(store, header.first, header.count)?);
    if tree.root() == header.root {
        Ok(tree)
    } else {
        Err(damaged("block", header.height, "the tree holds other leaves than it sealed"))
    }
}

/// The paths from a block's header and from the leaf before the block to the root under `tip`, of whose `tree` they are.
fn ends<R: ReadLedger + ?Sized>(
    store: &R,
    tree: &impl HashReader<Error = ReadError>,
    header: &BlockHeader,
    tip: &Published,
) -> Result<[InclusionProof; 2], ReadError> {
    let before = header.first.0.checked_sub(1);
    let before = before.ok_or_else(|| damaged("block", header.height, "no deposit stands in it"))?;
    within(store, tip.size())?;
    built(prove::inclusions(tree, [header.index(), LeafIndex(before)], tip.size()), tip.size())
}

/// Hashes of the leaves `first .. first+count`, as the tree holds them.
fn leaf_hashes<R: ReadLedger + ?Sized>(store: &R, first: LeafIndex, count: u64) -> Result<Vec<Digest>, ReadError> {
    let (mut hashes, mut at, end) = (Vec::new(), first.0, first.0 + count);
    while at < end {
        let in_tile = u64::from(TILE_WIDTH) - at % u64::from(TILE_WIDTH);
        let count = in_tile.min(end - at);
        hashes.extend(store.tile_hashes(0, at, u16::try_from(count).unwrap_or(TILE_WIDTH))?);
        at += count;
    }
    Ok(hashes)
}

/// Genesis and the key notices after it, once there are any after it: those that lead to the key under `tip`.
///
/// # Errors
///
/// [`ReadError::Damaged`] when another key signed it.
pub fn key_notices<R: ReadLedger + ?Sized>(store: &R, tip: &Published) -> Result<Vec<KeyNotice>, ReadError> {
    // Until rotation exists no ledger has a second key notice: the checkpoint's key is the genesis key.
    let genesis = genesis(store)?;
    let signs = genesis.key().is_some_and(|key| tip.checkpoint.verified_by(std::slice::from_ref(key)).is_ok());
    if signs { Ok(Vec::new()) } else { Err(damaged("checkpoint", tip.size(), "not signed by the genesis key")) }
}

/// The genesis notice.
///
/// # Errors
///
/// [`ReadError`].
pub fn genesis<R: ReadLedger + ?Sized>(store: &R) -> Result<Notice, ReadError> {
    match leaf(store, LeafIndex(0))? {
        Leaf::Notice(notice) if matches!(notice.notice().kind, NoticeKind::Genesis { .. }) => {
            Ok(notice.notice().clone())
        }
        _ => Err(damaged("leaf", 0, "expected the genesis notice")),
    }
}

/// The deposit at `index` as a tlog-proof.
///
/// # Errors
///
/// [`ReadError`].
pub fn tlog_proof<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Result<TlogProof, ReadError> {
    let tip = published(store)?;
    let entry = String::from_utf8(store.leaf(index)?).map_err(|_| damaged("leaf", index, "not UTF-8"))?;
    let path = inclusion(store, index, tip.size())?;
    Ok(TlogProof { entry, index, path, checkpoint: tip.checkpoint.note().to_string() })
}

/// The seven facts of the deposit at `index`.
///
/// # Errors
///
/// [`ReadError`].
pub fn facts<R: ReadLedger + ?Sized>(store: &R, index: LeafIndex) -> Result<Facts, ReadError> {
    Ok(Facts::of(&entry(store, index)?, &sealing_block(store, index)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_its_number_on_the_second_line() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        assert!(says_number(b"tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C3\nreceived", number));
        for other in [
            &b"tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C\n"[..],
            b"tiezheng entry v1\n\nnumber 20261122-0K7M-X9QT-3D5W-C3\n",
            b"number 20261122-0K7M-X9QT-3D5W-C3\n",
            b"",
        ] {
            assert!(!says_number(other, number));
        }
    }
}
