//! `load`: what is deposited for good is counted, kept and read again; what cannot be is told before.

use std::fs;

use crate::cli::at_hand::{Desk, Ran};

fn load(desk: &Desk, more: &[&str]) -> Ran {
    desk.run(&[&["load", "--no-ceilings", "--connections", "4"], more].concat())
}

#[test]
fn a_load_is_counted_kept_and_read_again() {
    let mut desk = Desk::new();
    let made = load(&desk, &["--deposits", "50", "--rounds", "2", "--keep-numbers", "numbers"]).ends(0).document();
    let proven = |rounds: &serde_json::Value| rounds.as_array().unwrap().iter().map(|r| r["proven"].as_u64()).sum();
    assert_eq!((proven(&made["rounds"]), &made["deposits"]), (Some(100), &50.into()));
    assert_eq!(fs::read_to_string(desk.path("numbers")).unwrap().lines().count(), 100);
    let read = load(&desk, &["--read", "numbers"]).ends(0).documents();
    assert_eq!(read.iter().map(|one| &one["reading"]).collect::<Vec<_>>(), ["look_up", "receipt"]);
    for one in &read {
        // Each number once, unless said.
        assert_eq!((proven(&one["rounds"]), &one["asked"], &one["ledger"]), (Some(100), &100.into(), &made["ledger"]));
    }
    desk.file("strange", "T20261122-0K7M-X9QT-3D5W-MP\n");
    let strange = load(&desk, &["--read", "strange", "--deposits", "3"]).ends(1).documents();
    assert_eq!((proven(&strange[0]["rounds"]), &strange[0]["asked"]), (Some(0), &3.into()));
    assert_eq!(strange[0]["median"]["node"]["per_second"], 0.0, "what was refused was not served");
    let told = desk.say("en", &["load", "--no-ceilings", "--read", "strange"]).ends(1).stdout;
    assert!(told.contains("1 asked, 1 failed"), "{told}");
    assert_eq!(desk.stop_and_count(), 100);
}

#[test]
fn what_a_load_cannot_do_is_told_before_anything_is_deposited() {
    let mut desk = Desk::new();
    assert_eq!(load(&desk, &["--deposits", "5", "--keep-numbers", "none/numbers"]).ends(2).error(), "io");
    for option in ["--deposits", "--connections", "--rounds", "--batch", "--keys", "--rate"] {
        desk.run(&["load", option, "0"]).ends(64);
    }
    desk.run(&["load", "--batch", "10", "--echo"]).ends(64);
    desk.run(&["load", "--read", "numbers", "--keep-numbers", "numbers"]).ends(64);
    assert_eq!(desk.stop_and_count(), 0);
}
