//! The key history of a ledger, with the notices that prove it: `GET /v1/ledger/keys`.
//!
//! A follower of a ledger verifies the notices ([`KeyHistoryJson::proven`]) and takes the keys from them. The list `keys` repeats
//! their content, for people.

use serde::{Deserialize, Serialize};

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key_history::{KeyHistory, KeyPeriod};
use crate::ledger::receipt::KeyNotice;
use crate::wire::facts::beijing_time;
use crate::wire::receipt::{KeyNoticeJson, ReceiptError};

/// The ledger keys since genesis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyHistoryJson {
    /// The ledger's origin / 链标识.
    #[schema(example = "example.org/ledger")]
    pub ledger: String,
    /// The keys, the first one first.
    pub keys: Vec<KeyPeriodJson>,
    /// The genesis notice and every `key` notice, each with its inclusion path under `checkpoint`.
    pub notices: Vec<KeyNoticeJson>,
    /// The signed checkpoint note.
    pub checkpoint: String,
}

/// A ledger key, and from where on it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyPeriodJson {
    /// The key (vkey).
    pub key: String,
    /// Index of its notice: it signs the checkpoints of larger trees.
    pub since: u64,
    /// Index of the notice of its successor; null for the key in force. Its signature alone is not accepted for larger trees.
    pub replaced_at: Option<u64>,
    /// When its notice was recorded, Beijing time.
    pub recorded_at: String,
    /// Whether the key before signed its notice, too; false for the first key, and if that key was lost.
    pub signed_by_previous: bool,
    /// SHA-256 of the vkey of its successor.
    pub next: String,
}

impl KeyHistoryJson {
    /// The history with its proven notices, under the checkpoint of their paths.
    #[must_use]
    pub fn of(history: &KeyHistory, notices: &[KeyNotice], checkpoint: &SignedCheckpoint) -> Self {
        let period = |period: &KeyPeriod| KeyPeriodJson {
            key: period.key.to_string(),
            since: period.index.0,
            replaced_at: history.replaced_at(period).map(|index| index.0),
            recorded_at: beijing_time(period.received),
            signed_by_previous: period.signed_by_previous,
            next: period.next.to_string(),
        };
        Self {
            ledger: history.origin().to_string(),
            keys: history.periods().map(period).collect(),
            notices: notices.iter().map(KeyNoticeJson::from).collect(),
            checkpoint: checkpoint.note().to_string(),
        }
    }

    /// The checkpoint and the notices, parsed and not verified. [`Trust::verify`](crate::ledger::verify::trust::Trust::verify) or
    /// [`KeyHistory::proven`] verify them.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`] for a malformed path or index; `None` for a malformed checkpoint.
    pub fn parts(&self) -> Result<Option<(SignedCheckpoint, Vec<KeyNotice>)>, ReceiptError> {
        let notices = self.notices.iter().cloned().map(KeyNotice::try_from).collect::<Result<_, _>>()?;
        Ok(SignedCheckpoint::parse(self.checkpoint.as_bytes()).ok().map(|checkpoint| (checkpoint, notices)))
    }

    /// The history that the notices prove, of which the key in force signed the checkpoint; `None` if they do not prove one. Whether
    /// any of its keys is trusted is for the caller to decide ([`KeyHistory::extends_pinned`]).
    #[must_use]
    pub fn proven(&self) -> Option<(KeyHistory, SignedCheckpoint)> {
        let (checkpoint, notices) = self.parts().ok()??;
        let history = KeyHistory::proven(&notices, checkpoint.checkpoint()).ok()?;
        history.verify(&checkpoint).ok()?;
        Some((history, checkpoint))
    }
}
