//! Erasure of private content: removed from every file, with everything else unchanged.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tiezheng::court::acts::{Act, ActKind, OrderErasure};
use tiezheng::court::ids::{AccountId, CaseId};
use tiezheng::court::line_value::LineValue as _;
use tiezheng::filing::secret::random;
use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::private_store::{ErasureStage, PrivateStore};

use super::deposits_on_behalf::{deposit_on_behalf, holds, request};
use super::originals::{draft_with, give, objects, submit};
use crate::support::accounts::{People, Person, Session};
use crate::support::counting_store::CountingStore;
use crate::support::depositor::{note, origin};
use crate::support::draft_case::new_request;
use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::stores::small;
use crate::support::test_node::{NodeConfig, TestNode};

/// A name that nothing else is called by.
fn name() -> String {
    format!("证据{}", hex::encode(random::<16>().unwrap()))
}

/// Whether any file of the folder holds these bytes.
fn lies_in(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return lies_in(&path, text);
        }
        // The database may remove a file between the listing and the look: that one holds nothing any more.
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            bytes => bytes.unwrap(),
        };
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// Requests an erasure that must be accepted; its answer.
pub(super) async fn requested(by: &Session<'_>, body: &Value) -> Value {
    let answer = by.post("/v1/erasures", body).await;
    assert_eq!(answer.status, 202, "{body}: {}", answer.text());
    let json = answer.json();
    assert_eq!(answer.header("location"), format!("/v1/erasures/{}", json["id"].as_str().unwrap()));
    assert_eq!(json["id"], json["act"]["deposit_number"]);
    json
}

/// The erasure once its state is settled.
async fn settled(by: &Session<'_>, erasure: &Value) -> Value {
    let answer = by.get(&format!("/v1/erasures/{}?wait=60", erasure["id"].as_str().unwrap())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Requests an erasure and waits until it is confirmed.
pub(super) async fn erased(by: &Session<'_>, body: &Value) -> Value {
    let erasure = settled(by, &requested(by, body).await).await;
    assert_eq!(erasure["state"]["code"], "confirmed", "{erasure}");
    erasure
}

/// A node over a folder whose files can be searched.
async fn node_in(folder: &Path) -> TestNode {
    let store = RocksStore::create(&folder.join("ledger"), &origin(), &small()).unwrap();
    TestNode::over(Arc::new(store), NodeConfig::default()).await
}

async fn order(node: &TestNode, judge: &Person, case: CaseId, document: &str, account: Option<&str>) {
    let actor = node.filing.authenticate(&judge.token).unwrap();
    let act = Act::OrderErasure(OrderErasure {
        deposit: None,
        account: account.map(|account| AccountId::parse(account).unwrap()),
        document: Some(DepositNumber::parse(document).unwrap()),
    });
    let made = node.filing.act(&actor, case, &new_request(), ActKind::OrderErasure, |_, _, _| Ok(act.clone())).await;
    made.unwrap();
}

#[tokio::test]
async fn a_deposit_is_erased_from_every_file_and_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let node = node_in(folder.path()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let (gone, stays) = (name(), name());
    let made = people.by(&alice).create("/v1/entrusted-deposits", &request(b"contract", &gone)).await;
    let number = made["deposit_number"].as_str().unwrap();
    let others = deposit_on_behalf(&people, &bob, b"letter", &stays).await;
    assert_eq!(give(&people.by(&alice), &node, number, b"contract").await.status, 201);
    assert_eq!(give(&people.by(&bob), &node, &others, b"letter").await.status, 201);
    assert!(lies_in(folder.path(), &gone) && lies_in(folder.path(), &stays));
    assert_eq!(objects(&node).len(), 2);

    let asked = json!({ "deposit_number": number });
    let denied = people.by(&bob).post("/v1/erasures", &asked).await;
    assert_eq!(denied.problem(), (404, "not_found".into()));
    let erased = erased(&people.by(&alice).keyed("e"), &asked).await;
    assert_eq!((&erased["act"]["act"], erased["confirmed_at"].is_string()), (&"erase".into(), true));
    assert!(!lies_in(folder.path(), &gone), "no file holds it");
    assert!(lies_in(folder.path(), &stays));
    assert_eq!(objects(&node).len(), 1);

    for path in ["private", "original"] {
        let answer = people.by(&alice).get(&format!("/v1/deposits/{number}/{path}")).await;
        assert_eq!(answer.problem(), (410, "erased".into()), "{path}");
    }
    let list = people.by(&alice).get("/v1/entrusted-deposits").await.json();
    assert_eq!((&list["items"][0]["erased"], list["items"][0].get("name")), (&true.into(), None));
    let private = people.by(&bob).get(&format!("/v1/deposits/{others}/private")).await.json();
    assert_eq!(private["metadata"]["name"], stays.as_str());
    assert_eq!(people.by(&bob).get(&format!("/v1/deposits/{others}/original")).await.bytes, b"letter");
    // The receipt of before, and the one of now.
    holds(&made["receipt"]);
    holds(&node.get(&format!("/v1/deposits/{number}/receipt")).await.json());
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().last().unwrap()["act"], "erase");

    // Asked again, under the same name or another: the erasure that was.
    for key in ["e", "f"] {
        let again = people.by(&alice).keyed(key).post("/v1/erasures", &asked).await;
        assert_eq!(again.status, 200, "{}", again.text());
        assert_eq!(again.json()["notice_index"], erased["notice_index"]);
    }
}

#[tokio::test]
async fn an_account_and_a_text_of_a_case_are_erased() {
    let folder = tempfile::tempdir().unwrap();
    let node = node_in(folder.path()).await;
    let people = People::of(&node).await;
    let (person, title) = (name(), name());
    let bob = people.person(&person).await;
    assert!(lies_in(folder.path(), &person));
    let by_operator = erased(&people.by_operator(), &json!({ "account": bob.account })).await;
    assert_eq!(by_operator["act"]["stream"], "access");
    // The person concerned sees it too; another does not.
    let path = format!("/v1/erasures/{}", by_operator["id"].as_str().unwrap());
    assert_eq!(people.by(&bob).get(&path).await.json()["state"]["code"], "confirmed");
    let other = people.person("王五").await;
    assert_eq!(people.by(&other).get(&path).await.problem(), (404, "not_found".into()));
    assert!(!lies_in(folder.path(), &person));

    let (alice, judge) = (people.person("张三").await, people.judge().await);
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let case = draft_with(&node, &alice, &number, &title).await;
    submit(&node, &alice, case).await;
    let actor = node.filing.authenticate(&judge.token).unwrap();
    let look = node.filing.view_case(&actor, case, 0, 200).await.unwrap();
    let annex = look.file.title.unwrap().annex;
    assert_eq!(look.texts[&annex].as_deref(), Some(title.as_str()));
    let body = json!({ "case": case.to_string(), "annexes": [annex.to_string()] });
    let early = people.by(&judge).post("/v1/erasures", &body).await;
    assert_eq!(early.problem(), (403, "not_permitted".into()), "an order comes first");
    // An order about a person is none about the texts.
    order(&node, &judge, case, &number, Some(&alice.account)).await;
    let another = people.by(&judge).post("/v1/erasures", &body).await;
    assert_eq!(another.problem(), (403, "not_permitted".into()));
    order(&node, &judge, case, &number, None).await;
    assert_eq!(people.by(&alice).post("/v1/erasures", &body).await.problem(), (403, "not_permitted".into()));
    let unknown = json!({ "case": case.to_string(), "annexes": ["0".repeat(64)] });
    assert_eq!(people.by(&judge).post("/v1/erasures", &unknown).await.problem(), (400, "bad_value".into()));
    let erased = erased(&people.by(&judge), &body).await;
    assert_eq!((&erased["act"]["stream"], &erased["act"]["case"]), (&"case".into(), &case.to_string().into()));
    assert!(!lies_in(folder.path(), &title));
    let look = node.filing.view_case(&actor, case, 0, 200).await.unwrap();
    assert_eq!(look.texts[&annex], None);
    // The case goes on as it was.
    assert_eq!(look.file.items.size(), 1);
}

#[tokio::test]
async fn an_erasure_is_confirmed_only_once_no_file_holds_the_content() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let asked = json!({ "deposit_number": number });
    store.arm(Fault::ErasureStillHeld);
    let first = requested(&people.by(&alice).keyed("e"), &asked).await;
    let failed = settled(&people.by(&alice), &first).await;
    assert_eq!((&failed["state"]["code"], &failed["failure"]["code"]), (&"failed".into(), &"still_held".into()));
    assert!(!failed["text"]["en"].as_str().unwrap().contains("no file"), "{failed}");
    let private = people.by(&alice).get(&format!("/v1/deposits/{number}/private")).await;
    assert_eq!(private.problem(), (410, "erased".into()), "unreadable at once");
    // The same request: the same erasure, tried again at once.
    let again = people.by(&alice).keyed("e").post("/v1/erasures", &asked).await.json();
    assert_eq!((&again["id"], &again["act"]["fresh"]), (&first["id"], &false.into()));
    while settled(&people.by(&alice), &first).await["state"]["code"] != "confirmed" {}
    assert_eq!(node.store.pending_erasures().unwrap(), []);
    let over = people.by(&alice).keyed("e").post("/v1/erasures", &asked).await;
    assert_eq!((over.status, &over.json()["state"]["code"]), (200, &"confirmed".into()));
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "erased once");
}

#[tokio::test]
async fn no_request_waits_for_a_pass_and_one_pass_takes_all_that_came_meanwhile() {
    let store = Arc::new(MemoryStore::new(origin()));
    let counting = Arc::new(CountingStore::over(Arc::clone(&store) as Arc<dyn FilingStore>));
    let (reached, mut stages) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    counting.on_erasure(move |stage| {
        let _ = reached.send(stage);
        // Until the test lets go: then the channel is closed, and no later pass waits.
        let _ = gate.lock().unwrap().recv();
    });
    let plan = NodeConfig { filing_store: Some(counting.clone()), ..NodeConfig::default() };
    let node = TestNode::over(store, plan).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let by = people.by(&alice);
    let mut numbers = Vec::new();
    for n in 0..4 {
        numbers.push(deposit_on_behalf(&people, &alice, format!("file {n}").as_bytes(), "合同").await);
    }
    let first = requested(&by, &json!({ "deposit_number": numbers[0] })).await;
    assert_eq!(stages.recv().await, Some(ErasureStage::Compacting));
    // The pass stands still, and everything else goes on.
    let state = async |erasure: &Value| {
        let answer = by.get(&format!("/v1/erasures/{}", erasure["id"].as_str().unwrap())).await.json();
        answer["state"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&first).await, "compacting");
    node.deposit(&note(1)).await;
    let mut later = Vec::new();
    for number in &numbers[1..] {
        later.push(requested(&by, &json!({ "deposit_number": number })).await);
        assert_eq!(by.get(&format!("/v1/deposits/{number}/private")).await.problem(), (410, "erased".into()));
    }
    for erasure in &later {
        assert_eq!(state(erasure).await, "tombstoned");
    }
    drop(go_on);
    for erasure in later.iter().chain([&first]) {
        assert_eq!(settled(&by, erasure).await["state"]["code"], "confirmed");
    }
    assert_eq!(counting.take_reads()["complete_erasures"], 2, "the three that came meanwhile are one pass");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The folder as a crash at each stage leaves it: a node that starts on it completes the erasure.
#[tokio::test]
async fn a_node_that_crashed_at_any_stage_completes_the_erasure_after_its_start() {
    let (folder, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Arc::new(RocksStore::create(&folder.path().join("ledger"), &origin(), &small()).unwrap());
    let counting = Arc::new(CountingStore::over(Arc::clone(&store) as Arc<dyn FilingStore>));
    let (ledger, copies) = (folder.path().join("ledger"), crashed.path().to_owned());
    counting.on_erasure(move |stage| {
        let to = match stage {
            ErasureStage::Compacting => copies.join("compacting"),
            ErasureStage::Searching { .. } => copies.join("searching"),
        };
        if !to.exists() {
            copy(&ledger, &to);
        }
    });
    let plan = NodeConfig { filing_store: Some(counting.clone()), ..NodeConfig::default() };
    let node = TestNode::over(store, plan).await;
    let people = People::of(&node).await;
    let (alice, gone) = (people.person("张三").await, name());
    let number = deposit_on_behalf(&people, &alice, b"contract", &gone).await;
    let erasure = erased(&people.by(&alice), &json!({ "deposit_number": number })).await;
    assert!(!lies_in(folder.path(), &gone));
    drop(node);
    assert!(lies_in(&crashed.path().join("compacting"), &gone), "the copy was made before the files were rewritten");
    for stage in ["compacting", "searching"] {
        let folder = crashed.path().join(stage);
        let store = Arc::new(RocksStore::open(&folder, &small()).unwrap());
        assert_eq!(store.pending_erasures().unwrap().len(), 1, "{stage}");
        let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
        let by = node.session(&alice.token);
        assert_eq!(settled(&by, &erasure).await["state"]["code"], "confirmed", "{stage}");
        assert!(!lies_in(&folder, &gone), "{stage}");
        assert_eq!(store.pending_erasures().unwrap(), [], "{stage}");
    }
}

#[tokio::test]
async fn a_request_names_one_thing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let account = &people.operator.account;
    for body in [
        json!({}),
        json!({ "account": account, "deposit_number": "20261122-0K7M-X9QT-3D5W-C3" }),
        json!({ "case": account }),
        json!({ "account": account, "annexes": ["00"] }),
        json!({ "account": "00" }),
    ] {
        let answer = people.by_operator().post("/v1/erasures", &body).await;
        assert_eq!(answer.problem(), (400, "bad_value".into()), "{body}");
    }
    let nobody = json!({ "deposit_number": "20261122-0K7M-X9QT-3D5W-C3" });
    assert_eq!(people.by_operator().post("/v1/erasures", &nobody).await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn an_erasure_is_found_by_the_number_of_the_deposit_too() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, other) = (people.person("张三").await, people.person("王五").await);
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let path = format!("/v1/erasures/{number}");
    assert_eq!(people.by(&alice).get(&path).await.problem(), (404, "not_erased".into()));
    assert_eq!(people.by(&other).get(&path).await.problem(), (404, "not_found".into()));
    let erased = erased(&people.by(&alice), &json!({ "deposit_number": number })).await;
    let found = people.by(&alice).get(&path).await.json();
    assert_eq!((&found["id"], &found["notice_index"]), (&erased["id"], &erased["notice_index"]));
    assert_eq!(people.by_operator().get(&path).await.json()["id"], erased["id"]);
    // Nobody else learns whether it was.
    assert_eq!(people.by(&other).get(&path).await.problem(), (404, "not_found".into()));
    let own_key = TestNode::number(&node.deposit(&note(1)).await);
    assert_eq!(people.by(&alice).get(&format!("/v1/erasures/{own_key}")).await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn the_log_of_an_account_shows_who_erased_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let bob = people.person("李四").await;
    let erased = erased(&people.by_operator(), &json!({ "account": bob.account })).await;
    let log = people.by(&bob).get(&format!("/v1/accounts/{}/access-log", bob.account)).await.json();
    let last = log["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["shown"], &last["deposit_number"]), (&json!("erased"), &erased["id"]));
    assert_eq!((&last["by"], &last["capacity"]), (&json!(people.operator.account), &json!("operator")));
    let places: Vec<_> = log["items"].as_array().unwrap().iter().map(|one| one["sequence"].as_u64().unwrap()).collect();
    assert!(places.iter().copied().eq(1..=places.len() as u64), "{places:?}");
}
