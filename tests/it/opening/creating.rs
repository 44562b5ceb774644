//! Creating a ledger, also interrupted.

use std::fs;
use std::path::Path;

use tiezheng::ledger::key::Name;
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::LogStore;

use super::{copy, files, sample};
use crate::support::chain::found;
use crate::support::depositor::origin;
use crate::support::stores::small;

fn create(folder: &Path) -> Result<RocksStore, OpenError> {
    RocksStore::create(folder, &origin(), &small())
}

fn open(folder: &Path) -> Result<RocksStore, OpenError> {
    RocksStore::open(folder, &small())
}

#[test]
fn a_folder_is_made_with_all_that_lead_to_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a/b/ledger");
    assert!(matches!(open(&folder), Err(OpenError::Absent)));
    assert!(matches!(RocksStore::open_read_only(&folder, &small()), Err(OpenError::Absent)));
    assert!(!root.path().join("a").exists(), "a refused opening makes no folder");
    let store = create(&folder).unwrap();
    assert_eq!((store.tip().unwrap().origin, store.published()), (origin(), None));
    found(&store);
    drop(store);
    assert!(matches!(create(&folder), Err(OpenError::Exists)));
    assert!(open(&folder).unwrap().published().is_some());
}

#[test]
fn an_empty_folder_stays_empty_when_opening_is_refused() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(open(root.path()), Err(OpenError::Absent)));
    assert!(files(root.path()).is_empty());
}

#[test]
fn a_folder_with_anything_else_in_it_is_refused() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("README.md"), "the disk format").unwrap();
    fs::write(root.path().join("holiday.jpg"), "").unwrap();
    let before = files(root.path());
    assert!(matches!(create(root.path()), Err(OpenError::UnknownName { name }) if name == "holiday.jpg"));
    assert_eq!(files(root.path()), before);
    fs::remove_file(root.path().join("holiday.jpg")).unwrap();
    create(root.path()).unwrap();
}

/// A second history under the same key is what an auditor calls a fork.
#[test]
fn a_key_without_its_ledger_is_no_place_for_another() {
    for key in ["ledger.key", "next.key"] {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(key), "PRIVATE+KEY+…").unwrap();
        let before = files(root.path());
        assert!(matches!(create(root.path()), Err(OpenError::KeyWithoutLedger)));
        let opened = RocksStore::open_or_create(root.path(), &origin(), &small());
        assert!(matches!(opened, Err(OpenError::KeyWithoutLedger)));
        assert_eq!(files(root.path()), before);
    }
}

/// A new ledger would remove originals that none of its acts names.
#[test]
fn originals_or_account_files_without_their_ledger_are_no_place_for_another() {
    for part in ["originals/07/object", "accounts/deposit-policy", "platform.key", "inventory"] {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(part);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
        let before = files(root.path());
        let refused = create(root.path());
        assert!(matches!(&refused, Err(OpenError::PartsWithoutLedger { name }) if part.starts_with(name)), "{part}");
        assert_eq!(files(root.path()), before);
    }
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("originals")).unwrap();
    create(root.path()).unwrap();
}

#[test]
fn open_or_create_does_either_and_never_takes_one_ledger_for_another() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ledger");
    found(&RocksStore::open_or_create(&folder, &origin(), &small()).unwrap());
    let again = RocksStore::open_or_create(&folder, &origin(), &small()).unwrap();
    assert_eq!(again.published().unwrap().size().0, 2);
    drop(again);
    let other = Name::parse("other.example").unwrap();
    let refused = RocksStore::open_or_create(&folder, &other, &small());
    assert!(matches!(refused, Err(OpenError::AnotherLedger { expected, .. }) if expected == other));
}

/// What a creation does next, by name.
type Step = (&'static str, Box<dyn Fn()>);

/// What is there after a crash between any two steps of a creation, and within the longest of them.
fn cut_off(whole: &Path, folder: &Path) -> Vec<Step> {
    let (whole, folder) = (whole.to_owned(), folder.to_owned());
    let mut steps: Vec<Step> = Vec::new();
    let mut step = |name, act: Box<dyn Fn()>| steps.push((name, act));
    step("nothing", Box::new(|| {}));
    let f = folder.clone();
    step("folder", Box::new(move || fs::create_dir_all(&f).unwrap()));
    let f = folder.clone();
    step("lock", Box::new(move || fs::write(f.join("lock"), "").unwrap()));
    let f = folder.clone();
    step(
        "half of a checkpoint file",
        Box::new(move || fs::write(f.join(".tiezheng-new-mark"), vec![0; 70_000]).unwrap()),
    );
    let (f, w) = (folder.clone(), whole.clone());
    step(
        "mark",
        Box::new(move || {
            fs::write(f.join(".tiezheng-new-mark"), fs::read(w.join("mark")).unwrap()).unwrap();
            fs::rename(f.join(".tiezheng-new-mark"), f.join("mark")).unwrap();
        }),
    );
    let f = folder.clone();
    step("empty new database", Box::new(move || fs::create_dir(f.join(".tiezheng-new-db")).unwrap()));
    for entry in fs::read_dir(whole.join("db")).unwrap() {
        let (from, f) = (entry.unwrap().path(), folder.clone());
        let to = move |f: &Path, from: &Path| f.join(".tiezheng-new-db").join(from.file_name().unwrap());
        let (half, all) = (from.clone(), from);
        let g = f.clone();
        step(
            "half a file",
            Box::new(move || {
                let bytes = fs::read(&half).unwrap();
                fs::write(to(&g, &half), &bytes[..bytes.len() / 2]).unwrap();
            }),
        );
        step("a file", Box::new(move || fs::write(to(&f, &all), fs::read(&all).unwrap()).unwrap()));
    }
    steps
}

#[test]
fn a_creation_that_was_cut_off_anywhere_is_finished_by_the_next() {
    let root = tempfile::tempdir().unwrap();
    let (whole, folder) = (root.path().join("whole"), root.path().join("ledger"));
    drop(create(&whole).unwrap());
    for last in 0..cut_off(&whole, &folder).len() {
        for or_open in [false, true] {
            let _ = fs::remove_dir_all(&folder);
            let steps = cut_off(&whole, &folder);
            for (_, act) in &steps[..=last] {
                act();
            }
            let name = steps[last].0;
            let refused = open(&folder);
            assert!(matches!(refused, Err(OpenError::Absent | OpenError::Unfinished)), "{name}");
            let store =
                if or_open { RocksStore::open_or_create(&folder, &origin(), &small()) } else { create(&folder) };
            found(&store.unwrap_or_else(|error| panic!("{name}: {error}")));
            assert_eq!(open(&folder).unwrap().published().unwrap().size().0, 2, "{name}");
            assert!(!folder.join(".tiezheng-new-db").exists() && !folder.join(".tiezheng-new-mark").exists(), "{name}");
        }
    }
}

/// Once something is signed, no missing part is ever made anew.
#[test]
fn nothing_is_created_over_what_is_left_of_a_ledger() {
    for lost in ["db", "mark"] {
        let (_root, folder) = sample();
        let path = folder.join(lost);
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        let before = files(&folder);
        for refused in [create(&folder), open(&folder), RocksStore::open_or_create(&folder, &origin(), &small())] {
            match refused {
                Err(OpenError::DatabaseMissing { .. }) => assert_eq!(lost, "db"),
                Err(OpenError::CheckpointFileMissing) => assert_eq!(lost, "mark"),
                other => panic!("{lost}: {:?}", other.err()),
            }
        }
        assert_eq!(files(&folder), before);
    }
    // A database of an unfinished creation beside a mark that speaks of signatures is not mistaken for the database.
    let (_root, folder) = sample();
    copy(&folder.join("db"), &folder.join(".tiezheng-new-db"));
    fs::remove_dir_all(folder.join("db")).unwrap();
    assert!(matches!(create(&folder), Err(OpenError::DatabaseMissing { .. })));
    assert!(folder.join(".tiezheng-new-db").exists());
}
