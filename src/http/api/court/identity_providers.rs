//! Providers of identity checks: registration, the checks that holders of accounts begin, and results.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::document::Stream;
use crate::court::ids::{AccountId, TokenId};
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::filing::identity_providers::{NewProvider, ProviderView};
use crate::filing::identity_results::{IdentityOutcome, IdentityResult};
use crate::http::api::court::accounts::account_named;
use crate::http::api::court::field_values::{read, read_moment};
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value};
use crate::http::api::court::signed_report::{REPORT_MAX, SignedReport};
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::bilingual::Bilingual;
use crate::wire::chinese;
use crate::wire::court::accounts::EmptyRequest;
use crate::wire::court::identity::{
    BegunVerificationJson, ConfirmationRequest, IdentityCheckProviderJson, IdentityCheckProviderRequest,
    IdentityCheckProvidersJson, IdentityResultJson, IdentityResultRequest, RegisteredIdentityCheckProviderJson,
    VerificationRequest,
};
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::beijing_time;
use crate::wire::json;

/// Register a provider of identity checks / 登记实名核验机构
///
/// For the operator. Holders of accounts are sent to its address with the id of their check; it sends the result to
/// `/v1/identity-providers/{id}/results`, signed with the key that is shown once.
///
/// 由平台管理员登记。账号持有人携核验编号前往其地址，核验结果以登记时显示一次的密钥签名回传。
#[utoipa::path(
    post,
    path = "/v1/identity-providers",
    tag = "accounts",
    request_body = IdentityCheckProviderRequest,
    responses(
        (status = 201, description = "Registered / 已登记", body = RegisteredIdentityCheckProviderJson),
        (status = 200, description = "The same request had registered it; without the key / 该请求此前已完成", body = RegisteredIdentityCheckProviderJson),
    ),
)]
pub(in crate::http) async fn register_identity_provider(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<IdentityCheckProviderRequest>,
) -> Result<Response, ApiError> {
    let shape = &call.shape;
    let new = NewProvider {
        name: &shape.name,
        method: value("method", &shape.method)?,
        level: value("level", &shape.level)?,
        url: &shape.url,
    };
    let added = state.filing()?.add_identity_provider(&call.actor, &call.context, new).await?;
    let json = RegisteredIdentityCheckProviderJson {
        id: added.id.to_string(),
        secret: added.secret.as_deref().map(ToOwned::to_owned),
        act: act_json(ActKind::AddIdentityProvider, Stream::Registry, None, &added.recorded),
    };
    Ok(created(&added.recorded, &json))
}

/// The providers of identity checks / 实名核验机构名单
///
/// Without their addresses and keys.
///
/// 不含地址与密钥。
#[utoipa::path(
    get,
    path = "/v1/identity-providers",
    tag = "accounts",
    responses((status = 200, description = "The list / 名单", body = IdentityCheckProvidersJson)),
)]
pub(in crate::http) async fn list_identity_providers(
    State(state): State<Arc<AppState>>,
    Bearer(_): Bearer,
) -> Result<Response, ApiError> {
    let providers = state.filing()?.identity_providers().await?;
    let items = providers.iter().map(provider_json).collect();
    Ok(answer(StatusCode::OK, &IdentityCheckProvidersJson { items, next_cursor: None }))
}

fn provider_json(view: &ProviderView) -> IdentityCheckProviderJson {
    let entry = &view.entry;
    IdentityCheckProviderJson {
        id: view.id.to_string(),
        name: view.name.clone(),
        method: entry.method.word().into(),
        method_label: Bilingual::of(|language| entry.method.label(language)),
        level: entry.level.word().into(),
        level_label: Bilingual::of(|language| entry.level.label(language)),
        registered_at: beijing_time(entry.since.at),
    }
}

/// Remove a provider of identity checks / 取消实名核验机构登记
///
/// For the operator. Its results are not taken any more; what it checked stays.
///
/// 由平台管理员办理。不再接受其核验结果，已记录的核验不受影响。
#[utoipa::path(
    post,
    path = "/v1/identity-providers/{id}/removal",
    tag = "accounts",
    params(("id" = String, Path, description = "64 hex digits")),
    request_body = EmptyRequest,
    responses((status = 200, description = "Removed / 已取消", body = ActJson)),
)]
pub(in crate::http) async fn remove_identity_provider(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<EmptyRequest>,
) -> Result<Response, ApiError> {
    let id = TokenId::parse(&parameter.0).ok_or(FilingError::NotFound)?;
    let recorded = state.filing()?.remove_identity_provider(&call.actor, &call.context, id).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndIdentityProvider, Stream::Registry, None, &recorded)))
}

/// Begin an identity check / 发起实名核验
///
/// By the account itself. The browser of its holder opens the address of the answer, and the provider sends the result. A check that
/// was open is replaced; without a result it ends after a day.
///
/// 由账号本人发起，在浏览器中打开应答所示地址完成核验，结果由核验机构回传。重新发起时原核验失效；一日内无结果的亦失效。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/identity-verifications",
    tag = "accounts",
    params(("account" = String, Path, description = "64 hex digits")),
    request_body = VerificationRequest,
    responses(
        (status = 201, description = "Begun / 已发起", body = BegunVerificationJson),
        (status = 200, description = "The same request had begun it / 该请求此前已完成", body = BegunVerificationJson),
    ),
)]
pub(in crate::http) async fn begin_verification(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<VerificationRequest>,
) -> Result<Response, ApiError> {
    if account_named(&parameter)? != call.actor.id {
        return Err(FilingError::NotFound.into());
    }
    let provider = value("provider", &call.shape.provider)?;
    let begun = state.filing()?.begin_verification(&call.actor, &call.context, provider).await?;
    let json = BegunVerificationJson {
        verification: begun.id.to_string(),
        url: begun.url,
        act: act_json(ActKind::RequestIdentity, Stream::Registry, None, &begun.recorded),
    };
    Ok(created(&begun.recorded, &json))
}

/// Confirm the result of an identity check / 确认实名核验结果
///
/// By the account itself, with the code that its provider has given to the browser of the person whom it has checked. A result counts
/// only then: so nobody else can be made to complete the check.
///
/// 由账号本人以核验机构交给本人浏览器的代码确认，确认后结果方生效，以防他人被诱导代为核验。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/identity-verifications/{id}/confirmation",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
        ("id" = String, Path, description = "The check: 64 hex digits"),
    ),
    request_body = ConfirmationRequest,
    responses((status = 200, description = "Recorded / 已记录", body = ActJson)),
)]
pub(in crate::http) async fn confirm_identity(
    State(state): State<Arc<AppState>>,
    Path((account, id)): Path<(String, String)>,
    call: AuthenticatedJson<ConfirmationRequest>,
) -> Result<Response, ApiError> {
    if AccountId::parse(&account) != Some(call.actor.id) {
        return Err(FilingError::NotFound.into());
    }
    let verification = TokenId::parse(&id).ok_or(FilingError::NotFound)?;
    let recorded = state.filing()?.confirm_identity(&call.actor, verification, &call.shape.code).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::CheckIdentity, Stream::Registry, None, &recorded)))
}

fn result(bytes: &[u8]) -> Result<IdentityResult, FilingError> {
    let unreadable = |error: json::JsonError| FilingError::bad("body", error.to_string(), chinese::json(&error));
    let request: IdentityResultRequest = json::object(bytes, REPORT_MAX).map_err(unreadable)?;
    let missing =
        |field: &'static str| FilingError::bad(field, "it is missing for this outcome", "该核验结果须填写本项");
    let outcome = match request.outcome.as_str() {
        "verified" => IdentityOutcome::Verified {
            level: read("level", &request.level.ok_or_else(|| missing("level"))?)?,
            name: request.name.filter(|name| !name.trim().is_empty()).ok_or_else(|| missing("name"))?,
        },
        "failed" => IdentityOutcome::Failed { cause: read("cause", &request.cause.ok_or_else(|| missing("cause"))?)? },
        _ => return Err(FilingError::bad("outcome", "verified or failed", "应为 verified 或者 failed")),
    };
    Ok(IdentityResult {
        verification: read("verification", &request.verification)?,
        at: read_moment("at", &request.at)?,
        outcome,
        reference: request.reference.filter(|reference| !reference.trim().is_empty()),
    })
}

/// Send the result of an identity check / 回传核验结果
///
/// By a provider, signed with its key as Standard Webhooks has it: `webhook-id` is the same each time a result is sent,
/// `webhook-timestamp` is now, `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. A check has one
/// result: the same again is answered as the first. The name is compared with that of the account, and not kept.
///
/// 由核验机构签名回传。一次核验只有一个结果，重复回传以首次为准；姓名仅用于比对，不予保存。
#[utoipa::path(
    post,
    path = "/v1/identity-providers/{id}/results",
    tag = "accounts",
    params(
        ("id" = String, Path, description = "64 hex digits"),
        ("webhook-id" = String, Header, description = "The same each time this result is sent", example = "result-20261122-77"),
        ("webhook-timestamp" = u64, Header, description = "Seconds since 1970", example = 1_795_309_451),
        ("webhook-signature" = String, Header, description = "`v1,` and the base64 of the HMAC", example = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
    ),
    request_body = IdentityResultRequest,
    responses(
        (status = 200, description = "Recorded / 已记录", body = IdentityResultJson),
    ),
)]
pub(in crate::http) async fn send_identity_result(
    State(state): State<Arc<AppState>>,
    sent: SignedReport,
) -> Result<Response, ApiError> {
    let head = sent.head().ok_or(FilingError::ProviderSignature)?;
    let mut verification = String::new();
    let read = |bytes: &[u8]| {
        let result = result(bytes)?;
        verification = result.verification.to_string();
        Ok(result)
    };
    let outcome = state.filing()?.identity_result(sent.sender, &head, &sent.body, read).await?;
    let json = IdentityResultJson {
        confirmed: outcome.cause.is_none(),
        return_path: outcome.code.map(|code| format!("/account?verification={verification}&code={code}")),
        cause: outcome.cause,
        deposit_number: outcome.recorded.map(|recorded| recorded.number.to_string()),
        verification,
    };
    Ok(answer(StatusCode::OK, &json))
}
