//! Audit of hand-overs between cases: the replay of the sending case recomputes each manifest, and the case of the
//! receiving court is compared with it.
//!
//! # Invariants
//!
//! The sending case is compared in its state at the acceptance: the succession is computed there and kept until the
//! receiving court takes the case over. So later acts do not change the result.

use std::collections::HashMap;

use crate::audit::report::{CourtReport, Fault, Findings};
use crate::court::acts::Act;
use crate::court::calendar::Day;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::case::succession::{Succession, succession, was_accepted_into};
use crate::court::document::Document;
use crate::court::ids::CaseId;
use crate::court::registry::Registry;
use crate::court::words::TransferKind;
use crate::ledger::statement::text::ManifestRoot;

/// The accepted hand-overs that are not yet taken over, by the id of the new case.
#[derive(Debug, Default)]
pub(in crate::audit) struct HandOvers {
    expected: HashMap<CaseId, (Succession, ManifestRoot)>,
}

impl HandOvers {
    /// Checks an act after its replay. `own` is its case, `other` returns another case so far, and `refused` is the
    /// code of the reason if the act has no effect.
    pub(in crate::audit) fn check<'c>(
        &mut self,
        (own, other, registry): (&'c CaseFile, &dyn Fn(CaseId) -> Option<&'c CaseFile>, &Registry),
        (document, position): (&Document, ActPosition),
        refused: Option<&'static str>,
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let mut find = |detail: String| findings.push((Fault::HandOver, detail));
        match &document.act {
            Act::SendHandOver(act) => {
                report.hand_overs += 1;
                if refused == Some("dossier_differs") {
                    find(format!("the manifest of hand-over {} is not that of the case", act.hand_over));
                }
                let day = Day::of(position.at);
                let on_appeal = refused.is_none() && act.kind == TransferKind::SecondInstance;
                if on_appeal && !registry.appeal_courts.hears(&own.court, &act.to, day) {
                    find(format!("{} did not hear appeals from {} on {day}", act.to, own.court));
                }
            }
            Act::AcceptHandOver(act) if refused.is_none() => {
                let Some(one) = own.course.hand_overs.get(&act.hand_over) else { return };
                if let Some(to) = act.to {
                    self.expected.insert(
                        to,
                        (succession(own, one, act.procedure, &registry.calendar_at(position.index)), one.manifest),
                    );
                }
            }
            Act::Open(act) if refused.is_none() => {
                let (Some(number), Some(from)) = (act.hand_over, act.from) else { return };
                if !other(from).is_some_and(|from| was_accepted_into(from, number, own.id)) {
                    find(format!("hand-over {number} of case {from} was not accepted into this case"));
                }
            }
            Act::Import(act) if refused.is_none() => {
                let Some(first) = act.carried else { return };
                // A case that was not read is reported elsewhere.
                let Some(from) = other(first.case) else { return };
                let is_same = from
                    .items
                    .get(&first.item)
                    .is_some_and(|item| item.first_imported_at == first.at && item.import.deposit == act.deposit);
                if !is_same {
                    find(format!(
                        "item {} of case {} is another, or was imported at another time",
                        first.item, first.case
                    ));
                }
            }
            Act::TakeOver(_) | Act::TakeBack(_) if refused.is_none() => {
                self.check_arrival((own, other), document, &mut find);
            }
            _ => {}
        }
    }

    /// Checks the act by which a case takes over an accepted dossier, or takes its own dossier back.
    fn check_arrival<'c>(
        &mut self,
        (own, other): (&'c CaseFile, &dyn Fn(CaseId) -> Option<&'c CaseFile>),
        document: &Document,
        find: &mut dyn FnMut(String),
    ) {
        match &document.act {
            Act::TakeOver(act) => {
                let Some((expected, manifest)) = self.expected.remove(&own.id) else {
                    return find("it was taken over without an acceptance".into());
                };
                if manifest != act.manifest {
                    find("it was taken over with another manifest than was accepted".into());
                }
                if let Some(difference) = own.difference_from(&expected) {
                    find(format!("it is not what was handed over: {difference}"));
                }
                if act.withdrawing != expected.withdrawing {
                    find("it names other appellants that applied to withdraw".into());
                }
                if other(act.case).is_none_or(|from| from.court != act.court) {
                    find(format!("{} is not the court that sent it", act.court));
                }
            }
            Act::TakeBack(act) => {
                let one = other(act.case).and_then(|from| from.course.hand_overs.get(&act.hand_over));
                let is_same = one.is_some_and(|one| {
                    one.manifest == act.manifest
                        && one.basis == act.decision
                        && one.outcome == Some(act.outcome)
                        && one.ended.is_some()
                        && one.to == own.court
                });
                if !is_same {
                    find(format!("case {} did not return the dossier with these details", act.case));
                }
            }
            _ => {}
        }
    }
}
