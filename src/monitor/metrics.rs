//! The metrics of a monitor as text for Prometheus, in a file that is replaced after each round (the textfile collector of
//! `node_exporter` reads it).

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::ledger::time::Timestamp;
use crate::monitor::alarm::AlarmKind;
use crate::monitor::alarm_store::AlarmStore;
use crate::monitor::follower::RoundReport;
use crate::monitor::view::View;

/// The totals of a process.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    rounds: u64,
    audited: u64,
    rehashed: u64,
    raised: std::collections::BTreeMap<String, u64>,
    text: String,
}

impl Metrics {
    /// Counts a round, and renders the text.
    pub fn count(&mut self, report: &RoundReport, view: &View, alarms: &AlarmStore, now: Timestamp) {
        self.rounds += 1;
        self.audited += report.audited;
        self.rehashed += report.rehashed;
        for document in &report.raised {
            *self.raised.entry(document.kind.clone()).or_default() += 1;
        }
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, values: &[(String, u64)]| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP tiezheng_monitor_{name} {help}\n# TYPE tiezheng_monitor_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "tiezheng_monitor_{name}{labels} {value}");
            }
        };
        let one = |value: u64| [(String::new(), value)];
        let label = |kind: &str| format!("{{kind=\"{kind}\"}}");
        metric("rounds_total", "counter", "Rounds since the start.", &one(self.rounds));
        metric("last_round_seconds", "gauge", "Time of the last round.", &one(now.as_millis() / 1000));
        metric("size", "gauge", "Size of the checkpoint last seen.", &one(view.size().map_or(0, |size| size.0)));
        metric("size_since_seconds", "gauge", "Time of its last block.", &one(view.seen_since() / 1000));
        metric("audited_leaves_total", "counter", "Leaves audited since the start.", &one(self.audited));
        metric("rehashed_leaves_total", "counter", "Old leaves hashed again since the start.", &one(self.rehashed));
        let completed = view.rehash().completed.unwrap_or(0) / 1000;
        metric("rehash_completed_seconds", "gauge", "When all leaves had last been hashed again.", &one(completed));
        if let Some((current, of, required)) = report.witnessed {
            metric("witnesses_current", "gauge", "Witnesses that cosigned all that is due.", &one(current as u64));
            metric("witnesses", "gauge", "Witnesses of the quorum.", &one(of as u64));
            metric("witnesses_required", "gauge", "Witnesses that the quorum requires.", &one(required as u64));
        }
        let open = alarms.open_conditions();
        let conditions = AlarmKind::ALL.into_iter().filter(|kind| !kind.is_event());
        let conditions: Vec<_> =
            conditions.map(|kind| (label(kind.code()), open.get(&kind).copied().unwrap_or(0))).collect();
        metric("open_alarms", "gauge", "Conditions that go on.", &conditions);
        let raised: Vec<_> = AlarmKind::ALL
            .into_iter()
            .map(|kind| (label(kind.code()), self.raised.get(kind.code()).copied().unwrap_or(0)))
            .collect();
        metric("alarms_total", "counter", "Alarms raised since the start.", &raised);
        let undelivered = alarms.undelivered().len() as u64;
        metric("undelivered_alarms", "gauge", "Alarms that no webhook has accepted.", &one(undelivered));
        self.text = text;
    }

    /// The text after the last round.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Replaces the file in one step.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        fs::write(&draft, &self.text)?;
        fs::rename(&draft, path)
    }
}
