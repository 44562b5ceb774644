//! `/admin/erasures`: the operator erases private content at the holder's request, and follows the erasure.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::erasures::{erase_content, erasure_json};
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::{Outcome, request_context, require_operating};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::ledger::number::DepositNumber;
use crate::wire::court::erasure::{ErasureJson, ErasureRequest};

#[derive(Template)]
#[template(path = "admin_erasures.html")]
struct ErasuresPage<'a> {
    p: Layout,
    /// The number that is followed.
    asked: &'a str,
    erasure: Option<ErasureJson>,
    entered: &'a Form,
    outcome: Outcome,
}

/// The erasure that the parameter names.
///
/// # Errors
///
/// `not_found` without a role that manages accounts; `second_factor_needed`; those of a read.
pub async fn erasures(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let asked = parameters.text("id");
    let (mut erasure, mut outcome) = (None, Outcome::default());
    if !asked.is_empty() {
        match follow(&state, &who, asked).await {
            Ok(found) => erasure = Some(found),
            Err(failure) if failure.status() < 500 => outcome.fault = Some(visit.fault(failure)),
            Err(failure) => return Err(failure),
        }
    }
    show(&visit, (asked, erasure), &Form::parse(b""), outcome)
}

async fn follow(state: &AppState, who: &SignedIn, asked: &str) -> Result<ErasureJson, ApiError> {
    let number = DepositNumber::parse(asked)?;
    Ok(erasure_json(&state.filing()?.erasure(&who.actor, number, Duration::ZERO).await?))
}

fn show(
    visit: &Visit,
    (asked, erasure): (&str, Option<ErasureJson>),
    entered: &Form,
    outcome: Outcome,
) -> Result<Response, ApiError> {
    let (status, p) = outcome.head(visit, "删除非公开信息", "Erasures");
    visit.page_with(status, Audience::Private, &ErasuresPage { p, asked, erasure, entered, outcome })
}

/// Erases the private content of a deposit or of an account.
///
/// # Errors
///
/// `not_found` without a role that manages accounts; `second_factor_needed`; those of the node. What is wrong with the form is shown
/// with it.
pub async fn erase(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    match erase_form(&state, &who, &form).await {
        Ok(id) => Ok(see_other(&format!("/admin/erasures?id={id}"))),
        // What is to be erased is named by the form, so it is the form that is wrong.
        Err(failure) if failure.status() < 500 => {
            let outcome = Outcome { fault: Some(visit.fault(failure)), ..Outcome::default() };
            show(&visit, ("", None), &form, outcome)
        }
        Err(failure) => Err(failure),
    }
}

async fn erase_form(state: &AppState, who: &SignedIn, form: &Form) -> Result<String, ApiError> {
    let bad = |zh: &str, en: &str| ApiError::new(ErrorCode::BadValue, en).in_chinese(zh);
    if !form.is_set("sure") {
        return Err(bad("请勾选确认删除", "Confirm that the content is to be erased"));
    }
    let (number, account) = (form.some("deposit_number"), form.some("account"));
    if number.is_some() == account.is_some() {
        return Err(bad("请填写存证编号或者账号编号其中一项", "Enter either a deposit number or an account id"));
    }
    let request = ErasureRequest {
        deposit_number: number.map(str::to_owned),
        account: account.map(str::to_owned),
        case: None,
        annexes: Vec::new(),
        order: None,
    };
    let (erasure, _) = erase_content(state, &who.actor, &request_context("erasure")?, &request).await?;
    Ok(erasure.recorded.number.to_string())
}
