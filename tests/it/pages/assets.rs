//! Scripts and styles: every one that a page needs is served, and the start page is small.

use std::collections::BTreeSet;

use crate::support::browser::Browser;
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

/// The most that a browser loads for the start page, without what it needs to hash or verify a file.
const START_MAX: usize = 150_000;
/// How the name of a script ends.
const JS: &str = ".js";

/// The values of an attribute in a page.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    page.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The modules that a script names, as paths: those that it imports at once, or all.
fn modules(path: &str, script: &str, all: bool) -> Vec<String> {
    let folder = path.rsplit_once('/').unwrap().0;
    let imported = script.lines().filter(|line| line.contains(".js'")).filter(|line| {
        let is_static = line.contains(" from './") || line.contains(" from '../");
        is_static || (all && (line.contains("import('") || line.contains("new URL('")))
    });
    let named = imported.filter_map(|line| line.split('\'').find(|part| part.starts_with('.') && part.ends_with(JS)));
    let absolute = |name: &str| match name.strip_prefix("../") {
        Some(rest) => format!("{}/{rest}", folder.rsplit_once('/').unwrap().0),
        None => format!("{folder}/{}", name.strip_prefix("./").unwrap()),
    };
    named.map(absolute).collect()
}

/// All files that a page loads, with their bytes; `all` also those that it loads later.
async fn loaded(browser: &mut Browser<'_>, page: &str, all: bool) -> Vec<(String, usize)> {
    let mut waiting: Vec<String> =
        [attributes(page, "src"), attributes(page, "href")].concat().into_iter().map(str::to_owned).collect();
    waiting.retain(|path| path.starts_with("/assets/"));
    let (mut seen, mut files) = (BTreeSet::new(), Vec::new());
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = browser.get(&path).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.header("cache-control").contains("immutable"), "{path}");
        if path.ends_with(JS) {
            assert_eq!(file.header("content-type"), "text/javascript; charset=utf-8", "{path}");
            // A worker has the policy of its own answer.
            assert!(file.header("content-security-policy").contains("script-src 'self'"), "{path}");
            waiting.extend(modules(&path, file.text(), all));
        }
        files.push((path, file.bytes.len()));
    }
    files
}

#[tokio::test]
async fn the_start_page_is_small() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    let page = browser.get("/").await;
    let files = loaded(&mut browser, page.text(), false).await;
    let names: Vec<&str> = files.iter().map(|(path, _)| path.splitn(4, '/').nth(3).unwrap()).collect();
    for needed in ["site.css", "site.js", "icon.svg", "start.js", "deposit/texts.js", "verify/dom.js"] {
        assert!(names.contains(&needed), "{needed} is not among {names:?}");
    }
    for later in ["verify/verify.js", "verify/sm3.js", "verify/hashing.js"] {
        assert!(!names.contains(&later), "{later} is loaded before a file is chosen");
    }
    let sum = page.bytes.len() + files.iter().map(|(_, bytes)| bytes).sum::<usize>();
    assert!((20_000..=START_MAX).contains(&sum), "{sum} bytes: {files:?}");
}

#[tokio::test]
async fn every_module_of_a_page_is_served() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let mut browser = Browser::new(&node);
    browser.register("owner").await;
    for (path, needed) in [
        ("/".to_owned(), "verify/worker.js"),
        (format!("/d/{number}"), "verify/paths_view.js"),
        ("/deposit".to_owned(), "deposit/zip.js"),
        ("/deposits".to_owned(), "deposit/key_store.js"),
    ] {
        let page = browser.get(&path).await;
        let files = loaded(&mut browser, page.text(), true).await;
        assert!(files.iter().any(|(file, _)| file.ends_with(needed)), "{path}: {files:?}");
    }
    let folder = attributes(browser.get("/").await.text(), "src")[0].rsplit_once('/').unwrap().0.to_owned();
    for missing in ["verify/page.js", "../Cargo.toml", "verify/", "verify/verify.js.map"] {
        assert_eq!(browser.get(&format!("{folder}/{missing}")).await.status, 404, "{missing}");
    }
}
