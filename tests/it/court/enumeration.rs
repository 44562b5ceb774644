//! Guessing ids reveals nothing: a foreign object and a missing one get the same answer after the same reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tiezheng::court::case::reference::CaseReference;
use tiezheng::court::ids::CaseId;
use tiezheng::ledger::hash::Digest;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;

use super::deposits_on_behalf::deposit_on_behalf;
use super::erasing::requested;
use super::originals::{draft_with, give, submit};
use crate::support::accounts::{COURT, People, Person};
use crate::support::counting_store::CountingStore;
use crate::support::depositor::{note, origin};
use crate::support::draft_case::draft_case;
use crate::support::proceeding::{Proceeding, import};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const JSON: &str = "application/json";
const FILE: &str = "application/octet-stream";

/// A node that counts its reads.
async fn watched() -> (TestNode, Arc<CountingStore>) {
    let store = Arc::new(MemoryStore::new(origin()));
    let counting = Arc::new(CountingStore::over(store.clone()));
    (TestNode::over(store, watched_by(&counting)).await, counting)
}

fn watched_by(counting: &Arc<CountingStore>) -> NodeConfig {
    NodeConfig { reader: Some(counting.clone()), filing_store: Some(counting.clone()), ..NodeConfig::default() }
}

/// What an account without access observes: the answer without its date, and the reads behind it.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    reads: BTreeMap<&'static str, usize>,
}

impl Told {
    fn of(mut answer: Answer, counting: &CountingStore) -> Self {
        answer.headers.remove("date");
        let value = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = answer.headers.iter().map(|(name, one)| (name.to_string(), value(one))).collect();
        let mut reads = counting.take_reads();
        // The erasure job looks once, when the node starts.
        reads.remove("pending_erasures");
        // The feed's followers remember how far they have come, at any time.
        reads.remove("set_cursor");
        Self { status: answer.status, headers, body: answer.text().to_owned(), reads }
    }
}

/// All that can be asked of a case and its items: method, rest of the path, media type, body.
fn questions(number: &str) -> Vec<(Method, &'static str, &'static str, String)> {
    let get = |rest| (Method::GET, rest, JSON, String::new());
    let post = |rest, body: serde_json::Value| (Method::POST, rest, JSON, body.to_string());
    let transfer = json!({
        "transfer": "second-instance", "court": COURT, "kind": "civil-second", "procedure": "second-instance",
    });
    vec![
        get(""),
        get("/acts"),
        get("/acts?limit=1&cursor=1"),
        get("/access-log"),
        get("/items/1"),
        get("/items/9"),
        get("/documents"),
        post("/acts", json!({ "act": "describe", "title": "一" })),
        post("/acts", json!({ "act": "reply", "item": 1, "authenticity": "admitted" })),
        post("/acts", json!({ "act": "consent", "item": 9 })),
        post("/imports", import(number)),
        post("/imports", import("20261122-0K7M-X9QT-3D5W-C3")),
        post("/imports/batch", json!({ "imports": [import(number)] })),
        post("/items/1/verification", json!({ "algorithm": "sm3", "value": "ab".repeat(32) })),
        (Method::POST, "/items/1/verification", FILE, "file 1".into()),
        post("/codes", json!({ "party": 2, "party_uses": 1, "agent_uses": 1, "days": 30 })),
        post("/transfer", transfer),
        post("/hand-overs", json!({ "kind": "second-instance", "to": "粤01", "basis": number })),
        get("/hand-overs/1"),
        post("/hand-overs/1", json!({ "step": "receive" })),
    ]
}

#[tokio::test]
async fn a_foreign_case_and_its_items_are_read_as_often_as_those_that_are_not_there() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    suit.import(&node, &suit.bringing, &number).await;
    suit.file(&node).await;
    let (stranger, clerk) = (people.person("王五").await, people.of_court("书记员", "clerk", "京0491").await);
    drop(node);
    // Begun anew, so that no case is remembered: one that is costs no more reads than one that is not there.
    let counting = Arc::new(CountingStore::over(store.clone()));
    let node = TestNode::over(store, watched_by(&counting)).await;
    let size = counting.published().unwrap().size();
    for who in [&stranger, &clerk] {
        for (method, rest, media_type, body) in questions(&number) {
            let ask = async |case: &str| {
                let path = format!("/v1/cases/{case}{rest}");
                let request = node.session(&who.token).request(method.clone(), &path).header(CONTENT_TYPE, media_type);
                counting.take_reads();
                Told::of(node.send(request.body(body.clone())).await, &counting)
            };
            let (foreign, unknown) = (ask(&suit.case).await, ask(&"ab".repeat(32)).await);
            assert_eq!(foreign, unknown, "{method} {rest} {body}");
            assert_eq!(foreign.status, 404, "{method} {rest} {body}: {}", foreign.body);
            // Without a role at a receiving court, a hand-over is refused before anything is read.
            let refused_before = rest.starts_with("/hand-overs") && foreign.reads.is_empty();
            assert!(refused_before || foreign.reads.values().sum::<usize>() > 0, "the count counts: {method} {rest}");
        }
    }
    assert_eq!(counting.published().unwrap().size(), size, "nothing was written");
}

/// The short names of a case are looked up among one's own cases only. A name that belongs to a foreign case gets the answer, and costs
/// the reads, of a name that belongs to none.
#[tokio::test]
async fn a_reference_and_a_case_number_of_a_foreign_case_are_answered_like_those_of_none() {
    let (node, counting) = watched().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.submit(&node).await;
    suit.act(&node, &suit.clerk, json!({ "act": "approve" })).await;
    suit.act(&node, &suit.clerk, json!({ "act": "file-case", "number": "（2026）粤0192民初1号" })).await;
    let reference = suit.view(&node, &suit.bringing).await["reference"].as_str().unwrap().to_owned();
    // A reference that reads as one: that of an id which no case has.
    let none = CaseReference::of(CaseId(Digest([7; 32]))).to_string();
    let (stranger, clerk) = (people.person("王五").await, people.of_court("书记员", "clerk", "京0491").await);
    let own = people.by(&suit.bringing).get(&format!("/v1/cases/{reference}")).await;
    assert_eq!(own.status, 200, "{}", own.text());
    for (foreign, unknown) in [(&*reference, &*none), ("（2026）粤0192民初1号", "（2026）粤0192民初2号")] {
        for who in [&stranger, &clerk] {
            for (method, rest, body) in [
                (Method::GET, "", String::new()),
                (Method::GET, "/acts", String::new()),
                (Method::GET, "/items/1", String::new()),
                (Method::POST, "/acts", json!({ "act": "describe", "title": "一" }).to_string()),
            ] {
                let ask = async |case: &str| {
                    let path = format!("/v1/cases/{}{rest}", urlencoded(case));
                    let request = node.session(&who.token).request(method.clone(), &path).header(CONTENT_TYPE, JSON);
                    counting.take_reads();
                    Told::of(node.send(request.body(body.clone())).await, &counting)
                };
                let (foreign, unknown) = (ask(foreign).await, ask(unknown).await);
                assert_eq!(foreign, unknown, "{method} {rest}");
                assert_eq!(foreign.status, 404, "{}", foreign.body);
            }
        }
    }
}

fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What `who` is told of a deposit's private content.
async fn told(node: &TestNode, counting: &CountingStore, who: &Person, number: &str) -> Vec<Told> {
    let mut told = Vec::new();
    for rest in ["private", "original", "access-log"] {
        counting.take_reads();
        let answer = node.session(&who.token).get(&format!("/v1/deposits/{number}/{rest}")).await;
        assert_eq!(answer.problem(), (404, "not_found".into()));
        told.push(Told::of(answer, counting));
    }
    counting.take_reads();
    told.push(Told::of(give(&node.session(&who.token), node, number, b"file 1").await, counting));
    told
}

#[tokio::test]
async fn a_foreign_deposit_is_answered_like_one_that_holds_nothing_or_is_not_there() {
    let (node, counting) = watched().await;
    let people = People::of(&node).await;
    let (alice, stranger) = (people.person("张三").await, people.person("王五").await);
    let with_private = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    assert_eq!(give(&people.by(&alice), &node, &with_private, b"contract").await.status, 201);
    let without = TestNode::number(&node.deposit(&note(1)).await);
    let foreign = told(&node, &counting, &stranger, &with_private).await;
    // That a deposit exists, everybody may know: what it holds beside, nobody can count.
    assert_eq!(foreign, told(&node, &counting, &stranger, &without).await);
    let unknown = told(&node, &counting, &stranger, "T20261122-0K7M-X9QT-3D5W-MP").await;
    for (foreign, mut unknown) in foreign.into_iter().zip(unknown) {
        assert_eq!(foreign.reads.get("leaves"), Some(&1), "the public entry itself");
        unknown.reads.extend([("leaves", 1), ("rows", 1)]);
        assert_eq!(foreign, unknown);
    }
}

/// All ways to ask for the private content of a deposit: alone, in a case that is not there, in one's own draft.
async fn told_in_cases(
    node: &TestNode,
    counting: &CountingStore,
    who: &Person,
    number: &str,
    draft: &str,
) -> Vec<Told> {
    let mut told = Vec::new();
    for rest in ["private", "original"] {
        for query in [String::new(), format!("?case={}", "ab".repeat(32)), format!("?case={draft}")] {
            let path = format!("/v1/deposits/{number}/{rest}{query}");
            // Once before, so that the draft's state is cached.
            node.session(&who.token).get(&path).await;
            counting.take_reads();
            let answer = node.session(&who.token).get(&path).await;
            assert_eq!(answer.problem(), (404, "not_found".into()), "{path}");
            told.push(Told::of(answer, counting));
        }
    }
    for case in ["ab".repeat(32), draft.to_owned()] {
        let path = format!("/v1/deposits/{number}/original?case={case}");
        let request = node.session(&who.token).request(Method::PUT, &path).header(CONTENT_TYPE, FILE);
        counting.take_reads();
        let answer = node.send(request.body("one")).await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{path}");
        told.push(Told::of(answer, counting));
    }
    told
}

#[tokio::test]
async fn in_how_many_cases_a_deposit_stands_changes_no_look_up_for_a_stranger() {
    let (node, counting) = watched().await;
    let people = People::of(&node).await;
    let (alice, stranger) = (people.person("张三").await, people.person("王五").await);
    let other = people.person("赵六").await;
    let numbers = [
        deposit_on_behalf(&people, &alice, b"one", "合同").await,
        deposit_on_behalf(&people, &alice, b"two", "合同").await,
    ];
    for number in &numbers {
        assert_eq!(
            give(&people.by(&alice), &node, number, if number == &numbers[0] { b"one" } else { b"two" }).await.status,
            201
        );
    }
    for _ in 0..3 {
        let case = draft_with(&node, &alice, &numbers[0], "案由").await;
        submit(&node, &alice, case).await;
    }
    for who in [&stranger, &other] {
        let draft = draft_case(&node, who, COURT, None).await.1.to_string();
        let used = told_in_cases(&node, &counting, who, &numbers[0], &draft).await;
        let unused = told_in_cases(&node, &counting, who, &numbers[1], &draft).await;
        assert_eq!(used, unused);
        // Whether the case that is named exists changes nothing either.
        let own = alice_case(&node, &alice, &numbers[0]).await;
        let foreign = told_in_cases(&node, &counting, who, &numbers[0], &own).await;
        assert_eq!(foreign[2], used[1], "a foreign case and one that is not there");
    }
}

/// A submitted case of this person in which the deposit stands.
async fn alice_case(node: &TestNode, person: &Person, number: &str) -> String {
    let case = draft_with(node, person, number, "案由").await;
    submit(node, person, case).await;
    case.to_string()
}

#[tokio::test]
async fn an_erasure_of_another_is_answered_like_what_is_no_erasure() {
    let (node, counting) = watched().await;
    let people = People::of(&node).await;
    let (alice, stranger) = (people.person("张三").await, people.person("王五").await);
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    let erasure = requested(&people.by(&alice), &json!({ "deposit_number": number })).await;
    let erasure = erasure["id"].as_str().unwrap();
    let plain = TestNode::number(&node.deposit(&note(1)).await);
    let other = deposit_on_behalf(&people, &alice, b"letter", "信").await;
    let ask = async |id: &str| {
        counting.take_reads();
        let answer = node.session(&stranger.token).get(&format!("/v1/erasures/{id}")).await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{id}");
        Told::of(answer, &counting)
    };
    // The pass must be over: its reads would be counted too.
    let over = people.by(&alice).get(&format!("/v1/erasures/{erasure}?wait=60")).await.json();
    assert_eq!(over["state"]["code"], "confirmed");
    let told = ask(erasure).await;
    for id in [&number, &plain, &other] {
        assert_eq!(told, ask(id).await, "{id}");
    }
    let unknown = ask("T20261122-0K7M-X9QT-3D5W-MP").await;
    assert_eq!((unknown.status, &unknown.body), (told.status, &told.body));
}

/// What is looked up in the index and in the acts while `who` imports a deposit into a case.
async fn import_reads(
    node: &TestNode,
    counting: &CountingStore,
    who: &Person,
    case: &str,
    number: &str,
) -> BTreeMap<&'static str, usize> {
    counting.take_reads();
    let answer = node.session(&who.token).post(&format!("/v1/cases/{case}/imports"), &import(number)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mut reads = counting.take_reads();
    // How the path to a block is found depends on where it stands, which is public.
    reads.retain(|what, _| !["leaves", "tile_hashes", "find_block", "published"].contains(what));
    reads
}

#[tokio::test]
async fn in_how_many_mediations_a_deposit_stands_changes_no_look_up_for_a_stranger() {
    let (node, counting) = watched().await;
    let people = People::of(&node).await;
    let stranger = people.person("王五").await;
    let numbers = [TestNode::number(&node.deposit(&note(1)).await), TestNode::number(&node.deposit(&note(2)).await)];
    for _ in 0..3 {
        let suit = Proceeding::suit(&people).await;
        let mediation =
            Proceeding::between(&node, "mediation", [&suit.bringing, &suit.answering, &suit.clerk, &suit.judge]).await;
        mediation.import(&node, &mediation.bringing, &numbers[0]).await;
        mediation.submit(&node).await;
    }
    let (_, draft) = draft_case(&node, &stranger, COURT, None).await;
    let draft = draft.to_string();
    let offered = import_reads(&node, &counting, &stranger, &draft, &numbers[0]).await;
    let other = import_reads(&node, &counting, &stranger, &draft, &numbers[1]).await;
    assert_eq!(offered, other);
}
