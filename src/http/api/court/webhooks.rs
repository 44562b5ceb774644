//! Registration of webhooks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value};
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::accounts::EmptyRequest;
use crate::wire::court::feed::{RegisteredWebhookJson, WebhookJson, WebhookRequest, WebhooksJson};
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::beijing_time;

/// Register a webhook / 登记事件推送
///
/// For the operator. Each event of the court from now on is posted there as the feed shows it, in order, at least once,
/// and again until it is answered with 2xx. Calls are signed as Standard Webhooks has it: headers `webhook-id` (the same
/// each time an event is sent), `webhook-timestamp`, `webhook-signature`. The secret is shown once. No redirects are
/// followed.
///
/// 由平台管理员登记；按序推送，至少一次，签名遵循 Standard Webhooks，密钥仅显示一次。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/webhooks",
    tag = "feed",
    params(
        ("court" = String, Path, description = "法院代字", example = "粤0192"),
    ),
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "Registered / 已登记", body = RegisteredWebhookJson),
        (status = 200, description = "The same request had registered it; without the secret / 该请求此前已完成", body = RegisteredWebhookJson),
    ),
)]
pub(in crate::http) async fn register_webhook(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<WebhookRequest>,
) -> Result<Response, ApiError> {
    let court: CourtCode = value("court", &parameter.0)?;
    let hooked = state.filing()?.add_webhook(&call.actor, &call.context, &court, &call.shape.url).await?;
    let json = RegisteredWebhookJson {
        id: hooked.id.to_string(),
        secret: hooked.secret.as_deref().map(ToOwned::to_owned),
        act: act_json(ActKind::AddHook, Stream::Registry, None, &hooked.recorded),
    };
    Ok(created(&hooked.recorded, &json))
}

/// Remove a webhook / 取消事件推送
///
/// For the operator. It is not called any more.
///
/// 由平台管理员取消。
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/removal",
    tag = "feed",
    params(
        ("id" = String, Path, description = "64 hex digits"),
    ),
    request_body = EmptyRequest,
    responses(
        (status = 200, description = "Removed / 已取消", body = ActJson),
    ),
)]
pub(in crate::http) async fn remove_webhook(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<EmptyRequest>,
) -> Result<Response, ApiError> {
    let id = TokenId::parse(&parameter.0).ok_or(FilingError::NotFound)?;
    let recorded = state.filing()?.remove_webhook(&call.actor, &call.context, id).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndHook, Stream::Registry, None, &recorded)))
}

/// The webhooks of a court / 已登记的事件推送
///
/// For the operator, without addresses and secrets.
///
/// 由平台管理员查看，不含地址与密钥。
#[utoipa::path(
    get,
    path = "/v1/courts/{court}/webhooks",
    tag = "feed",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    responses(
        (status = 200, description = "The list / 名单", body = WebhooksJson),
    ),
)]
pub(in crate::http) async fn list_webhooks(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &webhooks_json(&state, &actor, &value("court", &parameter.0)?)?))
}

/// The webhooks of a court.
///
/// # Errors
///
/// `not_permitted`, `scope_needed`.
pub(in crate::http) fn webhooks_json(
    state: &AppState,
    actor: &Actor,
    court: &CourtCode,
) -> Result<WebhooksJson, ApiError> {
    let webhooks = state.filing()?.webhooks_of_court(actor, court)?;
    let webhooks = webhooks.into_iter().map(|(id, since)| WebhookJson {
        id: id.to_string(),
        since: since.index.0 + 1,
        registered_at: beijing_time(since.at),
    });
    Ok(WebhooksJson { court: court.to_string(), items: webhooks.collect(), next_cursor: None })
}
