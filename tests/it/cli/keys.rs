//! `key new`, `key rotate` and `key retire` on real folders: under load, after an interruption at each step, with a lost key, and what
//! depositors and backups make of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::workspace::{CommandRun, Workspace, ran};
use crate::support::process::{LiveNode, Node, program};

/// A ledger's folder with its successor's key elsewhere.
struct Ledger {
    root: tempfile::TempDir,
}

impl Ledger {
    /// A live ledger with one block besides genesis.
    fn new() -> Self {
        let ledger = Self { root: tempfile::tempdir().unwrap() };
        let first = ledger.path("1.key");
        LiveNode::start(&ledger.data(), &["--deposits", "open", "--next-key-out", text(&first)]).stop();
        ledger
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("ledger")
    }

    fn key(&self, name: &str) -> String {
        fs::read_to_string(self.data().join(name)).unwrap()
    }

    /// Rotates with `N.key` as the new key and `N+1.key` for its successor's.
    fn rotate(&self, n: u8, more: &[&str]) -> CommandRun {
        let (next, out) = (self.path(&format!("{n}.key")), self.path(&format!("{}.key", n + 1)));
        rotate(&self.data(), &next, &out, more)
    }

    /// A copy of the whole folder.
    fn copy(&self, name: &str) -> PathBuf {
        copy(&self.data(), &self.path(name))
    }

    fn audit(&self, data: &Path) {
        let mut command = program();
        command.args(["--json", "audit"]).arg(data).env("TIEZHENG_CONFIG", self.path("auditor"));
        let report = ran(command).ends(0).document();
        assert_eq!(report["clean"], true, "{report}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn copy(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    to.to_owned()
}

fn rotate(data: &Path, next: &Path, out: &Path, more: &[&str]) -> CommandRun {
    let mut command = program();
    command.args(["--json", "key", "rotate", "--data"]).arg(data);
    command.arg("--next-key").arg(next).arg("--next-key-out").arg(out).args(more);
    ran(command)
}

/// The keys of the node's ledger, as it tells them.
fn keys_of(url: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let get = async {
        let client = crate::support::process::http_client();
        client.get(format!("{url}/v1/ledger/keys")).send().await.unwrap().json::<Value>().await.unwrap()
    };
    runtime.block_on(get)
}

/// How many keys signed the checkpoint of the node.
fn signatures(url: &str) -> usize {
    keys_of(url)["checkpoint"].as_str().unwrap().matches("\n— ").count()
}

#[test]
fn a_live_ledger_keeps_its_successors_key_elsewhere() {
    let workspace = Workspace::alone();
    let serve = ["serve", "--data", "l", "--listen", "127.0.0.1:0", "--deposits", "open", "--stop-with-stdin"];
    assert_eq!(workspace.run(&serve).ends(64).error(), "next_key_out_required");
    let beside = [&serve[..], &["--next-key-out", "l/next.key"]].concat();
    assert_eq!(workspace.run(&beside).ends(64).error(), "next_key_beside_ledger");
    let nowhere = [&serve[..], &["--next-key-out", "none/next.key"]].concat();
    workspace.run(&nowhere).ends(2);
    assert!(!workspace.path("l").exists());
    let taken = workspace.file("taken", "PRIVATE+KEY+…");
    fs::set_permissions(&taken, fs::Permissions::from_mode(0o600)).unwrap();
    workspace.run(&[&serve[..], &["--next-key-out", "taken"]].concat()).ends(2);
    assert_eq!(fs::read_to_string(&taken).unwrap(), "PRIVATE+KEY+…");
    // What an interrupted creation left is completed.
    let out = workspace.path("next.key");
    LiveNode::start(&workspace.path("l"), &["--deposits", "open", "--next-key-out", text(&out)]).stop();
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!workspace.path("l/next.key").exists());
    // A test ledger keeps it in its folder unless told otherwise.
    Node::start(&workspace.path("t"), &[]).stop();
    assert!(workspace.path("t/next.key").exists());
}

#[test]
fn the_earlier_name_of_key_new_says_the_new_one() {
    let run = Workspace::alone().run(&["keygen", "--ledger", "example.org/l", "--out", "l.key"]).ends(64);
    assert_eq!(run.error(), "renamed_command");
    assert!(run.stdout.contains("tiezheng key new '--ledger' 'example.org/l' '--out' 'l.key'"), "{}", run.stdout);
}

#[test]
fn a_rotation_between_deposits_and_all_that_follow_it() {
    let mut workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    workspace.start_over(&chain);
    for n in 0..40 {
        workspace.file(format!("before{n}"), format!("before {n}"));
    }
    let files: Vec<String> = (0..40).map(|n| format!("before{n}")).collect();
    let deposit = |workspace: &Workspace, names: &[String]| {
        let arguments: Vec<&str> = ["deposit"].into_iter().chain(names.iter().map(String::as_str)).collect();
        workspace.run(&arguments).ends(0);
    };
    deposit(&workspace, &files);
    let pinned = workspace.run(&["trust", "list"]).ends(0).stdout;
    let earlier = copy(workspace.config(), &workspace.top().join("earlier"));
    workspace.stop_and_count();
    let rotated = rotate(&chain, &chain.join("next.key"), &workspace.path("after.key"), &[]).ends(0).document();
    let new = rotated["key"].as_str().unwrap().to_owned();
    assert!(!pinned.contains(&new) && pinned.contains(rotated["previous_key"].as_str().unwrap()));
    assert!(!chain.join("next.key").exists(), "it is ledger.key now");
    workspace.start_over(&chain);
    assert_eq!(signatures(workspace.url()), 2);
    // The client follows the notice from its pinned key, and verifies new and old receipts.
    for n in 0..40 {
        workspace.file(format!("after{n}"), format!("after {n}"));
    }
    let files: Vec<String> = (0..40).map(|n| format!("after{n}")).collect();
    deposit(&workspace, &files);
    let pinned = workspace.run(&["trust", "list"]).ends(0).stdout;
    assert!(pinned.contains(&new) && !pinned.contains(rotated["previous_key"].as_str().unwrap()), "{pinned}");
    for file in ["before0", "after0"] {
        let receipt = format!("{file}.tiezheng-receipt.json");
        for more in [&["--offline"][..], &[]] {
            let run = workspace.run(&[&["verify", file, "--receipt", &receipt][..], more].concat()).ends(0);
            assert!(run.stdout.contains("consistent_with_reservation"), "{}", run.stdout);
        }
    }
    let report = workspace.run(&["verify", "after0", "--receipt", "after0.tiezheng-receipt.json", "--offline"]).ends(0);
    assert!(report.stdout.contains("key_since"), "{}", report.stdout);
    assert_eq!(workspace.stop_and_count(), 80);
    // Somebody who has only the old key follows the notices, also after the old key has signed for the last time.
    fs::remove_file(chain.join("previous.key")).unwrap();
    workspace.start_over(&chain);
    workspace.file("last", "last");
    workspace.run(&["deposit", "last"]).ends(0);
    assert_eq!(signatures(workspace.url()), 1);
    let mut command = workspace.command();
    command.env("TIEZHENG_CONFIG", &earlier).args(["--json", "verify", "after0", "--receipt"]);
    let verified = ran({
        command.arg("after0.tiezheng-receipt.json");
        command
    });
    let verified = verified.ends(0).document();
    let history = verified["steps"].as_array().unwrap().iter().find(|step| step["code"] == "later_links").unwrap();
    assert_eq!(history["outcome"]["code"], "checked", "the node's ledger is recognised: {history}");
}

#[test]
fn retiring_the_old_key_ends_its_signatures_while_the_node_runs() {
    let ledger = Ledger::new();
    ledger.rotate(1, &[]).ends(0);
    assert!(ledger.data().join("previous.key").exists());
    let node = LiveNode::start(&ledger.data(), &[]);
    assert_eq!((signatures(&node.url), keys_of(&node.url)["keys"].as_array().unwrap().len()), (2, 2));
    let retire = || {
        let mut command = program();
        command.args(["--json", "key", "retire", "--data"]).arg(ledger.data());
        ran(command).ends(0).document()["retired"].clone()
    };
    assert_eq!((retire(), retire()), (true.into(), false.into()));
    assert!(!ledger.data().join("previous.key").exists());
    node.stop();
    assert_eq!(retire(), false);
    // With the node stopped.
    ledger.rotate(2, &[]).ends(0);
    assert_eq!((retire(), retire()), (true.into(), false.into()));
    let node = LiveNode::start(&ledger.data(), &[]);
    assert_eq!(keys_of(&node.url)["keys"].as_array().unwrap().len(), 3);
    node.stop();
    ledger.audit(&ledger.data());
}

#[test]
fn a_rotation_needs_the_right_keys_and_a_stopped_node() {
    let ledger = Ledger::new();
    let before = ledger.key("ledger.key");
    let node = LiveNode::start(&ledger.data(), &[]);
    assert_eq!(ledger.rotate(1, &[]).ends(2).error(), "node_running");
    node.stop();
    let mut command = program();
    command.args(["key", "new", "--ledger", "another.example/ledger", "--out"]).arg(ledger.path("7.key"));
    ran(command).ends(0);
    assert_eq!(ledger.rotate(7, &[]).ends(2).error(), "next_key_differs");
    assert_eq!(ledger.rotate(1, &["--old-key-lost"]).ends(64).error(), "key_not_lost");
    let (first, data) = (ledger.path("1.key"), ledger.data());
    assert_eq!(rotate(&data, &first, &ledger.path("7.key"), &[]).ends(2).error(), "key_of_another_ledger");
    assert_eq!(rotate(&data, &first, &first, &[]).ends(2).error(), "destination_exists");
    assert_eq!(rotate(&data, &first, &data.join("2.key"), &[]).ends(64).error(), "next_key_beside_ledger");
    fs::set_permissions(&first, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(ledger.rotate(1, &[]).ends(2).error(), "key_file_open");
    fs::set_permissions(&first, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!ledger.path("2.key").exists() && !data.join("rotation.key").exists());
    assert_eq!(ledger.key("ledger.key"), before);
    ledger.rotate(1, &[]).ends(0);
    assert_eq!(fs::metadata(ledger.path("2.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((ledger.key("previous.key"), ledger.key("ledger.key")), (before, fs::read_to_string(&first).unwrap()));
    // Foreign files are refused and named.
    for (name, code) in [("previous.key", "previous_key_differs"), ("rotation.key", "rotation_key_differs")] {
        let own = fs::read(data.join(name)).ok();
        fs::copy(ledger.path("7.key"), data.join(name)).unwrap();
        let mut command = program();
        command.args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        assert_eq!(ran(command).ends(2).error(), code);
        fs::remove_file(data.join(name)).unwrap();
        if let Some(own) = &own {
            fs::write(data.join(name), own).unwrap();
        }
    }
}

/// Changes a folder as an interruption leaves it.
type Interruption<'a> = &'a dyn Fn(&Path);

/// Every state in which an interruption can leave the folder.
#[test]
fn an_interruption_at_any_step_is_completed_by_the_same_command_or_the_next_start() {
    let ledger = Ledger::new();
    let before = ledger.copy("before");
    ledger.rotate(1, &[]).ends(0);
    let old = fs::read_to_string(before.join("ledger.key")).unwrap();
    let new = ledger.key("ledger.key");
    let steps: [(&str, Interruption<'_>); 6] = [
        ("the successor's key is written", &|_| {}),
        ("rotation.key is written", &|data| write(&data.join("rotation.key"), &new)),
        ("the notice is appended, and its checkpoint is not published", &|data| {
            write(&data.join("rotation.key"), &new);
            replace(&ledger.data().join("db"), &data.join("db"));
        }),
        ("the checkpoint is published", &|data| {
            write(&data.join("rotation.key"), &new);
            replace(&ledger.data().join("db"), &data.join("db"));
            fs::copy(ledger.data().join("mark"), data.join("mark")).unwrap();
        }),
        ("previous.key is written", &|data| {
            write(&data.join("rotation.key"), &new);
            write(&data.join("previous.key"), &old);
            replace(&ledger.data().join("db"), &data.join("db"));
            fs::copy(ledger.data().join("mark"), data.join("mark")).unwrap();
        }),
        ("rotation.key is ledger.key", &|data| {
            write(&data.join("ledger.key"), &new);
            write(&data.join("previous.key"), &old);
            replace(&ledger.data().join("db"), &data.join("db"));
            fs::copy(ledger.data().join("mark"), data.join("mark")).unwrap();
        }),
    ];
    for (n, (step, prepare)) in steps.iter().enumerate() {
        for by_start in [false, true] {
            let data = copy(&before, &ledger.path(&format!("{n}{by_start}")));
            prepare(&data);
            if by_start {
                let node = LiveNode::start(&data, &[]);
                let keys = keys_of(&node.url)["keys"].as_array().unwrap().len();
                assert_eq!(keys, if n < 2 { 1 } else { 2 }, "{step}");
                node.stop();
            }
            if !by_start || n < 2 {
                rotate(&data, &ledger.path("1.key"), &ledger.path("2.key"), &[]).ends(0);
            }
            let kept = |name: &str| fs::read_to_string(data.join(name)).unwrap();
            assert_eq!((kept("ledger.key"), kept("previous.key")), (new.clone(), old.clone()), "{step}");
            assert!(!data.join("rotation.key").exists(), "{step}");
            let node = LiveNode::start(&data, &[]);
            assert_eq!(keys_of(&node.url)["keys"].as_array().unwrap().len(), 2, "{step}");
            node.stop();
            ledger.audit(&data);
            // The next rotation goes on from here.
            rotate(&data, &ledger.path("2.key"), &ledger.path(&format!("3{n}{by_start}.key")), &[]).ends(0);
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn replace(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

#[test]
fn a_lost_key_is_replaced_and_a_stolen_one_opens_nothing() {
    let ledger = Ledger::new();
    let stolen = ledger.key("ledger.key");
    fs::remove_file(ledger.data().join("ledger.key")).unwrap();
    assert_eq!(ledger.rotate(1, &[]).ends(2).error(), "ledger_key_missing");
    let rotated = ledger.rotate(1, &["--old-key-lost"]).ends(0).document();
    assert_eq!(rotated["signed_by_previous"], false);
    assert_eq!(ledger.key("ledger.key"), fs::read_to_string(ledger.path("1.key")).unwrap());
    assert!(!ledger.data().join("previous.key").exists());
    let node = LiveNode::start(&ledger.data(), &[]);
    assert_eq!(signatures(&node.url), 1);
    node.stop();
    ledger.audit(&ledger.data());
    // The old key in the place of the new one.
    write(&ledger.data().join("ledger.key"), &stolen);
    let mut command = program();
    command.args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(ledger.data());
    assert_eq!(ran(command).ends(2).error(), "other_key");
}

#[test]
fn a_rotated_ledger_is_backed_up_without_its_successors_key_and_restored() {
    let ledger = Ledger::new();
    ledger.rotate(1, &[]).ends(0);
    // As if somebody had put it beside the ledger.
    write(&ledger.data().join("next.key"), &fs::read_to_string(ledger.path("2.key")).unwrap());
    let tool = |arguments: &[&str]| {
        let mut command = program();
        command.arg("--json").args(arguments);
        ran(command).ends(0).document()
    };
    let (data, backup, restored) = (ledger.data(), ledger.path("backup"), ledger.path("restored"));
    let told = tool(&["backup", text(&data), "--to", text(&backup)]);
    assert_eq!(
        (told["keys"]["ledger.key"].as_str(), told["keys"]["previous.key"].as_str()),
        (Some("matches"), Some("matches"))
    );
    assert!(backup.join("previous.key").exists() && !backup.join("next.key").exists());
    tool(&["restore", text(&backup), "--data", text(&restored)]);
    let node = LiveNode::start(&restored, &[]);
    assert_eq!((signatures(&node.url), keys_of(&node.url)["keys"].as_array().unwrap().len()), (2, 2));
    // Of a running node, too.
    let running = ledger.path("running");
    tool(&["backup", text(&restored), "--to", text(&running)]);
    assert!(running.join("previous.key").exists() && !running.join("next.key").exists());
    node.stop();
    ledger.audit(&restored);
    // The index of key notices is derived again from the log.
    tool(&["index", "rebuild", text(&restored)]);
    let node = LiveNode::start(&restored, &[]);
    assert_eq!(keys_of(&node.url)["keys"].as_array().unwrap().len(), 2);
    node.stop();
}
