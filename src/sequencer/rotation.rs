//! Rotates the ledger key: appends the `key` notice of the successor, in a block of its own, while no sequencer runs.
//!
//! # Invariants
//!
//! The notice goes through the states of every block (`lifecycle`); after a crash, the recovery at the next start
//! completes it. The append is the commit point: before it the ledger is unchanged, after it only the new key continues
//! the ledger. So **before** it calls [`rotate`], the caller stores the new private key durably where the next start
//! finds it, and the successor's private key durably elsewhere.
//!
//! Not here: files and their names (`cli::key`).

use std::fmt::Display;

use crate::ledger::chain::{self, PendingLeaf};
use crate::ledger::hash::Digest;
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::notice::{Notice, NoticeKind};
use crate::sequencer::clock::{Clock, ClockGuard};
use crate::sequencer::ledger_keys::LedgerKeys;
use crate::sequencer::lifecycle::DurableTip;
use crate::sequencer::recovery::{StartError, appended_history, publish_appended};
use crate::store::traits::LogStore;

/// The keys that a rotation publishes.
#[derive(Debug, Clone)]
pub struct Rotation<'a> {
    /// The new ledger key: the successor to which the ledger has committed.
    pub new: &'a VerifierKey,
    /// SHA-256 of the vkey of its own successor.
    pub next: Digest,
}

/// Why the ledger key was not rotated. Unless stated at the variant, nothing was appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The new key is not the one to which the ledger has committed.
    #[error("the ledger has committed to another successor: SHA-256 of its vkey is {expected}, of this key {found}")]
    NotTheSuccessor {
        /// The commitment in the last notice.
        expected: Digest,
        /// The commitment of the given key.
        found: Digest,
    },
    /// The successor's successor is a current or former key of the ledger.
    #[error("the key after the next one is a current or former key of this ledger")]
    ReusedKey,
    /// The new key is in force already, and its notice commits to another successor.
    #[error(
        "the ledger key was rotated to this key already, with another successor: SHA-256 of its vkey is {expected}"
    )]
    AlreadyRotated {
        /// The commitment in the last notice.
        expected: Digest,
    },
    /// A key is missing, the ledger cannot be read or written, or the clock is wrong. If the notice was appended, the same call
    /// completes it.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Makes `rotation.new` the ledger key. `keys` contains it, and the key in force unless that is lost. If its notice is
/// on the ledger already, the remaining steps are completed. Returns the key history.
///
/// # Errors
///
/// [`RotationError`].
pub fn rotate<S: LogStore, C: Clock>(
    store: &S,
    keys: &LedgerKeys,
    rotation: &Rotation<'_>,
    clock: C,
    clock_gap_confirmed: bool,
) -> Result<KeyHistory, RotationError> {
    let history = appended_history(store)?;
    if history.current().key == *rotation.new {
        let expected = history.current().next;
        if expected != rotation.next {
            return Err(RotationError::AlreadyRotated { expected });
        }
        return Ok(publish_appended(store, keys)?);
    }
    check(&history, rotation)?;
    let new = keys.find(rotation.new).ok_or_else(|| StartError::from(keys.missing(rotation.new)))?;
    let old = keys.find(&history.current().key);
    if old.is_some() {
        // Signs a block that a crash left unsigned with the key in force at its height. Without that key, the
        // checkpoint of the rotation covers the block.
        publish_appended(store, keys)?;
    }
    let tip = store.tip().map_err(StartError::from)?;
    let mut guard = ClockGuard::new(clock, tip.last_time, clock_gap_confirmed).map_err(StartError::from)?;
    let now = guard.check(tip.last_time).map_err(StartError::from)?;
    let kind = NoticeKind::Key { key: rotation.new.clone(), next: rotation.next };
    let notice = Notice { ledger: tip.origin.clone(), received: now, kind };
    let signers: Vec<&Signer> = [Some(new), old].into_iter().flatten().collect();
    let notice = notice.sign(&signers).map_err(|error| unbuilt(&error))?;
    let block = chain::next(&tip, vec![PendingLeaf::Notice(notice)], now).map_err(|error| unbuilt(&error))?;
    store.ready_to_append().map_err(StartError::from)?;
    DurableTip::append(store, &block, &[], &[]).map_err(StartError::from)?;
    guard.block_completed();
    Ok(publish_appended(store, keys)?)
}

/// Checks that `rotation` may follow `history`.
fn check(history: &KeyHistory, rotation: &Rotation<'_>) -> Result<(), RotationError> {
    let (expected, found) = (history.current().next, rotation.new.commitment());
    if expected != found {
        return Err(RotationError::NotTheSuccessor { expected, found });
    }
    let is_used = |key: &VerifierKey| key.commitment() == rotation.next;
    if is_used(rotation.new) || history.periods().any(|period| is_used(&period.key)) {
        return Err(RotationError::ReusedKey);
    }
    if history.periods().any(|period| period.key == *rotation.new) {
        return Err(RotationError::ReusedKey);
    }
    Ok(())
}

fn unbuilt(error: &dyn Display) -> StartError {
    StartError::Notice(error.to_string())
}
