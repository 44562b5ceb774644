//! Blocks addresses that go on sending while they are over their limits.
//!
//! An answer 429 costs the server about a third of an accepted request. A client that ignores those answers would be served them
//! at any rate it chooses. So each address gets a bounded number of rejections; beyond that its connections are closed, and new
//! ones are closed without an answer, for [`BLOCKED_FOR`]. Trusted proxies and Unix sockets are never blocked, because all
//! their clients would be.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::client_address::AddressGroup;
use crate::http::rate_limit::{Rate, RateLimiter};

/// How long an address is blocked.
pub const BLOCKED_FOR: Duration = Duration::from_secs(5);
/// Rejections that an address gets at once, and the time that refills one: 50 a second.
const REJECTIONS: Rate = Rate { interval: Duration::from_millis(20), burst: NonZeroU32::MIN.saturating_add(199) };
/// Most addresses that are blocked at the same time. If more flood, the limit of connections and the rejections remain.
const BLOCKED_MAX: usize = 10_000;

/// Counts rejections by address, and knows which addresses are blocked.
#[derive(Debug)]
pub struct FloodGuard {
    rejections: RateLimiter,
    blocked: Mutex<HashMap<AddressGroup, Instant>>,
    /// Whether any address may be blocked: without, [`Self::is_blocked`] takes no lock.
    is_any_blocked: AtomicBool,
}

impl Default for FloodGuard {
    fn default() -> Self {
        Self {
            rejections: RateLimiter::new(REJECTIONS),
            blocked: Mutex::default(),
            is_any_blocked: AtomicBool::new(false),
        }
    }
}

impl FloodGuard {
    /// Counts a rejection of `group`. Returns whether the address is blocked by it, so that the caller closes its connections.
    #[must_use]
    pub fn count(&self, group: AddressGroup) -> bool {
        if self.rejections.take(&group).is_ok() {
            return false;
        }
        let (now, mut blocked) = (Instant::now(), self.lock());
        if blocked.len() >= BLOCKED_MAX {
            blocked.retain(|_, until| *until > now);
        }
        if blocked.len() >= BLOCKED_MAX {
            return false;
        }
        self.is_any_blocked.store(true, Ordering::Relaxed);
        let before = blocked.insert(group, now + BLOCKED_FOR);
        before.is_none_or(|until| until <= now)
    }

    /// Whether connections of `group` are closed without an answer.
    #[must_use]
    pub fn is_blocked(&self, group: AddressGroup) -> bool {
        if !self.is_any_blocked.load(Ordering::Relaxed) {
            return false;
        }
        let mut blocked = self.lock();
        match blocked.get(&group) {
            Some(until) if *until > Instant::now() => return true,
            Some(_) => drop(blocked.remove(&group)),
            None => {}
        }
        self.is_any_blocked.store(!blocked.is_empty(), Ordering::Relaxed);
        false
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AddressGroup, Instant>> {
        // Each change is one call, so a thread that panics leaves a valid map.
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(text: &str) -> AddressGroup {
        AddressGroup::of(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_blocked_for_a_time_once_its_rejections_are_used_up() {
        let (guard, flooder, other) = (FloodGuard::default(), group("192.0.2.1"), group("192.0.2.2"));
        assert!((0..200).all(|_| !guard.count(flooder)), "the burst is answered");
        assert!(!guard.is_blocked(flooder));
        assert!(guard.count(flooder));
        assert!(!guard.count(flooder), "its connections are closed once");
        assert!(guard.is_blocked(flooder) && !guard.is_blocked(other));
        tokio::time::advance(BLOCKED_FOR).await;
        assert!(!guard.is_blocked(flooder));
        assert!(!guard.is_any_blocked.load(Ordering::Relaxed), "nothing is remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn rejections_at_a_moderate_rate_never_block() {
        let (guard, client) = (FloodGuard::default(), group("192.0.2.1"));
        for _ in 0..2_000 {
            assert!(!guard.count(client));
            tokio::time::advance(Duration::from_millis(20)).await;
        }
    }
}
