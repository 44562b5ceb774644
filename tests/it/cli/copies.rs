//! Backup and restore: complete or not at all, regular files only, and no other file is changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::workspace::Workspace;
use crate::opening::{copy, files};

/// The successor's key is never copied.
const PARTS: [&str; 5] = ["db", "originals", "ledger.key", "platform.key", "mark"];

/// A ledger with one deposit, at rest.
fn ledger() -> (Workspace, String) {
    let mut workspace = Workspace::new();
    workspace.file("a", "a");
    workspace.deposit("a", &[]);
    workspace.stop_and_count();
    let data = workspace.top().join("chain").to_str().unwrap().to_owned();
    (workspace, data)
}

#[test]
fn a_backup_leaves_the_folders_of_others_alone() {
    let (workspace, data) = ledger();
    let others = [".tmp", ".new", ".part", "~"].map(|end| workspace.file(format!("copy{end}/notes"), "mine"));
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    assert!(others.iter().all(|notes| fs::read(notes).unwrap() == b"mine"));
    let names: Vec<_> = fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".tiezheng-backup")), "{names:?}");
    let mode = |name: &str| fs::metadata(workspace.path("copy").join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("db"), mode("mark")), (0o700, 0o700, 0o600));
}

#[test]
fn a_backup_that_fails_names_the_target_and_leaves_nothing() {
    let (workspace, data) = ledger();
    // Files may not grow past 32 KiB: the target's file system has no room, as it were.
    let failed = workspace.run_after("trap '' XFSZ; ulimit -f 64", &["backup", &data, "--to", "copy"]).ends(2);
    let text = failed.document()["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.contains(".tiezheng-backup-") && !text.contains(&data), "{text}");
    let left: Vec<_> = fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name == "copy" || name.to_string_lossy().contains("backup")), "{left:?}");
}

#[test]
fn a_link_in_a_ledger_or_a_backup_is_refused() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    for name in ["platform.key", "originals", "ledger.key"] {
        let (part, outside) = (workspace.path("copy").join(name), workspace.path("outside"));
        fs::rename(&part, &outside).unwrap();
        symlink(&outside, &part).unwrap();
        assert_eq!(workspace.run(&["restore", "copy", "--data", "restored"]).ends(2).error(), "not_a_file", "{name}");
        assert!(!workspace.path("restored").exists());
        assert_eq!(workspace.run(&["backup", "copy", "--to", "second"]).ends(2).error(), "not_a_file", "{name}");
        assert!(!workspace.path("second").exists());
        fs::remove_file(&part).unwrap();
        fs::rename(&outside, &part).unwrap();
    }
    workspace.run(&["restore", "copy", "--data", "restored"]).ends(0);
}

/// Copies a backup as a restore does: without the list of its files.
fn copy_parts(from: &Path, to: &Path) {
    copy(from, to);
    fs::remove_file(to.join("backup.json")).unwrap();
}

/// Each state in which a kill may leave a restore.
#[test]
fn a_restore_that_was_cut_off_goes_on() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    let (backup, folder) = (workspace.path("copy"), workspace.path("restored"));
    let cut_off = |workspace: &Workspace, state: &str| {
        for command in [
            vec!["serve", "--test", "--data", "restored", "--listen", "127.0.0.1:0"],
            vec!["audit", "restored"],
            vec!["backup", "restored", "--to", "never"],
        ] {
            assert_eq!(workspace.run(&command).ends(2).error(), "restore_unfinished", "{state} {command:?}");
        }
        workspace.run(&["restore", "copy", "--data", "restored"]).ends(0);
        assert_eq!(workspace.run(&["restore", "copy", "--data", "restored"]).ends(2).error(), "ledger_exists");
        workspace.run(&["audit", "restored"]).ends(0);
        let parts = |folder: &Path| {
            let mut files = files(folder);
            files.retain(|path, _| !matches!(path.to_str(), Some("lock" | "backup.json")));
            files
        };
        assert_eq!(parts(&folder), parts(&backup), "{state}");
        fs::remove_dir_all(&folder).unwrap();
    };
    for copied in 0..=PARTS.len() {
        let draft = folder.join(".tiezheng-restoring");
        fs::create_dir_all(&draft).unwrap();
        for part in PARTS.iter().take(copied) {
            let (from, to) = (backup.join(part), draft.join(part));
            if from.is_dir() { copy(&from, &to) } else { fs::write(to, &fs::read(from).unwrap()[..10]).unwrap() }
        }
        cut_off(&workspace, &format!("{copied} parts copied"));
    }
    for named in 0..=PARTS.len() {
        copy_parts(&backup, &folder.join(".tiezheng-restored"));
        for part in PARTS.iter().take(named) {
            fs::rename(folder.join(".tiezheng-restored").join(part), folder.join(part)).unwrap();
        }
        cut_off(&workspace, &format!("{named} parts have their names"));
    }
}

#[test]
fn a_restore_goes_on_with_its_own_backup_only() {
    let (mut workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    let other = Workspace::new();
    other.file("b", "b");
    other.deposit("b", &[]);
    let (mut other, data) = (other, workspace.path("other"));
    other.stop_and_count();
    copy(&other.top().join("chain"), &data);
    copy_parts(&workspace.path("copy"), &workspace.path("restored/.tiezheng-restored"));
    workspace.reset_configuration();
    let before = files(&workspace.path("restored"));
    let ran = workspace.run(&["restore", "other", "--data", "restored"]).ends(1);
    assert_eq!(ran.error(), "copy_differs");
    let after = files(&workspace.path("restored"));
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "nothing was put in place");
    assert!(!workspace.path("restored/db").exists() && !workspace.path("restored/mark").exists());
    // Cut off later, when all parts have their names.
    for part in PARTS {
        fs::rename(workspace.path("restored/.tiezheng-restored").join(part), workspace.path("restored").join(part))
            .unwrap();
    }
    assert_eq!(workspace.run(&["restore", "other", "--data", "restored"]).ends(1).error(), "copy_differs");
    let mut copied = files(&workspace.path("copy"));
    copied.remove(Path::new("backup.json")).unwrap();
    let restored = files(&workspace.path("restored"));
    assert!(
        copied.iter().all(|(name, bytes)| restored.get(name) == Some(bytes)),
        "it is still what was restored first"
    );
}

#[test]
fn a_copy_is_never_made_inside_of_what_is_copied() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    let (source, backup) = (files(Path::new(&data)), files(&workspace.path("copy")));
    let inside = Path::new(&data).join("originals/copy");
    assert_eq!(
        workspace.run(&["backup", &data, "--to", inside.to_str().unwrap()]).ends(2).error(),
        "destination_inside"
    );
    assert_eq!(workspace.run(&["restore", "copy", "--data", "copy/db/x"]).ends(2).error(), "destination_inside");
    assert_eq!(files(Path::new(&data)), source);
    assert_eq!(files(&workspace.path("copy")), backup);
}

#[test]
fn a_link_in_the_place_of_a_restore_is_not_followed() {
    let (workspace, data) = ledger();
    workspace.run(&["backup", &data, "--to", "copy"]).ends(0);
    workspace.run(&["backup", &data, "--to", "second"]).ends(0);
    let second = files(&workspace.path("second"));
    fs::create_dir(workspace.path("restored")).unwrap();
    symlink(workspace.path("second"), workspace.path("restored/.tiezheng-restored")).unwrap();
    assert_eq!(workspace.run(&["restore", "copy", "--data", "restored"]).ends(2).error(), "folder_not_empty");
    assert_eq!(files(&workspace.path("second")), second);
}

#[test]
fn a_backup_says_which_keys_it_holds_and_whether_they_are_the_ledgers() {
    let (workspace, data) = ledger();
    let other = Workspace::new();
    let foreign = fs::read(other.top().join("chain/ledger.key")).unwrap();
    let key = Path::new(&data).join("ledger.key");
    let own = fs::read(&key).unwrap();
    let states = |to: &str, code| {
        let document = workspace.run(&["backup", &data, "--to", to]).ends(code).document();
        let keys = document["keys"].as_object().unwrap().values().map(|state| state.as_str().unwrap().to_owned());
        (keys.collect::<Vec<_>>(), document["originals_decrypted"].as_bool().unwrap())
    };
    let told = |states: [&str; 3]| (states.map(str::to_owned).to_vec(), false);
    assert_eq!(states("whole", 0), told(["matches", "not_needed", "matches"]));
    let said = workspace.say("en", &["backup", &data, "--to", "told"]).ends(0).stdout;
    assert!(said.contains("the copy holds ledger.key, platform.key, the private content"), "{said}");
    fs::write(&key, &foreign).unwrap();
    assert_eq!(states("foreign", 1), told(["differs", "not_needed", "matches"]));
    fs::write(&key, "PRIVATE+KEY+x").unwrap();
    assert_eq!(states("unreadable", 1), told(["unreadable", "not_needed", "matches"]));
    for name in ["ledger.key", "next.key", "platform.key"] {
        fs::remove_file(Path::new(&data).join(name)).unwrap();
    }
    assert_eq!(states("without", 0), told(["missing", "not_needed", "missing"]));
    for (lang, missing, never) in [
        ("en", "ledger key ledger.key is not in it", "the copy holds ledger.key"),
        ("zh", "账本密钥 ledger.key：未含", "备份含：ledger.key"),
    ] {
        let said = workspace.say(lang, &["backup", &data, "--to", &format!("told-{lang}")]).ends(0).stdout;
        assert!(said.contains(missing) && !said.contains(never), "{said}");
    }

    // A restore compares them before it writes anything.
    for (copy, code) in [("foreign", "other_key"), ("unreadable", "key_file_damaged")] {
        assert_eq!(workspace.run(&["restore", copy, "--data", "restored"]).ends(2).error(), code);
        assert!(!workspace.path("restored").exists(), "{copy}");
    }
    let restored = workspace.run(&["restore", "without", "--data", "restored"]).ends(0).document();
    assert_eq!((&restored["keys"]["ledger.key"], &restored["originals_decrypted"]), (&"missing".into(), &false.into()));
    fs::write(workspace.path("restored/ledger.key"), own).unwrap();
    let said = workspace.say("zh", &["restore", "whole", "--data", "second"]).ends(0).stdout;
    assert!(said.contains("账本密钥 ledger.key：已含，与账本相符") && said.contains("未解密，内容未经核对"), "{said}");
}
