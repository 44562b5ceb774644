//! `deposit` and `statement`: what is sent and stored, and that nothing is deposited twice.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::cli::workspace::FilingService;
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
    let filing = FilingService::new();
    let file = filing.file("合同.pdf", "%PDF-1.4 hello");
    let document = filing.deposit("合同.pdf", &[]).document();
    assert_eq!(document["status"], "deposited");
    let hashes = &document["deposit"]["data_hash"];
    assert_eq!((&hashes[0]["algorithm"], &hashes[1]["algorithm"]), (&"sm3".into(), &"sha-256".into()));
    assert_eq!(hashes[0]["value"], openssl("-sm3", &file).as_str());
    assert_eq!(hashes[1]["value"], openssl("-sha256", &file).as_str());
    assert_eq!(fs::read(&file).unwrap(), b"%PDF-1.4 hello");
    assert_eq!(mode(&filing.path("合同.pdf.tiezheng-statement")), 0o600);
    assert_eq!(mode(&filing.path("合同.pdf.tiezheng-receipt.json")), 0o644);
    assert_eq!(mode(&filing.config().join("keys/default.key")), 0o600);
    assert_eq!(mode(&filing.config().join("keys")), 0o700);
    let statement = fs::read_to_string(filing.path("合同.pdf.tiezheng-statement")).unwrap();
    let receipt = fs::read_to_string(filing.path("合同.pdf.tiezheng-receipt.json")).unwrap();
    assert!(statement.contains("合同.pdf"));
    assert!(!receipt.contains("合同"), "the name stays off the chain");
}

#[test]
fn repeating_sends_the_very_same_statement_and_deposits_nothing_twice() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let first = filing.deposit("a.txt", &[]);
    let papers = ["a.txt.tiezheng-statement", "a.txt.tiezheng-receipt.json"];
    let kept = papers.map(|paper| fs::read(filing.path(paper)).unwrap());
    // As after a crash between the answer and the receipt's file.
    fs::remove_file(filing.path(papers[1])).unwrap();
    let again = filing.deposit("a.txt", &[]);
    assert_eq!(again.document()["status"], "already_deposited");
    assert_eq!(again.document()["deposit"], first.document()["deposit"]);
    assert_eq!(papers.map(|paper| fs::read(filing.path(paper)).unwrap()), kept);
    assert_eq!(filing.stop_and_count(), 1);
}

#[test]
fn a_receipt_that_proves_the_deposit_is_left_alone_and_a_broken_one_replaced() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    filing.file(".tiezheng-draft-0123456789abcdef", "half a receipt of a run that was killed");
    filing.deposit("a.txt", &[]);
    assert!(!filing.path(".tiezheng-draft-0123456789abcdef").exists());
    let receipt = filing.path("a.txt.tiezheng-receipt.json");
    let (file, kept) = (fs::metadata(&receipt).unwrap().ino(), fs::read_to_string(&receipt).unwrap());
    // From here on the ledger answers under a later checkpoint.
    filing.file("b.txt", "b");
    filing.deposit("b.txt", &[]);
    assert_eq!(filing.deposit("a.txt", &[]).document()["status"], "already_deposited");
    assert_eq!(fs::metadata(&receipt).unwrap().ino(), file, "written anew");
    let signature = kept.rfind('—').unwrap();
    let at = signature + kept[signature..].find("\\n").unwrap() - 9;
    let other = if &kept[at..=at] == "A" { "B" } else { "A" };
    fs::write(&receipt, [&kept[..at], other, &kept[at + 1..]].concat()).unwrap();
    filing.run(&["verify", "a.txt"]).ends(2);
    filing.deposit("a.txt", &[]);
    filing.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn a_statement_beside_the_file_is_sent_again_though_papers_go_elsewhere() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let number = filing.deposit("a.txt", &[]).number();
    let elsewhere = || filing.deposit("a.txt", &["--receipts", "out"]);
    let papers = || fs::read_dir(filing.path("out")).unwrap().count();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 0));
    fs::remove_file(filing.path("a.txt.tiezheng-receipt.json")).unwrap();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 1));
    assert!(!filing.path("a.txt.tiezheng-receipt.json").exists());
    // Another wish is another statement, and another number is only given where it is wished for.
    let otherwise = ["deposit", "a.txt", "--receipts", "out", "--name", "甲"];
    assert_eq!(filing.run(&otherwise).ends(2).error(), "statement_missing");
    assert_ne!(filing.deposit("a.txt", &["--receipts", "out", "--name", "甲", "--again"]).number(), number);
    assert_eq!(papers(), 3, "the first receipt is kept under another name");
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn a_folder_of_nothing_is_no_success() {
    let filing = FilingService::new();
    fs::create_dir_all(filing.path("in/deep")).unwrap();
    assert_eq!(filing.run(&["deposit", "-r", "in"]).ends(2).error(), "nothing_to_deposit");
}

#[test]
fn again_makes_another_deposit_and_keeps_the_papers_of_the_first() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let first = filing.deposit("a.txt", &["--salt"]).number();
    let second = filing.deposit("a.txt", &["--again"]).number();
    assert_ne!(first, second);
    let names = fs::read_dir(filing.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<OsString> = names.collect();
    assert_eq!(names.len(), 5, "{names:?}");
    // The salt of the first is found in its own papers.
    let first = filing.run(&["verify", "a.txt", "--number", &first]).ends(0);
    assert_eq!(first.document()["conclusion"]["code"], "consistent_with_reservation");
    filing.run(&["verify", "a.txt", "--number", &second]).ends(0);
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn a_changed_file_and_a_changed_wish_are_refused_by_name() {
    let mut filing = FilingService::new();
    filing.file("a.txt", "a");
    let first = filing.deposit("a.txt", &[]).number();
    let other = filing.run(&["deposit", "a.txt", "--name", "另一名称"]).ends(2);
    assert_eq!(other.error(), "stated_otherwise");
    filing.file("a.txt", "b");
    assert_eq!(filing.run(&["deposit", "a.txt"]).ends(2).error(), "changed_since");
    let link = format!("corrects={first}");
    filing.deposit("a.txt", &["--again", "--link", &link, "--name", "另一名称"]);
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let mut filing = FilingService::new();
    for (name, bytes) in [("in/a", "1"), ("in/deep/b", "2"), ("in/empty", ""), ("in/c.tiezheng-statement", "{}")] {
        filing.file(name, bytes);
    }
    symlink("a", filing.path("in/link")).unwrap();
    let ran = filing.run(&["deposit", "--recursive", "in", "in/none"]).ends(2);
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
    let folder = filing.run(&["deposit", "in"]).ends(2);
    assert_eq!(folder.error(), "is_a_folder");
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn files_may_be_called_anything() {
    let mut filing = FilingService::new();
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
        filing.file(name, name.as_bytes());
    }
    let arguments: Vec<&OsStr> = [OsStr::new("deposit"), OsStr::new("--")].into_iter().chain(names.clone()).collect();
    let ran = filing.run(&arguments).ends(0);
    let numbers: HashSet<String> =
        ran.documents().iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!(numbers.len(), names.len());
    for name in &names {
        let arguments = [OsStr::new("verify"), OsStr::new("--"), name];
        filing.run(&arguments).ends(0);
    }
    let shown = filing.say("en", &["verify", "a\u{202e}fdp.exe"]).ends(0);
    assert!(shown.stdout.contains("a\\u{202e}fdp.exe"), "{shown:?}");
    assert_eq!(filing.stop_and_count(), names.len() as u64);
}

#[test]
fn papers_in_another_folder_never_collide() {
    let mut filing = FilingService::new();
    filing.file("a/x.txt", "same");
    filing.file("b/x.txt", "same");
    let deposit = || filing.run(&["deposit", "-r", "a", "b", "--receipts", "papers"]).ends(0).documents();
    let (first, again) = (deposit(), deposit());
    assert_ne!(first[0]["deposit_number"], first[1]["deposit_number"]);
    let numbers = |documents: &[serde_json::Value]| {
        [documents[0]["deposit_number"].clone(), documents[1]["deposit_number"].clone()]
    };
    assert_eq!(numbers(&first), numbers(&again));
    assert_eq!(fs::read_dir(filing.path("papers")).unwrap().count(), 4);
    assert_eq!(fs::read_dir(filing.path("a")).unwrap().count(), 1);
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn many_files_get_a_number_each() {
    let mut filing = FilingService::new();
    for i in 0..100 {
        filing.file(format!("in/{i:03}"), format!("file {i}"));
    }
    let ran = filing.run(&["deposit", "-r", "in", "--case", "（2026）粤0192民初1号"]).ends(0);
    let documents = ran.documents();
    let numbers: HashSet<String> = documents.iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!((documents.len(), numbers.len()), (100, 100));
    assert!(documents.iter().map(|document| document["file"].to_string()).is_sorted(), "told in the files' order");
    assert!(filing.config().join("keys/（2026）粤0192民初1号.key").is_file());
    assert_eq!(filing.stop_and_count(), 100);
}

#[test]
fn a_ledger_that_refuses_is_heard_and_leaves_the_way_free_for_the_right_statement() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    filing.file("b", "b");
    let first = filing.deposit("a", &[]).number();
    let link = format!("withdraws={first}");
    let refused = filing.run(&["deposit", "b", "--case", "other", "--link", &link]).ends(1);
    assert_eq!(refused.error(), "link_not_yours");
    assert!(!filing.path("b.tiezheng-statement").exists(), "what was refused was never deposited");
    assert!(!filing.path("b.tiezheng-receipt.json").exists());
    filing.deposit("b", &["--case", "other"]);
    assert_eq!(filing.run(&["deposit", "a", "b", "--name", "x"]).ends(64).error(), "one_file_only");
    assert_eq!(filing.run(&["deposit", "a", "--link", "corrects=2026"]).ends(64).error(), "mistyped_number");
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn a_ledger_that_breaks_its_word_is_told_so_and_the_old_receipt_is_kept() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    filing.file("b", "b");
    filing.deposit("a", &[]);
    filing.deposit("b", &[]);
    // As after a rollback: the receipt in hand is of another record than the ledger's answer.
    fs::copy(filing.path("b.tiezheng-receipt.json"), filing.path("a.tiezheng-receipt.json")).unwrap();
    let held = fs::read(filing.path("a.tiezheng-receipt.json")).unwrap();
    assert_eq!(filing.run(&["deposit", "a"]).ends(1).error(), "history_rewritten");
    assert_eq!(fs::read(filing.path("a.tiezheng-receipt.json")).unwrap(), held);
    assert_eq!(filing.stop_and_count(), 2);
}

#[test]
fn nothing_is_made_where_the_ledger_cannot_be_reached() {
    let filing = FilingService::alone();
    filing.file("a", "a");
    assert_eq!(filing.run(&["deposit", "a"]).ends(2).error(), "unreachable");
    assert_eq!(fs::read_dir(filing.path("")).unwrap().count(), 1);
    assert!(!filing.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_request_can_be_posted_by_others() {
    let filing = FilingService::new();
    filing.file("a.txt", "a");
    let lost = filing.run(&["statement", "a.txt"]).ends(0);
    assert!(lost.document()["private"]["salt"].is_string());
    assert_eq!(filing.say("en", &["statement", "a.txt"]).ends(64).stdout, "");
    let request = filing.say("en", &["statement", "a.txt", "--request"]).ends(0).stdout;
    let post = http_client().post(format!("{}/v1/deposits", filing.url()));
    let answer = post.header("content-type", "application/json").body(request).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let note = filing.say("en", &["statement", "a.txt", "--private-out", "private.json"]).ends(0).stdout;
    assert!(note.starts_with("tiezheng statement v1\nledger "));
    assert_eq!(mode(&filing.path("private.json")), 0o600);
}
