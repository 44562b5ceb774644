//! Hand-overs of a dossier between two courts, each with its own accounts: 民诉法 arts. 174, 177; §8.1 of the filing flow.

use serde_json::{Value, json};
use tiezheng::court::case::manifest::root;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::Proceeding;
use crate::support::serving::minutes;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// The court that hears the appeals.
const SECOND: &str = "粤01";

/// A judged case with one item whose defendant has appealed, and a clerk of the second court.
pub(crate) struct Appealed {
    pub(crate) suit: Proceeding,
    judgment: String,
    pub(crate) there: Person,
}

impl Appealed {
    async fn of(people: &People<'_>) -> Self {
        let node = people.node;
        let source = json!({ "hears": SECOND, "from": "2025-11-01", "source": "法释〔2025〕14号" });
        let pairs = format!("/v1/courts/{COURT}/appeal-courts");
        let listed = people.by_operator().keyed("pair").post(&pairs, &source).await;
        assert!([200, 201].contains(&listed.status), "{}", listed.text());
        let suit = Proceeding::suit(people).await;
        let number = TestNode::number(&node.deposit(&note(1)).await);
        suit.import(node, &suit.bringing, &number).await;
        suit.file(node).await;
        let reply = json!({ "act": "reply", "item": 1, "authenticity": "admitted", "relevance": "disputed" });
        suit.act(node, &suit.answering, reply).await;
        let complaint = TestNode::number(&node.deposit(&note(3)).await);
        let documents = [
            json!({ "volume": "main", "form": "electronic", "pages": 12, "deposit_number": complaint, "name": "起诉状" }),
            json!({ "volume": "second", "form": "converted", "pages": 4, "deposit_number": complaint, "name": "合议笔录" }),
        ];
        for mut document in documents {
            document["act"] = json!("file-document");
            suit.act(node, &suit.clerk, document).await;
        }
        let judgment = suit.judge(node, 2).await;
        let there = people.of_court("中院书记员", "clerk", SECOND).await;
        Self { suit, judgment, there }
    }

    async fn appeal(&self, node: &TestNode, who: &Person, against: u32, n: u64) -> Answer {
        let petition = TestNode::number(&node.deposit(&note(n)).await);
        let appeal = json!({ "act": "appeal", "decision": self.judgment, "petition": petition, "against": [against] });
        node.session(&who.token).post(&self.suit.path("/acts"), &appeal).await
    }

    async fn send(&self, node: &TestNode, key: &str) -> Answer {
        let body = json!({ "kind": "second-instance", "to": SECOND, "basis": self.judgment });
        node.session(&self.suit.clerk.token).keyed(key).post(&self.suit.path("/hand-overs"), &body).await
    }

    async fn view(&self, node: &TestNode, who: &Person) -> Answer {
        node.session(&who.token).get(&self.suit.path("/hand-overs/1")).await
    }

    pub(crate) async fn step(&self, node: &TestNode, who: &Person, key: &str, body: Value) -> Answer {
        node.session(&who.token).keyed(key).post(&self.suit.path("/hand-overs/1"), &body).await
    }

    /// Acceptance with what the second court computes from the lines that it is shown.
    pub(crate) async fn acceptance(&self, node: &TestNode) -> Value {
        let shown = self.view(node, &self.there).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        let hashed = |name: &str| {
            let lines = shown.json()[name].as_array().cloned().unwrap_or_default();
            let lines: Vec<String> = lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect();
            root(&lines).map(|found| json!({ "root": found.root.to_string(), "count": found.count }))
        };
        json!({ "step": "accept", "manifest": hashed("lines"), "second_volume": hashed("second_lines") })
    }

    /// Appealed by the defendant, sent and received.
    pub(crate) async fn received(people: &People<'_>) -> Self {
        let all = Self::of(people).await;
        let node = people.node;
        assert_eq!(all.appeal(node, &all.suit.answering, 1, 4).await.status, 201);
        let sent = all.send(node, "send").await;
        assert_eq!(sent.status, 201, "{}", sent.text());
        let received = all.step(node, &all.there, "receive", json!({ "step": "receive" })).await;
        assert_eq!(received.status, 201, "{}", received.text());
        all
    }
}

/// 民诉法 art. 174 (2), L6, L7: nobody has a role in both courts; first-instance time marks are copied.
#[tokio::test]
async fn an_appeal_goes_to_the_second_court_and_is_accepted_there_by_its_own_account() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let suit = &all.suit;
    let before = suit.view(&node, &suit.clerk).await["items"][0].clone();
    let accepted = all.step(&node, &all.there, "accept", all.acceptance(&node).await).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text());
    let case = accepted.json()["case"].as_str().unwrap().to_owned();
    let seen = node.session(&all.there.token).get(&format!("/v1/cases/{case}")).await.json();
    let role =
        |n: usize| (seen["parties"][n]["role"]["code"].clone(), seen["parties"][n]["former_role"]["code"].clone());
    assert_eq!(role(0), (json!("appellee"), json!("plaintiff")));
    assert_eq!(role(1), (json!("appellant"), json!("defendant")));
    assert_eq!(seen["stage"]["code"], "awaiting-assignment");
    assert_eq!((&seen["kind"]["code"], &seen["court"]), (&json!("civil-second"), &json!(SECOND)));
    let item = &seen["items"][0];
    assert_eq!(
        (&item["first_imported_at"], &item["carried_from"]["case"]),
        (&before["imported_at"], &json!(suit.case))
    );
    assert_eq!(seen["course"]["origin"]["court"], COURT);
    // Both cases show the state, both dates and the link; so do the parties.
    let old = suit.view(&node, &suit.bringing).await;
    let hand_over = &old["course"]["hand_overs"][0];
    assert_eq!((&hand_over["state"]["code"], &hand_over["continued_in"]), (&json!("accepted"), &json!(case)));
    let text = hand_over["text"]["zh"].as_str().unwrap();
    assert!(text.starts_with("案卷已于 ") && text.ends_with("核对接收"), "{text}");
    // The appellant acts there, and the second court now reads the first-instance case.
    assert_eq!(node.session(&suit.answering.token).get(&format!("/v1/cases/{case}")).await.status, 200);
    let read = node.session(&all.there.token).get(&suit.path("")).await.json();
    assert_eq!(read["items"][0]["replies"][0]["version"], 1, "{}", read["items"][0]);
    // It acts in its own case only.
    let assign = json!({ "act": "assign" });
    let refused = node.session(&all.there.token).post(&suit.path("/acts"), &assign).await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()));
}

/// §8.1: the second court sees nothing before the dossier is sent, then the manifest only; others never.
#[tokio::test]
async fn the_second_court_sees_nothing_before_the_dossier_is_sent_and_then_the_manifest_only() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::of(&people).await;
    let other = people.of_court("他院书记员", "clerk", "京0491").await;
    all.appeal(&node, &all.suit.answering, 1, 4).await;
    let not_found = (404, "not_found".to_owned());
    assert_eq!(all.view(&node, &all.there).await.problem(), not_found);
    let early = all.step(&node, &all.there, "early", json!({ "step": "receive" })).await;
    assert_eq!(early.problem(), not_found);
    assert_eq!(node.session(&all.there.token).get("/v1/hand-overs").await.json()["items"], json!([]));
    all.send(&node, "send").await;
    let listed = node.session(&all.there.token).get("/v1/hand-overs").await.json();
    assert_eq!(listed["items"][0]["case"], all.suit.case.as_str());
    let shown = all.view(&node, &all.there).await.json();
    let text = shown["documents_of_the_dossier"].to_string();
    assert!(text.contains("合议笔录") && !shown["second_lines"].as_array().unwrap().is_empty(), "{shown}");
    for rest in ["", "/acts", "/items/1", "/access-log"] {
        let answer = node.session(&all.there.token).get(&all.suit.path(rest)).await;
        assert_eq!(answer.problem(), not_found, "{rest}");
    }
    for rest in ["/hand-overs/1", "/hand-overs/2"] {
        assert_eq!(node.session(&other.token).get(&all.suit.path(rest)).await.problem(), not_found);
    }
    let foreign = all.step(&node, &other, "foreign", json!({ "step": "receive" })).await;
    assert_eq!(foreign.problem(), not_found);
    // Parties see the manifest of the main volume, and nothing of the second.
    let party = all.view(&node, &all.suit.bringing).await;
    assert!(!party.text().contains("合议笔录") && party.json()["second_volume"].is_null(), "{}", party.text());
    assert!(party.json()["lines"].to_string().contains("document 1 electronic pages 12"));
    let by_judge = people.of_court("中院法官", "judge", SECOND).await;
    let refused = all.step(&node, &by_judge, "judge", json!({ "step": "receive" })).await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()));
}

/// Only those who handle cases at the receiving court read the sending case, and only after the acceptance; before it, only those who
/// receive dossiers see the manifest. Experts, mediators and supervisors of the two courts never see the second volume (副卷).
#[tokio::test]
async fn a_dossier_is_shown_to_those_who_handle_cases_and_to_no_other_role_of_the_receiving_court() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let mut outside = Vec::new();
    for role in ["expert", "mediator", "supervisor", "archivist", "appraisal-institution", "notary"] {
        outside.push(people.of_court("其他人员", role, SECOND).await);
    }
    let judge = people.of_court("中院法官", "judge", SECOND).await;
    let assistant = people.of_court("中院法官助理", "judge-assistant", SECOND).await;
    let support = people.of_court("中院审判辅助人员", "trial-support", SECOND).await;
    let not_found = (404, "not_found".to_owned());
    let listed = async |who: &Person| node.session(&who.token).get("/v1/hand-overs").await.json()["items"].clone();
    for who in outside.iter().chain([&judge, &assistant]) {
        assert_eq!(all.view(&node, who).await.problem(), not_found);
        assert_eq!(listed(who).await, json!([]));
    }
    assert!(all.view(&node, &support).await.text().contains("合议笔录"));
    assert_eq!(listed(&support).await.as_array().unwrap().len(), 1);
    // An institution at the sending court sees a case to which it is appointed, and no other.
    let institution = people.of_court("鉴定机构", "appraisal-institution", COURT).await;
    assert_eq!(all.view(&node, &institution).await.problem(), not_found);

    let accepted = all.step(&node, &all.there, "accept", all.acceptance(&node).await).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text());
    let case = all.suit.path("");
    for who in &outside {
        assert_eq!(node.session(&who.token).get(&case).await.problem(), not_found);
        assert_eq!(all.view(&node, who).await.problem(), not_found);
        assert_eq!(listed(who).await, json!([]));
    }
    for who in [&judge, &assistant, &support, &all.there] {
        assert_eq!(node.session(&who.token).get(&case).await.status, 200);
        assert!(all.view(&node, who).await.text().contains("合议笔录"));
        assert_eq!(listed(who).await.as_array().unwrap().len(), 1);
    }
}

/// 民诉法 art. 209: a retrial by the court that gave the judgment, which receives the dossier with its own clerk.
#[tokio::test]
async fn a_retrial_by_the_original_court_is_opened_by_its_own_clerk() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let judgment = suit.judge(&node, 2).await;
    let clerk = node.session(&suit.clerk.token);
    let body = json!({ "kind": "retrial", "to": COURT, "basis": judgment, "ground": "ex-officio" });
    let early = clerk.post(&suit.path("/hand-overs"), &body).await;
    assert_eq!(early.problem(), (409, "decision_not_in_force".into()));
    for party in [1, 2] {
        let serve =
            json!({ "act": "serve", "party": party, "mode": "paper", "kind": "judgment", "document": judgment });
        clerk.create(&suit.path("/service"), &serve).await;
        let send = json!({ "act": "send-service", "service": party, "channel": "direct" });
        clerk.create(&suit.path("/service"), &send).await;
        minutes(&node, 1);
        let report = json!({ "act": "report-service", "service": party, "attempt": 1, "step": "arrived" });
        clerk.create(&suit.path("/service"), &report).await;
    }
    minutes(&node, 20 * 24 * 60);
    clerk.create(&suit.path("/hand-overs"), &body).await;
    let path = suit.path("/hand-overs/1");
    clerk.create(&path, &json!({ "step": "receive" })).await;
    let shown = clerk.get(&path).await.json();
    assert_eq!(shown["ground"]["code"], "ex-officio");
    let accept = json!({ "step": "accept", "manifest": shown["manifest"], "procedure": "ordinary" });
    let accepted = clerk.create(&path, &accept).await;
    let seen = clerk.get(&format!("/v1/cases/{}", accepted["case"].as_str().unwrap())).await.json();
    assert_eq!((&seen["kind"]["code"], &seen["court"]), (&json!("retrial"), &json!(COURT)));
    let roles: Vec<_> = seen["parties"].as_array().unwrap().iter().map(|party| party["role"]["code"].clone()).collect();
    assert_eq!(roles, ["plaintiff", "defendant"]);
}

/// §8.8 (7): a difference or a return opens nothing; the dossier is sent anew.
#[tokio::test]
async fn a_wrong_root_is_refused_and_a_returned_dossier_is_sent_again() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let mut wrong = all.acceptance(&node).await;
    wrong["manifest"]["root"] = json!("ab".repeat(32));
    let refused = all.step(&node, &all.there, "wrong", wrong.clone()).await;
    assert_eq!(refused.problem(), (409, "dossier_differs".into()));
    wrong["step"] = json!("differs");
    wrong["reason"] = json!("第1件缺页");
    assert_eq!(all.step(&node, &all.there, "differs", wrong).await.status, 201);
    let late = all.acceptance(&node).await;
    let refused = all.step(&node, &all.there, "late", late).await;
    assert_eq!(refused.problem(), (409, "hand_over_state".into()));
    let seen = all.view(&node, &all.suit.clerk).await.json();
    assert_eq!((&seen["state"]["code"], &seen["reason"]), (&json!("differs"), &json!("第1件缺页")));
    assert_eq!(all.send(&node, "again").await.status, 201);
    let path = all.suit.path("/hand-overs/2");
    let give_back = json!({ "step": "return", "reason": "请补正上诉状" });
    let returned = node.session(&all.there.token).create(&path, &give_back).await;
    assert_eq!(returned["stage"], "judged");
    assert_eq!(all.suit.view(&node, &all.suit.bringing).await["passed_on"], json!([]));
}

/// Two clerks of the second court accept at the same instant, and each sends twice: one case, once.
#[tokio::test]
async fn two_people_who_accept_at_the_same_instant_open_one_case() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let second = people.of_court("中院书记员", "clerk", SECOND).await;
    let body = all.acceptance(&node).await;
    let tries = [(&all.there, "a"), (&second, "b"), (&all.there, "a"), (&second, "b")];
    let answers = tries.map(|(who, key)| all.step(&node, who, key, body.clone()));
    let answers = futures_util::future::join_all(answers).await;
    let cases: std::collections::BTreeSet<_> =
        answers.iter().filter(|one| one.status < 300).map(|one| one.json()["case"].to_string()).collect();
    assert_eq!(cases.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|one| one.status >= 300) {
        assert_eq!(answer.problem(), (409, "hand_over_state".into()));
    }
    let list = node.session(&second.token).get("/v1/cases").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
}

/// Court pairs are configuration, with a source and a first day.
#[tokio::test]
async fn an_appeal_goes_only_to_a_court_that_hears_it_by_the_operators_list() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::of(&people).await;
    all.appeal(&node, &all.suit.answering, 1, 4).await;
    let path = all.suit.path("/hand-overs");
    let to = |court: &str| json!({ "kind": "second-instance", "to": court, "basis": all.judgment });
    let by_clerk = node.session(&all.suit.clerk.token);
    assert_eq!(by_clerk.post(&path, &to("京04")).await.problem(), (422, "no_court_pair".into()));
    let pairs = format!("/v1/courts/{COURT}/appeal-courts");
    let end = json!({ "hears": SECOND, "from": "2025-12-01", "source": "某规定" });
    let denied = by_clerk.post(&pairs, &end).await;
    assert_eq!(denied.problem().0, 403, "{}", denied.text());
    let ended = people.by_operator().post(&format!("{pairs}/removal"), &end).await;
    assert_eq!(ended.status, 200, "{}", ended.text());
    assert_eq!(by_clerk.post(&path, &to(SECOND)).await.problem(), (422, "no_court_pair".into()));
    let listed = by_clerk.get(&pairs).await.json();
    let pair = &listed["items"][0];
    assert_eq!((&pair["until"], &pair["source"]), (&json!("2025-12-01"), &json!("法释〔2025〕14号")));
    let again = json!({ "hears": SECOND, "from": "2025-12-01", "source": "另一规定" });
    people.by_operator().create(&pairs, &again).await;
    assert_eq!(by_clerk.post(&path, &to(SECOND)).await.status, 201);
    let twice = people.by_operator().post(&pairs, &again).await;
    assert_eq!(twice.problem(), (409, "court_pair_exists".into()));
}

/// 民诉法 art. 177: remanded to the court of first instance, which accepts it with its own account; the first imports stay.
#[tokio::test]
async fn a_remanded_case_goes_back_with_the_times_of_its_first_imports() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let accepted = all.step(&node, &all.there, "accept", all.acceptance(&node).await).await.json();
    let judge = people.of_court("中院法官", "judge", SECOND).await;
    let mut second = all.suit.copy().gone_on_in(accepted["case"].as_str().unwrap());
    (second.clerk, second.judge) = (all.there.clone(), judge);
    second.act(&node, &second.clerk, json!({ "act": "assign", "judge": second.judge.account })).await;
    // 民诉法 art. 41 (1): judges alone sit in second instance.
    let assessor = people.of_court("人民陪审员", "peoples-assessor", SECOND).await;
    let other = people.of_court("中院法官", "judge", SECOND).await;
    let panel = json!({ "act": "form-panel", "members": [second.judge.account, other.account, assessor.account] });
    second.no(&node, &second.clerk, panel, "bad_value").await;
    let ruling = TestNode::number(&node.deposit(&note(9)).await);
    // 民诉法 arts. 177 (1), 178: an appeal against a judgment is not dismissed by a ruling.
    let uphold = json!({ "act": "rule", "ruling": "uphold", "document": ruling });
    second.no(&node, &second.judge, uphold, "decision_form").await;
    let remand = json!({ "act": "rule", "ruling": "remand", "document": ruling });
    second.act(&node, &second.judge, remand).await;
    let send = json!({ "kind": "remand", "to": COURT, "basis": ruling });
    node.session(&second.clerk.token).create(&second.path("/hand-overs"), &send).await;
    let back = node.session(&all.suit.clerk.token);
    let path = second.path("/hand-overs/1");
    back.create(&path, &json!({ "step": "receive" })).await;
    let shown = back.get(&path).await.json();
    let accept = json!({ "step": "accept", "manifest": shown["manifest"], "number": "（2026）粤0192民初200号" });
    let third = back.create(&path, &accept).await;
    let seen = back.get(&format!("/v1/cases/{}", third["case"].as_str().unwrap())).await.json();
    let roles: Vec<_> = seen["parties"].as_array().unwrap().iter().map(|party| party["role"]["code"].clone()).collect();
    assert_eq!((&seen["kind"]["code"], roles), (&json!("civil-first"), vec![json!("plaintiff"), json!("defendant")]));
    let first = all.suit.view(&node, &all.suit.bringing).await["items"][0]["imported_at"].clone();
    assert_eq!(seen["items"][0]["first_imported_at"], first);
    assert_eq!(seen["number"], "（2026）粤0192民初200号");
    // 民诉法 art. 41 (3): a new panel, of nobody who heard it before.
    let mut third = all.suit.copy().gone_on_in(third["case"].as_str().unwrap());
    let heard: Vec<_> = seen["course"]["former_judges"].as_array().unwrap().iter().map(Value::as_str).collect();
    assert!(
        heard.contains(&Some(third.judge.account.as_str())) && heard.contains(&Some(second.judge.account.as_str())),
        "{heard:?}"
    );
    let assign = |judge: &Person| json!({ "act": "assign", "judge": judge.account });
    third.no(&node, &third.clerk, assign(&third.judge), "former_panel").await;
    let (former, mut panel) = (third.judge.account.clone(), Vec::new());
    for name in ["赵法官", "钱法官", "孙法官"] {
        panel.push(people.of_court(name, "judge", COURT).await);
    }
    third.judge = panel[0].clone();
    third.act(&node, &third.clerk, assign(&third.judge)).await;
    let form = |last: &str| json!({ "act": "form-panel", "members": [panel[0].account, panel[1].account, last] });
    third.no(&node, &third.clerk, form(&former), "former_panel").await;
    let document = TestNode::number(&node.deposit(&note(12)).await);
    let judgment = json!({ "act": "judge", "document": document });
    third.no(&node, &third.judge, judgment.clone(), "panel_needed").await;
    third.act(&node, &third.clerk, form(&panel[2].account)).await;
    third.act(&node, &third.judge, judgment).await;
    // The dossier of the second instance goes back too, with its result.
    let send = json!({ "kind": "dossier-return", "to": COURT, "basis": ruling, "outcome": "remanded" });
    node.session(&second.clerk.token).create(&second.path("/hand-overs"), &send).await;
    let path = second.path("/hand-overs/2");
    back.create(&path, &json!({ "step": "receive" })).await;
    let manifest = back.get(&path).await.json()["manifest"].clone();
    let returned = back.create(&path, &json!({ "step": "accept", "manifest": manifest })).await;
    assert_eq!(returned["case"], all.suit.case.as_str());
    let seen = all.suit.view(&node, &all.suit.bringing).await["course"]["returned"][0].clone();
    assert_eq!(seen["outcome"]["code"], "remanded", "{seen}");
}
