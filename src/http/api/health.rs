//! Liveness, readiness and metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request_metrics;
use crate::query::records;
use crate::sequencer::state::Halt;
use crate::wire::health::HealthJson;

/// A deposit that has waited longer to be written indicates a stalled disk.
const STALLED: Duration = Duration::from_secs(5);

/// Is it alive / 存活检查
///
/// The process answers. 进程可应答。
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operation",
    responses((status = 200, description = "It answers / 存活", body = HealthJson)),
)]
pub(in crate::http) async fn live() -> Response {
    caching::json(&HealthJson::live(), Caching::Never)
}

/// Is it ready / 就绪检查
///
/// It reads its ledger and seals deposits, and no deposit has waited for more than 5 seconds to be written. When sealing is
/// paused or has stopped, the reason is given; reading goes on. After a pause (`disk_full`, `too_many_open_files`,
/// `out_of_memory`, `too_many_threads`, `clock_regressed`, `clock_jumped`) sealing resumes by itself; after `writing_stopped`
/// the operator must act.
///
/// 可读取账本并可写入存证，且无存证等待写入超过 5 秒; 写入暂停或停止时说明原因，查询不受影响。暂停的原因消除后自动恢复; `writing_stopped`
/// 须由运营人员处理。
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    responses(
        (status = 200, description = "It seals deposits / 就绪", body = HealthJson),
    ),
)]
pub(in crate::http) async fn ready(
    State(state): State<Arc<AppState>>,
    client: ClientAddress,
) -> Result<Response, ApiError> {
    if state.is_mirror() {
        records::published(state.queries().reader())?;
        return Ok(caching::json(&HealthJson { status: "ready".into(), ..HealthJson::live() }, Caching::Never));
    }
    let health = state.sequencer()?.health();
    // The reasons name folders, so only the operator's monitoring gets them.
    let is_monitoring = client.is_in(&state.options().monitoring);
    let reason = |text: String| if is_monitoring { text } else { "the node's operator sees the reason".into() };
    health.writing.map_err(|halt| match halt {
        Halt::Paused(pause) => ApiError::new(pause.code(), reason(pause.to_string())),
        Halt::Stopped(stop) => ApiError::new(ErrorCode::WritingStopped, reason(stop.to_string())),
    })?;
    if let Some(oldest) = health.oldest.filter(|oldest| *oldest > STALLED) {
        let reason = format!("the oldest deposit has waited for {} ms to be written", oldest.as_millis());
        return Err(ApiError::new(ErrorCode::WriteStalled, reason));
    }
    // In memory, so that a slow disk does not make the node look dead.
    records::published(state.queries().reader())?;
    Ok(caching::json(
        &HealthJson::ready(health.waiting, health.capacity, health.oldest.unwrap_or_default()),
        Caching::Never,
    ))
}

/// Metrics / 运行指标
///
/// In Prometheus' text form, for clients in the networks that the operator has named for monitoring; by default the node's own
/// machine.
///
/// Prometheus 文本格式，仅供运营者指定的监控网段（缺省为本机）读取。
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, description = "Metrics / 指标", body = String, content_type = "text/plain; version=0.0.4")),
)]
pub(in crate::http) async fn metrics(
    State(state): State<Arc<AppState>>,
    client: ClientAddress,
) -> Result<Response, ApiError> {
    if !client.is_in(&state.options().monitoring) {
        return Err(ApiError::new(
            ErrorCode::NotPermitted,
            "the metrics are for the networks in requests.monitoring of the node's configuration",
        ));
    }
    let mut response = request_metrics::render(&state).into_response();
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}
