//! Evaluates the cosignatures on a receipt's checkpoint with the verifier's own policy.
//!
//! Not here: fetching the checkpoint of a witness (`client::members`), and the use of the result in a report
//! (`attested_steps`).

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignatureError, CosignerKey, cosignatures};
use crate::ledger::key::Name;
use crate::ledger::policy::{Policy, PolicyWitness};
use crate::ledger::verify::attestation::{Member, MemberCheckpoint, MemberCosignature, Quorum, WitnessCheck};

/// Names the organisation that holds a witness's key, from the verifier's own file.
pub type MemberOf<'m> = &'m (dyn Fn(&CosignerKey) -> Option<Member> + Sync);

/// Counts the cosignatures on `checkpoint` with `policy`. Does not verify the ledger's own signature.
#[must_use]
pub fn check(policy: &Policy, checkpoint: &SignedCheckpoint, member_of: MemberOf<'_>) -> WitnessCheck {
    let state = match policy.evaluate(checkpoint) {
        Ok(state) => state,
        Err(error) => return WitnessCheck::Forged { witness: forged(error, checkpoint) },
    };
    // No two witnesses of a policy have the same name.
    let member = |name: &Name| {
        let mut witnesses = policy.witnesses().iter();
        witnesses.find(|witness| witness.key.name() == name).and_then(|witness| member_of(&witness.key))
    };
    let named = state.cosignatures.into_iter().map(|cosignature| {
        let member = member(&cosignature.witness);
        MemberCosignature { cosignature, member }
    });
    WitnessCheck::Counted(Quorum {
        cosignatures: named.collect(),
        witnesses: state.witnesses,
        required: state.required,
        reached: state.reached,
    })
}

/// The witness in whose name a line is forged.
fn forged(error: CosignatureError, checkpoint: &SignedCheckpoint) -> Name {
    match error {
        CosignatureError::Malformed { witness } | CosignatureError::BadSignature { witness } => witness,
        // Does not occur: lines of other keys are not verified.
        CosignatureError::OtherKey => checkpoint.checkpoint().origin.clone(),
    }
}

/// The checkpoint of `witness`, if the witness cosigned it. Does not verify the ledger's own signature.
///
/// # Errors
///
/// [`CosignatureError`]: its cosignature is missing ([`CosignatureError::OtherKey`]) or does not verify.
pub fn held_by(
    witness: &PolicyWitness,
    checkpoint: &SignedCheckpoint,
    member_of: MemberOf<'_>,
) -> Result<MemberCheckpoint, CosignatureError> {
    let found = cosignatures(checkpoint, [&witness.key])?;
    let (_, cosignature) = found.into_iter().next().ok_or(CosignatureError::OtherKey)?;
    Ok(MemberCheckpoint {
        witness: cosignature.witness,
        member: member_of(&witness.key),
        size: checkpoint.checkpoint().size,
        time: cosignature.time,
    })
}
