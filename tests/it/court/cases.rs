//! A case over HTTP, from the draft to the judgment.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

const FILE: &str = "application/octet-stream";

/// A node at which the plaintiff has a draft.
async fn draft(people: &People<'_>, plaintiff: &Person) -> String {
    let opened = people.by(plaintiff).create("/v1/cases", &opening()).await;
    assert_eq!(opened["stage"], "draft");
    opened["case"].as_str().unwrap().to_owned()
}

fn opening() -> Value {
    json!({
        "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
        "subject": "natural-person", "filer": "principal", "name": "张三", "title": "信息网络买卖合同纠纷",
    })
}

/// What is chosen by mistake cannot be heard: the procedure decides the periods of the whole case.
#[tokio::test]
async fn a_first_instance_is_not_opened_with_the_procedure_of_second_instance() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let person = people.person("张三").await;
    for (kind, role, status) in [
        ("civil-first", "plaintiff", 400),
        ("administrative-first", "plaintiff", 400),
        ("civil-second", "appellant", 201),
    ] {
        let mut opening = opening();
        opening["kind"] = kind.into();
        opening["role"] = role.into();
        opening["procedure"] = "second-instance".into();
        let answer = people.by(&person).post("/v1/cases", &opening).await;
        assert_eq!(answer.status, status, "{kind}: {}", answer.text());
        assert!(status == 201 || answer.text().contains("该类案件不适用第二审程序"), "{}", answer.text());
    }
}

async fn act(people: &People<'_>, who: &Person, case: &str, act: Value) -> Answer {
    people.by(who).post(&format!("/v1/cases/{case}/acts"), &act).await
}

async fn must(people: &People<'_>, who: &Person, case: &str, body: Value) -> Value {
    people.by(who).create(&format!("/v1/cases/{case}/acts"), &body).await
}

/// From the draft to a case that a judge has.
async fn assigned(people: &People<'_>, plaintiff: &Person, clerk: &Person, judge: &Person, case: &str) {
    let party = json!({ "act": "add-party", "role": "defendant", "subject": "natural-person", "name": "李四" });
    must(people, plaintiff, case, party).await;
    must(people, plaintiff, case, json!({ "act": "confirm-notice" })).await;
    must(people, plaintiff, case, json!({ "act": "submit" })).await;
    must(people, clerk, case, json!({ "act": "approve" })).await;
    must(people, clerk, case, json!({ "act": "file-case", "number": "（2026）粤0192民初113号" })).await;
    must(people, clerk, case, json!({ "act": "assign", "judge": judge.account })).await;
}

async fn documents_hold_no_texts(people: &People<'_>, plaintiff: &Person, path: &str) {
    let acts = people.by(plaintiff).get(&format!("{path}/acts?cursor=1")).await;
    assert!(acts.text().contains("act import") && !acts.text().contains("张三"), "{}", acts.text());
}

/// The defendant comes into the case by a code, and nobody comes by it again.
async fn associated(people: &People<'_>, clerk: &Person, defendant: &Person, case: &str) {
    let path = format!("/v1/cases/{case}");
    let codes = json!({ "party": 2, "party_uses": 1, "agent_uses": 1, "days": 30 });
    let issued = people.by(clerk).create(&format!("{path}/codes"), &codes).await;
    let wrong = json!({ "code": "0000-0000-0000", "filer": "principal" });
    assert_eq!(people.by(defendant).post("/v1/associations", &wrong).await.problem(), (404, "not_found".into()));
    let right = json!({ "code": issued["code"], "filer": "principal" });
    assert_eq!(people.by(defendant).get(&path).await.problem(), (404, "not_found".into()));
    assert_eq!(people.by(defendant).create("/v1/associations", &right).await["case"], case);
    let again = people.by(&people.person("王五").await).post("/v1/associations", &right).await;
    assert_eq!(again.problem(), (409, "code_used_up".into()));
}

/// The case as it is seen after the judgment, with both verifications and the reply.
fn is_judged_and_answered(seen: &Value) {
    assert_eq!(seen["stage"]["code"], "judged");
    assert_eq!(seen["period"], json!(null), "each party has its own");
    let states = [0, 1].map(|party| seen["periods"][party]["period"]["state"]["code"].clone());
    assert_eq!(states, ["not-set", "ends"]);
    assert_eq!(seen["periods"][1]["period"]["last_day"], "2026-12-08");
    let item = &seen["items"][0];
    assert_eq!(item["original"]["code"], "mismatch", "what the plaintiff found");
    assert_eq!(item["verifications"].as_array().unwrap().len(), 2);
    assert_eq!(item["replied_text"]["zh"], "【1人已回复】");
}

#[tokio::test]
async fn a_case_goes_from_the_draft_to_the_judgment_and_everybody_sees_the_same() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let people = People::of(&node).await;
    let (plaintiff, defendant) = (people.person("张三").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let case = draft(&people, &plaintiff).await;
    let path = format!("/v1/cases/{case}");

    let import = json!({ "deposit_number": number, "name": "合同", "content": "电话13800138000" });
    let imported = people.by(&plaintiff).create(&format!("{path}/imports"), &import).await;
    let warned: BTreeSet<_> = imported["warnings"].as_array().unwrap().iter().map(|w| w["code"].to_string()).collect();
    assert!(warned.contains("\"not_verified\"") && warned.len() == 2, "{warned:?}");
    let facts: Vec<_> = imported["facts"].as_array().unwrap().iter().map(|f| f["label"]["zh"].clone()).collect();
    let words = ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"];
    assert_eq!(facts, words);
    assigned(&people, &plaintiff, &clerk, &judge, &case).await;

    associated(&people, &clerk, &defendant, &case).await;
    let verification = format!("{path}/items/1/verification");
    let request = people.by(&defendant).request(reqwest::Method::POST, &verification).header("content-type", FILE);
    let verified = node.send(request.body("file 1")).await;
    assert_eq!(verified.status, 200, "{}", verified.text());
    assert_eq!(verified.json()["report"]["conclusion"]["code"], "consistent_with_reservation");
    let request = people.by(&plaintiff).request(reqwest::Method::POST, &verification).header("content-type", FILE);
    assert_eq!(node.send(request.body("file 2")).await.json()["report"]["conclusion"]["code"], "mismatch");
    let reply = json!({ "act": "reply", "item": 1, "authenticity": "disputed", "grounds": ["before-the-chain"] });
    must(&people, &defendant, &case, reply.clone()).await;
    assert_eq!(act(&people, &plaintiff, &case, reply).await.problem(), (403, "own_item".into()));
    must(
        &people,
        &judge,
        &case,
        json!({ "act": "set-period", "basis": "ordinary", "start": "2026-11-23", "days": 15, "party": 2 }),
    )
    .await;
    let judgment = TestNode::number(&node.deposit(&note(2)).await);
    must(&people, &judge, &case, json!({ "act": "judge", "document": judgment })).await;

    let seen = async |who: &Person| {
        let mut seen = people.by(who).get(&path).await.json();
        assert!(seen["can"].as_array().is_some_and(|can| !can.is_empty()), "{seen}");
        for own in ["can", "access_sequence"] {
            seen.as_object_mut().unwrap().remove(own);
        }
        seen
    };
    let by_judge = seen(&judge).await;
    assert_eq!(by_judge, seen(&plaintiff).await);
    assert_eq!(by_judge, seen(&defendant).await);
    is_judged_and_answered(&by_judge);
    let log = people.by(&defendant).get(&format!("{path}/access-log")).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 3, "{log}");
    let listed = people.by(&clerk).get("/v1/cases?number=（2026）粤0192民初113号").await.json();
    assert_eq!(listed["items"][0]["case"], case);
    documents_hold_no_texts(&people, &plaintiff, &path).await;
}

#[tokio::test]
async fn a_foreign_case_is_answered_like_one_that_is_not_there() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (plaintiff, stranger) = (people.person("张三").await, people.person("王五").await);
    let case = draft(&people, &plaintiff).await;
    let nowhere = "ab".repeat(32);
    for rest in ["", "/acts", "/access-log", "/items/1"] {
        let foreign = people.by(&stranger).get(&format!("/v1/cases/{case}{rest}")).await;
        let unknown = people.by(&stranger).get(&format!("/v1/cases/{nowhere}{rest}")).await;
        let headers = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("date");
            headers
        };
        assert_eq!(foreign.problem(), (404, "not_found".into()));
        assert_eq!((foreign.status, &foreign.bytes), (unknown.status, &unknown.bytes), "{rest}");
        assert_eq!(headers(&foreign), headers(&unknown), "{rest}");
        let mistyped = people.by(&stranger).get(&format!("/v1/cases/{}{rest}", &case[1..])).await;
        assert_eq!(mistyped.problem(), (400, "bad_path".into()));
    }
}

#[tokio::test]
async fn the_same_request_is_one_act_however_often_it_comes() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let plaintiff = people.person("张三").await;
    let case = draft(&people, &plaintiff).await;
    let path = format!("/v1/cases/{case}/acts");
    let describe = json!({ "act": "describe", "title": "一" });
    let same = (0..50).map(|_| async { people.by(&plaintiff).keyed("k").post(&path, &describe).await });
    let answers = futures_util::future::join_all(same).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 49);
    let numbers: BTreeSet<_> = answers.iter().map(|a| a.json()["act"]["deposit_number"].to_string()).collect();
    assert_eq!(numbers.len(), 1);
    let other = people.by(&plaintiff).keyed("k").post(&path, &json!({ "act": "submit" })).await;
    assert_eq!(other.problem(), (409, "request_reused".into()));
    let many = (0..20).map(|n| {
        let (people, plaintiff, path) = (&people, &plaintiff, &path);
        async move { people.by(plaintiff).create(path, &json!({ "act": "describe", "title": n.to_string() })).await }
    });
    let sequences: BTreeSet<_> =
        futures_util::future::join_all(many).await.iter().map(|a| a["act"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (3..23).collect());
}

#[tokio::test]
async fn a_case_goes_on_to_another_court_with_its_items_and_their_first_times() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let people = People::of(&node).await;
    let (plaintiff, clerk, judge) = (people.person("张三").await, people.clerk().await, people.judge().await);
    let case = draft(&people, &plaintiff).await;
    let import = json!({ "deposit_number": number, "name": "合同", "content": "原件" });
    people.by(&plaintiff).create(&format!("/v1/cases/{case}/imports"), &import).await;
    assigned(&people, &plaintiff, &clerk, &judge, &case).await;
    let transfer = json!({
        "transfer": "suit", "court": "粤01", "kind": "civil-first", "procedure": "ordinary", "brought_by": 2,
    });
    let path = format!("/v1/cases/{case}/transfer");
    assert_eq!(people.by(&judge).post(&path, &transfer).await.problem(), (403, "not_permitted".into()));
    assert_eq!(people.by(&clerk).post(&path, &transfer).await.problem(), (403, "not_permitted".into()));
    people.grant(&clerk.account, "clerk", Some("粤01")).await;
    let passed = people.by(&clerk).keyed("on").create(&path, &transfer).await;
    let again = people.by(&clerk).keyed("on").post(&path, &transfer).await;
    assert_eq!((again.status, &again.json()["case"]), (200, &passed["case"]));
    let there = people.of_court("中院书记员", "clerk", "粤01").await;
    let seen = people.by(&there).get(&format!("/v1/cases/{}", passed["case"].as_str().unwrap())).await.json();
    let roles: Vec<_> = seen["parties"].as_array().unwrap().iter().map(|p| p["role"]["code"].clone()).collect();
    assert_eq!(roles, ["plaintiff", "defendant"]);
    assert_eq!((&seen["parties"][0]["name"], &seen["items"][0]["party"]), (&json!("李四"), &json!(2)));
    assert_eq!(seen["items"][0]["carried_from"]["case"], case);
    let before = people.by(&clerk).get(&format!("/v1/cases/{case}/items/1")).await.json();
    assert_eq!(seen["items"][0]["first_imported_at"], before["imported_at"]);
}

#[tokio::test]
async fn the_cases_under_a_number_are_listed_page_by_page_and_each_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (clerk, number) = (people.clerk().await, "（2026）粤0192民初113号");
    let mut cases = Vec::new();
    for _ in 0..3 {
        let person = people.person("张三").await;
        let suit =
            Proceeding::between(&node, "civil-first", [&person, &people.person("李四").await, &clerk, &clerk]).await;
        suit.submit(&node).await;
        for act in [json!({ "act": "approve" }), json!({ "act": "file-case", "number": number })] {
            suit.act(&node, &clerk, act).await;
        }
        cases.push(suit);
    }
    // Bound again, it is the same case under the same number.
    for _ in 0..2 {
        cases[0].act(&node, &clerk, json!({ "act": "bind-number", "number": number })).await;
    }
    // A wrong number is corrected: the case is found by the right one, and no longer by the wrong one.
    let (wrong, at) = ("（2026）粤0192民初11号", |number: &str| format!("/v1/cases?number={number}"));
    let corrected = &cases[2];
    for (number, other) in [(wrong, number), (number, wrong)] {
        corrected.act(&node, &clerk, json!({ "act": "bind-number", "number": number })).await;
        let shown = people.by(&clerk).get(&corrected.path("")).await.json();
        assert_eq!(shown["number"], number);
        let found = |list: serde_json::Value| {
            list["items"].as_array().unwrap().iter().any(|one| one["case"] == corrected.case.as_str())
        };
        assert!(found(people.by(&clerk).get(&at(number)).await.json()), "{number}");
        assert!(!found(people.by(&clerk).get(&at(other)).await.json()), "{other}");
    }
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = people.by(&clerk).get(&format!("/v1/cases?number={number}&limit=1{cursor}")).await.json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{page}");
        listed.push(items[0]["case"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(listed.iter().eq(cases.iter().rev().map(|suit| &suit.case)), "{listed:?}");
}

#[tokio::test]
async fn an_item_that_the_case_does_not_have_is_not_found() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Proceeding::suit(&People::of(&node).await).await;
    let by = node.session(&suit.bringing.token);
    let answer = by.get(&suit.path("/items/7")).await;
    assert_eq!(answer.problem(), (404, "not_found".into()));
    assert_eq!(answer.json()["detail"], "item 7 not found in this case");
    let digest = json!({ "algorithm": "sm3", "value": "1".repeat(64) });
    assert_eq!(by.post(&suit.path("/items/7/verification"), &digest).await.problem(), (404, "not_found".into()));
    // In a body, it is the request that is wrong: the case is there.
    let withdraw = json!({ "act": "withdraw-item", "item": 7 });
    assert_eq!(by.post(&suit.path("/acts"), &withdraw).await.problem(), (422, "no_such_item".into()));
}

/// 我的诉讼: by stage, and with the period that ends first.
#[tokio::test]
async fn cases_are_listed_by_stage_with_what_is_due() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let first = Proceeding::suit(&people).await;
    first.file(&node).await;
    let mut drafts = Vec::new();
    for _ in 0..3 {
        drafts.push(draft(&people, &first.bringing).await);
    }
    let list = |query: &'static str| {
        let by = people.by(&first.bringing);
        async move { by.get(&format!("/v1/cases?{query}")).await }
    };
    let found = list("stage=assigned&limit=1").await.json();
    let items = found["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "read on past the cases of other stages: {found}");
    assert_eq!(items[0]["case"], first.case.as_str());
    let mut seen = BTreeSet::new();
    let mut next = json!(null);
    for _ in 0..3 {
        let cursor = next.as_str().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let by = people.by(&first.bringing);
        let page = by.get(&format!("/v1/cases?stage=draft&limit=1{cursor}")).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["case"].as_str().unwrap().to_owned()));
        next = page["next_cursor"].clone();
    }
    assert_eq!(seen, drafts.into_iter().collect(), "each draft once");
    assert_eq!(list("stage=lost").await.problem(), (400, "bad_value".into()));

    let days = json!({ "act": "set-period", "basis": "ordinary", "start": "2026-11-22", "days": 15, "party": 1 });
    first.act(&node, &first.judge, days).await;
    let due = list("stage=assigned").await.json()["items"][0]["due"].clone();
    assert!(due["kind"]["code"].is_string() && due["state"]["code"] == "running", "{due}");
}

/// The roles of a party are those of the kind of proceeding and its instance; the error names them.
#[tokio::test]
async fn a_party_is_added_in_a_role_of_this_instance() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let add = |role: &str| json!({ "act": "add-party", "role": role, "subject": "natural-person", "name": "李四" });
    for role in ["appellant", "被上诉人", "retrial-applicant", "original-plaintiff", "applicant"] {
        let refused = people.by(&suit.bringing).post(&suit.path("/acts"), &add(role)).await;
        assert_eq!(refused.problem(), (422, "role_not_of_case".into()), "{role}");
        let problem = refused.json();
        assert!(problem["detail"].as_str().unwrap().ends_with("name one of `plaintiff`, `defendant`, `third-party`"));
        assert!(problem["detail_zh"].as_str().unwrap().ends_with("诉讼地位应为原告、被告、第三人"), "{problem}");
    }
    for role in ["defendant", "第三人", "plaintiff"] {
        suit.act(&node, &suit.bringing, add(role)).await;
    }
}
