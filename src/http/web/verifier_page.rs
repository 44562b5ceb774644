//! `/verifier.html`: the independent verifier in JavaScript, a page that verifies receipts in the browser, also from disk and without a
//! network.
//!
//! Its modules are written from the specifications of the formats and share no code with `ledger::verify`; they produce the same steps,
//! outcomes and conclusions (`tests/web`). The node publishes the page's SHA-256 in `GET /v1/ledger`.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::response::Response;

use crate::http::caching::{Caching, answer};
use crate::http::web::single_file::{Module, Page, Parts, assemble};
use crate::ledger::hash::{Digest, sha256};

/// A module in `web/verify`.
macro_rules! module {
    ($name:literal) => {
        Module { name: $name, text: include_str!(concat!("../../../web/verify/", $name, ".js")) }
    };
}

/// The modules of the page, each after those that it imports.
const SCRIPT: &[Module] = &[
    module!("bytes"),
    module!("sha256"),
    module!("sm3"),
    module!("sha512"),
    module!("ed25519"),
    module!("text"),
    module!("keys"),
    module!("note"),
    module!("merkle"),
    module!("number"),
    module!("media"),
    module!("statement"),
    module!("records"),
    module!("policy"),
    module!("key_history"),
    module!("json"),
    module!("receipt"),
    module!("manifest"),
    module!("der"),
    module!("x509"),
    module!("authorities"),
    module!("time_token"),
    module!("verify"),
    module!("words"),
    module!("sentences"),
    module!("question"),
    module!("texts"),
    module!("dom"),
    module!("hashing"),
    module!("paths_view"),
    module!("report_view"),
    module!("page"),
];
/// The modules of the worker that hashes files.
const WORKER: &[Module] = &[module!("sha256"), module!("sm3"), module!("hashing"), module!("worker")];

const PARTS: Parts = Parts {
    template: include_str!("../../../web/verifier.html"),
    style: include_str!("../../../web/verifier.css"),
    script: SCRIPT,
    worker: WORKER,
    policy: "default-src 'none'; script-src '@script@'; style-src '@style@'; worker-src blob:; connect-src 'none'; base-uri 'none'; \
             form-action 'none'; require-trusted-types-for 'script'; trusted-types tiezheng-worker",
};

static PAGE: LazyLock<Page> = LazyLock::new(|| assemble(&PARTS));
static DIGEST: LazyLock<Digest> = LazyLock::new(|| sha256(PAGE.html.as_bytes()));

/// SHA-256 of the page.
#[must_use]
pub fn digest() -> Digest {
    *DIGEST
}

/// The page.
pub async fn show() -> Response {
    let mut response = answer(PAGE.html.clone().into_bytes(), "text/html; charset=utf-8", Caching::Revalidate);
    let headers = response.headers_mut();
    // A page from disk has the same policy in its text; only a header can forbid frames.
    if let Ok(policy) = HeaderValue::try_from(format!("{}; frame-ancestors 'none'", PAGE.policy)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_makes_no_markup_from_text() {
        let Page { html, policy } = &*PAGE;
        assert!(html.starts_with("<!DOCTYPE html>\n<html ") && html.ends_with("</script></body></html>\n"));
        for mark in
            ["@csp@", "@style@", "@worker@", "@script@", "import {", "export ", "innerHTML", "outerHTML =", "eval("]
        {
            assert!(!html.contains(mark), "{mark}");
        }
        // Two scripts, the page's and the worker's, neither of which ends early.
        assert_eq!((html.matches("<script").count(), html.matches("</script").count()), (2, 2));
        assert!(
            !html.contains("<!--") && !html.contains(" style=") && !html.contains(" src=") && !html.contains("@import")
        );
        assert!(!policy.contains("unsafe") && policy.contains("connect-src 'none'"));
        assert_eq!(html.matches(policy.as_str()).count(), 1);
    }

    #[test]
    fn every_module_is_listed_after_those_that_it_imports() {
        for modules in [SCRIPT, WORKER] {
            for (at, module) in modules.iter().enumerate() {
                for line in module.text.lines().filter(|line| line.contains(" from './")) {
                    let other = line.split("'./").nth(1).and_then(|rest| rest.strip_suffix(".js';")).unwrap();
                    assert!(modules[..at].iter().any(|before| before.name == other), "{}: {other}", module.name);
                }
            }
        }
    }
}
