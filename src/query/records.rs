//! Reads records of the ledger: leaves, entries, headers, and the seven facts of a deposit. The same for every store.
//!
//! # Invariants
//!
//! Every leaf was hashed by the store and compared with the tree. An index row that leads to another record is damage, never an
//! answer.

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

/// The published checkpoint, or an error where there is none yet.
///
/// # Errors
///
/// [`ReadError::Unavailable`] before genesis is signed.
pub fn published<R: LedgerReader + ?Sized>(store: &R) -> Result<Arc<Published>, ReadError> {
    store.published().ok_or_else(|| ReadError::Unavailable("the ledger has no signed checkpoint yet".into()))
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
pub fn leaf<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Leaf, ReadError> {
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
pub fn entry<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Entry, ReadError> {
    match leaf(store, index)? {
        Leaf::Entry(entry) => Ok(entry),
        _ => Err(damaged("leaf", index, "expected an entry")),
    }
}

/// The deposit of `number`, with its bytes; `None` when there is none.
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
    // Reading all of it says what else it is.
    let other = entry_of(place.index, &bytes)?.number;
    Err(damaged("number", number, format!("leads to the deposit {other}")))
}

/// The deposit of `number`, with its entry; `None` when there is none.
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
pub fn block<R: LedgerReader + ?Sized>(store: &R, height: Height) -> Result<Option<BlockHeader>, ReadError> {
    let Some(index) = store.find_block(height)? else { return Ok(None) };
    match leaf(store, index)? {
        Leaf::Block(header) if header.height == height && header.index() == index => Ok(Some(header)),
        _ => Err(damaged("block", height, "the row leads to another leaf")),
    }
}

/// The header at `place.header`, which seals the deposit at `place`.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when another leaf stands there.
pub fn header_of<R: LedgerReader + ?Sized>(store: &R, place: DepositPlace) -> Result<BlockHeader, ReadError> {
    match leaf(store, place.header)? {
        Leaf::Block(header) if header.index() == place.header && header.seals(place.index) => Ok(header),
        _ => Err(damaged("number", place.index, format!("its row names {} as its block header", place.header))),
    }
}

/// The header that seals the leaf at `index`: the first with `index` before it. Reads some twenty rows; for a deposit that was
/// found by its number, use [`header_of`].
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
