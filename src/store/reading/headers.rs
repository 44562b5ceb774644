//! Block headers that were read: a block never changes, and most of what is asked for lies in few of them.
//!
//! # Invariants
//!
//! Only headers that a store gave as sealing a published leaf are remembered, so what is remembered is what the store
//! would say again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::ledger::block::BlockHeader;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading;

/// Most headers remembered: some 2 MiB.
const REMEMBERED: usize = 8_192;

/// Headers of one ledger, by their place.
#[derive(Debug, Default)]
pub struct Headers(RwLock<BTreeMap<LeafIndex, Arc<BlockHeader>>>);

impl Headers {
    /// The header that seals the leaf at `index`, as [`reading::sealing_block`] finds it in `store`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn sealing<R: ReadLedger + ?Sized>(&self, store: &R, index: LeafIndex) -> Result<Arc<BlockHeader>, ReadError> {
        // The map is changed by whole headers, so a panicked thread leaves nothing half done behind it.
        let known = {
            let headers = self.0.read().unwrap_or_else(PoisonError::into_inner);
            headers.range(index..).next().map(|(_, header)| Arc::clone(header))
        };
        if let Some(header) = known.filter(|header| header.seals(index)) {
            return Ok(header);
        }
        let header = Arc::new(reading::sealing_block(store, index)?);
        let mut headers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if headers.len() >= REMEMBERED {
            headers.clear();
        }
        headers.insert(header.index(), Arc::clone(&header));
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::block::Height;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::Name;
    use crate::ledger::time::Timestamp;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_header_answers_for_the_leaves_that_it_seals_and_no_others() {
        let ledger = Name::parse("example.org/ledger").unwrap();
        let store = MemoryStore::new(ledger.clone());
        let header = BlockHeader {
            ledger,
            height: Height(2),
            previous: Digest([1; 32]),
            first: LeafIndex(5),
            count: 3,
            root: Digest([2; 32]),
            time: Timestamp::EPOCH,
        };
        let headers = Headers(RwLock::new([(header.index(), Arc::new(header.clone()))].into()));
        for index in 5..8 {
            assert_eq!(headers.sealing(&store, LeafIndex(index)).as_deref(), Ok(&header));
        }
        // The store has nothing: it was asked.
        for index in [0, 4, 8, 9] {
            assert!(headers.sealing(&store, LeafIndex(index)).is_err(), "{index}");
        }
    }
}
