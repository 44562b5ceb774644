//! Transcripts and agreements of a proceeding: their deposits, rounds and confirmations.

use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::ledger::statement::text::Statement;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::{content, statement_with};
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{Answer, TestNode};

/// A deposit of this text: its number, and the digest that a confirmation names.
pub(crate) async fn document(node: &TestNode, n: u64, text: &str) -> (String, Value) {
    document_with(node, n, text, |_| {}).await
}

/// The same, with a statement that `change` has altered.
pub(crate) async fn document_with(
    node: &TestNode,
    n: u64,
    text: &str,
    change: impl FnOnce(&mut Statement),
) -> (String, Value) {
    let file = content(text.as_bytes());
    let digest = json!({ "algorithm": "sm3", "value": file.sm3.unwrap().to_string() });
    let statement = statement_with(3, n, |statement| {
        statement.content = Some(file);
        change(statement);
    });
    (TestNode::number(&node.deposit(statement.note()).await), digest)
}

/// Lets time pass.
pub(crate) fn pass(node: &TestNode, time: Duration) {
    node.clock.shift(i64::try_from(time.as_millis()).unwrap(), time);
}

/// A mediator who is appointed to the case.
pub(crate) async fn mediator(people: &People<'_>, case: &Proceeding) -> Person {
    let mediator = people.of_court("调解员", "mediator", COURT).await;
    let appoint = json!({ "act": "appoint", "role": "mediator", "account": mediator.account });
    case.act(people.node, &case.clerk, appoint).await;
    mediator
}

impl Proceeding {
    /// An act with any outcome.
    pub(crate) async fn try_act(&self, node: &TestNode, who: &Person, act: Value) -> Answer {
        node.session(&who.token).post(&self.path("/acts"), &act).await
    }

    /// An act that must be rejected with this code.
    pub(crate) async fn no(&self, node: &TestNode, who: &Person, act: Value, code: &str) {
        let answer = self.try_act(node, who, act.clone()).await;
        assert!(answer.status >= 400, "{act}: {}", answer.text());
        assert_eq!(answer.json()["code"], code, "{act}: {}", answer.text());
    }

    /// The records, as `who` sees them.
    pub(crate) async fn records(&self, node: &TestNode, who: &Person) -> Value {
        let answer = node.session(&who.token).get(&self.path("/records")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// A round on a transcript or an agreement with both parties, the judge and the clerk, and these beside them.
    pub(crate) async fn round(&self, node: &TestNode, paper: (&str, u32), more: &[String]) -> Value {
        let mut signers = vec!["party 1".to_owned(), "party 2".into()];
        signers.extend([format!("judge {}", self.judge.account), format!("clerk {}", self.clerk.account)]);
        signers.extend(more.iter().cloned());
        let mut open = json!({ "act": "open-round", "signers": signers });
        open[paper.0] = paper.1.into();
        self.act(node, &self.clerk, open).await
    }

    /// A transcript of an inquiry with a version of this text.
    pub(crate) async fn transcript(&self, node: &TestNode, kind: &str, n: u64, text: &str) -> Value {
        self.act(node, &self.clerk, json!({ "act": "open-transcript", "kind": kind })).await;
        self.version(node, 1, n, text).await
    }

    /// The next version of a transcript: the digest to confirm.
    pub(crate) async fn version(&self, node: &TestNode, transcript: u32, n: u64, text: &str) -> Value {
        let (number, digest) = document(node, n, text).await;
        let version = json!({
            "act": "add-transcript-version", "transcript": transcript, "source": "clerk", "document": number,
        });
        self.act(node, &self.clerk, version).await;
        digest
    }
}

/// A confirmation in a round.
pub(crate) fn confirm(round: u32, digest: &Value) -> Value {
    json!({ "act": "confirm", "round": round, "digest": digest, "method": "online" })
}
