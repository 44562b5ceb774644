//! `POST /v1/cases/{case}/items/{item}/verification`: compares an original, a digest or a receipt with an item, and records the
//! result.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use crate::court::case::state::{CaseFile, Item};
use crate::court::document::Stream;
use crate::court::ids::{CaseId, ItemNumber};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::item_verification::VerificationCommand;
use crate::filing::service::RecordedAct;
use crate::http::api::court::case_path::ItemPath;
use crate::http::api::court::imports::read_receipt;
use crate::http::api::court::json_request::{JSON_MAX, act_json, answer};
use crate::http::api::verification::{read_digest, read_salt};
use crate::http::app_state::AppState;
use crate::http::bearer::{Bearer, context};
use crate::http::body::{self, UploadClient};
use crate::http::client_address::ClientAddress;
use crate::http::openapi::AnyBytes;
use crate::http::problem::ApiError;
use crate::http::request::{content_type, unsupported};
use crate::ledger::verify::verifier::PresentedEvidence;
use crate::wire::court::import::{ItemVerificationJson, ItemVerificationRequest};
use crate::wire::court::people::CapacityJson;
use crate::wire::json;
use crate::wire::report::{DigestRequest, ReportContext, ReportJson, ReportNodeJson, VerifierJson};
use crate::wire::report_contents::{ReportCaseJson, ReportSubject};

/// Verify an item / 核验
///
/// Send the original as `application/octet-stream`: it is hashed as it streams and not kept. Or send a digest, which never
/// says more than "digest equal", or a receipt. Whatever comes of it is put on record in the case, for all parties to see:
/// that a file does not agree is a finding, no error. An item of another ledger is verified by the receipt it came with.
///
/// 提交原文 (边传边算，不留存)、摘要或回执进行核验，结果记录在案，各方可见。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/items/{item}/verification",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
        ("item" = u32, Path, description = "From 1"),
        ("x-salt" = Option<String>, Header, description = "64 hex digits, for a record whose digests are salted"),
    ),
    request_body(content((AnyBytes = "application/octet-stream"), (ItemVerificationRequest = "application/json"))),
    responses(
        (status = 200, description = "The report, and the act that recorded it / 核验报告", body = ItemVerificationJson),
    ),
)]
pub(in crate::http) async fn verify_item(
    State(state): State<Arc<AppState>>,
    ItemPath(case, item): ItemPath,
    Bearer(actor): Bearer,
    client: ClientAddress,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let filing = state.filing()?;
    // Access is checked before a large file is received.
    let file = filing.case_for(&actor, case).await?;
    if !file.items.contains_key(&item) {
        return Err(FilingError::NoSuchItem(item).into());
    }
    let (context, verification) = match content_type(&headers).as_str() {
        "application/octet-stream" => streamed(&state, &actor, (client, &uri), &headers, body).await?,
        "application/json" => {
            let bytes = body::read(&state, client.group(), &headers, body, JSON_MAX).await?;
            let context = context(&actor, &headers, uri.path(), &bytes)?;
            (context, read(json::object(&bytes, JSON_MAX)?)?)
        }
        _ => return Err(unsupported(&headers, "application/octet-stream or application/json")),
    };
    let (_, shown) = verify(&state, &actor, (case, item), &context, &verification).await?;
    Ok(answer(axum::http::StatusCode::OK, &shown))
}

/// Verifies an item and records the result: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn verify(
    state: &AppState,
    actor: &Actor,
    (case, item): (CaseId, ItemNumber),
    context: &RequestContext,
    verification: &VerificationCommand,
) -> Result<(RecordedAct, ItemVerificationJson), ApiError> {
    let filing = state.filing()?;
    let verified = filing.verify_item(actor, case, item, context, verification).await?;
    let outcome = &verified.outcome;
    let act = act_json(outcome.document.act.kind(), Stream::Case, Some(case), &outcome.recorded);
    let capacity = CapacityJson::of(&outcome.file, outcome.document.capacity);
    let verifier = VerifierJson::account(&actor.id.to_string(), Some(capacity.capacity), capacity.label);
    let node = ReportNodeJson::own(filing.ledger().as_str());
    // The report has the time that the sequencer gave the act.
    let context = ReportContext::new(outcome.recorded.position.at, verifier, node);
    let subject = ReportSubject {
        institution: state.description().institution(),
        case: Some(report_case(&outcome.file, item)),
        recorded_as: Some(outcome.recorded.number.to_string()),
        claimed_source: filing.source_of(&outcome.file, item).await?,
    };
    let shown = ItemVerificationJson { report: ReportJson::about(&verified.report, context, subject), act };
    Ok((verified.outcome.recorded, shown))
}

/// The case and the item, as the report names them.
fn report_case(file: &CaseFile, item: ItemNumber) -> ReportCaseJson {
    ReportCaseJson {
        case: file.id.to_string(),
        reference: file.reference().map(|reference| reference.to_string()),
        number: file.number.as_ref().map(ToString::to_string),
        court: file.court.to_string(),
        item: item.0,
        item_version: file.items.get(&item).map_or(1, Item::version),
    }
}

/// Verifies a file, which is hashed as it streams. Its digests identify the request.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn streamed(
    state: &AppState,
    actor: &Actor,
    (client, uri): (ClientAddress, &Uri),
    headers: &HeaderMap,
    body: Body,
) -> Result<(RequestContext, VerificationCommand), ApiError> {
    let salt = read_salt(None, headers)?;
    let measured = body::measure(state, UploadClient::Authenticated(client.group()), headers, body, salt).await?;
    let named = format!("{} {} {} {}", measured.size, measured.sha256, measured.sm3, salt.is_some());
    let context = context(actor, headers, uri.path(), named.as_bytes())?;
    Ok((
        context,
        VerificationCommand { presented: PresentedEvidence::File { measured, salted: salt.is_some() }, receipt: None },
    ))
}

/// What a request compares with an item.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) fn read(request: ItemVerificationRequest) -> Result<VerificationCommand, ApiError> {
    let ItemVerificationRequest { algorithm, value, receipt } = request;
    let receipt = read_receipt(receipt)?;
    let presented = match (algorithm, value) {
        (Some(algorithm), Some(value)) => read_digest(&DigestRequest { algorithm, value })?,
        (None, None) if receipt.is_some() => PresentedEvidence::Nothing,
        _ => {
            return Err(FilingError::bad(
                "value",
                "a digest with its algorithm, a receipt, or both",
                "应提交摘要及其算法，或者提交回执，也可一并提交",
            )
            .into());
        }
    };
    Ok(VerificationCommand { presented, receipt })
}
