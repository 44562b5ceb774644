//! Transcripts over HTTP: hearing, versions, corrections, signatures, the final version, the panel's transcript.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::manifest::item::{Item, ItemDigests};
use tiezheng::ledger::manifest::tree::{Chunk, ManifestTree};
use tiezheng::store::memory::MemoryStore;

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::{content, origin};
use crate::support::proceeding::Proceeding;
use crate::support::sessions::{confirm, document, document_with, pass};
use crate::support::test_node::{NodeConfig, TestNode};

const DAY: Duration = Duration::from_hours(24);

/// A suit in the hearing, with its people.
async fn in_hearing(node: &TestNode) -> Proceeding {
    let people = People::of(node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(node).await;
    suit.act(node, &suit.judge, json!({ "act": "begin-hearing" })).await;
    suit
}

fn state(records: &Value, transcript: usize) -> &Value {
    &records["transcripts"][transcript]["state"]["code"]
}

#[tokio::test]
async fn a_transcript_is_checked_amended_signed_by_all_and_final() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = in_hearing(&node).await;
    suit.act(&node, &suit.clerk, json!({ "act": "open-transcript", "kind": "hearing" })).await;
    let (machine, _) = document(&node, 1, "语音识别稿").await;
    let version = |source: &str, number: &str| json!({ "act": "add-transcript-version", "transcript": 1, "source": source, "document": number });
    suit.act(&node, &suit.clerk, version("machine", &machine)).await;
    assert_eq!(state(&suit.records(&node, &suit.answering).await, 0), "machine-text");
    let open = json!({ "act": "open-round", "transcript": 1, "signers": ["party 1"] });
    suit.no(&node, &suit.clerk, open, "machine_text").await;
    suit.no(&node, &suit.clerk, version("clerk", "20261122-0K7M-X9QT-3D5W-C3"), "no_such_deposit").await;
    let first = suit.version(&node, 1, 2, "庭审笔录").await;
    suit.round(&node, ("transcript", 1), &["witness 王证人".into()]).await;
    suit.no(&node, &suit.bringing, confirm(1, &first), "hearing_not_ended").await;
    suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await;
    suit.act(&node, &suit.bringing, confirm(1, &first)).await;
    // The defendant asks for a correction of an own statement; it is allowed, and all confirm again.
    let request = json!({
        "act": "request-correction", "transcript": 1, "ground": "mistake", "place": "第三页", "wording": "价款为九百元",
    });
    let mut of_the_other = request.clone();
    of_the_other["speaker"] = "party 1".into();
    suit.no(&node, &suit.answering, of_the_other, "not_yours").await;
    suit.act(&node, &suit.answering, request.clone()).await;
    suit.no(&node, &suit.answering, confirm(1, &first), "correction_pending").await;
    let decide = |decision: &str| json!({ "act": "decide-correction", "transcript": 1, "correction": 1, "decision": decision, "reason": "属实" });
    suit.no(&node, &suit.bringing, decide("allowed"), "not_permitted").await;
    suit.act(&node, &suit.clerk, decide("allowed")).await;
    suit.no(&node, &suit.clerk, decide("refused"), "correction_decided").await;
    let second = suit.version(&node, 1, 3, "庭审笔录（补正）").await;
    suit.no(&node, &suit.bringing, confirm(1, &first), "version_superseded").await;
    suit.round(&node, ("transcript", 1), &["witness 王证人".into()]).await;
    suit.no(&node, &suit.bringing, confirm(2, &first), "version_superseded").await;
    let other = json!({ "algorithm": "sm3", "value": "ab".repeat(32) });
    suit.no(&node, &suit.bringing, confirm(2, &other), "other_digest").await;
    for who in [&suit.bringing, &suit.answering, &suit.judge, &suit.clerk] {
        suit.act(&node, who, confirm(2, &second)).await;
        suit.no(&node, who, confirm(2, &second), "already_confirmed").await;
    }
    let finalise = json!({ "act": "finalise-transcript", "transcript": 1 });
    suit.no(&node, &suit.clerk, finalise.clone(), "round_open").await;
    // The witness has no account: what was signed on paper is entered with its scan.
    let (scan, _) = document(&node, 4, "签名页").await;
    let mut paper = confirm(2, &second);
    (paper["method"], paper["person"]) = ("offline".into(), 5.into());
    suit.no(&node, &suit.clerk, paper.clone(), "scan_needed").await;
    paper["document"] = scan.into();
    suit.no(&node, &suit.judge, paper.clone(), "method_not_open").await;
    let last = suit.act(&node, &suit.clerk, paper).await;
    suit.act(&node, &suit.clerk, finalise.clone()).await;
    suit.no(&node, &suit.clerk, finalise, "transcript_final").await;
    let seen = suit.records(&node, &suit.answering).await;
    let transcript = &seen["transcripts"][0];
    assert_eq!(state(&seen, 0), "final");
    assert_eq!(transcript["rounds"][1]["completed_at"], last["act"]["at"]);
    assert_eq!(transcript["comparison"]["zh"], "定稿摘要与 5 人确认的摘要一致");
    assert_eq!(transcript["corrections"][0]["wording"], "价款为九百元");
    assert_eq!(transcript["corrections"][0]["amended_in"], 3);
    assert_eq!(transcript["rounds"][1]["people"][4]["name"], "王证人");
    let states: Vec<&Value> =
        transcript["rounds"].as_array().unwrap().iter().map(|round| &round["state"]["code"]).collect();
    assert_eq!(states, ["superseded", "completed"]);
}

#[tokio::test]
async fn days_pass_and_nobody_has_confirmed_by_silence() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let digest = suit.transcript(&node, "inquiry", 1, "询问笔录").await;
    suit.round(&node, ("transcript", 1), &[]).await;
    for who in [&suit.judge, &suit.clerk] {
        suit.act(&node, who, confirm(1, &digest)).await;
    }
    let refusal = json!({ "act": "record-refusal", "round": 1, "person": 1, "reason": "认为记录不全" });
    suit.no(&node, &suit.bringing, refusal.clone(), "not_yours").await;
    suit.act(&node, &suit.clerk, refusal).await;
    let finalise = json!({ "act": "finalise-transcript", "transcript": 1 });
    suit.no(&node, &suit.clerk, finalise.clone(), "round_open").await;
    pass(&node, DAY * 9);
    // The check was made for the session; another day needs another.
    suit.no(&node, &suit.answering, confirm(1, &digest), "identity_stale").await;
    let request = json!({
        "act": "request-correction", "transcript": 1, "ground": "omission", "place": "首页", "wording": "补记",
    });
    suit.no(&node, &suit.answering, request, "window_over").await;
    suit.act(&node, &suit.clerk, finalise).await;
    people.identify(&suit.answering.account, "substantial").await;
    suit.no(&node, &suit.answering, confirm(1, &digest), "round_over").await;
    let seen = suit.records(&node, &suit.bringing).await;
    let people = seen["transcripts"][0]["rounds"][0]["people"].as_array().unwrap();
    let states: Vec<&Value> = people.iter().map(|person| &person["state"]["code"]).collect();
    assert_eq!(states, ["refused", "no-response", "confirmed", "confirmed"]);
    assert_eq!(people[0]["steps"][0]["reason"], "认为记录不全");
    assert_eq!(seen["transcripts"][0]["comparison"]["zh"], "定稿摘要与 2 人确认的摘要一致");
}

#[tokio::test]
async fn the_panels_transcript_is_nowhere_for_parties() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let digest = suit.transcript(&node, "deliberation", 1, "合议笔录").await;
    let panel = [format!("judge {}", suit.judge.account), format!("clerk {}", suit.clerk.account)];
    let open = |signers: &[String]| json!({ "act": "open-round", "transcript": 1, "signers": signers });
    let with_a_party = [&panel[..], &["party 1".into()]].concat();
    suit.no(&node, &suit.clerk, open(&with_a_party), "panel_only").await;
    suit.act(&node, &suit.clerk, open(&panel)).await;
    suit.act(&node, &suit.judge, confirm(1, &digest)).await;
    let outside = people.of_court("另一法官", "judge", COURT).await;
    for outsider in [&suit.bringing, &suit.answering, &outside] {
        let seen = suit.records(&node, outsider).await;
        assert_eq!(seen["transcripts"], json!([]));
        let acts = node.session(&outsider.token).get(&suit.path("/acts?limit=200")).await;
        for word in ["transcript", "deliberation", "\"confirm\"", "open-round"] {
            assert!(!acts.text().contains(word), "{word}: {}", acts.text());
        }
        suit.no(&node, outsider, confirm(1, &digest), "no_such_round").await;
    }
    let request = json!({
        "act": "request-correction", "transcript": 1, "ground": "omission", "place": "首页", "wording": "补记",
    });
    suit.no(&node, &suit.bringing, request, "no_such_transcript").await;
    suit.act(&node, &suit.clerk, confirm(1, &digest)).await;
    suit.act(&node, &suit.clerk, json!({ "act": "finalise-transcript", "transcript": 1 })).await;
    assert_eq!(state(&suit.records(&node, &suit.judge).await, 0), "final");
    let acts = node.session(&suit.judge.token).get(&suit.path("/acts?limit=200")).await;
    assert!(acts.text().contains("deliberation"));
}

#[tokio::test]
async fn an_organisation_seals_or_sends_an_agent_and_does_not_draw() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let account = people.account("legal-person", "某公司").await;
    people.identify(&account, "high").await;
    let company = people.token(&account, &["deposit", "read", "case"]).await;
    let (other, clerk, judge) = (people.person("李四").await, people.clerk().await, people.judge().await);
    let opening = json!({
        "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff", "subject": "legal-person",
        "filer": "principal", "name": "某公司",
    });
    let opened = people.by(&company).create("/v1/cases", &opening).await;
    let suit = Proceeding::between(&node, "civil-first", [&company, &other, &clerk, &judge]).await;
    let suit = suit.gone_on_in(opened["case"].as_str().unwrap());
    suit.file(&node).await;
    let digest = suit.transcript(&node, "inquiry", 1, "询问笔录").await;
    suit.round(&node, ("transcript", 1), &[]).await;
    let by = |method: &str| {
        let mut confirm = confirm(1, &digest);
        confirm["method"] = method.into();
        confirm
    };
    suit.no(&node, &company, by("handwritten"), "method_not_open").await;
    let agent = people.holding("律师", "lawyer").await;
    let appoint = json!({ "act": "add-agent", "party": 1, "account": agent.account, "authority": "general", "name": "赵律师", "power": "授权委托书" });
    suit.act(&node, &company, appoint).await;
    suit.act(&node, &agent, by("online")).await;
    suit.no(&node, &company, by("e-seal"), "already_confirmed").await;
    let seen = suit.records(&node, &judge).await;
    let step = &seen["transcripts"][0]["rounds"][0]["people"][0]["steps"][0];
    assert_eq!(
        (&step["actor"]["capacity"]["capacity"], &step["authority"]["code"]),
        (&json!("agent 1"), &json!("general"))
    );
    suit.act(&node, &other, by("handwritten")).await;
}

/// An item line of a manifest, and the commitment in it.
fn item(text: &str, n: u8) -> (Digest, String) {
    let file = content(text.as_bytes());
    let digests = ItemDigests::new(file.sha256, file.sm3, text.len() as u64).unwrap();
    let name = Digest([n; 32]);
    (leaf_hash(Item { digests, name }.to_string().as_bytes()), name.to_string())
}

#[tokio::test]
async fn a_recording_is_its_segments_and_their_manifest() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = in_hearing(&node).await;
    let (one, name_one) = item("第一段录像", 1);
    let (two, name_two) = item("第二段录像", 2);
    let segment = async |n: u64, text: &str, name: &str, minutes: (u32, u32)| {
        let (number, _) = document(&node, n, text).await;
        let at = |minute: u32| format!("2026-11-22T09:{minute:02}:00.000+08:00");
        json!({
            "act": "add-recording", "document": number, "name_commitment": name, "from": at(minutes.0), "until": at(minutes.1),
        })
    };
    suit.act(&node, &suit.clerk, segment(1, "第一段录像", &name_one, (0, 30)).await).await;
    let overlapping = segment(2, "第二段录像", &name_two, (20, 50)).await;
    suit.no(&node, &suit.clerk, overlapping, "segment_order").await;
    suit.act(&node, &suit.clerk, segment(3, "第二段录像", &name_two, (30, 50)).await).await;
    let manifest = async |n: u64, leaves: &[Digest]| {
        let mut tree = ManifestTree::new();
        tree.push(Chunk::over(leaves).unwrap()).unwrap();
        let (number, _) = document_with(&node, n, "清单", |statement| {
            (statement.content, statement.manifest) = (None, tree.root());
        })
        .await;
        json!({ "act": "close-recording", "document": number })
    };
    let close = manifest(4, &[one, two]).await;
    suit.no(&node, &suit.clerk, close.clone(), "hearing_not_ended").await;
    suit.act(&node, &suit.judge, json!({ "act": "adjourn-hearing" })).await;
    suit.no(&node, &suit.clerk, manifest(5, &[two, one]).await, "manifest_differs").await;
    suit.no(&node, &suit.clerk, manifest(6, &[one]).await, "manifest_differs").await;
    suit.act(&node, &suit.clerk, close).await;
    let late = segment(7, "第三段录像", &name_one, (50, 55)).await;
    suit.no(&node, &suit.clerk, late, "recording_closed").await;
    let seen = suit.records(&node, &suit.bringing).await;
    assert_eq!(
        (&seen["hearings"][0]["end"]["code"], &seen["hearings"][0]["manifest"]["count"]),
        (&json!("adjourned"), &json!(2))
    );
    suit.act(&node, &suit.judge, json!({ "act": "begin-hearing" })).await;
    suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await;
    let ends: Vec<Value> = suit.records(&node, &suit.judge).await["hearings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hearing| hearing["end"]["code"].clone())
        .collect();
    assert_eq!(ends, ["adjourned", "ended"]);
}

#[tokio::test]
async fn a_participant_of_a_session_is_identified_for_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = in_hearing(&node).await;
    let join = json!({ "act": "join-session", "activity": "hearing" });
    let leave = json!({ "act": "leave-session", "activity": "hearing" });
    suit.no(&node, &suit.bringing, leave.clone(), "not_in_the_session").await;
    suit.act(&node, &suit.bringing, join.clone()).await;
    suit.act(&node, &suit.bringing, leave).await;
    pass(&node, DAY + Duration::from_millis(1));
    suit.no(&node, &suit.bringing, join.clone(), "identity_stale").await;
    People::of(&node).await.identify(&suit.bringing.account, "substantial").await;
    suit.act(&node, &suit.bringing, join.clone()).await;
    let seen = suit.records(&node, &suit.judge).await;
    let left: Vec<bool> = seen["attendance"].as_array().unwrap().iter().map(|one| one["left_at"].is_string()).collect();
    assert_eq!(left, [true, false]);
    suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await;
    suit.no(&node, &suit.bringing, join, "no_hearing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_confirm_at_the_same_instant_and_the_same_act_twice_is_one() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    suit.file(&node).await;
    let digest = suit.transcript(&node, "inquiry", 1, "询问笔录").await;
    suit.round(&node, ("transcript", 1), &[]).await;
    let path = suit.path("/acts");
    let act = confirm(1, &digest);
    let send = async |who: &Person, key: &str| people.by(who).keyed(key).post(&path, &act).await;
    let (one, two, again) =
        tokio::join!(send(&suit.bringing, "a"), send(&suit.answering, "b"), send(&suit.bringing, "a"));
    assert_eq!((one.status + again.status, two.status), (401, 201), "{} {}", one.text(), again.text());
    assert_eq!(send(&suit.answering, "b").await.status, 200);
    assert_eq!(send(&suit.answering, "c").await.problem(), (409, "already_confirmed".into()));
    let seen = suit.records(&node, &suit.judge).await;
    let round = &seen["transcripts"][0]["rounds"][0];
    assert_eq!((&round["confirmed"], &round["waiting_for"]), (&json!(2), &json!([3, 4])));
}

#[tokio::test]
async fn the_round_goes_on_after_a_restart_between_any_two_steps() {
    let store = Arc::new(MemoryStore::new(origin()));
    let mut node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let suit = in_hearing(&node).await;
    let mut digest = Value::Null;
    let clerk = suit.clerk.clone();
    for step in 0..9 {
        let clock = node.clock.share();
        drop(node);
        node = TestNode::over(Arc::clone(&store), NodeConfig { clock, ..NodeConfig::default() }).await;
        match step {
            0 => drop(suit.act(&node, &clerk, json!({ "act": "open-transcript", "kind": "hearing" })).await),
            1 => digest = suit.version(&node, 1, 1, "庭审笔录").await,
            2 => drop(suit.round(&node, ("transcript", 1), &[]).await),
            3 => drop(suit.act(&node, &suit.judge, json!({ "act": "end-hearing" })).await),
            4 => drop(suit.act(&node, &suit.bringing, confirm(1, &digest)).await),
            5 => drop(suit.act(&node, &suit.answering, confirm(1, &digest)).await),
            6 => drop(suit.act(&node, &suit.judge, confirm(1, &digest)).await),
            7 => drop(suit.act(&node, &clerk, confirm(1, &digest)).await),
            _ => drop(suit.act(&node, &clerk, json!({ "act": "finalise-transcript", "transcript": 1 })).await),
        }
    }
    assert_eq!(state(&suit.records(&node, &suit.answering).await, 0), "final");
}

#[tokio::test]
async fn a_role_of_an_appointment_sees_only_the_case_it_was_appointed_to() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let (suit, other) = (Proceeding::suit(&people).await, Proceeding::suit(&people).await);
    suit.file(&node).await;
    other.file(&node).await;
    let assessor = people.of_court("陪审员", "peoples-assessor", COURT).await;
    assert_eq!(people.by(&assessor).get(&suit.path("")).await.status, 404);
    let appoint = |act: &str, role: &str| json!({ "act": act, "role": role, "account": assessor.account });
    suit.no(&node, &suit.clerk, appoint("appoint", "mediator"), "bad_value").await;
    suit.no(&node, &suit.clerk, appoint("appoint", "clerk"), "not_appointable").await;
    suit.no(&node, &suit.bringing, appoint("appoint", "peoples-assessor"), "not_permitted").await;
    suit.act(&node, &suit.clerk, appoint("appoint", "peoples-assessor")).await;
    assert_eq!(people.by(&assessor).get(&suit.path("")).await.status, 200);
    assert_eq!(people.by(&assessor).get(&other.path("")).await.status, 404);
    let listed = people.by(&assessor).get("/v1/cases").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(people.by(&assessor).get(&format!("/v1/feed?court={COURT}")).await.status, 404);
    suit.act(&node, &suit.clerk, appoint("end-appointment", "peoples-assessor")).await;
    assert_eq!(people.by(&assessor).get(&suit.path("")).await.status, 404);
    suit.no(&node, &suit.clerk, appoint("end-appointment", "peoples-assessor"), "not_appointed").await;
}
