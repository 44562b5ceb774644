//! Revocations of tokens that are in effect and not on the chain yet.
//!
//! ```text
//! request ─▶ durable document, in effect ─▶ act on the chain ─▶ removed from the document
//!                                             └ sealing paused, pool full, shutdown: tried again
//! ```
//!
//! # Invariants
//!
//! A revocation is in effect before anything waits for the sequencer, and stays in effect whatever the sequencer answers.
//! It leaves the document only once its act is on the chain. Authentication consults both.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};

use crate::court::acts::{Act, RevokeToken};
use crate::court::ids::{AccountId, RequestId, TokenId};
use crate::court::line::Line;
use crate::court::registry::tokens::Tokens;
use crate::court::registry::{Registry, RegistryError};
use crate::court::values::Capacity;
use crate::court::words::{KeptTokens, Role, Scope};
use crate::desk::actor::{Actor, Asked};
use crate::desk::annexes::Annexes;
use crate::desk::declined::DeskError;
use crate::desk::office::{Desk, Done};
use crate::desk::secret::step_of;
use crate::ledger::hash::Digest;
use crate::store::contract::accounts::{AccountDocument, AccountStore, AccountStoreError};

const HEAD: &str = "tiezheng pending revocations v1";
/// What the document says of a revocation that keeps nothing.
const KEEPS_NOTHING: &str = "none";
/// How long a request waits for its act. The revocation is in effect meanwhile.
const SEAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before acts that could not be written are tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A revocation on its way to the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pending {
    token: TokenId,
    kept: Option<KeptTokens>,
    by: AccountId,
    capacity: Capacity,
    request: RequestId,
    body: Digest,
}

/// What a revocation did.
#[derive(Debug, Clone)]
pub struct Revoked {
    /// Its act; `None` while it waits for the sequencer.
    pub done: Option<Done>,
    /// Tokens that were good and no longer are, the one that was named among them.
    pub ended: Vec<TokenId>,
    /// Tokens that the revoked ones issued and that are still good.
    pub left: Vec<TokenId>,
}

/// The revocations on their way.
pub(in crate::desk) struct Revocations {
    store: Arc<dyn AccountStore>,
    pending: RwLock<BTreeMap<TokenId, Pending>>,
    /// Held while the document is being written.
    writing: Mutex<()>,
    wake: Notify,
}

impl Revocations {
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a document of a later version is damaged for this one.
    pub(in crate::desk) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
        let text = store.read(AccountDocument::PendingRevocations)?;
        let pending = text.as_deref().map_or_else(|| Some(BTreeMap::new()), parse);
        let pending = pending.ok_or_else(|| AccountStoreError::Damaged {
            document: "pending-revocations".into(),
            reason: format!("it is not `{HEAD}`"),
        })?;
        Ok(Self { store, pending: RwLock::new(pending), writing: Mutex::default(), wake: Notify::new() })
    }

    /// What a pending revocation of this token leaves good; `None` where there is none.
    pub(in crate::desk) fn of(&self, token: TokenId) -> Option<Option<KeptTokens>> {
        self.all().get(&token).map(|pending| pending.kept)
    }

    /// Whether a token, or one that issued it, is revoked: on the chain, or on the way there.
    pub(in crate::desk) fn revoke(&self, tokens: &Tokens, token: TokenId) -> bool {
        tokens.is_revoked(token, |id| self.of(id))
    }

    fn all(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<TokenId, Pending>> {
        // Changed by single calls only: a thread that panicked left nothing half done.
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<TokenId, Pending>)) {
        change(&mut self.pending.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts a revocation into effect, and then makes it durable.
    async fn add(&self, pending: Pending) -> Result<(), DeskError> {
        self.change(|all| {
            let kept = all.get(&pending.token).map_or(pending.kept, |known| known.kept.and(pending.kept));
            all.insert(pending.token, Pending { kept, ..pending });
        });
        self.write().await
    }

    /// Forgets a revocation whose act is on the chain.
    async fn remove(&self, sealed: &Pending) {
        self.change(|all| {
            // Another one of the same token, stricter, may have come meanwhile.
            if all.get(&sealed.token).is_some_and(|known| known.kept == sealed.kept) {
                all.remove(&sealed.token);
            }
        });
        if let Err(error) = self.write().await {
            // The next start finds its act on the chain.
            tracing::warn!(%error, "a revocation is on the chain and could not be removed from the pending ones");
        }
    }

    async fn write(&self) -> Result<(), DeskError> {
        let _turn = self.writing.lock().await;
        let (store, text) = (Arc::clone(&self.store), print(&self.all()));
        let written = tokio::task::spawn_blocking(move || store.replace(AccountDocument::PendingRevocations, &text));
        Ok(written.await.map_err(|error| DeskError::Thread(error.to_string()))??)
    }
}

fn print(pending: &BTreeMap<TokenId, Pending>) -> String {
    let mut text = format!("{HEAD}\n");
    for one in pending.values() {
        let kept = one.kept.map_or(KEEPS_NOTHING, KeptTokens::word);
        let Pending { token, by, request, body, .. } = one;
        // The capacity may hold spaces, so it comes last.
        text.extend([format!("{token} {kept} {by} {request} {body} "), one.capacity.print(), "\n".into()]);
    }
    text
}

fn parse(text: &str) -> Option<BTreeMap<TokenId, Pending>> {
    let rest = text.strip_prefix(HEAD)?.strip_prefix('\n')?;
    rest.lines().map(|line| parse_line(line).map(|pending| (pending.token, pending))).collect()
}

fn parse_line(line: &str) -> Option<Pending> {
    let mut fields = line.splitn(6, ' ');
    let token = TokenId::parse(fields.next()?)?;
    let kept = match fields.next()? {
        KEEPS_NOTHING => None,
        word => Some(KeptTokens::from_word(word)?),
    };
    let (by, request) = (AccountId::parse(fields.next()?)?, RequestId::parse(fields.next()?)?);
    let body = Digest::parse(fields.next()?)?;
    Some(Pending { token, kept, by, capacity: Capacity::parse(fields.next()?)?, request, body })
}

impl Desk {
    /// Revokes a token and all that were issued with it, except those of other accounts where they are to be kept.
    ///
    /// It is in effect when this returns, and survives a power cut, whether or not the ledger accepts its act by then.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotFound`] for a token that does not exist, or that the actor's token may not revoke;
    /// [`DeskError::RequestReused`]. [`DeskError::NotDurable`]: it is in effect until the process ends; send it again.
    pub async fn revoke_token(
        self: &Arc<Self>,
        actor: &Actor,
        asked: &Asked,
        token: TokenId,
        kept: Option<KeptTokens>,
    ) -> Result<Revoked, DeskError> {
        let registry = self.registry();
        let operator = actor.account.holds(Role::Operator, None) && actor.scopes.contains(&Scope::Manage);
        let known = registry.tokens.get(token).is_some();
        if !known || !(operator || registry.tokens.may_revoke(actor.token, token)) {
            // Whoever holds the role and came with a lesser token is told what is lacking.
            let lacks_scope = known && actor.account.holds(Role::Operator, None);
            return Err(if lacks_scope { DeskError::Scope(Scope::Manage) } else { DeskError::NotFound });
        }
        // A reused idempotency key is refused before anything takes effect. Whatever else fails here stops no revocation.
        if let Err(DeskError::RequestReused) = self.done_before((asked.request, asked.body)).await {
            return Err(DeskError::RequestReused);
        }
        let named = [token].into_iter().chain(registry.tokens.descendants(token));
        let good: Vec<TokenId> = named.filter(|id| self.accepts(&registry, *id)).collect();
        let capacity = if operator { Capacity::Holding(Role::Operator) } else { Capacity::Oneself };
        let pending = Pending { token, kept, by: actor.id, capacity, request: asked.request, body: asked.body };
        let durable = self.revocations.add(pending.clone()).await;
        let sealing = {
            let desk = Arc::clone(self);
            // Carried to its end though nobody waits for it any more.
            tokio::spawn(async move { desk.seal_revocation(&pending).await })
        };
        let done = match timeout(SEAL_PATIENCE, sealing).await {
            Ok(Ok(Ok(done))) => Some(done),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "a revocation is in effect and waits for the sequencer");
                None
            }
            Ok(Err(_)) | Err(_) => None,
        };
        if done.is_none() {
            self.revocations.wake.notify_one();
            durable.map_err(|error| DeskError::NotDurable(error.to_string()))?;
        }
        let registry = self.registry();
        let (left, ended) = good.into_iter().partition(|id| self.accepts(&registry, *id));
        Ok(Revoked { done, ended, left })
    }

    /// Puts the act of a pending revocation on the chain.
    async fn seal_revocation(&self, pending: &Pending) -> Result<Done, DeskError> {
        let act = Act::RevokeToken(RevokeToken { token: pending.token, kept: pending.kept });
        let asked = |request| Asked { request, body: pending.body, capacity: None };
        let make = |_: &mut Annexes| Ok(act.clone());
        let own = self.write_registry(pending.by, &[pending.capacity], &asked(pending.request), make).await;
        let done = match own {
            // Whoever revoked it has lost the role since, or named another request so. It is revoked all the same.
            Err(DeskError::Registry(RegistryError::NotPermitted) | DeskError::RequestReused) => {
                let request = step_of(pending.request, "revocation by the platform");
                let platform = self.platform_account();
                self.write_registry(platform, &[Capacity::Platform], &asked(request), make).await?
            }
            // The ledger was restored to a time before the token was issued: there is nothing left to revoke.
            Err(error @ DeskError::Registry(RegistryError::NoSuchToken)) => {
                self.revocations.remove(pending).await;
                return Err(error);
            }
            own => own?,
        };
        self.revocations.remove(pending).await;
        Ok(done)
    }

    /// Puts the acts of all pending revocations on the chain, as far as the sequencer accepts them. How many still wait.
    pub async fn seal_revocations(&self) -> usize {
        let waiting: Vec<Pending> = self.revocations.all().values().cloned().collect();
        for pending in waiting {
            if let Err(error) = self.seal_revocation(&pending).await {
                tracing::debug!(%error, "a revocation still waits for the sequencer");
            }
        }
        self.revocations.all().len()
    }

    /// Seals pending revocations until `closing` is over.
    pub async fn follow_revocations(self: Arc<Self>, closing: impl Future<Output = ()>) {
        let sealing = async {
            loop {
                if self.seal_revocations().await == 0 {
                    self.revocations.wake.notified().await;
                }
                sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = closing => {}
            () = sealing => {}
        }
    }

    /// Whether a token is good now.
    pub(in crate::desk) fn accepts(&self, registry: &Registry, id: TokenId) -> bool {
        let alive = registry.tokens.get(id).is_some_and(|token| self.now() < token.expires);
        alive && !self.revocations.revoke(&registry.tokens, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_revocations_read_back_and_no_other_text_does() {
        let id = |n| Digest([n; 32]);
        let pending = |n, kept, capacity| Pending {
            token: TokenId(id(n)),
            kept,
            by: AccountId(id(4)),
            capacity,
            request: RequestId(id(5)),
            body: id(6),
        };
        let all: BTreeMap<TokenId, Pending> = [
            pending(1, None, Capacity::Oneself),
            pending(2, Some(KeptTokens::OtherAccounts), Capacity::Holding(Role::Operator)),
        ]
        .into_iter()
        .map(|one| (one.token, one))
        .collect();
        let text = print(&all);
        assert_eq!(parse(&text), Some(all));
        assert_eq!(parse(&print(&BTreeMap::new())), Some(BTreeMap::new()));
        for bad in ["", "tiezheng pending revocations v2\n", &text.replace("none", "some"), &format!("{text}x\n")] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
