//! Verification reports of a node: the verifier, the signer, and which verification an item's status refers to.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::text::{Link, LinkKind};

use super::deposits_on_behalf::deposit_on_behalf;
use crate::support::accounts::{People, Person};
use crate::support::depositor::{note, statement_with};
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

const FILE: &str = "application/octet-stream";

fn step<'a>(report: &'a Value, code: &str) -> &'a Value {
    report["steps"].as_array().unwrap().iter().find(|one| one["code"] == code).unwrap()
}

fn reserves(report: &Value, code: &str) -> bool {
    report["reservations"].as_array().unwrap().iter().any(|one| one["code"] == code)
}

async fn verified(state: &TestNode, number: &str, file: &str) -> Value {
    let answer = state.post(&format!("/v1/deposits/{number}/verification"), FILE, file.to_owned()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn every_report_says_when_by_whom_by_which_program_and_by_which_node() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&state).await).await;
    let number = TestNode::number(&state.deposit(&note(1)).await);
    suit.import(&state, &suit.bringing, &number).await;
    suit.file(&state).await;
    let anonymous = verified(&state, &number, "file 1").await;
    let unknown = verified(&state, "20261122-0K7M-X9QT-3D5W-C3", "file 1").await;
    assert_eq!(unknown["conclusion"]["code"], "not_found");
    for report in [&anonymous, &unknown] {
        assert_eq!((&report["verifier"]["code"], &report["verifier"]["zh"]), (&json!("anonymous"), &json!("匿名请求")));
        assert_eq!(report["program"], concat!("tiezheng ", env!("CARGO_PKG_VERSION")));
        assert!(report["verified_at"].as_str().unwrap().ends_with("+08:00"));
        assert!(report["node"]["ledger"].is_string());
        assert_eq!(report["node"]["offline"], false);
    }
    // With a token: what kind of account it is.
    let path = format!("/v1/deposits/{number}/verification");
    let ask = async |who: &Person| {
        let request = state.session(&who.token).request(Method::POST, &path).header(CONTENT_TYPE, FILE).body("file 1");
        state.send(request).await.json()["verifier"].clone()
    };
    let by_judge = ask(&suit.judge).await;
    assert_eq!((&by_judge["zh"], &by_judge["account"]), (&json!("法官"), &json!(suit.judge.account)));
    assert_eq!(ask(&suit.bringing).await["zh"], "自然人");
    // In a case: in which capacity.
    let of_case = suit.verify(&state, &suit.judge, 1, "file 1", None).await["report"].clone();
    assert_eq!((&of_case["verifier"]["capacity"], &of_case["verifier"]["zh"]), (&json!("judge"), &json!("法官")));
    let of_party = suit.verify(&state, &suit.answering, 1, "file 1", None).await["report"].clone();
    assert_eq!((&of_party["verifier"]["capacity"], &of_party["verifier"]["zh"]), (&json!("party 2"), &json!("被告")));
    // The node's own key is said to be its own, and the number of a case's item was entered by nobody.
    for report in [&anonymous, &of_case] {
        assert!(step(report, "signatures")["compared"]["en"].as_str().unwrap().contains("this node's own"));
    }
    assert_eq!(step(&anonymous, "number_check")["outcome"]["code"], "passed");
    assert_eq!(step(&anonymous, "tx_id")["outcome"]["code"], "not_applicable");
    assert_eq!(step(&anonymous, "import_snapshot")["outcome"]["code"], "not_applicable");
    assert_eq!(step(&of_case, "number_check")["outcome"]["code"], "not_applicable");
    assert_eq!(step(&of_case, "tx_id")["outcome"]["code"], "passed", "against the one that was imported");
    assert_eq!(step(&of_case, "import_snapshot")["outcome"]["code"], "passed");
}

#[tokio::test]
async fn a_deposit_by_token_is_signed_by_the_platform_and_every_report_says_so() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&state).await;
    let suit = Proceeding::suit(&people).await;
    let number = deposit_on_behalf(&people, &suit.bringing, b"contract", "合同").await;
    suit.import(&state, &suit.bringing, &number).await;
    let plain = verified(&state, &number, "contract").await;
    let of_case = suit.verify(&state, &suit.bringing, 1, "contract", None).await["report"].clone();
    for report in [&plain, &of_case] {
        let signature = step(report, "depositor_signature");
        assert_eq!(signature["outcome"]["code"], "checked");
        let zh = signature["finding"]["zh"].as_str().unwrap();
        assert!(zh.contains("平台代存证人签名：通过；存证人未自行签名") && zh.contains(&suit.bringing.account), "{zh}");
        let en = signature["finding"]["en"].as_str().unwrap();
        assert!(en.contains("signed by the platform on behalf of an account, not by the depositor"), "{en}");
        assert!(en.contains("platform key k-"), "{en}");
        assert!(reserves(report, "signed_on_behalf"));
    }
    // One's own signature over somebody's account is not the platform's.
    let account = tiezheng::ledger::hash::Digest::from_hex(&suit.bringing.account).unwrap();
    let claimed = statement_with(1, 7, |statement| statement.on_behalf = Some(account));
    let claimed = TestNode::number(&state.deposit(claimed.note()).await);
    let report = verified(&state, &claimed, "file 7").await;
    let zh = step(&report, "depositor_signature")["finding"]["zh"].as_str().unwrap().to_owned();
    assert!(zh.contains("签名密钥不是平台密钥"), "{zh}");
    let own = TestNode::number(&state.deposit(&note(2)).await);
    let report = verified(&state, &own, "file 2").await;
    assert_eq!(step(&report, "depositor_signature")["outcome"]["code"], "passed");
    assert!(!reserves(&report, "signed_on_behalf"));
}

#[tokio::test]
async fn withdrawals_and_earlier_deposits_are_findings_on_the_server_too() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let first = TestNode::number(&state.deposit(&note(1)).await);
    let again =
        statement_with(1, 2, |statement| statement.content = Some(crate::support::depositor::content(b"file 1")));
    let second = TestNode::number(&state.deposit(again.note()).await);
    let links = vec![Link { kind: LinkKind::Withdraws, number: DepositNumber::parse(&first).unwrap() }];
    let withdrawal = state.deposit(statement_with(1, 3, |statement| statement.links = links).note()).await;
    let withdrawal = TestNode::number(&withdrawal);
    let report = verified(&state, &first, "file 1").await;
    let links = step(&report, "later_links");
    assert_eq!(links["outcome"]["zh"], "已查");
    assert_eq!(links["finding"]["en"], format!("withdrawn by {withdrawal}"));
    assert!(reserves(&report, "withdrawn") && !reserves(&report, "later_history_not_checked"));
    let report = verified(&state, &second, "file 1").await;
    let earlier = step(&report, "earlier_deposits");
    assert_eq!((&earlier["outcome"]["en"], &earlier["finding"]["zh"]), (&json!("checked"), &json!("有 1 次更早存证")));
}

#[tokio::test]
async fn the_headline_shows_a_mismatch_until_the_court_or_the_same_verifier_with_the_same_original_verified() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&state).await).await;
    let number = TestNode::number(&state.deposit(&note(1)).await);
    suit.import(&state, &suit.bringing, &number).await;
    suit.file(&state).await;
    let headline = async || {
        let item = suit.view(&state, &suit.clerk).await["items"][0].clone();
        let by = item.get("original_verified_by").map_or("", |by| by["code"].as_str().unwrap()).to_owned();
        (item["original"]["code"].as_str().unwrap().to_owned(), by)
    };
    let is = |code: &str, by: &str| (code.to_owned(), by.to_owned());
    assert_eq!(headline().await, is("not_verified", ""));
    suit.verify(&state, &suit.bringing, 1, "file 1", None).await;
    assert_eq!(headline().await, is("verified", "party"));
    suit.verify(&state, &suit.answering, 1, "file 2", None).await;
    assert_eq!(headline().await, is("mismatch", "party"));
    // The other party, and another file of the same party, do not cover it.
    suit.verify(&state, &suit.bringing, 1, "file 1", None).await;
    suit.verify(&state, &suit.answering, 1, "file 1", None).await;
    assert_eq!(headline().await, is("mismatch", "party"));
    suit.verify(&state, &suit.clerk, 1, "file 1", None).await;
    assert_eq!(headline().await, is("verified", "court"));
    // The court's own mismatch is answered by the court alone.
    suit.verify(&state, &suit.judge, 1, "file 2", None).await;
    suit.verify(&state, &suit.bringing, 1, "file 1", None).await;
    assert_eq!(headline().await, is("mismatch", "court"));
    suit.verify(&state, &suit.judge, 1, "file 1", None).await;
    assert_eq!(headline().await, is("verified", "court"));
    let item = suit.view(&state, &suit.judge).await["items"][0].clone();
    let by: Vec<_> =
        item["verifications"].as_array().unwrap().iter().map(|one| one["verified_by"]["zh"].clone()).collect();
    assert_eq!(by[1], "当事人自行核验");
    assert_eq!(by[by.len() - 1], "法院核验");
}

#[tokio::test]
async fn an_obstacle_is_recorded_and_told_as_it_was() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&state).await).await;
    let receipt = state.deposit(&note(1)).await;
    suit.import(&state, &suit.bringing, &TestNode::number(&receipt)).await;
    let mut damaged = json!({ "receipt": tiezheng::wire::receipt::ReceiptJson::from(&receipt) });
    damaged["receipt"]["entry"] = receipt.entry.replacen("number ", "numbex ", 1).into();
    let path = suit.path("/items/1/verification");
    let answer = state.session(&suit.bringing.token).post(&path, &damaged).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let report = answer.json()["report"].clone();
    assert_eq!(report["obstacle"]["code"], "broken_receipt");
    assert_eq!(step(&report, "original_digest")["outcome"]["code"], "not_performed");
    let seen = suit.view(&state, &suit.bringing).await["items"][0]["verifications"][0]["conclusion"].clone();
    assert_eq!(seen["code"], "unable");
    assert!(seen["zh"].as_str().unwrap().contains("所持回执自身不成立"), "{seen}");
}
