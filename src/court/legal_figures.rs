//! Figures of the law other than time limits, as data: the bounds of fines, and the articles by which each unit of time is counted.
//!
//! # Invariants
//!
//! Each row names its source. A row marked `unconfirmed` rests on a text that was not read again when the row was written: check before
//! relying on it. A row is never edited: a changed figure is a new row with its own day.
//!
//! Not here: the lengths of periods (`time_limits`), how the units are counted (`window`).

use crate::court::calendar::Day;
use crate::court::window::Unit;
use crate::court::words::SubjectKind;

/// The bounds of a fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FineBounds {
    /// Whether they are those of a person; otherwise of an organisation.
    pub of_a_person: bool,
    /// The least, in yuan.
    pub least: u64,
    /// The most, in yuan.
    pub most: u64,
    /// The source, as it is cited.
    pub law: &'static str,
    /// The article.
    pub article: &'static str,
    /// The date of the source's text.
    pub text_of: &'static str,
    /// From which day on they apply: year, month, day.
    pub in_force_from: (u16, u8, u8),
    /// Whether the source was not read again.
    pub unconfirmed: bool,
}

const fn fine(of_a_person: bool, least: u64, most: u64) -> FineBounds {
    FineBounds {
        of_a_person,
        least,
        most,
        law: "民事诉讼法",
        article: "第一百一十八条第一款",
        text_of: "2023-09-01",
        in_force_from: (2024, 1, 1),
        unconfirmed: true,
    }
}

/// The bounds of fines: 十万元以下 for a person, 五万元以上一百万元以下 for an organisation.
pub const FINES: &[FineBounds] = &[fine(true, 1, 100_000), fine(false, 50_000, 1_000_000)];

/// The bounds of a fine that is imposed on a party of this kind on a day; those of the earliest text before any applies.
#[must_use]
pub fn fine_bounds(subject: SubjectKind, on: Day) -> Option<&'static FineBounds> {
    let first_day = |row: &FineBounds| {
        let (year, month, day) = row.in_force_from;
        Day::new(year, month, day).unwrap_or(Day::LAST)
    };
    let of_a_person = subject == SubjectKind::NaturalPerson;
    let rows = || FINES.iter().filter(|row| row.of_a_person == of_a_person);
    let in_force = rows().filter(|row| first_day(row) <= on).max_by_key(|row| first_day(row));
    in_force.or_else(|| rows().min_by_key(|row| first_day(row)))
}

/// What the counting of a unit of time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountingRule {
    /// The unit.
    pub unit: Unit,
    /// The source, as it is cited.
    pub law: &'static str,
    /// The article.
    pub article: &'static str,
    /// Whether the source was not read again.
    pub unconfirmed: bool,
}

const fn counted(unit: Unit, law: &'static str, article: &'static str, unconfirmed: bool) -> CountingRule {
    CountingRule { unit, law, article, unconfirmed }
}

/// The rules of counting, one for each unit.
pub const COUNTING: &[CountingRule] = &[
    counted(Unit::Hours, "民事诉讼法", "第八十五条", false),
    counted(Unit::Days, "民事诉讼法", "第八十五条", false),
    // 到期月的对应日为期间的最后一日；没有对应日的，月末日为最后一日.
    counted(Unit::Months, "民法典", "第二百零二条", true),
    counted(Unit::WorkingDays, "法院公开的办案要求", "工作日", true),
    counted(Unit::ClockHours, "法院公开的办案要求", "网上阅卷须知", true),
];

/// Whether the rule by which a unit is counted was not read again.
#[must_use]
pub fn counting_is_unconfirmed(unit: Unit) -> bool {
    COUNTING.iter().find(|rule| rule.unit == unit).is_none_or(|rule| rule.unconfirmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_fines_are_those_of_article_118_and_are_marked() {
        let on = |day: &str, subject| fine_bounds(subject, Day::parse(day).unwrap()).unwrap();
        let person = on("2026-11-22", SubjectKind::NaturalPerson);
        assert_eq!((person.least, person.most, person.article), (1, 100_000, "第一百一十八条第一款"));
        for subject in [SubjectKind::LegalPerson, SubjectKind::OtherOrganisation] {
            assert_eq!((on("2026-11-22", subject).least, on("2026-11-22", subject).most), (50_000, 1_000_000));
        }
        assert_eq!(on("2020-01-01", SubjectKind::NaturalPerson), person, "the earliest text");
        assert!(FINES.iter().all(|row| row.unconfirmed && Day::parse(row.text_of).is_some()));
    }

    #[test]
    fn each_unit_is_counted_by_one_rule_and_months_by_an_unconfirmed_one() {
        for unit in Unit::ALL {
            assert_eq!(COUNTING.iter().filter(|rule| rule.unit == *unit).count(), 1, "{unit}");
        }
        let months = COUNTING.iter().find(|rule| rule.unit == Unit::Months).unwrap();
        assert_eq!((months.law, months.article), ("民法典", "第二百零二条"));
        let unconfirmed: Vec<_> = Unit::ALL.iter().copied().filter(|unit| counting_is_unconfirmed(*unit)).collect();
        assert_eq!(unconfirmed, [Unit::Months, Unit::WorkingDays, Unit::ClockHours]);
    }
}
