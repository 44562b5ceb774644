//! 核验 in a case: every verification of an item is on record for all parties, and a snapshot that contradicts the chain
//! raises an alarm.

use std::sync::Arc;

use serde_json::{Value, json};
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::time::Timestamp;
use tiezheng::query::records;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::wire::receipt::ReceiptJson;

use crate::support::accounts::{COURT, People, Person};
use crate::support::counting_store::CountingStore;
use crate::support::depositor::{content, note, origin, statement_with};
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

/// Holds a digest or a receipt against item 1.
async fn hold(suit: &Proceeding, node: &TestNode, who: &Person, body: &Value) -> Value {
    let answer = node.session(&who.token).post(&suit.path("/items/1/verification"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn outcome<'a>(report: &'a Value, step: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap();
    &steps.iter().find(|one| one["code"] == step).unwrap()["outcome"]["code"]
}

#[tokio::test]
async fn file_digest_and_receipt_are_on_record_for_all_sides() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let receipt = node.deposit(&note(1)).await;
    suit.import(&node, &suit.bringing, &TestNode::number(&receipt)).await;
    suit.file(&node).await;
    let digest = |bytes: &[u8]| json!({ "algorithm": "sm3", "value": content(bytes).sm3.unwrap().to_string() });
    let held = json!({ "receipt": ReceiptJson::from(&receipt) });

    let by_file = suit.verify(&node, &suit.answering, 1, "file 1", None).await;
    assert_eq!(by_file["report"]["conclusion"]["code"], "consistent_with_reservation");
    assert_eq!(outcome(&by_file["report"], "import_snapshot"), "passed");
    assert_eq!((&by_file["act"]["act"], &by_file["act"]["stream"]), (&json!("verify"), &json!("case")));
    let other_file = suit.verify(&node, &suit.judge, 1, "file 2", None).await;
    assert_eq!(other_file["report"]["conclusion"]["code"], "mismatch");
    // A digest sent without its file never says more than that it is equal.
    let equal = hold(&suit, &node, &suit.bringing, &digest(b"file 1")).await;
    assert_eq!(equal["report"]["conclusion"]["code"], "record_only");
    let unequal = hold(&suit, &node, &suit.bringing, &digest(b"file 2")).await;
    assert_eq!(unequal["report"]["conclusion"]["code"], "mismatch");
    let by_receipt = hold(&suit, &node, &suit.answering, &held).await;
    assert_eq!(by_receipt["report"]["conclusion"]["code"], "record_only");
    let forged = receipt.entry.replacen("received 2026", "received 2025", 1);
    let mut broken = held.clone();
    broken["receipt"]["entry"] = forged.into();
    // A paper that does not hold accuses nobody.
    let by_forgery = hold(&suit, &node, &suit.answering, &broken).await;
    assert_eq!(by_forgery["report"]["conclusion"]["code"], "unable");
    assert_eq!(outcome(&by_forgery["report"], "import_snapshot"), "passed");

    let of_another = json!({ "receipt": ReceiptJson::from(&node.deposit(&note(2)).await) });
    let by_another = hold(&suit, &node, &suit.answering, &of_another).await;
    assert_eq!(by_another["report"]["conclusion"]["code"], "unable");

    let recorded: Vec<Value> = [
        (&suit.answering, "file", "consistent_with_reservation"),
        (&suit.judge, "file", "mismatch"),
        (&suit.bringing, "digest", "record_only"),
        (&suit.bringing, "digest", "mismatch"),
        (&suit.answering, "receipt", "record_only"),
        (&suit.answering, "receipt", "unable"),
        (&suit.answering, "receipt", "unable"),
    ]
    .into_iter()
    .map(|(who, presented, conclusion)| json!([who.account, presented, conclusion]))
    .collect();
    for who in [&suit.bringing, &suit.answering, &suit.judge, &suit.clerk] {
        let item = suit.view(&node, who).await["items"][0].clone();
        let one = |one: &Value| json!([one["by"], one["presented"]["code"], one["conclusion"]["code"]]);
        let shown: Vec<Value> = item["verifications"].as_array().unwrap().iter().map(one).collect();
        assert_eq!(shown, recorded);
        // The court's mismatch stands first, no matter who verified what before or after it.
        assert_eq!(item["original"]["code"], "mismatch");
        assert_eq!(item["original_verified_by"]["code"], "court");
        assert_eq!(item.get("divergence"), None);
    }
}

#[tokio::test]
async fn salted_digests_agree_only_behind_their_salt() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let salt = [7_u8; 32];
    let salted = Content { form: Form::Salted, ..content(&[salt.as_slice(), b"file 1"].concat()) };
    let statement = statement_with(1, 1, |statement| statement.content = Some(salted));
    let number = TestNode::number(&node.deposit(statement.note()).await);
    suit.import(&node, &suit.bringing, &number).await;
    for (salt, expected) in [
        (Some(hex::encode(salt)), "consistent_with_reservation"),
        (Some("00".repeat(32)), "mismatch"),
        (None, "unable"),
    ] {
        let verified = suit.verify(&node, &suit.bringing, 1, "file 1", salt.as_deref()).await;
        assert_eq!(verified["report"]["conclusion"]["code"], expected, "{salt:?}");
    }
    let seen = suit.view(&node, &suit.bringing).await;
    assert_eq!(seen["items"][0]["verifications"].as_array().unwrap().len(), 3);
    assert!(!seen.to_string().contains(&hex::encode(salt)), "the salt is nowhere");
}

#[tokio::test]
async fn verifying_without_a_case_leaves_nothing() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    suit.import(&node, &suit.bringing, &number).await;
    let size = store.published().unwrap().size();
    for file in ["file 1", "file 2"] {
        let path = format!("/v1/deposits/{number}/verification");
        assert_eq!(node.post(&path, "application/octet-stream", file).await.status, 200);
    }
    assert_eq!(store.published().unwrap().size(), size);
    let seen = suit.view(&node, &suit.bringing).await;
    assert_eq!(seen["items"][0]["verifications"], json!([]));
    assert_eq!(seen["items"][0]["original"]["code"], "not_verified");
}

/// The header of the block that seals a deposit, an hour later.
fn an_hour_later(store: &MemoryStore, number: &str) -> (LeafIndex, Vec<u8>) {
    let index = store.index_of_number(&DepositNumber::parse(number).unwrap()).unwrap().unwrap();
    let mut header = records::sealing_block(store, index).unwrap();
    header.time = Timestamp::from_millis(header.time.as_millis() + 3_600_000).unwrap();
    (header.index(), header.to_string().into_bytes())
}

/// What the court's feed tells of alarms.
async fn alarms(node: &TestNode, judge: &Person) -> Vec<Value> {
    let told = node.session(&judge.token).get(&format!("/v1/feed?court={COURT}&cursor=0&wait=0")).await.json();
    let alarm = |event: &&Value| event["act"] == "diverge";
    told["items"].as_array().unwrap().iter().filter(alarm).map(|one| json!([one["item"], one["finding"]])).collect()
}

#[tokio::test]
async fn a_chain_that_says_something_else_than_was_imported_is_an_alarm_once() {
    let store = Arc::new(MemoryStore::new(origin()));
    let counting = Arc::new(CountingStore::over(store.clone()));
    let plan = NodeConfig { filing_store: Some(counting.clone()), ..NodeConfig::default() };
    let node = TestNode::over(Arc::clone(&store), plan).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let (first, second) =
        (TestNode::number(&node.deposit(&note(1)).await), TestNode::number(&node.deposit(&note(2)).await));
    suit.import(&node, &suit.bringing, &first).await;
    suit.import(&node, &suit.bringing, &second).await;
    suit.file(&node).await;
    let before = suit.view(&node, &suit.judge).await;
    assert_eq!(alarms(&node, &suit.judge).await, Vec::<Value>::new());

    let (index, forged) = an_hour_later(&store, &first);
    counting.forge(index, forged);
    let looks = [&suit.judge, &suit.bringing, &suit.answering, &suit.clerk].map(|who| suit.view(&node, who));
    let looks = futures_util::future::join_all(looks).await;
    for seen in &looks {
        assert_eq!(seen["items"][0]["divergence"]["code"], "facts");
        assert_eq!(seen["items"][1].get("divergence"), None);
        assert_eq!(seen["last_sequence"], before["last_sequence"].as_u64().unwrap() + 1, "one alarm");
        // What was imported stays what is shown.
        assert_eq!(seen["items"][0]["facts"], before["items"][0]["facts"]);
    }
    let verified = suit.verify(&node, &suit.bringing, 1, "file 1", None).await;
    assert_eq!(verified["report"]["conclusion"]["code"], "chain_fault");
    assert_eq!(outcome(&verified["report"], "import_snapshot"), "failed");
    let other = suit.verify(&node, &suit.bringing, 2, "file 2", None).await;
    assert_eq!(other["report"]["conclusion"]["code"], "consistent_with_reservation");
    assert_eq!(alarms(&node, &suit.judge).await, [json!([1, "facts"])]);

    // Nothing to be read at all is another alarm.
    counting.forge(index, b"no header".to_vec());
    for _ in 0..2 {
        assert_eq!(suit.view(&node, &suit.judge).await["items"][0]["divergence"]["code"], "unreadable");
    }
    assert_eq!(alarms(&node, &suit.judge).await, [json!([1, "facts"]), json!([1, "unreadable"])]);
    // Once raised it stays to be seen.
    counting.mend();
    assert_eq!(suit.view(&node, &suit.judge).await["items"][0]["divergence"]["code"], "unreadable");
    assert_eq!(alarms(&node, &suit.judge).await.len(), 2);
}
