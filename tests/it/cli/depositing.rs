//! `deposit` and `statement`: what is sent and stored, and that nothing is deposited twice.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::cli::workspace::Workspace;
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
    let workspace = Workspace::new();
    let file = workspace.file("合同.pdf", "%PDF-1.4 hello");
    let document = workspace.deposit("合同.pdf", &[]).document();
    assert_eq!(document["status"], "deposited");
    let hashes = &document["deposit"]["data_hash"];
    assert_eq!((&hashes[0]["algorithm"], &hashes[1]["algorithm"]), (&"sm3".into(), &"sha-256".into()));
    assert_eq!(hashes[0]["value"], openssl("-sm3", &file).as_str());
    assert_eq!(hashes[1]["value"], openssl("-sha256", &file).as_str());
    assert_eq!(fs::read(&file).unwrap(), b"%PDF-1.4 hello");
    assert_eq!(mode(&workspace.path("合同.pdf.tiezheng-statement")), 0o600);
    assert_eq!(mode(&workspace.path("合同.pdf.tiezheng-receipt.json")), 0o644);
    assert_eq!(mode(&workspace.config().join("keys/default.key")), 0o600);
    assert_eq!(mode(&workspace.config().join("keys")), 0o700);
    let statement = fs::read_to_string(workspace.path("合同.pdf.tiezheng-statement")).unwrap();
    let receipt = fs::read_to_string(workspace.path("合同.pdf.tiezheng-receipt.json")).unwrap();
    assert!(statement.contains("合同.pdf"));
    assert!(!receipt.contains("合同"), "the name stays off the chain");
}

#[test]
fn repeating_sends_the_very_same_statement_and_deposits_nothing_twice() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let first = workspace.deposit("a.txt", &[]);
    let papers = ["a.txt.tiezheng-statement", "a.txt.tiezheng-receipt.json"];
    let kept = papers.map(|paper| fs::read(workspace.path(paper)).unwrap());
    // As after a crash between the answer and the receipt's file.
    fs::remove_file(workspace.path(papers[1])).unwrap();
    let again = workspace.deposit("a.txt", &[]);
    assert_eq!(again.document()["status"], "already_deposited");
    assert_eq!(again.document()["deposit"], first.document()["deposit"]);
    assert_eq!(papers.map(|paper| fs::read(workspace.path(paper)).unwrap()), kept);
    assert_eq!(workspace.stop_and_count(), 1);
}

#[test]
fn a_receipt_that_proves_the_deposit_is_left_alone_and_a_broken_one_replaced() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.file(".tiezheng-draft-0123456789abcdef", "half a receipt of a run that was killed");
    workspace.deposit("a.txt", &[]);
    assert!(!workspace.path(".tiezheng-draft-0123456789abcdef").exists());
    let receipt = workspace.path("a.txt.tiezheng-receipt.json");
    let (file, kept) = (fs::metadata(&receipt).unwrap().ino(), fs::read_to_string(&receipt).unwrap());
    // From here on the ledger answers under a later checkpoint.
    workspace.file("b.txt", "b");
    workspace.deposit("b.txt", &[]);
    assert_eq!(workspace.deposit("a.txt", &[]).document()["status"], "already_deposited");
    assert_eq!(fs::metadata(&receipt).unwrap().ino(), file, "written anew");
    let signature = kept.rfind('—').unwrap();
    let at = signature + kept[signature..].find("\\n").unwrap() - 9;
    let other = if &kept[at..=at] == "A" { "B" } else { "A" };
    fs::write(&receipt, [&kept[..at], other, &kept[at + 1..]].concat()).unwrap();
    workspace.run(&["verify", "a.txt"]).ends(2);
    workspace.deposit("a.txt", &[]);
    workspace.run(&["verify", "a.txt"]).ends(0);
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn a_statement_beside_the_file_is_sent_again_though_papers_go_elsewhere() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let elsewhere = || workspace.deposit("a.txt", &["--receipts", "out"]);
    let papers = || fs::read_dir(workspace.path("out")).unwrap().count();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 0));
    fs::remove_file(workspace.path("a.txt.tiezheng-receipt.json")).unwrap();
    assert_eq!((elsewhere().number(), papers()), (number.clone(), 1));
    assert!(!workspace.path("a.txt.tiezheng-receipt.json").exists());
    // Another wish is another statement, and another number is only given where it is wished for.
    let otherwise = ["deposit", "a.txt", "--receipts", "out", "--name", "甲"];
    assert_eq!(workspace.run(&otherwise).ends(2).error(), "statement_missing");
    assert_ne!(workspace.deposit("a.txt", &["--receipts", "out", "--name", "甲", "--again"]).number(), number);
    assert_eq!(papers(), 3, "the first receipt is kept under another name");
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn a_folder_of_nothing_is_no_success() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path("in/deep")).unwrap();
    assert_eq!(workspace.run(&["deposit", "-r", "in"]).ends(2).error(), "nothing_to_deposit");
}

#[test]
fn again_makes_another_deposit_and_keeps_the_papers_of_the_first() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let first = workspace.deposit("a.txt", &["--salt"]).number();
    let second = workspace.deposit("a.txt", &["--again"]).number();
    assert_ne!(first, second);
    let names = fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<OsString> = names.collect();
    assert_eq!(names.len(), 5, "{names:?}");
    // The salt of the first is found in its own papers.
    let first = workspace.run(&["verify", "a.txt", "--number", &first]).ends(0);
    assert_eq!(first.document()["conclusion"]["code"], "consistent_with_reservation");
    workspace.run(&["verify", "a.txt", "--number", &second]).ends(0);
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn a_changed_file_and_a_changed_wish_are_refused_by_name() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let first = workspace.deposit("a.txt", &[]).number();
    let other = workspace.run(&["deposit", "a.txt", "--name", "另一名称"]).ends(2);
    assert_eq!(other.error(), "stated_otherwise");
    workspace.file("a.txt", "b");
    assert_eq!(workspace.run(&["deposit", "a.txt"]).ends(2).error(), "changed_since");
    let link = format!("corrects={first}");
    workspace.deposit("a.txt", &["--again", "--link", &link, "--name", "另一名称"]);
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let mut workspace = Workspace::new();
    for (name, bytes) in [("in/a", "1"), ("in/deep/b", "2"), ("in/empty", ""), ("in/c.tiezheng-statement", "{}")] {
        workspace.file(name, bytes);
    }
    symlink("a", workspace.path("in/link")).unwrap();
    let ran = workspace.run(&["deposit", "--recursive", "in", "in/none"]).ends(2);
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
    let folder = workspace.run(&["deposit", "in"]).ends(2);
    assert_eq!(folder.error(), "is_a_folder");
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn files_may_be_called_anything() {
    let mut workspace = Workspace::new();
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
        workspace.file(name, name.as_bytes());
    }
    let arguments: Vec<&OsStr> = [OsStr::new("deposit"), OsStr::new("--")].into_iter().chain(names.clone()).collect();
    let ran = workspace.run(&arguments).ends(0);
    let numbers: HashSet<String> =
        ran.documents().iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!(numbers.len(), names.len());
    for name in &names {
        let arguments = [OsStr::new("verify"), OsStr::new("--"), name];
        workspace.run(&arguments).ends(0);
    }
    let shown = workspace.say("en", &["verify", "a\u{202e}fdp.exe"]).ends(0);
    assert!(shown.stdout.contains("a\\u{202e}fdp.exe"), "{shown:?}");
    assert_eq!(workspace.stop_and_count(), names.len() as u64);
}

#[test]
fn papers_in_another_folder_never_collide() {
    let mut workspace = Workspace::new();
    workspace.file("a/x.txt", "same");
    workspace.file("b/x.txt", "same");
    let deposit = || workspace.run(&["deposit", "-r", "a", "b", "--receipts", "papers"]).ends(0).documents();
    let (first, again) = (deposit(), deposit());
    assert_ne!(first[0]["deposit_number"], first[1]["deposit_number"]);
    let numbers = |documents: &[serde_json::Value]| {
        [documents[0]["deposit_number"].clone(), documents[1]["deposit_number"].clone()]
    };
    assert_eq!(numbers(&first), numbers(&again));
    assert_eq!(fs::read_dir(workspace.path("papers")).unwrap().count(), 4);
    assert_eq!(fs::read_dir(workspace.path("a")).unwrap().count(), 1);
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn many_files_get_a_number_each() {
    let mut workspace = Workspace::new();
    for i in 0..100 {
        workspace.file(format!("in/{i:03}"), format!("file {i}"));
    }
    let ran = workspace.run(&["deposit", "-r", "in", "--case", "（2026）粤0192民初1号"]).ends(0);
    let documents = ran.documents();
    let numbers: HashSet<String> = documents.iter().map(|document| document["deposit_number"].to_string()).collect();
    assert_eq!((documents.len(), numbers.len()), (100, 100));
    assert!(documents.iter().map(|document| document["file"].to_string()).is_sorted(), "told in the files' order");
    assert!(workspace.config().join("keys/（2026）粤0192民初1号.key").is_file());
    assert_eq!(workspace.stop_and_count(), 100);
}

#[test]
fn a_ledger_that_refuses_is_heard_and_leaves_the_way_free_for_the_right_statement() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.file("b", "b");
    let first = workspace.deposit("a", &[]).number();
    let link = format!("withdraws={first}");
    let refused = workspace.run(&["deposit", "b", "--case", "other", "--link", &link]).ends(1);
    assert_eq!(refused.error(), "link_not_yours");
    assert!(!workspace.path("b.tiezheng-statement").exists(), "what was refused was never deposited");
    assert!(!workspace.path("b.tiezheng-receipt.json").exists());
    workspace.deposit("b", &["--case", "other"]);
    assert_eq!(workspace.run(&["deposit", "a", "b", "--name", "x"]).ends(64).error(), "one_file_only");
    assert_eq!(workspace.run(&["deposit", "a", "--link", "corrects=2026"]).ends(64).error(), "mistyped_number");
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn a_ledger_that_breaks_its_word_is_told_so_and_the_old_receipt_is_kept() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.file("b", "b");
    workspace.deposit("a", &[]);
    workspace.deposit("b", &[]);
    // As after a rollback: the receipt in hand is of another record than the ledger's answer.
    fs::copy(workspace.path("b.tiezheng-receipt.json"), workspace.path("a.tiezheng-receipt.json")).unwrap();
    let held = fs::read(workspace.path("a.tiezheng-receipt.json")).unwrap();
    assert_eq!(workspace.run(&["deposit", "a"]).ends(1).error(), "history_rewritten");
    assert_eq!(fs::read(workspace.path("a.tiezheng-receipt.json")).unwrap(), held);
    assert_eq!(workspace.stop_and_count(), 2);
}

#[test]
fn nothing_is_made_where_the_ledger_cannot_be_reached() {
    let workspace = Workspace::alone();
    workspace.file("a", "a");
    assert_eq!(workspace.run(&["deposit", "a"]).ends(2).error(), "unreachable");
    assert_eq!(fs::read_dir(workspace.path("")).unwrap().count(), 1);
    assert!(!workspace.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_request_can_be_posted_by_others() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let lost = workspace.run(&["statement", "a.txt"]).ends(0);
    assert!(lost.document()["private"]["salt"].is_string());
    assert_eq!(workspace.say("en", &["statement", "a.txt"]).ends(64).stdout, "");
    let request = workspace.say("en", &["statement", "a.txt", "--request"]).ends(0).stdout;
    let post = http_client().post(format!("{}/v1/deposits", workspace.url()));
    let answer = post.header("content-type", "application/json").body(request).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let note = workspace.say("en", &["statement", "a.txt", "--private-out", "private.json"]).ends(0).stdout;
    assert!(note.starts_with("tiezheng statement v1\nledger "));
    assert_eq!(mode(&workspace.path("private.json")), 0o600);
}
