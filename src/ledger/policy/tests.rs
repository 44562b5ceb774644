//! Tests of trust policies.

use std::fmt::Write as _;

use super::*;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::hash::sha256;
use crate::ledger::key::Signer;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;

fn cosigner(number: u8) -> Cosigner {
    Cosigner::new(Name::parse(&format!("w{number}.example.org")).unwrap(), &[number; 32]).unwrap()
}

fn ledger() -> Signer {
    Signer::new(Name::parse("ledger.example.org/1").unwrap(), &[200; 32]).unwrap()
}

/// Five witnesses in two groups and one witness outside, with the line `quorum`.
fn policy(quorum: &str) -> Policy {
    let mut text = format!("# courts\nlog {}\thttps://ledger.example.org # operator\n\n", ledger().verifier());
    for number in 1..=6 {
        let _ = write!(text, "witness w{number} {} https://w{number}.example.org\r\n", cosigner(number).key());
    }
    let _ = write!(
        text,
        "group courts 2 w1 w2 w3\ngroup notaries any w4 w5\ngroup both all courts notaries\nquorum {quorum}\n"
    );
    Policy::parse(&text).unwrap()
}

fn cosigned(by: &[u8]) -> SignedCheckpoint {
    let checkpoint =
        Checkpoint { origin: ledger().verifier().name().clone(), size: TreeSize(9), root: sha256(b"root") };
    let time = Timestamp::from_millis(1_767_139_200_000).unwrap();
    let mut text = checkpoint.clone().sign(&ledger()).unwrap().note().to_string();
    for number in by {
        let _ = writeln!(text, "{}", cosigner(*number).cosign(&checkpoint, time));
    }
    SignedCheckpoint::parse(text.as_bytes()).unwrap()
}

#[test]
fn the_quorum_is_reached_by_the_groups_that_it_names() {
    let state = |quorum: &str, by: &[u8]| {
        let state = policy(quorum).evaluate(&cosigned(by)).unwrap();
        (state.cosignatures.len(), state.witnesses, state.required, state.reached)
    };
    assert_eq!(state("none", &[1]), (0, 0, 0, true));
    assert_eq!(state("w6", &[1, 2, 3, 4, 5]), (0, 1, 1, false));
    assert_eq!(state("w6", &[6]), (1, 1, 1, true));
    assert_eq!(state("courts", &[1]), (1, 3, 2, false));
    assert_eq!(state("courts", &[1, 3, 6]), (2, 3, 2, true));
    assert_eq!(state("both", &[1, 2, 3]), (3, 5, 3, false), "no notary");
    assert_eq!(state("both", &[4, 5, 1]), (3, 5, 3, false), "one court");
    assert_eq!(state("both", &[5, 2, 1]), (3, 5, 3, true));
    assert_eq!(state("both", &[]), (0, 5, 3, false));
}

#[test]
fn the_text_of_a_quorum_names_its_groups() {
    assert_eq!(policy("both").quorum_text(), "2/2 (2/3 (w1, w2, w3), 1/2 (w4, w5))");
    assert_eq!((policy("w4").quorum_text(), policy("none").quorum_text()), ("w4".to_owned(), String::new()));
}

#[test]
fn all_subsets_agree_with_a_naive_reading_of_the_policy() {
    let (both, courts) = (policy("both"), policy("courts"));
    for subset in 0_u8..64 {
        let by: Vec<u8> = (1..=6).filter(|number| subset >> (number - 1) & 1 == 1).collect();
        let of = |range: std::ops::RangeInclusive<u8>| by.iter().filter(|number| range.contains(number)).count();
        let checkpoint = cosigned(&by);
        assert_eq!(courts.evaluate(&checkpoint).unwrap().reached, of(1..=3) >= 2, "{by:?}");
        assert_eq!(both.evaluate(&checkpoint).unwrap().reached, of(1..=3) >= 2 && of(4..=5) >= 1, "{by:?}");
    }
}

#[test]
fn a_forged_line_of_any_witness_of_the_policy_is_an_error() {
    let good = cosigned(&[1, 2]);
    for (from, forged) in [("w1.example.org", 1_u8), ("w6.example.org", 6)] {
        let other = Checkpoint { size: TreeSize(10), ..good.checkpoint().clone() };
        let line = cosigner(forged).cosign(&other, Timestamp::from_millis(1_767_139_200_000).unwrap());
        let note = format!("{}{line}\n", good.note());
        let error = policy("courts").evaluate(&SignedCheckpoint::parse(note.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(error, CosignatureError::BadSignature { witness: Name::parse(from).unwrap() });
    }
}

#[test]
fn each_invalid_line_has_its_fault() {
    let (w1, w2, log) = (cosigner(1), cosigner(2), ledger());
    let witnesses = format!("witness a {}\nwitness b {}\n", w1.key(), w2.key());
    let fault = |text: &str| {
        let PolicyError { line, fault } = Policy::parse(text).unwrap_err();
        (line, fault)
    };
    let name = |name: &str| name.to_owned();
    assert_eq!(fault(""), (1, PolicyFault::NoQuorum));
    assert_eq!(fault("# all is commented\n"), (2, PolicyFault::NoQuorum));
    assert_eq!(fault("Log x\n"), (1, PolicyFault::UnknownWord));
    assert_eq!(fault("log x\n"), (1, PolicyFault::Key(KeyTextError::Malformed)));
    assert_eq!(fault(&format!("log {}\n", w1.key())), (1, PolicyFault::Key(KeyTextError::UnknownType)));
    assert_eq!(fault(&format!("witness a {}\n", log.verifier())), (1, PolicyFault::Key(KeyTextError::UnknownType)));
    assert_eq!(fault(&format!("log {0}\nlog {0}\n", log.verifier())), (2, PolicyFault::KeyTwice));
    assert_eq!(fault(&format!("{witnesses}witness c {}\n", w1.key())), (3, PolicyFault::KeyTwice));
    assert_eq!(fault(&format!("{witnesses}witness a {}\n", cosigner(3).key())), (3, PolicyFault::NameTaken(name("a"))));
    assert_eq!(fault(&format!("witness none {}\n", w1.key())), (1, PolicyFault::NameTaken(name("none"))));
    assert_eq!(fault(&format!("{witnesses}group g all a c\n")), (3, PolicyFault::UnknownName(name("c"))));
    assert_eq!(fault(&format!("{witnesses}group g all a a\n")), (3, PolicyFault::MemberTwice(name("a"))));
    assert_eq!(
        fault(&format!("{witnesses}group g all a b\ngroup h any a\n")),
        (4, PolicyFault::MemberTwice(name("a")))
    );
    for threshold in ["0", "3", "01", "+1", "two", "-1", "99999999999999999999"] {
        assert_eq!(fault(&format!("{witnesses}group g {threshold} a b\n")), (3, PolicyFault::Threshold), "{threshold}");
    }
    assert_eq!(fault("group g all\nquorum none\n"), (1, PolicyFault::Form("group <name> all|any|<k> <member>…")));
    assert_eq!(fault("quorum a\n"), (1, PolicyFault::UnknownName(name("a"))));
    assert_eq!(fault("quorum none\nquorum none\n"), (2, PolicyFault::QuorumTwice));
    assert_eq!(fault("quorum\n"), (1, PolicyFault::Form("quorum <name>|none")));
    // A group cannot be defined below its use, so groups have no cycles.
    assert_eq!(
        fault(&format!("{witnesses}group g all a h\ngroup h any b\n")),
        (3, PolicyFault::UnknownName(name("h")))
    );
    assert_eq!(fault(&format!("{}quorum none\n", "#\n".repeat(POLICY_MAX))).1, PolicyFault::TooLarge);
}

#[test]
fn thirty_two_logs_witnesses_and_groups_are_read() {
    let mut text = String::new();
    for number in 0..32_u8 {
        let log = Signer::new(Name::parse(&format!("log{number}")).unwrap(), &[number; 32]).unwrap();
        let _ = write!(text, "log {}\nwitness w{number} {}\n", log.verifier(), cosigner(number).key());
    }
    for number in 0..32 {
        let _ = writeln!(text, "group g{number} any w{number}");
    }
    let members: Vec<String> = (0..32).map(|number| format!("g{number}")).collect();
    let _ = write!(text, "group all 17 {}\nquorum all\n", members.join(" "));
    let policy = Policy::parse(&text).unwrap();
    assert_eq!((policy.logs().len(), policy.counted_witnesses().count(), policy.required()), (32, 32, 17));
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "(log|witness|group|quorum|[a-z0-9 #\\n])*") {
        let _ = Policy::parse(&text);
    }
}
