//! Whether a decision has taken legal effect: 民诉法 art. 158, no appeal lies and it was served, or the period has passed without an appeal.
//!
//! # Invariants
//!
//! Derived from the service records, the appeals, their results and the moment of the question: it cannot be entered. A late appeal takes no effect
//! away; what follows of it is the court's ruling. A petition that was mailed in time (art. 85 (4)) may not be recorded yet, so the state
//! after the period says what the record shows, and no more.

use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeals::appeal_window;
use crate::court::case::course::{Appeal, Decision, DecisionKind};
use crate::court::case::state::CaseFile;
use crate::court::course_words::{AppealOutcome, Timeliness};
use crate::court::ids::PartyNumber;
use crate::court::permission::Side;
use crate::court::words::words;
use crate::ledger::time::Timestamp;

words! {
    /// The legal effect of a decision.
    LegalForce {
        FinalDecision = "final" / "依法不准上诉，已向全部当事人送达" / "no appeal lies against it, and it was served on every party",
        FinalNotServed = "final-not-served" / "依法不准上诉，尚未记录向全部当事人送达" / "no appeal lies against it; service on every party is not recorded",
        NotServed = "not-served" / "尚未向全部当事人送达，上诉期未全部起算" / "not yet served on every party: not every period to appeal has begun",
        Appealable = "appealable" / "上诉期内，尚未生效" / "within the period to appeal, not yet in force",
        Appealed = "appealed" / "已上诉，尚未生效" / "appealed, not in force",
        Upheld = "upheld" / "二审维持，已发生法律效力" / "in force: the court of second instance upheld it",
        AppealWithdrawn = "appeal-withdrawn" / "二审裁定准许撤回上诉或者按自动撤回上诉处理，已发生法律效力" / "in force: the court of second instance allowed the withdrawal of the appeal, or treated it as withdrawn",
        Overturned = "overturned" / "已被二审裁判改变或者撤销" / "not in force: the court of second instance changed it or set it aside",
        Terminated = "terminated" / "二审终结诉讼，不发生法律效力" / "not in force: the suit was terminated in second instance",
        InForce = "in-force" / "上诉期届满，截至查询时未记录上诉（交邮在途的除外）" / "the period to appeal has passed, and no appeal is recorded at the time of the query (except petitions in the mail)",
    }
}

impl LegalForce {
    /// Whether the decision has taken effect, as far as the record shows.
    #[must_use]
    pub const fn is_effective(self) -> bool {
        matches!(self, Self::FinalDecision | Self::InForce | Self::Upheld | Self::AppealWithdrawn)
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

/// The results of the appeals in time against a decision: how many were withdrawn with the permission of the court above, or treated as
/// withdrawn (民诉法 art. 180), and those of the others, `None` while it has not decided.
fn results_of_appeals(file: &CaseFile, decision: &Decision) -> (usize, Vec<Option<AppealOutcome>>) {
    let counts = |one: &&Appeal| one.decision == decision.document && one.timeliness != Timeliness::Late;
    let results = file.course.appeals.values().filter(counts).map(|appeal| file.result_of(appeal));
    let (withdrawn, standing): (Vec<_>, Vec<_>) =
        results.partition(|result| result.is_some_and(AppealOutcome::is_withdrawal));
    (withdrawn.len(), standing)
}

/// The effect of a decision by the results of the appeals that stand (民诉法 arts. 154, 177); `None` without one.
fn force_after_appeal(results: &[Option<AppealOutcome>]) -> Option<LegalForce> {
    Some(if results.is_empty() {
        return None;
    } else if results.contains(&None) {
        LegalForce::Appealed
    } else if results.iter().all(|result| *result == Some(AppealOutcome::Upheld)) {
        LegalForce::Upheld
    } else if results.contains(&Some(AppealOutcome::SuitTerminated)) {
        LegalForce::Terminated
    } else {
        LegalForce::Overturned
    })
}

/// The parties on which a decision is served: a refusal to file on the bringing side alone (民诉法 art. 126).
fn parties_of(file: &CaseFile, decision: &Decision) -> impl Iterator<Item = PartyNumber> {
    let one_sided = decision.kind == DecisionKind::RefusedFiling;
    let parties = file.parties.iter().filter(move |(_, party)| !one_sided || party.side() == Side::Bringing);
    parties.map(|(number, _)| *number)
}

/// The legal effect of a decision of this case at `now`. A decision that is served on the bringing side alone, as a refusal to file, has
/// only that side's periods.
#[must_use]
pub fn legal_force(file: &CaseFile, decision: &Decision, now: Timestamp, calendar: &Calendar) -> ForceOfDecision {
    if file.require_appeal(decision.document).is_err() {
        let served = |number| file.service.is_served(number, decision.document, now, calendar);
        let is_served = parties_of(file, decision).all(served);
        return ForceOfDecision::plain(if is_served { LegalForce::FinalDecision } else { LegalForce::FinalNotServed });
    }
    let (withdrawn, standing) = results_of_appeals(file, decision);
    if let Some(force) = force_after_appeal(&standing) {
        return ForceOfDecision::plain(force);
    }
    let mut last = None;
    for number in parties_of(file, decision) {
        let window = appeal_window(file, number, decision.document).and_then(|key| file.windows.unclosed(key));
        let Some(window) = window.filter(|window| window.begun.is_some()) else {
            return ForceOfDecision::plain(LegalForce::NotServed);
        };
        if window.is_in_time(now, None, calendar) {
            return ForceOfDecision::plain(LegalForce::Appealable);
        }
        last = last.max(window.end(calendar).and_then(|end| end.last));
    }
    if withdrawn > 0 {
        // The day follows from the ruling that allowed it, which is in the case of second instance.
        return ForceOfDecision::plain(LegalForce::AppealWithdrawn);
    }
    ForceOfDecision { force: LegalForce::InForce, since: last.and_then(|day| day.plus(1)) }
}
