//! `/cases`: the cases of the account and of its courts.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::words::{Role, Stage};
use crate::error_code::ErrorCode;
use crate::http::api::court::cases::{CasesQuery, cases_json};
use crate::http::app_state::AppState;
use crate::http::pages::cases::remaining::remaining;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit};
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::{CaseBriefJson, CasesJson};

/// Cases on one page. The access to each is recorded.
const CASES: u32 = 20;

/// A case in the list.
struct Row {
    case: CaseBriefJson,
    path: String,
    name: String,
    /// What remains of the period that ends first, and whether it is less than three days.
    due: Option<(Bilingual, bool)>,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct CasesPage<'a> {
    p: Layout,
    rows: Vec<Row>,
    stages: Vec<(&'static str, &'static str)>,
    stage: &'a str,
    number: &'a str,
    next: Option<String>,
    /// Whether the viewer acts for a court.
    staff: bool,
    fault: Option<String>,
    done: Option<&'a str>,
}

fn row(case: CaseBriefJson, now: crate::ledger::time::Timestamp) -> Row {
    let name = case.reference.clone().unwrap_or_else(|| case.case.chars().take(12).collect());
    let path = format!("/cases/{}", case.reference.as_ref().unwrap_or(&case.case));
    let due = case.due.as_ref().map(|window| remaining(window.ends_at.as_deref(), now));
    Row { case, path, name, due }
}

/// The list.
///
/// # Errors
///
/// Those of the node. What is wrong with a filter is shown with it.
pub async fn list(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let (stage, number, cursor) = (parameters.some("stage"), parameters.some("number"), parameters.some("cursor"));
    let query = CasesQuery {
        number: number.map(str::to_owned),
        stage: stage.map(str::to_owned),
        texts: Some(true),
        limit: Some(CASES),
        cursor: cursor.map(str::to_owned),
    };
    let (found, fault) = match cases_json(&state, &who.actor, query).await {
        Err(failure) if failure.code() == ErrorCode::BadValue => {
            let text = visit.t(
                "请填写完整案号，例如（2026）粤0192民初1号",
                "Enter the whole case number, like （2026）粤0192民初1号",
            );
            (CasesJson { items: Vec::new(), next_cursor: None }, Some(text.to_owned()))
        }
        found => (found?, None),
    };
    let filing = state.filing()?;
    let next = found.next_cursor.as_deref().map(|cursor| {
        let mut query = form_urlencoded::Serializer::new("/cases?".to_owned());
        for (name, value) in [("stage", stage), ("number", number)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", cursor).finish()
    });
    let roles = &who.actor.account.roles;
    let now = filing.now();
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = CasesPage {
        p: visit.form_layout(fault.is_some(), "案件", "Cases"),
        rows: found.items.into_iter().map(|case| row(case, now)).collect(),
        stages: Stage::ALL.iter().map(|stage| (stage.word(), stage.label(visit.language))).collect(),
        stage: stage.unwrap_or_default(),
        number: number.unwrap_or_default(),
        next,
        staff: roles.iter().any(|(role, _)| role.acts_in_cases() && *role != Role::Archivist),
        fault,
        done: (parameters.text("done") == "associate")
            .then(|| visit.t("已关联案件。", "You are associated with the case.")),
    };
    visit.page_with(status, Audience::Private, &page)
}
