//! A case and its people, brought as far as a test wants it.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::house::{Answer, House};
use crate::support::people::{COURT, People, Person};

/// A case, and who has to do with it. Belongs to no house: it goes on in the next one over the same store.
pub(crate) struct Proceeding {
    /// Who brings it: party 1.
    pub(crate) bringing: Person,
    /// Who answers it: party 2, once associated.
    pub(crate) answering: Person,
    pub(crate) clerk: Person,
    pub(crate) judge: Person,
    /// 64 hex.
    pub(crate) case: String,
    answers_as: &'static str,
}

impl Proceeding {
    /// A suit of two people nobody has met before, as a draft.
    pub(crate) async fn suit(people: &People<'_>) -> Self {
        let (bringing, answering) = (people.person("张三").await, people.person("李四").await);
        let (clerk, judge) = (people.clerk().await, people.judge().await);
        Self::between(people.house, "civil-first", [&bringing, &answering, &clerk, &judge]).await
    }

    /// A draft of this kind: who brings it, who answers it, clerk, judge.
    pub(crate) async fn between(house: &House, kind: &str, people: [&Person; 4]) -> Self {
        let [bringing, answering, clerk, judge] = people.map(Person::clone);
        let (role, answers_as) =
            if kind == "mediation" { ("applicant", "respondent") } else { ("plaintiff", "defendant") };
        let opening = json!({
            "court": COURT, "kind": kind, "procedure": "ordinary", "role": role, "subject": "natural-person",
            "filer": "principal", "name": "张三", "title": "信息网络买卖合同纠纷",
        });
        let opened = house.as_(&bringing.token).create("/v1/cases", &opening).await;
        let case = opened["case"].as_str().unwrap().to_owned();
        Self { bringing, answering, clerk, judge, case, answers_as }
    }

    /// The same people in the case that this one went on in.
    pub(crate) fn gone_on_in(self, case: &str) -> Self {
        Self { case: case.into(), ..self }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/cases/{}{rest}", self.case)
    }

    /// An act that must be taken.
    pub(crate) async fn act(&self, house: &House, who: &Person, act: Value) -> Value {
        house.as_(&who.token).create(&self.path("/acts"), &act).await
    }

    pub(crate) async fn try_import(&self, house: &House, who: &Person, number: &str) -> Answer {
        house.as_(&who.token).post(&self.path("/imports"), &import(number)).await
    }

    /// An import that must be taken.
    pub(crate) async fn import(&self, house: &House, who: &Person, number: &str) -> Value {
        house.as_(&who.token).create(&self.path("/imports"), &import(number)).await
    }

    /// Names who answers, and submits.
    pub(crate) async fn submit(&self, house: &House) {
        let party = json!({ "act": "add-party", "role": self.answers_as, "subject": "natural-person", "name": "李四" });
        self.act(house, &self.bringing, party).await;
        self.act(house, &self.bringing, json!({ "act": "submit" })).await;
    }

    /// From the draft to a case that a judge has and both sides take part in.
    pub(crate) async fn file(&self, house: &House) {
        self.submit(house).await;
        for act in ["approve", "file-case"] {
            self.act(house, &self.clerk, json!({ "act": act })).await;
        }
        self.act(house, &self.clerk, json!({ "act": "assign", "judge": self.judge.account })).await;
        let association = json!({ "code": self.code(house).await, "filer": "principal" });
        house.as_(&self.answering.token).create("/v1/associations", &association).await;
    }

    /// A code for who answers: once for the party, once for an agent.
    pub(crate) async fn code(&self, house: &House) -> String {
        let codes = json!({ "party": 2, "party_uses": 1, "agent_uses": 1, "days": 30 });
        let issued = house.as_(&self.clerk.token).create(&self.path("/codes"), &codes).await;
        issued["code"].as_str().unwrap().to_owned()
    }

    /// The whole case, as somebody sees it.
    pub(crate) async fn view(&self, house: &House, who: &Person) -> Value {
        let answer = house.as_(&who.token).get(&self.path("")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Holds a file against an item.
    pub(crate) async fn verify(&self, house: &House, who: &Person, item: u32, file: &str, salt: Option<&str>) -> Value {
        let path = self.path(&format!("/items/{item}/verification"));
        let mut request = house.as_(&who.token).request(Method::POST, &path);
        request = request.header(CONTENT_TYPE, "application/octet-stream");
        if let Some(salt) = salt {
            request = request.header("x-salt", salt);
        }
        let answer = house.send(request.body(file.to_owned())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// What an import says.
pub(crate) fn import(number: &str) -> Value {
    json!({ "deposit_number": number, "name": "合同", "content": "价款" })
}

/// The same without what no two runs have in common: ids, hashes, numbers of deposits. Words, counts and order stay.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
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
