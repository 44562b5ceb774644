//! Answers a form of a case that arrives after the session has ended: a page that contains the same fields again.
//!
//! The user signs in in another window and sends the form again from this page, with the same idempotency key. The node does not store the
//! form. Only forms of cases are answered like this: the forms of an account contain passwords.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest as _, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::http::app_state::AppState;
use crate::http::pages::form::{FORM_TYPE, Form};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, see_other, session_id};
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;

/// Most fields and bytes of a form that is shown again. The request needs no account, so its answer must stay small.
const FIELDS_MAX: usize = 100;
const BYTES_MAX: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "unsent_form.html")]
struct UnsentFormPage<'a> {
    p: Layout,
    fields: Vec<(&'a str, &'a str)>,
}

/// Whether a form of a case is sent with a session that has ended.
#[must_use]
pub fn is_unsent(visit: &Visit, request: &Request) -> bool {
    visit.signed_in.is_none()
        && request.method() == Method::POST
        && request.uri().path().starts_with("/cases/")
        && require_content_type(request.headers(), FORM_TYPE).is_ok()
        && session_id(request.headers()).is_some()
}

/// Reads the form and shows it again, with status 401.
pub async fn answer(state: &Arc<AppState>, visit: &Visit, request: Request) -> Response {
    let page = match Form::from_request(request, state).await {
        Ok(form) if is_small(&form) => page(visit, &form),
        Ok(_) => Ok(see_other("/login?next=%2Faccount&done=expired")),
        Err(failure) => Err(failure),
    };
    page.unwrap_or_else(ApiError::into_response)
}

fn is_small(form: &Form) -> bool {
    let bytes: usize = form.pairs().map(|(name, value)| name.len() + value.len()).sum();
    form.pairs().count() <= FIELDS_MAX && bytes <= BYTES_MAX
}

fn page(visit: &Visit, form: &Form) -> Result<Response, ApiError> {
    let p = visit.layout("登录已失效，表单尚未提交", "Your session has ended; the form was not sent");
    visit.page_with(StatusCode::UNAUTHORIZED, Audience::Private, &UnsentFormPage { p, fields: form.pairs().collect() })
}
