//! Holds: only an explicit act of court staff suspends an erasure, and the court's release ends it.

use serde_json::{Value, json};
use tiezheng::court::acts::{Act, ActKind, OrderErasure};
use tiezheng::ledger::number::DepositNumber;

use super::deposits_on_behalf::deposit_on_behalf;
use super::originals::{draft_with, submit};
use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::draft_case::new_request;
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

async fn erase(node: &TestNode, person: &Person, body: &Value) -> Answer {
    node.session(&person.token).post("/v1/erasures", body).await
}

/// A filed case with one item, a deposit on behalf of the plaintiff.
async fn filed_with_item(node: &TestNode, people: &People<'_>) -> (Proceeding, String) {
    let suit = Proceeding::suit(people).await;
    let number = deposit_on_behalf(people, &suit.bringing, b"contract", "合同").await;
    suit.import(node, &suit.bringing, &number).await;
    suit.file(node).await;
    (suit, number)
}

#[tokio::test]
async fn a_stranger_who_imports_my_number_into_a_case_never_blocks_my_erasure() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, mallory) = (people.person("张三").await, people.person("王五").await);
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    // A draft, a submitted case, a filed case, a judged case: by any party and with any outcome.
    draft_with(&node, &mallory, &number, "案由").await;
    let submitted = draft_with(&node, &mallory, &number, "案由").await;
    submit(&node, &mallory, submitted).await;
    let suit = Proceeding::suit(&people).await;
    suit.import(&node, &suit.bringing, &number).await;
    suit.file(&node).await;
    let judged = Proceeding::suit(&people).await;
    judged.import(&node, &judged.bringing, &number).await;
    judged.file(&node).await;
    judged.judge(&node, 77).await;
    let path = format!("/v1/deposits/{number}/private");
    let seen = node.session(&alice.token).get(&path).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let erased = erase(&node, &alice, &json!({ "deposit_number": number })).await;
    assert_eq!(erased.status, 202, "{}", erased.text());
    assert_eq!(node.session(&alice.token).get(&path).await.problem(), (410, "erased".into()));
    // The same of an account: to be named as a party by somebody else, and to take part oneself, is no hold.
    let shown =
        node.session(&suit.answering.token).get(&format!("/v1/accounts/{}", suit.answering.account)).await.json();
    assert!(shown["name"].is_string(), "{shown}");
    let erased = erase(&node, &suit.answering, &json!({ "account": suit.answering.account })).await;
    assert_eq!(erased.status, 202, "{}", erased.text());
    let shown =
        node.session(&suit.answering.token).get(&format!("/v1/accounts/{}", suit.answering.account)).await.json();
    assert!(!shown["name"].is_string(), "{shown}");
}

#[tokio::test]
async fn nothing_is_held_that_is_not_kept_here() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let number = deposit_on_behalf(&people, &suit.bringing, b"contract", "合同").await;
    // Signed with a key of the depositor's own: nothing private came with it.
    let own_key = TestNode::number(&node.deposit(&note(1)).await);
    suit.import(&node, &suit.bringing, &number).await;
    suit.import(&node, &suit.bringing, &own_key).await;
    suit.file(&node).await;
    let reply = async |body: &Value| node.session(&suit.clerk.token).post(&suit.path("/acts"), body).await;
    let of_deposit = |number: &str| json!({ "act": "hold", "deposit_number": number, "reason": "理由" });
    let of_account = |account: &str| json!({ "act": "hold", "account": account, "reason": "理由" });

    let refused = reply(&of_deposit(&own_key)).await;
    assert_eq!(refused.problem(), (422, "nothing_to_hold".into()));
    assert!(refused.json()["detail"].as_str().unwrap().contains("no private content"), "{}", refused.text());
    // What is erased cannot be held any more, and the refusal says that it was there.
    assert_eq!(erase(&node, &suit.bringing, &json!({ "deposit_number": number })).await.status, 202);
    assert_eq!(erase(&node, &suit.answering, &json!({ "account": suit.answering.account })).await.status, 202);
    for body in [of_deposit(&number), of_account(&suit.answering.account)] {
        let refused = reply(&body).await;
        assert_eq!(refused.problem(), (422, "nothing_to_hold".into()));
        assert!(refused.json()["detail"].as_str().unwrap().contains("erased already"), "{}", refused.text());
    }
    // Nothing of it went on the chain, and of content outside the case the same is said as of any other.
    assert_eq!(suit.view(&node, &suit.clerk).await["holds"], json!([]));
    let elsewhere = TestNode::number(&node.deposit(&note(2)).await);
    assert_eq!(reply(&of_deposit(&elsewhere)).await.problem(), (422, "not_in_the_case".into()));
    // What is kept is held as before.
    assert_eq!(reply(&of_account(&suit.bringing.account)).await.status, 201);
}

#[tokio::test]
async fn an_erasure_order_says_that_the_hold_ends() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suit, number) = filed_with_item(&node, &people).await;
    let decision = TestNode::number(&node.deposit(&note(78)).await);
    let order = json!({ "act": "order-erasure", "deposit_number": number, "document": decision });
    let codes = |acted: &Value| acted["warnings"].to_string();
    let plain = suit.act(&node, &suit.judge, order.clone()).await;
    assert!(!codes(&plain).contains("hold_ended"), "{plain}");
    suit.act(&node, &suit.clerk, json!({ "act": "hold", "deposit_number": number, "reason": "理由" })).await;
    // Sent twice under one name, it is one act, and says the same both times.
    for status in [201, 200] {
        let request = node.session(&suit.judge.token).request(reqwest::Method::POST, &suit.path("/acts"));
        let answer = node.send(request.header("idempotency-key", "order-1").json(&order)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(codes(&answer.json()).contains("hold_ended"), "{}", answer.text());
    }
    assert_eq!(suit.view(&node, &suit.judge).await["holds"], json!([]));
    assert_eq!(erase(&node, &suit.bringing, &json!({ "deposit_number": number })).await.status, 202);
}

#[tokio::test]
async fn a_hold_of_court_staff_blocks_it_until_the_court_releases_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suit, number) = filed_with_item(&node, &people).await;
    let plain = json!({ "deposit_number": number });
    let hold = json!({ "act": "hold", "deposit_number": number, "reason": "待证事实争议" });
    suit.act(&node, &suit.clerk, hold.clone()).await;

    let refused = erase(&node, &suit.bringing, &plain).await;
    assert_eq!(refused.problem(), (409, "held_by_a_case".into()));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(COURT) && detail.contains("release"), "{detail}");
    assert!(!refused.text().contains(&suit.case), "whose case it is, is not told");
    // By the operator neither, and not under the name of the case.
    assert_eq!(people.by_operator().post("/v1/erasures", &plain).await.problem().1, "held_by_a_case");
    let ordered = json!({ "deposit_number": number, "order": suit.case });
    assert_eq!(erase(&node, &suit.bringing, &ordered).await.problem().1, "held_by_a_case");

    // Everybody who sees the case sees the hold and its reason.
    for who in [&suit.bringing, &suit.answering, &suit.judge] {
        let held = suit.view(&node, who).await["holds"].clone();
        assert_eq!(held[0]["deposit_number"], number.as_str());
        assert_eq!((&held[0]["reason"], &held[0]["by"]), (&json!("待证事实争议"), &json!(suit.clerk.account)));
        assert_eq!(held[0]["capacity"]["capacity"], "clerk");
    }
    // Twice is not more, and the end of the proceeding does not end it.
    let twice = node.session(&suit.judge.token).post(&suit.path("/acts"), &hold).await;
    assert_eq!(twice.problem(), (409, "held_already".into()));
    suit.judge(&node, 77).await;
    suit.act(&node, &suit.clerk, json!({ "act": "close" })).await;
    assert_eq!(erase(&node, &suit.bringing, &plain).await.problem().1, "held_by_a_case");

    // Another of the same court releases it, also after the case was closed.
    suit.act(&node, &suit.judge, json!({ "act": "release", "deposit_number": number })).await;
    assert_eq!(suit.view(&node, &suit.judge).await["holds"], json!([]));
    let again = json!({ "act": "release", "deposit_number": number });
    let again = node.session(&suit.judge.token).post(&suit.path("/acts"), &again).await;
    assert_eq!(again.problem(), (409, "not_held".into()));
    let erased = erase(&node, &suit.bringing, &plain).await;
    assert_eq!(erased.status, 202, "{}", erased.text());
}

#[tokio::test]
async fn parties_strangers_and_other_courts_can_neither_hold_nor_release() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suit, number) = filed_with_item(&node, &people).await;
    let other_court = people.of_court("书记员", "clerk", "京0491").await;
    let stranger = people.person("王五").await;
    let of = |act: &str| json!({ "act": act, "deposit_number": number, "reason": "理由" });
    let tried =
        async |who: &Person, act: &str| node.session(&who.token).post(&suit.path("/acts"), &of(act)).await.problem();
    for act in ["hold", "release"] {
        assert_eq!(tried(&suit.bringing, act).await, (403, "not_permitted".into()), "{act}");
        assert_eq!(tried(&suit.answering, act).await, (403, "not_permitted".into()), "{act}");
        assert_eq!(tried(&other_court, act).await, (404, "not_found".into()), "{act}");
        assert_eq!(tried(&stranger, act).await, (404, "not_found".into()), "{act}");
    }
    // What is not in the case is not held by it, and a hold is about one thing.
    let elsewhere = deposit_on_behalf(&people, &suit.answering, b"letter", "信").await;
    let reply = async |body: Value| node.session(&suit.clerk.token).post(&suit.path("/acts"), &body).await.problem();
    let strange = json!({ "act": "hold", "deposit_number": elsewhere, "reason": "理由" });
    assert_eq!(reply(strange).await, (422, "not_in_the_case".into()));
    assert_eq!(reply(json!({ "act": "hold", "reason": "理由" })).await, (422, "hold_names_nothing".into()));
    let both = json!({ "act": "hold", "deposit_number": number, "account": suit.bringing.account, "reason": "理由" });
    assert_eq!(reply(both).await, (422, "hold_names_nothing".into()));
    let unreasoned = json!({ "act": "hold", "deposit_number": number });
    assert_eq!(reply(unreasoned).await, (400, "unexpected_json".into()));
}

#[tokio::test]
async fn each_court_holds_for_itself_and_an_erasure_order_ends_only_its_own_hold() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (first, second) = (Proceeding::suit(&people).await, Proceeding::suit(&people).await);
    let number = deposit_on_behalf(&people, &first.bringing, b"contract", "合同").await;
    for suit in [&first, &second] {
        suit.import(&node, &suit.bringing, &number).await;
        suit.file(&node).await;
        suit.act(&node, &suit.clerk, json!({ "act": "hold", "deposit_number": number, "reason": "理由" })).await;
    }
    let body = json!({ "deposit_number": number, "order": first.case });
    let judge = node.filing.authenticate(&first.judge.token).unwrap();
    let act = Act::OrderErasure(OrderErasure {
        deposit: Some(DepositNumber::parse(&number).unwrap()),
        account: None,
        document: Some(DepositNumber::parse(&number).unwrap()),
    });
    let case = tiezheng::court::line_value::LineValue::parse(&first.case).unwrap();
    node.filing.act(&judge, case, &new_request(), ActKind::OrderErasure, |_, _, _| Ok(act.clone())).await.unwrap();
    assert_eq!(first.view(&node, &first.judge).await["holds"], json!([]), "the order ends the hold of its own case");
    assert_eq!(erase(&node, &first.judge, &body).await.problem().1, "held_by_a_case", "the other case still holds it");
    second.act(&node, &second.judge, json!({ "act": "release", "deposit_number": number, "reason": "调解" })).await;
    assert_eq!(erase(&node, &first.judge, &body).await.status, 202);
}

#[tokio::test]
async fn an_account_is_held_and_released_like_a_deposit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let body = json!({ "account": suit.answering.account });
    let act = |act: &str| json!({ "act": act, "account": suit.answering.account, "reason": "送达" });
    suit.act(&node, &suit.clerk, act("hold")).await;
    assert_eq!(people.by_operator().post("/v1/erasures", &body).await.problem(), (409, "held_by_a_case".into()));
    suit.act(&node, &suit.clerk, act("release")).await;
    assert_eq!(people.by_operator().post("/v1/erasures", &body).await.status, 202);
}
