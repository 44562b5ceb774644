//! `/login/oidc/…`: login with the identity provider of a court, and logout there.
//!
//! # Invariants
//!
//! A login begins by a link of this site and ends in the same browser, which has a cookie for it, and at the address of the court with
//! which it began. The browser goes back to a page of this node only. A session is new after the login. After a logout here, the
//! provider is asked to authenticate the person anew: else the next person at the same computer would be logged in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::login_links::{BegunSession, ProviderLogin};
use crate::http::app_state::AppState;
use crate::http::client_address::ClientAddress;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::language::cookie;
use crate::http::pages::layout::Layout;
use crate::http::pages::one_time_code::set_waiting_login;
use crate::http::pages::visit::{
    Audience, SIGNED_OUT_COOKIE, Visit, own_path, see_other, session_id, set_session, set_signed_out,
};
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::ledger::hash::{Digest, sha256};
use crate::oidc::logins::{CallbackParameters, ProvenLogin};
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::{LIFETIME, LoginPurpose, LoginRequest};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[derive(Template)]
#[template(path = "login_unlinked.html")]
struct UnlinkedPage {
    p: Layout,
    court: String,
    label: String,
}

impl From<OidcError> for ApiError {
    fn from(error: OidcError) -> Self {
        match error.code() {
            Some(code) => {
                tracing::warn!(%error, code = code.as_str(), "a login with an identity provider failed");
                Self::new(code, error.to_string()).in_chinese(error.in_chinese())
            }
            None => Self::internal(&error),
        }
    }
}

/// The cookie of the login with this state. Each login has its own, so that two tabs do not end each other's.
fn login_cookie(state: &str) -> String {
    let hash = sha256(state.as_bytes()).to_string();
    format!("__Host-login-{}", hash.get(..16).unwrap_or_default())
}

/// What sets the cookie of a login that has begun, or with `None` removes it.
fn set_cookie(state: &str, login: Option<&str>) -> Option<HeaderValue> {
    let name = login_cookie(state);
    let value = match login {
        Some(login) => format!("{name}={login}; Max-Age={}", LIFETIME / 1000),
        None => format!("{name}=; Max-Age=0"),
    };
    // Lax: the provider sends the browser back from another site.
    let cookie = Zeroizing::new(format!("{value}; Path=/; Secure; HttpOnly; SameSite=Lax"));
    let mut cookie = HeaderValue::try_from(cookie.as_str()).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

fn set_login(response: &mut Response, state: &str, login: Option<&str>) {
    if let Some(cookie) = set_cookie(state, login) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// By a link of this site, or typed: no other site begins a login or a logout.
fn require_own_link(headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(header(headers, &FETCH_SITE), "" | "same-origin" | "none") {
        return Ok(());
    }
    let failure = ApiError::new(ErrorCode::CrossSite, "open /login on this site and begin there");
    Err(failure.in_chinese("请在本网站的登录页开始登录"))
}

fn court_of(text: &str) -> Result<CourtCode, OidcError> {
    CourtCode::parse(text).map_err(|_| OidcError::NoProvider)
}

/// Sends the browser to the identity provider of a court.
///
/// # Errors
///
/// `not_found`, `cross_site`, `provider_unavailable`.
pub async fn begin(
    State(state): State<Arc<AppState>>,
    Path(court): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_own_link(&headers)?;
    let court = court_of(&court)?;
    let next = own_path(parameters.text("next")).unwrap_or("/account");
    let (asks_again, now) = (cookie(&headers, SIGNED_OUT_COOKIE).is_some(), state.filing()?.now());
    let client = sha256(client.group().to_string().as_bytes());
    let request = LoginRequest { court: &court, purpose: LoginPurpose::Session, next, client };
    let sent = state.oidc().begin(&request, asks_again, now).await?;
    let mut response = see_other(sent.address.as_str());
    set_login(&mut response, &sent.state, Some(&sent.cookie));
    Ok(response)
}

/// Begins a login by which the holder of a session links it to its account: the address at the provider, and what sets the
/// cookie.
///
/// # Errors
///
/// `not_found`, `provider_unavailable`.
pub async fn begin_link(
    state: &AppState,
    session: Digest,
    (court, client): (&CourtCode, ClientAddress),
) -> Result<(String, Option<HeaderValue>), ApiError> {
    let client = sha256(client.group().to_string().as_bytes());
    let request = LoginRequest { court, purpose: LoginPurpose::Link(session), next: "/account", client };
    // A session of the provider may be that of the person who used the computer before.
    let sent = state.oidc().begin(&request, true, state.filing()?.now()).await?;
    Ok((sent.address.to_string(), set_cookie(&sent.state, Some(&sent.cookie))))
}

/// Sends the browser to the page at the identity provider of a court at which its person signs out there.
///
/// # Errors
///
/// `not_found`, `cross_site`, `provider_unavailable`.
pub async fn log_out_at_provider(
    State(state): State<Arc<AppState>>,
    Path(court): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require_own_link(&headers)?;
    let address = state.oidc().logout_address(&court_of(&court)?, state.filing()?.now()).await?;
    Ok(see_other(address.as_ref().map_or("/login?done=out", |address| address.as_str())))
}

/// The provider of a court has sent the browser back.
///
/// # Errors
///
/// `login_state`, `provider_denied`, `provider_unavailable`, `id_token_rejected`; those of the node. For a login without an account a
/// page says what to do.
pub async fn callback(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Path(court): Path<String>,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Response {
    let login_state = parameters.text("state");
    let ended = end(&state, &visit, &court, &headers, &parameters).await;
    let mut response = ended.unwrap_or_else(IntoResponse::into_response);
    // The login has ended, whatever came of it.
    set_login(&mut response, login_state, None);
    response
}

async fn end(
    state: &AppState,
    visit: &Visit,
    court: &str,
    headers: &HeaderMap,
    parameters: &Form,
) -> Result<Response, ApiError> {
    let answer = CallbackParameters {
        state: parameters.text("state"),
        code: parameters.text("code"),
        issuer: parameters.some("iss"),
        error: parameters.some("error"),
    };
    let browser = cookie(headers, &login_cookie(answer.state)).unwrap_or_default();
    let proven = state.oidc().end(&court_of(court)?, &answer, browser, state.filing()?.now()).await?;
    match proven.purpose {
        LoginPurpose::Session => log_in(state, visit, headers, &proven).await,
        LoginPurpose::Link(session) => link(state, visit, session, &proven).await,
    }
}

fn login_of(proven: &ProvenLogin) -> ProviderLogin<'_> {
    ProviderLogin { court: &proven.court, issuer: &proven.issuer, subject: &proven.subject }
}

async fn log_in(
    state: &AppState,
    visit: &Visit,
    headers: &HeaderMap,
    proven: &ProvenLogin,
) -> Result<Response, ApiError> {
    let (browser, before) = (header(headers, &USER_AGENT), session_id(headers));
    let factor = (proven.is_multi_factor, browser);
    let mut response = match state.filing()?.log_in_at_provider(login_of(proven), factor, before.as_ref()).await {
        Ok(BegunSession::Session(session)) => {
            let mut response = see_other(&proven.next);
            set_session(&mut response, Some(&session));
            response
        }
        Ok(BegunSession::NeedsCode(login)) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &proven.next).finish();
            let mut response = see_other(&format!("/login/one-time-code?{query}"));
            set_session(&mut response, None);
            set_waiting_login(&mut response, Some(&login));
            response
        }
        Err(FilingError::LoginNotLinked) => {
            let provider = state.login_providers().into_iter().find(|provider| provider.court == proven.court);
            let page = UnlinkedPage {
                p: visit.layout("登录尚未关联账号", "This login has no account"),
                court: proven.court.to_string(),
                label: provider.map_or_else(String::new, |provider| provider.label),
            };
            visit.page_with(StatusCode::FORBIDDEN, Audience::Private, &page)?
        }
        Err(failure) => ApiError::from(failure).into_response(),
    };
    set_signed_out(&mut response, false);
    Ok(response)
}

/// Links the proven login to the account of the session that has begun the link, in its own browser.
async fn link(state: &AppState, visit: &Visit, session: Digest, proven: &ProvenLogin) -> Result<Response, ApiError> {
    let who = visit.signed_in.as_ref().filter(|who| who.session.hash == session).ok_or(OidcError::State)?;
    let renewed = state.filing()?.link_own_login(who, login_of(proven)).await?;
    let mut response = see_other("/account?done=login-link");
    set_session(&mut response, Some(&renewed));
    Ok(response)
}
