//! Under which words acts are found: who takes part in which case, what a request was called, where a deposit was
//! imported.
//!
//! A label is a digest, so the store learns nothing from it; everything it says follows from the act it stands with, so an
//! auditor could make it again. One look at a label costs the same whether anything is found under it or not: whoever is
//! turned away learns nothing from how much was read.

use sha2::{Digest as _, Sha256};

use crate::court::case::state::HeldContent;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AccountId, CaseId, RequestId};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;

fn label(kind: &str, parts: &[&dyn std::fmt::Display]) -> Digest {
    let mut hash = Sha256::new_with_prefix(format!("tiezheng label v1\n{kind}\n"));
    for part in parts {
        hash.update(format!("{part}\n"));
    }
    Digest(hash.finalize().into())
}

/// Somebody takes part, or took part, in a case.
#[must_use]
pub fn takes_part(account: AccountId, case: CaseId) -> Digest {
    label("takes-part", &[&account, &case])
}

/// A court has, or had, a case.
#[must_use]
pub fn before_court(court: &CourtCode, case: CaseId) -> Digest {
    label("before-court", &[court, &case])
}

/// The acts by which somebody came to take part in cases.
#[must_use]
pub fn cases_of(account: AccountId) -> Digest {
    label("cases-of", &[&account])
}

/// The acts by which cases came before a court.
#[must_use]
pub fn docket(court: &CourtCode) -> Digest {
    label("docket", &[court])
}

/// The act that bound a case number.
#[must_use]
pub fn numbered(number: &CaseNumber) -> Digest {
    label("numbered", &[number])
}

/// The act that a request became.
#[must_use]
pub fn request(id: RequestId) -> Digest {
    label("request", &[&id])
}

/// The imports of a deposit.
#[must_use]
pub fn imports_of(deposit: DepositNumber) -> Digest {
    label("imports-of", &[&deposit])
}

/// The acts by which courts suspended the erasure of this content.
#[must_use]
pub fn holds_on(content: HeldContent) -> Digest {
    match content {
        HeldContent::Deposit(deposit) => label("holds-on-deposit", &[&deposit]),
        HeldContent::Account(account) => label("holds-on-account", &[&account]),
    }
}

/// The acts by which a deposit came into a mediation in which this account takes part, or by which the account came into a
/// mediation in which the deposit stands. By account, so that the look-up of an import says nothing about mediations
/// of others.
#[must_use]
pub fn offered_to(account: AccountId, deposit: DepositNumber) -> Digest {
    label("offered-to", &[&account, &deposit])
}

/// The act that took the original of a deposit into custody.
#[must_use]
pub fn custody_of(deposit: DepositNumber) -> Digest {
    label("custody-of", &[&deposit])
}

/// The act that issued an association code.
#[must_use]
pub fn code(hash: &Digest) -> Digest {
    label("code", &[hash])
}

/// What a court's systems are told, in the order of the chain.
#[must_use]
pub fn feed(court: &CourtCode) -> Digest {
    label("feed", &[court])
}

/// Deposits that the platform made for an account.
#[must_use]
pub fn deposits_of(account: AccountId) -> Digest {
    label("deposits-of", &[&account])
}

/// The deposit that a request became: not an act, so never under [`request`].
#[must_use]
pub fn entrusted(id: RequestId) -> Digest {
    label("entrusted", &[&id])
}

/// The deposit that a request of just this body became.
#[must_use]
pub fn entrusted_as(id: RequestId, body: Digest) -> Digest {
    label("entrusted-as", &[&id, &body])
}

/// All acts by which originals were taken into custody.
#[must_use]
pub fn custody_of_all() -> Digest {
    label("custody-of-all", &[])
}

/// A case that this request opens: the same request opens the same case.
#[must_use]
pub fn case_of(request: RequestId) -> CaseId {
    CaseId(label("case", &[&request]))
}

/// An account that this request opens.
#[must_use]
pub fn account_of(request: RequestId) -> AccountId {
    AccountId(label("account", &[&request]))
}
