//! Views of accounts with their private texts, each recorded; and the access log of an account.

use std::collections::HashMap;

use crate::court::case::state::Text;
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::registry::Account;
use crate::court::registry::tokens::Token;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::{ActPage, text};

/// An account with its private texts.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Its entry in the registry.
    pub account: Account,
    /// Its texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// All its tokens, and whether each is valid now.
    pub tokens: Vec<(TokenId, Token, bool)>,
    /// The access record.
    pub access: RecordedAct,
}

impl Actor {
    /// Requires a scope that allows reading the actor's own account.
    fn require_own_read_scope(&self) -> Result<(), FilingError> {
        self.require_read_scope().or_else(|refused| self.require_scope(Scope::Manage).map_err(|_| refused))
    }

    /// The capacity in which the actor may manage other accounts: the first of `roles` that it holds.
    fn managing_capacity(&self, roles: &[Role]) -> Result<Capacity, FilingError> {
        let held = |role: &&Role| self.account.roles.iter().any(|(held, _)| held == *role);
        // Without a role the answer is the same as for an account that does not exist.
        let role = roles.iter().find(held).ok_or(FilingError::NotFound)?;
        self.require_scope(Scope::Manage)?;
        Ok(Capacity::Holding(*role))
    }
}

impl FilingService {
    /// An account with its private texts. Records the access. For the account itself, the operator, clerks and trial support staff;
    /// for the court administrator, accounts of its court's staff and those without a role.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such account, or no access to it. [`FilingError::Scope`]. Those of
    /// [`Self::record_access`]; then nothing is shown.
    pub async fn view_account(&self, actor: &Actor, id: AccountId) -> Result<AccountView, FilingError> {
        // The registry is in memory: a missing account and one without access take the same time.
        let registry = self.registry();
        let account = registry.accounts.get(&id).cloned();
        let capacity = if id == actor.id {
            actor.require_own_read_scope()?;
            Capacity::Oneself
        } else {
            let administered = account.as_ref().filter(|account| actor.account.administers_account(account));
            let last = administered.map(|_| Role::CourtAdministrator);
            let roles: Vec<Role> = [Role::Operator, Role::Clerk, Role::TrialSupport].into_iter().chain(last).collect();
            actor.managing_capacity(&roles)?
        };
        let account = account.ok_or(FilingError::NotFound)?;
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

    /// A page of the access log of an account. For the account itself, the operator and auditors. It contains no private texts,
    /// so the access is not recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such account, or no access to it. [`FilingError::Scope`].
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
