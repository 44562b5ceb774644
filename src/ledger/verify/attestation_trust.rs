//! The verifier's trust in third parties: the witnesses of a policy, and timestamp authorities.

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::policy::Policy;
use crate::ledger::receipt::Receipt;
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::verify::attestation::{Attestations, MemberCheck, TimeCheck, WitnessCheck};
use crate::ledger::verify::reasons::SkipReason;
use crate::ledger::verify::{timestamps, witnesses};

/// The policy and the timestamp authorities of a node. The default trusts none.
#[derive(Debug, Clone, Default)]
pub struct AttestationTrust {
    policy: Option<Policy>,
    authorities: TsaTrust,
}

/// The evaluated attestations in a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatedAttestations {
    witnesses: WitnessCheck,
    member: MemberCheck,
    time: TimeCheck,
}

impl AttestationTrust {
    /// Trust in the witnesses of `policy` and in `authorities`.
    #[must_use]
    pub const fn new(policy: Option<Policy>, authorities: TsaTrust) -> Self {
        Self { policy, authorities }
    }

    /// The timestamp authorities.
    #[must_use]
    pub const fn authorities(&self) -> &TsaTrust {
        &self.authorities
    }

    /// Evaluates the cosignatures on the receipt's checkpoint and its timestamp tokens. No witness is asked.
    #[must_use]
    pub fn evaluate(&self, receipt: &Receipt) -> EvaluatedAttestations {
        // A receipt without a checkpoint is reported by the record's own steps.
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok();
        let witnesses = match (&self.policy, checkpoint) {
            // The policy is for one ledger. It does not apply to a receipt of another ledger.
            (Some(policy), Some(signed)) if !policy.keys_of(&signed.checkpoint().origin).is_empty() => {
                witnesses::check(policy, &signed, &|_| None)
            }
            _ => WitnessCheck::NoPolicy,
        };
        let has_witnesses = matches!(&witnesses, WitnessCheck::Counted(quorum) if quorum.witnesses > 0);
        let why = if has_witnesses { SkipReason::WitnessesNotAsked } else { SkipReason::NoWitnesses };
        let member = MemberCheck::NotPerformed(why);
        EvaluatedAttestations { witnesses, member, time: timestamps::check(receipt, &self.authorities) }
    }

    /// Evaluates the timestamp tokens of a checkpoint, in base64, with the trusted authorities.
    #[must_use]
    pub fn time_of(&self, checkpoint: &SignedCheckpoint, tokens: &[String]) -> TimeCheck {
        timestamps::check_tokens(checkpoint, tokens, &self.authorities)
    }
}

impl EvaluatedAttestations {
    /// The input of the verifier.
    #[must_use]
    pub const fn attestations(&self) -> Attestations<'_> {
        Attestations { witnesses: &self.witnesses, member: &self.member, time: &self.time }
    }
}
