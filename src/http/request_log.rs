//! The record of each request: its id, its metrics, its line in the log.
//!
//! ```text
//! INFO request: request id=5f0c2d9a00000017 client=192.0.2.7 method=GET route=/v1/deposits/{number} status=200 ms=1.2 bytes=2113
//! INFO request: request id=5f0c2d9a00000018 client=192.0.2.7 method=GET route=/v1/search status=429 code="rate_limited" …
//! ```
//!
//! # Invariants
//!
//! A line has the route's pattern and never the path, a query, a header or a body: no token, name, deposit number or content.
//! The id is unique in the log, chosen by the node, and sent to the client as `X-Request-Id`; one that a client sends is ignored.
//! A streamed answer is logged at its end, with the bytes that were sent.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
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

/// A request that is being answered.
#[derive(Debug, Clone, Copy)]
pub struct RequestRecord {
    since: Instant,
    id: RequestId,
    method: &'static str,
    client: IpAddr,
    options: RequestLogOptions,
}

/// The id of a request: a random number of the process, and a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RequestId(u32, u32);

impl RequestId {
    fn next() -> Self {
        static PROCESS: LazyLock<u32> = LazyLock::new(|| {
            let mut random = [0; 4];
            // Without random bytes the ids are unique within the process only.
            let _ = getrandom::fill(&mut random);
            u32::from_ne_bytes(random)
        });
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(*PROCESS, NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn hex(self) -> [u8; 16] {
        let mut text = [0; 16];
        let bytes = (u64::from(self.0) << 32 | u64::from(self.1)).to_be_bytes();
        // The text has twice the length of the bytes, which is the only thing that can fail.
        let _ = hex::encode_to_slice(bytes, &mut text);
        text
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}{:08x}", self.0, self.1)
    }
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
        Self { since: Instant::now(), id: RequestId::next(), method, client: client.ip(), options }
    }

    /// Ends the record with the answer of `route`: counts it, adds the id to it, and logs it.
    #[must_use]
    pub fn finish(self, route: &str, mut response: Response) -> Response {
        let status = response.status().as_u16();
        let code = response.extensions().get::<ErrorCode>().map(|code| code.as_str());
        request_metrics::record(self.method, route, status, self.since.elapsed());
        if let Ok(id) = HeaderValue::from_bytes(&self.id.hex()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        if self.options.requests == LoggedRequests::None {
            return response;
        }
        if let Some(bytes) = response.body().size_hint().exact() {
            self.log(route, (status, code), bytes);
            return response;
        }
        let route = route.to_owned();
        response.map(|body| Body::new(LoggedBody { body, record: self, route, status: (status, code), bytes: 0 }))
    }

    fn log(&self, route: &str, (status, code): (u16, Option<&'static str>), bytes: u64) {
        let elapsed = self.since.elapsed();
        let is_slow = elapsed >= self.options.slow;
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
        self.record.log(&self.route, self.status, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_have_one_form() {
        let (one, other) = (RequestId::next(), RequestId::next());
        assert_ne!(one, other);
        assert_eq!(one.hex().as_slice(), one.to_string().as_bytes());
        assert_eq!(RequestId(0xab, 1).to_string(), "000000ab00000001");
    }
}
