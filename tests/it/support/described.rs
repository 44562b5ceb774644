//! Checks that the API's description documents the answers of a node.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use tiezheng::http::router::openapi_json;

use crate::support::test_node::Answer;

/// Operations by method and path. Of two paths that match, the one with the literal comes first.
static OPERATIONS: LazyLock<Vec<(String, Vec<String>, Value)>> = LazyLock::new(|| {
    let described: BTreeMap<String, Value> = serde_json::from_value(document()["paths"].clone()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in described {
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), parts.clone(), operation.clone()));
        }
    }
    operations.sort_by_key(|(_, parts, _)| parts.iter().filter(|part| part.starts_with('{')).count());
    operations
});

/// The description, parsed.
pub(crate) fn document() -> Value {
    serde_json::from_str(&openapi_json()).unwrap()
}

fn matches(template: &[String], path: &[&str]) -> bool {
    // The path of a tile has one part or more.
    let rest = template.last().is_some_and(|part| part == "{path}");
    let (template, path) = if rest && path.len() >= template.len() && path.last() != Some(&"") {
        (&template[..template.len() - 1], &path[..template.len() - 1])
    } else {
        (template, path)
    };
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, given)| part == given || part.starts_with('{') && !given.is_empty())
}

/// The status of an answer, and the code of a problem, are documented for its operation.
pub(crate) fn assert_documented(method: &str, path: &str, answer: &Answer) {
    let parts: Vec<&str> = path.split('/').collect();
    let mut operations = OPERATIONS.iter().filter(|(_, template, _)| matches(template, &parts));
    let asked = if method == "HEAD" { "GET" } else { method };
    let Some((.., operation)) = operations.find(|(of, ..)| of == asked) else { return };
    if answer.status == 304 {
        return;
    }
    let documented = &operation["responses"][answer.status.to_string()];
    assert!(documented.is_object(), "{method} {path}: {} is not documented: {}", answer.status, answer.text());
    if answer.status >= 400 && method != "HEAD" {
        let code = answer.problem().1;
        let description = documented["description"].as_str().unwrap();
        assert!(
            description.contains(&format!("`{code}`")),
            "{method} {path}: `{code}` is not documented: {description}"
        );
    }
}
