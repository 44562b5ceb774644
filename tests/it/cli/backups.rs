//! Incremental and encrypted backups, restores from a public log, and their comparison with receipts.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tiezheng::store::traits::{LogStore as _, PrivateStore as _};

use super::workspace::Workspace;
use crate::opening::copy;
use crate::support::chain::{Draft, erase, found, metadata_at, private, published_of};
use crate::support::process::Node;
use crate::support::stores::{Bench as _, Rocks};

/// The key pair in the documentation of age's implementations.
const SECRET: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const PUBLIC: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A ledger with the deposit `a`, at rest.
fn ledger() -> (Workspace, String) {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.deposit("a", &[]);
    workspace.stop_and_count();
    let data = text(&workspace.top().join("chain"));
    (workspace, data)
}

/// Starts the node again, deposits a file, and stops it.
fn deposit_more(workspace: &mut Workspace, name: &str) {
    let chain = workspace.top().join("chain");
    workspace.start_over(&chain);
    workspace.file(name, name);
    workspace.deposit(name, &[]);
    workspace.stop_and_count();
}

/// The folders in the workspace whose names begin like this.
fn named(workspace: &Workspace, start: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start)).collect();
    found.sort();
    found
}

#[test]
fn a_second_backup_reuses_what_has_not_changed_and_each_copy_is_whole() {
    let (mut workspace, data) = ledger();
    let first = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert_eq!((&first["reused"]["files"], &first["earlier_copies"]), (&0.into(), &Value::Array(vec![])));
    let second = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    let tables = |folder: &Path| -> Vec<(String, u64)> {
        let files = fs::read_dir(folder.join("db")).unwrap().map(|entry| entry.unwrap());
        let tables = files.filter(|entry| entry.path().extension().is_some_and(|end| end == "sst"));
        let mut tables: Vec<_> =
            tables.map(|entry| (text(Path::new(&entry.file_name())), entry.metadata().unwrap().ino())).collect();
        tables.sort();
        tables
    };
    let earlier = named(&workspace, "copy.");
    assert_eq!(earlier.len(), 1);
    let shared = tables(&workspace.path("copy"));
    assert!(!shared.is_empty() && shared == tables(&earlier[0]), "the same bytes on the disk");
    assert_eq!(second["reused"]["files"], shared.len());
    let bytes = |document: &Value| document["copied"]["bytes"].as_u64().unwrap();
    assert_eq!(bytes(&second) + second["reused"]["bytes"].as_u64().unwrap(), second["bytes"].as_u64().unwrap());
    assert!(bytes(&second) < bytes(&first));
    // What does not stay the same for ever is never shared.
    let inode = |folder: &Path, name: &str| fs::metadata(folder.join(name)).unwrap().ino();
    for name in ["mark", "ledger.key", "db/CURRENT"] {
        assert_ne!(inode(&workspace.path("copy"), name), inode(&earlier[0], name), "{name}");
    }

    deposit_more(&mut workspace, "b");
    let third = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert!(third["size"].as_u64() > first["size"].as_u64());
    assert!(third["reused"]["files"].as_u64().unwrap() > 0, "{third}");
    let copies = named(&workspace, "copy");
    assert_eq!(copies.len(), 3);
    for copy in &copies {
        workspace.run(&["audit", &text(copy)]).ends(0);
    }
    let said = workspace.say("en", &["backup", &data, "--to", "copy", "--keep", "2"]).ends(0).stdout;
    assert!(said.contains("reused from the copy before") && said.contains("removed: "), "{said}");
    assert_eq!(named(&workspace, "copy").len(), 2);
    assert!(named(&workspace, ".tiezheng").is_empty());
    // A copy that shares files with removed ones still has them.
    workspace.run(&["audit", "copy"]).ends(0);
    workspace.run(&["restore", "copy", "--data", "restored"]).ends(0);
    workspace.run(&["audit", "restored"]).ends(0);
    assert_eq!(workspace.run(&["backup", &data, "--to", "copy", "--keep", "0"]).code, 64);
}

#[test]
fn a_backup_that_was_cut_off_leaves_the_one_before() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    // While it copied: only a draft more.
    copy(&workspace.path("copy/db"), &workspace.path(".tiezheng-backup-0123456789abcdef/db"));
    workspace.run(&["restore", "copy", "--data", "first"]).ends(0);
    // Between its two renames: only earlier names are left.
    fs::remove_dir_all(workspace.path("copy")).unwrap();
    let restored = workspace.run(&["restore", "copy", "--data", "second"]).ends(0).document();
    assert_eq!(restored["size"], 4);
    let next = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert!(next["reused"]["files"].as_u64().unwrap() > 0, "{next}");
    workspace.run(&["audit", "copy"]).ends(0);
}

#[test]
fn a_backup_never_takes_the_place_of_another_ledger_or_a_later_state() {
    let (mut workspace, data) = ledger();
    copy(Path::new(&data), &workspace.path("old"));
    deposit_more(&mut workspace, "b");
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    let refused = workspace.run(&["backup", "old", "--to", "copy", "--keep", "1"]).ends(1);
    assert_eq!(refused.error(), "backup_ahead");
    // Another history of the same ledger.
    workspace.start_over(&workspace.path("old"));
    for name in ["c", "d"] {
        workspace.file(name, name);
        workspace.deposit(name, &[]);
    }
    let node = Node::start(&workspace.path("other"), &["--origin", "other.example/ledger"]);
    node.stop();
    let ran = workspace.run(&["backup", "other", "--to", "copy"]).ends(2);
    assert_eq!(ran.error(), "destination_exists");
    workspace.stop_and_count();
    assert_eq!(workspace.run(&["backup", "old", "--to", "copy"]).ends(1).error(), "history_differs");
    workspace.run(&["audit", "copy"]).ends(0);
    assert_eq!(named(&workspace, "copy").len(), 1);
    // A folder without a list of its files, as earlier versions made them.
    fs::remove_file(workspace.path("copy/backup.json")).unwrap();
    assert_eq!(workspace.run(&["backup", &data, "--to", "copy"]).ends(2).error(), "destination_exists");
}

#[test]
fn damage_of_the_copy_before_is_told_and_not_carried_on() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    let list: Value = serde_json::from_slice(&fs::read(workspace.path("copy/backup.json")).unwrap()).unwrap();
    let paths = list["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned());
    let table = paths.into_iter().find(|path| Path::new(path).extension() == Some("sst".as_ref())).unwrap();
    let mut bytes = fs::read(workspace.path("copy").join(&table)).unwrap();
    bytes[20] ^= 1;
    fs::write(workspace.path("copy").join(&table), &bytes).unwrap();
    let restored = workspace.run(&["restore", "copy", "--data", "restored"]);
    if restored.code == 1 && restored.document().get("changed_files").is_some() {
        assert_eq!(restored.document()["changed_files"], Value::from(vec![table.clone()]));
    } else {
        assert_ne!(restored.code, 0, "{restored:?}");
    }
    let second = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert_eq!(second["damaged_earlier"], Value::from(vec![table]), "{second}");
    workspace.run(&["audit", "copy"]).ends(0);
}

#[test]
fn copies_from_before_an_erasure_are_named() {
    let bench = &mut Rocks::begin();
    found(bench.store());
    let deposit = Draft::nth(1).meta(&private(1)).waiting(1);
    let block = crate::support::chain::append_with(
        bench.store(),
        vec![deposit],
        &std::collections::BTreeMap::from([(0, private(1))]),
    )
    .unwrap();
    bench.store().publish(published_of(&block)).unwrap();
    bench.close();
    let workspace = Workspace::alone();
    let data = text(&bench.folder());
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    bench.try_open().unwrap();
    erase(bench.store(), &[metadata_at(2)]);
    bench.close();
    // The bytes may still lie in a file of the database.
    let pending = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert_eq!(pending["erasures_pending"], 1, "{pending}");
    bench.try_open().unwrap();
    bench.store().complete_all_erasures().unwrap();
    bench.close();
    let done = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert_eq!(done["erasures_pending"], 0);
    let since: Vec<_> = done["earlier_copies"].as_array().unwrap().iter().map(|copy| &copy["erasures_since"]).collect();
    // Of the copy that was made while the erasure was pending, its own backup has told.
    assert_eq!(since, [0, 1], "{done}");
    for (lang, words) in [("en", "still holds the erased content"), ("zh", "仍含已删除的非公开内容")] {
        let said = workspace.say(lang, &["backup", &data, "--to", "copy"]).ends(0).stdout;
        assert!(said.contains(words), "{said}");
    }
    let kept = workspace.run(&["backup", &data, "--to", "copy", "--keep", "1"]).ends(0).document();
    assert_eq!(kept["earlier_copies"], Value::Array(vec![]));
    assert_eq!(named(&workspace, "copy").len(), 1);
}

#[test]
fn an_encrypted_backup_is_restored_with_its_identity_only() {
    let (workspace, data) = ledger();
    workspace.file("key.txt", format!("# public key: {PUBLIC}\n{SECRET}\n"));
    let backup = workspace.run(&["backup", &data, "--to", "copy.age", "--recipient", PUBLIC]).ends(0).document();
    assert_eq!((&backup["encrypted"], &backup["keys"]["next.key"]), (&true.into(), &"missing".into()), "{backup}");
    let bytes = fs::read(workspace.path("copy.age")).unwrap();
    assert_eq!(fs::metadata(workspace.path("copy.age")).unwrap().mode() & 0o777, 0o600);
    let secret = fs::read(Path::new(&data).join("ledger.key")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    let again = ["backup", &data, "--to", "copy.age", "--recipient", PUBLIC];
    assert_eq!(workspace.run(&again).ends(2).error(), "destination_exists");
    assert_eq!(workspace.run(&["backup", &data, "--to", "x", "--recipient", "age1q"]).code, 64);

    assert_eq!(workspace.run(&["restore", "copy.age", "--data", "restored"]).ends(64).error(), "identity_required");
    let stranger = SECRET.replace("GQ9778", "GQ9779");
    workspace.file("mistyped.txt", stranger);
    let restore =
        |archive: &str, key: &str| workspace.run(&["restore", archive, "--identity", key, "--data", "restored"]);
    assert_eq!(restore("copy.age", "mistyped.txt").ends(2).error(), "bad_identity");
    // Cut off, and changed.
    workspace.file("cut.age", &bytes[..bytes.len() - 100]);
    assert_eq!(restore("cut.age", "key.txt").ends(1).error(), "archive_damaged");
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    workspace.file("changed.age", &changed);
    assert_eq!(restore("changed.age", "key.txt").ends(1).error(), "archive_damaged");
    assert!(!workspace.path("restored/db").exists());
    let restored = restore("copy.age", "key.txt").ends(0).document();
    assert_eq!((&restored["size"], &restored["checkpoint"]), (&4.into(), &backup["checkpoint"]));
    workspace.run(&["audit", "restored"]).ends(0);
    assert_eq!(restore("copy.age", "key.txt").ends(2).error(), "ledger_exists");
    Node::start(&workspace.path("restored"), &[]).stop();
}

#[test]
fn a_restore_of_an_archive_that_was_cut_off_goes_on_with_its_own_archive_only() {
    let (mut workspace, data) = ledger();
    workspace.file("key.txt", format!("{SECRET}\n"));
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    workspace.run(&["backup", &data, "--to", "copy.age", "--recipient", PUBLIC]).ends(0);
    deposit_more(&mut workspace, "b");
    workspace.run(&["backup", &data, "--to", "later.age", "--recipient", PUBLIC]).ends(0);
    let restore = |archive: &str| workspace.run(&["restore", archive, "--identity", "key.txt", "--data", "restored"]);
    let (complete, restored) = (workspace.path("restored/.tiezheng-restored"), workspace.path("restored"));
    let cut_off = || {
        copy(&workspace.path("copy"), &complete);
        fs::remove_file(complete.join("backup.json")).unwrap();
    };
    cut_off();
    assert_eq!(restore("later.age").ends(1).error(), "copy_differs");
    assert!(!restored.join("db").exists() && !restored.join("mark").exists(), "nothing was put in place");
    assert_eq!(restore("copy.age").ends(0).document()["size"], 4);
    workspace.run(&["audit", "restored"]).ends(0);
    // Cut off later, when all parts have their names.
    fs::remove_dir_all(&restored).unwrap();
    cut_off();
    for part in fs::read_dir(&complete).unwrap() {
        let part = part.unwrap();
        fs::rename(part.path(), restored.join(part.file_name())).unwrap();
    }
    assert_eq!(restore("later.age").ends(1).error(), "copy_differs");
    assert_eq!(restore("copy.age").ends(0).document()["size"], 4);
}

#[test]
fn a_restore_proves_what_receipts_say_or_names_what_is_missing() {
    let (mut workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    deposit_more(&mut workspace, "b");
    let (a, b) = ("a.tiezheng-receipt.json", "b.tiezheng-receipt.json");
    let known = workspace.run(&["restore", "copy", "--data", "first", "--expect", a]).ends(0).document();
    assert_eq!((&known["expected"][0]["result"], &known["expected"][0]["size"]), (&"contained".into(), &4.into()));
    let lost = workspace.run(&["restore", "copy", "--data", "second", "--expect", a, b]).ends(1).document();
    assert_eq!(lost["expected"][1]["result"], "missing");
    assert_eq!(lost["expected"][1]["missing"], serde_json::json!({ "first": 4, "count": 2 }));
    let said = workspace.say("zh", &["restore", "copy", "--data", "third", "--expect", b]).ends(1).stdout;
    assert!(said.contains("缺少第 4 至 5 条，共 2 条"), "{said}");
    // Another ledger's, and nothing of the kind.
    let other = Workspace::new();
    other.file("a", "a");
    other.deposit("a", &[]);
    let foreign = text(&other.path("a.tiezheng-receipt.json"));
    let ran = workspace.run(&["restore", "copy", "--data", "fourth", "--expect", &foreign]).ends(2);
    assert_eq!(ran.error(), "expectation_not_signed");
    let ran = workspace.run(&["restore", "copy", "--data", "fifth", "--expect", "a"]).ends(2);
    assert_eq!(ran.error(), "bad_expectation");
    assert!(!workspace.path("fifth").exists());
}

/// The key that the workspace trusts.
fn pinned(workspace: &Workspace) -> String {
    let policy = fs::read_to_string(workspace.policy()).unwrap();
    let line = policy.lines().find_map(|line| line.strip_prefix("log ")).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn the_public_ledger_is_rebuilt_from_a_nodes_log() {
    let mut workspace = Workspace::new();
    for name in ["a", "b"] {
        workspace.file(name, name);
        workspace.deposit(name, &[]);
    }
    let (url, key) = (workspace.url().to_owned(), pinned(&workspace));
    let receipt = "b.tiezheng-receipt.json";
    let ledger_key = text(&workspace.top().join("chain/ledger.key"));
    let restore =
        |data: &str, more: &[&str]| workspace.run(&[&["restore", "--from", &url, "--data", data][..], more].concat());
    let rebuilt = restore("restored", &["--expect", receipt]).ends(0).document();
    assert_eq!((&rebuilt["size"], &rebuilt["read_only"]), (&6.into(), &true.into()), "{rebuilt}");
    assert_eq!(rebuilt["expected"][0]["result"], "contained");
    assert_eq!(rebuilt["missing"]["private_content"], 2, "{rebuilt}");
    let audit = workspace.run(&["audit", "restored", "--key", &key]).ends(0).document();
    assert_eq!((&audit["entries"], &audit["clean"]), (&2.into(), &true.into()));
    assert_eq!(restore("restored", &[]).ends(2).error(), "ledger_exists");
    let serve = ["serve", "--test", "--data", "restored", "--listen", "127.0.0.1:0"];
    assert_eq!(workspace.run(&serve).ends(2).error(), "ledger_key_missing");
    // With the operator's key, a node goes on with it.
    let foreign = workspace.top().join("chain/platform.key");
    let ran = restore("second", &["--ledger-key", &text(&foreign)]).ends(2);
    assert_eq!(ran.error(), "other_key");
    let rebuilt = restore("second", &["--ledger-key", &ledger_key, "--key", &key]).ends(0).document();
    assert_eq!(rebuilt["read_only"], false);
    for (lang, words) in [("en", "the originals in custody"), ("zh", "托管原文")] {
        let folder = format!("told-{lang}");
        let said = workspace.say(lang, &["restore", "--from", &url, "--data", &folder]).ends(0).stdout;
        assert!(said.contains(words), "{said}");
    }
    // Not trusted.
    let other = Node::start(&workspace.path("other"), &[]);
    let other_url = other.url.clone();
    let ran = workspace.run(&["restore", "--from", &other_url, "--data", "never", "--key", &key]).ends(1);
    assert_eq!(ran.error(), "checkpoint_not_trusted");
    other.stop();
    workspace.reset_configuration();
    let ran = workspace.run(&["restore", "--from", &url, "--data", "never"]).ends(64);
    assert_eq!(ran.error(), "key_required");
    workspace.stop_and_count();
    let node = Node::start(&workspace.path("second"), &[]);
    let verified = workspace.run(&["verify", "a", "--receipt", "a.tiezheng-receipt.json", "--server", &node.url]);
    assert!(verified.code != 1, "{verified:?}");
    node.stop();
}
