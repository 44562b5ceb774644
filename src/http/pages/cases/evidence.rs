//! `/cases/{reference}/evidence`: 举证、补充证据、质证. The evidence of a case with its periods.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::window::WindowKind;
use crate::http::api::court::cases::case_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::overview::{ITEMS, done, kind_of};
use crate::http::pages::cases::remaining::{Due, due};
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::rights::Rights;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::case::CaseJson;

#[derive(Template)]
#[template(path = "case_evidence.html")]
struct EvidencePage {
    p: Layout,
    head: CaseHead,
    case: CaseJson,
    rights: Rights,
    due: Vec<Due>,
    done: Option<String>,
    /// Whether a verification was recorded just now whose file differs.
    differs: bool,
    next: Option<String>,
}

/// The evidence.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn evidence(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    parameters: PageParameters,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: Some(ITEMS), cursor: parameters.0.some("cursor").map(str::to_owned) };
    let case = case_json(&state, &request.who.actor, request.case, &page).await?;
    let head = CaseHead::of(&case.brief, &request.name);
    let mut due = due(&case, state.filing()?.now(), visit.language);
    due.retain(|one| WindowKind::from_word(&one.window.kind.code).is_some_and(WindowKind::is_about_evidence));
    let page = EvidencePage {
        p: visit.layout(&format!("举证质证 {}", head.name), &format!("Evidence, case {}", head.name)),
        due,
        differs: parameters.0.text("done") == "verify-differs",
        done: done(&visit, Some(kind_of(&case)), &parameters),
        next: case.next_cursor.as_ref().map(|cursor| format!("{}?cursor={cursor}", request.path() + "/evidence")),
        rights: Rights::of(&case),
        head,
        case,
    };
    visit.page(Audience::Private, &page)
}
