//! A node's keys: compared with its ledger before the database is opened for writing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use tiezheng::ledger::key::Signer;
use tiezheng::ledger::time::Timestamp;
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::store::rocks::store::RocksStore;

use tiezheng::ledger::hash::Digest;
use tiezheng::store::account_files::AccountFiles;
use tiezheng::store::traits::accounts::{AccountDocument, AccountStore as _};

use super::workspace::Workspace;
use crate::opening::files;
use crate::support::accounts::People;
use crate::support::custodian::open_original_for;
use crate::support::depositor::{ledger_key, origin};
use crate::support::process::{LiveNode, Node, http_client};
use crate::support::stores::small;
use crate::support::test_node::{NodeConfig, TestNode};

/// A ledger that is at rest, with a platform key that has signed nothing yet, and another ledger.
fn ledgers() -> (Workspace, String, String) {
    let workspace = Workspace::alone();
    let [own, other] = ["own", "other"].map(|name| {
        let data = workspace.top().join(name);
        Node::start(&data, &[]).stop();
        data.to_str().unwrap().to_owned()
    });
    (workspace, own, other)
}

/// A node does not start, with this code, and nothing in the folder changes.
#[track_caller]
fn refused(workspace: &Workspace, data: &str, code: &str) {
    let before = files(Path::new(data));
    let ran = workspace.run(&["serve", "--test", "--data", data, "--listen", "127.0.0.1:0"]).ends(2);
    assert_eq!(ran.error(), code, "{ran:#?}");
    assert_eq!(files(Path::new(data)), before, "{code}: the folder was changed");
}

#[test]
fn a_key_that_is_missing_foreign_or_damaged_is_refused_and_never_replaced() {
    let (workspace, own, other) = ledgers();
    let key = |data: &str, name: &str| Path::new(data).join(name);
    let whole = |data: &str, name: &str| fs::read(key(data, name)).unwrap();
    for (name, missing, foreign) in [
        ("ledger.key", "ledger_key_missing", "other_key"),
        ("platform.key", "platform_key_missing", "platform_key_differs"),
        ("next.key", "", "next_key_differs"),
    ] {
        let good = whole(&own, name);
        fs::write(key(&own, name), whole(&other, name)).unwrap();
        refused(&workspace, &own, foreign);
        for damaged in [b"".as_slice(), b"PRIVATE+KEY+x", b"\xff\xfe", &good[..good.len() / 2]] {
            fs::write(key(&own, name), damaged).unwrap();
            refused(&workspace, &own, "key_file_damaged");
        }
        if !missing.is_empty() {
            fs::remove_file(key(&own, name)).unwrap();
            refused(&workspace, &own, missing);
        }
        fs::write(key(&own, name), good).unwrap();
    }
    let (platform, next) = (whole(&own, "platform.key"), whole(&own, "next.key"));
    fs::write(key(&own, "platform.key"), &next).unwrap();
    fs::write(key(&own, "next.key"), &platform).unwrap();
    refused(&workspace, &own, "next_key_differs");
    fs::remove_file(key(&own, "next.key")).unwrap();
    refused(&workspace, &own, "platform_key_differs");
    // The successor's key may be kept elsewhere.
    fs::write(key(&own, "platform.key"), &platform).unwrap();
    Node::start(Path::new(&own), &[]).stop();
    assert!(!key(&own, "next.key").exists());
    workspace.run(&["audit", &own]).ends(0);
}

/// An earlier program did not record the platform's key in the database.
#[test]
fn where_the_platforms_key_is_not_recorded_its_acts_show_whose_it_is() {
    let workspace = Workspace::alone();
    let data = workspace.top().join("chain");
    let store = Arc::new(RocksStore::create(&data, &origin(), &small()).unwrap());
    // Long ago, so that the machine's clock is ahead of the last block.
    let clock = ManualClock::at(Timestamp::parse("2020-01-01T00:00:00.000Z").unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let node = TestNode::over(Arc::clone(&store), NodeConfig { clock, ..NodeConfig::default() }).await;
        People::of(&node).await;
    });
    // With it end all tasks that read the ledger.
    drop(runtime);
    assert_eq!(store.platform_key().unwrap(), None);
    drop(store);
    let write = |name: &str, key: &Signer| {
        fs::write(data.join(name), format!("{}\n", *key.to_private_text())).unwrap();
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    let path = data.to_str().unwrap();
    write("ledger.key", &ledger_key());
    refused(&workspace, path, "platform_key_missing");
    write("platform.key", &Signer::of_depositor(&[78; 32]).unwrap());
    refused(&workspace, path, "platform_key_differs");
    write("platform.key", &Signer::of_depositor(&[77; 32]).unwrap());
    Node::start(&data, &["--confirm-clock-gap"]).stop();
    // It is recorded now.
    fs::remove_file(data.join("platform.key")).unwrap();
    refused(&workspace, path, "platform_key_missing");
}

#[test]
fn a_missing_key_is_named_with_what_to_do_in_both_languages() {
    let (workspace, own, _) = ledgers();
    let serve = ["serve", "--test", "--data", &own, "--listen", "127.0.0.1:0", "--stop-with-stdin"];
    for (name, zh, en, code) in [
        ("ledger.key", "缺少账本密钥 ledger.key：请从密钥备份放回，勿新建", "the ledger key ledger.key is missing", 2),
        (
            "platform.key",
            "缺少平台密钥 platform.key：请从密钥备份放回，勿新建",
            "the platform key platform.key is missing",
            2,
        ),
        // The node runs without it, until its standard input ends: at once.
        ("next.key", "缺少后继密钥 next.key：请从密钥备份放回，勿新建", "the successor key next.key is missing", 0),
    ] {
        let (path, aside) = (Path::new(&own).join(name), workspace.path("aside"));
        fs::rename(&path, &aside).unwrap();
        let said = |lang| {
            let ran = workspace.say(lang, &serve).ends(code);
            ran.stdout + &ran.stderr
        };
        let (in_chinese, in_english) = (said("zh"), said("en"));
        assert!(in_chinese.contains(zh), "{in_chinese}");
        let next_step = "put it back from your key backup; do not create a new one";
        assert!(in_english.contains(en) && in_english.contains(next_step), "{in_english}");
        fs::rename(&aside, &path).unwrap();
    }
}

#[test]
fn a_link_in_the_place_of_a_file_or_folder_of_the_node_is_refused() {
    let (workspace, own, _) = ledgers();
    AccountFiles::in_ledger(Path::new(&own)).replace(AccountDocument::DepositPolicy, "open\n").unwrap();
    for name in ["ledger.key", "next.key", "platform.key", "mark", "lock", "db", "originals", "accounts", "inventory"] {
        let (path, aside) = (Path::new(&own).join(name), workspace.path("aside"));
        fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        refused(&workspace, &own, "not_a_file");
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    }
}

#[test]
fn another_name_or_mode_is_refused_before_anything_is_written() {
    let workspace = Workspace::alone();
    let (test, live) = (workspace.top().join("test"), workspace.top().join("live"));
    Node::start(&test, &[]).stop();
    LiveNode::start(&live, &["--deposits", "open"]).stop();
    for (data, more, code) in [
        (&test, ["--test", "--origin", "example.org/other"], "another_ledger"),
        (&live, ["--test", "--pool", "9"], "live_ledger"),
    ] {
        let before = files(data);
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        let ran = workspace.run(&[&serve[..], &more].concat()).ends(64);
        assert_eq!(ran.error(), code);
        assert_eq!(files(data), before, "{code}");
    }
}

#[test]
fn account_files_that_are_gone_are_told_at_the_start_and_by_an_audit() {
    let (workspace, own, _) = ledgers();
    let data = Path::new(&own);
    let files = AccountFiles::in_ledger(data);
    files.replace(AccountDocument::EnrolledKeys(Digest([7; 32])), "").unwrap();
    files.replace(AccountDocument::DepositPolicy, "tiezheng deposit policy v1\npolicy open\n").unwrap();
    let serve = ["serve", "--test", "--data", &own, "--listen", "127.0.0.1:0"];
    for gone in ["accounts/keys", "accounts"] {
        let aside = workspace.path("aside");
        fs::rename(data.join(gone), &aside).unwrap();
        let ran = workspace.run(&serve).ends(1);
        assert_eq!(ran.error(), "account_files_missing");
        assert!(workspace.say("zh", &serve).ends(1).stderr.contains("accounts/keys（登记 1 份，现有 0 份）"));
        let audited = workspace.run(&["audit", &own]).ends(1).document();
        let found = audited["findings"].as_array().unwrap();
        assert!(found.iter().all(|finding| finding["code"] == "account_files") && !found.is_empty(), "{audited}");
        assert!(!data.join(gone).exists());
        fs::rename(&aside, data.join(gone)).unwrap();
    }
    // A file that is damaged is found as well.
    let policy = data.join("accounts/deposit-policy");
    let good = fs::read(&policy).unwrap();
    fs::write(&policy, "open\n").unwrap();
    let audited = workspace.run(&["audit", &own]).ends(1).document();
    assert_eq!(audited["findings"][0]["code"], "account_files", "{audited}");
    fs::write(&policy, good).unwrap();
    workspace.run(&["audit", &own]).ends(0);
    // Without a copy the operator goes on without them, and says so by removing the inventory.
    fs::remove_dir_all(data.join("accounts/keys")).unwrap();
    fs::remove_file(data.join("inventory")).unwrap();
    Node::start(data, &[]).stop();
    assert!(data.join("inventory").is_file());
    workspace.run(&["audit", &own]).ends(0);
}

#[tokio::test]
async fn originals_that_are_gone_are_told_at_the_start() {
    let workspace = Workspace::alone();
    let (data, token) = (workspace.top().join("chain"), workspace.top().join("token"));
    let node = Node::start(&data, &["--operator-token", token.to_str().unwrap()]);
    for original in [[1_u8; 10], [2; 10]] {
        open_original_for(&http_client(), &node.url, &token, &original).await;
    }
    node.stop();
    let own = data.to_str().unwrap();
    let (originals, aside) = (data.join("originals"), workspace.path("aside"));
    fs::rename(&originals, &aside).unwrap();
    let before = files(&data);
    let serve = ["serve", "--test", "--data", own, "--listen", "127.0.0.1:0", "--stop-with-stdin"];
    assert_eq!(workspace.run(&serve).ends(1).error(), "originals_missing");
    assert!(workspace.say("zh", &serve).ends(1).stderr.contains("账本记载其中有 2 件托管原文"));
    assert_eq!(files(&data), before, "nothing was made in its place");
    fs::rename(&aside, &originals).unwrap();
    let shelf = fs::read_dir(&originals).unwrap().next().unwrap().unwrap().path();
    let object = fs::read_dir(shelf).unwrap().next().unwrap().unwrap().path();
    fs::rename(&object, &aside).unwrap();
    let said = workspace.say("en", &serve).ends(0).stdout;
    assert!(said.contains("1 of 2 originals in custody are missing or have another size"), "{said}");
    fs::rename(&aside, &object).unwrap();
    assert!(!workspace.say("en", &serve).ends(0).stdout.contains("originals in custody are missing"));
}

#[test]
fn what_others_could_read_is_closed_to_them() {
    let workspace = Workspace::alone();
    let data = workspace.top().join("chain");
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
    let workspace = Workspace::alone();
    workspace.run(&["key", "new", "--case", "a", "--out", "key"]).ends(64);
    workspace.run(&["key", "new", "--out", "key"]).ends(64);
    assert!(!workspace.path("key").exists() && !workspace.config().exists());
}
