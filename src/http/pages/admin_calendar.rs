//! `/admin/calendar`: the holidays of each year, as the State Council announces them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::lists::{calendars_json, load_year};
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::{Outcome, request_context, require_operating};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::wire::court::lists::{CalendarRequest, CalendarsJson};

/// Names of the fields and their labels, for errors.
const LABELS: &[(&str, &str, &str)] = &[
    ("year", "年份", "Year"),
    ("holidays", "节假日", "Days off"),
    ("working_days", "调休上班日", "Make-up working days"),
];

#[derive(Template)]
#[template(path = "admin_calendar.html")]
struct CalendarPage<'a> {
    p: Layout,
    calendars: CalendarsJson,
    entered: &'a Form,
    outcome: Outcome,
    is_operator: bool,
}

fn show(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    entered: &Form,
    outcome: Outcome,
) -> Result<Response, ApiError> {
    let (status, p) = outcome.head(visit, "节假日安排", "Holidays");
    let is_operator = who.actor.account.holds(Role::Operator, None);
    let page = CalendarPage { p, calendars: calendars_json(state)?, entered, outcome, is_operator };
    visit.page_with(status, Audience::Private, &page)
}

/// The years whose holidays are known.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`.
pub async fn calendar(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let done = (parameters.text("done") == "loaded")
        .then(|| visit.t("节假日安排已载入，并已上链记录。", "The holidays were loaded; the change is on the chain."));
    show(&state, &visit, &who, &Form::parse(b""), Outcome { done, ..Outcome::default() })
}

/// Loads the holidays of a year.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of the node. What is wrong with the form is shown with it.
pub async fn load(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    match load_form(&state, &who, &form).await {
        Ok(()) => Ok(see_other("/admin/calendar?done=loaded")),
        Err(failure) => show(&state, &visit, &who, &form, Outcome::refused(&visit, failure, LABELS)?),
    }
}

async fn load_form(state: &AppState, who: &SignedIn, form: &Form) -> Result<(), ApiError> {
    let year = form.text("year").parse();
    let year = year.map_err(|_| ApiError::new(ErrorCode::BadValue, "`year` is not a year like 2027"))?;
    let days = |field| {
        let words = form.text(field).split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；'));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let request = CalendarRequest { year, holidays: days("holidays"), working_days: days("working_days") };
    load_year(state, (&who.actor, &request_context("calendar")?), &request).await?;
    Ok(())
}
