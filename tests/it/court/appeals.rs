//! Appeals, withdrawals, objections and decisions over HTTP: 民诉法 arts. 62, 126, 130, 148, 165, 171, 180.

use std::sync::Arc;

use serde_json::{Value, json};
use tiezheng::store::memory::MemoryStore;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::{note, origin};
use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::proceeding::Proceeding;
use crate::support::serving::minutes;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

async fn number(node: &TestNode, n: u64) -> String {
    TestNode::number(&node.deposit(&note(n)).await)
}

async fn act(node: &TestNode, suit: &Proceeding, who: &Person, body: Value) -> Answer {
    node.session(&who.token).post(&suit.path("/acts"), &body).await
}

fn refused(code: &str) -> (u16, String) {
    let status = match code {
        "special_authority_needed" | "not_assigned" | "not_permitted" => 403,
        "wrong_stage" | "no_appeal" | "appealed_before" | "withdrawal_pending" | "other_act" => 409,
        _ => 422,
    };
    (status, code.into())
}

/// L3: 民诉法 art. 148. L13: 民诉法 art. 40, the document of each decision.
#[tokio::test]
async fn the_court_rules_on_the_withdrawal_of_a_suit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let other = people.judge().await;
    let withdraw = json!({ "act": "withdraw-suit" });
    suit.act(&node, &suit.bringing, withdraw.clone()).await;
    assert_eq!(suit.view(&node, &suit.bringing).await["stage"]["code"], "assigned");
    assert_eq!(act(&node, &suit, &suit.bringing, withdraw).await.problem(), refused("withdrawal_pending"));
    let document = number(&node, 1).await;
    let rule = |document: &str| json!({ "act": "rule", "ruling": "allow-withdrawal", "document": document });
    assert_eq!(act(&node, &suit, &other, rule(&document)).await.problem(), refused("not_assigned"));
    let unknown = act(&node, &suit, &suit.judge, rule("20261122-0K7M-X9QT-3D5W-C3")).await;
    assert_eq!(unknown.problem(), refused("no_such_deposit"));
    suit.act(&node, &suit.judge, rule(&document)).await;
    let seen = suit.view(&node, &suit.answering).await;
    assert_eq!(
        (&seen["stage"]["code"], &seen["course"]["withdrawal"]["allowed"]),
        (&json!("discontinued"), &json!(true))
    );
}

/// L5: 民诉法 arts. 157 (2), 165, 171: nothing to appeal before the judgment, nor in a case of small claims; once per party.
#[tokio::test]
async fn an_appeal_names_the_decision_and_small_claims_have_none() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let petition = number(&node, 1).await;
    let appeal = |decision: &str, against: u32| json!({ "act": "appeal", "decision": decision, "petition": petition, "against": [against] });
    assert_eq!(act(&node, &suit, &suit.bringing, appeal(&petition, 2)).await.problem(), refused("no_such_decision"));
    let without = act(&node, &suit, &suit.judge, json!({ "act": "judge" })).await;
    assert_eq!(without.problem(), refused("document_needed"));
    let judgment = suit.judge(&node, 2).await;
    suit.act(&node, &suit.bringing, appeal(&judgment, 2)).await;
    let twice = act(&node, &suit, &suit.bringing, appeal(&judgment, 2)).await;
    assert_eq!(twice.problem(), refused("appealed_before"));
    suit.act(&node, &suit.answering, appeal(&judgment, 1)).await;
    let seen = suit.view(&node, &suit.clerk).await["course"]["appeals"].clone();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["timeliness"]["code"]), (2, &json!("not-begun")));

    let opening = json!({
        "court": COURT, "kind": "civil-first", "procedure": "small-claims", "role": "plaintiff",
        "subject": "natural-person", "filer": "principal", "name": "张三",
    });
    let opened = node.session(&suit.bringing.token).create("/v1/cases", &opening).await;
    let small = suit.copy().gone_on_in(opened["case"].as_str().unwrap());
    small.file(&node).await;
    let judgment = small.judge(&node, 3).await;
    assert_eq!(act(&node, &small, &small.bringing, appeal(&judgment, 2)).await.problem(), refused("no_appeal"));
}

/// L12: 民诉法 art. 62. 全权代理 is not enough (解释 art. 89, unconfirmed).
#[tokio::test]
async fn an_agent_appeals_only_with_a_power_of_attorney_that_names_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let (named, unnamed) = (people.holding("律师", "lawyer").await, people.holding("律师", "lawyer").await);
    let add = |who: &Person, special: Value| {
        let mut body = json!({ "act": "add-agent", "party": 1, "account": who.account, "authority": "special" });
        body["special"] = special;
        body["power"] = json!("授权委托书");
        body
    };
    let mut without = add(&named, json!(["appeal"]));
    without.as_object_mut().unwrap().remove("power");
    assert_eq!(act(&node, &suit, &suit.bringing, without).await.problem(), (422, "power_of_attorney_needed".into()));
    let formula = act(&node, &suit, &suit.bringing, add(&named, json!([]))).await;
    assert_eq!(formula.problem(), refused("powers_not_named"));
    suit.act(&node, &suit.bringing, add(&named, json!(["appeal"]))).await;
    suit.act(&node, &suit.bringing, add(&unnamed, json!(["settle"]))).await;
    let (judgment, petition) = (suit.judge(&node, 1).await, number(&node, 2).await);
    let appeal = json!({ "act": "appeal", "decision": judgment, "petition": petition, "against": [2] });
    let by_other = act(&node, &suit, &unnamed, appeal.clone()).await;
    assert_eq!(by_other.problem(), refused("special_authority_needed"));
    suit.act(&node, &named, appeal).await;
}

/// Serves a ruling on both parties on paper.
async fn serve_ruling(node: &TestNode, suit: &Proceeding, ruling: &str) {
    let clerk = node.session(&suit.clerk.token);
    for party in [1, 2] {
        let serve = json!({ "act": "serve", "party": party, "mode": "paper", "kind": "ruling", "document": ruling });
        clerk.create(&suit.path("/service"), &serve).await;
        let send = json!({ "act": "send-service", "service": party, "channel": "direct" });
        clerk.create(&suit.path("/service"), &send).await;
        minutes(node, 1);
        let report = json!({ "act": "report-service", "service": party, "attempt": 1, "step": "arrived" });
        clerk.create(&suit.path("/service"), &report).await;
    }
}

/// L10: 民诉法 art. 130; later objections are recorded without effect. 异议成立 leads to 移送管辖 to the other court's own account.
#[tokio::test]
async fn an_objection_leads_to_a_transfer_of_jurisdiction_with_the_ruling_as_its_basis() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let item = number(&node, 1).await;
    suit.import(&node, &suit.bringing, &item).await;
    suit.file(&node).await;
    let object = json!({ "act": "object-jurisdiction", "reason": "应由被告住所地法院管辖" });
    suit.act(&node, &suit.answering, object.clone()).await;
    suit.act(&node, &suit.answering, object).await;
    let effects = suit.view(&node, &suit.judge).await["course"]["objections"].clone();
    assert_eq!((&effects[0]["effect"]["code"], &effects[1]["effect"]["code"]), (&json!("pending"), &json!("repeated")));
    let ruling = number(&node, 2).await;
    suit.act(&node, &suit.judge, json!({ "act": "rule", "ruling": "sustain-objection", "document": ruling })).await;
    let there = people.of_court("书记员", "clerk", "京0491").await;
    let body = json!({ "kind": "jurisdiction", "to": "京0491", "basis": ruling });
    // 民诉法 arts. 157, 158: the ruling can be appealed, so it is served and its period passes first.
    let clerk = node.session(&suit.clerk.token);
    let early = clerk.post(&suit.path("/hand-overs"), &body).await;
    assert_eq!(early.problem(), (409, "decision_not_in_force".into()));
    // Its ten days need not be stated (art. 171 (2)).
    serve_ruling(&node, &suit, &ruling).await;
    minutes(&node, 20 * 24 * 60);
    clerk.create(&suit.path("/hand-overs"), &body).await;
    let frozen = suit.try_import(&node, &suit.bringing, &number(&node, 3).await).await;
    assert_eq!(frozen.problem(), (409, "handed_over".into()));
    let path = suit.path("/hand-overs/1");
    let by = node.session(&there.token);
    by.create(&path, &json!({ "step": "receive" })).await;
    let manifest = by.get(&path).await.json()["manifest"].clone();
    let accepted = by.create(&path, &json!({ "step": "accept", "manifest": manifest })).await;
    let seen = by.get(&format!("/v1/cases/{}", accepted["case"].as_str().unwrap())).await.json();
    assert_eq!((&seen["kind"]["code"], &seen["court"]), (&json!("civil-first"), &json!("京0491")));
    // The evidence period runs only once the new court sets it going.
    assert!(seen["period"]["ends_at"].is_null(), "{}", seen["period"]);
    assert_eq!(suit.view(&node, &suit.bringing).await["stage"]["code"], "closed");
}

/// A node over `inner`, and its store.
async fn over(inner: &Arc<MemoryStore>, plan: NodeConfig) -> (TestNode, Arc<FaultyStore>) {
    let store = Arc::new(FaultyStore::over(Arc::clone(inner)));
    (TestNode::over(Arc::clone(&store), plan).await, store)
}

/// Accepts a transfer, breaking off at act `at` of it, and starts anew; by the same clerk, or by another one of the same court.
async fn accept_with_a_crash(at: Option<(usize, Fault)>, by_another: bool) -> (usize, bool) {
    let inner = Arc::new(MemoryStore::new(origin()));
    let (node, store) = over(&inner, NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let item = number(&node, 1).await;
    suit.import(&node, &suit.bringing, &item).await;
    suit.file(&node).await;
    let ruling = number(&node, 2).await;
    suit.act(&node, &suit.judge, json!({ "act": "rule", "ruling": "transfer-jurisdiction", "document": ruling })).await;
    let there = people.of_court("书记员", "clerk", "京0491").await;
    let another = people.of_court("书记员", "clerk", "京0491").await;
    // Without appeal, it takes effect with its service.
    serve_ruling(&node, &suit, &ruling).await;
    let body = json!({ "kind": "jurisdiction", "to": "京0491", "basis": ruling });
    node.session(&suit.clerk.token).create(&suit.path("/hand-overs"), &body).await;
    let path = suit.path("/hand-overs/1");
    node.session(&there.token).create(&path, &json!({ "step": "receive" })).await;
    let manifest = node.session(&there.token).get(&path).await.json()["manifest"].clone();
    let accept = json!({ "step": "accept", "manifest": manifest });
    if let Some((good, fault)) = at {
        store.arm_after(good, fault);
    }
    let first = node.session(&there.token).keyed("accept").post(&path, &accept).await;
    let broke_off = at.is_some() && !store.is_armed();
    assert_eq!(first.status, if broke_off { 503 } else { 201 }, "{at:?}: {}", first.text());
    let plan = NodeConfig { clock: node.clock.share(), ..NodeConfig::default() };
    drop(node);
    let (node, _) = over(&inner, plan).await;
    let (who, key) = if by_another { (&another, "other") } else { (&there, "accept") };
    let answer = node.session(&who.token).keyed(key).post(&path, &accept).await;
    let done = by_another && !broke_off;
    if done {
        assert_eq!(answer.problem(), (409, "hand_over_state".into()));
    } else if answer.status == 409 {
        // The last act was written before the crash, so there is nothing left to complete.
        assert!(by_another && at.is_some(), "{at:?}: {}", answer.text());
    } else {
        assert!([200, 201].contains(&answer.status), "{at:?}: {}", answer.text());
    }
    let list = node.session(&there.token).get("/v1/cases").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{at:?}: {list}");
    let case = list["items"][0]["case"].as_str().unwrap().to_owned();
    let seen = node.session(&there.token).get(&format!("/v1/cases/{case}")).await.json();
    assert_eq!(seen["stage"]["code"], "awaiting-assignment", "{at:?}");
    (seen["items"].as_array().unwrap().len() + seen["parties"].as_array().unwrap().len(), broke_off)
}

/// §8.1: a crash between any two steps of an acceptance, continued by the same clerk or by another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_interrupted_at_any_of_its_acts_is_completed_once() {
    // Accepted, opened, the other party, the item, taken over.
    const ACTS: usize = 5;
    for fault in [Fault::AppendBefore, Fault::AppendAfter] {
        for at in 0..ACTS {
            for by_another in [false, true] {
                // Before the acceptance is written, there is nothing that another could complete: it accepts by itself.
                assert_eq!(accept_with_a_crash(Some((at, fault)), by_another).await, (3, true), "{at} {fault:?}");
            }
        }
        assert!(!accept_with_a_crash(Some((ACTS, fault)), false).await.1, "there are no more acts than that");
    }
}

/// 民诉法 arts. 40, 41: assessors sit with judges, in first instance only.
#[tokio::test]
async fn a_panel_of_first_instance_may_have_peoples_assessors_beside_a_judge() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let mut assessors = Vec::new();
    for _ in 0..3 {
        assessors.push(people.of_court("人民陪审员", "peoples-assessor", COURT).await.account);
    }
    let panel = |members: &[&String]| json!({ "act": "form-panel", "members": members });
    let alone = act(&node, &suit, &suit.clerk, panel(&[&assessors[0], &assessors[1], &assessors[2]])).await;
    assert_eq!(alone.problem(), (400, "bad_value".into()));
    let clerk = act(&node, &suit, &suit.clerk, panel(&[&suit.judge.account, &assessors[0], &suit.clerk.account])).await;
    assert_eq!(clerk.problem(), (400, "bad_value".into()));
    suit.act(&node, &suit.clerk, panel(&[&suit.judge.account, &assessors[0], &assessors[1]])).await;
}
