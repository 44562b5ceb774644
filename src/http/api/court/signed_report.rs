//! Extractor of a signed report of a program outside of the platform: who sends it, the head, and the body within its limit.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, HeaderName};

use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::filing::signed_reports::ReportHead;
use crate::http::app_state::AppState;
use crate::http::body;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request::{PathParameter, header, require_content_type};

/// Longest report in bytes.
pub const REPORT_MAX: usize = 4 * 1024;
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Longest `webhook-id`.
const ID_MAX: usize = 128;

/// A report as it arrived; nothing of it is verified.
#[derive(Debug)]
pub struct SignedReport {
    /// The gateway or provider that the path names.
    pub sender: TokenId,
    /// The content.
    pub body: Bytes,
    headers: HeaderMap,
}

impl SignedReport {
    /// Its head; `None` without a usable id or time.
    #[must_use]
    pub fn head(&self) -> Option<ReportHead<'_>> {
        let timestamp = header(&self.headers, &TIMESTAMP).parse().ok()?;
        let (id, signature) = (header(&self.headers, &ID), header(&self.headers, &SIGNATURE));
        let is_id = !id.is_empty() && id.len() <= ID_MAX && id.bytes().all(|b| b.is_ascii_graphic());
        is_id.then_some(ReportHead { id, timestamp, signature })
    }
}

impl FromRequest<Arc<AppState>> for SignedReport {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let (mut parts, content) = request.into_parts();
        let PathParameter(sender) = PathParameter::from_request_parts(&mut parts, state).await?;
        let client = ClientAddress::from_request_parts(&mut parts, state).await?;
        let sender = TokenId::parse(&sender).ok_or(FilingError::NotFound)?;
        require_content_type(&parts.headers, "application/json")?;
        let body = body::read(state, client.group(), &parts.headers, content, REPORT_MAX).await?;
        Ok(Self { sender, body, headers: parts.headers })
    }
}
