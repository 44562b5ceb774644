//! Operator actions on a running node: confirming its clock.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::court::words::{Role, Scope};
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::wire::health::ClockJson;

/// Confirm the clock / 确认时钟无误
///
/// For the operator, with a token for `manage`, while deposits are paused by `clock_jumped`: the wall clock ran ahead of the
/// time that has passed since the last block, and is right. This occurs after the clock was set or a virtual machine was
/// suspended. Deposits resume at once. The confirmation is written to the node's log. A clock behind the last block cannot be
/// confirmed, since times on the chain never decrease: set it right.
///
/// 存证因 `clock_jumped` 暂停时，由平台管理员凭 `manage` 权限的令牌确认当前时钟无误（例如校时之后，或虚拟机曾被挂起）。确认后立即恢复存证，
/// 并记入节点日志。早于最后区块的时钟不能确认，须先校正。
#[utoipa::path(
    post,
    path = "/v1/operator/clock",
    tag = "operation",
    responses(
        (status = 200, description = "Confirmed; deposits resume / 已确认，恢复存证", body = ClockJson),
    ),
)]
pub(in crate::http) async fn confirm_clock(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(caching::json(&confirm(&state, &actor).await?, Caching::Never))
}

/// Confirms the clock on behalf of an operator.
///
/// # Errors
///
/// `not_permitted`, `scope_needed`; `clock_not_paused`, `clock_regressed`.
pub(in crate::http) async fn confirm(state: &AppState, actor: &Actor) -> Result<ClockJson, ApiError> {
    if !actor.account.holds(Role::Operator, None) {
        return Err(FilingError::NotPermitted.into());
    }
    actor.require_scope(Scope::Manage)?;
    tracing::warn!(account = %actor.id, "the operator confirms the clock");
    let (now, ahead_ms) = state.sequencer()?.confirm_clock().await?;
    Ok(ClockJson { now: now.to_string(), ahead_ms })
}
