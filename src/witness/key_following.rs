//! Follows a ledger's key rotation: asks the ledger's node for its key history when a checkpoint has a signature of an unknown key under
//! the ledger's name.
//!
//! # Invariants
//!
//! Only keys to which the notices lead from the last known key are followed, in a tree that continues the latest cosigned
//! checkpoint. A key is stored durably before it is used. The history comes from the node in the operator's settings, never from
//! an address that a submitter chooses. That node is asked at most once in `AFTER_FAILURE` after a failure, and once in
//! `AFTER_ANSWER` after an answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::client::comparison::{Comparison, compare};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::Name;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::shape::TreeSize;
use crate::witness::service::{FollowedLedger, Witness};
use crate::witness::state::{KeyFrom, LedgerState};

/// The shortest time from a request for the keys of one ledger that failed to the next.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// The same after an answer. While two keys sign, each checkpoint has an unknown key for a witness that was started with the new
/// one.
const AFTER_ANSWER: Duration = Duration::from_mins(1);
/// How long the node may take: less than its client waits for the cosignature.
const ANSWER_MAX: Duration = Duration::from_secs(4);

/// Why no key was followed.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the node's key history does not verify")]
    Unproven,
    #[error("the tree of the node's key history is not proven to continue the latest cosigned checkpoint")]
    OtherHistory,
}

/// The keys of `history` that a witness with `state` does not know and that follow from its last one.
#[must_use]
pub fn later_keys(history: &KeyHistory, state: &LedgerState) -> Vec<KeyFrom> {
    let (known, mut later) = (state.all_keys(), Vec::new());
    let Some(trusted) = history.extends_pinned(&known) else { return later };
    let until = trusted.current().index;
    for period in history.periods().filter(|period| period.index <= until) {
        if known.contains(&period.key) {
            // Only keys after the last known one are new.
            later.clear();
        } else {
            later.push(KeyFrom { key: period.key.clone(), from: TreeSize(period.index.0 + 1) });
        }
    }
    later
}

/// Asks the node of the ledger `origin` for its keys, and stores those that follow from the known ones. Failures are logged: the
/// checkpoint is then verified with the known keys.
pub async fn follow_rotation(witness: &Arc<Witness>, origin: &Name) {
    let Ok(ledger) = witness.ledger(origin) else { return };
    // Concurrent callers wait for this request, and then find the new key.
    let mut next = ledger.next_key_request().lock().await;
    if next.is_some_and(|next| Instant::now() < next) {
        return;
    }
    *next = Some(Instant::now() + AFTER_FAILURE);
    match timeout(ANSWER_MAX, history_of(ledger)).await {
        Ok(Ok(history)) => {
            *next = Some(Instant::now() + AFTER_ANSWER);
            follow_history(witness, ledger, history).await;
        }
        Ok(Err(error)) => tracing::warn!(url = ledger.url(), %error, "the ledger's keys were not followed"),
        Err(_) => tracing::warn!(url = ledger.url(), "the ledger's node did not answer with its keys in time"),
    }
}

/// The node's key history, proven in a tree that continues the latest cosigned checkpoint.
async fn history_of(ledger: &FollowedLedger) -> Result<KeyHistory, FollowError> {
    let client = LedgerClient::new(ledger.url())?;
    let (history, checkpoint) = client.keys().await?.proven().ok_or(FollowError::Unproven)?;
    let state = ledger.state();
    let latest: Option<&SignedCheckpoint> = state.latest.as_deref().map(|latest| &latest.signed);
    let compared = match latest.filter(|latest| !latest.checkpoint().size.is_empty()) {
        Some(latest) => compare(&client, latest, &checkpoint).await?,
        None => Comparison::Consistent,
    };
    if compared == Comparison::Consistent { Ok(history) } else { Err(FollowError::OtherHistory) }
}

/// Stores the keys of `history` that follow from those that the witness knows.
pub(in crate::witness) async fn follow_history(witness: &Arc<Witness>, ledger: &FollowedLedger, history: KeyHistory) {
    let later = later_keys(&history, &ledger.state());
    let (witness, origin) = (Arc::clone(witness), history.origin().clone());
    let followed = tokio::task::spawn_blocking(move || {
        let ledger = witness.ledger(&origin)?;
        for key in later {
            tracing::warn!(ledger = %origin, key = %key.key, from = %key.from, "the ledger has a new key");
            witness.follow_key(ledger, key)?;
        }
        Ok::<_, crate::witness::add_checkpoint::Rejection>(())
    });
    match followed.await {
        Ok(Ok(())) => {}
        Ok(Err(rejection)) => tracing::error!(%rejection, "the new key was not stored"),
        Err(error) => tracing::error!(%error, "following a key ended by a panic"),
    }
}
