//! What a handler knows about the request of a page: the language, the size of type, whose session it is.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use zeroize::Zeroizing;

use crate::filing::own_account::Management;
use crate::filing::sessions::SessionId;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::caching::{Caching, answer};
use crate::http::pages::field_names;
use crate::http::pages::language::{self, cookie, of_word};
use crate::http::pages::layout::Layout;
use crate::http::problem::ApiError;
use crate::ledger::verify::wording::Language;

/// The cookie of large type.
pub const LARGE_COOKIE: &str = "__Host-large-type";
/// The cookie of a session.
pub const SESSION_COOKIE: &str = "__Host-session";
/// The cookie of a browser in which somebody has signed out: identity providers are to ask the next person again.
pub const SIGNED_OUT_COOKIE: &str = "__Host-signed-out";
/// Seconds for which it is kept.
const SIGNED_OUT: u32 = 30 * 24 * 60 * 60;
const HTML: &str = "text/html; charset=utf-8";
/// A year in seconds: how long a browser remembers a choice.
const YEAR: u32 = 365 * 24 * 60 * 60;

/// Who may keep a copy of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody sees the same: the browser keeps it, and asks whether it has changed.
    Public,
    /// The holder of the session alone: no copy is kept anywhere.
    Private,
}

/// The request of a page.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The language of the answer.
    pub language: Language,
    /// 大字版.
    pub large: bool,
    /// Whether this is a test ledger.
    pub test: bool,
    /// The operator's name.
    pub operator: Option<String>,
    /// The holder of the session, if there is one.
    pub signed_in: Option<Arc<SignedIn>>,
    /// Path and query without the parameters of language and type size.
    pub here: String,
    /// The choices of language and type size that the request makes, to be remembered.
    chosen: Vec<HeaderValue>,
}

impl Visit {
    /// Reads the request.
    pub async fn of(state: &AppState, uri: &Uri, headers: &HeaderMap) -> Self {
        let parameter = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let language = parameter("lang").as_deref().and_then(of_word);
        let large = match parameter("type").as_deref() {
            Some("large") => Some(true),
            Some("normal") => Some(false),
            _ => None,
        };
        let mut chosen = Vec::new();
        let remember = |name: &str, value: &str| {
            let cookie = format!("{name}={value}; Path=/; Max-Age={YEAR}; Secure; SameSite=Lax");
            HeaderValue::try_from(cookie).ok()
        };
        chosen.extend(language.and_then(|language| remember(language::LANGUAGE_COOKIE, language::word(language))));
        chosen.extend(large.and_then(|large| remember(LARGE_COOKIE, if large { "large" } else { "normal" })));
        Self {
            language: language.unwrap_or_else(|| language::preferred(headers)),
            large: large.unwrap_or_else(|| cookie(headers, LARGE_COOKIE) == Some("large")),
            test: state.is_test().await,
            operator: state.description().operator.clone(),
            signed_in: signed_in(state, headers).await.map(Arc::new),
            here: without_choices(uri),
            chosen,
        }
    }

    /// The text in the language of the visit.
    #[must_use]
    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// What every template gets.
    #[must_use]
    pub fn layout(&self, title_zh: &str, title_en: &str) -> Layout {
        let account = self.signed_in.as_ref().map(|who| &who.actor.account);
        Layout {
            language: self.language,
            title: self.t(title_zh, title_en).to_owned(),
            large: self.large,
            test: self.test,
            operator: self.operator.clone().unwrap_or_default(),
            login: self.signed_in.as_ref().map(|who| who.credentials.login.clone()),
            management: account.map_or(Management::None, Management::of),
            here: self.here.clone(),
        }
    }

    /// The head of a page with a form; its title says first if something is wrong with what was entered.
    #[must_use]
    pub fn form_layout(&self, is_wrong: bool, title_zh: &str, title_en: &str) -> Layout {
        if is_wrong {
            self.layout(&format!("错误：{title_zh}"), &format!("Error: {title_en}"))
        } else {
            self.layout(title_zh, title_en)
        }
    }

    /// Renders a template.
    ///
    /// # Errors
    ///
    /// `internal`, which does not happen: templates write to memory.
    pub fn page<T: askama::Template>(&self, audience: Audience, template: &T) -> Result<Response, ApiError> {
        self.page_with(StatusCode::OK, audience, template)
    }

    /// As [`Self::page`], with a status.
    ///
    /// # Errors
    ///
    /// As [`Self::page`].
    pub fn page_with<T: askama::Template>(
        &self,
        status: StatusCode,
        audience: Audience,
        template: &T,
    ) -> Result<Response, ApiError> {
        let html = template.render().map_err(|error| ApiError::internal(&error))?;
        // Every page shows who is logged in.
        let audience = if self.signed_in.is_some() { Audience::Private } else { audience };
        let caching = if audience == Audience::Public { Caching::Revalidate } else { Caching::Never };
        let mut response = answer(html.into_bytes(), HTML, caching);
        *response.status_mut() = status;
        if audience == Audience::Public {
            // The same address answers in two languages.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        }
        Ok(response)
    }

    /// What is wrong, in the language of the visit.
    #[must_use]
    pub fn fault(&self, failure: impl Into<ApiError>) -> String {
        field_names::detail(&failure.into().problem(), None).pick(self.language).to_owned()
    }

    /// The cookies that remember choices.
    #[must_use]
    pub fn cookies(&self) -> &[HeaderValue] {
        &self.chosen
    }
}

async fn signed_in(state: &AppState, headers: &HeaderMap) -> Option<SignedIn> {
    let id = session_id(headers)?;
    state.filing().ok()?.session_actor(&id, state.session_rules().await)
}

/// The session id that a request presents.
#[must_use]
pub fn session_id(headers: &HeaderMap) -> Option<SessionId> {
    SessionId::parse(cookie(headers, SESSION_COOKIE)?)
}

/// Sets the cookie of a session, or with `None` removes it.
pub fn set_session(response: &mut Response, session: Option<&SessionId>) {
    let value = match session {
        Some(session) => format!("{SESSION_COOKIE}={}", *session.text()),
        None => format!("{SESSION_COOKIE}=; Max-Age=0"),
    };
    let cookie = Zeroizing::new(format!("{value}; Path=/; Secure; HttpOnly; SameSite=Lax"));
    if let Ok(mut cookie) = HeaderValue::try_from(cookie.as_str()) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Remembers that somebody has signed out in this browser, or forgets it.
pub fn set_signed_out(response: &mut Response, is_signed_out: bool) {
    let (value, age) = if is_signed_out { ("1", SIGNED_OUT) } else { ("", 0) };
    let cookie = format!("{SIGNED_OUT_COOKIE}={value}; Max-Age={age}; Path=/; Secure; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// The holder of the session. Without one, the browser is sent to the login, and back afterwards.
#[derive(Debug, Clone)]
pub struct Member(pub Arc<SignedIn>);

impl FromRequestParts<Arc<AppState>> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Response> {
        let Ok(visit) = Visit::from_request_parts(parts, state).await;
        let Some(signed_in) = visit.signed_in else {
            let next = if parts.method == Method::GET { visit.here.as_str() } else { "/account" };
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("next", next);
            // The browser still presents a session: it has ended meanwhile.
            if session_id(&parts.headers).is_some() {
                query.append_pair("done", "expired");
            }
            let query = query.finish();
            return Err(see_other(&format!("/login?{query}")));
        };
        let counted = state.request_limiters().count_account(signed_in.actor.id);
        counted.map_err(IntoResponse::into_response)?;
        Ok(Self(signed_in))
    }
}

/// Sends the browser to another page of this node, after a form was accepted.
#[must_use]
pub fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `path` if it is one of this node: it begins with one slash, and has no character that browsers drop or take for a slash.
#[must_use]
pub fn own_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let is_own = !rest.starts_with(['/', '\\']) && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    is_own.then_some(path)
}

/// Path and query without `lang` and `type`.
fn without_choices(uri: &Uri) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (name, value) in pairs.filter(|(name, _)| name != "lang" && name != "type") {
        query.append_pair(&name, &value);
    }
    let query = query.finish();
    if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) }
}

impl FromRequestParts<Arc<AppState>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Infallible> {
        // The middleware has made it.
        match parts.extensions.get::<Self>() {
            Some(visit) => Ok(visit.clone()),
            None => Ok(Self::of(state, &parts.uri, &parts.headers).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_on_this_node() {
        for good in ["/", "/account", "/d/T2026?a=b#c", "/a//b"] {
            assert_eq!(own_path(good), Some(good));
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\\b",
            "/a b",
            "/账号",
            "javascript:alert(1)",
            "/a\r\nb",
        ] {
            assert_eq!(own_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn links_to_the_other_language_keep_the_rest() {
        let here = |text: &str| without_choices(&text.parse().unwrap());
        assert_eq!(here("/search?q=%E5%BC%A0&lang=en&type=large"), "/search?q=%E5%BC%A0");
        assert_eq!(here("/?lang=zh"), "/");
    }
}
