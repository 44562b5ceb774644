//! Tests of statements: the canonical form, and an error code for each fault.

use super::*;
use crate::ledger::hash::lower_hex;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::text::{Link, LinkKind, ManifestRoot, Subject};

fn signer(seed: u8) -> Signer {
    Signer::of_depositor(&[seed; 32]).unwrap()
}

fn number(random: u64) -> DepositNumber {
    (random..).find_map(|random| DepositNumber::draw(false, 20_261_122, random)).unwrap()
}

fn full(keys: &[Signer]) -> Statement {
    Statement {
        ledger: Name::parse("example.org/ledger").unwrap(),
        content: Some(Content {
            form: Form::Plain { size: 3 },
            sha256: Some(Digest([1; 32])),
            sm3: Some(Digest([2; 32])),
        }),
        manifest: Some(ManifestRoot { root: Digest([3; 32]), count: 7 }),
        media_type: MediaType::parse("application/pdf"),
        meta: Some(Digest([4; 32])),
        subject: Some(Subject { id: Digest([5; 32]), sequence: 1 }),
        links: vec![
            Link { kind: LinkKind::Refers, number: number(1) },
            Link { kind: LinkKind::Corrects, number: number(9) },
        ],
        on_behalf: Some(Digest([6; 32])),
        nonce: [7; 16],
        keys: keys.iter().map(|signer| signer.verifier().clone()).collect(),
    }
}

fn two() -> [Signer; 2] {
    [signer(1), signer(2)]
}

/// The full statement's text after `change`, signed with those of its keys that can be parsed.
fn code_of(change: impl FnOnce(String) -> String) -> &'static str {
    let signers = two();
    let good = SignedStatement::sign(full(&signers), &signers).unwrap();
    let text = change(good.note().0.note.text().to_owned());
    let mut ordered: Vec<&Signer> = signers.iter().collect();
    ordered.sort_by_key(|signer| signer.verifier().to_string());
    let note = Note::sign(text, &ordered).unwrap();
    StatementNote::parse(note.to_string().as_bytes()).and_then(StatementNote::verify).unwrap_err().code().as_str()
}

#[test]
fn a_full_statement_reads_back_byte_for_byte() {
    let signers = two();
    let signed = SignedStatement::sign(full(&signers), &signers).unwrap();
    let bytes = signed.note().to_string();
    let again = StatementNote::parse(bytes.as_bytes()).unwrap();
    assert_eq!(again.to_string(), bytes);
    assert_eq!(again.statement().to_text(), again.0.note.text());
    assert_eq!(again.id(), sha256(again.0.note.text().as_bytes()));
    assert!(bytes.contains("link corrects") && bytes.find("link corrects") < bytes.find("link refers"));
}

#[test]
fn each_way_to_be_wrong_has_its_code() {
    let line = |text: &str, name: &str| -> String {
        text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap().to_owned() + "\n"
    };
    let doubled = |name: &'static str| {
        move |text: String| {
            let line = line(&text, name);
            text.replacen(&line, &line.repeat(2), 1)
        }
    };
    let dropped = |name: &'static str| move |text: String| text.replacen(&line(&text, name), "", 1);
    for name in ["ledger", "sha-256", "sm3", "size", "manifest", "type", "meta", "subject", "on-behalf", "nonce"] {
        assert_eq!(code_of(doubled(name)), "repeated_line", "{name}");
    }
    for name in ["ledger", "size", "nonce"] {
        assert_eq!(code_of(dropped(name)), "missing_line", "{name}");
    }
    assert_eq!(code_of(doubled("link")), "not_sorted");
    assert_eq!(code_of(doubled("key")), "not_sorted");
    assert_eq!(code_of(|t| t.replace("statement v1", "statement v2")), "unknown_version");
    assert_eq!(code_of(|t| t.replace("nonce", "note hello\nnonce")), "unknown_line");
    assert_eq!(code_of(|t| t.replace("nonce", "md5 00\nnonce")), "weak_digest");
    assert_eq!(code_of(|t| t.replace("nonce", "size 3\nnonce")), "misordered_line");
    assert_eq!(code_of(|t| t.replace(&"01".repeat(32), &"0A".repeat(32))), "upper_case_hex");
    assert_eq!(code_of(|t| t.replace(&"01".repeat(32), &"01".repeat(20))), "wrong_length");
    assert_eq!(
        code_of(|t| t.replace(&"01".repeat(32), &HashAlgorithm::Sha256.of_empty_input().to_string())),
        "weak_digest"
    );
    assert_eq!(
        code_of(|t| t.replace(&"02".repeat(32), &HashAlgorithm::Sm3.of_empty_input().to_string())),
        "weak_digest"
    );
    assert_eq!(code_of(|t| t.replace("size 3", "size 03")), "bad_value");
    assert_eq!(code_of(|t| t.replace("size 3", "size 0")), "bad_value");
    assert_eq!(code_of(|t| t.replace("sm3 ", "salted-sm3 ")), "misordered_line");
    assert_eq!(code_of(|t| t.replace("application/pdf", "application/Pdf")), "bad_value");
    assert_eq!(code_of(|t| t.replace("link refers", "link mentions")), "bad_value");
    assert_eq!(code_of(|t| t.replace("link refers", "link aefers")), "bad_value");
    assert_eq!(code_of(|t| t.replace(" 7\n", " 0\n")), "bad_value");
    let typed = number(1).to_string();
    assert_eq!(code_of(|t| t.replace(&typed, &typed.replacen('2', "3", 1))), "mistyped_number");
    assert_eq!(code_of(|t| t.replace(&typed, &typed.replace('-', ""))), "bad_value");
    let weak = VerifierKey::new(Name::parse("k").unwrap(), signer(1).verifier().public().clone());
    assert_eq!(code_of(|t| t.replace(&signer(1).verifier().to_string(), &weak.to_string())), "bad_value");
    assert_eq!(code_of(|t| t.replace("key ", "key x")), "bad_value");
}

use crate::ledger::statement::content::HashAlgorithm;

#[test]
fn a_weak_key_is_rejected() {
    use base64::Engine as _;
    let mut blob = [0; 33];
    blob[..2].copy_from_slice(&[1, 1]);
    let weak = format!("k-0000000000000000+00000000+{}", base64::prelude::BASE64_STANDARD.encode(blob));
    assert_eq!(code_of(|t| t.replace(&signer(1).verifier().to_string(), &weak)), "weak_key");
}

#[test]
fn signatures_must_be_there_in_order_and_right() {
    let signers = two();
    let bytes = SignedStatement::sign(full(&signers), &signers).unwrap().note().to_string();
    let (head, block) = bytes.split_at(bytes.rfind("\n\n").unwrap() + 2);
    let lines: Vec<&str> = block.lines().collect();
    let code = |signatures: &[&str]| {
        let bytes = format!("{head}{}\n", signatures.join("\n"));
        StatementNote::parse(bytes.as_bytes()).and_then(StatementNote::verify).map_err(|e| e.code().as_str())
    };
    assert!(code(&[lines[0], lines[1]]).is_ok());
    assert_eq!(code(&[lines[0]]), Err("missing_signature"));
    assert_eq!(code(&[lines[1], lines[0]]), Err("unexpected_signature"));
    assert_eq!(code(&[lines[0], lines[1], lines[1]]), Err("unexpected_signature"));
    let stranger = "— stranger AAAAAAEC";
    assert_eq!(code(&[lines[0], lines[1], stranger]), Err("unexpected_signature"));
    let forged = SignedStatement::sign(Statement { nonce: [8; 16], ..full(&signers) }, &signers).unwrap();
    let forged = forged.note().to_string();
    let other: Vec<&str> = forged.lines().rev().take(2).collect();
    assert_eq!(code(&[lines[0], other[0]]), Err("bad_signature"));
    assert_eq!(code(&[other[1], lines[1]]), Err("bad_signature"));
    let unsigned = StatementNote::parse(head.trim_end_matches('\n').as_bytes()).unwrap_err().code().as_str();
    assert_eq!(unsigned, "missing_signature");
}

#[test]
fn a_manifest_alone_is_enough_and_an_empty_statement_is_not() {
    let signers = [signer(3)];
    let bare = Statement { content: None, links: vec![], subject: None, meta: None, ..full(&signers) };
    assert!(SignedStatement::sign(bare.clone(), &signers).is_ok());
    let nothing = Statement { manifest: None, ..bare };
    assert_eq!(SignedStatement::sign(nothing, &signers).unwrap_err().code().as_str(), "missing_line");
}

#[test]
fn seventeen_links_or_keys_are_too_many() {
    let signers: Vec<Signer> = (1..=17).map(signer).collect();
    let links = (0..17).map(|i| Link { kind: LinkKind::Refers, number: number(i * 100) }).collect();
    let one = [signer(1)];
    assert_eq!(
        SignedStatement::sign(Statement { links, ..full(&one) }, &one).unwrap_err().code().as_str(),
        "too_many_lines"
    );
    assert_eq!(SignedStatement::sign(full(&signers), &signers).unwrap_err().code().as_str(), "too_many_lines");
    assert!(SignedStatement::sign(full(&signers[..16]), &signers[..16]).is_ok());
}

proptest::proptest! {
    #[test]
    fn any_statement_reads_back(
        salted: bool, sha256: Option<[u8; 32]>, sm3: [u8; 32], size in 1..u64::MAX / 2, meta: Option<[u8; 32]>,
        sequence in proptest::option::of(1..1000_u64), kinds in proptest::collection::vec(0..5_usize, 0..6),
        nonce: [u8; 16], seeds in proptest::collection::btree_set(1..50_u8, 1..4)
    ) {
        let signers: Vec<Signer> = seeds.into_iter().map(signer).collect();
        let form = if salted { Form::Salted } else { Form::Plain { size } };
        let links = kinds.iter().zip(1..).map(|(kind, i)| Link { kind: LinkKind::ALL[*kind], number: number(i * 100) });
        let statement = Statement {
            content: Some(Content { form, sha256: sha256.map(Digest), sm3: Some(Digest(sm3)) }),
            meta: meta.map(Digest),
            subject: sequence.map(|sequence| Subject { id: Digest([9; 32]), sequence }),
            links: links.collect(),
            nonce,
            ..full(&signers)
        };
        let signed = SignedStatement::sign(statement, &signers).unwrap();
        let bytes = signed.note().to_string();
        proptest::prop_assert_eq!(StatementNote::parse(bytes.as_bytes()).unwrap().to_string(), bytes.clone());
        proptest::prop_assert_eq!(signed.statement().to_text(), signed.note().0.note.text());
    }

    #[test]
    fn a_changed_byte_never_passes(at: proptest::sample::Index, flip in 0..8_u8) {
        let signers = [signer(1)];
        let mut bytes = SignedStatement::sign(full(&signers), &signers).unwrap().note().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << flip;
        proptest::prop_assert!(StatementNote::parse(&bytes).and_then(StatementNote::verify).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = StatementNote::parse(&bytes);
    }

    #[test]
    fn no_lines_panic(lines in proptest::collection::vec("(ledger|sha-256|size|link|key|nonce|type|subject) [ -~]{0,80}", 0..12)) {
        let text = format!("tiezheng statement v1\n{}\n", lines.join("\n"));
        let _ = Statement::parse_with(&text, &mut KeyCache::none());
        let _ = lower_hex::<32>("");
    }
}
