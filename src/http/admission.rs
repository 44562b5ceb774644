//! Admission of deposits: the operator's deposit policy and the rate limits, for every route on which statements arrive.
//!
//! ```text
//! route ─▶ check_policy ─▶ count_request (per address) ─▶ parse ─▶ check_keys ─▶ verify signatures ─▶ charge (per key
//! or account) ─▶ sequencer ─▶ refund, unless the statement was new
//! ```
//!
//! # Invariants
//!
//! The decision depends on the policy and on verified signatures only, never on a peer's address, a Host or an Origin. An
//! address only counts towards a limit. A key is charged only after its signature was verified, and only for statements
//! that are new: the limit of a key cannot be used up by naming it, or by sending its old statements again. A key has
//! one limit, however many accounts have enrolled it.
//!
//! # Web pages
//!
//! A page of another site cannot send JSON or NDJSON without a preflight request, which is never granted. A page whose
//! name was made to point at this node (DNS rebinding) can, and gains nothing: no request is trusted more because a browser
//! on this machine sent it, and there are no cookies, only tokens and signatures, which the page does not have.

use std::num::NonZeroU32;
use std::sync::{PoisonError, RwLock};

use crate::court::ids::AccountId;
use crate::error_code::ErrorCode;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::service::FilingService;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::rate_limit::{ChargedBuckets, Limit, RateLimited, RateLimiter};
use crate::ledger::statement::text::Statement;

/// Default limit of deposits per minute of one key or account.
const PER_KEY: u32 = 600;
/// Default limit of deposits per minute of one address, which several depositors may share.
const PER_ADDRESS: u32 = 1_200;

/// The rate limits of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositLimits {
    /// From one client address (of IPv6, one /64 network): every request and every line of a batch counts.
    pub per_address: Limit,
    /// From one key, under the policies `open` and `enrolled`: every new statement counts.
    pub per_key: Limit,
    /// For one account, under the policy `enrolled`: every new statement of its keys counts.
    pub per_account: Limit,
}

impl DepositLimits {
    /// No limits: for test ledgers.
    #[must_use]
    pub const fn none() -> Self {
        Self { per_address: Limit::None, per_key: Limit::None, per_account: Limit::None }
    }
}

impl Default for DepositLimits {
    /// The limits of a live ledger.
    fn default() -> Self {
        let per_minute = |count| NonZeroU32::new(count).map_or(Limit::None, Limit::per_minute);
        let per_key = per_minute(PER_KEY);
        Self { per_address: per_minute(PER_ADDRESS), per_key, per_account: per_key }
    }
}

/// The policy and the limits of a running node.
#[derive(Debug)]
pub struct DepositAdmission {
    policy: RwLock<DepositPolicy>,
    per_address: Option<RateLimiter>,
    per_key: Option<RateLimiter>,
    per_account: Option<RateLimiter>,
}

/// What a deposit was charged to.
#[derive(Debug, Default)]
pub(in crate::http) struct Charges {
    keys: Vec<([u8; 32], ChargedBuckets)>,
    account: Option<(AccountId, ChargedBuckets)>,
}

impl DepositAdmission {
    /// Admission under this policy and these limits.
    #[must_use]
    pub fn new(policy: DepositPolicy, limits: &DepositLimits) -> Self {
        Self {
            policy: RwLock::new(policy),
            per_address: limits.per_address.limiter(),
            per_key: limits.per_key.limiter(),
            per_account: limits.per_account.limiter(),
        }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> DepositPolicy {
        // The value is replaced whole, so a panicked thread leaves a valid one.
        *self.policy.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the policy for all further requests.
    pub fn set_policy(&self, policy: DepositPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    /// Whether statements are accepted at all. Before a body is read.
    ///
    /// # Errors
    ///
    /// `deposit_by_token_only`.
    pub fn check_policy(&self) -> Result<(), ApiError> {
        match self.policy() {
            DepositPolicy::Open | DepositPolicy::Enrolled => Ok(()),
            DepositPolicy::Accounts => Err(ApiError::new(
                ErrorCode::DepositByTokenOnly,
                "this node accepts deposits from accounts only: POST /v1/entrusted-deposits with a token, or \
                 `tiezheng case deposit`",
            )),
        }
    }

    /// Counts one request, or one line of a batch, from this address.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count_request(&self, client: ClientAddress) -> Result<(), ApiError> {
        let Some(limiter) = &self.per_address else { return Ok(()) };
        match limiter.take(&client.group()) {
            Ok(_) => Ok(()),
            Err(limited) => Err(limited_to(limited, "this address")),
        }
    }

    /// Whether the policy accepts statements of these keys, their signatures unverified.
    ///
    /// # Errors
    ///
    /// `key_not_enrolled`, `deposit_by_token_only`.
    pub(in crate::http) fn check_keys(
        &self,
        filing: Option<&FilingService>,
        statement: &Statement,
    ) -> Result<(), ApiError> {
        self.check_policy()?;
        match self.policy() {
            DepositPolicy::Enrolled if enrolling_accounts(filing, statement).is_empty() => Err(ApiError::new(
                ErrorCode::KeyNotEnrolled,
                "this node accepts statements signed by an enrolled key. An account enrols it with \
                 POST /v1/accounts/me/keys or `tiezheng case account add-key VKEY`; then send the same statement again",
            )),
            _ => Ok(()),
        }
    }

    /// Whether a deposit is charged to its keys or their accounts.
    pub(in crate::http) fn charges(&self) -> bool {
        match self.policy() {
            DepositPolicy::Open => self.per_key.is_some(),
            DepositPolicy::Enrolled => self.per_key.is_some() || self.per_account.is_some(),
            DepositPolicy::Accounts => false,
        }
    }

    /// Charges a statement whose signatures are verified.
    pub(in crate::http) fn charge(
        &self,
        filing: Option<&FilingService>,
        statement: &Statement,
    ) -> Result<Charges, ApiError> {
        match self.policy() {
            DepositPolicy::Open => self.charge_keys(statement),
            DepositPolicy::Enrolled => {
                let charges = self.charge_keys(statement)?;
                match self.charge_account(&enrolling_accounts(filing, statement)) {
                    Ok(account) => Ok(Charges { account, ..charges }),
                    Err(limited) => {
                        self.refund(&charges);
                        Err(limited)
                    }
                }
            }
            DepositPolicy::Accounts => Ok(Charges::default()),
        }
    }

    fn charge_keys(&self, statement: &Statement) -> Result<Charges, ApiError> {
        let mut charges = Charges::default();
        let Some(limiter) = &self.per_key else { return Ok(charges) };
        for key in &statement.keys {
            let key = *key.public().as_bytes();
            match limiter.take(&key) {
                Ok(taken) => charges.keys.push((key, taken)),
                Err(limited) => {
                    self.refund(&charges);
                    return Err(limited_to(limited, "one of the statement's keys"));
                }
            }
        }
        Ok(charges)
    }

    /// Charges one of the accounts that enrolled the keys. An account that enrols another depositor's key thereby lends its own
    /// limit, and uses up no other.
    fn charge_account(&self, accounts: &[AccountId]) -> Result<Option<(AccountId, ChargedBuckets)>, ApiError> {
        let Some(limiter) = &self.per_account else { return Ok(None) };
        let mut shortest: Option<RateLimited> = None;
        for account in accounts {
            match limiter.take(account) {
                Ok(taken) => return Ok(Some((*account, taken))),
                Err(limited) => {
                    let sooner = shortest.is_none_or(|known| limited.retry_after < known.retry_after);
                    shortest = if sooner { Some(limited) } else { shortest };
                }
            }
        }
        shortest.map_or(Ok(None), |limited| Err(limited_to(limited, "the account that enrolled the key")))
    }

    /// Refunds the charges of a statement that was not new.
    pub(in crate::http) fn refund(&self, charges: &Charges) {
        if let Some(limiter) = &self.per_key {
            charges.keys.iter().for_each(|(key, taken)| limiter.give_back(key, *taken));
        }
        if let Some((limiter, (account, taken))) = self.per_account.as_ref().zip(charges.account) {
            limiter.give_back(&account, taken);
        }
    }
}

fn limited_to(limited: RateLimited, whose: &str) -> ApiError {
    ApiError::rate_limited(limited.retry_after, whose)
}

fn enrolling_accounts(filing: Option<&FilingService>, statement: &Statement) -> Vec<AccountId> {
    let Some(filing) = filing else { return Vec::new() };
    statement.keys.iter().flat_map(|key| filing.accounts_of_key(key.public())).collect()
}
