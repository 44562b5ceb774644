//! Import of deposits into a case (导入存证平台证据): one, or up to two hundred per request.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::document::Stream;
use crate::court::ids::{CaseId, ItemNumber, PartyNumber};
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::case_views::{ItemView, ViewScope};
use crate::filing::imports::ImportCommand;
use crate::filing::secret::step_request_id;
use crate::filing::service::{FilingService, RecordedAct};
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::cases::import_json;
use crate::http::api::court::field_values::read_some;
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created};
use crate::http::api::court::warnings;
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::ledger::entry::Entry;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::wire::court::accounts::Texts;
use crate::wire::court::import::{
    BATCH_MAX, ImportBatchJson, ImportBatchRequest, ImportRequest, ImportResultJson, ImportedJson,
};
use crate::wire::deposit::require_exact_integers;
use crate::wire::receipt::{ReceiptError, ReceiptJson};

/// Parses the receipt in a request.
///
/// # Errors
///
/// `unknown_version`, `bad_value`.
pub fn read_receipt(receipt: Option<ReceiptJson>) -> Result<Option<Box<Receipt>>, ApiError> {
    let read = |receipt: ReceiptJson| -> Result<Box<Receipt>, ApiError> {
        let receipt = Receipt::try_from(receipt);
        let receipt = receipt.map_err(|error: ReceiptError| ApiError::new(error.code(), error.to_string()))?;
        // Its integers are shown in JSON. The receipt is verified later.
        if let Ok(entry) = Entry::parse(receipt.entry.as_bytes()) {
            require_exact_integers(entry.statement.statement())?;
        }
        Ok(Box::new(receipt))
    };
    receipt.map(read).transpose()
}

/// Imports one deposit and shows the item.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn import_one(
    filing: &FilingService,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    request: ImportRequest,
) -> Result<(RecordedAct, ImportedJson), ApiError> {
    let import = ImportCommand {
        deposit: DepositNumber::parse(&request.deposit_number)?,
        name: request.name,
        content: request.content,
        source: request.source,
        proves: request.proves,
        form: read_some("form", request.form.as_ref())?,
        copies_and_pages: (request.copies, request.pages),
        party: request.party.map(PartyNumber),
        replaces: request.replaces.map(ItemNumber),
        purpose: read_some("purpose", request.purpose.as_ref())?,
        handed_in: read_some("handed_in", request.handed_in.as_ref())?,
        collected: read_some("collected", request.collected.as_ref())?,
        reason: request.reason,
        receipt: read_receipt(request.receipt)?,
    };
    let acted = filing.import(actor, case, context, &import).await?;
    let crate::court::acts::Act::Import(act) = &acted.document.act else {
        return Err(ApiError::internal(&"an import became another act"));
    };
    let (file, looks) = filing.compare_items(Arc::clone(&acted.file), ViewScope::Item(act.item)).await?;
    let item = file.items.get(&act.item).ok_or_else(|| ApiError::internal(&"an import has no effect"))?;
    let now = looks.get(&act.item).cloned().unwrap_or_else(ItemView::unqueried);
    // The texts of the import; a view of the item shows later edits.
    let details = [(item.details.source, &import.source), (item.details.proves, &import.proves)];
    let details = details.into_iter().filter_map(|(text, given)| Some((text?.annex, given.clone())));
    let texts: Texts =
        [(item.name.annex, Some(import.name.clone())), (item.content.annex, Some(import.content.clone()))]
            .into_iter()
            .chain(details)
            .collect();
    let mut found = warnings::of_import(&file, item, now.history.as_ref());
    if filing.was_offered_in_mediation(&file, item, actor.id).await? {
        found.push(warnings::same_file_in_mediation());
    }
    let stated = [Some(&import.name), Some(&import.content), import.source.as_ref(), import.proves.as_ref()];
    let stated: Vec<&str> = stated.into_iter().flatten().map(String::as_str).collect();
    found.extend(warnings::of_texts(&stated));
    let shown = ImportedJson {
        import: import_json(&file, (act.item, item), &now, &texts, &filing.registry().calendar),
        act: act_json(acted.document.act.kind(), Stream::Case, Some(case), &acted.recorded),
        warnings: found,
    };
    Ok((acted.recorded, shown))
}

/// Import a deposit into a case / 导入存证平台证据
///
/// By its number. What the chain says of it at this moment is frozen; name and content are the importer's own words. A
/// look-up verifies nothing: verify the original against the item. With `receipt`, a deposit of another ledger that the
/// court accepts.
///
/// 凭存证编号导入；链上信息即时固定。导入不等于核验原文。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/imports",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
    ),
    request_body = ImportRequest,
    responses(
        (status = 201, description = "The item / 证据", body = ImportedJson),
        (status = 200, description = "The same request had imported it", body = ImportedJson),
    ),
)]
pub(in crate::http) async fn import(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<ImportRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (done, shown) = import_one(state.filing()?, &actor, case, &context, shape).await?;
    Ok(created(&done, &shown))
}

/// Import several deposits / 批量导入
///
/// At most 200, each for itself: what is refused does not hold up the others. Sent again under the same
/// `Idempotency-Key`, what was imported is answered as it is, and the rest is tried again.
///
/// 批量导入，逐项返回结果。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/imports/batch",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
    ),
    request_body = ImportBatchRequest,
    responses(
        (status = 200, description = "One result for each / 逐项结果", body = ImportBatchJson),
    ),
)]
pub(in crate::http) async fn import_batch(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<ImportBatchRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let filing = state.filing()?;
    filing.case_for(&actor, case).await?;
    if shape.imports.len() > BATCH_MAX {
        let limit = u64::try_from(BATCH_MAX).unwrap_or(u64::MAX);
        return Err(ApiError::new(ErrorCode::BatchTooLong, format!("at most {BATCH_MAX} imports")).limited(limit));
    }
    let mut results = Vec::with_capacity(shape.imports.len());
    for (position, request) in (1..).zip(shape.imports) {
        let request_id = step_request_id(context.request, &format!("import {position}"));
        let step = RequestContext { request: request_id, ..context.clone() };
        let (status, import, problem) = match import_one(filing, &actor, case, &step, request).await {
            Ok((_, import)) => ("imported", Some(import), None),
            Err(failure) => ("refused", None, Some(failure.problem())),
        };
        results.push(ImportResultJson { position, status: status.into(), import, problem });
    }
    Ok(answer(StatusCode::OK, &ImportBatchJson { results }))
}
