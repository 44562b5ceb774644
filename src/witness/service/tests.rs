//! A witness over a folder: races, the clock, a disk that cannot be written, planted signatures.

use std::fs;
use std::time::Duration;

use super::*;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::merkle::list::root_of;
use crate::sequencer::clock::ManualClock;

struct Bench {
    folder: tempfile::TempDir,
    clock: ManualClock,
    witness: Witness,
}

fn ledger() -> Signer {
    Signer::new(Name::parse("example.org/log").unwrap(), &[1; 32]).unwrap()
}

fn cosigner() -> Cosigner {
    Cosigner::new(Name::parse("witness.example.org").unwrap(), &[7; 32]).unwrap()
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.500Z").unwrap()
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        StateFolder::create(folder.path()).unwrap();
        Self::on(folder, ManualClock::at(noon()))
    }

    /// A witness as after a start.
    fn on(folder: tempfile::TempDir, clock: ManualClock) -> Self {
        let states = StateFolder::open(folder.path()).unwrap();
        let pinned: VerifierKey = ledger().verifier().clone();
        let ledgers = states.states_of(&[pinned], cosigner().key()).unwrap();
        let ledgers = ledgers.into_iter().map(|state| FollowedLedger::new(state, "http://node".into(), None)).collect();
        let witness = Witness::new(cosigner(), states, Box::new(clock.share()), ledgers);
        Self { folder, clock, witness }
    }

    fn restarted(self) -> Self {
        Self::on(self.folder, self.clock)
    }

    fn submit(&self, body: &str) -> Result<NoteSignature, Rejection> {
        self.witness.cosign(&Submission::parse(body.as_bytes())?)
    }

    fn latest(&self) -> Arc<LatestCheckpoint> {
        self.witness.ledgers()[0].state().latest.clone().unwrap()
    }
}

/// The leaves of the ledger's tree of this size; `fork` gives another history from there on.
fn leaves(size: u64, fork: u64) -> Vec<Digest> {
    let leaf = |index: u64| leaf_hash(format!("{index} {}", if index < fork { 0 } else { fork + 1 }).as_bytes());
    (0..size).map(leaf).collect()
}

/// PROOF(m, D\[n\]) as RFC 6962 §2.1.2 defines it.
fn proof(m: usize, d: &[Digest], is_whole: bool) -> Vec<Digest> {
    if m == d.len() {
        return if is_whole { Vec::new() } else { vec![root_of(d)] };
    }
    let k = d.len().next_power_of_two() / 2;
    let (left, right) = d.split_at(k);
    if m <= k {
        [proof(m, left, is_whole), vec![root_of(right)]].concat()
    } else {
        [proof(m - k, right, false), vec![root_of(left)]].concat()
    }
}

fn submission(old: usize, size: u64, fork: u64) -> String {
    let new = leaves(size, fork);
    let proof = if old == 0 { Vec::new() } else { proof(old, &new, true) };
    let encoded = |hash: &Digest| {
        use base64::Engine as _;
        base64::prelude::BASE64_STANDARD.encode(hash.as_bytes()) + "\n"
    };
    let proof: String = proof.iter().map(encoded).collect();
    let origin = ledger().verifier().name().clone();
    let note = Checkpoint { origin, size: TreeSize(size), root: root_of(&new) }.sign(&ledger()).unwrap();
    format!("old {old}\n{proof}\n{}", note.note())
}

const NONE: u64 = u64::MAX;

#[test]
fn a_cosignature_verifies_and_outlives_a_restart() {
    let bench = Bench::new();
    let line = bench.submit(&submission(0, 5, NONE)).unwrap();
    let text = bench.latest().signed.note().text().to_owned();
    let cosigned = bench.witness.key().verify(&line, &text).unwrap();
    assert_eq!(cosigned.time, Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap());
    let bench = bench.restarted();
    assert_eq!(bench.latest().signed.note().signatures().len(), 2);
    assert_eq!(bench.submit(&submission(0, 7, NONE)), Err(Rejection::OtherSize { size: TreeSize(5) }));
    bench.submit(&submission(5, 7, NONE)).unwrap();
    assert_eq!(bench.latest().checkpoint().size, TreeSize(7));
}

#[test]
fn a_fork_is_never_cosigned() {
    let bench = Bench::new();
    bench.submit(&submission(0, 5, NONE)).unwrap();
    for fork in 0..5 {
        for size in 5..12 {
            let refused = bench.submit(&submission(5, size, fork)).unwrap_err();
            assert!(matches!(refused, Rejection::Inconsistent(_)), "fork {fork} size {size}: {refused}");
        }
    }
    assert_eq!(bench.latest().checkpoint().root, root_of(&leaves(5, NONE)));
    // Leaves after the cosigned size are not restricted.
    bench.submit(&submission(5, 9, 5)).unwrap();
}

#[test]
fn of_two_submissions_for_one_old_size_one_is_accepted() {
    for _ in 0..20 {
        let bench = Bench::new();
        bench.submit(&submission(0, 3, NONE)).unwrap();
        let bodies = [submission(3, 6, 3), submission(3, 6, NONE)];
        let answers = std::thread::scope(|scope| {
            let threads = bodies.each_ref().map(|body| scope.spawn(|| bench.submit(body)));
            threads.map(|thread| thread.join().unwrap())
        });
        let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(accepted, 1);
        assert!(answers.contains(&Err(Rejection::OtherSize { size: TreeSize(6) })));
    }
}

#[test]
fn planted_lines_in_the_witness_s_own_name_are_ignored() {
    let bench = Bench::new();
    let body = submission(0, 5, NONE);
    // Lines with the witness's name and key id: a genuine one of another checkpoint, a forged and a short one.
    let elsewhere = Checkpoint { origin: ledger().verifier().name().clone(), size: TreeSize(5), root: Digest::ZERO };
    let real = cosigner().cosign(&elsewhere, Timestamp::parse("2030-01-01T00:00:00.000Z").unwrap());
    let forged = NoteSignature { bytes: vec![0; 72], ..real.clone() };
    let short = NoteSignature { bytes: vec![1], ..real.clone() };
    bench.submit(&format!("{body}{real}\n{forged}\n{short}\n")).unwrap();
    let kept = bench.latest();
    assert_eq!(kept.signed.note().signatures().len(), 2);
    assert_eq!(kept.time, Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap());
    // The state is readable, and the next submission works.
    let bench = bench.restarted();
    bench.submit(&submission(5, 6, NONE)).unwrap();
}

#[test]
fn times_never_decrease() {
    let bench = Bench::new();
    bench.submit(&submission(0, 5, NONE)).unwrap();
    let first = bench.latest().time;
    bench.clock.shift(-3_600_000, Duration::ZERO);
    let refused = bench.submit(&submission(5, 6, NONE)).unwrap_err();
    assert!(matches!(refused, Rejection::ClockBehind { last, .. } if last == first), "{refused}");
    assert_eq!(bench.latest().checkpoint().size, TreeSize(5), "nothing was remembered");
    let bench = bench.restarted();
    assert!(matches!(bench.submit(&submission(5, 6, NONE)), Err(Rejection::ClockBehind { .. })));
    bench.clock.shift(3_600_000, Duration::ZERO);
    bench.submit(&submission(5, 6, NONE)).unwrap();
    assert_eq!(bench.latest().time, first, "within the same second");
    bench.clock.shift(60_000, Duration::ZERO);
    bench.submit(&submission(6, 6, NONE)).unwrap();
    assert!(bench.latest().time > first, "the same checkpoint again refreshes the time");
}

#[test]
fn what_cannot_be_remembered_is_not_signed() {
    let bench = Bench::new();
    bench.submit(&submission(0, 5, NONE)).unwrap();
    let states = bench.folder.path().join("state");
    fs::rename(&states, bench.folder.path().join("away")).unwrap();
    assert!(matches!(bench.submit(&submission(5, 6, NONE)), Err(Rejection::Storage(_))));
    assert_eq!(bench.latest().checkpoint().size, TreeSize(5));
    fs::rename(bench.folder.path().join("away"), &states).unwrap();
    bench.submit(&submission(5, 6, NONE)).unwrap();
}

#[test]
fn a_stopped_ledger_is_not_cosigned() {
    let bench = Bench::new();
    bench.witness.ledgers()[0].stop("two histories".into());
    bench.witness.ledgers()[0].stop("something else".into());
    assert_eq!(bench.submit(&submission(0, 5, NONE)), Err(Rejection::Stopped("two histories".into())));
}

#[test]
fn a_later_key_is_remembered() {
    let bench = Bench::new();
    let next = Signer::new(ledger().verifier().name().clone(), &[2; 32]).unwrap();
    let key = KeyFrom { key: next.verifier().clone(), from: TreeSize(6) };
    bench.witness.follow_key(&bench.witness.ledgers()[0], key.clone()).unwrap();
    bench.witness.follow_key(&bench.witness.ledgers()[0], key).unwrap();
    let bench = bench.restarted();
    assert_eq!(bench.witness.ledgers()[0].state().keys.len(), 2);
    bench.submit(&submission(0, 5, NONE)).unwrap();
    assert!(matches!(bench.submit(&submission(5, 6, NONE)), Err(Rejection::NotTrusted(_))));
}
