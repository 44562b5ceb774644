//! The batch client against a scripted node.

use super::*;
use crate::client::transport::tests::{BUSY, answer, node};
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::wire::json;
use crate::wire::problem::Problem;
use crate::wire::receipt::ReceiptJson;

fn receipt(index: u64) -> Receipt {
    let path = || InclusionProof::from_hashes(vec![]).unwrap();
    Receipt {
        entry: "e\n".into(),
        index: LeafIndex(index),
        header: "h\n".into(),
        entry_path: path(),
        header_path: path(),
        previous_path: path(),
        key_notices: vec![],
        checkpoint: "c\n".into(),
        time_tokens: vec![],
    }
}

/// The verdict of `line`: a receipt with this index.
fn good(line: usize, index: u64) -> String {
    let receipt = Some(ReceiptJson::from(&receipt(index)));
    json::line(&BatchVerdict { line, status: 201, receipt, problem: None })
}

fn bad(line: usize, code: &str) -> String {
    let problem = Problem {
        kind: format!("/problems/{code}"),
        title: code.into(),
        title_zh: "繁忙".into(),
        status: 503,
        code: code.to_owned().into(),
        detail: "d".into(),
        detail_zh: String::new(),
        line: None,
        limit: None,
        expected: None,
        item: None,
        collected: None,
        required: None,
        number: None,
    };
    json::line(&BatchVerdict { line, status: 503, receipt: None, problem: Some(problem) })
}

/// The index of each receipt, or its error; and the bodies that the client sent.
async fn sent(answers: &[String], requests: &[&str]) -> (Vec<String>, Vec<String>) {
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    let (address, node) = node(&answers);
    let requests: Vec<String> = requests.iter().map(|request| format!("{request}\n")).collect();
    let answered = LedgerClient::new(&address).unwrap().deposit_many(&requests).await;
    let told = answered.into_iter().map(|answer| match answer {
        Ok((receipt, fresh)) => format!("{} {fresh}", receipt.index.0),
        Err(ClientError::Problem { code, .. }) => code.to_string(),
        Err(error) => error.to_string().split(':').next_back().unwrap().trim().into(),
    });
    (told.collect(), node.join().unwrap())
}

fn ok(body: &[String]) -> String {
    answer("200 OK", "", &body.concat())
}

#[tokio::test]
async fn each_request_gets_its_own_verdict() {
    let (told, bodies) = sent(&[ok(&[good(1, 7), bad(2, "link_unknown"), good(3, 9)])], &["a", "b", "c"]).await;
    assert_eq!(told, ["7 true", "link_unknown", "9 true"]);
    assert_eq!(bodies, ["a\nb\nc\n"]);
}

#[tokio::test]
async fn what_found_no_place_or_no_answer_is_sent_again_and_nothing_else() {
    let first = ok(&[good(1, 7), bad(2, "busy"), good(3, 9), bad(4, "body_timeout")]);
    // The second answer ends within a verdict.
    let broken = ok(&[good(1, 8), good(2, 10)]);
    let broken = broken[..broken.len() - 20].to_owned();
    let busy = answer("503 Service Unavailable", "Retry-After: 0\r\n", BUSY);
    let last = ok(&[good(1, 10), good(2, 11)]);
    let (told, bodies) = sent(&[first, broken, busy, last], &["a", "b", "c", "d", "e"]).await;
    assert_eq!(told, ["7 true", "8 true", "9 true", "10 true", "11 true"]);
    assert_eq!(bodies, ["a\nb\nc\nd\ne\n", "b\nd\ne\n", "d\ne\n", "d\ne\n"]);
}

#[tokio::test]
async fn verdicts_that_no_node_gives_are_malformed() {
    let both = good(1, 7).replace("\"receipt\":{", "\"problem\":null,\"receipt\":{");
    let neither = json::line(&BatchVerdict { line: 1, status: 201, receipt: None, problem: None });
    for (body, why) in [
        (vec![good(2, 7)], "was due"),
        (vec![neither], "a receipt or a problem"),
        (vec!["hello\n".to_owned()], "line 1 column 1"),
    ] {
        let (told, bodies) = sent(&[ok(&body)], &["a", "b"]).await;
        assert!(told[1].contains(why), "{told:?}");
        assert_eq!(bodies.len(), 1, "not sent again");
    }
    let (told, _) = sent(&[ok(&[both, good(2, 8), bad(3, "shutting_down")])], &["a", "b"]).await;
    assert_eq!(told, ["7 true", "8 true"]);
}

#[tokio::test]
async fn a_batch_that_is_refused_is_refused_for_all() {
    let page = answer("404 Not Found", "", "<html>");
    let (told, bodies) = sent(&[page], &["a", "b"]).await;
    assert_eq!((told[0].as_str(), told[0] == told[1], bodies.len()), ("HTTP 404 Not Found without a problem", true, 1));
}
