//! `/cases/{reference}/items/{item}/verify`: 核验. The original is hashed in the browser first. Then either the file is sent, hashed again by
//! the node and compared with the item, or its digest alone, which never says more than "digest equal".

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::court::ids::ItemNumber;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::cases::{can, item_json};
use crate::http::api::court::verification::{read, streamed, verify as verify_item};
use crate::http::app_state::AppState;
use crate::http::client_address::ClientAddress;
use crate::http::pages::cases::forms::sending::{form_context, new_key};
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::refusal::PageRefusal;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::tasks::{TaskGroup, groups};
use crate::http::pages::form::Form;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::ledger::verify::report::Conclusion;
use crate::wire::court::accounts::Texts;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::import::{ItemVerificationJson, ItemVerificationRequest};
use crate::wire::court::item::ImportJson;

#[derive(Template)]
#[template(path = "case_verify.html")]
struct VerifyPage {
    p: Layout,
    head: CaseHead,
    item: ImportJson,
    key: String,
    found: Option<ItemVerificationJson>,
    /// How the conclusion is shown: `bad`, `warning` or as any other.
    tone: &'static str,
    refusal: Option<PageRefusal>,
    /// What is possible instead of a verification that was refused.
    steps: Vec<TaskGroup>,
}

/// How a conclusion is shown.
fn tone(code: &str) -> &'static str {
    match Conclusion::from_code(code) {
        Some(conclusion) if conclusion.is_adverse() => "bad",
        Some(Conclusion::Unable) => "warning",
        _ => "",
    }
}

fn item_of(request: &CaseRequest) -> Result<ItemNumber, ApiError> {
    ItemNumber::parse(request.parameter("item")).ok_or_else(|| ApiError::from(FilingError::NotFound))
}

async fn page(
    state: &AppState,
    visit: &Visit,
    request: &CaseRequest,
    status: StatusCode,
    (found, refusal): (Option<ItemVerificationJson>, Option<PageRefusal>),
) -> Result<Response, ApiError> {
    let actor = &request.who.actor;
    let file = state.filing()?.case_for(actor, request.case).await?;
    let item = item_json(state, actor, request.case, item_of(request)?).await?;
    let can = can(actor, &file, &actor.capacities(&file), &Texts::new());
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let title = (format!("核验证据 {}", item.item), format!("Verify item {}", item.item));
    let page = VerifyPage {
        p: visit.form_layout(refusal.is_some(), &title.0, &title.1),
        key: new_key()?,
        head,
        item,
        tone: found.as_ref().map_or("", |found| tone(&found.report.conclusion.code)),
        found,
        steps: if refusal.is_some() { groups(&can, &file, &request.path()) } else { Vec::new() },
        refusal,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The page on which a file is chosen.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn verify_form(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
) -> Result<Response, ApiError> {
    page(&state, &visit, &request, StatusCode::OK, (None, None)).await
}

/// Compares a digest with the item, and records the result.
///
/// # Errors
///
/// `not_found`; those of the node.
pub async fn verify(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    uri: Uri,
    form: Form,
) -> Result<Response, ApiError> {
    let item = item_of(&request)?;
    // Without access there is no answer but that.
    state.filing()?.case_for(&request.who.actor, request.case).await?;
    let text = |name: &str| form.some(name).map(str::to_owned);
    let presented = ItemVerificationRequest { algorithm: text("algorithm"), value: text("value"), receipt: None };
    let verified = async {
        let context = form_context(&request.who.actor, uri.path(), &form)?;
        let (_, found) =
            verify_item(&state, &request.who.actor, (request.case, item), &context, &read(presented)?).await?;
        Ok::<_, ApiError>(found)
    };
    match verified.await {
        Ok(found) => page(&state, &visit, &request, StatusCode::OK, (Some(found), None)).await,
        Err(failure) if failure.status() < 500 => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let refusal = PageRefusal::of(&visit, &failure);
            let choose = visit
                .t("请先选择文件，由浏览器计算摘要", "Choose the file first, so that the browser computes its digest");
            let refusal = if form.some("value").is_none() { PageRefusal::incomplete(choose) } else { refusal };
            page(&state, &visit, &request, status, (None, Some(refusal))).await
        }
        Err(failure) => Err(failure),
    }
}

/// Compares a file with the item, and records the result. The script of the page sends it, with the key of the form as
/// `Idempotency-Key`; the file is hashed as it streams and not kept.
///
/// # Errors
///
/// `not_found`; those of the node.
pub async fn verify_file(
    State(state): State<Arc<AppState>>,
    request: CaseRequest,
    client: ClientAddress,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (item, actor) = (item_of(&request)?, &request.who.actor);
    // Access is checked before a large file is received.
    let file = state.filing()?.case_for(actor, request.case).await?;
    if !file.items.contains_key(&item) {
        return Err(FilingError::NoSuchItem(item).into());
    }
    let (context, verification) = streamed(&state, actor, (client, &uri), &headers, body).await?;
    verify_item(&state, actor, (request.case, item), &context, &verification).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
