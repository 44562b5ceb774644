//! Who may deposit: anybody on this machine, as long as there is no enrolment.
//!
//! A node that listens on loopback can still be reached from outside through a proxy in front of it, or through a web page
//! in a local browser. A proxy gives itself away by its headers. A web page cannot send JSON to another site without
//! asking first, which we never allow, unless its own name was made to point at this machine: then it gives itself away by
//! the `Host` it asks for.

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HOST, VIA};

use crate::http::node::Node;
use crate::http::problem::Failure;

/// Lets only local requests pass.
///
/// # Errors
///
/// `not_local`.
pub fn require_local(node: &Node, headers: &HeaderMap) -> Result<(), Failure> {
    if !node.is_on_loopback() {
        return Err(not_local("this node listens beyond loopback and has no enrolment yet"));
    }
    if is_forwarded(headers) {
        return Err(not_local("the request was forwarded by a proxy"));
    }
    match headers.get(HOST).map(|host| host.to_str().unwrap_or_default()) {
        Some(host) if !names_loopback(host) => Err(not_local("the request names another host than this machine")),
        _ => Ok(()),
    }
}

fn not_local(detail: &str) -> Failure {
    Failure::new("not_local", detail)
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    let by_name = |name: &str| name.starts_with("x-forwarded-") || name == "x-real-ip";
    headers.contains_key(FORWARDED) || headers.contains_key(VIA) || headers.keys().any(|name| by_name(name.as_str()))
}

fn names_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for good in ["localhost", "LOCALHOST:7654", "127.0.0.1:7654", "127.8.8.8", "[::1]:7654", "[::1]"] {
            assert!(names_loopback(good), "{good}");
        }
        for bad in ["", "example.org", "localhost.example.org", "10.0.0.1:7654", "127.0.0.1.nip.io:80", "[::2]:1"] {
            assert!(!names_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn proxies_give_themselves_away() {
        let headers = |name: &'static str| HeaderMap::from_iter([(name.parse().unwrap(), "1".parse().unwrap())]);
        for name in ["forwarded", "x-forwarded-for", "X-Forwarded-Proto", "via", "x-real-ip"] {
            assert!(is_forwarded(&headers(name)), "{name}");
        }
        assert!(!is_forwarded(&headers("x-salt")));
    }
}
