//! A document of a provider that is fetched when it is needed: its metadata, its keys.
//!
//! # Invariants
//!
//! One fetch at a time, and no lock of the value is held during it: requests for which the known value is good never wait. After a
//! failure the provider is not asked for [`PAUSE`]. A value is used for as long as the provider allows, and for [`FRESH_MAX`] at most.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use crate::ledger::time::Timestamp;
use crate::oidc::oidc_error::OidcError;

/// Milliseconds after a failure in which the provider is not asked again.
pub const PAUSE: u64 = 10 * 1000;
/// Fewest and most milliseconds for which a value is used without asking again.
const FRESH_MIN: u64 = 60 * 1000;
/// Most milliseconds for which a value is used without asking again.
pub const FRESH_MAX: u64 = 60 * 60 * 1000;
/// Milliseconds between two fetches because the known value is not enough.
pub const RELOAD: u64 = 60 * 1000;

/// A fetched value.
#[derive(Debug)]
pub struct Fetched<T> {
    /// The value.
    pub value: T,
    /// When it was fetched.
    read: Timestamp,
    /// Milliseconds for which it may be used.
    lifetime: u64,
}

#[derive(Debug)]
struct Known<T> {
    fetched: Option<Arc<Fetched<T>>>,
    failed: Option<(Timestamp, OidcError)>,
}

/// A value, and the fetches of it.
#[derive(Debug)]
pub struct Cached<T> {
    known: Mutex<Known<T>>,
    /// Held during a fetch.
    fetching: AsyncMutex<()>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { known: Mutex::new(Known { fetched: None, failed: None }), fetching: AsyncMutex::default() }
    }
}

fn age(since: Timestamp, now: Timestamp) -> u64 {
    now.as_millis().saturating_sub(since.as_millis())
}

impl<T> Cached<T> {
    fn known(&self) -> MutexGuard<'_, Known<T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The known value while it is fresh, or a fetched one. `fetch` returns the value, and for how many seconds it may be used if
    /// the provider says so.
    ///
    /// # Errors
    ///
    /// Those of `fetch`, also of one that failed within the last [`PAUSE`].
    pub async fn get<F>(&self, now: Timestamp, fetch: impl FnOnce() -> F) -> Result<Arc<Fetched<T>>, OidcError>
    where
        F: Future<Output = Result<(T, Option<u64>), OidcError>>,
    {
        self.get_if(now, |fetched| age(fetched.read, now) < fetched.lifetime, fetch).await
    }

    /// A value that was fetched after `known`, unless that is younger than [`RELOAD`].
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub async fn newer<F>(
        &self,
        known: &Fetched<T>,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Fetched<T>>, OidcError>
    where
        F: Future<Output = Result<(T, Option<u64>), OidcError>>,
    {
        let read = known.read;
        self.get_if(now, |fetched| fetched.read > read || age(fetched.read, now) < RELOAD, fetch).await
    }

    async fn get_if<F>(
        &self,
        now: Timestamp,
        is_good: impl Fn(&Fetched<T>) -> bool,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Fetched<T>>, OidcError>
    where
        F: Future<Output = Result<(T, Option<u64>), OidcError>>,
    {
        let good = || self.known().fetched.clone().filter(|fetched| is_good(fetched));
        if let Some(fetched) = good() {
            return Ok(fetched);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(fetched) = good() {
            return Ok(fetched);
        }
        let failed = self.known().failed.clone();
        if let Some((_, error)) = failed.filter(|(failed, _)| age(*failed, now) < PAUSE) {
            return Err(error);
        }
        match fetch().await {
            Ok((value, seconds)) => {
                let lifetime = seconds.map_or(FRESH_MAX, |seconds| seconds.saturating_mul(1000));
                let lifetime = lifetime.clamp(FRESH_MIN, FRESH_MAX);
                let fetched = Arc::new(Fetched { value, read: now, lifetime });
                *self.known() = Known { fetched: Some(Arc::clone(&fetched)), failed: None };
                Ok(fetched)
            }
            Err(error) => {
                self.known().failed = Some((now, error.clone()));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[tokio::test]
    async fn a_hundred_requests_at_once_make_one_fetch() {
        let (cached, fetches) = (Cached::<usize>::default(), AtomicUsize::new(0));
        let fetch = || async {
            tokio::task::yield_now().await;
            Ok((fetches.fetch_add(1, Ordering::Relaxed), None))
        };
        let all = futures_util::future::join_all((0..100).map(|_| cached.get(at(0), fetch))).await;
        assert!(all.iter().all(|one| one.as_ref().unwrap().value == 0));
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_provider_that_fails_is_asked_again_after_a_pause() {
        let (cached, fetches) = (Cached::<()>::default(), AtomicUsize::new(0));
        let fetch = || async {
            fetches.fetch_add(1, Ordering::Relaxed);
            Err(OidcError::Provider("x".into()))
        };
        for (millis, count) in [(0, 1), (1, 1), (PAUSE - 1, 1), (PAUSE, 2)] {
            assert!(cached.get(at(millis), fetch).await.is_err());
            assert_eq!(fetches.load(Ordering::Relaxed), count, "{millis}");
        }
    }

    #[tokio::test]
    async fn a_value_is_used_as_long_as_its_provider_says_and_for_an_hour_at_most() {
        for (seconds, lifetime) in
            [(None, FRESH_MAX), (Some(600), 600_000), (Some(0), FRESH_MIN), (Some(u64::MAX), FRESH_MAX)]
        {
            let (cached, fetches) = (Cached::<()>::default(), AtomicUsize::new(0));
            let fetch = || async {
                fetches.fetch_add(1, Ordering::Relaxed);
                Ok(((), seconds))
            };
            for (millis, count) in [(0, 1), (lifetime - 1, 1), (lifetime, 2)] {
                cached.get(at(millis), fetch).await.unwrap();
                assert_eq!(fetches.load(Ordering::Relaxed), count, "{seconds:?} {millis}");
            }
        }
    }
}
