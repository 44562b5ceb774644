//! `audit` of a running node, and `index rebuild` of a stopped one.

use crate::cli::at_hand::FilingService;

#[test]
fn a_running_node_is_audited_and_after_that_its_folder() {
    let mut filing = FilingService::new();
    for name in ["a", "b", "c"] {
        filing.file(name, name);
        filing.deposit(name, &[]);
    }
    let url = filing.url().to_owned();
    let audited = filing.run(&["audit", &url]).ends(0).document();
    assert_eq!((&audited["clean"], &audited["entries"], &audited["index_rows"]), (&true.into(), &3.into(), &0.into()));
    for (lang, told) in [("zh", "未核对：索引"), ("en", "not checked: index rows")] {
        let ran = filing.say(lang, &["audit", &url]).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    assert_eq!(filing.stop_and_count(), 3);
    assert_eq!(filing.run(&["audit", &url]).ends(2).error(), "unreachable");
    assert_eq!(filing.run(&["audit", "http://"]).ends(64).error(), "bad_address");
}

#[test]
fn the_index_of_a_stopped_node_is_rebuilt() {
    let mut filing = FilingService::new();
    filing.file("a", "a");
    let number = filing.deposit("a", &[]).number();
    let data = filing.top().join("chain").to_str().unwrap().to_owned();
    let rebuild = ["index", "rebuild", &data];
    assert_eq!(filing.run(&rebuild).ends(2).error(), "ledger_in_use");
    filing.stop_and_count();
    let rebuilt = filing.run(&rebuild).ends(0).document();
    assert!(rebuilt["records"].as_u64() > Some(3), "{rebuilt}");
    for (lang, told) in [("zh", "索引已重建"), ("en", "index rebuilt")] {
        let ran = filing.say(lang, &rebuild).ends(0);
        assert!(ran.stdout.contains(told), "{ran:#?}");
    }
    filing.start_over(&filing.top().join("chain").clone());
    assert_eq!(filing.run(&["lookup", &number]).ends(0).document()["deposit_number"], number.as_str());
    assert_eq!(filing.run(&["index", "rebuild", "nowhere"]).ends(2).error(), "no_ledger");
}
