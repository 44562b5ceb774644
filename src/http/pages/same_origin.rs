//! Cross-site request forgery: a form counts only if a page of this node sent it.
//!
//! Browsers say where a request comes from: `Sec-Fetch-Site`, and `Origin` with every form that is posted. A request that changes
//! something and has neither is rejected too: no browser sends one. The cookies are `SameSite=Lax` in addition.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method, Uri};

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;
use crate::http::request::header;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Requires that a request which may change something was sent by a page of this node.
///
/// # Errors
///
/// `cross_site`.
pub fn require_same_origin(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let is_own = match header(headers, &FETCH_SITE) {
        "" => is_own_origin(header(headers, &ORIGIN), uri, headers),
        site => site == "same-origin",
    };
    if is_own {
        return Ok(());
    }
    let failure = ApiError::new(ErrorCode::CrossSite, "open the form on this site and send it from there");
    Err(failure.in_chinese("请在本网站打开该页面后重新提交"))
}

/// Whether `origin` has the host to which the request was sent. The scheme is that of the connection or of a proxy before it, which
/// the node does not know.
fn is_own_origin(origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let host = uri.authority().map_or_else(|| header(headers, &HOST), |authority| authority.as_str());
    let of_origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_node_send_forms() {
        let check = |method: Method, lines: &[(&'static str, &'static str)]| {
            let lines = lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            let mut headers: HeaderMap = lines.collect();
            headers.insert(HOST, "node.example:7654".parse().unwrap());
            require_same_origin(&method, &Uri::from_static("/login"), &headers).is_ok()
        };
        assert!(check(Method::GET, &[("sec-fetch-site", "cross-site")]));
        for good in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "https://node.example:7654")],
            &[("origin", "http://NODE.example:7654")],
        ] {
            assert!(check(Method::POST, good), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://node.example:7654")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "https://node.example")],
            &[("origin", "https://node.example:7654.evil.example")],
            &[("origin", "https://evil.example")],
        ] {
            assert!(!check(Method::POST, bad), "{bad:?}");
        }
    }
}
