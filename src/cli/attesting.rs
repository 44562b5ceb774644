//! Collects what other organisations attest of a receipt: cosignatures, the checkpoints of witnesses, timestamps.

use crate::cli::user_trust::UserTrust;
use crate::client::ledger_client::LedgerClient;
use crate::client::members::{self, MemberQuestion};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::attestation::{Attestations, MemberCheck, TimeCheck, WitnessCheck};
use crate::ledger::verify::report::{Outcome, SkipReason, Step};
use crate::ledger::verify::verifier::{Question, verify};

/// What other organisations attest of a receipt, compared with what the user trusts.
#[derive(Debug, Clone)]
pub struct Attested {
    witnesses: WitnessCheck,
    member: MemberCheck,
    time: TimeCheck,
}

impl Attested {
    /// What the receipt itself contains. No witness is asked, for this reason.
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

    /// Also compares the receipt's checkpoint with those that the witnesses of the user's policy hold. `nodes` are asked for
    /// consistency proofs.
    pub async fn online(receipt: &Receipt, trust: &UserTrust, nodes: &[LedgerClient]) -> Self {
        let own = Self::in_receipt(receipt, trust, SkipReason::DamagedReceipt);
        let Ok(held) = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()) else { return own };
        let Some(policy) = trust.policy_of(&held.checkpoint().origin) else { return own };
        let keys = match ledger_keys(receipt, trust) {
            Ok(keys) => keys,
            Err(why) => return Self::in_receipt(receipt, trust, why),
        };
        let member_of = |key: &_| trust.member(key);
        let question = MemberQuestion { policy, keys: &keys, member_of: &member_of, nodes };
        Self { member: members::check(&held, question).await, ..own }
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

/// The ledger keys that are trusted for the receipt's ledger: the pinned ones, and the one that signed the receipt if it follows
/// from them. A receipt that no trusted key signed is compared with nothing.
///
/// # Errors
///
/// Why its ledger key is not trusted.
pub fn ledger_keys(receipt: &Receipt, trust: &UserTrust) -> Result<Vec<VerifierKey>, SkipReason> {
    let trust = trust.trust();
    let report = verify(&Question::about(receipt, &trust));
    match report.outcome(Step::Signatures) {
        Some(Outcome::Passed) => {}
        Some(Outcome::NotPerformed(why)) => return Err(why),
        _ => return Err(SkipReason::DamagedReceipt),
    }
    let mut keys = trust.keys().to_vec();
    let signer = report.value(Step::Signatures, "key").and_then(|key| VerifierKey::parse(key).ok());
    keys.extend(signer.filter(|signer| !trust.keys().contains(signer)));
    Ok(keys)
}
