//! Labels: opaque keys of the store's label index, by which acts and deposits of the filing flow are looked up, such as the cases of an
//! account, the act of a request, the imports of a deposit.
//!
//! A label is a digest, so it reveals nothing to the store. It follows from its act, so the audit can recompute it. A look-up costs the
//! same whether or not it finds anything, so the number of reads reveals nothing to an account without access.
//!
//! Not here: the labels of an act of a case (`case::labels`).

use crate::court::case::reference::CaseReference;
use crate::court::case::state::HeldContent;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AccountId, AttemptNumber, CaseId, HandOverNumber, RequestId, ServiceNumber};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::number::DepositNumber;

fn label(kind: &str, parts: &[&dyn std::fmt::Display]) -> Digest {
    let parts = parts.iter().map(|part| format!("{part}\n"));
    let text: String = [format!("tiezheng label v1\n{kind}\n")].into_iter().chain(parts).collect();
    sha256(text.as_bytes())
}

/// One function per label: `function(arguments) = "kind"`.
macro_rules! labels {
    ($($(#[$doc:meta])* $function:ident($($argument:ident: $type:ty),*) = $kind:literal,)*) => {
        $($(#[$doc])* #[must_use] pub fn $function($($argument: $type),*) -> Digest {
            label($kind, &[$(&$argument),*])
        })*
    };
}

labels! {
    /// The acts by which an account came to take part in a case.
    takes_part(account: AccountId, case: CaseId) = "takes-part",
    /// The acts by which a case came before a court.
    before_court(court: &CourtCode, case: CaseId) = "before-court",
    /// The acts by which an account came to take part in any case.
    cases_of(account: AccountId) = "cases-of",
    /// The acts by which any case came before a court.
    docket(court: &CourtCode) = "docket",
    /// The acts by which an account came to take part in the case with this reference. By account, so that a reference is found only
    /// by an account of the case.
    reference_of_account(account: AccountId, reference: CaseReference) = "reference-of-account",
    /// The acts by which the case with this reference came before a court.
    reference_at_court(court: &CourtCode, reference: CaseReference) = "reference-at-court",
    /// The acts that sent a dossier to a court.
    handed_to(court: &CourtCode) = "handed-to",
    /// The acts that sent the dossier of a case to a court.
    hand_over_to(court: &CourtCode, case: CaseId) = "hand-over-to",
    /// Not a row: the lock under which a case is taken over.
    lock_of_successor(case: CaseId) = "lock-of-successor",
    /// The acts by which an account and the case with this number came together: the binding of the number, or the act by which the account
    /// joined later. By account, for the same reason as a reference.
    number_of_account(account: AccountId, number: &CaseNumber) = "number-of-account",
    /// The acts by which the case with this number came before a court.
    number_at_court(court: &CourtCode, number: &CaseNumber) = "number-at-court",
    /// The act that a request made.
    request(id: RequestId) = "request",
    /// The imports of a deposit.
    imports_of(deposit: DepositNumber) = "imports-of",
    /// The acts by which a deposit and an account came together in a mediation. By account, so that the look-up at an import reveals
    /// nothing about mediations of others.
    offered_to(account: AccountId, deposit: DepositNumber) = "offered-to",
    /// The same for a digest of the deposit, so that the same file is recognised under another number.
    offered_digest_to(account: AccountId, digest: Digest) = "offered-digest-to",
    /// The act that took the original of a deposit into custody for its depositor.
    custody_of(deposit: DepositNumber) = "custody-of",
    /// The act that took the original of a deposit into custody as a document of a case.
    custody_in_case(case: CaseId, deposit: DepositNumber) = "custody-in-case",
    /// The acts that took the original of a deposit into custody as a document of any case.
    custody_in_cases(deposit: DepositNumber) = "custody-in-cases",
    /// The acts by which an account gave it as a document of any case. By account, so that the look-up reveals nothing to others.
    custody_in_cases_by(account: AccountId, deposit: DepositNumber) = "custody-in-cases-by",
    /// The act that issued an association code.
    code(hash: &Digest) = "code",
    /// The events of a court, in the order of the chain.
    feed(court: &CourtCode) = "feed",
    /// Deposits that the platform made for an account.
    deposits_of(account: AccountId) = "deposits-of",
    /// The deposit on behalf of an account that a request made. Not an act, so not under [`request`].
    deposit_request(id: RequestId) = "entrusted",
    /// The same, for a request with this body.
    deposit_request_with_body(id: RequestId, body: Digest) = "entrusted-as",
    /// The act that sent a message: one attempt of a service record.
    service_message(case: CaseId, service: ServiceNumber, attempt: AttemptNumber) = "service-message",
    /// The messages that the gateway of a court sends, in the order of the chain.
    outbox(court: &CourtCode) = "service-outbox",
    /// All acts by which originals were taken into custody.
    custody_of_all() = "custody-of-all",
}

/// The acts by which courts suspended the erasure of this content.
#[must_use]
pub fn holds_on(content: HeldContent) -> Digest {
    match content {
        HeldContent::Deposit(deposit) => label("holds-on-deposit", &[&deposit]),
        HeldContent::Account(account) => label("holds-on-account", &[&account]),
    }
}

/// The labels of the act by which an account gives the original of a deposit into custody: its own, or a document of `case`.
#[must_use]
pub fn of_custody(account: AccountId, deposit: DepositNumber, case: Option<CaseId>) -> Vec<Digest> {
    let mut found = vec![custody_of_all()];
    match case {
        None => found.push(custody_of(deposit)),
        Some(case) => found.extend([
            custody_in_cases(deposit),
            custody_in_cases_by(account, deposit),
            custody_in_case(case, deposit),
        ]),
    }
    found
}

/// Number of labels of a deposit on behalf of an account: [`deposits_of`], [`deposit_request`], [`deposit_request_with_body`]. The
/// last two follow from the request, which is not on the chain.
pub const ON_BEHALF_LABELS: u64 = 3;

/// The id of the case that a request opens: the same request opens the same case.
#[must_use]
pub fn case_of(request: RequestId) -> CaseId {
    CaseId(label("case", &[&request]))
}

/// The id of the account that a request opens.
#[must_use]
pub fn account_of(request: RequestId) -> AccountId {
    AccountId(label("account", &[&request]))
}

/// The id of the case in which the dossier of a case is continued after hand-over `number`: the same for everybody who accepts it.
#[must_use]
pub fn case_after(case: CaseId, number: HandOverNumber) -> CaseId {
    CaseId(label("case-after", &[&case, &number]))
}
