//! Checks a node's claims about later links and earlier deposits against the receipts of those deposits.
//!
//! A later link counts only if the receipt of the linking deposit is valid, its statement makes the link, and its signer owns the
//! linked deposit if the kind requires that. Whether the linking deposit was withdrawn is checked in the same way, one level deep.
//! A client cannot detect what a node conceals; witnesses and monitors can.

use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{
    ClaimFault, ClaimStatus, EarlierDeposit, History, LaterLink, LinkStanding, Listed, Withdrawal,
};
use crate::ledger::verify::report::{Conclusion, Obstacle};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Question, verify};
use crate::wire::history::HistoryJson;

/// Most receipts fetched to check one history. Further claims stay unverified.
pub const RECEIPTS_MAX: usize = 64;
/// Most requests to check whether linking deposits were withdrawn. The others are reported as unchecked.
pub const STANDINGS_MAX: usize = 64;

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
    let mut receipts = Receipts { client, trust, subject, left: RECEIPTS_MAX, is_cut_off: false };
    let mut linking = Vec::new();
    for link in &mut history.owner_links.items {
        let (checked, record) = receipts.link(*link).await;
        *link = checked;
        linking.push(record);
    }
    for earlier in &mut history.earlier.items {
        *earlier = receipts.earlier(*earlier).await;
    }
    for link in &mut history.references.items {
        *link = receipts.link(*link).await.0;
    }
    // No further request is sent to a node that stopped answering.
    receipts.left = if receipts.is_cut_off { 0 } else { STANDINGS_MAX };
    for (link, record) in history.owner_links.items.iter_mut().zip(&linking) {
        if let (Some(_), Some((index, entry))) = (link.standing, record) {
            link.standing = Some(receipts.standing(*index, entry).await);
        }
    }
    Ok(history)
}

/// Fetches and verifies receipts of other deposits, within the limits.
struct Receipts<'a> {
    client: &'a LedgerClient,
    trust: &'a Trust,
    subject: Subject<'a>,
    left: usize,
    /// Whether the node stopped answering.
    is_cut_off: bool,
}

impl Receipts<'_> {
    /// The claim, checked, with the record of the linking deposit.
    async fn link(&mut self, claim: LaterLink) -> (LaterLink, Option<(LeafIndex, Entry)>) {
        match self.record(claim.number).await {
            Ok((index, entry)) if index > self.subject.index => {
                (LaterLink::checked(claim.kind, &entry, self.subject.entry), Some((index, entry)))
            }
            Ok(_) => (LaterLink { status: ClaimStatus::Invalid(ClaimFault::WrongOrder), ..claim }, None),
            Err(status) => (LaterLink { status, ..claim }, None),
        }
    }

    /// Whether the deposit `linking`, which links to the subject, was withdrawn.
    async fn standing(&mut self, index: LeafIndex, linking: &Entry) -> LinkStanding {
        let Some(claims) = self.claimed_withdrawals(linking.number).await else { return LinkStanding::Unchecked };
        let mut items = Vec::new();
        for number in claims.items {
            let unchecked = |status| Withdrawal { number, status, is_contested: true };
            items.push(match self.record(number).await {
                Ok((place, later)) if place > index => {
                    let further = self.claimed_withdrawals(number).await;
                    let is_contested =
                        further.is_none_or(|further| !further.is_complete() || !further.items.is_empty());
                    Withdrawal::checked(&later, linking, self.subject.entry, is_contested)
                }
                Ok(_) => unchecked(ClaimStatus::Invalid(ClaimFault::WrongOrder)),
                Err(status) => unchecked(status),
            });
        }
        LinkStanding::of(&Listed { items, total: claims.total, next_cursor: claims.next_cursor })
    }

    /// The withdrawals of a deposit that the node claims; `None` if no request was sent or the answer is malformed.
    async fn claimed_withdrawals(&mut self, number: DepositNumber) -> Option<Listed<DepositNumber>> {
        self.left = self.left.checked_sub(1)?;
        let history = self.client.facts(&number).await.ok()?.history.claims().ok()?;
        let links = history.owner_links;
        let is_withdrawal = |link: &&LaterLink| link.kind == LinkKind::Withdraws;
        let all: Vec<_> = links.items.iter().filter(is_withdrawal).map(|link| link.number).collect();
        // Withdrawals come first in the list.
        let ended = links.is_complete() || all.len() < links.items.len();
        let most = LinkStanding::WITHDRAWALS_MAX;
        let next_cursor = if ended && all.len() <= most { None } else { Some(String::new()) };
        let listed = Listed::complete(all.into_iter().take(most).collect());
        Some(Listed { next_cursor, ..listed })
    }

    async fn earlier(&mut self, claim: EarlierDeposit) -> EarlierDeposit {
        match self.record(claim.number).await {
            Ok((index, entry)) if index < self.subject.index => EarlierDeposit::checked(&entry, self.subject.entry),
            Ok(_) => EarlierDeposit { status: ClaimStatus::Invalid(ClaimFault::WrongOrder), ..claim },
            Err(status) => EarlierDeposit { status, ..claim },
        }
    }

    /// The verified record of a deposit of the same ledger, or the status of a claim about it without one.
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
                // No further request is sent to a node that does not answer.
                (self.left, self.is_cut_off) = (0, true);
                return Err(ClaimStatus::Unverified);
            }
        };
        let report = verify(&Question { number: Some(number), ..Question::about(&receipt, self.trust) });
        // Without a pinned key the caller reports the whole answer as untrusted, including this link.
        let holds = report.conclusion == Conclusion::RecordOnly || report.obstacle == Some(Obstacle::UnknownKey);
        let entry = Entry::parse(receipt.entry.as_bytes()).ok().filter(|_| holds);
        let same_ledger =
            |entry: &Entry| entry.statement.statement().ledger == self.subject.entry.statement.statement().ledger;
        let entry = entry.filter(same_ledger).ok_or(ClaimStatus::Invalid(ClaimFault::BadRecord))?;
        Ok((receipt.index, entry))
    }
}
