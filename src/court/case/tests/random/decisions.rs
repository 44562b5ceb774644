//! Random acts about late evidence, decisions on items, claims and the procedure.

use super::*;

/// An act of this kind.
pub(super) fn act(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::RequireReason => {
            Act::RequireReason(RequireReason { item: d.late_item(file), days: d.optional(|d| d.below(20)) })
        }
        ActKind::ExplainLateness => Act::ExplainLateness(ExplainLateness {
            item: d.late_item(file),
            reason: d.annex(),
            handed_in: if d.below(8) == 0 { d.handed_in() } else { None },
        }),
        ActKind::DecideLateness => {
            let decision = d.of(LatenessDecision::ALL);
            let fine = (decision == LatenessDecision::Fined || d.below(8) == 0).then(|| d.of(&[0, 60_000, 2_000_000]));
            let (item, document) = (d.late_item(file), d.optional(Dice::deposit));
            Act::DecideLateness(DecideLateness { item, decision, fine, document, reason: d.optional(Dice::annex) })
        }
        ActKind::DecideAdmission => Act::DecideAdmission(DecideAdmission {
            item: d.item_of(file),
            decision: d.of(AdmissionDecision::ALL),
            document: d.optional(Dice::deposit),
            reason: d.optional(Dice::annex),
        }),
        ActKind::ChangeClaims => Act::ChangeClaims(ChangeClaims {
            party: d.party(),
            change: d.of(ClaimChange::ALL),
            claims: d.annex(),
            document: d.optional(Dice::deposit),
            handed_in: if d.below(8) == 0 { d.handed_in() } else { None },
        }),
        ActKind::Counterclaim => Act::Counterclaim(Counterclaim {
            party: d.party(),
            claims: d.annex(),
            document: d.optional(Dice::deposit),
            handed_in: if d.below(8) == 0 { d.handed_in() } else { None },
        }),
        _ => Act::ConvertProcedure(ConvertProcedure {
            procedure: d.of(Procedure::ALL),
            document: d.optional(Dice::deposit),
        }),
    }
}
