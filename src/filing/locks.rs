//! One at a time for each stream: whoever decides sees what the one before has done.
//!
//! The append itself enforces the order of a stream; the locks only spare the loser of a race from deciding again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::ledger::hash::Digest;

/// Places that are forgotten when nobody holds them.
const PRUNE_ABOVE: usize = 1_024;

/// The locks.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits until nobody else works on `stream`.
    pub async fn lock(&self, stream: Digest) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if locks.len() >= PRUNE_ABOVE {
                locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            Arc::clone(locks.entry(stream).or_default())
        };
        lock.lock_owned().await
    }
}
