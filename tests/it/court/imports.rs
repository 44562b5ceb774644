//! 导入存证平台证据: what an import records and rejects, single and in batches, from this ledger and from others.

use std::sync::Arc;

use serde_json::{Value, json};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::statement::text::{Link, LinkKind, ManifestRoot, Statement};
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;
use tiezheng::wire::receipt::ReceiptJson;

use super::deposits_on_behalf::deposit_on_behalf;
use crate::support::accounts::{COURT, People};
use crate::support::depositor::{note, origin, statement_with};
use crate::support::proceeding::{Proceeding, import};
use crate::support::test_node::{NodeConfig, TestNode};

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn of_a_batch_what_is_good_is_kept_and_sent_again_it_adds_nothing() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let (first, last) = (node.deposit(&note(1)).await, node.deposit(&note(2)).await);
    let (first, last) = (TestNode::number(&first), TestNode::number(&last));
    let last_typed = if first.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last_typed}", &first[..first.len() - 1]);
    let mut of_another_party = import(&last);
    of_another_party["party"] = 2.into();
    let mut replacing_nothing = import(&last);
    replacing_nothing["replaces"] = 7.into();
    let batch = json!({ "imports": [
        import(&first), import(&mistyped), import("T20261122-0K7M-X9QT-3D5W-MP"), of_another_party, replacing_nothing,
        import(&last),
    ]});
    let send = async || {
        let by = node.session(&suit.bringing.token).keyed("batch");
        let answer = by.post(&suit.path("/imports/batch"), &batch).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["results"].as_array().unwrap().clone()
    };
    let results = send().await;
    let verdicts: Vec<_> =
        results.iter().map(|one| one["problem"]["code"].as_str().or(one["status"].as_str()).unwrap()).collect();
    let refused = ["mistyped_number", "no_such_deposit", "not_yours", "no_such_item"];
    assert_eq!(verdicts[1..5], refused);
    assert_eq!((verdicts[0], verdicts[5]), ("imported", "imported"));
    assert!(results.iter().map(|one| one["position"].as_u64().unwrap()).eq(1..=6));
    assert_eq!((&results[0]["import"]["item"], &results[5]["import"]["item"]), (&json!(1), &json!(2)));
    assert_eq!(results[5]["import"]["deposit_number"], last);

    let size = store.published().unwrap().size();
    let again = send().await;
    assert_eq!(store.published().unwrap().size(), size, "nothing is added");
    for (before, again) in results.iter().zip(&again) {
        assert_eq!(before["import"]["act"]["deposit_number"], again["import"]["act"]["deposit_number"]);
        assert_eq!(before["problem"], again["problem"]);
    }
    assert_eq!(again[0]["import"]["act"]["fresh"], false);
    let seen = suit.view(&node, &suit.bringing).await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    let many = json!({ "imports": vec![import(&first); 201] });
    let refused = node.session(&suit.bringing.token).post(&suit.path("/imports/batch"), &many).await;
    assert_eq!(refused.problem(), (413, "batch_too_long".into()));
}

#[tokio::test]
async fn what_comes_after_the_period_is_taken_and_marked() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    suit.file(&node).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let in_time = suit.import(&node, &suit.answering, &number).await;
    assert_eq!((&in_time["late"], &in_time["phase"]["code"]), (&json!(false), &json!("supplementary")));
    assert_eq!(codes(&in_time["warnings"]), ["not_verified"]);
    let period = json!({ "act": "set-period", "basis": "ordinary", "start": "2026-11-21", "days": 15, "party": 2 });
    suit.act(&node, &suit.judge, period).await;
    node.clock.shift(20 * 24 * 60 * 60 * 1000, std::time::Duration::from_hours(20 * 24));
    let second = TestNode::number(&node.deposit(&note(2)).await);
    let late = suit.import(&node, &suit.answering, &second).await;
    assert_eq!(late["late"], true);
    assert_eq!(codes(&late["warnings"]), ["not_verified", "imported_late"]);
    let third = TestNode::number(&node.deposit(&note(3)).await);
    let mut replaces = import(&third);
    replaces["replaces"] = 1.into();
    let by = node.session(&suit.answering.token);
    assert_eq!(by.post(&suit.path("/imports"), &replaces).await.problem(), (409, "period_ended".into()));
    // What was in time stays so.
    let items = suit.view(&node, &suit.bringing).await["items"].clone();
    assert_eq!((&items[0]["late"], &items[1]["late"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn who_deposited_it_is_said() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let own = deposit_on_behalf(&people, &suit.bringing, b"contract", "合同").await;
    let others = deposit_on_behalf(&people, &suit.answering, b"invoice", "发票").await;
    let nobodys = TestNode::number(&node.deposit(&note(1)).await);
    for (number, depositor, warned) in
        [(&own, "same", false), (&others, "different", true), (&nobodys, "unknown", false)]
    {
        let imported = suit.import(&node, &suit.bringing, number).await;
        assert_eq!(imported["depositor"]["code"], depositor);
        assert_eq!(codes(&imported["warnings"]).contains(&"depositor_different"), warned, "{depositor}");
    }
}

#[tokio::test]
async fn earlier_deposits_and_later_words_about_it_are_shown() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let earlier = TestNode::number(&node.deposit(&note(1)).await);
    // Another depositor of the same file.
    let same = statement_with(2, 1, |_| {});
    let number = TestNode::number(&node.deposit(same.note()).await);
    let says = async |n: u64, kind: LinkKind| {
        let links = vec![Link { kind, number: DepositNumber::parse(&number).unwrap() }];
        TestNode::number(&node.deposit(statement_with(2, n, |statement| statement.links = links).note()).await)
    };
    let imported = suit.import(&node, &suit.bringing, &number).await;
    assert_eq!(imported["earlier_deposits"]["items"], json!([{ "deposit_number": earlier, "status": "verified" }]));
    assert_eq!(imported["later_links"]["items"], json!([]));
    let (corrected, withdrawn) = (says(10, LinkKind::Corrects).await, says(11, LinkKind::Withdraws).await);
    let item = node.session(&suit.bringing.token).get(&suit.path("/items/1")).await.json();
    let links: Vec<_> =
        item["later_links"]["items"].as_array().unwrap().iter().map(|l| (&l["kind"], &l["deposit_number"])).collect();
    assert_eq!(links, [(&json!("withdraws"), &json!(withdrawn)), (&json!("corrects"), &json!(corrected))]);
    assert_eq!(item.get("divergence"), None, "what others say of it changes no fact");
    suit.file(&node).await;
    let again = suit.import(&node, &suit.answering, &number).await;
    let warnings = codes(&again["warnings"]);
    for code in ["not_verified", "deposit_withdrawn", "deposit_corrected"] {
        assert!(warnings.contains(&code), "{warnings:?}");
    }
}

/// A deposit of `file 1` on another ledger of this name and key: its number, receipt and ledger key.
async fn elsewhere(name: &str, seed: u8) -> (String, Receipt, String) {
    elsewhere_with(name, seed, |_| {}).await
}

/// As [`elsewhere`], of a statement that is changed first.
async fn elsewhere_with(name: &str, seed: u8, change: impl FnOnce(&mut Statement)) -> (String, Receipt, String) {
    let name = Name::parse(name).unwrap();
    let key = Signer::new(name.clone(), &[seed; 32]).unwrap();
    let verifier = key.verifier().to_string();
    let successor = Signer::new(name.clone(), &[seed + 1; 32]).unwrap().verifier().clone();
    let store = Arc::new(MemoryStore::new(name.clone()));
    let genesis = Genesis { mode: Mode::Test, successor };
    let clock = NodeConfig::default().clock.share();
    let (sequencer, running) = start(store, key, Some(&genesis), clock, &Options::default()).unwrap();
    let statement = statement_with(1, 1, |statement| {
        statement.ledger = name;
        change(statement);
    });
    let receipt = sequencer.deposit(statement.note().clone(), None).await.unwrap().receipt;
    running.shutdown();
    (TestNode::number(&receipt), receipt, verifier)
}

fn with_receipt(number: &str, receipt: &Receipt) -> Value {
    let mut asked = import(number);
    asked["receipt"] = serde_json::to_value(ReceiptJson::from(receipt)).unwrap();
    asked
}

#[tokio::test]
async fn another_ledgers_deposit_is_taken_once_its_key_is_on_the_courts_list() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let (number, receipt, key) = elsewhere("other.example/ledger", 9).await;
    let by = node.session(&suit.bringing.token);
    let path = suit.path("/imports");
    let asked = with_receipt(&number, &receipt);
    assert_eq!(by.post(&path, &import(&number)).await.problem(), (422, "no_such_deposit".into()));
    assert_eq!(by.post(&path, &asked).await.problem(), (422, "ledger_not_listed".into()));
    // Another court's list opens nothing here.
    let list = |court: &str| format!("/v1/courts/{court}/ledgers");
    people.by_operator().create(&list("京0491"), &json!({ "key": key })).await;
    assert_eq!(by.post(&path, &asked).await.problem(), (422, "ledger_not_listed".into()));
    people.by_operator().create(&list(COURT), &json!({ "key": key })).await;
    let wrong = with_receipt("T20261122-0K7M-X9QT-3D5W-MP", &receipt);
    assert_eq!(by.post(&path, &wrong).await.problem(), (422, "broken_receipt".into()));
    let mut forged = receipt.clone();
    forged.entry = forged.entry.replacen("received 2026-11-22", "received 2025-11-22", 1);
    assert_ne!(forged.entry, receipt.entry);
    assert_eq!(by.post(&path, &with_receipt(&number, &forged)).await.problem(), (422, "broken_receipt".into()));
    let (_, unknown_key, _) = elsewhere("other.example/ledger", 11).await;
    let refused = by.post(&path, &with_receipt(&number, &unknown_key)).await;
    assert_eq!(refused.problem(), (422, "ledger_not_listed".into()));

    let imported = by.create(&path, &asked).await;
    assert_eq!(
        (&imported["ledger"], &imported["depositor"]["code"]),
        (&json!("other.example/ledger"), &json!("unknown"))
    );
    let facts = imported["facts"].as_array().unwrap();
    assert_eq!(facts[0]["value"], imported["tx_id"]);
    // The file alone: the receipt was kept.
    let good = suit.verify(&node, &suit.bringing, 1, "file 1", None).await;
    assert_eq!(good["report"]["conclusion"]["code"], "consistent_with_reservation", "{good}");
    let bad = suit.verify(&node, &suit.bringing, 1, "file 2", None).await;
    assert_eq!(bad["report"]["conclusion"]["code"], "mismatch");
    let item = by.get(&suit.path("/items/1")).await.json();
    assert_eq!((&item["original"]["code"], item.get("divergence")), (&json!("mismatch"), None));
}

/// Many items under one statement, of this ledger and of another: the fifth fact is the manifest root with the number of its items.
#[tokio::test]
async fn an_item_of_a_manifest_shows_its_root_as_the_data_hash() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let root = ManifestRoot { root: sha256(b"root"), count: 3 };
    let as_manifest = |statement: &mut Statement| (statement.content, statement.manifest) = (None, Some(root));
    let own = TestNode::number(&node.deposit(statement_with(1, 77, as_manifest).note()).await);
    let (foreign, receipt, key) = elsewhere_with("other.example/ledger", 9, as_manifest).await;
    people.by_operator().create(&format!("/v1/courts/{COURT}/ledgers"), &json!({ "key": key })).await;
    let by = node.session(&suit.bringing.token);
    for (item, asked) in [(1, import(&own)), (2, with_receipt(&foreign, &receipt))] {
        let imported = by.create(&suit.path("/imports"), &asked).await;
        let viewed = by.get(&suit.path(&format!("/items/{item}"))).await.json();
        let in_the_case = suit.view(&node, &suit.bringing).await["items"][item - 1].clone();
        for shown in [&imported, &viewed, &in_the_case] {
            let expected = json!({ "root": root.root.to_string(), "count": 3 });
            assert_eq!((&shown["manifest"], &shown["data_hash"]), (&expected, &json!([])), "{item}: {shown}");
            assert_eq!(shown["facts"][4]["value"], format!("manifest {} 3", root.root), "{item}");
        }
    }
}

#[tokio::test]
async fn a_ledger_that_calls_itself_by_our_name_is_no_other_ledger() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let (number, receipt, key) = elsewhere(&origin().to_string(), 9).await;
    people.by_operator().create(&format!("/v1/courts/{COURT}/ledgers"), &json!({ "key": key })).await;
    let refused =
        node.session(&suit.bringing.token).post(&suit.path("/imports"), &with_receipt(&number, &receipt)).await;
    assert_eq!(refused.problem(), (422, "ledger_not_listed".into()));
    assert_eq!(suit.view(&node, &suit.bringing).await["items"], json!([]));
}

#[tokio::test]
async fn a_party_offers_a_deposit_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let by = || node.session(&suit.bringing.token);
    let first = by().keyed("one").post(&suit.path("/imports"), &import(&number)).await;
    assert_eq!(first.status, 201, "{}", first.text());
    // The same request is answered as before; another one names the item that is there.
    let again = by().keyed("one").post(&suit.path("/imports"), &import(&number)).await;
    assert_eq!((again.status, &again.json()["item"]), (200, &json!(1)));
    let twice = by().keyed("two").post(&suit.path("/imports"), &import(&number)).await;
    assert_eq!(twice.problem(), (409, "already_imported".into()));
    assert_eq!(twice.json()["item"], 1);
    assert!(twice.json()["detail"].as_str().unwrap().contains(&number), "{}", twice.text());
    let batch = json!({ "imports": [import(&number)] });
    let batch = by().post(&suit.path("/imports/batch"), &batch).await.json();
    assert_eq!(batch["results"][0]["problem"]["code"], "already_imported");
    // In the place of that item, and after it was withdrawn, it is a new one.
    let mut replacing = import(&number);
    replacing["replaces"] = 1.into();
    assert_eq!(by().create(&suit.path("/imports"), &replacing).await["item"], 2);
    suit.act(&node, &suit.bringing, json!({ "act": "withdraw-item", "item": 2 })).await;
    let third = suit.import(&node, &suit.bringing, &number).await;
    assert_eq!(third["item"], 3);
    assert!(!codes(&third["warnings"]).contains(&"imported_by_other_party"), "{third}");
    // Another party may offer the same deposit, and is told.
    suit.file(&node).await;
    let other = suit.import(&node, &suit.answering, &number).await;
    assert_eq!(other["item"], 4);
    assert!(codes(&other["warnings"]).contains(&"imported_by_other_party"), "{other}");
    assert_eq!(suit.try_import(&node, &suit.answering, &number).await.json()["item"], 4);
}
