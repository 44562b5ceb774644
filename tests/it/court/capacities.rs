//! Requirements for acting: identity, capacity, the scopes of a token.

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::test_node::{NodeConfig, TestNode};

fn opening() -> Value {
    json!({
        "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
        "subject": "natural-person", "filer": "principal", "name": "张三",
    })
}

async fn opened(people: &People<'_>, by: &Person) -> String {
    people.by(by).create("/v1/cases", &opening()).await["case"].as_str().unwrap().to_owned()
}

/// "在广州互联网法院网上诉讼平台起诉、应诉必须进行实名认证".
#[tokio::test]
async fn the_account_that_sues_must_be_identified() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let stranger = people.unidentified("无名").await;
    let refused = people.by(&stranger).post("/v1/cases", &opening()).await;
    assert_eq!(refused.problem(), (403, "identity_required".into()));
    // A phone number alone is not enough; real names are.
    people.identify(&stranger.account, "basic").await;
    assert_eq!(people.by(&stranger).post("/v1/cases", &opening()).await.status, 403);
    people.identify(&stranger.account, "substantial").await;
    opened(&people, &stranger).await;
    // ReceiptFiles seen at the counter do as well.
    let (clerk, walk_in) = (people.clerk().await, people.unidentified("来访").await);
    let seen = json!({"method": "court-offline", "level": "high"});
    people.by(&clerk).create(&format!("/v1/accounts/{}/identity-checks", walk_in.account), &seen).await;
    opened(&people, &walk_in).await;
}

#[tokio::test]
async fn nobody_acts_in_a_capacity_that_is_not_his() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (plaintiff, clerk) = (people.person("张三").await, people.clerk().await);
    let case = opened(&people, &plaintiff).await;
    let path = format!("/v1/cases/{case}/acts");
    let submit = json!({"act": "submit"});
    for capacity in ["party 2", "agent 1", "judge", "operator", "platform", "oneself"] {
        let refused = people.by(&plaintiff).acting(capacity).post(&path, &submit).await;
        assert_eq!(refused.problem(), (403, "not_permitted".into()), "{capacity}");
    }
    for nonsense in ["party", "party 0", "king"] {
        let refused = people.by(&plaintiff).acting(nonsense).post(&path, &submit).await;
        assert_eq!(refused.problem(), (400, "bad_value".into()), "{nonsense}");
    }
    let defendant = json!({"act": "add-party", "role": "defendant", "subject": "natural-person", "name": "李四"});
    people.by(&plaintiff).create(&path, &defendant).await;
    people.by(&plaintiff).create(&path, &json!({"act": "confirm-notice"})).await;
    let done = people.by(&plaintiff).acting("party 1").post(&path, &submit).await;
    assert_eq!(done.status, 201, "{}", done.text());
    let refused = people.by(&clerk).acting("judge").post(&path, &json!({"act": "approve"})).await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()));
}

#[tokio::test]
async fn a_token_with_less_does_less_and_a_role_without_its_scope_opens_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (plaintiff, judge) = (people.person("张三").await, people.judge().await);
    let case = opened(&people, &plaintiff).await;
    let path = format!("/v1/cases/{case}/acts");
    let reader = people.token(&plaintiff.account, &["read"]).await;
    assert_eq!(people.by(&reader).get(&format!("/v1/cases/{case}")).await.status, 200);
    let refused = people.by(&reader).post(&path, &json!({"act": "submit"})).await;
    assert_eq!(refused.problem(), (403, "scope_needed".into()));
    let defendant = json!({"act": "add-party", "role": "defendant", "subject": "natural-person", "name": "李四"});
    people.by(&plaintiff).create(&path, &defendant).await;
    people.by(&plaintiff).create(&path, &json!({"act": "confirm-notice"})).await;
    people.by(&plaintiff).create(&path, &json!({"act": "submit"})).await;
    // The judge's other token is no key to the court.
    let other = people.token(&judge.account, &["read", "case", "deposit"]).await;
    assert_eq!(people.by(&other).get(&format!("/v1/cases/{case}")).await.problem(), (404, "not_found".into()));
    assert_eq!(people.by(&other).get("/v1/cases").await.json()["items"], json!([]));
    assert_eq!(people.by(&judge).get(&format!("/v1/cases/{case}")).await.status, 200);
    // Nor is a role at another court.
    let elsewhere = people.of_court("法官", "judge", "京0491").await;
    assert_eq!(people.by(&elsewhere).get(&format!("/v1/cases/{case}")).await.problem(), (404, "not_found".into()));
}
