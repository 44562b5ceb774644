//! A node's keys: compared with its ledger before the database is opened for writing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::at_hand::Desk;
use crate::opening::files;
use crate::support::process::Node;

/// A ledger that is at rest, with a platform key that has signed nothing yet, and another ledger.
fn ledgers() -> (Desk, String, String) {
    let desk = Desk::alone();
    let [own, other] = ["own", "other"].map(|name| {
        let data = desk.top().join(name);
        Node::start(&data, &[]).stop();
        data.to_str().unwrap().to_owned()
    });
    (desk, own, other)
}

/// A node does not start, with this code, and nothing in the folder changes.
#[track_caller]
fn refused(desk: &Desk, data: &str, code: &str) {
    let before = files(Path::new(data));
    let ran = desk.run(&["serve", "--test", "--data", data, "--listen", "127.0.0.1:0"]).ends(2);
    assert_eq!(ran.error(), code, "{ran:#?}");
    assert_eq!(files(Path::new(data)), before, "{code}: the folder was changed");
}

#[test]
fn a_key_that_is_missing_foreign_or_damaged_is_refused_and_never_replaced() {
    let (desk, own, other) = ledgers();
    let key = |data: &str, name: &str| Path::new(data).join(name);
    let whole = |data: &str, name: &str| fs::read(key(data, name)).unwrap();
    for (name, missing, foreign) in [
        ("ledger.key", "ledger_key_missing", "other_key"),
        ("platform.key", "platform_key_missing", "platform_key_differs"),
        ("next.key", "", "next_key_differs"),
    ] {
        let good = whole(&own, name);
        fs::write(key(&own, name), whole(&other, name)).unwrap();
        refused(&desk, &own, foreign);
        for damaged in [b"".as_slice(), b"PRIVATE+KEY+x", b"\xff\xfe", &good[..good.len() / 2]] {
            fs::write(key(&own, name), damaged).unwrap();
            refused(&desk, &own, "key_file_damaged");
        }
        if !missing.is_empty() {
            fs::remove_file(key(&own, name)).unwrap();
            refused(&desk, &own, missing);
        }
        fs::write(key(&own, name), good).unwrap();
    }
    let (platform, next) = (whole(&own, "platform.key"), whole(&own, "next.key"));
    fs::write(key(&own, "platform.key"), &next).unwrap();
    fs::write(key(&own, "next.key"), &platform).unwrap();
    refused(&desk, &own, "next_key_differs");
    fs::remove_file(key(&own, "next.key")).unwrap();
    refused(&desk, &own, "platform_key_differs");
    // The successor's key may be kept elsewhere.
    fs::write(key(&own, "platform.key"), &platform).unwrap();
    Node::start(Path::new(&own), &[]).stop();
    assert!(!key(&own, "next.key").exists());
    desk.run(&["audit", &own]).ends(0);
}

#[test]
fn what_others_could_read_is_closed_to_them() {
    let desk = Desk::alone();
    let data = desk.top().join("chain");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let mode = |name: &str| fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    Node::start(&data, &[]).stop();
    assert_eq!((mode(""), mode("db"), mode("originals")), (0o700, 0o700, 0o700));
    for entry in fs::read_dir(&data).unwrap().chain(fs::read_dir(data.join("db")).unwrap()) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{}", entry.path().display());
    }
    for name in ["", "db", "ledger.key", "next.key", "platform.key"] {
        let open = if name.len() > 2 { 0o644 } else { 0o755 };
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(open)).unwrap();
    }
    Node::start(&data, &[]).stop();
    assert_eq!((mode(""), mode("db")), (0o700, 0o700));
    assert_eq!((mode("ledger.key"), mode("next.key"), mode("platform.key")), (0o600, 0o600, 0o600));
}

#[test]
fn keygen_writes_where_it_is_told_or_refuses() {
    let desk = Desk::alone();
    desk.run(&["keygen", "--case", "a", "--out", "key"]).ends(64);
    desk.run(&["keygen", "--out", "key"]).ends(64);
    assert!(!desk.path("key").exists() && !desk.config().exists());
}
