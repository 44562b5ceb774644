//! Attacks on the pages of cases: people without access, forms of other sites, markup in every text.

use crate::court::hand_overs::Appealed;
use crate::pages::attacks::{DECEPTIVE, assert_not_deceptive};
use crate::pages::court_desk::{Desk, Worker, hidden};
use crate::support::accounts::People;
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
        DECEPTIVE,
    ];
    for text in hostile {
        let case = desk.open(text, text).await;
        desk.complete(&case, text, text).await;
        let harmless = |page: &str| {
            for raw in ["<script>alert", "<img src=x", "<svg/onload", "' onmouseover='", ">49<"] {
                assert!(!page.contains(raw), "{text} is on the page as it is");
            }
            assert_not_deceptive(page, text);
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

/// The pages of a filed case, with all forms, in both languages.
async fn assert_no_page_deceives(workers: [&mut Worker<'_>; 4], case: &str, shown: &str) {
    let acts = tiezheng::court::permission::acts_of_a_case();
    let mut paths = pages(case);
    paths.extend(acts.iter().map(|act| format!("{case}/act/{act}")));
    let more =
        ["/certificate", "/service/1/certificate", "/items/1/original", "/hearing?item=2", "/act/restate?item=1"];
    paths.extend(more.map(|rest| format!("{case}{rest}")));
    paths.extend(["/cases", "/cases/hand-overs", "/cases/new", "/account", "/"].map(str::to_owned));
    let mut seen = std::collections::BTreeSet::new();
    for worker in workers {
        for path in &paths {
            for word in ["zh", "en"] {
                let separator = if path.contains('?') { '&' } else { '?' };
                let page = worker.browser.get(&format!("{path}{separator}lang={word}")).await;
                if page.header("content-type").starts_with("text/html") {
                    assert_not_deceptive(page.text(), path);
                    if page.text().contains(shown) {
                        seen.insert(path.trim_start_matches(case).to_owned());
                    }
                }
            }
        }
    }
    for path in ["", "/evidence", "/records", "/service", "/history", "/hearing", "/items/1/verify", "/cases"] {
        assert!(seen.contains(path), "{path} shows no stated text, so it proves nothing: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_case_reorders_or_hides_others() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open(DECEPTIVE, DECEPTIVE).await;
    desk.complete(&case, DECEPTIVE, DECEPTIVE).await;
    desk.plaintiff.act(&case, "describe", &[("title", DECEPTIVE), ("claims", DECEPTIVE)]).await;
    let (number, d) = (desk.deposit().await, DECEPTIVE);
    let import = [("name", d), ("content", d), ("source", d), ("proves", d), ("do", "import")];
    let import = [&[("deposit_number", number.as_str())], &import[..]].concat();
    desk.plaintiff.act(&case, "import", &import).await;
    desk.file(&case).await;
    let opinion = [("item", "1"), ("authenticity", "disputed"), ("reason", d), ("probative_value", d)];
    desk.defendant.send(&format!("{case}/act/reply?item=1"), &opinion).await;
    let (served, other) = (desk.serve_on_plaintiff(&case).await, desk.deposit().await);
    assert!(!served.is_empty());
    let serve =
        [("party", "2"), ("mode", "paper"), ("kind", "hearing-notice"), ("document", other.as_str()), ("reason", d)];
    assert_eq!(desk.clerk.send(&format!("{case}/act/serve"), &serve).await.status, 303);
    desk.judge.act(&case, "begin-hearing", &[]).await;
    desk.judge.act(&case, "decide-admission", &[("item", "1"), ("decision", "adopted"), ("reason", d)]).await;
    desk.clerk.act(&case, "open-transcript", &[("kind", "inquiry")]).await;
    let version = [("transcript", "1"), ("source", "clerk"), ("document", other.as_str())];
    desk.clerk.act(&case, "add-transcript-version", &version).await;
    let correction = [("transcript", "1"), ("ground", "mistake"), ("place", d), ("wording", d)];
    assert_eq!(desk.defendant.send(&format!("{case}/act/request-correction"), &correction).await.status, 303);
    let shown = "款〔U+202E〕0001〔U+202C〕元〔U+2066〕〔U+2069〕〔U+200B〕〔U+200F〕〔U+3164〕〔U+115F〕〔U+1160〕";
    let Desk { plaintiff, defendant, clerk, judge, .. } = &mut desk;
    assert_no_page_deceives([plaintiff, defendant, clerk, judge], &case, shown).await;
    // The API answers what was stated.
    let people = People::of(&node).await;
    let api = people.node.get(&format!("/v1/deposits/{number}")).await;
    assert_eq!(api.status, 200);
}

/// The pages of a hand-over, with what the receiving court states.
#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_hand_over_reorders_or_hides_others() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let dossier = Appealed::received(&people).await;
    let mut sender = Worker::of(&node, &dossier.suit.clerk, "sender").await;
    let mut receiver = Worker::of(&node, &dossier.there, "receiver").await;
    let path = format!("/cases/{}/hand-overs/1", dossier.suit.case);
    let root = "ab".repeat(32);
    let roots = [("main-root", root.as_str()), ("main-count", "3"), ("second-root", &root), ("second-count", "3")];
    let differs = [&roots[..], &[("step", "differs"), ("reason", DECEPTIVE)]].concat();
    assert_eq!(location(&receiver.send(&path, &differs).await), format!("{path}?done=yes"));
    let case = path.trim_end_matches("/hand-overs/1");
    assert_not_deceptive(&sender.page(case).await, case);
    for worker in [&mut sender, &mut receiver] {
        for path in [path.as_str(), "/cases/hand-overs", "/cases"] {
            assert_not_deceptive(&worker.page(path).await, path);
        }
        assert!(worker.page(&path).await.contains("款〔U+202E〕0001"));
    }
}
