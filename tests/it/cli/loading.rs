//! `load`: permanent deposits are counted, stored and read again; impossible runs are rejected at the start.

use std::fs;

use crate::cli::workspace::{CommandRun, Workspace};

fn load(workspace: &Workspace, more: &[&str]) -> CommandRun {
    workspace.run(&[&["load", "--no-ceilings", "--connections", "4"], more].concat())
}

#[test]
fn a_load_is_counted_kept_and_read_again() {
    let mut workspace = Workspace::new();
    let made = load(&workspace, &["--deposits", "50", "--rounds", "2", "--keep-numbers", "numbers"]).ends(0).document();
    let proven = |rounds: &serde_json::Value| rounds.as_array().unwrap().iter().map(|r| r["proven"].as_u64()).sum();
    assert_eq!((proven(&made["rounds"]), &made["deposits"]), (Some(100), &50.into()));
    assert_eq!(fs::read_to_string(workspace.path("numbers")).unwrap().lines().count(), 100);
    let read = load(&workspace, &["--read", "numbers"]).ends(0).documents();
    assert_eq!(read.iter().map(|one| &one["reading"]).collect::<Vec<_>>(), ["look_up", "receipt"]);
    for one in &read {
        // Each number once, unless said.
        assert_eq!((proven(&one["rounds"]), &one["asked"], &one["ledger"]), (Some(100), &100.into(), &made["ledger"]));
    }
    let pages = load(&workspace, &["--read", "numbers", "--pages", "--deposits", "7"]).ends(0).documents();
    assert_eq!(pages.iter().map(|one| &one["reading"]).collect::<Vec<_>>(), ["look_up", "page"]);
    assert_eq!(pages.iter().map(|one| proven(&one["rounds"])).collect::<Vec<_>>(), [Some(7), Some(7)]);
    workspace.file("strange", "T20261122-0K7M-X9QT-3D5W-MP\n");
    let strange = load(&workspace, &["--read", "strange", "--deposits", "3"]).ends(1).documents();
    assert_eq!((proven(&strange[0]["rounds"]), &strange[0]["asked"]), (Some(0), &3.into()));
    assert_eq!(strange[0]["median"]["node"]["per_second"], 0.0, "what was refused was not served");
    let told = workspace.say("en", &["load", "--no-ceilings", "--read", "strange"]).ends(1).stdout;
    assert!(told.contains("1 asked, 1 failed"), "{told}");
    assert_eq!(workspace.stop_and_count(), 100);
}

#[test]
fn listeners_are_connected_during_a_load() {
    let mut workspace = Workspace::new();
    let made = load(&workspace, &["--deposits", "20", "--listeners", "3"]).ends(0).document();
    let heard = &made["listeners"];
    assert_eq!(heard["listeners"], 3);
    // Each gets the end of the chain at once.
    assert!(heard["events"].as_u64().unwrap() >= 3, "{heard}");
    let told = workspace.say("en", &["load", "--no-ceilings", "--deposits", "1", "--listeners", "2"]).ends(0).stdout;
    assert!(told.contains("2 listeners got"), "{told}");
    assert_eq!(workspace.stop_and_count(), 21);
}

#[test]
fn what_a_load_cannot_do_is_told_before_anything_is_deposited() {
    let mut workspace = Workspace::new();
    assert_eq!(load(&workspace, &["--deposits", "5", "--keep-numbers", "none/numbers"]).ends(2).error(), "io");
    for option in ["--deposits", "--connections", "--rounds", "--batch", "--keys", "--rate", "--listeners"] {
        workspace.run(&["load", option, "0"]).ends(64);
    }
    workspace.run(&["load", "--batch", "10", "--echo"]).ends(64);
    workspace.run(&["load", "--pages"]).ends(64);
    workspace.run(&["load", "--read", "numbers", "--listeners", "1"]).ends(64);
    workspace.run(&["load", "--read", "numbers", "--keep-numbers", "numbers"]).ends(64);
    assert_eq!(workspace.stop_and_count(), 0);
}
