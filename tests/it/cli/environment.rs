//! Limits of the machine are reported as such, never as damage.

use std::fs;
use std::path::Path;

use super::workspace::Workspace;
use crate::opening::files;
use crate::support::process::Node;

fn ledger() -> (Workspace, String) {
    let workspace = Workspace::alone();
    let data = workspace.top().join("chain");
    Node::start(&data, &[]).stop();
    (workspace, data.to_str().unwrap().to_owned())
}

#[test]
fn too_few_files_or_too_little_memory_is_told_and_changes_nothing() {
    let (workspace, data) = ledger();
    let before = files(Path::new(&data));
    let serve = ["serve", "--test", "--data", &data, "--listen", "127.0.0.1:0"];
    let audit = ["audit", &data];
    for (limit, codes) in [
        ("ulimit -n 20", ["too_few_files", "too_few_files"]),
        ("ulimit -v 400000", ["too_little_memory", "too_few_threads"]),
    ] {
        for command in [serve.as_slice(), &audit] {
            let ran = workspace.run_after(limit, command).ends(2);
            assert!(codes.contains(&ran.error().as_str()), "{limit}: {ran:#?}");
            assert_eq!(files(Path::new(&data)), before, "{limit}");
        }
    }
    workspace.run(&audit).ends(0);
}

/// A writer that failed, and a node that is told to end afterwards.
#[test]
fn a_node_whose_writing_has_stopped_does_not_end_well() {
    let (workspace, data) = ledger();
    // Stands in for a disk that fails: the log may not grow past 4 KiB.
    let ran = workspace.run_after(
        "trap '' XFSZ; ulimit -f 8",
        &["serve", "--test", "--data", &data, "--listen", "127.0.0.1:0", "--stop-with-stdin"],
    );
    assert_ne!(ran.code, 0, "{ran:#?}");
    fs::metadata(Path::new(&data).join("mark")).unwrap();
    workspace.run(&["audit", &data]).ends(0);
}
