//! One lock per stream or request id, so that the requests of this process decide one after the other.
//!
//! The append itself enforces the order of a stream; the locks only avoid conflicts and repeated decisions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::ledger::hash::Digest;

/// Number of locks above which unused ones are removed.
const PRUNE_ABOVE: usize = 1_024;

/// Locks by stream or request id.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the lock of `stream`.
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
