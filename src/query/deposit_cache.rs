//! Cache of deposits that are asked for repeatedly. Without it a repeated look-up takes 1.5 times the CPU time (measured 2026-11-30).
//!
//! # Invariants
//!
//! A cached entry is kept encoded, and hashed again each time it is returned: if a bit has flipped in memory, it is dropped and read
//! from the store. Links of later deposits may still change: they are read again whenever the ledger has grown.
//!
//! A deposit is cached when it is asked for the second time. To encode one that nobody asks for again would be a tenth of the CPU
//! time of its look-up.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;

use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::history::History;
use crate::query::{history, records};
use crate::store::record_codec::{pack, unpack};
use crate::store::traits::{DepositPlace, LedgerReader, ReadError};

/// Most cached deposits: some 55 MiB of the usual kind, 120 of the longest that are cached.
const CACHED: usize = 102_400;
/// Longest encoded entry that is cached, in bytes; few are longer.
const LONGEST: usize = 1_024;
/// Most links and earlier deposits that are cached with a deposit; few have more.
const LISTED: usize = 4;
/// Numbers of deposits asked for once that are remembered, four bytes each.
const ASKED_ONCE: usize = 1 << 16;

/// A deposit that was found.
#[derive(Debug)]
pub struct FoundDeposit {
    /// Its place.
    pub place: DepositPlace,
    /// 交易id, computed anew.
    pub hash: Digest,
    /// The entry, byte for byte.
    pub bytes: Vec<u8>,
}

/// A cached deposit.
#[derive(Debug)]
struct CachedDeposit {
    place: DepositPlace,
    hash: Digest,
    row: Box<[u8]>,
    /// Its history, and the size of the ledger for which it was read.
    history: Mutex<Option<(TreeSize, History)>>,
}

/// Deposits of one ledger, by number.
#[derive(Debug)]
pub struct DepositCache {
    deposits: Cache<DepositNumber, Arc<CachedDeposit>>,
    /// The last number that was asked for once, at each place that a number may have.
    asked_once: Box<[AtomicU32]>,
}

impl Default for DepositCache {
    fn default() -> Self {
        let asked_once = (0..ASKED_ONCE).map(|_| AtomicU32::default()).collect();
        Self { deposits: Cache::new(CACHED), asked_once }
    }
}

impl DepositCache {
    /// The deposit of `number`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] when the index leads to something else.
    pub fn find<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        number: DepositNumber,
    ) -> Result<Option<FoundDeposit>, ReadError> {
        if let Some(cached) = self.deposits.get(&number) {
            if let Some(found) = cached.decode() {
                return Ok(Some(found));
            }
            tracing::error!(%number, "a cached deposit has changed in memory: it is read again");
            self.deposits.remove(&number);
        }
        let Some((place, bytes)) = records::find(store, number)? else { return Ok(None) };
        let hash = leaf_hash(&bytes);
        if self.was_asked_for(number) {
            let mut row = Vec::new();
            pack(&bytes, &mut row);
            if row.len() <= LONGEST {
                let cached = CachedDeposit { place, hash, row: row.into(), history: Mutex::default() };
                self.deposits.insert(number, Arc::new(cached));
            }
        }
        Ok(Some(FoundDeposit { place, hash, bytes }))
    }

    /// The [`history`](history::history) of a deposit that was found, read as `entry`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn history<R: LedgerReader + ?Sized>(
        &self,
        store: &R,
        found: &FoundDeposit,
        entry: &Entry,
    ) -> Result<History, ReadError> {
        let size = records::published(store)?.size();
        let Some(cached) = self.deposits.get(&entry.number) else { return history::history(store, found.place, entry) };
        // Changed as a whole, so a panicked thread leaves nothing half done behind it.
        let known = cached.history.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let history = match known {
            Some((at, history)) if at == size => return Ok(history),
            // What was deposited before is what it was.
            Some((_, history)) => {
                let (owner_links, references) = history::later_links(store, found.place.index, entry)?;
                History { owner_links, references, ..history }
            }
            None => history::history(store, found.place, entry)?,
        };
        let items = history.owner_links.items.len() + history.references.items.len() + history.earlier.items.len();
        if items <= LISTED {
            *cached.history.lock().unwrap_or_else(PoisonError::into_inner) = Some((size, history.clone()));
        }
        Ok(history)
    }

    /// Whether this number was asked for before, as far as is remembered; from now on it was.
    fn was_asked_for(&self, number: DepositNumber) -> bool {
        // Its random bits, of which the low ones choose the place.
        let random = number.to_key().last_chunk().map_or(0, |random| u64::from_be_bytes(*random));
        let tag = u32::try_from(random >> 32 | 1).unwrap_or(1);
        let place = usize::try_from(random % ASKED_ONCE as u64).unwrap_or(0);
        self.asked_once.get(place).is_some_and(|last| last.swap(tag, Ordering::Relaxed) == tag)
    }
}

impl CachedDeposit {
    /// The deposit; `None` if its bytes have changed in memory.
    fn decode(&self) -> Option<FoundDeposit> {
        let mut bytes = Vec::new();
        unpack(&self.row, &mut bytes);
        let hash = leaf_hash(&bytes);
        (hash == self.hash).then_some(FoundDeposit { place: self.place, hash, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::shape::LeafIndex;

    fn cached(record: &[u8], hash: Digest) -> CachedDeposit {
        let mut row = Vec::new();
        pack(record, &mut row);
        CachedDeposit {
            place: DepositPlace { index: LeafIndex(7), header: LeafIndex(8), has_earlier: false },
            hash,
            row: row.into(),
            history: Mutex::default(),
        }
    }

    #[test]
    fn what_has_changed_in_memory_is_not_returned() {
        let record = b"tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C3\n";
        let mut cached = cached(record, leaf_hash(record));
        assert_eq!(cached.decode().map(|found| found.bytes), Some(record.to_vec()));
        for at in 0..cached.row.len() {
            cached.row[at] ^= 1;
            assert!(cached.decode().is_none(), "{at}");
            cached.row[at] ^= 1;
        }
    }

    #[test]
    fn a_number_is_asked_for_the_second_time_once_it_was_asked_for() {
        let cache = DepositCache::default();
        let [one, same_bits] = ["20261122-0K7M-X9QT-3D5W-C3", "T20261122-0K7M-X9QT-3D5W-MP"]
            .map(|text| DepositNumber::parse(text).unwrap());
        assert!(!cache.was_asked_for(one));
        assert!(cache.was_asked_for(one) && cache.was_asked_for(one));
        assert!(cache.was_asked_for(same_bits), "a wrong yes costs only the memory of one entry");
    }

    #[test]
    fn memory_is_bounded() {
        let cache = DepositCache::default();
        let number =
            |n: usize| ((n as u64) << 8..).find_map(|bits| DepositNumber::draw(true, 20_261_122, bits)).unwrap();
        for n in 0..2 * CACHED {
            cache.deposits.insert(number(n), Arc::new(cached(b"x", Digest::ZERO)));
        }
        assert!(cache.deposits.len() <= CACHED + CACHED / 50, "{}", cache.deposits.len());
    }
}
