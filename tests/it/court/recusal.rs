//! 回避: members of the court who are parties or agents themselves.

use serde_json::json;

use crate::support::accounts::People;
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

/// A clerk sues in her own court: another clerk handles the suit.
#[tokio::test]
async fn a_clerk_does_not_file_her_own_suit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suing, other) = (people.clerk().await, people.clerk().await);
    let (defendant, judge) = (people.person("李四").await, people.judge().await);
    let suit = Proceeding::between(&node, "civil-first", [&suing, &defendant, &other, &judge]).await;
    suit.submit(&node).await;
    let path = suit.path("/acts");
    let approve = json!({ "act": "approve" });
    for answer in
        [people.by(&suing).post(&path, &approve).await, people.by(&suing).acting("clerk").post(&path, &approve).await]
    {
        assert_eq!(answer.problem(), (403, "recused".into()));
        assert!(answer.json()["title_zh"].as_str().unwrap().contains("履行法院职责"), "{}", answer.text());
    }
    assert_eq!(suit.view(&node, &suing).await["stage"]["code"], "under-review", "she sees it as a party");
    let refused = people.by(&suing).acting("judge").post(&path, &approve).await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()), "a role that she does not hold");
    for act in [approve, json!({ "act": "file-case" })] {
        suit.act(&node, &other, act).await;
    }
    let own = people.by(&other).post(&path, &json!({ "act": "assign", "judge": suing.account })).await;
    assert!(own.status >= 400, "{}", own.text());
    suit.act(&node, &other, json!({ "act": "assign", "judge": judge.account })).await;
}

/// A judge who sues is not assigned; a judge whom a party names as its agent is.
#[tokio::test]
async fn a_judge_who_sues_does_not_judge_and_one_who_was_named_does() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suing, named) = (people.judge().await, people.judge().await);
    let (defendant, clerk) = (people.person("李四").await, people.clerk().await);
    let suit = Proceeding::between(&node, "civil-first", [&suing, &defendant, &clerk, &named]).await;
    let power = json!({
        "act": "add-agent", "party": 1, "account": named.account, "authority": "general", "power": "授权委托书",
    });
    suit.complete(&node).await;
    suit.act(&node, &suing, power).await;
    suit.act(&node, &suing, json!({ "act": "submit" })).await;
    for act in ["approve", "file-case"] {
        suit.act(&node, &clerk, json!({ "act": act })).await;
    }
    let own = people.by(&clerk).post(&suit.path("/acts"), &json!({ "act": "assign", "judge": suing.account })).await;
    assert_eq!(own.problem(), (403, "recused".into()));
    suit.act(&node, &clerk, json!({ "act": "assign", "judge": named.account })).await;
    suit.act(&node, &named, json!({ "act": "begin-hearing" })).await;
    suit.act(&node, &named, json!({ "act": "end-hearing" })).await;
    suit.judge(&node, 7).await;
    assert_eq!(suit.view(&node, &clerk).await["stage"]["code"], "judged");
}
