//! What pages show, in both languages, and their headers.

use tiezheng::error_code::ErrorCode;

use crate::support::browser::{Browser, location};
use crate::support::depositor::{note, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn every_public_page_is_complete_in_both_languages() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let mut browser = Browser::new(&node);
    let record = format!("/d/{number}");
    let paths =
        ["/", "/chain", "/blocks/0", "/blocks/1", "/docs", "/problems", "/problems/busy", "/login", "/register"];
    let more = ["/register?kind=organisation", "/register?kind=lawyer", "/reset", "/activate", "/privacy", &record];
    for path in paths.into_iter().chain(more) {
        for (word, tag, other) in [("zh", "zh-CN", "lang=en"), ("en", "en", "lang=zh")] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = browser.get(&format!("{path}{separator}lang={word}")).await;
            let text = page.text();
            assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
            assert!(text.contains(&format!("<html lang=\"{tag}\"")), "{path}");
            assert!(text.contains(other), "{path}: no link to the other language");
            let banner = if word == "zh" { "测试账本" } else { "Test ledger" };
            assert!(text.contains(banner), "{path}: a test ledger says so on every page");
            assert!(text.contains("<h1") && text.contains("<title>") && !text.contains("{{"), "{path}");
            assert!(!text.contains("style=\"") && !text.contains("onclick") && !text.contains("<script>"), "{path}");
            let policy = page.header("content-security-policy");
            for part in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
            assert_eq!(page.header("x-frame-options"), "DENY");
            assert_eq!(page.header("referrer-policy"), "same-origin");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert!(page.header("cache-control") == "no-store" || page.header("cache-control") == "private, no-cache");
        }
    }
    // The choice is remembered, and the browser's language counts only without one.
    assert!(browser.get("/").await.text().contains("lang=\"en\""));
    let large = browser.get("/?type=large").await;
    assert!(large.text().contains("class=\"large\"") && browser.get("/").await.text().contains("class=\"large\""));
    let mut english = Browser::new(&node);
    english.languages = "en-GB,en;q=0.9";
    assert!(english.get("/").await.text().contains("lang=\"en\""));
    for code in ErrorCode::ALL {
        assert_eq!(english.get(&format!("/problems/{code}")).await.status, 200, "a problem's type leads somewhere");
    }
}

#[tokio::test]
async fn the_search_takes_what_people_paste_and_explains_what_it_does_not() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let mut browser = Browser::new(&node);
    let find = |text: &str| {
        let mut query = form_urlencoded::Serializer::new("/search?".to_owned());
        query.append_pair("q", text).finish()
    };
    for typed in [number.clone(), format!("存证编号：{number}。"), number.to_lowercase().replace('-', " ")] {
        let found = browser.get(&find(&typed)).await;
        assert_eq!(location(&found), format!("/d/{number}"), "{typed}");
    }
    let lower = browser.get(&format!("/d/{}", number.to_lowercase())).await;
    assert_eq!(location(&lower), format!("/d/{number}"));
    assert_eq!(location(&browser.get(&find("区块高度：1")).await), "/blocks/1");
    let record = node.get(&format!("/v1/deposits/{number}")).await.json();
    let digest = record["data_hash"][0]["value"].as_str().unwrap();
    assert_eq!(location(&browser.get(&find(&format!("sm3 {digest}"))).await), format!("/d/{number}"));

    let mut wrong = number.clone();
    wrong.replace_range(10..11, if &number[10..11] == "7" { "8" } else { "7" });
    let mistyped = browser.get(&find(&wrong)).await;
    assert_eq!(mistyped.status, 422);
    assert!(mistyped.text().contains("error-summary") && mistyped.text().contains(&wrong), "{}", mistyped.text());
    let nothing = browser.get(&find(&"ab".repeat(32))).await;
    assert!(nothing.status == 200 && nothing.text().contains("尚未在本平台存证"));
    assert!(nothing.text().contains(&"ab".repeat(32)), "says what was searched");
    assert_eq!(browser.get(&find("？")).await.status, 422);
    let missing = browser.get("/d/T20261122-0K7M-X9QT-3D5W-MP").await;
    assert!(missing.status == 404 && missing.text().contains("<h1>"), "an error is a page");
    assert_eq!(browser.get("/nowhere").await.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(node.get("/v1/nowhere").await.problem(), (404, "no_such_route".into()));
}

#[tokio::test]
async fn a_record_shows_what_the_api_answers() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let first = TestNode::number(&node.deposit(&note(1)).await);
    let second = TestNode::number(&node.deposit(statement_with(2, 1, |_| {}).note()).await);
    let mut browser = Browser::new(&node);
    let page = browser.get(&format!("/d/{second}")).await;
    let (text, answer) = (page.text(), node.get(&format!("/v1/deposits/{second}")).await.json());
    let labels = ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"];
    let mut at = text.find("class=\"facts\"").unwrap();
    for label in labels {
        let found = text[at..].find(&format!("<dt>{label}</dt>"));
        at += found.unwrap_or_else(|| panic!("{label} is missing, or not in the manual's order"));
    }
    for name in ["tx_id", "block_hash", "prev_block_hash"] {
        let value = answer[name].as_str().unwrap();
        assert!(text.contains(&format!("data-copy=\"{value}\"")), "{name}: copied without spaces");
        let groups: Vec<String> = value.as_bytes().chunks(8).map(|g| String::from_utf8(g.to_vec()).unwrap()).collect();
        assert!(text.contains(&format!("<span>{}</span><wbr>", groups.join("</span><wbr><span>"))), "{name}");
    }
    assert!(text.contains("北京时间") && !text.contains("+08:00）"));
    assert!(text.contains(&format!("href=\"/d/{first}\"")), "the earlier deposit of the same data");
    assert!(text.contains(answer["notice"]["zh"].as_str().unwrap()), "looking up is not verifying");
}
