//! `/login/one-time-code`: the one-time code of a login at an identity provider which has proven one factor. The account has a second
//! factor, so no session begins before.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use zeroize::Zeroizing;

use crate::error_code::ErrorCode;
use crate::filing::sessions::SessionId;
use crate::filing::unfinished_logins::LIFETIME;
use crate::http::app_state::AppState;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::language::cookie;
use crate::http::pages::layout::Layout;
use crate::http::pages::login::Fault;
use crate::http::pages::visit::{Audience, Visit, own_path, see_other, session_id, set_session};
use crate::http::problem::ApiError;
use crate::http::request::header;

/// The cookie of a login that waits for its code.
const WAITING_COOKIE: &str = "__Host-one-time-code";

#[derive(Template)]
#[template(path = "one_time_code.html")]
struct CodePage<'a> {
    p: Layout,
    next: &'a str,
    fault: Option<Fault>,
}

/// Sets the cookie of a login that waits for its code, or with `None` removes it.
pub fn set_waiting_login(response: &mut Response, login: Option<&SessionId>) {
    let value = match login {
        Some(login) => format!("{WAITING_COOKIE}={}; Max-Age={}", *login.text(), LIFETIME / 1000),
        None => format!("{WAITING_COOKIE}=; Max-Age=0"),
    };
    let cookie = Zeroizing::new(format!("{value}; Path=/; Secure; HttpOnly; SameSite=Lax"));
    if let Ok(mut cookie) = HeaderValue::try_from(cookie.as_str()) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn waiting_login(headers: &HeaderMap) -> Option<SessionId> {
    SessionId::parse(cookie(headers, WAITING_COOKIE)?)
}

/// The form.
///
/// # Errors
///
/// [`ApiError`].
pub async fn code_form(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let next = own_path(parameters.text("next")).unwrap_or("/account");
    let filing = state.filing()?;
    if !waiting_login(&headers).is_some_and(|login| filing.needs_code(&login)) {
        return Ok(see_other("/login"));
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
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ApiError> {
    let next = own_path(form.text("next")).unwrap_or("/account");
    let Some(login) = waiting_login(&headers) else { return Ok(see_other("/login")) };
    let (entered, before) = ((form.text("code"), header(&headers, &USER_AGENT)), session_id(&headers));
    match state.filing()?.finish_login(&login, entered, before.as_ref()).await.map_err(ApiError::from) {
        Ok(session) => {
            let mut response = see_other(next);
            set_waiting_login(&mut response, None);
            set_session(&mut response, Some(&session));
            Ok(response)
        }
        Err(failure) if failure.code() == ErrorCode::WrongOneTimeCode => {
            let fault = Some(("code", visit.fault(failure)));
            let page = CodePage { p: visit.form_layout(true, "输入动态口令", "One-time code"), next, fault };
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, Audience::Private, &page)
        }
        Err(failure) if failure.code() == ErrorCode::LoginNotLinked => {
            let mut response = see_other("/login");
            set_waiting_login(&mut response, None);
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}
