//! Whether a decision has taken legal effect: 民诉法 art. 158, no appeal lies or the period has passed without one.
//!
//! # Invariants
//!
//! Derived from the service records, the appeals and the moment of the question: it cannot be entered. A late appeal takes no effect
//! away; what follows of it is the court's ruling.

use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeals::appeal_window;
use crate::court::case::course::{Appeal, Decision, DecisionKind, ReturnedDossier};
use crate::court::case::state::CaseFile;
use crate::court::course_words::{AppealOutcome, Timeliness};
use crate::court::permission::Side;
use crate::court::words::words;
use crate::ledger::time::Timestamp;

words! {
    /// The legal effect of a decision.
    LegalForce {
        FinalDecision = "final" / "依法不得上诉" / "no appeal lies against it",
        NotServed = "not-served" / "尚未向全部当事人送达，上诉期未全部起算" / "not yet served on every party: not every period to appeal has begun",
        Appealable = "appealable" / "上诉期内，尚未生效" / "within the period to appeal, not yet in force",
        Appealed = "appealed" / "已上诉，尚未生效" / "appealed, not in force",
        InForce = "in-force" / "上诉期届满未上诉或者上诉已撤回，已发生法律效力" / "in force: the period to appeal has passed without an appeal, or the appeal was withdrawn",
    }
}

/// The legal effect of a decision at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForceOfDecision {
    /// The state.
    pub force: LegalForce,
    /// The first day on which it is in force; only for [`LegalForce::InForce`], and not after a withdrawn appeal.
    pub since: Option<Day>,
}

impl ForceOfDecision {
    const fn plain(force: LegalForce) -> Self {
        Self { force, since: None }
    }
}

/// The legal effect of a decision of this case at `now`. A decision that is served on the bringing side alone, as a refusal to file, has
/// only that side's periods.
#[must_use]
pub fn legal_force(file: &CaseFile, decision: &Decision, now: Timestamp, calendar: &Calendar) -> ForceOfDecision {
    if file.require_appeal(decision.document).is_err() {
        return ForceOfDecision::plain(LegalForce::FinalDecision);
    }
    let in_time = |appeal: &&Appeal| appeal.decision == decision.document && appeal.timeliness != Timeliness::Late;
    let (withdrawn, standing): (Vec<_>, Vec<_>) =
        file.course.appeals.values().filter(in_time).partition(|appeal| is_withdrawn(file, appeal));
    if !standing.is_empty() {
        return ForceOfDecision::plain(LegalForce::Appealed);
    }
    let one_sided = matches!(decision.kind, DecisionKind::RefusedFiling);
    let mut last = None;
    for (number, party) in &file.parties {
        if one_sided && party.side() != Side::Bringing {
            continue;
        }
        let window = appeal_window(file, *number, decision.document).and_then(|key| file.windows.get(key));
        let Some(window) = window.filter(|window| window.begun.is_some()) else {
            return ForceOfDecision::plain(LegalForce::NotServed);
        };
        if window.is_in_time(now, None, calendar) {
            return ForceOfDecision::plain(LegalForce::Appealable);
        }
        last = last.max(window.end(calendar).and_then(|end| end.last));
    }
    // After a withdrawn appeal the day follows from the ruling that allowed it, which is in the case of second instance.
    let since = last.filter(|_| withdrawn.is_empty()).and_then(|day| day.plus(1));
    ForceOfDecision { force: LegalForce::InForce, since }
}

/// Whether the withdrawal of an appeal was allowed (民诉法 art. 180): the court of second instance sent the dossier back with that
/// result.
fn is_withdrawn(file: &CaseFile, appeal: &Appeal) -> bool {
    let hand_over = appeal.handed_over.and_then(|number| file.course.hand_overs.get(&number));
    let case = hand_over.and_then(|hand_over| hand_over.case);
    let back = |one: &ReturnedDossier| Some(one.case) == case && one.outcome == AppealOutcome::Withdrawn;
    appeal.withdrawal.is_some_and(|request| request.allowed == Some(true)) || file.course.returned.iter().any(back)
}
