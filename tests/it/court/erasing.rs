//! Erasing private content: gone from every file, and everything else as it was.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tiezheng::court::acts::{Act, ActKind, OrderErasure};
use tiezheng::court::ids::{AccountId, CaseId};
use tiezheng::court::line::Line as _;
use tiezheng::desk::secret::random;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::store::RocksStore;

use super::entrusted::{entrust, holds, request};
use super::originals::{draft_with, give, objects, submit};
use crate::support::depositor::origin;
use crate::support::faulty::{Fault, FaultyStore};
use crate::support::house::{House, Plan};
use crate::support::opened::asked;
use crate::support::people::{People, Person};
use crate::support::stores::small;

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

/// A house over a folder that can be searched.
async fn house_in(folder: &Path) -> House {
    let store = RocksStore::create(&folder.join("ledger"), &origin(), &small()).unwrap();
    House::over(Arc::new(store), Plan::default()).await
}

async fn order(house: &House, judge: &Person, case: CaseId, deposit: Option<&str>, account: Option<&str>) {
    let actor = house.desk.authenticate(&judge.token).unwrap();
    let act = Act::OrderErasure(OrderErasure {
        deposit: deposit.map(|number| DepositNumber::parse(number).unwrap()),
        account: account.map(|account| AccountId::parse(account).unwrap()),
    });
    let made = house.desk.act(&actor, case, &asked(), ActKind::OrderErasure, |_, _, _| Ok(act.clone())).await;
    made.unwrap();
}

#[tokio::test]
async fn a_deposit_is_erased_from_every_file_and_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let house = house_in(folder.path()).await;
    let people = People::of(&house).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let (gone, stays) = (name(), name());
    let made = people.by(&alice).create("/v1/entrusted-deposits", &request(b"contract", &gone)).await;
    let number = made["deposit_number"].as_str().unwrap();
    let others = entrust(&people, &bob, b"letter", &stays).await;
    assert_eq!(give(&people.by(&alice), &house, number, b"contract").await.status, 201);
    assert_eq!(give(&people.by(&bob), &house, &others, b"letter").await.status, 201);
    assert!(lies_in(folder.path(), &gone) && lies_in(folder.path(), &stays));
    assert_eq!(objects(&house).len(), 2);

    let asked = json!({ "deposit_number": number });
    let denied = people.by(&bob).post("/v1/erasures", &asked).await;
    assert_eq!(denied.problem(), (404, "not_found".into()));
    let erased = people.by(&alice).keyed("e").create("/v1/erasures", &asked).await;
    assert_eq!(erased["act"]["act"], "erase");
    assert!(!lies_in(folder.path(), &gone), "no file holds it");
    assert!(lies_in(folder.path(), &stays));
    assert_eq!(objects(&house).len(), 1);

    for path in ["private", "original"] {
        let answer = people.by(&alice).get(&format!("/v1/deposits/{number}/{path}")).await;
        assert_eq!(answer.problem(), (410, "erased".into()), "{path}");
    }
    let list = people.by(&alice).get("/v1/entrusted-deposits").await.json();
    assert_eq!((&list["deposits"][0]["erased"], list["deposits"][0].get("name")), (&true.into(), None));
    let private = people.by(&bob).get(&format!("/v1/deposits/{others}/private")).await.json();
    assert_eq!(private["metadata"]["name"], stays.as_str());
    assert_eq!(people.by(&bob).get(&format!("/v1/deposits/{others}/original")).await.bytes, b"letter");
    // The receipt of before, and the one of now.
    holds(&made["receipt"]);
    holds(&house.get(&format!("/v1/deposits/{number}/receipt")).await.json());
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    assert_eq!(log["entries"].as_array().unwrap().last().unwrap()["act"], "erase");

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
    let house = house_in(folder.path()).await;
    let people = People::of(&house).await;
    let (person, title) = (name(), name());
    let bob = people.person(&person).await;
    assert!(lies_in(folder.path(), &person));
    let erased = people.by_operator().create("/v1/erasures", &json!({ "account": bob.account })).await;
    assert_eq!(erased["act"]["stream"], "access");
    assert!(!lies_in(folder.path(), &person));

    let (alice, judge) = (people.person("张三").await, people.judge().await);
    let number = entrust(&people, &alice, b"contract", "合同").await;
    let case = draft_with(&house, &alice, &number, &title).await;
    submit(&house, &alice, case).await;
    let actor = house.desk.authenticate(&judge.token).unwrap();
    let look = house.desk.look_at_case(&actor, case, 0).await.unwrap();
    let annex = look.file.title.unwrap().annex;
    assert_eq!(look.texts[&annex].as_deref(), Some(title.as_str()));
    let body = json!({ "case": case.to_string(), "annexes": [annex.to_string()] });
    let early = people.by(&judge).post("/v1/erasures", &body).await;
    assert_eq!(early.problem(), (403, "not_permitted".into()), "an order comes first");
    // An order about a person is none about the texts.
    order(&house, &judge, case, None, Some(&alice.account)).await;
    let another = people.by(&judge).post("/v1/erasures", &body).await;
    assert_eq!(another.problem(), (403, "not_permitted".into()));
    order(&house, &judge, case, None, None).await;
    assert_eq!(people.by(&alice).post("/v1/erasures", &body).await.problem(), (403, "not_permitted".into()));
    let unknown = json!({ "case": case.to_string(), "annexes": ["0".repeat(64)] });
    assert_eq!(people.by(&judge).post("/v1/erasures", &unknown).await.problem(), (400, "bad_value".into()));
    let erased = people.by(&judge).create("/v1/erasures", &body).await;
    assert_eq!((&erased["act"]["stream"], &erased["act"]["case"]), (&"case".into(), &case.to_string().into()));
    assert!(!lies_in(folder.path(), &title));
    let look = house.desk.look_at_case(&actor, case, 0).await.unwrap();
    assert_eq!(look.texts[&annex], None);
    // The case goes on as it was.
    assert_eq!(look.file.items.len(), 1);
}

#[tokio::test]
async fn nobody_is_told_before_no_file_holds_it() {
    let store = Arc::new(FaultyStore::over(Arc::new(MemoryStore::new(origin()))));
    let house = House::over(Arc::clone(&store), Plan::default()).await;
    let people = People::of(&house).await;
    let alice = people.person("张三").await;
    let number = entrust(&people, &alice, b"contract", "合同").await;
    let asked = json!({ "deposit_number": number });
    store.arm(Fault::PurgeStillHeld);
    let first = people.by(&alice).keyed("e").post("/v1/erasures", &asked).await;
    assert_eq!(first.problem(), (503, "not_purged".into()));
    let private = people.by(&alice).get(&format!("/v1/deposits/{number}/private")).await;
    assert_eq!(private.problem(), (410, "erased".into()), "it is on the chain");
    assert_eq!(house.store.unpurged().unwrap().len(), 1);
    let again = people.by(&alice).keyed("e").post("/v1/erasures", &asked).await;
    assert_eq!((again.status, again.json()["act"]["fresh"].as_bool()), (200, Some(false)));
    assert_eq!(house.store.unpurged().unwrap(), []);
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    assert_eq!(log["entries"].as_array().unwrap().len(), 1, "erased once");
}

#[tokio::test]
async fn a_request_names_one_thing() {
    let house = House::in_memory(Plan::default()).await;
    let people = People::of(&house).await;
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
