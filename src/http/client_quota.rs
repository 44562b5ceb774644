//! Fair sharing of a limited resource: a total number of units, and a quota per client.
//!
//! # Invariants
//!
//! A client never holds more than its quota. Its further requests wait in a queue of their own, so they do not delay another
//! client. Requests of one client are served in order.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout;

/// Number of clients above which those without units are removed.
const FORGET_ABOVE: usize = 1_024;

/// A total number of units, shared by clients with keys `K`.
#[derive(Debug)]
pub struct Shares<K> {
    total: Arc<Semaphore>,
    each: usize,
    clients: Mutex<HashMap<K, Weak<Semaphore>>>,
    waiting: AtomicUsize,
}

/// Units that a client holds; released when this is dropped.
#[derive(Debug)]
pub struct Share {
    _of_client: OwnedSemaphorePermit,
    _of_total: OwnedSemaphorePermit,
}

/// No units became available in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no share became free in time")]
pub struct NoShareError;

impl<K: Eq + Hash + Copy> Shares<K> {
    /// `total` units, at most `each` per client.
    #[must_use]
    pub fn new(total: usize, each: usize) -> Self {
        let each = each.clamp(1, total.max(1));
        Self { total: Arc::new(Semaphore::new(total)), each, clients: Mutex::default(), waiting: AtomicUsize::new(0) }
    }

    /// Takes `units` for `client` if they are available now. A request beyond the quota takes the whole quota.
    #[must_use]
    pub fn try_take(&self, client: K, units: usize) -> Option<Share> {
        let units = self.units(units);
        let of_client = self.client(client).try_acquire_many_owned(units).ok()?;
        let of_total = match Arc::clone(&self.total).try_acquire_many_owned(units) {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed | TryAcquireError::NoPermits) => return None,
        };
        Some(Share { _of_client: of_client, _of_total: of_total })
    }

    /// Takes `units` for `client`, and waits up to `max_wait` for them.
    ///
    /// # Errors
    ///
    /// [`NoShareError`] if they do not become available in time.
    pub async fn take(&self, client: K, units: usize, max_wait: Duration) -> Result<Share, NoShareError> {
        if let Some(share) = self.try_take(client, units) {
            return Ok(share);
        }
        let _counted = Waiting::count(&self.waiting);
        let taken = async {
            let units = self.units(units);
            // The client's own quota first, so that it does not queue for more of the total than it may hold.
            let of_client = self.client(client).acquire_many_owned(units).await.map_err(|_| NoShareError)?;
            let of_total = Arc::clone(&self.total).acquire_many_owned(units).await.map_err(|_| NoShareError)?;
            Ok(Share { _of_client: of_client, _of_total: of_total })
        };
        timeout(max_wait, taken).await.map_err(|_| NoShareError)?
    }

    /// Whether a request waits for units.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    fn units(&self, units: usize) -> u32 {
        u32::try_from(units.clamp(1, self.each)).unwrap_or(u32::MAX)
    }

    fn client(&self, client: K) -> Arc<Semaphore> {
        // Whole entries are added and removed, so a panicked thread leaves a valid map.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&client).and_then(Weak::upgrade) {
            return known;
        }
        if clients.len() >= FORGET_ABOVE {
            clients.retain(|_, known| known.strong_count() > 0);
        }
        let fresh = Arc::new(Semaphore::new(self.each));
        clients.insert(client, Arc::downgrade(&fresh));
        fresh
    }
}

/// Counts a waiting request until it is dropped.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn count(waiting: &'w AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn one_client_leaves_a_part_to_the_others() {
        let shares = Shares::new(4, 2);
        let held: Vec<_> = (0..2).map(|_| shares.try_take('a', 1).unwrap()).collect();
        assert!(shares.try_take('a', 1).is_none());
        // A hundred more requests of the same client wait, and none of them is ahead of another client.
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(shares.take('a', 1, LONG))).collect();
        for request in &mut waiting {
            assert!(request.as_mut().now_or_never().is_none());
        }
        assert!(shares.is_contended());
        let others = [shares.try_take('b', 1).unwrap(), shares.try_take('c', 1).unwrap()];
        assert!(shares.try_take('d', 1).is_none());
        drop(others);
        assert!(shares.try_take('d', 2).is_some());
        drop(held);
        assert!(waiting[0].as_mut().now_or_never().unwrap().is_ok());
        drop(waiting);
        assert!(!shares.is_contended());
    }

    #[tokio::test]
    async fn more_than_a_client_may_hold_is_what_it_may_hold() {
        let shares = Shares::new(10, 4);
        let all = shares.take('a', 1_000, LONG).await.unwrap();
        assert!(shares.try_take('a', 1).is_none());
        drop(all);
        assert!(shares.try_take('a', 4).is_some());
        let _held = [shares.try_take('a', 4), shares.try_take('b', 4), shares.try_take('c', 2)];
        assert_eq!(shares.take('d', 1, Duration::ZERO).await.unwrap_err(), NoShareError);
    }

    #[test]
    fn clients_that_hold_nothing_are_forgotten() {
        let shares = Shares::new(10, 4);
        let held = shares.try_take(0, 1).unwrap();
        for client in 0..10 * FORGET_ABOVE {
            drop(shares.try_take(client + 1, 1));
        }
        assert!(shares.clients.lock().unwrap().len() <= FORGET_ABOVE);
        assert!(shares.try_take(0, 4).is_none(), "one that holds something is remembered");
        drop(held);
    }
}
