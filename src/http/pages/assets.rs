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

/// A script in `web/`.
macro_rules! script {
    ($name:literal) => {
        ($name, SCRIPT, include_bytes!(concat!("../../../web/", $name)))
    };
}

/// Every file: name, media type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("site.css", CSS, include_bytes!("../../../web/site.css")),
    ("icon.svg", PICTURE, include_bytes!("../../../web/icon.svg")),
    script!("site.js"),
    script!("chain.js"),
    script!("docs.js"),
    script!("cases.js"),
    script!("cases/comparison.js"),
    script!("cases/hand_over_manifest.js"),
    // Deposits.
    script!("start.js"),
    script!("record.js"),
    script!("deposit.js"),
    script!("deposit_list.js"),
    script!("deposit/csv.js"),
    script!("deposit/drop.js"),
    script!("deposit/dropped.js"),
    script!("deposit/hashing_worker.js"),
    script!("deposit/key_panel.js"),
    script!("deposit/key_store.js"),
    script!("deposit/operator.js"),
    script!("deposit/papers.js"),
    script!("deposit/problem.js"),
    script!("deposit/progress.js"),
    script!("deposit/rows.js"),
    script!("deposit/search.js"),
    script!("deposit/selection.js"),
    script!("deposit/statement_text.js"),
    script!("deposit/submission.js"),
    script!("deposit/texts.js"),
    script!("deposit/verification.js"),
    script!("deposit/zip.js"),
    // The verifier of `/verifier.html`, whose modules the pages share.
    script!("verify/authorities.js"),
    script!("verify/bytes.js"),
    script!("verify/der.js"),
    script!("verify/dom.js"),
    script!("verify/ed25519.js"),
    script!("verify/hashing.js"),
    script!("verify/json.js"),
    script!("verify/key_history.js"),
    script!("verify/keys.js"),
    script!("verify/manifest.js"),
    script!("verify/media.js"),
    script!("verify/merkle.js"),
    script!("verify/note.js"),
    script!("verify/number.js"),
    script!("verify/paths_view.js"),
    script!("verify/policy.js"),
    script!("verify/question.js"),
    script!("verify/receipt.js"),
    script!("verify/records.js"),
    script!("verify/report_view.js"),
    script!("verify/sentences.js"),
    script!("verify/sha256.js"),
    script!("verify/sha512.js"),
    script!("verify/sm3.js"),
    script!("verify/statement.js"),
    script!("verify/text.js"),
    script!("verify/texts.js"),
    script!("verify/time_token.js"),
    script!("verify/verify.js"),
    script!("verify/words.js"),
    script!("verify/worker.js"),
    script!("verify/x509.js"),
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

    /// How the name of a script ends.
    const JS: &str = ".js";

    /// The files that a script imports, as they are named here.
    fn imports(name: &str, text: &str) -> Vec<String> {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let named =
            text.split(['\'', '"']).skip(1).step_by(2).filter(|part| part.starts_with('.') && part.ends_with(JS));
        let path = |part: &str| match (part.strip_prefix("./"), part.strip_prefix("../")) {
            (Some(rest), _) if folder.is_empty() => rest.to_owned(),
            (Some(rest), _) => format!("{folder}/{rest}"),
            (_, rest) => rest.unwrap_or(part).to_owned(),
        };
        named.map(path).collect()
    }

    #[test]
    fn every_module_that_a_script_imports_is_a_file() {
        for (name, _, bytes) in FILES.iter().filter(|(name, ..)| name.ends_with(JS)) {
            for line in std::str::from_utf8(bytes)
                .unwrap()
                .lines()
                .filter(|line| line.contains(".js'") || line.contains(".js\""))
            {
                for imported in imports(name, line) {
                    assert!(FILES.iter().any(|(known, ..)| *known == imported), "{name} imports {imported}");
                }
            }
        }
        assert_eq!(imports("deposit/zip.js", "import { a } from '../verify/bytes.js';"), ["verify/bytes.js"]);
    }

    #[test]
    fn the_path_of_a_file_has_the_hash_of_all() {
        let path = path("site.css");
        assert!(path.starts_with("/assets/") && path.ends_with("/site.css"), "{path}");
        assert_eq!(path.split('/').nth(2).unwrap().len(), 16);
    }
}
