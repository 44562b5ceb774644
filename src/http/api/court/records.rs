//! The records of a case: hearings, transcripts, mediation agreements and their confirmation rounds.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::ids::{AgreementNumber, CaseId};
use crate::filing::actor::Actor;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::answer;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::wire::court::mediation::MomentTimesJson;
use crate::wire::court::records::RecordsJson;

/// View the records of a case / 查看庭审、笔录和调解
///
/// Hearings with their recordings, transcripts with their versions, mediation agreements, and who has confirmed what and when. A
/// transcript of a deliberation is shown to the panel only. The access is recorded on the chain before the answer is sent.
///
/// 庭审及录像分段、笔录各版本、调解协议及各人确认情况；合议（评议）笔录仅合议庭可见；本次查阅先行记录上链。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/records",
    tag = "cases",
    params(("case" = String, Path, description = "64 hex digits")),
    responses(
        (status = 200, description = "The records / 庭审、笔录和调解", body = RecordsJson),
    ),
)]
pub(in crate::http) async fn view_records(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &records_json(&state, &actor, case).await?))
}

/// The records of a case. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn records_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
) -> Result<RecordsJson, ApiError> {
    let filing = state.filing()?;
    let view = filing.view_records(actor, case).await?;
    let registry = filing.registry();
    let mut json = RecordsJson::of(&view.file, &view.texts, &registry.calendar, view.access.position.sequence);
    for agreement in &mut json.agreements {
        let times = view.moments.get(&AgreementNumber(agreement.agreement));
        agreement.in_force_times =
            times.map(|times| MomentTimesJson::of(times.submitted, times.block_generated, &times.trusted));
    }
    Ok(json)
}
