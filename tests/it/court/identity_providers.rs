//! Identity checks by outside providers: what is signed, of now, and of an open check is recorded once; nothing else is.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::ledger::merkle::shape::LeafIndex;

use crate::support::accounts::{PLAIN, People, Person};
use crate::support::browser::{Browser, PASSWORD, location};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// A provider that the operator has registered.
struct Provider<'n> {
    node: &'n TestNode,
    id: String,
    secret: String,
}

impl<'n> Provider<'n> {
    async fn register(people: &People<'n>) -> Self {
        let body = json!({ "name": "网络身份认证", "method": "face", "level": "high", "url": "https://id.example/start?app=1" });
        let added = people.by_operator().create("/v1/identity-providers", &body).await;
        assert_eq!(added["act"]["act"], "add-identity-provider");
        let text = |name: &str| added[name].as_str().unwrap().to_owned();
        Self { node: people.node, id: text("id"), secret: text("secret") }
    }

    fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let key = STANDARD.decode(self.secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        format!("v1,{}", STANDARD.encode(ring::hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes())))
    }

    fn now(&self) -> u64 {
        self.node.filing.now().as_millis() / 1000
    }

    async fn send_as(&self, (id, timestamp, signature): (&str, u64, &str), body: &str) -> Answer {
        let request = self.node.client.post(self.node.url(&format!("/v1/identity-providers/{}/results", self.id)));
        let request = request.header("webhook-id", id).header("webhook-timestamp", timestamp);
        let request = request.header("webhook-signature", signature).header(CONTENT_TYPE, "application/json");
        self.node.send(request.body(body.to_owned())).await
    }

    /// A result as it must be sent.
    async fn send(&self, id: &str, result: &Value) -> Answer {
        let (body, now) = (result.to_string(), self.now());
        self.send_as((id, now, &self.sign(id, now, &body)), &body).await
    }

    /// A good result of a check.
    fn verified(verification: &str, name: &str) -> Value {
        json!({
            "verification": verification, "outcome": "verified", "level": "substantial", "name": name,
            "at": "2026-11-22T20:00:00.000+08:00", "reference": "R-77",
        })
    }
}

/// Begins a check: its id, and the address for the browser.
async fn begin(people: &People<'_>, person: &Person, provider: &str) -> (String, String) {
    let path = format!("/v1/accounts/{}/identity-verifications", person.account);
    let begun = people.by(person).create(&path, &json!({ "provider": provider })).await;
    (begun["verification"].as_str().unwrap().to_owned(), begun["url"].as_str().unwrap().to_owned())
}

/// Confirms a result with the code that the provider got.
async fn confirm(people: &People<'_>, person: &Person, answer: &Answer) -> Answer {
    let path = answer.json()["return_path"].as_str().unwrap().to_owned();
    let url = reqwest::Url::parse(&format!("http://node{path}")).unwrap();
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let confirmation =
        format!("/v1/accounts/{}/identity-verifications/{}/confirmation", person.account, parameter("verification"));
    people.by(person).post(&confirmation, &json!({ "code": parameter("code") })).await
}

async fn identities(people: &People<'_>, person: &Person) -> Vec<Value> {
    let seen = people.by_operator().get(&format!("/v1/accounts/{}", person.account)).await.json();
    seen["identities"].as_array().unwrap().clone()
}

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

#[tokio::test]
async fn a_result_is_recorded_once_with_its_provider_and_without_numbers() {
    let node = node().await;
    let people = People::of(&node).await;
    let provider = Provider::register(&people).await;
    let person = people.unidentified("张 三").await;
    let (id, url) = begin(&people, &person, &provider.id).await;
    assert_eq!(url, format!("https://id.example/start?app=1&verification={id}"));
    let result = Provider::verified(&id, "张三");
    let length = node.filing.registry().length;
    let first = provider.send("r1", &result).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!((&first.json()["confirmed"], node.filing.registry().length), (&json!(true), length), "not recorded yet");
    assert!(identities(&people, &person).await.is_empty());
    let again = provider.send("r0", &result).await;
    assert_eq!((again.status, again.json()), (200, first.json()), "the same before the confirmation");
    assert_eq!(provider.send("r0", &Provider::verified(&id, "李四")).await.problem(), (409, "request_reused".into()));
    assert_eq!(confirm(&people, &person, &first).await.status, 200);
    assert_eq!(node.filing.registry().length, length + 1);
    let first = provider.send("r1", &result).await;
    assert!(first.json()["deposit_number"].is_string() && first.json()["return_path"].is_null(), "{}", first.text());
    let known = identities(&people, &person).await;
    assert_eq!(known.len(), 1);
    assert_eq!((&known[0]["method"], &known[0]["level"]), (&json!("face"), &json!("substantial")));
    assert_eq!((&known[0]["provider"], &known[0]["reference"]), (&json!(provider.id), &json!("R-77")));
    let length = node.filing.registry().length;
    // The same again: in the same call, in another call, with its fields in another order.
    let again = result.to_string().replace("\"at\"", " \"at\"");
    let now = provider.now();
    for (call, body) in [("r1", result.to_string()), ("r2", result.to_string()), ("r3", again)] {
        let repeated = provider.send_as((call, now, &provider.sign(call, now, &body)), &body).await;
        assert_eq!((repeated.status, repeated.json()), (200, first.json()), "{call}");
    }
    // Another result of the same check.
    for other in [
        Provider::verified(&id, "李四"),
        json!({ "verification": id, "outcome": "failed", "at": result["at"], "cause": "x" }),
    ] {
        assert_eq!(provider.send("r4", &other).await.problem(), (409, "request_reused".into()));
    }
    assert_eq!(node.filing.registry().length, length);
    // Nothing of it is on the chain in clear.
    let size = node.store.published().unwrap().size().0;
    let leaves = node.store.leaves(LeafIndex(0), size).unwrap();
    let chain: String = leaves.iter().map(|leaf| String::from_utf8(leaf.clone()).unwrap()).collect();
    assert!(!chain.contains("R-77") && !chain.contains("id.example") && !chain.contains(&provider.secret));
}

#[tokio::test]
async fn what_is_forged_old_or_of_no_open_check_changes_nothing() {
    let node = node().await;
    let people = People::of(&node).await;
    let (provider, other) = (Provider::register(&people).await, Provider::register(&people).await);
    let person = people.unidentified("张三").await;
    let (id, _) = begin(&people, &person, &provider.id).await;
    let result = Provider::verified(&id, "张三");
    let (body, now, length) = (result.to_string(), provider.now(), node.filing.registry().length);
    let good = provider.sign("r1", now, &body);
    let changed = body.replace("substantial", "high");
    for (call, time, signature, body) in [
        ("r2", now, good.as_str(), body.as_str()),
        ("r1", now + 1, &good, &body),
        ("r1", now, &good, &changed),
        ("r1", now, &other.sign("r1", now, &body), &body),
        ("r1", now - 301, &provider.sign("r1", now - 301, &body), &body),
        ("r1", now + 301, &provider.sign("r1", now + 301, &body), &body),
        ("r1", now, "", &body),
        ("r1", now, "v1,AAAA", &body),
        ("", now, &provider.sign("", now, &body), &body),
    ] {
        let refused = provider.send_as((call, time, signature), body).await;
        assert_eq!(refused.problem(), (403, "bad_provider_signature".into()), "{call} {time} {signature}");
    }
    // Signed well, by another provider than the one that was asked.
    assert_eq!(other.send("r1", &result).await.problem(), (404, "no_such_verification".into()));
    let unknown = Provider::verified(&"ab".repeat(32), "张三");
    assert_eq!(provider.send("r1", &unknown).await.problem(), (404, "no_such_verification".into()));
    let with = |name: &str, value: Value| {
        let mut result = result.clone();
        result[name] = value;
        result
    };
    for wrong in [
        with("verification", json!("nonsense")),
        with("outcome", json!("perhaps")),
        with("level", json!("highest")),
        with("level", Value::Null),
        with("name", json!(" ")),
        with("at", json!("yesterday")),
        with("at", json!("2026-11-22T19:00:00.000+08:00")),
        with("at", json!("2026-11-22T20:06:00.000+08:00")),
        with("reference", json!("身份证 11010519491231002X")),
        with("reference", json!("x".repeat(201))),
        with("id_number", json!("11010519491231002X")),
    ] {
        assert_eq!(provider.send("r1", &wrong).await.problem(), (400, "bad_value".into()), "{wrong}");
    }
    assert_eq!(node.filing.registry().length, length);
    let elsewhere = Provider { node: &node, id: "cd".repeat(32), secret: provider.secret.clone() };
    assert_eq!(elsewhere.send("r1", &result).await.problem(), (404, "no_such_identity_provider".into()));
    // A check that was begun anew, and one that is a day old.
    let (newer, _) = begin(&people, &person, &provider.id).await;
    assert_eq!(provider.send("r1", &result).await.problem(), (404, "no_such_verification".into()));
    node.clock.shift(86_400_000, Duration::from_hours(24));
    let late = Provider::verified(&newer, "张三");
    assert_eq!(provider.send("r1", &late).await.problem(), (404, "no_such_verification".into()));
    assert!(identities(&people, &person).await.is_empty());
}

#[tokio::test]
async fn a_provider_goes_no_further_than_its_registration_and_ends_with_it() {
    let node = node().await;
    let people = People::of(&node).await;
    let body = json!({ "name": "微信", "method": "wechat", "level": "basic", "url": "https://id.example/" });
    let added = people.by_operator().create("/v1/identity-providers", &body).await;
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    let provider = Provider { node: &node, id: text("id"), secret: text("secret") };
    let person = people.unidentified("张三").await;
    let (id, _) = begin(&people, &person, &provider.id).await;
    let result = Provider::verified(&id, "张三");
    assert_eq!(provider.send("r1", &result).await.problem(), (422, "beyond_provider".into()));
    let clerk = people.clerk().await;
    let remove = format!("/v1/identity-providers/{}/removal", provider.id);
    assert_eq!(people.by(&clerk).post(&remove, &json!({})).await.problem(), (403, "not_permitted".into()));
    assert_eq!(people.by(&clerk).post("/v1/identity-providers", &body).await.problem(), (403, "not_permitted".into()));
    let list = people.by(&person).get("/v1/identity-providers").await.json();
    assert_eq!((&list["items"][0]["name"], list.to_string().contains("id.example")), (&json!("微信"), false));
    for bad in ["http://id.example/", "javascript:alert(1)", "https://user@id.example/"] {
        let mut body = body.clone();
        body["url"] = json!(bad);
        let refused = people.by_operator().post("/v1/identity-providers", &body).await;
        assert_eq!(refused.problem(), (400, "bad_value".into()), "{bad}");
    }
    assert_eq!(people.by_operator().post(&remove, &json!({})).await.status, 200);
    assert_eq!(
        people.by_operator().post(&remove, &json!({})).await.problem(),
        (404, "no_such_identity_provider".into())
    );
    assert_eq!(provider.send("r1", &result).await.problem(), (404, "no_such_identity_provider".into()));
    let begin = format!("/v1/accounts/{}/identity-verifications", person.account);
    let ask = json!({ "provider": provider.id });
    assert_eq!(people.by(&person).post(&begin, &ask).await.problem(), (404, "no_such_identity_provider".into()));
    assert_eq!(people.by(&clerk).post(&begin, &ask).await.problem(), (404, "not_found".into()), "for oneself only");
}

/// An attacker registers under the name of a victim, begins a check, and sends the victim its address. The victim passes the check.
#[tokio::test]
async fn a_victim_that_completes_the_check_of_an_attacker_verifies_nothing() {
    let node = node().await;
    let people = People::of(&node).await;
    let provider = Provider::register(&people).await;
    let (attacker, victim) = (people.unidentified("张三").await, people.unidentified("张三").await);
    let (id, _) = begin(&people, &attacker, &provider.id).await;
    let answer = provider.send("r1", &Provider::verified(&id, "张三")).await;
    assert_eq!((&answer.json()["confirmed"], answer.status), (&json!(true), 200), "the name is right");
    assert!(identities(&people, &attacker).await.is_empty());
    // The code is in the victim's browser, which is not signed in to the attacker's account.
    assert_eq!(confirm(&people, &victim, &answer).await.problem(), (404, "no_such_verification".into()));
    // The attacker does not know it.
    let path = format!("/v1/accounts/{}/identity-verifications/{id}/confirmation", attacker.account);
    for code in ["", "0", &"ab".repeat(32), &id] {
        let refused = people.by(&attacker).post(&path, &json!({ "code": code })).await;
        assert_eq!(refused.problem(), (404, "no_such_verification".into()), "{code}");
    }
    assert_eq!(people.by(&victim).post(&path, &json!({ "code": "0" })).await.problem(), (404, "not_found".into()));
    assert!(identities(&people, &attacker).await.is_empty() && identities(&people, &victim).await.is_empty());
    // A code of an earlier check is good for nothing after the next one has begun.
    begin(&people, &attacker, &provider.id).await;
    assert_eq!(confirm(&people, &attacker, &answer).await.problem(), (404, "no_such_verification".into()));
}

/// Somebody has another person complete a check that was begun for an account of one's own.
#[tokio::test]
async fn the_name_of_another_person_confirms_nothing() {
    let node = node().await;
    let people = People::of(&node).await;
    let provider = Provider::register(&people).await;
    let person = people.unidentified("张三").await;
    let (id, _) = begin(&people, &person, &provider.id).await;
    let answer = provider.send("r1", &Provider::verified(&id, "李四")).await.json();
    assert_eq!((&answer["confirmed"], &answer["cause"]), (&json!(false), &json!("name_differs")));
    assert_eq!(provider.send("r2", &Provider::verified(&id, "李四")).await.json(), answer, "the same again");
    assert_eq!(provider.send("r3", &Provider::verified(&id, "张三")).await.problem(), (409, "request_reused".into()));
    assert!(identities(&people, &person).await.is_empty());
    let nameless = people.by_operator().create("/v1/accounts", &json!({ "subject": "natural-person" })).await;
    let nameless = people.token(nameless["account"].as_str().unwrap(), PLAIN).await;
    let (id, _) = begin(&people, &nameless, &provider.id).await;
    let answer = provider.send("r1", &Provider::verified(&id, "张三")).await.json();
    assert_eq!(answer["cause"], "name_missing");
    let (id, _) = begin(&people, &nameless, &provider.id).await;
    let failed = json!({ "verification": id, "outcome": "failed", "at": "2026-11-22T20:00:00.000+08:00", "cause": "face_differs" });
    assert_eq!(provider.send("r1", &failed).await.json()["cause"], "face_differs");
}

#[tokio::test]
async fn the_holder_begins_a_check_on_the_page_of_the_account() {
    let node = node().await;
    let people = People::of(&node).await;
    let provider = Provider::register(&people).await;
    let mut browser = Browser::new(&node);
    browser.register("zhang").await;
    let account = browser.account().await;
    let page = browser.get("/account").await;
    assert!(page.text().contains("网络身份认证（人脸识别 ·") && page.text().contains("尚未核验"), "{}", page.text());
    let begun = browser.post("/account/identity", &[("provider", &provider.id)]).await;
    let text = begun.text();
    let at = text.find("verification=").unwrap_or_else(|| panic!("{text}")) + "verification=".len();
    let id = text[at..at + 64].to_owned();
    assert!(browser.get("/account").await.text().contains("核验进行中"));
    let failed = provider.send("r1", &Provider::verified(&id, "李四")).await;
    assert_eq!(failed.json()["cause"], "name_differs");
    assert!(browser.get("/account").await.text().contains("最近一次核验未通过"));
    let begun = browser.post("/account/identity", &[("provider", &provider.id)]).await.text().to_owned();
    let at = begun.find("verification=").unwrap() + "verification=".len();
    let id = begun[at..at + 64].to_owned();
    let answer = provider.send("r2", &Provider::verified(&id, "张三")).await.json();
    assert_eq!(answer["confirmed"], true);
    assert!(browser.get("/account").await.text().contains("尚未核验"), "not confirmed by the holder yet");
    let back = answer["return_path"].as_str().unwrap();
    let mut elsewhere = Browser::new(&node);
    assert!(location(&elsewhere.get(back).await).starts_with("/login?next=%2Faccount%3Fverification"));
    let page = browser.get(back).await;
    assert!(page.text().contains("id=\"confirm-identity\""), "{}", page.text());
    let code = back.split("code=").nth(1).unwrap();
    let wrong = browser.post("/account/identity-confirmation", &[("verification", &id), ("code", &id)]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let confirmed = browser.post("/account/identity-confirmation", &[("verification", &id), ("code", code)]).await;
    assert_eq!(location(&confirmed), "/account?done=identity");
    let page = browser.get("/account").await;
    assert!(page.text().contains("人脸识别 · 实名 ·") && !page.text().contains("核验进行中"), "{}", page.text());
    assert_eq!(browser.post("/account/identity", &[("provider", "nonsense")]).await.status, 422);
    // A result for an account that was closed meanwhile.
    let begun = browser.post("/account/identity", &[("provider", &provider.id)]).await.text().to_owned();
    let at = begun.find("verification=").unwrap() + "verification=".len();
    let id = begun[at..at + 64].to_owned();
    assert_eq!(browser.post("/account/closing", &[("closing-password", PASSWORD)]).await.status, 303);
    assert_eq!(provider.send("r3", &Provider::verified(&id, "张三")).await.problem(), (409, "account_closed".into()));
    assert_eq!(
        people.by_operator().get(&format!("/v1/accounts/{account}")).await.json()["identities"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
