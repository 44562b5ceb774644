//! The published guides of four more court systems as tests: each goes through the functions of its guide in the guide's order, as far
//! as acts exist. The Guangzhou manual is in `manual`; what is missing is listed in `docs/court-functions.md`.

use serde_json::{Value, json};
use tiezheng::court::case::manifest::root;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::Proceeding;
use crate::support::serving::{Serving, deposited};
use crate::support::sessions::{confirm, document};
use crate::support::test_node::{NodeConfig, TestNode};

/// 《北京市第四中级人民法院电子诉讼平台使用告知书》 hears appeals of the internet court.
const SECOND: &str = "京04";

async fn node() -> TestNode {
    TestNode::in_memory(NodeConfig::default()).await
}

/// The roots that the receiving court computes from the lines that it is shown.
fn acceptance(shown: &Value) -> Value {
    let hashed = |name: &str| {
        let lines = shown[name].as_array().cloned().unwrap_or_default();
        let lines: Vec<String> = lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect();
        root(&lines).map(|found| json!({ "root": found.root.to_string(), "count": found.count }))
    };
    json!({ "step": "accept", "manifest": hashed("lines"), "second_volume": hashed("second_lines") })
}

/// A suit that was judged, appealed by the defendant and accepted by the second court: its case there, with that court's people.
async fn in_second_instance(people: &People<'_>) -> Proceeding {
    let node = people.node;
    let pair = json!({ "hears": SECOND, "from": "2025-11-01", "source": "法释〔2025〕14号" });
    let listed = people.by_operator().keyed("pair").post(&format!("/v1/courts/{COURT}/appeal-courts"), &pair).await;
    assert_eq!(listed.status, 201, "{}", listed.text());
    let suit = Proceeding::suit(people).await;
    let number = deposited(node, b"chat").await;
    suit.import(node, &suit.bringing, &number).await;
    suit.file(node).await;
    let judgment = suit.judge(node, 1).await;
    let petition = deposited(node, b"petition").await;
    let appeal = json!({ "act": "appeal", "decision": judgment, "petition": petition, "against": [1] });
    suit.act(node, &suit.answering, appeal).await;
    let send = json!({ "kind": "second-instance", "to": SECOND, "basis": judgment });
    node.session(&suit.clerk.token).create(&suit.path("/hand-overs"), &send).await;
    let clerk = people.of_court("中院书记员", "clerk", SECOND).await;
    let judge = people.of_court("中院法官", "judge", SECOND).await;
    let path = suit.path("/hand-overs/1");
    node.session(&clerk.token).create(&path, &json!({ "step": "receive" })).await;
    let shown = node.session(&clerk.token).get(&path).await.json();
    let accepted = node.session(&clerk.token).create(&path, &acceptance(&shown)).await;
    let case = accepted["case"].as_str().unwrap().to_owned();
    let mut there = suit.gone_on_in(&case);
    (there.clerk, there.judge) = (clerk, judge);
    there
}

/// Registration and association, agents, electronic service, evidence and replies, hearing and transcript, mediation statement.
#[tokio::test]
async fn the_notice_of_the_beijing_fourth_intermediate_court() {
    let node = node().await;
    let people = People::of(&node).await;
    let suit = in_second_instance(&people).await;
    // 一(二): at most two agents, each with a power of attorney.
    let lawyers = [people.holding("律师甲", "lawyer").await, people.holding("律师乙", "lawyer").await];
    for lawyer in &lawyers {
        let agent = json!({
            "act": "add-agent", "party": 2, "account": lawyer.account, "authority": "special", "name": "律师",
            "power": "授权委托书", "special": ["settle"], "instances": ["second"],
        });
        suit.act(&node, &suit.answering, agent).await;
    }
    let third = people.holding("律师丙", "lawyer").await;
    let agent = json!({
        "act": "add-agent", "party": 2, "account": third.account, "authority": "general", "power": "授权委托书",
    });
    suit.no(&node, &suit.answering, agent, "too_many_agents").await;
    suit.act(&node, &suit.clerk, json!({ "act": "assign", "judge": suit.judge.account })).await;
    // 二: consent, address, electronic service with its certificate.
    let serving = Serving { suit };
    serving.consent(&node, "documents", "agreed").await;
    serving.given_mobile(&node).await;
    serving.serve(&node, "electronic", "hearing-notice").await;
    serving.send(&node, 1, "platform", None).await;
    let suit = &serving.suit;
    assert_eq!(serving.certificate(&node, &suit.clerk, 1).await.status, 200);
    // 三: the dossier's items are there with their first import; the other side replies to them.
    let seen = suit.view(&node, &suit.answering).await;
    assert_eq!(seen["items"][0]["party"], 1, "{seen:#}");
    let reply = json!({ "act": "reply", "item": 1, "authenticity": "admitted", "legality": "admitted", "relevance": "disputed" });
    suit.act(&node, &suit.answering, reply).await;
    // 四: the hearing, and the signatures under its record.
    suit.act(&node, &suit.judge, json!({ "act": "begin-hearing" })).await;
    suit.act(&node, &suit.clerk, json!({ "act": "open-transcript", "kind": "hearing" })).await;
    let digest = suit.version(&node, 1, 9, "庭审笔录").await;
    suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await;
    suit.round(&node, ("transcript", 1), &[]).await;
    for who in [&suit.bringing, &suit.answering, &suit.judge, &suit.clerk] {
        suit.act(&node, who, confirm(1, &digest)).await;
    }
    suit.act(&node, &suit.clerk, json!({ "act": "finalise-transcript", "transcript": 1 })).await;
    let judgment = suit.judge(&node, 2).await;
    let seen = suit.view(&node, &suit.bringing).await;
    assert_eq!((&seen["stage"]["code"], &seen["judgment"]), (&json!("judged"), &json!(judgment)));
}

/// 《山东省高级人民法院互联网法庭使用指引》: schedule, pre-trial meeting and exchange, hearing with adjournment, verification in it,
/// transcript, mediation.
#[tokio::test]
async fn the_guide_of_the_shandong_internet_courtroom() {
    let node = node().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let number = deposited(&node, "合同".as_bytes()).await;
    suit.import(&node, &suit.bringing, &number).await;
    suit.file(&node).await;
    // 第五条: exchange of evidence, and a record of what is undisputed.
    for party in [1, 2] {
        let period =
            json!({ "act": "set-period", "basis": "ordinary", "start": "2026-11-22", "days": 15, "party": party });
        suit.act(&node, &suit.judge, period).await;
    }
    suit.act(&node, &suit.judge, json!({ "act": "exchange-evidence", "day": "2026-12-20" })).await;
    let undisputed = suit.transcript(&node, "pretrial-meeting", 1, "无争议事实").await;
    suit.round(&node, ("transcript", 1), &[]).await;
    for who in [&suit.bringing, &suit.answering, &suit.judge, &suit.clerk] {
        suit.act(&node, who, confirm(1, &undisputed)).await;
    }
    // 第四条: 开庭, 举证质证, 休庭, 结束庭审.
    suit.act(&node, &suit.judge, json!({ "act": "begin-hearing" })).await;
    let verified = suit.verify(&node, &suit.judge, 1, "合同", None).await;
    assert_eq!(verified["report"]["conclusion"]["code"], "consistent_with_reservation");
    let wrong = suit.verify(&node, &suit.judge, 1, "另一合同", None).await;
    assert_eq!(wrong["report"]["conclusion"]["code"], "mismatch");
    suit.act(&node, &suit.answering, json!({ "act": "reply", "item": 1, "authenticity": "admitted" })).await;
    suit.act(&node, &suit.judge, json!({ "act": "adjourn-hearing" })).await;
    suit.act(&node, &suit.judge, json!({ "act": "begin-hearing" })).await;
    suit.act(&node, &suit.clerk, json!({ "act": "open-transcript", "kind": "hearing" })).await;
    let digest = suit.version(&node, 2, 3, "庭审笔录").await;
    suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await;
    // 笔录签名: a party that refuses is recorded with its reason, and the record stays.
    suit.round(&node, ("transcript", 2), &[]).await;
    let refusal = json!({ "act": "record-refusal", "round": 2, "person": 1, "reason": "认为记录不全" });
    suit.act(&node, &suit.judge, refusal).await;
    for who in [&suit.answering, &suit.judge, &suit.clerk] {
        suit.act(&node, who, confirm(2, &digest)).await;
    }
    suit.act(&node, &suit.clerk, json!({ "act": "finalise-transcript", "transcript": 2 })).await;
    let records = suit.records(&node, &suit.bringing).await;
    assert_eq!(records["transcripts"][1]["rounds"][0]["people"][0]["state"]["code"], "refused");
}

/// 《线上查阅电子诉讼档案全流程指南》: the case by its number, who has viewed it, and whether an issued copy is the court's.
#[tokio::test]
async fn the_guide_to_electronic_dossiers() {
    let node = node().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.submit(&node).await;
    suit.act(&node, &suit.clerk, json!({ "act": "approve" })).await;
    let number = "（2026）粤0192民初7号";
    suit.act(&node, &suit.clerk, json!({ "act": "file-case", "number": number })).await;
    let find = async |who: &Person, text: &str| {
        let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        node.session(&who.token).get(&format!("/v1/cases?number={query}")).await.json()["items"].clone()
    };
    assert_eq!(find(&suit.bringing, number).await[0]["case"], suit.case);
    assert_eq!(find(&suit.bringing, "(2026)粤0192民初7号").await[0]["case"], suit.case, "as it is typed");
    let stranger = people.person("王五").await;
    assert_eq!(find(&stranger, number).await, json!([]));
    // 审核: nobody without a part in the case views it; each look of those who have one is listed.
    assert_eq!(node.session(&stranger.token).get(&suit.path("")).await.status, 404);
    suit.view(&node, &suit.clerk).await;
    let log = node.session(&suit.bringing.token).get(&suit.path("/access-log")).await.json();
    assert!(log["items"].as_array().unwrap().iter().any(|look| look["by"] == suit.clerk.account), "{log:#}");
    // A copy that was issued: deposited, and checked by anybody who holds it.
    let (copy, _) = document(&node, 1, "电子卷宗").await;
    let path = format!("/v1/documents/verification?number={copy}");
    let checked = node.post(&path, "application/octet-stream", "电子卷宗".as_bytes().to_vec()).await;
    assert_eq!(checked.json()["answer"]["code"], "consistent", "{}", checked.text());
    let altered = node.post(&path, "application/octet-stream", "电子卷宗。".as_bytes().to_vec()).await;
    assert_ne!(altered.json()["answer"]["code"], "consistent", "{}", altered.text());
}

/// 人民法院在线服务: a filing that is returned, supplemented and filed; one that is refused; kinds beside a suit.
#[tokio::test]
async fn the_guide_of_the_online_service_of_the_courts() {
    let node = node().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.submit(&node).await;
    suit.act(&node, &suit.clerk, json!({ "act": "return-filing", "reason": "补充被告身份信息" })).await;
    let number = deposited(&node, b"id").await;
    suit.import(&node, &suit.bringing, &number).await;
    suit.act(&node, &suit.bringing, json!({ "act": "submit" })).await;
    suit.act(&node, &suit.clerk, json!({ "act": "approve" })).await;
    suit.act(&node, &suit.clerk, json!({ "act": "file-case" })).await;
    // 不予立案 rests on a ruling.
    let other = Proceeding::suit(&people).await;
    other.submit(&node).await;
    other.no(&node, &other.judge, json!({ "act": "refuse" }), "document_needed").await;
    let ruling = TestNode::number(&node.deposit(&note(9)).await);
    other.act(&node, &other.judge, json!({ "act": "refuse", "document": ruling })).await;
    assert_eq!(other.view(&node, &other.bringing).await["stage"]["code"], "refused");
    for kind in ["preservation", "enforcement", "petition"] {
        let role = "applicant";
        let opening = json!({
            "court": COURT, "kind": kind, "procedure": "ordinary", "role": role, "subject": "natural-person",
            "filer": "principal", "name": "张三",
        });
        let opened = node.session(&suit.bringing.token).post("/v1/cases", &opening).await;
        assert_eq!(opened.status, 201, "{kind}: {}", opened.text());
    }
}
