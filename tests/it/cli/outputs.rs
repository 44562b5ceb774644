//! Output files of commands: existing files are not replaced, on any file system.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::cli::workspace::{Workspace, ran};

#[test]
fn a_receipt_never_takes_the_place_of_evidence() {
    let workspace = Workspace::new();
    workspace.file("contract.txt", "a contract");
    workspace.file("other.txt", "another");
    let number = workspace.deposit("contract.txt", &[]).number();
    let other = workspace.deposit("other.txt", &[]).number();
    let kept = || fs::read_to_string(workspace.path("contract.txt")).unwrap();
    for format in [&[][..], &["--tlog-proof"]] {
        let to = |file: &'static str| [&["receipt", &number, "-o", file], format].concat();
        let refused = workspace.run(&to("contract.txt")).ends(2);
        assert_eq!(refused.error(), "destination_exists");
        assert!(refused.stderr.contains("--force") && refused.stderr.contains("contract.txt"), "{refused:?}");
        assert_eq!(kept(), "a contract");
        // The same deposit's receipt may be fetched again, another's may not be lost.
        let file = if format.is_empty() { "receipt" } else { "proof" };
        workspace.run(&to(file)).ends(0);
        workspace.run(&to(file)).ends(0);
        let from_other = [&["receipt", &other, "-o", file], format].concat();
        assert_eq!(workspace.run(&from_other).ends(2).error(), "destination_exists");
    }
    symlink("contract.txt", workspace.path("link")).unwrap();
    assert_eq!(workspace.run(&["receipt", &number, "-o", "link", "--force"]).ends(2).error(), "destination_exists");
    assert_eq!(kept(), "a contract");
    workspace.run(&["receipt", &number, "-o", "contract.txt", "--force"]).ends(0);
    assert!(kept().contains("tiezheng/receipt/v1"));
}

#[test]
fn no_other_output_replaces_a_file() {
    let workspace = Workspace::new();
    for name in ["in/1", "in/2", "evidence"] {
        workspace.file(name, name);
    }
    workspace.run(&["deposit", "--manifest", "in"]).ends(0);
    let number = workspace.deposit("evidence", &[]).number();
    let item = |name: &'static str, to: &'static str| ["receipt", "--manifest", "in", "--item", name, "-o", to];
    workspace.run(&item("1", "1.json")).ends(0);
    workspace.run(&item("1", "1.json")).ends(0);
    for arguments in [
        &item("2", "1.json")[..],
        &item("1", "evidence"),
        &["statement", "in/1", "--private-out", "evidence"],
        &["key", "new", "--ledger", "example.org/l", "--out", "evidence"],
        &["case", "--token", "tzt_x", "get-original", &number, "evidence"],
        &["load", "--no-ceilings", "--deposits", "1", "--keep-numbers", "evidence"],
    ] {
        assert_eq!(workspace.run(arguments).ends(2).error(), "destination_exists", "{arguments:?}");
        assert_eq!(fs::read_to_string(workspace.path("evidence")).unwrap(), "evidence", "{arguments:?}");
    }
}

#[test]
fn a_list_without_its_statement_is_never_replaced() {
    let workspace = Workspace::new();
    workspace.file("in/1", "1");
    workspace.run(&["deposit", "--manifest", "in"]).ends(0);
    let list = fs::read(workspace.path("in.tiezheng-manifest")).unwrap();
    // The depositor keeps the papers elsewhere, and forgot the list.
    for paper in ["in.tiezheng-manifest.tiezheng-statement", "in.tiezheng-manifest.tiezheng-receipt.json"] {
        fs::create_dir_all(workspace.path("away")).unwrap();
        fs::rename(workspace.path(paper), workspace.path("away").join(paper)).unwrap();
    }
    let document = workspace.run(&["deposit", "--manifest", "in"]).ends(0).document();
    assert_eq!(document["status"], "deposited");
    let renamed = document["renamed"][0]["to"].as_str().unwrap();
    assert_eq!(fs::read(workspace.path(renamed)).unwrap(), list);
}

#[test]
fn papers_of_an_earlier_deposit_keep_their_ending_and_their_new_names_are_reported() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    let receipt = fs::read(workspace.path("a.txt.tiezheng-receipt.json")).unwrap();
    let document = workspace.deposit("a.txt", &["--again"]).document();
    let renamed: Vec<&str> =
        document["renamed"].as_array().unwrap().iter().map(|one| one["to"].as_str().unwrap()).collect();
    assert_eq!(renamed.len(), 2);
    let to = *renamed.iter().find(|name| name.rsplit('.').next() == Some("json")).unwrap();
    assert!(to.contains("a.txt.tiezheng-receipt-") && fs::read(workspace.path(to)).unwrap() == receipt);
    workspace.run(&["verify", "a.txt", "--receipt", to]).ends(0);
    let said = workspace.say("zh", &["deposit", "a.txt", "--again"]).ends(0).stderr;
    assert!(said.contains("上次存证的文件已改名  a.txt.tiezheng-receipt.json → a.txt.tiezheng-receipt-"), "{said}");
    // They are papers still: a walk passes them over.
    workspace.file("in/b", "b");
    workspace.deposit("in/b", &[]);
    workspace.deposit("in/b", &["--again"]);
    assert_eq!(workspace.run(&["deposit", "-r", "in"]).ends(0).documents().len(), 1);
}

/// Runs a command while the file system refuses the named calls.
fn refusing(workspace: &Workspace, calls: &[(&str, &str)], arguments: &[&str]) -> crate::cli::workspace::CommandRun {
    let own = workspace.command();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null"]);
    for (call, error) in calls {
        command.args(["-e", &format!("inject={call}:error={error}")]);
    }
    command.arg(own.get_program()).arg("--json").args(arguments).current_dir(workspace.path(""));
    for (name, value) in own.get_envs() {
        command.env(name, value.unwrap());
    }
    ran(command)
}

#[test]
fn files_are_made_on_file_systems_without_hard_links_and_never_replaced() {
    let mut workspace = Workspace::new();
    let ways: [&[(&str, &str)]; 5] = [
        &[("linkat", "EPERM")],
        &[("renameat2", "EINVAL")],
        &[("renameat2", "ENOSYS"), ("linkat", "EPERM")],
        &[("renameat2", "EINVAL"), ("linkat", "EOPNOTSUPP")],
        &[("renameat2", "EPERM"), ("linkat", "EMLINK")],
    ];
    for (i, way) in ways.into_iter().enumerate() {
        let name = format!("in{i}/u");
        let folder = format!("in{i}");
        workspace.file(&name, &name);
        let key = format!("case-{i}");
        refusing(&workspace, way, &["deposit", &name, "--case", &key]).ends(0);
        assert!(workspace.config().join(format!("keys/{key}.key")).is_file());
        workspace.run(&["verify", &name]).ends(0);
        let again = refusing(&workspace, way, &["deposit", &name, "--case", &key]).ends(0);
        assert_eq!(again.document()["status"], "already_deposited");
        refusing(&workspace, way, &["deposit", &name, "--again"]).ends(0);
        let names = fs::read_dir(workspace.path(&folder)).unwrap().count();
        assert_eq!(names, 5, "no draft is left, and the first papers are kept");
        let taken = refusing(&workspace, way, &["key", "new", "--ledger", "example.org/l", "--out", &name]).ends(2);
        assert_eq!(taken.error(), "destination_exists");
        assert_eq!(fs::read_to_string(workspace.path(&name)).unwrap(), name);
    }
    assert_eq!(workspace.stop_and_count(), 2 * ways.len() as u64);
}

#[test]
fn a_second_backup_copies_what_it_cannot_link() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.deposit("a", &[]);
    workspace.stop_and_count();
    let data = workspace.top().join("chain").display().to_string();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    for error in ["EPERM", "EOPNOTSUPP", "EMLINK", "EXDEV"] {
        let again = refusing(&workspace, &[("linkat", error)], &["backup", &data, "--to", "copy"]).ends(0).document();
        assert_eq!((&again["reused"]["files"], &again["copied"]["bytes"]), (&0.into(), &again["bytes"]), "{error}");
        workspace.run(&["audit", "copy"]).ends(0);
    }
    let linked = workspace.run(&["backup", &data, "--to", "copy"]).ends(0).document();
    assert!(linked["reused"]["files"].as_u64().unwrap() > 0, "{linked}");
    // Another error is not taken for a file system without links.
    let failed = refusing(&workspace, &[("linkat", "EIO")], &["backup", &data, "--to", "copy"]);
    assert_eq!(failed.code, 2, "{failed:?}");
    workspace.run(&["audit", "copy"]).ends(0);
}
