//! The operator's checkpoint: its signature, and its consistency with the one before.

use crate::client::comparison::Comparison;
use crate::client::http_log::HttpLogReader;
use crate::client::tile_comparison::{ComparisonError, compare};
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::{KeyHistory, KeyHistoryError};
use crate::ledger::policy::Policy;
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::round::Round;
use crate::monitor::state_dir::StateError;
use crate::monitor::view::View;
use crate::store::traits::LogReader as _;

/// The keys that a monitor trusts.
#[derive(Debug, Clone)]
pub struct TrustedKeys {
    /// The keys of the ledger in the policy.
    pinned: Vec<VerifierKey>,
    /// The keys of the ledger as far as it was audited.
    history: Option<KeyHistory>,
}

impl TrustedKeys {
    /// The keys of `policy` for the ledger `origin`, and the `history` of the audited leaves.
    #[must_use]
    pub fn new(policy: &Policy, origin: &Name, history: Option<KeyHistory>) -> Self {
        Self { pinned: policy.keys_of(origin), history }
    }

    /// Verifies that the key that is valid at its height signed `checkpoint`. A key that a notice has retired is rejected above
    /// that notice.
    ///
    /// # Errors
    ///
    /// The reason, in English.
    pub fn verify(&self, checkpoint: &SignedCheckpoint) -> Result<(), String> {
        let trusted = self.history.as_ref().and_then(|history| history.extends_pinned(&self.pinned));
        match trusted.map(|trusted| trusted.verify(checkpoint).map(|_| ())) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error @ KeyHistoryError::RetiredKey { .. })) => return Err(error.to_string()),
            // The notice of a new key may be among the leaves that were not audited yet.
            Some(Err(_)) | None => {}
        }
        checkpoint.verified_by(&self.pinned).map(|_| ()).map_err(|error| error.to_string())
    }

    /// All keys.
    #[must_use]
    pub fn all(&self) -> Vec<VerifierKey> {
        let later = self.history.iter().flat_map(KeyHistory::periods).map(|period| period.key.clone());
        self.pinned.iter().cloned().chain(later).collect()
    }
}

/// The alarm for a request to the operator that failed.
pub(in crate::monitor) fn failed(error: &ClientError, what: &str) -> Alarm {
    let detail = format!("{what}: {error}");
    let missing = match error {
        // The operator answers, but lacks data that it has signed.
        ClientError::Problem { status, .. } => matches!(status, 404 | 410),
        ClientError::Malformed { .. } => true,
        _ => false,
    };
    let kind = if missing { AlarmKind::AlteredLeaf } else { AlarmKind::OperatorUnreachable };
    // The text of a failed connection changes from one attempt to the next.
    let state = if missing { detail.clone() } else { String::new() };
    Alarm::new(kind, "", detail).with_state(state).with("answer.txt", format!("{error}\n"))
}

/// The alarm for two contradicting checkpoints.
pub(in crate::monitor) fn contradiction(
    kind: AlarmKind,
    subject: &str,
    found: &Comparison,
    detail: &str,
) -> Option<Alarm> {
    let Comparison::Contradiction(contradiction) = found else { return None };
    let alarm = Alarm::new(kind, subject, detail)
        .with("contradiction", contradiction.to_string())
        .with("smaller.checkpoint", contradiction.smaller().note().as_str())
        .with("larger.checkpoint", contradiction.larger().note().as_str());
    Some(alarm)
}

/// Checks the signature on the operator's checkpoint. Returns whether it is valid.
pub(in crate::monitor) fn verify_signature(
    round: &mut Round<'_>,
    keys: &TrustedKeys,
    origin: &Name,
    checkpoint: &SignedCheckpoint,
) -> Result<bool, StateError> {
    let signed = &checkpoint.checkpoint().origin;
    let verified =
        if signed == origin { keys.verify(checkpoint) } else { Err(format!("it is of the ledger `{signed}`")) };
    match verified {
        Ok(()) => Ok(true),
        Err(reason) => {
            let alarm = Alarm::new(AlarmKind::BadSignature, "", reason);
            round.raise(&alarm.with("checkpoint", checkpoint.note().as_str()))?;
            Ok(false)
        }
    }
}

/// Compares the operator's checkpoint with the one last seen, and stores it in `view` if it continues that one. Returns whether
/// it does. Blocks the thread.
pub(in crate::monitor) fn compare_with_seen(
    round: &mut Round<'_>,
    view: &mut View,
    reader: &HttpLogReader,
    checkpoint: &SignedCheckpoint,
) -> Result<bool, StateError> {
    if let Some(seen) = &view.seen {
        if checkpoint.checkpoint().size < seen.checkpoint().size {
            raise_rollback(round, "", seen, checkpoint)?;
            return Ok(false);
        }
        match compare(reader, seen, checkpoint) {
            Ok(Comparison::Consistent) => {}
            Ok(found @ Comparison::Contradiction(_)) => {
                let sizes = (seen.checkpoint().size, checkpoint.checkpoint().size);
                let detail = format!("the checkpoints of sizes {} and {} contradict each other", sizes.0, sizes.1);
                if let Some(alarm) = contradiction(AlarmKind::Fork, "", &found, &detail) {
                    round.raise(&alarm)?;
                }
                return Ok(false);
            }
            Ok(Comparison::NotProven) => {
                round.raise(&altered_tiles(checkpoint))?;
                return Ok(false);
            }
            Err(error) => {
                raise_unread(round, reader, &error)?;
                return Ok(false);
            }
        }
    }
    if let Some(published) = reader.published() {
        view.see(checkpoint.clone(), published.block_time, round.now);
    }
    Ok(true)
}

/// The alarm for tiles that do not belong to the checkpoint.
pub(in crate::monitor) fn altered_tiles(checkpoint: &SignedCheckpoint) -> Alarm {
    let detail = format!("the served tiles are not those of the tree of {} leaves", checkpoint.checkpoint().size);
    Alarm::new(AlarmKind::AlteredLeaf, "tiles", detail).with("checkpoint", checkpoint.note().as_str())
}

/// Raises the alarm for a smaller checkpoint than one that is known.
pub(in crate::monitor) fn raise_rollback(
    round: &mut Round<'_>,
    subject: &str,
    known: &SignedCheckpoint,
    shown: &SignedCheckpoint,
) -> Result<(), StateError> {
    let (old, new) = (known.checkpoint().size, shown.checkpoint().size);
    let detail = format!("the operator shows a checkpoint of size {new} after one of size {old} was signed");
    let alarm = Alarm::new(AlarmKind::Rollback, subject, detail).with_state(new.to_string());
    round.raise(&alarm.with("known.checkpoint", known.note().as_str()).with("shown.checkpoint", shown.note().as_str()))
}

/// Raises the alarm for tiles or leaves that could not be read.
pub(in crate::monitor) fn raise_unread(
    round: &mut Round<'_>,
    reader: &HttpLogReader,
    error: &ComparisonError,
) -> Result<(), StateError> {
    match reader.failure() {
        Some(failure) => round.raise(&failed(failure, "a file of the log")),
        None => round.raise(&Alarm::new(AlarmKind::AlteredLeaf, "tiles", error.to_string())),
    }
}
