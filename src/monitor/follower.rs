//! Runs the rounds of a monitor.
//!
//! ```text
//! witnesses' checkpoints ─▶ operator's checkpoint ─▶ signature ─▶ consistent with the one last seen ─▶ stored (durable)
//!   ─▶ cosignatures and witnesses ─▶ new leaves audited ─▶ a part of the old leaves hashed again ─▶ stored
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::http_log::HttpLogReader;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::Name;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::policy::Policy;
use crate::ledger::time::Timestamp;
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::alarm_store::{AlarmDocument, AlarmStore};
use crate::monitor::checkpoints::{TrustedKeys, compare_with_seen, failed, raise_rollback, verify_signature};
use crate::monitor::new_leaves::NewLeaves;
use crate::monitor::position_store::PositionStore;
use crate::monitor::rehash::rehash;
use crate::monitor::round::Round;
use crate::monitor::state_dir::{StateDir, StateError};
use crate::monitor::view::View;
use crate::monitor::watch::Watched;
use crate::monitor::witnesses::{Operator, WitnessAnswer, ask};

const ALARMS: &str = "alarms";

/// The options of a monitor.
#[derive(Debug, Clone)]
pub struct FollowerOptions {
    /// The operator's node, or a mirror.
    pub client: LedgerClient,
    /// The ledger.
    pub origin: Name,
    /// The trusted keys and witnesses.
    pub policy: Policy,
    /// Time between two rounds.
    pub interval: Duration,
    /// The time in which the leaves of all full tiles are hashed again.
    pub full_cycle: Duration,
    /// The time without a new checkpoint after which the latest one is stale.
    pub stale_after: Duration,
    /// The time within which witnesses must cosign.
    pub late_after: Duration,
    /// Values to look for in new deposits.
    pub watched: Vec<Watched>,
}

/// The result of one round.
#[derive(Debug, Clone, Default)]
pub struct RoundReport {
    /// The alarms that it raised, which are durable.
    pub raised: Vec<AlarmDocument>,
    /// The conditions that it found, by kind, raised now or before.
    pub found: BTreeMap<AlarmKind, usize>,
    /// The size of the operator's checkpoint, if it was accepted.
    pub size: Option<u64>,
    /// Leaves audited in this round.
    pub audited: u64,
    /// Number of leaves audited so far.
    pub audited_size: u64,
    /// Old leaves hashed again in this round.
    pub rehashed: u64,
    /// Witnesses that cosigned all that is due, of how many, and how many are required.
    pub witnessed: Option<(usize, usize, usize)>,
}

/// A monitor of one ledger.
pub struct Follower {
    options: FollowerOptions,
    positions: PositionStore,
    view: View,
    alarms: AlarmStore,
    keys: Option<KeyHistory>,
}

impl Follower {
    /// Opens the state in `dir`.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn open(options: FollowerOptions, dir: StateDir) -> Result<Self, StateError> {
        let view = View::load(&dir, options.origin.as_str())?;
        let alarms = AlarmStore::open(&dir.file(ALARMS), options.origin.as_str())?;
        let mut positions = PositionStore::new(dir);
        let stored = positions.load_whole()?;
        let keys = stored.and_then(|stored| stored.start.position.chain.key_history().ok().flatten());
        Ok(Self { options, positions, view, alarms, keys })
    }

    /// The alarms.
    pub const fn alarms(&mut self) -> &mut AlarmStore {
        &mut self.alarms
    }

    /// The view of the ledger.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Runs one round that begins at `now`. Must run on a runtime with several threads.
    ///
    /// # Errors
    ///
    /// [`StateError`]: the state cannot be written. No action was based on data that is not durable.
    pub async fn round(&mut self, now: Timestamp) -> Result<RoundReport, StateError> {
        let answers = ask(&self.options.policy, &self.options.origin).await;
        let shown = self.options.client.checkpoint().await;
        let mut report = RoundReport::default();
        let mut round = Round::new(&mut self.alarms, now);
        let mut parts = Parts {
            options: &self.options,
            positions: &mut self.positions,
            view: &mut self.view,
            keys: &mut self.keys,
        };
        match shown {
            Ok(checkpoint) => parts.follow(&mut round, &mut report, &answers, checkpoint).await?,
            Err(error) => round.raise(&failed(&error, "the checkpoint"))?,
        }
        if !round.has_found(AlarmKind::OperatorUnreachable) {
            round.check(&[AlarmKind::OperatorUnreachable]);
        }
        parts.check_staleness(&mut round)?;
        (report.raised, report.found) = round.end()?;
        Ok(report)
    }
}

/// The parts of a monitor that a round changes, beside the alarms.
struct Parts<'a> {
    options: &'a FollowerOptions,
    positions: &'a mut PositionStore,
    view: &'a mut View,
    keys: &'a mut Option<KeyHistory>,
}

impl Parts<'_> {
    /// Follows the operator to `checkpoint`.
    async fn follow(
        &mut self,
        round: &mut Round<'_>,
        report: &mut RoundReport,
        answers: &[WitnessAnswer],
        checkpoint: SignedCheckpoint,
    ) -> Result<(), StateError> {
        let options = self.options;
        let keys = TrustedKeys::new(&options.policy, &options.origin, self.keys.clone());
        if !verify_signature(round, &keys, &options.origin, &checkpoint)? {
            return Ok(());
        }
        if let Some(seen) = self.view.seen.as_ref().filter(|seen| checkpoint.checkpoint().size < seen.checkpoint().size)
        {
            return raise_rollback(round, "", seen, &checkpoint);
        }
        let reader = match HttpLogReader::up_to(options.client.clone(), checkpoint.clone()).await {
            Ok(reader) => reader.reading_ahead(),
            Err(error) => {
                let alarm = failed(&error, "the last record");
                return round.raise(&alarm.with("checkpoint", checkpoint.note().as_str()));
            }
        };
        tokio::task::block_in_place(|| self.check(round, report, answers, (&reader, &checkpoint, &keys)))
    }

    /// Checks the tree of `checkpoint`. Blocks the thread.
    fn check(
        &mut self,
        round: &mut Round<'_>,
        report: &mut RoundReport,
        answers: &[WitnessAnswer],
        (reader, checkpoint, keys): (&HttpLogReader, &SignedCheckpoint, &TrustedKeys),
    ) -> Result<(), StateError> {
        let options = self.options;
        if !compare_with_seen(round, self.view, reader, checkpoint)? {
            return Ok(());
        }
        // The checkpoint must be durable before any check uses it.
        self.view.store(self.positions.dir())?;
        report.size = Some(checkpoint.checkpoint().size.0);
        round.check(&[AlarmKind::BadSignature, AlarmKind::Fork]);
        let due = self.view.due_size(round.now, options.late_after);
        let operator = Operator { reader, checkpoint, keys, policy: &options.policy, due };
        let cosigned = operator.check(round, answers)?;
        let counted = || options.policy.counted_witnesses();
        let current = counted().filter(|witness| cosigned.has(&witness.key, due)).count();
        report.witnessed = Some((current, counted().count(), options.policy.required()));
        round.check(&[
            AlarmKind::Rollback,
            AlarmKind::ForgedCosignature,
            AlarmKind::QuorumLate,
            AlarmKind::WitnessBehind,
            AlarmKind::WitnessUnreachable,
            AlarmKind::WitnessContradicts,
        ]);
        let new = NewLeaves { reader, checkpoint, watched: &options.watched };
        let audited = new.audit(round, self.positions)?;
        (report.audited, report.audited_size) = (audited.leaves, audited.size);
        if audited.keys.is_some() {
            *self.keys = audited.keys;
        }
        let schedule = (options.interval, options.full_cycle);
        let at = (reader, checkpoint);
        report.rehashed = rehash(round, (self.view, self.positions), at, audited.size, schedule)?;
        self.view.store(self.positions.dir())
    }

    /// Warns if there has been no larger checkpoint for long.
    fn check_staleness(&self, round: &mut Round<'_>) -> Result<(), StateError> {
        let Some(seen) = &self.view.seen else { return Ok(()) };
        round.check(&[AlarmKind::StaleCheckpoint]);
        let since = self.view.seen_since();
        let age = Duration::from_millis(round.now.as_millis().saturating_sub(since));
        if age < self.options.stale_after {
            return Ok(());
        }
        let size = seen.checkpoint().size;
        let time = Timestamp::from_millis(since).map(|time| time.to_string()).unwrap_or_default();
        let alarm = Alarm::new(AlarmKind::StaleCheckpoint, "", format!("size {size} since {time}"));
        round.raise(&alarm.with("checkpoint", seen.note().as_str()))
    }
}
