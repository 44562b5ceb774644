//! Configuration lists: the ledgers that a court accepts, and the holidays of each year.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{Act, ActKind, DistrustLedger, LoadCalendar, TrustLedger};
use crate::court::case_number::CourtCode;
use crate::court::document::Stream;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::service::RecordedAct;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created, value, values};
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::court::lists::{CalendarRequest, CalendarsJson, LedgerRequest, TrustedLedgersJson};
use crate::wire::court::recorded_act::ActJson;

/// Years that a calendar can be loaded for.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=9999;

/// Accept another ledger / 列入可导入的存证账本
///
/// For the operator, and for a clerk of the court: from now on the court takes deposits of that ledger.
///
/// 由平台管理员或该院书记员列入。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/ledgers",
    tag = "accounts",
    params(
        ("court" = String, Path, description = "法院代字", example = "粤0192"),
    ),
    request_body = LedgerRequest,
    responses(
        (status = 201, description = "Listed / 已列入", body = ActJson),
        (status = 200, description = "The same request had listed it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn trust_ledger(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<LedgerRequest>,
) -> Result<Response, ApiError> {
    let recorded = accept_ledger(&state, (&call.actor, &call.context), &parameter.0, &call.shape).await?;
    Ok(created(&recorded, &act_json(ActKind::TrustLedger, Stream::Registry, None, &recorded)))
}

/// Who acts, and the context of the request.
pub(in crate::http) type By<'a> = (&'a Actor, &'a RequestContext);

/// Puts a ledger on the list of a court.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn accept_ledger(
    state: &AppState,
    (actor, context): By<'_>,
    court: &str,
    ledger: &LedgerRequest,
) -> Result<RecordedAct, ApiError> {
    let act = Act::TrustLedger(TrustLedger { court: value("court", court)?, key: value("key", &ledger.key)? });
    Ok(state.filing()?.change_registry(actor, context, |_| Ok(act.clone())).await?)
}

/// Removes a ledger from the list of a court.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn remove_ledger(
    state: &AppState,
    (actor, context): By<'_>,
    court: &str,
    ledger: &LedgerRequest,
) -> Result<RecordedAct, ApiError> {
    let act = Act::DistrustLedger(DistrustLedger { court: value("court", court)?, key: value("key", &ledger.key)? });
    Ok(state.filing()?.change_registry(actor, context, |_| Ok(act.clone())).await?)
}

/// No longer accept another ledger / 移出可导入的存证账本
///
/// What was imported stays imported.
///
/// 由平台管理员或该院书记员移出；已导入的证据不受影响。
#[utoipa::path(
    post,
    path = "/v1/courts/{court}/ledgers/removal",
    tag = "accounts",
    params(
        ("court" = String, Path, description = "法院代字", example = "粤0192"),
    ),
    request_body = LedgerRequest,
    responses(
        (status = 200, description = "Removed / 已移出", body = ActJson),
    ),
)]
pub(in crate::http) async fn distrust_ledger(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    call: AuthenticatedJson<LedgerRequest>,
) -> Result<Response, ApiError> {
    let recorded = remove_ledger(&state, (&call.actor, &call.context), &parameter.0, &call.shape).await?;
    Ok(answer(StatusCode::OK, &act_json(ActKind::DistrustLedger, Stream::Registry, None, &recorded)))
}

/// Ledgers that a court accepts / 可导入的存证账本
///
/// Beside this one. For any token.
///
/// 该院认可的其他存证账本。
#[utoipa::path(
    get,
    path = "/v1/courts/{court}/ledgers",
    tag = "accounts",
    params(("court" = String, Path, description = "法院代字", example = "粤0192")),
    responses(
        (status = 200, description = "The list / 名单", body = TrustedLedgersJson),
    ),
)]
pub(in crate::http) async fn list_ledgers(
    State(state): State<Arc<AppState>>,
    Bearer(_): Bearer,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &ledgers_json(&state, &value("court", &parameter.0)?)?))
}

/// The ledgers that a court accepts.
///
/// # Errors
///
/// `unauthenticated` on a node without accounts.
pub(in crate::http) fn ledgers_json(state: &AppState, court: &CourtCode) -> Result<TrustedLedgersJson, ApiError> {
    let registry = state.filing()?.registry();
    let keys = registry.trusted.get(court).map_or(&[][..], Vec::as_slice);
    Ok(TrustedLedgersJson::of(court, keys))
}

/// Load the holidays of a year / 载入节假日安排
///
/// For the operator. Loading a year again replaces it; ends of evidence periods that were announced are computed anew.
///
/// 由平台管理员载入国务院办公厅公布的安排；重复载入以后者为准。
#[utoipa::path(
    post,
    path = "/v1/calendars",
    tag = "accounts",
    request_body = CalendarRequest,
    responses(
        (status = 201, description = "Loaded / 已载入", body = ActJson),
        (status = 200, description = "The same request had loaded it / 该请求此前已完成", body = ActJson),
    ),
)]
pub(in crate::http) async fn load_calendar(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<CalendarRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let recorded = load_year(&state, (&actor, &context), &shape).await?;
    Ok(created(&recorded, &act_json(ActKind::LoadCalendar, Stream::Registry, None, &recorded)))
}

/// Loads the holidays of a year.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub(in crate::http) async fn load_year(
    state: &AppState,
    (actor, context): By<'_>,
    shape: &CalendarRequest,
) -> Result<RecordedAct, ApiError> {
    let act = Act::LoadCalendar(LoadCalendar {
        year: shape.year,
        holiday: values("holidays", &shape.holidays)?,
        workday: values("working_days", &shape.working_days)?,
    });
    Ok(state.filing()?.change_registry(actor, context, |_| Ok(act.clone())).await?)
}

/// Years whose holidays are known / 已载入节假日安排的年度
///
/// In any other year only Saturdays and Sundays are days off. For any token.
///
/// 未载入的年度仅以周末为休息日。
#[utoipa::path(
    get,
    path = "/v1/calendars",
    tag = "accounts",
    responses(
        (status = 200, description = "The years / 年度", body = CalendarsJson),
    ),
)]
pub(in crate::http) async fn list_calendars(
    State(state): State<Arc<AppState>>,
    Bearer(_): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &calendars_json(&state)?))
}

/// The years whose holidays are known.
///
/// # Errors
///
/// `unauthenticated` on a node without accounts.
pub(in crate::http) fn calendars_json(state: &AppState) -> Result<CalendarsJson, ApiError> {
    let registry = state.filing()?.registry();
    let items = YEARS.filter(|year| registry.calendar.covers(*year)).collect();
    Ok(CalendarsJson { items, next_cursor: None })
}
