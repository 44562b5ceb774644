//! Deposits by token: the platform signs on behalf of an account; and the private content of deposits.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{Act, ActKind};
use crate::court::line_value::LineValue as _;
use crate::court::typed;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::deposits::{OnBehalfCommand, OwnDeposit, OwnDeposits};
use crate::filing::streams::StoredAct;
use crate::http::acknowledgement::acknowledged_receipt;
use crate::http::api::court::json_request::{AuthenticatedJson, answer};
use crate::http::api::court::originals::InCaseQuery;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter};
use crate::wire::bilingual::Bilingual;
use crate::wire::court::deposits_on_behalf::{
    OnBehalfDepositJson, OnBehalfError, OnBehalfRequest, OwnDepositJson, OwnDepositsJson, PrivateContentJson,
    WarningJson,
};
use crate::wire::court::originals::{CustodyEventJson, CustodyLogJson};
use crate::wire::facts::beijing_time;
use crate::wire::receipt::ReceiptJson;

impl From<OnBehalfError> for ApiError {
    fn from(error: OnBehalfError) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error {
            OnBehalfError::Word { field, expected, in_chinese } => {
                failure.in_chinese(typed::field_fault(field, &in_chinese)).expecting(expected)
            }
            _ => failure,
        }
    }
}

/// Deposit by token / 代为存证
///
/// The platform signs the statement and says for whom. Send digests only: the original stays with its owner until it is
/// given into custody. The same request under the same Idempotency-Key answers the same receipt.
///
/// 平台代为签名并注明为何人存证；只提交摘要。相同幂等键的同一请求返回同一回执。
#[utoipa::path(
    post,
    path = "/v1/entrusted-deposits",
    tag = "originals",
    request_body = OnBehalfRequest,
    responses(
        (status = 201, description = "On the chain / 已上链", body = OnBehalfDepositJson),
        (status = 200, description = "The same request had made it / 该请求此前已完成", body = OnBehalfDepositJson),
    ),
)]
pub(in crate::http) async fn deposit_on_behalf(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<OnBehalfRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let json = on_behalf(&state, &actor, &context, &shape).await?;
    Ok(answer(if json.fresh { StatusCode::CREATED } else { StatusCode::OK }, &json))
}

/// Deposits on behalf of the actor's account.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn on_behalf(
    state: &AppState,
    actor: &Actor,
    context: &RequestContext,
    shape: &OnBehalfRequest,
) -> Result<OnBehalfDepositJson, ApiError> {
    let command = OnBehalfCommand {
        content: shape.content()?,
        media_type: shape.media_type()?,
        links: shape.links()?,
        metadata: shape.metadata()?,
        texts: shape.texts(),
    };
    let made = state.filing()?.deposit_on_behalf(actor, context, &command).await?;
    let receipt = acknowledged_receipt(state, made.receipt).await?;
    Ok(OnBehalfDepositJson {
        deposit_number: made.number.to_string(),
        receipt: ReceiptJson::from(&receipt),
        warnings: made.personal_numbers.into_iter().map(WarningJson::of).collect(),
        fresh: made.fresh,
    })
}

/// List one's own deposits by token / 本人的代为存证
///
/// The latest first, with their names: the access is recorded in the account's own access log.
///
/// 按时间倒序，含证据名称；查阅记录先行上链。
#[utoipa::path(
    get,
    path = "/v1/entrusted-deposits",
    tag = "originals",
    params(PageQuery),
    responses(
        (status = 200, description = "The deposits / 存证", body = OwnDepositsJson),
    ),
)]
pub(in crate::http) async fn list_deposits_on_behalf(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    Parameters(page): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    let own = state.filing()?.own_deposits(&actor, page.number()?, page.limit()?).await?;
    Ok(answer(StatusCode::OK, &own_json(&own)))
}

/// A page of an account's own deposits as answers show it.
pub(in crate::http) fn own_json(own: &OwnDeposits) -> OwnDepositsJson {
    let shown = |one: &OwnDeposit| OwnDepositJson::of(one.number, one.index.0, one.at, one.metadata.as_deref());
    OwnDepositsJson {
        items: own.deposits.iter().map(shown).collect(),
        next_cursor: own.next.map(|next| next.to_string()),
        access_sequence: own.access.as_ref().map(|done| done.position.sequence),
    }
}

/// View private content of a deposit / 查看存证的非公开信息
///
/// For the account of the deposit. Other accounts name a case to which they have access and in which the deposit is an item
/// of its depositor. The access is recorded on the chain before the answer is sent.
///
/// 存证账号本人可见；其他人须以 `case` 指明其有权查看且该存证由当事人提交的案件。查阅记录先行上链。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/private",
    tag = "originals",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), InCaseQuery),
    responses(
        (status = 200, description = "The content / 非公开信息", body = PrivateContentJson),
    ),
)]
pub(in crate::http) async fn view_private_content(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(query): Parameters<InCaseQuery>,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    let case = query.case(state.filing()?, &actor).await?;
    let look = state.filing()?.view_private_content(&actor, number, case).await?;
    let Some((held, access)) = look.held.zip(look.access) else {
        return Err(ApiError::new(
            ErrorCode::Erased,
            "the private content is erased; what is on the chain still verifies",
        ));
    };
    let metadata = serde_json::from_str(&held.json).map_err(|error| ApiError::internal(&error))?;
    let json = PrivateContentJson {
        deposit_number: number.to_string(),
        metadata,
        salt: hex::encode(held.salt),
        canonical: held.json,
        access_sequence: access.position.sequence,
    };
    Ok(answer(StatusCode::OK, &json))
}

/// Who saw a deposit's private content / 存证的访问日志
///
/// For the account it was made for, the operator and auditors: every access, custody of the original, erasure, in one
/// stream without gaps.
///
/// 存证账号本人、平台管理员与审计人员可见：查阅、原文保管、删除，连续编号。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/access-log",
    tag = "originals",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), PageQuery),
    responses(
        (status = 200, description = "The log / 访问日志", body = CustodyLogJson),
    ),
)]
pub(in crate::http) async fn deposit_access_log(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(page): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    let (number, after, limit) = (parameter.number()?, page.number()?.unwrap_or(0), page.limit()?);
    let log = state.filing()?.deposit_log(&actor, number, after, limit).await?;
    let shown = CustodyLogJson {
        items: log.acts.iter().map(event).collect(),
        next_cursor: log.next.map(|next| next.to_string()),
    };
    Ok(answer(StatusCode::OK, &shown))
}

fn event(stored: &StoredAct) -> CustodyEventJson {
    let document = &stored.document;
    let kind: ActKind = document.act.kind();
    let shown = match &document.act {
        Act::Access(access) => Some(access.shown.word().to_owned()),
        _ => None,
    };
    CustodyEventJson {
        sequence: stored.position.sequence,
        act: kind.word().into(),
        label: Bilingual::of(|language| kind.label(language)),
        by: document.by.to_string(),
        capacity: document.capacity.print(),
        shown,
        at: beijing_time(stored.position.at),
        deposit_number: stored.entry.number.to_string(),
        index: stored.position.index.0,
    }
}
