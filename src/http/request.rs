//! Extractors for path, query, content type and `Accept` of a request. Each failure has a code.

use axum::extract::{FromRequestParts, Path};
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;
use crate::http::query;
use crate::ledger::number::DepositNumber;
use crate::wire::json::INTEGER_MAX;

/// Query parameters, strictly: none missing, unknown or of another type.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        query::read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The parameter of the path as text.
#[derive(Debug)]
pub struct PathParameter(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParameter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))
    }
}

impl PathParameter {
    /// Parses it as a deposit number, in any form that people type.
    ///
    /// # Errors
    ///
    /// `mistyped_number`, before anything is looked up.
    pub fn number(&self) -> Result<DepositNumber, ApiError> {
        Ok(DepositNumber::parse(&self.0)?)
    }

    /// Parses it as a decimal.
    ///
    /// # Errors
    ///
    /// `bad_path`.
    pub fn decimal(&self) -> Result<u64, ApiError> {
        let digits = self.0.bytes().all(|b| b.is_ascii_digit());
        let value = self.0.parse().ok().filter(|value| digits && *value <= INTEGER_MAX);
        let bad = || ApiError::new(ErrorCode::BadPath, format!("`{}` is no decimal up to {INTEGER_MAX}", self.0));
        value.ok_or_else(|| bad().expecting("a decimal"))
    }
}

/// The text of a header; empty when there is none.
#[must_use]
pub fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The body's media type without parameters, in lower case.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> String {
    let media_type = header(headers, &CONTENT_TYPE).split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

/// Requires the body to be of `media_type`.
///
/// # Errors
///
/// `unsupported_media_type`.
pub fn require_content_type(headers: &HeaderMap, media_type: &str) -> Result<(), ApiError> {
    if content_type(headers) == media_type { Ok(()) } else { Err(unsupported(headers, media_type)) }
}

/// A body of another type than `expected`.
#[must_use]
pub fn unsupported(headers: &HeaderMap, expected: &str) -> ApiError {
    let found = content_type(headers);
    ApiError::new(ErrorCode::UnsupportedMediaType, format!("this path takes {expected}, not `{found}`"))
        .expecting(expected)
}

/// Rejects content and transfer codings and partial bodies: no route decodes a body or joins parts, and ignoring these headers
/// would change the meaning of the body.
///
/// # Errors
///
/// `unsupported_content_encoding`, `unsupported_transfer_encoding`, `partial_body`.
pub fn require_plain_body(headers: &HeaderMap) -> Result<(), ApiError> {
    let codings = |name: &HeaderName| {
        let lines = headers.get_all(name).into_iter();
        let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        codings.map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty()).collect::<Vec<_>>()
    };
    if headers.contains_key(CONTENT_ENCODING)
        && let Some(coding) = codings(&CONTENT_ENCODING).iter().find(|coding| !coding.eq_ignore_ascii_case(b"identity"))
    {
        let coding = coding.escape_ascii();
        return Err(ApiError::new(
            ErrorCode::UnsupportedContentEncoding,
            format!("the body is sent as `{coding}`; send it as it is"),
        )
        .expecting("identity"));
    }
    if headers.contains_key(TRANSFER_ENCODING)
        && let Some(coding) = codings(&TRANSFER_ENCODING).iter().find(|coding| !coding.eq_ignore_ascii_case(b"chunked"))
    {
        let coding = coding.escape_ascii();
        return Err(ApiError::new(
            ErrorCode::UnsupportedTransferEncoding,
            format!("the body is sent as `{coding}`; send it as it is"),
        )
        .expecting("chunked"));
    }
    if headers.contains_key(CONTENT_RANGE) {
        return Err(ApiError::new(
            ErrorCode::PartialBody,
            "a part of a body is not taken; send all of it, without Content-Range",
        ));
    }
    Ok(())
}

/// The one of `offered` that the client prefers; by default the first.
///
/// # Errors
///
/// `not_acceptable`.
pub fn accepted<'o>(headers: &HeaderMap, offered: &[&'o str]) -> Result<&'o str, ApiError> {
    let accept = header(headers, &ACCEPT);
    let weight = |offer: &str| if accept.is_empty() { 1.0 } else { weight_of(accept, offer) };
    let mut best: Option<(&str, f32)> = None;
    for offer in offered {
        let weight = weight(offer);
        if weight > best.map_or(0.0, |(_, best)| best) {
            best = Some((offer, weight));
        }
    }
    let expected = offered.join(", ");
    best.map(|(offer, _)| offer).ok_or_else(|| {
        ApiError::new(ErrorCode::NotAcceptable, format!("available as {expected}")).expecting(expected.clone())
    })
}

/// The weight that an `Accept` list such as `text/plain, */*;q=0.1` gives to `offer` by its most specific range, 0 to 1.
#[must_use]
pub fn weight_of(list: &str, offer: &str) -> f32 {
    let family = offer.split('/').next().unwrap_or_default();
    let mut found: Option<(u8, f32)> = None;
    for range in list.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specific = match name.as_str() {
            name if name == offer => 2,
            name if name.strip_suffix("/*") == Some(family) => 1,
            "*/*" | "*" => 0,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if found.is_none_or(|(known, _)| specific > known) {
            found = Some((specific, weight));
        }
    }
    found.map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_liked_best_is_chosen() {
        let offered = ["application/json", "text/plain"];
        let chosen = |accept: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            accepted(&headers, &offered).map_err(|failure| failure.code().as_str())
        };
        assert_eq!(accepted(&HeaderMap::new(), &offered), Ok("application/json"));
        assert_eq!(chosen("*/*"), Ok("application/json"));
        assert_eq!(chosen("text/plain"), Ok("text/plain"));
        assert_eq!(chosen("Text/*;q=0.5, application/json;q=0.4"), Ok("text/plain"));
        assert_eq!(chosen("text/html, */*;q=0.1"), Ok("application/json"));
        assert_eq!(chosen("application/json;q=0, */*"), Ok("text/plain"));
        assert_eq!(chosen("image/png"), Err("not_acceptable"));
        assert!(weight_of("gzip;q=0, *", "gzip") <= 0.0);
        assert!(weight_of("identity", "gzip") <= 0.0);
    }

    #[test]
    fn a_body_is_taken_as_it_is_and_nothing_is_ignored() {
        let code = |lines: &[(HeaderName, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, axum::http::HeaderValue::from_static(value));
            }
            require_plain_body(&headers).map_err(|failure| failure.code().as_str())
        };
        assert_eq!(code(&[]), Ok(()));
        for good in ["identity", "Identity", "", " identity , identity"] {
            assert_eq!(code(&[(CONTENT_ENCODING, good)]), Ok(()), "{good}");
        }
        for bad in
            ["gzip", "GZIP", "identity, gzip", "gzip, identity", "x-unknown", "br", "identity;q=1", "\"identity\""]
        {
            assert_eq!(code(&[(CONTENT_ENCODING, bad)]), Err("unsupported_content_encoding"), "{bad}");
        }
        let two = [(CONTENT_ENCODING, "identity"), (CONTENT_ENCODING, "deflate")];
        assert_eq!(code(&two), Err("unsupported_content_encoding"));
        assert_eq!(code(&[(TRANSFER_ENCODING, "chunked")]), Ok(()));
        assert_eq!(code(&[(TRANSFER_ENCODING, "gzip, chunked")]), Err("unsupported_transfer_encoding"));
        assert_eq!(code(&[(CONTENT_RANGE, "bytes 0-9/20")]), Err("partial_body"));
    }

    #[test]
    fn decimals_have_digits_only() {
        for bad in ["", "+1", "-1", "1.0", "１", "9007199254740992", "99999999999999999999"] {
            assert!(PathParameter(bad.into()).decimal().is_err(), "{bad}");
        }
        assert_eq!(PathParameter("9007199254740991".into()).decimal(), Ok(INTEGER_MAX));
    }
}
