//! Bearer tokens: shown once, revoked at any time.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::document::Stream;
use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::court::words::{KeptTokens, Scope};
use crate::filing::filing_error::FilingError;
use crate::http::api::court::accounts::account_named;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, values};
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::accounts::{IssuedTokenJson, RevocationJson, RevocationRequest, TokenRequest};
use crate::wire::facts::beijing_time;

/// Issue a token / 签发令牌
///
/// For oneself, with no more scopes than those of the token that asks and no longer than it is accepted, and at most two
/// generations below a token that another account or the platform issued; for others, by the operator or, at a court's
/// service counter, a clerk. Revoking the token that asks ends this one, too. The token is in this answer and is never
/// shown again: the same request sent again is answered without it.
///
/// 本人可在现有令牌权限范围与有效期内签发，至多逐级签发两级；平台管理员与书记员可为他人签发。撤销签发所用令牌，则由其签发的令牌一并失效。
/// 令牌仅显示一次。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/tokens",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
    ),
    request_body = TokenRequest,
    responses(
        (status = 201, description = "The token / 令牌", body = IssuedTokenJson),
        (status = 200, description = "The same request had issued it; without the token / 该请求此前已完成，不再显示令牌", body = IssuedTokenJson),
    ),
)]
pub(in crate::http) async fn issue_token(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<TokenRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (filing, account) = (state.filing()?, account_named(&parameter)?);
    let scopes: BTreeSet<Scope> = values("scopes", &shape.scopes)?;
    let issued = filing.issue_token(&actor, &context, account, &scopes, shape.days).await?;
    let json = IssuedTokenJson {
        token: issued.token.as_ref().map(|token| token.text().to_owned()),
        id: issued.id.to_string(),
        expires_at: beijing_time(issued.expires),
        act: act_json(ActKind::IssueToken, Stream::Registry, None, &issued.recorded),
    };
    Ok(created(&issued.recorded, &json))
}

/// Revoke a token / 撤销令牌
///
/// For the operator; for a token itself; for the token that issued it, directly or through others; and for any token of the
/// same account that the account did not issue itself. All tokens issued with it end as well, those of other accounts
/// unless `keep_issued` is said, and so do the enrolments of keys that were made with them. They are not accepted any more
/// from this answer on, also while the ledger accepts no deposits: then the answer is 202, and the act follows.
///
/// 平台管理员、令牌本身、其签发令牌（含逐级签发）以及同一账号中非自行签发的令牌可撤销。由其签发的令牌及用其登记的公钥一并失效；
/// `keep_issued` 可保留已签发给其他账号的令牌。自应答时起立即失效；账本暂停写入时应答 202，撤销记录随后上链。
#[utoipa::path(
    post,
    path = "/v1/tokens/{id}/revocation",
    tag = "accounts",
    params(
        ("id" = String, Path, description = "64 hex digits"),
    ),
    request_body = RevocationRequest,
    responses(
        (status = 200, description = "Revoked, and on the chain / 已撤销并上链", body = RevocationJson),
        (status = 202, description = "Revoked; its act follows / 已撤销，记录随后上链", body = RevocationJson),
    ),
)]
pub(in crate::http) async fn revoke_token(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<RevocationRequest>,
) -> Result<Response, ApiError> {
    let token = TokenId::parse(&parameter.0).ok_or(FilingError::NotFound)?;
    let kept = call.shape.keep_issued.then_some(KeptTokens::OtherAccounts);
    let revoked = state.filing()?.revoke_token(&call.actor, &call.context, token, kept).await?;
    let (status, state) =
        if revoked.recorded.is_some() { (StatusCode::OK, "recorded") } else { (StatusCode::ACCEPTED, "pending") };
    let ids = |tokens: &[TokenId]| tokens.iter().map(TokenId::to_string).collect();
    let json = RevocationJson {
        id: token.to_string(),
        state: state.into(),
        ended: ids(&revoked.ended),
        left: ids(&revoked.left),
        act: revoked.recorded.map(|recorded| act_json(ActKind::RevokeToken, Stream::Registry, None, &recorded)),
    };
    Ok(answer(status, &json))
}
