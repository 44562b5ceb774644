//! All pages: the routes in the sources, and the list `tests/web/pages.json`, which has an address and the visitor for each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A page of the list.
pub(crate) struct ListedPage {
    /// Its route.
    pub(crate) route: String,
    /// An address of it, with `{number}`, `{account}`, `{case}` (its path) to be filled in; `None` for a stream or file.
    pub(crate) path: Option<String>,
    /// The visitor: `visitor`, `person`, `operator`, and of a case `party` and `clerk`.
    pub(crate) who: String,
}

/// The list.
pub(crate) fn listed_pages() -> Vec<ListedPage> {
    let text = std::fs::read_to_string(root().join("tests/web/pages.json")).unwrap();
    let pages: Vec<Value> = serde_json::from_str(&text).unwrap();
    let text = |page: &Value, name: &str| page[name].as_str().map(str::to_owned);
    let listed = |page: &Value| ListedPage {
        route: text(page, "route").unwrap(),
        path: text(page, "path"),
        who: text(page, "who").unwrap_or_default(),
    };
    pages.iter().map(listed).collect()
}

/// The routes in the sources of the pages that answer GET.
pub(crate) fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("src/http/pages")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(routes_in(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn routes_in(source: &str) -> Vec<String> {
    let calls = source.split(".route(").skip(1);
    let route = |call: &str| {
        let path = call.trim_start().strip_prefix('"')?.split('"').next()?;
        let (mut depth, mut end) = (1, call.len());
        for (at, c) in call.char_indices() {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if depth == 0 {
                end = at;
                break;
            }
        }
        call[..end].contains("get(").then(|| path.to_owned())
    };
    calls.filter_map(route).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[test]
fn routes_are_read_from_the_sources() {
    let source = "Router::new().route(\"/a\", get(a::a)).route(\n    \"/b\",\n    get(b).post(c),\n).route(\"/c\", post(get_it))";
    assert_eq!(routes_in(source), ["/a", "/b"]);
    assert!(routes().contains("/chain") && routes().len() > 20);
}
