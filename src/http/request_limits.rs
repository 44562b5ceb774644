//! Rate limits of requests: per client address, per account, and per route of an address. Deposits have limits of their own in
//! addition (`admission`).
//!
//! A request over a limit is answered 429 with `Retry-After` before its body is read.

use std::collections::HashMap;
use std::num::NonZeroU32;

use crate::court::ids::AccountId;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::rate_limit::{Limit, Rate, RateLimiter};

/// Default requests per minute of an address or account.
const PER_MINUTE: u32 = 6_000;
/// Default requests at once.
const BURST: u32 = 3_000;

/// Requests that anybody may send and that compute a password hash or a signature, or may be used to guess: per minute and at once, from
/// one client address. A court's people often share one address, so logins are limited per account in addition (`filing/lockout`).
const FORMS: [(&str, u32, u32); 10] = [
    ("POST /login", 30, 60),
    ("POST /login/one-time-code", 30, 60),
    // A whole court logs in at nine o'clock from one address. Only an answer to a login that has begun makes the node ask the provider.
    ("GET /login/oidc/{court}", 600, 1_200),
    ("GET /login/oidc/{court}/callback", 600, 1_200),
    ("GET /login/oidc/{court}/logout", 600, 1_200),
    // Reports of programs, whose signature is checked after they were read.
    ("POST /v1/gateway/{id}/reports", 3_000, 3_000),
    ("POST /v1/identity-providers/{id}/results", 600, 1_200),
    ("POST /register", 10, 30),
    ("POST /reset", 30, 60),
    ("POST /activate", 30, 60),
];

/// Whether `METHOD /path` is a form of a page that has a limit of its own.
#[must_use]
pub fn is_limited_form(route: &str) -> bool {
    FORMS.iter().any(|(form, ..)| *form == route)
}

/// The rate limits of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLimits {
    /// From one client address (of IPv6, one /64 network), over all routes.
    pub per_address: Limit,
    /// With tokens of one account.
    pub per_account: Limit,
    /// From one client address to one route: `POST /v1/deposits/{number}/verification`.
    pub per_route: Vec<(String, Limit)>,
}

impl RequestLimits {
    /// No limits: for test ledgers.
    #[must_use]
    pub const fn none() -> Self {
        Self { per_address: Limit::None, per_account: Limit::None, per_route: Vec::new() }
    }
}

impl Default for RequestLimits {
    /// The limits of a live ledger.
    fn default() -> Self {
        let rate = rate(PER_MINUTE, BURST);
        let forms = FORMS.iter().map(|(form, count, burst)| ((*form).to_owned(), self::rate(*count, *burst)));
        Self { per_address: rate, per_account: rate, per_route: forms.collect() }
    }
}

/// `count` per minute, `burst` at once.
fn rate(count: u32, burst: u32) -> Limit {
    let Some((count, burst)) = NonZeroU32::new(count).zip(NonZeroU32::new(burst)) else { return Limit::None };
    match Limit::per_minute(count) {
        Limit::Rate(rate) => Limit::Rate(Rate { burst, ..rate }),
        Limit::None => Limit::None,
    }
}

/// The limiters of a running node.
#[derive(Debug, Default)]
pub struct RequestLimiters {
    address: Option<RateLimiter>,
    account: Option<RateLimiter>,
    routes: HashMap<String, RateLimiter>,
}

impl RequestLimiters {
    /// The limiters of these limits. Of several limits of one route the last is used.
    #[must_use]
    pub fn new(limits: &RequestLimits) -> Self {
        let routes: HashMap<_, _> = limits.per_route.iter().cloned().collect();
        Self {
            address: limits.per_address.limiter(),
            account: limits.per_account.limiter(),
            routes: routes.into_iter().filter_map(|(route, limit)| Some((route, limit.limiter()?))).collect(),
        }
    }

    /// Counts a request of `client`.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count(&self, client: ClientAddress) -> Result<(), ApiError> {
        let Some(limiter) = &self.address else { return Ok(()) };
        let limited = limiter.take(&client.group()).err();
        limited.map_or(Ok(()), |limited| Err(ApiError::rate_limited(limited.retry_after, "this address")))
    }

    /// Counts a request of `client` to a route.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count_route(&self, client: ClientAddress, method: &str, route: &str) -> Result<(), ApiError> {
        if self.routes.is_empty() {
            return Ok(());
        }
        // HEAD is answered by the handler of GET.
        let method = if method == "HEAD" { "GET" } else { method };
        let Some(limiter) = self.routes.get(&format!("{method} {route}")) else { return Ok(()) };
        let limited = limiter.take(&client.group()).err();
        limited.map_or(Ok(()), |limited| Err(ApiError::rate_limited(limited.retry_after, "this address and route")))
    }

    /// Counts a request with a token of `account`.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count_account(&self, account: AccountId) -> Result<(), ApiError> {
        let Some(limiter) = &self.account else { return Ok(()) };
        let limited = limiter.take(&account).err();
        limited.map_or(Ok(()), |limited| Err(ApiError::rate_limited(limited.retry_after, "this account")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::client_address::NetworkList;

    #[test]
    fn each_limit_counts_what_it_names() {
        let client = |text: &str| {
            ClientAddress::of(text.parse().unwrap(), &axum::http::HeaderMap::new(), &NetworkList::default())
        };
        let (one, other) = (client("192.0.2.1"), client("192.0.2.2"));
        let limits = RequestLimits {
            per_address: "60/3".parse().unwrap(),
            per_account: Limit::None,
            per_route: vec![("GET /v1/search".into(), "60/1".parse().unwrap())],
        };
        let limiters = RequestLimiters::new(&limits);
        assert_eq!((0..5).filter(|_| limiters.count(one).is_ok()).count(), 3);
        assert!(limiters.count(other).is_ok());
        assert!(limiters.count_route(one, "GET", "/v1/search").is_ok());
        assert!(limiters.count_route(one, "GET", "/v1/search").is_err());
        assert!(limiters.count_route(one, "HEAD", "/v1/search").is_err());
        assert!(limiters.count_route(one, "POST", "/v1/search").is_ok());
        assert!(limiters.count_route(other, "GET", "/v1/search").is_ok());
        // By default, forms that compute a password hash have limits of their own.
        let limiters = RequestLimiters::new(&RequestLimits::default());
        let sent = |route: &str| (0..1_000).filter(|_| limiters.count_route(one, "POST", route).is_ok()).count();
        assert_eq!((sent("/login"), sent("/register"), sent("/reset")), (60, 30, 60));
        assert!(limiters.count_route(other, "POST", "/login").is_ok());
    }
}
