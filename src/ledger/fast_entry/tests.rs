//! What the fast parser accepts, the full parser accepts.

use super::*;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::Signer;
use crate::ledger::statement::content::{Content, Form, HashAlgorithm};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{ManifestRoot, Statement, Subject};

fn ledger() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

fn usual() -> Statement {
    Statement {
        ledger: ledger(),
        content: Some(Content {
            form: Form::Plain { size: 1_234 },
            sha256: Some(Digest([0xe3; 32])),
            sm3: Some(Digest([2; 32])),
        }),
        manifest: None,
        media_type: MediaType::parse("application/pdf"),
        meta: Some(Digest([4; 32])),
        subject: None,
        links: vec![],
        on_behalf: Some(Digest([6; 32])),
        nonce: [7; 16],
        keys: vec![],
    }
}

/// An entry on the statement signed by these keys.
fn entry_of(mut statement: Statement, seeds: &[u8]) -> String {
    let signers: Vec<Signer> = seeds.iter().map(|seed| Signer::of_depositor(&[*seed; 32]).unwrap()).collect();
    statement.keys = signers.iter().map(|signer| signer.verifier().clone()).collect();
    let entry = Entry {
        number: DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap(),
        received: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
        statement: SignedStatement::sign(statement, &signers).unwrap().note().clone(),
    };
    entry.to_string()
}

/// A cache with the key of depositor 1.
fn keys() -> KeyCache {
    let mut keys = KeyCache::new();
    Entry::parse_with(entry_of(usual(), &[1]).as_bytes(), &mut keys).unwrap();
    keys
}

/// Whether the fast parser accepts `bytes`; then the full parser must give the same number and time.
#[track_caller]
fn accepts(bytes: &[u8], keys: &mut KeyCache) -> bool {
    let Some(seen) = parse_common(bytes, &ledger(), keys) else { return false };
    let entry = Entry::parse(bytes).unwrap();
    let statement = entry.statement.statement();
    assert_eq!((seen.number, seen.received), (entry.number, entry.received));
    assert_eq!((&statement.ledger, statement.subject, statement.manifest), (&ledger(), None, None));
    assert!(statement.links.is_empty());
    true
}

#[test]
fn the_common_form_is_accepted_with_and_without_its_optional_lines() {
    let content = |sha256: bool, sm3: bool| {
        let all = usual().content.unwrap();
        Some(Content { sha256: all.sha256.filter(|_| sha256), sm3: all.sm3.filter(|_| sm3), ..all })
    };
    let mut keys = keys();
    for (sha256, sm3) in [(true, true), (true, false), (false, true)] {
        for optional in 0..8 {
            let with = |line: u8| optional & line != 0;
            let statement = Statement {
                content: content(sha256, sm3),
                media_type: usual().media_type.filter(|_| with(1)),
                meta: usual().meta.filter(|_| with(2)),
                on_behalf: usual().on_behalf.filter(|_| with(4)),
                ..usual()
            };
            assert!(accepts(entry_of(statement, &[1]).as_bytes(), &mut keys));
        }
    }
}

#[test]
fn the_digests_of_the_empty_input_are_known_by_their_beginning() {
    let begins = |algorithm: HashAlgorithm, beginning: &[u8]| {
        assert!(algorithm.of_empty_input().to_string().as_bytes().starts_with(beginning));
    };
    begins(HashAlgorithm::Sha256, EMPTY_INPUT.0);
    begins(HashAlgorithm::Sm3, EMPTY_INPUT.1);
}

#[test]
fn every_other_form_is_left_to_the_full_parser() {
    let mut keys = keys();
    let digests =
        |sha256: [u8; 32], form| Some(Content { sha256: Some(Digest(sha256)), form, ..usual().content.unwrap() });
    let unusual = [
        Statement { ledger: Name::parse("elsewhere").unwrap(), ..usual() },
        Statement { content: digests([1; 32], Form::Salted), ..usual() },
        Statement { content: digests([1; 32], Form::Plain { size: 1_234_567_890_123_456_789 }), ..usual() },
        Statement { content: None, manifest: Some(ManifestRoot { root: Digest([1; 32]), count: 1 }), ..usual() },
        Statement { subject: Some(Subject { id: Digest([1; 32]), sequence: 1 }), ..usual() },
    ];
    for statement in unusual {
        assert!(!accepts(entry_of(statement, &[1]).as_bytes(), &mut keys));
    }
    let stranger = entry_of(usual(), &[2]);
    assert!(!accepts(stranger.as_bytes(), &mut keys), "its key is not in the cache");
    Entry::parse_with(stranger.as_bytes(), &mut keys).unwrap();
    assert!(accepts(stranger.as_bytes(), &mut keys));
    assert!(!accepts(entry_of(usual(), &[1, 2]).as_bytes(), &mut keys));
    let weak = entry_of(usual(), &[1]).replace(&"e3".repeat(32), &HashAlgorithm::Sha256.of_empty_input().to_string());
    assert!(!accepts(weak.as_bytes(), &mut keys) && Entry::parse(weak.as_bytes()).is_err());
}

/// Every byte of an entry, changed to every other value: accepted only where the full parser accepts it.
#[test]
fn no_changed_byte_is_accepted_that_the_full_parser_rejects() {
    let (mut keys, good) = (keys(), entry_of(usual(), &[1]).into_bytes());
    let mut accepted = 0;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        for byte in 0..=u8::MAX {
            bytes[at] = byte;
            accepted += usize::from(accepts(&bytes, &mut keys));
        }
    }
    // Hex digits, decimals and base64 digits may each be others.
    assert!(accepted > 64 * 16, "{accepted}");
}

proptest::proptest! {
    #[test]
    fn no_changed_lines_are_accepted_that_the_full_parser_rejects(
        cut in proptest::collection::vec((0..20_usize, 0..20_usize), 0..3),
        text in "[ -~]{0,4}",
        at: proptest::sample::Index,
    ) {
        let mut lines: Vec<String> = entry_of(usual(), &[1]).split('\n').map(str::to_owned).collect();
        for (from, to) in cut {
            let line = lines[from % lines.len()].clone();
            let to = to % lines.len();
            if from % 2 == 0 { lines.insert(to, line) } else { _ = lines.remove(to) }
        }
        let mut bytes = lines.join("\n").into_bytes();
        let at = at.index(bytes.len().max(1));
        bytes.splice(at..at, text.bytes());
        accepts(&bytes, &mut keys());
    }
}
