//! `serve`, `audit`, `backup`, `restore`, `demo` in sequence.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tiezheng::ledger::key::Name;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning::Options;

use crate::cli::workspace::Workspace;
use crate::support::process::Node;
use crate::support::stores::on_disk;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_node_keeps_its_folder_its_keys_and_its_address_to_itself() {
    let workspace = Workspace::new();
    let chain = workspace.top().join("chain");
    for key in ["ledger.key", "next.key"] {
        assert_eq!(fs::metadata(chain.join(key)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let data = text(&chain);
    assert_eq!(workspace.run(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).ends(2).error(), "ledger_in_use");
    assert_eq!(workspace.run(&["audit", &data]).ends(2).error(), "ledger_in_use");
    // A running node is backed up through its control socket.
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        assert_eq!(workspace.run(&["serve", "--listen", address]).ends(64).error(), "not_loopback");
    }
    assert!(!workspace.path("chain-data").exists());
    let taken = workspace.url().trim_start_matches("http://").to_owned();
    assert_eq!(workspace.run(&["serve", "--data", "other", "--listen", &taken]).ends(2).error(), "cannot_listen");
    assert!(!workspace.path("other").exists(), "a node that cannot listen founds no ledger");
}

#[test]
fn a_node_that_starts_again_is_the_same_ledger() {
    let mut workspace = Workspace::with(&["--origin", "example.org/ledger"]);
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    assert_eq!(workspace.stop_and_count(), 1);
    let chain = workspace.top().join("chain");
    let data = text(&chain);
    let other = workspace.run(&["serve", "--data", &data, "--origin", "example.org/other"]).ends(64);
    assert_eq!(other.error(), "another_ledger");
    let node = Node::start(&chain, &[]);
    workspace.run(&["verify", "a", "--number", &number, "--server", &node.url]).ends(0);
    node.stop();
    fs::rename(chain.join("ledger.key"), chain.join("lost")).unwrap();
    assert_eq!(workspace.run(&["serve", "--data", &data]).ends(2).error(), "ledger_key_missing");
    let elsewhere = workspace.top().join("elsewhere");
    workspace.run(&["key", "new", "--ledger", "example.org/ledger", "--out", &text(&elsewhere)]).ends(0);
    fs::rename(elsewhere, chain.join("ledger.key")).unwrap();
    assert_eq!(workspace.run(&["serve", "--data", &data]).ends(2).error(), "other_key");
}

#[test]
fn a_pool_of_none_is_refused_before_anything_is_founded() {
    let workspace = Workspace::alone();
    let data = text(&workspace.top().join("chain"));
    workspace.run(&["serve", "--data", &data, "--listen", "127.0.0.1:0", "--pool", "0"]).ends(64);
    assert!(!workspace.top().join("chain").exists());
}

#[test]
fn a_node_that_ends_cleanly_leaves_every_index_row_in_its_table() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.deposit("a", &[]);
    workspace.stop_and_count();
    let rows = |table| on_disk(&workspace.top().join("chain"), table);
    assert_eq!((rows("numbers"), rows("statements"), rows("digests"), rows("meta")), (1, 1, 2, 3));
}

#[test]
fn a_creation_that_was_cut_off_before_the_keys_is_finished() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    Node::start(&chain, &[]).stop();
    let (cut, unkeyed) = (workspace.top().join("cut"), workspace.top().join("unkeyed"));
    fs::create_dir(&cut).unwrap();
    fs::write(cut.join(".tiezheng-new-mark"), b"cut").unwrap();
    let origin = Name::parse("example.org/ledger").unwrap();
    drop(RocksStore::create(&unkeyed, &origin, &Options::default()).unwrap());
    // Written first; where it is alone, nothing was signed yet.
    let next = text(&unkeyed.join("next.key"));
    workspace.run(&["key", "new", "--ledger", "example.org/ledger", "--out", &next]).ends(0);
    for folder in [cut, unkeyed] {
        Node::start(&folder, &[]).stop();
        workspace.run(&["audit", &text(&folder)]).ends(0);
        assert!(folder.join("ledger.key").is_file());
    }
    let keys = workspace.top().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::copy(chain.join("ledger.key"), keys.join("ledger.key")).unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--next-key-out", "next.key"];
    let data = text(&keys);
    let serve = [&["serve", "--deposits", "open", "--data", &data][..], &listen].concat();
    assert_eq!(workspace.run(&serve).ends(2).error(), "key_without_ledger");
}

#[test]
fn a_backup_is_checked_and_restored_into_an_empty_folder_only() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    workspace.stop_and_count();
    let data = text(&workspace.top().join("chain"));
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    workspace.file("mine/notes.txt", "x");
    assert_eq!(workspace.run(&["backup", &data, "--to", "mine"]).ends(2).error(), "destination_exists");
    workspace.run(&["audit", "copy"]).ends(0);
    workspace.file("restored/README.md", "kept");
    let restored = workspace.run(&["restore", "copy", "--data", "restored"]).ends(0);
    assert_eq!(restored.document()["size"], 4);
    assert!(workspace.path("restored/README.md").is_file() && !workspace.path("restored/restoring").exists());
    assert_eq!(workspace.run(&["restore", "copy", "--data", "restored"]).ends(2).error(), "ledger_exists");
    workspace.file("taken/diary.txt", "x");
    assert_eq!(workspace.run(&["restore", "copy", "--data", "taken"]).ends(2).error(), "folder_not_empty");
    assert_eq!(
        fs::read_dir(workspace.path("taken"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name() != "lock")
            .count(),
        1
    );
    let node = Node::start(&workspace.path("restored"), &[]);
    workspace.run(&["verify", "a", "--number", &number, "--server", &node.url]).ends(0);
    for (lang, word) in [("en", "rollback"), ("zh", "回退")] {
        let help = workspace.say(lang, &["restore", "--help"]).ends(0).stdout;
        assert!(help.contains(word), "{help}");
    }
}

#[test]
fn an_audit_finds_what_is_missing() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.deposit("a", &[]);
    workspace.stop_and_count();
    let chain = workspace.top().join("chain");
    assert_eq!(workspace.run(&["audit", "nowhere"]).ends(2).error(), "no_ledger");
    let wrong = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let other = workspace.run(&["audit", &text(&chain), "--key", wrong]).ends(1).document();
    assert_eq!(other["findings"][0]["code"], "checkpoint");
    fs::remove_file(chain.join("mark")).unwrap();
    assert_eq!(workspace.run(&["audit", &text(&chain)]).ends(1).error(), "mark_missing");
}

#[test]
fn the_demonstration_comes_out_and_leaves_nothing_behind() {
    let workspace = Workspace::alone();
    let folder = text(&workspace.path(""));
    let told = workspace.run(&["demo", "--size-mib", "2", "--folder", &folder]).ends(0).document();
    assert_eq!(told["good"], true, "{told:#}");
    let steps = told["steps"].as_array().unwrap();
    for (step, found) in [
        ("the audit names the damaged entry and its block", "entry and block named, 1"),
        ("receipt refreshed: cosignatures, quorum, trusted time", "3/3, true, true"),
        ("the conclusion of the verification", "consistent, 0"),
        ("the operator's node does not answer", "unreachable, 2"),
        ("the conclusion against a mirror", "consistent, 0"),
        ("the node refuses to start and signs nothing", "rolled_back, 1"),
    ] {
        assert!(steps.iter().any(|told| told["step"] == step && told["found"] == found), "{step}: {told:#}");
    }
    assert_eq!(fs::read_dir(workspace.path("")).unwrap().count(), 0);
    assert!(!workspace.config().exists(), "the user's configuration is untouched");
}
