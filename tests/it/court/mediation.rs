//! Mediation and association codes: an offer in mediation is confidential until its owner consents; a code can be neither
//! guessed nor used twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

const HOUR: Duration = Duration::from_hours(1);

async fn deposits(node: &TestNode, count: u64) -> Vec<String> {
    let mut numbers = Vec::new();
    for n in 0..count {
        numbers.push(TestNode::number(&node.deposit(&note(n)).await));
    }
    numbers
}

fn pass(node: &TestNode, time: Duration) {
    node.clock.shift(i64::try_from(time.as_millis()).unwrap(), time);
}

#[tokio::test]
async fn what_was_offered_in_a_mediation_is_used_by_the_other_side_only_with_consent() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (offers, hears, stranger) =
        (people.person("张三").await, people.person("李四").await, people.person("王五").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let number = &deposits(&node, 1).await[0];
    let mediation = Proceeding::between(&node, "mediation", [&offers, &hears, &clerk, &judge]).await;
    mediation.import(&node, &offers, number).await;
    let suit_of = async |by: &Person, against: &Person| {
        Proceeding::between(&node, "civil-first", [by, against, &clerk, &judge]).await
    };
    mediation.file(&node).await;

    let of_the_other = suit_of(&hears, &offers).await;
    let refused = of_the_other.try_import(&node, &hears, number).await;
    assert_eq!(refused.problem(), (409, "mediation_material".into()));
    // The court's clerk does not enter it in that side's stead either.
    let mut for_the_party = crate::support::proceeding::import(number);
    for_the_party["party"] = 1.into();
    let path = of_the_other.path("/imports");
    of_the_other.submit(&node).await;
    of_the_other.act(&node, &clerk, json!({ "act": "return-filing" })).await;
    let by_the_clerk = node.session(&clerk.token).post(&path, &for_the_party).await;
    assert_eq!(by_the_clerk.problem(), (409, "mediation_material".into()));
    // In another mediation it is offered again.
    let again = Proceeding::between(&node, "mediation", [&hears, &offers, &clerk, &judge]).await;
    again.import(&node, &hears, number).await;
    // Neither the person who offered it is bound, nor one who had no part in it; the latter is not even told of it.
    suit_of(&offers, &hears).await.import(&node, &offers, number).await;
    suit_of(&stranger, &offers).await.import(&node, &stranger, number).await;

    let consent = json!({ "act": "consent", "item": 1 });
    // 调解规则 art. 18: not the consent of one party, but that of all.
    mediation.act(&node, &hears, consent.clone()).await;
    assert_eq!(of_the_other.try_import(&node, &hears, number).await.problem(), (409, "mediation_material".into()));
    mediation.act(&node, &offers, consent.clone()).await;
    of_the_other.import(&node, &hears, number).await;
    let no_mediation = node.session(&hears.token).post(&of_the_other.path("/acts"), &consent).await;
    assert!(no_mediation.status >= 400, "{}", no_mediation.text());
}

#[tokio::test]
async fn a_mediation_goes_on_in_a_suit_with_what_was_consented_to_and_its_first_times() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (offers, hears) = (people.person("张三").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let numbers = deposits(&node, 3).await;
    let mediation = Proceeding::between(&node, "mediation", [&offers, &hears, &clerk, &judge]).await;
    for number in &numbers[..2] {
        mediation.import(&node, &offers, number).await;
    }
    mediation.file(&node).await;
    mediation.import(&node, &hears, &numbers[2]).await;
    for item in [2, 3] {
        for who in [&offers, &hears] {
            mediation.act(&node, who, json!({ "act": "consent", "item": item })).await;
        }
    }
    let before = mediation.view(&node, &judge).await["items"].clone();
    pass(&node, HOUR);
    let transfer = json!({ "transfer": "suit", "court": COURT, "kind": "civil-first", "procedure": "ordinary" });
    let passed = node.session(&clerk.token).create(&mediation.path("/transfer"), &transfer).await;
    let suit = mediation.gone_on_in(passed["case"].as_str().unwrap());
    let seen = suit.view(&node, &clerk).await;
    assert_eq!(seen["from"]["transfer"]["code"], "suit");
    let carried: Vec<Value> =
        seen["items"].as_array().unwrap().iter().map(|one| one["deposit_number"].clone()).collect();
    assert_eq!(carried, [json!(numbers[1]), json!(numbers[2])]);
    for (item, old) in seen["items"].as_array().unwrap().iter().zip(&before.as_array().unwrap()[1..]) {
        assert_eq!(item["first_imported_at"], old["imported_at"]);
        assert_ne!(item["imported_at"], old["imported_at"]);
        assert_eq!((&item["party"], &item["facts"]), (&old["party"], &old["facts"]));
    }
    // What was not consented to does not come in by another door.
    suit.act(&node, &clerk, json!({ "act": "submit" })).await;
    suit.act(&node, &clerk, json!({ "act": "approve" })).await;
    suit.act(&node, &clerk, json!({ "act": "file-case" })).await;
    let refused = suit.try_import(&node, &hears, &numbers[0]).await;
    assert_eq!(refused.problem(), (409, "mediation_material".into()));
    suit.import(&node, &offers, &numbers[0]).await;
}

#[tokio::test]
async fn the_eleventh_wrong_code_within_an_hour_is_not_even_looked_at() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let code = suit.code(&node).await;
    let (guesses, other) = (people.person("王五").await, people.person("赵六").await);
    let associate = async |who: &Person, code: &str| {
        let asked = json!({ "code": code, "filer": "agent", "authority": "general", "power": "委托书" });
        people.by(who).post("/v1/associations", &asked).await
    };
    for n in 0..10 {
        let wrong = associate(&guesses, &format!("0000-0000-000{n}")).await;
        assert_eq!(wrong.problem(), (404, "not_found".into()));
    }
    let eleventh = associate(&guesses, "0000-0000-000A").await;
    assert_eq!(eleventh.problem(), (429, "too_many_codes".into()));
    assert_eq!(associate(&guesses, &code).await.problem(), (429, "too_many_codes".into()), "not the right one either");
    // Another's tries are his own.
    assert_eq!(associate(&other, "0000-0000-0000").await.problem().0, 404);
    pass(&node, HOUR);
    assert_eq!(associate(&guesses, &code).await.status, 201);
}

#[tokio::test]
async fn a_code_is_used_once_by_the_party_and_once_by_its_agent() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    // The first code is used up by the party; of the second both uses are left.
    let party = json!({ "act": "add-party", "role": "defendant", "subject": "natural-person", "name": "赵六" });
    suit.act(&node, &suit.clerk, party).await;
    let codes = json!({ "party": 3, "party_uses": 1, "agent_uses": 1, "days": 30 });
    let issued = node.session(&suit.clerk.token).create(&suit.path("/codes"), &codes).await;
    let associate = async |who: &Person, key: &str, filer: &str| {
        let mut asked = json!({ "code": issued["code"], "filer": filer });
        if filer == "agent" {
            asked["authority"] = "special".into();
            asked["power"] = "委托书".into();
        }
        people.by(who).keyed(key).post("/v1/associations", &asked).await
    };
    let (agent, party) = (people.holding("律师", "lawyer").await, people.person("赵六").await);
    let (late, unidentified) = (people.person("孙七").await, people.unidentified("无名").await);
    assert_eq!(associate(&unidentified, "1", "principal").await.problem(), (403, "identity_required".into()));
    assert_eq!(associate(&agent, "1", "agent").await.status, 201);
    assert_eq!(associate(&party, "1", "principal").await.status, 201);
    // The same request again is no other use.
    assert_eq!(associate(&agent, "1", "agent").await.status, 200);
    assert_eq!(associate(&party, "1", "principal").await.status, 200);
    for filer in ["agent", "principal"] {
        assert_eq!(associate(&late, filer, filer).await.problem(), (409, "code_used_up".into()));
    }
    let seen = suit.view(&node, &suit.judge).await;
    assert_eq!((&seen["parties"][2]["account"], seen["agents"].as_array().unwrap().len()), (&json!(party.account), 1));
    // A code says for whom, not how far.
    assert_eq!(seen["agents"][0]["authority"]["code"], "general");
    assert_eq!((&seen["codes"][1]["party_uses"], &seen["codes"][1]["agent_uses"]), (&json!(0), &json!(0)));
}
