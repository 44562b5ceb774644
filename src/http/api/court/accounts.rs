//! Accounts: the own account, opening, identity checks, roles, access log.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{AcceptRole, Act, ActKind, CheckIdentity, EndGrant, Grant, OpenAccount};
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::court::ids::AccountId;
use crate::court::labels::account_of;
use crate::court::line_value::LineValue as _;
use crate::court::values::IdentityCheck;
use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::service::RecordedAct;
use crate::http::api::court::json_request::{
    AuthenticatedJson, access_log_json, act_json, answer, created, some_value, value,
};
use crate::http::api::court::lists::By;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter};
use crate::ledger::time::Timestamp;
use crate::wire::court::accounts::{
    AccountJson, IdentityCheckRequest, MeJson, OpenAccountRequest, OpenedAccountJson, RoleRequest, read_time,
};
use crate::wire::court::lists::AccessLogJson;
use crate::wire::court::recorded_act::ActJson;

/// How long ago an identity check was made at most when it is entered, in milliseconds: seven days.
const ENTERED_WITHIN_MS: u64 = 7 * 24 * 3_600_000;

/// The account in the path. A malformed id is answered like an unknown one.
pub(in crate::http::api::court) fn account_named(parameter: &PathParameter) -> Result<AccountId, ApiError> {
    AccountId::parse(&parameter.0).ok_or_else(|| FilingError::NotFound.into())
}

/// Who am I / 当前账号
///
/// The account behind the token, its roles and the token's scopes. No texts: nothing is recorded.
///
/// 令牌所属账号及其角色与权限范围，不含非公开信息。
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "accounts",
    responses(
        (status = 200, description = "The account / 账号", body = MeJson),
    ),
)]
pub(in crate::http) async fn who_am_i(Bearer(actor): Bearer) -> Response {
    answer(StatusCode::OK, &MeJson::of(actor.id, &actor.account, &actor.scopes))
}

/// Open an account / 开立账号
///
/// For the operator, and for a court's clerk or administrator. The name stays off the chain.
///
/// 由平台管理员、书记员或法院管理员开立，姓名不上链。
#[utoipa::path(
    post,
    path = "/v1/accounts",
    tag = "accounts",
    request_body = OpenAccountRequest,
    responses(
        (status = 201, description = "Opened / 已开立", body = OpenedAccountJson),
        (status = 200, description = "The same request had opened it / 该请求此前已完成", body = OpenedAccountJson),
    ),
)]
pub(in crate::http) async fn open_account(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<OpenAccountRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (account, recorded) = open_for(&state, (&actor, &context), &shape).await?;
    let act = act_json(ActKind::OpenAccount, Stream::Registry, None, &recorded);
    Ok(created(&recorded, &OpenedAccountJson { account: account.to_string(), act }))
}

/// Opens an account.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn open_for(
    state: &AppState,
    (actor, context): By<'_>,
    shape: &OpenAccountRequest,
) -> Result<(AccountId, RecordedAct), ApiError> {
    let subject = value("subject", &shape.subject)?;
    // The same request opens the same account.
    let account = account_of(context.request);
    let open = |annexes: &mut crate::filing::annexes::Annexes| {
        let name = annexes.add_some("name", shape.name.as_deref())?;
        Ok(Act::OpenAccount(OpenAccount { account, subject, name }))
    };
    Ok((account, state.filing()?.change_registry(actor, context, open).await?))
}

/// Look at an account / 查看账号
///
/// For the account itself, the operator, a court's clerk, and the administrator of the account's court. The access is on the chain
/// before anything is shown.
///
/// 本人、平台管理员、书记员及该账号所属法院的管理员可查看，查阅记录先行上链。
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    responses(
        (status = 200, description = "The account / 账号", body = AccountJson),
    ),
)]
pub(in crate::http) async fn view_account(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let look = state.filing()?.view_account(&actor, account_named(&parameter)?).await?;
    let sequence = look.access.position.sequence;
    let shape = AccountJson::of(look.id, &look.account, &look.texts, &look.tokens, sequence);
    Ok(answer(StatusCode::OK, &shape))
}

/// Record an identity check / 记录实名核验
///
/// The check was made outside of the platform; a clerk or court administrator may record only checks at the court (`court-offline`).
///
/// 核验在平台之外完成；书记员、法院管理员仅可记录法院线下核验。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/identity-checks",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
    ),
    request_body = IdentityCheckRequest,
    responses(
        (status = 201, description = "Recorded / 已记录", body = ActJson),
        (status = 200, description = "The same request had recorded it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn check_identity(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<IdentityCheckRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (filing, account) = (state.filing()?, account_named(&parameter)?);
    let now = filing.now();
    // A check is entered when it is made, or soon after.
    let earliest = Timestamp::from_millis(now.as_millis().saturating_sub(ENTERED_WITHIN_MS)).unwrap_or(now);
    let at = match shape.at.as_deref() {
        None => now,
        Some(text) => read_time(text).filter(|at| (earliest..=now).contains(at)).ok_or_else(|| {
            ApiError::new(ErrorCode::BadValue, "`at` is no time of the last seven days")
                .expecting("2026-11-22T09:04:11.123+08:00")
        })?,
    };
    let identity = IdentityCheck { method: value("method", &shape.method)?, level: value("level", &shape.level)?, at };
    let check = |annexes: &mut crate::filing::annexes::Annexes| {
        let reference = annexes.add_some("reference", shape.reference.as_deref())?;
        Ok(Act::CheckIdentity(CheckIdentity { account, identity, reference, provider: None, verification: None }))
    };
    let recorded = filing.change_registry(&actor, &context, check).await?;
    Ok(created(&recorded, &act_json(ActKind::CheckIdentity, Stream::Registry, None, &recorded)))
}

/// The account in the path, and the role and the court in the body.
fn named_role(
    parameter: &PathParameter,
    shape: &RoleRequest,
) -> Result<(AccountId, Role, Option<CourtCode>), ApiError> {
    Ok((account_named(parameter)?, value("role", &shape.role)?, some_value("court", shape.court.as_deref())?))
}

/// The answer to an act about a role.
fn role_act(kind: ActKind, recorded: &RecordedAct) -> Response {
    created(recorded, &act_json(kind, Stream::Registry, None, recorded))
}

/// Grant a role / 授予角色
///
/// For the operator, and for the court administrator of the court. A role of a court is held for one court. A court administrator grants no
/// role to an account that it has opened, or of whose holder nobody else has checked the identity; the first role at the court takes
/// effect when the holder accepts it.
///
/// 由平台管理员授予，本院角色亦可由法院管理员授予；法院角色须指明法院。账号由该法院管理员开立，或者未经其他人员实名核验的，该法院管理员不得授予；首次授予本院角色的，经本人接受后生效。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/roles",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
    ),
    request_body = RoleRequest,
    responses(
        (status = 201, description = "Granted / 已授予", body = ActJson),
        (status = 200, description = "The same request had granted it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn grant_role(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<RoleRequest>,
) -> Result<Response, ApiError> {
    let (account, role, court) = named_role(&parameter, &call.shape)?;
    let grant = Grant { account, role, court };
    let recorded = state.filing()?.grant_role(&call.actor, &call.context, grant).await?;
    Ok(role_act(ActKind::Grant, &recorded))
}

/// Accept a role / 接受角色
///
/// By the account itself: a role that a court administrator has granted. From then on administrators of the court manage its login. The
/// holder of an account with a password accepts it on the page of the account.
///
/// 由账号本人接受法院管理员授予的角色；接受后，该院管理员可管理该账号的登录。已设密码的账号，由本人登录后在账号页面接受。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/roles/acceptance",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
    ),
    request_body = RoleRequest,
    responses(
        (status = 201, description = "Accepted / 已接受", body = ActJson),
        (status = 200, description = "The same request had accepted it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn accept_role(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<RoleRequest>,
) -> Result<Response, ApiError> {
    let (account, role, court) = named_role(&parameter, &call.shape)?;
    let accept = AcceptRole { account, role, court };
    let recorded = state.filing()?.accept_role(&call.actor, &call.context, accept).await?;
    Ok(role_act(ActKind::AcceptRole, &recorded))
}

/// Revoke a role / 撤销角色
///
/// For the operator, and for the court administrator of the court. Open tokens lose it at once. A role that its holder has not accepted is
/// withdrawn.
///
/// 由平台管理员撤销，本院角色亦可由法院管理员撤销；已签发的令牌立即失去该角色；尚未接受的，授予随之撤回。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/roles/revocation",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
    ),
    request_body = RoleRequest,
    responses(
        (status = 200, description = "Revoked / 已撤销", body = ActJson),
    ),
)]
pub(in crate::http) async fn revoke_role(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<RoleRequest>,
) -> Result<Response, ApiError> {
    let (account, role, court) = named_role(&parameter, &call.shape)?;
    let end = Act::EndGrant(EndGrant { account, role, court });
    let recorded = state.filing()?.change_registry(&call.actor, &call.context, |_| Ok(end.clone())).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndGrant, Stream::Registry, None, &recorded)))
}

/// Who saw an account / 账号访问日志
///
/// For the account itself, the operator and auditors: who was shown its private content, and who erased it, in order and
/// without gaps.
///
/// 本人、平台管理员、审计人员可查看非公开信息的查阅和删除记录。
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/access-log",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits"), PageQuery),
    responses(
        (status = 200, description = "The log / 访问日志", body = AccessLogJson),
    ),
)]
pub(in crate::http) async fn account_access_log(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(page): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    let (account, after, limit) = (account_named(&parameter)?, page.number()?.unwrap_or(0), page.limit()?);
    let log = state.filing()?.account_log(&actor, account, after, limit).await?;
    Ok(answer(StatusCode::OK, &access_log_json(&log)))
}
