//! A monitor raises one alarm for each thing that an operator or witness does wrong, with evidence that verifies offline.

use std::path::Path;
use std::time::Duration;

use tiezheng::client::contradiction::Contradiction;
use tiezheng::client::ledger_client::LedgerClient;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::cosignature::Cosigner;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::leaf_proof::LeafProof;
use tiezheng::ledger::policy::Policy;
use tiezheng::ledger::time::Timestamp;
use tiezheng::monitor::alarm_store::AlarmDocument;
use tiezheng::monitor::follower::{Follower, FollowerOptions, RoundReport};
use tiezheng::monitor::state_dir::StateDir;
use tiezheng::monitor::watch::Watched;
use tiezheng::monitor::webhook::Webhook;
use tiezheng::store::traits::LogReader as _;

use crate::support::depositor::{depositor, ledger_key, origin};
use crate::support::operator::Operator;
use crate::support::served_log::ServedLog;

mod passing_on;
mod witnesses;

/// Noon of the day on which all test ledgers were written.
fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

fn after(minutes: u64) -> Timestamp {
    Timestamp::from_millis(noon().as_millis() + minutes * 60_000).unwrap()
}

/// An honest ledger of some 700 leaves.
async fn ledger() -> Operator {
    let store = tokio::task::spawn_blocking(|| crate::support::ledger::grow(600).0).await.unwrap();
    Operator::of(&*store)
}

/// The ledger as it was when it had at most `size` leaves.
fn earlier(operator: &Operator, size: usize) -> Operator {
    let is_header = |index: &usize| operator.leaves[*index].starts_with(b"tiezheng block");
    let last = (0..size).rfind(is_header).unwrap();
    let mut earlier = Operator::of(operator);
    earlier.leaves.truncate(last + 1);
    earlier.sign(&ledger_key());
    earlier
}

/// The ledger with another digest in the first deposit after `from`, signed anew.
fn rewritten(operator: &Operator, from: usize) -> Operator {
    let mut other = Operator::of(operator);
    let is_entry = |index: &usize| other.leaves[*index].starts_with(b"tiezheng entry");
    let at = (from..other.leaves.len()).find(is_entry).unwrap();
    other.rewrite(at, "size ", "size 1");
    other.reseal_honestly();
    other
}

/// A monitor over a folder that outlives it.
struct Monitor {
    folder: tempfile::TempDir,
    options: FollowerOptions,
    follower: Option<Follower>,
}

impl Monitor {
    fn of(log: &ServedLog, witnesses: &str) -> Self {
        let policy = format!("log {}\n{witnesses}", ledger_key().verifier());
        let quorum = if witnesses.is_empty() { "quorum none\n" } else { "" };
        let options = FollowerOptions {
            client: LedgerClient::new(&log.url).unwrap(),
            origin: origin(),
            policy: Policy::parse(&format!("{policy}{quorum}")).unwrap(),
            interval: Duration::from_mins(1),
            full_cycle: Duration::from_mins(1),
            stale_after: Duration::from_hours(1),
            late_after: Duration::from_mins(10),
            watched: Vec::new(),
        };
        let mut monitor = Self { folder: tempfile::tempdir().unwrap(), options, follower: None };
        monitor.restart();
        monitor
    }

    /// Ends the monitor and opens it again, as after a crash.
    fn restart(&mut self) {
        self.follower = None;
        let dir = StateDir::open(self.folder.path()).unwrap();
        self.follower = Some(Follower::open(self.options.clone(), dir).unwrap());
    }

    async fn round(&mut self, now: Timestamp) -> RoundReport {
        self.follower.as_mut().unwrap().round(now).await.unwrap()
    }

    /// Runs a round that must raise one alarm of this kind; a second one and one after a restart must raise none.
    async fn raises_once(&mut self, kind: &str) -> AlarmDocument {
        let report = self.round(after(1)).await;
        let kinds: Vec<&str> = report.raised.iter().map(|alarm| alarm.kind.as_str()).collect();
        assert_eq!(kinds, [kind], "{:#?}", report.raised);
        for restart in [false, true] {
            if restart {
                self.restart();
            }
            let again = self.round(after(2)).await;
            assert!(again.raised.is_empty(), "{:#?}", again.raised);
        }
        report.raised.into_iter().next().unwrap()
    }

    fn evidence(&self, alarm: &AlarmDocument, name: &str) -> Vec<u8> {
        std::fs::read(Path::new(self.folder.path()).join("alarms").join(&alarm.id).join(name)).unwrap()
    }

    fn contradiction(&self, alarm: &AlarmDocument) -> Contradiction {
        Contradiction::parse(&self.evidence(alarm, "contradiction")).unwrap()
    }

    /// Checks the proof that a leaf was signed, and that other bytes were served.
    fn assert_altered(&self, alarm: &AlarmDocument) {
        let checkpoint = SignedCheckpoint::parse(&self.evidence(alarm, "checkpoint")).unwrap();
        assert!(checkpoint.verified_by(&[ledger_key().verifier().clone()]).is_ok());
        let proof = LeafProof::parse(std::str::from_utf8(&self.evidence(alarm, "proof")).unwrap()).unwrap();
        assert!(proof.is_valid(&checkpoint));
        assert_ne!(leaf_hash(&self.evidence(alarm, "leaf")), proof.hash);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_ledger_is_audited_as_it_grows_and_raises_nothing() {
    let whole = ledger().await;
    let first = earlier(&whole, 400);
    let log = ServedLog::of(&first);
    let mut monitor = Monitor::of(&log, "");
    let report = monitor.round(noon()).await;
    assert!(report.found.is_empty(), "{:?}", report.raised);
    assert_eq!((report.audited, report.rehashed), (first.leaves.len() as u64, 256));
    // A restart loses nothing.
    monitor.restart();
    log.show(&whole);
    let report = monitor.round(after(1)).await;
    assert!(report.found.is_empty(), "{:?}", report.raised);
    assert_eq!(report.audited, (whole.leaves.len() - first.leaves.len()) as u64);
    assert_eq!(report.audited_size, whole.leaves.len() as u64);
    assert_eq!(report.rehashed, 512);
    log.take_requests();
    let report = monitor.round(after(2)).await;
    assert_eq!((report.audited, report.raised.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_histories_are_a_fork_that_anybody_can_verify() {
    let whole = ledger().await;
    for (first, then) in [(earlier(&whole, 400), rewritten(&whole, 10)), (Operator::of(&whole), rewritten(&whole, 10))]
    {
        let log = ServedLog::of(&first);
        let mut monitor = Monitor::of(&log, "");
        assert!(monitor.round(noon()).await.found.is_empty());
        log.show(&then);
        let alarm = monitor.raises_once("fork").await;
        let signers = monitor.contradiction(&alarm).verify(&[ledger_key().verifier().clone()], &[]).unwrap();
        assert_eq!(signers.ledger_keys, [ledger_key().verifier().clone()]);
        // The honest history is accepted again.
        log.show(&whole);
        assert!(monitor.round(after(3)).await.found.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_checkpoint_is_a_rollback() {
    let whole = ledger().await;
    let log = ServedLog::of(&whole);
    let mut monitor = Monitor::of(&log, "");
    monitor.round(noon()).await;
    log.show(&earlier(&whole, 300));
    let alarm = monitor.raises_once("rollback").await;
    let sizes = ["known.checkpoint", "shown.checkpoint"].map(|name| {
        let checkpoint = SignedCheckpoint::parse(&monitor.evidence(&alarm, name)).unwrap();
        assert!(checkpoint.verified_by(&[ledger_key().verifier().clone()]).is_ok());
        checkpoint.checkpoint().size
    });
    assert!(sizes[0] > sizes[1]);
    log.show(&whole);
    assert!(monitor.round(after(3)).await.found.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_entries_and_altered_new_entries_are_found_and_audited_once_they_are_shown() {
    let whole = ledger().await;
    let first = earlier(&whole, 300);
    for hidden in [true, false] {
        let log = ServedLog::of(&first);
        let mut monitor = Monitor::of(&log, "");
        monitor.round(noon()).await;
        log.show(&whole);
        let at = whole.deposit(550);
        if hidden {
            log.hide_from(Some(600));
        } else {
            let text = String::from_utf8(whole.leaves[at].clone()).unwrap().replacen("size ", "size 1", 1);
            log.alter(at, text.into_bytes());
        }
        let alarm = monitor.raises_once("altered_leaf").await;
        if !hidden {
            assert_eq!(alarm.subject, format!("leaf {at}"));
            monitor.assert_altered(&alarm);
        }
        log.hide_from(None);
        log.show(&whole);
        let report = monitor.round(after(3)).await;
        assert!(report.found.is_empty(), "{:?}", report.raised);
        assert_eq!(report.audited_size, whole.leaves.len() as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_entry_that_is_altered_later_is_found_when_it_is_hashed_again() {
    let whole = ledger().await;
    let log = ServedLog::of(&whole);
    let mut monitor = Monitor::of(&log, "");
    assert!(monitor.round(noon()).await.found.is_empty());
    let at = whole.deposit(20);
    let text = String::from_utf8(whole.leaves[at].clone()).unwrap().replacen("size ", "size 1", 1);
    log.alter(at, text.into_bytes());
    let alarm = monitor.raises_once("altered_leaf").await;
    assert_eq!(alarm.subject, format!("leaf {at}"));
    monitor.assert_altered(&alarm);
    // After a day it is raised again.
    let later = monitor.round(after(25 * 60)).await;
    assert!(later.raised.iter().any(|alarm| alarm.kind == "altered_leaf"), "{:?}", later.raised);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_another_key_is_not_accepted() {
    let whole = ledger().await;
    let log = ServedLog::of(&earlier(&whole, 400));
    let mut monitor = Monitor::of(&log, "");
    monitor.round(noon()).await;
    let mut stranger = Operator::of(&whole);
    stranger.sign(&Signer::new(origin(), &[99; 32]).unwrap());
    log.show(&stranger);
    let alarm = monitor.raises_once("bad_signature").await;
    let note = monitor.evidence(&alarm, "checkpoint");
    assert_eq!(note, log.checkpoint().as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_run_back_are_found() {
    let mut operator = ledger().await;
    let at = operator.deposit(300);
    operator.rewrite(at, "received 2026-11-22T12", "received 2026-11-22T11");
    operator.reseal_honestly();
    let log = ServedLog::of(&operator);
    let mut monitor = Monitor::of(&log, "");
    let report = monitor.round(noon()).await;
    let kinds: Vec<&str> = report.raised.iter().map(|alarm| alarm.kind.as_str()).collect();
    assert_eq!(kinds, ["time_regression"], "{:#?}", report.raised);
    assert_eq!(report.raised[0].subject, format!("leaf {at}"));
    // It is in the signed tree, so the audit goes on behind it.
    assert_eq!(report.audited_size, operator.leaves.len() as u64);
    assert!(monitor.round(after(1)).await.raised.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_does_not_answer_or_adds_nothing_is_a_warning() {
    let whole = ledger().await;
    let log = ServedLog::of(&whole);
    let mut monitor = Monitor::of(&log, "");
    monitor.round(noon()).await;
    let stale = monitor.round(after(61)).await;
    assert_eq!(stale.raised.iter().map(|alarm| alarm.kind.as_str()).collect::<Vec<_>>(), ["stale_checkpoint"]);
    assert!(monitor.round(after(62)).await.raised.is_empty());
    drop(log);
    let gone = monitor.round(after(63)).await;
    assert_eq!(gone.raised.iter().map(|alarm| alarm.kind.as_str()).collect::<Vec<_>>(), ["operator_unreachable"]);
    monitor.restart();
    assert!(monitor.round(after(64)).await.raised.is_empty());
}
