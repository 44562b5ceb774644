//! The user's folder: pinned ledger keys and signing keys.

use std::fs;

use crate::cli::workspace::Workspace;
use crate::support::process::Node;

#[test]
fn a_ledger_is_pinned_on_first_contact_and_its_changed_key_refused() {
    let workspace = Workspace::with(&["--origin", "example.org/ledger"]);
    workspace.file("a", "a");
    let first = workspace.run(&["deposit", "a"]).ends(0);
    assert!(first.stderr.contains("example.org/ledger+"), "the key is shown: {first:?}");
    let quiet = workspace.run(&["deposit", "a"]).ends(0);
    assert!(!quiet.stderr.contains("example.org/ledger+"), "{quiet:?}");
    let policy = fs::read_to_string(workspace.policy()).unwrap();
    assert!(policy.contains(&format!(" {}\n", workspace.url())) && policy.ends_with("quorum none\n"), "{policy}");

    let impostor = Node::start(&workspace.top().join("impostor"), &["--origin", "example.org/ledger"]);
    workspace.file("b", "b");
    let number = quiet.number();
    for command in [vec!["deposit", "b"], vec!["lookup", &number], vec!["receipt", &number], vec!["trust", "fetch"]] {
        let server = if command[0] == "trust" { vec![&*impostor.url] } else { vec!["--server", &impostor.url] };
        let arguments = [command, server].concat();
        let refused = workspace.run(&arguments).ends(1);
        assert_eq!(refused.error(), "ledger_key_changed");
        assert!(refused.stderr.contains("HAS CHANGED"), "{refused:?}");
    }
    assert!(!workspace.path("b.tiezheng-statement").exists(), "nothing was made for the impostor");
    assert_eq!(fs::read_to_string(workspace.policy()).unwrap(), policy);
}

#[test]
fn pinned_keys_are_listed_added_and_removed() {
    let workspace = Workspace::alone();
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(workspace.run(&["trust", "list"]).ends(0).document()["ledgers"], serde_json::json!([]));
    assert_eq!(workspace.run(&["trust", "add", key, "https://Example.org/"]).ends(0).document()["new"], true);
    assert_eq!(workspace.run(&["trust", "add", key]).ends(0).document()["new"], false);
    let listed = workspace.run(&["trust", "list"]).ends(0).document();
    assert_eq!(listed["ledgers"][0]["url"], "https://example.org");
    workspace.run(&["trust", "add", &key.replace("c74f", "c74e")]).ends(64);
    let policy = workspace.policy();
    workspace.run(&["trust", "remove", "PeterNeumann"]).ends(0);
    assert_eq!(workspace.run(&["trust", "remove", "PeterNeumann"]).ends(1).error(), "not_pinned");
    fs::write(policy, "log x\n").unwrap();
    assert_eq!(workspace.run(&["trust", "list"]).ends(2).error(), "bad_policy");
}

#[test]
fn keys_are_made_and_never_overwritten() {
    let workspace = Workspace::alone();
    let first = workspace.run(&["key", "new", "--case", "a"]).ends(0).document();
    let again = workspace.run(&["key", "new", "--case", "a"]).ends(0).document();
    assert_eq!((&first["new"], &again["new"]), (&true.into(), &false.into()));
    assert_eq!(first["key"], again["key"]);
    assert_eq!(workspace.run(&["key", "new", "--case", "../a"]).ends(64).error(), "bad_case_name");
    let ledger = ["key", "new", "--ledger", "example.org/ledger", "--out", "ledger.key"];
    workspace.run(&ledger).ends(0);
    let kept = fs::read(workspace.path("ledger.key")).unwrap();
    assert_eq!(workspace.run(&ledger).ends(2).error(), "destination_exists");
    assert_eq!(fs::read(workspace.path("ledger.key")).unwrap(), kept);
    workspace.run(&["key", "new", "--ledger", "example.org/ledger"]).ends(64);
    workspace.run(&["key", "new", "--ledger", "a b", "--out", "x"]).ends(64);
}
