//! Tokens: their accounts, which token issued which, and the effect of a revocation.
//!
//! ```text
//! root        issued by the platform, or by a token of another account (an operator's, a clerk's)
//! └── child   issued by a token of the same account, for the account itself
//!     └── …   at most GENERATIONS_MAX below its root
//! ```
//!
//! # Invariants
//!
//! A child has no scope that its parent lacks and does not outlive it. Revoking a token ends all tokens that were issued
//! with it, directly or through others, also if they are issued concurrently; on request, tokens that it issued to other
//! accounts stay valid. The limits are per issuing token: a child cannot use up the limit of its parent, and revoking the
//! child frees what it used.

use std::collections::BTreeSet;

use rpds::RedBlackTreeMapSync;

use crate::court::acts::{IssueToken, RevokeToken};
use crate::court::ids::{AccountId, TokenId};
use crate::court::words::{KeptTokens, Scope};
use crate::error_code::ErrorCode;
use crate::ledger::hash::Digest;
use crate::ledger::time::Timestamp;

/// Maximum number of valid root tokens of one account.
pub const ROOTS_MAX: usize = 32;
/// Maximum number of valid tokens that one token has issued for its own account.
pub const CHILDREN_MAX: usize = 16;
/// Maximum number of generations below a root.
pub const GENERATIONS_MAX: usize = 2;
/// Longest chain of tokens that issued each other, over all accounts.
pub const LINEAGE_MAX: usize = 16;

/// Why a token is not issued or revoked. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is no such token.
    #[error("there is no such token")]
    NoSuchToken,
    /// The token is there already.
    #[error("the token is there already")]
    Exists,
    /// Revoke one, or wait until one expires.
    #[error(
        "too many tokens are good: at most {ROOTS_MAX} issued to an account by others, and {CHILDREN_MAX} issued by each \
         token for its own account. Revoke one, or wait until one expires"
    )]
    TooMany,
    /// The token that issues is unknown, no longer good, or another account's.
    #[error("the token that issues is not good, or belongs to another account")]
    IssuingToken,
    /// A token for the same account has a scope or a life that the token that issues it lacks.
    #[error("a token has no scope that the token which issues it lacks, and does not outlive it")]
    ExceedsIssuing,
    /// Issue it with a token that stands nearer to the first.
    #[error(
        "tokens issued by tokens of the same account end {GENERATIONS_MAX} generations below the first. Issue it with an \
         earlier one"
    )]
    TooManyGenerations,
}

impl TokenError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NoSuchToken => ErrorCode::NoSuchToken,
            Self::Exists => ErrorCode::TokenExists,
            Self::TooMany => ErrorCode::TooManyTokens,
            Self::IssuingToken => ErrorCode::IssuingToken,
            Self::ExceedsIssuing => ErrorCode::TokenExceedsIssuing,
            Self::TooManyGenerations => ErrorCode::TooManyGenerations,
        }
    }
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its account.
    pub account: AccountId,
    /// Digest of its secret.
    pub hash: Digest,
    /// Its scopes.
    pub scopes: BTreeSet<Scope>,
    /// When it expires.
    pub expires: Timestamp,
    /// The token that issued it; none where the platform or a session did.
    pub parent: Option<TokenId>,
    /// The account that issued it: the platform's, if its own account did in a session.
    pub by: AccountId,
    /// When it was itself revoked. It is not good either once a token is revoked that issued it.
    pub revoked: Option<Timestamp>,
    /// The issued tokens that its revocation left valid.
    pub kept: Option<KeptTokens>,
}

/// All tokens, the revoked and expired ones too.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    all: RedBlackTreeMapSync<TokenId, Token>,
    /// Tokens that count towards a limit; those that are no longer good are dropped when the next one is issued.
    counted: RedBlackTreeMapSync<Limited, Vec<TokenId>>,
    /// Tokens by the token that issued them.
    issued: RedBlackTreeMapSync<TokenId, Vec<TokenId>>,
}

/// The limit that a token counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Limited {
    /// Root tokens of an account.
    Roots(AccountId),
    /// Tokens that a token issued for its own account.
    Children(TokenId),
}

impl Tokens {
    /// A token, also if it is revoked or expired.
    #[must_use]
    pub fn get(&self, id: TokenId) -> Option<&Token> {
        self.all.get(&id)
    }

    /// All tokens, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, &Token)> {
        self.all.iter().map(|(id, token)| (*id, token))
    }

    /// Whether the account ever had a token.
    #[must_use]
    pub fn has_any(&self, account: AccountId) -> bool {
        self.counted.contains_key(&Limited::Roots(account))
    }

    /// The root tokens of an account that are or were valid since the last one was issued, each with the account that issued it.
    pub fn roots(&self, account: AccountId) -> impl Iterator<Item = (TokenId, AccountId)> {
        let roots = self.counted.get(&Limited::Roots(account)).into_iter().flatten();
        roots.filter_map(|id| Some((*id, self.all.get(id)?.by)))
    }

    /// The token, the one that issued it, and so on to the first.
    pub fn lineage(&self, id: TokenId) -> impl Iterator<Item = (TokenId, &Token)> {
        let find = |id| self.all.get(&id).map(|token| (id, token));
        std::iter::successors(find(id), move |(_, token)| token.parent.and_then(find))
    }

    /// Whether the token, or one that issued it, is revoked. `pending` names revocations that are in effect and not on the
    /// chain yet, with what they leave good.
    #[must_use]
    pub fn is_revoked(&self, id: TokenId, pending: impl Fn(TokenId) -> Option<Option<KeptTokens>>) -> bool {
        let Some(own) = self.all.get(&id) else { return true };
        let mut of_another_account = false;
        self.lineage(id).any(|(id, token)| {
            of_another_account |= token.account != own.account;
            let recorded = token.revoked.map(|_| token.kept);
            let spared = |kept: Option<KeptTokens>| of_another_account && kept == Some(KeptTokens::OtherAccounts);
            [recorded, pending(id)].into_iter().flatten().any(|kept| !spared(kept))
        })
    }

    /// Whether the token is accepted at `now`, as far as the chain says.
    #[must_use]
    pub fn is_good(&self, id: TokenId, now: Timestamp) -> bool {
        self.all.get(&id).is_some_and(|token| now < token.expires) && !self.is_revoked(id, |_| None)
    }

    /// Every token that this one issued, directly or through others.
    #[must_use]
    pub fn descendants(&self, id: TokenId) -> Vec<TokenId> {
        let (mut found, mut next) = (Vec::new(), vec![id]);
        while let Some(id) = next.pop() {
            let issued = self.issued.get(&id).into_iter().flatten();
            found.extend(issued.clone());
            next.extend(issued);
        }
        found
    }

    /// Number of generations of its own account above the token.
    fn generation(&self, id: TokenId) -> usize {
        let account = self.all.get(&id).map(|token| token.account);
        self.lineage(id).skip(1).take_while(|(_, token)| Some(token.account) == account).count()
    }

    /// Whether the token may revoke that one: itself, what it issued, and, if it is a root, all of its account. So a
    /// child that was stolen does not lock out its owner.
    #[must_use]
    pub fn may_revoke(&self, by: TokenId, token: TokenId) -> bool {
        let of_one_account = self.get(by).map(|token| token.account) == self.get(token).map(|token| token.account);
        let is_root = self.get(by).is_some() && self.generation(by) == 0;
        (of_one_account && is_root) || self.lineage(token).any(|(id, _)| id == by)
    }

    /// Whether an account's token is among those that issued this one, or this one is the account's.
    #[must_use]
    pub fn is_of(&self, token: TokenId, account: AccountId) -> bool {
        self.lineage(token).any(|(_, token)| token.account == account)
    }

    /// A new token.
    ///
    /// # Errors
    ///
    /// [`TokenError`]: nothing was changed.
    pub(in crate::court::registry) fn issue(
        &mut self,
        act: &IssueToken,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(), TokenError> {
        if self.all.contains_key(&act.token) {
            return Err(TokenError::Exists);
        }
        let scopes: BTreeSet<Scope> = act.scope.iter().copied().collect();
        let limited = match act.parent {
            Some(parent) => self.may_issue(act, parent, &scopes, by, at)?,
            None => Limited::Roots(act.account),
        };
        let known = self.counted.get(&limited).into_iter().flatten().copied();
        let mut good: Vec<TokenId> = known.filter(|id| self.is_good(*id, at)).collect();
        let most = if matches!(limited, Limited::Roots(_)) { ROOTS_MAX } else { CHILDREN_MAX };
        if good.len() >= most {
            return Err(TokenError::TooMany);
        }
        good.push(act.token);
        self.counted.insert_mut(limited, good);
        if let Some(parent) = act.parent {
            let mut issued = self.issued.get(&parent).cloned().unwrap_or_default();
            issued.push(act.token);
            self.issued.insert_mut(parent, issued);
        }
        let token = Token {
            account: act.account,
            hash: act.hash,
            scopes,
            expires: act.expires,
            parent: act.parent,
            by,
            revoked: None,
            kept: None,
        };
        self.all.insert_mut(act.token, token);
        Ok(())
    }

    /// Whether the token that issues may issue this; and which limit it counts towards.
    fn may_issue(
        &self,
        act: &IssueToken,
        parent: TokenId,
        scopes: &BTreeSet<Scope>,
        by: AccountId,
        at: Timestamp,
    ) -> Result<Limited, TokenError> {
        let issuing = self.get(parent).filter(|token| token.account == by && self.is_good(parent, at));
        let issuing = issuing.ok_or(TokenError::IssuingToken)?;
        if self.lineage(parent).count() >= LINEAGE_MAX {
            return Err(TokenError::TooManyGenerations);
        }
        if issuing.account != act.account {
            return Ok(Limited::Roots(act.account));
        }
        if !scopes.is_subset(&issuing.scopes) || act.expires > issuing.expires {
            return Err(TokenError::ExceedsIssuing);
        }
        if self.generation(parent) >= GENERATIONS_MAX {
            return Err(TokenError::TooManyGenerations);
        }
        Ok(Limited::Children(parent))
    }

    /// Revokes a token, and with it those that it issued.
    ///
    /// # Errors
    ///
    /// [`TokenError::NoSuchToken`].
    pub(in crate::court::registry) fn revoke(&mut self, act: &RevokeToken, at: Timestamp) -> Result<(), TokenError> {
        let token = self.all.get_mut(&act.token).ok_or(TokenError::NoSuchToken)?;
        // Revoked twice, the stricter revocation counts.
        token.kept = if token.revoked.is_some() { token.kept.and(act.kept) } else { act.kept };
        token.revoked = token.revoked.or(Some(at));
        Ok(())
    }
}
