//! Standard output that is closed or on a full disk: the command completes, and its exit code reports the result.

use std::fs::{self, OpenOptions};
use std::process::Stdio;

use crate::cli::workspace::FilingService;

const FILES: usize = 200;

fn desk_with_files() -> FilingService {
    let filing = FilingService::new();
    for i in 0..FILES {
        filing.file(format!("in/{i:03}"), format!("file {i}"));
    }
    filing
}

/// The exit code of a command whose standard output is closed before it writes anything.
fn closed(filing: &FilingService, arguments: &[&str]) -> i32 {
    let mut child = filing.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap().code().unwrap()
}

/// The exit code of a command whose standard output is on a full disk, and what it says.
fn full(filing: &FilingService, arguments: &[&str]) -> (i32, String) {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = filing.command().args(arguments).stdout(full).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn receipts(filing: &FilingService) -> usize {
    let names = fs::read_dir(filing.path("in")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".tiezheng-receipt.json")).count()
}

#[test]
fn a_closed_output_stops_no_deposit() {
    for json in [&[][..], &["--json"]] {
        let mut filing = desk_with_files();
        assert_eq!(closed(&filing, &[&["deposit", "-r", "in"][..], json].concat()), 0);
        assert_eq!(receipts(&filing), FILES);
        assert_eq!(filing.stop_and_count(), FILES as u64);
    }
}

#[test]
fn a_full_disk_under_the_output_stops_no_deposit_and_is_reported() {
    let mut filing = desk_with_files();
    let (code, said) = full(&filing, &["--lang", "en", "deposit", "-r", "in"]);
    assert!(code == 2 && said.contains("cannot write the output"), "{code}: {said}");
    assert_eq!(receipts(&filing), FILES);
    assert_eq!(filing.stop_and_count(), FILES as u64);
}

#[test]
fn the_exit_code_says_how_the_command_ended_and_not_whether_it_was_read() {
    let filing = FilingService::new();
    filing.file("a", "a");
    let number = filing.deposit("a", &[]).number();
    filing.file("b", "b");
    assert_eq!(closed(&filing, &["lookup", &number]), 0);
    assert_eq!(closed(&filing, &["--json", "receipt", &number]), 0);
    assert_eq!(closed(&filing, &["verify", "b"]), 1);
    assert_eq!(closed(&filing, &["lookup", "T20261122-0K7M-X9QT-3D5W-MP"]), 1);
    assert_eq!(closed(&filing, &["lookup", "2026"]), 64);
    assert_eq!(full(&filing, &["lookup", &number]).0, 2);
    assert_eq!(full(&filing, &["--json", "lookup", "2026"]).0, 64);
}

#[test]
fn a_closed_error_output_stops_nothing() {
    let mut filing = desk_with_files();
    let mut child = filing.command();
    child.args(["deposit", "-r", "in"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(filing.stop_and_count(), FILES as u64);
}
