//! `/docs`: complete, and its examples run as pasted.

use std::process::Command;

use crate::support::browser::Browser;
use crate::support::depositor::note;
use crate::support::described::document;
use crate::support::test_node::{NodeConfig, TestNode};

fn unescaped(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"");
    plain.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&").replace("&#38;", "&")
}

/// The operations of the page: the text of each, from its summary on.
fn operations(page: &str) -> Vec<&str> {
    page.split("<details class=\"operation\" id=\"").skip(1).collect()
}

/// The example of an operation in this language.
fn example(operation: &str, language: &str) -> String {
    let start = format!("data-language=\"{language}\" tabindex=\"0\"><code translate=\"no\">");
    let code = operation.split_once(&start).unwrap_or_else(|| panic!("no {language}: {operation}")).1;
    unescaped(code.split_once("</code>").unwrap().0)
}

#[tokio::test]
async fn every_operation_has_its_parameters_statuses_and_examples() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    let mut browser = Browser::new(&node);
    let page = browser.get("/docs?lang=en").await;
    let shown = operations(page.text());
    let document = document();
    let mut described = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described += 1;
            let head = format!(
                "<span class=\"method\">{}</span> <code class=\"break\" translate=\"no\">{path}</code>",
                method.to_uppercase()
            );
            let text = shown.iter().find(|text| text.contains(&head)).unwrap_or_else(|| panic!("{method} {path}"));
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                assert!(text.contains(&format!("<code translate=\"no\">{name}</code>")), "{method} {path}: {name}");
            }
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(text.contains(&format!("<dt>{status}</dt>")), "{method} {path}: {status}");
            }
            let choices = operation["security"].as_array().unwrap();
            let needs_token = !choices.is_empty() && choices.iter().all(|choice| choice.get("token").is_some());
            for language in ["curl", "Python", "Java", "JavaScript"] {
                let code = example(text, language);
                assert!(code.contains(&node.url("/")), "{method} {path}: {code}");
                assert_eq!(code.contains("TIEZHENG_TOKEN"), needs_token, "{code}");
                // A placeholder that no request accepts, and that no header may have.
                assert!(!code.contains('…'), "{code}");
                assert!(language != "Java" || code.is_ascii(), "{code}");
            }
        }
    }
    assert_eq!(shown.len(), described);
    let shapes = browser.get("/docs/shapes").await;
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(shapes.text().contains(&format!("<h2 id=\"{name}\"")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_public_reads_run_as_pasted() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    let page = Browser::new(&node).get("/docs").await;
    let mut run = 0;
    for operation in operations(page.text()) {
        let curl = example(operation, "curl");
        // A node without a timestamp authority has no earlier timestamp.
        let reads =
            operation.contains("<span class=\"method\">GET</span>") && !operation.contains("earlier-timestamp</code>");
        if !reads || curl.contains("TIEZHENG_TOKEN") {
            continue;
        }
        let status = Command::new("bash")
            .args(["-c", &format!("{curl} --fail -o /dev/null")])
            .env("NO_PROXY", "*")
            .output()
            .unwrap();
        assert!(status.status.success(), "{curl}: {}", String::from_utf8_lossy(&status.stderr));
        for (program, flag, language) in [("python3", "-c", "Python"), ("node", "--input-type=module", "JavaScript")] {
            let code = example(operation, language);
            let mut command = Command::new(program);
            if program == "node" {
                command.args([flag, "-e", &code]);
            } else {
                command.args([flag, &code]);
            }
            let output = command.env("NO_PROXY", "*").output().unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(printed.starts_with("200\n"), "{code}\n{printed}{}", String::from_utf8_lossy(&output.stderr));
        }
        run += 1;
    }
    assert!(run > 15, "{run}");
}
