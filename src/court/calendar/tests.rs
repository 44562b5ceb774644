//! Days against a walk through all of them, and calendars that must be refused.

use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn plan(year: u16, holidays: &[&str], working_days: &[&str]) -> YearPlan {
    let days = |texts: &[&str]| texts.iter().map(|text| day(text)).collect();
    YearPlan { year, holidays: days(holidays), working_days: days(working_days) }
}

fn refusal(plans: Vec<YearPlan>) -> &'static str {
    Calendar::new(plans).unwrap_err().code().as_str()
}

/// Every day from 1970 on, counted with the leap-year rule alone.
fn each_day() -> impl Iterator<Item = (u32, u32, u32)> {
    let length = |year: u32, month| match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let months = (1970..=9999).flat_map(|year| (1..=12).map(move |month| (year, month)));
    months.flat_map(move |(year, month)| (1..=length(year, month)).map(move |day| (year, month, day)))
}

#[test]
fn every_day_has_its_number_its_weekday_and_its_name() {
    let mut count = 0;
    for ((year, month, date), number) in each_day().zip(0..) {
        let day = Day(number);
        assert_eq!(u32::from(day.year()), year);
        assert_eq!(u32::from(day.weekday()), (number + 3) % 7 + 1);
        if number.is_multiple_of(97) || (month == 2 && date >= 28) || (month == 12 && date == 31) {
            assert_eq!(day.to_string(), format!("{year:04}-{month:02}-{date:02}"));
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
        count = number;
    }
    assert_eq!((Day(count), Day::LAST.to_string()), (Day::LAST, "9999-12-31".into()));
    assert_eq!(day("2026-11-22").weekday(), 7);
}

#[test]
fn a_day_has_one_spelling() {
    for bad in [
        "2026-11-2",
        "2026-11-022",
        "2026-1-22",
        "+2026-11-22",
        "2026-+1-22",
        " 2026-11-22",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "20261122",
        "2026-11-22-",
        "1969-12-31",
        "10000-01-01",
        "２０２６-11-22",
        "",
    ] {
        assert_eq!(Day::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_day_runs_from_midnight_to_midnight_in_beijing() {
    let d = day("2026-11-22");
    assert_eq!(d.start().to_string(), "2026-11-21T16:00:00.000Z");
    assert_eq!(d.end().to_string(), "2026-11-22T16:00:00.000Z");
    assert_eq!(d.end().beijing(), "2026-11-23 00:00:00.000");
    let before = Timestamp::from_millis(d.end().as_millis() - 1).unwrap();
    assert_eq!((Day::of(d.start()), Day::of(before), Day::of(d.end())), (d, d, day("2026-11-23")));
    assert_eq!(Day::FIRST.start(), Timestamp::EPOCH);
    assert_eq!(Day::of(Timestamp::EPOCH), Day::FIRST);
    assert_eq!(Day::of(Day::LAST.end()), Day::LAST);
    assert_eq!(Timestamp::from_millis(Day::LAST.end().as_millis() + 1), None);
}

#[test]
fn holidays_rest_and_make_up_days_work() {
    let week = ["2024-10-01", "2024-10-02", "2024-10-03", "2024-10-04", "2024-10-05", "2024-10-06", "2024-10-07"];
    let calendar = Calendar::new(vec![plan(2024, &week, &["2024-09-29", "2024-10-12"])]).unwrap();
    let from = |text| calendar.first_working_day_from(day(text)).to_string();
    assert_eq!(from("2024-09-28"), "2024-09-29");
    assert_eq!(from("2024-09-29"), "2024-09-29");
    assert_eq!(from("2024-10-01"), "2024-10-08");
    assert_eq!(from("2024-10-12"), "2024-10-12");
    assert_eq!(from("2024-10-13"), "2024-10-14");
    assert_eq!(Calendar::default().first_working_day_from(day("2024-10-12")), day("2024-10-14"));
}

#[test]
fn the_december_before_belongs_to_the_plan() {
    let calendar = Calendar::new(vec![plan(2019, &["2018-12-31", "2019-01-01"], &["2018-12-29"])]).unwrap();
    assert_eq!(calendar.first_working_day_from(day("2018-12-30")), day("2019-01-02"));
    assert!(!calendar.is_day_off(day("2018-12-29")));
    assert!(calendar.covers(2019) && !calendar.covers(2018));
}

#[test]
fn each_bad_calendar_has_its_code() {
    assert_eq!(refusal(vec![plan(1969, &[], &[])]), "calendar_year");
    assert_eq!(refusal(vec![plan(0, &[], &[])]), "calendar_year");
    assert_eq!(refusal(vec![plan(u16::MAX, &[], &[])]), "calendar_year");
    assert_eq!(refusal(vec![plan(2024, &[], &[]), plan(2024, &[], &[])]), "calendar_repeated_year");
    assert_eq!(refusal(vec![plan(2024, &["2025-01-01"], &[])]), "calendar_other_year");
    assert_eq!(refusal(vec![plan(2024, &[], &["2023-11-26"])]), "calendar_other_year");
    assert_eq!(refusal(vec![plan(2024, &["2024-10-01", "2024-10-01"], &[])]), "calendar_repeated_day");
    assert_eq!(refusal(vec![plan(2024, &["2024-10-05"], &["2024-10-05"])]), "calendar_repeated_day");
    assert_eq!(
        refusal(vec![plan(2018, &[], &["2018-12-29"]), plan(2019, &["2018-12-29"], &[])]),
        "calendar_repeated_day"
    );
    assert_eq!(refusal(vec![plan(2024, &[], &["2024-10-08"])]), "calendar_not_weekend");
}

#[test]
fn a_year_without_work_is_refused() {
    let all = (0..366).map(|n| day("2024-01-01").plus(n).unwrap()).collect();
    let plan = YearPlan { year: 2024, holidays: all, working_days: vec![] };
    assert_eq!(refusal(vec![plan]), "calendar_rest_too_long");
    // Saturday 2024-06-01 and as many days after it as may be off, then one more.
    for (last, accepted) in [(31, true), (32, false)] {
        let run = (2..last).map(|n| day("2024-06-01").plus(n).unwrap()).collect();
        let plan = YearPlan { year: 2024, holidays: run, working_days: vec![] };
        assert_eq!(Calendar::new(vec![plan]).is_ok(), accepted, "{last}");
    }
    let end = plan_of_last_days();
    assert_eq!(end.first_working_day_from(day("9999-12-30")), Day::LAST);
}

fn plan_of_last_days() -> Calendar {
    Calendar::new(vec![plan(9999, &["9999-12-30", "9999-12-31"], &[])]).unwrap()
}

proptest::proptest! {
    #[test]
    fn print_then_parse_gives_the_same_day(number in 0..=Day::LAST.0, millis in 0..DAY_MILLIS) {
        let day = Day(number);
        proptest::prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        if let Some(time) = Timestamp::from_millis(day.start().as_millis() + millis).filter(|_| number > 0) {
            proptest::prop_assert_eq!(Day::of(time), day);
            proptest::prop_assert_eq!(&time.beijing()[..10], day.to_string());
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,14}") {
        if let Some(day) = Day::parse(&text) {
            proptest::prop_assert_eq!(day.to_string(), text);
        }
    }

    #[test]
    fn days_add_up(number in 0..=Day::LAST.0, days: u32) {
        match Day(number).plus(days) {
            Some(later) => proptest::prop_assert_eq!(Day(number).days_until(later), days),
            None => proptest::prop_assert!(u64::from(number) + u64::from(days) > u64::from(Day::LAST.0)),
        }
    }
}
