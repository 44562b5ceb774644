//! Every page in both languages: it answers, says its language, and has no text of the other one.

use std::collections::{BTreeMap, BTreeSet};

use super::accounts::operator_browser;
use super::court_desk::Desk;
use crate::support::accounts::People;
use crate::support::browser::Browser;
use crate::support::depositor::note;
use crate::support::page_list::{listed_pages, routes};
use crate::support::page_text::{chinese_in, english_in, own_texts};
use crate::support::test_node::{NodeConfig, TestNode};

#[test]
fn every_route_is_on_the_list_of_pages() {
    let listed: BTreeSet<String> = listed_pages().into_iter().map(|page| page.route).collect();
    let routes = routes();
    let missing: Vec<_> = routes.difference(&listed).collect();
    assert!(missing.is_empty(), "add these routes to tests/web/pages.json: {missing:?}");
    let gone: Vec<_> = listed.difference(&routes).collect();
    assert!(gone.is_empty(), "tests/web/pages.json lists routes that do not exist: {gone:?}");
}

#[tokio::test]
async fn every_page_answers_in_both_languages_and_is_translated() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let people = People::of(&node).await;
    let mut person = Browser::new(&node);
    person.register("person").await;
    let account = person.account().await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("A", "B").await;
    desk.complete(&case, "C", "D").await;
    desk.file(&case).await;
    desk.serve_on_plaintiff(&case).await;
    let mut browsers = BTreeMap::from([
        ("visitor", Browser::new(&node)),
        ("operator", operator_browser(&node, &people).await),
        ("person", person),
        ("party", desk.plaintiff.browser),
        ("clerk", desk.clerk.browser),
    ]);
    let (mut pages, mut faults) = (0, Vec::new());
    for page in listed_pages() {
        let Some(path) = page.path else { continue };
        let path = path.replace("{number}", &number).replace("{account}", &account).replace("{case}", &case);
        let browser = browsers.get_mut(page.who.as_str()).unwrap_or_else(|| panic!("{path}: who is {}?", page.who));
        for (word, lang) in [("zh", "zh-CN"), ("en", "en")] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = browser.get(&format!("{path}{separator}lang={word}")).await;
            let text = answer.text();
            assert_eq!(answer.status, 200, "{path} {word}: {text}");
            assert!(text.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            let texts = own_texts(text, lang);
            assert!(texts.len() > 20, "{path}: {texts:?}");
            let foreign = if word == "en" { chinese_in(&texts) } else { english_in(&texts) };
            faults.extend(foreign.map(|text| format!("{path} {word}: not translated: {text}")));
            pages += 1;
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(pages > 80, "{pages}");
}
