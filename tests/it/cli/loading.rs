//! `load`: permanent deposits are counted, stored and read again; impossible runs are rejected at the start.

use std::fs;

use crate::cli::workspace::{FilingService, Ran};

fn load(filing: &FilingService, more: &[&str]) -> Ran {
    filing.run(&[&["load", "--no-ceilings", "--connections", "4"], more].concat())
}

#[test]
fn a_load_is_counted_kept_and_read_again() {
    let mut filing = FilingService::new();
    let made = load(&filing, &["--deposits", "50", "--rounds", "2", "--keep-numbers", "numbers"]).ends(0).document();
    let proven = |rounds: &serde_json::Value| rounds.as_array().unwrap().iter().map(|r| r["proven"].as_u64()).sum();
    assert_eq!((proven(&made["rounds"]), &made["deposits"]), (Some(100), &50.into()));
    assert_eq!(fs::read_to_string(filing.path("numbers")).unwrap().lines().count(), 100);
    let read = load(&filing, &["--read", "numbers"]).ends(0).documents();
    assert_eq!(read.iter().map(|one| &one["reading"]).collect::<Vec<_>>(), ["look_up", "receipt"]);
    for one in &read {
        // Each number once, unless said.
        assert_eq!((proven(&one["rounds"]), &one["asked"], &one["ledger"]), (Some(100), &100.into(), &made["ledger"]));
    }
    filing.file("strange", "T20261122-0K7M-X9QT-3D5W-MP\n");
    let strange = load(&filing, &["--read", "strange", "--deposits", "3"]).ends(1).documents();
    assert_eq!((proven(&strange[0]["rounds"]), &strange[0]["asked"]), (Some(0), &3.into()));
    assert_eq!(strange[0]["median"]["node"]["per_second"], 0.0, "what was refused was not served");
    let told = filing.say("en", &["load", "--no-ceilings", "--read", "strange"]).ends(1).stdout;
    assert!(told.contains("1 asked, 1 failed"), "{told}");
    assert_eq!(filing.stop_and_count(), 100);
}

#[test]
fn what_a_load_cannot_do_is_told_before_anything_is_deposited() {
    let mut filing = FilingService::new();
    assert_eq!(load(&filing, &["--deposits", "5", "--keep-numbers", "none/numbers"]).ends(2).error(), "io");
    for option in ["--deposits", "--connections", "--rounds", "--batch", "--keys", "--rate"] {
        filing.run(&["load", option, "0"]).ends(64);
    }
    filing.run(&["load", "--batch", "10", "--echo"]).ends(64);
    filing.run(&["load", "--read", "numbers", "--keep-numbers", "numbers"]).ends(64);
    assert_eq!(filing.stop_and_count(), 0);
}
