//! Deposits that were read lately, so that whoever asks again need not wait for the database.
//!
//! # Invariants
//!
//! CachedDeposit is the entry itself, packed, and it is hashed again each time it is given out: one in which a bit has flipped is
//! forgotten, and the store is asked. What may still change, the links of later deposits, is asked of the store anew
//! whenever the ledger has grown.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::history::History;
use crate::query::{history, records};
use crate::store::record_codec::{pack, unpack};
use crate::store::traits::{DepositPlace, LedgerReader, ReadError};

/// Most deposits kept: some 55 MiB of the usual kind, 120 of the longest that are kept.
const KEPT: usize = 102_400;
/// Longest packed entry that is kept; few are longer.
const LONGEST: usize = 1_024;
/// Most links and earlier deposits that are kept with one; few have more.
const TOLD: usize = 4;

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

/// What is kept of a deposit.
#[derive(Debug)]
struct CachedDeposit {
    place: DepositPlace,
    hash: Digest,
    row: Box<[u8]>,
    /// What other deposits say of it, and at which size that was so.
    history: Mutex<Option<(TreeSize, History)>>,
}

/// A place for a deposit.
#[derive(Debug)]
struct Place {
    number: DepositNumber,
    kept: Arc<CachedDeposit>,
    /// Whether it was asked for since the hand passed.
    asked: AtomicBool,
}

/// Places in a circle, and a hand that goes round to find one that nobody asked for (the clock algorithm).
#[derive(Debug, Default)]
struct Circle {
    places: Vec<Place>,
    of: HashMap<DepositNumber, usize>,
    hand: usize,
}

/// Deposits of one ledger, by number.
#[derive(Debug, Default)]
pub struct DepositCache(RwLock<Circle>);

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
        if let Some(kept) = self.kept(number) {
            if let Some(found) = kept.give_out() {
                return Ok(Some(found));
            }
            tracing::error!(%number, "a deposit kept in memory has changed there: it is read again");
            self.forget(number);
        }
        let Some((place, bytes)) = records::find(store, number)? else { return Ok(None) };
        let hash = leaf_hash(&bytes);
        let mut row = Vec::new();
        pack(&bytes, &mut row);
        if row.len() <= LONGEST {
            self.keep(number, CachedDeposit { place, hash, row: row.into(), history: Mutex::default() });
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
        let Some(kept) = self.kept(entry.number) else { return history::history(store, found.place, entry) };
        // Changed as a whole, so a panicked thread leaves nothing half done behind it.
        let known = kept.history.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
        if items <= TOLD {
            *kept.history.lock().unwrap_or_else(PoisonError::into_inner) = Some((size, history.clone()));
        }
        Ok(history)
    }

    // The circle is changed by whole places, so a panicked thread leaves nothing half done behind it.
    fn kept(&self, number: DepositNumber) -> Option<Arc<CachedDeposit>> {
        let circle = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let place = circle.places.get(*circle.of.get(&number)?)?;
        place.asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(&place.kept))
    }

    fn forget(&self, number: DepositNumber) {
        // Its place is taken by another when the hand comes round.
        self.0.write().unwrap_or_else(PoisonError::into_inner).of.remove(&number);
    }

    fn keep(&self, number: DepositNumber, kept: CachedDeposit) {
        let place = Place { number, kept: Arc::new(kept), asked: AtomicBool::new(false) };
        self.0.write().unwrap_or_else(PoisonError::into_inner).put(place);
    }
}

impl Circle {
    fn put(&mut self, place: Place) {
        let free = match self.of.get(&place.number) {
            Some(at) => *at,
            None if self.places.len() < KEPT => self.places.len(),
            None => self.unasked(),
        };
        self.of.insert(place.number, free);
        match self.places.get_mut(free) {
            Some(old) => {
                // One that was forgotten may have another place by now.
                if old.number != place.number && self.of.get(&old.number) == Some(&free) {
                    self.of.remove(&old.number);
                }
                *old = place;
            }
            None => self.places.push(place),
        }
    }

    /// The next place that nobody asked for since the hand passed it last.
    fn unasked(&mut self) -> usize {
        loop {
            let at = self.hand;
            self.hand = (at + 1) % self.places.len().max(1);
            let asked = self.places.get_mut(at).is_some_and(|place| std::mem::take(place.asked.get_mut()));
            if !asked {
                return at;
            }
        }
    }
}

impl CachedDeposit {
    /// `None` when it is not any more what it was.
    fn give_out(&self) -> Option<FoundDeposit> {
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

    fn kept(record: &[u8], hash: Digest) -> CachedDeposit {
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
    fn what_has_changed_in_memory_is_not_given_out() {
        let record = b"tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C3\n";
        let mut kept = kept(record, leaf_hash(record));
        assert_eq!(kept.give_out().map(|found| found.bytes), Some(record.to_vec()));
        for at in 0..kept.row.len() {
            kept.row[at] ^= 1;
            assert!(kept.give_out().is_none(), "{at}");
            kept.row[at] ^= 1;
        }
    }

    #[test]
    fn memory_is_bounded_and_who_is_asked_for_stays() {
        let recent = DepositCache::default();
        let number =
            |n: usize| ((n as u64) << 8..).find_map(|bits| DepositNumber::draw(true, 20_261_122, bits)).unwrap();
        let many = 2 * KEPT + 10;
        for n in 0..many {
            recent.keep(number(n), kept(b"x", Digest::ZERO));
            assert!(n == 0 || recent.kept(number(1)).is_some(), "asked for all the time");
        }
        assert!(recent.kept(number(0)).is_none() && recent.kept(number(2)).is_none(), "the oldest went");
        assert!(recent.kept(number(many - 1)).is_some() && recent.kept(number(many - KEPT + 1)).is_some());
        let circle = recent.0.read().unwrap();
        assert_eq!((circle.places.len(), circle.of.len()), (KEPT, KEPT));
        assert!(circle.of.iter().all(|(number, at)| circle.places[*at].number == *number));
    }

    #[test]
    fn what_is_forgotten_can_be_kept_again() {
        let recent = DepositCache::default();
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        recent.keep(number, kept(b"x", Digest::ZERO));
        recent.forget(number);
        assert!(recent.kept(number).is_none());
        recent.keep(number, kept(b"x", Digest::ZERO));
        // Its first place is given to another, its second stays.
        let circle = &mut *recent.0.write().unwrap();
        assert_eq!((circle.places.len(), circle.of.get(&number)), (2, Some(&1)));
        let other = DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap();
        circle.of.insert(other, 0);
        circle.put(Place { number: other, kept: Arc::new(kept(b"y", Digest::ZERO)), asked: AtomicBool::default() });
        assert_eq!(circle.of, [(number, 1), (other, 0)].into());
    }

    #[test]
    fn what_is_read_twice_at_once_takes_one_place() {
        let recent = DepositCache::default();
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        recent.keep(number, kept(b"x", Digest::ZERO));
        recent.keep(number, kept(b"y", Digest([1; 32])));
        assert_eq!(recent.kept(number).map(|kept| kept.hash), Some(Digest([1; 32])));
        assert_eq!(recent.0.read().unwrap().places.len(), 1);
    }
}
