//! Labels: keys of an index under which acts and deposits of the filing flow are found, such as the cases of an account, the
//! act of a request, the imports of a deposit.
//!
//! A label is a digest, so the store learns nothing from it. What it says follows from the act beside which it was stored, so
//! the audit derives it again. One look-up of a label costs the same whether anything is found under it or not: an account
//! without access learns nothing from how much was read.
//!
//! Not here: which labels an act of a case has (`case::labels`).

use crate::court::case::state::HeldContent;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AccountId, CaseId, RequestId};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::number::DepositNumber;

fn label(kind: &str, parts: &[&dyn std::fmt::Display]) -> Digest {
    let parts = parts.iter().map(|part| format!("{part}\n"));
    let text: String = [format!("tiezheng label v1\n{kind}\n")].into_iter().chain(parts).collect();
    sha256(text.as_bytes())
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
pub fn deposit_request(id: RequestId) -> Digest {
    label("entrusted", &[&id])
}

/// The deposit that a request of just this body became.
#[must_use]
pub fn deposit_request_with_body(id: RequestId, body: Digest) -> Digest {
    label("entrusted-as", &[&id, &body])
}

/// The labels of the act that takes the original of a deposit into custody.
#[must_use]
pub fn of_custody(deposit: DepositNumber) -> [Digest; 2] {
    [custody_of_all(), custody_of(deposit)]
}

/// How many labels a deposit has that the platform makes for an account: [`deposits_of`], [`entrusted`], [`deposit_request_with_body`].
/// The last two follow from the request, which is not on the chain.
pub const ON_BEHALF_LABELS: u64 = 3;

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
