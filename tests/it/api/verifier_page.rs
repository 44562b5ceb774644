//! `/verifier.html`: the page that verifies receipts in the browser. What it computes is tested in `tests/web`.

use tiezheng::ledger::hash::sha256;

use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn the_page_is_served_as_it_is_published() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let page = node.get("/verifier.html").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("x-content-type-options"), page.header("referrer-policy")), ("nosniff", "no-referrer"));
    let html = page.text();
    let digest = sha256(html.as_bytes()).to_string();
    assert_eq!(node.get("/v1/ledger").await.json()["verifier_sha256"], digest.as_str());
    // A saved page has the policy in its text. Only a header can forbid frames.
    let policy = page.header("content-security-policy");
    let declared = html.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(policy, format!("{declared}; frame-ancestors 'none'"));
    for rule in
        ["default-src 'none'", "connect-src 'none'", "script-src 'sha256-", "require-trusted-types-for 'script'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(node.get("/").await.text().contains("href=\"/verifier.html\""));
}
