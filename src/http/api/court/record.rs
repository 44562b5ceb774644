//! `GET /v1/cases/{case}/record`: the record of a case, each act as a sentence with the actor's name and capacity.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::ids::CaseId;
use crate::filing::actor::Actor;
use crate::filing::streams::StoredAct;
use crate::http::api::court::acts::ineffective;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::answer;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::wire::court::record::{CaseRecordJson, RecordEntryJson};

/// Read the record of a case / 案件记录
///
/// Each act as a sentence: when, who in which capacity, what. It has names, so the access is recorded on the chain before the answer
/// is sent; the documents without names are under `acts`.
///
/// 逐项列明日期、行为人及其身份、事项；因载有姓名，本次查阅先行记录上链。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/record",
    tag = "cases",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"), PageQuery),
    responses(
        (status = 200, description = "In order / 按次序", body = CaseRecordJson),
    ),
)]
pub(in crate::http) async fn case_record(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Parameters(page): Parameters<PageQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &record_json(&state, &actor, case, &page).await?))
}

/// A page of the record of a case. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn record_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    page: &PageQuery,
) -> Result<CaseRecordJson, ApiError> {
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let record = state.filing()?.case_record(actor, case, after, limit).await?;
    let entry = |act: &StoredAct| {
        let at = (act.entry.number, &act.position);
        RecordEntryJson::of(
            &record.file,
            &act.document,
            at,
            ineffective(&record.file, act.position.sequence),
            &record.texts,
        )
    };
    Ok(CaseRecordJson {
        items: record.page.acts.iter().map(entry).collect(),
        next_cursor: record.page.next.map(|next| next.to_string()),
        access_sequence: record.access.position.sequence,
    })
}
