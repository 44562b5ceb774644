//! The registry: accounts, roles, tokens, webhooks and lists, replayed from its acts.
//!
//! # Invariants
//!
//! The permission to change the registry depends on its state at that time, so an audit that replays the acts finds every unauthorized
//! change. Of a token only the id and the digest of its secret are known.

pub mod appeal_courts;
mod court_administrator;
pub mod entries;
mod identity_providers;
mod login_links;
mod role_grants;
pub mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use crate::court::acts::Act;
use crate::court::calendar::{Calendar, CalendarError, YearPlan};
use crate::court::case::state::{ActPosition, Text};
use crate::court::case_number::CourtCode;
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::registry::appeal_courts::{AppealCourts, PairError};
use crate::court::registry::entries::{Gateway, IdentityCheckProvider, LoginLink, Verification, Webhook};
use crate::court::registry::tokens::{TokenError, Tokens};
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{IdentityLevel, Role, SubjectKind};
use crate::error_code::ErrorCode;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;

/// Why an act upon the registry is rejected. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Not in this capacity.
    #[error("not permitted for this role")]
    NotPermitted,
    /// The act belongs to another kind of stream.
    #[error("this act does not belong to the registry")]
    NotOfTheRegistry,
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// The account was closed.
    #[error("the account was closed")]
    AccountClosed,
    /// The account is there already.
    #[error("the account is there already")]
    AccountExists,
    /// A role of a court is granted for a court, any other for none.
    #[error("a role of a court is granted for one court, any other role for none")]
    CourtMismatch,
    /// There is no such provider of identity checks.
    #[error("there is no such provider of identity checks")]
    NoSuchIdentityProvider,
    /// No identity check with this id is open.
    #[error("no identity check with this id is open; begin it again on the page of the account")]
    NoSuchVerification,
    /// The provider is not registered for this method or level.
    #[error("the provider is not registered for this method or level")]
    BeyondProvider,
    /// The account has no role at the court whose identity provider is to open it.
    #[error("the account holds no role at this court")]
    NoRoleAtCourt,
    /// The account is linked already.
    #[error("the account is linked to a login of this court's identity provider already; end that link first")]
    LoginLinkExists,
    /// Who opened the account, or recorded its only identity check, does not grant it a role that gives access to cases.
    #[error(
        "a role of a court needs a second person: the person who opened the account or recorded its only identity check does not \
         grant it, and neither is it granted without an identity check. Another administrator of the court, or the operator, \
         grants the role"
    )]
    SecondPersonNeeded,
    /// There is no such link.
    #[error("the account is not linked to a login of this court's identity provider")]
    NoSuchLoginLink,
    /// There is no such grant.
    #[error("the account does not hold this role, and no offer of it is open")]
    NoSuchGrant,
    /// The webhook is there already.
    #[error("the webhook is there already")]
    HookExists,
    /// There is no such webhook.
    #[error("there is no such webhook")]
    NoSuchHook,
    /// The court has a gateway already.
    #[error("the court has a gateway already: remove that one first")]
    GatewayExists,
    /// There is no such gateway.
    #[error("there is no such gateway")]
    NoSuchGateway,
    /// The ledger is not on the list.
    #[error("the ledger is not on the court's list")]
    NotListed,
    /// The list of court pairs.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The rules of tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl RegistryError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotPermitted => ErrorCode::NotPermitted,
            Self::NotOfTheRegistry => ErrorCode::NotOfTheRegistry,
            Self::NoSuchAccount => ErrorCode::NoSuchAccount,
            Self::AccountClosed => ErrorCode::AccountClosed,
            Self::AccountExists => ErrorCode::AccountExists,
            Self::CourtMismatch => ErrorCode::CourtMismatch,
            Self::NoSuchIdentityProvider => ErrorCode::NoSuchIdentityProvider,
            Self::NoSuchVerification => ErrorCode::NoSuchVerification,
            Self::BeyondProvider => ErrorCode::BeyondProvider,
            Self::NoRoleAtCourt => ErrorCode::NoRoleAtCourt,
            Self::LoginLinkExists => ErrorCode::LoginLinkExists,
            Self::SecondPersonNeeded => ErrorCode::SecondPersonNeeded,
            Self::NoSuchLoginLink => ErrorCode::NoSuchLoginLink,
            Self::NoSuchGrant => ErrorCode::NoSuchGrant,
            Self::HookExists => ErrorCode::HookExists,
            Self::NoSuchHook => ErrorCode::NoSuchHook,
            Self::GatewayExists => ErrorCode::GatewayExists,
            Self::NoSuchGateway => ErrorCode::NoSuchGateway,
            Self::NotListed => ErrorCode::NotListed,
            Self::Pair(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::Calendar(error) => error.code(),
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The kind of its owner.
    pub subject: SubjectKind,
    /// When it was opened.
    pub opened: ActPosition,
    /// The account that opened it.
    pub opened_by: AccountId,
    /// The name.
    pub name: Option<Text>,
    /// All identity checks, the latest last, each with its reference.
    pub identities: Vec<(IdentityCheck, Option<Text>)>,
    /// The providers that made identity checks, by the place of the check in `identities`.
    pub checked_by: BTreeMap<usize, TokenId>,
    /// The check that its holder has asked a provider for, while there is no result.
    pub open_verification: Option<TokenId>,
    /// When a provider did not confirm the identity, until the next check is asked for.
    pub failed_verification: Option<ActPosition>,
    /// The accounts that recorded its identity checks; for the checks of outside providers, the platform's.
    pub identified_by: BTreeSet<AccountId>,
    /// Its current roles, with the court for roles of a court.
    pub roles: BTreeSet<(Role, Option<CourtCode>)>,
    /// Roles that a court administrator has granted and the holder has not accepted.
    pub offered_roles: BTreeMap<(Role, Option<CourtCode>), RoleOffer>,
    /// The logins at identity providers of courts that open it.
    pub login_links: BTreeMap<CourtCode, LoginLink>,
    /// The subjects of links that ended: private texts, until they are erased.
    pub former_subjects: Vec<Text>,
    /// When a link was made or ended last.
    pub login_links_changed: Option<ActPosition>,
    /// When it was closed.
    pub closed: Option<ActPosition>,
}

/// A role that a court administrator has granted and the holder has not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleOffer {
    /// The administrator.
    pub by: AccountId,
    /// When it was granted.
    pub at: Timestamp,
}

impl Account {
    /// Its private texts: the name, the references of its identity checks, and the subjects of its logins at identity providers.
    pub fn texts(&self) -> impl Iterator<Item = Text> {
        let references = self.identities.iter().filter_map(|(_, reference)| *reference);
        let subjects = self.login_links.values().map(|link| link.subject).chain(self.former_subjects.iter().copied());
        self.name.into_iter().chain(references).chain(subjects)
    }

    /// The identity check of the highest level; of equals the latest.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityCheck> {
        self.identities.iter().map(|(check, _)| *check).max_by_key(|check| (check.level, check.at))
    }

    /// The latest identity check at the level of real names: a session needs one that was made for it.
    #[must_use]
    pub fn latest_identity(&self) -> Option<IdentityCheck> {
        let checks = self.identities.iter().map(|(check, _)| *check);
        checks.filter(|check| !matches!(check.level, IdentityLevel::Basic)).max_by_key(|check| check.at)
    }

    /// Whether it holds a role; a role of a court at `court`.
    #[must_use]
    pub fn holds(&self, role: Role, court: Option<&CourtCode>) -> bool {
        self.roles.iter().any(|(held, of)| *held == role && (!role.is_of_a_court() || of.as_ref() == court))
    }

    /// The courts of whose staff it is: at which it holds a role that gives access to all cases of the court.
    #[must_use]
    pub fn staffed_courts(&self) -> BTreeSet<&CourtCode> {
        let staff = self.roles.iter().filter(|(role, _)| role.acts_in_cases() && !role.needs_appointment());
        staff.filter_map(|(_, court)| court.as_ref()).collect()
    }

    /// The courts at which it holds a role that gives access to cases.
    #[must_use]
    pub fn courts(&self) -> BTreeSet<&CourtCode> {
        self.roles.iter().filter(|(role, _)| role.acts_in_cases()).filter_map(|(_, court)| court.as_ref()).collect()
    }
}

/// The state of the registry.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Sequence of the last act.
    pub length: u64,
    /// Accounts. A persistent map, as those of [`Tokens`]: the registry after an act shares all accounts with the one before,
    /// except the one that the act changed.
    pub accounts: RedBlackTreeMapSync<AccountId, Account>,
    /// Tokens, the revoked and expired ones too.
    pub tokens: Tokens,
    /// Webhooks.
    pub webhooks: BTreeMap<TokenId, Webhook>,
    /// Providers of identity checks.
    pub identity_providers: BTreeMap<TokenId, IdentityCheckProvider>,
    /// Identity checks that holders of accounts have asked for and that have no result, at most one an account.
    pub verifications: RedBlackTreeMapSync<TokenId, Verification>,
    /// Gateways, at most one a court.
    pub gateways: BTreeMap<TokenId, Gateway>,
    /// Other ledgers whose deposits a court accepts.
    pub trusted: BTreeMap<CourtCode, Vec<VerifierKey>>,
    /// Which court hears appeals from which.
    pub appeal_courts: AppealCourts,
    /// The current calendar of statutory holidays.
    pub calendar: Calendar,
    /// Earlier calendars, each with the index from which it applied.
    calendars: Vec<(LeafIndex, Arc<Calendar>)>,
    plans: BTreeMap<u16, YearPlan>,
    /// Acts without effect, with the reason.
    pub ineffective_acts: Vec<(ActPosition, RegistryError)>,
}

impl Registry {
    /// The calendar at an index of the chain. Calendars that are loaded later do not affect acts there.
    #[must_use]
    pub fn calendar_at(&self, index: LeafIndex) -> Arc<Calendar> {
        let before = self.calendars.iter().rev().find(|(since, _)| *since < index);
        before.map_or_else(Arc::default, |(_, calendar)| Arc::clone(calendar))
    }

    /// Replays the next act. An act that the rules reject changes nothing and is recorded as ineffective.
    pub fn replay(&mut self, document: &Document, position: ActPosition) {
        if let Err(reason) = self.apply(document, position) {
            self.ineffective_acts.push((position, reason));
        }
        self.length = position.sequence;
    }

    /// Applies an act.
    ///
    /// # Errors
    ///
    /// [`RegistryError`]: nothing was changed.
    pub fn apply(&mut self, document: &Document, position: ActPosition) -> Result<(), RegistryError> {
        if document.stream != Stream::Registry {
            return Err(RegistryError::NotOfTheRegistry);
        }
        self.check_permitted(document)?;
        match &document.act {
            Act::OpenAccount(_) | Act::CheckIdentity(_) | Act::CloseAccount(_) => {
                self.apply_account_act(document, position)
            }
            Act::Grant(_) | Act::AcceptRole(_) | Act::EndGrant(_) => self.apply_role_act(document, position.at),
            Act::AddIdentityProvider(_)
            | Act::EndIdentityProvider(_)
            | Act::RequestIdentity(_)
            | Act::FailIdentity(_) => self.apply_provider_act(document, position),
            Act::LinkLogin(_) | Act::EndLoginLink(_) => self.apply_login_link(&document.act, position),
            Act::IssueToken(_) | Act::RevokeToken(_) => self.apply_token_act(document, position),
            act => self.apply_list_act(act, position),
        }
    }

    /// Checks whether the actor may do this now.
    ///
    /// # Errors
    ///
    /// [`RegistryError::NotPermitted`].
    pub fn check_permitted(&self, document: &Document) -> Result<(), RegistryError> {
        let actor = self.accounts.get(&document.by);
        let check_permitted = match (document.capacity, &document.act) {
            (Capacity::Platform, _) => true,
            (Capacity::Holding(Role::Operator), _) => actor.is_some_and(|actor| actor.holds(Role::Operator, None)),
            (Capacity::Holding(role @ (Role::Clerk | Role::TrialSupport)), act) => {
                actor.is_some_and(|actor| self.clerk_may(document.by, actor, role, act))
            }
            (Capacity::Holding(Role::CourtAdministrator), act) => {
                actor.is_some_and(|actor| self.court_administrator_may(document.by, actor, act))
            }
            // With a token of one's own, so that revoking that one ends this one.
            (Capacity::Oneself, Act::IssueToken(act)) => {
                act.account == document.by && act.parent.is_some() && actor.is_some()
            }
            (Capacity::Oneself, Act::RequestIdentity(act)) => act.account == document.by && actor.is_some(),
            (Capacity::Oneself, Act::AcceptRole(act)) => act.account == document.by && actor.is_some(),
            // The filing service has the subject from the provider itself, in the holder's own browser.
            (Capacity::Oneself, Act::LinkLogin(act)) => act.account == document.by && actor.is_some(),
            (Capacity::Oneself, Act::EndLoginLink(act)) => act.account == document.by && actor.is_some(),
            (Capacity::Oneself, Act::RevokeToken(act)) => self.tokens.is_of(act.token, document.by),
            // Who holds a role asks the operator, who ends the role first or with it.
            (Capacity::Oneself, Act::CloseAccount(act)) => {
                act.account == document.by && actor.is_some_and(|actor| actor.roles.is_empty())
            }
            _ => false,
        };
        if check_permitted { Ok(()) } else { Err(RegistryError::NotPermitted) }
    }

    /// The acts of a court's service counter, and the court's own list of ledgers.
    fn clerk_may(&self, by: AccountId, actor: &Account, role: Role, act: &Act) -> bool {
        if !actor.roles.iter().any(|(held, _)| *held == role) {
            return false;
        }
        match act {
            Act::OpenAccount(_) | Act::CheckIdentity(_) | Act::IssueToken(_) => self.counter_may(by, act),
            Act::TrustLedger(act) => actor.holds(role, Some(&act.court)),
            Act::DistrustLedger(act) => actor.holds(role, Some(&act.court)),
            // With a gateway goes the clear address of every recipient, so a clerk does not choose it.
            Act::AddGateway(act) => role == Role::TrialSupport && actor.holds(role, Some(&act.court)),
            Act::EndGateway(act) => self
                .gateways
                .get(&act.gateway)
                .is_some_and(|gateway| role == Role::TrialSupport && actor.holds(role, Some(&gateway.court))),
            _ => false,
        }
    }

    /// An account that is not closed.
    fn account(&mut self, id: AccountId) -> Result<&mut Account, RegistryError> {
        let account = self.accounts.get_mut(&id).ok_or(RegistryError::NoSuchAccount)?;
        if account.closed.is_some() { Err(RegistryError::AccountClosed) } else { Ok(account) }
    }

    /// Whether there is such an account, and it is not closed.
    #[must_use]
    pub fn is_open(&self, id: AccountId) -> bool {
        self.accounts.get(&id).is_some_and(|account| account.closed.is_none())
    }

    fn apply_account_act(&mut self, document: &Document, position: ActPosition) -> Result<(), RegistryError> {
        let text = |annex: AnnexId| Text { annex, index: position.index };
        match &document.act {
            Act::OpenAccount(act) => {
                if self.accounts.contains_key(&act.account) {
                    return Err(RegistryError::AccountExists);
                }
                let account = Account {
                    subject: act.subject,
                    opened: position,
                    opened_by: document.by,
                    name: act.name.map(text),
                    identities: Vec::new(),
                    checked_by: BTreeMap::new(),
                    open_verification: None,
                    failed_verification: None,
                    identified_by: BTreeSet::new(),
                    roles: BTreeSet::new(),
                    offered_roles: BTreeMap::new(),
                    login_links: BTreeMap::new(),
                    former_subjects: Vec::new(),
                    login_links_changed: None,
                    closed: None,
                };
                self.accounts.insert_mut(act.account, account);
            }
            Act::CheckIdentity(act) => {
                self.check_provider(document.capacity, act)?;
                let account = self.account(act.account)?;
                account.checked_by.extend(act.provider.map(|provider| (account.identities.len(), provider)));
                account.identities.push((act.identity, act.reference.map(text)));
                account.identified_by.insert(document.by);
                self.end_verification(act.account, act.verification);
            }
            Act::CloseAccount(act) => {
                let account = self.account(act.account)?;
                account.roles.clear();
                account.offered_roles.clear();
                account.closed = Some(position);
            }
            _ => return Err(RegistryError::NotOfTheRegistry),
        }
        Ok(())
    }

    fn apply_token_act(&mut self, document: &Document, position: ActPosition) -> Result<(), RegistryError> {
        match &document.act {
            Act::IssueToken(act) => {
                self.account(act.account)?;
                Ok(self.tokens.issue(act, document.by, position.at)?)
            }
            Act::RevokeToken(act) => Ok(self.tokens.revoke(act, position.at)?),
            _ => Err(RegistryError::NotOfTheRegistry),
        }
    }

    fn apply_list_act(&mut self, act: &Act, position: ActPosition) -> Result<(), RegistryError> {
        let text = |annex: AnnexId| Text { annex, index: position.index };
        match act {
            Act::TrustLedger(act) => {
                let keys = self.trusted.entry(act.court.clone()).or_default();
                if !keys.contains(&act.key) {
                    keys.push(act.key.clone());
                }
            }
            Act::DistrustLedger(act) => {
                let keys = self.trusted.get_mut(&act.court).ok_or(RegistryError::NotListed)?;
                let at = keys.iter().position(|key| *key == act.key).ok_or(RegistryError::NotListed)?;
                keys.remove(at);
            }
            Act::LoadCalendar(act) => {
                let year = u16::try_from(act.year).map_err(|_| CalendarError::Year { year: u16::MAX })?;
                let plan = YearPlan { year, holidays: act.holiday.clone(), working_days: act.workday.clone() };
                let mut plans = self.plans.clone();
                plans.insert(year, plan);
                self.calendar = Calendar::new(plans.values().cloned().collect())?;
                self.plans = plans;
                self.calendars.push((position.index, Arc::new(self.calendar.clone())));
            }
            Act::SetAppealCourt(act) => self.appeal_courts.set(act, position)?,
            Act::EndAppealCourt(act) => self.appeal_courts.end(act)?,
            Act::AddHook(act) => {
                if self.webhooks.contains_key(&act.hook) {
                    return Err(RegistryError::HookExists);
                }
                let hook =
                    Webhook { court: act.court.clone(), url: text(act.url), secret: text(act.secret), since: position };
                self.webhooks.insert(act.hook, hook);
            }
            Act::EndHook(act) => {
                self.webhooks.remove(&act.hook).ok_or(RegistryError::NoSuchHook)?;
            }
            act => return self.apply_gateway_act(act, position),
        }
        Ok(())
    }

    fn apply_gateway_act(&mut self, act: &Act, position: ActPosition) -> Result<(), RegistryError> {
        let text = |annex: AnnexId| Text { annex, index: position.index };
        match act {
            Act::AddGateway(act) => {
                // Two gateways would send each message twice.
                if self.gateways.values().any(|gateway| gateway.court == act.court)
                    || self.gateways.contains_key(&act.gateway)
                {
                    return Err(RegistryError::GatewayExists);
                }
                let (url, secret) = (text(act.url), text(act.secret));
                let gateway = Gateway { court: act.court.clone(), url, secret, since: position };
                self.gateways.insert(act.gateway, gateway);
            }
            Act::EndGateway(act) => {
                self.gateways.remove(&act.gateway).ok_or(RegistryError::NoSuchGateway)?;
            }
            _ => return Err(RegistryError::NotOfTheRegistry),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
