//! Standard output that is closed or on a full disk: the command completes, and its exit code reports the result.

use std::fs::{self, OpenOptions};
use std::process::Stdio;

use crate::cli::workspace::Workspace;

const FILES: usize = 200;

fn workspace_with_files() -> Workspace {
    let workspace = Workspace::new();
    for i in 0..FILES {
        workspace.file(format!("in/{i:03}"), format!("file {i}"));
    }
    workspace
}

/// The exit code of a command whose standard output is closed before it writes anything.
fn closed(workspace: &Workspace, arguments: &[&str]) -> i32 {
    let mut child = workspace.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap().code().unwrap()
}

/// The exit code of a command whose standard output is on a full disk, and what it says.
fn full(workspace: &Workspace, arguments: &[&str]) -> (i32, String) {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = workspace.command().args(arguments).stdout(full).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn receipts(workspace: &Workspace) -> usize {
    let names =
        fs::read_dir(workspace.path("in")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".tiezheng-receipt.json")).count()
}

#[test]
fn a_closed_output_stops_no_deposit() {
    for json in [&[][..], &["--json"]] {
        let mut workspace = workspace_with_files();
        assert_eq!(closed(&workspace, &[&["deposit", "-r", "in"][..], json].concat()), 0);
        assert_eq!(receipts(&workspace), FILES);
        assert_eq!(workspace.stop_and_count(), FILES as u64);
    }
}

#[test]
fn a_full_disk_under_the_output_stops_no_deposit_and_is_reported() {
    let mut workspace = workspace_with_files();
    let (code, said) = full(&workspace, &["--lang", "en", "deposit", "-r", "in"]);
    assert!(code == 2 && said.contains("cannot write the output"), "{code}: {said}");
    assert_eq!(receipts(&workspace), FILES);
    assert_eq!(workspace.stop_and_count(), FILES as u64);
}

#[test]
fn the_exit_code_says_how_the_command_ended_and_not_whether_it_was_read() {
    let workspace = Workspace::new();
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    workspace.file("b", "b");
    assert_eq!(closed(&workspace, &["lookup", &number]), 0);
    assert_eq!(closed(&workspace, &["--json", "receipt", &number]), 0);
    assert_eq!(closed(&workspace, &["verify", "b"]), 1);
    assert_eq!(closed(&workspace, &["lookup", "T20261122-0K7M-X9QT-3D5W-MP"]), 1);
    assert_eq!(closed(&workspace, &["lookup", "2026"]), 64);
    assert_eq!(full(&workspace, &["lookup", &number]).0, 2);
    assert_eq!(full(&workspace, &["--json", "lookup", "2026"]).0, 64);
}

#[test]
fn a_closed_error_output_stops_nothing() {
    let mut workspace = workspace_with_files();
    let mut child = workspace.command();
    child.args(["deposit", "-r", "in"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(workspace.stop_and_count(), FILES as u64);
}
