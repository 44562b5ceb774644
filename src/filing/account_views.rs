//! Looking at accounts: their texts, each look on record; and who looked.

use std::collections::HashMap;

use crate::court::case::state::Text;
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::registry::Account;
use crate::court::registry::tokens::Token;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::error::FilingError;
use crate::filing::service::{RecordedAct, FilingService};
use crate::filing::streams::{ActPage, text};

/// An account, for somebody who may see it.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// The account.
    pub id: AccountId,
    /// What is known of it.
    pub account: Account,
    /// Its texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// Its tokens, the revoked and expired ones too; and whether each is accepted now.
    pub tokens: Vec<(TokenId, Token, bool)>,
    /// The act that recorded this look.
    pub access: RecordedAct,
}

impl Actor {
    /// Whether the token covers seeing what is one's own.
    fn require_own_read_scope(&self) -> Result<(), FilingError> {
        self.require_read_scope().or_else(|refused| self.require_scope(Scope::Manage).map_err(|_| refused))
    }

    /// In which capacity it may act upon others' accounts: the first of `roles` that it holds.
    fn managing_capacity(&self, roles: &[Role]) -> Result<Capacity, FilingError> {
        let held = |role: &&Role| self.account.roles.iter().any(|(held, _)| held == *role);
        // Whoever holds none learns nothing, not even that a scope is missing.
        let role = roles.iter().find(held).ok_or(FilingError::NotFound)?;
        self.require_scope(Scope::Manage)?;
        Ok(Capacity::Holding(*role))
    }
}

impl FilingService {
    /// Looks at an account, and records the look. For the account itself, the operator, and the staff of a court's
    /// counter.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: not there, or not theirs. [`FilingError::Scope`]. Those of writing: then nothing is shown.
    pub async fn view_account(&self, actor: &Actor, id: AccountId) -> Result<AccountView, FilingError> {
        let capacity = if id == actor.id {
            actor.require_own_read_scope()?;
            Capacity::Oneself
        } else {
            actor.managing_capacity(&[Role::Operator, Role::Clerk, Role::TrialSupport])?
        };
        // In memory: who may not see it, and who asks for one that is not there, cost the same.
        let registry = self.registry();
        let account = registry.accounts.get(&id).cloned().ok_or(FilingError::NotFound)?;
        let access = self.record_access(actor, capacity, AccessTarget::Account(id)).await?;
        let wanted: Vec<Text> = account.texts().collect();
        let texts = self
            .read(move |store| {
                let read = |one: &Text| Ok((one.annex, text(store, one)?));
                wanted.iter().map(read).collect::<Result<HashMap<_, _>, FilingError>>()
            })
            .await?;
        let own = registry.tokens.iter().filter(|(_, token)| token.account == id);
        let tokens = own.map(|(id, token)| (id, token.clone(), self.accepts(&registry, id))).collect();
        Ok(AccountView { id, account, texts, tokens, access })
    }

    /// Who saw an account's private content after a sequence, at most `limit` acts. For the account itself, the operator
    /// and auditors. No texts: nothing is recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: not there, or not theirs. [`FilingError::Scope`].
    pub async fn account_log(
        &self,
        actor: &Actor,
        id: AccountId,
        after: u64,
        limit: usize,
    ) -> Result<ActPage, FilingError> {
        if id == actor.id {
            actor.require_own_read_scope()?;
        } else if actor.account.holds(Role::Auditor, None) {
            actor.require_read_scope()?;
        } else {
            actor.managing_capacity(&[Role::Operator])?;
        }
        if !self.registry().accounts.contains_key(&id) {
            return Err(FilingError::NotFound);
        }
        self.log_page(self.account_stream(id), after, limit).await
    }
}
