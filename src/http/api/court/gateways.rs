//! Gateways of courts: registration, and the reports that they send.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::court::ids::TokenId;
use crate::court::line_value::LineValue;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::gateway_reports::GatewayReport;
use crate::http::api::court::field_values::{read, read_moment, read_some};
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value};
use crate::http::api::court::signed_report::{REPORT_MAX, SignedReport};
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::chinese;
use crate::wire::court::accounts::EmptyRequest;
use crate::wire::court::gateway::{
    GatewayJson, GatewayReportJson, GatewayReportRequest, GatewayRequest, GatewaysJson, RegisteredGatewayJson,
};
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::beijing_time;
use crate::wire::json;

/// Register the gateway of a court / 登记送达通道
///
/// For the operator, and for trial support staff of the court. The messages by which the court serves documents are posted there,
/// in order, at least once, signed as Standard Webhooks has it; the gateway reports to `/v1/gateway/{id}/reports` with the same key.
/// The key is shown once.
///
/// 由平台管理员或者该院审判辅助人员登记；短信、邮件等送达消息按序推送，状态以同一密钥签名回报；密钥仅显示一次。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/gateways",
    tag = "service",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    request_body = GatewayRequest,
    responses(
        (status = 201, description = "Registered / 已登记", body = RegisteredGatewayJson),
        (status = 200, description = "The same request had registered it; without the key / 该请求此前已完成", body = RegisteredGatewayJson),
    ),
)]
pub(in crate::http) async fn register_gateway(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<GatewayRequest>,
) -> Result<Response, ApiError> {
    let court: CourtCode = value("court", &parameter.0)?;
    let added = state.filing()?.add_gateway(&call.actor, &call.context, &court, &call.shape.url).await?;
    let json = RegisteredGatewayJson {
        id: added.id.to_string(),
        secret: added.secret.as_deref().map(ToOwned::to_owned),
        act: act_json(ActKind::AddGateway, Stream::Registry, None, &added.recorded),
    };
    Ok(created(&added.recorded, &json))
}

/// The gateway of a court / 已登记的送达通道
///
/// Without its address and its key.
///
/// 不含地址与密钥。
#[utoipa::path(
    get,
    path = "/v1/courts/{court}/gateways",
    tag = "service",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    responses((status = 200, description = "The list / 名单", body = GatewaysJson)),
)]
pub(in crate::http) async fn list_gateways(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &gateways_json(&state, &actor, &value("court", &parameter.0)?)?))
}

/// The gateways of a court.
///
/// # Errors
///
/// `not_permitted`, `scope_needed`.
pub(in crate::http) fn gateways_json(
    state: &AppState,
    actor: &Actor,
    court: &CourtCode,
) -> Result<GatewaysJson, ApiError> {
    let gateways = state.filing()?.gateways_of_court(actor, court)?;
    let shown = |(id, since): (TokenId, crate::court::case::state::ActPosition)| GatewayJson {
        id: id.to_string(),
        registered_at: beijing_time(since.at),
    };
    let items = gateways.into_iter().map(shown).collect();
    Ok(GatewaysJson { court: court.to_string(), items, next_cursor: None })
}

/// Remove the gateway of a court / 取消送达通道
///
/// Its messages are not sent any more, and its reports are not taken.
///
/// 不再推送消息，也不再接受其状态报告。
#[utoipa::path(
    post,
    path = "/v1/gateways/{id}/removal",
    tag = "service",
    params(("id" = String, Path, description = "64 hex digits")),
    request_body = EmptyRequest,
    responses((status = 200, description = "Removed / 已取消", body = ActJson)),
)]
pub(in crate::http) async fn remove_gateway(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<EmptyRequest>,
) -> Result<Response, ApiError> {
    let id = TokenId::parse(&parameter.0).ok_or(FilingError::NotFound)?;
    let recorded = state.filing()?.remove_gateway(&call.actor, &call.context, id).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndGateway, Stream::Registry, None, &recorded)))
}

fn report(bytes: &[u8]) -> Result<GatewayReport, FilingError> {
    let unreadable = |error: json::JsonError| FilingError::bad("body", error.to_string(), chinese::json(&error));
    let request: GatewayReportRequest = json::object(bytes, REPORT_MAX).map_err(unreadable)?;
    Ok(GatewayReport {
        message: read("message", &request.message)?,
        step: read("status", &request.status)?,
        at: read_moment("at", &request.at)?,
        cause: read_some("cause", request.cause.as_ref())?,
    })
}

/// Report on a message / 回报送达状态
///
/// By the gateway of a court, signed with its key as Standard Webhooks has it: `webhook-id` is the same each time a report is sent,
/// `webhook-timestamp` is now, `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. A report that
/// comes late counts with the time that it states. The same report twice is recorded once.
///
/// 由法院的送达通道签名回报；迟到的报告以其所载时间为准，重复报告仅记录一次。
#[utoipa::path(
    post,
    path = "/v1/gateway/{id}/reports",
    tag = "service",
    params(
        ("id" = String, Path, description = "64 hex digits"),
        ("webhook-id" = String, Header, description = "The same each time this report is sent", example = "report-20261122-77"),
        ("webhook-timestamp" = u64, Header, description = "Seconds since 1970", example = 1_795_309_451),
        ("webhook-signature" = String, Header, description = "`v1,` and the base64 of the HMAC", example = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
    ),
    request_body = GatewayReportRequest,
    responses(
        (status = 200, description = "Taken / 已接收", body = GatewayReportJson),
    ),
)]
pub(in crate::http) async fn report_message(
    State(state): State<Arc<AppState>>,
    sent: SignedReport,
) -> Result<Response, ApiError> {
    let head = sent.head().ok_or(FilingError::GatewaySignature)?;
    let mut message = String::new();
    let outcome = state
        .filing()?
        .gateway_report(sent.sender, &head, &sent.body, |bytes| {
            let report = report(bytes)?;
            message = report.message.to_string();
            Ok(report)
        })
        .await?;
    let deposit_number = outcome.recorded.as_ref().map(|recorded| recorded.number.to_string());
    let recorded = outcome.recorded.is_some();
    Ok(answer(StatusCode::OK, &GatewayReportJson { message, recorded, deposit_number }))
}
