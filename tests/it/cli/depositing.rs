//! `deposit` and `statement`: what is sent, what is kept, and that nothing is deposited twice.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::cli::at_hand::Desk;
use crate::support::process::http_client;

fn openssl(algorithm: &str, path: &Path) -> String {
    let output = Command::new("openssl").args(["dgst", algorithm, "-r"]).arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_deposit_leaves_a_number_two_papers_and_the_file_as_it_was() {
    let desk = Desk::new();
    let file = desk.file("合同.pdf", "%PDF-1.4 hello");
    let document = desk.deposit("合同.pdf", &[]).document();
    assert_eq!(document["status"], "deposited");
    let hashes = &document["deposit"]["data_hash"];
    assert_eq!((&hashes[0]["algorithm"], &hashes[1]["algorithm"]), (&"sm3".into(), &"sha-256".into()));
    assert_eq!(hashes[0]["value"], openssl("-sm3", &file).as_str());
    assert_eq!(hashes[1]["value"], openssl("-sha256", &file).as_str());
    assert_eq!(fs::read(&file).unwrap(), b"%PDF-1.4 hello");
    assert_eq!(mode(&desk.path("合同.pdf.tiezheng-statement")), 0o600);
    assert_eq!(mode(&desk.path("合同.pdf.tiezheng-receipt.json")), 0o644);
    assert_eq!(mode(&desk.config().join("keys/default.key")), 0o600);
    assert_eq!(mode(&desk.config().join("keys")), 0o700);
    let statement = fs::read_to_string(desk.path("合同.pdf.tiezheng-statement")).unwrap();
    let receipt = fs::read_to_string(desk.path("合同.pdf.tiezheng-receipt.json")).unwrap();
    assert!(statement.contains("合同.pdf"));
    assert!(!receipt.contains("合同"), "the name stays off the chain");
}

#[test]
fn repeating_sends_the_very_same_statement_and_deposits_nothing_twice() {
    let mut desk = Desk::new();
    desk.file("a.txt", "a");
    let first = desk.deposit("a.txt", &[]);
    let papers = ["a.txt.tiezheng-statement", "a.txt.tiezheng-receipt.json"];
    let kept = papers.map(|paper| fs::read(desk.path(paper)).unwrap());
    // As after a crash between the answer and the receipt's file.
    fs::remove_file(desk.path(papers[1])).unwrap();
    let again = desk.deposit("a.txt", &[]);
    assert_eq!(again.document()["status"], "already_deposited");
    assert_eq!(again.document()["deposit"], first.document()["deposit"]);
    assert_eq!(papers.map(|paper| fs::read(desk.path(paper)).unwrap()), kept);
    assert_eq!(desk.stop_and_count(), 1);
}

#[test]
fn a_receipt_that_proves_the_deposit_is_left_alone_and_a_broken_one_replaced() {
    let mut desk = Desk::new();
    desk.file("a.txt", "a");
    desk.file(".tiezheng-draft-0123456789abcdef", "half a receipt of a run that was killed");
    desk.deposit("a.txt", &[]);
    assert!(!desk.path(".tiezheng-draft-0123456789abcdef").exists());
    let receipt = desk.path("a.txt.tiezheng-receipt.json");
    let (file, kept) = (fs::metadata(&receipt).unwrap().ino(), fs::read_to_string(&receipt).unwrap());
    // From here on the ledger answers under a later checkpoint.
    desk.file("b.txt", "b");
    desk.deposit("b.txt", &[]);
    assert_eq!(desk.deposit("a.txt", &[]).document()["status"], "already_deposited");
    assert_eq!(fs::metadata(&receipt).unwrap().ino(), file, "written anew");
    let signature = kept.rfind('—').unwrap();
    let at = signature + kept[signature..].find("\\n").unwrap() - 9;
    let other = if &kept[at..=at] == "A" { "B" } else { "A" };
    fs::write(&receipt, [&kept[..at], other, &kept[at + 1..]].concat()).unwrap();
    desk.run(&["verify", "a.txt"]).ends(2);
    desk.deposit("a.txt", &[]);
    desk.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn a_statement_beside_the_file_is_sent_again_though_papers_go_elsewhere() {
    let mut desk = Desk::new();
    desk.file("a.txt", "a");
    let number = desk.deposit("a.txt", &[]).number();
    let elsewhere = || desk.deposit("a.txt", &["--receipts", "out"]);
    let papers = || fs::read_dir(desk.path("out")).unwrap().count();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 0));
    fs::remove_file(desk.path("a.txt.tiezheng-receipt.json")).unwrap();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 1));
    assert!(!desk.path("a.txt.tiezheng-receipt.json").exists());
    // Another wish is another statement, and another number is only given where it is wished for.
    let otherwise = ["deposit", "a.txt", "--receipts", "out", "--name", "甲"];
    assert_eq!(desk.run(&otherwise).ends(2).error(), "statement_missing");
    assert_ne!(desk.deposit("a.txt", &["--receipts", "out", "--name", "甲", "--again"]).number(), number);
    assert_eq!(papers(), 3, "the first receipt is kept under another name");
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn a_folder_of_nothing_is_no_success() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("in/deep")).unwrap();
    assert_eq!(desk.run(&["deposit", "-r", "in"]).ends(2).error(), "nothing_to_deposit");
}

#[test]
fn again_makes_another_deposit_and_keeps_the_papers_of_the_first() {
    let mut desk = Desk::new();
    desk.file("a.txt", "a");
    let first = desk.deposit("a.txt", &["--salt"]).number();
    let second = desk.deposit("a.txt", &["--again"]).number();
    assert_ne!(first, second);
    let names = fs::read_dir(desk.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<OsString> = names.collect();
    assert_eq!(names.len(), 5, "{names:?}");
    // The salt of the first is found in its own papers.
    let first = desk.run(&["verify", "a.txt", "--number", &first]).ends(0);
    assert_eq!(first.document()["conclusion"]["code"], "consistent_with_reservation");
    desk.run(&["verify", "a.txt", "--number", &second]).ends(0);
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn a_changed_file_and_a_changed_wish_are_refused_by_name() {
    let mut desk = Desk::new();
    desk.file("a.txt", "a");
    let first = desk.deposit("a.txt", &[]).number();
    let other = desk.run(&["deposit", "a.txt", "--name", "另一名称"]).ends(2);
    assert_eq!(other.error(), "stated_otherwise");
    desk.file("a.txt", "b");
    assert_eq!(desk.run(&["deposit", "a.txt"]).ends(2).error(), "changed_since");
    let link = format!("corrects={first}");
    desk.deposit("a.txt", &["--again", "--link", &link, "--name", "另一名称"]);
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let mut desk = Desk::new();
    for (name, bytes) in [("in/a", "1"), ("in/deep/b", "2"), ("in/empty", ""), ("in/c.tiezheng-statement", "{}")] {
        desk.file(name, bytes);
    }
    symlink("a", desk.path("in/link")).unwrap();
    let ran = desk.run(&["deposit", "--recursive", "in", "in/none"]).ends(2);
    let told: Vec<_> = ran
        .documents()
        .iter()
        .map(|document| {
            (document["file"].to_string(), document["status"].to_string(), document["error"]["code"].to_string())
        })
        .collect();
    let expected = [
        ("in/a", "deposited", "null"),
        ("in/c.tiezheng-statement", "passed_over", "\"own_paper\""),
        ("in/deep/b", "deposited", "null"),
        ("in/empty", "failed", "\"empty_file\""),
        ("in/link", "passed_over", "\"symbolic_link\""),
        ("in/none", "failed", "\"unreadable\""),
    ];
    assert_eq!(
        told,
        expected.map(|(file, status, code)| (format!("\"{file}\""), format!("\"{status}\""), code.to_owned()))
    );
    let folder = desk.run(&["deposit", "in"]).ends(2);
    assert_eq!(folder.error(), "is_a_folder");
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn files_may_be_called_anything() {
    let mut desk = Desk::new();
    let long = "长".repeat(85);
    let names: Vec<&OsStr> = vec![
        "-dash".as_ref(),
        "a b\n'\"$(x).txt".as_ref(),
        "💼.JPG".as_ref(),
        "a\u{202e}fdp.exe".as_ref(),
        OsStr::from_bytes(b"gbk-\xba\xcf\xcd\xac"),
        long.as_ref(),
    ];
    for name in &names {
        desk.file(name, name.as_bytes());
    }
    let arguments: Vec<&OsStr> = [OsStr::new("deposit"), OsStr::new("--")].into_iter().chain(names.clone()).collect();
    let ran = desk.run(&arguments).ends(0);
    let numbers: HashSet<String> =
        ran.documents().iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!(numbers.len(), names.len());
    for name in &names {
        let arguments = [OsStr::new("verify"), OsStr::new("--"), name];
        desk.run(&arguments).ends(0);
    }
    let shown = desk.say("en", &["verify", "a\u{202e}fdp.exe"]).ends(0);
    assert!(shown.stdout.contains("a\\u{202e}fdp.exe"), "{shown:?}");
    assert_eq!(desk.stop_and_count(), names.len() as u64);
}

#[test]
fn papers_in_another_folder_never_collide() {
    let mut desk = Desk::new();
    desk.file("a/x.txt", "same");
    desk.file("b/x.txt", "same");
    let deposit = || desk.run(&["deposit", "-r", "a", "b", "--receipts", "papers"]).ends(0).documents();
    let (first, again) = (deposit(), deposit());
    assert_ne!(first[0]["deposit_number"], first[1]["deposit_number"]);
    let numbers = |documents: &[serde_json::Value]| {
        [documents[0]["deposit_number"].clone(), documents[1]["deposit_number"].clone()]
    };
    assert_eq!(numbers(&first), numbers(&again));
    assert_eq!(fs::read_dir(desk.path("papers")).unwrap().count(), 4);
    assert_eq!(fs::read_dir(desk.path("a")).unwrap().count(), 1);
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn many_files_get_a_number_each() {
    let mut desk = Desk::new();
    for i in 0..100 {
        desk.file(format!("in/{i:03}"), format!("file {i}"));
    }
    let ran = desk.run(&["deposit", "-r", "in", "--case", "（2026）粤0192民初1号"]).ends(0);
    let documents = ran.documents();
    let numbers: HashSet<String> = documents.iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!((documents.len(), numbers.len()), (100, 100));
    assert!(documents.iter().map(|document| document["file"].to_string()).is_sorted(), "told in the files' order");
    assert!(desk.config().join("keys/（2026）粤0192民初1号.key").is_file());
    assert_eq!(desk.stop_and_count(), 100);
}

#[test]
fn a_ledger_that_refuses_is_heard_and_leaves_the_way_free_for_the_right_statement() {
    let mut desk = Desk::new();
    desk.file("a", "a");
    desk.file("b", "b");
    let first = desk.deposit("a", &[]).number();
    let link = format!("withdraws={first}");
    let refused = desk.run(&["deposit", "b", "--case", "other", "--link", &link]).ends(1);
    assert_eq!(refused.error(), "link_not_yours");
    assert!(!desk.path("b.tiezheng-statement").exists(), "what was refused was never deposited");
    assert!(!desk.path("b.tiezheng-receipt.json").exists());
    desk.deposit("b", &["--case", "other"]);
    assert_eq!(desk.run(&["deposit", "a", "b", "--name", "x"]).ends(64).error(), "one_file_only");
    assert_eq!(desk.run(&["deposit", "a", "--link", "corrects=2026"]).ends(64).error(), "mistyped_number");
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn a_ledger_that_breaks_its_word_is_told_so_and_the_old_receipt_is_kept() {
    let mut desk = Desk::new();
    desk.file("a", "a");
    desk.file("b", "b");
    desk.deposit("a", &[]);
    desk.deposit("b", &[]);
    // As after a rollback: the receipt in hand is of another record than the ledger's answer.
    fs::copy(desk.path("b.tiezheng-receipt.json"), desk.path("a.tiezheng-receipt.json")).unwrap();
    let held = fs::read(desk.path("a.tiezheng-receipt.json")).unwrap();
    assert_eq!(desk.run(&["deposit", "a"]).ends(1).error(), "history_rewritten");
    assert_eq!(fs::read(desk.path("a.tiezheng-receipt.json")).unwrap(), held);
    assert_eq!(desk.stop_and_count(), 2);
}

#[test]
fn nothing_is_made_where_the_ledger_cannot_be_reached() {
    let desk = Desk::alone();
    desk.file("a", "a");
    assert_eq!(desk.run(&["deposit", "a"]).ends(2).error(), "unreachable");
    assert_eq!(fs::read_dir(desk.path("")).unwrap().count(), 1);
    assert!(!desk.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_request_can_be_posted_by_others() {
    let desk = Desk::new();
    desk.file("a.txt", "a");
    let lost = desk.run(&["statement", "a.txt"]).ends(0);
    assert!(lost.document()["private"]["salt"].is_string());
    assert_eq!(desk.say("en", &["statement", "a.txt"]).ends(64).stdout, "");
    let request = desk.say("en", &["statement", "a.txt", "--request"]).ends(0).stdout;
    let post = http_client().post(format!("{}/v1/deposits", desk.url()));
    let answer = post.header("content-type", "application/json").body(request).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let note = desk.say("en", &["statement", "a.txt", "--private-out", "private.json"]).ends(0).stdout;
    assert!(note.starts_with("tiezheng statement v1\nledger "));
    assert_eq!(mode(&desk.path("private.json")), 0o600);
}
