//! Originals of the documents of a case: transcripts, papers of a mediation, served documents, decisions. Who gives them, who reads them,
//! and who gets the answer of a document that does not exist.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tiezheng::http::options::Options;

use super::deposits_on_behalf::deposit_on_behalf;
use super::erasing::erased;
use super::hand_overs::Appealed;
use super::originals::{give, objects};
use crate::support::accounts::{COURT, People, Person};
use crate::support::proceeding::Proceeding;
use crate::support::serving::{Serving, deposited};
use crate::support::sessions::{confirm, document, mediator};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// Where the original of a document is given and read.
fn path(number: &str, case: &str) -> String {
    format!("/v1/deposits/{number}/original?case={case}")
}

/// Gives a file into custody as a document of a case.
async fn give_for(node: &TestNode, who: &Person, (number, case): (&str, &str), file: &[u8]) -> Answer {
    let request = node.session(&who.token).request(Method::PUT, &path(number, case));
    node.send(request.header(CONTENT_TYPE, "application/octet-stream").body(file.to_vec())).await
}

/// The same, which must be taken.
async fn given(node: &TestNode, who: &Person, (number, case): (&str, &str), file: &[u8]) {
    let answer = give_for(node, who, (number, case), file).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

async fn read(node: &TestNode, who: &Person, number: &str, case: &str) -> Answer {
    node.session(&who.token).get(&path(number, case)).await
}

/// Each of these reads exactly this file.
async fn all_read(node: &TestNode, who: &[&Person], (number, case): (&str, &str), file: &[u8]) {
    for (at, one) in who.iter().enumerate() {
        let answer = read(node, one, number, case).await;
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, file), "{at}: {}", answer.text());
        assert!(listed(node, one, case).await.iter().any(|listed| listed["deposit_number"] == number), "{at}");
    }
}

/// Each of these gets the answer of a document that does not exist: on reading, on giving, and in the list.
async fn none_reads(node: &TestNode, who: &[(&str, &Person)], (number, case): (&str, &str), file: &[u8]) {
    for (name, one) in who {
        let answer = read(node, one, number, case).await;
        assert!(
            [(404, "not_found".into()), (403, "scope_needed".into())].contains(&answer.problem()),
            "{name}: {}",
            answer.text()
        );
        let refused = give_for(node, one, (number, case), file).await;
        assert!(refused.status == 404 || refused.status == 403, "{name}: {}", refused.text());
        let list = node.session(&one.token).get(&format!("/v1/cases/{case}/documents?limit=200")).await;
        assert!(!list.text().contains(number), "{name}: {}", list.text());
    }
}

async fn listed(node: &TestNode, who: &Person, case: &str) -> Vec<Value> {
    let list = node.session(&who.token).get(&format!("/v1/cases/{case}/documents?limit=200")).await;
    assert_eq!(list.status, 200, "{}", list.text());
    list.json()["items"].as_array().unwrap().clone()
}

/// Somebody of the court with an appointment to a case.
async fn appointed(people: &People<'_>, case: &Proceeding, role: &str) -> Person {
    let person = people.of_court(role, role, COURT).await;
    let appoint = json!({ "act": "appoint", "role": role, "account": person.account });
    case.act(people.node, &case.clerk, appoint).await;
    person
}

/// People who are nothing to a case, each by what it is.
struct Outsiders(Vec<(&'static str, Person)>);

impl Outsiders {
    async fn of(people: &People<'_>) -> Self {
        let other = Proceeding::suit(people).await;
        other.file(people.node).await;
        let mut all = vec![
            ("a party of another case", other.bringing.clone()),
            ("the other party of another case", other.answering.clone()),
            ("somebody without a case", people.person("王五").await),
            ("an auditor", people.holding("审计", "auditor").await),
            ("a lawyer without a client", people.holding("律师", "lawyer").await),
            ("a clerk of another court", people.of_court("书记员", "clerk", "京0491").await),
            ("a court administrator", people.of_court("管理员", "court-administrator", COURT).await),
            ("a mediator who is not appointed", people.of_court("调解员", "mediator", COURT).await),
            ("an expert who is not appointed", people.of_court("专家", "expert", COURT).await),
        ];
        let operator = people.operator.clone();
        all.push(("the operator", operator));
        Self(all)
    }

    fn all(&self) -> Vec<(&str, &Person)> {
        self.0.iter().map(|(name, person)| (*name, person)).collect()
    }
}

/// A filed suit with a version of a transcript of an inquiry: its deposit number.
async fn with_transcript(node: &TestNode, people: &People<'_>, kind: &str, text: &str) -> (Proceeding, String) {
    let suit = Proceeding::suit(people).await;
    suit.file(node).await;
    suit.act(node, &suit.clerk, json!({ "act": "open-transcript", "kind": kind })).await;
    let (number, _) = document(node, 1, text).await;
    let version = json!({ "act": "add-transcript-version", "transcript": 1, "source": "clerk", "document": number });
    suit.act(node, &suit.clerk, version).await;
    (suit, number)
}

#[tokio::test]
async fn a_transcript_is_given_by_the_clerk_and_read_by_those_of_the_case() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let text = "询问笔录：价款九百元。";
    let (suit, number) = with_transcript(&node, &people, "inquiry", text).await;
    let (file, at) = (text.as_bytes(), (number.as_str(), suit.case.as_str()));
    // Before it is given, those who may read it are told so.
    assert_eq!(read(&node, &suit.bringing, at.0, at.1).await.problem(), (404, "no_original".into()));
    let before = listed(&node, &suit.answering, at.1).await;
    assert_eq!((&before[0]["original"]["code"], &before[0]["can_give"]), (&json!("not-submitted"), &json!(false)));
    assert_eq!(before[0]["uses"][0]["zh"], "询问（听证）笔录 1 第 1 版");
    assert_eq!(listed(&node, &suit.clerk, at.1).await[0]["can_give"], true);
    // Only the file that was deposited, and only from those who keep the records.
    let refused = give_for(&node, &suit.bringing, at, file).await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()));
    let other = "询问笔录：价款八百元。";
    assert_eq!(other.len(), text.len());
    for (sent, code) in [
        (other.as_bytes(), "custody_mismatch"),
        (&file[..file.len() - 1], "custody_mismatch"),
        (&[file, b"x"].concat()[..], "custody_mismatch"),
        (&b""[..], "empty_original"),
    ] {
        assert_eq!(give_for(&node, &suit.clerk, at, sent).await.problem(), (422, code.into()));
        assert!(objects(&node).is_empty(), "nothing is kept");
    }
    // A deposit that is nothing in the case is none of its documents.
    let (elsewhere, _) = document(&node, 2, "别的文件").await;
    let none = give_for(&node, &suit.clerk, (&elsewhere, at.1), "别的文件".as_bytes()).await;
    assert_eq!(none.problem(), (404, "not_found".into()));

    given(&node, &suit.clerk, at, file).await;
    let twice = give_for(&node, &suit.judge, at, file).await;
    assert_eq!(twice.problem(), (409, "custody_taken".into()));
    let stored = std::fs::read(&objects(&node)[0]).unwrap();
    assert!(!stored.windows(file.len()).any(|window| window == file), "it lies encrypted");

    let agent = people.holding("律师", "lawyer").await;
    let appoint = json!({ "act": "add-agent", "party": 2, "account": agent.account, "authority": "general", "name": "律师", "power": "授权委托书" });
    suit.act(&node, &suit.answering, appoint).await;
    let expert = appointed(&people, &suit, "expert").await;
    let readers = [&suit.bringing, &suit.answering, &suit.clerk, &suit.judge, &agent, &expert];
    all_read(&node, &readers, at, file).await;
    let outside = Outsiders::of(&people).await;
    none_reads(&node, &outside.all(), at, file).await;
    let unnamed = node.session(&suit.bringing.token).get(&format!("/v1/deposits/{number}/original")).await;
    assert_eq!(unnamed.problem(), (404, "not_found".into()), "the case is named");
    let own = Proceeding::suit(&people).await;
    let elsewhere = read(&node, &own.bringing, at.0, &own.case).await;
    assert_eq!(elsewhere.problem(), (404, "not_found".into()), "it is no document of that case");
    suit.act(&node, &suit.answering, json!({ "act": "end-agent", "agent": 1 })).await;
    none_reads(&node, &[("a former agent", &agent)], at, file).await;

    // Each access was recorded before, with its capacity; who gave it sees the log, and so do auditors.
    let auditor = people.holding("审计", "auditor").await;
    let log = node.session(&auditor.token).get(&format!("/v1/deposits/{number}/access-log")).await.json();
    let entries = log["items"].as_array().unwrap();
    let seen: Vec<_> = entries.iter().map(|one| (one["act"].as_str().unwrap(), one["by"].as_str().unwrap())).collect();
    let accesses = readers.map(|reader| ("access", reader.account.as_str()));
    assert_eq!(seen, [&[("take-custody", suit.clerk.account.as_str())][..], &accesses[..]].concat());
    assert!(entries[1..].iter().all(|one| one["shown"] == "original"));
    let capacities: Vec<_> = entries.iter().map(|one| one["capacity"].as_str().unwrap()).collect();
    assert_eq!(capacities, ["clerk", "party 1", "party 2", "clerk", "judge", "agent 1", "expert"]);
    let of_giver = node.session(&suit.clerk.token).get(&format!("/v1/deposits/{number}/access-log")).await;
    assert_eq!(of_giver.json(), log);
    let of_reader = node.session(&suit.bringing.token).get(&format!("/v1/deposits/{number}/access-log")).await;
    assert_eq!(of_reader.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_transcript_of_a_deliberation_is_for_the_panel_whatever_else_names_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let file = "合议笔录：多数意见。".as_bytes();
    let (suit, number) = with_transcript(&node, &people, "deliberation", "合议笔录：多数意见。").await;
    let at = (number.as_str(), suit.case.as_str());
    given(&node, &suit.clerk, at, file).await;
    let panel = [format!("judge {}", suit.judge.account), format!("clerk {}", suit.clerk.account)];
    suit.act(&node, &suit.clerk, json!({ "act": "open-round", "transcript": 1, "signers": panel })).await;
    all_read(&node, &[&suit.clerk, &suit.judge], at, file).await;
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let outside = [
        ("the plaintiff", &suit.bringing),
        ("the defendant", &suit.answering),
        ("another clerk", &clerk),
        ("another judge", &judge),
    ];
    none_reads(&node, &outside, at, file).await;
    // Served, too, by a clerk who does not see it: that opens it neither to the recipient nor to that clerk.
    let serve =
        json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "hearing-notice", "document": number });
    let served = node.session(&clerk.token).post(&suit.path("/service"), &serve).await;
    assert_eq!(served.status, 201, "{}", served.text());
    none_reads(&node, &outside, at, file).await;
    none_reads(&node, &Outsiders::of(&people).await.all(), at, file).await;
}

#[tokio::test]
async fn papers_of_a_mediation_are_for_its_participants() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (offers, hears) = (people.person("张三").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let case = Proceeding::between(&node, "mediation", [&offers, &hears, &clerk, &judge]).await;
    case.file(&node).await;
    let mediator = mediator(&people, &case).await;
    case.act(&node, &mediator, json!({ "act": "accept-mediation" })).await;
    let (agreement, digest) = document(&node, 1, "调解协议").await;
    let draft = json!({ "act": "draft-agreement", "track": "mediation-document", "document": agreement });
    case.act(&node, &mediator, draft).await;
    case.act(&node, &mediator, json!({ "act": "open-transcript", "kind": "mediation" })).await;
    let (transcript, _) = document(&node, 2, "调解笔录").await;
    let version =
        json!({ "act": "add-transcript-version", "transcript": 1, "source": "clerk", "document": transcript });
    case.act(&node, &mediator, version).await;
    let (issued, _) = document(&node, 3, "调解书").await;
    for who in [&offers, &hears] {
        case.act(&node, who, json!({ "act": "agree-signing", "agreement": 1 })).await;
    }
    case.act(&node, &mediator, json!({ "act": "open-round", "agreement": 1, "signers": ["party 1", "party 2"] })).await;
    for who in [&offers, &hears] {
        case.act(&node, who, confirm(1, &digest)).await;
    }
    case.act(&node, &judge, json!({ "act": "issue-mediation-document", "agreement": 1, "document": issued })).await;

    let outside = Outsiders::of(&people).await;
    let assessor = appointed(&people, &case, "peoples-assessor").await;
    let expert = appointed(&people, &case, "expert").await;
    let notary = people.of_court("公证机构", "notary", COURT).await;
    let archivist = people.of_court("档案", "archivist", COURT).await;
    let support = people.of_court("辅助人员", "trial-support", COURT).await;
    // Of another mediation of the same parties, and appointed there only.
    let other = Proceeding::between(&node, "mediation", [&offers, &hears, &clerk, &judge]).await;
    other.file(&node).await;
    let elsewhere = appointed(&people, &other, "mediator").await;
    for (number, file, giver) in
        [(&agreement, "调解协议", &mediator), (&transcript, "调解笔录", &mediator), (&issued, "调解书", &judge)]
    {
        let (at, file) = ((number.as_str(), case.case.as_str()), file.as_bytes());
        let refused = give_for(&node, &offers, at, file).await;
        assert_eq!(refused.problem(), (403, "not_permitted".into()));
        given(&node, giver, at, file).await;
        all_read(&node, &[&offers, &hears, &mediator, &clerk, &judge], at, file).await;
        let staff = [
            ("an assessor", &assessor),
            ("an expert", &expert),
            ("a notary", &notary),
            ("an archivist", &archivist),
            ("trial support", &support),
            ("the mediator of another mediation", &elsewhere),
        ];
        none_reads(&node, &staff, at, file).await;
        none_reads(&node, &outside.all(), at, file).await;
    }
}

#[tokio::test]
async fn a_served_document_is_for_its_recipient_and_the_court() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let suit = &serving.suit;
    // Deposited by the plaintiff, who may give it, and served on the defendant.
    let file = "起诉状副本".as_bytes();
    let number = deposit_on_behalf(&people, &suit.bringing, file, "起诉状").await;
    let serve =
        json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "complaint-copy", "document": number });
    serving.act(&node, &suit.clerk, serve).await;
    let at = (number.as_str(), suit.case.as_str());
    let agent = people.holding("律师", "lawyer").await;
    let appoint = json!({ "act": "add-agent", "party": 2, "account": agent.account, "authority": "general", "name": "律师", "power": "授权委托书" });
    suit.act(&node, &suit.answering, appoint).await;
    // The depositor's own custody is not the case's: the clerk recorded the document, not the depositor.
    assert_eq!(give(&people.by(&suit.bringing), &node, &number, file).await.status, 201);
    assert_eq!(read(&node, &suit.answering, at.0, at.1).await.problem(), (404, "no_original".into()));
    given(&node, &suit.bringing, at, file).await;
    let support = people.of_court("辅助人员", "trial-support", COURT).await;
    all_read(&node, &[&suit.answering, &agent, &suit.clerk, &suit.judge, &support], at, file).await;

    let third = people.person("赵六").await;
    let add = json!({ "act": "add-party", "role": "third-party", "subject": "natural-person", "name": "赵六", "account": third.account });
    suit.act(&node, &suit.clerk, add).await;
    let of_other_side = people.holding("律师", "lawyer").await;
    let appoint = json!({ "act": "add-agent", "party": 1, "account": of_other_side.account, "authority": "general", "name": "律师", "power": "授权委托书" });
    suit.act(&node, &suit.bringing, appoint).await;
    let appraiser = people.of_court("鉴定机构", "appraisal-institution", COURT).await;
    let expert = appointed(&people, suit, "expert").await;
    let inside = [
        ("a third party", &third),
        ("the agent of the other side", &of_other_side),
        ("an appraisal institution", &appraiser),
        ("an expert", &expert),
    ];
    none_reads(&node, &inside, at, file).await;
    none_reads(&node, &Outsiders::of(&people).await.all(), at, file).await;
    // The plaintiff reads its own deposit, and not as a document of the case.
    let own = node.session(&suit.bringing.token).get(&format!("/v1/deposits/{number}/original")).await;
    assert_eq!(own.bytes, file);
    assert!(listed(&node, &suit.bringing, at.1).await.is_empty());
}

#[tokio::test]
async fn a_judgment_is_for_all_parties_and_a_number_alone_opens_nothing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    // Somebody's deposit, in custody for its depositor: the judge names its number as the judgment.
    let alice = people.person("王五").await;
    let private = deposit_on_behalf(&people, &alice, b"a letter", "信").await;
    assert_eq!(give(&people.by(&alice), &node, &private, b"a letter").await.status, 201);
    suit.act(&node, &suit.judge, json!({ "act": "judge", "document": private })).await;
    for who in [&suit.bringing, &suit.judge] {
        assert_eq!(read(&node, who, &private, &suit.case).await.problem(), (404, "no_original".into()));
    }
    let refused = give_for(&node, &alice, (&private, &suit.case), b"a letter").await;
    assert_eq!(refused.problem(), (404, "not_found".into()), "its depositor does not see the case");

    // Deposited by a judge on whose behalf the platform signed, in custody, and recorded by the same judge: nothing more is needed.
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let judgment = deposit_on_behalf(&people, &suit.judge, b"judgment", "判决书").await;
    assert_eq!(give(&people.by(&suit.judge), &node, &judgment, b"judgment").await.status, 201);
    suit.act(&node, &suit.judge, json!({ "act": "judge", "document": judgment })).await;
    let at = (judgment.as_str(), suit.case.as_str());
    let another = people.clerk().await;
    let archivist = people.of_court("档案", "archivist", COURT).await;
    all_read(&node, &[&suit.bringing, &suit.answering, &suit.judge, &another, &archivist], at, b"judgment").await;
    let notary = people.of_court("公证机构", "notary", COURT).await;
    none_reads(&node, &[("a notary", &notary)], at, b"judgment").await;
    none_reads(&node, &Outsiders::of(&people).await.all(), at, b"judgment").await;
    // It stays readable when the case is closed.
    suit.act(&node, &suit.clerk, json!({ "act": "close" })).await;
    all_read(&node, &[&suit.bringing, &suit.answering], at, b"judgment").await;
}

#[tokio::test]
async fn the_second_court_reads_the_decisions_of_the_dossier_that_it_accepted() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let all = Appealed::received(&people).await;
    let suit = &all.suit;
    let judgment = suit.view(&node, &suit.clerk).await["course"]["decisions"][0]["document"].clone();
    let at = (judgment.as_str().unwrap(), suit.case.as_str());
    given(&node, &suit.clerk, at, b"file 2").await;
    none_reads(&node, &[("the second court before its acceptance", &all.there)], at, b"file 2").await;
    let accepted = all.step(&node, &all.there, "accept", all.acceptance(&node).await).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text());
    all_read(&node, &[&all.there, &suit.bringing, &suit.answering], at, b"file 2").await;
    let refused = give_for(&node, &all.there, at, b"file 2").await;
    assert_eq!(refused.problem(), (403, "not_permitted".into()), "it keeps the documents of its own cases");
}

#[tokio::test]
async fn an_erasure_covers_the_originals_of_all_cases_and_a_court_can_suspend_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let text = "询问笔录";
    let (suit, number) = with_transcript(&node, &people, "inquiry", text).await;
    let at = (number.as_str(), suit.case.as_str());
    given(&node, &suit.clerk, at, text.as_bytes()).await;
    let erase = json!({ "deposit_number": number });
    for (name, who) in [("a party", &suit.bringing), ("another clerk", &people.clerk().await)] {
        let refused = node.session(&who.token).post("/v1/erasures", &erase).await;
        assert_eq!(refused.problem(), (404, "not_found".into()), "{name}");
    }
    let hold = json!({ "act": "hold", "deposit_number": number, "reason": "上诉期内" });
    suit.act(&node, &suit.judge, hold).await;
    let held = node.session(&suit.clerk.token).post("/v1/erasures", &erase).await;
    assert_eq!(held.problem(), (409, "held_by_a_case".into()));
    suit.act(&node, &suit.judge, json!({ "act": "release", "deposit_number": number })).await;

    // The same file in another case: given there by the same account, and erased with it.
    let other = Proceeding::suit(&people).await;
    other.file(&node).await;
    other.act(&node, &suit.clerk, json!({ "act": "open-transcript", "kind": "inquiry" })).await;
    let version = json!({ "act": "add-transcript-version", "transcript": 1, "source": "clerk", "document": number });
    other.act(&node, &suit.clerk, version).await;
    given(&node, &suit.clerk, (&number, &other.case), text.as_bytes()).await;
    assert_eq!(objects(&node).len(), 2);
    erased(&people.by(&suit.clerk), &erase).await;
    assert!(objects(&node).is_empty());
    for (case, who) in [(&suit.case, &suit.bringing), (&other.case, &other.bringing)] {
        assert_eq!(read(&node, who, &number, case).await.problem(), (410, "erased".into()));
        assert_eq!(listed(&node, who, case).await[0]["original"]["code"], "erased");
    }
    // It can be given again, by an account that still has the file.
    given(&node, &suit.judge, at, text.as_bytes()).await;
    all_read(&node, &[&suit.bringing], at, text.as_bytes()).await;
}

#[tokio::test]
async fn limits_of_size_and_quota_hold_for_documents() {
    let http = Options { file_max: 1_000, ..Options::default() };
    let originals = tiezheng::custody::space::Limits { per_owner: 1_500, total: 10_000, reserved: 0 };
    let node = TestNode::in_memory(NodeConfig { http, originals, ..NodeConfig::default() }).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let suit = &serving.suit;
    let mut numbers = Vec::new();
    for (mark, size) in [(1_u8, 1_001), (2, 1_000), (3, 501)] {
        let number = deposited(&node, &vec![mark; size]).await;
        let serve =
            json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "hearing-notice", "document": number });
        serving.act(&node, &suit.clerk, serve).await;
        numbers.push((number, vec![mark; size]));
    }
    let answers = [(413, "body_too_large"), (201, ""), (413, "account_quota_exceeded")];
    for ((number, file), (status, code)) in numbers.iter().zip(answers) {
        let answer = give_for(&node, &suit.clerk, (number, &suit.case), file).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(status == 201 || answer.problem().1 == code, "{}", answer.text());
    }
    // Another account has a quota of its own.
    given(&node, &suit.judge, (&numbers[2].0, &suit.case), &numbers[2].1).await;
}

#[tokio::test]
async fn the_list_of_documents_comes_in_pages() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let serving = Serving::begin(&people).await;
    let suit = &serving.suit;
    let mut numbers = Vec::new();
    for at in 0..5_u8 {
        let number = deposited(&node, &[b'n', at]).await;
        let serve =
            json!({ "act": "serve", "party": 2, "mode": "electronic", "kind": "hearing-notice", "document": number });
        serving.act(&node, &suit.clerk, serve).await;
        numbers.push(number);
    }
    numbers.sort_unstable();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.session(&suit.answering.token).get(&suit.path(&format!("/documents?limit=2{cursor}"))).await;
        let page = page.json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["deposit_number"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, numbers);
    let bad = node.session(&suit.answering.token).get(&suit.path("/documents?cursor=x")).await;
    assert_eq!(bad.problem(), (400, "bad_cursor".into()));
}
