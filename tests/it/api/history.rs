//! Later links and earlier deposits: links of other accounts never hide the owner's, and a truncated page says so.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::{Link, LinkKind, Statement};

use crate::support::accounts::People;
use crate::support::depositor::{content, depositor, note, statement_with};
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

/// Statement `n` of depositor `who`, which links to `number`.
fn linking(who: u8, n: u64, kind: LinkKind, number: &str) -> SignedStatement {
    let number = DepositNumber::parse(number).unwrap();
    statement_with(who, n, |statement| statement.links = vec![Link { kind, number }])
}

/// Deposits these statements, many at a time, and answers their numbers in the same order.
async fn deposit_all(node: &TestNode, statements: Vec<SignedStatement>) -> Vec<String> {
    let mut numbers = Vec::new();
    for few in statements.chunks(64) {
        let sent = few.iter().map(|statement| node.sequencer.deposit(statement.note().clone(), None));
        for answered in futures_util::future::join_all(sent).await {
            numbers.push(TestNode::number(&answered.unwrap().receipt));
        }
    }
    numbers
}

fn numbers(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["deposit_number"].as_str().unwrap()).collect()
}

fn step(report: &Value, code: &str) -> (String, Vec<String>) {
    let steps = report["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["code"] == code).unwrap();
    let values = step["values"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned());
    (step["outcome"]["code"].as_str().unwrap().to_owned(), values.collect())
}

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// All pages of a list, read with this limit.
async fn all_pages(node: &TestNode, path: &str, limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.get(&format!("{path}?limit={limit}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let items = numbers(&page);
        assert!(items.len() <= limit);
        found.extend(items.into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_withdrawal_is_seen_behind_any_number_of_references() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    suit.import(&node, &suit.bringing, &number).await;
    let strangers = (0..150).map(|n| linking(2, 1_000 + n, LinkKind::Refers, &number)).collect();
    let references = deposit_all(&node, strangers).await;
    let withdrawal = TestNode::number(&node.deposit(linking(1, 2, LinkKind::Withdraws, &number).note()).await);

    let path = format!("/v1/deposits/{number}");
    let shown = node.get(&path).await.json();
    assert_eq!(numbers(&shown["later_links"]), [&withdrawal]);
    assert_eq!(shown["later_links"]["items"][0]["kind"], "withdraws");
    assert_eq!((&shown["later_links"]["total"], &shown["later_links"]["next_cursor"]), (&json!(1), &Value::Null));
    assert_eq!((&shown["references"]["total"], &shown["references"]["total_is_exact"]), (&json!(150), &json!(true)));
    assert!(shown["references"]["next_cursor"].is_string(), "the list is cut, and says so");
    let mut sorted = references.clone();
    sorted.sort_unstable();
    for limit in [1, 7, 100] {
        let mut paged = all_pages(&node, &format!("{path}/references"), limit).await;
        paged.sort_unstable();
        assert_eq!(paged, sorted, "{limit}");
        assert_eq!(all_pages(&node, &format!("{path}/later-links"), limit).await, std::slice::from_ref(&withdrawal));
    }

    let verification = node.client.post(node.url(&format!("{path}/verification")));
    let report = node.send(verification.header(CONTENT_TYPE, "application/octet-stream").body("file 1")).await.json();
    assert_eq!(report["conclusion"]["code"], "consistent_with_reservation");
    assert!(codes(&report["reservations"]).contains(&"withdrawn"), "{report}");
    assert!(step(&report, "later_links").1.contains(&withdrawal));

    let item = node.session(&suit.bringing.token).get(&suit.path("/items/1")).await.json();
    assert_eq!(numbers(&item["later_links"]), [&withdrawal]);
    assert_eq!(item["references"]["total"], 150);
    suit.file(&node).await;
    let recorded = suit.verify(&node, &suit.judge, 1, "file 1", None).await;
    assert!(codes(&recorded["report"]["reservations"]).contains(&"withdrawn"), "{recorded}");
    let item = node.session(&suit.judge.token).get(&suit.path("/items/1")).await.json();
    let said = item["verifications"][0]["conclusion"]["zh"].as_str().unwrap();
    assert!(said.contains("存证已被撤回"), "{said}");
}

#[tokio::test]
async fn an_owners_own_many_links_are_cut_behind_the_withdrawal_and_never_pass_as_complete() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let more = (0..120).map(|n| linking(1, 1_000 + n, LinkKind::Supplements, &number)).collect();
    deposit_all(&node, more).await;
    let corrects = TestNode::number(&node.deposit(linking(1, 2, LinkKind::Corrects, &number).note()).await);
    let withdraws = TestNode::number(&node.deposit(linking(1, 3, LinkKind::Withdraws, &number).note()).await);
    let path = format!("/v1/deposits/{number}");
    let list = node.get(&path).await.json()["later_links"].clone();
    assert_eq!(numbers(&list)[..2], [&withdraws, &corrects]);
    assert_eq!((numbers(&list).len(), &list["total"], &list["total_is_exact"]), (100, &json!(122), &json!(true)));
    assert!(list["next_cursor"].is_string());
    for limit in [9, 100] {
        let paged = all_pages(&node, &format!("{path}/later-links"), limit).await;
        assert_eq!((paged.len(), &paged[..2]), (122, &[withdraws.clone(), corrects.clone()][..]));
    }
    let verification = node.client.post(node.url(&format!("{path}/verification")));
    let report = node.send(verification.header(CONTENT_TYPE, "application/octet-stream").body("file 1")).await.json();
    assert_ne!(step(&report, "later_links").0, "passed", "20 supplements are not listed");
    assert!(codes(&report["reservations"]).contains(&"withdrawn"), "{report}");
    assert!(codes(&report["reservations"]).contains(&"superseded"), "{report}");
}

#[tokio::test]
async fn a_withdrawal_that_its_owner_withdrew_no_longer_counts_and_both_are_shown() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let link = async |n, to: &str| TestNode::number(&node.deposit(linking(1, n, LinkKind::Withdraws, to).note()).await);
    let path = format!("/v1/deposits/{number}");
    let report = async || {
        let verification = node.client.post(node.url(&format!("{path}/verification")));
        node.send(verification.header(CONTENT_TYPE, "application/octet-stream").body("file 1")).await.json()
    };
    let first = async || node.get(&path).await.json()["later_links"]["items"][0].clone();
    let withdrawal = link(2, &number).await;
    assert_eq!(
        (&first().await["standing"], codes(&report().await["reservations"]).contains(&"withdrawn")),
        (&json!("in_force"), true)
    );

    // A reference to the withdrawal, by anybody, is none of its owner's words.
    node.deposit(linking(2, 3, LinkKind::Refers, &withdrawal).note()).await;
    assert_eq!(first().await["standing"], "in_force");
    let undone = link(4, &withdrawal).await;
    let shown = first().await;
    assert_eq!((&shown["deposit_number"], &shown["standing"]), (&json!(withdrawal), &json!("withdrawn")));
    assert_eq!(shown["withdrawn_by"], undone);
    let page = node.get(&format!("{path}/later-links")).await.json();
    assert_eq!(page["items"][0], shown);
    let told = report().await;
    assert!(!codes(&told["reservations"]).contains(&"withdrawn"), "{told}");
    assert!(!codes(&told["reservations"]).contains(&"later_history_not_checked"), "{told}");
    let (outcome, values) = step(&told, "later_links");
    assert_eq!(outcome, "checked");
    assert!(values.contains(&withdrawal) && values.contains(&undone), "{values:?}");

    // A third level is not followed: the withdrawal counts again, and the report says that it is not known.
    link(5, &undone).await;
    assert_eq!(first().await["standing"], "unchecked");
    let told = report().await;
    for reservation in ["withdrawn", "later_history_not_checked"] {
        assert!(codes(&told["reservations"]).contains(&reservation), "{told}");
    }
    // The owner withdraws it once more: that withdrawal stands.
    let again = link(6, &withdrawal).await;
    assert_eq!(first().await["withdrawn_by"], again);
}

#[tokio::test]
async fn who_signed_a_withdrawal_beside_its_owner_cannot_take_it_back() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let target = |number: &str| Link { kind: LinkKind::Withdraws, number: DepositNumber::parse(number).unwrap() };
    let both = [depositor(1), depositor(2)];
    let plain = statement_with(1, 2, |statement| statement.links = vec![target(&number)]).statement().clone();
    let mut keys: Vec<_> = both.iter().map(|signer| signer.verifier().clone()).collect();
    keys.sort_by_key(ToString::to_string);
    let signed = SignedStatement::sign(Statement { keys, ..plain }, &both).unwrap();
    let withdrawal = TestNode::number(&node.deposit(signed.note()).await);
    node.deposit(linking(2, 3, LinkKind::Withdraws, &withdrawal).note()).await;
    let link = node.get(&format!("/v1/deposits/{number}")).await.json()["later_links"]["items"][0].clone();
    assert_eq!((&link["deposit_number"], &link["standing"]), (&json!(withdrawal), &json!("in_force")));
}

#[tokio::test]
async fn all_deposits_of_a_digest_are_found_page_by_page() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let same = |n: u64| statement_with(3, n, |statement| statement.content = Some(content(b"one file")));
    let all = deposit_all(&node, (0..105).map(same).collect()).await;
    let mut in_order = Vec::new();
    for number in &all {
        let index = node.get(&format!("/v1/deposits/{number}")).await.json()["index"].as_u64().unwrap();
        in_order.push((index, number.clone()));
    }
    in_order.sort_unstable();
    let in_order: Vec<String> = in_order.into_iter().map(|(_, number)| number).collect();
    for digest in [content(b"one file").sha256.unwrap(), content(b"one file").sm3.unwrap()] {
        let found = node.get(&format!("/v1/search?q={digest}")).await.json();
        assert_eq!((numbers(&found).len(), &found["total"], &found["total_is_exact"]), (50, &json!(105), &json!(true)));
        for limit in [1, 20, 50, 200] {
            let (mut paged, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = node.get(&format!("/v1/search?q={digest}&limit={limit}{cursor}")).await.json();
                assert_eq!(page["total"], 105);
                paged.extend(numbers(&page).into_iter().map(str::to_owned));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(paged, in_order, "{limit}");
        }
    }
    let path = format!("/v1/deposits/{}", in_order[104]);
    let list = node.get(&path).await.json()["earlier_deposits"].clone();
    assert_eq!((numbers(&list), &list["total"]), (in_order[..20].iter().map(String::as_str).collect(), &json!(104)));
    for limit in [3, 100] {
        assert_eq!(all_pages(&node, &format!("{path}/earlier-deposits"), limit).await, in_order[..104]);
    }
    let verification = node.client.post(node.url(&format!("{path}/verification")));
    let report = node.send(verification.header(CONTENT_TYPE, "application/octet-stream").body("one file")).await.json();
    assert_ne!(step(&report, "earlier_deposits").0, "passed", "84 deposits are not listed");
    let first = node.get(&format!("/v1/deposits/{}", in_order[0])).await.json()["earlier_deposits"].clone();
    assert_eq!(first, json!({ "items": [], "total": 0, "total_is_exact": true, "next_cursor": null }));
}

#[tokio::test]
async fn what_is_no_page_is_refused_by_its_code() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}");
    for list in ["later-links", "references", "earlier-deposits"] {
        for bad in ["limit=0", "limit=201", "limit=x", "limit=-1", "page=2"] {
            let answer = node.get(&format!("{path}/{list}?{bad}")).await;
            assert_eq!(answer.problem(), (400, "bad_query".into()), "{list} {bad}");
        }
        for bad in ["cursor=", "cursor=x", "cursor=01", "cursor=withdraws", "cursor=deletes.1"] {
            let answer = node.get(&format!("{path}/{list}?{bad}")).await;
            assert_eq!(answer.problem(), (400, "bad_cursor".into()), "{list} {bad}");
        }
        let unknown = node.get(&format!("/v1/deposits/20261122-0K7M-X9QT-3D5W-C3/{list}")).await;
        assert_eq!(unknown.problem(), (404, "not_found".into()));
        let mistyped = node.get(&format!("/v1/deposits/20261122-0K7M-X9QT-3D5V-C3/{list}")).await;
        assert_eq!(mistyped.problem(), (400, "mistyped_number".into()));
    }
    // A cursor of one list is none of another.
    assert_eq!(node.get(&format!("{path}/references?cursor=withdraws.1")).await.problem().1, "bad_cursor");
    assert_eq!(node.get(&format!("{path}/later-links?cursor=refers.1")).await.problem().1, "bad_cursor");
    // A page far behind the end is empty.
    let end = node.get(&format!("{path}/references?cursor=refers.18446744073709551615")).await.json();
    assert_eq!((numbers(&end).len(), &end["next_cursor"]), (0, &Value::Null));
}
