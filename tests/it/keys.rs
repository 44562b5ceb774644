//! Rotation of the ledger key: who signs, what every verifier accepts, and what a crash leaves.

use std::sync::Arc;

use tiezheng::audit::report::Fault as Finding;
use tiezheng::audit::walk::{self, walk};
use tiezheng::ledger::key::{Signer, VerifierKey};
use tiezheng::ledger::key_history::{KeyHistory, follow};
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::verify::report::{Conclusion, Obstacle, Outcome, Step};
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{Question, verify};
use tiezheng::query::key_history::key_history;
use tiezheng::query::receipts::receipt;
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::sequencer::ledger_keys::{BOTH_SIGN_MS, LedgerKeys};
use tiezheng::sequencer::recovery::StartError;
use tiezheng::sequencer::rotation::{Rotation, RotationError, rotate};
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{Index as _, LedgerReader, LogReader as _, LogStore};

use crate::support::depositor::{ledger_key, note, origin, successor};
use crate::support::faulty_store::{Fault as StoreFault, FaultyStore, OF_AN_APPEND};
use crate::support::operator::Operator;

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

/// Key `n` of the ledger: 1 signs genesis, each commits to the next.
fn key(n: u8) -> Signer {
    Signer::new(origin(), &[n; 32]).unwrap()
}

fn vkey(n: u8) -> VerifierKey {
    key(n).verifier().clone()
}

fn keys(all: &[u8]) -> LedgerKeys {
    LedgerKeys::new(key(all[0]), all[1..].iter().map(|n| key(*n)).collect())
}

/// Deposits the statements of these numbers with a sequencer that has `keys`.
fn deposit<S: LogStore + 'static>(
    store: &Arc<S>,
    keys: LedgerKeys,
    clock: &ManualClock,
    numbers: std::ops::Range<u64>,
) -> Vec<Receipt> {
    let genesis = Genesis { mode: Mode::Test, successor: successor() };
    let options = Options { clock_gap_confirmed: true, ..Options::default() };
    let (sequencer, running) = start(Arc::clone(store), keys, Some(&genesis), clock.share(), &options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let receipts = numbers.map(|n| runtime.block_on(sequencer.deposit(note(n), None)).unwrap().receipt).collect();
    running.shutdown();
    receipts
}

/// Rotates to key `new`, which commits to key `new + 1`.
fn rotated<S: LogStore>(
    store: &S,
    keys: &LedgerKeys,
    new: u8,
    clock: &ManualClock,
) -> Result<KeyHistory, RotationError> {
    let rotation = Rotation { new: &vkey(new), next: vkey(new + 1).commitment() };
    rotate(store, keys, &rotation, clock.share(), true)
}

fn memory() -> (Arc<MemoryStore>, ManualClock) {
    (Arc::new(MemoryStore::new(origin())), ManualClock::at(noon()))
}

/// The keys that signed the published checkpoint.
fn signers(store: &dyn LedgerReader) -> Vec<u8> {
    let published = store.published().unwrap();
    let lines = published.checkpoint.note().signatures();
    lines.iter().map(|line| (1..9).find(|n| vkey(*n).id() == line.id).unwrap()).collect()
}

fn signature_step(receipt: &Receipt, trust: &Trust) -> (Outcome, Option<String>) {
    let report = verify(&Question::about(receipt, trust));
    let value = ["key", "retired_key"].into_iter().find_map(|name| report.value(Step::Signatures, name));
    (report.outcome(Step::Signatures).unwrap(), value.map(str::to_owned))
}

/// Audits with this pinned key: nothing is found.
fn audit(store: &dyn LedgerReader, pinned: u8) {
    let options = walk::Options { pinned: Some(vkey(pinned)), ..walk::Options::default() };
    let report = walk(store, &options, |_| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}

#[test]
fn receipts_from_before_and_after_verify_with_the_old_pin_and_the_new() {
    let (store, clock) = memory();
    let before = deposit(&store, ledger_key().into(), &clock, 0..3);
    let history = rotated(&*store, &keys(&[2, 1]), 2, &clock).unwrap();
    assert_eq!(signers(&*store), [2, 1]);
    let after = deposit(&store, keys(&[2, 1]), &clock, 3..6);
    assert_eq!(signers(&*store), [2, 1]);
    let at = history.current().index;
    assert_eq!(store.key_notices().unwrap(), [at]);
    // What is answered at once, and what is asked for later.
    let asked = |receipt_of: &Receipt| receipt(&*store, receipt_of.index).unwrap();
    for one in after.iter().chain(&[asked(&before[0]), asked(&after[0])]) {
        assert_eq!(one.key_notices.iter().map(|notice| notice.index).collect::<Vec<_>>(), [LeafIndex(0), at]);
        for pinned in [vec![vkey(1)], vec![vkey(2)], vec![vkey(1), vkey(2)]] {
            let trust = Trust::new(pinned);
            let report = verify(&Question::about(one, &trust));
            assert_eq!(report.conclusion, Conclusion::RecordOnly);
            assert_eq!(report.value(Step::Signatures, "key"), Some(vkey(2).to_string().as_str()));
            assert_eq!(report.value(Step::Signatures, "key_since"), Some(at.to_string().as_str()));
            assert_eq!(report.value(Step::Signatures, "previous_key"), Some(vkey(1).to_string().as_str()));
        }
        assert_eq!(signature_step(one, &Trust::new(vec![vkey(9)])).0.code(), "not_performed");
    }
    // A receipt from before has no notices: it verifies with the old pin, and with the new one once the history is known.
    let frozen = &before[0];
    assert!(frozen.key_notices.is_empty());
    for trust in [Trust::new(vec![vkey(1)]), Trust::new(vec![vkey(2)]).with_history(history.clone())] {
        assert_eq!(signature_step(frozen, &trust), (Outcome::Passed, Some(vkey(1).to_string())));
    }
    let unknown = verify(&Question::about(frozen, &Trust::new(vec![vkey(2)])));
    assert_eq!(unknown.obstacle, Some(Obstacle::UnknownKey), "the old key may be stolen: ask for the receipt again");
    assert_eq!(follow(&[vkey(1)], &history), Some(&vkey(2)));
    for pinned in [1, 2] {
        audit(&*store, pinned);
    }
}

#[test]
fn a_second_rotation_follows_the_first() {
    let (store, clock) = memory();
    deposit(&store, ledger_key().into(), &clock, 0..1);
    rotated(&*store, &keys(&[2, 1]), 2, &clock).unwrap();
    deposit(&store, keys(&[1, 2]), &clock, 1..2);
    let history = rotated(&*store, &keys(&[2, 3]), 3, &clock).unwrap();
    assert_eq!((history.key_count(), signers(&*store)), (3, vec![3, 2]));
    let after = deposit(&store, keys(&[3, 2, 1]), &clock, 2..4);
    assert_eq!(signers(&*store), [3, 2], "the first key signs no more");
    for pinned in 1..=3 {
        assert_eq!(signature_step(&after[1], &Trust::new(vec![vkey(pinned)])).0, Outcome::Passed);
        audit(&*store, pinned);
    }
}

#[test]
fn only_the_committed_successor_is_accepted() {
    let (store, clock) = memory();
    deposit(&store, ledger_key().into(), &clock, 0..1);
    let size = store.tip().unwrap().size();
    let refused = |new: u8, next: u8| {
        let rotation = Rotation { new: &vkey(new), next: vkey(next).commitment() };
        rotate(&*store, &keys(&[1, new]), &rotation, clock.share(), true).unwrap_err()
    };
    assert!(matches!(refused(3, 4), RotationError::NotTheSuccessor { .. }));
    assert!(matches!(refused(2, 1), RotationError::ReusedKey));
    assert!(matches!(refused(2, 2), RotationError::ReusedKey));
    let without = rotated(&*store, &keys(&[1]), 2, &clock);
    assert!(matches!(without, Err(RotationError::Start(StartError::OtherKey { .. }))));
    assert_eq!(store.tip().unwrap().size(), size);
    rotated(&*store, &keys(&[1, 2]), 2, &clock).unwrap();
    // The same call again completes what is done already; another successor is refused.
    let size = store.tip().unwrap().size();
    rotated(&*store, &keys(&[1, 2]), 2, &clock).unwrap();
    assert!(matches!(refused(2, 4), RotationError::AlreadyRotated { .. }));
    assert_eq!(store.tip().unwrap().size(), size);
}

#[test]
fn a_fault_at_any_step_is_completed_by_the_same_call_or_by_the_next_start() {
    for (fault, grown) in OF_AN_APPEND {
        for by_start in [false, true] {
            let (memory, clock) = memory();
            deposit(&memory, ledger_key().into(), &clock, 0..2);
            let faulty = FaultyStore::over(Arc::clone(&memory));
            // The key history is read four times before the block is read back.
            let is_read_back = matches!(fault, StoreFault::ReadBackFails | StoreFault::ReadBackFlipsABit);
            faulty.arm_after(if is_read_back { 4 } else { 0 }, fault);
            let failed = rotated(&faulty, &keys(&[2, 1]), 2, &clock);
            assert!(failed.is_err() && !faulty.is_armed(), "{fault:?}");
            let is_rotated = memory.tip().unwrap().size().0 > 6;
            assert_eq!(is_rotated, grown, "{fault:?}");
            if by_start {
                // As the node starts: with all key files that are there.
                deposit(&memory, keys(&[1, 2]), &clock, 2..3);
            }
            let history = rotated(&*memory, &keys(&[2, 1]), 2, &clock).unwrap();
            assert_eq!((history.key_count(), signers(&*memory)), (2, vec![2, 1]), "{fault:?}");
            assert_eq!(memory.key_notices().unwrap().len(), 1, "{fault:?}");
            deposit(&memory, keys(&[2, 1]), &clock, 3..4);
            audit(&*memory, 1);
        }
    }
}

#[test]
fn a_lost_key_is_replaced_by_its_successor_alone() {
    let (store, clock) = memory();
    let before = deposit(&store, ledger_key().into(), &clock, 0..2);
    let history = rotated(&*store, &keys(&[2]), 2, &clock).unwrap();
    assert!(!history.current().signed_by_previous);
    assert_eq!(signers(&*store), [2]);
    let after = deposit(&store, keys(&[2]), &clock, 2..3);
    for one in [&after[0], &receipt(&*store, before[0].index).unwrap()] {
        for pinned in [1, 2] {
            assert_eq!(
                signature_step(one, &Trust::new(vec![vkey(pinned)])),
                (Outcome::Passed, Some(vkey(2).to_string()))
            );
        }
    }
    audit(&*store, 1);
}

#[test]
fn a_lost_key_leaves_no_block_behind_that_it_did_not_sign() {
    let (memory, clock) = memory();
    deposit(&memory, ledger_key().into(), &clock, 0..1);
    let faulty = Arc::new(FaultyStore::over(Arc::clone(&memory)));
    faulty.arm(StoreFault::PublishBefore);
    let genesis = Genesis { mode: Mode::Test, successor: successor() };
    let started = start(Arc::clone(&faulty), ledger_key(), Some(&genesis), clock.share(), &Options::default());
    let (sequencer, running) = started.unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(sequencer.deposit(note(1), None)).is_err());
    running.shutdown();
    assert!(memory.published().unwrap().size() < memory.tip().unwrap().size(), "appended and not signed");
    rotated(&*memory, &keys(&[2]), 2, &clock).unwrap();
    assert_eq!(memory.published().unwrap().size(), memory.tip().unwrap().size());
    assert_eq!(deposit(&memory, keys(&[2]), &clock, 1..2).len(), 1);
    audit(&*memory, 1);
}

#[test]
fn a_stolen_key_continues_nothing_after_the_rotation() {
    let (store, clock) = memory();
    deposit(&store, ledger_key().into(), &clock, 0..2);
    let history = rotated(&*store, &keys(&[2, 1]), 2, &clock).unwrap();
    let receipts = deposit(&store, keys(&[2]), &clock, 2..4);
    // The thief's node on a copy of the ledger.
    let refused = start(Arc::clone(&store), key(1), None, clock.share(), &Options::default());
    assert!(matches!(refused, Err(StartError::OtherKey { .. })));
    // A checkpoint of the thief's own, over a tree that contains the notice.
    let mut thief = Operator::of(&*store);
    thief.sign(&key(1));
    for pinned in [1, 2] {
        let options = walk::Options { pinned: Some(vkey(pinned)), ..walk::Options::default() };
        let report = walk(&thief, &options, |_| {}).unwrap();
        let faults: Vec<_> = report.findings.iter().map(|finding| finding.fault).collect();
        assert_eq!(faults, [Finding::Checkpoint], "{:#?}", report.findings);
        assert!(report.findings[0].detail.contains("replaced at leaf"), "{:#?}", report.findings);
    }
    assert!(key_history(&thief).is_err(), "the thief's node answers nothing");
    let forged =
        Receipt { checkpoint: thief.published().unwrap().checkpoint.note().to_string(), ..receipts[1].clone() };
    for trust in
        [Trust::new(vec![vkey(1)]), Trust::new(vec![vkey(2)]), Trust::new(vec![vkey(1)]).with_history(history.clone())]
    {
        assert_eq!(signature_step(&forged, &trust), (Outcome::Failed, Some(vkey(1).to_string())));
    }
    // Without the notices: rejected by a user who stored them; a user who has only the old key depends on witnesses.
    let silent = Receipt { key_notices: vec![], ..forged };
    assert_eq!(signature_step(&silent, &Trust::new(vec![vkey(1)]).with_history(history)).0, Outcome::Failed);
    assert_eq!(signature_step(&silent, &Trust::new(vec![vkey(2)])).0.code(), "not_performed");
    assert_eq!(signature_step(&silent, &Trust::new(vec![vkey(1)])).0, Outcome::Passed);
}

#[test]
fn the_old_key_signs_for_thirty_days_or_until_it_is_retired() {
    let (store, clock) = memory();
    deposit(&store, ledger_key().into(), &clock, 0..1);
    rotated(&*store, &keys(&[2, 1]), 2, &clock).unwrap();
    let retired = keys(&[2, 1]);
    retired.previous_key().retire();
    deposit(&store, retired, &clock, 1..2);
    assert_eq!(signers(&*store), [2]);
    deposit(&store, keys(&[2, 1]), &clock, 2..3);
    assert_eq!(signers(&*store), [2, 1]);
    let days = ManualClock::at(Timestamp::from_millis(noon().as_millis() + BOTH_SIGN_MS + 60_000).unwrap());
    deposit(&store, keys(&[2, 1]), &days, 3..4);
    assert_eq!(signers(&*store), [2]);
    audit(&*store, 1);
}

#[test]
fn an_index_without_the_notice_is_found() {
    let (store, clock) = memory();
    deposit(&store, ledger_key().into(), &clock, 0..1);
    rotated(&*store, &keys(&[2]), 2, &clock).unwrap();
    let mut operator = Operator::of(&*store);
    assert_eq!(key_history(&operator).unwrap().key_count(), 2);
    operator.no_key_notices = true;
    assert!(key_history(&operator).is_err(), "the checkpoint is not signed by the genesis key");
    let report = walk(&operator, &walk::Options::default(), |_| {}).unwrap();
    let faults: Vec<_> = report.findings.iter().map(|finding| finding.fault).collect();
    assert_eq!(faults, [Finding::Index]);
}
