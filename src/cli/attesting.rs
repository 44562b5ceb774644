//! Collects what other organisations attest of a receipt: cosignatures, the checkpoints of witnesses, timestamps.

use std::time::Duration;

use tokio::time::timeout;

use crate::cli::user_trust::UserTrust;
use crate::client::comparison::{Comparison, compare};
use crate::client::ledger_client::LedgerClient;
use crate::client::members::{self, MemberQuestion};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::attestation::{Attestations, MemberCheck, TimeCheck, TimeToken, WitnessCheck};
use crate::ledger::verify::report::{Outcome, SkipReason, Step};
use crate::ledger::verify::trust::LedgerTrust;
use crate::ledger::verify::verifier::{Question, verify};

/// How long a node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// The attestations of other organisations on a receipt, checked with the keys that the user trusts.
#[derive(Debug, Clone)]
pub struct ReceiptAttestations {
    witnesses: WitnessCheck,
    member: MemberCheck,
    time: TimeCheck,
}

impl ReceiptAttestations {
    /// The attestations in the receipt itself. No request goes to a witness, for this reason.
    #[must_use]
    pub fn in_receipt(receipt: &Receipt, trust: &UserTrust, why: SkipReason) -> Self {
        let requires = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).is_ok_and(|held| {
            trust.policy_of(&held.checkpoint().origin).is_some_and(|own| !own.witnesses().is_empty())
        });
        let why = if requires { why } else { SkipReason::NoWitnesses };
        Self {
            witnesses: trust.witnesses_of(receipt),
            member: MemberCheck::NotPerformed(why),
            time: trust.time_of(receipt),
        }
    }

    /// Also requests the newest timestamp before the deposit, and compares the receipt's checkpoint with those that the witnesses
    /// of the user's policy hold. Consistency proofs are requested from `nodes`.
    pub async fn online(receipt: &Receipt, trust: &UserTrust, nodes: &[LedgerClient]) -> Self {
        let own = Self::in_receipt(receipt, trust, SkipReason::DamagedReceipt);
        let Ok(held) = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()) else { return own };
        let keys = match ledger_trust(receipt, trust) {
            Ok(keys) => keys,
            Err(why) => return Self::in_receipt(receipt, trust, why),
        };
        let mut time = own.time;
        if let TimeCheck::Verified(trusted) = &mut time {
            trusted.not_contained_at = not_contained_at(receipt, &held, (&keys, trust), nodes).await;
        }
        let Some(policy) = trust.policy_of(&held.checkpoint().origin) else { return Self { time, ..own } };
        let member_of = |key: &_| trust.member(key);
        let question = MemberQuestion { policy, trust: &keys, member_of: &member_of, nodes };
        Self { member: members::check(&held, question).await, time, ..own }
    }

    /// The input of the verifier.
    #[must_use]
    pub const fn attestations(&self) -> Attestations<'_> {
        Attestations { witnesses: &self.witnesses, member: &self.member, time: &self.time }
    }

    /// The cosignatures.
    #[must_use]
    pub const fn witnesses(&self) -> &WitnessCheck {
        &self.witnesses
    }

    /// The timestamps.
    #[must_use]
    pub const fn time(&self) -> &TimeCheck {
        &self.time
    }
}

/// The earliest timestamp of the newest stamped checkpoint that a node shows before the deposit: signed by a trusted key, without
/// the deposit, and continued by the receipt's checkpoint. `None` if no node shows one, or none that verifies: a node that
/// withholds one is no evidence against the deposit.
async fn not_contained_at(
    receipt: &Receipt,
    held: &SignedCheckpoint,
    (keys, trust): (&LedgerTrust, &UserTrust),
    nodes: &[LedgerClient],
) -> Option<TimeToken> {
    let number = Entry::parse(receipt.entry.as_bytes()).ok()?.number;
    for node in nodes {
        let Ok(Ok(shown)) = timeout(ANSWER_MAX, node.earlier_timestamp(&number)).await else { continue };
        let Ok(earlier) = SignedCheckpoint::parse(shown.checkpoint.as_bytes()) else { continue };
        if keys.verify(&earlier).is_err() || earlier.checkpoint().size.0 > receipt.index.0 {
            continue;
        }
        let TimeCheck::Verified(time) = trust.time_of_checkpoint(&earlier, &shown.time_tokens) else { continue };
        if matches!(timeout(ANSWER_MAX, compare(node, &earlier, held)).await, Ok(Ok(Comparison::Consistent))) {
            // Later tokens are renewals: they were made when the deposit may have existed.
            return time.tokens.into_iter().next();
        }
    }
    None
}

/// The ledger keys that are trusted for the receipt's ledger, with the receipt's key history if it follows from them. A receipt that
/// no trusted key signed is compared with nothing.
///
/// # Errors
///
/// Why its ledger key is not trusted.
pub fn ledger_trust(receipt: &Receipt, trust: &UserTrust) -> Result<LedgerTrust, SkipReason> {
    let trust = trust.trust();
    let report = verify(&Question::about(receipt, &trust));
    match report.outcome(Step::Signatures) {
        Some(Outcome::Passed) => {}
        Some(Outcome::NotPerformed(why)) => return Err(why),
        _ => return Err(SkipReason::DamagedReceipt),
    }
    let held = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).map_err(|_| SkipReason::DamagedReceipt)?;
    let mut keys = LedgerTrust::new(trust, held.checkpoint().origin.clone());
    // A receipt from before the first rotation has no notices.
    if let Ok(history) = KeyHistory::proven(&receipt.key_notices, held.checkpoint()) {
        keys.add_shown(history);
    }
    Ok(keys)
}
