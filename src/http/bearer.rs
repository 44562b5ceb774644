//! Authentication and idempotency: the bearer token, the idempotency key and the capacity of a request.
//!
//! ```text
//! Authorization: Bearer tzt_…
//! Idempotency-Key: <1 to 128 visible ASCII characters>     optional: the same key and request twice is one act
//! X-Acting-As: party 1                                     optional: in which capacity, where several are one's own
//! ```

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::secret::{random_request_id, request_id};
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::ledger::hash::sha256;
use crate::wire::bilingual::Bilingual;
use crate::wire::report::VerifierJson;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const ACTING_AS: HeaderName = HeaderName::from_static("x-acting-as");
const KEY_MAX: usize = 128;

/// The actor of a request with a valid token.
#[derive(Debug)]
pub struct Bearer(pub Actor);

impl FromRequestParts<Arc<AppState>> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        // The case in the path may have been looked up for this actor before.
        if let Some(actor) = parts.extensions.get::<Actor>() {
            return Ok(Self(actor.clone()));
        }
        let actor = state.filing()?.authenticate(bearer_token(&parts.headers))?;
        state.request_limiters().count_account(actor.id)?;
        parts.extensions.insert(actor.clone());
        Ok(Self(actor))
    }
}

/// The bearer token of a request; empty if there is none.
pub(in crate::http) fn bearer_token(headers: &HeaderMap) -> &str {
    let presented = header(headers, &AUTHORIZATION);
    let token = presented.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map_or("", |(_, token)| token.trim())
}

/// The actor as the verifier of a report, labelled with its roles or, without roles, its kind of account.
pub(in crate::http) fn account_verifier(actor: &Actor) -> VerifierJson {
    let label = |language| {
        let mut roles: Vec<_> = actor.account.roles.iter().map(|(role, _)| role.label(language)).collect();
        roles.dedup();
        if roles.is_empty() { actor.account.subject.label(language).to_owned() } else { roles.join(", ") }
    };
    VerifierJson::account(&actor.id.to_string(), None, Bilingual::of(label))
}

/// The context of a request. `body` is the body, or the data that identifies a streamed one.
///
/// # Errors
///
/// `bad_idempotency_key`, `bad_value`.
pub fn context(actor: &Actor, headers: &HeaderMap, path: &str, body: &[u8]) -> Result<RequestContext, ApiError> {
    let key = header(headers, &IDEMPOTENCY_KEY);
    let good = key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic());
    if headers.contains_key(&IDEMPOTENCY_KEY) && (!good || key.is_empty()) {
        return Err(ApiError::new(ErrorCode::BadIdempotencyKey, "1 to 128 visible ASCII characters"));
    }
    let request = if key.is_empty() {
        random_request_id().map_err(|error| ApiError::internal(&error))?
    } else {
        request_id(actor.id, key)
    };
    let capacity = match header(headers, &ACTING_AS) {
        "" if !headers.contains_key(&ACTING_AS) => None,
        text => Some(Capacity::parse(text).ok_or_else(|| {
            ApiError::new(ErrorCode::BadValue, format!("`{ACTING_AS}` names no capacity")).expecting(Capacity::EXPECTED)
        })?),
    };
    let body = sha256(&[path.as_bytes(), b"\n", body].concat());
    Ok(RequestContext { request, body, capacity })
}
