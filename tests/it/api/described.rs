//! The OpenAPI description and the HTML pages. For each request of all tests, [`TestNode::send`] checks that the description
//! lists the answer.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tiezheng::error_code::ErrorCode;
use tiezheng::http::router::openapi_json;

use crate::support::described::document;
use crate::support::test_node::{NodeConfig, TestNode};

#[test]
fn the_description_changes_only_on_purpose() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("openapi", openapi_json());
    });
}

#[test]
fn the_description_is_openapi_3_1_and_bilingual() {
    let described = document();
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
    // An id names one operation: client generators make a function of it.
    let operations = described["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap());
    let mut ids: Vec<&str> = operations.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    // Every reference leads somewhere.
    let text = described.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(described["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[test]
fn every_operation_lists_its_security_and_every_code_is_documented() {
    let described = document();
    assert_eq!(described["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    let codes = |text: &str| text.split('`').skip(1).step_by(2).filter_map(ErrorCode::parse).collect::<Vec<_>>();
    let mut documented = BTreeSet::from([ErrorCode::NoSuchRoute, ErrorCode::MethodNotAllowed]);
    // Answered by a witness or mirror, whose own routes are those of c2sp.org/tlog-witness.
    let of_witnesses = ErrorCode::SECTIONS.iter().filter(|(title, ..)| *title == "Witnesses and mirrors");
    documented.extend(of_witnesses.flat_map(|(.., codes)| *codes));
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let token = operation["responses"].get("401").is_some();
            let security = &operation["security"];
            let expected = if token { json!([{ "token": [] }]) } else { json!([]) };
            let optional = operation["operationId"] == "verify_deposit" && *security == json!([{}, { "token": [] }]);
            assert!(*security == expected || optional, "{method} {path}: {security}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let found = codes(response["description"].as_str().unwrap());
                assert!(status.starts_with('2') || !found.is_empty(), "{method} {path} {status}");
                assert!(found.iter().all(|code| code.status().to_string() == *status), "{method} {path} {status}");
                documented.extend(found);
            }
        }
    }
    // Only pages answer these.
    documented.extend([
        ErrorCode::CrossSite,
        ErrorCode::LoginRefused,
        ErrorCode::LoginTaken,
        ErrorCode::WeakPassword,
        ErrorCode::WrongPassword,
        ErrorCode::WrongOneTimeCode,
        ErrorCode::SecondFactorNeeded,
        ErrorCode::LoginState,
        ErrorCode::ProviderDenied,
        ErrorCode::ProviderUnavailable,
        ErrorCode::IdTokenRejected,
        ErrorCode::LoginNotLinked,
    ]);
    let all: BTreeSet<ErrorCode> = ErrorCode::ALL.iter().copied().collect();
    assert_eq!(all.difference(&documented).collect::<Vec<_>>(), Vec::<&ErrorCode>::new());
    let listed = described["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    assert_eq!(listed.len(), ErrorCode::ALL.len());
}

/// The page about error codes in one of its languages.
fn errors_page(chinese: bool) -> String {
    let mut page = if chinese {
        "# 错误代码\n\n[English](errors.md) · [接口示例](api.zh-CN.md)\n\n失败的请求返回 RFC 9457 格式的错误 (`application/problem+json`)，其 `code` 固定不变，\
         程序应依此判断；`title`、`title_zh` 为下列名称，`detail`、`detail_zh` 说明本次请求的具体问题。新版本可能增加代码。\n\n\
         状态码为 429 或 503 且带有 `Retry-After` 时，稍后重新提交同一请求即可，不会重复办理。\n"
    } else {
        "# Error codes\n\n[中文](errors.zh-CN.md) · [The API by example](api.md)\n\nA failed request is answered with a problem of RFC 9457 \
         (`application/problem+json`). Its `code` is stable and for programs;\n`title` and `title_zh` are the titles below, `detail` and \
         `detail_zh` are about this request. Later versions may add codes.\n\nAfter 429, or 503 with `Retry-After`, send the same request \
         again later: nothing is done twice.\n"
    }
    .to_owned();
    for (en, zh, codes) in ErrorCode::SECTIONS {
        let (section, head) = if chinese {
            (zh, "代码 | HTTP | 含义 | 处理建议")
        } else {
            (en, "code | HTTP | meaning | what to do")
        };
        writeln!(page, "\n## {section}\n\n| {head} |\n|---|---|---|---|").unwrap();
        for code in *codes {
            let (title, advice) =
                if chinese { (code.title_zh(), code.advice_zh()) } else { (code.title(), code.advice()) };
            writeln!(page, "| `{code}` | {} | {title} | {advice} |", code.status()).unwrap();
        }
    }
    page
}

/// With `README_UPDATE=1` the pages are written instead of compared.
#[test]
fn the_pages_about_errors_are_the_table() {
    for (name, chinese) in [("errors.md", false), ("errors.zh-CN.md", true)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        let page = errors_page(chinese);
        if std::env::var_os("README_UPDATE").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "README_UPDATE=1 writes it anew");
    }
}

/// What goes by token.
const BY_TOKEN: [&str; 5] = ["accounts", "cases", "service", "feed", "originals"];

/// Without a token nothing is told, whatever is asked for.
async fn by_token_only(node: &TestNode, path: &str, number: &str) {
    let filled = path.split('/').map(|part| match part {
        "{item}" | "{hand_over}" => "1".to_owned(),
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
        if path.ends_with("/earlier-timestamp") {
            // This node has no timestamp authority.
            assert_eq!(answer.status, 404, "{path}: {}", answer.text());
            continue;
        }
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let media_type = answer.header("content-type").split(';').next().unwrap().to_owned();
        let content = operation["responses"]["200"]["content"].as_object().unwrap();
        assert!(content.keys().any(|documented| documented.starts_with(&media_type)), "{path}: {media_type}");
    }
    assert!(reads > 20, "{reads}");
}
