//! Whether a decision has taken legal effect: 民诉法 art. 158, no appeal lies or the period has passed without one.
//!
//! # Invariants
//!
//! Derived from the service records, the appeals and the moment of the question: it cannot be entered. A late appeal takes no effect
//! away; what follows of it is the court's ruling.

use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeals::appeal_window;
use crate::court::case::course::Decision;
use crate::court::case::state::CaseFile;
use crate::court::course_words::Timeliness;
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
        InForce = "in-force" / "上诉期届满未上诉，已发生法律效力" / "in force: the period to appeal has passed without an appeal",
    }
}

/// The legal effect of a decision at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForceOfDecision {
    /// The state.
    pub force: LegalForce,
    /// The first day on which it is in force; only for [`LegalForce::InForce`].
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
    let counts = |appeal: &crate::court::case::course::Appeal| {
        let withdrawn = appeal.withdrawal.is_some_and(|request| request.allowed == Some(true));
        appeal.decision == decision.document && appeal.timeliness != Timeliness::Late && !withdrawn
    };
    if file.course.appeals.values().any(counts) {
        return ForceOfDecision::plain(LegalForce::Appealed);
    }
    let one_sided = matches!(decision.kind, crate::court::case::course::DecisionKind::RefusedFiling);
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
    ForceOfDecision { force: LegalForce::InForce, since: last.and_then(|day| day.plus(1)) }
}
