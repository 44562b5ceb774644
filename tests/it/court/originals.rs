//! Originals in custody: accepted if they match their deposit, and readable by the participants of the case.

use std::fs;
use std::path::PathBuf;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use sha2::Digest as _;
use tiezheng::court::acts::{Act, ActKind, Submit};
use tiezheng::court::ids::CaseId;
use tiezheng::filing::imports::ImportCommand;
use tiezheng::ledger::number::DepositNumber;

use super::deposits_on_behalf::deposit_on_behalf;
use crate::support::accounts::{COURT, People, Person, Session};
use crate::support::draft_case::{complete, draft_case, new_request};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// A draft of `person` into which a deposit was brought.
pub(super) async fn draft_with(node: &TestNode, person: &Person, number: &str, title: &str) -> CaseId {
    let (actor, case) = draft_case(node, person, COURT, Some(title)).await;
    let import = ImportCommand {
        deposit: DepositNumber::parse(number).unwrap(),
        name: "证据".into(),
        content: "内容".into(),
        source: None,
        proves: None,
        form: None,
        copies_and_pages: (None, None),
        party: None,
        replaces: None,
        receipt: None,
        reason: None,
        purpose: None,
        handed_in: None,
        collected: None,
    };
    node.filing.import(&actor, case, &new_request(), &import).await.unwrap();
    case
}

/// Brings a draft before the court.
pub(super) async fn submit(node: &TestNode, person: &Person, case: CaseId) {
    let actor = node.filing.authenticate(&person.token).unwrap();
    complete(node, &actor, case).await;
    let made =
        node.filing.act(&actor, case, &new_request(), ActKind::Submit, |_, _, _| Ok(Act::Submit(Submit {}))).await;
    made.unwrap();
}

/// Gives an original into custody.
pub(super) async fn give(by: &Session<'_>, node: &TestNode, number: &str, original: &[u8]) -> Answer {
    let request = by.request(Method::PUT, &format!("/v1/deposits/{number}/original"));
    node.send(request.header(CONTENT_TYPE, "application/octet-stream").body(original.to_vec())).await
}

/// All files that lie in custody.
pub(super) fn objects(node: &TestNode) -> Vec<PathBuf> {
    let shelves = fs::read_dir(node.originals.path()).unwrap().map(|shelf| shelf.unwrap().path());
    shelves.flat_map(|shelf| fs::read_dir(shelf).unwrap().map(|file| file.unwrap().path())).collect()
}

fn original(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

#[tokio::test]
async fn only_the_file_that_was_deposited_is_taken_in() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let original = original(700_000);
    let number = deposit_on_behalf(&people, &alice, &original, "合同").await;
    let path = format!("/v1/deposits/{number}/original");
    assert_eq!(people.by(&alice).get(&path).await.problem(), (404, "no_original".into()));

    let changed = [&original[1..], b"x"].concat();
    for (sent, expected) in [(changed.as_slice(), "custody_mismatch"), (&[], "empty_original")] {
        let refused = give(&people.by(&alice), &node, &number, sent).await;
        assert_eq!(refused.problem(), (422, expected.into()));
        assert!(objects(&node).is_empty(), "nothing is kept");
    }
    let others = give(&people.by(&bob), &node, &number, &original).await;
    assert_eq!(others.problem(), (404, "not_found".into()));

    let taken = give(&people.by(&alice).keyed("k"), &node, &number, &original).await;
    assert_eq!(taken.status, 201, "{}", taken.text());
    assert_eq!(taken.json()["act"]["stream"], "custody");
    assert_eq!(taken.json()["size"], 700_000);
    let again = give(&people.by(&alice).keyed("k"), &node, &number, &original).await;
    assert_eq!((again.status, &again.json()["act"]["deposit_number"]), (200, &taken.json()["act"]["deposit_number"]));
    let twice = give(&people.by(&alice), &node, &number, &original).await;
    assert_eq!(twice.problem(), (409, "custody_taken".into()));
    assert_eq!(objects(&node).len(), 1);
    let lies = fs::read(&objects(&node)[0]).unwrap();
    assert!(!lies.windows(64).any(|window| window == &original[..64]), "it lies encrypted");

    let given = people.by(&alice).get(&path).await;
    assert_eq!((given.status, given.header("content-length")), (200, "700000"));
    assert_eq!(given.header("cache-control"), "no-store");
    assert!(given.header("content-disposition").starts_with("attachment"));
    assert_eq!(given.bytes, original);
    assert_eq!(people.by(&bob).get(&path).await.problem(), (404, "not_found".into()));
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|one| one["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["take-custody", "access"]);
    assert_eq!(log["items"][1]["shown"], "original");
}

#[tokio::test]
async fn a_salted_deposit_is_compared_behind_its_salt() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let (salt, original) = ([9_u8; 32], original(300_000));
    let salted = [salt.as_slice(), &original].concat();
    let request = json!({
        "sha_256": hex::encode(sha2::Sha256::digest(&salted)),
        "sm3": hex::encode(sm3::Sm3::digest(&salted)),
        "salt": hex::encode(salt),
        "name": "短信",
    });
    let made = people.by(&alice).create("/v1/entrusted-deposits", &request).await;
    let number = made["deposit_number"].as_str().unwrap();
    let without = give(&people.by(&alice), &node, number, &original).await;
    assert_eq!(without.problem(), (422, "salt_needed".into()));
    let with = async |salt: &str| {
        let request = people.by(&alice).request(Method::PUT, &format!("/v1/deposits/{number}/original"));
        let request = request.header(CONTENT_TYPE, "application/octet-stream").header("x-salt", salt);
        node.send(request.body(original.clone())).await
    };
    assert_eq!(with("9").await.problem(), (400, "bad_salt".into()));
    assert_eq!(with(&"00".repeat(32)).await.problem(), (422, "custody_mismatch".into()));
    assert!(objects(&node).is_empty());
    assert_eq!(with(&hex::encode(salt)).await.status, 201);
    let given = people.by(&alice).get(&format!("/v1/deposits/{number}/original")).await;
    assert_eq!(given.bytes, original);
}

#[tokio::test]
async fn damage_is_never_given_out_as_the_original() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let original = original(2_000_000);
    let number = deposit_on_behalf(&people, &alice, &original, "录像").await;
    assert_eq!(give(&people.by(&alice), &node, &number, &original).await.status, 201);
    let object = objects(&node).remove(0);
    let whole = fs::read(&object).unwrap();
    let path = format!("/v1/deposits/{number}/original");
    let flip = |at: usize| {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&object, damaged).unwrap();
    };
    flip(100);
    assert_eq!(people.by(&alice).get(&path).await.problem(), (500, "damaged".into()));
    // Found on the way: the connection breaks off, and what came is not taken for all of it.
    flip(1_900_000);
    let answer = people.by(&alice).request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    fs::remove_file(&object).unwrap();
    assert_eq!(people.by(&alice).get(&path).await.problem(), (500, "damaged".into()));
    fs::write(&object, whole).unwrap();
    assert_eq!(people.by(&alice).get(&path).await.bytes, original);
}

#[tokio::test]
async fn a_case_opens_what_its_party_deposited_and_nothing_else() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (alice, mallory) = (people.person("张三").await, people.person("王五").await);
    let (clerk, elsewhere) = (people.clerk().await, people.of_court("书记员", "clerk", "京0491").await);
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    assert_eq!(give(&people.by(&alice), &node, &number, b"contract").await.status, 201);
    // Numbers are public: who writes one into a draft of his own has opened nothing.
    let forged = draft_with(&node, &mallory, &number, "案由").await;
    for query in [String::new(), format!("?case={forged}")] {
        let path = format!("/v1/deposits/{number}/original{query}");
        assert_eq!(people.by(&mallory).get(&path).await.problem(), (404, "not_found".into()), "{query}");
    }
    let case = draft_with(&node, &alice, &number, "案由").await;
    let path = format!("/v1/deposits/{number}/original?case={case}");
    assert_eq!(people.by(&clerk).get(&path).await.problem(), (404, "not_found".into()), "it is a draft");
    submit(&node, &alice, case).await;
    assert_eq!(people.by(&clerk).get(&path).await.bytes, b"contract");
    let unnamed = people.by(&clerk).get(&format!("/v1/deposits/{number}/original")).await;
    assert_eq!(unnamed.problem(), (404, "not_found".into()), "the case is named");
    assert_eq!(people.by(&elsewhere).get(&path).await.problem(), (404, "not_found".into()));
    let private = people.by(&clerk).get(&format!("/v1/deposits/{number}/private?case={case}")).await.json();
    assert_eq!(private["metadata"]["name"], "合同");
    let log = people.by(&alice).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    let last = log["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["by"], &last["capacity"]), (&clerk.account.clone().into(), &"clerk".into()));
}

#[tokio::test]
async fn a_sweep_takes_what_nobody_answers_for_and_nothing_else() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    assert_eq!(give(&people.by(&alice), &node, &number, b"contract").await.status, 201);
    let kept = objects(&node);
    let stray = node.originals.path().join("07");
    fs::create_dir_all(&stray).unwrap();
    fs::write(stray.join("07".repeat(32)), b"taken in, and never recorded").unwrap();
    assert_eq!(node.filing.sweep_originals().await.unwrap(), 1);
    assert_eq!(objects(&node), kept);
    assert_eq!(node.filing.sweep_originals().await.unwrap(), 0);
}
