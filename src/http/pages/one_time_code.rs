//! `/login/one-time-code`: the second factor for a session that began without it, as by an identity provider.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::login::Fault;
use crate::http::pages::visit::{Audience, Member, Visit, own_path, see_other, set_session};
use crate::http::problem::ApiError;

#[derive(Template)]
#[template(path = "one_time_code.html")]
struct CodePage<'a> {
    p: Layout,
    next: &'a str,
    fault: Option<Fault>,
}

/// The form.
///
/// # Errors
///
/// [`ApiError`].
pub async fn code_form(
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    if who.credentials.second_factor.is_none() {
        return Ok(see_other("/account/second-factor"));
    }
    let next = own_path(parameters.text("next")).unwrap_or("/account");
    if who.session.second_factor {
        return Ok(see_other(next));
    }
    visit.page(Audience::Private, &CodePage { p: visit.layout("输入动态口令", "One-time code"), next, fault: None })
}

/// The code. A wrong one is answered by the form.
///
/// # Errors
///
/// Those of the node.
pub async fn enter_code(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    let next = own_path(form.text("next")).unwrap_or("/account");
    match state.filing()?.add_second_factor(&who, form.text("code")).await.map_err(ApiError::from) {
        Ok(session) => {
            let mut response = see_other(next);
            set_session(&mut response, Some(&session));
            Ok(response)
        }
        Err(failure) if failure.code() == ErrorCode::WrongOneTimeCode => {
            let fault = Some(("code", visit.fault(failure)));
            let page = CodePage { p: visit.form_layout(true, "输入动态口令", "One-time code"), next, fault };
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, Audience::Private, &page)
        }
        Err(failure) => Err(failure),
    }
}
