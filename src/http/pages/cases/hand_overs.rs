//! `/cases/hand-overs` and `/cases/{case}/hand-overs/{number}`: dossiers that other courts sent, and what the receiving court does.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use crate::court::case::manifest::root;
use crate::court::case::reference::CaseReference;
use crate::court::ids::{CaseId, HandOverNumber};
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::hand_overs::{hand_over as view, hand_overs_json, take_step};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::sending::{form_context, new_key, shape};
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::wire::court::hand_over::{HandOverBriefJson, HandOverJson, ManifestRootJson};

#[derive(Template)]
#[template(path = "case_hand_overs.html")]
struct HandOversPage {
    p: Layout,
    items: Vec<HandOverBriefJson>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "case_hand_over.html")]
struct HandOverPage {
    p: Layout,
    one: HandOverJson,
    /// Whether the viewer acts for the receiving court.
    receives: bool,
    key: String,
    path: String,
    fault: Option<String>,
    done: bool,
}

/// Dossiers sent to the courts of the account.
///
/// # Errors
///
/// Those of the node.
pub async fn list(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: None, cursor: parameters.some("cursor").map(str::to_owned) };
    let found = hand_overs_json(&state, &who.actor, &page).await?;
    let page = HandOversPage {
        p: visit.layout("移交本院的案卷", "Dossiers sent to the court"),
        next: found.next_cursor.map(|cursor| format!("/cases/hand-overs?cursor={cursor}")),
        items: found.items,
    };
    visit.page(Audience::Private, &page)
}

fn number_of(request: &CaseRequest) -> Result<HandOverNumber, ApiError> {
    HandOverNumber::parse(request.parameter("hand_over")).ok_or_else(|| ApiError::from(FilingError::NotFound))
}

async fn page(
    state: &AppState,
    visit: &Visit,
    request: &CaseRequest,
    (status, fault, done): (StatusCode, Option<String>, bool),
) -> Result<Response, ApiError> {
    let number = number_of(request)?;
    let actor = &request.who.actor;
    let one = view(state, actor, request.case, number).await?;
    let receives = actor
        .account
        .roles
        .iter()
        .any(|(_, court)| court.as_ref().is_some_and(|court| court.to_string() == one.brief.to));
    let title = (format!("移交案卷 {number}"), format!("Hand-over {number}"));
    let page = HandOverPage {
        p: match fault {
            Some(_) => visit.layout(&format!("错误：{}", title.0), &format!("Error: {}", title.1)),
            None => visit.layout(&title.0, &title.1),
        },
        path: format!("/cases/{}/hand-overs/{number}", one.brief.case),
        one,
        receives,
        key: new_key()?,
        fault,
        done,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// A hand-over with its manifest.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn hand_over(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    page(&state, &visit, &request, (StatusCode::OK, None, parameters.is_set("done"))).await
}

/// The root over the lines that the receiving court was shown.
fn root_of(lines: &[String]) -> Option<ManifestRootJson> {
    root(lines).map(ManifestRootJson::from)
}

/// The request of a step, with the roots computed from the lines.
fn request_of(one: &HandOverJson, form: &Form) -> Value {
    let mut step = json!({ "step": form.text("step") });
    let Some(fields) = step.as_object_mut() else { return step };
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    match form.text("step") {
        "accept" | "differs" => {
            set("manifest", json!(root_of(&one.lines)));
            if let Some(second) = root_of(&one.second_lines) {
                set("second_volume", json!(second));
            }
            if let (Some(number), "accept") = (form.some("number"), form.text("step")) {
                set("number", json!(number));
            }
            if form.text("step") == "differs" {
                set("reason", json!(form.text("reason")));
            }
        }
        "return" => {
            set("reason", json!(form.text("reason")));
        }
        _ => {}
    }
    step
}

/// A step of the receiving court.
///
/// # Errors
///
/// `not_found`; those of the node. What is wrong is shown with the hand-over.
pub async fn step(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    uri: Uri,
    form: Form,
) -> Result<Response, ApiError> {
    let number = number_of(&request)?;
    let actor = &request.who.actor;
    let one = view(&state, actor, request.case, number).await?;
    let fault = match form.text("step") {
        "differs" | "return" if form.text("reason").is_empty() => Some(visit.t("请填写理由", "Fill in the reason")),
        "accept" if !form.is_set("compared") => {
            Some(visit.t("请确认已逐项核对移交清单", "Confirm that the manifest was compared"))
        }
        _ => None,
    };
    if let Some(fault) = fault {
        return page(&state, &visit, &request, (StatusCode::UNPROCESSABLE_ENTITY, Some(fault.to_owned()), false)).await;
    }
    let context = form_context(actor, uri.path(), &form)?;
    let taken = match shape(request_of(&one, &form)) {
        Ok(step) => take_step(&state, actor, (request.case, number), &context, step).await,
        Err(failure) => Err(failure),
    };
    match taken {
        Ok((_, shown)) if form.text("step") == "accept" => {
            let reference = CaseId::parse(&shown.case).map(|case| CaseReference::of(case).to_string());
            Ok(see_other(&format!("/cases/{}?done=accept-hand-over", reference.unwrap_or(shown.case))))
        }
        Ok(_) => Ok(see_other(&format!("{}?done=yes", uri.path()))),
        Err(failure) if failure.status() < 500 => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
            let fault = visit.fault(failure);
            page(&state, &visit, &request, (status, Some(fault), false)).await
        }
        Err(failure) => Err(failure),
    }
}
