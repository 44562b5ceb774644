//! Erasure of private content: the request, and the state of an erasure.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::court::acts::ActKind;
use crate::court::document::Stream;
use crate::court::ids::CaseId;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::erasure_job::{Erasure, WAIT_MAX};
use crate::filing::erasure_requests::ErasureCommand;
use crate::filing::erasure_state::ErasureState;
use crate::http::api::court::case_path::named_by;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, value, values};
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter};
use crate::ledger::number::DepositNumber;
use crate::wire::court::erasure::{ErasureFailureJson, ErasureJson, ErasureRequest, ErasureWord, SearchProgressJson};
use crate::wire::facts::beijing_time;

/// Erase private content / 删除非公开信息
///
/// Of a deposit (its private metadata and its original) or of an account: by its owner, by the operator at that person's
/// request, or by the judge who ordered it. Texts of a case: by its judge, after an order. Content
/// that a court holds (act `hold`) is erased only after that court has released it; importing a deposit into a case holds
/// nothing. The chain stays whole, and receipts still verify.
/// The answer comes once the erasure is on the chain: from then on the content cannot be read through this node. A
/// background job then removes it from the node's files; `Location` leads to its state.
///
/// 本人、平台管理员或作出决定的法官可申请；法院已决定暂停删除（`hold`）的内容，须由该法院解除后方可删除，导入案件本身不影响删除。
/// 删除上链后，该内容即不可通过本节点读取；文件清除在后台进行，进度见 `Location`。
/// 链上记录保持完整，回执仍可核验。
#[utoipa::path(
    post,
    path = "/v1/erasures",
    tag = "originals",
    request_body = ErasureRequest,
    responses(
        (status = 202, description = "On the chain; files are being cleared / 已上链，正在清除文件", body = ErasureJson, headers(("Location" = String, description = "/v1/erasures/{id}"))),
        (status = 200, description = "It was erased before, and is confirmed / 此前已删除并确认", body = ErasureJson, headers(("Location" = String, description = "/v1/erasures/{id}"))),
    ),
)]
pub(in crate::http) async fn erase(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<ErasureRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (erasure, json) = erase_content(&state, &actor, &context, &shape).await?;
    let over = !erasure.recorded.fresh && matches!(erasure.state, ErasureState::Confirmed { .. });
    let mut response = answer(if over { StatusCode::OK } else { StatusCode::ACCEPTED }, &json);
    let location = HeaderValue::try_from(format!("/v1/erasures/{}", json.id));
    response.headers_mut().insert(LOCATION, location.map_err(|error| ApiError::internal(&error))?);
    Ok(response)
}

/// Erases private content: the answer, and the erasure.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn erase_content(
    state: &AppState,
    actor: &Actor,
    context: &RequestContext,
    shape: &ErasureRequest,
) -> Result<(Erasure, ErasureJson), ApiError> {
    let what = what(shape)?;
    let order = named_by("order", shape.order.as_deref(), state.filing()?, actor).await?;
    let erasure = state.filing()?.erase(actor, context, &what, order).await?;
    let json = erasure_json(&erasure);
    Ok((erasure, json))
}

/// How long to wait.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Seconds to wait until the erasure is confirmed or has failed, 0 to 60; 0 by default. 等待秒数，0 至 60。
    #[param(minimum = 0, maximum = 60, example = 0)]
    wait: Option<u64>,
}

/// Follow an erasure / 查询删除进度
///
/// By its id, or by the number of the deposit whose content was erased. For the account that requested it, the account that it is
/// about or that the deposit was made for, the operator and auditors.
///
/// 以删除行为的存证编号或被删除存证的编号查询；申请人、相关账号本人、平台管理员与审计人员可查询。
#[utoipa::path(
    get,
    path = "/v1/erasures/{id}",
    tag = "originals",
    params(("id" = String, Path, description = "The deposit number of its act, or of the deposit / 删除行为或者被删除存证的编号", example = "20261122-0K7M-X9QT-3D5W-C3"), WaitQuery),
    responses(
        (status = 200, description = "The erasure / 删除", body = ErasureJson),
    ),
)]
pub(in crate::http) async fn follow_erasure(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(query): Parameters<WaitQuery>,
    shutdown: ShutdownSignal,
) -> Result<Response, ApiError> {
    let (id, wait) = (parameter.number()?, query.wait.unwrap_or(0));
    if wait > WAIT_MAX.as_secs() {
        let most = WAIT_MAX.as_secs();
        return Err(ApiError::new(ErrorCode::BadQuery, format!("`wait` is {wait}; it must be at most {most} seconds"))
            .limited(most));
    }
    let filing = state.filing()?;
    let erasure = tokio::select! {
        // The node shuts down: answers with the current state.
        () = shutdown.wait() => filing.erasure(&actor, id, Duration::ZERO).await,
        erasure = filing.erasure(&actor, id, Duration::from_secs(wait)) => erasure,
    };
    Ok(answer(StatusCode::OK, &erasure_json(&erasure?)))
}

/// An erasure as answers show it.
pub(in crate::http) fn erasure_json(erasure: &Erasure) -> ErasureJson {
    let stream = erasure.act.document.stream;
    let case = (stream == Stream::Case).then_some(CaseId(erasure.act.stream));
    let (word, mut progress, mut failure, mut confirmed_at) = (word(&erasure.state), None, None, None);
    match &erasure.state {
        ErasureState::Searching { done, total } => {
            progress = Some(SearchProgressJson { searched_bytes: *done, total_bytes: *total });
        }
        ErasureState::Failed { code, reason } => {
            failure = Some(ErasureFailureJson { code: (*code).into(), reason: reason.clone() });
        }
        ErasureState::Confirmed { at } => confirmed_at = at.map(beijing_time),
        ErasureState::Tombstoned | ErasureState::Compacting => {}
    }
    ErasureJson {
        id: erasure.recorded.number.to_string(),
        state: word.coded(),
        progress,
        failure,
        confirmed_at,
        act: act_json(ActKind::Erase, stream, case, &erasure.recorded),
        notice_index: erasure.notice.0,
        text: word.text(),
    }
}

const fn word(state: &ErasureState) -> ErasureWord {
    match state {
        ErasureState::Tombstoned => ErasureWord::Tombstoned,
        ErasureState::Compacting => ErasureWord::Compacting,
        ErasureState::Searching { .. } => ErasureWord::Searching,
        ErasureState::Confirmed { .. } => ErasureWord::Confirmed,
        ErasureState::Failed { .. } => ErasureWord::Failed,
    }
}

fn what(shape: &ErasureRequest) -> Result<ErasureCommand, ApiError> {
    let one = || ApiError::new(ErrorCode::BadValue, "one of `deposit_number`, `account`, or `case` with `annexes`");
    match (shape.deposit_number.as_deref(), shape.account.as_deref(), shape.case.as_deref()) {
        (Some(number), None, None) if shape.annexes.is_empty() => {
            Ok(ErasureCommand::Deposit(DepositNumber::parse(number)?))
        }
        (None, Some(account), None) if shape.annexes.is_empty() => {
            Ok(ErasureCommand::Account(value("account", account)?))
        }
        (None, None, Some(case)) if !shape.annexes.is_empty() => {
            Ok(ErasureCommand::Case(value("case", case)?, values("annexes", &shape.annexes)?))
        }
        _ => Err(one()),
    }
}
