//! Is the node up, may it be sent deposits, how does it fare.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::http::caching::{self, Caching};
use crate::http::node::Node;
use crate::http::observe;
use crate::http::problem::Failure;
use crate::store::reading;
use crate::wire::health::HealthJson;
use crate::wire::problem::Problem;

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
/// It reads its ledger and seals deposits. When sealing has stopped, the reason is told; reading goes on.
///
/// 可读取账本并可写入存证; 写入停止时说明原因，查询不受影响。
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    responses(
        (status = 200, description = "It seals deposits / 就绪", body = HealthJson),
        (status = 503, description = "`writing_stopped` with the reason, `unavailable`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn ready(State(node): State<Arc<Node>>) -> Result<Response, Failure> {
    let health = node.sequencer().health();
    // Whoever asks this runs the node: the whole reason, where depositors are told less.
    health.writing.map_err(|reason| Failure::new("writing_stopped", reason))?;
    // Held in memory: a slow disk must not make the node look dead.
    reading::published(node.reader())?;
    Ok(caching::json(&HealthJson::ready(health.waiting, health.capacity), Caching::Never))
}

/// Metrics / 运行指标
///
/// In Prometheus' text form. Prometheus 文本格式。
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, description = "Metrics / 指标", body = String, content_type = "text/plain; version=0.0.4")),
)]
pub(in crate::http) async fn metrics(State(node): State<Arc<Node>>) -> Response {
    let mut response = observe::render(&node).into_response();
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
