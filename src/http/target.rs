//! Which host a request is for: RFC 9112 sections 3.2 and 3.3, RFC 9113 section 8.3.1, checked before any route is chosen.
//!
//! ```text
//! GET /path HTTP/1.1               origin-form: the host is that of the one Host field
//! GET http://host/path HTTP/1.1    absolute-form: the host is that of the target; Host must be there and is ignored
//! HTTP/2                           the host is that of :authority, or of the one Host field; both must agree
//! ```
//!
//! # Invariants
//!
//! A request of HTTP/1.1 has exactly one valid Host field, one of HTTP/1.0 at most one, one of HTTP/2 a host in `:authority`, in
//! Host, or the same in both, so that a proxy and the node never derive different hosts from one request. Any host name is
//! accepted.

use axum::http::header::HOST;
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version};

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;

/// Most header fields of a request. HTTP/1.1 has the same limit in hyper; fields of HTTP/2 can be repeated for a byte each.
const FIELDS_MAX: usize = 100;

/// Checks the number of fields, the target and the Host fields of a request that came over TLS or in clear text.
///
/// # Errors
///
/// `too_many_fields`; `bad_host`; `misdirected` for an absolute target of another scheme than the connection's.
pub fn check(method: &Method, uri: &Uri, version: Version, headers: &HeaderMap, is_tls: bool) -> Result<(), ApiError> {
    if headers.len() > FIELDS_MAX {
        return Err(ApiError::new(ErrorCode::TooManyFields, format!("at most {FIELDS_MAX} fields are accepted")));
    }
    if version == Version::HTTP_2 {
        return host_of_http2(uri, headers, is_tls);
    }
    one_host(version, headers)?;
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), Some(authority)) => absolute(scheme, authority, is_tls),
        // CONNECT names an authority alone; no route takes it.
        (None, Some(_)) if *method == Method::CONNECT => Ok(()),
        (None, Some(_)) | (Some(_), None) => Err(bad("the request target names no path")),
        (None, None) => Ok(()),
    }
}

fn bad(detail: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadHost, detail)
}

fn one_host(version: Version, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host.as_bytes()) => Ok(()),
        (Some(host), None) => {
            let shown = String::from_utf8_lossy(host.as_bytes());
            Err(bad(format!("the Host field `{}` is no host name or address", shown.escape_debug())))
        }
        (Some(_), Some(_)) => Err(bad("the request has several Host fields; send one")),
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (None, _) => Err(bad("the request has no Host field; HTTP/1.1 requires one")),
    }
}

fn host_of_http2(uri: &Uri, headers: &HeaderMap, is_tls: bool) -> Result<(), ApiError> {
    if let Some(scheme) = uri.scheme() {
        has_scheme(scheme, is_tls)?;
    }
    match uri.authority() {
        None => one_host(Version::HTTP_11, headers),
        Some(authority) if !is_host(authority.as_str().as_bytes()) => {
            Err(bad("the host in :authority is no host name or address"))
        }
        Some(authority) => {
            let differs = |host: &HeaderValue| !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes());
            let contradicts = headers.get_all(HOST).iter().any(differs);
            if contradicts { Err(bad("the Host field differs from :authority")) } else { Ok(()) }
        }
    }
}

/// The scheme is that of the connection, whatever the target says (RFC 9110 section 7.4).
fn absolute(scheme: &Scheme, authority: &Authority, is_tls: bool) -> Result<(), ApiError> {
    if !is_host(authority.as_str().as_bytes()) {
        return Err(bad("the host of the request target is no host name or address"));
    }
    has_scheme(scheme, is_tls)
}

fn has_scheme(scheme: &Scheme, is_tls: bool) -> Result<(), ApiError> {
    let own = if is_tls { Scheme::HTTPS } else { Scheme::HTTP };
    if *scheme == own {
        return Ok(());
    }
    let detail = format!("the request target is of `{scheme}`, this listener of `{own}`");
    Err(ApiError::new(ErrorCode::Misdirected, detail))
}

/// `uri-host [":" port]` of RFC 9110 section 7.2, with a host that is not empty and no user information.
fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.iter().rposition(|byte| *byte == b':') {
        // In an address in brackets, the colons inside are its own.
        Some(at) if value.last() != Some(&b']') => (value.get(..at), value.get(at + 1..)),
        _ => (Some(value), None),
    };
    let host = host.unwrap_or_default();
    let port_is_good = port.unwrap_or_default().iter().all(u8::is_ascii_digit) && port.unwrap_or_default().len() <= 5;
    port_is_good && !host.is_empty() && (is_registered_name(host) || is_literal(host))
}

/// `reg-name` or an IPv4 address: unreserved and sub-delims; a percent sign begins two hex digits.
fn is_registered_name(host: &[u8]) -> bool {
    let mut bytes = host.iter();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => [bytes.next(), bytes.next()].into_iter().all(|digit| digit.is_some_and(u8::is_ascii_hexdigit)),
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte),
        };
        if !good {
            return false;
        }
    }
    true
}

/// `[IPv6 address]`.
fn is_literal(host: &[u8]) -> bool {
    let inside = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
    let text = inside.and_then(|inside| std::str::from_utf8(inside).ok());
    text.is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, uri: &str, hosts: &[&[u8]]) -> Result<(), &'static str> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_bytes(host).unwrap());
        }
        check(&Method::GET, &uri.parse().unwrap(), version, &headers, false).map_err(|failure| failure.code().as_str())
    }

    #[test]
    fn a_request_names_exactly_one_host() {
        let one = |host: &[u8]| checked(Version::HTTP_11, "/v1/ledger", &[host]);
        for good in [
            &b"localhost"[..],
            b"127.0.0.1:7654",
            b"[::1]:7654",
            b"[::1]",
            b"example.org:",
            b"xn--fiqs8s",
            b"a_b.example",
            b"a%20b",
        ] {
            assert_eq!(one(good), Ok(()), "{good:?}");
        }
        for bad in [
            &b""[..],
            b":80",
            b"a b",
            b"a/b",
            b"user@example.org",
            b"http://example.org",
            b"example.org:80x",
            b"example.org:123456",
            b"a,b:1:2",
            b"::1",
            b"[::1",
            b"[::g]",
            b"[]",
            b"a%2",
            b"a%zz",
            b"\xe4\xb8\xad",
            b"a?b",
            b"a#b",
            b"a\\b",
        ] {
            assert_eq!(one(bad), Err("bad_host"), "{bad:?}");
        }
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert_eq!(checked(version, "/", &[b"a", b"a"]), Err("bad_host"));
            assert_eq!(checked(version, "/", &[b"a", b"b"]), Err("bad_host"));
        }
        assert_eq!(checked(Version::HTTP_11, "/", &[]), Err("bad_host"));
        assert_eq!(checked(Version::HTTP_10, "/", &[]), Ok(()));
    }

    #[test]
    fn an_absolute_target_stands_for_the_host() {
        let of = |uri: &str, hosts: &[&[u8]]| checked(Version::HTTP_11, uri, hosts);
        // The Host field is ignored, and yet there must be one.
        assert_eq!(of("http://evidence.example/v1/ledger", &[b"other.example"]), Ok(()));
        assert_eq!(of("http://evidence.example/v1/ledger", &[]), Err("bad_host"));
        assert_eq!(of("http://user@evidence.example/", &[b"evidence.example"]), Err("bad_host"));
        assert_eq!(of("https://evidence.example/", &[b"evidence.example"]), Err("misdirected"));
        assert_eq!(of("ftp://evidence.example/", &[b"evidence.example"]), Err("misdirected"));
    }

    #[test]
    fn over_tls_an_absolute_target_is_of_https() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("evidence.example"));
        let of = |uri: &str| {
            let checked = check(&Method::GET, &uri.parse().unwrap(), Version::HTTP_11, &headers, true);
            checked.map_err(|failure| failure.code().as_str())
        };
        assert_eq!(of("https://evidence.example/v1/ledger"), Ok(()));
        assert_eq!(of("/v1/ledger"), Ok(()));
        assert_eq!(of("http://evidence.example/v1/ledger"), Err("misdirected"));
    }

    #[test]
    fn a_request_of_http2_names_one_host() {
        let of = |uri: &str, hosts: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_bytes(host).unwrap());
            }
            let checked = check(&Method::GET, &uri.parse().unwrap(), Version::HTTP_2, &headers, true);
            checked.map_err(|failure| failure.code().as_str())
        };
        assert_eq!(of("http://evidence.example/v1/ledger", &[]), Err("misdirected"));
        let many = [&b"evidence.example"[..]; FIELDS_MAX + 1];
        assert_eq!(of("https://evidence.example/v1/ledger", &many), Err("too_many_fields"));
        assert_eq!(of("https://evidence.example/v1/ledger", &[]), Ok(()));
        assert_eq!(of("https://evidence.example/v1/ledger", &[b"EVIDENCE.example"]), Ok(()));
        assert_eq!(of("/v1/ledger", &[b"evidence.example"]), Ok(()));
        assert_eq!(of("/v1/ledger", &[]), Err("bad_host"));
        assert_eq!(of("/v1/ledger", &[b"a", b"b"]), Err("bad_host"));
        assert_eq!(of("https://evidence.example/", &[b"other.example"]), Err("bad_host"));
        assert_eq!(of("https://user@evidence.example/", &[]), Err("bad_host"));
    }
}
