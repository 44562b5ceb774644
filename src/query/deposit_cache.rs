//! Cache of deposits that clients look up repeatedly. Without it a repeated look-up takes 1.5 times the CPU time (measured
//! 2026-11-30).
//!
//! A deposit is cached at its second look-up. Encoding every deposit at its first look-up would add a tenth to the CPU
//! time of each look-up, without benefit for deposits that are never requested again.
//!
//! # Invariants
//!
//! A cached entry is stored encoded (`record_codec`), and its leaf hash is computed again at each hit. If a bit has flipped
//! in memory, the entry is removed and the deposit is read from the store. Later deposits may link to a cached one: these
//! links are read again whenever the ledger has grown.

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

/// Capacity in deposits: about 55 MiB for deposits of usual length, 120 MiB if all have the length [`LONGEST`].
const CACHED: usize = 102_400;
/// Length limit of a cached entry, encoded, in bytes. Few entries are longer.
const LONGEST: usize = 1_024;
/// A history is cached only if it lists at most this many links and earlier deposits together. Few deposits have more.
const LISTED: usize = 4;
/// Slots of the table of recently requested numbers; four bytes each.
const ASKED_ONCE: usize = 1 << 16;

/// The result of a look-up.
#[derive(Debug)]
pub struct FoundDeposit {
    /// Its position in the log.
    pub place: DepositPlace,
    /// 交易id: the leaf hash, computed from `bytes`.
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
    /// Its history, and the published size at which the history was read.
    history: Mutex<Option<(TreeSize, History)>>,
}

/// A bounded cache of deposits of one ledger, by number.
#[derive(Debug)]
pub struct DepositCache {
    deposits: Cache<DepositNumber, Arc<CachedDeposit>>,
    /// Direct-mapped table of tags of recently requested numbers; see [`Self::was_asked_for`].
    asked_once: Box<[AtomicU32]>,
}

impl Default for DepositCache {
    fn default() -> Self {
        let asked_once = (0..ASKED_ONCE).map(|_| AtomicU32::default()).collect();
        Self { deposits: Cache::new(CACHED), asked_once }
    }
}

impl DepositCache {
    /// The deposit with this number, from the cache or from `store`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::Damaged`] when the index row leads to a different record.
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

    /// The [`history`](history::history) of the deposit `found`, whose parsed record is `entry`. Uses the cached history if
    /// the ledger has not grown, and otherwise reads the later links again.
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
        // Ignores poisoning: the value is replaced in one assignment, so a thread that panics leaves a consistent one.
        let known = cached.history.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let history = match known {
            Some((at, history)) if at == size => return Ok(history),
            // The list of earlier deposits is final.
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

    /// Records a look-up of `number`. Returns whether its slot in the table held the tag of the same number. This is an
    /// approximation: another number in the same slot replaces the tag, and numbers with the same random bits share it.
    fn was_asked_for(&self, number: DepositNumber) -> bool {
        // The number's random bits: the low bits select the slot, the high half is the tag (never 0, which means empty).
        let random = number.to_key().last_chunk().map_or(0, |random| u64::from_be_bytes(*random));
        let tag = u32::try_from(random >> 32 | 1).unwrap_or(1);
        let place = usize::try_from(random % ASKED_ONCE as u64).unwrap_or(0);
        self.asked_once.get(place).is_some_and(|last| last.swap(tag, Ordering::Relaxed) == tag)
    }
}

impl CachedDeposit {
    /// Decodes the deposit; `None` if its bytes no longer have the stored leaf hash.
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
