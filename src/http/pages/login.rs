//! `/login`, `/logout`, `/reset`, `/activate`: sessions begin and end, passwords are set by a code or a token.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::filing::sessions::Session;
use crate::filing::sign_in::LoginAttempt;
use crate::http::app_state::AppState;
use crate::http::pages::form::{Form, PageParameters, without_label};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, own_path, see_other, session_id, set_session, set_signed_out};
use crate::http::problem::ApiError;
use crate::http::request::header;

/// What is wrong with a form: the field, and the text.
pub type Fault = (&'static str, String);

/// Whether something is wrong with a field.
#[must_use]
pub fn has_fault<'f>(faults: impl IntoIterator<Item = &'f Fault>, name: &str) -> bool {
    faults.into_iter().any(|(field, _)| *field == name)
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    p: Layout,
    login: &'a str,
    next: &'a str,
    fault: Option<Fault>,
    done: Option<&'a str>,
    /// Whether the session of the browser has ended.
    expired: bool,
    /// The identity providers of courts: the address that begins a login, what the button says, the court.
    providers: Vec<(String, String, String)>,
    /// After a logout of a session that an identity provider began: the address that ends the login there, and the court.
    provider_logout: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage<'a> {
    p: Layout,
    login: &'a str,
    /// Whether a token proves who asks, and not a code.
    by_token: bool,
    fault: Option<Fault>,
}

/// The form of a login.
///
/// # Errors
///
/// [`ApiError`].
pub async fn login_form(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let next = own_path(parameters.text("next")).unwrap_or("/account");
    if visit.signed_in.is_some() {
        return Ok(see_other(next));
    }
    let done = match parameters.text("done") {
        "password" => Some(visit.t("密码已设置，请登录。", "The password was set. Sign in.")),
        "out" => Some(visit.t("您已退出登录。", "You are signed out.")),
        "unlinked" => Some(
            visit.t("关联已解除，会话均已结束，请重新登录。", "The link and all sessions were ended. Sign in again."),
        ),
        "closed" => Some(visit.t("账号已注销。", "The account was closed.")),
        _ => None,
    };
    let expired = parameters.text("done") == "expired";
    let providers = providers(&state, next);
    let provider_logout = provider_logout(&state, parameters.text("court"));
    let p = visit.layout("登录", "Sign in");
    let page = LoginPage { p, login: "", next, fault: None, done, expired, providers, provider_logout };
    visit.page(Audience::Private, &page)
}

/// A court as a part of an address.
fn encoded(court: &str) -> String {
    form_urlencoded::byte_serialize(court.as_bytes()).collect()
}

fn provider_logout(state: &AppState, court: &str) -> Option<(String, String)> {
    let provider = state.login_providers().into_iter().find(|provider| provider.court.to_string() == court)?;
    Some((format!("/login/oidc/{}/logout", encoded(court)), provider.label))
}

/// The answer to the end of the browser's own session.
#[must_use]
pub fn signed_out(session: &Session) -> Response {
    let mut response = match &session.origin {
        Some(origin) => see_other(&format!("/login?done=out&court={}", encoded(&origin.court.to_string()))),
        None => see_other("/login?done=out"),
    };
    set_session(&mut response, None);
    set_signed_out(&mut response, true);
    response
}

fn providers(state: &AppState, next: &str) -> Vec<(String, String, String)> {
    let address = |court: &str| {
        let court = encoded(court);
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        format!("/login/oidc/{court}?{query}")
    };
    let providers = state.login_providers().into_iter();
    let shown = providers.map(|provider| {
        let court = provider.court.to_string();
        (address(&court), provider.label, court)
    });
    shown.collect()
}

/// A login.
///
/// # Errors
///
/// Those of the node. A refused login is answered by the form.
pub async fn log_in(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ApiError> {
    let next = own_path(form.text("next")).unwrap_or("/account");
    let attempt = LoginAttempt {
        login: form.text("login"),
        password: form.raw("password"),
        code: form.text("code"),
        browser: header(&headers, &USER_AGENT),
    };
    match state.filing()?.log_in(attempt, session_id(&headers).as_ref()).await.map_err(ApiError::from) {
        Ok((_, session)) => {
            let mut response = see_other(next);
            set_session(&mut response, Some(&session));
            Ok(response)
        }
        Err(failure) if failure.code() == ErrorCode::LoginRefused => {
            let fault = Some(("login", visit.fault(failure)));
            let p = visit.form_layout(true, "登录", "Sign in");
            let providers = providers(&state, next);
            let (login, provider_logout) = (form.text("login"), None);
            let page = LoginPage { p, login, next, fault, done: None, expired: false, providers, provider_logout };
            visit.page_with(StatusCode::UNAUTHORIZED, Audience::Private, &page)
        }
        Err(failure) => Err(failure),
    }
}

/// The end of the browser's session.
///
/// # Errors
///
/// Those of the node.
pub async fn log_out(State(state): State<Arc<AppState>>, visit: Visit) -> Result<Response, ApiError> {
    let Some(who) = &visit.signed_in else {
        let mut response = see_other("/login?done=out");
        set_session(&mut response, None);
        return Ok(response);
    };
    state.filing()?.end_sessions(who, Some(&who.session.name())).await?;
    Ok(signed_out(&who.session))
}

fn reset_page<'a>(visit: &Visit, by_token: bool, login: &'a str, fault: Option<Fault>) -> ResetPage<'a> {
    let p = if by_token {
        visit.layout("以令牌设置密码", "Set a password with a token")
    } else {
        visit.layout("重置密码", "Reset the password")
    };
    ResetPage { p, login, by_token, fault }
}

/// The form for a new password by a reset code.
///
/// # Errors
///
/// [`ApiError`].
pub async fn reset_form(visit: Visit) -> Result<Response, ApiError> {
    visit.page(Audience::Private, &reset_page(&visit, false, "", None))
}

/// The form for the first password by a token.
///
/// # Errors
///
/// [`ApiError`].
pub async fn activation_form(visit: Visit) -> Result<Response, ApiError> {
    visit.page(Audience::Private, &reset_page(&visit, true, "", None))
}

/// Two equal new passwords of a form.
///
/// # Errors
///
/// The fault of the second field.
pub fn new_password<'f>(visit: &Visit, form: &'f Form) -> Result<&'f str, Fault> {
    let (new, again) = (form.raw("new-password"), form.raw("new-password-again"));
    let differs = || visit.t("两次输入的密码不一致", "The two passwords differ").to_owned();
    if new == again { Ok(new) } else { Err(("new-password-again", differs())) }
}

/// A new password by a reset code.
///
/// # Errors
///
/// Those of the node. A refused one is answered by the form.
pub async fn reset(State(state): State<Arc<AppState>>, visit: Visit, form: Form) -> Result<Response, ApiError> {
    let new = match new_password(&visit, &form) {
        Ok(new) => new,
        Err(fault) => return refused(&visit, false, &form, fault),
    };
    let code = without_label(form.text("code"));
    let reset = state.filing()?.reset_password(form.text("login"), code, new).await;
    set_or_refused(&visit, false, &form, reset.map_err(ApiError::from))
}

/// The first password of an account that has a token.
///
/// # Errors
///
/// Those of the node. A refused one is answered by the form.
pub async fn activate(State(state): State<Arc<AppState>>, visit: Visit, form: Form) -> Result<Response, ApiError> {
    let new = match new_password(&visit, &form) {
        Ok(new) => new,
        Err(fault) => return refused(&visit, true, &form, fault),
    };
    let (token, login, rules) = (form.text("token"), form.text("login"), state.session_rules().await);
    let set = state.filing()?.set_first_password(token, (login, new), rules).await;
    set_or_refused(&visit, true, &form, set.map(|_| ()).map_err(ApiError::from))
}

fn set_or_refused(visit: &Visit, by_token: bool, form: &Form, set: Result<(), ApiError>) -> Result<Response, ApiError> {
    match set {
        Ok(()) => Ok(see_other("/login?done=password")),
        Err(failure) => match field_of(failure.code()) {
            // The text of the code speaks of the password, which is the new one here.
            Some(field) if !by_token && failure.code() == ErrorCode::LoginRefused => {
                let text = visit.t(
                    "登录名或者重置码不正确，或者重置码已失效",
                    "The login name or the reset code is wrong, or the code is no longer valid",
                );
                refused(visit, by_token, form, (field, text.to_owned()))
            }
            Some(field) => refused(visit, by_token, form, (field, visit.fault(failure))),
            None => Err(failure),
        },
    }
}

/// The field that an error is about; `None` if it is about the node.
#[must_use]
pub const fn field_of(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::LoginRefused
        | ErrorCode::LoginTaken
        | ErrorCode::BadValue
        | ErrorCode::ControlCharacter
        | ErrorCode::TextTooLong => Some("login"),
        ErrorCode::WeakPassword => Some("new-password"),
        ErrorCode::Unauthenticated | ErrorCode::ScopeNeeded => Some("token"),
        _ => None,
    }
}

fn refused(visit: &Visit, by_token: bool, form: &Form, fault: Fault) -> Result<Response, ApiError> {
    let page = reset_page(visit, by_token, form.text("login"), Some(fault));
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, Audience::Private, &page)
}
