//! Links of accounts to logins at identity providers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::court::ids::AccountId;
use crate::court::subject::Subject;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::login_links::ProviderLogin;
use crate::filing::service::RecordedAct;
use crate::http::api::court::accounts::account_named;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value};
use crate::http::api::court::lists::By;
use crate::http::app_state::{AppState, LoginProvider};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::identity::{EndLoginLinkRequest, LoginLinkRequest};
use crate::wire::court::recorded_act::ActJson;

/// Link a login of an identity provider / 关联统一身份认证登录
///
/// For the operator, who answers for the subject. Holders link their accounts themselves, on the page of the account, where the identity
/// provider proves the subject. From then on the person with this subject logs in to the account, as long as it holds a role at the
/// court. All sessions of the account end. The subject stays off the chain.
///
/// 由平台管理员办理，并对登录标识的真实性负责；本人可在“我的账号”自行关联，由统一身份认证证明其登录标识。此后登录标识为此的人员可登录该账号，以该账号在该院有角色为限；该账号全部会话随之结束，登录标识不上链。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/login-links",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    request_body = LoginLinkRequest,
    responses(
        (status = 201, description = "Linked / 已关联", body = ActJson),
        (status = 200, description = "The same request had linked it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn link_login(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<LoginLinkRequest>,
) -> Result<Response, ApiError> {
    let (account, court) = (account_named(&parameter)?, value("court", &call.shape.court)?);
    let recorded = link(&state, (&call.actor, &call.context), account, (&court, &call.shape.subject)).await?;
    Ok(created(&recorded, &act_json(ActKind::LinkLogin, Stream::Registry, None, &recorded)))
}

/// Links an account to the login with this subject at the provider of a court.
///
/// # Errors
///
/// `no_login_provider`; those of the act.
pub(in crate::http) async fn link(
    state: &AppState,
    (actor, context): By<'_>,
    account: AccountId,
    (court, subject): (&CourtCode, &str),
) -> Result<RecordedAct, ApiError> {
    let filing = state.filing()?;
    let provider = state.login_providers().into_iter().find(|provider| provider.court == *court);
    let missing = || ApiError::new(ErrorCode::NoLoginProvider, "no identity provider is configured for this court");
    let LoginProvider { issuer, .. } = provider.ok_or_else(missing)?;
    let bad = || {
        FilingError::bad(
            "subject",
            "1 to 255 visible ASCII characters, as the provider has it",
            "应为 1 至 255 个可见 ASCII 字符，与统一身份认证系统中的用户标识一致",
        )
    };
    let subject = Subject::parse(subject).ok_or_else(bad)?;
    let login = ProviderLogin { court, issuer: &issuer, subject: &subject };
    Ok(filing.link_login(actor, context, account, login).await?)
}

/// End the link of a login / 解除统一身份认证关联
///
/// For the operator, and for the court administrator of the court; holders end their links on the page of the account. All sessions of the
/// account end.
///
/// 由平台管理员或法院管理员办理，本人可在“我的账号”解除；该账号全部会话随之结束。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/login-links/removal",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    request_body = EndLoginLinkRequest,
    responses((status = 200, description = "Ended / 已解除", body = ActJson)),
)]
pub(in crate::http) async fn end_login_link(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<EndLoginLinkRequest>,
) -> Result<Response, ApiError> {
    let (account, court) = (account_named(&parameter)?, value("court", &call.shape.court)?);
    let recorded = state.filing()?.end_login_link(&call.actor, &call.context, account, &court).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndLoginLink, Stream::Registry, None, &recorded)))
}
