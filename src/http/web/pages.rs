//! The front page, the browsable API, the list of problems.
//!
//! # Invariants
//!
//! Under a strict content security policy: no script or style but our own files, nothing from elsewhere. What the API's
//! description or an answer says is set as text, never as markup (`static/docs.js`).

use std::fmt::Write as _;

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::http::caching::{Caching, answer};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;

const HTML: &str = "text/html; charset=utf-8";
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn page(html: String) -> Response {
    let mut response = answer(html.into_bytes(), HTML, Caching::Revalidate);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The front page.
pub async fn index() -> Response {
    page(include_str!("static/index.html").into())
}

/// The browsable API.
pub async fn docs() -> Response {
    page(include_str!("static/docs.html").into())
}

/// Styles and scripts.
///
/// # Errors
///
/// `not_found`.
pub async fn asset(parameter: PathParameter) -> Result<Response, ApiError> {
    let (text, media_type) = match parameter.0.as_str() {
        "site.css" => (include_str!("static/site.css"), "text/css; charset=utf-8"),
        "docs.js" => (include_str!("static/docs.js"), "text/javascript; charset=utf-8"),
        name => return Err(ApiError::not_found(format!("no such file: {name}"))),
    };
    Ok(answer(text.into(), media_type, Caching::Revalidate))
}

/// All problems that an answer can bear.
pub async fn problems() -> Response {
    page(listed("Problems / 错误一览", ErrorCode::ALL))
}

/// One problem: where a problem's `type` leads.
///
/// # Errors
///
/// `not_found`.
pub async fn problem(parameter: PathParameter) -> Result<Response, ApiError> {
    let code = ErrorCode::parse(&parameter.0).ok_or_else(|| ApiError::not_found("no such error code"))?;
    Ok(page(listed("Problem / 错误", &[code])))
}

/// Titles are ours and hold no markup (tested).
fn listed(title: &str, codes: &[ErrorCode]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<link rel=\"stylesheet\" href=\"/static/site.css\">\n<main>\n<p><a href=\"/\">铁证 Tiezheng</a> · <a href=\"/docs\">API</a> · <a href=\"/problems\">/problems</a></p>\n<h1>{title}</h1>\n<table>\n<tr><th>code</th><th>HTTP</th><th>中文</th><th>English</th></tr>\n"
    );
    for code in codes {
        let (status, en, zh) = (code.status(), code.title(), code.title_zh());
        // Writing to a String cannot fail.
        let _ = writeln!(
            html,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{zh}</td><td>{en}</td></tr>"
        );
    }
    html + "</table>\n</main>\n</html>\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn pages_ask_nobody_else() {
        for text in [
            include_str!("static/index.html"),
            include_str!("static/docs.html"),
            include_str!("static/site.css"),
            include_str!("static/docs.js"),
        ] {
            assert!(!text.contains("//") || !text.contains("http://") && !text.contains("https://"), "{text}");
            assert!(!text.contains("innerHTML") && !text.contains(" style=") && !text.contains("onclick="));
        }
    }
}
