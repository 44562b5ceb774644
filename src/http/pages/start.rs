//! `/`: look up by number, digest, transaction, block; and `/search`, where the form leads.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::http::api::paging::PageQuery;
use crate::http::api::search::found;
use crate::http::api::search_key::{self, SearchKey};
use crate::http::app_state::AppState;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, see_other};
use crate::http::problem::ApiError;
use crate::wire::ledger::{HitJson, SearchJson};

/// Results on one page.
const RESULTS: u32 = 50;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage<'a> {
    p: Layout,
    query: &'a str,
    /// What is wrong with the query.
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsPage<'a> {
    p: Layout,
    found: &'a SearchJson,
    /// Whether a block was searched by its height.
    is_height: bool,
    next: Option<String>,
}

/// The start page.
///
/// # Errors
///
/// [`ApiError`].
pub async fn start(visit: Visit) -> Result<Response, ApiError> {
    let page = StartPage { p: visit.layout("查询与核验", "Look up and verify"), query: "", fault: None };
    visit.page(Audience::Public, &page)
}

/// The results of a search; one result alone is shown at once.
///
/// # Errors
///
/// Those of a read. What is wrong with the query is shown beside it.
pub async fn search(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let (query, cursor) = (parameters.text("q"), parameters.some("cursor"));
    let page = PageQuery { limit: Some(RESULTS), cursor: cursor.map(str::to_owned) };
    if query.is_empty() {
        return refused(&visit, query, visit.t("请输入存证编号。", "Enter a deposit number."));
    }
    let found = match found(&state, query.to_owned(), page).await {
        Err(failure) if [ErrorCode::MistypedNumber, ErrorCode::UnrecognisedQuery].contains(&failure.code()) => {
            let problem = failure.problem();
            return refused(&visit, query, visit.t(&problem.detail_zh, &problem.detail));
        }
        found => found?,
    };
    if let ([hit], None, None) = (found.items.as_slice(), &found.next_cursor, cursor) {
        return Ok(see_other(&path_of(hit)));
    }
    let next = found.next_cursor.as_deref().map(|cursor| {
        let mut query = form_urlencoded::Serializer::new("/search?".to_owned());
        query.append_pair("q", &found.query).append_pair("cursor", cursor).finish()
    });
    let is_height = matches!(search_key::read(query), Ok(SearchKey::Height(_)));
    let page = ResultsPage { p: visit.layout("查询结果", "Results"), found: &found, is_height, next };
    visit.page(Audience::Public, &page)
}

/// The start page with what is wrong with the query.
fn refused(visit: &Visit, query: &str, fault: &str) -> Result<Response, ApiError> {
    let p = visit.form_layout(true, "查询与核验", "Look up and verify");
    let page = StartPage { p, query, fault: Some(fault.to_owned()) };
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, Audience::Public, &page)
}

/// The page of a result.
fn path_of(hit: &HitJson) -> String {
    match (&hit.deposit_number, hit.block_height) {
        (Some(number), _) => format!("/d/{number}"),
        (None, Some(height)) => format!("/blocks/{height}"),
        (None, None) => hit.href.clone(),
    }
}
