//! The steps of a report that depend on other organisations: signatures of the required nodes (9), the checkpoint of a
//! witness (10), and trusted timestamps (12).

use crate::ledger::receipt::Receipt;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::{
    Attestations, Member, MemberCheck, MemberCheckpoint, MemberCosignature, Quorum, TimeCheck, TimeToken, WitnessCheck,
};
use crate::ledger::verify::report::{ComparisonKind, LedgerFault, Outcome, Reservation, SkipReason, Step, StepResult};

/// Adds the cosignatures to the step [`Step::Signatures`], which the record check performed with the ledger's signature.
///
/// Too few cosignatures are a finding: they do not contradict the record. A forged cosignature fails the step.
pub(super) fn add_cosignatures(result: &mut StepResult, witnesses: &WitnessCheck) {
    if result.outcome != Outcome::Passed {
        return;
    }
    match witnesses {
        WitnessCheck::NoPolicy => {}
        WitnessCheck::Forged { witness } => {
            result.outcome = Outcome::Failed;
            result.values.push(("forged_cosignature", witness.to_string()));
        }
        WitnessCheck::Counted(quorum) => {
            let Quorum { cosignatures, witnesses, required, reached } = quorum;
            if *witnesses == 0 {
                return;
            }
            if !reached {
                result.outcome = Outcome::Checked;
            }
            result.values.push(("witnesses", format!("{}/{witnesses}", cosignatures.len())));
            result.values.push(("required", required.to_string()));
            result.values.extend(cosignatures.iter().map(cosigned));
        }
    }
}

fn cosigned(MemberCosignature { cosignature, member }: &MemberCosignature) -> (&'static str, String) {
    ("witness", witness(cosignature.witness.as_str(), cosignature.time, member.as_ref()))
}

/// A witness as a value: name, time, kind and organisation, separated by spaces; the last two only if they are known.
fn witness(name: &str, time: Timestamp, member: Option<&Member>) -> String {
    let organisation = member.map(|Member { organisation, kind }| format!(" {} {organisation}", kind.word()));
    format!("{name} {time}{}", organisation.unwrap_or_default())
}

/// The comparison with a checkpoint of a witness. It requires a record that verifies.
pub(super) fn member_step(member: &MemberCheck, record_verifies: bool) -> StepResult {
    let step = Step::Witnesses;
    let compared = |outcome, members: &[MemberCheckpoint]| {
        let values = members.iter().flat_map(|held| {
            let MemberCheckpoint { witness: name, member, size, time } = held;
            [("witness", witness(name.as_str(), *time, member.as_ref())), ("witness_size", size.to_string())]
        });
        StepResult::of(step, outcome, ComparisonKind::CheckpointWithWitness, values.collect())
    };
    match member {
        MemberCheck::NotPerformed(why) => StepResult::not_performed(step, *why),
        _ if !record_verifies => StepResult::not_performed(step, SkipReason::DamagedReceipt),
        MemberCheck::Agrees(members) => compared(Outcome::Passed, members),
        MemberCheck::Contradicted { by, .. } => compared(Outcome::Failed, std::slice::from_ref(by)),
    }
}

/// How a witness's checkpoint contradicts the receipt.
pub(super) const fn member_fault(member: &MemberCheck) -> Option<LedgerFault> {
    match member {
        MemberCheck::Contradicted { fault, .. } => Some(*fault),
        MemberCheck::NotPerformed(_) | MemberCheck::Agrees(_) => None,
    }
}

/// Whether a timestamp authority attests the checkpoint. A token that does not verify is no evidence against the
/// record, which does not contain it.
pub(super) fn time_step(time: &TimeCheck, receipt: &Receipt) -> StepResult {
    let step = Step::TimeToken;
    let compared = ComparisonKind::CheckpointWithTimeTokens;
    match time {
        _ if receipt.time_tokens.is_empty() => StepResult::not_performed(step, SkipReason::NoTimeToken),
        TimeCheck::NotChecked => StepResult::not_performed(step, SkipReason::UnreadTimeToken),
        TimeCheck::Untrusted => StepResult::not_performed(step, SkipReason::UntrustedTimeToken),
        TimeCheck::Invalid { code } => {
            StepResult::of(step, Outcome::Failed, compared, vec![("time_token_fault", (*code).to_owned())])
        }
        TimeCheck::Verified(time) => {
            let token = |TimeToken { authority, time }: &TimeToken| format!("{time} {authority}");
            let mut values = vec![("not_later_than", time.not_later_than.to_string())];
            values.extend(time.tokens.iter().map(|one| ("time_token", token(one))));
            values.extend(time.not_contained_at.iter().map(|one| ("not_contained_at", token(one))));
            StepResult::of(step, Outcome::Passed, compared, values)
        }
    }
}

/// The reservations that follow from missing attestations.
pub(super) fn reservations(attestations: &Attestations<'_>, receipt: &Receipt) -> Vec<Reservation> {
    let mut reservations = Vec::new();
    if attestations.have_too_few() {
        reservations.push(Reservation::QuorumNotReached);
    } else if !attestations.have_quorum() {
        reservations.push(Reservation::SingleOperator);
    }
    if !attestations.have_time() || receipt.time_tokens.is_empty() {
        reservations.push(Reservation::NoIndependentTime);
    }
    reservations
}
