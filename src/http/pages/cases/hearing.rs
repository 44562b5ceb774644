//! `/cases/{reference}/hearing`: 证据展示. One item at a time, in large type, for a screen in the court room.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::filing::filing_error::FilingError;
use crate::http::api::court::cases::case_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::item::ImportJson;

#[derive(Template)]
#[template(path = "case_hearing.html")]
struct HearingPage {
    p: Layout,
    head: CaseHead,
    item: Option<ImportJson>,
    total: usize,
    position: usize,
    previous: Option<u32>,
    next: Option<u32>,
}

/// An item.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn hearing(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let file = state.filing()?.case_for(&request.who.actor, request.case).await?;
    let numbers: Vec<u32> = file.items.keys().map(|number| number.0).collect();
    let wanted = match parameters.some("item") {
        Some(text) => {
            let known = text.parse().ok().filter(|number| numbers.contains(number));
            Some(known.ok_or_else(|| ApiError::from(FilingError::NotFound))?)
        }
        None => numbers.first().copied(),
    };
    let item = match wanted {
        Some(number) => {
            // As part of the case, so that parties have their names.
            let page = PageQuery { limit: Some(1), cursor: Some(number.saturating_sub(1).to_string()) };
            case_json(&state, &request.who.actor, request.case, &page).await?.items.pop()
        }
        None => None,
    };
    let at = numbers.iter().position(|number| Some(*number) == wanted);
    let neighbour = |step: fn(usize) -> Option<usize>| at.and_then(step).and_then(|at| numbers.get(at)).copied();
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let page = HearingPage {
        p: visit.layout(&format!("证据展示 {}", head.name), &format!("Evidence on display, case {}", head.name)),
        total: numbers.len(),
        position: at.map_or(0, |at| at.saturating_add(1)),
        previous: neighbour(|at| at.checked_sub(1)),
        next: neighbour(|at| at.checked_add(1)),
        head,
        item,
    };
    visit.page(Audience::Private, &page)
}
