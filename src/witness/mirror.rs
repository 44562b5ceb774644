//! A mirror's copy of a ledger: pulled from the ledger's node, checked as an audit checks it, and compared with what is cosigned.
//!
//! ```text
//! every second, or when a submission waits: <node>/log/checkpoint ─▶ signed by a known key? ─▶ pull (client::pull) ─▶ held
//! held and not submitted for ten seconds ─▶ cosigned without a submission
//! ```
//!
//! # Invariants
//!
//! The copy grows by whole blocks that were proven to be in a signed tree. Its published checkpoint is never larger than the
//! blocks that it holds. A checkpoint is cosigned only if the copy has its root. If the ledger's key signed another root for a
//! size that the copy holds, there are two histories: the mirror stops cosigning and logs both checkpoints.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::client::ledger_client::LedgerClient;
use crate::client::pull::pull_error::PullError;
use crate::client::pull::puller::{LogSource, Puller};
use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::time::Timestamp;
use crate::query::proofs;
use crate::store::traits::{AppendError, LogStore, ReadError};
use crate::witness::add_checkpoint::{Rejection, VerifiedCheckpoint};
use crate::witness::bounds;
use crate::witness::key_following::{follow_history, follow_rotation};
use crate::witness::rollback;
use crate::witness::service::{FollowedLedger, LedgerCopy, Witness};
use crate::witness::state::{LatestCheckpoint, names_unknown_key};

/// How often the node is asked for its checkpoint.
const POLL: Duration = Duration::from_secs(1);
/// How long the node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long a checkpoint that the copy holds waits for a submission before it is cosigned without one.
const UNSUBMITTED_MAX: Duration = Duration::from_secs(10);

/// A copy of a ledger in a store.
pub struct MirrorCopy {
    store: Arc<dyn LogStore>,
    held: watch::Sender<TreeSize>,
    seen: AtomicU64,
    wanted: Notify,
    is_stopping: AtomicBool,
}

impl MirrorCopy {
    /// The copy in `store`, which has no other writer.
    #[must_use]
    pub fn new(store: Arc<dyn LogStore>) -> Arc<Self> {
        let held = store.published().map_or(TreeSize::EMPTY, |published| published.size());
        let (held, seen) = (watch::Sender::new(held), AtomicU64::new(held.0));
        Arc::new(Self { store, held, seen, wanted: Notify::new(), is_stopping: AtomicBool::new(false) })
    }

    /// Ends [`follow`] soon, also during a pull.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.wanted.notify_one();
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// The block header at `index`.
    fn header(&self, index: LeafIndex) -> Result<BlockHeader, Rejection> {
        let leaf = self.store.leaf(index).map_err(unreadable)?;
        BlockHeader::parse(&leaf).map_err(|_| Rejection::NoHeader { size: index.size_after() })
    }

    /// The time of the first block after the tree of `size`.
    fn time_after(&self, size: TreeSize, otherwise: Timestamp) -> Result<Timestamp, Rejection> {
        let Some(last) = size.last_index() else { return Ok(otherwise) };
        let height = Height(self.header(last)?.height.0 + 1);
        match self.store.find_block(height).map_err(unreadable)? {
            Some(index) => Ok(self.header(index)?.time),
            None => Ok(otherwise),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it by value")]
fn unreadable(error: ReadError) -> Rejection {
    tracing::error!(%error, "the copy of this mirror cannot be read");
    Rejection::Storage("the copy of this mirror cannot be read at the moment".into())
}

impl LedgerCopy for MirrorCopy {
    fn held(&self) -> TreeSize {
        *self.held.borrow()
    }

    fn seen(&self) -> TreeSize {
        TreeSize(self.seen.load(Ordering::Relaxed)).max(self.held())
    }

    fn wait_for(&self, size: TreeSize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if self.held() < size {
            self.wanted.notify_one();
        }
        let mut held = self.held.subscribe();
        Box::pin(async move {
            // An error means that the copy was dropped: the following check reports it.
            let _ = held.wait_for(|held| *held >= size).await;
        })
    }

    fn check(&self, latest: Option<&LatestCheckpoint>, new: &Checkpoint, now: Timestamp) -> Result<(), Rejection> {
        let (held, size) = (self.held(), new.size);
        if held < size {
            return Err(Rejection::NotHeld { held, size });
        }
        let Some(last) = size.last_index() else { return Ok(()) };
        let before = latest.map(LatestCheckpoint::checkpoint).filter(|checkpoint| !checkpoint.size.is_empty());
        for signed in before.into_iter().chain([new]) {
            if proofs::root(&*self.store, signed.size).map_err(unreadable)? != signed.root {
                return Err(Rejection::CopyDiffers { size: signed.size });
            }
        }
        let last = self.header(last)?.time;
        if before.is_some_and(|before| before.size == size) {
            return Ok(());
        }
        let first = self.time_after(before.map_or(TreeSize::EMPTY, |before| before.size), last)?;
        Ok(bounds::check(first, last, latest.map(|latest| latest.time), now)?)
    }
}

/// Follows the node of a ledger until [`MirrorCopy::stop`].
pub async fn follow(witness: Arc<Witness>, at: usize, copy: Arc<MirrorCopy>) {
    let Some(ledger) = witness.ledgers().get(at) else { return };
    let client = match LedgerClient::new(ledger.url()) {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "a ledger is not followed"),
    };
    let mut puller = None;
    let mut unsubmitted: Option<(TreeSize, Instant)> = None;
    loop {
        tokio::select! {
            () = sleep(POLL) => {}
            () = copy.wanted.notified() => {}
        }
        if copy.is_stopping() {
            return;
        }
        match timeout(ANSWER_MAX, client.checkpoint()).await {
            Ok(Ok(signed)) => {
                // `round` drops a puller that a failure has made unusable.
                puller = round(&witness, ledger, &copy, &client, puller.take(), signed).await;
            }
            Ok(Err(error)) => tracing::warn!(url = ledger.url(), %error, "the ledger's checkpoint was not fetched"),
            Err(_) => tracing::warn!(url = ledger.url(), "the ledger's node did not answer in time"),
        }
        let held = copy.held();
        if held <= ledger.state().size() {
            unsubmitted = None;
        } else if unsubmitted.is_none_or(|(size, _)| size > held) {
            unsubmitted = Some((held, Instant::now()));
        }
        if unsubmitted.is_some_and(|(_, since)| since.elapsed() >= UNSUBMITTED_MAX) {
            unsubmitted = None;
            cosign_unsubmitted(&witness, at, &copy).await;
        }
    }
}

/// Processes one checkpoint of the node: pulls the missing blocks. Returns the puller for the next call.
async fn round(
    witness: &Arc<Witness>,
    ledger: &FollowedLedger,
    copy: &Arc<MirrorCopy>,
    client: &LedgerClient,
    puller: Option<Puller>,
    signed: SignedCheckpoint,
) -> Option<Puller> {
    if names_unknown_key(signed.note().signatures().iter(), &ledger.state()) {
        follow_rotation(witness, &signed.checkpoint().origin).await;
    }
    let state = ledger.state();
    let verified = match VerifiedCheckpoint::of(&signed, &state) {
        Ok(verified) if verified.checkpoint.origin == state.origin => verified,
        Ok(_) | Err(_) => {
            tracing::warn!(url = ledger.url(), "the node serves a checkpoint that the ledger's key did not sign");
            return puller;
        }
    };
    rollback::compare(witness.key(), ledger, &signed);
    let size = verified.checkpoint.size;
    copy.seen.fetch_max(size.0, Ordering::Relaxed);
    if size == copy.held() && puller.is_some() && held_root_is(copy, &verified.checkpoint) {
        return puller;
    }
    let (pulling, source, keys) = (Arc::clone(copy), LogSource::new(client.clone()), state.all_keys());
    let pulled = tokio::task::spawn_blocking(move || pull(&pulling, &source, &keys, &signed, puller)).await;
    match pulled {
        Ok((puller, Ok(()))) => {
            let puller = puller?;
            if let Some(history) = puller.history() {
                follow_history(witness, ledger, history.clone()).await;
            }
            Some(puller)
        }
        Ok((puller, Err(error))) => {
            failed(ledger, copy, &verified.checkpoint, &error);
            puller
        }
        Err(error) => {
            tracing::error!(%error, "a pull ended by a panic");
            None
        }
    }
}

/// Whether the copy's published checkpoint is this one.
fn held_root_is(copy: &MirrorCopy, signed: &Checkpoint) -> bool {
    copy.store.published().is_some_and(|published| published.checkpoint.checkpoint() == signed)
}

/// Pulls up to `signed`. The puller is returned if it can be used again.
fn pull(
    copy: &MirrorCopy,
    source: &LogSource,
    keys: &[crate::ledger::key::VerifierKey],
    signed: &SignedCheckpoint,
    puller: Option<Puller>,
) -> (Option<Puller>, Result<(), PullError>) {
    let store = &*copy.store;
    let mut puller = match puller.map_or_else(|| Puller::of(store), Ok) {
        Ok(puller) => puller,
        Err(error) => return (None, Err(error)),
    };
    let mut progress = |_| if copy.is_stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    match puller.pull(source, store, keys, signed, &mut progress) {
        Ok(pulled) => {
            copy.held.send_if_modified(|held| {
                let grown = pulled.published.size() > *held;
                *held = pulled.published.size().max(*held);
                grown
            });
            (Some(puller), Ok(()))
        }
        Err(error @ PullError::Append(AppendError::Short { .. })) => {
            if let Err(error) = store.recover() {
                tracing::warn!(%error, "the copy of this mirror has not recovered yet");
            }
            (None, Err(error))
        }
        Err(error @ (PullError::Append(_) | PullError::Interrupted)) => (None, Err(error)),
        Err(error) => (Some(puller), Err(error)),
    }
}

/// Reports a pull that failed, and stops cosigning if only the operator can resolve the cause.
fn failed(ledger: &FollowedLedger, copy: &MirrorCopy, signed: &Checkpoint, error: &PullError) {
    let code = error.code();
    metrics::counter!("tiezheng_mirror_pull_failures_total", "code" => code).increment(1);
    match error {
        PullError::Interrupted => {}
        PullError::Append(AppendError::Unknown(reason)) => {
            tracing::error!(%reason, "the copy of this mirror cannot be written until the program is started again");
            ledger.stop("the copy of this mirror cannot be written; start it again".into());
        }
        PullError::Inconsistent { .. } if signed.size <= copy.held() => {
            let own = copy.store.published().map(|published| published.checkpoint.note().to_string());
            tracing::error!(
                held = own,
                other = signed.to_text(),
                "the ledger's key has signed two histories: keep both checkpoints, they are the evidence"
            );
            ledger.stop(format!("the ledger's key has signed two histories of size {}", signed.size));
        }
        error if error.is_finding() => {
            tracing::error!(code, %error, url = ledger.url(), "the node serves other data than the ledger's, or the ledger is faulty");
        }
        error => tracing::warn!(code, %error, url = ledger.url(), "the ledger was not pulled"),
    }
}

/// Cosigns the checkpoint of the copy, which was not submitted.
async fn cosign_unsubmitted(witness: &Arc<Witness>, at: usize, copy: &Arc<MirrorCopy>) {
    let (witness, copy) = (Arc::clone(witness), Arc::clone(copy));
    let cosigned = tokio::task::spawn_blocking(move || {
        let (Some(ledger), Some(published)) = (witness.ledgers().get(at), copy.store.published()) else {
            return Ok(());
        };
        let verified = VerifiedCheckpoint::of(&published.checkpoint, &ledger.state())?;
        witness.cosign_copy(&verified).map(|_| ())
    });
    match cosigned.await {
        // A submission was cosigned meanwhile.
        Ok(Ok(()) | Err(Rejection::OtherSize { .. })) => {}
        Ok(Err(rejection)) => tracing::warn!(%rejection, "the checkpoint of the copy was not cosigned"),
        Err(error) => tracing::error!(%error, "cosigning ended by a panic"),
    }
}
