//! What a node says of later links and earlier deposits, checked against the receipts of those deposits.
//!
//! Nothing that the node says is believed. A later link counts only where the receipt of the linking deposit holds, its
//! statement makes the link, and it comes from an owner of the linked deposit if the kind demands that. What a node conceals, no
//! client can see: that takes witnesses and monitors.

use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::history::{ClaimFault, ClaimStatus, EarlierDeposit, History, LaterLink};
use crate::ledger::verify::report::{Conclusion, Obstacle};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Question, verify};
use crate::wire::history::HistoryJson;

/// Most receipts that are fetched to check one history. What is claimed beyond that stays a claim.
pub const RECEIPTS_MAX: usize = 64;

/// The deposit that the claims are about: its own record, verified.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its place in the ledger.
    pub index: LeafIndex,
    /// Its entry.
    pub entry: &'a Entry,
}

/// The claims of a node about `subject`, each checked as far as its receipt could be fetched. Owner links come first.
///
/// # Errors
///
/// [`ClientError::Malformed`]: the answer names something that is no deposit number or no kind of link.
pub async fn checked(
    client: &LedgerClient,
    claims: &HistoryJson,
    subject: Subject<'_>,
    trust: &Trust,
) -> Result<History, ClientError> {
    let path = format!("/v1/deposits/{}", subject.entry.number);
    let mut history = claims.claims().map_err(|error| client.malformed(&path, &error))?;
    let mut receipts = Receipts { client, trust, subject, left: RECEIPTS_MAX };
    for link in &mut history.owner_links.items {
        *link = receipts.link(*link).await;
    }
    for earlier in &mut history.earlier.items {
        *earlier = receipts.earlier(*earlier).await;
    }
    for link in &mut history.references.items {
        *link = receipts.link(*link).await;
    }
    Ok(history)
}

/// The receipts of other deposits, as far as they may still be fetched.
struct Receipts<'a> {
    client: &'a LedgerClient,
    trust: &'a Trust,
    subject: Subject<'a>,
    left: usize,
}

impl Receipts<'_> {
    async fn link(&mut self, claim: LaterLink) -> LaterLink {
        match self.record(claim.number).await {
            Ok((index, entry)) if index > self.subject.index => {
                LaterLink::checked(claim.kind, &entry, self.subject.entry)
            }
            Ok(_) => LaterLink { status: ClaimStatus::Invalid(ClaimFault::WrongOrder), ..claim },
            Err(status) => LaterLink { status, ..claim },
        }
    }

    async fn earlier(&mut self, claim: EarlierDeposit) -> EarlierDeposit {
        match self.record(claim.number).await {
            Ok((index, entry)) if index < self.subject.index => EarlierDeposit::checked(&entry, self.subject.entry),
            Ok(_) => EarlierDeposit { status: ClaimStatus::Invalid(ClaimFault::WrongOrder), ..claim },
            Err(status) => EarlierDeposit { status, ..claim },
        }
    }

    /// The verified record of a deposit of the subject's ledger, or how a claim about it stands without one.
    async fn record(&mut self, number: DepositNumber) -> Result<(LeafIndex, Entry), ClaimStatus> {
        if self.left == 0 {
            return Err(ClaimStatus::Unverified);
        }
        self.left -= 1;
        let receipt = match self.client.receipt(&number).await {
            Ok(receipt) => receipt,
            Err(ClientError::Problem { status: 404, .. }) => return Err(ClaimStatus::Invalid(ClaimFault::NotFound)),
            Err(ClientError::Malformed { .. }) => return Err(ClaimStatus::Invalid(ClaimFault::BadRecord)),
            Err(_) => {
                // A node that does not answer is not asked again and again.
                self.left = 0;
                return Err(ClaimStatus::Unverified);
            }
        };
        let report = verify(&Question { number: Some(number), ..Question::about(&receipt, self.trust) });
        // Where no key is pinned, the caller says so of the whole answer; the link is as good as the record it belongs to.
        let holds = report.conclusion == Conclusion::RecordOnly || report.obstacle == Some(Obstacle::UnknownKey);
        let entry = Entry::parse(receipt.entry.as_bytes()).ok().filter(|_| holds);
        let same_ledger =
            |entry: &Entry| entry.statement.statement().ledger == self.subject.entry.statement.statement().ledger;
        let entry = entry.filter(same_ledger).ok_or(ClaimStatus::Invalid(ClaimFault::BadRecord))?;
        Ok((receipt.index, entry))
    }
}
