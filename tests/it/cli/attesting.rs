//! What other organisations attest: `--policy`, `trust policy`, `trust member`, `trust tsa`, `receipt --refresh`, `consistency`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tiezheng::client::contradiction::Contradiction;
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::cosignature::Cosigner;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::ledger::time::Timestamp;

use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::proxy::Proxy;

const RECEIPT: &str = "a.txt.tiezheng-receipt.json";

fn witness(name: &str) -> Cosigner {
    Cosigner::new(Name::parse(&format!("witness.example/{name}")).unwrap(), sha256(name.as_bytes()).as_bytes()).unwrap()
}

fn at() -> Timestamp {
    Timestamp::parse("2026-11-30T08:00:00.000Z").unwrap()
}

/// The signature lines of these witnesses on a checkpoint.
fn lines(checkpoint: &Checkpoint, names: &[&str]) -> String {
    let lines: Vec<_> = names.iter().map(|name| witness(name).cosign(checkpoint, at()).to_string() + "\n").collect();
    lines.concat()
}

fn step(ran: &CommandRun, code: &str) -> Value {
    let document = ran.document();
    let mut steps = document["steps"].as_array().unwrap().iter();
    steps.find(|step| step["code"] == code).unwrap().clone()
}

fn codes(document: &Value) -> Vec<String> {
    document["reservations"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

/// A witness that answers every request with the same text.
fn answering(body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, body) = (format!("http://{}", listener.local_addr().unwrap()), body.to_owned());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The whole request, so that closing the connection does not reset it.
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

/// A depositor with one deposit, `a.txt`.
struct Case {
    workspace: Workspace,
    number: String,
}

impl Case {
    fn new() -> Self {
        let workspace = Workspace::with(&["--origin", "example.org/ledger"]);
        workspace.file("a.txt", "a");
        let number = workspace.deposit("a.txt", &[]).number();
        Self { workspace, number }
    }

    fn receipt(&self) -> Value {
        serde_json::from_slice(&fs::read(self.workspace.path(RECEIPT)).unwrap()).unwrap()
    }

    fn checkpoint(&self) -> SignedCheckpoint {
        SignedCheckpoint::parse(self.receipt()["checkpoint"].as_str().unwrap().as_bytes()).unwrap()
    }

    /// Changes the receipt file.
    fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut receipt = self.receipt();
        change(&mut receipt);
        fs::write(self.workspace.path(RECEIPT), serde_json::to_vec_pretty(&receipt).unwrap()).unwrap();
    }

    fn cosign(&self, names: &[&str]) {
        let lines = lines(self.checkpoint().checkpoint(), names);
        self.change(|receipt| {
            receipt["checkpoint"] = format!("{}{lines}", receipt["checkpoint"].as_str().unwrap()).into();
        });
    }

    /// A policy of two of the witnesses a, b, c, all at this address.
    fn policy(&self, url: &str) -> String {
        let key = self.workspace.run(&["trust", "list"]).document()["ledgers"][0]["key"].as_str().unwrap().to_owned();
        let witnesses: String =
            ["a", "b", "c"].map(|name| format!("witness {name} {} {url}\n", witness(name).key())).concat();
        format!("log {key} {}\n{witnesses}group members 2 a b c\nquorum members\n", self.workspace.url())
    }

    fn ledger_key(&self) -> Signer {
        let text = fs::read_to_string(self.workspace.top().join("chain/ledger.key")).unwrap();
        Signer::parse(text.trim()).unwrap()
    }
}

#[test]
fn a_policy_counts_the_signatures_of_witnesses_and_the_users_file_names_them() {
    let case = Case::new();
    let workspace = &case.workspace;
    workspace.file("court.policy", case.policy(""));
    let verify = ["verify", "a.txt", "--offline", "--policy", "court.policy"];
    let none = workspace.run(&verify).ends(0);
    assert_eq!(codes(&none.document())[..2], ["single_operator", "no_independent_time"]);
    assert_eq!(step(&none, "signatures")["outcome"]["code"], "checked");
    assert_eq!(step(&none, "witnesses")["outcome"]["code"], "not_performed");
    case.cosign(&["a"]);
    let one = workspace.run(&verify).ends(0);
    assert_eq!(codes(&one.document())[0], "quorum_not_reached");
    case.cosign(&["b"]);
    let member =
        ["trust", "member", &witness("a").key().to_string(), "--organisation", "某某互联网法院", "--kind", "court"];
    workspace.run(&member).ends(0);
    let two = workspace.run(&verify).ends(0);
    assert_eq!(codes(&two.document())[0], "no_independent_time");
    let told = two.document()["witnesses"].clone();
    let counts = ["signed", "witnesses", "required", "quorum_reached"].map(|name| told[name].clone());
    assert_eq!(counts, [json!(2), json!(3), json!(2), json!(true)]);
    assert_eq!(
        (&told["items"][0]["organisation"], &told["items"][0]["kind"]["zh"]),
        (&json!("某某互联网法院"), &json!("法院"))
    );
    assert!(told["items"][1].get("organisation").is_none());
    let said = workspace.say("zh", &verify).ends(0).stdout;
    assert!(said.contains("见证节点 3 家中 2 家签名，要求 2 家"), "{said}");
    assert!(said.contains("某某互联网法院（法院），witness.example/a，2026-11-30 16:00:00.000 北京时间"), "{said}");
    assert!(said.contains("可信时间") && said.contains("无 none"), "{said}");
    // Pinned, the policy counts without the option; and a look-up shows what the node's own receipt has.
    workspace.run(&["trust", "policy", "court.policy"]).ends(0);
    let pinned = workspace.run(&["verify", "a.txt", "--offline"]).ends(0);
    assert_eq!(pinned.document()["witnesses"], told);
    let listed = workspace.run(&["trust", "list"]).ends(0).document();
    assert_eq!(listed["ledgers"][0]["quorum"], json!({ "witnesses": 3, "required": 2 }));
    assert_eq!(listed["ledgers"][0]["witnesses"][0]["organisation"], "某某互联网法院");
    let shown = workspace.run(&["lookup", &case.number]).ends(0).document();
    assert_eq!((&shown["witnesses"]["signed"], &shown["trusted_time"]), (&json!(0), &Value::Null));
    // A policy with another key for the ledger is not pinned.
    let other = Signer::new(Name::parse("example.org/ledger").unwrap(), &[9; 32]).unwrap();
    workspace.file("other.policy", format!("log {}\nquorum none\n", other.verifier()));
    assert_eq!(workspace.run(&["trust", "policy", "other.policy"]).ends(1).error(), "ledger_key_changed");
    workspace.file("bad.policy", "quorum two\n");
    assert_eq!(workspace.run(&["verify", "a.txt", "--policy", "bad.policy"]).ends(2).error(), "bad_policy");
}

#[test]
fn a_forged_signature_of_a_witness_makes_a_receipt_unusable_and_accuses_nobody() {
    let case = Case::new();
    case.workspace.file("court.policy", case.policy(""));
    case.cosign(&["a", "b"]);
    let other = Checkpoint { size: TreeSize(1), ..case.checkpoint().checkpoint().clone() };
    let forged = lines(&other, &["c"]);
    case.change(|receipt| {
        receipt["checkpoint"] = format!("{}{forged}", receipt["checkpoint"].as_str().unwrap()).into();
    });
    let ran = case.workspace.run(&["verify", "a.txt", "--offline", "--policy", "court.policy"]).ends(2);
    assert_eq!(
        (&ran.document()["conclusion"]["code"], &ran.document()["obstacle"]["code"]),
        (&json!("unable"), &json!("broken_receipt"))
    );
    assert_eq!(step(&ran, "signatures")["outcome"]["code"], "failed");
    let said = case.workspace.say("zh", &["verify", "a.txt", "--offline", "--policy", "court.policy"]).ends(2).stdout;
    assert!(said.contains("未完成不等于不一致") && !said.contains("篡改。"), "{said}");
    // Without the policy, the line is a stranger's.
    case.workspace.run(&["verify", "a.txt", "--offline"]).ends(0);
}

#[test]
fn step_10_compares_with_the_checkpoint_of_a_witness() {
    let case = Case::new();
    let workspace = &case.workspace;
    workspace.file("b.txt", "b");
    workspace.deposit("b.txt", &[]);
    let later: Value =
        serde_json::from_slice(&fs::read(workspace.path("b.txt.tiezheng-receipt.json")).unwrap()).unwrap();
    let later = SignedCheckpoint::parse(later["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    let held =
        |signed: &SignedCheckpoint, names: &[&str]| format!("{}{}", signed.note(), lines(signed.checkpoint(), names));
    let verified = |url: &str| {
        workspace.file("court.policy", case.policy(url));
        workspace.run(&["verify", "a.txt", "--policy", "court.policy"])
    };
    let agrees = verified(&answering(&held(&later, &["b"]))).ends(0);
    assert_eq!(step(&agrees, "witnesses")["outcome"]["code"], "passed", "{agrees:#?}");
    assert_eq!(agrees.document()["compared_with"][0]["size"], later.checkpoint().size.0);
    // The ledger key signed another tree of the same size for the witness.
    let forked = Checkpoint { root: Digest([7; 32]), ..case.checkpoint().checkpoint().clone() };
    let forked = forked.sign(&case.ledger_key()).unwrap();
    let split = verified(&answering(&held(&forked, &["c"]))).ends(1);
    assert_eq!(
        (&split.document()["conclusion"]["code"], &split.document()["fault"]["code"]),
        (&json!("chain_fault"), &json!("ledger_forked"))
    );
    assert_eq!(step(&split, "witnesses")["outcome"]["code"], "failed");
    // A larger tree that the node cannot prove to continue the receipt's, although it has a tree of that size.
    let larger = Checkpoint { root: Digest([7; 32]), ..later.checkpoint().clone() };
    let larger = larger.sign(&case.ledger_key()).unwrap();
    let unproven = verified(&answering(&held(&larger, &["c"]))).ends(1);
    assert_eq!(unproven.document()["fault"]["code"], "witness_disagrees");
    // One that the node does not have yet is no evidence; nor is one that its witness or the ledger did not sign, or no answer.
    let ahead = Checkpoint { size: TreeSize(1000), ..larger.checkpoint().clone() }.sign(&case.ledger_key()).unwrap();
    let stranger = Signer::new(Name::parse("example.org/ledger").unwrap(), &[9; 32]).unwrap();
    let unsigned = forked.checkpoint().clone().sign(&stranger).unwrap();
    for body in [held(&ahead, &["a"]), held(&forked, &[]), held(&unsigned, &["a"]), "nothing".to_owned()] {
        let ran = verified(&answering(&body)).ends(0);
        assert_eq!(step(&ran, "witnesses")["outcome"]["code"], "not_performed", "{body}");
    }
}

#[test]
fn a_receipt_is_refreshed_only_by_one_that_proves_no_less() {
    let case = Case::new();
    let workspace = &case.workspace;
    let first = case.receipt();
    workspace.file("b.txt", "b");
    workspace.deposit("b.txt", &[]);
    let untouched = |server: &str, code: i32, error: &str, policy: &[&str]| {
        let before = fs::read(workspace.path(RECEIPT)).unwrap();
        let line = [&["receipt", RECEIPT, "--refresh", "--server", server], policy].concat();
        assert_eq!(workspace.run(&line).ends(code).error(), error);
        assert_eq!(fs::read(workspace.path(RECEIPT)).unwrap(), before, "{error}");
    };
    // The receipt that a dishonest node gives.
    let told = Arc::new(Mutex::new(first.clone()));
    let same = Arc::clone(&told);
    let proxy = Proxy::before(workspace.url(), move |path, _, json| {
        if path.ends_with("/receipt") {
            *json = same.lock().unwrap().clone();
        }
    });
    let ran = workspace.run(&["receipt", "a.txt", "--refresh"]).ends(0).document();
    assert_eq!((&ran["changed"], &ran["deposit_number"]), (&json!(true), &json!(case.number)));
    assert!(ran["after"]["size"].as_u64() > ran["before"]["size"].as_u64(), "{ran}");
    let refreshed = case.receipt();
    for part in ["entry", "index", "header", "entry_path"] {
        assert_eq!(refreshed[part], first[part]);
    }
    workspace.run(&["verify", "a.txt", "--offline"]).ends(0);
    assert_eq!(workspace.run(&["receipt", RECEIPT, "--refresh"]).ends(0).document()["changed"], false);
    untouched(&proxy.url, 1, "receipt_smaller", &[]);
    let mut broken = refreshed.clone();
    broken["header_path"] = json!([]);
    *told.lock().unwrap() = broken;
    untouched(&proxy.url, 1, "receipt_does_not_hold", &[]);
    let other: Value =
        serde_json::from_slice(&fs::read(workspace.path("b.txt.tiezheng-receipt.json")).unwrap()).unwrap();
    *told.lock().unwrap() = other;
    untouched(&proxy.url, 1, "receipt_does_not_hold", &[]);
    // A receipt with fewer signatures of witnesses.
    workspace.file("court.policy", case.policy(""));
    case.cosign(&["a"]);
    *told.lock().unwrap() = refreshed;
    untouched(&proxy.url, 1, "receipt_proves_less", &["--policy", "court.policy"]);
    untouched(&proxy.url, 1, "receipt_proves_less", &[]);
    // A smaller checkpoint that witnesses signed replaces the larger one, which is kept.
    case.change(|receipt| receipt["checkpoint"] = told.lock().unwrap()["checkpoint"].clone());
    let mut smaller = first;
    let signed = SignedCheckpoint::parse(smaller["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    smaller["checkpoint"] = format!("{}{}", signed.note(), lines(signed.checkpoint(), &["a", "b"])).into();
    let larger = fs::read(workspace.path(RECEIPT)).unwrap();
    *told.lock().unwrap() = smaller;
    let ran = workspace
        .run(&["receipt", RECEIPT, "--refresh", "--server", &proxy.url, "--policy", "court.policy"])
        .ends(0)
        .document();
    assert_eq!(fs::read(workspace.path(ran["kept"].as_str().unwrap())).unwrap(), larger);
    assert_eq!(ran["after"]["quorum_reached"], true);
    // A damaged receipt is not known to have proved anything.
    case.change(|receipt| receipt["header_path"] = json!([]));
    untouched(workspace.url(), 2, "receipt_does_not_hold", &[]);
}

#[test]
fn an_old_receipt_is_compared_with_the_ledger_as_it_is_now() {
    let case = Case::new();
    let workspace = &case.workspace;
    workspace.file("b.txt", "b");
    workspace.deposit("b.txt", &[]);
    let good = workspace.run(&["consistency", RECEIPT]).ends(0).document();
    assert_eq!((&good["consistent"], &good["contradiction_file"]), (&json!(true), &Value::Null));
    assert!(good["node"]["size"].as_u64() > good["receipt"]["size"].as_u64(), "{good}");
    let signed = |checkpoint: Checkpoint| checkpoint.sign(&case.ledger_key()).unwrap();
    let held = case.checkpoint().checkpoint().clone();
    let forked = signed(Checkpoint { root: Digest([7; 32]), ..held.clone() });
    let url = answering(&forked.note().to_string());
    let line = ["consistency", RECEIPT, "--server", &url, "--out", "evidence.txt"];
    let found = workspace.run(&line).ends(1).document();
    assert_eq!(
        (&found["fault"]["code"], &found["contradiction_file"]),
        (&json!("ledger_forked"), &json!("evidence.txt"))
    );
    let evidence = Contradiction::parse(&fs::read(workspace.path("evidence.txt")).unwrap()).unwrap();
    assert_eq!(evidence.verify(&[case.ledger_key().verifier().clone()], &[]).unwrap().ledger_keys.len(), 1);
    workspace.run(&line).ends(1);
    workspace.file("evidence.txt", "something else");
    assert_eq!(workspace.run(&line).ends(2).error(), "destination_exists");
    let said = workspace.say("zh", &["consistency", RECEIPT, "--server", &url]).ends(1).stdout;
    assert!(said.contains("账本分叉") && said.contains("contradiction-"), "{said}");
    let smaller = signed(Checkpoint { size: TreeSize(held.size.0 - 1), ..held });
    let url = answering(&smaller.note().to_string());
    let found = workspace.run(&["consistency", RECEIPT, "--server", &url]).ends(1).document();
    assert_eq!((&found["fault"]["code"], &found["contradiction_file"]), (&json!("ledger_rolled_back"), &Value::Null));
    assert_eq!(
        workspace.run(&["consistency", RECEIPT, "--server", "http://127.0.0.1:1"]).ends(2).error(),
        "unreachable"
    );
}

/// Runs `openssl`, or Python with the test authority.
fn made(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    output.stdout
}

#[test]
fn a_timestamp_of_a_trusted_authority_is_shown_beside_the_two_times_of_the_chain() {
    let case = Case::new();
    let workspace = &case.workspace;
    let folder = workspace.path("");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tsa.py");
    made(&folder, "python3", &[script, "make", "tsa"]);
    workspace.file("text", case.checkpoint().note().text());
    made(&folder, "openssl", &["ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "query"]);
    let token = |mode: &str| {
        workspace.file("reply", made(&folder, "python3", &[script, "reply", "tsa", mode, "query"]));
        made(&folder, "openssl", &["ts", "-reply", "-in", "reply", "-token_out", "-out", "token"]);
        BASE64_STANDARD.encode(fs::read(workspace.path("token")).unwrap())
    };
    let set = |token: &str| case.change(|receipt| receipt["time_tokens"] = json!([token]));
    set(&token("honest"));
    let unread = workspace.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(step(&unread, "time_token")["outcome"]["code"], "not_performed");
    workspace.file("court.policy", case.policy(""));
    case.cosign(&["a", "b"]);
    let line = ["verify", "a.txt", "--policy", "court.policy", "--tsa-ca", "tsa/ca.pem"];
    let stamped = workspace.run(&line).ends(0);
    assert_eq!(codes(&stamped.document()), ["test_ledger"], "nothing else is reserved");
    let time = stamped.document()["trusted_time"].clone();
    assert!(time["not_later_than"].as_str() >= time["tokens"][0]["time"].as_str(), "{time}");
    let said = workspace.say("zh", &line).ends(0).stdout;
    for label in ["交易提交时间", "区块生成时间", "可信时间", "不晚于"] {
        assert!(said.contains(label), "{label}: {said}");
    }
    workspace.run(&["trust", "tsa", "tsa/ca.pem"]).ends(0);
    assert_eq!(workspace.run(&["verify", "a.txt", "--offline"]).document()["trusted_time"], time);
    assert_eq!(workspace.run(&["trust", "list"]).document()["timestamp_authorities"].as_array().unwrap().len(), 1);
    for (mode, outcome) in [("untrusted", "not_performed"), ("other_digest", "failed")] {
        set(&token(mode));
        let ran = workspace.run(&line).ends(0);
        assert_eq!(step(&ran, "time_token")["outcome"]["code"], outcome, "{mode}");
        assert_eq!(codes(&ran.document())[0], "no_independent_time");
        assert_eq!(ran.document()["trusted_time"], Value::Null);
    }
    assert_eq!(workspace.run(&["trust", "tsa", "a.txt"]).ends(2).error(), "tsa_ca_without_certificate");
}
