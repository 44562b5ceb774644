//! Concurrent requests, and a crash at every step: each request is one act, and nothing is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::{note, origin};
use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::proceeding::{Proceeding, import, plain};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// Replies, imports and verifications of each side.
const EACH: u64 = 10;
/// Where a node may break off between being asked and answering.
const FAULTS: [Fault; 6] = [
    Fault::AppendBefore,
    Fault::AppendAfter,
    Fault::ReadBackFails,
    Fault::ReadBackFlipsABit,
    Fault::PublishBefore,
    Fault::PublishAfter,
];

async fn numbers(node: &TestNode, from: u64, count: u64) -> Vec<String> {
    let mut numbers = Vec::new();
    for n in from..from + count {
        numbers.push(TestNode::number(&node.deposit(&note(n)).await));
    }
    numbers
}

fn size(store: &MemoryStore) -> u64 {
    store.published().unwrap().size().0
}

/// What one side does at once: replies to the other's item, imports, verifies.
fn doings(suit: &Proceeding, who: &Person, others_item: u32, imports: &[String]) -> Vec<(Person, String, Value)> {
    let reply = json!({ "act": "reply", "item": others_item, "authenticity": "disputed" });
    let digest = json!({ "algorithm": "sm3", "value": "ab".repeat(32) });
    let verification = suit.path(&format!("/items/{others_item}/verification"));
    let mut doings = Vec::new();
    for number in imports {
        doings.push((who.clone(), suit.path("/acts"), reply.clone()));
        doings.push((who.clone(), suit.path("/imports"), import(number)));
        doings.push((who.clone(), verification.clone(), digest.clone()));
    }
    doings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_sides_act_in_the_same_instant_and_each_act_stands_once() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    suit.file(&node).await;
    let deposits = numbers(&node, 0, 2 * EACH + 2).await;
    let (items, rest) = deposits.split_at(2);
    suit.import(&node, &suit.bringing, &items[0]).await;
    suit.import(&node, &suit.answering, &items[1]).await;
    let before = suit.view(&node, &suit.judge).await["last_sequence"].as_u64().unwrap();

    let (first, second) = rest.split_at(usize::try_from(EACH).unwrap());
    let mut all = doings(&suit, &suit.bringing, 2, first);
    all.extend(doings(&suit, &suit.answering, 1, second));
    let spawn = |(who, path, body): (Person, String, Value)| {
        let request = node.session(&who.token).request(reqwest::Method::POST, &path);
        tokio::spawn(request.header("content-type", "application/json").body(body.to_string()).send())
    };
    let tasks: Vec<_> = all.into_iter().map(spawn).collect();
    let mut acts: Vec<Value> = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        acts.push(answer["act"].clone());
    }
    let sequences: BTreeSet<u64> = acts.iter().map(|act| act["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (before + 1..=before + 6 * EACH).collect());
    assert!(acts.iter().all(|act| act["fresh"] == true));
    let answered: BTreeSet<String> = acts.iter().map(|act| act["deposit_number"].to_string()).collect();
    let path = suit.path(&format!("/acts?limit=200&cursor={before}"));
    let listed = node.session(&suit.judge.token).get(&path).await.json();
    let listed: Vec<&Value> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!(listed.iter().map(|act| act["act"]["deposit_number"].to_string()).collect::<BTreeSet<_>>(), answered);
    assert!(listed.iter().map(|act| act["act"]["sequence"].as_u64().unwrap()).eq(before + 1..=before + 6 * EACH));
    assert!(listed.iter().all(|act| act.get("ineffective").is_none()));
    let seen = suit.view(&node, &suit.judge).await;
    counts(&seen);
    drop(node);

    // Folded from the beginning, it is the same case.
    let node = TestNode::over(store, NodeConfig::default()).await;
    let mut again = suit.view(&node, &suit.judge).await;
    again["access_sequence"] = seen["access_sequence"].clone();
    assert_eq!(again, seen);
}

fn counts(seen: &Value) {
    let items = seen["items"].as_array().unwrap();
    assert_eq!(items.len() as u64, 2 + 2 * EACH);
    assert!(items.iter().map(|item| item["item"].as_u64().unwrap()).eq(1..=2 + 2 * EACH));
    let deposits: BTreeSet<String> = items.iter().map(|item| item["deposit_number"].to_string()).collect();
    assert_eq!(deposits.len(), items.len());
    for item in &items[..2] {
        let versions = item["replies"].as_array().unwrap().iter().map(|reply| reply["version"].as_u64().unwrap());
        assert!(versions.eq(1..=EACH));
        assert_eq!(item["verifications"].as_array().unwrap().len() as u64, EACH);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_request_fifty_times_at_once_to_two_cases_is_one_act() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let first = Proceeding::suit(&People::of(&node).await).await;
    let people = [&first.bringing, &first.answering, &first.clerk, &first.judge];
    let second = Proceeding::between(&node, "civil-first", people).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let before = size(&store);
    let send = async |n: usize| {
        let case = if n.is_multiple_of(2) { &first } else { &second };
        let by = node.session(&first.bringing.token).keyed("same");
        by.post(&case.path("/imports"), &import(&number)).await
    };
    let answers = join_all((0..50).map(send)).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).collect::<Vec<_>>();
    let (made, same, reused) = (of(201), of(200), of(409));
    assert_eq!((made.len(), same.len(), reused.len()), (1, 24, 25));
    assert!(reused.iter().all(|answer| answer.problem().1 == "request_reused"));
    let number_of = |answer: &Answer| answer.json()["act"]["deposit_number"].clone();
    assert!(same.iter().all(|answer| number_of(answer) == number_of(made[0])));
    // One entry and the header of its block.
    assert_eq!(size(&store), before + 2);
    let mut items = Vec::new();
    for case in [&first, &second] {
        items.push(case.view(&node, &first.bringing).await["items"].as_array().unwrap().len());
    }
    items.sort_unstable();
    assert_eq!(items, [0, 1]);
}

/// A node over `inner`, and its store.
async fn over(inner: &Arc<MemoryStore>) -> (TestNode, Arc<FaultyStore>) {
    let store = Arc::new(FaultyStore::over(Arc::clone(inner)));
    (TestNode::over(Arc::clone(&store), NodeConfig::default()).await, store)
}

/// What is asked for when the node breaks off.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Import,
    Submit,
    Reply,
    Transfer,
}

/// A request that is sent until it is answered.
struct Scene {
    suit: Proceeding,
    who: Person,
    path: String,
    body: Value,
}

impl Scene {
    async fn of(node: &TestNode, doing: Doing) -> Self {
        let deposits = numbers(node, 1, 3).await;
        let suit = Proceeding::suit(&People::of(node).await).await;
        suit.import(node, &suit.bringing, &deposits[0]).await;
        suit.import(node, &suit.bringing, &deposits[1]).await;
        match doing {
            Doing::Reply | Doing::Transfer => suit.file(node).await,
            Doing::Submit => suit.complete(node).await,
            Doing::Import => {}
        }
        let transfer = json!({
            "transfer": "suit", "court": COURT, "kind": "civil-first", "procedure": "ordinary", "brought_by": 2,
        });
        let (who, path, body) = match doing {
            Doing::Import => (&suit.bringing, "/imports", import(&deposits[2])),
            Doing::Submit => (&suit.bringing, "/acts", json!({ "act": "submit" })),
            Doing::Reply => {
                let reply = json!({ "act": "reply", "item": 1, "legality": "disputed", "reason": "未经同意录音" });
                (&suit.answering, "/acts", reply)
            }
            Doing::Transfer => (&suit.clerk, "/transfer", transfer),
        };
        Self { who: who.clone(), path: suit.path(path), body, suit }
    }

    async fn send(&self, node: &TestNode) -> Answer {
        node.session(&self.who.token).keyed("once").post(&self.path, &self.body).await
    }

    /// What there is to see in the end, of this case and the one it went on in: all that no two runs have in common left out.
    async fn outcome(&self, node: &TestNode, answer: &Answer) -> Value {
        let by = node.session(&self.who.token);
        let mut seen = Vec::new();
        for case in [self.suit.case.clone(), answer.json()["case"].as_str().unwrap_or(&self.suit.case).into()] {
            for rest in ["", "/acts", "/access-log"] {
                let shown = by.get(&format!("/v1/cases/{case}{rest}")).await;
                assert_eq!(shown.status, 200, "{}", shown.text());
                seen.push(plain(&shown.json()));
            }
        }
        Value::Array(seen)
    }
}

/// Does it, breaking off where `fault` says, and starting anew. What there is to see then, and whether it broke off.
async fn run(doing: Doing, fault: Option<(usize, Fault)>) -> (Value, bool) {
    let inner = Arc::new(MemoryStore::new(origin()));
    let (node, store) = over(&inner).await;
    let scene = Scene::of(&node, doing).await;
    if let Some((good, fault)) = fault {
        store.arm_after(good, fault);
    }
    let answer = scene.send(&node).await;
    let broke_off = fault.is_some() && !store.is_armed();
    assert_eq!(answer.status, if broke_off { 503 } else { 201 }, "{doing:?} {fault:?}: {}", answer.text());
    drop(node);
    let (node, _) = over(&inner).await;
    let answer = scene.send(&node).await;
    assert!([200, 201].contains(&answer.status), "{doing:?} {fault:?}: {}", answer.text());
    let before = size(&inner);
    let again = scene.send(&node).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.json()["act"]["deposit_number"], answer.json()["act"]["deposit_number"]);
    assert_eq!(size(&inner), before, "{doing:?} {fault:?}: sent once more it adds nothing");
    (scene.outcome(&node, &answer).await, broke_off)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_step_loses_nothing_and_doubles_nothing() {
    for doing in [Doing::Import, Doing::Submit, Doing::Reply] {
        let (uninterrupted, _) = run(doing, None).await;
        for fault in FAULTS {
            let (outcome, broke_off) = run(doing, Some((0, fault))).await;
            assert!(broke_off, "{doing:?} {fault:?}");
            assert_eq!(outcome, uninterrupted, "{doing:?} {fault:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_interrupted_at_any_of_its_acts_continues_there() {
    // Opened, the other party, two items, handed on.
    const ACTS: usize = 5;
    let (uninterrupted, _) = run(Doing::Transfer, None).await;
    assert_eq!(uninterrupted[3]["items"].as_array().unwrap().len(), 2);
    for fault in [Fault::AppendBefore, Fault::AppendAfter, Fault::PublishBefore, Fault::PublishAfter] {
        for act in 0..ACTS {
            let (outcome, broke_off) = run(Doing::Transfer, Some((act, fault))).await;
            assert!(broke_off, "{act} {fault:?}");
            assert_eq!(outcome, uninterrupted, "{act} {fault:?}");
        }
        assert!(!run(Doing::Transfer, Some((ACTS, fault))).await.1, "there are no more acts than that");
    }
}
