//! 法定代理人 (民诉法 art. 60): a guardian sues, answers and signs for a person without capacity to litigate.

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::proceeding::Proceeding;
use crate::support::sessions::{confirm, document, mediator};
use crate::support::test_node::{NodeConfig, TestNode};

const RELATIONSHIP: &str = "户口簿：母女";

/// A guardian opens a case for its ward.
async fn opened(people: &People<'_>, guardian: &Person, kind: &str, role: &str, relationship: Option<&str>) -> Value {
    let mut opening = json!({
        "court": COURT, "kind": kind, "procedure": "ordinary", "role": role, "subject": "自然人",
        "filer": "法定代理人", "name": "小明", "title": "网络游戏充值纠纷",
    });
    if let Some(text) = relationship {
        opening["relationship"] = text.into();
    }
    people.by(guardian).post("/v1/cases", &opening).await.json()
}

/// The whole of a mediation of a child: opened, joined, signed by the guardians of both sides.
#[tokio::test]
async fn guardians_of_both_sides_conclude_a_mediation() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (mother, father) = (people.person("张母").await, people.person("李父").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let missing = opened(&people, &mother, "mediation", "applicant", None).await;
    assert_eq!(missing["code"], "relationship_needed", "{missing}");
    let made = opened(&people, &mother, "mediation", "applicant", Some(RELATIONSHIP)).await;
    let like = Proceeding::between(&node, "mediation", [&mother, &father, &clerk, &judge]).await;
    let case = like.gone_on_in(made["case"].as_str().unwrap());
    let party = json!({ "act": "add-party", "role": "respondent", "subject": "natural-person", "name": "小红" });
    case.act(&node, &mother, party).await;
    case.act(&node, &mother, json!({ "act": "submit" })).await;
    for act in ["approve", "file-case"] {
        case.act(&node, &clerk, json!({ "act": act })).await;
    }
    let codes = json!({ "party": 2, "party_uses": 1, "agent_uses": 0, "days": 30 });
    let code = people.by(&clerk).create(&case.path("/codes"), &codes).await["code"].clone();
    let association = json!({
        "code": code, "filer": "statutory-agent", "name": "李父", "relationship": "监护人指定书",
    });
    people.by(&father).create("/v1/associations", &association).await;

    let seen = case.view(&node, &clerk).await;
    let agents: Vec<_> = [0, 1].map(|n| seen["agents"][n]["authority"]["zh"].clone()).into();
    assert_eq!(agents, ["法定代理", "法定代理"]);
    assert_eq!(seen["agents"][0]["relationship"], RELATIONSHIP);
    let mediator = mediator(&people, &case).await;
    case.act(&node, &mediator, json!({ "act": "accept-mediation" })).await;
    let (number, digest) = document(&node, 1, "调解协议").await;
    let draft = json!({ "act": "draft-agreement", "track": "organisation", "document": number });
    case.act(&node, &mediator, draft).await;
    for who in [&mother, &father] {
        case.act(&node, who, json!({ "act": "agree-signing", "agreement": 1 })).await;
    }
    let signers = ["当事人 1".to_owned(), "party 2".into(), format!("调解员 {}", mediator.account)];
    case.act(&node, &mediator, json!({ "act": "open-round", "agreement": 1, "signers": signers })).await;
    // Special authority is asked of an appointed agent only.
    case.act(&node, &mother, confirm(1, &digest)).await;
    let last = case.act(&node, &father, confirm(1, &digest)).await;
    let records = case.records(&node, &mother).await;
    assert_eq!(records["agreements"][0]["in_force_at"], last["act"]["at"]);
    let step = &records["agreements"][0]["rounds"][0]["people"][0]["steps"][0];
    assert_eq!(step["actor"]["capacity"]["label"]["zh"], "法定代理人", "{step}");
    let history = people.by(&clerk).get(&case.path("/record")).await;
    assert!(history.text().contains("法定代理人 李父（代理被申请人 小红）"), "{}", history.text());
}

/// Appointed in the case by the court: from then on the party acts through its guardian, until the court ends the agency.
#[tokio::test]
async fn the_court_records_a_guardian_and_the_end_of_the_agency() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let guardian = people.person("李父").await;
    let mut add = json!({ "act": "add-agent", "party": 2, "account": guardian.account, "authority": "法定代理" });
    suit.no(&node, &suit.clerk, add.clone(), "relationship_needed").await;
    add["监护关系证明"] = "户口簿".into();
    suit.act(&node, &suit.clerk, add.clone()).await;
    let answer = json!({ "act": "object-jurisdiction", "reason": "应由被告住所地法院管辖" });
    suit.no(&node, &suit.answering, answer.clone(), "through_statutory_agent").await;
    let can = |seen: &Value| seen["can"][0]["acts"].as_array().unwrap().len();
    assert_eq!(can(&suit.view(&node, &suit.answering).await), 0);
    assert!(can(&suit.view(&node, &guardian).await) > 5);
    suit.act(&node, &guardian, answer).await;
    let end = json!({ "act": "end-agent", "agent": 1 });
    suit.no(&node, &guardian, end.clone(), "statutory_agency").await;
    suit.act(&node, &suit.clerk, end).await;
    suit.act(
        &node,
        &suit.answering,
        json!({ "act": "add-agent", "party": 2, "account": guardian.account,
        "authority": "special", "special": ["settle"], "power": "委托书" }),
    )
    .await;
    add["account"] = suit.judge.account.as_str().into();
    let opponent = json!({ "act": "add-agent", "party": 1, "account": suit.judge.account, "authority": "statutory",
        "relationship": "户口簿" });
    suit.no(&node, &guardian, opponent, "not_yours").await;
    suit.no(&node, &guardian, add, "statutory_agency").await;
}

/// 诉调衔接: who has no capacity in the mediation has none in the suit.
#[tokio::test]
async fn a_guardian_goes_on_from_the_mediation_into_the_suit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (mother, other) = (people.person("张母").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let made = opened(&people, &mother, "mediation", "applicant", Some(RELATIONSHIP)).await;
    let like = Proceeding::between(&node, "mediation", [&mother, &other, &clerk, &judge]).await;
    let case = like.gone_on_in(made["case"].as_str().unwrap());
    case.submit(&node).await;
    for act in ["approve", "file-case"] {
        case.act(&node, &clerk, json!({ "act": act })).await;
    }
    let on = json!({ "transfer": "suit", "court": COURT, "kind": "civil-first", "procedure": "ordinary" });
    let passed = people.by(&clerk).create(&case.path("/transfer"), &on).await;
    let suit = case.gone_on_in(passed["case"].as_str().unwrap());
    let seen = suit.view(&node, &mother).await;
    assert_eq!((&seen["agents"][0]["party"], &seen["agents"][0]["relationship"]), (&json!(1), &json!(RELATIONSHIP)));
    suit.act(&node, &mother, json!({ "act": "confirm-notice" })).await;
    suit.act(&node, &mother, json!({ "act": "submit" })).await;
}
