//! `/cases/{reference}/history`: 案件记录. Each act as a sentence.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::http::api::court::record::record_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::record::CaseRecordJson;

/// Acts on a page.
const ACTS: u32 = 100;

#[derive(Template)]
#[template(path = "case_history.html")]
struct HistoryPage {
    p: Layout,
    head: CaseHead,
    record: CaseRecordJson,
    next: Option<String>,
}

/// The record.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn history(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    parameters: PageParameters,
) -> Result<Response, ApiError> {
    let file = state.filing()?.case_for(&request.who.actor, request.case).await?;
    let page = PageQuery { limit: Some(ACTS), cursor: parameters.0.some("cursor").map(str::to_owned) };
    let record = record_json(&state, &request.who.actor, request.case, &page).await?;
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let page = HistoryPage {
        p: visit.layout(&format!("案件记录 {}", head.name), &format!("Record of case {}", head.name)),
        next: record.next_cursor.as_ref().map(|cursor| format!("{}/history?cursor={cursor}", request.path())),
        head,
        record,
    };
    visit.page(Audience::Private, &page)
}
