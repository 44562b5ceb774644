//! The periods of all cases, recomputed at the end of an audit, with their gaps.
//!
//! A period is not on the chain: it follows from acts, time limits and holidays, so the audit computes it from the
//! replayed case alone. A gap is information for the court, not a fault of the ledger.

use crate::court::calendar::Calendar;
use crate::court::case::deadlines::Standing;
use crate::court::case::state::CaseFile;
use crate::court::ids::{CaseId, PartyNumber};
use crate::court::window::{WindowKind, WindowState};

/// Maximum number of listed gaps.
pub const GAPS_MAX: usize = 1_000;

/// Data that is missing for a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// The case is pending, and the notice of the evidence period was not served on the party.
    NotBegun,
    /// The holidays of the last day's year are not loaded: only weekends are known as days off.
    CalendarMissing,
    /// The source of the length, or of the counting rule of its unit, was not confirmed.
    SourceUnconfirmed,
}

impl GapKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotBegun => "not_begun",
            Self::CalendarMissing => "calendar_year_missing",
            Self::SourceUnconfirmed => "source_unconfirmed",
        }
    }
}

/// A gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodGap {
    /// The case.
    pub case: CaseId,
    /// The kind of period.
    pub window: WindowKind,
    /// The person or court that the period binds.
    pub party: Option<PartyNumber>,
    /// The missing data.
    pub kind: GapKind,
}

/// The periods of all cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeriodSummary {
    /// Periods computed.
    pub periods: u64,
    /// Number of gaps in them.
    pub gaps: u64,
    /// The first gaps in the order of cases, at most [`GAPS_MAX`].
    pub listed: Vec<PeriodGap>,
}

impl PeriodSummary {
    /// Adds the periods of a case, under the holidays that are known at the end of the audit.
    pub(in crate::audit) fn add(&mut self, file: &CaseFile, calendar: &Calendar) {
        for standing in file.standings(file.last.at, calendar) {
            self.periods += 1;
            if let Some(kind) = gap(file, &standing, calendar) {
                self.gaps += 1;
                if self.listed.len() < GAPS_MAX {
                    let (case, window, party) = (file.id, standing.kind, standing.party);
                    self.listed.push(PeriodGap { case, window, party, kind });
                }
            }
        }
    }
}

fn gap(file: &CaseFile, standing: &Standing, calendar: &Calendar) -> Option<GapKind> {
    let covered = standing.end().and_then(|end| end.last).is_none_or(|day| calendar.covers(day.year()));
    match (standing.state, &standing.source) {
        (WindowState::Closed(_), _) => None,
        (WindowState::NotBegun, _) if file.stage.is_pending_at_court() => Some(GapKind::NotBegun),
        _ if !covered => Some(GapKind::CalendarMissing),
        _ if standing.is_unconfirmed() => Some(GapKind::SourceUnconfirmed),
        _ => None,
    }
}
