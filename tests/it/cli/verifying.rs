//! `verify`: conclusions and exit codes, online and offline, with the right key and without one.

use std::fs;

use serde_json::Value;

use crate::cli::workspace::{CommandRun, Workspace};

fn conclusion(ran: &CommandRun) -> String {
    ran.document()["conclusion"]["code"].as_str().unwrap_or_else(|| panic!("{ran:#?}")).to_owned()
}

fn reservations(ran: &CommandRun) -> Vec<String> {
    let document = ran.document();
    let reservations = document["reservations"].as_array().unwrap().iter();
    reservations.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

fn outcome(ran: &CommandRun, step: &str) -> Value {
    let document = ran.document();
    let mut steps = document["steps"].as_array().unwrap().iter();
    steps.find(|one| one["code"] == step).unwrap()["outcome"]["code"].clone()
}

#[test]
fn a_file_is_consistent_until_one_bit_changes() {
    let workspace = Workspace::new();
    let file = workspace.file("a.txt", "Pay 100 to Li.");
    let number = workspace.deposit("a.txt", &[]).number();
    let by_receipt = workspace.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(conclusion(&by_receipt), "consistent_with_reservation");
    assert_eq!(by_receipt.document()["offline"], false, "the node is asked");
    assert_eq!(outcome(&by_receipt, "later_links"), "checked");
    let offline = workspace.run(&["verify", "a.txt", "--offline"]).ends(0);
    assert_eq!(offline.document()["offline"], true);
    assert_eq!(outcome(&offline, "later_links"), "not_performed");
    assert!(reservations(&offline).contains(&"later_history_not_checked".to_owned()), "{offline:#?}");
    let by_number = workspace.run(&["verify", "a.txt", "--number", &number.to_lowercase()]).ends(0);
    assert_eq!(by_number.document()["offline"], false);
    assert_eq!(outcome(&by_number, "later_links"), "checked");
    assert_eq!(reservations(&by_number), ["single_operator", "no_independent_time", "test_ledger"]);

    let mut bytes = fs::read(&file).unwrap();
    bytes[5] ^= 1;
    fs::write(&file, bytes).unwrap();
    for ran in [workspace.run(&["verify", "a.txt"]), workspace.run(&["verify", "a.txt", "--number", &number])] {
        assert_eq!(conclusion(&ran.ends(1)), "mismatch");
    }
    let stranger = workspace.file("b.txt", "never deposited");
    assert_eq!(conclusion(&workspace.run(&["verify".as_ref(), stranger.as_os_str()]).ends(1)), "not_found");
}

#[test]
fn a_file_without_papers_is_found_by_its_digest_and_the_earliest_deposit_counts() {
    let workspace = Workspace::new();
    workspace.file("a/x", "same");
    workspace.file("b/x", "same");
    let first = workspace.deposit("a/x", &[]).number();
    let second = workspace.deposit("b/x", &[]).number();
    workspace.file("copy", "same");
    let ran = workspace.run(&["verify", "copy"]).ends(0);
    assert_eq!(ran.number(), first);
    let later = workspace.run(&["verify", "copy", "--number", &second]).ends(0);
    let steps = later.document()["steps"].clone();
    assert_eq!(steps[14]["values"][0]["value"], first.as_str(), "the earlier deposit is named");
}

#[test]
fn a_key_that_is_not_pinned_proves_nothing() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let key = workspace.run(&["trust", "list"]).document()["ledgers"][0]["key"].as_str().unwrap().to_owned();
    workspace.reset_configuration();
    for ran in [workspace.run(&["verify", "a.txt"]), workspace.run(&["verify", "a.txt", "--number", &number])] {
        let ran = ran.ends(2);
        assert_eq!(conclusion(&ran), "unable");
        assert_eq!(outcome(&ran, "signatures"), "not_performed");
    }
    assert!(workspace.say("en", &["verify", "a.txt"]).ends(2).stdout.contains("tiezheng trust add"));
    assert!(!workspace.config().join("policies").exists(), "verifying pins nothing");
    workspace.run(&["verify", "a.txt", "--key", &key]).ends(0);
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    workspace.run(&["verify", "a.txt", "--key", other]).ends(2);
    assert_eq!(workspace.run(&["verify", "a.txt", "--key", "x"]).ends(64).error(), "bad_key");
    workspace.run(&["trust", "add", &key]).ends(0);
    workspace.run(&["verify", "a.txt"]).ends(0);
}

#[test]
fn a_salted_deposit_verifies_with_its_salt_and_not_without() {
    let mut workspace = Workspace::new();
    workspace.file("yes.txt", "yes");
    let document = workspace.deposit("yes.txt", &["--salt", "--no-private"]).document();
    assert_eq!(document["deposit"]["salted"], true);
    workspace.run(&["verify", "yes.txt"]).ends(0);
    let paper: Value =
        serde_json::from_slice(&fs::read(workspace.path("yes.txt.tiezheng-statement")).unwrap()).unwrap();
    let salt = paper["salt"].as_str().unwrap().to_owned();
    fs::remove_file(workspace.path("yes.txt.tiezheng-statement")).unwrap();
    let ran = workspace.run(&["verify", "yes.txt"]).ends(2);
    assert_eq!((conclusion(&ran), outcome(&ran, "original_digest")), ("unable".into(), "not_performed".into()));
    workspace.run(&["verify", "yes.txt", "--salt", &salt]).ends(0);
    assert_eq!(conclusion(&workspace.run(&["verify", "yes.txt", "--salt", &"0".repeat(64)]).ends(1)), "mismatch");
    workspace.file("no.txt", "no");
    let receipt = "yes.txt.tiezheng-receipt.json";
    let ran = workspace.run(&["verify", "no.txt", "--receipt", receipt, "--salt", &salt]).ends(1);
    assert_eq!(conclusion(&ran), "mismatch");
    assert_eq!(workspace.stop_and_count(), 1);
}

#[test]
fn a_digest_alone_is_never_more_than_a_look_up() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "abc");
    let number = workspace.deposit("a.txt", &[]).number();
    let digest = "SHA-256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    for arguments in [vec!["verify", "--digest", digest], vec!["verify", "--digest", digest, "--number", &number]] {
        let ran = workspace.run(&arguments).ends(0);
        assert_eq!(conclusion(&ran), "record_only");
        assert!(ran.stdout.contains(r#"{"name":"digest","value":"equal"}"#), "{ran:#?}");
    }
    let other = format!("sm3:{}", "1".repeat(64));
    assert_eq!(conclusion(&workspace.run(&["verify", "--digest", &other, "--number", &number]).ends(1)), "mismatch");
    assert_eq!(workspace.run(&["verify", "--digest", "md5:00"]).ends(64).error(), "bad_digest");
    workspace.run(&["verify", "a.txt", "--digest", digest]).ends(64);
    workspace.run(&["verify"]).ends(64);
}

#[test]
fn receipts_that_were_tampered_with_or_belong_elsewhere_prove_nothing() {
    let workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.file("b", "b");
    let first = workspace.deposit("a", &[]).number();
    let second = workspace.deposit("b", &[]).number();
    let receipt = fs::read_to_string(workspace.path("a.tiezheng-receipt.json")).unwrap();
    let tampered = receipt.replacen("received 20", "received 19", 1);
    assert_ne!(tampered, receipt);
    workspace.file("tampered.json", tampered);
    assert_eq!(conclusion(&workspace.run(&["verify", "a", "--receipt", "tampered.json"]).ends(2)), "unable");
    let ran = workspace.run(&["verify", "a", "--receipt", "b.tiezheng-receipt.json"]).ends(1);
    assert_eq!(conclusion(&ran), "mismatch");
    let ran = workspace.run(&["verify", "a", "--receipt", "a.tiezheng-receipt.json", "--number", &second]).ends(2);
    assert_eq!(conclusion(&ran), "unable");
    for (name, bytes) in [
        ("cut.json", &receipt[..receipt.len() / 2]),
        ("empty.json", ""),
        ("v2.json", r#"{"receipt":"tiezheng/receipt/v2"}"#),
    ] {
        workspace.file(name, bytes);
        assert_eq!(workspace.run(&["verify", "a", "--receipt", name]).ends(2).error(), "not_a_receipt");
    }
    assert_eq!(workspace.run(&["verify", "none", "--number", &first]).ends(2).error(), "io");
    assert_eq!(workspace.run(&["verify", "a", "--number", "20261122-0K7M"]).ends(64).error(), "mistyped_number");
}

#[test]
fn withdrawn_and_corrected_deposits_are_said_to_be() {
    let workspace = Workspace::new();
    for name in ["a", "b", "c"] {
        workspace.file(name, name);
    }
    let first = workspace.deposit("a", &[]).number();
    workspace.deposit("b", &["--link", &format!("corrects={first}")]);
    workspace.deposit("c", &["--link", &format!("withdraws={first}")]);
    let ran = workspace.run(&["verify", "a", "--number", &first]).ends(0);
    assert_eq!(
        reservations(&ran),
        ["single_operator", "no_independent_time", "withdrawn", "superseded", "test_ledger"]
    );
    let zh = workspace.say("zh", &["verify", "a", "--number", &first]).ends(0).stdout;
    assert!(zh.contains("存证已被撤回") && zh.contains("本报告仅说明电子数据上链后的完整性"), "{zh}");
}

#[test]
fn the_receipt_proves_itself_when_the_node_is_gone() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    workspace.run(&["receipt", &number, "-o", "again.json"]).ends(0);
    let proof = workspace.say("en", &["receipt", &number, "--tlog-proof"]).ends(0).stdout;
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nextra "));
    assert_eq!(workspace.run(&["receipt", &number]).ends(0).document()["receipt"], "tiezheng/receipt/v1");
    workspace.stop_and_count();
    workspace.run(&["verify", "a.txt"]).ends(0);
    workspace.run(&["verify", "a.txt", "--receipt", "again.json", "--number", &number]).ends(0);
    assert_eq!(workspace.run(&["verify", "a.txt", "--number", &number]).ends(2).error(), "unreachable");
    workspace.run(&["receipt", &number]).ends(2);
}
