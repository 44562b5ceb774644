//! Evidence periods, windows, late evidence and the court's decisions, through HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::court::words::Phase;

use crate::support::accounts::{People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::{Proceeding, import};
use crate::support::test_node::{NodeConfig, TestNode};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// A suit before its judge, and the node on which it is.
struct Course<'h> {
    node: &'h TestNode,
    people: People<'h>,
    suit: Proceeding,
    deposits: std::cell::Cell<u64>,
}

impl<'h> Course<'h> {
    async fn of(node: &'h TestNode) -> Self {
        let people = People::of(node).await;
        let suit = Proceeding::suit(&people).await;
        suit.file(node).await;
        Self { node, people, suit, deposits: std::cell::Cell::new(0) }
    }

    /// Lets days go by. Tokens outlive them.
    fn days_later(&self, days: u32) {
        self.node
            .clock
            .shift(i64::from(days) * i64::try_from(DAY).unwrap(), Duration::from_hours(u64::from(days) * 24));
    }

    async fn act(&self, who: &Person, act: Value) -> Value {
        self.suit.act(self.node, who, act).await
    }

    async fn refused(&self, who: &Person, act: Value) -> (u16, String) {
        self.people.by(who).post(&self.suit.path("/acts"), &act).await.problem()
    }

    /// A new deposit's number.
    async fn number(&self) -> String {
        self.deposits.set(self.deposits.get() + 1);
        TestNode::number(&self.node.deposit(&note(self.deposits.get())).await)
    }

    async fn offers(&self, who: &Person, more: Value) -> Value {
        let mut body = import(&self.number().await);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.people.by(who).create(&self.suit.path("/imports"), &body).await
    }

    async fn view(&self) -> Value {
        self.suit.view(self.node, &self.suit.judge).await
    }
}

fn codes(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

fn served(party: u32) -> Value {
    json!({ "act": "set-period", "basis": "ordinary", "start": "2026-11-22", "days": 15, "party": party })
}

#[tokio::test(flavor = "multi_thread")]
async fn lateness_follows_the_period_and_the_court_decides_on_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let course = Course::of(&node).await;
    let Proceeding { bringing, answering, clerk, judge, .. } = &course.suit;
    course.act(judge, served(1)).await;
    course.days_later(20);
    let late = course.offers(bringing, json!({})).await;
    assert_eq!((&late["late"], codes(&late["warnings"]).contains(&"imported_late".into())), (&json!(true), true));
    // The defendant was never served: nothing of it is late.
    let in_time = course.offers(answering, json!({})).await;
    assert_eq!((&in_time["late"], &in_time["phase"]["code"]), (&json!(false), &json!(Phase::Supplementary.word())));
    let decide = |decision: &str| json!({ "act": "decide-lateness", "item": 1, "decision": decision });
    assert_eq!(course.refused(judge, decide("not-admitted")).await, (409, "reason_not_required".into()));
    course.act(clerk, json!({ "act": "require-reason", "item": 1, "days": 3 })).await;
    course.act(bringing, json!({ "act": "explain-lateness", "item": 1, "reason": "系统故障" })).await;
    course.act(judge, decide("admonished")).await;
    let view = course.view().await;
    let decisions = &view["items"][0]["decisions"];
    assert_eq!(decisions["lateness"]["code"], "late");
    assert_eq!(decisions["lateness_decisions"][0]["decision"]["zh"], "采纳并训诫");
    assert_eq!(decisions["reasons"][0]["reason"], "系统故障");
    let closed = |one: &&Value| one["kind"]["code"] == "lateness-reason";
    let windows = view["windows"].as_array().unwrap();
    assert_eq!(windows.iter().find(closed).unwrap()["state"]["zh"], "已完成");
    // Extended for all, the item is in time (证据规定 art. 54), and there is nothing to decide.
    course.act(judge, json!({ "act": "extend-period", "days": 30 })).await;
    assert_eq!(course.view().await["items"][0]["late"], false);
    assert_eq!(course.refused(judge, decide("admitted")).await, (409, "not_late".into()));
    let adopted =
        json!({ "act": "decide-admission", "item": 1, "decision": "adopted", "reason": "与其他证据相互印证" });
    assert_eq!(course.refused(clerk, adopted.clone()).await, (403, "not_permitted".into()));
    course.act(judge, adopted).await;
    let view = course.view().await;
    assert_eq!(view["items"][0]["decisions"]["admission_decisions"][0]["reason"], "与其他证据相互印证");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_set_once_by_the_procedure_and_anew_on_its_ground() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let course = Course::of(&node).await;
    let Proceeding { bringing, answering, judge, .. } = &course.suit;
    let set = |more: Value| {
        let mut body = json!({ "act": "set-period", "basis": "ordinary", "days": 20 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let for_all = set(json!({ "start": "2026-11-22" }));
    assert_eq!(course.refused(judge, for_all).await, (422, "period_needs_party".into()));
    assert_eq!(course.refused(judge, set(json!({ "basis": "discretion" }))).await, (422, "period_basis".into()));
    let past = set(json!({ "start": "2026-01-05", "party": 1 }));
    assert_eq!(course.refused(judge, past).await, (422, "period_in_the_past".into()));
    course.act(judge, set(json!({}))).await;
    assert_eq!(course.refused(judge, set(json!({}))).await, (409, "period_already_set".into()));
    course.act(judge, served(1)).await;
    let changed = json!({ "act": "change-claims", "change": "added", "claims": "增加违约金" });
    let changed = course.act(bringing, changed).await;
    assert_eq!(codes(&changed["warnings"]), ["period_claims_changed"]);
    let counterclaim = json!({ "act": "counterclaim", "claims": "反诉货款" });
    assert_eq!(course.refused(bringing, counterclaim.clone()).await, (403, "not_permitted".into()));
    course.act(answering, counterclaim).await;
    let party = json!({ "act": "add-party", "role": "third-party", "subject": "natural-person", "name": "王五" });
    assert_eq!(codes(&course.act(judge, party).await["warnings"]), ["period_party_added"]);
    let reset = |ground: Option<&str>| json!({ "act": "reset-period", "basis": "ordinary", "days": 15, "start": "2026-11-23", "ground": ground });
    assert_eq!(course.refused(judge, reset(None)).await, (422, "period_needs_ground".into()));
    course.act(judge, reset(Some("party-joined"))).await;
    let view = course.view().await;
    let of = |party: usize| view["periods"][party].clone();
    assert_eq!(of(0)["period"]["last_day"], "2026-12-08");
    assert_eq!((of(1)["period"]["state"]["code"].clone(), of(1)["days"].clone()), (json!("not-set"), json!(15)));
    let history = of(0)["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 2, "nothing is erased: {history}");
    assert_eq!(history[1]["ground"]["code"], "party-joined");
    let changes: Vec<_> = (0..2).map(|at| view["claim_changes"][at]["change"]["code"].clone()).collect();
    assert_eq!(changes, ["added", "counterclaim"]);
    assert_eq!(view["due"][0]["kind"]["code"], "evidence");
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuttal_cure_posting_and_collection_by_the_court() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let course = Course::of(&node).await;
    let Proceeding { bringing, answering, clerk, judge, .. } = &course.suit;
    for party in [1, 2] {
        course.act(judge, served(party)).await;
    }
    course.days_later(17);
    let posted = |on: &str| json!({ "party": 1, "handed_in": format!("posted {on}") });
    let in_time = course.offers(clerk, posted("2026-12-07")).await;
    assert_eq!((&in_time["late"], &in_time["handed_in"]["on"]), (&json!(false), &json!("2026-12-07")));
    assert_eq!(course.offers(clerk, posted("2026-12-08")).await["late"], true);
    let number = course.number().await;
    let mut by_party = import(&number);
    by_party["handed_in"] = json!("posted 2026-12-07");
    let refused = course.people.by(bringing).post(&course.suit.path("/imports"), &by_party).await;
    assert_eq!(refused.problem(), (422, "court_only".into()));
    by_party["handed_in"] = json!("posted yesterday");
    let refused = course.people.by(bringing).post(&course.suit.path("/imports"), &by_party).await;
    assert_eq!(refused.problem(), (400, "bad_value".into()));
    course.act(judge, json!({ "act": "allow-rebuttal", "party": 2, "item": 1, "days": 7 })).await;
    let rebuttal = course.offers(answering, json!({ "purpose": "rebuts 1" })).await;
    assert_eq!((&rebuttal["late"], &rebuttal["purpose"]["item"]), (&json!(false), &json!(1)));
    assert_eq!(course.offers(answering, json!({})).await["late"], true);
    let collected = course.offers(clerk, json!({ "party": 1, "collected": "ex-officio" })).await;
    assert_eq!((&collected["late"], &collected["collected"]["code"]), (&json!(false), &json!("ex-officio")));
    let reply = json!({ "act": "reply", "item": collected["item"], "relevance": "disputed" });
    for party in [bringing, answering] {
        course.act(party, reply.clone()).await;
    }
    course.act(judge, json!({ "act": "open-replies", "days": 5 })).await;
    let view = course.view().await;
    let open: Vec<_> = codes_of_kinds(&view["due"]);
    assert_eq!(open, ["replies", "replies", "rebuttal"]);
}

fn codes_of_kinds(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["kind"]["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferral_is_applied_for_and_decided() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let course = Course::of(&node).await;
    let Proceeding { bringing, answering, judge, .. } = &course.suit;
    course.act(judge, served(2)).await;
    course.days_later(20);
    let apply = json!({
        "act": "apply-deferral", "window": "evidence", "obstacle_ended": "2026-12-10", "reason": "台风停电",
    });
    assert_eq!(course.refused(bringing, apply.clone()).await, (409, "window_not_begun".into()));
    course.act(answering, apply.clone()).await;
    assert_eq!(course.refused(answering, apply).await, (409, "already_applied".into()));
    let decide = json!({ "act": "decide-deferral", "party": 2, "window": "evidence", "last": "2026-12-15" });
    course.act(judge, decide.clone()).await;
    assert_eq!(course.refused(judge, decide).await, (409, "no_application".into()));
    let view = course.view().await;
    assert_eq!(view["periods"][1]["period"]["last_day"], "2026-12-15");
    let deferral = &view["deferrals"][0];
    assert_eq!((&deferral["state"]["zh"], &deferral["reason"]), (&json!("准许"), &json!("台风停电")));
    assert_eq!((&deferral["late"], &deferral["last_day"]), (&json!(false), &json!("2026-12-15")));
    assert_eq!(course.offers(answering, json!({})).await["late"], false);
}

/// 民诉法 art. 86: with several periods of the kind, application and decision name the one.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_periods_the_one_that_is_named_is_deferred() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let course = Course::of(&node).await;
    let Proceeding { bringing, answering, judge, .. } = &course.suit;
    for item in [1, 2] {
        course.offers(bringing, json!({})).await;
        course.act(judge, json!({ "act": "allow-rebuttal", "party": 2, "item": item, "days": 7 })).await;
    }
    let apply = |about: Option<&str>| {
        json!({
            "act": "apply-deferral", "window": "rebuttal", "obstacle_ended": "2026-11-22", "reason": "台风停电",
            "about": about,
        })
    };
    assert_eq!(course.refused(answering, apply(None)).await, (422, "window_not_named".into()));
    assert_eq!(course.refused(answering, apply(Some("item 9"))).await, (422, "no_such_window".into()));
    assert_eq!(course.refused(answering, apply(Some("1"))).await, (400, "bad_value".into()));
    course.act(answering, apply(Some("item 1"))).await;
    course.act(answering, apply(Some("证据 2"))).await;
    let decide = |about: Option<&str>| {
        json!({
            "act": "decide-deferral", "party": 2, "window": "rebuttal", "last": "2026-12-25", "about": about,
        })
    };
    assert_eq!(course.refused(judge, decide(None)).await, (422, "window_not_named".into()));
    course.act(judge, decide(Some("item 1"))).await;
    let view = course.view().await;
    let abouts: Vec<_> = [0, 1].map(|n| view["deferrals"][n]["about"].clone()).into();
    assert_eq!(abouts, [json!({ "item": 1 }), json!({ "item": 2 })]);
    let rebuttals = view["windows"].as_array().unwrap().iter().filter(|one| one["kind"]["code"] == "rebuttal");
    let last: Vec<_> = rebuttals.map(|one| (one["about"].clone(), one["last_day"].clone())).collect();
    assert_eq!(last[0], (json!({ "item": 1 }), json!("2026-12-25")));
    assert_ne!(last[1].1, json!("2026-12-25"), "the later one stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mediation_has_no_evidence_period() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (applicant, respondent) = (people.person("张三").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let mediation = Proceeding::between(&node, "mediation", [&applicant, &respondent, &clerk, &judge]).await;
    mediation.file(&node).await;
    let refused = people.by(&judge).post(&mediation.path("/acts"), &served(1)).await;
    assert_eq!(refused.problem(), (409, "no_evidence_period".into()));
    let view = mediation.view(&node, &judge).await;
    assert_eq!((&view["period"], &view["periods"]), (&Value::Null, &json!([])));
}
