//! `serve`, `audit`, `backup`, `restore`, `demo` in sequence.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tiezheng::ledger::key::Name;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning::Options;

use crate::cli::workspace::FilingService;
use crate::support::process::Node;
use crate::support::stores::on_disk;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_node_keeps_its_folder_its_keys_and_its_address_to_itself() {
    let filing = FilingService::new();
    let chain = filing.top().join("chain");
    for key in ["ledger.key", "next.key"] {
        assert_eq!(fs::metadata(chain.join(key)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let data = text(&chain);
    assert_eq!(filing.run(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).ends(2).error(), "ledger_in_use");
    assert_eq!(filing.run(&["audit", &data]).ends(2).error(), "ledger_in_use");
    assert_eq!(filing.run(&["backup", &data, "--to", "copy"]).ends(2).error(), "ledger_in_use");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        assert_eq!(filing.run(&["serve", "--listen", address]).ends(64).error(), "not_loopback");
    }
    assert!(!filing.path("chain-data").exists());
    let taken = filing.url().trim_start_matches("http://").to_owned();
    assert_eq!(filing.run(&["serve", "--data", "other", "--listen", &taken]).ends(2).error(), "cannot_listen");
    assert!(!filing.path("other").exists(), "a node that cannot listen founds no ledger");
}

#[test]
fn a_node_that_starts_again_is_the_same_ledger() {
    let mut filing = FilingService::with(&["--origin", "example.org/ledger"]);
    filing.file("a", "a");
    let number = filing.deposit("a", &[]).number();
    assert_eq!(filing.stop_and_count(), 1);
    let chain = filing.top().join("chain");
    let data = text(&chain);
    let other = filing.run(&["serve", "--data", &data, "--origin", "example.org/other"]).ends(64);
    assert_eq!(other.error(), "another_ledger");
    let node = Node::start(&chain, &[]);
    filing.run(&["verify", "a", "--number", &number, "--server", &node.url]).ends(0);
    node.stop();
    fs::rename(chain.join("ledger.key"), chain.join("lost")).unwrap();
    assert_eq!(filing.run(&["serve", "--data", &data]).ends(2).error(), "ledger_key_missing");
    let elsewhere = filing.top().join("elsewhere");
    filing.run(&["keygen", "--ledger", "example.org/ledger", "--out", &text(&elsewhere)]).ends(0);
    fs::rename(elsewhere, chain.join("ledger.key")).unwrap();
    assert_eq!(filing.run(&["serve", "--data", &data]).ends(2).error(), "other_key");
}

#[test]
fn a_pool_of_none_is_refused_before_anything_is_founded() {
    let filing = FilingService::alone();
    let data = text(&filing.top().join("chain"));
    filing.run(&["serve", "--data", &data, "--listen", "127.0.0.1:0", "--pool", "0"]).ends(64);
    assert!(!filing.top().join("chain").exists());
}

#[test]
fn a_node_that_ends_cleanly_leaves_every_index_row_in_its_table() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    filing.deposit("a", &[]);
    filing.stop_and_count();
    let rows = |table| on_disk(&filing.top().join("chain"), table);
    assert_eq!((rows("numbers"), rows("statements"), rows("digests"), rows("meta")), (1, 1, 2, 3));
}

#[test]
fn a_creation_that_was_cut_off_before_the_keys_is_finished() {
    let filing = FilingService::alone();
    let chain = filing.top().join("chain");
    Node::start(&chain, &[]).stop();
    let (cut, unkeyed) = (filing.top().join("cut"), filing.top().join("unkeyed"));
    fs::create_dir(&cut).unwrap();
    fs::write(cut.join(".tiezheng-new-mark"), b"cut").unwrap();
    let origin = Name::parse("example.org/ledger").unwrap();
    drop(RocksStore::create(&unkeyed, &origin, &Options::default()).unwrap());
    // Written first; where it is alone, nothing was signed yet.
    fs::copy(chain.join("next.key"), unkeyed.join("next.key")).unwrap();
    for folder in [cut, unkeyed] {
        Node::start(&folder, &[]).stop();
        filing.run(&["audit", &text(&folder)]).ends(0);
        assert!(folder.join("ledger.key").is_file());
    }
    let keys = filing.top().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::copy(chain.join("ledger.key"), keys.join("ledger.key")).unwrap();
    let serve = ["serve", "--deposits", "open", "--data", &text(&keys)];
    assert_eq!(filing.run(&serve).ends(2).error(), "key_without_ledger");
}

#[test]
fn a_backup_is_checked_and_restored_into_an_empty_folder_only() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    let number = filing.deposit("a", &[]).number();
    filing.stop_and_count();
    let data = text(&filing.top().join("chain"));
    filing.run(&["backup", &data, "--to", "copy"]).ends(0);
    assert_eq!(filing.run(&["backup", &data, "--to", "copy"]).ends(2).error(), "destination_exists");
    filing.run(&["audit", "copy"]).ends(0);
    filing.file("restored/README.md", "kept");
    let restored = filing.run(&["restore", "copy", "--data", "restored"]).ends(0);
    assert_eq!(restored.document()["size"], 4);
    assert!(filing.path("restored/README.md").is_file() && !filing.path("restored/restoring").exists());
    assert_eq!(filing.run(&["restore", "copy", "--data", "restored"]).ends(2).error(), "ledger_exists");
    filing.file("taken/diary.txt", "x");
    assert_eq!(filing.run(&["restore", "copy", "--data", "taken"]).ends(2).error(), "folder_not_empty");
    assert_eq!(
        fs::read_dir(filing.path("taken"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name() != "lock")
            .count(),
        1
    );
    let node = Node::start(&filing.path("restored"), &[]);
    filing.run(&["verify", "a", "--number", &number, "--server", &node.url]).ends(0);
    for (lang, word) in [("en", "rollback"), ("zh", "回退")] {
        let help = filing.say(lang, &["restore", "--help"]).ends(0).stdout;
        assert!(help.contains(word), "{help}");
    }
}

#[test]
fn an_audit_finds_what_is_missing() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    filing.deposit("a", &[]);
    filing.stop_and_count();
    let chain = filing.top().join("chain");
    assert_eq!(filing.run(&["audit", "nowhere"]).ends(2).error(), "no_ledger");
    let wrong = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let other = filing.run(&["audit", &text(&chain), "--key", wrong]).ends(1).document();
    assert_eq!(other["findings"][0]["code"], "checkpoint");
    fs::remove_file(chain.join("mark")).unwrap();
    assert_eq!(filing.run(&["audit", &text(&chain)]).ends(1).error(), "mark_missing");
}

#[test]
fn the_demonstration_comes_out_and_leaves_nothing_behind() {
    let filing = FilingService::alone();
    let folder = text(&filing.path(""));
    let told = filing.run(&["demo", "--size-mib", "2", "--folder", &folder]).ends(0).document();
    assert_eq!(told["good"], true);
    let mut steps = told["steps"].as_array().unwrap().iter();
    assert!(steps.any(|step| step["found"] == "entry and block named, 1"), "{told:#}");
    assert_eq!(fs::read_dir(filing.path("")).unwrap().count(), 0);
    assert!(!filing.config().exists(), "the user's configuration is untouched");
}
