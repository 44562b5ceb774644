//! The background job that removes erased content from the files, and the state of each erasure.
//!
//! ```text
//! request ─▶ act + notice + tombstones in one block: tombstoned ─▶ compacting ─▶ searching ─▶ confirmed
//!                                                        ▲               │            │
//!                                                        └────── failed, retried ──────┘
//! ```
//!
//! # Invariants
//!
//! The store records durably which pieces are pending: from the block with their tombstones to the end of the pass that
//! confirmed them. After a restart the job begins with these. Only the progress of the current pass is in memory.
//!
//! At most one pass runs at a time. It covers all pieces that are pending when it begins; later requests are part of the next
//! pass. Requests do not wait for a pass unless they ask to.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use crate::court::acts::Act;
use crate::court::case::state::HeldContent;
use crate::court::ids::AccountId;
use crate::court::words::{Role, Scope};
use crate::custody::object::ObjectId;
use crate::custody::removing::RemoveError;
use crate::filing::actor::Actor;
use crate::filing::erasure_state::ErasureState;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct, recorded_act};
use crate::filing::streams::{StoredAct, act_at, act_of_notice, find_act_at};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::query::receipts;
use crate::query::records;
use crate::store::traits::private_store::ErasureError;
use crate::store::traits::{LedgerReader, PrivatePiece, ReadError};

/// Longest time that a request waits for the end of an erasure.
pub const WAIT_MAX: Duration = Duration::from_mins(1);
/// The first wait after a pass that failed; it doubles each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(5);

/// An erasure on the chain, and its state.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// The act. Its deposit number is the id of the erasure.
    pub recorded: RecordedAct,
    /// The act with its document.
    pub act: StoredAct,
    /// Index of the `erased` notice.
    pub notice: LeafIndex,
    /// Its state.
    pub state: ErasureState,
}

/// Why a pass failed.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Remove(#[from] RemoveError),
    #[error(transparent)]
    Purge(#[from] ErasureError),
    #[error(transparent)]
    FilingService(#[from] FilingError),
    #[error("the erasure thread could not be started or died")]
    Thread,
}

impl PassError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Remove(_) => "custody_unavailable",
            Self::Purge(error) => error.code(),
            Self::FilingService(_) => "unreadable",
            Self::Thread => "no_thread",
        }
    }
}

/// The name of the cursor that stores when the erasure of a notice was confirmed.
fn confirmed_at(notice: LeafIndex) -> Digest {
    sha256(format!("tiezheng erasure confirmed v1\n{notice}\n").as_bytes())
}

/// The notice of an erasure and the pieces that it names. The sequencer puts it directly behind the act.
fn notice_of(store: &dyn LedgerReader, act: LeafIndex) -> Result<(LeafIndex, Vec<ErasedPiece>), ReadError> {
    let notice = LeafIndex(act.0.saturating_add(1));
    match records::leaf(store, notice)? {
        Leaf::Notice(signed) if !signed.notice().erased().is_empty() => Ok((notice, signed.notice().erased().to_vec())),
        _ => Err(ReadError::Damaged {
            what: "leaf",
            at: notice.to_string(),
            reason: "expected the `erased` notice of the act before it".into(),
        }),
    }
}

/// The object in custody whose key is in this piece.
fn object_of(store: &dyn LedgerReader, piece: &ErasedPiece) -> Result<Option<ObjectId>, ReadError> {
    let Piece::Annex(commitment) = piece.piece else { return Ok(None) };
    let act = find_act_at(store, piece.index)?.map(|stored| stored.document.act);
    Ok(match act {
        Some(Act::TakeCustody(act)) if act.key.0 == commitment => Some(ObjectId::from_bytes(act.object.0)),
        _ => None,
    })
}

/// The notices that erased these pieces.
fn notices_of(store: &dyn LedgerReader, pieces: &[ErasedPiece]) -> Result<BTreeSet<LeafIndex>, ReadError> {
    let mut notices = BTreeSet::new();
    for piece in pieces {
        let private = match piece.piece {
            Piece::Metadata => store.private(piece.index)?,
            Piece::Annex(commitment) => store.annex(piece.index, &commitment)?,
        };
        if let PrivatePiece::Erased(notice) = private {
            notices.insert(notice);
        }
    }
    Ok(notices)
}

/// The accounts that these notices erased.
fn accounts_of(store: &dyn LedgerReader, notices: &BTreeSet<LeafIndex>) -> Result<BTreeSet<AccountId>, ReadError> {
    let mut accounts = BTreeSet::new();
    for notice in notices {
        if let Some(Act::Erase(erase)) = act_of_notice(store, *notice)?.map(|stored| stored.document.act) {
            accounts.extend(erase.account);
        }
    }
    Ok(accounts)
}

/// The wait after this number of failures.
fn retry_after(failures: u32) -> Duration {
    FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_RETRY)
}

/// Lowers the priority of the calling thread as far as possible. A failure is ignored.
fn lower_priority() {
    // Linux applies this to the calling thread only.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "the erasure thread runs at normal priority");
    }
}

/// Stops a pass when the future that started it is dropped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl FilingService {
    /// Runs erasure passes until `shutdown`: first for pieces that an earlier process left pending, then on request.
    pub async fn run_erasures(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let stop = StopOnDrop(Arc::default());
        let mut failures = 0;
        loop {
            let pass = Arc::clone(&self).erasure_pass(Arc::clone(&stop.0));
            let mut pass = pin!(pass);
            let outcome = tokio::select! {
                biased;
                () = &mut shutdown => {
                    stop.0.store(true, Ordering::Relaxed);
                    // The thread of the pass still uses the store, so wait for it.
                    drop(pass.await);
                    return;
                }
                outcome = &mut pass => outcome,
            };
            let retry = match outcome {
                Ok(()) => {
                    failures = 0;
                    None
                }
                Err(error) => {
                    if matches!(&error, PassError::Purge(ErasureError::StillHeld { .. })) {
                        // A reader or a backup keeps an old file in use.
                        tracing::info!(%error, failures, "an erasure waits until a file is no longer in use");
                    } else {
                        tracing::error!(%error, failures, "an erasure pass failed; it is tried again");
                    }
                    self.erasures.fail(error.code(), error.to_string());
                    let retry = retry_after(failures);
                    failures = failures.saturating_add(1);
                    Some(retry)
                }
            };
            let again = async {
                match retry {
                    Some(retry) => sleep(retry).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = self.erasures.wait_for_request() => {}
                () = again => {}
            }
        }
    }

    /// Runs passes over all pending pieces until there are none.
    async fn erasure_pass(self: Arc<Self>, stop: Arc<AtomicBool>) -> Result<(), PassError> {
        loop {
            let store = Arc::clone(&self.store);
            let pieces = self.read(move |_| Ok(store.pending_erasures()?)).await?;
            if pieces.is_empty() {
                self.erasures.end();
                return Ok(());
            }
            tracing::info!(pieces = pieces.len(), "an erasure pass begins");
            self.erasures.begin(&pieces);
            let pieces = Arc::new(pieces);
            let all = Arc::clone(&pieces);
            let objects = self.read(move |store| {
                let objects = all.iter().map(|piece| object_of(store, piece));
                Ok(objects.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?)
            });
            for object in objects.await? {
                self.originals.remove(object).await?;
            }
            let all = Arc::clone(&pieces);
            let notices = self.read(move |store| Ok(notices_of(store, &all)?)).await?;
            let erased = notices.clone();
            for account in self.read(move |store| Ok(accounts_of(store, &erased)?)).await? {
                self.forget_keys(account).await?;
                self.forget_login(account).await?;
            }
            Arc::clone(&self).purge_on_thread(pieces, Arc::clone(&stop)).await?;
            let (store, now) = (Arc::clone(&self.store), self.now().as_millis());
            let written = self.read(move |_| {
                Ok(notices.into_iter().map(|notice| store.set_cursor(&confirmed_at(notice), now)).collect::<Vec<_>>())
            });
            for failed in written.await?.into_iter().filter_map(Result::err) {
                tracing::warn!(error = %failed, "the time of an erasure was not recorded");
            }
            self.erasures.end();
        }
    }

    /// Purges on a thread of low priority, which stops soon after `stop` is set.
    async fn purge_on_thread(
        self: Arc<Self>,
        pieces: Arc<Vec<ErasedPiece>>,
        stop: Arc<AtomicBool>,
    ) -> Result<(), PassError> {
        let (send, ended) = oneshot::channel();
        let purging = move || {
            lower_priority();
            let purged = self.store.complete_erasures(&pieces, &mut |stage| {
                self.erasures.set_stage(stage);
                if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            // The receiver is gone at a shutdown.
            drop(self);
            let _ = send.send(purged);
        };
        std::thread::Builder::new().name("erasure".into()).spawn(purging).map_err(|_| PassError::Thread)?;
        let purged = ended.await.map_err(|_| PassError::Thread)??;
        tracing::info!(pieces = purged.pieces.len(), "erasures are confirmed");
        Ok(())
    }

    /// An erasure, by the deposit number of its act or by that of the erased deposit. For the account that requested it, the
    /// account that it is about or on whose behalf the deposit was made, the operator and auditors. Waits up to `wait`, at most
    /// [`WAIT_MAX`], for a settled state.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no erasure, or no access to it. [`FilingError::NotErased`] for a deposit of which nothing was
    /// erased, if the actor has access to it. [`FilingError::Scope`].
    pub async fn erasure(&self, actor: &Actor, id: DepositNumber, wait: Duration) -> Result<Erasure, FilingError> {
        let scopes = [Scope::Deposit, Scope::Case, Scope::Manage];
        actor.require_read_scope().or_else(|refused| {
            if scopes.iter().any(|scope| actor.scopes.contains(scope)) { Ok(()) } else { Err(refused) }
        })?;
        let query = self.read(move |store| {
            let stored = match records::find_entry(store, id)? {
                Some((place, _)) => find_act_at(store, place.index)?,
                None => None,
            };
            let erase = stored.and_then(|stored| match &stored.document.act {
                Act::Erase(erase) => Some((erase.clone(), stored)),
                _ => None,
            });
            Ok(erase)
        });
        let erase = query.await?;
        // Looked up for every id, so that the number of reads reveals nothing about the id.
        let deposit = erase.as_ref().and_then(|(erase, _)| erase.deposit).unwrap_or(id);
        let disposes = self.disposes_of(actor, deposit).await?;
        let watches = [Role::Auditor, Role::Operator].iter().any(|role| actor.account.holds(*role, None));
        let is_watched = watches && self.can_have_private_content(id).await?;
        let index = match erase {
            Some((erase, stored)) => {
                let own = [Some(stored.document.by), erase.account].contains(&Some(actor.id));
                if own || watches || (disposes && erase.deposit.is_some()) {
                    stored.position.index
                } else {
                    return Err(FilingError::NotFound);
                }
            }
            // The number of the deposit itself.
            None if disposes || is_watched => {
                let found = self.pieces_of(HeldContent::Deposit(id)).await?;
                if found.gone.is_empty() {
                    return Err(FilingError::NotErased(id));
                }
                self.earlier_erasure(self.custody_stream(id), &found).await?.ok_or(FilingError::NotFound)?
            }
            None => return Err(FilingError::NotFound),
        };
        let deadline = Instant::now() + wait.min(WAIT_MAX);
        let mut changes = self.erasures.subscribe();
        loop {
            // Marked as seen before the state is read, so that a later change is not missed.
            changes.borrow_and_update();
            let erasure = self.erasure_at(index, false).await?;
            if erasure.state.is_settled() || Instant::now() >= deadline {
                return Ok(erasure);
            }
            // After a change or the deadline the state is read again.
            drop(timeout_at(deadline, changes.changed()).await);
        }
    }

    /// The erasure whose act is at `index`.
    pub(in crate::filing) async fn erasure_at(&self, index: LeafIndex, fresh: bool) -> Result<Erasure, FilingError> {
        let store = Arc::clone(&self.store);
        let query = self.read(move |reader| {
            let act = act_at(reader, index)?;
            let (notice, pieces) = notice_of(reader, index)?;
            let receipt = receipts::receipt(reader, index)?;
            let mut pending = Vec::new();
            for piece in pieces {
                if store.is_erasure_pending(&piece)? {
                    pending.push(piece);
                }
            }
            let at = store.cursor(&confirmed_at(notice))?.and_then(Timestamp::from_millis);
            Ok((act, notice, receipt, pending, at))
        });
        let (act, notice, receipt, pending, at) = query.await?;
        let state = if pending.is_empty() { ErasureState::Confirmed { at } } else { self.erasures.state_of(&pending) };
        let recorded = recorded_act(receipt, act.position.sequence, fresh)?;
        Ok(Erasure { recorded, act, notice, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_wait_longer_and_longer_up_to_five_minutes() {
        for (failures, seconds) in [(0, 1), (1, 2), (3, 8), (8, 256), (9, 300), (100, 300)] {
            assert_eq!(retry_after(failures), Duration::from_secs(seconds), "{failures}");
        }
    }
}
