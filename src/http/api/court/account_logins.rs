//! Logins of accounts: reset codes and the end of a lock, for those who manage accounts.
//!
//! Not here: registration, login and the own password, which need a browser (`http/pages`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::http::api::court::accounts::account_named;
use crate::http::api::court::json_request::answer;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::accounts::ResetCodeJson;
use crate::wire::facts::beijing_time;

/// Issue a reset code / 签发重置码
///
/// For the operator; the court administrator for staff of its court; a clerk or trial support staff for accounts without a role, after
/// they checked the identity of the person. With the code the holder sets a new password at `/reset`. It is shown in this answer only,
/// replaces an earlier code, and is recorded in the access log of the account before.
///
/// 由平台管理员签发；法院管理员可为本院人员、书记员和审判辅助人员可为无角色的账号签发，签发前须核对身份。持有人凭重置码在 `/reset`
/// 设置新密码。重置码仅在本应答中显示，先前的重置码随之失效；签发先行记入该账号的访问日志。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/reset-codes",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    responses(
        (status = 201, description = "The code, shown once / 重置码，仅显示一次", body = ResetCodeJson),
    ),
)]
pub(in crate::http) async fn issue_reset_code(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let account = account_named(&parameter)?;
    let issued = state.filing()?.issue_reset_code(&actor, account).await?;
    let shown = ResetCodeJson {
        account: account.to_string(),
        code: issued.code,
        expires_at: beijing_time(issued.expires),
        access_sequence: issued.access.position.sequence,
    };
    Ok(answer(StatusCode::CREATED, &shown))
}

/// Unlock a login / 解除登录锁定
///
/// For those who may issue a reset code for the account. Six failed logins lock a login name for 15 minutes; this ends the lock. It is
/// no error if the login is not locked.
///
/// 由可为该账号签发重置码的人员办理。登录失败六次后锁定十五分钟，此操作提前解除；未锁定的，应答相同。
#[utoipa::path(
    delete,
    path = "/v1/accounts/{account}/login-lock",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    responses((status = 204, description = "Not locked any more / 已解除")),
)]
pub(in crate::http) async fn unlock_login(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    state.filing()?.unlock(&actor, account_named(&parameter)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
