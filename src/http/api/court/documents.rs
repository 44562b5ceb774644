//! `/v1/cases/{case}/documents`: the documents of a case and the state of their originals.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::case::documents::DocumentUse;
use crate::court::ids::CaseId;
use crate::filing::actor::Actor;
use crate::filing::case_documents::DocumentView;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::answer;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::ledger::number::DepositNumber;
use crate::wire::court::documents::{CaseDocumentJson, CaseDocumentsJson};

/// List the documents of a case / 查询本案文书
///
/// Versions of transcripts and mediation agreements, mediation documents, served documents, judgments and rulings: those whose
/// original the account may read, by deposit number, each with the state of its original. Read an original by
/// `GET /v1/deposits/{number}/original?case=`, give one by `PUT` there. This list contains no private content and is not recorded.
///
/// 笔录与调解协议各版本、调解书、送达文书、判决书和裁定书中本账号可阅读原文者，及其原文保管情况。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/documents",
    tag = "originals",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"), PageQuery),
    responses(
        (status = 200, description = "The documents / 本案文书", body = CaseDocumentsJson),
    ),
)]
pub(in crate::http) async fn list_documents(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Bearer(actor): Bearer,
    Parameters(page): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let after = page.position(|cursor| DepositNumber::parse(cursor).ok())?;
    let found = state.filing()?.case_documents(&actor, case, |_| true, (after, limit)).await?;
    let items = found.documents.iter().map(document_json).collect();
    let next_cursor = found.next.map(|number| number.to_string());
    Ok(answer(StatusCode::OK, &CaseDocumentsJson { items, next_cursor }))
}

/// A document as answers show it.
#[must_use]
pub(in crate::http) fn document_json(view: &DocumentView) -> CaseDocumentJson {
    let original = view.original.as_ref();
    CaseDocumentJson::of(
        view.number.to_string(),
        view.uses.iter().map(|one| one.used_as),
        original.map(|original| (&original.act, original.received_at(), original.erased)),
        (view.can_read, view.can_give),
    )
}

/// All documents of a case that the actor may read and of which one use is `wanted`.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn readable_documents(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    wanted: fn(DocumentUse) -> bool,
) -> Result<Vec<CaseDocumentJson>, ApiError> {
    let found = state.filing()?.case_documents(actor, case, wanted, (None, usize::MAX)).await?;
    Ok(found.documents.iter().map(document_json).collect())
}
