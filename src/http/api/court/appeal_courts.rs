//! Court pairs: which court hears appeals from which. Configuration by the operator.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{Act, ActKind, EndAppealCourt, SetAppealCourt};
use crate::court::calendar::Day;
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::filing::annexes::Annexes;
use crate::filing::service::RecordedAct;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value};
use crate::http::api::court::lists::By;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::appeal_courts::{AppealCourtRequest, AppealCourtsJson};
use crate::wire::court::recorded_act::ActJson;

/// Set a court of appeal / 登记上诉法院
///
/// For the operator: from that day on, the court in `hears` hears appeals from the court in the path. A court may have several.
///
/// 由平台管理员登记，自所载之日起生效；一法院可有数个上诉法院。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/appeal-courts",
    tag = "accounts",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    request_body = AppealCourtRequest,
    responses(
        (status = 201, description = "Listed / 已登记", body = ActJson),
        (status = 200, description = "The same request had listed it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn set_appeal_court(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<AppealCourtRequest>,
) -> Result<Response, ApiError> {
    let recorded = set_pair(&state, (&call.actor, &call.context), &parameter.0, &call.shape).await?;
    Ok(created(&recorded, &act_json(ActKind::SetAppealCourt, Stream::Registry, None, &recorded)))
}

/// Sets a court of appeal.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn set_pair(
    state: &AppState,
    (actor, context): By<'_>,
    court: &str,
    shape: &AppealCourtRequest,
) -> Result<RecordedAct, ApiError> {
    let (court, hears, from) = pair(court, shape)?;
    let make = |annexes: &mut Annexes| {
        let source = annexes.add("source", &shape.source)?;
        Ok(Act::SetAppealCourt(SetAppealCourt { court: court.clone(), hears: hears.clone(), from, source }))
    };
    Ok(state.filing()?.change_registry(actor, context, make).await?)
}

/// Ends a court of appeal.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn end_pair(
    state: &AppState,
    (actor, context): By<'_>,
    court: &str,
    shape: &AppealCourtRequest,
) -> Result<RecordedAct, ApiError> {
    let (court, hears, from) = pair(court, shape)?;
    let make = |annexes: &mut Annexes| {
        let source = annexes.add("source", &shape.source)?;
        Ok(Act::EndAppealCourt(EndAppealCourt { court: court.clone(), hears: hears.clone(), from, source }))
    };
    Ok(state.filing()?.change_registry(actor, context, make).await?)
}

fn pair(court: &str, shape: &AppealCourtRequest) -> Result<(CourtCode, CourtCode, Day), ApiError> {
    Ok((value("court", court)?, value("hears", &shape.hears)?, value("from", &shape.from)?))
}

/// End a court of appeal / 终止上诉法院登记
///
/// For the operator: from that day on, the court in `hears` no longer hears appeals from the court in the path.
///
/// 由平台管理员登记；自所载之日起不再受理。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/appeal-courts/removal",
    tag = "accounts",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    request_body = AppealCourtRequest,
    responses(
        (status = 200, description = "Ended / 已终止", body = ActJson),
    ),
)]
pub(in crate::http) async fn end_appeal_court(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<AppealCourtRequest>,
) -> Result<Response, ApiError> {
    let recorded = end_pair(&state, (&call.actor, &call.context), &parameter.0, &call.shape).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::EndAppealCourt, Stream::Registry, None, &recorded)))
}

/// Courts of appeal / 上诉法院
///
/// Those that hear or heard appeals from the court. For any token.
///
/// 受理该院上诉案件的法院，包括已终止的。
#[utoipa::path(
    get,
    path = "/v1/courts/{court}/appeal-courts",
    tag = "accounts",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    responses(
        (status = 200, description = "The list / 名单", body = AppealCourtsJson),
    ),
)]
pub(in crate::http) async fn list_appeal_courts(
    State(state): State<Arc<AppState>>,
    Bearer(_): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &appeal_courts_json(&state, &value("court", &parameter.0)?).await?))
}

/// The courts of appeal of a court.
///
/// # Errors
///
/// Those of a read.
pub(in crate::http) async fn appeal_courts_json(
    state: &AppState,
    court: &CourtCode,
) -> Result<AppealCourtsJson, ApiError> {
    Ok(AppealCourtsJson::of(court, &state.filing()?.appeal_courts(court).await?))
}
