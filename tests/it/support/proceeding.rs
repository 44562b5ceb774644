//! A case with its participants, advanced to the stage that a test needs.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::test_node::{Answer, TestNode};

/// A case and its participants. Not bound to a node: it can be continued on the next one over the same store.
pub(crate) struct Proceeding {
    /// The party that brings it: party 1.
    pub(crate) bringing: Person,
    /// The opposing party: party 2, once associated.
    pub(crate) answering: Person,
    pub(crate) clerk: Person,
    pub(crate) judge: Person,
    /// 64 hex.
    pub(crate) case: String,
    answers_as: &'static str,
}

impl Proceeding {
    /// A suit of two new people, as a draft.
    pub(crate) async fn suit(people: &People<'_>) -> Self {
        let (bringing, answering) = (people.person("张三").await, people.person("李四").await);
        let (clerk, judge) = (people.clerk().await, people.judge().await);
        Self::between(people.node, "civil-first", [&bringing, &answering, &clerk, &judge]).await
    }

    /// A draft of this kind: the bringing party, the opposing party, clerk, judge.
    pub(crate) async fn between(node: &TestNode, kind: &str, people: [&Person; 4]) -> Self {
        let [bringing, answering, clerk, judge] = people.map(Person::clone);
        let (role, answers_as) =
            if kind == "mediation" { ("applicant", "respondent") } else { ("plaintiff", "defendant") };
        let opening = json!({
            "court": COURT, "kind": kind, "procedure": "ordinary", "role": role, "subject": "natural-person",
            "filer": "principal", "name": "张三", "title": "信息网络买卖合同纠纷",
        });
        let opened = node.session(&bringing.token).create("/v1/cases", &opening).await;
        let case = opened["case"].as_str().unwrap().to_owned();
        Self { bringing, answering, clerk, judge, case, answers_as }
    }

    /// The same case and people.
    pub(crate) fn copy(&self) -> Self {
        let [bringing, answering, clerk, judge] =
            [&self.bringing, &self.answering, &self.clerk, &self.judge].map(Person::clone);
        Self { bringing, answering, clerk, judge, case: self.case.clone(), answers_as: self.answers_as }
    }

    /// The same people in the case that continues this one.
    pub(crate) fn gone_on_in(self, case: &str) -> Self {
        Self { case: case.into(), ..self }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/cases/{}{rest}", self.case)
    }

    /// An act that must be accepted.
    pub(crate) async fn act(&self, node: &TestNode, who: &Person, act: Value) -> Value {
        node.session(&who.token).create(&self.path("/acts"), &act).await
    }

    pub(crate) async fn try_import(&self, node: &TestNode, who: &Person, number: &str) -> Answer {
        node.session(&who.token).post(&self.path("/imports"), &import(number)).await
    }

    /// An import that must be accepted.
    pub(crate) async fn import(&self, node: &TestNode, who: &Person, number: &str) -> Value {
        node.session(&who.token).create(&self.path("/imports"), &import(number)).await
    }

    /// Names the opposing party, and confirms the notices, as a submission requires.
    pub(crate) async fn complete(&self, node: &TestNode) {
        let party = json!({ "act": "add-party", "role": self.answers_as, "subject": "natural-person", "name": "李四" });
        self.act(node, &self.bringing, party).await;
        self.act(node, &self.bringing, json!({ "act": "confirm-notice" })).await;
    }

    /// Completes the draft, and submits it.
    pub(crate) async fn submit(&self, node: &TestNode) {
        self.complete(node).await;
        self.act(node, &self.bringing, json!({ "act": "submit" })).await;
    }

    /// From the draft to a case with an assigned judge and both parties associated.
    pub(crate) async fn file(&self, node: &TestNode) {
        self.submit(node).await;
        for act in ["approve", "file-case"] {
            self.act(node, &self.clerk, json!({ "act": act })).await;
        }
        self.act(node, &self.clerk, json!({ "act": "assign", "judge": self.judge.account })).await;
        let association = json!({ "code": self.code(node).await, "filer": "principal" });
        node.session(&self.answering.token).create("/v1/associations", &association).await;
    }

    /// Judgment by the assigned judge, with the deposit of this number as its document.
    pub(crate) async fn judge(&self, node: &TestNode, n: u64) -> String {
        let document = TestNode::number(&node.deposit(&note(n)).await);
        self.act(node, &self.judge, json!({ "act": "judge", "document": document })).await;
        document
    }

    /// An association code for the opposing party: one use by the party, one by an agent.
    pub(crate) async fn code(&self, node: &TestNode) -> String {
        let codes = json!({ "party": 2, "party_uses": 1, "agent_uses": 1, "days": 30 });
        let issued = node.session(&self.clerk.token).create(&self.path("/codes"), &codes).await;
        issued["code"].as_str().unwrap().to_owned()
    }

    /// The whole case, as `who` sees it.
    pub(crate) async fn view(&self, node: &TestNode, who: &Person) -> Value {
        let answer = node.session(&who.token).get(&self.path("")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Verifies an item with a file.
    pub(crate) async fn verify(
        &self,
        node: &TestNode,
        who: &Person,
        item: u32,
        file: &str,
        salt: Option<&str>,
    ) -> Value {
        let path = self.path(&format!("/items/{item}/verification"));
        let mut request = node.session(&who.token).request(Method::POST, &path);
        request = request.header(CONTENT_TYPE, "application/octet-stream");
        if let Some(salt) = salt {
            request = request.header("x-salt", salt);
        }
        let answer = node.send(request.body(file.to_owned())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// The request of an import.
pub(crate) fn import(number: &str) -> Value {
    json!({ "deposit_number": number, "name": "合同", "content": "价款" })
}

/// The same without values that differ between runs: ids, hashes, deposit numbers. Words, counts and order stay.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                // Follows from the id of the case, but may have few digits.
                let is_id = name == "reference" && value.is_string();
                (name.clone(), if is_id { json!("#") } else { plain(value) })
            })
            .collect(),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::String(text) => Value::String(without_ids(text)),
        other => other.clone(),
    }
}

fn without_ids(text: &str) -> String {
    let of_an_id = |c: char| c.is_ascii_alphanumeric() || "-:.+/=".contains(c);
    let word = |word: &str| {
        let (word, end) = word.split_at(word.trim_end_matches('\n').len());
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let shown = if word.len() >= 10 && digits >= 4 && word.chars().all(of_an_id) { "#" } else { word };
        format!("{shown}{end}")
    };
    text.split_inclusive('\n').map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}
