//! `/login/oidc/…`: login with the identity provider of a court.
//!
//! # Invariants
//!
//! A login begins by a link of this site and ends in the same browser, which has a cookie of its own for it. The browser goes back to a
//! page of this node only. A session is new after the login.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::login_links::ProviderLogin;
use crate::http::app_state::AppState;
use crate::http::pages::form::PageParameters;
use crate::http::pages::language::cookie;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, own_path, see_other, session_id, set_session};
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::oidc::logins::{CallbackParameters, ProvenLogin};
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::LIFETIME;

/// The cookie of a login that has begun.
const LOGIN_COOKIE: &str = "__Host-login";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[derive(Template)]
#[template(path = "login_unlinked.html")]
struct UnlinkedPage {
    p: Layout,
    court: String,
    label: String,
    subject: String,
}

impl From<OidcError> for ApiError {
    fn from(error: OidcError) -> Self {
        match error.code() {
            Some(code) => {
                tracing::warn!(%error, code = code.as_str(), "a login with an identity provider failed");
                Self::new(code, error.to_string())
            }
            None => Self::internal(&error),
        }
    }
}

fn set_login(response: &mut Response, login: Option<&str>) {
    let value = match login {
        Some(login) => format!("{LOGIN_COOKIE}={login}; Max-Age={}", LIFETIME / 1000),
        None => format!("{LOGIN_COOKIE}=; Max-Age=0"),
    };
    // Lax: the provider sends the browser back from another site.
    let cookie = Zeroizing::new(format!("{value}; Path=/; Secure; HttpOnly; SameSite=Lax"));
    if let Ok(mut cookie) = HeaderValue::try_from(cookie.as_str()) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Sends the browser to the identity provider of a court.
///
/// # Errors
///
/// `not_found`, `cross_site`, `provider_unavailable`.
pub async fn begin(
    State(state): State<Arc<AppState>>,
    Path(court): Path<String>,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    // By a link of this site, or typed: no other site begins a login.
    if !matches!(header(&headers, &FETCH_SITE), "" | "same-origin" | "none") {
        let failure = ApiError::new(ErrorCode::CrossSite, "open /login on this site and begin there");
        return Err(failure.in_chinese("请在本网站的登录页开始登录"));
    }
    let court = CourtCode::parse(&court).map_err(|_| OidcError::NoProvider)?;
    let next = own_path(parameters.text("next")).unwrap_or("/account");
    let now = state.filing()?.now();
    let (address, login) = state.oidc().begin(&court, next, now).await?;
    let mut response = see_other(address.as_str());
    set_login(&mut response, Some(&login));
    Ok(response)
}

/// The provider has sent the browser back.
///
/// # Errors
///
/// `login_state`, `provider_denied`, `provider_unavailable`, `id_token_rejected`; those of the node. For a login without an account a
/// page says what to do.
pub async fn callback(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let answer = CallbackParameters {
        state: parameters.text("state"),
        code: parameters.text("code"),
        issuer: parameters.some("iss"),
        error: parameters.some("error"),
    };
    let filing = state.filing()?;
    let proven = state.oidc().end(&answer, cookie(&headers, LOGIN_COOKIE).unwrap_or_default(), filing.now()).await;
    let mut response = match proven {
        Ok(proven) => log_in(&state, &visit, &headers, &proven).await?,
        Err(error) => return Err(error.into()),
    };
    set_login(&mut response, None);
    Ok(response)
}

async fn log_in(
    state: &AppState,
    visit: &Visit,
    headers: &HeaderMap,
    proven: &ProvenLogin,
) -> Result<Response, ApiError> {
    let login = ProviderLogin { court: &proven.court, issuer: &proven.issuer, subject: &proven.subject };
    let (browser, before) = (header(headers, &USER_AGENT), session_id(headers));
    let begun = state.filing()?.log_in_at_provider(login, (proven.is_multi_factor, browser), before.as_ref()).await;
    match begun {
        Ok((_, session)) => {
            let mut response = see_other(&proven.next);
            set_session(&mut response, Some(&session));
            Ok(response)
        }
        Err(FilingError::LoginNotLinked) => {
            let provider = state.login_providers().into_iter().find(|provider| provider.court == proven.court);
            let page = UnlinkedPage {
                p: visit.layout("登录尚未关联账号", "This login has no account"),
                court: proven.court.to_string(),
                label: provider.map_or_else(String::new, |provider| provider.label),
                subject: proven.subject.clone(),
            };
            visit.page_with(StatusCode::FORBIDDEN, Audience::Private, &page)
        }
        Err(failure) => Err(failure.into()),
    }
}
