//! Enrolled keys of an account: under the deposit policy `enrolled`, statements signed by them are accepted.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::filing::enrolled_keys::EnrolledKey;
use crate::filing::enrolment::{KEYS_MAX, depositor_key};
use crate::http::api::court::json_request::{AuthenticatedJson, answer};
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::keys::{EnrolledKeyJson, EnrolledKeysJson, KeyRequest};

const PATH: &str = "/v1/accounts/me/keys";

fn enrolled_key_json(enrolled: &EnrolledKey) -> EnrolledKeyJson {
    EnrolledKeyJson::of(&enrolled.key, enrolled.since, &enrolled.by)
}

/// Enrol a key / 登记公钥
///
/// From this answer on, statements signed by the key are accepted under the deposit policy `enrolled`, and count towards the
/// limit of this account. One key per case is one enrolment per case. The enrolment is not on the chain, is shown to this
/// account only, and says nothing about whose key it is: several accounts may enrol the same key. It ends when it is
/// removed, or when the token that asks is revoked.
///
/// 自应答时起，在“登记”存证策略 (enrolled) 下接受该公钥签名的存证声明，并计入本账号限额。一案一钥，一案一登记。登记不上链、仅本账号
/// 可见，不证明公钥归属；删除登记或撤销所用令牌后失效。
#[utoipa::path(
    post,
    path = "/v1/accounts/me/keys",
    tag = "accounts",
    request_body = KeyRequest,
    responses(
        (status = 201, description = "Enrolled / 已登记", body = EnrolledKeyJson, headers(("Location" = String, description = "The enrolment"))),
        (status = 200, description = "This account had enrolled it / 此前已登记", body = EnrolledKeyJson),
    ),
)]
pub(in crate::http) async fn enrol_key(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<KeyRequest>,
) -> Result<Response, ApiError> {
    let key = depositor_key(&call.shape.key)?;
    let (enrolled, fresh) = state.filing()?.enrol_key(&call.actor, key).await?;
    let mut response = answer(if fresh { StatusCode::CREATED } else { StatusCode::OK }, &enrolled_key_json(&enrolled));
    if let Ok(location) = HeaderValue::try_from(format!("{PATH}/{}", enrolled.key.name())) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// List one's own enrolled keys / 本账号登记的公钥
///
/// Those in effect, the earliest first.
///
/// 按登记时间列出仍有效的公钥。
#[utoipa::path(
    get,
    path = "/v1/accounts/me/keys",
    tag = "accounts",
    responses(
        (status = 200, description = "The keys / 公钥", body = EnrolledKeysJson),
    ),
)]
pub(in crate::http) async fn list_enrolled_keys(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    let keys = state.filing()?.enrolled_keys(&actor)?;
    let json =
        EnrolledKeysJson { items: keys.iter().map(enrolled_key_json).collect(), next_cursor: None, limit: KEYS_MAX };
    Ok(answer(StatusCode::OK, &json))
}

/// Remove an enrolled key / 删除登记的公钥
///
/// From this answer on, its statements are accepted on behalf of this account no longer. What it deposited stays.
///
/// 自应答时起不再接受该公钥签名的存证声明；已有存证不受影响。
#[utoipa::path(
    delete,
    path = "/v1/accounts/me/keys/{name}",
    tag = "accounts",
    params(("name" = String, Path, description = "The key's name: `k-` and 16 hex digits", example = "k-3642af3751ffa5b0")),
    responses(
        (status = 204, description = "Removed / 已删除"),
    ),
)]
pub(in crate::http) async fn remove_key(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    state.filing()?.remove_key(&actor, &parameter.0).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
