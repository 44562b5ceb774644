//! Rate limits in constant memory: token buckets, as the generic cell rate algorithm keeps them.
//!
//! # Invariants
//!
//! A limiter holds two rows of `BUCKETS` buckets, 8 bytes each, however many clients there are. A client has one bucket
//! in each row, chosen by a hash whose key is random in each process. A request passes if either bucket allows it. So
//! no client exceeds the rate, and a client who shares one bucket with a busy one is held up only if another
//! busy one shares the other.
//!
//! One check is two hashes and two atomic operations: no lock, no allocation.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Buckets of one row: half a mebibyte for both rows.
const BUCKETS: u64 = 1 << 15;
const MINUTE: Duration = Duration::from_mins(1);
/// By default a burst is what ten minutes refill.
const BURST_MINUTES: u32 = 10;

/// How often something may be done: `burst` times at once, and once more for each `interval` that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The time that refills one.
    pub interval: Duration,
    /// Size of a full bucket.
    pub burst: NonZeroU32,
}

/// A text that is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit: write none, 600 (a minute) or 600/6000 (a minute/at once)")]
pub struct LimitError(String);

impl LimitError {
    /// What would be right, in Chinese.
    #[must_use]
    pub const fn in_chinese(&self) -> &'static str {
        "应写作 none（不限）、600（每分钟次数）或 600/6000（每分钟次数/一次至多）"
    }
}

/// A rate, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// No limit.
    None,
    /// At most so often.
    Rate(Rate),
}

impl Limit {
    /// `count` per minute, with a burst of what ten minutes refill.
    #[must_use]
    pub fn per_minute(count: NonZeroU32) -> Self {
        let burst = count.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_MINUTES - 1));
        Self::Rate(Rate { interval: MINUTE / count.get(), burst })
    }

    /// Its limiter; none where there is no limit.
    #[must_use]
    pub fn limiter(self) -> Option<RateLimiter> {
        match self {
            Self::None => None,
            Self::Rate(rate) => Some(RateLimiter::new(rate)),
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let error = || LimitError(text.to_owned());
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<NonZeroU32>().ok().filter(|_| plain).ok_or_else(error)
        };
        match text.split_once('/') {
            _ if text == "none" => Ok(Self::None),
            None => Ok(Self::per_minute(number(text)?)),
            Some((count, burst)) => {
                Ok(Self::Rate(Rate { interval: MINUTE / number(count)?.get(), burst: number(burst)? }))
            }
        }
    }
}

/// A limit on how often each of any number of clients does something.
#[derive(Debug)]
pub struct RateLimiter {
    rows: [Row; 2],
    /// Nanoseconds that refill one.
    interval: u64,
    /// Nanoseconds that refill a burst.
    capacity: u64,
    start: Instant,
}

struct Row {
    hasher: RandomState,
    /// Each holds the moment at which it is full again, in nanoseconds since the start.
    buckets: Box<[AtomicU64]>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}

impl Row {
    fn new() -> Self {
        Self { hasher: RandomState::new(), buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect() }
    }

    fn bucket(&self, client: &impl Hash) -> Option<&AtomicU64> {
        let at = self.hasher.hash_one(client) % BUCKETS;
        self.buckets.get(usize::try_from(at).ok()?)
    }
}

/// The buckets of a client that one request was charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ChargedBuckets([bool; 2]);

/// The client has exceeded the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// When the next request is allowed.
    pub retry_after: Duration,
}

impl RateLimiter {
    /// All buckets full.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let interval = nanoseconds(rate.interval);
        let capacity = interval.saturating_mul(u64::from(rate.burst.get()));
        Self { rows: [Row::new(), Row::new()], interval, capacity, start: Instant::now() }
    }

    /// Takes one request of `client` from its buckets.
    ///
    /// # Errors
    ///
    /// [`RateLimited`]: nothing was taken.
    pub fn take(&self, client: &impl Hash) -> Result<ChargedBuckets, RateLimited> {
        self.take_at(client, u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn take_at(&self, client: &impl Hash, now: u64) -> Result<ChargedBuckets, RateLimited> {
        let mut wait = u64::MAX;
        let taken = self.rows.each_ref().map(|row| {
            let Some(bucket) = row.bucket(client) else { return false };
            let next = |full_at: u64| full_at.max(now).saturating_add(self.interval);
            let fits = |full_at| Some(next(full_at)).filter(|next| next - now <= self.capacity);
            let before = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
            wait = before.err().map_or(wait, |full_at| wait.min(next(full_at) - now - self.capacity));
            before.is_ok()
        });
        match taken {
            [false, false] => Err(RateLimited { retry_after: Duration::from_nanos(wait) }),
            taken => Ok(ChargedBuckets(taken)),
        }
    }

    /// Returns the tokens that a request of `client` took and did not use.
    pub fn give_back(&self, client: &impl Hash, taken: ChargedBuckets) {
        for (row, _) in self.rows.iter().zip(taken.0).filter(|(_, taken)| *taken) {
            let less = |full_at: u64| Some(full_at.saturating_sub(self.interval));
            // Never refuses: each value has a next one.
            let _ = row.bucket(client).map(|bucket| bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn limiter(per_minute: &str) -> RateLimiter {
        per_minute.parse::<Limit>().unwrap().limiter().unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let limiter = limiter("60/3");
        for _ in 0..3 {
            assert!(limiter.take_at(&"a", 0).is_ok());
        }
        assert_eq!(limiter.take_at(&"a", 0), Err(RateLimited { retry_after: Duration::from_secs(1) }));
        let half = limiter.take_at(&"a", SECOND / 2).unwrap_err();
        assert_eq!(half.retry_after, Duration::from_millis(500));
        assert!(limiter.take_at(&"a", SECOND).is_ok());
        assert!(limiter.take_at(&"a", SECOND).is_err());
        // A long rest fills the bucket, and no more than that.
        let passed = (0..10).filter(|_| limiter.take_at(&"a", 1_000 * SECOND).is_ok()).count();
        assert_eq!(passed, 3);
    }

    #[test]
    fn one_client_does_not_hold_up_another() {
        let limiter = limiter("60/3");
        while limiter.take_at(&0_u32, 0).is_ok() {}
        let held_up = (1..10_000_u32).filter(|client| limiter.take_at(client, 0).is_err()).count();
        // With 10,000 clients of one request each in 32,768 buckets of three, sharing both with a busy one is rare.
        assert!(held_up < 100, "{held_up}");
    }

    #[test]
    fn nobody_passes_more_often_by_sharing_buckets() {
        let limiter = limiter("60/3");
        for client in 0..1_000_000_u32 {
            let _ = limiter.take_at(&client, 0);
        }
        // All buckets are used up by now: a new client has to wait as well.
        assert!(limiter.take_at(&u32::MAX, 0).is_err());
    }

    #[test]
    fn what_was_not_used_is_given_back() {
        let limiter = limiter("60/1");
        let taken = limiter.take_at(&"a", 0).unwrap();
        assert!(limiter.take_at(&"a", 0).is_err());
        limiter.give_back(&"a", taken);
        assert!(limiter.take_at(&"a", 0).is_ok());
    }

    #[test]
    fn limits_read_as_they_are_explained() {
        assert_eq!("none".parse(), Ok(Limit::None));
        let rate = |seconds, burst: u32| {
            Limit::Rate(Rate { interval: Duration::from_secs(seconds), burst: burst.try_into().unwrap() })
        };
        assert_eq!("60".parse(), Ok(rate(1, 600)));
        assert_eq!("6/7".parse(), Ok(rate(10, 7)));
        for bad in ["", "0", "-1", "+1", "1/0", "1/", "/1", "1/2/3", "None", "1.5", "99999999999"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
        // The fastest rate still takes time.
        assert!("4294967295/1".parse::<Limit>().unwrap().limiter().unwrap().interval >= 1);
    }
}
