//! Extractors and answers that the handlers of the filing flow share: an authenticated request with a strict JSON body, and
//! answers that are never cached.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::court::acts::ActKind;
use crate::court::document::Stream;
use crate::court::ids::CaseId;
use crate::court::line_value::LineValue;
use crate::court::typed;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::service::RecordedAct;
use crate::filing::streams::{ActPage, StoredAct};
use crate::http::app_state::AppState;
use crate::http::bearer::{Bearer, context};
use crate::http::body;
use crate::http::caching::{self, Caching};
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;
use crate::ledger::hash::leaf_hash;
use crate::wire::court::lists::{AccessJson, AccessLogJson};
use crate::wire::court::recorded_act::ActJson;
use crate::wire::json;

/// Longest JSON body in bytes.
pub const JSON_MAX: usize = 256 * 1024;

/// A request with a token and a JSON body of type `T`. The token is checked before the body is read.
#[derive(Debug)]
pub struct AuthenticatedJson<T> {
    /// The authenticated actor.
    pub actor: Actor,
    /// Idempotency key and capacity.
    pub context: RequestContext,
    /// The body.
    pub shape: T,
}

impl<T: DeserializeOwned> FromRequest<Arc<AppState>> for AuthenticatedJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let Bearer(actor) = Bearer::from_request_parts(&mut parts, state).await?;
        let client = ClientAddress::from_request_parts(&mut parts, state).await?;
        require_content_type(&parts.headers, "application/json")?;
        let bytes = body::read(state, client.group(), &parts.headers, body, JSON_MAX).await?;
        let shape = json::object(&bytes, JSON_MAX)?;
        let context = context(&actor, &parts.headers, parts.uri.path(), &bytes)?;
        Ok(Self { actor, context, shape })
    }
}

/// Parses a value of the request as an act spells it.
///
/// # Errors
///
/// `bad_value`.
pub fn value<T: LineValue>(field: &str, text: &str) -> Result<T, ApiError> {
    let bad = || {
        let failure = ApiError::new(ErrorCode::BadValue, format!("`{field}` is not {}", T::EXPECTED));
        let failure = failure.expecting(T::EXPECTED);
        match T::expected_in_chinese() {
            Some(expected) => failure.in_chinese(typed::field_fault(field, &expected)),
            None => failure,
        }
    };
    T::parse_typed(text).ok_or_else(bad)
}

/// As [`value`], for an optional value.
///
/// # Errors
///
/// As [`value`].
pub fn some_value<T: LineValue>(field: &str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    text.map(|text| value(field, text)).transpose()
}

/// As [`value`], for a list.
///
/// # Errors
///
/// As [`value`].
pub fn values<T: LineValue, C: FromIterator<T>>(field: &str, texts: &[String]) -> Result<C, ApiError> {
    texts.iter().map(|text| value(field, text)).collect()
}

/// A recorded act as answers show it.
#[must_use]
pub fn act_json(kind: ActKind, stream: Stream, case: Option<CaseId>, recorded: &RecordedAct) -> ActJson {
    let tx_id = leaf_hash(recorded.receipt.entry.as_bytes());
    ActJson::of(kind, stream, case, recorded.number, tx_id, &recorded.position, recorded.fresh)
}

/// A page of an access log as answers show it.
#[must_use]
pub fn access_log_json(page: &ActPage) -> AccessLogJson {
    let shown = |act: &StoredAct| AccessJson::of(&act.document, act.entry.number, &act.position);
    AccessLogJson {
        items: page.acts.iter().filter_map(shown).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }
}

/// An answer that is never cached.
#[must_use]
pub fn answer<T: Serialize>(status: StatusCode, shape: &T) -> Response {
    let mut response = caching::json(shape, Caching::Never);
    *response.status_mut() = status;
    response
}

/// The answer to a request that creates something: 201, or 200 if an earlier request with the same idempotency key did.
#[must_use]
pub fn created<T: Serialize>(recorded: &RecordedAct, shape: &T) -> Response {
    answer(if recorded.fresh { StatusCode::CREATED } else { StatusCode::OK }, shape)
}
