//! Reads and parses records of the ledger: leaves, entries, block headers, and the seven facts of a deposit. Works on every
//! store.
//!
//! # Invariants
//!
//! The store has hashed every leaf and compared it with the tree. If an index row leads to a different record, the function
//! fails with [`ReadError::Damaged`] and does not return that record.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::keyword::{self, concat_text};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{Notice, NoticeKind};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::statement::keys::KeyCache;
use crate::store::traits::damaged;
use crate::store::traits::{DepositPlace, LedgerReader, Published, ReadError};

/// The published checkpoint, or an error if there is none yet.
///
/// # Errors
///
/// [`ReadError::Unavailable`] before genesis is signed.
pub fn published<R: LedgerReader + ?Sized>(store: &R) -> Result<Arc<Published>, ReadError> {
    store.published().ok_or_else(|| ReadError::Unavailable("the ledger has no signed checkpoint yet".into()))
}

/// Caches of parsed depositors' keys. Few keys sign most deposits, and parsing one costs as much as the rest of a read. The
/// threads share four caches, since there may be many threads.
static KEYS: LazyLock<[Mutex<KeyCache>; 4]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::new(KeyCache::new())));

thread_local! {
    /// Number of this thread, which selects its cache.
    static SHARE: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

/// Calls `read` with this thread's key cache. Ignores poisoning: after a panic the cache still contains only accepted keys.
fn with_keys<T>(read: impl FnOnce(&mut KeyCache) -> T) -> T {
    let [first, ..] = &*KEYS;
    let share = KEYS.get(SHARE.with(|share| share % KEYS.len())).unwrap_or(first);
    read(&mut share.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The parsed leaf at `index`.
///
/// # Errors
///
/// [`ReadError`].
pub fn leaf<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Leaf, ReadError> {
    let bytes = store.leaf(index)?;
    with_keys(|keys| Leaf::parse_with(&bytes, keys)).map_err(|error| damaged("leaf", index, error.to_string()))
}

/// Parses `bytes`, the leaf at `index`, as an entry.
///
/// # Errors
///
/// [`ReadError::Damaged`] when they are not an entry.
pub fn entry_of(index: LeafIndex, bytes: &[u8]) -> Result<Entry, ReadError> {
    with_keys(|keys| Entry::parse_with(bytes, keys)).map_err(|error| damaged("leaf", index, error.to_string()))
}

/// The entry at `index`.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when the leaf is not an entry: the index row that led to it is wrong.
pub fn entry<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Entry, ReadError> {
    match leaf(store, index)? {
        Leaf::Entry(entry) => Ok(entry),
        _ => Err(damaged("leaf", index, "expected an entry")),
    }
}

/// The deposit with this number: its position and the bytes of its entry; `None` when there is none.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when the index leads to another deposit.
pub fn find<R: LedgerReader + ?Sized>(
    store: &R,
    number: DepositNumber,
) -> Result<Option<(DepositPlace, Vec<u8>)>, ReadError> {
    let Some(place) = store.find_number(&number)? else { return Ok(None) };
    let bytes = store.leaf(place.index)?;
    if says_number(&bytes, number) {
        return Ok(Some((place, bytes)));
    }
    // Parses the whole entry, to name the other deposit in the error.
    let other = entry_of(place.index, &bytes)?.number;
    Err(damaged("number", number, format!("refers to the deposit {other}")))
}

/// The deposit with this number: its position and its parsed entry; `None` when there is none.
///
/// # Errors
///
/// As [`find`].
pub fn find_entry<R: LedgerReader + ?Sized>(
    store: &R,
    number: DepositNumber,
) -> Result<Option<(DepositPlace, Entry)>, ReadError> {
    let Some((place, bytes)) = find(store, number)? else { return Ok(None) };
    Ok(Some((place, entry_of(place.index, &bytes)?)))
}

/// Whether the second line of an entry contains this number. Much cheaper than parsing the entry.
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
pub fn block<R: LedgerReader + ?Sized>(store: &R, height: Height) -> Result<Option<BlockHeader>, ReadError> {
    let Some(index) = store.find_block(height)? else { return Ok(None) };
    match leaf(store, index)? {
        Leaf::Block(header) if header.height == height && header.index() == index => Ok(Some(header)),
        _ => Err(damaged("block", height, "the row refers to another leaf")),
    }
}

/// The header of the block that contains the deposit at `place`.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when `place.header` is not that header.
pub fn header_of<R: LedgerReader + ?Sized>(store: &R, place: DepositPlace) -> Result<BlockHeader, ReadError> {
    match leaf(store, place.header)? {
        Leaf::Block(header) if header.index() == place.header && header.seals(place.index) => Ok(header),
        _ => Err(damaged("number", place.index, format!("its row names {} as its block header", place.header))),
    }
}

/// The header of the block that contains the leaf at `index`: the first header after it, by binary search over the heights.
/// Reads some twenty rows; for a deposit that was found by its number, use [`header_of`].
///
/// # Errors
///
/// [`ReadError`].
pub fn sealing_block<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<BlockHeader, ReadError> {
    let (mut low, mut high) = (0, published(store)?.height.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let place = store.find_block(Height(middle))?;
        let place = place.ok_or_else(|| damaged("block", middle, "the row is missing"))?;
        if place < index { low = middle + 1 } else { high = middle }
    }
    let header = block(store, Height(low))?.ok_or_else(|| damaged("block", low, "the row is missing"))?;
    if header.seals(index) { Ok(header) } else { Err(damaged("block", low, "does not seal its leaves")) }
}

/// The genesis notice.
///
/// # Errors
///
/// [`ReadError`].
pub fn genesis<R: LedgerReader + ?Sized>(store: &R) -> Result<Notice, ReadError> {
    match leaf(store, LeafIndex(0))? {
        Leaf::Notice(notice) if matches!(notice.notice().kind, NoticeKind::Genesis { .. }) => {
            Ok(notice.notice().clone())
        }
        _ => Err(damaged("leaf", 0, "expected the genesis notice")),
    }
}

/// The seven facts of the deposit at `index`.
///
/// # Errors
///
/// [`ReadError`].
pub fn facts<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Facts, ReadError> {
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
