//! Scripts and styles, embedded in the binary without a build step.
//!
//! Their path contains a hash of all of them, so they are cached for good, and modules import each other by relative paths.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;

use crate::http::caching::{Caching, answer};
use crate::http::problem::ApiError;
use crate::ledger::hash::sha256;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// Every file: name, media type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("site.css", CSS, include_bytes!("../../../web/site.css")),
    ("icon.svg", PICTURE, include_bytes!("../../../web/icon.svg")),
    ("site.js", SCRIPT, include_bytes!("../../../web/site.js")),
    ("docs.js", SCRIPT, include_bytes!("../../../web/docs.js")),
    ("cases.js", SCRIPT, include_bytes!("../../../web/cases.js")),
    ("bytes.js", SCRIPT, include_bytes!("../../../web/verify/bytes.js")),
    ("worker.js", SCRIPT, include_bytes!("../../../web/verify/worker.js")),
    ("hashing.js", SCRIPT, include_bytes!("../../../web/verify/hashing.js")),
    ("sha256.js", SCRIPT, include_bytes!("../../../web/verify/sha256.js")),
    ("sm3.js", SCRIPT, include_bytes!("../../../web/verify/sm3.js")),
];

/// The path of the folder in which all files are, without a slash at its end.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = FILES.iter().flat_map(|(name, _, bytes)| [name.as_bytes(), b"\n", bytes].concat()).collect();
    let hash = sha256(&all).to_string();
    format!("/assets/{}", hash.get(..16).unwrap_or_default())
});

/// The path of a file.
#[must_use]
pub fn path(name: &str) -> String {
    format!("{}/{name}", *FOLDER)
}

/// A file.
///
/// # Errors
///
/// `not_found`, also for a file of another version of the program.
pub async fn asset(Path((folder, name)): Path<(String, String)>) -> Result<Response, ApiError> {
    let is_current = FOLDER.strip_prefix("/assets/") == Some(folder.as_str());
    let file = FILES.iter().find(|(known, ..)| is_current && *known == name);
    let (_, media_type, bytes) = file.ok_or_else(|| ApiError::not_found(format!("no such file: {name}")))?;
    let mut response = answer(bytes.to_vec(), media_type, Caching::Immutable);
    // The path changes with the content.
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_no_other_site_and_set_no_markup() {
        for (name, _, bytes) in FILES {
            let text = std::str::from_utf8(bytes).unwrap();
            let foreign = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{name}");
            for sink in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", "onclick="]
            {
                assert!(!text.contains(sink), "{name}: {sink}");
            }
        }
    }

    #[test]
    fn the_path_of_a_file_has_the_hash_of_all() {
        let path = path("site.css");
        assert!(path.starts_with("/assets/") && path.ends_with("/site.css"), "{path}");
        assert_eq!(path.split('/').nth(2).unwrap().len(), 16);
    }
}
