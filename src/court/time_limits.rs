//! The time limits of the law, as data: each number with its source and the day from which it is in force.
//!
//! # Invariants
//!
//! A limit is looked up by the day on which the window begins, so a later change of the law does not change windows that have begun. A
//! row is never edited: a changed number is a new row with its own day.
//!
//! A row marked `unconfirmed` rests on a source whose text was not read again when the row was written: check before relying on it.
//!
//! Not here: how days are counted (`window`), the lengths that a court sets case by case (`period::basis`).

use crate::court::calendar::Day;
use crate::court::case_number::CourtCode;
use crate::court::window::{Length, Source, Unit, WindowKind};
use crate::court::words::CaseKind;

/// Whether a number is the length itself, or a bound of the length that the court sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The length.
    Exactly,
    /// The shortest length.
    AtLeast,
    /// The longest length.
    AtMost,
}

/// A time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit {
    /// The kind of window.
    pub kind: WindowKind,
    /// The length.
    pub length: Length,
    /// What the length bounds.
    pub bound: Bound,
    /// The source, as it is cited.
    pub law: &'static str,
    /// The article.
    pub article: &'static str,
    /// The date of the source's text.
    pub text_of: &'static str,
    /// From which day on it applies: year, month, day.
    pub in_force_from: (u16, u8, u8),
    /// The only court that applies it; `None` for all.
    pub court: Option<&'static str>,
    /// The only kind of case that it applies to; `None` for all.
    pub case: Option<CaseKind>,
    /// Whether the source was not read again.
    pub unconfirmed: bool,
}

impl TimeLimit {
    /// The source of a window with this length.
    #[must_use]
    pub const fn source(&self) -> Source {
        Source::Law { law: self.law, article: self.article, unconfirmed: self.unconfirmed }
    }

    /// The first day on which it applies.
    #[must_use]
    pub fn first_day(&self) -> Day {
        let (year, month, day) = self.in_force_from;
        Day::new(year, month, day).unwrap_or(Day::LAST)
    }
}

/// A law: how it is cited, the date of its text, the day from which it is in force.
type Law = (&'static str, &'static str, (u16, u8, u8));

/// 《中华人民共和国民事诉讼法》, as amended on 2023-09-01.
const CIVIL_PROCEDURE: Law = ("民事诉讼法", "2023-09-01", (2024, 1, 1));
/// 《中华人民共和国行政诉讼法》, as amended on 2017-06-27.
const ADMINISTRATIVE_PROCEDURE: Law = ("行政诉讼法", "2017-06-27", (2017, 7, 1));
/// 《最高人民法院关于适用〈中华人民共和国行政诉讼法〉的解释》（法释〔2018〕1号）.
const ADMINISTRATIVE_INTERPRETATION: Law =
    ("最高人民法院关于适用《中华人民共和国行政诉讼法》的解释", "2018-02-06", (2018, 2, 8));
/// 《最高人民法院关于民事诉讼证据的若干规定》, as amended in 2019.
const EVIDENCE: Law = ("最高人民法院关于民事诉讼证据的若干规定", "2019-12-25", (2020, 5, 1));
/// 《人民法院在线诉讼规则》.
const ONLINE_LITIGATION: Law = ("人民法院在线诉讼规则", "2021-06-16", (2021, 8, 1));
/// 《人民法院在线调解规则》.
const ONLINE_MEDIATION: Law = ("人民法院在线调解规则", "2021-12-30", (2022, 1, 1));
/// A published practice of one court or system, not a law.
const COURT_PRACTICE: Law = ("法院公开的办案要求", "2026-11-29", (2021, 8, 1));

const fn row(kind: WindowKind, count: u32, law: Law, article: &'static str) -> TimeLimit {
    let length = Length::days(count);
    let (law, text_of, in_force_from) = law;
    TimeLimit {
        kind,
        length,
        bound: Bound::Exactly,
        law,
        article,
        text_of,
        in_force_from,
        court: None,
        case: None,
        unconfirmed: false,
    }
}

const fn bounded(limit: TimeLimit, bound: Bound) -> TimeLimit {
    TimeLimit { bound, ..limit }
}

const fn unconfirmed(limit: TimeLimit) -> TimeLimit {
    TimeLimit { unconfirmed: true, ..limit }
}

/// Of administrative cases of first instance only.
const fn administrative(limit: TimeLimit) -> TimeLimit {
    TimeLimit { case: Some(CaseKind::AdministrativeFirst), ..unconfirmed(limit) }
}

/// All time limits.
pub const TIME_LIMITS: &[TimeLimit] = &[
    row(WindowKind::Answer, 15, CIVIL_PROCEDURE, "第一百二十八条"),
    // 在提交答辩状期间提出.
    row(WindowKind::JurisdictionObjection, 15, CIVIL_PROCEDURE, "第一百三十条、第一百二十八条"),
    administrative(row(WindowKind::JurisdictionObjection, 15, ADMINISTRATIVE_INTERPRETATION, "第十条第一款")),
    row(WindowKind::AppealJudgment, 15, CIVIL_PROCEDURE, "第一百七十一条第一款"),
    row(WindowKind::AppealRuling, 10, CIVIL_PROCEDURE, "第一百七十一条第二款"),
    administrative(row(WindowKind::AppealJudgment, 15, ADMINISTRATIVE_PROCEDURE, "第八十五条")),
    administrative(row(WindowKind::AppealRuling, 10, ADMINISTRATIVE_PROCEDURE, "第八十五条")),
    row(WindowKind::PetitionForwarded, 5, CIVIL_PROCEDURE, "第一百七十三条第二款"),
    row(WindowKind::PetitionCopy, 5, CIVIL_PROCEDURE, "第一百七十四条第一款"),
    row(WindowKind::AnswerToAppeal, 15, CIVIL_PROCEDURE, "第一百七十四条第一款"),
    row(WindowKind::AnswerCopy, 5, CIVIL_PROCEDURE, "第一百七十四条第一款"),
    row(WindowKind::DossierSent, 5, CIVIL_PROCEDURE, "第一百七十四条第二款"),
    row(WindowKind::TranscriptReading, 5, CIVIL_PROCEDURE, "第一百五十条"),
    row(WindowKind::Association, 3, ONLINE_LITIGATION, "第十条"),
    TimeLimit {
        court: Some("京04"),
        unconfirmed: true,
        ..row(WindowKind::Association, 5, COURT_PRACTICE, "北京市第四中级人民法院电子诉讼平台")
    },
    row(WindowKind::MediationBeforeFiling, 30, ONLINE_MEDIATION, "第二十四条"),
    row(WindowKind::MediationOrdinary, 15, ONLINE_MEDIATION, "第二十四条"),
    row(WindowKind::MediationSummary, 7, ONLINE_MEDIATION, "第二十四条"),
    row(WindowKind::JudicialConfirmation, 30, CIVIL_PROCEDURE, "第二百零五条"),
    row(WindowKind::PublicAnnouncement, 30, CIVIL_PROCEDURE, "第九十五条"),
    row(WindowKind::Obstacle, 10, CIVIL_PROCEDURE, "第八十六条"),
    bounded(row(WindowKind::SecondInstanceEvidence, 10, EVIDENCE, "第五十一条第二款"), Bound::AtLeast),
    row(WindowKind::ExpertNotice, 3, EVIDENCE, "第七十九条"),
    unconfirmed(row(WindowKind::AdministrativeEvidence, 15, ADMINISTRATIVE_PROCEDURE, "第六十七条")),
    TimeLimit {
        length: Length { count: 24, unit: Unit::ClockHours },
        unconfirmed: true,
        ..row(WindowKind::DossierAccess, 24, COURT_PRACTICE, "网上阅卷须知")
    },
];

/// The limit of a kind of window that begins on this day at this court, in a case of any kind: the row of this court before one of all
/// courts, and of each the one in force latest.
#[must_use]
pub fn limit(kind: WindowKind, court: Option<&CourtCode>, on: Day) -> Option<&'static TimeLimit> {
    lookup(TIME_LIMITS, (kind, None), court, on)
}

/// As [`limit`], in a case of this kind: a row for this kind of case before one for all.
#[must_use]
pub fn limit_in(case: CaseKind, kind: WindowKind, court: &CourtCode, on: Day) -> Option<&'static TimeLimit> {
    lookup(TIME_LIMITS, (kind, Some(case)), Some(court), on)
}

fn lookup<'t>(
    table: &'t [TimeLimit],
    (kind, case): (WindowKind, Option<CaseKind>),
    court: Option<&CourtCode>,
    on: Day,
) -> Option<&'t TimeLimit> {
    let name = court.map(CourtCode::as_str);
    let applies = |limit: &&TimeLimit| {
        let of_the_court = limit.court.is_none_or(|own| name == Some(own));
        of_the_court && limit.case.is_none_or(|own| case == Some(own)) && limit.first_day() <= on
    };
    let of_the_kind = table.iter().filter(|limit| limit.kind == kind).filter(applies);
    of_the_kind.max_by_key(|limit| (limit.case.is_some(), limit.court.is_some(), limit.first_day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn the_numbers_are_those_of_the_articles() {
        use WindowKind as Kind;
        let today = day("2026-11-22");
        let days = |kind| limit(kind, None, today).map(|limit| (limit.length.count, limit.article));
        assert_eq!(days(Kind::Answer), Some((15, "第一百二十八条")));
        assert_eq!(days(Kind::AppealJudgment), Some((15, "第一百七十一条第一款")));
        assert_eq!(days(Kind::AppealRuling), Some((10, "第一百七十一条第二款")));
        assert_eq!(days(Kind::PetitionForwarded).map(|(days, _)| days), Some(5));
        assert_eq!(days(Kind::AnswerToAppeal).map(|(days, _)| days), Some(15));
        assert_eq!(days(Kind::DossierSent).map(|(days, _)| days), Some(5));
        assert_eq!(days(Kind::TranscriptReading).map(|(days, _)| days), Some(5));
        let mediation = [Kind::MediationBeforeFiling, Kind::MediationOrdinary, Kind::MediationSummary];
        assert_eq!(mediation.map(|kind| days(kind).unwrap().0), [30, 15, 7]);
        assert_eq!(days(Kind::JudicialConfirmation), Some((30, "第二百零五条")));
        assert_eq!(days(Kind::PublicAnnouncement), Some((30, "第九十五条")));
        assert_eq!(days(Kind::Obstacle), Some((10, "第八十六条")));
        assert_eq!(limit(Kind::SecondInstanceEvidence, None, today).unwrap().bound, Bound::AtLeast);
        assert_eq!(limit(Kind::DossierAccess, None, today).unwrap().length.unit, Unit::ClockHours);
        // The court sets these.
        for kind in [Kind::Evidence, Kind::Rebuttal, Kind::Replies, Kind::LatenessReason] {
            assert_eq!(limit(kind, None, today), None);
        }
    }

    #[test]
    fn administrative_cases_have_the_periods_of_their_own_law() {
        let court = CourtCode::parse("粤0192").unwrap();
        let source =
            |case, kind| limit_in(case, kind, &court, day("2026-11-22")).map(|limit| (limit.law, limit.article));
        let administrative = Some(("行政诉讼法", "第八十五条"));
        assert_eq!(source(CaseKind::AdministrativeFirst, WindowKind::AppealJudgment), administrative);
        assert_eq!(source(CaseKind::AdministrativeFirst, WindowKind::AppealRuling), administrative);
        let civil = Some(("民事诉讼法", "第一百七十一条第一款"));
        assert_eq!(source(CaseKind::CivilFirst, WindowKind::AppealJudgment), civil);
        assert_eq!(
            limit(WindowKind::AppealJudgment, None, day("2026-11-22")).map(|limit| limit.law),
            Some("民事诉讼法")
        );
    }

    #[test]
    fn one_court_may_have_a_row_of_its_own() {
        let today = day("2026-11-22");
        let of = |code| limit(WindowKind::Association, Some(&CourtCode::parse(code).unwrap()), today).unwrap();
        assert_eq!((of("京04").length.count, of("京04").unconfirmed), (5, true));
        assert_eq!((of("粤0192").length.count, of("粤0192").unconfirmed), (3, false));
    }

    #[test]
    fn a_window_keeps_the_number_of_the_day_on_which_it_began() {
        let old = row(WindowKind::Answer, 15, CIVIL_PROCEDURE, "第一百二十八条");
        let new = TimeLimit { in_force_from: (2027, 1, 1), length: Length::days(20), ..old };
        let table = [new, old];
        let on = |text| lookup(&table, (WindowKind::Answer, None), None, day(text)).map(|limit| limit.length.count);
        assert_eq!(on("2026-12-31"), Some(15));
        assert_eq!(on("2027-01-01"), Some(20));
        assert_eq!(on("2023-12-31"), None);
    }

    #[test]
    fn every_row_has_a_day_a_source_and_a_length() {
        for limit in TIME_LIMITS {
            assert!(limit.first_day() < Day::LAST && limit.length.count > 0, "{limit:?}");
            assert!(!limit.law.is_empty() && !limit.article.is_empty());
            assert!(Day::parse(limit.text_of).is_some(), "{limit:?}");
        }
    }
}
