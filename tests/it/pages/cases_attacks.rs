//! Attacks on the pages of cases: people without access, forms of other sites, markup in every text.

use crate::pages::court_desk::{Desk, hidden};
use crate::support::browser::{Browser, location};
use crate::support::test_node::{NodeConfig, TestNode};

/// Pages of a case, and forms that are sent to it.
fn pages(case: &str) -> Vec<String> {
    let sections = ["", "/evidence", "/records", "/service", "/history", "/hearing", "/items/1/verify"];
    let documents =
        ["/documents/20261122-0K7M-X9QT-3D5W-C3", "/documents/20261122-0K7M-X9QT-3D5W-C3/file", "/documents/x"];
    let sections = sections.into_iter().chain(documents);
    let acts = ["submit", "reply", "import", "approve", "judge", "assign", "issue-code", "add-agent", "confirm"];
    let acts = acts.map(|act| format!("/act/{act}"));
    sections.map(str::to_owned).chain(acts).map(|rest| format!("{case}{rest}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_not_found_by_those_who_may_not_see_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    let page = desk.plaintiff.browser.get(&format!("{case}/act/submit")).await;
    let key = hidden(page.text(), "key").unwrap();
    let (mut visitor, mut stranger) = (Browser::new(&node), Browser::new(&node));
    stranger.register("stranger").await;
    let nowhere = "/cases/7K2M9X-QT3D5W";
    for (real, none) in pages(&case).into_iter().zip(pages(nowhere)) {
        assert!(location(&visitor.get(&real).await).starts_with("/login?next="), "{real}");
        if real.contains("/act/") || real.contains("verify") {
            assert_eq!(location(&visitor.post(&real, &[("key", &key)]).await), "/login?next=%2Faccount", "{real}");
        }
        for browser in [&mut stranger, &mut desk.defendant.browser] {
            let (seen, missing) = (browser.get(&real).await, browser.get(&none).await);
            assert_eq!((seen.status, missing.status), (404, 404), "{real}");
            let anonymous = |text: &str, case: &str| text.replace(case.trim_start_matches("/cases/"), "#");
            assert_eq!(
                anonymous(seen.text(), &case).len(),
                anonymous(missing.text(), nowhere).len(),
                "{real}: the same answer"
            );
            if real.contains("/act/") || real.contains("verify") {
                let form = [("key", key.as_str()), ("sure", "yes"), ("name", "x"), ("item", "1")];
                assert_eq!(browser.post(&real, &form).await.status, 404, "{real}");
            }
        }
        // Staff of the court sees what was submitted, and nothing before.
        let seen = desk.clerk.browser.get(&real).await.status;
        assert!(seen != 500, "{real}: {seen}");
    }
    let bad = ["/cases/x", "/cases/%00", "/cases/..%2Fadmin", "/cases/7K2M9X-QT3D5W/act/%3Cscript%3E"];
    for path in bad {
        assert_eq!(stranger.get(path).await.status, 404, "{path}");
    }
    let wrong = stranger.get("/cases/associate").await;
    let key = hidden(wrong.text(), "key").unwrap();
    let guess = [("key", key.as_str()), ("code", "0000-0000-0000"), ("filer", "principal")];
    let guessed = stranger.post("/cases/associate", &guess).await;
    assert!((400..500).contains(&guessed.status) && guessed.text().contains("error-summary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_do_nothing_in_a_case() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let path = format!("{case}/act/add-party");
    let page = desk.plaintiff.browser.get(&path).await;
    let key = hidden(page.text(), "key").unwrap();
    let form = [("key", key.as_str()), ("role", "defendant"), ("subject", "natural-person"), ("name", "伪造")];
    let own = node.url("");
    for origin in [Some("https://evil.example"), Some("null"), None, Some(&*format!("{own}.evil.example"))] {
        for target in [path.as_str(), "/cases/new", "/cases/associate"] {
            let answer = desk.plaintiff.browser.post_from(target, &form, origin).await;
            assert!(answer.status == 403 && answer.text().contains("并非由本网站页面提交"), "{target} {origin:?}");
        }
    }
    assert!(!desk.plaintiff.page(&case).await.contains("伪造"));
    assert_eq!(desk.plaintiff.browser.post(&path, &form).await.status, 303, "the same form of this site");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_case_becomes_markup() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></textarea></option><svg/onload=alert(1)>",
        "{{7*7}}",
    ];
    for text in hostile {
        let case = desk.open(text, text).await;
        desk.complete(&case, text, text).await;
        let harmless = |page: &str| {
            for raw in ["<script>alert", "<img src=x", "<svg/onload", "' onmouseover='", ">49<"] {
                assert!(!page.contains(raw), "{text} is on the page as it is");
            }
        };
        for path in pages(&case).iter().chain([&"/cases".to_owned()]) {
            harmless(desk.plaintiff.browser.get(path).await.text());
        }
        let query = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for path in [
            format!("/cases?number={query}"),
            format!("/cases?stage={query}"),
            format!("/cases?cursor={query}"),
            format!("{case}?done={query}"),
            format!("{case}/act/reply?item={query}"),
            format!("{case}/act/restate?item={query}&name={query}"),
            format!("{case}/act/confirm?round={query}"),
            format!("{case}/hearing?item={query}"),
        ] {
            let page = desk.plaintiff.browser.get(&path).await;
            assert!(page.status < 500, "{path}");
            harmless(page.text());
        }
        for act in ["add-party", "import", "describe", "restate"] {
            let path = format!("{case}/act/{act}");
            let fields = [("role", text), ("item", text), ("deposit_number", text), ("as", text), ("name", text)];
            let refused = desk.plaintiff.send(&path, &fields).await;
            assert!(refused.status < 500, "{act}");
            harmless(refused.text());
        }
    }
}
