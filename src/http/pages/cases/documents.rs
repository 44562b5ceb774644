//! `/cases/{reference}/documents/{number}`: a document of a case. Its original is read, compared with an own copy in the browser, and
//! given into custody.
//!
//! Who may do which is decided by the filing service; an account without access gets the answer of a document that does not exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::court::case::documents::DocumentUse;
use crate::court::ids::CaseId;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::documents::{document_json, readable_documents};
use crate::http::api::court::originals::{original as open, take};
use crate::http::api::lookup::deposit_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::sending::new_key;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::originals::{digest_list, kind_of, media_type, shown_in_page};
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::ledger::number::DepositNumber;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::documents::CaseDocumentJson;
use crate::wire::facts::DepositJson;

#[derive(Template)]
#[template(path = "case_document.html")]
struct DocumentPage {
    p: Layout,
    head: CaseHead,
    document: CaseDocumentJson,
    deposit: DepositJson,
    /// The digests to compare a copy with: algorithm and value, one after the other.
    compare: String,
    /// How the original is shown; empty for a file that is only downloaded.
    kind: &'static str,
    /// Whether it was just given.
    given: bool,
    /// The key under which it is given.
    key: String,
}

impl DocumentPage {
    /// The address of the bytes.
    fn file(&self) -> String {
        format!("{}/documents/{}/file", self.head.path, self.document.deposit_number)
    }

    /// The address of this page after the original was given.
    fn given_path(&self) -> String {
        format!("{}/documents/{}?done=given", self.head.path, self.document.deposit_number)
    }
}

/// The documents of a case that a page names, by deposit number.
pub type Documents = BTreeMap<String, CaseDocumentJson>;

/// The documents whose originals the actor may read and of which one use is `wanted`.
///
/// # Errors
///
/// `not_found`; those of the node.
pub async fn documents(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    wanted: fn(DocumentUse) -> bool,
) -> Result<Documents, ApiError> {
    let found = readable_documents(state, actor, case, wanted).await?;
    Ok(found.into_iter().map(|one| (one.deposit_number.clone(), one)).collect())
}

/// A document, if the actor may read it or give it.
///
/// # Errors
///
/// Those of the node.
pub async fn find_document(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    number: DepositNumber,
) -> Result<Option<CaseDocumentJson>, ApiError> {
    match state.filing()?.case_document(actor, case, number).await {
        Ok((_, view)) => Ok(Some(document_json(&view))),
        Err(FilingError::NotFound) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

fn number_of(request: &CaseRequest) -> Result<DepositNumber, ApiError> {
    DepositNumber::parse(request.parameter("number")).map_err(|_| FilingError::NotFound.into())
}

/// The page of a document.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn document(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(given): PageParameters,
) -> Result<Response, ApiError> {
    let number = number_of(&request)?;
    let (file, view) = state.filing()?.case_document(&request.who.actor, request.case, number).await?;
    let deposit = deposit_json(&state, number).await?;
    let compare = if deposit.chain.salted { String::new() } else { digest_list(&deposit.chain.data_hash) };
    let page = DocumentPage {
        p: visit.layout(&format!("文书原文 {number}"), &format!("Original of document {number}")),
        head: CaseHead::of(&CaseFactsJson::of(&file), &request.name),
        document: document_json(&view),
        compare,
        kind: media_type(&deposit).map_or("", kind_of),
        given: given.text("done") == "given" && view.is_in_custody(),
        deposit,
        key: new_key()?,
    };
    visit.page(Audience::Private, &page)
}

/// The bytes of the original.
///
/// # Errors
///
/// `not_found`, `no_original`, `erased`; those of the node.
pub async fn file(State(state): State<Arc<AppState>>, request: CaseRequest) -> Result<Response, ApiError> {
    let (actor, number) = (&request.who.actor, number_of(&request)?);
    // The deposit can be an item as well; this address is for what may be read as a document.
    let (_, view) = state.filing()?.case_document(actor, request.case, number).await?;
    if !view.can_read {
        return Err(FilingError::NotFound.into());
    }
    let response = open(&state, actor, number, Some(request.case)).await?;
    let deposit = deposit_json(&state, number).await?;
    Ok(shown_in_page(response, media_type(&deposit)))
}

/// Gives the original into custody. The script of the page sends it, with the key of the form as `Idempotency-Key`.
///
/// # Errors
///
/// `not_found`, `not_permitted`, `custody_mismatch`, `custody_taken`; those of the node.
pub async fn give(
    State(state): State<Arc<AppState>>,
    request: CaseRequest,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (actor, number) = (&request.who.actor, number_of(&request)?);
    // Access is checked before a large file is received.
    state.filing()?.case_document(actor, request.case, number).await?;
    take(&state, actor, (number, Some(request.case)), (&uri, &headers), body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
