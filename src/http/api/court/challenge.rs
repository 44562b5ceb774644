//! What RFC 6750 §3 asks of an answer to a request without a good token: it names the way to present one.
//!
//! It says no more than the scheme: whether a token was missing, unknown, expired or revoked is nobody's business.

use axum::extract::Request;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

/// Middleware: every 401 names the scheme.
pub async fn challenge(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
