//! Reads a signed report of a program outside of the platform: the head, and the body within its limit.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName};

use crate::filing::signed_reports::ReportHead;
use crate::http::app_state::AppState;
use crate::http::body;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request::{header, require_content_type};

/// Longest report in bytes.
pub const REPORT_MAX: usize = 4 * 1024;
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Longest `webhook-id`.
const ID_MAX: usize = 128;

/// The body of a report.
///
/// # Errors
///
/// `unsupported_media_type`; those of a body.
pub async fn report_body(
    state: &AppState,
    client: ClientAddress,
    headers: &HeaderMap,
    content: Body,
) -> Result<Bytes, ApiError> {
    require_content_type(headers, "application/json")?;
    body::read(state, client.group(), headers, content, REPORT_MAX).await
}

/// The head of a report; `None` without a usable id or time.
#[must_use]
pub fn report_head(headers: &HeaderMap) -> Option<ReportHead<'_>> {
    let timestamp = header(headers, &TIMESTAMP).parse().ok()?;
    let head = ReportHead { id: header(headers, &ID), timestamp, signature: header(headers, &SIGNATURE) };
    let is_id = !head.id.is_empty() && head.id.len() <= ID_MAX && head.id.bytes().all(|b| b.is_ascii_graphic());
    is_id.then_some(head)
}
