//! Holds: a court suspends the erasure of private content until it releases it.
//!
//! # Invariants
//!
//! Only an explicit act of court staff suspends an erasure; importing a deposit never does. A hold is about exactly one
//! deposit of this ledger that is an item or a document of the case, or one account that takes part in it. It has no end date, survives
//! the end of the proceeding, and ends by `release` or by the court's own erasure order.

use std::collections::BTreeSet;

use crate::court::acts::{Hold as HoldAct, OrderErasure, Release};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{ActPosition, CaseFile, ErasureOrder, HeldContent, Hold, Text};
use crate::court::document::Document;
use crate::court::ids::AccountId;
use crate::ledger::number::DepositNumber;

impl HeldContent {
    /// The content that an act names; `None` unless it is exactly one deposit or one account.
    #[must_use]
    pub const fn of(deposit: Option<DepositNumber>, account: Option<AccountId>) -> Option<Self> {
        match (deposit, account) {
            (Some(deposit), None) => Some(Self::Deposit(deposit)),
            (None, Some(account)) => Some(Self::Account(account)),
            _ => None,
        }
    }
}

/// Records an erasure order, which ends a hold of the same case on the same content.
///
/// # Errors
///
/// [`Refusal::NotInTheCase`].
pub fn order_erasure(file: &mut CaseFile, act: &OrderErasure, position: ActPosition) -> Result<(), Refusal> {
    if !file.concerns(act.deposit, act.account) {
        return Err(Refusal::NotInTheCase);
    }
    let content = HeldContent::of(act.deposit, act.account);
    let ended_hold = content.is_some_and(|content| file.holds.remove(&content).is_some());
    file.orders.push(ErasureOrder { position, deposit: act.deposit, account: act.account, ended_hold });
    Ok(())
}

impl CaseFile {
    /// Whether this deposit is an item or a document of the case, or this account takes part in it; `true` if neither is given.
    #[must_use]
    pub fn concerns(&self, deposit: Option<DepositNumber>, account: Option<AccountId>) -> bool {
        let item = |deposit| {
            self.items.values().any(|item| item.import.deposit == deposit) || !self.uses_of(deposit).is_empty()
        };
        let takes_part = |account| {
            self.parties.values().any(|party| party.account == Some(account))
                || self.agents.values().any(|agent| agent.account == account)
        };
        deposit.is_none_or(item) && account.is_none_or(takes_part)
    }

    /// The accounts that take or took part in it, as a party or as an agent.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        let parties = self.parties.values().filter_map(|party| party.account);
        parties.chain(self.agents.values().map(|agent| agent.account)).collect()
    }

    /// Checks whether this case can hold `content`.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotInTheCase`]; [`Refusal::OfOtherLedger`] for a deposit of another ledger, whose private content is not
    /// on this platform.
    pub fn may_hold(&self, content: HeldContent) -> Result<(), Refusal> {
        match content {
            HeldContent::Deposit(deposit) => {
                let mut items = self.items.values().filter(|item| item.import.deposit == deposit).peekable();
                // A document is always a deposit of this ledger.
                let is_document = !self.uses_of(deposit).is_empty();
                if items.peek().is_none() && !is_document {
                    return Err(Refusal::NotInTheCase);
                }
                let is_own = is_document || items.any(|item| item.import.receipt.is_none());
                if is_own { Ok(()) } else { Err(Refusal::OfOtherLedger) }
            }
            HeldContent::Account(account) => {
                if self.concerns(None, Some(account)) {
                    Ok(())
                } else {
                    Err(Refusal::NotInTheCase)
                }
            }
        }
    }
}

/// Suspends an erasure.
///
/// # Errors
///
/// [`Refusal::HoldNamesNothing`], [`Refusal::NotInTheCase`], [`Refusal::OfOtherLedger`], [`Refusal::HeldAlready`].
pub fn hold(file: &mut CaseFile, document: &Document, act: &HoldAct, position: ActPosition) -> Result<(), Refusal> {
    let content = HeldContent::of(act.deposit, act.account).ok_or(Refusal::HoldNamesNothing)?;
    file.may_hold(content)?;
    if file.holds.contains_key(&content) {
        return Err(Refusal::HeldAlready);
    }
    let reason = Text { annex: act.reason, index: position.index };
    file.holds.insert(content, Hold { position, by: document.by, capacity: document.capacity, reason });
    Ok(())
}

/// Ends a hold.
///
/// # Errors
///
/// [`Refusal::HoldNamesNothing`], [`Refusal::NotHeld`].
pub fn release(file: &mut CaseFile, act: &Release) -> Result<(), Refusal> {
    let content = HeldContent::of(act.deposit, act.account).ok_or(Refusal::HoldNamesNothing)?;
    file.holds.remove(&content).map(|_| ()).ok_or(Refusal::NotHeld)
}
