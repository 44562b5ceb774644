//! Named pipes in place of files: each is reported by its name, and no command blocks on one.

use std::fs;

use crate::cli::workspace::Workspace;
use crate::support::process::program;

#[test]
fn a_pipe_in_the_place_of_a_paper_stops_that_file_alone() {
    let mut workspace = Workspace::new();
    for name in ["1", "2", "3"] {
        workspace.file(format!("fs/{name}"), name);
    }
    let statement = workspace.pipe("fs/1.tiezheng-statement");
    workspace.pipe("fs/2.tiezheng-receipt.json");
    workspace.pipe("fs/pipe");
    workspace.pipe("fs/.tiezheng-draft-0123456789abcdef");
    let ran = workspace.say("zh", &["deposit", "-r", "fs"]).ends(2);
    for (name, reason) in [("fs/1", "fs/1.tiezheng-statement：不是普通文件（命名管道）"), ("fs/pipe", "不是普通文件")]
    {
        let line = ran.stderr.lines().find(|line| line.contains(&format!("{name}：")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{name}: {ran:#?}");
    }
    let documents = workspace.run(&["deposit", "-r", "fs"]).ends(2).documents();
    let outcome = |file: &str| {
        let found = documents.iter().find(|document| document["file"] == file).unwrap();
        (found["status"].as_str().unwrap().to_owned(), found["error"]["code"].as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(outcome("fs/1"), ("failed".into(), "not_a_file".into()));
    assert_eq!(outcome("fs/2").0, "failed");
    assert_eq!(outcome("fs/3").0, "already_deposited");
    assert!(statement.exists(), "nothing was put in its place");
    assert_eq!(workspace.stop_and_count(), 1);
}

#[test]
fn every_file_that_a_command_reads_is_checked() {
    let workspace = Workspace::new();
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    let pipe = workspace.pipe("pipe");
    let pipe = pipe.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let ran = workspace.run(arguments).ends(2);
        assert_eq!(ran.error(), "not_a_file", "{arguments:?}");
        assert!(ran.stderr.contains("pipe"), "{ran:?}");
    };
    for arguments in [
        &["statement", pipe, "--no-private"][..],
        &["verify", pipe, "--number", &number],
        &["verify", "a", "--receipt", pipe],
        &["case", "--token-file", pipe, "list"],
        &["case", "--token", "tzt_x", "deposit", "a", "--provenance", pipe],
        &["case", "--token", "tzt_x", "deposit", pipe],
        &["case", "--token", "tzt_x", "put-original", &number, pipe],
        &["case", "--token", "tzt_x", "import", "c", "--list", pipe],
        &["case", "--token", "tzt_x", "import", "c", &number, "--name", "n", "--content", "c", "--receipt", pipe],
        &["case", "--token", "tzt_x", "verify", "c", "1", pipe],
        &["load", "--no-ceilings", "--read", pipe],
        &["load", "--no-ceilings", "--keep-numbers", pipe],
    ] {
        refused(arguments);
    }
    assert_eq!(workspace.run(&["deposit", "--manifest", pipe]).ends(2).error(), "not_a_manifest_source");
    fs::remove_file(workspace.config().join("keys/default.key")).unwrap();
    fs::rename(pipe, workspace.config().join("keys/default.key")).unwrap();
    let other = workspace.pipe("pipe");
    let mode = |path| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    mode(&workspace.config().join("keys/default.key"));
    workspace.file("b", "b");
    assert_eq!(workspace.run(&["deposit", "b"]).ends(2).error(), "not_a_file");
    let policy = workspace.policy();
    fs::remove_file(&policy).unwrap();
    fs::rename(other, policy).unwrap();
    refused(&["lookup", &number]);
    refused(&["deposit", "b"]);
}

#[test]
fn a_node_does_not_wait_for_a_pipe_either() {
    for name in ["ledger.key", "mark"] {
        let mut workspace = Workspace::new();
        workspace.stop_and_count();
        let chain = workspace.top().join("chain");
        fs::remove_file(chain.join(name)).unwrap();
        let pipe = workspace.pipe("pipe");
        fs::set_permissions(&pipe, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::rename(pipe, chain.join(name)).unwrap();
        let output =
            program().args(["serve", "--test", "--listen", "127.0.0.1:0", "--data"]).arg(&chain).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("named pipe"), "{name}: {output:?}");
    }
}
