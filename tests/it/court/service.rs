//! Service of documents over HTTP: every basis, refusal, objection, paper and announcement, and what the record shows.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::store::memory::MemoryStore;

use crate::support::accounts::{People, Person};
use crate::support::depositor::origin;
use crate::support::serving::{Serving, deposited, minutes};
use crate::support::test_node::{NodeConfig, TestNode};

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

#[tokio::test]
async fn a_consent_is_recorded_with_the_click_and_each_scope_by_itself() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (plaintiff, defendant) = (&serving.suit.bringing, &serving.suit.answering);
    let bare = json!({ "act": "consent-service", "scope": "documents", "answer": "agreed", "form": "explicit" });
    assert_eq!(serving.refused(&node, defendant, bare.clone()).await, "consent_click_needed");
    let mut others = bare.clone();
    others["party"] = json!(2);
    assert_eq!(serving.refused(&node, plaintiff, others.clone()).await, "not_yours");
    assert_eq!(serving.refused(&node, &serving.suit.clerk, others).await, "service_proof_needed");
    for scope in ["litigation", "documents", "decisions"] {
        serving.consent(&node, scope, "agreed").await;
    }
    serving.consent(&node, "decisions", "withdrawn").await;
    let view = serving.view(&node, plaintiff).await;
    let said: Vec<String> = view["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["scope"]["code"].as_str().unwrap(), one["answer"]["code"].as_str().unwrap()))
        .collect();
    assert_eq!(said, ["litigation agreed", "documents agreed", "decisions agreed", "decisions withdrawn"]);
    assert_eq!(view["consents"][0]["ticked"]["zh"], "默认勾选");
    assert_eq!(view["consents"][0]["shown"], "ab".repeat(32));
    let document = deposited(&node, b"a ruling").await;
    let serve = json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "ruling", "document": document });
    serving.act(&node, &serving.suit.clerk, serve).await;
    let send = json!({ "act": "send-service", "service": 1, "channel": "platform" });
    assert_eq!(serving.refused(&node, &serving.suit.clerk, send).await, "service_consent_refused");
}

#[tokio::test]
async fn no_address_is_in_clear_on_the_chain_or_in_an_answer() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (plaintiff, defendant) = (&serving.suit.bringing, &serving.suit.answering);
    serving.given_mobile(&node).await;
    let bad = json!({ "act": "service-address", "kind": "mobile", "value": "zhang@example.com", "source": "given" });
    assert_eq!(serving.refused(&node, defendant, bad).await, "bad_value");
    let found = json!({ "act": "service-address", "kind": "email", "value": "a@example.com", "source": "found", "active": "2026-11-20" });
    assert_eq!(serving.refused(&node, defendant, found).await, "not_yours");
    let idle = json!({
        "act": "service-address", "party": 2, "kind": "email", "value": "a@example.com", "source": "found", "active": "2026-08-21",
    });
    assert_eq!(serving.refused(&node, &serving.suit.clerk, idle).await, "address_not_active");
    let own = serving.view(&node, defendant).await;
    assert_eq!(own["addresses"][0]["masked"], "138****5678");
    assert_eq!(serving.view(&node, plaintiff).await["addresses"], json!([]), "the other party sees none");
    assert_eq!(serving.view(&node, &serving.suit.clerk).await["addresses"].as_array().unwrap().len(), 1);
    let acts = node.session(&defendant.token).get(&serving.suit.path("/acts")).await;
    assert!(acts.text().contains("138****5678"));
    for shown in [acts.text(), &own.to_string()] {
        assert!(!shown.contains("13812345678"), "{shown}");
    }
    // A change takes effect from its entry; the former address stays in the record.
    let change = json!({
        "act": "service-address", "kind": "mobile", "value": "13700000000", "source": "confirmed", "replaces": 1,
    });
    serving.act(&node, defendant, change).await;
    let own = serving.view(&node, defendant).await;
    assert_eq!(own["addresses"][0]["until"], own["addresses"][1]["from"]);
    serving.serve(&node, "electronic", "summons").await;
    let send = json!({ "act": "send-service", "service": 1, "channel": "sms", "address": 1 });
    assert_eq!(serving.refused(&node, &serving.suit.clerk, send).await, "address_not_in_force");
}

/// 到达: an own address, by the platform itself and by what the clerk knows.
#[tokio::test]
async fn an_arrival_at_an_own_address_is_service_and_begins_the_periods() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    serving.consent(&node, "documents", "agreed").await;
    let document = serving.serve(&node, "electronic", "complaint-copy").await;
    let record = serving.record(&node, 1).await;
    assert_eq!((&record["state"]["code"], &record["effect"]), (&json!("to-be-sent"), &Value::Null));
    assert_eq!(record["line"]["zh"], "起诉状副本 未送达（待发送）");
    assert_eq!(
        serving.certificate(&node, &serving.suit.clerk, 1).await.problem(),
        (409, "service_not_effective".into())
    );
    serving.send(&node, 1, "platform", None).await;
    let record = serving.record(&node, 1).await;
    assert_eq!(record["effect"]["basis"]["code"], "arrival");
    assert_eq!(record["effect"]["rebuttable"], false);
    let line = record["line"]["zh"].as_str().unwrap();
    assert!(line.starts_with("起诉状副本 到达 2026-11-22 20:00:0") && line.contains("第三十一条第一款"), "{line}");
    assert!(!record.to_string().contains("已查阅"), "an arrival is not a reading");
    let view = serving.view(&node, &serving.suit.answering).await;
    let period = &view["periods"][0];
    assert_eq!(
        (&period["period"]["zh"], &period["last_day"], &period["party"]),
        (&json!("答辩期"), &json!("2026-12-07"), &json!(2))
    );
    assert_eq!(period["state"]["code"], "running");

    let answer = serving.certificate(&node, &serving.suit.answering, 1).await;
    let certificate = answer.json();
    assert_eq!(certificate["title"]["zh"], "电子送达凭证");
    assert_eq!((&certificate["document"], &certificate["recipient"]), (&json!(document), &json!("李*")));
    assert_eq!((&certificate["in_force"], &certificate["version"]), (&json!(true), &json!(1)));
    assert_eq!(certificate["digests"].as_array().unwrap().len(), 2);
    assert!(certificate.get("read_at").is_none());
    // The certificate is itself a deposit of the ledger.
    let number = certificate["certificate"].as_str().unwrap();
    assert_eq!(node.get(&format!("/v1/deposits/{number}")).await.status, 200);
    assert!(!answer.text().contains("李四"));
}

/// 推定: read at another address, with consent; and its rebuttal.
#[tokio::test]
async fn a_presumption_can_be_rebutted_and_the_court_decides() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (defendant, judge) = (&serving.suit.answering, &serving.suit.judge);
    serving.consent(&node, "documents", "agreed").await;
    serving.found_mobile(&node).await;
    serving.serve(&node, "electronic", "evidence-notice").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    serving.report(&node, 1, "arrived").await;
    assert_eq!(serving.basis(&node, 1).await, "", "an arrival elsewhere is no service");
    serving.report(&node, 1, "read").await;
    assert_eq!(serving.basis(&node, 1).await, "presumed");
    let record = serving.record(&node, 1).await;
    assert!(record["line"]["zh"].as_str().unwrap().starts_with("举证通知书 推定 "));
    assert_eq!(record["effect"]["rebuttable"], true);
    assert_eq!(serving.view(&node, defendant).await["periods"][0]["days"], 20);
    // What the court extends since is shown here too.
    serving.suit.act(&node, judge, json!({ "act": "extend-period", "days": 7 })).await;
    let case = people.by(judge).get(&format!("/v1/cases/{}", serving.suit.case)).await.json();
    let last = |one: &Value| one["last_day"].as_str().unwrap_or_default().to_owned();
    let extended = last(&serving.view(&node, defendant).await["periods"][0]);
    assert_eq!(extended, last(&case["periods"][1]["period"]));

    let object =
        json!({ "act": "object-service", "service": 1, "ground": "not-own-address", "reason": "该号码已停用" });
    let plaintiff = &serving.suit.bringing;
    assert_eq!(serving.refused(&node, plaintiff, object.clone()).await, "not_yours");
    serving.act(&node, defendant, object.clone()).await;
    assert_eq!(serving.refused(&node, defendant, object).await, "service_objected");
    assert_eq!(serving.record(&node, 1).await["state"]["code"], "objected");
    let decide = |outcome: &str| json!({ "act": "decide-service", "service": 1, "outcome": outcome });
    assert_eq!(serving.refused(&node, defendant, decide("upheld")).await, "not_permitted");
    assert_eq!(serving.refused(&node, &serving.suit.clerk, decide("upheld")).await, "not_permitted");
    serving.act(&node, judge, decide("upheld")).await;
    assert_eq!(serving.refused(&node, judge, decide("upheld")).await, "service_not_objected");
    let view = serving.view(&node, defendant).await;
    assert_eq!((&view["items"][0]["state"]["code"], &view["periods"]), (&json!("objection-upheld"), &json!([])));
    assert_eq!(serving.certificate(&node, defendant, 1).await.json()["in_force"], false);
}

/// 确认: the recipient's reply completes a service at any address, also without earlier consent.
#[tokio::test]
async fn a_reply_completes_the_service_and_says_received_and_no_more() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (plaintiff, defendant) = (&serving.suit.bringing, &serving.suit.answering);
    serving.found_mobile(&node).await;
    serving.serve(&node, "electronic", "summons").await;
    let confirm = json!({ "act": "confirm-receipt", "service": 1 });
    assert_eq!(serving.refused(&node, defendant, confirm.clone()).await, "service_not_sent");
    serving.send(&node, 1, "sms", Some(1)).await;
    for step in ["arrived", "read"] {
        serving.report(&node, 1, step).await;
    }
    assert_eq!(serving.basis(&node, 1).await, "", "without consent only the recipient's conduct completes it");
    let record = serving.record(&node, 1).await;
    assert_eq!(record["attempts"][0]["consent"]["code"], "none");
    assert_eq!(record["line"]["zh"], "传票 未送达（已查阅）");
    assert_eq!(serving.refused(&node, plaintiff, confirm.clone()).await, "not_yours");
    let reply = json!({ "act": "report-service", "service": 1, "attempt": 1, "step": "replied" });
    assert_eq!(serving.refused(&node, defendant, reply).await, "not_permitted");
    serving.act(&node, defendant, confirm.clone()).await;
    assert_eq!(serving.basis(&node, 1).await, "reply");
    assert_eq!(serving.refused(&node, defendant, confirm).await, "service_reported");
    let certificate = serving.certificate(&node, defendant, 1).await.json();
    assert!(certificate["notice"]["zh"].as_str().unwrap().contains("不表明受送达人认可文书内容"));
    let paper = json!({ "act": "request-paper", "service": 1 });
    serving.act(&node, defendant, paper).await;
    assert_eq!(serving.record(&node, 1).await["paper_requested_at"].as_array().unwrap().len(), 1);
}

/// 相应诉讼行为: the recipient's own act in the case, and its time from the chain.
#[tokio::test]
async fn an_act_in_the_case_completes_the_service_at_its_own_time() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (defendant, clerk) = (&serving.suit.answering, &serving.suit.clerk);
    serving.found_mobile(&node).await;
    serving.serve(&node, "electronic", "evidence-notice").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    minutes(&node, 90);
    let number = deposited(&node, b"a receipt").await;
    let imported = serving.suit.import(&node, defendant, &number).await;
    let own = imported["act"]["sequence"].as_u64().unwrap();
    minutes(&node, 60);
    let responded = |act: Value| json!({ "act": "report-service", "service": 1, "attempt": 1, "step": "responded", "own_act": act });
    assert_eq!(serving.refused(&node, clerk, responded(Value::Null)).await, "service_report_wrong");
    assert_eq!(serving.refused(&node, clerk, responded(json!(1))).await, "service_report_wrong");
    serving.act(&node, clerk, responded(json!(own))).await;
    let effect = serving.record(&node, 1).await["effect"].clone();
    assert_eq!((&effect["basis"]["code"], &effect["at"]), (&json!("conduct"), &imported["act"]["at"]));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another_and_a_contradiction_is_shown() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "summons").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    let failed = json!({
        "act": "report-service", "service": 1, "attempt": 1, "step": "failed", "cause": "no_such_number",
    });
    serving.act(&node, &serving.suit.clerk, failed.clone()).await;
    assert_eq!(serving.refused(&node, &serving.suit.clerk, failed).await, "service_reported");
    let record = serving.record(&node, 1).await;
    assert_eq!(record["line"]["zh"], "传票 未送达（发送失败）");
    assert_eq!(record["attempts"][0]["steps"][0]["cause"], "no_such_number");
    serving.send(&node, 1, "sms", Some(1)).await;
    let arrived = json!({ "act": "report-service", "service": 1, "attempt": 2, "step": "arrived" });
    serving.act(&node, &serving.suit.clerk, arrived).await;
    let record = serving.record(&node, 1).await;
    assert_eq!((&record["effect"]["attempt"], &record["attempts"][0]["contradictory"]), (&json!(2), &json!(false)));
    serving.report(&node, 1, "arrived").await;
    assert_eq!(serving.record(&node, 1).await["attempts"][0]["contradictory"], true);
}

/// A report that comes late counts with its own time, and a later one may not move what was earlier.
#[tokio::test]
async fn a_late_report_moves_the_effect_to_its_own_time() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let clerk = &serving.suit.clerk;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "complaint-copy").await;
    let sent = serving.send(&node, 1, "sms", Some(1)).await["act"]["at"].clone();
    minutes(&node, 3 * 24 * 60);
    serving.act(&node, &serving.suit.answering, json!({ "act": "confirm-receipt", "service": 1 })).await;
    let first = serving.view(&node, clerk).await;
    assert_eq!(
        (&first["items"][0]["effect"]["basis"]["code"], &first["periods"][0]["last_day"]),
        (&json!("reply"), &json!("2026-12-10"))
    );
    let report =
        |at: Value| json!({ "act": "report-service", "service": 1, "attempt": 1, "step": "arrived", "at": at });
    assert_eq!(serving.refused(&node, clerk, report(json!("2026-11-22T00:00:00.000Z"))).await, "service_report_time");
    assert_eq!(serving.refused(&node, clerk, report(json!("2026-12-22T00:00:00.000Z"))).await, "service_report_time");
    assert_eq!(serving.refused(&node, clerk, report(json!("yesterday"))).await, "bad_value");
    serving.act(&node, clerk, report(sent.clone())).await;
    let view = serving.view(&node, clerk).await;
    assert_eq!(view["items"][0]["effect"]["at"], sent);
    assert_eq!(view["periods"][0]["last_day"], "2026-12-07");
    let certificate = serving.certificate(&node, clerk, 1).await.json();
    assert_eq!((&certificate["version"], &certificate["basis"]["code"]), (&json!(2), &json!("arrival")));
}

#[tokio::test]
async fn an_agent_confirms_documents_but_no_mediation_statement_unless_named() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let agent = people.person("王律师").await;
    let stranger = people.person("路人").await;
    let (defendant, clerk) = (&serving.suit.answering, &serving.suit.clerk);
    let appoint = json!({
        "act": "add-agent", "party": 2, "account": agent.account, "authority": "general", "name": "王律师", "power": "委托书",
    });
    serving.suit.act(&node, clerk, appoint).await;
    serving.consent(&node, "documents", "agreed").await;
    serving.consent(&node, "decisions", "agreed").await;
    for kind in ["summons", "mediation-statement"] {
        serving.serve(&node, "electronic", kind).await;
    }
    for service in [1, 2] {
        serving.send(&node, service, "platform", None).await;
    }
    let confirm = |service: u32| json!({ "act": "confirm-receipt", "service": service });
    assert_eq!(serving.refused(&node, &stranger, confirm(1)).await, "not_found");
    serving.act(&node, &agent, confirm(1)).await;
    assert_eq!(serving.refused(&node, &agent, confirm(2)).await, "service_party_itself");
    let name = json!({ "act": "name-receiver", "agent": 1 });
    assert_eq!(serving.refused(&node, &agent, name.clone()).await, "service_party_itself");
    serving.act(&node, defendant, name).await;
    serving.act(&node, &agent, confirm(2)).await;
    // An agency that ended receives nothing.
    serving.suit.act(&node, defendant, json!({ "act": "end-agent", "agent": 1 })).await;
    assert_eq!(serving.refused(&node, &agent, confirm(1)).await, "not_found");
}

#[tokio::test]
async fn paper_stands_beside_electronic_service_until_the_court_says_which_counts() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let (clerk, judge) = (&serving.suit.clerk, &serving.suit.judge);
    serving.consent(&node, "decisions", "agreed").await;
    let document = serving.serve(&node, "electronic", "judgment").await;
    let paper = |beside: u32| json!({ "act": "serve", "party": 2, "mode": "paper", "kind": "judgment", "document": document, "beside": beside });
    assert_eq!(serving.refused(&node, clerk, paper(9)).await, "no_such_service");
    serving.act(&node, clerk, paper(1)).await;
    assert_eq!(serving.refused(&node, clerk, paper(2)).await, "service_not_beside");
    serving.send(&node, 1, "platform", None).await;
    let determine = json!({ "act": "determine-service", "service": 2, "reason": "当事人要求以纸质文书为准" });
    assert_eq!(serving.refused(&node, judge, determine.clone()).await, "service_not_effective");
    serving.send(&node, 2, "direct", None).await;
    minutes(&node, 2 * 24 * 60);
    serving.report(&node, 2, "arrived").await;
    assert_eq!(serving.basis(&node, 2).await, "signed");
    let view = serving.view(&node, clerk).await;
    assert_eq!(view["periods"].as_array().unwrap().len(), 1, "one document, one period");
    assert_eq!((&view["periods"][0]["service"], &view["periods"][0]["undetermined"]), (&json!(1), &json!(true)));
    assert_eq!(view["periods"][0]["last_day"], "2026-12-07");
    assert_eq!(serving.refused(&node, clerk, determine.clone()).await, "not_permitted");
    serving.act(&node, judge, determine).await;
    let view = serving.view(&node, clerk).await;
    assert_eq!((&view["periods"][0]["service"], &view["periods"][0]["undetermined"]), (&json!(2), &json!(false)));
    assert_eq!(view["periods"][0]["last_day"], "2026-12-09");
    assert_eq!(view["items"][1]["counts"], true);
    assert_eq!(
        serving.certificate(&node, clerk, 2).await.problem(),
        (409, "service_not_effective".into()),
        "paper has a 送达回证"
    );
}

#[tokio::test]
async fn an_announcement_serves_after_thirty_days() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let clerk = &serving.suit.clerk;
    let document = deposited(&node, b"a notice").await;
    let bare = json!({
        "act": "serve", "party": 2, "mode": "announcement", "kind": "evidence-notice", "document": document, "days": 15,
    });
    assert_eq!(serving.refused(&node, clerk, bare).await, "service_proof_needed");
    serving.serve(&node, "announcement", "evidence-notice").await;
    let send = |day: Value| json!({ "act": "send-service", "service": 1, "channel": "announcement", "published": day });
    assert_eq!(serving.refused(&node, clerk, send(Value::Null)).await, "service_report_time");
    assert_eq!(serving.refused(&node, clerk, send(json!("2026-11-23"))).await, "service_report_time");
    serving.act(&node, clerk, send(json!("2026-11-02"))).await;
    let view = serving.view(&node, clerk).await;
    assert_eq!(view["items"][0]["state"]["code"], "announced");
    let period = &view["periods"][0];
    // The evidence period begins with the day after the announcement period (证据规定 art. 55 (5)).
    assert_eq!(
        (&period["start"], &period["last_day"], &period["state"]["code"]),
        (&json!("2026-12-02"), &json!("2026-12-22"), &json!("not-begun"))
    );
    minutes(&node, 11 * 24 * 60);
    let view = serving.view(&node, clerk).await;
    assert_eq!(
        (&view["items"][0]["state"]["code"], &view["periods"][0]["state"]["code"]),
        (&json!("effective"), &json!("running"))
    );
}

#[tokio::test]
async fn the_file_of_a_served_document_gets_one_of_three_answers() {
    let node = node().await;
    let number = deposited(&node, b"the judgment").await;
    let ask = async |file: &'static [u8], number: &str| {
        let query = if number.is_empty() { String::new() } else { format!("?number={number}") };
        let answer = node.post(&format!("/v1/documents/verification{query}"), "application/octet-stream", file).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let same = ask(b"the judgment", "").await;
    assert_eq!((&same["answer"]["zh"], &same["deposit_number"]), (&json!("核验一致"), &json!(number)));
    assert!(same["deposited_at"].is_string());
    assert_eq!(ask(b"the judgment", &number).await["answer"]["code"], "consistent");
    assert_eq!(ask(b"a forged judgment", "").await["answer"]["zh"], "尚未存证");
    assert_eq!(ask(b"a forged judgment", &number).await["answer"]["zh"], "比对结果不一致");
    let path = format!("/v1/documents/verification?number={}", &number[..number.len() - 1]);
    assert_eq!(node.post(&path, "application/octet-stream", "x").await.status, 400);
    assert_eq!(node.post("/v1/documents/verification", "text/plain", "x").await.status, 415);
}

/// Two people confirm at the same instant: one reply, and both are answered.
#[tokio::test(flavor = "multi_thread")]
async fn two_confirmations_at_the_same_instant_are_one() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let agent = people.person("王律师").await;
    let appoint = json!({
        "act": "add-agent", "party": 2, "account": agent.account, "authority": "general", "name": "王律师", "power": "委托书",
    });
    serving.suit.act(&node, &serving.suit.clerk, appoint).await;
    serving.found_mobile(&node).await;
    serving.serve(&node, "electronic", "summons").await;
    serving.send(&node, 1, "sms", Some(1)).await;
    let confirm = json!({ "act": "confirm-receipt", "service": 1 });
    let (one, two) = tokio::join!(
        serving.try_act(&node, &serving.suit.answering, confirm.clone()),
        serving.try_act(&node, &agent, confirm.clone())
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let record = serving.record(&node, 1).await;
    assert_eq!(record["confirmed_at"].as_array().unwrap().len(), 1);
    assert_eq!(record["certificates"], 1);
}

/// The node restarts between any two steps; the record goes on, and no certificate is missing or made twice.
#[tokio::test]
async fn a_restart_between_any_two_steps_loses_nothing() {
    let store = Arc::new(MemoryStore::new(origin()));
    let mut node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let serving = Serving::begin(&People::of(&node).await).await;
    let suit = &serving.suit;
    let steps: [(&Person, Value); 6] = [
        (
            &suit.answering,
            json!({ "act": "consent-service", "scope": "documents", "answer": "agreed", "form": "explicit", "ticked": "ticked", "shown": "cd".repeat(32) }),
        ),
        (
            &suit.answering,
            json!({ "act": "service-address", "kind": "mobile", "value": "13812345678", "source": "given" }),
        ),
        (
            &suit.clerk,
            json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "summons", "document": deposited(&node, b"summons").await }),
        ),
        (&suit.clerk, json!({ "act": "send-service", "service": 1, "channel": "sms", "address": 1 })),
        (&suit.clerk, json!({ "act": "report-service", "service": 1, "attempt": 1, "step": "arrived" })),
        (&suit.answering, json!({ "act": "confirm-receipt", "service": 1 })),
    ];
    for (who, step) in steps {
        serving.act(&node, who, step).await;
        drop(node);
        node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    }
    let record = serving.record(&node, 1).await;
    assert_eq!((&record["effect"]["basis"]["code"], &record["certificates"]), (&json!("arrival"), &json!(1)));
    assert_eq!(record["confirmed_at"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_request_twice_is_one_act() {
    let node = node().await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let session = || node.session(&serving.suit.answering.token).keyed("consent-1");
    let body = json!({
        "act": "consent-service", "scope": "documents", "answer": "agreed", "form": "explicit", "ticked": "ticked", "shown": "ef".repeat(32),
    });
    let path = serving.suit.path("/service");
    let (one, two) = (session().post(&path, &body).await, session().post(&path, &body).await);
    assert_eq!((one.status, two.status), (201, 200));
    assert_eq!(one.json()["act"]["deposit_number"], two.json()["act"]["deposit_number"]);
    let other = json!({ "act": "request-paper", "service": 1 });
    assert_eq!(session().post(&path, &other).await.problem(), (409, "request_reused".into()));
    let get =
        session().request(Method::POST, &path).header(CONTENT_TYPE, "application/json").body("{\"act\":\"serve\"}");
    assert_eq!(node.send(get).await.problem(), (400, "unexpected_json".into()));
}
