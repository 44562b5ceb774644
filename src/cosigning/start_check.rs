//! Asks the witnesses for their latest checkpoint, before the first signature after a start.
//!
//! If the disk was rolled back, checkpoint file included, the folder alone does not show it. A witness that has cosigned a later
//! checkpoint does: signing would fork the history.
//!
//! # Invariants
//!
//! Only a checkpoint that verifies with the ledger's own key counts, so a malicious witness cannot keep the ledger from starting.
//! A witness that does not answer is skipped after the time limit, unless the operator requires all of them.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout_at};

use crate::cosigning::request::is_of_history;
use crate::cosigning::witness_answer::WitnessError;
use crate::cosigning::witness_client::{WitnessClient, WitnessTimeouts};
use crate::cosigning::witness_policy::{ConfiguredWitness, WitnessPolicy};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::traits::{LedgerReader, ReadError};

/// The wait between requests to an unreachable witness.
const RETRY: Duration = Duration::from_millis(500);

/// Options of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartCheckOptions {
    /// The time for all witnesses together. Default: 10 s.
    pub limit: Duration,
    /// Whether every witness must answer.
    pub all_required: bool,
    /// Time limits of each request.
    pub timeouts: WitnessTimeouts,
}

impl Default for StartCheckOptions {
    fn default() -> Self {
        Self { limit: Duration::from_secs(10), all_required: false, timeouts: WitnessTimeouts::default() }
    }
}

/// Why the ledger must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartCheckError {
    /// A witness has a later checkpoint that is signed with the ledger's key.
    #[error(
        "the witness `{witness}` has a checkpoint of {theirs} leaves that is signed with this ledger's key; this folder has only {ours}: it is an older copy, or somebody else signs with the key"
    )]
    RolledBack {
        /// Name of the witness.
        witness: String,
        /// The size of its checkpoint.
        theirs: TreeSize,
        /// The published size.
        ours: TreeSize,
    },
    /// A witness has a checkpoint of another history that is signed with the ledger's key.
    #[error(
        "the witness `{witness}` has a checkpoint of {size} leaves that is signed with this ledger's key and has another root than this folder: there are two histories"
    )]
    OtherHistory {
        /// Name of the witness.
        witness: String,
        /// The size of its checkpoint.
        size: TreeSize,
    },
    /// A witness could not be asked, and all are required.
    #[error("the witness `{witness}` could not be asked: {reason}")]
    NotAsked {
        /// Name of the witness.
        witness: String,
        /// Why.
        reason: String,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Compares the latest checkpoints of the witnesses of `policy` with the ledger in `reader`, whose keys are `keys`. Logs a warning for
/// each that could not be asked.
///
/// # Errors
///
/// [`StartCheckError`]: nothing must be signed.
pub async fn check_witnesses<R: LedgerReader + ?Sized>(
    reader: &R,
    keys: &[VerifierKey],
    policy: &WitnessPolicy,
    options: &StartCheckOptions,
) -> Result<(), StartCheckError> {
    let deadline = Instant::now() + options.limit;
    let asked = policy
        .witnesses()
        .iter()
        .map(|witness| async move { (witness, latest_of(witness, keys, options.timeouts, deadline).await) });
    for (witness, answer) in join_all(asked).await {
        let name = witness.name.clone();
        match answer {
            Ok(None) => tracing::info!(witness = name, "a witness has no checkpoint of this ledger yet"),
            Ok(Some(theirs)) => {
                compare(reader, &name, &theirs)?;
                tracing::info!(
                    witness = name,
                    size = theirs.checkpoint().size.0,
                    "a witness has this ledger's history"
                );
            }
            Err(error) if options.all_required => {
                return Err(StartCheckError::NotAsked { witness: name, reason: error.to_string() });
            }
            Err(error) => {
                tracing::warn!(code = error.code(), %error, witness = name, "a witness could not be asked before the start");
            }
        }
    }
    Ok(())
}

/// The latest checkpoint of the ledger that `witness` has and that one of `keys` has signed. Repeats the request until it answers
/// or the time limit ends.
async fn latest_of(
    witness: &ConfiguredWitness,
    keys: &[VerifierKey],
    timeouts: WitnessTimeouts,
    deadline: Instant,
) -> Result<Option<SignedCheckpoint>, WitnessError> {
    let Some(origin) = keys.first().map(VerifierKey::name) else { return Ok(None) };
    let client = WitnessClient::new(witness.clone(), timeouts)?;
    let mut last = WitnessError::TimedOut;
    let ask = async {
        loop {
            match client.latest_checkpoint(origin).await {
                Ok(Some(theirs)) => match theirs.verified_by(keys) {
                    Ok(_) => return Ok(Some(theirs)),
                    Err(error) => return Err(WitnessError::Malformed(error.to_string())),
                },
                Ok(None) => return Ok(None),
                Err(error) => last = error,
            }
            sleep(RETRY).await;
        }
    };
    match timeout_at(deadline, ask).await {
        Ok(answer) => answer,
        Err(_) => Err(last),
    }
}

/// Compares a checkpoint that the ledger's key has signed with the ledger in `reader`.
fn compare<R: LedgerReader + ?Sized>(
    reader: &R,
    witness: &str,
    theirs: &SignedCheckpoint,
) -> Result<(), StartCheckError> {
    let size = theirs.checkpoint().size;
    let ours = reader.published().map_or(TreeSize::EMPTY, |published| published.size());
    let witness = witness.to_owned();
    if size > ours {
        return Err(StartCheckError::RolledBack { witness, theirs: size, ours });
    }
    if ours.is_empty() || is_of_history(reader, theirs)? {
        return Ok(());
    }
    Err(StartCheckError::OtherHistory { witness, size })
}
