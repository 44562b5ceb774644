//! `POST /v1/cases/{case}/transfer`: transfers a case to second instance (上诉移送), from mediation into a suit (诉调衔接), or to retrial.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::court::ids::{CaseId, PartyNumber};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::association::TransferCommand;
use crate::filing::service::RecordedAct;
use crate::http::api::court::acts::outcome_json;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::{AuthenticatedJson, created, value};
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::court::case::TransferRequest;

/// Continue a case in another proceeding / 转入后续案件
///
/// Opens the new case as a draft at the receiving court, with the parties and the valid items, each with the time of its
/// first import, and records the transfer in both cases. For an account with the same role at both courts. An interrupted
/// transfer continues when the request is sent again under the same `Idempotency-Key`. The answer names the new case and the
/// act in the old one.
///
/// 上诉移送、诉调衔接、进入再审（调卷）；证据保留首次导入时间。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/transfer",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
    ),
    request_body = TransferRequest,
    responses(
        (status = 201, description = "The new case / 新案件", body = ActOutcomeJson),
        (status = 200, description = "The same request had handed it on", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn transfer_case(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<TransferRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = transfer(&state, &actor, case, &context, &shape).await?;
    Ok(created(&recorded, &shown))
}

/// Continues a case in another proceeding: the answer with the new case, and the act as recorded in the old one.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn transfer(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    shape: &TransferRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let filing = state.filing()?;
    let command = TransferCommand {
        transfer: value("transfer", &shape.transfer)?,
        court: value("court", &shape.court)?,
        kind: value("kind", &shape.kind)?,
        procedure: value("procedure", &shape.procedure)?,
        brought_by: shape.brought_by.map(PartyNumber),
    };
    let (transferred, opened) = filing.transfer_case(actor, case, context, &command).await?;
    let act = outcome_json(filing, &transferred, Vec::new()).act;
    let file = &opened.file;
    let shown = ActOutcomeJson::of(file, act, Vec::new());
    Ok((transferred.recorded, shown))
}
