//! The OpenAPI description and the HTML pages.

use serde_json::Value;
use tiezheng::http::problem::CODES;
use tiezheng::http::router::openapi_json;

use crate::support::test_node::{NodeConfig, TestNode};

#[test]
fn the_description_changes_only_on_purpose() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("openapi", openapi_json());
    });
}

#[test]
fn the_description_is_openapi_3_1_and_bilingual() {
    let described: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert_eq!(described["openapi"], "3.1.0");
    let tags: Vec<&str> =
        described["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for (path, methods) in described["paths"].as_object().unwrap() {
        assert!(!path.contains('*'), "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap();
            let (en, zh) = summary.split_once(" / ").unwrap();
            assert!(en.is_ascii() && !zh.is_ascii(), "{summary}");
            assert!(tags.contains(&operation["tags"][0].as_str().unwrap()), "{method} {path}");
            assert!(!operation["description"].as_str().unwrap().contains("# Errors"));
        }
    }
    // Every reference leads somewhere.
    let text = described.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(described["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

/// What goes by token.
const BY_TOKEN: [&str; 4] = ["accounts", "cases", "feed", "originals"];

/// Without a token nothing is told, whatever is asked for.
async fn by_token_only(node: &TestNode, path: &str, number: &str) {
    let filled = path.split('/').map(|part| match part {
        "{item}" => "1".to_owned(),
        "{number}" => number.to_owned(),
        part if part.starts_with('{') => "0".repeat(64),
        part => part.to_owned(),
    });
    let filled: Vec<String> = filled.collect();
    let answer = node.get(&filled.join("/")).await;
    assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{path}");
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
}

#[tokio::test]
async fn every_documented_read_answers_its_own_example() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&crate::support::depositor::note(1)).await);
    let described = node.get("/openapi.json").await.json();
    let mut reads = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("get") else { continue };
        reads += 1;
        if BY_TOKEN.contains(&operation["tags"][0].as_str().unwrap()) {
            by_token_only(&node, path, &number).await;
            continue;
        }
        let (mut path, mut query) = (path.clone(), Vec::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let example = match &parameter["example"] {
                Value::String(text) if text.starts_with("2026") => number.clone(),
                Value::String(text) => text.clone(),
                // A cursor comes from the page before.
                Value::Null if name == "cursor" => continue,
                Value::Null => panic!("{path}: {name} has no example"),
                number => number.to_string(),
            };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), &example);
            } else {
                query.push(format!("{name}={example}"));
            }
        }
        let answer = node.get(&format!("{path}?{}", query.join("&"))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let media_type = answer.header("content-type").split(';').next().unwrap().to_owned();
        let content = operation["responses"]["200"]["content"].as_object().unwrap();
        assert!(content.keys().any(|documented| documented.starts_with(&media_type)), "{path}: {media_type}");
    }
    assert!(reads > 20, "{reads}");
}

#[tokio::test]
async fn pages_are_ours_alone() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for (path, says) in
        [("/", "查询"), ("/docs", "docs.js"), ("/problems", "mistyped_number"), ("/problems/busy", "503")]
    {
        let page = node.get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains(says), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
    for (path, media_type) in [("/static/site.css", "text/css"), ("/static/docs.js", "text/javascript")] {
        assert!(node.get(path).await.header("content-type").starts_with(media_type));
    }
    assert_eq!(node.get("/static/../Cargo.toml").await.problem().0, 404);
    assert_eq!(node.get("/static/x.js").await.problem(), (404, "not_found".into()));
    assert_eq!(node.get("/problems/none").await.problem(), (404, "not_found".into()));
    for (code, ..) in CODES {
        assert_eq!(node.get(&format!("/problems/{code}")).await.status, 200, "a problem's type leads somewhere");
    }
}
