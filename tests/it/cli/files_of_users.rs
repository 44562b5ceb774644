//! Files and environments of users: saved by other editors, named by other systems, without a home folder, with metadata
//! files of file managers.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;

use crate::cli::workspace::{Workspace, ran};
use crate::support::process::{program, send};

/// Saves a file anew as Windows editors do.
fn as_saved_on_windows(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let text = format!("\u{FEFF}{}", text.trim_end().replace('\n', "\r\n"));
    fs::write(path, text).unwrap();
}

#[test]
fn commands_that_need_no_configuration_run_without_a_home() {
    let folder = tempfile::tempdir().unwrap();
    let bare = |arguments: &[&str]| {
        let mut command = program();
        command.env_clear().current_dir(folder.path()).args(arguments);
        command
    };
    let mut serve = bare(&["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--data", "d"]);
    let mut node = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = told["listening"].as_str().unwrap();
    fs::write(folder.path().join("a"), "a").unwrap();
    // What needs a key says what to set.
    for arguments in [&["deposit", "a", "--server", url][..], &["key", "new"], &["trust", "list"]] {
        let refused = ran(bare(arguments)).ends(2);
        assert!(refused.stderr.contains("TIEZHENG_CONFIG") && refused.stderr.contains("HOME"), "{refused:?}");
    }
    let looked = ran(bare(&["--json", "lookup", "T20261122-0K7M-X9QT-3D5W-MP", "--server", url])).ends(1);
    assert!(looked.stderr.contains("no ledger is trusted"), "{looked:?}");
    send(&node, Signal::TERM);
    assert!(node.wait().unwrap().success());
    ran(bare(&["audit", "d"])).ends(0);
    ran(bare(&["backup", "d", "--to", "copy"])).ends(0);
    ran(bare(&["restore", "copy", "--data", "e"])).ends(0);
    ran(bare(&["key", "new", "--ledger", "example.org/l", "--out", "l.key"])).ends(0);
}

#[test]
fn text_files_may_be_saved_by_any_editor() {
    let workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.file("in/1", "1");
    let number = workspace.deposit("a", &["--salt"]).number();
    workspace.run(&["deposit", "--manifest", "in"]).ends(0);
    workspace.run(&["receipt", "--manifest", "in", "--item", "1", "-o", "1.json"]).ends(0);
    let list = format!("sm3 {} size 7 path 1\nsm3 {} size 7 path 2\n", "a".repeat(64), "b".repeat(64));
    as_saved_on_windows(&workspace.file("digests.txt", list));
    for path in [
        workspace.path("a.tiezheng-statement"),
        workspace.path("a.tiezheng-receipt.json"),
        workspace.path("1.json"),
        workspace.path("in.tiezheng-manifest"),
        workspace.path("in.tiezheng-manifest.tiezheng-receipt.json"),
        workspace.config().join("keys/default.key"),
        workspace.policy(),
    ] {
        as_saved_on_windows(&path);
    }
    assert_eq!(workspace.deposit("a", &[]).number(), number);
    workspace.run(&["verify", "a"]).ends(0);
    workspace.run(&["verify", "in/1", "--receipt", "1.json"]).ends(0);
    workspace.run(&["receipt", "--manifest", "in", "--item", "1"]).ends(0);
    workspace.run(&["deposit", "--manifest", "in"]).ends(0);
    assert_eq!(workspace.run(&["deposit", "--manifest", "digests.txt"]).ends(0).document()["items"], 2);
    workspace.file("numbers.txt", format!("\u{FEFF}{number}\r\n"));
    workspace.run(&["load", "--no-ceilings", "--read", "numbers.txt", "--connections", "1"]).ends(0);
    // A token that an editor saved is the token: the node knows none such, and says so.
    let token = format!("\u{FEFF}tzt_{}\r\n", "0".repeat(64));
    workspace.file("token", token);
    let refused = workspace.run(&["case", "--token-file", "token", "list"]);
    assert!(refused.code != 2, "the node was reached: {refused:?}");
}

#[test]
fn a_policy_saved_by_an_editor_still_refuses_another_ledger() {
    let first = Workspace::new();
    first.file("a", "a");
    first.deposit("a", &[]);
    let second = Workspace::new();
    let policy = first.policy();
    let text = fs::read_to_string(&policy).unwrap().replace(first.url(), second.url());
    fs::write(&policy, text).unwrap();
    as_saved_on_windows(&policy);
    first.file("b", "b");
    let meet = || {
        let mut command = first.command();
        command.args(["--json", "deposit", "b"]).env("TIEZHENG_SERVER", second.url());
        ran(command)
    };
    assert_eq!(meet().ends(1).error(), "ledger_key_changed");
    for broken in ["", "\0\0", "log\u{A0}x"] {
        fs::write(&policy, broken).unwrap();
        assert_eq!(meet().ends(2).error(), "bad_policy", "{broken:?}");
    }
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&policy, b"\xba\xcf").unwrap();
    assert_eq!(meet().ends(2).error(), "not_utf8");
    assert!(!first.path("b.tiezheng-statement").exists());
}

#[test]
fn an_error_names_the_file_that_it_is_about() {
    let workspace = Workspace::alone();
    workspace.file("F", "f");
    workspace.file("bad.json", "{");
    for (arguments, named) in [
        (&["case", "--token", "tzt_x", "deposit", "F", "--provenance", "none.json"][..], "none.json"),
        (&["case", "--token", "tzt_x", "deposit", "F", "--provenance", "bad.json"], "bad.json"),
        (&["case", "--token", "tzt_x", "deposit", "none", "--provenance", "bad.json"], "bad.json"),
        (&["case", "--token", "tzt_x", "import", "c", "--list", "none.json"], "none.json"),
        (&["verify", "F", "--receipt", "none.json"], "none.json"),
        (&["receipt", "--manifest", "none.list", "--item", "x"], "none.list"),
        (&["deposit", "--manifest", "none.list"], "none.list"),
    ] {
        for lang in ["zh", "en"] {
            let said = workspace.say(lang, arguments).ends(2).stderr;
            assert!(said.contains(named) && !said.contains("F:") && !said.contains("F："), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_named_and_not_what_it_is_made_from() {
    let workspace = Workspace::new();
    workspace.file("in/1", "1");
    workspace.file("out", "a file where a folder should be");
    let said = workspace.say("en", &["deposit", "--manifest", "in", "--receipts", "out"]).ends(2).stderr;
    assert!(said.contains("out"), "{said}");
}

#[test]
fn the_folder_one_stands_in_has_a_name() {
    let workspace = Workspace::new();
    workspace.file("卷宗/1", "1");
    let mut command = workspace.command();
    command.args(["--json", "deposit", "--manifest", "."]).current_dir(workspace.path("卷宗"));
    ran(command).ends(0);
    let statement = fs::read_to_string(workspace.path("卷宗.tiezheng-manifest.tiezheng-statement")).unwrap();
    let statement: serde_json::Value = serde_json::from_str(&statement).unwrap();
    assert_eq!(statement["private"]["metadata"]["name"], "卷宗");
}

#[test]
fn a_name_in_another_normalization_finds_its_item_or_is_explained() {
    let workspace = Workspace::new();
    let (composed, decomposed) = ("caf\u{e9}.wav", "cafe\u{301}.wav");
    workspace.file(format!("in/{composed}"), "sound");
    workspace.run(&["deposit", "--manifest", "in"]).ends(0);
    workspace.run(&["receipt", "--manifest", "in", "--item", decomposed, "-o", "item.json"]).ends(0);
    workspace.run(&["verify", &format!("in/{composed}"), "--receipt", "item.json"]).ends(0);
    fs::rename(workspace.path(format!("in/{composed}")), workspace.path(format!("in/{decomposed}"))).unwrap();
    let renamed = workspace.run(&["deposit", "--manifest", "in"]).ends(2);
    assert_eq!(renamed.error(), "renamed_since");
    assert!(renamed.stderr.contains("NFC"), "{renamed:?}");
}

#[test]
fn what_file_managers_leave_is_passed_over_and_reported() {
    let mut workspace = Workspace::new();
    for name in ["a.pdf", ".DS_Store", "._a.pdf", "Thumbs.db", "desktop.ini", "~$a.docx", ".~lock.a.odt#"] {
        workspace.file(format!("in/{name}"), name);
        workspace.file(format!("kept/{name}"), name);
    }
    workspace.file("in/.localized", "");
    let documents = workspace.run(&["deposit", "-r", "in"]).ends(0).documents();
    let skipped = documents.iter().filter(|document| document["error"]["code"] == "file_manager_file").count();
    assert_eq!((documents.len(), skipped), (8, 7));
    let said = workspace.say("zh", &["deposit", "-r", "in"]).ends(0).stderr;
    assert!(said.contains("略过  in/.DS_Store：系统或办公软件自动生成的文件；如需存证请加 --all"), "{said}");
    let manifest = workspace.run(&["deposit", "--manifest", "kept"]).ends(0).document();
    assert_eq!((&manifest["items"], manifest["passed_over"].as_array().unwrap().len()), (&1.into(), 6));
    // One that changes does not keep the manifest from being repeated.
    workspace.file("kept/.DS_Store", "changed");
    assert_eq!(workspace.run(&["deposit", "--manifest", "kept"]).ends(0).document()["status"], "already_deposited");
    assert_eq!(workspace.run(&["deposit", "--manifest", "kept", "--all", "--again"]).ends(0).document()["items"], 7);
    let without = workspace.say("en", &["deposit", "--manifest", "kept"]).ends(2).stderr;
    assert!(without.contains("--all"), "{without}");
    workspace.file("in/.localized", "now it has content");
    let all = workspace.run(&["deposit", "-r", "in", "--all"]).ends(0).documents();
    assert_eq!(all.iter().filter(|document| document["status"] == "deposited").count(), 7);
    assert_eq!(workspace.stop_and_count(), 1 + 2 + 7);
}

/// A way to the node at `url` that breaks off, for good, when a deposit is sent over it. Its address.
fn breaks_off_at_a_deposit(url: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let node = url.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(node).unwrap();
        let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
        let mut piece = vec![0; 1 << 16];
        loop {
            let count = client.read(&mut piece).unwrap();
            if piece[..count].windows(17).any(|part| part == b"POST /v1/deposits") {
                break;
            }
            server.write_all(&piece[..count]).unwrap();
        }
        drop(listener);
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    });
    address
}

#[test]
fn files_that_a_node_no_longer_answers_for_are_one_line() {
    let mut workspace = Workspace::new();
    for i in 0..40 {
        workspace.file(format!("in/{i:02}"), format!("file {i}"));
    }
    let mut command = workspace.command();
    command.args(["--lang", "zh", "deposit", "-r", "in"]);
    command.env("TIEZHENG_SERVER", breaks_off_at_a_deposit(workspace.url()));
    let broken = ran(command).ends(2);
    let lines: Vec<&str> = broken.stderr.lines().filter(|line| line.contains("未确认")).collect();
    assert_eq!(lines.len(), 1, "{broken:#?}");
    assert!(lines[0].starts_with("节点中断：40 个文件未确认（可能已上链），请再次运行同一命令"), "{lines:?}");
    assert!(broken.stdout.contains("未确认 40，未成 0"), "{broken:#?}");
    workspace.run(&["deposit", "-r", "in"]).ends(0);
    assert_eq!(workspace.stop_and_count(), 40);
}

#[test]
fn a_file_is_named_once_in_what_is_said_of_it() {
    let workspace = Workspace::new();
    workspace.file("x", "x");
    workspace.deposit("x", &[]);
    fs::write(workspace.path("x.tiezheng-statement"), "{}").unwrap();
    let said = workspace.say("zh", &["deposit", "x"]).ends(2).stderr;
    assert!(said.lines().any(|line| line.starts_with("未存证  x：x.tiezheng-statement 不是声明文件")), "{said}");
    fs::remove_file(workspace.path("x")).unwrap();
    let said = workspace.say("zh", &["deposit", "x"]).ends(2).stderr;
    let line = said.lines().find(|line| line.contains("未存证")).unwrap();
    assert_eq!(line.matches('x').count(), 1, "{said}");
}
