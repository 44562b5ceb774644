//! What every request of a page passes: where it came from, errors as pages, the headers of the answer.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, VARY,
    WWW_AUTHENTICATE, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;

use crate::http::app_state::AppState;
use crate::http::pages::cases::originals::Framed;
use crate::http::pages::field_names;
use crate::http::pages::layout::Layout;
use crate::http::pages::same_origin::require_same_origin;
use crate::http::pages::unsent_form;
use crate::http::pages::visit::{Audience, Visit};
use crate::wire::problem::{PROBLEM_JSON, Problem, ProblemCode};

/// Scripts and styles are files of this node; no script makes markup from text; nothing is fetched from elsewhere; no other site
/// shows a page in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; frame-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tiezheng";

/// A PDF or a text is shown in a frame of a page of this node, as a document without scripts, forms and an origin. The attribute `sandbox`
/// of the frame would do the same, but Chromium then shows nothing of a PDF.
const FRAME_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/// An error as a page.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    p: Layout,
    title: &'a str,
    detail: &'a str,
    /// What to do about it; not for the errors of the node, which only its operator can remedy.
    advice: Option<&'a str>,
    status: u16,
    code: String,
    retry_after: Option<&'a str>,
}

/// The middleware of all pages.
pub async fn page_middleware(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let visit = Visit::of(&state, request.uri(), request.headers()).await;
    let checked = require_same_origin(request.method(), request.uri(), request.headers());
    request.extensions_mut().insert(visit.clone());
    let response = match checked {
        Ok(()) if unsent_form::is_unsent(&visit, &request) => unsent_form::answer(&state, &visit, request).await,
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    finish(&visit, response).await
}

/// Shows an error as a page, and adds the headers of every page.
pub async fn finish(visit: &Visit, response: Response) -> Response {
    let mut response = as_page(visit, response).await;
    let is_framed = response.extensions().get::<Framed>().is_some();
    let headers = response.headers_mut();
    let (policy, frames) = if is_framed { (FRAME_POLICY, "SAMEORIGIN") } else { (POLICY, "DENY") };
    let fixed = [
        (CONTENT_SECURITY_POLICY, policy),
        // The origin is needed with forms; no other site gets an address.
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, frames),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    }
    for cookie in visit.cookies() {
        headers.append(SET_COOKIE, cookie.clone());
    }
    response
}

/// A problem in JSON as a page; any other answer as it is.
async fn as_page(visit: &Visit, response: Response) -> Response {
    if response.headers().get(CONTENT_TYPE).is_none_or(|media_type| media_type != PROBLEM_JSON) {
        return response;
    }
    let (head, body) = response.into_parts();
    let Ok(bytes) = body.collect().await else { return Response::from_parts(head, Body::empty()) };
    let bytes = bytes.to_bytes();
    let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let detail = field_names::detail(&problem, None);
    let page = ErrorPage {
        p: visit.layout(&problem.title_zh, &problem.title),
        title: visit.t(&problem.title_zh, &problem.title),
        detail: detail.pick(visit.language),
        advice: match &problem.code {
            ProblemCode::Known(code) if problem.status < 500 => Some(visit.t(code.advice_zh(), code.advice())),
            _ => None,
        },
        status: problem.status,
        code: problem.code.to_string(),
        retry_after: text(&RETRY_AFTER),
    };
    let shown = visit.page_with(head.status, Audience::Private, &page);
    let mut shown = shown.unwrap_or_else(axum::response::IntoResponse::into_response);
    for (name, value) in &head.headers {
        if ![CONTENT_TYPE, CACHE_CONTROL, WWW_AUTHENTICATE].contains(name) {
            shown.headers_mut().append(name, value.clone());
        }
    }
    shown.extensions_mut().extend(head.extensions);
    shown
}
