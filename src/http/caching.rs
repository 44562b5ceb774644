//! Caching, conditional requests and cross-origin headers of answers.
//!
//! A record never changes, so answers that contain only records are cached permanently; others have an `ETag`. Failures are never
//! cached (`problem`). The log and all reads allow cross-origin requests, which verifiers in browsers need.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::ledger::hash::sha256;
use crate::wire::json;

/// The cache policy of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// It never changes. Cached for a week, as other transparency logs do with tiles.
    Immutable,
    /// It may change: revalidated with its `ETag`.
    Revalidate,
    /// It is valid only at this moment.
    Never,
}

impl Caching {
    const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Immutable => "public, max-age=604800, immutable",
            Self::Revalidate => "public, no-cache",
            Self::Never => "no-store",
        })
    }
}

/// An answer of `media_type` under an `ETag` of its content.
#[must_use]
pub fn answer(bytes: Vec<u8>, media_type: &'static str, caching: Caching) -> Response {
    let tag = (caching != Caching::Never).then(|| format!("\"{}\"", sha256(&bytes)));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, caching.header());
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(ETAG, tag);
    }
    response
}

/// An answer in JSON.
#[must_use]
pub fn json<T: Serialize>(shape: &T, caching: Caching) -> Response {
    answer(json::pretty(shape).into_bytes(), "application/json", caching)
}

/// The headers of a request that decide about those of its answer.
#[derive(Debug)]
pub struct ConditionalRequest {
    reads: bool,
    /// Whether pages of any site may read the answer.
    open: bool,
    /// The `If-None-Match` of the client.
    known: Option<HeaderValue>,
}

impl ConditionalRequest {
    /// Reads the headers of `request`.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path();
        let open = reads && (path.starts_with("/v1/") || path.starts_with("/log/"));
        Self { reads, open, known: request.headers().get(IF_NONE_MATCH).cloned() }
    }

    /// Completes an answer: 304 for a matching `ETag`, cross-origin headers, `nosniff`, no caching by default.
    pub fn finish(self, response: &mut Response) {
        let known = self.known.as_ref().and_then(|known| known.to_str().ok()).unwrap_or_default();
        if self.reads
            && !known.is_empty()
            && response.status() == StatusCode::OK
            && names(known, response.headers().get(ETAG))
        {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = axum::body::Body::empty();
        }
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(CACHE_CONTROL).or_insert(Caching::Never.header());
        if self.open {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
        }
    }
}

/// Whether an `If-None-Match` names this tag.
fn names(known: &str, tag: Option<&HeaderValue>) -> bool {
    let Some(tag) = tag.and_then(|tag| tag.to_str().ok()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
