//! The verification report on the command line: time, signer, node, and each step.

use std::fs;

use serde_json::Value;

use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::process::Node;

fn conclusion(ran: &CommandRun) -> String {
    ran.document()["conclusion"]["code"].as_str().unwrap_or_else(|| panic!("{ran:#?}")).to_owned()
}

fn step(ran: &CommandRun, code: &str) -> Value {
    let document = ran.document();
    let mut steps = document["steps"].as_array().unwrap().iter();
    steps.find(|one| one["code"] == code).unwrap().clone()
}

fn reserves(ran: &CommandRun, code: &str) -> bool {
    ran.document()["reservations"].as_array().unwrap().iter().any(|one| one["code"] == code)
}

#[test]
fn every_report_says_when_by_whom_by_which_program_and_with_which_node() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let url = workspace.url().to_owned();
    let document = workspace.run(&["verify", "a.txt"]).ends(0).document();
    assert_eq!(document["verifier"]["code"], "command_line");
    assert_eq!(document["verifier"]["en"], "command-line user, identity not checked");
    assert_eq!(document["program"], concat!("tiezheng ", env!("CARGO_PKG_VERSION")));
    assert!(document["verified_at"].as_str().unwrap().ends_with("+08:00"), "{document}");
    assert_eq!(document["node"]["address"], url.as_str());
    assert_eq!(document["node"]["ledger"], document["deposit"]["ledger"]);
    let offline = workspace.run(&["verify", "a.txt", "--offline"]).ends(0).document();
    assert_eq!((&offline["node"]["offline"], offline["node"].get("address")), (&true.into(), None));
    // Whatever the conclusion is: not found, mismatch.
    workspace.file("b.txt", "b");
    for arguments in [vec!["verify", "b.txt"], vec!["verify", "b.txt", "--number", &number]] {
        let document = workspace.run(&arguments).ends(1).document();
        assert_eq!(document["verifier"]["code"], "command_line");
        assert_eq!(document["node"]["address"], url.as_str());
    }
    let zh = workspace.say("zh", &["verify", "a.txt"]).ends(0).stdout;
    for text in ["核验人", "命令行用户，身份未核实", "核验时间", "北京时间", "节点", url.as_str(), "提交核验的文件"]
    {
        assert!(zh.contains(text), "{text}: {zh}");
    }
    let en = workspace.say("en", &["verify", "a.txt", "--offline"]).ends(0).stdout;
    for text in ["command-line user, identity not checked", "Beijing time", "offline"] {
        assert!(en.contains(text), "{text}: {en}");
    }
}

#[test]
fn a_receipt_beside_the_file_leads_to_the_node_and_a_withdrawal_is_found() {
    let workspace = Workspace::new();
    for name in ["a", "b"] {
        workspace.file(name, name);
    }
    let first = workspace.deposit("a", &[]).number();
    let withdrawal = workspace.deposit("b", &["--link", &format!("withdraws={first}")]).number();
    for arguments in [vec!["verify", "a"], vec!["verify", "a", "--receipt", "a.tiezheng-receipt.json"]] {
        let ran = workspace.run(&arguments).ends(0);
        assert!(reserves(&ran, "withdrawn") && !reserves(&ran, "later_history_not_checked"), "{ran:#?}");
        let links = step(&ran, "later_links");
        assert_eq!(links["outcome"]["code"], "checked");
        assert_eq!(links["finding"]["zh"], format!("已被撤回（{withdrawal}）"));
        assert_eq!(links["finding"]["en"], format!("withdrawn by {withdrawal}"));
    }
    let zh = workspace.say("zh", &["verify", "a"]).ends(0).stdout;
    assert!(zh.contains(&format!("已查：已被撤回（{withdrawal}）")), "{zh}");
    let en = workspace.say("en", &["verify", "a"]).ends(0).stdout;
    assert!(en.contains(&format!("checked: withdrawn by {withdrawal}")), "{en}");
    let offline = workspace.run(&["verify", "a", "--offline"]).ends(0);
    assert!(!reserves(&offline, "withdrawn") && reserves(&offline, "later_history_not_checked"));
    assert_eq!(step(&offline, "later_links")["outcome"]["code"], "not_performed");
}

#[test]
fn earlier_deposits_are_a_finding_with_their_number() {
    let workspace = Workspace::new();
    for name in ["w", "x", "y", "z"] {
        workspace.file(name, "same");
        workspace.deposit(name, &[]);
    }
    let ran = workspace.run(&["verify", "z"]).ends(0);
    let earlier = step(&ran, "earlier_deposits");
    assert_eq!(earlier["outcome"]["code"], "checked");
    assert_eq!(
        (&earlier["finding"]["zh"], &earlier["finding"]["en"]),
        (&"有 3 次更早存证".into(), &"3 earlier deposits".into())
    );
    assert!(workspace.say("zh", &["verify", "z"]).ends(0).stdout.contains("已查：有 3 次更早存证"));
}

#[test]
fn without_a_node_the_report_says_so_and_reserves_the_later_history() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    workspace.stop_and_count();
    let ran = workspace.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(conclusion(&ran), "consistent_with_reservation");
    assert!(reserves(&ran, "later_history_not_checked"));
    assert!(ran.stderr.contains("no node answered") && ran.stderr.contains("--offline"), "{}", ran.stderr);
    assert_eq!(ran.document()["offline"], true);
    let zh = workspace.say("zh", &["verify", "a.txt"]).ends(0);
    assert!(zh.stderr.contains("节点无应答") && zh.stdout.contains("未查明存证之后有无更正、替换或撤回"), "{zh:#?}");
    let meant = workspace.run(&["verify", "a.txt", "--offline"]).ends(0);
    assert_eq!(meant.stderr, "", "no notice where the user asked for it");
    workspace.file("alone.txt", "b");
    for arguments in [
        vec!["verify", "alone.txt", "--offline"],
        vec!["verify", "alone.txt", "--offline", "--number", "20261122-0K7M-X9QT-3D5W-C3"],
    ] {
        assert_eq!(workspace.run(&arguments).ends(64).error(), "offline_needs_receipt");
    }
}

#[test]
fn a_node_of_another_ledger_is_not_asked_about_a_deposit() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    let other = Node::start(&workspace.top().join("other"), &[]);
    let ran = workspace.run(&["verify", "a.txt", "--server", &other.url]).ends(0);
    assert!(reserves(&ran, "later_history_not_checked") && ran.stderr.contains("another ledger"), "{ran:#?}");
    let node = ran.document()["node"].clone();
    assert_eq!((&node["offline"], &node["address"]), (&false.into(), &other.url.as_str().into()), "it did answer");
    let zh = workspace.say("zh", &["verify", "a.txt", "--server", &other.url]).ends(0).stdout;
    assert!(!zh.contains("离线") && zh.contains("tiezheng verify 文件 --number "), "{zh}");
    other.stop();
}

#[test]
fn steps_that_compared_nothing_say_so() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let by_receipt = workspace.run(&["verify", "a.txt"]).ends(0);
    for (code, outcome) in
        [("number_check", "not_applicable"), ("record_exists", "checked"), ("tx_id", "not_applicable")]
    {
        assert_eq!(step(&by_receipt, code)["outcome"]["code"], outcome, "{code}");
    }
    let by_number = workspace.run(&["verify", "a.txt", "--number", &number]).ends(0);
    for (code, outcome) in [("number_check", "passed"), ("record_exists", "passed"), ("tx_id", "not_applicable")] {
        assert_eq!(step(&by_number, code)["outcome"]["code"], outcome, "{code}");
    }
    assert_eq!(step(&by_number, "import_snapshot")["outcome"]["code"], "not_applicable");
    assert!(step(&by_number, "signatures")["compared"]["en"].as_str().unwrap().contains("the verifier pinned"));

    let receipt = fs::read_to_string(workspace.path("a.txt.tiezheng-receipt.json")).unwrap();
    workspace.file("damaged.json", receipt.replacen("number ", "numbex ", 1));
    let damaged = workspace.run(&["verify", "a.txt", "--receipt", "damaged.json"]).ends(2);
    assert_eq!(conclusion(&damaged), "unable");
    assert_eq!(damaged.document()["obstacle"]["code"], "broken_receipt");
    for code in ["number_check", "record_exists", "algorithms", "original_digest", "tx_id", "in_block", "time_order"] {
        assert_eq!(step(&damaged, code)["outcome"]["code"], "not_performed", "{code}");
        assert_eq!(step(&damaged, code)["reason"]["zh"], "回执已损坏，无记录可比", "{code}");
    }
    let zh = workspace.say("zh", &["verify", "a.txt", "--receipt", "damaged.json"]).ends(2).stdout;
    assert!(zh.contains("未执行（回执已损坏，无记录可比）") && !zh.contains("清单存证"), "{zh}");
}

/// A workspace whose node runs again over an older copy of its folder, in which the later deposits never were.
fn rolled_back(later: &str) -> (Workspace, String) {
    let mut workspace = Workspace::new();
    workspace.file("first", "first");
    workspace.deposit("first", &[]);
    let chain = workspace.top().join("chain");
    workspace.stop_and_count();
    let copy = workspace.top().join("copy");
    let copied = std::process::Command::new("cp").args(["-a"]).args([&chain, &copy]).status().unwrap();
    assert!(copied.success());
    workspace.start_over(&chain);
    workspace.file(later, later);
    let number = workspace.deposit(later, &[]).number();
    workspace.stop_and_count();
    workspace.start_over(&copy);
    (workspace, number)
}

#[test]
fn a_number_that_a_rolled_back_ledger_does_not_know_is_compared_with_the_receipt_beside_the_file() {
    let (workspace, number) = rolled_back("lost");
    for arguments in [vec!["verify", "lost", "--number", &number], vec!["verify", "lost"]] {
        let ran = workspace.run(&arguments).ends(1);
        assert_eq!(conclusion(&ran), "chain_fault", "{ran:#?}");
        assert_eq!(ran.document()["fault"]["code"], "ledger_rolled_back");
        assert_eq!(step(&ran, "record_exists")["outcome"]["code"], "failed");
    }
    let zh = workspace.say("zh", &["verify", "lost", "--number", &number]).ends(1).stdout;
    assert!(zh.contains("账本不含其运营者签署过的记录") && zh.contains("请通知审计人员"), "{zh}");
    let en = workspace.say("en", &["verify", "lost", "--number", &number]).ends(1).stdout;
    assert!(en.contains("does not contain a leaf that its operator signed"), "{en}");

    // Grown past the receipt, it is another ledger under the same key.
    for n in 0..3 {
        let name = format!("new{n}");
        workspace.file(&name, &name);
        workspace.deposit(&name, &[]);
    }
    let ran = workspace.run(&["verify", "lost", "--number", &number]).ends(1);
    assert_eq!(
        (conclusion(&ran), &ran.document()["fault"]["code"]),
        ("chain_fault".into(), &"ledger_not_continued".into())
    );
    // Without the receipt, or with a damaged one, there is nothing that could be held against the node.
    let receipt = workspace.path("lost.tiezheng-receipt.json");
    let text = fs::read_to_string(&receipt).unwrap();
    fs::write(&receipt, text.replacen("received 20", "received 19", 1)).unwrap();
    assert_eq!(conclusion(&workspace.run(&["verify", "lost", "--number", &number]).ends(1)), "not_found");
    fs::remove_file(&receipt).unwrap();
    assert_eq!(conclusion(&workspace.run(&["verify", "lost", "--number", &number]).ends(1)), "not_found");
    // A receipt of another deposit says nothing about this number.
    fs::copy(workspace.path("first.tiezheng-receipt.json"), &receipt).unwrap();
    assert_eq!(conclusion(&workspace.run(&["verify", "lost", "--number", &number]).ends(1)), "not_found");
}
