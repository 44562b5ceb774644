//! The token revocations that are in effect but not on the chain yet: in memory, and as a durable document.
//!
//! Not here: the decision about a revocation, and appending its act (`revocations`).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::{Mutex, Notify};

use crate::court::ids::{AccountId, RequestId, TokenId};
use crate::court::line_value::LineValue;
use crate::court::registry::tokens::Tokens;
use crate::court::values::Capacity;
use crate::court::words::KeptTokens;
use crate::filing::blocking::on_blocking_thread;
use crate::filing::filing_error::FilingError;
use crate::ledger::hash::Digest;
use crate::store::contract::accounts::{AccountDocument, AccountStore, AccountStoreError};

const HEAD: &str = "tiezheng pending revocations v1";
/// The word in the document for a revocation without exceptions.
const KEEPS_NOTHING: &str = "none";

/// A revocation whose act is not on the chain yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filing) struct PendingRevocation {
    /// The token.
    pub(in crate::filing) token: TokenId,
    /// The issued tokens that stay valid.
    pub(in crate::filing) kept: Option<KeptTokens>,
    /// The account that revoked it.
    pub(in crate::filing) by: AccountId,
    /// In which capacity.
    pub(in crate::filing) capacity: Capacity,
    /// The idempotency key of the request, hashed.
    pub(in crate::filing) request: RequestId,
    /// Digest of the request.
    pub(in crate::filing) body: Digest,
}

/// All pending revocations.
pub(in crate::filing) struct PendingRevocations {
    store: Arc<dyn AccountStore>,
    pending: RwLock<BTreeMap<TokenId, PendingRevocation>>,
    /// Held while the document is being written.
    writing: Mutex<()>,
    /// Wakes the task that appends the acts.
    pub(in crate::filing) wake: Notify,
}

impl PendingRevocations {
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`]; a document of a later version counts as damaged.
    pub(in crate::filing) fn open(store: Arc<dyn AccountStore>) -> Result<Self, AccountStoreError> {
        let text = store.read(AccountDocument::PendingRevocations)?;
        let pending = text.as_deref().map_or_else(|| Some(BTreeMap::new()), parse);
        let pending = pending.ok_or_else(|| AccountStoreError::Damaged {
            document: "pending-revocations".into(),
            reason: format!("it is not `{HEAD}`"),
        })?;
        Ok(Self { store, pending: RwLock::new(pending), writing: Mutex::default(), wake: Notify::new() })
    }

    /// The issued tokens that a pending revocation of this token leaves valid; `None` if none is pending.
    #[expect(clippy::option_option, reason = "whether one is pending, and what that one leaves good")]
    pub(in crate::filing) fn kept_tokens(&self, token: TokenId) -> Option<Option<KeptTokens>> {
        self.all().get(&token).map(|pending| pending.kept)
    }

    /// Whether a token, or one that issued it, is revoked, on the chain or pending.
    pub(in crate::filing) fn is_revoked(&self, tokens: &Tokens, token: TokenId) -> bool {
        tokens.is_revoked(token, |id| self.kept_tokens(id))
    }

    /// All pending revocations by token.
    pub(in crate::filing) fn all(&self) -> RwLockReadGuard<'_, BTreeMap<TokenId, PendingRevocation>> {
        // Each change is a single call, so a panicked thread leaves a consistent map.
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<TokenId, PendingRevocation>)) {
        change(&mut self.pending.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts a revocation into effect, and then makes it durable.
    pub(in crate::filing) async fn add(&self, pending: PendingRevocation) -> Result<(), FilingError> {
        self.change(|all| {
            // A revocation without exceptions is not replaced by one with exceptions.
            if all.get(&pending.token).is_none_or(|known| known.kept.is_some()) {
                all.insert(pending.token, pending);
            }
        });
        self.write().await
    }

    /// Removes a revocation whose act is on the chain.
    pub(in crate::filing) async fn remove(&self, sealed: &PendingRevocation) {
        self.change(|all| {
            // A stricter revocation of the same token may have been added meanwhile.
            if all.get(&sealed.token).is_some_and(|known| known.kept == sealed.kept) {
                all.remove(&sealed.token);
            }
        });
        if let Err(error) = self.write().await {
            // Harmless: the next start finds its act on the chain.
            tracing::warn!(%error, "a revocation is on the chain and could not be removed from the pending ones");
        }
    }

    async fn write(&self) -> Result<(), FilingError> {
        let _turn = self.writing.lock().await;
        let (store, text) = (Arc::clone(&self.store), print(&self.all()));
        Ok(on_blocking_thread(move || store.replace(AccountDocument::PendingRevocations, &text)).await??)
    }
}

fn print(pending: &BTreeMap<TokenId, PendingRevocation>) -> String {
    let mut text = format!("{HEAD}\n");
    for one in pending.values() {
        let kept = one.kept.map_or(KEEPS_NOTHING, KeptTokens::word);
        let PendingRevocation { token, by, request, body, .. } = one;
        // The capacity may contain spaces, so it is the last field.
        text.extend([format!("{token} {kept} {by} {request} {body} "), one.capacity.print(), "\n".into()]);
    }
    text
}

fn parse(text: &str) -> Option<BTreeMap<TokenId, PendingRevocation>> {
    let rest = text.strip_prefix(HEAD)?.strip_prefix('\n')?;
    rest.lines().map(|line| parse_line(line).map(|pending| (pending.token, pending))).collect()
}

fn parse_line(line: &str) -> Option<PendingRevocation> {
    let mut fields = line.splitn(6, ' ');
    let token = TokenId::parse(fields.next()?)?;
    let kept = match fields.next()? {
        KEEPS_NOTHING => None,
        word => Some(KeptTokens::from_word(word)?),
    };
    let (by, request) = (AccountId::parse(fields.next()?)?, RequestId::parse(fields.next()?)?);
    let body = Digest::parse(fields.next()?)?;
    Some(PendingRevocation { token, kept, by, capacity: Capacity::parse(fields.next()?)?, request, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::words::Role;

    #[test]
    fn pending_revocations_read_back_and_no_other_text_does() {
        let id = |n| Digest([n; 32]);
        let pending = |n, kept, capacity| PendingRevocation {
            token: TokenId(id(n)),
            kept,
            by: AccountId(id(4)),
            capacity,
            request: RequestId(id(5)),
            body: id(6),
        };
        let all: BTreeMap<TokenId, PendingRevocation> = [
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
