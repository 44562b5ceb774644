//! The answer to a form of a case that is sent after the session has ended: a page that contains the form again.
//!
//! The user signs in in another window and sends the form again from this page, with the same idempotency key. The node stores nothing of
//! it. Only forms of cases are answered like this: the forms of an account contain passwords.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest as _, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::http::app_state::AppState;
use crate::http::pages::form::Form;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, session_id};
use crate::http::problem::ApiError;

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
        && request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|media_type| media_type == "application/x-www-form-urlencoded")
        && session_id(request.headers()).is_some()
}

/// The page with the form.
pub async fn answer(state: &Arc<AppState>, visit: &Visit, request: Request) -> Response {
    let page = match Form::from_request(request, state).await {
        Ok(form) => page(visit, &form),
        Err(failure) => Err(failure),
    };
    page.unwrap_or_else(ApiError::into_response)
}

fn page(visit: &Visit, form: &Form) -> Result<Response, ApiError> {
    let p = visit.layout("登录已失效，表单尚未提交", "Your session has ended; the form was not sent");
    visit.page_with(StatusCode::UNAUTHORIZED, Audience::Private, &UnsentFormPage { p, fields: form.pairs().collect() })
}
