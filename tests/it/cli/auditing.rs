//! `audit` of a running node, and `index rebuild` of a stopped one.

use crate::cli::workspace::Workspace;

#[test]
fn a_running_node_is_audited_and_after_that_its_folder() {
    let mut workspace = Workspace::new();
    for name in ["a", "b", "c"] {
        workspace.file(name, name);
        workspace.deposit(name, &[]);
    }
    let url = workspace.url().to_owned();
    let audited = workspace.run(&["audit", &url]).ends(0).document();
    assert_eq!((&audited["clean"], &audited["entries"], &audited["index_rows"]), (&true.into(), &3.into(), &0.into()));
    for (lang, told) in [("zh", "未核对：索引"), ("en", "not checked: index rows")] {
        let ran = workspace.say(lang, &["audit", &url]).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    assert_eq!(workspace.stop_and_count(), 3);
    assert_eq!(workspace.run(&["audit", &url]).ends(2).error(), "unreachable");
    assert_eq!(workspace.run(&["audit", "http://"]).ends(64).error(), "bad_address");
}

#[test]
fn the_index_of_a_stopped_node_is_rebuilt() {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    let data = workspace.top().join("chain").to_str().unwrap().to_owned();
    let rebuild = ["index", "rebuild", &data];
    assert_eq!(workspace.run(&rebuild).ends(2).error(), "ledger_in_use");
    workspace.stop_and_count();
    let rebuilt = workspace.run(&rebuild).ends(0).document();
    assert!(rebuilt["records"].as_u64() > Some(3), "{rebuilt}");
    for (lang, told) in [("zh", "索引已重建"), ("en", "index rebuilt")] {
        let ran = workspace.say(lang, &rebuild).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    workspace.start_over(&workspace.top().join("chain").clone());
    assert_eq!(workspace.run(&["lookup", &number]).ends(0).document()["deposit_number"], number.as_str());
    assert_eq!(workspace.run(&["index", "rebuild", "nowhere"]).ends(2).error(), "no_ledger");
}
