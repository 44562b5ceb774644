//! `verify`: conclusions and exit codes, online and offline, with the right key and without one.

use std::fs;

use serde_json::Value;

use crate::cli::workspace::{FilingService, Ran};

fn conclusion(ran: &Ran) -> String {
    ran.document()["conclusion"]["code"].as_str().unwrap_or_else(|| panic!("{ran:#?}")).to_owned()
}

fn reservations(ran: &Ran) -> Vec<String> {
    let document = ran.document();
    let reservations = document["reservations"].as_array().unwrap().iter();
    reservations.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

fn outcome(ran: &Ran, step: &str) -> Value {
    let document = ran.document();
    let mut steps = document["steps"].as_array().unwrap().iter();
    steps.find(|one| one["code"] == step).unwrap()["outcome"]["code"].clone()
}

#[test]
fn a_file_is_consistent_until_one_bit_changes() {
    let filing = FilingService::new();
    let file = filing.file("a.txt", "Pay 100 to Li.");
    let number = filing.deposit("a.txt", &[]).number();
    let by_receipt = filing.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(conclusion(&by_receipt), "consistent_with_reservation");
    assert_eq!(by_receipt.document()["offline"], false, "the node is asked");
    assert_eq!(outcome(&by_receipt, "later_links"), "checked");
    let offline = filing.run(&["verify", "a.txt", "--offline"]).ends(0);
    assert_eq!(offline.document()["offline"], true);
    assert_eq!(outcome(&offline, "later_links"), "not_performed");
    assert!(reservations(&offline).contains(&"later_history_not_checked".to_owned()), "{offline:#?}");
    let by_number = filing.run(&["verify", "a.txt", "--number", &number.to_lowercase()]).ends(0);
    assert_eq!(by_number.document()["offline"], false);
    assert_eq!(outcome(&by_number, "later_links"), "checked");
    assert_eq!(reservations(&by_number), ["single_operator", "no_independent_time", "test_ledger"]);

    let mut bytes = fs::read(&file).unwrap();
    bytes[5] ^= 1;
    fs::write(&file, bytes).unwrap();
    for ran in [filing.run(&["verify", "a.txt"]), filing.run(&["verify", "a.txt", "--number", &number])] {
        assert_eq!(conclusion(&ran.ends(1)), "mismatch");
    }
    let stranger = filing.file("b.txt", "never deposited");
    assert_eq!(conclusion(&filing.run(&["verify".as_ref(), stranger.as_os_str()]).ends(1)), "not_found");
}

#[test]
fn a_file_without_papers_is_found_by_its_digest_and_the_earliest_deposit_counts() {
    let filing = FilingService::new();
    filing.file("a/x", "same");
    filing.file("b/x", "same");
    let first = filing.deposit("a/x", &[]).number();
    let second = filing.deposit("b/x", &[]).number();
    filing.file("copy", "same");
    let ran = filing.run(&["verify", "copy"]).ends(0);
    assert_eq!(ran.number(), first);
    let later = filing.run(&["verify", "copy", "--number", &second]).ends(0);
    let steps = later.document()["steps"].clone();
    assert_eq!(steps[14]["values"][0]["value"], first.as_str(), "the earlier deposit is named");
}

#[test]
fn a_key_that_is_not_pinned_proves_nothing() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let number = filing.deposit("a.txt", &[]).number();
    let key = filing.run(&["trust", "list"]).document()["ledgers"][0]["key"].as_str().unwrap().to_owned();
    filing.become_a_stranger();
    for ran in [filing.run(&["verify", "a.txt"]), filing.run(&["verify", "a.txt", "--number", &number])] {
        let ran = ran.ends(2);
        assert_eq!(conclusion(&ran), "unable");
        assert_eq!(outcome(&ran, "signatures"), "not_performed");
    }
    assert!(filing.say("en", &["verify", "a.txt"]).ends(2).stdout.contains("tiezheng trust add"));
    assert!(!filing.config().join("trust.policy").exists(), "whoever verifies pins nothing on the way");
    filing.run(&["verify", "a.txt", "--key", &key]).ends(0);
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    filing.run(&["verify", "a.txt", "--key", other]).ends(2);
    assert_eq!(filing.run(&["verify", "a.txt", "--key", "x"]).ends(64).error(), "bad_key");
    filing.run(&["trust", "add", &key]).ends(0);
    filing.run(&["verify", "a.txt"]).ends(0);
}

#[test]
fn a_salted_deposit_verifies_with_its_salt_and_not_without() {
    let mut filing = FilingService::new();
    filing.file("yes.txt", "yes");
    let document = filing.deposit("yes.txt", &["--salt", "--no-private"]).document();
    assert_eq!(document["deposit"]["salted"], true);
    filing.run(&["verify", "yes.txt"]).ends(0);
    let paper: Value = serde_json::from_slice(&fs::read(filing.path("yes.txt.tiezheng-statement")).unwrap()).unwrap();
    let salt = paper["salt"].as_str().unwrap().to_owned();
    fs::remove_file(filing.path("yes.txt.tiezheng-statement")).unwrap();
    let ran = filing.run(&["verify", "yes.txt"]).ends(2);
    assert_eq!((conclusion(&ran), outcome(&ran, "original_digest")), ("unable".into(), "not_performed".into()));
    filing.run(&["verify", "yes.txt", "--salt", &salt]).ends(0);
    assert_eq!(conclusion(&filing.run(&["verify", "yes.txt", "--salt", &"0".repeat(64)]).ends(1)), "mismatch");
    filing.file("no.txt", "no");
    let receipt = "yes.txt.tiezheng-receipt.json";
    let ran = filing.run(&["verify", "no.txt", "--receipt", receipt, "--salt", &salt]).ends(1);
    assert_eq!(conclusion(&ran), "mismatch");
    assert_eq!(filing.stop_and_count(), 1);
}

#[test]
fn a_digest_alone_is_never_more_than_a_look_up() {
    let filing = FilingService::new();
    filing.file("a.txt", "abc");
    let number = filing.deposit("a.txt", &[]).number();
    let digest = "SHA-256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    for arguments in [vec!["verify", "--digest", digest], vec!["verify", "--digest", digest, "--number", &number]] {
        let ran = filing.run(&arguments).ends(0);
        assert_eq!(conclusion(&ran), "record_only");
        assert!(ran.stdout.contains(r#"{"name":"digest","value":"equal"}"#), "{ran:#?}");
    }
    let other = format!("sm3:{}", "1".repeat(64));
    assert_eq!(conclusion(&filing.run(&["verify", "--digest", &other, "--number", &number]).ends(1)), "mismatch");
    assert_eq!(filing.run(&["verify", "--digest", "md5:00"]).ends(64).error(), "bad_digest");
    filing.run(&["verify", "a.txt", "--digest", digest]).ends(64);
    filing.run(&["verify"]).ends(64);
}

#[test]
fn receipts_that_were_tampered_with_or_belong_elsewhere_prove_nothing() {
    let filing = FilingService::new();
    filing.file("a", "a");
    filing.file("b", "b");
    let first = filing.deposit("a", &[]).number();
    let second = filing.deposit("b", &[]).number();
    let receipt = fs::read_to_string(filing.path("a.tiezheng-receipt.json")).unwrap();
    let tampered = receipt.replacen("received 20", "received 19", 1);
    assert_ne!(tampered, receipt);
    filing.file("tampered.json", tampered);
    assert_eq!(conclusion(&filing.run(&["verify", "a", "--receipt", "tampered.json"]).ends(2)), "unable");
    let ran = filing.run(&["verify", "a", "--receipt", "b.tiezheng-receipt.json"]).ends(1);
    assert_eq!(conclusion(&ran), "mismatch");
    let ran = filing.run(&["verify", "a", "--receipt", "a.tiezheng-receipt.json", "--number", &second]).ends(2);
    assert_eq!(conclusion(&ran), "unable");
    for (name, bytes) in [
        ("cut.json", &receipt[..receipt.len() / 2]),
        ("empty.json", ""),
        ("v2.json", r#"{"receipt":"tiezheng/receipt/v2"}"#),
    ] {
        filing.file(name, bytes);
        assert_eq!(filing.run(&["verify", "a", "--receipt", name]).ends(2).error(), "not_a_receipt");
    }
    assert_eq!(filing.run(&["verify", "none", "--number", &first]).ends(2).error(), "io");
    assert_eq!(filing.run(&["verify", "a", "--number", "20261122-0K7M"]).ends(64).error(), "mistyped_number");
}

#[test]
fn withdrawn_and_corrected_deposits_are_said_to_be() {
    let filing = FilingService::new();
    for name in ["a", "b", "c"] {
        filing.file(name, name);
    }
    let first = filing.deposit("a", &[]).number();
    filing.deposit("b", &["--link", &format!("corrects={first}")]);
    filing.deposit("c", &["--link", &format!("withdraws={first}")]);
    let ran = filing.run(&["verify", "a", "--number", &first]).ends(0);
    assert_eq!(
        reservations(&ran),
        ["single_operator", "no_independent_time", "withdrawn", "superseded", "test_ledger"]
    );
    let zh = filing.say("zh", &["verify", "a", "--number", &first]).ends(0).stdout;
    assert!(zh.contains("存证已被撤回") && zh.contains("本报告仅说明电子数据上链后的完整性"), "{zh}");
}

#[test]
fn the_receipt_proves_itself_when_the_node_is_gone() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let number = filing.deposit("a.txt", &[]).number();
    filing.run(&["receipt", &number, "-o", "again.json"]).ends(0);
    let proof = filing.say("en", &["receipt", &number, "--tlog-proof"]).ends(0).stdout;
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nextra "));
    assert_eq!(filing.run(&["receipt", &number]).ends(0).document()["receipt"], "tiezheng/receipt/v1");
    filing.stop_and_count();
    filing.run(&["verify", "a.txt"]).ends(0);
    filing.run(&["verify", "a.txt", "--receipt", "again.json", "--number", &number]).ends(0);
    assert_eq!(filing.run(&["verify", "a.txt", "--number", &number]).ends(2).error(), "unreachable");
    filing.run(&["receipt", &number]).ends(2);
}
