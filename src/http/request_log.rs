//! The record of each request: its id, its metrics, its line in the log.
//!
//! ```text
//! INFO request: request id=5f0c2d9a1c07be9a4d7f3321 client=192.0.2.7 method=GET route=/v1/deposits/{number} status=200 ms=1.2 bytes=2113
//! INFO request: request id=5f0c2d9ae0220a39d13a6c50 client=192.0.2.7 method=GET route=/v1/search status=429 code="rate_limited" …
//! ```
//!
//! # Invariants
//!
//! A line has the route's pattern and never the path, a query, a header or a body: no token, name, deposit number or content.
//! The id is unique in the log, chosen by the node, and sent to the client as `X-Request-Id`; one that a client sends is ignored.
//! A streamed answer is logged at its end, with the bytes that were handed to the connection; any other when it is complete, before
//! its client has taken it.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::Instant;

use crate::error_code::ErrorCode;
use crate::http::client_address::ClientAddress;
use crate::http::options::{LoggedRequests, RequestLogOptions};
use crate::http::request_metrics;

/// The header of the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Marks an answer that ends when its client leaves: however long it takes, the request is not slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenEnded;

/// A request that is being answered. Clones are of the same request. If the last one is dropped without an answer, because the client
/// has closed its connection, that is counted and logged with the status 499.
#[derive(Debug, Clone)]
pub struct RequestRecord(Arc<Record>);

#[derive(Debug)]
struct Record {
    since: Instant,
    id: RequestId,
    method: &'static str,
    client: IpAddr,
    options: RequestLogOptions,
    /// Its route, once that is known.
    route: OnceLock<Box<str>>,
    is_finished: AtomicBool,
}

/// The status of a request whose client was gone before the answer, as nginx has it.
const CLIENT_GONE: u16 = 499;

/// The id of a request: a random number of the process, and a count that is mixed so that it tells nobody how many requests there
/// were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RequestId(u32, u64);

impl RequestId {
    fn next() -> Self {
        static RANDOM: LazyLock<(u32, u64)> = LazyLock::new(|| {
            // Without random bytes the ids are unique within the process only.
            (getrandom::u32().unwrap_or(0), getrandom::u64().unwrap_or(0))
        });
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (process, seed) = *RANDOM;
        Self(process, mixed(NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(seed)))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(process, count) = self;
        write!(f, "{process:08x}{count:016x}")
    }
}

/// The finalizer of `SplitMix64`, which maps different numbers to different ones.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl RequestRecord {
    /// Begins the record of `request`.
    #[must_use]
    pub fn begin(request: &Request, client: ClientAddress, options: RequestLogOptions) -> Self {
        let method = match request.method().as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "DELETE" => "DELETE",
            _ => "other",
        };
        Self(Arc::new(Record {
            since: Instant::now(),
            id: RequestId::next(),
            method,
            client: client.ip(),
            options,
            route: OnceLock::new(),
            is_finished: AtomicBool::new(false),
        }))
    }

    /// Records the route, before its handler runs.
    pub fn set_route(&self, route: &str) {
        // A request has one route.
        let _ = self.0.route.set(route.into());
    }

    /// Ends the record with the answer of `route`: counts it, adds the id to it, and logs it.
    #[must_use]
    pub fn finish(self, route: &str, mut response: Response) -> Response {
        let status = response.status().as_u16();
        let code = response.extensions().get::<ErrorCode>().map(|code| code.as_str());
        let is_open_ended = response.extensions().get::<OpenEnded>().is_some();
        let record = &*self.0;
        record.is_finished.store(true, Ordering::Relaxed);
        request_metrics::record(record.method, route, status, record.since.elapsed());
        if let Ok(id) = HeaderValue::try_from(record.id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        if record.options.requests == LoggedRequests::None {
            return response;
        }
        if let Some(bytes) = response.body().size_hint().exact() {
            record.log(route, (status, code), bytes, is_open_ended);
            return response;
        }
        let route = route.to_owned();
        response.map(|body| {
            Body::new(LoggedBody { body, record: self, route, status: (status, code), bytes: 0, is_open_ended })
        })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.is_finished.load(Ordering::Relaxed) {
            return;
        }
        let route = self.route.get().map_or("none", |route| &**route);
        request_metrics::record(self.method, route, CLIENT_GONE, self.since.elapsed());
        if self.options.requests != LoggedRequests::None {
            self.log(route, (CLIENT_GONE, Some("client_gone")), 0, false);
        }
    }
}

impl Record {
    fn log(&self, route: &str, (status, code): (u16, Option<&'static str>), bytes: u64, is_open_ended: bool) {
        let elapsed = self.since.elapsed();
        let is_slow = elapsed >= self.options.slow && !is_open_ended;
        if self.options.requests == LoggedRequests::Errors && status < 400 && !is_slow {
            return;
        }
        let (id, client, method) = (self.id, self.client, self.method);
        // Microseconds are exact enough, and shorter.
        let ms = (elapsed.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        if is_slow {
            tracing::warn!(target: "request", %id, %client, method, route, status, code, ms, bytes, "slow request");
        } else {
            tracing::info!(target: "request", %id, %client, method, route, status, code, ms, bytes, "request");
        }
    }
}

/// The body of a streamed answer, which logs the request when it ends.
struct LoggedBody {
    body: Body,
    record: RequestRecord,
    route: String,
    status: (u16, Option<&'static str>),
    bytes: u64,
    is_open_ended: bool,
}

impl hyper::body::Body for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.bytes += data.len() as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        self.record.0.log(&self.route, self.status, self.bytes, self.is_open_ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_have_one_form() {
        let (one, other) = (RequestId::next(), RequestId::next());
        assert_ne!(one, other);
        assert_eq!(RequestId(0xab, 1).to_string(), "000000ab0000000000000001");
    }
}
