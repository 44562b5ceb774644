//! Witnesses that are late, lost or malicious.

use super::*;

/// A witness's key, and the server of its read API.
struct Witness {
    cosigner: Cosigner,
    log: ServedLog,
}

impl Witness {
    /// A witness that has cosigned the operator's checkpoint.
    fn of(n: u8, operator: &Operator) -> Self {
        let cosigner = Cosigner::new(Name::parse(&format!("witness{n}.example")).unwrap(), &[n; 32]).unwrap();
        let witness = Self { cosigner, log: ServedLog::of(operator) };
        witness.cosign(operator);
        witness
    }

    fn cosign(&self, operator: &Operator) {
        let checkpoint = operator.published().unwrap().checkpoint.clone();
        let line = self.cosigner.cosign(checkpoint.checkpoint(), noon());
        self.log.set_checkpoint(Some(format!("{}{line}\n", checkpoint.note())));
    }
}

/// A policy that requires both.
fn policy_of(witnesses: &[Witness]) -> String {
    let lines = (1..).zip(witnesses).map(|(n, one)| format!("witness w{n} {} {}\n", one.cosigner.key(), one.log.url));
    format!("{}group both all w1 w2\nquorum both\n", lines.collect::<String>())
}

async fn two(shown: usize) -> (Operator, ServedLog, [Witness; 2], Monitor) {
    let whole = ledger().await;
    let first = earlier(&whole, shown);
    let log = ServedLog::of(&first);
    let witnesses = [Witness::of(1, &first), Witness::of(2, &first)];
    let mut monitor = Monitor::of(&log, &policy_of(&witnesses));
    let report = monitor.round(after(11)).await;
    assert!(report.found.is_empty(), "{:#?}", report.raised);
    assert_eq!(report.witnessed, Some((2, 2, 2)));
    (whole, log, witnesses, monitor)
}

fn kinds(report: &RoundReport) -> Vec<(&str, &str)> {
    report.raised.iter().map(|alarm| (alarm.kind.as_str(), alarm.subject.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_stays_behind_costs_the_quorum() {
    let (whole, log, witnesses, mut monitor) = two(300).await;
    log.show(&whole);
    witnesses[0].cosign(&whole);
    // The block is old, so everybody had time.
    let report = monitor.round(after(12)).await;
    assert_eq!(kinds(&report), [("witness_behind", "w2"), ("quorum_late", "")]);
    assert_eq!(report.witnessed, Some((1, 2, 2)));
    let shown = SignedCheckpoint::parse(&monitor.evidence(&report.raised[0], "witness.checkpoint")).unwrap();
    assert!(shown.checkpoint().size.0 < whole.leaves.len() as u64);
    assert!(monitor.round(after(13)).await.raised.is_empty());
    witnesses[1].cosign(&whole);
    assert!(monitor.round(after(14)).await.found.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_with_another_history_proves_the_fork() {
    let (whole, _log, witnesses, mut monitor) = two(300).await;
    // The operator signs another history for the second witness, of the same size or smaller.
    let other = rewritten(&earlier(&whole, 200), 10);
    witnesses[1].log.show(&other);
    witnesses[1].cosign(&other);
    let report = monitor.round(after(12)).await;
    assert_eq!(kinds(&report), [("witness_contradicts", "w2"), ("quorum_late", "")]);
    let contradiction = monitor.contradiction(&report.raised[0]);
    assert!(contradiction.verify(&[ledger_key().verifier().clone()], &[]).is_ok());
    assert!(monitor.round(after(13)).await.raised.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_hides_what_a_witness_has_cosigned_is_found() {
    let (whole, _log, witnesses, mut monitor) = two(300).await;
    witnesses[1].cosign(&whole);
    let report = monitor.round(after(12)).await;
    assert_eq!(kinds(&report), [("rollback", "w2"), ("quorum_late", "")]);
    let known = SignedCheckpoint::parse(&monitor.evidence(&report.raised[0], "known.checkpoint")).unwrap();
    assert_eq!(known.checkpoint().size.0, whole.leaves.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_witnesses_and_forged_cosignatures_are_told_apart() {
    let (_, log, witnesses, mut monitor) = two(300).await;
    let [first, second] = witnesses;
    // A line in the first witness's name, made with another key under its id.
    let note = first.log.checkpoint();
    let (head, line) = note.trim_end().rsplit_once('\n').unwrap();
    let mut line = line.to_owned();
    let at = line.len() - 20;
    let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    line.replace_range(at..=at, other);
    first.log.set_checkpoint(Some(format!("{head}\n{line}\n")));
    drop(second);
    let report = monitor.round(after(12)).await;
    assert_eq!(kinds(&report), [("forged_cosignature", "w1"), ("witness_unreachable", "w2"), ("quorum_late", "")]);
    assert!(monitor.round(after(13)).await.raised.is_empty());
    // The same line on the operator's checkpoint.
    first.log.set_checkpoint(Some(note));
    log.set_checkpoint(Some(format!("{}{line}\n", log.checkpoint())));
    let report = monitor.round(after(14)).await;
    assert!(report.found.contains_key(&tiezheng::monitor::alarm::AlarmKind::ForgedCosignature));
}
