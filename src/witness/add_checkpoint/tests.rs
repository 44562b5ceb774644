//! The worked exchange of litewitness (`cmd/litewitness/testdata/litewitness.txt`), and cases that it does not contain.

use std::sync::Arc;

use super::*;
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::key::{PublicKey, Signer};
use crate::witness::state::{KeyFrom, LatestCheckpoint};

/// The origin of litewitness's test log.
const ORIGIN: &str = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
const ROOT_1: &str = "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const ROOT_3: &str = "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=";
const ROOT_5: &str = "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=";
const SIGNED_1: &str = "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=";
const SIGNED_3: &str = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=";
const SIGNED_5: &str = "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=";
const LEAF_1: &str = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const LEAF_2: &str = "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const LEAF_3: &str = "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const LEAF_4: &str = "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NODE_01: &str = "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=";

fn log_key() -> VerifierKey {
    let public = lower_hex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f").unwrap();
    VerifierKey::new(Name::parse(ORIGIN).unwrap(), PublicKey::from_bytes(&public).unwrap())
}

/// A submission of a checkpoint with this signature.
fn body(old: u64, proof: &[&str], size: u64, root: &str, signature: &str) -> String {
    let proof = proof.iter().fold(String::new(), |lines, hash| lines + hash + "\n");
    format!("old {old}\n{proof}\n{ORIGIN}\n{size}\n{root}\n\n— {ORIGIN} {signature}\n")
}

fn decide(state: &LedgerState, body: &str) -> Result<VerifiedCheckpoint, Rejection> {
    let submission = Submission::parse(body.as_bytes())?;
    if *submission.origin() != state.origin {
        return Err(Rejection::UnknownLedger(submission.origin().to_string()));
    }
    let verified = submission.verify(state)?;
    submission.extends(state)?;
    Ok(verified)
}

/// The status of the answer; accepted checkpoints are remembered.
fn status(state: &mut LedgerState, body: &str) -> u16 {
    match decide(state, body) {
        Err(rejection) => rejection.code().status(),
        Ok(verified) => {
            let lines: Vec<String> = verified.signatures.iter().map(ToString::to_string).collect();
            let note = format!("{}\n{}\n", verified.checkpoint.to_text(), lines.join("\n"));
            let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
            state.latest = Some(Arc::new(LatestCheckpoint { signed, time: Timestamp::EPOCH }));
            200
        }
    }
}

#[test]
fn the_worked_exchange_of_litewitness_gives_its_statuses() {
    assert_eq!(hex::encode(log_key().id()), "5202289b");
    let mut state = LedgerState::new(log_key());
    let altered = LEAF_2.replace("AAA=", "ABA=");
    let to_3 = [LEAF_1, LEAF_2];
    let from_1_to_5 = [LEAF_1, ROOT_3, LEAF_4];
    let from_3_to_5 = [LEAF_2, LEAF_3, NODE_01, LEAF_4];
    let not_canonical = SIGNED_3.replace("6go=", "6gx=");
    for (number, body, expected) in [
        (1, body(0, &[], 1, ROOT_1, SIGNED_1), 200),
        (2, body(1, &to_3, 3, ROOT_3, &not_canonical), 403),
        (3, body(1, &[], 3, ROOT_3, SIGNED_3), 422),
        (4, body(1, &[LEAF_1, &altered], 3, ROOT_3, SIGNED_3), 422),
        (5, body(1, &to_3, 3, ROOT_3, SIGNED_3), 200),
        (6, body(1, &from_1_to_5, 5, ROOT_5, SIGNED_5), 409),
        (7, body(3, &from_3_to_5, 5, ROOT_5, SIGNED_5), 200),
        (8, body(0, &[], 5, ROOT_5, SIGNED_5), 409),
        (9, body(0, &[], 5, ROOT_5, SIGNED_5).replace("e562", "e563"), 404),
    ] {
        assert_eq!(status(&mut state, &body), expected, "exchange {number}");
    }
    assert_eq!(decide(&state, &body(1, &[], 5, ROOT_5, SIGNED_5)), Err(Rejection::OtherSize { size: TreeSize(5) }));
    // The same again refreshes the time; with a proof it does not.
    assert_eq!(status(&mut state, &body(5, &[], 5, ROOT_5, SIGNED_5)), 200);
    assert_eq!(status(&mut state, &body(5, &[LEAF_4], 5, ROOT_5, SIGNED_5)), 422);
    assert_eq!(status(&mut state, &body(6, &[], 5, ROOT_5, SIGNED_5)), 400, "old is beyond the checkpoint");
}

/// A ledger whose key the tests have.
fn ledger(seed: u8) -> Signer {
    Signer::new(Name::parse("example.org/log").unwrap(), &[seed; 32]).unwrap()
}

fn submission(old: u64, size: u64, root: Digest, more: &str) -> String {
    let origin = ledger(1).verifier().name().clone();
    let note = Checkpoint { origin, size: TreeSize(size), root }.sign(&ledger(1)).unwrap();
    format!("old {old}\n\n{}{more}", note.note())
}

#[test]
fn an_empty_tree_has_the_root_of_nothing() {
    let mut state = LedgerState::new(ledger(1).verifier().clone());
    assert_eq!(status(&mut state, &submission(0, 0, Digest([1; 32]), "")), 422);
    assert_eq!(status(&mut state, &submission(0, 0, sha256(b""), "")), 200);
    assert_eq!(status(&mut state, &submission(0, 0, sha256(b""), "")), 200, "and is refreshed");
    assert_eq!(status(&mut state, &submission(0, 7, Digest([7; 32]), "")), 200, "every tree extends it");
    assert_eq!(status(&mut state, &submission(7, 7, Digest([8; 32]), "")), 422, "another root of the same size");
}

#[test]
fn a_first_checkpoint_needs_an_empty_proof() {
    let mut state = LedgerState::new(log_key());
    assert_eq!(status(&mut state, &body(0, &[LEAF_1], 1, ROOT_1, SIGNED_1)), 422);
}

#[test]
fn only_signatures_of_the_ledger_are_kept() {
    let state = LedgerState::new(ledger(1).verifier().clone());
    let stranger = "— witness.example.org uLKPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n";
    let twice = submission(0, 3, Digest([3; 32]), "").lines().last().unwrap().to_owned() + "\n";
    let verified = decide(&state, &submission(0, 3, Digest([3; 32]), &format!("{stranger}{twice}"))).unwrap();
    assert_eq!(verified.signatures.len(), 1);
    assert_eq!(verified.signatures[0].id, ledger(1).verifier().id());
}

#[test]
fn a_line_of_the_known_key_that_does_not_verify_is_403_and_a_malformed_one_of_another_is_400() {
    let state = LedgerState::new(ledger(1).verifier().clone());
    let refused = |text: &str| decide(&state, text).unwrap_err().code().status();
    let good = submission(0, 3, Digest([3; 32]), "");
    // Signed by no key that the witness knows.
    let other = good.replace("— example.org/log ", "— example.org/other ");
    assert_eq!(refused(&other), 403);
    let line = good.lines().last().unwrap();
    let flipped = good.replace(&line[line.len() - 10..], "AAAAAAAAA=");
    assert_eq!(refused(&flipped), 403);
    for (bad, expected) in [
        (format!("{good}{line}=\n"), 400),
        (format!("{good}{}\n", &line[..line.len() - 2]), 403),
        (format!("{good}— someone *\n"), 400),
        (format!("{good}no signature line\n"), 400),
        (format!("{good}\n"), 400),
        (good.trim_end().to_owned(), 400),
        (good.replace("\n3\n", "\n03\n"), 400),
        (good.replace("\n\n—", "\nextension\n\n—"), 400),
        ("old 0\n\n".to_owned(), 400),
        (String::new(), 400),
    ] {
        assert_eq!(refused(&bad), expected, "{bad}");
    }
}

#[test]
fn once_a_later_key_is_known_the_old_one_alone_is_rejected_from_its_size_on() {
    let mut state = LedgerState::new(ledger(1).verifier().clone());
    state.keys.push(KeyFrom { key: ledger(2).verifier().clone(), from: TreeSize(10) });
    assert!(decide(&state, &submission(0, 9, Digest([3; 32]), "")).is_ok());
    let late = submission(0, 10, Digest([3; 32]), "");
    assert_eq!(decide(&state, &late), Err(Rejection::NotTrusted(NoteError::UnknownKey)));
    let origin = ledger(1).verifier().name().clone();
    let both = Checkpoint { origin, size: TreeSize(10), root: Digest([3; 32]) }.sign(&ledger(2)).unwrap();
    let line = both.note().signatures()[0].clone();
    assert_eq!(decide(&state, &format!("{late}{line}\n")).unwrap().signatures.len(), 2);
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(text: String) {
        let state = LedgerState::new(ledger(1).verifier().clone());
        let _ = decide(&state, &text);
        let _ = decide(&state, &format!("old 0\n\nexample.org/log\n1\n{ROOT_1}\n\n{text}"));
    }
}
