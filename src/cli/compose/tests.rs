//! Statements contain exactly what the options request.

use super::*;
use crate::ledger::statement::content::Form;

fn signer(seed: u8) -> Signer {
    Signer::of_depositor(&[seed; 32]).unwrap()
}

fn compose(args: &StatementArgs, salt: Option<&[u8; 32]>) -> StatementFile {
    let ledger = Name::parse("example.org/ledger").unwrap();
    let details = Details::read(args).unwrap();
    let wanted = details.digests();
    let content = Content {
        form: if salt.is_some() { Form::Salted } else { Form::Plain { size: 3 } },
        sha256: wanted.sha256.then_some(Digest([1; 32])),
        sm3: wanted.sm3.then_some(Digest([2; 32])),
    };
    details.compose(&ledger, Path::new("a/合同.pdf"), content, salt, &signer(1)).unwrap()
}

#[test]
fn a_statement_bears_what_was_asked_for_and_nothing_else() {
    let statement_file = compose(&StatementArgs::default(), None);
    let note = statement_file.note().unwrap();
    let text = note.to_string();
    assert!(text.contains("\nsize 3\ntype application/pdf\nmeta "), "{text}");
    assert!(!text.contains("合同"), "names stay off the chain");
    assert_eq!(statement_file.evidence_name(), Some("合同.pdf"));
    let (_, private) = statement_file.request().read().unwrap();
    assert_eq!(private.unwrap().commitment(), note.statement().meta.unwrap());

    let link = "withdraws=20261122-0K7M-X9QT-3D5W-C3".to_owned();
    let subject = Some(format!("{}:2", "a".repeat(64)));
    let bare = StatementArgs {
        no_private: true,
        digests: Digests::Sm3,
        links: vec![link],
        subject,
        ..StatementArgs::default()
    };
    let text = compose(&bare, Some(&[9; 32])).note().unwrap().to_string();
    assert!(text.contains("\nsalted-sm3 ") && text.contains("\nlink withdraws 2026"), "{text}");
    for absent in ["sha-256", "size", "meta"] {
        assert!(!text.contains(&format!("\n{absent} ")), "{text}");
    }
}

#[test]
fn a_manifest_is_stated_by_its_root_alone() {
    let ledger = Name::parse("example.org/ledger").unwrap();
    let root = ManifestRoot { root: Digest([3; 32]), count: 7 };
    let details = Details::read(&StatementArgs::default()).unwrap();
    let statement_file = details.compose_manifest(&ledger, Path::new("卷宗"), root, &signer(1)).unwrap();
    let text = statement_file.note().unwrap().to_string();
    assert!(text.contains(&format!("\nmanifest {} 7\nmeta ", root.root)), "{text}");
    for absent in ["sha-256", "sm3", "size", "type"] {
        assert!(!text.contains(&format!("\n{absent} ")), "{text}");
    }
    assert_eq!(statement_file.evidence_name(), Some("卷宗"));
    assert_eq!(details.differing_option(&statement_file, &ledger, signer(1).verifier()), None);
    let renamed = Details::read(&StatementArgs { name: Some("其他".into()), ..StatementArgs::default() }).unwrap();
    assert_eq!(renamed.differing_option(&statement_file, &ledger, signer(1).verifier()), Some("--name"));
    let salted = Details::read(&StatementArgs { salt: true, ..StatementArgs::default() }).unwrap();
    assert_eq!(salted.wanted_digests().unwrap_err().code, "salt_of_manifest");
}

#[test]
fn two_statements_on_one_file_are_two() {
    assert_ne!(
        compose(&StatementArgs::default(), None).note().unwrap().id(),
        compose(&StatementArgs::default(), None).note().unwrap().id()
    );
}

#[test]
fn what_is_asked_for_and_not_there_is_a_departure() {
    let statement_file = compose(&StatementArgs::default(), None);
    let ledger = Name::parse("example.org/ledger").unwrap();
    let differing_option = |args: StatementArgs, seed| {
        Details::read(&args).unwrap().differing_option(&statement_file, &ledger, signer(seed).verifier())
    };
    assert_eq!(differing_option(StatementArgs::default(), 1), None);
    assert_eq!(differing_option(StatementArgs::default(), 2), None, "no case was named");
    assert_eq!(
        differing_option(StatementArgs { case: Some("a".into()), ..StatementArgs::default() }, 2),
        Some("--case")
    );
    assert_eq!(differing_option(StatementArgs { name: Some("合同.pdf".into()), ..StatementArgs::default() }, 1), None);
    assert_eq!(
        differing_option(StatementArgs { name: Some("other".into()), ..StatementArgs::default() }, 1),
        Some("--name")
    );
    assert_eq!(
        differing_option(StatementArgs { no_private: true, ..StatementArgs::default() }, 1),
        Some("--no-private")
    );
    assert_eq!(differing_option(StatementArgs { salt: true, ..StatementArgs::default() }, 1), Some("--salt"));
    assert_eq!(
        differing_option(StatementArgs { digests: Digests::Sm3, ..StatementArgs::default() }, 1),
        Some("--digests")
    );
    let elsewhere = Name::parse("other").unwrap();
    let details = Details::read(&StatementArgs::default()).unwrap();
    assert_eq!(details.differing_option(&statement_file, &elsewhere, signer(1).verifier()), Some("--server"));
}

#[test]
fn mistyped_arguments_are_refused_by_name() {
    let code = |args: StatementArgs| Details::read(&args).unwrap_err().code;
    let link = |text: &str| StatementArgs { links: vec![text.into()], ..StatementArgs::default() };
    assert_eq!(code(link("corrects")), "bad_link");
    assert_eq!(code(link("likes=20261122-0K7M-X9QT-3D5W-C3")), "bad_link");
    assert_eq!(code(link("corrects=20261122-0K7M-X9QT-3D5V-C3")), "mistyped_number");
    let number = "20261122-0K7M-X9QT-3D5W-C3";
    let twice = StatementArgs {
        links: vec![format!("corrects={number}"), format!("refers={number}")],
        ..StatementArgs::default()
    };
    assert_eq!(code(twice), "bad_links");
    for bad in ["", "ab:1", &format!("{}:0", "a".repeat(64)), &"a".repeat(64)] {
        assert_eq!(code(StatementArgs { subject: Some(bad.into()), ..StatementArgs::default() }), "bad_subject");
    }
}
