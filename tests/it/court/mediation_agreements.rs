//! Mediation agreements over HTTP: the three tracks, reversal, periods, what may leave a mediation.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::ledger::verify::attestation_trust::AttestationTrust;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{Annotation, AnnotationKind, Annotations as _, LogReader as _, ProofLevel};

use crate::support::accounts::{COURT, OF_THE_COURT, PLAIN, People, Person};
use crate::support::depositor::origin;
use crate::support::proceeding::Proceeding;
use crate::support::sessions::{confirm, document, mediator, pass};
use crate::support::test_node::{NodeConfig, TestNode};
use crate::support::tsa::TestAuthority;

const DAY: Duration = Duration::from_hours(24);

/// A filed mediation, and its mediator, who has accepted it.
async fn mediated(node: &TestNode) -> (Proceeding, Person) {
    let people = People::of(node).await;
    let (offers, hears) = (people.person("张三").await, people.person("李四").await);
    let (clerk, judge) = (people.clerk().await, people.judge().await);
    let case = Proceeding::between(node, "mediation", [&offers, &hears, &clerk, &judge]).await;
    case.file(node).await;
    let mediator = mediator(&people, &case).await;
    case.act(node, &mediator, json!({ "act": "accept-mediation" })).await;
    (case, mediator)
}

/// A version of an agreement that both parties agree to confirm online: its digest.
async fn drafted(node: &TestNode, case: &Proceeding, mediator: &Person, track: &str, n: u64) -> Value {
    let (number, digest) = document(node, n, &format!("调解协议 {n}")).await;
    let draft = json!({ "act": "draft-agreement", "track": track, "document": number });
    case.act(node, mediator, draft).await;
    for who in [&case.bringing, &case.answering] {
        case.act(node, who, json!({ "act": "agree-signing", "agreement": 1 })).await;
    }
    digest
}

fn round(signers: &[String]) -> Value {
    let all: Vec<String> = ["party 1".into(), "party 2".into()].into_iter().chain(signers.iter().cloned()).collect();
    json!({ "act": "open-round", "agreement": 1, "signers": all })
}

fn take_back(round: u32) -> Value {
    json!({ "act": "withdraw-confirmation", "round": round })
}

#[tokio::test]
async fn an_agreement_before_a_mediator_is_in_force_with_the_last_partys_signature() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "organisation", 1).await;
    case.no(&node, &mediator, round(&[]), "signers_missing").await;
    case.act(&node, &mediator, round(&[format!("mediator {}", mediator.account)])).await;
    case.act(&node, &case.bringing, confirm(1, &digest)).await;
    case.no(&node, &case.answering, take_back(1), "not_confirmed").await;
    case.act(&node, &case.bringing, take_back(1)).await;
    case.act(&node, &case.answering, confirm(1, &digest)).await;
    let seen = case.records(&node, &case.bringing).await;
    assert_eq!(seen["agreements"][0]["state"]["code"], "partly-signed");
    assert_eq!(
        (&seen["agreements"][0]["in_force_at"], &seen["agreements"][0]["statement"]),
        (&Value::Null, &Value::Null)
    );
    pass(&node, Duration::from_secs(7));
    let last = case.act(&node, &case.bringing, confirm(1, &digest)).await;
    pass(&node, Duration::from_secs(5));
    case.act(&node, &mediator, confirm(1, &digest)).await;
    for who in [&case.bringing, &case.answering] {
        case.no(&node, who, take_back(1), "already_in_force").await;
    }
    let seen = case.records(&node, &case.answering).await;
    let agreement = &seen["agreements"][0];
    assert_eq!(agreement["in_force_at"], last["act"]["at"], "the mediator's signature does not move it");
    assert_eq!(agreement["state"]["code"], "signed");
    let at = last["act"]["at"].as_str().unwrap();
    assert_eq!(agreement["statement"]["zh"], format!("各方当事人已于 {at} 全部完成电子签名（签章）"));
    assert!(!seen.to_string().contains("具有法律效力"));
    let way = |way: &str| json!({ "act": "apply-way-out", "agreement": 1, "way": way });
    case.act(&node, &case.bringing, way("judicial-confirmation")).await;
    let end = json!({ "act": "end-mediation", "agreement": 1, "reason": "unreachable" });
    case.no(&node, &mediator, end, "already_in_force").await;
    pass(&node, DAY * 40);
    let answering = People::of(&node).await.token(&case.answering.account, PLAIN).await;
    case.no(&node, &answering, way("judicial-confirmation"), "window_over").await;
    case.act(&node, &answering, way("performance")).await;
}

#[tokio::test]
async fn an_agreement_in_the_transcript_needs_judge_and_clerk_and_one_with_a_document_its_receipt() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "court-record", 1).await;
    case.no(&node, &case.clerk, round(&[]), "signers_missing").await;
    case.round(&node, ("agreement", 1), &[]).await;
    for who in [&case.bringing, &case.judge, &case.answering] {
        case.act(&node, who, confirm(1, &digest)).await;
    }
    assert_eq!(case.records(&node, &case.clerk).await["agreements"][0]["in_force_at"], Value::Null);
    let last = case.act(&node, &case.clerk, confirm(1, &digest)).await;
    assert_eq!(case.records(&node, &case.clerk).await["agreements"][0]["in_force_at"], last["act"]["at"]);

    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "mediation-document", 2).await;
    case.act(&node, &mediator, round(&[])).await;
    let (paper, _) = document(&node, 3, "调解书").await;
    let issue = json!({ "act": "issue-mediation-document", "agreement": 1, "document": paper });
    case.no(&node, &case.judge, issue.clone(), "not_signed").await;
    for who in [&case.bringing, &case.answering] {
        case.act(&node, who, confirm(1, &digest)).await;
    }
    case.act(&node, &case.judge, issue).await;
    let receive = json!({ "act": "confirm-service", "document": paper });
    case.act(&node, &case.bringing, receive.clone()).await;
    assert_eq!(case.records(&node, &case.judge).await["agreements"][0]["in_force_at"], Value::Null);
    let last = case.act(&node, &case.answering, receive).await;
    assert_eq!(case.records(&node, &case.judge).await["agreements"][0]["in_force_at"], last["act"]["at"]);
    case.no(&node, &case.answering, take_back(1), "already_in_force").await;
}

#[tokio::test]
async fn a_party_that_goes_back_before_the_receipt_ends_the_agreement() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "mediation-document", 1).await;
    case.act(&node, &mediator, round(&[])).await;
    for who in [&case.bringing, &case.answering] {
        case.act(&node, who, confirm(1, &digest)).await;
    }
    case.act(&node, &case.answering, take_back(1)).await;
    let seen = case.records(&node, &case.bringing).await;
    assert_eq!(
        (&seen["agreements"][0]["signed"], &seen["agreements"][0]["rounds"][0]["state"]["code"]),
        (&json!([]), &json!("terminated"))
    );
    let end = json!({ "act": "end-mediation", "reason": "regretted", "note": "被申请人反悔" });
    case.act(&node, &mediator, end.clone()).await;
    case.no(&node, &mediator, end, "mediation_over").await;
    case.no(&node, &mediator, round(&[]), "mediation_over").await;
    let seen = case.records(&node, &case.bringing).await;
    assert_eq!(seen["mediation"]["ended"]["note"], "被申请人反悔");
    assert_eq!(seen["agreements"][0]["state"]["code"], "terminated");
}

#[tokio::test]
async fn a_mediation_has_its_days_and_an_agent_its_authority() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "organisation", 1).await;
    case.act(&node, &mediator, round(&[format!("mediator {}", mediator.account)])).await;
    let agent = people.holding("律师", "lawyer").await;
    let appoint = |account: &str, authority: &str| json!({ "act": "add-agent", "party": 2, "account": account, "authority": authority, "name": "律师", "power": "授权委托书", "special": if authority == "special" { json!(["settle"]) } else { json!([]) } });
    case.act(&node, &case.answering, appoint(&agent.account, "general")).await;
    case.no(&node, &agent, confirm(1, &digest), "special_authority_needed").await;
    let special = people.holding("另一律师", "lawyer").await;
    case.act(&node, &case.answering, appoint(&special.account, "special")).await;
    case.act(&node, &special, confirm(1, &digest)).await;
    let refusal = json!({ "act": "record-refusal", "round": 1, "reason": "条款不合理" });
    case.act(&node, &case.bringing, refusal).await;
    let last_day = case.records(&node, &mediator).await["mediation"]["last_day"].as_str().unwrap().to_owned();
    let until = json!({ "act": "prolong-mediation", "until": "2027-06-30" });
    case.act(&node, &case.bringing, until.clone()).await;
    assert_eq!(case.records(&node, &mediator).await["mediation"]["last_day"], last_day, "not agreed by all yet");
    let expired = json!({ "act": "end-mediation", "reason": "expired" });
    case.no(&node, &mediator, expired.clone(), "no_such_end").await;
    pass(&node, DAY * 45);
    // The tokens have expired meanwhile.
    let people = People::of(&node).await;
    people.identify(&case.bringing.account, "substantial").await;
    let bringing = people.token(&case.bringing.account, PLAIN).await;
    let mediator = people.token(&mediator.account, OF_THE_COURT).await;
    case.no(&node, &bringing, confirm(1, &digest), "window_over").await;
    case.no(&node, &bringing, until, "window_over").await;
    case.act(&node, &mediator, expired).await;
    case.no(&node, &bringing, confirm(1, &digest), "round_over").await;
}

#[tokio::test]
async fn a_clerical_correction_is_signed_again_and_the_earlier_moment_stays() {
    let store = Arc::new(MemoryStore::new(origin()));
    let mut node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let (case, mediator) = mediated(&node).await;
    let first = drafted(&node, &case, &mediator, "organisation", 1).await;
    let signers = [format!("mediator {}", mediator.account)];
    case.act(&node, &mediator, round(&signers)).await;
    case.act(&node, &case.bringing, confirm(1, &first)).await;
    let last = case.act(&node, &case.answering, confirm(1, &first)).await;
    let (number, second) = document(&node, 2, "调解协议（更正）").await;
    let corrected = json!({ "act": "draft-agreement", "agreement": 1, "track": "organisation", "document": number });
    let mut other_track = corrected.clone();
    other_track["track"] = "court-record".into();
    case.no(&node, &mediator, other_track, "other_track").await;
    case.act(&node, &mediator, corrected).await;
    let clock = node.clock.share();
    drop(node);
    node = TestNode::over(store, NodeConfig { clock, ..NodeConfig::default() }).await;
    case.act(&node, &mediator, round(&signers)).await;
    case.no(&node, &case.bringing, confirm(2, &first), "version_superseded").await;
    case.act(&node, &case.bringing, confirm(2, &second)).await;
    assert_eq!(case.records(&node, &mediator).await["agreements"][0]["in_force_at"], last["act"]["at"]);
    let again = case.act(&node, &case.answering, confirm(2, &second)).await;
    let seen = case.records(&node, &mediator).await;
    let moments: Vec<&Value> =
        seen["agreements"][0]["signed"].as_array().unwrap().iter().map(|moment| &moment["last"]["at"]).collect();
    assert_eq!(moments, [&last["act"]["at"], &again["act"]["at"]]);
}

#[tokio::test]
async fn papers_of_a_mediation_stay_there_until_all_have_signed_them() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (case, mediator) = mediated(&node).await;
    let (facts, digest) = document(&node, 1, "无争议事实").await;
    let draft = json!({ "act": "draft-agreement", "track": "undisputed-facts", "document": facts });
    case.act(&node, &mediator, draft).await;
    for who in [&case.bringing, &case.answering] {
        case.act(&node, who, json!({ "act": "agree-signing", "agreement": 1 })).await;
    }
    let (transcript, _) = document(&node, 2, "调解笔录").await;
    case.act(&node, &mediator, json!({ "act": "open-transcript", "kind": "mediation" })).await;
    case.no(&node, &mediator, json!({ "act": "open-transcript", "kind": "inquiry" }), "not_yours").await;
    let version =
        json!({ "act": "add-transcript-version", "transcript": 1, "source": "clerk", "document": transcript });
    case.act(&node, &mediator, version).await;
    let suit =
        Proceeding::between(&node, "civil-first", [&case.bringing, &case.answering, &case.clerk, &case.judge]).await;
    for paper in [&facts, &transcript] {
        let refused = suit.try_import(&node, &suit.bringing, paper).await;
        assert_eq!(refused.problem(), (409, "mediation_material".into()));
    }
    case.act(&node, &mediator, round(&[])).await;
    for who in [&case.bringing, &case.answering] {
        case.act(&node, who, confirm(1, &digest)).await;
    }
    let seen = case.records(&node, &case.bringing).await;
    assert!(seen["agreements"][0]["statement"]["zh"].as_str().unwrap().ends_with("全部确认"));
    assert_eq!(seen["agreements"][0]["in_force_at"], Value::Null, "facts are not in force, they are undisputed");
    suit.import(&node, &suit.bringing, &facts).await;
    // An expert of the court sees nothing of the mediation.
    let expert = people.of_court("专家", "expert", COURT).await;
    let appoint = json!({ "act": "appoint", "role": "expert", "account": expert.account });
    case.act(&node, &case.clerk, appoint).await;
    let seen = case.records(&node, &expert).await;
    assert_eq!((&seen["agreements"], &seen["transcripts"]), (&json!([]), &json!([])));
    let acts = node.session(&expert.token).get(&case.path("/acts?limit=200")).await;
    assert!(!acts.text().contains("draft-agreement") && !acts.text().contains("open-transcript"));
}

#[tokio::test]
async fn a_party_takes_its_own_material_into_the_suit_and_no_admission_follows_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (case, _) = mediated(&node).await;
    let mut numbers = Vec::new();
    for n in 1..4 {
        numbers.push(document(&node, n, &format!("材料 {n}")).await.0);
        case.import(&node, &case.bringing, numbers.last().unwrap()).await;
    }
    let admission = json!({ "act": "reply", "item": 1, "authenticity": "admitted", "reason": "为和解而认可" });
    case.act(&node, &case.answering, admission).await;
    let forward = |item: u32| json!({ "act": "forward-item", "item": item });
    case.no(&node, &case.answering, forward(1), "not_yours").await;
    case.act(&node, &case.bringing, forward(1)).await;
    // One consent is not that of all.
    case.act(&node, &case.bringing, json!({ "act": "consent", "item": 2 })).await;
    for who in [&case.bringing, &case.answering] {
        case.act(&node, who, json!({ "act": "consent", "item": 3 })).await;
    }
    let transfer = json!({ "transfer": "suit", "court": COURT, "kind": "civil-first", "procedure": "ordinary" });
    let passed = node.session(&case.clerk.token).create(&case.path("/transfer"), &transfer).await;
    let suit = case.gone_on_in(passed["case"].as_str().unwrap());
    let seen = suit.view(&node, &suit.clerk).await;
    let carried: Vec<&Value> = seen["items"].as_array().unwrap().iter().map(|item| &item["deposit_number"]).collect();
    assert_eq!(carried, [&json!(numbers[0]), &json!(numbers[2])]);
    assert!(!seen.to_string().contains("为和解而认可") && !seen.to_string().contains("admitted"));
}

#[tokio::test]
async fn the_same_file_under_another_number_is_imported_with_a_warning() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (case, _) = mediated(&node).await;
    let (first, _) = document(&node, 1, "对方提交的材料").await;
    case.import(&node, &case.bringing, &first).await;
    let (second, _) = document(&node, 2, "对方提交的材料").await;
    assert_ne!(first, second);
    let suit =
        Proceeding::between(&node, "civil-first", [&case.answering, &case.bringing, &case.clerk, &case.judge]).await;
    assert_eq!(suit.try_import(&node, &suit.bringing, &first).await.problem(), (409, "mediation_material".into()));
    let codes = |answer: &Value| {
        let warnings = answer["warnings"].as_array().unwrap().clone();
        warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let imported = suit.import(&node, &suit.bringing, &second).await;
    assert!(codes(&imported).contains(&"mediation_same_file".to_owned()), "{imported}");
    let own =
        Proceeding::between(&node, "civil-first", [&case.bringing, &case.answering, &case.clerk, &case.judge]).await;
    let imported = own.import(&node, &own.bringing, &second).await;
    assert!(!codes(&imported).contains(&"mediation_same_file".to_owned()), "{imported}");
}

/// The moment is the node's own time; what a timestamp authority attests stands beside it, under its own name, once a checkpoint that
/// covers the last signature is timestamped.
#[tokio::test]
async fn beside_the_moment_stand_the_time_of_the_block_and_the_trusted_time() {
    let authority = TestAuthority::start();
    let attesters = AttestationTrust::new(None, authority.trust());
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig { attesters, ..NodeConfig::default() }).await;
    let (case, mediator) = mediated(&node).await;
    let digest = drafted(&node, &case, &mediator, "organisation", 1).await;
    case.act(&node, &mediator, round(&[format!("mediator {}", mediator.account)])).await;
    case.act(&node, &case.bringing, confirm(1, &digest)).await;
    let before = stamp(&store, &authority, "20261122120500Z");
    let last = case.act(&node, &case.answering, confirm(1, &digest)).await;
    let times = async || case.records(&node, &case.bringing).await["agreements"][0]["in_force_times"].clone();
    let seen = times().await;
    assert_eq!(seen["tx_submitted_at"]["time"], last["act"]["at"]);
    assert_eq!(seen["tx_submitted_at"]["label"]["zh"], "交易提交时间");
    assert_eq!(seen["block_generated_at"]["label"]["zh"], "区块生成时间");
    assert!(seen["block_generated_at"]["time"].as_str() >= last["act"]["at"].as_str());
    assert_eq!(seen["trusted_time"], Value::Null, "the checkpoint of {before} leaves does not cover it");
    stamp(&store, &authority, "20261122121000Z");
    case.act(&node, &mediator, confirm(1, &digest)).await;
    stamp(&store, &authority, "20261122121500Z");
    let trusted = times().await["trusted_time"].clone();
    assert_eq!(trusted["label"]["zh"], "可信时间");
    assert!(
        trusted["not_later_than"].as_str().unwrap().starts_with("2026-11-22T20:10:0"),
        "the first that covers it: {trusted}"
    );
    assert!(!trusted["tokens"][0]["authority"].as_str().unwrap().is_empty());
}

/// Timestamps the published checkpoint: its number of leaves.
fn stamp(store: &MemoryStore, authority: &TestAuthority, time: &str) -> u64 {
    let published = store.published().unwrap();
    let checkpoint = published.checkpoint.clone();
    let bytes = authority.sign("ecdsa", checkpoint.note().text().as_bytes(), &[format!("time={time}").as_str()]);
    let token = Annotation { kind: AnnotationKind::TimestampToken, bytes };
    store.annotate(&checkpoint, &[token], &[ProofLevel::Timestamped]).unwrap();
    published.size().0
}
