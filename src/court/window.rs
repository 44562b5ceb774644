//! A window, 期限窗: a period of time that an act begins, with its length, its source and its end.
//!
//! Articles without a name are those of 民事诉讼法 (2023 text).
//!
//! # How time is counted (art. 85)
//!
//! - [`Unit::Days`]: the starting day does not count. The last day ends at 24:00 北京时间. A last day that is a day off moves to the
//!   first working day after it.
//! - [`Unit::Months`]: the last day is the day of the same number in the last month, or that month's last day where it has none. It
//!   moves off days off likewise (民法典 art. 202, unconfirmed).
//! - [`Unit::WorkingDays`]: only working days count; the starting day does not.
//! - [`Unit::Hours`]: the starting hour does not count. A period in hours has no last day, so nothing moves.
//! - [`Unit::ClockHours`]: so many hours from the beginning to the millisecond. It is no litigation period: no hour is left out, and
//!   nothing moves.
//! - In transit (art. 85 (4)): [`Window::is_in_time`] compares the day on which a document was posted or handed in with the last day,
//!   not the moment at which the court entered it.
//! - 顺延 (art. 86): the court moves the last day ([`WindowEvent::Deferred`]). It moves off days off.
//! - Suspension and extension: only where [`WindowKind::may_be_suspended`] and [`WindowKind::may_be_extended`] say so. They are counted
//!   as in `period`.
//!
//! Not here: which act begins which window (`case`), the numbers (`time_limits`), the articles by which each unit is counted
//! (`legal_figures`), the list of a case (`windows`).

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::ids::{ItemNumber, PartyNumber};
use crate::court::period::basis::Basis;
use crate::court::period::{Deadline, EvidencePeriod, PeriodError, PeriodEvent};
use crate::court::words::words;
use crate::error_code::ErrorCode;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// Milliseconds in an hour.
const HOUR_MILLIS: u64 = 3_600_000;

words! {
    /// The kind of a window.
    WindowKind {
        Evidence = "evidence" / "举证期限" / "evidence period",
        Rebuttal = "rebuttal" / "反驳证据、补正期限" / "period for rebuttal or for curing defects",
        AdministrativeEvidence = "administrative-evidence" / "行政诉讼被告举证期限" / "evidence period of the administrative defendant",
        SecondInstanceEvidence = "second-instance-evidence" / "二审新证据举证期限" / "evidence period for new evidence at second instance",
        Replies = "replies" / "非同步质证期限" / "period for replies at different times",
        LatenessReason = "lateness-reason" / "说明逾期理由期限" / "period to state the reason of lateness",
        Answer = "answer" / "答辩期" / "period to answer",
        JurisdictionObjection = "jurisdiction-objection" / "管辖权异议期" / "period to object to jurisdiction",
        AppealJudgment = "appeal-judgment" / "对判决的上诉期" / "period to appeal from a judgment",
        AppealRuling = "appeal-ruling" / "对裁定的上诉期" / "period to appeal from a ruling",
        PetitionForwarded = "petition-forwarded" / "移交上诉状期限" / "period to forward the petition of appeal",
        PetitionCopy = "petition-copy" / "送达上诉状副本期限" / "period to serve the copy of the petition of appeal",
        AnswerToAppeal = "answer-to-appeal" / "对上诉的答辩期" / "period to answer an appeal",
        AnswerCopy = "answer-copy" / "送达答辩状副本期限" / "period to serve the copy of the answer",
        DossierSent = "dossier-sent" / "报送案卷期限" / "period to send the dossier to the court of second instance",
        TranscriptReading = "transcript-reading" / "笔录阅读、补正期限" / "period to read and correct a transcript",
        Association = "association" / "关联案件期限" / "period to associate with the case",
        MediationBeforeFiling = "mediation-before-filing" / "诉前调解期限" / "period of mediation before filing",
        MediationOrdinary = "mediation-ordinary" / "立案后调解期限（普通程序）" / "period of mediation after filing, ordinary procedure",
        MediationSummary = "mediation-summary" / "立案后调解期限（简易程序）" / "period of mediation after filing, summary procedure",
        JudicialConfirmation = "judicial-confirmation" / "申请司法确认期限" / "period to apply for judicial confirmation",
        PublicAnnouncement = "public-announcement" / "公告送达期间" / "period of service by public announcement",
        Obstacle = "obstacle" / "申请顺延期限" / "period to apply for a deferral after an obstacle",
        ExpertNotice = "expert-notice" / "出庭通知期限" / "notice to the expert before the hearing",
        DossierAccess = "dossier-access" / "查档时效" / "access to the dossier",
    }
}

impl WindowKind {
    /// Whether the period can be suspended: an evidence period by a jurisdiction objection (证据规定 art. 55 (1)), a mediation while an
    /// appraisal or an attempt to settle runs by consent of all.
    #[must_use]
    pub const fn may_be_suspended(self) -> bool {
        matches!(self, Self::Evidence | Self::SecondInstanceEvidence | Self::Rebuttal) || self.is_mediation()
    }

    /// Whether the court, or all parties, can lengthen it: periods that the court sets, and mediation (在线调解规则 art. 24). Periods
    /// that the law sets are not lengthened; they are deferred under art. 86 only.
    #[must_use]
    pub const fn may_be_extended(self) -> bool {
        self.may_be_suspended() || matches!(self, Self::Replies | Self::LatenessReason | Self::AdministrativeEvidence)
    }

    /// Whether it is a litigation period of a party, which the court can defer under art. 86.
    #[must_use]
    pub const fn may_be_deferred(self) -> bool {
        self.may_be_extended()
            || matches!(
                self,
                Self::Answer
                    | Self::JurisdictionObjection
                    | Self::AppealJudgment
                    | Self::AppealRuling
                    | Self::AnswerToAppeal
                    | Self::TranscriptReading
                    | Self::Association
                    | Self::JudicialConfirmation
            )
    }

    /// Whether it is a period in which parties offer evidence, reply to it, or state why it is late.
    #[must_use]
    pub const fn is_about_evidence(self) -> bool {
        matches!(
            self,
            Self::Evidence
                | Self::Rebuttal
                | Self::AdministrativeEvidence
                | Self::SecondInstanceEvidence
                | Self::Replies
                | Self::LatenessReason
        )
    }

    /// Whether it is the period of a mediation.
    #[must_use]
    pub const fn is_mediation(self) -> bool {
        matches!(self, Self::MediationBeforeFiling | Self::MediationOrdinary | Self::MediationSummary)
    }
}

words! {
    /// The unit of a length.
    Unit {
        Hours = "hours" / "小时" / "hours",
        Days = "days" / "日" / "days",
        Months = "months" / "个月" / "months",
        WorkingDays = "working-days" / "个工作日" / "working days",
        ClockHours = "clock-hours" / "小时（按时钟计）" / "hours by the clock",
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// So many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self { count, unit: Unit::Days }
    }
}

/// What a window's length rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An article of the law.
    Law {
        /// The law, as it is cited in Chinese.
        law: &'static str,
        /// The article.
        article: &'static str,
        /// Whether the text of the source was not read again: check before relying on it.
        unconfirmed: bool,
    },
    /// A notice or decision of the court: the act that made it.
    Court(ActPosition),
    /// An agreement of the parties that the court approved, or of all parties of a mediation.
    Agreement(ActPosition),
}

/// The moment from which a window is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A day, where the time of the day is not known or does not count.
    Day(Day),
    /// A moment.
    Moment(Timestamp),
}

impl Start {
    /// Its day in Beijing.
    #[must_use]
    pub fn day(self) -> Day {
        match self {
            Self::Day(day) => day,
            Self::Moment(at) => Day::of(at),
        }
    }
}

/// What a window is about, where a case has several of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An item of evidence.
    Item(ItemNumber),
    /// A document.
    Document(DepositNumber),
    /// An act of the case, by its sequence.
    Act(u64),
}

/// What happens to a window after it has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowEvent {
    /// Days stop counting, this day included.
    Suspended {
        /// The first day that does not count.
        on: Day,
    },
    /// Days count again from the day after.
    Resumed {
        /// The last day that does not count.
        on: Day,
    },
    /// Lengthened.
    Extended {
        /// By how many days.
        days: u32,
    },
    /// 顺延 (art. 86): the court named another last day.
    Deferred {
        /// The last day.
        last: Day,
    },
}

/// Why a window cannot begin or change. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The kind cannot be suspended, extended or deferred.
    #[error("the period `{0}` is set by law: it is neither suspended nor extended")]
    NotForKind(WindowKind),
    /// A length of nothing, or of more than a year.
    #[error("a period has a length of one hour to one year")]
    Length,
    /// A period in hours begins at a moment, not on a day.
    #[error("a period in hours begins at a time of the day")]
    NeedsTime,
    /// It has not begun.
    #[error("the period has not begun")]
    NotBegun,
    /// It has begun already.
    #[error("the period has begun already")]
    Begun,
    /// It was closed.
    #[error("the period is closed")]
    Closed,
    /// As in an evidence period.
    #[error(transparent)]
    Period(#[from] PeriodError),
}

impl WindowError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotForKind(_) => ErrorCode::WindowNotForKind,
            Self::Length => ErrorCode::WindowLength,
            Self::NeedsTime => ErrorCode::WindowNeedsTime,
            Self::NotBegun => ErrorCode::WindowNotBegun,
            Self::Begun => ErrorCode::WindowBegun,
            Self::Closed => ErrorCode::WindowClosed,
            Self::Period(error) => error.code(),
        }
    }
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// 未起算.
    NotBegun,
    /// 进行中.
    Running(WindowEnd),
    /// 中止.
    Suspended {
        /// How many days will count once it runs again.
        remaining_days: u32,
    },
    /// 已届满.
    Ended(WindowEnd),
    /// 已完成: what it was for was done, or it has no effect any more.
    Closed(ActPosition),
}

/// The end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowEnd {
    /// The first moment that is late.
    pub at: Timestamp,
    /// The last day; `None` for a window in hours.
    pub last: Option<Day>,
    /// The last day as counted, where that was a day off.
    pub moved_from: Option<Day>,
}

/// A window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its kind.
    pub kind: WindowKind,
    /// Whose it is; `None` for one of the court or of all.
    pub party: Option<PartyNumber>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// The act that began it, and from when it is counted; `None` while it has not begun.
    pub begun: Option<(ActPosition, Start)>,
    /// Its length.
    pub length: Length,
    /// What its length rests on.
    pub source: Source,
    /// What happened to it since, in order.
    pub events: Vec<(ActPosition, WindowEvent)>,
    /// The act that closed it before its end.
    pub closed: Option<ActPosition>,
    /// The count of days, of windows in days and months that have begun.
    days: EvidencePeriod,
}

impl Window {
    /// A window that has not begun.
    ///
    /// # Errors
    ///
    /// [`WindowError::Length`].
    pub fn new(
        kind: WindowKind,
        party: Option<PartyNumber>,
        length: Length,
        source: Source,
    ) -> Result<Self, WindowError> {
        let most = match length.unit {
            Unit::Hours | Unit::ClockHours => 366 * 24,
            Unit::Days | Unit::WorkingDays => 366,
            Unit::Months => 12,
        };
        if length.count == 0 || length.count > most {
            return Err(WindowError::Length);
        }
        let (begun, events, closed, days) = (None, Vec::new(), None, EvidencePeriod::default());
        Ok(Self { kind, party, subject: None, begun, length, source, events, closed, days })
    }

    /// Begins it by an act, counted from `start`.
    ///
    /// # Errors
    ///
    /// [`WindowError`].
    pub fn begin(&mut self, by: ActPosition, start: Start) -> Result<(), WindowError> {
        if self.begun.is_some() {
            return Err(WindowError::Begun);
        }
        let day = start.day();
        let days = match (self.length.unit, start) {
            (Unit::Hours | Unit::ClockHours, Start::Day(_)) => return Err(WindowError::NeedsTime),
            (Unit::Hours | Unit::ClockHours | Unit::WorkingDays, _) => None,
            (Unit::Days, _) => Some(self.length.count),
            (Unit::Months, _) => {
                let last = day.plus_months(self.length.count).ok_or(PeriodError::OutOfRange)?;
                Some(day.days_until(last))
            }
        };
        if let Some(days) = days {
            self.days.apply(&PeriodEvent::Set { basis: Basis::Discretion, start: day, days })?;
        }
        self.begun = Some((by, start));
        Ok(())
    }

    /// Applies an event.
    ///
    /// # Errors
    ///
    /// [`WindowError`].
    pub fn apply(&mut self, by: ActPosition, event: WindowEvent) -> Result<(), WindowError> {
        if self.closed.is_some() {
            return Err(WindowError::Closed);
        }
        if self.begun.is_none() {
            return Err(WindowError::NotBegun);
        }
        let in_days = matches!(self.length.unit, Unit::Days | Unit::Months);
        let (allowed, counted) = match event {
            WindowEvent::Suspended { on } => (self.kind.may_be_suspended(), PeriodEvent::Suspended { on }),
            WindowEvent::Resumed { on } => (self.kind.may_be_suspended(), PeriodEvent::Resumed { on }),
            WindowEvent::Extended { days } => (self.kind.may_be_extended(), PeriodEvent::Extended { days }),
            WindowEvent::Deferred { last } => (self.kind.may_be_deferred(), PeriodEvent::ExtendedTo { last }),
        };
        if !allowed || !in_days {
            return Err(WindowError::NotForKind(self.kind));
        }
        self.days.apply(&counted)?;
        self.events.push((by, event));
        Ok(())
    }

    /// Closes it: what it was for was done.
    ///
    /// # Errors
    ///
    /// [`WindowError::Closed`].
    pub const fn close(&mut self, by: ActPosition) -> Result<(), WindowError> {
        if self.closed.is_some() {
            return Err(WindowError::Closed);
        }
        self.closed = Some(by);
        Ok(())
    }

    /// Its end under a calendar; `None` while it has not begun or is suspended.
    #[must_use]
    pub fn end(&self, calendar: &Calendar) -> Option<WindowEnd> {
        let (_, start) = self.begun?;
        match (self.length.unit, start) {
            (Unit::Days | Unit::Months, _) => match self.days.state(calendar) {
                Deadline::Ends { last, at, moved_from } => Some(WindowEnd { at, last: Some(last), moved_from }),
                Deadline::NotSet | Deadline::Suspended { .. } => None,
            },
            (Unit::WorkingDays, _) => {
                let first = start.day();
                let last = (0..self.length.count)
                    .fold(first, |day, _| day.plus(1).map_or(Day::LAST, |next| calendar.first_working_day_from(next)));
                Some(WindowEnd { at: last.end(), last: Some(last), moved_from: None })
            }
            (Unit::Hours | Unit::ClockHours, Start::Moment(at)) => {
                let counted = u64::from(self.length.count) * HOUR_MILLIS;
                // The hour that has begun does not count: the count begins with the next full hour.
                let from = match self.length.unit {
                    Unit::Hours => (at.as_millis() / HOUR_MILLIS + 1) * HOUR_MILLIS,
                    _ => at.as_millis(),
                };
                let end = Timestamp::from_millis(from.saturating_add(counted)).unwrap_or(Timestamp::MAX);
                Some(WindowEnd { at: end, last: None, moved_from: None })
            }
            (Unit::Hours | Unit::ClockHours, Start::Day(_)) => None,
        }
    }

    /// How it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp, calendar: &Calendar) -> WindowState {
        if let Some(by) = self.closed {
            return WindowState::Closed(by);
        }
        if self.begun.is_none() {
            return WindowState::NotBegun;
        }
        match self.end(calendar) {
            Some(end) if now >= end.at => WindowState::Ended(end),
            Some(end) => WindowState::Running(end),
            None => match self.days.state(calendar) {
                Deadline::Suspended { remaining_days } => WindowState::Suspended { remaining_days },
                Deadline::NotSet | Deadline::Ends { .. } => WindowState::NotBegun,
            },
        }
    }

    /// Whether something was done in time. `handed_in` is the day on which a document was posted or handed in (art. 85 (4)), where the
    /// court entered it later: then that day decides, not `at`. A window that has not begun or is suspended bars nothing.
    #[must_use]
    pub fn is_in_time(&self, at: Timestamp, handed_in: Option<Day>, calendar: &Calendar) -> bool {
        let moment = handed_in.map_or(at, |day| day.start().min(at));
        self.end(calendar).is_none_or(|end| moment < end.at)
    }

    /// Whether it has begun and is neither closed nor over at `now`. A suspended window is open.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, calendar: &Calendar) -> bool {
        matches!(self.state(now, calendar), WindowState::Running(_) | WindowState::Suspended { .. })
    }
}

#[cfg(test)]
mod tests;
