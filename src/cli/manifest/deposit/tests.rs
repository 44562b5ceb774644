//! Files that are stored before a request, repeated requests, and the receipt of an item.

use std::fs;

use super::*;
use crate::cli::compose::{Details, Digests, StatementArgs};
use crate::cli::digest::measure;
use crate::cli::gather::Skip;
use crate::cli::manifest::item_receipt::make;
use crate::cli::progress::Progress;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::key::Signer;
use crate::ledger::manifest::claim::ItemReceipt;
use crate::ledger::receipt::Receipt;
use crate::ledger::testing::{ledger_key, origin, receipt_of};
use crate::ledger::verify::report::{Conclusion, Report, Step};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{PresentedEvidence, Question, verify};
use crate::ledger::verify::wording::Language;

fn trust() -> Trust {
    Trust::new(vec![ledger_key().verifier().clone()])
}

/// What happens to a folder after it was deposited.
type Change = fn(&Path);

/// A run that is never sent.
fn round_of(args: &StatementArgs, again: bool) -> DepositRun {
    let client = LedgerClient::new("http://127.0.0.1:9").unwrap();
    let progress = Progress::of_bytes(&Screen::new(Language::English, false, false, false), 0);
    let signer = Signer::of_depositor(&[9; 32]).unwrap();
    DepositRun::new(client, trust(), origin(), signer, Details::read(args).unwrap(), None, again, progress)
}

fn prepare_with(args: &StatementArgs, again: bool, path: &Path) -> Result<PreparedManifest, CliError> {
    prepare(&round_of(args, again), Source::open(path, Skip::FileManagerFiles)?)
}

/// A folder of five files.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path().join("录音");
    fs::create_dir_all(folder.join("下午")).unwrap();
    for name in ["1.wav", "2.wav", "3.wav", "下午/1.wav", "下午/2.wav"] {
        fs::write(folder.join(name), format!("sound of {name}")).unwrap();
    }
    (top, folder)
}

/// The receipt that a ledger would answer to `prepared`.
fn receipt_for(prepared: &PreparedManifest) -> Receipt {
    receipt_of(prepared.ready.statement_file.note().unwrap().verify().unwrap())
}

fn verified(receipt: &ItemReceipt, file: &Path) -> Report {
    let presented = PresentedEvidence::File { measured: measure(file, None, &|_| {}).unwrap(), salted: false };
    let (item, trust) = (Some(&receipt.claim), trust());
    verify(&Question { item, presented, ..Question::about(&receipt.receipt, &trust) })
}

#[test]
fn an_item_of_a_folder_verifies_by_its_own_receipt_and_no_other() {
    let (_top, folder) = folder();
    let prepared = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    assert_eq!(prepared.manifest.count, 5);
    let receipt = receipt_for(&prepared);
    fs::write(&prepared.ready.files.receipt, crate::wire::receipt::print(&receipt)).unwrap();
    for name in ["1.wav", "下午/2.wav"] {
        let item = make(&prepared.list, name, true).unwrap();
        let text = crate::wire::item_receipt::print(&item);
        let item = crate::wire::item_receipt::parse(text.as_bytes()).unwrap();
        let report = verified(&item, &folder.join(name));
        assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
        assert_eq!(report.value(Step::OriginalDigest, "item_name"), Some(name));
        assert_eq!(verified(&item, &folder.join("2.wav")).conclusion, Conclusion::Mismatch);
        // It has neither names nor digests of the other items.
        let list = fs::read_to_string(&prepared.list).unwrap();
        for other in list.lines().skip(1).map(|line| KeptLine::parse(line).unwrap()).filter(|kept| kept.path != name) {
            let content = other.item.digests.content();
            for secret in [content.sha256.unwrap(), content.sm3.unwrap(), other.item.name] {
                assert!(!text.contains(&secret.to_string()), "{}", other.path);
            }
            assert!(!text.contains(&format!("\"{}\"", other.path)) && !text.contains(&hex::encode(other.salt)));
        }
        let nameless = make(&prepared.list, name, false).unwrap();
        assert!(!crate::wire::item_receipt::print(&nameless).contains(name));
        assert_eq!(verified(&nameless, &folder.join(name)).conclusion, Conclusion::ConsistentWithReservation);
    }
    assert_eq!(make(&prepared.list, "4.wav", true).unwrap_err().code, "no_such_item");
}

#[test]
fn the_very_same_statement_is_sent_again_and_a_change_is_refused() {
    let (_top, folder) = folder();
    let first = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    let kept = [&first.list, &first.ready.files.statement].map(|path| fs::read(path).unwrap());
    let second = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    assert_eq!(second.ready.statement_file.to_text(), first.ready.statement_file.to_text());
    assert_eq!([&first.list, &first.ready.files.statement].map(|path| fs::read(path).unwrap()), kept);
    let code = |args: &StatementArgs| prepare_with(args, false, &folder).unwrap_err().code;
    assert_eq!(code(&StatementArgs { name: Some("其他".into()), ..StatementArgs::default() }), "stated_otherwise");
    assert_eq!(code(&StatementArgs { digests: Digests::Sm3, ..StatementArgs::default() }), "stated_otherwise");
    let changes: [(&str, Change); 4] = [
        ("changed", |path| fs::write(path.join("2.wav"), "SOUND of 2.wav").unwrap()),
        ("more", |path| fs::write(path.join("下午/3.wav"), "more").unwrap()),
        ("between", |path| fs::write(path.join("1a.wav"), "more").unwrap()),
        ("fewer", |path| fs::remove_file(path.join("下午/2.wav")).unwrap()),
    ];
    for (what, change) in changes {
        let (_top, folder) = self::folder();
        prepare_with(&StatementArgs::default(), false, &folder).unwrap();
        change(&folder);
        assert_eq!(
            prepare_with(&StatementArgs::default(), false, &folder).unwrap_err().code,
            "changed_since",
            "{what}"
        );
    }
}

#[test]
fn a_list_without_its_statement_is_made_anew_and_one_that_is_lost_is_told() {
    let (_top, folder) = folder();
    let first = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    // As after a crash between the two.
    fs::remove_file(&first.ready.files.statement).unwrap();
    let second = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    assert_ne!(second.manifest.root, first.manifest.root, "each deposit draws new salts");
    stored_list::verify(&second.list, &second.manifest, |_| Ok(())).unwrap();
    fs::write(&second.ready.files.receipt, "a receipt").unwrap();
    let kept = fs::read(&second.list).unwrap();
    let away = second.ready.files.statement.with_extension("away");
    fs::rename(&second.ready.files.statement, &away).unwrap();
    for again in [false, true] {
        assert_eq!(prepare_with(&StatementArgs::default(), again, &folder).unwrap_err().code, "statement_missing");
        assert_eq!(fs::read(&second.list).unwrap(), kept, "the list that proves the deposit is untouched");
    }
    fs::rename(away, &second.ready.files.statement).unwrap();
    fs::remove_file(&second.list).unwrap();
    assert_eq!(prepare_with(&StatementArgs::default(), false, &folder).unwrap_err().code, "manifest_missing");
}

#[test]
fn a_concurrent_run_is_rejected() {
    let (_top, folder) = folder();
    let other = lock_source(&folder).unwrap();
    assert!(other.is_some());
    assert_eq!(prepare_with(&StatementArgs::default(), false, &folder).unwrap_err().code, "under_way");
    drop(other);
    prepare_with(&StatementArgs::default(), false, &folder).unwrap();
}

#[test]
fn again_keeps_the_earlier_list_with_its_statement() {
    let (top, folder) = folder();
    let first = prepare_with(&StatementArgs::default(), false, &folder).unwrap();
    fs::write(&first.ready.files.receipt, crate::wire::receipt::print(&receipt_for(&first))).unwrap();
    fs::write(folder.join("2.wav"), "more of 2.wav").unwrap();
    let second = prepare_with(&StatementArgs::default(), true, &folder).unwrap();
    assert_ne!(second.manifest.root, first.manifest.root);
    stored_list::verify(&second.list, &second.manifest, |_| Ok(())).unwrap();
    let earlier = earlier_manifest(&first.list, &first.ready.statement_file.note().unwrap());
    stored_list::verify(&earlier, &first.manifest, |_| Ok(())).unwrap();
    assert!(make(&earlier, "3.wav", true).is_ok());
    let names: Vec<_> = fs::read_dir(top.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1 + 2 + 3, "{names:?}");
}

#[test]
fn a_list_of_known_digests_is_as_good_as_the_folder() {
    let (top, folder) = folder();
    let list = top.path().join("digests.txt");
    fs::write(
        &list,
        Source::open(&folder, Skip::Nothing)
            .unwrap()
            .next_block(WantedDigests { sha256: true, sm3: true }, &|_| {})
            .unwrap()
            .unwrap(),
    )
    .unwrap();
    let only = StatementArgs { digests: Digests::Sha256, ..StatementArgs::default() };
    let prepared = prepare_with(&only, false, &list).unwrap();
    assert_eq!(prepared.manifest.count, 5);
    assert!(!fs::read_to_string(&prepared.list).unwrap().contains("sm3"));
    prepare_with(&only, false, &list).unwrap();
    prepare_with(&StatementArgs::default(), false, &list).unwrap();
    fs::write(&prepared.ready.files.receipt, crate::wire::receipt::print(&receipt_for(&prepared))).unwrap();
    let item = make(&prepared.list, "下午/1.wav", true).unwrap();
    assert_eq!(verified(&item, &folder.join("下午/1.wav")).conclusion, Conclusion::ConsistentWithReservation);
}
