//! A running witness: decides about submissions, one at a time for each ledger, and stores its state before it answers.
//!
//! # Invariants
//!
//! The comparison with the latest checkpoint and the write of the new one are one critical section; the write is durable before
//! the signature is returned. So of two submissions for the same old size one is accepted. After a crash in between, the state on
//! disk is that of the new checkpoint, whose signature was never sent: the next submission is answered with its size.
//!
//! The times of cosignatures of a ledger never decrease: while the clock is behind the last one, the witness signs nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::cosignature::{Cosigner, CosignerKey};
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::Clock;
use crate::witness::add_checkpoint::{Rejection, Submission, VerifiedCheckpoint};
use crate::witness::state::{KeyFrom, LatestCheckpoint, LedgerState};
use crate::witness::state_folder::{StateFolder, ledger_id};

/// A complete copy of a ledger, which a mirror compares with what it cosigns.
pub trait LedgerCopy: Send + Sync {
    /// The size of the verified copy.
    fn held(&self) -> TreeSize;

    /// The size of the largest checkpoint of the ledger that the mirror has fetched.
    fn seen(&self) -> TreeSize;

    /// Completes when the copy holds a tree of at least this size. Requests the missing leaves at once.
    fn wait_for(&self, size: TreeSize) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Checks that the copy holds `new`, that it begins with `latest`, and that the times of the blocks between them are acceptable
    /// at `now`. Blocks.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotHeld`], [`Rejection::CopyDiffers`], [`Rejection::BlockTime`], [`Rejection::Storage`].
    fn check(&self, latest: Option<&LatestCheckpoint>, new: &Checkpoint, now: Timestamp) -> Result<(), Rejection>;
}

/// A ledger that a witness follows.
pub struct FollowedLedger {
    id: String,
    url: String,
    /// The ledger's state, as it is on disk.
    state: RwLock<Arc<LedgerState>>,
    /// Held from the comparison to the end of the write.
    turn: Mutex<()>,
    /// The earliest time of the next request to the node for the ledger's keys; locked during a request.
    next_key_request: tokio::sync::Mutex<Option<tokio::time::Instant>>,
    copy: Option<Arc<dyn LedgerCopy>>,
    stopped: OnceLock<String>,
}

impl FollowedLedger {
    /// The ledger of `state`, whose node is at `url`. A mirror has a copy.
    #[must_use]
    pub fn new(state: LedgerState, url: String, copy: Option<Arc<dyn LedgerCopy>>) -> Self {
        let id = ledger_id(&state.origin);
        let state = RwLock::new(Arc::new(state));
        let (turn, next_key_request, stopped) = (Mutex::default(), tokio::sync::Mutex::default(), OnceLock::new());
        Self { id, url, state, turn, next_key_request, copy, stopped }
    }

    /// The SHA-256 of its origin, in hex: the first segment of its paths.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address of its node.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> Arc<LedgerState> {
        // Whole values are stored, so a panicked thread leaves a valid one.
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The copy of a mirror.
    #[must_use]
    pub fn copy(&self) -> Option<&Arc<dyn LedgerCopy>> {
        self.copy.as_ref()
    }

    /// The earliest time of the next request to the node for the ledger's keys.
    pub(in crate::witness) const fn next_key_request(&self) -> &tokio::sync::Mutex<Option<tokio::time::Instant>> {
        &self.next_key_request
    }

    /// Stops cosigning this ledger until the program is started again.
    pub fn stop(&self, reason: String) {
        // The first reason is kept.
        let _ = self.stopped.set(reason);
    }

    /// Why the witness has stopped cosigning this ledger.
    #[must_use]
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.get().map(String::as_str)
    }
}

/// A running witness.
pub struct Witness {
    cosigner: Cosigner,
    folder: StateFolder,
    clock: Box<dyn Clock>,
    ledgers: Vec<FollowedLedger>,
}

impl Witness {
    /// A witness that signs by `cosigner`, follows `ledgers`, and keeps their states in `folder`.
    #[must_use]
    pub fn new(cosigner: Cosigner, folder: StateFolder, clock: Box<dyn Clock>, ledgers: Vec<FollowedLedger>) -> Self {
        Self { cosigner, folder, clock, ledgers }
    }

    /// The witness's public key.
    #[must_use]
    pub const fn key(&self) -> &CosignerKey {
        self.cosigner.key()
    }

    /// The ledgers that it follows.
    #[must_use]
    pub fn ledgers(&self) -> &[FollowedLedger] {
        &self.ledgers
    }

    /// The time of its clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.read().wall
    }

    /// The ledger of this name.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownLedger`].
    pub fn ledger(&self, origin: &Name) -> Result<&FollowedLedger, Rejection> {
        let found = self.ledgers.iter().find(|ledger| ledger.state().origin == *origin);
        found.ok_or_else(|| Rejection::UnknownLedger(origin.to_string()))
    }

    /// Decides about a submission, and cosigns the checkpoint. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`Rejection`]; nothing was signed.
    pub fn cosign(&self, submission: &Submission<'_>) -> Result<NoteSignature, Rejection> {
        let ledger = self.ledger(submission.origin())?;
        let verified = submission.verify(&ledger.state())?;
        self.record(ledger, &verified, |state| submission.extends(state))
    }

    /// Cosigns a checkpoint that the copy of a mirror holds, without a submission. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`Rejection`]; nothing was signed.
    pub fn cosign_copy(&self, verified: &VerifiedCheckpoint) -> Result<NoteSignature, Rejection> {
        let ledger = self.ledger(&verified.checkpoint.origin)?;
        let held = ledger.copy.as_ref().map_or(TreeSize::EMPTY, |copy| copy.held());
        let size = verified.checkpoint.size;
        if held < size {
            return Err(Rejection::NotHeld { held, size });
        }
        self.record(ledger, verified, |state| {
            // The copy has both trees, so no proof is needed.
            if size < state.size() { Err(Rejection::OtherSize { size: state.size() }) } else { Ok(()) }
        })
    }

    /// The critical section: compares the checkpoint with the state, and stores it.
    fn record(
        &self,
        ledger: &FollowedLedger,
        verified: &VerifiedCheckpoint,
        extends: impl FnOnce(&LedgerState) -> Result<(), Rejection>,
    ) -> Result<NoteSignature, Rejection> {
        let _turn = ledger.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = ledger.stopped() {
            return Err(Rejection::Stopped(reason.to_owned()));
        }
        let (state, checkpoint) = (ledger.state(), &verified.checkpoint);
        // The key may have changed since the signatures were verified.
        verified.require_key_of(&state)?;
        extends(&state)?;
        let now = whole_seconds(self.clock.read().wall);
        let latest = state.latest.as_deref();
        if let Some(last) = latest.map(|latest| latest.time).filter(|last| now < *last) {
            return Err(Rejection::ClockBehind { now, last });
        }
        if let Some(copy) = &ledger.copy {
            copy.check(latest, checkpoint, now)?;
        }
        let line = self.cosigner.cosign(checkpoint, now);
        let signed = with_signatures(checkpoint, verified.signatures.iter().chain([&line]))?;
        let next = LedgerState {
            origin: state.origin.clone(),
            keys: state.keys.clone(),
            latest: Some(Arc::new(LatestCheckpoint { signed, time: now })),
        };
        if next != *state {
            self.replace(ledger, next)?;
        }
        Ok(line)
    }

    /// Stores a later key of a ledger, which its key history proves.
    ///
    /// # Errors
    ///
    /// [`Rejection::Storage`]; the key is not used.
    pub fn follow_key(&self, ledger: &FollowedLedger, key: KeyFrom) -> Result<(), Rejection> {
        let _turn = ledger.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let state = ledger.state();
        if state.keys.iter().any(|known| known.key == key.key) {
            return Ok(());
        }
        let keys = [state.keys.clone(), vec![key]].concat();
        self.replace(ledger, LedgerState { origin: state.origin.clone(), keys, latest: state.latest.clone() })
    }

    /// Writes a state, and then uses it.
    fn replace(&self, ledger: &FollowedLedger, state: LedgerState) -> Result<(), Rejection> {
        self.folder.write(&state).map_err(|error| {
            tracing::error!(ledger = %state.origin, %error, "the state was not written; nothing was signed");
            Rejection::Storage("the state of this witness cannot be written at the moment".into())
        })?;
        *ledger.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        Ok(())
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").field("key", self.key()).finish_non_exhaustive()
    }
}

/// A cosignature contains whole seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.as_millis() / 1_000 * 1_000).unwrap_or(time)
}

/// The checkpoint, printed from its parts, with these signature lines.
fn with_signatures<'l>(
    checkpoint: &Checkpoint,
    lines: impl Iterator<Item = &'l NoteSignature>,
) -> Result<SignedCheckpoint, Rejection> {
    let lines: Vec<String> = lines.map(ToString::to_string).collect();
    let note = format!("{}\n{}\n", checkpoint.to_text(), lines.join("\n"));
    SignedCheckpoint::parse(note.as_bytes()).map_err(Rejection::Checkpoint)
}

#[cfg(test)]
mod tests;
