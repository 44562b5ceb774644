//! Bearer tokens: handed out once, revoked at any time.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::document::Stream;
use crate::court::ids::TokenId;
use crate::court::line::Line as _;
use crate::court::words::Scope;
use crate::desk::declined::DeskError;
use crate::desk::office::Desk;
use crate::desk::secret::BearerToken;
use crate::http::api::court::accounts::account_named;
use crate::http::api::court::exchange::{Call, act_json, answer, created, values};
use crate::http::node::Node;
use crate::http::problem::Failure;
use crate::http::request::{Named, header};
use crate::ledger::time::Timestamp;
use crate::wire::court::accounts::{EmptyRequest, IssuedTokenJson, TokenRequest};
use crate::wire::court::done::ActJson;
use crate::wire::facts::beijing_time;
use crate::wire::problem::Problem;

/// Until when the token of a request is taken.
fn expiry(desk: &Desk, headers: &HeaderMap) -> Option<Timestamp> {
    let (_, presented) = header(headers, &AUTHORIZATION).split_once(' ')?;
    let id = BearerToken::parse(presented.trim())?.id();
    desk.registry().tokens.get(&id).map(|token| token.expires)
}

/// Issue a token / 签发令牌
///
/// For oneself, with no more scopes than those of the token that asks, and no longer than that one lives unless it is
/// for `manage`; for others, by the operator or, at a court's
/// counter, a clerk. The token is in this answer and is never shown again: the same request sent again is refused.
///
/// 本人可在现有令牌权限范围内签发；平台管理员与书记员可为他人签发。令牌仅显示一次。
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/tokens",
    tag = "accounts",
    params(
        ("account" = String, Path, description = "64 hex digits"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = TokenRequest,
    responses(
        (status = 201, description = "The token / 令牌", body = IssuedTokenJson),
        (status = 400, description = "`bad_value`, `unexpected_json`, …", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_permitted`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_account`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn issue_token(
    State(node): State<Arc<Node>>,
    named: Named,
    headers: HeaderMap,
    call: Call<TokenRequest>,
) -> Result<Response, Failure> {
    let Call { actor, asked, shape } = call;
    let (desk, account) = (node.desk()?, account_named(&named)?);
    let scopes: BTreeSet<Scope> = values("scopes", &shape.scopes)?;
    if !actor.scopes.contains(&Scope::Manage) {
        // Otherwise whoever holds a stolen token would keep it for ever by asking for another.
        let ends = desk.now().after_days(shape.days);
        if expiry(desk, &headers).zip(ends).is_none_or(|(own, ends)| own < ends) {
            return Err(DeskError::bad("days", "no longer than the token that asks").into());
        }
    }
    let issued = desk.issue_token(&actor, &asked, account, &scopes, shape.days).await?;
    if !issued.done.fresh {
        // Sent twice at once: this one lost, and its token is not the one on the chain.
        let reason = "the token was issued before, and is shown once only";
        return Err(DeskError::bad("idempotency-key", reason).into());
    }
    let json = IssuedTokenJson {
        token: issued.token.text().to_owned(),
        id: issued.id.to_string(),
        expires_at: beijing_time(issued.expires),
        act: act_json(ActKind::IssueToken, Stream::Registry, None, &issued.done),
    };
    Ok(created(&issued.done, &json))
}

/// Revoke a token / 撤销令牌
///
/// For its owner, with any token, and for the operator. It is not taken any more from this answer on.
///
/// 本人或平台管理员可撤销，立即失效。
#[utoipa::path(
    post,
    path = "/v1/tokens/{id}/revocation",
    tag = "accounts",
    params(
        ("id" = String, Path, description = "64 hex digits"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = EmptyRequest,
    responses(
        (status = 200, description = "Revoked / 已撤销", body = ActJson),
        (status = 401, description = "`unauthenticated`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_permitted`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: not there, or not yours", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn revoke_token(
    State(node): State<Arc<Node>>,
    named: Named,
    call: Call<EmptyRequest>,
) -> Result<Response, Failure> {
    let token = TokenId::parse(&named.0).ok_or(DeskError::NotFound)?;
    let done = node.desk()?.revoke_token(&call.actor, &call.asked, token).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::RevokeToken, Stream::Registry, None, &done)))
}
