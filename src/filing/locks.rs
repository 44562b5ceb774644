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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn stream(n: u16) -> Digest {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&n.to_be_bytes());
        Digest(id)
    }

    #[test]
    fn a_stream_is_locked_once_and_others_are_free() {
        let locks = Locks::default();
        let held = locks.lock(stream(1)).now_or_never().unwrap();
        let mut waiting = Box::pin(locks.lock(stream(1)));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(locks.lock(stream(2)).now_or_never().is_some());
        drop(held);
        assert!(waiting.now_or_never().is_some());
    }

    #[test]
    fn unused_locks_are_forgotten_and_a_held_one_stays_locked() {
        let locks = Locks::default();
        let held = locks.lock(stream(0)).now_or_never().unwrap();
        for n in 1..5_000 {
            assert!(locks.lock(stream(n)).now_or_never().is_some());
            assert!(locks.0.lock().unwrap().len() <= PRUNE_ABOVE);
        }
        assert!(locks.lock(stream(0)).now_or_never().is_none());
        drop(held);
        assert!(locks.lock(stream(0)).now_or_never().is_some());
    }
}
